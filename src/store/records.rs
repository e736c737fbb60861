//! Nouns whose content is one JSON document made by their facts: investigations, deviations,
//! flags, instruments, reagents, the site's policy, retirements.
//!
//! Promises: a document is what its facts make of it, one after the other, with the same steps
//! with which `domain/history.rs` rebuilds a lot; nothing else writes here.

use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::View;
use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::facts::Entry;
use super::record::json;
use super::schema::records;
use crate::domain::deviation::Deviation;
use crate::domain::equipment::{Instrument, Reagent, SourceFlag};
use crate::domain::event::Event;
use crate::domain::history;
use crate::domain::ids::{DeviationNumber, EquipmentCode, InvestigationNumber, LotNumber, ProductCode};
use crate::domain::investigation::Investigation;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::site_policy::SitePolicy;
use crate::domain::text::Line;

/// The end of a product's specifications.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Retirement {
    /// Why.
    pub reason: Line,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// A noun that is kept as one document.
pub(super) trait Noun: Serialize + DeserializeOwned {
    /// Its name in the table.
    const NOUN: &'static str;
    /// `open` or `closed`, for what can be either.
    fn state(&self) -> &'static str {
        "open"
    }
}

pub(super) fn open_or_closed(open: bool) -> &'static str {
    if open { "open" } else { "closed" }
}

impl Noun for Investigation {
    const NOUN: &'static str = "investigation";
    fn state(&self) -> &'static str {
        open_or_closed(self.is_open())
    }
}
impl Noun for Deviation {
    const NOUN: &'static str = "deviation";
    fn state(&self) -> &'static str {
        open_or_closed(self.is_open())
    }
}
impl Noun for SourceFlag {
    const NOUN: &'static str = "flag";
}
impl Noun for Instrument {
    const NOUN: &'static str = "instrument";
}
impl Noun for Reagent {
    const NOUN: &'static str = "reagent";
}
impl Noun for SitePolicy {
    const NOUN: &'static str = "policy";
}
impl Noun for Retirement {
    const NOUN: &'static str = "retirement";
}

fn read<N: Noun>(code: &str, content: &str) -> Result<N, StoreError> {
    serde_json::from_str(content).map_err(|e| inconsistent("records", "content", format!("{}, {code}", N::NOUN), e))
}

pub(super) fn find<N: Noun>(conn: &mut Conn, code: &str) -> Result<Option<N>, StoreError> {
    let text: Option<String> = records::table.find((N::NOUN, code)).select(records::content).first(conn).optional()?;
    text.map(|text| read(code, &text)).transpose()
}

pub(super) fn insert<N: Noun>(
    conn: &mut Conn,
    entry: i64,
    code: &str,
    lot: Option<&LotNumber>,
    noun: &N,
) -> Result<(), StoreError> {
    let row = (
        records::noun.eq(N::NOUN),
        records::code.eq(code),
        records::lot.eq(lot.map(LotNumber::as_str)),
        records::state.eq(noun.state()),
        records::content.eq(json(noun)?),
        records::entry.eq(entry),
    );
    diesel::insert_into(records::table).values(row).execute(conn)?;
    Ok(())
}

pub(super) fn change<N: Noun>(conn: &mut Conn, code: &str, change: impl FnOnce(&mut N)) -> Result<(), StoreError> {
    let missing = || inconsistent("records", "code", format!("{}, {code}", N::NOUN), "a fact about what is not there");
    let mut noun: N = find(conn, code)?.ok_or_else(missing)?;
    change(&mut noun);
    let content = (records::state.eq(noun.state()), records::content.eq(json(&noun)?));
    diesel::update(records::table.find((N::NOUN, code))).set(content).execute(conn)?;
    Ok(())
}

fn unreadable(entry: &Entry) -> StoreError {
    inconsistent("facts", "fact", entry.number, "it does not say what its kind needs")
}

