//! A certificate with an error in it is replaced by a new version.
//!
//! Promises: only the certificate that stands is replaced, once; only what the system did not
//! measure can be corrected, and the expiry only to an earlier moment; the full assessment still
//! passes with the corrected details; both papers are kept, each saying what it is.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::assess;
use crate::domain::certificate::{CorrectedRecord, Dossier, NoticeReference, SupersedesRecord};
use crate::domain::course::{Correction, Course};
use crate::domain::entry::in_minutes;
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::{CertificateNumber, LotNumber};
use crate::domain::lot::{Decision, Lot};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::sign_offs::{self, Step};
use crate::domain::site_policy::Route;
use crate::domain::text::Line;
use crate::store::StoredSpecification;

use super::issue::{self, Paper, check_against_facts};
use super::origin::{check_containers, check_times};
use super::permit::{Signed, Subject, SupersedeCertificate, recording_refusals};
use super::release_conditionally::act_in_role;
use super::release_lot::{manifest, qualified, to_be_signed};
use super::set_policy::policy_in_force;
use super::{App, Desk, Error, check_drawable};

/// What a replacement means where nothing else is said.
pub const MEANING: &str = "I certify the corrected certificate";

/// What was wrong and how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupersessionEntry {
    /// What was wrong.
    pub reason: String,
    /// Number of containers.
    pub containers: Option<u32>,
    /// When the lot was made, RFC 3339 with zone.
    pub manufactured_at: Option<String>,
    /// When it expires, RFC 3339 with zone.
    pub expires_at: Option<String>,
    /// `record_sha256` of the certificate as it was shown.
    pub seen_sha256: Option<String>,
}

/// A certificate just replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// The lot.
    pub lot: LotNumber,
    /// The new certificate.
    pub certificate: CertificateNumber,
    /// The one it replaces.
    pub supersedes: CertificateNumber,
    /// Which version of the lot's certificate it is.
    pub version: u32,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Where a stranger checks it.
    pub verify_url: String,
}

/// The lot of a certificate, for the fact that an attempt at it was refused.
///
/// # Errors
/// There is no such certificate.
pub fn subject_of(app: &App, number: &CertificateNumber) -> Result<Subject, Error> {
    let issued = app.read(|view| Ok(view.certificate(number)??))?;
    Ok(Subject { lot: Some(issued.lot), run: None })
}

/// Replaces a certificate.
///
/// # Errors
/// It does not stand, nothing would change, a correction cannot be, the corrected lot would not be
/// releasable, own work, the wrong role for the route, or changed since shown. All are recorded
/// as refused attempts.
pub fn supersede_certificate(
    app: &App,
    signed: &Signed<SupersedeCertificate>,
    number: &CertificateNumber,
    entry: &SupersessionEntry,
) -> Result<Superseded, Error> {
    let (certificate, entry, meaning) = (number.clone(), entry.clone(), signed.meaning().as_str().to_owned());
    let outcome =
        app.write_once(signed.actor(), signed.once(), move |desk| supersede(desk, certificate, &entry, &meaning));
    let subject = subject_of(app, number)?;
    recording_refusals::<SupersedeCertificate, _>(app, signed.actor(), &subject, outcome)
}

fn supersede(
    desk: &mut Desk,
    number: CertificateNumber,
    entry: &SupersessionEntry,
    meaning: &str,
) -> Result<Superseded, Error> {
    let issued = desk.view().certificate(&number)??;
    let (lot, stored) = desk.lot(&issued.lot)?;
    sign_offs::check_standing(&lot, &number)?;
    let policy = policy_in_force(&mut desk.view())?;
    let long = policy.policy.release_route == Route::VerifyQcQaQp;
    act_in_role(desk, &policy.policy, if long { Step::Certification } else { Step::Release })?;
    sign_offs::check_hands(&lot, &desk.by, "sign its corrected certificate")?;
    sign_offs::check_distinct(&lot, &policy.policy, Step::Certification, &desk.by)?;
    let qualified_person = if long { Some(qualified(desk)?) } else { None };
    check_against_facts(desk, &lot)?;
    if entry.seen_sha256.as_ref().is_some_and(|seen| *seen != issued.record_sha256) {
        let detail = format!("That is not the record of {number}. Nothing was signed; look at it again.");
        return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
    }
    let reason = Line::parse("reason", &entry.reason)?;
    check_drawable("reason", reason.as_str())?;
    let corrections = entry.read(&lot, desk.now)?;
    let corrected = corrected(&lot, &corrections)?;
    check_left_in_time(&corrected, first_paper_at(&lot).unwrap_or(desk.now))?;
    let (dossier, signed_sha256) = check_still_releasable(&corrected, &stored, issued_at(&lot).unwrap_or(desk.now))?;
    let certificate = issue::next_certificate(desk)?;
    let signature = manifest("supersession", &desk.by, meaning, desk.now, signed_sha256);
    let version = u32::try_from(lot.course.supersessions.len()).unwrap_or(u32::MAX).saturating_add(2);
    let notice = lot.course.conditional.as_ref();
    let paper = Paper {
        certificate: certificate.clone(),
        dossier,
        signatures: vec![signature.clone()],
        version,
        supersedes: Some(replaced(&number, &reason, &corrections)),
        policy: &policy,
        qualified_person,
        notice: notice.map(|n| NoticeReference { notice: n.notice.to_string(), issued_at: n.at.to_string() }),
    };
    let kept = issue::certificate(desk, paper)?;
    let event = CourseEvent::CertificateSuperseded {
        lot: issued.lot.clone(),
        certificate: number.clone(),
        by_certificate: certificate.clone(),
        reason,
        corrections,
        record_sha256: kept.record_sha256.clone(),
        pdf_sha256: kept.pdf_sha256.clone(),
        signature,
    };
    let recorded = desk.record(Event::Course(event))?;
    kept.check_entry(&recorded)?;
    let (record_sha256, pdf_sha256, verify_url) = (kept.record_sha256, kept.pdf_sha256, kept.url);
    let lot = issued.lot;
    Ok(Superseded { lot, certificate, supersedes: number, version, record_sha256, pdf_sha256, verify_url })
}

