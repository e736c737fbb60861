//! `/api/v1/runs/{run}/correction` and `/verification`: nothing is lost, nothing is confirmed unseen.

use serde_json::{Value, json};

use crate::person::{blockers, criterion};
use crate::site::Site;

/// A site with the lot L-1 and Amy's run of viability 92.4.
fn site_with_run() -> (Site, i64) {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let readings = [("VIABILITY", "92.4"), ("VIABLE_CELLS", "31.2")];
    let run = site.analyst().records("L-1", "cell-count", &readings).created()["run"].as_i64().expect("a run");
    (site, run)
}

fn shown(site: &Site, run: i64) -> Value {
    site.auditor().get(&format!("/api/v1/runs/{run}")).ok()
}

#[test]
fn a_correction_shows_before_and_after_with_reason_and_person() {
    let (site, run) = site_with_run();
    site.waits_hours(1);
    let made = site.verifier().corrects(run, &[("VIABILITY", "93.4")], "The count sheet says 93.4").created();
    let change = json!({
        "attribute": "VIABILITY", "before": "92.4", "after": "93.4", "reason": "The count sheet says 93.4",
        "by": "Ben Łukasz 患者", "at": "2026-06-01T09:00:00.000000Z",
    });
    assert_eq!(made, json!({"run": run, "changes": [change]}));
    let seen = shown(&site, run);
    assert_eq!((&seen["changes"], &seen["readings"][0]["value"]), (&json!([change]), &json!("93.4")));
    assert_eq!(seen["readings"][1]["value"], "31.2", "the other value stays");
    assert_eq!(criterion(&site.qa().sees("L-1"), "VIABILITY")["verdict"]["as_entered"], "93.4");
    site.analyst().corrects(run, &[("VIABILITY", "93.5")], "Read again").created();
    let changes = shown(&site, run)["changes"].clone();
    assert_eq!((&changes[0], &changes[1]["before"]), (&change, &json!("93.4")), "oldest first, none replaced");
}

#[test]
fn a_correction_stays_visible_on_the_certificate() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.records_all("L-1", &[], &[]);
    let run = criterion(&site.qa().sees("L-1"), "VIABILITY")["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "The count sheet says 93.4").created();
    site.verifier().verifies_all("L-1");
    let number = site.qa().releases("L-1").created()["certificate"].as_str().expect("a number").to_owned();
    let record = site.auditor().get(&format!("/api/v1/certificates/{number}/record")).ok();
    let changes = record["dossier"]["changes"].as_array().expect("changes");
    assert_eq!(changes.len(), 1);
    assert_eq!((&changes[0]["before"], &changes[0]["after"]), (&json!("92.4"), &json!("93.4")));
    assert_eq!(changes[0]["by"], json!({"name": "Amy Adams", "username": "amy"}));
}

#[test]
fn a_correction_needs_a_reason_and_a_change() {
    let (site, run) = site_with_run();
    let before = site.facts_count();
    for reason in ["", "  ", "a\u{202E}b", "a\nb", &"x".repeat(201)] {
        site.analyst().corrects(run, &[("VIABILITY", "93.4")], reason).refused(422, "invalid_field").about(&["reason"]);
    }
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "محمد").refused(422, "undrawable_text").about(&["reason"]);
    site.analyst()
        .corrects(run, &[("VIABILITY", "92.4")], "Same")
        .refused(422, "invalid_field")
        .says("Nothing was changed");
    site.analyst().corrects(run, &[], "None").refused(422, "invalid_field");
    assert_eq!(site.facts_count(), before);
}

#[test]
fn a_corrected_value_is_held_to_the_rules_of_a_first_one() {
    let (site, run) = site_with_run();
    for (attribute, value, code) in [
        ("VIABILITY", "93,4", "invalid_number"),
        ("VIABILITY", "101", "out_of_range"),
        ("CD105", "98.7", "unknown_attribute"),
        ("PASSAGE", "4", "unknown_attribute"),
    ] {
        site.analyst().corrects(run, &[(attribute, value)], "Read again").refused(422, code);
    }
    let twice = [("VIABILITY", "93.4"), ("VIABILITY", "93.5")];
    site.analyst()
        .corrects(run, &twice, "Read again")
        .refused(422, "repeated_attribute")
        .about(&["readings[1].attribute"]);
    site.analyst().corrects(999, &[("VIABILITY", "93.4")], "Read again").refused(404, "no_such_run");
    let alone =
        site.analyst().records("L-1", "flow-cytometry", &[("CD105", "98.7")]).created()["run"].as_i64().expect("a run");
    let other = site.analyst().corrects(alone, &[("CD73", "99.0")], "Read again");
    other.refused(422, "unknown_attribute").says("Record it as a new run");
}

#[test]
fn an_interim_reading_is_not_corrected_into_a_final_one() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let times = json!({"started_at": site.hours(-7 * 24)});
    let interim = [("STERILITY_AEROBIC", "No growth to date")];
    let run =
        site.analyst().records_with("L-1", "sterility", &interim, &times).created()["run"].as_i64().expect("a run");
    site.waits_hours(30 * 24);
    let answer = site.analyst().corrects(run, &[("STERILITY_AEROBIC", "No growth")], "Day 14 is over now");
    answer.refused(422, "read_too_early").about(&["readings[0].value"]);
    site.analyst().corrects(run, &[("STERILITY_AEROBIC", "Growth")], "Turbid after all").created();
}

