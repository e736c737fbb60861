//! A lot as its facts alone tell it.
//!
//! Promises: uses nothing but the facts, in their order; a release compares it with the lot as
//! the tables hold it, so that a row changed behind the ledger's back releases nothing. The same
//! steps make the projected investigations, deviations and discrepancies.

use super::certificate::SignatureRecord;
use super::deviation::{Deviation, DeviationClosure};
use super::equipment::SourceFlag;
use super::event::{CourseEvent, Event, Fact};
use super::investigation::{Investigation, Step};
use super::lot::{Decision, Lot};
use super::run::{Aftermath, Discrepancy, Invalidation, Resolution, Run, Verification};
use super::text::Remark;

/// The lot that these facts (all about one lot, oldest first) tell of.
///
/// Returns `None` where they do not begin with a registration, or contradict themselves.
pub fn rebuild<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Option<Lot> {
    let mut lot: Option<Lot> = None;
    for fact in facts {
        match (&mut lot, &fact.event) {
            (None, Event::LotRegistered(details)) => lot = Some(Lot::new(details.clone(), fact.by.person(), fact.at)),
            (Some(lot), _) => apply(lot, fact)?,
            (None, _) => return None,
        }
    }
    lot
}

/// What a fact makes of a run that is there.
fn apply_to_run(run: &mut Run, fact: &Fact) {
    match &fact.event {
        Event::RunCorrected { changes, .. } => {
            for change in changes {
                if let Some(reading) = run.content.readings.iter_mut().find(|r| r.attribute == change.attribute) {
                    change.apply(reading);
                }
            }
            // The tables keep the changes of one fact by attribute.
            let mut changes = changes.clone();
            changes.sort_by(|a, b| a.attribute.cmp(&b.attribute));
            run.changes.extend(changes);
            run.aftermath.fallen.extend(run.verification.take());
        }
        Event::RunVerified { content_sha256, second_entry, .. } => {
            let (by, at) = (fact.by.person(), fact.at);
            let (content_sha256, second_entry) = (content_sha256.clone(), second_entry.clone());
            run.verification = Some(Verification { by, at, content_sha256, second_entry });
        }
        _ => apply_to_aftermath(&mut run.aftermath, fact),
    }
}

/// What a fact makes of what happened to a run.
pub fn apply_to_aftermath(aftermath: &mut Aftermath, fact: &Fact) {
    let (by, at) = (fact.by.person(), fact.at);
    match &fact.event {
        Event::DiscrepancyFound { differences, .. } => {
            aftermath.discrepancies.extend(differences.iter().map(|d| Discrepancy {
                attribute: d.attribute.clone(),
                first: d.first.clone(),
                second: d.second.clone(),
                by: by.clone(),
                at,
                resolutions: Vec::new(),
            }));
        }
        Event::DiscrepancyResolved { attribute, value, reason, .. } => {
            let open = aftermath.discrepancies.iter_mut().find(|d| d.attribute == *attribute && d.agreed().is_none());
            if let Some(open) = open {
                open.resolutions.push(Resolution { value: value.clone(), reason: reason.clone(), by, at });
            }
        }
        Event::RunInvalidated { ground, reason, investigation, .. } => {
            let (reason, investigation) = (reason.clone(), investigation.clone());
            aftermath.invalidation = Some(Invalidation { ground: *ground, reason, investigation, by, at });
        }
        _ => {}
    }
}

/// What a fact makes of an investigation.
pub fn apply_to_investigation(investigation: &mut Investigation, fact: &Fact) {
    match &fact.event {
        Event::LaboratoryPhaseRecorded { phase, signature, .. } => {
            investigation.laboratory = Some(step(fact, phase.clone(), signature));
        }
        Event::RetestPlanApproved { plan, signature, .. } => {
            investigation.plan = Some(step(fact, plan.clone(), signature));
        }
        Event::InvestigationConcluded { conclusion, signature, .. } => {
            investigation.conclusion = Some(step(fact, conclusion.clone(), signature));
        }
        Event::InvestigationClosed { remark, signature, .. } => {
            investigation.closure = Some(step(fact, remark.clone(), signature));
        }
        Event::RunRecorded { run, .. } => investigation.retests.push(*run),
        _ => {}
    }
}

fn step<T>(fact: &Fact, what: T, signature: &SignatureRecord) -> Step<T> {
    Step { what, by: fact.by.person(), role: fact.by.role, meaning: signature.meaning.clone(), at: fact.at }
}

