//! A measured value: the text as typed, whether it is censored, and its exact decimal.
//!
//! Promises: nothing ambiguous gets in, nothing is converted through a float, and the text is
//! kept exactly as it was typed. The refusal says what was wrong and what to type instead.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::refusal::{Code, Refusal};

/// The most digits a value may have; more than any instrument gives, fewer than a decimal holds.
pub const DIGITS_MAX: usize = 24;

/// Whether the value is exact or only known to lie on one side of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// The number itself.
    Exact,
    /// `<x`: below the number, typically a detection limit.
    Below,
    /// `>x`: above the number.
    Above,
}

/// A value as typed with its exact decimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    typed: String,
    qualifier: Qualifier,
    number: Decimal,
}

impl Quantity {
    /// Reads a value exactly as typed: `98.7`, `<0.05`, `>1000`.
    ///
    /// # Errors
    /// Anything else, with a sentence that says what to type: a comma, an exponent, another
    /// number system, a unit or an uncertainty in the value, spaces, nothing.
    pub fn parse(typed: &str) -> Result<Self, Refusal> {
        let (qualifier, digits) = match typed.as_bytes().first() {
            Some(b'<') => (Qualifier::Below, &typed[1..]),
            Some(b'>') => (Qualifier::Above, &typed[1..]),
            _ => (Qualifier::Exact, typed),
        };
        if !is_plain_decimal(digits) {
            return Err(refuse(typed, advice(typed)));
        }
        if digits.bytes().filter(u8::is_ascii_digit).count() > DIGITS_MAX {
            return Err(refuse(typed, format!("give at most {DIGITS_MAX} digits")));
        }
        let number = Decimal::from_str(digits).map_err(|_| refuse(typed, "type a plain number".into()))?;
        Ok(Quantity { typed: typed.to_owned(), qualifier, number })
    }

    /// The text exactly as typed.
    pub fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Exact, below or above.
    pub fn qualifier(&self) -> Qualifier {
        self.qualifier
    }

    /// The exact number (of a censored value: the bound).
    pub fn number(&self) -> Decimal {
        self.number
    }
}

/// True where two texts say the same: equal numbers, however many zeros end them, or equal words.
pub fn same_value(one: &str, other: &str) -> bool {
    match (Quantity::parse(one), Quantity::parse(other)) {
        (Ok(a), Ok(b)) => a.qualifier() == b.qualifier() && a.number() == b.number(),
        _ => one == other,
    }
}

/// `-?digits(.digits)?` in ASCII and nothing else.
fn is_plain_decimal(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}

fn refuse(typed: &str, what_to_do: String) -> Refusal {
    let shown: String = typed.chars().take(40).collect();
    let detail = if typed.trim().is_empty() {
        format!("The value is empty: {what_to_do}.")
    } else {
        format!("The value must be a number such as 98.7. You typed “{shown}”: {what_to_do}.")
    };
    Refusal::field(Code::InvalidNumber, "value", detail)
}

/// What to type instead, for the mistakes that occur.
fn advice(typed: &str) -> String {
    let folded = typed.trim().to_ascii_lowercase();
    let body = folded.trim_start_matches(['<', '>']);
    let all = |set: &str| body.chars().all(|c| c.is_ascii_digit() || set.contains(c));
    if folded.is_empty() {
        "type the number that was read, or leave the line out".into()
    } else if typed.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        "type the digits 0 to 9 of the ordinary keyboard".into()
    } else if typed.chars().any(char::is_whitespace) {
        "type it without spaces".into()
    } else if body.contains(',') && all(".,-") {
        format!("use a point, not a comma (perhaps {})", body.replace(',', "."))
    } else if body.starts_with("0x") {
        "type an ordinary decimal number".into()
    } else if body.contains('e') && all("e.+-") {
        "write the number out without an exponent".into()
    } else if folded.contains(['±', '~']) || folded.contains("+-") || folded.contains("+/-") {
        "give the value only, without its uncertainty".into()
    } else if folded.contains(['≤', '≥', '=']) {
        "a censored value is written <0.05 or >1000".into()
    } else if body.contains('%') {
        "leave out the unit; it stands beside the field".into()
    } else if matches!(body.trim_start_matches(['-', '+']), "inf" | "infinity" | "nan") {
        "a result is a finite number".into()
    } else if body.starts_with('+') {
        "leave out the plus sign".into()
    } else if body.starts_with('.') || body.ends_with('.') {
        "put a digit on both sides of the point (0.5, not .5)".into()
    } else {
        "use digits and one point, or <0.05 for a value below the detection limit; the unit goes in its own field"
            .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_and_censored_decimals_are_kept_as_typed() {
        for (typed, qualifier, number) in [
            ("98.70", Qualifier::Exact, "98.70"),
            ("0", Qualifier::Exact, "0"),
            ("<0.05", Qualifier::Below, "0.05"),
            (">1000", Qualifier::Above, "1000"),
            ("94.9999999999999999", Qualifier::Exact, "94.9999999999999999"),
        ] {
            let read = Quantity::parse(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!(
                (read.as_typed(), read.qualifier(), read.number().to_string().as_str()),
                (typed, qualifier, number)
            );
        }
    }

    #[test]
    fn everything_ambiguous_is_refused_with_advice() {
        for (typed, advice) in [
            ("95,1", "comma"),
            ("1.234,5", "comma"),
            ("1e2", "exponent"),
            ("0x60", "decimal"),
            ("Infinity", "finite"),
            ("NaN", "finite"),
            ("９６", "keyboard"),
            ("٩٦", "keyboard"),
            ("98.4±0.3", "uncertainty"),
            ("", "empty"),
            (" ", "empty"),
            (" 96 ", "spaces"),
            ("96 %", "spaces"),
            ("96%", "unit"),
            (".5", "both sides"),
            ("5.", "both sides"),
            ("+5", "plus"),
            ("≥95", "censored"),
            ("<<5", "digits"),
            ("<", "digits"),
            ("--5", "digits"),
            ("1_000", "digits"),
            ("not done", "spaces"),
            ("1.2.3", "digits"),
            ("1234567890123456789012345", "at most"),
        ] {
            let refused = Quantity::parse(typed).expect_err(typed);
            assert!(refused.detail.contains(advice), "{typed}: {}", refused.detail);
            assert_eq!(refused.code, Code::InvalidNumber);
        }
    }
}
