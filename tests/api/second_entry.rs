//! Blind second entry of critical values, and resolving what differs.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::{endotoxin, lot, number, page, records, sends};
use crate::person::{blockers, criterion};
use crate::site::Site;

const HIDDEN: &str = "typed again at verification";

fn verifies(site: &Site, run: i64, value: &str) -> Answer {
    let readings = json!([{"attribute": "ENDOTOXIN", "value": value, "unit": "EU/mL"}]);
    site.verifier().post(&format!("/api/v1/runs/{run}/verification"), &json!({"readings": readings}))
}

fn resolves(site: &Site, who: &str, run: i64, value: &str) -> Answer {
    let body = json!({"attribute": "ENDOTOXIN", "value": value, "reason": "The printout says so"});
    site.person(who).post(&format!("/api/v1/runs/{run}/resolution"), &body)
}

fn recorded(site: &Site, value: &str) -> i64 {
    lot(site, "L-1");
    number(&records(site, "L-1", &endotoxin(site, value, &json!({}))))
}

#[test]
fn a_critical_value_is_seen_only_by_who_entered_it_until_it_is_typed_again() {
    let site = Site::start();
    let run = recorded(&site, "0.4321");
    let places = ["/lots/L-1", "/lots", "/lots.csv", "/review", "/lots/L-1/runs/new?assay=endotoxin"];
    let places: Vec<String> = places.iter().map(|p| (*p).to_owned()).chain([format!("/runs/{run}")]).collect();
    let api = ["/api/v1/lots/L-1".to_owned(), "/api/v1/lots".to_owned(), format!("/api/v1/runs/{run}")];
    for who in ["ben", "queen", "olga"] {
        for path in &api {
            let text = site.person(who).get(path).with_status(200).text();
            assert!(!text.contains("0.43"), "{who} reads it in {path}");
        }
        for path in places.iter().filter(|p| who == "ben" || !p.contains("new")) {
            let text = page(&site, who, path).with_status(200).text();
            assert!(!text.contains("0.43"), "{who} reads it in {path}");
        }
    }
    assert!(site.analyst().get(&api[2]).text().contains("0.4321"), "who entered it sees it");
    assert!(page(&site, "amy", "/lots/L-1").text().contains("0.4321"));
    let seen = site.verifier().get(&api[2]).ok();
    assert_eq!(
        (&seen["readings"][0]["value"], &seen["readings"][0]["verdict"]["because"]),
        (&json!(HIDDEN), &json!(HIDDEN))
    );
    verifies(&site, run, "0.43210").created();
    for path in &api {
        assert!(path.ends_with("lots") || site.auditor().get(path).text().contains("0.4321"), "{path}");
    }
}

#[test]
fn a_failing_critical_value_is_not_given_away_by_its_blocker() {
    let site = Site::start();
    let run = recorded(&site, "0.9876");
    let (mine, theirs) = (site.analyst().sees("L-1"), site.verifier().sees("L-1"));
    assert!(blockers(&mine).contains(&"failed"));
    assert!(!blockers(&theirs).contains(&"failed") && blockers(&theirs).contains(&"unverified"), "{theirs}");
    assert_eq!(criterion(&theirs, "ENDOTOXIN")["verdict"]["outcome"], "unverified");
    assert_eq!(mine["dossier_sha256"], theirs["dossier_sha256"], "what is signed does not depend on who looks");
    verifies(&site, run, "0.9876").created();
    assert_eq!(criterion(&site.verifier().sees("L-1"), "ENDOTOXIN")["verdict"]["outcome"], "fail");
}

#[test]
fn the_verifier_types_exactly_the_critical_values() {
    let site = Site::start();
    let run = recorded(&site, "0.1");
    let path = format!("/api/v1/runs/{run}/verification");
    let typed = |readings: Value| site.verifier().post(&path, &json!({"readings": readings}));
    let good = json!({"attribute": "endotoxin", "value": "0.1", "unit": "EU/mL"});
    typed(json!([])).refused(422, "second_entry_required").says("Endotoxin is critical").about(&["readings"]);
    typed(json!([good, good])).refused(422, "repeated_attribute").about(&["readings[1].attribute"]);
    let other = json!({"attribute": "VIABILITY", "value": "99", "unit": "%"});
    typed(json!([good, other]))
        .refused(422, "unknown_attribute")
        .says("ENDOTOXIN only")
        .about(&["readings[1].attribute"]);
    let comma = json!([{"attribute": "ENDOTOXIN", "value": "0,1", "unit": "EU/mL"}]);
    typed(comma).refused(422, "invalid_number").about(&["readings[0].value"]);
    assert!(site.events("discrepancy_found").is_empty());
    typed(json!([good])).created();
}

