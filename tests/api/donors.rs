//! `/api/v1/donors`: eligibility tested once, on the donor, for everything made from the donor.

use serde_json::{Value, json};

use crate::banks::install_staged;
use crate::person::{blockers, criterion};
use crate::site::Site;

fn staged(site: &Site) {
    install_staged(site);
    let entry = json!({"product": "STAGED-1"});
    site.analyst().registers_bank("MCB-1", &entry).created();
    let lot = json!({"product": "STAGED-1", "bank": "MCB-1"});
    site.analyst().registers_with("L-1", &lot).created();
}

fn tests(site: &Site, value: &str) -> i64 {
    let run = site.analyst().records_on("donors/D-0031", "serology", &[("HIV", value)]).created();
    run["run"].as_i64().expect("a run")
}

#[test]
fn a_donor_who_is_not_registered_blocks_a_lot_whose_specification_tests_donors() {
    let site = Site::start();
    staged(&site);
    let seen = site.qa().sees("L-1");
    let hiv = criterion(&seen, "HIV");
    assert_eq!((&hiv["stage"], &hiv["verdict"]["outcome"]), (&json!("donor"), &json!("missing")));
    assert!(hiv["verdict"]["because"].as_str().expect("why").contains("not registered"), "{hiv}");
    site.qa().releases("L-1").refused(409, "not_releasable").says("donor D-0031");
    // Registered later, the donor answers for what was made before.
    site.analyst().registers_donor("D-0031", &json!({"product": "STAGED-1"})).created();
    let run = tests(&site, "Negative");
    site.verifier().verifies(run).created();
    let seen = site.qa().sees("L-1");
    let hiv = criterion(&seen, "HIV");
    assert_eq!((&hiv["verdict"]["outcome"], &hiv["inherited_from"]), (&json!("pass"), &json!("D-0031")));
    assert_eq!(site.auditor().get("/api/v1/donors/d-0031").ok()["status"], "ready");
}

#[test]
fn a_donor_found_not_eligible_flags_and_blocks_everything_made_from_the_donor() {
    let site = Site::start();
    staged(&site);
    site.analyst().registers_donor("D-0031", &json!({"product": "STAGED-1"})).created();
    let run = tests(&site, "Positive");
    site.verifier().verifies(run).created();
    let told = format!("Run #{run} of D-0031, its donor, is out of specification.");
    for place in ["lots/L-1", "banks/MCB-1"] {
        let seen: Value = site.auditor().get(&format!("/api/v1/{place}")).ok();
        assert_eq!(seen["flags"][0]["detail"], json!(told), "{place}");
        assert_eq!(seen["status"], "on_hold", "{place}");
        assert!(blockers(&seen).contains(&"source"), "{seen}");
    }
    let donor = site.auditor().get("/api/v1/donors/D-0031").ok();
    assert_eq!((&donor["status"], donor["made"].as_array().expect("made").len()), (&json!("on_hold"), 2));
    site.qa().releases("L-1").refused(409, "not_releasable");
    site.whole();
}

#[test]
fn a_donor_is_registered_with_a_code_and_a_donation_in_the_past() {
    let site = Site::start();
    let before = site.facts_count();
    for (instead, code, field) in [
        (json!({"donor": "Ann Bell"}), "invalid_field", "donor"),
        (json!({"donor": ""}), "invalid_field", "donor"),
        (json!({"donated_at": "2026-05-01"}), "invalid_field", "donated_at"),
        (json!({"donated_at": site.hours(1)}), "in_the_future", "donated_at"),
        (json!({"product": "NOTHING"}), "no_such_product", "product"),
    ] {
        site.analyst().registers_donor("D-1", &instead).refused(422, code).about(&[field]);
    }
    site.analyst().registers_donor("D-1", &json!({"name": "Ann Bell"})).refused(400, "malformed_request");
    assert_eq!(site.facts_count(), before);
    let made = site.analyst().registers_donor("d-1", &json!({})).created();
    assert_eq!(made, json!({"donor": "D-1", "specification": {"product": "ADMSC-IV", "version": 1}}));
    let listed = site.auditor().get("/api/v1/donors?q=D-1").ok();
    assert_eq!(listed["donors"][0]["donated_at"], "2026-03-03T08:00:00.000000Z");
    assert_eq!(site.auditor().get("/api/v1/banks").ok()["banks"], json!([]));
}

#[test]
fn nothing_is_made_from_a_donor_before_the_donation() {
    let site = Site::start();
    site.analyst().registers_donor("D-1", &json!({"donated_at": site.hours(-30 * 24)})).created();
    let of = json!({"donor": "D-1"});
    let refused = site.analyst().registers_bank("MCB-1", &of).refused(422, "invalid_field");
    refused.says("before the donation of 2026-05-02 08:00 UTC").about(&["made_at"]);
    site.analyst().registers_with("L-1", &of).created();
    let early = json!({"donor": "D-1", "manufactured_at": site.hours(-31 * 24)});
    site.analyst().registers_with("L-2", &early).refused(422, "invalid_field").about(&["manufactured_at"]);
    // And the other way round: the lot was there first.
    site.analyst().registers_with("L-3", &json!({"donor": "D-3"})).created();
    let late = json!({"donated_at": site.hours(-19 * 24)});
    let refused = site.analyst().registers_donor("D-3", &late).refused(422, "invalid_field");
    refused.says("Lot L-3 of this donor was made on 2026-05-12 08:00 UTC, before the donation").about(&["donated_at"]);
    site.analyst().registers_donor("D-3", &json!({"donated_at": site.hours(-20 * 24)})).created();
}

