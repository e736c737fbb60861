//! Issuing a paper: composing its record, drawing it, sealing it, keeping its bytes.
//!
//! Promises: record and paper are those of the transaction that records the act; the bytes are
//! kept before the fact names their hashes, and are never made again; the ledger position that
//! is printed is the one the fact gets.

use crate::certificate::{RenderError, notice_seal_text, render, render_notice, seal_text};
use crate::domain::certificate::{
    CertificateRecord, Dossier, LAYOUT_VERSION, LedgerPosition, NoticeReference, QualifiedPersonRecord, RECORD_VERSION,
    SignatureRecord, SiteRecord, SupersedesRecord,
};
use crate::domain::history;
use crate::domain::ids::CertificateNumber;
use crate::domain::lot::Lot;
use crate::domain::notice::NoticeRecord;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical;
use crate::store::{Entry, FactFilter, StoreError};

use super::set_policy::PolicyInForce;
use super::{Desk, Error};

/// What a certificate says beyond what the site and the ledger say.
pub(super) struct Paper<'p> {
    pub certificate: CertificateNumber,
    pub dossier: Dossier,
    pub signatures: Vec<SignatureRecord>,
    pub version: u32,
    pub supersedes: Option<SupersedesRecord>,
    pub policy: &'p PolicyInForce,
    pub qualified_person: Option<QualifiedPersonRecord>,
    pub notice: Option<NoticeReference>,
}

/// A paper whose bytes are kept.
pub(super) struct Kept {
    pub record_sha256: String,
    pub pdf_sha256: String,
    /// Where a stranger checks it.
    pub url: String,
    /// The ledger entry that the act must get.
    pub entry: u64,
}

impl Kept {
    /// The act's fact has the ledger entry that the paper states.
    pub fn check_entry(&self, entry: &Entry) -> Result<(), Error> {
        if u64::try_from(entry.number) == Ok(self.entry) {
            return Ok(());
        }
        Err(Error::Internal("the act got another ledger entry than its paper states".into()))
    }
}

/// The next certificate's number.
pub(super) fn next_certificate(desk: &mut Desk) -> Result<CertificateNumber, Error> {
    let (year, issued) = (desk.now.year(), desk.view().certificates_issued()?);
    Ok(CertificateNumber::next(year, issued))
}

/// Draws a certificate and keeps its record and its PDF.
pub(super) fn certificate(desk: &mut Desk, paper: Paper) -> Result<Kept, Error> {
    let number = paper.certificate.to_string();
    let record = CertificateRecord {
        v: RECORD_VERSION,
        layout: LAYOUT_VERSION,
        issued_at: desk.now.to_string(),
        zone: desk.app.site().zone.clone(),
        site: site(desk),
        dossier: paper.dossier,
        signatures: paper.signatures,
        ledger: position(desk),
        software: crate::SOFTWARE.to_owned(),
        verify_url: format!("{}/verify/{number}", desk.app.public_url()),
        certificate: number,
        version: Some(paper.version),
        supersedes: paper.supersedes,
        route: Some(paper.policy.policy.release_route.as_str().to_owned()),
        policy_version: Some(paper.policy.version),
        qualified_person: paper.qualified_person,
        notice: paper.notice,
    };
    let bytes = canonical::text(&record).map_err(|e| internal(e.to_string()))?.into_bytes();
    let seal = sealed(desk, &seal_text(&record.certificate, &canonical::sha256_hex(&bytes)))?;
    let pdf = render(&record, &bytes, &seal, &desk.app.verifier_key().to_string()).map_err(|e| undrawn(&e))?;
    keep(desk, bytes, pdf, record.verify_url, record.ledger.entry)
}

/// Draws a conditional notice and keeps its record and its PDF.
pub(super) fn notice(desk: &mut Desk, record: &NoticeRecord) -> Result<Kept, Error> {
    let bytes = canonical::text(record).map_err(|e| internal(e.to_string()))?.into_bytes();
    let seal = sealed(desk, &notice_seal_text(&record.notice, &canonical::sha256_hex(&bytes)))?;
    let pdf = render_notice(record, &bytes, &seal, &desk.app.verifier_key().to_string()).map_err(|e| undrawn(&e))?;
    keep(desk, bytes, pdf, record.verify_url.clone(), record.ledger.entry)
}

/// The site as a paper names it.
pub(super) fn site(desk: &Desk) -> SiteRecord {
    let site = desk.app.site();
    SiteRecord {
        name: site.name.as_str().to_owned(),
        address: site.address.clone(),
        licence: site.licence.clone(),
        synthetic: site.synthetic,
    }
}

/// Where the act will stand in the ledger: the next entry.
pub(super) fn position(desk: &Desk) -> LedgerPosition {
    let (tree_size, root) = desk.tx.ledger_head();
    LedgerPosition { origin: desk.app.site().origin.clone(), entry: tree_size, tree_size, tree_root: root.to_hex() }
}

fn keep(desk: &mut Desk, record: Vec<u8>, pdf: Vec<u8>, url: String, entry: u64) -> Result<Kept, Error> {
    let record_sha256 = desk.tx.keep_document("application/json", record)?;
    let pdf_sha256 = desk.tx.keep_document("application/pdf", pdf)?;
    Ok(Kept { record_sha256, pdf_sha256, url, entry })
}

fn sealed(desk: &Desk, text: &str) -> Result<String, Error> {
    desk.app.0.signer.sign(text).map_err(|e| internal(e.to_string()))
}

fn internal(why: String) -> Error {
    Error::Internal(format!("certificate: {why}"))
}

fn undrawn(error: &RenderError) -> Error {
    match error {
        RenderError::Undrawable { .. } => {
            Refusal::new(Code::Undrawable, format!("The certificate cannot be printed: {error}")).into()
        }
        other => internal(other.to_string()),
    }
}

/// What the tables say of the lot and of what it was made from must be what their facts say, or
/// nothing is signed.
pub(super) fn check_against_facts(desk: &mut Desk, lot: &Lot) -> Result<(), Error> {
    for source in &lot.sources {
        check_against_facts(desk, &source.lot)?;
    }
    let lot = &Lot { sources: Vec::new(), last_change: 0, ..lot.clone() };
    let filter = FactFilter { lot: Some(lot.number().clone()), limit: i64::MAX, ..FactFilter::default() };
    let entries = desk.view().facts(&filter)?;
    if history::rebuild(entries.iter().map(|e| &e.fact)).as_ref() == Some(lot) {
        return Ok(());
    }
    let why = format!("the tables do not say of lot {} what its facts say; nothing was released", lot.number());
    Err(StoreError::LedgerBroken(why).into())
}
