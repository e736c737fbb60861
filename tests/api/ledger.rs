//! `/api/v1/ledger`: every fact in order, and that nobody changed one.

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use serde_json::{Value, json};

use crate::site::Site;

fn kinds(facts: &[Value]) -> Vec<&str> {
    facts.iter().filter_map(|f| f["fact"]["event"]["kind"].as_str()).collect()
}

/// Changes the database behind the service's back, with its triggers out of the way.
fn tampers(site: &Site, sql: &str) {
    let path = site.data.path().join("lotgate.db");
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("the database");
    let triggers: Vec<Name> = diesel::RunQueryDsl::load(
        diesel::sql_query("SELECT name FROM sqlite_master WHERE type = 'trigger'"),
        &mut conn,
    )
    .expect("triggers");
    assert!(!triggers.is_empty(), "triggers guard the facts");
    for trigger in triggers {
        conn.batch_execute(&format!("DROP TRIGGER {}", trigger.name)).expect("dropped");
    }
    conn.batch_execute(sql).expect("tampered");
}

#[derive(diesel::QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[test]
fn a_lots_facts_tell_its_story_in_order() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.analyst().registers("L-2").created();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.2")], "Read again").created();
    site.analyst().verifies(run).refused(403, "own_work");
    site.verifier().verifies(run).created();
    site.qa().releases("L-1").refused(409, "not_releasable");
    site.qa().rejects("L-1", "Bag leaks").created();
    for spelling in ["L-1", "l-1"] {
        let entries = site.auditor().get(&format!("/api/v1/ledger?lot={spelling}")).ok()["entries"]
            .as_array()
            .expect("entries")
            .clone();
        assert_eq!(
            kinds(&entries),
            [
                "lot_registered",
                "run_recorded",
                "run_recorded",
                "run_corrected",
                "attempt_refused",
                "run_verified",
                "attempt_refused",
                "lot_rejected",
            ]
        );
        let numbers: Vec<i64> = entries.iter().filter_map(|e| e["entry"].as_i64()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    }
    assert_eq!(site.auditor().get("/api/v1/ledger?lot=L-3").ok()["entries"], json!([]));
}

#[test]
fn a_fact_says_who_when_and_what_in_one_versioned_form() {
    let site = Site::start();
    site.analyst().registers_with("L-1", &json!({"passage": null})).created();
    let entry = site.facts().pop().expect("a fact");
    let fact = &entry["fact"];
    assert_eq!((&fact["v"], &fact["at"]), (&json!(1), &json!("2026-06-01T08:00:00.000000Z")));
    assert_eq!(fact["by"], json!({"user": "amy", "name": "Amy Adams", "role": "analyst"}));
    assert_eq!(
        fact["event"],
        json!({
            "kind": "lot_registered", "lot": "L-1", "product": "ADMSC-IV", "specification_version": 1, "donor": "D-0031",
            "manufactured_at": "2026-05-12T08:00:00.000000Z", "expires_at": "2026-07-01T08:00:00.000000Z", "containers": 4,
        })
    );
    let salt = fact["salt"].as_str().expect("a salt");
    assert!(salt.len() == 32 && salt.bytes().all(|b| b.is_ascii_hexdigit()));
    let facts = site.facts();
    let salts: std::collections::BTreeSet<&str> = facts.iter().filter_map(|f| f["fact"]["salt"].as_str()).collect();
    assert_eq!(salts.len(), facts.len(), "no salt twice");
}

#[test]
fn the_first_facts_are_the_site_its_specification_and_its_accounts() {
    let site = Site::start();
    let facts = site.facts();
    assert_eq!(kinds(&facts)[..3], ["site_created", "specification_installed", "user_created"]);
    assert_eq!(facts[0]["entry"], 0);
    assert_eq!(facts[0]["fact"]["event"]["name"], "Test Laboratory");
    assert!(facts[0]["fact"]["event"]["verifier_key"].as_str().expect("a key").starts_with("lots.example.org/test+"));
}

