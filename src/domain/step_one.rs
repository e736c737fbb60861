//! Step 1 of a two-step release: what may still be pending, and what must be there already.
//!
//! Promises: only under a specification version that says so; every other criterion passes, no
//! run waits for its second person, nothing is under investigation or held, nothing has expired;
//! where an interim reading is asked for, a verified one without growth is there, and where none is
//! asked for, none that prolonged the test.

use super::assessment::{Assessment, Item};
use super::course::PendingCriterion;
use super::evaluation::Outcome;
use super::lot::Lot;
use super::moment::Moment;
use super::notice::WaitingRule;
use super::refusal::{Code, Refusal};
use super::spec::{Acceptance, Criterion, Specification};
use super::two_step::{Pending, TwoStep};

/// What is still to come, each with its due date, where step 1 is possible now.
///
/// # Errors
/// The specification knows no step 1, it was taken already, nothing is pending, or something else
/// than a pending result holds the lot back.
pub fn pending(
    lot: &Lot,
    spec: &Specification,
    assessment: &Assessment,
    now: Moment,
) -> Result<Vec<PendingCriterion>, Refusal> {
    let number = lot.number();
    let Some(rule) = &spec.two_step else {
        let detail = format!(
            "{} version {}, to which lot {number} is pinned, knows no conditional release: every result must be in.",
            spec.product, spec.version
        );
        return Err(Refusal::new(Code::NotTwoStep, detail));
    };
    if let Some(step) = &lot.course.conditional {
        let detail = format!("Lot {number} was conditionally released with notice {}.", step.notice);
        return Err(Refusal::new(Code::AlreadyDone, detail));
    }
    if assessment.blockers.is_empty() {
        let detail = format!("Every result of lot {number} is in: it takes its certificate, not a conditional notice.");
        return Err(Refusal::new(Code::WrongRoute, detail));
    }
    let may_wait = |code: &str, attributes: &[super::ids::AttributeCode]| {
        matches!(code, "missing" | "pending")
            && !attributes.is_empty()
            && attributes.iter().all(|a| rule.pending(a).is_some())
    };
    let held: Vec<&str> =
        assessment.blockers.iter().filter(|b| !may_wait(b.code, &b.attributes)).map(|b| b.detail.as_str()).collect();
    if !held.is_empty() {
        let detail = format!("Lot {number} cannot be released conditionally: {}", held.join(" "));
        return Err(Refusal::new(Code::NotReleasable, detail));
    }
    let open = assessment.items.iter().filter_map(|item| Some((item, waits(rule, item)?)));
    open.map(|(item, allowed)| named(lot, item, allowed, now)).collect()
}

/// What the specification says of each result that is still to come.
pub fn rules(spec: &Specification, pending: &[PendingCriterion]) -> Vec<WaitingRule> {
    let rule = |p: &PendingCriterion| {
        let allowed = spec.two_step.as_ref()?.pending(&p.attribute)?;
        let interim = match spec.criterion(&p.attribute).map(|c| &c.acceptance) {
            Some(Acceptance::Categorical { interim, extensions, .. }) if allowed.interim => {
                interim.iter().filter(|value| !extensions.contains_key(*value)).cloned().collect()
            }
            _ => Vec::new(),
        };
        Some(WaitingRule { attribute: p.attribute.clone(), due_hours: allowed.due_hours, interim })
    };
    pending.iter().filter_map(rule).collect()
}

/// The rule under which a criterion may wait, where it is one that waits.
fn waits<'r>(rule: &'r TwoStep, item: &Item) -> Option<&'r Pending> {
    let waiting = matches!(item.verdict.outcome, Outcome::Missing | Outcome::Pending);
    rule.pending(&item.criterion.attribute).filter(|_| waiting && item.criterion.kind.needs_result())
}

fn named(lot: &Lot, item: &Item, allowed: &Pending, now: Moment) -> Result<PendingCriterion, Refusal> {
    let criterion = item.criterion;
    if let Some(detail) = doubt(lot, criterion) {
        return Err(Refusal::new(Code::NotReleasable, detail));
    }
    let interim = interim(item);
    if allowed.interim && interim.is_none() {
        let detail = format!(
            "Lot {} cannot be released conditionally: {} needs a verified interim reading without growth first.",
            lot.number(),
            criterion.name
        );
        return Err(Refusal::new(Code::NotReleasable, detail));
    }
    Ok(PendingCriterion {
        attribute: criterion.attribute.clone(),
        name: criterion.name.clone(),
        due_at: now.plus_hours(i64::from(allowed.due_hours)),
        interim,
    })
}

/// Why a test that is not over speaks against the lot already: a reading prolonged it.
pub fn doubt(lot: &Lot, criterion: &Criterion) -> Option<String> {
    let Acceptance::Categorical { extensions, .. } = &criterion.acceptance else { return None };
    let readings = lot.runs.iter().flat_map(|run| run.content.readings.iter().map(move |reading| (run, reading)));
    let mut of_test = readings.filter(|(_, reading)| reading.attribute == criterion.attribute);
    let (run, reading) = of_test.find(|(_, reading)| extensions.contains_key(&reading.value))?;
    let (name, value, number) = (&criterion.name, &reading.value, run.number);
    Some(format!("{name} was read “{value}” (run #{number}), so lot {} waits until that test is over.", lot.number()))
}

/// The verified interim reading that decides.
fn interim(item: &Item) -> Option<String> {
    let Acceptance::Categorical { interim, .. } = &item.criterion.acceptance else { return None };
    let attribute = &item.criterion.attribute;
    let run = item.run.filter(|run| run.verification.is_some())?;
    let reading = run.content.readings.iter().find(|r| r.attribute == *attribute)?;
    interim.contains(&reading.value).then(|| reading.value.clone())
}

/// The pending results of step 1 that are not in, with whether each is overdue.
pub fn outstanding<'l>(lot: &'l Lot, assessment: &Assessment, now: Moment) -> Vec<(&'l PendingCriterion, bool)> {
    let Some(step) = &lot.course.conditional else { return Vec::new() };
    let open = |p: &&PendingCriterion| {
        assessment.items.iter().any(|item| {
            item.criterion.attribute == p.attribute
                && !matches!(item.verdict.outcome, Outcome::Pass | Outcome::NotApplicable | Outcome::Reported)
        })
    };
    step.pending.iter().filter(open).map(|p| (p, now >= p.due_at)).collect()
}
