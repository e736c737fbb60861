//! A QA officer decides what is the site's to decide, and signs the whole policy.
//!
//! Promises: versioned; what is not said stays as it is in force; the signature covers the whole
//! policy that results; nothing recorded before changes.

use serde::{Deserialize, Serialize};

use crate::domain::course::{Contact, PartyRole};
use crate::domain::event::Event;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Person, Role};
use crate::domain::site_policy::{Route, SitePolicy, Strictness, TrainingRule};
use crate::domain::text::Line;
use crate::ledger::canonical;
use crate::store::{Entry, FactFilter, View};

use super::permit::{SetPolicy, Signed, Subject, recording_refusals};
use super::release_lot::manifest;
use super::{App, Error, check_drawable};

/// What a signature means where nothing else is said.
pub const MEANING: &str = "I approve the site's policy";

/// The minutes after which a screen may lock, at most.
const IDLE_MINUTES_MAX: u32 = 60;
/// The bounds of the shortest password, in characters (NIST SP 800-63B-4, 3.1.1.2).
const PASSWORD_CHARS: std::ops::RangeInclusive<u32> = 8..=64;
/// The most contacts of a policy or a notice.
pub(super) const CONTACTS_MAX: usize = 20;

/// A contact as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactEntry {
    /// `physician`, `qp`, `qa`, `sponsor` or `authority`.
    pub role: String,
    /// Name of the person or ward.
    pub name: String,
    /// Telephone, mail or address.
    pub reach: String,
}

/// The policy as typed; what is none stays as it is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyEntry {
    /// `refuse` or `flag`.
    pub uncalibrated_instrument: Option<String>,
    /// `refuse` or `flag`.
    pub expired_reagent: Option<String>,
    /// `verify_release` or `verify_qc_qa_qp`.
    pub release_route: Option<String>,
    /// Whether a release on the short route needs a review of the audit trail.
    pub audit_review_required: Option<bool>,
    /// `off`, `flag` or `refuse`.
    pub untrained: Option<String>,
    /// Roles that need a second factor.
    pub second_factor_roles: Option<Vec<String>>,
    /// The shortest password, in characters.
    pub password_chars_min: Option<u32>,
    /// After how many minutes without a touch a screen locks.
    pub idle_minutes: Option<u32>,
    /// Whom the site tells of a revocation.
    pub contacts: Option<Vec<ContactEntry>>,
    /// SHA-256 of the policy in force as it was shown.
    pub seen_sha256: Option<String>,
}

/// The policy with its version and who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyInForce {
    /// The policy.
    pub policy: SitePolicy,
    /// Its version; 0 where none was ever set.
    pub version: u32,
    /// Who set it, when, and what the signature means; none where nobody has.
    pub set: Option<PolicySet>,
    /// SHA-256 of its canonical JSON.
    pub sha256: String,
}

/// Who set a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySet {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// What the signature means; none where it was set before policies were signed.
    pub meaning: Option<String>,
}

/// The policy in force now.
///
/// # Errors
/// Storage fails.
pub fn policy_in_force(view: &mut View) -> Result<PolicyInForce, Error> {
    last_of(&every_policy(view)?)
}

/// The policy that was in force at a moment.
///
/// # Errors
/// Storage fails.
pub fn policy_in_force_at(view: &mut View, at: Moment) -> Result<PolicyInForce, Error> {
    let mut set = every_policy(view)?;
    set.retain(|entry| entry.fact.at <= at);
    last_of(&set)
}

fn every_policy(view: &mut View) -> Result<Vec<Entry>, Error> {
    let filter = FactFilter { kinds: vec!["site_policy_set".into()], limit: i64::MAX, ..FactFilter::default() };
    Ok(view.facts(&filter)?)
}

fn last_of(set: &[Entry]) -> Result<PolicyInForce, Error> {
    let version = u32::try_from(set.len()).unwrap_or(u32::MAX);
    let (policy, set) = match set.last().map(|entry| (&entry.fact, &entry.fact.event)) {
        Some((fact, Event::SitePolicySet { policy, signature, .. })) => {
            let meaning = signature.as_ref().map(|s| s.meaning.clone());
            (policy.clone(), Some(PolicySet { by: fact.by.person(), at: fact.at, meaning }))
        }
        _ => (SitePolicy::default(), None),
    };
    let sha256 = hash(&policy)?;
    Ok(PolicyInForce { policy, version, set, sha256 })
}

fn hash(policy: &SitePolicy) -> Result<String, Error> {
    canonical::sha256_of(policy).map_err(|e| Error::Internal(e.to_string()))
}

