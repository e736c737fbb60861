//! A second person confirms a run against its raw data.
//!
//! Promises: never somebody who entered data of the lot; bound by hash to exactly what the run
//! said; an attempt on one's own work is recorded.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::RunContent;
use crate::ledger::canonical;

use super::permit::{Permit, Subject, VerifyRun, recording_refusals};
use super::{App, Error};

/// What the verifier says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationEntry {
    /// SHA-256 of the content as it was shown; if given, anything else is refused.
    #[serde(default)]
    pub content_sha256: Option<String>,
}

/// A verification just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The run.
    pub run: RunNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// When.
    pub verified_at: Moment,
    /// SHA-256 of what was confirmed.
    pub content_sha256: String,
}

/// The hash of a run's content, which a verification confirms.
///
/// # Errors
/// Never for content that was recorded; a failure of ours otherwise.
pub fn content_sha256(content: &RunContent) -> Result<String, Error> {
    canonical::sha256_of(content).map_err(|e| Error::Internal(e.to_string()))
}

/// Verifies a run.
///
/// # Errors
/// Own work, already verified, changed since it was shown, lot decided, no such run.
pub fn verify_run(
    app: &App,
    permit: &Permit<VerifyRun>,
    number: RunNumber,
    entry: &VerificationEntry,
) -> Result<Verified, Error> {
    let seen = entry.content_sha256.clone();
    let outcome = app.write_once(permit.actor(), permit.once(), move |desk| {
        let lot = desk.view().lot_of_run(number)??;
        let run =
            lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
        lot.check_verify(run, &desk.by)?;
        let content_sha256 = content_sha256(&run.content)?;
        if seen.is_some_and(|seen| seen != content_sha256) {
            let detail = format!("Run #{number} was changed after it was shown to you. Look at it again.");
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        let lot = lot.details.lot.clone();
        desk.record(Event::RunVerified { run: number, lot: lot.clone(), content_sha256: content_sha256.clone() })?;
        Ok(Verified { run: number, lot, verified_at: desk.now, content_sha256 })
    });
    let subject = Subject { lot: None, run: Some(number) };
    recording_refusals::<VerifyRun, _>(app, permit.actor(), &subject, outcome)
}
