//! A QA officer releases a lot with an electronic signature, and a certificate is issued.
//!
//! Promises: only when nothing blocks, decided in the same transaction that records it; the
//! signature covers exactly the dossier that was decided on; the number is used only if the
//! certificate could be drawn; the bytes issued are kept and never made again.

use serde::{Deserialize, Serialize};

use crate::certificate::{render, seal_text};
use crate::domain::assessment::{Assessment, assess};
use crate::domain::certificate::{
    CertificateRecord, Dossier, LAYOUT_VERSION, LedgerPosition, RECORD_VERSION, SignatureRecord, SiteRecord,
};
use crate::domain::dossier;
use crate::domain::event::Event;
use crate::domain::history;
use crate::domain::ids::{CertificateNumber, LotNumber};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::ledger::canonical;
use crate::store::{FactFilter, StoreError, StoredSpecification};

use super::permit::{ReleaseLot, Signed, Subject, recording_refusals};
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

/// Refuses to sign what is not what was shown.
pub(super) fn check_seen(seen: Option<&str>, signed_sha256: &str, number: &LotNumber) -> Result<(), Refusal> {
    match seen {
        Some(seen) if seen != signed_sha256 => {
            let detail =
                format!("Lot {number} changed after it was shown to you. Nothing was signed; look at it again.");
            Err(Refusal::new(Code::ChangedSinceSeen, detail))
        }
        _ => Ok(()),
    }
}

/// Releases a lot. `seen` is the hash of the dossier as it was shown, if it was.
///
/// # Errors
/// Something blocks (all blockers named), own work, decided already, changed since shown, or
/// text that cannot be printed. All are recorded as refused attempts.
pub fn release_lot(
    app: &App,
    signed: &Signed<ReleaseLot>,
    number: &LotNumber,
    seen: Option<&str>,
) -> Result<Released, Error> {
    let (lot, seen, meaning) = (number.clone(), seen.map(str::to_owned), signed.meaning().as_str().to_owned());
    let outcome =
        app.write_once(signed.actor(), signed.once(), move |desk| release(desk, lot, seen.as_deref(), &meaning));
    let subject = Subject { lot: Some(number.clone()), run: None };
    recording_refusals::<ReleaseLot, _>(app, signed.actor(), &subject, outcome)
}

fn release(desk: &mut Desk, number: LotNumber, seen: Option<&str>, meaning: &str) -> Result<Released, Error> {
    let (lot, stored) = desk.lot(&number)?;
    lot.check_release(&desk.by)?;
    check_against_facts(desk, &lot)?;
    let assessment = assess(&lot, &stored.specification, desk.now);
    if !assessment.blockers.is_empty() {
        let reasons: Vec<&str> = assessment.blockers.iter().map(|b| b.detail.as_str()).collect();
        let detail = format!("Lot {number} cannot be released: {}", reasons.join(" "));
        return Err(Refusal::new(Code::NotReleasable, detail).into());
    }
    let (dossier, signed_sha256) = to_be_signed(&lot, &stored, &assessment)?;
    check_seen(seen, &signed_sha256, &number)?;
    let issued = desk.view().certificates_issued()?;
    let certificate = CertificateNumber::next(desk.now.year(), issued);
    let signature = manifest("release", &desk.by, meaning, desk.now, signed_sha256);
    let record = record(desk, &certificate, dossier, signature.clone());
    let (record_bytes, pdf) = draw(desk, &record)?;
    let record_sha256 = desk.tx.keep_document("application/json", record_bytes)?;
    let pdf_sha256 = desk.tx.keep_document("application/pdf", pdf)?;
    let entry = desk.record(Event::LotReleased {
        lot: number.clone(),
        certificate: certificate.clone(),
        record_sha256: record_sha256.clone(),
        pdf_sha256: pdf_sha256.clone(),
        signature,
    })?;
    if u64::try_from(entry.number) != Ok(record.ledger.entry) {
        return Err(Error::Internal("the release got another ledger entry than the certificate states".into()));
    }
    Ok(Released { lot: number, certificate, record_sha256, pdf_sha256, verify_url: record.verify_url })
}

/// What the tables say of the lot and of what it was made from must be what their facts say, or
/// nothing is released.
fn check_against_facts(desk: &mut Desk, lot: &Lot) -> Result<(), Error> {
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

fn record(
    desk: &Desk,
    certificate: &CertificateNumber,
    dossier: Dossier,
    signature: SignatureRecord,
) -> CertificateRecord {
    let site = desk.app.site();
    let (tree_size, root) = desk.tx.ledger_head();
    CertificateRecord {
        v: RECORD_VERSION,
        layout: LAYOUT_VERSION,
        certificate: certificate.to_string(),
        issued_at: desk.now.to_string(),
        zone: site.zone.clone(),
        site: SiteRecord {
            name: site.name.as_str().to_owned(),
            address: site.address.clone(),
            licence: site.licence.clone(),
            synthetic: site.synthetic,
        },
        dossier,
        signatures: vec![signature],
        ledger: LedgerPosition {
            origin: site.origin.clone(),
            // The release itself will be the next entry.
            entry: tree_size,
            tree_size,
            tree_root: root.to_hex(),
        },
        software: crate::SOFTWARE.to_owned(),
        verify_url: format!("{}/verify/{certificate}", desk.app.public_url()),
    }
}

/// Draws the paper: the record's canonical bytes and the PDF.
fn draw(desk: &Desk, record: &CertificateRecord) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let internal = |e: String| Error::Internal(format!("certificate: {e}"));
    let bytes = canonical::text(record).map_err(|e| internal(e.to_string()))?.into_bytes();
    let sha256 = canonical::sha256_hex(&bytes);
    let seal = desk.app.0.signer.sign(&seal_text(&record.certificate, &sha256)).map_err(|e| internal(e.to_string()))?;
    let key = desk.app.verifier_key().to_string();
    let pdf = render(record, &bytes, &seal, &key).map_err(|e| match e {
        crate::certificate::RenderError::Undrawable { .. } => {
            Error::Refused(Refusal::new(Code::Undrawable, format!("The certificate cannot be printed: {e}")))
        }
        other => internal(other.to_string()),
    })?;
    Ok((bytes, pdf))
}
