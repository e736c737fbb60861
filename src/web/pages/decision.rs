//! The decision box of a lot: what blocks, what would be signed, or what was decided.

use super::course::waits_for;
use super::lot::{Loaded, Said};
use super::lot_head;
use super::shown;
use super::view::lot::{Blocker, Certified, Decision, RejectForm, ReleaseForm};
use super::view::marks;
use super::view::marks::Signature;
use super::view::parts::{Choice, Fact, Link};
use super::visit::Visit;
use crate::domain::assessment::{self, Assessment, Status};
use crate::domain::certificate::Dossier;
use crate::domain::lineage::tested_on;
use crate::domain::lot;
use crate::domain::role::Role;
use crate::domain::sign_offs::Step;
use crate::domain::spec::Stage;
use crate::workflow::Error;
use crate::workflow::release_lot::to_be_signed;

/// What a QA officer's release can mean.
const MEANINGS: [&str; 2] = [
    "I certify that this lot was made and checked under GMP and meets its specification",
    "I certify that this lot was made and checked under GMP and meets its specification for use in clinical trials",
];

/// Everything the box is made of.
pub struct Deciding<'a> {
    /// Who looks.
    pub visit: &'a Visit,
    /// The lot with its documents.
    pub loaded: &'a Loaded,
    /// How it stands.
    pub assessment: &'a Assessment<'a>,
    /// How it stands as the reader sees it.
    pub seen: &'a Assessment<'a>,
    /// What was said in the box, if it comes back.
    pub said: &'a Said,
}

/// The box.
///
/// # Errors
/// A failure of ours: a dossier always has canonical JSON.
pub fn decision(d: &Deciding) -> Result<Decision, Error> {
    let (lot, spec) = (&d.loaded.lot, &d.loaded.spec);
    if let (Some(revocation), Some(_)) = (&lot.course.revocation, &lot.decision) {
        return Ok(Decision::Revoked {
            signature: Signature {
                meaning: format!("Revoked: {}", revocation.class),
                full_name: revocation.by.name.as_str().to_owned(),
                username: revocation.by.username.to_string(),
                role: String::new(),
                at: shown::moment(revocation.at, d.visit),
            },
            reason: revocation.reason.as_str().to_owned(),
            certified: certified(d),
        });
    }
    match &lot.decision {
        Some(lot::Decision::Released { .. }) => return Ok(Decision::Released(certified(d))),
        Some(lot::Decision::Rejected { reason, .. }) => {
            let signature = d.loaded.signature.as_ref().map(|s| shown::signature(s, d.visit.zone)).unwrap_or_default();
            return Ok(Decision::Rejected { signature, reason: reason.clone(), ledger: decision_fact(d) });
        }
        None => {}
    }
    if !lot.details.stage.is_own() {
        let blockers: Vec<Blocker> = d.assessment.blockers.iter().map(|b| blocker(d, b)).collect();
        return Ok(Decision::Source { blockers, summary: lot_head::standing(d.assessment, d.loaded) });
    }
    if let Some(ended) = ended(lot) {
        return Ok(ended);
    }
    let (dossier, dossier_sha256) = to_be_signed(lot, spec, d.assessment)?;
    // What was conditionally released is not rejected but revoked.
    let reject = if lot.course.conditional.is_none() { reject_form(d, &dossier_sha256)? } else { None };
    if d.assessment.status == Status::Expired {
        return Ok(Decision::Expired { at: shown::moment(lot.details.expires_at, d.visit), reject });
    }
    let complete = d.assessment.status == Status::ConditionallyReleased && d.assessment.blockers.is_empty();
    if d.assessment.status == Status::Ready || complete {
        let why = why_not(d);
        let release = if why.is_empty() { Some(release_form(d)?) } else { None };
        let summary = format!("all {} pass", shown::counted(d.assessment.items.len(), "criterion", "criteria"));
        return Ok(Decision::Ready { summary, signed: signed(&dossier), dossier_sha256, release, why, reject });
    }
    Ok(Decision::Blocked {
        blockers: d.seen.blockers.iter().map(|b| blocker(d, b)).collect(),
        why: "Release is off while anything above is open. Nobody can override this.".into(),
        reject,
    })
}

