//! Lots with their runs, as rows and back.
//!
//! Promises: a lot is loaded whole, in a fixed number of queries however many runs it has; a
//! row that cannot be is reported with its table, column and key.

use std::collections::BTreeMap;

use diesel::dsl::max;
use diesel::prelude::*;

use super::View;
use super::error::{StoreError, inconsistent};
use super::schema::{changes, decisions, lots, readings, runs, verifications};
use crate::domain::ids::{
    AssayCode, AttributeCode, CertificateNumber, DonorCode, LotNumber, ProductCode, RunNumber, Username,
};
use crate::domain::lot::{Decision, Lot, LotDetails};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::run::{Change, Reading, Run, RunContent, Verification};
use crate::domain::text::{Line, Remark};

/// Which lots to list.
#[derive(Debug, Clone, Default)]
pub struct LotFilter {
    /// Part of a lot number or donor code, in any case.
    pub search: Option<String>,
    /// True: only decided lots; false: only open ones.
    pub decided: Option<bool>,
    /// Continue after this lot of the previous page (its ledger entry).
    pub before_entry: Option<i64>,
    /// At most so many.
    pub limit: i64,
}

/// A lot with its place in the list.
#[derive(Debug, Clone)]
pub struct ListedLot {
    /// The ledger entry of its registration: the key by which lists are paged.
    pub entry: i64,
    /// The lot.
    pub lot: Lot,
}

#[derive(Queryable)]
struct LotRow {
    lot: String,
    product: String,
    specification_version: i64,
    donor: String,
    manufactured_at: String,
    expires_at: String,
    containers: i64,
    registered_by: String,
    registered_by_name: String,
    registered_at: String,
    entry: i64,
}

#[derive(Debug, PartialEq, Queryable)]
pub(super) struct RunRow {
    run: i64,
    lot: String,
    assay: String,
    method: String,
    instrument: String,
    started_at: Option<String>,
    tested_at: String,
    controls: String,
    comment: String,
    entered_by: String,
    entered_by_name: String,
    entered_at: String,
    entry: i64,
}

type ReadingRow = (i64, String, i64, String, Option<String>);
type ChangeRow = (i64, i64, String, String, String, String, String, String, String);
type VerificationRow = (i64, String, String, String, String, i64);
type DecisionRow = (String, String, Option<String>, Option<String>, String, String, String);

/// Reads one column's text into its type, or says where it stands.
macro_rules! column {
    ($table:literal, $column:literal, $row:expr, $parsed:expr) => {
        $parsed.map_err(|e| inconsistent($table, $column, &$row, e))
    };
}

fn moment(table: &'static str, column: &'static str, row: &str, text: &str) -> Result<Moment, StoreError> {
    Moment::parse(column, text).map_err(|e| inconsistent(table, column, row, e))
}

fn person(table: &'static str, column: &'static str, row: &str, user: &str, name: &str) -> Result<Person, StoreError> {
    let wrong = |e: Refusal| inconsistent(table, column, row, e);
    Ok(Person { username: Username::parse(user).map_err(wrong)?, name: Line::parse("name", name).map_err(wrong)? })
}

impl LotRow {
    fn read(self, runs: Vec<Run>, decision: Option<Decision>) -> Result<ListedLot, StoreError> {
        let key = self.lot.clone();
        let details = LotDetails {
            lot: column!("lots", "lot", key, LotNumber::parse(&self.lot))?,
            product: column!("lots", "product", key, ProductCode::parse(&self.product))?,
            specification_version: column!(
                "lots",
                "specification_version",
                key,
                u32::try_from(self.specification_version)
            )?,
            donor: column!("lots", "donor", key, DonorCode::parse(&self.donor))?,
            manufactured_at: moment("lots", "manufactured_at", &key, &self.manufactured_at)?,
            expires_at: moment("lots", "expires_at", &key, &self.expires_at)?,
            containers: column!("lots", "containers", key, u32::try_from(self.containers))?,
        };
        let registered_by = person("lots", "registered_by", &key, &self.registered_by, &self.registered_by_name)?;
        let registered_at = moment("lots", "registered_at", &key, &self.registered_at)?;
        Ok(ListedLot { entry: self.entry, lot: Lot { details, registered_by, registered_at, runs, decision } })
    }
}

