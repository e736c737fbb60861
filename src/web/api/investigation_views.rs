//! `/api/v1/investigations`: what an investigation looks like in the API.

use serde::{Deserialize, Serialize};

use crate::domain::investigation::{Investigation, Step};

/// A failing reading.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FailureView {
    /// Attribute code.
    pub attribute: String,
    /// In words.
    pub name: String,
    /// The value as typed.
    pub value: String,
    /// The arithmetic.
    pub because: String,
}

/// Who signed a step, and when.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedView {
    /// Full name.
    pub by: String,
    /// What the signature means.
    pub meaning: String,
    /// When (UTC).
    pub at: String,
}

impl SignedView {
    /// The signer of a step.
    pub fn of<T>(step: &Step<T>) -> Self {
        SignedView { by: step.by.name.as_str().to_owned(), meaning: step.meaning.clone(), at: step.at.to_string() }
    }
}

/// A question of the laboratory phase with its answer.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckView {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// The laboratory phase as recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LaboratoryView {
    /// `obvious_error`, `assignable_cause`, `no_cause`.
    pub finding: String,
    /// What was checked.
    pub checks: Vec<CheckView>,
    /// In words.
    pub description: String,
    /// Evidence files by SHA-256.
    pub evidence: Vec<String>,
    /// Who signed.
    pub signed: SignedView,
}

/// The re-test plan as approved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlanView {
    /// What is supposed to have happened.
    pub hypothesis: String,
    /// Which sample is tested.
    pub sample: String,
    /// How the re-tests are evaluated.
    pub evaluation: String,
    /// How many there are.
    pub retests: u32,
    /// Who signed.
    pub signed: SignedView,
}

/// The conclusion as signed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConclusionView {
    /// `confirmed`, `invalidated`, `corrected`, `inconclusive`.
    pub outcome: String,
    /// The cause.
    pub cause: String,
    /// The ground of an invalidation.
    pub ground: Option<String>,
    /// Evidence files by SHA-256.
    pub evidence: Vec<String>,
    /// Who signed.
    pub signed: SignedView,
}

/// The closure as signed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClosureView {
    /// QA's remark.
    pub remark: String,
    /// Who signed.
    pub signed: SignedView,
}

/// An investigation.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvestigationView {
    /// Its number.
    pub investigation: String,
    /// The lot, bank or donor.
    pub lot: String,
    /// The run with the failing readings.
    pub run: i64,
    /// The failing readings.
    pub failures: Vec<FailureView>,
    /// True for a sterility test.
    pub sterility: bool,
    /// When it opened (UTC).
    pub opened_at: String,
    /// `opened`, `laboratory`, `retesting`, `concluded`, `closed`.
    pub phase: String,
    /// What has to be done next, and by whom.
    pub next: String,
    /// How it ended, once it is closed.
    pub outcome: Option<String>,
    /// The laboratory phase.
    pub laboratory: Option<LaboratoryView>,
    /// The re-test plan.
    pub plan: Option<PlanView>,
    /// Every re-test's run.
    pub retests: Vec<i64>,
    /// The conclusion.
    pub conclusion: Option<ConclusionView>,
    /// The closure.
    pub closure: Option<ClosureView>,
}

impl From<&Investigation> for InvestigationView {
    fn from(i: &Investigation) -> Self {
        let failure = |f: &crate::domain::investigation::Failure| FailureView {
            attribute: f.attribute.to_string(),
            name: f.name.clone(),
            value: f.value.clone(),
            because: f.because.clone(),
        };
        let check = |c: &crate::domain::investigation::Check| CheckView {
            question: c.question.as_str().to_owned(),
            answer: c.answer.as_str().to_owned(),
        };
        InvestigationView {
            investigation: i.number.to_string(),
            lot: i.lot.to_string(),
            run: i.run.0,
            failures: i.failures.iter().map(failure).collect(),
            sterility: i.sterility,
            opened_at: i.opened_at.to_string(),
            phase: i.phase().as_str().to_owned(),
            next: i.phase().next_deed().to_owned(),
            outcome: i.ending().map(|e| e.as_str().to_owned()),
            laboratory: i.laboratory.as_ref().map(|step| LaboratoryView {
                finding: step.what.finding.as_str().to_owned(),
                checks: step.what.checks.iter().map(check).collect(),
                description: step.what.description.as_str().to_owned(),
                evidence: step.what.evidence.clone(),
                signed: SignedView::of(step),
            }),
            plan: i.plan.as_ref().map(|step| PlanView {
                hypothesis: step.what.hypothesis.as_str().to_owned(),
                sample: step.what.sample.as_str().to_owned(),
                evaluation: step.what.evaluation.as_str().to_owned(),
                retests: step.what.retests,
                signed: SignedView::of(step),
            }),
            retests: i.retests.iter().map(|r| r.0).collect(),
            conclusion: i.conclusion.as_ref().map(|step| ConclusionView {
                outcome: step.what.outcome.as_str().to_owned(),
                cause: step.what.cause.as_str().to_owned(),
                ground: step.what.ground.map(|g| g.as_str().to_owned()),
                evidence: step.what.evidence.clone(),
                signed: SignedView::of(step),
            }),
            closure: i
                .closure
                .as_ref()
                .map(|step| ClosureView { remark: step.what.as_str().to_owned(), signed: SignedView::of(step) }),
        }
    }
}
