//! What was begun and waits for its second half, such as a visit to an OpenID provider.
//!
//! Promises: stands beside the facts and never in them; the secret that names it is here only as
//! its SHA-256; it works once and for a short time.

use diesel::prelude::*;

use super::error::StoreError;
use super::schema::ceremonies;
use super::{Tx, View};
use crate::domain::moment::Moment;

/// What was begun and waits for its second half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// Whose, where that is known.
    pub username: Option<String>,
    /// What it was begun with.
    pub content: String,
}

impl View<'_> {
    /// What was begun under a name, if its time is not over.
    ///
    /// # Errors
    /// The database fails.
    pub fn ceremony(&mut self, token_sha256: &str, kind: &str, now: Moment) -> Result<Option<Ceremony>, StoreError> {
        let row: Option<(Option<String>, String)> = ceremonies::table
            .find(token_sha256)
            .filter(ceremonies::kind.eq(kind))
            .filter(ceremonies::expires_at.gt(now.to_string()))
            .select((ceremonies::username, ceremonies::content))
            .first(self.0)
            .optional()?;
        Ok(row.map(|(username, content)| Ceremony { username, content }))
    }
}

impl Tx<'_> {
    /// Begins something that waits, and sweeps out whatever waited too long. Beginning it again
    /// under the same name replaces it.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin_ceremony(
        &mut self,
        token_sha256: &str,
        kind: &str,
        ceremony: &Ceremony,
        now: Moment,
        expires_at: Moment,
    ) -> Result<(), StoreError> {
        let over = ceremonies::table.filter(ceremonies::expires_at.le(now.to_string()));
        diesel::delete(over).execute(self.conn)?;
        diesel::delete(ceremonies::table.find(token_sha256)).execute(self.conn)?;
        let row = (
            ceremonies::token_sha256.eq(token_sha256),
            ceremonies::kind.eq(kind),
            ceremonies::username.eq(&ceremony.username),
            ceremonies::content.eq(&ceremony.content),
            ceremonies::expires_at.eq(expires_at.to_string()),
        );
        diesel::insert_into(ceremonies::table).values(row).execute(self.conn)?;
        Ok(())
    }

    /// Ends what was begun under a name: it works once.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_ceremony(&mut self, token_sha256: &str) -> Result<(), StoreError> {
        diesel::delete(ceremonies::table.find(token_sha256)).execute(self.conn)?;
        Ok(())
    }
}
