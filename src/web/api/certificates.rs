//! `/api/v1/certificates`: the register, and the issued bytes.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::{query, read_cursor, read_limit};
use crate::domain::ids::CertificateNumber;
use crate::domain::lot::Lot;
use crate::store::Issued;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::verify_certificate::certificate_standing;
use crate::workflow::{App, Error};

/// An issued certificate.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CertificateView {
    /// Number.
    pub certificate: String,
    /// Lot number.
    pub lot: String,
    /// When (UTC).
    pub issued_at: String,
    /// `valid`, `superseded` or `revoked`.
    pub status: String,
    /// The certificate that replaced it.
    pub superseded_by: Option<String>,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Ledger entry of the release.
    pub ledger_entry: i64,
    /// Where a stranger checks it.
    pub verify_url: String,
}

impl CertificateView {
    /// The view of an issued certificate at a site, as if it stood.
    pub fn new(issued: &Issued, public_url: &str) -> Self {
        CertificateView {
            certificate: issued.number.to_string(),
            lot: issued.lot.to_string(),
            issued_at: issued.issued_at.to_string(),
            status: "valid".into(),
            superseded_by: None,
            record_sha256: issued.record_sha256.clone(),
            pdf_sha256: issued.pdf_sha256.clone(),
            ledger_entry: issued.entry,
            verify_url: format!("{public_url}/verify/{}", issued.number),
        }
    }

    /// The same with how it stands by its lot.
    pub fn standing(mut self, issued: &Issued, lot: &Lot) -> Self {
        let by = lot.course.supersessions.iter().find(|s| s.certificate == issued.number);
        self.superseded_by = by.map(|s| s.by_certificate.to_string());
        self.status = certificate_standing(lot, &issued.number).as_str().to_owned();
        self
    }
}

/// A page of the register.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CertificatesView {
    /// Newest first.
    pub certificates: Vec<CertificateView>,
    /// Send it as `cursor` for the next page; none on the last.
    pub next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ListQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// Lists certificates.
#[utoipa::path(get, path = "/api/v1/certificates", tag = "certificates",
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = CertificatesView)))]
pub async fn list(app: Data<App>, req: HttpRequest, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let asked: ListQuery = query(&req)?;
    let limit = i64::from(read_limit(asked.limit.as_deref())?);
    let cursor = read_cursor("cursor", asked.cursor.as_deref())?;
    let url = app.public_url().to_owned();
    let rows = block(move || {
        app.read(|view| {
            let mut rows = Vec::new();
            for issued in view.certificates(cursor, limit + 1)? {
                let lot = view.lot(&issued.lot)??;
                rows.push((issued, lot));
            }
            Ok(rows)
        })
    });
    let mut rows: Vec<(Issued, Lot)> = rows.await?;
    let more = i64::try_from(rows.len()).is_ok_and(|n| n > limit);
    if more {
        rows.pop();
    }
    let next_cursor = rows.last().filter(|_| more).map(|(r, _)| r.entry.to_string());
    let certificates = rows.iter().map(|(r, lot)| CertificateView::new(r, &url).standing(r, lot)).collect();
    Ok(HttpResponse::Ok().json(CertificatesView { certificates, next_cursor }))
}

/// The issued certificate of an address.
async fn issued(app: &Data<App>, number: &str) -> Result<Issued, Error> {
    let number = CertificateNumber::parse(number)?;
    let app = app.clone();
    block(move || app.read(|view| Ok(view.certificate(&number)??))).await
}

/// One certificate.
#[utoipa::path(get, path = "/api/v1/certificates/{number}", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, body = CertificateView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let issued = issued(&app, &path).await?;
    let (asked, of) = (app.clone(), issued.lot.clone());
    let (lot, _) = block(move || asked.lot(&of)).await?;
    Ok(HttpResponse::Ok().json(CertificateView::new(&issued, app.public_url()).standing(&issued, &lot)))
}

/// A document of a certificate as an answer.
///
/// # Errors
/// There is no such certificate, or its stored bytes were changed.
pub async fn document(app: &Data<App>, number: &str, pdf: bool) -> Result<HttpResponse, Error> {
    let issued = issued(app, number).await?;
    let (sha256, media_type, ending) = match pdf {
        true => (issued.pdf_sha256, "application/pdf", "pdf"),
        false => (issued.record_sha256, "application/json", "json"),
    };
    let (app, wanted) = (app.clone(), sha256.clone());
    let bytes = block(move || app.read(|view| Ok(view.document(&wanted)?))).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{}.{ending}\"", issued.number)))
        .insert_header((ETAG, format!("\"{sha256}\"")))
        .body(bytes))
}

/// The PDF, exactly as issued.
#[utoipa::path(get, path = "/api/v1/certificates/{number}/pdf", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 404, body = ProblemBody)))]
pub async fn pdf(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    Ok(document(&app, &path, true).await?)
}

/// The record, exactly the bytes that hash to `record_sha256`.
#[utoipa::path(get, path = "/api/v1/certificates/{number}/record", tag = "certificates", params(("number" = String, Path)),
    responses((status = 200, content_type = "application/json", body = Vec<u8>), (status = 404, body = ProblemBody)))]
pub async fn record(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    Ok(document(&app, &path, false).await?)
}
