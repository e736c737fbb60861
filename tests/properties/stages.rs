//! Criteria with stages, conditions, choices and cocktails: a lot is ready exactly when a second,
//! simpler reading of the rules says so.

use lotgate::domain::assessment::{Status, assess};
use lotgate::domain::ids::{AssayCode, AttributeCode, DonorCode, LotNumber, RunNumber, Username};
use lotgate::domain::lot::{Lot, LotDetails, Source};
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Person;
use lotgate::domain::run::{Aftermath, Ground, Invalidation, Raw, Reading, Run, RunContent, Verification};
use lotgate::domain::spec::{Specification, Stage};
use lotgate::domain::text::Line;
use proptest::prelude::*;
use serde_json::json;

const NOW: &str = "2026-06-01T08:00:00Z";

fn at(text: &str) -> Moment {
    Moment::parse("at", text).expect("a moment")
}

fn person(username: &str) -> Person {
    Person {
        username: Username::parse(username).expect("a user"),
        name: Line::parse("name", username).expect("a name"),
    }
}

fn specification() -> Specification {
    let upper = json!({"type": "numeric", "operator": "NMT", "limit": "2.0", "unit": "%"});
    let word = json!({"type": "categorical", "allowed": ["Good", "Bad"], "acceptable": ["Good"]});
    let criterion = |attribute: &str, acceptance: &serde_json::Value, more: serde_json::Value| {
        let mut all = json!({"attribute": attribute, "name": attribute, "section": "S", "assay": "all",
            "kind": "required", "acceptance": acceptance});
        let fields = all.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        all
    };
    let passage = json!({"type": "numeric", "operator": "NMT", "limit": "5", "whole": true});
    let document = json!({
        "product": "TEST", "version": 1, "product_name": "Test", "title": "Test", "example": false, "source": "a test",
        "rounding": "usp_7_20", "assays": [{"code": "all", "name": "All", "method": "M"}],
        "criteria": [
            criterion("PASSAGE", &passage, json!({})),
            criterion("OWN", &word, json!({})),
            criterion("BANKED", &word, json!({"stage": "bank"})),
            criterion("DONATED", &word, json!({"stage": "donor"})),
            criterion("LATE", &word, json!({"applies_when": {"fact": "passage", "at_least": 3}})),
            criterion("EITHER", &word, json!({"choice": "either or"})),
            criterion("OR", &word, json!({"choice": "either or"})),
            criterion("COCKTAIL", &upper, json!({"covers": ["ONE", "TWO"]})),
            criterion("ONE", &upper, json!({})),
            criterion("TWO", &upper, json!({})),
            criterion("NOTED", &word, json!({"kind": "informative"})),
            criterion("TOLD", &json!({"type": "number", "unit": "h"}), json!({"kind": "report"})),
        ]
    });
    serde_json::from_value::<Specification>(document).expect("a specification").checked().expect("consistent")
}

/// One reading of one run on the donor, the bank or the lot.
#[derive(Debug, Clone)]
struct Did {
    on: Stage,
    attribute: &'static str,
    good: bool,
    verified: bool,
    valid: bool,
}

const ATTRIBUTES: [&str; 12] =
    ["PASSAGE", "OWN", "BANKED", "DONATED", "LATE", "EITHER", "OR", "COCKTAIL", "ONE", "TWO", "NOTED", "TOLD"];

impl Did {
    /// A passage that is no longer good is 2: young enough for LATE not to apply.
    fn value(&self) -> (&'static str, Option<&'static str>) {
        match (self.attribute, self.good) {
            ("PASSAGE", true) => ("4", None),
            ("PASSAGE", false) => ("2", None),
            ("COCKTAIL" | "ONE" | "TWO", true) => ("0.9", Some("%")),
            ("COCKTAIL" | "ONE" | "TWO", false) => ("2.1", Some("%")),
            ("TOLD", _) => ("30", Some("h")),
            (_, true) => ("Good", None),
            (_, false) => ("Bad", None),
        }
    }

