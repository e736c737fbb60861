//! Proving who one is at the moment of signing: the password, and whatever second factor is set.
//!
//! Promises: the session alone proves nothing here (21 CFR 11.200(a), EU GMP Annex 11 draft 13.2).

use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};

use super::{App, Error, passwords};

/// What a signer gives to prove who he or she is.
#[derive(Clone, Default)]
pub struct Proof {
    /// The password.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    pub code: Option<String>,
}

impl From<&str> for Proof {
    fn from(password: &str) -> Self {
        Proof { password: password.to_owned(), code: None }
    }
}

impl From<&String> for Proof {
    fn from(password: &String) -> Self {
        Proof::from(password.as_str())
    }
}

/// Proves who signs.
pub(super) fn for_signature(app: &App, username: &Username, proof: &Proof) -> Result<(), Error> {
    let hash = app.read(|view| Ok(view.password_hash(username)?))?;
    if !passwords::matches(&proof.password, hash.as_deref()) {
        let detail = "The password is not right. Nothing was signed; type your own password again.";
        return Err(Refusal::field(Code::WrongPassword, "password", detail).into());
    }
    Ok(())
}
