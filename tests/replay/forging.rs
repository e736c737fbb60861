//! Cleverer harm: rows that agree with each other, a shortened ledger, an older copy, another key.

use std::path::Path;
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use lotgate::clock::{FixedClock, SeededChance};
use lotgate::domain::assessment::{Status, assess};
use lotgate::ledger::{Checkpoint, Frontier, KeyName, NoteSigner, leaf_hash};
use lotgate::store::{FactFilter, StoreError, read_once};
use lotgate::workflow::Error;

use super::laboratory::{self, GOOD_PANELS, Laboratory, at, entry, lot_number, password, sqlite, verify_folder};
use super::tampering::{names, number, owner, site};

/// The stored fact of this number.
pub fn fact(conn: &mut SqliteConnection, entry: i64) -> String {
    names(conn, &format!("SELECT fact AS text FROM facts WHERE entry = {entry}")).remove(0)
}

pub fn last(conn: &mut SqliteConnection) -> i64 {
    number(conn, "SELECT max(entry) AS number FROM facts")
}

/// SQL literal of a text.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// SQL literal of a fact's leaf hash.
pub fn leaf(fact: &str) -> String {
    format!("x'{}'", leaf_hash(fact.as_bytes()).to_hex())
}

/// A checkpoint over all facts as they stand, signed by whoever holds this key.
fn checkpoint_over(conn: &mut SqliteConnection, signer: &NoteSigner) -> String {
    let mut tree = Frontier::new();
    for entry in 0..=last(conn) {
        tree.push(leaf_hash(fact(conn, entry).as_bytes()));
    }
    let origin = signer.verifier_key().name().as_str();
    let checkpoint = Checkpoint::new(origin, tree.size(), tree.root()).expect("a checkpoint");
    checkpoint.sign(signer).expect("signed")
}

fn break_in(data: &Path) -> String {
    let found = site().verify(data).expect_err("not noticed");
    format!("{}: {}", found.place, found.what)
}

/// Tries to open the site as the service would.
pub fn open(data: &Path) -> Result<Laboratory, String> {
    let (clock, chance) = (Arc::new(FixedClock::at(at("2026-06-01T00:00:00Z"))), Arc::new(SeededChance::new(99)));
    Laboratory::open(data, sqlite(data), clock, chance).map_err(|e| e.to_string())
}

pub fn opens(data: &Path) -> String {
    open(data).err().expect("it opened")
}

/// Appends a copy of the last fact, changed, with its right leaf hash.
pub fn append_forged(conn: &mut SqliteConnection) -> String {
    let end = last(conn);
    let forged = fact(conn, end).replace("\"hal\"", "\"fay\"");
    let row =
        format!("SELECT {}, {}, {}, kind, lot FROM facts WHERE entry = {end}", end + 1, quoted(&forged), leaf(&forged));
    conn.batch_execute(&format!("INSERT INTO facts {row}")).expect("inserted");
    forged
}

#[test]
fn an_appended_fact_with_its_right_hash_but_without_a_signature_is_found() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let before = last(&mut conn);
    append_forged(&mut conn);
    drop(conn);
    assert_eq!(
        break_in(folder.path()),
        format!("fact {}: no signed checkpoint covers this fact: it was not written by the service", before + 1)
    );
}

#[test]
fn a_checkpoint_signed_by_somebody_else_under_the_same_name_is_found() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    append_forged(&mut conn);
    let name = site().key.name();
    let stranger = NoteSigner::from_seed(KeyName::parse(name.as_str()).expect("a name"), &[9; 32]);
    let (size, note) = (last(&mut conn) + 1, checkpoint_over(&mut conn, &stranger));
    let row = format!("INSERT INTO checkpoints VALUES ({size}, {})", quoted(&note));
    conn.batch_execute(&row).expect("inserted");
    drop(conn);
    let found = break_in(folder.path());
    assert!(found.starts_with(&format!("checkpoint {size}: ")), "{found}");
    assert!(opens(folder.path()).contains("the ledger is not whole"), "the service would write on");
}

