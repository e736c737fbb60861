//! How a lot stands: every criterion with its verdict, every blocker, and the status.
//!
//! Promises: a lot is ready only when every required criterion of its pinned specification has
//! a valid, verified, passing result, nothing waits for verification, and it has not expired.
//! There is no parameter that says otherwise. Status is derived here and stored nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::entry::in_minutes;
use super::evaluation::{Outcome, Verdict, judge};
use super::ids::{AssayCode, AttributeCode, RunNumber};
use super::lot::{Decision, Lot};
use super::moment::Moment;
use super::run::Run;
use super::spec::{Criterion, CriterionKind, Specification};

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Results are being gathered.
    Testing,
    /// A verified result fails.
    OnHold,
    /// Nothing blocks; waits for QA's signature.
    Ready,
    /// Released with a certificate.
    Released,
    /// Rejected.
    Rejected,
    /// Its expiry has passed without a decision.
    Expired,
    /// Its certificate was withdrawn.
    Revoked,
}

impl Status {
    /// All, in the order of a lot's life.
    pub const ALL: [Status; 7] = [
        Status::Testing,
        Status::OnHold,
        Status::Ready,
        Status::Released,
        Status::Rejected,
        Status::Expired,
        Status::Revoked,
    ];

    /// The status in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Testing => "testing",
            Status::OnHold => "on_hold",
            Status::Ready => "ready",
            Status::Released => "released",
            Status::Rejected => "rejected",
            Status::Expired => "expired",
            Status::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Status {
    /// The status in a word or two for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Testing => "Testing",
            Status::OnHold => "On hold",
            Status::Ready => "Ready",
            Status::Released => "Released",
            Status::Rejected => "Rejected",
            Status::Expired => "Expired",
            Status::Revoked => "Revoked",
        })
    }
}

/// One reason why a lot cannot be released now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// `failed`, `expired`, `no_criteria`, `invalid`, `indeterminate`, `missing`, `unverified`,
    /// `pending`, `rejected`.
    pub code: &'static str,
    /// What, in a sentence.
    pub detail: String,
    /// Who can resolve it.
    pub who: String,
    /// When it can resolve at the earliest.
    pub earliest: Option<Moment>,
    /// The attributes concerned.
    pub attributes: Vec<AttributeCode>,
    /// The run concerned.
    pub run: Option<RunNumber>,
    /// The assay concerned, where one is still to be done.
    pub assay: Option<AssayCode>,
}

/// One criterion with its verdict.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// The criterion.
    pub criterion: &'a Criterion,
    /// The run whose reading decides, if there is one.
    pub run: Option<&'a Run>,
    /// How it stands.
    pub verdict: Verdict,
}

/// A lot as it stands.
#[derive(Debug, Clone)]
pub struct Assessment<'a> {
    /// One item for each criterion, in the specification's order.
    pub items: Vec<Item<'a>>,
    /// Everything that holds it back, gravest first. Empty for a lot that is ready or released.
    pub blockers: Vec<Blocker>,
    /// Derived status.
    pub status: Status,
}

/// Judges a lot against its specification as of `now`.
pub fn assess<'a>(lot: &'a Lot, spec: &'a Specification, now: Moment) -> Assessment<'a> {
    let items: Vec<Item<'a>> = spec.criteria.iter().map(|c| assess_criterion(lot, spec, c)).collect();
    let mut blockers = Vec::new();
    match &lot.decision {
        Some(Decision::Released { .. }) => {}
        Some(Decision::Rejected { reason, by, at }) => {
            let detail = format!("Rejected by {} on {}: {reason}", by.name.as_str(), in_minutes(*at));
            blockers.push(blocker("rejected", detail, "nobody: a rejected lot stays rejected"));
        }
        None => blockers = open_blockers(lot, spec, &items, now),
    }
    let failed =
        |item: &Item| item.verdict.outcome == Outcome::Fail && item.run.is_some_and(|r| r.verification.is_some());
    let on_hold = items.iter().filter(|i| i.criterion.kind == CriterionKind::Required).any(failed);
    let status = match &lot.decision {
        Some(Decision::Released { .. }) => Status::Released,
        Some(Decision::Rejected { .. }) => Status::Rejected,
        None if now >= lot.details.expires_at => Status::Expired,
        None if on_hold => Status::OnHold,
        None if blockers.is_empty() => Status::Ready,
        None => Status::Testing,
    };
    Assessment { items, blockers, status }
}

