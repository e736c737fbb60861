//! A draft of a specification as a form with a row for each criterion.

use std::collections::BTreeMap;

use askama::Template;

use super::parts::{Choice, Field, FieldProblem, Frame, Link};
use super::samples;

/// `GET /specifications/{product}/{version}/edit`, and a new draft made from another version.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/form.html")]
pub struct SpecificationFormPage {
    /// The frame.
    pub frame: Frame,
    /// What is being written.
    pub heading: String,
    /// Where the form is sent.
    pub action: String,
    /// Where to go without keeping anything.
    pub back: String,
    /// SHA-256 of the draft that is edited; empty for a new one.
    pub draft_sha256: String,
    /// So that sending it twice writes one draft.
    pub idempotency_key: String,
    /// What the product is.
    pub product_name: Field,
    /// Title of the document.
    pub title: Field,
    /// Where the criteria come from.
    pub source: Field,
    /// The rounding rules.
    pub rounding: Vec<Choice>,
    /// What is wrong with the rounding.
    pub rounding_problem: Option<String>,
    /// Whether a release in two steps is allowed.
    pub two_step: bool,
    /// What is wrong with that.
    pub two_step_problem: Option<String>,
    /// What the document says besides, as it travels with the form.
    pub rest: String,
    /// The same in words.
    pub kept: Vec<String>,
    /// What is wrong with it.
    pub kept_problem: Option<String>,
    /// The criteria.
    pub rows: Vec<CriterionRow>,
    /// The `id` of the field where the work goes on; empty on arrival.
    pub focus: String,
}

/// The fields of one criterion.
#[derive(Debug, Clone, Default)]
pub struct CriterionRow {
    /// What its fields' names begin with, `c3`.
    pub id: String,
    /// Its index, from 0.
    pub index: usize,
    /// What it is called for a reader: its attribute, or its number.
    pub called: String,
    /// The fields as typed.
    pub typed: BTreeMap<&'static str, String>,
    /// The fields that are chosen out of a list.
    pub choices: BTreeMap<&'static str, Vec<Choice>>,
    /// What it says besides, as it travels with the form.
    pub rest: String,
    /// The same in words.
    pub kept: Vec<String>,
    /// What is wrong with it, each at its field's `id`.
    pub problems: Vec<FieldProblem>,
    /// Whether it is the last one.
    pub last: bool,
}

impl CriterionRow {
    /// A field as typed.
    pub fn text(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// The choices of a field.
    pub fn choices(&self, name: &str) -> &[Choice] {
        self.choices.get(name).map_or(&[], Vec::as_slice)
    }

    /// How many lines a field needs.
    pub fn lines(&self, name: &str) -> usize {
        let text = self.text(name);
        text.lines().count().max(text.chars().count().div_ceil(48)).clamp(1, 4)
    }

    /// Whether something is wrong with a field.
    pub fn refused(&self, name: &str) -> bool {
        self.problems
            .iter()
            .any(|p| p.field.strip_prefix(&self.id).is_some_and(|rest| rest.strip_prefix('-') == Some(name)))
    }

    /// Its number for a reader.
    pub fn number(&self) -> usize {
        self.index.saturating_add(1)
    }
}

impl SpecificationFormPage {
    /// A draft with a criterion of each type.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Draft of ADMSC-IV version 2", "specification-form", "/specifications");
        frame.crumbs = vec![Link::new("Specifications", "/specifications")];
        let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into(), chosen: true };
        let row = |index: usize, given: &[(&'static str, &str)], kept: &[&str]| CriterionRow {
            id: format!("c{index}"),
            index,
            called: given.first().map(|(_, code)| (*code).to_owned()).unwrap_or_default(),
            typed: given.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(),
            choices: BTreeMap::from([
                ("assay", vec![choice("flow-cytometry", "Flow cytometry")]),
                ("kind", vec![choice("required", "required")]),
                ("stage", vec![choice("product", "product")]),
                ("type", vec![choice("numeric", "number against a limit")]),
                ("operator", vec![choice("NMT", "NMT (≤)")]),
            ]),
            rest: "{}".into(),
            kept: kept.iter().map(|k| (*k).to_owned()).collect(),
            problems: Vec::new(),
            last: index == 1,
        };
        let cd34 = [
            ("attribute", "CD34"),
            ("name", "CD34-positive"),
            ("section", "Identity"),
            ("limit", "2.0"),
            ("unit", "%"),
        ];
        let sterility = [
            ("attribute", "STERILITY"),
            ("name", "Sterility"),
            ("allowed", "No growth / Growth"),
            ("critical", "yes"),
            ("due_hours", "336"),
            ("interim_needed", "yes"),
        ];
        Self {
            frame,
            heading: "Draft of ADMSC-IV version 2".into(),
            action: "/specifications/ADMSC-IV/2".into(),
            back: "/specifications/ADMSC-IV/2".into(),
            draft_sha256: samples::HASH.into(),
            idempotency_key: "6f3a91c04be2d778".into(),
            product_name: Field::of("Adipose-derived MSC, suspension for infusion"),
            title: Field::of("Release specification"),
            source: Field::of("Yao et al. 2021"),
            rounding: vec![choice("usp_7_20", "half up, once (USP 7.20)")],
            rounding_problem: None,
            two_step: true,
            two_step_problem: None,
            rest: "{}".into(),
            kept: vec!["12 assays with their controls, media and days of reading".into()],
            kept_problem: None,
            rows: vec![row(0, &cd34, &["Applies for passage 3 or more."]), row(1, &sterility, &[])],
            focus: String::new(),
        }
    }

    /// The same with a limit that has no decimals.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "CD34-positive (CD34): the limit 2 has no decimals, so a result is rounded to a whole number before it is compared.";
        let problem = FieldProblem { field: "c0-limit".into(), text: text.into() };
        page.frame.problems = vec![problem.clone()];
        page.rows.iter_mut().take(1).for_each(|row| row.problems = vec![problem.clone()]);
        page
    }
}
