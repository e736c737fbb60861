//! Signing in, and the one-time form that makes the first administrator.

use askama::Template;

use super::parts::{Field, FieldProblem, Frame};
use super::samples;

/// `GET /sign-in`.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in/show.html")]
pub struct SignInPage {
    /// The frame.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// The username as typed.
    pub username: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// The host of the OpenID provider by which people can sign in too.
    pub provider: Option<String>,
    /// Whether passkeys can be used under the site's address.
    pub passkeys_offered: bool,
    /// The accounts of a demonstration laboratory; empty on a real site.
    pub accounts: Vec<DemoAccount>,
}

/// An account of a demonstration laboratory.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// Username.
    pub username: String,
    /// Password, known to everybody.
    pub password: String,
    /// Roles in words.
    pub roles: String,
}

impl SignInPage {
    /// An untouched form.
    pub fn sample() -> Self {
        Self {
            frame: samples::stranger_frame("Sign in", "sign-in"),
            next: "/lots".into(),
            username: Field::default(),
            password_problem: None,
            provider: Some("id.example.org".into()),
            passkeys_offered: true,
            accounts: vec![],
        }
    }

    /// A demonstration laboratory, after a session ran out.
    pub fn sample_timed_out() -> Self {
        let account = |username: &str, roles: &str| DemoAccount {
            username: username.into(),
            password: format!("{username}-demo-password"),
            roles: roles.into(),
        };
        let mut page = Self::sample();
        page.frame.message = Some(super::parts::Message::new(
            super::parts::Tone::Note,
            "You were signed out after 30 minutes without a click. What you had typed is kept in this browser and offered again after you sign in.",
        ));
        page.next = "/lots/AD-26-0007/runs/new?assay=flow-cytometry".into();
        page.accounts = vec![
            account("awu", "analyst"),
            account("mlin", "analyst"),
            account("lnowak", "qa"),
            account("jchen", "auditor"),
            account("admin", "admin"),
        ];
        page
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "Username and password do not belong together. Check both; capitals count in the password.";
        page.username = Field::of("mlin");
        page.password_problem = Some(text.into());
        page.frame.problems = vec![FieldProblem { field: "password".into(), text: text.into() }];
        page
    }
}

/// The second half of a sign-in whose password was right.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in/code.html")]
pub struct SignInCodePage {
    /// The frame.
    pub frame: Frame,
    /// Where to go afterwards.
    pub next: String,
    /// What stands for the first half.
    pub ticket: String,
    /// What is wrong with the code.
    pub problem: Option<String>,
}

impl SignInCodePage {
    /// An untouched form.
    pub fn sample() -> Self {
        let frame = samples::stranger_frame("One-time code", "sign-in");
        Self { frame, next: "/lots".into(), ticket: "one-time".into(), problem: None }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "The one-time code is not right.";
        page.problem = Some(text.into());
        page.frame.problems = vec![FieldProblem { field: "code".into(), text: text.into() }];
        page
    }
}

/// `GET /first-administrator`: reached by the link the first start prints.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in/first_administrator.html")]
pub struct FirstAdministratorPage {
    /// The frame.
    pub frame: Frame,
    /// The one-time token of the link.
    pub token: String,
    /// The username.
    pub username: Field,
    /// The full name.
    pub full_name: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// What is wrong with its repetition.
    pub again_problem: Option<String>,
    /// What a password needs.
    pub password_rule: String,
}

impl FirstAdministratorPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = samples::stranger_frame("Create the first administrator", "first-administrator");
        frame.banner = String::new();
        Self {
            frame,
            token: "one-time".into(),
            username: Field::default(),
            full_name: Field::default(),
            password_problem: None,
            again_problem: None,
            password_rule: "At least 12 characters.".into(),
        }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "The two passwords differ. Type the same one twice.";
        page.username = Field::of("admin");
        page.full_name = Field::of("Site administrator");
        page.again_problem = Some(text.into());
        page.frame.problems = vec![FieldProblem { field: "password_again".into(), text: text.into() }];
        page
    }
}
