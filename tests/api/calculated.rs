//! Calculated values: raw entries in, formula out, in the API and on the forms.

use serde_json::json;

use crate::example::{count, endotoxin, lot, number, page, records, sends};
use crate::person::criterion;
use crate::site::Site;

const VIABILITY: &str = "(142 + 143) / (142 + 143 + 8 + 7) × 100 = 95";

#[test]
fn a_value_is_worked_out_from_raw_entries_and_shown_with_its_formula_everywhere() {
    let site = Site::start();
    lot(&site, "L-1");
    let made = records(&site, "L-1", &count(&site, &json!({}))).created();
    assert_eq!((&made["readings"][0]["value"], &made["readings"][0]["formula"]), (&json!("95"), &json!(VIABILITY)));
    let run = made["run"].as_i64().expect("a run");
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert_eq!(seen["readings"][1]["formula"], "(71 + 66) / 2 × 2 × 10⁴ × 22.0 / 10⁶ = 30.14");
    assert_eq!(seen["readings"][1]["raw"]["volume_ml"], json!(["22.0"]));
    let because = criterion(&site.qa().sees("L-1"), "VIABILITY")["verdict"]["because"].clone();
    assert!(because.as_str().is_some_and(|b| b.starts_with(VIABILITY)), "{because}");
    assert!(page(&site, "ben", "/lots/L-1").text().contains(VIABILITY));
    let shown = page(&site, "ben", &format!("/runs/{run}")).text();
    assert!(shown.contains(VIABILITY) && shown.contains("Live cells counted: 142, 143"), "{shown}");
}

#[test]
fn the_form_takes_raw_entries_separated_by_spaces_and_loses_nothing_that_was_typed() {
    let site = Site::start();
    lot(&site, "L-1");
    let form = page(&site, "amy", "/lots/L-1/runs/new?assay=count");
    assert!(form.text().contains("name=\"raw.VIABILITY.live\"") && !form.text().contains("name=\"value.VIABILITY\""));
    let tested = site.hours(-1);
    let typed = |live: &'static str| {
        [
            ("assay", "count"),
            ("method", "SOP-1 v1"),
            ("tested_at", tested.as_str()),
            ("raw.VIABILITY.live", live),
            ("raw.VIABILITY.dead", "8  7"),
            ("comment", "chamber B"),
        ]
    };
    let refused = sends(&site, "amy", "/lots/L-1/runs", &typed("142 14,3"));
    assert_eq!(refused.status, 422, "{refused}");
    let text = refused.text();
    assert!(
        text.contains("id=\"value-VIABILITY-live-problem\"") && text.contains("href=\"#value-VIABILITY-live\""),
        "{text}"
    );
    assert!(text.contains("value=\"142 14,3\"") && text.contains("value=\"8  7\"") && text.contains("chamber B"));
    let preview = sends(&site, "amy", "/lots/L-1/runs/preview", &typed("142 143")).ok();
    assert!(preview["readings"][0]["because"].as_str().is_some_and(|b| b.starts_with(VIABILITY)), "{preview}");
    assert_eq!(sends(&site, "amy", "/lots/L-1/runs", &typed("142 143")).status, 303);
    assert_eq!(criterion(&site.qa().sees("L-1"), "VIABILITY")["verdict"]["as_entered"], "95");
}

#[test]
fn a_correction_changes_raw_entries_and_the_form_offers_them() {
    let site = Site::start();
    lot(&site, "L-1");
    let run = number(&records(&site, "L-1", &count(&site, &json!({}))));
    let path = format!("/runs/{run}");
    assert!(page(&site, "amy", &path).text().contains("id=\"value-VIABILITY-live\" name=\"raw.VIABILITY.live\""));
    let fields = [
        ("raw.VIABILITY.live", "142 123"),
        ("raw.VIABILITY.dead", "8 27"),
        ("raw.VIABLE_CELLS.live", "71 66"),
        ("raw.VIABLE_CELLS.squares", "2"),
        ("raw.VIABLE_CELLS.dilution", "2"),
        ("raw.VIABLE_CELLS.volume_ml", "22.0"),
        ("reason", "a square was read as another"),
    ];
    let answer = sends(&site, "amy", &format!("{path}/correction"), &fields);
    assert_eq!(answer.status, 303, "{answer}");
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert_eq!(seen["changes"].as_array().map(Vec::len), Some(1), "what is the same is no change");
    assert_eq!(seen["readings"][0]["formula"], "(142 + 123) / (142 + 123 + 8 + 27) × 100 = 88.333333…");
    assert!(site.whole().facts > 0);
}

