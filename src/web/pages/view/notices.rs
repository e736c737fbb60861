//! A conditional notice: what it is, what was pending, who is told, who signed.

use askama::Template;

use super::marks::{Signature, Standing};
use super::parts::{Fact, Frame, Link, Moment};
use super::samples;

/// How a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// Neither followed nor revoked.
    Standing,
    /// A release certificate followed.
    Followed,
    /// Withdrawn.
    Revoked,
}

impl NoticeState {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            NoticeState::Standing => "Conditional",
            NoticeState::Followed => "Followed",
            NoticeState::Revoked => "Revoked",
        }
    }

    /// The name of the shape.
    pub fn mark(self) -> &'static str {
        match self {
            NoticeState::Standing => Standing::Conditional.code(),
            NoticeState::Followed => Standing::Followed.code(),
            NoticeState::Revoked => Standing::Revoked.code(),
        }
    }
}

/// A notice in the list.
#[derive(Debug, Clone)]
pub struct NoticeRow {
    /// Its page.
    pub link: Link,
    /// The lot's page.
    pub lot: Link,
    /// How it stands.
    pub state: NoticeState,
    /// The certificate that followed.
    pub certificate: Option<Link>,
    /// When it was issued.
    pub issued_at: Moment,
    /// Who signed.
    pub signed_by: String,
}

/// A result that was pending.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// What is measured.
    pub name: String,
    /// Until when.
    pub due: Moment,
    /// The interim reading, or that there is none.
    pub interim: String,
    /// The shape of what has become of it.
    pub mark: &'static str,
    /// That in a word.
    pub now: String,
}

/// Somebody who is told when a result fails.
#[derive(Debug, Clone)]
pub struct ContactRow {
    /// What for.
    pub role: String,
    /// Who.
    pub name: String,
    /// How they are reached.
    pub reach: String,
}

/// `GET /notices/{number}`.
#[derive(Debug, Clone, Template)]
#[template(path = "notices/show.html")]
pub struct NoticePage {
    /// The frame.
    pub frame: Frame,
    /// Its number.
    pub number: String,
    /// How it stands.
    pub state: NoticeState,
    /// What it calls itself.
    pub title: String,
    /// How it stands, in sentences.
    pub sentence: String,
    /// Lot, product, specification, moments.
    pub facts: Vec<Fact>,
    /// What was pending.
    pub pending: Vec<WaitingRow>,
    /// Who is told when a result fails.
    pub contacts: Vec<ContactRow>,
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
    /// The page of the recall, where it was revoked.
    pub recall: Option<Link>,
}

impl NoticePage {
    /// A notice that stands.
    pub fn sample() -> Self {
        let mut frame = samples::frame("CN-2026-000001", "notice", "/certificates");
        frame.crumbs = vec![Link::new("Certificates", "/certificates")];
        Self {
            frame,
            number: "CN-2026-000001".into(),
            state: NoticeState::Standing,
            title: crate::domain::notice::NOTICE_TITLE.into(),
            sentence:
                "Issued by step 1 of the release of lot AD-26-0009. It stands until the last result is in: a release \
                       certificate follows, or it is revoked."
                    .into(),
            facts: vec![
                Fact::new("Lot", "AD-26-0009").linked("/lots/AD-26-0009"),
                Fact::new("Product", "ADMSC-IV"),
                Fact::new("Specification", "version 2").linked("/specifications/ADMSC-IV/2"),
                Fact::new("Issued", "2026-11-26 12:02:14 +08:00"),
                Fact::new("Lot expires", "2026-11-27 12:00 +08:00"),
            ],
            pending: vec![WaitingRow {
                name: "Sterility, aerobic".into(),
                due: Moment::sample("2026-12-10 12:02", ""),
                interim: "No growth to date".into(),
                mark: "pending",
                now: "Still to come".into(),
            }],
            contacts: vec![ContactRow {
                role: "Physician".into(),
                name: "Dr Anna Weiss, ward 4B".into(),
                reach: "+49 30 555 0100".into(),
            }],
            signatures: vec![samples::signature("I release this lot conditionally")],
            pdf_sha256: samples::OTHER_HASH.into(),
            record_sha256: samples::HASH.into(),
            verify_url: "https://lots.example.org/verify/CN-2026-000001".into(),
            ledger: Link::new("410", "/ledger?lot=AD-26-0009#f410"),
            recall: None,
        }
    }

    /// A notice that a certificate followed.
    pub fn sample_followed() -> Self {
        let mut page = Self::sample();
        page.state = NoticeState::Followed;
        page.sentence =
            "Issued by step 1 of the release of lot AD-26-0009. Certificate RC-2026-000004 followed it. The \
                         certificate counts now, and no longer the notice."
                .into();
        page.facts.push(Fact::new("Followed by", "RC-2026-000004").linked("/certificates/RC-2026-000004"));
        page.pending[0].mark = "pass";
        page.pending[0].now = "Passed".into();
        page
    }

    /// A withdrawn notice.
    pub fn sample_revoked() -> Self {
        let mut page = Self::sample();
        page.state = NoticeState::Revoked;
        page.sentence =
            "Issued by step 1 of the release of lot AD-26-0009. Revoked on 2026-12-02 09:10 +08:00: a result \
                         failed after the lot had been conditionally released."
                .into();
        page.pending[0].mark = "missing";
        page.pending[0].now = "Not passed".into();
        page.recall = Some(Link::new("Who must be told", "/lots/AD-26-0009/recall"));
        page
    }
}
