//! Whether a record agrees with itself: the right people signed exactly these data, and nothing in
//! it speaks against what it says of the lot.
//!
//! Promises: a sealed certificate with a required result that does not pass is not believed, nor a
//! sealed notice in which something fails, nothing is pending, an interim reading is missing where
//! the specification asks for one, or nobody is named who is told.

use sha2::{Digest, Sha256};

use super::render::hex;
use crate::domain::certificate::{
    CertificateRecord, Dossier, InvestigationRecord, QualifiedPersonRecord, ResultRecord, SignatureRecord,
};
use crate::domain::course::{PartyRole, PendingCriterion};
use crate::domain::ids::NoticeNumber;
use crate::domain::investigation::Ending;
use crate::domain::moment::Moment;
use crate::domain::notice::{NOTICE_TITLE, NoticeRecord, SignedNotice, WaitingRule};

/// The route of five people.
const LONG_ROUTE: &str = "verify_qc_qa_qp";

/// What holds, in a sentence; or the first thing that contradicts the record.
pub type Judged = Result<&'static str, String>;

fn sha256_of(value: &impl serde::Serialize) -> Result<String, String> {
    let bytes =
        serde_json_canonicalizer::to_vec(value).map_err(|e| format!("What was signed cannot be hashed: {e}."))?;
    Ok(hex(&Sha256::digest(&bytes)))
}

/// A certificate.
///
/// # Errors
/// A sentence that says what contradicts it.
pub fn of_certificate(record: &CertificateRecord) -> Judged {
    let dossier = &record.dossier;
    check_certifiers(record, &sha256_of(dossier)?)?;
    let mut results = dossier.results.iter().filter(|r| r.kind == "required");
    if let Some(result) = results.find(|r| r.outcome != "pass") {
        return Err(format!(
            "{} is required and its verdict is {:?}, yet the lot is certified.",
            result.attribute, result.outcome
        ));
    }
    check_quality(dossier, "yet the lot is certified")?;
    Ok(
        "Every signature is over exactly these results, every required result passes, and no investigation or deviation \
        speaks against the lot.",
    )
}

/// A conditional notice.
///
/// # Errors
/// A sentence that says what contradicts it.
pub fn of_notice(record: &NoticeRecord) -> Judged {
    if record.title != NOTICE_TITLE || NoticeNumber::parse(&record.notice).is_err() {
        return Err("It does not have the title and the number of a conditional notice.".to_owned());
    }
    check_releasers(record)?;
    check_pending(record)?;
    let waits =
        |r: &ResultRecord| r.outcome == "pending" && record.pending.iter().any(|p| p.attribute.as_str() == r.attribute);
    let mut results = record.dossier.results.iter().filter(|r| r.kind == "required");
    if let Some(result) = results.find(|r| r.outcome != "pass" && !waits(r)) {
        return Err(format!(
            "{} is required and its verdict is {:?}, yet the lot is conditionally released.",
            result.attribute, result.outcome
        ));
    }
    check_quality(&record.dossier, "yet the lot is conditionally released")?;
    let reached = |c: &crate::domain::course::Contact| c.role == PartyRole::Physician;
    if !record.contacts.iter().any(reached) {
        return Err("No physician is named who is told when a result fails.".to_owned());
    }
    Ok(
        "Every signature is over exactly these data; what is pending may wait and is named with its due date, every other \
        required result passes, and nothing speaks against the lot.",
    )
}

/// No investigation and no deviation stands against the lot.
fn check_quality(dossier: &Dossier, yet: &str) -> Result<(), String> {
    let cleared =
        |i: &&InvestigationRecord| [Ending::Invalidated, Ending::Corrected].iter().any(|e| e.in_words() == i.outcome);
    if let Some(standing) = dossier.investigations.iter().find(|i| !cleared(i)) {
        return Err(format!("Investigation {} is {:?}, {yet}.", standing.number, standing.outcome));
    }
    match dossier.deviations.iter().find(|d| d.assessment.is_none()) {
        Some(open) => Err(format!("{} {} is open, {yet}.", open.kind, open.number)),
        None => Ok(()),
    }
}

/// Something is pending, each by its rule, due when the rule says, with its interim reading.
fn check_pending(record: &NoticeRecord) -> Result<(), String> {
    let issued = Moment::parse("issued_at", &record.issued_at).map_err(|e| e.detail)?;
    if record.pending.is_empty() {
        return Err("No result is still to come, and then there is no conditional notice.".to_owned());
    }
    let same = record.pending.iter().map(|p| &p.attribute).eq(record.rules.iter().map(|rule| &rule.attribute));
    let twice = |at: usize, p: &PendingCriterion| record.pending.iter().take(at).any(|q| q.attribute == p.attribute);
    if !same || record.pending.iter().enumerate().any(|(at, p)| twice(at, p)) {
        return Err("What is still to come is not what the specification lets wait.".to_owned());
    }
    for (pending, rule) in record.pending.iter().zip(&record.rules) {
        if pending.due_at != issued.plus_hours(i64::from(rule.due_hours)) {
            return Err(format!("{} is not due when the specification says.", pending.attribute));
        }
        check_interim(pending, rule, &record.dossier)?;
    }
    Ok(())
}

