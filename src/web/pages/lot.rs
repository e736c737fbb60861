//! One lot, bank or donor: how it stands; of a lot, signing its release or its rejection.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::course;
use super::decision::{self, Deciding};
use super::dose;
use super::form::{Form, Refused};
use super::lot_criteria::sections;
use super::lot_head;
use super::narrate::{self, Names};
use super::shown;
use super::steps::Came;
use super::view::lot::{LotPage, RunRow};
use super::view::marks;
use super::view::parts::{FieldProblem, Link, Message, Tone};
use super::visit::{Visit, html, see_other, signed_in};
use super::waiting::LotAndSpec;
use crate::domain::assessment::{Assessment, Item, assess};
use crate::domain::certificate::SignatureRecord;
use crate::domain::ids::LotNumber;
use crate::domain::lineage::{is_tested_here, noun};
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::run::Run;
use crate::domain::spec::{Specification, Stage};
use crate::store::{Entry, FactFilter, Issued, StoredSpecification};
use crate::web::problem::status_of;
use crate::web::{guard, places};
use crate::workflow::course::{CourseNow, Seen, course_now};
use crate::workflow::list_lots::made_from;
use crate::workflow::list_specifications::newer_version;
use crate::workflow::permit::{RejectLot, ReleaseLot};
use crate::workflow::reject_lot::reject_lot;
use crate::workflow::release_lot::{release_lot, to_be_signed, why_unqualified};
use crate::workflow::{App, Error};

/// How many facts the page shows; the ledger has them all.
const FACTS: i64 = 60;

/// Everything the page is made of.
pub struct Loaded {
    /// The lot.
    pub lot: Lot,
    /// What judges it.
    pub spec: StoredSpecification,
    /// The facts about it, newest first.
    pub facts: Vec<Entry>,
    /// Its certificate.
    pub issued: Option<Issued>,
    /// The signature of its decision.
    pub signature: Option<SignatureRecord>,
    /// What was made from it; nothing for a lot.
    pub made: Vec<LotAndSpec>,
    /// The version in force now, where it is newer than the lot's own.
    pub newer: Option<u32>,
    /// Where it is on its route to a decision.
    pub course: CourseNow,
    /// Why the reader is no qualified person now; none where they are, or are no QP at all.
    pub unqualified: Option<Refusal>,
}

/// What a person said in the decision box, and what came of it.
#[derive(Default)]
pub struct Said {
    /// The sentence at the top.
    pub message: Option<Message>,
    /// What was refused, by field.
    pub refused: Refused,
    /// The meaning chosen.
    pub meaning: String,
    /// The reason typed.
    pub reason: String,
    /// The dose that was asked for.
    pub dose: Option<Form>,
    /// A form of a step that came back.
    pub came: Came,
    /// Whether the lot changed meanwhile, so that the page says what happened last.
    pub changed: bool,
}

/// How many of the newest facts are told to somebody who came second.
const NEWS: usize = 3;

/// `GET /lots/{lot}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| shown_under(visit, Stage::Product).await).await
}

/// The page of something of this stage; what is of another is shown under its own address.
///
/// # Errors
/// There is none of this number.
pub async fn shown_under(visit: &Visit, stage: Stage) -> Result<HttpResponse, Error> {
    let number = visit.lot_number()?;
    let asked = number.clone();
    if let Some(page) = visit.work(move |app| places::moved(app, &asked, stage)).await? {
        let query = visit.req.query_string();
        return Ok(see_other(&if query.is_empty() { page } else { format!("{page}?{query}") }));
    }
    let said = Said { message: done(visit, stage, &number), ..Said::default() };
    page(visit, number, said, StatusCode::OK).await
}

/// `POST /lots/{lot}/release`
pub async fn release(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| sign_release(visit, Form::read(body)?).await).await
}

/// `POST /lots/{lot}/rejection`
pub async fn reject(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| sign_rejection(visit, Form::read(body)?).await).await
}

/// `POST /lots/{lot}/dose`: works out a dose and records nothing.
pub async fn dose(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let said = Said { dose: Some(Form::read(body)?), ..Said::default() };
        page(visit, visit.lot_number()?, said, StatusCode::OK).await
    })
    .await
}

