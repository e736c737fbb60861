//! `/api/v1/lots/{lot}/runs` and `/api/v1/runs`: recording, looking at, correcting, verifying,
//! resolving a discrepancy.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::run_views::{ChangeView, NewReading, NewRun, RecordedView, RunView, without_evidence};
use super::source_views::record;
use crate::domain::blind::Blind;
use crate::domain::entry::{ReadingEntry, RunEntry};
use crate::domain::ids::RunNumber;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Stage;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::permit::{RecordRun, ResolveDiscrepancy, VerifyRun};
use crate::workflow::record_run::preview_run;
use crate::workflow::resolve_discrepancy::{ResolutionEntry, resolve_discrepancy};
use crate::workflow::verify_run::{VerificationEntry, verify_run};

/// Records a run: a whole panel in one go.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/runs", tag = "runs", params(("lot" = String, Path)), request_body = NewRun,
    responses((status = 201, body = RecordedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewRun>,
) -> Result<HttpResponse, Problem> {
    record(app, &req, permit, &path, body, Stage::Product).await
}

/// Judges a run as recording it would, and records nothing.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/runs/preview", tag = "runs", params(("lot" = String, Path)), request_body = NewRun,
    responses((status = 200, body = RecordedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn preview(
    app: Data<App>,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewRun>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let entry = RunEntry::from(body.value);
    let made = block(move || {
        places::find(&app, &number, Stage::Product)?;
        preview_run(&app, &permit, &number, &entry)
    });
    Ok(HttpResponse::Ok().json(RecordedView::from(&made.await?)))
}

/// One run.
#[utoipa::path(get, path = "/api/v1/runs/{run}", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, body = RunView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = RunNumber::parse(&path)?;
    let view = block(move || {
        let (lot, stored) = app.lot_of_run(number)?;
        let run =
            lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
        RunView::new(run, &Blind { lot: &lot, spec: &stored.specification, viewer: &reader.user.username })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// What verifying takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVerification {
    /// `content_sha256` as it was shown; anything else is then refused.
    #[serde(default)]
    pub content_sha256: Option<String>,
    /// Critical values, typed again from the raw data.
    #[serde(default)]
    pub readings: Vec<NewReading>,
}

/// A verification just recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VerifiedView {
    /// Run number.
    pub run: i64,
    /// Lot number.
    pub lot: String,
    /// When (UTC).
    pub verified_at: String,
    /// SHA-256 of what was confirmed.
    pub content_sha256: String,
}

/// Confirms a run against its raw data.
#[utoipa::path(post, path = "/api/v1/runs/{run}/verification", tag = "runs", params(("run" = i64, Path)), request_body = NewVerification,
    responses((status = 201, body = VerifiedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn verify(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<VerifyRun>,
    path: Path<String>,
    body: Sent<NewVerification>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = RunNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewVerification { content_sha256, readings } = body.value;
    let entry = VerificationEntry { content_sha256, readings: without_evidence(readings)? };
    let made = block(move || verify_run(&app, &permit, number, &entry)).await?;
    Ok(HttpResponse::Created().json(VerifiedView {
        run: made.run.0,
        lot: made.lot.to_string(),
        verified_at: made.verified_at.to_string(),
        content_sha256: made.content_sha256,
    }))
}

/// What correcting takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    /// The new values.
    pub readings: Vec<NewReading>,
    /// Why.
    pub reason: String,
    /// `false` asks first: a failing value that would revoke the lot's release is then refused with
    /// what would follow. Left out or `true`, it is recorded.
    #[serde(default)]
    pub late_result: Option<bool>,
}

/// A correction just recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CorrectedView {
    /// Run number.
    pub run: i64,
    /// Before and after.
    pub changes: Vec<ChangeView>,
}

/// Corrects values of a run; a verification of it falls.
#[utoipa::path(post, path = "/api/v1/runs/{run}/correction", tag = "runs", params(("run" = i64, Path)), request_body = NewCorrection,
    responses((status = 201, body = CorrectedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn correct(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewCorrection>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = RunNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewCorrection { readings, reason, late_result } = body.value;
    let late_result = late_result.unwrap_or(true);
    let entry = CorrectionEntry { readings: without_evidence(readings)?, reason, late_result };
    let made = block(move || correct_run(&app, &permit, number, &entry)).await?;
    let view = CorrectedView { run: made.run.0, changes: made.changes.iter().map(ChangeView::from).collect() };
    Ok(HttpResponse::Created().json(view))
}

/// What resolving a discrepancy takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    /// Attribute code.
    pub attribute: String,
    /// What the value is, from the raw data; none for a calculated attribute.
    #[serde(default)]
    pub value: String,
    /// The raw entries of a calculated attribute.
    #[serde(default)]
    pub raw: BTreeMap<String, Vec<String>>,
    /// Why the entries differed.
    pub reason: String,
}

/// What one of the two said about a discrepancy.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResolvedView {
    /// Run number.
    pub run: i64,
    /// Lot number.
    pub lot: String,
    /// Attribute code.
    pub attribute: String,
    /// What this person says the value is.
    pub value: String,
    /// The value on which both agree, once they do.
    pub agreed: Option<String>,
    /// What was corrected by it.
    pub changes: Vec<ChangeView>,
}

/// Says what a critical value is whose two entries differ, and why.
#[utoipa::path(post, path = "/api/v1/runs/{run}/resolution", tag = "runs", params(("run" = i64, Path)), request_body = NewResolution,
    responses((status = 201, body = ResolvedView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn resolve(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ResolveDiscrepancy>,
    path: Path<String>,
    body: Sent<NewResolution>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = RunNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewResolution { attribute, value, raw, reason } = body.value;
    let entry = ResolutionEntry { reading: ReadingEntry { attribute, value, unit: None, raw }, reason };
    let made = block(move || resolve_discrepancy(&app, &permit, number, &entry)).await?;
    Ok(HttpResponse::Created().json(ResolvedView {
        run: made.run.0,
        lot: made.lot.to_string(),
        attribute: made.attribute.to_string(),
        value: made.value,
        agreed: made.agreed,
        changes: made.changes.iter().map(ChangeView::from).collect(),
    }))
}
