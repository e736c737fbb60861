//! Every fact the system can record. A fact's encoding is for ever.
//!
//! Promises: a [`Fact`] carries no password, no key and no patient's name; what was once
//! written can always be read (fixtures of every version stay in the tests); the canonical
//! JSON (RFC 8785) of a fact is its leaf in the ledger.

mod about;
mod account;
mod course;
mod oversight;

pub use about::KINDS;
pub use account::AccountEvent;
pub use course::CourseEvent;
pub use oversight::OversightEvent;

use serde::{Deserialize, Serialize};

use super::certificate::SignatureRecord;
use super::deviation::DeviationKind;
use super::equipment::{Calibration, Reagent};
use super::ids::{
    AttributeCode, CertificateNumber, DeviationNumber, EquipmentCode, InvestigationNumber, LotNumber, ProductCode,
    RunNumber, Username,
};
use super::investigation::{Conclusion, Failure, LaboratoryPhase, RetestPlan};
use super::lot::LotDetails;
use super::moment::Moment;
use super::role::{Actor, Role};
use super::run::{Change, Ground, RunContent, SecondEntry};
use super::site_policy::SitePolicy;
use super::spec::Specification;
use super::text::{Line, Remark};

/// The version of the encoding.
pub const FACT_VERSION: u32 = 1;

