//! Recording a run: the form generated from the specification, its live verdicts, and saving it.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::entry::{self, Judged};
use super::files::{self, Sent};
use super::form::{Form, Refused};
use super::lot_head;
use super::lots::passage;
use super::run_facts::{evidence, stored};
use super::run_forms::{field_id, raw_fields};
use super::run_guidance::{evidence_hint, guidance, late_guidance, retest_guidance};
use super::shown;
use super::view::parts::{Choice, Field, Link};
use super::view::runs::{ControlRow, EntryRow, Question, RecordRunPage, StartField};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::exact::shortened;
use crate::domain::ids::{AssayCode, AttributeCode, InvestigationNumber, RunNumber};
use crate::domain::lineage::is_tested_here;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::run::{Run, RunContent};
use crate::domain::spec::{Acceptance, Assay, Control, Criterion, Specification};
use crate::store::StoredFile;
use crate::web::problem::status_of;
use crate::web::{places, times};
use crate::workflow::Error;
use crate::workflow::investigate::record_retest;
use crate::workflow::permit::RecordRun;
use crate::workflow::record_run::record_run;

/// `GET /lots/{lot}/runs/new?assay=…`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<RecordRun>().await?;
        let sheet = sheet(visit, &visit.query("assay")).await?;
        entry::may_enter(visit, &sheet.lot)?;
        let blank = blank(visit, &sheet);
        page(visit, &sheet, &blank, Answer::default(), StatusCode::OK)
    })
    .await
}

/// `GET /lots/{lot}/runs?assay=…`: where a form that was refused stands, opened again by itself.
pub async fn back(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let (lot, assay) = (visit.lot_number()?, visit.query("assay"));
        Ok(match AssayCode::parse(&assay) {
            Ok(assay) => see_other(&format!("/lots/{lot}/runs/new?assay={assay}")),
            Err(_) => see_other(&format!("/lots/{lot}#runs")),
        })
    })
    .await
}

/// `POST /lots/{lot}/runs`
pub async fn create(req: HttpRequest, payload: Payload) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        visit.permit::<RecordRun>().await?;
        record(visit, files::read(&visit.req, payload).await?).await
    })
    .await
}

/// `POST /lots/{lot}/runs/preview`: the verdicts of what is typed, as JSON; records nothing.
pub async fn preview(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        visit.permit::<RecordRun>().await?;
        let form = Form::read(body)?;
        let sheet = sheet(visit, form.get("assay")).await?;
        let readings = entry::judge_typed(&form, visit, &sheet.lot, &sheet.spec, &sheet.assay);
        Ok(HttpResponse::Ok().json(json!({ "readings": readings })))
    })
    .await
}

/// What the form is generated from.
struct Sheet {
    lot: Lot,
    spec: Specification,
    assay: Assay,
    instruments: Vec<String>,
    reagents: Vec<String>,
    /// The evidence files that the form names.
    evidence: Vec<StoredFile>,
}

async fn sheet(visit: &Visit, assay: &str) -> Result<Sheet, Error> {
    let number = visit.lot_number()?;
    let loaded = visit.work(move |app| {
        let (instruments, reagents) = app.read(|view| Ok::<_, Error>((view.instruments()?, view.reagents()?)))?;
        Ok((app.lot(&number)?, instruments, reagents))
    });
    let ((lot, stored), instruments, reagents) = loaded.await?;
    let instruments = instruments.iter().map(|i| i.code.to_string()).collect();
    let reagents = reagents.iter().map(|r| r.code.to_string()).collect();
    let spec = stored.specification;
    let found = AssayCode::parse(assay).ok().and_then(|code| spec.assay(&code).cloned());
    let assay = found.ok_or_else(|| {
        let shown: String = assay.chars().take(40).collect();
        let known: Vec<&str> = spec.assays.iter().map(|a| a.code.as_str()).collect();
        Refusal::new(Code::NoSuchPage, format!("{} has no assay “{shown}”. It has {}.", spec.product, known.join(", ")))
    })?;
    if !spec.criteria_of(&assay.code).any(|c| is_tested_here(&lot, c)) {
        let detail = format!("{} measures nothing that is tested on {number}.", assay.name, number = lot.number());
        return Err(Refusal::new(Code::NoSuchPage, detail).into());
    }
    Ok(Sheet { lot, spec, assay, instruments, reagents, evidence: Vec::new() })
}

