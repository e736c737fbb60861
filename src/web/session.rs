//! Who is asking: a bearer token for the API, a cookie for pages, the same sessions behind both.
//!
//! Promises: a request that changes something and is carried by a cookie comes from our own
//! pages (Sec-Fetch-Site, or Origin or Referer against Host), or it is refused; a secret is good
//! where it was given for, as a cookie or as a bearer; a token of an instrument reaches what its
//! scopes name and nothing else; who must do something first does that first.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HOST, ORIGIN, REFERER, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Problem, block};
use super::proxy::is_secure;
use super::routes::{Effect, ROUTES, Route, Who};
use super::scopes;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::store::User;
use crate::workflow::permit::{KeepOwnAccount, Permit};
use crate::workflow::present::{self, Carried, Means, renew};
use crate::workflow::sign_in::Device;
use crate::workflow::{App, Error, own_account};

/// The cookie that carries a page's session.
pub const COOKIE: &str = "lotgate_session";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Somebody {
    /// The account.
    pub user: User,
    /// The session's secret, for signing out.
    pub token: String,
    /// How it was sent.
    pub carried: Carried,
    /// When the session ends by itself.
    pub expires_at: Moment,
    /// The session's public name; none for a token of an instrument.
    pub session: Option<String>,
    /// True where this person signs with a one-time code too.
    pub asks_code: bool,
    /// After how many minutes without a touch this page locks; none where a program asks.
    pub idle_minutes: Option<u32>,
    /// How many alerts for this person's roles nobody took note of.
    pub alerts: usize,
}

impl Somebody {
    /// True if the person holds the role.
    pub fn is(&self, role: Role) -> bool {
        self.user.roles.contains(&role)
    }
}

/// The cookie under TLS: a browser takes this name only from the service itself, so that no
/// other host of the same domain can lay a session of its own in a visitor's browser.
pub const SECURE_COOKIE: &str = "__Host-lotgate_session";

/// The name of the session cookie.
fn name(secure: bool) -> &'static str {
    if secure { SECURE_COOKIE } else { COOKIE }
}

/// The session cookie for a token; `secure` under TLS ([`is_secure`]).
pub fn cookie(token: &str, secure: bool) -> Cookie<'static> {
    let cookie = Cookie::build(name(secure), token.to_owned()).path("/").http_only(true);
    cookie.same_site(SameSite::Lax).secure(secure).finish()
}

/// The cookie that removes the session cookie.
pub fn no_cookie(secure: bool) -> Cookie<'static> {
    let mut cookie = cookie("", secure);
    cookie.make_removal();
    cookie
}

/// The token a request carries and whether it came by cookie.
pub(super) fn token_of(req: &HttpRequest) -> Option<(String, bool)> {
    if let Some(header) = req.headers().get(AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("Bearer").then(|| (token.trim().to_owned(), false));
    }
    req.cookie(name(is_secure(req))).map(|c| (c.value().to_owned(), true))
}

/// True if a browser says that the request comes from a page of this site, or says nothing at
/// all (then it is no browser, and carries no cookie it was tricked into sending).
pub fn is_same_origin(req: &HttpRequest) -> bool {
    // What cannot be read is no word for us.
    let header = |name: &str| req.headers().get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    if let Some(site) = header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(from) = header(ORIGIN.as_str()).or_else(|| header(REFERER.as_str())) else { return true };
    let Some((scheme, rest)) = from.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next();
    // Somebody in between can make up a page of plain HTTP under our name, but none of HTTPS.
    host == header(HOST.as_str()) && (scheme == "https" || !is_secure(req))
}

/// True for what is recorded though it is asked for with GET: copies that are taken out.
fn takes_out(method: &Method, path: &str) -> bool {
    let writes = |r: &&Route| r.method == "GET" && r.path == path && r.effect == Effect::Writes;
    matches!(*method, Method::GET | Method::HEAD)
        && ROUTES.iter().any(|route| writes(&route) && route.who != Who::Anyone)
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
    let here = req.match_pattern().unwrap_or_default();
    let changes = !matches!(*req.method(), Method::GET | Method::HEAD) || takes_out(req.method(), &here);
    if by_cookie && changes && !is_same_origin(req) {
        let detail = "This request was sent from a page of another site, so it was not carried out.";
        return Err(Refusal::new(Code::CrossSite, detail).into());
    }
    let carried = if by_cookie { Carried::ByCookie } else { Carried::AsBearer };
    let looked_up = token.clone();
    let present = block(move || present::carried(&app, &looked_up, carried)).await?.ok_or_else(nobody)?;
    if present.locked && !scopes::is_for_the_locked(req.method(), &here) {
        let detail = "Nobody touched the page for some time, so it is locked. Type your password to go on.";
        return Err(Refusal::new(Code::NotSignedIn, detail).into());
    }
    if let Means::Token { scopes } = &present.means {
        scopes::check(scopes, req.method(), &here)?;
    }
    if present.must_change && !scopes::is_for_a_given_password(req.method(), &here) {
        return Err(own_account::change_required().into());
    }
    if let Some(first) = present.first.filter(|_| !scopes::is_for_the_unready(&here)) {
        return Err(first.into());
    }
    let (session, browser) = match present.means {
        Means::Session { id, browser } => (Some(id), browser),
        Means::Token { .. } => (None, false),
    };
    Ok(Somebody {
        user: present.user,
        token,
        carried,
        expires_at: present.expires_at,
        session,
        asks_code: present.asks_code,
        idle_minutes: browser.then_some(present.idle_minutes),
        alerts: present.alerts,
    })
}

/// Gives a page's session another secret: the cookie to answer with. A secret that somebody saw, or
/// laid in the browser, before the person proved again who they are is worth nothing after it.
///
/// # Errors
/// Storage fails.
pub async fn renewed(
    req: &HttpRequest,
    somebody: &Somebody,
    permit: Permit<KeepOwnAccount>,
) -> Result<Option<Cookie<'static>>, Error> {
    if somebody.carried != Carried::ByCookie {
        return Ok(None);
    }
    let app = req.app_data::<Data<App>>().ok_or_else(|| Error::Internal("no App".into()))?.clone();
    let old = somebody.token.clone();
    let new = block(move || renew(&app, &permit, &old)).await?;
    Ok(new.map(|token| cookie(&token, is_secure(req))))
}

/// How long a sign-in that fails takes at least: longer than comparing a password and recording
/// the attempt, so that the time tells nobody whether an account exists or is locked.
const FAILURE_MILLIS: u64 = 300;

/// Carries a sign-in out; a failure is told no sooner than any other.
///
/// # Errors
/// Those of the sign-in.
pub async fn unhurried<T>(sign_in: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let soonest = actix_web::rt::time::sleep(Duration::from_millis(FAILURE_MILLIS));
    let outcome = sign_in.await;
    if outcome.is_err() {
        soonest.await;
    }
    outcome
}

/// From what a request comes, in a few words: `Firefox on Linux`.
pub fn device(req: &HttpRequest, browser: bool) -> Device {
    let agent = req.headers().get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let found = |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, n)| *n);
    // The order counts: most browsers also name the ones they descend from.
    let program = found(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = found(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    let label = match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => {
            let first = agent.split_whitespace().next().unwrap_or_default();
            first.chars().filter(char::is_ascii_graphic).take(40).collect()
        }
    };
    Device { label: if label.is_empty() { "an unnamed program".into() } else { label }, browser }
}

impl FromRequest for Somebody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { somebody(&req).await.map_err(Problem) })
    }
}
