//! Alerts: what certain people must see at once, until one of them took note.
//!
//! Promises: an alert is made and ended by facts; nobody can delete one (21 CFR 11.300(d)).

use serde::{Deserialize, Serialize};

use super::ids::{LotNumber, Username};
use super::moment::Moment;
use super::role::{Person, Role};
use super::text::{Line, Remark};

/// Of what sort an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Too many wrong attempts to sign in.
    SignInLocked,
    /// Too many wrong attempts to sign.
    SigningLocked,
    /// Too many wrong passwords at a locked page or for the own account.
    WrongPasswords,
    /// An administrator gave somebody another password, or took a second factor away.
    AccessGiven,
    /// A result failed after the lot had left.
    LateFailingResult,
    /// A lot was revoked.
    Revocation,
    /// A lot shares something with one that was revoked.
    SisterLot,
}

/// How an alert ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// What was done.
    pub remark: Line,
    /// Who took note.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The ledger entry that raised it.
    pub number: i64,
    /// Of what sort.
    pub about: AlertKind,
    /// Whom it concerns.
    pub to: Vec<Role>,
    /// The lot, if it is about one.
    pub lot: Option<LotNumber>,
    /// The account, if it is about one.
    pub username: Option<Username>,
    /// What happened, in a sentence.
    pub detail: Remark,
    /// When.
    pub at: Moment,
    /// Who took note of it; none while nobody has.
    pub acknowledged: Option<Acknowledgement>,
}
