//! Signing in and out.
//!
//! Promises: the token is known to the person only (the records hold its SHA-256); a failed
//! attempt on an account that exists is a fact; sessions end by themselves after a working day.

use crate::domain::event::Event;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::ledger::canonical::sha256_hex;
use crate::store::{Session, User};

use super::{App, Error, passwords, set_up};

/// How long a session lasts.
pub const SESSION_HOURS: i64 = 12;

/// A session just opened.
pub struct SignedIn {
    /// The secret that stands for the session.
    pub token: String,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// Whose it is.
    pub user: User,
}

/// Opens a session.
///
/// # Errors
/// User name or password are not right; the sentence does not say which.
pub fn sign_in(app: &App, username: &str, password: &str) -> Result<SignedIn, Error> {
    let wrong = || {
        let detail = "The user name or the password is not right. Check both; capital letters count in the password.";
        Error::from(Refusal::new(Code::WrongCredentials, detail))
    };
    let name = Username::parse(username).ok();
    let (user, hash) = match &name {
        Some(name) => app.read(|view| Ok((view.user(name)?, view.password_hash(name)?)))?,
        None => (None, None),
    };
    let right = passwords::matches(password, hash.as_deref());
    let Some(user) = user else { return Err(wrong()) };
    if !right {
        let username = user.username.clone();
        app.write(&set_up::system_actor(), move |desk| desk.record(Event::SignInFailed { username }).map(drop))?;
        return Err(wrong());
    }
    if let Some(why) = app.read(|view| Ok(view.account(&user.username)?))?.unusable_at(app.now()) {
        return Err(Refusal::new(Code::Deactivated, why).into());
    }
    let token = app.random::<32>()?;
    let token_sha256 = sha256_hex(token.as_bytes());
    let actor = actor_of(&user);
    let username = user.username.clone();
    let expires_at = app.write(&actor, move |desk| {
        let expires_at = desk.now.plus_hours(SESSION_HOURS);
        desk.tx.open_session(&token_sha256, &username, desk.now, expires_at)?;
        desk.record(Event::SignedIn {})?;
        Ok(expires_at)
    })?;
    Ok(SignedIn { token, expires_at, user })
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

/// The open session that a token stands for.
///
/// # Errors
/// Storage fails.
pub fn session(app: &App, token: &str) -> Result<Option<Session>, Error> {
    if token.is_empty() || token.len() > 200 {
        return Ok(None);
    }
    let token_sha256 = sha256_hex(token.as_bytes());
    app.read(|view| {
        let now = app.now();
        let Some(session) = view.session(&token_sha256, now)? else { return Ok(None) };
        // An account that has ended by itself takes its sessions with it.
        let usable = view.account(&session.user.username)?.unusable_at(now).is_none();
        Ok(Some(session).filter(|_| usable))
    })
}

/// The person in the first of their roles, for what any role may do.
fn actor_of(user: &User) -> Actor {
    let role = user.roles.first().copied().unwrap_or(Role::Auditor);
    Actor { username: user.username.clone(), name: user.full_name.clone(), role }
}