    fn fails(&self) -> bool {
        !self.good && !matches!(self.attribute, "PASSAGE" | "NOTED" | "TOLD")
    }

    fn run(&self, number: usize, of: &LotNumber) -> Run {
        let code = |text: &str| AssayCode::parse(text).expect("a code");
        let mut content =
            RunContent::without_values(code("all"), Line::parse("method", "M").expect("a line"), None, at(NOW));
        let (value, unit) = self.value();
        content.readings = vec![Reading {
            attribute: AttributeCode::parse(self.attribute).expect("a code"),
            value: value.into(),
            unit: unit.map(str::to_owned),
            raw: Raw::new(),
            formula: None,
        }];
        let mut run = Run::new(RunNumber(number as i64 + 1), of.clone(), content, person("first"), at(NOW));
        let verification = Verification {
            by: person("second"),
            at: at(NOW),
            content_sha256: "0".repeat(64),
            second_entry: Vec::new(),
        };
        run.verification = self.verified.then_some(verification);
        let invalidation = Invalidation {
            ground: Ground::Procedure,
            reason: Line::parse("reason", "a slip").expect("a line"),
            investigation: None,
            by: person("qa"),
            at: at(NOW),
        };
        run.aftermath = Aftermath { invalidation: (!self.valid).then_some(invalidation), ..Aftermath::default() };
        run
    }
}

fn holder(number: &str, stage: Stage, deeds: &[Did]) -> Lot {
    let details = LotDetails {
        lot: LotNumber::parse(number).expect("a number"),
        product: lotgate::domain::ids::ProductCode::parse("TEST").expect("a product"),
        specification_version: 1,
        donor: DonorCode::parse("D-1").expect("a donor"),
        manufactured_at: at("2026-01-01T00:00:00Z"),
        expires_at: at("2027-01-01T00:00:00Z"),
        containers: 1,
        stage,
        bank: None,
        passage: None,
        population_doublings: None,
        autologous: None,
        cryopreserved: None,
        antibiotics: None,
    };
    let mut lot = Lot::new(details, person("first"), at(NOW));
    let own = deeds.iter().enumerate().filter(|(_, did)| did.on == stage);
    lot.runs = own.map(|(i, did)| did.run(i, lot.number())).collect();
    lot
}

fn lot(deeds: &[Did]) -> Lot {
    let mut lot = holder("AD-1", Stage::Product, deeds);
    let source = |number, stage| Source { lot: holder(number, stage, deeds), specification: specification() };
    lot.sources = vec![source("MCB-1", Stage::Bank), source("D-1", Stage::Donor)];
    lot
}

/// The second reading of the rules.
fn ready(deeds: &[Did]) -> bool {
    let own = |did: &&Did| did.on == Stage::Product;
    // An unchecked run, of the lot or of what it was made from, could hide a failure.
    if deeds.iter().any(|did| !did.verified) {
        return false;
    }
    // What can answer an attribute: what it was made from first, then the lot itself.
    let answers = |attribute: &str| -> Vec<&Did> {
        let from = match attribute {
            "BANKED" => Some(Stage::Bank),
            "DONATED" => Some(Stage::Donor),
            _ => None,
        };
        let of = |stage: Stage| deeds.iter().filter(move |d| d.on == stage);
        let inherited = from.into_iter().flat_map(of);
        inherited.chain(of(Stage::Product)).filter(|d| d.valid && d.attribute == attribute).collect()
    };
    let fails = |attribute: &str| answers(attribute).iter().any(|d| d.fails());
    let passes = |attribute: &str| answers(attribute).last().is_some_and(|d| d.verified) && !fails(attribute);
    let passages: Vec<bool> = answers("PASSAGE").iter().map(|d| d.good).collect();
    // Only a lot that is known to be at passage 2 need not show what binds from passage 3.
    let young = !passages.is_empty() && passages.iter().all(|good| !good);
    let covered = |attribute: &str| passes(attribute) || (answers(attribute).is_empty() && passes("COCKTAIL"));
    let no_invalid_answer = |attribute: &str| {
        // An invalid run is no missing one: it asks for a repetition.
        !deeds.iter().any(|d| own(&d) && d.attribute == attribute && !d.valid)
    };
    let covered = |attribute: &str| covered(attribute) && (passes(attribute) || no_invalid_answer(attribute));
    let cocktail = passes("COCKTAIL")
        || (answers("COCKTAIL").is_empty() && no_invalid_answer("COCKTAIL") && passes("ONE") && passes("TWO"));
    let either =
        |one: &str, other: &str| passes(one) || (answers(one).is_empty() && no_invalid_answer(one) && passes(other));
    passes("PASSAGE")
        && passes("OWN")
        && passes("BANKED")
        && passes("DONATED")
        && (young || passes("LATE"))
        && either("EITHER", "OR")
        && either("OR", "EITHER")
        && cocktail
        && covered("ONE")
        && covered("TWO")
        && passes("TOLD")
}

