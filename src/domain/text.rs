//! Bounded human text: one line, or a remark of several.
//!
//! Promises: text that got in is NFC-normalised, trimmed, free of control characters and of
//! the invisible marks that reorder what a reader sees, and no longer than its limit.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::refusal::{Code, Refusal};

/// The longest line, in characters.
pub const LINE_CHARS_MAX: usize = 200;
/// The longest remark, in characters.
pub const REMARK_CHARS_MAX: usize = 2000;

/// One line of text that says something: never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Line(String);

/// Text of any number of lines, also none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remark(String);

/// True for characters that do not show but change how others are read.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFFC}'..='\u{FFFF}')
}

fn clean(field: &str, text: &str, chars_max: usize, lines: bool) -> Result<String, Refusal> {
    // Bounded before normalising, so that a hostile megabyte costs nothing.
    if text.len() > chars_max * 4 || text.chars().count() > chars_max {
        let detail = format!("{field} is too long: at most {chars_max} characters.");
        return Err(Refusal::field(Code::InvalidField, field, detail));
    }
    let text: String = text.replace("\r\n", "\n").nfc().collect();
    let text = text.trim();
    if let Some(c) = text.chars().find(|&c| (c.is_control() && !(lines && c == '\n')) || is_hidden(c)) {
        let detail = format!("{field} contains an invisible character (U+{:04X}). Type the text again.", u32::from(c));
        return Err(Refusal::field(Code::InvalidField, field, detail));
    }
    Ok(text.to_owned())
}

impl Line {
    /// Takes one line of text; `field` names it in the refusal.
    ///
    /// # Errors
    /// Empty, longer than [`LINE_CHARS_MAX`], or with invisible characters.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let text = clean(field, text, LINE_CHARS_MAX, false)?;
        if text.is_empty() {
            return Err(Refusal::field(Code::InvalidField, field, format!("{field} is empty. Please fill it in.")));
        }
        Ok(Line(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Remark {
    /// Takes text that may be empty; `field` names it in the refusal.
    ///
    /// # Errors
    /// Longer than [`REMARK_CHARS_MAX`], or with invisible characters.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        clean(field, text, REMARK_CHARS_MAX, true).map(Remark)
    }

    /// Takes text that says something; `field` names it in the refusal.
    ///
    /// # Errors
    /// Empty, longer than [`REMARK_CHARS_MAX`], or with invisible characters.
    pub fn said(field: &str, text: &str) -> Result<Self, Refusal> {
        let remark = Remark::parse(field, text)?;
        if remark.0.is_empty() {
            return Err(Refusal::field(Code::InvalidField, field, format!("{field} is empty. Please fill it in.")));
        }
        Ok(remark)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text with a capital letter at its beginning.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_composed() {
        assert_eq!(Line::parse("name", "  Zo\u{0308}e ").map(|l| l.0), Ok("Zöe".to_owned()));
    }

    #[test]
    fn blank_long_and_invisible_text_is_refused() {
        for bad in ["", "   ", "a\u{202E}b", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(Line::parse("name", bad).is_err(), "{bad:?}");
        }
        assert!(Remark::parse("comment", "two\nlines").is_ok());
    }
}
