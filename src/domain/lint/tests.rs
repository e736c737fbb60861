//! Each rule with the published mistake that it would have stopped, where there is one.

use serde_json::{Value, json};

use super::*;
use crate::domain::shipped;

fn shipped_document() -> Value {
    let all = shipped::specifications().expect("readable");
    serde_json::to_value(all.first().expect("ADMSC-IV")).expect("JSON")
}

/// The findings about the shipped specification after a change to it.
fn after(change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut document = shipped_document();
    change(&mut document);
    lint(&serde_json::from_value(document).expect("a specification"))
}

fn of<'d>(document: &'d mut Value, attribute: &str) -> &'d mut Value {
    let criteria = document["criteria"].as_array_mut().expect("criteria");
    criteria.iter_mut().find(|c| c["attribute"] == attribute).expect("the criterion")
}

fn numeric(operator: &str, limit: &str, unit: &str) -> Value {
    json!({"type": "numeric", "operator": operator, "limit": limit, "unit": unit})
}

/// A marker like CD105, under another code.
fn add(document: &mut Value, attribute: &str, acceptance: Value) {
    let mut criterion = of(document, "CD105").clone();
    criterion["attribute"] = json!(attribute);
    criterion["name"] = json!(format!("{attribute} added"));
    criterion["acceptance"] = acceptance;
    document["criteria"].as_array_mut().expect("criteria").push(criterion);
}

#[track_caller]
fn says(findings: &[Finding], code: &str, words: &str) {
    let found = findings.iter().any(|f| f.code == code && f.detail.contains(words));
    assert!(found, "no {code} with “{words}” in {findings:#?}");
}

#[test]
fn every_shipped_specification_is_clean() {
    for spec in shipped::specifications().expect("readable") {
        assert_eq!(lint(&spec), [], "{} version {}", spec.product, spec.version);
    }
}

#[test]
fn a_limit_without_decimals_is_found_unless_only_whole_numbers_exist() {
    let findings = after(|d| of(d, "PURITY")["acceptance"]["limit"] = json!("96"));
    says(&findings, "limit_without_decimals", "96.0");
    assert_eq!(findings.len(), 1, "the passage, a whole number, is not found");
    assert!(findings[0].place.ends_with("].acceptance.limit"), "{}", findings[0].place);
    let ranges = after(|d| {
        of(d, "VIABLE_CELLS")["acceptance"] =
            json!({"type": "numeric", "operator": "range", "low": "180", "high": "220", "unit": "x10^6"});
    });
    says(&ranges, "limit_without_decimals", "180.0");
    let alert = after(|d| of(d, "VIABILITY")["acceptance"]["alert"] = json!({"operator": "NLT", "limit": "85"}));
    says(&alert, "limit_without_decimals", "85.0");
    let whole = after(|d| of(d, "PASSAGE")["acceptance"]["limit"] = json!("5.5"));
    says(&whole, "limit_of_a_count", "whole");
}

/// Canine AD-MSC, BMC Vet Res s12917-021-02791-3, table 4: CD34 both ≥ 95 % and ≤ 2 %.
#[test]
fn a_marker_both_positive_and_negative_is_found_however_it_is_spelt() {
    for code in ["CD44-NEG", "CD44_NEG", "CD44-", "CD44NEGATIVE"] {
        let findings = after(|d| add(d, code, numeric("NMT", "2.0", "%")));
        says(&findings, "marker_both_ways", "CD44 is to be NMT 2.0 % here and NLT 95.0 %");
    }
    let canine = after(|d| add(d, "CD34-POS", numeric("NLT", "95.0", "%")));
    says(&canine, "marker_both_ways", "CD34");
    let otherwise = after(|d| add(d, "CD13", numeric("NLT", "80.0", "%")));
    assert_eq!(otherwise, []);
}

/// The same table: "Endotoxin > 0.5 EU/mL".
#[test]
fn a_lower_limit_on_endotoxin_is_found() {
    for operator in [">", "NLT"] {
        let findings = after(|d| of(d, "ENDOTOXIN")["acceptance"]["operator"] = json!(operator));
        says(&findings, "lower_limit_on_endotoxin", "upper limit");
    }
    let range = json!({"type": "numeric", "operator": "range", "low": "0.10", "high": "0.50", "unit": "EU/mL"});
    says(&after(|d| of(d, "ENDOTOXIN")["acceptance"] = range), "lower_limit_on_endotoxin", "0.10 to 0.50");
}

