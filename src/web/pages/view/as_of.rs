//! A lot as it stood at a past moment: its criteria, what held it back, its facts until then.

use askama::Template;

use super::ledger::{LedgerFact, sample_facts};
use super::marks::{Outcome, Status};
use super::parts::{Fact, Field, FieldProblem, Frame, Link};
use super::samples;

/// `GET /lots/{lot}/as-of`.
#[derive(Debug, Clone, Template)]
#[template(path = "lots/as_of.html")]
pub struct AsOfPage {
    /// The frame.
    pub frame: Frame,
    /// The lot number.
    pub lot: String,
    /// The moment as the form has it.
    pub at: Field,
    /// How it stood; nothing where the moment was refused.
    pub past: Option<PastLot>,
}

/// How a lot stood.
#[derive(Debug, Clone)]
pub struct PastLot {
    /// The moment in words.
    pub shown: String,
    /// Its status then.
    pub status: Status,
    /// Its status today, where that is another.
    pub today: Option<Status>,
    /// Product, specification, donor, manufacture, expiry.
    pub facts: Vec<Fact>,
    /// Each criterion.
    pub criteria: Vec<PastCriterion>,
    /// What held it back, in sentences.
    pub blockers: Vec<String>,
    /// Its facts until then, newest first.
    pub history: Vec<LedgerFact>,
}

/// A criterion as it stood.
#[derive(Debug, Clone)]
pub struct PastCriterion {
    /// Its name.
    pub name: String,
    /// What is acceptable, in words.
    pub acceptance: String,
    /// The value as typed; empty where there was none.
    pub typed: String,
    /// The verdict.
    pub outcome: Outcome,
    /// Why.
    pub because: String,
    /// The run.
    pub run: Option<Link>,
}

impl AsOfPage {
    /// A lot before its last results came.
    pub fn sample() -> Self {
        let criterion = |name: &str, acceptance: &str, typed: &str, outcome, because: &str| PastCriterion {
            name: name.into(),
            acceptance: acceptance.into(),
            typed: typed.into(),
            outcome,
            because: because.into(),
            run: (!typed.is_empty()).then(|| Link::new("#17", "/runs/17")),
        };
        let mut frame = samples::frame("AD-26-0007 as it stood", "as-of", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0007", "/lots/AD-26-0007")];
        Self {
            frame,
            lot: "AD-26-0007".into(),
            at: Field::of("2026-11-26T11:00:00"),
            past: Some(PastLot {
                shown: "2026-11-26 11:00:00 +08:00".into(),
                status: Status::Testing,
                today: Some(Status::Ready),
                facts: vec![Fact::new("Product", "ADMSC-IV"), Fact::new("Donor", "D-0031")],
                criteria: vec![
                    criterion("CD105-positive", "NLT 95.0 %", "97.8", Outcome::Unverified, "run #17 is not verified"),
                    criterion("Endotoxin", "NMT 0.5 EU/mL", "", Outcome::Missing, "no result yet"),
                ],
                blockers: vec!["Run #17 has not been verified.".into(), "There is no result for Endotoxin.".into()],
                history: sample_facts().split_off(3),
            }),
        }
    }

    /// A moment that has not come.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "at must not be in the future.";
        page.at = Field::of("2036-11-26T11:00:00").refused(text);
        page.frame.problems = vec![FieldProblem { field: "at".into(), text: text.into() }];
        page.past = None;
        page
    }
}