#[test]
fn a_correction_takes_the_verification_with_it_and_a_ready_lot_is_ready_no_longer() {
    let site = Site::start();
    site.full_lot("L-1");
    let run = criterion(&site.qa().sees("L-1"), "VIABILITY")["run"].as_i64().expect("a run");
    assert_eq!(site.qa().sees("L-1")["status"], "ready");
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "The count sheet says 93.4").created();
    let seen = shown(&site, run);
    assert_eq!((&seen["verified_by"], &seen["verified_at"]), (&Value::Null, &Value::Null));
    assert_eq!(seen["changes"][0]["before"], "92.4");
    let lot = site.qa().sees("L-1");
    assert_eq!((&lot["status"], blockers(&lot)), (&json!("testing"), vec!["unverified"]));
    site.qa().releases("L-1").refused(409, "not_releasable").says("is not verified");
    site.verifier().verifies(run).created();
    site.qa().releases("L-1").created();
}

#[test]
fn whoever_verified_does_not_correct_even_once_the_verification_has_fallen() {
    let (site, run) = site_with_run();
    site.verifier().verifies(run).created();
    site.verifier().corrects(run, &[("VIABILITY", "93.4")], "Mine").refused(403, "own_work");
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "Read again").created();
    site.verifier().corrects(run, &[("VIABILITY", "93.5")], "Mine").refused(403, "own_work");
    site.verifier().verifies(run).created();
    assert_eq!(shown(&site, run)["verified_by"], "Ben Łukasz 患者");
}

#[test]
fn a_verified_failing_result_is_investigated_and_not_corrected() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.9")]).created()["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.8")], "Before anybody has verified it").created();
    site.verifier().verifies(run).created();
    let refused = site.analyst().corrects(run, &[("ENDOTOXIN", "0.1")], "Too late");
    refused.refused(409, "needs_investigation").says("OOS-2026-0001").says("obvious error");
    assert_eq!(shown(&site, run)["readings"][0]["value"], "0.8");
}

#[test]
fn a_correction_of_the_passage_opens_the_investigation_of_what_then_applies() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let passage = criterion(&site.qa().sees("L-1"), "PASSAGE")["run"].as_i64().expect("a run");
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    site.analyst().corrects(passage, &[("PASSAGE", "6")], "The batch record says 6").created();
    assert!(site.events("investigation_opened").is_empty(), "nobody has verified it yet");
    site.verifier().verifies(passage).created();
    assert_eq!(site.events("investigation_opened").len(), 1);
}

#[test]
fn a_verification_confirms_the_content_that_was_seen_and_no_other() {
    let (site, run) = site_with_run();
    let seen = shown(&site, run)["content_sha256"].as_str().expect("a hash").to_owned();
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "Read again").created();
    let path = format!("/api/v1/runs/{run}/verification");
    let stale = site.verifier().post(&path, &json!({"content_sha256": seen}));
    stale.refused(409, "changed_since_seen").says("changed after it was shown to you");
    assert_eq!(shown(&site, run)["verified_by"], Value::Null);
    let now = shown(&site, run)["content_sha256"].clone();
    assert_ne!(now, seen);
    let verified = site.verifier().post(&path, &json!({"content_sha256": now})).created();
    assert_eq!((&verified["content_sha256"], &verified["run"], &verified["lot"]), (&now, &json!(run), &json!("L-1")));
    let fact = site.events("run_verified").pop().expect("a fact");
    assert_eq!(fact, json!({"kind": "run_verified", "run": run, "lot": "L-1", "content_sha256": now}));
    let refusals = site.events("attempt_refused");
    assert_eq!(refusals.len(), 1, "the attempt on what had changed is a fact");
    assert_eq!((&refusals[0]["code"], &refusals[0]["run"]), (&json!("changed_since_seen"), &json!(run)));
}

#[test]
fn the_hash_of_a_run_changes_with_anything_it_says() {
    let site = Site::start();
    let hash = |lot: &str, instead: Value| {
        site.analyst().registers_with(lot, &json!({"passage": null})).created();
        let run = site.analyst().records_with(lot, "endotoxin", &[("ENDOTOXIN", "0.1")], &instead).created();
        shown(&site, run["run"].as_i64().expect("a run"))["content_sha256"].as_str().expect("a hash").to_owned()
    };
    let usual = hash("L-0", json!({}));
    assert_eq!(hash("L-1", json!({})), usual, "it covers what was recorded, not where");
    for (n, instead) in [
        json!({"method": "SOP-QC-012 v4"}),
        json!({"instrument": "CYT-2"}),
        json!({"tested_at": "2026-06-01T06:59:59Z"}),
        json!({"started_at": "2026-06-01T06:00:00Z"}),
        json!({"comment": "x"}),
        json!({"readings": [{"attribute": "ENDOTOXIN", "value": "0.10", "unit": "EU/mL"}]}),
    ]
    .into_iter()
    .enumerate()
    {
        assert_ne!(hash(&format!("M-{n}"), instead.clone()), usual, "{instead}");
    }
}

#[test]
fn a_run_is_verified_once() {
    let (site, run) = site_with_run();
    site.verifier().verifies(run).created();
    site.verifier().verifies(run).refused(409, "already_verified").says("already verified by Ben Łukasz 患者");
    site.verifier().verifies(999).refused(404, "no_such_run");
    assert_eq!(site.events("run_verified").len(), 1);
}
