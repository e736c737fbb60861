//! Certificates: the list, and one with its hashes, downloads and signature.

use askama::Template;

use super::marks::{Signature, Standing};
use super::notices::{NoticeRow, NoticeState};
use super::parts::{Fact, Field, FieldProblem, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /certificates`.
#[derive(Debug, Clone, Template)]
#[template(path = "certificates/list.html")]
pub struct CertificatesPage {
    /// The frame.
    pub frame: Frame,
    /// The certificates, newest first.
    pub rows: Vec<CertificateRow>,
    /// The conditional notices, newest first; none on later pages.
    pub notices: Vec<NoticeRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// One certificate of the list.
#[derive(Debug, Clone)]
pub struct CertificateRow {
    /// Its page.
    pub link: Link,
    /// The lot's page.
    pub lot: Link,
    /// The product.
    pub product: String,
    /// Whether it is in force.
    pub state: CertificateState,
    /// Who signed.
    pub signed_by: String,
    /// When.
    pub released_at: Moment,
}

/// Whether a certificate is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateState {
    /// In force.
    InForce,
    /// Replaced by a newer one.
    Superseded,
    /// Withdrawn.
    Revoked,
}

impl CertificateState {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            CertificateState::InForce => "In force",
            CertificateState::Superseded => "Superseded",
            CertificateState::Revoked => "Revoked",
        }
    }

    /// The name of the shape.
    pub fn mark(self) -> &'static str {
        match self {
            CertificateState::InForce => Standing::Authentic.code(),
            CertificateState::Superseded => Standing::Superseded.code(),
            CertificateState::Revoked => Standing::Revoked.code(),
        }
    }
}

impl CertificatesPage {
    /// Three certificates.
    pub fn sample() -> Self {
        let row = |number: &str, lot: &str, state, at: &str| CertificateRow {
            link: Link::new(number, format!("/certificates/{number}")),
            lot: Link::new(lot, format!("/lots/{lot}")),
            product: "ADMSC-IV".into(),
            state,
            signed_by: "Łukasz Nowak".into(),
            released_at: Moment::sample(at, ""),
        };
        let notice = NoticeRow {
            link: Link::new("CN-2026-000001", "/notices/CN-2026-000001"),
            lot: Link::new("AD-26-0009", "/lots/AD-26-0009"),
            state: NoticeState::Standing,
            certificate: None,
            issued_at: Moment::sample("2026-11-26 12:02", ""),
            signed_by: "Łukasz Nowak".into(),
        };
        Self {
            frame: samples::frame("Certificates", "certificates", "/certificates"),
            rows: vec![
                row("RC-2026-000003", "AD-26-0003", CertificateState::InForce, "2026-11-26 12:02"),
                row("RC-2026-000002", "AD-26-0001", CertificateState::Superseded, "2026-11-12 15:40"),
                row("RC-2026-000001", "AD-25-0114", CertificateState::Revoked, "2026-11-02 09:15"),
            ],
            notices: vec![notice],
            next: None,
        }
    }

    /// Nothing was ever released.
    pub fn sample_empty() -> Self {
        Self { rows: vec![], notices: vec![], ..Self::sample() }
    }
}

/// `GET /certificates/{number}`.
#[derive(Debug, Clone, Template)]
#[template(path = "certificates/show.html")]
pub struct CertificatePage {
    /// The frame.
    pub frame: Frame,
    /// Its number.
    pub number: String,
    /// Whether it is in force.
    pub state: CertificateState,
    /// What that means, with the reason when withdrawn.
    pub sentence: String,
    /// Lot, product, specification, moments.
    pub facts: Vec<Fact>,
    /// The certificates before and after it.
    pub versions: Vec<VersionRow>,
    /// The signatures in order.
    pub signatures: Vec<Signature>,
    /// The hash of the file.
    pub pdf_sha256: String,
    /// The hash of the record.
    pub record_sha256: String,
    /// The address a stranger checks it at.
    pub verify_url: String,
    /// Its position in the ledger.
    pub ledger: Link,
    /// The form that replaces it, when the reader may.
    pub replace: Option<StepForm>,
    /// Whether that form comes back from a refusal and must be seen.
    pub replace_open: bool,
    /// Why the reader, whose step it could be, cannot replace it; empty otherwise.
    pub replace_closed: String,
}

/// The certificate before or after one, and what was corrected between them.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// `Superseded by` or `Replaces`.
    pub says: String,
    /// The other one's page.
    pub other: Link,
    /// Who signed the correction.
    pub by: String,
    /// When.
    pub at: Moment,
    /// What was wrong.
    pub reason: String,
    /// What was corrected, before and after.
    pub corrected: Vec<Fact>,
}

impl CertificatePage {
    /// A certificate in force.
    pub fn sample() -> Self {
        let mut frame = samples::frame("RC-2026-000003", "certificate", "/certificates");
        frame.crumbs = vec![Link::new("Certificates", "/certificates")];
        Self {
            frame,
            number: "RC-2026-000003".into(),
            state: CertificateState::InForce,
            sentence: "Issued by the release of lot AD-26-0003 and in force.".into(),
            facts: vec![
                Fact::new("Lot", "AD-26-0003").linked("/lots/AD-26-0003"),
                Fact::new("Product", "ADMSC-IV"),
                Fact::new("Specification", "version 1").linked("/specifications/ADMSC-IV/1").with_note("EXAMPLE"),
                Fact::new("Released", "2026-11-26 12:02 +08:00"),
                Fact::new("Lot expires", "2026-12-08 12:00 +08:00"),
            ],
            versions: vec![],
            signatures: vec![samples::signature("Released for use: all results reviewed, specification met")],
            pdf_sha256: samples::OTHER_HASH.into(),
            record_sha256: samples::HASH.into(),
            verify_url: "https://lots.example.org/verify/RC-2026-000003".into(),
            ledger: Link::new("410", "/ledger?lot=AD-26-0003#f410"),
            replace: None,
            replace_open: false,
            replace_closed: String::new(),
        }
    }

    /// A certificate that was replaced.
    pub fn sample_superseded() -> Self {
        let mut page = Self::sample();
        page.state = CertificateState::Superseded;
        page.sentence =
            "Issued by the release of lot AD-26-0003. Superseded by RC-2026-000004 on 2026-11-27 09:10 +08:00: \
                         bags mistyped"
                .into();
        page.versions = vec![VersionRow {
            says: "Superseded by".into(),
            other: Link::new("RC-2026-000004", "/certificates/RC-2026-000004"),
            by: "Łukasz Nowak".into(),
            at: Moment::sample("2026-11-27 09:10", ""),
            reason: "Bags mistyped".into(),
            corrected: vec![Fact::new("Number of containers", "4 → 3")],
        }];
        page
    }

    /// A certificate whose replacement came back from a refusal.
    pub fn sample_replacing() -> Self {
        let input = |name: &str, label: &str, sort: Sort, field: Field| Input {
            name: name.into(),
            id: format!("supersession-{name}"),
            label: label.into(),
            sort,
            field,
            ..Input::default()
        };
        let mut page = Self::sample();
        let problem = "What was wrong is empty.";
        page.frame.problems = vec![FieldProblem { field: "supersession-reason".into(), text: problem.into() }];
        page.replace = Some(StepForm {
            id: "supersession".into(),
            title: "Replace this certificate".into(),
            shown: vec![Fact::new("Replaces", "RC-2026-000003"), Fact::hash("SHA-256 of its record", samples::HASH)],
            action: "/certificates/RC-2026-000003/supersession".into(),
            inputs: vec![
                input("containers", "Number of containers", Sort::Line, Field::of("3")),
                input("expires_at", "Expires", Sort::Moment, Field::of("2026-12-08T12:00")),
                input("reason", "What was wrong", Sort::Line, Field::default().refused(problem)),
            ],
            signed: true,
            button: "Sign and replace".into(),
            idempotency_key: "5d1e".into(),
            ..StepForm::default()
        });
        page.replace_open = true;
        page
    }

    /// A withdrawn certificate.
    pub fn sample_revoked() -> Self {
        let mut page = Self::sample();
        page.state = CertificateState::Revoked;
        page.sentence = "Withdrawn on 2026-11-28 10:00 +08:00: late growth in the aerobic sterility test.".into();
        page.signatures.push(samples::signature("Withdrawn: late growth in the aerobic sterility test"));
        page
    }
}
