//! The example for subcutaneous use, which uses everything a specification can say: what each
//! part of it does to a lot.

use lotgate::domain::assessment::{Assessment, Item, Status};
use lotgate::domain::dose::{DoseRequest, Supply};
use lotgate::domain::evaluation::Outcome;
use lotgate::domain::ids::AttributeCode;
use lotgate::domain::lot::Lot;
use lotgate::domain::spec::{Specification, Stage};
use serde_json::json;

use super::lots::{Values, at, judged, lot_for, lot_of, reading, run_entry};
use super::{code_of, example, specifications};

fn spec() -> Specification {
    example("ADMSC-SC")
}

fn good() -> Values {
    specifications::sample("ADMSC-SC").passes
}

/// The good lot with one value changed, or without it.
fn lot_with(spec: &Specification, attribute: &str, value: Option<serde_json::Value>) -> Lot {
    let mut values = good();
    values.remove(attribute);
    values.extend(value.map(|v| (attribute.to_owned(), v)));
    lot_of(spec, "L-1", &values)
}

fn item<'a>(assessment: &'a Assessment<'a>, attribute: &str) -> &'a Item<'a> {
    assessment.items.iter().find(|i| i.criterion.attribute == code_of(attribute)).expect("a criterion")
}

#[test]
fn what_was_tested_on_bank_and_donor_is_inherited() {
    let spec = spec();
    let lot = lot_of(&spec, "L-1", &good());
    let assessment = judged(&lot, &spec);
    for item in assessment.items.iter().filter(|i| i.verdict.outcome != Outcome::NotApplicable) {
        let expected = match item.criterion.stage {
            Stage::Bank => Some("MCB-1"),
            Stage::Donor => Some("D-1"),
            Stage::Harvest | Stage::Product => None,
        };
        assert_eq!(item.inherited_from.map(|n| n.as_str()), expected, "{}", item.criterion.attribute);
    }
    let inherited = assessment.items.iter().filter(|i| i.inherited_from.is_some()).count();
    assert_eq!(inherited, 9 + 7, "of the bank and of the donor");
}

#[test]
fn cd34_binds_from_passage_3_on() {
    let spec = spec();
    for (passage, outcome, status) in [("2", Outcome::Reported, Status::Ready), ("3", Outcome::Fail, Status::OnHold)] {
        let mut values = good();
        values.insert("PASSAGE".into(), json!(passage));
        values.insert("CD34".into(), json!("12.0"));
        let lot = lot_of(&spec, "L-1", &values);
        let assessment = judged(&lot, &spec);
        assert_eq!((item(&assessment, "CD34").verdict.outcome, assessment.status), (outcome, status), "{passage}");
    }
}

#[test]
fn the_donor_of_an_autologous_lot_need_not_be_eligible() {
    let spec = spec();
    let mut values = good();
    values.insert("DONOR_HBV".into(), json!("Positive"));
    for (autologous, outcome, status) in
        [(true, Outcome::Reported, Status::Ready), (false, Outcome::Fail, Status::OnHold)]
    {
        let lot = lot_for(&spec, "L-1", &values, autologous);
        let assessment = judged(&lot, &spec);
        assert_eq!((item(&assessment, "DONOR_HBV").verdict.outcome, assessment.status), (outcome, status));
    }
}

#[test]
fn a_lot_made_with_antibiotics_reports_what_is_left_of_them() {
    let spec = spec();
    for (antibiotics, outcome, status) in [
        (Some(true), Outcome::Missing, Status::Testing),
        (None, Outcome::Missing, Status::Testing),
        (Some(false), Outcome::NotApplicable, Status::Ready),
    ] {
        let mut lot = lot_of(&spec, "L-1", &good());
        lot.details.antibiotics = antibiotics;
        let assessment = judged(&lot, &spec);
        let found = item(&assessment, "RESIDUAL_ANTIBIOTICS").verdict.outcome;
        assert_eq!((found, assessment.status), (outcome, status), "{antibiotics:?}");
    }
}

#[test]
fn culture_or_nat_is_enough_for_mycoplasma_and_neither_is_not() {
    let spec = spec();
    let none = lot_with(&spec, "MYCOPLASMA_NAT", None);
    assert_eq!(judged(&none, &spec).status, Status::Testing);
    let mut values = good();
    values.remove("MYCOPLASMA_NAT");
    values.insert("MYCOPLASMA_CULTURE".into(), json!("No growth"));
    let culture = lot_of(&spec, "L-1", &values);
    assert_eq!(judged(&culture, &spec).status, Status::Ready);
}

#[test]
fn a_final_negative_takes_the_whole_incubation() {
    let spec = spec();
    for (attribute, hours) in [
        ("STERILITY_AEROBIC", 14 * 24),
        ("STERILITY_FUNGAL", 14 * 24),
        ("MYCOPLASMA_CULTURE", 28 * 24),
        ("STERILITY_IN_PROCESS", 48),
    ] {
        let criterion = spec.criterion(&code_of(attribute)).expect("a criterion");
        let word = if attribute == "STERILITY_IN_PROCESS" { "Negative to date" } else { "No growth" };
        let read_after = |hours: i64| {
            let mut entry =
                run_entry(spec.assay(&criterion.assay).expect("an assay"), vec![reading(criterion, &json!(word))]);
            entry.tested_at = at("2020-05-01T12:00:00Z").plus_hours(hours).to_string();
            entry.read(&spec, at("2020-06-02T00:00:00Z"))
        };
        assert_eq!(read_after(hours - 1).expect_err(attribute).code.as_str(), "read_too_early", "{attribute}");
        assert!(read_after(hours).is_ok(), "{attribute}");
    }
}

