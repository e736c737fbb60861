//! Dosing: how much of a product a patient gets, as the specification says it.
//!
//! Promises: a [`Dosing`] that was checked has doses above 0, a tolerance, and no endotoxin
//! threshold above that of the pharmacopoeia for its route; [`Dosing::plan`] works out one dose
//! exactly and says in sentences why it cannot be given. Sources: domain rules 0 (one lot is not
//! one dose), 2.5 (K/M, USP <85>) and 3.4.

mod asked;
mod plan;

use serde::{Deserialize, Serialize};

use super::amount::{Amount, AmountKind, too_long};
use super::exact::{Exact, shortened};
use super::limit::LimitText;
use super::refusal::Refusal;

pub use asked::{DoseRequest, Supply};
pub use plan::{Plan, PlanLine};

/// The largest area treated, in cm²: all of a tall adult's skin.
const AREA_CM2: AmountKind = AmountKind::UpTo(20_000);

/// What the number of cells in a dose is reckoned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Body weight.
    PerKg,
    /// Area treated.
    PerCm2,
    /// Nothing: every dose is the same.
    Fixed,
}

impl Basis {
    /// The basis's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::PerKg => "per_kg",
            Basis::PerCm2 => "per_cm2",
            Basis::Fixed => "fixed",
        }
    }

    /// The unit of a dose on this basis.
    pub fn unit(self) -> &'static str {
        match self {
            Basis::PerKg => "x10^6/kg",
            Basis::PerCm2 => "x10^6/cm²",
            Basis::Fixed => "x10^6",
        }
    }

    /// That unit in a sentence.
    fn in_words(self) -> &'static str {
        match self {
            Basis::PerKg => "×10⁶ cells/kg",
            Basis::PerCm2 => "×10⁶ cells/cm²",
            Basis::Fixed => "×10⁶ cells",
        }
    }
}

/// How a dose is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Into a vein.
    Intravenous,
    /// Into the cerebrospinal fluid.
    Intrathecal,
    /// Under the skin.
    Subcutaneous,
    /// Into a muscle.
    Intramuscular,
    /// Some other way.
    Other,
}

impl Route {
    /// The route's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Route::Intravenous => "intravenous",
            Route::Intrathecal => "intrathecal",
            Route::Subcutaneous => "subcutaneous",
            Route::Intramuscular => "intramuscular",
            Route::Other => "other",
        }
    }

    /// The highest threshold K that the pharmacopoeia has for the route, in tenths of EU/kg/h.
    fn endotoxin_k_max_tenths(self) -> u128 {
        if self == Route::Intrathecal { 2 } else { 50 }
    }
}

/// How a product is dosed; part of its specification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dosing {
    /// What a dose is reckoned from.
    pub basis: Basis,
    /// The doses there are, in 10⁶ viable cells per kg, per cm² or each.
    pub targets: Vec<LimitText>,
    /// By how many per cent the cells given may differ from the target.
    pub tolerance_percent: LimitText,
    /// How it is given.
    pub route: Route,
    /// The endotoxin threshold K in EU/kg/h, where the product has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endotoxin_k: Option<LimitText>,
}

impl Dosing {
    /// Checks a dosing that was read from a file.
    ///
    /// # Errors
    /// A sentence for the first thing that does not hold together.
    pub fn checked(self) -> Result<Self, String> {
        if self.targets.is_empty() {
            return Err("a dosing needs at least one target".into());
        }
        for (i, target) in self.targets.iter().enumerate() {
            if target.number().is_zero() {
                return Err("a dose of 0 is no dose".into());
            }
            if self.targets.iter().take(i).any(|earlier| earlier.number() == target.number()) {
                return Err(format!("the target {} stands there twice", target.as_str()));
            }
        }
        let exact = |limit: &LimitText| Exact::of(limit.number());
        if exact(&self.tolerance_percent) >= Some(Exact::whole(100)) {
            return Err("a tolerance is below 100 %".into());
        }
        let Some(k) = &self.endotoxin_k else { return Ok(self) };
        let most = Exact::whole(self.route.endotoxin_k_max_tenths()).over(Exact::whole(10));
        if k.number().is_zero() || exact(k) > most {
            let most = if self.route == Route::Intrathecal { "0.2" } else { "5" };
            return Err(format!(
                "the endotoxin threshold of the {} route is above 0 and at most {most} EU/kg/h",
                self.route.as_str()
            ));
        }
        Ok(self)
    }

