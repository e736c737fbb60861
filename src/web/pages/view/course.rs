//! A lot's route to a decision, the review of its audit trail, and the site's policy.

use askama::Template;

use super::marks::Signature;
use super::parts::{Fact, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// The steps of a lot's route, on its page above the decision.
#[derive(Debug, Clone, Default)]
pub struct CourseBox {
    /// The shape beside the heading.
    pub mark: &'static str,
    /// Which step waits for whom.
    pub next: String,
    /// The steps before the last one.
    pub steps: Vec<StepRow>,
    /// The conditional notice.
    pub notice: Option<Link>,
    /// What is still to come after step 1, or may be pending at it.
    pub pending: Vec<PendingRow>,
    /// The page of the audit-trail review, for who reads it.
    pub review: Option<Link>,
    /// Why the reader, whose step it would be, may not sign it; empty for everybody else.
    pub why: String,
    /// What the reader may sign here.
    pub forms: Vec<StepForm>,
}

/// A step and how it stands.
#[derive(Debug, Clone)]
pub struct StepRow {
    /// `QC approval`
    pub label: String,
    /// The shape: `pass`, `fail` or `pending`.
    pub mark: &'static str,
    /// `signed by …`, `UNSIGNED: changed since`, `open`.
    pub text: String,
    /// What was recorded since, one line each.
    pub changed: Vec<String>,
}

/// A result that is still to come.
#[derive(Debug, Clone)]
pub struct PendingRow {
    /// What is measured.
    pub name: String,
    /// Until when.
    pub due: Moment,
    /// The interim reading; empty where there is none.
    pub interim: String,
    /// Whether the due date has passed.
    pub overdue: bool,
}

impl CourseBox {
    /// A lot that waits for the review, whose approval fell.
    pub fn sample() -> Self {
        Self {
            mark: "pending",
            next: "Route: A QC head signs the QC approval.".into(),
            steps: vec![
                StepRow {
                    label: "QC approval".into(),
                    mark: "fail",
                    text: "UNSIGNED: changed since Cora Čermák signed on 2026-11-26 13:00 +08:00".into(),
                    changed: vec!["Mei Lin corrected CD90 in run #17 on 2026-11-26 13:20 +08:00".into()],
                },
                StepRow { label: "Audit-trail review".into(), mark: "pending", text: "open".into(), changed: vec![] },
            ],
            notice: Some(Link::new("CN-2026-000001", "/notices/CN-2026-000001")),
            pending: vec![PendingRow {
                name: "Sterility, aerobic".into(),
                due: Moment::sample("2026-11-25 12:00", "26 hours ago"),
                interim: "No growth to date".into(),
                overdue: true,
            }],
            review: Some(Link::new("Audit-trail review", "/lots/AD-26-0007/audit-review")),
            why: String::new(),
            forms: vec![form("qc-approval", "Approve the results")],
        }
    }
}

fn form(id: &str, title: &str) -> StepForm {
    let input = Input {
        name: "meaning".into(),
        id: format!("{id}-meaning"),
        label: "What your signature means".into(),
        sort: Sort::Line,
        ..Input::default()
    };
    StepForm {
        id: id.into(),
        title: title.into(),
        action: format!("/lots/AD-26-0007/{id}"),
        inputs: vec![input],
        signed: true,
        button: "Sign".into(),
        hidden: vec![("seen_sha256".into(), samples::HASH.into())],
        ..StepForm::default()
    }
}

/// `GET /lots/{lot}/audit-review`.
#[derive(Debug, Clone, Template)]
#[template(path = "lots/audit_review.html")]
pub struct AuditReviewPage {
    /// The frame.
    pub frame: Frame,
    /// The lot.
    pub lot: String,
    /// How the review stands.
    pub standing: StepRow,
    /// What changed since entry, oldest first.
    pub changes: Vec<ChangeRow>,
    /// SHA-256 of what is signed.
    pub sha256: String,
    /// The form, for who may sign.
    pub form: Option<StepForm>,
    /// Why the reader may not sign; empty when they may.
    pub why: String,
}

/// One change since entry.
#[derive(Debug, Clone)]
pub struct ChangeRow {
    /// Of what kind.
    pub kind: String,
    /// What happened.
    pub what: String,
    /// Values before and after.
    pub values: Vec<String>,
    /// The reason given; empty where there is none.
    pub reason: String,
    /// Who, in which role.
    pub who: String,
    /// When.
    pub at: Moment,
    /// The fact in the ledger.
    pub fact: Link,
}

impl AuditReviewPage {
    /// A correction, and a form to sign.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Audit-trail review of AD-26-0007", "audit-review", "/lots");
        frame.crumbs = vec![Link::new("AD-26-0007", "/lots/AD-26-0007")];
        Self {
            frame,
            lot: "AD-26-0007".into(),
            standing: StepRow {
                label: "Audit-trail review".into(),
                mark: "pending",
                text: "open".into(),
                changed: vec![],
            },
            changes: vec![ChangeRow {
                kind: "Correction".into(),
                what: "run #17 was corrected".into(),
                values: vec!["CD90: 98.4 → 96.1".into()],
                reason: "Wrong gate template".into(),
                who: "Mei Lin (analyst)".into(),
                at: Moment::sample("2026-11-26 13:20", ""),
                fact: Link::new("fact 391", "/ledger?lot=AD-26-0007#f391"),
            }],
            sha256: samples::HASH.into(),
            form: Some(form("audit-review", "Sign the review")),
            why: String::new(),
        }
    }

    /// Nothing changed, and the reader may not sign.
    pub fn sample_empty() -> Self {
        Self { changes: vec![], form: None, why: "A QA officer signs the review.".into(), ..Self::sample() }
    }
}

/// `GET /policy`.
#[derive(Debug, Clone, Template)]
#[template(path = "policy/show.html")]
pub struct PolicyPage {
    /// The frame.
    pub frame: Frame,
    /// What holds, line by line.
    pub facts: Vec<Fact>,
    /// Which version, set by whom and when.
    pub standing: String,
    /// The signature; none where it was never signed.
    pub signature: Option<Signature>,
    /// The form, for QA.
    pub form: Option<StepForm>,
}

impl PolicyPage {
    /// A policy that QA may change.
    pub fn sample() -> Self {
        Self {
            frame: samples::frame("Policy", "policy", ""),
            facts: vec![
                Fact::new("Route to a decision", "verification, then release by QA (three people)"),
                Fact::new("Idle lock", "15 minutes"),
            ],
            standing: "Version 2".into(),
            signature: Some(samples::signature("I approve the site's policy")),
            form: Some(StepForm { action: "/policy".into(), ..form("policy", "Set the policy") }),
        }
    }

    /// Nobody has set one, and the reader changes nothing.
    pub fn sample_unset() -> Self {
        Self {
            standing: "Never set: the strictest answers hold.".into(),
            signature: None,
            form: None,
            ..Self::sample()
        }
    }
}
