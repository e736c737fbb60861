//! A number to be calculated with: as typed, and as an exact fraction.
//!
//! Promises: what cannot be (half a cell, a dilution below 1, a weight of 0 or of 70000 kg) is
//! refused with the field's name and a sentence; only where a detection limit may stand is a
//! censored value taken.

use super::exact::{Exact, Written};
use super::quantity::{Qualifier, Quantity};
use super::refusal::{Code, Refusal};

/// What an amount may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountKind {
    /// A whole number, also 0.
    Count,
    /// A whole number from 1 up.
    CountFromOne,
    /// From 1 up: 2 for one part in two.
    Dilution,
    /// From 0 up, also 0.
    FromZero,
    /// Above 0.
    Positive,
    /// Above 0 and not above this.
    UpTo(u32),
    /// From 0 up, or censored (`<0.05`).
    Censorable,
}

/// The heaviest patient, in kg; a larger number is a weight in grams or a slip.
pub const WEIGHT_KG: AmountKind = AmountKind::UpTo(500);

/// A number as typed and as it is calculated with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    quantity: Quantity,
    exact: Exact,
}

impl Amount {
    /// Reads what was typed in `field`, which people know as `label`.
    ///
    /// # Errors
    /// Not a number, or not one of this kind.
    pub fn parse(kind: AmountKind, field: &str, label: &str, typed: &str) -> Result<Self, Refusal> {
        let quantity = Quantity::parse(typed)
            .map_err(|refusal| Refusal::field(refusal.code, field, format!("{label}: {}", refusal.detail)))?;
        if kind != AmountKind::Censorable && quantity.qualifier() != Qualifier::Exact {
            let detail = format!("{label}: type an exact number, without < or >. You typed “{typed}”.");
            return Err(Refusal::field(Code::InvalidNumber, field, detail));
        }
        let refuse = |why: &str| {
            let detail = format!("{label}: {typed} cannot be: {why}.");
            Refusal::field(Code::OutOfRange, field, detail)
        };
        let below_zero = || refuse("it is never below 0");
        if typed.contains('-') {
            return Err(below_zero());
        }
        let exact = Exact::of(quantity.number()).ok_or_else(below_zero)?;
        let small = |least: u128| exact < Exact::whole(least);
        let in_parts = typed.contains('.');
        match kind {
            AmountKind::Count if in_parts => Err(refuse("it is counted in whole numbers, such as 142")),
            AmountKind::CountFromOne if in_parts || small(1) => Err(refuse("it is a whole number from 1 up")),
            AmountKind::Dilution if small(1) => {
                Err(refuse("a dilution factor is 1 or more; type 2 for one part in two"))
            }
            AmountKind::Positive if exact.is_zero() => Err(refuse("it must be above 0")),
            AmountKind::UpTo(most) if exact.is_zero() || exact > Exact::whole(most.into()) => {
                Err(refuse(&format!("it must be above 0 and at most {most}")))
            }
            AmountKind::Censorable if exact.is_zero() && quantity.qualifier() == Qualifier::Below => {
                Err(refuse("nothing is below 0"))
            }
            _ => Ok(Amount { quantity, exact }),
        }
    }

    /// As typed.
    pub fn as_typed(&self) -> &str {
        self.quantity.as_typed()
    }

    /// The exact number (of a censored value: the bound).
    pub fn exact(&self) -> Exact {
        self.exact
    }

    /// Exact, below or above.
    pub fn qualifier(&self) -> Qualifier {
        self.quantity.qualifier()
    }

    /// What a value calculated from this one begins with: nothing, `<` or `>`.
    pub fn sign(&self) -> &'static str {
        match self.qualifier() {
            Qualifier::Exact => "",
            Qualifier::Below => "<",
            Qualifier::Above => ">",
        }
    }
}

/// The digits of a result.
///
/// # Errors
/// `None`, which stands for an exact calculation that needs more digits than there are.
pub fn written(result: Option<Exact>) -> Result<Written, Refusal> {
    result.and_then(Exact::written).ok_or_else(too_long)
}

/// The refusal of numbers that cannot be calculated with exactly.
pub fn too_long() -> Refusal {
    let detail = "The numbers are too large, or have too many digits, to be calculated with exactly. \
                  Check them, and give no more digits than were read.";
    Refusal::new(Code::OutOfRange, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_is_refused_with_its_field_and_a_reason() {
        for (kind, typed, code, reason) in [
            (AmountKind::Count, "14.5", Code::OutOfRange, "whole numbers"),
            (AmountKind::Count, "-1", Code::OutOfRange, "never below 0"),
            (AmountKind::Count, "-0", Code::OutOfRange, "never below 0"),
            (AmountKind::Count, "<3", Code::InvalidNumber, "without < or >"),
            (AmountKind::Count, "1,5", Code::InvalidNumber, "comma"),
            (AmountKind::CountFromOne, "0", Code::OutOfRange, "from 1 up"),
            (AmountKind::Dilution, "0.5", Code::OutOfRange, "one part in two"),
            (AmountKind::Positive, "0.00", Code::OutOfRange, "above 0"),
            (WEIGHT_KG, "0", Code::OutOfRange, "above 0"),
            (WEIGHT_KG, "70000", Code::OutOfRange, "at most 500"),
            (WEIGHT_KG, "500.1", Code::OutOfRange, "at most 500"),
            (AmountKind::Censorable, "<0", Code::OutOfRange, "nothing is below 0"),
        ] {
            let refused = Amount::parse(kind, "raw.x[1]", "Label", typed).expect_err(typed);
            assert_eq!((refused.code, refused.fields[0].field.as_str()), (code, "raw.x[1]"), "{typed}");
            assert!(refused.detail.starts_with("Label: ") && refused.detail.contains(reason), "{}", refused.detail);
        }
    }

    #[test]
    fn what_can_be_is_kept_as_typed() {
        for (kind, typed, sign) in [
            (AmountKind::Count, "0", ""),
            (AmountKind::CountFromOne, "1", ""),
            (AmountKind::Dilution, "1.00", ""),
            (AmountKind::FromZero, "0.0", ""),
            (WEIGHT_KG, "500", ""),
            (AmountKind::Censorable, "<0.05", "<"),
            (AmountKind::Censorable, ">5", ">"),
        ] {
            let amount = Amount::parse(kind, "x", "Label", typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
            assert_eq!((amount.as_typed(), amount.sign()), (typed, sign));
        }
    }
}
