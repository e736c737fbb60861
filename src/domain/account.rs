//! An account as its facts make it: whether it is in use, who checked the person, what the person
//! acknowledged and was trained in, its second factors, locks and tokens.
//!
//! Promises: made by facts alone, one after the other; holds no secret. What somebody may do at a
//! moment is asked here, and the answer for a past moment is the one that counted then.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::{AccountEvent, Fact};
use super::ids::{AssayCode, Username};
use super::moment::Moment;
use super::role::{Person, Role};
use super::text::{Line, Remark};

/// A means of proving who one is, besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// One-time codes from an authenticator (RFC 6238).
    Totp,
    /// A passkey (WebAuthn).
    Passkey,
}

impl fmt::Display for FactorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FactorKind::Totp => "one-time codes",
            FactorKind::Passkey => "passkey",
        })
    }
}

/// What wrong attempts lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockedDeed {
    /// Signing in.
    SignIn,
    /// Signing.
    Signing,
}

impl LockedDeed {
    /// The name in the API and the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            LockedDeed::SignIn => "sign_in",
            LockedDeed::Signing => "signing",
        }
    }
}

/// A person's training in one kind of test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The kind of test.
    pub assay: AssayCode,
    /// Valid from.
    pub valid_from: Moment,
    /// Valid until, itself excluded.
    pub valid_until: Moment,
    /// The training record's number or place.
    pub reference: Line,
}

/// The end of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deactivation {
    /// Why.
    pub reason: Line,
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// A check of who the person is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityCheck {
    /// How.
    pub how: Line,
    /// Who checked.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// A version of the policy on electronic signatures that the person acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledged {
    /// The version.
    pub version: u32,
    /// When.
    pub at: Moment,
}

/// The entry of a qualified person in the authority's register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualifiedPerson {
    /// Number in the register.
    pub register_number: Line,
    /// From.
    pub valid_from: Moment,
    /// Until, itself excluded; none for no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Moment>,
}

/// A second factor or passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// What.
    pub factor: FactorKind,
    /// Its public name within the account.
    pub id: String,
    /// What the person calls it.
    pub name: Line,
    /// Since.
    pub at: Moment,
}

/// A lock after wrong attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// What is locked.
    pub deed: LockedDeed,
    /// Until then; none until somebody unlocks it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Since.
    pub at: Moment,
}

/// A token that lets an instrument or another program act in the account's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its public name.
    pub id: String,
    /// What it is for.
    pub name: Line,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Until.
    pub expires_at: Moment,
    /// Since.
    pub at: Moment,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Moment>,
}

/// A link with an OpenID provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkedIdentity {
    /// The provider.
    pub issuer: String,
    /// SHA-256 of issuer and subject.
    pub subject_sha256: String,
}

/// Everything about an account but its name and roles. One without facts is in use and has
/// nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Its end, if it was deactivated.
    pub deactivated: Option<Deactivation>,
    /// It works only until then.
    pub valid_until: Option<Moment>,
    /// The newest check of who the person is.
    pub identity: Option<IdentityCheck>,
    /// The newest version of the signature policy the person acknowledged.
    pub acknowledged: Option<Acknowledged>,
    /// As a qualified person.
    pub qualified_person: Option<QualifiedPerson>,
    /// Trainings, oldest first.
    pub trainings: Vec<Training>,
    /// Second factors and passkeys.
    pub factors: Vec<Factor>,
    /// Recovery codes that are left.
    pub recovery_codes: u32,
    /// Locks that nobody has lifted; one whose time is over does not lock any more.
    pub locks: Vec<Lock>,
    /// Tokens, oldest first.
    pub tokens: Vec<Token>,
    /// Links with OpenID providers.
    pub identities: Vec<LinkedIdentity>,
}

