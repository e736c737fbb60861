//! Whether what a run names exists and was fit for use at the time of the test.
//!
//! Promises: an instrument is checked where its text is a registered code, a reagent always; the
//! site's policy decides whether an unfit one refuses the run or is flagged in its content.

use crate::domain::file::FileHash;
use crate::domain::ids::EquipmentCode;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::RunContent;
use crate::domain::site_policy::Strictness;
use crate::store::View;

use super::Error;

/// Checks the equipment of a run and flags what the policy accepts.
///
/// # Errors
/// A reagent that nobody registered, evidence that nobody sent; unfit equipment where the policy refuses it.
pub(super) fn check(view: &mut View, content: &mut RunContent) -> Result<(), Error> {
    let (at, policy) = (content.tested_at, view.policy()?);
    let mut refusals = Vec::new();
    let mut judge = |field: &str, unfit: Option<String>, strictness: Strictness, what_to_do: &str| {
        let Some(why) = unfit else { return };
        match strictness {
            Strictness::Flag => content.flags.push(why),
            Strictness::Refuse => {
                let mut sentence = why;
                if let Some(first) = sentence.get_mut(..1) {
                    first.make_ascii_uppercase();
                }
                refusals.push(Refusal::field(Code::EquipmentUnfit, field, format!("{sentence}. {what_to_do}")));
            }
        }
    };
    if let Ok(code) = EquipmentCode::parse(content.instrument.as_str())
        && let Some(instrument) = view.instrument(&code)?
    {
        let what_to_do = "Test on a calibrated instrument, or record its calibration first.";
        judge("instrument", instrument.unfit_at(at), policy.uncalibrated_instrument, what_to_do);
    }
    let mut unknown = Vec::new();
    for code in &content.reagents {
        match view.reagent(code)? {
            Some(reagent) => {
                judge("reagents", reagent.unfit_at(at), policy.expired_reagent, "Test again with one that has not.");
            }
            None => {
                let detail = format!("There is no reagent {code}. Register it when it comes in, or check the code.");
                unknown.push(Refusal::field(Code::NoSuchEquipment, "reagents", detail));
            }
        }
    }
    unknown.extend(refusals);
    if let Err(Error::Refused(refusal)) = check_evidence(view, &content.evidence) {
        unknown.push(refusal);
    }
    Ok(Refusal::all(unknown).map_or(Ok(()), Err)?)
}

/// Evidence that a run names must have been sent before: a hash alone proves nothing.
pub(super) fn check_evidence(view: &mut View, evidence: &[String]) -> Result<(), Error> {
    for (i, text) in evidence.iter().enumerate() {
        let place = format!("evidence[{i}]");
        let hash = FileHash::parse(text).map_err(|refusal| refusal.within(&place))?;
        view.file(&hash)?.map_err(|refusal| Refusal::field(refusal.code, place, refusal.detail))?;
    }
    Ok(())
}
