//! Is this PDF a certificate that a site issued, and is it as issued?
//!
//! Promises: safe on hostile files (nothing here panics, recurses without bound or inflates
//! without limit; the caller limits the size of the file); `Authentic` is said only of a file
//! whose every byte follows from a record that a trusted key signed; whatever it says, the
//! steps tell why in plain sentences.
//!
//! The order of the checks is the argument: the seal binds number and hash to a key; the hash
//! binds the record; and rendering the record again must give this very file, so that the pages
//! show what the record says and nothing was added.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use super::attached::{Parts, parts, printed_number};
use super::render::{RenderError, hex, render};
use crate::domain::certificate::{CertificateRecord, InvestigationRecord, KNOWN_VERSIONS, SignatureRecord};
use crate::domain::investigation::Ending;
use crate::ledger::{SignedNote, VerifierKey};

/// The text a site's key signs: which certificate, and the hash of its record.
pub fn seal_text(number: &str, record_sha256_hex: &str) -> String {
    format!("lotgate-certificate/v1\n{number}\n{record_sha256_hex}\n")
}

/// The text a site's key signs for a conditional notice, so that no seal fits both.
pub fn notice_seal_text(number: &str, record_sha256_hex: &str) -> String {
    format!("lotgate-notice/v1\n{number}\n{record_sha256_hex}\n")
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Exactly as issued by the holder of a key that the reader trusts.
    Authentic {
        /// That key.
        vkey: String,
    },
    /// Exactly as issued by the holder of the attached key; whose key that is, is open.
    IntactIssuerUnconfirmed {
        /// The attached key, to compare with the one the site published.
        vkey: String,
    },
    /// A certificate, but not as issued.
    Altered {
        /// What is wrong.
        what: String,
    },
    /// Not a certificate that this software can read.
    Unreadable {
        /// Why not.
        why: String,
    },
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// A sentence.
    pub detail: String,
}

/// The result of [`check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// What the file is.
    pub outcome: Outcome,
    /// Certificate number, as the record says where there is one, or as found in the bytes.
    pub number: Option<String>,
    /// SHA-256 of the attached record.
    pub record_sha256: Option<String>,
    /// Lot number, as the record says.
    pub lot: Option<String>,
    /// The checks in order; the first that fails is the last.
    pub steps: Vec<Step>,
}

/// Checks a file against the keys that the reader has from the site itself. With none, the best
/// possible outcome is [`Outcome::IntactIssuerUnconfirmed`].
pub fn check(pdf: &[u8], trusted: &[VerifierKey]) -> CheckReport {
    let mut report = CheckReport {
        outcome: Outcome::Unreadable { why: "the check gave up".to_owned() },
        number: printed_number(pdf),
        record_sha256: None,
        lot: None,
        steps: Vec::new(),
    };
    let judged = catch_unwind(AssertUnwindSafe(|| judge(pdf, trusted, &mut report)));
    if let Ok(Ok(outcome) | Err(outcome)) = judged {
        report.outcome = outcome;
    }
    report
}

impl CheckReport {
    fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.step(name, true, detail.into());
    }

    fn altered(&mut self, name: &'static str, what: impl Into<String>) -> Outcome {
        let what = what.into();
        self.step(name, false, what.clone());
        Outcome::Altered { what }
    }

    fn unreadable(&mut self, name: &'static str, why: impl Into<String>) -> Outcome {
        let why = why.into();
        self.step(name, false, why.clone());
        Outcome::Unreadable { why }
    }

    fn step(&mut self, name: &'static str, ok: bool, detail: String) {
        self.steps.push(Step { name, ok, detail });
    }
}

/// All checks in order; `Err` is the outcome of the first that fails.
fn judge(pdf: &[u8], trusted: &[VerifierKey], report: &mut CheckReport) -> Result<Outcome, Outcome> {
    let parts = parts(pdf).map_err(|e| report.unreadable("attachments", e.to_string()))?;
    report.pass("attachments", "Record, seal and key are attached and readable.");
    let record = read_record(&parts.record_bytes, report)?;
    check_seal_names(&parts, &record, report)?;
    let outcome = check_signature(&parts, &record, trusted, report)?;
    check_content(&record, report)?;
    check_pages(pdf, &parts, &record, report)?;
    Ok(outcome)
}