#[test]
fn a_difference_is_recorded_and_both_people_resolve_it_to_the_second_value() {
    let site = Site::start();
    let run = recorded(&site, "0.2");
    verifies(&site, run, "0.3").refused(409, "second_entry_differs").says("ENDOTOXIN");
    assert!(blockers(&site.qa().sees("L-1")).contains(&"discrepancy"));
    verifies(&site, run, "0.2").refused(409, "second_entry_differs");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.3")], "typo").refused(409, "second_entry_differs").says("resolve");
    let carl = site.has_person("carl", "Carl Cruz", &["analyst"]);
    let body = json!({"attribute": "ENDOTOXIN", "value": "0.3", "reason": "I know"});
    carl.post(&format!("/api/v1/runs/{run}/resolution"), &body).refused(403, "not_concerned").says("Amy Adams and Ben");
    let first = resolves(&site, "amy", run, "0.30").created();
    assert_eq!((&first["agreed"], &first["changes"]), (&Value::Null, &json!([])));
    let second = resolves(&site, "ben", run, "0.3").created();
    assert_eq!((&second["agreed"], &second["changes"][0]["by"]), (&json!("0.30"), &json!("Amy Adams")));
    assert_eq!((&second["changes"][0]["before"], &second["changes"][0]["after"]), (&json!("0.2"), &json!("0.30")));
    resolves(&site, "ben", run, "0.3").refused(422, "unknown_attribute").about(&["attribute"]);
    assert!(!blockers(&site.qa().sees("L-1")).contains(&"discrepancy"));
    verifies(&site, run, "0.3").created();
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert_eq!(seen["readings"][0]["value"], "0.30");
    assert_eq!(seen["discrepancies"][0]["resolutions"].as_array().map(Vec::len), Some(2));
    assert!(site.whole().facts > 0, "the tables are what the facts make of them");
}

#[test]
fn when_the_first_value_was_right_nothing_is_corrected() {
    let site = Site::start();
    let run = recorded(&site, "0.2");
    verifies(&site, run, "0.02").refused(409, "second_entry_differs");
    resolves(&site, "ben", run, "0.02").created();
    resolves(&site, "amy", run, "0.2").created();
    assert!(site.events("run_corrected").is_empty());
    verifies(&site, run, "0.2").refused(409, "second_entry_differs");
    assert_eq!(resolves(&site, "ben", run, "0.2").created()["agreed"], "0.2");
    assert!(site.events("run_corrected").is_empty());
    verifies(&site, run, "0.2").created();
    resolves(&site, "amy", run, "").refused(422, "unknown_attribute");
}

#[test]
fn what_one_says_about_a_difference_must_be_a_value_with_a_reason() {
    let site = Site::start();
    let run = recorded(&site, "0.2");
    verifies(&site, run, "0.3").refused(409, "second_entry_differs");
    resolves(&site, "amy", run, "0,3").refused(422, "invalid_number").about(&["value"]);
    let body = json!({"attribute": "ENDOTOXIN", "value": "0.3", "reason": " "});
    site.analyst()
        .post(&format!("/api/v1/runs/{run}/resolution"), &body)
        .refused(422, "invalid_field")
        .about(&["reason"]);
    site.qa().post(&format!("/api/v1/runs/{run}/resolution"), &body).refused(403, "wrong_role");
    assert!(site.events("discrepancy_resolved").is_empty());
}

