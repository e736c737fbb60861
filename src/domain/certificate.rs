//! What a certificate of batch release says, before it is paper.
//!
//! Promises: every word and number that the PDF prints about the lot stands in
//! [`CertificateRecord`], already decided; the paper adds layout and nothing else. The
//! record's canonical JSON (RFC 8785) is what `record_sha256` hashes, and rendering it again
//! gives the same PDF, byte for byte. Times are UTC with microseconds (RFC 3339); `zone` says
//! in which zone the paper shows them.

mod quality;
mod standing;

use serde::{Deserialize, Serialize};

pub use quality::{DeviationRecord, InvestigationRecord, NotApplicableRecord, SourceRecord};
pub use standing::{CorrectedRecord, NoticeReference, QualifiedPersonRecord, SupersedesRecord};

/// The version of the record's shape that is written. Version 1 had no sources, investigations,
/// deviations, evidence or formulas; version 2 one signature, and no version of its own, route,
/// policy or qualified person. A reader refuses a version it does not know.
pub const RECORD_VERSION: u32 = 3;

/// The version of the page layout that is drawn, so that an old record is rendered as it was
/// issued.
pub const LAYOUT_VERSION: u32 = 3;

/// The pairs of record version and layout that were ever issued, and that can be drawn again.
pub const KNOWN_VERSIONS: [(u32, u32); 3] = [(1, 1), (2, 2), (3, 3)];

/// A certificate of batch release as data: what was decided, on what, by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRecord {
    /// Shape of this record, [`RECORD_VERSION`].
    pub v: u32,
    /// Layout of the paper, [`LAYOUT_VERSION`].
    pub layout: u32,
    /// Certificate number, `RC-2026-000001`; gapless within the site.
    pub certificate: String,
    /// The moment of release (UTC).
    pub issued_at: String,
    /// IANA name of the zone in which the paper shows times, `Asia/Shanghai`.
    pub zone: String,
    /// Who certifies.
    pub site: SiteRecord,
    /// What is certified, exactly what the signature's `signed_sha256` covers.
    pub dossier: Dossier,
    /// The electronic signatures with full manifestation (21 CFR 11.50).
    pub signatures: Vec<SignatureRecord>,
    /// Where in the site's ledger the release stands.
    pub ledger: LedgerPosition,
    /// Name and version of the software that issued it, `lotgate 0.1.0`.
    pub software: String,
    /// Where a stranger checks it; also the content of the QR code. ASCII.
    pub verify_url: String,
    /// Which version of the lot's certificate it is, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The certificate that it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<SupersedesRecord>,
    /// The route on which it was decided: `verify_release` or `verify_qc_qa_qp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Version of the site's policy that counted; 0 where none was ever set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_version: Option<u32>,
    /// The qualified person who signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified_person: Option<QualifiedPersonRecord>,
    /// The conditional notice that went before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<NoticeReference>,
}

/// The site whose laboratory issues the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteRecord {
    /// Name, as it heads the paper.
    pub name: String,
    /// Postal address, one line; may be empty.
    pub address: String,
    /// Manufacturing authorisation number; may be empty.
    pub licence: String,
    /// True for demonstration and training data: the paper then says SYNTHETIC on every page.
    pub synthetic: bool,
}

/// Everything known of a lot at the moment of decision; its canonical JSON is what is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dossier {
    /// Lot number.
    pub lot: String,
    /// Product code, `ADMSC-IV`.
    pub product: String,
    /// The product in words.
    pub product_name: String,
    /// Pseudonymous donor code.
    pub donor: String,
    /// Manufacture (UTC).
    pub manufactured_at: String,
    /// Expiry, a moment and not a date (UTC).
    pub expires_at: String,
    /// Number of containers (bags or vials) in the lot.
    pub containers: u32,
    /// The specification version the lot was pinned to when it was registered.
    pub specification: SpecificationRecord,
    /// One entry for each criterion of the specification, in its order.
    pub results: Vec<ResultRecord>,
    /// Every run recorded for the lot, invalid ones too, in order of their numbers.
    pub runs: Vec<RunRecord>,
    /// Results changed after first entry (EU GMP Annex 11, 8.2), oldest first.
    pub changes: Vec<ChangeRecord>,
    /// The banks and the donor the lot was made from, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceRecord>,
    /// What was stated about the lot: `allogeneic`, `cryopreserved`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// Criteria that do not apply to this lot, each with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_applicable: Vec<NotApplicableRecord>,
    /// Investigations of results out of specification, with their outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub investigations: Vec<InvestigationRecord>,
    /// Deviations and holds with QA's assessment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<DeviationRecord>,
    /// What one container carries, where the specification says how it is dosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dosing: Option<String>,
}

/// Which specification judged the lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecificationRecord {
    /// Version, from 1.
    pub version: u32,
    /// Title.
    pub title: String,
    /// True where the specification is a shipped example that no site has approved.
    pub example: bool,
    /// Rounding rule: `usp_7_20` or `none`.
    pub rounding: String,
    /// In force from (UTC).
    pub effective_from: String,
    /// SHA-256 of the specification's canonical JSON, 64 hex digits.
    pub sha256: String,
}

