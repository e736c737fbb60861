//! Who could do what at a moment.

use askama::Template;

use super::equipment::Fold;
use super::parts::{Field, FieldProblem, Frame, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /access`.
#[derive(Debug, Clone, Template)]
#[template(path = "access/show.html")]
pub struct AccessPage {
    /// The frame.
    pub frame: Frame,
    /// The moment, as the field holds it.
    pub at: Field,
    /// The moment.
    pub moment: Moment,
    /// Where the register is as a file.
    pub csv: String,
    /// The way to a decision then.
    pub route: String,
    /// The newest review and when the next is due, in a sentence.
    pub review: String,
    /// Everybody, by username.
    pub rows: Vec<AccessRow>,
    /// SHA-256 of the register.
    pub register_sha256: String,
    /// What the reader may sign.
    pub forms: Vec<Fold>,
}

/// One person.
#[derive(Debug, Clone)]
pub struct AccessRow {
    /// Username.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles in words.
    pub roles: String,
    /// Whether the account could be used.
    pub usable: bool,
    /// What the person could do.
    pub could: String,
    /// Why the person could sign nothing; empty where the person could.
    pub cannot_sign: String,
    /// Qualification, trainings, second factors.
    pub notes: String,
}

impl AccessPage {
    /// A small laboratory, as QA sees it.
    pub fn sample() -> Self {
        let row = |username: &str, full_name: &str, roles: &str, usable, could: &str, cannot_sign: &str| AccessRow {
            username: username.into(),
            full_name: full_name.into(),
            roles: roles.into(),
            usable,
            could: could.into(),
            cannot_sign: cannot_sign.into(),
            notes: if roles == "analyst" { "trained in flow cytometry".into() } else { String::new() },
        };
        let findings = Input {
            name: "findings".into(),
            id: "review-findings".into(),
            label: "Findings".into(),
            hint: "Who should have other roles or none; what was put right.".into(),
            sort: Sort::Lines,
            ..Input::default()
        };
        let form = StepForm {
            id: "review".into(),
            title: "Sign a review of access".into(),
            lead: "The signature covers the register as shown here.".into(),
            action: "/access/review".into(),
            inputs: vec![findings],
            hidden: vec![("register_sha256".into(), samples::HASH.into())],
            signed: true,
            button: "Sign the review".into(),
            idempotency_key: "4d21".into(),
            ..StepForm::default()
        };
        Self {
            frame: samples::frame("Access", "access", "/access"),
            at: Field::of("2026-11-26T14:05"),
            moment: Moment::sample("2026-11-26 14:05", ""),
            csv: "/access.csv?at=2026-11-26T06:05:00.000000Z".into(),
            route: "verification, then release by QA (three people)".into(),
            review: "Access has not been reviewed yet. It is reviewed every 12 months.".into(),
            rows: vec![
                row(
                    "admin",
                    "Site administrator",
                    "admin",
                    true,
                    "keep accounts",
                    "Nobody had recorded who the person is.",
                ),
                row("awu", "Anna Wu", "analyst", true, "register a lot; record results; verify a run", ""),
                row("lnowak", "Łukasz Nowak", "qa", true, "release a lot; reject a lot", ""),
                row("tsato", "佐藤 太郎", "analyst", false, "nothing but read", "The account has been deactivated."),
            ],
            register_sha256: samples::HASH.into(),
            forms: vec![Fold { form, open: false }],
        }
    }

    /// A review without findings.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "Findings is empty. Please fill it in.";
        page.frame.problems = vec![FieldProblem { field: "review-findings".into(), text: text.into() }];
        for fold in &mut page.forms {
            fold.open = true;
            for input in &mut fold.form.inputs {
                input.field.problem = Some(text.into());
            }
        }
        page
    }
}
