//! Walking everything: is the ledger whole, and do the tables say what it says?
//!
//! Promises: reads only; re-hashes every fact from its stored bytes, compares every stored
//! node, every checkpoint with its signature, the checkpoint outside the database, every
//! document and evidence file, and every projected row with a rebuild from the facts; names the
//! first break.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::View;
use super::connection::Conn;
use super::error::StoreError;
use super::evidence::{Evidence, check_files};
use super::facts::{FactRow, as_hash, as_i64, kind_of, size};
use super::replay;
use super::schema::{checkpoints, documents, facts, tree_nodes};
use crate::domain::event::{CourseEvent, Event, Fact};
use crate::ledger::canonical::{self, sha256_hex};
use crate::ledger::{Checkpoint, Frontier, Hash, VerifierKey, leaf_hash};

/// How many facts are read at a time.
const PAGE: i64 = 2000;

/// What a whole ledger amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Number of facts.
    pub facts: u64,
    /// Root of the tree, 64 hex digits.
    pub root: String,
    /// Number of checkpoints whose signatures were checked.
    pub checkpoints: usize,
    /// Number of documents that were re-hashed.
    pub documents: usize,
    /// Number of evidence files that were re-hashed.
    pub files: usize,
}

/// The first break that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Where: `fact 17`, `checkpoint 40`, `table lots, row AD-26-0001`.
    pub place: String,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// The ledger is whole, or it breaks somewhere.
pub type Finding = Result<Whole, Break>;

enum Stop {
    Broken(Break),
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(e: StoreError) -> Self {
        Stop::Store(e)
    }
}

impl From<diesel::result::Error> for Stop {
    fn from(e: diesel::result::Error) -> Self {
        Stop::Store(e.into())
    }
}

fn broken(place: impl ToString, what: impl ToString) -> Stop {
    Stop::Broken(Break { place: place.to_string(), what: what.to_string() })
}

impl View<'_> {
    /// Walks the whole record. `outside` is the checkpoint kept outside the database; that there
    /// is none is a break, for then nobody can tell whether the end is missing. `evidence` holds
    /// the files.
    ///
    /// # Errors
    /// The database cannot be read. A record that is not whole is a finding, not an error.
    pub fn verify(
        &mut self,
        key: &VerifierKey,
        origin: &str,
        outside: Option<&str>,
        evidence: &Evidence,
    ) -> Result<Finding, StoreError> {
        // One snapshot, so that a write meanwhile is not taken for a break.
        let finding = self.0.transaction::<_, StoreError, _>(|conn| match walk(conn, key, origin, outside) {
            Ok(whole) => Ok(Ok(whole)),
            Err(Stop::Broken(found)) => Ok(Err(found)),
            Err(Stop::Store(e)) => Err(e),
        })?;
        // After the snapshot, so that no long reading holds it open: a file is there before its fact is.
        let Ok(whole) = finding else { return Ok(finding) };
        Ok(check_files(self.0, evidence)?.map(|files| Whole { files, ..whole }))
    }
}

fn walk(conn: &mut Conn, key: &VerifierKey, origin: &str, outside: Option<&str>) -> Result<Whole, Stop> {
    if let Conn::Postgres(c) = conn {
        diesel::sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(c)?;
    }
    let mut signed = read_checkpoints(conn, key, origin)?;
    let place = "the checkpoint outside the database";
    let Some(outside) = outside else {
        return Err(broken(place, "the file is missing: whether the newest facts were removed cannot be told"));
    };
    let outside = open(outside, key, origin, place)?;
    let count = signed.len();
    // The copy outside vouches for nothing that the database itself should hold.
    let covered = signed.last().map_or(0, Checkpoint::size);
    let total = size(conn)?;
    if outside.size() > total {
        let what = format!("the checkpoint kept outside it covers {} facts: the end is missing", outside.size());
        return Err(broken(format!("the end of the ledger, after {total} facts"), what));
    }
    signed.push(outside);
    signed.sort_by_key(Checkpoint::size);
    if let Some(last) = signed.last().filter(|c| c.size() > total) {
        let what = format!("a signed checkpoint covers {} facts: the end is missing", last.size());
        return Err(broken(format!("the end of the ledger, after {total} facts"), what));
    }
    let mut tables = replay::Tables::empty()?;
    let tree = walk_facts(conn, &signed, &mut tables)?;
    if covered < total {
        let what = "no signed checkpoint covers this fact: it was not written by the service";
        return Err(broken(format!("fact {covered}"), what));
    }
    let documents = walk_documents(conn)?;
    tables.compare(conn)?.map_or(Ok(()), |found| Err(Stop::Broken(found)))?;
    Ok(Whole { facts: total, root: tree.root().to_hex(), checkpoints: count, documents, files: 0 })
}

fn open(note: &str, key: &VerifierKey, origin: &str, place: &str) -> Result<Checkpoint, Stop> {
    Checkpoint::open(note, std::slice::from_ref(key), origin).map_err(|e| broken(place, e))
}

fn read_checkpoints(conn: &mut Conn, key: &VerifierKey, origin: &str) -> Result<Vec<Checkpoint>, Stop> {
    let rows: Vec<(i64, String)> = checkpoints::table.order(checkpoints::size).load(conn)?;
    let mut all = Vec::with_capacity(rows.len());
    for (size, note) in rows {
        let place = format!("checkpoint {size}");
        let checkpoint = open(&note, key, origin, &place)?;
        if as_i64(checkpoint.size())? != size {
            return Err(broken(place, "the signed text is about another size"));
        }
        all.push(checkpoint);
    }
    Ok(all)
}

