//! `/people/{username}/security`: what an administrator can lift, end or take away of an account.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Link, Message, Tone};
use super::view::person_security::{PersonSecurityPage, Stoppable};
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::account::{Account, LockedDeed};
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::store::Session;
use crate::web::problem::status_of;
use crate::workflow::permit::{KeepAccounts, Permit};
use crate::workflow::{App, Error, my_sessions, second_factor, tokens};

/// `GET /people/{username}/security`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Refused::default(), StatusCode::OK).await).await
}

/// `GET` at an address that only takes one of the page's forms: back to the page.
pub async fn back(req: HttpRequest) -> HttpResponse {
    see_other(&address(req.match_info().get("username").unwrap_or_default()))
}

fn address(username: &str) -> String {
    format!("/people/{}/security", encoded(username))
}

type Verb = fn(&App, &Permit<KeepAccounts>, &str, &str, &str) -> Result<(), Error>;

async fn act(req: HttpRequest, body: Result<Bytes, actix_web::Error>, verb: Verb) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let permit = visit.permit::<KeepAccounts>().await?;
        let form = Form::read(body)?;
        let part = |name: &str| visit.req.match_info().get(name).unwrap_or_default().to_owned();
        let (username, id, reason) = (part("username"), part("id"), form.get("reason").to_owned());
        let back = address(&username);
        match visit.work(move |app| verb(app, &permit, &username, &id, &reason)).await {
            Ok(()) => Ok(see_other(&format!("{back}?done=yes"))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::WrongRole | Code::NoSuchUser) => {
                let place = |_: &FieldRefusal| ("main".to_owned(), "The reason".to_owned());
                page(visit, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// `POST /people/{username}/security/unlock`
pub async fn unlock(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    act(req, body, |app, permit, username, _, reason| my_sessions::unlock_account(app, permit, username, reason)).await
}

/// `POST /people/{username}/security/factors/{id}/removal`
pub async fn remove_factor(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    act(req, body, second_factor::remove_factor).await
}

/// `POST /people/{username}/security/sessions/{id}/end`
pub async fn end_session(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    act(req, body, my_sessions::end_session).await
}

/// `POST /people/{username}/security/tokens/{id}/revocation`
pub async fn revoke_token(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    act(req, body, tokens::revoke_token).await
}

async fn page(visit: &Visit, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<KeepAccounts>().await?;
    let username = visit.req.match_info().get("username").unwrap_or_default().to_owned();
    let asked = username.clone();
    let (account, sessions) = visit
        .work(move |app| {
            let sessions = my_sessions::sessions_of(app, &permit, &asked)?;
            let name = crate::domain::ids::Username::parse(&asked)
                .map_err(|_| Refusal::new(Code::NoSuchUser, "There is no such account."))?;
            Ok((app.read(|view| Ok(view.account(&name)?))?, sessions))
        })
        .await?;
    let mut frame = visit.frame(format!("Security of {username}"), "person-security", "/people");
    frame.crumbs = vec![Link::new("People", "/people")];
    frame.problems = refused.0;
    if visit.query("done") == "yes" {
        frame.message = Some(Message::new(Tone::Done, "Done, and on record."));
    }
    let view = PersonSecurityPage {
        frame,
        address: address(&username),
        locks: locks(&account, visit),
        things: things(&account, &sessions, visit),
        username,
    };
    html(status, &view)
}

fn locks(account: &Account, visit: &Visit) -> Vec<String> {
    let standing = [LockedDeed::SignIn, LockedDeed::Signing].into_iter();
    let told = |deed: LockedDeed| {
        let lock = account.locked_at(deed, visit.now)?;
        let what = match deed {
            LockedDeed::SignIn => "Signing in is locked",
            LockedDeed::Signing => "Signing is locked",
        };
        Some(match lock.until {
            Some(until) => format!("{what} until {}.", shown::plain_moment(until, visit.zone).shown),
            None => format!("{what} until it is unlocked here."),
        })
    };
    standing.filter_map(told).collect()
}

fn things(account: &Account, sessions: &[Session], visit: &Visit) -> Vec<Stoppable> {
    let factors = account.factors.iter().map(|f| Stoppable {
        path: format!("factors/{}/removal", f.id),
        id: f.id.clone(),
        what: format!("{}: {}", f.factor, f.name.as_str()),
        since: shown::moment(f.at, visit),
        button: "Take it away".into(),
    });
    let sessions = sessions.iter().filter(|s| !s.id.is_empty()).map(|s| Stoppable {
        path: format!("sessions/{}/end", s.id),
        id: s.id.clone(),
        what: format!("Session: {}", s.label),
        since: shown::moment(s.created_at, visit),
        button: "End it".into(),
    });
    let in_force = account.tokens.iter().filter(|t| t.revoked_at.is_none() && visit.now < t.expires_at);
    let tokens = in_force.map(|t| Stoppable {
        path: format!("tokens/{}/revocation", t.id),
        id: t.id.clone(),
        what: format!("Token: {}", t.name.as_str()),
        since: shown::moment(t.at, visit),
        button: "Revoke it".into(),
    });
    factors.chain(sessions).chain(tokens).collect()
}
