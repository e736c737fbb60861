//! `/api/v1/investigations`: looking at investigations and taking their steps.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::investigation_views::{CheckView, InvestigationView};
use super::query;
use super::run_views::{NewRun, RecordedView};
use crate::domain::entry::RunEntry;
use crate::domain::ids::InvestigationNumber;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::investigate::{
    self, ConclusionEntry, LaboratoryEntry, PlanEntry, Stepped, approve_plan, conclude, record_laboratory,
    record_retest,
};
use crate::workflow::permit::{ApproveRetests, CloseInvestigation, Investigate, Proof, RecordRun};

/// Which investigations to list.
#[derive(Debug, Default, Deserialize)]
struct Which {
    /// `true` for open ones only.
    open: Option<String>,
}

/// True where only open ones are asked for.
///
/// # Errors
/// The query cannot be read.
pub fn open_only(req: &HttpRequest) -> Result<bool, Problem> {
    let which: Which = query(req)?;
    Ok(which.open.as_deref() == Some("true"))
}

/// All investigations.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvestigationsView {
    /// Oldest first.
    pub investigations: Vec<InvestigationView>,
}

/// Investigations, oldest first; with `open=true` those that are open.
#[utoipa::path(get, path = "/api/v1/investigations", tag = "investigations", params(("open" = Option<bool>, Query)),
    responses((status = 200, body = InvestigationsView)))]
pub async fn list(app: Data<App>, _reader: Somebody, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let open = open_only(&req)?;
    let all = block(move || app.read(|view| Ok(view.investigations(open)?))).await?;
    Ok(HttpResponse::Ok().json(InvestigationsView { investigations: all.iter().map(Into::into).collect() }))
}

/// One investigation.
#[utoipa::path(get, path = "/api/v1/investigations/{number}", tag = "investigations", params(("number" = String, Path)),
    responses((status = 200, body = InvestigationView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = InvestigationNumber::parse(&path)?;
    let found = block(move || app.read(|view| Ok(view.investigation(&number)??))).await?;
    Ok(HttpResponse::Ok().json(InvestigationView::from(&found)))
}

/// A step just recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SteppedView {
    /// The investigation.
    pub investigation: String,
    /// Its lot.
    pub lot: String,
    /// When (UTC).
    pub at: String,
}

fn stepped(made: &Stepped) -> HttpResponse {
    HttpResponse::Created().json(SteppedView {
        investigation: made.investigation.to_string(),
        lot: made.lot.to_string(),
        at: made.at.to_string(),
    })
}

fn meaning(given: Option<String>, usual: &str) -> String {
    given.unwrap_or_else(|| usual.to_owned())
}

/// What recording the laboratory phase takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLaboratory {
    /// `obvious_error`, `assignable_cause`, `no_cause`.
    pub finding: String,
    /// What was checked.
    pub checks: Vec<CheckView>,
    /// In words; for a cause, how it is proven.
    pub description: String,
    /// Evidence files by SHA-256.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// Records the laboratory phase with an electronic signature.
#[utoipa::path(post, path = "/api/v1/investigations/{number}/laboratory", tag = "investigations", params(("number" = String, Path)),
    request_body = NewLaboratory, responses((status = 201, body = SteppedView), (status = 409, body = ProblemBody)))]
pub async fn laboratory(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<Investigate>,
    path: Path<String>,
    body: Sent<NewLaboratory>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = InvestigationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let given = body.value;
    let entry = LaboratoryEntry {
        finding: given.finding,
        checks: given.checks.into_iter().map(|c| (c.question, c.answer)).collect(),
        description: given.description,
        evidence: given.evidence,
    };
    let meaning = meaning(given.meaning, investigate::LABORATORY);
    let made = block(move || {
        let signed = permit.sign(
            &app,
            Proof::of(&given.password, given.code.as_deref()),
            &meaning,
            &investigate::subject(&app, &number)?,
        )?;
        record_laboratory(&app, &signed, &number, &entry)
    });
    Ok(stepped(&made.await?))
}

