//! Facts about specifications, equipment, investigations and deviations, as sentences.
//!
//! Promises: a signed fact says what its signature means.

use super::narrate::{Names, Told};
use super::shown;
use super::view::ledger::Change;
use crate::domain::entry::in_minutes;
use crate::domain::event::Event;
use crate::domain::investigation::Failure;

fn with_reason(sentence: String, reason: String) -> Told {
    Told { sentence, reason, ..Told::default() }
}

/// Specifications, instruments, reagents, policy.
pub(super) fn of_documents(event: &Event) -> Told {
    match event {
        Event::SpecificationDrafted { specification, .. } => format!(
            "wrote a draft of specification {} version {} with {}",
            specification.product,
            specification.version,
            shown::counted(specification.criteria.len(), "criterion", "criteria")
        )
        .into(),
        Event::SpecificationApproved { product, version, effective_from, signature, .. } => with_reason(
            format!(
                "approved specification {product} version {version}, in force from {}",
                in_minutes(*effective_from)
            ),
            format!("Signed with the meaning: {}", signature.meaning),
        ),
        Event::SpecificationRetired { product, reason, .. } => {
            with_reason(format!("retired the specification of {product}"), format!("Reason: {}", reason.as_str()))
        }
        Event::InstrumentRegistered { code, name } => {
            format!("registered instrument {code} ({})", name.as_str()).into()
        }
        Event::InstrumentCalibrated { code, calibration } => with_reason(
            format!(
                "recorded a calibration of instrument {code}, valid from {} until {}",
                calibration.valid_from, calibration.valid_until
            ),
            format!("Reference: {}", calibration.reference.as_str()),
        ),
        Event::ReagentReceived(reagent) => format!(
            "received reagent {} ({}, supplier's lot {}), expires {}",
            reagent.code,
            reagent.name.as_str(),
            reagent.supplier_lot.as_str(),
            reagent.expires_at
        )
        .into(),
        Event::SitePolicySet { policy, version, signature } => {
            let version = version.map(|v| format!(" version {v}")).unwrap_or_default();
            let route = policy.release_route;
            Told {
                sentence: format!(
                    "set the site's policy{version}: uncalibrated instruments {}, expired reagents {}, route: {route}",
                    policy.uncalibrated_instrument.as_str(),
                    policy.expired_reagent.as_str()
                ),
                reason: signature
                    .as_ref()
                    .map(|s| format!("Signed with the meaning: {}", s.meaning))
                    .unwrap_or_default(),
                ..Told::default()
            }
        }
        _ => Told::default(),
    }
}

/// Discrepancies, invalidations, investigations, deviations, flags.
pub(super) fn of_quality(event: &Event, names: &Names) -> Told {
    match event {
        Event::DiscrepancyFound { run, differences, .. } => Told {
            sentence: format!("typed other critical values for run #{run} than the first entry"),
            changes: differences
                .iter()
                .map(|d| Change {
                    what: names.name(&d.attribute),
                    before: names.value(*run, &d.attribute, &d.first),
                    after: names.value(*run, &d.attribute, &d.second),
                })
                .collect(),
            ..Told::default()
        },
        Event::DiscrepancyResolved { run, attribute, value, reason, .. } => with_reason(
            format!("said that {} of run #{run} is {}", names.name(attribute), names.value(*run, attribute, value)),
            format!("Reason: {}", reason.as_str()),
        ),
        Event::RunInvalidated { run, ground, reason, .. } => with_reason(
            format!("declared run #{run} invalid ({})", ground.as_str().replace('_', " ")),
            format!("Reason: {}", reason.as_str()),
        ),
        Event::InvestigationOpened { investigation, run, failures, .. } => {
            let told = |f: &Failure| format!("{}: {}", f.name, names.value(*run, &f.attribute, &f.because));
            let failed: Vec<String> = failures.iter().map(told).collect();
            with_reason(
                format!("opened investigation {investigation}: run #{run} is out of specification"),
                failed.join("; "),
            )
        }
        Event::LaboratoryPhaseRecorded { investigation, phase, .. } => with_reason(
            format!("recorded the laboratory phase of {investigation}: {}", phase.finding.in_words()),
            phase.description.as_str().to_owned(),
        ),
        Event::RetestPlanApproved { investigation, plan, .. } => with_reason(
            format!("approved {} for {investigation}", shown::counted(plan.retests as usize, "re-test", "re-tests")),
            format!("Hypothesis: {}", plan.hypothesis.as_str()),
        ),
        Event::InvestigationConcluded { investigation, conclusion, .. } => with_reason(
            format!("concluded {investigation}: {}", conclusion.outcome.in_words()),
            format!("Cause: {}", conclusion.cause.as_str()),
        ),
        Event::InvestigationClosed { investigation, remark, .. } => {
            with_reason(format!("closed {investigation}"), remark.as_str().to_owned())
        }
        Event::DeviationOpened { deviation, sort, description, impact, .. } => with_reason(
            format!("opened {} {deviation}: {}", sort.as_str(), description.as_str()),
            format!("Impact: {}", impact.as_str()),
        ),
        Event::DeviationClosed { deviation, assessment, .. } => {
            with_reason(format!("closed {deviation}"), format!("Assessment: {}", assessment.as_str()))
        }
        Event::SourceFlagged { lot, source, because, .. } if lot == source => {
            with_reason(format!("flagged lot {lot}"), because.clone())
        }
        Event::SourceFlagged { lot, source, because, .. } => {
            with_reason(format!("flagged lot {lot}, made from {source}"), because.clone())
        }
        _ => Told::default(),
    }
}
