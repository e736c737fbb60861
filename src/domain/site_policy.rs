//! What a site decides for itself: versioned and signed.
//!
//! Promises: a decision that was not made has the strictest or the simplest answer; a policy
//! written before a decision existed reads as if it had not been made.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::course::Contact;
use super::refusal::{Code, Refusal};
use super::role::Role;

/// What the site does with a run on equipment that was not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strictness {
    /// The run is refused.
    #[default]
    Refuse,
    /// The run is recorded and flagged.
    Flag,
}

impl Strictness {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Strictness::Refuse => "refuse",
            Strictness::Flag => "flag",
        }
    }

    /// Reads the name.
    ///
    /// # Errors
    /// It is neither of the two.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        [Strictness::Refuse, Strictness::Flag].into_iter().find(|s| s.as_str() == text.trim()).ok_or_else(|| {
            let detail = format!("{field} is refuse or flag.");
            Refusal::field(Code::InvalidField, field, detail)
        })
    }
}

/// The way to a decision that the site has chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Entry, verification, release by QA: three people.
    #[default]
    VerifyRelease,
    /// Entry, verification, QC approval, QA review, QP certification: five people.
    VerifyQcQaQp,
}

impl Route {
    /// All.
    pub const ALL: [Route; 2] = [Route::VerifyRelease, Route::VerifyQcQaQp];

    /// The route in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Route::VerifyRelease => "verify_release",
            Route::VerifyQcQaQp => "verify_qc_qa_qp",
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Route::VerifyRelease => "verification, then release by QA (three people)",
            Route::VerifyQcQaQp => {
                "verification, QC approval, QA review of the audit trail, QP certification (five people)"
            }
        })
    }
}

/// What the site does with the work of a person who is not trained in its method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingRule {
    /// Trainings are not asked for.
    #[default]
    Off,
    /// The work is accepted and flagged.
    Flag,
    /// The work is refused.
    Refuse,
}

impl TrainingRule {
    /// All.
    pub const ALL: [TrainingRule; 3] = [TrainingRule::Off, TrainingRule::Flag, TrainingRule::Refuse];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            TrainingRule::Off => "off",
            TrainingRule::Flag => "flag",
            TrainingRule::Refuse => "refuse",
        }
    }
}

/// The shortest password by default, in characters (NIST SP 800-63B-4, 3.1.1.2: single factor).
pub const PASSWORD_CHARS_MIN: u32 = 15;
/// The shortest password of people who always need a second factor (NIST SP 800-63B-4, 3.1.1.2).
pub const PASSWORD_CHARS_MIN_WITH_FACTOR: u32 = 8;
/// After how many minutes without a touch a screen locks, by default.
pub const IDLE_MINUTES: u32 = 15;

fn password_chars_min() -> u32 {
    PASSWORD_CHARS_MIN
}

fn idle_minutes() -> u32 {
    IDLE_MINUTES
}

fn is_password_chars_min(chars: &u32) -> bool {
    *chars == PASSWORD_CHARS_MIN
}

fn is_idle_minutes(minutes: &u32) -> bool {
    *minutes == IDLE_MINUTES
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The decisions a site makes for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SitePolicy {
    /// A run on an instrument that was not calibrated on the day of the test.
    pub uncalibrated_instrument: Strictness,
    /// A run with a reagent that had expired on the day of the test.
    pub expired_reagent: Strictness,
    /// The way to a decision.
    #[serde(default, skip_serializing_if = "is_default")]
    pub release_route: Route,
    /// Whether a release on the short route needs a standing review of the audit trail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub audit_review_required: bool,
    /// Work of people who are not trained in the method.
    #[serde(default, skip_serializing_if = "is_default")]
    pub untrained: TrainingRule,
    /// Roles that need a second factor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub second_factor_roles: Vec<Role>,
    /// The shortest password, in characters.
    #[serde(default = "password_chars_min", skip_serializing_if = "is_password_chars_min")]
    pub password_chars_min: u32,
    /// After how many minutes without a touch a screen locks.
    #[serde(default = "idle_minutes", skip_serializing_if = "is_idle_minutes")]
    pub idle_minutes: u32,
    /// Whom the site tells of a revocation besides those named for the lot.
    #[serde(default, skip_serializing_if = "is_default")]
    pub contacts: Vec<Contact>,
}

impl SitePolicy {
    /// The shortest password of a person of these roles, in characters: shorter only where each of
    /// the roles needs a second factor.
    pub fn password_chars_min_of(&self, roles: &[Role]) -> u32 {
        let covered = !roles.is_empty() && roles.iter().all(|role| self.second_factor_roles.contains(role));
        if covered {
            PASSWORD_CHARS_MIN_WITH_FACTOR
        } else {
            self.password_chars_min.max(PASSWORD_CHARS_MIN_WITH_FACTOR)
        }
    }
}

impl Default for SitePolicy {
    fn default() -> Self {
        SitePolicy {
            uncalibrated_instrument: Strictness::default(),
            expired_reagent: Strictness::default(),
            release_route: Route::default(),
            audit_review_required: false,
            untrained: TrainingRule::default(),
            second_factor_roles: Vec::new(),
            password_chars_min: PASSWORD_CHARS_MIN,
            idle_minutes: IDLE_MINUTES,
            contacts: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_password_is_for_those_whose_every_role_needs_a_second_factor() {
        let policy = SitePolicy { second_factor_roles: vec![Role::Qa, Role::Qp], ..SitePolicy::default() };
        assert_eq!(policy.password_chars_min_of(&[Role::Qa]), 8);
        assert_eq!(policy.password_chars_min_of(&[Role::Qa, Role::Analyst]), 15);
        assert_eq!(SitePolicy::default().password_chars_min_of(&[Role::Admin]), 15);
        let lax = SitePolicy { password_chars_min: 3, ..SitePolicy::default() };
        assert_eq!(lax.password_chars_min_of(&[Role::Qa]), 8);
    }
}
