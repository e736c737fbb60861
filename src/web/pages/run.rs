//! One run: reading it, checking it against its raw data, correcting it, resolving a discrepancy.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::entry::readings;
use super::form::{Form, Refused};
use super::lot::run_state;
use super::lot_head;
use super::run_forms::{self, field_id, place_reading};
use super::shown;
use super::view::marks::Signature;
use super::view::parts::{Fact, Link, Message, Tone, Value};
use super::view::runs::{Check, CheckForm, Former, ReadingRow, RunPage};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::verdict_in_run;
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::entry::ReadingEntry;
use crate::domain::exact::shortened;
use crate::domain::ids::RunNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::run::{Reading, Run};
use crate::domain::spec::Specification;
use crate::web::problem::status_of;
use crate::web::{places, times};
use crate::workflow::Error;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::permit::{RecordRun, ResolveDiscrepancy, VerifyRun};
use crate::workflow::resolve_discrepancy::{ResolutionEntry, resolve_discrepancy};
use crate::workflow::verify_run::{VerificationEntry, content_sha256, verify_run};

/// `GET /runs/{run}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let message = match visit.query("done").as_str() {
            "corrected" => {
                Some(Message::new(Tone::Done, "The correction is recorded. The former value stays to be seen."))
            }
            "agreed" => {
                Some(Message::new(Tone::Done, "Both say the same. The value is settled, and the run can be verified."))
            }
            "resolved" => Some(Message::new(Tone::Done, "Recorded. The other person says what the value is, too.")),
            _ => None,
        };
        page(visit, visit.run_number()?, Answer { message, ..Answer::default() }, StatusCode::OK).await
    })
    .await
}

/// `POST /runs/{run}/verification`
pub async fn verify(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| check(visit, Form::read(body)?).await).await
}

/// `POST /runs/{run}/correction`
pub async fn correct(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| correction(visit, Form::read(body)?).await).await
}

/// `POST /runs/{run}/resolution`
pub async fn resolve(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| resolution(visit, Form::read(body)?).await).await
}

/// The forms of the page, each with the beginning of its fields' `id`s.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Which {
    #[default]
    None,
    Check,
    Correct,
    Resolve,
}

impl Which {
    fn prefix(self) -> &'static str {
        match self {
            Which::None => "main",
            Which::Check => "again",
            Which::Correct => "value",
            Which::Resolve => "resolve",
        }
    }
}

/// What comes back with the page.
#[derive(Default)]
struct Answer {
    message: Option<Message>,
    refused: Refused,
    refusal: Option<Refusal>,
    which: Which,
    form: Form,
}

impl Answer {
    /// What was typed into one of the forms; nothing where another one comes back.
    fn typed(&self, which: Which) -> Form {
        if self.which == which { self.form.clone() } else { Form::default() }
    }

    /// What one of the forms was refused for.
    fn refused(&self, which: Which) -> Refused {
        if self.which == which { self.refused.clone() } else { Refused::default() }
    }
}

async fn check(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.run_number()?;
    let permit = visit.permit::<VerifyRun>().await?.with_once(visit.once(&form));
    if form.get("confirmed") != "yes" {
        let detail = "Tick the box once you have compared every value with the raw data. Nothing was verified.";
        let refusal = Refusal::field(Code::InvalidField, "confirmed", detail);
        let refused = Refused::place(&refusal, visit.zone, |given| (given.field.clone(), String::new()));
        let answer = Answer { refused, form, which: Which::Check, ..Answer::default() };
        return page(visit, number, answer, status_of(&refusal)).await;
    }
    let seen = VerificationEntry {
        content_sha256: Some(form.get("content_hash").to_owned()),
        readings: super::entry::readings(&form),
    };
    match visit.work(move |app| verify_run(app, &permit, number, &seen)).await {
        Ok(made) => Ok(see_other(&format!("/lots/{}?done=verified&run={number}", made.lot))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchRun | Code::WrongRole) => {
            refused_page(visit, number, refusal, form, Which::Check, "Nothing was verified.").await
        }
        Err(other) => Err(other),
    }
}

