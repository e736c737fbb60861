//! `/api/v1/access` and `/api/v1/signature-policy`: who could do what, its review, and what
//! everybody acknowledges before signing.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::access::{AccessReview, REVIEW_HOURS};
use crate::domain::moment::Moment;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::access_register::{self, AccessRegister};
use crate::workflow::permit::{IssueSignaturePolicy, KeepOwnAccount, Proof, ReviewAccess, SeeAccess, Subject};
use crate::workflow::signature_policy::{self, StandingPolicy};
use crate::workflow::{App, Error};

/// Which moment is asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct AccessQuery {
    /// RFC 3339; now unless told otherwise.
    pub at: Option<String>,
}

/// A review of who has access.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReviewView {
    /// Who, by user name.
    pub by: String,
    /// When.
    pub at: String,
    /// How many accounts were reviewed.
    pub accounts: u32,
    /// What was found.
    pub findings: String,
    /// SHA-256 of the register that was signed.
    pub register_sha256: String,
    /// When the next one is due.
    pub next_due: String,
}

impl From<&AccessReview> for ReviewView {
    fn from(review: &AccessReview) -> Self {
        ReviewView {
            by: review.by.username.to_string(),
            at: review.at.to_string(),
            accounts: review.accounts,
            findings: review.findings.as_str().to_owned(),
            register_sha256: review.register_sha256.clone(),
            next_due: review.at.plus_hours(REVIEW_HOURS).to_string(),
        }
    }
}

/// Who could do what at a moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccessView {
    /// The moment.
    pub at: String,
    /// The register, as docs/API.md tells.
    #[schema(value_type = Object)]
    pub register: AccessRegister,
    /// SHA-256 of the register as canonical JSON: send it back when signing a review.
    pub register_sha256: String,
    /// The newest review before the moment.
    pub last_review: Option<ReviewView>,
}

/// Who could do what at a moment, from the facts alone.
#[utoipa::path(get, path = "/api/v1/access", tag = "access", params(AccessQuery),
    responses((status = 200, body = AccessView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn show(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<SeeAccess>,
) -> Result<HttpResponse, Problem> {
    let asked: AccessQuery = super::query(&req)?;
    let at = asked.at.filter(|text| !text.is_empty()).map(|text| Moment::parse("at", &text)).transpose()?;
    let shown = block(move || access_register::register(&app, &permit, at)).await?;
    Ok(HttpResponse::Ok().json(AccessView {
        at: shown.at.to_string(),
        register_sha256: shown.register.sha256().map_err(Problem)?,
        last_review: shown.review.as_ref().map(ReviewView::from),
        register: shown.register,
    }))
}

/// A review as signed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// The hash of the register as it was shown.
    pub register_sha256: String,
    /// What was found.
    pub findings: String,
    /// The signer's password.
    pub password: String,
    /// The signer's one-time code, where one is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// A review just signed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReviewedView {
    /// When.
    pub at: String,
    /// How many accounts it covers.
    pub accounts: u32,
    /// SHA-256 of the register that was signed and is kept.
    pub register_sha256: String,
}

/// Signs that the register of now, as it was shown, was reviewed.
#[utoipa::path(post, path = "/api/v1/access/review", tag = "access", request_body = NewReview,
    responses((status = 201, body = ReviewedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn review(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ReviewAccess>,
    body: Sent<NewReview>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewReview { register_sha256, findings, password, code, meaning } = body.value;
    let proof = Proof { password, code };
    let done = block(move || {
        let meaning = meaning.as_deref().unwrap_or(access_register::MEANING);
        let signed = permit.sign(&app, proof, meaning, &Subject::default())?;
        access_register::review(&app, &signed, &register_sha256, &findings)
    })
    .await?;
    Ok(HttpResponse::Created().json(ReviewedView {
        at: done.at.to_string(),
        accounts: done.accounts,
        register_sha256: done.register_sha256,
    }))
}

/// The policy on electronic signatures that counts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignaturePolicyView {
    /// Version, from 1.
    pub version: u32,
    /// The text.
    pub text: String,
    /// SHA-256 of the text: send it back when acknowledging.
    pub text_sha256: String,
    /// Who issued it; null for version 1 as shipped.
    pub issued_by: Option<String>,
    /// When.
    pub issued_at: Option<String>,
    /// The version that the reader acknowledged last.
    pub acknowledged: Option<u32>,
}

impl SignaturePolicyView {
    fn new(policy: StandingPolicy, acknowledged: Option<u32>) -> Self {
        let (by, at) = policy.issued.map(|(by, at)| (by.username.to_string(), at.to_string())).unzip();
        SignaturePolicyView {
            version: policy.version,
            text: policy.text,
            text_sha256: policy.text_sha256,
            issued_by: by,
            issued_at: at,
            acknowledged,
        }
    }
}

/// The policy on electronic signatures that counts now.
#[utoipa::path(get, path = "/api/v1/signature-policy", tag = "access", responses((status = 200, body = SignaturePolicyView)))]
pub async fn policy(app: Data<App>, somebody: Somebody) -> Result<HttpResponse, Problem> {
    let read = move || -> Result<SignaturePolicyView, Error> {
        app.read(|view| {
            let acknowledged = view.account(&somebody.user.username)?.acknowledged.map(|a| a.version);
            Ok(SignaturePolicyView::new(signature_policy::standing(view)?, acknowledged))
        })
    };
    Ok(HttpResponse::Ok().json(block(read).await?))
}

/// A new version of the policy.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSignaturePolicy {
    /// The text, at most 2000 characters.
    pub text: String,
    /// The signer's password.
    pub password: String,
    /// The signer's one-time code, where one is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// A version just issued.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PolicyIssuedView {
    /// Its number.
    pub version: u32,
    /// SHA-256 of its text.
    pub text_sha256: String,
}

/// Issues the next version: everybody acknowledges it before the next signature.
#[utoipa::path(post, path = "/api/v1/signature-policy", tag = "access", request_body = NewSignaturePolicy,
    responses((status = 201, body = PolicyIssuedView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn issue_policy(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<IssueSignaturePolicy>,
    body: Sent<NewSignaturePolicy>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewSignaturePolicy { text, password, code, meaning } = body.value;
    let proof = Proof { password, code };
    let issued = block(move || {
        let meaning = meaning.as_deref().unwrap_or(signature_policy::MEANING);
        let signed = permit.sign(&app, proof, meaning, &Subject::default())?;
        signature_policy::issue(&app, &signed, &text)
    })
    .await?;
    Ok(HttpResponse::Created().json(PolicyIssuedView { version: issued.version, text_sha256: issued.text_sha256 }))
}

/// What is acknowledged.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAcknowledgement {
    /// The version that was read.
    pub version: u32,
    /// SHA-256 of the text that was read.
    pub text_sha256: String,
}

/// An acknowledgement just recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AcknowledgedView {
    /// The version.
    pub version: u32,
    /// When.
    pub at: String,
}

/// Acknowledges the policy on electronic signatures as it was shown.
#[utoipa::path(post, path = "/api/v1/signature-policy/acknowledgement", tag = "access", request_body = NewAcknowledgement,
    responses((status = 201, body = AcknowledgedView), (status = 409, body = ProblemBody)))]
pub async fn acknowledge(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<NewAcknowledgement>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewAcknowledgement { version, text_sha256 } = body.value;
    let done = block(move || signature_policy::acknowledge(&app, &permit, version, &text_sha256)).await?;
    Ok(HttpResponse::Created().json(AcknowledgedView { version: done.version, at: done.at.to_string() }))
}
