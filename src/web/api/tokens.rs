//! `/api/v1/me/tokens`: tokens with which an instrument or another program acts in a person's name.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use super::factors::ReasonEntry;
use crate::domain::account::Token;
use crate::web::body::Sent;
use crate::web::guard::Allowed;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::App;
use crate::workflow::permit::{KeepAccounts, KeepOwnAccount, Proof};
use crate::workflow::tokens::{self, TokenEntry};

/// A token as asked for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, such as the instrument.
    pub name: String,
    /// What it may do: `read`, `runs`.
    pub scopes: Vec<String>,
    /// Until when, at most a year away.
    pub expires_at: String,
    /// The person's password, again.
    pub password: String,
    /// A one-time code, where the person has them.
    #[serde(default)]
    pub code: Option<String>,
}

/// A token just issued.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IssuedTokenView {
    /// Its public name.
    pub id: String,
    /// The secret, answered this once: send it as `Authorization: Bearer lgt_…`.
    pub token: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Until (UTC).
    pub expires_at: String,
}

/// A token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its public name.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Since (UTC).
    pub issued_at: String,
    /// Until (UTC).
    pub expires_at: String,
    /// When it was revoked, if it was (UTC).
    pub revoked_at: Option<String>,
}

impl From<&Token> for TokenView {
    fn from(token: &Token) -> Self {
        TokenView {
            id: token.id.clone(),
            name: token.name.as_str().to_owned(),
            scopes: token.scopes.clone(),
            issued_at: token.at.to_string(),
            expires_at: token.expires_at.to_string(),
            revoked_at: token.revoked_at.map(|at| at.to_string()),
        }
    }
}

/// Tokens of an account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokensView {
    /// Oldest first.
    pub tokens: Vec<TokenView>,
}

/// My tokens.
#[utoipa::path(get, path = "/api/v1/me/tokens", tag = "my account", responses((status = 200, body = TokensView), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>, Allowed(permit): Allowed<KeepOwnAccount>) -> Result<HttpResponse, Problem> {
    let account = block(move || app.read(|view| Ok(view.account(&permit.actor().username)?))).await?;
    Ok(HttpResponse::Ok().json(TokensView { tokens: account.tokens.iter().map(TokenView::from).collect() }))
}

/// Issues a token in my name.
#[utoipa::path(post, path = "/api/v1/me/tokens", tag = "my account", request_body = NewToken,
    responses((status = 201, body = IssuedTokenView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<NewToken>,
) -> Result<HttpResponse, Problem> {
    let NewToken { name, scopes, expires_at, password, code } = body.read()?.value;
    let (entry, proof) = (TokenEntry { name, scopes, expires_at }, Proof::of(&password, code.as_deref()));
    let issued = block(move || tokens::issue_token(&app, &permit, &entry, &proof)).await?;
    Ok(HttpResponse::Created().json(IssuedTokenView {
        id: issued.id,
        token: issued.token,
        name: issued.name.as_str().to_owned(),
        scopes: issued.scopes.iter().map(|s| s.as_str().to_owned()).collect(),
        expires_at: issued.expires_at.to_string(),
    }))
}

/// Revokes one of my tokens.
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", tag = "my account", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn revoke_own(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    block(move || tokens::revoke_own_token(&app, &permit, &path)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Revokes somebody's token.
#[utoipa::path(post, path = "/api/v1/users/{username}/tokens/{id}/revocation", tag = "users",
    params(("username" = String, Path), ("id" = String, Path)), request_body = ReasonEntry,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn revoke(
    app: Data<App>,
    Allowed(permit): Allowed<KeepAccounts>,
    path: Path<(String, String)>,
    body: Sent<ReasonEntry>,
) -> Result<HttpResponse, Problem> {
    let reason = body.read()?.value.reason;
    let (username, id) = path.into_inner();
    block(move || tokens::revoke_token(&app, &permit, &username, &id, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
