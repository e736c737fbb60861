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
    /// Released at step 1 of two, with a conditional notice and no certificate.
    ConditionallyReleased,
    /// Released with a certificate.
    Released,
    /// Rejected.
    Rejected,
    /// Its expiry has passed without a decision.
    Expired,
    /// Its certificate or conditional notice was withdrawn.
    Revoked,
    /// Out of specification, supplied at a physician's request (EU GMP Part IV, 11.53-54).
    SuppliedOutOfSpecification,
}

impl Status {
    /// All, in the order of a lot's life.
    pub const ALL: [Status; 9] = [
        Status::Testing,
        Status::OnHold,
        Status::Ready,
        Status::ConditionallyReleased,
        Status::Released,
        Status::Rejected,
        Status::Expired,
        Status::Revoked,
        Status::SuppliedOutOfSpecification,
    ];

    /// The status in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Testing => "testing",
            Status::OnHold => "on_hold",
            Status::Ready => "ready",
            Status::ConditionallyReleased => "conditionally_released",
            Status::Released => "released",
            Status::Rejected => "rejected",
            Status::Expired => "expired",
            Status::Revoked => "revoked",
            Status::SuppliedOutOfSpecification => "supplied_out_of_specification",
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
            Status::ConditionallyReleased => "Conditionally released",
            Status::Released => "Released",
            Status::Rejected => "Rejected",
            Status::Expired => "Expired",
            Status::Revoked => "Revoked",
            Status::SuppliedOutOfSpecification => "Out of specification, supplied",
        })
    }
}