/// AMSC figure, s13287-016-0370-8: "< 85 % positive" where more than 85 % was meant, of the wrong markers.
#[test]
fn a_marker_limited_on_the_wrong_side_is_found() {
    for negative in ["CD45", "HLA_DR", "CD34"] {
        let findings = after(|d| of(d, negative)["acceptance"]["operator"] = json!(">"));
        says(&findings, "lower_limit_on_negative_marker", "must lack");
    }
    for positive in ["CD105", "CD73", "CD90"] {
        let findings = after(|d| of(d, positive)["acceptance"] = numeric("<", "85.0", "%"));
        says(&findings, "upper_limit_on_positive_marker", "NLT 95.0");
    }
    says(&after(|d| of(d, "VIABILITY")["acceptance"]["operator"] = json!("NMT")), "direction", "any low value");
    says(&after(|d| of(d, "PASSAGE")["acceptance"]["operator"] = json!("NLT")), "direction", "any age");
}

/// QbD review, WJSC 2025 17(5):106547: "Endotoxin ≤ 0.5 CFU/mL"; OM1: "2.0 EU"; the seed of the
/// subcutaneous trial lost its exponents on import: "1 × 10 cells/cm".
#[test]
fn a_unit_that_the_analyte_cannot_have_is_found() {
    for (attribute, unit, words) in [
        ("ENDOTOXIN", "CFU/mL", "colonies"),
        ("ENDOTOXIN", "EU", "does not say in how much"),
        ("ENDOTOXIN", "%", "no unit for it"),
        ("CD105", "cells", "Use %"),
        ("PURITY", "fraction", "Use %"),
        ("VIABLE_CELLS", "x10", "exponent"),
        ("VIABLE_CELLS", "×10 cells/cm", "exponent"),
        ("VIABLE_CELLS", "1x10/kg", "exponent"),
    ] {
        let findings = after(|d| of(d, attribute)["acceptance"]["unit"] = json!(unit));
        says(&findings, "unit", words);
    }
    let none = after(|d| {
        of(d, "ENDOTOXIN")["acceptance"].as_object_mut().expect("an object").remove("unit");
    });
    says(&none, "unit", "missing");
    for unit in ["IU/mL", "EU/kg", "EU/kg/h", "EU/container"] {
        assert_eq!(after(|d| of(d, "ENDOTOXIN")["acceptance"]["unit"] = json!(unit)), [], "{unit}");
    }
    for unit in ["x10^6", "x10^6/kg", "x10^6/cm²", "h"] {
        assert_eq!(after(|d| of(d, "VIABLE_CELLS")["acceptance"]["unit"] = json!(unit)), [], "{unit}");
    }
    let above = after(|d| of(d, "CD105")["acceptance"]["limit"] = json!("950.0"));
    says(&above, "above_100_percent", "100");
}

#[test]
fn an_alert_that_cannot_warn_in_time_is_found() {
    let with = |operator: &str, limit: &str| {
        let alert = json!({"operator": operator, "limit": limit});
        after(|d| of(d, "VIABILITY")["acceptance"]["alert"] = alert)
    };
    assert_eq!(with("NLT", "85.0"), []);
    for (operator, limit) in [("NLT", "75.0"), ("NLT", "80.0"), ("NMT", "79.0")] {
        says(&with(operator, limit), "alert", "inside");
    }
}

#[test]
fn a_purity_without_definition_is_found_at_its_place() {
    let findings = after(|d| of(d, "PURITY")["definition"] = json!("  "));
    says(&findings, "structure", "PURITY needs the text that defines it");
    assert_eq!(findings[0].attribute.as_ref().map(AttributeCode::as_str), Some("PURITY"));
}

