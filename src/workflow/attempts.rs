//! Attempts at proving who one is: counted inside the write, locked when there were too many, and
//! told to whoever must know (21 CFR 11.300(d)).
//!
//! Promises: of many guesses at once no more count than of guesses one after the other, because
//! each is settled alone in a write; a code is taken once; a lock is a fact and an alert.

use crate::domain::account::LockedDeed;
use crate::domain::alert::AlertKind;
use crate::domain::event::{AccountEvent, Event, OversightEvent};
use crate::domain::ids::Username;
use crate::domain::lockout;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::text::{Line, Remark};
use crate::store::Credential;

use super::second_factor::{self, Spent};
use super::{Desk, Error, passwords, set_up};

/// What somebody proves who they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// Signing in: locked for a time.
    SignIn,
    /// Signing: locked until an administrator unlocks it.
    Signing,
    /// Keeping the own account, and unlocking a screen: the sessions end.
    Own,
}

impl Gate {
    fn name(self) -> &'static str {
        match self {
            Gate::SignIn => LockedDeed::SignIn.as_str(),
            Gate::Signing => LockedDeed::Signing.as_str(),
            Gate::Own => "own_account",
        }
    }

    fn locked_deed(self) -> Option<LockedDeed> {
        match self {
            Gate::SignIn => Some(LockedDeed::SignIn),
            Gate::Signing => Some(LockedDeed::Signing),
            Gate::Own => None,
        }
    }
}

/// What was given for the password.
#[derive(Debug, Clone)]
pub(super) enum Password {
    /// It was compared with this hash before the write.
    Compared {
        /// The hash it was compared with.
        hash: String,
        /// Whether it was right.
        right: bool,
    },
    /// It was right a moment ago, and this is the second half.
    ProvedBefore,
}

impl Password {
    /// Compares a password, with the same work whether there is a hash or not.
    pub(super) fn compare(given: &str, hash: Option<String>) -> Self {
        let right = passwords::matches(given, hash.as_deref());
        Password::Compared { hash: hash.unwrap_or_default(), right }
    }

    fn is_right(&self, credential: &Credential) -> bool {
        match self {
            // A password that was changed meanwhile is not the password any more.
            Password::Compared { hash, right } => *right && *hash == credential.password_hash,
            Password::ProvedBefore => true,
        }
    }
}

/// One attempt.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// For what.
    pub gate: Gate,
    /// Whose account.
    pub who: Actor,
    /// The password.
    pub password: Password,
    /// A one-time code or recovery code.
    pub code: Option<String>,
    /// Whether a second factor is needed even where none is set up.
    pub factor_required: bool,
}

/// The sentence for whoever could not sign in, whatever the reason: it tells a stranger nothing.
pub(super) fn wrong_credentials() -> Refusal {
    let detail = "The user name or the password is not right. Check both; capital letters count in the password. After \
                  five wrong passwords an account lets nobody in for a minute, and longer after each further one.";
    Refusal::new(Code::WrongCredentials, detail)
}

fn wrong_password(gate: Gate) -> Refusal {
    let detail = match gate {
        Gate::SignIn => return wrong_credentials(),
        Gate::Signing => "The password is not right. Nothing was signed; type your own password again.",
        Gate::Own => "The password is not right. Nothing was changed; type your own password again.",
    };
    Refusal::field(Code::WrongPassword, "password", detail)
}

/// Decides an attempt: counts a wrong one, locks after too many, takes the code of a right one.
/// The refusal is a value, so that what it leaves is recorded.
///
/// # Errors
/// Storage fails.
pub(super) fn settle(desk: &mut Desk, attempt: &Attempt) -> Result<Result<(), Refusal>, Error> {
    let (username, now) = (&attempt.who.username, desk.now);
    let account = desk.view().account(username)?;
    if let Some(lock) = attempt.gate.locked_deed().and_then(|deed| account.locked_at(deed, now).copied()) {
        return Ok(Err(match (attempt.gate, &attempt.password) {
            (Gate::SignIn, Password::Compared { .. }) => wrong_credentials(),
            _ => locked(attempt.gate, lock.until.map(|until| until.to_string())),
        }));
    }
    let Some(credential) = desk.view().credential(username)? else { return Ok(Err(wrong_password(attempt.gate))) };
    if !attempt.password.is_right(&credential) {
        return failed(desk, attempt, wrong_password(attempt.gate)).map(Err);
    }
    if credential.totp_secret.is_some() {
        let given = attempt.code.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let Some(given) = given else {
            let detail = "Type the six digits that your authenticator shows now, or one of your recovery codes.";
            return Ok(Err(Refusal::field(Code::SecondFactorRequired, "code", detail)));
        };
        match second_factor::spend(desk, &attempt.who, &credential, given)? {
            Spent::Right => {}
            Spent::Wrong(refusal) => return failed(desk, attempt, refusal).map(Err),
        }
    } else if attempt.factor_required {
        let detail = "Your role needs one-time codes to sign, and none are set up. Set them up under Security first.";
        return Ok(Err(Refusal::new(Code::SecondFactorMissing, detail)));
    }
    desk.tx.keep_failures(username, attempt.gate.name(), 0, now)?;
    Ok(Ok(()))
}

