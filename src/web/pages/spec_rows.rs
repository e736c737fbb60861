//! A draft shown as a form with a row for each criterion, and each finding at its field.
//!
//! Promises: what the form does not change is told in words; a finding stands at the field it is
//! about, in the summary and in its row.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::form::Refused;
use super::shown;
use super::spec_edit::Editing;
use super::spec_form::{Draft, Row};
use super::spec_two_step::{self, RULE};
use super::view::parts::{Choice, FieldProblem, Link, Message, Tone};
use super::view::specification_form::{CriterionRow, SpecificationFormPage};
use super::visit::{Visit, html};
use crate::domain::calculation::Calculation;
use crate::domain::limit::Limit;
use crate::domain::refusal::{FieldRefusal, Refusal};
use crate::domain::spec::{Assay, Condition};
use crate::domain::str_reading::StrUse;
use crate::workflow::Error;

const ROUNDING: [(&str, &str); 2] =
    [("usp_7_20", "half up, once, to the decimals of the limit (USP 7.20)"), ("none", "none: compared as typed")];
const KINDS: [(&str, &str); 3] = [("required", "required"), ("informative", "informative"), ("report", "report")];
const STAGES: [(&str, &str); 4] =
    [("donor", "donor"), ("bank", "bank"), ("harvest", "harvest"), ("product", "product")];
const TYPES: [(&str, &str); 4] = [
    ("numeric", "number against a limit"),
    ("categorical", "words"),
    ("number", "report a number"),
    ("text", "report a text"),
];
const OPERATORS: [(&str, &str); 5] =
    [("NLT", "NLT (≥)"), (">", ">"), ("NMT", "NMT (≤)"), ("<", "<"), ("range", "range")];

/// What the page says besides the draft itself.
#[derive(Debug, Default)]
pub struct Told {
    /// What was refused, by the fields' `id`.
    pub refused: Refused,
    /// Where the work goes on after a button that saved nothing.
    pub focus: String,
}

/// The page with the draft as it stands.
pub fn page(
    visit: &Visit,
    editing: &Editing,
    draft: &Draft,
    told: Told,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let (heading, here) = editing.heading();
    let mut frame = visit.frame(heading.clone(), "specification-form", "/specifications");
    frame.crumbs = vec![Link::new("Specifications", "/specifications")];
    if !told.focus.is_empty() {
        let text = "Nothing is saved yet. Save the draft when the criteria are as they should be.";
        frame.message = Some(Message::new(Tone::Note, text));
    }
    let refused = told.refused;
    let head = |name: &str| refused.field(name, draft.head.get(name).map_or("", String::as_str));
    let assays: Vec<(String, String)> = part::<Vec<Assay>>(&draft.rest, "assays")
        .unwrap_or_default()
        .into_iter()
        .map(|assay| (assay.code.to_string(), assay.name))
        .collect();
    let count = draft.rows.len();
    let row = |(index, given): (usize, &Row)| row(index, count, given, &assays, &refused);
    let view = SpecificationFormPage {
        heading,
        action: here.clone(),
        back: here,
        draft_sha256: editing.draft_sha256.clone(),
        idempotency_key: if editing.key.is_empty() { visit.key()? } else { editing.key.clone() },
        product_name: head("product_name"),
        title: head("title"),
        source: head("source"),
        rounding: choices(&ROUNDING, &head("rounding").value),
        rounding_problem: refused.on("rounding"),
        two_step: draft.allows_two_steps(),
        two_step_problem: refused.on(RULE),
        rest: as_text(&draft.rest),
        kept: kept_of_document(&draft.rest),
        kept_problem: refused.on("kept"),
        rows: draft.rows.iter().enumerate().map(row).collect(),
        focus: told.focus,
        frame: {
            frame.problems = refused.0.clone();
            frame
        },
    };
    html(status, &view)
}

/// A refusal with each of its fields at the field of the form.
pub fn placed(visit: &Visit, refusal: &Refusal, draft: &Draft) -> Refused {
    let mut refusal = refusal.clone();
    for given in &mut refusal.fields {
        if given.field.starts_with(RULE) {
            at_step_one(given, draft);
            continue;
        }
        let (_, label) = field_of(&given.field, draft);
        if let Some(rest) = given.detail.strip_prefix(given.field.as_str()).filter(|_| !label.is_empty()) {
            given.detail = format!("{label}{rest}");
        }
    }
    Refused::place(&refusal, visit.zone, |given: &FieldRefusal| {
        let (id, label) = field_of(&given.field, draft);
        (id, if given.field.contains('[') { String::new() } else { label })
    })
}

/// Places a finding about the rule for two steps at the row it is about, in the page's words.
fn at_step_one(given: &mut FieldRefusal, draft: &Draft) {
    let row = spec_two_step::place(draft, &given.field, &given.detail);
    let detail = given.detail.replace("Set `interim` to true", "Tick that an interim reading is needed");
    let detail = match detail.strip_prefix(RULE) {
        Some(rest) => format!("Two-step release{rest}"),
        None => detail,
    };
    given.detail = match row {
        Some((index, _)) => format!("Criterion {}: {detail}", index.saturating_add(1)),
        None => detail,
    };
    given.field = row.map_or_else(|| RULE.to_owned(), |(index, field)| format!("criteria[{index}].{field}"));
}

