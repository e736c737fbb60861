//! `/api/v1/lots/{lot}/runs`: values as typed, their arithmetic, and what is refused.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{blockers, criterion, reading};
use crate::site::{FLOW, GOOD, Site};

/// A site with the lot L-1.
fn site_with_lot() -> Site {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site
}

/// Previews one value, which records nothing.
fn judges(site: &Site, assay: &str, reading: Value) -> Answer {
    let body = site.analyst().run(assay, &[], &json!({"readings": [reading]}));
    site.analyst().post("/api/v1/lots/L-1/runs/preview", &body)
}

#[test]
fn a_whole_panel_is_recorded_in_one_run_with_every_verdict() {
    let site = site_with_lot();
    let run = site.analyst().records("L-1", "flow-cytometry", FLOW).created();
    assert_eq!(run["lot"], "L-1");
    let readings = run["readings"].as_array().expect("readings");
    assert_eq!(readings.len(), 10);
    assert!(readings.iter().all(|r| r["verdict"]["outcome"] == "pass"), "as it will be once verified: {run}");
    let seen = site.auditor().sees("L-1");
    assert!(FLOW.iter().all(|(a, _)| criterion(&seen, a)["run"] == run["run"]));
    assert!(FLOW.iter().all(|(a, _)| criterion(&seen, a)["verdict"]["outcome"] == "unverified"));
}

#[test]
fn a_value_that_is_no_plain_decimal_is_refused_with_what_to_type_instead() {
    let site = site_with_lot();
    let before = site.facts_count();
    for (value, advice) in [
        ("95,1", "use a point, not a comma (perhaps 95.1)"),
        ("1e2", "without an exponent"),
        ("0x60", "ordinary decimal"),
        ("Infinity", "finite"),
        ("NaN", "finite"),
        ("９６", "ordinary keyboard"),
        ("98.4±0.3", "without its uncertainty"),
        ("", "type the number that was read"),
        (" ", "type the number that was read"),
        ("96 %", "without spaces"),
        ("96%", "leave out the unit"),
        ("+96", "leave out the plus sign"),
        (".5", "both sides of the point"),
        ("≥95", "a censored value is written"),
        ("<", "use digits"),
        ("--1", "use digits"),
        ("1'000", "use digits"),
        ("98.7\u{0}", "use digits"),
        ("1234567890123456789012345", "at most 24 digits"),
    ] {
        let answer = site.analyst().records("L-1", "flow-cytometry", &[("CD105", value)]);
        let refused = answer.refused(422, "invalid_number");
        refused.says(advice).says("CD105-positive").about(&["readings[0].value"]);
        if !value.trim().is_empty() {
            refused.says(&format!("“{}”", value.chars().take(40).collect::<String>()));
        }
    }
    assert_eq!(site.facts_count(), before);
    assert_eq!(criterion(&site.qa().sees("L-1"), "CD105")["run"], Value::Null);
}

#[test]
fn a_number_that_is_not_text_is_refused_because_it_would_be_rounded() {
    let site = site_with_lot();
    for value in [json!(98.7), json!(99), json!(null), json!(true), json!(["98.7"])] {
        let body = site.analyst().run(
            "flow-cytometry",
            &[],
            &json!({"readings": [{"attribute": "CD105", "value": value, "unit": "%"}]}),
        );
        let refused = site.analyst().post("/api/v1/lots/L-1/runs", &body).refused(400, "malformed_request");
        refused.says("Values are sent as text in quotes");
    }
}

