//! The lots of the demonstration: one in every situation a laboratory meets.
//!
//! Promises: every act goes through the verbs, in the order of its time, by the person who may.

use crate::clock::FixedClock;
use crate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::shipped;
use crate::workflow::correct_run::{CorrectionEntry, correct_run};
use crate::workflow::deviate::{DeviationEntry, open_deviation};
use crate::workflow::draft_specification::draft_specification;
use crate::workflow::permit::{DraftSpecification, Permit, RejectLot, ReleaseLot, Subject};
use crate::workflow::record_run::record_run;
use crate::workflow::register_lot::{LotEntry, register_lot};
use crate::workflow::reject_lot::reject_lot;
use crate::workflow::release_lot::release_lot;
use crate::workflow::verify_run::{VerificationEntry, verify_run};
use crate::workflow::{App, Error};

use super::demo::{ACCOUNTS, user};

/// How far back the story begins, in hours.
const STORY_HOURS: i64 = 26 * 24;

/// The moment at which the story begins.
pub(super) fn first_moment(now: Moment) -> Moment {
    now.plus_hours(-STORY_HOURS)
}

/// What happens to a lot.
enum Deed {
    Register {
        donor: &'static str,
        passage: &'static str,
        expires_in_hours: i64,
        containers: u32,
    },
    Record {
        assay: &'static str,
        readings: Vec<(&'static str, &'static str)>,
        started_hours_ago: Option<i64>,
        control: Option<&'static str>,
    },
    Correct {
        attribute: &'static str,
        value: &'static str,
        reason: &'static str,
    },
    Hold {
        description: &'static str,
        impact: &'static str,
    },
    VerifyAll,
    Release,
    Reject {
        reason: &'static str,
    },
}

/// A deed, so many hours before now.
struct Act {
    hours_ago: i64,
    lot: &'static str,
    deed: Deed,
}

const FLOW: &[(&str, &str)] = &[
    ("CD105", "98.7"),
    ("CD73", "99.1"),
    ("CD90", "99.6"),
    ("CD44", "98.9"),
    ("CD34", "0.4"),
    ("CD45", "0.3"),
    ("CD11B", "0.2"),
    ("CD19", "0.1"),
    ("HLA_DR", "0.6"),
    ("PURITY", "97.25"),
];

/// The runs of an ordinary good lot, from its making on, without sterility.
fn ordinary(lot: &'static str, made_hours_ago: i64, flow: &[(&'static str, &'static str)]) -> Vec<Act> {
    let plain = |assay, readings: &[(&'static str, &'static str)]| Deed::Record {
        assay,
        readings: readings.to_vec(),
        started_hours_ago: None,
        control: None,
    };
    let after = |hours: i64, deed| Act { hours_ago: made_hours_ago - hours, lot, deed };
    vec![
        after(2, plain("appearance", &[("APPEARANCE", "Complies")])),
        after(3, plain("cell-count", &[("VIABILITY", "92.4"), ("VIABLE_CELLS", "31.2")])),
        after(5, plain("flow-cytometry", flow)),
        after(6, plain("endotoxin", &[("ENDOTOXIN", "<0.05")])),
        after(26, plain("mycoplasma", &[("MYCOPLASMA", "Not detected")])),
        after(
            28,
            Deed::Record {
                assay: "differentiation",
                readings: vec![("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")],
                started_hours_ago: Some(22 * 24),
                control: Some("Negative"),
            },
        ),
    ]
}

fn sterility(lot: &'static str, hours_ago: i64, started_hours_ago: i64, word: &'static str) -> Act {
    let readings = vec![("STERILITY_AEROBIC", word), ("STERILITY_ANAEROBIC", word)];
    let started_hours_ago = Some(started_hours_ago - hours_ago);
    Act { hours_ago, lot, deed: Deed::Record { assay: "sterility", readings, started_hours_ago, control: None } }
}

fn register(
    lot: &'static str,
    hours_ago: i64,
    donor: &'static str,
    passage: &'static str,
    expires_in_hours: i64,
) -> Act {
    Act { hours_ago, lot, deed: Deed::Register { donor, passage, expires_in_hours, containers: 4 } }
}

fn act(lot: &'static str, hours_ago: i64, deed: Deed) -> Act {
    Act { hours_ago, lot, deed }
}