#[test]
fn pages_of_the_ledger_leave_nothing_out() {
    let site = Site::start();
    site.full_lot("L-1");
    let all = site.facts();
    for (limit, lot) in [(1, ""), (3, ""), (7, "L-1"), (200, "L-1")] {
        let (mut entries, mut after, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = site.auditor().get(&format!("/api/v1/ledger?limit={limit}&lot={lot}&after={after}")).ok();
            entries.extend(page["entries"].as_array().expect("entries").iter().cloned());
            pages += 1;
            match page["next_after"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
        let wanted = all.iter().filter(|f| lot.is_empty() || f["fact"]["event"]["lot"] == lot).count();
        assert_eq!(entries.len(), wanted, "limit {limit}");
        assert_eq!(pages, wanted.div_ceil(limit), "no empty page at the end");
    }
    assert_eq!(site.auditor().get("/api/v1/ledger?after=9223372036854775807").ok()["entries"], json!([]));
    let from_one = site.auditor().get("/api/v1/ledger?after=0&limit=1").ok();
    assert_eq!(from_one["entries"][0]["entry"], 1, "only entries with a greater number");
}

#[test]
fn a_question_to_the_ledger_that_makes_no_sense_is_refused() {
    let site = Site::start();
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=-5", "limit"),
        ("limit=201", "limit"),
        ("after=-1", "after"),
        ("after=last", "after"),
        ("after=9223372036854775808", "after"),
        ("lot=a%20b", "lot"),
        ("lot=%00", "lot"),
        ("lot=%E6%82%A3", "lot"),
    ] {
        site.auditor().get(&format!("/api/v1/ledger?{query}")).refused(422, "invalid_field").about(&[field]);
    }
    site.auditor().get("/api/v1/ledger?limit=1&limit=2").refused(400, "malformed_request");
}

#[test]
fn a_whole_ledger_says_so_with_a_signed_checkpoint() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    let whole = site.auditor().get("/api/v1/ledger/verify").ok();
    let facts = site.facts().len();
    assert_eq!(
        (&whole["whole"], &whole["facts"], &whole["place"], &whole["what"]),
        (&json!(true), &json!(facts), &Value::Null, &Value::Null)
    );
    assert_eq!(whole["documents"], 2, "the record and the PDF");
    let note = whole["checkpoint"].as_str().expect("a checkpoint");
    assert!(note.starts_with(&format!("lots.example.org/test\n{facts}\n")), "{note}");
    assert!(note.contains("\n— lots.example.org/test "), "signed: {note}");
    let key = whole["verifier_key"].as_str().expect("a key");
    assert_eq!(site.facts()[0]["fact"]["event"]["verifier_key"], key);
}

#[test]
fn each_write_moves_the_root() {
    let site = Site::start();
    let root = || site.auditor().get("/api/v1/ledger/verify").ok()["root"].as_str().expect("a root").to_owned();
    let first = root();
    assert_eq!(root(), first, "reading moves nothing");
    site.analyst().registers("L-1").created();
    assert_ne!(root(), first);
}

#[test]
fn a_fact_changed_in_the_database_is_found_with_its_place() {
    let site = Site::start();
    site.full_lot("L-1");
    let entry = site.facts().iter().position(|f| f.to_string().contains("98.7")).expect("CD105's fact");
    tampers(&site, &format!("UPDATE facts SET fact = replace(fact, '98.7', '98.8') WHERE entry = {entry}"));
    let found = site.auditor().get("/api/v1/ledger/verify").ok();
    assert_eq!(found["whole"], false);
    assert!(found["place"].as_str().expect("a place").contains(&entry.to_string()), "{found}");
    assert!(found["what"].as_str().expect("a sentence").len() > 10);
}

#[test]
fn facts_removed_from_the_database_are_missed() {
    for sql in [
        "DELETE FROM facts WHERE entry = 5",
        "DELETE FROM facts WHERE entry > (SELECT max(entry) - 3 FROM facts)",
        "DELETE FROM facts WHERE entry > 20; DELETE FROM checkpoints WHERE size > 21; DELETE FROM tree_nodes",
    ] {
        let site = Site::start();
        site.full_lot("L-1");
        tampers(&site, sql);
        let found = site.auditor().get("/api/v1/ledger/verify").ok();
        assert_eq!(found["whole"], false, "{sql}: {found}");
    }
}

#[test]
fn a_checkpoint_missing_beside_the_database_is_found_and_stays_missing() {
    let site = Site::start();
    let checkpoint = site.data.path().join("checkpoint");
    assert!(checkpoint.exists());
    std::fs::remove_file(&checkpoint).expect("removed");
    for lot in ["L-1", "L-2"] {
        let found = site.auditor().get("/api/v1/ledger/verify").ok();
        assert_eq!((&found["whole"], &found["place"]), (&json!(false), &json!("the checkpoint outside the database")));
        site.analyst().registers(lot).created();
        assert!(!checkpoint.exists(), "{lot}: a write made it anew");
    }
}

#[test]
fn rows_that_no_longer_say_what_the_facts_say_are_found() {
    for sql in [
        "UPDATE readings SET value = '97.99' WHERE attribute = 'PURITY'",
        "UPDATE lots SET expires_at = '2036-06-01T00:00:00.000000Z'",
        "DELETE FROM changes; DELETE FROM verifications WHERE run = 1",
        "UPDATE documents SET content = x'00' WHERE media_type = 'application/pdf'",
    ] {
        let site = Site::start();
        site.full_lot("L-1");
        site.qa().releases("L-1").created();
        tampers(&site, sql);
        let found = site.auditor().get("/api/v1/ledger/verify").ok();
        assert_eq!(found["whole"], false, "{sql}: {found}");
    }
}
