//! Specifications: what is approved for which product, and one version in full.

use askama::Template;

use super::marks::Signature;
use super::parts::{Fact, Field, Frame, Link, Moment, Unit};
use super::samples;

/// `GET /specifications`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/list.html")]
pub struct SpecificationsPage {
    /// The frame.
    pub frame: Frame,
    /// One row per product and version.
    pub rows: Vec<SpecificationRow>,
    /// Whether the reader may write a draft.
    pub may_draft: bool,
}

/// One version in the list.
#[derive(Debug, Clone)]
pub struct SpecificationRow {
    /// Its page, labelled with the product.
    pub link: Link,
    /// What the product is.
    pub title: String,
    /// The version.
    pub version: String,
    /// In force, draft, superseded.
    pub state: String,
    /// Since when.
    pub effective: Option<Moment>,
    /// How many criteria it has.
    pub criteria: usize,
    /// Whether it is shipped as an example.
    pub example: bool,
}

/// `GET /specifications/{product}/{version}`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/show.html")]
pub struct SpecificationPage {
    /// The frame.
    pub frame: Frame,
    /// The product's code.
    pub product: String,
    /// The version.
    pub version: String,
    /// In force, draft, superseded.
    pub state: String,
    /// Whether it is shipped as an example a site must approve for itself.
    pub example: bool,
    /// Title, approval, effective date, source.
    pub facts: Vec<Fact>,
    /// The rounding rule in words.
    pub rounding: String,
    /// How a dose is planned; empty where the specification says nothing of it.
    pub dosing: String,
    /// The criteria, grouped.
    pub sections: Vec<SpecificationSection>,
    /// The assays: how a run is recorded.
    pub assays: Vec<SpecificationAssay>,
    /// What the reader can do or see besides: edit, new draft, compare, download.
    pub actions: Vec<Link>,
    /// What the draft would change; none for an approved version.
    pub what_if: Option<WhatIfTable>,
    /// The signature of the approval.
    pub approval: Option<Signature>,
    /// Who retired the product's specification, when and why.
    pub retired: Option<String>,
    /// The box in which a draft is approved.
    pub approve: Option<ApproveBox>,
    /// The box in which the product's specification is retired.
    pub retire: Option<RetireBox>,
}

/// How one assay is run.
#[derive(Debug, Clone)]
pub struct SpecificationAssay {
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// The method offered.
    pub method: String,
    /// Controls, media, days of reading, one line each.
    pub lines: Vec<String>,
}

/// What a draft would change.
#[derive(Debug, Clone)]
pub struct WhatIfTable {
    /// How many lots were judged, and how many would change.
    pub summary: String,
    /// The lots that would.
    pub lots: Vec<WhatIfLot>,
}

/// A lot that would change.
#[derive(Debug, Clone)]
pub struct WhatIfLot {
    /// Its page.
    pub link: Link,
    /// The version it is pinned to.
    pub version: String,
    /// Status now.
    pub before: String,
    /// Status under the draft.
    pub after: String,
    /// Each changed verdict, with the reason.
    pub lines: Vec<String>,
}

/// Approving a draft.
#[derive(Debug, Clone)]
pub struct ApproveBox {
    /// Why the reader cannot; the form is then left out.
    pub why: String,
    /// SHA-256 of the draft that would be signed.
    pub draft_sha256: String,
    /// In force from, in the site's time.
    pub effective_from: Field,
    /// What the signature means.
    pub meaning: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// So that sending it twice signs once.
    pub idempotency_key: String,
}

/// Retiring a product's specification.
#[derive(Debug, Clone)]
pub struct RetireBox {
    /// Why.
    pub reason: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// So that sending it twice signs once.
    pub idempotency_key: String,
}

impl RetireBox {
    /// Whether the box is unfolded: something in it was refused.
    pub fn open(&self) -> bool {
        self.reason.problem.is_some() || self.password_problem.is_some()
    }
}

/// `GET /specifications/new`, `GET /specifications/{product}/{version}/edit`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/edit.html")]
pub struct SpecificationEditPage {
    /// The frame.
    pub frame: Frame,
    /// What is being written.
    pub heading: String,
    /// Where the form is sent.
    pub action: String,
    /// Where to go without keeping anything.
    pub back: String,
    /// The document as typed.
    pub document: Field,
    /// Every finding, with its place.
    pub findings: Vec<String>,
    /// SHA-256 of the draft that is edited; empty for a new one.
    pub draft_sha256: String,
    /// So that sending it twice writes one draft.
    pub idempotency_key: String,
    /// Versions to start from instead.
    pub starts: Vec<Link>,
}

/// `GET /specifications/{product}/diff`.
#[derive(Debug, Clone, Template)]
#[template(path = "specifications/diff.html")]
pub struct SpecificationDiffPage {
    /// The frame.
    pub frame: Frame,
    /// The product's code.
    pub product: String,
    /// The earlier version.
    pub from: Link,
    /// The later version.
    pub to: Link,
    /// Every difference.
    pub rows: Vec<DifferenceRow>,
}

/// One difference.
#[derive(Debug, Clone)]
pub struct DifferenceRow {
    /// What it is about.
    pub about: String,
    /// The field.
    pub field: String,
    /// Before; empty for what was added.
    pub before: String,
    /// After; empty for what was removed.
    pub after: String,
    /// `tightened`, `loosened` or empty.
    pub effect: String,
}

/// A group of criteria.
#[derive(Debug, Clone)]
pub struct SpecificationSection {
    /// Its name.
    pub name: String,
    /// Its criteria.
    pub criteria: Vec<SpecificationCriterion>,
}

/// One criterion of a specification.
#[derive(Debug, Clone)]
pub struct SpecificationCriterion {
    /// The attribute's code.
    pub attribute: String,
    /// Its name.
    pub name: String,
    /// The acceptance, without the unit.
    pub acceptance: String,
    /// The unit.
    pub unit: Unit,
    /// The assay and method.
    pub method: String,
    /// Required, informative, conditional.
    pub kind: String,
    /// The definition in words; may be empty.
    pub definition: String,
    /// Stage, condition, choice, alert, calculation and whatever else it says, one line each.
    pub notes: Vec<String>,
}

impl SpecificationsPage {
    /// The shipped example and an older one.
    pub fn sample() -> Self {
        let row = |version: &str, state: &str, example| SpecificationRow {
            link: Link::new("ADMSC-IV", format!("/specifications/ADMSC-IV/{version}")),
            title: "Adipose-derived MSC, suspension for infusion".into(),
            version: version.into(),
            state: state.into(),
            effective: Some(Moment::sample("2026-11-01 00:00", "")),
            criteria: 21,
            example,
        };
        Self {
            frame: samples::frame("Specifications", "specifications", "/specifications"),
            rows: vec![SpecificationRow { effective: None, ..row("2", "Draft", false) }, row("1", "In force", true)],
            may_draft: true,
        }
    }

    /// A site without any.
    pub fn sample_empty() -> Self {
        Self { rows: vec![], may_draft: false, ..Self::sample() }
    }
}
