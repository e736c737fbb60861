//! Facts as sentences a person reads: who did what, before and after, and why.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use super::shown;
use super::told;
use super::told_course;
use super::told_people;
use super::view::ledger::{Change, LedgerFact};
use super::view::parts::Link;
use crate::domain::blind::HIDDEN;
use crate::domain::event::Event;
use crate::domain::exact::shortened;
use crate::domain::ids::{AttributeCode, LotNumber, RunNumber};
use crate::domain::lineage;
use crate::domain::lot::LotDetails;
use crate::domain::role::Role;
use crate::domain::run::{Reading, RunContent};
use crate::domain::spec::{Specification, Stage};
use crate::domain::withheld::Hidden;
use crate::store::Entry;
use crate::web::places;

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

/// What stands in place of a refusal that may tell a hidden value.
const UNTOLD: &str = "Why is shown once the critical values of the lot were typed again.";

/// The names of attributes, from the specifications: facts hold their codes.
#[derive(Debug, Default)]
pub struct Names {
    names: BTreeMap<String, String>,
    hidden: Hidden,
}

impl Names {
    /// The names in these specifications.
    pub fn of<'s>(specifications: impl IntoIterator<Item = &'s Specification>) -> Self {
        let criteria = specifications.into_iter().flat_map(|s| &s.criteria);
        let names = criteria.map(|c| (c.attribute.to_string(), c.name.clone())).collect();
        Names { names, hidden: Hidden::default() }
    }

    /// The same, for somebody who does not see these values (docs/API.md, blind second entry).
    pub fn hiding(self, hidden: Hidden) -> Self {
        Names { hidden, ..self }
    }

    /// A reading with its unit, or what stands in its place.
    fn measured(&self, run: RunNumber, reading: &Reading) -> String {
        match self.value(run, &reading.attribute, &reading.value) {
            hidden if hidden == HIDDEN => hidden,
            value => shown::with_unit(&shortened(&value), reading.unit.as_deref()),
        }
    }

    /// A value of a run, or what stands in its place.
    pub(super) fn value(&self, run: RunNumber, attribute: &AttributeCode, value: &str) -> String {
        if self.hidden.has(run, attribute) { HIDDEN.to_owned() } else { value.to_owned() }
    }

    /// The sentence of a refusal, unless it may tell a hidden value.
    fn refusal(&self, lot: Option<&LotNumber>, code: &str, detail: &str) -> String {
        if self.hidden.is_told_by_refusal(lot, code) { UNTOLD.to_owned() } else { detail.to_owned() }
    }

    pub(super) fn name(&self, attribute: &AttributeCode) -> String {
        self.names.get(attribute.as_str()).cloned().unwrap_or_else(|| attribute.to_string())
    }
}

/// A fact as a sentence.
pub fn fact(entry: &Entry, zone: Tz, names: &Names) -> LedgerFact {
    let fact = &entry.fact;
    let mut told = tell(&fact.event, zone, names);
    if told.refused {
        told.reason = shown::local_times(&told.reason, zone);
    }
    let about = match (fact.event.lot(), &fact.event) {
        (Some(lot), Event::LotRegistered(details)) => Link::new(lot.to_string(), places::page(details.stage, lot)),
        // A bank's or a donor's number leads on from there to its own page.
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

fn tell(event: &Event, zone: Tz, names: &Names) -> Told {
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
        Event::LotRegistered(details) => registered(details).into(),
        Event::RunRecorded { run, content, .. } => recorded(*run, content, names),
        Event::RunCorrected { run, changes, .. } => corrected(*run, changes, names),
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
        Event::FileStored(file) => Told {
            sentence: format!(
                "stored the file {} ({}, {} bytes)",
                file.name.as_str(),
                file.media_type.word(),
                file.bytes
            ),
            reason: format!("SHA-256: {}", file.sha256),
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
        Event::Account(event) => told_people::tell(event, zone),
        Event::Course(event) => told_course::tell(event, zone),
        Event::Oversight(event) => told_course::of_oversight(event),
        Event::AttemptRefused { act, lot, run, code, detail } => {
            let detail = names.refusal(lot.as_ref(), code, detail);
            refused(act, lot.as_ref().map(|l| l.as_str()), run.map(|r| r.0), &detail)
        }
    }
}

fn registered(details: &LotDetails) -> String {
    let (number, noun) = (&details.lot, lineage::noun(details.stage));
    let specification = format!("{} specification version {}", details.product, details.specification_version);
    let containers = shown::counted(usize::try_from(details.containers).unwrap_or_default(), "container", "containers");
    let from = details.bank.as_ref().map(|bank| format!(", made from {bank}")).unwrap_or_default();
    match details.stage {
        Stage::Donor => format!("registered donor {number}: {specification}"),
        Stage::Bank => {
            let passage = details.passage.map(|p| format!(", passage {p}")).unwrap_or_default();
            let donor = &details.donor;
            let from = if from.is_empty() { format!(", made from donor {donor}") } else { from };
            format!("registered {noun} {number}{passage}{from}: {specification}, {containers}")
        }
        Stage::Harvest | Stage::Product => {
            format!("registered {noun} {number}: {specification}, donor {}{from}, {containers}", details.donor)
        }
    }
}

fn recorded(run: RunNumber, content: &RunContent, names: &Names) -> Told {
    let values: Vec<String> = content
        .readings
        .iter()
        .map(|r| format!("{} {}", names.name(&r.attribute), names.measured(run, r)))
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

fn corrected(run: RunNumber, changes: &[crate::domain::run::Change], names: &Names) -> Told {
    let change = |c: &crate::domain::run::Change| Change {
        what: names.name(&c.attribute),
        before: names.value(run, &c.attribute, &c.before),
        after: names.value(run, &c.attribute, &c.after),
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
    let about_nothing = lot.is_none();
    let lot = lot.map_or_else(|| "a lot".to_owned(), |lot| format!("lot {lot}"));
    let tried = match (act, run) {
        ("release", _) => format!("tried to release {lot}"),
        ("rejection", _) => format!("tried to reject {lot}"),
        ("verification", Some(run)) => format!("tried to verify run #{run} of {lot}"),
        ("invalidation", Some(run)) => format!("tried to declare run #{run} of {lot} invalid"),
        ("investigation", _) => format!("tried to take a step of an investigation of {lot}"),
        ("own_account", _) => "could not prove who they are, to unlock a page or change the own account".to_owned(),
        ("deviation", _) => format!("tried to close a deviation or hold of {lot}"),
        (act, _) if about_nothing => format!("tried to sign ({})", act.replace('_', " ")),
        (act, _) => format!("tried {} of {lot}", act.replace('_', " ")),
    };
    Told { sentence: tried, reason: detail.to_owned(), refused: true, changes: Vec::new() }
}
