//! `/api/v1/donors`: registering, listing and looking at donors.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lot_views::PinnedSpecification;
use super::lots::{RowsQuery, list_of};
use super::run_views::{NewRun, RecordedView};
use super::source_views::{MadeView, Standing, made, record};
use crate::domain::assessment::assess;
use crate::domain::spec::Stage;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::list_lots::made_from;
use crate::workflow::permit::{RecordRun, RegisterDonor};
use crate::workflow::register_donor::{DonorEntry, register_donor};

/// A donor as registration takes it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDonor {
    /// Pseudonymous code; never a name.
    pub donor: String,
    /// The product whose donor criteria the donor is tested by.
    pub product: String,
    /// When the tissue was donated, RFC 3339 with zone.
    pub donated_at: String,
}

/// A donor just registered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegisteredDonorView {
    /// The code.
    pub donor: String,
    /// The specification version the donor is tested by.
    pub specification: PinnedSpecification,
}

/// A donor as tested.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DonorView {
    /// The code.
    pub donor: String,
    /// When the tissue was donated (UTC).
    pub donated_at: String,
    /// How the donor stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// What was made from the donor, banks first.
    pub made: Vec<MadeView>,
}

/// A donor in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DonorRow {
    /// The code.
    pub donor: String,
    /// Product code.
    pub product: String,
    /// When the tissue was donated (UTC).
    pub donated_at: String,
    /// The status.
    pub status: String,
}

/// A page of donors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DonorsView {
    /// Newest registration first.
    pub donors: Vec<DonorRow>,
    /// Send it as `cursor` for the next page; none on the last.
    pub next_cursor: Option<String>,
}

/// Registers a donor.
#[utoipa::path(post, path = "/api/v1/donors", tag = "donors", request_body = NewDonor,
    responses((status = 201, body = RegisteredDonorView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RegisterDonor>,
    body: Sent<NewDonor>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewDonor { donor, product, donated_at } = body.value;
    let entry = DonorEntry { donor, product, donated_at };
    let made = block(move || register_donor(&app, &permit, &entry)).await?;
    let view = RegisteredDonorView {
        donor: made.lot.to_string(),
        specification: PinnedSpecification { product: made.product.to_string(), version: made.specification_version },
    };
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/v1/donors/{}", made.lot))).json(view))
}

/// Lists donors.
#[utoipa::path(get, path = "/api/v1/donors", tag = "donors",
    params(("q" = Option<String>, Query, description = "part of a donor code"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DonorsView), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let asked = RowsQuery::read(&req)?;
    let (page, now) = list_of(app, asked, Stage::Donor).await?;
    let donors = page.lots.iter().map(|(lot, spec)| DonorRow {
        donor: lot.number().to_string(),
        product: lot.details.product.to_string(),
        donated_at: lot.details.manufactured_at.to_string(),
        status: assess(lot, &spec.specification, now).status.as_str().to_owned(),
    });
    let view = DonorsView { donors: donors.collect(), next_cursor: page.next.map(|n| n.to_string()) };
    Ok(HttpResponse::Ok().json(view))
}

/// One donor: eligibility tests, blockers, runs, what was made from the donor.
#[utoipa::path(get, path = "/api/v1/donors/{donor}", tag = "donors", params(("donor" = String, Path)),
    responses((status = 200, body = DonorView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Donor)?;
    let view = block(move || {
        let (lot, stored) = places::find(&app, &number, Stage::Donor)?;
        let now = app.now();
        let assessment = assess(&lot, &stored.specification, now);
        Ok(DonorView {
            donor: number.to_string(),
            donated_at: lot.details.manufactured_at.to_string(),
            standing: Standing::new(&lot, &stored, &assessment),
            made: made(&made_from(&app, &number)?, now),
        })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// Records eligibility tests of a donor.
#[utoipa::path(post, path = "/api/v1/donors/{donor}/runs", tag = "donors", params(("donor" = String, Path)), request_body = NewRun,
    responses((status = 201, body = RecordedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn record_run(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewRun>,
) -> Result<HttpResponse, Problem> {
    record(app, &req, permit, &path, body, Stage::Donor).await
}
