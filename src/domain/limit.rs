//! Acceptance limits of numeric criteria: operator, limit text with its decimals, rounding.
//!
//! Promises: a value is compared once, after one rounding, with the literal operator of the
//! specification; the number of decimals is that of the limit as written ("95.0" has one).

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// How a value is rounded before it is compared; part of the specification version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half up, once, to the decimals of the limit (USP General Notices 7.20).
    #[serde(rename = "usp_7_20")]
    Usp720,
    /// No rounding: the value as typed is compared.
    None,
}

impl Rounding {
    /// The reportable value of `number` for a limit with so many decimals.
    pub fn reportable(self, number: Decimal, decimals: u32) -> Decimal {
        match self {
            // USP: "5 rounds up", looking at one digit only; that is half away from zero on
            // the positive numbers that results are.
            Rounding::Usp720 => {
                let mut rounded = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
                rounded.rescale(decimals);
                rounded
            }
            Rounding::None => number,
        }
    }

    /// The rule's name as it stands in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Rounding::Usp720 => "usp_7_20",
            Rounding::None => "none",
        }
    }
}

/// A limit as written, with its exact value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LimitText {
    text: String,
    number: Decimal,
}

impl LimitText {
    /// The exact number.
    pub fn number(&self) -> Decimal {
        self.number
    }
    /// Decimals as written: "95.0" has one.
    pub fn decimals(&self) -> u32 {
        self.number.scale()
    }
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for LimitText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.len() <= 20;
        match Decimal::from_str(&text) {
            Ok(number) if plain && !text.starts_with('.') && !text.ends_with('.') => Ok(LimitText { text, number }),
            _ => Err(format!("a limit is a plain decimal such as \"95.0\", not \"{text}\"")),
        }
    }
}

impl From<LimitText> for String {
    fn from(limit: LimitText) -> String {
        limit.text
    }
}

/// The comparison a numeric criterion makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operator", deny_unknown_fields)]
pub enum Limit {
    /// Strictly greater.
    #[serde(rename = ">")]
    Above {
        /// The bound, not itself acceptable.
        limit: LimitText,
    },
    /// Not less than (NLT, `>=`).
    #[serde(rename = "NLT")]
    AtLeast {
        /// The smallest acceptable value.
        limit: LimitText,
    },
    /// Strictly less.
    #[serde(rename = "<")]
    Below {
        /// The bound, not itself acceptable.
        limit: LimitText,
    },
    /// Not more than (NMT, `<=`).
    #[serde(rename = "NMT")]
    AtMost {
        /// The largest acceptable value.
        limit: LimitText,
    },
    /// Between two limits, both acceptable.
    #[serde(rename = "range")]
    Within {
        /// The smallest acceptable value.
        low: LimitText,
        /// The largest acceptable value.
        high: LimitText,
    },
}

