//! Who must be told of a revocation, and which lots share something with the revoked one.
//!
//! Promises: everybody who was named for the lot or received a container of it is told, and a
//! physician, QP, QA, sponsor and authority always, known by name or not; nobody stands twice on
//! the list.

use std::collections::BTreeSet;

use super::container::Movement;
use super::course::{Contact, Party, PartyRole, Sister};
use super::ids::EquipmentCode;
use super::lot::{Decision, Lot};
use super::moment::Moment;
use super::site_policy::SitePolicy;

/// Who must be told that the lot was revoked.
pub fn parties(lot: &Lot, policy: &SitePolicy) -> Vec<Party> {
    let mut parties: Vec<Party> = Vec::new();
    let mut tell =
        |contact: &Contact, because: String| match parties.iter_mut().find(|p| p.contact.as_ref() == Some(contact)) {
            Some(known) => known.because = format!("{}; {because}", known.because),
            None => parties.push(Party { role: contact.role, contact: Some(contact.clone()), because }),
        };
    if let Some(step) = &lot.course.conditional {
        for contact in &step.contacts {
            tell(contact, format!("named when the lot was released conditionally with {}", step.notice));
        }
    }
    for (contact, numbers) in received(lot) {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let noun = if numbers.len() == 1 { "container" } else { "containers" };
        tell(contact, format!("received {noun} {}", numbers.join(", ")));
    }
    for contact in &policy.contacts {
        tell(contact, "named in the site's policy".to_owned());
    }
    for role in PartyRole::ALL {
        if !parties.iter().any(|p| p.role == role) {
            parties.push(Party { role, contact: None, because: always(role).to_owned() });
        }
    }
    parties.sort_by_key(|p| p.role);
    parties
}

fn always(role: PartyRole) -> &'static str {
    match role {
        PartyRole::Physician => "the treating physician is always told; nobody was named for the lot",
        PartyRole::Qp => "the qualified person is always told",
        PartyRole::Qa => "quality assurance is always told",
        PartyRole::Sponsor => "the sponsor or authorisation holder is always told",
        PartyRole::Authority => "whether the authority must be told is always decided",
    }
}

/// Who received which containers, in the order of the first shipment to each; those that came
/// back are among them.
fn received(lot: &Lot) -> Vec<(&Contact, Vec<u32>)> {
    let mut all: Vec<(&Contact, Vec<u32>)> = Vec::new();
    for moved in &lot.course.movements {
        let Movement::Shipped { to, .. } = &moved.movement else { continue };
        match all.iter_mut().find(|(contact, _)| *contact == to) {
            Some((_, numbers)) => numbers.extend(&moved.containers),
            None => all.push((to, moved.containers.clone())),
        }
    }
    all
}

/// A day as it begins and ends: from, and before.
pub type Day = (Moment, Moment);

/// What two lots share, in words; nothing where `other` was revoked, or never left and is decided
/// against or gone by. What was supplied out of specification has left.
///
/// `day` is the day on which `lot` was made, in the site's zone.
pub fn sister(lot: &Lot, other: &Lot, day: Day, now: Moment) -> Option<Sister> {
    let rejected = matches!(other.decision, Some(Decision::Rejected { .. }));
    let kept = !other.is_supplied()
        && (rejected
            || (other.decision.is_none() && other.course.conditional.is_none() && now >= other.details.expires_at));
    if kept || other.course.revocation.is_some() || other.number() == lot.number() || !other.details.stage.is_own() {
        return None;
    }
    let mut shares = Vec::new();
    if other.details.donor == lot.details.donor {
        shares.push(format!("donor {}", lot.details.donor));
    }
    let theirs = banks(other);
    shares.extend(banks(lot).iter().filter(|bank| theirs.contains(bank)).map(|bank| format!("bank {bank}")));
    let theirs = reagents(other);
    shares.extend(reagents(lot).iter().filter(|code| theirs.contains(*code)).map(|code| format!("reagent {code}")));
    if (day.0..day.1).contains(&other.details.manufactured_at) {
        shares.push("made on the same day".to_owned());
    }
    (!shares.is_empty()).then(|| Sister { lot: other.number().clone(), shares })
}

/// The banks a lot was made from, nearest first, whether they are registered or only named.
fn banks(lot: &Lot) -> Vec<String> {
    let own = lot.details.bank.iter();
    let further = lot.sources.iter().filter_map(|s| s.lot.details.bank.as_ref());
    own.chain(further).map(ToString::to_string).collect()
}

