//! Sessions: seeing and ending them; lifting locks.
//!
//! Promises: an end that the person did not make by signing out is a fact with its reason.

use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::domain::text::Line;
use crate::store::Session;

use super::permit::{KeepAccounts, KeepOwnAccount, Permit};
use super::{App, Error, attempts};

/// The name of an account that exists.
///
/// # Errors
/// There is none of this name.
pub(super) fn account_named(app: &App, username: &str) -> Result<Username, Error> {
    let none = || {
        let shown: String = username.chars().take(40).collect();
        Error::from(Refusal::new(Code::NoSuchUser, format!("There is no account “{shown}”.")))
    };
    let name = Username::parse(username).map_err(|_| none())?;
    app.read(|view| Ok(view.user(&name)?))?.map(|user| user.username).ok_or_else(none)
}

/// The acting person's open sessions, oldest first.
///
/// # Errors
/// Storage fails.
pub fn own_sessions(app: &App, permit: &Permit<KeepOwnAccount>) -> Result<Vec<Session>, Error> {
    app.read(|view| Ok(view.sessions_of(&permit.actor().username, app.now())?))
}

/// Somebody's open sessions, oldest first.
///
/// # Errors
/// There is no such account.
pub fn sessions_of(app: &App, _permit: &Permit<KeepAccounts>, username: &str) -> Result<Vec<Session>, Error> {
    let name = account_named(app, username)?;
    app.read(|view| Ok(view.sessions_of(&name, app.now())?))
}

/// Ends one of the acting person's own sessions.
///
/// # Errors
/// There is no such open session.
pub fn end_own_session(app: &App, permit: &Permit<KeepOwnAccount>, id: &str) -> Result<(), Error> {
    end(app, permit.actor(), permit.actor().username.clone(), id, "Ended by the person.")
}

/// Ends all of the acting person's sessions but the one named; says how many.
///
/// # Errors
/// Storage fails.
pub fn end_other_sessions(app: &App, permit: &Permit<KeepOwnAccount>, keep: &str) -> Result<u32, Error> {
    let keep = keep.to_owned();
    app.write(permit.actor(), move |desk| {
        let by = desk.by.clone();
        attempts::end_sessions(desk, &by.username, Some(&keep), &by, "Ended by the person.")
    })
}

/// Ends somebody's session.
///
/// # Errors
/// There is no such account or open session, or no reason is given.
pub fn end_session(
    app: &App,
    permit: &Permit<KeepAccounts>,
    username: &str,
    id: &str,
    reason: &str,
) -> Result<(), Error> {
    end(app, permit.actor(), account_named(app, username)?, id, reason)
}

fn end(app: &App, by: &Actor, username: Username, id: &str, reason: &str) -> Result<(), Error> {
    let (session, reason) = (id.to_owned(), Line::parse("reason", reason)?);
    app.write(by, move |desk| {
        if session.is_empty() || !desk.tx.end_session_named(&username, &session, desk.now)? {
            let shown: String = session.chars().take(40).collect();
            return Err(Refusal::new(Code::NoSuchSession, format!("There is no open session “{shown}”.")).into());
        }
        desk.record(Event::Account(AccountEvent::SessionEnded { session, username, reason })).map(drop)
    })
}

/// Lifts the locks on somebody's account and forgets the wrong attempts.
///
/// # Errors
/// There is no such account, it is the administrator's own or not locked, or no reason is given.
pub fn unlock_account(app: &App, permit: &Permit<KeepAccounts>, username: &str, reason: &str) -> Result<(), Error> {
    let (username, reason) = (account_named(app, username)?, Line::parse("reason", reason)?);
    if username == permit.actor().username {
        let detail = "Another administrator finds out what happened and unlocks your account.";
        return Err(Refusal::new(Code::OwnWork, detail).into());
    }
    app.write(permit.actor(), move |desk| {
        let now = desk.now;
        let account = desk.view().account(&username)?;
        if !account.locks.iter().any(|lock| lock.until.is_none_or(|until| now < until)) {
            return Err(Refusal::new(Code::AlreadyDone, "The account is not locked.").into());
        }
        desk.tx.forget_failures(&username)?;
        desk.record(Event::Account(AccountEvent::AccountUnlocked { username, reason })).map(drop)
    })
}
