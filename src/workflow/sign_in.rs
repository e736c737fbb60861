//! Signing in and out.
//!
//! Promises: the token is new at every sign-in and known to the person only (the records hold its
//! SHA-256); an unknown name, a wrong password and a locked account take the same work and get the
//! same sentence; a failed attempt on an account that exists is a fact; sessions end by themselves
//! after a working day.

use crate::domain::event::Event;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::site_policy::SitePolicy;
use crate::ledger::canonical::sha256_hex;
use crate::store::{Ceremony, NewSession, User};

use super::attempts::{self, Attempt, Gate, Password, wrong_credentials};
use super::second_factor::CEREMONY_MINUTES;
use super::{App, Desk, Error, set_up};

/// How long a session lasts.
pub const SESSION_HOURS: i64 = 12;
const KIND: &str = "sign_in";

/// A session just opened.
#[derive(Debug)]
pub struct SignedIn {
    /// The secret that stands for the session.
    pub token: String,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// Whose it is.
    pub user: User,
}

/// From where somebody signs in.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// What it is, for the list of sessions.
    pub label: String,
    /// True where a page's cookie will carry the session.
    pub browser: bool,
}

/// How far a sign-in with a password came.
#[derive(Debug)]
pub enum Begun {
    /// All the way.
    Opened(Box<SignedIn>),
    /// The password was right and a one-time code is needed too; the ticket stands for the first half.
    CodeNeeded(String),
}

/// Opens a session with user name and password alone, as a program does.
///
/// # Errors
/// User name or password are not right (the sentence does not say which), or a one-time code is
/// needed as well.
pub fn sign_in(app: &App, username: &str, password: &str) -> Result<SignedIn, Error> {
    with_code(app, username, password, None, &Device::default())
}

/// Opens a session with everything at once.
///
/// # Errors
/// User name, password or code are not right, or the account cannot be used.
pub fn with_code(
    app: &App,
    username: &str,
    password: &str,
    code: Option<&str>,
    device: &Device,
) -> Result<SignedIn, Error> {
    match begin(app, username, password, code, device, false)? {
        Begun::Opened(opened) => Ok(*opened),
        Begun::CodeNeeded(_) => Err(Error::Internal("a ticket that nobody asked for".into())),
    }
}

/// Opens a session, or keeps the first half where a one-time code is needed as well.
///
/// # Errors
/// User name or password are not right (the sentence does not say which), or the account cannot be
/// used.
pub fn by_steps(app: &App, username: &str, password: &str, device: &Device) -> Result<Begun, Error> {
    begin(app, username, password, None, device, true)
}

fn begin(
    app: &App,
    username: &str,
    password: &str,
    code: Option<&str>,
    device: &Device,
    by_steps: bool,
) -> Result<Begun, Error> {
    let name = Username::parse(username).ok();
    let (user, credential) = match &name {
        Some(name) => app.read(|view| Ok((view.user(name)?, view.credential(name)?)))?,
        None => (None, None),
    };
    let password = Password::compare(password, credential.map(|c| c.password_hash));
    let Some(user) = user else { return Err(wrong_credentials().into()) };
    let attempt = Attempt {
        gate: Gate::SignIn,
        who: actor_of(&user),
        password,
        code: code.map(str::to_owned),
        factor_required: false,
    };
    let (device, token, ticket) = (device.clone(), app.random::<32>()?, app.random::<32>()?);
    let outcome = app.write(&set_up::system_actor(), move |desk| {
        match attempts::settle(desk, &attempt)? {
            Ok(()) => {}
            Err(refusal) if by_steps && refusal.code == Code::SecondFactorRequired => {
                keep_first_half(desk, &user, &ticket)?;
                return Ok(Ok(Begun::CodeNeeded(ticket)));
            }
            Err(refusal) => return Ok(Err(refusal)),
        }
        let account = desk.view().account(&user.username)?;
        let policy = desk.view().policy()?;
        if needs_factor(&user, &policy) && !account.has_one_time_codes() && !account.factors.is_empty() {
            let detail = "Your role needs a second factor: sign in with your passkey.";
            return Ok(Err(Refusal::new(Code::SecondFactorRequired, detail)));
        }
        let opened = open(desk, user, &device, token)?;
        Ok(opened.map(|opened| Begun::Opened(Box::new(opened))))
    })?;
    Ok(outcome?)
}

