//! Proving who one is at the moment of signing: the password, and whatever second factor is set.
//!
//! Promises: the session alone proves nothing here (21 CFR 11.200(a), EU GMP Annex 11 draft 13.2);
//! wrong attempts count, and too many lock.

use crate::domain::role::Actor;

use super::attempts::{self, Attempt, Gate, Password};
use super::{App, Error};

/// What a signer gives to prove who he or she is.
#[derive(Clone, Default)]
pub struct Proof {
    /// The password.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    pub code: Option<String>,
}

impl Proof {
    /// A password, with a one-time code where one was given.
    pub fn of(password: &str, code: Option<&str>) -> Self {
        let code = code.map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned);
        Proof { password: password.to_owned(), code }
    }
}

impl From<&str> for Proof {
    fn from(password: &str) -> Self {
        Proof::of(password, None)
    }
}

impl From<&String> for Proof {
    fn from(password: &String) -> Self {
        Proof::from(password.as_str())
    }
}

/// Proves who signs.
pub(super) fn for_signature(app: &App, who: &Actor, proof: &Proof) -> Result<(), Error> {
    prove(app, who, proof, Gate::Signing)
}

/// Proves who changes something about the own account, or comes back to a locked screen.
pub(super) fn for_own_account(app: &App, who: &Actor, proof: &Proof) -> Result<(), Error> {
    prove(app, who, proof, Gate::Own)
}

fn prove(app: &App, who: &Actor, proof: &Proof, gate: Gate) -> Result<(), Error> {
    let (credential, policy) = app.read(|view| Ok((view.credential(&who.username)?, view.policy()?)))?;
    let password = Password::compare(&proof.password, credential.map(|c| c.password_hash));
    let factor_required = gate == Gate::Signing && policy.second_factor_roles.contains(&who.role);
    let attempt = Attempt { gate, who: who.clone(), password, code: proof.code.clone(), factor_required };
    Ok(app.write_of_anybody(who, move |desk| attempts::settle(desk, &attempt))??)
}
