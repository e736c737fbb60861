//! `/account/security`: a person's own second factors, sessions and tokens.
//!
//! Promises: a secret is shown on the page that answers the form which made it, and never again.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Choice, Message, Tone};
use super::view::security::{FactorRow, SecurityPage, SessionRow, Setup, TokenRow};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::account::{Account, Factor, Token};
use crate::domain::refusal::{Code, FieldRefusal};
use crate::domain::scope::Scope;
use crate::store::Session;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::permit::{KeepOwnAccount, Permit};
use crate::workflow::second_factor::{self, TotpBegun};
use crate::workflow::tokens::{self, TokenEntry};
use crate::workflow::{App, Error, my_sessions, passkeys};

const HERE: &str = "/account/security";

/// What the page shows besides how things stand.
#[derive(Default)]
struct Said {
    recovery_codes: Vec<String>,
    issued_token: Option<String>,
    setup: Option<TotpBegun>,
    refused: Refused,
    message: Option<Message>,
    status: StatusCode,
}

/// `GET /account/security`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let message = match (visit.query("first").as_str(), visit.query("done").as_str()) {
            ("factor", _) => Some(Message::new(
                Tone::Note,
                "Your role needs a second factor. Set up one-time codes or a passkey before anything else.",
            )),
            (_, "removed") => Some(Message::new(Tone::Done, "It is taken away.")),
            (_, "ended") => Some(Message::new(Tone::Done, "Ended.")),
            (_, "revoked") => Some(Message::new(Tone::Done, "The token is revoked.")),
            (_, "passkey") => Some(Message::new(Tone::Done, "The passkey is added.")),
            _ => None,
        };
        page(visit, Said { message, ..Said::default() }).await
    })
    .await
}

/// `GET` at an address that only takes one of the page's forms: back to the page.
pub async fn back(_: HttpRequest) -> HttpResponse {
    see_other(HERE)
}

