//! Who is told and why: parties, contacts, classes of reasons, sister lots, pending criteria.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AttributeCode, LotNumber};
use crate::domain::moment::Moment;
use crate::domain::text::{Line, Remark};

/// Whom to tell or ship to. Never a patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// What the person is there for.
    pub role: PartyRole,
    /// Name of the person or ward.
    pub name: Line,
    /// Telephone, mail or address.
    pub reach: Line,
}

/// What somebody outside or inside is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyRole {
    /// The treating physician or investigator.
    Physician,
    /// The qualified person.
    Qp,
    /// Quality assurance.
    Qa,
    /// The sponsor or marketing authorisation holder.
    Sponsor,
    /// The competent authority.
    Authority,
}

impl PartyRole {
    /// All, in the order in which they are told.
    pub const ALL: [PartyRole; 5] =
        [PartyRole::Physician, PartyRole::Qp, PartyRole::Qa, PartyRole::Sponsor, PartyRole::Authority];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            PartyRole::Physician => "physician",
            PartyRole::Qp => "qp",
            PartyRole::Qa => "qa",
            PartyRole::Sponsor => "sponsor",
            PartyRole::Authority => "authority",
        }
    }
}

/// Somebody who must be told of a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// What for.
    pub role: PartyRole,
    /// Who and how to reach them, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Why them: `received container 2`, `named at step 1`.
    pub because: String,
}

/// A criterion that was pending at step 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingCriterion {
    /// What is measured.
    pub attribute: AttributeCode,
    /// Its name.
    pub name: String,
    /// When its result is due.
    pub due_at: Moment,
    /// The interim reading, where there is one: `No growth to date`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interim: Option<String>,
}

/// Of what sort the reason of a revocation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationClass {
    /// A result failed after step 1 or release.
    LateFailingResult,
    /// Something else was found wrong with the product.
    QualityDefect,
    /// The release itself was wrong.
    WrongRelease,
    /// The authority asked for it.
    AuthorityRequest,
}

impl RevocationClass {
    /// All.
    pub const ALL: [RevocationClass; 4] = [
        RevocationClass::LateFailingResult,
        RevocationClass::QualityDefect,
        RevocationClass::WrongRelease,
        RevocationClass::AuthorityRequest,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            RevocationClass::LateFailingResult => "late_failing_result",
            RevocationClass::QualityDefect => "quality_defect",
            RevocationClass::WrongRelease => "wrong_release",
            RevocationClass::AuthorityRequest => "authority_request",
        }
    }
}

impl fmt::Display for RevocationClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RevocationClass::LateFailingResult => "a result failed after the lot had been released",
            RevocationClass::QualityDefect => "a quality defect",
            RevocationClass::WrongRelease => "the release was wrong",
            RevocationClass::AuthorityRequest => "the authority asked for it",
        })
    }
}

/// A lot that shares something with a revoked one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sister {
    /// The lot.
    pub lot: LotNumber,
    /// What they share: `donor D-0031`, `bank MCB-1`, `reagent R-0117`, `made on the same day`.
    pub shares: Vec<String>,
}

/// A detail of a lot that was recorded wrongly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Which: `containers`, `manufactured_at`, `expires_at`.
    pub field: String,
    /// As it was.
    pub before: String,
    /// As it is.
    pub after: String,
}

/// The supply of a product out of specification at a physician's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// The physician.
    pub physician: Contact,
    /// When the physician asked, as stated.
    pub requested_at: Moment,
    /// The immediate significant hazard that supply avoids, as the physician stated it.
    pub hazard: Remark,
    /// The manufacturer's evaluation of the risks, given to the physician.
    pub risk_evaluation: Remark,
    /// When the physician accepted it, as stated.
    pub accepted_at: Moment,
    /// Who was notified: sponsor, authority, marketing authorisation holder.
    pub notified: Vec<Contact>,
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// SHA-256 of evidence files: the request, the acceptance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}
