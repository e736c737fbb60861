//! Banks and donors: their lists, their pages, and registering one.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::lot;
use super::lot_head;
use super::lots::{offered, passage};
use super::shown;
use super::view::parts::Link;
use super::view::sources::{RegisterBankPage, RegisterDonorPage, SourceRow, SourcesPage};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::assess;
use crate::domain::lineage::noun;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::{Specification, Stage};
use crate::web::problem::status_of;
use crate::web::{places, times};
use crate::workflow::Error;
use crate::workflow::list_lots::{LotQuery, list_lots};
use crate::workflow::permit::{RegisterBank, RegisterDonor};
use crate::workflow::register_bank::{BankEntry, register_bank};
use crate::workflow::register_donor::{DonorEntry, register_donor};

/// How many rows a page has.
const ROWS: usize = 50;

/// `GET /banks`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| list_page(visit, Stage::Bank).await).await
}

/// `GET /donors`
pub async fn list_donors(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| list_page(visit, Stage::Donor).await).await
}

/// `GET /banks/{bank}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| lot::shown_under(visit, Stage::Bank).await).await
}

/// `GET /donors/{donor}`
pub async fn show_donor(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| lot::shown_under(visit, Stage::Donor).await).await
}

/// `GET /banks/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<RegisterBank>().await?;
        bank_page(visit, &Form::default(), Refused::default(), StatusCode::OK).await
    })
    .await
}

/// `GET /donors/new`
pub async fn new_donor(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<RegisterDonor>().await?;
        donor_page(visit, &Form::default(), Refused::default(), StatusCode::OK).await
    })
    .await
}

/// `POST /banks`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| register(visit, Form::read(body)?).await).await
}

/// `POST /donors`
pub async fn create_donor(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| register_a_donor(visit, Form::read(body)?).await).await
}

async fn list_page(visit: &Visit, stage: Stage) -> Result<HttpResponse, Error> {
    let cursor = visit.query("cursor").parse().ok();
    let query = LotQuery { stage, cursor, limit: ROWS, ..LotQuery::default() };
    let page = visit.work(move |app| list_lots(app, &query)).await?;
    let here = lot_head::list(stage);
    let (other, register) = match stage {
        Stage::Donor => (lot_head::list(Stage::Bank), "/donors/new"),
        _ => (lot_head::list(Stage::Donor), "/banks/new"),
    };
    let view = SourcesPage {
        frame: visit.frame(here.label.clone(), places::folder(stage), lot_head::nav(stage)),
        noun: noun(stage),
        other,
        register,
        may_register: visit.is(Role::Analyst),
        rows: page.lots.iter().map(|(lot, spec)| row(visit, lot, &spec.specification)).collect(),
        next: page.next.map(|cursor| format!("{}?cursor={cursor}", here.href)),
    };
    html(StatusCode::OK, &view)
}

fn row(visit: &Visit, lot: &Lot, spec: &Specification) -> SourceRow {
    let assessment = assess(lot, spec, visit.now);
    let details = &lot.details;
    let made_from = match (&details.bank, details.stage) {
        (Some(bank), _) => bank.to_string(),
        (None, Stage::Donor) => String::new(),
        (None, _) => format!("donor {}", details.donor),
    };
    let first = assessment.blockers.first();
    SourceRow {
        link: Link::new(lot.number().to_string(), places::page(details.stage, lot.number())),
        product: details.product.to_string(),
        made_from,
        passage: passage(lot),
        status: assessment.status,
        held_by: first.map(|b| shown::local_times(&b.detail, visit.zone)).unwrap_or_default(),
        held_more: assessment.blockers.len().saturating_sub(1),
        made: shown::plain_moment(details.manufactured_at, visit.zone),
    }
}

async fn register(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<RegisterBank>().await?.with_once(visit.once(&form));
    let outcome = match entry(&form, visit) {
        Ok(entry) => visit.work(move |app| register_bank(app, &permit, &entry)).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(made) => Ok(see_other(&format!("/banks/{}?done=registered", made.lot))),
        Err(Error::Refused(refusal)) => {
            bank_page(visit, &form, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

async fn register_a_donor(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<RegisterDonor>().await?.with_once(visit.once(&form));
    let entry = product(&form, "Choose the product that the donor is tested for.").and_then(|product| {
        let donated_at = times::from_input("donated_at", form.get("donated_at"), visit.zone)?;
        Ok(DonorEntry { donor: form.get("donor").to_owned(), product, donated_at })
    });
    let outcome = match entry {
        Ok(entry) => visit.work(move |app| register_donor(app, &permit, &entry)).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(made) => Ok(see_other(&format!("/donors/{}?done=registered", made.lot))),
        Err(Error::Refused(refusal)) => {
            donor_page(visit, &form, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

fn product(form: &Form, otherwise: &str) -> Result<String, Refusal> {
    match form.get("product") {
        "" => Err(Refusal::field(Code::InvalidField, "product", otherwise)),
        product => Ok(product.to_owned()),
    }
}

fn entry(form: &Form, visit: &Visit) -> Result<BankEntry, Refusal> {
    let moment = |field: &str| times::from_input(field, form.get(field), visit.zone);
    Ok(BankEntry {
        bank: form.get("bank").to_owned(),
        product: product(form, "Choose what the bank is a bank of.")?,
        donor: form.get("donor").to_owned(),
        made_from: Some(form.get("made_from").to_owned()),
        passage: form.get("passage").to_owned(),
        population_doublings: Some(form.get("population_doublings").to_owned()),
        made_at: moment("made_at")?,
        expires_at: Some(moment("expires_at")?),
        // No bank has none, so what is no number is refused there, together with everything else.
        containers: form.get("containers").trim().parse().unwrap_or_default(),
    })
}

fn place(given: &FieldRefusal) -> (String, String) {
    let label = match given.field.as_str() {
        "bank" => "Bank number",
        "product" => "Product",
        "donor" => "Donor",
        "made_from" => "Made from",
        "passage" => "Passage",
        "population_doublings" => "Population doublings",
        "made_at" => "Made",
        "donated_at" => "Donated",
        "expires_at" => "Expires",
        "containers" => "Containers",
        _ => return ("main".into(), String::new()),
    };
    (given.field.clone(), label.into())
}

async fn bank_page(visit: &Visit, form: &Form, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let offered = offered(visit, form).await?;
    let mut frame = visit.frame("Register a bank", "register-bank", "/banks");
    frame.crumbs = vec![lot_head::list(Stage::Bank)];
    let field = |name: &str| refused.field(name, form.get(name));
    let key = form.get("idempotency_key");
    let mut page = RegisterBankPage {
        frame,
        bank: field("bank"),
        products: offered.products,
        product_problem: refused.on("product"),
        donor: field("donor"),
        made_from: field("made_from"),
        banks: offered.banks,
        passage: field("passage"),
        population_doublings: field("population_doublings"),
        made_at: field("made_at"),
        expires_at: field("expires_at"),
        containers: field("containers"),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
    };
    page.frame.problems = refused.0;
    html(status, &page)
}

async fn donor_page(visit: &Visit, form: &Form, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let offered = offered(visit, form).await?;
    let mut frame = visit.frame("Register a donor", "register-donor", "/banks");
    frame.crumbs = vec![lot_head::list(Stage::Donor)];
    let key = form.get("idempotency_key");
    let mut page = RegisterDonorPage {
        frame,
        donor: refused.field("donor", form.get("donor")),
        products: offered.products,
        product_problem: refused.on("product"),
        donated_at: refused.field("donated_at", form.get("donated_at")),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
    };
    page.frame.problems = refused.0;
    html(status, &page)
}
