//! What people and programs see, whole: a change of any word shows up here.

use serde_json::json;

use crate::site::Site;

#[test]
fn a_lot_as_it_stands() {
    let site = Site::start();
    site.full_lot_with("AD-26-0001", &[("PURITY", "96.04"), ("ENDOTOXIN", "<0.6")]);
    insta::assert_json_snapshot!("lot", site.auditor().sees("AD-26-0001"), {
        ".dossier_sha256" => "[sha256]",
        ".course.through" => "[entry]",
    });
}

#[test]
fn a_refusal_with_its_fields() {
    let site = Site::start();
    site.analyst().registers("AD-26-0001").created();
    let readings = json!([
        {"attribute": "CD105", "value": "98,7", "unit": "%"},
        {"attribute": "CD73", "value": "99.1"},
        {"attribute": "ENDOTOXIN", "value": "0.1", "unit": "EU/mL"},
    ]);
    let answer = site.analyst().records_with("AD-26-0001", "flow-cytometry", &[], &json!({"readings": readings}));
    insta::assert_json_snapshot!("refusal", answer.problem().body, { ".request_id" => "[request]" });
}

#[test]
fn a_run_with_a_correction() {
    let site = Site::start();
    site.analyst().registers("AD-26-0001").created();
    let run = site.analyst().records("AD-26-0001", "cell-count", &[("VIABILITY", "92.4")]).created()["run"]
        .as_i64()
        .expect("a run");
    site.analyst().corrects(run, &[("VIABILITY", "93.4")], "The count sheet says 93.4").created();
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    insta::assert_json_snapshot!("run", seen, { ".content_sha256" => "[sha256]" });
}
