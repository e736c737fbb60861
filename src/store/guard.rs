//! Refusing to go on after records that were shortened, replaced or added to behind our back.
//!
//! Promises: nothing is written on top of facts that no checkpoint covers, of fewer facts than the
//! checkpoint outside the database or this process has seen, or of others; so that no later
//! signature makes them look whole.

use std::cell::RefCell;

use super::connection::Conn;
use super::error::StoreError;
use super::outside::OutsideCheckpoint;
use super::{Site, View, facts};
use crate::ledger::{Checkpoint, Frontier, Hash, SparseNodes, root_at};

/// The tree as stored, all of which the newest checkpoint in the database has to cover: each is
/// signed in the transaction of its facts.
pub(super) fn load_signed(conn: &mut Conn, site: &Site) -> Result<Frontier, StoreError> {
    let place = "stored in the database";
    let tree = facts::load_frontier(conn)?;
    let Some(note) = View(conn).newest_checkpoint()? else {
        let unsigned = || StoreError::LedgerBroken("there are facts and no signed checkpoint".into());
        return if tree.size() == 0 { Ok(tree) } else { Err(unsigned()) };
    };
    let checkpoint = open(&note, site, place)?;
    check_holds(conn, tree.size(), checkpoint.size(), checkpoint.root(), place)?;
    if checkpoint.size() < tree.size() {
        let why = format!("no signed checkpoint covers fact {}: it was not written by the service", checkpoint.size());
        return Err(StoreError::LedgerBroken(why));
    }
    Ok(tree)
}

/// The checkpoint outside has to be there, and the database has to hold everything it covers. It
/// may be behind: a process may stop between the commit and the file.
pub(super) fn check_outside(
    conn: &mut Conn,
    outside: &OutsideCheckpoint,
    site: &Site,
    facts: u64,
) -> Result<(), StoreError> {
    let place = "kept outside the database";
    let Some(note) = outside.read()? else {
        return Err(StoreError::CheckpointMissing { path: outside.path().to_path_buf(), facts });
    };
    let checkpoint = open(&note, site, place)?;
    check_holds(conn, facts, checkpoint.size(), checkpoint.root(), place)
}

/// The tree to write on: what this process has seen committed, and what other instances (on
/// PostgreSQL), or a COMMIT whose answer was lost, have added to it since.
pub(super) fn follow(conn: &mut Conn, site: &Site, seen: &Frontier) -> Result<Frontier, StoreError> {
    if facts::size(conn)? == seen.size() {
        return Ok(seen.clone());
    }
    let tree = load_signed(conn, site)?;
    check_holds(conn, tree.size(), seen.size(), seen.root(), "that this service wrote or read last")?;
    Ok(tree)
}

fn open(note: &str, site: &Site, place: &str) -> Result<Checkpoint, StoreError> {
    let key = std::slice::from_ref(site.signer.verifier_key());
    Checkpoint::open(note, key, &site.origin).map_err(|e| broken(place, e))
}

/// The first `size` of all `facts` have to be those under `root`.
fn check_holds(conn: &mut Conn, facts: u64, size: u64, root: Hash, place: &str) -> Result<(), StoreError> {
    if size > facts {
        return Err(broken(place, format!("covers {size} facts and the database has {facts}")));
    }
    if stored_root(conn, size).map_err(|e| broken(place, e))? != root {
        return Err(broken(place, "the facts are not those that were signed"));
    }
    Ok(())
}

/// The root over the first `size` facts, from the stored hashes.
fn stored_root(conn: &mut Conn, size: u64) -> Result<Hash, crate::ledger::ProofError> {
    root_at(&SparseNodes::new(facts::StoredTree(RefCell::new(conn))), size)
}

fn broken(place: &str, why: impl std::fmt::Display) -> StoreError {
    StoreError::LedgerBroken(format!("the checkpoint {place}: {why}"))
}

impl View<'_> {
    /// The root over the first `size` facts, from the stored hashes; `None` if there are fewer.
    ///
    /// # Errors
    /// The database fails, or hashes are missing.
    pub fn root_at(&mut self, size: u64) -> Result<Option<Hash>, StoreError> {
        if size > self.ledger_size()? {
            return Ok(None);
        }
        stored_root(self.0, size).map(Some).map_err(|e| StoreError::LedgerBroken(e.to_string()))
    }
}
