//! What waits for the reader: to read today, to verify, to release, to decide, to approve, on hold.
//!
//! Promises: the rules decide what the reader may do; nothing is offered that would be refused.

use super::shown;
use super::view::lots::{Waiting, WaitingItem};
use super::view::parts::Link;
use super::visit::Visit;
use crate::domain::assessment::{Assessment, Status, assess};
use crate::domain::calendar::{State, reading_days};
use crate::domain::investigation::Phase;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::domain::sign_offs::{self, Step};
use crate::domain::step_one;
use crate::store::StoredSpecification;
use crate::web::{places, times};
use crate::workflow::course::next;
pub use crate::workflow::draft_specification::open_drafts;
pub use crate::workflow::list_lots::{LotAndSpec, OPEN_LOTS_MAX, open_lots, revoked_lots};
use crate::workflow::set_policy::PolicyInForce;

/// How many things one list shows.
const ITEMS_MAX: usize = 5;

/// The lists of the first page; deeds with nothing to do are left out.
pub fn waiting(
    visit: &Visit,
    (open, revoked): (&[LotAndSpec], &[LotAndSpec]),
    drafts: &[StoredSpecification],
    policy: &PolicyInForce,
) -> Vec<Waiting> {
    let mut all: Vec<(&Lot, Assessment)> = open
        .iter()
        .map(|(lot, spec)| (lot, &spec.specification))
        .map(|(lot, spec)| (lot, visit.blind(lot, spec).veil(assess(lot, spec, visit.now))))
        .collect();
    // What expires first is most urgent.
    all.sort_by_key(|(lot, _)| lot.details.expires_at);
    let mut lists = Vec::new();
    if visit.is(Role::Qa) || visit.is(Role::Qp) {
        lists.push(list(
            "To tell",
            "revoked; not everybody acknowledged it",
            to_tell(revoked),
            Some("/lots?status=revoked"),
        ));
    }
    // Of a revoked lot the result that revoked it is still checked and investigated.
    let mut examined = open.to_vec();
    examined.extend(revoked.iter().filter(|(lot, _)| lot.decision.is_some()).cloned());
    let examined = examined.as_slice();
    if visit.is(Role::Analyst) {
        lists.push(list(
            "To read today",
            "a reading day of an incubated test",
            to_read(visit, open),
            Some("/calendar"),
        ));
        lists.push(list("To verify", "entered by somebody else", to_verify(visit, examined), Some("/review")));
    }
    let signs = Signing { visit, open, all: &all, policy };
    for (deed, hint, step) in [
        ("To approve (QC)", "every result is in order; QC signs", Step::QcApproval),
        ("To review", "what changed since entry; QA signs", Step::AuditReview),
        ("To certify", "approved and reviewed; the QP signs", Step::Certification),
        ("To release conditionally", "step 1; results are still to come", Step::ConditionalRelease),
    ] {
        lists.push(list(deed, hint, signs.of(step), None));
    }
    lists.push(list("Overdue", "a result that step 1 left pending", signs.overdue(), None));
    if visit.is(Role::Qa) {
        lists.push(list("To release", "nothing blocks; QA signs", signs.of(Step::Release), Some("/lots?status=ready")));
        lists.push(list(
            "To decide",
            "an investigation is at QA’s step",
            to_decide(visit, examined),
            Some("/investigations"),
        ));
        lists.push(list("To approve", "drafts by somebody else", to_approve(visit, drafts), Some("/specifications")));
        lists.push(list("On hold", "a verified result fails", on_hold(visit, &all), Some("/lots?status=on_hold")));
    }
    lists.into_iter().flatten().collect()
}

/// What a lot waits for that nothing holds back: who signs next.
pub fn waits_for(lot: &Lot, assessment: &Assessment, policy: &PolicyInForce) -> String {
    match next(lot, policy, assessment, false) {
        Some(Step::Release) | None => "Nothing; a QA signature releases it".into(),
        Some(step) => {
            format!("Nothing; {} signs the {}", step.role(policy.policy.release_route).with_article(), step.in_words())
        }
    }
}

fn list(deed: &str, hint: &str, mut items: Vec<WaitingItem>, all: Option<&str>) -> Option<Waiting> {
    if items.is_empty() {
        return None;
    }
    let left = items.len().saturating_sub(ITEMS_MAX);
    items.truncate(ITEMS_MAX);
    let more = all.filter(|_| left > 0).map(|href| Link::new(format!("{left} more"), href));
    Some(Waiting { deed: deed.into(), hint: hint.into(), items, more })
}

