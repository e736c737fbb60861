//! The pages about runs in every situation.

use super::evidence::EvidenceRow;
use super::marks::{Outcome, Signature};
use super::parts::{Choice, Fact, Field, FieldProblem, Link, Moment, Unit};
use super::runs::{
    Check, CheckForm, ControlRow, CorrectionForm, CorrectionRow, EntryRow, Former, Question, ReadingRow, RecordRunPage,
    ReviewPage, ReviewRow, RunPage, StartField,
};
use super::samples;

/// Code, name, acceptance, value.
const PANEL: &[(&str, &str, &str, &str)] = &[
    ("CD105", "CD105-positive", "NLT 95.0", "98.7"),
    ("CD73", "CD73-positive", "NLT 95.0", "99.2"),
    ("CD90", "CD90-positive", "NLT 95.0", "98.4"),
    ("CD44", "CD44-positive", "NLT 95.0", "97.7"),
    ("CD34", "CD34-positive", "NMT 2.0", "0.35"),
    ("CD45", "CD45-positive", "NMT 2.0", "0.2"),
    ("CD11B", "CD11b-positive", "NMT 2.0", "0.1"),
    ("CD19", "CD19-positive", "NMT 2.0", "0.1"),
    ("HLA_DR", "HLA-DR-positive", "NMT 2.0", "0.64"),
    ("PURITY", "Purity", "> 96.0", "96.45"),
];

fn choices(values: &[&str], chosen: &str) -> Vec<Choice> {
    values.iter().map(|value| Choice::of(*value, *value == chosen)).collect()
}

