//! Writing a draft of a specification: the document as text, with every finding beside it.
//!
//! Promises: works without script; nothing typed is lost when a draft is refused.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::specifications::{address, read_version};
use super::view::parts::{Field, FieldProblem, Link};
use super::view::specifications::SpecificationEditPage;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Specification;
use crate::domain::spec_document;
use crate::web::problem::status_of;
use crate::workflow::Error;
use crate::workflow::draft_specification::{draft_specification, rewrite_specification};
use crate::workflow::list_specifications::{Version, list_specifications, show_specification};
use crate::workflow::permit::DraftSpecification;

/// What a new product's document looks like, to be filled in.
const EMPTY: &str = r#"{
  "product": "",
  "version": 1,
  "product_name": "",
  "title": "",
  "example": false,
  "source": "",
  "rounding": "usp_7_20",
  "assays": [
    {"code": "cell-count", "name": "Cell count and viability", "method": ""}
  ],
  "criteria": [
    {
      "attribute": "VIABILITY",
      "name": "Viability",
      "section": "Cells",
      "assay": "cell-count",
      "kind": "required",
      "acceptance": {"type": "numeric", "operator": "NLT", "limit": "80.0", "unit": "%"}
    }
  ]
}
"#;

/// What is edited: a new draft, or the draft of a version.
struct Editing {
    /// The draft that is rewritten.
    place: Option<(ProductCode, u32)>,
    document: String,
    draft_sha256: String,
    starts: Vec<Link>,
}

/// `GET /specifications/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, new_page).await
}

/// `POST /specifications`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| keep(visit, None, Form::read(body)?).await).await
}

/// `GET /specifications/{product}/{version}/edit`
pub async fn edit(req: HttpRequest) -> HttpResponse {
    signed_in(&req, edit_page).await
}

/// `POST /specifications/{product}/{version}`
pub async fn rewrite(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let place = read_version(visit)?;
        keep(visit, Some(place), Form::read(body)?).await
    })
    .await
}

async fn new_page(visit: &Visit) -> Result<HttpResponse, Error> {
    visit.permit::<DraftSpecification>().await?;
    let versions = visit.work(list_specifications).await?;
    let (product, version) = (visit.query("product"), visit.query("version"));
    let of_product = |v: &&Version| v.stored.specification.product.as_str() == product;
    let chosen = versions.iter().filter(of_product).find(|v| v.stored.specification.version.to_string() == version);
    let document = match chosen {
        None => EMPTY.to_owned(),
        Some(chosen) => {
            let highest = versions.iter().filter(of_product).map(|v| v.stored.specification.version).max();
            let next = Specification {
                version: highest.unwrap_or_default().saturating_add(1),
                example: false,
                effective_from: None,
                ..chosen.stored.specification.clone()
            };
            spec_document::write(&next).map_err(Error::Internal)?
        }
    };
    let starts =
        if chosen.is_some() { Vec::new() } else { versions.iter().filter(|v| !v.is_draft()).map(start).collect() };
    let editing = Editing { place: None, document, draft_sha256: String::new(), starts };
    form_page(visit, &editing, Refused::default(), "", StatusCode::OK)
}

fn start(version: &Version) -> Link {
    let spec = &version.stored.specification;
    let href = format!("/specifications/new?product={}&version={}", spec.product, spec.version);
    Link::new(format!("{} version {}", spec.product, spec.version), href)
}

async fn edit_page(visit: &Visit) -> Result<HttpResponse, Error> {
    visit.permit::<DraftSpecification>().await?;
    let (product, number) = read_version(visit)?;
    let asked = product.clone();
    let version = visit.work(move |app| show_specification(app, &asked, number)).await?;
    if !version.is_draft() {
        return Ok(see_other(&address(&product, number)));
    }
    let editing = Editing {
        place: Some((product, number)),
        document: spec_document::write(&version.stored.specification).map_err(Error::Internal)?,
        draft_sha256: version.stored.sha256,
        starts: Vec::new(),
    };
    form_page(visit, &editing, Refused::default(), "", StatusCode::OK)
}

async fn keep(visit: &Visit, place: Option<(ProductCode, u32)>, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<DraftSpecification>().await?.with_once(visit.once(&form));
    let (text, seen, to) = (form.get("document").to_owned(), form.get("draft_sha256").to_owned(), place.clone());
    let outcome = visit
        .work(move |app| {
            let document = spec_document::read(&text)?;
            match to {
                None => draft_specification(app, &permit, document),
                Some((product, version)) => {
                    let seen = Some(seen.as_str()).filter(|s| !s.is_empty());
                    rewrite_specification(app, &permit, &product, version, document, seen)
                }
            }
        })
        .await;
    match outcome {
        Ok(made) => Ok(see_other(&format!("{}?done=drafted", address(&made.product, made.version)))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::WrongRole | Code::NoSuchSpecification) => {
            let editing = Editing {
                place,
                document: form.get("document").to_owned(),
                draft_sha256: form.get("draft_sha256").to_owned(),
                starts: Vec::new(),
            };
            form_page(visit, &editing, found(visit, &refusal), form.get("idempotency_key"), status_of(&refusal))
        }
        Err(other) => Err(other),
    }
}

/// Every finding at the one field that the page has, with its place in the document.
fn found(visit: &Visit, refusal: &Refusal) -> Refused {
    let problem = |text: String| FieldProblem { field: "document".into(), text: shown::local_times(&text, visit.zone) };
    if refusal.fields.is_empty() {
        return Refused(vec![problem(refusal.detail.clone())]);
    }
    let placed = refusal.fields.iter().map(|given| match given.detail.starts_with(given.field.as_str()) {
        true => given.detail.clone(),
        false if given.field == "document" => given.detail.clone(),
        false => format!("{}: {}", given.field, given.detail),
    });
    Refused(placed.map(problem).collect())
}

fn form_page(
    visit: &Visit,
    editing: &Editing,
    refused: Refused,
    key: &str,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let (heading, here) = match &editing.place {
        None => ("New draft".to_owned(), "/specifications".to_owned()),
        Some((product, version)) => (format!("Draft of {product} version {version}"), address(product, *version)),
    };
    let mut frame = visit.frame(heading.clone(), "specification-edit", "/specifications");
    frame.crumbs = vec![Link::new("Specifications", "/specifications")];
    let findings: Vec<String> = refused.0.iter().map(|p| p.text.clone()).collect();
    frame.problems = refused.0;
    let problem = (!findings.is_empty())
        .then(|| format!("Not kept: {} to correct.", shown::counted(findings.len(), "thing", "things")));
    let view = SpecificationEditPage {
        frame,
        heading,
        action: here.clone(),
        back: here,
        document: Field { value: editing.document.clone(), problem },
        findings,
        draft_sha256: editing.draft_sha256.clone(),
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
        starts: editing.starts.clone(),
    };
    html(status, &view)
}
