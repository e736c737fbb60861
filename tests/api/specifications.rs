//! `/api/v1/specifications`: what lots are judged by, and that a lot keeps its version.

use lotgate::domain::shipped;
use lotgate::domain::spec::Specification;
use serde_json::{Value, json};

use crate::person::{blockers, criterion};
use crate::site::{Site, moment};

/// The shipped specification as JSON, to make others from.
pub fn shipped_document() -> Value {
    let all = shipped::specifications().expect("readable");
    serde_json::to_value(all.first().expect("ADMSC-IV")).expect("JSON")
}

pub fn install(site: &Site, document: Value) {
    let specification: Specification = serde_json::from_value(document).expect("a specification");
    site.app.install_specification(specification.checked().expect("consistent")).expect("installed");
}

pub fn criterion_of<'d>(document: &'d mut Value, attribute: &str) -> &'d mut Value {
    let criteria = document["criteria"].as_array_mut().expect("criteria");
    criteria.iter_mut().find(|c| c["attribute"] == attribute).expect("the criterion")
}

#[test]
fn the_shipped_specification_requires_what_the_issue_says() {
    let site = Site::start();
    let spec = site.auditor().get("/api/v1/specifications/ADMSC-IV/1").ok();
    let mut seen: Vec<(String, String)> = Vec::new();
    for criterion in spec["criteria"].as_array().expect("criteria") {
        assert_eq!(criterion["kind"], "required");
        let text = |field: &str| criterion[field].as_str().expect("text").to_owned();
        seen.push((text("attribute"), text("criterion")));
    }
    let wanted = [
        ("ADIPOGENIC", "Positive"),
        ("APPEARANCE", "Complies"),
        ("CD105", "NLT 95.0 %"),
        ("CD11B", "NMT 2.0 %"),
        ("CD19", "NMT 2.0 %"),
        ("CD34", "NMT 2.0 %"),
        ("CD44", "NLT 95.0 %"),
        ("CD45", "NMT 2.0 %"),
        ("CD73", "NLT 95.0 %"),
        ("CD90", "NLT 95.0 %"),
        ("CHONDROGENIC", "Positive"),
        ("ENDOTOXIN", "NMT 0.50 EU/mL"),
        ("HLA_DR", "NMT 2.0 %"),
        ("MYCOPLASMA", "Not detected"),
        ("OSTEOGENIC", "Positive"),
        ("PASSAGE", "NMT 5"),
        ("PURITY", "> 96.0 %"),
        ("STERILITY_AEROBIC", "No growth (14 d)"),
        ("STERILITY_ANAEROBIC", "No growth (14 d)"),
        ("VIABILITY", "NLT 80.0 %"),
        ("VIABLE_CELLS", "NLT 30.0 ×10⁶"),
    ];
    seen.sort();
    assert_eq!(seen, wanted.map(|(a, c)| (a.to_owned(), c.to_owned())));
    assert_eq!((&spec["example"], &spec["rounding"]), (&json!(true), &json!("usp_7_20")));
    let purity =
        spec["criteria"].as_array().expect("criteria").iter().find(|c| c["attribute"] == "PURITY").expect("purity");
    assert!(purity["definition"].as_str().expect("a definition").contains("CD105"), "{purity}");
}

#[test]
fn the_list_names_every_version_and_a_version_that_is_not_there_is_not_found() {
    let site = Site::start();
    let list = site.analyst().get("/api/v1/specifications").ok();
    let rows = list["specifications"].as_array().expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (&rows[0]["product"], &rows[0]["version"], &rows[0]["criteria"]),
        (&json!("ADMSC-IV"), &json!(1), &json!(21))
    );
    let one = site.analyst().get("/api/v1/specifications/admsc-iv/1").ok();
    assert_eq!(one["sha256"], rows[0]["sha256"]);
    for path in
        ["ADMSC-IV/2", "ADMSC-IV/0", "ADMSC-IV/-1", "ADMSC-IV/1.0", "ADMSC-IV/99999999999", "NOTHING/1", "%20/1"]
    {
        site.analyst().get(&format!("/api/v1/specifications/{path}")).refused(404, "no_such_specification");
    }
}

