//! Specifications: a product's versioned list of acceptance criteria. Data, not code.
//!
//! Promises: a [`Specification`] that was built is consistent (attributes unique, each in an
//! assay that exists, purity defined, limits with text); nothing in the product knows a
//! criterion except through one of these.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::calculation::LIMIT_DECIMALS_MAX;
pub use super::criterion::{Acceptance, Condition, Criterion, CriterionKind, Stage};
use super::dose::Dosing;
use super::evaluation::{Outcome, judge, known_word};
use super::ids::{AssayCode, AttributeCode, ProductCode};
use super::limit::{Limit, Rounding};
use super::moment::Moment;
use super::refusal::Refusal;
use super::str_comparison::Conclusion;
use super::str_reading::StrUse;
use super::two_step::TwoStep;

/// One version of a product's specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// Product code.
    pub product: ProductCode,
    /// Version, from 1.
    pub version: u32,
    /// The product in words.
    pub product_name: String,
    /// Title of the document.
    pub title: String,
    /// True for a shipped example that a site must approve before use.
    pub example: bool,
    /// Where the criteria come from.
    pub source: String,
    /// Rounding rule of this version.
    pub rounding: Rounding,
    /// In force from; a draft has none, its approval sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Moment>,
    /// Pairs of markers that the ISCT names as alternatives and of which this specification
    /// requires both, because its author says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub both_required: Vec<[AttributeCode; 2]>,
    /// Which results may be pending when a lot is conditionally released; none where this
    /// version knows only one step (EU GMP Part IV, 11.3.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub two_step: Option<TwoStep>,
    /// How a dose is planned from a lot of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dosing: Option<Dosing>,
    /// The kinds of test, in the order of work.
    pub assays: Vec<Assay>,
    /// The criteria, in the order in which they are read and printed.
    pub criteria: Vec<Criterion>,
}

/// A kind of test: how one run of it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assay {
    /// Code, `flow-cytometry`.
    pub code: AssayCode,
    /// Name for people.
    pub name: String,
    /// The method offered when a run is recorded.
    pub method: String,
    /// Controls without whose good result the run is invalid.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// Media and temperatures of an incubated test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Medium>,
    /// The days of incubation on which the test is read, the last one finally (7, 14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_on_days: Vec<i64>,
}

/// A medium with the temperature at which it is incubated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Medium {
    /// Name, `Fluid thioglycollate`.
    pub name: String,
    /// Temperature range with its unit, `30 to 35 °C`.
    pub temperature: String,
}

/// A control or a system suitability test that decides whether a run is valid: a word out of a
/// list, or a number against a limit (spike recovery 50 to 200 %, 10 000 events).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Name, `uninduced`.
    pub name: String,
    /// The words it may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    /// The words with which the run is valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acceptable: Vec<String>,
    /// The limit within which a number makes the run valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The number's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

impl Control {
    /// What a value says of the run: `Ok(true)` valid, `Ok(false)` invalid.
    ///
    /// # Errors
    /// The value is none this control can have.
    pub fn accepts(&self, value: &str, rounding: Rounding) -> Result<bool, Refusal> {
        match &self.limit {
            None => {
                let word = known_word(value, &self.allowed, &[])?;
                Ok(self.acceptable.iter().any(|w| w == word))
            }
            Some(limit) => {
                let acceptance = Acceptance::Numeric { limit: limit.clone(), unit: None, whole: false, alert: None };
                Ok(judge(&acceptance, rounding, value, None)?.outcome == Outcome::Pass)
            }
        }
    }

    /// What is required, in words.
    pub fn in_words(&self) -> String {
        match (&self.limit, &self.unit) {
            (Some(limit), Some(unit)) => format!("{limit} {unit}"),
            (Some(limit), None) => limit.to_string(),
            (None, _) => self.acceptable.join(" or "),
        }
    }
}

