//! The list of lots, and registering one.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::search::exactly;
use super::shown;
use super::view::lots::{LotRow, LotsPage, RegisterLotPage, Statement};
use super::view::parts::{Choice, Link};
use super::visit::{Visit, encoded, html, see_other, signed_in};
use super::waiting::{LotAndSpec, OPEN_LOTS_MAX, open_drafts, open_lots, revoked_lots, waiting, waits_for};
use crate::domain::assessment::{Assessment, Status, assess};
use crate::domain::lineage;
use crate::domain::lot::{Decision, Lot};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::{Specification, Stage};
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::list_lots::{LotPage, LotQuery, list_lots};
use crate::workflow::permit::RegisterLot;
use crate::workflow::register_lot::{LotEntry, register_lot};
use crate::workflow::set_policy::{PolicyInForce, policy_in_force};
use crate::workflow::{App, Error};

/// How many lots a page has.
const ROWS: usize = 50;
/// How many banks a form offers; any other can be typed.
const BANKS: usize = 200;
/// How many lots the list as a file has at most.
const CSV_ROWS: usize = 10_000;
/// Expiry is near from here on.
const SOON_HOURS: i64 = 7 * 24;

/// `GET /`
pub async fn home(_req: HttpRequest) -> HttpResponse {
    see_other("/lots")
}

/// `GET /lots`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /lots.csv`
pub async fn csv(req: HttpRequest) -> HttpResponse {
    signed_in(&req, csv_file).await
}

/// `GET /lots/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<RegisterLot>().await?;
        register_page(visit, &Form::default(), Refused::default(), StatusCode::OK).await
    })
    .await
}

/// `POST /lots`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| register(visit, Form::read(body)?).await).await
}

struct Asked {
    status: Option<Status>,
    search: String,
    cursor: Option<i64>,
}

fn asked(visit: &Visit) -> Asked {
    let status = visit.query("status");
    Asked {
        status: Status::ALL.into_iter().find(|s| s.as_str() == status),
        search: visit.query("q").chars().take(100).collect(),
        cursor: visit.query("cursor").parse().ok(),
    }
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let asked = asked(visit);
    let search = asked.search.clone();
    if let Some(place) = visit.work(move |app| exactly(app, &search)).await? {
        return Ok(see_other(&place));
    }
    let query = LotQuery {
        status: asked.status,
        search: Some(asked.search.clone()),
        cursor: asked.cursor,
        limit: ROWS,
        ..LotQuery::default()
    };
    let read = move |app: &App| {
        let policy = app.read(policy_in_force)?;
        let (open, drafts) = (open_lots(app)?, open_drafts(app)?);
        Ok::<_, Error>((list_lots(app, &query)?, open, revoked_lots(app)?, drafts, policy))
    };
    let (page, open, revoked, drafts, policy) = visit.work(read).await?;
    let first = asked.cursor.is_none() && asked.status.is_none() && asked.search.is_empty();
    let mut frame = visit.frame("Lots", "lots", "/lots");
    frame.search = None;
    let narrowing = narrowing(&asked);
    let view = LotsPage {
        frame,
        waiting: if first { waiting(visit, (&open, &revoked), &drafts, &policy) } else { Vec::new() },
        filters: filters(&asked, &open, visit.now),
        status: asked.status.map_or("", Status::as_str).to_owned(),
        search: asked.search,
        rows: page
            .lots
            .iter()
            .map(|(lot, spec)| row(lot, &seen(visit, lot, &spec.specification), &policy, visit))
            .collect(),
        next: page.next.map(|cursor| format!("/lots?{narrowing}cursor={cursor}")),
        csv: Some(format!("/lots.csv?{narrowing}").trim_end_matches(['?', '&']).to_owned()),
        may_register: visit.is(Role::Analyst),
    };
    html(StatusCode::OK, &view)
}

/// How a lot stands, as the reader sees it.
fn seen<'a>(visit: &'a Visit, lot: &'a Lot, spec: &'a Specification) -> Assessment<'a> {
    visit.blind(lot, spec).veil(assess(lot, spec, visit.now))
}

/// `status=ready&q=D-0031&`, as far as the list is narrowed.
fn narrowing(asked: &Asked) -> String {
    let status = asked.status.map(|s| format!("status={}&", s.as_str())).unwrap_or_default();
    let search = if asked.search.is_empty() { String::new() } else { format!("q={}&", encoded(&asked.search)) };
    status + &search
}

