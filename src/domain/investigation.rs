//! Investigations: what follows when a verified result is out of specification.
//!
//! Promises: an investigation is opened by the failing result and by nobody; it goes through its
//! phases in order; a re-test exists only under a plan that QA approved before, with their number
//! fixed; nothing is averaged; a result is invalidated only with a proven assignable cause, and a
//! sterility result only on one of the four grounds of USP <71>; what remains inconclusive counts
//! as out of specification. Sources: FDA, Investigating Out-of-Specification Test Results (2022);
//! MHRA OOS guidance; USP <71>.

mod words;

use serde::{Deserialize, Serialize};

pub use words::{Ending, Finding, Phase, SterilityGround};

use super::entry::in_minutes;
use super::ids::{AttributeCode, InvestigationNumber, LotNumber, RunNumber};
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::role::{Actor, Person, Role};
use super::run::Ground;
use super::text::{Line, Remark};

/// The most re-tests a plan can fix; more is testing into compliance.
pub const RETESTS_MAX: u32 = 6;

/// A reading that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What was measured.
    pub attribute: AttributeCode,
    /// In words.
    pub name: String,
    /// The value as typed.
    pub value: String,
    /// The arithmetic: `96.04 → 96.0; 96.0 is not > 96.0`.
    pub because: String,
}

/// The laboratory phase as its investigator records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaboratoryPhase {
    /// What was found.
    pub finding: Finding,
    /// The checks made, each with its answer: sample, method, analyst's training, reagents,
    /// instrument, calculation, raw data, retained preparations.
    pub checks: Vec<Check>,
    /// What it says in words; for a cause, how it is proven.
    pub description: Remark,
    /// Evidence files by SHA-256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// One question of the laboratory phase's checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The question.
    pub question: Line,
    /// The answer.
    pub answer: Line,
}

/// The plan for re-tests, approved by QA's signature before any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetestPlan {
    /// What is supposed to have happened.
    pub hypothesis: Line,
    /// Which sample is tested.
    pub sample: Line,
    /// How the re-tests will be evaluated.
    pub evaluation: Line,
    /// How many re-tests there will be, fixed now.
    pub retests: u32,
}

/// The conclusion that the investigator signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// How it ends.
    pub outcome: Ending,
    /// The cause, or why none could be found.
    pub cause: Line,
    /// For an invalidated result, of what sort the cause is; for a sterility result, which of the
    /// four grounds of USP <71>.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Evidence files by SHA-256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// A step of an investigation, signed by somebody at some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step<T> {
    /// What was recorded.
    pub what: T,
    /// Who signed.
    pub by: Person,
    /// In which role.
    pub role: Role,
    /// What the signature means.
    pub meaning: String,
    /// When.
    pub at: Moment,
}

/// One investigation of one run's failing readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Investigation {
    /// Its number, `OOS-2026-0001`.
    pub number: InvestigationNumber,
    /// The lot, bank or donor.
    pub lot: LotNumber,
    /// The run with the failing readings.
    pub run: RunNumber,
    /// The failing readings.
    pub failures: Vec<Failure>,
    /// True where the run is a sterility test, with its own rule.
    pub sterility: bool,
    /// When it opened.
    pub opened_at: Moment,
    /// The laboratory phase.
    pub laboratory: Option<Step<LaboratoryPhase>>,
    /// The re-test plan.
    pub plan: Option<Step<RetestPlan>>,
    /// Re-test runs, in order.
    pub retests: Vec<RunNumber>,
    /// The conclusion.
    pub conclusion: Option<Step<Conclusion>>,
    /// The closure, with QA's remark.
    pub closure: Option<Step<Remark>>,
}

impl Investigation {
    /// The phase it is in.
    pub fn phase(&self) -> Phase {
        match (&self.laboratory, &self.plan, &self.conclusion, &self.closure) {
            (.., Some(_)) => Phase::Closed,
            (_, _, Some(_), None) => Phase::Concluded,
            (_, Some(_), None, None) => Phase::Retesting,
            (Some(_), None, None, None) => Phase::Laboratory,
            (None, None, None, None) => Phase::Opened,
        }
    }

