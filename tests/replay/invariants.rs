//! What must hold after any history, read from the facts alone.
//!
//! Nothing here asks the product what a verdict is or what a lot's status is: it collects what
//! the facts say and compares it with `values.rs`.

use std::collections::{BTreeMap, BTreeSet};

use lotgate::domain::event::{Event, Fact};
use lotgate::domain::ids::LotNumber;
use lotgate::domain::lot::{Decision, LotDetails};
use lotgate::domain::moment::Moment;
use lotgate::domain::run::RunContent;
use lotgate::store::FactFilter;
use lotgate::workflow::verify_run::content_sha256;

use super::laboratory::Laboratory;
use super::simulation::Attempt;
use super::values;

/// A run as the facts tell it.
struct Told {
    content: RunContent,
    verified_by: Option<String>,
}

/// Who did what on a lot, and what was decided.
struct History {
    details: LotDetails,
    entered: BTreeSet<String>,
    verified: BTreeSet<String>,
    runs: BTreeMap<i64, Told>,
    released: Option<(String, Moment)>,
    rejected: bool,
}

pub fn facts(lab: &Laboratory) -> Vec<Fact> {
    let filter = FactFilter { limit: 1_000_000, ..FactFilter::default() };
    let entries = lab.app.read(|view| Ok(view.facts(&filter)?)).expect("readable");
    assert!(entries.iter().zip(0..).all(|(e, i)| e.number == i), "the ledger has a gap");
    entries.into_iter().map(|e| e.fact).collect()
}

/// What the simulation is measured by: released, rejected, refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub facts: u64,
    pub released: usize,
    pub rejected: usize,
    pub refused: usize,
}

/// Checks everything.
pub fn check(lab: &Laboratory, attempts: &[Attempt], failed_sign_ins: usize) -> Tally {
    let finding = lab.app.verify_ledger().expect("readable");
    let whole = finding.unwrap_or_else(|found| panic!("{}: {}", found.place, found.what));
    let facts = facts(lab);
    assert_eq!(whole.facts, facts.len() as u64);
    let moments_rise = facts.windows(2).all(|w| w[0].at <= w[1].at);
    assert!(moments_rise, "facts are not in the order of their time");
    let salts: BTreeSet<&str> = facts.iter().map(|f| f.salt.as_str()).collect();
    assert_eq!(salts.len(), facts.len(), "a salt was used twice");
    let histories = histories(&facts);
    for (lot, history) in &histories {
        check_people(lot, history);
        check_release(lot, history);
        check_table(lab, lot, history);
    }
    check_certificates(&facts);
    check_attempts(&facts, attempts, failed_sign_ins);
    Tally {
        facts: whole.facts,
        released: histories.values().filter(|h| h.released.is_some()).count(),
        rejected: histories.values().filter(|h| h.rejected).count(),
        refused: attempts.len(),
    }
}

fn histories(facts: &[Fact]) -> BTreeMap<LotNumber, History> {
    let mut histories: BTreeMap<LotNumber, History> = BTreeMap::new();
    for fact in facts {
        let by = fact.by.username.to_string();
        let Some(lot) = fact.event.lot() else { continue };
        if let Event::LotRegistered(details) = &fact.event {
            let new = History {
                details: details.clone(),
                entered: BTreeSet::from([by]),
                verified: BTreeSet::new(),
                runs: BTreeMap::new(),
                released: None,
                rejected: false,
            };
            assert!(histories.insert(lot.clone(), new).is_none(), "{lot} was registered twice");
            continue;
        }
        let history = histories.get_mut(lot).unwrap_or_else(|| panic!("{lot} was never registered"));
        let open = history.released.is_none() && !history.rejected;
        let attempt = matches!(fact.event, Event::AttemptRefused { .. });
        assert!(open || attempt, "{lot}: something was recorded after the decision");
        match &fact.event {
            Event::RunRecorded { run, content, .. } => {
                history.entered.insert(by);
                let told = Told { content: content.clone(), verified_by: None };
                assert!(history.runs.insert(run.0, told).is_none(), "run {run} was recorded twice");
            }
            Event::RunCorrected { run, changes, .. } => {
                history.entered.insert(by);
                let told = history.runs.get_mut(&run.0).expect("a run");
                // A correction takes the verification with it.
                told.verified_by = None;
                for change in changes {
                    let reading = told.content.readings.iter_mut().find(|r| r.attribute == change.attribute);
                    let reading = reading.expect("a reading");
                    assert_eq!(reading.value, change.before, "run {run}");
                    assert!(!change.reason.as_str().is_empty());
                    reading.value.clone_from(&change.after);
                }
            }
            Event::RunVerified { run, content_sha256: confirmed, .. } => {
                history.verified.insert(by.clone());
                let told = history.runs.get_mut(&run.0).expect("a run");
                assert_eq!(told.verified_by.replace(by), None, "run {run} was verified twice");
                assert_eq!(content_sha256(&told.content).expect("a hash"), *confirmed, "run {run}");
            }
            Event::LotReleased { signature, .. } => {
                assert_eq!((signature.username.as_str(), signature.role.as_str()), (by.as_str(), "qa"));
                history.released = Some((by, fact.at));
            }
            Event::LotRejected { .. } => history.rejected = true,
            _ => {}
        }
    }
    histories
}