/// Makes the documents that a fact stands for.
pub(super) fn project(conn: &mut Conn, entry: &Entry) -> Result<(), StoreError> {
    let fact = &entry.fact;
    match &fact.event {
        Event::InvestigationOpened { investigation, lot, .. } => {
            let opened = history::opened_investigation(fact).ok_or_else(|| unreadable(entry))?;
            insert(conn, entry.number, investigation.as_str(), Some(lot), &opened)
        }
        Event::LaboratoryPhaseRecorded { investigation, .. }
        | Event::RetestPlanApproved { investigation, .. }
        | Event::InvestigationConcluded { investigation, .. }
        | Event::InvestigationClosed { investigation, .. } => {
            change(conn, investigation.as_str(), |noun| history::apply_to_investigation(noun, fact))
        }
        Event::RunRecorded { content, .. } => match &content.investigation {
            Some(number) => change(conn, number.as_str(), |noun| history::apply_to_investigation(noun, fact)),
            None => Ok(()),
        },
        Event::DeviationOpened { deviation, lot, .. } => {
            let opened = history::opened_deviation(fact).ok_or_else(|| unreadable(entry))?;
            insert(conn, entry.number, deviation.as_str(), Some(lot), &opened)
        }
        Event::DeviationClosed { deviation, .. } => {
            change(conn, deviation.as_str(), |noun| history::close_deviation(noun, fact))
        }
        Event::SourceFlagged { lot, .. } => {
            let flag = history::source_flag(fact).ok_or_else(|| unreadable(entry))?;
            insert(conn, entry.number, &entry.number.to_string(), Some(lot), &flag)
        }
        Event::InstrumentRegistered { code, name } => {
            let instrument = Instrument { code: code.clone(), name: name.clone(), calibrations: Vec::new() };
            insert(conn, entry.number, code.as_str(), None, &instrument)
        }
        Event::InstrumentCalibrated { code, calibration } => {
            change(conn, code.as_str(), |noun: &mut Instrument| noun.calibrations.push(calibration.clone()))
        }
        Event::ReagentReceived(reagent) => insert(conn, entry.number, reagent.code.as_str(), None, reagent),
        Event::SitePolicySet { policy, .. } => match find::<SitePolicy>(conn, "site")? {
            None => insert(conn, entry.number, "site", None, policy),
            Some(_) => change(conn, "site", |there| *there = policy.clone()),
        },
        Event::SpecificationRetired { product, reason, .. } => {
            let retirement = Retirement { reason: reason.clone(), by: fact.by.person(), at: fact.at };
            insert(conn, entry.number, product.as_str(), None, &retirement)
        }
        _ => Ok(()),
    }
}

