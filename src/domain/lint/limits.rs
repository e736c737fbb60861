//! Numeric criteria: decimals, units, percentages, and the alert band inside the limit.
//!
//! Promises: a limit that gets through says to how many decimals a result is rounded, and its
//! unit is one that the analyte can have.

use rust_decimal::Decimal;

use super::markers::{is_endotoxin, marker};
use super::{Finding, words};
use crate::domain::limit::{Limit, LimitText};
use crate::domain::spec::{Acceptance, Criterion};

/// Units of endotoxin: always per something (USP <85>; EU and IU are the same).
const ENDOTOXIN: [&str; 14] = [
    "EU/mL",
    "IU/mL",
    "EU/kg",
    "IU/kg",
    "EU/kg/h",
    "IU/kg/h",
    "EU/container",
    "IU/container",
    "EU/dose",
    "IU/dose",
    "EU/bag",
    "IU/bag",
    "EU/vial",
    "IU/vial",
];

pub(super) fn lint(index: usize, criterion: &Criterion) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unit(index, criterion).into_iter().collect();
    let Acceptance::Numeric { limit, unit, whole, alert } = &criterion.acceptance else { return findings };
    let of = |field: &str, code, detail: &str| Finding::of(index, criterion, field, code, detail);
    findings.extend(decimals(limit, *whole).map(|(c, d)| of("acceptance.limit", c, &d)));
    if unit.as_deref() == Some("%") && [limit.lower(), limit.upper()].into_iter().flatten().any(above_100) {
        let detail = "a percentage of one sample cannot exceed 100. Check the limit.";
        findings.push(of("acceptance.limit", "above_100_percent", detail));
    }
    if let Some(alert) = alert {
        findings.extend(decimals(alert, *whole).map(|(c, d)| of("acceptance.alert", c, &d)));
        findings.extend(alert_outside(limit, alert).map(|d| of("acceptance.alert", "alert", &d)));
    }
    findings
}

fn above_100(limit: &LimitText) -> bool {
    limit.number() > Decimal::ONE_HUNDRED
}

/// "96" would pass 95.5 and fail 96.4: the decimals of the limit decide how a result is rounded.
fn decimals(limit: &Limit, whole: bool) -> Option<(&'static str, String)> {
    let texts = || [limit.lower(), limit.upper()].into_iter().flatten();
    if whole {
        let broken = texts().find(|l| !l.number().fract().is_zero())?;
        let detail =
            format!("only whole numbers exist for it, and the limit is {}. Write a whole number.", broken.as_str());
        return Some(("limit_of_a_count", detail));
    }
    let bare = texts().find(|l| l.decimals() == 0)?.as_str();
    let detail = format!(
        "the limit {bare} has no decimals, so a result is rounded to a whole number before it is compared ({bare}.4 counts \
         as {bare}). Write the decimals to which results are reported, such as {bare}.0; where only whole numbers exist, \
         set \"whole\": true."
    );
    Some(("limit_without_decimals", detail))
}

fn unit(index: usize, criterion: &Criterion) -> Option<Finding> {
    if !matches!(criterion.acceptance, Acceptance::Numeric { .. } | Acceptance::Number { .. }) {
        return None;
    }
    let unit = criterion.acceptance.unit();
    let found = |detail: String| Some(Finding::of(index, criterion, "acceptance.unit", "unit", &detail));
    if unit.is_some_and(exponent_lost) {
        return found(format!(
            "the unit “{}” has lost its exponent. Write the power of ten as x10^6.",
            unit.unwrap_or_default()
        ));
    }
    if let Some(Err(refusal)) = unit.map(|u| crate::domain::text::Line::parse("unit", u)) {
        return found(refusal.detail);
    }
    let allowed: &[&str] = if is_endotoxin(&criterion.attribute) {
        &ENDOTOXIN
    } else if marker(&criterion.attribute).is_some() || !criterion.covers.is_empty() || is_share(criterion) {
        &["%"]
    } else {
        return None;
    };
    match unit {
        Some(unit) if allowed.contains(&unit) => None,
        Some("EU" | "IU") => found(
            "EU alone does not say in how much product. Write EU/mL, EU/container, EU/kg or EU/kg/h: they are different quantities."
                .to_owned(),
        ),
        Some(unit) if unit.contains("CFU") => {
            found(format!("{unit} counts colonies of microbes; endotoxin is measured in endotoxin units, such as EU/mL."))
        }
        Some(unit) => found(format!("{unit} is no unit for it. Use {}.", words::listed(allowed))),
        None => found(format!("its unit is missing. Use {}.", words::listed(allowed))),
    }
}

fn is_share(criterion: &Criterion) -> bool {
    let code = criterion.attribute.as_str();
    code.starts_with("PURITY") || code.starts_with("VIABILITY") || !criterion.coexpression_of.is_empty()
}

/// "1 × 10⁶" pasted as "1 × 10": the superscript is gone.
fn exponent_lost(unit: &str) -> bool {
    let plain: String = unit.chars().filter(|c| !c.is_whitespace()).collect();
    let times = ['x', 'X', '×', '*'];
    let factor = plain.strip_prefix('1').filter(|rest| rest.starts_with(times)).unwrap_or(&plain);
    let power = factor.trim_start_matches(times).strip_prefix("10");
    power.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', 'c', 'C']))
}

/// An alert band lies inside the limit, or it never asks before the limit fails.
fn alert_outside(limit: &Limit, alert: &Limit) -> Option<String> {
    let number = |l: Option<&LimitText>| l.map(LimitText::number);
    let below = match (number(limit.lower()), number(alert.lower())) {
        (Some(limit), Some(alert)) => alert < limit,
        _ => false,
    };
    let above = match (number(limit.upper()), number(alert.upper())) {
        (Some(limit), Some(alert)) => alert > limit,
        _ => false,
    };
    let beside = |limit: Option<&LimitText>, alert: Option<&LimitText>, beyond: fn(Decimal, Decimal) -> bool| matches!((number(limit), number(alert)), (Some(l), Some(a)) if beyond(a, l));
    // The alert's only bound lies on the other side of everything that passes.
    let nothing_between =
        beside(limit.upper(), alert.lower(), |a, l| a > l) || beside(limit.lower(), alert.upper(), |a, l| a < l);
    let same = number(limit.lower()) == number(alert.lower()) && number(limit.upper()) == number(alert.upper());
    (below || above || nothing_between || same).then(|| {
        format!("the alert “{alert}” does not lie inside the limit “{limit}”, so it would never ask for a note in time. Make it stricter than the limit.")
    })
}
