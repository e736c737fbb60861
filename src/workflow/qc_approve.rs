//! The head of quality control approves a lot's results with an electronic signature.
//!
//! Promises: only on the route that asks for it, by a person who entered and verified nothing of
//! the lot; every result is in order (at step 1 of a two-step release: all but those that may
//! wait); the dossier that was signed is kept, and the approval ends when anything changes.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::{Assessment, assess};
use crate::domain::blind::Blind;
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::sign_offs::{self, Step};
use crate::domain::step_one;
use crate::ledger::canonical;

use super::course::{Seen, check_shown};
use super::issue::check_against_facts;
use super::permit::{ApproveForQc, Signed, Subject, recording_refusals};
use super::release_lot::{manifest, to_be_signed};
use super::set_policy::policy_in_force;
use super::{App, Desk, Error};

/// What an approval means where nothing else is said.
pub const MEANING: &str = "Results approved: complete, verified and within the specification";

/// A step just signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOff {
    /// The lot.
    pub lot: LotNumber,
    /// The newest fact it covers.
    pub through: i64,
    /// SHA-256 of what was signed; the document is kept.
    pub record_sha256: String,
    /// How many changes a review covers; none for an approval.
    pub changes: Option<u32>,
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// Approves a lot's results for quality control.
///
/// # Errors
/// The site's route has no such step, something holds the lot back, own work, decided already, or
/// changed since shown. All are recorded as refused attempts.
pub fn qc_approve(
    app: &App,
    signed: &Signed<ApproveForQc>,
    number: &LotNumber,
    seen: impl Into<Seen>,
) -> Result<SignedOff, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| approve(desk, &lot, &seen, &meaning));
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<ApproveForQc, _>(app, signed.actor(), &subject, outcome)
}

fn approve(desk: &mut Desk, number: &LotNumber, seen: &Seen, meaning: &str) -> Result<SignedOff, Error> {
    let (lot, stored) = desk.lot(number)?;
    sign_offs::check_undecided(&lot)?;
    let policy = policy_in_force(&mut desk.view())?.policy;
    sign_offs::check_route(&policy, Step::QcApproval)?;
    sign_offs::check_hands(&lot, &desk.by, "approve its results")?;
    sign_offs::check_distinct(&lot, &policy, Step::QcApproval, &desk.by)?;
    check_against_facts(desk, &lot)?;
    let assessment = assess(&lot, &stored.specification, desk.now);
    let blind = Blind { lot: &lot, spec: &stored.specification, viewer: &desk.by.username };
    check_results(&blind, &assessment, desk.now)?;
    let (dossier, signed_sha256) = to_be_signed(&lot, &stored, &assessment)?;
    check_shown(desk, &lot, seen, &signed_sha256)?;
    if sign_offs::standing(&lot, Step::QcApproval).signed().is_some() {
        let detail = format!("The results of lot {number} are approved, and nothing has changed since.");
        return Err(Refusal::new(Code::AlreadyDone, detail).into());
    }
    let bytes = canonical::text(&dossier).map_err(|e| Error::Internal(e.to_string()))?.into_bytes();
    let record_sha256 = desk.tx.keep_document("application/json", bytes)?;
    let signature = manifest(Step::QcApproval.as_str(), &desk.by, meaning, desk.now, signed_sha256);
    let through = lot.changed_through();
    let event =
        CourseEvent::QcApproved { lot: number.clone(), through, record_sha256: record_sha256.clone(), signature };
    desk.record(Event::Course(event))?;
    let (by, at) = (desk.by.person(), desk.now);
    Ok(SignedOff { lot: number.clone(), through, record_sha256, changes: None, by, at })
}

/// Every result is in order, or only those are not that may wait at step 1.
fn check_results(blind: &Blind, assessment: &Assessment, now: Moment) -> Result<(), Refusal> {
    let Blind { lot, spec, .. } = blind;
    if assessment.blockers.is_empty() || step_one::pending(lot, spec, assessment, now).is_ok() {
        return Ok(());
    }
    let detail = format!("The results of lot {} cannot be approved: {}", lot.number(), blind.reasons(assessment));
    Err(Refusal::new(Code::NotReleasable, detail))
}
