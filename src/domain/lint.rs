//! What a specification may not say: contradictions, and mistakes that published release
//! specifications contain.
//!
//! Promises: pure and complete: every finding is told at once, with its place in the document, in
//! a sentence that says what to write instead. A draft with findings is neither kept nor approved.
//! Sources: domain rules 2.1 (published typos), 2.3, 3.1, 3.7 and mistakes 11 to 17.

mod limits;
mod markers;
mod words;

use std::collections::BTreeMap;

use super::ids::AttributeCode;
use super::refusal::{Code, FieldRefusal, Refusal};
use super::spec::{Acceptance, Condition, Criterion, CriterionKind, Specification, Stage};
use super::text::{Line, Remark};
use markers::marker;

/// One thing that is wrong with a specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The attribute whose criterion it is about, where it is about one.
    pub attribute: Option<AttributeCode>,
    /// Where in the document: `criteria[3].acceptance`.
    pub place: String,
    /// Stable name of the rule.
    pub code: &'static str,
    /// What is wrong and what to write instead.
    pub detail: String,
}

impl Finding {
    /// A finding about the document.
    pub fn of_document(place: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Finding { attribute: None, place: place.into(), code, detail: detail.into() }
    }

    /// A finding about one field of the criterion at `index`.
    fn of(index: usize, criterion: &Criterion, field: &str, code: &'static str, detail: &str) -> Self {
        Finding {
            attribute: Some(criterion.attribute.clone()),
            place: format!("criteria[{index}].{field}"),
            code,
            detail: format!("{} ({}): {detail}", criterion.name.trim(), criterion.attribute),
        }
    }
}

/// All findings as one refusal; `None` where there are none.
pub fn refusal(findings: &[Finding]) -> Option<Refusal> {
    if findings.is_empty() {
        return None;
    }
    let details: Vec<&str> = findings.iter().map(|f| f.detail.as_str()).collect();
    let fields =
        findings.iter().map(|f| FieldRefusal { field: f.place.clone(), code: f.code, detail: f.detail.clone() });
    Some(Refusal { code: Code::SpecificationUnsound, detail: details.join(" "), fields: fields.collect() })
}

/// Everything that is wrong with a specification, in the order of the document.
pub fn lint(spec: &Specification) -> Vec<Finding> {
    let mut findings = header(spec);
    findings.extend(structure(spec));
    findings.extend(assays(spec));
    for (index, criterion) in spec.criteria.iter().enumerate() {
        findings.extend(text(index, criterion));
        findings.extend(limits::lint(index, criterion));
        findings.extend(words::lint(index, criterion));
        findings.extend(direction(index, criterion));
        findings.extend(stage(index, criterion));
    }
    findings.extend(both_ways(spec));
    findings.extend(or_pairs(spec));
    findings.extend(choices(spec));
    findings.extend(two_step(spec));
    findings
}

/// A sterility test that is pending at step 1 needs an interim reading: what is given before its
/// end rests on it.
fn two_step(spec: &Specification) -> Vec<Finding> {
    let pending = spec.two_step.iter().flat_map(|rule| &rule.pending).enumerate();
    let blind = pending.filter(|(_, p)| p.attribute.as_str().starts_with("STERILITY") && !p.interim);
    let found = blind.map(|(index, p)| {
        let detail = format!(
            "{} may be pending at step 1 without any reading. Set `interim` to true, and give its criterion an interim \
             word such as \"No growth to date\".",
            p.attribute
        );
        Finding::of_document(format!("two_step.pending[{index}].interim"), "two_step", detail)
    });
    found.collect()
}

