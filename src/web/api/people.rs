//! `/api/v1/users`: accounts, kept by an admin.
//!
//! Promises: a password comes in and never goes out; every change answers with the account as it
//! stands then.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use super::account_views::UserView;
use super::account_views::{AccountView, ListedUser, UsersView, state};
use super::session::with_cookie;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::{Somebody, renewed};
use crate::workflow::change_account::{Change, change_account, reset_password};
use crate::workflow::keep_accounts::{UserEntry, create_user};
use crate::workflow::permit::{KeepAccounts, KeepOwnAccount, Proof};
use crate::workflow::{App, own_account};

/// An account as an admin sends it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Unique user name, never given twice.
    pub username: String,
    /// Full name, as it is printed on certificates.
    pub full_name: String,
    /// Roles.
    pub roles: Vec<String>,
    /// First password; the person changes it before anything else.
    pub password: String,
    /// The account works only until then, as an inspector's.
    #[serde(default)]
    pub valid_until: Option<String>,
}

/// Lists accounts.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = UsersView), (status = 403, body = ProblemBody)))]
pub async fn list(app: Data<App>, _admin: Allowed<KeepAccounts>) -> Result<HttpResponse, Problem> {
    let now = app.now();
    let (users, accounts) = block(move || app.read(|view| Ok((view.users()?, view.accounts()?)))).await?;
    let listed = |user| {
        let view = UserView::from(user);
        let state = state(&accounts.get(&view.username).cloned().unwrap_or_default(), now);
        ListedUser { user: view, state }
    };
    Ok(HttpResponse::Ok().json(UsersView { users: users.iter().map(listed).collect() }))
}

/// Makes an account.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = NewUser,
    responses((status = 201, body = UserView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepAccounts>,
    body: Sent<NewUser>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewUser { username, full_name, roles, password, valid_until } = body.value;
    let entry = UserEntry { username, full_name, roles, password, valid_until };
    let made = block(move || create_user(&app, &permit, &entry)).await?;
    Ok(HttpResponse::Created().json(UserView::from(&made)))
}

/// Shows an account.
#[utoipa::path(get, path = "/api/v1/users/{username}", tag = "users", params(("username" = String, Path)),
    responses((status = 200, body = AccountView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn show(
    app: Data<App>,
    _admin: Allowed<KeepAccounts>,
    username: Path<String>,
) -> Result<HttpResponse, Problem> {
    let account = block(move || AccountView::of(&app, &username)).await?;
    Ok(HttpResponse::Ok().json(account))
}

/// Takes a body, changes the account of the address, and answers with it.
async fn changed<T: DeserializeOwned>(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepAccounts>,
    body: Sent<T>,
    change: impl FnOnce(T) -> Change,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let username = req.match_info().get("username").unwrap_or_default().to_owned();
    let change = change(body.value);
    let account = block(move || {
        let done = change_account(&app, &permit, &username, &change)?;
        AccountView::of(&app, done.username.as_str())
    })
    .await?;
    Ok(HttpResponse::Created().json(account))
}

/// A deed that needs a reason.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reasoned {
    /// Why.
    pub reason: String,
}

/// Shuts an account everywhere at once: its sessions and tokens end.
#[utoipa::path(post, path = "/api/v1/users/{username}/deactivation", tag = "users", params(("username" = String, Path)), request_body = Reasoned,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn deactivate(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<Reasoned>,
) -> Result<HttpResponse, Problem> {
    changed(app, req, admin, body, |b| Change::Deactivation { reason: b.reason }).await
}

/// Takes a deactivated account of the same person into use again.
#[utoipa::path(post, path = "/api/v1/users/{username}/reactivation", tag = "users", params(("username" = String, Path)), request_body = Reasoned,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn reactivate(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<Reasoned>,
) -> Result<HttpResponse, Problem> {
    changed(app, req, admin, body, |b| Change::Reactivation { reason: b.reason }).await
}

/// Other roles.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoles {
    /// All roles from now on.
    pub roles: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Gives a person other roles.
#[utoipa::path(post, path = "/api/v1/users/{username}/roles", tag = "users", params(("username" = String, Path)), request_body = NewRoles,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn set_roles(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<NewRoles>,
) -> Result<HttpResponse, Problem> {
    changed(app, req, admin, body, |b| Change::Roles { roles: b.roles, reason: b.reason }).await
}

