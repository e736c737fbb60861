//! A release is revoked by a person's signature.
//!
//! Promises: certificate or conditional notice falls for good, containers are blocked, who must be
//! told is listed and sister lots are held, in one transaction; what is signed is all of that.

use serde::{Deserialize, Serialize};

use crate::domain::course::{Party, RevocationClass, Sister};
use crate::domain::entry::in_minutes;
use crate::domain::ids::LotNumber;
use crate::domain::lineage::check_is_lot;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical;

use super::investigate::remark;
use super::late_result::{Concerned, Ground, concerned, concerned_at, record_revocation};
use super::permit::{RevokeRelease, Signed, Subject, recording_refusals};
use super::release_lot::manifest;
use super::{App, Desk, Error};

/// What a revocation means where nothing else is said.
pub const MEANING: &str = "I revoke the release of this lot";

/// A revocation as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationEntry {
    /// `late_failing_result`, `quality_defect`, `wrong_release` or `authority_request`.
    pub class: String,
    /// Why.
    pub reason: String,
    /// SHA-256 of what the revocation brings with it as it was shown ([`at_stake`]).
    #[serde(default)]
    pub seen_sha256: Option<String>,
}

/// What a revocation would bring with it now.
#[derive(Debug, Clone)]
pub struct AtStake {
    /// Who must be told.
    pub tell: Vec<Party>,
    /// Which lots share something with it and are held.
    pub sisters: Vec<Sister>,
    /// SHA-256 of the lot's number, the paper that falls, and both lists.
    pub sha256: String,
}

/// A release just revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// The lot.
    pub lot: LotNumber,
    /// When.
    pub at: Moment,
}

/// Revokes the release of a lot.
///
/// # Errors
/// There is no release to revoke, it was revoked already, what it brings with it changed since it
/// was shown, or a field cannot be accepted.
pub fn revoke_release(
    app: &App,
    signed: &Signed<RevokeRelease>,
    number: &LotNumber,
    entry: &RevocationEntry,
) -> Result<Revoked, Error> {
    let (number, entry, meaning) = (number.clone(), entry.clone(), signed.meaning().as_str().to_owned());
    let subject = Subject { lot: Some(number.clone()), run: None };
    let outcome = app.write_once(signed.actor(), signed.once(), move |desk| revoke(desk, &number, &entry, &meaning));
    recording_refusals::<RevokeRelease, _>(app, signed.actor(), &subject, outcome)
}

fn revoke(desk: &mut Desk, number: &LotNumber, entry: &RevocationEntry, meaning: &str) -> Result<Revoked, Error> {
    let (lot, _) = desk.lot(number)?;
    check_is_lot(&lot)?;
    check_revocable(&lot)?;
    let class = RevocationClass::ALL.into_iter().find(|c| c.as_str() == entry.class.trim()).ok_or_else(|| {
        let names: Vec<&str> = RevocationClass::ALL.iter().map(|c| c.as_str()).collect();
        Refusal::field(Code::InvalidField, "class", format!("Say of what sort the reason is: {}.", names.join(", ")))
    })?;
    let reason = remark("reason", &entry.reason)?;
    let concerned = concerned(desk, &lot)?;
    check_shown(&lot, entry.seen_sha256.as_deref(), &concerned)?;
    let covered = (number, lot.standing_paper(), class, &reason, &concerned);
    let sha256 = canonical::sha256_of(&covered).map_err(|e| Error::Internal(e.to_string()))?;
    let signature = Some(manifest("revocation", &desk.by, meaning, desk.now, sha256));
    let by = desk.by.clone();
    record_revocation(desk, &by, &lot, Ground { class, reason, run: None, signature }, concerned)?;
    Ok(Revoked { lot: number.clone(), at: desk.now })
}

/// What revoking a lot would bring with it, for whoever is about to sign it.
///
/// # Errors
/// Storage fails.
pub fn at_stake(app: &App, lot: &Lot) -> Result<AtStake, Error> {
    let concerned = app.read(|view| concerned_at(view, lot, &app.site().zone, app.now()))?;
    let sha256 = hash(lot, &concerned)?;
    let (tell, sisters) = concerned;
    Ok(AtStake { tell, sisters, sha256 })
}

fn hash(lot: &Lot, concerned: &Concerned) -> Result<String, Error> {
    let shown = (lot.number(), lot.standing_paper(), concerned);
    canonical::sha256_of(&shown).map_err(|e| Error::Internal(e.to_string()))
}

/// Refuses to sign what brings something else with it than was shown.
fn check_shown(lot: &Lot, seen: Option<&str>, concerned: &Concerned) -> Result<(), Error> {
    let now = hash(lot, concerned)?;
    if seen.is_none_or(|seen| seen == now) {
        return Ok(());
    }
    let (tell, sisters) = concerned;
    let share = match sisters.len() {
        0 => "no other lot shares anything with it".to_owned(),
        1 => "one lot shares something with it".to_owned(),
        several => format!("{several} lots share something with it"),
    };
    let detail = format!(
        "What revoking lot {} brings with it changed after it was shown to you: {} parties must be told now, and {share}. \
         Nothing was signed; look at it again.",
        lot.number(),
        tell.len()
    );
    Err(Refusal::new(Code::ChangedSinceSeen, detail).into())
}

/// Whether there is a release to revoke.
///
/// # Errors
/// There is none, or it was revoked already.
pub fn check_revocable(lot: &Lot) -> Result<(), Refusal> {
    let number = lot.number();
    if let Some(revocation) = &lot.course.revocation {
        let (who, when) = (revocation.by.name.as_str(), in_minutes(revocation.at));
        let detail = format!("Lot {number} was revoked by {who} on {when}. That is never taken back.");
        return Err(Refusal::new(Code::AlreadyRevoked, detail));
    }
    if lot.is_out() {
        return Ok(());
    }
    let detail = format!(
        "Lot {number} has no certificate or conditional notice that stands, so there is nothing to revoke. Put it on hold, \
         or reject it."
    );
    Err(Refusal::new(Code::NotStanding, detail))
}
