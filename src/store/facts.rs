//! The ledger's rows: facts by number, the stored nodes of their tree, checkpoints.
//!
//! Promises: a fact is stored as the exact canonical bytes that its leaf hash covers; nothing
//! here changes or removes a row.

use std::cell::RefCell;

use diesel::dsl::max;
use diesel::prelude::*;

use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::schema::{checkpoints, facts, tree_nodes};
use super::{Tx, View};
use crate::domain::event::{Event, FACT_VERSION, Fact};
use crate::domain::ids::{LotNumber, Username};
use crate::domain::moment::Moment;
use crate::domain::role::Actor;
use crate::ledger::{Frontier, Hash, MAX_LEAF_BYTES, MissingNode, SparseNodes, StoredHashes, canonical, leaf_hash};

/// A fact with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Number in the ledger, from 0.
    pub number: i64,
    /// The fact.
    pub fact: Fact,
}

/// A row of the ledger as stored.
#[derive(Debug, Clone, Queryable)]
pub(super) struct FactRow {
    pub entry: i64,
    pub fact: String,
    pub leaf_hash: Vec<u8>,
    pub kind: String,
    pub lot: Option<String>,
}

impl FactRow {
    pub fn read(&self) -> Result<Entry, StoreError> {
        let fact = self.fact().map_err(|why| inconsistent("facts", "fact", self.entry, why))?;
        Ok(Entry { number: self.entry, fact })
    }

    /// The fact, or why it cannot be read. What a version means that is not known here must not
    /// be guessed, however well it parses.
    pub fn fact(&self) -> Result<Fact, String> {
        #[derive(serde::Deserialize)]
        struct Version {
            v: u32,
        }
        let read = serde_json::from_str::<Fact>(&self.fact);
        let version = match &read {
            Ok(fact) => fact.v,
            Err(_) => serde_json::from_str::<Version>(&self.fact).map_or(FACT_VERSION, |version| version.v),
        };
        if version != FACT_VERSION {
            let known = format!("this software knows version {FACT_VERSION} only");
            return Err(format!(
                "it is written in version {version} of the encoding, and {known}; use a newer Lotgate"
            ));
        }
        read.map_err(|e| e.to_string())
    }
}

/// Which facts to list.
#[derive(Debug, Clone, Default)]
pub struct FactFilter {
    /// Only those about this lot.
    pub lot: Option<LotNumber>,
    /// Only those by this person.
    pub by: Option<Username>,
    /// Only those of one of these kinds; all where there is none.
    pub kinds: Vec<String>,
    /// Only those recorded at this moment or later.
    pub from: Option<Moment>,
    /// Only those recorded before this moment.
    pub until: Option<Moment>,
    /// Only those with a greater number (oldest first), or `None` for all.
    pub after: Option<i64>,
    /// Only those with a smaller number.
    pub before: Option<i64>,
    /// Newest first.
    pub newest_first: bool,
    /// At most so many.
    pub limit: i64,
}

/// A u64 of the tree as the database's integer.
pub(super) fn as_i64(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::LedgerBroken("the tree is larger than the database can count".into()))
}

fn as_u64(table: &'static str, number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| inconsistent(table, "entry", number, "negative"))
}

/// Number of facts, by the greatest entry.
pub(super) fn size(conn: &mut Conn) -> Result<u64, StoreError> {
    let last: Option<i64> = facts::table.select(max(facts::entry)).first(conn)?;
    last.map_or(Ok(0), |last| as_u64("facts", last).map(|n| n + 1))
}

/// The tree's right edge as stored.
pub(super) fn load_frontier(conn: &mut Conn) -> Result<Frontier, StoreError> {
    let size = size(conn)?;
    let nodes = SparseNodes::new(StoredTree(RefCell::new(conn)));
    Frontier::load(&nodes, size).map_err(|e| StoreError::LedgerBroken(e.to_string()))
}

/// The stored hashes, as the ledger's proofs want them.
pub(super) struct StoredTree<'c>(pub RefCell<&'c mut Conn>);

impl StoredHashes for StoredTree<'_> {
    fn hashes(&self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, MissingNode> {
        let missing = |why: String| MissingNode::because(level, first, why);
        let range = || -> Result<(i64, i64), StoreError> { Ok((as_i64(first)?, as_i64(first.saturating_add(count))?)) };
        let (from, to) = range().map_err(|e| missing(e.to_string()))?;
        let mut conn = self.0.try_borrow_mut().map_err(|e| missing(e.to_string()))?;
        let rows: QueryResult<Vec<Vec<u8>>> = if level == 0 {
            let in_range = facts::entry.ge(from).and(facts::entry.lt(to));
            facts::table.filter(in_range).order(facts::entry).select(facts::leaf_hash).load(&mut **conn)
        } else {
            let in_range = tree_nodes::position.ge(from).and(tree_nodes::position.lt(to));
            let rows = tree_nodes::table.filter(tree_nodes::level.eq(i64::from(level))).filter(in_range);
            rows.order(tree_nodes::position).select(tree_nodes::hash).load(&mut **conn)
        };
        let rows = rows.map_err(|e| missing(e.to_string()))?;
        rows.iter().map(|bytes| as_hash(bytes).ok_or_else(|| missing("not 32 bytes".into()))).collect()
    }
}

