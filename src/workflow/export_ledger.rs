//! Facts taken out of the site as a file that can be searched and sorted.
//!
//! Promises: that it was taken, which facts, and the file's hash are recorded before a byte of it
//! goes out; nobody who may have to type a value again without having seen it takes one.

use super::permit::{ExportLedger, Permit};
use super::search_ledger::Search;
use super::{App, Error};
use crate::domain::event::{Event, OversightEvent};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::ledger::canonical::sha256_hex;
use crate::store::{FactFilter, RawFact};

/// The most facts one export has.
pub const FACTS_MAX: usize = 200_000;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table.
    Csv,
    /// JSON Lines: the exact facts.
    Jsonl,
}

impl Format {
    /// Reads a form's name.
    ///
    /// # Errors
    /// There is no such form.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "csv" => Ok(Format::Csv),
            "jsonl" => Ok(Format::Jsonl),
            _ => Err(Refusal::field(Code::InvalidField, "format", "format is csv or jsonl.")),
        }
    }

    /// Its name, and the ending of such a file.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Jsonl => "jsonl",
        }
    }
}

/// Exports the facts that are looked for; `write` makes the file out of them.
///
/// # Errors
/// The person also works as analyst; there are too many facts; storage fails.
pub fn export_ledger(
    app: &App,
    permit: &Permit<ExportLedger>,
    search: &Search,
    format: Format,
    write: impl FnOnce(&[RawFact]) -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let by = permit.actor();
    let user = app.read(|view| Ok(view.user(&by.username)?))?;
    if user.is_some_and(|user| user.roles.contains(&Role::Analyst)) {
        let detail = "The ledger holds values that an analyst types again without having seen them, so nobody who works as \
                      analyst exports it. Ask somebody who does not.";
        return Err(Refusal::new(Code::WrongRole, detail).into());
    }
    let limit = i64::try_from(FACTS_MAX + 1).unwrap_or(i64::MAX);
    let facts = app.read(|view| Ok(view.raw_facts(&FactFilter { limit, ..search.filter.clone() })?))?;
    if facts.len() > FACTS_MAX {
        let detail = format!("These are more than {FACTS_MAX} facts. Export them in parts, for instance by year.");
        return Err(Refusal::new(Code::TooLarge, detail).into());
    }
    let bytes = write(&facts)?;
    let exported = OversightEvent::LedgerExported {
        format: format.as_str().to_owned(),
        filter: search.words.clone(),
        entries: u64::try_from(facts.len()).unwrap_or(u64::MAX),
        sha256: sha256_hex(&bytes),
    };
    app.write(by, move |desk| {
        desk.record(Event::Oversight(exported))?;
        Ok(())
    })?;
    Ok(bytes)
}