/// A specification whose donor has an STR profile and whose bank is compared with it.
fn install_profiled(site: &Site) {
    let words = ["match", "investigate", "exclusion", "mixed", "too_few_loci", "not_comparable"];
    let criterion = |attribute: &str, stage: &str, kind: &str, str_use: &str, acceptance: Value| {
        json!({"attribute": attribute, "name": attribute, "section": "Identity", "assay": "str", "kind": kind,
            "acceptance": acceptance, "stage": stage, "str_use": str_use})
    };
    let document = json!({
        "product": "PROFILED", "version": 1, "product_name": "Profiled", "title": "Profiled", "example": false,
        "source": "a test", "rounding": "usp_7_20", "effective_from": "2026-01-01T00:00:00Z",
        "assays": [{"code": "str", "name": "STR profile", "method": "Multiplex PCR"}],
        "criteria": [
            criterion("STR_PROFILE", "donor", "report", "reference", json!({"type": "text"})),
            criterion("STR_IDENTITY", "bank", "required", "identity",
                json!({"type": "categorical", "allowed": words, "acceptable": ["match"]})),
        ],
    });
    let specification: lotgate::domain::spec::Specification = serde_json::from_value(document).expect("readable");
    site.app.install_specification(specification.checked().expect("sound")).expect("installed");
}

/// Fourteen loci, with one of them changed.
fn profile(changed: &[(&str, &[&str])]) -> Value {
    let mut all = json!({"D5S818": ["11", "12"], "D13S317": ["8", "11"], "D7S820": ["9", "10"], "D16S539": ["11", "12"],
        "VWA": ["17", "18"], "TH01": ["6", "9.3"], "TPOX": ["8", "11"], "CSF1PO": ["10", "12"], "D3S1358": ["15", "16"],
        "D8S1179": ["13", "14"], "D18S51": ["14", "15"], "D21S11": ["29", "30"], "FGA": ["21", "24"], "AMEL": ["X"]});
    for (locus, alleles) in changed {
        all[*locus] = json!(alleles);
    }
    all
}

#[test]
fn a_banks_identity_is_judged_against_the_verified_profile_of_its_donor_and_never_typed() {
    let site = Site::start();
    install_profiled(&site);
    site.analyst().registers_donor("D-9", &json!({"product": "PROFILED"})).created();
    site.analyst().registers_bank("MCB-9", &json!({"product": "PROFILED", "donor": "D-9"})).created();
    let run = |attribute: &str, raw: &Value| {
        json!({"assay": "str", "method": "Multiplex PCR", "tested_at": site.hours(-1),
            "readings": [{"attribute": attribute, "raw": raw}]})
    };
    let identity = |raw: &Value| site.analyst().post("/api/v1/banks/MCB-9/runs", &run("STR_IDENTITY", raw));
    identity(&profile(&[])).refused(422, "statement_required").says("donor");
    let typed = json!({"assay": "str", "method": "Multiplex PCR", "tested_at": site.hours(-1),
        "readings": [{"attribute": "STR_IDENTITY", "value": "match"}]});
    site.analyst().post("/api/v1/banks/MCB-9/runs", &typed).refused(422, "calculated_value");
    // On the page a profile is typed one locus per line.
    let lines: Vec<String> = profile(&[])
        .as_object()
        .expect("loci")
        .iter()
        .map(|(locus, alleles)| {
            format!(
                "{locus}\t{}",
                alleles
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|a| a.as_str().expect("text"))
                    .collect::<Vec<_>>()
                    .join("\t")
            )
        })
        .collect();
    let form = [
        ("assay", "str"),
        ("method", "Multiplex PCR"),
        ("tested_at", "2026-06-01T06:00"),
        ("profile.STR_PROFILE", &*lines.join("\r\n")),
    ];
    let recorded = crate::example::sends(&site, "amy", "/lots/D-9/runs?assay=str", &form);
    assert_eq!(recorded.status, 303, "{recorded}");
    identity(&profile(&[])).refused(422, "statement_required").says("verified");
    let donor_run = site.auditor().get("/api/v1/donors/D-9").ok()["runs"][0]["run"].as_i64().expect("a number");
    site.verifier().verifies(donor_run).created();
    let other = identity(&profile(&[("TH01", &["7"]), ("FGA", &["20"])])).created();
    assert_eq!(other["readings"][0]["value"], "exclusion");
    assert_eq!(other["readings"][0]["verdict"]["outcome"], "fail");
    identity(&profile(&[])).refused(409, "already_recorded").says("run #2");
}
