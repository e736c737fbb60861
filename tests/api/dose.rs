//! Planning a dose from a lot's verified results.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::{count, endotoxin, lot, number, page, records, sends};
use crate::site::Site;

fn asks(site: &Site, body: &Value) -> Answer {
    site.auditor().post("/api/v1/lots/L-1/dose", body)
}

fn line(plan: &Value, code: &str) -> Value {
    let lines = plan["lines"].as_array().expect("lines");
    lines.iter().find(|l| l["code"] == code).unwrap_or_else(|| panic!("no {code} in {plan}")).clone()
}

fn counted(site: &Site) -> i64 {
    lot(site, "L-1");
    number(&records(site, "L-1", &count(site, &json!({}))))
}

#[test]
fn a_dose_is_worked_out_from_verified_results_only() {
    let site = Site::start();
    let run = counted(&site);
    asks(&site, &json!({"weight_kg": "60"})).refused(409, "cells_unknown").says("VIABLE_CELLS");
    assert!(page(&site, "queen", "/lots/L-1").text().contains("No verified, passing result"));
    site.verifier().verifies(run).created();
    let plan = asks(&site, &json!({"weight_kg": "60.0"})).ok();
    assert_eq!(
        (&plan["viable_cells"], &plan["volume_ml"], &plan["endotoxin"]),
        (&json!("30.14"), &json!("22.0"), &Value::Null)
    );
    assert_eq!(line(&plan, "dose")["formula"], "0.5 × 60.0 = 30");
    assert_eq!((&plan["containers"], &plan["problems"], &plan["status"]), (&json!(1), &json!([]), &json!("testing")));
    assert_eq!(
        plan["container_carries"],
        "One container of 30.14 ×10⁶ viable cells carries at most 60.2 kg at 0.5 ×10⁶ cells/kg."
    );
    assert!(plan["unchecked"][0].as_str().is_some_and(|u| u.contains("no endotoxin result")), "{plan}");
    let endotoxin = number(&records(&site, "L-1", &endotoxin(&site, "<0.05", &json!({}))));
    let typed = json!([{"attribute": "ENDOTOXIN", "value": "<0.05", "unit": "EU/mL"}]);
    let path = format!("/api/v1/runs/{endotoxin}/verification");
    site.verifier().post(&path, &json!({"readings": typed})).created();
    let before = site.facts_count();
    let plan = asks(&site, &json!({"weight_kg": "70", "hours": "2"})).ok();
    assert_eq!((&plan["containers"], &plan["unchecked"]), (&json!(2), &json!([])));
    assert_eq!(line(&plan, "endotoxin")["meets"], true);
    assert_eq!(site.facts_count(), before, "a plan is not recorded");
}

#[test]
fn what_is_asked_for_must_fit_the_dosing() {
    let site = Site::start();
    let run = counted(&site);
    site.verifier().verifies(run).created();
    asks(&site, &json!({})).refused(422, "invalid_field").about(&["weight_kg"]);
    asks(&site, &json!({"weight_kg": "60,5"})).refused(422, "invalid_number").about(&["weight_kg"]);
    asks(&site, &json!({"weight_kg": "60", "area_cm2": "10"})).refused(422, "invalid_field").about(&["area_cm2"]);
    asks(&site, &json!({"weight_kg": "60", "hours": "x"})).refused(422, "invalid_number").about(&["hours"]);
    asks(&site, &json!({"weight_kg": "60", "target": "9"})).refused(422, "unknown_value").about(&["target"]);
    asks(&site, &json!({"weight_kg": 60})).refused(400, "malformed_request");
    site.analyst().registers("L-2").created();
    let body = json!({"weight_kg": "60"});
    site.analyst().post("/api/v1/lots/L-2/dose", &body).refused(422, "no_dosing").says("ADMSC-IV");
    site.analyst().post("/api/v1/lots/L-3/dose", &body).refused(404, "no_such_lot");
    assert!(!page(&site, "amy", "/lots/L-2").text().contains("Work out the dose"));
}

#[test]
fn the_page_shows_the_plan_and_keeps_what_was_typed() {
    let site = Site::start();
    let run = counted(&site);
    site.verifier().verifies(run).created();
    let planned = sends(&site, "queen", "/lots/L-1/dose", &[("weight_kg", "70"), ("hours", "")]);
    assert!(planned.status == 200 && planned.text().contains("0.5 × 70 = 35"), "{planned}");
    let refused = sends(&site, "queen", "/lots/L-1/dose", &[("weight_kg", "70,5")]).text();
    assert!(refused.contains("weight_kg-problem") && refused.contains("value=\"70,5\""), "{refused}");
}
