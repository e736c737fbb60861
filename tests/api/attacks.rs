//! Attempts to have a lot released that should not be: by people who collude, are careless or
//! unlucky. Each is refused in a sentence that says what to do, and the lot stays unreleased.

use serde_json::{Value, json};

use crate::concurrency::at_once;
use crate::investigations::PROOF;
use crate::person::{blockers, criterion, with};
use crate::site::Site;
use crate::specifications::criterion_of;
use crate::whole_product::{
    admsc_sc, banks, body, donor, endotoxin, flow, in_force, most_of, profile, raw, ready, records, registers, tested,
    typed, verifies,
};

fn run_at(site: &Site, place: &str, attribute: &str) -> Value {
    let seen = site.auditor().get(&format!("/api/v1/{place}")).ok();
    criterion(&seen, attribute)["run"].clone()
}

fn corrects(site: &Site, run: &Value, readings: &[Value]) -> crate::answer::Answer {
    let body = json!({"readings": readings, "reason": "Misread"});
    site.analyst().post(&format!("/api/v1/runs/{run}/correction"), &body)
}

/// Nobody releases it, and the refusal says this.
#[track_caller]
fn held(site: &Site, lot: &str, says: &str) {
    site.other_qa().releases(lot).refused(409, "not_releasable").says(says);
}

#[test]
fn an_identity_with_a_profile_that_is_no_longer_the_donors_is_no_identity() {
    let site = Site::start();
    ready(&site, "SC-1");
    let reference = run_at(&site, "donors/D-0031", "STR_PROFILE");
    let swapped = raw("STR_PROFILE", profile(&[("TH01", "7,9.3"), ("FGA", "20,24")]));
    corrects(&site, &reference, std::slice::from_ref(&swapped)).created();
    held(&site, "SC-1", "the donor has no verified STR profile any more");
    verifies(&site, &reference, &[]).created();
    held(&site, "SC-1", "the donor's STR profile is another since; compare again by a new run");
    // Compared anew, it is an exclusion, and that is out of specification.
    let again = tested(&site, "banks/WCB-1", "str-profile", &[raw("STR_IDENTITY", profile(&[]))]);
    assert_eq!(run_at(&site, "lots/SC-1", "STR_IDENTITY"), again);
    held(&site, "SC-1", "exclusion");
    site.whole();
}

#[test]
fn an_identity_is_made_good_by_comparing_again_once_the_donors_profile_is_right() {
    let site = Site::start();
    ready(&site, "SC-1");
    let reference = run_at(&site, "donors/D-0031", "STR_PROFILE");
    let other = profile(&[("TH01", "7,9.3"), ("FGA", "20,24")]);
    corrects(&site, &reference, &[raw("STR_PROFILE", other.clone())]).created();
    verifies(&site, &reference, &[]).created();
    tested(&site, "banks/WCB-1", "str-profile", &[raw("STR_IDENTITY", other)]);
    assert_eq!(blockers(&site.qa().sees("SC-1")), Vec::<&str>::new());
    site.other_qa().releases("SC-1").created();
}

#[test]
fn a_bank_tested_more_loosely_under_another_specification_vouches_for_nothing() {
    let site = Site::start();
    in_force(&site, &admsc_sc());
    let mut loose = with(admsc_sc(), &json!({"product": "LOOSE-1"}));
    criterion_of(&mut loose, "STR_IDENTITY")["str_use"] = Value::Null;
    criterion_of(&mut loose, "CHONDROGENIC")["assay"] = json!("potency");
    for assay in loose["assays"].as_array_mut().expect("assays") {
        if assay["code"] == "karyotype" || assay["code"] == "tumorigenicity" {
            assay["controls"] = json!([]);
        }
    }
    in_force(&site, &loose);
    donor(&site);
    site.analyst().registers_bank("WCB-1", &json!({"product": "LOOSE-1"})).created();
    let no_controls = json!({"controls": []});
    for (assay, readings) in [
        ("str-profile", vec![typed("STR_IDENTITY", "match", None)]),
        ("karyotype", vec![typed("KARYOTYPE", "Normal", None)]),
        ("potency", vec![typed("CHONDROGENIC", "Positive", None)]),
        ("differentiation", vec![typed("ADIPOGENIC", "Positive", None)]),
    ] {
        let instead = if assay == "karyotype" { &no_controls } else { &json!({}) };
        let run = site.analyst().post("/api/v1/banks/WCB-1/runs", &body(&site, assay, &readings, instead)).created();
        verifies(&site, &run["run"], &[]).created();
    }
    registers(&site, "SC-1", &json!({})).created();
    let seen = site.qa().sees("SC-1");
    for (attribute, says) in [
        ("STR_IDENTITY", "its value was not worked out as is asked here"),
        ("KARYOTYPE", "other controls than are asked here"),
        ("CHONDROGENIC", "as assay potency, not as differentiation"),
    ] {
        let verdict = &criterion(&seen, attribute)["verdict"];
        let because = verdict["because"].as_str().expect("why");
        assert!(verdict["outcome"] == "indeterminate" && because.contains(says), "{attribute}: {verdict}");
        assert!(because.contains("LOOSE-1 version 1"), "{because}");
    }
    assert_eq!(criterion(&seen, "ADIPOGENIC")["verdict"]["outcome"], "pass", "tested as is asked here");
    // What the bank does not answer may be tested on the lot itself.
    tested(&site, "lots/SC-1", "karyotype", &[typed("KARYOTYPE", "Normal", None)]);
    assert_eq!(criterion(&site.qa().sees("SC-1"), "KARYOTYPE")["verdict"]["outcome"], "pass");
}

