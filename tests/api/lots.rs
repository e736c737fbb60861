//! `/api/v1/lots`: registering, listing and looking at lots.

use serde_json::{Value, json};

use crate::person::{blockers, criterion};
use crate::site::{Site, moment};

#[test]
fn a_registered_lot_is_pinned_and_its_passage_is_a_run_like_any_other() {
    let site = Site::start();
    let before = site.facts_count();
    let answer = site.analyst().registers("ad-26-0001");
    let made = answer.created();
    assert_eq!(made["lot"], "AD-26-0001", "folded to capitals");
    assert_eq!(made["specification"], json!({"product": "ADMSC-IV", "version": 1}));
    assert_eq!(answer.header("location"), "/api/v1/lots/AD-26-0001");
    assert_eq!(site.facts_count(), before + 2, "the registration and the run of the batch record");
    let run = site.auditor().get(&format!("/api/v1/runs/{}", made["run"])).ok();
    assert_eq!((&run["assay"], &run["lot"]), (&json!("batch-record"), &json!("AD-26-0001")));
    assert_eq!((&run["readings"][0]["attribute"], &run["readings"][0]["value"]), (&json!("PASSAGE"), &json!("4")));
    assert_eq!((&run["entered_by"], &run["verified_by"]), (&json!("Amy Adams"), &Value::Null));
    assert_eq!(criterion(&site.qa().sees("AD-26-0001"), "PASSAGE")["verdict"]["outcome"], "unverified");
}

#[test]
fn a_lot_that_was_just_registered_lists_the_work_to_do() {
    let site = Site::start();
    site.analyst().registers_with("L-1", &json!({"passage": null})).created();
    let seen = site.auditor().sees("l-1");
    assert_eq!(seen["status"], "testing");
    let all = seen["criteria"].as_array().expect("criteria");
    assert_eq!(all.len(), 21);
    assert!(all.iter().all(|c| c["verdict"]["outcome"] == "missing" && c["run"].is_null()));
    assert_eq!(blockers(&seen), ["missing"; 8], "one for each assay");
    let flow =
        seen["blockers"].as_array().expect("blockers").iter().find(|b| b["attributes"][0] == "CD105").expect("flow");
    assert_eq!(flow["attributes"].as_array().expect("attributes").len(), 10);
    assert_eq!((&seen["registered_by"], &seen["containers"]), (&json!("Amy Adams"), &json!(4)));
}

#[test]
fn a_lot_number_is_given_once_whatever_its_case() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let before = site.facts_count();
    for lot in ["L-1", "l-1", " L-1 "] {
        let refused = site.verifier().registers(lot).refused(409, "lot_exists");
        refused.says("Amy Adams").says("2026-06-01 08:00 UTC").about(&["lot"]);
    }
    assert_eq!(site.facts_count(), before);
}

#[test]
fn each_field_of_a_registration_is_checked() {
    let site = Site::start();
    let before = site.facts_count();
    for (field, value, code) in [
        ("lot", json!(""), "invalid_field"),
        ("lot", json!("患者"), "invalid_field"),
        ("lot", json!("A/B"), "invalid_field"),
        ("lot", json!("../../etc"), "invalid_field"),
        ("lot", json!("L".repeat(41)), "invalid_field"),
        ("donor", json!(""), "invalid_field"),
        ("donor", json!("Jane Doe"), "invalid_field"),
        ("manufactured_at", json!("2026-05-01"), "invalid_field"),
        ("manufactured_at", json!("2026-05-01T10:00:00"), "invalid_field"),
        ("manufactured_at", json!("2026-06-01T08:00:01Z"), "in_the_future"),
        ("expires_at", json!("next week"), "invalid_field"),
        ("expires_at", json!("2026-02-30T00:00:00Z"), "invalid_field"),
        ("expires_at", json!("2026-05-01T00:00:00Z"), "invalid_field"),
        ("containers", json!(0), "invalid_field"),
        ("containers", json!(10001), "invalid_field"),
        ("passage", json!("four"), "invalid_number"),
        ("passage", json!("4.0"), "out_of_range"),
        ("passage", json!("<5"), "out_of_range"),
        ("passage", json!("-1"), "out_of_range"),
    ] {
        let answer = site.analyst().registers_with("L-1", &json!({field: value}));
        answer.refused(422, code).about(&[field]);
    }
    assert_eq!(site.facts_count(), before, "nothing is half registered");
    site.qa().get("/api/v1/lots/L-1").refused(404, "no_such_lot");
}

