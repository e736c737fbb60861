//! Runs with everything that belongs to them, as rows and back.
//!
//! Promises: the runs of any number of lots are loaded in a fixed number of queries; a row that
//! cannot be is reported with its table, column and key.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::View;
use super::error::{StoreError, inconsistent};
use super::lots::{column, moment, person};
use super::schema::{aftermaths, changes, readings, runs, verifications};
use crate::domain::ids::{AssayCode, AttributeCode, EquipmentCode, InvestigationNumber, LotNumber, RunNumber};
use crate::domain::run::{Aftermath, Change, Raw, Reading, Run, RunContent, Verification};
use crate::domain::text::{Line, Remark};

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
    particulars: String,
}

type ReadingRow = (i64, String, i64, String, Option<String>, Option<String>);
type ChangeRow = (i64, i64, String, String, String, String, String, String, String, Option<String>);
pub(super) type VerificationRow = (i64, String, String, String, String, i64, String);

/// What a run states besides its columns.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Particulars {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reagents: Vec<EquipmentCode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    investigation: Option<InvestigationNumber>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flags: Vec<String>,
}

impl Particulars {
    pub fn of(content: &RunContent) -> Self {
        Particulars {
            reagents: content.reagents.clone(),
            evidence: content.evidence.clone(),
            investigation: content.investigation.clone(),
            flags: content.flags.clone(),
        }
    }
}

/// The raw entries and the formula of a calculated value.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calculation {
    pub raw: Raw,
    pub formula: String,
}

/// What a correction of a calculated value keeps besides the two values.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedCalculation {
    pub before: Raw,
    pub after: Raw,
    pub formula: String,
}

impl RunRow {
    fn read(
        self,
        readings: Vec<Reading>,
        changes: Vec<Change>,
        verification: Option<Verification>,
        aftermath: Aftermath,
    ) -> Result<Run, StoreError> {
        let key = self.run.to_string();
        let more: Particulars = column!("runs", "particulars", key, serde_json::from_str(&self.particulars))?;
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
            reagents: more.reagents,
            evidence: more.evidence,
            investigation: more.investigation,
            flags: more.flags,
        };
        Ok(Run {
            number: RunNumber(self.run),
            lot: column!("runs", "lot", key, LotNumber::parse(&self.lot))?,
            content,
            entered_by: person("runs", "entered_by", &key, &self.entered_by, &self.entered_by_name)?,
            entered_at: moment("runs", "entered_at", &key, &self.entered_at)?,
            changes,
            verification,
            aftermath,
        })
    }
}

fn read_change(row: ChangeRow) -> Result<(i64, Change), StoreError> {
    let (entry, run, attribute, before, after, reason, by, name, at, calculation) = row;
    let key = format!("{entry}, {run}, {attribute}");
    let calculation: Option<ChangedCalculation> =
        column!("changes", "calculation", key, calculation.map(|text| serde_json::from_str(&text)).transpose())?;
    let (raw_before, raw_after, formula_after) =
        calculation.map_or_else(Default::default, |c| (c.before, c.after, Some(c.formula)));
    let change = Change {
        attribute: column!("changes", "attribute", key, AttributeCode::parse(&attribute))?,
        before,
        after,
        reason: column!("changes", "reason", key, Line::parse("reason", &reason))?,
        by: person("changes", "changed_by", &key, &by, &name)?,
        at: moment("changes", "changed_at", &key, &at)?,
        raw_before,
        raw_after,
        formula_after,
    };
    Ok((run, change))
}

pub(super) fn read_verification(row: VerificationRow) -> Result<(i64, Verification), StoreError> {
    let (run, by, name, at, content_sha256, _, second_entry) = row;
    let key = run.to_string();
    let by = person("verifications", "verified_by", &key, &by, &name)?;
    let at = moment("verifications", "verified_at", &key, &at)?;
    let second_entry = column!("verifications", "second_entry", key, serde_json::from_str(&second_entry))?;
    Ok((run, Verification { by, at, content_sha256, second_entry }))
}

impl View<'_> {
    /// The runs of these lots, by lot and number.
    pub(super) fn runs_of(&mut self, lots: &[String]) -> Result<BTreeMap<String, Vec<Run>>, StoreError> {
        let run_rows: Vec<RunRow> = runs::table.filter(runs::lot.eq_any(lots)).order(runs::run).load(self.0)?;
        let numbers: Vec<i64> = run_rows.iter().map(|r| r.run).collect();
        let mut readings_of: BTreeMap<i64, Vec<Reading>> = BTreeMap::new();
        let rows: Vec<ReadingRow> = readings::table
            .filter(readings::run.eq_any(&numbers))
            .order((readings::run, readings::place))
            .load(self.0)?;
        for (run, attribute, _, value, unit, calculation) in rows {
            let attribute = column!("readings", "attribute", run, AttributeCode::parse(&attribute))?;
            let calculation: Option<Calculation> = column!(
                "readings",
                "calculation",
                run,
                calculation.map(|text| serde_json::from_str(&text)).transpose()
            )?;
            let (raw, formula) = calculation.map_or_else(Default::default, |c| (c.raw, Some(c.formula)));
            readings_of.entry(run).or_default().push(Reading { attribute, value, unit, raw, formula });
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
        for row in rows {
            let (run, verification) = read_verification(row)?;
            verified.insert(run, verification);
        }
        let rows: Vec<(i64, String)> = aftermaths::table.filter(aftermaths::run.eq_any(&numbers)).load(self.0)?;
        let mut aftermath_of: BTreeMap<i64, Aftermath> = BTreeMap::new();
        for (run, content) in rows {
            aftermath_of.insert(run, column!("aftermaths", "content", run, serde_json::from_str(&content))?);
        }
        let mut by_lot: BTreeMap<String, Vec<Run>> = BTreeMap::new();
        for row in run_rows {
            let (lot, run) = (row.lot.clone(), row.run);
            let readings = readings_of.remove(&run).unwrap_or_default();
            let changes = changes_of.remove(&run).unwrap_or_default();
            by_lot.entry(lot).or_default().push(row.read(
                readings,
                changes,
                verified.remove(&run),
                aftermath_of.remove(&run).unwrap_or_default(),
            )?);
        }
        Ok(by_lot)
    }
}