fn read_record(bytes: &[u8], report: &mut CheckReport) -> Result<CertificateRecord, Outcome> {
    const NAME: &str = "record";
    let record: CertificateRecord = serde_json::from_slice(bytes)
        .map_err(|e| report.unreadable(NAME, format!("The record cannot be read: {e}.")))?;
    report.record_sha256 = Some(hex(&Sha256::digest(bytes)));
    report.number = Some(record.certificate.clone());
    report.lot = Some(record.dossier.lot.clone());
    if !KNOWN_VERSIONS.contains(&(record.v, record.layout)) {
        let known: Vec<String> = KNOWN_VERSIONS.iter().map(|(v, layout)| format!("{v} with {layout}")).collect();
        let why = format!(
            "The record has version {} and layout {}; this software knows {}.",
            record.v,
            record.layout,
            known.join(" and ")
        );
        return Err(report.unreadable(NAME, why));
    }
    match serde_json_canonicalizer::to_vec(&record) {
        Ok(canonical) if canonical == bytes => {
            report.pass(NAME, "The record is complete and in canonical form (RFC 8785).");
            Ok(record)
        }
        _ => Err(report.altered(NAME, "The record is not in canonical form (RFC 8785).")),
    }
}

fn check_seal_names(parts: &Parts, record: &CertificateRecord, report: &mut CheckReport) -> Result<(), Outcome> {
    const NAME: &str = "seal";
    let hash = report.record_sha256.clone().unwrap_or_default();
    let expected = format!("{}\n", seal_text(&record.certificate, &hash));
    if !parts.seal.starts_with(&expected) {
        let what = "The seal was made for another number or another record than the attached one.";
        return Err(report.altered(NAME, what));
    }
    report.pass(NAME, format!("The seal names certificate {} and the record's hash {hash}.", record.certificate));
    Ok(())
}

fn check_signature(
    parts: &Parts,
    record: &CertificateRecord,
    trusted: &[VerifierKey],
    report: &mut CheckReport,
) -> Result<Outcome, Outcome> {
    const NAME: &str = "signature";
    let note = SignedNote::parse(&parts.seal)
        .map_err(|e| report.altered(NAME, format!("The seal is not a signed note: {e}.")))?;
    if note.lines().len() != 1 {
        return Err(report.altered(NAME, "The seal has more than the one signature it had."));
    }
    let key = VerifierKey::parse(&parts.vkey)
        .map_err(|e| report.altered(NAME, format!("The attached key is not a key: {e}.")))?;
    let attached = [key];
    let opened = note
        .open(&attached)
        .map_err(|e| report.altered(NAME, format!("The seal does not verify with the attached key: {e}.")))?;
    let hash = report.record_sha256.clone().unwrap_or_default();
    if opened.text != seal_text(&record.certificate, &hash) {
        return Err(report.altered(NAME, "The seal says more than number and hash."));
    }
    let vkey = parts.vkey.clone();
    if trusted.contains(&attached[0]) {
        let detail = format!("The seal verifies with the key you trust, {vkey}.");
        report.pass(NAME, detail);
        return Ok(Outcome::Authentic { vkey });
    }
    let detail = if trusted.is_empty() {
        format!(
            "The seal verifies with the key in the file, {vkey}. Anybody can make such a key: \
             compare it with the one the site published."
        )
    } else {
        format!(
            "The seal verifies only with the key in the file, {vkey}, which is none of the keys \
             you trust."
        )
    };
    report.pass(NAME, detail);
    Ok(Outcome::IntactIssuerUnconfirmed { vkey })
}

