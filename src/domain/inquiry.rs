//! What an investigation, an invalidation or a correction asks of the lot.
//!
//! Promises: a failing result that was verified changes its meaning only through its
//! investigation; a failing re-test confirms it, and nothing is averaged; a person does not close
//! or invalidate what that person entered.

use super::assessment::{applies, verdict_in_run};
use super::evaluation::Outcome;
use super::investigation::{Conclusion, Ending, Failure, Finding, Investigation, Phase, check_ground};
use super::lot::Lot;
use super::refusal::{Code, Refusal};
use super::role::Actor;
use super::run::{Ground, Run};
use super::spec::{Criterion, CriterionKind, Specification};

impl Lot {
    /// The readings of a run that fail a criterion which binds this lot.
    pub fn failures(&self, spec: &Specification, run: &Run) -> Vec<Failure> {
        let failing = run.content.readings.iter().filter_map(|reading| {
            let criterion = spec.criterion(&reading.attribute)?;
            let binds = criterion.kind == CriterionKind::Required && applies(self, spec, criterion) != Some(false);
            let verdict = verdict_in_run(run, spec, criterion).filter(|v| binds && v.outcome == Outcome::Fail)?;
            Some(Failure {
                attribute: criterion.attribute.clone(),
                name: criterion.name.clone(),
                value: reading.value.clone(),
                because: verdict.because,
            })
        });
        failing.collect()
    }

    /// Verified runs with failing readings that no investigation is about yet.
    ///
    /// Not only the run just verified: a criterion may have begun to apply, because the passage
    /// was corrected.
    pub fn uninvestigated(&self, spec: &Specification) -> Vec<(&Run, Vec<Failure>)> {
        let unknown = |run: &&Run| {
            let known = self.investigations.iter().any(|i| i.run == run.number);
            run.verification.is_some() && run.content.investigation.is_none() && !known
        };
        let failing = self.runs.iter().filter(unknown).map(|run| (run, self.failures(spec, run)));
        failing.filter(|(_, failures)| !failures.is_empty()).collect()
    }

    /// Whether investigations leave the readings of a run open to correction.
    ///
    /// # Errors
    /// The run's verified result fails and no obvious error was found, or it was found and the
    /// investigation has gone on; a re-test was verified.
    pub(super) fn check_correctable(&self, spec: &Specification, run: &Run) -> Result<(), Refusal> {
        let number = run.number;
        if let Some(of) = &run.content.investigation {
            if run.verification.is_none() && self.investigation(of)?.conclusion.is_none() {
                return Ok(());
            }
            let detail = format!("Run #{number} is a re-test of {of}: every re-test is reported as it was verified.");
            return Err(Refusal::new(Code::NeedsInvestigation, detail));
        }
        let Some(investigation) = self.investigations.iter().rev().find(|i| i.run == number) else {
            if run.verification.is_some() && !self.failures(spec, run).is_empty() {
                let detail =
                    format!("Run #{number} is out of specification: its result is investigated, not corrected.");
                return Err(Refusal::new(Code::NeedsInvestigation, detail));
            }
            return Ok(());
        };
        let finding = investigation.laboratory.as_ref().map(|step| step.what.finding);
        if finding == Some(Finding::ObviousError) && investigation.phase() == Phase::Laboratory {
            return Ok(());
        }
        let detail = format!(
            "Run #{number} is out of specification, investigation {}. It can be corrected only after its laboratory \
             phase has found an obvious error, and before anything follows that.",
            investigation.number
        );
        Err(Refusal::new(Code::NeedsInvestigation, detail))
    }

    /// Whether an investigation of this lot can be concluded so.
    ///
    /// # Errors
    /// As [`Investigation::check_conclusion`]; a re-test that is not verified, or that fails; a
    /// correction that was not made, not verified, or does not pass.
    pub fn check_conclude(
        &self,
        spec: &Specification,
        investigation: &Investigation,
        conclusion: &Conclusion,
    ) -> Result<(), Refusal> {
        let decided = self.check_examinable().is_err();
        investigation.check_conclusion(conclusion, decided)?;
        for run in investigation.retests.iter().filter_map(|number| self.run(*number)) {
            if run.verification.is_none() && (!decided || conclusion.outcome.clears()) {
                let detail = format!("Re-test #{} is not verified. Every re-test is verified first.", run.number);
                return Err(Refusal::new(Code::WrongPhase, detail));
            }
            if let Some(failure) = self.failures(spec, run).first().filter(|_| conclusion.outcome.clears()) {
                let detail = format!(
                    "Re-test #{} fails: {} {} ({}). Passing and failing results are never averaged: a failing \
                     re-test confirms the result.",
                    run.number, failure.name, failure.value, failure.because
                );
                return Err(Refusal::field(Code::CauseNotProven, "outcome", detail));
            }
        }
        if conclusion.outcome == Ending::Corrected { self.check_was_corrected(spec, investigation) } else { Ok(()) }
    }

