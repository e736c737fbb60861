//! Facts about watching over the site: alerts, and copies that were taken out of it.
//!
//! Promises: a copy that left the system is named by its hash.

use serde::{Deserialize, Serialize};

use crate::domain::alert::AlertKind;
use crate::domain::ids::{LotNumber, Username};
use crate::domain::role::Role;
use crate::domain::text::{Line, Remark};

/// What was noticed or taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OversightEvent {
    /// Something that people of these roles must see at once.
    AlertRaised {
        /// Of what sort.
        about: AlertKind,
        /// Whom it concerns.
        to: Vec<Role>,
        /// The lot, if it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lot: Option<LotNumber>,
        /// The account, if it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        username: Option<Username>,
        /// What happened, in a sentence.
        detail: Remark,
    },
    /// Somebody took note of an alert.
    AlertAcknowledged {
        /// The ledger entry that raised it.
        alert: i64,
        /// What was done.
        remark: Line,
    },
    /// Facts were exported.
    LedgerExported {
        /// `csv` or `jsonl`.
        format: String,
        /// Which facts, as asked for.
        filter: String,
        /// How many.
        entries: u64,
        /// SHA-256 of the file.
        sha256: String,
    },
    /// An inspection pack of a lot was made.
    InspectionPackMade {
        /// The lot.
        lot: LotNumber,
        /// SHA-256 of its manifest.
        manifest_sha256: String,
    },
    /// A report was taken out as a file: the register of certified batches, the access report.
    ReportMade {
        /// Which.
        report: String,
        /// What it covers, as asked for.
        covers: String,
        /// SHA-256 of the file.
        sha256: String,
    },
}
