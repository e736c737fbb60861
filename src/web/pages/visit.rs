//! A visit to a page: who looks, what was asked, the frame around the answer, and what becomes
//! of an error.
//!
//! Promises: somebody who is not signed in is sent to the sign-in and back; every error ends on
//! a page that says what happened and what to do; nothing is written here.

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, HOST, LOCATION, REFERER};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;

use super::form::Form;
use super::shown;
use super::view::parts::{Assets, Field, Frame, Link, Message, Person, Tone};
use super::view::problem::ProblemPage;
use super::view::sign_in::SignInPage;
use crate::domain::blind::Blind;
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::spec::Specification;
use crate::web::guard;
use crate::web::problem::{block, explain, request_id};
use crate::web::session::{Somebody, somebody};
use crate::web::{statics, times};
use crate::workflow::permit::{Duty, Once, Permit};
use crate::workflow::{App, Error, passkeys};

/// Somebody who is signed in looks at a page.
pub struct Visit {
    /// The product.
    pub app: App,
    /// The request.
    pub req: HttpRequest,
    /// Who looks.
    pub somebody: Somebody,
    /// When.
    pub now: Moment,
    /// The site's zone.
    pub zone: Tz,
}

/// Answers somebody who is signed in; sends everybody else to sign in.
pub async fn signed_in<F>(req: &HttpRequest, page: F) -> HttpResponse
where
    F: AsyncFnOnce(&Visit) -> Result<HttpResponse, Error>,
{
    let visit = match visit(req).await {
        Ok(visit) => visit,
        Err(error) => return turned_away(req, &error),
    };
    match page(&visit).await {
        Ok(answer) => answer,
        Err(error) => problem(req, Some(&visit.somebody), &error),
    }
}

async fn visit(req: &HttpRequest) -> Result<Visit, Error> {
    let somebody = somebody(req).await?;
    let app = app_of(req)?;
    Ok(Visit { now: app.now(), zone: times::zone(&app.site().zone), app, req: req.clone(), somebody })
}

/// The product behind a request.
///
/// # Errors
/// The server was set up without it: a failure of ours.
pub fn app_of(req: &HttpRequest) -> Result<App, Error> {
    let app = req.app_data::<Data<App>>().ok_or_else(|| Error::Internal("no App".into()))?;
    Ok(app.get_ref().clone())
}

impl Visit {
    /// A value of the address's query; empty when it is not there.
    pub fn query(&self, name: &str) -> String {
        query(&self.req, name)
    }

    /// The lot, bank or donor of the address.
    ///
    /// # Errors
    /// It cannot be such a number, so there is none.
    pub fn lot_number(&self) -> Result<LotNumber, Refusal> {
        let part = |name: &'static str| Some((name, self.req.match_info().get(name)?));
        let (noun, text) = ["lot", "bank", "donor"].into_iter().find_map(part).unwrap_or(("lot", ""));
        LotNumber::parse(text).map_err(|_| {
            let shown: String = text.chars().take(40).collect();
            Refusal::new(Code::NoSuchLot, format!("There is no {noun} “{shown}”. Check the number."))
        })
    }

    /// The run of the address.
    ///
    /// # Errors
    /// It is no number.
    pub fn run_number(&self) -> Result<RunNumber, Refusal> {
        RunNumber::parse(self.req.match_info().get("run").unwrap_or_default())
    }

    /// True if the person holds the role.
    pub fn is(&self, role: Role) -> bool {
        self.somebody.is(role)
    }

    /// The person acting in a role, to ask the rules what they would say.
    pub fn actor(&self, role: Role) -> Actor {
        Actor { username: self.somebody.user.username.clone(), name: self.somebody.user.full_name.clone(), role }
    }

