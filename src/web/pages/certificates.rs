//! Certificates: the register, one of them, and its documents.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::notices;
use super::shown;
use super::steps::Came;
use super::supersession::{self, Offered, SUPERSESSION};
use super::view::certificates::{CertificatePage, CertificateRow, CertificateState, CertificatesPage, VersionRow};
use super::view::notices::NoticeRow;
use super::view::parts::{Fact, Link, Message, Tone};
use super::visit::{Visit, html, signed_in};
use crate::domain::certificate::CertificateRecord;
use crate::domain::course::{ConditionalRelease, Supersession};
use crate::domain::ids::{CertificateNumber, Username};
use crate::domain::lot::Lot;
use crate::domain::refusal::Refusal;
use crate::domain::role::Role;
use crate::domain::site_policy::SitePolicy;
use crate::domain::spec::Specification;
use crate::store::Issued;
use crate::web::api::certificates::document;
use crate::web::times;
use crate::workflow::release_lot::why_unqualified;
use crate::workflow::verify_certificate::{Authenticity, certificate_standing, followed_by};
use crate::workflow::{App, Error};

/// How many certificates a page has.
const ROWS: usize = 50;
/// How many conditional notices stand beside them.
const NOTICES: i64 = 50;

/// `GET /certificates`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /certificates/{number}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, show_page).await
}

/// `GET /certificates/{number}/pdf`
pub async fn pdf(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| document(&Data::new(visit.app.clone()), address(visit), true).await).await
}

/// `GET /certificates/{number}/record`
pub async fn record(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| document(&Data::new(visit.app.clone()), address(visit), false).await).await
}

/// The number in the address.
pub fn address(visit: &Visit) -> &str {
    visit.req.match_info().get("number").unwrap_or_default()
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let before = visit.query("cursor").parse::<i64>().ok();
    let (mut rows, notices) = visit.work(move |app| Ok((load_list(app, before)?, load_notices(app)?))).await?;
    let notices = if before.is_some() { Vec::new() } else { notices };
    let more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = rows.last().filter(|_| more).map(|(issued, _)| format!("/certificates?cursor={}", issued.entry));
    let row = |(issued, lot): &(Issued, Lot)| CertificateRow {
        link: Link::new(issued.number.to_string(), format!("/certificates/{}", issued.number)),
        lot: Link::new(issued.lot.to_string(), format!("/lots/{}", issued.lot)),
        product: lot.details.product.to_string(),
        state: state(&issued.number, lot),
        signed_by: signed_by(&issued.number, lot),
        released_at: shown::plain_moment(issued.issued_at, visit.zone),
    };
    let view = CertificatesPage {
        frame: visit.frame("Certificates", "certificates", "/certificates"),
        rows: rows.iter().map(row).collect(),
        notices: notices.iter().map(|(lot, step)| notice_row(visit, lot, step)).collect(),
        next,
    };
    html(StatusCode::OK, &view)
}

fn load_list(app: &App, before: Option<i64>) -> Result<Vec<(Issued, Lot)>, Error> {
    app.read(|view| {
        let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
        let issued = view.certificates(before, limit)?;
        let mut rows = Vec::new();
        for issued in issued {
            let lot = view.lot(&issued.lot)??;
            rows.push((issued, lot));
        }
        Ok(rows)
    })
}

fn load_notices(app: &App) -> Result<Vec<(Lot, ConditionalRelease)>, Error> {
    app.read(|view| {
        let mut rows = Vec::new();
        for (lot, step) in view.notices(NOTICES)? {
            rows.push((view.lot(&lot)??, step));
        }
        Ok(rows)
    })
}

fn notice_row(visit: &Visit, lot: &Lot, step: &ConditionalRelease) -> NoticeRow {
    let certificate = followed_by(lot).map(|n| Link::new(n.to_string(), format!("/certificates/{n}")));
    NoticeRow {
        link: Link::new(step.notice.to_string(), format!("/notices/{}", step.notice)),
        lot: Link::new(lot.number().to_string(), format!("/lots/{}", lot.number())),
        state: notices::state(lot),
        certificate,
        issued_at: shown::plain_moment(step.at, visit.zone),
        signed_by: step.by.name.as_str().to_owned(),
    }
}

/// Whether a certificate of a lot stands.
fn state(number: &CertificateNumber, lot: &Lot) -> CertificateState {
    match certificate_standing(lot, number) {
        Authenticity::Revoked => CertificateState::Revoked,
        Authenticity::Superseded => CertificateState::Superseded,
        _ => CertificateState::InForce,
    }
}

/// What it is, in a sentence.
fn sentence(visit: &Visit, issued: &Issued, lot: &Lot) -> String {
    let of = |at| shown::plain_moment(at, visit.zone).shown;
    let replaced = lot.course.supersessions.iter().find(|s| s.certificate == issued.number);
    let replaces = lot.course.supersessions.iter().find(|s| s.by_certificate == issued.number);
    let origin = match replaces {
        Some(s) => format!("Issued for lot {}; it replaces {}: {}", issued.lot, s.certificate, s.reason.as_str()),
        None => format!("Issued by the release of lot {}", issued.lot),
    };
    match (replaced, &lot.course.revocation) {
        (_, Some(r)) => format!("{origin}. Revoked on {}: {}.", of(r.at), r.class),
        (Some(s), None) => {
            let reason = s.reason.as_str();
            format!("{origin}. Superseded by {} on {}: {reason}", s.by_certificate, of(s.at))
        }
        (None, None) if replaces.is_some() => format!("{origin}. In force."),
        (None, None) => format!("{origin} and in force."),
    }
}