/// One fact: who recorded what, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Version of the encoding.
    pub v: u32,
    /// When it was recorded (server's clock).
    pub at: Moment,
    /// 32 random hex digits, so that the leaf hash, which stands in other people's proofs,
    /// tells nobody the content by guessing.
    pub salt: String,
    /// Who.
    pub by: Actor,
    /// What.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The site was set up; always the first fact.
    SiteCreated(SiteDetails),
    /// A specification version came into the system.
    SpecificationInstalled {
        /// The whole document.
        specification: Box<Specification>,
        /// SHA-256 of its canonical JSON.
        sha256: String,
    },
    /// A draft of a specification version was written or rewritten.
    SpecificationDrafted {
        /// The whole document.
        specification: Box<Specification>,
        /// SHA-256 of its canonical JSON.
        sha256: String,
    },
    /// A draft was approved; from then on it is never changed.
    SpecificationApproved {
        /// The product.
        product: ProductCode,
        /// The version.
        version: u32,
        /// In force from.
        effective_from: Moment,
        /// SHA-256 of the draft that was signed.
        draft_sha256: String,
        /// SHA-256 of the approved document: the draft with its date, no longer an example.
        sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A product's specification was retired: no lot is registered under it any more.
    SpecificationRetired {
        /// The product.
        product: ProductCode,
        /// Why.
        reason: Line,
        /// The signature.
        signature: SignatureRecord,
    },
    /// An instrument was registered.
    InstrumentRegistered {
        /// Its code.
        code: EquipmentCode,
        /// What it is.
        name: Line,
    },
    /// An instrument was calibrated.
    InstrumentCalibrated {
        /// Its code.
        code: EquipmentCode,
        /// The calibration.
        calibration: Calibration,
    },
    /// A reagent or kit lot came in.
    ReagentReceived(Reagent),
    /// The site decided what is its to decide.
    SitePolicySet {
        /// The policy from now on.
        policy: SitePolicy,
        /// Its version, from 1; none in facts from before it was versioned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
        /// The signature; none in facts from before it was signed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<SignatureRecord>,
    },
    /// An account was made.
    UserCreated {
        /// Unique user name.
        username: Username,
        /// Full name.
        full_name: Line,
        /// Roles.
        roles: Vec<Role>,
    },
    /// Somebody signed in.
    SignedIn {},
    /// Somebody signed out.
    SignedOut {},
    /// A password was wrong for an account that exists.
    SignInFailed {
        /// The account.
        username: Username,
    },
    /// A lot was registered.
    LotRegistered(LotDetails),
    /// A run was recorded.
    RunRecorded {
        /// Its number.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// What it says.
        content: RunContent,
    },
    /// Values of a run were corrected; a verification of it falls.
    RunCorrected {
        /// The run.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// What changed, with reason.
        changes: Vec<Change>,
    },
    /// A second person confirmed a run against its raw data.
    RunVerified {
        /// The run.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// SHA-256 of the canonical JSON of the content that was confirmed.
        content_sha256: String,
        /// Critical values as the verifier typed them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        second_entry: Vec<SecondEntry>,
    },
    /// The verifier's entry of critical values differs from the first.
    DiscrepancyFound {
        /// The run.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// What was measured, and the two values.
        differences: Vec<Difference>,
    },
    /// One of the two people said what the value is, and why the entries differed.
    DiscrepancyResolved {
        /// The run.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// What was measured.
        attribute: AttributeCode,
        /// What the value is.
        value: String,
        /// Why.
        reason: Line,
    },
    /// A run was declared invalid: it gives no result and is kept.
    RunInvalidated {
        /// The run.
        run: RunNumber,
        /// Its lot.
        lot: LotNumber,
        /// Of what sort.
        ground: Ground,
        /// Why.
        reason: Line,
        /// The investigation that proved the cause, for a failing result.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        investigation: Option<InvestigationNumber>,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A verified failing result opened an investigation.
    InvestigationOpened {
        /// Its number.
        investigation: InvestigationNumber,
        /// The lot.
        lot: LotNumber,
        /// The run.
        run: RunNumber,
        /// The failing readings.
        failures: Vec<Failure>,
        /// True for a sterility test.
        sterility: bool,
    },
    /// The laboratory phase of an investigation was recorded.
    LaboratoryPhaseRecorded {
        /// The investigation.
        investigation: InvestigationNumber,
        /// The lot.
        lot: LotNumber,
        /// What it says.
        phase: LaboratoryPhase,
        /// The signature.
        signature: SignatureRecord,
    },
    /// QA approved a plan for re-tests.
    RetestPlanApproved {
        /// The investigation.
        investigation: InvestigationNumber,
        /// The lot.
        lot: LotNumber,
        /// The plan.
        plan: RetestPlan,
        /// The signature.
        signature: SignatureRecord,
    },
    /// An investigation was concluded.
    InvestigationConcluded {
        /// The investigation.
        investigation: InvestigationNumber,
        /// The lot.
        lot: LotNumber,
        /// The conclusion.
        conclusion: Conclusion,
        /// The signature.
        signature: SignatureRecord,
    },
    /// QA closed an investigation.
    InvestigationClosed {
        /// The investigation.
        investigation: InvestigationNumber,
        /// The lot.
        lot: LotNumber,
        /// QA's remark.
        remark: Remark,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A deviation or hold was opened.
    DeviationOpened {
        /// Its number.
        deviation: DeviationNumber,
        /// The lot.
        lot: LotNumber,
        /// Deviation or hold; named so because `kind` is the fact's own.
        sort: DeviationKind,
        /// What happened.
        description: Remark,
        /// What it can mean.
        impact: Remark,
    },
    /// QA closed a deviation or hold.
    DeviationClosed {
        /// Its number.
        deviation: DeviationNumber,
        /// The lot.
        lot: LotNumber,
        /// The assessment.
        assessment: Remark,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A result of a bank or donor fell: a lot made from it is flagged.
    SourceFlagged {
        /// The lot.
        lot: LotNumber,
        /// The bank or donor.
        source: LotNumber,
        /// The run whose result fell.
        run: RunNumber,
        /// What happened.
        because: String,
    },
    /// A lot was released and a certificate issued.
    LotReleased {
        /// The lot.
        lot: LotNumber,
        /// The certificate.
        certificate: CertificateNumber,
        /// SHA-256 of the certificate's record.
        record_sha256: String,
        /// SHA-256 of the certificate's PDF.
        pdf_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A lot was rejected.
    LotRejected {
        /// The lot.
        lot: LotNumber,
        /// Why.
        reason: Line,
        /// SHA-256 of the dossier that was signed; the document is kept.
        record_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A file came into the evidence folder; its bytes stand there under their hash.
    FileStored(super::file::FileDetails),
    /// Somebody tried what they may not do, or what was not possible.
    AttemptRefused {
        /// What was tried: `release`, `verification` and the like; see docs/LEDGER.md.
        act: String,
        /// The lot, if it exists.
        lot: Option<LotNumber>,
        /// The run, for a verification.
        run: Option<RunNumber>,
        /// The refusal's code.
        code: String,
        /// The refusal's sentence.
        detail: String,
    },
    /// About a person's account.
    #[serde(untagged)]
    Account(AccountEvent),
    /// About a lot's way to a decision and after it.
    #[serde(untagged)]
    Course(CourseEvent),
    /// About watching over the site.
    #[serde(untagged)]
    Oversight(OversightEvent),
}

/// A critical value entered twice with different outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The value of the first entry.
    pub first: String,
    /// The value of the second entry.
    pub second: String,
}

/// The site as it was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteDetails {
    /// Name on certificates.
    pub name: Line,
    /// Address on certificates; may be empty.
    pub address: String,
    /// Manufacturing authorisation number; may be empty.
    pub licence: String,
    /// IANA zone in which times are shown.
    pub zone: String,
    /// The ledger's origin; never changes.
    pub origin: String,
    /// The key that signs checkpoints and seals certificates, as a C2SP verifier key.
    pub verifier_key: String,
    /// True where all data is for demonstration or training.
    pub synthetic: bool,
    /// Name and version of the software.
    pub software: String,
}
