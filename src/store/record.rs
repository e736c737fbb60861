//! The only writer: a fact goes into the ledger, and the rows it changes follow from it.
//!
//! Promises: nothing else in the product inserts or updates a projected row; [`project`] is one
//! exhaustive match, so a new kind of fact does not compile until it says what it changes;
//! projecting the ledger into empty tables gives the same tables.

use diesel::prelude::*;

use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::lots::Statements;
use super::runs::{Calculation, ChangedCalculation, Particulars, VerificationRow, read_verification};
use super::schema::{aftermaths, certificates, changes, decisions, files, lots, readings, runs, users, verifications};
use super::specifications::{approve_version, put_version};
use super::{Tx, accounts, courses, facts::Entry, records};
use crate::domain::certificate::SignatureRecord;
use crate::domain::course::Correction;
use crate::domain::event::{CourseEvent, Event, Fact};
use crate::domain::file::FileDetails;
use crate::domain::history;
use crate::domain::ids::{CertificateNumber, LotNumber, RunNumber};
use crate::domain::lot::LotDetails;
use crate::domain::moment::Moment;
use crate::domain::role::Actor;
use crate::domain::run::{Aftermath, Change, Raw, RunContent};
use crate::ledger::canonical;

impl Tx<'_> {
    /// Records a fact: appends it to the ledger and projects it, in this transaction.
    ///
    /// # Errors
    /// The database fails; the write is then rolled back whole.
    pub fn record(&mut self, by: &Actor, at: Moment, salt: String, event: Event) -> Result<Entry, StoreError> {
        let number = self.append(by, at, salt.clone(), &event)?;
        let fact = Fact { v: crate::domain::event::FACT_VERSION, at, salt, by: by.clone(), event };
        let entry = Entry { number, fact };
        project(self.conn, &entry)?;
        Ok(entry)
    }
}