fn locked(gate: Gate, until: Option<String>) -> Refusal {
    let detail = match (gate, until) {
        (Gate::Signing, _) => {
            "Too many wrong attempts to sign. Signing is locked until an administrator has found out what happened and \
             unlocks it; QA has been told."
                .to_owned()
        }
        (_, Some(until)) => format!("Too many wrong attempts. Try again after {until}, or ask an administrator."),
        (_, None) => "Too many wrong attempts. Ask an administrator to unlock the account.".to_owned(),
    };
    Refusal::new(Code::Locked, detail)
}

/// Counts a wrong attempt; gives back what to say to whoever made it.
fn failed(desk: &mut Desk, attempt: &Attempt, refusal: Refusal) -> Result<Refusal, Error> {
    let (username, now, gate) = (attempt.who.username.clone(), desk.now, attempt.gate);
    let failures = desk.view().failures(&username, gate.name())?.saturating_add(1);
    desk.tx.keep_failures(&username, gate.name(), failures, now)?;
    let system = set_up::system_actor();
    match gate {
        Gate::SignIn => {
            desk.record_as(&system, Event::SignInFailed { username: username.clone() })?;
            if let Some(minutes) = lockout::sign_in_minutes(failures) {
                lock(desk, &username, LockedDeed::SignIn, failures, Some(now.plus_minutes(minutes)))?;
            }
        }
        Gate::Signing if lockout::is_reached(failures) => {
            lock(desk, &username, LockedDeed::Signing, failures, None)?;
            end_sessions(desk, &username, None, &system, "Five wrong attempts to sign in a row.")?;
            return Ok(locked(gate, None));
        }
        Gate::Signing => {}
        Gate::Own => {
            let (act, code, detail) =
                (gate.name().to_owned(), refusal.code.as_str().to_owned(), refusal.detail.clone());
            desk.record_as(&attempt.who, Event::AttemptRefused { act, lot: None, run: None, code, detail })?;
            if lockout::is_reached(failures) {
                desk.tx.keep_failures(&username, gate.name(), 0, now)?;
                end_sessions(desk, &username, None, &system, "Five wrong passwords in a row.")?;
                let what = "all sessions ended";
                told(desk, AlertKind::WrongPasswords, &username, &in_a_row(&username, failures, what))?;
            }
        }
    }
    Ok(refusal)
}

fn lock(
    desk: &mut Desk,
    username: &Username,
    deed: LockedDeed,
    failures: u32,
    until: Option<crate::domain::moment::Moment>,
) -> Result<(), Error> {
    let system = set_up::system_actor();
    let locked = AccountEvent::AccountLocked { username: username.clone(), deed, failures, until };
    desk.record_as(&system, Event::Account(locked))?;
    let (about, what) = match deed {
        LockedDeed::SignIn => (AlertKind::SignInLocked, "signing in was locked for a time"),
        LockedDeed::Signing => {
            (AlertKind::SigningLocked, "signing was locked until an administrator unlocks it, and all sessions ended")
        }
    };
    told(desk, about, username, &in_a_row(username, failures, what))
}

fn in_a_row(username: &Username, failures: u32, what: &str) -> String {
    format!("Account {username}: {failures} wrong attempts in a row; {what}. Find out who made them.")
}

/// Tells QA and the administrators what happened about an account.
///
/// # Errors
/// Storage fails.
fn told(desk: &mut Desk, about: AlertKind, username: &Username, detail: &str) -> Result<(), Error> {
    raise(desk, about, &[Role::Qa, Role::Admin], username, detail)
}

/// Raises an alert about an account.
///
/// # Errors
/// Storage fails.
pub(super) fn raise(
    desk: &mut Desk,
    about: AlertKind,
    to: &[Role],
    username: &Username,
    detail: &str,
) -> Result<(), Error> {
    let alert = OversightEvent::AlertRaised {
        about,
        to: to.to_vec(),
        lot: None,
        username: Some(username.clone()),
        detail: Remark::said("detail", detail)?,
    };
    desk.record_as(&set_up::system_actor(), Event::Oversight(alert)).map(drop)
}

/// Tells QA that an administrator gave somebody access anew: from then on the person's identity is
/// to be checked again before the next signature (21 CFR 11.100(b), 11.300(c)).
///
/// # Errors
/// Storage fails.
pub(super) fn access_given(desk: &mut Desk, username: &Username, what: &str) -> Result<(), Error> {
    let by = desk.by.name.as_str().to_owned();
    let detail = format!(
        "Account {username}: {by} {what}. Ask the person whether it was for them. Until somebody has recorded again who \
         the person is, the account signs nothing."
    );
    raise(desk, AlertKind::AccessGiven, &[Role::Qa], username, &detail)
}

/// Ends the open sessions of an account, but for one where it is named; each end is a fact.
///
/// # Errors
/// Storage fails.
pub(super) fn end_sessions(
    desk: &mut Desk,
    username: &Username,
    keep: Option<&str>,
    by: &Actor,
    reason: &str,
) -> Result<u32, Error> {
    let now = desk.now;
    let reason = Line::parse("reason", reason)?;
    let mut ended = 0;
    for session in desk.view().sessions_of(username, now)? {
        if keep == Some(session.id.as_str()) || !desk.tx.end_session_named(username, &session.id, now)? {
            continue;
        }
        let (session, username, reason) = (session.id, username.clone(), reason.clone());
        desk.record_as(by, Event::Account(AccountEvent::SessionEnded { session, username, reason }))?;
        ended += 1;
    }
    Ok(ended)
}
