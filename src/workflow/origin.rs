//! What registering a lot, a bank and a donor have in common: numbers that are given once, and
//! an origin that holds together.
//!
//! Promises: lots, banks and donors share one space of numbers; an origin is checked in the
//! transaction that records it.

use crate::domain::entry::in_minutes;
use crate::domain::ids::LotNumber;
use crate::domain::lineage::{check_bank, check_donor, noun};
use crate::domain::lot::LotDetails;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::store::View;

use super::Error;

/// The most containers a lot or a bank can have.
const CONTAINERS_MAX: u32 = 10_000;

/// Under which fields the origin was given.
pub(super) struct Fields {
    /// The number itself.
    pub number: &'static str,
    /// The bank.
    pub bank: &'static str,
    /// When it was made.
    pub made: &'static str,
}

/// Refuses a number that is taken, by whatever has it.
pub(super) fn check_free(view: &mut View, number: &LotNumber, field: &str) -> Result<(), Error> {
    let Ok(there) = view.lot(number)? else { return Ok(()) };
    let noun = noun(there.details.stage);
    let detail = format!(
        "{number} is already registered as a {noun}, by {} on {}. A number is given once, to a lot, a bank or a donor.",
        there.registered_by.name.as_str(),
        in_minutes(there.registered_at)
    );
    Err(Refusal::field(Code::LotExists, field, detail).into())
}

/// What speaks against the bank and the donor that a lot or a bank names.
pub(super) fn check_origin(
    view: &mut View,
    details: &LotDetails,
    passage: Option<u32>,
    fields: &Fields,
) -> Result<Vec<Refusal>, Error> {
    let mut refusals = Vec::new();
    if details.donor.as_str() == details.lot.as_str() || view.names_donor(details.lot.as_str())? {
        let detail = format!("{} is the code of a donor. A number is given once.", details.lot);
        refusals.push(Refusal::field(Code::InvalidField, fields.number, detail));
    }
    if let Some(bank) = &details.bank {
        match view.lot(bank)? {
            Ok(bank) => refusals.extend(check_bank(details, &bank, passage, (fields.bank, fields.made))),
            Err(_) => {
                let detail = format!("There is no bank {bank}. Register it first, or check the number.");
                refusals.push(Refusal::field(Code::NotABank, fields.bank, detail));
            }
        }
    }
    let donor = LotNumber::parse(details.donor.as_str())?;
    if let Ok(donor) = view.lot(&donor)? {
        refusals.extend(check_donor(details, &donor, fields.made));
    }
    Ok(refusals)
}

/// Reads the number of the bank something was made from; an empty one is none.
pub(super) fn read_bank(field: &str, typed: Option<&str>) -> Result<Option<LotNumber>, Refusal> {
    let Some(typed) = typed.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    LotNumber::parse(typed).map(Some).map_err(|_| {
        let shown: String = typed.chars().take(40).collect();
        let detail = format!("There is no bank “{shown}”. Give its number, such as MCB-0007.");
        Refusal::field(Code::NotABank, field, detail)
    })
}

/// What speaks against these two moments; `what` begins the sentences.
pub(super) fn check_times(what: &str, made: (&str, Moment), expires: Option<Moment>, now: Moment) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if made.1 > now {
        let detail = format!("{what} cannot have been made in the future. Check the date and the zone.");
        refusals.push(Refusal::field(Code::InTheFuture, made.0, detail));
    }
    if expires.is_some_and(|expires| expires <= made.1) {
        let detail = format!("{what} would expire before it was made. Check both times.");
        refusals.push(Refusal::field(Code::InvalidField, "expires_at", detail));
    }
    refusals
}

/// What speaks against this number of containers; `what` begins the sentence.
pub(super) fn check_containers(what: &str, containers: u32) -> Option<Refusal> {
    (containers == 0 || containers > CONTAINERS_MAX).then(|| {
        let detail = format!("{what} has 1 to {CONTAINERS_MAX} containers.");
        Refusal::field(Code::InvalidField, "containers", detail)
    })
}