/// Makes the rows that a fact stands for.
pub(super) fn project(conn: &mut Conn, entry: &Entry) -> Result<(), StoreError> {
    let Fact { at, by, event, .. } = &entry.fact;
    match event {
        Event::SiteCreated(_) | Event::SignedIn {} | Event::SignedOut {} => Ok(()),
        Event::SignInFailed { .. } | Event::AttemptRefused { .. } => Ok(()),
        Event::SpecificationInstalled { specification, sha256 } => {
            put_version(conn, entry, specification, sha256, "approved")
        }
        Event::SpecificationDrafted { specification, sha256 } => {
            put_version(conn, entry, specification, sha256, "draft")
        }
        Event::SpecificationApproved { product, version, effective_from, sha256, signature, .. } => {
            approve_version(conn, product, *version, *effective_from, sha256, signature)
        }
        Event::UserCreated { username, full_name, roles } => {
            let row = (
                users::username.eq(username.to_string()),
                users::full_name.eq(full_name.as_str()),
                users::roles.eq(json(roles)?),
                users::created_at.eq(at.to_string()),
                users::entry.eq(entry.number),
            );
            diesel::insert_into(users::table).values(row).execute(conn)?;
            Ok(())
        }
        Event::FileStored(file) => insert_file(conn, entry.number, file, by, *at),
        Event::LotRegistered(details) => insert_lot(conn, entry.number, details, by, *at),
        Event::RunRecorded { run, lot, content } => {
            insert_run(conn, entry.number, *run, lot, content, by, *at)?;
            match &content.investigation {
                Some(_) => records::project(conn, entry),
                None => Ok(()),
            }
        }
        Event::RunCorrected { run, changes, .. } => correct_run(conn, entry, *run, changes),
        Event::RunVerified { run, content_sha256, second_entry, .. } => {
            let row = (
                verifications::run.eq(run.0),
                verifications::verified_by.eq(by.username.as_str()),
                verifications::verified_by_name.eq(by.name.as_str()),
                verifications::verified_at.eq(at.to_string()),
                verifications::content_sha256.eq(content_sha256),
                verifications::entry.eq(entry.number),
                verifications::second_entry.eq(json(second_entry)?),
            );
            diesel::insert_into(verifications::table).values(row).execute(conn)?;
            Ok(())
        }
        Event::DiscrepancyFound { run, .. }
        | Event::DiscrepancyResolved { run, .. }
        | Event::RunInvalidated { run, .. } => {
            change_aftermath(conn, *run, |aftermath| history::apply_to_aftermath(aftermath, &entry.fact))
        }
        Event::LotReleased { lot, certificate, record_sha256, pdf_sha256, signature } => {
            let decision = DecisionRow {
                act: "release",
                lot,
                certificate: Some(certificate),
                reason: None,
                record_sha256,
                signature,
            };
            insert_decision(conn, entry.number, &decision, by, *at)?;
            insert_certificate(conn, entry.number, lot, certificate, record_sha256, pdf_sha256, *at)
        }
        Event::LotRejected { lot, reason, record_sha256, signature } => {
            let reason = Some(reason.as_str());
            let decision = DecisionRow { act: "rejection", lot, certificate: None, reason, record_sha256, signature };
            insert_decision(conn, entry.number, &decision, by, *at)
        }
        Event::SpecificationRetired { .. }
        | Event::InstrumentRegistered { .. }
        | Event::InstrumentCalibrated { .. }
        | Event::ReagentReceived(_)
        | Event::SitePolicySet { .. }
        | Event::InvestigationOpened { .. }
        | Event::LaboratoryPhaseRecorded { .. }
        | Event::RetestPlanApproved { .. }
        | Event::InvestigationConcluded { .. }
        | Event::InvestigationClosed { .. }
        | Event::DeviationOpened { .. }
        | Event::DeviationClosed { .. }
        | Event::SourceFlagged { .. } => records::project(conn, entry),
        Event::Account(event) => accounts::project(conn, entry, event),
        Event::Course(event) => {
            if let CourseEvent::CertificateSuperseded {
                lot,
                by_certificate,
                corrections,
                record_sha256,
                pdf_sha256,
                ..
            } = event
            {
                insert_certificate(conn, entry.number, lot, by_certificate, record_sha256, pdf_sha256, *at)?;
                correct_lot(conn, lot, corrections)?;
            }
            courses::project(conn, entry, event)
        }
        Event::Oversight(event) => courses::project_oversight(conn, entry, event),
    }
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    canonical::text(value).map_err(|e| StoreError::LedgerBroken(e.to_string()))
}

/// Says where it is wrong unless exactly one row was changed.
pub(super) fn found_one(
    changed: usize,
    table: &'static str,
    column: &'static str,
    row: String,
    what: &'static str,
) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(inconsistent(table, column, row, what)) }
}

/// Changes what happened to a run after it was entered.
fn change_aftermath(conn: &mut Conn, run: RunNumber, change: impl FnOnce(&mut Aftermath)) -> Result<(), StoreError> {
    let there: Option<String> = aftermaths::table.find(run.0).select(aftermaths::content).first(conn).optional()?;
    let mut aftermath: Aftermath = match &there {
        Some(text) => serde_json::from_str(text).map_err(|e| inconsistent("aftermaths", "content", run, e))?,
        None => Aftermath::default(),
    };
    change(&mut aftermath);
    let content = aftermaths::content.eq(json(&aftermath)?);
    if there.is_some() {
        diesel::update(aftermaths::table.find(run.0)).set(content).execute(conn)?;
    } else {
        diesel::insert_into(aftermaths::table).values((aftermaths::run.eq(run.0), content)).execute(conn)?;
    }
    Ok(())
}

fn insert_lot(conn: &mut Conn, entry: i64, details: &LotDetails, by: &Actor, at: Moment) -> Result<(), StoreError> {
    let row = (
        lots::lot.eq(details.lot.as_str()),
        lots::product.eq(details.product.as_str()),
        lots::specification_version.eq(i64::from(details.specification_version)),
        lots::donor.eq(details.donor.as_str()),
        lots::manufactured_at.eq(details.manufactured_at.to_string()),
        lots::expires_at.eq(details.expires_at.to_string()),
        lots::containers.eq(i64::from(details.containers)),
        lots::registered_by.eq(by.username.as_str()),
        lots::registered_by_name.eq(by.name.as_str()),
        lots::registered_at.eq(at.to_string()),
        lots::entry.eq(entry),
        lots::stage.eq(details.stage.as_str()),
        lots::bank.eq(details.bank.as_ref().map(LotNumber::as_str)),
        lots::statements.eq(json(&Statements::of(details))?),
    );
    diesel::insert_into(lots::table).values(row).execute(conn)?;
    Ok(())
}