#[test]
fn the_pages_carry_the_second_entry_and_the_resolution_from_end_to_end() {
    let site = Site::start();
    let run = recorded(&site, "0.2");
    let hash =
        site.verifier().get(&format!("/api/v1/runs/{run}")).ok()["content_sha256"].as_str().expect("a hash").to_owned();
    let form = page(&site, "ben", &format!("/runs/{run}"));
    assert!(form.text().contains("id=\"again-ENDOTOXIN\"") && form.text().contains(HIDDEN), "{form}");
    let verify = |value: &str, hash: &str| {
        let fields =
            [("confirmed", "yes"), ("content_hash", hash), ("value.ENDOTOXIN", value), ("unit.ENDOTOXIN", "EU/mL")];
        sends(&site, "ben", &format!("/runs/{run}/verification"), &fields)
    };
    let refused = verify("0,3", &hash);
    assert!(refused.status == 422 && refused.text().contains("again-ENDOTOXIN-problem"), "{refused}");
    assert!(refused.text().contains("value=\"0,3\""), "what was typed stays");
    let differs = verify("0.3", &hash);
    assert!(differs.status == 409 && differs.text().contains("Entries that differ"), "{differs}");
    let resolve = |who: &str, value: &str, reason: &str| {
        let fields =
            [("attribute", "ENDOTOXIN"), ("value.ENDOTOXIN", value), ("unit.ENDOTOXIN", "EU/mL"), ("reason", reason)];
        sends(&site, who, &format!("/runs/{run}/resolution"), &fields)
    };
    let empty = resolve("amy", "0.3", "");
    assert!(empty.status == 422 && empty.text().contains("resolve-reason-ENDOTOXIN-problem"), "{empty}");
    assert_eq!(resolve("amy", "0.3", "misread").header("location"), format!("/runs/{run}?done=resolved"));
    assert_eq!(resolve("ben", "0.3", "as printed").header("location"), format!("/runs/{run}?done=agreed"));
    let hash =
        site.verifier().get(&format!("/api/v1/runs/{run}")).ok()["content_sha256"].as_str().expect("a hash").to_owned();
    assert_eq!(verify("0.3", &hash).status, 303);
}

#[test]
fn the_ledger_withholds_from_an_analyst_what_is_to_be_typed_again_and_says_so() {
    let site = Site::start();
    let run = recorded(&site, "0.2");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.7654")], "typo").created();
    let told = site.qa().releases("L-1").refused(409, "not_releasable").detail().to_owned();
    assert!(told.contains("not verified") && !told.contains("0.7654") && !told.contains("0.77"), "{told}");
    let of_lot = |who: &str| site.person(who).get("/api/v1/ledger?lot=L-1&limit=200");
    let facts = of_lot("ben");
    facts.with_status(200);
    let text = facts.text();
    assert!(!text.contains("0.7654") && !text.contains("\"0.2\""), "{text}");
    let entries = facts.json()["entries"].as_array().expect("entries").clone();
    let of = |kind: &str| entries.iter().rfind(|e| e["fact"]["event"]["kind"] == kind).expect("a fact").clone();
    let (entered, corrected, refused) = (of("run_recorded"), of("run_corrected"), of("attempt_refused"));
    assert_eq!(entered["withheld"], json!(["/event/content/readings/0/value", "/salt"]));
    assert_eq!(entered["fact"].get("salt"), None, "or it could be guessed by the leaf hash");
    assert_eq!(corrected["withheld"], json!(["/event/changes/0/before", "/event/changes/0/after", "/salt"]));
    assert_eq!(refused["withheld"], json!(["/event/detail", "/salt"]));
    assert_eq!(of("lot_registered").get("withheld"), None, "what tells nothing is whole");
    // Who entered it, and who verifies nothing, reads the facts as they are.
    for who in ["amy", "queen", "olga", "adam"] {
        let facts = of_lot(who).text();
        assert!(facts.contains("0.7654") && !facts.contains("withheld"), "{who}: {facts}");
    }
    let token = json!({"name": "Reader", "scopes": ["read"], "expires_at": site.hours(1), "password": crate::site::password("ben")});
    let token = site.verifier().post("/api/v1/me/tokens", &token).created();
    let bearer = format!("Bearer {}", token["token"].as_str().expect("a token"));
    let read = site.stranger().asks("GET", "/api/v1/ledger?limit=200", &[("Authorization", &bearer)], None);
    assert!(!read.with_status(200).text().contains("0.7654"), "nor does a program in his name");
    for path in ["/ledger?lot=L-1", "/lots/L-1"] {
        let shown = page(&site, "ben", path).with_status(200).text();
        assert!(!shown.contains("0.7654") && !shown.contains("0.77"), "{path}: {shown}");
    }
    verifies(&site, run, "0.7654").created();
    assert!(of_lot("ben").text().contains("0.7654") && !of_lot("ben").text().contains("withheld"));
    site.whole();
}
