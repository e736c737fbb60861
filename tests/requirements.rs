//! docs/REQUIREMENTS.md is true: every requirement has a clause and a test that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const REQUIREMENTS: &str = include_str!("../docs/REQUIREMENTS.md");

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
    assert!(rows().len() >= 60, "{} requirements", rows().len());
}

#[test]
fn every_requirement_says_what_by_which_clause_and_which_test_shows_it() {
    let known = [
        "21 CFR", "Annex 11", "Annex 16", "Part IV", "USP", "Ph. Eur.", "FDA", "MHRA", "PIC/S", "ISCT", "ALCOA", "ICH",
        "Design", "RFC", "PDF/A", "ASN-0002", "2001/83",
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

#[test]
fn every_clause_is_met_by_requirements_that_are_there_or_left_to_the_site() {
    let numbers: BTreeSet<String> = rows().into_iter().map(|[number, ..]| number).collect();
    let table = REQUIREMENTS.split("## Clause by clause").nth(1).expect("the section");
    let clauses: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| clause |"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert!(clauses.len() >= 50, "{} clauses", clauses.len());
    let mut told = BTreeSet::new();
    for cells in clauses {
        let [_, clause, what, answer, _] = cells[..] else { panic!("a row of three cells: {cells:?}") };
        assert!(told.insert(clause) && !what.is_empty(), "{clause} is told twice or asks nothing");
        let named: Vec<&str> = answer.split([' ', ',', ';']).filter(|word| word.starts_with("R-")).collect();
        assert!(!named.is_empty() || answer.contains("the site's"), "{clause} is met by nothing");
        for number in named {
            assert!(numbers.contains(number), "{clause} names {number}, which is not there");
        }
    }
}
