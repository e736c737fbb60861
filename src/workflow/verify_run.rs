//! A second person confirms a run against its raw data.
//!
//! Promises: never somebody who entered data of the lot; bound by hash to exactly what the run
//! said; critical values are typed again, blind, and a difference is recorded and stops the
//! verification; an attempt on one's own work is recorded. A result that fails opens its
//! investigation, and flags what was made from a bank, in the same transaction.

use serde::{Deserialize, Serialize};

use crate::domain::entry::ReadingEntry;
use crate::domain::event::{Difference, Event};
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::inquiry::is_sterility;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::quantity::same_value;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::{Reading, Run, RunContent, SecondEntry};
use crate::domain::spec::{Criterion, Specification};
use crate::ledger::canonical;

use super::permit::{Permit, Subject, VerifyRun, recording_refusals};
use super::{App, Desk, Error, late_result, set_up, training};

/// What the verifier says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationEntry {
    /// SHA-256 of the content as it was shown; if given, anything else is refused.
    #[serde(default)]
    pub content_sha256: Option<String>,
    /// Critical values, typed again from the raw data.
    #[serde(default)]
    pub readings: Vec<ReadingEntry>,
}

/// A verification just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The run.
    pub run: RunNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// When.
    pub verified_at: Moment,
    /// SHA-256 of what was confirmed.
    pub content_sha256: String,
}

/// What came of an attempt that was recorded.
#[derive(Serialize, Deserialize)]
enum Came {
    Verified(Verified),
    Differs(Vec<Difference>),
}

/// The hash of a run's content, which a verification confirms.
///
/// # Errors
/// Never for content that was recorded; a failure of ours otherwise.
pub fn content_sha256(content: &RunContent) -> Result<String, Error> {
    canonical::sha256_of(content).map_err(|e| Error::Internal(e.to_string()))
}

/// The critical criteria of a run, which its verifier types again.
pub fn critical<'s>(spec: &'s Specification, run: &Run) -> Vec<&'s Criterion> {
    let readings = run.content.readings.iter().filter_map(|r| spec.criterion(&r.attribute));
    readings.filter(|c| c.critical).collect()
}

/// Verifies a run.
///
/// # Errors
/// Own work, already verified, changed since it was shown, lot decided, no such run; a critical
/// value that was not typed again, or differently.
pub fn verify_run(
    app: &App,
    permit: &Permit<VerifyRun>,
    number: RunNumber,
    entry: &VerificationEntry,
) -> Result<Verified, Error> {
    let entry = entry.clone();
    let outcome = app.write_once(permit.actor(), permit.once(), move |desk| verify(desk, number, &entry));
    let outcome = outcome.and_then(|came| match came {
        Came::Verified(verified) => Ok(verified),
        Came::Differs(differences) => Err(differing(number, &differences).into()),
    });
    let subject = Subject { lot: None, run: Some(number) };
    recording_refusals::<VerifyRun, _>(app, permit.actor(), &subject, outcome)
}

fn verify(desk: &mut Desk, number: RunNumber, entry: &VerificationEntry) -> Result<Came, Error> {
    let lot = desk.view().lot_of_run(number)??;
    let (lot, stored) = desk.lot(lot.number())?;
    let spec = &stored.specification;
    let run = lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
    lot.check_verify(run, &desk.by)?;
    let content_sha256 = content_sha256(&run.content)?;
    if entry.content_sha256.as_ref().is_some_and(|seen| *seen != content_sha256) {
        let detail = format!("Run #{number} was changed after it was shown to you. Look at it again.");
        return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
    }
    let (second_entry, differences) = second_entry(&lot, spec, run, &entry.readings)?;
    let lot_number = lot.details.lot.clone();
    if !differences.is_empty() {
        desk.record(Event::DiscrepancyFound { run: number, lot: lot_number, differences: differences.clone() })?;
        return Ok(Came::Differs(differences));
    }
    desk.record(Event::RunVerified {
        run: number,
        lot: lot_number.clone(),
        content_sha256: content_sha256.clone(),
        second_entry,
    })?;
    training::check_deed(desk, &lot_number, number, &run.content.assay, "verified")?;
    investigate_failures(desk, &lot_number)?;
    Ok(Came::Verified(Verified { run: number, lot: lot_number, verified_at: desk.now, content_sha256 }))
}

fn differing(number: RunNumber, differences: &[Difference]) -> Refusal {
    let names: Vec<&str> = differences.iter().map(|d| d.attribute.as_str()).collect();
    let detail = format!(
        "What you typed for {} is not what was entered first. The difference is recorded, and run #{number} is not \
         verified: you and the person who entered it each say what the value is and why.",
        names.join(", ")
    );
    Refusal::new(Code::SecondEntryDiffers, detail)
}

