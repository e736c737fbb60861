//! `/api/v1/specifications`: approving, retiring, comparing, and asking what a draft would change.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::query;
use super::specifications::read_version;
use crate::domain::ids::ProductCode;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec_diff::Difference;
use crate::web::body::{Sent, optional};
use crate::web::guard::{Allowed, once, subject};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::approve_specification::{ApprovalEntry, MEANING, approve_specification};
use crate::workflow::list_specifications::compare_specifications;
use crate::workflow::permit::{ApproveSpecification, Proof, RetireSpecification};
use crate::workflow::retire_specification::retire_specification;
use crate::workflow::what_if::{ChangedLot, ChangedVerdict, what_if as judge_open_lots};

/// What approving takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalSent {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
    /// In force from, RFC 3339; now at the earliest.
    pub effective_from: String,
    /// What the signature means; "I approve this specification for use" unless given.
    #[serde(default)]
    pub meaning: Option<String>,
    /// `sha256` of the draft as it was shown; anything else is then refused.
    #[serde(default)]
    pub draft_sha256: Option<String>,
}

/// A version just approved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ApprovedView {
    /// Product code.
    pub product: String,
    /// Version.
    pub version: u32,
    /// In force from (UTC).
    pub effective_from: String,
    /// SHA-256 of the draft that was signed.
    pub draft_sha256: String,
    /// SHA-256 of the approved document.
    pub sha256: String,
}

/// Approves a draft with an electronic signature.
#[utoipa::path(post, path = "/api/v1/specifications/{product}/{version}/approval", tag = "specifications",
    params(("product" = String, Path), ("version" = u32, Path)), request_body = ApprovalSent,
    responses((status = 201, body = ApprovedView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn approve(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ApproveSpecification>,
    path: Path<(String, String)>,
    body: Sent<ApprovalSent>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let (product, version) = read_version(&path.0, &path.1)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (sent, subject) = (body.value, subject(&req));
    let made = block(move || {
        let signed = permit.sign(
            &app,
            Proof::of(&sent.password, sent.code.as_deref()),
            sent.meaning.as_deref().unwrap_or(MEANING),
            &subject,
        )?;
        let entry = ApprovalEntry { effective_from: sent.effective_from, draft_sha256: sent.draft_sha256 };
        approve_specification(&app, &signed, &product, version, &entry)
    });
    let made = made.await?;
    Ok(HttpResponse::Created().json(ApprovedView {
        product: made.product.to_string(),
        version: made.version,
        effective_from: made.effective_from.to_string(),
        draft_sha256: made.draft_sha256,
        sha256: made.sha256,
    }))
}

/// What retiring takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetirementSent {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where the signer has them.
    #[serde(default)]
    pub code: Option<String>,
    /// Why.
    pub reason: String,
}

/// A specification just retired.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RetiredView {
    /// Product code.
    pub product: String,
    /// When (UTC).
    pub retired_at: String,
}

fn read_product(text: &str) -> Result<ProductCode, Refusal> {
    let none = |_| Refusal::new(Code::NoSuchSpecification, "There is no specification of such a product.");
    ProductCode::parse(text).map_err(none)
}

/// Retires a product's specification with an electronic signature.
#[utoipa::path(post, path = "/api/v1/specifications/{product}/retirement", tag = "specifications",
    params(("product" = String, Path)), request_body = RetirementSent,
    responses((status = 201, body = RetiredView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn retire(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RetireSpecification>,
    path: Path<String>,
    body: Sent<RetirementSent>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let product = read_product(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (sent, subject) = (body.value, subject(&req));
    let made = block(move || {
        let signed = permit.sign(&app, Proof::of(&sent.password, sent.code.as_deref()), &sent.reason, &subject)?;
        retire_specification(&app, &signed, &product)
    });
    let made = made.await?;
    let view = RetiredView { product: made.product.to_string(), retired_at: made.retired_at.to_string() };
    Ok(HttpResponse::Created().json(view))
}

/// Which versions to compare.
#[derive(Debug, Deserialize)]
pub struct Compared {
    from: Option<String>,
    to: Option<String>,
}

/// One difference of two versions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DifferenceView {
    /// What it is about: `Title`, `Assay endotoxin`, `CD34-positive`.
    pub about: String,
    /// Attribute code, for a criterion.
    pub attribute: Option<String>,
    /// The field; `criterion` or `assay` for one that came or went.
    pub field: String,
    /// Before, in words; none for what was added.
    pub before: Option<String>,
    /// After, in words; none for what was removed.
    pub after: Option<String>,
    /// `tightened` or `loosened`, where that follows from the two texts.
    pub effect: Option<String>,
    /// All of it in one line.
    pub text: String,
}

impl From<&Difference> for DifferenceView {
    fn from(difference: &Difference) -> Self {
        DifferenceView {
            about: difference.about.clone(),
            attribute: difference.attribute.as_ref().map(ToString::to_string),
            field: difference.field.to_owned(),
            before: difference.before.clone(),
            after: difference.after.clone(),
            effect: difference.effect.map(|e| e.as_str().to_owned()),
            text: difference.in_words(),
        }
    }
}

/// What changed between two versions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DiffView {
    /// Product code.
    pub product: String,
    /// The earlier version.
    pub from: u32,
    /// The later version.
    pub to: u32,
    /// In the order of the document; empty where nothing differs.
    pub differences: Vec<DifferenceView>,
}

/// What changed between two versions.
#[utoipa::path(get, path = "/api/v1/specifications/{product}/diff", tag = "specifications",
    params(("product" = String, Path), ("from" = u32, Query), ("to" = u32, Query)),
    responses((status = 200, body = DiffView), (status = 404, body = ProblemBody)))]
