//! The steps of a lot's route to a decision: which were signed, which still count, which is next,
//! and who may take it.
//!
//! Promises: a sign-off counts only while nothing has changed since it; on the long route five
//! different people have a hand in a certified lot, counted by person and not by role, and nobody
//! who ever signed one of its steps signs another.

use super::course::SignOff;
use super::entry::in_minutes;
use super::lineage::{check_is_lot, noun};
use super::lot::Lot;
use super::refusal::{Code, Refusal};
use super::role::{Actor, Person, Role};
use super::site_policy::{Route, SitePolicy};

/// A signed step on the way to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Quality control approves the results.
    QcApproval,
    /// Quality assurance reviews what changed since entry.
    AuditReview,
    /// Quality assurance releases: the last step of the short route.
    Release,
    /// The qualified person certifies: the last step of the long route.
    Certification,
    /// Step 1 of a two-step release, before the last results are in.
    ConditionalRelease,
}

impl Step {
    /// The step in the API, and the act of its signature.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::QcApproval => "qc_approval",
            Step::AuditReview => "audit_review",
            Step::Release => "release",
            Step::Certification => "qp_certification",
            Step::ConditionalRelease => "conditional_release",
        }
    }

    /// The step in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Step::QcApproval => "QC approval",
            Step::AuditReview => "audit-trail review",
            Step::Release => "release",
            Step::Certification => "QP certification",
            Step::ConditionalRelease => "conditional release (step 1)",
        }
    }

    /// Whose step it is on a route.
    pub fn role(self, route: Route) -> Role {
        match (self, route) {
            (Step::QcApproval, _) => Role::Qc,
            (Step::AuditReview | Step::Release, _) => Role::Qa,
            (Step::Certification, _) | (Step::ConditionalRelease, Route::VerifyQcQaQp) => Role::Qp,
            (Step::ConditionalRelease, Route::VerifyRelease) => Role::Qa,
        }
    }
}

/// How a sign-off stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Nobody has signed.
    Missing,
    /// Signed, and nothing has changed since.
    Signed(&'a SignOff),
    /// Signed, and changed since: it counts as unsigned.
    Stale(&'a SignOff),
}

impl<'a> Standing<'a> {
    /// The sign-off that counts.
    pub fn signed(self) -> Option<&'a SignOff> {
        match self {
            Standing::Signed(sign_off) => Some(sign_off),
            Standing::Missing | Standing::Stale(_) => None,
        }
    }
}

/// How the sign-off of a step stands; the last step has none.
pub fn standing(lot: &Lot, step: Step) -> Standing<'_> {
    let sign_off = match step {
        Step::QcApproval => lot.course.qc_approval.as_ref(),
        Step::AuditReview => lot.course.audit_review.as_ref(),
        Step::Release | Step::Certification | Step::ConditionalRelease => None,
    };
    match sign_off {
        None => Standing::Missing,
        Some(sign_off) if sign_off.through < lot.changed_through() => Standing::Stale(sign_off),
        Some(sign_off) => Standing::Signed(sign_off),
    }
}

/// The steps of the route that the site has chosen, in order.
pub fn steps(policy: &SitePolicy) -> &'static [Step] {
    match (policy.release_route, policy.audit_review_required) {
        (Route::VerifyQcQaQp, _) => &[Step::QcApproval, Step::AuditReview, Step::Certification],
        (Route::VerifyRelease, true) => &[Step::AuditReview, Step::Release],
        (Route::VerifyRelease, false) => &[Step::Release],
    }
}

/// The next step of a lot whose results allow one; at step 1 of a two-step release the last one
/// is the conditional release.
pub fn next(lot: &Lot, policy: &SitePolicy, step_one: bool) -> Step {
    let open = steps(policy).iter().copied().find(|step| standing(lot, *step).signed().is_none());
    match open {
        Some(Step::Release | Step::Certification) if step_one => Step::ConditionalRelease,
        Some(step) => step,
        None => Step::Release,
    }
}

/// Refuses a step that is not on the site's route.
///
/// # Errors
/// The other route is in force.
pub fn check_route(policy: &SitePolicy, step: Step) -> Result<(), Refusal> {
    let instead = match (step, policy.release_route) {
        (Step::Release, Route::VerifyQcQaQp) => "A qualified person certifies it (qp-certification).",
        (Step::QcApproval, Route::VerifyRelease) => "No QC approval is asked for; a QA officer releases it (release).",
        (Step::Certification, Route::VerifyRelease) => "A QA officer releases it (release).",
        _ => return Ok(()),
    };
    let detail = format!("The site's policy leads to a decision by {}. {instead}", policy.release_route);
    Err(Refusal::new(Code::WrongRoute, detail))
}

/// Refuses any step on what was decided, revoked or supplied, and on what is no lot.
///
/// # Errors
/// What was decided, by whom and when.
pub fn check_undecided(lot: &Lot) -> Result<(), Refusal> {
    lot.check_open()?;
    check_is_lot(lot)?;
    let number = lot.number();
    let detail = match (&lot.course.revocation, lot.course.supplies.last()) {
        (Some(revocation), _) => format!(
            "The release of lot {number} was revoked by {} on {}. A revoked lot stays revoked.",
            revocation.by.name.as_str(),
            in_minutes(revocation.at)
        ),
        (None, Some(supplied)) => format!(
            "Lot {number} was supplied out of specification on {}. It is never released.",
            in_minutes(supplied.at)
        ),
        (None, None) => return Ok(()),
    };
    Err(Refusal::new(Code::LotClosed, detail))
}

