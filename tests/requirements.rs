//! docs/REQUIREMENTS.md is true: every requirement has a clause and a test that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const REQUIREMENTS: &str = include_str!("../docs/REQUIREMENTS.md");

/// Every clause that the product was made after. A clause without its row fails, and so does a row
/// that nobody put on this list.
const CLAUSES: &[&str] = &[
    "21 CFR 11.10(a)",
    "21 CFR 11.10(b)",
    "21 CFR 11.10(c)",
    "21 CFR 11.10(d)",
    "21 CFR 11.10(e)",
    "21 CFR 11.10(f)",
    "21 CFR 11.10(g)",
    "21 CFR 11.10(h)",
    "21 CFR 11.10(i)",
    "21 CFR 11.10(j)",
    "21 CFR 11.10(k)",
    "21 CFR 11.30",
    "21 CFR 11.50(a)",
    "21 CFR 11.50(b)",
    "21 CFR 11.70",
    "21 CFR 11.100(a)",
    "21 CFR 11.100(b)",
    "21 CFR 11.100(c)",
    "21 CFR 11.200(a)(1)",
    "21 CFR 11.200(a)(1)(i)",
    "21 CFR 11.200(a)(1)(ii)",
    "21 CFR 11.200(a)(2)",
    "21 CFR 11.200(a)(3)",
    "21 CFR 11.200(b)",
    "21 CFR 11.300(a)",
    "21 CFR 11.300(b)",
    "21 CFR 11.300(c)",
    "21 CFR 11.300(d)",
    "21 CFR 11.300(e)",
    "21 CFR 211.22",
    "21 CFR 211.68(b)",
    "21 CFR 211.110",
    "21 CFR 211.165",
    "21 CFR 211.180",
    "21 CFR 211.188",
    "21 CFR 211.192",
    "21 CFR 211.194(a)",
    "21 CFR 610.10",
    "21 CFR 610.12",
    "21 CFR 610.13",
    "21 CFR 610.14",
    "21 CFR 610.30",
    "21 CFR 600.12",
    "21 CFR 600.14",
    "21 CFR 1271.55",
    "21 CFR 1271.60",
    "21 CFR 1271.90",
    "21 CFR 1271.290",
    "Annex 11, 1",
    "Annex 11, 2",
    "Annex 11, 3",
    "Annex 11, 4",
    "Annex 11, 4.4",
    "Annex 11, 4.7",
    "Annex 11, 5",
    "Annex 11, 6",
    "Annex 11, 7.1",
    "Annex 11, 7.2",
    "Annex 11, 8.1",
    "Annex 11, 8.2",
    "Annex 11, 9",
    "Annex 11, 10",
    "Annex 11, 11",
    "Annex 11, 12.1",
    "Annex 11, 12.2",
    "Annex 11, 12.3",
    "Annex 11, 12.4",
    "Annex 11, 13",
    "Annex 11, 14",
    "Annex 11, 15",
    "Annex 11, 16",
    "Annex 11, 17",
    "Annex 11 (2025 draft), 10.1",
    "Annex 11 (2025 draft), 10.2",
    "Annex 11 (2025 draft), 10.4",
    "Annex 11 (2025 draft), 11.1 to 11.3",
    "Annex 11 (2025 draft), 11.4",
    "Annex 11 (2025 draft), 11.5",
    "Annex 11 (2025 draft), 11.6",
    "Annex 11 (2025 draft), 11.7",
    "Annex 11 (2025 draft), 11.8",
    "Annex 11 (2025 draft), 11.9",
    "Annex 11 (2025 draft), 11.10",
    "Annex 11 (2025 draft), 11.11",
    "Annex 11 (2025 draft), 12.1 to 12.3",
    "Annex 11 (2025 draft), 12.4 to 12.8",
    "Annex 11 (2025 draft), 12.9",
    "Annex 11 (2025 draft), 13.2 and 13.3",
    "Annex 11 (2025 draft), 13.4",
    "Annex 11 (2025 draft), 13.6",
    "Annex 11 (2025 draft), 13.8",
    "Annex 11 (2025 draft), wet-ink signatures",
    "Annex 11 (2025 draft), 16.6",
    "Chapter 4 (2025 draft)",
    "Annex 22 (2025 draft)",
    "Annex 16, 1.4",
    "Annex 16, 1.5 to 1.7",
    "Annex 16, 3.1",
    "Annex 16, 4.1 to 4.3",
    "Annex 16, Appendix II",
    "Directive 2001/83/EC, Art. 51(3)",
    "Regulation 536/2014, Art. 62",
    "MRA and WHO model certificate",
    "Part IV, 11.3.1",
    "Part IV, 11.3.2",
    "Part IV, 11.3.3",
    "Part IV, 11.4",
    "Part IV, 11.5 (11.53 and 11.54)",
    "Part IV, 6 and 12; Regulation 1394/2007, Art. 15",
    "Part IV, 14",
    "PIC/S PI 041-1",
    "MHRA data integrity 2018",
    "FDA data integrity 2018",
    "WHO TRS 1033, Annex 4",
    "GAMP 5",
    "FDA CSA 2026",
    "China, stem cell products 2015",
    "ALCOA+",
];