/// What became of a lot that nobody released or rejected and nobody will.
fn ended(lot: &lot::Lot) -> Option<Decision> {
    let more = |label: &str, page: &str| Link::new(label, format!("/lots/{}/{page}", lot.number()));
    match (&lot.course.revocation, lot.course.supplies.last()) {
        (Some(revocation), _) => Some(Decision::Ended {
            mark: "revoked",
            title: "Withdrawn after step 1: do not use".into(),
            reason: revocation.reason.as_str().to_owned(),
            more: more("Recall: who must be told, where each container is", "recall"),
        }),
        (None, Some(supplied)) => Some(Decision::Ended {
            mark: "supplied_out_of_specification",
            title: "Supplied out of specification: never released".into(),
            reason: format!(
                "At the request of {}: {}",
                supplied.supply.physician.name.as_str(),
                supplied.supply.hazard.as_str()
            ),
            more: more("What the supply rests on", "supply"),
        }),
        (None, None) => None,
    }
}

/// Why the reader cannot sign the release; empty when they can.
fn why_not(d: &Deciding) -> String {
    if d.loaded.course.next != Some(Step::Release) {
        return waits_for(&d.loaded.course);
    }
    if !d.visit.is(Role::Qa) {
        return "A QA officer signs the release.".into();
    }
    d.loaded
        .lot
        .check_release(&d.visit.actor(Role::Qa))
        .err()
        .map(|refusal| shown::local_times(&refusal.detail, d.visit.zone))
        .unwrap_or_default()
}

fn release_form(d: &Deciding) -> Result<ReleaseForm, Error> {
    Ok(ReleaseForm {
        meanings: MEANINGS.iter().map(|meaning| Choice::of(*meaning, d.said.meaning == *meaning)).collect(),
        meaning_problem: d.said.refused.on("meaning"),
        password_problem: d.said.refused.on("release-password"),
        idempotency_key: d.visit.key()?,
        seen_through: d.loaded.lot.changed_through(),
    })
}

fn reject_form(d: &Deciding, dossier_sha256: &str) -> Result<Option<RejectForm>, Error> {
    if !d.visit.is(Role::Qa) {
        return Ok(None);
    }
    Ok(Some(RejectForm {
        dossier_sha256: dossier_sha256.to_owned(),
        reason: d.said.refused.field("reject-reason", d.said.reason.as_str()),
        password_problem: d.said.refused.on("reject-password"),
        idempotency_key: d.visit.key()?,
    }))
}

/// What is signed, line by line.
pub fn signed(dossier: &Dossier) -> Vec<Fact> {
    let changed = match dossier.changes.as_slice() {
        [] => "nothing".to_owned(),
        changes => {
            let lines: Vec<String> = changes
                .iter()
                .map(|c| format!("{} {} → {} in run #{}", c.attribute, c.before, c.after, c.run))
                .collect();
            lines.join("; ")
        }
    };
    let containers = shown::counted(usize::try_from(dossier.containers).unwrap_or_default(), "container", "containers");
    let example = if dossier.specification.example { ", EXAMPLE" } else { "" };
    vec![
        Fact::new("Lot", format!("{}, {}, donor {}, {containers}", dossier.lot, dossier.product, dossier.donor)),
        Fact::new("Specification", format!("version {}{example}", dossier.specification.version)),
        Fact::new(
            "Results",
            format!(
                "{} from {}, each verified by a second person",
                shown::counted(dossier.results.len(), "result", "results"),
                shown::counted(dossier.runs.len(), "run", "runs")
            ),
        ),
        Fact::new("Changed after first entry", changed),
    ]
}

