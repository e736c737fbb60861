//! `/api/v1/lots/{lot}/release` and `/rejection`: no certificate unless everything required passes.

use serde_json::{Value, json};

use crate::person::{blockers, criterion};
use crate::site::{GOOD, Site, moment, password};

fn certificates(site: &Site) -> usize {
    site.auditor().get("/api/v1/certificates").ok()["certificates"].as_array().expect("certificates").len()
}

#[test]
fn a_lot_with_every_result_good_and_verified_is_released() {
    let site = Site::start();
    site.full_lot("L-1");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], &seen["blockers"]), (&json!("ready"), &json!([])));
    assert!(seen["criteria"].as_array().expect("criteria").iter().all(|c| c["verdict"]["outcome"] == "pass"));
    let released = site.qa().releases("L-1").created();
    assert_eq!(released["certificate"], "RC-2026-000001");
    assert_eq!(released["verify_url"], format!("{}/verify/RC-2026-000001", site.url));
    let lot = site.auditor().sees("L-1");
    assert_eq!((&lot["status"], &lot["certificate"]), (&json!("released"), &json!("RC-2026-000001")));
    assert_eq!(lot["blockers"], json!([]));
}

#[test]
fn each_single_missing_result_holds_a_lot_back() {
    let site = Site::start();
    let all = GOOD.iter().flat_map(|(_, readings)| readings.iter().map(|(a, _)| *a)).chain(["PASSAGE"]);
    let all: Vec<&str> = all.collect();
    assert_eq!(all.len(), 21);
    for (n, attribute) in all.into_iter().enumerate() {
        let lot = format!("L-{n}");
        site.full_lot_without(&lot, &[attribute]);
        let seen = site.qa().sees(&lot);
        assert_eq!((&seen["status"], blockers(&seen)), (&json!("testing"), vec!["missing"]), "{attribute}");
        let name = criterion(&seen, attribute)["name"].as_str().expect("a name").to_owned();
        site.qa().releases(&lot).refused(409, "not_releasable").says("has no result yet").says(&name);
    }
    assert_eq!(certificates(&site), 0);
}

#[test]
fn each_single_failing_result_holds_a_lot_back() {
    let site = Site::start();
    let fails = [
        ("PASSAGE", "6"),
        ("VIABILITY", "79.94"),
        ("VIABLE_CELLS", "29.9"),
        ("CD34", "2.05"),
        ("HLA_DR", "2.1"),
        ("PURITY", "96.04"),
        ("ADIPOGENIC", "Negative"),
        ("STERILITY_ANAEROBIC", "Growth"),
        ("MYCOPLASMA", "Detected"),
        ("ENDOTOXIN", "0.51"),
        ("APPEARANCE", "Does not comply"),
    ];
    for (n, (attribute, value)) in fails.into_iter().enumerate() {
        let lot = format!("L-{n}");
        site.full_lot_with(&lot, &[(attribute, value)]);
        let seen = site.qa().sees(&lot);
        assert_eq!(
            (&seen["status"], blockers(&seen)),
            (&json!("on_hold"), vec!["failed", "investigation"]),
            "{attribute}"
        );
        site.qa().releases(&lot).refused(409, "not_releasable").says(value).says("required");
    }
    assert_eq!(certificates(&site), 0);
}

#[test]
fn results_that_nobody_verified_hold_a_lot_back() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.records_all("L-1", &[], &[]);
    let seen = site.qa().sees("L-1");
    assert_eq!(blockers(&seen), ["unverified"; 8]);
    let runs: Vec<i64> =
        seen["blockers"].as_array().expect("blockers").iter().filter_map(|b| b["run"].as_i64()).collect();
    for run in runs {
        site.qa().releases("L-1").refused(409, "not_releasable").says("is not verified");
        site.verifier().verifies(run).created();
    }
    site.qa().releases("L-1").created();
}

#[test]
fn a_blocked_release_is_a_fact_that_names_what_blocked() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("ENDOTOXIN", "0.51")]);
    let before = site.facts_count();
    let refused = site.qa().releases("L-1").refused(409, "not_releasable");
    assert_eq!(site.facts_count(), before + 1);
    let fact = site.facts().pop().expect("a fact")["fact"].clone();
    assert_eq!(fact["by"], json!({"user": "queen", "name": "Queen Qiu", "role": "qa"}));
    let event = json!({
        "kind": "attempt_refused", "act": "release", "lot": "L-1", "run": null, "code": "not_releasable", "detail": refused.detail(),
    });
    assert_eq!(fact["event"], event);
}

