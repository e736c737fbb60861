//! Investigations: the list, and one with its phases, its re-tests and the next step in place.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::shown;
use super::steps::{Came, lines};
use super::view::investigations::{InvestigationPage, InvestigationRow, InvestigationsPage, PhaseRow, RetestRow};
use super::view::marks::{Outcome, Signature};
use super::view::parts::{self, Fact, Link, Message, Tone};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::verdict_in_run;
use crate::domain::ids::InvestigationNumber;
use crate::domain::investigation::{Ending, Investigation, Phase, Step};
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::run::Run;
use crate::domain::spec::Specification;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::investigate::{
    self, ConclusionEntry, LaboratoryEntry, PlanEntry, approve_plan, close, conclude, record_laboratory,
};
use crate::workflow::permit::{ApproveRetests, CloseInvestigation, Investigate};
use crate::workflow::{App, Error};

/// `GET /investigations`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let mut all = visit.work(|app| app.read(|view| Ok(view.investigations(false)?))).await?;
        all.reverse();
        all.sort_by_key(|i| !i.is_open());
        let rows = all.iter().map(|i| list_row(visit, i)).collect();
        let frame = visit.frame("Investigations", "investigations", "/investigations");
        html(StatusCode::OK, &InvestigationsPage { frame, rows })
    })
    .await
}

/// An investigation in a line.
pub fn list_row(visit: &Visit, i: &Investigation) -> InvestigationRow {
    let about: Vec<String> = i.failures.iter().map(|f| format!("{} {}", f.name, f.value)).collect();
    let (mark, state) = state(i);
    InvestigationRow {
        link: Link::new(i.number.to_string(), format!("/investigations/{}", i.number)),
        lot: Link::new(i.lot.to_string(), format!("/lots/{}", i.lot)),
        about: about.join(", "),
        state,
        mark,
        next: if i.is_open() { i.phase().next_deed().to_owned() } else { String::new() },
        opened_at: shown::moment(i.opened_at, visit),
    }
}

fn state(i: &Investigation) -> (Outcome, String) {
    match i.ending() {
        None => (Outcome::Pending, "open".into()),
        Some(ending) => {
            let mark = match ending {
                Ending::Confirmed | Ending::Inconclusive => Outcome::Fail,
                Ending::Invalidated => Outcome::Invalid,
                Ending::Corrected => Outcome::Pass,
            };
            (mark, ending.in_words().to_owned())
        }
    }
}

/// `GET /investigations/{number}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, number(visit)?, Came::default(), StatusCode::OK).await).await
}

/// `POST /investigations/{number}/laboratory`
pub async fn laboratory(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<Investigate>().await?.with_once(visit.once(&form));
        let given = form.clone();
        let entry = LaboratoryEntry {
            finding: form.get("finding").to_owned(),
            checks: super::investigation_forms::checks(&form),
            description: form.get("description").to_owned(),
            evidence: lines(form.get("evidence")),
        };
        step(visit, "laboratory", form, move |app, number| {
            let subject = investigate::subject(app, &number)?;
            let signed = permit.sign(app, given.proof(), investigate::LABORATORY, &subject)?;
            record_laboratory(app, &signed, &number, &entry).map(drop)
        })
        .await
    })
    .await
}

/// `POST /investigations/{number}/plan`
pub async fn plan(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<ApproveRetests>().await?.with_once(visit.once(&form));
        let given = form.clone();
        let entry = PlanEntry {
            hypothesis: form.get("hypothesis").to_owned(),
            sample: form.get("sample").to_owned(),
            evaluation: form.get("evaluation").to_owned(),
            // What is no number is none, and none is refused.
            retests: form.get("retests").trim().parse().unwrap_or(0),
        };
        step(visit, "plan", form, move |app, number| {
            let subject = investigate::subject(app, &number)?;
            let signed = permit.sign(app, given.proof(), investigate::PLAN, &subject)?;
            approve_plan(app, &signed, &number, &entry).map(drop)
        })
        .await
    })
    .await
}

/// `POST /investigations/{number}/conclusion`
pub async fn conclusion(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<Investigate>().await?.with_once(visit.once(&form));
        let given = form.clone();
        let entry = ConclusionEntry {
            outcome: form.get("outcome").to_owned(),
            cause: form.get("cause").to_owned(),
            ground: form.get("ground").to_owned(),
            evidence: lines(form.get("evidence")),
        };
        step(visit, "conclusion", form, move |app, number| {
            let subject = investigate::subject(app, &number)?;
            let signed = permit.sign(app, given.proof(), investigate::CONCLUSION, &subject)?;
            conclude(app, &signed, &number, &entry).map(drop)
        })
        .await
    })
    .await
}

