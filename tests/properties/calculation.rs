//! Calculated values and planned doses: exact to the last rounding, and no text makes them panic.

use lotgate::certificate::undrawable;
use lotgate::domain::calculation::{Calculated, Calculation, LIMIT_DECIMALS_MAX, Raw};
use lotgate::domain::dose::{DoseRequest, Dosing, Plan, Supply};
use lotgate::domain::exact::DECIMALS_MAX;
use lotgate::domain::quantity::Quantity;
use proptest::prelude::*;

use super::{half_up, mantissa_and_scale, text};

const ALL: [Calculation; 8] = [
    Calculation::Viability { counted_min: 200 },
    Calculation::ViableCells {},
    Calculation::PopulationDoublings {},
    Calculation::CumulativePopulationDoublings {},
    Calculation::EndotoxinPerMl {},
    Calculation::EndotoxinPerContainer {},
    Calculation::EndotoxinPerKgHour {},
    Calculation::DosePerKg {},
];

fn raw<const N: usize>(entries: [(&str, String); N]) -> Raw {
    entries.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect()
}

fn compute<const N: usize>(calculation: &Calculation, entries: [(&str, String); N]) -> Calculated {
    calculation.compute(&raw(entries)).unwrap_or_else(|e| panic!("{calculation:?}: {e}"))
}

/// The value in units of 10⁻¹².
fn fine(value: &str) -> i128 {
    let (mantissa, scale) = mantissa_and_scale(value);
    assert!(scale <= DECIMALS_MAX, "{value}");
    mantissa * 10_i128.pow(DECIMALS_MAX - scale)
}

/// `upper / lower` as it is calculated: live / squares × 100 × 10⁴ × 1 / 10⁶.
fn quotient(upper: i128, lower: i128) -> i128 {
    let entries = [
        ("live", upper.to_string()),
        ("squares", lower.to_string()),
        ("dilution", "100".to_owned()),
        ("volume_ml", "1".to_owned()),
    ];
    fine(&compute(&Calculation::ViableCells {}, entries).value)
}

/// Anything somebody might type, from nonsense to the longest numbers there are.
fn typed() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[0-9]{1,4}",
        3 => "[0-9]{1,6}\\.[0-9]{1,6}",
        2 => "[<>]?-?[0-9]{1,24}",
        2 => "[<>]?[0-9]{1,12}\\.[0-9]{1,12}",
        1 => "0\\.0{0,22}[0-9]",
        1 => any::<String>(),
    ]
}

/// Mostly a number of ordinary size.
fn plausible() -> impl Strategy<Value = String> {
    prop_oneof![9 => "[1-9][0-9]{0,2}(\\.[0-9]{1,3})?", 1 => typed()]
}

/// Entries for a calculation: mostly those it takes, sometimes none, too many or others.
fn entries() -> impl Strategy<Value = (Calculation, Raw)> {
    let values = || prop_oneof![6 => prop::collection::vec(plausible(), 1), 2 => prop::collection::vec(typed(), 1), 2 => prop::collection::vec(typed(), 0..5)];
    let stray = proptest::option::weighted(0.05, (any::<String>(), values()));
    (prop::sample::select(&ALL[..]), prop::collection::vec(values(), 4), stray).prop_map(
        |(calculation, values, stray)| {
            let names = calculation.inputs().iter().map(|input| input.name.to_owned());
            let raw = names.zip(values).chain(stray).collect();
            (calculation, raw)
        },
    )
}

