//! The calendar: what is to be read when.

use serde_json::{Value, json};

use crate::example::{lot, page, records, register};
use crate::site::{Site, moment};

fn reads(site: &Site, lot: &str, word: &str, started: &str) {
    let body = json!({"assay": "sterility", "method": "SOP-3 v1", "started_at": started, "tested_at": site.hours(0),
        "readings": [{"attribute": "STERILITY", "value": word}]});
    records(site, lot, &body).created();
}

fn calendar(site: &Site, query: &str) -> Vec<(String, i64, String, String)> {
    let answer = site.auditor().get(&format!("/api/v1/calendar{query}")).ok();
    let text = |r: &Value, field: &str| r[field].as_str().expect("text").to_owned();
    let rows = answer["readings"].as_array().expect("readings").iter();
    rows.map(|r| {
        (text(r, "lot"), r["day"].as_i64().expect("a day"), text(r, "due_at")[..16].to_owned(), text(r, "state"))
    })
    .collect()
}

fn row(lot: &str, day: i64, due: &str, state: &str) -> (String, i64, String, String) {
    (lot.to_owned(), day, due.to_owned(), state.to_owned())
}

#[test]
fn reading_days_come_become_due_are_done_and_end_with_the_final_result() {
    let site = Site::start();
    lot(&site, "L-1");
    assert_eq!(calendar(&site, ""), [], "nothing has started");
    let start = site.hours(0);
    reads(&site, "L-1", "No growth to date", &start);
    let (seven, fourteen) = ("2026-06-08T08:00", "2026-06-15T08:00");
    assert_eq!(calendar(&site, ""), [row("L-1", 7, seven, "coming"), row("L-1", 14, fourteen, "coming")]);
    assert_eq!(calendar(&site, "?days=7"), [row("L-1", 7, seven, "coming")]);
    assert_eq!(calendar(&site, "?days=0"), []);
    site.is_at(moment("2026-06-08T07:00:00Z"));
    assert_eq!(calendar(&site, "?days=0"), [row("L-1", 7, seven, "due")]);
    assert!(page(&site, "amy", "/lots").text().contains("To read today"));
    assert!(page(&site, "amy", "/calendar").text().contains("Today, 2026-06-08"));
    site.is_at(moment("2026-06-09T08:00:00Z"));
    assert_eq!(calendar(&site, "?days=0"), [row("L-1", 7, seven, "overdue")]);
    assert!(page(&site, "amy", "/calendar").text().contains("Overdue"));
    reads(&site, "L-1", "No growth to date", &start);
    assert_eq!(calendar(&site, "?days=0"), [row("L-1", 7, seven, "done")]);
    site.is_at(moment("2026-06-15T08:00:00Z"));
    assert_eq!(calendar(&site, "")[1], row("L-1", 14, fourteen, "due"));
    reads(&site, "L-1", "No growth", &start);
    assert_eq!(calendar(&site, ""), [], "a final result ends it");
}

#[test]
fn a_turbid_reading_prolongs_the_test_and_a_rejected_lot_is_read_no_more() {
    let site = Site::start();
    lot(&site, "L-1");
    register(&site, "L-2");
    let start = site.hours(0);
    reads(&site, "L-1", "No growth to date", &start);
    reads(&site, "L-2", "No growth to date", &start);
    site.is_at(moment("2026-06-15T10:00:00Z"));
    reads(&site, "L-1", "Turbid", &start);
    let of_first: Vec<_> = calendar(&site, "").into_iter().filter(|r| r.0 == "L-1").collect();
    let wanted = [
        row("L-1", 7, "2026-06-08T08:00", "done"),
        row("L-1", 14, "2026-06-15T08:00", "done"),
        row("L-1", 19, "2026-06-19T10:00", "coming"),
    ];
    assert_eq!(of_first, wanted);
    site.qa().rejects("L-1", "not needed").created();
    assert!(calendar(&site, "").iter().all(|r| r.0 == "L-2"));
}

#[test]
fn a_number_of_days_that_is_none_is_refused() {
    let site = Site::start();
    for days in ["-1", "x", "1.5", "366"] {
        site.auditor().get(&format!("/api/v1/calendar?days={days}")).refused(422, "invalid_field").about(&["days"]);
    }
}
