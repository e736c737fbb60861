//! `/api/v1/banks`: registering, listing and looking at banks and intermediates.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lot_views::PinnedSpecification;
use super::lots::{RowsQuery, list_of};
use super::run_views::{NewRun, RecordedView};
use super::source_views::{MadeView, Standing, made, record};
use crate::domain::assessment::assess;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::spec::Stage;
use crate::store::StoredSpecification;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::list_lots::made_from;
use crate::workflow::permit::{RecordRun, RegisterBank};
use crate::workflow::register_bank::{BankEntry, register_bank};

/// A bank as registration takes it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBank {
    /// Its number.
    pub bank: String,
    /// Product code.
    pub product: String,
    /// Pseudonymous donor code.
    pub donor: String,
    /// The bank it was made from; none for one made from the donor's tissue.
    #[serde(default)]
    pub made_from: Option<String>,
    /// Passage number as text, `"2"`.
    pub passage: String,
    /// Cumulative population doublings as text, `"5.2"`.
    #[serde(default)]
    pub population_doublings: Option<String>,
    /// When it was made, RFC 3339 with zone.
    pub made_at: String,
    /// When it expires, RFC 3339 with zone; none if it does not.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// Number of containers.
    pub containers: u32,
}

impl From<NewBank> for BankEntry {
    fn from(new: NewBank) -> Self {
        BankEntry {
            bank: new.bank,
            product: new.product,
            donor: new.donor,
            made_from: new.made_from,
            passage: new.passage,
            population_doublings: new.population_doublings,
            made_at: new.made_at,
            expires_at: new.expires_at,
            containers: new.containers,
        }
    }
}

/// A bank just registered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegisteredBankView {
    /// Its number.
    pub bank: String,
    /// The specification version it is pinned to.
    pub specification: PinnedSpecification,
}

/// A bank as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BankView {
    /// Its number.
    pub bank: String,
    /// Donor code.
    pub donor: String,
    /// The bank it was made from.
    pub made_from: Option<String>,
    /// Its passage.
    pub passage: Option<u32>,
    /// Its cumulative population doublings as typed.
    pub population_doublings: Option<String>,
    /// When it was made (UTC).
    pub made_at: String,
    /// When it expires (UTC); none if it does not.
    pub expires_at: Option<String>,
    /// Number of containers.
    pub containers: u32,
    /// How it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// What was made from it, banks first.
    pub made: Vec<MadeView>,
}

/// A bank in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BankRow {
    /// Its number.
    pub bank: String,
    /// Product code.
    pub product: String,
    /// Donor code.
    pub donor: String,
    /// The bank it was made from.
    pub made_from: Option<String>,
    /// Its passage.
    pub passage: Option<u32>,
    /// Its status.
    pub status: String,
}

/// A page of banks.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BanksView {
    /// Newest registration first.
    pub banks: Vec<BankRow>,
    /// Send it as `cursor` for the next page; none on the last.
    pub next_cursor: Option<String>,
}

impl BankRow {
    fn new(lot: &Lot, stored: &StoredSpecification, now: Moment) -> Self {
        BankRow {
            bank: lot.number().to_string(),
            product: lot.details.product.to_string(),
            donor: lot.details.donor.to_string(),
            made_from: lot.details.bank.as_ref().map(ToString::to_string),
            passage: lot.details.passage,
            status: assess(lot, &stored.specification, now).status.as_str().to_owned(),
        }
    }
}

/// Registers a bank.
#[utoipa::path(post, path = "/api/v1/banks", tag = "banks", request_body = NewBank,
    responses((status = 201, body = RegisteredBankView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RegisterBank>,
    body: Sent<NewBank>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let entry = BankEntry::from(body.value);
    let made = block(move || register_bank(&app, &permit, &entry)).await?;
    let view = RegisteredBankView {
        bank: made.lot.to_string(),
        specification: PinnedSpecification { product: made.product.to_string(), version: made.specification_version },
    };
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/v1/banks/{}", made.lot))).json(view))
}

/// Lists banks.
#[utoipa::path(get, path = "/api/v1/banks", tag = "banks",
    params(("q" = Option<String>, Query, description = "part of a bank's number or donor code"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = BanksView), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let asked = RowsQuery::read(&req)?;
    let (page, now) = list_of(app, asked, Stage::Bank).await?;
    let banks = page.lots.iter().map(|(lot, spec)| BankRow::new(lot, spec, now)).collect();
    Ok(HttpResponse::Ok().json(BanksView { banks, next_cursor: page.next.map(|n| n.to_string()) }))
}

/// One bank: criteria of its stage, blockers, runs, what was made from it.
#[utoipa::path(get, path = "/api/v1/banks/{bank}", tag = "banks", params(("bank" = String, Path)),
    responses((status = 200, body = BankView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Bank)?;
    let view = block(move || {
        let (lot, stored) = places::find(&app, &number, Stage::Bank)?;
        let now = app.now();
        let assessment = assess(&lot, &stored.specification, now);
        let details = &lot.details;
        Ok(BankView {
            bank: number.to_string(),
            donor: details.donor.to_string(),
            made_from: details.bank.as_ref().map(ToString::to_string),
            passage: details.passage,
            population_doublings: details.population_doublings.clone(),
            made_at: details.manufactured_at.to_string(),
            expires_at: Some(details.expires_at).filter(|at| *at != Moment::never()).map(|at| at.to_string()),
            containers: details.containers,
            standing: Standing::new(&lot, &stored, &assessment),
            made: made(&made_from(&app, &number)?, now),
        })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// Records a run on a bank.
#[utoipa::path(post, path = "/api/v1/banks/{bank}/runs", tag = "banks", params(("bank" = String, Path)), request_body = NewRun,
    responses((status = 201, body = RecordedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn record_run(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewRun>,
) -> Result<HttpResponse, Problem> {
    record(app, &req, permit, &path, body, Stage::Bank).await
}
