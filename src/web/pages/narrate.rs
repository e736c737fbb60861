//! Facts as sentences a person reads: who did what, before and after, and why.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::shown;
use super::told;
use super::view::ledger::{Change, LedgerFact};
use super::view::parts::Link;
use crate::domain::event::Event;
use crate::domain::ids::AttributeCode;
use crate::domain::role::Role;
use crate::domain::run::RunContent;
use crate::domain::spec::Specification;
use crate::store::Entry;

/// What a sentence says beyond who and when.
#[derive(Default)]
pub(super) struct Told {
    pub sentence: String,
    pub changes: Vec<Change>,
    pub reason: String,
    pub refused: bool,
}

impl From<String> for Told {
    fn from(sentence: String) -> Self {
        Told { sentence, ..Told::default() }
    }
}

/// The names of attributes, from the specifications: facts hold their codes.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// The names in these specifications.
    pub fn of<'s>(specifications: impl IntoIterator<Item = &'s Specification>) -> Self {
        let criteria = specifications.into_iter().flat_map(|s| &s.criteria);
        Names(criteria.map(|c| (c.attribute.to_string(), c.name.clone())).collect())
    }

    pub(super) fn name(&self, attribute: &AttributeCode) -> String {
        self.0.get(attribute.as_str()).cloned().unwrap_or_else(|| attribute.to_string())
    }
}

/// A fact as a sentence.
pub fn fact(entry: &Entry, zone: Tz, names: &Names) -> LedgerFact {
    let fact = &entry.fact;
    let mut told = tell(&fact.event, names);
    if told.refused {
        told.reason = shown::local_times(&told.reason, zone);
    }
    let about = match (fact.event.lot(), fact.event.product()) {
        (Some(lot), _) => Link::new(lot.to_string(), format!("/lots/{lot}")),
        _ => Link::default(),
    };
    let role = if fact.by.role == Role::System { String::new() } else { fact.by.role.to_string() };
    LedgerFact {
        number: entry.number.to_string(),
        sentence: told.sentence,
        about,
        who: fact.by.name.as_str().to_owned(),
        role,
        at: shown::plain_moment(fact.at, zone),
        changes: told.changes,
        reason: told.reason,
        refused: told.refused,
    }
}

/// The same sentence on the lot's own page, where naming the lot again says nothing.
pub fn fact_of_lot(entry: &Entry, zone: Tz, names: &Names) -> LedgerFact {
    LedgerFact { about: Link::default(), ..fact(entry, zone, names) }
}

