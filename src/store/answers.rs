//! The memory of repeated requests: what a request with an `Idempotency-Key` was answered.
//!
//! Promises: an answer is kept in the same transaction as what it answers, so a repeated
//! request either finds the answer or finds that nothing was done.

use diesel::prelude::*;

use super::Tx;
use super::error::StoreError;
use super::schema::answers;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;

/// An answer given before.
#[derive(Debug, Clone)]
pub struct KeptAnswer {
    /// SHA-256 of the request it was given to.
    pub request_sha256: String,
    /// The answer as JSON.
    pub answer: String,
}

impl Tx<'_> {
    /// What this person's key was answered before, if it was.
    ///
    /// # Errors
    /// The database fails.
    pub fn kept_answer(&mut self, username: &Username, key: &str) -> Result<Option<KeptAnswer>, StoreError> {
        let columns = (answers::request_sha256, answers::answer);
        let row: Option<(String, String)> =
            answers::table.find((username.as_str(), key)).select(columns).first(self.conn).optional()?;
        Ok(row.map(|(request_sha256, answer)| KeptAnswer { request_sha256, answer }))
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_answer(
        &mut self,
        username: &Username,
        key: &str,
        kept: &KeptAnswer,
        now: Moment,
    ) -> Result<(), StoreError> {
        let row = (
            answers::username.eq(username.as_str()),
            answers::idempotency_key.eq(key),
            answers::request_sha256.eq(&kept.request_sha256),
            answers::answer.eq(&kept.answer),
            answers::answered_at.eq(now.to_string()),
        );
        diesel::insert_into(answers::table).values(row).execute(self.conn)?;
        Ok(())
    }
}
