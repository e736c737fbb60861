//! What a fact is about: the lot and the product under which it is looked up.

use super::{Event, OversightEvent};
use crate::domain::ids::{LotNumber, ProductCode};

impl Event {
    /// The lot a fact is about.
    pub fn lot(&self) -> Option<&LotNumber> {
        match self {
            Event::LotRegistered(details) => Some(&details.lot),
            Event::RunRecorded { lot, .. }
            | Event::RunCorrected { lot, .. }
            | Event::RunVerified { lot, .. }
            | Event::DiscrepancyFound { lot, .. }
            | Event::DiscrepancyResolved { lot, .. }
            | Event::RunInvalidated { lot, .. }
            | Event::InvestigationOpened { lot, .. }
            | Event::LaboratoryPhaseRecorded { lot, .. }
            | Event::RetestPlanApproved { lot, .. }
            | Event::InvestigationConcluded { lot, .. }
            | Event::InvestigationClosed { lot, .. }
            | Event::DeviationOpened { lot, .. }
            | Event::DeviationClosed { lot, .. }
            | Event::SourceFlagged { lot, .. }
            | Event::LotReleased { lot, .. }
            | Event::LotRejected { lot, .. } => Some(lot),
            Event::AttemptRefused { lot, .. } => lot.as_ref(),
            Event::Course(event) => Some(event.lot()),
            Event::Oversight(OversightEvent::AlertRaised { lot, .. }) => lot.as_ref(),
            Event::Oversight(OversightEvent::InspectionPackMade { lot, .. }) => Some(lot),
            _ => None,
        }
    }

    /// The product a fact is about, for a specification.
    pub fn product(&self) -> Option<&ProductCode> {
        match self {
            Event::SpecificationInstalled { specification, .. } | Event::SpecificationDrafted { specification, .. } => {
                Some(&specification.product)
            }
            Event::SpecificationApproved { product, .. } | Event::SpecificationRetired { product, .. } => Some(product),
            _ => None,
        }
    }
}
