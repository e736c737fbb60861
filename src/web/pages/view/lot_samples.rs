//! The lot page in every situation a lot can be in.

use super::ledger::{LedgerFact, sample_facts};
use super::lot::{
    Blocker, Certified, CriterionRow, Decision, LotPage, RejectForm, ReleaseForm, RunRow, Section, Superseded,
};
use super::marks::{Outcome, Status};
use super::parts::{Choice, Fact, FieldProblem, Link, Message, Moment, Tone, Value};
use super::samples;

/// Name, method, acceptance, unit, value as typed, value as reported, run.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, u32);

const SECTIONS: &[(&str, &[Row])] = &[
    (
        "Production",
        &[
            ("Passage", "batch record", "NMT 5", "", "4", "4", 16),
            ("Appearance", "visual", "Complies", "", "Complies", "Complies", 20),
            ("Viability", "AO/DAPI image", "NLT 80.0", "%", "91.25", "91.3", 19),
            ("Viable cells per container", "count after filtration", "NLT 30.0", "×10⁶", "32.4", "32.4", 19),
        ],
    ),
    (
        "Identity",
        &[
            ("CD105-positive", "flow cytometry", "NLT 95.0", "%", "98.7", "98.7", 17),
            ("CD73-positive", "flow cytometry", "NLT 95.0", "%", "99.2", "99.2", 17),
            ("CD90-positive", "flow cytometry", "NLT 95.0", "%", "98.4", "98.4", 17),
            ("CD44-positive", "flow cytometry", "NLT 95.0", "%", "97.7", "97.7", 17),
            ("CD34-positive", "flow cytometry", "NMT 2.0", "%", "0.35", "0.4", 17),
            ("CD45-positive", "flow cytometry", "NMT 2.0", "%", "0.2", "0.2", 17),
            ("CD11b-positive", "flow cytometry", "NMT 2.0", "%", "0.1", "0.1", 17),
            ("CD19-positive", "flow cytometry", "NMT 2.0", "%", "0.1", "0.1", 17),
            ("HLA-DR-positive", "flow cytometry", "NMT 2.0", "%", "0.64", "0.6", 17),
            ("Adipogenic", "Oil Red O", "Positive", "", "Positive", "Positive", 18),
            ("Osteogenic", "Alizarin Red", "Positive", "", "Positive", "Positive", 18),
            ("Chondrogenic", "Alcian Blue", "Positive", "", "Positive", "Positive", 18),
        ],
    ),
    ("Purity", &[("Purity", "flow cytometry", "> 96.0", "%", "96.45", "96.5", 17)]),
    (
        "Safety",
        &[
            ("Sterility, aerobic", "USP <71>", "No growth, 14 d", "", "No growth", "No growth", 21),
            ("Sterility, anaerobic", "USP <71>", "No growth, 14 d", "", "No growth", "No growth", 21),
            ("Mycoplasma", "NAT", "Not detected", "", "Not detected", "Not detected", 24),
            ("Endotoxin", "kinetic chromogenic", "NMT 0.50", "EU/mL", "<0.05", "<0.05", 25),
        ],
    ),
];

fn because(outcome: Outcome, acceptance: &str, typed: &str, reported: &str) -> String {
    match outcome {
        Outcome::Pass if typed != reported => format!("{typed} → {reported}, {acceptance}"),
        _ => String::new(),
    }
}

fn sections() -> Vec<Section> {
    let row = |&(name, method, acceptance, unit, typed, reported, run): &Row| CriterionRow {
        alert: String::new(),
        name: name.into(),
        method: method.into(),
        acceptance: acceptance.into(),
        unit: unit.into(),
        typed: typed.into(),
        reported: reported.into(),
        outcome: Outcome::Pass,
        because: because(Outcome::Pass, acceptance, typed, reported),
        earliest: None,
        run: Some(Link::new(format!("#{run}"), format!("/runs/{run}")).with_note("verified, M. Lin")),
        inherited: None,
        superseded: vec![],
    };
    SECTIONS
        .iter()
        .map(|(name, rows)| Section { name: (*name).into(), criteria: rows.iter().map(row).collect() })
        .collect()
}

