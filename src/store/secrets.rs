//! What proves who somebody is, and what was begun and waits: one-time codes, recovery codes, wrong
//! attempts, half-done sign-ins, tokens of instruments, passkeys.
//!
//! Promises: all of it stands beside the facts and never in them. Tokens, recovery codes and the
//! names of what waits are here only as their SHA-256.

use diesel::prelude::*;

use super::error::{StoreError, inconsistent};
use super::schema::{attempts, credentials, passkeys, tokens};
use super::{Tx, View};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;

/// The secrets of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The password's argon2id hash.
    pub password_hash: String,
    /// The secret of the one-time codes, in base32.
    pub totp_secret: Option<String>,
    /// The newest time step whose code was taken.
    pub totp_step: i64,
    /// SHA-256 of the recovery codes that are left.
    pub recovery_codes: Vec<String>,
}

impl View<'_> {
    /// The secrets of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn credential(&mut self, username: &Username) -> Result<Option<Credential>, StoreError> {
        let columns =
            (credentials::password_hash, credentials::totp_secret, credentials::totp_step, credentials::recovery_codes);
        let row: Option<(String, Option<String>, i64, String)> =
            credentials::table.find(username.as_str()).select(columns).first(self.0).optional()?;
        let Some((password_hash, totp_secret, totp_step, codes)) = row else { return Ok(None) };
        let recovery_codes = serde_json::from_str(&codes)
            .map_err(|e| inconsistent("credentials", "recovery_codes", username.to_string(), e))?;
        Ok(Some(Credential { password_hash, totp_secret, totp_step, recovery_codes }))
    }

    /// Wrong attempts of an account at a deed, in a row.
    ///
    /// # Errors
    /// The database fails.
    pub fn failures(&mut self, username: &Username, deed: &str) -> Result<u32, StoreError> {
        let row: Option<i64> =
            attempts::table.find((username.as_str(), deed)).select(attempts::failures).first(self.0).optional()?;
        Ok(u32::try_from(row.unwrap_or(0)).unwrap_or(u32::MAX))
    }

    /// The public name of a token and the account it acts for.
    ///
    /// # Errors
    /// The database fails.
    pub fn token(&mut self, token_sha256: &str) -> Result<Option<(String, Username)>, StoreError> {
        let row: Option<(String, String)> =
            tokens::table.find(token_sha256).select((tokens::id, tokens::username)).first(self.0).optional()?;
        let Some((id, username)) = row else { return Ok(None) };
        let name = Username::parse(&username).map_err(|e| inconsistent("tokens", "username", &id, e))?;
        Ok(Some((id, name)))
    }

    /// A passkey by its credential's name: whose it is, and its content.
    ///
    /// # Errors
    /// The database fails.
    pub fn passkey(&mut self, id: &str) -> Result<Option<(Username, String)>, StoreError> {
        let row: Option<(String, String)> =
            passkeys::table.find(id).select((passkeys::username, passkeys::passkey)).first(self.0).optional()?;
        let Some((username, content)) = row else { return Ok(None) };
        let name = Username::parse(&username).map_err(|e| inconsistent("passkeys", "username", id, e))?;
        Ok(Some((name, content)))
    }

    /// The contents of an account's passkeys.
    ///
    /// # Errors
    /// The database fails.
    pub fn passkeys_of(&mut self, username: &Username) -> Result<Vec<String>, StoreError> {
        let of = passkeys::table.filter(passkeys::username.eq(username.as_str())).order(passkeys::id);
        Ok(of.select(passkeys::passkey).load(self.0)?)
    }
}

impl Tx<'_> {
    /// Sets the secret of an account's one-time codes, or takes it away with the recovery codes.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_totp(&mut self, username: &Username, secret: Option<&str>, step: i64) -> Result<(), StoreError> {
        let row = credentials::table.find(username.as_str());
        let set = (
            credentials::totp_secret.eq(secret),
            credentials::totp_step.eq(step),
            credentials::recovery_codes.eq("[]"),
        );
        diesel::update(row).set(set).execute(self.conn)?;
        Ok(())
    }

    /// Takes a time step's code; false if it, or a later one, was taken before.
    ///
    /// # Errors
    /// The database fails.
    pub fn take_totp_step(&mut self, username: &Username, step: i64) -> Result<bool, StoreError> {
        let unused = credentials::table.find(username.as_str()).filter(credentials::totp_step.lt(step));
        Ok(diesel::update(unused).set(credentials::totp_step.eq(step)).execute(self.conn)? == 1)
    }

    /// Keeps the recovery codes that are left.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_recovery_codes(&mut self, username: &Username, sha256: &[String]) -> Result<(), StoreError> {
        let codes = super::record::json(&sha256)?;
        let row = credentials::table.find(username.as_str());
        diesel::update(row).set(credentials::recovery_codes.eq(codes)).execute(self.conn)?;
        Ok(())
    }

    /// Keeps how many wrong attempts an account has made at a deed in a row.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_failures(
        &mut self,
        username: &Username,
        deed: &str,
        failures: u32,
        now: Moment,
    ) -> Result<(), StoreError> {
        let key = (username.as_str(), deed);
        diesel::delete(attempts::table.find(key)).execute(self.conn)?;
        if failures == 0 {
            return Ok(());
        }
        let row = (
            attempts::username.eq(username.as_str()),
            attempts::deed.eq(deed),
            attempts::failures.eq(i64::from(failures)),
            attempts::last_at.eq(now.to_string()),
        );
        diesel::insert_into(attempts::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Forgets all wrong attempts of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_failures(&mut self, username: &Username) -> Result<(), StoreError> {
        diesel::delete(attempts::table.filter(attempts::username.eq(username.as_str()))).execute(self.conn)?;
        Ok(())
    }

    /// Keeps a token's hash.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_token(&mut self, token_sha256: &str, id: &str, username: &Username) -> Result<(), StoreError> {
        let row = (tokens::token_sha256.eq(token_sha256), tokens::id.eq(id), tokens::username.eq(username.as_str()));
        diesel::insert_into(tokens::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Forgets a token's hash.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_token(&mut self, id: &str) -> Result<(), StoreError> {
        diesel::delete(tokens::table.filter(tokens::id.eq(id))).execute(self.conn)?;
        Ok(())
    }

    /// Keeps a passkey, or what changed of it when it was used.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_passkey(&mut self, id: &str, username: &Username, content: &str) -> Result<(), StoreError> {
        diesel::delete(passkeys::table.find(id)).execute(self.conn)?;
        let row = (passkeys::id.eq(id), passkeys::username.eq(username.as_str()), passkeys::passkey.eq(content));
        diesel::insert_into(passkeys::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Forgets a passkey of an account.
    ///
    /// # Errors
    /// The database fails.
    pub fn forget_passkey(&mut self, id: &str) -> Result<(), StoreError> {
        diesel::delete(passkeys::table.find(id)).execute(self.conn)?;
        Ok(())
    }
}
