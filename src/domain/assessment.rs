//! How a lot stands: every criterion with its verdict, every blocker, and the status.
//!
//! Promises: a lot is ready only when every required criterion of its pinned specification that
//! applies to it has a valid, verified, passing result, its own or inherited from its bank or
//! donor; nothing waits for verification or investigation, and it has not expired. There is no
//! parameter that says otherwise. Status is derived here and stored nowhere.

use super::answers::{prolonged, tested_otherwise};
use super::blockers::{blocker, open_blockers};
use super::entry::in_minutes;
use super::evaluation::{Outcome, Verdict, judge};
use super::ids::{AttributeCode, LotNumber};
use super::lot::{Decision, Lot};
use super::moment::Moment;
use super::quantity::{Qualifier, Quantity};
use super::run::Run;
use super::spec::{Acceptance, Condition, Criterion, CriterionKind, Specification, Stage};

pub use super::blockers::Blocker;
pub use super::status::Status;

/// The attribute that tells a lot's passage.
pub const PASSAGE: &str = "PASSAGE";

/// One criterion with its verdict.
#[derive(Debug, Clone)]
pub struct Item<'a> {
    /// The criterion.
    pub criterion: &'a Criterion,
    /// The run whose reading decides, if there is one.
    pub run: Option<&'a Run>,
    /// The bank or donor on which the run was made, where the lot inherits it.
    pub inherited_from: Option<&'a LotNumber>,
    /// The cocktail whose one reading answers this criterion too.
    pub covered_by: Option<&'a AttributeCode>,
    /// How it stands.
    pub verdict: Verdict,
}

/// A lot as it stands.
#[derive(Debug, Clone)]
pub struct Assessment<'a> {
    /// One item for each criterion of its stage, in the specification's order.
    pub items: Vec<Item<'a>>,
    /// Everything that holds it back, gravest first. Empty for a lot that is ready or released.
    pub blockers: Vec<Blocker>,
    /// Derived status.
    pub status: Status,
}

/// Judges a lot against its specification as of `now`.
pub fn assess<'a>(lot: &'a Lot, spec: &'a Specification, now: Moment) -> Assessment<'a> {
    let criteria = spec.criteria.iter().filter(|c| concerns(lot.details.stage, c.stage));
    let mut items: Vec<Item<'a>> = criteria.map(|c| assess_criterion(lot, spec, c)).collect();
    answer_covered(&mut items);
    settle_choices(&mut items);
    let blockers = match (&lot.course.revocation, &lot.decision) {
        (Some(revocation), _) => {
            let (who, when) = (revocation.by.name.as_str(), in_minutes(revocation.at));
            let detail = format!("Revoked by {who} on {when}: {}", revocation.reason.as_str());
            vec![blocker("revoked", detail, "nobody: a revoked lot stays revoked")]
        }
        (None, Some(Decision::Released { .. })) => Vec::new(),
        (None, Some(Decision::Rejected { reason, by, at })) => {
            let detail = format!("Rejected by {} on {}: {reason}", by.name.as_str(), in_minutes(*at));
            vec![blocker("rejected", detail, "nobody: a rejected lot stays rejected")]
        }
        (None, None) => open_blockers(lot, spec, &items, now),
    };
    let failed =
        |item: &Item| item.verdict.outcome == Outcome::Fail && item.run.is_some_and(|r| r.verification.is_some());
    let held = |b: &Blocker| matches!(b.code, "investigation" | "out_of_specification" | "deviation" | "source");
    let on_hold =
        items.iter().filter(|i| i.criterion.kind == CriterionKind::Required).any(failed) || blockers.iter().any(held);
    let status = match &lot.decision {
        _ if lot.course.revocation.is_some() => Status::Revoked,
        Some(Decision::Released { .. }) => Status::Released,
        _ if lot.is_supplied() => Status::SuppliedOutOfSpecification,
        Some(Decision::Rejected { .. }) => Status::Rejected,
        None if lot.course.conditional.is_some() => Status::ConditionallyReleased,
        None if now >= lot.details.expires_at => Status::Expired,
        None if on_hold => Status::OnHold,
        None if blockers.is_empty() => Status::Ready,
        None => Status::Testing,
    };
    Assessment { items, blockers, status }
}

