//! Runs and readings: one performance of an assay on a lot, as recorded.
//!
//! Promises: a run that was recorded is never changed; a correction stands beside the first
//! value; whether the run is valid follows from its controls.

use serde::{Deserialize, Serialize};

use super::ids::{AssayCode, AttributeCode, LotNumber, RunNumber};
use super::moment::Moment;
use super::role::Person;
use super::spec::Specification;
use super::text::{Line, Remark};

/// A control as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlReading {
    /// Name, `uninduced`.
    pub name: String,
    /// Value, one of the control's words.
    pub value: String,
}

/// A value as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The text as typed.
    pub value: String,
    /// The unit as recorded.
    pub unit: Option<String>,
}

/// What a run says, apart from who recorded it: the content that a verification confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunContent {
    /// Which kind of test.
    pub assay: AssayCode,
    /// Method and version.
    pub method: Line,
    /// Instrument; empty where none was used.
    pub instrument: Remark,
    /// Start of the test or of incubation.
    pub started_at: Option<Moment>,
    /// When it was read.
    pub tested_at: Moment,
    /// Controls.
    pub controls: Vec<ControlReading>,
    /// Values, current ones.
    pub readings: Vec<Reading>,
    /// Remark.
    pub comment: Remark,
}

/// A value that a correction replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
    /// Why.
    pub reason: Line,
    /// Who changed it.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// A second person's confirmation that the run agrees with its raw data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// SHA-256 of the content that was confirmed, 64 hex digits.
    pub content_sha256: String,
}

/// A run with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Number.
    pub number: RunNumber,
    /// Lot.
    pub lot: LotNumber,
    /// What it says now.
    pub content: RunContent,
    /// Who entered it.
    pub entered_by: Person,
    /// When it was entered.
    pub entered_at: Moment,
    /// Values replaced, oldest first.
    pub changes: Vec<Change>,
    /// The verification, while it stands.
    pub verification: Option<Verification>,
}

impl Run {
    /// Why the run gives no result, if a control failed.
    pub fn invalid_because(&self, spec: &Specification) -> Option<String> {
        let assay = spec.assay(&self.content.assay)?;
        assay.controls.iter().find_map(|control| {
            let read = self.content.controls.iter().find(|c| c.name == control.name);
            match read {
                None => Some(format!("run #{} has no {} control", self.number, control.name)),
                Some(c) if !control.acceptable.contains(&c.value) => {
                    Some(format!("run #{} is invalid: its {} control is {}", self.number, c.name, c.value))
                }
                Some(_) => None,
            }
        })
    }

    /// Everybody who entered something into this run.
    pub fn enterers(&self) -> impl Iterator<Item = &Person> {
        std::iter::once(&self.entered_by).chain(self.changes.iter().map(|c| &c.by))
    }
}
