//! `/api/v1/lots`: registering, listing, looking at, releasing and rejecting lots.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lot_views::{LotRow, LotView, LotsView, PinnedSpecification};
use super::{query, read_cursor, read_limit};
use crate::domain::assessment::{Status, assess};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Stage;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::course::{Seen, course_now};
use crate::workflow::list_lots::{LotPage, LotQuery, list_lots};
use crate::workflow::list_specifications::newer_version;
use crate::workflow::permit::{Proof, RegisterLot, RejectLot, ReleaseLot};
use crate::workflow::register_lot::{LotEntry, register_lot};
use crate::workflow::reject_lot::reject_lot;
use crate::workflow::release_lot::{Released, release_lot};

/// A lot as registration takes it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLot {
    /// Lot number.
    pub lot: String,
    /// Product code.
    pub product: String,
    /// Pseudonymous donor code.
    pub donor: String,
    /// Passage number as text, `"4"`.
    #[serde(default)]
    pub passage: Option<String>,
    /// When it was made, RFC 3339 with zone.
    pub manufactured_at: String,
    /// When it expires, RFC 3339 with zone.
    pub expires_at: String,
    /// Number of containers.
    pub containers: u32,
    /// The bank it was made from.
    #[serde(default)]
    pub bank: Option<String>,
    /// True where the donor is the patient.
    #[serde(default)]
    pub autologous: Option<bool>,
    /// True where the product is given after freezing and thawing.
    #[serde(default)]
    pub cryopreserved: Option<bool>,
    /// True where antibiotics were used in the process.
    #[serde(default)]
    pub antibiotics: Option<bool>,
}

impl From<NewLot> for LotEntry {
    fn from(new: NewLot) -> Self {
        LotEntry {
            lot: new.lot,
            product: new.product,
            donor: new.donor,
            passage: new.passage,
            manufactured_at: new.manufactured_at,
            expires_at: new.expires_at,
            containers: new.containers,
            bank: new.bank,
            autologous: new.autologous,
            cryopreserved: new.cryopreserved,
            antibiotics: new.antibiotics,
        }
    }
}

/// A lot just registered.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegisteredView {
    /// Lot number.
    pub lot: String,
    /// The specification version it is pinned to.
    pub specification: PinnedSpecification,
    /// The run that recorded the passage.
    pub run: Option<i64>,
}

/// Registers a lot.
#[utoipa::path(post, path = "/api/v1/lots", tag = "lots", request_body = NewLot,
    responses((status = 201, body = RegisteredView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RegisterLot>,
    body: Sent<NewLot>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let entry = LotEntry::from(body.value);
    let made = block(move || register_lot(&app, &permit, &entry)).await?;
    let view = RegisteredView {
        lot: made.lot.to_string(),
        specification: PinnedSpecification { product: made.product.to_string(), version: made.specification_version },
        run: made.run.map(|r| r.0),
    };
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/v1/lots/{}", made.lot))).json(view))
}

/// What every list of lots, banks or donors can be asked for.
#[derive(Deserialize)]
pub struct RowsQuery {
    status: Option<String>,
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

impl RowsQuery {
    /// Reads it from the address.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(req: &HttpRequest) -> Result<Self, Refusal> {
        query(req)
    }
}

/// A page of lots, banks or donors, as of the moment that comes with it.
///
/// # Errors
/// A field of the query cannot be accepted, or storage fails.
pub async fn list_of(app: Data<App>, asked: RowsQuery, stage: Stage) -> Result<(LotPage, Moment), Problem> {
    let lot_query = LotQuery {
        stage,
        status: read_status(asked.status.as_deref())?,
        // No code is longer, and a pattern of any length is more than SQLite takes.
        search: asked.q.map(|q| q.chars().take(100).collect()),
        cursor: read_cursor("cursor", asked.cursor.as_deref())?,
        limit: usize::try_from(read_limit(asked.limit.as_deref())?).unwrap_or(1),
    };
    Ok(block(move || Ok((list_lots(&app, &lot_query)?, app.now()))).await?)
}

/// Reads a status filter.
///
/// # Errors
/// There is no such status.
pub fn read_status(text: Option<&str>) -> Result<Option<Status>, Refusal> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    let known = Status::ALL.into_iter().find(|s| s.as_str() == text);
    known.map(Some).ok_or_else(|| {
        let all: Vec<_> = Status::ALL.iter().map(|s| s.as_str()).collect();
        Refusal::field(Code::InvalidField, "status", format!("status is one of {}.", all.join(", ")))
    })
}

