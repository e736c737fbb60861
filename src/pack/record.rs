//! The lot's record and the people, made from the facts of the pack alone.
//!
//! Promises: the site that makes a pack and the stranger who checks it call the same functions,
//! so a record that says otherwise than the facts is noticed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::assessment::assess;
use crate::domain::certificate::Dossier;
use crate::domain::course::Course;
use crate::domain::dossier;
use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::past::{self, Numbered};
use crate::domain::role::Role;
use crate::domain::spec::Specification;
use crate::ledger::canonical;

/// A lot's record at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotRecord {
    /// The moment (UTC).
    pub as_of: String,
    /// Its status then.
    pub status: String,
    /// Its certificate, where one stood.
    pub certificate: Option<String>,
    /// What held it back, in sentences.
    pub blockers: Vec<String>,
    /// Details, results, runs, changes, investigations, deviations.
    pub dossier: Dossier,
    /// SHA-256 of the dossier's canonical JSON: what a signature covers.
    pub dossier_sha256: String,
    /// Approvals, conditional release, revocation, supply, containers.
    pub course: Course,
    /// Who registered it, by user name.
    pub registered_by: String,
    /// When (UTC).
    pub registered_at: String,
}

/// The record of a lot as these facts tell it; `None` where they do not tell of it.
pub fn lot(number: &LotNumber, facts: &[Numbered], known: &[Specification], at: Moment) -> Option<LotRecord> {
    let find = |product: &_, version| known.iter().find(|s| s.product == *product && s.version == version).cloned();
    let lot = past::lot(number, facts, find)?;
    let spec = find(&lot.details.product, lot.details.specification_version)?;
    let assessment = assess(&lot, &spec, at);
    let sha256 = canonical::sha256_of(&spec).ok()?;
    let dossier = dossier::compose(&lot, &spec, &sha256, &assessment);
    Some(LotRecord {
        as_of: at.to_string(),
        status: assessment.status.as_str().to_owned(),
        certificate: lot.standing_certificate().map(ToString::to_string),
        blockers: assessment.blockers.iter().map(|b| b.detail.clone()).collect(),
        dossier_sha256: canonical::sha256_of(&dossier).ok()?,
        dossier,
        course: lot.course.clone(),
        registered_by: lot.registered_by.username.to_string(),
        registered_at: lot.registered_at.to_string(),
    })
}

/// Somebody who appears in a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonView {
    /// Full name, as of the newest fact by or about the person.
    pub name: String,
    /// The roles held, as far as the facts tell.
    pub roles: BTreeSet<Role>,
    /// The roles acted in.
    pub acted_as: BTreeSet<Role>,
    /// The number in the register of qualified persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub register_number: Option<String>,
}

/// Everybody who acted in these facts, by user name; the software itself is nobody.
pub fn people(facts: &[Numbered]) -> BTreeMap<String, PersonView> {
    let mut people: BTreeMap<String, PersonView> = BTreeMap::new();
    for (_, fact) in facts.iter().filter(|(_, fact)| fact.by.role != Role::System) {
        let person = people.entry(fact.by.username.to_string()).or_default();
        fact.by.name.as_str().clone_into(&mut person.name);
        person.acted_as.insert(fact.by.role);
    }
    for (_, fact) in facts {
        match &fact.event {
            Event::UserCreated { username, roles, full_name } => {
                if let Some(person) = people.get_mut(username.as_str()) {
                    person.roles = roles.iter().copied().collect();
                    full_name.as_str().clone_into(&mut person.name);
                }
            }
            Event::Account(AccountEvent::RolesChanged { username, roles, .. }) => {
                if let Some(person) = people.get_mut(username.as_str()) {
                    person.roles = roles.iter().copied().collect();
                }
            }
            Event::Account(AccountEvent::QualifiedPersonNamed { username, register_number, .. }) => {
                if let Some(person) = people.get_mut(username.as_str()) {
                    person.register_number = Some(register_number.as_str().to_owned());
                }
            }
            _ => {}
        }
    }
    people
}
