//! The steps of an investigation: laboratory phase, re-test plan, re-tests, conclusion, closure.
//!
//! Promises: each step is signed over everything the investigation said before it; the phases
//! come in their order; closing one that invalidates a result declares the run invalid and flags
//! what was made from a bank, in the same transaction.

use serde::{Deserialize, Serialize};

use crate::domain::certificate::SignatureRecord;
use crate::domain::entry::{RunEntry, read_evidence};
use crate::domain::event::Event;
use crate::domain::ids::{InvestigationNumber, LotNumber};
use crate::domain::investigation::{Check, Conclusion, Ending, Finding, Investigation, LaboratoryPhase, RetestPlan};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::Ground;
use crate::domain::text::{Line, Remark};
use crate::ledger::canonical;

use super::fitness::check_evidence;
use super::permit::{
    ApproveRetests, CloseInvestigation, Duty, Investigate, Permit, RecordRun, Signed, Subject, recording_refusals,
};
use super::record_run::{RecordedRun, record};
use super::release_lot::manifest;
use super::verify_run::{flag_made_from, investigate_failures};
use super::{App, Desk, Error, check_drawable};

/// The most questions a laboratory phase can answer.
const CHECKS_MAX: usize = 50;

/// What signing a laboratory phase means unless said otherwise.
pub const LABORATORY: &str = "I checked this in the laboratory as recorded";
/// What approving a re-test plan means unless said otherwise.
pub const PLAN: &str = "I approve this plan before any re-test";
/// What signing a conclusion means unless said otherwise.
pub const CONCLUSION: &str = "I conclude this investigation as recorded";

/// A laboratory phase as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaboratoryEntry {
    /// `obvious_error`, `assignable_cause` or `no_cause`.
    pub finding: String,
    /// Questions and answers.
    pub checks: Vec<(String, String)>,
    /// In words.
    pub description: String,
    /// Evidence files by SHA-256.
    pub evidence: Vec<String>,
}

/// A re-test plan as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanEntry {
    /// What is supposed to have happened.
    pub hypothesis: String,
    /// Which sample is tested.
    pub sample: String,
    /// How the re-tests will be evaluated.
    pub evaluation: String,
    /// How many.
    pub retests: u32,
}

/// A conclusion as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConclusionEntry {
    /// `confirmed`, `invalidated`, `corrected` or `inconclusive`.
    pub outcome: String,
    /// The cause, or why none could be found.
    pub cause: String,
    /// The ground of an invalidation; empty for none.
    pub ground: String,
    /// Evidence files by SHA-256.
    pub evidence: Vec<String>,
}

/// A step just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stepped {
    /// The investigation.
    pub investigation: InvestigationNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// When.
    pub at: Moment,
}

/// What a step of this investigation is about, for the fact that it was refused.
///
/// # Errors
/// There is no such investigation, or storage fails.
pub fn subject(app: &App, number: &InvestigationNumber) -> Result<Subject, Error> {
    let investigation = app.read(|view| Ok(view.investigation(number)??))?;
    Ok(Subject { lot: Some(investigation.lot), run: Some(investigation.run) })
}

/// Loads, decides and records one signed step.
fn step<D: Duty>(
    app: &App,
    signed: &Signed<D>,
    number: &InvestigationNumber,
    decide: impl FnOnce(&mut Desk, &Investigation, &str) -> Result<(), Error> + Send + 'static,
) -> Result<Stepped, Error> {
    let subject = subject(app, number)?;
    let (number, meaning) = (number.clone(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let investigation = desk.view().investigation(&number)??;
        decide(desk, &investigation, &meaning)?;
        Ok(Stepped { investigation: number, lot: investigation.lot, at: desk.now })
    });
    recording_refusals::<D, _>(app, signed.actor(), &subject, outcome)
}

/// Signs a step together with everything the investigation said before it.
fn sign(
    desk: &Desk,
    investigation: &Investigation,
    act: &str,
    meaning: &str,
    step: &impl Serialize,
) -> Result<SignatureRecord, Error> {
    let sha256 = canonical::sha256_of(&(investigation, step)).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(manifest(act, &desk.by, meaning, desk.now, sha256))
}

