//! The last step of a route: a QA officer releases a lot, or a qualified person certifies it, with
//! an electronic signature, and a certificate is issued.
//!
//! Promises: only when nothing blocks and every earlier step of the site's route is signed and
//! still counts, decided in the same transaction that records it; the signature covers exactly
//! the dossier that was decided on; the number is used only if the certificate could be drawn;
//! the bytes issued are kept and never made again.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::{Assessment, assess};
use crate::domain::blind::Blind;
use crate::domain::certificate::{Dossier, NoticeReference, QualifiedPersonRecord, SignatureRecord};
use crate::domain::dossier;
use crate::domain::event::Event;
use crate::domain::ids::{CertificateNumber, LotNumber, Username};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::domain::sign_offs::{self, Step};
use crate::domain::site_policy::SitePolicy;
use crate::ledger::canonical;
use crate::store::{StoredSpecification, View};

use super::course::{Seen, check_shown};
use super::issue::{self, Paper, check_against_facts};
use super::permit::{ReleaseLot, Signed, Subject, recording_refusals};
use super::set_policy::policy_in_force;
use super::{App, Desk, Error};

/// A lot just released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    /// The lot.
    pub lot: LotNumber,
    /// The certificate's number.
    pub certificate: CertificateNumber,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Where a stranger checks it.
    pub verify_url: String,
}

/// What would be signed now: the dossier and the SHA-256 of its canonical JSON.
///
/// # Errors
/// A failure of ours: a dossier always has canonical JSON.
pub fn to_be_signed(
    lot: &Lot,
    spec: &StoredSpecification,
    assessment: &Assessment,
) -> Result<(Dossier, String), Error> {
    let dossier = dossier::compose(lot, &spec.specification, &spec.sha256, assessment);
    let sha256 = canonical::sha256_of(&dossier).map_err(|e| Error::Internal(e.to_string()))?;
    Ok((dossier, sha256))
}

/// The manifestation of a signature.
pub(super) fn manifest(act: &str, by: &Actor, meaning: &str, at: Moment, signed_sha256: String) -> SignatureRecord {
    SignatureRecord {
        act: act.to_owned(),
        meaning: meaning.to_owned(),
        name: by.name.as_str().to_owned(),
        username: by.username.to_string(),
        role: by.role.to_string(),
        at: at.to_string(),
        signed_sha256,
    }
}

/// Releases a lot on the short route. `seen` is what was shown, if it was.
///
/// # Errors
/// The site's route is another, something blocks (all blockers named), the audit-trail review is
/// asked for and does not count, own work, decided already, changed since shown, or text that
/// cannot be printed. All are recorded as refused attempts.
pub fn release_lot(
    app: &App,
    signed: &Signed<ReleaseLot>,
    number: &LotNumber,
    seen: impl Into<Seen>,
) -> Result<Released, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.into(), signed.meaning().as_str().to_owned());
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| {
        let last = Last { step: Step::Release, meaning };
        decide(desk, &lot, &seen, last)
    });
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<ReleaseLot, _>(app, signed.actor(), &subject, outcome)
}

/// The last step as it is taken.
pub(super) struct Last {
    /// Release or certification.
    pub step: Step,
    /// What the signature means.
    pub meaning: String,
}

