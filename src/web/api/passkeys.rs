//! `/api/v1/me/passkeys` and `/api/v1/session/passkey`: passkeys (WebAuthn) for signing in.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::factors::ProofEntry;
use super::session::SessionView;
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::Sent;
use crate::web::guard::Allowed;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::{device, is_same_origin};
use crate::workflow::permit::KeepOwnAccount;
use crate::workflow::{App, passkeys};

/// A passkey just added.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PasskeyView {
    /// Its public name within the account.
    pub id: String,
    /// What the person calls it.
    pub name: String,
}

/// A device's answer to the question that began to add a passkey.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// What the person calls it.
    pub name: String,
    /// `PublicKeyCredential` with an attestation, its bytes in base64url.
    #[schema(value_type = Object)]
    pub credential: Value,
}

/// Nothing needs to be said to begin.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyBeginning {}

/// A question for a device.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PasskeyQuestionView {
    /// Send it back with the answer.
    pub ceremony: String,
    /// For `navigator.credentials.get`, its bytes in base64url.
    #[schema(value_type = Object)]
    pub options: Value,
}

/// A device's answer.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// As the question gave it.
    pub ceremony: String,
    /// `PublicKeyCredential` with an assertion, its bytes in base64url.
    #[schema(value_type = Object)]
    pub credential: Value,
}

fn unreadable(field: &str) -> Refusal {
    Refusal::field(Code::MalformedRequest, field, "This is not what a browser makes of a passkey's answer.")
}

fn as_json(value: &impl Serialize) -> Result<Value, crate::workflow::Error> {
    serde_json::to_value(value).map_err(|e| crate::workflow::Error::Internal(e.to_string()))
}

/// Begins to add a passkey.
#[utoipa::path(post, path = "/api/v1/me/passkeys", tag = "my account", request_body = ProofEntry,
    responses((status = 201, description = "For `navigator.credentials.create`"), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn begin(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<ProofEntry>,
) -> Result<HttpResponse, Problem> {
    let entry = body.read()?.value;
    let options = block(move || passkeys::begin_adding(&app, &permit, &entry.proof())).await?;
    Ok(HttpResponse::Created().json(options))
}

/// Adds a passkey with the device's answer.
#[utoipa::path(post, path = "/api/v1/me/passkeys/confirmation", tag = "my account", request_body = NewPasskey,
    responses((status = 201, body = PasskeyView), (status = 401, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn confirm(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<NewPasskey>,
) -> Result<HttpResponse, Problem> {
    let NewPasskey { name, credential } = body.read()?.value;
    let credential = serde_json::from_value(credential).map_err(|_| unreadable("credential"))?;
    let added = block(move || passkeys::add(&app, &permit, &name, &credential)).await?;
    Ok(HttpResponse::Created().json(PasskeyView { id: added.id, name: added.name.as_str().to_owned() }))
}

/// Begins to sign in with a passkey.
#[utoipa::path(post, path = "/api/v1/session/passkey", tag = "session", request_body = PasskeyBeginning, security(()),
    responses((status = 201, body = PasskeyQuestionView), (status = 409, body = ProblemBody)))]
pub async fn begin_sign_in(app: Data<App>, body: Sent<PasskeyBeginning>) -> Result<HttpResponse, Problem> {
    body.read()?;
    let question = block(move || passkeys::begin_sign_in(&app)).await?;
    let options = as_json(&question.options)?;
    Ok(HttpResponse::Created().json(PasskeyQuestionView { ceremony: question.ceremony, options }))
}

/// Signs in with a passkey's answer.
#[utoipa::path(post, path = "/api/v1/session/passkey/confirmation", tag = "session", request_body = PasskeyAnswer, security(()),
    responses((status = 201, body = SessionView), (status = 401, body = ProblemBody)))]
pub async fn sign_in(app: Data<App>, req: HttpRequest, body: Sent<PasskeyAnswer>) -> Result<HttpResponse, Problem> {
    let PasskeyAnswer { ceremony, credential } = body.read()?.value;
    if !is_same_origin(&req) {
        return Err(Refusal::new(Code::CrossSite, "Sign in from a page of this site.").into());
    }
    let from = device(&req, false);
    let opened = block(move || passkeys::sign_in(&app, &ceremony, &credential.to_string(), &from)).await?;
    Ok(HttpResponse::Created().json(SessionView::from(opened)))
}
