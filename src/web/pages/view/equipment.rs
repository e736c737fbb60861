//! What runs are made with: instruments with their calibration, reagents with their expiry, and what
//! the site does with unfit ones.

use askama::Template;

use super::parts::{Frame, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /equipment`.
#[derive(Debug, Clone, Template)]
#[template(path = "equipment/show.html")]
pub struct EquipmentPage {
    /// The frame.
    pub frame: Frame,
    /// The instruments in the order of their codes.
    pub instruments: Vec<Row>,
    /// The reagents and kits in the order of their codes.
    pub reagents: Vec<Row>,
    /// What the site does with a run on unfit equipment, a sentence each.
    pub policy: Vec<String>,
    /// What the reader may change, each folded until it is wanted.
    pub forms: Vec<Fold>,
}

/// An instrument, or a reagent.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its code.
    pub code: String,
    /// What it is.
    pub name: String,
    /// The calibration certificate, or the supplier's lot.
    pub reference: String,
    /// Whether it is fit for use now.
    pub fit: bool,
    /// `calibrated`, `expired`.
    pub state: String,
    /// Until when it is or was fit; none for what was never calibrated.
    pub until: Option<Moment>,
}

/// A form that is folded.
#[derive(Debug, Clone)]
pub struct Fold {
    /// The form.
    pub form: StepForm,
    /// Whether it comes back from a refusal and must be seen.
    pub open: bool,
}

impl EquipmentPage {
    /// One of each sort, and a form.
    pub fn sample() -> Self {
        let row = |code: &str, name: &str, reference: &str, fit, state: &str, until: Option<(&str, &str)>| Row {
            code: code.into(),
            name: name.into(),
            reference: reference.into(),
            fit,
            state: state.into(),
            until: until.map(|(at, relative)| Moment::sample(at, relative)),
        };
        let input = |name: &str, label: &str, sort| Input {
            name: name.into(),
            id: format!("calibration-{name}"),
            label: label.into(),
            sort,
            ..Input::default()
        };
        let form = StepForm {
            id: "calibration".into(),
            title: "Record a calibration".into(),
            action: "/equipment/calibrations".into(),
            inputs: vec![
                input("code", "Instrument", Sort::Select),
                input("valid_from", "Valid from", Sort::Moment),
                input("valid_until", "Valid until", Sort::Moment),
                input("reference", "Calibration certificate", Sort::Line),
            ],
            button: "Record the calibration".into(),
            ..StepForm::default()
        };
        Self {
            frame: samples::frame("Equipment", "equipment", ""),
            instruments: vec![
                row(
                    "FC-02",
                    "Flow cytometer",
                    "CAL-26-118",
                    true,
                    "calibrated",
                    Some(("2027-03-01 00:00", "in 94 days")),
                ),
                row(
                    "INC-01",
                    "Incubator, 22.5 °C",
                    "CAL-25-040",
                    false,
                    "out of calibration",
                    Some(("2026-11-01 00:00", "25 days ago")),
                ),
                row("PL-03", "Plate reader", "", false, "never calibrated", None),
            ],
            reagents: vec![
                row("R-0117", "CD105-PE", "B412207", true, "in date", Some(("2027-01-31 00:00", "in 65 days"))),
                row("R-0102", "LAL reagent", "EX-88", false, "expired", Some(("2026-11-20 00:00", "6 days ago"))),
            ],
            policy: vec![
                "A run on an instrument that was not calibrated on the day of the test is refused.".into(),
                "A run with a reagent that had expired on the day of the test is recorded and flagged.".into(),
            ],
            forms: vec![Fold { form, open: true }],
        }
    }

    /// Nothing is registered, and the reader changes nothing.
    pub fn sample_empty() -> Self {
        Self { instruments: vec![], reagents: vec![], forms: vec![], ..Self::sample() }
    }
}
