//! `/api/v1/deviations`: deviations and holds.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::investigation_views::SignedView;
use super::investigations::open_only;
use crate::domain::deviation::Deviation;
use crate::domain::ids::DeviationNumber;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::deviate::{self, Deviated, DeviationEntry, close_deviation, open_deviation};
use crate::workflow::permit::{CloseDeviation, OpenDeviation, Proof};

/// How QA closed it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviationClosureView {
    /// The assessment of its impact on the lot.
    pub assessment: String,
    /// Who signed.
    pub signed: SignedView,
}

/// A deviation or hold.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviationView {
    /// Its number.
    pub deviation: String,
    /// The lot, bank or donor.
    pub lot: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// What happened.
    pub description: String,
    /// What it can mean for the lot.
    pub impact: String,
    /// Who opened it.
    pub opened_by: String,
    /// When (UTC).
    pub opened_at: String,
    /// True until QA closes it.
    pub open: bool,
    /// How QA closed it.
    pub closure: Option<DeviationClosureView>,
}

impl From<&Deviation> for DeviationView {
    fn from(d: &Deviation) -> Self {
        DeviationView {
            deviation: d.number.to_string(),
            lot: d.lot.to_string(),
            kind: d.kind.as_str().to_owned(),
            description: d.description.as_str().to_owned(),
            impact: d.impact.as_str().to_owned(),
            opened_by: d.opened_by.name.as_str().to_owned(),
            opened_at: d.opened_at.to_string(),
            open: d.is_open(),
            closure: d.closure.as_ref().map(|c| DeviationClosureView {
                assessment: c.assessment.as_str().to_owned(),
                signed: SignedView {
                    by: c.by.name.as_str().to_owned(),
                    meaning: c.assessment.as_str().to_owned(),
                    at: c.at.to_string(),
                },
            }),
        }
    }
}

/// All deviations and holds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviationsView {
    /// Oldest first.
    pub deviations: Vec<DeviationView>,
}

/// Deviations and holds, oldest first; with `open=true` those that are open.
#[utoipa::path(get, path = "/api/v1/deviations", tag = "deviations", params(("open" = Option<bool>, Query)),
    responses((status = 200, body = DeviationsView)))]
pub async fn list(app: Data<App>, _reader: Somebody, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let open = open_only(&req)?;
    let all = block(move || app.read(|view| Ok(view.deviations(open)?))).await?;
    Ok(HttpResponse::Ok().json(DeviationsView { deviations: all.iter().map(Into::into).collect() }))
}

/// One deviation or hold.
#[utoipa::path(get, path = "/api/v1/deviations/{number}", tag = "deviations", params(("number" = String, Path)),
    responses((status = 200, body = DeviationView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = DeviationNumber::parse(&path)?;
    let found = block(move || app.read(|view| Ok(view.deviation(&number)??))).await?;
    Ok(HttpResponse::Ok().json(DeviationView::from(&found)))
}

/// What opening takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeviation {
    /// The lot, bank or donor.
    pub lot: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// What happened.
    pub description: String,
    /// What it can mean for the lot.
    pub impact: String,
}

/// A deviation or hold just opened or closed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviatedView {
    /// Its number.
    pub deviation: String,
    /// Its lot.
    pub lot: String,
    /// When (UTC).
    pub at: String,
}

fn deviated(made: &Deviated) -> HttpResponse {
    HttpResponse::Created().json(DeviatedView {
        deviation: made.deviation.to_string(),
        lot: made.lot.to_string(),
        at: made.at.to_string(),
    })
}

/// Opens a deviation or hold.
#[utoipa::path(post, path = "/api/v1/deviations", tag = "deviations", request_body = NewDeviation,
    responses((status = 201, body = DeviatedView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<OpenDeviation>,
    body: Sent<NewDeviation>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewDeviation { lot, kind, description, impact } = body.value;
    let entry = DeviationEntry { lot, kind, description, impact };
    Ok(deviated(&block(move || open_deviation(&app, &permit, &entry)).await?))
}

/// What closing takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssessment {
    /// The assessment: what the signature means.
    pub assessment: String,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// Closes a deviation or hold with an electronic signature.
#[utoipa::path(post, path = "/api/v1/deviations/{number}/closure", tag = "deviations", params(("number" = String, Path)),
    request_body = NewAssessment, responses((status = 201, body = DeviatedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn closure(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<CloseDeviation>,
    path: Path<String>,
    body: Sent<NewAssessment>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = DeviationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewAssessment { assessment, password, code } = body.value;
    let made = block(move || {
        let signed =
            permit.sign(&app, Proof::of(&password, code.as_deref()), &assessment, &deviate::subject(&app, &number)?)?;
        close_deviation(&app, &signed, &number)
    });
    Ok(deviated(&made.await?))
}