async fn sign_release(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.lot_number()?;
    let permit = visit.permit::<ReleaseLot>().await?.with_once(visit.once(&form));
    let subject = guard::subject(&visit.req);
    let (lot, given) = (number.clone(), form.clone());
    let outcome = visit
        .work(move |app| {
            let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
            let through = given.get("seen_through").parse().ok();
            release_lot(app, &signed, &lot, Seen { sha256: Some(given.get("dossier_sha256").to_owned()), through })
        })
        .await;
    match outcome {
        Ok(_) => Ok(see_other(&format!("/lots/{number}?done=released"))),
        Err(error) => not_signed(visit, number, error, &form, "release").await,
    }
}

async fn sign_rejection(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.lot_number()?;
    let permit = visit.permit::<RejectLot>().await?.with_once(visit.once(&form));
    let subject = guard::subject(&visit.req);
    let (lot, given) = (number.clone(), form.clone());
    let outcome = visit
        .work(move |app| {
            // The reason is the meaning of a rejection's signature.
            let signed = permit.sign(app, given.proof(), given.get("reason"), &subject)?;
            reject_lot(app, &signed, &lot, Some(given.get("dossier_sha256")))
        })
        .await;
    match outcome {
        Ok(_) => Ok(see_other(&format!("/lots/{number}?done=rejected"))),
        Err(error) => not_signed(visit, number, error, &form, "reject").await,
    }
}

/// The lot again, with what was typed and why nothing was signed.
async fn not_signed(
    visit: &Visit,
    number: LotNumber,
    error: Error,
    form: &Form,
    act: &str,
) -> Result<HttpResponse, Error> {
    let Error::Refused(refusal) = error else { return Err(error) };
    if matches!(refusal.code, Code::NoSuchLot | Code::WrongRole) {
        return Err(refusal.into());
    }
    let status = status_of(&refusal);
    let mut said = Said { meaning: form.get("meaning").into(), reason: form.get("reason").into(), ..Said::default() };
    if refusal.fields.is_empty() {
        let detail = shown::local_times(&refusal.detail, visit.zone);
        let text = if detail.contains("Nothing was signed") { detail } else { format!("Nothing was signed. {detail}") };
        said.message = Some(Message::new(Tone::Changed, text));
        said.changed = matches!(refusal.code, Code::ChangedSinceSeen | Code::LotClosed | Code::NotReleasable);
    } else {
        said.refused = Refused(signing_problems(&refusal, act));
    }
    page(visit, number, said, status).await
}

fn signing_problems(refusal: &Refusal, act: &str) -> Vec<FieldProblem> {
    let problem = |given: &crate::domain::refusal::FieldRefusal| match (given.field.as_str(), act) {
        ("password", _) => FieldProblem { field: format!("{act}-password"), text: given.detail.clone() },
        ("code", _) => FieldProblem { field: format!("{act}-password-code"), text: given.detail.clone() },
        ("meaning" | "reason", "reject") => {
            let text = match given.detail.contains("is empty") {
                true => "Say why the lot is rejected. An inspector reads this.".into(),
                false => given.detail.replacen("meaning", "The reason", 1),
            };
            FieldProblem { field: "reject-reason".into(), text }
        }
        ("meaning", _) => FieldProblem { field: "meaning".into(), text: "Choose what your signature means.".into() },
        _ => FieldProblem { field: "decision".into(), text: given.detail.clone() },
    };
    refusal.fields.iter().map(problem).collect()
}

/// The newest facts in a line each, without attempts that changed nothing.
fn news(facts: &[Entry], zone: chrono_tz::Tz, names: &Names) -> Vec<String> {
    let told = facts.iter().map(|entry| narrate::fact(entry, zone, names)).filter(|fact| !fact.refused);
    told.take(NEWS)
        .map(|fact| format!("{} {}, {} (fact {})", fact.who, fact.sentence, fact.at.shown, fact.number))
        .collect()
}

