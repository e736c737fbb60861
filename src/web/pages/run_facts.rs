//! What a run's page shows: its facts, its controls, its readings and its evidence files.
//!
//! Promises: a value that the reader must not see yet is not shown.

use super::shown;
use super::view::evidence::EvidenceRow;
use super::view::parts::{Fact, Value};
use super::view::runs::{Former, ReadingRow};
use super::visit::Visit;
use crate::domain::assessment::verdict_in_run;
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::exact::shortened;
use crate::domain::file::FileHash;
use crate::domain::run::{Reading, Run};
use crate::domain::spec::Specification;
use crate::store::StoredFile;
use crate::web::times;
use crate::workflow::{App, Error};

/// Who entered it, when, how, and what became of it.
pub fn facts(visit: &Visit, run: &Run) -> Vec<Fact> {
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
    let reagents: Vec<&str> = content.reagents.iter().map(|code| code.as_str()).collect();
    if !reagents.is_empty() {
        facts.push(Fact::new("Reagents", reagents.join(", ")).linked("/equipment"));
    }
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

/// What its controls showed.
pub fn controls(spec: &Specification, run: &Run) -> Vec<Fact> {
    let known = spec.assay(&run.content.assay).map(|a| a.controls.as_slice()).unwrap_or_default();
    let fact = |given: &crate::domain::run::ControlReading| {
        let control = known.iter().find(|c| c.name == given.name);
        let bad = control.is_some_and(|c| !c.accepts(&given.value, spec.rounding).unwrap_or(false));
        let required = control.map(|c| c.in_words()).unwrap_or_default();
        let number = control.is_some_and(|c| c.limit.is_some());
        let mut label = if number { given.name.clone() } else { format!("{} control", given.name) };
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let unit = control.and_then(|c| c.unit.as_deref());
        let fact = Fact::new(label, shown::with_unit(&given.value, unit));
        if bad { fact.with_note(format!("must be {required}: the run is invalid")) } else { fact }
    };
    run.content.controls.iter().map(fact).collect()
}

/// One reading with its verdict, as far as the reader may see it.
pub fn row(visit: &Visit, blind: &Blind, run: &Run, reading: &Reading) -> ReadingRow {
    let spec = blind.spec;
    let hidden = blind.hides(run, &reading.attribute);
    let criterion = spec.criterion(&reading.attribute);
    let verdict = criterion.and_then(|c| verdict_in_run(run, spec, c));
    let (acceptance, unit) = criterion.map(|c| shown::acceptance(&c.acceptance)).unwrap_or_default();
    let former = |change: &crate::domain::run::Change| Former {
        value: match hidden {
            true => HIDDEN.to_owned(),
            false => shown::with_unit(&change.before, reading.unit.as_deref()),
        },
        reason: format!(
            "{}, {}: {}",
            change.by.name.as_str(),
            times::to_minutes(change.at, visit.zone),
            change.reason.as_str()
        ),
    };
    let superseded = run.changes.iter().rev().filter(|c| c.attribute == reading.attribute).map(former).collect();
    if hidden {
        return ReadingRow {
            name: criterion.map_or_else(|| reading.attribute.to_string(), |c| c.name.clone()),
            acceptance,
            unit: super::view::parts::Unit::default(),
            typed: Value::Words(HIDDEN.to_owned()),
            reported: Value::None,
            outcome: super::view::marks::Outcome::Unverified,
            because: String::new(),
            raw: Vec::new(),
            alert: String::new(),
            superseded,
        };
    }
    ReadingRow {
        raw: criterion.map(|c| raw_lines(c, reading)).unwrap_or_default(),
        alert: verdict.as_ref().and_then(|v| v.alert.clone()).unwrap_or_default(),
        name: criterion.map_or_else(|| reading.attribute.to_string(), |c| c.name.clone()),
        acceptance,
        unit,
        typed: match reading.formula {
            Some(_) => Value::from(shortened(&reading.value).as_str()),
            None => Value::from(reading.value.as_str()),
        },
        reported: verdict.as_ref().and_then(|v| v.reported.as_deref()).map_or(Value::None, Value::from),
        outcome: verdict.as_ref().map_or(super::view::marks::Outcome::Reported, |v| v.outcome),
        because: verdict.map(|v| v.because).unwrap_or_default(),
        superseded,
    }
}

/// The raw entries of a calculated value, as typed.
fn raw_lines(criterion: &crate::domain::spec::Criterion, reading: &Reading) -> Vec<String> {
    let inputs = criterion.calculated.as_ref().map(|c| c.inputs()).unwrap_or_default();
    let line = |input: &crate::domain::calculation::Input| {
        let typed = reading.raw.get(input.name)?.join(", ");
        Some(format!("{}: {}", input.label, shown::with_unit(&typed, input.unit)))
    };
    inputs.iter().filter_map(line).collect()
}

/// The evidence files on record under these hashes; a hash that none has is left out.
///
/// # Errors
/// The store fails.
pub fn stored(app: &App, hashes: &[String]) -> Result<Vec<StoredFile>, Error> {
    app.read(|view| {
        let mut found = Vec::new();
        for hash in hashes.iter().filter_map(|text| FileHash::parse(text).ok()) {
            found.extend(view.file(&hash)?.ok());
        }
        Ok(found)
    })
}

/// An evidence file as a page names it.
pub fn evidence(file: &StoredFile) -> EvidenceRow {
    let details = &file.details;
    EvidenceRow {
        sha256: details.sha256.to_string(),
        name: details.name.as_str().to_owned(),
        media_type: details.media_type.word().to_owned(),
        size: size(details.bytes),
        href: format!("/files/{}", details.sha256),
        kept: true,
    }
}

/// `812 bytes`, `1.4 MB`: whole numbers only, one digit after the point.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes.saturating_mul(10)).div_ceil(unit);
    let shown = |unit: u64, word: &str| format!("{}.{} {word}", tenths(unit) / 10, tenths(unit) % 10);
    match bytes {
        0..1_000 => shown::counted(usize::try_from(bytes).unwrap_or_default(), "byte", "bytes"),
        1_000..1_000_000 => shown(1_000, "kB"),
        _ => shown(1_000_000, "MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn a_size_is_said_as_people_say_it() {
        for (bytes, said) in
            [(1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (1_400_000, "1.4 MB"), (25_000_000, "25.0 MB")]
        {
            assert_eq!(size(bytes), said);
        }
    }
}
