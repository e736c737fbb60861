//! Passwords after the first: given again by an administrator, or chosen by the person.
//!
//! Promises: only hashes; whoever got a password from somebody else is marked until it is changed.

use diesel::prelude::*;

use super::error::StoreError;
use super::schema::{credentials, sessions};
use super::{Tx, View};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;

/// Who chose a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// The person.
    Owner,
    /// An administrator: it must be changed before anything else.
    Administrator,
}

impl View<'_> {
    /// True where the account's password was given by an administrator and not changed since.
    ///
    /// # Errors
    /// The database fails.
    pub fn must_change_password(&mut self, username: &Username) -> Result<bool, StoreError> {
        let mark = credentials::table.find(username.as_str()).select(credentials::must_change);
        let mark: Option<i64> = mark.first(self.0).optional()?;
        Ok(mark.is_some_and(|mark| mark != 0))
    }
}

impl Tx<'_> {
    /// Puts another password in the place of the old one.
    ///
    /// # Errors
    /// The database fails.
    pub fn replace_password(
        &mut self,
        username: &Username,
        password_hash: &str,
        chosen_by: ChosenBy,
    ) -> Result<(), StoreError> {
        let values = (
            credentials::password_hash.eq(password_hash),
            credentials::must_change.eq(i64::from(chosen_by == ChosenBy::Administrator)),
        );
        diesel::update(credentials::table.find(username.as_str())).set(values).execute(self.conn)?;
        Ok(())
    }

    /// Ends the account's open sessions, all but the one whose token has this hash.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_sessions_of(
        &mut self,
        username: &Username,
        but_token_sha256: Option<&str>,
        now: Moment,
    ) -> Result<usize, StoreError> {
        let open = sessions::table
            .filter(sessions::username.eq(username.as_str()))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::token_sha256.ne(but_token_sha256.unwrap_or_default().to_owned()));
        Ok(diesel::update(open).set(sessions::ended_at.eq(now.to_string())).execute(self.conn)?)
    }
}
