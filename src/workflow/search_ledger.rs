//! What somebody looks for in the ledger: by lot, person, kind, time, or attempts that were refused.
//!
//! Promises: the same question to the page, the API and the export; nothing is written.

use std::collections::BTreeSet;

use super::{App, Error};
use crate::domain::blind::Blind;
use crate::domain::event::KINDS;
use crate::domain::ids::{LotNumber, Username};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::withheld::Hidden;
use crate::store::{Entry, FactFilter};

/// The kinds of facts that are attempts which were refused.
const REFUSED: [&str; 2] = ["attempt_refused", "sign_in_failed"];

/// The question as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// A lot's, bank's or donor's number.
    pub lot: String,
    /// Who recorded it, by user name.
    pub user: String,
    /// The fact's kind.
    pub kind: String,
    /// Recorded at this moment or later (RFC 3339).
    pub from: String,
    /// Recorded before this moment (RFC 3339).
    pub to: String,
    /// Only attempts that were refused.
    pub refused: bool,
}

/// The question, understood.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Which facts.
    pub filter: FactFilter,
    /// The same in words, as `LedgerExported` states it: `lot=L-1 user=amy`, `all`.
    pub words: String,
}

impl Asked {
    /// Reads the question; what is empty narrows nothing.
    ///
    /// # Errors
    /// A field cannot be accepted.
    pub fn read(&self) -> Result<Search, Refusal> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
        let lot = given(&self.lot).map(|t| LotNumber::parse(&t)).transpose()?;
        let by = given(&self.user).map(|t| Username::parse(&t)).transpose();
        let by = by.map_err(|e| Refusal::field(Code::InvalidField, "user", e.detail))?;
        let kind = given(&self.kind);
        if kind.as_ref().is_some_and(|kind| !KINDS.contains(&kind.as_str())) {
            let detail = "There is no such kind of fact. docs/API.md says where the kinds are listed.";
            return Err(Refusal::field(Code::InvalidField, "kind", detail));
        }
        let from = given(&self.from).map(|t| Moment::parse("from", &t)).transpose()?;
        let until = given(&self.to).map(|t| Moment::parse("to", &t)).transpose()?;
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            return Err(Refusal::field(Code::InvalidField, "to", "to must be later than from."));
        }
        let mut words: Vec<String> = Vec::new();
        words.extend(lot.as_ref().map(|lot| format!("lot={lot}")));
        words.extend(by.as_ref().map(|by| format!("user={by}")));
        words.extend(kind.as_ref().map(|kind| format!("kind={kind}")));
        words.extend(from.map(|at| format!("from={at}")));
        words.extend(until.map(|at| format!("to={at}")));
        words.extend(self.refused.then(|| "refused=yes".to_owned()));
        let kinds = match (kind, self.refused) {
            (Some(kind), true) if !REFUSED.contains(&kind.as_str()) => {
                let detail = "Facts of this kind are no refused attempts. Take one of the two away.";
                return Err(Refusal::field(Code::InvalidField, "kind", detail));
            }
            (Some(kind), _) => vec![kind],
            (None, true) => REFUSED.map(str::to_owned).to_vec(),
            (None, false) => Vec::new(),
        };
        let filter = FactFilter { lot, by, kinds, from, until, ..FactFilter::default() };
        let words = if words.is_empty() { "all".to_owned() } else { words.join(" ") };
        Ok(Search { filter, words })
    }
}

/// The values in these facts that a person does not see (blind second entry).
///
/// # Errors
/// Storage fails.
pub fn hidden_in(app: &App, entries: &[Entry], viewer: &Username) -> Result<Hidden, Error> {
    let lots: BTreeSet<&LotNumber> = entries.iter().filter_map(|entry| entry.fact.event.lot()).collect();
    let mut hidden = Hidden::default();
    for number in lots {
        // An attempt can be about a number that nothing has.
        let Ok((lot, stored)) = app.lot(number) else { continue };
        let of_lot = Blind { lot: &lot, spec: &stored.specification, viewer }.hidden();
        hidden.values.extend(of_lot.values);
        hidden.lots.extend(of_lot.lots);
    }
    Ok(hidden)
}