/// One criterion and how the lot met it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultRecord {
    /// Attribute code, `CD105`.
    pub attribute: String,
    /// Attribute in words, `CD105-positive`.
    pub name: String,
    /// Group heading, `Identity`.
    pub section: String,
    /// Mandatory definition of what is measured where the specification has one (purity).
    pub definition: Option<String>,
    /// `required`, `informative` or `report`.
    pub kind: String,
    /// The method by which it was tested, as recorded in the run.
    pub method: String,
    /// The acceptance criterion as text with its decimals and unit, `NLT 95.0 %`.
    pub acceptance: String,
    /// Unit, where there is one.
    pub unit: Option<String>,
    /// The value as typed.
    pub as_typed: String,
    /// The reportable value (USP General Notices 7.20), or the value as typed where nothing is rounded.
    pub reported: String,
    /// The arithmetic in one line: `96.40 → 96.4; 96.4 > 96.0`.
    pub arithmetic: String,
    /// Outcome of the verdict, `pass` on every required criterion of a release.
    pub outcome: String,
    /// Run number.
    pub run: i64,
    /// When the test was read (UTC).
    pub tested_at: String,
    /// The bank or donor on which it was tested, where the lot inherits it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_from: Option<String>,
    /// The cocktail whose one reading answers this criterion too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<String>,
    /// The alert limit beyond which a passing value lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
}

/// One run: who did what, when, with which controls, and who checked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Run number.
    pub run: i64,
    /// Assay code, `flow-cytometry`.
    pub assay: String,
    /// Method and version as recorded.
    pub method: String,
    /// Instrument; empty where none was used.
    pub instrument: String,
    /// Start of the test or incubation (UTC), where it has one.
    pub started_at: Option<String>,
    /// When it was read (UTC).
    pub tested_at: String,
    /// Controls with their values.
    pub controls: Vec<ControlRecord>,
    /// Values of this run as typed, current ones.
    pub readings: Vec<ReadingRecord>,
    /// False when a control failed: such a run gives no result and is kept.
    pub valid: bool,
    /// Who entered it.
    pub entered_by: PersonRecord,
    /// When it was entered (UTC).
    pub entered_at: String,
    /// Who verified it against the raw data, if anybody has.
    pub verified_by: Option<PersonRecord>,
    /// When it was verified (UTC).
    pub verified_at: Option<String>,
    /// Remark; may be empty.
    pub comment: String,
    /// The bank or donor it was made on, where that is not the lot itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Codes of reagents and kits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reagents: Vec<String>,
    /// SHA-256 of evidence files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What was accepted by the site's policy although it was not as it should be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The investigation whose re-test it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<String>,
    /// Why it was declared invalid, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidated: Option<String>,
    /// Attributes whose values the verifier typed again without seeing the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_entry: Vec<String>,
}

/// A control of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlRecord {
    /// Control, `uninduced`.
    pub name: String,
    /// Its value as recorded.
    pub value: String,
}

/// A value of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingRecord {
    /// Attribute code.
    pub attribute: String,
    /// Value as typed.
    pub value: String,
    /// Unit as recorded.
    pub unit: Option<String>,
    /// The formula with its numbers, of a calculated value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// A value that was changed after it was first entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRecord {
    /// Attribute code.
    pub attribute: String,
    /// Run number.
    pub run: i64,
    /// Value before.
    pub before: String,
    /// Value after.
    pub after: String,
    /// Why.
    pub reason: String,
    /// Who changed it.
    pub by: PersonRecord,
    /// When (UTC).
    pub at: String,
}

/// A person by both names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonRecord {
    /// Unique user name, never reassigned (21 CFR 11.100(a)).
    pub username: String,
    /// Full name.
    pub name: String,
}

/// An electronic signature with everything 21 CFR 11.50 and Annex 11 (14) ask to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignatureRecord {
    /// What was done: `release`, `qc_approval`, `audit_review`, `qp_certification` and the like.
    pub act: String,
    /// What the signature means, in the signer's words.
    pub meaning: String,
    /// Full name of the signer.
    pub name: String,
    /// User name of the signer.
    pub username: String,
    /// Role in which the signer signed, `qa`.
    pub role: String,
    /// When (UTC).
    pub at: String,
    /// SHA-256 of the canonical JSON of what was signed: the dossier, or for `audit_review` the
    /// review. 64 hex digits.
    pub signed_sha256: String,
}

/// A place in the site's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerPosition {
    /// The ledger's origin (its name in every checkpoint).
    pub origin: String,
    /// Entry number of the release itself.
    pub entry: u64,
    /// Size of the tree just before it.
    pub tree_size: u64,
    /// Root of that tree, 64 hex digits.
    pub tree_root: String,
}
