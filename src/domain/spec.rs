//! Specifications: a product's versioned list of acceptance criteria. Data, not code.
//!
//! Promises: a [`Specification`] that was built is consistent (attributes unique, each in an
//! assay that exists, purity defined, limits with text); nothing in the product knows a
//! criterion except through one of these.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ids::{AssayCode, AttributeCode, ProductCode};
use super::limit::{Limit, Rounding};
use super::moment::Moment;

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
    /// In force from.
    pub effective_from: Moment,
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
}

/// A control that decides whether a run is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Name, `uninduced`.
    pub name: String,
    /// The values it may have.
    pub allowed: Vec<String>,
    /// The values with which the run is valid.
    pub acceptable: Vec<String>,
}

/// Whether a criterion holds a lot back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriterionKind {
    /// Must pass.
    Required,
    /// Is printed and never blocks.
    Informative,
}

impl CriterionKind {
    /// The kind's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            CriterionKind::Required => "required",
            CriterionKind::Informative => "informative",
        }
    }
}

/// One acceptance criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// What it is about, `CD105`.
    pub attribute: AttributeCode,
    /// In words, `CD105-positive`.
    pub name: String,
    /// Group heading.
    pub section: String,
    /// The assay that measures it.
    pub assay: AssayCode,
    /// Required or informative.
    pub kind: CriterionKind,
    /// What is acceptable.
    pub acceptance: Acceptance,
    /// What exactly is measured; mandatory for a purity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// The markers whose co-expression it is: it cannot exceed the lowest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coexpression_of: Vec<AttributeCode>,
}

/// What is acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Acceptance {
    /// A number against a limit.
    Numeric {
        /// Operator and limit.
        #[serde(flatten)]
        limit: Limit,
        /// The only unit in which it may be given; none for a count such as the passage.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
        /// True where only whole numbers exist (passage).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        whole: bool,
    },
    /// A word out of a list.
    Categorical {
        /// Every final word that may be recorded.
        allowed: Vec<String>,
        /// The words that pass.
        acceptable: Vec<String>,
        /// Words of an interim reading, which stays pending.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        interim: Vec<String>,
        /// Hours from the start of incubation before which no acceptable final word is possible.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incubation_hours_min: Option<i64>,
    },
}

impl Acceptance {
    /// The unit, where there is one.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Acceptance::Numeric { unit, .. } => unit.as_deref(),
            Acceptance::Categorical { .. } => None,
        }
    }

    /// The criterion as text with its decimals and unit: `NLT 95.0 %`, `No growth (14 d)`.
    pub fn in_words(&self) -> String {
        match self {
            Acceptance::Numeric { limit, unit: Some(unit), .. } => format!("{limit} {}", unit.replace("x10^6", "×10⁶")),
            Acceptance::Numeric { limit, unit: None, .. } => limit.to_string(),
            Acceptance::Categorical { acceptable, incubation_hours_min, .. } => {
                let words = acceptable.join(" or ");
                match incubation_hours_min {
                    Some(hours) if hours % 24 == 0 => format!("{words} ({} d)", hours / 24),
                    Some(hours) => format!("{words} ({hours} h)"),
                    None => words,
                }
            }
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
        }
        for criterion in &self.criteria {
            if let Some(other) = criterion.coexpression_of.iter().find(|c| !attributes.contains(c)) {
                return Err(format!("{} is the co-expression of {other}, which has no criterion", criterion.attribute));
            }
        }
        Ok(self)
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

fn check_acceptance(code: &AttributeCode, acceptance: &Acceptance) -> Result<(), String> {
    match acceptance {
        Acceptance::Numeric { limit: Limit::Within { low, high }, .. } if low.number() > high.number() => {
            Err(format!("{code}: the lower limit is above the upper"))
        }
        Acceptance::Numeric { .. } => Ok(()),
        Acceptance::Categorical { allowed, acceptable, interim, .. } => {
            if acceptable.is_empty() {
                Err(format!("{code}: no value is acceptable"))
            } else if let Some(word) = acceptable.iter().find(|w| !allowed.contains(w)) {
                Err(format!("{code}: \"{word}\" is acceptable but not allowed"))
            } else if let Some(word) = interim.iter().find(|w| allowed.contains(w)) {
                Err(format!("{code}: \"{word}\" is both final and interim"))
            } else {
                Ok(())
            }
        }
    }
}
