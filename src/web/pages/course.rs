//! A lot's route to a decision on its page: the steps, what waits for whom, the forms that sign
//! them, and the page that reviews what changed since entry.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::decision::signed;
use super::form::Form;
use super::lot::{self, Loaded, Said};
use super::shown;
use super::steps::{Builder, Came, lines};
use super::view::course::{AuditReviewPage, ChangeRow, CourseBox, PendingRow, StepRow};
use super::view::parts::{self, Fact, Link, Message, Tone};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::audit_review::ReviewedChange;
use crate::domain::certificate::Dossier;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::sign_offs::{self, Step};
use crate::domain::text::capitalised;
use crate::web::api::course::{check_reviewer, kind_in_words};
use crate::web::guard;
use crate::web::problem::status_of;
use crate::workflow::certify_lot::{self, certify_lot};
use crate::workflow::course::{CourseNow, Seen, StepNow};
use crate::workflow::permit::{ApproveForQc, CertifyLot, Duty, Permit, ReleaseConditionally, ReviewAuditTrail, Signed};
use crate::workflow::qc_approve::{self, qc_approve};
use crate::workflow::release_conditionally::{self, release_conditionally};
use crate::workflow::review_audit_trail::{self, review_audit_trail, review_of};
use crate::workflow::set_policy::ContactEntry;
use crate::workflow::{App, Error};

const QC_APPROVAL: &str = "qc-approval";
const CERTIFICATION: &str = "qp-certification";
const CONDITIONAL: &str = "conditional-release";
const REVIEW: &str = "audit-review";

/// The box above the decision; none where the lot's route is one signature and nothing is pending.
///
/// # Errors
/// There is no randomness for a form's key.
pub fn course_box(
    visit: &Visit,
    loaded: &Loaded,
    (dossier, dossier_sha256): (&Dossier, &str),
    came: &Came,
) -> Result<Option<CourseBox>, Error> {
    let (lot, now) = (&loaded.lot, &loaded.course);
    let over = sign_offs::check_undecided(lot).is_err();
    // Of a decided lot stands here what was signed on the way, and nothing as if it still waited.
    let taken = |step: &&StepNow| !over || step.sign_off.is_some();
    let steps: Vec<StepRow> = now.steps.iter().filter(taken).map(|step| step_row(visit, step)).collect();
    let plain = steps.is_empty() && now.may_wait.is_empty() && lot.course.conditional.is_none();
    if plain || !lot.details.stage.is_own() || now.next.is_none() && steps.is_empty() && now.outstanding.is_empty() {
        return Ok(None);
    }
    let reads = [Role::Qc, Role::Qa, Role::Qp, Role::Auditor].into_iter().any(|role| visit.is(role));
    let pending = now.outstanding.iter().map(|(p, late)| (p, *late)).chain(now.may_wait.iter().map(|p| (p, false)));
    Ok(Some(CourseBox {
        mark: if over { "reported" } else { "pending" },
        next: if over { "Signed on the way to the decision".to_owned() } else { format!("Route: {}", waits_for(now)) },
        steps,
        notice: lot
            .course
            .conditional
            .as_ref()
            .map(|c| Link::new(c.notice.to_string(), format!("/notices/{}", c.notice))),
        pending: pending
            .map(|(p, overdue)| PendingRow {
                name: p.name.clone(),
                due: shown::moment(p.due_at, visit),
                interim: p.interim.clone().unwrap_or_default(),
                overdue,
            })
            .collect(),
        review: reads.then(|| Link::new("Audit-trail review", format!("/lots/{}/audit-review", lot.number()))),
        why: why_not_mine(visit, loaded),
        forms: forms(visit, loaded, (dossier, dossier_sha256), came)?,
    }))
}

/// Which step waits for whom.
pub fn waits_for(now: &CourseNow) -> String {
    match now.next {
        Some(step) => {
            let role = step.role(now.policy.policy.release_route);
            format!("{} signs the {}.", capitalised(&role.with_article()), step.in_words())
        }
        None => "waits for results, see below.".into(),
    }
}

/// A step as it stands.
pub fn step_row(visit: &Visit, step: &StepNow) -> StepRow {
    let label = capitalised(step.step.in_words());
    let (mark, text) = match (&step.sign_off, step.counts) {
        (None, _) => ("pending", "open".to_owned()),
        (Some(s), counts) => {
            let (who, at) = (s.by.name.as_str(), shown::plain_moment(s.at, visit.zone).shown);
            match counts {
                true => ("pass", format!("signed by {who}, {at}")),
                false => ("fail", format!("UNSIGNED: changed since {who} signed on {at}")),
            }
        }
    };
    let changed = step.changed_since.iter().map(|line| shown::local_times(line, visit.zone)).collect();
    StepRow { label, mark, text, changed }
}

