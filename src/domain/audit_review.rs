//! The audit-trail review: what changed of a lot since entry, and nothing else.
//!
//! Promises: made from the facts of the lot and of what it was made from alone, oldest first, so
//! that the same facts give the same document and its hash can be signed; a correction shows
//! before, after and reason; a verification that fell with it is named (EU GMP Annex 11, 9;
//! draft 12.4 to 12.8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::certificate::PersonRecord;
use super::entry::in_minutes;
use super::event::{Event, Fact};
use super::ids::{LotNumber, RunNumber};
use super::lot::Lot;
use super::moment::Moment;
use super::role::Person;
use super::run::RunContent;

/// The version of the document's shape.
pub const REVIEW_VERSION: u32 = 1;

/// An entry is late when it was made more than so many hours after the test was read.
pub const LATE_ENTRY_HOURS: i64 = 24;

/// What a reviewer is shown and signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditReview {
    /// Shape of this document, [`REVIEW_VERSION`].
    pub v: u32,
    /// The lot.
    pub lot: String,
    /// The newest fact about the lot or what it was made from that is covered.
    pub through: i64,
    /// What changed since entry, oldest first.
    pub changes: Vec<ReviewedChange>,
}

/// Something that is not plain entry and verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedChange {
    /// The ledger entry that says so.
    pub entry: i64,
    /// `correction`, `fallen_verification`, `discrepancy`, `resolution`, `invalidation`, `retest`,
    /// `investigation`, `deviation`, `source`, `refused_attempt`, `late_entry` or `accepted_unfit`.
    pub kind: String,
    /// When it was recorded (UTC).
    pub at: String,
    /// Who.
    pub by: PersonRecord,
    /// In which role.
    pub role: String,
    /// The lot, bank or donor it is about.
    pub about: String,
    /// The run, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// What happened, in words.
    pub what: String,
    /// Values before and after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ReviewedValue>,
    /// The reason given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedValue {
    /// What was measured.
    pub attribute: String,
    /// Before; of a discrepancy the first entry.
    pub before: String,
    /// After; of a discrepancy the second entry.
    pub after: String,
}

/// The review of a lot from the facts about it and about what it was made from, by entry.
pub fn compose(lot: &Lot, facts: &[(i64, &Fact)]) -> AuditReview {
    let mut facts: Vec<&(i64, &Fact)> = facts.iter().collect();
    facts.sort_by_key(|(entry, _)| *entry);
    let mut trail = Trail::default();
    for (entry, fact) in facts {
        trail.take(*entry, fact);
    }
    AuditReview {
        v: REVIEW_VERSION,
        lot: lot.number().to_string(),
        through: lot.changed_through(),
        changes: trail.changes,
    }
}

#[derive(Default)]
struct Trail {
    changes: Vec<ReviewedChange>,
    /// Who stands as verifier of a run.
    verified: BTreeMap<RunNumber, (Person, Moment)>,
    registered: BTreeMap<LotNumber, Moment>,
}

impl Trail {
    fn take(&mut self, entry: i64, fact: &Fact) {
        match &fact.event {
            Event::LotRegistered(details) => {
                self.registered.insert(details.lot.clone(), fact.at);
            }
            Event::RunVerified { run, .. } => {
                self.verified.insert(*run, (fact.by.person(), fact.at));
            }
            Event::RunRecorded { run, lot, content } => self.recorded(entry, fact, *run, lot, content),
            Event::RunCorrected { run, changes, .. } => {
                let values = changes.iter().map(|c| ReviewedValue {
                    attribute: c.attribute.to_string(),
                    before: c.before.clone(),
                    after: c.after.clone(),
                });
                let mut reasons: Vec<&str> = changes.iter().map(|c| c.reason.as_str()).collect();
                reasons.dedup();
                let (values, reason) = (values.collect(), Some(reasons.join("; ")));
                let what = format!("run #{run} was corrected");
                self.push(ReviewedChange { values, reason, ..change(entry, fact, "correction", Some(*run), what) });
                if let Some((person, at)) = self.verified.remove(run) {
                    let who = person.name.as_str();
                    let what = format!("with it fell the verification of run #{run} by {who} of {}", in_minutes(at));
                    self.push(change(entry, fact, "fallen_verification", Some(*run), what));
                }
            }
            Event::AttemptRefused { act, run, code, detail, .. } => {
                let what = format!("an attempt was refused: {} ({code})", act.replace('_', " "));
                let reason = Some(detail.clone());
                self.push(ReviewedChange { reason, ..change(entry, fact, "refused_attempt", *run, what) });
            }
            _ => self.changes.extend(of_quality(entry, fact)),
        }
    }

