//! Accounts: who has one and how it stands, and making one.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Link, Message, Tone};
use super::view::people::{NewPersonPage, PeoplePage, PersonRow, RoleChoice};
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::refusal::{Code, FieldRefusal};
use crate::domain::role::Role;
use crate::store::User;
use crate::web::api::account_views::state;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::keep_accounts::{UserEntry, create_user};
use crate::workflow::permit::KeepAccounts;
use crate::workflow::{Error, passwords};

/// The roles to tick, each with what it may do.
pub fn role_choices(held: &[Role]) -> Vec<(&'static str, String, bool)> {
    let choice = |(role, may): &(Role, &str)| (role.as_str(), format!("{role}: {may}"), held.contains(role));
    RoleChoice::ROLES.iter().map(choice).collect()
}

/// `GET /people`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /people/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<KeepAccounts>().await?;
        new_page(visit, &Form::default(), Refused::default(), StatusCode::OK).await
    })
    .await
}

/// `POST /people`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| make(visit, Form::read(body)?).await).await
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    visit.permit::<KeepAccounts>().await?;
    let (users, accounts) = visit.work(|app| app.read(|view| Ok((view.users()?, view.accounts()?)))).await?;
    let mut frame = visit.frame("People", "people", "/people");
    let made: String = visit.query("made").chars().take(40).collect();
    if users.iter().any(|u| u.username.as_str() == made) {
        let text = format!(
            "The account {made} is created. Give the person the username and the password, not by the same way; the \
             password must be changed at the first sign-in. Record an identity check before the first signature."
        );
        frame.message = Some(Message::new(Tone::Done, text));
    }
    let row = |user: &User| PersonRow {
        username: user.username.to_string(),
        full_name: user.full_name.as_str().to_owned(),
        roles: user.roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", "),
        state: state(&accounts.get(user.username.as_str()).cloned().unwrap_or_default(), visit.now),
        href: format!("/people/{}", encoded(user.username.as_str())),
        created_at: shown::plain_moment(user.created_at, visit.zone),
    };
    html(StatusCode::OK, &PeoplePage { frame, rows: users.iter().map(row).collect() })
}

async fn make(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<KeepAccounts>().await?.with_once(visit.once(&form));
    let valid_until = times::from_input("valid_until", form.get("valid_until"), visit.zone);
    let work = |valid_until| {
        let entry = UserEntry {
            username: form.get("username").trim().to_owned(),
            full_name: form.get("full_name").to_owned(),
            roles: form.all("roles"),
            password: form.get("password").to_owned(),
            valid_until: Some(valid_until).filter(|text: &String| !text.is_empty()),
        };
        visit.work(move |app| create_user(app, &permit, &entry))
    };
    let made = match valid_until {
        Ok(valid_until) => work(valid_until).await,
        Err(refusal) => Err(refusal.into()),
    };
    match made {
        Ok(made) => Ok(see_other(&format!("/people?made={}", encoded(made.username.as_str())))),
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
            new_page(visit, &form, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
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
        "valid_until" => ("valid_until", "Works until"),
        _ => ("main", ""),
    };
    (field.into(), label.into())
}

async fn new_page(visit: &Visit, form: &Form, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let mut frame = visit.frame("Create an account", "new-person", "/people");
    frame.crumbs = vec![Link::new("People", "/people")];
    frame.problems = refused.0.clone();
    let chars_min = visit.work(|app| passwords::chars_min(app, &[])).await?;
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
        password_rule: passwords::rule(chars_min),
        valid_until: refused.field("valid_until", form.get("valid_until")),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
    };
    html(status, &view)
}
