//! The word for where a lot stands.
//!
//! Promises: one word from a fixed list, derived by `assessment` and stored nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a lot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Results are being gathered.
    Testing,
    /// A verified result fails.
    OnHold,
    /// Nothing blocks; waits for QA's signature.
    Ready,
    /// Released with a certificate.
    Released,
    /// Rejected.
    Rejected,
    /// Its expiry has passed without a decision.
    Expired,
    /// Its certificate was withdrawn.
    Revoked,
}

impl Status {
    /// All, in the order of a lot's life.
    pub const ALL: [Status; 7] = [
        Status::Testing,
        Status::OnHold,
        Status::Ready,
        Status::Released,
        Status::Rejected,
        Status::Expired,
        Status::Revoked,
    ];

    /// The status in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Testing => "testing",
            Status::OnHold => "on_hold",
            Status::Ready => "ready",
            Status::Released => "released",
            Status::Rejected => "rejected",
            Status::Expired => "expired",
            Status::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Status {
    /// The status in a word or two for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Testing => "Testing",
            Status::OnHold => "On hold",
            Status::Ready => "Ready",
            Status::Released => "Released",
            Status::Rejected => "Rejected",
            Status::Expired => "Expired",
            Status::Revoked => "Revoked",
        })
    }
}