/// True where a criterion of stage `tested` counts for something of stage `stage`: a lot answers
/// for everything it was made from, a bank for itself and its donor.
fn concerns(stage: Stage, tested: Stage) -> bool {
    match stage {
        Stage::Product | Stage::Harvest => true,
        Stage::Bank => matches!(tested, Stage::Bank | Stage::Donor),
        Stage::Donor => tested == Stage::Donor,
    }
}

/// Whether a criterion applies to a lot; `None` where what it depends on is not known.
pub fn applies(lot: &Lot, spec: &Specification, criterion: &Criterion) -> Option<bool> {
    let details = &lot.details;
    match &criterion.applies_when {
        None => Some(true),
        Some(Condition::Passage { at_least, at_most }) => {
            let passage = passage(lot, spec)?;
            Some(at_least.is_none_or(|low| passage >= low) && at_most.is_none_or(|high| passage <= high))
        }
        Some(Condition::Autologous {}) => details.autologous,
        Some(Condition::Allogeneic {}) => details.autologous.map(|own| !own),
        Some(Condition::Cryopreserved {}) => details.cryopreserved,
        Some(Condition::Fresh {}) => details.cryopreserved.map(|frozen| !frozen),
        Some(Condition::Antibiotics {}) => details.antibiotics,
    }
}

/// The passage of a lot: of a bank as registered, of a lot as recorded and not invalid.
///
/// Several results that differ tell nothing.
fn passage(lot: &Lot, spec: &Specification) -> Option<u32> {
    if lot.details.passage.is_some() {
        return lot.details.passage;
    }
    let mut known = None;
    for run in lot.runs.iter().filter(|r| r.invalid_because(spec).is_none()) {
        for reading in run.content.readings.iter().filter(|r| r.attribute.as_str() == PASSAGE) {
            let quantity = Quantity::parse(&reading.value).ok().filter(|q| q.qualifier() == Qualifier::Exact)?;
            let whole = Some(quantity.number()).filter(|n| n.fract().is_zero())?;
            let passage: u32 = whole.try_into().ok()?;
            if known.is_some_and(|k| k != passage) {
                return None;
            }
            known = Some(passage);
        }
    }
    known
}

/// Which of several readings decides: anything that fails, then what passes, then what is open.
fn precedence(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 5,
        Outcome::Pass | Outcome::Reported => 4,
        Outcome::Indeterminate => 3,
        Outcome::Pending => 2,
        _ => 1,
    }
}

fn assess_criterion<'a>(lot: &'a Lot, spec: &'a Specification, criterion: &'a Criterion) -> Item<'a> {
    let item = |run, inherited_from, verdict| Item { criterion, run, inherited_from, covered_by: None, verdict };
    let binds = applies(lot, spec, criterion) != Some(false);
    let only = || criterion.applies_when.as_ref().map_or(String::new(), |c| format!("applies to {c} only"));
    let mut deciding: Option<(&Run, Option<&LotNumber>, Verdict)> = None;
    for (run, from, its_spec) in runs_for(lot, spec, criterion) {
        let Some(verdict) = verdict_under(run, its_spec, spec, criterion) else { continue };
        let verdict = still_answers(lot, run, its_spec, spec, criterion, verdict);
        // Of two readings of equal weight the later one decides.
        let outweighs =
            deciding.as_ref().is_none_or(|(_, _, current)| precedence(verdict.outcome) >= precedence(current.outcome));
        if outweighs {
            deciding = Some((run, from, verdict));
        }
    }
    let Some((run, from, mut verdict)) = deciding else {
        if !binds {
            return item(None, None, Verdict::without_value(Outcome::NotApplicable, only()));
        }
        return item(None, None, Verdict::without_value(Outcome::Missing, why_missing(lot, criterion)));
    };
    if !binds {
        // What was measured all the same is shown, and does not count.
        verdict.outcome = Outcome::Reported;
        verdict.because = format!("{}; {}", verdict.because, only());
    } else if criterion.kind == CriterionKind::Informative && matches!(verdict.outcome, Outcome::Pass | Outcome::Fail) {
        verdict.outcome = Outcome::Reported;
    } else if run.verification.is_none()
        && (verdict.outcome == Outcome::Pass || criterion.kind == CriterionKind::Report)
        && verdict.outcome != Outcome::Invalid
    {
        verdict.outcome = Outcome::Unverified;
        verdict.because = format!("{}; run #{} is not verified", verdict.because, run.number);
    }
    item(Some(run), from, verdict)
}