/// What was just done, as the page says it once.
fn done(visit: &Visit, stage: Stage, number: &LotNumber) -> Option<Message> {
    let run: String = visit.query("run").chars().filter(char::is_ascii_digit).take(12).collect();
    let text = match visit.query("done").as_str() {
        "registered" => {
            let what = match stage {
                Stage::Donor => "Donor",
                Stage::Bank => "Bank",
                Stage::Harvest | Stage::Product => "Lot",
            };
            format!("{what} {number} is registered. Record its results below; somebody else verifies them.")
        }
        "recorded" => format!("Run #{run} is recorded. It counts once a second person has verified it."),
        "verified" => format!("Run #{run} is verified."),
        "released" => format!("Signed. Lot {number} is released and its certificate is issued."),
        "rejected" => format!("Signed. Lot {number} is rejected."),
        "qc-approval" => format!("Signed. The results of lot {number} are approved for quality control."),
        "qp-certification" => format!("Signed. Lot {number} is certified and its certificate is issued."),
        "conditional-release" => {
            format!("Signed. Lot {number} is conditionally released: its notice is no release certificate.")
        }
        _ => return None,
    };
    Some(Message::new(Tone::Done, text))
}

/// Everything the page of a lot is made of.
///
/// # Errors
/// There is no such lot, or storage fails.
pub(super) fn load(app: &App, number: &LotNumber) -> Result<Loaded, Error> {
    let (lot, spec) = app.lot(number)?;
    let made = if lot.details.stage.is_own() { Vec::new() } else { made_from(app, number)? };
    let newer = newer_version(app, &lot)?;
    let filter = FactFilter { lot: Some(number.clone()), newest_first: true, limit: FACTS, ..FactFilter::default() };
    app.read(|view| {
        let facts = view.facts(&filter)?;
        let issued = view.certificate_of(number)?;
        let signature = view.decision_signature(number)?;
        let now = app.now();
        let assessment = assess(&lot, &spec.specification, now);
        let course = course_now(view, &lot, &spec.specification, &assessment, now)?;
        drop(assessment);
        Ok(Loaded { lot, spec, facts, issued, signature, made, newer, course, unqualified: None })
    })
}

/// The page of a lot, with what was said on it.
///
/// # Errors
/// There is no such lot, or storage fails.
pub(super) async fn page(
    visit: &Visit,
    number: LotNumber,
    said: Said,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let qp = visit.is(Role::Qp).then(|| visit.somebody.user.username.clone());
    let read = visit.work(move |app| {
        let unqualified = qp.map(|username| why_unqualified(app, &username)).transpose()?.flatten();
        Ok(Loaded { unqualified, ..load(app, &number)? })
    });
    let loaded = read.await?;
    let (lot, spec) = (&loaded.lot, &loaded.spec.specification);
    let assessment = assess(lot, spec, visit.now);
    let blind = visit.blind(lot, spec);
    let seen = blind.veil(assessment.clone());
    let names = Names::of([spec]).hiding(blind.hidden());
    let noun = noun(lot.details.stage);
    let mut frame = visit.frame(lot.number().to_string(), noun, lot_head::nav(lot.details.stage));
    frame.crumbs = vec![lot_head::list(lot.details.stage)];
    frame.message = said.message.clone();
    if let Some(message) = frame.message.as_mut().filter(|_| said.changed) {
        message.text.push_str(" What happened last:");
        message.lines = news(&loaded.facts, visit.zone, &names);
    }
    frame.problems = said.refused.0.clone();
    frame.problems.extend(said.came.refused.0.clone());
    let (dossier, dossier_sha256) = to_be_signed(lot, &loaded.spec, &assessment)?;
    let deciding = Deciding { visit, loaded: &loaded, assessment: &assessment, seen: &seen, said: &said };
    let (dose, refused) = dose::panel(lot, spec, visit.now, visit.zone, said.dose.as_ref());
    frame.problems.extend(refused.0);
    let view = LotPage {
        frame,
        lot: lot.number().to_string(),
        noun,
        status: assessment.status,
        flags: lot_head::flags(visit, lot),
        standing: lot_head::standing(&seen, &loaded),
        facts: lot_head::facts(visit, &loaded),
        sections: sections(visit, &blind, &seen),
        entries: entries(visit, lot, spec, &assessment),
        equipment_flags: lot_head::equipment_flags(visit, lot),
        dose,
        runs: lot.runs.iter().rev().map(|run| run_row(visit, lot, spec, run)).collect(),
        made: lot_head::made(visit, &loaded.made),
        course: course::course_box(visit, &loaded, (&dossier, &dossier_sha256), &said.came)?,
        decision: decision::decision(&deciding)?,
        ways: ways(visit, lot, spec),
        investigations: lot.investigations.iter().map(lot_head::investigation).collect(),
        deviations: lot.deviations.iter().map(lot_head::deviation).collect(),
        open_deviation: super::deviations::may_open(visit)
            .then(|| Link::new("Open a deviation or hold", format!("/deviations/new?lot={}", lot.number()))),
        history: loaded.facts.iter().map(|fact| narrate::fact_of_lot(fact, visit.zone, &names)).collect(),
        history_all: format!("/ledger?lot={}", lot.number()),
    };
    html(status, &view)
}

