//! The register of certified batches.

use askama::Template;

use super::parts::{Field, Frame, Link, Moment};
use super::samples;

/// `GET /register`.
#[derive(Debug, Clone, Template)]
#[template(path = "register/show.html")]
pub struct RegisterPage {
    /// The frame.
    pub frame: Frame,
    /// From then on.
    pub from: Field,
    /// Before then.
    pub to: Field,
    /// Whether the numbers have gaps, in a sentence.
    pub statement: String,
    /// Whether they have none.
    pub gapless: bool,
    /// The certificates, oldest first.
    pub rows: Vec<RegisterRow>,
    /// Where the PDF is.
    pub pdf: String,
}

/// A certificate in the register.
#[derive(Debug, Clone)]
pub struct RegisterRow {
    /// Running number.
    pub ordinal: String,
    /// The certificate, with what it replaces.
    pub certificate: Link,
    /// The lot.
    pub lot: Link,
    /// Its product.
    pub product: String,
    /// When.
    pub certified_at: Moment,
    /// Who certified.
    pub by: String,
    /// User name, role, number in the register of qualified persons.
    pub by_note: String,
    /// The shape of its state.
    pub mark: &'static str,
    /// Its state in a word.
    pub state: String,
    /// Since when, why, by which.
    pub note: String,
}

impl RegisterPage {
    /// Two certificates, one of them revoked.
    pub fn sample() -> Self {
        let row = |ordinal: u32, lot: &str, mark: &'static str, state: &str, note: &str| RegisterRow {
            ordinal: ordinal.to_string(),
            certificate: Link::new(format!("RC-2026-{ordinal:06}"), format!("/certificates/RC-2026-{ordinal:06}")),
            lot: Link::new(lot, format!("/lots/{lot}")),
            product: "ADMSC-IV".into(),
            certified_at: Moment::sample("2026-11-26 12:02", ""),
            by: "Łukasz Nowak".into(),
            by_note: "lnowak, qp, register no. QP-0042".into(),
            mark,
            state: state.into(),
            note: note.into(),
        };
        let mut frame = samples::frame("Register of certified batches", "register", "/certificates");
        frame.crumbs = vec![Link::new("Certificates", "/certificates")];
        Self {
            frame,
            from: Field::of("2026-01-01T00:00"),
            to: Field::default(),
            statement: "The numbers 1 to 2 were counted: each was given once, none is missing.".into(),
            gapless: true,
            rows: vec![
                row(1, "AD-26-0003", "revoked", "revoked", "on 2026-11-28 09:00 +08:00: late failing result"),
                row(2, "AD-26-0007", "valid", "standing", ""),
            ],
            pdf: "/register.pdf".into(),
        }
    }

    /// A register with a gap, and a period in which nothing was certified.
    pub fn sample_gap() -> Self {
        let statement = "The numbers have gaps: 2 are missing.".into();
        let to = Field::of("2026-01-01T00:00").refused("to must be later than from.");
        Self { statement, gapless: false, rows: vec![], to, ..Self::sample() }
    }
}
