//! The forms of an investigation's steps.

use super::form::Form;
use super::steps::{Builder, Came};
use super::view::signing::StepForm;
use super::visit::Visit;
use crate::domain::investigation::{Ending, Finding, Investigation, RETESTS_MAX, SterilityGround};
use crate::domain::run::Ground;
use crate::workflow::Error;

/// What a laboratory phase looks at (FDA, Investigating Out-of-Specification Test Results, IV.A).
const CHECKS: [(&str, &str); 8] = [
    ("check_sample", "Right sample, intact and labelled?"),
    ("check_method", "Method followed as written?"),
    ("check_training", "Analyst trained for it?"),
    ("check_reagents", "Reagents and kits right and in date?"),
    ("check_instrument", "Instrument calibrated, suitability passed?"),
    ("check_calculation", "Calculation and transcription right?"),
    ("check_raw_data", "Raw data complete and plausible?"),
    ("check_preparations", "Retained preparations examined?"),
];

const EVIDENCE: &str = "SHA-256 of each evidence file, one a line.";

/// The questions that were answered, with their answers.
pub fn checks(form: &Form) -> Vec<(String, String)> {
    let answered = CHECKS.iter().filter(|(name, _)| !form.get(name).trim().is_empty());
    answered.map(|(name, question)| ((*question).to_owned(), form.get(name).trim().to_owned())).collect()
}

/// The laboratory phase.
///
/// # Errors
/// There is no randomness.
pub fn laboratory(visit: &Visit, i: &Investigation, came: &Came) -> Result<StepForm, Error> {
    let action = format!("/investigations/{}/laboratory", i.number);
    let mut builder = Builder::new(visit, came, "laboratory", "Record the laboratory phase", action)?
        .lead("Answer what was checked. The original preparation may be measured again; a re-test waits for a plan.");
    for (name, question) in CHECKS {
        builder = builder.optional_line(name, question);
    }
    let found: Vec<(&str, &str)> = [Finding::ObviousError, Finding::AssignableCause, Finding::NoCause]
        .iter()
        .map(|finding| (finding.as_str(), finding.in_words()))
        .collect();
    Ok(builder
        .one_of("finding", "Found", "", &found, false)
        .lines("description", "In words", "For a cause: how it is proven.")
        .optional_lines("evidence", "Evidence", EVIDENCE)
        .button("Sign the laboratory phase"))
}

/// The re-test plan.
///
/// # Errors
/// There is no randomness.
pub fn plan(visit: &Visit, i: &Investigation, came: &Came) -> Result<StepForm, Error> {
    let action = format!("/investigations/{}/plan", i.number);
    Ok(Builder::new(visit, came, "plan", "Approve a re-test plan", action)?
        .lead("Before any re-test. All of them are made and reported; a failing one confirms the result.")
        .line("hypothesis", "Hypothesis", "What is supposed to have happened.")
        .line("sample", "Sample", "Which sample is tested.")
        .line("evaluation", "Evaluation", "How the re-tests will be judged.")
        .line("retests", "Number of re-tests", &format!("1 to {RETESTS_MAX}, fixed now."))
        .button("Sign the plan"))
}

/// The conclusion.
///
/// # Errors
/// There is no randomness.
pub fn conclusion(visit: &Visit, i: &Investigation, came: &Came) -> Result<StepForm, Error> {
    let action = format!("/investigations/{}/conclusion", i.number);
    let endings: Vec<(&str, &str)> = Ending::ALL.iter().map(|e| (e.as_str(), e.in_words())).collect();
    let grounds: Vec<Ground> = match i.sterility {
        true => SterilityGround::ALL.into_iter().map(Ground::Sterility).collect(),
        false => Ground::GENERAL.to_vec(),
    };
    let grounds: Vec<(&str, &str)> = grounds.iter().map(|g| (g.as_str(), g.in_words())).collect();
    let label = if i.sterility { "Ground (USP <71>), if invalidated" } else { "Ground, if invalidated" };
    Ok(Builder::new(visit, came, "conclusion", "Conclude", action)?
        .lead("A result is invalidated only with a proven cause. What stays open counts as out of specification.")
        .one_of("outcome", "How it ends", "", &endings, false)
        .line("cause", "Cause", "Or why none could be found.")
        .one_of("ground", label, "", &grounds, true)
        .optional_lines("evidence", "Evidence", EVIDENCE)
        .button("Sign the conclusion"))
}

/// The closure.
///
/// # Errors
/// There is no randomness.
pub fn closure(visit: &Visit, i: &Investigation, came: &Came) -> Result<StepForm, Error> {
    let action = format!("/investigations/{}/closure", i.number);
    Ok(Builder::new(visit, came, "closure", "Close", action)?
        .lead("An invalidated result gives no result from then on; any other ending than a correction stands against the lot.")
        .line("remark", "Remark", "What your signature means.")
        .button("Sign and close"))
}