/// Records the laboratory phase.
///
/// # Errors
/// It is recorded already, nothing was checked, or a field cannot be accepted.
pub fn record_laboratory(
    app: &App,
    signed: &Signed<Investigate>,
    number: &InvestigationNumber,
    entry: &LaboratoryEntry,
) -> Result<Stepped, Error> {
    let entry = entry.clone();
    step(app, signed, number, move |desk, investigation, meaning| {
        let phase = read_laboratory(&entry)?;
        check_evidence(&mut desk.view(), &phase.evidence)?;
        investigation.check_laboratory(&phase)?;
        let signature = sign(desk, investigation, "laboratory", meaning, &phase)?;
        let (investigation, lot) = (investigation.number.clone(), investigation.lot.clone());
        desk.record(Event::LaboratoryPhaseRecorded { investigation, lot, phase, signature })?;
        Ok(())
    })
}

fn read_laboratory(entry: &LaboratoryEntry) -> Result<LaboratoryPhase, Refusal> {
    let finding = match entry.finding.trim() {
        "obvious_error" => Finding::ObviousError,
        "assignable_cause" => Finding::AssignableCause,
        "no_cause" => Finding::NoCause,
        _ => {
            let detail = "Say what was found: obvious_error, assignable_cause or no_cause.";
            return Err(Refusal::field(Code::InvalidField, "finding", detail));
        }
    };
    if entry.checks.len() > CHECKS_MAX {
        let detail = format!("There are at most {CHECKS_MAX} checks.");
        return Err(Refusal::field(Code::TooLarge, "checks", detail));
    }
    let mut checks = Vec::new();
    for (i, (question, answer)) in entry.checks.iter().enumerate() {
        let line = |field: &str, text: &str| said(field, text).map_err(|r| r.within(&format!("checks[{i}]")));
        checks.push(Check { question: line("question", question)?, answer: line("answer", answer)? });
    }
    let description = remark("description", &entry.description)?;
    Ok(LaboratoryPhase { finding, checks, description, evidence: read_evidence(&entry.evidence)? })
}

/// Text of one line that the certificate's record can print.
fn said(field: &str, text: &str) -> Result<Line, Refusal> {
    let line = Line::parse(field, text)?;
    check_drawable(field, line.as_str())?;
    Ok(line)
}

/// Text of several lines that the certificate's record can print.
pub(super) fn remark(field: &str, text: &str) -> Result<Remark, Refusal> {
    let remark = Remark::said(field, text)?;
    check_drawable(field, &remark.as_str().replace('\n', " "))?;
    Ok(remark)
}

/// Approves a plan for re-tests.
///
/// # Errors
/// Not after the laboratory phase, by its investigator, of a sterility test, or without a number
/// of re-tests.
pub fn approve_plan(
    app: &App,
    signed: &Signed<ApproveRetests>,
    number: &InvestigationNumber,
    entry: &PlanEntry,
) -> Result<Stepped, Error> {
    let entry = entry.clone();
    step(app, signed, number, move |desk, investigation, meaning| {
        let plan = RetestPlan {
            hypothesis: said("hypothesis", &entry.hypothesis)?,
            sample: said("sample", &entry.sample)?,
            evaluation: said("evaluation", &entry.evaluation)?,
            retests: entry.retests,
        };
        investigation.check_plan(&plan, &desk.by)?;
        let (lot, _) = desk.lot(&investigation.lot)?;
        lot.check_examinable()?;
        let signature = sign(desk, investigation, "plan", meaning, &plan)?;
        let (investigation, lot) = (investigation.number.clone(), investigation.lot.clone());
        desk.record(Event::RetestPlanApproved { investigation, lot, plan, signature })?;
        Ok(())
    })
}

/// Records a re-test under an approved plan.
///
/// # Errors
/// As [`super::record_run::record_run`]; no plan, all its re-tests made, begun before it was
/// approved, or an attribute that is not under investigation.
pub fn record_retest(
    app: &App,
    permit: &Permit<RecordRun>,
    number: &InvestigationNumber,
    entry: &RunEntry,
) -> Result<RecordedRun, Error> {
    let (number, entry) = (number.clone(), entry.clone());
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let investigation = desk.view().investigation(&number)??;
        record(desk, &investigation.lot, &entry, Some(number))
    })
}

