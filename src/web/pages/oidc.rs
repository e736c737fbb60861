//! Signing in by the OpenID provider, and linking the own account with an identity there.
//!
//! Promises: a sign-in is begun and finished in one browser, which holds the state in a cookie
//! that lives ten minutes; whatever comes back wrong ends on a page that says what to do.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

use super::form::Form;
use super::view::oidc::LinkPage;
use super::view::parts::{Field, FieldProblem, Message, Tone};
use super::visit::{Visit, app_of, html, problem, query, safe_next, see_other, signed_in};
use crate::domain::refusal::{Code, Refusal};
use crate::web::WebConfig;
use crate::web::problem::{block, status_of};
use crate::web::proxy::is_secure;
use crate::web::session::{cookie, is_same_origin, somebody};
use crate::workflow::Error;
use crate::workflow::oidc::{self, Begun, Done, Returned, VISIT_MINUTES};
use crate::workflow::oidc_provider::Provider;
use crate::workflow::permit::KeepOwnAccount;
use crate::workflow::sign_in::Device;

/// `GET /sign-in/oidc`
pub async fn begin(req: HttpRequest) -> HttpResponse {
    go(&req).await.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `GET /sign-in/oidc/callback`
pub async fn come_back(req: HttpRequest) -> HttpResponse {
    let mut answer = finish(&req).await.unwrap_or_else(|error| problem(&req, None, &error));
    let mut gone = state_cookie("", is_secure(&req));
    gone.make_removal();
    // The cookie's own text is ours and plain.
    let _ = answer.add_cookie(&gone);
    answer
}

/// `GET /account/oidc`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let mut page = link_page(visit).await?;
        if visit.query("done") == "linked" {
            page.frame.message = Some(Message::new(Tone::Done, "Your account is linked."));
        }
        html(StatusCode::OK, &page)
    })
    .await
}

/// `POST /account/oidc`
pub async fn link(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| begin_link(visit, &Form::read(body)?).await).await
}

/// `GET /account/oidc/visit`
pub async fn visit(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let (provider, state) = (provider(&visit.req)?, held_state(&visit.req));
        let address = visit.work(move |app| oidc::address_again(app, &provider, &state)).await?;
        Ok(see_other(address.as_deref().unwrap_or("/account/oidc")))
    })
    .await
}

/// The provider of the site.
pub fn provider_of(req: &HttpRequest) -> Option<Arc<Provider>> {
    req.app_data::<Data<WebConfig>>().and_then(|config| config.oidc.clone())
}

fn provider(req: &HttpRequest) -> Result<Arc<Provider>, Error> {
    provider_of(req).ok_or_else(|| {
        Refusal::new(Code::NoSuchPage, "This site has no OpenID provider. Sign in with your password.").into()
    })
}

fn state_cookie(state: &str, secure: bool) -> Cookie<'static> {
    let name = if secure { "__Host-lotgate_oidc" } else { "lotgate_oidc" };
    // Lax: the provider sends the browser back from another site, by a plain link.
    let cookie = Cookie::build(name, state.to_owned()).path("/").http_only(true).same_site(SameSite::Lax);
    cookie.secure(secure).max_age(Duration::minutes(VISIT_MINUTES)).finish()
}

/// The state that the browser holds.
fn held_state(req: &HttpRequest) -> String {
    let name = state_cookie("", is_secure(req)).name().to_owned();
    req.cookie(&name).map(|c| c.value().to_owned()).unwrap_or_default()
}

async fn go(req: &HttpRequest) -> Result<HttpResponse, Error> {
    let (app, provider) = (app_of(req)?, provider(req)?);
    let next = safe_next(&query(req, "next"));
    let Begun { address, state } = block(move || oidc::begin_sign_in(&app, &provider, &next)).await?;
    with_state(see_other(&address), req, &state)
}

fn with_state(mut answer: HttpResponse, req: &HttpRequest, state: &str) -> Result<HttpResponse, Error> {
    answer.add_cookie(&state_cookie(state, is_secure(req))).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(answer)
}

async fn finish(req: &HttpRequest) -> Result<HttpResponse, Error> {
    let (app, provider) = (app_of(req)?, provider(req)?);
    let returned = Returned {
        state: query(req, "state"),
        cookie: held_state(req),
        code: query(req, "code"),
        error: query(req, "error"),
    };
    let visitor = somebody(req).await.ok().map(|s| s.user);
    let device = Device { label: format!("by {}", provider.host()), browser: true };
    let done = block(move || oidc::come_back(&app, &provider, &returned, visitor.as_ref(), &device)).await?;
    match done {
        Done::Linked => Ok(see_other("/account/oidc?done=linked")),
        Done::SignedIn(opened, next) => {
            let mut answer = see_other(&safe_next(&next));
            let cookie = cookie(&opened.token, is_secure(req));
            answer.add_cookie(&cookie).map_err(|e| Error::Internal(e.to_string()))?;
            Ok(answer)
        }
    }
}

async fn link_page(visit: &Visit) -> Result<LinkPage, Error> {
    let provider = provider(&visit.req)?;
    let (username, issuer) = (visit.somebody.user.username.clone(), provider.issuer().to_owned());
    let account = visit.work(move |app| app.read(|view| Ok(view.account(&username)?))).await?;
    Ok(LinkPage {
        frame: visit.frame(format!("Sign-in by {}", provider.host()), "oidc", ""),
        host: provider.host().to_owned(),
        linked: account.identities.iter().any(|i| i.issuer == issuer),
        going_on: false,
        password_problem: None,
        code: Field::default(),
    })
}

async fn begin_link(visit: &Visit, form: &Form) -> Result<HttpResponse, Error> {
    // `somebody` has looked already; said again here because a link is a key to the account.
    if !is_same_origin(&visit.req) {
        return Err(Refusal::new(Code::CrossSite, "Link the account from a page of this site.").into());
    }
    let (provider, permit) = (provider(&visit.req)?, visit.permit::<KeepOwnAccount>().await?);
    let proof = form.proof();
    let mut page = link_page(visit).await?;
    match visit.work(move |app| oidc::begin_link(app, &provider, &permit, &proof)).await {
        Ok(Begun { state, .. }) => {
            // A link to click: the policy on what a page may load lets no form lead to another site.
            page.going_on = true;
            with_state(html(StatusCode::OK, &page)?, &visit.req, &state)
        }
        Err(Error::Refused(refusal)) if refusal.fields.iter().any(|f| f.field == "password") => {
            page.password_problem = Some(refusal.detail.clone());
            page.frame.problems = vec![FieldProblem { field: "password".into(), text: refusal.detail.clone() }];
            html(status_of(&refusal), &page)
        }
        Err(other) => Err(other),
    }
}
