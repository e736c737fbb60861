//! Who could do what at a moment, and the signed review of it.
//!
//! Promises: the register is made from facts alone, so that it can be made again for any past
//! moment (EU GMP Annex 11, 12.3); a review covers exactly the register that was shown, which is
//! kept (draft 11.11); taking the register out as a file is a fact.

use serde::{Deserialize, Serialize};

use crate::domain::access::{AccessHistory, AccessReview};
use crate::domain::account::{AccountAt, LockedDeed};
use crate::domain::event::{AccountEvent, Event, OversightEvent};
use crate::domain::ids::AssayCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::site_policy::{Route, TrainingRule};
use crate::domain::text::Remark;
use crate::ledger::canonical::{self, sha256_hex};

use super::permit::{
    ApproveForQc, ApproveSpecification, CertifyLot, CloseDeviation, Duty, KeepAccounts, MoveContainers, Permit,
    RecordRun, RegisterLot, RejectLot, ReleaseConditionally, ReleaseLot, ReviewAccess, ReviewAuditTrail, RevokeRelease,
    SeeAccess, SetPolicy, Signed, SupersedeCertificate, SupplyOutOfSpecification, VerifyRun,
};
use super::release_lot::manifest;
use super::training::RELEASE;
use super::{App, Error};

/// What a review means where the signer says nothing else.
pub const MEANING: &str = "I reviewed who has access";

/// Who had access at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRegister {
    /// The way to a decision that was in force.
    pub release_route: Route,
    /// What happened to the work of people without training.
    pub untrained: TrainingRule,
    /// The newest version of the policy on electronic signatures.
    pub signature_policy: u32,
    /// Everybody, by user name.
    pub accounts: Vec<AccessRow>,
}

/// One account in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRow {
    /// User name.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles.
    pub roles: Vec<Role>,
    /// When the account was made.
    pub created_at: Moment,
    /// Why nobody could sign in to it; none where somebody could.
    pub unusable: Option<String>,
    /// When it ends by itself, if it does.
    pub valid_until: Option<Moment>,
    /// What was locked after wrong attempts.
    pub locked: Vec<LockedDeed>,
    /// When somebody last checked who the person is, and who did.
    pub identity_checked: Option<String>,
    /// The version of the policy on electronic signatures that the person had acknowledged last.
    pub policy_acknowledged: Option<u32>,
    /// The number in the register of qualified persons that was valid.
    pub qualified_person: Option<String>,
    /// The kinds of tests in which a training was valid.
    pub trainings: Vec<AssayCode>,
    /// Second factors and passkeys.
    pub second_factors: Vec<String>,
    /// Tokens that worked.
    pub tokens: usize,
    /// Why the person could sign nothing; empty where the person could.
    pub cannot_sign: Vec<String>,
    /// What the person could do, as it follows "could".
    pub could: Vec<String>,
}

/// A duty that the register tells of.
struct Told {
    roles: &'static [Role],
    deed: &'static str,
    signed: bool,
    /// Only on this way to a decision.
    route: Option<Route>,
    /// Needs the training in a release.
    release: bool,
    /// Needs to be named as qualified person.
    qualified: bool,
}

fn told<D: Duty>() -> Told {
    Told { roles: D::ROLES, deed: D::DEED, signed: true, route: None, release: false, qualified: false }
}

fn unsigned<D: Duty>() -> Told {
    Told { signed: false, ..told::<D>() }
}

/// The duties that decide about lots, and about who may decide.
fn duties() -> Vec<Told> {
    vec![
        unsigned::<RegisterLot>(),
        unsigned::<RecordRun>(),
        unsigned::<VerifyRun>(),
        Told { route: Some(Route::VerifyQcQaQp), ..told::<ApproveForQc>() },
        told::<ReviewAuditTrail>(),
        Told { route: Some(Route::VerifyRelease), release: true, ..told::<ReleaseLot>() },
        Told { route: Some(Route::VerifyQcQaQp), release: true, qualified: true, ..told::<CertifyLot>() },
        Told { release: true, ..told::<ReleaseConditionally>() },
        told::<RejectLot>(),
        told::<RevokeRelease>(),
        told::<SupersedeCertificate>(),
        told::<SupplyOutOfSpecification>(),
        told::<MoveContainers>(),
        told::<CloseDeviation>(),
        told::<ApproveSpecification>(),
        told::<SetPolicy>(),
        told::<ReviewAccess>(),
        unsigned::<KeepAccounts>(),
    ]
}

