//! Accounts: who has one, with which roles, and the form that makes one.

use askama::Template;

use super::parts::{Choice, Field, FieldProblem, Frame, Link, Moment};
use super::samples;

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
    /// `active`, `locked`, `closed`.
    pub state: String,
    /// When it was made.
    pub created_at: Moment,
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
    /// The four roles with what each may do.
    pub fn all(ticked: &[&str]) -> Vec<Self> {
        [
            ("analyst", "registers lots, records runs, verifies runs of others"),
            ("qa", "signs releases and rejections"),
            ("auditor", "reads everything, writes nothing"),
            ("admin", "keeps accounts; no act on lots"),
        ]
        .iter()
        .map(|(role, may)| RoleChoice { choice: Choice::of(*role, ticked.contains(role)), may: (*may).into() })
        .collect()
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
            created_at: Moment::sample("2026-11-01 08:00", ""),
        };
        Self {
            frame: admin_frame("People", "people"),
            rows: vec![
                row("admin", "Site administrator", "admin", "active"),
                row("awu", "Anna Wu", "analyst", "active"),
                row("jchen", "Chen Yi-Jun 陳怡君", "auditor", "active"),
                row("lnowak", "Łukasz Nowak", "qa", "active"),
                row("mlin", "Mei Lin", "analyst, qa", "active"),
                row("tsato", "佐藤 太郎", "analyst", "closed"),
            ],
        }
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