/// The `id` and the label of the field that a place in the document is edited in.
fn field_of(place: &str, draft: &Draft) -> (String, String) {
    let head: [(&str, &str); 6] = [
        ("product_name", "Product name"),
        ("title", "Title"),
        ("source", "Source"),
        ("rounding", "Rounding"),
        (RULE, "Two-step release"),
        ("criteria", ""),
    ];
    if let Some((name, label)) = head.iter().find(|(name, _)| *name == place) {
        return ((*name).to_owned(), (*label).to_owned());
    }
    let in_row = place.strip_prefix("criteria[").and_then(|rest| rest.split_once(']'));
    let index = in_row.and_then(|(index, field)| Some((index.parse::<usize>().ok()?, field)));
    let Some((index, row, field)) = index.and_then(|(i, field)| Some((i, draft.rows.get(i)?, field))) else {
        return ("kept".to_owned(), String::new());
    };
    let field = field.trim_start_matches('.').trim_start_matches("acceptance.");
    let field = match field {
        "acceptance" => "type",
        "limit" if row.text("operator") == "range" => "low",
        other => other,
    };
    let number = index.saturating_add(1);
    if row.typed.contains_key(field) {
        (format!("c{index}-{field}"), format!("Criterion {number}, {field}"))
    } else {
        (format!("c{index}"), format!("Criterion {number}"))
    }
}

fn row(index: usize, count: usize, given: &Row, assays: &[(String, String)], refused: &Refused) -> CriterionRow {
    let id = format!("c{index}");
    let number = index.saturating_add(1);
    let own = |field: &str| field.strip_prefix(&id).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    let mut problems: Vec<FieldProblem> = Vec::new();
    for problem in refused.0.iter().filter(|p| own(&p.field)) {
        match problems.iter_mut().find(|p| p.field == problem.field) {
            Some(same) => same.text = format!("{} {}", same.text, problem.text),
            None => problems.push(problem.clone()),
        }
    }
    let listed: Vec<(&str, &str)> = assays.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect();
    let attribute = given.text("attribute").trim();
    let selects: [(&'static str, &[(&str, &str)]); 5] =
        [("assay", &listed), ("kind", &KINDS), ("stage", &STAGES), ("type", &TYPES), ("operator", &OPERATORS)];
    CriterionRow {
        called: if attribute.is_empty() { format!("criterion {number}") } else { attribute.to_owned() },
        typed: given.typed.clone(),
        choices: selects.into_iter().map(|(name, all)| (name, choices(all, given.text(name)))).collect(),
        rest: as_text(&given.rest),
        kept: kept(&given.rest),
        problems,
        last: number == count,
        id,
        index,
    }
}

/// The choices of a field; what was chosen and is not among them stays there to be seen.
fn choices(all: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let choice =
        |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned(), chosen: value == chosen };
    let mut list: Vec<Choice> = all.iter().map(|(value, label)| choice(value, label)).collect();
    if !list.iter().any(|c| c.chosen) {
        list.insert(0, choice(chosen, if chosen.is_empty() { "Choose…" } else { chosen }));
    }
    list
}

fn as_text(rest: &Map<String, Value>) -> String {
    serde_json::to_string(rest).unwrap_or_default()
}

fn part<T: DeserializeOwned>(of: &Map<String, Value>, name: &str) -> Option<T> {
    T::deserialize(of.get(name)?).ok()
}

/// What the document says beside its criteria and the fields of the form.
fn kept_of_document(rest: &Map<String, Value>) -> Vec<String> {
    let count = |name: &str| rest.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let mut kept = vec![format!("{} with their controls", shown::counted(count("assays"), "assay", "assays"))];
    if rest.get("dosing").is_some_and(|dosing| !dosing.is_null()) {
        kept.push("how a dose is planned".into());
    }
    let strays = spec_two_step::of_no_row(rest);
    let strays: Vec<&str> = strays.iter().filter_map(|entry| entry.get("attribute")?.as_str()).collect();
    if !strays.is_empty() {
        kept.push(format!("what the two-step release says of {}, which no criterion here can show", strays.join(", ")));
    }
    if count("both_required") > 0 {
        kept.push(shown::counted(
            count("both_required"),
            "pair of markers both required",
            "pairs of markers both required",
        ));
    }
    kept
}

/// What a criterion says beside the fields of the form, a sentence each.
fn kept(rest: &Map<String, Value>) -> Vec<String> {
    let codes = |name: &str| part::<Vec<String>>(rest, name).map(|codes| codes.join(", "));
    let acceptance = rest.get("acceptance").and_then(Value::as_object);
    let of_acceptance = |name: &str| acceptance.and_then(|a| a.get(name));
    let mut kept = Vec::new();
    kept.extend(codes("coexpression_of").map(|codes| format!("Cannot exceed the lowest of {codes}.")));
    kept.extend(part::<Condition>(rest, "applies_when").map(|condition| format!("Applies for {condition}.")));
    kept.extend(part::<String>(rest, "choice").map(|name| format!("Choice “{name}”: one that passes is enough.")));
    kept.extend(codes("covers").map(|codes| format!("One reading that answers {codes} as well.")));
    kept.extend(part::<Calculation>(rest, "calculated").map(|c| format!("Calculated: {}.", c.in_words())));
    kept.extend(part::<StrUse>(rest, "str_use").map(|used| match used {
        StrUse::Reference => "Typed as an STR profile, with which others are compared.".to_owned(),
        StrUse::Identity => "Typed as an STR profile, which is compared with the donor's.".to_owned(),
    }));
    if let Some(alert) = of_acceptance("alert").and_then(|alert| Limit::deserialize(alert).ok()) {
        kept.push(format!("Alert: a result that is not {alert} asks for a note."));
    }
    let extensions = of_acceptance("extensions").and_then(Value::as_object);
    for (word, hours) in extensions.into_iter().flatten() {
        kept.push(format!("“{word}” prolongs incubation by {hours} h."));
    }
    kept
}
