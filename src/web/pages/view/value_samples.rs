//! The pages about runs whose values are calculated, critical, or differ between two entries, and
//! of one that can be declared invalid.

use super::marks::Outcome;
use super::parts::{Choice, Field, FieldProblem, Unit, Value};
use super::runs::{
    Check, CheckForm, ControlRow, CorrectionRow, DiscrepancyBlock, RawField, RecordRunPage, ResolveForm, RunPage,
};
use super::samples;
use super::signing::{Input, Sort, StepForm};

impl RecordRunPage {
    /// A cell count, calculated from raw entries, with a numeric control.
    pub fn sample_calculated() -> Self {
        let mut page = Self::sample();
        page.frame.title = "Record cell count".into();
        page.assay = "cell-count".into();
        page.assay_name = "Cell count".into();
        page.guidance = vec!["Viability is calculated: live / (live + dead) × 100, counts summed.".into()];
        page.rows.truncate(1);
        let raw = |name: &str, label: &str, typed: &str| RawField {
            id: format!("value-VIABILITY-{name}"),
            name: format!("raw.VIABILITY.{name}"),
            label: label.into(),
            unit: Unit::default(),
            many: true,
            lines: false,
            field: Field::of(typed),
        };
        let row = &mut page.rows[0];
        (row.attribute, row.name, row.acceptance) = ("VIABILITY".into(), "Viability".into(), "NLT 80.0".into());
        row.raw = vec![raw("live", "Live cells counted", "142 143"), raw("dead", "Dead cells counted", "8 7")];
        row.outcome = Some(Outcome::Pass);
        row.because = "(142 + 143) / (142 + 143 + 8 + 7) × 100 = 95; 95 → 95.0; 95.0 ≥ 80.0 · +15.0".into();
        page.controls = vec![ControlRow {
            id: "control-bead-recovery".into(),
            name: "bead recovery".into(),
            label: "Bead recovery".into(),
            hint: "Must be 90 to 110 %; anything else makes the run invalid.".into(),
            choices: vec![],
            value: "98".into(),
            unit: "%".into(),
            problem: None,
        }];
        page
    }

    /// An STR profile, typed locus by locus.
    pub fn sample_profile() -> Self {
        let mut page = Self::sample_calculated();
        page.frame.title = "Record STR profile".into();
        (page.assay, page.assay_name) = ("str-profile".into(), "STR profile".into());
        let row = &mut page.rows[0];
        (row.attribute, row.name, row.acceptance) = ("STR".into(), "Identity with the donor".into(), "match".into());
        row.raw.truncate(1);
        (row.raw[0].id, row.raw[0].name) = ("value-STR-profile".into(), "profile.STR".into());
        (row.raw[0].label, row.raw[0].lines) = ("One locus per line: D5S818 11,12".into(), true);
        row.raw[0].field = Field::of("D5S818 11,12\nTH01 6,9.3");
        page
    }

    /// The same with entries that are no numbers.
    pub fn sample_calculated_refused() -> Self {
        let mut page = Self::sample_calculated();
        let problem = "Viability: Live cells counted: “14,3” is no number; use a point, not a comma.";
        let row = &mut page.rows[0];
        (row.outcome, row.because) = (None, String::new());
        row.raw[0].field = Field::of("142 14,3").refused(problem);
        page.frame.problems = vec![FieldProblem { field: "value-VIABILITY-live".into(), text: problem.into() }];
        page
    }
}

impl RunPage {
    /// A run whose critical value the reader types again, and one whose entries differ.
    pub fn sample_blind() -> Self {
        let mut page = Self::sample();
        let row = |prefix: &str| CorrectionRow {
            attribute: "PURITY".into(),
            id: format!("{prefix}-PURITY"),
            name: "Purity".into(),
            unit: "%".into(),
            unit_code: "%".into(),
            ..CorrectionRow::default()
        };
        page.readings[9].typed = Value::Words("typed again at verification".into());
        (page.readings[9].reported, page.readings[9].outcome) = (Value::None, Outcome::Unverified);
        page.check = Check::Open(CheckForm {
            content_hash: samples::OTHER_HASH.into(),
            again: vec![row("again")],
            ..CheckForm::default()
        });
        page.flags = vec!["instrument FC-02 (cytometer) was out of calibration on 2026-11-26 10:05 +08:00".into()];
        page.discrepancies = vec![DiscrepancyBlock {
            name: "Purity".into(),
            entries: "First entry 96.45; Mei Lin typed 94.65 on 2026-11-26 11:52 +08:00.".into(),
            said: vec!["Mei Lin, 2026-11-26 12:10 +08:00: 96.45. Digits exchanged while typing.".into()],
            form: Some(ResolveForm {
                row: row("resolve"),
                reason_id: "resolve-reason-PURITY".into(),
                ..ResolveForm::default()
            }),
            ..DiscrepancyBlock::default()
        }];
        page
    }
}

impl RunPage {
    /// A sterility run that QA can declare invalid.
    pub fn sample_invalidation() -> Self {
        let ground = |value: &str, label: &str| Choice { value: value.into(), label: label.into(), chosen: false };
        let input = |name: &str, label: &str, sort, choices| Input {
            name: name.into(),
            id: format!("invalidation-{name}"),
            label: label.into(),
            sort,
            choices,
            ..Input::default()
        };
        let grounds = vec![
            ground("facility_monitoring", "the microbiological monitoring of the test facility shows a fault"),
            ground("procedure_fault", "the review of the test procedure reveals a fault"),
        ];
        let form = StepForm {
            id: "invalidation".into(),
            title: "Declare the run invalid".into(),
            action: "/runs/17/invalidation".into(),
            inputs: vec![
                input("ground", "Ground", Sort::Radio, grounds),
                input("reason", "Reason", Sort::Line, vec![]),
            ],
            signed: true,
            button: "Sign: the run is invalid".into(),
            ..StepForm::default()
        };
        Self { invalidation: Some(form), invalidation_open: true, ..Self::sample_verified() }
    }
}
