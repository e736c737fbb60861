//! Whether a person may sign at all, whatever the act.
//!
//! Promises: asked at each signature, at its moment.

use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;

use super::{App, Error};

/// Whether the person may sign now.
///
/// # Errors
/// The account is not in use.
pub(super) fn check(app: &App, by: &Actor) -> Result<(), Error> {
    let account = app.read(|view| Ok(view.account(&by.username)?))?;
    match account.unusable_at(app.now()) {
        Some(why) => Err(Refusal::new(Code::Deactivated, why).into()),
        None => Ok(()),
    }
}