#[test]
fn alternatives_of_the_isct_made_into_two_requirements_are_found_unless_the_author_says_so() {
    for (here, other) in [("CD11B", "CD14"), ("CD19", "CD79A")] {
        let two = |d: &mut Value| add(d, other, numeric("NMT", "2.0", "%"));
        let findings = after(two);
        says(&findings, "or_pair", "both_required");
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            after(|d| {
                two(d);
                d["both_required"] = json!([[other, here]]);
            }),
            []
        );
        let chosen = after(|d| {
            two(d);
            for attribute in [here, other] {
                of(d, attribute)["choice"] = json!("monocytes or B cells");
            }
        });
        assert_eq!(chosen, []);
        assert_eq!(
            after(|d| {
                two(d);
                of(d, other)["kind"] = json!("informative");
            }),
            []
        );
    }
    says(&after(|d| d["both_required"] = json!([["CD11B", "CD14"]])), "or_pair", "CD14, which has no criterion");
    says(&after(|d| of(d, "CD11B")["choice"] = json!("alone")), "choice", "nothing to choose");
}

#[test]
fn a_word_that_means_harm_is_never_acceptable() {
    let growth = after(|d| of(d, "STERILITY_AEROBIC")["acceptance"]["acceptable"] = json!(["No growth", "Growth"]));
    says(&growth, "bad_word_acceptable", "Growth");
    says(&growth, "nothing_can_fail", "tests nothing");
    let detected = after(|d| of(d, "MYCOPLASMA")["acceptance"]["acceptable"] = json!(["Detected"]));
    says(&detected, "bad_word_acceptable", "Detected");
    let ugly = after(|d| of(d, "APPEARANCE")["acceptance"]["acceptable"] = json!(["Does not comply"]));
    says(&ugly, "bad_word_acceptable", "Does not comply");
    let at_once = after(|d| {
        of(d, "STERILITY_AEROBIC")["acceptance"].as_object_mut().expect("an object").remove("incubation_hours_min");
    });
    says(&at_once, "incubation", "336");
}

#[test]
fn readings_before_the_incubation_is_over_are_found() {
    let days = |days: Value| {
        after(|d| {
            let assays = d["assays"].as_array_mut().expect("assays");
            assays.iter_mut().find(|a| a["code"] == "sterility").expect("sterility")["read_on_days"] = days;
        })
    };
    assert_eq!(days(json!([7, 14])), []);
    says(&days(json!([7])), "read_on_days", "day 7");
    says(&days(json!([14, 7])), "read_on_days", "later than");
}

#[test]
fn a_test_on_what_cannot_be_tested_is_found() {
    for attribute in ["VIABILITY", "CD105", "ENDOTOXIN", "PASSAGE"] {
        says(&after(|d| of(d, attribute)["stage"] = json!("donor")), "stage", "a donor is a person");
    }
    assert_eq!(after(|d| of(d, "ADIPOGENIC")["stage"] = json!("bank")), []);
    let dose = after(|d| {
        let endotoxin = of(d, "ENDOTOXIN");
        endotoxin["stage"] = json!("bank");
        endotoxin["acceptance"]["unit"] = json!("EU/kg/h");
        endotoxin["calculated"] = json!({"formula": "endotoxin_per_kg_hour"});
    });
    says(&dose, "stage", "no dose is given");
    let never = json!({"fact": "passage", "at_least": 5, "at_most": 3});
    says(&after(|d| of(d, "CD34")["applies_when"] = never), "condition", "no passage fulfils");
    assert_eq!(after(|d| of(d, "CD34")["applies_when"] = json!({"fact": "passage", "at_least": 3})), []);
}

#[test]
fn a_document_that_says_nothing_is_found() {
    says(&after(|d| d["source"] = json!(" ")), "text", "Say where the limits come from");
    says(&after(|d| d["title"] = json!("")), "text", "title is empty");
    says(&after(|d| of(d, "CD34")["name"] = json!("CD34\u{202E}")), "text", "invisible");
    says(&after(|d| d["criteria"] = json!([])), "nothing_required", "released");
    let twice = after(|d| {
        let assays = d["assays"].as_array_mut().expect("assays");
        assays.push(assays[0].clone());
    });
    says(&twice, "listed_twice", "batch-record");
}

#[test]
fn all_findings_are_one_refusal_with_their_places() {
    let findings = after(|d| {
        of(d, "PURITY")["acceptance"]["limit"] = json!("96");
        of(d, "ENDOTOXIN")["acceptance"]["unit"] = json!("EU");
    });
    let refusal = refusal(&findings).expect("a refusal");
    assert_eq!((refusal.code, refusal.fields.len()), (Code::SpecificationUnsound, 2));
    assert!(super::refusal(&[]).is_none());
}