/// What can be done with the lot beside deciding on it.
fn ways(visit: &Visit, lot: &Lot, spec: &Specification) -> Vec<Link> {
    if !lot.details.stage.is_own() {
        return Vec::new();
    }
    let number = lot.number();
    let decides = visit.is(Role::Qa) || visit.is(Role::Qp);
    let mut ways = vec![Link::new("Containers", format!("/lots/{number}/containers"))];
    if lot.is_out() {
        let label = if decides { "Recall, and revoking the release" } else { "Recall: who received what" };
        ways.push(Link::new(label, format!("/lots/{number}/recall")));
    }
    let supplied = lot.is_supplied();
    if supplied || (decides && lot.check_suppliable(spec, visit.now).is_ok()) {
        ways.push(Link::new("Supply out of specification", format!("/lots/{number}/supply")));
    }
    ways
}

/// The assays the reader may record now.
fn entries(visit: &Visit, lot: &Lot, spec: &Specification, assessment: &Assessment) -> Vec<Link> {
    let me = visit.actor(Role::Analyst);
    if !visit.is(Role::Analyst) || lot.check_offer(&me).is_err() {
        return Vec::new();
    }
    let open = |item: &&Item| item.run.is_none() || item.inherited_from.is_some();
    let entry = |assay: &crate::domain::spec::Assay| {
        let here = |i: &&Item| i.criterion.assay == assay.code && is_tested_here(lot, i.criterion);
        let of_assay = || assessment.items.iter().filter(here);
        let (all, left) = (of_assay().count(), of_assay().filter(open).count());
        if all == 0 {
            return None;
        }
        let link = Link::new(&assay.name, format!("/lots/{}/runs/new?assay={}", lot.number(), assay.code));
        Some(match left {
            _ if lot.takes_only_failures() => link.with_note("only what fails"),
            0 => link.with_note("recorded"),
            left if left < all => link.with_note(format!("{left} of {all} open")),
            _ => link,
        })
    };
    spec.assays.iter().filter_map(entry).collect()
}

fn run_row(visit: &Visit, lot: &Lot, spec: &Specification, run: &Run) -> RunRow {
    let (state, state_text) = run_state(spec, run);
    let may_verify = visit.is(Role::Analyst) && lot.check_verify(run, &visit.actor(Role::Analyst)).is_ok();
    let controls = if run.content.controls.is_empty() { "" } else { ", with control" };
    RunRow {
        link: Link::new(format!("#{}", run.number), format!("/runs/{}", run.number)),
        assay: shown::assay_name(spec, &run.content.assay),
        holds: format!("{}{controls}", shown::counted(run.content.readings.len(), "value", "values")),
        entered_by: run.entered_by.name.as_str().to_owned(),
        tested_at: shown::plain_moment(run.content.tested_at, visit.zone),
        state,
        state_text,
        may_verify,
    }
}

/// Whether a run counts, and that in words.
pub fn run_state(spec: &Specification, run: &Run) -> (marks::Outcome, String) {
    let checked = run.verification.as_ref().map(|v| v.by.name.as_str().to_owned());
    match (run.invalid_because(spec), checked) {
        (Some(_), Some(by)) => (marks::Outcome::Invalid, format!("invalid, confirmed by {by}")),
        (Some(_), None) => (marks::Outcome::Invalid, "invalid, waits for a second person".into()),
        (None, Some(by)) => (marks::Outcome::Pass, format!("verified by {by}")),
        (None, None) => (marks::Outcome::Unverified, "waits for a second person".into()),
    }
}
