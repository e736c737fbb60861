//! Step 1 of a two-step release: a conditional notice, which is no release certificate.
//!
//! Promises: only under a specification version that says so; every criterion that is not named
//! as pending passes; a physician who can be reached is named; the earlier steps of the site's
//! route are signed and count; the notice's bytes are kept and never made again.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::assess;
use crate::domain::blind::Blind;
use crate::domain::certificate::Dossier;
use crate::domain::course::{Contact, PartyRole, PendingCriterion};
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::{LotNumber, NoticeNumber};
use crate::domain::notice::{NOTICE_TITLE, NOTICE_VERSION, NoticeRecord, SignedNotice};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::sign_offs::{self, Step};
use crate::domain::site_policy::{Route, SitePolicy};
use crate::domain::step_one;
use crate::ledger::canonical;

use super::course::{Seen, check_shown};
use super::issue::{self, check_against_facts};
use super::permit::{ReleaseConditionally, Signed, Subject, recording_refusals};
use super::release_lot::{earlier_signatures, manifest, qualified, to_be_signed};
use super::set_policy::{ContactEntry, policy_in_force, read_contacts};
use super::{App, Desk, Error};

/// What step 1 means where nothing else is said.
pub const MEANING: &str = "I release this lot conditionally: every result that is in passes, those named are to come";

/// A lot just released conditionally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionallyReleased {
    /// The lot.
    pub lot: LotNumber,
    /// The notice's number.
    pub notice: NoticeNumber,
    /// What is still to come.
    pub pending: Vec<PendingCriterion>,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
}

/// Takes step 1.
///
/// # Errors
/// The specification knows no step 1, something else than a pending result holds the lot back, an
/// earlier step is not signed, no physician is named, own work, the wrong role for the route,
/// decided already, or changed since shown. All are recorded as refused attempts.
pub fn release_conditionally(
    app: &App,
    signed: &Signed<ReleaseConditionally>,
    number: &LotNumber,
    contacts: &[ContactEntry],
    seen: impl Into<Seen>,
) -> Result<ConditionallyReleased, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let contacts = contacts.to_vec();
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let contacts = named(&contacts)?;
        release(desk, &lot, contacts, &seen, &meaning)
    });
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<ReleaseConditionally, _>(app, signed.actor(), &subject, outcome)
}

fn named(entries: &[ContactEntry]) -> Result<Vec<Contact>, Refusal> {
    let contacts = read_contacts(entries)?;
    if contacts.iter().any(|c| c.role == PartyRole::Physician) {
        return Ok(contacts);
    }
    let detail = "Name the treating physician, with a telephone number or mail address: who must be told at once when a \
                  result fails.";
    Err(Refusal::field(Code::InvalidField, "contacts", detail))
}

fn release(
    desk: &mut Desk,
    number: &LotNumber,
    contacts: Vec<Contact>,
    seen: &Seen,
    meaning: &str,
) -> Result<ConditionallyReleased, Error> {
    let (lot, stored) = desk.lot(number)?;
    sign_offs::check_undecided(&lot)?;
    let policy = policy_in_force(&mut desk.view())?;
    act_in_role(desk, &policy.policy, Step::ConditionalRelease)?;
    sign_offs::check_hands(&lot, &desk.by, "release it conditionally")?;
    sign_offs::check_distinct(&lot, &policy.policy, Step::ConditionalRelease, &desk.by)?;
    let long = policy.policy.release_route == Route::VerifyQcQaQp;
    let qualified_person = if long { Some(qualified(desk)?) } else { None };
    check_against_facts(desk, &lot)?;
    let assessment = assess(&lot, &stored.specification, desk.now);
    // A hidden value belongs to a run that is not verified, which holds the lot all the same.
    let blind = Blind { lot: &lot, spec: &stored.specification, viewer: &desk.by.username };
    let seen_by_signer = blind.veil(assessment.clone());
    let pending = step_one::pending(&lot, &stored.specification, &seen_by_signer, desk.now)?;
    let (dossier, dossier_sha256) = to_be_signed(&lot, &stored, &assessment)?;
    check_shown(desk, &lot, seen, &dossier_sha256)?;
    sign_offs::check_before(&lot, &policy.policy, Step::ConditionalRelease, &dossier_sha256)?;
    let signed_sha256 = signed_hash(&dossier, &pending, &contacts)?;
    let signature = manifest(Step::ConditionalRelease.as_str(), &desk.by, meaning, desk.now, signed_sha256);
    let year = desk.now.year();
    let notice = desk.view().next_notice(year)?;
    let mut signatures = earlier_signatures(&lot, &policy.policy);
    signatures.push(signature.clone());
    let record = NoticeRecord {
        v: NOTICE_VERSION,
        title: NOTICE_TITLE.to_owned(),
        notice: notice.to_string(),
        issued_at: desk.now.to_string(),
        zone: desk.app.site().zone.clone(),
        site: issue::site(desk),
        dossier,
        rules: step_one::rules(&stored.specification, &pending),
        pending: pending.clone(),
        contacts: contacts.clone(),
        route: policy.policy.release_route.as_str().to_owned(),
        policy_version: policy.version,
        qualified_person,
        signatures,
        ledger: issue::position(desk),
        software: crate::SOFTWARE.to_owned(),
        verify_url: format!("{}/verify/{notice}", desk.app.public_url()),
    };
    let kept = issue::notice(desk, &record)?;
    let event = CourseEvent::LotConditionallyReleased {
        lot: number.clone(),
        notice: notice.clone(),
        pending: pending.clone(),
        contacts,
        record_sha256: kept.record_sha256.clone(),
        pdf_sha256: kept.pdf_sha256.clone(),
        signature,
    };
    let entry = desk.record(Event::Course(event))?;
    kept.check_entry(&entry)?;
    let (record_sha256, pdf_sha256) = (kept.record_sha256, kept.pdf_sha256);
    Ok(ConditionallyReleased { lot: number.clone(), notice, pending, record_sha256, pdf_sha256 })
}

/// The hash that the signature of step 1 covers: the dossier, what may wait, who is told.
fn signed_hash(dossier: &Dossier, pending: &[PendingCriterion], contacts: &[Contact]) -> Result<String, Error> {
    let pending = pending.iter().map(|p| p.attribute.as_str()).collect();
    let signed = SignedNotice { dossier, pending, contacts };
    canonical::sha256_of(&signed).map_err(|e| Error::Internal(e.to_string()))
}

/// Lets the signer act in the role whose step it is on the site's route: a person who holds two
/// roles acts in the right one, and one who holds only the other may not.
pub(super) fn act_in_role(desk: &mut Desk, policy: &SitePolicy, step: Step) -> Result<(), Error> {
    let role = step.role(policy.release_route);
    let username = desk.by.username.clone();
    let holds = desk.view().user(&username)?.is_some_and(|user| user.roles.contains(&role));
    if holds {
        desk.by.role = role;
        return Ok(());
    }
    let detail = format!("On the site's route only {} may do this.", role.with_article());
    Err(Refusal::new(Code::WrongRole, detail).into())
}