/// What approving a re-test plan takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// What is supposed to have happened.
    pub hypothesis: String,
    /// Which sample is tested.
    pub sample: String,
    /// How the re-tests will be evaluated.
    pub evaluation: String,
    /// How many re-tests there will be.
    pub retests: u32,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// Approves a re-test plan with an electronic signature.
#[utoipa::path(post, path = "/api/v1/investigations/{number}/plan", tag = "investigations", params(("number" = String, Path)),
    request_body = NewPlan, responses((status = 201, body = SteppedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn plan(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ApproveRetests>,
    path: Path<String>,
    body: Sent<NewPlan>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = InvestigationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewPlan { hypothesis, sample, evaluation, retests, password, code, meaning: said } = body.value;
    let entry = PlanEntry { hypothesis, sample, evaluation, retests };
    let meaning = meaning(said, investigate::PLAN);
    let made = block(move || {
        let signed = permit.sign(
            &app,
            Proof::of(&password, code.as_deref()),
            &meaning,
            &investigate::subject(&app, &number)?,
        )?;
        approve_plan(&app, &signed, &number, &entry)
    });
    Ok(stepped(&made.await?))
}

/// Records a re-test under the approved plan: a run of the lot.
#[utoipa::path(post, path = "/api/v1/investigations/{number}/retest", tag = "investigations", params(("number" = String, Path)),
    request_body = NewRun, responses((status = 201, body = RecordedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn retest(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RecordRun>,
    path: Path<String>,
    body: Sent<NewRun>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = InvestigationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let entry = RunEntry::from(body.value);
    let made = block(move || record_retest(&app, &permit, &number, &entry)).await?;
    Ok(HttpResponse::Created().json(RecordedView::from(&made)))
}

/// What concluding takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConclusion {
    /// `confirmed`, `invalidated`, `corrected`, `inconclusive`.
    pub outcome: String,
    /// The cause, or why none could be found.
    pub cause: String,
    /// For an invalidated result: `control`, `sample`, `instrument`, `reagent`, `procedure`; of
    /// sterility `facility_monitoring`, `procedure_fault`, `negative_control_growth`,
    /// `material_or_technique`.
    #[serde(default)]
    pub ground: Option<String>,
    /// Evidence files by SHA-256.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// Concludes an investigation with an electronic signature.
#[utoipa::path(post, path = "/api/v1/investigations/{number}/conclusion", tag = "investigations", params(("number" = String, Path)),
    request_body = NewConclusion, responses((status = 201, body = SteppedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn conclusion(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<Investigate>,
    path: Path<String>,
    body: Sent<NewConclusion>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = InvestigationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewConclusion { outcome, cause, ground, evidence, password, code, meaning: said } = body.value;
    let entry = ConclusionEntry { outcome, cause, ground: ground.unwrap_or_default(), evidence };
    let meaning = meaning(said, investigate::CONCLUSION);
    let made = block(move || {
        let signed = permit.sign(
            &app,
            Proof::of(&password, code.as_deref()),
            &meaning,
            &investigate::subject(&app, &number)?,
        )?;
        conclude(&app, &signed, &number, &entry)
    });
    Ok(stepped(&made.await?))
}

/// What closing takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClosure {
    /// QA's remark: what the signature means.
    pub remark: String,
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// Closes an investigation with an electronic signature.
#[utoipa::path(post, path = "/api/v1/investigations/{number}/closure", tag = "investigations", params(("number" = String, Path)),
    request_body = NewClosure, responses((status = 201, body = SteppedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn closure(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<CloseInvestigation>,
    path: Path<String>,
    body: Sent<NewClosure>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = InvestigationNumber::parse(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewClosure { remark, password, code } = body.value;
    let made = block(move || {
        let signed =
            permit.sign(&app, Proof::of(&password, code.as_deref()), &remark, &investigate::subject(&app, &number)?)?;
        investigate::close(&app, &signed, &number)
    });
    Ok(stepped(&made.await?))
}