/// Number, requirement, clauses, tests.
fn rows() -> Vec<[String; 4]> {
    let cells = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
    let rows = REQUIREMENTS.lines().filter(|line| line.starts_with("| R-")).map(cells);
    rows.map(|row| match &row[..] {
        [_, number, what, clauses, tests, _] => [number.clone(), what.clone(), clauses.clone(), tests.clone()],
        other => panic!("a row of five cells: {other:?}"),
    })
    .collect()
}

fn is_there(test: &str) -> bool {
    let (file, name) = test.split_once("::").unwrap_or_else(|| panic!("{test} is no file::name"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = if file.starts_with("src/") { root.join(file) } else { root.join("tests").join(file) };
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let tests = text.split("#[test]").skip(1);
    tests.map(|rest| rest.trim_start()).any(|rest| rest.starts_with(&format!("fn {name}(")))
        || text.contains(&format!("Trial::test(\"{name}\""))
}

#[test]
fn requirements_are_numbered_without_gaps() {
    for (at, [number, ..]) in rows().iter().enumerate() {
        assert_eq!(*number, format!("R-{:03}", at + 1));
    }
    assert!(rows().len() >= 120, "{} requirements", rows().len());
}

#[test]
fn every_requirement_says_what_by_which_clause_and_which_test_shows_it() {
    let known = [
        "21 CFR",
        "Annex 11",
        "Annex 16",
        "Part IV",
        "USP",
        "Ph. Eur.",
        "FDA",
        "MHRA",
        "PIC/S",
        "ISCT",
        "ALCOA",
        "ICH",
        "Design",
        "RFC",
        "PDF/A",
        "ASN-0002",
        "2001/83",
        "Regulation",
    ];
    for [number, what, clauses, tests] in rows() {
        assert!(what.len() > 20 && what.ends_with('.'), "{number}: {what}");
        assert!(known.iter().any(|source| clauses.contains(source)), "{number} names no clause: {clauses}");
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{number} names no test");
        for test in named {
            assert!(is_there(test), "{number} names {test}, which is not there");
        }
    }
}

#[test]
fn every_threat_names_tests_that_are_there() {
    let threats: Vec<&str> =
        include_str!("../docs/THREATS.md").lines().filter(|line| line.starts_with("| T-")).collect();
    for (at, line) in threats.iter().enumerate() {
        assert!(line.starts_with(&format!("| T-{:02} | ", at + 1)), "{line}");
        let tests = line.rsplit('|').nth(1).expect("a cell");
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{line}");
        for test in named {
            assert!(is_there(test), "{test} is not there: {line}");
        }
    }
    assert!(threats.len() > 30, "{}", threats.len());
}

#[test]
fn no_requirement_is_told_twice() {
    let told: Vec<String> = rows().into_iter().map(|[_, what, ..]| what).collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len());
}

/// The rows of the second table: clause, what it asks, who meets it.
fn clauses() -> Vec<[&'static str; 3]> {
    let table = REQUIREMENTS.split("## Clause by clause").nth(1).expect("the section");
    table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| clause |"))
        .map(|line| match line.split('|').map(str::trim).collect::<Vec<_>>()[..] {
            [_, clause, what, answer, _] => [clause, what, answer],
            ref other => panic!("a row of three cells: {other:?}"),
        })
        .collect()
}

/// The requirements that a cell names.
fn named(cell: &str) -> Vec<&str> {
    cell.split([' ', ',', ';', ':']).filter(|word| word.starts_with("R-")).collect()
}

#[test]
fn every_clause_is_met_by_requirements_that_are_there_or_left_to_the_site() {
    let numbers: BTreeSet<String> = rows().into_iter().map(|[number, ..]| number).collect();
    for [clause, what, answer] in clauses() {
        assert!(!what.is_empty(), "{clause} asks nothing");
        assert!(!named(answer).is_empty() || answer.contains("the site's"), "{clause} is met by nothing");
        for number in named(answer) {
            assert!(numbers.contains(number), "{clause} names {number}, which is not there");
        }
    }
}

#[test]
fn no_clause_is_left_out_and_none_is_told_twice() {
    let told: Vec<&str> = clauses().into_iter().map(|[clause, ..]| clause).collect();
    let missing: Vec<&&str> = CLAUSES.iter().filter(|clause| !told.contains(clause)).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    assert_eq!(told, CLAUSES, "rows in the order of the list, each once");
}

#[test]
fn a_requirement_that_a_clause_asks_for_stands_with_its_clause() {
    let told: BTreeSet<&str> = clauses().into_iter().flat_map(|[_, _, answer]| named(answer)).collect();
    for [number, _, sources, _] in rows() {
        let regulated = ["21 CFR", "Annex", "Part IV", "2001/83", "PIC/S", "MHRA", "ALCOA", "Regulation"];
        let asked = regulated.iter().any(|source| sources.contains(source));
        assert!(!asked || told.contains(number.as_str()), "{number} ({sources}) stands with no clause");
    }
}