async fn correction(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.run_number()?;
    let permit = visit.permit::<RecordRun>().await?.with_once(visit.once(&form));
    let entry = CorrectionEntry { readings: readings(&form), reason: form.get("reason").to_owned() };
    match visit.work(move |app| correct_run(app, &permit, number, &entry)).await {
        Ok(_) => Ok(see_other(&format!("/runs/{number}?done=corrected"))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchRun | Code::WrongRole) => {
            refused_page(visit, number, refusal, form, Which::Correct, "Nothing was corrected.").await
        }
        Err(other) => Err(other),
    }
}

async fn resolution(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.run_number()?;
    let permit = visit.permit::<ResolveDiscrepancy>().await?.with_once(visit.once(&form));
    let attribute = form.get("attribute").to_owned();
    let reading = readings(&form).into_iter().find(|r| r.attribute == attribute);
    let reading = reading.unwrap_or_else(|| ReadingEntry { attribute, ..ReadingEntry::default() });
    let entry = ResolutionEntry { reading, reason: form.get("reason").to_owned() };
    match visit.work(move |app| resolve_discrepancy(app, &permit, number, &entry)).await {
        Ok(made) => {
            let done = if made.agreed.is_some() { "agreed" } else { "resolved" };
            Ok(see_other(&format!("/runs/{number}?done={done}")))
        }
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchRun | Code::WrongRole) => {
            refused_page(visit, number, refusal, form, Which::Resolve, "Nothing was recorded.").await
        }
        Err(other) => Err(other),
    }
}

/// The run again, with what was typed and why it was refused.
async fn refused_page(
    visit: &Visit,
    number: RunNumber,
    refusal: Refusal,
    form: Form,
    which: Which,
    nothing: &str,
) -> Result<HttpResponse, Error> {
    let status = status_of(&refusal);
    let mut answer = Answer { form, which, ..Answer::default() };
    if refusal.fields.is_empty() {
        let text = format!("{nothing} {}", shown::local_times(&refusal.detail, visit.zone));
        answer.message = Some(Message::new(Tone::Changed, text));
    } else {
        answer.refusal = Some(refusal);
    }
    page(visit, number, answer, status).await
}

/// The page's field that a refusal is about, and its label.
fn place(given: &FieldRefusal, form: &Form, which: Which, spec: &Specification) -> (String, String) {
    if let Some(id) = place_reading(given, form, spec, which.prefix()) {
        return (id, String::new());
    }
    let (label, attribute) = ("The reason".to_owned(), form.get("attribute"));
    match (which, given.field.as_str()) {
        (Which::Resolve, "reason") => (format!("resolve-reason-{attribute}"), label),
        (Which::Resolve, path) => (field_id(path, attribute, spec, which.prefix()), String::new()),
        (Which::Correct, "reason") => ("reason".into(), label),
        (Which::Correct, _) => ("correct".into(), String::new()),
        _ => ("check".into(), String::new()),
    }
}

