//! When is a lot ready? Exhaustively over the criteria of the shipped specification: every
//! single thing that is taken away from a ready lot makes it not ready, and says why.

use chrono::TimeDelta;
use lotgate::domain::assessment::{Assessment, Status, assess};
use lotgate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use lotgate::domain::evaluation::Outcome;
use lotgate::domain::ids::{DonorCode, LotNumber, RunNumber, Username};
use lotgate::domain::lot::{Lot, LotDetails};
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Person;
use lotgate::domain::run::{Aftermath, Run, RunContent, Verification};
use lotgate::domain::shipped;
use lotgate::domain::spec::{Control, Criterion, CriterionKind, Specification, Stage};
use lotgate::domain::text::Line;
use proptest::prelude::*;

/// For each attribute: a value that passes, one that fails, one that decides nothing.
const VALUES: [(&str, &str, &str, &str); 21] = [
    ("APPEARANCE", "Complies", "Does not comply", ""),
    ("PASSAGE", "4", "6", ""),
    ("VIABILITY", "92.4", "79.9", "<85.0"),
    ("VIABLE_CELLS", "31.2", "29.9", ">29.0"),
    ("CD105", "98.7", "94.9", ">94.0"),
    ("CD73", "99.1", "94.94", ">94.0"),
    ("CD90", "99.6", "0", ">94.0"),
    ("CD44", "98.9", "94.9", ">94.0"),
    ("CD34", "0.4", "2.1", "<2.5"),
    ("CD45", "0.3", "2.05", "<2.5"),
    ("CD11B", "0.2", "100", "<2.5"),
    ("CD19", "0.1", "2.1", "<2.5"),
    ("HLA_DR", "0.6", "2.1", "<2.5"),
    ("ADIPOGENIC", "Positive", "Negative", ""),
    ("OSTEOGENIC", "Positive", "Negative", ""),
    ("CHONDROGENIC", "Positive", "Negative", ""),
    ("PURITY", "97.25", "96.04", ">95.0"),
    ("STERILITY_AEROBIC", "No growth", "Growth", "No growth to date"),
    ("STERILITY_ANAEROBIC", "No growth", "Growth", "No growth to date"),
    ("MYCOPLASMA", "Not detected", "Detected", ""),
    ("ENDOTOXIN", "<0.05", "0.51", "<0.6"),
];

const MADE: &str = "2026-03-02T08:00:00Z";
const TESTED: &str = "2026-03-20T08:00:00Z";
const EXPIRES: &str = "2026-06-01T12:00:00Z";

fn at(text: &str) -> Moment {
    Moment::parse("at", text).expect("a moment")
}

fn person(username: &str) -> Person {
    let name = Line::parse("name", username).expect("a name");
    Person { username: Username::parse(username).expect("a user name"), name }
}

/// The shipped specification with a control in every assay, so that every run can be invalid.
fn controlled() -> Specification {
    let mut spec = shipped::specifications().expect("readable").remove(0);
    for assay in spec.assays.iter_mut().filter(|a| a.controls.is_empty()) {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let (allowed, acceptable) = (words(&["Good", "Bad"]), words(&["Good"]));
        assay.controls.push(Control { name: "system".into(), allowed, acceptable, limit: None, unit: None });
    }
    spec.checked().expect("holds together")
}

fn value_of(criterion: &Criterion) -> (&'static str, &'static str, &'static str) {
    let row = VALUES.iter().find(|v| v.0 == criterion.attribute.as_str()).expect("a row for each attribute");
    (row.1, row.2, row.3)
}

/// What is recorded of one criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Passes,
    Missing,
    NotVerified,
    Invalid,
    Fails,
    Open,
}

const DEEDS: [Deed; 6] = [Deed::Passes, Deed::Missing, Deed::NotVerified, Deed::Invalid, Deed::Fails, Deed::Open];

fn content(spec: &Specification, criterion: &Criterion, value: &str, valid: bool) -> RunContent {
    let assay = spec.assay(&criterion.assay).expect("an assay");
    let control = |c: &Control| ControlEntry {
        name: c.name.clone(),
        value: c.allowed.iter().find(|w| c.acceptable.contains(w) == valid).expect("such a word").clone(),
    };
    let entry = RunEntry {
        assay: assay.code.to_string(),
        method: assay.method.clone(),
        started_at: Some(MADE.into()),
        tested_at: TESTED.into(),
        controls: assay.controls.iter().map(control).collect(),
        readings: vec![ReadingEntry {
            attribute: criterion.attribute.to_string(),
            value: value.to_owned(),
            unit: criterion.acceptance.unit().map(str::to_owned),
            ..ReadingEntry::default()
        }],
        ..RunEntry::default()
    };
    entry.read(spec, at(TESTED)).unwrap_or_else(|e| panic!("{value}: {e}"))
}

