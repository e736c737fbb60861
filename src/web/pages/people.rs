//! Accounts: who has one, and making one.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Link, Message, Tone};
use super::view::people::{NewPersonPage, PeoplePage, PersonRow, RoleChoice};
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::refusal::{Code, FieldRefusal};
use crate::store::User;
use crate::web::problem::status_of;
use crate::workflow::Error;
use crate::workflow::keep_accounts::{UserEntry, create_user};
use crate::workflow::passwords::PASSWORD_CHARS_MIN;
use crate::workflow::permit::KeepAccounts;

/// What a form says of a new password.
pub fn password_rule() -> String {
    format!(
        "At least {PASSWORD_CHARS_MIN} characters. A sentence of several words is easy to remember and hard to guess."
    )
}

/// `GET /people`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /people/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<KeepAccounts>().await?;
        new_page(visit, &Form::default(), Refused::default(), StatusCode::OK)
    })
    .await
}

/// `POST /people`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| make(visit, Form::read(body)?).await).await
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    visit.permit::<KeepAccounts>().await?;
    let users = visit.work(|app| app.read(|view| Ok(view.users()?))).await?;
    let mut frame = visit.frame("People", "people", "/people");
    let made: String = visit.query("made").chars().take(40).collect();
    if users.iter().any(|u| u.username.as_str() == made) {
        let text = format!(
            "The account {made} is created. Give the person the username and the password, not by the same way."
        );
        frame.message = Some(Message::new(Tone::Done, text));
    }
    let row = |user: &User| PersonRow {
        username: user.username.to_string(),
        full_name: user.full_name.as_str().to_owned(),
        roles: user.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", "),
        state: "active".into(),
        created_at: shown::plain_moment(user.created_at, visit.zone),
    };
    html(StatusCode::OK, &PeoplePage { frame, rows: users.iter().map(row).collect() })
}

async fn make(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<KeepAccounts>().await?.with_once(visit.once(&form));
    let entry = UserEntry {
        username: form.get("username").trim().to_owned(),
        full_name: form.get("full_name").to_owned(),
        roles: form.all("roles"),
        password: form.get("password").to_owned(),
    };
    match visit.work(move |app| create_user(app, &permit, &entry)).await {
        Ok(made) => Ok(see_other(&format!("/people?made={}", encoded(made.username.as_str())))),
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
            new_page(visit, &form, Refused::place(&refusal, visit.zone, place), status_of(&refusal))
        }
        Err(other) => Err(other),
    }
}

/// The page's field for a field of an account, and its label.
pub fn place(given: &FieldRefusal) -> (String, String) {
    let (field, label) = match given.field.as_str() {
        "username" => ("username", "Username"),
        "full_name" => ("full_name", "Full name"),
        "roles" => ("role-analyst", ""),
        "password" => ("password", "Password"),
        _ => ("main", ""),
    };
    (field.into(), label.into())
}

fn new_page(visit: &Visit, form: &Form, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let mut frame = visit.frame("Create an account", "new-person", "/people");
    frame.crumbs = vec![Link::new("People", "/people")];
    frame.problems = refused.0.clone();
    let ticked = form.all("roles");
    let ticked: Vec<&str> = ticked.iter().map(String::as_str).collect();
    let key = form.get("idempotency_key");
    let view = NewPersonPage {
        frame,
        username: refused.field("username", form.get("username")),
        full_name: refused.field("full_name", form.get("full_name")),
        roles: RoleChoice::all(&ticked),
        roles_problem: refused.on("role-analyst"),
        password_problem: refused.on("password"),
        password_rule: password_rule(),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
    };
    html(status, &view)
}
