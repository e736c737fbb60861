//! Eight lots out of the literature, judged under five specifications as data.
//!
//! The rows are the administrations of J Transl Med 2020, s12967-020-02568-6, Table 2, as typed
//! there; the expected verdicts stand beside them in `vectors/published_rows.csv` and were
//! worked out by hand. The last specification is the one shipped: it asks for more than was
//! published, so nothing of this may be releasable under it.

use std::collections::BTreeMap;

use lotgate::domain::assessment::{Assessment, Status, assess};
use lotgate::domain::entry::{ReadingEntry, RunEntry};
use lotgate::domain::evaluation::Outcome;
use lotgate::domain::ids::{AttributeCode, DonorCode, LotNumber, RunNumber, Username};
use lotgate::domain::lot::{Lot, LotDetails};
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Person;
use lotgate::domain::run::{Aftermath, Run, Verification};
use lotgate::domain::shipped;
use lotgate::domain::spec::{Specification, Stage};
use lotgate::domain::text::Line;

const ROWS: &str = include_str!("vectors/published_rows.csv");
const PROFILES: [&str; 4] = [
    include_str!("vectors/profiles/isct-cocktail.json"),
    include_str!("vectors/profiles/viability-90.json"),
    include_str!("vectors/profiles/viability-95.json"),
    include_str!("vectors/profiles/endotoxin-0.05.json"),
];

type Row = BTreeMap<&'static str, &'static str>;

fn rows() -> Vec<Row> {
    let mut lines = ROWS.lines();
    let names: Vec<&str> = lines.next().expect("a header").split(',').collect();
    lines.map(|line| names.iter().copied().zip(line.split(',')).collect()).collect()
}

fn profile(at: usize) -> Specification {
    let spec: Specification = serde_json::from_str(PROFILES[at]).expect("a specification");
    spec.checked().expect("a specification that holds together")
}

fn shipped_specification() -> Specification {
    let mut all = shipped::specifications().expect("readable");
    all.retain(|s| s.product.as_str() == "ADMSC-IV");
    all.pop().expect("ADMSC-IV is shipped")
}

fn at(text: &str) -> Moment {
    Moment::parse("at", text).expect("a moment")
}

fn person(username: &str) -> Person {
    Person {
        username: Username::parse(username).expect("a user name"),
        name: Line::parse("name", username).expect("a name"),
    }
}

/// The published lot under a specification: every value it knows, entered by one and verified
/// by another.
fn lot(row: &Row, spec: &Specification) -> Lot {
    let now = at("2020-06-02T00:00:00Z");
    let mut runs = Vec::new();
    for assay in &spec.assays {
        let known = spec.criteria_of(&assay.code).filter_map(|c| Some((c, row.get(c.attribute.as_str())?)));
        let readings: Vec<ReadingEntry> = known
            .map(|(criterion, value)| ReadingEntry {
                attribute: criterion.attribute.to_string(),
                value: (*value).to_owned(),
                unit: criterion.acceptance.unit().map(str::to_owned),
                ..ReadingEntry::default()
            })
            .collect();
        if readings.is_empty() {
            continue;
        }
        let entry = RunEntry {
            assay: assay.code.to_string(),
            method: assay.method.clone(),
            tested_at: "2020-06-01T12:00:00Z".into(),
            readings,
            ..RunEntry::default()
        };
        let content = entry.read(spec, now).unwrap_or_else(|e| panic!("{}: {e}", row["row"]));
        let verification =
            Verification { by: person("second"), at: now, content_sha256: "0".repeat(64), second_entry: Vec::new() };
        runs.push(Run {
            number: RunNumber(runs.len() as i64 + 1),
            lot: LotNumber::parse(row["row"]).expect("a lot number"),
            content,
            entered_by: person("first"),
            entered_at: now,
            changes: Vec::new(),
            verification: Some(verification),
            aftermath: Aftermath::default(),
        });
    }
    let details = LotDetails {
        lot: LotNumber::parse(row["row"]).expect("a lot number"),
        product: spec.product.clone(),
        specification_version: spec.version,
        donor: DonorCode::parse("UC-1").expect("a donor code"),
        manufactured_at: at("2020-06-01T08:00:00Z"),
        expires_at: at("2020-06-10T00:00:00Z"),
        containers: 1,
        stage: Stage::Product,
        bank: None,
        passage: None,
        population_doublings: None,
        autologous: None,
        cryopreserved: None,
        antibiotics: None,
    };
    Lot { runs, ..Lot::new(details, person("first"), now) }
}

fn judged<'a>(lot: &'a Lot, spec: &'a Specification) -> Assessment<'a> {
    assess(lot, spec, at("2020-06-02T00:00:00Z"))
}

/// The attributes that do not pass, with how they stand.
fn not_passing(assessment: &Assessment) -> Vec<(AttributeCode, Outcome)> {
    let others = assessment.items.iter().filter(|i| i.verdict.outcome != Outcome::Pass);
    others.map(|i| (i.criterion.attribute.clone(), i.verdict.outcome)).collect()
}

