//! What waits: runs for a second person, open investigations, open deviations.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::shown;
use super::view::marks;
use super::view::parts::Link;
use super::view::runs::{ReviewPage, ReviewRow};
use super::visit::{Visit, html, signed_in};
use super::waiting::open_lots;
use crate::domain::assessment::verdict_in_run;
use crate::domain::blind::Blind;
use crate::domain::deviation::Deviation;
use crate::domain::evaluation::Outcome;
use crate::domain::investigation::Investigation;
use crate::domain::lineage::noun;
use crate::domain::lot::Lot;
use crate::domain::role::Role;
use crate::domain::run::Run;
use crate::domain::spec::Specification;
use crate::web::places;
use crate::workflow::{App, Error};

/// `GET /review`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let open = visit.work(open_lots).await?;
    let read = |app: &App| app.read(|view| Ok((view.investigations(true)?, view.deviations(true)?)));
    let (investigations, deviations) = visit.work(read).await?;
    let mut waiting: Vec<(&Lot, &Specification, &Run)> = open
        .iter()
        .flat_map(|(lot, spec)| lot.runs.iter().map(move |run| (lot, &spec.specification, run)))
        .filter(|(_, _, run)| run.verification.is_none())
        .collect();
    waiting.sort_by_key(|(_, _, run)| run.entered_at);
    let view = ReviewPage {
        frame: visit.frame("Review", "review", "/review"),
        rows: waiting.into_iter().map(|(lot, spec, run)| row(visit, lot, spec, run)).collect(),
        may_verify: visit.is(Role::Analyst),
        investigations: investigations.iter().map(investigation).collect(),
        deviations: deviations.iter().map(deviation).collect(),
    };
    html(StatusCode::OK, &view)
}

fn investigation(i: &Investigation) -> Link {
    let note = format!("{}: {}", i.lot, i.phase().next_deed());
    Link::new(i.number.to_string(), format!("/investigations/{}", i.number)).with_note(note)
}

fn deviation(d: &Deviation) -> Link {
    let what = d.description.as_str().lines().next().unwrap_or_default();
    let note = format!("{}, {}: {what}", d.lot, d.kind.as_str());
    Link::new(d.number.to_string(), format!("/deviations/{}", d.number)).with_note(note)
}

fn row(visit: &Visit, lot: &Lot, spec: &Specification, run: &Run) -> ReviewRow {
    let (outcome, holds) = summary(&visit.blind(lot, spec), run);
    let not_you = match visit.is(Role::Analyst) {
        true => lot.check_verify(run, &visit.actor(Role::Analyst)).err(),
        false => None,
    };
    ReviewRow {
        run: Link::new(format!("#{}", run.number), format!("/runs/{}", run.number)),
        lot: Link::new(lot.number().to_string(), places::page(lot.details.stage, lot.number())),
        assay: shown::assay_name(spec, &run.content.assay),
        outcome,
        holds,
        entered_by: run.entered_by.name.as_str().to_owned(),
        entered_at: shown::moment(run.entered_at, visit),
        not_you: not_you
            .map(|_| format!("needs somebody else: you entered data of this {}", noun(lot.details.stage)))
            .unwrap_or_default(),
    }
}

/// The worst verdict of a run, and what it holds in words.
fn summary(blind: &Blind, run: &Run) -> (marks::Outcome, String) {
    let spec = blind.spec;
    let number = run.content.readings.len();
    let values = shown::counted(number, "value", "values");
    if let Some(why) = run.invalid_because(spec) {
        return (marks::Outcome::Invalid, format!("{values}; {why}"));
    }
    let verdicts: Vec<_> = run
        .content
        .readings
        .iter()
        .filter(|reading| !blind.hides(run, &reading.attribute))
        .filter_map(|reading| {
            let criterion = spec.criterion(&reading.attribute)?;
            let verdict = verdict_in_run(run, spec, criterion)?;
            let text = format!("{} {}", criterion.name, shown::with_unit(&reading.value, reading.unit.as_deref()));
            Some((verdict.outcome, text))
        })
        .collect();
    for (outcome, word) in [
        (Outcome::Fail, "fails"),
        (Outcome::Indeterminate, "cannot be judged"),
        (Outcome::Pending, "is an interim reading"),
    ] {
        let found: Vec<&str> = verdicts.iter().filter(|(o, _)| *o == outcome).map(|(_, text)| text.as_str()).collect();
        if let Some(first) = found.first() {
            let more = if found.len() > 1 { format!(" (+{} more)", found.len() - 1) } else { String::new() };
            return (outcome, format!("{values}; {first} {word}{more}"));
        }
    }
    if verdicts.len() < number {
        return (marks::Outcome::Unverified, format!("{values}; critical ones are typed again at verification"));
    }
    let all = if number == 1 { "it passes" } else { "all pass" };
    (marks::Outcome::Pass, format!("{values}; {all} once verified"))
}
