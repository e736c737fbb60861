//! QA declares a run invalid that has no failing result, with an electronic signature.
//!
//! Promises: the run is kept and gives no result any more; a failing result is never put aside
//! here, only by its investigation; what was made from a bank is flagged in the same transaction,
//! released or not.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;
use crate::ledger::canonical;

use super::investigate::read_ground;
use super::permit::{InvalidateRun, Signed, Subject, recording_refusals};
use super::release_lot::manifest;
use super::verify_run::{flag_made_from, investigate_failures};
use super::{App, Desk, Error};

/// A run just declared invalid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalidated {
    /// The run.
    pub run: RunNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// When.
    pub invalidated_at: Moment,
}

/// Declares a run invalid on this ground, for the reason that was signed.
///
/// # Errors
/// Its result fails or is under investigation, the lot is decided, own work, no such run, or not
/// a ground for this test.
pub fn invalidate_run(
    app: &App,
    signed: &Signed<InvalidateRun>,
    number: RunNumber,
    ground: &str,
) -> Result<Invalidated, Error> {
    let (ground, reason) = (ground.to_owned(), signed.meaning().clone());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| invalidate(desk, number, &ground, reason));
    let subject = Subject { lot: None, run: Some(number) };
    recording_refusals::<InvalidateRun, _>(app, signed.actor(), &subject, outcome)
}

fn invalidate(desk: &mut Desk, number: RunNumber, ground: &str, reason: Line) -> Result<Invalidated, Error> {
    let lot = desk.view().lot_of_run(number)??;
    let (lot, stored) = desk.lot(lot.number())?;
    let run = lot.run(number).ok_or_else(|| Refusal::new(Code::NoSuchRun, format!("There is no run #{number}.")))?;
    let ground = read_ground(ground)?;
    lot.check_invalidate(&stored.specification, run, ground, &desk.by)?;
    let Some(ground) = ground else {
        return Err(Refusal::field(Code::CauseNotProven, "ground", "Say on what ground the run is invalid.").into());
    };
    let sha256 = canonical::sha256_of(&run.content).map_err(|e| Error::Internal(e.to_string()))?;
    let signature = manifest("invalidation", &desk.by, reason.as_str(), desk.now, sha256);
    let lot_number = lot.number().clone();
    let because = format!("run #{number} of {lot_number} was declared invalid");
    desk.record(Event::RunInvalidated {
        run: number,
        lot: lot_number.clone(),
        ground,
        reason,
        investigation: None,
        signature,
    })?;
    flag_made_from(desk, &lot, number, &because)?;
    // Without the passage that said otherwise, a criterion may bind again.
    investigate_failures(desk, &lot_number)?;
    Ok(Invalidated { run: number, lot: lot_number, invalidated_at: desk.now })
}
