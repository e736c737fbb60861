//! Where a lot is on its route to a decision, for whoever looks: steps, what changed since each
//! signature, what comes next; and refusing to sign what is not what was shown.
//!
//! Promises: the same rules that the signing verbs apply; read only.

use crate::domain::assessment::Assessment;
use crate::domain::course::{PendingCriterion, SignOff};
use crate::domain::lot::{Decision, Lot};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::sign_offs::{self, Standing, Step};
use crate::domain::spec::Specification;
use crate::domain::{since, step_one};
use crate::store::{Entry, FactFilter, View};

use super::set_policy::{PolicyInForce, policy_in_force};
use super::{Desk, Error};

/// What a signer was shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The hash of it.
    pub sha256: Option<String>,
    /// The newest fact it covered.
    pub through: Option<i64>,
}

impl From<Option<&str>> for Seen {
    fn from(sha256: Option<&str>) -> Self {
        Seen { sha256: sha256.map(str::to_owned), through: None }
    }
}

/// A step and how it stands.
#[derive(Debug, Clone)]
pub struct StepNow {
    /// The step.
    pub step: Step,
    /// Whether the site's policy asks for it.
    pub needed: bool,
    /// Its signature, if there is one.
    pub sign_off: Option<SignOff>,
    /// Whether the signature counts.
    pub counts: bool,
    /// What was recorded since a signature that no longer counts, in words.
    pub changed_since: Vec<String>,
}

/// A lot on its route.
#[derive(Debug, Clone)]
pub struct CourseNow {
    /// The policy with its version.
    pub policy: PolicyInForce,
    /// The steps before the last one.
    pub steps: Vec<StepNow>,
    /// The step that can be taken next; none while results are missing or after a decision.
    pub next: Option<Step>,
    /// What may wait, where step 1 of a two-step release is possible now.
    pub may_wait: Vec<PendingCriterion>,
    /// What step 1 left pending and is not in, each with whether it is overdue.
    pub outstanding: Vec<(PendingCriterion, bool)>,
}

/// Where a lot is on its route.
///
/// # Errors
/// Storage fails.
pub fn course_now(
    view: &mut View,
    lot: &Lot,
    spec: &Specification,
    assessment: &Assessment,
    now: Moment,
) -> Result<CourseNow, Error> {
    let policy = policy_in_force(view)?;
    let needed = sign_offs::steps(&policy.policy);
    let mut steps = Vec::new();
    for step in [Step::QcApproval, Step::AuditReview] {
        let standing = sign_offs::standing(lot, step);
        let (sign_off, counts) = match standing {
            Standing::Missing => (None, false),
            Standing::Signed(sign_off) => (Some(sign_off), true),
            Standing::Stale(sign_off) => (Some(sign_off), false),
        };
        let asked = needed.contains(&step);
        if !asked && sign_off.is_none() {
            continue;
        }
        let changed_since = match standing {
            Standing::Stale(sign_off) => told_since(view, lot, sign_off.through)?,
            Standing::Missing | Standing::Signed(_) => Vec::new(),
        };
        steps.push(StepNow { step, needed: asked, sign_off: sign_off.cloned(), counts, changed_since });
    }
    let may_wait = step_one::pending(lot, spec, assessment, now).unwrap_or_default();
    let next = next(lot, &policy, assessment, !may_wait.is_empty());
    let outstanding = step_one::outstanding(lot, assessment, now).into_iter().map(|(p, late)| (p.clone(), late));
    let outstanding = if decided(lot) { Vec::new() } else { outstanding.collect() };
    Ok(CourseNow { policy, steps, next, may_wait, outstanding })
}

fn decided(lot: &Lot) -> bool {
    lot.course.revocation.is_some()
        || matches!(lot.decision, Some(Decision::Released { .. } | Decision::Rejected { .. }))
}

/// The step that can be taken next.
pub fn next(lot: &Lot, policy: &PolicyInForce, assessment: &Assessment, step_one: bool) -> Option<Step> {
    if sign_offs::check_undecided(lot).is_err() || !(assessment.blockers.is_empty() || step_one) {
        return None;
    }
    Some(sign_offs::next(lot, &policy.policy, step_one))
}

/// The facts about a lot and what it was made from after an entry, oldest first.
pub(super) fn facts_of(view: &mut View, lot: &Lot, after: Option<i64>) -> Result<Vec<Entry>, Error> {
    let mut facts = Vec::new();
    for of in std::iter::once(lot).chain(lot.sources.iter().map(|s| &s.lot)) {
        let filter = FactFilter { lot: Some(of.number().clone()), after, limit: i64::MAX, ..FactFilter::default() };
        facts.extend(view.facts(&filter)?);
    }
    facts.sort_by_key(|entry| entry.number);
    Ok(facts)
}

/// What was recorded about a lot and what it was made from after an entry, in words.
///
/// # Errors
/// Storage fails.
pub fn told_since(view: &mut View, lot: &Lot, through: i64) -> Result<Vec<String>, Error> {
    let facts = facts_of(view, lot, Some(through))?;
    Ok(facts.iter().filter_map(|entry| since::in_words(&entry.fact)).collect())
}

/// Refuses to sign what is not what was shown, and says what was recorded since.
pub(super) fn check_shown(desk: &mut Desk, lot: &Lot, seen: &Seen, signed_sha256: &str) -> Result<(), Error> {
    let changed = seen.sha256.as_deref().is_some_and(|sha256| sha256 != signed_sha256)
        || seen.through.is_some_and(|through| through < lot.changed_through());
    if !changed {
        return Ok(());
    }
    let told = match seen.through {
        Some(through) => told_since(&mut desk.view(), lot, through)?,
        None => Vec::new(),
    };
    let what = if told.is_empty() { String::new() } else { format!(": {}", since::listed(&told)) };
    let number = lot.number();
    let detail = format!("Lot {number} changed after it was shown to you{what}. Nothing was signed; look at it again.");
    Err(Refusal::new(Code::ChangedSinceSeen, detail).into())
}