/// The reagents used on a lot.
pub fn reagents(lot: &Lot) -> BTreeSet<EquipmentCode> {
    lot.runs.iter().flat_map(|run| run.content.reagents.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::container::Moved;
    use crate::domain::course::{Supplied, Supply};
    use crate::domain::ids::{DonorCode, LotNumber, ProductCode, Username};
    use crate::domain::lot::LotDetails;
    use crate::domain::role::Person;
    use crate::domain::spec::Stage;
    use crate::domain::text::{Line, Remark};

    fn at(text: &str) -> Moment {
        Moment::parse("at", text).expect("a moment")
    }

    fn line(text: &str) -> Line {
        Line::parse("x", text).expect("a line")
    }

    fn somebody() -> Person {
        Person { username: Username::parse("amy").expect("a name"), name: line("Amy") }
    }

    fn lot(number: &str, donor: &str, made: &str) -> Lot {
        let details = LotDetails {
            lot: LotNumber::parse(number).expect("a number"),
            product: ProductCode::parse("P").expect("a code"),
            specification_version: 1,
            donor: DonorCode::parse(donor).expect("a code"),
            manufactured_at: at(made),
            expires_at: at("2026-12-31T00:00:00Z"),
            containers: 4,
            stage: Stage::Product,
            bank: None,
            passage: None,
            population_doublings: None,
            autologous: None,
            cryopreserved: None,
            antibiotics: None,
        };
        Lot::new(details, somebody(), at(made))
    }

    fn contact(role: PartyRole, name: &str) -> Contact {
        Contact { role, name: line(name), reach: line("+86 20 5550 1234") }
    }

    #[test]
    fn nobody_stands_twice_on_the_list_and_no_role_is_missing() {
        let mut lot = lot("L-1", "D-1", "2026-11-01T00:00:00Z");
        let lin = contact(PartyRole::Physician, "Dr Lin");
        for containers in [vec![1], vec![3]] {
            let moved_at = at("2026-11-02T00:00:00Z");
            let (to, under, remark) = (lin.clone(), "RC-2026-000001".to_owned(), Remark::default());
            let movement = Movement::Shipped { to, under, moved_at, remark };
            lot.course.movements.push(Moved { containers, movement, by: somebody(), at: moved_at });
        }
        let sponsor = contact(PartyRole::Sponsor, "Trial office");
        let policy = SitePolicy { contacts: vec![lin.clone(), sponsor], ..SitePolicy::default() };
        let told = parties(&lot, &policy);
        let roles: Vec<PartyRole> = told.iter().map(|p| p.role).collect();
        assert_eq!(roles, PartyRole::ALL);
        assert_eq!(told[0].contact, Some(lin));
        assert_eq!(told[0].because, "received containers 1, 3; named in the site's policy");
        assert_eq!(told[1].contact, None);
    }

    #[test]
    fn a_lot_that_is_gone_is_no_sister_and_a_day_ends_when_the_next_begins() {
        let (now, day) = (at("2026-11-22T00:00:00Z"), (at("2026-10-31T16:00:00Z"), at("2026-11-01T16:00:00Z")));
        let one = lot("L-1", "D-1", "2026-11-01T00:00:00Z");
        let shares = |other: &Lot| sister(&one, other, day, now).map(|s| s.shares);
        assert_eq!(shares(&one), None);
        assert_eq!(shares(&lot("L-2", "D-1", "2026-11-05T00:00:00Z")), Some(vec!["donor D-1".to_owned()]));
        let same_day = Some(vec!["made on the same day".to_owned()]);
        assert_eq!(shares(&lot("L-3", "D-2", "2026-10-31T16:00:00Z")), same_day);
        assert_eq!(shares(&lot("L-4", "D-2", "2026-11-01T16:00:00Z")), None);
        let mut rejected = lot("L-5", "D-1", "2026-11-05T00:00:00Z");
        rejected.decision = Some(Decision::Rejected { reason: "x".into(), by: somebody(), at: now });
        assert_eq!(shares(&rejected), None);
        let physician = contact(PartyRole::Physician, "Dr Lin");
        let supply = Supply {
            physician,
            requested_at: now,
            hazard: Remark::default(),
            risk_evaluation: Remark::default(),
            accepted_at: now,
            notified: Vec::new(),
            containers: vec![1],
            evidence: Vec::new(),
        };
        rejected.course.supplies.push(Supplied { supply, by: somebody(), at: now });
        assert_eq!(shares(&rejected), Some(vec!["donor D-1".to_owned()]), "it has been given to somebody");
        let mut expired = lot("L-6", "D-1", "2026-11-05T00:00:00Z");
        expired.details.expires_at = now;
        assert_eq!(shares(&expired), None);
    }
}
