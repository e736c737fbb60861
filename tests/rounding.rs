//! The rounding vectors: every row of `vectors/rounding.csv` judged by the product, once with
//! the rule of USP General Notices 7.20 and once without rounding.
//!
//! The `U` and `S` rows come from the pharmacopoeia's table and from published results, the
//! `L` rows were worked out by hand for this project. Rows marked WRONG are those a float gets
//! wrong.

use lotgate::domain::evaluation::{Outcome, Verdict, judge};
use lotgate::domain::limit::{Limit, LimitText, Rounding};
use lotgate::domain::spec::Acceptance;

const VECTORS: &str = include_str!("vectors/rounding.csv");

struct Vector {
    id: String,
    raw: String,
    limit: Limit,
    decimals: u32,
    usp_rounded: String,
    usp: Outcome,
    strict: Outcome,
}

fn limit_text(text: &str) -> LimitText {
    LimitText::try_from(text.to_owned()).unwrap_or_else(|e| panic!("{e}"))
}

fn limit(kind: &str, text: &str) -> Limit {
    let one = || limit_text(text.trim_start_matches(['>', '<']));
    match kind {
        "GT" => Limit::Above { limit: one() },
        "NLT" => Limit::AtLeast { limit: one() },
        "LT" => Limit::Below { limit: one() },
        "NMT" => Limit::AtMost { limit: one() },
        "RANGE" => {
            let (low, high) = text.split_once(" to ").expect("low to high");
            Limit::Within { low: limit_text(low), high: limit_text(high) }
        }
        other => panic!("{other} is no kind of limit"),
    }
}

fn outcome(word: &str) -> Outcome {
    match word {
        "PASS" => Outcome::Pass,
        "FAIL" => Outcome::Fail,
        other => panic!("{other} is no verdict"),
    }
}

/// The rows; only the last column, the note, may hold commas.
fn vectors() -> Vec<Vector> {
    let read = |line: &str| {
        let columns: Vec<&str> = line.splitn(9, ',').collect();
        let [id, raw, text, kind, decimals, usp_rounded, usp, strict, _note] = columns[..] else {
            panic!("not nine columns: {line}");
        };
        Vector {
            id: id.to_owned(),
            raw: raw.to_owned(),
            limit: limit(kind, text),
            decimals: decimals.parse().expect("a number of decimals"),
            usp_rounded: usp_rounded.to_owned(),
            usp: outcome(usp),
            strict: outcome(strict),
        }
    };
    VECTORS.lines().skip(1).map(read).collect()
}

fn judged(vector: &Vector, rounding: Rounding) -> Verdict {
    let acceptance = Acceptance::Numeric { limit: vector.limit.clone(), unit: None, whole: false, alert: None };
    judge(&acceptance, rounding, &vector.raw, None).unwrap_or_else(|e| panic!("{}: {e}", vector.id))
}

#[test]
fn the_file_holds_all_rows_and_both_verdicts_on_both_sides() {
    let all = vectors();
    assert_eq!(all.len(), 12 + 24, "rows were lost");
    let seen = |usp, strict| all.iter().any(|v| v.usp == usp && v.strict == strict);
    assert!(seen(Outcome::Pass, Outcome::Fail) && seen(Outcome::Fail, Outcome::Pass));
    let mut ids: Vec<&str> = all.iter().map(|v| v.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "an id is used twice");
}

#[test]
fn every_value_is_rounded_half_up_once_to_the_decimals_of_its_limit_and_then_compared() {
    for vector in vectors() {
        let verdict = judged(&vector, Rounding::Usp720);
        let id = &vector.id;
        assert_eq!(vector.limit.decimals(), vector.decimals, "{id}");
        assert_eq!(verdict.reported.as_deref(), Some(vector.usp_rounded.as_str()), "{id}");
        assert_eq!(verdict.outcome, vector.usp, "{id}: {}", verdict.because);
        assert_eq!(verdict.as_entered.as_deref(), Some(vector.raw.as_str()), "{id}");
    }
}

#[test]
fn without_rounding_the_value_as_typed_is_compared() {
    for vector in vectors() {
        let verdict = judged(&vector, Rounding::None);
        let id = &vector.id;
        assert_eq!(verdict.outcome, vector.strict, "{id}: {}", verdict.because);
        assert_eq!(verdict.reported.as_deref(), Some(vector.raw.as_str()), "{id}");
    }
}

#[test]
fn the_verdict_shows_its_arithmetic() {
    for vector in vectors() {
        let because = judged(&vector, Rounding::Usp720).because;
        let step = format!("{} → {}; ", vector.raw, vector.usp_rounded);
        assert_eq!(because.starts_with(&step), vector.raw != vector.usp_rounded, "{}: {because}", vector.id);
        assert_eq!(because.contains(" is not "), vector.usp == Outcome::Fail, "{}: {because}", vector.id);
        assert!(because.contains(&vector.limit.in_signs()), "{}: {because}", vector.id);
    }
}
