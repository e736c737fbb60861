//! A lot's course to its decision and after it: who approved, what was issued, what was revoked.
//!
//! Promises: made by the lot's facts alone, one after the other, the same in the tables and when
//! a lot is rebuilt. A sign-off counts only while nothing has changed since (`through`).

mod parties;

use serde::{Deserialize, Serialize};

pub use parties::{Contact, Correction, Party, PartyRole, PendingCriterion, RevocationClass, Sister, Supply};

use super::certificate::SignatureRecord;
use super::container::{ContainerState, Moved, Movement};
use super::event::CourseEvent;
use super::ids::{CertificateNumber, NoticeNumber, RunNumber};
use super::moment::Moment;
use super::role::Person;
use super::text::{Line, Remark};

/// Kinds of facts about a lot that change nothing of what an approval or review covers.
pub const CHANGES_NOTHING: &[&str] = &[
    "attempt_refused",
    "qc_approved",
    "audit_trail_reviewed",
    "lot_conditionally_released",
    "lot_released",
    "lot_rejected",
    "party_told",
    "containers_moved",
    "alert_raised",
    "inspection_pack_made",
    "report_made",
];

/// An approval or review, and what it covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// The newest fact about the lot or what it was made from that was seen.
    pub through: i64,
    /// SHA-256 of what was signed.
    pub record_sha256: String,
    /// The signature.
    pub signature: SignatureRecord,
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// Step 1 of a two-step release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConditionalRelease {
    /// The notice.
    pub notice: NoticeNumber,
    /// What was pending.
    pub pending: Vec<PendingCriterion>,
    /// Who is told when a result fails.
    pub contacts: Vec<Contact>,
    /// SHA-256 of the notice's record.
    pub record_sha256: String,
    /// SHA-256 of the notice's PDF.
    pub pdf_sha256: String,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// That somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which entry of the list, from 0.
    pub party: u32,
    /// Who acknowledged it.
    pub who: Line,
    /// How it was told.
    pub how: Line,
    /// When it was acknowledged, as stated.
    pub acknowledged_at: Moment,
    /// Who recorded it.
    pub by: Person,
    /// When it was recorded.
    pub at: Moment,
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// The certificate that stood.
    pub certificate: Option<CertificateNumber>,
    /// The conditional notice.
    pub notice: Option<NoticeNumber>,
    /// Of what sort the reason is.
    pub class: RevocationClass,
    /// The reason.
    pub reason: Remark,
    /// The run whose result failed.
    pub run: Option<RunNumber>,
    /// Who must be told.
    pub tell: Vec<Party>,
    /// Lots that share something with it.
    pub sisters: Vec<Sister>,
    /// Who was told.
    pub told: Vec<Told>,
    /// Who revoked it: a person, or the software for a failing result.
    pub by: Person,
    /// When.
    pub at: Moment,
}

impl Revocation {
    /// Puts somebody on the list whose containers had left before, which was only recorded after.
    fn must_tell_too(&mut self, to: &Contact, containers: &[u32]) {
        if self.tell.iter().any(|party| party.contact.as_ref() == Some(to)) {
            return;
        }
        let numbers: Vec<String> = containers.iter().map(ToString::to_string).collect();
        let because = format!("received container {}, recorded after the revocation", numbers.join(", "));
        self.tell.push(Party { role: to.role, contact: Some(to.clone()), because });
    }
}

/// A certificate's replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supersession {
    /// The certificate with the error.
    pub certificate: CertificateNumber,
    /// The one that replaces it.
    pub by_certificate: CertificateNumber,
    /// What was wrong.
    pub reason: Line,
    /// What was corrected.
    pub corrections: Vec<Correction>,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// A supply with who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplied {
    /// The supply.
    pub supply: Supply,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// Everything on a lot's course.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Course {
    /// The newest QC approval.
    pub qc_approval: Option<SignOff>,
    /// The newest audit-trail review.
    pub audit_review: Option<SignOff>,
    /// Who signed a QC approval that a newer one replaced, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former_qc_approvals: Vec<Person>,
    /// Who signed an audit-trail review that a newer one replaced, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former_audit_reviews: Vec<Person>,
    /// Step 1.
    pub conditional: Option<ConditionalRelease>,
    /// The revocation.
    pub revocation: Option<Revocation>,
    /// Replacements of the certificate, oldest first.
    pub supersessions: Vec<Supersession>,
    /// Supplies out of specification, oldest first.
    pub supplies: Vec<Supplied>,
    /// Movements of containers, oldest first.
    pub movements: Vec<Moved>,
}

