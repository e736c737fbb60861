//! `/api/v1/specifications`: what lots are judged by.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::Value;

use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, Refusal};
use crate::store::StoredSpecification;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
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
    /// True for a shipped example that no site has approved.
    pub example: bool,
    /// In force from (UTC).
    pub effective_from: String,
    /// Number of criteria.
    pub criteria: usize,
    /// SHA-256 of the canonical JSON.
    pub sha256: String,
}

/// A list of specification versions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SpecificationsView {
    /// Newest version first within a product.
    pub specifications: Vec<SpecificationRow>,
}

impl From<&StoredSpecification> for SpecificationRow {
    fn from(stored: &StoredSpecification) -> Self {
        let spec = &stored.specification;
        SpecificationRow {
            product: spec.product.to_string(),
            version: spec.version,
            title: spec.title.clone(),
            example: spec.example,
            effective_from: spec.effective_from.map_or(String::new(), |at| at.to_string()),
            criteria: spec.criteria.len(),
            sha256: stored.sha256.clone(),
        }
    }
}

/// Lists specification versions.
#[utoipa::path(get, path = "/api/v1/specifications", tag = "specifications", responses((status = 200, body = SpecificationsView)))]
pub async fn list(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let all = block(move || app.read(|view| Ok(view.specifications()?))).await?;
    Ok(HttpResponse::Ok().json(SpecificationsView { specifications: all.iter().map(SpecificationRow::from).collect() }))
}

/// One specification version, whole, with each criterion in words.
#[utoipa::path(get, path = "/api/v1/specifications/{product}/{version}", tag = "specifications",
    params(("product" = String, Path), ("version" = u32, Path)),
    responses((status = 200, body = Value), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (product, version) = path.into_inner();
    let none = || Refusal::new(Code::NoSuchSpecification, "There is no such specification version.");
    let product = ProductCode::parse(&product).map_err(|_| none())?;
    let version: u32 = version.parse().map_err(|_| none())?;
    let stored = block(move || app.read(|view| Ok(view.specification(&product, version)??))).await?;
    let internal = |e: serde_json::Error| Error::Internal(e.to_string());
    let mut document = serde_json::to_value(&stored.specification).map_err(internal)?;
    if let Some(fields) = document.as_object_mut() {
        fields.insert("sha256".into(), Value::from(stored.sha256.as_str()));
    }
    if let Some(criteria) = document.get_mut("criteria").and_then(Value::as_array_mut) {
        for (shown, criterion) in criteria.iter_mut().zip(&stored.specification.criteria) {
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("criterion".into(), Value::from(criterion.acceptance.in_words()));
                fields.insert("unit".into(), Value::from(criterion.acceptance.unit()));
            }
        }
    }
    Ok(HttpResponse::Ok().json(document))
}