/// Sets the policy.
///
/// # Errors
/// A field cannot be accepted, or the policy changed since it was shown.
pub fn set_policy(app: &App, signed: &Signed<SetPolicy>, entry: &PolicyEntry) -> Result<PolicyInForce, Error> {
    let (entry, meaning) = (entry.clone(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let there = policy_in_force(&mut desk.view())?;
        if entry.seen_sha256.as_ref().is_some_and(|seen| *seen != there.sha256) {
            let who = there.set.as_ref().map(|s| s.by.name.as_str()).unwrap_or_default();
            let detail = format!(
                "The policy changed after it was shown to you: version {} by {who}. Nothing was signed; look at it again.",
                there.version
            );
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        let policy = entry.read(&there.policy)?;
        let version = there.version.saturating_add(1);
        let sha256 = hash(&policy)?;
        let signature = manifest("policy", &desk.by, &meaning, desk.now, sha256.clone());
        let event = Event::SitePolicySet { policy: policy.clone(), version: Some(version), signature: Some(signature) };
        desk.record(event)?;
        let set = Some(PolicySet { by: desk.by.person(), at: desk.now, meaning: Some(meaning) });
        Ok(PolicyInForce { policy, version, set, sha256 })
    });
    recording_refusals::<SetPolicy, _>(app, signed.actor(), &Subject::default(), outcome)
}

impl PolicyEntry {
    /// The policy that results; what is not said stays.
    fn read(&self, there: &SitePolicy) -> Result<SitePolicy, Refusal> {
        let mut policy = there.clone();
        let mut refusals = Vec::new();
        for (field, said, target) in [
            ("uncalibrated_instrument", &self.uncalibrated_instrument, &mut policy.uncalibrated_instrument),
            ("expired_reagent", &self.expired_reagent, &mut policy.expired_reagent),
        ] {
            match said.as_deref().map(|text| Strictness::parse(field, text)) {
                Some(Ok(strictness)) => *target = strictness,
                Some(Err(refusal)) => refusals.push(refusal),
                None => {}
            }
        }
        let mut refuse = |field: &str, detail: String| {
            refusals.push(Refusal::field(Code::InvalidField, field, detail));
        };
        if let Some(said) = self.release_route.as_deref() {
            match Route::ALL.into_iter().find(|r| r.as_str() == said.trim()) {
                Some(route) => policy.release_route = route,
                None => refuse("release_route", "release_route is verify_release or verify_qc_qa_qp.".into()),
            }
        }
        if let Some(said) = self.untrained.as_deref() {
            match TrainingRule::ALL.into_iter().find(|r| r.as_str() == said.trim()) {
                Some(rule) => policy.untrained = rule,
                None => refuse("untrained", "untrained is off, flag or refuse.".into()),
            }
        }
        if let Some(minutes) = self.idle_minutes {
            if minutes == 0 || minutes > IDLE_MINUTES_MAX {
                refuse("idle_minutes", format!("idle_minutes is 1 to {IDLE_MINUTES_MAX}."));
            }
            policy.idle_minutes = minutes;
        }
        if let Some(chars) = self.password_chars_min {
            if !PASSWORD_CHARS.contains(&chars) {
                let (low, high) = (PASSWORD_CHARS.start(), PASSWORD_CHARS.end());
                refuse("password_chars_min", format!("password_chars_min is {low} to {high} characters."));
            }
            policy.password_chars_min = chars;
        }
        match self.second_factor_roles.as_deref().map(read_roles) {
            Some(Ok(roles)) => policy.second_factor_roles = roles,
            Some(Err(refusal)) => refusals.push(refusal),
            None => {}
        }
        match self.contacts.as_deref().map(read_contacts) {
            Some(Ok(contacts)) => policy.contacts = contacts,
            Some(Err(refusal)) => refusals.push(refusal),
            None => {}
        }
        policy.audit_review_required = self.audit_review_required.unwrap_or(policy.audit_review_required);
        Refusal::all(refusals).map_or(Ok(policy), Err)
    }
}

fn read_roles(names: &[String]) -> Result<Vec<Role>, Refusal> {
    let mut roles = Vec::new();
    for name in names {
        let Some(role) = Role::PEOPLE.into_iter().find(|r| r.as_str() == name.trim()) else {
            let detail = "second_factor_roles are out of analyst, qc, qa, qp, auditor, admin.";
            return Err(Refusal::field(Code::InvalidField, "second_factor_roles", detail));
        };
        roles.push(role);
    }
    roles.sort();
    roles.dedup();
    Ok(roles)
}

/// Reads contacts as typed.
///
/// # Errors
/// Every field that cannot be accepted.
pub(super) fn read_contacts(entries: &[ContactEntry]) -> Result<Vec<Contact>, Refusal> {
    let mut refusals = Vec::new();
    if entries.len() > CONTACTS_MAX {
        let detail = format!("At most {CONTACTS_MAX} contacts are kept.");
        refusals.push(Refusal::field(Code::InvalidField, "contacts", detail));
    }
    let mut contacts = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let place = format!("contacts[{i}]");
        let printable = |field: &str, text: &str| {
            let line = Line::parse(field, text)?;
            check_drawable(field, line.as_str())?;
            Ok::<Line, Refusal>(line)
        };
        let role = PartyRole::ALL.into_iter().find(|r| r.as_str() == entry.role.trim()).ok_or_else(|| {
            let detail = "role is physician, qp, qa, sponsor or authority.";
            Refusal::field(Code::InvalidField, "role", detail)
        });
        match (role, printable("name", &entry.name), printable("reach", &entry.reach)) {
            (Ok(role), Ok(name), Ok(reach)) => contacts.push(Contact { role, name, reach }),
            (role, name, reach) => {
                let wrong = role.err().into_iter().chain(name.err()).chain(reach.err());
                refusals.extend(wrong.map(|refusal| refusal.within(&place)));
            }
        }
    }
    Refusal::all(refusals).map_or(Ok(contacts), Err)
}
