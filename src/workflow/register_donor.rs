//! A donor enters the records under a code, to be tested for eligibility.
//!
//! Promises: never a name, only a code; pinned to the product's specification in force, whose
//! criteria of the stage donor the donor is tested by; what was made from the donor before then
//! answers for it, too.

use serde::{Deserialize, Serialize};

use crate::domain::entry::in_minutes;
use crate::domain::event::Event;
use crate::domain::ids::{DonorCode, LotNumber, ProductCode};
use crate::domain::lot::LotDetails;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Stage;
use crate::store::View;

use super::origin::check_free;
use super::permit::{Permit, RegisterDonor};
use super::register_lot::Registered;
use super::{App, Desk, Error};

/// A donor as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DonorEntry {
    /// The code.
    pub donor: String,
    /// The product whose donor criteria the donor is tested by.
    pub product: String,
    /// When the tissue was donated, RFC 3339.
    pub donated_at: String,
}

/// Registers a donor.
///
/// # Errors
/// A field cannot be accepted, the product has no specification in force, the code is taken, or
/// something of this donor was made before the donation.
pub fn register_donor(app: &App, permit: &Permit<RegisterDonor>, entry: &DonorEntry) -> Result<Registered, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| register(desk, &entry))
}

fn register(desk: &mut Desk, entry: &DonorEntry) -> Result<Registered, Error> {
    let now = desk.now;
    let product = ProductCode::parse(&entry.product)?;
    let stored = desk.view().specification_in_force(&product, now)??;
    let donor = DonorCode::parse(&entry.donor);
    let donated = Moment::parse("donated_at", &entry.donated_at).and_then(|at| match at > now {
        true => Err(Refusal::field(
            Code::InTheFuture,
            "donated_at",
            "The donation cannot be in the future. Check the date and the zone.",
        )),
        false => Ok(at),
    });
    let (donor, donated_at) = match (donor, donated) {
        (Ok(donor), Ok(donated_at)) => (donor, donated_at),
        (donor, donated) => {
            let refusals = donor.err().into_iter().chain(donated.err()).collect();
            let unread = || Refusal::new(Code::MalformedRequest, "The donor could not be read.");
            return Err(Refusal::all(refusals).unwrap_or_else(unread).into());
        }
    };
    let lot = LotNumber::parse(donor.as_str())?;
    check_free(&mut desk.view(), &lot, "donor")?;
    check_made_after(&mut desk.view(), &lot, donated_at)?;
    let spec = &stored.specification;
    let details = LotDetails {
        lot,
        product: spec.product.clone(),
        specification_version: spec.version,
        donor,
        manufactured_at: donated_at,
        expires_at: Moment::never(),
        containers: 0,
        stage: Stage::Donor,
        bank: None,
        passage: None,
        population_doublings: None,
        autologous: None,
        cryopreserved: None,
        antibiotics: None,
    };
    desk.record(Event::LotRegistered(details.clone()))?;
    let (lot, product) = (details.lot, details.product);
    Ok(Registered { lot, product, specification_version: details.specification_version, run: None })
}

/// Refuses a donation that is later than what is said to be made from it.
fn check_made_after(view: &mut View, donor: &LotNumber, donated_at: Moment) -> Result<(), Error> {
    for number in view.made_from(donor)? {
        let made = view.lot(&number)??.details;
        if made.manufactured_at < donated_at {
            let detail = format!(
                "{} {number} of this donor was made on {}, before the donation. Check the date, and the donor of {number}.",
                if made.stage == Stage::Bank { "Bank" } else { "Lot" },
                in_minutes(made.manufactured_at)
            );
            return Err(Refusal::field(Code::InvalidField, "donated_at", detail).into());
        }
    }
    Ok(())
}
