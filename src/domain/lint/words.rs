//! Criteria in words: no bad word passes, something can fail, and sterility takes its time.
//!
//! Promises: a word that means contamination or failure is never acceptable in a test of safety.

use super::Finding;
use crate::domain::spec::{Acceptance, Criterion, CriterionKind};

/// Words that never mean that something is in order.
const BAD: [&str; 9] =
    ["does not comply", "not complying", "fail", "fails", "failed", "not eligible", "ineligible", "abnormal", "mixed"];
/// Words that mean that something is there.
const FOUND: [&str; 9] =
    ["growth", "positive", "detected", "reactive", "organisms seen", "present", "turbid", "contaminated", "found"];
/// Attributes where something found is harm.
const SAFETY: [&str; 13] = [
    "STERILITY",
    "MYCOPLASMA",
    "GRAM",
    "HIV",
    "HBV",
    "HBS",
    "HCV",
    "HTLV",
    "SYPHILIS",
    "TREPONEMA",
    "T_PALLIDUM",
    "VIRUS",
    "ADVENTITIOUS",
];

/// `EU/mL, IU/mL or EU/kg`
pub(super) fn listed(all: &[&str]) -> String {
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

pub(super) fn lint(index: usize, criterion: &Criterion) -> Vec<Finding> {
    let Acceptance::Categorical { allowed, acceptable, interim, incubation_hours_min, extensions } =
        &criterion.acceptance
    else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut found = |field: &str, code, detail: String| {
        findings.push(Finding::of(index, criterion, &format!("acceptance.{field}"), code, &detail));
    };
    let safety = SAFETY.iter().any(|a| criterion.attribute.as_str().starts_with(a));
    let is = |word: &str, list: &[&str]| list.contains(&word.trim().to_lowercase().as_str());
    for word in acceptable.iter().filter(|w| is(w, &BAD) || (safety && is(w, &FOUND))) {
        let detail = format!("“{word}” is listed as acceptable, so a lot with that finding would pass. Take it out.");
        found("acceptable", "bad_word_acceptable", detail);
    }
    let all_pass = allowed.iter().all(|w| acceptable.contains(w));
    if all_pass && !allowed.is_empty() && criterion.kind == CriterionKind::Required {
        let detail = "every word that can be recorded passes, so it tests nothing. Add the word for what must not be \
                      found to `allowed`.";
        found("allowed", "nothing_can_fail", detail.to_owned());
    }
    for (field, words) in [("allowed", allowed), ("acceptable", acceptable), ("interim", interim)] {
        let twice = |i: usize, w: &str| words.iter().take(i).any(|o| o.eq_ignore_ascii_case(w));
        if let Some((_, word)) = words.iter().enumerate().find(|(i, w)| twice(*i, w)) {
            found(field, "listed_twice", format!("“{word}” is listed twice."));
        }
        if let Some(refusal) = words.iter().find_map(|w| crate::domain::text::Line::parse("a word", w).err()) {
            found(field, "text", refusal.detail);
        }
    }
    if incubation_hours_min.is_some_and(|hours| hours <= 0) {
        found("incubation_hours_min", "incubation", "an incubation takes at least 1 hour.".to_owned());
    }
    if let Some((word, _)) = extensions.iter().find(|(_, hours)| **hours <= 0) {
        found("extensions", "incubation", format!("“{word}” must prolong incubation by at least 1 hour."));
    }
    let code = criterion.attribute.as_str();
    let part = |word: &str| code.split(|c: char| !c.is_ascii_alphanumeric()).any(|p| p == word);
    let quick = code.contains("IN_PROCESS") || ["INTERIM", "RAPID", "NAT"].into_iter().any(part);
    let final_sterility = criterion.attribute.as_str().starts_with("STERILITY") && !quick;
    if final_sterility && criterion.kind == CriterionKind::Required && incubation_hours_min.is_none() {
        let detail = "a test of sterility needs `incubation_hours_min`, or it could be called negative on the first day. USP \
                      <71> and Ph. Eur. 2.6.1: 336 hours (14 days); 2.6.27, automated: at least 168.";
        found("incubation_hours_min", "incubation", detail.to_owned());
    }
    findings
}