fn header(spec: &Specification) -> Vec<Finding> {
    let lines = [("product_name", &spec.product_name), ("title", &spec.title)];
    let lines = lines.into_iter().filter_map(|(field, text)| Line::parse(field, text).err());
    let source = match Remark::parse("source", &spec.source) {
        Ok(source) if source.as_str().is_empty() => Some(Refusal::new(
            Code::InvalidField,
            "source is empty. Say where the limits come from: a publication, a validation report, the site's own data.",
        )),
        Ok(_) => None,
        Err(refusal) => Some(refusal),
    };
    let place = |refusal: &Refusal| refusal.fields.first().map_or_else(|| "source".to_owned(), |f| f.field.clone());
    let mut findings: Vec<Finding> =
        lines.chain(source).map(|r| Finding::of_document(place(&r), "text", r.detail.clone())).collect();
    if !spec.criteria.iter().any(|c| c.kind == CriterionKind::Required) {
        let detail = "No criterion is required, so no lot could ever be released under it. Give at least one criterion \
                      of the kind \"required\".";
        findings.push(Finding::of_document("criteria", "nothing_required", detail));
    }
    findings
}

/// What [`Specification::checked`] says, at the criterion it names.
fn structure(spec: &Specification) -> Vec<Finding> {
    let Err(why) = spec.clone().checked() else { return Vec::new() };
    let named = spec.criteria.iter().enumerate().rev().find(|(_, c)| {
        let rest = why.strip_prefix(c.attribute.as_str());
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    });
    let detail = format!("{why}.");
    vec![match named {
        Some((index, criterion)) => Finding {
            attribute: Some(criterion.attribute.clone()),
            place: format!("criteria[{index}]"),
            code: "structure",
            detail,
        },
        None if why.starts_with("two_step") => Finding::of_document("two_step", "structure", detail),
        None if why.starts_with("dosing") => Finding::of_document("dosing", "structure", detail),
        None if why.starts_with("versions") => Finding::of_document("version", "structure", detail),
        None => Finding::of_document("assays", "structure", detail),
    }]
}

fn assays(spec: &Specification) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, assay) in spec.assays.iter().enumerate() {
        let place = |field: &str| format!("assays[{index}].{field}");
        for (field, text) in [("name", &assay.name), ("method", &assay.method)] {
            if let Err(refusal) = Line::parse(field, text) {
                findings.push(Finding::of_document(
                    place(field),
                    "text",
                    format!("{}: {}", assay.code, refusal.detail),
                ));
            }
        }
        if spec.assays.iter().take(index).any(|a| a.code == assay.code) {
            let detail = format!("The assay {} is listed twice. Give each assay one code.", assay.code);
            findings.push(Finding::of_document(place("code"), "listed_twice", detail));
        }
        let twice = |i: usize, name: &str| assay.controls.iter().take(i).any(|c| c.name == name);
        if let Some((_, control)) = assay.controls.iter().enumerate().find(|(i, c)| twice(*i, &c.name)) {
            let detail = format!("The control “{}” of {} is listed twice.", control.name, assay.code);
            findings.push(Finding::of_document(place("controls"), "listed_twice", detail));
        }
        findings.extend(readings(spec, index).map(|d| Finding::of_document(place("read_on_days"), "read_on_days", d)));
    }
    findings
}

/// The days of reading go forward, and the last one is not before the incubation is over.
fn readings(spec: &Specification, index: usize) -> Option<String> {
    let assay = spec.assays.get(index)?;
    let days = &assay.read_on_days;
    let last = *days.last()?;
    let rising = days.iter().zip(days.iter().skip(1)).all(|(a, b)| a < b);
    if !rising || days.first().is_some_and(|d| *d < 1) {
        return Some(format!(
            "{}: the days of reading are whole days from 1, each later than the one before.",
            assay.code
        ));
    }
    let needed = spec.criteria_of(&assay.code).filter_map(|c| match &c.acceptance {
        Acceptance::Categorical { incubation_hours_min, .. } => *incubation_hours_min,
        _ => None,
    });
    let needed = needed.max()?;
    (last.saturating_mul(24) < needed).then(|| {
        format!(
            "{}: it is read finally on day {last}, and incubation takes {needed} hours ({} days). Read it on a later day.",
            assay.code,
            needed.saturating_add(23) / 24
        )
    })
}

