//! Deviations and holds: what stops a lot besides its results, until QA closes it.
//!
//! Promises: anybody who is signed in can open one; an open one blocks; closing it never makes a
//! failing result pass.

use serde::{Deserialize, Serialize};

use super::ids::{DeviationNumber, LotNumber};
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::role::Person;
use super::text::Remark;

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviationKind {
    /// A departure from an approved instruction.
    Deviation,
    /// A stop for another reason.
    Hold,
}

impl DeviationKind {
    /// The kind's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            DeviationKind::Deviation => "deviation",
            DeviationKind::Hold => "hold",
        }
    }
}

/// What QA found when closing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationClosure {
    /// The assessment of its impact on the lot.
    pub assessment: Remark,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// One deviation or hold of one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviation {
    /// Its number, `DEV-2026-0001`.
    pub number: DeviationNumber,
    /// The lot, bank or donor.
    pub lot: LotNumber,
    /// Deviation or hold.
    pub kind: DeviationKind,
    /// What happened.
    pub description: Remark,
    /// What it can mean for the lot.
    pub impact: Remark,
    /// Who opened it.
    pub opened_by: Person,
    /// When.
    pub opened_at: Moment,
    /// How QA closed it.
    pub closure: Option<DeviationClosure>,
}

impl Deviation {
    /// True until QA closes it.
    pub fn is_open(&self) -> bool {
        self.closure.is_none()
    }

    /// Whether it can be closed now.
    ///
    /// # Errors
    /// It is closed already.
    pub fn check_close(&self) -> Result<(), Refusal> {
        match &self.closure {
            None => Ok(()),
            Some(closure) => {
                let detail = format!("{} was closed by {} already.", self.number, closure.by.name.as_str());
                Err(Refusal::new(Code::AlreadyClosed, detail))
            }
        }
    }
}