/// `POST /investigations/{number}/closure`
pub async fn closure(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<CloseInvestigation>().await?.with_once(visit.once(&form));
        let given = form.clone();
        step(visit, "closure", form, move |app, number| {
            let subject = investigate::subject(app, &number)?;
            let signed = permit.sign(app, given.proof(), given.get("remark"), &subject)?;
            close(app, &signed, &number).map(drop)
        })
        .await
    })
    .await
}

/// Takes a step, or shows the page again with why it was not taken.
async fn step(
    visit: &Visit,
    id: &'static str,
    form: Form,
    work: impl FnOnce(&App, InvestigationNumber) -> Result<(), Error> + Send + 'static,
) -> Result<HttpResponse, Error> {
    let here = number(visit)?;
    let of = here.clone();
    match visit.work(move |app| work(app, of)).await {
        Ok(()) => Ok(see_other(&format!("/investigations/{here}?done={id}"))),
        Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchInvestigation | Code::WrongRole) => {
            let status = status_of(&refusal);
            page(visit, here, Came::back(visit, id, form, &refusal), status).await
        }
        Err(other) => Err(other),
    }
}

fn number(visit: &Visit) -> Result<InvestigationNumber, Refusal> {
    InvestigationNumber::parse(visit.req.match_info().get("number").unwrap_or_default())
}

async fn page(
    visit: &Visit,
    number: InvestigationNumber,
    came: Came,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let (investigation, lot, spec) = visit
        .work(move |app| {
            let investigation = app.read(|view| Ok(view.investigation(&number)??))?;
            let (lot, stored) = app.lot(&investigation.lot)?;
            Ok((investigation, lot, stored.specification))
        })
        .await?;
    let i = &investigation;
    let mut frame = visit.frame(i.number.to_string(), "investigation", "/investigations");
    frame.crumbs = vec![Link::new("Investigations", "/investigations")];
    frame.problems = came.refused.0.clone();
    if matches!(visit.query("done").as_str(), "laboratory" | "plan" | "conclusion" | "closure") {
        frame.message = Some(Message::new(Tone::Done, "Signed and recorded."));
    }
    let (mark, state) = state(i);
    let next = match i.phase() {
        Phase::Closed => String::new(),
        phase => {
            let deed = phase.next_deed();
            deed.chars().take(1).flat_map(char::to_uppercase).chain(deed.chars().skip(1)).chain(['.']).collect()
        }
    };
    let failure = |f: &crate::domain::investigation::Failure| {
        Fact::new(&f.name, &f.value).with_note(shown::local_times(&f.because, visit.zone))
    };
    let view = InvestigationPage {
        frame,
        number: i.number.to_string(),
        state,
        mark,
        facts: facts(visit, i),
        failures: i.failures.iter().map(failure).collect(),
        phases: phases(visit, i),
        retests: i.retests.iter().filter_map(|n| lot.run(*n)).flat_map(|run| retest_rows(visit, &spec, run)).collect(),
        record: record_links(visit, &lot, &spec, i),
        next,
        forms: forms(visit, &lot, i, &came)?,
    };
    html(status, &view)
}

fn facts(visit: &Visit, i: &Investigation) -> Vec<Fact> {
    vec![
        Fact::new("Lot", i.lot.as_str()).linked(format!("/lots/{}", i.lot)),
        Fact::new("Run", format!("#{}", i.run)).linked(format!("/runs/{}", i.run)),
        Fact::new("Opened", times::to_minutes(i.opened_at, visit.zone)).with_note("by the software, on verification"),
        Fact::new(
            "Rule",
            if i.sterility { "USP <71>: four grounds, no re-test" } else { "re-tests only under a plan" },
        ),
    ]
}

fn signature<T>(visit: &Visit, step: &Step<T>) -> Signature {
    Signature {
        meaning: step.meaning.clone(),
        full_name: step.by.name.as_str().to_owned(),
        username: step.by.username.to_string(),
        role: step.role.to_string(),
        at: parts::Moment::new(step.at.to_string(), times::to_seconds(step.at, visit.zone), ""),
    }
}

fn evidence(files: &[String]) -> Vec<Fact> {
    files.iter().map(|file| Fact::hash("Evidence", file)).collect()
}