/// Numerators close to k/2 × 10⁻ᵈ of the denominator, where roundings go wrong.
fn near_a_limit() -> impl Strategy<Value = (i128, i128, u32)> {
    // From 10¹² up the last decimal cannot tell the neighbours of a limit from the limit.
    let lower = prop_oneof![1_i128..1_000_000_000, 10_i128.pow(11)..10_i128.pow(16)];
    (0_i128..4000, lower, 0_u32..=6, -3_i128..=3).prop_map(|(halves, lower, decimals, off)| {
        let upper = halves * lower / (2 * 10_i128.pow(decimals)) + off;
        (upper.max(1), lower, decimals)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_entries_give_a_value_or_a_refusal_that_says_where((calculation, raw) in entries()) {
        match calculation.compute(&raw) {
            Ok(calculated) => {
                let read = Quantity::parse(&calculated.value);
                prop_assert!(read.is_ok(), "{:?}", calculated);
                prop_assert!(!calculated.value.contains('-'));
                let has_all = raw.values().flatten().all(|typed| calculated.formula.contains(typed.as_str()));
                prop_assert!(has_all, "{:?} {:?}", raw, calculated);
                prop_assert_eq!(undrawable(&calculated.formula), None);
            }
            Err(refusal) => {
                prop_assert!(!refusal.fields.is_empty() && !refusal.detail.is_empty());
                let inside = refusal.fields.iter().all(|f| f.field == "raw" || f.field.starts_with("raw."));
                prop_assert!(inside, "{:?}", refusal);
            }
        }
    }

    #[test]
    fn rounding_a_calculated_value_is_rounding_the_exact_one((upper, lower, decimals) in near_a_limit()) {
        let value = quotient(upper, lower);
        let unit = 10_i128.pow(DECIMALS_MAX);
        prop_assert!((value * lower - upper * unit).abs() < lower, "further away than the last decimal");
        for d in (0..=LIMIT_DECIMALS_MAX).chain([decimals]) {
            let exact = (2 * upper * 10_i128.pow(d) + lower) / (2 * lower);
            prop_assert_eq!(half_up(value, DECIMALS_MAX, d), exact, "to {} decimals", d);
        }
    }

    #[test]
    fn comparing_a_calculated_value_is_comparing_the_exact_one((upper, lower, decimals) in near_a_limit(), off in -1_i128..=1) {
        let value = quotient(upper, lower);
        let limit = upper * 10_i128.pow(decimals) / lower + off;
        let (power, unit) = (10_i128.pow(decimals), 10_i128.pow(DECIMALS_MAX));
        prop_assert_eq!((value * power).cmp(&(limit * unit)), (upper * power).cmp(&(limit * lower)));
    }

    #[test]
    fn a_viability_lies_within_its_exact_bounds(live in 0_i128..100_000, dead in 0_i128..100_000) {
        prop_assume!(live + dead >= 200);
        let entries = [("live", live.to_string()), ("dead", dead.to_string())];
        let value = fine(&compute(&ALL[0], entries).value);
        let (all, unit) = (live + dead, 10_i128.pow(DECIMALS_MAX));
        prop_assert!((value * all - live * 100 * unit).abs() < all);
        prop_assert!((0..=100 * unit).contains(&value));
    }

    #[test]
    fn a_product_is_exact_to_its_last_digit(
        reading in 1_i128..100_000, dilution in 100_i128..100_000, volume in 1_i128..1_000_000, side in "[<>]?",
    ) {
        let entries = [
            ("reading", format!("{side}{}", text(reading, 4))),
            ("dilution", text(dilution, 2)),
            ("volume_ml", text(volume, 3)),
        ];
        let value = compute(&Calculation::EndotoxinPerContainer {}, entries).value;
        prop_assert!(value.starts_with(&side) && value[side.len()..].starts_with(|c: char| c.is_ascii_digit()));
        prop_assert_eq!(fine(&value), reading * dilution * volume * 1000);
    }

    #[test]
    fn doublings_agree_with_a_float_and_add_up(seeded in 1_i128..1_000_000, more in 0_i128..100_000_000, earlier in 0_i128..1000) {
        let harvested = seeded + more;
        let counts = [("harvested", text(harvested, 2)), ("seeded", text(seeded, 2))];
        let value = compute(&Calculation::PopulationDoublings {}, counts.clone()).value;
        let float = (harvested as f64 / seeded as f64).log2();
        prop_assert!((value.parse::<f64>().expect("a number") - float).abs() < 1e-11, "{} {}", value, float);
        let [harvest, seed] = counts;
        let all = [("earlier", text(earlier, 2)), harvest, seed];
        let cumulative = fine(&compute(&Calculation::CumulativePopulationDoublings {}, all).value);
        // One unit apart at the most: each is cut off by itself, and its last digit is never 0 or 5.
        prop_assert!((cumulative - fine(&value) - earlier * 10_i128.pow(10)).abs() <= 1);
    }

    #[test]
    fn a_power_of_two_has_a_whole_number_of_doublings(seeded in 1_u128..1_000_000_000, doublings in 0_u32..40) {
        let counts = [("harvested", (seeded << doublings).to_string()), ("seeded", seeded.to_string())];
        let value = compute(&Calculation::PopulationDoublings {}, counts).value;
        prop_assert_eq!(value, doublings.to_string());
    }
}

// ---- doses ----

fn per_kg(target: &str) -> Dosing {
    let text = format!(
        r#"{{"basis":"per_kg","targets":["{target}"],"tolerance_percent":"10","route":"intravenous","endotoxin_k":"5"}}"#
    );
    serde_json::from_str::<Dosing>(&text).expect("a dosing").checked().expect("holds together")
}

fn dosings() -> impl Strategy<Value = Dosing> {
    let bases = prop::sample::select(&["per_kg", "per_cm2", "fixed"][..]);
    (bases, "[1-9][0-9]{0,8}|0\\.[0-9]{0,8}[1-9]").prop_map(|(basis, target)| {
        let text = format!(
            r#"{{"basis":"{basis}","targets":["{target}"],"tolerance_percent":"10","route":"other","endotoxin_k":"5"}}"#
        );
        serde_json::from_str::<Dosing>(&text).expect("a dosing").checked().expect("holds together")
    })
}

fn value(plan: &Plan, code: &str) -> i128 {
    fine(&plan.line(code).unwrap_or_else(|| panic!("no line {code}")).value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_text_gives_a_plan_or_a_refusal_with_its_field(
        dosing in dosings(), containers in prop_oneof![0_u32..4, 0_u32..], target in proptest::option::weighted(0.1, typed()),
        weight_kg in proptest::option::weighted(0.8, plausible()), area_cm2 in proptest::option::weighted(0.3, plausible()),
        infusion_hours in proptest::option::weighted(0.2, plausible()), results in prop::collection::vec(plausible(), 3),
    ) {
        let request = DoseRequest { target, weight_kg, area_cm2, infusion_hours };
        let [viable_cells, volume, endotoxin] = <[String; 3]>::try_from(results).expect("three");
        let supply = Supply { containers, viable_cells, volume_ml: Some(volume), endotoxin: Some(endotoxin) };
        match dosing.plan(&request, &supply) {
            Ok(plan) => {
                let texts = plan.lines.iter().map(|l| &l.formula).chain(&plan.problems).chain(&plan.unchecked);
                for text in texts {
                    prop_assert_eq!(undrawable(text), None, "{}", text);
                }
                prop_assert!(plan.containers <= u64::from(containers));
                prop_assert!(dosing.max_per_container(&supply.viable_cells).is_ok());
            }
            Err(refusal) => prop_assert!(!refusal.detail.is_empty()),
        }
    }

    #[test]
    fn a_plan_takes_no_container_too_many_and_draws_no_more_than_they_hold(
        weight in 1_i128..5000, viable in 1_i128..100_000, volume in 10_i128..20_000, containers in 1_u32..20,
    ) {
        let supply = Supply {
            containers,
            viable_cells: text(viable, 2),
            volume_ml: Some(text(volume, 2)),
            endotoxin: Some("<0.05".into()),
        };
        let request = DoseRequest { weight_kg: Some(text(weight, 1)), ..DoseRequest::default() };
        let plan = per_kg("0.5").plan(&request, &supply).expect("a plan");
        let unit = 10_i128.pow(DECIMALS_MAX);
        // In cells: 0.5 × weight / 10 against viable / 100.
        let (dose, viable) = (weight * 5, viable);
        let needed = value(&plan, "containers") / unit;
        prop_assert!(needed * viable >= dose && (needed - 1) * viable < dose, "{} containers", needed);
        // What one container is enough for, is rounded down: another tenth of a kg is too much.
        let carries = value(&plan, "container_carries") / (unit / 10);
        prop_assert!(carries * 5 <= viable && (carries + 1) * 5 > viable, "{} tenths of a kg", carries);
        if let Some(volume_line) = plan.line("volume") {
            let (held, drawn) = (needed * volume * unit / 100, fine(&volume_line.value));
            prop_assert!(drawn <= held, "{} of {}", drawn, held);
            let gives = value(&plan, "drawn_volume");
            prop_assert!(gives * weight / 10 <= needed * viable * unit / 100, "more cells than there are");
            let within = (unit * 45 / 100..=unit * 55 / 100).contains(&gives);
            prop_assert_eq!(plan.line("drawn_volume").and_then(|l| l.meets), Some(within));
        } else {
            prop_assert!(needed > i128::from(containers));
        }
        let whole = value(&plan, "whole_containers");
        let within = |given: i128| (unit * 45 / 100..=unit * 55 / 100).contains(&given);
        let drawn = plan.line("drawn_volume").is_some_and(|l| within(fine(&l.value)));
        prop_assert_eq!(plan.problems.is_empty(), within(whole) || drawn, "{:?}", plan.problems);
    }
}