/// The runs that can answer a criterion: the lot's own, then those of what it was made from,
/// each with the specification it was recorded under.
fn runs_for<'a>(
    lot: &'a Lot,
    spec: &'a Specification,
    criterion: &Criterion,
) -> Vec<(&'a Run, Option<&'a LotNumber>, &'a Specification)> {
    let stage = criterion.stage;
    let inherited = lot.sources.iter().filter(move |s| !stage.is_own() && s.lot.details.stage == stage);
    let inherited = inherited.flat_map(|s| s.lot.runs.iter().map(|run| (run, Some(s.lot.number()), &s.specification)));
    inherited.chain(lot.runs.iter().map(|run| (run, None, spec))).collect()
}

/// Takes a pass away from a reading that no longer answers the criterion.
fn still_answers(
    lot: &Lot,
    run: &Run,
    recorded_under: &Specification,
    spec: &Specification,
    criterion: &Criterion,
    verdict: Verdict,
) -> Verdict {
    if !matches!(verdict.outcome, Outcome::Pass | Outcome::Reported) {
        return verdict;
    }
    let place = lot.sources.iter().map(|s| &s.lot).find(|l| *l.number() == run.lot).unwrap_or(lot);
    if verdict.outcome == Outcome::Pass
        && let Some(longer) = prolonged(&place.runs, recorded_under, criterion, run.content.tested_at)
    {
        let because = format!("{}; {}", verdict.because, longer.in_words());
        return Verdict { outcome: Outcome::Pending, because, earliest: Some(longer.until), ..verdict };
    }
    let reading = run.content.readings.iter().find(|r| r.attribute == criterion.attribute);
    let stale = reading.and_then(|r| lot.stale_identity(criterion, r)).map(str::to_owned);
    match tested_otherwise(run, recorded_under, spec, criterion).or(stale) {
        Some(why) => {
            Verdict { outcome: Outcome::Indeterminate, because: format!("{}; {why}", verdict.because), ..verdict }
        }
        None => verdict,
    }
}

fn why_missing(lot: &Lot, criterion: &Criterion) -> String {
    let has = |stage: Stage| lot.sources.iter().any(|s| s.lot.details.stage == stage);
    match criterion.stage {
        Stage::Bank if lot.details.stage.is_own() && !has(Stage::Bank) => {
            "tested on the bank, and the lot names none".to_owned()
        }
        Stage::Donor if lot.details.stage != Stage::Donor && !has(Stage::Donor) => {
            "tested on the donor, who is not registered".to_owned()
        }
        Stage::Bank if lot.details.stage.is_own() => "no result of the bank yet".to_owned(),
        Stage::Donor if lot.details.stage != Stage::Donor => "no result of the donor yet".to_owned(),
        _ => "no result yet".to_owned(),
    }
}

/// What one run says about one criterion; `None` where it does not measure it.
pub fn verdict_in_run(run: &Run, spec: &Specification, criterion: &Criterion) -> Option<Verdict> {
    verdict_under(run, spec, spec, criterion)
}

