//! One's own account.

use askama::Template;

use super::equipment::Fold;
use super::parts::{Fact, FieldProblem, Frame, Message, Moment, Tone};
use super::people::TrainingRow;
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /account`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/show.html")]
pub struct AccountPage {
    /// The frame.
    pub frame: Frame,
    /// What is recorded about the account.
    pub facts: Vec<Fact>,
    /// Trainings, newest first.
    pub trainings: Vec<TrainingRow>,
    /// The form that changes the password.
    pub password: Fold,
    /// The version of the policy on electronic signatures that counts.
    pub policy_version: u32,
    /// Its text, line by line.
    pub policy_lines: Vec<String>,
    /// SHA-256 of its text.
    pub policy_sha256: String,
    /// Whether the reader acknowledged it.
    pub acknowledged: bool,
    /// Whether the reader can do so now.
    pub may_acknowledge: bool,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

impl AccountPage {
    /// Everything is in order.
    pub fn sample() -> Self {
        let input = |name: &str, label: &str, sort| Input {
            name: name.into(),
            id: format!("password-{name}"),
            label: label.into(),
            sort,
            ..Input::default()
        };
        let form = StepForm {
            id: "password".into(),
            title: "Change my password".into(),
            lead: "Your other sessions end with it.".into(),
            action: "/account/password".into(),
            inputs: vec![
                input("password", "Password until now", Sort::OldPassword),
                input("new_password", "New password", Sort::NewPassword),
                input("new_password_again", "New password again", Sort::NewPassword),
            ],
            button: "Change my password".into(),
            idempotency_key: "77aa".into(),
            ..StepForm::default()
        };
        Self {
            frame: samples::frame("My account", "account", ""),
            facts: vec![
                Fact::new("Username", "mlin"),
                Fact::new("Roles", "analyst, qa"),
                Fact::new("Account", "active"),
                Fact::new("Identity checked", "2026-11-01 08:10 +08:00 by admin: passport, copy in personnel file 7"),
            ],
            trainings: vec![TrainingRow {
                assay: "flow cytometry".into(),
                reference: "TR-26-014".into(),
                valid: true,
                from: Moment::sample("2026-01-10 00:00", ""),
                until: Moment::sample("2027-01-10 00:00", "in 45 days"),
            }],
            password: Fold { form, open: false },
            policy_version: 2,
            policy_lines: vec![
                "Electronic signatures are the legally binding equivalent of handwritten signatures.".into(),
                "I sign only what I have read.".into(),
            ],
            policy_sha256: samples::HASH.into(),
            acknowledged: true,
            may_acknowledge: false,
            idempotency_key: "77ab".into(),
        }
    }

    /// The first sign-in with a password that an administrator gave.
    pub fn sample_first() -> Self {
        let mut page = Self { acknowledged: false, ..Self::sample() };
        page.frame.message = Some(Message::new(Tone::Note, "Your password was given to you. Choose your own now."));
        page.password.open = true;
        page.trainings = Vec::new();
        page
    }

    /// A new policy, and a password that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self { acknowledged: false, may_acknowledge: true, ..Self::sample() };
        let text = "The password could be guessed: it is a single word.";
        page.frame.problems = vec![FieldProblem { field: "password-new_password".into(), text: text.into() }];
        if let Some(input) = page.password.form.inputs.get_mut(1) {
            input.field.problem = Some(text.into());
        }
        page.password.open = true;
        page
    }
}