#[test]
fn every_mistake_in_a_registration_is_named_at_once() {
    let site = Site::start();
    let wrong = json!({"donor": "", "containers": 0, "expires_at": "soon"});
    site.analyst().registers_with("a b", &wrong).refused(422, "invalid_field").about(&[
        "lot",
        "donor",
        "expires_at",
        "containers",
    ]);
}

#[test]
fn a_registration_has_exactly_the_fields_it_has() {
    let site = Site::start();
    for (instead, words) in [
        (json!({"donor": null}), "missing field `donor`"),
        (json!({"colour": "red"}), "unknown field `colour`"),
        (json!({"containers": "4"}), "invalid type: string"),
        (json!({"containers": -1}), "invalid value"),
        (json!({"containers": 4.5}), "invalid type: floating point"),
        (json!({"passage": 4}), "Values are sent as text in quotes"),
    ] {
        site.analyst().registers_with("L-1", &instead).refused(400, "malformed_request").says(words);
    }
}

#[test]
fn a_passage_above_five_fails() {
    let site = Site::start();
    for (lot, passage, outcome) in [("L-5", "5", "unverified"), ("L-6", "6", "fail")] {
        site.analyst().registers_with(lot, &json!({"passage": passage})).created();
        assert_eq!(criterion(&site.qa().sees(lot), "PASSAGE")["verdict"]["outcome"], outcome);
    }
}

#[test]
fn a_lot_that_is_not_there_is_not_found() {
    let site = Site::start();
    for lot in ["L-1", "%20", "..%2F..", "%E6%82%A3", "L%00", &"x".repeat(300)] {
        site.analyst().get(&format!("/api/v1/lots/{lot}")).refused(404, "no_such_lot");
    }
}

#[test]
fn expiry_is_a_moment() {
    let site = Site::start();
    site.analyst().registers_with("L-1", &json!({"expires_at": "2026-06-01T16:30:00+08:00"})).created();
    site.is_at(moment("2026-06-01T08:29:59.999999Z"));
    assert_eq!(site.qa().sees("L-1")["status"], "testing");
    site.is_at(moment("2026-06-01T08:30:00Z"));
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], blockers(&seen)[0]), (&json!("expired"), "expired"));
}

/// The lot numbers of a list, following its pages.
fn listed(site: &Site, query: &str, limit: usize) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = site.auditor().get(&format!("/api/v1/lots?limit={limit}&cursor={cursor}{query}")).ok();
        let lots = page["lots"].as_array().expect("lots").iter();
        pages.push(lots.map(|l| l["lot"].as_str().expect("a number").to_owned()).collect());
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return pages,
        }
    }
}

#[test]
fn the_list_is_newest_first_and_its_pages_leave_nothing_out() {
    let site = Site::start();
    let all: Vec<String> = (1..=7).map(|n| format!("L-{n}")).collect();
    for lot in &all {
        site.analyst().registers(lot).created();
    }
    let newest_first: Vec<String> = all.into_iter().rev().collect();
    for limit in 1..=8 {
        let pages = listed(&site, "", limit);
        assert!(pages.iter().all(|p| p.len() <= limit), "{pages:?}");
        assert_eq!(pages.concat(), newest_first, "limit {limit}");
    }
    assert_eq!(listed(&site, "", 7).len(), 1, "a full last page is the last");
}

