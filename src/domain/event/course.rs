//! Facts about a lot's way to a decision and after it: approvals, conditional release,
//! revocation, supply, supersession of its certificate, its containers.
//!
//! Promises: each decision names the SHA-256 of what was signed.

use serde::{Deserialize, Serialize};

use crate::domain::certificate::SignatureRecord;
use crate::domain::container::Movement;
use crate::domain::course::{Contact, Correction, Party, PendingCriterion, RevocationClass, Sister, Supply};
use crate::domain::ids::{CertificateNumber, LotNumber, NoticeNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::text::{Line, Remark};

/// What happened on a lot's course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CourseEvent {
    /// Quality control approved the results.
    QcApproved {
        /// The lot.
        lot: LotNumber,
        /// The newest fact about the lot or what it was made from that was seen.
        through: i64,
        /// SHA-256 of the dossier that was signed; the document is kept.
        record_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// Quality assurance reviewed the audit trail: what changed since entry.
    AuditTrailReviewed {
        /// The lot.
        lot: LotNumber,
        /// The newest fact about the lot or what it was made from that was seen.
        through: i64,
        /// How many changes were shown.
        changes: u32,
        /// SHA-256 of the review that was signed; the document is kept.
        record_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// Step 1 of a two-step release: a conditional notice was issued.
    LotConditionallyReleased {
        /// The lot.
        lot: LotNumber,
        /// The notice.
        notice: NoticeNumber,
        /// What is still to come, each with its due date.
        pending: Vec<PendingCriterion>,
        /// Who is told when a result fails.
        contacts: Vec<Contact>,
        /// SHA-256 of the notice's record.
        record_sha256: String,
        /// SHA-256 of the notice's PDF.
        pdf_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A lot's certificate or conditional notice was revoked; its containers are blocked.
    LotRevoked {
        /// The lot.
        lot: LotNumber,
        /// The certificate that stood, if one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        certificate: Option<CertificateNumber>,
        /// The conditional notice, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<NoticeNumber>,
        /// Of what sort the reason is; all that strangers are told.
        class: RevocationClass,
        /// The reason.
        reason: Remark,
        /// The run whose result failed, where that is the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<RunNumber>,
        /// Who must be told.
        tell: Vec<Party>,
        /// Lots that share something with it and are held until they are assessed.
        sisters: Vec<Sister>,
        /// The signature; none where the software revoked because a result failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<SignatureRecord>,
    },
    /// Somebody who must be told was told.
    PartyTold {
        /// The lot.
        lot: LotNumber,
        /// Which entry of the list, from 0.
        party: u32,
        /// Who acknowledged it, by name.
        who: Line,
        /// How it was told.
        how: Line,
        /// When it was acknowledged, as stated.
        acknowledged_at: Moment,
    },
    /// A certificate was replaced by a new version because of an error in it.
    CertificateSuperseded {
        /// The lot.
        lot: LotNumber,
        /// The certificate with the error.
        certificate: CertificateNumber,
        /// The certificate that replaces it.
        by_certificate: CertificateNumber,
        /// What was wrong.
        reason: Line,
        /// What is corrected of the lot's details.
        corrections: Vec<Correction>,
        /// SHA-256 of the new record.
        record_sha256: String,
        /// SHA-256 of the new PDF.
        pdf_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// A product out of specification was supplied at a physician's request (EU GMP Part IV,
    /// 11.53-54). Never a release, never a certificate.
    SuppliedOutOfSpecification {
        /// The lot.
        lot: LotNumber,
        /// Who asked, the risk evaluation, the acceptance, who was notified.
        supply: Supply,
        /// SHA-256 of the dossier that was signed; the document is kept.
        record_sha256: String,
        /// The signature.
        signature: SignatureRecord,
    },
    /// Containers of a lot were shipped, came back or were destroyed.
    ContainersMoved {
        /// The lot.
        lot: LotNumber,
        /// Which of its containers, from 1.
        containers: Vec<u32>,
        /// What became of them.
        movement: Movement,
    },
}

impl CourseEvent {
    /// The lot.
    pub fn lot(&self) -> &LotNumber {
        match self {
            CourseEvent::QcApproved { lot, .. }
            | CourseEvent::AuditTrailReviewed { lot, .. }
            | CourseEvent::LotConditionallyReleased { lot, .. }
            | CourseEvent::LotRevoked { lot, .. }
            | CourseEvent::PartyTold { lot, .. }
            | CourseEvent::CertificateSuperseded { lot, .. }
            | CourseEvent::SuppliedOutOfSpecification { lot, .. }
            | CourseEvent::ContainersMoved { lot, .. } => lot,
        }
    }
}
