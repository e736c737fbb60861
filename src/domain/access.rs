//! Who had access at a moment: accounts and what was decided about access, rebuilt from facts alone.
//!
//! Promises: nothing but the facts that were recorded up to the moment goes in, so the answer for
//! a past day is the one that counted then (EU GMP Annex 11, 12.3).

use std::collections::BTreeMap;

use super::account::{Account, AccountAt, concerned};
use super::event::{AccountEvent, Event, Fact};
use super::ids::Username;
use super::moment::Moment;
use super::role::{Person, Role};
use super::site_policy::SitePolicy;
use super::text::Remark;

/// After how many hours access is reviewed again: twelve months.
pub const REVIEW_HOURS: i64 = 365 * 24;

/// A review of who has access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessReview {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// How many accounts were reviewed.
    pub accounts: u32,
    /// What was found.
    pub findings: Remark,
    /// SHA-256 of the register that was signed.
    pub register_sha256: String,
}

/// What the facts say about access, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessHistory {
    /// Everybody who has an account.
    pub people: BTreeMap<Username, AccountAt>,
    /// What the site had decided.
    pub policy: SitePolicy,
    /// The newest version of the policy on electronic signatures.
    pub signature_policy: u32,
    /// The newest review of access.
    pub review: Option<AccessReview>,
}

impl Default for AccessHistory {
    fn default() -> Self {
        // Version 1 is the text that is shipped with the software.
        AccessHistory { people: BTreeMap::new(), policy: SitePolicy::default(), signature_policy: 1, review: None }
    }
}

impl AccessHistory {
    /// What facts amount to that were recorded up to a moment.
    pub fn at<'f>(moment: Moment, facts: impl IntoIterator<Item = &'f Fact>) -> Self {
        let mut history = AccessHistory::default();
        facts.into_iter().filter(|fact| fact.at <= moment).for_each(|fact| history.apply(fact));
        history
    }

    fn apply(&mut self, fact: &Fact) {
        match &fact.event {
            Event::UserCreated { username, full_name, roles } => {
                let account = AccountAt {
                    username: username.clone(),
                    full_name: full_name.clone(),
                    roles: roles.clone(),
                    created_at: fact.at,
                    account: Account::default(),
                };
                self.people.insert(username.clone(), account);
            }
            Event::SitePolicySet { policy, .. } => self.policy = policy.clone(),
            Event::Account(event) => self.apply_to_account(event, fact),
            _ => {}
        }
    }

    fn apply_to_account(&mut self, event: &AccountEvent, fact: &Fact) {
        match event {
            AccountEvent::SignaturePolicyIssued { version, .. } => self.signature_policy = *version,
            AccountEvent::AccessReviewed { accounts, findings, register_sha256, .. } => {
                self.review = Some(AccessReview {
                    by: fact.by.person(),
                    at: fact.at,
                    accounts: *accounts,
                    findings: findings.clone(),
                    register_sha256: register_sha256.clone(),
                });
            }
            event => {
                let Some(person) = self.people.get_mut(concerned(event, fact)) else { return };
                if let AccountEvent::RolesChanged { roles, .. } = event {
                    person.roles.clone_from(roles);
                }
                person.account.apply(event, &fact.by.person(), fact.at);
            }
        }
    }
}

/// True if an administrator who can be relied on is left among these: usable, and for no limited
/// time. Somebody must always be able to keep accounts.
pub fn keeps_an_administrator<'a>(people: impl IntoIterator<Item = (&'a [Role], &'a Account)>, now: Moment) -> bool {
    let lasting = |(roles, account): (&[Role], &Account)| {
        roles.contains(&Role::Admin) && account.unusable_at(now).is_none() && account.valid_until.is_none()
    };
    people.into_iter().any(lasting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Actor;
    use crate::domain::text::Line;

    fn at(text: &str) -> Moment {
        Moment::parse("at", text).expect("a moment")
    }

    fn fact(when: &str, event: Event) -> Fact {
        let by = Actor {
            username: Username::parse("adam").expect("a name"),
            name: Line::parse("name", "Adam").expect("a name"),
            role: Role::Admin,
        };
        Fact { v: crate::domain::event::FACT_VERSION, at: at(when), salt: String::new(), by, event }
    }

    #[test]
    fn a_past_moment_knows_nothing_of_what_came_after_it() {
        let username = Username::parse("queen").expect("a name");
        let line = |text: &str| Line::parse("text", text).expect("text");
        let facts = [
            fact(
                "2026-03-01T08:00:00Z",
                Event::UserCreated {
                    username: username.clone(),
                    full_name: line("Queen Qiu"),
                    roles: vec![Role::Analyst],
                },
            ),
            fact(
                "2026-03-02T08:00:00Z",
                Event::Account(AccountEvent::RolesChanged {
                    username: username.clone(),
                    roles: vec![Role::Qa],
                    reason: line("moved to QA"),
                }),
            ),
            fact(
                "2026-03-03T08:00:00Z",
                Event::Account(AccountEvent::UserDeactivated { username: username.clone(), reason: line("left") }),
            ),
        ];
        let then = |when: &str| AccessHistory::at(at(when), &facts).people.get(&username).cloned();
        assert_eq!(then("2026-02-28T00:00:00Z"), None);
        assert_eq!(then("2026-03-01T08:00:00Z").map(|p| p.roles), Some(vec![Role::Analyst]));
        let on_the_second = then("2026-03-02T12:00:00Z").expect("she is there");
        assert_eq!((on_the_second.roles, on_the_second.account.deactivated), (vec![Role::Qa], None));
        assert!(then("2026-03-03T08:00:00Z").is_some_and(|p| p.account.deactivated.is_some()));
    }

    #[test]
    fn an_administrator_for_a_limited_time_cannot_be_the_last() {
        let now = at("2026-03-01T08:00:00Z");
        let limited = Account { valid_until: Some(now.plus_hours(1)), ..Account::default() };
        let lasting = Account::default();
        let admin: &[Role] = &[Role::Admin];
        assert!(!keeps_an_administrator([(admin, &limited), (&[Role::Qa][..], &lasting)], now));
        assert!(keeps_an_administrator([(admin, &limited), (admin, &lasting)], now));
    }
}
