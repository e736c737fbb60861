//! States as people read them: every state has a word and a shape, never a colour alone.

use std::fmt;

pub use crate::domain::assessment::Status;
pub use crate::domain::evaluation::Outcome;

/// What the site says of a file or a number a stranger brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Exactly the bytes that were issued, and in force.
    Authentic,
    /// Carries a number of this site, but not its bytes.
    Altered,
    /// A conditional notice that stands: no release certificate.
    Conditional,
    /// A conditional notice that a release certificate followed.
    Followed,
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
    pub const ALL: [Standing; 8] = [
        Standing::Authentic,
        Standing::Conditional,
        Standing::Followed,
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
            Standing::Conditional => "conditional",
            Standing::Followed => "followed",
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
            Standing::Conditional => "The lot may be used only as the notice says, and may yet be revoked.",
            Standing::Followed => "Ask for the release certificate: it counts now, and no longer this notice.",
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
            Standing::Conditional => "CONDITIONAL — NOT A RELEASE",
            Standing::Followed => "FOLLOWED",
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
