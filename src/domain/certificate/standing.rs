//! What a certificate says of itself since record version 3: which version it is, what it replaces,
//! under which policy and on which route it was issued, and who the qualified person is.
//!
//! Promises: a replaced certificate is named with what was wrong in it.

use serde::{Deserialize, Serialize};

/// The certificate that this one replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupersedesRecord {
    /// Its number.
    pub certificate: String,
    /// What was wrong in it.
    pub reason: String,
    /// What was corrected.
    pub corrections: Vec<CorrectedRecord>,
}

/// A detail that was corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectedRecord {
    /// Which: `containers`, `manufactured_at`, `expires_at`.
    pub field: String,
    /// As the replaced certificate says.
    pub before: String,
    /// As it is.
    pub after: String,
}

/// The entry of a qualified person in the authority's register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualifiedPersonRecord {
    /// The signer it belongs to, by user name.
    pub username: String,
    /// The number in the register.
    pub register_number: String,
}

/// The conditional notice that went before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeReference {
    /// Its number.
    pub notice: String,
    /// When it was issued (UTC).
    pub issued_at: String,
}
