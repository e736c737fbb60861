//! Who could do what, when; its review; and the policy on electronic signatures as QA issues it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::access::{AccessPage, AccessRow};
use super::view::equipment::Fold;
use super::view::parts::{Field, Message, Tone};
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::access::REVIEW_HOURS;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::access_register::{self, Shown};
use crate::workflow::permit::{IssueSignaturePolicy, Proof, ReviewAccess, SeeAccess, Subject};
use crate::workflow::{App, Error, signature_policy};

/// The `id`s of the forms.
const REVIEW: &str = "review";
const POLICY: &str = "signature-policy";

/// `GET /access`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Came::default(), StatusCode::OK).await).await
}

/// `GET /access.csv`
pub async fn csv(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let permit = visit.permit::<SeeAccess>().await?;
        let at = asked(visit)?;
        let file = visit
            .work(move |app| {
                let shown = access_register::register(app, &permit, at)?;
                let file = csv_text(&shown);
                access_register::taken_out(app, &permit, shown.at, &file)?;
                Ok(file)
            })
            .await?;
        Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header(("Content-Disposition", "attachment; filename=\"access.csv\""))
            .body(file))
    })
    .await
}

/// `POST /access/review`
pub async fn review(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<ReviewAccess>().await?.with_once(visit.once(&form));
        let given = form.clone();
        let work = move |app: &App| {
            let signed = permit.sign(app, proof(&given), access_register::MEANING, &Subject::default())?;
            access_register::review(app, &signed, given.get("register_sha256"), given.get("findings")).map(drop)
        };
        done(visit, REVIEW, form, visit.work(work).await).await
    })
    .await
}

/// `POST /access/signature-policy`
pub async fn issue_policy(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<IssueSignaturePolicy>().await?.with_once(visit.once(&form));
        let given = form.clone();
        let work = move |app: &App| {
            let signed = permit.sign(app, proof(&given), signature_policy::MEANING, &Subject::default())?;
            signature_policy::issue(app, &signed, given.get("text")).map(drop)
        };
        done(visit, POLICY, form, visit.work(work).await).await
    })
    .await
}

fn proof(form: &Form) -> Proof {
    let code = Some(form.get("code").to_owned()).filter(|code| !code.trim().is_empty());
    Proof { password: form.get("password").to_owned(), code }
}