fn signed_by(number: &CertificateNumber, lot: &Lot) -> String {
    use crate::domain::lot::Decision;
    if let Some(s) = lot.course.supersessions.iter().find(|s| s.by_certificate == *number) {
        return s.by.name.as_str().to_owned();
    }
    match &lot.decision {
        Some(Decision::Released { by, .. } | Decision::Rejected { by, .. }) => by.name.as_str().to_owned(),
        None => String::new(),
    }
}

struct Loaded {
    issued: Issued,
    lot: Lot,
    spec: Specification,
    record: CertificateRecord,
    policy: SitePolicy,
    unqualified: Option<Refusal>,
}

fn load(app: &App, number: &CertificateNumber, qp: Option<&Username>) -> Result<Loaded, Error> {
    let issued = app.read(|view| Ok(view.certificate(number)??))?;
    let (lot, spec) = app.lot(&issued.lot)?;
    let (record, policy) = app.read(|view| Ok((view.document(&issued.record_sha256)?, view.policy()?)))?;
    let record = serde_json::from_slice(&record).map_err(|e| Error::Internal(format!("{}: {e}", issued.number)))?;
    let unqualified = qp.map(|username| why_unqualified(app, username)).transpose()?.flatten();
    Ok(Loaded { issued, lot, spec: spec.specification, record, policy, unqualified })
}

async fn show_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let number = CertificateNumber::parse(address(visit))?;
    let text = "Signed. This certificate replaces the one with the error. Both verify, and each says what it is.";
    let message = (visit.query("done") == SUPERSESSION).then(|| Message::new(Tone::Done, text));
    page(visit, number, &Came::default(), message, StatusCode::OK).await
}

/// The page of a certificate, with what was said in its form.
///
/// # Errors
/// There is no such certificate, or storage fails.
pub async fn page(
    visit: &Visit,
    number: CertificateNumber,
    came: &Came,
    message: Option<Message>,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let qp = visit.is(Role::Qp).then(|| visit.somebody.user.username.clone());
    let loaded = visit.work(move |app| load(app, &number, qp.as_ref())).await?;
    let Loaded { issued, lot, record, policy, unqualified, .. } = &loaded;
    let number = issued.number.to_string();
    let mut frame = visit.frame(&number, "certificate", "/certificates");
    frame.crumbs = vec![Link::new("Certificates", "/certificates")];
    frame.message = message;
    frame.problems = came.refused.0.clone();
    let offered = Offered { issued, lot, policy, unqualified: unqualified.as_ref() };
    let (replace, replace_closed) = supersession::offer(visit, &offered, came)?;
    let view = CertificatePage {
        frame,
        state: state(&issued.number, lot),
        sentence: sentence(visit, issued, lot),
        facts: facts(visit, &loaded),
        versions: versions(visit, &issued.number, lot),
        signatures: record.signatures.iter().map(|s| shown::signature(s, visit.zone)).collect(),
        pdf_sha256: issued.pdf_sha256.clone(),
        record_sha256: issued.record_sha256.clone(),
        verify_url: format!("{}/verify/{number}", visit.app.public_url()),
        ledger: Link::new(issued.entry.to_string(), format!("/ledger?lot={}#f{}", issued.lot, issued.entry)),
        replace,
        replace_open: !came.id.is_empty(),
        replace_closed,
        number,
    };
    html(status, &view)
}

fn facts(visit: &Visit, loaded: &Loaded) -> Vec<Fact> {
    let Loaded { issued, lot, spec, record, .. } = loaded;
    let specification = format!("/specifications/{}/{}", spec.product, spec.version);
    let at = if record.supersedes.is_some() { "Issued" } else { "Released" };
    let mut facts = vec![
        Fact::new("Lot", issued.lot.as_str()).linked(format!("/lots/{}", issued.lot)),
        Fact::new("Product", lot.details.product.as_str()),
        Fact::new("Specification", format!("version {}", spec.version))
            .linked(specification)
            .with_note(if spec.example { "EXAMPLE" } else { "" }),
        Fact::new(at, times::to_seconds(issued.issued_at, visit.zone)),
    ];
    facts.extend(supersession::as_certified(visit, record));
    facts.extend(lot.course.conditional.as_ref().map(|step| {
        Fact::new("Step 1", format!("conditional notice {}", step.notice)).linked(format!("/notices/{}", step.notice))
    }));
    facts
}

/// The certificates before and after this one, each with what was corrected.
fn versions(visit: &Visit, number: &CertificateNumber, lot: &Lot) -> Vec<VersionRow> {
    let row = |s: &Supersession| {
        let (says, other) = match s.certificate == *number {
            true => ("Superseded by", &s.by_certificate),
            false => ("Replaces", &s.certificate),
        };
        VersionRow {
            says: says.to_owned(),
            other: Link::new(other.to_string(), format!("/certificates/{other}")),
            by: s.by.name.as_str().to_owned(),
            at: shown::plain_moment(s.at, visit.zone),
            reason: s.reason.as_str().to_owned(),
            corrected: supersession::corrected(visit, &s.corrections),
        }
    };
    let about = |s: &&Supersession| s.certificate == *number || s.by_certificate == *number;
    lot.course.supersessions.iter().filter(about).map(row).collect()
}
