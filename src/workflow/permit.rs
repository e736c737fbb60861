//! Who may do what: the only place where a [`Permit`] or a [`Signed`] can be made.
//!
//! Promises: a verb that takes `Permit<RecordRun>` is reached only by a person whose roles
//! allow it; one that takes `Signed<ReleaseLot>` only by a person who gave the password again
//! at that moment (21 CFR 11.200(a)). Refused attempts at a lot's decision are facts.

use std::marker::PhantomData;

use crate::domain::event::Event;
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::text::Line;
use crate::store::User;

pub use super::prove::Proof;
use super::{App, Error, may_sign, prove};

/// Something only certain people may do.
pub trait Duty: Send + 'static {
    /// The roles that may; a person acts in the first of them that he or she holds.
    const ROLES: &'static [Role];
    /// What it is, as it follows "Only an analyst may …".
    const DEED: &'static str;
    /// The act's name in facts about refused attempts; `None` where those are not recorded.
    const ACT: Option<&'static str> = None;
    /// The field in which a signer says what the signature means.
    const SAYS: &'static str;
}

macro_rules! duties {
    ($($(#[$doc:meta])* $name:ident: [$($role:ident),+], $deed:literal, $act:expr, $says:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Duty for $name {
            const ROLES: &'static [Role] = &[$(Role::$role),+];
            const DEED: &'static str = $deed;
            const ACT: Option<&'static str> = $act;
            const SAYS: &'static str = $says;
        }
    )*};
}

duties! {
    /// Registering a lot.
    RegisterLot: [Analyst], "register a lot", None, "meaning";
    /// Registering a bank.
    RegisterBank: [Analyst], "register a bank", None, "meaning";
    /// Registering a donor.
    RegisterDonor: [Analyst], "register a donor", None, "meaning";
    /// Recording or correcting a run.
    RecordRun: [Analyst], "record results", None, "meaning";
    /// Verifying somebody else's run.
    VerifyRun: [Analyst], "verify a run", Some("verification"), "meaning";
    /// Releasing a lot.
    ReleaseLot: [Qa], "release a lot", Some("release"), "meaning";
    /// Rejecting a lot.
    RejectLot: [Qa], "reject a lot", Some("rejection"), "reason";
    /// Storing an evidence file.
    StoreFile: [Analyst], "store a file", None, "meaning";
    /// Drafting a specification version.
    DraftSpecification: [Analyst, Qa], "draft a specification", None, "meaning";
    /// Approving a specification version.
    ApproveSpecification: [Qa], "approve a specification", Some("specification_approval"), "meaning";
    /// Retiring a product's specification.
    RetireSpecification: [Qa], "retire a specification", Some("specification_retirement"), "reason";
    /// Recording the laboratory phase of an investigation, and concluding it.
    Investigate: [Analyst, Qa], "investigate a result", Some("investigation"), "meaning";
    /// Approving a re-test plan.
    ApproveRetests: [Qa], "approve a re-test plan", Some("investigation"), "meaning";
    /// Closing an investigation.
    CloseInvestigation: [Qa], "close an investigation", Some("investigation"), "remark";
    /// Declaring a run invalid.
    InvalidateRun: [Qa], "declare a run invalid", Some("invalidation"), "reason";
    /// Opening a deviation or hold.
    OpenDeviation: [Analyst, Qa], "open a deviation or hold", None, "meaning";
    /// Closing a deviation or hold.
    CloseDeviation: [Qa], "close a deviation or hold", Some("deviation"), "assessment";
    /// Keeping accounts.
    KeepAccounts: [Admin], "keep accounts", None, "meaning";
    /// Registering instruments with their calibrations, and reagents.
    KeepEquipment: [Analyst, Qa], "register equipment", None, "meaning";
    /// Deciding what is the site's to decide.
    SetPolicy: [Qa], "set the site's policy", Some("policy"), "meaning";
    /// Approving a lot's results for quality control.
    ApproveForQc: [Qc], "approve results for quality control", Some("qc_approval"), "meaning";
    /// Reviewing a lot's audit trail.
    ReviewAuditTrail: [Qa], "review an audit trail", Some("audit_review"), "meaning";
    /// Certifying a lot as qualified person.
    CertifyLot: [Qp], "certify a lot", Some("qp_certification"), "meaning";
    /// Step 1 of a two-step release.
    ReleaseConditionally: [Qp, Qa], "release a lot conditionally", Some("conditional_release"), "meaning";
    /// Revoking a release.
    RevokeRelease: [Qp, Qa], "revoke a release", Some("revocation"), "meaning";
    /// Replacing a certificate that has an error.
    SupersedeCertificate: [Qp, Qa], "replace a certificate", Some("supersession"), "meaning";
    /// Supplying a product out of specification at a physician's request.
    SupplyOutOfSpecification: [Qp, Qa], "supply a product out of specification", Some("supply"), "meaning";
    /// Recording that somebody was told of a revocation.
    TellParties: [Qp, Qa], "record who was told", None, "meaning";
    /// Shipping containers, taking them back, destroying them.
    MoveContainers: [Analyst, Qa], "move containers", Some("shipment"), "meaning";
    /// Taking note of an alert.
    AcknowledgeAlert: [Qa, Qp, Admin], "take note of an alert", None, "meaning";
    /// Issuing the policy on electronic signatures.
    IssueSignaturePolicy: [Qa], "issue the policy on electronic signatures", Some("signature_policy"), "meaning";
    /// Reviewing who has access.
    ReviewAccess: [Qa], "review who has access", Some("access_review"), "meaning";
    /// Seeing who has access, and taking the register out.
    SeeAccess: [Qa, Auditor, Admin], "see who has access", None, "meaning";
    /// Keeping one's own account: password, second factors, sessions, acknowledgements.
    KeepOwnAccount: [Analyst, Qc, Qa, Qp, Auditor, Admin], "keep the own account", None, "meaning";
    /// Taking copies out: exports, inspection packs, reports.
    TakeCopies: [Auditor, Qa, Qp, Qc, Analyst, Admin], "take copies", None, "meaning";
    /// Exporting the ledger.
    ExportLedger: [Auditor, Qa, Qp, Qc, Admin], "export the ledger", None, "meaning";
    /// Saying what a critical value is whose two entries differ.
    ResolveDiscrepancy: [Analyst], "resolve a discrepancy", None, "meaning";
}