#[test]
fn a_value_is_rounded_half_up_once_and_then_compared_literally() {
    let site = site_with_lot();
    for (assay, attribute, value, outcome, reported, because) in [
        ("flow-cytometry", "PURITY", "96.04", "fail", "96.0", "96.04 → 96.0; 96.0 is not > 96.0"),
        ("flow-cytometry", "PURITY", "96.05", "pass", "96.1", "96.05 → 96.1; 96.1 > 96.0"),
        ("flow-cytometry", "PURITY", "96.0499999999", "fail", "96.0", "96.0499999999 → 96.0; 96.0 is not > 96.0"),
        ("flow-cytometry", "PURITY", "96.0", "fail", "96.0", "96.0 is not > 96.0"),
        ("flow-cytometry", "PURITY", "96", "fail", "96.0", "96 → 96.0; 96.0 is not > 96.0"),
        ("flow-cytometry", "CD105", "94.95", "pass", "95.0", "94.95 → 95.0; 95.0 NLT 95.0"),
        ("flow-cytometry", "CD105", "94.9499", "fail", "94.9", "94.9499 → 94.9; 94.9 is not NLT 95.0"),
        ("flow-cytometry", "CD34", "2.04", "pass", "2.0", "2.04 → 2.0; 2.0 NMT 2.0"),
        ("flow-cytometry", "CD34", "2.05", "fail", "2.1", "2.05 → 2.1; 2.1 is not NMT 2.0"),
        ("endotoxin", "ENDOTOXIN", "0.504", "pass", "0.50", "0.504 → 0.50; 0.50 NMT 0.50"),
        ("endotoxin", "ENDOTOXIN", "0.505", "fail", "0.51", "0.505 → 0.51; 0.51 is not NMT 0.50"),
        ("cell-count", "VIABILITY", "79.95", "pass", "80.0", "79.95 → 80.0; 80.0 NLT 80.0"),
        ("cell-count", "VIABLE_CELLS", "29.9", "fail", "29.9", "29.9 is not NLT 30.0"),
    ] {
        let judged = judges(&site, assay, reading(attribute, value)).ok();
        let verdict = &judged["readings"][0]["verdict"];
        let wanted = json!({"outcome": outcome, "reported": reported, "as_entered": value, "earliest": null});
        for (field, wanted) in wanted.as_object().expect("an object") {
            assert_eq!(&verdict[field], wanted, "{attribute} {value}: {verdict}");
        }
        let shown = verdict["because"].as_str().expect("a sentence").replace('≥', "NLT").replace('≤', "NMT");
        assert_eq!(shown, because);
    }
}

#[test]
fn a_censored_value_passes_only_where_everything_it_could_be_passes() {
    let site = site_with_lot();
    for (assay, attribute, value, outcome) in [
        ("endotoxin", "ENDOTOXIN", "<0.05", "pass"),
        ("endotoxin", "ENDOTOXIN", "<0.50", "pass"),
        ("endotoxin", "ENDOTOXIN", "<0.6", "indeterminate"),
        ("endotoxin", "ENDOTOXIN", ">0.05", "indeterminate"),
        // 0.501 is reported as 0.50 and would pass.
        ("endotoxin", "ENDOTOXIN", ">0.50", "indeterminate"),
        ("endotoxin", "ENDOTOXIN", ">0.51", "fail"),
        ("cell-count", "VIABLE_CELLS", ">1000", "pass"),
        ("cell-count", "VIABLE_CELLS", ">29", "indeterminate"),
        ("cell-count", "VIABLE_CELLS", ">30.0", "pass"),
        ("cell-count", "VIABLE_CELLS", "<30.0", "indeterminate"),
        ("cell-count", "VIABLE_CELLS", "<29.9", "fail"),
        ("flow-cytometry", "PURITY", ">96.1", "pass"),
        ("flow-cytometry", "PURITY", ">95.9", "indeterminate"),
        ("flow-cytometry", "PURITY", "<96.0", "fail"),
        ("flow-cytometry", "CD105", "<90", "fail"),
        ("flow-cytometry", "CD34", "<2.0", "pass"),
    ] {
        let judged = judges(&site, assay, reading(attribute, value)).ok();
        let verdict = &judged["readings"][0]["verdict"];
        assert_eq!(verdict["outcome"], outcome, "{attribute} {value}: {verdict}");
        assert_eq!((&verdict["as_entered"], &verdict["reported"]), (&json!(value), &json!(value)), "kept as typed");
    }
}

