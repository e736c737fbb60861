//! `/api/v1/session` and `/api/v1/me`: signing in, signing out, unlocking, who am I.

use actix_web::cookie::Cookie;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::{Deserialize, Serialize};

use super::people::UserView;
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::Sent;
use crate::web::guard::grant;
use crate::web::limits::count_account;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::{Somebody, device, is_same_origin, renewed, unhurried};
use crate::workflow::permit::{KeepOwnAccount, Proof};
use crate::workflow::{App, present, sign_in};

/// What signing in takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInEntry {
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// A one-time code or recovery code, where one-time codes are set up.
    #[serde(default)]
    pub code: Option<String>,
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

impl From<sign_in::SignedIn> for SessionView {
    fn from(opened: sign_in::SignedIn) -> Self {
        let user = UserView::from(&opened.user);
        SessionView { token: opened.token, expires_at: opened.expires_at.to_string(), user }
    }
}

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignInEntry, security(()),
    responses((status = 201, body = SessionView), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn create(app: Data<App>, req: HttpRequest, body: Sent<SignInEntry>) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    // A page of another site must not sign a visitor in under somebody else's name.
    if !is_same_origin(&req) {
        return Err(Refusal::new(Code::CrossSite, "Sign in from a page of this site.").into());
    }
    let SignInEntry { username, password, code } = body.value;
    count_account(&req, &username)?;
    let device = device(&req, false);
    let work = block(move || sign_in::with_code(&app, &username, &password, code.as_deref(), &device));
    let opened = unhurried(work).await?;
    Ok(HttpResponse::Created().json(SessionView::from(opened)))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn delete(app: Data<App>, somebody: Somebody) -> Result<HttpResponse, Problem> {
    block(move || sign_in::sign_out(&app, &somebody.user, &somebody.token)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What unlocking takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlockEntry {
    /// Password.
    pub password: String,
    /// A one-time code or recovery code, where one-time codes are set up.
    #[serde(default)]
    pub code: Option<String>,
}

/// An answer without a body, with the session's new cookie where it has one.
pub(super) fn with_cookie(mut answer: HttpResponseBuilder, cookie: Option<Cookie<'static>>) -> HttpResponse {
    cookie.into_iter().for_each(|cookie| {
        answer.cookie(cookie);
    });
    answer.finish()
}

/// Unlocks a page that nobody touched for some time; its session gets a new secret.
#[utoipa::path(post, path = "/api/v1/session/unlock", tag = "session", request_body = UnlockEntry,
    responses((status = 204), (status = 401, body = ProblemBody), (status = 403, body = ProblemBody)))]
pub async fn unlock(
    app: Data<App>,
    req: HttpRequest,
    somebody: Somebody,
    body: Sent<UnlockEntry>,
) -> Result<HttpResponse, Problem> {
    let UnlockEntry { password, code } = body.read()?.value;
    let permit = grant::<KeepOwnAccount>(&req, &somebody).await?;
    let proof = Proof::of(&password, code.as_deref());
    let (secret, unlocking) = (somebody.token.clone(), permit.clone());
    block(move || present::unlock(&app, &unlocking, &secret, &proof)).await?;
    Ok(with_cookie(HttpResponse::NoContent(), renewed(&req, &somebody, permit).await?))
}

/// Who am I?
#[utoipa::path(get, path = "/api/v1/me", tag = "session", responses((status = 200, body = UserView), (status = 401, body = ProblemBody)))]
pub async fn me(somebody: Somebody) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(UserView::from(&somebody.user)))
}
