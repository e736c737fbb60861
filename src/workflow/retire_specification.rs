//! A QA officer retires a product's specification with an electronic signature.
//!
//! Promises: no lot is registered under it any more; lots that were stay on their version, and
//! are decided as before; never undone.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::ProductCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;
use crate::store::VersionState;

use super::permit::{RetireSpecification, Signed};
use super::release_lot::manifest;
use super::{App, Error};

/// A specification just retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// The product.
    pub product: ProductCode,
    /// When.
    pub retired_at: Moment,
}

/// Retires a product's specification for the reason that was signed as its meaning. The signature
/// covers the newest approved version.
///
/// # Errors
/// The product has no approved version, or is retired already.
pub fn retire_specification(
    app: &App,
    signed: &Signed<RetireSpecification>,
    product: &ProductCode,
) -> Result<Retired, Error> {
    let (product, reason) = (product.clone(), signed.meaning().as_str().to_owned());
    app.write_once(signed.actor(), signed.once(), move |desk| {
        let all = desk.view().specifications()?;
        let approved = all.iter().filter(|s| s.specification.product == product && s.state == VersionState::Approved);
        let Some(newest) = approved.max_by_key(|s| s.specification.version) else {
            let detail = format!("{product} has no approved specification, so there is nothing to retire.");
            return Err(Refusal::new(Code::NoSuchSpecification, detail).into());
        };
        if let Some(there) = desk.view().retirement(&product)? {
            let detail = format!(
                "The specification of {product} was retired already, by {}: {}.",
                there.by.name.as_str(),
                there.reason.as_str()
            );
            return Err(Refusal::new(Code::AlreadyClosed, detail).into());
        }
        let reason = Line::parse("reason", &reason)?;
        let meaning = format!("Retired: {}", reason.as_str());
        let signature = manifest("retirement", &desk.by, &meaning, desk.now, newest.sha256.clone());
        desk.record(Event::SpecificationRetired { product: product.clone(), reason, signature })?;
        Ok(Retired { product, retired_at: desk.now })
    })
}