/// Re-hashes every fact and compares the tree wherever it was stored or signed.
fn walk_facts(conn: &mut Conn, signed: &[Checkpoint], tables: &mut replay::Tables) -> Result<Frontier, Stop> {
    let mut tree = Frontier::new();
    // One of size 0 covers no fact: it is laid down when a site is made.
    let mut signed = signed.iter().skip_while(|c| c.size() == 0).peekable();
    let mut stored_nodes: i64 = 0;
    loop {
        let next = as_i64(tree.size())?;
        let page = facts::table.filter(facts::entry.ge(next)).order(facts::entry).limit(PAGE);
        let rows: Vec<FactRow> = page.load(conn)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let expected = as_i64(tree.size())?;
            if row.entry != expected {
                return Err(broken(format!("fact {expected}"), "it is missing"));
            }
            let fact = check_row(&row)?;
            for node in tree.push(leaf_hash(row.fact.as_bytes())) {
                if node.level > 0 && node.is_stored() {
                    stored_nodes += 1;
                    check_node(conn, node.level, as_i64(node.index)?, &node.hash)?;
                }
            }
            while let Some(checkpoint) = signed.next_if(|c| c.size() == tree.size()) {
                if checkpoint.root() != tree.root() {
                    let what = "the facts up to here are not those that were signed: one of them was changed";
                    return Err(broken(format!("checkpoint {}", checkpoint.size()), what));
                }
            }
            tables.project(row.entry, fact)?;
        }
    }
    let kept: i64 = tree_nodes::table.count().get_result(conn)?;
    if kept != stored_nodes {
        return Err(broken("tree_nodes", format!("{kept} nodes are stored where the facts give {stored_nodes}")));
    }
    Ok(tree)
}

fn check_row(row: &FactRow) -> Result<Fact, Stop> {
    let place = format!("fact {}", row.entry);
    if as_hash(&row.leaf_hash) != Some(leaf_hash(row.fact.as_bytes())) {
        return Err(broken(place, "its text is not the text that was hashed when it was recorded"));
    }
    let fact = row.fact().map_err(|why| broken(&place, format!("it cannot be read: {why}")))?;
    if canonical::text(&fact).ok().as_deref() != Some(row.fact.as_str()) {
        return Err(broken(place, "it is not canonical JSON"));
    }
    if row.kind != kind_of(&fact) || row.lot.as_deref() != fact.event.lot().map(|l| l.as_str()) {
        return Err(broken(place, "its index columns (kind, lot) do not agree with its text"));
    }
    Ok(fact)
}

fn check_node(conn: &mut Conn, level: u8, index: i64, hash: &Hash) -> Result<(), Stop> {
    let stored: Option<Vec<u8>> =
        tree_nodes::table.find((i64::from(level), index)).select(tree_nodes::hash).first(conn).optional()?;
    if stored.as_deref().and_then(as_hash) != Some(*hash) {
        return Err(broken(format!("tree node {level}/{index}"), "the stored hash is not that of the facts below it"));
    }
    Ok(())
}

/// Kinds of facts that name documents.
const DOCUMENTED: [&str; 7] = [
    "lot_released",
    "lot_rejected",
    "qc_approved",
    "audit_trail_reviewed",
    "lot_conditionally_released",
    "certificate_superseded",
    "supplied_out_of_specification",
];

/// Every document that a fact names is there, every document has the bytes of its hash, and
/// there is no other.
fn walk_documents(conn: &mut Conn) -> Result<usize, Stop> {
    let columns = (documents::sha256, documents::media_type);
    let stored: Vec<(String, String)> = documents::table.order(documents::sha256).select(columns).load(conn)?;
    for (sha256, _) in &stored {
        let bytes: Vec<u8> = documents::table.find(sha256).select(documents::content).first(conn)?;
        if sha256_hex(&bytes) != *sha256 {
            return Err(broken(format!("document {sha256}"), "its bytes were changed"));
        }
    }
    let decided = facts::table.filter(facts::kind.eq_any(DOCUMENTED)).order(facts::entry);
    let rows: Vec<FactRow> = decided.load(conn)?;
    let mut all_named = BTreeSet::new();
    for row in rows {
        let json = |sha256| (sha256, "application/json".to_owned());
        let named = match row.read()?.fact.event {
            Event::LotReleased { record_sha256, pdf_sha256, .. } => {
                vec![json(record_sha256), (pdf_sha256, "application/pdf".to_owned())]
            }
            Event::LotRejected { record_sha256, .. }
            | Event::Course(
                CourseEvent::QcApproved { record_sha256, .. }
                | CourseEvent::AuditTrailReviewed { record_sha256, .. }
                | CourseEvent::SuppliedOutOfSpecification { record_sha256, .. },
            ) => vec![json(record_sha256)],
            Event::Course(
                CourseEvent::LotConditionallyReleased { record_sha256, pdf_sha256, .. }
                | CourseEvent::CertificateSuperseded { record_sha256, pdf_sha256, .. },
            ) => vec![json(record_sha256), (pdf_sha256, "application/pdf".to_owned())],
            _ => Vec::new(),
        };
        if let Some((missing, _)) = named.iter().find(|document| stored.binary_search(document).is_err()) {
            let what = format!("fact {} names it, and it is missing or of another media type", row.entry);
            return Err(broken(format!("document {missing}"), what));
        }
        all_named.extend(named);
    }
    if let Some((sha256, _)) = stored.iter().find(|document| !all_named.contains(*document)) {
        return Err(broken(format!("document {sha256}"), "no fact names it"));
    }
    Ok(stored.len())
}
