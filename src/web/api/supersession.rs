//! `/api/v1/certificates/{number}/supersession`: replacing a certificate that has an error.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::ids::CertificateNumber;
use crate::web::body::Sent;
use crate::web::guard::once;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::permit::{Permit, Proof, SupersedeCertificate};
use crate::workflow::supersede_certificate::{self, Superseded, SupersessionEntry, subject_of, supersede_certificate};

/// How it should have been.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionsBody {
    /// Number of containers.
    #[serde(default)]
    pub containers: Option<u32>,
    /// When the lot was made, RFC 3339 with zone.
    #[serde(default)]
    pub manufactured_at: Option<String>,
    /// When it expires, RFC 3339 with zone; never later than it was.
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// What replacing a certificate takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupersessionBody {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
    /// What was wrong.
    pub reason: String,
    /// How it should have been.
    pub corrections: CorrectionsBody,
    /// `record_sha256` of the certificate as it was shown.
    #[serde(default)]
    pub seen_sha256: Option<String>,
}

/// A certificate just replaced.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SupersededView {
    /// Number of the new certificate.
    pub certificate: String,
    /// Number of the one it replaces.
    pub supersedes: String,
    /// Which version of the lot's certificate it is.
    pub version: u32,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Where a stranger checks it.
    pub verify_url: String,
}

impl From<Superseded> for SupersededView {
    fn from(made: Superseded) -> Self {
        SupersededView {
            certificate: made.certificate.to_string(),
            supersedes: made.supersedes.to_string(),
            version: made.version,
            record_sha256: made.record_sha256,
            pdf_sha256: made.pdf_sha256,
            verify_url: made.verify_url,
        }
    }
}

/// Replaces a certificate by a new version, with an electronic signature.
#[utoipa::path(post, path = "/api/v1/certificates/{number}/supersession", tag = "certificates", params(("number" = String, Path)),
    request_body = SupersessionBody,
    responses((status = 201, body = SupersededView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    signer: Somebody,
    path: Path<String>,
    body: Sent<SupersessionBody>,
) -> Result<HttpResponse, Problem> {
    // The attempt belongs to the certificate's lot, which the address does not name.
    let number = CertificateNumber::parse(&path);
    let (sought, asked) = (number.clone(), app.clone());
    let (permit, subject) = block(move || {
        let subject = sought.ok().map(|n| subject_of(&asked, &n));
        let known = subject.as_ref().and_then(|s| s.as_ref().ok()).cloned().unwrap_or_default();
        let permit = Permit::<SupersedeCertificate>::grant(&asked, &signer.user, &known)?;
        Ok((permit, subject.unwrap_or_else(|| Ok(known))))
    })
    .await?;
    let number = number?;
    let subject = subject?;
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let said = body.value;
    let entry = SupersessionEntry {
        reason: said.reason,
        containers: said.corrections.containers,
        manufactured_at: said.corrections.manufactured_at,
        expires_at: said.corrections.expires_at,
        seen_sha256: said.seen_sha256,
    };
    let (password, code, meaning) = (said.password, said.code, said.meaning);
    let made = block(move || {
        let meaning = meaning.as_deref().unwrap_or(supersede_certificate::MEANING);
        let signed = permit.sign(&app, Proof { password, code }, meaning, &subject)?;
        supersede_certificate(&app, &signed, &number, &entry)
    });
    Ok(HttpResponse::Created().json(SupersededView::from(made.await?)))
}
