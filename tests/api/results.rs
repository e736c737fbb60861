//! `/api/v1/lots/{lot}/runs`: several runs of one lot: controls, repeats, impossible purity.

use serde_json::{Value, json};

use crate::person::{blockers, criterion};
use crate::site::Site;

/// A site with the lot L-1.
fn site_with_lot() -> Site {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site
}

fn outcome(site: &Site, attribute: &str) -> Value {
    criterion(&site.qa().sees("L-1"), attribute)["verdict"]["outcome"].clone()
}

#[test]
fn a_stained_control_makes_the_run_invalid_which_is_neither_pass_nor_fail() {
    let site = Site::start();
    site.full_lot_without("L-1", &["ADIPOGENIC"]);
    for value in ["Positive", "Negative"] {
        let stained = json!({"controls": [{"name": "uninduced", "value": "Positive"}]});
        let run = site.analyst().records_with("L-1", "differentiation", &[("ADIPOGENIC", value)], &stained).created();
        let verdict = &run["readings"][0]["verdict"];
        assert_eq!(verdict["outcome"], "invalid");
        assert!(verdict["because"].as_str().expect("a sentence").contains("uninduced control is Positive"));
        site.verifier().verifies(run["run"].as_i64().expect("a run")).created();
        assert_eq!(outcome(&site, "ADIPOGENIC"), "invalid");
        let run = site.auditor().get(&format!("/api/v1/runs/{}", run["run"])).ok();
        assert!(run["invalid_because"].is_string());
    }
    assert_eq!(site.qa().sees("L-1")["status"], "testing", "an invalid run does not hold the lot as a failure would");
    site.qa().releases("L-1").refused(409, "not_releasable").says("no valid result");
    site.analyst().records("L-1", "differentiation", &[("ADIPOGENIC", "Positive")]).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
}

#[test]
fn an_invalid_run_holds_the_lot_back_until_somebody_has_checked_it() {
    let site = Site::start();
    site.full_lot("L-1");
    let stained = json!({"controls": [{"name": "uninduced", "value": "Positive"}]});
    let run = site.analyst().records_with("L-1", "differentiation", &[("ADIPOGENIC", "Negative")], &stained).created();
    assert_eq!(blockers(&site.qa().sees("L-1")), ["unverified"], "it could hide a failure");
    site.qa().releases("L-1").refused(409, "not_releasable").says("is not verified");
    site.verifier().verifies(run["run"].as_i64().expect("a run")).created();
    assert_eq!(outcome(&site, "ADIPOGENIC"), "pass", "the valid result stands");
    site.qa().releases("L-1").created();
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000001/record").ok();
    let invalid: Vec<&Value> =
        record["dossier"]["runs"].as_array().expect("runs").iter().filter(|r| r["valid"] == false).collect();
    assert_eq!(invalid.len(), 1, "and the certificate does not hide the invalid run");
}

#[test]
fn a_differentiation_without_its_control_is_refused() {
    let site = site_with_lot();
    let with_controls = |controls: Value| {
        site.analyst().records_with(
            "L-1",
            "differentiation",
            &[("ADIPOGENIC", "Positive")],
            &json!({"controls": controls}),
        )
    };
    with_controls(json!([])).refused(422, "control_required").says("uninduced").about(&["controls"]);
    with_controls(Value::Null).refused(422, "control_required");
    with_controls(json!([{"name": "induced", "value": "Negative"}]))
        .refused(422, "invalid_field")
        .about(&["controls[0].name", "controls"]);
    with_controls(json!([{"name": "uninduced", "value": ""}]))
        .refused(422, "unknown_value")
        .about(&["controls[0].value"]);
    with_controls(json!([{"name": "uninduced", "value": "none"}])).refused(422, "unknown_value");
    let twice = json!([{"name": "uninduced", "value": "Negative"}, {"name": "Uninduced", "value": "Positive"}]);
    with_controls(twice).refused(422, "invalid_field").says("given twice").about(&["controls[1].name"]);
    assert_eq!(outcome(&site, "ADIPOGENIC"), "missing");
    with_controls(json!([{"name": "Uninduced", "value": "negative"}])).created();
}

#[test]
fn each_lineage_is_a_result_of_its_own() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("OSTEOGENIC", "Negative")]);
    let outcomes = ["ADIPOGENIC", "OSTEOGENIC", "CHONDROGENIC"].map(|a| outcome(&site, a));
    assert_eq!(outcomes, ["pass", "fail", "pass"]);
    site.qa().releases("L-1").refused(409, "not_releasable").says("Osteogenic");
}

