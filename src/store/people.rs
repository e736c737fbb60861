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
    /// Its public name.
    pub id: String,
    /// From what it was opened.
    pub label: String,
    /// True where a page's cookie carries it.
    pub browser: bool,
    /// Since when.
    pub created_at: Moment,
    /// When it was last used, to about a minute.
    pub last_seen_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// A session about to be opened.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 of its token.
    pub token_sha256: String,
    /// Its public name.
    pub id: String,
    /// From what it is opened.
    pub label: String,
    /// True where a page's cookie carries it.
    pub browser: bool,
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
        let row: Option<SessionRow> = sessions::table
            .find(token_sha256)
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now.to_string()))
            .select(SESSION)
            .first(self.0)
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let username = Username::parse(&row.0).map_err(|e| wrong_session("username", e.to_string()))?;
        self.user(&username)?.map(|user| read_session(row, user)).transpose()
    }

    /// The open sessions of an account, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn sessions_of(&mut self, username: &Username, now: Moment) -> Result<Vec<Session>, StoreError> {
        let Some(user) = self.user(username)? else { return Ok(Vec::new()) };
        let rows: Vec<SessionRow> = sessions::table
            .filter(sessions::username.eq(username.as_str()))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now.to_string()))
            .order((sessions::created_at, sessions::id))
            .select(SESSION)
            .load(self.0)?;
        rows.into_iter().map(|row| read_session(row, user.clone())).collect()
    }
}

type SessionRow = (String, String, String, i64, String, String, String);

const SESSION: (
    sessions::username,
    sessions::id,
    sessions::label,
    sessions::browser,
    sessions::created_at,
    sessions::last_seen_at,
    sessions::expires_at,
) = (
    sessions::username,
    sessions::id,
    sessions::label,
    sessions::browser,
    sessions::created_at,
    sessions::last_seen_at,
    sessions::expires_at,
);

fn wrong_session(column: &'static str, why: String) -> StoreError {
    inconsistent("sessions", column, "(hidden)", why)
}

fn read_session(row: SessionRow, user: User) -> Result<Session, StoreError> {
    let (_, id, label, browser, created_at, last_seen_at, expires_at) = row;
    let moment = |column: &'static str, text: &str| {
        Moment::parse(column, text).map_err(|e| wrong_session(column, e.to_string()))
    };
    let created_at = moment("created_at", &created_at)?;
    // One that was opened before this column existed.
    let last_seen_at = if last_seen_at.is_empty() { created_at } else { moment("last_seen_at", &last_seen_at)? };
    let expires_at = moment("expires_at", &expires_at)?;
    Ok(Session { user, id, label, browser: browser != 0, created_at, last_seen_at, expires_at })
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
    pub fn open_session(&mut self, new: &NewSession, username: &Username, now: Moment) -> Result<(), StoreError> {
        let row = (
            sessions::token_sha256.eq(&new.token_sha256),
            sessions::username.eq(username.as_str()),
            sessions::created_at.eq(now.to_string()),
            sessions::expires_at.eq(new.expires_at.to_string()),
            sessions::id.eq(&new.id),
            sessions::label.eq(&new.label),
            sessions::last_seen_at.eq(now.to_string()),
            sessions::browser.eq(i64::from(new.browser)),
        );
        diesel::insert_into(sessions::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The database fails.
    pub fn touch_session(&mut self, token_sha256: &str, now: Moment) -> Result<(), StoreError> {
        let row = sessions::table.find(token_sha256);
        diesel::update(row).set(sessions::last_seen_at.eq(now.to_string())).execute(self.conn)?;
        Ok(())
    }

    /// Gives an open session another secret; true if it was open.
    ///
    /// # Errors
    /// The database fails.
    pub fn renew_session(&mut self, old_sha256: &str, new_sha256: &str, now: Moment) -> Result<bool, StoreError> {
        let open = sessions::table.find(old_sha256).filter(sessions::ended_at.is_null());
        let set = (sessions::token_sha256.eq(new_sha256), sessions::last_seen_at.eq(now.to_string()));
        Ok(diesel::update(open).set(set).execute(self.conn)? == 1)
    }

    /// Ends one session of an account by its public name; true if it was open.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_session_named(&mut self, username: &Username, id: &str, now: Moment) -> Result<bool, StoreError> {
        let open = sessions::table
            .filter(sessions::username.eq(username.as_str()))
            .filter(sessions::id.eq(id))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now.to_string()));
        Ok(diesel::update(open).set(sessions::ended_at.eq(now.to_string())).execute(self.conn)? > 0)
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
