//! What an administrator does with an account that is there.
//!
//! Promises: nobody changes the own roles, limit or identity check; an administrator who can be
//! relied on is always left; an account that is deactivated is shut everywhere in the same
//! transaction; a password that an administrator gives opens nothing but its own change. Nothing
//! is deleted: each step is a fact with its reason (EU GMP Annex 11, 12.3).

use serde::{Deserialize, Serialize};

use crate::domain::access::keeps_an_administrator;
use crate::domain::account::{Account, Training};
use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::{AssayCode, Username};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Role, parse_roles};
use crate::domain::text::Line;
use crate::store::{ChosenBy, Entry, FactFilter, User, View};

use super::keep_accounts::{prints, read_limit};
use super::passwords::{self, Owner};
use super::permit::{KeepAccounts, Permit};
use super::{App, Desk, Error, attempts, check_drawable};

/// A change as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The account is shut.
    Deactivation {
        /// Why.
        reason: String,
    },
    /// It is taken into use again by the same person.
    Reactivation {
        /// Why.
        reason: String,
    },
    /// The person gets other roles.
    Roles {
        /// All of them.
        roles: Vec<String>,
        /// Why.
        reason: String,
    },
    /// The account works only until a moment, or again without an end.
    Limit {
        /// RFC 3339; none for no end.
        valid_until: Option<String>,
        /// Why.
        reason: String,
    },
    /// Who the person is was checked.
    Identity {
        /// How.
        how: String,
    },
    /// The person is a qualified person.
    Qualification {
        /// Number in the authority's register.
        register_number: String,
        /// From, RFC 3339.
        valid_from: String,
        /// Until, RFC 3339; none for no end.
        valid_until: Option<String>,
    },
    /// The person was trained in a kind of test, or in `release`.
    Training {
        /// The kind of test.
        assay: String,
        /// From, RFC 3339.
        valid_from: String,
        /// Until, RFC 3339.
        valid_until: String,
        /// The training record.
        reference: String,
    },
}

impl Change {
    /// The fact it would be, of an account.
    fn read(&self, username: Username, now: Moment) -> Result<AccountEvent, Refusal> {
        let reason = |text: &str| Line::parse("reason", text);
        Ok(match self {
            Change::Deactivation { reason: why } => AccountEvent::UserDeactivated { username, reason: reason(why)? },
            Change::Reactivation { reason: why } => AccountEvent::UserReactivated { username, reason: reason(why)? },
            Change::Roles { roles, reason: why } => {
                AccountEvent::RolesChanged { username, roles: parse_roles(roles)?, reason: reason(why)? }
            }
            Change::Limit { valid_until, reason: why } => AccountEvent::AccountLimited {
                username,
                valid_until: read_limit(valid_until.as_deref(), now)?,
                reason: reason(why)?,
            },
            Change::Identity { how } => AccountEvent::IdentityChecked { username, how: Line::parse("how", how)? },
            Change::Qualification { register_number, valid_from, valid_until } => {
                let register_number = Line::parse("register_number", register_number)?;
                check_drawable("register_number", register_number.as_str())?;
                let valid_from = Moment::parse("valid_from", valid_from)?;
                let until = valid_until.as_deref().filter(|text| !text.trim().is_empty());
                let valid_until = until.map(|text| Moment::parse("valid_until", text)).transpose()?;
                check_order(valid_from, valid_until)?;
                AccountEvent::QualifiedPersonNamed { username, register_number, valid_from, valid_until }
            }
            Change::Training { assay, valid_from, valid_until, reference } => {
                let valid_from = Moment::parse("valid_from", valid_from)?;
                let valid_until = Moment::parse("valid_until", valid_until)?;
                check_order(valid_from, Some(valid_until))?;
                let assay = AssayCode::parse(assay)?;
                let reference = Line::parse("reference", reference)?;
                let training = Training { assay, valid_from, valid_until, reference };
                AccountEvent::TrainingRecorded { username, training }
            }
        })
    }
}

fn check_order(from: Moment, until: Option<Moment>) -> Result<(), Refusal> {
    if until.is_some_and(|until| until <= from) {
        let detail = "valid_until must be after valid_from. Check both dates.";
        return Err(Refusal::field(Code::InvalidField, "valid_until", detail));
    }
    Ok(())
}

/// A change just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The account.
    pub username: Username,
}

/// Reads the name of an account that is there.
///
/// # Errors
/// There is no such account.
pub fn known(view: &mut View, username: &str) -> Result<User, Error> {
    let none = || {
        let shown: String = username.chars().take(40).collect();
        Error::from(Refusal::new(Code::NoSuchUser, format!("There is no account “{shown}”. Check the user name.")))
    };
    let name = Username::parse(username).map_err(|_| none())?;
    view.user(&name)?.ok_or_else(none)
}

/// Changes an account.
///
/// # Errors
/// A field cannot be accepted, there is no such account, it is one's own, the last administrator
/// would be gone, or it is done already.
pub fn change_account(
    app: &App,
    permit: &Permit<KeepAccounts>,
    username: &str,
    change: &Change,
) -> Result<Changed, Error> {
    let (username, change) = (username.to_owned(), change.clone());
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let user = known(&mut desk.view(), &username)?;
        let event = change.read(user.username.clone(), desk.now)?;
        let account = desk.view().account(&user.username)?;
        check(desk, &user, &account, &event)?;
        check_checker(desk, &user, &account, &event)?;
        let (now, shut) = (desk.now, matches!(event, AccountEvent::UserDeactivated { .. }));
        check_administrators(desk, &user, account, &event)?;
        desk.record(Event::Account(event))?;
        if shut {
            desk.tx.end_sessions_of(&user.username, None, now)?;
        }
        Ok(Changed { username: user.username })
    })
}

