//! What becomes of a lot on which a result fails after it has left: what it still takes, and
//! what a new or corrected run makes fail.
//!
//! Promises: a failing result is taken even where the lot is released or revoked, or rejected and
//! supplied all the same, because nothing that speaks against what somebody was given may get lost;
//! nothing else is; a revoked lot stays open for finding out what happened and for nothing more.

use super::ids::RunNumber;
use super::investigation::Failure;
use super::lot::{Decision, Lot};
use super::refusal::{Code, Refusal};
use super::role::Actor;
use super::run::{Run, RunContent};
use super::spec::Specification;

impl Lot {
    /// True where the lot has left or may leave: its certificate or conditional notice stands.
    pub fn is_out(&self) -> bool {
        self.standing_certificate().is_some() || self.standing_notice().is_some()
    }

    /// True where the lot was supplied out of specification.
    pub fn is_supplied(&self) -> bool {
        !self.course.supplies.is_empty()
    }

    /// The paper under which the lot may leave: its certificate, or else its conditional notice.
    pub fn standing_paper(&self) -> Option<String> {
        let certificate = self.standing_certificate().map(ToString::to_string);
        certificate.or_else(|| self.standing_notice().map(ToString::to_string))
    }

    /// Refuses to verify, investigate or resolve on a lot that is decided; on a revoked one, and on
    /// one that was rejected and supplied, that is what remains to be done.
    ///
    /// # Errors
    /// Released or rejected, with who and when.
    pub fn check_examinable(&self) -> Result<(), Refusal> {
        let open = self.course.revocation.is_some() || (self.is_rejected() && self.is_supplied());
        if open { Ok(()) } else { self.check_open() }
    }

    fn is_rejected(&self) -> bool {
        matches!(self.decision, Some(Decision::Rejected { .. }))
    }

    /// Whether a form for results is offered to this person, before anything is typed.
    ///
    /// # Errors
    /// The lot was rejected, or the person verified something of it.
    pub fn check_offer(&self, by: &Actor) -> Result<(), Refusal> {
        if !self.takes_only_failures() {
            self.check_open()?;
        }
        self.check_may_enter(by)
    }

    /// Whether the form that corrects a run is offered to this person, before anything is typed.
    ///
    /// # Errors
    /// The lot was rejected, the person verified something of it, or nothing of the run changes any
    /// more.
    pub fn check_offer_correction(&self, spec: &Specification, run: &Run, by: &Actor) -> Result<(), Refusal> {
        self.check_offer(by)?;
        self.check_changeable(spec, run)
    }

    /// Whether anything of a run can change: it is not invalid, and not under investigation.
    pub(super) fn check_changeable(&self, spec: &Specification, run: &Run) -> Result<(), Refusal> {
        if let Some(invalidation) = &run.aftermath.invalidation {
            let who = invalidation.by.name.as_str();
            let detail = format!("Run #{} was invalidated by {who}. Nothing of it is changed any more.", run.number);
            return Err(Refusal::new(Code::AlreadyInvalid, detail));
        }
        self.check_correctable(spec, run)
    }

    /// Refuses to release what was supplied out of specification.
    pub(super) fn check_not_supplied(&self) -> Result<(), Refusal> {
        if !self.is_supplied() {
            return Ok(());
        }
        let detail = format!(
            "Lot {} was supplied out of specification at a physician's request. That is no release, and none follows it.",
            self.number()
        );
        Err(Refusal::new(Code::NotReleasable, detail))
    }

    /// Whether the lot can be rejected, apart from who signs.
    ///
    /// # Errors
    /// It is decided, or released conditionally: that is revoked.
    pub fn check_reject(&self) -> Result<(), Refusal> {
        self.check_open()?;
        self.standing_notice().map_or(Ok(()), |notice| {
            let detail = format!(
                "Lot {} was released conditionally with {notice}, so it may have been used. Revoke it: that rejects it, and \
                 says who must be told.",
                self.number()
            );
            Err(Refusal::new(Code::LotClosed, detail))
        })
    }

    /// True where only a failing result is still recorded: the lot is released or was revoked, or
    /// was rejected and supplied all the same.
    pub fn takes_only_failures(&self) -> bool {
        self.course.revocation.is_some()
            || matches!(self.decision, Some(Decision::Released { .. }))
            || (self.is_rejected() && self.is_supplied())
    }

    /// Whether a run of this content is taken at all.
    ///
    /// # Errors
    /// The lot is decided and nothing in the run fails.
    pub(super) fn check_takes(&self, spec: &Specification, content: &RunContent, by: &Actor) -> Result<(), Refusal> {
        let Err(closed) = self.check_open() else { return Ok(()) };
        if !self.takes_only_failures() {
            return Err(closed);
        }
        let of_inquiry = self.course.revocation.is_some() && content.investigation.is_some();
        let run = Run::new(RunNumber(0), self.number().clone(), content.clone(), by.person(), content.tested_at);
        if of_inquiry || !self.newly_failing(spec, &run).is_empty() {
            return Ok(());
        }
        let detail = format!("{} Only a result that fails is still recorded for it.", closed.detail);
        Err(Refusal::new(Code::LotClosed, detail))
    }

    /// Whether a correction of a run to this is taken at all.
    ///
    /// # Errors
    /// The lot is decided and the correction makes nothing fail.
    pub(super) fn check_takes_correction(
        &self,
        spec: &Specification,
        run: &Run,
        corrected: &RunContent,
    ) -> Result<(), Refusal> {
        let Err(closed) = self.check_open() else { return Ok(()) };
        if self.course.revocation.is_some() {
            return Ok(());
        }
        let run = Run { content: corrected.clone(), ..run.clone() };
        if self.takes_only_failures() && !self.newly_failing(spec, &run).is_empty() { Ok(()) } else { Err(closed) }
    }

    /// What fails a required criterion once this run is recorded or corrected, and did not before:
    /// also a value of another run whose criterion applies only then, because the passage is
    /// another.
    pub fn newly_failing(&self, spec: &Specification, run: &Run) -> Vec<(RunNumber, Failure)> {
        let after = self.with(run);
        let before = self.all_failures(spec);
        let mut all = after.all_failures(spec);
        all.retain(|(number, failure)| !before.iter().any(|(n, f)| n == number && f.attribute == failure.attribute));
        all
    }

    /// The lot with this run in it, recorded or corrected.
    pub fn with(&self, run: &Run) -> Lot {
        let mut after = self.clone();
        match after.runs.iter_mut().find(|r| r.number == run.number) {
            Some(there) => *there = run.clone(),
            None => after.runs.push(run.clone()),
        }
        after
    }

    fn all_failures(&self, spec: &Specification) -> Vec<(RunNumber, Failure)> {
        let of = |run: &Run| self.failures(spec, run).into_iter().map(|f| (run.number, f)).collect::<Vec<_>>();
        self.runs.iter().flat_map(of).collect()
    }
}
