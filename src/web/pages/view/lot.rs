//! One lot, bank or donor: its criteria with verdict and arithmetic, its runs, the release box, its history.

use askama::Template;

use super::course::CourseBox;
use super::dose::DosePanel;
use super::ledger::LedgerFact;
use super::marks::{Outcome, Signature, Status};
use super::parts::{Choice, Fact, Field, Frame, Link, Moment, Unit, Value};
use super::signing::Sort;

/// `GET /lots/{lot}`.
#[derive(Debug, Clone, Template)]
#[template(path = "lots/show.html")]
pub struct LotPage {
    /// The frame.
    pub frame: Frame,
    /// The lot number.
    pub lot: String,
    /// What it is: `lot`, `bank` or `donor`.
    pub noun: &'static str,
    /// Its status.
    pub status: Status,
    /// Results of what it was made from that have fallen since, newest first.
    pub flags: Vec<FlagRow>,
    /// One line under the head: `Not releasable: 3 reasons`.
    pub standing: String,
    /// Product, specification, donor, passage, manufacture, expiry, containers.
    pub facts: Vec<Fact>,
    /// The criteria, grouped.
    pub sections: Vec<Section>,
    /// One entry form per assay the reader may record; empty when none.
    pub entries: Vec<Link>,
    /// Runs on equipment that was not fit for use, accepted by the site's policy.
    pub equipment_flags: Vec<Link>,
    /// The section that plans a dose, where the specification says how the product is dosed.
    pub dose: Option<DosePanel>,
    /// The runs, newest first.
    pub runs: Vec<RunRow>,
    /// What was made from it; empty for a lot.
    pub made: Vec<MadeRow>,
    /// The steps of its route, where it has more than one signature.
    pub course: Option<CourseBox>,
    /// What can be decided, or what was.
    pub decision: Decision,
    /// Its investigations, with how each ended.
    pub investigations: Vec<Link>,
    /// Its deviations and holds.
    pub deviations: Vec<Link>,
    /// Where a deviation or hold of it is opened; none for who may not.
    pub open_deviation: Option<Link>,
    /// The facts about this lot, newest first.
    pub history: Vec<LedgerFact>,
    /// Where all of them are.
    pub history_all: String,
    /// What can be done with it beside deciding on it.
    pub ways: Vec<Link>,
}

/// A result of a bank or donor that has fallen.
#[derive(Debug, Clone)]
pub struct FlagRow {
    /// What happened.
    pub sentence: String,
    /// The bank or donor.
    pub source: Link,
    /// When.
    pub at: Moment,
}

/// One thing made from a bank or a donor.
#[derive(Debug, Clone)]
pub struct MadeRow {
    /// Its page.
    pub link: Link,
    /// `bank` or `lot`.
    pub what: &'static str,
    /// Its product.
    pub product: String,
    /// The bank it was made from; empty for the donor.
    pub made_from: String,
    /// Its status.
    pub status: Status,
    /// `1 flag`; empty for none.
    pub flags: String,
}

/// A group of criteria.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its name, such as `Identity`.
    pub name: String,
    /// Its criteria, in the specification's order.
    pub criteria: Vec<CriterionRow>,
}

/// One criterion and where the lot stands on it.
#[derive(Debug, Clone)]
pub struct CriterionRow {
    /// The attribute's name as read.
    pub name: String,
    /// How it is tested.
    pub method: String,
    /// The acceptance as text with its decimals, without the unit: `NLT 95.0`.
    pub acceptance: String,
    /// The unit the limit and the value are in.
    pub unit: Unit,
    /// The value as typed.
    pub typed: Value,
    /// The value as reported, rounded once.
    pub reported: Value,
    /// The verdict.
    pub outcome: Outcome,
    /// Its arithmetic or reason: `96.04 → 96.0, not > 96.0`.
    pub because: String,
    /// The alert limit beyond which a passing value lies; empty where it does not.
    pub alert: String,
    /// The earliest moment it can be read.
    pub earliest: Option<Moment>,
    /// The run the value comes from.
    pub run: Option<Link>,
    /// The bank or donor the result is inherited from.
    pub inherited: Option<Link>,
    /// Values that no longer count, newest first.
    pub superseded: Vec<Superseded>,
}

