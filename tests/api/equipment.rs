//! Instruments, reagents and the site's policy: what an unfit one does to a run.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::{endotoxin, lot, number, page, records};
use crate::site::{Site, password};

fn instrument(site: &Site, code: &str) -> Answer {
    site.analyst().post("/api/v1/instruments", &json!({"code": code, "name": "Plate reader"}))
}

fn calibration(site: &Site, code: &str, from: i64, until: i64) -> Answer {
    let body = json!({"valid_from": site.hours(from), "valid_until": site.hours(until), "reference": "CAL-2026-7"});
    site.qa().post(&format!("/api/v1/instruments/{code}/calibration"), &body)
}

fn reagent(site: &Site, code: &str, expires: i64) -> Answer {
    let body =
        json!({"code": code, "name": "LAL cartridges", "supplier_lot": "L77", "expires_at": site.hours(expires)});
    site.analyst().post("/api/v1/reagents", &body)
}

fn policy(site: &Site, who: &str, instrument: &str, reagent: &str) -> Answer {
    let body = json!({"uncalibrated_instrument": instrument, "expired_reagent": reagent, "password": password(who)});
    let bytes = body.to_string().into_bytes();
    site.person(who).asks("PUT", "/api/v1/site/policy", &[], Some(("application/json", bytes)))
}

#[test]
fn an_instrument_must_have_been_calibrated_at_the_moment_of_the_test() {
    let site = Site::start();
    lot(&site, "L-1");
    assert_eq!(instrument(&site, "pr-1").created()["unfit"].as_str().map(|t| t.contains("no valid")), Some(true));
    let run = |at: i64| {
        records(&site, "L-1", &endotoxin(&site, "0.1", &json!({"instrument": "pr-1", "tested_at": site.hours(at)})))
    };
    run(-1)
        .refused(422, "equipment_unfit")
        .says("had no valid calibration on 2026-06-01 07:00 UTC")
        .about(&["instrument"]);
    calibration(&site, "PR-1", -100, -50).created();
    run(-1).refused(422, "equipment_unfit").says("it was valid until 2026-05-30 06:00 UTC");
    run(-50).refused(422, "equipment_unfit");
    let recorded = run(-51).created();
    assert_eq!(recorded["flags"], json!([]));
    // What nobody registered is free text.
    records(&site, "L-1", &endotoxin(&site, "0.9", &json!({"instrument": "the old reader in room 4"}))).created();
}

#[test]
fn an_expired_reagent_is_refused_and_an_unknown_one_is_not_found() {
    let site = Site::start();
    lot(&site, "L-1");
    reagent(&site, "R-1", -1).created();
    reagent(&site, "R-2", 100).created();
    let run = |codes: Value| records(&site, "L-1", &endotoxin(&site, "0.1", &json!({"reagents": codes})));
    run(json!(["R-2", "r-1"]))
        .refused(422, "equipment_unfit")
        .says("had expired on 2026-06-01 07:00 UTC")
        .about(&["reagents"]);
    run(json!(["R-9"])).refused(404, "no_such_equipment").says("no reagent R-9").about(&["reagents"]);
    let made = number(&run(json!(["r-2"])));
    assert_eq!(site.auditor().get(&format!("/api/v1/runs/{made}")).ok()["reagents"], json!(["R-2"]));
}

#[test]
fn a_site_that_flags_records_the_run_and_shows_the_flag_everywhere_without_blocking() {
    let site = Site::start();
    lot(&site, "L-1");
    let there = site.auditor().get("/api/v1/site/policy").ok();
    assert_eq!((&there["uncalibrated_instrument"], &there["expired_reagent"]), (&json!("refuse"), &json!("refuse")));
    instrument(&site, "PR-1").created();
    reagent(&site, "R-1", -48).created();
    policy(&site, "queen", "flag", "flag").ok();
    let body = endotoxin(&site, "0.1", &json!({"instrument": "PR-1", "reagents": ["R-1"]}));
    let preview = site.analyst().post("/api/v1/lots/L-1/runs/preview", &body).ok();
    assert_eq!(preview["flags"].as_array().map(Vec::len), Some(2), "the preview says so before it is recorded");
    let run = number(&records(&site, "L-1", &body));
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    let flags = seen["flags"].as_array().expect("flags").clone();
    assert!(flags[0].as_str().is_some_and(|f| f.contains("PR-1") && f.contains("no valid calibration")), "{flags:?}");
    assert!(flags[1].as_str().is_some_and(|f| f.contains("R-1") && f.contains("had expired")), "{flags:?}");
    let lot = site.qa().sees("L-1");
    assert_eq!(lot["equipment_flags"].as_array().map(Vec::len), Some(2));
    let codes: Vec<&Value> = lot["blockers"].as_array().expect("blockers").iter().map(|b| &b["code"]).collect();
    assert!(codes.iter().all(|c| **c == "missing" || **c == "unverified"), "{codes:?}");
    for path in ["/lots/L-1".to_owned(), format!("/runs/{run}")] {
        assert!(page(&site, "queen", &path).text().contains("no valid calibration"), "{path}");
    }
    policy(&site, "queen", "refuse", "flag").ok();
    records(&site, "L-1", &endotoxin(&site, "0.9", &json!({"instrument": "PR-1"}))).refused(422, "equipment_unfit");
    assert!(site.whole().facts > 0);
}

#[test]
fn codes_are_given_once_and_what_cannot_be_is_refused_with_its_field() {
    let site = Site::start();
    instrument(&site, "EQ-1").created();
    instrument(&site, "eq-1").refused(409, "equipment_exists").says("instrument EQ-1").about(&["code"]);
    reagent(&site, "EQ-1", 10).refused(409, "equipment_exists").about(&["code"]);
    instrument(&site, "").refused(422, "invalid_field").about(&["code"]);
    calibration(&site, "EQ-2", 0, 10).refused(404, "no_such_equipment").says("EQ-2");
    calibration(&site, "EQ-1", 10, 10).refused(422, "invalid_field").about(&["valid_until"]);
    policy(&site, "queen", "ignore", "")
        .refused(422, "invalid_field")
        .about(&["uncalibrated_instrument", "expired_reagent"]);
    policy(&site, "amy", "flag", "flag").refused(403, "wrong_role").says("Only a QA officer may set the site's policy");
    let body = json!({"code": "EQ-3", "name": "Reader"});
    site.auditor()
        .post("/api/v1/instruments", &body)
        .refused(403, "wrong_role")
        .says("Only an analyst or a QA officer may register equipment. Your role: auditor.");
    let list = site.auditor().get("/api/v1/instruments").ok();
    assert_eq!(list["instruments"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_run_of_a_criterion_that_needs_evidence_names_a_file() {
    let site = Site::start();
    lot(&site, "L-1");
    let body = json!({"assay": "karyotype", "method": "SOP-4 v1", "tested_at": site.hours(-1),
        "readings": [{"attribute": "KARYOTYPE", "value": "46,XY"}]});
    records(&site, "L-1", &body).refused(422, "evidence_required").says("Karyotype").about(&["evidence"]);
}