impl RunRow {
    fn read(
        self,
        readings: Vec<Reading>,
        changes: Vec<Change>,
        verification: Option<Verification>,
    ) -> Result<Run, StoreError> {
        let key = self.run.to_string();
        let started_at = self.started_at.as_deref().map(|t| moment("runs", "started_at", &key, t)).transpose()?;
        let content = RunContent {
            assay: column!("runs", "assay", key, AssayCode::parse(&self.assay))?,
            method: column!("runs", "method", key, Line::parse("method", &self.method))?,
            instrument: column!("runs", "instrument", key, Remark::parse("instrument", &self.instrument))?,
            started_at,
            tested_at: moment("runs", "tested_at", &key, &self.tested_at)?,
            controls: column!("runs", "controls", key, serde_json::from_str(&self.controls))?,
            readings,
            comment: column!("runs", "comment", key, Remark::parse("comment", &self.comment))?,
        };
        Ok(Run {
            number: RunNumber(self.run),
            lot: column!("runs", "lot", key, LotNumber::parse(&self.lot))?,
            content,
            entered_by: person("runs", "entered_by", &key, &self.entered_by, &self.entered_by_name)?,
            entered_at: moment("runs", "entered_at", &key, &self.entered_at)?,
            changes,
            verification,
        })
    }
}

fn read_change(row: ChangeRow) -> Result<(i64, Change), StoreError> {
    let (entry, run, attribute, before, after, reason, by, name, at) = row;
    let key = format!("{entry}, {run}, {attribute}");
    let change = Change {
        attribute: column!("changes", "attribute", key, AttributeCode::parse(&attribute))?,
        before,
        after,
        reason: column!("changes", "reason", key, Line::parse("reason", &reason))?,
        by: person("changes", "changed_by", &key, &by, &name)?,
        at: moment("changes", "changed_at", &key, &at)?,
    };
    Ok((run, change))
}

fn read_decision(row: DecisionRow) -> Result<(String, Decision), StoreError> {
    let (lot, act, certificate, reason, by, name, at) = row;
    let by = person("decisions", "decided_by", &lot, &by, &name)?;
    let at = moment("decisions", "decided_at", &lot, &at)?;
    let decision = match (act.as_str(), certificate, reason) {
        ("release", Some(number), _) => {
            let certificate = column!("decisions", "certificate", lot, CertificateNumber::parse(&number))?;
            Decision::Released { certificate, by, at }
        }
        ("rejection", _, Some(reason)) => Decision::Rejected { reason, by, at },
        (act, ..) => return Err(inconsistent("decisions", "act", &lot, act)),
    };
    Ok((lot, decision))
}

