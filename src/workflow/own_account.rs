//! What a person does with the own account: the password.
//!
//! Promises: a password that somebody else gave is good for one thing only, choosing another
//! (21 CFR 11.200(a)(3)); a new password ends every other session of the person.

use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical::sha256_hex;
use crate::store::ChosenBy;

use super::passwords::{self, Owner};
use super::permit::{KeepOwnAccount, Permit, Proof};
use super::{App, Error, prove};

/// True where the person's password was given by an administrator and not changed since.
///
/// # Errors
/// Storage fails.
pub fn must_change_password(app: &App, username: &Username) -> Result<bool, Error> {
    app.read(|view| Ok(view.must_change_password(username)?))
}

/// The refusal of everything else until then.
pub fn change_required() -> Refusal {
    let detail = "Your password was given to you by an administrator. Choose your own under “My account” first; nothing \
                  else is possible until then.";
    Refusal::new(Code::PasswordChangeRequired, detail)
}

/// Changes the own password; `session` is the token of the session that stays open.
///
/// # Errors
/// The old password is not right, or the new one is the old one, too short, or could be guessed.
pub fn change_password(
    app: &App,
    permit: &Permit<KeepOwnAccount>,
    session: Option<&str>,
    old: impl Into<Proof>,
    new: &str,
) -> Result<(), Error> {
    let username = permit.actor().username.clone();
    let (user, kept) = app.read(|view| Ok((view.user(&username)?, view.password_hash(&username)?)))?;
    let user = user.ok_or_else(|| Error::Internal(format!("no account {username}")))?;
    // Counted like any other proof: an open session is no licence to guess the password.
    prove::for_own_account(app, permit.actor(), &old.into())?;
    if passwords::matches(new, kept.as_deref()) {
        let detail = "The new password is the old one. Choose another.";
        return Err(Refusal::field(Code::WeakPassword, "new_password", detail).into());
    }
    let owner = Owner { username: username.as_str(), full_name: user.full_name.as_str(), roles: &user.roles };
    let hash = passwords::hash_new(app, "new_password", new, owner)?;
    let session = session.map(|token| sha256_hex(token.as_bytes()));
    app.write(permit.actor(), move |desk| {
        let now = desk.now;
        if desk.view().password_hash(&username)? != kept {
            let detail = "Your password was changed meanwhile. Sign in again.";
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        desk.record(Event::Account(AccountEvent::PasswordChanged {}))?;
        desk.tx.replace_password(&username, &hash, ChosenBy::Owner)?;
        desk.tx.end_sessions_of(&username, session.as_deref(), now)?;
        Ok(())
    })
}