async fn done(visit: &Visit, id: &'static str, form: Form, work: Result<(), Error>) -> Result<HttpResponse, Error> {
    match work {
        Ok(()) => Ok(see_other(&format!("/access?done={id}"))),
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
            page(visit, Came::back(visit, id, form, &refusal), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

/// The moment that the address asks for; none for now.
fn asked(visit: &Visit) -> Result<Option<Moment>, Refusal> {
    let text = visit.query("at");
    if text.is_empty() {
        return Ok(None);
    }
    Moment::parse("at", &times::from_input("at", &text, visit.zone)?).map(Some)
}

async fn page(visit: &Visit, came: Came, status: StatusCode) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<SeeAccess>().await?;
    let at = asked(visit)?;
    let read = move |app: &App| {
        let shown = access_register::register(app, &permit, at)?;
        let policy = app.read(signature_policy::standing)?;
        Ok((shown, policy))
    };
    let (shown, policy) = visit.work(read).await?;
    let mut frame = visit.frame("Access", "access", "/access");
    frame.problems = came.refused.0.clone();
    frame.message = match visit.query("done").as_str() {
        REVIEW => Some(Message::new(Tone::Done, "The review is signed; the register as it was shown is kept.")),
        POLICY => {
            Some(Message::new(Tone::Done, "The policy is issued. Everybody acknowledges it before the next signature."))
        }
        _ => None,
    };
    let mut forms = Vec::new();
    if visit.is(Role::Qa) && at.is_none() {
        forms.push(
            Builder::new(visit, &came, REVIEW, "Sign a review of access", "/access/review".into())?
                .lead("The signature covers the register as shown here. If anything changes before it, it is refused.")
                .hidden("register_sha256", &shown.register.sha256()?)
                .lines("findings", "Findings", "Who should have other roles or none; what was put right.")
                .button("Sign the review"),
        );
        forms.push(
            Builder::new(
                visit,
                &came,
                POLICY,
                "Issue the policy on electronic signatures",
                "/access/signature-policy".into(),
            )?
            .lead(format!(
                "It becomes version {}. Everybody acknowledges it before the next signature.",
                policy.version + 1
            ))
            .lines("text", "Text", "At most 2000 characters.")
            .preset(&policy.text)
            .button("Sign and issue"),
        );
    }
    let when = |at: Moment| shown::plain_moment(at, visit.zone).shown;
    let review = shown.review.as_ref().map_or_else(
        || "Access has not been reviewed yet. It is reviewed every 12 months.".to_owned(),
        |r| {
            format!(
                "Last reviewed {} by {}: {} The next review is due {}.",
                when(r.at),
                r.by.username,
                r.findings.as_str(),
                when(r.at.plus_hours(REVIEW_HOURS))
            )
        },
    );
    let exact = shown.at.to_string();
    let view = AccessPage {
        frame,
        at: Field::of(times::to_input(shown.at, visit.zone)),
        moment: shown::plain_moment(shown.at, visit.zone),
        csv: format!("/access.csv?at={}", encoded(&exact)),
        route: shown.register.release_route.to_string(),
        review,
        rows: shown.register.accounts.iter().map(row).collect(),
        register_sha256: shown.register.sha256()?,
        forms: forms.into_iter().map(|form| Fold { open: came.id == form.id, form }).collect(),
    };
    html(status, &view)
}

fn row(account: &access_register::AccessRow) -> AccessRow {
    let roles: Vec<&str> = account.roles.iter().map(|r| r.as_str()).collect();
    let mut notes = Vec::new();
    notes.extend(account.qualified_person.iter().map(|number| format!("qualified person {number}")));
    if !account.trainings.is_empty() {
        let names: Vec<String> = account.trainings.iter().map(|t| t.as_str().replace('-', " ")).collect();
        notes.push(format!("trained in {}", names.join(", ")));
    }
    if !account.second_factors.is_empty() {
        notes.push(account.second_factors.join(", "));
    }
    AccessRow {
        username: account.username.clone(),
        full_name: account.full_name.clone(),
        roles: roles.join(", "),
        usable: account.unusable.is_none(),
        could: if account.could.is_empty() { "nothing but read".to_owned() } else { account.could.join("; ") },
        cannot_sign: account.cannot_sign.join(" "),
        notes: notes.join("; "),
    }
}

fn csv_text(shown: &Shown) -> String {
    let mut text = String::from(
        "at,username,full name,roles,usable,why not,works until,identity checked,policy acknowledged,qualified person,trainings,\
         second factors,tokens,cannot sign because,could\r\n",
    );
    for account in &shown.register.accounts {
        let roles: Vec<&str> = account.roles.iter().map(|r| r.as_str()).collect();
        let trainings: Vec<&str> = account.trainings.iter().map(|t| t.as_str()).collect();
        let cells = [
            shown.at.to_string(),
            account.username.clone(),
            account.full_name.clone(),
            roles.join("; "),
            if account.unusable.is_none() { "yes".to_owned() } else { "no".to_owned() },
            account.unusable.clone().unwrap_or_default(),
            account.valid_until.map(|m| m.to_string()).unwrap_or_default(),
            account.identity_checked.clone().unwrap_or_default(),
            account.policy_acknowledged.map(|v| v.to_string()).unwrap_or_default(),
            account.qualified_person.clone().unwrap_or_default(),
            trainings.join("; "),
            account.second_factors.join("; "),
            account.tokens.to_string(),
            account.cannot_sign.join(" "),
            account.could.join("; "),
        ];
        let quoted: Vec<String> = cells.iter().map(|cell| super::lots::quoted(cell)).collect();
        text.push_str(&quoted.join(","));
        text.push_str("\r\n");
    }
    text
}