fn runs() -> Vec<RunRow> {
    let row = |number: u32, assay: &str, holds: &str, tested: &str| RunRow {
        link: Link::new(format!("#{number}"), format!("/runs/{number}")),
        assay: assay.into(),
        holds: holds.into(),
        entered_by: "Anna Wu".into(),
        tested_at: Moment::sample(tested, ""),
        state: Outcome::Pass,
        state_text: "verified by Mei Lin".into(),
        may_verify: false,
    };
    vec![
        row(25, "Endotoxin", "1 value", "2026-11-26 11:05"),
        row(24, "Mycoplasma", "1 value", "2026-11-26 10:50"),
        row(21, "Sterility", "2 readings", "2026-11-26 09:31"),
        row(20, "Appearance", "1 reading", "2026-11-26 09:02"),
        row(19, "Cell count", "2 values", "2026-11-26 08:40"),
        row(18, "Differentiation", "3 readings, control", "2026-11-24 16:00"),
        row(17, "Flow cytometry", "10 values", "2026-11-26 10:05"),
        row(16, "Batch record", "1 value", "2026-11-16 20:10"),
    ]
}

fn entries() -> Vec<Link> {
    [
        "Batch record",
        "Cell count",
        "Flow cytometry",
        "Differentiation",
        "Sterility",
        "Mycoplasma",
        "Endotoxin",
        "Appearance",
    ]
    .iter()
    .map(|assay| {
        let code = assay.to_lowercase().replace(' ', "-");
        Link::new(*assay, format!("/lots/AD-26-0007/runs/new?assay={code}"))
    })
    .collect()
}

fn certified() -> Certified {
    Certified {
        number: "RC-2026-000001".into(),
        signature: samples::signature("Released for use: all results reviewed, specification met"),
        verify_url: "https://lots.example.org/verify/RC-2026-000001".into(),
        record_sha256: samples::HASH.into(),
        pdf_sha256: samples::OTHER_HASH.into(),
        ledger: Link::new("413", "/ledger?lot=AD-26-0007#f413"),
    }
}

impl LotPage {
    /// A lot on the long route whose approval fell.
    pub fn sample_course() -> Self {
        Self { course: Some(super::course::CourseBox::sample()), ..Self::sample_ready_for_others() }
    }

    /// A lot whose dose is planned, with a run on an instrument out of calibration.
    pub fn sample_dose() -> Self {
        let mut page = Self::sample_released();
        let flag = Link::new("Run #19", "/runs/19");
        page.equipment_flags =
            vec![flag.with_note("instrument NC-01 (cell counter) had no valid calibration on 2026-11-26")];
        page.dose = Some(super::dose::DosePanel::sample());
        page
    }

    /// A dose asked for with a weight that is none.
    pub fn sample_dose_refused() -> Self {
        let mut page = Self::sample_released();
        let panel = super::dose::DosePanel::sample_refused();
        let text = panel.weight.problem.clone().unwrap_or_default();
        page.frame.problems = vec![super::parts::FieldProblem { field: "weight_kg".into(), text }];
        page.dose = Some(panel);
        page
    }

    /// A lot in the middle of testing, with a failure, a pending sterility and an unverified run.
    pub fn sample() -> Self {
        let mut page = Self::sample_ready();
        page.status = Status::Testing;
        page.standing = "Not releasable: 4 reasons".into();
        let mut edit = |section: usize, row: usize, outcome, because: &str| {
            let criterion = &mut page.sections[section].criteria[row];
            criterion.outcome = outcome;
            criterion.because = because.into();
        };
        edit(0, 2, Outcome::Unverified, "91.25 → 91.3, NLT 80.0 would pass");
        edit(0, 3, Outcome::Unverified, "NLT 30.0 would pass");
        edit(2, 0, Outcome::Fail, "96.04 → 96.0, not > 96.0");
        edit(3, 0, Outcome::Pending, "day 9 of 14");
        edit(3, 1, Outcome::Pending, "day 9 of 14");
        edit(3, 3, Outcome::Missing, "nothing recorded yet");
        let purity = &mut page.sections[2].criteria[0];
        (purity.typed, purity.reported) = ("96.04".into(), "96.0".into());
        let cd105 = &mut page.sections[1].criteria[0];
        cd105.superseded = vec![Superseded {
            value: "97.8 %".into(),
            reason: "digits read from the wrong gate, FCS file 20261126-03".into(),
            run: Link::new("#17", "/runs/17"),
        }];
        for row in [0, 1] {
            let sterility = &mut page.sections[3].criteria[row];
            (sterility.typed, sterility.reported) = ("No growth to date".into(), Value::None);
            sterility.earliest = Some(Moment::sample("2026-12-01 09:30", "in 5 days"));
        }
        let endotoxin = &mut page.sections[3].criteria[3];
        (endotoxin.typed, endotoxin.reported, endotoxin.run) = (Value::None, Value::None, None);
        for row in [2, 3] {
            page.sections[0].criteria[row].run = Some(Link::new("#19", "/runs/19").with_note("not verified"));
        }
        page.runs.remove(0);
        page.runs[3].state = Outcome::Unverified;
        page.runs[3].state_text = "waits for a second person".into();
        page.runs[3].may_verify = true;
        page.decision = Decision::Blocked {
            blockers: blockers(),
            why: "Release is off while anything above is open.".into(),
            reject: Some(RejectForm::default()),
        };
        page
    }