#[test]
fn a_censored_value_does_not_pass_a_strict_limit_that_rounding_can_bring_it_down_to() {
    let site = site_with_lot();
    let outcome = |value: &str| {
        let judged = judges(&site, "flow-cytometry", reading("PURITY", value)).ok();
        judged["readings"][0]["verdict"]["outcome"].clone()
    };
    assert_eq!(
        (outcome("96.04"), outcome(">96.0"), outcome(">96.04")),
        (json!("fail"), json!("indeterminate"), json!("indeterminate"))
    );
    assert_eq!((outcome("96.05"), outcome(">96.05")), (json!("pass"), json!("pass")));
}

#[test]
fn an_indeterminate_value_blocks_until_a_better_one_is_there() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("ENDOTOXIN", "<0.6")]);
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("testing"), vec!["indeterminate"]));
    site.qa().releases("L-1").refused(409, "not_releasable").says("<0.6");
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "<0.05")]).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
}

#[test]
fn what_cannot_be_is_refused() {
    let site = site_with_lot();
    for (assay, attribute, value) in [
        ("flow-cytometry", "CD105", "100.1"),
        ("flow-cytometry", "CD105", "-0.1"),
        ("flow-cytometry", "CD105", "-0"),
        ("flow-cytometry", "CD105", ">100"),
        ("flow-cytometry", "CD105", "<0"),
        ("cell-count", "VIABILITY", "1000"),
        ("cell-count", "VIABLE_CELLS", "-3"),
        ("endotoxin", "ENDOTOXIN", "<-1"),
    ] {
        judges(&site, assay, reading(attribute, value))
            .refused(422, "out_of_range")
            .says(value)
            .about(&["readings[0].value"]);
    }
    for (assay, attribute, value) in
        [("flow-cytometry", "CD105", "100.0"), ("flow-cytometry", "CD34", "0"), ("cell-count", "VIABLE_CELLS", "1000")]
    {
        judges(&site, assay, reading(attribute, value)).ok();
    }
}

#[test]
fn the_unit_is_part_of_the_criterion_and_is_never_converted() {
    let site = site_with_lot();
    for (assay, attribute, value, unit, words) in [
        ("endotoxin", "ENDOTOXIN", "2.0", json!("EU"), "must be in EU/mL, and you gave “EU”"),
        ("endotoxin", "ENDOTOXIN", "0.1", json!("EU/ml"), "EU/mL"),
        ("endotoxin", "ENDOTOXIN", "0.1", json!("IU/mL"), "not converted"),
        ("endotoxin", "ENDOTOXIN", "0.1", Value::Null, "needs its unit: EU/mL"),
        ("endotoxin", "ENDOTOXIN", "0.1", json!(""), "needs its unit: EU/mL"),
        ("flow-cytometry", "CD105", "0.987", json!("1"), "must be in %"),
        ("cell-count", "VIABLE_CELLS", "31.2", json!("x10^5"), "x10^6"),
        ("mycoplasma", "MYCOPLASMA", "Not detected", json!("%"), "has no unit"),
    ] {
        let reading = json!({"attribute": attribute, "value": value, "unit": unit});
        judges(&site, assay, reading).refused(422, "wrong_unit").says(words).about(&["readings[0].unit"]);
    }
    for unit in ["x10^6", "×10^6", "×10⁶"] {
        judges(&site, "cell-count", json!({"attribute": "VIABLE_CELLS", "value": "31.2", "unit": unit})).ok();
    }
}

#[test]
fn every_mistake_in_a_run_is_named_at_once_and_nothing_of_it_is_recorded() {
    let site = site_with_lot();
    let before = site.facts_count();
    let readings = json!([
        reading("CD105", "98,7"),
        reading("CD73", "99.1"),
        {"attribute": "CD90", "value": "99.6", "unit": "EU/mL"},
        reading("ENDOTOXIN", "0.1"),
        reading("CD73", "99.2"),
        reading("CD44", "101"),
    ]);
    let wrong = json!({"readings": readings, "method": "", "tested_at": "yesterday", "comment": "a\u{202E}b"});
    let answer = site.analyst().records_with("L-1", "flow-cytometry", &[], &wrong);
    let refused = answer.refused(422, "invalid_field");
    refused.about(&[
        "method",
        "comment",
        "tested_at",
        "readings[0].value",
        "readings[2].unit",
        "readings[3].attribute",
        "readings[4].attribute",
        "readings[5].value",
    ]);
    let codes: Vec<&str> =
        refused.body["fields"].as_array().expect("fields").iter().filter_map(|f| f["code"].as_str()).collect();
    assert_eq!(codes[3..], ["invalid_number", "wrong_unit", "unknown_attribute", "repeated_attribute", "out_of_range"]);
    assert_eq!(site.facts_count(), before, "the good value among them is not recorded either");
}