impl RecordRunPage {
    /// An empty flow panel.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Record flow cytometry", "record-run", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0007", "/lots/AD-26-0007")];
        let row = |&(attribute, name, acceptance, _): &(&str, &str, &str, &str)| EntryRow {
            attribute: attribute.into(),
            name: name.into(),
            acceptance: acceptance.into(),
            unit: "%".into(),
            unit_code: "%".into(),
            choices: vec![],
            ..EntryRow::default()
        };
        Self {
            frame,
            lot: "AD-26-0007".into(),
            place: "/lots/AD-26-0007".into(),
            lot_line: "ADMSC-IV, specification version 1 · donor D-0031 · P4".into(),
            assay: "flow-cytometry".into(),
            assay_name: "Flow cytometry".into(),
            action: "/lots/AD-26-0007/runs?assay=flow-cytometry".into(),
            preview: "/lots/AD-26-0007/runs/preview".into(),
            guidance: vec![
                "Purity is the share of viable singlets that are CD105+ CD73+ CD90+ CD44+ and lineage-negative. It cannot exceed the lowest positive marker.".into(),
            ],
            rows: PANEL.iter().map(row).collect(),
            controls: vec![],
            method: Field::of("Flow cytometry, viable singlets, FMO gates"),
            instrument: Field::default(),
            instruments: vec!["FC-02".into()],
            reagents: Field::default(),
            reagent_codes: vec!["R-0117".into()],
            started_at: None,
            tested_at: Field::of("2026-11-26T14:05"),
            comment: Field::default(),
            evidence: vec![],
            evidence_hint: "PDF, PNG, JPEG, CSV, FCS; at most 25 MB each.".into(),
            evidence_problem: None,
            questions: vec![],
            revokes: false,
            asked: String::new(),
            idempotency_key: "51c8".into(),
        }
    }

    /// A panel that came back with problems and verdicts.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        for (row, (_, _, acceptance, value)) in page.rows.iter_mut().zip(PANEL) {
            row.field = Field::of(*value);
            row.outcome = Some(Outcome::Pass);
            row.because = format!("{} meets {acceptance}", value);
        }
        let problem = "CD73 must be a number such as 98.7. You typed 99,2: use a point, not a comma.";
        page.rows[1].field = Field::of("99,2").refused(problem);
        page.rows[1].evidence = true;
        page.evidence = vec![evidence()];
        page.evidence_problem = Some("plate.xls: The file’s content is of no type that is kept as evidence.".into());
        (page.rows[1].outcome, page.rows[1].because) = (None, String::new());
        page.rows[9].field = Field::of("96.04");
        (page.rows[9].outcome, page.rows[9].because) = (Some(Outcome::Fail), "96.04 → 96.0, not > 96.0".into());
        page.rows[0].recorded = "97.8 % in run #17".into();
        let instrument = "Instrument is too long: at most 2000 characters.";
        page.instrument = Field::default().refused(instrument);
        page.frame.problems = vec![
            FieldProblem { field: "value-CD73".into(), text: problem.into() },
            FieldProblem { field: "instrument".into(), text: instrument.into() },
        ];
        page
    }

    /// A panel that asks for a second look.
    pub fn sample_questions() -> Self {
        let mut page = Self::sample_refused();
        page.frame.problems.clear();
        page.rows[1].field = Field::of("99.2");
        page.rows[0].field = Field::of("95.0");
        page.instrument = Field::of("FACSLyric-02");
        page.questions = vec![
            Question { field: "value-CD105".into(), text: "CD105 95.0 % is exactly at its limit, NLT 95.0 %. Is it what the raw data say?".into() },
            Question { field: "value-PURITY".into(), text: "Purity 96.04 % reports as 96.0 % and fails > 96.0 %. Saving it puts the lot on hold. Is it what the raw data say?".into() },
        ];
        page.asked = "CD105=95.0;PURITY=96.04".into();
        page
    }

    /// A sterility reading with its incubation.
    pub fn sample_sterility() -> Self {
        let mut page = Self::sample();
        page.frame.title = "Record sterility".into();
        page.assay = "sterility".into();
        page.assay_name = "Sterility".into();
        page.guidance = vec!["A final “No growth” can be read from 2026-12-01 09:30 +08:00 on. Until then record “No growth to date”; “Growth” at any time.".into()];
        page.rows.truncate(2);
        for (row, (code, name)) in page
            .rows
            .iter_mut()
            .zip([("STERILITY_AEROBIC", "Sterility, aerobic"), ("STERILITY_ANAEROBIC", "Sterility, anaerobic")])
        {
            row.attribute = code.into();
            row.name = name.into();
            row.acceptance = "No growth, 14 d".into();
            (row.unit, row.unit_code) = (Unit::default(), String::new());
            row.choices = choices(&["No growth to date", "No growth", "Growth"], "No growth to date");
            row.field = Field::of("No growth to date");
            (row.outcome, row.because) = (Some(Outcome::Pending), "until 2026-12-01 09:30 +08:00".into());
        }
        page.method = Field::of("USP <71>, direct inoculation");
        page.instrument = Field::of("Incubators INC-04 (22.5 °C), INC-05 (32.5 °C)");
        page.started_at =
            Some(StartField { field: Field::of("2026-11-17T09:30"), hint: "as recorded in run #21".into() });
        page
    }

    /// A differentiation run with its control.
    pub fn sample_differentiation() -> Self {
        let mut page = Self::sample();
        page.frame.title = "Record differentiation".into();
        page.assay = "differentiation".into();
        page.assay_name = "Differentiation".into();
        page.guidance.clear();
        page.rows.truncate(3);
        let names = [
            ("ADIPOGENIC", "Adipogenic, Oil Red O"),
            ("OSTEOGENIC", "Osteogenic, Alizarin Red"),
            ("CHONDROGENIC", "Chondrogenic, Alcian Blue"),
        ];
        for (row, (code, name)) in page.rows.iter_mut().zip(names) {
            row.attribute = code.into();
            row.name = name.into();
            row.acceptance = "Positive".into();
            (row.unit, row.unit_code) = (Unit::default(), String::new());
            row.choices = choices(&["Positive", "Negative"], "");
        }
        page.controls = vec![ControlRow {
            name: "uninduced".into(),
            label: "Uninduced control".into(),
            hint: "A stained control makes the run invalid: neither a pass nor a fail.".into(),
            id: "control-uninduced".into(),
            value: String::new(),
            unit: Unit::default(),
            choices: choices(&["Negative", "Positive"], ""),
            problem: None,
        }];
        page.method = Field::of("Induction 21 d, staining");
        page
    }
}