/// What the new record says of the old certificate.
fn replaced(number: &CertificateNumber, reason: &Line, corrections: &[Correction]) -> SupersedesRecord {
    let record =
        |c: &Correction| CorrectedRecord { field: c.field.clone(), before: c.before.clone(), after: c.after.clone() };
    SupersedesRecord {
        certificate: number.to_string(),
        reason: reason.as_str().to_owned(),
        corrections: corrections.iter().map(record).collect(),
    }
}

/// Refuses corrections with which the lot could not have been released when it was.
fn check_still_releasable(lot: &Lot, spec: &StoredSpecification, at: Moment) -> Result<(Dossier, String), Error> {
    let assessment = assess(lot, &spec.specification, at);
    if let Some(blocker) = assessment.blockers.first() {
        let detail =
            format!("With these corrections lot {} could not have been released: {}", lot.number(), blocker.detail);
        return Err(Refusal::new(Code::NotReleasable, detail).into());
    }
    to_be_signed(lot, spec, &assessment)
}

/// Refuses corrections with which the lot's first paper would have come before the lot was made or
/// after it had expired.
fn check_left_in_time(lot: &Lot, first: Moment) -> Result<(), Refusal> {
    let (number, details) = (lot.number(), &lot.details);
    let why = match (first < details.manufactured_at, first >= details.expires_at) {
        (true, _) => "before it was made",
        (_, true) => "after it had expired",
        _ => return Ok(()),
    };
    let detail = format!(
        "With these corrections lot {number} could not have been released: that was on {}, {why}.",
        in_minutes(first)
    );
    Err(Refusal::new(Code::NotReleasable, detail))
}

/// When the lot could leave first: with its conditional notice, or else its certificate.
fn first_paper_at(lot: &Lot) -> Option<Moment> {
    lot.course.conditional.as_ref().map(|step| step.at).or_else(|| issued_at(lot))
}

/// When the lot was released.
fn issued_at(lot: &Lot) -> Option<Moment> {
    match &lot.decision {
        Some(Decision::Released { at, .. }) => Some(*at),
        _ => None,
    }
}

/// The lot as it would have been with the right details, not yet decided.
fn corrected(lot: &Lot, corrections: &[Correction]) -> Result<Lot, Error> {
    let mut lot = lot.clone();
    for correction in corrections {
        let wrong = || Error::Internal(format!("{} cannot be corrected", correction.field));
        lot.details.correct(correction).ok_or_else(wrong)?;
    }
    lot.decision = None;
    // After step 1 the last results may come in when the lot has expired.
    lot.course = Course { conditional: lot.course.conditional, ..Course::default() };
    Ok(lot)
}

impl SupersessionEntry {
    /// The corrections; only what is different.
    fn read(&self, lot: &Lot, now: Moment) -> Result<Vec<Correction>, Refusal> {
        let details = &lot.details;
        let mut refusals = Vec::new();
        let mut moment = |field: &str, text: Option<&String>, there: Moment| match text {
            None => there,
            Some(text) => Moment::parse(field, text).map_err(|refusal| refusals.push(refusal)).unwrap_or(there),
        };
        let manufactured = moment("manufactured_at", self.manufactured_at.as_ref(), details.manufactured_at);
        let expires = moment("expires_at", self.expires_at.as_ref(), details.expires_at);
        let containers = self.containers.unwrap_or(details.containers);
        refusals.extend(check_times("The lot", ("manufactured_at", manufactured), Some(expires), now));
        refusals.extend(check_containers("A lot", containers));
        if expires > details.expires_at {
            let detail = "A correction never makes a lot last longer: expires_at must not be later than it is.";
            refusals.push(Refusal::field(Code::InvalidField, "expires_at", detail));
        }
        if lot.sources.iter().any(|s| s.lot.details.manufactured_at > manufactured) {
            let detail = "The lot would be older than what it was made from. Check the date.";
            refusals.push(Refusal::field(Code::InvalidField, "manufactured_at", detail));
        }
        let moved = lot.course.movements.iter().flat_map(|m| m.containers.iter().copied()).max();
        if moved.is_some_and(|highest| highest > containers) {
            let detail = "A container with a higher number has been moved already. Check the number of containers.";
            refusals.push(Refusal::field(Code::InvalidField, "containers", detail));
        }
        Refusal::all(refusals).map_or(Ok(()), Err)?;
        let changed = |field: &str, before: String, after: String| {
            (before != after).then(|| Correction { field: field.to_owned(), before, after })
        };
        let corrections: Vec<Correction> = [
            changed("containers", details.containers.to_string(), containers.to_string()),
            changed("manufactured_at", details.manufactured_at.to_string(), manufactured.to_string()),
            changed("expires_at", details.expires_at.to_string(), expires.to_string()),
        ]
        .into_iter()
        .flatten()
        .collect();
        if corrections.is_empty() {
            let detail =
                "Nothing would be different. Say what is to be corrected: containers, manufactured_at, expires_at.";
            return Err(Refusal::new(Code::NothingToCorrect, detail));
        }
        Ok(corrections)
    }
}
