//! The tables as the facts alone would make them.
//!
//! Promises: uses the same projection as the writer; a row that was added, changed or removed
//! behind the ledger's back is found and named.

use std::fmt::Debug;

use diesel::prelude::*;

use super::Target;
use super::connection::{Conn, Purpose, migrate};
use super::error::StoreError;
use super::facts::Entry;
use super::lots::LotRow;
use super::record::project;
use super::runs::RunRow;
use super::schema::{
    aftermaths, certificates, changes, decisions, files, lots, readings, records, runs, specifications, users,
    verifications,
};
use super::verify::Break;
use crate::domain::event::Fact;

/// Empty tables in memory that facts are projected into.
pub(super) struct Tables(Conn);

/// Compares one table in both databases, ordered by its key.
macro_rules! compare {
    ($rebuilt:expr, $kept:expr, $table:ident, $key:expr, $row:ty) => {{
        let rebuilt: Vec<$row> = $table::table.order($key).load($rebuilt)?;
        let kept: Vec<$row> = $table::table.order($key).load($kept)?;
        if let Some(found) = first_difference(stringify!($table), &rebuilt, &kept) {
            return Ok(Some(found));
        }
    }};
}

type T = String;
type N = Option<String>;

impl Tables {
    pub fn empty() -> Result<Self, StoreError> {
        let mut conn = Target::Memory.connect(Purpose::Write)?;
        migrate(&mut conn)?;
        Ok(Tables(conn))
    }

    pub fn project(&mut self, number: i64, fact: Fact) -> Result<(), StoreError> {
        project(&mut self.0, &Entry { number, fact })
    }

    /// The first row in which the kept tables differ from these.
    pub fn compare(&mut self, kept: &mut Conn) -> Result<Option<Break>, StoreError> {
        let c = &mut self.0;
        compare!(
            c,
            kept,
            specifications,
            (specifications::product, specifications::version),
            (T, i64, T, T, T, i64, T, T, N)
        );
        compare!(c, kept, users, users::username, (T, T, T, T, i64));
        compare!(c, kept, lots, lots::lot, LotRow);
        compare!(c, kept, runs, runs::run, RunRow);
        compare!(c, kept, readings, (readings::run, readings::attribute), (i64, T, i64, T, N, N));
        compare!(c, kept, changes, (changes::entry, changes::attribute), (i64, i64, T, T, T, T, T, T, T, N));
        compare!(c, kept, verifications, verifications::run, (i64, T, T, T, T, i64, T));
        compare!(c, kept, aftermaths, aftermaths::run, (i64, T));
        compare!(c, kept, records, (records::noun, records::code), (T, T, N, T, T, i64));
        compare!(c, kept, decisions, decisions::lot, (T, T, N, N, T, T, T, T, T, i64));
        compare!(c, kept, certificates, certificates::ordinal, (T, i64, T, T, T, T, i64));
        compare!(c, kept, files, files::sha256, (T, T, i64, T, T, T, T, i64));
        Ok(None)
    }
}

fn first_difference<R: PartialEq + Debug>(table: &str, rebuilt: &[R], kept: &[R]) -> Option<Break> {
    let place = |row: &R| format!("table {table}, row {row:?}");
    for (should, is) in rebuilt.iter().zip(kept) {
        if should != is {
            return Some(Break { place: place(is), what: format!("the facts say {should:?}") });
        }
    }
    if let Some(row) = kept.get(rebuilt.len()) {
        return Some(Break { place: place(row), what: "no fact made this row".into() });
    }
    let row = rebuilt.get(kept.len())?;
    Some(Break { place: place(row), what: "a fact made this row and it is missing".into() })
}