/// A limit.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLimit {
    /// The account works until then; null for no end.
    #[serde(default)]
    pub valid_until: Option<String>,
    /// Why.
    pub reason: String,
}

/// Lets an account work until a moment, or again without an end.
#[utoipa::path(post, path = "/api/v1/users/{username}/limit", tag = "users", params(("username" = String, Path)), request_body = NewLimit,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn limit(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<NewLimit>,
) -> Result<HttpResponse, Problem> {
    changed(app, req, admin, body, |b| Change::Limit { valid_until: b.valid_until, reason: b.reason }).await
}

/// A check of who the person is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// Which kind of document was seen, and where that is filed; never its number.
    pub how: String,
}

/// Records that somebody checked who the person is.
#[utoipa::path(post, path = "/api/v1/users/{username}/identity", tag = "users", params(("username" = String, Path)), request_body = NewIdentity,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn check_identity(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<NewIdentity>,
) -> Result<HttpResponse, Problem> {
    changed(app, req, admin, body, |b| Change::Identity { how: b.how }).await
}

/// An entry in the register of qualified persons.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQualification {
    /// Its number.
    pub register_number: String,
    /// From.
    pub valid_from: String,
    /// Until, itself excluded; null for no end.
    #[serde(default)]
    pub valid_until: Option<String>,
}

/// Names a person qualified person.
#[utoipa::path(post, path = "/api/v1/users/{username}/qualification", tag = "users", params(("username" = String, Path)), request_body = NewQualification,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn qualify(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<NewQualification>,
) -> Result<HttpResponse, Problem> {
    let change = |b: NewQualification| Change::Qualification {
        register_number: b.register_number,
        valid_from: b.valid_from,
        valid_until: b.valid_until,
    };
    changed(app, req, admin, body, change).await
}

/// A training.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTraining {
    /// The kind of test, or `release` for signing releases.
    pub assay: String,
    /// From.
    pub valid_from: String,
    /// Until, itself excluded.
    pub valid_until: String,
    /// The training record's number or place.
    pub reference: String,
}

/// Records a training.
#[utoipa::path(post, path = "/api/v1/users/{username}/training", tag = "users", params(("username" = String, Path)), request_body = NewTraining,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn train(
    app: Data<App>,
    req: HttpRequest,
    admin: Allowed<KeepAccounts>,
    body: Sent<NewTraining>,
) -> Result<HttpResponse, Problem> {
    let change = |b: NewTraining| Change::Training {
        assay: b.assay,
        valid_from: b.valid_from,
        valid_until: b.valid_until,
        reference: b.reference,
    };
    changed(app, req, admin, body, change).await
}

/// Another first password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFirstPassword {
    /// The password; the person changes it before anything else.
    pub password: String,
    /// Why.
    pub reason: String,
}

/// Gives an account another password, which opens nothing but its own change.
#[utoipa::path(post, path = "/api/v1/users/{username}/password", tag = "users", params(("username" = String, Path)), request_body = NewFirstPassword,
    responses((status = 201, body = AccountView), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn give_password(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepAccounts>,
    body: Sent<NewFirstPassword>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let username = req.match_info().get("username").unwrap_or_default().to_owned();
    let account = block(move || {
        let done = reset_password(&app, &permit, &username, &body.value.password, &body.value.reason)?;
        AccountView::of(&app, done.username.as_str())
    })
    .await?;
    Ok(HttpResponse::Created().json(account))
}

/// A new password of one's own.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwnPassword {
    /// The password until now.
    pub password: String,
    /// The new one.
    pub new_password: String,
    /// A one-time code, where one-time codes are set up.
    #[serde(default)]
    pub code: Option<String>,
}

/// Changes one's own password; the person's other sessions end.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "session", request_body = NewOwnPassword,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn change_own_password(
    app: Data<App>,
    req: HttpRequest,
    somebody: Somebody,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<NewOwnPassword>,
) -> Result<HttpResponse, Problem> {
    let NewOwnPassword { password, new_password, code } = body.read()?.value;
    let old = Proof::of(&password, code.as_deref());
    let (secret, changing) = (somebody.token.clone(), permit.clone());
    block(move || own_account::change_password(&app, &changing, Some(&secret), old, &new_password)).await?;
    Ok(with_cookie(HttpResponse::NoContent(), renewed(&req, &somebody, permit).await?))
}
