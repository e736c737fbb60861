//! What comes up after a decision, and who may no longer sign: what left under a notice or a
//! supply stops when something speaks against it, and a person counts once for ever.

use serde_json::{Value, json};

use crate::containers::ships;
use crate::person::{criterion, with};
use crate::routes_of_decision::{conditional, long_route, policy, reads_sterility, signs};
use crate::site::{Site, moment, password};
use crate::supersession::replaces;
use crate::supplies::{failing, request};

const GROWTH: [(&str, &str); 1] = [("STERILITY_AEROBIC", "Growth")];

/// The run that answers a criterion.
fn run_of(site: &Site, lot: &str, attribute: &str) -> i64 {
    criterion(&site.auditor().sees(lot), attribute)["run"].as_i64().expect("a run")
}

/// Queen assesses and closes a deviation.
fn closes(site: &Site, deviation: &str) {
    let body = json!({"assessment": "The physician was told", "password": password("queen")});
    site.qa().post(&format!("/api/v1/deviations/{deviation}/closure"), &body).created();
}

#[test]
fn under_a_notice_nothing_leaves_while_anything_but_what_is_awaited_is_open() {
    let site = Site::start();
    let started = conditional(&site, "L-1");
    ships(&site, "L-1", &[1]).created();
    let run = run_of(&site, "L-1", "VIABILITY");
    site.analyst().corrects(run, &[("VIABILITY", "93.1")], "Misread").created();
    ships(&site, "L-1", &[2]).refused(409, "not_shippable").says(&format!("Run #{run} (Cell count) is not verified"));
    site.verifier().verifies(run).created();
    ships(&site, "L-1", &[2]).created();
    reads_sterility(&site, "L-1", "Turbid", &started).created();
    ships(&site, "L-1", &[3]).refused(409, "not_shippable").says("Sterility was read “Turbid”");
    site.verifier().verifies_all("L-1");
    ships(&site, "L-1", &[3]).refused(409, "not_shippable").says("waits until that test is over");
    site.whole();
}

#[test]
fn what_fails_after_a_supply_holds_what_is_left_until_it_is_assessed() {
    let site = Site::start();
    failing(&site);
    site.qp().post("/api/v1/lots/L-1/supply", &with(request(&site, "pablo"), &json!({"containers": [1, 2]}))).created();
    ships(&site, "L-1", &[1]).created();
    site.waits_hours(1);
    site.analyst().records_with("L-1", "sterility", &GROWTH, &json!({"started_at": site.hours(-20)})).created();
    let held = site.events("deviation_opened").pop().expect("a hold");
    assert_eq!((&held["lot"], &held["sort"]), (&json!("L-1"), &json!("hold")));
    assert!(held["impact"].as_str().is_some_and(|i| i.contains("Tell at once: Dr Lin")), "{held}");
    assert!(site.events("alert_raised").iter().any(|a| a["lot"] == "L-1"));
    ships(&site, "L-1", &[2]).refused(409, "not_shippable").says("DEV-2026-0001 was opened after the physician");
    closes(&site, "DEV-2026-0001");
    ships(&site, "L-1", &[2]).created();
    site.whole();
}

#[test]
fn a_lot_that_was_rejected_and_supplied_takes_a_failing_result_and_nothing_else() {
    let site = Site::start();
    failing(&site);
    site.qa().rejects("L-1", "Viability").created();
    let growth = || site.analyst().records_with("L-1", "sterility", &GROWTH, &json!({"started_at": site.hours(-20)}));
    growth().refused(409, "lot_closed");
    site.qp().post("/api/v1/lots/L-1/supply", &request(&site, "pablo")).created();
    site.waits_hours(1);
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).refused(409, "lot_closed");
    growth().created();
    assert_eq!(site.events("deviation_opened").len(), 1);
    let run = site.events("run_recorded").pop().expect("a run")["run"].as_i64().expect("a number");
    site.verifier().verifies(run).created();
    assert_eq!(site.events("investigation_opened").pop().map(|e| e["run"].clone()), Some(json!(run)));
    let refused = site.qa().releases("L-1");
    refused.refused(409, "lot_closed");
    assert_eq!(site.auditor().sees("L-1")["status"], "supplied_out_of_specification");
    site.whole();
}