impl Account {
    /// Why nobody can sign in to it or act in its name at a moment, if that is so.
    pub fn unusable_at(&self, now: Moment) -> Option<&'static str> {
        if self.deactivated.is_some() {
            Some("The account has been deactivated.")
        } else if self.valid_until.is_some_and(|until| now >= until) {
            Some("The account's time is over.")
        } else {
            None
        }
    }

    /// True where the person was trained in a kind of test at a moment.
    pub fn trained_in(&self, assay: &AssayCode, at: Moment) -> bool {
        self.trainings.iter().any(|t| t.assay == *assay && t.valid_from <= at && at < t.valid_until)
    }

    /// The entry in the register of qualified persons that is valid at a moment.
    pub fn qualified_at(&self, at: Moment) -> Option<&QualifiedPerson> {
        let valid = |q: &&QualifiedPerson| q.valid_from <= at && q.valid_until.is_none_or(|until| at < until);
        self.qualified_person.as_ref().filter(valid)
    }

    /// The lock on a deed at a moment.
    pub fn locked_at(&self, deed: LockedDeed, now: Moment) -> Option<&Lock> {
        self.locks.iter().find(|lock| lock.deed == deed && lock.until.is_none_or(|until| now < until))
    }

    /// True where one-time codes are set up.
    pub fn has_one_time_codes(&self) -> bool {
        self.factors.iter().any(|f| f.factor == FactorKind::Totp)
    }

    /// Takes the next step. Roles and names stand with the account itself.
    pub fn apply(&mut self, event: &AccountEvent, by: &Person, at: Moment) {
        match event {
            AccountEvent::UserDeactivated { reason, .. } => {
                self.deactivated = Some(Deactivation { reason: reason.clone(), by: by.clone(), at });
                for token in self.tokens.iter_mut().filter(|t| t.revoked_at.is_none()) {
                    token.revoked_at = Some(at);
                }
            }
            AccountEvent::UserReactivated { .. } => self.deactivated = None,
            AccountEvent::AccountLimited { valid_until, .. } => self.valid_until = *valid_until,
            AccountEvent::IdentityChecked { how, .. } => {
                self.identity = Some(IdentityCheck { how: how.clone(), by: by.clone(), at });
            }
            AccountEvent::QualifiedPersonNamed { register_number, valid_from, valid_until, .. } => {
                self.qualified_person = Some(QualifiedPerson {
                    register_number: register_number.clone(),
                    valid_from: *valid_from,
                    valid_until: *valid_until,
                });
            }
            AccountEvent::TrainingRecorded { training, .. } => self.trainings.push(training.clone()),
            AccountEvent::SignaturePolicyAcknowledged { version, .. } => {
                self.acknowledged = Some(Acknowledged { version: *version, at });
            }
            AccountEvent::SecondFactorAdded { factor, id, name } => {
                self.factors.push(Factor { factor: *factor, id: id.clone(), name: name.clone(), at });
            }
            AccountEvent::SecondFactorRemoved { id, factor, .. } => {
                self.factors.retain(|f| f.id != *id);
                // Recovery codes stand in for one-time codes and go with them.
                if *factor == FactorKind::Totp {
                    self.recovery_codes = 0;
                }
            }
            AccountEvent::RecoveryCodesMade { count } => self.recovery_codes = *count,
            AccountEvent::RecoveryCodeUsed { left } => self.recovery_codes = *left,
            AccountEvent::AccountLocked { deed, until, .. } => {
                self.locks.retain(|lock| lock.deed != *deed);
                self.locks.push(Lock { deed: *deed, until: *until, at });
            }
            AccountEvent::AccountUnlocked { .. } => self.locks.clear(),
            AccountEvent::TokenIssued { token, name, scopes, expires_at, .. } => {
                let (id, name, scopes) = (token.clone(), name.clone(), scopes.clone());
                self.tokens.push(Token { id, name, scopes, expires_at: *expires_at, at, revoked_at: None });
            }
            AccountEvent::TokenRevoked { token, .. } => {
                if let Some(there) = self.tokens.iter_mut().find(|t| t.id == *token) {
                    there.revoked_at = Some(at);
                }
            }
            AccountEvent::IdentityLinked { issuer, subject_sha256 } => {
                let (issuer, subject_sha256) = (issuer.clone(), subject_sha256.clone());
                self.identities.push(LinkedIdentity { issuer, subject_sha256 });
            }
            AccountEvent::IdentityUnlinked { issuer, .. } => self.identities.retain(|i| i.issuer != *issuer),
            AccountEvent::RolesChanged { .. }
            | AccountEvent::SignaturePolicyIssued { .. }
            | AccountEvent::PasswordReset { .. }
            | AccountEvent::PasswordChanged {}
            | AccountEvent::SessionEnded { .. }
            | AccountEvent::AccessReviewed { .. } => {}
        }
    }
}

/// The account a fact is about: the one it names, or that of who acted.
pub fn concerned<'f>(event: &'f AccountEvent, fact: &'f Fact) -> &'f Username {
    event.username().unwrap_or(&fact.by.username)
}

/// A version of the site's policy on electronic signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignaturePolicy {
    /// Version, from 1.
    pub version: u32,
    /// The text that people acknowledge.
    pub text: Remark,
    /// Who issued it.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// An account with its name and roles at a moment, as its facts tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountAt {
    /// Unique user name.
    pub username: Username,
    /// Full name.
    pub full_name: Line,
    /// Roles.
    pub roles: Vec<Role>,
    /// When it was made.
    pub created_at: Moment,
    /// Everything else.
    pub account: Account,
}