#[test]
fn a_purity_above_its_lowest_marker_is_impossible_in_one_run() {
    let site = site_with_lot();
    let flow = [("CD105", "98.7"), ("CD73", "96.9"), ("PURITY", "97.0")];
    let refused = site.analyst().records("L-1", "flow-cytometry", &flow).refused(422, "impossible_purity");
    refused.says("97.0 % is impossible").says("CD73-positive is only 96.9 %").about(&["readings[2].value"]);
    assert_eq!(outcome(&site, "CD105"), "missing", "nothing of the run is recorded");
    let equal = [("CD105", "98.7"), ("CD73", "96.9"), ("PURITY", "96.9")];
    site.analyst().records("L-1", "flow-cytometry", &equal).created();
}

#[test]
fn a_purity_above_its_lowest_marker_is_impossible_across_runs_too() {
    let site = site_with_lot();
    site.analyst().records("L-1", "flow-cytometry", &[("CD44", "96.50")]).created();
    let purity = |value: &str| site.analyst().records("L-1", "flow-cytometry", &[("PURITY", value)]);
    purity("96.51")
        .refused(422, "impossible_purity")
        .says("CD44-positive is only 96.50 %")
        .about(&["readings[0].value"]);
    purity("96.50").created();
    let marker = site.analyst().records("L-1", "flow-cytometry", &[("CD105", "96.4")]);
    marker.refused(422, "impossible_purity").says("CD105-positive is only 96.4 %").about(&["readings[0].value"]);
    site.analyst().records("L-1", "flow-cytometry", &[("CD105", "96.5")]).created();
    let run = site.qa().sees("L-1")["criteria"]
        .as_array()
        .expect("criteria")
        .iter()
        .find(|c| c["attribute"] == "CD44")
        .expect("CD44")["run"]
        .as_i64();
    let answer = site.analyst().corrects(run.expect("a run"), &[("CD44", "96.4")], "Typed wrongly");
    answer.refused(422, "impossible_purity");
}

#[test]
fn a_negative_marker_does_not_bound_the_purity() {
    let site = site_with_lot();
    site.analyst().records("L-1", "flow-cytometry", &[("CD34", "0.4"), ("PURITY", "97.0")]).created();
}

#[test]
fn a_result_that_is_there_is_not_recorded_again() {
    let site = site_with_lot();
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    let again = || site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.2")]);
    again()
        .refused(409, "already_recorded")
        .says("Amy Adams")
        .says("correct it there")
        .about(&["readings[0].attribute"]);
    site.verifier().verifies_all("L-1");
    again().refused(409, "already_recorded").says("would not be counted");
}

#[test]
fn a_failing_result_is_always_taken_and_never_outweighed() {
    let site = site_with_lot();
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.9")]).created();
    site.verifier().verifies_all("L-1");
    assert_eq!(outcome(&site, "ENDOTOXIN"), "fail");
    let seen = site.qa().sees("L-1");
    assert_eq!(criterion(&seen, "ENDOTOXIN")["verdict"]["as_entered"], "0.9");
    assert_eq!(seen["status"], "on_hold");
    let again = site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]);
    again.refused(409, "needs_investigation").says("OOS-2026-0001");
}

#[test]
fn a_failing_marker_is_taken_even_where_it_contradicts_the_purity() {
    let site = Site::start();
    site.full_lot("L-1");
    // Everything passes and is verified; now a repeat of CD105 gives 90.0 %.
    site.analyst().records("L-1", "flow-cytometry", &[("CD105", "90.0")]).created();
    site.qa().releases("L-1").refused(409, "not_releasable");
}

#[test]
fn a_run_shows_all_that_was_recorded() {
    let site = site_with_lot();
    let instead =
        json!({"comment": "Second <b>tube</b>\nused", "instrument": "CYT-1 µ", "method": "SOP-QC-012 v3 & more"});
    let made = site.analyst().records_with("L-1", "endotoxin", &[("ENDOTOXIN", "<0.05")], &instead).created();
    let run = site.auditor().get(&format!("/api/v1/runs/{}", made["run"])).ok();
    let wanted = json!({
        "lot": "L-1", "assay": "endotoxin", "method": "SOP-QC-012 v3 & more", "instrument": "CYT-1 µ",
        "comment": "Second <b>tube</b>\nused", "started_at": null, "tested_at": "2026-06-01T07:00:00.000000Z",
        "entered_by": "Amy Adams", "entered_at": "2026-06-01T08:00:00.000000Z", "verified_by": null, "changes": [],
        "controls": [], "invalid_because": null,
    });
    for (field, wanted) in wanted.as_object().expect("an object") {
        assert_eq!(&run[field], wanted, "{field}");
    }
    assert_eq!(run["readings"][0]["distance"], Value::Null, "a censored value has no distance");
    for number in ["0", "-1", "999", "abc", "1.0", "%20", "99999999999999999999", "1e1"] {
        site.auditor().get(&format!("/api/v1/runs/{number}")).refused(404, "no_such_run");
    }
}