#[test]
fn a_run_takes_what_its_assay_measures_and_nothing_else() {
    let site = site_with_lot();
    let run = |instead: Value| site.analyst().records_with("L-1", "flow-cytometry", &[("CD105", "98.7")], &instead);
    run(json!({"assay": "pcr"})).refused(422, "unknown_assay").says("flow-cytometry").about(&["assay"]);
    run(json!({"assay": "endotoxin"}))
        .refused(422, "unknown_attribute")
        .says("It measures ENDOTOXIN")
        .about(&["readings[0].attribute"]);
    run(json!({"readings": []})).refused(422, "invalid_field").about(&["readings"]);
    run(json!({"readings": vec![reading("CD105", "98.7"); 101]})).refused(413, "too_large").about(&["readings"]);
    run(json!({"controls": [{"name": "isotype", "value": "ok"}]}))
        .refused(422, "invalid_field")
        .about(&["controls[0].name"]);
    run(json!({"tested_at": site.hours(1)})).refused(422, "in_the_future").about(&["tested_at"]);
    run(json!({"method": "محمد"})).refused(422, "undrawable_text");
    run(json!({"method": null})).refused(400, "malformed_request").says("missing field `method`");
    run(json!({"status": "pass"})).refused(400, "malformed_request").says("unknown field `status`");
    run(json!({"readings": [{"attribute": "cd105", "value": "98.7", "unit": "%"}], "comment": "two\nlines"})).created();
    site.analyst().records("L-9", "flow-cytometry", &[("CD105", "98.7")]).refused(404, "no_such_lot");
}

#[test]
fn a_preview_says_what_recording_would_and_records_nothing() {
    let site = site_with_lot();
    let before = site.facts_count();
    for (assay, readings) in GOOD {
        let body = site.analyst().run(assay, readings, &json!({}));
        let preview = site.analyst().post("/api/v1/lots/L-1/runs/preview", &body).ok();
        assert_eq!((&preview["run"], &preview["lot"]), (&Value::Null, &json!("L-1")));
        assert_eq!(site.facts_count(), before);
        let recorded = site.analyst().post("/api/v1/lots/L-2/runs", &body);
        recorded.refused(404, "no_such_lot");
        let recorded = site.analyst().post("/api/v1/lots/L-1/runs/preview", &body).ok();
        assert_eq!(recorded["readings"], preview["readings"]);
    }
    let body = site.analyst().run("flow-cytometry", FLOW, &json!({}));
    let preview = site.analyst().post("/api/v1/lots/L-1/runs/preview", &body).ok();
    assert_eq!(site.analyst().post("/api/v1/lots/L-1/runs", &body).created()["readings"], preview["readings"]);
}

#[test]
fn a_preview_refuses_what_recording_would_refuse() {
    let site = site_with_lot();
    site.qa().rejects("L-1", "Bag leaks").created();
    site.analyst().registers("L-2").created();
    for (lot, instead) in [
        ("L-1", json!({"tested_at": "yesterday"})),
        ("L-1", json!({})),
        ("L-2", json!({"method": "محمد"})),
        ("L-2", json!({"comment": "محمد"})),
        ("L-2", json!({"tested_at": "yesterday"})),
    ] {
        let body = site.analyst().run("flow-cytometry", FLOW, &instead);
        let preview = site.analyst().post(&format!("/api/v1/lots/{lot}/runs/preview"), &body).problem();
        let recorded = site.analyst().post(&format!("/api/v1/lots/{lot}/runs"), &body).problem();
        assert_eq!((&preview.body["code"], preview.detail()), (&recorded.body["code"], recorded.detail()));
    }
}