    /// A lot nothing blocks, seen by the QA officer who may sign.
    pub fn sample_ready() -> Self {
        let mut frame = samples::frame("AD-26-0007", "lot", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots")];
        let meanings = vec![
            Choice::of("Released for use: all results reviewed, specification met", false),
            Choice::of("Released for clinical trial use: all results reviewed, specification met", false),
        ];
        Self {
            flags: vec![],
            dose: None,
            frame,
            lot: "AD-26-0007".into(),
            noun: "lot",
            status: Status::Ready,
            equipment_flags: vec![],
            made: vec![],
            standing: "Ready: all 21 criteria pass".into(),
            facts: vec![
                Fact::new("Product", "ADMSC-IV"),
                Fact::new("Specification", "version 1").linked("/specifications/ADMSC-IV/1").with_note("EXAMPLE"),
                Fact::new("Donor", "D-0031"),
                Fact::new("Passage", "P4"),
                Fact::new("Containers", "6"),
                Fact::new("Manufactured", "2026-11-16 20:10 +08:00"),
                Fact::new("Expires", "2026-12-20 20:10 +08:00").with_note("in 24 days"),
            ],
            sections: sections(),
            entries: entries(),
            runs: runs(),
            investigations: vec![
                Link::new("OOS-2026-0001", "/investigations/OOS-2026-0001")
                    .with_note("Endotoxin 0.9 (run #12), result invalidated"),
            ],
            deviations: vec![
                Link::new("DEV-2026-0001", "/deviations/DEV-2026-0001").with_note("deviation, closed: Medium change"),
            ],
            open_deviation: Some(Link::new("Open a deviation or hold", "/deviations/new?lot=AD-26-0007")),
            course: None,
            decision: Decision::Ready {
                summary: "all 21 criteria pass".into(),
                signed: vec![
                    Fact::new("Lot", "AD-26-0007, ADMSC-IV, donor D-0031, P4, 6 containers"),
                    Fact::new("Specification", "ADMSC-IV version 1, 21 required criteria"),
                    Fact::new("Results", "21 of 21 pass, from 8 runs, all verified by a second person"),
                    Fact::new("Changed after first entry", "1: CD105 97.8 % → 98.7 %"),
                ],
                dossier_sha256: samples::HASH.into(),
                release: Some(ReleaseForm { meanings, idempotency_key: "f2b1".into(), ..ReleaseForm::default() }),
                why: String::new(),
                reject: Some(RejectForm::default()),
            },
            history: sample_facts().into_iter().map(|fact| LedgerFact { about: Link::default(), ..fact }).collect(),
            history_all: "/ledger?lot=AD-26-0007".into(),
            ways: vec![Link::new("Containers", "/lots/AD-26-0007/containers")],
        }
    }

    /// A ready lot seen by somebody who entered one of its results.
    pub fn sample_ready_for_others() -> Self {
        let mut page = Self::sample_ready();
        if let Decision::Ready { release, why, reject, .. } = &mut page.decision {
            (*release, *reject) = (None, None);
            *why = "You verified run #17 on this lot, so somebody else with the qa role signs its release.".into();
        }
        page
    }

    /// A signature with the wrong password.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample_ready();
        let text = "The password is not the one of mlin. Nothing was signed. Type it again.";
        page.frame.problems = vec![FieldProblem { field: "release-password".into(), text: text.into() }];
        if let Decision::Ready { release: Some(form), .. } = &mut page.decision {
            form.password_problem = Some(text.into());
            form.meanings[0].chosen = true;
        }
        page
    }