fn filters(asked: &Asked, open: &[LotAndSpec], now: Moment) -> Vec<Link> {
    let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
    for (lot, spec) in open.iter().filter(|(lot, _)| lot.details.stage.is_own()) {
        *counts.entry(assess(lot, &spec.specification, now).status).or_default() += 1;
    }
    let all_counted = i64::try_from(open.len()).is_ok_and(|n| n < OPEN_LOTS_MAX);
    let search = if asked.search.is_empty() { String::new() } else { format!("&q={}", encoded(&asked.search)) };
    let here = |link: Link, current: bool| if current { link.here() } else { link };
    let every = format!("/lots?{}", search.trim_start_matches('&'));
    let mut links = vec![here(Link::new("All", every.trim_end_matches('?')), asked.status.is_none())];
    for status in Status::ALL {
        let link = Link::new(status.to_string(), format!("/lots?status={}{search}", status.as_str()));
        let open_status = matches!(status, Status::Testing | Status::OnHold | Status::Ready | Status::Expired);
        let count = counts.get(&status).copied().unwrap_or_default();
        let link =
            if open_status && all_counted && search.is_empty() { link.with_note(count.to_string()) } else { link };
        links.push(here(link, asked.status == Some(status)));
    }
    links
}

/// The passage as it stands on record, such as `P4`.
pub fn passage(lot: &Lot) -> String {
    if let Some(passage) = lot.details.passage {
        return format!("P{passage}");
    }
    let readings = lot.runs.iter().rev().flat_map(|run| &run.content.readings);
    readings.filter(|r| r.attribute.as_str() == "PASSAGE").map(|r| format!("P{}", r.value)).next().unwrap_or_default()
}

fn row(lot: &Lot, assessment: &Assessment, policy: &PolicyInForce, visit: &Visit) -> LotRow {
    let (held_by, held_more) = match (&lot.decision, assessment.blockers.first()) {
        (Some(Decision::Released { certificate, .. }), _) if lot.course.revocation.is_none() => {
            let stands = lot.standing_certificate().unwrap_or(certificate);
            let flag = lineage::flags_in_words(lot).into_iter().next().map(|(_, told)| format!(". {told}"));
            (format!("Certificate {stands}{}", flag.unwrap_or_default()), lot.flags.len().saturating_sub(1))
        }
        (_, Some(first)) => (shown::local_times(&first.detail, visit.zone), assessment.blockers.len() - 1),
        (_, None) => (waits_for(lot, assessment, policy), 0),
    };
    let expires_at = lot.details.expires_at;
    let soon = lot.decision.is_none() && expires_at > visit.now && expires_at <= visit.now.plus_hours(SOON_HOURS);
    let mut expires = shown::moment(expires_at, visit);
    if lot.decision.is_some() {
        expires.relative = String::new();
    }
    LotRow {
        lot: lot.number().to_string(),
        product: lot.details.product.to_string(),
        passage: passage(lot),
        status: assessment.status,
        held_by,
        held_more,
        next: assessment.blockers.iter().filter_map(|b| b.earliest).min().map(|at| shown::moment(at, visit)),
        expires,
        expires_soon: soon,
    }
}

async fn csv_file(visit: &Visit) -> Result<HttpResponse, Error> {
    let asked = asked(visit);
    let query = LotQuery { status: asked.status, search: Some(asked.search), limit: CSV_ROWS, ..LotQuery::default() };
    let (page, policy) =
        visit.work(move |app| Ok::<_, Error>((list_lots(app, &query)?, app.read(policy_in_force)?))).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("Content-Disposition", "attachment; filename=\"lots.csv\""))
        .body(csv_text(&page, &policy, visit)))
}

fn csv_text(page: &LotPage, policy: &PolicyInForce, visit: &Visit) -> String {
    let mut text = String::from("lot,product,donor,passage,status,what holds it back,more,expires\r\n");
    for (lot, spec) in &page.lots {
        let row = row(lot, &seen(visit, lot, &spec.specification), policy, visit);
        let more = row.held_more.to_string();
        let donor = lot.details.donor.as_str();
        let cells =
            [&row.lot, &row.product, donor, &row.passage, row.status.as_str(), &row.held_by, &more, &row.expires.shown];
        let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell in quotes; what a spreadsheet would take for a formula is marked as text.
pub(super) fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, cell.replace('"', "\"\""))
}

