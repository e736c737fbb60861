//! What registration states about a lot, and how that is corrected.

use serde::{Deserialize, Serialize};

use crate::domain::course::Correction;
use crate::domain::criterion::Stage;
use crate::domain::ids::{DonorCode, LotNumber, ProductCode};
use crate::domain::moment::Moment;

/// What registration states about a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotDetails {
    /// Lot number.
    pub lot: LotNumber,
    /// Product.
    pub product: ProductCode,
    /// Version of the product's specification that the lot is pinned to.
    pub specification_version: u32,
    /// Pseudonymous donor code.
    pub donor: DonorCode,
    /// When it was made.
    pub manufactured_at: Moment,
    /// The moment from which it cannot be given.
    pub expires_at: Moment,
    /// Number of containers.
    pub containers: u32,
    /// What it is: a lot of the product, a bank or intermediate, or a donor. All three have a
    /// number, runs, verifications and investigations; only a lot of the product is released.
    #[serde(default, skip_serializing_if = "Stage::is_product")]
    pub stage: Stage,
    /// The bank it was made from; of a bank, the bank before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<LotNumber>,
    /// Passage, of a bank. (Of a lot it is a result like any other.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passage: Option<u32>,
    /// Cumulative population doublings as typed, of a bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_doublings: Option<String>,
    /// True where the donor is the patient; none where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autologous: Option<bool>,
    /// True where the product is given after freezing and thawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cryopreserved: Option<bool>,
    /// True where antibiotics were used in the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antibiotics: Option<bool>,
}

impl LotDetails {
    /// Takes a correction of a detail that was recorded wrongly; `None` where it is none of those
    /// that can be corrected.
    pub fn correct(&mut self, correction: &Correction) -> Option<()> {
        let moment = || Moment::parse(&correction.field, &correction.after).ok();
        match correction.field.as_str() {
            "containers" => self.containers = correction.after.parse().ok()?,
            "manufactured_at" => self.manufactured_at = moment()?,
            "expires_at" => self.expires_at = moment()?,
            _ => return None,
        }
        Some(())
    }
}