fn blocker(d: &Deciding, blocker: &assessment::Blocker) -> Blocker {
    let mark = match blocker.code {
        "failed" => marks::Outcome::Fail,
        "indeterminate" => marks::Outcome::Indeterminate,
        "invalid" => marks::Outcome::Invalid,
        "missing" => marks::Outcome::Missing,
        "unverified" => marks::Outcome::Unverified,
        "pending" => marks::Outcome::Pending,
        _ => marks::Outcome::Fail,
    };
    let lot = &d.loaded.lot;
    let may_record = d.visit.is(Role::Analyst) && !lot.was_verified_by(&d.visit.actor(Role::Analyst));
    let investigation = lot.investigations.iter().find(|i| blocker.detail.contains(i.number.as_str()));
    let deviation = lot.deviations.iter().find(|d| blocker.detail.contains(d.number.as_str()));
    let href = match (&blocker.assay, blocker.run) {
        _ if matches!(blocker.code, "investigation" | "out_of_specification") => {
            investigation.map(|i| format!("/investigations/{}", i.number)).unwrap_or_default()
        }
        _ if blocker.code == "deviation" => deviation.map(|d| format!("/deviations/{}", d.number)).unwrap_or_default(),
        (Some(assay), _) if may_record => format!("/lots/{}/runs/new?assay={assay}", lot.number()),
        (Some(_), _) => String::new(),
        (None, Some(run)) if blocker.code == "unverified" => format!("/runs/{run}#check"),
        (None, Some(run)) => format!("/runs/{run}"),
        (None, None) if blocker.code == "missing" => recorded_at(d, blocker),
        (None, None) => String::new(),
    };
    Blocker {
        outcome: mark,
        sentence: shown::local_times(&blocker.detail, d.visit.zone),
        who: blocker.who.clone(),
        earliest: blocker.earliest.map(|at| shown::moment(at, d.visit)),
        href,
    }
}

/// The page of the bank or donor on which the missing results are recorded.
fn recorded_at(d: &Deciding, blocker: &assessment::Blocker) -> String {
    let criterion = blocker.attributes.first().and_then(|a| d.loaded.spec.specification.criterion(a));
    match criterion.and_then(|c| tested_on(&d.loaded.lot, c)) {
        Some(("donor", _)) if d.loaded.lot.sources.iter().all(|s| s.lot.details.stage != Stage::Donor) => {
            "/donors/new".into()
        }
        Some((noun, number)) => format!("/{noun}s/{number}"),
        None => String::new(),
    }
}

fn certified(d: &Deciding) -> Certified {
    let number = d.loaded.issued.as_ref().map(|i| i.number.to_string()).unwrap_or_default();
    Certified {
        verify_url: format!("{}/verify/{number}", d.visit.app.public_url()),
        signature: d.loaded.signature.as_ref().map(|s| shown::signature(s, d.visit.zone)).unwrap_or_default(),
        record_sha256: d.loaded.issued.as_ref().map(|i| i.record_sha256.clone()).unwrap_or_default(),
        pdf_sha256: d.loaded.issued.as_ref().map(|i| i.pdf_sha256.clone()).unwrap_or_default(),
        ledger: decision_fact(d),
        number,
    }
}

/// The fact of the decision, which is among the lot's newest.
fn decision_fact(d: &Deciding) -> Link {
    use crate::domain::event::Event;
    let decided =
        |e: &&crate::store::Entry| matches!(e.fact.event, Event::LotReleased { .. } | Event::LotRejected { .. });
    let entry = d.loaded.facts.iter().find(decided).map(|e| e.number);
    let entry = entry.or_else(|| d.loaded.issued.as_ref().map(|i| i.entry));
    entry.map_or_else(Link::default, |number| {
        Link::new(number.to_string(), format!("/ledger?lot={}#f{number}", d.loaded.lot.number()))
    })
}
