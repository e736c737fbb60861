//! Whether a container may leave, come back or be destroyed.
//!
//! Promises: nothing leaves without a certificate or conditional notice that stands and against
//! which nothing has come up since, or a recorded supply of exactly these containers since which
//! the lot was not held; what was destroyed stays destroyed, and what came back does not leave again.

use super::assessment::{Item, assess};
use super::blockers::Blocker;
use super::container::{ContainerState, Movement, code};
use super::course::{ConditionalRelease, Supplied};
use super::entry::in_minutes;
use super::evaluation::Outcome;
use super::ids::AttributeCode;
use super::lot::{Decision, Lot};
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::spec::Specification;
use super::step_one::{doubt, outstanding};

/// Under what containers leave that were supplied out of specification.
pub const SUPPLY: &str = "SUPPLY";

impl Lot {
    /// Under which paper these containers may leave now, and since when it stands.
    ///
    /// # Errors
    /// Revoked, expired, no paper, or something has come up since.
    pub fn check_ship(&self, spec: &Specification, numbers: &[u32], now: Moment) -> Result<(String, Moment), Refusal> {
        let lot = self.number();
        let refuse =
            |why: String| Err(Refusal::new(Code::NotShippable, format!("Nothing of lot {lot} leaves: {why}.")));
        if let Some(revocation) = &self.course.revocation {
            return refuse(format!("it was revoked on {}", in_minutes(revocation.at)));
        }
        if now >= self.details.expires_at {
            return refuse(format!("it expired on {}", in_minutes(self.details.expires_at)));
        }
        if let Some(supplied) = self.supply_of(numbers) {
            // What was open when the physician accepted the risks was known; what was opened since was not.
            let all = std::iter::once(self).chain(self.sources.iter().map(|s| &s.lot));
            let since = all.flat_map(|l| &l.deviations).find(|d| d.is_open() && d.opened_at >= supplied.at);
            return match since {
                Some(held) => refuse(format!("{} was opened after the physician accepted the risks", held.number)),
                None => Ok((SUPPLY.to_owned(), supplied.at)),
            };
        }
        let (Some(paper), Some(since)) = (self.standing_paper(), self.left_since()) else {
            return refuse("it has no certificate or conditional notice that stands".to_owned());
        };
        let undecided = Lot { decision: None, ..self.clone() };
        let assessment = assess(&undecided, spec, now);
        let awaited = self.course.conditional.as_ref().filter(|_| self.standing_certificate().is_none());
        let late = outstanding(self, &assessment, now).into_iter().find(|(_, late)| *late);
        let overdue = late.map(|(p, _)| format!("{} was due on {} and is not in.", p.name, in_minutes(p.due_at)));
        let stops = assessment.blockers.into_iter().filter(|b| !awaited.is_some_and(|step| is_awaited(step, b)));
        let mut stops: Vec<String> = stops.map(|b| b.detail).collect();
        stops.extend(awaited.and_then(|step| self.in_doubt(step, &assessment.items)));
        stops.extend(overdue.filter(|_| awaited.is_some()));
        if stops.is_empty() {
            return Ok((paper, since));
        }
        let detail = format!("Nothing of lot {lot} leaves, although {paper} stands: {}", stops.join(" "));
        Err(Refusal::new(Code::NotShippable, detail))
    }

    /// Under which paper these containers had left before the lot was revoked or expired, and since
    /// when it stood, where that is only recorded now: what has left has left, and who received it
    /// must be known.
    ///
    /// # Errors
    /// The lot is neither revoked nor expired, had no paper, or they left after that.
    pub fn check_left_before(
        &self,
        numbers: &[u32],
        moved_at: Moment,
        now: Moment,
    ) -> Result<(String, Moment), Refusal> {
        let (lot, expires_at) = (self.number(), self.details.expires_at);
        let revocation = self.course.revocation.as_ref();
        let revoked = revocation.map(|r| (r.at, "was revoked"));
        let expired = (now >= expires_at).then_some((expires_at, "expired"));
        let Some((fell, why)) = revoked.into_iter().chain(expired).min() else {
            let detail = format!("Lot {lot} is neither revoked nor expired. Record it as shipped, and no late entry.");
            return Err(Refusal::field(Code::InvalidField, "late_entry", detail));
        };
        if moved_at >= fell {
            let detail = format!("Nothing of lot {lot} leaves: it {why} on {}.", in_minutes(fell));
            return Err(Refusal::new(Code::NotShippable, detail));
        }
        let paper = match revocation {
            Some(r) => r.certificate.as_ref().map(ToString::to_string).or(r.notice.as_ref().map(ToString::to_string)),
            None => self.standing_paper(),
        };
        match (self.supply_of(numbers), paper, self.left_since()) {
            (Some(supplied), ..) => Ok((SUPPLY.to_owned(), supplied.at)),
            (None, Some(paper), Some(since)) => Ok((paper, since)),
            _ => {
                let detail = format!("Lot {lot} never had a certificate or conditional notice, so nothing of it left.");
                Err(Refusal::new(Code::NotShippable, detail))
            }
        }
    }