pub(super) fn as_hash(bytes: &[u8]) -> Option<Hash> {
    <[u8; 32]>::try_from(bytes).ok().map(Hash::from_bytes)
}

impl Tx<'_> {
    /// Appends a fact to the ledger and returns its number.
    pub(super) fn append(&mut self, by: &Actor, at: Moment, salt: String, event: &Event) -> Result<i64, StoreError> {
        let fact = Fact { v: FACT_VERSION, at, salt, by: by.clone(), event: event.clone() };
        let bytes = canonical::text(&fact).map_err(|e| StoreError::LedgerBroken(e.to_string()))?;
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(StoreError::FactTooLarge(bytes.len()));
        }
        let number = as_i64(self.tree.size())?;
        let leaf = leaf_hash(bytes.as_bytes());
        let row = (
            facts::entry.eq(number),
            facts::leaf_hash.eq(leaf.as_bytes().to_vec()),
            facts::kind.eq(kind_of(&fact)),
            facts::lot.eq(event.lot().map(|l| l.as_str().to_owned())),
            facts::fact.eq(bytes),
        );
        diesel::insert_into(facts::table).values(row).execute(self.conn)?;
        for node in self.tree.push(leaf) {
            // Leaf hashes stand with their facts.
            if node.level == 0 || !node.is_stored() {
                continue;
            }
            let row = (
                tree_nodes::level.eq(i64::from(node.level)),
                tree_nodes::position.eq(as_i64(node.index)?),
                tree_nodes::hash.eq(node.hash.as_bytes().to_vec()),
            );
            diesel::insert_into(tree_nodes::table).values(row).execute(self.conn)?;
        }
        Ok(number)
    }

    /// Size and root of the ledger as this write sees it.
    pub fn ledger_head(&self) -> (u64, Hash) {
        (self.tree.size(), self.tree.root())
    }
}

/// The event's kind, as it stands in the fact.
pub(super) fn kind_of(fact: &Fact) -> String {
    fact.event.kind()
}

diesel::define_sql_function! {
    /// Part of a text, from a character counted from 1.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, count: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

/// Where the time of a fact stands in its canonical JSON, `{"at":"2026-…Z","by":…`: from which
/// character, counted from 1, and how many.
const AT: (i32, i32) = (8, 27);

/// Canonical JSON ends the person so, and nothing that somebody typed can look like it: its
/// quotation marks would be escaped.
fn by_pattern(username: &Username) -> String {
    let escaped = username.as_str().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{{\"at\":\"%\"user\":\"{escaped}\"}},\"event\":{{%")
}

impl View<'_> {
    /// Facts in order.
    ///
    /// # Errors
    /// The database fails, or a fact cannot be read.
    pub fn facts(&mut self, filter: &FactFilter) -> Result<Vec<Entry>, StoreError> {
        self.fact_rows(filter)?.iter().map(FactRow::read).collect()
    }

    /// The rows of facts in order.
    pub(super) fn fact_rows(&mut self, filter: &FactFilter) -> Result<Vec<FactRow>, StoreError> {
        let mut query = facts::table.into_boxed();
        if let Some(by) = &filter.by {
            query = query.filter(facts::fact.like(by_pattern(by)).escape('\\'));
        }
        if !filter.kinds.is_empty() {
            query = query.filter(facts::kind.eq_any(&filter.kinds));
        }
        if let Some(from) = filter.from {
            query = query.filter(substr(facts::fact, AT.0, AT.1).ge(from.to_string()));
        }
        if let Some(until) = filter.until {
            query = query.filter(substr(facts::fact, AT.0, AT.1).lt(until.to_string()));
        }
        if let Some(lot) = &filter.lot {
            query = query.filter(facts::lot.eq(lot.as_str().to_owned()));
        }
        if let Some(after) = filter.after {
            query = query.filter(facts::entry.gt(after));
        }
        if let Some(before) = filter.before {
            query = query.filter(facts::entry.lt(before));
        }
        query = if filter.newest_first { query.order(facts::entry.desc()) } else { query.order(facts::entry.asc()) };
        Ok(query.limit(filter.limit).load(self.0)?)
    }

    /// The first fact: the site as it was set up. `None` in an empty database.
    ///
    /// # Errors
    /// The database fails, or the first fact is something else.
    pub fn site(&mut self) -> Result<Option<crate::domain::event::SiteDetails>, StoreError> {
        let first: Option<FactRow> = facts::table.find(0).first(self.0).optional()?;
        let Some(row) = first else { return Ok(None) };
        match row.read()?.fact.event {
            Event::SiteCreated(site) => Ok(Some(site)),
            _ => Err(StoreError::LedgerBroken("the first fact is not the site's".into())),
        }
    }

    /// Number of facts in the ledger.
    ///
    /// # Errors
    /// The database fails.
    pub fn ledger_size(&mut self) -> Result<u64, StoreError> {
        size(self.0)
    }

    /// The newest checkpoint stored in the database.
    ///
    /// # Errors
    /// The database fails.
    pub fn newest_checkpoint(&mut self) -> Result<Option<String>, StoreError> {
        let newest = checkpoints::table.order(checkpoints::size.desc()).select(checkpoints::note);
        Ok(newest.first(self.0).optional()?)
    }
}
