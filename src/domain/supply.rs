//! The supply of a product out of specification at a physician's request (EU GMP Part IV, 11.53-54).
//!
//! Promises: only what is out of specification is supplied this way; it is no release, and the
//! qualified person does not certify.

use super::container::{ContainerState, code};
use super::course::{PartyRole, Supply};
use super::entry::in_minutes;
use super::lineage::check_is_lot;
use super::lot::{Decision, Lot};
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::spec::Specification;

/// What every supply says of itself.
pub const NO_RELEASE: &str = "This is no release: no certificate is issued, and the qualified person does not certify.";

impl Lot {
    /// True where a verified result fails a required criterion, or the lot was rejected.
    pub fn is_out_of_specification(&self, spec: &Specification) -> bool {
        let fails = |run: &super::run::Run| run.verification.is_some() && !self.failures(spec, run).is_empty();
        matches!(self.decision, Some(Decision::Rejected { .. })) || self.runs.iter().any(fails)
    }

    /// Whether anything of the lot can be supplied this way now, whatever the request says.
    ///
    /// # Errors
    /// The lot is not out of specification, released, revoked or expired.
    pub fn check_suppliable(&self, spec: &Specification, now: Moment) -> Result<(), Refusal> {
        check_is_lot(self)?;
        let lot = self.number();
        let closed =
            |why: String| Err(Refusal::new(Code::NotShippable, format!("Nothing of lot {lot} leaves: {why}.")));
        if let Some(revocation) = &self.course.revocation {
            return closed(format!("it was revoked on {}", in_minutes(revocation.at)));
        }
        if self.is_out() || !self.is_out_of_specification(spec) {
            let detail = format!(
                "Lot {lot} is not out of specification: no verified result of it fails, and it was not rejected. It is \
                 released the ordinary way, or not at all."
            );
            return Err(Refusal::new(Code::NotOutOfSpecification, detail));
        }
        if now >= self.details.expires_at {
            return closed(format!("it expired on {}", in_minutes(self.details.expires_at)));
        }
        Ok(())
    }

    /// Whether this can be supplied now.
    ///
    /// # Errors
    /// Nothing of the lot can be supplied; the request, its acceptance and the notification do not
    /// hold together; a container is not in stock.
    pub fn check_supply(&self, spec: &Specification, supply: &Supply, now: Moment) -> Result<(), Refusal> {
        self.check_suppliable(spec, now)?;
        self.check_request(supply, now)?;
        for number in &supply.containers {
            self.check_container(*number)?;
            if self.course.container_state(*number) != ContainerState::InStock {
                let detail = format!("Container {} is not in stock.", code(self.number(), *number));
                return Err(Refusal::field(Code::NotShippable, "containers", detail));
            }
        }
        Ok(())
    }

    fn check_request(&self, supply: &Supply, now: Moment) -> Result<(), Refusal> {
        let refuse = |field: &str, detail: &str| Err(Refusal::field(Code::InvalidField, field, detail));
        if supply.physician.role != PartyRole::Physician {
            return refuse("physician.role", "Only a treating physician can ask for this. Give role physician.");
        }
        if supply.notified.is_empty() {
            return refuse("notified", "Say who was notified: the sponsor, the authority, the authorisation holder.");
        }
        if supply.containers.is_empty() {
            return refuse("containers", "Say which containers are supplied.");
        }
        if supply.accepted_at < supply.requested_at {
            return refuse("accepted_at", "The physician cannot have accepted the risks before asking.");
        }
        for (field, at) in [("requested_at", supply.requested_at), ("accepted_at", supply.accepted_at)] {
            if at > now {
                let detail = format!("{field} is in the future; it is now {}.", in_minutes(now));
                return Err(Refusal::field(Code::InTheFuture, field, detail));
            }
        }
        Ok(())
    }
}
