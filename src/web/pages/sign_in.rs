//! Signing in and out, and making the first administrator.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::oidc::provider_of;
use super::people::place;
use super::shown;
use super::view::parts::{Field, FieldProblem, Message, Tone};
use super::view::sign_in::{DemoAccount, FirstAdministratorPage, SignInCodePage, SignInPage};
use super::visit::{app_of, frame, html, problem, query, safe_next, see_other};
use crate::domain::refusal::{Code, Refusal};
use crate::web::WebConfig;
use crate::web::limits::count_account;
use crate::web::problem::{block, status_of};
use crate::web::proxy::is_secure;
use crate::web::session::{cookie, device, is_same_origin, no_cookie, somebody, unhurried};
use crate::web::times;
use crate::workflow::keep_accounts::{UserEntry, create_first_administrator};
use crate::workflow::sign_in::Begun;
use crate::workflow::{Error, passkeys, passwords, sign_in};

/// `GET /sign-in`
pub async fn show(req: HttpRequest) -> HttpResponse {
    let page = sign_in_page(&req, &query(&req, "next"), "").and_then(|mut page| {
        page.frame.message = match query(&req, "done").as_str() {
            "signed-out" => Some(Message::new(Tone::Done, "You are signed out.")),
            "administrator" => {
                Some(Message::new(Tone::Done, "The administrator’s account is created. Sign in with it."))
            }
            _ => None,
        };
        html(StatusCode::OK, &page)
    });
    page.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `POST /sign-in`
pub async fn submit(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let outcome = match Form::read(body) {
        Ok(form) => open(&req, form).await,
        Err(refusal) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `GET /sign-in/code` and `GET /sign-in/passkey`: back to the beginning.
pub async fn again(_: HttpRequest) -> HttpResponse {
    see_other("/sign-in")
}

/// `POST /sign-in/code`
pub async fn submit_code(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let outcome = match Form::read(body) {
        Ok(form) => second_half(&req, form).await,
        Err(refusal) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `POST /sign-in/passkey`
pub async fn submit_passkey(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let outcome = match Form::read(body) {
        Ok(form) => with_passkey(&req, form).await,
        Err(refusal) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `POST /sign-out`
pub async fn out(req: HttpRequest) -> HttpResponse {
    let outcome = close(&req).await;
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `GET /first-administrator`
pub async fn first_administrator(req: HttpRequest) -> HttpResponse {
    let token = query(&req, "token");
    let outcome = link_in_force(&req, &token)
        .and_then(|()| first_page(&req, &token, &Form::default(), &Refused::default()))
        .and_then(|page| html(StatusCode::OK, &page));
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `POST /first-administrator`
pub async fn create_first(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let outcome = match Form::read(body) {
        Ok(form) => make_first(&req, form).await,
        Err(refusal) => Err(refusal.into()),
    };
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

fn sign_in_page(req: &HttpRequest, next: &str, username: &str) -> Result<SignInPage, Error> {
    let app = app_of(req)?;
    let config = req.app_data::<Data<WebConfig>>();
    let demo_account = |a: &crate::web::DemoAccount| DemoAccount {
        username: a.username.into(),
        password: a.password.into(),
        roles: a.roles.join(", "),
    };
    Ok(SignInPage {
        frame: frame(&app, "Sign in", "sign-in"),
        next: safe_next(next),
        username: Field::of(username),
        password_problem: None,
        provider: provider_of(req).map(|provider| provider.host().to_owned()),
        passkeys_offered: passkeys::are_offered(&app),
        accounts: config.iter().flat_map(|c| &c.demo_accounts).map(demo_account).collect(),
    })
}

fn from_another_site(req: &HttpRequest) -> Result<(), Error> {
    if is_same_origin(req) {
        return Ok(());
    }
    // A page of another site must not sign a visitor in under somebody else's name.
    Err(Refusal::new(Code::CrossSite, "This request was sent from a page of another site, so it was not carried out.")
        .into())
}

async fn open(req: &HttpRequest, form: Form) -> Result<HttpResponse, Error> {
    from_another_site(req)?;
    count_account(req, form.get("username"))?;
    let app = app_of(req)?;
    let (given, from) = (form.clone(), device(req, true));
    let username = form.get("username").trim().to_owned();
    let work = block(move || sign_in::by_steps(&app, &username, given.get("password"), &from));
    match unhurried(work).await {
        Ok(Begun::Opened(opened)) => Ok(entered(req, &opened.token, form.get("next"))),
        Ok(Begun::CodeNeeded(ticket)) => html(StatusCode::OK, &code_page(req, &ticket, form.get("next"), None)?),
        Err(Error::Refused(refusal)) => {
            let mut page = sign_in_page(req, form.get("next"), form.get("username"))?;
            page.frame.problems = vec![FieldProblem { field: "password".into(), text: refusal.detail.clone() }];
            page.password_problem = Some(refusal.detail.clone());
            html(status_of(&refusal), &page)
        }
        Err(other) => Err(other),
    }
}

/// The way in: the session's cookie, and where to go.
fn entered(req: &HttpRequest, token: &str, next: &str) -> HttpResponse {
    HttpResponse::SeeOther().cookie(cookie(token, is_secure(req))).insert_header((LOCATION, safe_next(next))).finish()
}

fn code_page(req: &HttpRequest, ticket: &str, next: &str, problem: Option<String>) -> Result<SignInCodePage, Error> {
    let mut frame = frame(&app_of(req)?, "One-time code", "sign-in");
    frame.problems = problem.iter().map(|text| FieldProblem { field: "code".into(), text: text.clone() }).collect();
    Ok(SignInCodePage { frame, next: safe_next(next), ticket: ticket.to_owned(), problem })
}

/// The second half of a sign-in.
async fn second_half(req: &HttpRequest, form: Form) -> Result<HttpResponse, Error> {
    from_another_site(req)?;
    let (app, from, given) = (app_of(req)?, device(req, true), form.clone());
    match block(move || sign_in::finish(&app, given.get("ticket"), given.get("code"), &from)).await {
        Ok(opened) => Ok(entered(req, &opened.token, form.get("next"))),
        Err(Error::Refused(refusal)) if refusal.code == Code::NotSignedIn => {
            let mut page = sign_in_page(req, form.get("next"), "")?;
            page.frame.message = Some(Message::new(Tone::Changed, refusal.detail.clone()));
            html(status_of(&refusal), &page)
        }
        Err(Error::Refused(refusal)) => {
            let zone = times::zone(&app_of(req)?.site().zone);
            let text = shown::local_times(&refusal.detail, zone);
            html(status_of(&refusal), &code_page(req, form.get("ticket"), form.get("next"), Some(text))?)
        }
        Err(other) => Err(other),
    }
}

/// A sign-in with a passkey, whose answer the page's script put into a form.
async fn with_passkey(req: &HttpRequest, form: Form) -> Result<HttpResponse, Error> {
    from_another_site(req)?;
    let (app, from, given) = (app_of(req)?, device(req, true), form.clone());
    match block(move || passkeys::sign_in(&app, given.get("ceremony"), given.get("credential"), &from)).await {
        Ok(opened) => Ok(entered(req, &opened.token, form.get("next"))),
        Err(Error::Refused(refusal)) => {
            let mut page = sign_in_page(req, form.get("next"), "")?;
            page.frame.message = Some(Message::new(Tone::Changed, refusal.detail.clone()));
            html(status_of(&refusal), &page)
        }
        Err(other) => Err(other),
    }
}

async fn close(req: &HttpRequest) -> Result<HttpResponse, Error> {
    match somebody(req).await {
        Ok(somebody) => {
            let app = app_of(req)?;
            block(move || sign_in::sign_out(&app, &somebody.user, &somebody.token)).await?;
        }
        // Signing out twice is no mistake.
        Err(Error::Refused(refusal)) if refusal.code == Code::NotSignedIn => {}
        Err(other) => return Err(other),
    }
    let mut answer = see_other("/sign-in?done=signed-out");
    answer.add_cookie(&no_cookie(is_secure(req))).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(answer)
}

fn link_in_force(req: &HttpRequest, token: &str) -> Result<(), Error> {
    if app_of(req)?.first_link_is(token) {
        return Ok(());
    }
    let detail = "This link has been used, or a newer one was printed when the service started again.";
    Err(Refusal::new(Code::LinkExpired, detail).into())
}

fn first_page(req: &HttpRequest, token: &str, form: &Form, refused: &Refused) -> Result<FirstAdministratorPage, Error> {
    let app = app_of(req)?;
    let mut frame = frame(&app, "Create the first administrator", "first-administrator");
    frame.problems = refused.0.clone();
    Ok(FirstAdministratorPage {
        frame,
        token: token.to_owned(),
        username: refused.field("username", form.get("username")),
        full_name: refused.field("full_name", form.get("full_name")),
        password_problem: refused.on("password"),
        again_problem: refused.on("password_again"),
        password_rule: passwords::rule(passwords::chars_min(&app, &[])?),
    })
}

async fn make_first(req: &HttpRequest, form: Form) -> Result<HttpResponse, Error> {
    from_another_site(req)?;
    let token = form.get("token").to_owned();
    link_in_force(req, &token)?;
    if form.get("password") != form.get("password_again") {
        let text = "The two passwords differ. Type the same one twice.".into();
        let refused = Refused(vec![FieldProblem { field: "password_again".into(), text }]);
        return html(StatusCode::UNPROCESSABLE_ENTITY, &first_page(req, &token, &form, &refused)?);
    }
    let app = app_of(req)?;
    let entry = UserEntry {
        username: form.get("username").trim().to_owned(),
        full_name: form.get("full_name").to_owned(),
        roles: Vec::new(),
        password: form.get("password").to_owned(),
        valid_until: None,
    };
    let (given, zone) = (token.clone(), times::zone(&app.site().zone));
    match block(move || create_first_administrator(&app, &given, &entry)).await {
        Ok(_) => Ok(see_other("/sign-in?done=administrator")),
        Err(Error::Refused(refusal)) if refusal.code != Code::LinkExpired => {
            let refused = Refused::place(&refusal, zone, place);
            html(status_of(&refusal), &first_page(req, &token, &form, &refused)?)
        }
        Err(other) => Err(other),
    }
}