impl Specification {
    /// Checks a specification that was read from a file.
    ///
    /// # Errors
    /// A sentence for the first thing that does not hold together.
    pub fn checked(self) -> Result<Self, String> {
        if self.version == 0 {
            return Err("versions count from 1".into());
        }
        let mut attributes = BTreeSet::new();
        for criterion in &self.criteria {
            let code = &criterion.attribute;
            if !attributes.insert(code) {
                return Err(format!("{code} has two criteria"));
            }
            if self.assay(&criterion.assay).is_none() {
                return Err(format!("{code} names the assay {}, which is not listed", criterion.assay));
            }
            let purity = code.as_str() == "PURITY" || !criterion.coexpression_of.is_empty();
            if purity && criterion.definition.as_deref().is_none_or(|d| d.trim().is_empty()) {
                return Err(format!("{code} needs the text that defines it"));
            }
            check_acceptance(code, &criterion.acceptance)?;
            check_kind(criterion)?;
            check_calculated(criterion)?;
            check_str_use(criterion)?;
        }
        if let Some(dosing) = &self.dosing {
            dosing.clone().checked().map_err(|e| format!("dosing: {e}"))?;
        }
        if let Some(two_step) = &self.two_step {
            two_step.check(&self)?;
        }
        for assay in &self.assays {
            check_assay(assay)?;
        }
        for criterion in &self.criteria {
            if let Some(other) = criterion.coexpression_of.iter().find(|c| !attributes.contains(c)) {
                return Err(format!("{} is the co-expression of {other}, which has no criterion", criterion.attribute));
            }
            check_covers(&self, criterion)?;
        }
        Ok(self)
    }

    /// The document as approved: in force from then, and no longer an example.
    pub fn approved(mut self, effective_from: Moment) -> Self {
        self.effective_from = Some(effective_from);
        self.example = false;
        self
    }

    /// The assay of this code.
    pub fn assay(&self, code: &AssayCode) -> Option<&Assay> {
        self.assays.iter().find(|a| a.code == *code)
    }

    /// The criterion for this attribute.
    pub fn criterion(&self, attribute: &AttributeCode) -> Option<&Criterion> {
        self.criteria.iter().find(|c| c.attribute == *attribute)
    }

    /// The criteria one assay measures, in order.
    pub fn criteria_of<'a>(&'a self, assay: &'a AssayCode) -> impl Iterator<Item = &'a Criterion> {
        self.criteria.iter().filter(move |c| c.assay == *assay)
    }
}

fn check_kind(criterion: &Criterion) -> Result<(), String> {
    let code = &criterion.attribute;
    match criterion.kind {
        CriterionKind::Required if !criterion.acceptance.has_limit() => {
            Err(format!("{code} is required and has no limit; a result without a limit is of the kind \"report\""))
        }
        CriterionKind::Report if criterion.acceptance.has_limit() => {
            Err(format!("{code} is of the kind \"report\" and has a limit; use \"required\" or \"informative\""))
        }
        _ => Ok(()),
    }
}

/// A calculated criterion is in the unit that its formula gives, and has no more decimals than
/// the formula is exact to.
fn check_calculated(criterion: &Criterion) -> Result<(), String> {
    let (code, acceptance) = (&criterion.attribute, &criterion.acceptance);
    let Some(calculation) = &criterion.calculated else { return Ok(()) };
    if acceptance.unit() != calculation.unit() {
        let unit = calculation.unit().unwrap_or("no unit");
        return Err(format!("{code} is calculated in {unit}, so its criterion must be, too"));
    }
    match acceptance {
        Acceptance::Numeric { limit, whole: false, .. } if limit.decimals() <= LIMIT_DECIMALS_MAX => Ok(()),
        Acceptance::Number { .. } => Ok(()),
        Acceptance::Numeric { whole: false, .. } => {
            Err(format!("{code}: a calculated value is compared to at most {LIMIT_DECIMALS_MAX} decimals"))
        }
        _ => Err(format!("{code} is calculated, so it is a number that need not be whole")),
    }
}

