//! Lots that may share something with another: donor, bank, reagent, day of manufacture.
//!
//! Promises: every lot that shares one of these is among the candidates; what exactly they share
//! is said by `domain/recall.rs`.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::View;
use super::error::{StoreError, inconsistent};
use super::lots::{LotFilter, column};
use super::schema::{lots, runs};
use crate::domain::criterion::Stage;
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::recall::{Day, reagents};

impl View<'_> {
    /// Lots of the product of the same donor, made from one of the same banks, tested with one of
    /// the same reagents, or made on this day; the lot itself may be among them.
    ///
    /// # Errors
    /// The database fails.
    pub fn sister_candidates(&mut self, lot: &Lot, day: Day) -> Result<Vec<Lot>, StoreError> {
        let details = &lot.details;
        let mut numbers: BTreeSet<String> = BTreeSet::new();
        let same_donor = lots::donor.eq(details.donor.as_str());
        let same_day = lots::manufactured_at.ge(day.0.to_string()).and(lots::manufactured_at.lt(day.1.to_string()));
        let found: Vec<String> = lots::table.filter(same_donor.or(same_day)).select(lots::lot).load(self.0)?;
        numbers.extend(found);
        let further = lot.sources.iter().filter_map(|s| s.lot.details.bank.as_ref());
        for bank in details.bank.iter().chain(further) {
            numbers.extend(self.made_from(bank)?.iter().map(ToString::to_string));
        }
        for code in reagents(lot) {
            // As it stands in the list of codes: in quotation marks, so that R-1 is not in R-10.
            let escaped = code.as_str().replace('_', "\\_");
            let pattern = format!("%\"{escaped}\"%");
            let found: Vec<String> = runs::table
                .filter(runs::particulars.like(pattern).escape('\\'))
                .select(runs::lot)
                .distinct()
                .load(self.0)?;
            numbers.extend(found);
        }
        let numbers: Vec<LotNumber> =
            numbers.iter().map(|lot| column!("lots", "lot", lot, LotNumber::parse(lot))).collect::<Result<_, _>>()?;
        let filter =
            LotFilter { stage: Stage::Product, numbers: Some(numbers), limit: i64::MAX, ..LotFilter::default() };
        Ok(self.lots(&filter)?.into_iter().map(|listed| listed.lot).collect())
    }
}
