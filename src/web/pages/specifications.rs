//! Specifications: which versions there are, and one of them in full.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::shown;
use super::view::parts::{Fact, Link};
use super::view::specifications::{
    SpecificationCriterion, SpecificationPage, SpecificationRow, SpecificationSection, SpecificationsPage,
};
use super::visit::{Visit, html, signed_in};
use crate::domain::ids::ProductCode;
use crate::domain::limit::Rounding;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::{Criterion, CriterionKind, Specification};
use crate::store::StoredSpecification;
use crate::web::times;
use crate::workflow::Error;

/// `GET /specifications`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /specifications/{product}/{version}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, show_page).await
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let stored = visit.work(|app| app.read(|view| Ok(view.specifications()?))).await?;
    let specs: Vec<&Specification> = stored.iter().map(|s| &s.specification).collect();
    let row = |spec: &&Specification| SpecificationRow {
        link: Link::new(spec.product.as_str(), format!("/specifications/{}/{}", spec.product, spec.version)),
        title: spec.product_name.clone(),
        version: spec.version.to_string(),
        state: state(spec, &specs, visit.now).to_owned(),
        effective: spec.effective_from.map(|at| shown::plain_moment(at, visit.zone)),
        criteria: spec.criteria.len(),
        example: spec.example,
    };
    let view = SpecificationsPage {
        frame: visit.frame("Specifications", "specifications", "/specifications"),
        rows: specs.iter().map(row).collect(),
    };
    html(StatusCode::OK, &view)
}

/// Whether a version is in force: the highest one effective by now is.
fn state(spec: &Specification, all: &[&Specification], now: Moment) -> &'static str {
    match spec.effective_from {
        None => return "Draft",
        Some(from) if from > now => return "Not yet in force",
        Some(_) => {}
    }
    let newer = all.iter().any(|s| {
        s.product == spec.product && s.version > spec.version && s.effective_from.is_some_and(|from| from <= now)
    });
    if newer { "Superseded" } else { "In force" }
}

fn no_such(product: &str, version: &str) -> Refusal {
    let (product, version): (String, String) = (product.chars().take(40).collect(), version.chars().take(10).collect());
    Refusal::new(Code::NoSuchSpecification, format!("There is no version {version} of a specification for {product}."))
}

async fn show_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let part = |name: &str| visit.req.match_info().get(name).unwrap_or_default();
    let refusal = || no_such(part("product"), part("version"));
    let product = ProductCode::parse(part("product")).map_err(|_| refusal())?;
    let version = part("version").parse::<u32>().map_err(|_| refusal())?;
    let (stored, all) = visit
        .work(move |app| app.read(|view| Ok((view.specification(&product, version)??, view.specifications()?))))
        .await?;
    let StoredSpecification { specification: spec, sha256, .. } = &stored;
    let all: Vec<&Specification> = all.iter().map(|s| &s.specification).collect();
    let mut frame =
        visit.frame(format!("{} version {}", spec.product, spec.version), "specification", "/specifications");
    frame.crumbs = vec![Link::new("Specifications", "/specifications")];
    let (all_criteria, required) =
        (spec.criteria.len(), spec.criteria.iter().filter(|c| c.kind == CriterionKind::Required).count());
    let counted = if required == all_criteria {
        format!("{required}, all required")
    } else {
        format!("{all_criteria}, {required} required")
    };
    let view = SpecificationPage {
        frame,
        product: spec.product.to_string(),
        version: spec.version.to_string(),
        state: state(spec, &all, visit.now).to_owned(),
        example: spec.example,
        facts: vec![
            Fact::new("Product", spec.product_name.as_str()),
            Fact::new("Title", spec.title.as_str()),
            Fact::new(
                "In force since",
                spec.effective_from.map_or("not yet".into(), |at| times::to_minutes(at, visit.zone)),
            ),
            Fact::new("Criteria", counted),
            Fact::new("Source", spec.source.as_str()),
            Fact::hash("SHA-256 of the document", sha256.as_str()),
        ],
        rounding: rounding(spec.rounding).to_owned(),
        sections: sections(spec),
    };
    html(StatusCode::OK, &view)
}

fn rounding(rule: Rounding) -> &'static str {
    match rule {
        Rounding::Usp720 => {
            "A value is rounded once, half up, to the decimals of its limit, and then compared with the limit exactly as it is \
             written (USP General Notices 7.20): 96.04 reports as 96.0 and fails > 96.0; 96.05 reports as 96.1 and passes."
        }
        Rounding::None => "Values are not rounded: a value is compared with its limit exactly as it was typed.",
    }
}

fn sections(spec: &Specification) -> Vec<SpecificationSection> {
    let mut sections: Vec<SpecificationSection> = Vec::new();
    for criterion in &spec.criteria {
        let row = row(spec, criterion);
        match sections.last_mut() {
            Some(section) if section.name == criterion.section => section.criteria.push(row),
            _ => sections.push(SpecificationSection { name: criterion.section.clone(), criteria: vec![row] }),
        }
    }
    sections
}

fn row(spec: &Specification, criterion: &Criterion) -> SpecificationCriterion {
    let (acceptance, unit) = shown::acceptance(&criterion.acceptance);
    let kind = match criterion.kind {
        CriterionKind::Required => "Required",
        CriterionKind::Informative => "For information",
        CriterionKind::Report => "Report result",
    };
    let markers: Vec<String> = criterion
        .coexpression_of
        .iter()
        .map(|code| spec.criterion(code).map_or_else(|| code.to_string(), |c| c.name.clone()))
        .collect();
    let bound =
        if markers.is_empty() { String::new() } else { format!("Cannot exceed the lowest of {}.", markers.join(", ")) };
    SpecificationCriterion {
        attribute: criterion.attribute.to_string(),
        name: criterion.name.clone(),
        acceptance,
        unit,
        method: shown::assay_name(spec, &criterion.assay),
        kind: kind.into(),
        definition: criterion.definition.clone().unwrap_or_default(),
        source: bound,
    }
}