impl AccessRegister {
    fn of(history: &AccessHistory, at: Moment) -> Self {
        AccessRegister {
            release_route: history.policy.release_route,
            untrained: history.policy.untrained,
            signature_policy: history.signature_policy,
            accounts: history.people.values().map(|person| row(person, history, at)).collect(),
        }
    }

    /// The register as the bytes that are kept and signed.
    ///
    /// # Errors
    /// Never for a register that was made here; a failure of ours otherwise.
    pub fn document(&self) -> Result<String, Error> {
        canonical::text(self).map_err(|e| Error::Internal(e.to_string()))
    }

    /// SHA-256 of the document.
    ///
    /// # Errors
    /// As [`AccessRegister::document`].
    pub fn sha256(&self) -> Result<String, Error> {
        Ok(sha256_hex(self.document()?.as_bytes()))
    }
}

fn row(person: &AccountAt, history: &AccessHistory, at: Moment) -> AccessRow {
    let account = &person.account;
    let mut trainings: Vec<AssayCode> = Vec::new();
    for training in account.trainings.iter().filter(|t| t.valid_from <= at && at < t.valid_until) {
        if !trainings.contains(&training.assay) {
            trainings.push(training.assay.clone());
        }
    }
    let locked =
        [LockedDeed::SignIn, LockedDeed::Signing].into_iter().filter(|deed| account.locked_at(*deed, at).is_some());
    let checked = account.identity.as_ref().map(|i| format!("{} by {}", i.at, i.by.username));
    let works = |token: &&crate::domain::account::Token| token.revoked_at.is_none() && at < token.expires_at;
    let cannot_sign = cannot_sign(person, history, at);
    AccessRow {
        username: person.username.to_string(),
        full_name: person.full_name.as_str().to_owned(),
        roles: person.roles.clone(),
        created_at: person.created_at,
        unusable: account.unusable_at(at).map(str::to_owned),
        valid_until: account.valid_until,
        locked: locked.collect(),
        identity_checked: checked,
        policy_acknowledged: account.acknowledged.map(|acknowledged| acknowledged.version),
        qualified_person: account.qualified_at(at).map(|q| q.register_number.as_str().to_owned()),
        could: could(person, history, &trainings, cannot_sign.is_empty(), at),
        trainings,
        second_factors: account.factors.iter().map(|f| format!("{}: {}", f.factor, f.name.as_str())).collect(),
        tokens: account.tokens.iter().filter(works).count(),
        cannot_sign,
    }
}

fn cannot_sign(person: &AccountAt, history: &AccessHistory, at: Moment) -> Vec<String> {
    let account = &person.account;
    let mut why = Vec::new();
    why.extend(account.unusable_at(at).map(str::to_owned));
    if account.identity.is_none() {
        why.push("Nobody had recorded who the person is.".to_owned());
    }
    if account.acknowledged.is_none_or(|a| a.version != history.signature_policy) {
        why.push(format!(
            "Version {} of the policy on electronic signatures was not acknowledged.",
            history.signature_policy
        ));
    }
    if account.locked_at(LockedDeed::Signing, at).is_some() {
        why.push("Signing was locked after wrong attempts.".to_owned());
    }
    if person.roles.iter().any(|role| history.policy.second_factor_roles.contains(role)) && account.factors.is_empty() {
        why.push("The role needs a second factor, and none was set up.".to_owned());
    }
    why
}

