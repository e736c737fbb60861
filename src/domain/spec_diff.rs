//! What changed between two versions of a specification, in words.
//!
//! Promises: every difference of the two documents is in the list, and nothing else; whether a
//! change is stricter or wider is said only where that follows from the two texts alone.

use std::collections::BTreeSet;

use super::criterion::{Acceptance, Criterion, CriterionKind};
use super::ids::AttributeCode;
use super::limit::Limit;
use super::spec::{Assay, Specification};

/// Whether fewer or more lots can pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What passes now passed before, and not everything that passed still does.
    Tightened,
    /// What passed before passes still, and more does.
    Loosened,
}

impl Effect {
    /// Its name in the API and on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Tightened => "tightened",
            Effect::Loosened => "loosened",
        }
    }

    fn reversed(self) -> Self {
        match self {
            Effect::Tightened => Effect::Loosened,
            Effect::Loosened => Effect::Tightened,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about: `Title`, `Assay endotoxin`, `CD34-positive`.
    pub about: String,
    /// The attribute, for a criterion.
    pub attribute: Option<AttributeCode>,
    /// Which field: `acceptance`; `criterion` or `assay` for one that came or went.
    pub field: &'static str,
    /// Before, in words; none for what was added.
    pub before: Option<String>,
    /// After, in words; none for what was removed.
    pub after: Option<String>,
    /// Whether it is stricter or wider, where that can be said.
    pub effect: Option<Effect>,
}

impl Difference {
    /// `CD34-positive, acceptance: NMT 2.0 % → NMT 1.0 % (tightened)`.
    pub fn in_words(&self) -> String {
        let nothing = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        let what = match (&self.before, &self.after) {
            (Some(before), Some(after)) => format!("{} → {}", nothing(before), nothing(after)),
            (None, Some(after)) => format!("added, {after}"),
            (Some(before), None) => format!("removed, was {before}"),
            (None, None) => "changed".to_owned(),
        };
        let effect = self.effect.map(|e| format!(" ({})", e.as_str())).unwrap_or_default();
        match self.field {
            "criterion" | "assay" | "document" => format!("{}: {what}{effect}", self.about),
            field => format!("{}, {}: {what}{effect}", self.about, field.replace('_', " ")),
        }
    }
}

/// The differences from one version to another, in the order of the document.
pub fn diff(from: &Specification, to: &Specification) -> Vec<Difference> {
    let mut list = header(from, to);
    list.extend(assays(from, to));
    for criterion in &to.criteria {
        match from.criterion(&criterion.attribute) {
            Some(before) => list.extend(changed(before, criterion)),
            None => list.push(whole(criterion, true)),
        }
    }
    list.extend(from.criteria.iter().filter(|c| to.criterion(&c.attribute).is_none()).map(|c| whole(c, false)));
    let order = |spec: &Specification, other: &Specification| -> Vec<String> {
        let kept = spec.criteria.iter().filter(|c| other.criterion(&c.attribute).is_some());
        kept.map(|c| c.attribute.to_string()).collect()
    };
    let (before, after) = (order(from, to), order(to, from));
    if before != after {
        list.push(text("Order of the criteria", "document", before.join(", "), after.join(", ")));
    }
    list
}

fn text(about: &str, field: &'static str, before: String, after: String) -> Difference {
    Difference {
        about: about.to_owned(),
        attribute: None,
        field,
        before: Some(before),
        after: Some(after),
        effect: None,
    }
}

fn header(from: &Specification, to: &Specification) -> Vec<Difference> {
    let pairs = |s: &Specification| -> String {
        s.both_required.iter().map(|[a, b]| format!("{a} and {b}")).collect::<Vec<_>>().join("; ")
    };
    let dosing = |s: &Specification| s.dosing.as_ref().map(super::dose::Dosing::in_words).unwrap_or_default();
    let two_step = |s: &Specification| s.two_step.as_ref().map(super::two_step::TwoStep::in_words).unwrap_or_default();
    let from_when = |s: &Specification| s.effective_from.map(|at| at.to_string()).unwrap_or_default();
    let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
    let fields = [
        ("Product", from.product.to_string(), to.product.to_string()),
        ("Product name", from.product_name.clone(), to.product_name.clone()),
        ("Title", from.title.clone(), to.title.clone()),
        ("Example", yes(from.example), yes(to.example)),
        ("Source", from.source.clone(), to.source.clone()),
        ("Rounding", from.rounding.as_str().to_owned(), to.rounding.as_str().to_owned()),
        ("In force from", from_when(from), from_when(to)),
        ("Both required", pairs(from), pairs(to)),
        ("Dosing", dosing(from), dosing(to)),
        ("Two-step release", two_step(from), two_step(to)),
    ];
    fields.into_iter().filter(|(_, a, b)| a != b).map(|(name, a, b)| text(name, "document", a, b)).collect()
}

fn assays(from: &Specification, to: &Specification) -> Vec<Difference> {
    let mut list = Vec::new();
    let about = |assay: &Assay| format!("Assay {}", assay.code);
    for assay in &to.assays {
        let Some(before) = from.assay(&assay.code) else {
            let added = Difference { before: None, ..text(&about(assay), "assay", String::new(), assay.name.clone()) };
            list.push(added);
            continue;
        };
        let fields = [
            ("name", before.name.clone(), assay.name.clone()),
            ("method", before.method.clone(), assay.method.clone()),
            ("controls", controls(before), controls(assay)),
            ("media", media(before), media(assay)),
            ("read_on_days", days(before), days(assay)),
        ];
        let changed = fields.into_iter().filter(|(_, a, b)| a != b);
        list.extend(changed.map(|(field, a, b)| text(&about(assay), field, a, b)));
    }
    for gone in from.assays.iter().filter(|a| to.assay(&a.code).is_none()) {
        list.push(Difference { after: None, ..text(&about(gone), "assay", gone.name.clone(), String::new()) });
    }
    list
}

fn controls(assay: &Assay) -> String {
    let one = |c: &super::spec::Control| match c.allowed.is_empty() {
        true => format!("{} {}", c.name, c.in_words()),
        false => format!("{} {} (of {})", c.name, c.in_words(), c.allowed.join(", ")),
    };
    assay.controls.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn media(assay: &Assay) -> String {
    assay.media.iter().map(|m| format!("{} at {}", m.name, m.temperature)).collect::<Vec<_>>().join("; ")
}

fn days(assay: &Assay) -> String {
    assay.read_on_days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A criterion that came or went.
fn whole(criterion: &Criterion, added: bool) -> Difference {
    let words = Some(format!("{}, {}", criterion.kind.as_str(), criterion.in_words()));
    let effect = criterion.kind.needs_result().then_some(if added { Effect::Tightened } else { Effect::Loosened });
    let (before, after) = if added { (None, words) } else { (words, None) };
    Difference {
        about: criterion.name.clone(),
        attribute: Some(criterion.attribute.clone()),
        field: "criterion",
        before,
        after,
        effect,
    }
}

fn changed(before: &Criterion, after: &Criterion) -> Vec<Difference> {
    let codes = |all: &[AttributeCode]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let condition = |c: &Criterion| c.applies_when.as_ref().map(ToString::to_string).unwrap_or_default();
    let calculated = |c: &Criterion| match &c.calculated {
        Some(calculation) => serde_json::to_string(calculation).unwrap_or_else(|_| calculation.in_words().to_owned()),
        None => String::new(),
    };
    let mut list = Vec::new();
    let mut say = |field: &'static str, a: String, b: String, effect: Option<Effect>| {
        if a != b {
            list.push(Difference {
                attribute: Some(after.attribute.clone()),
                effect,
                ..text(&after.name, field, a, b)
            });
        }
    };
    // Without one it always applies, or must be met by itself: that is the stricter.
    let exempting = |was: bool, is: bool| match (was, is) {
        (false, true) => Some(Effect::Loosened),
        (true, false) => Some(Effect::Tightened),
        _ => None,
    };
    let (a, b) = (before, after);
    say("name", a.name.clone(), b.name.clone(), None);
    say("section", a.section.clone(), b.section.clone(), None);
    say("assay", a.assay.to_string(), b.assay.to_string(), None);
    say("kind", a.kind.as_str().to_owned(), b.kind.as_str().to_owned(), of_kind(a.kind, b.kind));
    let (was, is) = (acceptance(&a.acceptance), acceptance(&b.acceptance));
    say("acceptance", was, is, of_acceptance(&a.acceptance, &b.acceptance));
    say("alert", alert(&a.acceptance), alert(&b.acceptance), None);
    say("definition", optional(&a.definition), optional(&b.definition), None);
    say("coexpression_of", codes(&a.coexpression_of), codes(&b.coexpression_of), None);
    say("stage", a.stage.to_string(), b.stage.to_string(), None);
    let applies = exempting(a.applies_when.is_some(), b.applies_when.is_some());
    say("applies_when", condition(a), condition(b), applies);
    say("choice", optional(&a.choice), optional(&b.choice), exempting(a.choice.is_some(), b.choice.is_some()));
    say("covers", codes(&a.covers), codes(&b.covers), None);
    say("critical", yes(a.critical), yes(b.critical), None);
    say("evidence", yes(a.evidence), yes(b.evidence), None);
    say("calculated", calculated(a), calculated(b), None);
    list
}

fn alert(acceptance: &Acceptance) -> String {
    match acceptance {
        Acceptance::Numeric { alert: Some(alert), .. } => alert.to_string(),
        _ => String::new(),
    }
}

/// The acceptance with everything that a reader of the change needs to see.
fn acceptance(acceptance: &Acceptance) -> String {
    let words = acceptance.in_words();
    match acceptance {
        Acceptance::Numeric { whole: true, .. } => format!("{words}, whole numbers"),
        Acceptance::Categorical { allowed, interim, incubation_hours_min, extensions, .. } => {
            let mut parts = vec![format!("{words}, of {}", allowed.join(", "))];
            if !interim.is_empty() {
                parts.push(format!("interim {}", interim.join(", ")));
            }
            parts.extend(incubation_hours_min.map(|h| format!("{h} h of incubation")));
            parts.extend(extensions.iter().map(|(word, hours)| format!("{word} prolongs by {hours} h")));
            parts.join("; ")
        }
        _ => words,
    }
}

fn of_kind(before: CriterionKind, after: CriterionKind) -> Option<Effect> {
    let weight = |kind| match kind {
        CriterionKind::Informative => 0,
        CriterionKind::Report => 1,
        CriterionKind::Required => 2,
    };
    match weight(before).cmp(&weight(after)) {
        std::cmp::Ordering::Less => Some(Effect::Tightened),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Effect::Loosened),
    }
}

fn of_acceptance(before: &Acceptance, after: &Acceptance) -> Option<Effect> {
    match (before, after) {
        (
            Acceptance::Numeric { limit: was, unit: was_in, whole: was_whole, .. },
            Acceptance::Numeric { limit: is, unit: is_in, whole: is_whole, .. },
        ) if was_in == is_in && was_whole == is_whole => of_limits(was, is),
        (
            Acceptance::Categorical { acceptable: was, incubation_hours_min: was_hours, .. },
            Acceptance::Categorical { acceptable: is, incubation_hours_min: is_hours, .. },
        ) => {
            let set = |words: &[String]| words.iter().cloned().collect::<BTreeSet<String>>();
            let (was, is) = (set(was), set(is));
            let words = (is != was).then(|| {
                if is.is_subset(&was) {
                    Some(Effect::Tightened)
                } else if was.is_subset(&is) {
                    Some(Effect::Loosened)
                } else {
                    None
                }
            });
            let hours = match was_hours.cmp(is_hours) {
                std::cmp::Ordering::Less => Some(Some(Effect::Tightened)),
                std::cmp::Ordering::Equal => None,
                std::cmp::Ordering::Greater => Some(Some(Effect::Loosened)),
            };
            together([words, hours])
        }
        _ => None,
    }
}

/// One effect out of those of several parts (`None`: unchanged), where they agree.
fn together(parts: [Option<Option<Effect>>; 2]) -> Option<Effect> {
    match parts {
        [Some(effect), None] | [None, Some(effect)] => effect,
        [Some(one), Some(other)] if one == other => one,
        _ => None,
    }
}

fn of_limits(was: &Limit, is: &Limit) -> Option<Effect> {
    // A limit with other decimals rounds otherwise: what that does to a result depends on it.
    if was.decimals() != is.decimals() {
        return None;
    }
    let strict = |limit: &Limit| matches!(limit, Limit::Above { .. } | Limit::Below { .. });
    let lower = |limit: &Limit| limit.lower().map(|l| (l.number(), strict(limit)));
    let upper = |limit: &Limit| limit.upper().map(|l| (l.number(), strict(limit)));
    // A missing bound is the loosest: `None` sorts below every lower bound.
    let side = |ordering: std::cmp::Ordering, up: Effect| match ordering {
        std::cmp::Ordering::Less => Some(Some(up)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(Some(up.reversed())),
    };
    let below = side(lower(was).cmp(&lower(is)), Effect::Tightened);
    let above = match (upper(was), upper(is)) {
        (None, None) => None,
        (None, Some(_)) => Some(Some(Effect::Tightened)),
        (Some(_), None) => Some(Some(Effect::Loosened)),
        // Of two equal numbers the strict one is the lower.
        (Some((a, a_strict)), Some((b, b_strict))) => side((a, !a_strict).cmp(&(b, !b_strict)), Effect::Loosened),
    };
    together([below, above])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{shipped, spec_document};

    /// The shipped specification and what it becomes when texts in its file are replaced.
    fn with(replacements: &[(&str, &str)]) -> (Specification, Specification) {
        let before = shipped::specifications().expect("readable").into_iter().next().expect("one");
        let mut text = spec_document::write(&before).expect("JSON");
        for (old, new) in replacements {
            assert!(text.contains(old), "{old}");
            text = text.replace(old, new);
        }
        (before, spec_document::read(&text).expect("a specification"))
    }

    fn told(replacements: &[(&str, &str)]) -> Vec<String> {
        let (before, after) = with(replacements);
        diff(&before, &after).iter().map(Difference::in_words).collect()
    }

    #[test]
    fn two_equal_documents_differ_in_nothing() {
        assert_eq!(told(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_limit_is_told_with_its_direction() {
        let lines =
            told(&[("\"limit\": \"96.0\"", "\"limit\": \"97.0\""), ("\"limit\": \"0.50\"", "\"limit\": \"1.00\"")]);
        assert_eq!(
            lines,
            [
                "Purity (co-expression), acceptance: > 96.0 % → > 97.0 % (tightened)",
                "Endotoxin, acceptance: NMT 0.50 EU/mL → NMT 1.00 EU/mL (loosened)"
            ]
        );
    }

    #[test]
    fn the_direction_is_said_only_where_it_follows_from_the_texts() {
        let limit = |text: &str| serde_json::from_str::<Acceptance>(text).expect("an acceptance");
        let numeric = |operator: &str, bound: &str| {
            limit(&format!(r#"{{"type":"numeric","operator":"{operator}","limit":"{bound}","unit":"%"}}"#))
        };
        let range = |low: &str, high: &str| {
            limit(&format!(r#"{{"type":"numeric","operator":"range","low":"{low}","high":"{high}","unit":"%"}}"#))
        };
        for (before, after, effect) in [
            (numeric("NLT", "95.0"), numeric(">", "95.0"), Some(Effect::Tightened)),
            (numeric("<", "2.0"), numeric("NMT", "2.0"), Some(Effect::Loosened)),
            (numeric("NMT", "2.0"), numeric("NMT", "1.0"), Some(Effect::Tightened)),
            (numeric("NLT", "1.0"), range("1.0", "3.0"), Some(Effect::Tightened)),
            (range("1.0", "3.0"), range("0.5", "3.5"), Some(Effect::Loosened)),
            (range("1.0", "3.0"), range("2.0", "4.0"), None),
            (numeric("NMT", "2.0"), numeric("NLT", "2.0"), None),
            (numeric("NMT", "2.0"), numeric("NMT", "1.00"), None),
        ] {
            assert_eq!(of_acceptance(&before, &after), effect, "{before:?} {after:?}");
            assert_eq!(of_acceptance(&after, &before), effect.map(Effect::reversed), "{after:?} {before:?}");
        }
    }

    #[test]
    fn what_came_and_what_went_is_told() {
        let (before, mut after) = with(&[]);
        let gone = after.criteria.remove(0);
        assert_eq!(
            diff(&before, &after).iter().map(Difference::in_words).collect::<Vec<_>>(),
            ["Appearance: removed, was required, Complies (loosened)"]
        );
        let back = diff(&after, &before);
        assert_eq!(
            back.first().map(|d| (d.attribute.clone(), d.effect)),
            Some((Some(gone.attribute), Some(Effect::Tightened)))
        );
    }

    #[test]
    fn every_field_of_a_document_makes_a_difference() {
        let (before, _) = with(&[]);
        let document = serde_json::to_value(&before).expect("JSON");
        for (pointer, value) in [
            ("/title", serde_json::json!("Another")),
            ("/rounding", serde_json::json!("none")),
            ("/effective_from", serde_json::json!("2027-01-01T00:00:00Z")),
            ("/both_required", serde_json::json!([["CD11B", "CD19"]])),
            (
                "/dosing",
                serde_json::json!({"basis": "per_kg", "targets": ["0.5"], "tolerance_percent": "10", "route": "intravenous"}),
            ),
            (
                "/two_step",
                serde_json::json!({"pending": [{"attribute": "STERILITY_AEROBIC", "due_hours": 336, "interim": true}]}),
            ),
            ("/assays/0/method", serde_json::json!("Another")),
            ("/assays/5/read_on_days", serde_json::json!([7, 14])),
            ("/assays/5/media", serde_json::json!([{"name": "TSB", "temperature": "20 to 25 °C"}])),
            ("/assays/4/controls", serde_json::json!([])),
            ("/criteria/0/name", serde_json::json!("Another")),
            ("/criteria/0/kind", serde_json::json!("informative")),
            ("/criteria/0/stage", serde_json::json!("harvest")),
            ("/criteria/0/applies_when", serde_json::json!({"fact": "fresh"})),
            ("/criteria/0/choice", serde_json::json!("either")),
            ("/criteria/0/critical", serde_json::json!(true)),
            ("/criteria/0/evidence", serde_json::json!(true)),
            ("/criteria/0/definition", serde_json::json!("Seen")),
        ] {
            let mut changed = document.clone();
            let (outer, field) = pointer.rsplit_once('/').expect("a pointer");
            let outer = if outer.is_empty() { &mut changed } else { changed.pointer_mut(outer).expect("there") };
            outer.as_object_mut().expect("an object").insert(field.to_owned(), value);
            let text = changed.to_string();
            let after: Specification = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{pointer}: {e}"));
            assert_eq!(diff(&before, &after).len(), 1, "{pointer}: {:?}", diff(&before, &after));
        }
    }
}