impl View<'_> {
    /// One lot, or a refusal that there is none.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that there is no such lot.
    pub fn lot(&mut self, number: &LotNumber) -> Result<Result<Lot, Refusal>, StoreError> {
        let row: Option<LotRow> = lots::table.find(number.as_str()).first(self.0).optional()?;
        let Some(row) = row else {
            return Ok(Err(Refusal::new(Code::NoSuchLot, format!("There is no lot {number}. Check the number."))));
        };
        let mut listed = self.complete(vec![row])?;
        let lot = listed.pop().ok_or_else(|| inconsistent("lots", "lot", number, "vanished"))?;
        Ok(Ok(lot.lot))
    }

    /// Lots, newest registration first.
    ///
    /// # Errors
    /// The database fails.
    pub fn lots(&mut self, filter: &LotFilter) -> Result<Vec<ListedLot>, StoreError> {
        let mut query = lots::table.into_boxed();
        if let Some(search) = &filter.search {
            // Codes are stored in capitals; the wildcards of LIKE are taken literally.
            let escaped = search.trim().to_uppercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            let pattern = format!("%{escaped}%");
            query =
                query.filter(lots::lot.like(pattern.clone()).escape('\\').or(lots::donor.like(pattern).escape('\\')));
        }
        if let Some(decided) = filter.decided {
            let with_decision = decisions::table.select(decisions::lot);
            query = if decided {
                query.filter(lots::lot.eq_any(with_decision))
            } else {
                query.filter(lots::lot.ne_all(with_decision))
            };
        }
        if let Some(before) = filter.before_entry {
            query = query.filter(lots::entry.lt(before));
        }
        let rows: Vec<LotRow> = query.order(lots::entry.desc()).limit(filter.limit).load(self.0)?;
        self.complete(rows)
    }

    /// The lot a run belongs to.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that there is no such run.
    pub fn lot_of_run(&mut self, run: RunNumber) -> Result<Result<Lot, Refusal>, StoreError> {
        let lot: Option<String> = runs::table.find(run.0).select(runs::lot).first(self.0).optional()?;
        match lot {
            Some(lot) => self.lot(&column!("runs", "lot", run, LotNumber::parse(&lot))?),
            None => Ok(Err(Refusal::new(Code::NoSuchRun, format!("There is no run #{run}.")))),
        }
    }

    /// The number the next run gets.
    ///
    /// # Errors
    /// The database fails.
    pub fn next_run(&mut self) -> Result<RunNumber, StoreError> {
        let last: Option<i64> = runs::table.select(max(runs::run)).first(self.0)?;
        Ok(RunNumber(last.unwrap_or(0) + 1))
    }

    /// The signature of a decided lot as stored, with the hash of what was signed.
    ///
    /// # Errors
    /// The database fails or the row is no signature.
    pub fn decision_signature(
        &mut self,
        number: &LotNumber,
    ) -> Result<Option<crate::domain::certificate::SignatureRecord>, StoreError> {
        let text: Option<String> =
            decisions::table.find(number.as_str()).select(decisions::signature).first(self.0).optional()?;
        text.map(|t| column!("decisions", "signature", number, serde_json::from_str(&t))).transpose()
    }

    /// Fills lot rows with their runs and decisions, in the rows' order.
    fn complete(&mut self, rows: Vec<LotRow>) -> Result<Vec<ListedLot>, StoreError> {
        let numbers: Vec<String> = rows.iter().map(|r| r.lot.clone()).collect();
        let mut runs_of = self.runs_of(&numbers)?;
        let of_these = decisions::table.filter(decisions::lot.eq_any(&numbers));
        let columns = (
            decisions::lot,
            decisions::act,
            decisions::certificate,
            decisions::reason,
            decisions::decided_by,
            decisions::decided_by_name,
            decisions::decided_at,
        );
        let decided: Vec<DecisionRow> = of_these.select(columns).load(self.0)?;
        let mut decided: BTreeMap<String, Decision> =
            decided.into_iter().map(read_decision).collect::<Result<_, _>>()?;
        let complete = |row: LotRow| {
            let runs = runs_of.remove(&row.lot).unwrap_or_default();
            let decision = decided.remove(&row.lot);
            row.read(runs, decision)
        };
        rows.into_iter().map(complete).collect()
    }

    fn runs_of(&mut self, lots: &[String]) -> Result<BTreeMap<String, Vec<Run>>, StoreError> {
        let run_rows: Vec<RunRow> = runs::table.filter(runs::lot.eq_any(lots)).order(runs::run).load(self.0)?;
        let numbers: Vec<i64> = run_rows.iter().map(|r| r.run).collect();
        let mut readings_of: BTreeMap<i64, Vec<Reading>> = BTreeMap::new();
        let rows: Vec<ReadingRow> = readings::table
            .filter(readings::run.eq_any(&numbers))
            .order((readings::run, readings::place))
            .load(self.0)?;
        for (run, attribute, _, value, unit) in rows {
            let attribute = column!("readings", "attribute", run, AttributeCode::parse(&attribute))?;
            readings_of.entry(run).or_default().push(Reading { attribute, value, unit });
        }
        let mut changes_of: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
        let rows: Vec<ChangeRow> = changes::table
            .filter(changes::run.eq_any(&numbers))
            .order((changes::entry, changes::attribute))
            .load(self.0)?;
        for row in rows {
            let (run, change) = read_change(row)?;
            changes_of.entry(run).or_default().push(change);
        }
        let mut verified: BTreeMap<i64, Verification> = BTreeMap::new();
        let rows: Vec<VerificationRow> =
            verifications::table.filter(verifications::run.eq_any(&numbers)).load(self.0)?;
        for (run, by, name, at, content_sha256, _) in rows {
            let key = run.to_string();
            let by = person("verifications", "verified_by", &key, &by, &name)?;
            verified.insert(
                run,
                Verification { by, at: moment("verifications", "verified_at", &key, &at)?, content_sha256 },
            );
        }
        let mut by_lot: BTreeMap<String, Vec<Run>> = BTreeMap::new();
        for row in run_rows {
            let (lot, run) = (row.lot.clone(), row.run);
            let readings = readings_of.remove(&run).unwrap_or_default();
            let changes = changes_of.remove(&run).unwrap_or_default();
            by_lot.entry(lot).or_default().push(row.read(readings, changes, verified.remove(&run))?);
        }
        Ok(by_lot)
    }
}