/// What the person could do, by roles, state, route, training and qualification.
fn could(
    person: &AccountAt,
    history: &AccessHistory,
    trainings: &[AssayCode],
    could_sign: bool,
    at: Moment,
) -> Vec<String> {
    if person.account.unusable_at(at).is_some() || person.account.locked_at(LockedDeed::SignIn, at).is_some() {
        return Vec::new();
    }
    let policy = &history.policy;
    let trained = policy.untrained != TrainingRule::Refuse || trainings.iter().any(|t| t.as_str() == RELEASE);
    let qualified = person.account.qualified_at(at).is_some();
    let possible = |duty: &Told| {
        duty.roles.iter().any(|role| person.roles.contains(role))
            && (could_sign || !duty.signed)
            && duty.route.is_none_or(|route| route == policy.release_route)
            && (trained || !duty.release)
            && (qualified || !duty.qualified)
    };
    duties().iter().filter(|duty| possible(duty)).map(|duty| duty.deed.to_owned()).collect()
}

/// The register at a moment, with the newest review before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The moment.
    pub at: Moment,
    /// The register.
    pub register: AccessRegister,
    /// The newest review before it.
    pub review: Option<AccessReview>,
}

/// Who had access at a moment; now, where none is named.
///
/// # Errors
/// The moment has not come yet, or storage fails.
pub fn register(app: &App, _permit: &Permit<SeeAccess>, at: Option<Moment>) -> Result<Shown, Error> {
    let now = app.now();
    let at = at.unwrap_or(now);
    if at > now {
        let detail = "Who will have access then is not known yet. Ask for a moment that has passed.";
        return Err(Refusal::field(Code::InTheFuture, "at", detail).into());
    }
    let facts = app.read(|view| Ok(view.access_facts()?))?;
    let history = AccessHistory::at(at, &facts);
    Ok(Shown { at, register: AccessRegister::of(&history, at), review: history.review })
}

/// Records that the register was taken out as a file.
///
/// # Errors
/// Storage fails.
pub fn taken_out(app: &App, permit: &Permit<SeeAccess>, at: Moment, file: &str) -> Result<(), Error> {
    let event = OversightEvent::ReportMade {
        report: "access".to_owned(),
        covers: format!("who could do what at {at}"),
        sha256: sha256_hex(file.as_bytes()),
    };
    app.write(permit.actor(), move |desk| desk.record(Event::Oversight(event)).map(drop))
}

/// A review just signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// When.
    pub at: Moment,
    /// How many accounts it covers.
    pub accounts: u32,
    /// SHA-256 of the register that was signed.
    pub register_sha256: String,
}

/// Signs that the register, as it was shown, was reviewed.
///
/// # Errors
/// It is not the register of now, or no findings are given.
pub fn review(app: &App, signed: &Signed<ReviewAccess>, seen_sha256: &str, findings: &str) -> Result<Reviewed, Error> {
    let findings = Remark::said("findings", findings)?;
    let (seen, meaning) = (seen_sha256.trim().to_ascii_lowercase(), signed.meaning().as_str().to_owned());
    app.write_once(signed.actor(), signed.once(), move |desk| {
        let (now, facts) = (desk.now, desk.view().access_facts()?);
        let register = AccessRegister::of(&AccessHistory::at(now, &facts), now);
        let document = register.document()?;
        let register_sha256 = sha256_hex(document.as_bytes());
        if register_sha256 != seen {
            let detail = "Somebody's access changed after the register was shown to you. Nothing was signed; look at it \
                          again.";
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        let accounts = u32::try_from(register.accounts.len()).unwrap_or(u32::MAX);
        desk.tx.keep_document("application/json", document.into_bytes())?;
        let signature = manifest("access_review", &desk.by, &meaning, now, register_sha256.clone());
        desk.record(Event::Account(AccountEvent::AccessReviewed {
            accounts,
            findings,
            register_sha256: register_sha256.clone(),
            signature,
        }))?;
        Ok(Reviewed { at: now, accounts, register_sha256 })
    })
}