async fn page(visit: &Visit, number: RunNumber, mut answer: Answer, status: StatusCode) -> Result<HttpResponse, Error> {
    let (lot, stored) = visit.work(move |app| app.lot_of_run(number)).await?;
    let spec = &stored.specification;
    let run = lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
    if let Some(refusal) = &answer.refusal {
        answer.refused = Refused::place(refusal, visit.zone, |given| place(given, &answer.form, answer.which, spec));
    }
    let blind = visit.blind(&lot, spec);
    let stage = lot.details.stage;
    let lot_link = Link::new(lot.number().to_string(), places::page(stage, lot.number()));
    let mut frame = visit.frame(format!("Run #{number}"), "run", lot_head::nav(stage));
    frame.crumbs = vec![lot_head::list(stage), lot_link.clone()];
    frame.message = answer.message.clone();
    frame.problems = answer.refused.0.clone();
    let (state, state_text) = run_state(spec, run);
    let (typed, refused) = (answer.typed(Which::Correct), answer.refused(Which::Correct));
    let (correction, correction_closed) = run_forms::correction(visit, &lot, spec, run, (&typed, &refused))?;
    let (typed, refused) = (answer.typed(Which::Resolve), answer.refused(Which::Resolve));
    let discrepancies = run_forms::discrepancies(visit, &blind, run, (&typed, &refused))?;
    let view = RunPage {
        frame,
        run: number.to_string(),
        history: format!("/ledger?lot={}", lot.number()),
        lot: lot_link,
        assay_name: shown::assay_name(spec, &run.content.assay),
        state,
        state_text,
        facts: facts(visit, run),
        controls: controls(spec, run),
        readings: run.content.readings.iter().map(|reading| row(visit, &blind, run, reading)).collect(),
        flags: run.content.flags.iter().map(|flag| shown::local_times(flag, visit.zone)).collect(),
        discrepancies,
        check: check_state(visit, &blind, run, &answer)?,
        correction,
        correction_closed,
    };
    html(status, &view)
}

fn facts(visit: &Visit, run: &Run) -> Vec<Fact> {
    let at = |moment| times::to_minutes(moment, visit.zone);
    let content = &run.content;
    let mut facts = vec![
        Fact::new("Entered by", run.entered_by.name.as_str()).with_note(run.entered_by.username.as_str()),
        Fact::new("Entered", at(run.entered_at)),
    ];
    if let Some(started) = content.started_at {
        facts.push(Fact::new("Incubation started", at(started)));
    }
    facts.push(Fact::new("Tested", at(content.tested_at)));
    facts.push(Fact::new("Method", content.method.as_str()));
    let reagents: Vec<&str> = content.reagents.iter().map(|code| code.as_str()).collect();
    if !reagents.is_empty() {
        facts.push(Fact::new("Reagents", reagents.join(", ")));
    }
    if let Some(of) = &content.investigation {
        facts.push(Fact::new("Re-test under", of.as_str()).linked(format!("/investigations/{of}")));
    }
    for fallen in &run.aftermath.fallen {
        let who = format!("{}, {}", fallen.by.name.as_str(), at(fallen.at));
        facts.push(Fact::new("Verification that fell", who).with_note("the run was corrected afterwards"));
    }
    if let Some(invalidation) = &run.aftermath.invalidation {
        let fact =
            Fact::new("Declared invalid", invalidation.reason.as_str()).with_note(invalidation.ground.in_words());
        facts.push(match &invalidation.investigation {
            Some(of) => fact.linked(format!("/investigations/{of}")),
            None => fact,
        });
    }
    for (label, text) in [("Instrument", content.instrument.as_str()), ("Comment", content.comment.as_str())] {
        if !text.is_empty() {
            facts.push(Fact::new(label, text));
        }
    }
    facts
}

fn controls(spec: &Specification, run: &Run) -> Vec<Fact> {
    let known = spec.assay(&run.content.assay).map(|a| a.controls.as_slice()).unwrap_or_default();
    let fact = |given: &crate::domain::run::ControlReading| {
        let control = known.iter().find(|c| c.name == given.name);
        let bad = control.is_some_and(|c| !c.accepts(&given.value, spec.rounding).unwrap_or(false));
        let required = control.map(|c| c.in_words()).unwrap_or_default();
        let number = control.is_some_and(|c| c.limit.is_some());
        let mut label = if number { given.name.clone() } else { format!("{} control", given.name) };
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let unit = control.and_then(|c| c.unit.as_deref());
        let fact = Fact::new(label, shown::with_unit(&given.value, unit));
        if bad { fact.with_note(format!("must be {required}: the run is invalid")) } else { fact }
    };
    run.content.controls.iter().map(fact).collect()
}

