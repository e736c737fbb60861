//! Names of things: each kind its own type, built only by its `parse`.
//!
//! Promises: a value of one of these types is well-formed; two kinds cannot be mixed up.
//! Lot, donor and product codes are folded to capitals, so that one lot has one spelling.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::refusal::{Code, Refusal};

macro_rules! code_type {
    ($(#[$doc:meta])* $name:ident, $field:literal, $fold:ident, $max:literal, $example:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the code as typed.
            ///
            /// # Errors
            /// Empty, too long, or with characters that such a code does not have.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                let text = text.trim();
                let allowed: fn(char) -> bool = $allowed;
                let starts_well = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
                if !starts_well || text.len() > $max || !text.chars().all(allowed) {
                    let shown: String = text.chars().take(40).collect();
                    return Err(Refusal::field(Code::InvalidField, $field, format!(
                        "{} must be a code such as {} (letters, digits, hyphens, dots; at most {} characters). You typed “{}”.",
                        $field, $example, $max, shown)));
                }
                Ok($name(text.$fold()))
            }

            /// The code as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> { $name::parse(&text) }
        }
        impl From<$name> for String {
            fn from(code: $name) -> String { code.0 }
        }
    };
}

fn code_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

code_type!(
    /// The number of a lot, `AD-26-0007`.
    LotNumber, "lot", to_ascii_uppercase, 40, "AD-26-0007", code_char);
code_type!(
    /// The code of a product, `ADMSC-IV`.
    ProductCode, "product", to_ascii_uppercase, 40, "ADMSC-IV", code_char);
code_type!(
    /// The pseudonymous code of a donor, `D-0031`; never a name.
    DonorCode, "donor", to_ascii_uppercase, 40, "D-0031", code_char);
code_type!(
    /// What a criterion is about, `CD105`.
    AttributeCode, "attribute", to_ascii_uppercase, 40, "CD105", code_char);
code_type!(
    /// A kind of test, `flow-cytometry`.
    AssayCode, "assay", to_ascii_lowercase, 40, "flow-cytometry", code_char);
code_type!(
    /// The code of an instrument or a reagent on the shelf, `FC-02`.
    EquipmentCode, "code", to_ascii_uppercase, 40, "FC-02", code_char);
code_type!(
    /// The unique name of a person's account, never given twice (21 CFR 11.100(a)).
    Username, "username", to_ascii_lowercase, 40, "mei.lin", code_char);

/// The number of a run, counted over the whole site from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNumber(pub i64);

impl RunNumber {
    /// Reads a run number from an address, with or without `#`.
    ///
    /// # Errors
    /// Anything but a positive whole number: there is no such run.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.trim_start_matches('#').parse::<i64>() {
            Ok(number) if number > 0 => Ok(RunNumber(number)),
            _ => Err(Refusal::new(Code::NoSuchRun, "There is no such run: a run has a number such as 17.")),
        }
    }
}

impl fmt::Display for RunNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $digits:literal, $code:ident, $looks:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The number that follows `given` others, for a record made in `year`.
            pub fn next(year: i32, given: i64) -> Self {
                $name(format!("{}-{year:04}-{:0width$}", $prefix, given + 1, width = $digits))
            }

            /// Reads a number as typed, in any case.
            ///
            /// # Errors
            /// Not of this form.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                let text = text.trim().to_ascii_uppercase();
                let digits = |s: &str, n: usize| s.len() >= n && s.len() <= 9 && s.bytes().all(|b| b.is_ascii_digit());
                let well_formed = text
                    .strip_prefix(concat!($prefix, "-"))
                    .and_then(|rest| rest.split_once('-'))
                    .is_some_and(|(year, count)| year.len() == 4 && digits(year, 4) && digits(count, $digits));
                if !well_formed {
                    return Err(Refusal::field(Code::$code, "number", $looks));
                }
                Ok($name(text))
            }

            /// The number as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl TryFrom<String> for $name {
            type Error = Refusal;
            fn try_from(text: String) -> Result<Self, Refusal> { $name::parse(&text) }
        }
        impl From<$name> for String {
            fn from(number: $name) -> String { number.0 }
        }
    };
}

number_type!(
    /// The number of a certificate, `RC-2026-000001`: year of issue and a gapless site-wide count.
    CertificateNumber, "RC", 6, NoSuchCertificate,
    "A certificate number looks like RC-2026-000001. It stands at the top of each page.");
number_type!(
    /// The number of an investigation, `OOS-2026-0001`, counted over the whole site.
    InvestigationNumber, "OOS", 4, NoSuchInvestigation, "An investigation's number looks like OOS-2026-0001.");
number_type!(
    /// The number of a deviation or hold, `DEV-2026-0001`, counted over the whole site.
    DeviationNumber, "DEV", 4, NoSuchDeviation, "A deviation's number looks like DEV-2026-0001.");
number_type!(
    /// The number of a conditional notice, `CN-2026-000001`, counted over the whole site; never
    /// one of the certificates' numbers.
    NoticeNumber, "CN", 6, NoSuchNotice,
    "A conditional notice's number looks like CN-2026-000001. It stands at the top of each page.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_has_one_spelling() {
        assert_eq!(LotNumber::parse(" ad-26-0007 ").map(String::from), Ok("AD-26-0007".to_owned()));
        for bad in ["", "-A", "A B", "患者", "../etc", "A/B", &"A".repeat(41)] {
            assert!(LotNumber::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn certificate_numbers_count_on_without_gaps() {
        assert_eq!(CertificateNumber::next(2026, 0).as_str(), "RC-2026-000001");
        assert!(CertificateNumber::parse("rc-2026-000001").is_ok());
        for bad in ["RC-26-1", "RC-2026-1", "2026-000001", "RC-2026-0000012345", "RC-２０２６-000001"] {
            assert!(CertificateNumber::parse(bad).is_err(), "{bad:?}");
        }
    }
}