#[test]
fn a_fact_of_an_encoding_that_this_software_does_not_know_is_refused_even_if_it_is_signed() {
    // As a newer version would leave it: everything agrees, but what it means is not known here.
    for unknown in [r#""v":2}"#, r#""v":2,"why":"new"}"#] {
        let folder = site().copy();
        let mut conn = owner(folder.path());
        let entry = last(&mut conn);
        let newer = fact(&mut conn, entry).replace(r#""v":1}"#, unknown);
        let update =
            format!("UPDATE facts SET fact = {}, leaf_hash = {} WHERE entry = {entry}", quoted(&newer), leaf(&newer));
        conn.batch_execute(&update).expect("changed");
        let keys = lotgate::keys::KeyFolder::in_folder(folder.path());
        let note = checkpoint_over(&mut conn, &keys.signer().expect("the site's key"));
        let update = format!("UPDATE checkpoints SET note = {} WHERE size = {}", quoted(&note), entry + 1);
        conn.batch_execute(&update).expect("changed");
        std::fs::write(folder.path().join("checkpoint"), note).expect("written");
        drop(conn);
        let found = break_in(folder.path());
        assert!(found.starts_with(&format!("fact {entry}: ")) && found.contains("version 2"), "{found}");
        let filter = FactFilter { newest_first: true, limit: 1, ..FactFilter::default() };
        let read = read_once(&sqlite(folder.path()), |view| view.facts(&filter));
        let complaint = read.expect_err("it was read").to_string();
        assert!(complaint.contains(&format!("row {entry}")) && complaint.contains("version 2"), "{complaint}");
    }
}

#[test]
fn a_fact_rewritten_together_with_its_hash_and_its_rows_is_found() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let purity = "SELECT min(entry) AS number FROM facts WHERE kind = 'run_recorded' AND fact LIKE '%97.25%'";
    let entry = number(&mut conn, purity);
    let better = fact(&mut conn, entry).replace("97.25", "99.25");
    let update =
        format!("UPDATE facts SET fact = {}, leaf_hash = {} WHERE entry = {entry}", quoted(&better), leaf(&better));
    conn.batch_execute(&update).expect("changed");
    let rows = format!("WHERE attribute = 'PURITY' AND run = (SELECT run FROM runs WHERE entry = {entry})");
    conn.batch_execute(&format!("UPDATE readings SET value = '99.25' {rows}")).expect("changed");
    drop(conn);
    let found = break_in(folder.path());
    assert!(found.contains("the facts up to here are not those that were signed"), "{found}");
}

#[test]
fn a_fact_cut_out_of_the_middle_is_found() {
    let folder = site().copy();
    owner(folder.path()).batch_execute("DELETE FROM facts WHERE entry = 100").expect("deleted");
    assert_eq!(break_in(folder.path()), "fact 100: it is missing");
}

#[test]
fn two_facts_that_changed_places_are_found() {
    let folder = site().copy();
    let swap = "UPDATE facts SET entry = -1 WHERE entry = 50; UPDATE facts SET entry = 50 WHERE entry = 51; \
                UPDATE facts SET entry = 51 WHERE entry = -1;";
    owner(folder.path()).batch_execute(swap).expect("swapped");
    let found = break_in(folder.path());
    assert!(found.contains("not those that were signed"), "{found}");
}

#[test]
fn a_ledger_shortened_without_a_trace_inside_the_database_is_found_by_the_copy_outside() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let size = number(&mut conn, "SELECT size AS number FROM checkpoints ORDER BY size DESC LIMIT 1 OFFSET 2");
    // The last two batches were a session: no row stands for them, so the rest agrees with itself.
    let cut = format!("DELETE FROM facts WHERE entry >= {size}; DELETE FROM checkpoints WHERE size > {size};");
    conn.batch_execute(&cut).expect("cut");
    drop(conn);
    let found = break_in(folder.path());
    assert!(found.contains("the checkpoint kept outside it covers") && found.contains("the end is missing"), "{found}");
    let refusal = opens(folder.path());
    assert!(refusal.contains("kept outside the database") && refusal.contains("covers"), "{refusal}");
}

#[test]
fn all_checkpoints_removed_is_found_and_the_service_does_not_start() {
    let folder = site().copy();
    owner(folder.path()).batch_execute("DELETE FROM checkpoints").expect("deleted");
    break_in(folder.path());
    std::fs::remove_file(folder.path().join("checkpoint")).expect("removed");
    break_in(folder.path());
    assert!(opens(folder.path()).contains("no signed checkpoint"));
}