#[test]
fn a_turbid_sterility_test_is_pending_for_four_more_days() {
    let spec = spec();
    let lot = lot_with(&spec, "STERILITY_AEROBIC", Some(json!("Turbid, subcultured")));
    let assessment = judged(&lot, &spec);
    let verdict = &item(&assessment, "STERILITY_AEROBIC").verdict;
    assert_eq!(verdict.outcome, Outcome::Pending);
    assert_eq!(verdict.earliest, Some(at("2020-06-01T12:00:00Z").plus_hours(96)));
    assert_eq!(assessment.status, Status::Testing);
}

#[test]
fn a_viability_between_limit_and_alert_passes_and_asks_for_a_note() {
    let spec = spec();
    for (live, dead, alert) in [("160", "40", true), ("169", "31", true), ("170", "30", false)] {
        let lot = lot_with(&spec, "VIABILITY", Some(json!({"live": [live], "dead": [dead]})));
        let assessment = judged(&lot, &spec);
        let verdict = &item(&assessment, "VIABILITY").verdict;
        assert_eq!((verdict.outcome, verdict.alert.is_some()), (Outcome::Pass, alert), "{live}: {}", verdict.because);
        assert_eq!(assessment.status, Status::Ready, "{live}");
    }
}

#[test]
fn a_run_without_enough_events_or_recovery_says_nothing() {
    let spec = spec();
    for (attribute, control, value, invalid) in [
        ("CD105", "events in the parent gate", "9999", true),
        ("CD105", "events in the parent gate", "10000", false),
        ("ENDOTOXIN", "spike recovery", "49.9", true),
        ("ENDOTOXIN", "spike recovery", "50", false),
        ("ENDOTOXIN", "spike recovery", "200.1", true),
        ("STR_IDENTITY", "loci called", "11", true),
        ("KARYOTYPE", "metaphases analysed", "19", true),
        ("ADIPOGENIC", "uninduced", "Positive", true),
        ("MYCOPLASMA_NAT", "internal control", "Not detected", true),
        ("STERILITY_AEROBIC", "negative control", "Growth", true),
    ] {
        let mut lot = lot_of(&spec, "L-1", &good());
        let assay = spec.criterion(&code_of(attribute)).expect("a criterion").assay.clone();
        let sources = lot.sources.iter_mut().flat_map(|s| s.lot.runs.iter_mut());
        let controls = lot.runs.iter_mut().chain(sources).filter(|r| r.content.assay == assay);
        let mut changed = 0;
        for given in controls.flat_map(|r| r.content.controls.iter_mut()).filter(|c| c.name == control) {
            given.value = value.to_owned();
            changed += 1;
        }
        assert_eq!(changed, 1, "{control}");
        let assessment = judged(&lot, &spec);
        let outcome = item(&assessment, attribute).verdict.outcome;
        assert_eq!(outcome, if invalid { Outcome::Invalid } else { Outcome::Pass }, "{control} {value}");
        assert_eq!(assessment.status == Status::Ready, !invalid, "{control} {value}");
    }
}

#[test]
fn critical_results_are_entered_twice_and_flow_cytometry_needs_its_evidence() {
    let spec = spec();
    let named = |is: fn(&lotgate::domain::spec::Criterion) -> bool| -> Vec<AttributeCode> {
        spec.criteria.iter().filter(|c| is(c)).map(|c| c.attribute.clone()).collect()
    };
    assert_eq!(named(|c| c.critical), ["PURITY", "ENDOTOXIN"].map(code_of));
    let flow = named(|c| c.assay.as_str() == "flow-cytometry");
    assert_eq!(flow.len(), 10);
    assert!(flow.iter().all(|code| named(|c| c.evidence).contains(code)));
}

#[test]
fn a_container_carries_30_cm2_of_the_lower_dose_and_10_of_the_higher() {
    let dosing = spec().dosing.expect("a dosing");
    for (target, area, problems) in
        [("1.0", "30", false), ("3.0", "10", false), ("1.0", "34", true), ("3.0", "12", true)]
    {
        let request = DoseRequest {
            target: Some(target.into()),
            area_cm2: Some(area.into()),
            weight_kg: Some("60".into()),
            ..DoseRequest::default()
        };
        let supply = Supply {
            containers: 1,
            viable_cells: "30.0".into(),
            volume_ml: Some("10.0".into()),
            endotoxin: Some("0.50".into()),
        };
        let plan = dosing.plan(&request, &supply).expect("a plan");
        assert_eq!(!plan.problems.is_empty(), problems, "{target} on {area} cm²: {:?}", plan.problems);
        assert_eq!(plan.unchecked, [""; 0], "{target} on {area} cm²");
    }
}
