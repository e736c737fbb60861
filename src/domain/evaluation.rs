//! Judging one value against one criterion: the verdict with its arithmetic.
//!
//! Promises: pure and total; never a boolean; a censored value passes only where every value
//! it could stand for passes; what cannot be decided is *indeterminate*, which is not a pass.
//! Sources: USP General Notices 7.20 (rounding), domain rules 3.1 to 3.3.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limit::{Limit, Rounding};
use super::moment::Moment;
use super::quantity::{Qualifier, Quantity};
use super::refusal::{Code, Refusal};
use super::spec::Acceptance;
use super::text::Line;

/// How a criterion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A valid, verified result meets the criterion.
    Pass,
    /// A valid result does not meet it.
    Fail,
    /// An interim reading; the final one is not possible yet or not made.
    Pending,
    /// No result.
    Missing,
    /// It would pass, but nobody has verified the run.
    Unverified,
    /// The run's control failed: no result, neither pass nor fail.
    Invalid,
    /// The value cannot be compared with the limit (`<0.1` against NMT 0.05).
    Indeterminate,
    /// Recorded for information; does not count.
    Reported,
    /// The criterion does not apply to this lot.
    NotApplicable,
}

impl Outcome {
    /// The outcome's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Pending => "pending",
            Outcome::Missing => "missing",
            Outcome::Unverified => "unverified",
            Outcome::Invalid => "invalid",
            Outcome::Indeterminate => "indeterminate",
            Outcome::Reported => "reported",
            Outcome::NotApplicable => "not_applicable",
        }
    }
}

impl fmt::Display for Outcome {
    /// The outcome in a word or two for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Pass => "Pass",
            Outcome::Fail => "Fail",
            Outcome::Pending => "Pending",
            Outcome::Missing => "Missing",
            Outcome::Unverified => "Not verified",
            Outcome::Invalid => "Invalid run",
            Outcome::Indeterminate => "Indeterminate",
            Outcome::Reported => "Reported",
            Outcome::NotApplicable => "Not applicable",
        })
    }
}

/// An outcome with the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it stands.
    pub outcome: Outcome,
    /// Why, in one line; for a number the arithmetic: `96.04 → 96.0; 96.0 is not > 96.0`.
    pub because: String,
    /// The value as typed.
    pub as_entered: Option<String>,
    /// The reportable value; of a censored value or a word: as typed.
    pub reported: Option<String>,
    /// How far the reportable value is inside (+) or outside (-) the limit.
    pub distance: Option<String>,
    /// When the outcome can become final at the earliest.
    pub earliest: Option<Moment>,
    /// Set where a passing value lies beyond the alert limit: what that limit is.
    pub alert: Option<String>,
}

impl Verdict {
    /// A verdict about something that has no value.
    pub fn without_value(outcome: Outcome, because: impl Into<String>) -> Self {
        Verdict {
            outcome,
            because: because.into(),
            as_entered: None,
            reported: None,
            distance: None,
            earliest: None,
            alert: None,
        }
    }
}

/// Judges a value as typed.
///
/// `started_at` is the start of incubation, which decides when a final negative is possible.
///
/// # Errors
/// The value is no value of this criterion: not a number, out of the possible, an unknown word.
pub fn judge(
    acceptance: &Acceptance,
    rounding: Rounding,
    typed: &str,
    started_at: Option<Moment>,
) -> Result<Verdict, Refusal> {
    match acceptance {
        Acceptance::Numeric { limit, unit, whole, alert } => {
            let quantity = Quantity::parse(typed)?;
            check_possible(&quantity, unit.as_deref(), *whole)?;
            let mut verdict = judge_number(limit, rounding, &quantity);
            if let Some(alert) = alert.as_ref().filter(|_| verdict.outcome == Outcome::Pass) {
                let warned = judge_number(alert, rounding, &quantity).outcome != Outcome::Pass;
                verdict.alert = warned.then(|| format!("alert limit {alert}"));
            }
            Ok(verdict)
        }
        Acceptance::Categorical { allowed, acceptable, interim, incubation_hours_min, .. } => {
            let word = known_word(typed, allowed, interim)?;
            let earliest = incubation_hours_min.zip(started_at).map(|(hours, start)| start.plus_hours(hours));
            Ok(judge_word(word, acceptable, interim, earliest))
        }
        Acceptance::Number { unit } => {
            let quantity = Quantity::parse(typed)?;
            check_possible(&quantity, unit.as_deref(), false)?;
            Ok(reported(typed))
        }
        Acceptance::Text => {
            let text = Line::parse("value", typed)?;
            Ok(reported(text.as_str()))
        }
    }
}

/// A value without a limit: it is reported as typed.
fn reported(typed: &str) -> Verdict {
    Verdict {
        as_entered: Some(typed.to_owned()),
        reported: Some(typed.to_owned()),
        ..Verdict::without_value(Outcome::Reported, format!("{typed}, reported; there is no limit"))
    }
}

/// The word of the list that was typed, whatever its case.
///
/// # Errors
/// It is none of them.
pub fn known_word<'a>(typed: &str, allowed: &'a [String], interim: &'a [String]) -> Result<&'a str, Refusal> {
    let typed = typed.trim();
    let found = allowed.iter().chain(interim).find(|w| w.eq_ignore_ascii_case(typed));
    found.map(String::as_str).ok_or_else(|| {
        let words: Vec<_> = allowed.iter().chain(interim).map(|w| format!("“{w}”")).collect();
        let shown: String = typed.chars().take(40).collect();
        let detail = format!("The value must be {}. You typed “{shown}”.", words.join(" or "));
        Refusal::field(Code::UnknownValue, "value", detail)
    })
}

