//! Investigations in the simulated laboratory: every step in right and wrong order, by right and
//! wrong people, towards every ending.

use lotgate::domain::investigation::{Ending, Finding, Investigation, Phase};
use lotgate::domain::lot::Lot;
use lotgate::workflow::investigate::{
    CONCLUSION, ConclusionEntry, LABORATORY, LaboratoryEntry, PLAN, PlanEntry, approve_plan, close, conclude,
    record_laboratory, record_retest,
};
use lotgate::workflow::permit::{ApproveRetests, CloseInvestigation, Investigate, Subject};

use super::quality::{About, Quality, grant, sign};
use super::quality_values::{bad, good};

/// The steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Laboratory,
    Correction,
    Plan,
    Retest,
    Verification,
    Conclusion,
    Closure,
}

const STEPS: [Step; 7] =
    [Step::Laboratory, Step::Correction, Step::Plan, Step::Retest, Step::Verification, Step::Conclusion, Step::Closure];

fn about(investigation: &Investigation) -> (About, Subject) {
    let (lot, run) = (Some(investigation.lot.clone()), Some(investigation.run));
    (About { act: "investigation", lot: lot.clone(), run }, Subject { lot, run })
}

impl Quality {
    /// The next step of an investigation, or any.
    pub fn investigate(&mut self) {
        let lots = self.active();
        let mut all: Vec<(&Lot, &Investigation)> =
            lots.iter().flat_map(|lot| lot.investigations.iter().map(move |i| (lot, i))).collect();
        if all.iter().any(|(_, i)| i.is_open()) && !self.dice.once_in(12) {
            all.retain(|(_, i)| i.is_open());
        }
        if !all.iter().any(|(_, i)| i.is_open()) && (all.is_empty() || !self.dice.once_in(6)) {
            return self.act_on_waiting();
        }
        let (lot, investigation) = *self.dice.pick(&all);
        let step = if self.dice.once_in(7) { *self.dice.pick(&STEPS) } else { self.next_step(lot, investigation) };
        match step {
            Step::Laboratory => self.laboratory(investigation),
            Step::Correction => self.correction(lot, investigation),
            Step::Plan => self.plan(investigation),
            Step::Retest => self.retest(lot, investigation),
            Step::Verification => self.verification(lot, investigation),
            Step::Conclusion => self.conclusion(investigation),
            Step::Closure => self.closure(investigation),
        }
    }

    fn act_on_waiting(&mut self) {
        for lot in self.active() {
            if let Some(run) = lot.runs.iter().find(|r| r.verification.is_none()) {
                return self.verify_one(&lot, run);
            }
        }
    }

    fn next_step(&mut self, lot: &Lot, investigation: &Investigation) -> Step {
        let finding = investigation.laboratory.as_ref().map(|l| l.what.finding);
        match investigation.phase() {
            Phase::Opened => Step::Laboratory,
            Phase::Laboratory if finding == Some(Finding::ObviousError) => {
                let Some(run) = lot.run(investigation.run) else { return Step::Conclusion };
                match (run.changes.is_empty(), run.verification.is_none()) {
                    (true, _) => Step::Correction,
                    (false, true) => Step::Verification,
                    (false, false) => Step::Conclusion,
                }
            }
            Phase::Laboratory => *self.dice.pick(&[Step::Plan, Step::Conclusion]),
            Phase::Retesting => {
                let planned = investigation.plan.as_ref().map_or(0, |p| p.what.retests) as usize;
                let unverified =
                    investigation.retests.iter().filter_map(|r| lot.run(*r)).any(|r| r.verification.is_none());
                match (investigation.retests.len() < planned, unverified) {
                    (true, _) => Step::Retest,
                    (false, true) => Step::Verification,
                    (false, false) => Step::Conclusion,
                }
            }
            Phase::Concluded | Phase::Closed => Step::Closure,
        }
    }

    fn laboratory(&mut self, investigation: &Investigation) {
        let who = self.somebody(&["dee", "ben"]);
        let given = self.given(who);
        let entry = LaboratoryEntry {
            finding: (*self.dice.pick(&["obvious_error", "assignable_cause", "assignable_cause", "no_cause"])).into(),
            checks: if self.dice.once_in(15) { Vec::new() } else { vec![("Sample right?".into(), "Yes".into())] },
            description: "Looked at everything".into(),
            evidence: self.evidence(),
        };
        let ((recorded, subject), number) = (about(investigation), &investigation.number);
        self.attempt("laboratory", who, Some(recorded), |lab| {
            let signed = sign::<Investigate>(lab, who, &given, LABORATORY, &subject)?;
            record_laboratory(&lab.app, &signed, number, &entry)
        });
    }

