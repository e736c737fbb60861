//! Roles, and who acts: a person in a role.
//!
//! Promises: an administrator has no GMP role and an auditor writes nothing, because no person
//! can hold those roles together with another (EU GMP Annex 11 draft 11.10).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::Username;
use super::refusal::{Code, Refusal};
use super::text::Line;

/// What a person is there to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Registers lots, records and verifies runs.
    Analyst,
    /// Approves the results of a lot for quality control.
    Qc,
    /// Releases and rejects lots, reviews audit trails.
    Qa,
    /// The qualified person: certifies lots (EU GMP Annex 16).
    Qp,
    /// Reads everything, writes nothing.
    Auditor,
    /// Keeps accounts; does no GMP act.
    Admin,
    /// The software itself; no person holds it.
    System,
}

impl Role {
    /// The roles a person can be given.
    pub const PEOPLE: [Role; 6] = [Role::Analyst, Role::Qc, Role::Qa, Role::Qp, Role::Auditor, Role::Admin];

    /// The role's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Analyst => "analyst",
            Role::Qc => "qc",
            Role::Qa => "qa",
            Role::Qp => "qp",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
            Role::System => "system",
        }
    }

    /// Somebody of this role, in a sentence: `a QA officer`, `an analyst`.
    pub fn with_article(self) -> String {
        match self {
            Role::Qa => "a QA officer".to_owned(),
            Role::Qc => "a QC head".to_owned(),
            Role::Qp => "a qualified person".to_owned(),
            Role::Analyst | Role::Auditor | Role::Admin | Role::System => format!("an {self}"),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads the roles for an account.
///
/// # Errors
/// None, an unknown one, or a combination that separation of duties forbids.
pub fn parse_roles(names: &[String]) -> Result<Vec<Role>, Refusal> {
    let refuse = |detail: String| Refusal::field(Code::InvalidField, "roles", detail);
    let mut roles = Vec::new();
    for name in names {
        let role = Role::PEOPLE.into_iter().find(|r| r.as_str() == name);
        let role = role.ok_or_else(|| refuse("A role is one of analyst, qc, qa, qp, auditor, admin.".into()))?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    if roles.is_empty() {
        return Err(refuse("Give the person at least one role: analyst, qc, qa, qp, auditor or admin.".into()));
    }
    if roles.len() > 1 && roles.iter().any(|r| matches!(r, Role::Admin | Role::Auditor)) {
        let detail = "An admin keeps accounts and does no GMP work, and an auditor writes nothing: \
                      neither role can be held together with another.";
        return Err(refuse(detail.into()));
    }
    roles.sort();
    Ok(roles)
}

/// A person by user name and full name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Unique user name.
    #[serde(rename = "user")]
    pub username: Username,
    /// Full name.
    pub name: Line,
}

/// A person acting in one role: who a fact is by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Unique user name.
    #[serde(rename = "user")]
    pub username: Username,
    /// Full name at the time.
    pub name: Line,
    /// The role in which the person acts.
    pub role: Role,
}

impl Actor {
    /// The person, whatever the role: separation of duties counts people.
    pub fn person(&self) -> Person {
        Person { username: self.username.clone(), name: self.name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_and_an_auditor_hold_no_other_role() {
        let read = |names: &[&str]| parse_roles(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["qa", "analyst", "qa"]), Ok(vec![Role::Analyst, Role::Qa]));
        for bad in [&[][..], &["admin", "qa"], &["auditor", "analyst"], &["system"], &["boss"]] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }
}
