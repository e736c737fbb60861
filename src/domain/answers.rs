//! Whether a reading that would pass still answers the criterion it is judged by.
//!
//! Promises: only ever takes a pass away. What was recorded under another specification answers a
//! criterion only where it was tested as that criterion asks; an identity is one with the profile
//! of the donor that stands now; a final negative is none while a turbid reading prolongs the
//! incubation.

use super::entry::in_minutes;
use super::ids::RunNumber;
use super::lot::Lot;
use super::moment::Moment;
use super::run::{Reading, Run};
use super::spec::{Acceptance, Criterion, Specification};
use super::str_reading::StrUse;

/// Why a run that was recorded under another specification does not answer a criterion of this one.
pub(super) fn tested_otherwise(
    run: &Run,
    recorded_under: &Specification,
    spec: &Specification,
    criterion: &Criterion,
) -> Option<String> {
    if (&recorded_under.product, recorded_under.version) == (&spec.product, spec.version) {
        return None;
    }
    let there = recorded_under.criterion(&criterion.attribute)?;
    let second = run.verification.as_ref().map(|v| &v.second_entry);
    let why = if run.content.assay != criterion.assay {
        format!("as assay {}, not as {}", run.content.assay, criterion.assay)
    } else if there.calculated != criterion.calculated || there.str_use != criterion.str_use {
        "and its value was not worked out as is asked here".to_owned()
    } else if let Some(why) = run.invalid_because(spec) {
        format!("with other controls than are asked here ({why})")
    } else if criterion.evidence && run.content.evidence.is_empty() {
        "without the evidence file that is asked here".to_owned()
    } else if criterion.critical && second.is_some_and(|s| s.iter().all(|e| e.attribute != criterion.attribute)) {
        "and was not typed twice, as is asked here".to_owned()
    } else if too_early(run, criterion) {
        "with a shorter incubation than is asked here".to_owned()
    } else {
        return None;
    };
    let (product, version) = (&recorded_under.product, recorded_under.version);
    Some(format!("run #{} was recorded under {product} version {version} {why}", run.number))
}

fn too_early(run: &Run, criterion: &Criterion) -> bool {
    let Acceptance::Categorical { incubation_hours_min: Some(hours), .. } = &criterion.acceptance else {
        return false;
    };
    run.content.started_at.is_none_or(|start| run.content.tested_at < start.plus_hours(*hours))
}

/// A reading of a run that prolongs an incubation.
pub(super) struct Prolonged<'a> {
    /// The run.
    pub run: RunNumber,
    /// What it reads.
    pub word: &'a str,
    /// Before which no final negative is possible.
    pub until: Moment,
}

/// What prolongs the incubation beyond `tested_at`; an invalid reading prolongs nothing.
pub(super) fn prolonged<'a>(
    runs: &'a [Run],
    spec: &Specification,
    criterion: &Criterion,
    tested_at: Moment,
) -> Option<Prolonged<'a>> {
    let Acceptance::Categorical { extensions, .. } = &criterion.acceptance else { return None };
    runs.iter().filter(|run| run.invalid_because(spec).is_none()).find_map(|run| {
        let reading = run.content.readings.iter().find(|r| r.attribute == criterion.attribute)?;
        let until = run.content.tested_at.plus_hours(*extensions.get(&reading.value)?);
        (tested_at < until).then_some(Prolonged { run: run.number, word: &reading.value, until })
    })
}

impl Prolonged<'_> {
    /// `run #3 reads “Turbid”, which prolongs the incubation to 2026-06-05 08:00 UTC`.
    pub fn in_words(&self) -> String {
        format!("run #{} reads “{}”, which prolongs the incubation to {}", self.run, self.word, in_minutes(self.until))
    }
}

impl Lot {
    /// Why an identity is not one with the donor's profile as it stands now.
    pub(super) fn stale_identity(&self, criterion: &Criterion, reading: &Reading) -> Option<&'static str> {
        if criterion.str_use != Some(StrUse::Identity) {
            return None;
        }
        let now = StrUse::Identity.result(&reading.raw, self.donor_profile());
        match now {
            Err(_) => Some("the donor has no verified STR profile any more; record and verify one"),
            Ok(now) if now.value != reading.value => {
                Some("the donor's STR profile is another since; compare again by a new run")
            }
            Ok(_) => None,
        }
    }
}
