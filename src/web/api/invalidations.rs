//! `/api/v1/runs/{run}/invalidation`: declaring a run invalid.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::ids::RunNumber;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::App;
use crate::workflow::invalidate_run::invalidate_run;
use crate::workflow::permit::{InvalidateRun, Proof};

/// What declaring a run invalid takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvalidation {
    /// `control`, `sample`, `instrument`, `reagent`, `procedure`; of a sterility test
    /// `facility_monitoring`, `procedure_fault`, `negative_control_growth`, `material_or_technique`.
    pub ground: String,
    /// Why: what the signature means.
    pub reason: String,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// A run just declared invalid.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvalidatedView {
    /// Run number.
    pub run: i64,
    /// Lot number.
    pub lot: String,
    /// When (UTC).
    pub invalidated_at: String,
}

/// Declares a run without a failing result invalid, with an electronic signature.
#[utoipa::path(post, path = "/api/v1/runs/{run}/invalidation", tag = "runs", params(("run" = i64, Path)), request_body = NewInvalidation,
    responses((status = 201, body = InvalidatedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<InvalidateRun>,
    path: Path<String>,
    body: Sent<NewInvalidation>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = RunNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (given, subject) = (body.value, subject(&req));
    let made = block(move || {
        let signed = permit.sign(&app, Proof::of(&given.password, given.code.as_deref()), &given.reason, &subject)?;
        invalidate_run(&app, &signed, number, &given.ground)
    });
    let made = made.await?;
    let view =
        InvalidatedView { run: made.run.0, lot: made.lot.to_string(), invalidated_at: made.invalidated_at.to_string() };
    Ok(HttpResponse::Created().json(view))
}