fn run(number: usize, content: RunContent, verified: bool) -> Run {
    let verification =
        Verification { by: person("second"), at: at(TESTED), content_sha256: "0".repeat(64), second_entry: Vec::new() };
    Run {
        number: RunNumber(number as i64 + 1),
        lot: LotNumber::parse("AD-1").expect("a lot number"),
        content,
        entered_by: person("first"),
        entered_at: at(TESTED),
        changes: Vec::new(),
        verification: verified.then_some(verification),
        aftermath: Aftermath::default(),
    }
}

/// A lot with one run for each criterion, as the deeds say.
fn lot(spec: &Specification, deed: impl Fn(usize) -> Deed) -> Lot {
    let mut runs = Vec::new();
    for (i, criterion) in spec.criteria.iter().enumerate() {
        let (good, bad, open) = value_of(criterion);
        let (value, valid, verified) = match deed(i) {
            Deed::Missing => continue,
            Deed::Passes => (good, true, true),
            Deed::NotVerified => (good, true, false),
            Deed::Invalid => (good, false, true),
            Deed::Fails => (bad, true, true),
            Deed::Open if open.is_empty() => continue,
            Deed::Open => (open, true, true),
        };
        runs.push(run(i, content(spec, criterion, value, valid), verified));
    }
    let details = LotDetails {
        lot: LotNumber::parse("AD-1").expect("a lot number"),
        product: spec.product.clone(),
        specification_version: spec.version,
        donor: DonorCode::parse("D-1").expect("a donor code"),
        manufactured_at: at(MADE),
        expires_at: at(EXPIRES),
        containers: 1,
        stage: Stage::Product,
        bank: None,
        passage: None,
        population_doublings: None,
        autologous: None,
        cryopreserved: None,
        antibiotics: None,
    };
    Lot { runs, ..Lot::new(details, person("first"), at(TESTED)) }
}

fn blocks(assessment: &Assessment, criterion: &Criterion) -> bool {
    assessment.blockers.iter().any(|b| b.attributes.contains(&criterion.attribute) && !b.detail.is_empty())
}

#[test]
fn a_lot_with_everything_passing_and_verified_is_ready_and_nothing_blocks() {
    let spec = controlled();
    assert_eq!(spec.criteria.len(), VALUES.len());
    let lot = lot(&spec, |_| Deed::Passes);
    let assessment = assess(&lot, &spec, at(TESTED));
    assert_eq!((assessment.status, assessment.blockers.len()), (Status::Ready, 0));
    assert!(assessment.items.iter().all(|i| i.verdict.outcome == Outcome::Pass));
}

#[test]
fn anything_amiss_with_any_single_criterion_blocks_and_is_named() {
    let spec = controlled();
    for (i, criterion) in spec.criteria.iter().enumerate() {
        for deed in DEEDS.into_iter().skip(1) {
            let lot = lot(&spec, |j| if i == j { deed } else { Deed::Passes });
            let assessment = assess(&lot, &spec, at(TESTED));
            let place = format!("{} {deed:?}: {:?}", criterion.attribute, assessment.blockers);
            assert_ne!(assessment.status, Status::Ready, "{place}");
            assert!(blocks(&assessment, criterion), "{place}");
            assert_eq!(assessment.status == Status::OnHold, deed == Deed::Fails, "{place}");
            let others = assessment.items.iter().filter(|o| o.criterion.attribute != criterion.attribute);
            assert!(others.into_iter().all(|o| o.verdict.outcome == Outcome::Pass), "{place}");
            let outcome = assessment.items[i].verdict.outcome;
            let expected: &[Outcome] = match deed {
                Deed::Passes => &[Outcome::Pass],
                Deed::Missing => &[Outcome::Missing],
                Deed::NotVerified => &[Outcome::Unverified],
                Deed::Invalid => &[Outcome::Invalid],
                Deed::Fails => &[Outcome::Fail],
                Deed::Open => &[Outcome::Pending, Outcome::Indeterminate, Outcome::Missing],
            };
            assert!(expected.contains(&outcome), "{place}: {outcome:?}");
        }
    }
}

#[test]
fn a_failing_reading_is_not_outweighed_by_passing_ones_before_or_after_it() {
    let spec = controlled();
    let all_good = lot(&spec, |_| Deed::Passes);
    for criterion in &spec.criteria {
        let (_, bad, _) = value_of(criterion);
        for (place, verified) in [(0, true), (0, false), (spec.criteria.len(), true), (spec.criteria.len(), false)] {
            let mut lot = all_good.clone();
            lot.runs.insert(place, run(99, content(&spec, criterion, bad, true), verified));
            let assessment = assess(&lot, &spec, at(TESTED));
            assert_ne!(assessment.status, Status::Ready, "{}", criterion.attribute);
            assert!(blocks(&assessment, criterion), "{}", criterion.attribute);
        }
    }
}

