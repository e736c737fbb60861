//! The lists of banks and of donors, and the forms that register one.

use askama::Template;

use super::marks::Status;
use super::parts::{Choice, Field, FieldProblem, Frame, Link, Moment};
use super::samples;

/// `GET /banks` and `GET /donors`.
#[derive(Debug, Clone, Template)]
#[template(path = "sources/list.html")]
pub struct SourcesPage {
    /// The frame.
    pub frame: Frame,
    /// `bank` or `donor`.
    pub noun: &'static str,
    /// The other list.
    pub other: Link,
    /// Where one is registered.
    pub register: &'static str,
    /// Whether the reader may register one.
    pub may_register: bool,
    /// The rows of this page.
    pub rows: Vec<SourceRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// One bank or donor.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// Its page.
    pub link: Link,
    /// The product it is tested for.
    pub product: String,
    /// `MCB-0007` or `donor D-0031`; empty for a donor.
    pub made_from: String,
    /// Its passage, such as `P2`; empty for a donor.
    pub passage: String,
    /// Its status.
    pub status: Status,
    /// The first thing that is open, in words.
    pub held_by: String,
    /// How many more things are.
    pub held_more: usize,
    /// When it was made or donated.
    pub made: Moment,
}

/// `GET /banks/new`: register a bank.
#[derive(Debug, Clone, Template)]
#[template(path = "banks/new.html")]
pub struct RegisterBankPage {
    /// The frame.
    pub frame: Frame,
    /// Its number.
    pub bank: Field,
    /// The products with a specification in force.
    pub products: Vec<Choice>,
    /// What is wrong with the product.
    pub product_problem: Option<String>,
    /// The donor's code.
    pub donor: Field,
    /// The bank it was made from.
    pub made_from: Field,
    /// The banks to choose from.
    pub banks: Vec<String>,
    /// The passage as typed.
    pub passage: Field,
    /// The cumulative population doublings as typed.
    pub population_doublings: Field,
    /// When it was made, `YYYY-MM-DDTHH:MM` in the site's zone.
    pub made_at: Field,
    /// When it expires, the same way.
    pub expires_at: Field,
    /// How many containers.
    pub containers: Field,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// `GET /donors/new`: register a donor.
#[derive(Debug, Clone, Template)]
#[template(path = "donors/new.html")]
pub struct RegisterDonorPage {
    /// The frame.
    pub frame: Frame,
    /// The donor's code.
    pub donor: Field,
    /// The products with a specification in force.
    pub products: Vec<Choice>,
    /// What is wrong with the product.
    pub product_problem: Option<String>,
    /// When the tissue was donated, `YYYY-MM-DDTHH:MM` in the site's zone.
    pub donated_at: Field,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

impl SourcesPage {
    /// Two banks, one made from the other.
    pub fn sample() -> Self {
        let row = |number: &str, made_from: &str, passage: &str, status, held_by: &str| SourceRow {
            link: Link::new(number, format!("/banks/{number}")),
            product: "ADMSC-IV".into(),
            made_from: made_from.into(),
            passage: passage.into(),
            status,
            held_by: held_by.into(),
            held_more: 0,
            made: Moment::sample("2026-09-01 10:00", ""),
        };
        Self {
            frame: samples::frame("Banks", "banks", "/banks"),
            noun: "bank",
            other: Link::new("Donors", "/donors"),
            register: "/banks/new",
            may_register: true,
            rows: vec![
                row("WCB-0012", "MCB-0007", "P3", Status::Ready, ""),
                row("MCB-0007", "donor D-0031", "P2", Status::OnHold, "Investigation OOS-2026-0001 is open."),
            ],
            next: Some("/banks?cursor=12".into()),
        }
    }

    /// A site without a single donor.
    pub fn sample_empty() -> Self {
        Self {
            frame: samples::frame("Donors", "donors", "/donors"),
            noun: "donor",
            other: Link::new("Banks", "/banks"),
            register: "/donors/new",
            rows: vec![],
            next: None,
            ..Self::sample()
        }
    }
}

fn product() -> Choice {
    Choice { value: "ADMSC-IV".into(), label: "ADMSC-IV · specification version 1".into(), chosen: true }
}

impl RegisterBankPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Register a bank", "register-bank", "/banks");
        frame.crumbs = vec![Link::new("Banks", "/banks")];
        Self {
            frame,
            bank: Field::default(),
            products: vec![product()],
            product_problem: None,
            donor: Field::default(),
            made_from: Field::default(),
            banks: vec!["MCB-0007".into()],
            passage: Field::default(),
            population_doublings: Field::default(),
            made_at: Field::default(),
            expires_at: Field::default(),
            containers: Field::default(),
            idempotency_key: "8d0c7f5e".into(),
        }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "Passage 1 is lower than that of its bank MCB-0007, 2.";
        page.made_from = Field::of("MCB-0007");
        page.passage = Field::of("1").refused(text);
        page.frame.problems = vec![FieldProblem { field: "passage".into(), text: text.into() }];
        page
    }
}

impl RegisterDonorPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Register a donor", "register-donor", "/banks");
        frame.crumbs = vec![Link::new("Donors", "/donors")];
        Self {
            frame,
            donor: Field::default(),
            products: vec![product()],
            product_problem: None,
            donated_at: Field::default(),
            idempotency_key: "8d0c7f5e".into(),
        }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "D-0031 is already registered as a donor, by Anna Wu on 2026-11-16 20:10 +08:00. A number is given once, \
                    to a lot, a bank or a donor.";
        page.donor = Field::of("D-0031").refused(text);
        page.frame.problems = vec![FieldProblem { field: "donor".into(), text: text.into() }];
        page
    }
}