fn phases(visit: &Visit, i: &Investigation) -> Vec<PhaseRow> {
    let waits = |name: &str, waiting: &str| PhaseRow {
        name: name.to_owned(),
        waiting: waiting.to_owned(),
        ..PhaseRow::default()
    };
    let done = |name: &str, facts: Vec<Fact>, signature: Signature| PhaseRow {
        name: name.to_owned(),
        facts,
        signature: Some(signature),
        waiting: String::new(),
    };
    let laboratory = i.laboratory.as_ref().map_or_else(
        || waits("Laboratory phase", "An analyst or QA checks sample, method, reagents, instrument, calculation."),
        |step| {
            let mut facts = vec![Fact::new("Found", step.what.finding.in_words())];
            facts.extend(step.what.checks.iter().map(|c| Fact::new(c.question.as_str(), c.answer.as_str())));
            facts.push(Fact::new("In words", step.what.description.as_str()));
            facts.extend(evidence(&step.what.evidence));
            done("Laboratory phase", facts, signature(visit, step))
        },
    );
    let no_plan = match (i.sterility, i.conclusion.is_some()) {
        (true, _) => "None: a sterility test is repeated only after it was found invalid.",
        (_, true) => "None was made.",
        _ => "QA approves it before any re-test, if there is to be one.",
    };
    let plan = i.plan.as_ref().map_or_else(
        || waits("Re-test plan", no_plan),
        |step| {
            let facts = vec![
                Fact::new("Hypothesis", step.what.hypothesis.as_str()),
                Fact::new("Sample", step.what.sample.as_str()),
                Fact::new("Evaluation", step.what.evaluation.as_str()),
                Fact::new("Re-tests", format!("{} of {} made", i.retests.len(), step.what.retests)),
            ];
            done("Re-test plan", facts, signature(visit, step))
        },
    );
    let conclusion = i.conclusion.as_ref().map_or_else(
        || waits("Conclusion", "Signed by the investigator."),
        |step| {
            let mut facts =
                vec![Fact::new("Outcome", step.what.outcome.in_words()), Fact::new("Cause", step.what.cause.as_str())];
            facts.extend(step.what.ground.map(|g| Fact::new("Ground", g.in_words())));
            facts.extend(evidence(&step.what.evidence));
            done("Conclusion", facts, signature(visit, step))
        },
    );
    let closure = i.closure.as_ref().map_or_else(
        || waits("Closure", "Signed by a QA officer who did not investigate."),
        |step| done("Closure", Vec::new(), signature(visit, step)),
    );
    vec![laboratory, plan, conclusion, closure]
}

fn retest_rows(visit: &Visit, spec: &Specification, run: &Run) -> Vec<RetestRow> {
    let row = |reading: &crate::domain::run::Reading| {
        let criterion = spec.criterion(&reading.attribute)?;
        let verdict = verdict_in_run(run, spec, criterion)?;
        Some(RetestRow {
            run: Link::new(format!("#{}", run.number), format!("/runs/{}", run.number)),
            name: criterion.name.clone(),
            value: shown::with_unit(&reading.value, reading.unit.as_deref()),
            outcome: verdict.outcome,
            because: shown::local_times(&verdict.because, visit.zone),
            entered_by: run.entered_by.name.as_str().to_owned(),
            verified: match &run.verification {
                Some(v) => format!("verified by {}", v.by.name.as_str()),
                None => "waits for a second person".into(),
            },
        })
    };
    run.content.readings.iter().filter_map(row).collect()
}

/// Where the reader records a re-test now.
fn record_links(visit: &Visit, lot: &Lot, spec: &Specification, i: &Investigation) -> Vec<Link> {
    let me = visit.actor(Role::Analyst);
    let may = visit.is(Role::Analyst) && !lot.was_verified_by(&me) && lot.check_examinable().is_ok();
    if !may || i.check_retest(visit.now.plus_hours(1)).is_err() {
        return Vec::new();
    }
    let run = lot.run(i.run);
    let link = |run: &Run| {
        let (assay, lot) = (&run.content.assay, lot.number());
        let name = shown::assay_name(spec, assay);
        let address = format!("/lots/{lot}/runs/new?assay={assay}&investigation={}", i.number);
        Link::new(format!("Record a re-test: {name}"), address)
    };
    run.map(link).into_iter().collect()
}

/// The forms the reader can fill in now; the rules are asked, so none is offered in vain.
fn forms(visit: &Visit, lot: &Lot, i: &Investigation, came: &Came) -> Result<Vec<StepForm>, Error> {
    let (qa, analyst) = (visit.is(Role::Qa), visit.is(Role::Analyst));
    let me = visit.actor(Role::Qa);
    let mut forms = Vec::new();
    match i.phase() {
        Phase::Opened if qa || analyst => forms.push(super::investigation_forms::laboratory(visit, i, came)?),
        Phase::Laboratory | Phase::Retesting => {
            let may_plan = i.phase() == Phase::Laboratory && !i.sterility && lot.check_examinable().is_ok();
            if qa && may_plan && !i.was_investigated_by(&me) {
                forms.push(super::investigation_forms::plan(visit, i, came)?);
            }
            if qa || analyst {
                forms.push(super::investigation_forms::conclusion(visit, i, came)?);
            }
        }
        Phase::Concluded if qa && lot.check_close(i, &me).is_ok() => {
            forms.push(super::investigation_forms::closure(visit, i, came)?);
        }
        _ => {}
    }
    Ok(forms)
}
