//! One acceptance criterion: what is measured, at which stage, what is acceptable, and when it
//! counts.
//!
//! Promises: a criterion is data; a field that nobody knows is refused.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::acceptance::Acceptance;
use super::calculation::Calculation;
use super::ids::{AssayCode, AttributeCode};
use super::str_reading::StrUse;

/// Whether a criterion holds a lot back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CriterionKind {
    /// Must pass.
    Required,
    /// Is printed and never blocks.
    Informative,
    /// Must have a value and has no limit ("report result").
    Report,
}

impl CriterionKind {
    /// The kind's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            CriterionKind::Required => "required",
            CriterionKind::Informative => "informative",
            CriterionKind::Report => "report",
        }
    }

    /// True where a lot needs a result for it.
    pub fn needs_result(self) -> bool {
        self != CriterionKind::Informative
    }
}

/// On what a criterion is tested. A lot inherits what was tested on its bank and its donor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The donor (eligibility, reference STR profile).
    Donor,
    /// A bank or intermediate.
    Bank,
    /// The harvest, before formulation; recorded on the lot itself.
    Harvest,
    /// The final product; recorded on the lot itself.
    #[default]
    Product,
}

impl Stage {
    /// The stage's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Donor => "donor",
            Stage::Bank => "bank",
            Stage::Harvest => "harvest",
            Stage::Product => "product",
        }
    }

    /// Reads a stage's name.
    pub fn parse(text: &str) -> Option<Self> {
        [Stage::Donor, Stage::Bank, Stage::Harvest, Stage::Product].into_iter().find(|s| s.as_str() == text)
    }

    pub(super) fn is_product(&self) -> bool {
        *self == Stage::Product
    }

    /// True where the lot itself is tested, and not what it was made from.
    pub fn is_own(self) -> bool {
        matches!(self, Stage::Harvest | Stage::Product)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A predicate over the lot: the criterion applies only where it holds.
///
/// What is not known of a lot never exempts it: the criterion then applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// The passage lies within these bounds, both included (CD34 binds from passage 3).
    Passage {
        /// The lowest passage to which it applies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_least: Option<u32>,
        /// The highest passage to which it applies.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
    },
    /// The donor is the patient.
    Autologous {},
    /// The donor is somebody else.
    Allogeneic {},
    /// The product is given after freezing and thawing.
    Cryopreserved {},
    /// The product is given fresh.
    Fresh {},
    /// Antibiotics were used in the process.
    Antibiotics {},
}

impl fmt::Display for Condition {
    /// `passage 3 or more`, `allogeneic use`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Passage { at_least: Some(low), at_most: Some(high) } => write!(f, "passage {low} to {high}"),
            Condition::Passage { at_least: Some(low), at_most: None } => write!(f, "passage {low} or more"),
            Condition::Passage { at_least: None, at_most: Some(high) } => write!(f, "passage {high} or less"),
            Condition::Passage { at_least: None, at_most: None } => f.write_str("any passage"),
            Condition::Autologous {} => f.write_str("autologous use"),
            Condition::Allogeneic {} => f.write_str("allogeneic use"),
            Condition::Cryopreserved {} => f.write_str("a cryopreserved product"),
            Condition::Fresh {} => f.write_str("a fresh product"),
            Condition::Antibiotics {} => f.write_str("use of antibiotics"),
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
    /// Required, informative or report.
    pub kind: CriterionKind,
    /// What is acceptable.
    pub acceptance: Acceptance,
    /// What exactly is measured; mandatory for a purity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// The markers whose co-expression it is: it cannot exceed the lowest of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coexpression_of: Vec<AttributeCode>,
    /// On what it is tested.
    #[serde(default, skip_serializing_if = "Stage::is_product")]
    pub stage: Stage,
    /// The predicate under which it applies; always where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_when: Option<Condition>,
    /// Name of a choice: of the criteria with the same name one that passes is enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
    /// The attributes that this one reading answers as well: a negative cocktail of several
    /// markers in one channel. It stays one reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<AttributeCode>,
    /// True where the verifier types the value again without seeing the first one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    /// True where a run needs at least one evidence file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evidence: bool,
    /// How it is calculated from raw entries; such a value is never typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calculated: Option<Calculation>,
    /// What it does with an STR profile, which is then typed instead of a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub str_use: Option<StrUse>,
}

impl Criterion {
    /// True for a test of sterility, whose result is invalidated by its own rule (USP <71>).
    pub fn is_sterility(&self) -> bool {
        self.attribute.as_str().starts_with("STERILITY") || self.assay.as_str().starts_with("sterility")
    }

    /// The criterion as text with the condition under which it applies.
    pub fn in_words(&self) -> String {
        match &self.applies_when {
            Some(condition) => format!("{} (for {condition})", self.acceptance.in_words()),
            None => self.acceptance.in_words(),
        }
    }
}
