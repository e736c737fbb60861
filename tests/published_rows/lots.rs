//! Lots made of values: one of the product with the bank and the donor it was made from.
//!
//! Promises: every value is entered as a person types it, by one, and verified by another, on
//! what its criterion's stage says; every control has the least good value that is good enough.

use std::collections::BTreeMap;

use lotgate::domain::assessment::{Assessment, assess};
use lotgate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use lotgate::domain::ids::{DonorCode, LotNumber, RunNumber, Username};
use lotgate::domain::limit::Limit;
use lotgate::domain::lot::{Lot, LotDetails, Source};
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Person;
use lotgate::domain::run::{Aftermath, Raw, Run, Verification};
use lotgate::domain::spec::{Assay, Control, Criterion, Specification, Stage};
use lotgate::domain::text::Line;
use serde_json::Value;

/// Values by attribute: a text as typed, or the raw entries of a calculated one.
pub type Values = BTreeMap<String, Value>;

const NOW: &str = "2020-06-02T00:00:00Z";
/// 31 days before the readings, so that everything has been incubated long enough.
const STARTED: &str = "2020-05-01T12:00:00Z";
const TESTED: &str = "2020-06-01T12:00:00Z";

pub fn at(text: &str) -> Moment {
    Moment::parse("at", text).expect("a moment")
}

fn person(username: &str) -> Person {
    Person {
        username: Username::parse(username).expect("a user name"),
        name: Line::parse("name", username).expect("a name"),
    }
}

pub fn judged<'a>(lot: &'a Lot, spec: &'a Specification) -> Assessment<'a> {
    assess(lot, spec, at(NOW))
}

/// An allogeneic, fresh lot, made without antibiotics, with these values.
pub fn lot_of(spec: &Specification, number: &str, values: &Values) -> Lot {
    lot_for(spec, number, values, false)
}

/// The same, autologous or allogeneic.
pub fn lot_for(spec: &Specification, number: &str, values: &Values, autologous: bool) -> Lot {
    let source = |number: &str, stage| {
        let lot = with_runs(spec, details(spec, number, stage, autologous), values, |s| s == stage);
        Source { lot, specification: spec.clone() }
    };
    let mut lot = with_runs(spec, details(spec, number, Stage::Product, autologous), values, Stage::is_own);
    lot.sources = vec![source("MCB-1", Stage::Bank), source("D-1", Stage::Donor)];
    lot
}

fn details(spec: &Specification, number: &str, stage: Stage, autologous: bool) -> LotDetails {
    LotDetails {
        lot: LotNumber::parse(number).expect("a lot number"),
        product: spec.product.clone(),
        specification_version: spec.version,
        donor: DonorCode::parse("D-1").expect("a donor code"),
        manufactured_at: at("2020-06-01T08:00:00Z"),
        expires_at: at("2020-06-10T00:00:00Z"),
        containers: 1,
        stage,
        bank: None,
        passage: None,
        population_doublings: None,
        autologous: Some(autologous),
        cryopreserved: Some(false),
        antibiotics: Some(false),
    }
}

fn with_runs(spec: &Specification, details: LotDetails, values: &Values, stage: impl Fn(Stage) -> bool) -> Lot {
    let mut runs = Vec::new();
    let profile: Option<Raw> =
        values.get("STR_PROFILE").map(|raw| serde_json::from_value(raw.clone()).expect("a profile"));
    for assay in &spec.assays {
        let criteria = spec.criteria_of(&assay.code).filter(|c| stage(c.stage));
        let readings: Vec<ReadingEntry> =
            criteria.filter_map(|c| Some(reading(c, values.get(c.attribute.as_str())?))).collect();
        if !readings.is_empty() {
            let mut entry = run_entry(assay, readings);
            entry.evidence = vec!["0".repeat(64)];
            let content = entry
                .read_beside(spec, at(NOW), profile.as_ref())
                .unwrap_or_else(|e| panic!("{} {}: {e}", details.lot, assay.code));
            runs.push(run(&details, RunNumber(runs.len() as i64 + 1), content));
        }
    }
    Lot { runs, ..Lot::new(details, person("first"), at(NOW)) }
}

fn run(details: &LotDetails, number: RunNumber, content: lotgate::domain::run::RunContent) -> Run {
    let at = at(NOW);
    let content_sha256 = "0".repeat(64);
    Run {
        number,
        lot: details.lot.clone(),
        content,
        entered_by: person("first"),
        entered_at: at,
        changes: Vec::new(),
        verification: Some(Verification { by: person("second"), at, content_sha256, second_entry: Vec::new() }),
        aftermath: Aftermath::default(),
    }
}

/// A run of an assay as typed, with good controls.
pub fn run_entry(assay: &Assay, readings: Vec<ReadingEntry>) -> RunEntry {
    let control = |c: &Control| ControlEntry { name: c.name.clone(), value: barely_good(c) };
    RunEntry {
        assay: assay.code.to_string(),
        method: assay.method.clone(),
        started_at: Some(STARTED.into()),
        tested_at: TESTED.into(),
        controls: assay.controls.iter().map(control).collect(),
        readings,
        ..RunEntry::default()
    }
}

fn barely_good(control: &Control) -> String {
    match &control.limit {
        None => control.acceptable.first().expect("a word").clone(),
        Some(Limit::AtLeast { limit } | Limit::AtMost { limit }) => limit.as_str().to_owned(),
        Some(Limit::Within { low, .. }) => low.as_str().to_owned(),
        Some(strict) => panic!("{}: {strict} has no last good value", control.name),
    }
}

/// A value as typed for a criterion.
pub fn reading(criterion: &Criterion, value: &Value) -> ReadingEntry {
    let attribute = criterion.attribute.to_string();
    let entry =
        ReadingEntry { attribute, unit: criterion.acceptance.unit().map(str::to_owned), ..ReadingEntry::default() };
    match value {
        Value::String(text) => ReadingEntry { value: text.clone(), ..entry },
        raw => ReadingEntry { raw: serde_json::from_value(raw.clone()).expect("raw entries"), ..entry },
    }
}
