//! What an administrator can lift, end or take away of an account.

use askama::Template;

use super::parts::{Frame, Link, Moment};
use super::samples;

/// `GET /people/{username}/security`.
#[derive(Debug, Clone, Template)]
#[template(path = "people/security.html")]
pub struct PersonSecurityPage {
    /// The frame.
    pub frame: Frame,
    /// The account.
    pub username: String,
    /// The page's address.
    pub address: String,
    /// Locks that stand, each in a sentence.
    pub locks: Vec<String>,
    /// Factors, sessions, tokens.
    pub things: Vec<Stoppable>,
}

/// A factor, session or token that can be stopped.
#[derive(Debug, Clone)]
pub struct Stoppable {
    /// The form's address below the page's.
    pub path: String,
    /// Its public name.
    pub id: String,
    /// What it is.
    pub what: String,
    /// Since.
    pub since: Moment,
    /// What the button says.
    pub button: String,
}

impl PersonSecurityPage {
    /// A locked account with a factor.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Security of mlin", "person-security", "/people");
        frame.crumbs = vec![Link::new("People", "/people")];
        let thing = Stoppable {
            path: "factors/f1/removal".into(),
            id: "f1".into(),
            what: "one-time codes: Telephone".into(),
            since: Moment::sample("2026-11-01 08:00", ""),
            button: "Take it away".into(),
        };
        let locks = vec!["Signing is locked until it is unlocked here.".into()];
        let (username, address) = ("mlin".into(), "/people/mlin/security".into());
        Self { frame, username, address, locks, things: vec![thing] }
    }
}