/// Does something with the own account and shows what came of it.
async fn act<T: Send + 'static>(
    req: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    verb: impl FnOnce(&App, &Permit<KeepOwnAccount>, &Form, &Visiting) -> Result<T, Error> + Send + 'static,
    answer: impl FnOnce(T) -> Outcome,
) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepOwnAccount>().await?;
        let there = Visiting {
            id: visit.req.match_info().get("id").unwrap_or_default().to_owned(),
            session: visit.somebody.session.clone().unwrap_or_default(),
            zone: visit.zone,
        };
        match visit.work(move |app| verb(app, &permit, &form, &there)).await {
            Ok(done) => match answer(done) {
                Outcome::Back(done) => Ok(see_other(&format!("{HERE}?done={done}"))),
                Outcome::Show(said) => page(visit, *said).await,
            },
            Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
                let status = status_of(&refusal);
                let mut refused = Refused::place(&refusal, visit.zone, place);
                // Which of the page's forms it was stands in the sentence; the fields have their own names.
                refused.0.iter_mut().for_each(|p| {
                    if p.field != "code" {
                        "main".clone_into(&mut p.field)
                    }
                });
                let again = visit.permit::<KeepOwnAccount>().await?;
                let setup = match visit.req.path().ends_with("/totp/confirmation") {
                    true => visit.work(move |app| second_factor::totp_begun(app, &again)).await.ok(),
                    false => None,
                };
                if setup.is_none() {
                    refused.0.iter_mut().for_each(|p| "main".clone_into(&mut p.field));
                }
                page(visit, Said { refused, setup, status, ..Said::default() }).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// What a verb needs to know of the visit.
struct Visiting {
    id: String,
    session: String,
    zone: chrono_tz::Tz,
}

enum Outcome {
    Back(&'static str),
    Show(Box<Said>),
}

fn place(given: &FieldRefusal) -> (String, String) {
    let label = match given.field.as_str() {
        "name" => "What it is for",
        "expires_at" => "Until",
        _ => "",
    };
    (given.field.clone(), label.to_owned())
}

/// `POST /account/security/totp`
pub async fn begin_totp(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, form: &Form, _: &Visiting| {
        second_factor::begin_totp(app, permit, &form.proof())
    };
    act(req, body, verb, |begun| Outcome::Show(Box::new(Said { setup: Some(begun), ..Said::default() }))).await
}

/// `POST /account/security/totp/confirmation`
pub async fn confirm_totp(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, form: &Form, _: &Visiting| {
        second_factor::confirm_totp(app, permit, form.get("code"), "")
    };
    act(req, body, verb, |codes| {
        let message = Some(Message::new(Tone::Done, "One-time codes are set up. Keep the recovery codes below."));
        Outcome::Show(Box::new(Said { recovery_codes: codes.0, message, ..Said::default() }))
    })
    .await
}

/// `POST /account/security/recovery-codes`
pub async fn recovery_codes(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, form: &Form, _: &Visiting| {
        second_factor::new_recovery_codes(app, permit, &form.proof())
    };
    let show = |codes: second_factor::RecoveryCodes| Said { recovery_codes: codes.0, ..Said::default() };
    act(req, body, verb, |codes| Outcome::Show(Box::new(show(codes)))).await
}

/// `POST /account/security/factors/{id}/removal`
pub async fn remove_factor(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, form: &Form, there: &Visiting| {
        second_factor::remove_own_factor(app, permit, &form.proof(), &there.id)
    };
    act(req, body, verb, |()| Outcome::Back("removed")).await
}

/// `POST /account/security/sessions/{id}/end`
pub async fn end_session(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, _: &Form, there: &Visiting| {
        my_sessions::end_own_session(app, permit, &there.id)
    };
    act(req, body, verb, |()| Outcome::Back("ended")).await
}

/// `POST /account/security/sessions/end`
pub async fn end_sessions(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, _: &Form, there: &Visiting| {
        my_sessions::end_other_sessions(app, permit, &there.session)
    };
    act(req, body, verb, |_| Outcome::Back("ended")).await
}

/// `POST /account/security/tokens`
pub async fn issue_token(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, form: &Form, there: &Visiting| {
        let entry = TokenEntry {
            name: form.get("name").to_owned(),
            scopes: form.all("scopes"),
            expires_at: times::from_input("expires_at", form.get("expires_at"), there.zone)?,
        };
        tokens::issue_token(app, permit, &entry, &form.proof())
    };
    let show = |issued: tokens::TokenIssued| Said { issued_token: Some(issued.token), ..Said::default() };
    act(req, body, verb, |issued| Outcome::Show(Box::new(show(issued)))).await
}

/// `POST /account/security/tokens/{id}/revocation`
pub async fn revoke_token(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let verb = |app: &App, permit: &Permit<KeepOwnAccount>, _: &Form, there: &Visiting| {
        tokens::revoke_own_token(app, permit, &there.id)
    };
    act(req, body, verb, |()| Outcome::Back("revoked")).await
}

async fn page(visit: &Visit, said: Said) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<KeepOwnAccount>().await?;
    let (account, sessions) = visit
        .work(move |app| {
            let account = app.read(|view| Ok(view.account(&permit.actor().username)?))?;
            Ok((account, my_sessions::own_sessions(app, &permit)?))
        })
        .await?;
    let mut frame = visit.frame("Security", "security", "");
    frame.message = said.message;
    frame.asks_code = account.has_one_time_codes();
    let code_problem = said.refused.on("code");
    frame.problems = said.refused.0;
    let setup = said.setup.map(|begun| drawn(&begun, code_problem)).transpose()?;
    let scope = |s: &Scope| Choice { value: s.as_str().into(), label: s.to_string(), chosen: false };
    let view = SecurityPage {
        frame,
        recovery_codes: said.recovery_codes,
        issued_token: said.issued_token,
        setup,
        factors: account.factors.iter().map(|f| factor(f, visit)).collect(),
        has_codes: account.has_one_time_codes(),
        recovery_left: account.recovery_codes,
        passkeys_offered: passkeys::are_offered(&visit.app),
        sessions: sessions.iter().map(|s| session(s, visit)).collect(),
        tokens: tokens_of(&account, visit),
        scopes: Scope::ALL.iter().map(scope).collect(),
    };
    html(said.status, &view)
}

fn factor(factor: &Factor, visit: &Visit) -> FactorRow {
    FactorRow {
        id: factor.id.clone(),
        field: format!("factor-{}", factor.id),
        kind: factor.factor.to_string(),
        name: factor.name.as_str().to_owned(),
        since: shown::moment(factor.at, visit),
    }
}

fn session(session: &Session, visit: &Visit) -> SessionRow {
    SessionRow {
        id: session.id.clone(),
        label: session.label.clone(),
        current: visit.somebody.session.as_deref() == Some(session.id.as_str()),
        since: shown::moment(session.created_at, visit),
        seen: shown::moment(session.last_seen_at, visit),
    }
}

fn tokens_of(account: &Account, visit: &Visit) -> Vec<TokenRow> {
    let in_words = |t: &Token| {
        let scopes: Vec<String> = t.scopes.iter().filter_map(|s| Scope::named(s)).map(|s| s.to_string()).collect();
        scopes.join(" and ")
    };
    let row = |t: &Token| TokenRow {
        id: t.id.clone(),
        name: t.name.as_str().to_owned(),
        scopes: in_words(t),
        until: shown::moment(t.expires_at, visit),
        revoked: t.revoked_at.is_some(),
    };
    account.tokens.iter().map(row).collect()
}

/// The secret as a matrix code and in groups of four.
fn drawn(begun: &TotpBegun, code_problem: Option<String>) -> Result<Setup, Error> {
    let matrix = begun.matrix()?;
    let letters: Vec<char> = begun.secret.chars().collect();
    let secret = letters.chunks(4).map(|four| four.iter().collect()).collect();
    Ok(Setup { secret, size: matrix.size, path: matrix.path, code_problem })
}