/// Acts that are about the site and no lot; refused attempts at them are recorded all the same.
const SITE_ACTS: [&str; 1] = ["policy"];

/// What an attempt was about, for the fact that it was refused.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The lot.
    pub lot: Option<LotNumber>,
    /// The run.
    pub run: Option<RunNumber>,
}

/// A client's promise that a repeated request is the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// The client's key.
    pub key: String,
    /// SHA-256 of the request without its secrets.
    pub request_sha256: String,
}

/// A person entitled to `D`.
#[derive(Debug, Clone)]
pub struct Permit<D> {
    actor: Actor,
    once: Option<Once>,
    duty: PhantomData<D>,
}

/// A person entitled to `D` who has just proved who they are and said what it means.
#[derive(Debug, Clone)]
pub struct Signed<D> {
    permit: Permit<D>,
    meaning: Line,
}

impl<D: Duty> Permit<D> {
    /// Grants the permit if one of the person's roles allows it.
    ///
    /// # Errors
    /// None does. Where the attempt is about a lot's decision, that is recorded.
    pub fn grant(app: &App, user: &User, subject: &Subject) -> Result<Self, Error> {
        if let Some(role) = D::ROLES.iter().copied().find(|role| user.roles.contains(role)) {
            let actor = Actor { username: user.username.clone(), name: user.full_name.clone(), role };
            return Ok(Permit { actor, once: None, duty: PhantomData });
        }
        let roles: Vec<&str> = user.roles.iter().map(|r| r.as_str()).collect();
        let may: Vec<String> = D::ROLES.iter().map(|role| role.with_article()).collect();
        let detail = format!("Only {} may {}. Your role: {}.", may.join(" or "), D::DEED, roles.join(", "));
        let refusal = Refusal::new(Code::WrongRole, detail);
        let role = user.roles.first().copied().unwrap_or(Role::Auditor);
        let actor = Actor { username: user.username.clone(), name: user.full_name.clone(), role };
        record_refusal::<D>(app, &actor, subject, &refusal)?;
        Err(refusal.into())
    }

