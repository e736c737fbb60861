//! Linking the own account with an identity of the OpenID provider.

use askama::Template;

use super::parts::{Field, FieldProblem, Frame};
use super::samples;

/// `GET /account/oidc`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/oidc.html")]
pub struct LinkPage {
    /// The frame.
    pub frame: Frame,
    /// The provider's host.
    pub host: String,
    /// True where the account is linked.
    pub linked: bool,
    /// True once the person proved who they are: the next step is at the provider.
    pub going_on: bool,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// The one-time code.
    pub code: Field,
}

impl LinkPage {
    /// Not linked yet.
    pub fn sample() -> Self {
        Self {
            frame: samples::frame("Sign-in by id.example.org", "oidc", ""),
            host: "id.example.org".into(),
            linked: false,
            going_on: false,
            password_problem: None,
            code: Field::default(),
        }
    }

    /// The password was wrong.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "The password is not right. Nothing was changed; type your own password again.";
        page.password_problem = Some(text.into());
        page.frame.problems = vec![FieldProblem { field: "password".into(), text: text.into() }];
        page
    }

    /// The person goes on.
    pub fn sample_going_on() -> Self {
        Self { going_on: true, ..Self::sample() }
    }

    /// Linked.
    pub fn sample_linked() -> Self {
        Self { linked: true, ..Self::sample() }
    }
}
