//! `/api/v1/lots/{lot}/…`: the signed steps of a lot's route to a decision.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lots::ReleasedView;
use super::policy::ContactBody;
use crate::domain::audit_review::{AuditReview, ReviewedChange};
use crate::domain::course::PendingCriterion;
use crate::domain::ids::LotNumber;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::Stage;
use crate::domain::text::capitalised;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::certify_lot::{self, certify_lot};
use crate::workflow::course::{CourseNow, Seen, StepNow};
use crate::workflow::permit::{
    ApproveForQc, CertifyLot, Duty, Permit, Proof, ReleaseConditionally, ReviewAuditTrail, Signed,
};
use crate::workflow::qc_approve::{self, SignedOff, qc_approve};
use crate::workflow::release_conditionally::{self, release_conditionally};
use crate::workflow::review_audit_trail::{self, review_audit_trail, review_of};
use crate::workflow::{App, Error};

/// What signing a step takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOffBody {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means; the step's usual meaning where it is left out.
    #[serde(default)]
    pub meaning: Option<String>,
    /// The hash of what was shown (`dossier_sha256`, of a review its `sha256`).
    #[serde(default)]
    pub seen_sha256: Option<String>,
    /// `course.through` as it was shown: a refusal then says what was recorded since.
    #[serde(default)]
    pub seen_through: Option<i64>,
}

/// A step just signed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedOffView {
    /// Lot number.
    pub lot: String,
    /// The newest ledger entry it covers.
    pub through: i64,
    /// SHA-256 of what was signed.
    pub record_sha256: String,
    /// How many changes a review covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<u32>,
    /// Who, by full name.
    pub signed_by: String,
    /// When (UTC).
    pub signed_at: String,
}

impl From<SignedOff> for SignedOffView {
    fn from(signed: SignedOff) -> Self {
        SignedOffView {
            lot: signed.lot.to_string(),
            through: signed.through,
            record_sha256: signed.record_sha256,
            changes: signed.changes,
            signed_by: signed.by.name.as_str().to_owned(),
            signed_at: signed.at.to_string(),
        }
    }
}

/// A result that is still to come after step 1.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PendingView {
    /// Attribute code.
    pub attribute: String,
    /// In words.
    pub name: String,
    /// When it is due (UTC).
    pub due_at: String,
    /// The interim reading.
    pub interim: Option<String>,
    /// True where the due date has passed.
    pub overdue: bool,
}

impl PendingView {
    /// A pending result, overdue or not.
    pub fn new(pending: &PendingCriterion, overdue: bool) -> Self {
        PendingView {
            attribute: pending.attribute.to_string(),
            name: pending.name.clone(),
            due_at: pending.due_at.to_string(),
            interim: pending.interim.clone(),
            overdue,
        }
    }
}

/// A step of the route and how it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct StepView {
    /// `qc_approval` or `audit_review`.
    pub step: String,
    /// Whether the site's policy asks for it.
    pub needed: bool,
    /// `open`, `signed`, or `unsigned` where the lot changed since.
    pub state: String,
    /// Who signed, by full name.
    pub signed_by: Option<String>,
    /// When (UTC).
    pub signed_at: Option<String>,
    /// What was recorded since, where it is unsigned again.
    pub changed_since: Vec<String>,
}

impl From<&StepNow> for StepView {
    fn from(step: &StepNow) -> Self {
        let state = match (&step.sign_off, step.counts) {
            (None, _) => "open",
            (Some(_), true) => "signed",
            (Some(_), false) => "unsigned",
        };
        StepView {
            step: step.step.as_str().to_owned(),
            needed: step.needed,
            state: state.to_owned(),
            signed_by: step.sign_off.as_ref().map(|s| s.by.name.as_str().to_owned()),
            signed_at: step.sign_off.as_ref().map(|s| s.at.to_string()),
            changed_since: step.changed_since.clone(),
        }
    }
}

/// What can be signed next.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NextView {
    /// `qc_approval`, `audit_review`, `release`, `qp_certification` or `conditional_release`.
    pub step: String,
    /// Whose step it is.
    pub role: String,
    /// That in a sentence.
    pub detail: String,
}

/// A lot on its route to a decision.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CourseView {
    /// `verify_release` or `verify_qc_qa_qp`.
    pub route: String,
    /// The newest ledger entry about the lot or what it was made from that a signature covers.
    pub through: i64,
    /// The steps before the last one.
    pub steps: Vec<StepView>,
    /// What can be signed next; none while anything holds the lot back.
    pub next: Option<NextView>,
    /// The conditional notice.
    pub notice: Option<String>,
    /// What step 1 left pending and is not in.
    pub pending: Vec<PendingView>,
}

impl CourseView {
    /// The course of a lot as it stands.
    pub fn new(lot: &crate::domain::lot::Lot, now: &CourseNow) -> Self {
        let route = now.policy.policy.release_route;
        let next = now.next.map(|step| NextView {
            step: step.as_str().to_owned(),
            role: step.role(route).as_str().to_owned(),
            detail: format!("{} signs the {}.", capitalised(&step.role(route).with_article()), step.in_words()),
        });
        CourseView {
            route: route.as_str().to_owned(),
            through: lot.changed_through(),
            steps: now.steps.iter().map(StepView::from).collect(),
            next,
            notice: lot.course.conditional.as_ref().map(|c| c.notice.to_string()),
            pending: now.outstanding.iter().map(|(pending, overdue)| PendingView::new(pending, *overdue)).collect(),
        }
    }
}

