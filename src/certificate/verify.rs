//! Is this PDF a certificate or a conditional notice that a site issued, and is it as issued?
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

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::attached::{PaperKind, Parts, parts, printed_number};
use super::content::{self, Judged};
use super::render::{RenderError, hex, render, render_notice};
use crate::domain::certificate::{CertificateRecord, KNOWN_VERSIONS};
use crate::domain::notice::{NOTICE_VERSION, NoticeRecord};
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
    /// A certificate or notice, but not as issued.
    Altered {
        /// What is wrong.
        what: String,
    },
    /// Neither a certificate nor a notice that this software can read.
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
    /// Which paper the file says it is: whatever the outcome, a notice is never a certificate.
    pub kind: PaperKind,
    /// Its number, as the record says where there is one, or as found in the bytes.
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
    let number = printed_number(pdf);
    let is_notice = number.as_ref().is_some_and(|number| number.starts_with("CN-"));
    let mut report = CheckReport {
        outcome: Outcome::Unreadable { why: "the check gave up".to_owned() },
        kind: if is_notice { PaperKind::Notice } else { PaperKind::Certificate },
        number,
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
    /// True where the file says it is a conditional notice: no release certificate, whatever the
    /// outcome.
    pub fn is_notice(&self) -> bool {
        self.kind == PaperKind::Notice
    }

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

/// A record that was read, of either paper.
enum Record {
    Certificate(Box<CertificateRecord>),
    Notice(Box<NoticeRecord>),
}

impl Record {
    fn number(&self) -> &str {
        match self {
            Record::Certificate(record) => &record.certificate,
            Record::Notice(record) => &record.notice,
        }
    }

    fn lot(&self) -> &str {
        match self {
            Record::Certificate(record) => &record.dossier.lot,
            Record::Notice(record) => &record.dossier.lot,
        }
    }

    fn software(&self) -> &str {
        match self {
            Record::Certificate(record) => &record.software,
            Record::Notice(record) => &record.software,
        }
    }

    /// Why its version cannot be read here.
    fn unknown_version(&self) -> Option<String> {
        match self {
            Record::Certificate(r) if !KNOWN_VERSIONS.contains(&(r.v, r.layout)) => {
                let known: Vec<String> =
                    KNOWN_VERSIONS.iter().map(|(v, layout)| format!("{v} with {layout}")).collect();
                let known = known.join(" and ");
                Some(format!("The record has version {} and layout {}; this software knows {known}.", r.v, r.layout))
            }
            Record::Notice(r) if r.v != NOTICE_VERSION => {
                Some(format!("The notice's record has version {}; this software knows {NOTICE_VERSION}.", r.v))
            }
            _ => None,
        }
    }

    fn canonical(&self) -> Option<Vec<u8>> {
        match self {
            Record::Certificate(record) => serde_json_canonicalizer::to_vec(record).ok(),
            Record::Notice(record) => serde_json_canonicalizer::to_vec(record).ok(),
        }
    }

    /// The text that its seal signs.
    fn seal_text(&self, sha256: &str) -> String {
        match self {
            Record::Certificate(_) => seal_text(self.number(), sha256),
            Record::Notice(_) => notice_seal_text(self.number(), sha256),
        }
    }

    fn judged(&self) -> Judged {
        match self {
            Record::Certificate(record) => content::of_certificate(record),
            Record::Notice(record) => content::of_notice(record),
        }
    }

    fn drawn(&self, parts: &Parts) -> Result<Vec<u8>, RenderError> {
        match self {
            Record::Certificate(record) => render(record, &parts.record_bytes, &parts.seal, &parts.vkey),
            Record::Notice(record) => render_notice(record, &parts.record_bytes, &parts.seal, &parts.vkey),
        }
    }
}

/// All checks in order; `Err` is the outcome of the first that fails.
fn judge(pdf: &[u8], trusted: &[VerifierKey], report: &mut CheckReport) -> Result<Outcome, Outcome> {
    let parts = parts(pdf).map_err(|e| report.unreadable("attachments", e.to_string()))?;
    report.kind = parts.kind;
    report.pass("attachments", "Record, seal and key are attached and readable.");
    let record = read_record(&parts, report)?;
    check_seal_names(&parts, &record, report)?;
    let outcome = check_signature(&parts, &record, trusted, report)?;
    match record.judged() {
        Ok(holds) => report.pass("content", holds),
        Err(what) => return Err(report.altered("content", what)),
    }
    check_pages(pdf, &parts, &record, report)?;
    Ok(outcome)
}

fn read_record(parts: &Parts, report: &mut CheckReport) -> Result<Record, Outcome> {
    const NAME: &str = "record";
    let bytes = parts.record_bytes.as_slice();
    let record = match parts.kind {
        PaperKind::Certificate => read(bytes).map(Record::Certificate),
        PaperKind::Notice => read(bytes).map(Record::Notice),
    };
    let record = record.map_err(|e| report.unreadable(NAME, format!("The record cannot be read: {e}.")))?;
    report.record_sha256 = Some(hex(&Sha256::digest(bytes)));
    report.number = Some(record.number().to_owned());
    report.lot = Some(record.lot().to_owned());
    if let Some(why) = record.unknown_version() {
        return Err(report.unreadable(NAME, why));
    }
    if record.canonical().as_deref() != Some(bytes) {
        return Err(report.altered(NAME, "The record is not in canonical form (RFC 8785)."));
    }
    report.pass(NAME, "The record is complete and in canonical form (RFC 8785).");
    Ok(record)
}

fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> serde_json::Result<Box<T>> {
    serde_json::from_slice(bytes).map(Box::new)
}

fn check_seal_names(parts: &Parts, record: &Record, report: &mut CheckReport) -> Result<(), Outcome> {
    const NAME: &str = "seal";
    let hash = report.record_sha256.clone().unwrap_or_default();
    let expected = format!("{}\n", record.seal_text(&hash));
    if !parts.seal.starts_with(&expected) {
        let what = "The seal was made for another number or another record than the attached one.";
        return Err(report.altered(NAME, what));
    }
    let named = format!("{} {}", parts.kind.in_words(), record.number());
    report.pass(NAME, format!("The seal names {named} and the record's hash {hash}."));
    Ok(())
}

fn check_signature(
    parts: &Parts,
    record: &Record,
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
    if opened.text != record.seal_text(&hash) {
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

fn check_pages(pdf: &[u8], parts: &Parts, record: &Record, report: &mut CheckReport) -> Result<(), Outcome> {
    const NAME: &str = "pages";
    match record.drawn(parts) {
        Ok(again) if again == pdf => {
            report.pass(NAME, "The pages are byte for byte what the record gives.");
            Ok(())
        }
        Ok(_) => {
            let what = format!(
                "The file is not byte for byte what its record gives: pages or file structure \
                 were changed, or it was made with other software than this ({}).",
                record.software()
            );
            Err(report.altered(NAME, what))
        }
        Err(e @ (RenderError::Font(_) | RenderError::Assembly(_))) => {
            Err(report.unreadable(NAME, format!("The pages cannot be made again: {e}.")))
        }
        Err(e) => Err(report.altered(NAME, format!("The record cannot be printed: {e}."))),
    }
}