fn tell(event: &Event, names: &Names) -> Told {
    match event {
        Event::SiteCreated(site) => {
            let synthetic = if site.synthetic { ", for synthetic data only" } else { "" };
            format!("set up the site {}, times in {}{synthetic}", site.name.as_str(), site.zone).into()
        }
        Event::SpecificationInstalled { specification, .. } => format!(
            "installed specification {} version {} with {}",
            specification.product,
            specification.version,
            shown::counted(specification.criteria.len(), "criterion", "criteria")
        )
        .into(),
        Event::UserCreated { username, full_name, roles } => {
            let roles: Vec<&str> = roles.iter().map(|r| r.as_str()).collect();
            format!("created the account {username} for {}: {}", full_name.as_str(), roles.join(", ")).into()
        }
        Event::SignedIn {} => "signed in".to_owned().into(),
        Event::SignedOut {} => "signed out".to_owned().into(),
        Event::SignInFailed { username } => {
            Told { refused: true, ..format!("turned away a sign-in as {username}: the password was wrong").into() }
        }
        Event::LotRegistered(details) => format!(
            "registered lot {}: {} specification version {}, donor {}, {}",
            details.lot,
            details.product,
            details.specification_version,
            details.donor,
            shown::counted(usize::try_from(details.containers).unwrap_or_default(), "container", "containers")
        )
        .into(),
        Event::RunRecorded { run, content, .. } => recorded(run.0, content, names),
        Event::RunCorrected { run, changes, .. } => corrected(run.0, changes, names),
        Event::RunVerified { run, .. } => format!("verified run #{run} against its raw data").into(),
        Event::LotReleased { lot, certificate, signature, .. } => Told {
            sentence: format!("released lot {lot} and issued certificate {certificate}"),
            reason: format!("Signed with the meaning: {}", signature.meaning),
            ..Told::default()
        },
        Event::LotRejected { lot, reason, .. } => Told {
            sentence: format!("rejected lot {lot}"),
            reason: format!("Reason: {}", reason.as_str()),
            ..Told::default()
        },
        event @ (Event::SpecificationDrafted { .. }
        | Event::SpecificationApproved { .. }
        | Event::SpecificationRetired { .. }
        | Event::InstrumentRegistered { .. }
        | Event::InstrumentCalibrated { .. }
        | Event::ReagentReceived(_)
        | Event::SitePolicySet { .. }) => told::of_documents(event),
        event @ (Event::DiscrepancyFound { .. }
        | Event::DiscrepancyResolved { .. }
        | Event::RunInvalidated { .. }
        | Event::InvestigationOpened { .. }
        | Event::LaboratoryPhaseRecorded { .. }
        | Event::RetestPlanApproved { .. }
        | Event::InvestigationConcluded { .. }
        | Event::InvestigationClosed { .. }
        | Event::DeviationOpened { .. }
        | Event::DeviationClosed { .. }
        | Event::SourceFlagged { .. }) => told::of_quality(event, names),
        Event::AttemptRefused { act, lot, run, detail, .. } => {
            refused(act, lot.as_ref().map(|l| l.as_str()), run.map(|r| r.0), detail)
        }
    }
}

fn recorded(run: i64, content: &RunContent, names: &Names) -> Told {
    let values: Vec<String> = content
        .readings
        .iter()
        .map(|r| format!("{} {}", names.name(&r.attribute), shown::with_unit(&r.value, r.unit.as_deref())))
        .chain(content.controls.iter().map(|c| format!("{} control {}", c.name, c.value)))
        .collect();
    let assay = content.assay.as_str().replace('-', " ");
    let comment = content.comment.as_str();
    Told {
        sentence: format!("recorded run #{run} ({assay}): {}", values.join(", ")),
        reason: if comment.is_empty() { String::new() } else { format!("Comment: {comment}") },
        ..Told::default()
    }
}

fn corrected(run: i64, changes: &[crate::domain::run::Change], names: &Names) -> Told {
    let change = |c: &crate::domain::run::Change| Change {
        what: names.name(&c.attribute),
        before: c.before.clone(),
        after: c.after.clone(),
    };
    let mut reasons: Vec<&str> = changes.iter().map(|c| c.reason.as_str()).collect();
    reasons.dedup();
    Told {
        sentence: format!("corrected run #{run}"),
        changes: changes.iter().map(change).collect(),
        reason: format!("Reason: {}", reasons.join("; ")),
        refused: false,
    }
}

fn refused(act: &str, lot: Option<&str>, run: Option<i64>, detail: &str) -> Told {
    let lot = lot.map_or_else(|| "a lot".to_owned(), |lot| format!("lot {lot}"));
    let tried = match (act, run) {
        ("release", _) => format!("tried to release {lot}"),
        ("rejection", _) => format!("tried to reject {lot}"),
        ("verification", Some(run)) => format!("tried to verify run #{run} of {lot}"),
        ("invalidation", Some(run)) => format!("tried to declare run #{run} of {lot} invalid"),
        ("investigation", _) => format!("tried to take a step of an investigation of {lot}"),
        ("deviation", _) => format!("tried to close a deviation or hold of {lot}"),
        (act, _) => format!("tried {act} of {lot}"),
    };
    Told { sentence: tried, reason: detail.to_owned(), refused: true, changes: Vec::new() }
}
