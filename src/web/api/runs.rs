//! `/api/v1/lots/{lot}/runs` and `/api/v1/runs`: recording, looking at, correcting, verifying.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lot_views::VerdictView;
use super::lots::read_lot;
use crate::domain::assessment::verdict_in_run;
use crate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use crate::domain::ids::RunNumber;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::{Change, Run};
use crate::domain::spec::Specification;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::permit::{RecordRun, VerifyRun};
use crate::workflow::record_run::{JudgedReading, RecordedRun, preview_run, record_run};
use crate::workflow::verify_run::{VerificationEntry, content_sha256, verify_run};
use crate::workflow::{App, Error};

/// A run as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// Assay code.
    pub assay: String,
    /// Method and version.
    pub method: String,
    /// Instrument.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Start of test or incubation, RFC 3339 with zone; needed where the test incubates.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When it was read, RFC 3339 with zone.
    pub tested_at: String,
    /// Controls.
    #[serde(default)]
    pub controls: Vec<NamedValue>,
    /// Values, any subset of the assay's attributes.
    pub readings: Vec<NewReading>,
    /// Remark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Codes of reagents and kits used.
    #[serde(default)]
    pub reagents: Vec<String>,
    /// SHA-256 of evidence files that were sent before.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// A control as it is sent.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedValue {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A value as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReading {
    /// Attribute code.
    pub attribute: String,
    /// The value as text, exactly as read: `"98.7"`, `"<0.05"`, `"No growth"`; none for a
    /// calculated attribute.
    #[serde(default)]
    pub value: String,
    /// The unit of the criterion, where it has one.
    #[serde(default)]
    pub unit: Option<String>,
    /// The raw entries of a calculated attribute, as text: `{"live": ["142"], "dead": ["8"]}`.
    #[serde(default)]
    pub raw: BTreeMap<String, Vec<String>>,
}

impl From<NewReading> for ReadingEntry {
    fn from(r: NewReading) -> Self {
        ReadingEntry { attribute: r.attribute, value: r.value, unit: r.unit, raw: r.raw }
    }
}

impl From<NewRun> for RunEntry {
    fn from(run: NewRun) -> Self {
        let control = |c: NamedValue| ControlEntry { name: c.name, value: c.value };
        RunEntry {
            assay: run.assay,
            method: run.method,
            instrument: run.instrument,
            started_at: run.started_at,
            tested_at: run.tested_at,
            controls: run.controls.into_iter().map(control).collect(),
            readings: run.readings.into_iter().map(ReadingEntry::from).collect(),
            comment: run.comment,
            reagents: run.reagents,
            evidence: run.evidence,
        }
    }
}

/// A value with its verdict.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadingView {
    /// Attribute code.
    pub attribute: String,
    /// The value as recorded.
    pub value: String,
    /// Unit.
    pub unit: Option<String>,
    /// How it stands.
    pub verdict: VerdictView,
    /// How far the reportable value is inside (+) or outside (−) the limit.
    pub distance: Option<String>,
}

impl From<&JudgedReading> for ReadingView {
    fn from(r: &JudgedReading) -> Self {
        ReadingView {
            attribute: r.attribute.to_string(),
            value: r.value.clone(),
            unit: r.unit.clone(),
            verdict: VerdictView {
                outcome: r.outcome.as_str().to_owned(),
                because: r.because.clone(),
                as_entered: Some(r.value.clone()),
                reported: r.reported.clone(),
                earliest: r.earliest.map(|m| m.to_string()),
            },
            distance: r.distance.clone(),
        }
    }
}

/// A run just recorded, or judged without recording (`run` is then null).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecordedView {
    /// Run number.
    pub run: Option<i64>,
    /// Lot number.
    pub lot: String,
    /// Values with verdicts.
    pub readings: Vec<ReadingView>,
}

impl From<&RecordedRun> for RecordedView {
    fn from(made: &RecordedRun) -> Self {
        RecordedView {
            run: made.run.map(|r| r.0),
            lot: made.lot.to_string(),
            readings: made.readings.iter().map(ReadingView::from).collect(),
        }
    }
}

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
    let body = body.read()?;
    let number = read_lot(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let entry = RunEntry::from(body.value);
    let made = block(move || record_run(&app, &permit, &number, &entry)).await?;
    Ok(HttpResponse::Created().json(RecordedView::from(&made)))
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
    let number = read_lot(&path)?;
    let entry = RunEntry::from(body.value);
    let made = block(move || preview_run(&app, &permit, &number, &entry)).await?;
    Ok(HttpResponse::Ok().json(RecordedView::from(&made)))
}

