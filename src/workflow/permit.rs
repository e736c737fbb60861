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

use super::{App, Error, passwords};

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
    ApproveSpecification: [Qa], "approve a specification", None, "meaning";
    /// Retiring a product's specification.
    RetireSpecification: [Qa], "retire a specification", None, "reason";
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
    /// Deciding how the site deals with unfit equipment.
    SetPolicy: [Qa], "set the site's policy", None, "meaning";
    /// Saying what a critical value is whose two entries differ.
    ResolveDiscrepancy: [Analyst], "resolve a discrepancy", None, "meaning";
}

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

    /// Signs: the password again, at this moment, with what it means.
    ///
    /// # Errors
    /// The password is wrong, or the meaning cannot be printed; either is recorded as a refused attempt.
    pub fn sign(self, app: &App, password: &str, meaning: &str, subject: &Subject) -> Result<Signed<D>, Error> {
        let said = Line::parse(D::SAYS, meaning).and_then(|said| {
            super::check_drawable(D::SAYS, said.as_str())?;
            Ok(said)
        });
        let meaning = recording_refusals::<D, _>(app, &self.actor, subject, said.map_err(Error::from))?;
        let hash = app.read(|view| Ok(view.password_hash(&self.actor.username)?))?;
        if !passwords::matches(password, hash.as_deref()) {
            let detail = "The password is not right. Nothing was signed; type your own password again.";
            let refusal = Refusal::field(Code::WrongPassword, "password", detail);
            record_refusal::<D>(app, &self.actor, subject, &refusal)?;
            return Err(refusal.into());
        }
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
    let Some(act) = D::ACT else { return Ok(()) };
    let (subject, refusal) = (subject.clone(), refusal.clone());
    app.write(actor, move |desk| {
        let mut view = desk.view();
        let lot = match (subject.lot, subject.run) {
            (Some(lot), _) => view.lot(&lot)?.ok(),
            (None, Some(run)) => view.lot_of_run(run)?.ok(),
            (None, None) => None,
        };
        // An attempt on nothing says nothing about any lot.
        let Some(lot) = lot else { return Ok(()) };
        desk.record(Event::AttemptRefused {
            act: act.to_owned(),
            lot: Some(lot.details.lot),
            run: subject.run,
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
