//! The supply of a product out of specification (EU GMP Part IV, 11.53-54): never a release.

use serde_json::{Value, json};

use crate::containers::{shipment, ships};
use crate::example::page;
use crate::person::with;
use crate::site::{Site, password};

/// The body of a supply of container 1.
pub fn request(site: &Site, who: &str) -> Value {
    json!({
        "password": password(who),
        "physician": {"role": "physician", "name": "Dr Lin, ward 4", "reach": "+86 20 5550 1234"},
        "requested_at": site.hours(-3), "accepted_at": site.hours(-1), "containers": [1],
        "hazard": "Without the cells the patient loses the graft within hours",
        "risk_evaluation": "Viability 61 %: a lower dose, no other risk",
        "notified": [{"role": "sponsor", "name": "Trial office", "reach": "trial@example.org"}],
    })
}

/// A lot whose viability fails, verified.
pub fn failing(site: &Site) {
    site.analyst().registers("L-1").created();
    site.analyst().records("L-1", "cell-count", &[("VIABILITY", "61.0"), ("VIABLE_CELLS", "31.2")]).created();
    site.verifier().verifies_all("L-1");
}

const PATH: &str = "/api/v1/lots/L-1/supply";

#[test]
fn a_lot_out_of_specification_is_supplied_and_never_released() {
    let site = Site::start();
    failing(&site);
    ships(&site, "L-1", &[1]).refused(409, "not_shippable");
    let made = site.qp().post(PATH, &request(&site, "pablo")).created();
    let notice = made["supplies"][0]["notice"].as_str().expect("a sentence");
    assert!(notice.contains("no release") && notice.contains("does not certify"), "{notice}");
    assert_eq!(site.auditor().sees("L-1")["status"], "supplied_out_of_specification");
    let moved = ships(&site, "L-1", &[1]).created();
    assert_eq!(moved["under"], "SUPPLY");
    ships(&site, "L-1", &[2]).refused(409, "not_shippable");
    site.qa().releases("L-1").refused(409, "lot_closed").says("never released");
    let shown = page(&site, "queen", "/lots/L-1").text();
    assert!(shown.contains("Supplied out of specification: never released") && !shown.contains("Reject this lot"));
    assert!(site.auditor().get("/api/v1/certificates").ok()["certificates"].as_array().expect("a list").is_empty());
    assert_eq!(site.auditor().get("/api/v1/lots?status=supplied_out_of_specification").ok()["lots"][0]["lot"], "L-1");
    site.whole();
}

#[test]
fn a_rejected_lot_can_be_supplied_and_a_good_one_cannot() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().post(PATH, &request(&site, "queen")).refused(409, "not_out_of_specification");
    site.qa().releases("L-1").created();
    site.qa().post(PATH, &request(&site, "queen")).refused(409, "not_out_of_specification");
    site.full_lot("L-2");
    site.qa().rejects("L-2", "The bag leaks").created();
    site.qa().post("/api/v1/lots/L-2/supply", &request(&site, "queen")).created();
    let listed = site.auditor().get("/api/v1/lots?status=supplied_out_of_specification").ok();
    assert_eq!(listed["lots"][0]["lot"], "L-2");
    site.analyst().post("/api/v1/containers", &shipment(&site, "L-2", &[1])).created();
    site.whole();
}

#[test]
fn what_fails_after_a_supply_is_taken_verified_and_told_with_the_physicians_name() {
    let site = Site::start();
    site.full_lot("L-1");
    let growth = [("STERILITY_AEROBIC", "Growth")];
    site.qa().rejects("L-1", "The bag leaks").created();
    site.analyst().records("L-1", "sterility", &growth).refused(409, "lot_closed");
    site.qa().post(PATH, &request(&site, "queen")).created();
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).refused(409, "lot_closed");
    let run = site.analyst().records("L-1", "sterility", &growth).created()["run"].as_i64().expect("a run");
    let alerts = site.events("alert_raised");
    let told = alerts.iter().find(|a| a["about"] == "late_failing_result").expect("an alert");
    assert_eq!(told["lot"], "L-1");
    assert!(told["detail"].as_str().expect("a sentence").contains("Dr Lin, ward 4 (+86 20 5550 1234)"), "{told}");
    site.verifier().verifies(run).created();
    assert_eq!(site.events("investigation_opened")[0]["run"], run);
    assert_eq!(site.auditor().sees("L-1")["status"], "supplied_out_of_specification");
    site.qa().releases("L-1").refused(409, "lot_closed");
    site.whole();
}

#[test]
fn what_the_supply_rests_on_is_asked_for() {
    let site = Site::start();
    failing(&site);
    let before = site.facts_count();
    let sends = |instead: Value| site.qa().post(PATH, &with(request(&site, "queen"), &instead));
    sends(json!({"notified": []})).refused(422, "invalid_field").about(&["notified"]);
    sends(json!({"physician": {"role": "sponsor", "name": "x", "reach": "x"}})).refused(422, "invalid_field");
    sends(json!({"accepted_at": site.hours(-4)})).refused(422, "invalid_field").about(&["accepted_at"]);
    sends(json!({"accepted_at": site.hours(1)})).refused(422, "in_the_future");
    sends(json!({"hazard": ""})).refused(422, "invalid_field").about(&["hazard"]);
    sends(json!({"containers": [9]})).refused(404, "no_such_container");
    sends(json!({"evidence": ["0".repeat(64)]})).refused(404, "no_such_file");
    sends(json!({"password": "wrong"})).refused(403, "wrong_password");
    site.analyst().post(PATH, &request(&site, "amy")).refused(403, "wrong_role");
    assert!(site.events("supplied_out_of_specification").is_empty());
    assert_eq!(site.facts_count(), before + 9, "nothing but the refused attempts");
}
