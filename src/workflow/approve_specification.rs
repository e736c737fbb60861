//! A QA officer who did not write on a draft approves it with an electronic signature.
//!
//! Promises: the signature covers exactly the draft that was decided on; no author approves; the
//! version is in force from a moment that was not in the past, and from then on never changes.

use serde::{Deserialize, Serialize};

use crate::domain::entry::in_minutes;
use crate::domain::event::Event;
use crate::domain::ids::ProductCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical;
use crate::store::VersionState;

use super::draft_specification::{check_not_retired, check_sound, no_draft};
use super::permit::{ApproveSpecification, Signed};
use super::release_lot::manifest;
use super::{App, Desk, Error};

/// What an approval means where the signer says nothing else.
pub const MEANING: &str = "I approve this specification for use";

/// How far in the past the moment may lie from which a version is in force: the time it takes to
/// fill in a form with "now".
const PAST_SECONDS_MAX: i64 = 60;

/// An approval as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalEntry {
    /// In force from, RFC 3339.
    pub effective_from: String,
    /// SHA-256 of the draft as it was shown; anything else is then refused.
    pub draft_sha256: Option<String>,
}

/// A version just approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The product.
    pub product: ProductCode,
    /// The version.
    pub version: u32,
    /// In force from.
    pub effective_from: Moment,
    /// SHA-256 of the draft that was signed.
    pub draft_sha256: String,
    /// SHA-256 of the approved document.
    pub sha256: String,
}

/// Approves a draft.
///
/// # Errors
/// It is no draft, the approver is one of its authors, it changed since it was shown, the lint
/// finds something, or the moment lies in the past.
pub fn approve_specification(
    app: &App,
    signed: &Signed<ApproveSpecification>,
    product: &ProductCode,
    version: u32,
    entry: &ApprovalEntry,
) -> Result<Approved, Error> {
    let effective_from = Moment::parse("effective_from", &entry.effective_from)?;
    let (product, seen) = (product.clone(), entry.draft_sha256.clone());
    let meaning = signed.meaning().as_str().to_owned();
    app.write_once(signed.actor(), signed.once(), move |desk| {
        approve(desk, product, version, effective_from, seen.as_deref(), &meaning)
    })
}

fn approve(
    desk: &mut Desk,
    product: ProductCode,
    version: u32,
    effective_from: Moment,
    seen: Option<&str>,
    meaning: &str,
) -> Result<Approved, Error> {
    let stored = desk.view().specification(&product, version)??;
    if stored.state != VersionState::Draft {
        return Err(no_draft(&product, version).into());
    }
    if stored.authors.iter().any(|author| author.username == desk.by.username) {
        let detail = format!(
            "You wrote on this draft of {product} version {version}. A QA officer who did not write on it approves it."
        );
        return Err(Refusal::new(Code::OwnWork, detail).into());
    }
    check_not_retired(&mut desk.view(), &product)?;
    if seen.is_some_and(|seen| seen != stored.sha256) {
        let detail = format!(
            "The draft of {product} version {version} was rewritten after it was shown to you. Nothing was signed; look at it \
             again."
        );
        return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
    }
    check_sound(&stored.specification)?;
    check_not_past(effective_from, desk.now)?;
    let approved = stored.specification.approved(effective_from);
    let sha256 = canonical::sha256_of(&approved).map_err(|e| Error::Internal(e.to_string()))?;
    let draft_sha256 = stored.sha256;
    let signature = manifest("approval", &desk.by, meaning, desk.now, draft_sha256.clone());
    desk.record(Event::SpecificationApproved {
        product: product.clone(),
        version,
        effective_from,
        draft_sha256: draft_sha256.clone(),
        sha256: sha256.clone(),
        signature,
    })?;
    Ok(Approved { product, version, effective_from, draft_sha256, sha256 })
}

/// A version in force since before its approval would have judged lots that nobody approved it for.
fn check_not_past(effective_from: Moment, now: Moment) -> Result<(), Refusal> {
    let late = (now.utc() - effective_from.utc()).num_seconds();
    if late <= PAST_SECONDS_MAX {
        return Ok(());
    }
    let detail = format!(
        "effective_from lies in the past ({}; now it is {}). A specification is in force from its approval at the earliest: give \
         the present moment or a later one.",
        in_minutes(effective_from),
        in_minutes(now)
    );
    Err(Refusal::field(Code::InvalidField, "effective_from", detail))
}