/// Refuses whoever entered or verified data of the lot or of what it was made from. `deed` ends
/// the sentence: `approve its results`.
///
/// # Errors
/// The person had a hand in it.
pub fn check_hands(lot: &Lot, by: &Actor, deed: &str) -> Result<(), Refusal> {
    for of in std::iter::once(lot).chain(lot.sources.iter().map(|s| &s.lot)) {
        let did = match (of.was_entered_by(by), of.was_verified_by(by)) {
            (true, _) => "entered",
            (false, true) => "verified",
            (false, false) => continue,
        };
        let detail =
            format!("You {did} data of {} {}, so somebody else must {deed}.", noun(of.details.stage), of.number());
        return Err(Refusal::new(Code::OwnWork, detail));
    }
    Ok(())
}

/// Refuses whoever signed another step of the long route, whether it still counts or not: its
/// steps are different people's work, whatever roles one person holds. Both steps of a two-step
/// release are the qualified person's.
///
/// # Errors
/// The person signed another step.
pub fn check_distinct(lot: &Lot, policy: &SitePolicy, step: Step, by: &Actor) -> Result<(), Refusal> {
    if policy.release_route != Route::VerifyQcQaQp {
        return Ok(());
    }
    for other in [Step::QcApproval, Step::AuditReview, Step::ConditionalRelease].into_iter().filter(|o| *o != step) {
        if other == Step::ConditionalRelease && step == Step::Certification {
            continue;
        }
        if signers(lot, other).any(|who| who.username == by.username) {
            let detail = format!(
                "You signed the {} of lot {}, so the {} is another person's step: this route takes five people.",
                other.in_words(),
                lot.number(),
                step.in_words()
            );
            return Err(Refusal::new(Code::OwnWork, detail));
        }
    }
    Ok(())
}

/// Everybody who ever signed a step of a lot, of those that come before the last.
fn signers(lot: &Lot, step: Step) -> impl Iterator<Item = &Person> {
    let course = &lot.course;
    let (newest, former) = match step {
        Step::QcApproval => (course.qc_approval.as_ref().map(|s| &s.by), course.former_qc_approvals.as_slice()),
        Step::AuditReview => (course.audit_review.as_ref().map(|s| &s.by), course.former_audit_reviews.as_slice()),
        Step::ConditionalRelease => (course.conditional.as_ref().map(|s| &s.by), [].as_slice()),
        Step::Release | Step::Certification => (None, [].as_slice()),
    };
    newest.into_iter().chain(former)
}

/// Refuses a step whose earlier steps are not signed or do not count any more.
/// `dossier_sha256` is the hash of the lot's dossier now, which a QC approval must have covered.
///
/// # Errors
/// The first step that is missing, with whose it is.
pub fn check_before(lot: &Lot, policy: &SitePolicy, step: Step, dossier_sha256: &str) -> Result<(), Refusal> {
    let last = |s: &Step| matches!(s, Step::Release | Step::Certification);
    let before = steps(policy).iter().copied().take_while(|s| *s != step && !last(s));
    for earlier in before {
        let number = lot.number();
        let whose = earlier.role(policy.release_route).with_article();
        let detail = match standing(lot, earlier) {
            Standing::Signed(sign_off)
                if earlier != Step::QcApproval || sign_off.signature.signed_sha256 == dossier_sha256 =>
            {
                continue;
            }
            Standing::Missing => {
                format!("Lot {number} waits for its {}: {whose} signs it first.", earlier.in_words())
            }
            Standing::Signed(sign_off) | Standing::Stale(sign_off) => format!(
                "The {} of lot {number} by {} no longer counts: the lot changed since. It is unsigned; {whose} signs it again.",
                earlier.in_words(),
                sign_off.by.name.as_str()
            ),
        };
        return Err(Refusal::new(Code::NotReleasable, detail));
    }
    Ok(())
}

/// True where a certificate of this number still stands for the lot; otherwise why it does not.
///
/// # Errors
/// It was revoked or replaced.
pub fn check_standing(lot: &Lot, certificate: &super::ids::CertificateNumber) -> Result<(), Refusal> {
    let detail = match (&lot.course.revocation, lot.standing_certificate()) {
        (Some(revocation), _) => format!(
            "Certificate {certificate} was revoked on {}: {}. A revoked certificate is not replaced.",
            in_minutes(revocation.at),
            revocation.class
        ),
        (None, Some(standing)) if standing == certificate => return Ok(()),
        (None, Some(standing)) => {
            format!("Certificate {certificate} was replaced; {standing} is the one that stands. Replace that one.")
        }
        (None, None) => format!("Lot {} has no certificate that stands.", lot.number()),
    };
    Err(Refusal::new(Code::NotStanding, detail))
}