    /// True until it is closed.
    pub fn is_open(&self) -> bool {
        self.closure.is_none()
    }

    /// How it ended, once it is closed.
    pub fn ending(&self) -> Option<Ending> {
        self.closure.as_ref().and(self.conclusion.as_ref()).map(|c| c.what.outcome)
    }

    /// True if the person investigated: recorded the laboratory phase or the conclusion.
    pub fn was_investigated_by(&self, actor: &Actor) -> bool {
        let people = self.laboratory.iter().map(|s| &s.by).chain(self.conclusion.iter().map(|s| &s.by));
        people.into_iter().any(|p| p.username == actor.username)
    }

    /// True if it is about this attribute.
    pub fn concerns(&self, attribute: &AttributeCode) -> bool {
        self.failures.iter().any(|f| f.attribute == *attribute)
    }

    fn wrong_phase(&self, deed: &str) -> Refusal {
        let detail =
            format!("Investigation {} cannot take {deed} now. Next: {}.", self.number, self.phase().next_deed());
        Refusal::new(Code::WrongPhase, detail)
    }

    /// Whether the laboratory phase may be recorded now.
    ///
    /// # Errors
    /// It is recorded already; an obvious or assignable cause without a check that shows it.
    pub fn check_laboratory(&self, phase: &LaboratoryPhase) -> Result<(), Refusal> {
        if self.phase() != Phase::Opened {
            return Err(self.wrong_phase("a laboratory phase"));
        }
        if phase.checks.is_empty() {
            let detail = "Record what was checked: sample, method, reagents, instrument, calculation, raw data.";
            return Err(Refusal::field(Code::InvalidField, "checks", detail));
        }
        Ok(())
    }

    /// Whether this plan may be approved by this person now.
    ///
    /// # Errors
    /// Not after the laboratory phase, not by the investigator, no or too many re-tests; a
    /// sterility test, which is repeated only after it was found invalid.
    pub fn check_plan(&self, plan: &RetestPlan, by: &Actor) -> Result<(), Refusal> {
        if self.phase() != Phase::Laboratory {
            return Err(self.wrong_phase("a re-test plan"));
        }
        if self.sterility {
            let detail = "A sterility test is repeated only after it was found invalid (USP <71>), so there is no \
                          re-test to plan. Conclude on one of the four grounds, or confirm the growth; an invalidated \
                          test is then repeated with the same number of units.";
            return Err(Refusal::new(Code::WrongPhase, detail));
        }
        self.check_not_investigator(by, "approve its re-test plan")?;
        if plan.retests == 0 || plan.retests > RETESTS_MAX {
            let detail = format!("Fix the number of re-tests now: 1 to {RETESTS_MAX}.");
            return Err(Refusal::field(Code::InvalidField, "retests", detail));
        }
        Ok(())
    }

    /// Whether another re-test, begun at this moment, may be recorded.
    ///
    /// # Errors
    /// No approved plan, all planned re-tests have been made, or it was begun before the plan
    /// was approved.
    pub fn check_retest(&self, begun_at: Moment) -> Result<(), Refusal> {
        let (planned, approved_at) = match (&self.plan, self.phase()) {
            (Some(plan), Phase::Retesting) => (plan.what.retests, plan.at),
            _ => return Err(self.wrong_phase("a re-test")),
        };
        if self.retests.len() >= usize::try_from(planned).unwrap_or(usize::MAX) {
            let detail = format!(
                "The plan of {} fixed {planned} re-tests, and all of them have been made. More would be testing into \
                 compliance.",
                self.number
            );
            return Err(Refusal::new(Code::RetestsUsedUp, detail));
        }
        if begun_at <= approved_at {
            let detail = format!(
                "The plan of {} was approved on {}. A test that began before is no re-test under it.",
                self.number,
                in_minutes(approved_at)
            );
            return Err(Refusal::field(Code::WrongPhase, "tested_at", detail));
        }
        Ok(())
    }

