//! A lot as its facts alone tell it.
//!
//! Promises: uses nothing but the facts, in their order; a release compares it with the lot as
//! the tables hold it, so that a row changed behind the ledger's back releases nothing.

use super::event::{Event, Fact};
use super::lot::{Decision, Lot};
use super::run::{Run, Verification};

/// The lot that these facts (all about one lot, oldest first) tell of.
///
/// Returns `None` where they do not begin with a registration, or contradict themselves.
pub fn rebuild<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Option<Lot> {
    let mut lot: Option<Lot> = None;
    for fact in facts {
        match (&mut lot, &fact.event) {
            (None, Event::LotRegistered(details)) => {
                lot = Some(Lot {
                    details: details.clone(),
                    registered_by: fact.by.person(),
                    registered_at: fact.at,
                    runs: Vec::new(),
                    decision: None,
                });
            }
            (Some(lot), event) => apply(lot, fact, event)?,
            (None, _) => return None,
        }
    }
    lot
}

fn apply(lot: &mut Lot, fact: &Fact, event: &Event) -> Option<()> {
    let (by, at) = (fact.by.person(), fact.at);
    match event {
        Event::RunRecorded { run, lot: number, content } => lot.runs.push(Run {
            number: *run,
            lot: number.clone(),
            content: content.clone(),
            entered_by: by,
            entered_at: at,
            changes: Vec::new(),
            verification: None,
        }),
        Event::RunCorrected { run, changes, .. } => {
            let run = lot.runs.iter_mut().find(|r| r.number == *run)?;
            for change in changes {
                let reading = run.content.readings.iter_mut().find(|r| r.attribute == change.attribute)?;
                reading.value.clone_from(&change.after);
            }
            // The tables keep the changes of one fact by attribute.
            let mut changes = changes.clone();
            changes.sort_by(|a, b| a.attribute.cmp(&b.attribute));
            run.changes.extend(changes);
        }
        Event::RunVerified { run, content_sha256, .. } => {
            let run = lot.runs.iter_mut().find(|r| r.number == *run)?;
            run.verification = Some(Verification { by, at, content_sha256: content_sha256.clone() });
        }
        Event::LotReleased { certificate, .. } => {
            lot.decision = Some(Decision::Released { certificate: certificate.clone(), by, at });
        }
        Event::LotRejected { reason, .. } => {
            lot.decision = Some(Decision::Rejected { reason: reason.as_str().to_owned(), by, at });
        }
        Event::AttemptRefused { .. } => {}
        Event::LotRegistered(_)
        | Event::SiteCreated(_)
        | Event::SpecificationInstalled { .. }
        | Event::UserCreated { .. }
        | Event::SignedIn {}
        | Event::SignedOut {}
        | Event::FileStored { .. }
        | Event::SignInFailed { .. } => return None,
    }
    Some(())
}