#[test]
fn a_passing_value_beyond_the_alert_limit_asks_once_for_a_comment_and_never_blocks() {
    let site = Site::start();
    lot(&site, "L-1");
    let tested = site.hours(-1);
    let form = |more: &[(&'static str, &'static str)]| {
        let mut fields = vec![
            ("assay", "count"),
            ("method", "SOP-1 v1"),
            ("tested_at", tested.as_str()),
            ("raw.VIABILITY.live", "166"),
            ("raw.VIABILITY.dead", "34"),
        ];
        fields.extend(more);
        sends(&site, "amy", "/lots/L-1/runs", &fields)
    };
    let asked = form(&[]);
    assert!(
        asked.status == 422 && asked.text().contains("alert limit NLT 85.0: please say why in the comment"),
        "{asked}"
    );
    let answered = form(&[("looked_again", "yes"), ("asked", "VIABILITY=dead 34, live 166")]);
    assert_eq!(answered.status, 303, "asked once: {answered}");
    let seen = criterion(&site.qa().sees("L-1"), "VIABILITY")["verdict"].clone();
    assert_eq!((&seen["outcome"], &seen["alert"]), (&json!("unverified"), &json!("alert limit NLT 85.0")));
    let run = site.qa().sees("L-1")["criteria"][0]["run"].as_i64().expect("a run");
    site.verifier().verifies(run).created();
    let seen = criterion(&site.qa().sees("L-1"), "VIABILITY")["verdict"].clone();
    assert_eq!((&seen["outcome"], &seen["alert"]), (&json!("pass"), &json!("alert limit NLT 85.0")));
    assert!(page(&site, "queen", "/lots/L-1").text().contains("beyond its alert limit NLT 85.0"));
}

#[test]
fn a_comment_answers_the_alert_before_it_is_asked() {
    let site = Site::start();
    lot(&site, "L-1");
    let tested = site.hours(-1);
    let fields = [
        ("assay", "count"),
        ("method", "SOP-1 v1"),
        ("tested_at", tested.as_str()),
        ("raw.VIABILITY.live", "166"),
        ("raw.VIABILITY.dead", "34"),
        ("comment", "thawed slowly"),
    ];
    assert_eq!(sends(&site, "amy", "/lots/L-1/runs", &fields).status, 303);
}

#[test]
fn a_control_that_is_a_number_decides_whether_the_run_is_valid() {
    let site = Site::start();
    lot(&site, "L-1");
    let form = page(&site, "amy", "/lots/L-1/runs/new?assay=endotoxin").text();
    assert!(form.contains("id=\"control-spike-recovery\"") && form.contains("50 to 200 %"), "{form}");
    let spike =
        |value: &str| endotoxin(&site, "0.1", &json!({"controls": [{"name": "spike recovery", "value": value}]}));
    records(&site, "L-1", &spike("98,0")).refused(422, "invalid_number").about(&["controls[0].value"]);
    let run = number(&records(&site, "L-1", &spike("201")));
    let seen = site.analyst().get(&format!("/api/v1/runs/{run}")).ok();
    assert!(
        seen["invalid_because"].as_str().is_some_and(|w| w.contains("spike recovery is 201, required 50 to 200 %")),
        "{seen}"
    );
    let good = number(&records(&site, "L-1", &spike("200")));
    assert!(!page(&site, "amy", &format!("/runs/{good}")).text().contains("the run is invalid"));
    assert!(page(&site, "amy", &format!("/runs/{run}")).text().contains("must be 50 to 200 %: the run is invalid"));
}
