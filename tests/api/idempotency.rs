//! `Idempotency-Key`: a repeated request gets the first answer and does nothing again.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::site::Site;

const KEY: &str = "4d5c2f0e-1a7b";

/// Amy records an endotoxin value on L-1 under a key.
fn records(site: &Site, who: &str, key: &str, value: &str) -> Answer {
    let readings = json!({"readings": [{"attribute": "ENDOTOXIN", "value": value, "unit": "EU/mL"}], "tested_at": "2026-06-01T07:00:00Z"});
    let body = site.person(who).run("endotoxin", &[], &readings);
    site.person(who).post_with("/api/v1/lots/L-1/runs", &[("Idempotency-Key", key)], &body)
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_leaves_one_fact() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let before = site.facts_count();
    let first = records(&site, "amy", KEY, "9.9").created();
    site.waits_hours(3);
    assert_eq!(records(&site, "amy", KEY, "9.9").created(), first);
    assert_eq!(site.facts_count(), before + 1);
    // Without the key the same failing value would be a second result.
    assert_ne!(records(&site, "amy", "another", "9.9").created()["run"], first["run"]);
    assert_eq!(site.facts_count(), before + 2);
}

#[test]
fn a_key_used_for_a_different_request_is_refused() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    records(&site, "amy", KEY, "9.9").created();
    let before = site.facts_count();
    records(&site, "amy", KEY, "0.1").refused(409, "idempotency_key_reused").says("Use a new key");
    let body = site.analyst().registration("L-2", &json!({}));
    let key = [("Idempotency-Key", KEY)];
    site.analyst().post_with("/api/v1/lots", &key, &body).refused(409, "idempotency_key_reused");
    site.analyst().registers("L-3").created();
    assert_eq!(site.facts_count(), before + 2);
    site.qa().get("/api/v1/lots/L-2").refused(404, "no_such_lot");
}

#[test]
fn two_persons_equal_keys_have_nothing_to_do_with_each_other() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let amys = records(&site, "amy", KEY, "9.8").created();
    let bens = records(&site, "ben", KEY, "9.9").created();
    assert_ne!(amys["run"], bens["run"]);
    assert_eq!(records(&site, "amy", KEY, "9.8").created(), amys);
    assert_eq!(records(&site, "ben", KEY, "9.9").created(), bens);
}

#[test]
fn every_write_can_be_repeated_under_its_key() {
    let site = Site::start();
    let twice = |who: &str, path: &str, key: &str, body: &Value| {
        let ask = || site.person(who).post_with(path, &[("Idempotency-Key", key)], body).created();
        let first = ask();
        let before = site.facts_count();
        assert_eq!(ask(), first, "{path}");
        assert_eq!(site.facts_count(), before, "{path}");
        first
    };
    let user =
        json!({"username": "dora", "full_name": "Dora Dean", "roles": ["analyst"], "password": "dora's own password"});
    twice("adam", "/api/v1/users", "a", &user);
    let lot = site.analyst().registration("L-1", &json!({}));
    let run = twice("amy", "/api/v1/lots", "a", &lot)["run"].as_i64().expect("a run");
    let correction = json!({"readings": [{"attribute": "PASSAGE", "value": "3"}], "reason": "Read again"});
    twice("amy", &format!("/api/v1/runs/{run}/correction"), "b", &correction);
    twice("ben", &format!("/api/v1/runs/{run}/verification"), "a", &json!({}));
    site.records_all("L-1", &[], &[]);
    site.verifier().verifies_all("L-1");
    let release = json!({"password": site.qa().password(), "meaning": "Released"});
    twice("queen", "/api/v1/lots/L-1/release", "a", &release);
    site.analyst().registers("L-2").created();
    let rejection = json!({"password": site.qa().password(), "reason": "Bag leaks"});
    twice("queen", "/api/v1/lots/L-2/rejection", "b", &rejection);
}

#[test]
fn a_signature_is_checked_again_even_for_a_repeated_request() {
    let site = Site::start();
    site.full_lot("L-1");
    let key = [("Idempotency-Key", KEY)];
    let first = site.qa().releases_with("L-1", &key, &json!({})).created();
    site.qa().releases_with("L-1", &key, &json!({"password": "wrong"})).refused(403, "wrong_password");
    assert_eq!(site.qa().releases_with("L-1", &key, &json!({})).created(), first);
    assert_eq!(site.events("lot_released").len(), 1);
}

#[test]
fn a_refused_request_did_nothing_and_may_be_sent_again_under_its_key() {
    let site = Site::start();
    site.full_lot_without("L-1", &["ENDOTOXIN"]);
    let key = [("Idempotency-Key", KEY)];
    site.qa().releases_with("L-1", &key, &json!({})).refused(409, "not_releasable");
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases_with("L-1", &key, &json!({})).created();
}

#[test]
fn the_order_of_the_fields_is_no_difference() {
    let site = Site::start();
    let key = [("Idempotency-Key", KEY)];
    let send = |text: &str| {
        site.analyst().asks("POST", "/api/v1/lots", &key, Some(("application/json", text.as_bytes().to_vec())))
    };
    let first = r#"{"lot":"L-1","product":"ADMSC-IV","donor":"D-1","manufactured_at":"2026-05-01T00:00:00Z","expires_at":"2026-09-01T00:00:00Z","containers":1}"#;
    let other = r#"{ "containers": 1, "expires_at":"2026-09-01T00:00:00Z","manufactured_at":"2026-05-01T00:00:00Z","donor":"D-1","product":"ADMSC-IV","lot":"L-1" }"#;
    let made = send(first).created();
    assert_eq!(send(other).created(), made);
}

#[test]
fn repeats_that_arrive_together_leave_one_fact() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let before = site.facts_count();
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| records(&site, "amy", KEY, "9.9").created())).collect();
        asked.into_iter().map(|a| a.join().expect("answered")).collect()
    });
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
    assert_eq!(site.facts_count(), before + 1);
}

#[test]
fn a_key_that_cannot_be_kept_is_refused_and_not_ignored() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for key in ["x".repeat(201), "ключ".into()] {
        records(&site, "amy", &key, "9.9").refused(422, "invalid_field").about(&["Idempotency-Key"]);
    }
    assert_eq!(site.events("run_recorded").len(), 1, "only the passage");
}

#[test]
fn what_is_kept_of_a_request_holds_no_password() {
    let site = Site::start();
    site.full_lot("L-1");
    // A struct may also be written as an array in JSON; the password then has no name to be found by.
    let body = json!([site.qa().password(), "Released", null]);
    let answer = site.qa().post_with("/api/v1/lots/L-1/release", &[("Idempotency-Key", KEY)], &body);
    answer.refused(400, "malformed_request");
    for (path, body) in [
        ("/api/v1/session", json!(["amy", "the password of amy"])),
        ("/api/v1/verify", json!([null, "RC-2026-000001"])),
    ] {
        site.stranger().post(path, &body).refused(400, "malformed_request");
    }
}
