//! `/api/v1/lots/{lot}/as-of`: the lot as it stood, rebuilt from the facts.

use serde_json::{Value, json};

use crate::calls::encoded;
use crate::example;
use crate::person::criterion;
use crate::site::{MORNING, Site};

fn as_of(site: &Site, who: &str, lot: &str, at: &str) -> crate::answer::Answer {
    site.person(who).get(&format!("/api/v1/lots/{lot}/as-of?at={}", encoded(at)))
}

/// The lot as of a moment, without what only a past view says.
fn past(site: &Site, who: &str, at: &str) -> Value {
    let mut view = as_of(site, who, "L-1", at).ok();
    let fields = view.as_object_mut().expect("an object");
    assert_eq!(fields.remove("as_of"), Some(json!(at)));
    assert!(!fields.remove("entries").expect("entries").as_array().expect("entries").is_empty());
    view
}

#[test]
fn at_every_moment_the_lot_stood_as_it_was_shown_then() {
    let site = Site::start();
    let mut seen: Vec<(String, Value)> = Vec::new();
    let mut look = || {
        seen.push((site.app.now().to_string(), site.auditor().sees("L-1")));
        site.waits_hours(1);
    };
    site.analyst().registers("L-1").created();
    look();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.4")]).created()["run"].as_i64().expect("a run");
    look();
    site.verifier().verifies(run).created();
    look();
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.2")], "Read again").created();
    look();
    site.records_all("L-1", &[], &["ENDOTOXIN"]);
    site.verifier().verifies_all("L-1");
    look();
    site.qa()
        .post("/api/v1/deviations", &json!({"lot": "L-1", "kind": "hold", "description": "x", "impact": "y"}))
        .created();
    look();
    let closure = json!({"assessment": "No impact", "password": site.qa().password()});
    site.qa().post("/api/v1/deviations/DEV-2026-0001/closure", &closure).created();
    look();
    site.qa().releases("L-1").created();
    look();
    let statuses: Vec<&str> = seen.iter().filter_map(|(_, lot)| lot["status"].as_str()).collect();
    assert_eq!(statuses[4..], ["ready", "on_hold", "ready", "released"], "{statuses:?}");
    for (at, shown) in &seen {
        assert_eq!(past(&site, "olga", at), *shown, "as of {at}");
    }
    // Between two changes it stood as after the first.
    let between =
        site.person("olga").get(&format!("/api/v1/lots/L-1/as-of?at={}", encoded("2026-06-01T16:30:00+08:00"))).ok();
    assert_eq!((&between["status"], &between["as_of"]), (&json!("testing"), &json!("2026-06-01T08:30:00.000000Z")));
}

#[test]
fn before_its_registration_and_in_the_future_there_is_no_lot_to_show() {
    let site = Site::start();
    site.waits_hours(2);
    site.analyst().registers("L-1").created();
    let refused = as_of(&site, "olga", "L-1", "2026-06-01T09:59:59Z").refused(404, "no_such_lot");
    refused.says("it was registered on 2026-06-01 10:00 UTC");
    as_of(&site, "olga", "L-1", "2026-06-01T10:00:01Z").refused(422, "in_the_future").about(&["at"]);
    as_of(&site, "olga", "L-1", "yesterday").refused(422, "invalid_field").about(&["at"]);
    as_of(&site, "olga", "L-1", "").refused(422, "invalid_field").about(&["at"]);
    as_of(&site, "olga", "L-2", MORNING).refused(404, "no_such_lot");
    assert_eq!(as_of(&site, "olga", "L-1", "2026-06-01T10:00:00Z").ok()["status"], "testing");
}

#[test]
fn what_it_was_made_from_stood_as_it_stood_too() {
    let site = Site::start();
    crate::banks::install_staged(&site);
    site.analyst().registers_bank("MCB-1", &json!({"product": "BANKED-1"})).created();
    let positive = [("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")];
    let run = site.analyst().records_on("banks/MCB-1", "differentiation", &positive).created()["run"]
        .as_i64()
        .expect("a run");
    site.analyst().registers_with("L-1", &json!({"product": "BANKED-1", "bank": "MCB-1"})).created();
    let unverified = site.auditor().sees("L-1");
    site.waits_hours(1);
    site.verifier().verifies(run).created();
    let verified = site.auditor().sees("L-1");
    let outcome = |lot: &Value| criterion(lot, "ADIPOGENIC")["verdict"]["outcome"].clone();
    assert_eq!((outcome(&unverified), outcome(&verified)), (json!("unverified"), json!("pass")));
    assert_eq!(past(&site, "olga", "2026-06-01T08:00:00.000000Z"), unverified);
    assert_eq!(past(&site, "olga", "2026-06-01T09:00:00.000000Z"), verified);
}

#[test]
fn a_value_that_is_still_to_be_typed_again_is_not_seen_in_the_past_either() {
    let site = Site::start();
    example::lot(&site, "L-1");
    let run = example::number(&example::records(&site, "L-1", &example::endotoxin(&site, "0.37", &json!({}))));
    let recorded = site.app.now().to_string();
    site.waits_hours(1);
    assert!(!as_of(&site, "ben", "L-1", &recorded).text().contains("0.37"));
    assert!(as_of(&site, "amy", "L-1", &recorded).text().contains("0.37"), "she entered it");
    let page = example::page(&site, "ben", "/lots/L-1/as-of?at=2026-06-01T16:30:00");
    assert!(page.text().contains("as it stood") && !page.text().contains("0.37"), "{page}");
    let readings = json!({"readings": [{"attribute": "ENDOTOXIN", "value": "0.37", "unit": "EU/mL"}]});
    site.verifier().post(&format!("/api/v1/runs/{run}/verification"), &readings).created();
    assert!(as_of(&site, "ben", "L-1", &recorded).text().contains("0.37"), "he typed it himself");
}

#[test]
fn the_page_asks_for_the_moment_in_the_sites_zone_and_says_what_has_become_of_the_lot() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    site.waits_hours(1);
    site.qa().rejects("L-1", "Bag leaks").created();
    let page = example::page(&site, "olga", "/lots/L-1/as-of?at=2026-06-01T16:30:00");
    let text = page.with_status(200).text();
    for words in ["2026-06-01 16:30:00 +08:00", "Its status today: Rejected.", "registered lot L-1", "Facts until then"]
    {
        assert!(text.contains(words), "no “{words}” in {text}");
    }
    assert!(!text.contains("Bag leaks"), "that came later");
    let early = example::page(&site, "olga", "/lots/L-1/as-of?at=2026-06-01T15:00");
    assert!(early.with_status(404).text().contains("it was registered on 2026-06-01 16:00 +08:00"), "{early}");
}
