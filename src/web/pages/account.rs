//! One's own account: who I am here, my password, the policy on electronic signatures.
//!
//! Promises: the one page that opens before a password that an administrator gave is changed.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::person::{facts, trainings};
use super::steps::{Builder, Came};
use super::view::account::AccountPage;
use super::view::equipment::Fold;
use super::view::parts::{FieldProblem, Message, Tone};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::refusal::Code;
use crate::web::problem::status_of;
use crate::web::session::renewed;
use crate::workflow::permit::KeepOwnAccount;
use crate::workflow::{App, Error, own_account, passwords, signature_policy};

/// The `id`s of the forms.
const PASSWORD: &str = "password";
const POLICY: &str = "policy";

/// `GET /account`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Came::default(), StatusCode::OK).await).await
}

/// `POST /account/password`
pub async fn change_password(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepOwnAccount>().await?;
        let (old, new) = (form.proof(), form.get("new_password").to_owned());
        if new != form.get("new_password_again") {
            let text = "The two new passwords differ. Type the same one twice.".to_owned();
            let refused = Refused(vec![FieldProblem { field: format!("{PASSWORD}-new_password_again"), text }]);
            let came = Came { id: PASSWORD.to_owned(), form, refused };
            return page(visit, came, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        let (token, changing) = (visit.somebody.token.clone(), permit.clone());
        let work = move |app: &App| own_account::change_password(app, &changing, Some(&token), old, &new);
        let changed = visit.work(work).await;
        let cookie = match &changed {
            Ok(()) => renewed(&visit.req, &visit.somebody, permit).await?,
            Err(_) => None,
        };
        let mut answer = done(visit, PASSWORD, form, changed).await?;
        if let Some(cookie) = cookie {
            answer.add_cookie(&cookie).map_err(|e| Error::Internal(e.to_string()))?;
        }
        Ok(answer)
    })
    .await
}

/// `POST /account/policy`
pub async fn acknowledge(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepOwnAccount>().await?.with_once(visit.once(&form));
        let (version, hash) = (form.get("version").parse().unwrap_or(0), form.get("text_sha256").to_owned());
        let work = move |app: &App| signature_policy::acknowledge(app, &permit, version, &hash).map(drop);
        done(visit, POLICY, form, visit.work(work).await).await
    })
    .await
}

async fn done(visit: &Visit, id: &'static str, form: Form, work: Result<(), Error>) -> Result<HttpResponse, Error> {
    match work {
        Ok(()) => Ok(see_other(&format!("/account?done={id}"))),
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
            page(visit, Came::back(visit, id, form, &refusal), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

async fn page(visit: &Visit, came: Came, status: StatusCode) -> Result<HttpResponse, Error> {
    let user = visit.somebody.user.clone();
    let (username, roles) = (user.username.clone(), user.roles.clone());
    let read = move |app: &App| {
        let (account, policy) = app.read(|view| Ok((view.account(&username)?, signature_policy::standing(view)?)))?;
        let must_change = own_account::must_change_password(app, &username)?;
        Ok((account, policy, must_change, passwords::chars_min(app, &roles)?))
    };
    let (account, policy, must_change, chars_min) = visit.work(read).await?;
    let mut frame = visit.frame("My account", "account", "");
    frame.problems = came.refused.0.clone();
    frame.message = match visit.query("done").as_str() {
        PASSWORD => Some(Message::new(Tone::Done, "Your password is changed. Your other sessions have ended.")),
        POLICY => Some(Message::new(Tone::Done, "The policy is acknowledged.")),
        _ if must_change => Some(Message::new(
            Tone::Note,
            "Your password was given to you by an administrator. Choose your own now; nothing else is possible until then.",
        )),
        _ => None,
    };
    let password = Builder::new(visit, &came, PASSWORD, "Change my password", "/account/password".into())?
        .unsigned()
        .lead("Your other sessions end with it.")
        .old_password("password", "Password until now")
        .new_password("new_password", "New password", &passwords::rule(chars_min))
        .new_password("new_password_again", "New password again", "")
        .button("Change my password");
    let open = must_change || came.id == PASSWORD;
    let acknowledged = account.acknowledged.is_some_and(|a| a.version == policy.version);
    let view = AccountPage {
        facts: facts(visit, &user, &account, must_change),
        trainings: trainings(visit, &account),
        password: Fold { form: password, open },
        policy_version: policy.version,
        policy_lines: policy.text.lines().map(str::to_owned).collect(),
        policy_sha256: policy.text_sha256,
        acknowledged,
        may_acknowledge: !acknowledged && !must_change,
        idempotency_key: visit.key()?,
        frame,
    };
    html(status, &view)
}
