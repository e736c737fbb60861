//! Lists of lots, banks or donors, each with how it stands, and of what is to be read of them.
//!
//! Promises: status is derived for every lot as it is listed; a page is a bounded amount of
//! work however many lots there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::assessment::{Status, assess};
use crate::domain::calendar::{ReadingDay, State, reading_days};
use crate::domain::ids::{LotNumber, ProductCode};
use crate::domain::lot::Lot;
use crate::domain::spec::Stage;
use crate::store::{LotFilter, StoredSpecification, View};

use super::{App, Error};

/// How many lots are loaded at a time while looking for a status.
const CHUNK: i64 = 100;

/// How many banks, and how many lots, are listed as made from one bank or donor.
pub const MADE_MAX: i64 = 500;

/// Which lots.
#[derive(Debug, Clone, Default)]
pub struct LotQuery {
    /// Lots, or banks, or donors.
    pub stage: Stage,
    /// Only lots of this status.
    pub status: Option<Status>,
    /// Part of a lot number or donor code.
    pub search: Option<String>,
    /// Where the previous page ended.
    pub cursor: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// A page of lots.
pub struct LotPage {
    /// The lots with their specifications, newest registration first.
    pub lots: Vec<(Lot, Arc<StoredSpecification>)>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

/// Lists lots.
///
/// # Errors
/// Storage fails.
pub fn list_lots(app: &App, query: &LotQuery) -> Result<LotPage, Error> {
    let now = app.now();
    app.read(|view| {
        let mut specs = Specifications::default();
        let mut page = LotPage { lots: Vec::new(), next: None };
        let (mut before, mut last_shown) = (query.cursor, None);
        loop {
            let filter = LotFilter {
                stage: query.stage,
                search: query.search.clone().filter(|s| !s.trim().is_empty()),
                decided: query.status.and_then(decided),
                before_entry: before,
                limit: CHUNK,
                ..LotFilter::default()
            };
            let listed = view.lots(&filter)?;
            let exhausted = i64::try_from(listed.len()) != Ok(CHUNK);
            for candidate in listed {
                before = Some(candidate.entry);
                let spec = specs.of(view, &candidate.lot)?;
                let fits = query.status.is_none_or(|s| assess(&candidate.lot, &spec.specification, now).status == s);
                if !fits {
                    continue;
                }
                // Only one more lot that fits makes a next page.
                if page.lots.len() == query.limit {
                    page.next = last_shown;
                    return Ok(page);
                }
                last_shown = Some(candidate.entry);
                page.lots.push((candidate.lot, spec));
            }
            if exhausted {
                return Ok(page);
            }
        }
    })
}

/// Whether lots of this status have a decision; none where some have and some do not: a lot is
/// revoked after step 1 or after its release, and supplied before or after its rejection.
fn decided(status: Status) -> Option<bool> {
    match status {
        Status::Released | Status::Rejected => Some(true),
        Status::Revoked | Status::SuppliedOutOfSpecification => None,
        _ => Some(false),
    }
}

/// The revoked lots of which somebody is still to be told, or a result to be checked: what
/// remains to be done on them.
///
/// # Errors
/// Storage fails.
pub fn revoked_lots(app: &App) -> Result<Vec<LotAndSpec>, Error> {
    app.read(|view| {
        let (mut specs, mut lots) = (Specifications::default(), Vec::new());
        let filter = LotFilter { numbers: Some(view.revoked()?), limit: OPEN_LOTS_MAX, ..LotFilter::default() };
        for listed in view.lots(&filter)? {
            let spec = specs.of(view, &listed.lot)?;
            lots.push((listed.lot, spec));
        }
        Ok(lots)
    })
}

/// What was made from a bank or a donor, directly or through a bank: banks first, then lots,
/// newest first, at most [`MADE_MAX`] of each.
///
/// # Errors
/// Storage fails.
pub fn made_from(app: &App, source: &LotNumber) -> Result<Vec<(Lot, Arc<StoredSpecification>)>, Error> {
    app.read(|view| {
        let numbers = Some(view.made_from(source)?);
        let mut specs = Specifications::default();
        let mut made = Vec::new();
        for stage in [Stage::Bank, Stage::Product] {
            let filter = LotFilter { stage, numbers: numbers.clone(), limit: MADE_MAX, ..LotFilter::default() };
            for listed in view.lots(&filter)? {
                let spec = specs.of(view, &listed.lot)?;
                made.push((listed.lot, spec));
            }
        }
        Ok(made)
    })
}

/// How many open lots are looked at; a laboratory has fewer.
pub const OPEN_LOTS_MAX: i64 = 300;
/// A lot with the specification that judges it.
pub type LotAndSpec = (Lot, Arc<StoredSpecification>);

/// The lots nobody has decided on, newest first; then the banks and the donors.
///
/// # Errors
/// Storage fails.
pub fn open_lots(app: &App) -> Result<Vec<LotAndSpec>, Error> {
    app.read(|view| {
        let (mut specs, mut lots) = (Specifications::default(), Vec::new());
        for stage in [Stage::Product, Stage::Bank, Stage::Donor] {
            let filter = LotFilter { stage, decided: Some(false), limit: OPEN_LOTS_MAX, ..LotFilter::default() };
            for listed in view.lots(&filter)? {
                let spec = specs.of(view, &listed.lot)?;
                lots.push((listed.lot, spec));
            }
        }
        Ok(lots)
    })
}

/// What is to be read of everything that incubates, earliest first; what is still to come only
/// as far as `days` ahead.
///
/// # Errors
/// Storage fails.
pub fn calendar(app: &App, days: i64) -> Result<Vec<ReadingDay>, Error> {
    let now = app.now();
    let until = now.plus_hours(days.saturating_mul(24));
    let mut due: Vec<ReadingDay> = Vec::new();
    app.read(|view| {
        let mut specs = Specifications::default();
        for stage in [Stage::Product, Stage::Bank] {
            let mut filter = LotFilter { decided: Some(false), limit: CHUNK, stage, ..LotFilter::default() };
            loop {
                let listed = view.lots(&filter)?;
                for there in &listed {
                    let spec = specs.of(view, &there.lot)?;
                    let all = reading_days(&there.lot, &spec.specification, now).into_iter();
                    due.extend(all.filter(|r| r.state != State::Coming || r.due_at <= until));
                }
                filter.before_entry = listed.last().map(|there| there.entry);
                if i64::try_from(listed.len()) != Ok(CHUNK) {
                    break;
                }
            }
        }
        Ok::<(), Error>(())
    })?;
    due.sort_by(|a, b| a.due_at.cmp(&b.due_at).then_with(|| a.lot.cmp(&b.lot)));
    Ok(due)
}

/// Specification versions loaded once for a list.
#[derive(Default)]
pub(super) struct Specifications(BTreeMap<(ProductCode, u32), Arc<StoredSpecification>>);

impl Specifications {
    pub(super) fn of(&mut self, view: &mut View, lot: &Lot) -> Result<Arc<StoredSpecification>, Error> {
        let key = (lot.details.product.clone(), lot.details.specification_version);
        if let Some(spec) = self.0.get(&key) {
            return Ok(spec.clone());
        }
        let spec = Arc::new(view.specification(&key.0, key.1)??);
        self.0.insert(key, spec.clone());
        Ok(spec)
    }
}
