//! Enter, verify, release: three people for each lot, whatever roles they hold.

use serde_json::{Value, json};

use crate::person::criterion;
use crate::site::Site;

/// The run that decides an attribute.
fn run_of(site: &Site, lot: &str, attribute: &str) -> i64 {
    criterion(&site.qa().sees(lot), attribute)["run"].as_i64().expect("a run")
}

fn last_refusal(site: &Site) -> Value {
    site.events("attempt_refused").pop().expect("a refused attempt")
}

#[test]
fn nobody_verifies_their_own_work_and_the_attempt_is_a_fact() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run = run_of(&site, "L-1", "PASSAGE");
    let refused = site.analyst().verifies(run).refused(403, "own_work");
    refused.says("somebody else must verify it");
    let fact = site.facts().pop().expect("a fact")["fact"].clone();
    assert_eq!(fact["by"], json!({"user": "amy", "name": "Amy Adams", "role": "analyst"}));
    let event = json!({
        "kind": "attempt_refused", "act": "verification", "lot": "L-1", "run": run, "code": "own_work", "detail": refused.detail(),
    });
    assert_eq!(fact["event"], event);
    site.verifier().verifies(run).created();
}

#[test]
fn who_registered_a_lot_verifies_none_of_its_runs() {
    let site = Site::start();
    site.verifier().registers_with("L-1", &json!({"passage": null})).created();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64().expect("a run");
    site.verifier().verifies(run).refused(403, "own_work");
}

#[test]
fn who_entered_one_run_of_a_lot_verifies_none_of_it() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.verifier().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies(run_of(&site, "L-1", "PASSAGE")).refused(403, "own_work");
    let blockers = site.qa().sees("L-1")["blockers"].clone();
    let unverified =
        blockers.as_array().expect("blockers").iter().find(|b| b["code"] == "unverified").expect("unverified");
    let who = unverified["who"].as_str().expect("who");
    assert!(who.contains("Amy Adams") && who.contains("Ben Łukasz 患者"), "{who}");
    site.has_person("cole", "Cora Cole", &["analyst"]).verifies_all("L-1");
}

#[test]
fn who_corrected_a_value_has_entered_it() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64().expect("a run");
    site.verifier().corrects(run, &[("ENDOTOXIN", "0.2")], "Read again").created();
    site.verifier().verifies(run).refused(403, "own_work");
}

#[test]
fn who_verified_something_of_a_lot_enters_nothing_of_it() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run =
        site.analyst().records("L-1", "cell-count", &[("VIABILITY", "92.4")]).created()["run"].as_i64().expect("a run");
    site.verifier().verifies(run_of(&site, "L-1", "PASSAGE")).created();
    let refused = site.verifier().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).refused(403, "own_work");
    refused.says("two people's work");
    site.verifier().corrects(run, &[("VIABILITY", "93.4")], "Read again").refused(403, "own_work");
    let body = site.verifier().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({}));
    site.verifier().post("/api/v1/lots/L-1/runs/preview", &body).refused(403, "own_work");
    site.analyst().registers("L-2").created();
    site.verifier().records("L-2", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
}

#[test]
fn a_person_who_is_analyst_and_qa_does_only_one_of_the_three_for_a_lot() {
    let site = Site::start();
    let dora = site.has_person("dora", "Dora Dean", &["analyst", "qa"]);
    // She enters: she neither verifies nor releases.
    dora.registers("ENTERED").created();
    site.records_all("ENTERED", &[], &[]);
    dora.verifies(run_of(&site, "ENTERED", "CD105")).refused(403, "own_work");
    site.verifier().verifies_all("ENTERED");
    dora.releases("ENTERED").refused(403, "own_work").says("You entered data of lot ENTERED");
    site.qa().releases("ENTERED").created();
    // She verifies: she does not release.
    site.analyst().registers("VERIFIED").created();
    site.records_all("VERIFIED", &[], &[]);
    dora.verifies(run_of(&site, "VERIFIED", "CD105")).created();
    site.verifier().verifies_all("VERIFIED");
    dora.releases("VERIFIED").refused(403, "own_work").says("You verified data of lot VERIFIED");
    assert_eq!(last_refusal(&site)["act"], "release");
    site.qa().releases("VERIFIED").created();
    // She did nothing before: she releases, as QA.
    site.full_lot("RELEASED");
    dora.releases("RELEASED").created();
    let fact = site.facts().pop().expect("a fact")["fact"].clone();
    assert_eq!(fact["by"], json!({"user": "dora", "name": "Dora Dean", "role": "qa"}));
}

