//! A value typed wrongly is corrected, with a reason.
//!
//! Promises: the first value stays on record and is printed with the certificate; a verification
//! falls with the correction; a failing result that was verified is not corrected but
//! investigated, unless its investigation has found an obvious error.

use serde::{Deserialize, Serialize};

use crate::domain::entry::ReadingEntry;
use crate::domain::event::Event;
use crate::domain::ids::{AttributeCode, RunNumber};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::run::{Change, Run};
use crate::domain::spec::Specification;
use crate::domain::text::Line;

use super::permit::{Permit, RecordRun};
use super::verify_run::investigate_failures;
use super::{App, Error, check_drawable, late_result, training};

/// A correction as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionEntry {
    /// The new values.
    pub readings: Vec<ReadingEntry>,
    /// Why.
    pub reason: String,
    /// That a failing value is to be recorded although it revokes the lot's release.
    #[serde(default)]
    pub late_result: bool,
}

/// A correction just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// The run.
    pub run: RunNumber,
    /// Before and after.
    pub changes: Vec<Change>,
}

/// Corrects values of a run.
///
/// # Errors
/// The run is under investigation or invalid, a value cannot be accepted, nothing would change, or no reason is given.
pub fn correct_run(
    app: &App,
    permit: &Permit<RecordRun>,
    number: RunNumber,
    entry: &CorrectionEntry,
) -> Result<Corrected, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let lot = desk.view().lot_of_run(number)??;
        let (lot, stored) = desk.lot(lot.number())?;
        let spec = &stored.specification;
        let run =
            lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
        let by = desk.by.clone();
        let reason = Line::parse("reason", &entry.reason)?;
        check_drawable("reason", reason.as_str())?;
        let corrected = corrected_run(&lot, spec, run, &entry)?;
        check_no_discrepancy(run, &corrected)?;
        lot.check_correct(spec, run, &corrected.content, &by)?;
        let changes = differences(run, &corrected, &reason, &by.person(), desk.now);
        if changes.is_empty() {
            let detail = "The new values are the values that are there already. Nothing was changed.";
            return Err(Refusal::field(Code::InvalidField, "readings", detail).into());
        }
        let late = late_result::weigh(desk, &lot, spec, &corrected, entry.late_result)?;
        desk.record(Event::RunCorrected { run: number, lot: lot.details.lot.clone(), changes: changes.clone() })?;
        training::check_deed(desk, lot.number(), number, &run.content.assay, "corrected")?;
        if let Some(late) = late {
            late_result::follow(desk, number, &late)?;
        }
        // Another run's criterion may apply only now, because the passage is another.
        investigate_failures(desk, lot.number())?;
        Ok(Corrected { run: number, changes })
    })
}

/// The run with the new values in it.
fn corrected_run(lot: &Lot, spec: &Specification, run: &Run, entry: &CorrectionEntry) -> Result<Run, Refusal> {
    let assay = spec
        .assay(&run.content.assay)
        .ok_or_else(|| Refusal::new(Code::UnknownAssay, format!("Lot {} has no such assay.", lot.number())))?;
    let times = Some((run.content.started_at, run.content.tested_at));
    let mut corrected = run.clone();
    let mut refusals = Vec::new();
    let mut seen: Vec<AttributeCode> = Vec::new();
    for (i, given) in entry.readings.iter().enumerate() {
        let place = format!("readings[{i}]");
        let new = match given.read_beside(spec, assay, times, lot.donor_profile()) {
            Ok(new) => new,
            Err(refusal) => {
                refusals.push(refusal.within(&place));
                continue;
            }
        };
        if seen.contains(&new.attribute) {
            let detail = format!("{} is corrected twice. Give one value.", new.attribute);
            refusals.push(Refusal::field(Code::RepeatedAttribute, format!("{place}.attribute"), detail));
            continue;
        }
        seen.push(new.attribute.clone());
        match corrected.content.readings.iter_mut().find(|r| r.attribute == new.attribute) {
            Some(reading) => *reading = new,
            None => {
                let detail = format!("Run #{} has no {}. Record it as a new run.", run.number, new.attribute);
                refusals.push(Refusal::field(Code::UnknownAttribute, format!("{place}.attribute"), detail));
            }
        }
    }
    Refusal::all(refusals).map_or(Ok(corrected), Err)
}

/// A value whose two entries differ is changed by resolving that, and in no other way.
fn check_no_discrepancy(before: &Run, after: &Run) -> Result<(), Refusal> {
    let pairs = before.content.readings.iter().zip(&after.content.readings);
    let mut changed = pairs.filter(|(old, new)| old != new).map(|(old, _)| &old.attribute);
    let open = changed.find(|attribute| before.open_discrepancies().any(|d| d.attribute == **attribute));
    open.map_or(Ok(()), |attribute| {
        let detail = format!(
            "The two entries of {attribute} in run #{} differ. It is corrected when both people say the same value: \
             resolve the discrepancy instead.",
            before.number
        );
        Err(Refusal::new(Code::SecondEntryDiffers, detail))
    })
}

/// What changed between two states of a run.
pub(super) fn differences(before: &Run, after: &Run, reason: &Line, by: &Person, at: Moment) -> Vec<Change> {
    let pairs = before.content.readings.iter().zip(&after.content.readings);
    pairs
        .filter(|(old, new)| old.value != new.value || old.raw != new.raw)
        .map(|(old, new)| Change {
            attribute: old.attribute.clone(),
            before: old.value.clone(),
            after: new.value.clone(),
            reason: reason.clone(),
            by: by.clone(),
            at,
            raw_before: old.raw.clone(),
            raw_after: new.raw.clone(),
            formula_after: new.formula.clone(),
        })
        .collect()
}
