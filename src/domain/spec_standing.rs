//! Where a specification version stands: draft, approved and waiting, in force, superseded, retired.
//!
//! Promises: derived from what is recorded and the moment, stored nowhere; of a product at most
//! one version is in force.

use super::moment::Moment;
use super::spec::Specification;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Being written.
    Draft,
    /// Approved, and its moment has not come.
    NotYetInForce,
    /// What lots are registered under now.
    InForce,
    /// A newer version is in force.
    Superseded,
    /// The product's specification was retired.
    Retired,
}

impl Standing {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Draft => "draft",
            Standing::NotYetInForce => "not_yet_in_force",
            Standing::InForce => "in_force",
            Standing::Superseded => "superseded",
            Standing::Retired => "retired",
        }
    }

    /// Its name for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Standing::Draft => "Draft",
            Standing::NotYetInForce => "Approved, not yet in force",
            Standing::InForce => "In force",
            Standing::Superseded => "Superseded",
            Standing::Retired => "Retired",
        }
    }

    /// How a version stands, with the version of its product that is in force now.
    pub fn of(spec: &Specification, is_draft: bool, retired: bool, in_force: Option<u32>, now: Moment) -> Self {
        match spec.effective_from {
            _ if is_draft => Standing::Draft,
            _ if retired => Standing::Retired,
            _ if in_force == Some(spec.version) => Standing::InForce,
            _ if in_force.is_some_and(|newer| newer > spec.version) => Standing::Superseded,
            Some(from) if from <= now => Standing::Superseded,
            _ => Standing::NotYetInForce,
        }
    }
}
