//! What holds for every value, every lot and every fact, not only for examples.
//!
//! The oracles here are written a second time and differently: integers instead of decimals, a
//! hand-made recogniser instead of the parser. Read `properties/release.rs` for when a lot is
//! ready, `properties/facts.rs` for the encoding and `properties/calculation.rs` for what is
//! calculated.

#[path = "properties/calculation.rs"]
mod calculation;
#[path = "properties/facts.rs"]
mod facts;
#[path = "properties/release.rs"]
mod release;

use lotgate::domain::evaluation::{Outcome, judge};
use lotgate::domain::limit::{Limit, LimitText, Rounding};
use lotgate::domain::quantity::{DIGITS_MAX, Qualifier, Quantity};
use lotgate::domain::spec::Acceptance;
use proptest::prelude::*;

// ---- the parser ----

/// What may be typed, told by a state machine: `[<>]?-?digits(.digits)?`, at most 24 digits.
fn is_a_value(typed: &str) -> bool {
    #[derive(PartialEq)]
    enum At {
        Start,
        Qualified,
        Signed,
        Whole,
        Point,
        Fraction,
    }
    let mut at = At::Start;
    let mut digits = 0;
    for c in typed.chars() {
        at = match (at, c) {
            (At::Start, '<' | '>') => At::Qualified,
            (At::Start | At::Qualified, '-') => At::Signed,
            (At::Start | At::Qualified | At::Signed | At::Whole, '0'..='9') => At::Whole,
            (At::Whole, '.') => At::Point,
            (At::Point | At::Fraction, '0'..='9') => At::Fraction,
            _ => return false,
        };
        digits += usize::from(c.is_ascii_digit());
    }
    matches!(at, At::Whole | At::Fraction) && digits <= DIGITS_MAX
}

/// The number as an integer and a count of decimals, read digit by digit.
fn mantissa_and_scale(typed: &str) -> (i128, u32) {
    let body = typed.trim_start_matches(['<', '>']);
    let digits: String = body.chars().filter(char::is_ascii_digit).collect();
    let size = digits.parse::<i128>().expect("digits");
    let scale = body.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    (if body.starts_with('-') { -size } else { size }, scale)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_plain_decimal_is_taken_and_kept_as_typed(typed in "[<>]?-?[0-9]{1,12}(\\.[0-9]{1,12})?") {
        let read = Quantity::parse(&typed).expect("a plain decimal");
        prop_assert_eq!(read.as_typed(), &typed);
        let qualifier = match typed.as_bytes()[0] {
            b'<' => Qualifier::Below,
            b'>' => Qualifier::Above,
            _ => Qualifier::Exact,
        };
        prop_assert_eq!(read.qualifier(), qualifier);
        let number = read.number();
        prop_assert_eq!((number.mantissa(), number.scale()), mantissa_and_scale(&typed));
    }

    #[test]
    fn the_parser_agrees_with_a_hand_made_recogniser_on_near_misses(
        typed in "[<>]{0,2}[-+ ]{0,2}[0-9]{0,13}[.,eE±%x]{0,2}[0-9]{0,13}[ %\u{0660}９\n]{0,1}",
    ) {
        prop_assert_eq!(Quantity::parse(&typed).is_ok(), is_a_value(&typed), "{:?}", typed);
    }

    #[test]
    fn the_parser_answers_any_text_without_panic(typed in any::<String>()) {
        prop_assert_eq!(Quantity::parse(&typed).is_ok(), is_a_value(&typed), "{:?}", typed);
    }
}

#[test]
fn twenty_four_digits_are_taken_and_twenty_five_are_not() {
    for (whole, fraction) in [(24, 0), (1, 23), (12, 12), (23, 1)] {
        let point = if fraction == 0 { "" } else { "." };
        let typed = format!("{}{point}{}", "9".repeat(whole), "9".repeat(fraction));
        assert!(Quantity::parse(&typed).is_ok(), "{typed}");
        assert!(Quantity::parse(&format!("1{typed}")).is_err(), "1{typed}");
        assert!(Quantity::parse(&format!("<{typed}")).is_ok(), "the sign of censoring is no digit");
    }
}

// ---- rounding and comparing, with integers as the oracle ----