/// Lists lots.
#[utoipa::path(get, path = "/api/v1/lots", tag = "lots",
    params(("status" = Option<String>, Query), ("q" = Option<String>, Query, description = "part of a lot number or donor code"),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = LotsView), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, reader: Somebody) -> Result<HttpResponse, Problem> {
    let (page, now) = list_of(app, RowsQuery::read(&req)?, Stage::Product).await?;
    let lots = page.lots.iter().map(|(lot, spec)| LotRow::new(lot, spec, now, &reader.user.username)).collect();
    Ok(HttpResponse::Ok().json(LotsView { lots, next_cursor: page.next.map(|n| n.to_string()) }))
}

/// One lot: criteria, verdicts, blockers.
#[utoipa::path(get, path = "/api/v1/lots/{lot}", tag = "lots", params(("lot" = String, Path)),
    responses((status = 200, body = LotView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Product)?;
    let view = block(move || {
        let (lot, stored) = places::find(&app, &number, Stage::Product)?;
        let newer = newer_version(&app, &lot)?;
        let now = app.now();
        let assessment = assess(&lot, &stored.specification, now);
        let course = app.read(|view| course_now(view, &lot, &stored.specification, &assessment, now))?;
        LotView::new(&lot, &stored, now, &reader.user.username, newer, &course)
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// What releasing takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseEntry {
    /// The signer's password, again.
    pub password: String,
    /// What the signature means.
    pub meaning: String,
    /// `dossier_sha256` as it was shown; anything else is then refused.
    #[serde(default)]
    pub dossier_sha256: Option<String>,
    /// `course.through` as it was shown: a refusal then says what was recorded since.
    #[serde(default)]
    pub seen_through: Option<i64>,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
}

/// A lot just released.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReleasedView {
    /// Certificate number.
    pub certificate: String,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Where a stranger checks it.
    pub verify_url: String,
}

impl From<Released> for ReleasedView {
    fn from(made: Released) -> Self {
        ReleasedView {
            certificate: made.certificate.to_string(),
            record_sha256: made.record_sha256,
            pdf_sha256: made.pdf_sha256,
            verify_url: made.verify_url,
        }
    }
}

/// Releases a lot with an electronic signature and issues its certificate.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/release", tag = "lots", params(("lot" = String, Path)), request_body = ReleaseEntry,
    responses((status = 201, body = ReleasedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn release(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ReleaseLot>,
    path: Path<String>,
    body: Sent<ReleaseEntry>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (entry, subject) = (body.value, subject(&req));
    let made = block(move || {
        let proof = Proof { password: entry.password, code: entry.code };
        let signed = permit.sign(&app, proof, &entry.meaning, &subject)?;
        release_lot(&app, &signed, &number, Seen { sha256: entry.dossier_sha256, through: entry.seen_through })
    });
    Ok(HttpResponse::Created().json(ReleasedView::from(made.await?)))
}

/// What rejecting takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectionEntry {
    /// The signer's password, again.
    pub password: String,
    /// Why.
    pub reason: String,
    /// `dossier_sha256` as it was shown; anything else is then refused.
    #[serde(default)]
    pub dossier_sha256: Option<String>,
    /// `course.through` as it was shown: a refusal then says what was recorded since.
    #[serde(default)]
    pub seen_through: Option<i64>,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
}

/// A lot just rejected.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RejectedView {
    /// Lot number.
    pub lot: String,
    /// When (UTC).
    pub rejected_at: String,
    /// SHA-256 of the dossier that was signed.
    pub record_sha256: String,
}

/// Rejects a lot with an electronic signature.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/rejection", tag = "lots", params(("lot" = String, Path)), request_body = RejectionEntry,
    responses((status = 201, body = RejectedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn reject(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RejectLot>,
    path: Path<String>,
    body: Sent<RejectionEntry>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (entry, subject) = (body.value, subject(&req));
    let made = block(move || {
        let proof = Proof { password: entry.password, code: entry.code };
        let signed = permit.sign(&app, proof, &entry.reason, &subject)?;
        reject_lot(&app, &signed, &number, Seen { sha256: entry.dossier_sha256, through: entry.seen_through })
    });
    let made = made.await?;
    let view = RejectedView {
        lot: made.lot.to_string(),
        rejected_at: made.rejected_at.to_string(),
        record_sha256: made.record_sha256,
    };
    Ok(HttpResponse::Created().json(view))
}