    /// Corrects the value that failed, mostly to one that passes.
    fn correction(&mut self, lot: &Lot, investigation: &Investigation) {
        let Some(run) = lot.run(investigation.run) else { return };
        let Some(failure) = investigation.failures.first() else { return };
        let attribute = failure.attribute.as_str();
        let value = if self.dice.once_in(8) { bad(attribute)[0] } else { good(attribute)[0] };
        let who = self.enterer(lot.number().as_str());
        self.correct_to(who, run, attribute, value);
    }

    fn plan(&mut self, investigation: &Investigation) {
        let who = self.somebody(&["fay", "gus", "dee"]);
        let given = self.given(who);
        let entry = PlanEntry {
            hypothesis: "The sample was mixed up".into(),
            sample: "The retained sample".into(),
            evaluation: "Every value counts".into(),
            retests: *self.dice.mostly(&[1, 2, 0, 7]),
        };
        let ((recorded, subject), number) = (about(investigation), &investigation.number);
        self.attempt("plan", who, Some(recorded), |lab| {
            let signed = sign::<ApproveRetests>(lab, who, &given, PLAN, &subject)?;
            approve_plan(&lab.app, &signed, number, &entry)
        });
    }

    fn retest(&mut self, lot: &Lot, investigation: &Investigation) {
        let Some(run) = lot.run(investigation.run) else { return };
        let mut attributes: Vec<&str> = investigation.failures.iter().map(|f| f.attribute.as_str()).collect();
        if self.dice.once_in(10) {
            attributes = run.content.readings.iter().map(|r| r.attribute.as_str()).collect();
        }
        let mut entry = self.run_entry(lot, run.content.assay.as_str(), &attributes, 4);
        if self.dice.once_in(8) {
            // Begun before the plan.
            entry.tested_at = run.content.tested_at.to_string();
        }
        let who = self.enterer(lot.number().as_str());
        let number = &investigation.number;
        self.attempt("retest", who, None, |lab| {
            record_retest(&lab.app, &grant(lab, who, &Subject::default())?, number, &entry)
        });
    }

    fn verification(&mut self, lot: &Lot, investigation: &Investigation) {
        let about = std::iter::once(&investigation.run).chain(&investigation.retests);
        let mut runs: Vec<_> = about.filter_map(|n| lot.run(*n)).collect();
        runs.sort_by_key(|r| r.verification.is_some());
        if let Some(run) = runs.first() {
            self.verify_one(lot, run);
        }
    }

    fn conclusion(&mut self, investigation: &Investigation) {
        let who = self.somebody(&["dee", "ben"]);
        let given = self.given(who);
        let finding = investigation.laboratory.as_ref().map(|l| l.what.finding);
        let outcome = match finding {
            Some(Finding::ObviousError) => *self.dice.mostly(&["corrected", "inconclusive"]),
            Some(Finding::AssignableCause) => {
                *self.dice.pick(&["invalidated", "invalidated", "invalidated", "confirmed", "corrected"])
            }
            _ => *self.dice.pick(&["inconclusive", "confirmed", "invalidated", "corrected", "averaged"]),
        };
        let right = if investigation.sterility { "negative_control_growth" } else { "instrument" };
        let wrong = if investigation.sterility { "reagent" } else { "procedure_fault" };
        let invalidated = outcome == Ending::Invalidated.as_str();
        let entry = ConclusionEntry {
            outcome: outcome.into(),
            cause: "It was found".into(),
            ground: if invalidated { *self.dice.mostly(&[right, wrong, ""]) } else { "" }.into(),
            evidence: self.evidence(),
        };
        let ((recorded, subject), number) = (about(investigation), &investigation.number);
        self.attempt("conclusion", who, Some(recorded), |lab| {
            let signed = sign::<Investigate>(lab, who, &given, CONCLUSION, &subject)?;
            conclude(&lab.app, &signed, number, &entry)
        });
    }

    fn closure(&mut self, investigation: &Investigation) {
        let who = self.somebody(&["fay", "gus", "gus", "dee"]);
        let given = self.given(who);
        let ((recorded, subject), number) = (about(investigation), &investigation.number);
        self.attempt("closure", who, Some(recorded), |lab| {
            let signed = sign::<CloseInvestigation>(lab, who, &given, "I agree", &subject)?;
            close(&lab.app, &signed, number)
        });
    }
}
