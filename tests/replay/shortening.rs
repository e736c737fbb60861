//! Facts taken away or added behind the service's back, and the checkpoint outside the database
//! taken away with them, so that the next signature would cover what is left: nothing may be
//! written or started on top of that.

use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use lotgate::keys::KeyFolder;
use lotgate::ledger::{Checkpoint, empty_root};
use lotgate::workflow::sign_in::{sign_in, sign_out};

use super::forging::{append_forged, fact, last, leaf, open, opens, quoted};
use super::laboratory::{self, Laboratory, password, sqlite, verify_folder};
use super::tampering::{number, owner};

/// A site whose newest two facts are a session: no row stands for them, so that without them the
/// rest still agrees with itself.
fn lab(data: &Path) -> Laboratory {
    let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", 21);
    lab.register_ordinary("ana", "AD-1", Some("4")).expect("registered");
    let session = sign_in(&lab.app, "hal", &password("hal")).expect("signed in");
    sign_out(&lab.app, &session.user, &session.token).expect("signed out");
    lab
}

/// Takes the newest two facts away, with the checkpoints that cover them.
fn shorten(conn: &mut SqliteConnection) {
    let size = number(conn, "SELECT size AS number FROM checkpoints ORDER BY size DESC LIMIT 1 OFFSET 2");
    assert_eq!(size, last(conn) - 1);
    let cut = format!("DELETE FROM facts WHERE entry >= {size}; DELETE FROM checkpoints WHERE size > {size};");
    conn.batch_execute(&cut).expect("cut");
}

/// What `lotgate ledger verify` says is wrong.
fn break_in(data: &Path) -> String {
    let key = KeyFolder::in_folder(data).verifier_key().expect("a key");
    let found = verify_folder(data, &sqlite(data), &key).expect("readable").expect_err("not noticed");
    format!("{}: {}", found.place, found.what)
}

/// The checkpoint that is laid down before a site has a fact.
fn first_checkpoint(data: &Path) -> String {
    let signer = KeyFolder::in_folder(data).signer().expect("a key");
    let origin = signer.verifier_key().name().as_str();
    Checkpoint::new(origin, 0, empty_root()).and_then(|c| c.sign(&signer)).expect("signed")
}

/// Tries to write twice: a refusal must not be forgotten by the next attempt.
fn writes_are_refused(lab: &Laboratory) {
    let facts = lab.facts();
    for lot in ["AD-2", "AD-3"] {
        assert!(lab.register_ordinary("ana", lot, Some("4")).is_err(), "{lot} was written");
    }
    assert_eq!(lab.facts(), facts);
}

#[test]
fn facts_taken_away_while_the_service_runs_are_not_written_over() {
    let folder = laboratory::folder();
    let lab = lab(folder.path());
    shorten(&mut owner(folder.path()));
    writes_are_refused(&lab);
    let found = lab.app.verify_ledger().expect("readable").expect_err("not noticed");
    assert!(found.what.contains("the end is missing"), "{found:?}");
    lab.close();
    assert!(opens(folder.path()).contains("kept outside the database: covers"));
}

#[test]
fn a_fact_that_nobody_signed_is_signed_by_no_later_write_and_no_start() {
    let folder = laboratory::folder();
    let lab = lab(folder.path());
    let mut conn = owner(folder.path());
    append_forged(&mut conn);
    let forged = last(&mut conn);
    drop(conn);
    writes_are_refused(&lab);
    lab.close();
    let refusal = opens(folder.path());
    assert!(refusal.contains(&format!("no signed checkpoint covers fact {forged}")), "{refusal}");
}

#[test]
fn a_ledger_shortened_together_with_its_checkpoint_outside_is_found_and_never_written_on() {
    let folder = laboratory::folder();
    lab(folder.path()).close();
    shorten(&mut owner(folder.path()));
    let checkpoint = folder.path().join("checkpoint");
    fs::remove_file(&checkpoint).expect("removed");
    assert!(break_in(folder.path()).starts_with("the checkpoint outside the database: the file is missing"));
    // Twice: the first refusal must not lay down what the second start would be content with.
    for _ in 0..2 {
        let refusal = opens(folder.path());
        assert!(refusal.contains("checkpoint is missing") && refusal.contains("ledger adopt"), "{refusal}");
    }
    assert!(!checkpoint.exists());
}

