//! What a fact is about: the lot and the product under which it is looked up.

use super::{Event, OversightEvent};
use crate::domain::ids::{LotNumber, ProductCode};

/// Every kind of fact, in alphabetical order; `tests/facts.rs` holds it against the fixtures.
pub const KINDS: &[&str] = &[
    "access_reviewed",
    "account_limited",
    "account_locked",
    "account_unlocked",
    "alert_acknowledged",
    "alert_raised",
    "attempt_refused",
    "audit_trail_reviewed",
    "certificate_superseded",
    "containers_moved",
    "deviation_closed",
    "deviation_opened",
    "discrepancy_found",
    "discrepancy_resolved",
    "file_stored",
    "identity_checked",
    "identity_linked",
    "identity_unlinked",
    "inspection_pack_made",
    "instrument_calibrated",
    "instrument_registered",
    "investigation_closed",
    "investigation_concluded",
    "investigation_opened",
    "laboratory_phase_recorded",
    "ledger_exported",
    "lot_conditionally_released",
    "lot_registered",
    "lot_rejected",
    "lot_released",
    "lot_revoked",
    "party_told",
    "password_changed",
    "password_reset",
    "qc_approved",
    "qualified_person_named",
    "reagent_received",
    "recovery_code_used",
    "recovery_codes_made",
    "report_made",
    "retest_plan_approved",
    "roles_changed",
    "run_corrected",
    "run_invalidated",
    "run_recorded",
    "run_verified",
    "second_factor_added",
    "second_factor_removed",
    "session_ended",
    "sign_in_failed",
    "signature_policy_acknowledged",
    "signature_policy_issued",
    "signed_in",
    "signed_out",
    "site_created",
    "site_policy_set",
    "source_flagged",
    "specification_approved",
    "specification_drafted",
    "specification_installed",
    "specification_retired",
    "supplied_out_of_specification",
    "token_issued",
    "token_revoked",
    "training_recorded",
    "user_created",
    "user_deactivated",
    "user_reactivated",
];

impl Event {
    /// The event's kind, as it stands in the fact.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("kind").and_then(|k| k.as_str()).unwrap_or("unknown").to_owned()
    }

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