/// The text of `mantissa / 10^scale`.
fn text(mantissa: i128, scale: u32) -> String {
    let digits = format!("{:0>width$}", mantissa, width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    if scale == 0 { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// `mantissa / 10^scale` to `decimals` decimals, half up, looking at the remainder once.
fn half_up(mantissa: i128, scale: u32, decimals: u32) -> i128 {
    if scale <= decimals {
        return mantissa * 10_i128.pow(decimals - scale);
    }
    let step = 10_i128.pow(scale - decimals);
    mantissa / step + i128::from(2 * (mantissa % step) >= step)
}

fn limit_text(mantissa: i128, scale: u32) -> LimitText {
    LimitText::try_from(text(mantissa, scale)).expect("a limit")
}

/// The limits of one number: operator, and whether an integer meets it.
type Make = fn(LimitText) -> Limit;
type Meets = fn(i128, i128) -> bool;
const KINDS: [(Make, Meets); 4] = [
    (|limit| Limit::Above { limit }, |value, limit| value > limit),
    (|limit| Limit::AtLeast { limit }, |value, limit| value >= limit),
    (|limit| Limit::Below { limit }, |value, limit| value < limit),
    (|limit| Limit::AtMost { limit }, |value, limit| value <= limit),
];

fn outcome(limit: &Limit, rounding: Rounding, typed: &str) -> Outcome {
    let acceptance = Acceptance::Numeric { limit: limit.clone(), unit: None, whole: false, alert: None };
    judge(&acceptance, rounding, typed, None).unwrap_or_else(|e| panic!("{typed}: {e}")).outcome
}

fn passes(limit: &Limit, rounding: Rounding, mantissa: i128, scale: u32) -> bool {
    outcome(limit, rounding, &text(mantissa, scale)) == Outcome::Pass
}

/// On one scale fine enough for all values here.
fn fine(mantissa: i128, scale: u32) -> i128 {
    mantissa * 10_i128.pow(12 - scale)
}

/// A limit and a value with at least its decimals: mostly so near to it that rounding decides.
fn limit_and_value() -> impl Strategy<Value = (i128, u32, i128, u32)> {
    let value = prop_oneof![4 => -60_i128..60, 1 => -3_000_000_i128..3_000_000];
    (0_i128..2000, 0_u32..4, 0_u32..4, value).prop_map(|(at, decimals, more, off)| {
        let value = at * 10_i128.pow(more) + off;
        (at, decimals, value.abs(), decimals + more)
    })
}

fn rounding() -> impl Strategy<Value = Rounding> {
    prop_oneof![Just(Rounding::Usp720), Just(Rounding::None)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn rounding_is_half_up_once(mantissa in 0..10_i128.pow(18), scale in 0_u32..12, decimals in 0_u32..6) {
        let number = Quantity::parse(&text(mantissa, scale)).expect("a number").number();
        let rounded = Rounding::Usp720.reportable(number, decimals);
        prop_assert_eq!((rounded.mantissa(), rounded.scale()), (half_up(mantissa, scale, decimals), decimals));
        prop_assert_eq!(Rounding::None.reportable(number, decimals), number);
    }

    #[test]
    fn a_value_is_compared_by_the_literal_operator_after_one_rounding(
        (at, decimals, value, scale) in limit_and_value(), kind in 0_usize..4,
    ) {
        let (make, meets) = KINDS[kind];
        let limit = make(limit_text(at, decimals));
        prop_assert_eq!(passes(&limit, Rounding::Usp720, value, scale), meets(half_up(value, scale, decimals), at));
        prop_assert_eq!(passes(&limit, Rounding::None, value, scale), meets(fine(value, scale), fine(at, decimals)));
    }

    #[test]
    fn what_is_better_than_a_passing_value_passes(
        (at, decimals, value, scale) in limit_and_value(), more in 0_i128..100, kind in 0_usize..4, rule in rounding(),
    ) {
        let (low, high) = (value, value + more);
        let limit = KINDS[kind].0(limit_text(at, decimals));
        let upwards = matches!(limit, Limit::Above { .. } | Limit::AtLeast { .. });
        let (worse, better) = if upwards { (low, high) } else { (high, low) };
        prop_assert!(!passes(&limit, rule, worse, scale) || passes(&limit, rule, better, scale));
    }

    #[test]
    fn between_two_values_within_a_range_everything_is_within(
        low in 10_i128..2000, width in 0_i128..10, a in -40_i128..140, b in -40_i128..140, part in 0_i128..=100,
        rule in rounding(),
    ) {
        let limit = Limit::Within { low: limit_text(low, 1), high: limit_text(low + width, 1) };
        let (a, b) = (low * 10 + a, low * 10 + b);
        let between = a + (b - a) * part / 100;
        let both = passes(&limit, rule, a, 2) && passes(&limit, rule, b, 2);
        prop_assert!(!both || passes(&limit, rule, between, 2));
    }

    #[test]
    fn a_censored_value_passes_exactly_where_the_rule_says_so(
        (at, decimals, bound, scale) in limit_and_value(), kind in 0_usize..4, rule in rounding(),
    ) {
        prop_assume!(bound > 0);
        let limit = KINDS[kind].0(limit_text(at, decimals));
        let (bound_is, limit_is) = (fine(bound, scale), fine(at, decimals));
        let below = outcome(&limit, rule, &format!("<{}", text(bound, scale)));
        let above = outcome(&limit, rule, &format!(">{}", text(bound, scale)));
        let expected = match (&limit, rule) {
            (Limit::Below { .. } | Limit::AtMost { .. }, _) => (bound_is <= limit_is, false),
            // 96.04 is a value above 96.0, is reported as 96.0, and that is not > 96.0.
            (Limit::Above { .. }, Rounding::Usp720) => (false, half_up(bound, scale, decimals) > at),
            _ => (false, bound_is >= limit_is),
        };
        prop_assert_eq!((below == Outcome::Pass, above == Outcome::Pass), expected, "{} {}", limit, text(bound, scale));
    }

    #[test]
    fn a_censored_value_passes_or_fails_only_with_every_value_it_may_stand_for(
        (at, decimals, bound, scale) in limit_and_value(), width in 0_i128..100, kind in 0_usize..5, rule in rounding(),
        samples in prop::collection::vec(1_i128..1_000_000, 8),
    ) {
        prop_assume!(bound > 0);
        let limit = match KINDS.get(kind) {
            Some((make, _)) => make(limit_text(at, decimals)),
            None => Limit::Within { low: limit_text(at, decimals), high: limit_text(at + width, decimals) },
        };
        // The samples have two more decimals; the nearest neighbours are always tried.
        let edge = bound * 100;
        let below = samples.iter().map(|s| s % edge).chain([0, edge - 1]);
        let above = samples.iter().map(|s| edge + s).chain([edge + 1, edge + 50]);
        let sides: [(&str, Vec<i128>); 2] = [("<", below.collect()), (">", above.collect())];
        for (sign, values) in sides {
            let typed = format!("{sign}{}", text(bound, scale));
            let censored = outcome(&limit, rule, &typed);
            // A detection limit equal to a strict limit counts as meeting it (domain rule 3.3), so
            // there it is the value before rounding that is certain to meet it.
            let strict = matches!(limit, Limit::Below { .. }) && censored == Outcome::Pass;
            let rule = if strict { Rounding::None } else { rule };
            for value in values.into_iter().filter(|_| censored != Outcome::Indeterminate) {
                let exact = outcome(&limit, rule, &text(value, scale + 2));
                prop_assert_eq!(exact, censored, "{} against {}: {}", typed, limit, text(value, scale + 2));
            }
        }
    }
}

#[test]
fn the_published_censored_values_are_judged_as_the_rule_says() {
    let at_most = |text: &str| Limit::AtMost { limit: LimitText::try_from(text.to_owned()).expect("a limit") };
    let at_least = |text: &str| Limit::AtLeast { limit: LimitText::try_from(text.to_owned()).expect("a limit") };
    let above = |text: &str| Limit::Above { limit: LimitText::try_from(text.to_owned()).expect("a limit") };
    for (limit, typed, expected) in [
        (at_most("0.05"), "<0.1", Outcome::Indeterminate),
        (at_most("0.05"), "<0.05", Outcome::Pass),
        (at_most("0.50"), "<0.1", Outcome::Pass),
        (at_most("0.50"), ">0.50", Outcome::Indeterminate),
        (at_most("0.50"), ">0.51", Outcome::Fail),
        (at_least("95.0"), ">95.0", Outcome::Pass),
        (at_least("95.0"), ">94.9", Outcome::Indeterminate),
        (at_least("95.0"), "<94.9", Outcome::Fail),
        (at_least("95.0"), "<95.0", Outcome::Indeterminate),
        (above("96.0"), ">96.0", Outcome::Indeterminate),
        (above("96.0"), ">96.04", Outcome::Indeterminate),
        (above("96.0"), ">96.05", Outcome::Pass),
        (above("96.0"), "<96.0", Outcome::Fail),
    ] {
        assert_eq!(outcome(&limit, Rounding::Usp720, typed), expected, "{typed} against {limit}");
    }
}