/// Why the reader may not take a step; none when they may.
fn why_not(visit: &Visit, lot: &Lot, now: &CourseNow, step: Step) -> Option<String> {
    let role = step.role(now.policy.policy.release_route);
    if !visit.is(role) {
        return Some(format!("{} signs the {}.", capitalised(&role.with_article()), step.in_words()));
    }
    let me = visit.actor(role);
    let refusal = sign_offs::check_hands(lot, &me, "sign this step")
        .and_then(|()| sign_offs::check_distinct(lot, &now.policy.policy, step, &me))
        .err()?;
    Some(shown::local_times(&refusal.detail, visit.zone))
}

/// The step that is signed in the box, where one waits.
fn step_here(now: &CourseNow) -> Option<Step> {
    now.next.filter(|step| !matches!(step, Step::AuditReview | Step::Release))
}

/// Why the reader, whose step it would be, may not take it; empty for everybody else.
fn why_not_mine(visit: &Visit, loaded: &Loaded) -> String {
    let (lot, now) = (&loaded.lot, &loaded.course);
    let Some(step) = step_here(now) else { return String::new() };
    let role = step.role(now.policy.policy.release_route);
    if !visit.is(role) {
        return String::new();
    }
    let unqualified = loaded.unqualified.as_ref().filter(|_| role == Role::Qp).map(|r| r.detail.clone());
    why_not(visit, lot, now, step).or(unqualified).unwrap_or_default()
}

fn forms(
    visit: &Visit,
    loaded: &Loaded,
    (dossier, dossier_sha256): (&Dossier, &str),
    came: &Came,
) -> Result<Vec<StepForm>, Error> {
    let (lot, now) = (&loaded.lot, &loaded.course);
    let Some(step) = step_here(now) else { return Ok(Vec::new()) };
    if why_not(visit, lot, now, step).is_some() || !why_not_mine(visit, loaded).is_empty() {
        return Ok(Vec::new());
    }
    let through = lot.changed_through();
    let mut facts = signed(dossier);
    if step == Step::ConditionalRelease {
        let waits: Vec<&str> = now.may_wait.iter().map(|p| p.name.as_str()).collect();
        facts.push(Fact::new("Still to come", waits.join("; ")));
    }
    facts.push(Fact::hash("SHA-256 of the lot’s record", dossier_sha256));
    let build = |id: &'static str, title: &str, meaning: &str| -> Result<Builder<'_>, Error> {
        Ok(Builder::new(visit, came, id, title, format!("/lots/{}/{id}", lot.number()))?
            .shows(facts.clone())
            .hidden("seen_sha256", dossier_sha256)
            .hidden("seen_through", through)
            .line("meaning", "What your signature means", "")
            .preset(meaning))
    };
    Ok(match step {
        Step::QcApproval => {
            vec![build(QC_APPROVAL, "Approve the results", qc_approve::MEANING)?.button("Sign the approval")]
        }
        Step::Certification => {
            vec![build(CERTIFICATION, "Certify the lot", certify_lot::MEANING)?.button("Sign and certify")]
        }
        Step::ConditionalRelease => {
            let hint = "One on each line: physician, qp, qa, sponsor or authority; name; telephone or mail. At least one \
                        physician.";
            vec![
                build(CONDITIONAL, "Release conditionally (step 1)", release_conditionally::MEANING)?
                    .lines("contacts", "Who is told when a result fails", hint)
                    .button("Sign step 1"),
            ]
        }
        Step::AuditReview | Step::Release => Vec::new(),
    })
}

/// What a step form was shown.
fn seen(form: &Form) -> Seen {
    let sha256 = Some(form.get("seen_sha256").to_owned()).filter(|text| !text.is_empty());
    Seen { sha256, through: form.get("seen_through").parse().ok() }
}

/// Contacts from lines of `role; name; reach`.
pub fn contacts(text: &str) -> Vec<ContactEntry> {
    let entry = |line: String| {
        let mut parts = line.splitn(3, ';').map(|part| part.trim().to_owned());
        let mut next = || parts.next().unwrap_or_default();
        ContactEntry { role: next(), name: next(), reach: next() }
    };
    lines(text).into_iter().map(entry).collect()
}