fn own(what: &str) -> Refusal {
    Refusal::new(Code::OwnAccount, format!("This is your own account. Another administrator {what}."))
}

fn done(detail: String) -> Refusal {
    Refusal::new(Code::AlreadyDone, detail)
}

/// The rules about one account.
fn check(desk: &Desk, user: &User, account: &Account, event: &AccountEvent) -> Result<(), Refusal> {
    let is_own = desk.by.username == user.username;
    let name = &user.username;
    match event {
        AccountEvent::RolesChanged { .. } if is_own => Err(own("changes your roles")),
        AccountEvent::AccountLimited { .. } if is_own => Err(own("sets or lifts a limit")),
        AccountEvent::IdentityChecked { .. } if is_own => Err(own("checks who you are")),
        AccountEvent::UserDeactivated { .. } if account.deactivated.is_some() => {
            Err(done(format!("The account {name} is deactivated already.")))
        }
        AccountEvent::UserReactivated { .. } if account.deactivated.is_none() => {
            Err(done(format!("The account {name} is in use; there is nothing to take back.")))
        }
        AccountEvent::RolesChanged { roles, .. } if *roles == user.roles => {
            Err(done(format!("The account {name} has these roles already.")))
        }
        AccountEvent::RolesChanged { roles, .. } if prints(roles) => {
            check_drawable("full_name", user.full_name.as_str())
        }
        AccountEvent::QualifiedPersonNamed { .. } if !user.roles.contains(&Role::Qp) => {
            let detail =
                format!("The account {name} has not the role qp. Give it the role first, then the register number.");
            Err(Refusal::field(Code::InvalidField, "register_number", detail))
        }
        _ => Ok(()),
    }
}

/// Refuses that whoever gave an account access anew also records that it went to the right person,
/// as far as there is another administrator: nobody makes a signer alone.
fn check_checker(desk: &mut Desk, user: &User, account: &Account, event: &AccountEvent) -> Result<(), Error> {
    if !matches!(event, AccountEvent::IdentityChecked { .. }) {
        return Ok(());
    }
    let (by, now) = (desk.by.username.clone(), desk.now);
    let given = FactFilter {
        by: Some(by.clone()),
        kinds: ["password_reset", "second_factor_removed"].map(str::to_owned).to_vec(),
        from: account.identity.as_ref().map(|check| check.at),
        limit: i64::MAX,
        ..FactFilter::default()
    };
    let about = |entry: &Entry| matches!(&entry.fact.event, Event::Account(e) if e.username() == Some(&user.username));
    if !desk.view().facts(&given)?.iter().any(about) {
        return Ok(());
    }
    let accounts = desk.view().accounts()?;
    let plain = Account::default();
    let is_another = |u: &User| {
        let account = accounts.get(u.username.as_str()).unwrap_or(&plain);
        u.username != by && u.roles.contains(&Role::Admin) && account.unusable_at(now).is_none()
    };
    if !desk.view().users()?.iter().any(is_another) {
        return Ok(());
    }
    let detail = "You gave this account another password, or took a second factor away, so another administrator records \
                  who the person is.";
    Err(Refusal::new(Code::OwnWork, detail).into())
}

/// Refuses what would leave nobody who can keep accounts.
fn check_administrators(desk: &mut Desk, user: &User, mut account: Account, event: &AccountEvent) -> Result<(), Error> {
    if !user.roles.contains(&Role::Admin) {
        return Ok(());
    }
    let (by, now) = (desk.by.person(), desk.now);
    account.apply(event, &by, now);
    let (users, mut accounts) = (desk.view().users()?, desk.view().accounts()?);
    accounts.insert(user.username.to_string(), account);
    let plain = Account::default();
    let after = users.iter().map(|u| {
        let roles = match event {
            AccountEvent::RolesChanged { roles, .. } if u.username == user.username => roles,
            _ => &u.roles,
        };
        (roles.as_slice(), accounts.get(u.username.as_str()).unwrap_or(&plain))
    });
    if keeps_an_administrator(after, now) {
        return Ok(());
    }
    let detail = format!(
        "{} is the last administrator whose account works without an end. Make another administrator first.",
        user.username
    );
    Err(Refusal::new(Code::LastAdministrator, detail).into())
}

/// Gives an account another password, which its person must change before anything else.
///
/// # Errors
/// There is no such account, it is one's own, no reason is given, or the password is too short or
/// could be guessed.
pub fn reset_password(
    app: &App,
    permit: &Permit<KeepAccounts>,
    username: &str,
    password: &str,
    reason: &str,
) -> Result<Changed, Error> {
    let user = app.read(|view| known(view, username))?;
    if user.username == permit.actor().username {
        let detail = "This is your own account. Change your password under “My account”.";
        return Err(Refusal::new(Code::OwnAccount, detail).into());
    }
    let reason = Line::parse("reason", reason)?;
    let owner = Owner { username: user.username.as_str(), full_name: user.full_name.as_str(), roles: &user.roles };
    let hash = passwords::hash_new(app, "password", password, owner)?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let now = desk.now;
        desk.record(Event::Account(AccountEvent::PasswordReset { username: user.username.clone(), reason }))?;
        desk.tx.replace_password(&user.username, &hash, ChosenBy::Administrator)?;
        attempts::access_given(desk, &user.username, "gave it another password")?;
        desk.tx.end_sessions_of(&user.username, None, now)?;
        Ok(Changed { username: user.username })
    })
}
