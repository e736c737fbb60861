//! What facts name: which documents and evidence files, and where in the pack each stands.

use std::collections::BTreeSet;

use crate::domain::event::{CourseEvent, Event, Fact};
use crate::domain::file::FileDetails;

/// A document that a fact names, which the site keeps under its hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// Its path in the pack.
    pub path: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The documents that a fact names.
pub fn documents(fact: &Fact) -> Vec<Document> {
    let pair = |folder: &str, number: &str, record: &String, pdf: &String| {
        let document = |ending: &str, sha256: &String| Document {
            path: format!("{folder}/{number}.{ending}"),
            sha256: sha256.clone(),
        };
        vec![document("json", record), document("pdf", pdf)]
    };
    let signed = |sha256: &String| vec![Document { path: format!("documents/{sha256}.json"), sha256: sha256.clone() }];
    match &fact.event {
        Event::LotReleased { certificate, record_sha256, pdf_sha256, .. } => {
            pair("certificates", certificate.as_str(), record_sha256, pdf_sha256)
        }
        Event::LotRejected { record_sha256, .. } => signed(record_sha256),
        Event::Course(event) => match event {
            CourseEvent::CertificateSuperseded { by_certificate, record_sha256, pdf_sha256, .. } => {
                pair("certificates", by_certificate.as_str(), record_sha256, pdf_sha256)
            }
            CourseEvent::LotConditionallyReleased { notice, record_sha256, pdf_sha256, .. } => {
                pair("notices", notice.as_str(), record_sha256, pdf_sha256)
            }
            CourseEvent::QcApproved { record_sha256, .. }
            | CourseEvent::AuditTrailReviewed { record_sha256, .. }
            | CourseEvent::SuppliedOutOfSpecification { record_sha256, .. } => signed(record_sha256),
            CourseEvent::LotRevoked { .. } | CourseEvent::PartyTold { .. } | CourseEvent::ContainersMoved { .. } => {
                Vec::new()
            }
        },
        _ => Vec::new(),
    }
}

/// Where an evidence file stands in the pack.
pub fn evidence_path(file: &FileDetails) -> String {
    let ending = file.media_type.endings().first().unwrap_or(&"bin");
    format!("evidence/{}.{ending}", file.sha256)
}

/// The SHA-256 of every evidence file that a fact names: whatever it lists under `evidence`.
pub fn evidence(fact: &Fact) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    gather(&serde_json::to_value(&fact.event).unwrap_or_default(), &mut named);
    named
}

fn gather(value: &serde_json::Value, named: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                if let (true, Some(listed)) = (name == "evidence", field.as_array()) {
                    named.extend(listed.iter().filter_map(|one| one.as_str()).map(str::to_owned));
                }
                gather(field, named);
            }
        }
        serde_json::Value::Array(all) => all.iter().for_each(|one| gather(one, named)),
        _ => {}
    }
}