/// A reference profile is reported as text; an identity knows every conclusion and accepts one.
fn check_str_use(criterion: &Criterion) -> Result<(), String> {
    let code = &criterion.attribute;
    let sound = match (criterion.str_use, &criterion.acceptance) {
        (None, _) => true,
        (Some(StrUse::Reference), acceptance) => *acceptance == Acceptance::Text,
        (Some(StrUse::Identity), Acceptance::Categorical { allowed, acceptable, .. }) => {
            acceptable.iter().all(|word| word == Conclusion::Match.as_str())
                && Conclusion::ALL.iter().all(|c| allowed.iter().any(|word| word == c.as_str()))
        }
        (Some(StrUse::Identity), _) => false,
    };
    if sound && (criterion.str_use.is_none() || criterion.calculated.is_none()) {
        return Ok(());
    }
    let words: Vec<&str> = Conclusion::ALL.iter().map(|c| c.as_str()).collect();
    Err(format!(
        "{code}: an STR reference is a text; an STR identity allows {} and accepts match only; neither has another \
         calculation",
        words.join(", ")
    ))
}

fn check_assay(assay: &Assay) -> Result<(), String> {
    for control in &assay.controls {
        let place = format!("{}, control {}", assay.code, control.name);
        let words = !control.allowed.is_empty() && !control.acceptable.is_empty();
        if control.limit.is_some() == (words || !control.allowed.is_empty()) {
            return Err(format!("{place}: give either `allowed` and `acceptable` words or a `limit`"));
        }
        if let Some(word) = control.acceptable.iter().find(|w| !control.allowed.contains(w)) {
            return Err(format!("{place}: \"{word}\" is acceptable but not allowed"));
        }
    }
    Ok(())
}

/// A cocktail's limit must be at least as strict as each limit it answers, or passing it would
/// say nothing about them.
fn check_covers(spec: &Specification, cocktail: &Criterion) -> Result<(), String> {
    let code = &cocktail.attribute;
    for covered in &cocktail.covers {
        let Some(other) = spec.criterion(covered) else {
            return Err(format!("{code} covers {covered}, which has no criterion"));
        };
        if cocktail.stage != other.stage {
            return Err(format!(
                "{code} covers {covered}, which is tested on another stage: one reading is of one sample. Give both the \
                 same `stage`"
            ));
        }
        match (&cocktail.acceptance, &other.acceptance) {
            (Acceptance::Numeric { limit: own, unit, .. }, Acceptance::Numeric { limit: its, unit: its_unit, .. })
                if covers_limit(own, its, spec.rounding) && unit == its_unit && *covered != *code => {}
            _ => {
                return Err(format!(
                    "{code} covers {covered}: both need an upper limit in the same unit, and the cocktail's may not be \
                     the wider one"
                ));
            }
        }
    }
    Ok(())
}

/// True where every value that passes one upper limit, rounded as that asks, passes the other.
fn covers_limit(own: &Limit, its: &Limit, rounding: Rounding) -> bool {
    let (bound, strict) = match own {
        Limit::AtMost { limit } => (limit, false),
        Limit::Below { limit } => (limit, true),
        _ => return false,
    };
    let upper = matches!(its, Limit::AtMost { .. } | Limit::Below { .. });
    let same = strict && matches!(its, Limit::Below { limit } if limit.number() == bound.number());
    let accepted = its.accepts(rounding.reportable(bound.number(), its.decimals()));
    upper && own.decimals() >= its.decimals() && (same || accepted)
}

fn check_acceptance(code: &AttributeCode, acceptance: &Acceptance) -> Result<(), String> {
    match acceptance {
        Acceptance::Numeric { limit: Limit::Within { low, high }, .. } if low.number() > high.number() => {
            Err(format!("{code}: the lower limit is above the upper"))
        }
        Acceptance::Numeric { .. } | Acceptance::Number { .. } | Acceptance::Text => Ok(()),
        Acceptance::Categorical { allowed, acceptable, interim, extensions, .. } => {
            if acceptable.is_empty() {
                Err(format!("{code}: no value is acceptable"))
            } else if let Some(word) = acceptable.iter().find(|w| !allowed.contains(w)) {
                Err(format!("{code}: \"{word}\" is acceptable but not allowed"))
            } else if let Some(word) = interim.iter().find(|w| allowed.contains(w)) {
                Err(format!("{code}: \"{word}\" is both final and interim"))
            } else if let Some(word) = extensions.keys().find(|w| !interim.contains(w)) {
                Err(format!("{code}: \"{word}\" prolongs incubation but is no interim word"))
            } else {
                Ok(())
            }
        }
    }
}