/// Everything that happened, in no particular order.
fn story() -> Vec<Act> {
    let day = 24;
    let mut acts = Vec::new();
    let mut add = |more: Vec<Act>| acts.extend(more);
    // Released, with one value corrected on the way.
    add(vec![register("AD-26-0001", 24 * day, "D-0027", "3", 90 * day)]);
    add(ordinary("AD-26-0001", 24 * day, FLOW));
    add(vec![
        act(
            "AD-26-0001",
            24 * day - 4,
            Deed::Correct {
                attribute: "VIABILITY",
                value: "93.4",
                reason: "Transcription error: the count sheet says 93.4",
            },
        ),
        sterility("AD-26-0001", 10 * day - 4, 24 * day - 2, "No growth"),
        act("AD-26-0001", 9 * day, Deed::VerifyAll),
        act("AD-26-0001", 8 * day, Deed::Release),
    ]);
    // Ready to release, and it expires soon.
    add(vec![register("AD-26-0002", 20 * day, "D-0031", "4", 36)]);
    add(ordinary("AD-26-0002", 20 * day, FLOW));
    add(vec![sterility("AD-26-0002", 5 * day, 20 * day - 2, "No growth"), act("AD-26-0002", 4 * day, Deed::VerifyAll)]);
    // Purity 96.04 against > 96.0.
    let mut failing = FLOW.to_vec();
    failing.retain(|(attribute, _)| *attribute != "PURITY");
    failing.push(("PURITY", "96.04"));
    add(vec![register("AD-26-0003", 18 * day, "D-0031", "5", 60 * day)]);
    add(ordinary("AD-26-0003", 18 * day, &failing));
    add(vec![sterility("AD-26-0003", 3 * day, 18 * day - 2, "No growth"), act("AD-26-0003", 2 * day, Deed::VerifyAll)]);
    // Sterility still incubating.
    add(vec![register("AD-26-0004", 9 * day, "D-0034", "3", 60 * day)]);
    add(ordinary("AD-26-0004", 9 * day, FLOW));
    add(vec![sterility("AD-26-0004", day, 9 * day - 2, "No growth to date"), act("AD-26-0004", 20, Deed::VerifyAll)]);
    // Everything entered, nothing verified.
    add(vec![register("AD-26-0005", 16 * day, "D-0035", "4", 60 * day)]);
    add(ordinary("AD-26-0005", 16 * day, FLOW));
    add(vec![sterility("AD-26-0005", 30, 16 * day - 2, "No growth")]);
    // Rejected: growth on day 6.
    add(vec![register("AD-26-0006", 13 * day, "D-0036", "3", 60 * day)]);
    add(ordinary("AD-26-0006", 13 * day, FLOW));
    add(vec![
        sterility("AD-26-0006", 7 * day, 13 * day - 2, "Growth"),
        act("AD-26-0006", 6 * day + 12, Deed::VerifyAll),
        act(
            "AD-26-0006",
            6 * day,
            Deed::Reject { reason: "Growth in both sterility media on day 6; confirmed against the bottles" },
        ),
    ]);
    // An invalid differentiation run and an endotoxin value that says too little.
    add(vec![
        register("AD-26-0007", 2 * day, "D-0038", "2", 45 * day),
        act(
            "AD-26-0007",
            40,
            Deed::Record {
                assay: "differentiation",
                readings: vec![("ADIPOGENIC", "Positive")],
                started_hours_ago: Some(21 * 24),
                control: Some("Positive"),
            },
        ),
        act(
            "AD-26-0007",
            38,
            Deed::Record {
                assay: "endotoxin",
                readings: vec![("ENDOTOXIN", "<1.0")],
                started_hours_ago: None,
                control: None,
            },
        ),
    ]);
    // Just registered.
    add(vec![
        register("AD-26-0008", 3, "D-0038", "3", 45 * day),
        act(
            "AD-26-0008",
            2,
            Deed::Hold {
                description: "Transport box opened 20 min before transfer; temperature log is being read out",
                impact: "Viability may have suffered if the box was above 8 °C",
            },
        ),
    ]);
    acts.sort_by_key(|a| std::cmp::Reverse(a.hours_ago));
    acts
}

/// Carries the story out up to `now`.
pub(super) fn seed(app: &App, clock: &FixedClock, now: Moment) -> Result<(), Error> {
    for act in story() {
        let at = now.plus_hours(-act.hours_ago);
        clock.set(Some(at));
        let lot = LotNumber::parse(act.lot)?;
        carry_out(app, &lot, &act.deed, at, now)?;
    }
    clock.set(Some(now.plus_hours(-2)));
    draft_an_example(app)
}

/// A draft of a second product waits for QA to approve it.
fn draft_an_example(app: &App) -> Result<(), Error> {
    let examples = shipped::examples().map_err(Error::Internal)?;
    let Some(example) = examples.into_iter().next() else { return Ok(()) };
    let permit = Permit::<DraftSpecification>::grant(app, &user(app, "tomas.kral")?, &Subject::default())?;
    draft_specification(app, &permit, example).map(drop)
}