/// Which of several readings decides: anything that fails, then what passes, then what is open.
fn precedence(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 5,
        Outcome::Pass => 4,
        Outcome::Indeterminate => 3,
        Outcome::Pending => 2,
        _ => 1,
    }
}

fn assess_criterion<'a>(lot: &'a Lot, spec: &'a Specification, criterion: &'a Criterion) -> Item<'a> {
    let mut deciding: Option<(&Run, Verdict)> = None;
    for run in &lot.runs {
        let Some(verdict) = verdict_in_run(run, spec, criterion) else { continue };
        // Of two readings of equal weight the later one decides.
        let outweighs =
            deciding.as_ref().is_none_or(|(_, current)| precedence(verdict.outcome) >= precedence(current.outcome));
        if outweighs {
            deciding = Some((run, verdict));
        }
    }
    let Some((run, mut verdict)) = deciding else {
        let because = "no result yet".to_owned();
        return Item { criterion, run: None, verdict: Verdict::without_value(Outcome::Missing, because) };
    };
    if criterion.kind == CriterionKind::Informative && matches!(verdict.outcome, Outcome::Pass | Outcome::Fail) {
        verdict.outcome = Outcome::Reported;
    } else if verdict.outcome == Outcome::Pass && run.verification.is_none() {
        verdict.outcome = Outcome::Unverified;
        verdict.because = format!("{}; run #{} is not verified", verdict.because, run.number);
    }
    Item { criterion, run: Some(run), verdict }
}

/// What one run says about one criterion; `None` where it does not measure it.
pub fn verdict_in_run(run: &Run, spec: &Specification, criterion: &Criterion) -> Option<Verdict> {
    let reading = run.content.readings.iter().find(|r| r.attribute == criterion.attribute)?;
    if let Some(why) = run.invalid_because(spec) {
        let mut verdict = Verdict::without_value(Outcome::Invalid, why);
        verdict.as_entered = Some(reading.value.clone());
        return Some(verdict);
    }
    let verdict = judge(&criterion.acceptance, spec.rounding, &reading.value, run.content.started_at);
    // What was recorded was judged then; a reading that no longer can be is no pass.
    Some(verdict.unwrap_or_else(|refusal| Verdict::without_value(Outcome::Indeterminate, refusal.detail)))
}

fn blocker(code: &'static str, detail: impl Into<String>, who: impl Into<String>) -> Blocker {
    let (detail, who) = (detail.into(), who.into());
    Blocker { code, detail, who, earliest: None, attributes: Vec::new(), run: None, assay: None }
}

fn open_blockers(lot: &Lot, spec: &Specification, items: &[Item], now: Moment) -> Vec<Blocker> {
    let required: Vec<&Item> = items.iter().filter(|i| i.criterion.kind == CriterionKind::Required).collect();
    let mut blockers = Vec::new();
    if now >= lot.details.expires_at {
        let detail = format!("Expired on {}.", in_minutes(lot.details.expires_at));
        blockers.push(blocker("expired", detail, "nobody: an expired lot is not released"));
    }
    if required.is_empty() {
        let detail = format!(
            "{} version {} requires nothing, so nothing shows that the lot is good.",
            spec.product, spec.version
        );
        blockers.push(blocker("no_criteria", detail, "QA: a specification with criteria"));
    }
    let with = |outcome: Outcome| required.iter().filter(move |i| i.verdict.outcome == outcome);
    for (outcome, code, who) in [
        (Outcome::Fail, "failed", "QA: investigate or reject"),
        (Outcome::Indeterminate, "indeterminate", "an analyst: test again so that it can be compared"),
        (Outcome::Invalid, "invalid", "an analyst: repeat the run with good controls"),
    ] {
        for item in with(outcome) {
            blockers.push(item_blocker(item, code, outcome, who));
        }
    }
    blockers.extend(missing_blockers(spec, &required));
    blockers.extend(unverified_blockers(lot, spec, items));
    for item in with(Outcome::Pending) {
        blockers.push(item_blocker(item, "pending", Outcome::Pending, "an analyst: read it then"));
    }
    blockers
}