/// Signs a step of a lot from its page.
async fn sign<D: Duty>(
    req: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    id: &'static str,
    verb: impl FnOnce(&App, &Signed<D>, &crate::domain::ids::LotNumber, &Form) -> Result<(), Error> + Send + 'static,
) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let number = visit.lot_number()?;
        let permit: Permit<D> = visit.permit::<D>().await?.with_once(visit.once(&form));
        let subject = guard::subject(&visit.req);
        let (of, given) = (number.clone(), form.clone());
        let outcome = visit
            .work(move |app| {
                let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
                verb(app, &signed, &of, &given)
            })
            .await;
        match outcome {
            Ok(()) if id == REVIEW => Ok(see_other(&format!("/lots/{number}/audit-review?done=signed"))),
            Ok(()) => Ok(see_other(&format!("/lots/{number}?done={id}"))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchLot | Code::WrongRole) => {
                came_back(visit, id, form, &refusal).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// The page again, with what was typed and why nothing was signed.
async fn came_back(visit: &Visit, id: &'static str, form: Form, refusal: &Refusal) -> Result<HttpResponse, Error> {
    let status = status_of(refusal);
    let (came, message) = Came::back(visit, id, form, refusal).told(visit, refusal, "Nothing was signed.");
    if id == REVIEW {
        return review_page(visit, &came, message, status).await;
    }
    let said = Said { message, came, ..Said::default() };
    lot::page(visit, visit.lot_number()?, said, status).await
}

/// `POST /lots/{lot}/qc-approval`
pub async fn approve(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    sign::<ApproveForQc>(req, body, QC_APPROVAL, |app, signed, lot, form| {
        qc_approve(app, signed, lot, seen(form)).map(drop)
    })
    .await
}

/// `POST /lots/{lot}/qp-certification`
pub async fn certify(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    sign::<CertifyLot>(req, body, CERTIFICATION, |app, signed, lot, form| {
        certify_lot(app, signed, lot, seen(form)).map(drop)
    })
    .await
}

/// `POST /lots/{lot}/conditional-release`
pub async fn release_in_part(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    sign::<ReleaseConditionally>(req, body, CONDITIONAL, |app, signed, lot, form| {
        release_conditionally(app, signed, lot, &contacts(form.get("contacts")), seen(form)).map(drop)
    })
    .await
}

/// `GET /lots/{lot}/audit-review`
pub async fn show_review(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let done = "Signed. The review counts until anything about the lot changes.";
        let message = (visit.query("done") == "signed").then(|| Message::new(Tone::Done, done));
        review_page(visit, &Came::default(), message, StatusCode::OK).await
    })
    .await
}

/// `POST /lots/{lot}/audit-review`
pub async fn review(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    sign::<ReviewAuditTrail>(req, body, REVIEW, |app, signed, lot, form| {
        review_audit_trail(app, signed, lot, seen(form)).map(drop)
    })
    .await
}

async fn review_page(
    visit: &Visit,
    came: &Came,
    message: Option<Message>,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    check_reviewer(&visit.somebody)?;
    let number = visit.lot_number()?;
    let (loaded, (review, sha256)) = visit
        .work(move |app| {
            let loaded = lot::load(app, &number)?;
            let review = app.read(|view| review_of(view, &loaded.lot))?;
            Ok((loaded, review))
        })
        .await?;
    let lot = &loaded.lot;
    let why = match sign_offs::check_undecided(lot) {
        Err(refusal) => Some(shown::local_times(&refusal.detail, visit.zone)),
        Ok(()) => why_not(visit, lot, &loaded.course, Step::AuditReview),
    };
    let form = match why {
        Some(_) => None,
        None => Some(
            Builder::new(visit, came, REVIEW, "Sign the review", format!("/lots/{}/audit-review", lot.number()))?
                .hidden("seen_sha256", &sha256)
                .hidden("seen_through", lot.changed_through())
                .line("meaning", "What your signature means", "")
                .preset(review_audit_trail::MEANING)
                .button("Sign the review"),
        ),
    };
    let title = format!("Audit-trail review of {}", lot.number());
    let mut frame = visit.frame(title, "audit-review", "/lots");
    frame.crumbs =
        vec![Link::new("Lots", "/lots"), Link::new(lot.number().to_string(), format!("/lots/{}", lot.number()))];
    frame.message = message;
    frame.problems = came.refused.0.clone();
    let open =
        StepNow { step: Step::AuditReview, needed: false, sign_off: None, counts: false, changed_since: Vec::new() };
    let now = loaded.course.steps.iter().find(|s| s.step == Step::AuditReview).unwrap_or(&open);
    let view = AuditReviewPage {
        frame,
        lot: lot.number().to_string(),
        standing: step_row(visit, now),
        changes: review.changes.iter().map(|change| change_row(visit, change)).collect(),
        sha256,
        form,
        why: why.unwrap_or_default(),
    };
    html(status, &view)
}

fn change_row(visit: &Visit, change: &ReviewedChange) -> ChangeRow {
    let at = match Moment::parse("at", &change.at) {
        Ok(at) => shown::plain_moment(at, visit.zone),
        Err(_) => parts::Moment::new(change.at.clone(), change.at.clone(), ""),
    };
    ChangeRow {
        kind: kind_in_words(change),
        what: shown::local_times(&change.what, visit.zone),
        values: change.values.iter().map(|v| format!("{}: {} → {}", v.attribute, v.before, v.after)).collect(),
        reason: shown::local_times(change.reason.as_deref().unwrap_or_default(), visit.zone),
        who: format!("{} ({})", change.by.name, change.role),
        at,
        fact: Link::new(format!("fact {}", change.entry), format!("/ledger?lot={}#f{}", change.about, change.entry)),
    }
}