fn carry_out(app: &App, lot: &LotNumber, deed: &Deed, at: Moment, now: Moment) -> Result<(), Error> {
    let subject = Subject { lot: Some(lot.clone()), run: None };
    match deed {
        Deed::Register { donor, passage, expires_in_hours, containers } => {
            let entry = LotEntry {
                lot: lot.to_string(),
                product: "ADMSC-IV".into(),
                donor: (*donor).into(),
                passage: Some((*passage).into()),
                manufactured_at: at.plus_hours(-1).to_string(),
                expires_at: now.plus_hours(*expires_in_hours).to_string(),
                containers: *containers,
                ..LotEntry::default()
            };
            let permit = Permit::grant(app, &user(app, "mei.lin")?, &subject)?;
            register_lot(app, &permit, &entry)?;
        }
        Deed::Record { assay, readings, started_hours_ago, control } => {
            let entry =
                run_entry(app, lot, assay, readings, started_hours_ago.map(|h| at.plus_hours(-h)), *control, at)?;
            let permit = Permit::grant(app, &user(app, "mei.lin")?, &subject)?;
            record_run(app, &permit, lot, &entry)?;
        }
        Deed::Correct { attribute, value, reason } => {
            let run = run_of(app, lot, attribute)?;
            let readings = vec![ReadingEntry {
                attribute: (*attribute).into(),
                value: (*value).into(),
                unit: Some("%".into()),
                ..ReadingEntry::default()
            }];
            let permit = Permit::grant(app, &user(app, "mei.lin")?, &subject)?;
            correct_run(
                app,
                &permit,
                run,
                &CorrectionEntry { readings, reason: (*reason).into(), late_result: false },
            )?;
        }
        Deed::Hold { description, impact } => {
            let permit = Permit::grant(app, &user(app, "mei.lin")?, &subject)?;
            let entry = DeviationEntry {
                lot: lot.to_string(),
                kind: "hold".into(),
                description: (*description).into(),
                impact: (*impact).into(),
            };
            open_deviation(app, &permit, &entry)?;
        }
        Deed::VerifyAll => {
            let (found, _) = app.lot(lot)?;
            for run in found.runs.iter().filter(|r| r.verification.is_none()) {
                let permit = Permit::grant(app, &user(app, "tomas.kral")?, &subject)?;
                verify_run(app, &permit, run.number, &VerificationEntry::default())?;
            }
        }
        Deed::Release => {
            let permit = Permit::<ReleaseLot>::grant(app, &user(app, "ingrid.berg")?, &subject)?;
            let meaning = "I certify that this lot was made and checked under GMP and meets its specification";
            let signed = permit.sign(app, password("ingrid.berg"), meaning, &subject)?;
            release_lot(app, &signed, lot, None)?;
        }
        Deed::Reject { reason } => {
            let permit = Permit::<RejectLot>::grant(app, &user(app, "fang.wu")?, &subject)?;
            let signed = permit.sign(app, password("fang.wu"), reason, &subject)?;
            reject_lot(app, &signed, lot, None)?;
        }
    }
    Ok(())
}

fn password(username: &str) -> &'static str {
    ACCOUNTS.iter().find(|a| a.username == username).map_or("", |a| a.password)
}

fn run_of(app: &App, lot: &LotNumber, attribute: &str) -> Result<RunNumber, Error> {
    let (found, _) = app.lot(lot)?;
    let measures =
        |run: &&crate::domain::run::Run| run.content.readings.iter().any(|r| r.attribute.as_str() == attribute);
    found
        .runs
        .iter()
        .find(measures)
        .map(|r| r.number)
        .ok_or_else(|| Error::Internal(format!("no run with {attribute}")))
}

fn run_entry(
    app: &App,
    lot: &LotNumber,
    assay: &str,
    readings: &[(&'static str, &'static str)],
    started_at: Option<Moment>,
    control: Option<&str>,
    at: Moment,
) -> Result<RunEntry, Error> {
    let (_, stored) = app.lot(lot)?;
    let spec = &stored.specification;
    let method = spec.assays.iter().find(|a| a.code.as_str() == assay).map_or("SOP", |a| a.method.as_str());
    let unit = |attribute: &str| {
        spec.criteria
            .iter()
            .find(|c| c.attribute.as_str() == attribute)
            .and_then(|c| c.acceptance.unit())
            .map(str::to_owned)
    };
    let reading = |(attribute, value): &(&'static str, &'static str)| ReadingEntry {
        attribute: (*attribute).into(),
        value: (*value).into(),
        unit: unit(attribute),
        ..ReadingEntry::default()
    };
    let instrument = match assay {
        "flow-cytometry" => "CYT-1",
        "cell-count" => "NC-200",
        "endotoxin" => "PTS-3",
        _ => "",
    };
    Ok(RunEntry {
        assay: assay.into(),
        method: method.into(),
        instrument: Some(instrument.into()),
        started_at: started_at.map(|m| m.to_string()),
        tested_at: at.to_string(),
        controls: control
            .map(|value| vec![ControlEntry { name: "uninduced".into(), value: value.into() }])
            .unwrap_or_default(),
        readings: readings.iter().map(reading).collect(),
        ..RunEntry::default()
    })
}
