//! Approving, retiring and comparing specification versions.
//!
//! Promises: a signature that was refused comes back with everything typed but the password.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::specifications::{Said, address, page, read_version};
use super::view::parts::{FieldProblem, Link, Message, Tone};
use super::view::specifications::{DifferenceRow, SpecificationDiffPage};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::spec_diff::Difference;
use crate::web::problem::status_of;
use crate::web::{guard, times};
use crate::workflow::Error;
use crate::workflow::approve_specification::{ApprovalEntry, approve_specification};
use crate::workflow::list_specifications::compare_specifications;
use crate::workflow::permit::{ApproveSpecification, RetireSpecification};
use crate::workflow::retire_specification::retire_specification;

/// `GET` at the address that only takes the retirement's form: the list.
pub async fn back_to_list() -> HttpResponse {
    see_other("/specifications")
}

/// `POST /specifications/{product}/{version}/approval`
pub async fn approve(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| sign_approval(visit, Form::read(body)?).await).await
}

/// `POST /specifications/{product}/retirement`
pub async fn retire(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| sign_retirement(visit, Form::read(body)?).await).await
}

/// `GET /specifications/{product}/diff`
pub async fn diff(req: HttpRequest) -> HttpResponse {
    signed_in(&req, diff_page).await
}

async fn sign_approval(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let (product, version) = read_version(visit)?;
    let permit = visit.permit::<ApproveSpecification>().await?.with_once(visit.once(&form));
    let (subject, given, asked, zone) = (guard::subject(&visit.req), form.clone(), product.clone(), visit.zone);
    let outcome = visit
        .work(move |app| {
            let typed = given.get("effective_from").trim();
            // An empty field means from the signature on.
            let effective_from = match typed.is_empty() {
                true => app.now().to_string(),
                false => times::from_input("effective_from", typed, zone)?,
            };
            let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
            let draft_sha256 = Some(given.get("draft_sha256").to_owned()).filter(|s| !s.is_empty());
            let entry = ApprovalEntry { effective_from, draft_sha256 };
            approve_specification(app, &signed, &asked, version, &entry)
        })
        .await;
    match outcome {
        Ok(_) => Ok(see_other(&format!("{}?done=approved", address(&product, version)))),
        Err(error) => not_signed(visit, product, version, error, &form, "approve").await,
    }
}

async fn sign_retirement(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let product = read_product(visit)?;
    let version = form.get("version").parse().unwrap_or(1);
    let permit = visit.permit::<RetireSpecification>().await?.with_once(visit.once(&form));
    let (subject, given, asked) = (guard::subject(&visit.req), form.clone(), product.clone());
    let outcome = visit
        .work(move |app| {
            let signed = permit.sign(app, given.proof(), given.get("reason"), &subject)?;
            retire_specification(app, &signed, &asked)
        })
        .await;
    match outcome {
        Ok(_) => Ok(see_other("/specifications?done=retired")),
        Err(error) => not_signed(visit, product, version, error, &form, "retire").await,
    }
}

fn read_product(visit: &Visit) -> Result<ProductCode, Refusal> {
    let none = |_| Refusal::new(Code::NoSuchSpecification, "There is no specification of such a product.");
    ProductCode::parse(visit.req.match_info().get("product").unwrap_or_default()).map_err(none)
}

/// The version again, with what was typed and why nothing was signed.
async fn not_signed(
    visit: &Visit,
    product: ProductCode,
    version: u32,
    error: Error,
    form: &Form,
    act: &str,
) -> Result<HttpResponse, Error> {
    let Error::Refused(refusal) = error else { return Err(error) };
    if matches!(refusal.code, Code::NoSuchSpecification | Code::WrongRole) {
        return Err(refusal.into());
    }
    let status: StatusCode = status_of(&refusal);
    let mut said = Said {
        effective_from: form.get("effective_from").into(),
        meaning: (act == "approve").then(|| form.get("meaning").to_owned()),
        reason: form.get("reason").into(),
        ..Said::default()
    };
    if refusal.fields.is_empty() || refusal.code == Code::SpecificationUnsound {
        let detail = shown::local_times(&refusal.detail, visit.zone);
        let text = if detail.contains("Nothing was signed") { detail } else { format!("Nothing was signed. {detail}") };
        said.message = Some(Message::new(Tone::Changed, text));
    } else {
        let problem = |given: &FieldRefusal| {
            let field = match given.field.as_str() {
                "password" => format!("{act}-password"),
                "code" => format!("{act}-password-code"),
                "reason" => "retire-reason".to_owned(),
                other => other.to_owned(),
            };
            let text = given.detail.replacen("effective_from", "The moment", 1);
            FieldProblem { field, text: shown::local_times(&text, visit.zone) }
        };
        said.refused = Refused(refusal.fields.iter().map(problem).collect());
    }
    page(visit, product, version, said, status).await
}

async fn diff_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let product = read_product(visit)?;
    let number = |name: &'static str| {
        let detail = "Say which versions to compare, such as ?from=1&to=2 at the end of the address.";
        visit.query(name).parse::<u32>().map_err(|_| Refusal::field(Code::InvalidField, name, detail))
    };
    let (from, to) = (number("from")?, number("to")?);
    let asked = product.clone();
    let differences = visit.work(move |app| compare_specifications(app, &asked, from, to)).await?;
    let title = format!("{product}: version {from} to {to}");
    let mut frame = visit.frame(title, "specification-diff", "/specifications");
    frame.crumbs = vec![Link::new("Specifications", "/specifications")];
    let row = |difference: &Difference| DifferenceRow {
        about: difference.about.clone(),
        field: difference.field.replace('_', " "),
        before: difference.before.clone().unwrap_or_default(),
        after: difference.after.clone().unwrap_or_default(),
        effect: difference.effect.map(|e| e.as_str().to_owned()).unwrap_or_default(),
    };
    let link = |version: u32| Link::new(format!("version {version}"), address(&product, version));
    let view = SpecificationDiffPage {
        frame,
        product: product.to_string(),
        from: link(from),
        to: link(to),
        rows: differences.iter().map(row).collect(),
    };
    html(StatusCode::OK, &view)
}
