//! Facts as they leave the site: the exact bytes, their leaf hashes, their proofs.
//!
//! Promises: the bytes are those that were hashed when the fact was recorded, and are hashed
//! again here; a proof leads to the checkpoint of the size asked for.

use std::cell::RefCell;

use super::View;
use super::error::{StoreError, inconsistent};
use super::facts::{Entry, FactFilter, StoredTree, as_hash};
use crate::ledger::{Hash, SparseNodes, inclusion_proof, leaf_hash};

/// A fact with its bytes.
#[derive(Debug, Clone)]
pub struct RawFact {
    /// The fact and its number.
    pub entry: Entry,
    /// Its canonical JSON, exactly as it was hashed.
    pub bytes: String,
    /// Its leaf hash.
    pub leaf: Hash,
}

impl RawFact {
    /// The fact as one line of JSON, itself canonical: number, fact, leaf hash.
    pub fn line(&self) -> String {
        let (number, fact, leaf) = (self.entry.number, &self.bytes, self.leaf.to_hex());
        format!("{{\"entry\":{number},\"fact\":{fact},\"leaf_hash\":\"{leaf}\"}}\n")
    }
}

impl View<'_> {
    /// Facts with their bytes.
    ///
    /// # Errors
    /// The database fails, or a fact cannot be read or is not what was hashed.
    pub fn raw_facts(&mut self, filter: &FactFilter) -> Result<Vec<RawFact>, StoreError> {
        let rows = self.fact_rows(filter)?;
        let read = |row: super::facts::FactRow| {
            let (entry, leaf) = (row.read()?, leaf_hash(row.fact.as_bytes()));
            if as_hash(&row.leaf_hash) != Some(leaf) {
                return Err(inconsistent("facts", "fact", row.entry, "its text is not the text that was hashed"));
            }
            Ok(RawFact { entry, bytes: row.fact, leaf })
        };
        rows.into_iter().map(read).collect()
    }

    /// The hashes that prove a fact to be in the ledger of this size.
    ///
    /// # Errors
    /// The database fails, or there is no such fact.
    pub fn inclusion(&mut self, entry: i64, size: u64) -> Result<Vec<Hash>, StoreError> {
        let number = u64::try_from(entry).map_err(|_| inconsistent("facts", "entry", entry, "negative"))?;
        let nodes = SparseNodes::new(StoredTree(RefCell::new(self.0)));
        inclusion_proof(&nodes, number, size).map_err(|e| StoreError::LedgerBroken(e.to_string()))
    }
}
