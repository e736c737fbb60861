//! What holds a lot back: each reason with a code, a sentence, who can resolve it and when.
//!
//! Promises: a lot without blockers has a valid, verified, passing result for every required
//! criterion that applies to it, nothing unverified, nothing under investigation, no open
//! deviation, and has not expired.

use serde::Serialize;

use super::assessment::{Item, verdict_in_run};
use super::entry::in_minutes;
use super::evaluation::Outcome;
use super::ids::{AssayCode, AttributeCode, RunNumber};
use super::lineage::{noun, tested_on};
use super::lot::Lot;
use super::moment::Moment;
use super::run::Run;
use super::spec::{Criterion, CriterionKind, Specification};
use super::text::capitalised;

/// One reason why a lot cannot be released now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// `failed`, `expired`, `no_criteria`, `invalid`, `indeterminate`, `missing`, `unverified`,
    /// `pending`, `investigation`, `out_of_specification`, `deviation`, `discrepancy`, `source`,
    /// `rejected`.
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

pub(super) fn blocker(code: &'static str, detail: impl Into<String>, who: impl Into<String>) -> Blocker {
    let (detail, who) = (detail.into(), who.into());
    Blocker { code, detail, who, earliest: None, attributes: Vec::new(), run: None, assay: None }
}

/// Everything that holds an undecided lot back, gravest first.
pub(super) fn open_blockers(lot: &Lot, spec: &Specification, items: &[Item], now: Moment) -> Vec<Blocker> {
    let required: Vec<&Item> = items.iter().filter(|i| i.criterion.kind.needs_result()).collect();
    let mut blockers = Vec::new();
    // What was conditionally released is used before its last results are in, which may be later.
    if now >= lot.details.expires_at && lot.course.conditional.is_none() {
        let detail = format!("Expired on {}.", in_minutes(lot.details.expires_at));
        blockers.push(blocker("expired", detail, "nobody: an expired lot is not released"));
    }
    if nothing_counts(lot, items) {
        let noun = noun(lot.details.stage);
        let of = if lot.details.stage.is_own() { String::new() } else { format!(" of a {noun}") };
        let detail = format!(
            "{} version {} requires nothing{of} that applies here, so nothing shows that the {noun} is good.",
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
    blockers.extend(investigation_blockers(lot));
    blockers.extend(deviation_blockers(lot));
    blockers.extend(source_blockers(lot));
    blockers.extend(missing_blockers(lot, spec, &required));
    blockers.extend(discrepancy_blockers(lot));
    blockers.extend(unverified_blockers(lot, spec, items));
    blockers.extend(inherited_unverified_blockers(lot, &required));
    for item in with(Outcome::Pending) {
        blockers.push(item_blocker(item, "pending", Outcome::Pending, "an analyst: read it then"));
    }
    blockers
}

fn investigation_blockers(lot: &Lot) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for investigation in &lot.investigations {
        let (number, run) = (&investigation.number, investigation.run);
        let about: Vec<&str> = investigation.failures.iter().map(|f| f.name.as_str()).collect();
        let about = about.join(", ");
        let (code, detail, who) = match investigation.ending() {
            None => (
                "investigation",
                format!("Investigation {number} of {about} (run #{run}) is open."),
                investigation.phase().next_deed().to_owned(),
            ),
            Some(ending) if !ending.clears() => (
                "out_of_specification",
                format!("Investigation {number} of {about}: {}.", ending.in_words()),
                "QA: reject the lot".to_owned(),
            ),
            Some(_) => continue,
        };
        let attributes = investigation.failures.iter().map(|f| f.attribute.clone()).collect();
        blockers.push(Blocker { attributes, run: Some(run), ..blocker(code, detail, who) });
    }
    blockers
}

fn deviation_blockers(lot: &Lot) -> Vec<Blocker> {
    let open = lot.deviations.iter().filter(|d| d.is_open());
    open.map(|d| {
        let what: String = d.description.as_str().lines().next().unwrap_or_default().chars().take(200).collect();
        let detail = format!("{} {} is open: “{what}”.", capitalised(d.kind.as_str()), d.number);
        blocker("deviation", detail, "QA: assess and close it")
    })
    .collect()
}

fn discrepancy_blockers(lot: &Lot) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for run in &lot.runs {
        for open in run.open_discrepancies() {
            let detail = format!("Run #{}: the two entries of {} differ.", run.number, open.attribute);
            let who = format!("{} and who entered it: each says what the value is and why", open.by.name.as_str());
            blockers.push(Blocker {
                attributes: vec![open.attribute.clone()],
                run: Some(run.number),
                ..blocker("discrepancy", detail, who)
            });
        }
    }
    blockers
}

