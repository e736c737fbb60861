//! Accounts, their secrets, and sessions.
//!
//! Promises: a password is here only as an argon2id hash, a session's token only as its
//! SHA-256; both stand beside the facts and never in them.

use diesel::prelude::*;

use super::error::{StoreError, inconsistent};
use super::schema::{credentials, sessions, users};
use super::{Tx, View};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::domain::text::Line;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Unique user name.
    pub username: Username,
    /// Full name.
    pub full_name: Line,
    /// Roles.
    pub roles: Vec<Role>,
    /// When the account was made.
    pub created_at: Moment,
}

/// A session in being.
#[derive(Debug, Clone)]
pub struct Session {
    /// Whose.
    pub user: User,
    /// When it ends by itself.
    pub expires_at: Moment,
}

type UserRow = (String, String, String, String, i64);

fn read(row: UserRow) -> Result<User, StoreError> {
    let (username, full_name, roles, created_at, _) = row;
    let key = username.clone();
    let wrong = |column: &'static str, why: String| inconsistent("users", column, &key, why);
    Ok(User {
        username: Username::parse(&username).map_err(|e| wrong("username", e.to_string()))?,
        full_name: Line::parse("full_name", &full_name).map_err(|e| wrong("full_name", e.to_string()))?,
        roles: serde_json::from_str(&roles).map_err(|e| wrong("roles", e.to_string()))?,
        created_at: Moment::parse("created_at", &created_at).map_err(|e| wrong("created_at", e.to_string()))?,
    })
}

impl View<'_> {
    /// The account of this name.
    ///
    /// # Errors
    /// The database fails.
    pub fn user(&mut self, username: &Username) -> Result<Option<User>, StoreError> {
        let row: Option<UserRow> = users::table.find(username.as_str()).first(self.0).optional()?;
        row.map(read).transpose()
    }

    /// All accounts by user name.
    ///
    /// # Errors
    /// The database fails.
    pub fn users(&mut self) -> Result<Vec<User>, StoreError> {
        let rows: Vec<UserRow> = users::table.order(users::username).load(self.0)?;
        rows.into_iter().map(read).collect()
    }

    /// The account's password hash.
    ///
    /// # Errors
    /// The database fails.
    pub fn password_hash(&mut self, username: &Username) -> Result<Option<String>, StoreError> {
        let hash = credentials::table.find(username.as_str()).select(credentials::password_hash);
        Ok(hash.first(self.0).optional()?)
    }

    /// The session whose token has this hash, if it has neither ended nor expired.
    ///
    /// # Errors
    /// The database fails.
    pub fn session(&mut self, token_sha256: &str, now: Moment) -> Result<Option<Session>, StoreError> {
        let columns = (sessions::username, sessions::expires_at);
        let row: Option<(String, String)> = sessions::table
            .find(token_sha256)
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now.to_string()))
            .select(columns)
            .first(self.0)
            .optional()?;
        let Some((username, expires_at)) = row else { return Ok(None) };
        let wrong = |column: &'static str, why: String| inconsistent("sessions", column, "(hidden)", why);
        let username = Username::parse(&username).map_err(|e| wrong("username", e.to_string()))?;
        let expires_at = Moment::parse("expires_at", &expires_at).map_err(|e| wrong("expires_at", e.to_string()))?;
        Ok(self.user(&username)?.map(|user| Session { user, expires_at }))
    }
}

impl Tx<'_> {
    /// Keeps the secret of an account that was just created.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_credential(&mut self, username: &Username, password_hash: &str) -> Result<(), StoreError> {
        let row = (credentials::username.eq(username.as_str()), credentials::password_hash.eq(password_hash));
        diesel::insert_into(credentials::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Opens a session.
    ///
    /// # Errors
    /// The database fails.
    pub fn open_session(
        &mut self,
        token_sha256: &str,
        username: &Username,
        now: Moment,
        expires_at: Moment,
    ) -> Result<(), StoreError> {
        let row = (
            sessions::token_sha256.eq(token_sha256),
            sessions::username.eq(username.as_str()),
            sessions::created_at.eq(now.to_string()),
            sessions::expires_at.eq(expires_at.to_string()),
        );
        diesel::insert_into(sessions::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Ends a session; true if it was open.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_session(&mut self, token_sha256: &str, now: Moment) -> Result<bool, StoreError> {
        let open = sessions::table.find(token_sha256).filter(sessions::ended_at.is_null());
        Ok(diesel::update(open).set(sessions::ended_at.eq(now.to_string())).execute(self.conn)? == 1)
    }
}
