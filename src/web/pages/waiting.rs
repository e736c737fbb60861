//! What waits for the reader: to read today, to verify, to release, on hold.
//!
//! Promises: the rules decide what the reader may do; nothing is offered that would be refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shown;
use super::view::lots::{Waiting, WaitingItem};
use super::view::parts::Link;
use super::visit::Visit;
use crate::domain::assessment::{Assessment, Status, assess};
use crate::domain::evaluation::Outcome;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::domain::spec::Stage;
use crate::store::{LotFilter, StoredSpecification};
use crate::web::{places, times};
use crate::workflow::{App, Error};

/// How many open lots are looked at; a laboratory has fewer.
pub const OPEN_LOTS_MAX: i64 = 300;
/// How many things one list shows.
const ITEMS_MAX: usize = 5;

/// A lot with the specification that judges it.
pub type LotAndSpec = (Lot, Arc<StoredSpecification>);

/// The lots nobody has decided on, newest first; then the banks and the donors.
///
/// # Errors
/// Storage fails.
pub fn open_lots(app: &App) -> Result<Vec<LotAndSpec>, Error> {
    app.read(|view| {
        let filter = |stage| LotFilter { stage, decided: Some(false), limit: OPEN_LOTS_MAX, ..LotFilter::default() };
        let mut specs: BTreeMap<(String, u32), Arc<StoredSpecification>> = BTreeMap::new();
        let mut listed = view.lots(&filter(Stage::Product))?;
        listed.extend(view.lots(&filter(Stage::Bank))?);
        listed.extend(view.lots(&filter(Stage::Donor))?);
        let mut lots = Vec::new();
        for listed in listed {
            let (product, version) = (&listed.lot.details.product, listed.lot.details.specification_version);
            let key = (product.to_string(), version);
            let spec = match specs.get(&key) {
                Some(spec) => spec.clone(),
                None => Arc::new(view.specification(product, version)??),
            };
            specs.insert(key, spec.clone());
            lots.push((listed.lot, spec));
        }
        Ok(lots)
    })
}

/// The lists of the first page; deeds with nothing to do are left out.
pub fn waiting(visit: &Visit, open: &[LotAndSpec]) -> Vec<Waiting> {
    let mut all: Vec<(&Lot, Assessment)> =
        open.iter().map(|(lot, spec)| (lot, assess(lot, &spec.specification, visit.now))).collect();
    // What expires first is most urgent.
    all.sort_by_key(|(lot, _)| lot.details.expires_at);
    let mut lists = Vec::new();
    if visit.is(Role::Analyst) {
        lists.push(list("To read today", "the incubation time is over", to_read(visit, &all), None));
        lists.push(list("To verify", "entered by somebody else", to_verify(visit, open), Some("/review")));
    }
    if visit.is(Role::Qa) {
        lists.push(list("To release", "nothing blocks; QA signs", to_release(visit, &all), Some("/lots?status=ready")));
        lists.push(list("On hold", "a verified result fails", on_hold(visit, &all), Some("/lots?status=on_hold")));
    }
    lists.into_iter().flatten().collect()
}

fn list(deed: &str, hint: &str, mut items: Vec<WaitingItem>, all: Option<&str>) -> Option<Waiting> {
    if items.is_empty() {
        return None;
    }
    let left = items.len().saturating_sub(ITEMS_MAX);
    items.truncate(ITEMS_MAX);
    let more = all.filter(|_| left > 0).map(|href| Link::new(format!("{left} more"), href));
    Some(Waiting { deed: deed.into(), hint: hint.into(), items, more })
}

fn to_read(visit: &Visit, all: &[(&Lot, Assessment)]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Analyst);
    let today = |at: Moment| {
        at <= visit.now
            || at.utc().with_timezone(&visit.zone).date_naive()
                == visit.now.utc().with_timezone(&visit.zone).date_naive()
    };
    let mut items = Vec::new();
    for (lot, assessment) in all {
        let due: Vec<_> = assessment
            .items
            .iter()
            .filter(|i| {
                i.verdict.outcome == Outcome::Pending
                    && i.inherited_from.is_none()
                    && i.verdict.earliest.is_some_and(today)
            })
            .collect();
        let Some(first) = due.first() else { continue };
        if lot.was_verified_by(&me) || assessment.status == Status::Expired {
            continue;
        }
        let names: Vec<&str> = due.iter().map(|i| i.criterion.name.as_str()).collect();
        let earliest = first.verdict.earliest.unwrap_or(visit.now);
        let preposition = if earliest <= visit.now { "since" } else { "from" };
        items.push(WaitingItem {
            link: Link::new(
                lot.number().to_string(),
                format!("/lots/{}/runs/new?assay={}", lot.number(), first.criterion.assay),
            ),
            what: names.join(", "),
            when: format!("{preposition} {}", times::to_minutes(earliest, visit.zone)),
        });
    }
    items
}

fn to_verify(visit: &Visit, open: &[LotAndSpec]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Analyst);
    let mut items: Vec<(Moment, WaitingItem)> = Vec::new();
    for (lot, spec) in open {
        let mine = lot.runs.iter().filter(|run| run.verification.is_none() && lot.check_verify(run, &me).is_ok());
        let mut mine: Vec<&crate::domain::run::Run> = mine.collect();
        mine.sort_by_key(|run| run.entered_at);
        let Some(oldest) = mine.first() else { continue };
        let names: Vec<String> =
            mine.iter().map(|run| shown::assay_name(&spec.specification, &run.content.assay).to_lowercase()).collect();
        let (href, what) = match mine.as_slice() {
            [only] => (format!("/runs/{}#check", only.number), format!("Run #{}, {}", only.number, names.join(""))),
            several => (format!("{}#runs", place(lot)), format!("{} runs: {}", several.len(), names.join(", "))),
        };
        let link = Link::new(lot.number().to_string(), href);
        let when = format!("oldest entered {}", times::relative(oldest.entered_at, visit.now));
        items.push((oldest.entered_at, WaitingItem { link, what, when }));
    }
    items.sort_by_key(|(entered_at, _)| *entered_at);
    items.into_iter().map(|(_, item)| item).collect()
}

fn to_release(visit: &Visit, all: &[(&Lot, Assessment)]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Qa);
    let ready = all.iter().filter(|(lot, a)| a.status == Status::Ready && lot.check_release(&me).is_ok());
    let item = |(lot, assessment): &(&Lot, Assessment)| WaitingItem {
        link: Link::new(lot.number().to_string(), format!("/lots/{}#decision", lot.number())),
        what: format!("All {} pass", shown::counted(assessment.items.len(), "criterion", "criteria")),
        when: format!("expires {}", times::relative(lot.details.expires_at, visit.now)),
    };
    ready.map(item).collect()
}

fn on_hold(visit: &Visit, all: &[(&Lot, Assessment)]) -> Vec<WaitingItem> {
    let held = all.iter().filter(|(_, a)| a.status == Status::OnHold);
    let item = |(lot, assessment): &(&Lot, Assessment)| WaitingItem {
        link: Link::new(lot.number().to_string(), format!("{}#decision", place(lot))),
        what: assessment.blockers.first().map(|b| shown::local_times(&b.detail, visit.zone)).unwrap_or_default(),
        when: match lot.details.expires_at {
            never if never == Moment::never() => String::new(),
            expires_at => format!("expires {}", times::relative(expires_at, visit.now)),
        },
    };
    held.map(item).collect()
}

fn place(lot: &Lot) -> String {
    places::page(lot.details.stage, lot.number())
}
