//! Deviations and holds: opened by whoever works on lots, closed by QA's signature.
//!
//! Promises: an open one blocks the lot; one found after a release is recorded too and changes
//! no decision; closing one makes no failing result pass.

use serde::{Deserialize, Serialize};

use crate::domain::deviation::DeviationKind;
use crate::domain::event::Event;
use crate::domain::ids::{DeviationNumber, LotNumber};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical;

use super::investigate::remark;
use super::permit::{CloseDeviation, OpenDeviation, Permit, Signed, Subject, recording_refusals};
use super::release_lot::manifest;
use super::{App, Error};

/// A deviation or hold as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationEntry {
    /// The lot, bank or donor.
    pub lot: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// What happened.
    pub description: String,
    /// What it can mean for the lot.
    pub impact: String,
}

/// A deviation or hold just opened or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviated {
    /// Its number.
    pub deviation: DeviationNumber,
    /// Its lot.
    pub lot: LotNumber,
    /// When.
    pub at: Moment,
}

/// Opens a deviation or hold of a lot, bank or donor, decided or not.
///
/// # Errors
/// There is no such lot, or a field cannot be accepted.
pub fn open_deviation(app: &App, permit: &Permit<OpenDeviation>, entry: &DeviationEntry) -> Result<Deviated, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let lot = LotNumber::parse(&entry.lot)?;
        let sort = match entry.kind.trim() {
            "deviation" => DeviationKind::Deviation,
            "hold" => DeviationKind::Hold,
            _ => return Err(Refusal::field(Code::InvalidField, "kind", "kind is deviation or hold.").into()),
        };
        let description = remark("description", &entry.description)?;
        let impact = remark("impact", &entry.impact)?;
        let _there = desk.lot(&lot)?;
        let year = desk.now.year();
        let deviation = desk.view().next_deviation(year)?;
        let opened =
            Event::DeviationOpened { deviation: deviation.clone(), lot: lot.clone(), sort, description, impact };
        desk.record(opened)?;
        Ok(Deviated { deviation, lot, at: desk.now })
    })
}

/// What closing this deviation is about, for the fact that it was refused.
///
/// # Errors
/// There is no such deviation, or storage fails.
pub fn subject(app: &App, number: &DeviationNumber) -> Result<Subject, Error> {
    let deviation = app.read(|view| Ok(view.deviation(number)??))?;
    Ok(Subject { lot: Some(deviation.lot), run: None })
}

/// Closes a deviation or hold; the assessment is what was signed.
///
/// # Errors
/// It is closed already, or there is none.
pub fn close_deviation(
    app: &App,
    signed: &Signed<CloseDeviation>,
    number: &DeviationNumber,
) -> Result<Deviated, Error> {
    let subject = subject(app, number)?;
    let (number, meaning) = (number.clone(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let deviation = desk.view().deviation(&number)??;
        deviation.check_close()?;
        let assessment = remark("assessment", &meaning)?;
        let sha256 = canonical::sha256_of(&(&deviation, &assessment)).map_err(|e| Error::Internal(e.to_string()))?;
        let signature = manifest("deviation_closure", &desk.by, &meaning, desk.now, sha256);
        let lot = deviation.lot;
        desk.record(Event::DeviationClosed { deviation: number.clone(), lot: lot.clone(), assessment, signature })?;
        Ok(Deviated { deviation: number, lot, at: desk.now })
    });
    recording_refusals::<CloseDeviation, _>(app, signed.actor(), &subject, outcome)
}