impl Limit {
    /// The operator as it is written in a specification.
    pub fn operator(&self) -> &'static str {
        match self {
            Limit::Above { .. } => ">",
            Limit::AtLeast { .. } => "NLT",
            Limit::Below { .. } => "<",
            Limit::AtMost { .. } => "NMT",
            Limit::Within { .. } => "range",
        }
    }

    /// The bound below, where there is one.
    pub fn lower(&self) -> Option<&LimitText> {
        match self {
            Limit::Above { limit } | Limit::AtLeast { limit } => Some(limit),
            Limit::Within { low, .. } => Some(low),
            Limit::Below { .. } | Limit::AtMost { .. } => None,
        }
    }

    /// The bound above, where there is one.
    pub fn upper(&self) -> Option<&LimitText> {
        match self {
            Limit::Below { limit } | Limit::AtMost { limit } => Some(limit),
            Limit::Within { high, .. } => Some(high),
            Limit::Above { .. } | Limit::AtLeast { .. } => None,
        }
    }

    /// Decimals to which a value is rounded before it is compared.
    pub fn decimals(&self) -> u32 {
        match self {
            Limit::Above { limit } | Limit::AtLeast { limit } | Limit::Below { limit } | Limit::AtMost { limit } => {
                limit.decimals()
            }
            Limit::Within { low, high } => low.decimals().max(high.decimals()),
        }
    }

    /// True if an exact, already rounded value is acceptable.
    pub fn accepts(&self, value: Decimal) -> bool {
        match self {
            Limit::Above { limit } => value > limit.number,
            Limit::AtLeast { limit } => value >= limit.number,
            Limit::Below { limit } => value < limit.number,
            Limit::AtMost { limit } => value <= limit.number,
            Limit::Within { low, high } => low.number <= value && value <= high.number,
        }
    }

    /// True if every value below `bound` is acceptable: `<x` against NMT L, and against a strict
    /// `< L`, needs x <= L (a detection limit equal to the limit shows that it is met).
    pub fn accepts_all_below(&self, bound: Decimal) -> bool {
        match self {
            Limit::AtMost { limit } | Limit::Below { limit } => bound <= limit.number,
            _ => false,
        }
    }

    /// True if every value above `bound` is acceptable: `>x` against NLT L needs x >= L. Against
    /// a strict `> L` the values just above `bound` must still exceed L once they are rounded:
    /// `>96.0` may stand for 96.04, which is reported as 96.0 and is not > 96.0.
    pub fn accepts_all_above(&self, bound: Decimal, rounding: Rounding) -> bool {
        match self {
            Limit::AtLeast { limit } => bound >= limit.number,
            Limit::Above { limit } => match rounding {
                Rounding::Usp720 => rounding.reportable(bound, limit.decimals()) > limit.number,
                Rounding::None => bound >= limit.number,
            },
            _ => false,
        }
    }

    /// True if a value below an unacceptable `bound` is unacceptable too.
    pub fn guards_below(&self, rounded_bound: Decimal) -> bool {
        match self {
            Limit::AtLeast { .. } | Limit::Above { .. } => !self.accepts(rounded_bound),
            Limit::Within { low, .. } => rounded_bound < low.number,
            _ => false,
        }
    }

    /// True if a value above an unacceptable `bound` is unacceptable too.
    pub fn guards_above(&self, rounded_bound: Decimal) -> bool {
        match self {
            Limit::AtMost { .. } | Limit::Below { .. } => !self.accepts(rounded_bound),
            Limit::Within { high, .. } => rounded_bound > high.number,
            _ => false,
        }
    }

    /// The comparison in signs, for the arithmetic: `≥ 95.0`.
    pub fn in_signs(&self) -> String {
        match self {
            Limit::Above { limit } => format!("> {}", limit.text),
            Limit::AtLeast { limit } => format!("≥ {}", limit.text),
            Limit::Below { limit } => format!("< {}", limit.text),
            Limit::AtMost { limit } => format!("≤ {}", limit.text),
            Limit::Within { low, high } => format!("{} to {}", low.text, high.text),
        }
    }
}

impl fmt::Display for Limit {
    /// The pharmacopoeia's wording: `NLT 95.0`, `> 96.0`, `180 to 220`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Above { limit } => write!(f, "> {}", limit.text),
            Limit::AtLeast { limit } => write!(f, "NLT {}", limit.text),
            Limit::Below { limit } => write!(f, "< {}", limit.text),
            Limit::AtMost { limit } => write!(f, "NMT {}", limit.text),
            Limit::Within { low, high } => write!(f, "{} to {}", low.text, high.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_keeps_its_decimals() {
        let limit: LimitText = "95.00".to_owned().try_into().expect("a limit");
        assert_eq!((limit.decimals(), limit.as_str()), (2, "95.00"));
        for bad in ["", ".5", "5.", "1e2", "-1", "95,0", "NaN"] {
            assert!(LimitText::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn rounding_is_half_up_and_keeps_trailing_zeros() {
        let dec = |s: &str| Decimal::from_str(s).expect("decimal");
        for (raw, decimals, rounded) in
            [("96.04", 1, "96.0"), ("96.05", 1, "96.1"), ("94.9499", 1, "94.9"), ("95", 1, "95.0")]
        {
            assert_eq!(Rounding::Usp720.reportable(dec(raw), decimals).to_string(), rounded);
            assert_eq!(Rounding::None.reportable(dec(raw), decimals).to_string(), raw);
        }
    }
}