#[test]
fn an_older_copy_of_the_database_beside_the_newer_checkpoint_is_refused() {
    let folder = laboratory::folder();
    let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 11);
    let key = lab.app.verifier_key().clone();
    lab.register_ordinary("ana", "AD-1", Some("4")).expect("registered");
    lab.close();
    let older = folder.path().join("older.db");
    std::fs::copy(folder.path().join("lotgate.db"), &older).expect("a backup");
    let lab = open(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    lab.register_ordinary("ana", "AD-2", Some("4")).expect("registered");
    lab.close();
    std::fs::rename(&older, folder.path().join("lotgate.db")).expect("restored");
    let refusal = opens(folder.path());
    assert!(refusal.contains("the ledger is not whole"), "{refusal}");
    let found = verify_folder(folder.path(), &sqlite(folder.path()), &key).expect("readable").expect_err("not noticed");
    assert!(found.what.contains("the end is missing"), "{found:?}");
}

#[test]
fn a_changed_copy_outside_is_found() {
    let folder = site().copy();
    let path = folder.path().join("checkpoint");
    let note = std::fs::read_to_string(&path).expect("a note");
    let size = note.lines().nth(1).expect("the size").to_owned();
    let smaller = note.replacen(&format!("\n{size}\n"), "\n1\n", 1);
    assert_ne!(smaller, note);
    std::fs::write(&path, smaller).expect("written");
    assert!(break_in(folder.path()).starts_with("the checkpoint outside the database"));
    assert!(opens(folder.path()).contains("the ledger is not whole"));
}

#[test]
fn another_key_in_the_folder_is_refused() {
    let (ours, theirs) = (site().copy(), laboratory::folder());
    Laboratory::new(theirs.path(), "2026-01-05T08:00:00Z", 12).close();
    for file in ["site.key", "site.vkey"] {
        let (from, to) = (theirs.path().join("keys").join(file), ours.path().join("keys").join(file));
        std::fs::copy(from, to).expect("copied");
    }
    opens(ours.path());
    // Another site's whole database beside our key is no better.
    let other = laboratory::folder();
    Laboratory::new(other.path(), "2026-01-05T08:00:00Z", 13).close();
    std::fs::copy(other.path().join("lotgate.db"), theirs.path().join("lotgate.db")).expect("copied");
    opens(theirs.path());
}

#[test]
fn a_lot_of_which_the_tables_say_more_than_the_facts_is_not_released() {
    let folder = laboratory::folder();
    let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 14);
    let failing = [("VIABILITY", "79.0"), ("VIABLE_CELLS", "31.2")];
    for (lot, value) in [("AD-1", Some(failing)), ("AD-2", None)] {
        lab.register_ordinary("ana", lot, Some("4")).expect("registered");
        let start = lab.now();
        lab.wait_hours(15 * 24);
        for (assay, readings) in GOOD_PANELS {
            let readings = value.as_ref().filter(|_| assay == "cell-count").map_or(readings, |v| &v[..]);
            lab.record("ana", lot, &entry(assay, readings, Some(start), lab.now()), None).expect("recorded");
        }
    }
    lab.verify_all("ben", "AD-1");
    // The service runs; its database is made to say what nobody recorded.
    let forged =
        "INSERT INTO verifications SELECT run, 'ben', 'Ben 林', entered_at, 'x', entry, '[]' FROM runs WHERE lot = 'AD-2';
                  UPDATE readings SET value = '92.4' WHERE attribute = 'VIABILITY';
                  DELETE FROM records WHERE noun = 'investigation';";
    owner(folder.path()).batch_execute(forged).expect("forged");
    for lot in ["AD-1", "AD-2"] {
        let (found, stored) = lab.app.lot(&lot_number(lot)).expect("a lot");
        let shown = assess(&found, &stored.specification, lab.now()).status;
        assert_eq!(shown, Status::Ready, "{lot}: the forgery deceives the tables");
        let facts = lab.facts();
        let answer = lab.release("fay", &password("fay"), lot, None);
        assert!(matches!(answer, Err(Error::Store(StoreError::LedgerBroken(_)))), "{lot}: {answer:?}");
        assert_eq!(lab.facts(), facts, "{lot}");
    }
}

#[test]
fn the_untouched_copy_opens() {
    let folder = site().copy();
    assert!(open(folder.path()).is_ok());
}