    /// A lot as this person sees it.
    pub fn blind<'a>(&'a self, lot: &'a Lot, spec: &'a Specification) -> Blind<'a> {
        Blind { lot, spec, viewer: &self.somebody.user.username }
    }

    /// The permit for a duty.
    ///
    /// # Errors
    /// None of the person's roles allows it.
    pub async fn permit<D: Duty>(&self) -> Result<Permit<D>, Error> {
        guard::grant::<D>(&self.req, &self.somebody).await
    }

    /// The promise that a form sent twice is the same form.
    pub fn once(&self, form: &Form) -> Option<Once> {
        guard::once_with(&self.req, form.get("idempotency_key"), &form.fingerprint()).ok()
    }

    /// Reads or writes through the product where blocking is allowed.
    ///
    /// # Errors
    /// Whatever the work says.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let app = self.app.clone();
        block(move || work(&app)).await
    }

    /// A key for a form, so that sending it twice records it once.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn key(&self) -> Result<String, Error> {
        self.app.request_id()
    }

    /// The frame of a page; `at` is the entry of the navigation it belongs to.
    pub fn frame(&self, title: impl Into<String>, page: &'static str, at: &str) -> Frame {
        let mut frame = frame(&self.app, title, page);
        self.dress(&mut frame, at);
        frame
    }

    fn dress(&self, frame: &mut Frame, at: &str) {
        dress(frame, &self.somebody, at);
    }
}

/// The frame around a page for anybody.
pub fn frame(app: &App, title: impl Into<String>, page: &'static str) -> Frame {
    let site = app.site();
    let banner = match site.synthetic {
        true => "SYNTHETIC: for demonstration and training; no real donors, lots or patients".into(),
        false => String::new(),
    };
    let now = times::to_minutes(app.now(), times::zone(&site.zone));
    let offset = now.rsplit(' ').next().unwrap_or_default();
    Frame {
        title: title.into(),
        page,
        site: site.name.as_str().to_owned(),
        banner,
        zone: format!("{offset} {}", site.zone),
        version: env!("CARGO_PKG_VERSION").into(),
        assets: Assets(statics::address),
        ..Frame::default()
    }
}

fn dress(frame: &mut Frame, somebody: &Somebody, at: &str) {
    let roles: Vec<&str> = somebody.user.roles.iter().map(|r| r.as_str()).collect();
    frame.person = Some(Person {
        full_name: somebody.user.full_name.as_str().to_owned(),
        username: somebody.user.username.to_string(),
        roles: roles.join(", "),
    });
    let everybody = [
        ("Lots", "/lots"),
        ("Banks", "/banks"),
        ("Review", "/review"),
        ("Calendar", "/calendar"),
        ("Investigations", "/investigations"),
        ("Certificates", "/certificates"),
        ("Specifications", "/specifications"),
        ("Ledger", "/ledger"),
    ];
    let admin = somebody.is(Role::Admin);
    let mut nav: Vec<Link> = everybody
        .iter()
        // An administrator checks nobody's runs.
        .filter(|(label, _)| !(admin && *label == "Review"))
        .map(|(label, href)| Link::new(*label, *href))
        .collect();
    if admin {
        nav.push(Link::new("People", "/people"));
    }
    if [Role::Qa, Role::Qp, Role::Admin].into_iter().any(|role| somebody.is(role)) {
        let alerts = Link::new("Alerts", "/alerts");
        nav.push(if somebody.alerts == 0 { alerts } else { alerts.with_note(somebody.alerts.to_string()) });
    }
    frame.asks_code = somebody.asks_code;
    frame.idle_minutes = somebody.idle_minutes;
    if admin || somebody.is(Role::Qa) || somebody.is(Role::Auditor) {
        nav.push(Link::new("Access", "/access"));
    }
    frame.nav = nav.into_iter().map(|link| if link.href == at { link.here() } else { link }).collect();
    frame.search = Some(String::new());
}

/// A page as an answer.
///
/// # Errors
/// The template could not be rendered: a failure of ours.
pub fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Error> {
    let text = page.render().map_err(|e| Error::Internal(format!("template: {e}")))?;
    Ok(HttpResponse::build(status).insert_header(ContentType::html()).body(text))
}

/// Sends the browser on after a deed was done.
pub fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

