//! A result fails after its lot has left: the release is revoked in the same transaction.
//!
//! Promises: who asks first is told what follows; certificate or notice falls, its containers are
//! blocked, who must be told is listed, and every lot that shares something is held, or nothing
//! at all is recorded. What was supplied out of specification has no paper that could fall: it is
//! held, and its physicians are named, because they accepted the risks without knowing this.

use crate::domain::alert::AlertKind;
use crate::domain::certificate::SignatureRecord;
use crate::domain::container::{ContainerState, code};
use crate::domain::course::{Contact, Party, RevocationClass, Sister};
use crate::domain::deviation::DeviationKind;
use crate::domain::entry::in_minutes;
use crate::domain::event::{CourseEvent, Event, OversightEvent};
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::investigation::Failure;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::recall::{Day, parties, sister};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::domain::run::Run;
use crate::domain::spec::Specification;
use crate::domain::text::Remark;
use crate::store::View;

use super::{Desk, Error, set_up};

/// The most that is told in a reason or an alert, in characters.
const TOLD_CHARS_MAX: usize = 1900;

/// What fails after a lot has left.
pub(super) struct Late {
    failing: Vec<(RunNumber, Failure)>,
    /// The lot as it is with the run.
    lot: Lot,
}

/// What a run, recorded or corrected to this, means for a lot that has left; none where it means
/// nothing.
///
/// # Errors
/// A result fails and the person did not say that it is to be recorded all the same.
pub(super) fn weigh(
    desk: &mut Desk,
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    said: bool,
) -> Result<Option<Late>, Error> {
    if !(lot.is_out() || lot.is_supplied()) || !lot.details.stage.is_own() {
        return Ok(None);
    }
    let failing = lot.newly_failing(spec, run);
    if failing.is_empty() {
        return Ok(None);
    }
    let after = lot.with(run);
    if said || !lot.is_out() {
        return Ok(Some(Late { failing, lot: after }));
    }
    let consequences = consequences(desk, &after)?;
    let fails: Vec<String> = failing.iter().map(|(_, f)| format!("{} “{}”", f.name, f.value)).collect();
    let detail = format!(
        "This result fails: {}. {consequences} If it is what the raw data say, confirm it (late_result).",
        fails.join(", ")
    );
    Err(Refusal::new(Code::ConfirmFailing, detail).into())
}

/// What recording a failing result does to a lot that has left, in a sentence.
fn consequences(desk: &mut Desk, lot: &Lot) -> Result<String, Error> {
    let paper = lot.standing_paper().unwrap_or_default();
    let (tell, sisters) = concerned(desk, lot)?;
    let stock = (1..=lot.details.containers).filter(|n| lot.course.container_state(*n) == ContainerState::InStock);
    let held = match sisters.len() {
        0 => "no other lot shares anything with it".to_owned(),
        1 => "the one lot that shares something with it is held".to_owned(),
        several => format!("{several} lots that share something with it are held"),
    };
    Ok(format!(
        "Recording it revokes {paper} of lot {} at once and for good: {} of {} containers still in stock are blocked, {} \
         parties must be told, and {held}.",
        lot.number(),
        stock.count(),
        lot.details.containers,
        tell.len()
    ))
}

/// Who must be told of a revocation, and which lots share something with the revoked one.
pub(super) type Concerned = (Vec<Party>, Vec<Sister>);

/// Who must be told of a revocation of this lot, and which lots share something with it.
pub(super) fn concerned(desk: &mut Desk, lot: &Lot) -> Result<Concerned, Error> {
    let (zone, now) = (desk.app.site().zone.clone(), desk.now);
    concerned_at(&mut desk.view(), lot, &zone, now)
}

/// The same for whoever looks, at a moment.
pub(super) fn concerned_at(view: &mut View, lot: &Lot, zone: &str, now: Moment) -> Result<Concerned, Error> {
    let policy = view.policy()?;
    let day = day_of(lot.details.manufactured_at, zone);
    let candidates = view.sister_candidates(lot, day)?;
    let sisters = candidates.iter().filter_map(|other| sister(lot, other, day, now)).collect();
    Ok((parties(lot, &policy), sisters))
}

/// The day of a moment in the site's zone, from its beginning to the next.
fn day_of(at: Moment, zone: &str) -> Day {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::UTC);
    let day = at.utc().with_timezone(&zone).date_naive();
    // Where the clock skips midnight the day begins when it goes on.
    let begins = |day: Option<chrono::NaiveDate>| {
        let hours = (0..4).filter_map(|hour| day?.and_hms_opt(hour, 0, 0));
        hours.filter_map(|time| time.and_local_timezone(zone).earliest()).next()
    };
    match begins(Some(day)).zip(begins(day.succ_opt())) {
        Some((from, before)) => (Moment::new(from.to_utc()), Moment::new(before.to_utc())),
        None => (at, at.plus_hours(24)),
    }
}

/// Revokes the release because of what failed, or holds what was supplied.
pub(super) fn follow(desk: &mut Desk, run: RunNumber, late: &Late) -> Result<(), Error> {
    let lot = &late.lot;
    let told: Vec<String> = late
        .failing
        .iter()
        .map(|(number, f)| format!("{} “{}” of run #{number} fails ({})", f.name, f.value, f.because))
        .collect();
    if !lot.is_out() {
        return hold_supplied(desk, lot, &told.join("; "));
    }
    let system = set_up::system_actor();
    let who = desk.by.name.as_str().to_owned();
    let reason = format!("{}. Recorded by {who} after the lot had been released.", told.join("; "));
    let reason = cut("reason", &reason)?;
    let ground = Ground { class: RevocationClass::LateFailingResult, reason, run: Some(run), signature: None };
    let concerned = concerned(desk, lot)?;
    record_revocation(desk, &system, lot, ground, concerned)
}

