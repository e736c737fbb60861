//! `/api/v1/lots/{lot}/supply`: a product out of specification, at a physician's request.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::containers::ContactBody;
use crate::domain::course::Supplied;
use crate::domain::spec::Stage;
use crate::domain::supply::NO_RELEASE;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::permit::{Proof, SupplyOutOfSpecification};
use crate::workflow::supply::{MEANING, SupplyEntry, supply};

/// What supplying takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSupply {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
    /// The physician who asked.
    pub physician: ContactBody,
    /// When, RFC 3339 with zone.
    pub requested_at: String,
    /// The immediate significant hazard that supply avoids, as the physician stated it.
    pub hazard: String,
    /// The manufacturer's evaluation of the risks, given to the physician.
    pub risk_evaluation: String,
    /// When the physician accepted it, RFC 3339 with zone.
    pub accepted_at: String,
    /// Who was notified: sponsor, authority, authorisation holder.
    pub notified: Vec<ContactBody>,
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// SHA-256 of evidence files: the request, the acceptance.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// SHA-256 of the lot's record as it was shown.
    #[serde(default)]
    pub seen_sha256: Option<String>,
}

/// A supply.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SupplyView {
    /// The physician who asked.
    pub physician: ContactBody,
    /// When (UTC).
    pub requested_at: String,
    /// The hazard that supply avoids, as the physician stated it.
    pub hazard: String,
    /// The manufacturer's evaluation of the risks.
    pub risk_evaluation: String,
    /// When the physician accepted it (UTC).
    pub accepted_at: String,
    /// Who was notified.
    pub notified: Vec<ContactBody>,
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// SHA-256 of evidence files.
    pub evidence: Vec<String>,
    /// Who signed.
    pub signed_by: String,
    /// When (UTC).
    pub signed_at: String,
    /// What it is not.
    pub notice: String,
}

impl From<&Supplied> for SupplyView {
    fn from(supplied: &Supplied) -> Self {
        let s = &supplied.supply;
        SupplyView {
            physician: (&s.physician).into(),
            requested_at: s.requested_at.to_string(),
            hazard: s.hazard.as_str().to_owned(),
            risk_evaluation: s.risk_evaluation.as_str().to_owned(),
            accepted_at: s.accepted_at.to_string(),
            notified: s.notified.iter().map(Into::into).collect(),
            containers: s.containers.clone(),
            evidence: s.evidence.clone(),
            signed_by: supplied.by.name.as_str().to_owned(),
            signed_at: supplied.at.to_string(),
            notice: NO_RELEASE.to_owned(),
        }
    }
}

/// The supplies of a lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SuppliesView {
    /// Lot number.
    pub lot: String,
    /// Oldest first.
    pub supplies: Vec<SupplyView>,
}

/// The supplies of a lot out of specification.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/supply", tag = "supply", params(("lot" = String, Path)),
    responses((status = 200, body = SuppliesView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Product)?;
    let (lot, _) = block(move || places::find(&app, &number, Stage::Product)).await?;
    let supplies = lot.course.supplies.iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(SuppliesView { lot: lot.number().to_string(), supplies }))
}

/// Records a supply with an electronic signature. No release, no certificate.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/supply", tag = "supply", params(("lot" = String, Path)), request_body = NewSupply,
    responses((status = 201, body = SuppliesView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<SupplyOutOfSpecification>,
    path: Path<String>,
    body: Sent<NewSupply>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (sent, subject) = (body.value, subject(&req));
    let view = block(move || {
        let proof = Proof { password: sent.password, code: sent.code };
        let meaning = sent.meaning.unwrap_or_else(|| MEANING.to_owned());
        let signed = permit.sign(&app, proof, &meaning, &subject)?;
        let entry = SupplyEntry {
            physician: sent.physician.into(),
            requested_at: sent.requested_at,
            hazard: sent.hazard,
            risk_evaluation: sent.risk_evaluation,
            accepted_at: sent.accepted_at,
            notified: sent.notified.into_iter().map(Into::into).collect(),
            containers: sent.containers,
            evidence: sent.evidence,
            seen_sha256: sent.seen_sha256,
        };
        supply(&app, &signed, &number, &entry)?;
        let (lot, _) = app.lot(&number)?;
        let supplies = lot.course.supplies.iter().map(Into::into).collect();
        Ok(SuppliesView { lot: lot.number().to_string(), supplies })
    });
    Ok(HttpResponse::Created().json(view.await?))
}
