//! Facts taken away or added behind the service's back, so that the next signature would cover
//! what is left: nothing may be written or started on top of that.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use lotgate::workflow::sign_in::{sign_in, sign_out};

use super::forging::{append_forged, last, opens};
use super::laboratory::{self, Laboratory, password};
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