    /// A released lot with its certificate.
    pub fn sample_released() -> Self {
        let mut page = Self::sample_ready();
        page.status = Status::Released;
        page.standing = "Released with certificate RC-2026-000001".into();
        page.entries.clear();
        page.frame.message =
            Some(Message::new(Tone::Done, "Signed. Lot AD-26-0007 is released; certificate RC-2026-000001 is issued."));
        page.decision = Decision::Released(certified());
        page
    }

    /// A rejected lot, seen by somebody whose own attempt came second.
    pub fn sample_rejected() -> Self {
        let mut page = Self::sample();
        page.status = Status::Rejected;
        page.standing = "Rejected on 2026-11-26 14:05 +08:00".into();
        page.entries.clear();
        page.frame.message = Some(Message {
            tone: Tone::Changed,
            text: "Nothing was signed: somebody else decided first. What changed since you opened the page:".into(),
            lines: vec!["Łukasz Nowak rejected the lot, 2026-11-26 14:05 +08:00 (fact 414).".into()],
        });
        page.decision = Decision::Rejected {
            signature: samples::signature("Rejected: not to be used"),
            reason: "Purity 96.04 % reports as 96.0 %, required > 96.0 %. Confirmed on the repeat gate.".into(),
            ledger: Link::new("414", "/ledger?lot=AD-26-0007#f414"),
        };
        page
    }

    /// A lot that expired before anybody decided.
    pub fn sample_expired() -> Self {
        let mut page = Self::sample();
        page.status = Status::Expired;
        page.standing = "Expired without a decision".into();
        page.entries.clear();
        page.decision = Decision::Expired { at: Moment::sample("2026-11-20 12:00", "6 days ago"), reject: None };
        page
    }

    /// A lot that was revoked after step 1.
    pub fn sample_ended() -> Self {
        let mut page = Self::sample();
        page.status = Status::Revoked;
        page.standing = "Withdrawn: do not use".into();
        page.entries.clear();
        page.decision = Decision::Ended {
            mark: "revoked",
            title: "Withdrawn after step 1: do not use".into(),
            reason: "Sterility “Growth” of run #21 fails".into(),
            more: Link::new("Recall", "/lots/AD-26-0007/recall"),
        };
        page
    }

    /// A lot that was just registered.
    pub fn sample_new() -> Self {
        let mut page = Self::sample();
        page.standing = "Not releasable: 21 reasons".into();
        for criterion in page.sections.iter_mut().flat_map(|section| &mut section.criteria) {
            (criterion.typed, criterion.reported, criterion.run) = (Value::None, Value::None, None);
            (criterion.outcome, criterion.because, criterion.earliest) = (Outcome::Missing, String::new(), None);
            criterion.superseded.clear();
        }
        page.runs.clear();
        page.history.drain(..page.history.len() - 1);
        page
    }
}

pub(super) fn blockers() -> Vec<Blocker> {
    let blocker = |outcome, sentence: &str, who: &str, href: &str| Blocker {
        outcome,
        sentence: sentence.into(),
        who: who.into(),
        earliest: None,
        href: href.into(),
    };
    let mut all = vec![
        blocker(Outcome::Fail, "Purity fails: 96.04 → 96.0, required > 96.0", "QA: investigate", "/runs/17"),
        blocker(
            Outcome::Pending,
            "Sterility, aerobic is still incubating and can be read on 2026-12-01 09:30 +08:00.",
            "an analyst: read it then",
            "",
        ),
        blocker(
            Outcome::Unverified,
            "Run #19 (viability, viable cells) is not verified",
            "anyone but Anna Wu",
            "/runs/19",
        ),
        blocker(Outcome::Missing, "Endotoxin is not recorded", "lab", "/lots/AD-26-0007/runs/new?assay=endotoxin"),
    ];
    all[1].earliest = Some(Moment::sample("2026-12-01 09:30", "in 5 days"));
    all
}
