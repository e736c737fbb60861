//! Deviations and holds: the list, one, and the form that opens one.

use askama::Template;

use super::marks::Signature;
use super::parts::{Fact, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /deviations`.
#[derive(Debug, Clone, Template)]
#[template(path = "deviations/list.html")]
pub struct DeviationsPage {
    /// The frame.
    pub frame: Frame,
    /// Open ones first.
    pub rows: Vec<DeviationRow>,
    /// Whether the reader may open one.
    pub may_open: bool,
}

/// One deviation or hold in a list.
#[derive(Debug, Clone)]
pub struct DeviationRow {
    /// Its page.
    pub link: Link,
    /// The lot's page.
    pub lot: Link,
    /// `deviation` or `hold`.
    pub kind: String,
    /// What happened.
    pub description: String,
    /// Whether it is open.
    pub open: bool,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Moment,
}

/// `GET /deviations/new`.
#[derive(Debug, Clone, Template)]
#[template(path = "deviations/new.html")]
pub struct NewDeviationPage {
    /// The frame.
    pub frame: Frame,
    /// The form.
    pub form: StepForm,
}

/// `GET /deviations/{number}`.
#[derive(Debug, Clone, Template)]
#[template(path = "deviations/show.html")]
pub struct DeviationPage {
    /// The frame.
    pub frame: Frame,
    /// Its number.
    pub number: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// Whether it is open.
    pub open: bool,
    /// Lot, who, when.
    pub facts: Vec<Fact>,
    /// What happened.
    pub description: String,
    /// What it can mean for the lot.
    pub impact: String,
    /// How QA closed it: the assessment is what was signed.
    pub closure: Option<Signature>,
    /// The form to close it with, when the reader may.
    pub form: Option<StepForm>,
}

impl DeviationsPage {
    /// One open, one closed.
    pub fn sample() -> Self {
        let row = |number: &str, kind: &str, description: &str, open| DeviationRow {
            link: Link::new(number, format!("/deviations/{number}")),
            lot: Link::new("AD-26-0007", "/lots/AD-26-0007"),
            kind: kind.into(),
            description: description.into(),
            open,
            opened_by: "Anna Wu".into(),
            opened_at: Moment::sample("2026-11-25 16:40", "yesterday"),
        };
        Self {
            frame: samples::frame("Deviations", "deviations", "/deviations"),
            rows: vec![
                row("DEV-2026-0002", "hold", "Freezer alarm from 02:10 to 02:55", true),
                row("DEV-2026-0001", "deviation", "Medium change one day late", false),
            ],
            may_open: true,
        }
    }

    /// None yet.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), may_open: false, ..Self::sample() }
    }
}

impl NewDeviationPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Open a deviation or hold", "new-deviation", "/deviations");
        frame.crumbs = vec![Link::new("Deviations", "/deviations")];
        let input = |name: &str, label: &str| Input {
            name: name.into(),
            id: name.into(),
            label: label.into(),
            sort: Sort::Lines,
            ..Input::default()
        };
        let form = StepForm {
            id: "deviation".into(),
            title: "What happened".into(),
            action: "/deviations".into(),
            inputs: vec![input("description", "Description"), input("impact", "Impact")],
            button: "Open it".into(),
            idempotency_key: "91ce".into(),
            ..StepForm::default()
        };
        Self { frame, form }
    }
}

impl DeviationPage {
    /// Open, QA reads it.
    pub fn sample() -> Self {
        let mut frame = samples::frame("DEV-2026-0002", "deviation", "/deviations");
        frame.crumbs = vec![Link::new("Deviations", "/deviations")];
        let input = Input {
            name: "assessment".into(),
            id: "closure-assessment".into(),
            label: "Assessment".into(),
            sort: Sort::Lines,
            ..Input::default()
        };
        Self {
            frame,
            number: "DEV-2026-0002".into(),
            kind: "hold".into(),
            open: true,
            facts: vec![Fact::new("Lot", "AD-26-0007").linked("/lots/AD-26-0007"), Fact::new("Opened by", "Anna Wu")],
            description: "Freezer alarm from 02:10 to 02:55".into(),
            impact: "The viability may have suffered.".into(),
            closure: None,
            form: Some(StepForm {
                id: "closure".into(),
                title: "Close".into(),
                action: "/deviations/DEV-2026-0002/closure".into(),
                inputs: vec![input],
                signed: true,
                button: "Sign and close".into(),
                idempotency_key: "77f0".into(),
                ..StepForm::default()
            }),
        }
    }

    /// Closed.
    pub fn sample_closed() -> Self {
        let closure = Some(samples::signature("No impact: the logger shows −150 °C throughout"));
        Self { open: false, form: None, closure, ..Self::sample() }
    }
}
