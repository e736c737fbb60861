//! What a conditional release notice says, before it is paper: step 1 of a two-step release.
//!
//! Promises: it is never a certificate and never has a certificate's number; what is still to come
//! stands in it with its due date, and who is told when a result fails. Its canonical JSON
//! (RFC 8785) is what its record hash hashes.

use serde::{Deserialize, Serialize};

use super::certificate::{Dossier, LedgerPosition, QualifiedPersonRecord, SignatureRecord, SiteRecord};
use super::course::{Contact, PendingCriterion};
use super::ids::AttributeCode;

/// The version of the record's shape.
pub const NOTICE_VERSION: u32 = 1;

/// The title of every page, and what the notice is not.
pub const NOTICE_TITLE: &str = "CONDITIONAL RELEASE NOTICE — NOT A RELEASE CERTIFICATE";

/// A conditional release notice as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRecord {
    /// Shape of this record, [`NOTICE_VERSION`].
    pub v: u32,
    /// [`NOTICE_TITLE`].
    pub title: String,
    /// Number, `CN-2026-000001`.
    pub notice: String,
    /// The moment of step 1 (UTC).
    pub issued_at: String,
    /// IANA name of the zone in which the paper shows times.
    pub zone: String,
    /// Who issues it.
    pub site: SiteRecord,
    /// The lot as it stands, with the results that are in; what the signature covers together
    /// with `pending` and `contacts`.
    pub dossier: Dossier,
    /// What is still to come.
    pub pending: Vec<PendingCriterion>,
    /// What the specification version says of each of these: why it may wait.
    pub rules: Vec<WaitingRule>,
    /// Who is told when a result fails.
    pub contacts: Vec<Contact>,
    /// The route of the site's policy.
    pub route: String,
    /// Version of the site's policy that counted; 0 where none was ever set.
    pub policy_version: u32,
    /// The qualified person who signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified_person: Option<QualifiedPersonRecord>,
    /// The signatures with full manifestation.
    pub signatures: Vec<SignatureRecord>,
    /// Where in the site's ledger step 1 stands.
    pub ledger: LedgerPosition,
    /// Name and version of the software that issued it.
    pub software: String,
    /// Where a stranger asks whether it still stands; also the content of the QR code. ASCII.
    pub verify_url: String,
}

/// The rule of a specification version under which a result may be pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitingRule {
    /// What is measured.
    pub attribute: AttributeCode,
    /// Within how many hours after step 1 the result is due.
    pub due_hours: u32,
    /// The interim readings without growth, one of which must be there; empty where none is asked
    /// for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interim: Vec<String>,
}

/// What the signature of step 1 covers: SHA-256 of the canonical JSON of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignedNotice<'a> {
    /// The lot with the results that are in.
    pub dossier: &'a Dossier,
    /// What is still to come, by attribute.
    pub pending: Vec<&'a str>,
    /// Who is told when a result fails.
    pub contacts: &'a [Contact],
}
