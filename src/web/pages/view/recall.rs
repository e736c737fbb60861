//! The recall of a lot, its containers, and its supply out of specification.

use askama::Template;

use super::marks::{Signature, Status};
use super::parts::{Fact, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};

/// `GET /lots/{lot}/recall`.
#[derive(Debug, Clone, Template)]
#[template(path = "recall/show.html")]
pub struct RecallPage {
    /// The frame.
    pub frame: Frame,
    /// The lot number.
    pub lot: String,
    /// How the lot stands.
    pub status: Status,
    /// How it stands in a sentence.
    pub standing: String,
    /// Paper, class, run, who, when.
    pub facts: Vec<Fact>,
    /// The reason of the revocation; empty while there is none.
    pub reason: String,
    /// Who must be told.
    pub parties: Vec<PartyRow>,
    /// How many have not acknowledged it.
    pub outstanding: usize,
    /// Where each container is.
    pub containers: Vec<ContainerRow>,
    /// Lots that share something with it.
    pub sisters: Vec<SisterRow>,
    /// The form to revoke with, when the reader may.
    pub form: Option<StepForm>,
}

/// Somebody who must be told.
#[derive(Debug, Clone)]
pub struct PartyRow {
    /// `Physician`.
    pub role: String,
    /// Name and how to reach them; empty where not known.
    pub contact: String,
    /// Why them.
    pub because: String,
    /// Who acknowledged it, how and when; empty while nobody did.
    pub told: String,
    /// The form to record it with, when the reader may.
    pub form: Option<StepForm>,
    /// Whether that form comes back from a refusal and must be seen.
    pub open: bool,
}

/// A container.
#[derive(Debug, Clone)]
pub struct ContainerRow {
    /// The code on its label.
    pub code: String,
    /// Its lot's page.
    pub lot: Link,
    /// How its lot stands.
    pub status: Status,
    /// Where it is, in words.
    pub state: String,
    /// To whom, under what, when: what became of it, oldest first.
    pub movements: Vec<String>,
    /// Its label in each size.
    pub labels: Vec<Link>,
}

/// A lot that shares something with the revoked one.
#[derive(Debug, Clone)]
pub struct SisterRow {
    /// Its page.
    pub lot: Link,
    /// How it stands.
    pub status: Status,
    /// What they share.
    pub shares: String,
}

/// `GET /containers` and `GET /lots/{lot}/containers`.
#[derive(Debug, Clone, Template)]
#[template(path = "recall/containers.html")]
pub struct ContainersPage {
    /// The frame.
    pub frame: Frame,
    /// The containers.
    pub rows: Vec<ContainerRow>,
    /// The states to choose from, the chosen one marked.
    pub filters: Vec<Link>,
    /// The next page of the list over all lots.
    pub next: Option<Link>,
    /// The form that moves containers, when the reader may.
    pub form: Option<StepForm>,
    /// The lot's recall; none in the list over all lots.
    pub recall: Option<Link>,
}

/// `GET /lots/{lot}/supply`.
#[derive(Debug, Clone, Template)]
#[template(path = "recall/supply.html")]
pub struct SupplyPage {
    /// The frame.
    pub frame: Frame,
    /// What a supply is not.
    pub notice: String,
    /// The supplies, oldest first.
    pub supplies: Vec<SupplyRow>,
    /// The form to record one with, when the reader may and the lot is out of specification.
    pub form: Option<StepForm>,
    /// Why nothing of the lot can be supplied this way; empty where it can or nobody asks.
    pub why: String,
}

/// A supply.
#[derive(Debug, Clone)]
pub struct SupplyRow {
    /// Physician, containers, when, who was notified.
    pub facts: Vec<Fact>,
    /// The hazard that it avoids.
    pub hazard: String,
    /// The evaluation of the risks.
    pub risk_evaluation: String,
    /// Who signed.
    pub signature: Signature,
}

fn form(id: &str, title: &str, action: &str, button: &str, fields: &[(&str, &str, Sort)]) -> StepForm {
    let input = |(name, label, sort): &(&str, &str, Sort)| Input {
        name: (*name).into(),
        id: format!("{id}-{name}"),
        label: (*label).into(),
        sort: *sort,
        ..Input::default()
    };
    StepForm {
        id: id.into(),
        title: title.into(),
        action: action.into(),
        inputs: fields.iter().map(input).collect(),
        button: button.into(),
        idempotency_key: "5d1e".into(),
        ..StepForm::default()
    }
}

