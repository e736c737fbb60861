//! What a route says of itself: its method and address, who may use it, whether it writes.

use crate::domain::role::Role;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody, without signing in.
    Anyone,
    /// Everybody who is signed in.
    SignedIn,
    /// Only people with this role.
    Only(Role),
    /// Only people with one of these roles.
    AnyOf(&'static [Role]),
}

impl Who {
    /// The roles that may; none where everybody may, or everybody who is signed in.
    pub fn roles(&self) -> &[Role] {
        match self {
            Who::Anyone | Who::SignedIn => &[],
            Who::Only(role) => std::slice::from_ref(role),
            Who::AnyOf(roles) => roles,
        }
    }
}

/// What a route does to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Leaves at least one ledger entry when it succeeds, unless everything it says is on record
    /// already (a repeated request under its key, a file that is stored).
    Writes,
}

/// One method at one address.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Address with its parameters in braces.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// What it does.
    pub effect: Effect,
}
