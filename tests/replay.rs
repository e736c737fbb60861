//! A simulated laboratory, and what is left when somebody tampers with its records.
//!
//! A failure prints the seed; `LOTGATE_SEED=17 cargo test --test replay` runs that one alone.
//! Read `simulation.rs` for what people do, `invariants.rs` for what must hold afterwards, and
//! `tampering.rs`, `forging.rs` and `shortening.rs` for what must be noticed.

#[path = "replay/decisions.rs"]
mod decisions;
#[path = "replay/decisions_invariants.rs"]
mod decisions_invariants;
#[path = "replay/decisions_values.rs"]
mod decisions_values;
#[path = "replay/forging.rs"]
mod forging;
#[path = "replay/invariants.rs"]
mod invariants;
#[path = "replay/laboratory.rs"]
mod laboratory;
#[path = "replay/quality.rs"]
mod quality;
#[path = "replay/quality_invariants.rs"]
mod quality_invariants;
#[path = "replay/quality_investigations.rs"]
mod quality_investigations;
#[path = "replay/quality_values.rs"]
mod quality_values;
#[path = "replay/shortening.rs"]
mod shortening;
#[path = "replay/simulation.rs"]
mod simulation;
#[path = "replay/tampering.rs"]
mod tampering;
#[path = "replay/values.rs"]
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use invariants::Tally;
use laboratory::Laboratory;
use lotgate::domain::entry::ReadingEntry;
use lotgate::domain::ids::RunNumber;
use lotgate::workflow::correct_run::{CorrectionEntry, correct_run};
use lotgate::workflow::permit::{Permit, RecordRun, Subject};
use simulation::World;

/// How many acts a simulated history has.
const ACTS: usize = 400;

/// How many acts a history of the quality laboratory has.
const QUALITY_ACTS: usize = 900;

/// What must happen in the histories of the quality laboratory.
const ENOUGH: [&str; 20] = [
    "approved",
    "verified",
    "second entries",
    "discrepancies",
    "resolved",
    "corrections",
    "failed controls",
    "invalidated",
    "investigations",
    "retests",
    "confirmed",
    "inconclusive",
    "corrected",
    "invalidated by investigation",
    "flags",
    "deviations",
    "rejected",
    "released",
    "released after inheriting",
    "released after an invalidation",
];

/// How many acts a history of decisions has.
const DECISION_ACTS: usize = 500;

/// What must happen in the histories of decisions; rarer things are counted and judged, and not asked for.
const ENDINGS: [&str; 25] = [
    "route changed",
    "approved",
    "reviewed",
    "released",
    "certified",
    "step 1",
    "late failing run",
    "late failing correction",
    "late failing result after a supply",
    "held for its source",
    "revoked for a late result",
    "revoked for a defect",
    "revoked as wrong",
    "notice revoked",
    "sisters held",
    "told",
    "rejected",
    "expired",
    "supplied",
    "shipped under a certificate",
    "shipped under a notice",
    "shipped under a supply",
    "returned",
    "destroyed",
    "five people",
];

/// Lives through a history and checks it; a failure names the seed and the act.
fn live(seed: u64, acts: usize) -> (Tally, World, tempfile::TempDir) {
    let folder = laboratory::folder();
    let mut acts_done = 0;
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(folder.path(), seed);
        for _ in 0..acts {
            world = world.act();
            acts_done += 1;
        }
        let tally = invariants::check(&world.lab, &world.attempts, world.failed_sign_ins);
        (tally, world)
    }));
    match lived {
        Ok((tally, world)) => (tally, world, folder),
        Err(panic) => {
            eprintln!("LOTGATE_SEED={seed} fails after {acts_done} acts");
            resume_unwind(panic);
        }
    }
}

/// Corrects one value of a run.
fn correct(lab: &Laboratory, who: &str, run: RunNumber, attribute: &str, value: &str) {
    let permit = Permit::<RecordRun>::grant(&lab.app, &lab.user(who), &Subject::default()).expect("an analyst");
    let reading = ReadingEntry {
        attribute: attribute.into(),
        value: value.into(),
        unit: Some("%".into()),
        ..ReadingEntry::default()
    };
    let correction =
        CorrectionEntry { readings: vec![reading], reason: "Transcription error".into(), late_result: false };
    correct_run(&lab.app, &permit, run, &correction).unwrap_or_else(|e| panic!("{e}"));
}

fn seeds(default: &[u64]) -> Vec<u64> {
    match std::env::var("LOTGATE_SEED") {
        Ok(text) => vec![text.parse().expect("LOTGATE_SEED is a number")],
        Err(_) => default.to_vec(),
    }
}

/// Lives through one history, and makes sure that enough happened in it.
fn check_history(seed: u64) -> Tally {
    let (tally, world, _folder) = live(seed, ACTS);
    if std::env::var_os("LOTGATE_SEED").is_some() {
        eprintln!("seed {seed}: {} accepted, {} refused, {tally:?}", world.accepted, world.refused);
    }
    // A history in which nothing happens proves nothing.
    assert!(world.accepted > 100 && world.refused > 50, "seed {seed}: too tame");
    assert!(tally.refused > 20, "seed {seed}: too few refused attempts");
    tally
}