    /// What one container with so many 10⁶ viable cells is enough for, for each target:
    /// `One container of 30.0 ×10⁶ viable cells carries at most 60.0 kg at 0.5 ×10⁶ cells/kg.`
    ///
    /// # Errors
    /// The number of viable cells is none.
    pub fn max_per_container(&self, viable_cells: &str) -> Result<String, Refusal> {
        let viable = viable_cells_of(viable_cells)?;
        let mut parts = Vec::new();
        for target in &self.targets {
            let most = self.carried(&viable, target).ok_or_else(too_long)?;
            let dose = format!("{} {}", target.as_str(), self.basis.in_words());
            parts.push(match self.basis {
                Basis::PerKg => format!("at most {most} kg at {dose}"),
                Basis::PerCm2 => format!("at most {most} cm² at {dose}"),
                Basis::Fixed if most == "1" => format!("one dose of {dose}"),
                Basis::Fixed if most == "0" => format!("no whole dose of {dose}"),
                Basis::Fixed => format!("{most} doses of {dose}"),
            });
        }
        let shown = shortened(viable_cells);
        Ok(format!("One container of {shown} ×10⁶ viable cells carries {}.", parts.join(", or ")))
    }

    /// The dosing in one line: `0.5 or 1.0 ×10⁶ cells/kg ± 10 %, intravenous, endotoxin at most 5 EU/kg/h`.
    pub fn in_words(&self) -> String {
        let targets: Vec<&str> = self.targets.iter().map(LimitText::as_str).collect();
        let k = self.endotoxin_k.as_ref().map(|k| format!(", endotoxin at most {} EU/kg/h", k.as_str()));
        format!(
            "{} {} ± {} %, {}{}",
            targets.join(" or "),
            self.basis.in_words(),
            self.tolerance_percent.as_str(),
            self.route.as_str(),
            k.unwrap_or_default()
        )
    }

    /// Kilograms, cm² or doses that one container is enough for. Rounded down: a maximum is never
    /// shown higher than it is.
    fn carried(&self, viable: &Amount, target: &LimitText) -> Option<String> {
        let decimals = if self.basis == Basis::Fixed { 0 } else { 1 };
        viable.exact().over(Exact::of(target.number())?)?.with_decimals(decimals)
    }
}