/// Signs a step of a lot's route: the same for each, whatever the step then does.
async fn sign_off<D: Duty, T: Send + 'static>(
    app: Data<App>,
    req: &HttpRequest,
    permit: Permit<D>,
    path: &str,
    body: Sent<SignOffBody>,
    usual_meaning: &'static str,
    step: impl FnOnce(&App, &Signed<D>, &LotNumber, Seen) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let body = body.read()?;
    let number = places::read_number(path, Stage::Product)?;
    let permit = permit.with_once(once(req, &body.fingerprint)?);
    let (said, subject) = (body.value, subject(req));
    block(move || {
        let meaning = said.meaning.as_deref().unwrap_or(usual_meaning);
        let proof = Proof { password: said.password, code: said.code };
        let signed = permit.sign(&app, proof, meaning, &subject)?;
        step(&app, &signed, &number, Seen { sha256: said.seen_sha256, through: said.seen_through })
    })
    .await
}

/// Approves a lot's results for quality control.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/qc-approval", tag = "lots", params(("lot" = String, Path)), request_body = SignOffBody,
    responses((status = 201, body = SignedOffView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn approve(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ApproveForQc>,
    path: Path<String>,
    body: Sent<SignOffBody>,
) -> Result<HttpResponse, Problem> {
    let made = sign_off(app, &req, permit, &path, body, qc_approve::MEANING, qc_approve).await?;
    Ok(HttpResponse::Created().json(SignedOffView::from(made)))
}

/// What changed of a lot since entry.
#[derive(Debug, Serialize)]
pub struct ReviewView {
    /// The document that is signed.
    pub review: AuditReview,
    /// SHA-256 of its canonical JSON; send it back as `seen_sha256`.
    pub sha256: String,
}

/// Refuses who may not read the review: values that are typed again blind stand in it.
///
/// # Errors
/// None of the person's roles allows it.
pub fn check_reviewer(reader: &Somebody) -> Result<(), Refusal> {
    if [Role::Qc, Role::Qa, Role::Qp, Role::Auditor].into_iter().any(|role| reader.is(role)) {
        return Ok(());
    }
    let roles: Vec<&str> = reader.user.roles.iter().map(|r| r.as_str()).collect();
    let detail = format!(
        "Only a QC head, a QA officer, a qualified person or an auditor may read the audit-trail review. Your role: {}.",
        roles.join(", ")
    );
    Err(Refusal::new(Code::WrongRole, detail))
}

/// What changed of a lot since entry, to be reviewed and signed.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/audit-review", tag = "lots", params(("lot" = String, Path)),
    responses((status = 200), (status = 404, body = ProblemBody)))]
pub async fn show_review(app: Data<App>, reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Product)?;
    check_reviewer(&reader)?;
    let view = block(move || {
        let (lot, _) = places::find(&app, &number, Stage::Product)?;
        let (review, sha256) = app.read(|view| review_of(view, &lot))?;
        Ok(ReviewView { review, sha256 })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// Signs the review of a lot's audit trail.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/audit-review", tag = "lots", params(("lot" = String, Path)), request_body = SignOffBody,
    responses((status = 201, body = SignedOffView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn review(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ReviewAuditTrail>,
    path: Path<String>,
    body: Sent<SignOffBody>,
) -> Result<HttpResponse, Problem> {
    let made = sign_off(app, &req, permit, &path, body, review_audit_trail::MEANING, review_audit_trail).await?;
    Ok(HttpResponse::Created().json(SignedOffView::from(made)))
}

/// Certifies a lot as qualified person and issues its certificate.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/qp-certification", tag = "lots", params(("lot" = String, Path)), request_body = SignOffBody,
    responses((status = 201, body = ReleasedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn certify(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<CertifyLot>,
    path: Path<String>,
    body: Sent<SignOffBody>,
) -> Result<HttpResponse, Problem> {
    let made = sign_off(app, &req, permit, &path, body, certify_lot::MEANING, certify_lot).await?;
    Ok(HttpResponse::Created().json(ReleasedView::from(made)))
}

/// What step 1 of a two-step release takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionalBody {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
    /// Who is told when a result fails; at least one physician.
    pub contacts: Vec<ContactBody>,
    /// `dossier_sha256` as it was shown.
    #[serde(default)]
    pub seen_sha256: Option<String>,
    /// `course.through` as it was shown.
    #[serde(default)]
    pub seen_through: Option<i64>,
}

/// A lot just released conditionally.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConditionalView {
    /// Number of the notice.
    pub notice: String,
    /// What is still to come.
    pub pending: Vec<PendingView>,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Address of the notice.
    pub url: String,
}

/// Step 1 of a two-step release: issues a conditional notice.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/conditional-release", tag = "lots", params(("lot" = String, Path)),
    request_body = ConditionalBody,
    responses((status = 201, body = ConditionalView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn release_in_part(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ReleaseConditionally>,
    path: Path<String>,
    body: Sent<ConditionalBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (said, subject) = (body.value, subject(&req));
    let made = block(move || {
        let meaning = said.meaning.as_deref().unwrap_or(release_conditionally::MEANING);
        let proof = Proof { password: said.password, code: said.code };
        let signed = permit.sign(&app, proof, meaning, &subject)?;
        let contacts: Vec<_> = said.contacts.into_iter().map(Into::into).collect();
        let seen = Seen { sha256: said.seen_sha256, through: said.seen_through };
        release_conditionally(&app, &signed, &number, &contacts, seen)
    });
    let made = made.await?;
    Ok(HttpResponse::Created().json(ConditionalView {
        url: format!("/api/v1/notices/{}", made.notice),
        notice: made.notice.to_string(),
        pending: made.pending.iter().map(|p| PendingView::new(p, false)).collect(),
        record_sha256: made.record_sha256,
        pdf_sha256: made.pdf_sha256,
    }))
}

/// The kinds of changes a review shows, for its page.
pub fn kind_in_words(change: &ReviewedChange) -> String {
    capitalised(&change.kind.replace('_', " "))
}