async fn register(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<RegisterLot>().await?.with_once(visit.once(&form));
    let outcome = match entry(&form, visit) {
        Ok(entry) => visit.work(move |app| register_lot(app, &permit, &entry)).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(made) => Ok(see_other(&format!("/lots/{}?done=registered", made.lot))),
        Err(Error::Refused(refusal)) => {
            register_page(visit, &form, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

fn entry(form: &Form, visit: &Visit) -> Result<LotEntry, Refusal> {
    if form.get("product").is_empty() {
        return Err(Refusal::field(Code::InvalidField, "product", "Choose what the lot is a lot of."));
    }
    let moment = |field: &str| times::from_input(field, form.get(field), visit.zone);
    Ok(LotEntry {
        lot: form.get("lot").to_owned(),
        product: form.get("product").to_owned(),
        donor: form.get("donor").to_owned(),
        passage: Some(form.get("passage").trim().to_owned()),
        manufactured_at: moment("manufactured_at")?,
        expires_at: moment("expires_at")?,
        // No lot has none, so what is no number is refused there, together with everything else.
        containers: form.get("containers").trim().parse().unwrap_or_default(),
        bank: Some(form.get("bank").to_owned()),
        autologous: stated(form, "autologous"),
        cryopreserved: stated(form, "cryopreserved"),
        antibiotics: stated(form, "antibiotics"),
    })
}

fn stated(form: &Form, name: &str) -> Option<bool> {
    match form.get(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn place(given: &FieldRefusal) -> (String, String) {
    let label = match given.field.as_str() {
        "lot" => "Lot number",
        "product" => "Product",
        "donor" => "Donor",
        "passage" => "Passage",
        "manufactured_at" => "Manufactured",
        "expires_at" => "Expires",
        "containers" => "Containers",
        "bank" => "Bank",
        "autologous" | "cryopreserved" | "antibiotics" => "",
        _ => return ("main".into(), String::new()),
    };
    (given.field.clone(), label.into())
}

/// What a registration can choose from.
pub struct Offered {
    /// The products with a specification in force.
    pub products: Vec<Choice>,
    /// Their specifications.
    pub specifications: Vec<Specification>,
    /// The banks, newest first.
    pub banks: Vec<String>,
}

/// What a registration can choose from, with what was chosen.
///
/// # Errors
/// Storage fails.
pub async fn offered(visit: &Visit, form: &Form) -> Result<Offered, Error> {
    let query = LotQuery { stage: Stage::Bank, limit: BANKS, ..LotQuery::default() };
    let load = move |app: &App| Ok((app.read(|view| Ok(view.specifications()?))?, list_lots(app, &query)?));
    let (specs, banks) = visit.work(load).await?;
    let mut offered = Offered {
        products: Vec::new(),
        specifications: Vec::new(),
        banks: banks.lots.iter().map(|(bank, _)| bank.number().to_string()).collect(),
    };
    for spec in specs.into_iter().map(|s| s.specification) {
        let code = spec.product.as_str();
        // The newest version comes first.
        let known = offered.products.iter().any(|choice| choice.value == code);
        if known || spec.effective_from.is_none_or(|from| from > visit.now) {
            continue;
        }
        let label = format!("{code} · specification version {}", spec.version);
        offered.products.push(Choice { value: code.to_owned(), label, chosen: form.get("product") == code });
        offered.specifications.push(spec);
    }
    if let ([only], true) = (offered.products.as_mut_slice(), form.0.is_empty()) {
        only.chosen = true;
    }
    Ok(offered)
}

/// What the specifications in force ask to be stated about a lot.
fn statements(offered: &Offered, form: &Form, refused: &Refused) -> Vec<Statement> {
    let statement = |(name, label): (&'static str, &'static str)| {
        let asks = offered.specifications.iter().filter(|spec| lineage::statements(spec).contains(&name));
        let products: Vec<&str> = asks.map(|spec| spec.product.as_str()).collect();
        let choice = |value: &str, label: &str| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: form.get(name) == value,
        };
        (!products.is_empty()).then(|| Statement {
            name,
            label,
            hint: format!("Asked for by {}.", products.join(", ")),
            choices: vec![choice("", "not stated"), choice("yes", "yes"), choice("no", "no")],
            problem: refused.on(name),
        })
    };
    let all = [
        ("autologous", "Autologous: the donor is the patient"),
        ("cryopreserved", "Cryopreserved: given after freezing and thawing"),
        ("antibiotics", "Antibiotics used in the process"),
    ];
    all.into_iter().filter_map(statement).collect()
}

async fn register_page(
    visit: &Visit,
    form: &Form,
    refused: Refused,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let offered = offered(visit, form).await?;
    let mut frame = visit.frame("Register a lot", "register-lot", "/lots");
    frame.crumbs = vec![Link::new("Lots", "/lots")];
    let field = |name: &str| refused.field(name, form.get(name));
    let key = form.get("idempotency_key");
    let mut page = RegisterLotPage {
        lot: field("lot"),
        statements: statements(&offered, form, &refused),
        products: offered.products,
        banks: offered.banks,
        bank: field("bank"),
        product_problem: refused.on("product"),
        donor: field("donor"),
        passage: field("passage"),
        manufactured_at: field("manufactured_at"),
        expires_at: field("expires_at"),
        containers: field("containers"),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
        frame,
    };
    page.frame.problems = refused.0;
    html(status, &page)
}
