//! `/api/v1/me/sessions`: seeing and ending sessions; and lifting the locks of an account.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::factors::ReasonEntry;
use crate::store::Session;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, grant};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::permit::{KeepAccounts, KeepOwnAccount};
use crate::workflow::{App, my_sessions};

/// An open session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpenSessionView {
    /// Its public name.
    pub id: String,
    /// From what it was opened.
    pub label: String,
    /// True for the session that asks.
    pub current: bool,
    /// Since when (UTC).
    pub opened_at: String,
    /// When it was last used, to about a minute (UTC).
    pub last_seen_at: String,
    /// When it ends by itself (UTC).
    pub expires_at: String,
}

/// Open sessions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpenSessionsView {
    /// Oldest first.
    pub sessions: Vec<OpenSessionView>,
}

fn view(sessions: Vec<Session>, current: Option<&str>) -> OpenSessionsView {
    let one = |s: Session| OpenSessionView {
        current: current == Some(s.id.as_str()),
        id: s.id,
        label: s.label,
        opened_at: s.created_at.to_string(),
        last_seen_at: s.last_seen_at.to_string(),
        expires_at: s.expires_at.to_string(),
    };
    OpenSessionsView { sessions: sessions.into_iter().map(one).collect() }
}

/// My open sessions.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "my account", responses((status = 200, body = OpenSessionsView), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, somebody: Somebody) -> Result<HttpResponse, Problem> {
    let permit = grant::<KeepOwnAccount>(&req, &somebody).await?;
    let sessions = block(move || my_sessions::own_sessions(&app, &permit)).await?;
    Ok(HttpResponse::Ok().json(view(sessions, somebody.session.as_deref())))
}

/// Ends all my sessions but this one.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "my account", responses((status = 204), (status = 401, body = ProblemBody)))]
pub async fn end_others(app: Data<App>, req: HttpRequest, somebody: Somebody) -> Result<HttpResponse, Problem> {
    let permit = grant::<KeepOwnAccount>(&req, &somebody).await?;
    let keep = somebody.session.unwrap_or_default();
    block(move || my_sessions::end_other_sessions(&app, &permit, &keep)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends one of my sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "my account", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody)))]
pub async fn end_own(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    block(move || my_sessions::end_own_session(&app, &permit, &path)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Somebody's open sessions.
#[utoipa::path(get, path = "/api/v1/users/{username}/sessions", tag = "users", params(("username" = String, Path)),
    responses((status = 200, body = OpenSessionsView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn list_of(
    app: Data<App>,
    Allowed(permit): Allowed<KeepAccounts>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let sessions = block(move || my_sessions::sessions_of(&app, &permit, &path)).await?;
    Ok(HttpResponse::Ok().json(view(sessions, None)))
}

/// Ends somebody's session.
#[utoipa::path(post, path = "/api/v1/users/{username}/sessions/{id}/end", tag = "users",
    params(("username" = String, Path), ("id" = String, Path)), request_body = ReasonEntry,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn end(
    app: Data<App>,
    Allowed(permit): Allowed<KeepAccounts>,
    path: Path<(String, String)>,
    body: Sent<ReasonEntry>,
) -> Result<HttpResponse, Problem> {
    let reason = body.read()?.value.reason;
    let (username, id) = path.into_inner();
    block(move || my_sessions::end_session(&app, &permit, &username, &id, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lifts the locks on somebody's account.
#[utoipa::path(post, path = "/api/v1/users/{username}/unlock", tag = "users", params(("username" = String, Path)), request_body = ReasonEntry,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn unlock(
    app: Data<App>,
    Allowed(permit): Allowed<KeepAccounts>,
    path: Path<String>,
    body: Sent<ReasonEntry>,
) -> Result<HttpResponse, Problem> {
    let reason = body.read()?.value.reason;
    block(move || my_sessions::unlock_account(&app, &permit, &path, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