#[test]
fn a_passage_below_that_of_the_bank_exempts_from_nothing() {
    let site = Site::start();
    ready(&site, "SC-1");
    let passage = run_at(&site, "lots/SC-1", "PASSAGE");
    corrects(&site, &passage, &[typed("PASSAGE", "2", None)])
        .refused(422, "invalid_field")
        .says("lower than that of its bank WCB-1, 3")
        .about(&["readings[0].value"]);
    let unsaid =
        json!({"product": "ADMSC-SC", "bank": "WCB-1", "autologous": false, "antibiotics": false, "passage": null});
    site.analyst().registers_with("SC-2", &unsaid).created();
    records(&site, "lots/SC-2", "batch-record", &[typed("PASSAGE", "2", None)])
        .refused(422, "invalid_field")
        .says("Check the passage")
        .about(&["readings[0].value"]);
}

#[test]
fn a_turbid_reading_takes_the_pass_from_a_final_reading_made_too_early_however_it_came() {
    let site = Site::start();
    ready(&site, "SC-1");
    registers(&site, "SC-2", &json!({})).created();
    let reads = |word: &str, days: i64| {
        let times = json!({"started_at": site.hours(-20 * 24), "tested_at": site.hours(-24 * days)});
        let run = body(&site, "sterility", &[typed("STERILITY_AEROBIC", word, None)], &times);
        site.analyst().post("/api/v1/lots/SC-2/runs", &run)
    };
    let interim = reads("No growth to date", 7).created()["run"].clone();
    reads("No growth to date", 5).created();
    let last = reads("No growth", 6).created()["run"].clone();
    verifies(&site, &last, &[]).created();
    corrects(&site, &interim, &[typed("STERILITY_AEROBIC", "Turbid, subcultured", None)]).created();
    let seen = site.qa().sees("SC-2");
    let verdict = &criterion(&seen, "STERILITY_AEROBIC")["verdict"];
    assert_eq!(verdict["outcome"], "pending", "{verdict}");
    assert!(verdict["because"].as_str().expect("why").contains("prolongs the incubation to"), "{verdict}");
    reads("No growth", 4).refused(422, "read_too_early").says("which prolongs the incubation");
    let final_one = reads("No growth", 3).created()["run"].clone();
    verifies(&site, &final_one, &[]).created();
    assert_eq!(criterion(&site.qa().sees("SC-2"), "STERILITY_AEROBIC")["verdict"]["outcome"], "pass");
}

/// A product whose one required criterion applies to autologous use, beside a report.
fn asks_little() -> Value {
    let assay = json!({"code": "flow", "name": "Flow", "method": "SOP-1"});
    let number = json!({"type": "numeric", "operator": "NMT", "limit": "2.0", "unit": "%"});
    let of = |attribute: &str, more: Value| {
        let usual = json!({"attribute": attribute, "name": attribute, "section": "Tests", "assay": "flow",
            "kind": "required", "acceptance": number});
        with(usual, &more)
    };
    let passage = json!({"kind": "report", "acceptance": {"type": "number"}});
    json!({"product": "LITTLE-1", "version": 1, "product_name": "Cells", "title": "Cells", "example": false,
        "source": "made for tests", "rounding": "usp_7_20", "assays": [assay],
        "criteria": [of("CD34", json!({"applies_when": {"fact": "autologous"}})), of("PASSAGE", passage)]})
}

