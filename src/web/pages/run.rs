//! One run: reading it, checking it against its raw data, correcting it, resolving a discrepancy.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::entry::{asked_about, confirmed, readings, to_confirm};
use super::form::{Form, Refused};
use super::lot::run_state;
use super::lot_head;
use super::run_facts::{controls, evidence, facts, row, stored};
use super::run_forms::{self, field_id, place_reading};
use super::shown;
use super::steps::Came;
use super::view::marks::Signature;
use super::view::parts::{Link, Message, Tone};
use super::view::runs::{Check, CheckForm, RunPage};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::blind::Blind;
use crate::domain::entry::ReadingEntry;
use crate::domain::ids::RunNumber;
use crate::domain::lineage::noun;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::run::Run;
use crate::domain::spec::Specification;
use crate::web::problem::status_of;
use crate::web::{guard, places, times};
use crate::workflow::Error;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::invalidate_run::invalidate_run;
use crate::workflow::permit::{InvalidateRun, RecordRun, ResolveDiscrepancy, VerifyRun};
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
            "invalidated" => {
                Some(Message::new(Tone::Done, "Signed. The run gives no result from now on and stays to be seen."))
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

/// `POST /runs/{run}/invalidation`
pub async fn invalidate(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| invalidation(visit, Form::read(body)?).await).await
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
    /// The invalidation that came back.
    came: Came,
    /// What the correction brings with it that must be confirmed; empty where nothing must.
    confirm: String,
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
    let (reason, late_result) = (form.get("reason").to_owned(), confirmed(&form));
    let entry = CorrectionEntry { readings: readings(&form), reason, late_result };
    let work = visit.work(move |app| {
        correct_run(app, &permit, number, &entry)?;
        Ok(if late_result { Some(app.lot_of_run(number)?.0) } else { None })
    });
    match work.await {
        Ok(Some(lot)) if lot.course.revocation.is_some() => {
            Ok(see_other(&format!("/lots/{}/recall?done=late", lot.number())))
        }
        Ok(_) => Ok(see_other(&format!("/runs/{number}?done=corrected"))),
        Err(Error::Refused(refusal)) if refusal.code == Code::ConfirmFailing => {
            let confirm = to_confirm(&refusal);
            page(
                visit,
                number,
                Answer { form, which: Which::Correct, confirm, ..Answer::default() },
                status_of(&refusal),
            )
            .await
        }
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

async fn invalidation(visit: &Visit, form: Form) -> Result<HttpResponse, Error> {
    let number = visit.run_number()?;
    let permit = visit.permit::<InvalidateRun>().await?.with_once(visit.once(&form));
    let (given, subject) = (form.clone(), guard::subject(&visit.req));
    let outcome = visit
        .work(move |app| {
            let signed = permit.sign(app, given.proof(), given.get("reason"), &subject)?;
            invalidate_run(app, &signed, number, given.get("ground"))
        })
        .await;
    match outcome {
        Ok(_) => Ok(see_other(&format!("/runs/{number}?done=invalidated"))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchRun | Code::WrongRole) => {
            let came = Came::back(visit, run_forms::INVALIDATION, form, &refusal);
            page(visit, number, Answer { came, ..Answer::default() }, status_of(&refusal)).await
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
    let loaded = visit.work(move |app| {
        let (lot, spec) = app.lot_of_run(number)?;
        let files = stored(app, lot.run(number).map(|run| run.content.evidence.as_slice()).unwrap_or_default())?;
        Ok((lot, spec, files))
    });
    let (lot, spec, files) = loaded.await?;
    let spec = &spec.specification;
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
    frame.problems = answer.refused.0.iter().chain(&answer.came.refused.0).cloned().collect();
    let (state, state_text) = run_state(spec, run);
    let (typed, refused) = (answer.typed(Which::Correct), answer.refused(Which::Correct));
    let (mut correction, correction_closed) = run_forms::correction(visit, &lot, spec, run, (&typed, &refused))?;
    if let Some(form) = correction.as_mut().filter(|_| !answer.confirm.is_empty()) {
        form.confirm = answer.confirm.clone();
        form.asked = asked_about(&typed);
    }
    let (typed, refused) = (answer.typed(Which::Resolve), answer.refused(Which::Resolve));
    let discrepancies = run_forms::discrepancies(visit, &blind, run, (&typed, &refused))?;
    let (invalidation, invalidation_closed) = run_forms::invalidation(visit, &lot, spec, run, &answer.came)?;
    let view = RunPage {
        frame,
        run: number.to_string(),
        history: format!("/ledger?lot={}", lot.number()),
        noun: noun(stage),
        lot: lot_link,
        assay_name: shown::assay_name(spec, &run.content.assay),
        state,
        state_text,
        facts: facts(visit, run),
        controls: controls(spec, run),
        readings: run.content.readings.iter().map(|reading| row(visit, &blind, run, reading)).collect(),
        evidence: files.iter().map(evidence).collect(),
        flags: run.content.flags.iter().map(|flag| shown::local_times(flag, visit.zone)).collect(),
        discrepancies,
        check: check_state(visit, &blind, run, &answer)?,
        correction,
        correction_closed,
        invalidation,
        invalidation_open: !answer.came.id.is_empty(),
        invalidation_closed,
    };
    html(status, &view)
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
    if let Err(refusal) = lot.check_examinable() {
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