/// Holds a lot that was supplied out of specification, and says who must know at once.
fn hold_supplied(desk: &mut Desk, lot: &Lot, failed: &str) -> Result<(), Error> {
    let mut physicians: Vec<String> = Vec::new();
    for supplied in &lot.course.supplies {
        let physician = &supplied.supply.physician;
        let named = format!("{} ({})", physician.name.as_str(), physician.reach.as_str());
        if !physicians.contains(&named) {
            physicians.push(named);
        }
    }
    let (number, physicians) = (lot.number(), physicians.join(", "));
    let alert = format!(
        "Lot {number} was supplied out of specification, and a further result fails. Tell at once: {physicians}. {failed}"
    );
    raise(desk, AlertKind::LateFailingResult, &[Role::Qa, Role::Qp, Role::Admin], number, &alert)?;
    let description = format!("{failed}. Recorded after containers had been supplied out of specification.");
    let impact = format!("The risks were accepted without knowing this. Tell at once: {physicians}.");
    hold(desk, number, &description, &impact)
}

/// Containers had left before the lot was revoked, and that was only recorded now: somebody more
/// must be told.
pub(super) fn warn_of_late_entry(
    desk: &mut Desk,
    lot: &Lot,
    containers: &[u32],
    to: &Contact,
    left_at: Moment,
) -> Result<(), Error> {
    let numbers: Vec<String> = containers.iter().map(|n| code(lot.number(), *n)).collect();
    let alert = format!(
        "{} of revoked lot {} had left on {} and was only recorded now. Tell at once: {} ({}).",
        numbers.join(", "),
        lot.number(),
        in_minutes(left_at),
        to.name.as_str(),
        to.reach.as_str()
    );
    raise(desk, AlertKind::Revocation, &[Role::Qa, Role::Qp, Role::Admin], lot.number(), &alert)
}

/// Why a release falls.
pub(super) struct Ground {
    pub class: RevocationClass,
    pub reason: Remark,
    pub run: Option<RunNumber>,
    pub signature: Option<SignatureRecord>,
}

/// Records that a release was revoked, holds the sister lots, and alerts.
pub(super) fn record_revocation(
    desk: &mut Desk,
    by: &Actor,
    lot: &Lot,
    ground: Ground,
    (tell, sisters): Concerned,
) -> Result<(), Error> {
    let number = lot.number();
    let Ground { class, reason, run, signature } = ground;
    let about = match class {
        RevocationClass::LateFailingResult => AlertKind::LateFailingResult,
        _ => AlertKind::Revocation,
    };
    let paper = lot.standing_paper().unwrap_or_default();
    let alert = format!(
        "Lot {number} was revoked, and {paper} with it: {class}. {} parties must be told at once, see \
         /lots/{number}/recall. {}",
        tell.len(),
        reason.as_str()
    );
    desk.record_as(
        by,
        Event::Course(CourseEvent::LotRevoked {
            lot: number.clone(),
            certificate: lot.standing_certificate().cloned(),
            notice: lot.course.conditional.as_ref().map(|step| step.notice.clone()),
            class,
            reason,
            run,
            tell,
            sisters: sisters.clone(),
            signature,
        }),
    )?;
    raise(desk, about, &[Role::Qa, Role::Qp, Role::Admin], number, &alert)?;
    for sister in &sisters {
        let shares = format!("Shares with lot {number}, which was revoked ({class}): {}.", sister.shares.join(", "));
        let impact = format!("What was wrong with {number} may be wrong here too. Assess it before anything leaves.");
        hold(desk, &sister.lot, &shares, &impact)?;
    }
    Ok(())
}

/// Stops a lot until QA has assessed it, and alerts QA and QP.
pub(super) fn hold(desk: &mut Desk, lot: &LotNumber, description: &str, impact: &str) -> Result<(), Error> {
    let (year, system) = (desk.now.year(), set_up::system_actor());
    let deviation = desk.view().next_deviation(year)?;
    let alert = format!("Lot {lot} is held, see {deviation}: {description}");
    let opened = Event::DeviationOpened {
        deviation,
        lot: lot.clone(),
        sort: DeviationKind::Hold,
        description: cut("description", description)?,
        impact: cut("impact", impact)?,
    };
    desk.record_as(&system, opened)?;
    raise(desk, AlertKind::SisterLot, &[Role::Qa, Role::Qp], lot, &alert)
}

fn raise(desk: &mut Desk, about: AlertKind, to: &[Role], lot: &LotNumber, detail: &str) -> Result<(), Error> {
    let detail = cut("detail", detail)?;
    let raised = OversightEvent::AlertRaised { about, to: to.to_vec(), lot: Some(lot.clone()), username: None, detail };
    desk.record_as(&set_up::system_actor(), Event::Oversight(raised))?;
    Ok(())
}

fn cut(field: &str, text: &str) -> Result<Remark, Refusal> {
    Remark::parse(field, &text.chars().take(TOLD_CHARS_MAX).collect::<String>())
}
