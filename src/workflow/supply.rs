//! A product out of specification is supplied at a physician's request (EU GMP Part IV, 11.53-54).
//!
//! Promises: recorded as what it is, with the request, the risk evaluation, the acceptance and who
//! was notified; never a release, never a certificate.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::assess;
use crate::domain::certificate::Dossier;
use crate::domain::course::Supply;
use crate::domain::entry::read_evidence;
use crate::domain::event::{CourseEvent, Event};
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::refusal::Refusal;
use crate::ledger::canonical;

use super::contact::ContactEntry;
use super::course::{Seen, check_shown};
use super::fitness::check_evidence;
use super::investigate::remark;
use super::move_containers::numbers;
use super::permit::{Signed, Subject, SupplyOutOfSpecification, recording_refusals};
use super::release_lot::{manifest, to_be_signed};
use super::{App, Desk, Error};

/// What a supply's signature means where nothing else is said.
pub const MEANING: &str = "Supplied out of specification; no release";

/// A supply as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplyEntry {
    /// The physician who asked.
    pub physician: ContactEntry,
    /// When, RFC 3339.
    pub requested_at: String,
    /// The immediate significant hazard that supply avoids, as the physician stated it.
    pub hazard: String,
    /// The manufacturer's evaluation of the risks, given to the physician.
    pub risk_evaluation: String,
    /// When the physician accepted it, RFC 3339.
    pub accepted_at: String,
    /// Who was notified.
    pub notified: Vec<ContactEntry>,
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// SHA-256 of evidence files: the request, the acceptance.
    pub evidence: Vec<String>,
    /// SHA-256 of the lot's record as it was shown.
    pub seen_sha256: Option<String>,
}

/// A supply just recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppliedLot {
    /// The lot.
    pub lot: LotNumber,
    /// Which containers, from 1.
    pub containers: Vec<u32>,
    /// When.
    pub at: Moment,
    /// SHA-256 of what was signed and is kept.
    pub record_sha256: String,
}

/// What is signed and kept: the lot as it stood, and the supply.
#[derive(Serialize)]
struct Signable<'a> {
    dossier: &'a Dossier,
    supply: &'a Supply,
}

/// Records a supply.
///
/// # Errors
/// The lot is not out of specification, it changed since it was shown, or what was said does not
/// hold together.
pub fn supply(
    app: &App,
    signed: &Signed<SupplyOutOfSpecification>,
    number: &LotNumber,
    entry: &SupplyEntry,
) -> Result<SuppliedLot, Error> {
    let (number, entry, meaning) = (number.clone(), entry.clone(), signed.meaning().as_str().to_owned());
    let subject = Subject { lot: Some(number.clone()), run: None };
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| record(desk, number, &entry, &meaning));
    recording_refusals::<SupplyOutOfSpecification, _>(app, signed.actor(), &subject, outcome)
}

fn record(desk: &mut Desk, number: LotNumber, entry: &SupplyEntry, meaning: &str) -> Result<SuppliedLot, Error> {
    let (lot, stored) = desk.lot(&number)?;
    let supply = read(entry)?;
    check_evidence(&mut desk.view(), &supply.evidence)?;
    lot.check_supply(&stored.specification, &supply, desk.now)?;
    let assessment = assess(&lot, &stored.specification, desk.now);
    let (dossier, dossier_sha256) = to_be_signed(&lot, &stored, &assessment)?;
    check_shown(desk, &lot, &Seen::from(entry.seen_sha256.as_deref()), &dossier_sha256)?;
    let internal = |e: String| Error::Internal(e);
    let signable = Signable { dossier: &dossier, supply: &supply };
    let bytes = canonical::text(&signable).map_err(|e| internal(e.to_string()))?.into_bytes();
    let record_sha256 = desk.tx.keep_document("application/json", bytes)?;
    let signature = manifest("supply", &desk.by, meaning, desk.now, record_sha256.clone());
    let containers = supply.containers.clone();
    desk.record(Event::Course(CourseEvent::SuppliedOutOfSpecification {
        lot: number.clone(),
        supply,
        record_sha256: record_sha256.clone(),
        signature,
    }))?;
    Ok(SuppliedLot { lot: number, containers, at: desk.now, record_sha256 })
}

fn read(entry: &SupplyEntry) -> Result<Supply, Refusal> {
    let notified = || {
        let each = entry.notified.iter().enumerate().map(|(i, who)| who.read(&format!("notified[{i}]")));
        each.collect::<Result<Vec<_>, _>>()
    };
    // Everything that is wrong is said at once, each at its field.
    let wrong = [
        entry.physician.read("physician").err(),
        Moment::parse("requested_at", &entry.requested_at).err(),
        remark("hazard", &entry.hazard).err(),
        remark("risk_evaluation", &entry.risk_evaluation).err(),
        Moment::parse("accepted_at", &entry.accepted_at).err(),
        notified().err(),
        numbers(&entry.containers).err(),
        read_evidence(&entry.evidence).err(),
    ];
    Refusal::all(wrong.into_iter().flatten().collect()).map_or(Ok(()), Err)?;
    Ok(Supply {
        physician: entry.physician.read("physician")?,
        requested_at: Moment::parse("requested_at", &entry.requested_at)?,
        hazard: remark("hazard", &entry.hazard)?,
        risk_evaluation: remark("risk_evaluation", &entry.risk_evaluation)?,
        accepted_at: Moment::parse("accepted_at", &entry.accepted_at)?,
        notified: notified()?,
        containers: numbers(&entry.containers)?,
        evidence: read_evidence(&entry.evidence)?,
    })
}