    fn recorded(&mut self, entry: i64, fact: &Fact, run: RunNumber, lot: &LotNumber, content: &RunContent) {
        let mut say = |kind, what| self.changes.push(change(entry, fact, kind, Some(run), what));
        let registered = self.registered.get(lot) == Some(&fact.at);
        if !registered && fact.at > content.tested_at.plus_hours(LATE_ENTRY_HOURS) {
            let what = format!(
                "run #{run} ({}) was entered on {}, read on {}",
                content.assay,
                in_minutes(fact.at),
                in_minutes(content.tested_at)
            );
            say("late_entry", what);
        }
        for flag in &content.flags {
            say("accepted_unfit", format!("run #{run} was accepted by the site's policy although {flag}"));
        }
        if let Some(investigation) = &content.investigation {
            say("retest", format!("run #{run} ({}) is a re-test of {investigation}", content.assay));
        }
    }

    fn push(&mut self, change: ReviewedChange) {
        self.changes.push(change);
    }
}

fn change(entry: i64, fact: &Fact, kind: &str, run: Option<RunNumber>, what: String) -> ReviewedChange {
    ReviewedChange {
        entry,
        kind: kind.to_owned(),
        at: fact.at.to_string(),
        by: PersonRecord { username: fact.by.username.to_string(), name: fact.by.name.as_str().to_owned() },
        role: fact.by.role.to_string(),
        about: fact.event.lot().map(ToString::to_string).unwrap_or_default(),
        run: run.map(|r| r.0),
        what,
        values: Vec::new(),
        reason: None,
    }
}

/// Discrepancies, invalidations, investigations, deviations, fallen results of sources.
fn of_quality(entry: i64, fact: &Fact) -> Option<ReviewedChange> {
    let said = |kind: &str, run: Option<RunNumber>, what: String, reason: Option<&str>| {
        let reason = reason.map(|text| text.replace('\n', " "));
        Some(ReviewedChange { reason, ..change(entry, fact, kind, run, what) })
    };
    match &fact.event {
        Event::DiscrepancyFound { run, differences, .. } => {
            let values = differences.iter().map(|d| ReviewedValue {
                attribute: d.attribute.to_string(),
                before: d.first.clone(),
                after: d.second.clone(),
            });
            let what = format!("the second entry of run #{run} differed from the first");
            Some(ReviewedChange { values: values.collect(), ..change(entry, fact, "discrepancy", Some(*run), what) })
        }
        Event::DiscrepancyResolved { run, attribute, value, reason, .. } => {
            let what = format!("{attribute} of run #{run} was said to be {value}");
            said("resolution", Some(*run), what, Some(reason.as_str()))
        }
        Event::RunInvalidated { run, ground, reason, .. } => {
            let what = format!("run #{run} was declared invalid ({})", ground.in_words());
            said("invalidation", Some(*run), what, Some(reason.as_str()))
        }
        Event::InvestigationOpened { investigation, run, failures, .. } => {
            let failed: Vec<String> = failures.iter().map(|f| format!("{}: {}", f.name, f.because)).collect();
            said("investigation", Some(*run), format!("{investigation} was opened: {}", failed.join("; ")), None)
        }
        Event::LaboratoryPhaseRecorded { investigation, .. } => {
            said("investigation", None, format!("the laboratory phase of {investigation} was recorded"), None)
        }
        Event::RetestPlanApproved { investigation, .. } => {
            said("investigation", None, format!("the re-test plan of {investigation} was approved"), None)
        }
        Event::InvestigationConcluded { investigation, conclusion, .. } => said(
            "investigation",
            None,
            format!("{investigation} was concluded"),
            Some(conclusion.cause.as_str()).filter(|cause| !cause.is_empty()),
        ),
        Event::InvestigationClosed { investigation, remark, .. } => {
            said("investigation", None, format!("{investigation} was closed"), Some(remark.as_str()))
        }
        Event::DeviationOpened { deviation, sort, description, .. } => {
            said("deviation", None, format!("{} {deviation} was opened", sort.as_str()), Some(description.as_str()))
        }
        Event::DeviationClosed { deviation, assessment, .. } => {
            said("deviation", None, format!("{deviation} was closed"), Some(assessment.as_str()))
        }
        Event::SourceFlagged { source, because, .. } => {
            said("source", None, format!("a result of {source} fell"), Some(because.as_str()))
        }
        _ => None,
    }
}