fn viable_cells_of(typed: &str) -> Result<Amount, Refusal> {
    Amount::parse(AmountKind::Positive, "viable_cells", "Viable cells in a container", typed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Code;

    fn dosing(basis: &str, targets: &str, route: &str, k: &str) -> Dosing {
        let text = format!(
            r#"{{"basis":"{basis}","targets":{targets},"tolerance_percent":"10","route":"{route}","endotoxin_k":{k}}}"#
        );
        serde_json::from_str::<Dosing>(&text).expect("a dosing").checked().expect("holds together")
    }

    /// The seed: 0.5 × 10⁶ cells/kg into a vein.
    fn seed() -> Dosing {
        dosing("per_kg", r#"["0.5"]"#, "intravenous", r#""5""#)
    }

    fn kg(weight: &str) -> DoseRequest {
        DoseRequest { weight_kg: Some(weight.into()), ..DoseRequest::default() }
    }

    /// Bags of 3 × 10⁷ cells.
    fn bags(containers: u32, volume: &str, endotoxin: &str) -> Supply {
        let text = |t: &str| Some(t.to_owned());
        Supply { containers, viable_cells: "30".into(), volume_ml: text(volume), endotoxin: text(endotoxin) }
    }

    fn planned(dosing: &Dosing, request: &DoseRequest, supply: &Supply) -> Plan {
        dosing.plan(request, supply).unwrap_or_else(|e| panic!("{e}"))
    }

    #[track_caller]
    fn check(plan: &Plan, code: &str, value: &str, formula: &str, meets: Option<bool>) {
        let line = plan.line(code).unwrap_or_else(|| panic!("no line {code}"));
        assert_eq!((line.value.as_str(), line.formula.as_str(), line.meets), (value, formula, meets), "{code}");
    }

    #[test]
    fn a_patient_of_60_kg_gets_exactly_one_bag() {
        let plan = planned(&seed(), &kg("60.0"), &bags(1, "22", "<0.05"));
        assert_eq!((plan.containers, plan.problems.len(), plan.unchecked.len()), (1, 0, 0));
        check(&plan, "dose", "30", "0.5 × 60.0 = 30", None);
        check(&plan, "containers", "1", "30 / 30 = 1, rounded up = 1; the lot has 1", None);
        check(&plan, "whole_containers", "0.5", "30 / 60.0 = 0.5; 0.45 to 0.55 is acceptable", Some(true));
        check(&plan, "volume", "22", "30 / 30 × 22 = 22", None);
        check(&plan, "drawn_volume", "0.5", "22 / 22 × 30 / 60.0 = 0.5; 0.45 to 0.55 is acceptable", Some(true));
        check(&plan, "container_carries", "60.0", "30 / 0.5 = 60", None);
        check(&plan, "endotoxin_allowance", "300", "5 × 60.0 = 300", None);
        check(&plan, "endotoxin_limit", "13.636363636363", "5 / (22 / 60.0) = 13.636363…", None);
        let formula = "<0.05 × 22 / 60.0 = <0.018333…; at most 5 is acceptable";
        check(&plan, "endotoxin", "<0.018333333333", formula, Some(true));
    }

    #[test]
    fn a_patient_of_70_kg_needs_two_bags_and_25_7_ml() {
        let plan = planned(&seed(), &kg("70"), &bags(4, "22", "0.1"));
        assert_eq!((plan.containers, plan.problems.len()), (2, 0));
        check(&plan, "dose", "35", "0.5 × 70 = 35", None);
        check(&plan, "containers", "2", "35 / 30 = 1.166666…, rounded up = 2; the lot has 4", None);
        // Two whole bags would be 71 % too much.
        let whole = "2 × 30 / 70 = 0.857142…; 0.45 to 0.55 is acceptable";
        check(&plan, "whole_containers", "0.857142857142", whole, Some(false));
        check(&plan, "volume", "25.666666666666", "35 / 30 × 22 = 25.666666…", None);
        let drawn = "25.7 / 22 × 30 / 70 = 0.500649…; 0.45 to 0.55 is acceptable";
        check(&plan, "drawn_volume", "0.500649350649", drawn, Some(true));
        check(&plan, "endotoxin_allowance", "350", "5 × 70 = 350", None);
        check(&plan, "endotoxin_limit", "13.618677042801", "5 / (25.7 / 70) = 13.618677…", None);
    }

    #[test]
    fn a_dose_that_the_lot_cannot_give_is_a_problem_unless_all_of_it_is_within_the_tolerance() {
        let plan = planned(&seed(), &kg("70"), &bags(1, "22", "0.1"));
        assert_eq!((plan.containers, plan.line("drawn_volume")), (1, None));
        assert_eq!(
            plan.problems,
            ["The dose needs 2 containers and the lot has 1. All that there is gives 0.4285… instead of 0.45 to 0.55 \
              ×10⁶ cells/kg."]
        );
        // 30 / 65 is 0.4615…, 7.7 % below the target; 30 / 66.66… would be the lowest.
        assert_eq!(planned(&seed(), &kg("65"), &bags(1, "22", "0.1")).problems, [""; 0]);
        assert_eq!(planned(&seed(), &kg("66.6"), &bags(1, "22", "0.1")).problems, [""; 0]);
        assert_eq!(planned(&seed(), &kg("66.7"), &bags(1, "22", "0.1")).problems.len(), 1);
        let empty = planned(&seed(), &kg("60"), &bags(0, "22", "0.1"));
        assert_eq!(empty.problems, ["The lot has no container left to give."]);
        assert_eq!((empty.containers, empty.unchecked.len()), (0, 1));
    }

    #[test]
    fn the_larger_volume_makes_the_endotoxin_limit_lower_and_an_infusion_over_hours_higher() {
        // The same cells in 122 mL: 2.03 mL/kg.
        let plan = planned(&seed(), &kg("60"), &bags(1, "122", "2.46"));
        check(&plan, "endotoxin_limit", "2.459016393442", "5 / (122 / 60) = 2.459016…", None);
        check(&plan, "endotoxin", "5.002", "2.46 × 122 / 60 = 5.002; at most 5 is acceptable", Some(false));
        assert_eq!(plan.problems.len(), 1);
        assert!(plan.problems[0].contains("5.002 EU/kg/h"), "{:?}", plan.problems);
        let slowly = |hours: &str| DoseRequest { infusion_hours: Some(hours.into()), ..kg("60") };
        let plan = planned(&seed(), &slowly("2"), &bags(1, "122", "2.46"));
        check(&plan, "endotoxin_limit", "4.918032786886", "5 / (122 / 2 / 60) = 4.918032…", None);
        assert_eq!(plan.problems, [""; 0]);
        // Within an hour everything counts, however quickly it is given.
        let plan = planned(&seed(), &slowly("0.5"), &bags(1, "122", "2.46"));
        assert_eq!(plan.line("endotoxin").and_then(|l| l.meets), Some(false));
    }

    #[test]
    fn the_published_60_5_eu_are_far_above_what_an_intrathecal_dose_may_bring() {
        // 60.5 EU in 11 mL against 0.2 EU/kg/h: 14 EU/h for 70 kg.
        let intrathecal = dosing("fixed", r#"["30"]"#, "intrathecal", r#""0.2""#);
        let plan = planned(&intrathecal, &kg("70"), &bags(1, "11", "5.5"));
        check(&plan, "dose", "30", "30, the same for every patient", None);
        check(&plan, "endotoxin_allowance", "14", "0.2 × 70 = 14", None);
        let formula = "5.5 × 11 / 70 = 0.864285…; at most 0.2 is acceptable";
        check(&plan, "endotoxin", "0.864285714286", formula, Some(false));
        assert_eq!(plan.problems.len(), 1);
        // 5 EU/kg/h of a vein would have let it pass.
        let vein = dosing("fixed", r#"["30"]"#, "intravenous", r#""5""#);
        assert_eq!(planned(&vein, &kg("70"), &bags(1, "11", "5.5")).problems, [""; 0]);
    }

    #[test]
    fn a_censored_endotoxin_is_decided_only_where_every_value_it_may_stand_for_is() {
        for (reading, meets) in [("<13.6", Some(true)), ("<13.7", None), (">13.6", None), (">13.7", Some(false))] {
            let plan = planned(&seed(), &kg("60"), &bags(1, "22", reading));
            assert_eq!(plan.line("endotoxin").and_then(|l| l.meets), meets, "{reading}");
            assert_eq!(plan.problems.is_empty(), meets == Some(true), "{reading}");
        }
    }

    #[test]
    fn what_could_not_be_checked_is_said() {
        let bag = bags(1, "22", "0.1");
        let no_volume = Supply { volume_ml: None, ..bag.clone() };
        let no_reading = Supply { endotoxin: Some(String::new()), ..bag.clone() };
        let no_k = dosing("per_kg", r#"["0.5"]"#, "intravenous", "null");
        let fixed = dosing("fixed", r#"["30"]"#, "intravenous", r#""5""#);
        for (dosing, request, supply, why) in [
            (&seed(), kg("60"), &no_volume, "no measured volume"),
            (&seed(), kg("60"), &no_reading, "no endotoxin result"),
            (&no_k, kg("60"), &bag, "no threshold"),
            (&fixed, DoseRequest::default(), &bag, "weight was not given"),
        ] {
            let plan = planned(dosing, &request, supply);
            assert_eq!((plan.unchecked.len(), plan.line("endotoxin"), plan.problems.len()), (1, None, 0), "{why}");
            assert!(plan.unchecked[0].contains(why), "{:?}", plan.unchecked);
        }
        let plan = planned(&seed(), &kg("70"), &Supply { containers: 2, ..no_volume });
        assert!(plan.problems[0].contains("nothing can be drawn"), "{:?}", plan.problems);
    }

    #[test]
    fn a_volume_too_small_for_a_syringe_is_a_problem() {
        // 0.035 mL is read as 0.04 mL: 14 % too much.
        let strong = Supply { viable_cells: "1000".into(), ..bags(1, "1", "0.1") };
        let plan = planned(&seed(), &kg("70"), &strong);
        check(&plan, "volume", "0.035", "35 / 1000 × 1 = 0.035", None);
        assert!(plan.problems[0].contains("0.04 mL, as a syringe is read, gives 0.5714…"), "{:?}", plan.problems);
        // 0.0035 mL cannot be read at all; the endotoxin is then that of the whole container.
        let stronger = Supply { viable_cells: "10000".into(), ..strong };
        let plan = planned(&seed(), &kg("70"), &stronger);
        let formula = "0 / 1 × 10000 / 70 = 0; 0.45 to 0.55 is acceptable";
        check(&plan, "drawn_volume", "0", formula, Some(false));
        check(&plan, "endotoxin_limit", "350", "5 / (1 / 70) = 350", None);
        assert_eq!(plan.problems.len(), 1);
        // Never more than there is: 21.96 mL are not rounded up to 22.0.
        let plan = planned(&seed(), &kg("60"), &bags(1, "21.96", "0.1"));
        let formula = "21.9 / 21.96 × 30 / 60 = 0.498633…; 0.45 to 0.55 is acceptable";
        check(&plan, "drawn_volume", "0.498633879781", formula, Some(true));
    }

    #[test]
    fn a_dose_per_area_takes_one_of_its_targets() {
        let skin = dosing("per_cm2", r#"["1","3"]"#, "subcutaneous", r#""5""#);
        let request = |target: Option<&str>, area: &str| DoseRequest {
            target: target.map(str::to_owned),
            area_cm2: Some(area.into()),
            weight_kg: Some("70".into()),
            ..DoseRequest::default()
        };
        let plan = planned(&skin, &request(Some("3.0"), "10"), &bags(1, "22", "0.1"));
        assert_eq!((plan.target.as_str(), plan.containers, plan.problems.len()), ("3", 1, 0));
        check(&plan, "dose", "30", "3 × 10 = 30", None);
        check(&plan, "container_carries", "10.0", "30 / 3 = 10", None);
        for (target, code) in
            [(None, Code::InvalidField), (Some("2"), Code::UnknownValue), (Some("1×10"), Code::UnknownValue)]
        {
            let refusal = skin.plan(&request(target, "10"), &bags(1, "22", "0.1")).expect_err("refused");
            assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (code, "target"));
            assert!(refusal.detail.contains("1 or 3 ×10⁶ cells/cm²"), "{refusal}");
        }
    }

    #[test]
    fn weights_and_areas_that_cannot_be_are_refused_with_their_fields() {
        let bag = bags(1, "22", "0.1");
        let fields = |dosing: &Dosing, request: &DoseRequest, supply: &Supply| {
            let refusal = dosing.plan(request, supply).expect_err("refused");
            refusal.fields.iter().map(|f| f.field.clone()).collect::<Vec<_>>()
        };
        for weight in ["0", "500.1", "70000", "-70", "70,5", "<70", "", " ", "seventy"] {
            assert_eq!(fields(&seed(), &kg(weight), &bag), ["weight_kg"], "{weight}");
        }
        let skin = dosing("per_cm2", r#"["1"]"#, "subcutaneous", r#""5""#);
        for area in ["0", "20001", ""] {
            let request = DoseRequest { area_cm2: Some(area.into()), ..DoseRequest::default() };
            assert_eq!(fields(&skin, &request, &bag), ["area_cm2"], "{area}");
        }
        let request = DoseRequest { area_cm2: Some("5".into()), infusion_hours: Some("0".into()), ..kg("60") };
        assert_eq!(fields(&seed(), &request, &bag), ["infusion_hours", "area_cm2"]);
        let censored = Supply { viable_cells: ">29".into(), volume_ml: Some("0".into()), ..bag };
        assert_eq!(fields(&seed(), &kg("60"), &censored), ["volume_ml", "viable_cells"]);
    }

    #[test]
    fn what_one_container_carries_is_rounded_down() {
        let sentence = |dosing: &Dosing, viable: &str| dosing.max_per_container(viable).expect("a sentence");
        assert_eq!(
            sentence(&seed(), "30.0"),
            "One container of 30.0 ×10⁶ viable cells carries at most 60.0 kg at 0.5 ×10⁶ cells/kg."
        );
        assert_eq!(
            sentence(&seed(), "31.299999999999"),
            "One container of 31.2999… ×10⁶ viable cells carries at most 62.5 kg at 0.5 ×10⁶ cells/kg."
        );
        let skin = dosing("per_cm2", r#"["1","3"]"#, "subcutaneous", "null");
        assert_eq!(
            sentence(&skin, "30"),
            "One container of 30 ×10⁶ viable cells carries at most 30.0 cm² at 1 ×10⁶ cells/cm², or at most 10.0 cm² \
             at 3 ×10⁶ cells/cm²."
        );
        let fixed = dosing("fixed", r#"["20"]"#, "other", "null");
        for (viable, doses) in [("19.9", "no whole dose"), ("30", "one dose"), ("40", "2 doses")] {
            let expected = format!("One container of {viable} ×10⁶ viable cells carries {doses} of 20 ×10⁶ cells.");
            assert_eq!(sentence(&fixed, viable), expected);
        }
        assert!(seed().max_per_container("0").is_err());
    }

    #[test]
    fn a_calculated_count_that_was_cut_off_is_no_reason_for_one_more_container() {
        // 100 / 3, three of which make 100.
        let third = Supply { viable_cells: "33.333333333333".into(), ..bags(3, "10", "0.1") };
        assert_eq!(planned(&seed(), &kg("200"), &third).containers, 3);
    }

    #[test]
    fn a_dosing_that_does_not_hold_together_is_refused() {
        for (targets, tolerance, route, k, why) in [
            (r#"[]"#, "10", "intravenous", r#""5""#, "at least one"),
            (r#"["0.0"]"#, "10", "intravenous", r#""5""#, "no dose"),
            (r#"["1","1.0"]"#, "10", "intravenous", r#""5""#, "twice"),
            (r#"["1"]"#, "100", "intravenous", r#""5""#, "below 100"),
            (r#"["1"]"#, "10", "intrathecal", r#""5""#, "at most 0.2"),
            (r#"["1"]"#, "10", "intravenous", r#""5.1""#, "at most 5"),
            (r#"["1"]"#, "10", "other", r#""0""#, "above 0"),
        ] {
            let text = format!(
                r#"{{"basis":"per_kg","targets":{targets},"tolerance_percent":"{tolerance}","route":"{route}","endotoxin_k":{k}}}"#
            );
            let fault = serde_json::from_str::<Dosing>(&text).expect("a dosing").checked().expect_err(why);
            assert!(fault.contains(why), "{fault}");
        }
        for bad in [r#""1×10""#, r#""1e6""#, r#""-1""#] {
            let text = format!(r#"{{"basis":"fixed","targets":[{bad}],"tolerance_percent":"10","route":"other"}}"#);
            assert!(serde_json::from_str::<Dosing>(&text).is_err(), "{bad}");
        }
    }
}