pub async fn diff(
    app: Data<App>,
    req: HttpRequest,
    _reader: Somebody,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let product = read_product(&path)?;
    let asked: Compared = query(&req)?;
    let number = |field: &'static str, text: Option<String>| {
        let detail = format!("Say which versions to compare: ?from=1&to=2 ({field} is a version number).");
        text.and_then(|t| t.parse::<u32>().ok()).ok_or_else(|| Refusal::field(Code::InvalidField, field, detail))
    };
    let (from, to) = (number("from", asked.from)?, number("to", asked.to)?);
    let asked = product.clone();
    let list = block(move || compare_specifications(&app, &asked, from, to)).await?;
    let differences = list.iter().map(DifferenceView::from).collect();
    Ok(HttpResponse::Ok().json(DiffView { product: product.to_string(), from, to, differences }))
}

/// A verdict that would change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangedVerdictView {
    /// Attribute code.
    pub attribute: String,
    /// In words.
    pub name: String,
    /// Outcome under the lot's own version; none where it has no such criterion.
    pub before: Option<String>,
    /// Outcome under the asked version; none where it has no such criterion.
    pub after: Option<String>,
    /// Both with their reasons.
    pub why: String,
}

impl From<&ChangedVerdict> for ChangedVerdictView {
    fn from(verdict: &ChangedVerdict) -> Self {
        ChangedVerdictView {
            attribute: verdict.attribute.to_string(),
            name: verdict.name.clone(),
            before: verdict.before.map(|o| o.as_str().to_owned()),
            after: verdict.after.map(|o| o.as_str().to_owned()),
            why: verdict.why.clone(),
        }
    }
}

/// A lot for which something would change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangedLotView {
    /// Lot number.
    pub lot: String,
    /// The version it is pinned to.
    pub specification_version: u32,
    /// Status under that.
    pub status_before: String,
    /// Status under the asked version.
    pub status_after: String,
    /// The verdicts that would change.
    pub verdicts: Vec<ChangedVerdictView>,
}

impl From<&ChangedLot> for ChangedLotView {
    fn from(lot: &ChangedLot) -> Self {
        ChangedLotView {
            lot: lot.lot.to_string(),
            specification_version: lot.version,
            status_before: lot.before.as_str().to_owned(),
            status_after: lot.after.as_str().to_owned(),
            verdicts: lot.verdicts.iter().map(ChangedVerdictView::from).collect(),
        }
    }
}

/// What a version would change if open lots were judged by it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WhatIfView {
    /// Product code.
    pub product: String,
    /// The version asked about.
    pub version: u32,
    /// How many open lots were judged.
    pub judged: usize,
    /// Those for which something would change. No lot is changed: each stays on its version.
    pub lots: Vec<ChangedLotView>,
}

/// What asking takes: nothing; the body may be left out.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfSent {}

/// Which open lots would change verdict under a version, and why. Changes nothing.
#[utoipa::path(post, path = "/api/v1/specifications/{product}/{version}/what-if", tag = "specifications",
    params(("product" = String, Path), ("version" = u32, Path)), request_body = WhatIfSent,
    responses((status = 200, body = WhatIfView), (status = 404, body = ProblemBody)))]
pub async fn what_if(
    app: Data<App>,
    req: HttpRequest,
    _reader: Somebody,
    path: Path<(String, String)>,
    bytes: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    optional::<WhatIfSent>(&req, bytes)?;
    let (product, version) = read_version(&path.0, &path.1)?;
    let asked = product.clone();
    let found = block(move || judge_open_lots(&app, &asked, version)).await?;
    let lots = found.changed.iter().map(ChangedLotView::from).collect();
    let view = WhatIfView { product: product.to_string(), version, judged: found.judged, lots };
    Ok(HttpResponse::Ok().json(view))
}