fn did() -> impl Strategy<Value = Did> {
    let mostly = || prop::bool::weighted(0.93);
    (0..ATTRIBUTES.len(), mostly(), mostly(), mostly(), 0..20_usize).prop_map(|(which, good, verified, valid, odd)| {
        let attribute = ATTRIBUTES[which];
        let on = match attribute {
            "BANKED" if odd > 0 => Stage::Bank,
            "DONATED" if odd > 0 => Stage::Donor,
            _ => Stage::Product,
        };
        Did { on, attribute, good, verified, valid }
    })
}

/// Everything done once and well, so that the few odd deeds beside it decide.
fn complete() -> Vec<Did> {
    let on = |attribute: &str| match attribute {
        "BANKED" => Stage::Bank,
        "DONATED" => Stage::Donor,
        _ => Stage::Product,
    };
    let well = |attribute| Did { on: on(attribute), attribute, good: true, verified: true, valid: true };
    ATTRIBUTES.into_iter().map(well).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_lot_is_ready_exactly_when_the_second_reading_of_the_rules_says_so(
        left_out in prop::collection::vec(0..ATTRIBUTES.len(), 0..4),
        more in prop::collection::vec(did(), 0..4),
    ) {
        let kept = complete().into_iter().enumerate().filter(|(i, _)| !left_out.contains(i)).map(|(_, did)| did);
        let deeds: Vec<Did> = kept.chain(more).collect();
        let spec = specification();
        let lot = lot(&deeds);
        let assessment = assess(&lot, &spec, at(NOW));
        prop_assert_eq!(assessment.status == Status::Ready, ready(&deeds), "{:?}", assessment.blockers);
        prop_assert_eq!(assessment.status == Status::Ready, assessment.blockers.is_empty());
    }
}

#[test]
fn one_cocktail_reading_stays_one_reading_of_one_run() {
    let deeds: Vec<Did> = complete().into_iter().filter(|d| !matches!(d.attribute, "ONE" | "TWO")).collect();
    let (lot, spec) = (lot(&deeds), specification());
    let assessment = assess(&lot, &spec, at(NOW));
    assert_eq!(assessment.status, Status::Ready, "{:?}", assessment.blockers);
    let covered: Vec<_> = assessment.items.iter().filter(|i| i.covered_by.is_some()).collect();
    assert_eq!(covered.len(), 2);
    assert!(covered.iter().all(|i| i.verdict.because.contains("COCKTAIL, one reading for all")));
    let readings: usize = lot.runs.iter().map(|r| r.content.readings.len()).sum();
    assert_eq!(readings, lot.runs.len(), "nothing was fanned out");
}

#[test]
fn a_result_inherited_from_the_bank_says_from_which() {
    let (lot, spec) = (lot(&complete()), specification());
    let assessment = assess(&lot, &spec, at(NOW));
    let banked = assessment.items.iter().find(|i| i.criterion.attribute.as_str() == "BANKED").expect("the item");
    assert_eq!(banked.inherited_from.map(LotNumber::as_str), Some("MCB-1"));
}