fn text(index: usize, criterion: &Criterion) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, text) in [("name", &criterion.name), ("section", &criterion.section)] {
        if let Err(refusal) = Line::parse(field, text) {
            findings.push(Finding::of(index, criterion, field, "text", &refusal.detail));
        }
    }
    if let Some(Err(refusal)) = criterion.definition.as_ref().map(|d| Remark::parse("definition", d)) {
        findings.push(Finding::of(index, criterion, "definition", "text", &refusal.detail));
    }
    if criterion.coexpression_of.contains(&criterion.attribute) {
        let detail = "it cannot be the co-expression of itself. Name the markers it is made of.";
        findings.push(Finding::of(index, criterion, "coexpression_of", "coexpression", detail));
    }
    findings
}

/// The direction that a limit must have: upper for what may do harm, lower for what must be there.
fn direction(index: usize, criterion: &Criterion) -> Option<Finding> {
    let Acceptance::Numeric { limit, .. } = &criterion.acceptance else { return None };
    let found = |code, detail: &str| Some(Finding::of(index, criterion, "acceptance.operator", code, detail));
    let bounded_below = limit.lower().is_some_and(|l| limit.operator() != "range" || !l.number().is_zero());
    let (lower, upper) = (bounded_below, limit.upper().is_some());
    if markers::is_endotoxin(&criterion.attribute) && lower {
        return found(
            "lower_limit_on_endotoxin",
            &format!("“{limit}” would ask for endotoxin. Endotoxin has an upper limit: write NMT or <."),
        );
    }
    if let Some(marker) = marker(&criterion.attribute) {
        if markers::is_negative(&marker) && lower {
            return found(
                "lower_limit_on_negative_marker",
                &format!(
                    "{marker} is a marker that these cells must lack, and “{limit}” asks for it. Write NMT, such as NMT \
                     2.0; where it only is to be recorded, use the kind \"report\"."
                ),
            );
        }
        if markers::is_positive(&marker) && limit.lower().is_none_or(|l| l.number().is_zero()) {
            return found(
                "upper_limit_on_positive_marker",
                &format!(
                    "{marker} is a marker that these cells must have, and “{limit}” accepts cells without it. Write NLT, such as NLT 95.0."
                ),
            );
        }
    }
    let must_be_high = ["VIABILITY", "PURITY", "VIABLE_CELLS"];
    if upper && limit.lower().is_none() && must_be_high.iter().any(|a| criterion.attribute.as_str().starts_with(a)) {
        return found("direction", &format!("“{limit}” accepts any low value. Write NLT, or a range."));
    }
    if lower && !upper && criterion.attribute.as_str().starts_with("PASSAGE") {
        return found("direction", &format!("“{limit}” accepts cells of any age. Write NMT, or a range."));
    }
    None
}

/// Tests that cannot be made on what the stage names, and conditions that cannot hold.
fn stage(index: usize, criterion: &Criterion) -> Vec<Finding> {
    use super::calculation::Calculation;
    let mut findings = Vec::new();
    let (code, stage) = (criterion.attribute.as_str(), criterion.stage);
    let of_cells = marker(&criterion.attribute).is_some()
        || ["VIAB", "PURITY", "PASSAGE", "ENDOTOXIN", "ADIPOGENIC", "OSTEOGENIC", "CHONDROGENIC"]
            .iter()
            .any(|a| code.starts_with(a));
    if stage == Stage::Donor && of_cells {
        let detail = "it is measured on cells, and a donor is a person. Set the stage to bank, harvest or product.";
        findings.push(Finding::of(index, criterion, "stage", "stage", detail));
    }
    let of_a_dose =
        matches!(criterion.calculated, Some(Calculation::EndotoxinPerKgHour {} | Calculation::DosePerKg {}));
    if matches!(stage, Stage::Bank | Stage::Donor) && of_a_dose {
        let detail =
            "it is reckoned for a dose, and no dose is given from a bank or a donor. Set the stage to product.";
        findings.push(Finding::of(index, criterion, "stage", "stage", detail));
    }
    if let Some(Condition::Passage { at_least, at_most }) = &criterion.applies_when {
        let detail = match (at_least, at_most) {
            (None, None) => {
                Some("the condition names no passage. Give `at_least` or `at_most`, or leave the condition out.")
            }
            (Some(low), Some(high)) if low > high => {
                Some("no passage fulfils the condition: its lowest is above its highest.")
            }
            _ if stage == Stage::Donor => Some("a donor has no passage. Leave the condition out."),
            _ => None,
        };
        findings.extend(detail.map(|d| Finding::of(index, criterion, "applies_when", "condition", d)));
    }
    findings
}

