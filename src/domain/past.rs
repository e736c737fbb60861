//! A lot with what it was made from, as facts alone tell it: now, or up to a past moment.
//!
//! Promises: uses nothing but the facts given and the specifications they name, so that a site
//! and a stranger with the same facts rebuild the same lot.

use super::course::CHANGES_NOTHING;
use super::event::{Event, Fact};
use super::history::rebuild;
use super::ids::{LotNumber, ProductCode};
use super::lineage::BANKS_MAX;
use super::lot::{Lot, Source};
use super::moment::Moment;
use super::spec::{Specification, Stage};

/// A fact with its number in the ledger.
pub type Numbered<'f> = (i64, &'f Fact);

/// Of facts in the ledger's order, those until the first that was recorded after the moment.
///
/// Not simply those with an earlier time: where a clock was set back, what was recorded later
/// rests on what was recorded before.
pub fn until<'f>(facts: &[Numbered<'f>], at: Moment) -> Vec<Numbered<'f>> {
    facts.iter().take_while(|(_, fact)| fact.at <= at).copied().collect()
}

/// The bank and the donor that a lot's registration among these facts names.
pub fn origins(facts: &[Numbered]) -> Vec<LotNumber> {
    let details = facts.iter().find_map(|(_, fact)| match &fact.event {
        Event::LotRegistered(details) => Some(details),
        _ => None,
    });
    let Some(details) = details else { return Vec::new() };
    // A donor is registered under its code as number.
    let donor = LotNumber::parse(details.donor.as_str()).ok();
    details.bank.iter().cloned().chain(donor).filter(|origin| *origin != details.lot).collect()
}

/// The lot of this number with its banks and its donor.
///
/// `facts` are those about the lot and about what it was made from, in the ledger's order, others
/// among them or not; `specification` finds a version.
///
/// Returns `None` where the facts do not tell of such a lot, or contradict themselves.
pub fn lot(
    number: &LotNumber,
    facts: &[Numbered],
    specification: impl Fn(&ProductCode, u32) -> Option<Specification>,
) -> Option<Lot> {
    let mut lot = own(number, facts)?;
    let mut next = lot.details.bank.clone();
    while let Some(bank) = next.take().filter(|_| lot.sources.len() < BANKS_MAX) {
        let Some(source) = own(&bank, facts).filter(|s| s.details.stage == Stage::Bank) else { break };
        next.clone_from(&source.details.bank);
        let specification = specification(&source.details.product, source.details.specification_version)?;
        lot.sources.push(Source { lot: source, specification });
    }
    let donor = LotNumber::parse(lot.details.donor.as_str()).ok().filter(|donor| donor != number);
    let donor = donor.and_then(|donor| own(&donor, facts)).filter(|d| d.details.stage == Stage::Donor);
    if let Some(source) = donor {
        let specification = specification(&source.details.product, source.details.specification_version)?;
        lot.sources.push(Source { lot: source, specification });
    }
    Some(lot)
}

/// A lot by its own facts, with the newest of them that an approval or review covers.
fn own(number: &LotNumber, facts: &[Numbered]) -> Option<Lot> {
    let about = || facts.iter().filter(|(_, fact)| fact.event.lot() == Some(number));
    let mut lot = rebuild(about().map(|(_, fact)| *fact))?;
    let changes = about().filter(|(_, fact)| !CHANGES_NOTHING.contains(&fact.event.kind().as_str()));
    lot.last_change = changes.map(|(entry, _)| *entry).max().unwrap_or_default();
    Some(lot)
}