/// Reads the second entry of the critical values and compares it with the first.
fn second_entry(
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    typed: &[ReadingEntry],
) -> Result<(Vec<SecondEntry>, Vec<Difference>), Refusal> {
    let critical = critical(spec, run);
    let Some(assay) = spec.assay(&run.content.assay).filter(|_| !critical.is_empty()) else {
        return match typed.first() {
            None => Ok((Vec::new(), Vec::new())),
            Some(_) => {
                let detail = "No value of this run is critical. Confirm it without typing values.";
                Err(Refusal::field(Code::InvalidField, "readings", detail))
            }
        };
    };
    check_only_critical(&critical, typed)?;
    let times = Some((run.content.started_at, run.content.tested_at));
    let (mut entries, mut differences, mut refusals) = (Vec::new(), Vec::new(), Vec::new());
    for criterion in critical {
        let given = typed
            .iter()
            .enumerate()
            .find(|(_, r)| r.attribute.trim().eq_ignore_ascii_case(criterion.attribute.as_str()));
        let Some((i, given)) = given else {
            let detail = format!(
                "{} is critical: type its value again from the raw data, without looking at the first entry.",
                criterion.name
            );
            refusals.push(Refusal::field(Code::SecondEntryRequired, "readings", detail));
            continue;
        };
        match given.read_beside(spec, assay, times, lot.donor_profile()) {
            Ok(second) => {
                let first = run.content.readings.iter().find(|r| r.attribute == second.attribute);
                if let Some(first) = first.filter(|first| !same(first, &second)) {
                    let shown = |r: &Reading| r.formula.clone().unwrap_or_else(|| r.value.clone());
                    let (first, second) = (shown(first), shown(&second));
                    differences.push(Difference { attribute: criterion.attribute.clone(), first, second });
                }
                entries.push(SecondEntry { attribute: second.attribute, value: second.value });
            }
            Err(refusal) => refusals.push(refusal.within(&format!("readings[{i}]"))),
        }
    }
    Refusal::all(refusals).map_or(Ok((entries, differences)), Err)
}

/// The same value, if perhaps typed with other trailing zeros; of a calculated one, the same raw
/// entries: two different readings can have the same product.
fn same(first: &Reading, second: &Reading) -> bool {
    let alike =
        |(a, b): (&Vec<String>, &Vec<String>)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b));
    first.raw.keys().eq(second.raw.keys())
        && first.raw.values().zip(second.raw.values()).all(alike)
        && same_value(&first.value, &second.value)
}

/// Refuses a second entry of a value that is not critical, and two of one value.
fn check_only_critical(critical: &[&Criterion], typed: &[ReadingEntry]) -> Result<(), Refusal> {
    let mut refusals = Vec::new();
    for (i, given) in typed.iter().enumerate() {
        let same = |attribute: &str| attribute.eq_ignore_ascii_case(given.attribute.trim());
        let shown: String = given.attribute.chars().take(40).collect();
        let place = format!("readings[{i}].attribute");
        if !critical.iter().any(|c| same(c.attribute.as_str())) {
            let known: Vec<&str> = critical.iter().map(|c| c.attribute.as_str()).collect();
            let detail = format!("“{shown}” is no critical value of this run. Type again {} only.", known.join(", "));
            refusals.push(Refusal::field(Code::UnknownAttribute, place, detail));
        } else if typed.iter().take(i).any(|earlier| same(earlier.attribute.trim())) {
            let detail = format!("{shown} is typed again twice. Give one value.");
            refusals.push(Refusal::field(Code::RepeatedAttribute, place, detail));
        }
    }
    Refusal::all(refusals).map_or(Ok(()), Err)
}

/// Opens an investigation of each verified run that fails and has none.
pub(super) fn investigate_failures(desk: &mut Desk, number: &LotNumber) -> Result<(), Error> {
    let (lot, stored) = desk.lot(number)?;
    let spec = &stored.specification;
    let system = set_up::system_actor();
    let year = desk.now.year();
    for (run, failures) in lot.uninvestigated(spec) {
        let investigation = desk.view().next_investigation(year)?;
        let because = format!("run #{} of {number} is out of specification", run.number);
        let opened = Event::InvestigationOpened {
            investigation,
            lot: number.clone(),
            run: run.number,
            failures,
            sterility: is_sterility(spec, run),
        };
        desk.record_as(&system, opened)?;
        flag_made_from(desk, &lot, run.number, &because)?;
    }
    Ok(())
}

/// Flags every lot and bank that was made from this one, and holds the lots that have left: QA
/// decides whether their release is revoked.
pub(super) fn flag_made_from(desk: &mut Desk, lot: &Lot, run: RunNumber, because: &str) -> Result<(), Error> {
    if lot.details.stage.is_own() {
        return Ok(());
    }
    let system = set_up::system_actor();
    for made in desk.view().made_from(lot.number())? {
        let source = lot.details.lot.clone();
        desk.record_as(&system, Event::SourceFlagged { lot: made.clone(), source, run, because: because.to_owned() })?;
        let (made, _) = desk.lot(&made)?;
        if made.is_out() || made.is_supplied() {
            let description = format!("It was made from {}: {because}.", lot.number());
            let impact = "The lot has left or may leave. Assess whether its release must be revoked.";
            late_result::hold(desk, made.number(), &description, impact)?;
        }
    }
    Ok(())
}
