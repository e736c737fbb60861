//! Lots with their runs, as rows and back.
//!
//! Promises: a lot is loaded whole, in a fixed number of queries however many runs it has; a
//! row that cannot be is reported with its table, column and key.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::max;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::View;
use super::error::{StoreError, inconsistent};
use super::schema::{decisions, lots, runs};
use crate::domain::criterion::Stage;
use crate::domain::ids::{CertificateNumber, DonorCode, LotNumber, ProductCode, RunNumber, Username};
use crate::domain::lineage::BANKS_MAX;
use crate::domain::lot::{Decision, Lot, LotDetails, Source};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::spec::Specification;
use crate::domain::text::Line;

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
    /// Lots of the product, or banks, or donors.
    pub stage: Stage,
    /// Only these.
    pub numbers: Option<Vec<LotNumber>>,
}

/// A lot with its place in the list.
#[derive(Debug, Clone)]
pub struct ListedLot {
    /// The ledger entry of its registration: the key by which lists are paged.
    pub entry: i64,
    /// The lot.
    pub lot: Lot,
}

#[derive(Debug, PartialEq, Queryable)]
pub(super) struct LotRow {
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
    stage: String,
    bank: Option<String>,
    statements: String,
}

/// What was stated about a lot besides its columns.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statements {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passage: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    population_doublings: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    autologous: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cryopreserved: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    antibiotics: Option<bool>,
}

impl Statements {
    pub fn of(details: &LotDetails) -> Self {
        Statements {
            passage: details.passage,
            population_doublings: details.population_doublings.clone(),
            autologous: details.autologous,
            cryopreserved: details.cryopreserved,
            antibiotics: details.antibiotics,
        }
    }
}

type DecisionRow = (String, String, Option<String>, Option<String>, String, String, String);

/// Reads one column's text into its type, or says where it stands.
macro_rules! column {
    ($table:literal, $column:literal, $row:expr, $parsed:expr) => {
        $parsed.map_err(|e| inconsistent($table, $column, &$row, e))
    };
}
pub(super) use column;

pub(super) fn moment(table: &'static str, column: &'static str, row: &str, text: &str) -> Result<Moment, StoreError> {
    Moment::parse(column, text).map_err(|e| inconsistent(table, column, row, e))
}

pub(super) fn person(
    table: &'static str,
    column: &'static str,
    row: &str,
    user: &str,
    name: &str,
) -> Result<Person, StoreError> {
    let wrong = |e: Refusal| inconsistent(table, column, row, e);
    Ok(Person { username: Username::parse(user).map_err(wrong)?, name: Line::parse("name", name).map_err(wrong)? })
}

impl LotRow {
    fn read(self) -> Result<ListedLot, StoreError> {
        let key = self.lot.clone();
        let more: Statements = column!("lots", "statements", key, serde_json::from_str(&self.statements))?;
        let version = column!("lots", "specification_version", key, u32::try_from(self.specification_version))?;
        let details = LotDetails {
            lot: column!("lots", "lot", key, LotNumber::parse(&self.lot))?,
            product: column!("lots", "product", key, ProductCode::parse(&self.product))?,
            specification_version: version,
            donor: column!("lots", "donor", key, DonorCode::parse(&self.donor))?,
            manufactured_at: moment("lots", "manufactured_at", &key, &self.manufactured_at)?,
            expires_at: moment("lots", "expires_at", &key, &self.expires_at)?,
            containers: column!("lots", "containers", key, u32::try_from(self.containers))?,
            stage: column!("lots", "stage", key, Stage::parse(&self.stage).ok_or("unknown"))?,
            bank: column!("lots", "bank", key, self.bank.as_deref().map(LotNumber::parse).transpose())?,
            passage: more.passage,
            population_doublings: more.population_doublings,
            autologous: more.autologous,
            cryopreserved: more.cryopreserved,
            antibiotics: more.antibiotics,
        };
        let registered_by = person("lots", "registered_by", &key, &self.registered_by, &self.registered_by_name)?;
        let registered_at = moment("lots", "registered_at", &key, &self.registered_at)?;
        Ok(ListedLot { entry: self.entry, lot: Lot::new(details, registered_by, registered_at) })
    }
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
        let mut query = lots::table.filter(lots::stage.eq(filter.stage.as_str())).into_boxed();
        if let Some(numbers) = &filter.numbers {
            query = query.filter(lots::lot.eq_any(numbers.iter().map(LotNumber::as_str).collect::<Vec<_>>()));
        }
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

    /// Every lot and bank that was made from this bank or donor, directly or through a bank.
    ///
    /// # Errors
    /// The database fails.
    pub fn made_from(&mut self, source: &LotNumber) -> Result<Vec<LotNumber>, StoreError> {
        let mut made: BTreeSet<String> = BTreeSet::new();
        let mut from = vec![source.to_string()];
        while !from.is_empty() {
            let named = lots::bank.eq_any(&from).or(lots::donor.eq_any(&from));
            let found: Vec<String> = lots::table.filter(named).select(lots::lot).load(self.0)?;
            from = found.into_iter().filter(|lot| lot != source.as_str() && made.insert(lot.clone())).collect();
        }
        made.iter().map(|lot| column!("lots", "lot", lot, LotNumber::parse(lot))).collect()
    }