/// As [`verdict_in_run`], for a run that was recorded under another specification than the one
/// that judges it.
fn verdict_under(
    run: &Run,
    recorded_under: &Specification,
    spec: &Specification,
    criterion: &Criterion,
) -> Option<Verdict> {
    let reading = run.content.readings.iter().find(|r| r.attribute == criterion.attribute)?;
    if let Some(why) = run.invalid_because(recorded_under) {
        let mut verdict = Verdict::without_value(Outcome::Invalid, why);
        verdict.as_entered = Some(reading.value.clone());
        return Some(verdict);
    }
    if reading.unit.as_deref() != criterion.acceptance.unit() {
        let why = format!("{} was recorded in another unit", reading.value);
        return Some(Verdict::without_value(Outcome::Indeterminate, why));
    }
    let verdict = judge(&criterion.acceptance, spec.rounding, &reading.value, run.content.started_at);
    // What was recorded was judged then; a reading that no longer can be is no pass.
    let mut verdict = verdict.unwrap_or_else(|refusal| Verdict::without_value(Outcome::Indeterminate, refusal.detail));
    if let Some(formula) = &reading.formula {
        verdict.because = format!("{formula}; {}", verdict.because);
    }
    if let (Outcome::Pending, Acceptance::Categorical { extensions, .. }) = (verdict.outcome, &criterion.acceptance)
        && let Some(hours) = extensions.get(&reading.value)
    {
        let extended = run.content.tested_at.plus_hours(*hours);
        verdict.earliest = verdict.earliest.max(Some(extended));
    }
    Some(verdict)
}

/// One reading of a cocktail answers the criteria it covers; it stays one reading of one run.
fn answer_covered(items: &mut [Item]) {
    let answers: Vec<_> = items
        .iter()
        .filter(|i| !i.criterion.covers.is_empty())
        .map(|i| (i.criterion, i.run, i.inherited_from, i.verdict.clone()))
        .collect();
    for (cocktail, run, from, verdict) in answers {
        let covered = |item: &Item| cocktail.covers.contains(&item.criterion.attribute);
        if matches!(verdict.outcome, Outcome::Pass | Outcome::Unverified) {
            for item in items.iter_mut().filter(|i| covered(i) && i.verdict.outcome == Outcome::Missing) {
                item.run = run;
                item.inherited_from = from;
                item.covered_by = Some(&cocktail.attribute);
                item.verdict = verdict.clone();
                item.verdict.distance = None;
                item.verdict.because =
                    format!("answered by {}, one reading for all: {}", cocktail.name, verdict.because);
            }
        } else if verdict.outcome == Outcome::Missing && each_measured(items.iter().filter(|i| covered(i))) {
            for item in items.iter_mut().filter(|i| i.criterion.attribute == cocktail.attribute) {
                let because = "each of its markers was measured by itself";
                item.verdict = Verdict::without_value(Outcome::NotApplicable, because);
            }
        }
    }
}

/// True where every marker that applies was measured by itself, and at least one was.
fn each_measured<'i, 'a: 'i>(covered: impl Iterator<Item = &'i Item<'a>>) -> bool {
    let outcomes: Vec<Outcome> = covered.map(|i| i.verdict.outcome).collect();
    let measured = |o: &Outcome| matches!(o, Outcome::Pass | Outcome::Unverified | Outcome::Fail);
    outcomes.iter().any(measured) && outcomes.iter().all(|o| measured(o) || *o == Outcome::NotApplicable)
}

/// Of the criteria of one choice, one that passes is enough; one that fails still fails.
fn settle_choices(items: &mut [Item]) {
    let met: Vec<_> = items
        .iter()
        .filter(|i| matches!(i.verdict.outcome, Outcome::Pass | Outcome::Unverified))
        .filter_map(|i| Some((i.criterion.choice.clone()?, i.criterion.name.clone())))
        .collect();
    for item in items.iter_mut().filter(|i| i.verdict.outcome == Outcome::Missing) {
        let choice = item.criterion.choice.as_ref();
        if let Some((_, name)) = met.iter().find(|(c, _)| Some(c) == choice) {
            item.verdict = Verdict::without_value(
                Outcome::NotApplicable,
                format!("one of the choice is enough: {name} was tested"),
            );
        }
    }
}
