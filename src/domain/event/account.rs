//! Facts about people: their accounts, what they may sign, how they sign in.
//!
//! Promises: no fact holds a password, a secret of a second factor, a token or the number of an
//! identity document; what is hashed here could not be guessed from its hash.

use serde::{Deserialize, Serialize};

use crate::domain::account::{FactorKind, LockedDeed, Training};
use crate::domain::certificate::SignatureRecord;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::domain::text::{Line, Remark};

/// What happened to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountEvent {
    /// An account was deactivated; its sessions and tokens ended with it.
    UserDeactivated {
        /// The account.
        username: Username,
        /// Why.
        reason: Line,
    },
    /// A deactivated account of the same person was taken into use again.
    UserReactivated {
        /// The account.
        username: Username,
        /// Why.
        reason: Line,
    },
    /// A person got other roles.
    RolesChanged {
        /// The account.
        username: Username,
        /// All roles from now on.
        roles: Vec<Role>,
        /// Why.
        reason: Line,
    },
    /// An account works only until a moment (an inspector's), or again without an end.
    AccountLimited {
        /// The account.
        username: Username,
        /// It ends then; none for no end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Moment>,
        /// Why.
        reason: Line,
    },
    /// Somebody checked who the person is (21 CFR 11.100(b)).
    IdentityChecked {
        /// The account.
        username: Username,
        /// How: which kind of document was seen, where it is filed.
        how: Line,
    },
    /// A person was named qualified person, with the number in the authority's register.
    QualifiedPersonNamed {
        /// The account.
        username: Username,
        /// Number in the register.
        register_number: Line,
        /// From.
        valid_from: Moment,
        /// Until, itself excluded; none for no end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_until: Option<Moment>,
    },
    /// A person's training in a method was recorded.
    TrainingRecorded {
        /// The account.
        username: Username,
        /// The training.
        training: Training,
    },
    /// The site issued a version of its policy on electronic signatures (21 CFR 11.10(j)).
    SignaturePolicyIssued {
        /// Version, from 1.
        version: u32,
        /// The text that people acknowledge.
        text: Remark,
        /// The signature.
        signature: SignatureRecord,
    },
    /// The acting person acknowledged the policy on electronic signatures.
    SignaturePolicyAcknowledged {
        /// The version.
        version: u32,
        /// SHA-256 of the text that was shown.
        text_sha256: String,
    },
    /// An administrator gave the account a password that must be changed before anything else.
    PasswordReset {
        /// The account.
        username: Username,
        /// Why.
        reason: Line,
    },
    /// The acting person chose a new password.
    PasswordChanged {},
    /// A second factor or passkey was added to the acting person's account.
    SecondFactorAdded {
        /// What.
        factor: FactorKind,
        /// Its public name within the account.
        id: String,
        /// What the person calls it.
        name: Line,
    },
    /// A second factor or passkey was taken from an account.
    SecondFactorRemoved {
        /// The account.
        username: Username,
        /// What.
        factor: FactorKind,
        /// Its public name within the account.
        id: String,
        /// Why.
        reason: Line,
    },
    /// The acting person got new recovery codes; older ones stopped working.
    RecoveryCodesMade {
        /// How many.
        count: u32,
    },
    /// The acting person used one of the recovery codes up.
    RecoveryCodeUsed {
        /// How many are left.
        left: u32,
    },
    /// Too many wrong attempts locked an account.
    AccountLocked {
        /// The account.
        username: Username,
        /// Locked for what.
        deed: LockedDeed,
        /// Wrong attempts in a row.
        failures: u32,
        /// Until then; none until somebody unlocks it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Moment>,
    },
    /// An administrator unlocked an account.
    AccountUnlocked {
        /// The account.
        username: Username,
        /// What was found out.
        reason: Line,
    },
    /// A session was ended otherwise than by signing out.
    SessionEnded {
        /// Its public name.
        session: String,
        /// Whose.
        username: Username,
        /// Why.
        reason: Line,
    },
    /// A token for an instrument or another program was issued.
    TokenIssued {
        /// Its public name.
        token: String,
        /// In whose name it acts.
        username: Username,
        /// What it is for.
        name: Line,
        /// What it may do.
        scopes: Vec<String>,
        /// Until.
        expires_at: Moment,
    },
    /// A token was revoked.
    TokenRevoked {
        /// Its public name.
        token: String,
        /// In whose name it acted.
        username: Username,
        /// Why.
        reason: Line,
    },
    /// The acting person linked the account with an identity of an OpenID provider.
    IdentityLinked {
        /// The provider.
        issuer: String,
        /// SHA-256 of issuer and subject.
        subject_sha256: String,
    },
    /// The link with an OpenID provider was taken away.
    IdentityUnlinked {
        /// The account.
        username: Username,
        /// The provider.
        issuer: String,
        /// Why.
        reason: Line,
    },
    /// Somebody reviewed who has access (EU GMP Annex 11 draft, 11.11).
    AccessReviewed {
        /// How many accounts.
        accounts: u32,
        /// What was found.
        findings: Remark,
        /// SHA-256 of the register as it was shown and signed; the document is kept.
        register_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
}

impl AccountEvent {
    /// The account concerned, where it is not that of who acted.
    pub fn username(&self) -> Option<&Username> {
        match self {
            AccountEvent::UserDeactivated { username, .. }
            | AccountEvent::UserReactivated { username, .. }
            | AccountEvent::RolesChanged { username, .. }
            | AccountEvent::AccountLimited { username, .. }
            | AccountEvent::IdentityChecked { username, .. }
            | AccountEvent::QualifiedPersonNamed { username, .. }
            | AccountEvent::TrainingRecorded { username, .. }
            | AccountEvent::PasswordReset { username, .. }
            | AccountEvent::SecondFactorRemoved { username, .. }
            | AccountEvent::AccountLocked { username, .. }
            | AccountEvent::AccountUnlocked { username, .. }
            | AccountEvent::SessionEnded { username, .. }
            | AccountEvent::TokenIssued { username, .. }
            | AccountEvent::TokenRevoked { username, .. }
            | AccountEvent::IdentityUnlinked { username, .. } => Some(username),
            AccountEvent::SignaturePolicyIssued { .. }
            | AccountEvent::SignaturePolicyAcknowledged { .. }
            | AccountEvent::PasswordChanged {}
            | AccountEvent::SecondFactorAdded { .. }
            | AccountEvent::RecoveryCodesMade { .. }
            | AccountEvent::RecoveryCodeUsed { .. }
            | AccountEvent::IdentityLinked { .. }
            | AccountEvent::AccessReviewed { .. } => None,
        }
    }
}