fn item_blocker(item: &Item, code: &'static str, outcome: Outcome, who: &str) -> Blocker {
    let name = &item.criterion.name;
    let because = &item.verdict.because;
    let acceptance = item.criterion.acceptance.in_words();
    let detail = match outcome {
        Outcome::Fail => format!("{name} fails: {because} (required {acceptance})."),
        Outcome::Indeterminate => format!("{name} cannot be judged: {because}."),
        Outcome::Invalid => format!("{name} has no valid result: {because}."),
        _ => match item.verdict.earliest {
            Some(earliest) => format!("{name} is still incubating and can be read on {}.", in_minutes(earliest)),
            None => format!("{name} is pending: {because}."),
        },
    };
    Blocker {
        earliest: item.verdict.earliest,
        attributes: vec![item.criterion.attribute.clone()],
        run: item.run.map(|r| r.number),
        ..blocker(code, detail, who)
    }
}

/// One blocker for each assay, so that an empty lot reads as a list of work.
fn missing_blockers(spec: &Specification, required: &[&Item]) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for assay in &spec.assays {
        let missing: Vec<&Criterion> = required
            .iter()
            .filter(|i| i.verdict.outcome == Outcome::Missing && i.criterion.assay == assay.code)
            .map(|i| i.criterion)
            .collect();
        if missing.is_empty() {
            continue;
        }
        let names: Vec<&str> = missing.iter().map(|c| c.name.as_str()).collect();
        blockers.push(Blocker {
            attributes: missing.iter().map(|c| c.attribute.clone()).collect(),
            assay: Some(assay.code.clone()),
            ..blocker(
                "missing",
                format!("{} has no result yet: {}.", assay.name, names.join(", ")),
                "an analyst: record it",
            )
        });
    }
    blockers
}

/// Every run needs a second person, invalid ones too: an unchecked "invalid" could hide a
/// failure. Only an interim reading that a final one has replaced no longer matters.
fn unverified_blockers(lot: &Lot, spec: &Specification, items: &[Item]) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for run in lot.runs.iter().filter(|r| r.verification.is_none()) {
        let replaced_interim =
            spec.criteria.iter().zip(items).filter_map(|(c, i)| Some((verdict_in_run(run, spec, c)?, i))).all(
                |(verdict, item)| {
                    verdict.outcome == Outcome::Pending && item.run.is_none_or(|r| r.number != run.number)
                },
            );
        if replaced_interim {
            continue;
        }
        let assay = spec.assay(&run.content.assay).map_or(run.content.assay.as_str(), |a| &a.name);
        let detail = format!("Run #{} ({assay}) is not verified.", run.number);
        let who = format!("an analyst who entered nothing of this lot (not {})", enterers(lot).join(", "));
        blockers.push(Blocker {
            attributes: run.content.readings.iter().map(|r| r.attribute.clone()).collect(),
            run: Some(run.number),
            ..blocker("unverified", detail, who)
        });
    }
    blockers
}

fn enterers(lot: &Lot) -> Vec<&str> {
    let mut people: Vec<_> = lot.runs.iter().flat_map(Run::enterers).chain([&lot.registered_by]).collect();
    people.sort_by_key(|p| p.username.as_str());
    people.dedup_by_key(|p| p.username.as_str());
    people.into_iter().map(|p| p.name.as_str()).collect()
}
