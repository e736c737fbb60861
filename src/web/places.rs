//! Where lots, banks and donors are found: each under its own address.
//!
//! Promises: what is asked for under another's address is not found there, and the answer says
//! where it is.

use crate::domain::ids::LotNumber;
use crate::domain::lineage::noun;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Stage;
use crate::store::StoredSpecification;
use crate::workflow::{App, Error};

/// The last part of the address of all lots, banks or donors.
pub fn folder(stage: Stage) -> &'static str {
    match stage {
        Stage::Donor => "donors",
        Stage::Bank => "banks",
        Stage::Harvest | Stage::Product => "lots",
    }
}

/// The page of something of this stage: `/banks/MCB-0007`.
pub fn page(stage: Stage, number: &LotNumber) -> String {
    format!("/{}/{number}", folder(stage))
}

/// Reads a number from an address under which something of this stage is found.
///
/// # Errors
/// It cannot be such a number, so there is none.
pub fn read_number(text: &str, stage: Stage) -> Result<LotNumber, Refusal> {
    LotNumber::parse(text).map_err(|_| {
        let noun = noun(stage);
        Refusal::new(Code::NoSuchLot, format!("There is no {noun} of this number. Check the number."))
    })
}

/// Something of this stage with its specification.
///
/// # Errors
/// There is none of this number, or it is of another stage and found elsewhere.
pub fn find(app: &App, number: &LotNumber, stage: Stage) -> Result<(Lot, StoredSpecification), Error> {
    let found = app.lot(number).map_err(|error| missing(error, number, stage))?;
    let there = found.0.details.stage;
    if folder(there) == folder(stage) {
        return Ok(found);
    }
    let detail = format!("{number} is a {}. It is found at /api/v1{}.", noun(there), page(there, number));
    Err(Refusal::new(Code::NoSuchLot, detail).into())
}

/// The page of what has this number, where that is not the page of something of this stage.
///
/// # Errors
/// There is none of this number.
pub fn moved(app: &App, number: &LotNumber, stage: Stage) -> Result<Option<String>, Error> {
    let there = app.lot(number).map_err(|error| missing(error, number, stage))?.0.details.stage;
    Ok((folder(there) != folder(stage)).then(|| page(there, number)))
}

/// A refusal of a number that nothing has, in the words of the address.
fn missing(error: Error, number: &LotNumber, stage: Stage) -> Error {
    match error {
        Error::Refused(refusal) if refusal.code == Code::NoSuchLot => {
            Refusal::new(Code::NoSuchLot, format!("There is no {} {number}. Check the number.", noun(stage))).into()
        }
        other => other,
    }
}