/// Concludes an investigation.
///
/// # Errors
/// Planned re-tests are missing or not verified, or the outcome is not carried by what was found.
pub fn conclude(
    app: &App,
    signed: &Signed<Investigate>,
    number: &InvestigationNumber,
    entry: &ConclusionEntry,
) -> Result<Stepped, Error> {
    let entry = entry.clone();
    step(app, signed, number, move |desk, investigation, meaning| {
        let conclusion = read_conclusion(&entry)?;
        check_evidence(&mut desk.view(), &conclusion.evidence)?;
        let (lot, stored) = desk.lot(&investigation.lot)?;
        lot.check_conclude(&stored.specification, investigation, &conclusion)?;
        let signature = sign(desk, investigation, "conclusion", meaning, &conclusion)?;
        let (investigation, lot) = (investigation.number.clone(), investigation.lot.clone());
        desk.record(Event::InvestigationConcluded { investigation, lot, conclusion, signature })?;
        Ok(())
    })
}

fn read_conclusion(entry: &ConclusionEntry) -> Result<Conclusion, Refusal> {
    let outcome = Ending::ALL.into_iter().find(|e| e.as_str() == entry.outcome.trim()).ok_or_else(|| {
        let detail = "Say how it ends: confirmed, invalidated, corrected or inconclusive.";
        Refusal::field(Code::InvalidField, "outcome", detail)
    })?;
    let ground = read_ground(&entry.ground)?;
    if ground.is_some() && outcome != Ending::Invalidated {
        let detail = "Only an invalidated result has a ground. Leave it out.";
        return Err(Refusal::field(Code::InvalidField, "ground", detail));
    }
    Ok(Conclusion { outcome, cause: said("cause", &entry.cause)?, ground, evidence: read_evidence(&entry.evidence)? })
}

/// Reads the ground of an invalidation; none where nothing was said.
pub(super) fn read_ground(text: &str) -> Result<Option<Ground>, Refusal> {
    let text = text.trim();
    let unknown = || {
        let shown: String = text.chars().take(40).collect();
        let detail = format!("“{shown}” is no ground on which a test is invalid.");
        Refusal::field(Code::CauseNotProven, "ground", detail)
    };
    if text.is_empty() { Ok(None) } else { Ground::parse(text).map(Some).ok_or_else(unknown) }
}

/// Closes an investigation; the remark is what was signed. An invalidated run gives no result
/// from then on.
///
/// # Errors
/// It is not concluded, or the person investigated it or entered what it is about.
pub fn close(app: &App, signed: &Signed<CloseInvestigation>, number: &InvestigationNumber) -> Result<Stepped, Error> {
    step(app, signed, number, move |desk, investigation, meaning| {
        let remark = remark("remark", meaning)?;
        let (lot, _) = desk.lot(&investigation.lot)?;
        lot.check_close(investigation, &desk.by)?;
        let signature = sign(desk, investigation, "closure", meaning, &remark)?;
        desk.record(Event::InvestigationClosed {
            investigation: investigation.number.clone(),
            lot: investigation.lot.clone(),
            remark,
            signature: signature.clone(),
        })?;
        let concluded = investigation.conclusion.as_ref().map(|c| &c.what);
        let Some(Conclusion { outcome: Ending::Invalidated, ground: Some(ground), cause, .. }) = concluded else {
            return Ok(());
        };
        desk.record(Event::RunInvalidated {
            run: investigation.run,
            lot: investigation.lot.clone(),
            ground: *ground,
            reason: cause.clone(),
            investigation: Some(investigation.number.clone()),
            signature,
        })?;
        let because = format!("run #{} of {} was declared invalid", investigation.run, investigation.lot);
        flag_made_from(desk, &lot, investigation.run, &because)?;
        investigate_failures(desk, &investigation.lot)
    })
}
