//! Containers: each bag or vial of a lot has its own place, apart from what was decided on the lot.
//!
//! Promises: a container's state is what its movements say; the first is always that it was
//! filled and stands in stock.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::course::Contact;
use super::ids::LotNumber;
use super::moment::Moment;
use super::role::Person;
use super::text::Remark;

/// What becomes of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Movement {
    /// It left for a hospital.
    Shipped {
        /// To whom; no patient's name.
        to: Contact,
        /// The certificate, conditional notice or supply under which it left.
        under: String,
        /// When it left, as stated.
        moved_at: Moment,
        /// How: carrier, box, data logger.
        remark: Remark,
    },
    /// It came back.
    Returned {
        /// When, as stated.
        moved_at: Moment,
        /// In what condition.
        remark: Remark,
    },
    /// It was destroyed.
    Destroyed {
        /// When, as stated.
        moved_at: Moment,
        /// Why and how.
        remark: Remark,
    },
}

impl Movement {
    /// When it happened, as stated.
    pub fn moved_at(&self) -> Moment {
        match self {
            Movement::Shipped { moved_at, .. }
            | Movement::Returned { moved_at, .. }
            | Movement::Destroyed { moved_at, .. } => *moved_at,
        }
    }
}

/// Where a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// In stock.
    InStock,
    /// Shipped.
    Shipped,
    /// Came back; not shipped again.
    Returned,
    /// Destroyed.
    Destroyed,
}

impl ContainerState {
    /// All, in the order of a container's life.
    pub const ALL: [ContainerState; 4] =
        [ContainerState::InStock, ContainerState::Shipped, ContainerState::Returned, ContainerState::Destroyed];

    /// The state in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ContainerState::InStock => "in_stock",
            ContainerState::Shipped => "shipped",
            ContainerState::Returned => "returned",
            ContainerState::Destroyed => "destroyed",
        }
    }
}

impl fmt::Display for ContainerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContainerState::InStock => "In stock",
            ContainerState::Shipped => "Shipped",
            ContainerState::Returned => "Returned",
            ContainerState::Destroyed => "Destroyed",
        })
    }
}

/// A movement with who recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// What became of them.
    pub movement: Movement,
    /// Who recorded it.
    pub by: Person,
    /// When it was recorded.
    pub at: Moment,
}

/// A container's code on its label: lot, a dot, its number.
pub fn code(lot: &LotNumber, number: u32) -> String {
    format!("{lot}.{number}")
}
