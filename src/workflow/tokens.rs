//! Tokens with which an instrument or another program acts in a person's name.
//!
//! Promises: a token is shown once and kept as its SHA-256; it has an end, at most a year away; it
//! never signs, verifies, decides or keeps accounts, whatever the person's roles.

use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::domain::scope::Scope;
use crate::domain::text::Line;
use crate::ledger::canonical::sha256_hex;

use super::permit::{KeepAccounts, KeepOwnAccount, Permit, Proof};
use super::{App, Error, my_sessions, prove};

/// What every token begins with, so that one that leaked is recognised.
pub const PREFIX: &str = "lgt_";
/// The furthest end of a token, in hours: a year.
pub const HOURS_MAX: i64 = 366 * 24;

/// A token as asked for.
#[derive(Debug, Clone, Default)]
pub struct TokenEntry {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Until when.
    pub expires_at: String,
}

/// A token just issued: the only time that it is seen.
#[derive(Debug, Clone)]
pub struct TokenIssued {
    /// Its public name.
    pub id: String,
    /// The secret.
    pub token: String,
    /// What it is for.
    pub name: Line,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Until.
    pub expires_at: Moment,
}

fn read_end(app: &App, text: &str) -> Result<Moment, Refusal> {
    let end = Moment::parse("expires_at", text)?;
    if end <= app.now() || end > app.now().plus_hours(HOURS_MAX) {
        let detail = "A token ends at a moment to come, at most a year from now. Choose an earlier end.";
        return Err(Refusal::field(Code::InvalidField, "expires_at", detail));
    }
    Ok(end)
}

/// Issues a token in the acting person's own name.
///
/// # Errors
/// A field cannot be accepted, or the proof is wrong.
pub fn issue_token(
    app: &App,
    permit: &Permit<KeepOwnAccount>,
    entry: &TokenEntry,
    proof: &Proof,
) -> Result<TokenIssued, Error> {
    let mut refusals = Vec::new();
    let name = Line::parse("name", &entry.name).map_err(|e| refusals.push(e)).ok();
    let scopes = Scope::parse_all(&entry.scopes).map_err(|e| refusals.push(e)).ok();
    let expires_at = read_end(app, &entry.expires_at).map_err(|e| refusals.push(e)).ok();
    if let Some(refusal) = Refusal::all(refusals) {
        return Err(refusal.into());
    }
    let (Some(name), Some(scopes), Some(expires_at)) = (name, scopes, expires_at) else {
        return Err(Refusal::new(Code::MalformedRequest, "The token could not be read.").into());
    };
    prove::for_own_account(app, permit.actor(), proof)?;
    let token = format!("{PREFIX}{}", app.random::<32>()?);
    let issued = TokenIssued { id: app.random::<8>()?, token, name, scopes, expires_at };
    let (hash, kept) = (sha256_hex(issued.token.as_bytes()), issued.clone());
    app.write(permit.actor(), move |desk| {
        let username = desk.by.username.clone();
        desk.tx.keep_token(&hash, &kept.id, &username)?;
        desk.record(Event::Account(AccountEvent::TokenIssued {
            token: kept.id,
            username,
            name: kept.name,
            scopes: kept.scopes.iter().map(|s| s.as_str().to_owned()).collect(),
            expires_at: kept.expires_at,
        }))
        .map(drop)
    })?;
    Ok(issued)
}

/// Revokes one of the acting person's own tokens.
///
/// # Errors
/// There is no such token, or it is revoked already.
pub fn revoke_own_token(app: &App, permit: &Permit<KeepOwnAccount>, id: &str) -> Result<(), Error> {
    revoke(app, permit.actor(), permit.actor().username.clone(), id, "Revoked by the person.")
}

/// Revokes somebody's token.
///
/// # Errors
/// There is no such account or token, it is revoked already, or no reason is given.
pub fn revoke_token(
    app: &App,
    permit: &Permit<KeepAccounts>,
    username: &str,
    id: &str,
    reason: &str,
) -> Result<(), Error> {
    revoke(app, permit.actor(), my_sessions::account_named(app, username)?, id, reason)
}

fn revoke(app: &App, by: &Actor, username: Username, id: &str, reason: &str) -> Result<(), Error> {
    let (id, reason) = (id.to_owned(), Line::parse("reason", reason)?);
    app.write(by, move |desk| {
        let account = desk.view().account(&username)?;
        let found = account.tokens.iter().find(|t| t.id == id);
        match found.map(|t| t.revoked_at) {
            None => {
                let shown: String = id.chars().take(40).collect();
                return Err(Refusal::new(Code::NoSuchToken, format!("There is no token “{shown}”.")).into());
            }
            Some(Some(_)) => {
                return Err(Refusal::new(Code::AlreadyDone, "The token has been revoked already.").into());
            }
            Some(None) => {}
        }
        desk.tx.forget_token(&id)?;
        desk.record(Event::Account(AccountEvent::TokenRevoked { token: id, username, reason })).map(drop)
    })
}
