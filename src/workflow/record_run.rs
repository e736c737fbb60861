//! An analyst records a run: a whole panel in one go.
//!
//! Promises: all values or none; the answer holds each value's verdict with its arithmetic, as
//! it will be once the run is verified; one that fails a lot that has left revokes its release
//! (`late_result.rs`).

use serde::{Deserialize, Serialize};

use crate::domain::assessment::verdict_in_run;
use crate::domain::entry::RunEntry;
use crate::domain::evaluation::Outcome;
use crate::domain::event::Event;
use crate::domain::ids::{AttributeCode, InvestigationNumber, LotNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::role::Actor;
use crate::domain::run::{Raw, Run, RunContent};
use crate::domain::spec::Specification;

use super::permit::{Permit, RecordRun};
use super::{App, Desk, Error, check_drawable, fitness, late_result, training};

/// A run just recorded, or judged without recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// Its number; `None` for a preview.
    pub run: Option<RunNumber>,
    /// Its lot.
    pub lot: LotNumber,
    /// Its values with their verdicts.
    pub readings: Vec<JudgedReading>,
    /// What was not as it should be and is accepted by the site's policy.
    #[serde(default)]
    pub flags: Vec<String>,
}

/// A value with its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedReading {
    /// What was measured.
    pub attribute: AttributeCode,
    /// Value as recorded.
    pub value: String,
    /// Unit.
    pub unit: Option<String>,
    /// How it stands.
    pub outcome: Outcome,
    /// Why.
    pub because: String,
    /// The reportable value.
    pub reported: Option<String>,
    /// How far inside (+) or outside (-) the limit.
    pub distance: Option<String>,
    /// When it can become final.
    pub earliest: Option<Moment>,
    /// Of a calculated attribute: the formula with the numbers in it.
    #[serde(default)]
    pub formula: Option<String>,
    /// The alert limit beyond which a passing value lies.
    #[serde(default)]
    pub alert: Option<String>,
    /// The raw entries of a calculated attribute, as typed.
    #[serde(default)]
    pub raw: Raw,
}

/// Records a run on a lot.
///
/// # Errors
/// The entry does not hold together, or the lot does not take it (see the domain's rules).
pub fn record_run(
    app: &App,
    permit: &Permit<RecordRun>,
    number: &LotNumber,
    entry: &RunEntry,
) -> Result<RecordedRun, Error> {
    let (number, entry) = (number.clone(), entry.clone());
    app.write_once(permit.actor(), permit.once(), move |desk| record(desk, &number, &entry, None))
}

/// Records a run, or a re-test under an investigation's plan, in an open write.
pub(super) fn record(
    desk: &mut Desk,
    number: &LotNumber,
    entry: &RunEntry,
    investigation: Option<InvestigationNumber>,
) -> Result<RecordedRun, Error> {
    let (lot, stored) = desk.lot(number)?;
    // A closed lot is refused before the entry's own mistakes are.
    if !lot.takes_only_failures() {
        lot.check_open()?;
    }
    let mut content = entry.read_beside(&stored.specification, desk.now, lot.donor_profile())?;
    content.investigation = investigation;
    check_printable(&content)?;
    fitness::check(&mut desk.view(), &mut content)?;
    let by = desk.by.clone();
    training::check_entry(&mut desk.view(), &by, &mut content)?;
    lot.check_record(&stored.specification, &content, &by)?;
    let run = desk.view().next_run()?;
    let recorded = Run::new(run, number.clone(), content.clone(), by.person(), desk.now);
    let late = late_result::weigh(desk, &lot, &stored.specification, &recorded, entry.late_result)?;
    desk.record(Event::RunRecorded { run, lot: number.clone(), content: content.clone() })?;
    if let Some(late) = late {
        late_result::follow(desk, run, &late)?;
    }
    Ok(judged(Some(run), number.clone(), &stored.specification, content, &by, desk.now))
}

/// Judges an entry as [`record_run`] would, and records nothing.
///
/// # Errors
/// As [`record_run`].
pub fn preview_run(
    app: &App,
    permit: &Permit<RecordRun>,
    number: &LotNumber,
    entry: &RunEntry,
) -> Result<RecordedRun, Error> {
    let (lot, stored) = app.lot(number)?;
    if !lot.takes_only_failures() {
        lot.check_open()?;
    }
    let mut content = entry.read_beside(&stored.specification, app.now(), lot.donor_profile())?;
    check_printable(&content)?;
    app.read(|view| fitness::check(view, &mut content))?;
    app.read(|view| training::check_entry(view, permit.actor(), &mut content))?;
    lot.check_record(&stored.specification, &content, permit.actor())?;
    Ok(judged(None, number.clone(), &stored.specification, content, permit.actor(), app.now()))
}

/// Everything of a run that the certificate prints must be printable.
pub(super) fn check_printable(content: &RunContent) -> Result<(), Error> {
    check_drawable("method", content.method.as_str())?;
    check_drawable("instrument", content.instrument.as_str())?;
    check_drawable("comment", &content.comment.as_str().replace('\n', " "))?;
    for (i, reading) in content.readings.iter().enumerate() {
        check_drawable(&format!("readings[{i}].value"), &reading.value)?;
    }
    Ok(())
}

fn judged(
    number: Option<RunNumber>,
    lot: LotNumber,
    spec: &Specification,
    content: RunContent,
    by: &Actor,
    now: Moment,
) -> RecordedRun {
    let run = Run::new(number.unwrap_or(RunNumber(0)), lot.clone(), content, by.person(), now);
    let readings = run.content.readings.iter().filter_map(|reading| {
        let criterion = spec.criterion(&reading.attribute)?;
        let verdict = verdict_in_run(&run, spec, criterion)?;
        Some(JudgedReading {
            attribute: reading.attribute.clone(),
            value: reading.value.clone(),
            unit: reading.unit.clone(),
            outcome: verdict.outcome,
            because: verdict.because,
            reported: verdict.reported,
            distance: verdict.distance,
            earliest: verdict.earliest,
            formula: reading.formula.clone(),
            alert: verdict.alert,
            raw: reading.raw.clone(),
        })
    });
    RecordedRun { run: number, lot, readings: readings.collect(), flags: run.content.flags.clone() }
}