fn to_tell(revoked: &[LotAndSpec]) -> Vec<WaitingItem> {
    let item = |(lot, _): &LotAndSpec| {
        let revocation = lot.course.revocation.as_ref()?;
        let left = revocation.tell.len().saturating_sub(revocation.told.len());
        let link = Link::new(lot.number().to_string(), format!("/lots/{}/recall", lot.number()));
        let what = format!("{left} of {} to be told", shown::counted(revocation.tell.len(), "party", "parties"));
        (left > 0).then(|| WaitingItem { link, what, when: revocation.class.to_string() })
    };
    revoked.iter().filter_map(item).collect()
}

fn to_read(visit: &Visit, open: &[LotAndSpec]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Analyst);
    let date = |at: Moment| at.utc().with_timezone(&visit.zone).date_naive();
    let mut items = Vec::new();
    for (lot, spec) in open {
        if lot.was_verified_by(&me) || visit.now >= lot.details.expires_at {
            continue;
        }
        let days = reading_days(lot, &spec.specification, visit.now);
        let due = days.iter().filter(|r| match r.state {
            State::Done => false,
            State::Overdue | State::Due => true,
            State::Coming => date(r.due_at) == date(visit.now),
        });
        let due: Vec<_> = due.collect();
        let Some(first) = due.iter().min_by_key(|r| r.due_at) else { continue };
        let mut names: Vec<&str> = due.iter().map(|r| r.name.as_str()).collect();
        names.dedup();
        let preposition = if first.due_at <= visit.now { "since" } else { "from" };
        let href = format!("/lots/{}/runs/new?assay={}", lot.number(), first.assay);
        let when = format!("{preposition} {}", times::to_minutes(first.due_at, visit.zone));
        let item = WaitingItem { link: Link::new(lot.number().to_string(), href), what: names.join(", "), when };
        items.push((first.due_at, item));
    }
    items.sort_by_key(|(due_at, _)| *due_at);
    items.into_iter().map(|(_, item)| item).collect()
}

fn to_verify(visit: &Visit, open: &[LotAndSpec]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Analyst);
    let mut items: Vec<(Moment, WaitingItem)> = Vec::new();
    for (lot, spec) in open {
        let mine = lot.runs.iter().filter(|run| run.verification.is_none() && lot.check_verify(run, &me).is_ok());
        let mut mine: Vec<&crate::domain::run::Run> = mine.collect();
        mine.sort_by_key(|run| run.entered_at);
        let Some(oldest) = mine.first() else { continue };
        let names: Vec<String> =
            mine.iter().map(|run| shown::assay_name(&spec.specification, &run.content.assay).to_lowercase()).collect();
        let (href, what) = match mine.as_slice() {
            [only] => (format!("/runs/{}#check", only.number), format!("Run #{}, {}", only.number, names.join(""))),
            several => (format!("{}#runs", place(lot)), format!("{} runs: {}", several.len(), names.join(", "))),
        };
        let link = Link::new(lot.number().to_string(), href);
        let when = format!("oldest entered {}", times::relative(oldest.entered_at, visit.now));
        items.push((oldest.entered_at, WaitingItem { link, what, when }));
    }
    items.sort_by_key(|(entered_at, _)| *entered_at);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Signed steps that wait for the reader.
struct Signing<'w> {
    visit: &'w Visit,
    open: &'w [LotAndSpec],
    all: &'w [(&'w Lot, Assessment<'w>)],
    policy: &'w PolicyInForce,
}