    /// Why a result that step 1 awaits speaks against the lot already.
    fn in_doubt(&self, step: &ConditionalRelease, items: &[Item]) -> Option<String> {
        let awaited = |i: &&Item| step.pending.iter().any(|p| p.attribute == i.criterion.attribute);
        let open = items.iter().filter(awaited).filter(|i| i.verdict.outcome != Outcome::Pass);
        open.filter_map(|item| doubt(self, item.criterion)).next()
    }

    /// The newest supply of all of these containers.
    fn supply_of(&self, numbers: &[u32]) -> Option<&Supplied> {
        self.course.supplies.iter().rev().find(|s| numbers.iter().all(|n| s.supply.containers.contains(n)))
    }

    /// Since when the lot may leave at all.
    fn left_since(&self) -> Option<Moment> {
        let step = self.course.conditional.as_ref().map(|step| step.at);
        step.or(match &self.decision {
            Some(Decision::Released { at, .. }) => Some(*at),
            _ => None,
        })
    }

    /// Whether these containers can move so, apart from whether the lot may leave.
    ///
    /// # Errors
    /// There is no such container, or it is not where this could happen to it.
    pub fn check_move(&self, numbers: &[u32], movement: &Movement, now: Moment) -> Result<(), Refusal> {
        let moved_at = movement.moved_at();
        check_moment(self, moved_at, now)?;
        for number in numbers {
            self.check_container(*number)?;
            let (named, there) = (code(self.number(), *number), self.course.container_state(*number));
            let refuse = |code: Code, why: &str| {
                Err(Refusal::field(code, "containers", format!("Container {named} {why} Nothing was recorded.")))
            };
            match (movement, there) {
                (Movement::Shipped { .. }, ContainerState::InStock)
                | (Movement::Returned { .. }, ContainerState::Shipped)
                | (
                    Movement::Destroyed { .. },
                    ContainerState::InStock | ContainerState::Shipped | ContainerState::Returned,
                ) => {}
                (Movement::Shipped { .. }, ContainerState::Shipped) => {
                    return refuse(Code::NotShippable, "was shipped already.");
                }
                (Movement::Shipped { .. }, ContainerState::Returned) => {
                    return refuse(Code::NotShippable, "came back once and does not leave again.");
                }
                (Movement::Returned { .. }, ContainerState::Returned) => {
                    return refuse(Code::AlreadyDone, "has come back already.");
                }
                (Movement::Returned { .. }, ContainerState::InStock) => {
                    return refuse(Code::InvalidField, "never left, so it cannot come back.");
                }
                (Movement::Shipped { .. }, ContainerState::Destroyed) => {
                    return refuse(Code::NotShippable, "was destroyed.");
                }
                (_, ContainerState::Destroyed) => return refuse(Code::AlreadyDone, "was destroyed. That is final."),
            }
            let before = self.course.movements.iter().rev().find(|m| m.containers.contains(number));
            if before.is_some_and(|m| m.movement.moved_at() > moved_at) {
                let detail = format!("Container {named} moved after that already. Check moved_at.");
                return Err(Refusal::field(Code::InvalidField, "moved_at", detail));
            }
        }
        Ok(())
    }

    /// Refuses a container that the lot does not have.
    ///
    /// # Errors
    /// The lot has no container of this number.
    pub fn check_container(&self, number: u32) -> Result<(), Refusal> {
        if (1..=self.details.containers).contains(&number) {
            return Ok(());
        }
        let detail = format!(
            "Lot {} has {} containers, numbered from 1. There is no container {number}.",
            self.number(),
            self.details.containers
        );
        Err(Refusal::field(Code::NoSuchContainer, "containers", detail))
    }
}

/// True for what step 1 said was still to come, and nothing else.
fn is_awaited(step: &ConditionalRelease, blocker: &Blocker) -> bool {
    let named = |attribute: &AttributeCode| step.pending.iter().any(|p| p.attribute == *attribute);
    matches!(blocker.code, "missing" | "pending" | "unverified")
        && !blocker.attributes.is_empty()
        && blocker.attributes.iter().all(named)
}

fn check_moment(lot: &Lot, moved_at: Moment, now: Moment) -> Result<(), Refusal> {
    if moved_at > now {
        let detail = format!("moved_at is in the future; it is now {}. Check the date and the zone.", in_minutes(now));
        return Err(Refusal::field(Code::InTheFuture, "moved_at", detail));
    }
    let made = lot.details.manufactured_at;
    if moved_at < made {
        let detail = format!("Lot {} was only made on {}. Check moved_at.", lot.number(), in_minutes(made));
        return Err(Refusal::field(Code::InvalidField, "moved_at", detail));
    }
    Ok(())
}

/// The container that a label's code names: `AD-26-0007.2`.
///
/// # Errors
/// It names none.
pub fn read_code(text: &str) -> Result<(super::ids::LotNumber, u32), Refusal> {
    let parts = text.trim().rsplit_once('.');
    let read = parts.and_then(|(lot, number)| {
        Some((super::ids::LotNumber::parse(lot).ok()?, number.parse::<u32>().ok().filter(|n| *n > 0)?))
    });
    read.ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        let detail = format!("There is no container “{shown}”. A container has a code such as AD-26-0007.2.");
        Refusal::new(Code::NoSuchContainer, detail)
    })
}
