//! What a token of an instrument or another program may do.
//!
//! Promises: a short fixed list; no scope signs, verifies, decides or keeps accounts.

use std::fmt;

use super::refusal::{Code, Refusal};

/// One thing a token may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Reading what the person may read.
    Read,
    /// Recording runs and storing their evidence.
    Runs,
}

impl Scope {
    /// All.
    pub const ALL: [Scope; 2] = [Scope::Read, Scope::Runs];

    /// The name in the API and in facts.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Runs => "runs",
        }
    }

    /// The scope of this name.
    pub fn named(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == name.trim())
    }

    /// Reads the scopes of a new token.
    ///
    /// # Errors
    /// None, or an unknown one.
    pub fn parse_all(names: &[String]) -> Result<Vec<Scope>, Refusal> {
        let refuse =
            || Refusal::field(Code::InvalidField, "scopes", "Choose what the token may do: read, runs or both.");
        let scopes: Option<Vec<Scope>> = names.iter().map(|name| Scope::named(name)).collect();
        let mut scopes = scopes.filter(|found| !found.is_empty()).ok_or_else(refuse)?;
        scopes.sort();
        scopes.dedup();
        Ok(scopes)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Read => "read everything the person may read",
            Scope::Runs => "record runs and store their evidence",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_once_each_and_never_made_up() {
        let read = |names: &[&str]| Scope::parse_all(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(&["runs", "read", "runs"]), Ok(vec![Scope::Read, Scope::Runs]));
        for names in [&[][..], &["release"], &["read", "everything"], &["READ"]] {
            assert!(read(names).is_err(), "{names:?}");
        }
    }
}
