//! `/api/v1/users`: accounts, kept by an admin.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::role::Role;
use crate::store::User;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::App;
use crate::workflow::keep_accounts::{UserEntry, UserMade, create_user};
use crate::workflow::permit::KeepAccounts;

/// An account as others see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Unique user name.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles: `analyst`, `qa`, `auditor`, `admin`.
    pub roles: Vec<String>,
}

impl UserView {
    fn new(username: &str, full_name: &str, roles: &[Role]) -> Self {
        let roles = roles.iter().map(|r| r.as_str().to_owned()).collect();
        UserView { username: username.to_owned(), full_name: full_name.to_owned(), roles }
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        UserView::new(user.username.as_str(), user.full_name.as_str(), &user.roles)
    }
}

impl From<&UserMade> for UserView {
    fn from(user: &UserMade) -> Self {
        UserView::new(user.username.as_str(), user.full_name.as_str(), &user.roles)
    }
}

/// A list of accounts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsersView {
    /// By user name.
    pub users: Vec<UserView>,
}

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
    /// First password.
    pub password: String,
}

/// Lists accounts.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, body = UsersView), (status = 403, body = ProblemBody)))]
pub async fn list(app: Data<App>, _admin: Allowed<KeepAccounts>) -> Result<HttpResponse, Problem> {
    let users = block(move || app.read(|view| Ok(view.users()?))).await?;
    Ok(HttpResponse::Ok().json(UsersView { users: users.iter().map(UserView::from).collect() }))
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
    let NewUser { username, full_name, roles, password } = body.value;
    let entry = UserEntry { username, full_name, roles, password };
    let made = block(move || create_user(&app, &permit, &entry)).await?;
    Ok(HttpResponse::Created().json(UserView::from(&made)))
}
