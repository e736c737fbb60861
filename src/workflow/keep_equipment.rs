//! Instruments and their calibrations, and reagents.
//!
//! Promises: a code is given once, to an instrument or to a reagent; a calibration is added and
//! never changed.

use serde::{Deserialize, Serialize};

use crate::domain::equipment::{Calibration, Instrument, Reagent};
use crate::domain::event::Event;
use crate::domain::ids::EquipmentCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;

use super::permit::{KeepEquipment, Permit};
use super::{App, Desk, Error, check_drawable};

/// An instrument as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentEntry {
    /// Code.
    pub code: String,
    /// What it is.
    pub name: String,
}

/// A calibration as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationEntry {
    /// Valid from, RFC 3339.
    pub valid_from: String,
    /// Valid until, itself excluded, RFC 3339.
    pub valid_until: String,
    /// The calibration certificate's number or place.
    pub reference: String,
}

/// A reagent or kit lot as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReagentEntry {
    /// Code on the shelf.
    pub code: String,
    /// What it is.
    pub name: String,
    /// The supplier's lot number.
    pub supplier_lot: String,
    /// Not used from this moment on, RFC 3339.
    pub expires_at: String,
}

impl CalibrationEntry {
    fn read(&self) -> Result<Calibration, Refusal> {
        let mut refusals = Vec::new();
        let mut keep = |refusal: Refusal| refusals.push(refusal);
        let from = Moment::parse("valid_from", &self.valid_from).map_err(&mut keep).ok();
        let until = Moment::parse("valid_until", &self.valid_until).map_err(&mut keep).ok();
        let reference = printable("reference", &self.reference).map_err(&mut keep).ok();
        if from.zip(until).is_some_and(|(from, until)| until <= from) {
            let detail = "valid_until must be after valid_from. Check both dates on the calibration certificate.";
            keep(Refusal::field(Code::InvalidField, "valid_until", detail));
        }
        match (Refusal::all(refusals), from, until, reference) {
            (None, Some(valid_from), Some(valid_until), Some(reference)) => {
                Ok(Calibration { valid_from, valid_until, reference })
            }
            (refusal, ..) => Err(refusal.unwrap_or_else(|| unreadable("calibration"))),
        }
    }
}

impl ReagentEntry {
    fn read(&self) -> Result<Reagent, Refusal> {
        let mut refusals = Vec::new();
        let mut keep = |refusal: Refusal| refusals.push(refusal);
        let code = EquipmentCode::parse(&self.code).map_err(&mut keep).ok();
        let name = printable("name", &self.name).map_err(&mut keep).ok();
        let supplier_lot = printable("supplier_lot", &self.supplier_lot).map_err(&mut keep).ok();
        let expires_at = Moment::parse("expires_at", &self.expires_at).map_err(&mut keep).ok();
        match (Refusal::all(refusals), code, name, supplier_lot, expires_at) {
            (None, Some(code), Some(name), Some(supplier_lot), Some(expires_at)) => {
                Ok(Reagent { code, name, supplier_lot, expires_at })
            }
            (refusal, ..) => Err(refusal.unwrap_or_else(|| unreadable("reagent"))),
        }
    }
}

/// A line that a certificate can print: a flag names the equipment there.
fn printable(field: &str, text: &str) -> Result<Line, Refusal> {
    let line = Line::parse(field, text)?;
    check_drawable(field, line.as_str())?;
    Ok(line)
}

fn unreadable(what: &str) -> Refusal {
    Refusal::new(Code::MalformedRequest, format!("The {what} could not be read."))
}

fn check_new(desk: &mut Desk, code: &EquipmentCode) -> Result<(), Error> {
    let mut view = desk.view();
    let taken = match (view.instrument(code)?, view.reagent(code)?) {
        (Some(instrument), _) => format!("instrument {code} ({})", instrument.name.as_str()),
        (None, Some(reagent)) => format!("reagent {code} ({})", reagent.name.as_str()),
        (None, None) => return Ok(()),
    };
    let detail = format!("There is already {taken}. A code is given once; choose another.");
    Err(Refusal::field(Code::EquipmentExists, "code", detail).into())
}

/// Registers an instrument, which has no calibration yet.
///
/// # Errors
/// A field cannot be accepted, or the code was given before.
pub fn register_instrument(
    app: &App,
    permit: &Permit<KeepEquipment>,
    entry: &InstrumentEntry,
) -> Result<Instrument, Error> {
    let (code, name) = (EquipmentCode::parse(&entry.code), printable("name", &entry.name));
    let (code, name) = match (code, name) {
        (Ok(code), Ok(name)) => (code, name),
        (code, name) => {
            let refusals = code.err().into_iter().chain(name.err()).collect();
            return Err(Refusal::all(refusals).unwrap_or_else(|| unreadable("instrument")).into());
        }
    };
    app.write_once(permit.actor(), permit.once(), move |desk| {
        check_new(desk, &code)?;
        desk.record(Event::InstrumentRegistered { code: code.clone(), name: name.clone() })?;
        Ok(Instrument { code, name, calibrations: Vec::new() })
    })
}

/// Records a calibration of an instrument.
///
/// # Errors
/// There is no such instrument, or a field cannot be accepted.
pub fn calibrate_instrument(
    app: &App,
    permit: &Permit<KeepEquipment>,
    code: &str,
    entry: &CalibrationEntry,
) -> Result<Instrument, Error> {
    let shown: String = code.chars().take(40).collect();
    let none = move || {
        Refusal::new(
            Code::NoSuchEquipment,
            format!("There is no instrument “{shown}”. Register it before calibrating."),
        )
    };
    let code = EquipmentCode::parse(code).map_err(|_| none())?;
    let calibration = entry.read()?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let mut instrument = desk.view().instrument(&code)?.ok_or_else(none)?;
        desk.record(Event::InstrumentCalibrated { code, calibration: calibration.clone() })?;
        instrument.calibrations.push(calibration);
        Ok(instrument)
    })
}

/// Records a reagent or kit lot that came in.
///
/// # Errors
/// A field cannot be accepted, or the code was given before.
pub fn receive_reagent(app: &App, permit: &Permit<KeepEquipment>, entry: &ReagentEntry) -> Result<Reagent, Error> {
    let reagent = entry.read()?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        check_new(desk, &reagent.code)?;
        desk.record(Event::ReagentReceived(reagent.clone()))?;
        Ok(reagent)
    })
}
