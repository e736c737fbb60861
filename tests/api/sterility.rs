//! `POST /api/v1/lots/{lot}/runs` for tests that incubate: 14 x 24 h, to the second.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{blockers, criterion};
use crate::site::{Site, moment};

const START: &str = "2026-05-20T06:30:00Z";
const EARLIEST: &str = "2026-06-03T06:30:00.000000Z";

fn reads(site: &Site, at: &str, aerobic: &str) -> Answer {
    let times = json!({"started_at": START, "tested_at": at});
    site.analyst().records_with("L-1", "sterility", &[("STERILITY_AEROBIC", aerobic)], &times)
}

fn aerobic(site: &Site) -> Value {
    criterion(&site.qa().sees("L-1"), "STERILITY_AEROBIC")["verdict"].clone()
}

#[test]
fn no_growth_one_second_before_day_fourteen_is_over_is_refused_with_the_earliest_moment() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.is_at(moment("2026-06-10T08:00:00Z"));
    let refused = reads(&site, "2026-06-03T06:29:59Z", "No growth").refused(422, "read_too_early");
    refused.says("14 x 24 h").says("2026-06-03 06:30 UTC").says("No growth to date").about(&["readings[0].value"]);
    assert_eq!(aerobic(&site)["outcome"], "missing");
}

#[test]
fn no_growth_after_exactly_fourteen_days_is_a_result() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.is_at(moment(EARLIEST));
    let run = reads(&site, EARLIEST, "No growth").created();
    assert_eq!(run["readings"][0]["verdict"]["outcome"], "pass");
    site.verifier().verifies(run["run"].as_i64().expect("a run")).created();
    assert_eq!(aerobic(&site)["outcome"], "pass");
}

#[test]
fn a_reading_cannot_be_dated_into_the_future_to_be_old_enough() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.is_at(moment("2026-06-03T06:29:59Z"));
    reads(&site, EARLIEST, "No growth").refused(422, "in_the_future").about(&["tested_at"]);
    site.is_at(moment(EARLIEST));
    reads(&site, EARLIEST, "No growth").created();
}

#[test]
fn the_zone_of_the_incubation_counts_and_not_its_digits() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.is_at(moment("2026-06-10T08:00:00Z"));
    let local = |at: &str| {
        let times = json!({"started_at": "2026-05-20T06:30:00-08:00", "tested_at": at});
        site.analyst().records_with("L-1", "sterility", &[("STERILITY_AEROBIC", "No growth")], &times)
    };
    local("2026-06-03T06:30:00Z").refused(422, "read_too_early").says("2026-06-03 14:30 UTC");
    local("2026-06-03T22:30:00+08:00").created();
}

#[test]
fn no_growth_to_date_stays_pending_until_the_moment_it_names() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run = reads(&site, "2026-05-27T09:00:00Z", "no growth to date").created();
    let verdict = &run["readings"][0]["verdict"];
    assert_eq!((&verdict["outcome"], &verdict["earliest"]), (&json!("pending"), &json!(EARLIEST)));
    assert_eq!(verdict["as_entered"], "No growth to date", "kept in the specification's spelling");
    site.verifier().verifies(run["run"].as_i64().expect("a run")).created();
    assert_eq!(aerobic(&site)["outcome"], "pending", "verifying an interim reading does not make it final");
    let seen = site.qa().sees("L-1");
    let blocker =
        seen["blockers"].as_array().expect("blockers").iter().find(|b| b["code"] == "pending").expect("pending");
    assert_eq!((&blocker["earliest"], &blocker["attributes"]), (&json!(EARLIEST), &json!(["STERILITY_AEROBIC"])));
    assert!(blocker["who"].as_str().expect("who").contains("analyst"));
}

#[test]
fn an_interim_reading_alone_holds_a_lot_back_however_long_it_waits() {
    let site = Site::start();
    site.full_lot_without("L-1", &["STERILITY_AEROBIC"]);
    // Ben has verified and may not enter; Amy reads, Ben verifies again.
    let run = reads(&site, "2026-05-27T09:00:00Z", "No growth to date").created()["run"].as_i64().expect("a run");
    site.verifier().verifies(run).created();
    site.is_at(moment("2026-06-20T08:00:00Z"));
    site.qa().releases("L-1").refused(409, "not_releasable").says("still incubating").says("2026-06-03 06:30 UTC");
    let run = reads(&site, "2026-06-03T06:30:00Z", "No growth").created()["run"].as_i64().expect("a run");
    site.verifier().verifies(run).created();
    site.qa().releases("L-1").created();
}

#[test]
fn growth_fails_at_any_time_and_nothing_read_later_takes_it_back() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run = reads(&site, "2026-05-22T09:00:00Z", "Growth").created();
    assert_eq!(run["readings"][0]["verdict"]["outcome"], "fail");
    site.is_at(moment("2026-06-10T08:00:00Z"));
    reads(&site, "2026-06-04T09:00:00Z", "No growth").refused(409, "already_recorded");
    site.verifier().verifies(run["run"].as_i64().expect("a run")).created();
    reads(&site, "2026-06-04T09:00:00Z", "No growth").refused(409, "needs_investigation").says("OOS-2026-0001");
    assert_eq!(aerobic(&site)["outcome"], "fail");
    assert_eq!(site.qa().sees("L-1")["status"], "on_hold");
}

#[test]
fn growth_after_a_negative_result_is_taken_and_outweighs_it() {
    let site = Site::start();
    site.full_lot("L-1");
    assert_eq!(site.qa().sees("L-1")["status"], "ready");
    let run = reads(&site, "2026-06-01T07:00:00Z", "Growth").created()["run"].as_i64().expect("a run");
    assert_eq!(aerobic(&site)["outcome"], "fail");
    site.qa().releases("L-1").refused(409, "not_releasable").says("Growth");
    site.verifier().verifies(run).created();
    assert_eq!(blockers(&site.qa().sees("L-1")), ["failed", "investigation"]);
}

#[test]
fn aerobic_and_anaerobic_are_two_results() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("STERILITY_ANAEROBIC", "Growth")]);
    let seen = site.qa().sees("L-1");
    assert_eq!(criterion(&seen, "STERILITY_AEROBIC")["verdict"]["outcome"], "pass");
    assert_eq!(criterion(&seen, "STERILITY_ANAEROBIC")["verdict"]["outcome"], "fail");
    site.qa().releases("L-1").refused(409, "not_releasable").says("anaerobic");
    site.full_lot_without("L-2", &["STERILITY_ANAEROBIC"]);
    site.qa().releases("L-2").refused(409, "not_releasable").says("Sterility, anaerobic");
}

#[test]
fn an_incubated_test_needs_its_start_whatever_it_found() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for value in ["No growth", "No growth to date", "Growth"] {
        let times = json!({"started_at": null});
        let answer = site.analyst().records_with("L-1", "sterility", &[("STERILITY_AEROBIC", value)], &times);
        answer.refused(422, "start_required").says("incubation started");
    }
    let refused = reads(&site, "2026-05-20T06:29:59Z", "Growth").refused(422, "invalid_field");
    refused.says("before it was started").about(&["tested_at"]);
}

#[test]
fn a_word_that_the_criterion_does_not_know_is_refused() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    for value in ["no", "negative", "No growth.", "No  growth", "", "0", "pass"] {
        let refused = reads(&site, "2026-06-01T07:00:00Z", value).refused(422, "unknown_value");
        refused.says("“No growth” or “Growth” or “No growth to date”").about(&["readings[0].value"]);
    }
}
