//! `/api/v1/session` and `/api/v1/me`: signing in, signing out, who am I.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::people::UserView;
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::Sent;
use crate::web::limits::count_account;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::{Somebody, is_same_origin};
use crate::workflow::{App, sign_in};

/// What signing in takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInEntry {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
}

/// A session just opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Send it as `Authorization: Bearer …`.
    pub token: String,
    /// When the session ends by itself (UTC).
    pub expires_at: String,
    /// Who is signed in.
    pub user: UserView,
}

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignInEntry, security(()),
    responses((status = 201, body = SessionView), (status = 401, body = ProblemBody)))]
pub async fn create(app: Data<App>, req: HttpRequest, body: Sent<SignInEntry>) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    // A page of another site must not sign a visitor in under somebody else's name.
    if !is_same_origin(&req) {
        return Err(Refusal::new(Code::CrossSite, "Sign in from a page of this site.").into());
    }
    let SignInEntry { username, password } = body.value;
    count_account(&req, &username)?;
    let opened = block(move || sign_in::sign_in(&app, &username, &password)).await?;
    let view = SessionView {
        token: opened.token,
        expires_at: opened.expires_at.to_string(),
        user: UserView::from(&opened.user),
    };
    Ok(HttpResponse::Created().json(view))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn delete(app: Data<App>, somebody: Somebody) -> Result<HttpResponse, Problem> {
    block(move || sign_in::sign_out(&app, &somebody.user, &somebody.token)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = UserView), (status = 401, body = ProblemBody)))]
pub async fn me(somebody: Somebody) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(&somebody.user)))
}
