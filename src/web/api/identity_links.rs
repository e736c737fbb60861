//! `/api/v1/users/{username}/identity-link`: taking away how an account is linked with an OpenID
//! provider.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::App;
use crate::workflow::oidc::unlink;
use crate::workflow::permit::KeepAccounts;

/// Why a link is taken away.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRemoval {
    /// Why.
    pub reason: String,
}

/// Takes an account's link with the OpenID provider away.
#[utoipa::path(post, path = "/api/v1/users/{username}/identity-link/removal", tag = "users", request_body = LinkRemoval,
    params(("username" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn remove(
    app: Data<App>,
    req: HttpRequest,
    username: Path<String>,
    Allowed(permit): Allowed<KeepAccounts>,
    body: Sent<LinkRemoval>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    block(move || unlink(&app, &permit, &username, &body.value.reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
