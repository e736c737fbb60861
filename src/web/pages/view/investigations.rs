//! Investigations: the list, and one with its phases, its re-tests and the next step.

use askama::Template;

use super::marks::{Outcome, Signature};
use super::parts::{Choice, Fact, Field, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /investigations`.
#[derive(Debug, Clone, Template)]
#[template(path = "investigations/list.html")]
pub struct InvestigationsPage {
    /// The frame.
    pub frame: Frame,
    /// Open ones first.
    pub rows: Vec<InvestigationRow>,
}

/// One investigation in a list.
#[derive(Debug, Clone)]
pub struct InvestigationRow {
    /// Its page.
    pub link: Link,
    /// The lot's page.
    pub lot: Link,
    /// What failed.
    pub about: String,
    /// Open, or how it ended.
    pub state: String,
    /// The shape beside it.
    pub mark: Outcome,
    /// What is next; empty where it is closed.
    pub next: String,
    /// When it opened.
    pub opened_at: Moment,
}

/// `GET /investigations/{number}`.
#[derive(Debug, Clone, Template)]
#[template(path = "investigations/show.html")]
pub struct InvestigationPage {
    /// The frame.
    pub frame: Frame,
    /// Its number.
    pub number: String,
    /// Open, or how it ended.
    pub state: String,
    /// The shape beside it.
    pub mark: Outcome,
    /// Lot, run, opening.
    pub facts: Vec<Fact>,
    /// The failing readings.
    pub failures: Vec<Fact>,
    /// The phases in order.
    pub phases: Vec<PhaseRow>,
    /// Every re-test value.
    pub retests: Vec<RetestRow>,
    /// Where re-tests are recorded.
    pub record: Vec<Link>,
    /// What is next, in a sentence.
    pub next: String,
    /// The forms the reader can fill in now.
    pub forms: Vec<StepForm>,
}

/// One phase, done or to come.
#[derive(Debug, Clone, Default)]
pub struct PhaseRow {
    /// Its name.
    pub name: String,
    /// What was recorded in it.
    pub facts: Vec<Fact>,
    /// Who signed; none while it is to come.
    pub signature: Option<Signature>,
    /// What stands in its place while it is to come.
    pub waiting: String,
}

/// One value of a re-test.
#[derive(Debug, Clone)]
pub struct RetestRow {
    /// The run's page.
    pub run: Link,
    /// What was measured.
    pub name: String,
    /// The value with its unit.
    pub value: String,
    /// Its verdict.
    pub outcome: Outcome,
    /// The arithmetic.
    pub because: String,
    /// Who entered it.
    pub entered_by: String,
    /// Who verified it, or that nobody did.
    pub verified: String,
}

impl InvestigationsPage {
    /// One open, one closed.
    pub fn sample() -> Self {
        let row = |number: &str, lot: &str, about: &str, state: &str, mark, next: &str| InvestigationRow {
            link: Link::new(number, format!("/investigations/{number}")),
            lot: Link::new(lot, format!("/lots/{lot}")),
            about: about.into(),
            state: state.into(),
            mark,
            next: next.into(),
            opened_at: Moment::sample("2026-11-26 09:20", "5 hours ago"),
        };
        let next = "QA approves a re-test plan, or the investigator concludes";
        Self {
            frame: samples::frame("Investigations", "investigations", "/investigations"),
            rows: vec![
                row("OOS-2026-0002", "AD-26-0008", "CD44-positive 94.9 %", "open", Outcome::Fail, next),
                row("OOS-2026-0001", "AD-26-0003", "Endotoxin 0.9 EU/mL", "result invalidated", Outcome::Invalid, ""),
            ],
        }
    }

    /// None yet.
    pub fn sample_empty() -> Self {
        Self { rows: Vec::new(), ..Self::sample() }
    }
}

impl InvestigationPage {
    /// Re-tests have been made; the conclusion is next and was refused.
    pub fn sample() -> Self {
        let mut frame = samples::frame("OOS-2026-0002", "investigation", "/investigations");
        frame.crumbs = vec![Link::new("Investigations", "/investigations")];
        let retest = |run: u32, value: &str, outcome, because: &str| RetestRow {
            run: Link::new(format!("#{run}"), format!("/runs/{run}")),
            name: "CD44-positive".into(),
            value: value.into(),
            outcome,
            because: because.into(),
            entered_by: "Mei Lin".into(),
            verified: "verified by Anna Wu".into(),
        };
        Self {
            frame,
            number: "OOS-2026-0002".into(),
            state: "open".into(),
            mark: Outcome::Fail,
            facts: vec![
                Fact::new("Lot", "AD-26-0008").linked("/lots/AD-26-0008"),
                Fact::new("Run", "#22").linked("/runs/22"),
                Fact::new("Opened", "2026-11-26 09:20 +08:00"),
            ],
            failures: vec![Fact::new("CD44-positive", "94.9").with_note("94.9 is not ≥ 95.0")],
            phases: vec![
                PhaseRow {
                    name: "Laboratory phase".into(),
                    facts: vec![Fact::new("Found", "an assignable cause"), Fact::new("Right sample?", "Yes")],
                    signature: Some(samples::signature("I checked this in the laboratory as recorded")),
                    waiting: String::new(),
                },
                PhaseRow {
                    name: "Re-test plan".into(),
                    waiting: "QA approves it before any re-test".into(),
                    ..PhaseRow::default()
                },
            ],
            retests: vec![
                retest(25, "96.2 %", Outcome::Pass, "96.2 is ≥ 95.0"),
                retest(26, "94.1 %", Outcome::Fail, "94.1 is not ≥ 95.0"),
            ],
            record: vec![Link::new("Record a re-test: Flow cytometry", "/lots/AD-26-0008/runs/new")],
            next: "The investigator concludes.".into(),
            forms: vec![Self::sample_form()],
        }
    }

    /// Closed: nothing is left to do.
    pub fn sample_closed() -> Self {
        let state = "result invalidated".into();
        Self {
            forms: Vec::new(),
            record: Vec::new(),
            state,
            mark: Outcome::Invalid,
            next: String::new(),
            ..Self::sample()
        }
    }

    fn sample_form() -> StepForm {
        let choice = |value: &str, label: &str| Choice { value: value.into(), label: label.into(), chosen: false };
        StepForm {
            shown: vec![],
            hidden: Vec::new(),
            id: "conclusion".into(),
            title: "Conclude".into(),
            lead: "A passing re-test alone invalidates nothing.".into(),
            action: "/investigations/OOS-2026-0002/conclusion".into(),
            inputs: vec![
                Input {
                    name: "outcome".into(),
                    id: "conclusion-outcome".into(),
                    label: "How it ends".into(),
                    sort: Sort::Radio,
                    field: Field::default().refused("Re-test #26 fails: a failing re-test confirms the result."),
                    choices: vec![choice("confirmed", "out of specification confirmed")],
                    ..Input::default()
                },
                Input {
                    name: "cause".into(),
                    id: "conclusion-cause".into(),
                    label: "Cause".into(),
                    hint: "Or why none could be found.".into(),
                    ..Input::default()
                },
            ],
            signed: true,
            password_problem: Some("The password is not right.".into()),
            button: "Sign the conclusion".into(),
            idempotency_key: "88a1".into(),
        }
    }
}
