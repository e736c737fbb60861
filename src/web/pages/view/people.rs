//! Accounts: who has one, with which roles, and the form that makes one.

use askama::Template;

use super::equipment::Fold;
use super::parts::{Choice, Fact, Field, FieldProblem, Frame, Link, Moment};
use super::samples;
use super::signing::{Input, Sort, StepForm};
use crate::domain::role::Role;

/// `GET /people`.
#[derive(Debug, Clone, Template)]
#[template(path = "people/list.html")]
pub struct PeoplePage {
    /// The frame.
    pub frame: Frame,
    /// The accounts, by username.
    pub rows: Vec<PersonRow>,
}

/// One account.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Username, never reused.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles in words.
    pub roles: String,
    /// `active`, or what is in the way: `deactivated`, `identity unchecked`.
    pub state: String,
    /// Where everything about it stands.
    pub href: String,
    /// When it was made.
    pub created_at: Moment,
}

/// `GET /people/{username}`.
#[derive(Debug, Clone, Template)]
#[template(path = "people/show.html")]
pub struct PersonPage {
    /// The frame.
    pub frame: Frame,
    /// What is recorded about the account.
    pub facts: Vec<Fact>,
    /// Trainings, newest first.
    pub trainings: Vec<TrainingRow>,
    /// Where its locks, factors, sessions and tokens are.
    pub security: Link,
    /// What the reader may do, each folded until it is wanted.
    pub forms: Vec<Fold>,
}

/// One training.
#[derive(Debug, Clone)]
pub struct TrainingRow {
    /// The kind of test.
    pub assay: String,
    /// The training record.
    pub reference: String,
    /// Whether it is valid now.
    pub valid: bool,
    /// From.
    pub from: Moment,
    /// Until.
    pub until: Moment,
}

/// `GET /people/new`.
#[derive(Debug, Clone, Template)]
#[template(path = "people/new.html")]
pub struct NewPersonPage {
    /// The frame.
    pub frame: Frame,
    /// The username.
    pub username: Field,
    /// The full name.
    pub full_name: Field,
    /// The roles, each with what it may do.
    pub roles: Vec<RoleChoice>,
    /// What is wrong with the roles.
    pub roles_problem: Option<String>,
    /// Until when the account works; empty for no end.
    pub valid_until: Field,
    /// What is wrong with the password.
    pub password_problem: Option<String>,
    /// What a password needs.
    pub password_rule: String,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// One role to tick.
#[derive(Debug, Clone)]
pub struct RoleChoice {
    /// The role.
    pub choice: Choice,
    /// What it may do.
    pub may: String,
}

impl RoleChoice {
    /// Every role with what it may do.
    pub const ROLES: [(Role, &'static str); 6] = [
        (Role::Analyst, "registers lots, records runs, verifies runs of others"),
        (Role::Qc, "approves results for quality control"),
        (Role::Qa, "signs releases and rejections, reviews audit trails and access"),
        (Role::Qp, "certifies lots as qualified person"),
        (Role::Auditor, "reads everything, writes nothing; give an inspector a limit of time"),
        (Role::Admin, "keeps accounts; no act on lots"),
    ];

    /// Every role, ticked or not.
    pub fn all(ticked: &[&str]) -> Vec<Self> {
        let choice = |(role, may): &(Role, &str)| RoleChoice {
            choice: Choice::of(role.as_str(), ticked.contains(&role.as_str())),
            may: (*may).into(),
        };
        Self::ROLES.iter().map(choice).collect()
    }
}

fn admin_frame(title: &str, page: &'static str) -> Frame {
    let mut frame = samples::frame(title, page, "/people");
    frame.nav.truncate(1);
    frame.nav.push(Link::new("Ledger", "/ledger"));
    frame.nav.push(Link::new("People", "/people").here());
    frame
}

impl PeoplePage {
    /// A small laboratory.
    pub fn sample() -> Self {
        let row = |username: &str, full_name: &str, roles: &str, state: &str| PersonRow {
            username: username.into(),
            full_name: full_name.into(),
            roles: roles.into(),
            state: state.into(),
            href: format!("/people/{username}"),
            created_at: Moment::sample("2026-11-01 08:00", ""),
        };
        Self {
            frame: admin_frame("People", "people"),
            rows: vec![
                row("admin", "Site administrator", "admin", "active"),
                row("awu", "Anna Wu", "analyst", "active"),
                row("jchen", "Chen Yi-Jun 陳怡君", "auditor", "limited"),
                row("lnowak", "Łukasz Nowak", "qa", "active"),
                row("mlin", "Mei Lin", "analyst, qa", "active"),
                row("tsato", "佐藤 太郎", "analyst", "deactivated"),
            ],
        }
    }
}

impl PersonPage {
    /// A person with everything, and one form.
    pub fn sample() -> Self {
        let input = |name: &str, label: &str, sort| Input {
            name: name.into(),
            id: format!("roles-{name}"),
            label: label.into(),
            sort,
            choices: if name == "roles" { vec![Choice::of("qa", true), Choice::of("qp", false)] } else { vec![] },
            ..Input::default()
        };
        let form = StepForm {
            id: "roles".into(),
            title: "Change the roles".into(),
            action: "/people/lnowak/roles".into(),
            inputs: vec![input("roles", "Roles", Sort::Ticks), input("reason", "Reason", Sort::Line)],
            button: "Change the roles".into(),
            idempotency_key: "91f0".into(),
            ..StepForm::default()
        };
        let mut frame = admin_frame("Łukasz Nowak", "person");
        frame.crumbs = vec![Link::new("People", "/people")];
        Self {
            frame,
            facts: vec![
                Fact::new("Username", "lnowak"),
                Fact::new("Roles", "qa"),
                Fact::new("Account", "active"),
                Fact::new("Identity checked", "2026-11-01 08:10 +08:00 by admin: passport, copy in personnel file 7"),
            ],
            trainings: vec![TrainingRow {
                assay: "release".into(),
                reference: "TR-25-002".into(),
                valid: false,
                from: Moment::sample("2025-01-10 00:00", ""),
                until: Moment::sample("2026-01-10 00:00", "320 days ago"),
            }],
            security: Link::new("Locks, second factors, sessions and tokens", "/people/lars.holm/security"),
            forms: vec![Fold { form, open: false }],
        }
    }

    /// Roles that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "Reason is empty. Please fill it in.";
        page.frame.problems = vec![FieldProblem { field: "roles-reason".into(), text: text.into() }];
        for fold in &mut page.forms {
            fold.open = true;
            if let Some(input) = fold.form.inputs.last_mut() {
                input.field.problem = Some(text.into());
            }
        }
        page
    }
}

impl NewPersonPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = admin_frame("Create an account", "new-person");
        frame.crumbs = vec![Link::new("People", "/people")];
        Self {
            frame,
            username: Field::default(),
            full_name: Field::default(),
            roles: RoleChoice::all(&[]),
            roles_problem: None,
            valid_until: Field::default(),
            password_problem: None,
            password_rule: "At least 12 characters.".into(),
            idempotency_key: "2c90".into(),
        }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let roles = "An administrator does no act on lots. Choose admin alone, or the others without it.";
        let username = "The username mlin was taken once and is never given again. Choose another, such as mlin2.";
        page.username = Field::of("mlin").refused(username);
        page.full_name = Field::of("Mei Lin");
        page.roles = RoleChoice::all(&["qa", "admin"]);
        page.roles_problem = Some(roles.into());
        page.frame.problems = vec![
            FieldProblem { field: "username".into(), text: username.into() },
            FieldProblem { field: "role-analyst".into(), text: roles.into() },
        ];
        page
    }
}
