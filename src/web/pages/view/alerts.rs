//! Alerts for people of certain roles.

use askama::Template;

use super::parts::{Frame, Link, Moment};
use super::samples;

/// `GET /alerts`.
#[derive(Debug, Clone, Template)]
#[template(path = "alerts/list.html")]
pub struct AlertsPage {
    /// The frame.
    pub frame: Frame,
    /// Newest first.
    pub rows: Vec<AlertRow>,
}

/// One alert.
#[derive(Debug, Clone)]
pub struct AlertRow {
    /// The ledger entry that raised it.
    pub number: i64,
    /// What sort it is.
    pub title: String,
    /// What happened.
    pub detail: String,
    /// The lot or nothing.
    pub about: Link,
    /// When.
    pub at: Moment,
    /// Who took note and what was done; empty while nobody has.
    pub acknowledged: String,
}

impl AlertsPage {
    /// One that waits and one that does not.
    pub fn sample() -> Self {
        let row = |number, acknowledged: &str, about: Link| AlertRow {
            number,
            title: "Signing locked".into(),
            detail: "Account mlin: 5 wrong attempts in a row.".into(),
            about,
            at: Moment::sample("2026-11-26 13:00", "1 hour ago"),
            acknowledged: acknowledged.into(),
        };
        Self {
            frame: samples::frame("Alerts", "alerts", ""),
            rows: vec![
                row(812, "", Link::new("Lot AD-26-0007", "/lots/AD-26-0007")),
                row(640, "Łukasz Nowak: asked her; she had mistyped.", Link::default()),
            ],
        }
    }

    /// Nothing waits.
    pub fn sample_empty() -> Self {
        Self { rows: vec![], ..Self::sample() }
    }
}
