//! A lot as it stood at a past moment, to read.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::lot_head;
use super::narrate::{self, Names};
use super::shown;
use super::view::as_of::{AsOfPage, PastCriterion, PastLot};
use super::view::parts::{Fact, Field, FieldProblem, Link};
use super::visit::{Visit, html, signed_in};
use crate::domain::assessment::{Item, assess};
use crate::domain::blind::Blind;
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::refusal::Code;
use crate::domain::spec::Stage;
use crate::web::api::copies;
use crate::web::problem::status_of;
use crate::web::{places, times};
use crate::workflow::Error;
use crate::workflow::as_of::{AsOf, lot_as_of};

/// `GET /lots/{lot}/as-of`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

/// `GET /lots/{lot}/inspection-pack`: the archive, to be saved.
pub async fn pack(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let number = visit.lot_number()?;
        copies::pack(&visit.app, visit.permit().await?, number.as_str()).await
    })
    .await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let number = visit.lot_number()?;
    let wanted = number.clone();
    visit.work(move |app| places::find(app, &wanted, Stage::Product)).await?;
    let typed = match visit.query("at") {
        nothing if nothing.is_empty() => in_form(visit.now, visit),
        at => at,
    };
    let mut frame = visit.frame(format!("{number} as it stood"), "as-of", lot_head::nav(Stage::Product));
    frame.crumbs = vec![lot_head::list(Stage::Product), Link::new(number.to_string(), format!("/lots/{number}"))];
    let mut view = AsOfPage { frame, lot: number.to_string(), at: Field::of(typed.as_str()), past: None };
    match load(visit, number, &typed).await {
        Ok(past) => {
            view.past = Some(told(visit, &past));
            html(StatusCode::OK, &view)
        }
        // A lot that was not there yet is an answer to the question, and the form stays.
        Err(Error::Refused(refusal))
            if matches!(refusal.code, Code::NoSuchLot | Code::InTheFuture | Code::InvalidField) =>
        {
            let text = shown::local_times(&refusal.detail, visit.zone);
            view.frame.problems.push(FieldProblem { field: "at".into(), text: text.clone() });
            view.at = view.at.refused(text);
            html(status_of(&refusal), &view)
        }
        Err(other) => Err(other),
    }
}

async fn load(visit: &Visit, number: LotNumber, typed: &str) -> Result<AsOf, Error> {
    let at = Moment::parse("at", &times::from_input("at", typed, visit.zone)?)?;
    visit.work(move |app| lot_as_of(app, &number, at)).await
}

/// A moment as the form's field has it, to the second.
fn in_form(at: Moment, visit: &Visit) -> String {
    at.utc().with_timezone(&visit.zone).format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn told(visit: &Visit, past: &AsOf) -> PastLot {
    let (lot, spec) = (&past.lot, &past.stored.specification);
    let blind = Blind { lot: &past.today, spec, viewer: &visit.somebody.user.username };
    let assessment = blind.veil_past(assess(lot, spec, past.at));
    let today = assess(&past.today, spec, visit.now).status;
    let names = Names::of([spec]).hiding(blind.hidden());
    let details = &lot.details;
    let at = |moment| times::to_minutes(moment, visit.zone);
    PastLot {
        shown: times::to_seconds(past.at, visit.zone),
        status: assessment.status,
        today: (today != assessment.status).then_some(today),
        facts: vec![
            Fact::new("Product", details.product.as_str()),
            Fact::new("Specification", format!("version {}", spec.version))
                .linked(format!("/specifications/{}/{}", spec.product, spec.version)),
            Fact::new("Donor", details.donor.as_str()),
            Fact::new("Containers", details.containers.to_string()),
            Fact::new("Manufactured", at(details.manufactured_at)),
            Fact::new("Expires", at(details.expires_at)),
            Fact::new("Runs", lot.runs.len().to_string()),
        ],
        criteria: assessment.items.iter().map(|item| criterion(visit, item)).collect(),
        blockers: assessment.blockers.iter().map(|b| shown::local_times(&b.detail, visit.zone)).collect(),
        history: past.facts.iter().rev().map(|fact| narrate::fact_of_lot(fact, visit.zone, &names)).collect(),
    }
}

fn criterion(visit: &Visit, item: &Item) -> PastCriterion {
    let criterion = item.criterion;
    let typed = item.verdict.as_entered.as_deref().unwrap_or_default();
    PastCriterion {
        name: criterion.name.clone(),
        acceptance: criterion.acceptance.in_words(),
        typed: if typed.is_empty() { String::new() } else { shown::with_unit(typed, criterion.acceptance.unit()) },
        outcome: item.verdict.outcome,
        because: shown::local_times(&item.verdict.because, visit.zone),
        run: item.run.map(|run| Link::new(format!("#{}", run.number), format!("/runs/{}", run.number))),
    }
}
