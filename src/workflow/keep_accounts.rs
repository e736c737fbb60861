//! Making accounts.
//!
//! Promises: a user name is given once and never again (21 CFR 11.100(a)); the password is kept
//! only as a hash, beside the facts, and one that an administrator gave must be changed before
//! anything else (21 CFR 11.200(a)(3)); a person whose name prints on certificates has a name that
//! can be printed.

use serde::{Deserialize, Serialize};

use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role, parse_roles};
use crate::domain::text::Line;
use crate::store::ChosenBy;

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
    /// The account works only until then, RFC 3339; none for no end.
    #[serde(default)]
    pub valid_until: Option<String>,
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
    create(app, permit.actor(), permit.once(), entry, ChosenBy::Administrator, |_| Ok(()))
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
    let entry = UserEntry { roles: vec![Role::Admin.as_str().to_owned()], valid_until: None, ..entry.clone() };
    // Asked again inside the write: two people may follow the link at once.
    let made = create(app, &set_up::system_actor(), None, &entry, ChosenBy::Owner, move |desk| {
        if desk.view().users()?.is_empty() { Ok(()) } else { Err(expired()) }
    })?;
    app.use_up_first_link();
    Ok(made)
}

/// Roles whose people's names print on certificates and in records.
pub(super) fn prints(roles: &[Role]) -> bool {
    roles.iter().any(|r| matches!(r, Role::Analyst | Role::Qc | Role::Qa | Role::Qp))
}

/// Reads the end of an account, which has not come yet.
pub(super) fn read_limit(text: Option<&str>, now: Moment) -> Result<Option<Moment>, Refusal> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let until = Moment::parse("valid_until", text)?;
    if until <= now {
        let detail = "valid_until has passed already. To end an account now, deactivate it.";
        return Err(Refusal::field(Code::InvalidField, "valid_until", detail));
    }
    Ok(Some(until))
}

fn read(entry: &UserEntry, now: Moment) -> Result<(UserMade, Option<Moment>), Refusal> {
    let mut refusals = Vec::new();
    let username = Username::parse(&entry.username).map_err(|e| refusals.push(e)).ok();
    let full_name = Line::parse("full_name", &entry.full_name).map_err(|e| refusals.push(e)).ok();
    let roles = parse_roles(&entry.roles).map_err(|e| refusals.push(e)).ok();
    let valid_until = read_limit(entry.valid_until.as_deref(), now).map_err(|e| refusals.push(e)).ok();
    if let (Some(name), Some(roles)) = (&full_name, &roles)
        && prints(roles)
    {
        check_drawable("full_name", name.as_str()).unwrap_or_else(|e| refusals.push(e));
    }
    match (Refusal::all(refusals), username, full_name, roles) {
        (None, Some(username), Some(full_name), Some(roles)) => {
            Ok((UserMade { username, full_name, roles }, valid_until.flatten()))
        }
        (Some(refusal), ..) => Err(refusal),
        (None, ..) => Err(Refusal::new(Code::MalformedRequest, "The account could not be read.")),
    }
}

fn create(
    app: &App,
    by: &Actor,
    once: Option<&Once>,
    entry: &UserEntry,
    chosen_by: ChosenBy,
    check: impl FnOnce(&mut Desk) -> Result<(), Error> + Send + 'static,
) -> Result<UserMade, Error> {
    let (made, valid_until) = read(entry, app.now())?;
    let owner =
        passwords::Owner { username: made.username.as_str(), full_name: made.full_name.as_str(), roles: &made.roles };
    let hash = passwords::hash_new(app, "password", &entry.password, owner)?;
    let limited = Line::parse("reason", "made for a limited time")?;
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
        if valid_until.is_some() {
            let username = made.username.clone();
            desk.record(Event::Account(AccountEvent::AccountLimited { username, valid_until, reason: limited }))?;
        }
        desk.tx.keep_credential(&made.username, &hash)?;
        desk.tx.replace_password(&made.username, &hash, chosen_by)?;
        Ok(made)
    })
}
