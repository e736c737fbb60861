//! A qualified person certifies a lot: the last step of the long route (EU GMP Annex 16).
//!
//! Promises: the same decision as a release, by a person named in the register of qualified
//! persons at that moment who had no other hand in the lot.

use crate::domain::ids::LotNumber;
use crate::domain::sign_offs::Step;

use super::course::Seen;
use super::permit::{CertifyLot, Signed, Subject, recording_refusals};
use super::release_lot::{Last, Released, decide};
use super::{App, Error};

/// What a certification means where nothing else is said.
pub const MEANING: &str =
    "I certify that this batch complies with GMP and with its marketing or clinical trial authorisation";

/// Certifies a lot.
///
/// # Errors
/// As [`super::release_lot::release_lot`]; and the person is not named as qualified person now.
pub fn certify_lot(
    app: &App,
    signed: &Signed<CertifyLot>,
    number: &LotNumber,
    seen: impl Into<Seen>,
) -> Result<Released, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        decide(desk, &lot, &seen, Last { step: Step::Certification, meaning })
    });
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<CertifyLot, _>(app, signed.actor(), &subject, outcome)
}
