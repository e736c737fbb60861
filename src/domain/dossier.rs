//! The dossier: everything known of a lot at the moment of decision, as it is signed.
//!
//! Promises: made only from the lot, its specification and their assessment; the same lot
//! gives the same dossier, so its hash can be shown before signing and compared after.

use super::assessment::{Assessment, Item};
use super::certificate::{
    ChangeRecord, ControlRecord, Dossier, PersonRecord, ReadingRecord, ResultRecord, RunRecord, SpecificationRecord,
};
use super::lot::Lot;
use super::role::Person;
use super::run::Run;
use super::spec::Specification;

/// Writes the dossier of a lot. `specification_sha256` is the hash of the specification's
/// canonical JSON.
pub fn compose(lot: &Lot, spec: &Specification, specification_sha256: &str, assessment: &Assessment) -> Dossier {
    let details = &lot.details;
    Dossier {
        lot: details.lot.to_string(),
        product: details.product.to_string(),
        product_name: spec.product_name.clone(),
        donor: details.donor.to_string(),
        manufactured_at: details.manufactured_at.to_string(),
        expires_at: details.expires_at.to_string(),
        containers: details.containers,
        specification: SpecificationRecord {
            version: spec.version,
            title: spec.title.clone(),
            example: spec.example,
            rounding: spec.rounding.as_str().to_owned(),
            effective_from: spec.effective_from.map_or(String::new(), |at| at.to_string()),
            sha256: specification_sha256.to_owned(),
        },
        results: assessment.items.iter().filter_map(result).collect(),
        runs: lot.runs.iter().map(|run| run_record(run, spec)).collect(),
        changes: changes(lot),
    }
}

fn person(person: &Person) -> PersonRecord {
    PersonRecord { username: person.username.to_string(), name: person.name.as_str().to_owned() }
}

/// One criterion's row; `None` while there is no run for it.
fn result(item: &Item) -> Option<ResultRecord> {
    let criterion = item.criterion;
    let run = item.run?;
    let typed = item.verdict.as_entered.clone()?;
    Some(ResultRecord {
        attribute: criterion.attribute.to_string(),
        name: criterion.name.clone(),
        section: criterion.section.clone(),
        definition: criterion.definition.clone(),
        kind: criterion.kind.as_str().to_owned(),
        method: run.content.method.as_str().to_owned(),
        acceptance: criterion.acceptance.in_words(),
        unit: criterion.acceptance.unit().map(str::to_owned),
        reported: item.verdict.reported.clone().unwrap_or_else(|| typed.clone()),
        as_typed: typed,
        arithmetic: item.verdict.because.clone(),
        outcome: item.verdict.outcome.as_str().to_owned(),
        run: run.number.0,
        tested_at: run.content.tested_at.to_string(),
    })
}

fn run_record(run: &Run, spec: &Specification) -> RunRecord {
    let content = &run.content;
    let control = |c: &super::run::ControlReading| ControlRecord { name: c.name.clone(), value: c.value.clone() };
    let reading = |r: &super::run::Reading| ReadingRecord {
        attribute: r.attribute.to_string(),
        value: r.value.clone(),
        unit: r.unit.clone(),
    };
    RunRecord {
        run: run.number.0,
        assay: content.assay.to_string(),
        method: content.method.as_str().to_owned(),
        instrument: content.instrument.as_str().to_owned(),
        started_at: content.started_at.map(|m| m.to_string()),
        tested_at: content.tested_at.to_string(),
        controls: content.controls.iter().map(control).collect(),
        readings: content.readings.iter().map(reading).collect(),
        valid: run.invalid_because(spec).is_none(),
        entered_by: person(&run.entered_by),
        entered_at: run.entered_at.to_string(),
        verified_by: run.verification.as_ref().map(|v| person(&v.by)),
        verified_at: run.verification.as_ref().map(|v| v.at.to_string()),
        // The paper sets a remark as one paragraph.
        comment: content.comment.as_str().replace('\n', " "),
    }
}

fn changes(lot: &Lot) -> Vec<ChangeRecord> {
    let mut changes: Vec<ChangeRecord> = Vec::new();
    for run in &lot.runs {
        changes.extend(run.changes.iter().map(|change| ChangeRecord {
            attribute: change.attribute.to_string(),
            run: run.number.0,
            before: change.before.clone(),
            after: change.after.clone(),
            reason: change.reason.as_str().to_owned(),
            by: person(&change.by),
            at: change.at.to_string(),
        }));
    }
    changes.sort_by(|a, b| a.at.cmp(&b.at));
    changes
}
