//! A QA officer rejects a lot with an electronic signature.
//!
//! Promises: possible at any time before a decision, never undone; the dossier that was signed
//! is kept under its hash.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::assess;
use crate::domain::event::Event;
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::sign_offs::check_undecided;
use crate::domain::text::Line;
use crate::ledger::canonical;

use super::course::{Seen, check_shown};
use super::permit::{RejectLot, Signed, Subject, recording_refusals};
use super::release_lot::{manifest, to_be_signed};
use super::{App, Error};

/// A lot just rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The lot.
    pub lot: LotNumber,
    /// When.
    pub rejected_at: Moment,
    /// SHA-256 of the dossier that was signed.
    pub record_sha256: String,
}

/// Rejects a lot for the reason that was signed as its meaning.
///
/// # Errors
/// The lot is decided already or changed since it was shown.
pub fn reject_lot(
    app: &App,
    signed: &Signed<RejectLot>,
    number: &LotNumber,
    seen: impl Into<Seen>,
) -> Result<Rejected, Error> {
    let (lot_number, seen, reason) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let (lot, stored) = desk.lot(&lot_number)?;
        check_rejectable(&lot)?;
        let reason = Line::parse("reason", &reason)?;
        let assessment = assess(&lot, &stored.specification, desk.now);
        let (dossier, signed_sha256) = to_be_signed(&lot, &stored, &assessment)?;
        check_shown(desk, &lot, &seen, &signed_sha256)?;
        let bytes = canonical::text(&dossier).map_err(|e| Error::Internal(e.to_string()))?.into_bytes();
        let record_sha256 = desk.tx.keep_document("application/json", bytes)?;
        let meaning = format!("Rejected: {}", reason.as_str());
        let signature = manifest("rejection", &desk.by, &meaning, desk.now, signed_sha256);
        let event =
            Event::LotRejected { lot: lot_number.clone(), reason, record_sha256: record_sha256.clone(), signature };
        desk.record(event)?;
        Ok(Rejected { lot: lot_number, rejected_at: desk.now, record_sha256 })
    });
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<RejectLot, _>(app, signed.actor(), &subject, outcome)
}

/// Refuses what was decided, and what has left already: that is revoked, which blocks its
/// containers and says who must be told.
fn check_rejectable(lot: &Lot) -> Result<(), Refusal> {
    check_undecided(lot)?;
    let Some(step) = &lot.course.conditional else { return Ok(()) };
    let detail = format!(
        "Lot {} was conditionally released with notice {}. It is not rejected but revoked: that says who must be told.",
        lot.number(),
        step.notice
    );
    Err(Refusal::new(Code::LotClosed, detail))
}