fn readings() -> Vec<ReadingRow> {
    let row = |&(_, name, acceptance, value): &(&str, &str, &str, &str)| ReadingRow {
        name: name.into(),
        acceptance: acceptance.into(),
        unit: "%".into(),
        typed: value.into(),
        reported: match value {
            "0.35" => "0.4".into(),
            "0.64" => "0.6".into(),
            "96.45" => "96.5".into(),
            other => other.into(),
        },
        outcome: Outcome::Pass,
        because: String::new(),
        raw: vec![],
        alert: String::new(),
        superseded: vec![],
    };
    PANEL.iter().map(row).collect()
}

/// An evidence file.
fn evidence() -> EvidenceRow {
    EvidenceRow {
        sha256: samples::HASH.into(),
        name: "AD-26-0007_panel_20261126-03.fcs".into(),
        media_type: "FCS".into(),
        size: "4.2 MB".into(),
        href: format!("/files/{}", samples::HASH),
        kept: true,
    }
}

impl RunPage {
    /// A run the reader can check.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Run #17", "run", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0007", "/lots/AD-26-0007")];
        let mut readings = readings();
        readings[0].superseded = vec![Former {
            value: "97.8 %".into(),
            reason: "Anna Wu, 2026-11-26 11:40 +08:00: digits read from the wrong gate, FCS file 20261126-03".into(),
        }];
        Self {
            frame,
            run: "17".into(),
            noun: "lot",
            lot: Link::new("AD-26-0007", "/lots/AD-26-0007"),
            assay_name: "Flow cytometry".into(),
            state: Outcome::Unverified,
            state_text: "waits for a second person".into(),
            facts: vec![
                Fact::new("Entered by", "Anna Wu").with_note("analyst"),
                Fact::new("Entered", "2026-11-26 10:12 +08:00"),
                Fact::new("Tested", "2026-11-26 10:05 +08:00"),
                Fact::new("Method", "Flow cytometry, viable singlets, FMO gates"),
                Fact::new("Instrument", "FACSLyric-02"),
                Fact::new("Comment", "10 412 viable singlets acquired"),
            ],
            controls: vec![],
            readings,
            evidence: vec![evidence()],
            flags: vec![],
            discrepancies: vec![],
            check: Check::Open(CheckForm { content_hash: samples::OTHER_HASH.into(), ..CheckForm::default() }),
            correction: None,
            correction_closed: String::new(),
            invalidation: None,
            invalidation_open: false,
            invalidation_closed: String::new(),
            history: "/ledger?lot=AD-26-0007".into(),
        }
    }

    /// The same run seen by the person who entered it, with the correction open.
    pub fn sample_own() -> Self {
        let mut page = Self::sample();
        page.check = Check::Closed("You entered this run, so somebody else checks it against its raw data.".into());
        let row = |&(attribute, name, _, value): &(&str, &str, &str, &str)| CorrectionRow {
            attribute: attribute.into(),
            id: format!("value-{attribute}"),
            name: name.into(),
            now: value.into(),
            unit: "%".into(),
            unit_code: "%".into(),
            ..CorrectionRow::default()
        };
        let reason = "Say why the value changes, such as a misread gate. An inspector reads this.";
        let mut form = CorrectionForm {
            rows: PANEL.iter().map(row).collect(),
            reason: Field::default().refused(reason),
            ..CorrectionForm::default()
        };
        form.rows[3].field = Field::of("97.9");
        page.correction = Some(form);
        page.frame.problems = vec![FieldProblem { field: "reason".into(), text: reason.into() }];
        page
    }

    /// A correction that revokes the release of its lot, before it is confirmed.
    pub fn sample_late() -> Self {
        let mut page = Self::sample_own();
        page.frame.problems.clear();
        if let Some(form) = page.correction.as_mut() {
            form.reason = Field::of("Wrong gate template");
            form.late = "RC-2026-000003 stands. Only a correction that makes a result fail is still recorded.".into();
            form.confirm =
                "This result fails: CD90 “61.0”. Recording it revokes RC-2026-000003 of lot AD-26-0003 at once \
                            and for good."
                    .into();
            form.asked = "CD90=61.0".into();
        }
        page
    }

    /// A verified run.
    pub fn sample_verified() -> Self {
        let mut page = Self::sample();
        page.state = Outcome::Pass;
        page.state_text = "verified by Mei Lin".into();
        page.check = Check::Done(Signature {
            meaning: "Checked against the raw data".into(),
            full_name: "Mei Lin".into(),
            username: "mlin".into(),
            role: "analyst".into(),
            at: Moment::sample("2026-11-26 11:52", "2 hours ago"),
        });
        page.correction_closed =
            "A verified run is not corrected any more. Record a further run; both stay to be seen.".into();
        page
    }

    /// A run whose control was stained.
    pub fn sample_invalid() -> Self {
        let mut page = Self::sample_verified();
        page.assay_name = "Differentiation".into();
        page.state = Outcome::Invalid;
        page.state_text = "the uninduced control is stained".into();
        page.controls = vec![Fact::new("Uninduced control", "Positive").with_note("must be Negative")];
        page.readings.truncate(1);
        let reading = &mut page.readings[0];
        reading.name = "Adipogenic, Oil Red O".into();
        reading.acceptance = "Positive".into();
        (reading.typed, reading.reported, reading.unit) = ("Positive".into(), Default::default(), Unit::default());
        (reading.outcome, reading.because) = (Outcome::Invalid, "does not count: the control failed".into());
        reading.superseded.clear();
        page
    }
}

