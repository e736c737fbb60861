//! `/api/v1/specifications`: what lots are judged by; drafts are written here.
//!
//! Promises: a draft is sent in the format of the shipped files; what is wrong with it is told
//! with its place (`criteria[3].acceptance`), everything at once.

use actix_web::http::header::{CONTENT_DISPOSITION, ContentType};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::query;
use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec_document;
use crate::web::body::SentDocument;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::draft_specification::{Drafted, draft_specification, rewrite_specification};
use crate::workflow::list_specifications::{Version, list_specifications, show_specification};
use crate::workflow::permit::DraftSpecification;
use crate::workflow::{App, Error};

/// A specification version in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SpecificationRow {
    /// Product code.
    pub product: String,
    /// Version.
    pub version: u32,
    /// Title.
    pub title: String,
    /// `draft`, `not_yet_in_force`, `in_force`, `superseded`, `retired`.
    pub state: String,
    /// True for a shipped example that no site has approved.
    pub example: bool,
    /// In force from (UTC); empty for a draft.
    pub effective_from: String,
    /// Number of criteria.
    pub criteria: usize,
    /// SHA-256 of the canonical JSON.
    pub sha256: String,
}

/// A list of specification versions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SpecificationsView {
    /// Drafts first, then by product, newest version first.
    pub specifications: Vec<SpecificationRow>,
}

impl From<&Version> for SpecificationRow {
    fn from(version: &Version) -> Self {
        let spec = &version.stored.specification;
        SpecificationRow {
            product: spec.product.to_string(),
            version: spec.version,
            title: spec.title.clone(),
            state: version.standing.as_str().to_owned(),
            example: spec.example,
            effective_from: spec.effective_from.map_or(String::new(), |at| at.to_string()),
            criteria: spec.criteria.len(),
            sha256: version.stored.sha256.clone(),
        }
    }
}

/// A draft just kept.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DraftedView {
    /// Product code.
    pub product: String,
    /// Version.
    pub version: u32,
    /// SHA-256 of the draft; an approval signs it.
    pub sha256: String,
}

impl From<Drafted> for DraftedView {
    fn from(made: Drafted) -> Self {
        DraftedView { product: made.product.to_string(), version: made.version, sha256: made.sha256 }
    }
}

/// Lists specification versions.
#[utoipa::path(get, path = "/api/v1/specifications", tag = "specifications", responses((status = 200, body = SpecificationsView)))]
pub async fn list(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let all = block(move || list_specifications(&app)).await?;
    Ok(HttpResponse::Ok().json(SpecificationsView { specifications: all.iter().map(SpecificationRow::from).collect() }))
}

/// Reads product and version from an address.
///
/// # Errors
/// There can be no such version.
pub fn read_version(product: &str, version: &str) -> Result<(ProductCode, u32), Refusal> {
    let none = || Refusal::new(Code::NoSuchSpecification, "There is no such specification version.");
    Ok((ProductCode::parse(product).map_err(|_| none())?, version.parse().map_err(|_| none())?))
}

/// One specification version, whole, with each criterion in words, its state, authors and approval.
#[utoipa::path(get, path = "/api/v1/specifications/{product}/{version}", tag = "specifications",
    params(("product" = String, Path), ("version" = u32, Path)),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (product, version) = read_version(&path.0, &path.1)?;
    let version = block(move || show_specification(&app, &product, version)).await?;
    Ok(HttpResponse::Ok().json(view(&version)?))
}

fn view(version: &Version) -> Result<Value, Error> {
    let internal = |e: serde_json::Error| Error::Internal(e.to_string());
    let stored = &version.stored;
    let mut document = serde_json::to_value(&stored.specification).map_err(internal)?;
    if let Some(fields) = document.as_object_mut() {
        let authors = stored.authors.iter().map(|p| json!({"username": p.username, "full_name": p.name}));
        let retirement = version.retirement.as_ref().map(
            |r| json!({"by": {"username": r.by.username, "full_name": r.by.name}, "at": r.at, "reason": r.reason}),
        );
        fields.insert("sha256".into(), Value::from(stored.sha256.as_str()));
        fields.insert("state".into(), Value::from(version.standing.as_str()));
        fields.insert("authors".into(), authors.collect());
        fields.insert("approval".into(), serde_json::to_value(&stored.approval).map_err(internal)?);
        fields.insert("newer_version".into(), json!(version.newer()));
        fields.insert("retirement".into(), json!(retirement));
    }
    if let Some(criteria) = document.get_mut("criteria").and_then(Value::as_array_mut) {
        for (shown, criterion) in criteria.iter_mut().zip(&stored.specification.criteria) {
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("criterion".into(), Value::from(criterion.acceptance.in_words()));
                fields.insert("unit".into(), Value::from(criterion.acceptance.unit()));
            }
        }
    }
    Ok(document)
}

/// One specification version as its file: what can be sent as a draft again.
#[utoipa::path(get, path = "/api/v1/specifications/{product}/{version}/document", tag = "specifications",
    params(("product" = String, Path), ("version" = u32, Path)),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub async fn document(
    app: Data<App>,
    _reader: Somebody,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (product, version) = read_version(&path.0, &path.1)?;
    let stored = block(move || app.read(|view| Ok(view.specification(&product, version)??))).await?;
    let text = spec_document::write(&stored.specification).map_err(Error::Internal)?;
    let name = format!("attachment; filename=\"{}.{}.json\"", stored.specification.product, version);
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).insert_header((CONTENT_DISPOSITION, name)).body(text))
}

/// Writes a draft: the version after the highest that exists, or 1.
#[utoipa::path(post, path = "/api/v1/specifications", tag = "specifications", request_body = Value,
    responses((status = 201, body = DraftedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<DraftSpecification>,
    body: SentDocument,
) -> Result<HttpResponse, Problem> {
    let text = body.text()?;
    let specification = spec_document::read(&text)?;
    let permit = permit.with_once(once(&req, &text)?);
    let made = block(move || draft_specification(&app, &permit, specification)).await?;
    Ok(HttpResponse::Created().json(DraftedView::from(made)))
}

/// What a rewriting can say in its address.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// `sha256` of the draft as it was shown; anything else is then refused.
    draft_sha256: Option<String>,
}

/// Rewrites a draft.
#[utoipa::path(put, path = "/api/v1/specifications/{product}/{version}", tag = "specifications", request_body = Value,
    params(("product" = String, Path), ("version" = u32, Path), ("draft_sha256" = Option<String>, Query)),
    responses((status = 200, body = DraftedView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn rewrite(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<DraftSpecification>,
    path: Path<(String, String)>,
    body: SentDocument,
) -> Result<HttpResponse, Problem> {
    let (product, version) = read_version(&path.0, &path.1)?;
    let seen: Seen = query(&req)?;
    let text = body.text()?;
    let specification = spec_document::read(&text)?;
    let permit = permit.with_once(once(&req, &text)?);
    let made = block(move || {
        rewrite_specification(&app, &permit, &product, version, specification, seen.draft_sha256.as_deref())
    });
    Ok(HttpResponse::Ok().json(DraftedView::from(made.await?)))
}
