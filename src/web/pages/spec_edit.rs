//! Writing a draft of a specification, in rows or as text, with every finding beside it.
//!
//! Promises: works without script; nothing typed is lost when a draft is refused.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::form::{Form, Refused};
use super::shown;
use super::spec_form::Draft;
use super::spec_rows::{self, Told};
use super::specifications::{address, read_version};
use super::view::parts::{Field, FieldProblem, Link};
use super::view::specifications::SpecificationEditPage;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Specification;
use crate::domain::spec_document;
use crate::web::problem::status_of;
use crate::workflow::draft_specification::{draft_specification, rewrite_specification};
use crate::workflow::list_specifications::{Version, list_specifications, show_specification};
use crate::workflow::permit::{DraftSpecification, Permit};
use crate::workflow::{App, Error};

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
#[derive(Debug, Default)]
pub struct Editing {
    /// The draft that is rewritten.
    pub place: Option<(ProductCode, u32)>,
    /// SHA-256 of the draft as it was opened; empty for a new one.
    pub draft_sha256: String,
    /// So that sending it twice writes one draft; empty on arrival.
    pub key: String,
}

impl Editing {
    /// The heading, and the address of what is edited.
    pub fn heading(&self) -> (String, String) {
        match &self.place {
            None => ("New draft".to_owned(), "/specifications".to_owned()),
            Some((product, version)) => (format!("Draft of {product} version {version}"), address(product, *version)),
        }
    }
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
    let Some(chosen) = chosen else {
        let starts: Vec<Link> = versions.iter().filter(|v| !v.is_draft()).map(start).collect();
        return text_page(visit, &Editing::default(), EMPTY, starts, Refused::default(), StatusCode::OK);
    };
    let highest = versions.iter().filter(of_product).map(|v| v.stored.specification.version).max();
    let next = Specification {
        version: highest.unwrap_or_default().saturating_add(1),
        example: false,
        effective_from: None,
        ..chosen.stored.specification.clone()
    };
    arrive(visit, &Editing::default(), &next)
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
    let stored = version.stored;
    let editing = Editing { place: Some((product, number)), draft_sha256: stored.sha256, key: String::new() };
    arrive(visit, &editing, &stored.specification)
}

/// The document in rows, or as text where that was asked for.
fn arrive(visit: &Visit, editing: &Editing, document: &Specification) -> Result<HttpResponse, Error> {
    if visit.query("as") == "json" {
        let text = spec_document::write(document).map_err(Error::Internal)?;
        return text_page(visit, editing, &text, Vec::new(), Refused::default(), StatusCode::OK);
    }
    spec_rows::page(visit, editing, &rows_of(document)?, Told::default(), StatusCode::OK)
}

fn rows_of(document: &Specification) -> Result<Draft, Error> {
    let value = serde_json::to_value(document).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(Draft::of(&value))
}

async fn keep(visit: &Visit, place: Option<(ProductCode, u32)>, form: Form) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<DraftSpecification>().await?.with_once(visit.once(&form));
    let editing = Editing {
        place,
        draft_sha256: form.get("draft_sha256").to_owned(),
        key: form.get("idempotency_key").to_owned(),
    };
    if form.0.iter().any(|(name, _)| name == "rest") {
        keep_rows(visit, permit, &editing, &form).await
    } else {
        keep_text(visit, permit, &editing, &form).await
    }
}

async fn keep_rows(
    visit: &Visit,
    permit: Permit<DraftSpecification>,
    editing: &Editing,
    form: &Form,
) -> Result<HttpResponse, Error> {
    let mut draft = Draft::read(form)?;
    match form.get("act") {
        "" | "save" => {}
        "json" => {
            let text = as_json(&draft.document());
            return text_page(visit, editing, &text, Vec::new(), Refused::default(), StatusCode::OK);
        }
        act => {
            let told = Told { focus: draft.act(act), ..Told::default() };
            return spec_rows::page(visit, editing, &draft, told, StatusCode::OK);
        }
    }
    let outcome = match draft.check() {
        Ok(()) => write(visit, permit, editing, draft.document().to_string()).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Err(Error::Refused(refusal)) if comes_back(&refusal) => {
            let told = Told { refused: spec_rows::placed(visit, &refusal, &draft), ..Told::default() };
            spec_rows::page(visit, editing, &draft, told, status_of(&refusal))
        }
        other => other,
    }
}

async fn keep_text(
    visit: &Visit,
    permit: Permit<DraftSpecification>,
    editing: &Editing,
    form: &Form,
) -> Result<HttpResponse, Error> {
    let text = form.get("document");
    let outcome = match form.get("act") {
        "form" => match spec_document::read(text) {
            Ok(document) => spec_rows::page(visit, editing, &rows_of(&document)?, Told::default(), StatusCode::OK),
            Err(refusal) => Err(refusal.into()),
        },
        _ => write(visit, permit, editing, text.to_owned()).await,
    };
    match outcome {
        Err(Error::Refused(refusal)) if comes_back(&refusal) => {
            text_page(visit, editing, text, Vec::new(), found(visit, &refusal), status_of(&refusal))
        }
        other => other,
    }
}

/// Whether the form comes back with what was typed.
fn comes_back(refusal: &Refusal) -> bool {
    !matches!(refusal.code, Code::WrongRole | Code::NoSuchSpecification)
}

/// A document of the form as text, in its usual order where it can be read.
fn as_json(document: &Value) -> String {
    let plain = document.to_string();
    let usual = spec_document::read(&plain).ok().and_then(|read| spec_document::write(&read).ok());
    usual.or_else(|| serde_json::to_string_pretty(document).ok()).unwrap_or(plain)
}

async fn write(
    visit: &Visit,
    permit: Permit<DraftSpecification>,
    editing: &Editing,
    text: String,
) -> Result<HttpResponse, Error> {
    let (place, seen) = (editing.place.clone(), editing.draft_sha256.clone());
    let work = move |app: &App| {
        let document = spec_document::read(&text)?;
        match place {
            None => draft_specification(app, &permit, document),
            Some((product, version)) => {
                let seen = Some(seen.as_str()).filter(|s| !s.is_empty());
                rewrite_specification(app, &permit, &product, version, document, seen)
            }
        }
    };
    let made = visit.work(work).await?;
    Ok(see_other(&format!("{}?done=drafted", address(&made.product, made.version))))
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

fn text_page(
    visit: &Visit,
    editing: &Editing,
    document: &str,
    starts: Vec<Link>,
    refused: Refused,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let (heading, here) = editing.heading();
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
        document: Field { value: document.to_owned(), problem },
        findings,
        draft_sha256: editing.draft_sha256.clone(),
        idempotency_key: if editing.key.is_empty() { visit.key()? } else { editing.key.clone() },
        starts,
    };
    html(status, &view)
}
