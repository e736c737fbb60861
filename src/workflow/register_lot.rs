//! A lot enters the records, pinned to the specification version now in force.
//!
//! Promises: the passage given at registration is recorded as a run of the batch record in the
//! same transaction and is verified like any other; the bank it is said to be made from is one,
//! of the same donor, and older.

use serde::{Deserialize, Serialize};

use crate::domain::assessment::PASSAGE;
use crate::domain::entry::{ReadingEntry, RunEntry};
use crate::domain::event::Event;
use crate::domain::ids::{AttributeCode, DonorCode, LotNumber, ProductCode, RunNumber};
use crate::domain::lineage::missing_statements;
use crate::domain::lot::LotDetails;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::{Specification, Stage};

use super::origin::{Fields, check_containers, check_free, check_origin, check_times, read_bank};
use super::permit::{Permit, RegisterLot};
use super::{App, Desk, Error};

/// Under which fields a lot gives its origin.
const FIELDS: Fields = Fields { number: "lot", bank: "bank", made: "manufactured_at" };

/// A lot as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotEntry {
    /// Lot number.
    pub lot: String,
    /// Product code.
    pub product: String,
    /// Donor code.
    pub donor: String,
    /// Passage number as typed.
    #[serde(default)]
    pub passage: Option<String>,
    /// When it was made, RFC 3339.
    pub manufactured_at: String,
    /// When it expires, RFC 3339.
    pub expires_at: String,
    /// Number of containers.
    pub containers: u32,
    /// The bank it was made from.
    #[serde(default)]
    pub bank: Option<String>,
    /// True where the donor is the patient.
    #[serde(default)]
    pub autologous: Option<bool>,
    /// True where the product is given after freezing and thawing.
    #[serde(default)]
    pub cryopreserved: Option<bool>,
    /// True where antibiotics were used in the process.
    #[serde(default)]
    pub antibiotics: Option<bool>,
}

/// A lot just registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Lot number.
    pub lot: LotNumber,
    /// Product code.
    pub product: ProductCode,
    /// The version of the product's specification it is pinned to.
    pub specification_version: u32,
    /// The run that recorded the passage.
    pub run: Option<RunNumber>,
}

/// Registers a lot.
///
/// # Errors
/// A field cannot be accepted, the product has no specification in force, the number is taken, it
/// cannot have been made from that bank, or a statement that the specification asks for is missing.
pub fn register_lot(app: &App, permit: &Permit<RegisterLot>, entry: &LotEntry) -> Result<Registered, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| register(desk, &entry))
}

fn register(desk: &mut Desk, entry: &LotEntry) -> Result<Registered, Error> {
    let now = desk.now;
    let product = ProductCode::parse(&entry.product)?;
    let stored = desk.view().specification_in_force(&product, now)??;
    let spec = &stored.specification;
    let details = read_details(entry, spec, now)?;
    check_free(&mut desk.view(), &details.lot, FIELDS.number)?;
    let reached = entry.passage.as_deref().and_then(|typed| typed.trim().parse().ok());
    let mut refusals = check_origin(&mut desk.view(), &details, reached, &FIELDS)?;
    refusals.extend(missing_statements(spec, &details));
    Refusal::all(refusals).map_or(Ok(()), Err)?;
    let passage = passage_run(entry, spec, &details, now)?;
    desk.record(Event::LotRegistered(details.clone()))?;
    let mut run = None;
    if let Some(content) = passage {
        let number = desk.view().next_run()?;
        desk.record(Event::RunRecorded { run: number, lot: details.lot.clone(), content })?;
        run = Some(number);
    }
    let (lot, product) = (details.lot, details.product);
    Ok(Registered { lot, product, specification_version: details.specification_version, run })
}

fn read_details(entry: &LotEntry, spec: &Specification, now: Moment) -> Result<LotDetails, Refusal> {
    let mut refusals = Vec::new();
    let lot = LotNumber::parse(&entry.lot).map_err(|e| refusals.push(e)).ok();
    let donor = DonorCode::parse(&entry.donor).map_err(|e| refusals.push(e)).ok();
    let manufactured = Moment::parse("manufactured_at", &entry.manufactured_at).map_err(|e| refusals.push(e)).ok();
    let expires = Moment::parse("expires_at", &entry.expires_at).map_err(|e| refusals.push(e)).ok();
    let bank = read_bank(FIELDS.bank, entry.bank.as_deref()).map_err(|e| refusals.push(e)).ok();
    if let (Some(manufactured), Some(expires)) = (manufactured, expires) {
        refusals.extend(check_times("The lot", (FIELDS.made, manufactured), Some(expires), now));
    }
    refusals.extend(check_containers("A lot", entry.containers));
    match (Refusal::all(refusals), lot, donor, manufactured, expires) {
        (None, Some(lot), Some(donor), Some(manufactured_at), Some(expires_at)) => Ok(LotDetails {
            lot,
            product: spec.product.clone(),
            specification_version: spec.version,
            donor,
            manufactured_at,
            expires_at,
            containers: entry.containers,
            stage: Stage::Product,
            bank: bank.flatten(),
            passage: None,
            population_doublings: None,
            autologous: entry.autologous,
            cryopreserved: entry.cryopreserved,
            antibiotics: entry.antibiotics,
        }),
        (Some(refusal), ..) => Err(refusal),
        _ => Err(Refusal::new(Code::MalformedRequest, "The lot could not be read.")),
    }
}

/// The batch-record run with the passage, where one was given.
fn passage_run(
    entry: &LotEntry,
    spec: &Specification,
    details: &LotDetails,
    now: Moment,
) -> Result<Option<crate::domain::run::RunContent>, Refusal> {
    let Some(passage) = entry.passage.as_deref().filter(|p| !p.is_empty()) else { return Ok(None) };
    let criterion = AttributeCode::parse(PASSAGE).ok().and_then(|code| spec.criterion(&code));
    let Some(criterion) = criterion else {
        let detail = format!("{} version {} has no criterion for the passage.", spec.product, spec.version);
        return Err(Refusal::field(Code::UnknownAttribute, "passage", detail));
    };
    let method = spec.assay(&criterion.assay).map_or("Batch record", |a| a.method.as_str());
    let run = RunEntry {
        assay: criterion.assay.to_string(),
        method: method.to_owned(),
        tested_at: details.manufactured_at.to_string(),
        readings: vec![ReadingEntry {
            attribute: PASSAGE.into(),
            value: passage.to_owned(),
            ..ReadingEntry::default()
        }],
        ..RunEntry::default()
    };
    run.read(spec, now).map(Some).map_err(|mut refusal| {
        for field in &mut refusal.fields {
            field.field = "passage".into();
        }
        refusal
    })
}