/// Compares an assessment with a word of the table: `pass`, `fail ENDOTOXIN`, ….
fn check(row: &Row, column: &'static str, spec: &Specification) {
    let lot = lot(row, spec);
    let assessment = judged(&lot, spec);
    let place = format!("{} under {column}", row["row"]);
    let (expected, status): (Vec<(AttributeCode, Outcome)>, Status) = match row[column].split_once(' ') {
        None if row[column] == "pass" => (Vec::new(), Status::Ready),
        Some(("fail", code)) => (vec![(code_of(code), Outcome::Fail)], Status::OnHold),
        Some(("indeterminate", code)) => (vec![(code_of(code), Outcome::Indeterminate)], Status::Testing),
        _ => panic!("{place}: {} is no expectation", row[column]),
    };
    assert_eq!(not_passing(&assessment), expected, "{place}");
    assert_eq!(assessment.status, status, "{place}");
    assert_eq!(assessment.blockers.is_empty(), status == Status::Ready, "{place}: {:?}", assessment.blockers);
}

fn code_of(text: &str) -> AttributeCode {
    AttributeCode::parse(text).expect("an attribute")
}

fn count(column: &str, word: &str) -> usize {
    rows().iter().filter(|r| r[column] == word).count()
}

#[test]
fn the_table_expects_what_the_domain_report_says() {
    assert_eq!(count("isct-cocktail", "pass"), 8);
    assert_eq!((count("viability-90", "pass"), count("viability-90", "fail VIABILITY")), (7, 1));
    assert_eq!((count("viability-95", "pass"), count("viability-95", "fail VIABILITY")), (7, 1));
    let endotoxin = |word| count("endotoxin-0.05", word);
    assert_eq!((endotoxin("pass"), endotoxin("fail ENDOTOXIN"), endotoxin("indeterminate ENDOTOXIN")), (4, 1, 3));
    assert_eq!(count("ADMSC-IV", "incomplete"), 8);
}

#[test]
fn all_eight_pass_the_isct_markers_with_a_negative_cocktail() {
    rows().iter().for_each(|row| check(row, "isct-cocktail", &profile(0)));
}

#[test]
fn viability_of_at_least_90_turns_away_only_the_one_with_89() {
    rows().iter().for_each(|row| check(row, "viability-90", &profile(1)));
}

#[test]
fn viability_of_at_least_95_turns_away_only_the_one_with_89() {
    rows().iter().for_each(|row| check(row, "viability-95", &profile(2)));
}

#[test]
fn an_endotoxin_limit_below_the_detection_limit_leaves_three_undecided() {
    rows().iter().for_each(|row| check(row, "endotoxin-0.05", &profile(3)));
}

#[test]
fn none_of_them_is_releasable_under_the_shipped_specification() {
    let spec = shipped_specification();
    for row in rows() {
        let lot = lot(&row, &spec);
        let assessment = judged(&lot, &spec);
        let name = row["row"];
        assert_eq!(assessment.status, Status::Testing, "{name}");
        let standing: Vec<(AttributeCode, Outcome)> = not_passing(&assessment);
        // What was published meets its limits; everything else is missing, nothing is guessed.
        assert!(standing.iter().all(|(_, outcome)| *outcome == Outcome::Missing), "{name}: {standing:?}");
        let missing: Vec<&str> = standing.iter().map(|(code, _)| code.as_str()).collect();
        assert_eq!(missing.len(), spec.criteria.len() - 5, "{name}: {missing:?}");
        for code in ["CD44", "PURITY", "CD34", "CD45", "CD11B", "CD19", "HLA_DR", "STERILITY_AEROBIC"] {
            assert!(missing.contains(&code), "{name}: {code}");
        }
        let blocked: Vec<&AttributeCode> = assessment.blockers.iter().flat_map(|b| &b.attributes).collect();
        assert!(standing.iter().all(|(code, _)| blocked.contains(&code)), "{name}: something missing does not block");
        assert!(assessment.blockers.iter().all(|b| b.code == "missing"), "{name}");
    }
}

#[test]
fn the_cocktail_is_one_result_and_is_not_taken_for_five() {
    let spec = shipped_specification();
    let entry = RunEntry {
        assay: "flow-cytometry".into(),
        method: "Flow cytometry".into(),
        tested_at: "2026-06-01T12:00:00Z".into(),
        readings: vec![ReadingEntry {
            attribute: "NEGATIVE_COCKTAIL".into(),
            value: "0.3".into(),
            unit: Some("%".into()),
            ..ReadingEntry::default()
        }],
        ..RunEntry::default()
    };
    let refusal = entry.read(&spec, at("2026-06-02T00:00:00Z")).expect_err("not in the specification");
    assert_eq!(refusal.code.as_str(), "unknown_attribute");
}