/// The investigation that a fact opened.
pub fn opened_investigation(fact: &Fact) -> Option<Investigation> {
    let Event::InvestigationOpened { investigation, lot, run, failures, sterility } = &fact.event else { return None };
    Some(Investigation {
        number: investigation.clone(),
        lot: lot.clone(),
        run: *run,
        failures: failures.clone(),
        sterility: *sterility,
        opened_at: fact.at,
        laboratory: None,
        plan: None,
        retests: Vec::new(),
        conclusion: None,
        closure: None,
    })
}

/// The deviation or hold that a fact opened.
pub fn opened_deviation(fact: &Fact) -> Option<Deviation> {
    let Event::DeviationOpened { deviation, lot, sort, description, impact } = &fact.event else { return None };
    Some(Deviation {
        number: deviation.clone(),
        lot: lot.clone(),
        kind: *sort,
        description: description.clone(),
        impact: impact.clone(),
        opened_by: fact.by.person(),
        opened_at: fact.at,
        closure: None,
    })
}

/// Closes a deviation or hold.
pub fn close_deviation(deviation: &mut Deviation, fact: &Fact) {
    if let Event::DeviationClosed { assessment, .. } = &fact.event {
        deviation.closure =
            Some(DeviationClosure { assessment: assessment.clone(), by: fact.by.person(), at: fact.at });
    }
}

/// The flag that a fact put on a lot.
pub fn source_flag(fact: &Fact) -> Option<SourceFlag> {
    let Event::SourceFlagged { source, because, .. } = &fact.event else { return None };
    Some(SourceFlag { source: source.clone(), because: Remark::parse("because", because).ok()?, at: fact.at })
}

/// What a fact makes of a lot that is there.
///
/// Returns `None` where the fact cannot be about such a lot.
pub fn apply(lot: &mut Lot, fact: &Fact) -> Option<()> {
    let (by, at) = (fact.by.person(), fact.at);
    match &fact.event {
        Event::RunRecorded { run, lot: number, content } => {
            lot.runs.push(Run::new(*run, number.clone(), content.clone(), by, at));
            if let Some(of) = &content.investigation {
                apply_to_investigation(lot.investigations.iter_mut().find(|i| i.number == *of)?, fact);
            }
        }
        Event::RunCorrected { run, .. }
        | Event::RunVerified { run, .. }
        | Event::DiscrepancyFound { run, .. }
        | Event::DiscrepancyResolved { run, .. }
        | Event::RunInvalidated { run, .. } => {
            apply_to_run(lot.runs.iter_mut().find(|r| r.number == *run)?, fact);
        }
        Event::InvestigationOpened { .. } => lot.investigations.push(opened_investigation(fact)?),
        Event::LaboratoryPhaseRecorded { investigation, .. }
        | Event::RetestPlanApproved { investigation, .. }
        | Event::InvestigationConcluded { investigation, .. }
        | Event::InvestigationClosed { investigation, .. } => {
            apply_to_investigation(lot.investigations.iter_mut().find(|i| i.number == *investigation)?, fact);
        }
        Event::DeviationOpened { .. } => lot.deviations.push(opened_deviation(fact)?),
        Event::DeviationClosed { deviation, .. } => {
            close_deviation(lot.deviations.iter_mut().find(|d| d.number == *deviation)?, fact);
        }
        Event::SourceFlagged { .. } => lot.flags.push(source_flag(fact)?),
        Event::LotReleased { certificate, .. } => {
            lot.decision = Some(Decision::Released { certificate: certificate.clone(), by, at });
        }
        Event::LotRejected { reason, .. } => {
            lot.decision = Some(Decision::Rejected { reason: reason.as_str().to_owned(), by, at });
        }
        Event::AttemptRefused { .. } | Event::Oversight(_) => {}
        Event::Course(event) => {
            if let CourseEvent::CertificateSuperseded { corrections, .. } = event {
                corrections.iter().try_for_each(|correction| lot.details.correct(correction))?;
            }
            lot.course.apply(event, &by, at);
        }
        Event::LotRegistered(_)
        | Event::SiteCreated(_)
        | Event::SpecificationInstalled { .. }
        | Event::SpecificationDrafted { .. }
        | Event::SpecificationApproved { .. }
        | Event::SpecificationRetired { .. }
        | Event::InstrumentRegistered { .. }
        | Event::InstrumentCalibrated { .. }
        | Event::ReagentReceived(_)
        | Event::SitePolicySet { .. }
        | Event::UserCreated { .. }
        | Event::SignedIn {}
        | Event::SignedOut {}
        | Event::FileStored(_)
        | Event::Account(_)
        | Event::SignInFailed { .. } => return None,
    }
    Some(())
}