#[test]
fn one_invalid_run_entered_is_enough_not_to_release() {
    let site = Site::start();
    let dora = site.has_person("dora", "Dora Dean", &["analyst", "qa"]);
    site.full_lot_without("L-1", &["ADIPOGENIC"]);
    let stained = json!({"controls": [{"name": "uninduced", "value": "Positive"}]});
    dora.records_with("L-1", "differentiation", &[("ADIPOGENIC", "Positive")], &stained).created();
    site.analyst().records("L-1", "differentiation", &[("ADIPOGENIC", "Positive")]).created();
    site.verifier().verifies_all("L-1");
    dora.releases("L-1").refused(403, "own_work");
    site.qa().releases("L-1").created();
}

#[test]
fn an_auditor_reads_everything_and_writes_nothing() {
    let site = Site::start();
    site.full_lot("L-1");
    let number = site.qa().releases("L-1").created()["certificate"].as_str().expect("a number").to_owned();
    for path in [
        "/api/v1/me",
        "/api/v1/specifications",
        "/api/v1/specifications/ADMSC-IV/1",
        "/api/v1/lots",
        "/api/v1/lots/L-1",
        "/api/v1/runs/1",
        "/api/v1/certificates",
        "/api/v1/ledger",
        "/api/v1/ledger/verify",
    ] {
        site.auditor().get(path).ok();
    }
    site.auditor().get(&format!("/api/v1/certificates/{number}/pdf")).with_status(200);
}

#[test]
fn neither_auditor_nor_admin_does_a_gmp_act() {
    let site = Site::start();
    site.full_lot("READY");
    site.analyst().registers("OPEN").created();
    let run = run_of(&site, "OPEN", "PASSAGE");
    for nobody in [site.auditor(), site.admin()] {
        let before = site.facts_count();
        nobody.registers("L-9").refused(403, "wrong_role").says("Only an analyst may register a lot");
        nobody
            .records("OPEN", "endotoxin", &[("ENDOTOXIN", "0.1")])
            .refused(403, "wrong_role")
            .says("may record results");
        nobody.corrects(run, &[("PASSAGE", "3")], "Mine").refused(403, "wrong_role");
        assert_eq!(site.facts_count(), before);
        nobody.verifies(run).refused(403, "wrong_role").says("may verify a run");
        nobody.releases("READY").refused(403, "wrong_role").says("Only a QA officer may release a lot");
        nobody.rejects("OPEN", "Mine").refused(403, "wrong_role").says("Only a QA officer may reject a lot");
        assert_eq!(site.facts_count(), before + 3, "attempts at a lot's decision are facts");
    }
    site.auditor().get("/api/v1/users").refused(403, "wrong_role").says("Only an admin may keep accounts");
    let acts: Vec<Value> =
        site.events("attempt_refused").iter().map(|e| json!([e["act"], e["lot"], e["code"]])).collect();
    assert_eq!(
        acts[..3],
        [
            json!(["verification", "OPEN", "wrong_role"]),
            json!(["release", "READY", "wrong_role"]),
            json!(["rejection", "OPEN", "wrong_role"]),
        ]
    );
    assert_eq!(site.qa().sees("READY")["status"], "ready");
}

#[test]
fn an_analyst_does_not_decide_and_qa_does_not_measure() {
    let site = Site::start();
    site.full_lot("READY");
    site.analyst().releases("READY").refused(403, "wrong_role").says("Your role: analyst");
    site.verifier().rejects("READY", "Mine").refused(403, "wrong_role");
    site.qa().registers("L-9").refused(403, "wrong_role");
    site.qa().records("READY", "endotoxin", &[("ENDOTOXIN", "9")]).refused(403, "wrong_role");
    site.qa().verifies(1).refused(403, "wrong_role");
    let user =
        json!({"username": "dora", "full_name": "Dora Dean", "roles": ["qa"], "password": "dora's own password"});
    site.qa().post("/api/v1/users", &user).refused(403, "wrong_role");
}

#[test]
fn a_wrong_role_is_refused_before_the_body_is_looked_at() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for path in ["/api/v1/lots", "/api/v1/lots/L-1/runs", "/api/v1/lots/L-1/release", "/api/v1/users"] {
        let nonsense = Some(("application/json", b"{nonsense".to_vec()));
        site.auditor().asks("POST", path, &[], nonsense).refused(403, "wrong_role");
        site.stranger().asks("POST", path, &[], Some(("text/plain", b"x".to_vec()))).refused(401, "not_signed_in");
    }
}

#[test]
fn an_attempt_on_a_lot_that_is_not_there_is_no_fact() {
    let site = Site::start();
    let before = site.facts_count();
    site.analyst().releases("NOWHERE").refused(403, "wrong_role");
    site.qa().releases("NOWHERE").refused(404, "no_such_lot");
    site.analyst().verifies(77).refused(404, "no_such_run");
    assert_eq!(site.facts_count(), before);
}
