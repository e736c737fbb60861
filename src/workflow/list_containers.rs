//! Where the containers are, of one lot or of all.
//!
//! Promises: each container stands in the list once, with everything that became of it; a page is
//! a bounded amount of work however many lots there are.

use crate::domain::assessment::{Status, assess};
use crate::domain::container::{ContainerState, Moved, code};
use crate::domain::ids::LotNumber;
use crate::domain::lineage::check_is_lot;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::spec::{Specification, Stage};
use crate::store::LotFilter;

use super::list_lots::Specifications;
use super::{App, Error, load_lot};

/// How many lots are looked at for one page.
const LOTS_MAX: usize = 500;
/// How many lots are loaded at a time.
const CHUNK: i64 = 50;

/// Which containers.
#[derive(Debug, Clone, Default)]
pub struct ContainerQuery {
    /// Only those of this lot.
    pub lot: Option<LotNumber>,
    /// Only those in this state.
    pub state: Option<ContainerState>,
    /// Where the previous page ended.
    pub cursor: Option<ContainerCursor>,
    /// At most so many.
    pub limit: usize,
}

/// A place in the list: after a container of the lot that was registered with this ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContainerCursor {
    lot_entry: i64,
    number: u32,
}

impl ContainerCursor {
    /// Reads a place that a page gave; none where it is no such place.
    pub fn parse(text: &str) -> Option<Self> {
        let (lot_entry, number) = text.split_once('.')?;
        let (lot_entry, number) = (lot_entry.parse().ok()?, number.parse().ok()?);
        (lot_entry >= 0).then_some(ContainerCursor { lot_entry, number })
    }
}

impl std::fmt::Display for ContainerCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.lot_entry, self.number)
    }
}

/// A page of containers.
#[derive(Debug, Clone, Default)]
pub struct ContainerPage {
    /// By lot, newest registration first, then by number.
    pub containers: Vec<ListedContainer>,
    /// Where the next page begins, if there is more to look through.
    pub next: Option<ContainerCursor>,
}

/// A container in a list.
#[derive(Debug, Clone)]
pub struct ListedContainer {
    /// Its lot.
    pub lot: LotNumber,
    /// How the lot stands.
    pub status: Status,
    /// The lot's expiry.
    pub expires_at: Moment,
    /// Which of the lot's containers, from 1.
    pub number: u32,
    /// Where it is.
    pub state: ContainerState,
    /// What became of it, oldest first.
    pub movements: Vec<Moved>,
}

impl ListedContainer {
    /// The code on its label.
    pub fn code(&self) -> String {
        code(&self.lot, self.number)
    }
}

/// Containers of one lot or of all, a page of them.
///
/// # Errors
/// There is no such lot, or it is a bank or a donor; storage fails.
pub fn list_containers(app: &App, query: &ContainerQuery) -> Result<ContainerPage, Error> {
    let now = app.now();
    let wanted = |c: &ListedContainer| query.state.is_none_or(|state| c.state == state);
    app.read(|view| {
        let mut page = ContainerPage::default();
        if let Some(number) = &query.lot {
            let (lot, stored) = load_lot(view, number)?;
            check_is_lot(&lot)?;
            // A lot's containers are few; its place among the lots does not matter here.
            let after = query.cursor.map_or(0, |cursor| cursor.number);
            let rows = of_lot(&lot, &stored.specification, now).into_iter().filter(|c| c.number > after);
            page.fill(query.limit, 0, rows.filter(wanted));
            return Ok(page);
        }
        let mut specs = Specifications::default();
        // The lot in which the previous page ended is looked at again.
        let mut before = query.cursor.map(|cursor| cursor.lot_entry.saturating_add(1));
        let mut looked_at = 0;
        loop {
            let filter =
                LotFilter { stage: Stage::Product, before_entry: before, limit: CHUNK, ..LotFilter::default() };
            let lots = view.lots(&filter)?;
            let is_last = i64::try_from(lots.len()).is_ok_and(|n| n < CHUNK);
            for listed in lots {
                let after = query.cursor.filter(|c| c.lot_entry == listed.entry).map_or(0, |cursor| cursor.number);
                let spec = specs.of(view, &listed.lot)?;
                let rows = of_lot(&listed.lot, &spec.specification, now).into_iter().filter(|c| c.number > after);
                if page.fill(query.limit, listed.entry, rows.filter(wanted)) {
                    return Ok(page);
                }
                looked_at += 1;
                if looked_at == LOTS_MAX {
                    page.next = Some(ContainerCursor { lot_entry: listed.entry, number: u32::MAX });
                    return Ok(page);
                }
                before = Some(listed.entry);
            }
            if is_last {
                return Ok(page);
            }
        }
    })
}

impl ContainerPage {
    /// Takes containers of one lot as far as there is room; true where there was not enough.
    fn fill(&mut self, limit: usize, lot_entry: i64, rows: impl Iterator<Item = ListedContainer>) -> bool {
        for row in rows {
            if self.containers.len() == limit {
                let last = self.containers.last().filter(|last| last.lot == row.lot).map_or(0, |last| last.number);
                self.next = Some(ContainerCursor { lot_entry, number: last });
                return true;
            }
            self.containers.push(row);
        }
        false
    }
}

/// The containers of a lot.
pub fn of_lot(lot: &Lot, spec: &Specification, now: Moment) -> Vec<ListedContainer> {
    let status = assess(lot, spec, now).status;
    let container = |number: u32| ListedContainer {
        lot: lot.number().clone(),
        status,
        expires_at: lot.details.expires_at,
        number,
        state: lot.course.container_state(number),
        movements: lot.course.movements.iter().filter(|m| m.containers.contains(&number)).cloned().collect(),
    };
    (1..=lot.details.containers).map(container).collect()
}