#[test]
fn a_signature_needs_the_signers_own_password_at_that_moment() {
    let site = Site::start();
    site.full_lot("L-1");
    let before = site.facts_count();
    // The fifth in a row would lock signing: locks.rs.
    for wrong in
        ["wrong", &password("quinn"), &password("queen").replacen('t', "T", 1), &format!("{} ", password("queen"))]
    {
        let answer = site.qa().releases_with("L-1", &[], &json!({"password": wrong}));
        answer.refused(403, "wrong_password").says("Nothing was signed").about(&["password"]);
    }
    assert_eq!(site.facts_count(), before + 4, "each attempt is a fact");
    assert!(site.events("attempt_refused").iter().all(|e| e["code"] == "wrong_password" && e["lot"] == "L-1"));
    site.qa().releases_with("L-1", &[], &json!({"password": null})).refused(400, "malformed_request").says("password");
    assert_eq!((certificates(&site), &site.qa().sees("L-1")["status"]), (0, &json!("ready")));
    site.qa().releases("L-1").created();
}

#[test]
fn a_signature_states_name_user_name_role_meaning_and_moment_and_what_was_signed() {
    let site = Site::start();
    site.full_lot("L-1");
    let dossier = site.qa().sees("L-1")["dossier_sha256"].clone();
    site.is_at(moment("2026-06-01T09:10:11.123456Z"));
    site.qa().releases_with("L-1", &[], &json!({"meaning": "  I certify µ 患者  "})).created();
    let event = site.events("lot_released").pop().expect("a fact");
    let signature = json!({
        "act": "release", "meaning": "I certify µ 患者", "name": "Queen Qiu", "username": "queen", "role": "qa",
        "at": "2026-06-01T09:10:11.123456Z", "signed_sha256": dossier,
    });
    assert_eq!(event["signature"], signature);
}

#[test]
fn a_meaning_is_one_printable_line() {
    let site = Site::start();
    site.full_lot("L-1");
    for (meaning, code) in [
        ("", "invalid_field"),
        ("   ", "invalid_field"),
        ("a\nb", "invalid_field"),
        ("a\u{202E}b", "invalid_field"),
        ("a\u{0}b", "invalid_field"),
        ("محمد", "undrawable_text"),
        ("😀", "undrawable_text"),
    ] {
        site.qa().releases_with("L-1", &[], &json!({"meaning": meaning})).refused(422, code).about(&["meaning"]);
    }
    site.qa().releases_with("L-1", &[], &json!({"meaning": "x".repeat(201)})).refused(422, "invalid_field");
    assert_eq!(certificates(&site), 0);
    let released = site.qa().releases("L-1").created();
    assert_eq!(released["certificate"], "RC-2026-000001", "no number was used up");
}

#[test]
fn a_signature_refused_for_its_meaning_is_a_refused_attempt_too() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases_with("L-1", &[], &json!({"meaning": "محمد"})).refused(422, "undrawable_text");
    let refusal = site.events("attempt_refused").pop().expect("a fact");
    assert_eq!((&refusal["act"], &refusal["code"]), (&json!("release"), &json!("undrawable_text")));
}

#[test]
fn text_that_cannot_be_printed_is_refused_where_it_is_typed() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for field in ["method", "instrument", "comment"] {
        let instead = json!({field: "Gerät محمد"});
        let answer = site.analyst().records_with("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")], &instead);
        answer.refused(422, "undrawable_text").says("U+0645").about(&[field]);
    }
    let instead = json!({"method": "SOP µ Ω Ж 患者", "instrument": "Łukasz ×10⁶", "comment": "two\nlines"});
    site.analyst().records_with("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")], &instead).created();
}

#[test]
fn an_expired_lot_is_not_released_from_the_very_moment_on() {
    let site = Site::start();
    for lot in ["BEFORE", "AT"] {
        site.analyst().registers_with(lot, &json!({"expires_at": "2026-06-01T17:00:00+08:00"})).created();
        site.records_all(lot, &[], &[]);
        site.verifier().verifies_all(lot);
    }
    site.is_at(moment("2026-06-01T08:59:59.999999Z"));
    site.qa().releases("BEFORE").created();
    site.is_at(moment("2026-06-01T09:00:00Z"));
    let seen = site.qa().sees("AT");
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("expired"), vec!["expired"]));
    site.qa().releases("AT").refused(409, "not_releasable").says("Expired on 2026-06-01 09:00 UTC");
    assert_eq!(site.qa().sees("BEFORE")["status"], "released", "a released lot stays released");
    site.qa().rejects("AT", "Expired").created();
}

#[test]
fn nothing_is_signed_that_changed_after_it_was_shown() {
    let site = Site::start();
    site.full_lot_without("L-1", &["ENDOTOXIN"]);
    let seen = site.qa().sees("L-1")["dossier_sha256"].clone();
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    let stale = json!({"dossier_sha256": seen});
    site.qa().releases_with("L-1", &[], &stale).refused(409, "changed_since_seen").says("Nothing was signed");
    let body = json!({"password": site.qa().password(), "reason": "Doubt", "dossier_sha256": seen});
    site.qa().post("/api/v1/lots/L-1/rejection", &body).refused(409, "changed_since_seen");
    assert_eq!(site.events("attempt_refused").len(), 2);
    let now = json!({"dossier_sha256": site.qa().sees("L-1")["dossier_sha256"]});
    site.qa().releases_with("L-1", &[], &now).created();
}