impl ReviewPage {
    /// Runs of the reader and of others.
    pub fn sample() -> Self {
        let row =
            |run: u32, lot: &str, assay: &str, outcome, holds: &str, by: &str, at: &str, ago: &str, not_you: &str| {
                ReviewRow {
                    run: Link::new(format!("#{run}"), format!("/runs/{run}")),
                    lot: Link::new(lot, format!("/lots/{lot}")),
                    assay: assay.into(),
                    outcome,
                    holds: holds.into(),
                    entered_by: by.into(),
                    entered_at: Moment::sample(at, ago),
                    not_you: not_you.into(),
                }
            };
        Self {
            frame: samples::frame("Review", "review", "/review"),
            rows: vec![
                row(
                    19,
                    "AD-26-0007",
                    "Cell count",
                    Outcome::Pass,
                    "2 values, both would pass",
                    "Anna Wu",
                    "2026-11-26 08:44",
                    "5 hours ago",
                    "",
                ),
                row(
                    22,
                    "AD-26-0008",
                    "Flow cytometry",
                    Outcome::Fail,
                    "10 values, 1 would fail: CD44 94.9 %",
                    "Anna Wu",
                    "2026-11-26 13:25",
                    "40 minutes ago",
                    "",
                ),
                row(
                    23,
                    "AD-26-0008",
                    "Endotoxin",
                    Outcome::Indeterminate,
                    "1 value, indeterminate: <0.60 against NMT 0.50 EU/mL",
                    "Mei Lin",
                    "2026-11-26 13:53",
                    "12 minutes ago",
                    "needs somebody else: you entered it",
                ),
            ],
            may_verify: true,
            investigations: vec![
                Link::new("OOS-2026-0002", "/investigations/OOS-2026-0002").with_note("AD-26-0008: QA closes it"),
            ],
            deviations: vec![Link::new("DEV-2026-0002", "/deviations/DEV-2026-0002").with_note("AD-26-0007, hold")],
        }
    }

    /// Nothing waits.
    pub fn sample_empty() -> Self {
        Self { rows: vec![], ..Self::sample() }
    }
}