/// No person did two of entering, verifying and releasing on one lot.
fn check_people(lot: &LotNumber, history: &History) {
    let both: Vec<&String> = history.entered.intersection(&history.verified).collect();
    assert!(both.is_empty(), "{lot} was entered and verified by {both:?}");
    if let Some((by, _)) = &history.released {
        assert!(!history.entered.contains(by) && !history.verified.contains(by), "{lot} was released by {by}");
    }
}

/// A released lot has every required criterion in a verified valid run, passing, in time.
fn check_release(lot: &LotNumber, history: &History) {
    let Some((_, at)) = &history.released else { return };
    assert!(*at < history.details.expires_at, "{lot} was released after it expired");
    for attribute in values::required() {
        let holds = |told: &&Told| told.content.readings.iter().any(|r| r.attribute.as_str() == attribute);
        let with: Vec<&Told> = history.runs.values().filter(holds).filter(|t| is_valid(&t.content)).collect();
        let value = |told: &Told| {
            let reading = told.content.readings.iter().find(|r| r.attribute.as_str() == attribute);
            reading.map(|r| r.value.clone()).unwrap_or_default()
        };
        let passes = |told: &&&Told| {
            told.verified_by.is_some() && values::passes(attribute, &value(told)) && in_time(attribute, &told.content)
        };
        assert!(with.iter().any(|t| passes(&t)), "{lot} was released without {attribute}");
        // What speaks against the lot may not stand beside it.
        let failing =
            ["Growth", "Negative", "Detected", "Does not comply", "79.94", "2.05", "96.04", "94.94", "0.51", "6"];
        assert!(
            !with.iter().any(|t| failing.contains(&value(t).as_str())),
            "{lot} was released with a failing {attribute}"
        );
    }
    let unchecked = |told: &&Told| {
        let interim = told.content.readings.iter().all(|r| r.value == "No growth to date");
        told.verified_by.is_none() && !interim
    };
    assert_eq!(history.runs.values().filter(unchecked).count(), 0, "{lot} was released with an unverified run");
}

fn is_valid(content: &RunContent) -> bool {
    content.assay.as_str() != "differentiation" || content.controls.iter().any(|c| c.value == "Negative")
}

/// 14 x 24 hours from start to reading for a final negative.
fn in_time(attribute: &str, content: &RunContent) -> bool {
    let Some(start) = content.started_at.filter(|_| attribute.starts_with("STERILITY")) else {
        return !attribute.starts_with("STERILITY");
    };
    content.tested_at.utc() - start.utc() >= chrono::TimeDelta::days(14)
}

/// The table says of the lot what the facts say.
fn check_table(lab: &Laboratory, lot: &LotNumber, history: &History) {
    let (stored, _) = lab.app.lot(lot).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(stored.details, history.details);
    let contents: Vec<&RunContent> = stored.runs.iter().map(|r| &r.content).collect();
    assert_eq!(contents, history.runs.values().map(|t| &t.content).collect::<Vec<_>>(), "{lot}");
    let verified: Vec<Option<String>> =
        stored.runs.iter().map(|r| r.verification.as_ref().map(|v| v.by.username.to_string())).collect();
    assert_eq!(verified, history.runs.values().map(|t| t.verified_by.clone()).collect::<Vec<_>>(), "{lot}");
    let released = matches!(stored.decision, Some(Decision::Released { .. }));
    assert_eq!(released, history.released.is_some(), "{lot}");
}

fn check_certificates(facts: &[Fact]) {
    let mut ordinal = 0;
    for fact in facts {
        if let Event::LotReleased { certificate, .. } = &fact.event {
            ordinal += 1;
            assert_eq!(certificate.as_str(), format!("RC-{}-{ordinal:06}", fact.at.year()), "a gap in the numbers");
        }
    }
}

/// Every refused attempt at a decision or a verification is on record, in order, and no other.
fn check_attempts(facts: &[Fact], attempts: &[Attempt], failed_sign_ins: usize) {
    let mut expected = attempts.iter();
    for fact in facts {
        let Event::AttemptRefused { act, lot, run, code, detail } = &fact.event else { continue };
        let wanted = expected.next().unwrap_or_else(|| panic!("a refusal that never happened: {detail}"));
        let recorded = (act.as_str(), fact.by.username.as_str(), lot.as_ref(), *run, code.as_str());
        assert_eq!(recorded, (wanted.act, wanted.by.as_str(), Some(&wanted.lot), wanted.run, wanted.code));
        assert!(!detail.is_empty());
    }
    assert_eq!(expected.next(), None, "a refused attempt is not on record");
    let failed = facts.iter().filter(|f| matches!(f.event, Event::SignInFailed { .. })).count();
    assert_eq!(failed, failed_sign_ins, "failed sign-ins on record");
}
