//! Which results may still be pending at step 1 of a two-step release.
//!
//! Promises: a specification version says so or there is no step 1; a named result exists, is
//! required, and has a due date.

use serde::{Deserialize, Serialize};

use super::ids::AttributeCode;
use super::spec::{Acceptance, CriterionKind, Specification, Stage};

/// The longest time in which a pending result is due, in hours after step 1.
const DUE_HOURS_MAX: u32 = 24 * 60;

/// The rule of a specification version for a two-step release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoStep {
    /// The results that may be pending.
    pub pending: Vec<Pending>,
}

/// A result that may be pending at step 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What is measured.
    pub attribute: AttributeCode,
    /// Within how many hours after step 1 the result is due.
    pub due_hours: u32,
    /// True where step 1 needs an interim reading without growth of a test that has begun.
    #[serde(default)]
    pub interim: bool,
}

impl TwoStep {
    /// The rule for a criterion, where it may be pending.
    pub fn pending(&self, attribute: &AttributeCode) -> Option<&Pending> {
        self.pending.iter().find(|p| p.attribute == *attribute)
    }

    /// The rule in words: `Sterility, due within 336 h, interim reading needed`.
    pub fn in_words(&self) -> String {
        let one = |p: &Pending| {
            let interim = if p.interim { ", interim reading needed" } else { "" };
            format!("{} due within {} h{interim}", p.attribute, p.due_hours)
        };
        self.pending.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    /// Checks the rule against its specification.
    ///
    /// # Errors
    /// A sentence for the first thing that does not hold together.
    pub fn check(&self, spec: &Specification) -> Result<(), String> {
        if self.pending.is_empty() {
            return Err("two_step names no result that may be pending; leave it out".into());
        }
        for (i, pending) in self.pending.iter().enumerate() {
            let code = &pending.attribute;
            if self.pending.iter().take(i).any(|p| p.attribute == *code) {
                return Err(format!("two_step names {code} twice"));
            }
            let criterion = spec.criterion(code);
            let Some(criterion) = criterion.filter(|c| c.kind == CriterionKind::Required) else {
                return Err(format!("two_step names {code}, which is no required criterion"));
            };
            if !matches!(criterion.stage, Stage::Harvest | Stage::Product) {
                return Err(format!(
                    "two_step names {code}, which is tested on a bank or donor and known before step 1"
                ));
            }
            if pending.due_hours == 0 || pending.due_hours > DUE_HOURS_MAX {
                return Err(format!("two_step: {code} is due within 1 to {DUE_HOURS_MAX} hours"));
            }
            let interim =
                matches!(&criterion.acceptance, Acceptance::Categorical { interim, .. } if !interim.is_empty());
            if pending.interim && !interim {
                return Err(format!("two_step asks for an interim reading of {code}, whose criterion knows none"));
            }
        }
        Ok(())
    }
}
