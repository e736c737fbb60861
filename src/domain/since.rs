//! What was recorded about a lot since somebody looked, in words.
//!
//! Promises: tells who did what and when, never a value (a critical one may still be typed blind);
//! attempts and signatures that change nothing of the lot are left out.

use super::entry::in_minutes;
use super::event::{CourseEvent, Event, Fact};

/// How many facts a sentence names.
const NAMED_MAX: usize = 5;

/// What a fact says happened; `None` for what changes nothing of what a signature covers.
pub fn in_words(fact: &Fact) -> Option<String> {
    let deed = match &fact.event {
        Event::LotRegistered(details) => format!("registered {}", details.lot),
        Event::RunRecorded { run, content, .. } => format!("recorded run #{run} ({})", content.assay),
        Event::RunCorrected { run, changes, .. } => {
            let mut attributes: Vec<&str> = changes.iter().map(|c| c.attribute.as_str()).collect();
            attributes.dedup();
            format!("corrected {} in run #{run}", attributes.join(", "))
        }
        Event::RunVerified { run, .. } => format!("verified run #{run}"),
        Event::DiscrepancyFound { run, .. } => format!("found a discrepancy in run #{run}"),
        Event::DiscrepancyResolved { run, .. } => format!("resolved a discrepancy in run #{run}"),
        Event::RunInvalidated { run, .. } => format!("declared run #{run} invalid"),
        Event::InvestigationOpened { investigation, .. } => format!("opened investigation {investigation}"),
        Event::LaboratoryPhaseRecorded { investigation, .. } => {
            format!("recorded the laboratory phase of {investigation}")
        }
        Event::RetestPlanApproved { investigation, .. } => format!("approved the re-test plan of {investigation}"),
        Event::InvestigationConcluded { investigation, .. } => format!("concluded {investigation}"),
        Event::InvestigationClosed { investigation, .. } => format!("closed {investigation}"),
        Event::DeviationOpened { deviation, .. } => format!("opened {deviation}"),
        Event::DeviationClosed { deviation, .. } => format!("closed {deviation}"),
        Event::SourceFlagged { source, .. } => format!("flagged it for a fallen result of {source}"),
        Event::Course(CourseEvent::LotRevoked { .. }) => "revoked it".to_owned(),
        Event::Course(CourseEvent::CertificateSuperseded { certificate, .. }) => format!("replaced {certificate}"),
        Event::Course(CourseEvent::SuppliedOutOfSpecification { .. }) => "supplied it out of specification".to_owned(),
        _ => return None,
    };
    Some(format!("{} {deed} on {}", fact.by.name.as_str(), in_minutes(fact.at)))
}

/// Facts in a sentence's list: the first five, and how many more.
pub fn listed(told: &[String]) -> String {
    let named: Vec<&str> = told.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = told.len().saturating_sub(NAMED_MAX);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{rest}", named.join("; "))
}