#[test]
fn an_interim_reading_needs_no_second_person_once_the_final_one_has_replaced_it() {
    let spec = controlled();
    let interims = spec.criteria.iter().filter(|c| c.attribute.as_str().starts_with("STERILITY"));
    for criterion in interims {
        let (_, _, interim) = value_of(criterion);
        for place in [0, spec.criteria.len()] {
            let mut with_final = lot(&spec, |_| Deed::Passes);
            with_final.runs.insert(place, run(99, content(&spec, criterion, interim, true), false));
            let assessment = assess(&with_final, &spec, at(TESTED));
            assert_eq!(assessment.status, Status::Ready, "{}: {:?}", criterion.attribute, assessment.blockers);
            // Alone it holds the lot back.
            with_final.runs.retain(|r| r.number.0 == 100 || r.content.readings[0].attribute != criterion.attribute);
            let assessment = assess(&with_final, &spec, at(TESTED));
            assert!(blocks(&assessment, criterion) && assessment.status == Status::Testing);
        }
    }
}

#[test]
fn an_invalid_run_that_nobody_checked_blocks_even_beside_a_passing_one() {
    let spec = controlled();
    let all_good = lot(&spec, |_| Deed::Passes);
    for criterion in &spec.criteria {
        let (good, _, _) = value_of(criterion);
        let mut with_invalid = all_good.clone();
        with_invalid.runs.push(run(99, content(&spec, criterion, good, false), false));
        let assessment = assess(&with_invalid, &spec, at(TESTED));
        assert_eq!(assessment.status, Status::Testing, "{}", criterion.attribute);
        assert!(assessment.blockers.iter().any(|b| b.code == "unverified"), "{}", criterion.attribute);
    }
}

#[test]
fn a_specification_that_requires_nothing_releases_nothing() {
    let full = controlled();
    let lot = lot(&full, |_| Deed::Passes);
    let mut empty = full.clone();
    empty.criteria.clear();
    let mut informative = full.clone();
    informative.criteria.iter_mut().for_each(|c| c.kind = CriterionKind::Informative);
    let without_runs = Lot { runs: Vec::new(), ..lot.clone() };
    for spec in [empty, informative] {
        for lot in [&lot, &without_runs] {
            let assessment = assess(lot, &spec, at(TESTED));
            assert_eq!(assessment.status, Status::Testing);
            assert!(assessment.blockers.iter().any(|b| b.code == "no_criteria"), "{:?}", assessment.blockers);
        }
    }
}

#[test]
fn an_informative_criterion_is_reported_and_does_not_block() {
    let mut spec = controlled();
    let last = spec.criteria.len() - 1;
    spec.criteria[last].kind = CriterionKind::Informative;
    for (deed, outcome) in [(Deed::Fails, Outcome::Reported), (Deed::Missing, Outcome::Missing)] {
        let lot = lot(&spec, |j| if j == last { deed } else { Deed::Passes });
        let assessment = assess(&lot, &spec, at(TESTED));
        assert_eq!(assessment.status, Status::Ready, "{deed:?}: {:?}", assessment.blockers);
        assert_eq!(assessment.items[last].verdict.outcome, outcome);
    }
}

#[test]
fn expiry_is_a_moment_and_not_a_date() {
    let spec = controlled();
    let lot = lot(&spec, |_| Deed::Passes);
    let expiry = at(EXPIRES);
    let just_before = Moment::new(expiry.utc() - TimeDelta::microseconds(1));
    let just_after = Moment::new(expiry.utc() + TimeDelta::microseconds(1));
    assert_eq!(assess(&lot, &spec, just_before).status, Status::Ready);
    for now in [expiry, just_after] {
        let assessment = assess(&lot, &spec, now);
        assert_eq!(assessment.status, Status::Expired);
        assert!(assessment.blockers.iter().any(|b| b.code == "expired"), "{:?}", assessment.blockers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_lot_is_ready_exactly_when_every_criterion_passes(
        deeds in prop::collection::vec((0_usize..40).prop_map(|d| DEEDS.get(d).copied().unwrap_or(Deed::Passes)), 21),
    ) {
        let spec = controlled();
        let lot = lot(&spec, |i| deeds[i]);
        let assessment = assess(&lot, &spec, at(TESTED));
        let all_pass = deeds.iter().all(|d| *d == Deed::Passes);
        prop_assert_eq!(assessment.status == Status::Ready, all_pass);
        prop_assert_eq!(assessment.blockers.is_empty(), all_pass);
        for (criterion, deed) in spec.criteria.iter().zip(&deeds) {
            prop_assert_eq!(blocks(&assessment, criterion), *deed != Deed::Passes, "{}", criterion.attribute);
        }
    }
}