/// One marker cannot be both positive and negative of the same cells.
fn both_ways(spec: &Specification) -> Vec<Finding> {
    let way = |criterion: &Criterion| match &criterion.acceptance {
        Acceptance::Numeric { limit, .. } => match (limit.lower().is_some(), limit.upper().is_some()) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        },
        _ => None,
    };
    let mut seen: Vec<(String, Stage, bool, &Criterion)> = Vec::new();
    let mut findings = Vec::new();
    for (index, criterion) in spec.criteria.iter().enumerate() {
        let (Some(marker), Some(positive)) = (marker(&criterion.attribute), way(criterion)) else { continue };
        let other = seen.iter().find(|(m, s, p, _)| *m == marker && *s == criterion.stage && *p != positive);
        if let Some((_, _, _, other)) = other {
            let detail = format!(
                "{marker} is to be {} here and {} in {} ({}). The same cells cannot be both: keep one of the two.",
                criterion.acceptance.in_words(),
                other.acceptance.in_words(),
                other.name.trim(),
                other.attribute
            );
            findings.push(Finding::of(index, criterion, "acceptance", "marker_both_ways", &detail));
        }
        seen.push((marker, criterion.stage, positive, criterion));
    }
    findings
}

/// The ISCT's "CD14 or CD11b" and "CD79α or CD19" are alternatives, unless the author says so.
fn or_pairs(spec: &Specification) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, pair) in spec.both_required.iter().enumerate() {
        if let Some(none) = pair.iter().find(|code| spec.criterion(code).is_none()) {
            let detail = format!("both_required names {none}, which has no criterion.");
            findings.push(Finding::of_document(format!("both_required[{index}]"), "or_pair", detail));
        }
    }
    for pair in markers::OR_PAIRS {
        let required = |name: &str| {
            let named =
                |c: &&Criterion| c.kind == CriterionKind::Required && marker(&c.attribute).as_deref() == Some(name);
            spec.criteria.iter().enumerate().find(|(_, c)| named(c))
        };
        let (Some((_, one)), Some((index, other))) = (required(pair.0), required(pair.1)) else { continue };
        let common_choice = one.choice.is_some() && one.choice == other.choice;
        let said_so = spec.both_required.iter().any(|p| p.contains(&one.attribute) && p.contains(&other.attribute));
        let in_one_cocktail =
            spec.criteria.iter().any(|c| c.covers.contains(&one.attribute) && c.covers.contains(&other.attribute));
        if common_choice || said_so || in_one_cocktail {
            continue;
        }
        let detail = format!(
            "the ISCT names {0} or {1}, one of them, and here both {0} and {1} are required. Give both the same `choice`, \
             or, if you mean both, list [\"{2}\", \"{3}\"] in `both_required`.",
            pair.0, pair.1, one.attribute, other.attribute
        );
        findings.push(Finding::of(index, other, "choice", "or_pair", &detail));
    }
    findings
}

fn choices(spec: &Specification) -> Vec<Finding> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for choice in spec.criteria.iter().filter_map(|c| c.choice.as_deref()) {
        *sizes.entry(choice).or_default() += 1;
    }
    let alone = |c: &Criterion| c.choice.as_deref().is_some_and(|name| sizes.get(name) == Some(&1));
    let found = spec.criteria.iter().enumerate().filter(|(_, c)| alone(c)).map(|(index, criterion)| {
        let detail = "it is the only one of its choice, so there is nothing to choose. Give the alternative the same \
                      `choice`, or leave it out.";
        Finding::of(index, criterion, "choice", "choice", detail)
    });
    found.collect()
}

#[cfg(test)]
mod tests;