#[test]
fn a_lot_keeps_the_version_that_was_in_force_when_it_was_registered() {
    let site = Site::start();
    let mut second = shipped_document();
    second["version"] = json!(2);
    second["effective_from"] = json!("2026-06-02T08:00:00Z");
    criterion_of(&mut second, "PURITY")["acceptance"]["limit"] = json!("98.0");
    install(&site, second);
    let version = |lot: &str| site.analyst().registers(lot).created()["specification"]["version"].clone();
    assert_eq!(version("OLD"), 1);
    site.is_at(moment("2026-06-02T07:59:59.999999Z"));
    assert_eq!(version("EDGE"), 1);
    site.is_at(moment("2026-06-02T08:00:00Z"));
    assert_eq!(version("NEW"), 2);
    for (lot, pinned, limit, outcome) in [("OLD", 1, "> 96.0 %", "unverified"), ("NEW", 2, "> 98.0 %", "fail")] {
        site.analyst().records(lot, "flow-cytometry", &[("PURITY", "97.25")]).created();
        let seen = site.qa().sees(lot);
        assert_eq!(seen["specification"], json!({"product": "ADMSC-IV", "version": pinned}));
        let purity = criterion(&seen, "PURITY");
        assert_eq!((&purity["criterion"], &purity["verdict"]["outcome"]), (&json!(limit), &json!(outcome)), "{lot}");
    }
    assert_eq!(site.analyst().get("/api/v1/specifications").ok()["specifications"].as_array().expect("rows").len(), 2);
}

#[test]
fn a_certificate_names_the_version_it_was_judged_by_and_not_the_newest() {
    let site = Site::start();
    site.full_lot("OLD");
    let mut second = shipped_document();
    second["version"] = json!(2);
    second["effective_from"] = json!("2026-05-01T00:00:00Z");
    criterion_of(&mut second, "PURITY")["acceptance"]["limit"] = json!("99.0");
    install(&site, second);
    let released = site.qa().releases("OLD").created();
    let number = released["certificate"].as_str().expect("a number");
    let record = site.auditor().get(&format!("/api/v1/certificates/{number}/record")).ok();
    assert_eq!(record["dossier"]["specification"]["version"], 1);
    assert!(record.to_string().contains("> 96.0 %") && !record.to_string().contains("> 99.0 %"));
}

#[test]
fn a_specification_without_criteria_can_never_release_anything() {
    let site = Site::start();
    let mut empty = shipped_document();
    empty["product"] = json!("EMPTY-1");
    empty["criteria"] = json!([]);
    install(&site, empty);
    site.analyst().registers_with("L-1", &json!({"product": "EMPTY-1", "passage": null})).created();
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("testing"), vec!["no_criteria"]));
    site.qa().releases("L-1").refused(409, "not_releasable").says("requires nothing");
    site.analyst()
        .registers_with("L-2", &json!({"product": "EMPTY-1"}))
        .refused(422, "unknown_attribute")
        .about(&["passage"]);
}

#[test]
fn criteria_for_information_only_can_never_release_anything_either() {
    let site = Site::start();
    let mut informative = shipped_document();
    informative["product"] = json!("INFO-1");
    for criterion in informative["criteria"].as_array_mut().expect("criteria") {
        criterion["kind"] = json!("informative");
    }
    install(&site, informative);
    site.analyst().registers_with("L-1", &json!({"product": "INFO-1", "passage": "9"})).created();
    site.verifier().verifies_all("L-1");
    let seen = site.qa().sees("L-1");
    assert_eq!(blockers(&seen), ["no_criteria"]);
    assert_eq!(criterion(&seen, "PASSAGE")["verdict"]["outcome"], "reported", "a passage of 9 does not fail here");
    site.qa().releases("L-1").refused(409, "not_releasable");
}

#[test]
fn the_rounding_rule_is_part_of_the_version() {
    let site = Site::start();
    let mut exact = shipped_document();
    exact["version"] = json!(2);
    exact["rounding"] = json!("none");
    install(&site, exact);
    site.analyst().registers("L-1").created();
    let run = site.analyst().records("L-1", "flow-cytometry", &[("PURITY", "96.04")]).created();
    assert_eq!(run["readings"][0]["verdict"]["outcome"], "pass", "without rounding 96.04 is more than 96.0");
    assert_eq!(run["readings"][0]["verdict"]["reported"], "96.04");
}

#[test]
fn a_product_that_has_no_specification_in_force_takes_no_lots() {
    let site = Site::start();
    let mut later = shipped_document();
    later["product"] = json!("LATER-1");
    later["effective_from"] = json!("2026-06-02T00:00:00Z");
    install(&site, later);
    for product in ["LATER-1", "NOTHING"] {
        let refused =
            site.analyst().registers_with("L-1", &json!({"product": product})).refused(422, "no_such_product");
        refused.says(product).about(&["product"]);
    }
    site.is_at(moment("2026-06-02T00:00:00Z"));
    site.analyst().registers_with("L-1", &json!({"product": "later-1"})).created();
}
