//! Somebody who must be told of a revocation was told and acknowledged it.
//!
//! Promises: each party on the list is acknowledged once, with who, how and when.

use serde::{Deserialize, Serialize};

use crate::domain::course::Revocation;
use crate::domain::entry::in_minutes;
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;

use super::permit::{Permit, TellParties};
use super::{App, Error, check_drawable};

/// What is said of having told somebody, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldEntry {
    /// Who acknowledged it, by name.
    pub who: String,
    /// How it was told.
    pub how: String,
    /// When it was acknowledged, RFC 3339.
    pub acknowledged_at: String,
}

/// A party just told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyTold {
    /// The lot.
    pub lot: LotNumber,
    /// Which entry of the list, from 0.
    pub party: u32,
    /// How many are still to be told.
    pub outstanding: usize,
}

/// The revocation of a lot.
///
/// # Errors
/// It was not revoked.
pub fn revocation_of(lot: &Lot) -> Result<&Revocation, Refusal> {
    lot.course.revocation.as_ref().ok_or_else(|| {
        Refusal::new(Code::NoSuchPage, format!("Lot {} was not revoked, so nobody has to be told.", lot.number()))
    })
}

/// Records that a party was told.
///
/// # Errors
/// The lot was not revoked, there is no such party, it was told already, or a field cannot be
/// accepted.
pub fn tell_party(
    app: &App,
    permit: &Permit<TellParties>,
    number: &LotNumber,
    party: &str,
    entry: &ToldEntry,
) -> Result<PartyTold, Error> {
    let (number, party, entry) = (number.clone(), party.to_owned(), entry.clone());
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let (lot, _) = desk.lot(&number)?;
        let revocation = revocation_of(&lot)?;
        let party = find(revocation, &party)?;
        if let Some(told) = revocation.told.iter().find(|t| t.party == party) {
            let detail =
                format!("{} acknowledged it on {} already.", told.who.as_str(), in_minutes(told.acknowledged_at));
            return Err(Refusal::new(Code::AlreadyDone, detail).into());
        }
        let line = |field: &str, text: &str| {
            let line = Line::parse(field, text)?;
            check_drawable(field, line.as_str())?;
            Ok::<_, Refusal>(line)
        };
        let (who, how) = (line("who", &entry.who)?, line("how", &entry.how)?);
        let acknowledged_at = Moment::parse("acknowledged_at", &entry.acknowledged_at)?;
        check_moment(acknowledged_at, revocation.at, desk.now)?;
        let outstanding = revocation.tell.len().saturating_sub(revocation.told.len() + 1);
        let told = CourseEvent::PartyTold { lot: number.clone(), party, who, how, acknowledged_at };
        desk.record(Event::Course(told))?;
        Ok(PartyTold { lot: number, party, outstanding })
    })
}

fn find(revocation: &Revocation, party: &str) -> Result<u32, Refusal> {
    let number = party.parse::<u32>().ok();
    let there = number.filter(|n| usize::try_from(*n).is_ok_and(|n| n < revocation.tell.len()));
    there.ok_or_else(|| {
        let shown: String = party.chars().take(20).collect();
        let last = revocation.tell.len().saturating_sub(1);
        Refusal::new(Code::NoSuchPage, format!("There is no party {shown} on the list; they are numbered 0 to {last}."))
    })
}

/// Told after the revocation (to the minute, as clocks are read) and before now.
fn check_moment(at: Moment, revoked_at: Moment, now: Moment) -> Result<(), Refusal> {
    if at > now {
        let detail = format!("acknowledged_at is in the future; it is now {}.", in_minutes(now));
        return Err(Refusal::field(Code::InTheFuture, "acknowledged_at", detail));
    }
    if at < revoked_at.start_of_minute() {
        let detail = format!("The lot was only revoked on {}. Check the time.", in_minutes(revoked_at));
        return Err(Refusal::field(Code::InvalidField, "acknowledged_at", detail));
    }
    Ok(())
}