/// A form with what can sensibly be known beforehand, all of it visible and to be changed.
fn blank(visit: &Visit, sheet: &Sheet) -> Form {
    let earlier = sheet.lot.runs.iter().rev().find(|run| run.content.assay == sheet.assay.code);
    let instrument = earlier.map(|run| run.content.instrument.as_str().to_owned()).unwrap_or_default();
    let started =
        earlier.and_then(|run| run.content.started_at).map(|at| times::to_input(at, visit.zone)).unwrap_or_default();
    let pairs = [
        ("method", sheet.assay.method.clone()),
        ("instrument", instrument),
        ("started_at", started),
        ("tested_at", times::to_input(visit.now, visit.zone)),
    ];
    Form(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// What comes back with a form.
#[derive(Default)]
struct Answer {
    refused: Refused,
    judged: Vec<Judged>,
    questions: Vec<Question>,
    revokes: bool,
}

async fn record(visit: &Visit, sent: Sent) -> Result<HttpResponse, Error> {
    let mut sheet = sheet(visit, sent.form.get("assay")).await?;
    let (form, unkept) = match entry::may_enter(visit, &sheet.lot) {
        Ok(()) => sent.store(visit).await?,
        Err(refusal) => (sent.form, Some(refusal).filter(|_| !sent.files.is_empty())),
    };
    let named = form.all("evidence");
    sheet.evidence = visit.work(move |app| stored(app, &named)).await?;
    let permit = visit.permit::<RecordRun>().await?.with_once(visit.once(&form));
    let refuse = |refusal: Refusal| {
        let placed =
            Refused::place(&refusal, visit.zone, |given| entry::place(given, &form, &sheet.spec, &sheet.assay));
        let judged = entry::judge_typed(&form, visit, &sheet.lot, &sheet.spec, &sheet.assay);
        page(visit, &sheet, &form, Answer { refused: placed, judged, ..Answer::default() }, status_of(&refusal))
    };
    if let Some(refusal) = unkept {
        return refuse(refusal);
    }
    let typed = match entry::entry(&form, visit) {
        Ok(typed) => typed,
        Err(refusal) => return refuse(refusal),
    };
    // Mistakes first: a question about a value that is none would only confuse.
    let content = match typed.read(&sheet.spec, visit.now) {
        Ok(content) => content,
        Err(refusal) => return refuse(refusal),
    };
    let started = content.started_at;
    let late = late_failures(visit, &sheet, content);
    let questions = entry::questions(&form, &sheet.spec, &sheet.assay, started, &late);
    let answered = form.get("looked_again") == "yes" && form.get("asked") == entry::asked_about(&form);
    if !questions.is_empty() && !answered {
        let judged = entry::judge_typed(&form, visit, &sheet.lot, &sheet.spec, &sheet.assay);
        let answer = Answer { judged, questions, ..Answer::default() };
        return page(visit, &sheet, &form, answer, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (number, stage, confirmed) = (sheet.lot.details.lot.clone(), sheet.lot.details.stage, typed.late_result);
    let retest = retest_of(visit)?;
    let outcome = visit
        .work(move |app| match retest {
            Some(of) => record_retest(app, &permit, &of, &typed),
            None => record_run(app, &permit, &number, &typed),
        })
        .await;
    match outcome {
        Ok(made) if confirmed => Ok(see_other(&format!("/lots/{}/recall?done=late", made.lot))),
        Ok(made) => {
            let run = made.run.map(|r| r.to_string()).unwrap_or_default();
            Ok(see_other(&format!("{}?done=recorded&run={run}", places::page(stage, &made.lot))))
        }
        Err(Error::Refused(refusal)) if refusal.code == Code::ConfirmFailing => {
            let judged = entry::judge_typed(&form, visit, &sheet.lot, &sheet.spec, &sheet.assay);
            let typed = entry::readings(&form);
            // It may be a value of another run that fails, because the passage is another.
            let fails = typed.iter().find(|r| late.iter().any(|a| a.as_str() == r.attribute)).or(typed.first());
            let field = field_id("", fails.map_or("", |r| r.attribute.as_str()), &sheet.spec, "value");
            let questions = vec![Question { field, text: entry::to_confirm(&refusal) }];
            let answer = Answer { judged, questions, revokes: true, ..Answer::default() };
            page(visit, &sheet, &form, answer, status_of(&refusal))
        }
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => refuse(refusal),
        Err(other) => Err(other),
    }
}

/// What of a run fails a lot that has left, so that recording it revokes the release: that is asked
/// by the verb, with everything that follows.
fn late_failures(visit: &Visit, sheet: &Sheet, content: RunContent) -> Vec<AttributeCode> {
    if !sheet.lot.is_out() {
        return Vec::new();
    }
    let by = visit.actor(Role::Analyst).person();
    let run = Run::new(RunNumber(0), sheet.lot.number().clone(), content, by, visit.now);
    sheet.lot.newly_failing(&sheet.spec, &run).into_iter().map(|(_, failure)| failure.attribute).collect()
}

fn page(visit: &Visit, sheet: &Sheet, form: &Form, answer: Answer, status: StatusCode) -> Result<HttpResponse, Error> {
    let (lot, assay) = (&sheet.lot, &sheet.assay);
    let number = lot.number();
    let mut frame =
        visit.frame(format!("Record {}", assay.name.to_lowercase()), "record-run", lot_head::nav(lot.details.stage));
    let here = places::page(lot.details.stage, number);
    frame.crumbs = vec![lot_head::list(lot.details.stage), Link::new(number.to_string(), here.clone())];
    frame.problems = answer.refused.0.clone();
    let passage = passage(lot);
    let passage = if passage.is_empty() { String::new() } else { format!(" · {passage}") };
    let details = &lot.details;
    let field = |name: &str| answer.refused.field(name, form.get(name));
    let key = form.get("idempotency_key");
    let asked = if answer.questions.is_empty() { String::new() } else { entry::asked_about(form) };
    let retest = retest_of(visit)?.and_then(|of| lot.investigation(&of).ok());
    let asked_for = |c: &&Criterion| is_tested_here(lot, c) && retest.is_none_or(|i| i.concerns(&c.attribute));
    let criteria: Vec<&Criterion> = sheet.spec.criteria_of(&assay.code).filter(asked_for).collect();
    let under = retest.map(|i| format!("&investigation={}", i.number)).unwrap_or_default();
    let incubates = criteria.iter().any(|c| incubation_hours(c).is_some());
    let view = RecordRunPage {
        frame,
        lot: number.to_string(),
        place: here,
        lot_line: format!(
            "{}, specification version {} · donor {}{passage}",
            details.product, details.specification_version, details.donor
        ),
        assay: assay.code.to_string(),
        assay_name: assay.name.clone(),
        action: format!("/lots/{number}/runs?assay={}{under}", assay.code),
        preview: format!("/lots/{number}/runs/preview"),
        guidance: late_guidance(lot)
            .into_iter()
            .chain(retest_guidance(retest))
            .chain(guidance(&sheet.spec, assay, &criteria))
            .collect(),
        rows: criteria.iter().map(|c| row(&visit.blind(lot, &sheet.spec), c, form, &answer)).collect(),
        controls: assay.controls.iter().map(|c| control(c, form, &answer.refused)).collect(),
        method: field("method"),
        instrument: field("instrument"),
        instruments: sheet.instruments.clone(),
        reagents: field("reagents"),
        reagent_codes: sheet.reagents.clone(),
        started_at: incubates.then(|| start(field("started_at"), lot, assay)),
        tested_at: field("tested_at"),
        comment: field("comment"),
        evidence: sheet.evidence.iter().map(evidence).collect(),
        evidence_hint: evidence_hint(&criteria),
        evidence_problem: answer.refused.on("file"),
        questions: answer.questions,
        revokes: answer.revokes,
        asked,
        idempotency_key: if key.is_empty() { visit.key()? } else { key.to_owned() },
    };
    html(status, &view)
}

/// The investigation whose plan asks for this run, where the form is for a re-test.
fn retest_of(visit: &Visit) -> Result<Option<InvestigationNumber>, Refusal> {
    let text = visit.query("investigation");
    if text.is_empty() { Ok(None) } else { InvestigationNumber::parse(&text).map(Some) }
}

fn incubation_hours(criterion: &Criterion) -> Option<i64> {
    match &criterion.acceptance {
        Acceptance::Categorical { incubation_hours_min, .. } => *incubation_hours_min,
        Acceptance::Numeric { .. } | Acceptance::Number { .. } | Acceptance::Text => None,
    }
}

fn start(field: Field, lot: &Lot, assay: &Assay) -> StartField {
    let earlier = lot.runs.iter().rev().find(|run| run.content.assay == assay.code && run.content.started_at.is_some());
    let hint = earlier.map_or_else(
        || "The moment the media went into the incubator.".into(),
        |run| format!("As recorded in run #{}.", run.number),
    );
    StartField { field, hint }
}

fn row(blind: &Blind, criterion: &Criterion, form: &Form, answer: &Answer) -> EntryRow {
    let code = criterion.attribute.as_str();
    let typed = form.get(&format!("value.{code}")).trim().to_owned();
    let (acceptance, unit) = shown::acceptance(&criterion.acceptance);
    let choices = match &criterion.acceptance {
        Acceptance::Numeric { .. } | Acceptance::Number { .. } | Acceptance::Text => Vec::new(),
        // The interim word first: it is the one recorded most often.
        Acceptance::Categorical { allowed, interim, .. } => {
            interim.iter().chain(allowed).map(|word| Choice::of(word.as_str(), *word == typed)).collect()
        }
    };
    let judged = answer.judged.iter().find(|j| j.attribute == code && j.verdict.is_some());
    let because = judged.map(|j| match j.distance.as_str() {
        "" => j.because.clone(),
        distance => format!("{} · {distance}", j.because),
    });
    EntryRow {
        attribute: code.to_owned(),
        name: criterion.name.clone(),
        acceptance,
        unit,
        unit_code: criterion.acceptance.unit().unwrap_or_default().to_owned(),
        choices,
        field: answer.refused.field(&format!("value-{code}"), typed),
        outcome: judged.and_then(|j| j.verdict),
        because: because.unwrap_or_default(),
        recorded: recorded(blind, criterion),
        raw: raw_fields(criterion, &format!("value-{code}"), form, None, &answer.refused),
        words: matches!(criterion.acceptance, Acceptance::Text),
        evidence: criterion.evidence,
    }
}

/// What the lot has on record for it already.
fn recorded(blind: &Blind, criterion: &Criterion) -> String {
    let found = blind.lot.runs.iter().rev().find_map(|run| {
        let reading = run.content.readings.iter().find(|r| r.attribute == criterion.attribute)?;
        if blind.hides(run, &criterion.attribute) {
            return Some(format!("{HIDDEN}, run #{}", run.number));
        }
        let value = shown::with_unit(&shortened(&reading.value), reading.unit.as_deref());
        Some(format!("{value} in run #{}", run.number))
    });
    found.unwrap_or_default()
}

fn control(control: &Control, form: &Form, refused: &Refused) -> ControlRow {
    let typed = form.get(&format!("control.{}", control.name));
    let id = entry::control_id(&control.name);
    let number = control.limit.is_some();
    let mut label = if number { control.name.clone() } else { format!("{} control", control.name) };
    if let Some(first) = label.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    ControlRow {
        name: control.name.clone(),
        label,
        hint: format!(
            "Must be {}; anything else makes the run invalid, which is neither a pass nor a fail.",
            control.in_words()
        ),
        choices: control.allowed.iter().map(|word| Choice::of(word.as_str(), *word == typed)).collect(),
        value: typed.to_owned(),
        unit: shown::unit_of(control.unit.as_deref().unwrap_or_default()),
        problem: refused.on(&id),
        id,
    }
}
