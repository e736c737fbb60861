//! Who is asking: a bearer token for the API, a cookie for pages, the same sessions behind both.
//!
//! Promises: a request that changes something and is carried by a cookie comes from our own
//! pages (Sec-Fetch-Site, or Origin against Host), or it is refused.

use std::future::Future;
use std::pin::Pin;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, ORIGIN};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Problem, block};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::store::User;
use crate::workflow::{App, Error, own_account, sign_in};

/// The cookie that carries a page's session.
pub const COOKIE: &str = "lotgate_session";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// The account.
    pub user: User,
    /// The session's secret, for signing out.
    pub token: String,
    /// When the session ends by itself.
    pub expires_at: Moment,
}

impl Somebody {
    /// True if the person holds the role.
    pub fn is(&self, role: Role) -> bool {
        self.user.roles.contains(&role)
    }
}

/// The session cookie for a token.
pub fn cookie(token: &str, secure: bool) -> Cookie<'static> {
    Cookie::build(COOKIE, token.to_owned()).path("/").http_only(true).same_site(SameSite::Lax).secure(secure).finish()
}

/// The cookie that removes the session cookie.
pub fn no_cookie() -> Cookie<'static> {
    let mut cookie = Cookie::build(COOKIE, "").path("/").http_only(true).same_site(SameSite::Lax).finish();
    cookie.make_removal();
    cookie
}

/// The token a request carries and whether it came by cookie.
fn token_of(req: &HttpRequest) -> Option<(String, bool)> {
    if let Some(header) = req.headers().get(AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("Bearer").then(|| (token.trim().to_owned(), false));
    }
    req.cookie(COOKIE).map(|c| (c.value().to_owned(), true))
}

/// True if a browser says that the request comes from a page of this site, or says nothing at
/// all (then it is no browser, and carries no cookie it was tricked into sending).
pub fn is_same_origin(req: &HttpRequest) -> bool {
    let header = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match (header(ORIGIN.as_str()), header(HOST.as_str())) {
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// What somebody may do whose password was given by an administrator: change it, or leave.
const BEFORE_PASSWORD_CHANGE: [(&str, &str); 6] = [
    ("GET", "/api/v1/me"),
    ("POST", "/api/v1/me/password"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("POST", "/sign-out"),
];

fn open_before_password_change(req: &HttpRequest) -> bool {
    let asked = (req.method().as_str(), req.path());
    BEFORE_PASSWORD_CHANGE.contains(&asked)
}

/// Finds out who is asking.
///
/// # Errors
/// Nobody is signed in, or a cookie was carried here from another site.
pub async fn somebody(req: &HttpRequest) -> Result<Somebody, Error> {
    let app = req.app_data::<Data<App>>().ok_or_else(|| Error::Internal("no App".into()))?.clone();
    let nobody = || {
        let detail = "Sign in first: the session is missing, has ended, or has expired.";
        Error::from(Refusal::new(Code::NotSignedIn, detail))
    };
    let (token, by_cookie) = token_of(req).ok_or_else(nobody)?;
    if by_cookie && !matches!(*req.method(), Method::GET | Method::HEAD) && !is_same_origin(req) {
        let detail = "This request was sent from a page of another site, so it was not carried out.";
        return Err(Refusal::new(Code::CrossSite, detail).into());
    }
    let looked_up = token.clone();
    let (reader, open) = (app.clone(), open_before_password_change(req));
    let session = block(move || sign_in::session(&reader, &looked_up)).await?.ok_or_else(nobody)?;
    let username = session.user.username.clone();
    if !open && block(move || own_account::must_change_password(&app, &username)).await? {
        return Err(own_account::change_required().into());
    }
    Ok(Somebody { user: session.user, token, expires_at: session.expires_at })
}

impl FromRequest for Somebody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { somebody(&req).await.map_err(Problem) })
    }
}
