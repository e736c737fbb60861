//! Signing in and out, and making the first administrator.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::people::place;
use super::view::parts::{Field, FieldProblem, Message, Tone};
use super::view::sign_in::{DemoAccount, FirstAdministratorPage, SignInPage};
use super::visit::{app_of, frame, html, problem, query, safe_next, see_other};
use crate::domain::refusal::{Code, Refusal};
use crate::web::WebConfig;
use crate::web::problem::{block, status_of};
use crate::web::session::{cookie, is_same_origin, no_cookie, somebody};
use crate::web::times;
use crate::workflow::keep_accounts::{UserEntry, create_first_administrator};
use crate::workflow::{Error, passwords, sign_in};

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
    let app = app_of(req)?;
    let given = form.clone();
    let opened = block(move || sign_in::sign_in(&app, given.get("username").trim(), given.get("password"))).await;
    match opened {
        Ok(opened) => {
            let secure = req.app_data::<Data<WebConfig>>().is_some_and(|config| config.secure_cookies);
            Ok(HttpResponse::SeeOther()
                .cookie(cookie(&opened.token, secure))
                .insert_header((LOCATION, safe_next(form.get("next"))))
                .finish())
        }
        Err(Error::Refused(refusal)) => {
            let mut page = sign_in_page(req, form.get("next"), form.get("username"))?;
            page.frame.problems = vec![FieldProblem { field: "password".into(), text: refusal.detail.clone() }];
            page.password_problem = Some(refusal.detail.clone());
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
    answer.add_cookie(&no_cookie()).map_err(|e| Error::Internal(e.to_string()))?;
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