/// A value that was replaced, still to be seen.
#[derive(Debug, Clone)]
pub struct Superseded {
    /// The value as typed then, with unit.
    pub value: String,
    /// Why it no longer counts.
    pub reason: String,
    /// The run it came from.
    pub run: Link,
}

/// One run of the lot.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// The run's page, labelled `#17`.
    pub link: Link,
    /// The assay's name.
    pub assay: String,
    /// What it holds: `10 values`.
    pub holds: String,
    /// Who entered it.
    pub entered_by: String,
    /// When it was tested.
    pub tested_at: Moment,
    /// Whether it counts: verified is `pass`, waiting is `unverified`, a failed control `invalid`.
    pub state: Outcome,
    /// That in words: `verified by M. Lin`.
    pub state_text: String,
    /// Whether the reader can verify it now.
    pub may_verify: bool,
}

/// What can be decided about the lot, or what was decided.
#[derive(Debug, Clone)]
pub enum Decision {
    /// A bank or a donor: nothing is decided, only what is open.
    Source {
        /// What holds back everything made from it.
        blockers: Vec<Blocker>,
        /// `All 3 criteria pass`
        summary: String,
    },
    /// Something blocks.
    Blocked {
        /// Every reason.
        blockers: Vec<Blocker>,
        /// Says why the button is off.
        why: String,
        /// The form to reject with.
        reject: Option<RejectForm>,
    },
    /// Nothing blocks.
    Ready {
        /// `All 21 criteria pass`
        summary: String,
        /// What is signed, line by line.
        signed: Vec<Fact>,
        /// The hash of the record to be signed.
        dossier_sha256: String,
        /// The form to sign with, when the reader may.
        release: Option<ReleaseForm>,
        /// Why the reader may not; empty when they may.
        why: String,
        /// The form to reject with.
        reject: Option<RejectForm>,
    },
    /// Released.
    Released(Certified),
    /// Released once, withdrawn since.
    Revoked {
        /// The withdrawal's signature.
        signature: Signature,
        /// Why it was withdrawn.
        reason: String,
        /// What had been issued.
        certified: Certified,
    },
    /// Rejected.
    Rejected {
        /// Who, when, in which role.
        signature: Signature,
        /// Why.
        reason: String,
        /// Its number in the ledger.
        ledger: Link,
    },
    /// Ended without a certificate: revoked after step 1, or supplied out of specification.
    Ended {
        /// The shape.
        mark: &'static str,
        /// What became of it.
        title: String,
        /// Why.
        reason: String,
        /// Where more of it is told.
        more: Link,
    },
    /// Expired before anybody decided.
    Expired {
        /// When.
        at: Moment,
        /// The form to reject with.
        reject: Option<RejectForm>,
    },
}

/// One reason the lot cannot be released now.
#[derive(Debug, Clone)]
pub struct Blocker {
    /// Its kind, for the shape.
    pub outcome: Outcome,
    /// The sentence.
    pub sentence: String,
    /// Who can resolve it.
    pub who: String,
    /// When at the earliest.
    pub earliest: Option<Moment>,
    /// Where it is resolved; empty when nowhere.
    pub href: String,
}

/// The form that signs a release.
#[derive(Debug, Clone, Default)]
pub struct ReleaseForm {
    /// The meanings to choose from.
    pub meanings: Vec<Choice>,
    /// What is wrong with the meaning.
    pub meaning_problem: Option<String>,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
    /// The newest fact that what is shown covers.
    pub seen_through: i64,
}

/// The form that signs a rejection.
#[derive(Debug, Clone, Default)]
pub struct RejectForm {
    /// The hash of the dossier as it is shown, so that nothing else is signed.
    pub dossier_sha256: String,
    /// The reason as typed.
    pub reason: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

impl RejectForm {
    /// Whether the form comes back from a refusal and must be seen.
    pub fn open(&self) -> bool {
        self.reason.problem.is_some() || self.password_problem.is_some()
    }
}

/// What a release issued.
#[derive(Debug, Clone, Default)]
pub struct Certified {
    /// The certificate's number.
    pub number: String,
    /// The signature that released.
    pub signature: Signature,
    /// The address a stranger checks it at.
    pub verify_url: String,
    /// The hash of the record.
    pub record_sha256: String,
    /// The hash of the file.
    pub pdf_sha256: String,
    /// Its number in the ledger.
    pub ledger: Link,
}
