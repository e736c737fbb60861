//! The lot as it stood at a past moment.
//!
//! Promises: rebuilt from the facts recorded until then and from nothing else, with what it was
//! made from as that stood, and judged as of that moment; nothing is written.

use super::course::{CourseNow, course_now};
use super::{App, Error};
use crate::domain::assessment::assess;
use crate::domain::entry::in_minutes;
use crate::domain::ids::LotNumber;
use crate::domain::lineage::BANKS_MAX;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::past;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Specification;
use crate::store::{Entry, FactFilter, StoreError, StoredSpecification, View};

/// A lot at a moment.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The moment.
    pub at: Moment,
    /// The lot as it stood.
    pub lot: Lot,
    /// The specification version that judged it.
    pub stored: StoredSpecification,
    /// The version that was in force then, if it was newer than the lot's own.
    pub newer_version: Option<u32>,
    /// Where it was on its route to a decision.
    pub course: CourseNow,
    /// The lot's own facts until then, oldest first.
    pub facts: Vec<Entry>,
    /// The lot as it stands today: it decides what a person may see of the past.
    pub today: Lot,
}

/// The facts about a lot and about what it was made from, in the ledger's order; those before
/// this entry only, where one is given.
pub(super) fn family(view: &mut View, number: &LotNumber, before: Option<i64>) -> Result<Vec<Entry>, StoreError> {
    let mut all: Vec<Entry> = Vec::new();
    let (mut waiting, mut asked) = (vec![number.clone()], Vec::new());
    while let Some(lot) = waiting.pop() {
        // Banks and one donor: what names more of them names none that exist.
        if asked.contains(&lot) || asked.len() > BANKS_MAX + 2 {
            continue;
        }
        let filter = FactFilter { lot: Some(lot.clone()), before, limit: i64::MAX, ..FactFilter::default() };
        let facts = view.facts(&filter)?;
        waiting.extend(past::origins(&numbered(&facts)));
        all.extend(facts);
        asked.push(lot);
    }
    all.sort_by_key(|entry| entry.number);
    Ok(all)
}

/// The same facts as the domain takes them.
pub(super) fn numbered(entries: &[Entry]) -> Vec<past::Numbered<'_>> {
    entries.iter().map(|entry| (entry.number, &entry.fact)).collect()
}

/// The specification versions that lots among these facts are pinned to.
pub(super) fn specifications(view: &mut View, facts: &[Entry]) -> Result<Vec<StoredSpecification>, Error> {
    let mut found: Vec<StoredSpecification> = Vec::new();
    for entry in facts {
        let crate::domain::event::Event::LotRegistered(details) = &entry.fact.event else { continue };
        let (product, version) = (&details.product, details.specification_version);
        let known = |s: &StoredSpecification| is(&s.specification, product, version);
        if !found.iter().any(known) {
            found.push(view.specification(product, version)??);
        }
    }
    Ok(found)
}

fn is(spec: &Specification, product: &crate::domain::ids::ProductCode, version: u32) -> bool {
    spec.product == *product && spec.version == version
}

/// The lot as it stood at a moment.
///
/// # Errors
/// The moment has not come; there is no such lot, or it was not registered yet; storage fails.
pub fn lot_as_of(app: &App, number: &LotNumber, at: Moment) -> Result<AsOf, Error> {
    let now = app.now();
    if at > now {
        let detail = format!("at must not be in the future: it is {} now.", in_minutes(now));
        return Err(Refusal::field(Code::InTheFuture, "at", detail).into());
    }
    app.read(|view| {
        let today = view.lot(number)??;
        let all = family(view, number, None)?;
        let known = specifications(view, &all)?;
        let of = |product: &_, version| known.iter().find(|s| is(&s.specification, product, version));
        let then = past::until(&numbered(&all), at);
        let lot = past::lot(number, &then, |product, version| Some(of(product, version)?.specification.clone()));
        let lot = lot.ok_or_else(|| not_yet(&today, number, at))?;
        let stored = of(&lot.details.product, lot.details.specification_version).cloned();
        let stored = stored.ok_or_else(|| Error::Internal(format!("lot {number} has no specification")))?;
        let in_force = view.specification_in_force(&lot.details.product, at)?.ok();
        let newer_version =
            in_force.map(|s| s.specification.version).filter(|v| *v > lot.details.specification_version);
        let own =
            |entry: &&Entry| entry.fact.event.lot() == Some(number) && then.iter().any(|(n, _)| *n == entry.number);
        let facts = all.iter().filter(own).cloned().collect();
        let assessment = assess(&lot, &stored.specification, at);
        let course = course_now(view, &lot, &stored.specification, &assessment, at)?;
        Ok(AsOf { at, lot, stored, newer_version, course, facts, today })
    })
}

fn not_yet(today: &Lot, number: &LotNumber, at: Moment) -> Error {
    let (registered, asked) = (in_minutes(today.registered_at), in_minutes(at));
    if at < today.registered_at {
        let detail = format!("There was no {number} on {asked}: it was registered on {registered}.");
        return Refusal::new(Code::NoSuchLot, detail).into();
    }
    StoreError::LedgerBroken(format!("the facts about {number} until {asked} contradict each other")).into()
}
