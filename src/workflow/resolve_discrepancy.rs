//! Two people's entries of a critical value differ: each says what the value is, and why.
//!
//! Promises: only the person who made the second entry and those who entered the run say
//! something; once they say the same, the value they agree on is recorded in the same
//! transaction, with the first value kept beside it.

use serde::{Deserialize, Serialize};

use crate::domain::entry::ReadingEntry;
use crate::domain::event::Event;
use crate::domain::ids::{AttributeCode, LotNumber, RunNumber};
use crate::domain::lot::Lot;
use crate::domain::quantity::same_value;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::run::{Change, Discrepancy, Reading, Resolution, Run};
use crate::domain::spec::Specification;
use crate::domain::text::Line;

use super::correct_run::differences;
use super::permit::{Permit, ResolveDiscrepancy};
use super::{App, Desk, Error, check_drawable, late_result};

/// What one of the two says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResolutionEntry {
    /// The value, or the raw entries of a calculated one. The unit may be left out.
    pub reading: ReadingEntry,
    /// Why the entries differed.
    pub reason: String,
}

/// What was said, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The run.
    pub run: RunNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// What was measured.
    pub attribute: AttributeCode,
    /// What this person says the value is.
    pub value: String,
    /// The value on which both agree, once they do.
    pub agreed: Option<String>,
    /// What was corrected by it.
    pub changes: Vec<Change>,
}

/// Says what the value is whose two entries differ.
///
/// # Errors
/// The lot is decided, there is no such discrepancy, the person is neither of the two, or the
/// value cannot be accepted.
pub fn resolve_discrepancy(
    app: &App,
    permit: &Permit<ResolveDiscrepancy>,
    number: RunNumber,
    entry: &ResolutionEntry,
) -> Result<Resolved, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| resolve(desk, number, entry))
}

fn resolve(desk: &mut Desk, number: RunNumber, entry: ResolutionEntry) -> Result<Resolved, Error> {
    let lot = desk.view().lot_of_run(number)??;
    let (lot, stored) = desk.lot(lot.number())?;
    let spec = &stored.specification;
    let run = lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
    lot.check_examinable()?;
    let open = open_discrepancy(run, &entry.reading.attribute)?;
    check_concerned(run, open, &desk.by)?;
    let reading = read(&lot, spec, run, entry.reading)?;
    let reason = Line::parse("reason", &entry.reason)?;
    check_drawable("reason", reason.as_str())?;
    let mut settled = open.clone();
    let (by, at) = (desk.by.person(), desk.now);
    settled.resolutions.push(Resolution { value: reading.value.clone(), reason: reason.clone(), by, at });
    desk.record(Event::DiscrepancyResolved {
        run: number,
        lot: lot.details.lot.clone(),
        attribute: reading.attribute.clone(),
        value: reading.value.clone(),
        reason,
    })?;
    let changes = match settled.settled_by() {
        Some(word) => correct(desk, &lot, spec, run, &reading, word)?,
        None => Vec::new(),
    };
    Ok(Resolved {
        run: number,
        lot: lot.details.lot.clone(),
        agreed: settled.agreed().map(str::to_owned),
        attribute: reading.attribute,
        value: reading.value,
        changes,
    })
}

fn open_discrepancy<'r>(run: &'r Run, attribute: &str) -> Result<&'r Discrepancy, Refusal> {
    let same = |d: &&Discrepancy| d.attribute.as_str().eq_ignore_ascii_case(attribute.trim());
    run.open_discrepancies().find(same).ok_or_else(|| {
        let shown: String = attribute.chars().take(40).collect();
        let detail =
            format!("The two entries of “{shown}” in run #{} do not differ; there is nothing to resolve.", run.number);
        Refusal::field(Code::UnknownAttribute, "attribute", detail)
    })
}

fn check_concerned(run: &Run, open: &Discrepancy, by: &Actor) -> Result<(), Refusal> {
    if open.by.username == by.username || run.enterers().any(|p| p.username == by.username) {
        return Ok(());
    }
    let mut enterers: Vec<&str> = run.enterers().map(|p| p.name.as_str()).collect();
    enterers.dedup();
    let detail = format!(
        "The two entries of {} differ between {} and {}: they resolve it from the raw data, nobody else.",
        open.attribute,
        enterers.join(" or "),
        open.by.name.as_str()
    );
    Err(Refusal::new(Code::NotConcerned, detail))
}

fn read(lot: &Lot, spec: &Specification, run: &Run, mut typed: ReadingEntry) -> Result<Reading, Refusal> {
    let assay = spec
        .assay(&run.content.assay)
        .ok_or_else(|| Refusal::new(Code::UnknownAssay, format!("Run #{} has no such assay.", run.number)))?;
    if typed.unit.is_none() {
        let criterion = AttributeCode::parse(&typed.attribute).ok().and_then(|code| spec.criterion(&code));
        typed.unit = criterion.and_then(|c| c.acceptance.unit()).map(str::to_owned);
    }
    typed.read_beside(spec, assay, Some((run.content.started_at, run.content.tested_at)), lot.donor_profile())
}

/// Puts the agreed value in where it is not the recorded one, on the enterer's word.
fn correct(
    desk: &mut Desk,
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    agreed: &Reading,
    word: &Resolution,
) -> Result<Vec<Change>, Error> {
    let mut corrected = run.clone();
    let there = corrected.content.readings.iter_mut().find(|r| r.attribute == agreed.attribute);
    if let Some(reading) = there.filter(|r| !same_value(&r.value, &agreed.value)) {
        reading.clone_from(agreed);
        if agreed.formula.is_none() {
            reading.value.clone_from(&word.value);
        }
    }
    let enterer = Actor { username: word.by.username.clone(), name: word.by.name.clone(), role: Role::Analyst };
    let changes = differences(run, &corrected, &word.reason, &word.by, desk.now);
    if !changes.is_empty() {
        lot.check_correct(spec, run, &corrected.content, &enterer)?;
        // Two people agree on the value: nobody needs to be asked once more.
        let late = late_result::weigh(desk, lot, spec, &corrected, true)?;
        let number = lot.details.lot.clone();
        desk.record(Event::RunCorrected { run: run.number, lot: number, changes: changes.clone() })?;
        if let Some(late) = late {
            late_result::follow(desk, run.number, &late)?;
        }
    }
    Ok(changes)
}
