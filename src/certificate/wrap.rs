//! Breaking a text into lines that fit: Unicode line breaking (UAX #14), and by character where
//! a word alone is wider than the line.
//!
//! Promises: no line is wider than asked for, unless it is a single character; nothing is lost
//! but the spaces at which a line was broken.

use super::fonts::{self, Glyph};

/// How letters are spaced. Digits always have one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// As the typeface has them.
    Natural,
    /// Every character has one width: hashes, read and compared group by group.
    Mono,
}

/// The inks of the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Black,
    /// Secondary text; dark enough for contrast 7:1.
    Grey,
    /// Hairlines between rows: never text.
    Rule,
    /// Headings.
    Accent,
}

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Type size in points.
    pub size: f32,
    /// Bold weight.
    pub bold: bool,
    /// Colour.
    pub ink: Ink,
    /// Spacing.
    pub figures: Figures,
}

impl Style {
    /// Black text in the regular weight.
    pub const fn text(size: f32) -> Self {
        Self { size, bold: false, ink: Ink::Black, figures: Figures::Natural }
    }

    /// The same in bold.
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same in another ink.
    pub const fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }

    /// The same with other spacing.
    pub const fn figures(self, figures: Figures) -> Self {
        Self { figures, ..self }
    }

    /// Distance from one baseline to the next.
    pub fn leading(&self) -> f32 {
        self.size * 1.3
    }

    /// Height of the line box above the baseline.
    pub fn rise(&self) -> f32 {
        self.size * 1.0
    }
}

/// A character that reached the layout although no face has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoGlyph(pub char);

/// A glyph and the room it gets, in thousandths of the type size.
#[derive(Debug, Clone, Copy)]
pub struct Placed {
    /// The glyph.
    pub glyph: Glyph,
    /// Its room, at least its own advance.
    pub pitch_milli: i64,
}

/// Wider than every hexadecimal digit in both weights.
const MONO_MILLI: i64 = 660;

/// The glyph of a character in a style, and its room.
///
/// # Errors
/// [`NoGlyph`].
pub fn place(c: char, style: &Style) -> Result<Placed, NoGlyph> {
    let glyph = fonts::glyph(c, style.bold).ok_or(NoGlyph(c))?;
    let own = glyph.advance_milli;
    let pitch_milli = match style.figures {
        Figures::Natural => own,
        Figures::Mono => MONO_MILLI.max(own),
    };
    Ok(Placed { glyph, pitch_milli })
}

fn milli(text: &str, style: &Style) -> Result<i64, NoGlyph> {
    text.chars().map(|c| place(c, style).map(|p| p.pitch_milli)).sum()
}

/// The width of a text in points.
///
/// # Errors
/// [`NoGlyph`].
pub fn width(text: &str, style: &Style) -> Result<f32, NoGlyph> {
    Ok(points(milli(text, style)?, style))
}

/// Thousandths of the type size as points.
fn points(milli: i64, style: &Style) -> f32 {
    milli as f32 * style.size / 1000.0
}

/// The lines of a text in a column.
///
/// # Errors
/// [`NoGlyph`].
pub fn wrap(text: &str, style: &Style, column: f32) -> Result<Vec<String>, NoGlyph> {
    // Whole thousandths, so that the same text breaks at the same place everywhere.
    let room = (column * 1000.0 / style.size) as i64;
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut start = 0;
    for (end, _) in unicode_linebreak::linebreaks(text) {
        let word = &text[start..end];
        start = end;
        let full = milli(word, style)?;
        let seen = milli(word.trim_end(), style)?;
        if used + seen > room && !line.is_empty() {
            lines.push(line.trim_end().to_owned());
            line.clear();
            used = 0;
        }
        if seen > room {
            // A word that no line can hold: by character.
            for c in word.chars() {
                let own = place(c, style)?.pitch_milli;
                if used + own > room && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                if line.is_empty() && c == ' ' {
                    continue;
                }
                line.push(c);
                used += own;
            }
        } else {
            line.push_str(word);
            used += full;
        }
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::text(8.0);

    fn all_fit(text: &str, column: f32) -> Vec<String> {
        let lines = wrap(text, &STYLE, column).expect("drawable");
        for line in &lines {
            let width = width(line, &STYLE).expect("drawable");
            assert!(width <= column + 0.01 || line.chars().count() == 1, "{line:?}");
        }
        lines
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_too_wide() {
        let hash = "0123456789abcdef".repeat(4);
        let word = "W".repeat(200);
        let text = format!("Cells in suspension {hash}, {word} 细胞制剂的质量标准与放行证书。 end");
        for column in [3.0, 20.0, 60.0, 117.0, 480.0] {
            let lines = all_fit(&text, column);
            let squeeze = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
            assert_eq!(squeeze(&lines.concat()), squeeze(&text));
        }
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        let lines = all_fit("viability of cells", 45.0);
        assert_eq!(lines, ["viability of", "cells"]);
    }

    #[test]
    fn no_text_is_one_empty_line() {
        assert_eq!(all_fit("", 10.0), [""]);
    }

    #[test]
    fn hashes_have_one_width() {
        let mono = STYLE.figures(Figures::Mono);
        assert_eq!(width("f1i", &mono), width("b8a", &mono));
    }
}