/// Whether the record agrees with itself.
fn check_content(record: &CertificateRecord, report: &mut CheckReport) -> Result<(), Outcome> {
    const NAME: &str = "content";
    let dossier = serde_json_canonicalizer::to_vec(&record.dossier)
        .map_err(|e| report.unreadable(NAME, format!("The dossier cannot be hashed: {e}.")))?;
    let hash = hex(&Sha256::digest(&dossier));
    check_signers(record, &hash).map_err(|what| report.altered(NAME, what))?;
    let required = |r: &&crate::domain::certificate::ResultRecord| r.kind == "required";
    let mut results = record.dossier.results.iter().filter(required);
    if let Some(result) = results.find(|r| r.outcome != "pass") {
        let what = format!(
            "{} is required and its verdict is {:?}, yet the lot is certified.",
            result.attribute, result.outcome
        );
        return Err(report.altered(NAME, what));
    }
    let dossier = &record.dossier;
    let cleared =
        |i: &&InvestigationRecord| [Ending::Invalidated, Ending::Corrected].iter().any(|e| e.in_words() == i.outcome);
    if let Some(standing) = dossier.investigations.iter().find(|i| !cleared(i)) {
        let what = format!("Investigation {} is {:?}, yet the lot is certified.", standing.number, standing.outcome);
        return Err(report.altered(NAME, what));
    }
    if let Some(open) = dossier.deviations.iter().find(|d| d.assessment.is_none()) {
        return Err(report.altered(NAME, format!("{} {} is open, yet the lot is certified.", open.kind, open.number)));
    }
    let detail = "Every signature is over exactly these results, every required result passes, and no investigation \
                  or deviation speaks against the lot.";
    report.pass(NAME, detail);
    Ok(())
}

/// Whether the right people signed, and exactly this dossier. Of version 3 on an audit-trail review is
/// signed over the list of changes, which is not attached.
fn check_signers(record: &CertificateRecord, dossier_sha256: &str) -> Result<(), String> {
    let of_dossier = |s: &&SignatureRecord| record.v < 3 || s.act != "audit_review";
    let mut covering = record.signatures.iter().filter(of_dossier);
    if let Some(other) = covering.find(|s| s.signed_sha256 != dossier_sha256) {
        return Err(format!("{} signed other data than these.", other.username));
    }
    let signer = |act: &str| record.signatures.iter().find(|s| s.act == act);
    if record.v < 3 {
        return signer("release").map(drop).ok_or_else(|| "Nobody signed the release.".to_owned());
    }
    let certifies = match (&record.supersedes, record.route.as_deref()) {
        (Some(_), _) => "supersession",
        (None, Some("verify_qc_qa_qp")) => "qp_certification",
        (None, _) => "release",
    };
    let Some(last) = signer(certifies) else { return Err("Nobody signed the release.".to_owned()) };
    if record.route.as_deref() != Some("verify_qc_qa_qp") {
        return Ok(());
    }
    let registered = record.qualified_person.as_ref().is_some_and(|q| q.username == last.username);
    if last.role != "qp" || !registered {
        return Err("No qualified person with a register number signed the certification.".to_owned());
    }
    if record.supersedes.is_some() {
        return Ok(());
    }
    let (Some(approved), Some(reviewed)) = (signer("qc_approval"), signer("audit_review")) else {
        return Err("The QC approval or the audit-trail review is not signed.".to_owned());
    };
    let people = [&approved.username, &reviewed.username, &last.username];
    if people[0] == people[1] || people[1] == people[2] || people[0] == people[2] {
        return Err("One person signed two steps that are different people's work.".to_owned());
    }
    Ok(())
}

fn check_pages(pdf: &[u8], parts: &Parts, record: &CertificateRecord, report: &mut CheckReport) -> Result<(), Outcome> {
    const NAME: &str = "pages";
    match render(record, &parts.record_bytes, &parts.seal, &parts.vkey) {
        Ok(again) if again == pdf => {
            report.pass(NAME, "The pages are byte for byte what the record gives.");
            Ok(())
        }
        Ok(_) => {
            let what = format!(
                "The file is not byte for byte what its record gives: pages or file structure \
                 were changed, or it was made with other software than this ({}).",
                record.software
            );
            Err(report.altered(NAME, what))
        }
        Err(e @ (RenderError::Font(_) | RenderError::Assembly(_))) => {
            Err(report.unreadable(NAME, format!("The pages cannot be made again: {e}.")))
        }
        Err(e) => Err(report.altered(NAME, format!("The record cannot be printed: {e}."))),
    }
}