impl Signing<'_> {
    /// Lots whose next step is this one, and the reader may take it.
    fn of(&self, step: Step) -> Vec<WaitingItem> {
        let role = step.role(self.policy.policy.release_route);
        if !self.visit.is(role) {
            return Vec::new();
        }
        let me = self.visit.actor(role);
        let mut items = Vec::new();
        for (lot, assessment) in self.all {
            let spec = self.open.iter().find(|(l, _)| l.number() == lot.number()).map(|(_, spec)| spec);
            let Some(spec) = spec.filter(|_| lot.details.stage.is_own()) else { continue };
            let step_one = step_one::pending(lot, &spec.specification, assessment, self.visit.now).is_ok();
            let mine = next(lot, self.policy, assessment, step_one) == Some(step)
                && sign_offs::check_hands(lot, &me, "sign").is_ok()
                && sign_offs::check_distinct(lot, &self.policy.policy, step, &me).is_ok();
            if !mine {
                continue;
            }
            let at = if step == Step::AuditReview { "/audit-review" } else { "#decision" };
            let what = match step_one {
                false => format!("All {} pass", shown::counted(assessment.items.len(), "criterion", "criteria")),
                true => "All but pending results pass".to_owned(),
            };
            items.push(WaitingItem {
                link: Link::new(lot.number().to_string(), format!("/lots/{}{at}", lot.number())),
                what,
                when: format!("expires {}", times::relative(lot.details.expires_at, self.visit.now)),
            });
        }
        items
    }

    /// Pending results of conditionally released lots whose due date has passed.
    fn overdue(&self) -> Vec<WaitingItem> {
        if self.visit.is(Role::Admin) || self.visit.is(Role::Auditor) {
            return Vec::new();
        }
        let mut items = Vec::new();
        for (lot, assessment) in self.all.iter().filter(|(lot, _)| lot.standing_notice().is_some()) {
            let outstanding = step_one::outstanding(lot, assessment, self.visit.now);
            let late: Vec<_> = outstanding.into_iter().filter(|(_, late)| *late).map(|(pending, _)| pending).collect();
            let Some(first) = late.iter().map(|p| p.due_at).min() else { continue };
            let names: Vec<&str> = late.iter().map(|p| p.name.as_str()).collect();
            items.push(WaitingItem {
                link: Link::new(lot.number().to_string(), format!("/lots/{}#course", lot.number())),
                what: names.join(", "),
                when: format!("due {}", times::relative(first, self.visit.now)),
            });
        }
        items
    }
}

/// Investigations whose next step only QA takes, and this reader may.
fn to_decide(visit: &Visit, open: &[LotAndSpec]) -> Vec<WaitingItem> {
    let me = visit.actor(Role::Qa);
    let all = open.iter().flat_map(|(lot, _)| lot.investigations.iter().map(move |i| (lot, i)));
    let mut items: Vec<(Moment, WaitingItem)> = Vec::new();
    for (lot, i) in all {
        let what = match i.phase() {
            Phase::Laboratory if !i.sterility && !i.was_investigated_by(&me) => "a re-test plan may be approved",
            Phase::Concluded if lot.check_close(i, &me).is_ok() => "concluded, to be closed",
            _ => continue,
        };
        let item = WaitingItem {
            link: Link::new(i.number.to_string(), format!("/investigations/{}", i.number)),
            what: format!("{}: {what}", lot.number()),
            when: format!("opened {}", times::relative(i.opened_at, visit.now)),
        };
        items.push((i.opened_at, item));
    }
    items.sort_by_key(|(opened_at, _)| *opened_at);
    items.into_iter().map(|(_, item)| item).collect()
}

/// Drafts that the reader did not write on.
fn to_approve(visit: &Visit, drafts: &[StoredSpecification]) -> Vec<WaitingItem> {
    let mine = |draft: &&StoredSpecification| draft.authors.iter().any(|a| a.username == visit.somebody.user.username);
    let item = |draft: &StoredSpecification| {
        let (product, version) = (&draft.specification.product, draft.specification.version);
        let authors: Vec<&str> = draft.authors.iter().map(|a| a.name.as_str()).collect();
        WaitingItem {
            link: Link::new(
                format!("{product} version {version}"),
                format!("/specifications/{product}/{version}#approve"),
            ),
            what: format!("written by {}", authors.join(", ")),
            when: String::new(),
        }
    };
    drafts.iter().filter(|draft| !mine(draft)).map(item).collect()
}

fn on_hold(visit: &Visit, all: &[(&Lot, Assessment)]) -> Vec<WaitingItem> {
    let held = all.iter().filter(|(_, a)| a.status == Status::OnHold);
    let item = |(lot, assessment): &(&Lot, Assessment)| WaitingItem {
        link: Link::new(lot.number().to_string(), format!("{}#decision", place(lot))),
        what: assessment.blockers.first().map(|b| shown::local_times(&b.detail, visit.zone)).unwrap_or_default(),
        when: match lot.details.expires_at {
            never if never == Moment::never() => String::new(),
            expires_at => format!("expires {}", times::relative(expires_at, visit.now)),
        },
    };
    held.map(item).collect()
}

fn place(lot: &Lot) -> String {
    places::page(lot.details.stage, lot.number())
}
