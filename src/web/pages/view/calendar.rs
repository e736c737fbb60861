//! The calendar: what is to be read of everything that incubates.

use askama::Template;

use super::parts::{Frame, Link, Moment};
use super::samples;

/// `GET /calendar`.
#[derive(Debug, Clone, Template)]
#[template(path = "calendar/show.html")]
pub struct CalendarPage {
    /// The frame.
    pub frame: Frame,
    /// How many days ahead it looks.
    pub days_ahead: i64,
    /// What should have been read before, then today, then day by day; empty days are left out.
    pub groups: Vec<Group>,
}

/// The readings of one day.
#[derive(Debug, Clone)]
pub struct Group {
    /// `Overdue`, `Today`, or the day.
    pub heading: String,
    /// Whether it is the group of what should have been read before.
    pub overdue: bool,
    /// The readings, earliest first.
    pub rows: Vec<Row>,
}

/// One assay of one lot to be read.
#[derive(Debug, Clone)]
pub struct Row {
    /// The lot.
    pub lot: Link,
    /// The assay's name.
    pub assay: String,
    /// What is read: `Sterility, aerobic; Sterility, anaerobic`.
    pub what: String,
    /// The day of incubation: `day 7`, `day 14, final`.
    pub day: String,
    /// When it is due.
    pub due: Moment,
    /// Where the reader records it; empty where they do not.
    pub href: String,
}

impl CalendarPage {
    /// Something overdue, something today, something next week.
    pub fn sample() -> Self {
        let row = |lot: &str, day: &str, due: &str, ago: &str| Row {
            lot: Link::new(lot, format!("/lots/{lot}")),
            assay: "Sterility".into(),
            what: "Sterility, aerobic; Sterility, anaerobic".into(),
            day: day.into(),
            due: Moment::sample(due, ago),
            href: format!("/lots/{lot}/runs/new?assay=sterility"),
        };
        let group = |heading: &str, overdue, row| Group { heading: heading.into(), overdue, rows: vec![row] };
        Self {
            frame: samples::frame("Calendar", "calendar", "/calendar"),
            days_ahead: 14,
            groups: vec![
                group("Overdue", true, row("AD-26-0004", "day 7", "2026-11-24 09:30", "2 days ago")),
                group(
                    "Today, 2026-11-26",
                    false,
                    row("AD-26-0005", "day 14, final", "2026-11-26 09:30", "4 hours ago"),
                ),
                group("2026-12-01", false, row("AD-26-0007", "day 7", "2026-12-01 10:00", "in 5 days")),
            ],
        }
    }

    /// Nothing incubates.
    pub fn sample_empty() -> Self {
        Self { groups: vec![], ..Self::sample() }
    }
}