    /// Whether this conclusion may be signed, what the re-tests say apart. Where the lot has been
    /// rejected meanwhile, planned re-tests can no longer be made, and their absence proves nothing.
    ///
    /// # Errors
    /// Not after the laboratory phase; planned re-tests are missing; an ending that the findings
    /// do not carry; an invalidation without its ground, of sterility one of the four.
    pub fn check_conclusion(&self, conclusion: &Conclusion, lot_decided: bool) -> Result<(), Refusal> {
        let laboratory = match (&self.laboratory, self.phase()) {
            (Some(step), Phase::Laboratory | Phase::Retesting) => &step.what,
            _ => return Err(self.wrong_phase("a conclusion")),
        };
        if let Some(plan) = self.plan.as_ref().filter(|_| !lot_decided || conclusion.outcome.clears())
            && self.retests.len() < usize::try_from(plan.what.retests).unwrap_or(usize::MAX)
        {
            let detail = format!(
                "{} of {} planned re-tests have been made. Make all of them: every one is reported.",
                self.retests.len(),
                plan.what.retests
            );
            return Err(Refusal::new(Code::WrongPhase, detail));
        }
        let refuse = |field: &str, detail: &str| Err(Refusal::field(Code::CauseNotProven, field, detail));
        match conclusion.outcome {
            Ending::Confirmed | Ending::Inconclusive => Ok(()),
            Ending::Corrected if laboratory.finding == Finding::ObviousError => Ok(()),
            Ending::Corrected => {
                refuse("outcome", "Only an obvious error found in the laboratory phase can end in a correction.")
            }
            Ending::Invalidated if laboratory.finding == Finding::NoCause => refuse(
                "outcome",
                "The laboratory phase found no cause. A result is invalidated only with a proven assignable cause; \
                 otherwise it is inconclusive and counts as out of specification.",
            ),
            Ending::Invalidated if conclusion.evidence.is_empty() && laboratory.evidence.is_empty() => {
                refuse("evidence", "Attach the evidence that proves the cause: an assumption invalidates nothing.")
            }
            Ending::Invalidated => check_ground(self.sterility, conclusion.ground),
        }
    }

    /// Whether this person may close it now.
    ///
    /// # Errors
    /// It is not concluded, or the person investigated it.
    pub fn check_closure(&self, by: &Actor) -> Result<(), Refusal> {
        if self.phase() != Phase::Concluded {
            return Err(self.wrong_phase("a closure"));
        }
        self.check_not_investigator(by, "close it")
    }

    fn check_not_investigator(&self, by: &Actor, deed: &str) -> Result<(), Refusal> {
        if self.was_investigated_by(by) {
            let detail = format!("You investigated {}, so another QA officer must {deed}.", self.number);
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        Ok(())
    }
}

/// Whether this is a ground on which a test can be declared invalid.
///
/// # Errors
/// None given; a sterility test on another than the four grounds of USP <71>, or another test on
/// one of those.
pub fn check_ground(sterility: bool, ground: Option<Ground>) -> Result<(), Refusal> {
    let names: Vec<&str> = match sterility {
        true => SterilityGround::ALL.iter().map(|g| g.as_str()).collect(),
        false => Ground::GENERAL.iter().map(|g| g.as_str()).collect(),
    };
    if ground.is_some_and(|ground| matches!(ground, Ground::Sterility(_)) == sterility) {
        return Ok(());
    }
    let names = names.join(", ");
    let detail = match sterility {
        true => format!("A sterility result is invalidated only on one of the four grounds of USP <71>: {names}."),
        false => format!("Say of what sort the cause is: {names}."),
    };
    Err(Refusal::field(Code::CauseNotProven, "ground", detail))
}
