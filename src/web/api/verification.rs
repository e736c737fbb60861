//! `/api/v1/verify`: a stranger asks whether a certificate or a conditional notice is genuine. No
//! sign-in.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::certificates::CertificateView;
use super::notices;
use crate::domain::ids::{CertificateNumber, NoticeNumber};
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::{Body, body_refusal};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::upload::{FIELDS_MAX, is_form, read_form};
use crate::workflow::verify_certificate::{Answer, Authenticity, Claim, IssuedNotice, verify_certificate};
use crate::workflow::{App, Error};

/// The largest file that is checked, in bytes.
pub const FILE_BYTES_MAX: usize = 12 * 1024 * 1024;

/// A claim without the file: its hash, or its number, or both.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimBody {
    /// SHA-256 of the PDF or of the record, 64 hex digits.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Number of a certificate or a conditional notice.
    #[serde(default)]
    pub number: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AnswerView {
    /// `valid`, `conditional`, `followed`, `revoked`, `superseded`, `altered` or `unknown`.
    pub outcome: String,
    /// What that means here, in a sentence.
    pub detail: String,
    /// What was checked.
    pub checked: Vec<String>,
    /// The certificate concerned, if it was issued here.
    pub certificate: Option<CertificateView>,
    /// The conditional notice concerned, if it was issued here.
    pub notice: Option<IssuedNoticeView>,
}

/// A conditional notice that was issued here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct IssuedNoticeView {
    /// Its number.
    pub notice: String,
    /// Lot number.
    pub lot: String,
    /// When (UTC).
    pub issued_at: String,
    /// `standing`, `followed` or `revoked`.
    pub status: String,
    /// The release certificate that followed it.
    pub certificate: Option<String>,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
}

impl IssuedNoticeView {
    fn new(issued: &IssuedNotice, answer: &Answer) -> Self {
        IssuedNoticeView {
            status: notices::status(answer.stands.unwrap_or(Authenticity::Conditional)).to_owned(),
            certificate: answer.newer.as_ref().map(ToString::to_string),
            notice: issued.step.notice.to_string(),
            lot: issued.lot.to_string(),
            issued_at: issued.step.at.to_string(),
            record_sha256: issued.step.record_sha256.clone(),
            pdf_sha256: issued.step.pdf_sha256.clone(),
        }
    }
}

impl AnswerView {
    /// The view of an answer at a site.
    pub fn new(answer: &Answer, public_url: &str) -> Self {
        AnswerView {
            outcome: answer.outcome.as_str().to_owned(),
            detail: answer.detail.clone(),
            checked: answer.checked.clone(),
            certificate: answer.certificate.as_ref().map(|c| CertificateView {
                status: answer.stands.unwrap_or(Authenticity::Valid).as_str().to_owned(),
                superseded_by: answer.newer.as_ref().map(ToString::to_string),
                ..CertificateView::new(c, public_url)
            }),
            notice: answer.notice.as_ref().map(|n| IssuedNoticeView::new(n, answer)),
        }
    }
}

/// Reads a claim from JSON text.
///
/// # Errors
/// Neither hash nor number, or something that is neither.
fn claim_from_json(bytes: &[u8]) -> Result<Claim, Refusal> {
    let ClaimBody { sha256, number } = Body::<ClaimBody>::read(bytes)?.value;
    claim(sha256.as_deref(), number.as_deref())
}

/// Reads a claim from its parts.
///
/// # Errors
/// Neither hash nor number, or something that is neither.
pub fn claim(sha256: Option<&str>, number: Option<&str>) -> Result<Claim, Refusal> {
    let sha256 = sha256.map(str::trim).filter(|t| !t.is_empty());
    let number = number.map(str::trim).filter(|t| !t.is_empty());
    match (sha256, number) {
        (Some(sha256), number) => {
            if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
                let detail = "A SHA-256 has 64 characters, the digits 0 to 9 and the letters a to f.";
                return Err(Refusal::field(Code::InvalidField, "sha256", detail));
            }
            // A number that cannot be read only means that the file does not name one.
            let number = number.map(|n| n.chars().take(40).collect());
            Ok(Claim::Hash { sha256: sha256.to_ascii_lowercase(), number })
        }
        (None, Some(number)) => read_number(number),
        (None, None) => {
            let detail = "Send the PDF file, its SHA-256, or the number of the certificate or notice.";
            Err(Refusal::field(Code::InvalidField, "file", detail))
        }
    }
}

/// Reads the number of a certificate or a conditional notice.
///
/// # Errors
/// It is neither.
pub fn read_number(text: &str) -> Result<Claim, Refusal> {
    if let Ok(notice) = NoticeNumber::parse(text) {
        return Ok(Claim::Notice(notice));
    }
    CertificateNumber::parse(text).map(Claim::Number).map_err(|e| Refusal { code: Code::InvalidField, ..e })
}

/// Reads a claim from a form with a file, a number, or both.
///
/// # Errors
/// The form cannot be read, is too large, or has neither.
async fn claim_from_form(req: &HttpRequest, payload: Payload) -> Result<Claim, Refusal> {
    let (mut file, mut sha256, mut number) = (None, None, None);
    let too_large = || Refusal::new(Code::TooLarge, "The file is larger than 12 MiB; a certificate is much smaller.");
    for part in read_form(req, payload, (FILE_BYTES_MAX, FIELDS_MAX), too_large).await? {
        match part.field.as_str() {
            "file" if !part.bytes.is_empty() => file = Some(part.bytes),
            "sha256" => sha256 = String::from_utf8(part.bytes).ok(),
            "number" => number = String::from_utf8(part.bytes).ok(),
            _ => {}
        }
    }
    match file {
        Some(bytes) => Ok(Claim::File(bytes)),
        None => claim(sha256.as_deref(), number.as_deref()),
    }
}

/// Reads a claim in whichever form it was sent.
///
/// # Errors
/// As [`claim`], or the request cannot be read or is too large.
pub async fn read_claim(req: &HttpRequest, payload: Payload) -> Result<Claim, Error> {
    if is_form(req) {
        return Ok(claim_from_form(req, payload).await?);
    }
    let content_type = req.headers().get(CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
    let mut payload = payload.into_inner();
    if content_type.starts_with("application/json") {
        let bytes = Bytes::from_request(req, &mut payload).await.map_err(|e| body_refusal(&e))?;
        return Ok(claim_from_json(&bytes)?);
    }
    let detail = "Send JSON with sha256 or number, or a form (multipart/form-data) with the file.";
    Err(Refusal::new(Code::WrongMediaType, detail).into())
}

/// Says whether a certificate or a conditional notice is genuine, and how it stands.
#[utoipa::path(post, path = "/api/v1/verify", tag = "verification", security(()),
    request_body(content((ClaimBody = "application/json"), (Vec<u8> = "multipart/form-data"))),
    responses((status = 200, body = AnswerView), (status = 422, body = ProblemBody)))]
pub async fn verify(app: Data<App>, req: HttpRequest, payload: Payload) -> Result<HttpResponse, Problem> {
    let claim = read_claim(&req, payload).await?;
    let url = app.public_url().to_owned();
    let answer = block(move || verify_certificate(&app, &claim)).await?;
    Ok(HttpResponse::Ok().json(AnswerView::new(&answer, &url)))
}