impl View<'_> {
    /// Documents of one noun, oldest first; of one lot only, or open ones only, where asked.
    pub(super) fn nouns<N: Noun>(
        &mut self,
        lots: Option<&[String]>,
        state: Option<&str>,
    ) -> Result<Vec<(String, N)>, StoreError> {
        let mut query = records::table.filter(records::noun.eq(N::NOUN)).into_boxed();
        if let Some(lots) = lots {
            query = query.filter(records::lot.eq_any(lots));
        }
        if let Some(state) = state {
            query = query.filter(records::state.eq(state));
        }
        let columns = (records::code, records::lot, records::content);
        let rows: Vec<(String, Option<String>, String)> = query.select(columns).order(records::entry).load(self.0)?;
        rows.into_iter().map(|(code, lot, text)| Ok((lot.unwrap_or_default(), read(&code, &text)?))).collect()
    }

    /// Documents of one noun, each with its code, oldest first.
    pub(super) fn coded<N: Noun>(&mut self) -> Result<Vec<(String, N)>, StoreError> {
        let query = records::table.filter(records::noun.eq(N::NOUN));
        let rows: Vec<(String, String)> =
            query.select((records::code, records::content)).order(records::entry).load(self.0)?;
        rows.into_iter().map(|(code, text)| Ok((code.clone(), read(&code, &text)?))).collect()
    }

    pub(super) fn given<N: Noun>(&mut self) -> Result<i64, StoreError> {
        Ok(records::table.filter(records::noun.eq(N::NOUN)).count().get_result(self.0)?)
    }

    /// Investigations of these lots, each with its lot, oldest first.
    pub(super) fn investigations_of(&mut self, lots: &[String]) -> Result<Vec<(String, Investigation)>, StoreError> {
        self.nouns(Some(lots), None)
    }

    /// Deviations of these lots.
    pub(super) fn deviations_of(&mut self, lots: &[String]) -> Result<Vec<(String, Deviation)>, StoreError> {
        self.nouns(Some(lots), None)
    }

    /// Flags of these lots.
    pub(super) fn flags_of(&mut self, lots: &[String]) -> Result<Vec<(String, SourceFlag)>, StoreError> {
        self.nouns(Some(lots), None)
    }

    /// All investigations, or those that are open, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn investigations(&mut self, open_only: bool) -> Result<Vec<Investigation>, StoreError> {
        let all = self.nouns(None, open_only.then_some("open"))?;
        Ok(all.into_iter().map(|(_, investigation)| investigation).collect())
    }

    /// One investigation.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that there is none.
    pub fn investigation(
        &mut self,
        number: &InvestigationNumber,
    ) -> Result<Result<Investigation, Refusal>, StoreError> {
        let none = || Refusal::new(Code::NoSuchInvestigation, format!("There is no investigation {number}."));
        Ok(find(self.0, number.as_str())?.ok_or_else(none))
    }

    /// The number the next investigation gets.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_investigation(&mut self, year: i32) -> Result<InvestigationNumber, StoreError> {
        Ok(InvestigationNumber::next(year, self.given::<Investigation>()?))
    }

    /// All deviations and holds, or those that are open, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn deviations(&mut self, open_only: bool) -> Result<Vec<Deviation>, StoreError> {
        let all = self.nouns(None, open_only.then_some("open"))?;
        Ok(all.into_iter().map(|(_, deviation)| deviation).collect())
    }

    /// One deviation or hold.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that there is none.
    pub fn deviation(&mut self, number: &DeviationNumber) -> Result<Result<Deviation, Refusal>, StoreError> {
        let none = || Refusal::new(Code::NoSuchDeviation, format!("There is no deviation {number}."));
        Ok(find(self.0, number.as_str())?.ok_or_else(none))
    }

    /// The number the next deviation or hold gets.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_deviation(&mut self, year: i32) -> Result<DeviationNumber, StoreError> {
        Ok(DeviationNumber::next(year, self.given::<Deviation>()?))
    }

    /// All instruments.
    ///
    /// # Errors
    /// The database fails.
    pub fn instruments(&mut self) -> Result<Vec<Instrument>, StoreError> {
        Ok(self.nouns(None, None)?.into_iter().map(|(_, instrument)| instrument).collect())
    }

    /// The instrument of this code, if it is registered.
    ///
    /// # Errors
    /// The database fails.
    pub fn instrument(&mut self, code: &EquipmentCode) -> Result<Option<Instrument>, StoreError> {
        find(self.0, code.as_str())
    }

    /// All reagents.
    ///
    /// # Errors
    /// The database fails.
    pub fn reagents(&mut self) -> Result<Vec<Reagent>, StoreError> {
        Ok(self.nouns(None, None)?.into_iter().map(|(_, reagent)| reagent).collect())
    }

    /// The reagent of this code, if it is registered.
    ///
    /// # Errors
    /// The database fails.
    pub fn reagent(&mut self, code: &EquipmentCode) -> Result<Option<Reagent>, StoreError> {
        find(self.0, code.as_str())
    }

    /// The site's policy; the strictest where none was set.
    ///
    /// # Errors
    /// The database fails.
    pub fn policy(&mut self) -> Result<SitePolicy, StoreError> {
        Ok(find(self.0, "site")?.unwrap_or_default())
    }

    /// Why no lot of this product is registered any more, if that is so.
    ///
    /// # Errors
    /// The database fails.
    pub fn retirement(&mut self, product: &ProductCode) -> Result<Option<Retirement>, StoreError> {
        find(self.0, product.as_str())
    }
}
