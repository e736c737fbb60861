//! A bank or an intermediate enters the records, made from a bank or from its donor.
//!
//! Promises: it is pinned to the product's specification in force, whose criteria of the stage
//! bank it is tested by; it has the donor of the bank it was made from, and no lower passage.

use serde::{Deserialize, Serialize};

use crate::domain::amount::{Amount, AmountKind};
use crate::domain::event::Event;
use crate::domain::ids::{DonorCode, LotNumber, ProductCode};
use crate::domain::lot::LotDetails;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::{Specification, Stage};

use super::origin::{Fields, check_containers, check_free, check_origin, check_times, read_bank};
use super::permit::{Permit, RegisterBank};
use super::register_lot::Registered;
use super::{App, Desk, Error};

/// The highest passage that anything can have.
const PASSAGE_MAX: u32 = 1_000;

/// Under which fields a bank gives its origin.
const FIELDS: Fields = Fields { number: "bank", bank: "made_from", made: "made_at" };

/// A bank as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BankEntry {
    /// Its number.
    pub bank: String,
    /// Product code.
    pub product: String,
    /// Donor code.
    pub donor: String,
    /// The bank it was made from; none for one made from the donor's tissue.
    #[serde(default)]
    pub made_from: Option<String>,
    /// Passage number as typed.
    pub passage: String,
    /// Cumulative population doublings as typed.
    #[serde(default)]
    pub population_doublings: Option<String>,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// When it expires, RFC 3339; none if it does not.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// Number of containers.
    pub containers: u32,
}

/// Registers a bank.
///
/// # Errors
/// A field cannot be accepted, the product has no specification in force, the number is taken, or
/// it cannot have been made from that bank.
pub fn register_bank(app: &App, permit: &Permit<RegisterBank>, entry: &BankEntry) -> Result<Registered, Error> {
    let entry = entry.clone();
    app.write_once(permit.actor(), permit.once(), move |desk| register(desk, &entry))
}

fn register(desk: &mut Desk, entry: &BankEntry) -> Result<Registered, Error> {
    let now = desk.now;
    let product = ProductCode::parse(&entry.product)?;
    let stored = desk.view().specification_in_force(&product, now)??;
    let details = read(entry, &stored.specification, now)?;
    check_free(&mut desk.view(), &details.lot, FIELDS.number)?;
    let refusals = check_origin(&mut desk.view(), &details, details.passage, &FIELDS)?;
    Refusal::all(refusals).map_or(Ok(()), Err)?;
    desk.record(Event::LotRegistered(details.clone()))?;
    let (lot, product) = (details.lot, details.product);
    Ok(Registered { lot, product, specification_version: details.specification_version, run: None })
}

fn read(entry: &BankEntry, spec: &Specification, now: Moment) -> Result<LotDetails, Refusal> {
    let mut refusals = Vec::new();
    let number = LotNumber::parse(&entry.bank).map_err(|mut refusal| {
        // The number's own sentence speaks of a lot.
        for field in &mut refusal.fields {
            field.field = FIELDS.number.into();
            field.detail = field.detail.replacen("lot must", "bank must", 1).replacen("AD-26-0007", "MCB-0007", 1);
            refusal.detail.clone_from(&field.detail);
        }
        refusals.push(refusal);
    });
    let donor = DonorCode::parse(&entry.donor).map_err(|e| refusals.push(e));
    let bank = read_bank(FIELDS.bank, entry.made_from.as_deref()).map_err(|e| refusals.push(e));
    let passage = read_passage(&entry.passage).map_err(|e| refusals.push(e));
    let doublings = read_doublings(entry.population_doublings.as_deref()).map_err(|e| refusals.push(e));
    let made = Moment::parse(FIELDS.made, &entry.made_at).map_err(|e| refusals.push(e));
    let expires = match entry.expires_at.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        None => Ok(Moment::never()),
        Some(text) => Moment::parse("expires_at", text).map_err(|e| refusals.push(e)),
    };
    if let Ok(made) = made {
        refusals.extend(check_times("The bank", (FIELDS.made, made), expires.ok(), now));
    }
    refusals.extend(check_containers("A bank", entry.containers));
    if let Some(refusal) = Refusal::all(refusals) {
        return Err(refusal);
    }
    match (number, donor, bank, passage, (doublings, made, expires)) {
        (
            Ok(lot),
            Ok(donor),
            Ok(bank),
            Ok(passage),
            (Ok(population_doublings), Ok(manufactured_at), Ok(expires_at)),
        ) => Ok(LotDetails {
            lot,
            product: spec.product.clone(),
            specification_version: spec.version,
            donor,
            manufactured_at,
            expires_at,
            containers: entry.containers,
            stage: Stage::Bank,
            bank,
            passage: Some(passage),
            population_doublings,
            autologous: None,
            cryopreserved: None,
            antibiotics: None,
        }),
        _ => Err(Refusal::new(Code::MalformedRequest, "The bank could not be read.")),
    }
}

fn read_passage(typed: &str) -> Result<u32, Refusal> {
    let typed = typed.trim();
    Amount::parse(AmountKind::Count, "passage", "Passage", typed)?;
    match typed.parse::<u32>() {
        Ok(passage) if passage <= PASSAGE_MAX => Ok(passage),
        _ => {
            let detail = format!("Passage: a whole number up to {PASSAGE_MAX}, such as 2.");
            Err(Refusal::field(Code::OutOfRange, "passage", detail))
        }
    }
}

fn read_doublings(typed: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(typed) = typed.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    let amount = Amount::parse(AmountKind::FromZero, "population_doublings", "Population doublings", typed)?;
    Ok(Some(amount.as_typed().to_owned()))
}
