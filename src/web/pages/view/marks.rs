//! States as people read them: every state has a word and a shape, never a colour alone.

use std::fmt;

/// The outcome of one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Meets its criterion.
    Pass,
    /// Does not meet its criterion.
    Fail,
    /// Cannot be read yet.
    Pending,
    /// Nothing recorded.
    Missing,
    /// Recorded, but nobody else has checked it.
    Unverified,
    /// The run's control failed.
    Invalid,
    /// Cannot be decided, such as `<0.1` against NMT 0.05.
    Indeterminate,
    /// Reported without a limit.
    Reported,
    /// Does not apply to this lot.
    NotApplicable,
}

impl Outcome {
    /// The code the interface to machines uses, also the name of the shape.
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Pending => "pending",
            Outcome::Missing => "missing",
            Outcome::Unverified => "unverified",
            Outcome::Invalid => "invalid",
            Outcome::Indeterminate => "indeterminate",
            Outcome::Reported => "reported",
            Outcome::NotApplicable => "not_applicable",
        }
    }

    /// The outcome of a code; unknown codes read as missing, which blocks.
    pub fn of(code: &str) -> Self {
        match code {
            "pass" => Outcome::Pass,
            "fail" => Outcome::Fail,
            "pending" => Outcome::Pending,
            "unverified" => Outcome::Unverified,
            "invalid" => Outcome::Invalid,
            "indeterminate" => Outcome::Indeterminate,
            "reported" => Outcome::Reported,
            "not_applicable" => Outcome::NotApplicable,
            _ => Outcome::Missing,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Pass => "Pass",
            Outcome::Fail => "Fail",
            Outcome::Pending => "Pending",
            Outcome::Missing => "Missing",
            Outcome::Unverified => "Not verified",
            Outcome::Invalid => "Invalid run",
            Outcome::Indeterminate => "Indeterminate",
            Outcome::Reported => "Reported",
            Outcome::NotApplicable => "Not applicable",
        })
    }
}

/// The status of a lot, derived from facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Results are still being gathered.
    Testing,
    /// A failure is being looked into.
    OnHold,
    /// Nothing blocks; a signature is what is missing.
    Ready,
    /// Signed for use.
    Released,
    /// Signed against use.
    Rejected,
    /// Past its moment of expiry without a decision.
    Expired,
    /// Released once, withdrawn since.
    Revoked,
}

impl Status {
    /// The code the interface to machines uses, also the name of the shape.
    pub fn code(self) -> &'static str {
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

/// What the site says of a file or a number a stranger brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Exactly the bytes that were issued, and in force.
    Authentic,
    /// Carries a number of this site, but not its bytes.
    Altered,
    /// Issued here and withdrawn since.
    Revoked,
    /// Issued here and replaced by a newer one.
    Superseded,
    /// Nothing here matches it.
    Unknown,
    /// The number was issued and is in force; no copy has been checked.
    Issued,
}

impl Standing {
    /// Every standing a script may have to show.
    pub const ALL: [Standing; 6] = [
        Standing::Authentic,
        Standing::Altered,
        Standing::Revoked,
        Standing::Superseded,
        Standing::Unknown,
        Standing::Issued,
    ];

    /// The outcome's code in the interface to machines, also the name of the shape.
    pub fn code(self) -> &'static str {
        match self {
            Standing::Authentic => "valid",
            Standing::Altered => "altered",
            Standing::Revoked => "revoked",
            Standing::Superseded => "superseded",
            Standing::Unknown => "unknown",
            Standing::Issued => "issued",
        }
    }

    /// What to do with that answer; empty where the sentence above it says so already.
    pub fn advice(self) -> &'static str {
        match self {
            Standing::Authentic => "Check that the lot number on the containers is the one below.",
            Standing::Altered => "Do not use the lot on the strength of this file.",
            Standing::Revoked => "Do not use the lot.",
            Standing::Superseded => "Use the newer certificate.",
            Standing::Unknown => {
                "It may come from another site, or be a scan or a re-saved copy of a genuine certificate. \
                 Ask whoever gave it to you for the original file."
            }
            Standing::Issued => "",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standing::Authentic => "AUTHENTIC",
            Standing::Altered => "ALTERED",
            Standing::Revoked => "REVOKED",
            Standing::Superseded => "SUPERSEDED",
            Standing::Unknown => "UNKNOWN",
            Standing::Issued => "ISSUED",
        })
    }
}

/// A signature as it is manifested on screen: name, username, role, meaning, moment.
#[derive(Debug, Clone, Default)]
pub struct Signature {
    /// What the signature means.
    pub meaning: String,
    /// Full name.
    pub full_name: String,
    /// Unique username.
    pub username: String,
    /// The role it was given in.
    pub role: String,
    /// When, with zone.
    pub at: super::parts::Moment,
}