#[test]
fn a_lot_that_was_rejected_and_supplied_is_a_sister_of_a_revoked_one() {
    let site = Site::start();
    for lot in ["L-1", "L-2", "L-3"] {
        site.full_lot(lot);
    }
    site.qa().rejects("L-1", "The bag leaks").created();
    site.qa().rejects("L-3", "The bag leaks").created();
    site.qa().post("/api/v1/lots/L-1/supply", &request(&site, "queen")).created();
    site.qa().releases("L-2").created();
    site.analyst().records_with("L-2", "sterility", &GROWTH, &json!({"late_result": true})).created();
    let revoked = site.events("lot_revoked").pop().expect("a revocation");
    let sisters: Vec<&Value> = revoked["sisters"].as_array().expect("a list").iter().map(|s| &s["lot"]).collect();
    assert_eq!(sisters, ["L-1"], "one was given to somebody, the other is gone");
    ships(&site, "L-1", &[1]).refused(409, "not_shippable").says("was opened after the physician");
    site.whole();
}

#[test]
fn who_once_signed_a_step_of_the_long_route_never_signs_another() {
    let site = Site::start();
    long_route(&site);
    site.has_person("emil", "Emil Ek", &["qc", "qa", "qp"]);
    crate::routes_of_decision::qualified(&site, "emil", None);
    site.full_lot("L-1");
    signs(&site, "emil", "L-1", "qc-approval", &json!({})).created();
    let run = run_of(&site, "L-1", "CD90");
    site.analyst().corrects(run, &[("CD90", "99.1")], "Gate of the wrong template").created();
    site.verifier().verifies(run).created();
    // Emil's approval is unsigned now, and Cora signs in his place; he is still one of the five.
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    let emil = |step: &str| {
        signs(&site, "emil", "L-1", step, &json!({})).refused(403, "own_work").says("QC approval");
    };
    emil("audit-review");
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    emil("qp-certification");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).created();
    replaces(&site, "emil", "RC-2026-000001", &json!({"containers": 3}), &json!({}))
        .refused(403, "own_work")
        .says("QC approval");
    replaces(&site, "pablo", "RC-2026-000001", &json!({"containers": 3}), &json!({})).created();
    site.whole();
}

#[test]
fn who_took_step_one_neither_approves_nor_reviews_before_step_two() {
    let site = Site::start();
    site.has_person("emil", "Emil Ek", &["qc", "qa", "qp"]);
    let started = conditional(&site, "L-1");
    long_route(&site);
    site.is_at(moment("2026-06-16T09:00:00Z"));
    reads_sterility(&site, "L-1", "No growth", &started).created();
    site.verifier().verifies_all("L-1");
    signs(&site, "emil", "L-1", "qc-approval", &json!({})).created();
    let own = signs(&site, "queen", "L-1", "audit-review", &json!({})).refused(403, "own_work");
    own.says("conditional release (step 1)");
    signs(&site, "quinn", "L-1", "audit-review", &json!({})).created();
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).created();
}

#[test]
fn a_certificate_issued_after_the_expiry_of_a_fresh_lot_can_be_replaced_as_long_as_it_left_in_time() {
    let site = Site::start();
    policy(&site, &json!({"audit_review_required": false})).ok();
    let started = conditional(&site, "L-1");
    let (first, early, late) = (site.hours(0), site.hours(-1), site.hours(1));
    site.is_at(moment("2026-06-16T09:00:00Z"));
    reads_sterility(&site, "L-1", "No growth", &started).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    let tries = |corrections: Value| replaces(&site, "quinn", "RC-2026-000001", &corrections, &json!({}));
    for expired in [&first, &early] {
        tries(json!({"expires_at": expired})).refused(409, "not_releasable").says("after it had expired");
    }
    tries(json!({"manufactured_at": late})).refused(409, "not_releasable").says("before it was made");
    tries(json!({"expires_at": late, "containers": 3})).created();
    site.whole();
}