/// A value of a request's query; empty when it is not there.
pub fn query(req: &HttpRequest, name: &str) -> String {
    let pairs = Query::<Vec<(String, String)>>::from_query(req.query_string());
    let found = pairs.ok().and_then(|q| q.into_inner().into_iter().find(|(n, _)| n == name));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// Text as part of an address.
pub fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// An address of this site to go to after signing in; anything else becomes the first page.
pub fn safe_next(next: &str) -> String {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let plain = next.len() <= 500 && !next.chars().any(char::is_control);
    if local && plain { next.to_owned() } else { "/".into() }
}

/// What somebody gets whose session is not there, or who was sent here by another site.
fn turned_away(req: &HttpRequest, error: &Error) -> HttpResponse {
    let Error::Refused(refusal) = error else { return problem(req, None, error) };
    if refusal.code == Code::PasswordChangeRequired {
        return see_other("/account");
    }
    if refusal.code == Code::SecondFactorMissing {
        return see_other("/account/security?first=factor");
    }
    if refusal.code != Code::NotSignedIn {
        return problem(req, None, error);
    }
    if req.method().is_safe() {
        let here = req.uri().path_and_query().map_or("/", |p| p.as_str());
        let asked = if here == "/" { String::new() } else { format!("?next={}", encoded(here)) };
        return see_other(&format!("/sign-in{asked}"));
    }
    let Ok(app) = app_of(req) else { return problem(req, None, error) };
    let mut page = SignInPage {
        frame: frame(&app, "Sign in", "sign-in"),
        next: referring_page(req),
        username: Field::default(),
        password_problem: None,
        provider: None,
        passkeys_offered: passkeys::are_offered(&app),
        accounts: Vec::new(),
    };
    let text = "Your session has ended, so nothing was recorded. Sign in again: what you had typed is kept in this browser \
                and offered to you on the form.";
    page.frame.message = Some(Message::new(Tone::Note, text));
    html(StatusCode::UNAUTHORIZED, &page).unwrap_or_else(|_| HttpResponse::Unauthorized().finish())
}

/// The page of this site that a form stood on.
fn referring_page(req: &HttpRequest) -> String {
    let header = |name| req.headers().get(name).and_then(|v| v.to_str().ok());
    let path = header(REFERER).zip(header(HOST)).and_then(|(referer, host)| {
        let (_, rest) = referer.split_once("://")?;
        rest.strip_prefix(host).map(str::to_owned)
    });
    safe_next(&path.unwrap_or_else(|| "/".into()))
}

/// The page an error ends on.
pub fn problem(req: &HttpRequest, somebody: Option<&Somebody>, error: &Error) -> HttpResponse {
    let (status, code, detail, _) = explain(error);
    let detail = match app_of(req) {
        Ok(app) => shown::local_times(&detail, times::zone(&app.site().zone)),
        Err(_) => detail,
    };
    let plain = || HttpResponse::build(status).content_type("text/plain; charset=utf-8").body(detail.clone());
    let Ok(app) = app_of(req) else { return plain() };
    let title = match error {
        Error::Refused(refusal) => refusal.code.meaning().trim_end_matches('.').to_owned(),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => "Too many people are writing at this moment".into(),
        _ => "Something went wrong inside Lotgate".into(),
    };
    let mut frame = frame(&app, title.clone(), "problem");
    let mut go = Vec::new();
    if let Some(somebody) = somebody {
        dress(&mut frame, somebody, "");
        let lot = req.match_info().get("lot").and_then(|t| LotNumber::parse(t).ok());
        if let Some(lot) = lot.filter(|_| status != StatusCode::NOT_FOUND) {
            go.push(Link::new(format!("Lot {lot}"), format!("/lots/{lot}")));
        }
        go.push(Link::new("All lots", "/lots"));
    } else {
        go.push(Link::new("Verify a certificate", "/verify"));
    }
    let what_to_do = what_to_do(error, status).to_owned();
    let (code, request_id) = (code.to_owned(), request_id());
    let page =
        ProblemPage { frame, status: status.as_u16(), title, detail: detail.clone(), what_to_do, go, code, request_id };
    html(status, &page).unwrap_or_else(|_| plain())
}

fn what_to_do(error: &Error, status: StatusCode) -> &'static str {
    match (error, status) {
        (Error::Refused(r), _) if r.code == Code::WrongRole => "Ask somebody who holds that role.",
        (Error::Refused(r), _) if r.code == Code::CrossSite => "Open the page here and do it again.",
        (_, StatusCode::NOT_FOUND) => "Check the number in the address, or look for it in the list.",
        (_, StatusCode::CONFLICT) => "Open it again to see how it stands now.",
        (_, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE) => {
            "Go back, check what was sent, and send it again."
        }
        (_, StatusCode::SERVICE_UNAVAILABLE) => "Wait a few seconds and do it again.",
        (_, StatusCode::INTERNAL_SERVER_ERROR) => "Give the administrator the request's number below.",
        _ => "",
    }
}