impl ContainerRow {
    fn sample(number: u32, state: &str, movements: &[&str]) -> Self {
        ContainerRow {
            code: format!("AD-26-0003.{number}"),
            lot: Link::new("AD-26-0003", "/lots/AD-26-0003"),
            status: Status::Revoked,
            state: state.into(),
            movements: movements.iter().map(|m| (*m).to_owned()).collect(),
            labels: vec![Link::new("57x32", format!("/api/v1/containers/AD-26-0003.{number}/label?size=57x32"))],
        }
    }
}

impl RecallPage {
    /// Revoked, one party told.
    pub fn sample() -> Self {
        let party = |role: &str, contact: &str, because: &str, told: &str, at: u32| PartyRow {
            role: role.into(),
            contact: contact.into(),
            because: because.into(),
            told: told.into(),
            open: false,
            form: told.is_empty().then(|| {
                let id = format!("party-{at}");
                let action = format!("/lots/AD-26-0003/revocation/parties/{at}");
                form(&id, "Record that it was told", &action, "Record", &[("who", "Who acknowledged it", Sort::Line)])
            }),
        };
        let mut frame = samples::frame("Recall of AD-26-0003", "recall", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0003", "/lots/AD-26-0003")];
        RecallPage {
            frame,
            lot: "AD-26-0003".into(),
            status: Status::Revoked,
            standing: "Revoked. 1 of 2 parties has not acknowledged it.".into(),
            facts: vec![Fact::new("Certificate", "RC-2026-000003"), Fact::new("Revoked", "2026-12-09 10:15 +08:00")],
            reason: "Sterility, aerobic “Growth” of run #31 fails.".into(),
            parties: vec![
                party("Physician", "Dr Lin, +86 20 5550", "received container 1", "Dr Lin, 10:40", 0),
                party("Authority", "", "whether the authority must be told is always decided", "", 1),
            ],
            outstanding: 1,
            containers: vec![
                ContainerRow::sample(1, "Shipped", &["Shipped to Dr Lin under RC-2026-000003"]),
                ContainerRow::sample(2, "In stock", &[]),
            ],
            sisters: vec![SisterRow {
                lot: Link::new("AD-26-0004", "/lots/AD-26-0004"),
                status: Status::OnHold,
                shares: "donor D-0031".into(),
            }],
            form: None,
        }
    }

    /// Released, QA may revoke.
    pub fn sample_standing() -> Self {
        let revoke = form(
            "revocation",
            "Revoke the release",
            "/lots/AD-26-0003/revocation",
            "Sign and revoke",
            &[("reason", "Reason", Sort::Lines)],
        );
        RecallPage {
            status: Status::Released,
            standing: "Released; nothing was revoked.".into(),
            reason: String::new(),
            parties: Vec::new(),
            outstanding: 0,
            sisters: Vec::new(),
            form: Some(StepForm { signed: true, ..revoke }),
            ..Self::sample()
        }
    }
}

impl ContainersPage {
    /// Of one lot.
    pub fn sample() -> Self {
        let RecallPage { frame, containers, .. } = RecallPage::sample();
        ContainersPage {
            frame: Frame { title: "Containers of AD-26-0003".into(), page: "containers", ..frame },
            rows: containers,
            filters: vec![
                Link::new("All", "/lots/AD-26-0003/containers?state=").here(),
                Link::new("In stock", "/lots/AD-26-0003/containers?state=in_stock"),
            ],
            next: Some(Link::new("More containers", "/containers?state=&cursor=812.4")),
            form: Some(form(
                "movement",
                "Move containers",
                "/lots/AD-26-0003/containers",
                "Record",
                &[("containers", "Which containers", Sort::Line), ("moved_at", "When", Sort::Moment)],
            )),
            recall: Some(Link::new("Recall", "/lots/AD-26-0003/recall")),
        }
    }

    /// None at all.
    pub fn sample_empty() -> Self {
        ContainersPage { rows: Vec::new(), next: None, form: None, recall: None, ..Self::sample() }
    }
}

impl SupplyPage {
    /// One supply.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Supply of AD-26-0009", "supply", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new("AD-26-0009", "/lots/AD-26-0009")];
        SupplyPage {
            frame,
            notice: crate::domain::supply::NO_RELEASE.into(),
            supplies: vec![SupplyRow {
                facts: vec![Fact::new("Physician", "Dr Lin, ward 4"), Fact::new("Containers", "AD-26-0009.1")],
                hazard: "Loss of the graft within hours".into(),
                risk_evaluation: "A lower dose; no other risk".into(),
                signature: Signature { at: Moment::sample("2026-12-01 10:00", ""), ..samples::signature("Supplied") },
            }],
            form: None,
            why: String::new(),
        }
    }
}