/// A value that was changed after first entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangeView {
    /// Attribute code.
    pub attribute: String,
    /// Value before.
    pub before: String,
    /// Value after.
    pub after: String,
    /// Why.
    pub reason: String,
    /// Who changed it.
    pub by: String,
    /// When (UTC).
    pub at: String,
}

impl From<&Change> for ChangeView {
    fn from(c: &Change) -> Self {
        ChangeView {
            attribute: c.attribute.to_string(),
            before: c.before.clone(),
            after: c.after.clone(),
            reason: c.reason.as_str().to_owned(),
            by: c.by.name.as_str().to_owned(),
            at: c.at.to_string(),
        }
    }
}

/// A run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunView {
    /// Run number.
    pub run: i64,
    /// Lot number.
    pub lot: String,
    /// Assay code.
    pub assay: String,
    /// Method and version.
    pub method: String,
    /// Instrument.
    pub instrument: String,
    /// Start of test or incubation (UTC).
    pub started_at: Option<String>,
    /// When it was read (UTC).
    pub tested_at: String,
    /// Controls.
    pub controls: Vec<NamedValue>,
    /// Values with verdicts.
    pub readings: Vec<ReadingView>,
    /// Why the run gives no result, if a control failed.
    pub invalid_because: Option<String>,
    /// Remark.
    pub comment: String,
    /// Who entered it.
    pub entered_by: String,
    /// When it was entered (UTC).
    pub entered_at: String,
    /// Who verified it.
    pub verified_by: Option<String>,
    /// When it was verified (UTC).
    pub verified_at: Option<String>,
    /// Values changed after first entry, oldest first.
    pub changes: Vec<ChangeView>,
    /// SHA-256 of the content that a verification confirms.
    pub content_sha256: String,
}

impl RunView {
    fn new(run: &Run, spec: &Specification) -> Result<Self, Error> {
        let content = &run.content;
        let reading = |r: &crate::domain::run::Reading| {
            let verdict = spec.criterion(&r.attribute).and_then(|c| verdict_in_run(run, spec, c))?;
            let (attribute, value, unit) = (r.attribute.to_string(), r.value.clone(), r.unit.clone());
            Some(ReadingView {
                attribute,
                value,
                unit,
                distance: verdict.distance.clone(),
                verdict: VerdictView::from(&verdict),
            })
        };
        let verification = run.verification.as_ref();
        Ok(RunView {
            run: run.number.0,
            lot: run.lot.to_string(),
            assay: content.assay.to_string(),
            method: content.method.as_str().to_owned(),
            instrument: content.instrument.as_str().to_owned(),
            started_at: content.started_at.map(|m| m.to_string()),
            tested_at: content.tested_at.to_string(),
            controls: content
                .controls
                .iter()
                .map(|c| NamedValue { name: c.name.clone(), value: c.value.clone() })
                .collect(),
            readings: content.readings.iter().filter_map(reading).collect(),
            invalid_because: run.invalid_because(spec),
            comment: content.comment.as_str().to_owned(),
            entered_by: run.entered_by.name.as_str().to_owned(),
            entered_at: run.entered_at.to_string(),
            verified_by: verification.map(|v| v.by.name.as_str().to_owned()),
            verified_at: verification.map(|v| v.at.to_string()),
            changes: run.changes.iter().map(ChangeView::from).collect(),
            content_sha256: content_sha256(content)?,
        })
    }
}

/// One run.
#[utoipa::path(get, path = "/api/v1/runs/{run}", tag = "runs", params(("run" = i64, Path)),
    responses((status = 200, body = RunView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = RunNumber::parse(&path)?;
    let view = block(move || {
        let (lot, stored) = app.lot_of_run(number)?;
        let run =
            lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
        RunView::new(run, &stored.specification)
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
    let entry = VerificationEntry { content_sha256, readings: readings.into_iter().map(ReadingEntry::from).collect() };
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
    let NewCorrection { readings, reason } = body.value;
    let entry = CorrectionEntry { readings: readings.into_iter().map(ReadingEntry::from).collect(), reason };
    let made = block(move || correct_run(&app, &permit, number, &entry)).await?;
    let view = CorrectedView { run: made.run.0, changes: made.changes.iter().map(ChangeView::from).collect() };
    Ok(HttpResponse::Created().json(view))
}