#[test]
fn where_no_required_criterion_applies_nothing_is_released() {
    let site = Site::start();
    in_force(&site, &asks_little());
    let lot = json!({"product": "LITTLE-1", "passage": null, "autologous": false});
    site.analyst().registers_with("L-1", &lot).created();
    let run = body_of_flow(&site, &[typed("PASSAGE", "2", None)]);
    let run = site.analyst().post("/api/v1/lots/L-1/runs", &run).created()["run"].clone();
    verifies(&site, &run, &[]).created();
    assert_eq!(blockers(&site.qa().sees("L-1")), ["no_criteria"]);
    held(&site, "L-1", "requires nothing that applies here");
}

fn body_of_flow(site: &Site, readings: &[Value]) -> Value {
    json!({"assay": "flow", "method": "SOP-1", "tested_at": site.hours(-1), "readings": readings})
}

#[test]
fn a_cocktail_is_not_done_because_none_of_its_markers_applies() {
    let site = Site::start();
    let mut document = asks_little();
    criterion_of(&mut document, "CD34")["applies_when"] = json!({"fact": "passage", "at_least": 3});
    let mut cocktail = criterion_of(&mut document, "CD34").clone();
    cocktail =
        with(cocktail, &json!({"attribute": "COCKTAIL", "name": "Cocktail", "covers": ["CD34"], "applies_when": null}));
    let criteria = document["criteria"].as_array_mut().expect("criteria");
    criteria.push(cocktail.clone());
    in_force(&site, &document);
    site.analyst().registers_with("L-1", &json!({"product": "LITTLE-1", "passage": null})).created();
    let run = body_of_flow(&site, &[typed("PASSAGE", "2", None)]);
    let run = site.analyst().post("/api/v1/lots/L-1/runs", &run).created()["run"].clone();
    verifies(&site, &run, &[]).created();
    let seen = site.qa().sees("L-1");
    assert_eq!(criterion(&seen, "CD34")["verdict"]["outcome"], "not_applicable");
    assert_eq!(criterion(&seen, "COCKTAIL")["verdict"]["outcome"], "missing");
    held(&site, "L-1", "Cocktail");
}

#[test]
fn a_cocktail_that_says_less_than_the_markers_it_answers_is_not_drafted() {
    let site = Site::start();
    let refused = |cocktail: Value, marker: Value, says: &str| {
        let mut document = asks_little();
        let usual = with(criterion_of(&mut document, "CD34").clone(), &json!({"applies_when": null}));
        let acceptance = |limit: Value| with(usual["acceptance"].clone(), &limit);
        let own = json!({"attribute": "COCKTAIL", "covers": ["CD34"], "stage": cocktail["stage"],
            "acceptance": acceptance(cocktail["limit"].clone())});
        let criteria =
            json!([with(usual.clone(), &json!({"acceptance": acceptance(marker)})), with(usual.clone(), &own)]);
        document["criteria"] = criteria;
        let answer = site.analyst().post("/api/v1/specifications", &document);
        answer.refused(422, "specification_unsound").says(says);
    };
    let wider = "the cocktail's may not be the wider one";
    refused(json!({"limit": {"limit": "2.1"}}), json!({"limit": "2.0"}), wider);
    refused(json!({"limit": {"limit": "2.0"}}), json!({"limit": "2.00"}), wider);
    refused(json!({"limit": {"limit": "2.0"}}), json!({"operator": "<", "limit": "2.0"}), wider);
    refused(json!({"limit": {"limit": "1.99"}}), json!({"operator": "<", "limit": "2.0"}), wider);
    refused(json!({"limit": {}, "stage": "bank"}), json!({}), "one reading is of one sample");
}

#[test]
fn an_unchecked_run_of_the_bank_holds_its_lots_also_where_its_control_failed() {
    let site = Site::start();
    ready(&site, "SC-1");
    let bad = json!({"controls": [{"name": "uninduced", "value": "Positive"}]});
    let run = body(&site, "differentiation", &[typed("OSTEOGENIC", "Negative", None)], &bad);
    let run = match site.analyst().post("/api/v1/banks/WCB-1/runs", &run) {
        answer if answer.status == 201 => answer.json()["run"].clone(),
        answer => panic!("{answer}"),
    };
    let told = format!("Run #{run} of WCB-1 is not verified");
    held(&site, "SC-1", &told);
    let bank = site.qa().get("/api/v1/banks/WCB-1").ok();
    assert!(blockers(&bank).contains(&"unverified"), "{}", bank["blockers"]);
    verifies(&site, &run, &[]).created();
    site.other_qa().releases("SC-1").created();
}