    /// True where something is said to be of the donor of this code.
    ///
    /// # Errors
    /// The database fails.
    pub fn names_donor(&mut self, code: &str) -> Result<bool, StoreError> {
        let named: Option<String> =
            lots::table.filter(lots::donor.eq(code)).select(lots::lot).first(self.0).optional()?;
        Ok(named.is_some())
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

    /// Fills lot rows with everything that belongs to them, in the rows' order.
    fn complete(&mut self, rows: Vec<LotRow>) -> Result<Vec<ListedLot>, StoreError> {
        let mut listed = self.fill(rows)?;
        self.attach_sources(&mut listed)?;
        Ok(listed)
    }

    /// Fills lot rows with their own runs, decisions, investigations, deviations and flags.
    fn fill(&mut self, rows: Vec<LotRow>) -> Result<Vec<ListedLot>, StoreError> {
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
        let mut investigations_of = by_lot(self.investigations_of(&numbers)?);
        let mut deviations_of = by_lot(self.deviations_of(&numbers)?);
        let mut flags_of = by_lot(self.flags_of(&numbers)?);
        let mut courses_of = self.courses_of(&numbers)?;
        let last_changes_of = self.last_changes_of(&numbers)?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.lot.clone();
            let mut entry = row.read()?;
            entry.lot.runs = runs_of.remove(&number).unwrap_or_default();
            entry.lot.decision = decided.remove(&number);
            entry.lot.investigations = investigations_of.remove(&number).unwrap_or_default();
            entry.lot.deviations = deviations_of.remove(&number).unwrap_or_default();
            entry.lot.flags = flags_of.remove(&number).unwrap_or_default();
            entry.lot.course = courses_of.remove(&number).unwrap_or_default();
            entry.lot.last_change = last_changes_of.get(&number).copied().unwrap_or_default();
            listed.push(entry);
        }
        Ok(listed)
    }

    /// Gives each lot the banks and the donor it was made from, nearest first.
    fn attach_sources(&mut self, listed: &mut [ListedLot]) -> Result<(), StoreError> {
        let mut known: BTreeMap<String, Lot> = BTreeMap::new();
        let mut asked: BTreeSet<String> = BTreeSet::new();
        let mut wanted: BTreeSet<String> = listed.iter().flat_map(|l| origins(&l.lot)).collect();
        for _ in 0..BANKS_MAX {
            let new: Vec<String> = wanted.difference(&asked).cloned().collect();
            if new.is_empty() {
                break;
            }
            let rows: Vec<LotRow> = lots::table
                .filter(lots::lot.eq_any(&new))
                .filter(lots::stage.eq_any([Stage::Bank.as_str(), Stage::Donor.as_str()]))
                .load(self.0)?;
            asked.extend(new);
            for source in self.fill(rows)? {
                wanted.extend(origins(&source.lot));
                known.insert(source.lot.number().to_string(), source.lot);
            }
        }
        let mut specs: BTreeMap<(String, u32), Specification> = BTreeMap::new();
        for source in known.values() {
            let (product, version) = (&source.details.product, source.details.specification_version);
            let missing = |e: Refusal| inconsistent("lots", "specification_version", source.number(), e);
            let spec = self.specification(product, version)?.map_err(missing)?;
            specs.insert((product.to_string(), version), spec.specification);
        }
        for entry in listed {
            let (lot, mut chain) = (&entry.lot, Vec::new());
            let mut next = lot.details.bank.clone();
            while let Some(bank) = next.take().and_then(|b| known.get(b.as_str())).filter(|_| chain.len() < BANKS_MAX) {
                chain.push(bank);
                next.clone_from(&bank.details.bank);
            }
            let own = lot.details.donor.as_str() == lot.number().as_str();
            chain.extend(known.get(lot.details.donor.as_str()).filter(|d| !own && d.details.stage == Stage::Donor));
            let source = |lot: &&Lot| {
                let specification =
                    specs.get(&(lot.details.product.to_string(), lot.details.specification_version))?.clone();
                Some(Source { lot: (*lot).clone(), specification })
            };
            entry.lot.sources = chain.iter().filter_map(source).collect();
        }
        Ok(())
    }
}

/// The bank and the donor a lot names.
fn origins(lot: &Lot) -> Vec<String> {
    let bank = lot.details.bank.as_ref().map(ToString::to_string);
    bank.into_iter().chain([lot.details.donor.to_string()]).filter(|n| n != lot.number().as_str()).collect()
}

fn by_lot<T>(all: Vec<(String, T)>) -> BTreeMap<String, Vec<T>> {
    let mut sorted: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for (lot, one) in all {
        sorted.entry(lot).or_default().push(one);
    }
    sorted
}
