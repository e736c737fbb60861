//! The register of certified batches, to read and to print.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::shown;
use super::view::parts::{Field, FieldProblem, Link};
use super::view::register::{RegisterPage, RegisterRow};
use super::visit::{Visit, encoded, html, signed_in};
use crate::domain::moment::Moment;
use crate::domain::refusal::Refusal;
use crate::domain::register::{Certified, Register};
use crate::web::api::register as api;
use crate::web::times;
use crate::workflow::Error;
use crate::workflow::register::register;

/// `GET /register`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

/// `GET /register.pdf`
pub async fn pdf(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let period = api::period(&visit.req)?;
        api::file(&visit.app, visit.permit().await?, period).await
    })
    .await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let typed = [visit.query("from"), visit.query("to")].map(|t| t.chars().take(40).collect::<String>());
    let [from, to] = &typed;
    let found = match read("from", from, visit).and_then(|from| Ok((from, read("to", to, visit)?))) {
        Ok((from, to)) => visit.work(move |app| register(app, from, to)).await,
        Err(refusal) => Err(refusal.into()),
    };
    let (register, refusal) = match found {
        Ok(register) => (register, None),
        Err(Error::Refused(refusal)) => (visit.work(|app| register(app, None, None)).await?, Some(refusal)),
        Err(other) => return Err(other),
    };
    let field = |name: &str, text: &str| {
        let problem = refusal.iter().flat_map(|r| &r.fields).find(|f| f.field == name);
        Field { value: text.to_owned(), problem: problem.map(|f| shown::local_times(&f.detail, visit.zone)) }
    };
    let mut frame = visit.frame("Register of certified batches", "register", "/certificates");
    frame.crumbs = vec![Link::new("Certificates", "/certificates")];
    let problem =
        |f: &crate::domain::refusal::FieldRefusal| FieldProblem { field: f.field.clone(), text: f.detail.clone() };
    frame.problems = refusal.iter().flat_map(|r| &r.fields).map(problem).collect();
    let view = RegisterPage {
        frame,
        from: field("from", from),
        to: field("to", to),
        statement: register.statement.clone(),
        gapless: register.missing.is_empty() && register.repeated.is_empty(),
        rows: register.certificates.iter().map(|certified| row(visit, certified)).collect(),
        pdf: address_of_pdf(&register),
    };
    html(if refusal.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &view)
}

/// A field of the form as a moment, in the site's zone.
fn read(field: &str, text: &str, visit: &Visit) -> Result<Option<Moment>, Refusal> {
    match text.is_empty() {
        true => Ok(None),
        false => Moment::parse(field, &times::from_input(field, text, visit.zone)?).map(Some),
    }
}

fn address_of_pdf(register: &Register) -> String {
    let period = [("from", register.from), ("to", register.to)];
    let given = period.iter().filter_map(|(name, at)| Some(format!("{name}={}", encoded(&(*at)?.to_string()))));
    let given: Vec<String> = given.collect();
    if given.is_empty() { "/register.pdf".to_owned() } else { format!("/register.pdf?{}", given.join("&")) }
}

fn row(visit: &Visit, certified: &Certified) -> RegisterRow {
    let note = match (&certified.revoked_at, &certified.superseded_by) {
        (Some(at), _) => {
            let class = certified.revocation_class.map(|c| c.to_string()).unwrap_or_default();
            format!("on {}: {class}", times::to_minutes(*at, visit.zone))
        }
        (None, Some(by)) => format!("by {by}"),
        (None, None) => String::new(),
    };
    let mark = match certified.state.as_str() {
        "revoked" => "revoked",
        "superseded" => "superseded",
        _ => "valid",
    };
    let register_number = certified.register_number.as_ref().map(|n| format!(", register no. {n}")).unwrap_or_default();
    RegisterRow {
        ordinal: certified.ordinal.to_string(),
        certificate: Link::new(certified.certificate.to_string(), format!("/certificates/{}", certified.certificate))
            .with_note(certified.supersedes.as_ref().map(|old| format!("replaces {old}")).unwrap_or_default()),
        lot: Link::new(certified.lot.to_string(), format!("/lots/{}", certified.lot)),
        product: certified.product.clone(),
        certified_at: shown::plain_moment(certified.certified_at, visit.zone),
        by: certified.name.clone(),
        by_note: format!("{}, {}{register_number}", certified.username, certified.role),
        mark,
        state: if mark == "valid" { "in force".to_owned() } else { certified.state.clone() },
        note,
    }
}