#[test]
fn whatever_people_do_every_release_is_earned_and_everything_is_on_record() {
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let lives: Vec<_> =
            seeds(&[1, 2, 3]).into_iter().map(|seed| scope.spawn(move || check_history(seed))).collect();
        lives.into_iter().map(|life| life.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    assert!(tallies.len() == 1 || tallies.iter().any(|t| t.released > 0), "nothing was released in {tallies:?}");
}

/// Lives through one history of the whole quality laboratory.
fn check_quality(seed: u64) -> quality_invariants::Tally {
    let folder = laboratory::folder();
    let mut acts_done = 0;
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = quality::Quality::new(folder.path(), seed);
        for _ in 0..QUALITY_ACTS {
            world.act();
            acts_done += 1;
        }
        let tally = quality_invariants::check(&world.lab, &world.attempts);
        (tally, world.counts)
    }));
    let (tally, counts) = lived.unwrap_or_else(|panic| {
        eprintln!("LOTGATE_SEED={seed} fails after {acts_done} acts");
        resume_unwind(panic)
    });
    if std::env::var_os("LOTGATE_SEED").is_some() {
        eprintln!("seed {seed}: done and refused {counts:?}, {tally:?}");
    }
    tally
}

#[test]
fn a_whole_laboratory_keeps_its_promises_whatever_people_do() {
    let tallies: Vec<quality_invariants::Tally> = std::thread::scope(|scope| {
        let lives: Vec<_> =
            seeds(&[11, 12, 13]).into_iter().map(|seed| scope.spawn(move || check_quality(seed))).collect();
        lives.into_iter().map(|life| life.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    if tallies.len() == 1 {
        return;
    }
    // A history in which nothing happens proves nothing.
    for what in ENOUGH {
        let times: usize = tallies.iter().filter_map(|t| t.get(what)).sum();
        assert!(times >= 1, "{what}: {times} times in {tallies:?}");
    }
}

/// Lives through one history of decisions.
fn check_decisions(seed: u64) -> (decisions_invariants::Tally, decisions::Counts) {
    let folder = laboratory::folder();
    let mut acts_done = 0;
    let lived = catch_unwind(AssertUnwindSafe(|| {
        let mut world = decisions::Decisions::new(folder.path(), seed);
        for _ in 0..DECISION_ACTS {
            world.act();
            acts_done += 1;
        }
        let tally = decisions_invariants::check(&world.lab, &world.attempts);
        (tally, world.counts)
    }));
    let (tally, counts) = lived.unwrap_or_else(|panic| {
        eprintln!("LOTGATE_SEED={seed} fails after {acts_done} acts");
        resume_unwind(panic)
    });
    if std::env::var_os("LOTGATE_SEED").is_some() {
        eprintln!("seed {seed}: done and refused {counts:?}, {tally:?}");
    }
    (tally, counts)
}

#[test]
fn no_lot_leaves_or_stays_out_without_every_step_whatever_people_decide() {
    let told: Vec<_> = std::thread::scope(|scope| {
        let lives: Vec<_> =
            seeds(&[22, 23]).into_iter().map(|seed| scope.spawn(move || check_decisions(seed))).collect();
        lives.into_iter().map(|life| life.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    if told.len() == 1 {
        return;
    }
    // A history in which nothing happens proves nothing: neither one in which nothing is refused.
    for what in ENDINGS {
        let times: usize = told.iter().filter_map(|(tally, _)| tally.get(what)).sum();
        assert!(times >= 1, "{what}: {times} times in {told:?}");
    }
    let names: std::collections::BTreeSet<&str> = told.iter().flat_map(|(_, counts)| counts.keys().copied()).collect();
    for name in names.into_iter().filter(|name| !["donor", "bank", "register", "deviation"].contains(name)) {
        let refused: usize = told.iter().filter_map(|(_, counts)| counts.get(name)).map(|c| c[1]).sum();
        assert!(refused >= 1, "{name} was never refused in {told:?}");
    }
}

#[test]
fn the_same_acts_at_the_same_times_give_the_same_ledger() {
    let root = |seed| {
        let (_, world, _folder) = live(seed, 60);
        world.lab.app.verify_ledger().expect("readable").expect("whole").root
    };
    let first = root(41);
    assert_eq!(first, root(41));
    assert_ne!(first, root(42));
}

#[test]
fn the_tests_leave_no_folder_behind() {
    // The one test that needs little but the site that all tampering shares.
    let program = std::env::current_exe().expect("this program");
    let mut child = std::process::Command::new(program)
        .args(["--exact", "forging::the_untouched_copy_opens"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("started");
    assert!(child.wait().expect("waited").success());
    assert_eq!(laboratory::folders_of(child.id()), [""; 0].map(std::path::PathBuf::from));
}