impl Course {
    /// True where nothing has happened on it.
    pub fn is_empty(&self) -> bool {
        *self == Course::default()
    }

    /// Takes the next step.
    pub fn apply(&mut self, event: &CourseEvent, by: &Person, at: Moment) {
        let by = by.clone();
        match event {
            CourseEvent::QcApproved { through, record_sha256, signature, .. } => {
                let (record_sha256, signature) = (record_sha256.clone(), signature.clone());
                let newest = SignOff { through: *through, record_sha256, signature, by, at };
                self.former_qc_approvals.extend(self.qc_approval.replace(newest).map(|old| old.by));
            }
            CourseEvent::AuditTrailReviewed { through, record_sha256, signature, .. } => {
                let (record_sha256, signature) = (record_sha256.clone(), signature.clone());
                let newest = SignOff { through: *through, record_sha256, signature, by, at };
                self.former_audit_reviews.extend(self.audit_review.replace(newest).map(|old| old.by));
            }
            CourseEvent::LotConditionallyReleased { notice, pending, contacts, record_sha256, pdf_sha256, .. } => {
                self.conditional = Some(ConditionalRelease {
                    notice: notice.clone(),
                    pending: pending.clone(),
                    contacts: contacts.clone(),
                    record_sha256: record_sha256.clone(),
                    pdf_sha256: pdf_sha256.clone(),
                    by,
                    at,
                });
            }
            CourseEvent::LotRevoked { certificate, notice, class, reason, run, tell, sisters, .. } => {
                self.revocation = Some(Revocation {
                    certificate: certificate.clone(),
                    notice: notice.clone(),
                    class: *class,
                    reason: reason.clone(),
                    run: *run,
                    tell: tell.clone(),
                    sisters: sisters.clone(),
                    told: Vec::new(),
                    by,
                    at,
                });
            }
            CourseEvent::PartyTold { party, who, how, acknowledged_at, .. } => {
                if let Some(revocation) = &mut self.revocation {
                    let (who, how) = (who.clone(), how.clone());
                    revocation.told.push(Told { party: *party, who, how, acknowledged_at: *acknowledged_at, by, at });
                }
            }
            CourseEvent::CertificateSuperseded { certificate, by_certificate, reason, corrections, .. } => {
                self.supersessions.push(Supersession {
                    certificate: certificate.clone(),
                    by_certificate: by_certificate.clone(),
                    reason: reason.clone(),
                    corrections: corrections.clone(),
                    by,
                    at,
                });
            }
            CourseEvent::SuppliedOutOfSpecification { supply, .. } => {
                self.supplies.push(Supplied { supply: supply.clone(), by, at });
            }
            CourseEvent::ContainersMoved { containers, movement, .. } => {
                if let (Some(revocation), Movement::Shipped { to, .. }) = (&mut self.revocation, movement) {
                    revocation.must_tell_too(to, containers);
                }
                self.movements.push(Moved { containers: containers.clone(), movement: movement.clone(), by, at });
            }
        }
    }

    /// Where a container is, from 1.
    pub fn container_state(&self, number: u32) -> ContainerState {
        let last = self.movements.iter().rev().find(|m| m.containers.contains(&number));
        match last.map(|m| &m.movement) {
            None => ContainerState::InStock,
            Some(Movement::Shipped { .. }) => ContainerState::Shipped,
            Some(Movement::Returned { .. }) => ContainerState::Returned,
            Some(Movement::Destroyed { .. }) => ContainerState::Destroyed,
        }
    }
}