/// What the lot was made from must itself be free of open questions.
fn source_blockers(lot: &Lot) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for source in &lot.sources {
        let from = source.lot.number();
        let inner = investigation_blockers(&source.lot).into_iter().chain(deviation_blockers(&source.lot));
        blockers.extend(inner.map(|b| Blocker {
            attributes: b.attributes,
            run: b.run,
            ..blocker("source", format!("{from}, from which it was made: {}", b.detail), b.who)
        }));
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

/// The bank or donor on which a result is recorded; none for the lot itself.
type Elsewhere = Option<(&'static str, String)>;

/// One blocker for each assay, so that an empty lot reads as a list of work; what is tested on
/// its bank or donor apart, because it is recorded there.
fn missing_blockers(lot: &Lot, spec: &Specification, required: &[&Item]) -> Vec<Blocker> {
    let mut blockers: Vec<Blocker> = Vec::new();
    for assay in &spec.assays {
        let mut places: Vec<(Elsewhere, Vec<&Criterion>)> = Vec::new();
        for item in required {
            if item.verdict.outcome != Outcome::Missing || item.criterion.assay != assay.code {
                continue;
            }
            let place = tested_on(lot, item.criterion);
            match places.iter_mut().find(|(there, _)| *there == place) {
                Some((_, criteria)) => criteria.push(item.criterion),
                None => places.push((place, vec![item.criterion])),
            }
        }
        for (place, missing) in places {
            let names: Vec<&str> = missing.iter().map(|c| c.name.as_str()).collect();
            let on = place.as_ref().map_or(String::new(), |(noun, number)| format!(" on {noun} {number}"));
            let detail = format!("{} has no result yet{on}: {}.", assay.name, names.join(", "));
            let who = if place.is_some() { "an analyst: record it there" } else { "an analyst: record it" };
            blockers.push(Blocker {
                attributes: missing.iter().map(|c| c.attribute.clone()).collect(),
                assay: place.is_none().then(|| assay.code.clone()),
                ..blocker("missing", detail, who)
            });
        }
    }
    blockers
}

/// Every run needs a second person, invalid ones too: an unchecked "invalid" could hide a
/// failure. Only an interim reading that a final one has replaced no longer matters.
fn unverified_blockers(lot: &Lot, spec: &Specification, items: &[Item]) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    for run in lot.runs.iter().filter(|r| r.verification.is_none()) {
        let replaced_interim =
            items.iter().filter_map(|i| Some((verdict_in_run(run, spec, i.criterion)?, i))).all(|(verdict, item)| {
                verdict.outcome == Outcome::Pending && item.run.is_none_or(|r| r.number != run.number)
            });
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

/// Runs of what it was made from that nobody has verified, where they measure what it inherits:
/// there, too, an unchecked "invalid" could hide a failure. Interim readings do not matter.
fn inherited_unverified_blockers(lot: &Lot, required: &[&Item]) -> Vec<Blocker> {
    let mut blockers: Vec<Blocker> = Vec::new();
    for source in &lot.sources {
        for run in source.lot.runs.iter().filter(|r| r.verification.is_none()) {
            let of_stage = |i: &&&Item| i.criterion.stage == source.lot.details.stage;
            let measured = required.iter().filter(of_stage).filter(|i| {
                let there = verdict_in_run(run, &source.specification, i.criterion);
                there.is_some_and(|v| v.outcome != Outcome::Pending)
            });
            let attributes: Vec<AttributeCode> = measured.map(|i| i.criterion.attribute.clone()).collect();
            if attributes.is_empty() {
                continue;
            }
            let detail = format!("Run #{} of {} is not verified.", run.number, source.lot.number());
            blockers.push(Blocker {
                attributes,
                run: Some(run.number),
                ..blocker("unverified", detail, "an analyst who entered nothing of it")
            });
        }
    }
    blockers
}

/// True where no required criterion applies to a lot: nothing but reports would carry its release.
/// Of a bank or donor reports count, because its lots ask for more.
fn nothing_counts(lot: &Lot, items: &[Item]) -> bool {
    let own = lot.details.stage.is_own();
    let counts = |i: &Item| {
        let required = i.criterion.kind == CriterionKind::Required;
        (required && !matches!(i.verdict.outcome, Outcome::NotApplicable | Outcome::Reported))
            || (!own && i.criterion.kind.needs_result())
    };
    !items.iter().any(counts)
}

fn enterers(lot: &Lot) -> Vec<&str> {
    let mut people: Vec<_> = lot.runs.iter().flat_map(Run::enterers).chain([&lot.registered_by]).collect();
    people.sort_by_key(|p| p.username.as_str());
    people.dedup_by_key(|p| p.username.as_str());
    people.into_iter().map(|p| p.name.as_str()).collect()
}
