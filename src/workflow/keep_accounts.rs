//! Making accounts.
//!
//! Promises: a user name is given once and never again (21 CFR 11.100(a)); the password is kept
//! only as a hash, beside the facts; a person whose name prints on certificates has a name that
//! can be printed.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role, parse_roles};
use crate::domain::text::Line;

use super::permit::{KeepAccounts, Once, Permit};
use super::{App, Desk, Error, check_drawable, passwords, set_up};

/// An account as typed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserEntry {
    /// User name.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles.
    pub roles: Vec<String>,
    /// First password.
    pub password: String,
}

/// An account just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMade {
    /// User name.
    pub username: Username,
    /// Full name.
    pub full_name: Line,
    /// Roles.
    pub roles: Vec<Role>,
}

/// Makes an account.
///
/// # Errors
/// A field cannot be accepted, or the user name was given before.
pub fn create_user(app: &App, permit: &Permit<KeepAccounts>, entry: &UserEntry) -> Result<UserMade, Error> {
    create(app, permit.actor(), permit.once(), entry, |_| Ok(()))
}

/// Makes the first administrator with the one-time link of the first start.
///
/// # Errors
/// The link is not the newest or has been used, or a field cannot be accepted.
pub fn create_first_administrator(app: &App, link_token: &str, entry: &UserEntry) -> Result<UserMade, Error> {
    let expired = || {
        let detail = "This link has been used, or a newer one was printed when the service started again.";
        Error::from(Refusal::new(Code::LinkExpired, detail))
    };
    if !app.first_link_is(link_token) {
        return Err(expired());
    }
    let entry = UserEntry { roles: vec![Role::Admin.as_str().to_owned()], ..entry.clone() };
    // Asked again inside the write: two people may follow the link at once.
    let made = create(app, &set_up::system_actor(), None, &entry, move |desk| {
        if desk.view().users()?.is_empty() { Ok(()) } else { Err(expired()) }
    })?;
    app.use_up_first_link();
    Ok(made)
}

fn create(
    app: &App,
    by: &Actor,
    once: Option<&Once>,
    entry: &UserEntry,
    check: impl FnOnce(&mut Desk) -> Result<(), Error> + Send + 'static,
) -> Result<UserMade, Error> {
    let read = || -> Result<UserMade, Refusal> {
        let mut refusals = Vec::new();
        let username = Username::parse(&entry.username).map_err(|e| refusals.push(e)).ok();
        let full_name = Line::parse("full_name", &entry.full_name).map_err(|e| refusals.push(e)).ok();
        let roles = parse_roles(&entry.roles).map_err(|e| refusals.push(e)).ok();
        if let (Some(name), Some(roles)) = (&full_name, &roles)
            && roles.iter().any(|r| matches!(r, Role::Analyst | Role::Qa))
        {
            check_drawable("full_name", name.as_str()).unwrap_or_else(|e| refusals.push(e));
        }
        match (Refusal::all(refusals), username, full_name, roles) {
            (None, Some(username), Some(full_name), Some(roles)) => Ok(UserMade { username, full_name, roles }),
            (Some(refusal), ..) => Err(refusal),
            (None, ..) => Err(Refusal::new(Code::MalformedRequest, "The account could not be read.")),
        }
    };
    let made = read()?;
    let hash = passwords::hash(app, &entry.password)?;
    app.write_once(by, once, move |desk| {
        check(desk)?;
        if made.username == set_up::system_actor().username || desk.view().user(&made.username)?.is_some() {
            let detail =
                format!("The user name {} was given before and is never given twice. Choose another.", made.username);
            return Err(Refusal::field(Code::UserExists, "username", detail).into());
        }
        desk.record(Event::UserCreated {
            username: made.username.clone(),
            full_name: made.full_name.clone(),
            roles: made.roles.clone(),
        })?;
        desk.tx.keep_credential(&made.username, &hash)?;
        Ok(made)
    })
}