/// The interim reading is what was read, and one without growth where the rule asks for it.
fn check_interim(pending: &PendingCriterion, rule: &WaitingRule, dossier: &Dossier) -> Result<(), String> {
    let attribute = pending.attribute.as_str();
    let result = dossier.results.iter().find(|r| r.attribute == attribute);
    match &pending.interim {
        Some(interim) if result.is_none_or(|r| r.as_typed != *interim) => {
            Err(format!("The interim reading of {attribute} is not the one among the results."))
        }
        Some(interim) if !rule.interim.is_empty() && !rule.interim.contains(interim) => {
            Err(format!("The interim reading {interim:?} of {attribute} is not one without growth."))
        }
        None if !rule.interim.is_empty() => {
            Err(format!("{attribute} needs an interim reading without growth, and there is none."))
        }
        _ => Ok(()),
    }
}

/// Whether the right people signed a certificate, and exactly this dossier. Of version 3 on an
/// audit-trail review is signed over the list of changes, which is not attached.
fn check_certifiers(record: &CertificateRecord, dossier_sha256: &str) -> Result<(), String> {
    let of_dossier = |s: &&SignatureRecord| record.v < 3 || s.act != "audit_review";
    let mut covering = record.signatures.iter().filter(of_dossier);
    if let Some(other) = covering.find(|s| s.signed_sha256 != dossier_sha256) {
        return Err(format!("{} signed other data than these.", other.username));
    }
    let signer = |act: &str| record.signatures.iter().find(|s| s.act == act);
    let unsigned = "Nobody signed the release.";
    if record.v < 3 {
        return signer("release").map(drop).ok_or_else(|| unsigned.to_owned());
    }
    let certifies = match (&record.supersedes, record.route.as_deref()) {
        (Some(_), _) => "supersession",
        (None, Some(LONG_ROUTE)) => "qp_certification",
        (None, _) => "release",
    };
    let Some(last) = signer(certifies) else { return Err(unsigned.to_owned()) };
    if record.route.as_deref() != Some(LONG_ROUTE) {
        return Ok(());
    }
    check_registered(last, record.qualified_person.as_ref(), "certification")?;
    if record.supersedes.is_some() {
        return Ok(());
    }
    check_three_people(&record.signatures, last)
}

/// Whether the right person signed step 1, and exactly these data.
fn check_releasers(record: &NoticeRecord) -> Result<(), String> {
    const STEP_ONE: &str = "conditional_release";
    let pending = record.pending.iter().map(|p| p.attribute.as_str()).collect();
    let signed = SignedNotice { dossier: &record.dossier, pending, contacts: &record.contacts };
    let (whole, dossier) = (sha256_of(&signed)?, sha256_of(&record.dossier)?);
    for signature in &record.signatures {
        let covers = match signature.act.as_str() {
            STEP_ONE => &whole,
            "qc_approval" => &dossier,
            // Signed over the list of changes, which is not attached.
            "audit_review" => continue,
            other => return Err(format!("It bears a signature of the act {other:?}, which is none of a notice.")),
        };
        if signature.signed_sha256 != *covers {
            return Err(format!("{} signed other data than these.", signature.username));
        }
    }
    let mut signers = record.signatures.iter().filter(|s| s.act == STEP_ONE);
    let (Some(last), None) = (signers.next(), signers.next()) else {
        return Err("Not exactly one person signed the conditional release.".to_owned());
    };
    if record.route == LONG_ROUTE {
        check_registered(last, record.qualified_person.as_ref(), "conditional release")?;
        return check_three_people(&record.signatures, last);
    }
    if last.role == "qa" { Ok(()) } else { Err("No QA officer signed the conditional release.".to_owned()) }
}

/// The signer of the long route's last step is the registered qualified person.
fn check_registered(
    last: &SignatureRecord,
    qualified: Option<&QualifiedPersonRecord>,
    what: &str,
) -> Result<(), String> {
    if last.role == "qp" && qualified.is_some_and(|q| q.username == last.username) {
        return Ok(());
    }
    Err(format!("No qualified person with a register number signed the {what}."))
}

/// QC approval, audit-trail review and last step are signed by different people.
fn check_three_people(signatures: &[SignatureRecord], last: &SignatureRecord) -> Result<(), String> {
    let signer = |act: &str| signatures.iter().find(|s| s.act == act);
    let (Some(approved), Some(reviewed)) = (signer("qc_approval"), signer("audit_review")) else {
        return Err("The QC approval or the audit-trail review is not signed.".to_owned());
    };
    let people = [&approved.username, &reviewed.username, &last.username];
    if people[0] == people[1] || people[1] == people[2] || people[0] == people[2] {
        return Err("One person signed two steps that are different people's work.".to_owned());
    }
    Ok(())
}
