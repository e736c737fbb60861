//! `/api/v1/register`: the register of certified batches.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::query;
use crate::domain::moment::Moment;
use crate::domain::refusal::Refusal;
use crate::domain::register::{Certified, Register};
use crate::web::guard::Allowed;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::permit::{Permit, TakeCopies};
use crate::workflow::register::{register, register_file};
use crate::workflow::{App, Error};

/// A certificate in the register.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CertifiedView {
    /// Running number, from 1.
    pub ordinal: u64,
    /// The certificate.
    pub certificate: String,
    /// The lot.
    pub lot: String,
    /// Its product.
    pub product: String,
    /// When it was certified (UTC).
    pub certified_at: String,
    /// Full name of who certified.
    pub name: String,
    /// User name.
    pub username: String,
    /// The role acted in.
    pub role: String,
    /// Number in the register of qualified persons.
    pub register_number: Option<String>,
    /// `standing`, `superseded` or `revoked`.
    pub state: String,
    /// The certificate that replaced it.
    pub superseded_by: Option<String>,
    /// The certificate that it replaced.
    pub supersedes: Option<String>,
    /// When it was revoked (UTC).
    pub revoked_at: Option<String>,
    /// Of what sort the reason is.
    pub revocation_class: Option<String>,
    /// The ledger entry that certified it.
    pub ledger_entry: i64,
}

impl From<&Certified> for CertifiedView {
    fn from(c: &Certified) -> Self {
        CertifiedView {
            ordinal: c.ordinal,
            certificate: c.certificate.to_string(),
            lot: c.lot.to_string(),
            product: c.product.clone(),
            certified_at: c.certified_at.to_string(),
            name: c.name.clone(),
            username: c.username.clone(),
            role: c.role.clone(),
            register_number: c.register_number.clone(),
            state: c.state.clone(),
            superseded_by: c.superseded_by.as_ref().map(ToString::to_string),
            supersedes: c.supersedes.as_ref().map(ToString::to_string),
            revoked_at: c.revoked_at.map(|at| at.to_string()),
            revocation_class: c.revocation_class.map(|class| class.as_str().to_owned()),
            ledger_entry: c.entry,
        }
    }
}

/// The register of certified batches.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RegisterView {
    /// Certified at this moment or later.
    pub from: Option<String>,
    /// Certified before this moment.
    pub to: Option<String>,
    /// Oldest first.
    pub certificates: Vec<CertifiedView>,
    /// How many certificates there are in all.
    pub issued: u64,
    /// True where the running numbers from 1 to the highest were each given once.
    pub gapless: bool,
    /// Running numbers that no certificate has.
    pub missing: Vec<u64>,
    /// Running numbers that more than one certificate has.
    pub repeated: Vec<u64>,
    /// The finding in a sentence.
    pub statement: String,
}

impl From<&Register> for RegisterView {
    fn from(r: &Register) -> Self {
        RegisterView {
            from: r.from.map(|at| at.to_string()),
            to: r.to.map(|at| at.to_string()),
            certificates: r.certificates.iter().map(CertifiedView::from).collect(),
            issued: r.issued,
            gapless: r.missing.is_empty() && r.repeated.is_empty(),
            missing: r.missing.clone(),
            repeated: r.repeated.clone(),
            statement: r.statement.clone(),
        }
    }
}

/// A period of the register.
pub type Period = (Option<Moment>, Option<Moment>);

#[derive(Deserialize)]
struct PeriodQuery {
    from: Option<String>,
    to: Option<String>,
}

/// The period of a request's address, RFC 3339.
///
/// # Errors
/// It cannot be read.
pub fn period(req: &HttpRequest) -> Result<Period, Refusal> {
    let asked: PeriodQuery = query(req)?;
    let at = |field: &str, text: Option<String>| {
        text.filter(|t| !t.is_empty()).map(|text| Moment::parse(field, &text)).transpose()
    };
    Ok((at("from", asked.from)?, at("to", asked.to)?))
}

/// The register of certified batches (Directive 2001/83/EC, Art. 51(3)), with whether its numbers have gaps.
#[utoipa::path(get, path = "/api/v1/register", tag = "certificates",
    params(("from" = Option<String>, Query, description = "certified at this moment or later"), ("to" = Option<String>, Query, description = "certified before this moment")),
    responses((status = 200, body = RegisterView), (status = 422, body = ProblemBody)))]
pub async fn show(app: Data<App>, req: HttpRequest, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let (from, to) = period(&req)?;
    let found = block(move || register(&app, from, to)).await?;
    Ok(HttpResponse::Ok().json(RegisterView::from(&found)))
}

/// The register as a PDF with its data attached; that it was taken out is a fact.
#[utoipa::path(get, path = "/api/v1/register/pdf", tag = "certificates",
    params(("from" = Option<String>, Query), ("to" = Option<String>, Query)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>), (status = 422, body = ProblemBody)))]
pub async fn pdf(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<TakeCopies>,
) -> Result<HttpResponse, Problem> {
    let period = period(&req)?;
    Ok(file(&app, permit, period).await?)
}

/// The register's PDF as an answer.
///
/// # Errors
/// The period ends before it begins, or it cannot be printed.
pub async fn file(app: &App, permit: Permit<TakeCopies>, (from, to): Period) -> Result<HttpResponse, Error> {
    let app = app.clone();
    let bytes = block(move || register_file(&app, &permit, from, to)).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/pdf"))
        .insert_header((CONTENT_DISPOSITION, "inline; filename=\"register.pdf\""))
        .body(bytes))
}
