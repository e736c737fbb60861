//! A QA officer reviews what changed of a lot since entry, and signs exactly that.
//!
//! Promises: what is shown is made from the facts; the document that was signed is kept under its
//! hash; the review ends when anything changes; the reviewer entered and verified nothing.

use crate::domain::assessment::assess;
use crate::domain::audit_review::{self, AuditReview};
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::sign_offs::{self, Step};
use crate::domain::site_policy::Route;
use crate::ledger::canonical;
use crate::store::View;

use super::course::{Seen, check_shown, facts_of};
use super::issue::check_against_facts;
use super::permit::{ReviewAuditTrail, Signed, Subject, recording_refusals};
use super::qc_approve::SignedOff;
use super::release_lot::{manifest, to_be_signed};
use super::set_policy::policy_in_force;
use super::{App, Desk, Error};

/// What a review means where nothing else is said.
pub const MEANING: &str = "Batch record and audit trail reviewed: every change since entry is accounted for";

/// The review of a lot as it stands, and the SHA-256 of its canonical JSON.
///
/// # Errors
/// Storage fails.
pub fn review_of(view: &mut View, lot: &Lot) -> Result<(AuditReview, String), Error> {
    let entries = facts_of(view, lot, None)?;
    let facts: Vec<_> = entries.iter().map(|entry| (entry.number, &entry.fact)).collect();
    let review = audit_review::compose(lot, &facts);
    let sha256 = canonical::sha256_of(&review).map_err(|e| Error::Internal(e.to_string()))?;
    Ok((review, sha256))
}

/// Signs the review of a lot's audit trail.
///
/// # Errors
/// On the long route the QC approval is missing or no longer counts; own work; decided already;
/// changed since shown. All are recorded as refused attempts.
pub fn review_audit_trail(
    app: &App,
    signed: &Signed<ReviewAuditTrail>,
    number: &LotNumber,
    seen: impl Into<Seen>,
) -> Result<SignedOff, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| review(desk, &lot, &seen, &meaning));
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<ReviewAuditTrail, _>(app, signed.actor(), &subject, outcome)
}

fn review(desk: &mut Desk, number: &LotNumber, seen: &Seen, meaning: &str) -> Result<SignedOff, Error> {
    let (lot, stored) = desk.lot(number)?;
    sign_offs::check_undecided(&lot)?;
    let policy = policy_in_force(&mut desk.view())?.policy;
    sign_offs::check_hands(&lot, &desk.by, "review its audit trail")?;
    sign_offs::check_distinct(&lot, &policy, Step::AuditReview, &desk.by)?;
    check_against_facts(desk, &lot)?;
    let (document, signed_sha256) = review_of(&mut desk.view(), &lot)?;
    check_shown(desk, &lot, seen, &signed_sha256)?;
    if policy.release_route == Route::VerifyQcQaQp {
        let assessment = assess(&lot, &stored.specification, desk.now);
        let (_, dossier_sha256) = to_be_signed(&lot, &stored, &assessment)?;
        sign_offs::check_before(&lot, &policy, Step::AuditReview, &dossier_sha256)?;
    }
    let bytes = canonical::text(&document).map_err(|e| Error::Internal(e.to_string()))?.into_bytes();
    let record_sha256 = desk.tx.keep_document("application/json", bytes)?;
    let changes = u32::try_from(document.changes.len()).unwrap_or(u32::MAX);
    let signature = manifest(Step::AuditReview.as_str(), &desk.by, meaning, desk.now, signed_sha256);
    let through = lot.changed_through();
    let event = CourseEvent::AuditTrailReviewed {
        lot: number.clone(),
        through,
        changes,
        record_sha256: record_sha256.clone(),
        signature,
    };
    desk.record(Event::Course(event))?;
    let (by, at) = (desk.by.person(), desk.now);
    Ok(SignedOff { lot: number.clone(), through, record_sha256, changes: Some(changes), by, at })
}