/// Everything that can be tried on a decided lot.
fn refuses_everything(site: &Site, lot: &str, run: i64, open_run: i64, says: &str) {
    let refused = |answer: crate::answer::Answer| {
        answer.refused(409, "lot_closed").says(says);
    };
    refused(site.analyst().records(lot, "endotoxin", &[("ENDOTOXIN", "0.1")]));
    refused(site.analyst().corrects(run, &[("CD105", "98.0")], "Late"));
    refused(site.verifier().verifies(open_run));
    refused(site.qa().releases(lot));
    refused(site.other_qa().rejects(lot, "Second thoughts"));
}

#[test]
fn a_released_lot_is_closed() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    let run = criterion(&site.qa().sees("L-1"), "CD105")["run"].as_i64().expect("a run");
    let seen = site.qa().sees("L-1");
    refuses_everything(
        &site,
        "L-1",
        run,
        run,
        "was released by Queen Qiu on 2026-06-01 08:00 UTC with certificate RC-2026-000001",
    );
    assert_eq!(site.qa().sees("L-1"), seen);
}

#[test]
fn a_rejected_lot_is_closed_and_says_why() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run =
        site.analyst().records("L-1", "flow-cytometry", &[("CD105", "98.7")]).created()["run"].as_i64().expect("a run");
    let dossier = site.qa().sees("L-1")["dossier_sha256"].clone();
    let rejected = site.other_qa().rejects("L-1", "Bag <leaks>").created();
    assert_eq!((&rejected["lot"], &rejected["rejected_at"]), (&json!("L-1"), &json!("2026-06-01T08:00:00.000000Z")));
    assert_eq!(rejected["record_sha256"], dossier, "what was signed is kept");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("rejected"), vec!["rejected"]));
    assert!(seen["blockers"][0]["detail"].as_str().expect("a sentence").contains("Bag <leaks>"));
    refuses_everything(&site, "L-1", run, run, "was rejected by Quinn Qvist");
    // Before the entry's own mistakes; and what fails is refused too, because nothing of it has left.
    for value in ["9.9", "not a number"] {
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", value)]).refused(409, "lot_closed");
    }
    let event = site.events("lot_rejected").pop().expect("a fact");
    assert_eq!(
        (&event["reason"], &event["signature"]["meaning"]),
        (&json!("Bag <leaks>"), &json!("Rejected: Bag <leaks>"))
    );
    assert_eq!(certificates(&site), 0);
}

#[test]
fn a_rejection_is_signed_like_a_release() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let reject = |body: Value| site.qa().post("/api/v1/lots/L-1/rejection", &body);
    reject(json!({"password": "wrong", "reason": "Leaks"})).refused(403, "wrong_password").about(&["password"]);
    reject(json!({"password": site.qa().password()})).refused(400, "malformed_request").says("reason");
    let refusal = site.events("attempt_refused").pop().expect("a fact");
    assert_eq!((&refusal["act"], &refusal["code"]), (&json!("rejection"), &json!("wrong_password")));
    assert_eq!(site.qa().sees("L-1")["status"], "testing");
}

#[test]
fn a_reason_that_cannot_be_accepted_is_refused_by_its_own_name() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.qa().rejects("L-1", "").refused(422, "invalid_field").says("reason").about(&["reason"]);
    site.qa().rejects("L-1", "محمد").refused(422, "undrawable_text").about(&["reason"]);
}

#[test]
fn certificate_numbers_have_no_gaps_whatever_was_refused_between() {
    let site = Site::start();
    for n in 1..=3 {
        let (lot, bad) = (format!("L-{n}"), format!("BAD-{n}"));
        site.full_lot_with(&bad, &[("PURITY", "96.04")]);
        site.full_lot(&lot);
        site.qa().releases(&bad).refused(409, "not_releasable");
        site.qa().releases_with(&lot, &[], &json!({"password": "wrong"})).refused(403, "wrong_password");
        site.qa().releases_with(&lot, &[], &json!({"meaning": "😀"})).refused(422, "undrawable_text");
        assert_eq!(site.qa().releases(&lot).created()["certificate"], format!("RC-2026-{n:06}"));
        site.qa().releases(&lot).refused(409, "lot_closed");
    }
    // The year changes, the count goes on.
    site.is_at(moment("2026-12-31T23:00:00Z"));
    let late = json!({"expires_at": "2027-06-01T00:00:00Z"});
    for (lot, number) in [("L-4", "RC-2026-000004"), ("L-5", "RC-2027-000005")] {
        site.analyst().registers_with(lot, &late).created();
        site.records_all(lot, &[], &[]);
        site.verifier().verifies_all(lot);
        assert_eq!(site.qa().releases(lot).created()["certificate"], number);
        site.waits_hours(2);
    }
}