/// True where the site wants a second factor of one of the person's roles.
pub(super) fn needs_factor(user: &User, policy: &SitePolicy) -> bool {
    user.roles.iter().any(|role| policy.second_factor_roles.contains(role))
}

fn keep_first_half(desk: &mut Desk, user: &User, ticket: &str) -> Result<(), Error> {
    let content = password_mark(desk, &user.username)?;
    let ceremony = Ceremony { username: Some(user.username.to_string()), content };
    let until = desk.now.plus_minutes(CEREMONY_MINUTES);
    Ok(desk.tx.begin_ceremony(&sha256_hex(ticket.as_bytes()), KIND, &ceremony, desk.now, until)?)
}

/// By what it is known that the password is still the one that was given.
fn password_mark(desk: &mut Desk, username: &Username) -> Result<String, Error> {
    let hash = desk.view().password_hash(username)?.unwrap_or_default();
    Ok(sha256_hex(hash.as_bytes()))
}

/// Finishes a sign-in whose password was right with a one-time code.
///
/// # Errors
/// The first half is unknown, used or too old, or the code is not right.
pub fn finish(app: &App, ticket: &str, code: &str, device: &Device) -> Result<SignedIn, Error> {
    let place = sha256_hex(ticket.as_bytes());
    let (device, code, token) = (device.clone(), code.to_owned(), app.random::<32>()?);
    let outcome = app.write(&set_up::system_actor(), move |desk| {
        let too_late = || {
            let detail = "The password was given more than five minutes ago or is another one now, or the sign-in is finished. \
                          Begin again.";
            Refusal::new(Code::NotSignedIn, detail)
        };
        let now = desk.now;
        let Some(first) = desk.view().ceremony(&place, KIND, now)? else { return Ok(Err(too_late())) };
        let name = Username::parse(first.username.as_deref().unwrap_or_default())?;
        let Some(user) = desk.view().user(&name)? else { return Ok(Err(too_late())) };
        // A password that was changed meanwhile is not the password any more.
        if first.content != password_mark(desk, &name)? {
            return Ok(Err(too_late()));
        }
        let who = actor_of(&user);
        let attempt = Attempt {
            gate: Gate::SignIn,
            who,
            password: Password::ProvedBefore,
            code: Some(code),
            factor_required: false,
        };
        if let Err(refusal) = attempts::settle(desk, &attempt)? {
            return Ok(Err(refusal));
        }
        desk.tx.end_ceremony(&place)?;
        open(desk, user, &device, token)
    })?;
    Ok(outcome?)
}

/// Opens a session for somebody who proved who they are.
///
/// # Errors
/// Storage fails. An account that cannot be used is a refusal as a value.
pub(super) fn open(
    desk: &mut Desk,
    user: User,
    device: &Device,
    token: String,
) -> Result<Result<SignedIn, Refusal>, Error> {
    let now = desk.now;
    if let Some(why) = desk.view().account(&user.username)?.unusable_at(now) {
        return Ok(Err(Refusal::new(Code::Deactivated, why)));
    }
    let new = NewSession {
        token_sha256: sha256_hex(token.as_bytes()),
        id: desk.app.random::<8>()?,
        label: device.label.clone(),
        browser: device.browser,
        expires_at: now.plus_hours(SESSION_HOURS),
    };
    desk.tx.open_session(&new, &user.username, now)?;
    desk.record_as(&actor_of(&user), Event::SignedIn {})?;
    Ok(Ok(SignedIn { token, expires_at: new.expires_at, user }))
}

/// Ends a session; ending it twice is no mistake.
///
/// # Errors
/// Storage fails.
pub fn sign_out(app: &App, user: &User, token: &str) -> Result<(), Error> {
    let token_sha256 = sha256_hex(token.as_bytes());
    app.write(&actor_of(user), move |desk| {
        if desk.tx.end_session(&token_sha256, desk.now)? {
            desk.record(Event::SignedOut {})?;
        }
        Ok(())
    })
}

/// The person in the first of their roles, for what any role may do.
pub(super) fn actor_of(user: &User) -> Actor {
    let role = user.roles.first().copied().unwrap_or(Role::Auditor);
    Actor { username: user.username.clone(), name: user.full_name.clone(), role }
}