    fn check_was_corrected(&self, spec: &Specification, investigation: &Investigation) -> Result<(), Refusal> {
        let number = investigation.run;
        let refuse = |detail: String| Err(Refusal::field(Code::CauseNotProven, "outcome", detail));
        let (Some(run), Some(laboratory)) = (self.run(number), &investigation.laboratory) else {
            return refuse(format!("Run #{number} is not there to be corrected."));
        };
        if !run.changes.iter().any(|change| change.at >= laboratory.at) {
            return refuse(format!("Run #{number} was not corrected. Correct the obvious error in it first."));
        }
        if run.verification.is_none() {
            return refuse(format!(
                "The correction of run #{number} is not verified. A second person verifies it first."
            ));
        }
        for failure in &investigation.failures {
            let verdict = spec.criterion(&failure.attribute).and_then(|c| verdict_in_run(run, spec, c));
            let passes = verdict.as_ref().is_some_and(|v| v.outcome == Outcome::Pass);
            if !passes {
                let because = verdict.map(|v| v.because).unwrap_or_default();
                return refuse(format!("{} does not pass after the correction: {because}.", failure.name));
            }
        }
        match self.failures(spec, run).first() {
            Some(other) => refuse(format!("{} of run #{number} fails: {}.", other.name, other.because)),
            None => Ok(()),
        }
    }

    /// Whether this person may close an investigation of this lot now.
    ///
    /// # Errors
    /// It is not concluded; the person investigated it, or entered the run or a re-test of it.
    pub fn check_close(&self, investigation: &Investigation, by: &Actor) -> Result<(), Refusal> {
        investigation.check_closure(by)?;
        let about = std::iter::once(&investigation.run).chain(&investigation.retests);
        let mut enterers = about.filter_map(|n| self.run(*n)).flat_map(Run::enterers);
        if enterers.any(|p| p.username == by.username) {
            let detail = format!(
                "You entered values that {} is about, so another QA officer must close it.",
                investigation.number
            );
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        Ok(())
    }

    /// Whether this person may declare a run invalid that has no failing result.
    ///
    /// # Errors
    /// The lot is decided, the run gives no result already, its result fails or is under
    /// investigation, the person entered or verified it, or the ground is not one for this test.
    pub fn check_invalidate(
        &self,
        spec: &Specification,
        run: &Run,
        ground: Option<Ground>,
        by: &Actor,
    ) -> Result<(), Refusal> {
        self.check_open()?;
        let number = run.number;
        if let Some(because) = run.invalid_because(spec) {
            let detail = format!("Run #{number} gives no result already: {because}.");
            return Err(Refusal::new(Code::AlreadyInvalid, detail));
        }
        let open = self.investigations.iter().find(|i| i.is_open() && (i.run == number || i.retests.contains(&number)));
        if let Some(open) = open {
            let detail = format!("Run #{number} is under investigation {}: only that decides on it.", open.number);
            return Err(Refusal::new(Code::NeedsInvestigation, detail));
        }
        if !self.failures(spec, run).is_empty() {
            let next = match run.verification {
                Some(_) => "Its investigation decides what it means.",
                None => "Have it verified: that opens its investigation.",
            };
            let detail = format!("Run #{number} is out of specification. {next}");
            return Err(Refusal::new(Code::NeedsInvestigation, detail));
        }
        if run.enterers().chain(run.verifiers()).any(|p| p.username == by.username) {
            let detail =
                format!("You entered or verified run #{number}, so another QA officer must declare it invalid.");
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        check_ground(is_sterility(spec, run), ground)
    }
}

/// True for a run of a sterility test.
pub fn is_sterility(spec: &Specification, run: &Run) -> bool {
    run.content.readings.iter().any(|r| spec.criterion(&r.attribute).is_some_and(Criterion::is_sterility))
}
