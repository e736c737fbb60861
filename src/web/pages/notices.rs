//! A conditional notice: its page, which says first that it is no release certificate, and its
//! documents.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::certificates::address;
use super::recall::role_word;
use super::shown;
use super::view::notices::{ContactRow, NoticePage, NoticeState, WaitingRow};
use super::view::parts::{Fact, Link};
use super::visit::{Visit, html, signed_in};
use crate::domain::assessment::assess;
use crate::domain::course::ConditionalRelease;
use crate::domain::ids::NoticeNumber;
use crate::domain::lot::Lot;
use crate::domain::notice::NoticeRecord;
use crate::domain::spec::Specification;
use crate::domain::step_one;
use crate::web::api::notices::{document, find};
use crate::web::times;
use crate::workflow::verify_certificate::{Authenticity, followed_by, notice_revoked_because, notice_standing};
use crate::workflow::{App, Error};

/// `GET /notices/{number}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, show_page).await
}

/// `GET /notices/{number}/pdf`
pub async fn pdf(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| document(&Data::new(visit.app.clone()), address(visit), true).await).await
}

/// `GET /notices/{number}/record`
pub async fn record(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| document(&Data::new(visit.app.clone()), address(visit), false).await).await
}

/// How the notice of a lot stands.
pub fn state(lot: &Lot) -> NoticeState {
    match notice_standing(lot) {
        Authenticity::Revoked => NoticeState::Revoked,
        Authenticity::Followed => NoticeState::Followed,
        _ => NoticeState::Standing,
    }
}

/// What it is and how it stands, in sentences.
fn sentence(visit: &Visit, lot: &Lot) -> String {
    let of = |at| shown::plain_moment(at, visit.zone).shown;
    let origin = format!("Issued by step 1 of the release of lot {}.", lot.number());
    let certificate = followed_by(lot).map(|number| format!(" Certificate {number} followed it.")).unwrap_or_default();
    match &lot.course.revocation {
        Some(r) => format!("{origin}{certificate} Revoked on {}: {}.", of(r.at), notice_revoked_because(r)),
        None if certificate.is_empty() => {
            format!("{origin} It stands until the last result is in: a release certificate follows, or it is revoked.")
        }
        None => format!("{origin}{certificate} The certificate counts now, and no longer the notice."),
    }
}

struct Loaded {
    number: NoticeNumber,
    lot: Lot,
    spec: Specification,
    step: ConditionalRelease,
    record: NoticeRecord,
}

fn load(app: &App, number: &str) -> Result<Loaded, Error> {
    let (number, lot, step) = find(app, number)?;
    let (lot, spec) = app.lot(lot.number())?;
    let record = app.read(|view| Ok(view.document(&step.record_sha256)?))?;
    let record = serde_json::from_slice(&record).map_err(|e| Error::Internal(format!("{number}: {e}")))?;
    Ok(Loaded { number, lot, spec: spec.specification, step, record })
}

async fn show_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let asked = address(visit).to_owned();
    let loaded = visit.work(move |app| load(app, &asked)).await?;
    let Loaded { number, lot, step, record, .. } = &loaded;
    let number = number.to_string();
    let mut frame = visit.frame(&number, "notice", "/certificates");
    frame.crumbs = vec![Link::new("Certificates", "/certificates")];
    let contact = |c: &crate::domain::course::Contact| ContactRow {
        role: role_word(c.role).to_owned(),
        name: c.name.as_str().to_owned(),
        reach: c.reach.as_str().to_owned(),
    };
    let lot_page = format!("/lots/{}", lot.number());
    let entry = record.ledger.entry;
    let view = NoticePage {
        frame,
        state: state(lot),
        title: record.title.clone(),
        sentence: sentence(visit, lot),
        facts: facts(visit, &loaded),
        pending: pending(visit, &loaded),
        contacts: step.contacts.iter().map(contact).collect(),
        signatures: record.signatures.iter().map(|s| shown::signature(s, visit.zone)).collect(),
        pdf_sha256: step.pdf_sha256.clone(),
        record_sha256: step.record_sha256.clone(),
        verify_url: format!("{}/verify/{number}", visit.app.public_url()),
        ledger: Link::new(entry.to_string(), format!("/ledger?lot={}#f{entry}", lot.number())),
        recall: lot.course.revocation.as_ref().map(|_| Link::new("Who must be told", format!("{lot_page}/recall"))),
        number,
    };
    html(StatusCode::OK, &view)
}

fn facts(visit: &Visit, loaded: &Loaded) -> Vec<Fact> {
    let Loaded { lot, spec, step, record, .. } = loaded;
    let mut facts = vec![
        Fact::new("Lot", lot.number().as_str()).linked(format!("/lots/{}", lot.number())),
        Fact::new("Product", lot.details.product.as_str()),
        Fact::new("Specification", format!("version {}", spec.version))
            .linked(format!("/specifications/{}/{}", spec.product, spec.version))
            .with_note(if spec.example { "EXAMPLE" } else { "" }),
        Fact::new("Issued", times::to_seconds(step.at, visit.zone)),
        Fact::new("Lot expires", times::to_minutes(lot.details.expires_at, visit.zone)),
    ];
    if let Some(certificate) = followed_by(lot) {
        let href = format!("/certificates/{certificate}");
        facts.push(Fact::new("Followed by", certificate.as_str()).linked(href));
    }
    if let Some(person) = &record.qualified_person {
        facts.push(Fact::new("Register number", person.register_number.as_str()).with_note(person.username.as_str()));
    }
    facts
}

/// What was pending, and what has become of it as the reader may see it.
fn pending(visit: &Visit, loaded: &Loaded) -> Vec<WaitingRow> {
    let Loaded { lot, spec, step, .. } = loaded;
    let assessment = visit.blind(lot, spec).veil(assess(lot, spec, visit.now));
    let open = step_one::outstanding(lot, &assessment, visit.now);
    let revoked = lot.course.revocation.is_some();
    let row = |p: &crate::domain::course::PendingCriterion| {
        let waits = open.iter().find(|(pending, _)| pending.attribute == p.attribute).map(|(_, overdue)| *overdue);
        let (mark, now) = match (waits, revoked) {
            (None, _) => ("pass", "Passed"),
            (Some(_), true) => ("missing", "Not passed"),
            (Some(true), false) => ("fail", "Overdue"),
            (Some(false), false) => ("pending", "Still to come"),
        };
        WaitingRow {
            name: p.name.clone(),
            due: shown::plain_moment(p.due_at, visit.zone),
            interim: p.interim.clone().unwrap_or_else(|| "None".to_owned()),
            mark,
            now: now.to_owned(),
        }
    };
    step.pending.iter().map(row).collect()
}