#[test]
fn a_page_has_fifty_lots_unless_told_otherwise_and_two_hundred_at_most() {
    let site = Site::start();
    for n in 0..51 {
        site.analyst().registers_with(&format!("L-{n}"), &json!({"passage": null})).created();
    }
    let page = site.auditor().get("/api/v1/lots").ok();
    assert_eq!(page["lots"].as_array().expect("lots").len(), 50);
    assert!(page["next_cursor"].is_string());
    for limit in ["0", "-1", "201", "abc", "1.5", "1e1", "%2B", "99999999999999999999"] {
        site.auditor().get(&format!("/api/v1/lots?limit={limit}")).refused(422, "invalid_field").about(&["limit"]);
    }
    for cursor in ["-1", "abc", "99999999999999999999", "1%00"] {
        site.auditor().get(&format!("/api/v1/lots?cursor={cursor}")).refused(422, "invalid_field").about(&["cursor"]);
    }
    assert_eq!(site.auditor().get("/api/v1/lots?limit=200").ok()["lots"].as_array().expect("lots").len(), 51);
}

#[test]
fn the_list_can_be_narrowed_to_one_status() {
    let site = Site::start();
    site.analyst().registers("TESTING").created();
    site.analyst().registers_with("EXPIRED", &json!({"expires_at": site.hours(1)})).created();
    site.full_lot("READY");
    site.full_lot_with("HELD", &[("CD105", "94.9"), ("PURITY", "94.0")]);
    site.full_lot("RELEASED");
    site.qa().releases("RELEASED").created();
    site.analyst().registers("REJECTED").created();
    site.qa().rejects("REJECTED", "Bag leaks").created();
    site.waits_hours(1);
    for (status, lots) in [
        ("testing", vec!["TESTING"]),
        ("on_hold", vec!["HELD"]),
        ("ready", vec!["READY"]),
        ("released", vec!["RELEASED"]),
        ("rejected", vec!["REJECTED"]),
        ("expired", vec!["EXPIRED"]),
        ("revoked", vec![]),
    ] {
        assert_eq!(listed(&site, &format!("&status={status}"), 1).concat(), lots, "{status}");
    }
    assert_eq!(listed(&site, "&status=", 50).concat().len(), 6);
    site.auditor().get("/api/v1/lots?status=Ready").refused(422, "invalid_field").says("on_hold").about(&["status"]);
}

#[test]
fn a_row_of_the_list_says_what_holds_the_lot_back() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("ENDOTOXIN", "0.51")]);
    let row = site.auditor().get("/api/v1/lots").ok()["lots"][0].clone();
    assert_eq!((&row["status"], &row["specification"]["version"]), (&json!("on_hold"), &json!(1)));
    let codes: Vec<&Value> = row["blockers"].as_array().expect("blockers").iter().map(|b| &b["code"]).collect();
    assert_eq!(codes, ["failed", "investigation"]);
    assert!(row["blockers"][0]["detail"].as_str().expect("a sentence").contains("0.51"), "{row}");
    assert_eq!(row["certificate"], Value::Null);
}

#[test]
fn a_search_finds_parts_of_lot_and_donor_in_any_case_and_takes_wildcards_literally() {
    let site = Site::start();
    for (lot, donor) in [("AD-26_1", "D-0031"), ("AD-26.1", "D-0032"), ("AD-26-1", "DONOR_9")] {
        site.analyst().registers_with(lot, &json!({"donor": donor, "passage": null})).created();
    }
    for (q, found) in [
        ("26_", vec!["AD-26_1"]),
        ("ad-26", vec!["AD-26-1", "AD-26.1", "AD-26_1"]),
        ("003", vec!["AD-26.1", "AD-26_1"]),
        ("r_9", vec!["AD-26-1"]),
        ("%25", vec![]),
        ("_", vec!["AD-26-1", "AD-26_1"]),
        ("26%251", vec![]),
        ("%5C", vec![]),
        ("'%20OR%201=1%20--", vec![]),
        ("%20%2026.%20", vec!["AD-26.1"]),
        ("%20", vec!["AD-26-1", "AD-26.1", "AD-26_1"]),
    ] {
        assert_eq!(listed(&site, &format!("&q={q}"), 2).concat(), found, "{q}");
    }
}