/// Takes the last step of the site's route: the one place where a lot becomes released.
pub(super) fn decide(desk: &mut Desk, number: &LotNumber, seen: &Seen, last: Last) -> Result<Released, Error> {
    let (lot, stored) = desk.lot(number)?;
    sign_offs::check_undecided(&lot)?;
    let policy = policy_in_force(&mut desk.view())?;
    sign_offs::check_route(&policy.policy, last.step)?;
    let qualified_person = check_signer(desk, &lot, &last)?;
    sign_offs::check_distinct(&lot, &policy.policy, last.step, &desk.by)?;
    check_against_facts(desk, &lot)?;
    let assessment = assess(&lot, &stored.specification, desk.now);
    let blind = Blind { lot: &lot, spec: &stored.specification, viewer: &desk.by.username };
    check_nothing_blocks(&blind, &assessment)?;
    let (dossier, signed_sha256) = to_be_signed(&lot, &stored, &assessment)?;
    check_shown(desk, &lot, seen, &signed_sha256)?;
    sign_offs::check_before(&lot, &policy.policy, last.step, &signed_sha256)?;
    let certificate = issue::next_certificate(desk)?;
    let signature = manifest(last.step.as_str(), &desk.by, &last.meaning, desk.now, signed_sha256);
    let mut signatures = earlier_signatures(&lot, &policy.policy);
    signatures.push(signature.clone());
    let notice = lot.course.conditional.as_ref();
    let kept = issue::certificate(
        desk,
        Paper {
            certificate: certificate.clone(),
            dossier,
            signatures,
            version: 1,
            supersedes: None,
            policy: &policy,
            qualified_person,
            notice: notice.map(|n| NoticeReference { notice: n.notice.to_string(), issued_at: n.at.to_string() }),
        },
    )?;
    let entry = desk.record(Event::LotReleased {
        lot: number.clone(),
        certificate: certificate.clone(),
        record_sha256: kept.record_sha256.clone(),
        pdf_sha256: kept.pdf_sha256.clone(),
        signature,
    })?;
    kept.check_entry(&entry)?;
    let (record_sha256, pdf_sha256, verify_url) = (kept.record_sha256, kept.pdf_sha256, kept.url);
    Ok(Released { lot: number.clone(), certificate, record_sha256, pdf_sha256, verify_url })
}

/// The signatures before the last one that count on the site's route; a review of the audit trail
/// that nobody asked for counts, too.
pub(super) fn earlier_signatures(lot: &Lot, policy: &SitePolicy) -> Vec<SignatureRecord> {
    let on_route = |step: &Step| *step == Step::AuditReview || sign_offs::steps(policy).contains(step);
    let signed = [Step::QcApproval, Step::AuditReview].into_iter().filter(on_route);
    let signed = signed.filter_map(|step| sign_offs::standing(lot, step).signed());
    signed.map(|sign_off| sign_off.signature.clone()).collect()
}

/// Refuses a lot that anything holds back.
fn check_nothing_blocks(blind: &Blind, assessment: &Assessment) -> Result<(), Refusal> {
    if assessment.blockers.is_empty() {
        return Ok(());
    }
    let detail = format!("Lot {} cannot be released: {}", blind.lot.number(), blind.reasons(assessment));
    Err(Refusal::new(Code::NotReleasable, detail))
}

/// Whether the signer may: no own work, and for a certification a qualified person of this moment.
fn check_signer(desk: &mut Desk, lot: &Lot, last: &Last) -> Result<Option<QualifiedPersonRecord>, Error> {
    if last.step != Step::Certification {
        lot.check_release(&desk.by)?;
        return Ok(None);
    }
    sign_offs::check_hands(lot, &desk.by, "certify it")?;
    Ok(Some(qualified(desk)?))
}

/// The signer's entry in the register of qualified persons.
pub(super) fn qualified(desk: &mut Desk) -> Result<QualifiedPersonRecord, Error> {
    let (username, now) = (desk.by.username.clone(), desk.now);
    entered(&mut desk.view(), &username, now)
}

/// Why somebody could not sign as qualified person now; none where the person could.
///
/// # Errors
/// Storage fails.
pub fn why_unqualified(app: &App, username: &Username) -> Result<Option<Refusal>, Error> {
    match app.read(|view| entered(view, username, app.now())) {
        Ok(_) => Ok(None),
        Err(Error::Refused(refusal)) => Ok(Some(refusal)),
        Err(other) => Err(other),
    }
}

fn entered(view: &mut View, username: &Username, now: Moment) -> Result<QualifiedPersonRecord, Error> {
    let account = view.account(username)?;
    if let Some(entry) = account.qualified_at(now) {
        let register_number = entry.register_number.as_str().to_owned();
        return Ok(QualifiedPersonRecord { username: username.to_string(), register_number });
    }
    let detail = match &account.qualified_person {
        Some(_) => "Your entry as qualified person is not valid at this moment. An administrator records the new one.",
        None => "You are not named as qualified person with a register number. An administrator records it first.",
    };
    Err(Refusal::new(Code::NotQualified, detail).into())
}
