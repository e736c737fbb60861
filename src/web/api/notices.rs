//! `/api/v1/notices`: conditional release notices and their issued bytes.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use actix_web::web::{Data, Path};
use serde::Serialize;

use super::course::PendingView;
use super::policy::ContactBody;
use crate::domain::course::ConditionalRelease;
use crate::domain::ids::NoticeNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::verify_certificate::{Authenticity, followed_by, notice_standing};
use crate::workflow::{App, Error};

/// A conditional release notice: no release certificate.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NoticeView {
    /// Number.
    pub notice: String,
    /// Lot number.
    pub lot: String,
    /// When it was issued (UTC).
    pub issued_at: String,
    /// `standing`, `followed` where a release certificate was issued since, or `revoked`.
    pub status: String,
    /// The release certificate that followed it.
    pub certificate: Option<String>,
    /// When it was revoked (UTC).
    pub revoked_at: Option<String>,
    /// Of what sort the reason was.
    pub revocation_class: Option<String>,
    /// What was pending.
    pub pending: Vec<PendingView>,
    /// Who is told when a result fails.
    pub contacts: Vec<ContactBody>,
    /// Who signed, by full name.
    pub signed_by: String,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Where a stranger asks whether it still stands.
    pub verify_url: String,
}

/// The word for how a notice stands.
pub fn status(standing: Authenticity) -> &'static str {
    match standing {
        Authenticity::Revoked => "revoked",
        Authenticity::Followed => "followed",
        _ => "standing",
    }
}

/// A notice with its lot.
///
/// # Errors
/// There is none of this number.
pub fn find(app: &App, number: &str) -> Result<(NoticeNumber, Lot, ConditionalRelease), Error> {
    let number = NoticeNumber::parse(number)?;
    let none = || Refusal::new(Code::NoSuchNotice, format!("No conditional notice {number} was issued here."));
    let (lot, step) = app.read(|view| Ok(view.notice(&number)?))?.ok_or_else(none)?;
    let (lot, _) = app.lot(&lot)?;
    Ok((number, lot, step))
}

/// One conditional notice.
#[utoipa::path(get, path = "/api/v1/notices/{number}", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, body = NoticeView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let view = block(move || {
        let (number, lot, step) = find(&app, &path)?;
        let revocation = lot.course.revocation.as_ref();
        Ok(NoticeView {
            lot: lot.number().to_string(),
            issued_at: step.at.to_string(),
            status: status(notice_standing(&lot)).to_owned(),
            certificate: followed_by(&lot).map(ToString::to_string),
            revoked_at: revocation.map(|r| r.at.to_string()),
            revocation_class: revocation.map(|r| r.class.as_str().to_owned()),
            pending: step.pending.iter().map(|p| PendingView::new(p, false)).collect(),
            contacts: step.contacts.iter().map(ContactBody::from).collect(),
            signed_by: step.by.name.as_str().to_owned(),
            record_sha256: step.record_sha256,
            pdf_sha256: step.pdf_sha256,
            verify_url: format!("{}/verify/{number}", app.public_url()),
            notice: number.to_string(),
        })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// A document of a notice as an answer.
///
/// # Errors
/// There is no such notice, or its stored bytes were changed.
pub async fn document(app: &Data<App>, number: &str, pdf: bool) -> Result<HttpResponse, Error> {
    let (app, number) = (app.clone(), number.to_owned());
    let (number, sha256, bytes) = block(move || {
        let (number, _, step) = find(&app, &number)?;
        let sha256 = if pdf { step.pdf_sha256 } else { step.record_sha256 };
        let bytes = app.read(|view| Ok(view.document(&sha256)?))?;
        Ok((number, sha256, bytes))
    })
    .await?;
    let (media_type, ending) = if pdf { ("application/pdf", "pdf") } else { ("application/json", "json") };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{number}.{ending}\"")))
        .insert_header((ETAG, format!("\"{sha256}\"")))
        .body(bytes))
}

/// The PDF, exactly as issued.
#[utoipa::path(get, path = "/api/v1/notices/{number}/pdf", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 404, body = ProblemBody)))]
pub async fn pdf(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    Ok(document(&app, &path, true).await?)
}

/// The record, exactly the bytes that hash to `record_sha256`.
#[utoipa::path(get, path = "/api/v1/notices/{number}/record", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, content_type = "application/json", body = Vec<u8>), (status = 404, body = ProblemBody)))]
pub async fn record(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    Ok(document(&app, &path, false).await?)
}