fn row(visit: &Visit, blind: &Blind, run: &Run, reading: &Reading) -> ReadingRow {
    let spec = blind.spec;
    let hidden = blind.hides(run, &reading.attribute);
    let criterion = spec.criterion(&reading.attribute);
    let verdict = criterion.and_then(|c| verdict_in_run(run, spec, c));
    let (acceptance, unit) = criterion.map(|c| shown::acceptance(&c.acceptance)).unwrap_or_default();
    let former = |change: &crate::domain::run::Change| Former {
        value: match hidden {
            true => HIDDEN.to_owned(),
            false => shown::with_unit(&change.before, reading.unit.as_deref()),
        },
        reason: format!(
            "{}, {}: {}",
            change.by.name.as_str(),
            times::to_minutes(change.at, visit.zone),
            change.reason.as_str()
        ),
    };
    let superseded = run.changes.iter().rev().filter(|c| c.attribute == reading.attribute).map(former).collect();
    if hidden {
        return ReadingRow {
            name: criterion.map_or_else(|| reading.attribute.to_string(), |c| c.name.clone()),
            acceptance,
            unit: super::view::parts::Unit::default(),
            typed: Value::Words(HIDDEN.to_owned()),
            reported: Value::None,
            outcome: super::view::marks::Outcome::Unverified,
            because: String::new(),
            raw: Vec::new(),
            alert: String::new(),
            superseded,
        };
    }
    ReadingRow {
        raw: criterion.map(|c| raw_lines(c, reading)).unwrap_or_default(),
        alert: verdict.as_ref().and_then(|v| v.alert.clone()).unwrap_or_default(),
        name: criterion.map_or_else(|| reading.attribute.to_string(), |c| c.name.clone()),
        acceptance,
        unit,
        typed: match reading.formula {
            Some(_) => Value::from(shortened(&reading.value).as_str()),
            None => Value::from(reading.value.as_str()),
        },
        reported: verdict.as_ref().and_then(|v| v.reported.as_deref()).map_or(Value::None, Value::from),
        outcome: verdict.as_ref().map_or(super::view::marks::Outcome::Reported, |v| v.outcome),
        because: verdict.map(|v| v.because).unwrap_or_default(),
        superseded,
    }
}

/// The raw entries of a calculated value, as typed.
fn raw_lines(criterion: &crate::domain::spec::Criterion, reading: &Reading) -> Vec<String> {
    let inputs = criterion.calculated.as_ref().map(|c| c.inputs()).unwrap_or_default();
    let line = |input: &crate::domain::calculation::Input| {
        let typed = reading.raw.get(input.name)?.join(", ");
        Some(format!("{}: {}", input.label, shown::with_unit(&typed, input.unit)))
    };
    inputs.iter().filter_map(line).collect()
}

fn check_state(visit: &Visit, blind: &Blind, run: &Run, answer: &Answer) -> Result<Check, Error> {
    let lot: &Lot = blind.lot;
    if let Some(verified) = &run.verification {
        return Ok(Check::Done(Signature {
            meaning: "Compared with the raw data".into(),
            full_name: verified.by.name.as_str().to_owned(),
            username: verified.by.username.to_string(),
            role: Role::Analyst.to_string(),
            at: super::view::parts::Moment::new(
                verified.at.to_string(),
                times::to_seconds(verified.at, visit.zone),
                "",
            ),
        }));
    }
    if let Err(refusal) = lot.check_open() {
        return Ok(Check::Closed(format!(
            "Nobody verified this run. {}",
            shown::local_times(&refusal.detail, visit.zone)
        )));
    }
    if !visit.is(Role::Analyst) {
        return Ok(Check::Closed("An analyst who entered nothing of this lot compares it with the raw data.".into()));
    }
    if let Err(refusal) = lot.check_verify(run, &visit.actor(Role::Analyst)) {
        return Ok(Check::Closed(shown::local_times(&refusal.detail, visit.zone)));
    }
    Ok(Check::Open(CheckForm {
        content_hash: content_sha256(&run.content)?,
        again: run_forms::again(blind.spec, run, &answer.typed(Which::Check), &answer.refused(Which::Check)),
        problem: answer.refused.on("confirmed"),
        idempotency_key: visit.key()?,
    }))
}