/// Puts the corrected details of a lot in.
fn correct_lot(conn: &mut Conn, lot: &LotNumber, corrections: &[Correction]) -> Result<(), StoreError> {
    for correction in corrections {
        let (row, after) = (lots::table.find(lot.as_str()), &correction.after);
        let wrong = |why: String| inconsistent("lots", "lot", lot, why);
        let changed = match correction.field.as_str() {
            "containers" => {
                let containers: i64 = after.parse().map_err(|e: std::num::ParseIntError| wrong(e.to_string()))?;
                diesel::update(row).set(lots::containers.eq(containers)).execute(conn)?
            }
            "manufactured_at" => diesel::update(row).set(lots::manufactured_at.eq(after)).execute(conn)?,
            "expires_at" => diesel::update(row).set(lots::expires_at.eq(after)).execute(conn)?,
            other => return Err(wrong(format!("{other} is never corrected"))),
        };
        found_one(changed, "lots", "lot", lot.to_string(), "a correction without a lot")?;
    }
    Ok(())
}

fn insert_file(conn: &mut Conn, entry: i64, file: &FileDetails, by: &Actor, at: Moment) -> Result<(), StoreError> {
    let bytes = i64::try_from(file.bytes).map_err(|e| inconsistent("files", "bytes", &file.sha256, e))?;
    let row = (
        files::sha256.eq(file.sha256.as_str()),
        files::media_type.eq(file.media_type.as_str()),
        files::bytes.eq(bytes),
        files::name.eq(file.name.as_str()),
        files::stored_by.eq(by.username.as_str()),
        files::stored_by_name.eq(by.name.as_str()),
        files::stored_at.eq(at.to_string()),
        files::entry.eq(entry),
    );
    diesel::insert_into(files::table).values(row).execute(conn)?;
    Ok(())
}