#[test]
fn whoever_entered_or_verified_data_of_the_bank_does_not_release_its_lots() {
    let site = Site::start();
    ready(&site, "SC-1");
    let both = site.has_person("bo", "Bo Both", &["analyst", "qa"]);
    let report = body(&site, "karyotype", &[typed("KARYOTYPE_ISCN", "46,XY[21]", None)], &json!({}));
    let run = both.post("/api/v1/banks/WCB-1/runs", &report).created()["run"].clone();
    verifies(&site, &run, &[]).created();
    both.releases("SC-1")
        .refused(403, "own_work")
        .says("You entered data of bank WCB-1, so another QA officer must release what was made from it.");
    site.other_qa().releases("SC-1").created();
}

#[test]
fn what_happens_between_looking_and_signing_counts() {
    for (what, says) in [("deviation", "DEV-2026-0001"), ("bank", "OOS-2026-0001"), ("bank deviation", "DEV-2026-0001")]
    {
        let site = Site::start();
        ready(&site, "SC-1");
        let shown = json!({"dossier_sha256": site.other_qa().sees("SC-1")["dossier_sha256"]});
        let deviates = |lot: &str| {
            let body = json!({"lot": lot, "kind": "deviation", "description": "Freezer alarm", "impact": "Unknown"});
            site.verifier().post("/api/v1/deviations", &body).created()
        };
        match what {
            "deviation" => drop(deviates("SC-1")),
            "bank deviation" => drop(deviates("MCB-1")),
            _ => drop(tested(&site, "banks/WCB-1", "karyotype", &[typed("KARYOTYPE", "Abnormal", None)])),
        }
        site.other_qa().releases_with("SC-1", &[], &shown).refused(409, "not_releasable").says(says);
        assert!(site.events("lot_released").is_empty());
    }
}

#[test]
fn a_critical_value_is_typed_again_as_a_plain_number_or_not_at_all() {
    let site = Site::start();
    in_force(&site, &admsc_sc());
    donor(&site);
    banks(&site);
    registers(&site, "SC-1", &json!({})).created();
    most_of(&site, "SC-1");
    let run = records(&site, "lots/SC-1", "flow-cytometry", &flow("0.4")).created()["run"].clone();
    for odd in ["９７.25", "97.25 ", " 97.25", "97,25", "٩٧.25", "9.725e1", "97.25%", "", "≥97.25", "97.25\u{200b}"]
    {
        verifies(&site, &run, &[typed("PURITY", odd, Some("%"))]).refused(422, "invalid_number");
    }
    assert!(site.events("discrepancy_found").is_empty());
    verifies(&site, &run, &[typed("PURITY", "97.250", Some("%"))]).created();
    let at = "lots/SC-1";
    let toxin = records(&site, at, "endotoxin", &[endotoxin("<0.005")]).created()["run"].clone();
    let other = raw("ENDOTOXIN", json!({"reading": ["<0.05"], "dilution": ["1"]}));
    verifies(&site, &toxin, &[other]).refused(409, "second_entry_differs").says("not what was entered first");
    verifies(&site, &toxin, &[endotoxin("<0.005")]).refused(409, "second_entry_differs").says("Both people say");
    held(&site, "SC-1", "the two entries of ENDOTOXIN differ");
}