#[test]
fn all_facts_removed_with_the_checkpoint_outside_do_not_make_a_new_site_of_the_same_key() {
    let folder = laboratory::folder();
    lab(folder.path()).close();
    for file in ["lotgate.db", "checkpoint"] {
        fs::remove_file(folder.path().join(file)).expect("removed");
    }
    for _ in 0..2 {
        let refusal = opens(folder.path());
        assert!(refusal.contains("checkpoint is missing, and the database holds 0 facts"), "{refusal}");
    }
    // What that refusal says to do where nothing was ever recorded.
    fs::remove_dir_all(folder.path().join("keys")).expect("removed");
    assert!(open(folder.path()).is_ok());
}

#[test]
fn a_checkpoint_that_vanishes_while_the_service_runs_is_missed_and_not_made_anew() {
    let folder = laboratory::folder();
    let lab = lab(folder.path());
    let checkpoint = folder.path().join("checkpoint");
    let kept = fs::read(&checkpoint).expect("a checkpoint");
    fs::remove_file(&checkpoint).expect("removed");
    for lot in ["AD-2", "AD-3"] {
        let found = lab.app.verify_ledger().expect("readable").expect_err("not noticed");
        assert!(found.what.contains("the file is missing"), "{found:?}");
        lab.register_ordinary("ana", lot, Some("4")).expect("what somebody did is not lost for that");
        assert!(!checkpoint.exists(), "{lot}: a write made it anew");
    }
    let facts = lab.facts();
    lab.close();
    assert!(opens(folder.path()).contains(&format!("checkpoint is missing, and the database holds {facts} facts")));
    // Whoever has a copy puts it back: older is enough, and the next write goes on from there.
    fs::write(&checkpoint, &kept).expect("put back");
    let lab = open(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    lab.app.verify_ledger().expect("readable").expect("whole");
    lab.register_ordinary("ana", "AD-4", Some("4")).expect("registered");
    assert_eq!(fs::read_to_string(&checkpoint).ok(), lab.app.checkpoint().expect("readable"));
}

#[test]
fn a_first_start_that_was_interrupted_goes_on_whether_its_facts_were_committed_or_not() {
    let folder = laboratory::folder();
    lab(folder.path()).close();
    let checkpoint = folder.path().join("checkpoint");
    // Committed, and stopped before the file followed.
    fs::write(&checkpoint, first_checkpoint(folder.path())).expect("written");
    let lab = open(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    lab.app.verify_ledger().expect("readable").expect("whole");
    lab.close();
    let mut conn = owner(folder.path());
    let zero = first_checkpoint(folder.path());
    conn.batch_execute(&format!("INSERT INTO checkpoints VALUES (0, '{zero}')")).expect("inserted");
    let end = last(&mut conn);
    let forged = fact(&mut conn, end).replace("\"hal\"", "\"fay\"");
    let rewritten = format!("fact = {}, leaf_hash = {}", quoted(&forged), leaf(&forged));
    conn.batch_execute(&format!("UPDATE facts SET {rewritten} WHERE entry = {end}")).expect("changed");
    drop(conn);
    let found = break_in(folder.path());
    assert!(found.contains("not those that were signed"), "a checkpoint over nothing hid a change: {found}");
    // Stopped before anything was committed.
    fs::remove_file(folder.path().join("lotgate.db")).expect("removed");
    let lab = open(folder.path()).unwrap_or_else(|e| panic!("{e}"));
    lab.app.verify_ledger().expect("readable").expect("whole");
    assert_eq!(fs::read_to_string(&checkpoint).ok(), lab.app.checkpoint().expect("readable"));
}
