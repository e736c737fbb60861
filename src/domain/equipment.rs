//! Instruments with their calibration, and reagents with their expiry.
//!
//! Promises: whether something was fit for use is asked for the day of the test, not for today;
//! whether an unfit one is refused or flagged is the site's policy.

use serde::{Deserialize, Serialize};

use super::entry::in_minutes;
use super::ids::{EquipmentCode, LotNumber};
use super::moment::Moment;
use super::text::{Line, Remark};

/// One calibration of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Valid from.
    pub valid_from: Moment,
    /// Valid until, itself excluded.
    pub valid_until: Moment,
    /// The calibration certificate's number or place.
    pub reference: Line,
}

/// An instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Its code, `FC-02`.
    pub code: EquipmentCode,
    /// What it is.
    pub name: Line,
    /// Its calibrations, oldest first.
    pub calibrations: Vec<Calibration>,
}

/// A reagent or kit lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reagent {
    /// Its code on the shelf, `R-0117`.
    pub code: EquipmentCode,
    /// What it is.
    pub name: Line,
    /// The supplier's lot number.
    pub supplier_lot: Line,
    /// Not used from this moment on.
    pub expires_at: Moment,
}

impl Instrument {
    /// Why it was not fit for use at a moment, if it was not.
    pub fn unfit_at(&self, at: Moment) -> Option<String> {
        if self.calibrations.iter().any(|c| c.valid_from <= at && at < c.valid_until) {
            return None;
        }
        let name = self.name.as_str();
        Some(match self.calibrations.iter().filter(|c| c.valid_from <= at).max_by_key(|c| c.valid_until) {
            Some(last) => format!(
                "instrument {} ({name}) was out of calibration on {}: it was valid until {}",
                self.code,
                in_minutes(at),
                in_minutes(last.valid_until)
            ),
            None => format!("instrument {} ({name}) had no valid calibration on {}", self.code, in_minutes(at)),
        })
    }
}

impl Reagent {
    /// Why it was not fit for use at a moment, if it was not.
    pub fn unfit_at(&self, at: Moment) -> Option<String> {
        (at >= self.expires_at).then(|| {
            format!("reagent {} ({}) had expired on {}", self.code, self.name.as_str(), in_minutes(self.expires_at))
        })
    }
}

/// A flag on a lot whose source material changed after the lot was made from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFlag {
    /// The bank or donor whose result fell.
    pub source: LotNumber,
    /// What happened.
    pub because: Remark,
    /// When.
    pub at: Moment,
}