#[test]
fn entries_that_belong_elsewhere_or_prove_nothing_are_refused() {
    let site = Site::start();
    ready(&site, "SC-1");
    registers(&site, "SC-2", &json!({})).created();
    let on = |place: &str, assay: &str, readings: &[Value], instead: Value| {
        site.analyst().post(&format!("/api/v1/{place}/runs"), &body(&site, assay, readings, &instead))
    };
    let none = || json!({});
    on("donors/D-0031", "endotoxin", &[endotoxin("0.01")], none())
        .refused(422, "invalid_field")
        .says("Record it there");
    on("banks/WCB-1", "flow-cytometry", &flow("0.4"), none()).refused(422, "invalid_field").says("Record it there");
    let infected = [typed("DONOR_HIV", "Negative", None)];
    on("lots/SC-2", "donor-infection", &infected, none()).refused(422, "invalid_field").says("Record it for donor");
    let unknown = json!({"evidence": ["0".repeat(64)]});
    on("lots/SC-2", "flow-cytometry", &flow("0.4"), unknown).refused(404, "no_such_file").about(&["evidence[0]"]);
    let without = json!({"evidence": []});
    on("lots/SC-2", "flow-cytometry", &flow("0.4"), without).refused(422, "evidence_required");
    let typed_in = [typed("ENDOTOXIN", "0.01", Some("EU/mL"))];
    on("lots/SC-2", "endotoxin", &typed_in, none()).refused(422, "calculated_value");
    let concluded = [typed("STR_IDENTITY", "match", None)];
    on("banks/MCB-1", "str-profile", &concluded, none()).refused(422, "calculated_value");
    // One file may prove several runs: a plate is read once for many lots.
    on("lots/SC-2", "flow-cytometry", &flow("0.4"), json!({"evidence": [PROOF]})).created();
    site.analyst().registers_bank("WCB-1", &json!({"product": "ADMSC-SC"})).refused(409, "lot_exists");
    let old = json!({"product": "ADMSC-SC", "expires_at": site.hours(-30 * 24)});
    site.analyst().registers_bank("OLD-1", &old).created();
    registers(&site, "SC-3", &json!({"bank": "OLD-1"})).refused(422, "invalid_field").says("expired on");
}

#[test]
fn an_invalid_run_makes_no_choice_and_a_reading_at_the_edge_is_rounded_once() {
    let site = Site::start();
    ready(&site, "SC-1");
    registers(&site, "SC-2", &json!({})).created();
    let bad = json!({"controls": [{"name": "internal control", "value": "Not detected"},
        {"name": "no-template control", "value": "Not detected"}]});
    let run = body(&site, "mycoplasma-nat", &[typed("MYCOPLASMA_NAT", "Not detected", None)], &bad);
    let run = site.analyst().post("/api/v1/lots/SC-2/runs", &run).created()["run"].clone();
    verifies(&site, &run, &[]).created();
    let outcome = |lot: &str, attribute: &str| criterion(&site.qa().sees(lot), attribute)["verdict"]["outcome"].clone();
    assert_eq!(outcome("SC-2", "MYCOPLASMA_NAT"), "invalid");
    assert_eq!(outcome("SC-2", "MYCOPLASMA_CULTURE"), "missing");
    for (number, (live, dead), wanted) in
        [(3, ("15990", "4010"), "pass"), (4, ("15989", "4011"), "fail"), (5, ("1599", "401"), "pass")]
    {
        let lot = format!("SC-{number}");
        registers(&site, &lot, &json!({})).created();
        let viability = raw("VIABILITY", json!({"live": [live], "dead": [dead]}));
        tested(&site, &format!("lots/{lot}"), "cell-count", &[viability]);
        assert_eq!(outcome(&lot, "VIABILITY"), wanted, "{live} of {live} and {dead}");
    }
}

#[test]
fn no_lot_is_released_after_its_bank_fell_however_close_together() {
    let site = Site::start();
    ready(&site, "SC-1");
    let karyotype = run_at(&site, "lots/SC-1", "KARYOTYPE");
    let answers = at_once(3, |n| match n {
        0 => site.qa().releases("SC-1"),
        1 => site.other_qa().releases("SC-1"),
        _ => {
            let body = json!({"ground": "sample", "reason": "Cells mixed up", "password": site.qa().password()});
            site.qa().post(&format!("/api/v1/runs/{karyotype}/invalidation"), &body)
        }
    });
    answers[2].created();
    let order: Vec<Value> = site.facts().iter().map(|f| f["fact"]["event"]["kind"].clone()).collect();
    let place = |kind: &str| order.iter().position(|k| k == kind);
    let released = answers[..2].iter().filter(|a| a.status == 201).count();
    assert_eq!(released, usize::from(place("lot_released").is_some()));
    assert!(place("lot_released").is_none_or(|at| Some(at) < place("run_invalidated")), "{order:?}");
    for lost in answers[..2].iter().filter(|a| a.status != 201) {
        assert!(["not_releasable", "lot_closed"].contains(&lost.problem().body["code"].as_str().expect("a code")));
    }
    assert_eq!(site.qa().sees("SC-1")["flags"].as_array().map(Vec::len), Some(1), "told also if it was released");
    site.whole();
}
