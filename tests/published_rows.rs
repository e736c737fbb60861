//! Lots and specifications out of the literature.
//!
//! Eight lots (the administrations of J Transl Med 2020, s12967-020-02568-6, Table 2, as typed
//! there), judged under specifications as data; the expected verdicts stand beside them in
//! `vectors/published_rows.csv` and were worked out by hand. Twelve published release
//! specifications, each with lots that just pass and just fail. And the shipped examples.

#[path = "published_rows/lots.rs"]
mod lots;
#[path = "published_rows/specifications.rs"]
mod specifications;
#[path = "published_rows/subcutaneous.rs"]
mod subcutaneous;

use std::collections::BTreeMap;

use lotgate::domain::assessment::{Assessment, Status};
use lotgate::domain::entry::{ReadingEntry, RunEntry};
use lotgate::domain::evaluation::Outcome;
use lotgate::domain::ids::AttributeCode;
use lotgate::domain::lot::Lot;
use lotgate::domain::shipped;
use lotgate::domain::spec::Specification;

use lots::{Values, at, judged, lot_of};

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

fn example(product: &str) -> Specification {
    let mut all = shipped::examples().expect("readable");
    all.retain(|s| s.product.as_str() == product);
    all.pop().unwrap_or_else(|| panic!("{product} is shipped"))
}

/// The values of a published lot that a specification asks for.
fn values(row: &Row, spec: &Specification) -> Values {
    let known =
        spec.criteria.iter().filter_map(|c| Some((c.attribute.to_string(), (*row.get(c.attribute.as_str())?).into())));
    known.collect()
}

/// The published lot under a specification: every value it knows, and no other.
fn lot(row: &Row, spec: &Specification) -> Lot {
    lot_of(spec, row["row"], &values(row, spec))
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

#[test]
fn the_published_certificate_judges_the_cocktail_as_one_reading_for_five_markers() {
    let spec = example("NIFDC-COA");
    let five: Vec<AttributeCode> = ["CD45", "CD34", "CD11B", "CD19", "HLA_DR"].map(code_of).into();
    for row in rows() {
        let lot = lot(&row, &spec);
        let assessment = judged(&lot, &spec);
        let name = row["row"];
        let readings = lot.runs.iter().flat_map(|r| &r.content.readings);
        assert_eq!(readings.filter(|r| r.attribute == code_of("NEGATIVE_COCKTAIL")).count(), 1, "{name}");
        for item in assessment.items.iter().filter(|i| five.contains(&i.criterion.attribute)) {
            assert_eq!(item.verdict.outcome, Outcome::Pass, "{name}: {}", item.criterion.attribute);
            assert_eq!(item.covered_by, Some(&code_of("NEGATIVE_COCKTAIL")), "{name}");
        }
        // CD44, sterility, karyotype and so on were not published: missing, and never guessed.
        let (failing, others): (Vec<_>, Vec<_>) =
            not_passing(&assessment).into_iter().partition(|(_, outcome)| *outcome == Outcome::Fail);
        assert!(others.iter().all(|(_, outcome)| *outcome == Outcome::Missing), "{name}: {others:?}");
        assert!(others.iter().any(|(code, _)| *code == code_of("CD44")), "{name}");
        let expected = if name == "P4-2" { vec![(code_of("VIABILITY"), Outcome::Fail)] } else { Vec::new() };
        assert_eq!(failing, expected, "{name}");
        assert_eq!(assessment.status, if name == "P4-2" { Status::OnHold } else { Status::Testing }, "{name}");
    }
}

#[test]
fn with_the_rest_of_the_published_certificate_in_order_only_the_one_with_89_is_turned_away() {
    let spec = example("NIFDC-COA");
    let five = ["CD45", "CD34", "CD11B", "CD19", "HLA_DR"];
    for row in rows() {
        let mut all = specifications::sample("NIFDC-COA").passes;
        all.retain(|attribute, _| !five.contains(&attribute.as_str()));
        all.extend(values(&row, &spec));
        let lot = lot_of(&spec, row["row"], &all);
        let assessment = judged(&lot, &spec);
        let failing: Vec<_> = assessment
            .items
            .iter()
            .filter(|i| i.verdict.outcome == Outcome::Fail)
            .map(|i| i.criterion.attribute.clone())
            .collect();
        let turned_away = row["row"] == "P4-2";
        assert_eq!(failing, if turned_away { vec![code_of("VIABILITY")] } else { Vec::new() }, "{}", row["row"]);
        assert_eq!(assessment.status, if turned_away { Status::OnHold } else { Status::Ready }, "{}", row["row"]);
    }
}