/// Refuses what cannot occur: a percentage outside 0 to 100, a negative amount, half a passage.
fn check_possible(quantity: &Quantity, unit: Option<&str>, whole: bool) -> Result<(), Refusal> {
    let number = quantity.number();
    let typed = quantity.as_typed();
    let refuse = |why: &str| Err(Refusal::field(Code::OutOfRange, "value", format!("{typed} cannot be: {why}.")));
    if number.is_sign_negative() && !number.is_zero() || typed.contains('-') {
        return refuse("a result here is never below 0");
    }
    if unit == Some("%") && number > rust_decimal::Decimal::ONE_HUNDRED {
        return refuse("a percentage lies between 0 and 100");
    }
    let hundred = number == rust_decimal::Decimal::ONE_HUNDRED;
    if unit == Some("%") && hundred && quantity.qualifier() == Qualifier::Above {
        return refuse("no percentage is above 100");
    }
    if number.is_zero() && quantity.qualifier() == Qualifier::Below {
        return refuse("nothing is below 0");
    }
    if whole && (quantity.qualifier() != Qualifier::Exact || typed.contains('.')) {
        return refuse("it is counted in whole numbers, such as 4");
    }
    Ok(())
}

fn judge_number(limit: &Limit, rounding: Rounding, quantity: &Quantity) -> Verdict {
    let typed = quantity.as_typed();
    let number = quantity.number();
    let rounded = rounding.reportable(number, limit.decimals());
    let signs = limit.in_signs();
    let (outcome, reported, because) = match quantity.qualifier() {
        Qualifier::Exact => {
            let accepted = limit.accepts(rounded);
            let outcome = if accepted { Outcome::Pass } else { Outcome::Fail };
            (outcome, rounded.to_string(), exact_arithmetic(typed, &rounded.to_string(), limit, accepted))
        }
        Qualifier::Below if limit.accepts_all_below(number) => {
            (Outcome::Pass, typed.to_owned(), format!("{typed}: every value below {number} is {signs}"))
        }
        Qualifier::Above if limit.accepts_all_above(number, rounding) => {
            (Outcome::Pass, typed.to_owned(), format!("{typed}: every value above {number} is {signs}"))
        }
        Qualifier::Below if limit.guards_below(rounded) => {
            (Outcome::Fail, typed.to_owned(), format!("{typed}: no value below {number} is {signs}"))
        }
        Qualifier::Above if limit.guards_above(rounded) => {
            (Outcome::Fail, typed.to_owned(), format!("{typed}: no value above {number} is {signs}"))
        }
        Qualifier::Below | Qualifier::Above => {
            let why = format!(
                "{typed} cannot be compared with {signs}: it says too little; test again with a suitable dilution"
            );
            (Outcome::Indeterminate, typed.to_owned(), why)
        }
    };
    let distance = (quantity.qualifier() == Qualifier::Exact).then(|| distance(limit, rounded)).flatten();
    Verdict {
        as_entered: Some(typed.to_owned()),
        reported: Some(reported),
        distance,
        ..Verdict::without_value(outcome, because)
    }
}

/// `96.04 → 96.0; 96.0 is not > 96.0`
fn exact_arithmetic(typed: &str, rounded: &str, limit: &Limit, accepted: bool) -> String {
    let step = if typed == rounded { String::new() } else { format!("{typed} → {rounded}; ") };
    let signs = limit.in_signs();
    match (limit, accepted) {
        (Limit::Within { .. }, true) => format!("{step}{rounded} is within {signs}"),
        (Limit::Within { .. }, false) => format!("{step}{rounded} is not within {signs}"),
        (_, true) => format!("{step}{rounded} {signs}"),
        (_, false) => format!("{step}{rounded} is not {signs}"),
    }
}

fn distance(limit: &Limit, rounded: rust_decimal::Decimal) -> Option<String> {
    let inside = match limit {
        Limit::Above { limit } | Limit::AtLeast { limit } => rounded.checked_sub(limit.number()),
        Limit::Below { limit } | Limit::AtMost { limit } => limit.number().checked_sub(rounded),
        Limit::Within { low, high } => {
            let (below, above) = (rounded.checked_sub(low.number())?, high.number().checked_sub(rounded)?);
            Some(below.min(above))
        }
    }?;
    Some(if inside.is_sign_negative() { inside.to_string().replace('-', "−") } else { format!("+{inside}") })
}

fn judge_word(word: &str, acceptable: &[String], interim: &[String], earliest: Option<Moment>) -> Verdict {
    let words = acceptable.join(" or ");
    let mut verdict = if interim.iter().any(|w| w == word) {
        Verdict::without_value(Outcome::Pending, format!("{word}: an interim reading; the final one must be {words}"))
    } else if acceptable.iter().any(|w| w == word) {
        Verdict::without_value(Outcome::Pass, format!("{word}, as required"))
    } else {
        Verdict::without_value(Outcome::Fail, format!("{word}, but {words} is required"))
    };
    if verdict.outcome == Outcome::Pending {
        verdict.earliest = earliest;
    }
    verdict.as_entered = Some(word.to_owned());
    verdict.reported = Some(word.to_owned());
    verdict
}
