//! One run: reading it, checking it against its raw data, correcting it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::entry::readings;
use super::form::{Form, Refused};
use super::lot::run_state;
use super::shown;
use super::view::marks::Signature;
use super::view::parts::{Choice, Fact, Link, Message, Tone, Value};
use super::view::runs::{Check, CheckForm, CorrectionForm, CorrectionRow, Former, ReadingRow, RunPage};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::verdict_in_run;
use crate::domain::ids::RunNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::run::{Reading, Run};
use crate::domain::spec::{Acceptance, Specification};
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::Error;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::permit::{RecordRun, VerifyRun};
use crate::workflow::verify_run::{VerificationEntry, content_sha256, verify_run};

/// `GET /runs/{run}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let message = match visit.query("done").as_str() {
            "corrected" => {
                Some(Message::new(Tone::Done, "The correction is recorded. The former value stays to be seen."))
            }
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

/// What comes back with the page.
#[derive(Default)]
struct Answer {
    message: Option<Message>,
    refused: Refused,
    form: Form,
}

async fn check(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.run_number()?;
    let permit = visit.permit::<VerifyRun>().await?.with_once(visit.once(&form));
    if form.get("confirmed") != "yes" {
        let detail = "Tick the box once you have compared every value with the raw data. Nothing was verified.";
        let refusal = Refusal::field(Code::InvalidField, "confirmed", detail);
        let refused = Refused::place(&refusal, visit.zone, |given| (given.field.clone(), String::new()));
        return page(visit, number, Answer { refused, form, message: None }, status_of(&refusal)).await;
    }
    let seen = VerificationEntry {
        content_sha256: Some(form.get("content_hash").to_owned()),
        readings: super::entry::readings(&form),
    };
    match visit.work(move |app| verify_run(app, &permit, number, &seen)).await {
        Ok(made) => Ok(see_other(&format!("/lots/{}?done=verified&run={number}", made.lot))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchRun | Code::WrongRole) => {
            let text = format!("Nothing was verified. {}", shown::local_times(&refusal.detail, visit.zone));
            let message = Some(Message::new(Tone::Changed, text));
            page(visit, number, Answer { message, form, ..Answer::default() }, status_of(&refusal)).await
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
            let mut answer = Answer { form, ..Answer::default() };
            if refusal.fields.is_empty() {
                answer.message = Some(Message::new(
                    Tone::Changed,
                    format!("Nothing was corrected. {}", shown::local_times(&refusal.detail, visit.zone)),
                ));
            } else {
                answer.refused = Refused::place(&refusal, visit.zone, |given| place(given, &answer.form));
            }
            page(visit, number, answer, status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

fn place(given: &FieldRefusal, form: &Form) -> (String, String) {
    let index = given.field.strip_prefix("readings[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    if let Some(reading) = index.and_then(|i| readings(form).into_iter().nth(i)) {
        return (format!("value-{}", reading.attribute), String::new());
    }
    match given.field.as_str() {
        "reason" => ("reason".into(), "The reason".into()),
        _ => ("correct".into(), String::new()),
    }
}

async fn page(visit: &Visit, number: RunNumber, answer: Answer, status: StatusCode) -> Result<HttpResponse, Error> {
    let (lot, stored) = visit.work(move |app| app.lot_of_run(number)).await?;
    let spec = &stored.specification;
    let run = lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
    let lot_link = Link::new(lot.number().to_string(), format!("/lots/{}", lot.number()));
    let mut frame = visit.frame(format!("Run #{number}"), "run", "/lots");
    frame.crumbs = vec![Link::new("Lots", "/lots"), lot_link.clone()];
    frame.message = answer.message.clone();
    frame.problems = answer.refused.0.clone();
    let (state, state_text) = run_state(spec, run);
    let (correction, correction_closed) = correction_form(visit, &lot, spec, run, &answer)?;
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
        readings: run.content.readings.iter().map(|reading| row(visit, spec, run, reading)).collect(),
        check: check_state(visit, &lot, run, &answer)?,
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
        let bad = control.is_some_and(|c| !c.acceptable.contains(&given.value));
        let required = control.map(|c| c.acceptable.join(" or ")).unwrap_or_default();
        let fact = Fact::new(format!("{} control", given.name), given.value.as_str());
        if bad { fact.with_note(format!("must be {required}: the run is invalid")) } else { fact }
    };
    run.content.controls.iter().map(fact).collect()
}

fn row(visit: &Visit, spec: &Specification, run: &Run, reading: &Reading) -> ReadingRow {
    let criterion = spec.criterion(&reading.attribute);
    let verdict = criterion.and_then(|c| verdict_in_run(run, spec, c));
    let (acceptance, unit) = criterion.map(|c| shown::acceptance(&c.acceptance)).unwrap_or_default();
    let former = |change: &crate::domain::run::Change| Former {
        value: shown::with_unit(&change.before, reading.unit.as_deref()),
        reason: format!(
            "{}, {}: {}",
            change.by.name.as_str(),
            times::to_minutes(change.at, visit.zone),
            change.reason.as_str()
        ),
    };
    ReadingRow {
        name: criterion.map_or_else(|| reading.attribute.to_string(), |c| c.name.clone()),
        acceptance,
        unit,
        typed: Value::from(reading.value.as_str()),
        reported: verdict.as_ref().and_then(|v| v.reported.as_deref()).map_or(Value::None, Value::from),
        outcome: verdict.as_ref().map_or(super::view::marks::Outcome::Reported, |v| v.outcome),
        because: verdict.map(|v| v.because).unwrap_or_default(),
        superseded: run.changes.iter().rev().filter(|c| c.attribute == reading.attribute).map(former).collect(),
    }
}

fn check_state(visit: &Visit, lot: &Lot, run: &Run, answer: &Answer) -> Result<Check, Error> {
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
        problem: answer.refused.on("confirmed"),
        idempotency_key: visit.key()?,
    }))
}

fn correction_form(
    visit: &Visit,
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    answer: &Answer,
) -> Result<(Option<CorrectionForm>, String), Error> {
    if !visit.is(Role::Analyst) || lot.check_open().is_err() {
        return Ok((None, String::new()));
    }
    // The rules are asked with the content as it is: whoever may not change it gets no form.
    if let Err(refusal) = lot.check_correct(spec, run, &run.content, &visit.actor(Role::Analyst))
        && refusal.code != Code::ImpossiblePurity
    {
        return Ok((None, shown::local_times(&refusal.detail, visit.zone)));
    }
    let row = |reading: &Reading| {
        let criterion = spec.criterion(&reading.attribute);
        let code = reading.attribute.as_str();
        let typed = answer.form.get(&format!("value.{code}"));
        let choices = match criterion.map(|c| &c.acceptance) {
            Some(Acceptance::Categorical { allowed, interim, .. }) => {
                interim.iter().chain(allowed).map(|word| Choice::of(word.as_str(), *word == typed)).collect()
            }
            _ => Vec::new(),
        };
        CorrectionRow {
            attribute: code.to_owned(),
            name: criterion.map_or_else(|| code.to_owned(), |c| c.name.clone()),
            now: reading.value.clone(),
            unit: shown::unit_of(reading.unit.as_deref().unwrap_or_default()),
            unit_code: reading.unit.clone().unwrap_or_default(),
            choices,
            field: answer.refused.field(&format!("value-{code}"), typed),
        }
    };
    let form = CorrectionForm {
        rows: run.content.readings.iter().map(row).collect(),
        reason: answer.refused.field("reason", answer.form.get("reason")),
        idempotency_key: visit.key()?,
    };
    Ok((Some(form), String::new()))
}
