//! Strangers: is this certificate or conditional notice the one that was issued? No sign-in,
//! nothing is written.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::shown;
use super::view::marks::Standing;
use super::view::parts::{Fact, Field, FieldProblem};
use super::view::verify::{Answer, Checked, VerifyPage};
use super::visit::{app_of, frame, html, problem, query};
use crate::domain::refusal::Refusal;
use crate::web::api::verification::{read_claim, read_number};
use crate::web::problem::{block, status_of};
use crate::web::times;
use crate::workflow::verify_certificate::{self as workflow, Authenticity, Claim, verify_certificate};
use crate::workflow::{App, Error};

/// `GET /verify` and `GET /verify/{number}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    let in_address = req.match_info().get("number").unwrap_or_default().to_owned();
    let number = if in_address.is_empty() { query(&req, "number") } else { in_address };
    let outcome = match number.is_empty() {
        true => blank(&req),
        false => by_number(&req, &number).await,
    };
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

/// `POST /verify`: the file itself, for a browser that does not hash it.
pub async fn check(req: HttpRequest, payload: Payload) -> HttpResponse {
    let outcome = by_file(&req, payload).await;
    outcome.unwrap_or_else(|error| problem(&req, None, &error))
}

fn page(app: &App) -> VerifyPage {
    let frame = frame(app, "Verify a certificate", "verify");
    VerifyPage { frame, number: Field::default(), file_problem: None, answer: None }
}

fn blank(req: &HttpRequest) -> Result<HttpResponse, Error> {
    html(StatusCode::OK, &page(&app_of(req)?))
}

async fn by_number(req: &HttpRequest, typed: &str) -> Result<HttpResponse, Error> {
    let app = app_of(req)?;
    let shown: String = typed.chars().take(40).collect();
    let claim = match read_number(typed) {
        Ok(claim) => claim,
        Err(refusal) => return refused(&app, &refusal, shown),
    };
    let asked = app.clone();
    let answer = block(move || verify_certificate(&asked, &claim)).await?;
    let mut page = page(&app);
    page.number = Field::of(shown);
    page.answer = Some(shown_answer(&app, &answer, true));
    html(StatusCode::OK, &page)
}

fn refused(app: &App, refusal: &Refusal, typed: String) -> Result<HttpResponse, Error> {
    let mut page = page(app);
    let text = format!("{} You typed “{typed}”.", refusal.detail);
    page.frame.problems = vec![FieldProblem { field: "number".into(), text: text.clone() }];
    page.number = Field::of(typed).refused(text);
    html(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn by_file(req: &HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let app = app_of(req)?;
    let claim = match read_claim(req, payload).await {
        Ok(claim) => claim,
        Err(Error::Refused(refusal)) => {
            let mut page = page(&app);
            let text = match refusal.fields.is_empty() {
                true => refusal.detail.clone(),
                false => "No file was chosen. Choose the PDF of the certificate or notice, then check it.".into(),
            };
            page.frame.problems = vec![FieldProblem { field: "file".into(), text: text.clone() }];
            page.file_problem = Some(text);
            return html(status_of(&refusal), &page);
        }
        Err(other) => return Err(other),
    };
    let number_only = matches!(claim, Claim::Number(_) | Claim::Notice(_));
    let asked = app.clone();
    let answer = block(move || verify_certificate(&asked, &claim)).await?;
    let mut page = page(&app);
    page.answer = Some(shown_answer(&app, &answer, number_only));
    html(StatusCode::OK, &page)
}

fn shown_answer(app: &App, answer: &workflow::Answer, number_only: bool) -> Answer {
    let standing = match answer.outcome {
        // A number is no copy: nothing has been compared with what the stranger holds.
        Authenticity::Valid if number_only => Standing::Issued,
        Authenticity::Valid => Standing::Authentic,
        Authenticity::Conditional => Standing::Conditional,
        Authenticity::Followed => Standing::Followed,
        Authenticity::Revoked => Standing::Revoked,
        Authenticity::Superseded => Standing::Superseded,
        Authenticity::Altered => Standing::Altered,
        Authenticity::Unknown => Standing::Unknown,
    };
    Answer {
        standing,
        detail: shown::local_times(&answer.detail, times::zone(&app.site().zone)),
        certificate: facts(app, answer),
        checked: answer.checked.iter().map(|line| Checked::from(line.as_str())).collect(),
        at: shown::plain_moment(app.now(), times::zone(&app.site().zone)),
    }
}

fn facts(app: &App, answer: &workflow::Answer) -> Vec<Fact> {
    let certificate = answer.certificate.as_ref().map(|c| ("Certificate", c.number.as_str(), &c.lot, c.issued_at));
    let notice = answer.notice.as_ref().map(|n| ("Conditional notice", n.step.notice.as_str(), &n.lot, n.step.at));
    let Some((paper, number, lot, at)) = certificate.or(notice) else { return Vec::new() };
    let mut facts = vec![
        Fact::new(paper, number),
        Fact::new("Lot", lot.as_str()),
        Fact::new("Issued", times::to_minutes(at, times::zone(&app.site().zone))),
    ];
    if let Some(newer) = &answer.newer {
        let label = if answer.notice.is_some() { "Followed by" } else { "Replaced by" };
        facts.push(Fact::new(label, newer.as_str()).linked(format!("/verify/{newer}")));
    }
    facts
}