fn insert_run(
    conn: &mut Conn,
    entry: i64,
    run: RunNumber,
    lot: &LotNumber,
    content: &RunContent,
    by: &Actor,
    at: Moment,
) -> Result<(), StoreError> {
    let row = (
        runs::run.eq(run.0),
        runs::lot.eq(lot.as_str()),
        runs::assay.eq(content.assay.as_str()),
        runs::method.eq(content.method.as_str()),
        runs::instrument.eq(content.instrument.as_str()),
        runs::started_at.eq(content.started_at.map(|m| m.to_string())),
        runs::tested_at.eq(content.tested_at.to_string()),
        runs::controls.eq(json(&content.controls)?),
        runs::comment.eq(content.comment.as_str()),
        runs::entered_by.eq(by.username.as_str()),
        runs::entered_by_name.eq(by.name.as_str()),
        runs::entered_at.eq(at.to_string()),
        runs::entry.eq(entry),
        runs::particulars.eq(json(&Particulars::of(content))?),
    );
    diesel::insert_into(runs::table).values(row).execute(conn)?;
    for (place, reading) in (0_i64..).zip(&content.readings) {
        let row = (
            readings::run.eq(run.0),
            readings::attribute.eq(reading.attribute.as_str()),
            readings::place.eq(place),
            readings::value.eq(&reading.value),
            readings::unit.eq(reading.unit.as_deref()),
            readings::calculation.eq(calculation_json(&reading.raw, reading.formula.as_deref())?),
        );
        diesel::insert_into(readings::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// The raw entries and the formula of a calculated value, where it is one.
fn calculation_json(raw: &Raw, formula: Option<&str>) -> Result<Option<String>, StoreError> {
    formula.map(|formula| json(&Calculation { raw: raw.clone(), formula: formula.to_owned() })).transpose()
}

/// Puts the new values in and lets the verification fall.
fn correct_run(conn: &mut Conn, entry: &Entry, run: RunNumber, corrections: &[Change]) -> Result<(), StoreError> {
    for change in corrections {
        let calculation = calculation_json(&change.raw_after, change.formula_after.as_deref())?;
        let row = (
            changes::entry.eq(entry.number),
            changes::run.eq(run.0),
            changes::attribute.eq(change.attribute.as_str()),
            changes::value_before.eq(&change.before),
            changes::value_after.eq(&change.after),
            changes::reason.eq(change.reason.as_str()),
            changes::changed_by.eq(change.by.username.as_str()),
            changes::changed_by_name.eq(change.by.name.as_str()),
            changes::changed_at.eq(change.at.to_string()),
            changes::calculation.eq(change_json(change)?),
        );
        diesel::insert_into(changes::table).values(row).execute(conn)?;
        let reading = readings::table.find((run.0, change.attribute.as_str()));
        let changed = match calculation {
            Some(calculation) => diesel::update(reading)
                .set((readings::value.eq(&change.after), readings::calculation.eq(Some(calculation))))
                .execute(conn)?,
            None => diesel::update(reading).set(readings::value.eq(&change.after)).execute(conn)?,
        };
        let row = format!("{run}, {}", change.attribute);
        found_one(changed, "readings", "value", row, "a correction without a reading")?;
    }
    let standing: Option<VerificationRow> = verifications::table.find(run.0).first(conn).optional()?;
    let Some(standing) = standing else { return Ok(()) };
    let (_, verification) = read_verification(standing)?;
    diesel::delete(verifications::table.find(run.0)).execute(conn)?;
    change_aftermath(conn, run, |aftermath| aftermath.fallen.push(verification))
}

/// What a correction of a calculated value keeps besides the two values.
fn change_json(change: &Change) -> Result<Option<String>, StoreError> {
    let formula = change.formula_after.clone();
    let (before, after) = (change.raw_before.clone(), change.raw_after.clone());
    formula.map(|formula| json(&ChangedCalculation { before, after, formula })).transpose()
}

struct DecisionRow<'a> {
    act: &'static str,
    lot: &'a LotNumber,
    certificate: Option<&'a CertificateNumber>,
    reason: Option<&'a str>,
    record_sha256: &'a str,
    signature: &'a SignatureRecord,
}

fn insert_decision(
    conn: &mut Conn,
    entry: i64,
    decision: &DecisionRow,
    by: &Actor,
    at: Moment,
) -> Result<(), StoreError> {
    let row = (
        decisions::lot.eq(decision.lot.as_str()),
        decisions::act.eq(decision.act),
        decisions::certificate.eq(decision.certificate.map(CertificateNumber::as_str)),
        decisions::reason.eq(decision.reason),
        decisions::record_sha256.eq(decision.record_sha256),
        decisions::signature.eq(json(decision.signature)?),
        decisions::decided_by.eq(by.username.as_str()),
        decisions::decided_by_name.eq(by.name.as_str()),
        decisions::decided_at.eq(at.to_string()),
        decisions::entry.eq(entry),
    );
    diesel::insert_into(decisions::table).values(row).execute(conn)?;
    Ok(())
}

fn insert_certificate(
    conn: &mut Conn,
    entry: i64,
    lot: &LotNumber,
    number: &CertificateNumber,
    record_sha256: &str,
    pdf_sha256: &str,
    at: Moment,
) -> Result<(), StoreError> {
    let issued: i64 = certificates::table.count().get_result(conn)?;
    let row = (
        certificates::number.eq(number.as_str()),
        certificates::ordinal.eq(issued + 1),
        certificates::lot.eq(lot.as_str()),
        certificates::issued_at.eq(at.to_string()),
        certificates::record_sha256.eq(record_sha256),
        certificates::pdf_sha256.eq(pdf_sha256),
        certificates::entry.eq(entry),
    );
    diesel::insert_into(certificates::table).values(row).execute(conn)?;
    Ok(())
}