    /// The same permit for a request that may be repeated.
    pub fn with_once(mut self, once: Option<Once>) -> Self {
        self.once = once;
        self
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The promise about repetition.
    pub fn once(&self) -> Option<&Once> {
        self.once.as_ref()
    }

    /// Signs: the proof of who one is again, at this moment, with what the signature means.
    ///
    /// # Errors
    /// The proof is wrong, the person may not sign yet, or the meaning cannot be printed; each is
    /// recorded as a refused attempt.
    pub fn sign(
        self,
        app: &App,
        proof: impl Into<Proof>,
        meaning: &str,
        subject: &Subject,
    ) -> Result<Signed<D>, Error> {
        let proof = proof.into();
        let said = Line::parse(D::SAYS, meaning).and_then(|said| {
            super::check_drawable(D::SAYS, said.as_str())?;
            Ok(said)
        });
        let meaning = recording_refusals::<D, _>(app, &self.actor, subject, said.map_err(Error::from))?;
        let may = may_sign::check(app, &self.actor, D::ACT);
        recording_refusals::<D, _>(app, &self.actor, subject, may)?;
        let proved = prove::for_signature(app, &self.actor, &proof);
        if let Err(Error::Refused(refusal)) = &proved {
            // Whatever it was about: somebody could not prove to be who they say they are.
            record_attempt::<D>(app, &self.actor, subject, refusal, true)?;
        }
        proved?;
        Ok(Signed { permit: self, meaning })
    }
}

impl<D: Duty> Signed<D> {
    /// Who signs.
    pub fn actor(&self) -> &Actor {
        &self.permit.actor
    }

    /// What the signature means.
    pub fn meaning(&self) -> &Line {
        &self.meaning
    }

    /// The promise about repetition.
    pub fn once(&self) -> Option<&Once> {
        self.permit.once()
    }
}

/// Records that an attempt was refused, if this duty's attempts are recorded and the lot exists.
pub(super) fn record_refusal<D: Duty>(
    app: &App,
    actor: &Actor,
    subject: &Subject,
    refusal: &Refusal,
) -> Result<(), Error> {
    record_attempt::<D>(app, actor, subject, refusal, false)
}

/// As [`record_refusal`]; with `always`, also where it was about no lot that exists.
fn record_attempt<D: Duty>(
    app: &App,
    actor: &Actor,
    subject: &Subject,
    refusal: &Refusal,
    always: bool,
) -> Result<(), Error> {
    let Some(act) = D::ACT.or(always.then_some("signature")) else { return Ok(()) };
    let (subject, refusal) = (subject.clone(), refusal.clone());
    app.write_of_anybody(actor, move |desk| {
        let mut view = desk.view();
        let lot = match (subject.lot, subject.run) {
            (Some(lot), _) => view.lot(&lot)?.ok(),
            (None, Some(run)) => view.lot_of_run(run)?.ok(),
            (None, None) => None,
        };
        // An attempt on nothing says nothing about any lot.
        if lot.is_none() && !always && !SITE_ACTS.contains(&act) {
            return Ok(());
        }
        let run = subject.run.filter(|_| lot.is_some());
        desk.record(Event::AttemptRefused {
            act: act.to_owned(),
            lot: lot.map(|lot| lot.details.lot),
            run,
            code: refusal.code.as_str().to_owned(),
            detail: refusal.detail.chars().take(2000).collect(),
        })?;
        Ok(())
    })
}

/// Passes a verb's outcome on; a refusal is recorded first.
pub(super) fn recording_refusals<D: Duty, T>(
    app: &App,
    actor: &Actor,
    subject: &Subject,
    outcome: Result<T, Error>,
) -> Result<T, Error> {
    if let Err(Error::Refused(refusal)) = &outcome {
        record_refusal::<D>(app, actor, subject, refusal)?;
    }
    outcome
}
