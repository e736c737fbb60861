//! Containers are shipped, come back or are destroyed.
//!
//! Promises: what may leave is decided in the transaction that records that it left, so that a
//! revocation and a shipment cannot both come first; what had left before a revocation and is
//! recorded late puts its recipient on the list of those who must be told.

use serde::{Deserialize, Serialize};

use crate::domain::container::Movement;
use crate::domain::entry::in_minutes;
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::lineage::check_is_lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};

use super::contact::ContactEntry;
use super::investigate::remark;
use super::permit::{MoveContainers, Permit, Subject, recording_refusals};
use super::{App, Desk, Error, late_result};

/// A movement as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovementEntry {
    /// The lot.
    pub lot: String,
    /// Which of its containers, from 1.
    pub containers: Vec<u32>,
    /// `shipped`, `returned` or `destroyed`.
    pub act: String,
    /// When, RFC 3339.
    pub moved_at: String,
    /// To whom; only where shipped.
    pub to: Option<ContactEntry>,
    /// How, in what condition, or why.
    pub remark: String,
    /// That they left before the lot was revoked or expired, and that is only recorded now.
    #[serde(default)]
    pub late_entry: bool,
}

/// Containers that just moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedContainers {
    /// The lot.
    pub lot: LotNumber,
    /// Which, from 1.
    pub containers: Vec<u32>,
    /// The paper under which they left, where they did.
    pub under: Option<String>,
}

/// Records that containers moved.
///
/// # Errors
/// There is no such container, it is not where this can happen, nothing may leave, or a field
/// cannot be accepted.
pub fn move_containers(
    app: &App,
    permit: &Permit<MoveContainers>,
    entry: &MovementEntry,
) -> Result<MovedContainers, Error> {
    let number = LotNumber::parse(&entry.lot)?;
    let subject = Subject { lot: Some(number.clone()), run: None };
    let entry = entry.clone();
    let outcome = app.write_once(permit.actor(), permit.once(), move |desk| record(desk, number, &entry));
    // Only what may not leave is an attempt worth recording.
    match &outcome {
        Err(Error::Refused(refusal)) if refusal.code != Code::NotShippable => outcome,
        _ => recording_refusals::<MoveContainers, _>(app, permit.actor(), &subject, outcome),
    }
}

fn record(desk: &mut Desk, number: LotNumber, entry: &MovementEntry) -> Result<MovedContainers, Error> {
    let (lot, stored) = desk.lot(&number)?;
    check_is_lot(&lot)?;
    let containers = numbers(&entry.containers)?;
    let moved_at = Moment::parse("moved_at", &entry.moved_at)?;
    let remark = remark("remark", &entry.remark)?;
    let to = entry.to.as_ref().map(|to| to.read("to")).transpose()?;
    let movement = match (entry.act.trim(), to) {
        ("shipped", Some(to)) => Movement::Shipped { to, under: String::new(), moved_at, remark },
        ("shipped", None) => return Err(field("to", "Say to whom they were shipped: role, name, reach.").into()),
        (_, Some(_)) => return Err(field("to", "Only what is shipped goes to somebody. Leave it out.").into()),
        ("returned", None) => Movement::Returned { moved_at, remark },
        ("destroyed", None) => Movement::Destroyed { moved_at, remark },
        _ => return Err(field("act", "The act is shipped, returned or destroyed.").into()),
    };
    lot.check_move(&containers, &movement, desk.now)?;
    let movement = match movement {
        Movement::Shipped { to, moved_at, remark, .. } => {
            let (under, since) = if entry.late_entry {
                lot.check_left_before(&containers, moved_at, desk.now)?
            } else {
                lot.check_ship(&stored.specification, &containers, desk.now)?
            };
            if moved_at < since.start_of_minute() {
                let detail = format!("Nothing may have left before {}, when {under} was signed.", in_minutes(since));
                return Err(field("moved_at", &detail).into());
            }
            Movement::Shipped { to, under, moved_at, remark }
        }
        other => other,
    };
    let under = match &movement {
        Movement::Shipped { under, .. } => Some(under.clone()),
        _ => None,
    };
    desk.record(Event::Course(CourseEvent::ContainersMoved {
        lot: number.clone(),
        containers: containers.clone(),
        movement: movement.clone(),
    }))?;
    if let (Movement::Shipped { to, moved_at, .. }, Some(_)) = (&movement, &lot.course.revocation) {
        late_result::warn_of_late_entry(desk, &lot, &containers, to, *moved_at)?;
    }
    Ok(MovedContainers { lot: number, containers, under })
}

fn field(name: &str, detail: &str) -> Refusal {
    Refusal::field(Code::InvalidField, name, detail)
}

/// The numbers in order.
///
/// # Errors
/// None, or one of them twice.
pub(super) fn numbers(given: &[u32]) -> Result<Vec<u32>, Refusal> {
    let mut containers = given.to_vec();
    containers.sort_unstable();
    containers.dedup();
    if containers.is_empty() {
        return Err(field("containers", "Say which containers, by their numbers from 1."));
    }
    if containers.len() != given.len() {
        return Err(field("containers", "A container is named twice. Name each once."));
    }
    Ok(containers)
}
