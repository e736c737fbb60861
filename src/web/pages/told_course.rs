//! Facts about a lot's course and about watching over the site, as sentences.
//!
//! Promises: a signed fact says what its signature means.

use chrono_tz::Tz;

use super::narrate::Told;
use super::shown;
use super::view::ledger::Change;
use crate::domain::certificate::SignatureRecord;
use crate::domain::container::{Movement, code};
use crate::domain::event::{CourseEvent, OversightEvent};
use crate::domain::ids::LotNumber;

fn signed(sentence: String, signature: &SignatureRecord) -> Told {
    Told { sentence, reason: format!("Signed with the meaning: {}", signature.meaning), ..Told::default() }
}

fn containers(lot: &LotNumber, numbers: &[u32]) -> String {
    let named: Vec<String> = numbers.iter().map(|n| code(lot, *n)).collect();
    format!("{} {}", if named.len() == 1 { "container" } else { "containers" }, named.join(", "))
}

/// What happened on a lot's course.
pub(super) fn tell(event: &CourseEvent, zone: Tz) -> Told {
    match event {
        CourseEvent::QcApproved { lot, signature, .. } => {
            signed(format!("approved the results of lot {lot} for quality control"), signature)
        }
        CourseEvent::AuditTrailReviewed { lot, changes, signature, .. } => {
            let changes = shown::counted(*changes as usize, "change", "changes");
            signed(format!("reviewed the audit trail of lot {lot}: {changes} since entry"), signature)
        }
        CourseEvent::LotConditionallyReleased { lot, notice, pending, signature, .. } => {
            let pending: Vec<&str> = pending.iter().map(|p| p.name.as_str()).collect();
            let pending = pending.join(", ");
            signed(
                format!("conditionally released lot {lot} and issued notice {notice}; still to come: {pending}"),
                signature,
            )
        }
        CourseEvent::LotRevoked { lot, certificate, notice, class, reason, tell, .. } => {
            let paper = match (certificate, notice) {
                (Some(number), _) => format!(" and its certificate {number}"),
                (None, Some(number)) => format!(" and its notice {number}"),
                (None, None) => String::new(),
            };
            let people = shown::counted(tell.len(), "party", "parties");
            Told {
                sentence: format!("revoked the release of lot {lot}{paper}: {class}; {people} must be told"),
                reason: format!("Reason: {}", reason.as_str()),
                ..Told::default()
            }
        }
        CourseEvent::PartyTold { lot, who, how, acknowledged_at, .. } => format!(
            "recorded that {} was told of the revocation of lot {lot} and acknowledged it on {} ({})",
            who.as_str(),
            shown::plain_moment(*acknowledged_at, zone).shown,
            how.as_str()
        )
        .into(),
        CourseEvent::CertificateSuperseded { certificate, by_certificate, reason, corrections, .. } => Told {
            sentence: format!("replaced certificate {certificate} by {by_certificate}"),
            changes: corrections
                .iter()
                .map(|c| Change {
                    what: c.field.replace('_', " "),
                    before: shown::local_times(&c.before, zone),
                    after: shown::local_times(&c.after, zone),
                })
                .collect(),
            reason: format!("Reason: {}", reason.as_str()),
            ..Told::default()
        },
        CourseEvent::SuppliedOutOfSpecification { lot, supply, signature, .. } => signed(
            format!(
                "supplied {}, out of specification, at the request of {}",
                containers(lot, &supply.containers),
                supply.physician.name.as_str()
            ),
            signature,
        ),
        CourseEvent::ContainersMoved { lot, containers: numbers, movement } => {
            let what = containers(lot, numbers);
            let (sentence, remark) = match movement {
                Movement::Shipped { to, under, remark, .. } => {
                    (format!("shipped {what} to {} under {under}", to.name.as_str()), remark)
                }
                Movement::Returned { remark, .. } => (format!("recorded the return of {what}"), remark),
                Movement::Destroyed { remark, .. } => (format!("recorded the destruction of {what}"), remark),
            };
            Told { sentence, reason: remark.as_str().to_owned(), ..Told::default() }
        }
    }
}

/// What was noticed or taken out.
pub(super) fn of_oversight(event: &OversightEvent) -> Told {
    match event {
        OversightEvent::AlertRaised { to, detail, .. } => {
            let to: Vec<&str> = to.iter().map(|r| r.as_str()).collect();
            format!("raised an alert for {}: {}", to.join(", "), detail.as_str()).into()
        }
        OversightEvent::AlertAcknowledged { alert, remark } => {
            format!("took note of the alert of entry {alert}: {}", remark.as_str()).into()
        }
        OversightEvent::LedgerExported { format, filter, entries, sha256 } => Told {
            sentence: format!("exported {entries} ledger entries as {format} ({filter})"),
            reason: format!("SHA-256: {sha256}"),
            ..Told::default()
        },
        OversightEvent::InspectionPackMade { lot, manifest_sha256 } => Told {
            sentence: format!("made an inspection pack of lot {lot}"),
            reason: format!("SHA-256 of its manifest: {manifest_sha256}"),
            ..Told::default()
        },
        OversightEvent::ReportMade { report, covers, sha256 } => Told {
            sentence: format!("took out the report {report} ({covers})"),
            reason: format!("SHA-256: {sha256}"),
            ..Told::default()
        },
    }
}
