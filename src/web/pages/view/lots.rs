//! The list of lots (the first page) and the form that registers one.

use askama::Template;

use super::marks::Status;
use super::parts::{Choice, Field, FieldProblem, Frame, Link, Moment};
use super::samples;

/// `GET /lots`: what waits for me, then every lot with what holds it back.
#[derive(Debug, Clone, Template)]
#[template(path = "lots/list.html")]
pub struct LotsPage {
    /// The frame.
    pub frame: Frame,
    /// What waits for the reader, most urgent deed first; deeds with nothing are left out.
    pub waiting: Vec<Waiting>,
    /// One chip per status, the first one for all.
    pub filters: Vec<Link>,
    /// The status code the list is narrowed to; empty for all.
    pub status: String,
    /// The text searched for; empty when none.
    pub search: String,
    /// The lots of this page.
    pub rows: Vec<LotRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Where the list can be had as CSV.
    pub csv: Option<String>,
    /// Whether the reader may register a lot.
    pub may_register: bool,
}

/// One deed that waits for the reader.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The deed: `To verify`.
    pub deed: String,
    /// Why it is here, in a few words.
    pub hint: String,
    /// What waits, most urgent first.
    pub items: Vec<WaitingItem>,
    /// How many more there are, and where.
    pub more: Option<Link>,
}

/// One thing that waits.
#[derive(Debug, Clone, Default)]
pub struct WaitingItem {
    /// The lot or run to open.
    pub link: Link,
    /// What is to be done or known.
    pub what: String,
    /// Since when or by when.
    pub when: String,
}

/// One lot of the table.
#[derive(Debug, Clone)]
pub struct LotRow {
    /// The lot number.
    pub lot: String,
    /// Its product.
    pub product: String,
    /// Its passage, such as `P4`; empty when not recorded.
    pub passage: String,
    /// Its status.
    pub status: Status,
    /// The first thing that holds it back, in words, or what was decided.
    pub held_by: String,
    /// How many more things do.
    pub held_more: usize,
    /// The next moment something can happen.
    pub next: Option<Moment>,
    /// When it expires.
    pub expires: Moment,
    /// Whether expiry is near.
    pub expires_soon: bool,
}

impl LotsPage {
    /// Whether the list is narrowed by a status or a text.
    pub fn narrowed(&self) -> bool {
        !self.search.is_empty() || !self.status.is_empty()
    }

    /// A full list on a working day.
    pub fn sample() -> Self {
        let item = |lot: &str, what: &str, when: &str| WaitingItem {
            link: Link::new(lot, format!("/lots/{lot}")),
            what: what.into(),
            when: when.into(),
        };
        let waiting = |deed: &str, hint: &str, items: Vec<WaitingItem>| Waiting {
            deed: deed.into(),
            hint: hint.into(),
            items,
            more: None,
        };
        let mut frame = samples::frame("Lots", "lots", "/lots");
        frame.search = None;
        Self {
            frame,
            waiting: vec![
                waiting(
                    "To read today",
                    "14 days of incubation are over",
                    vec![item("AD-26-0005", "Sterility, aerobic and anaerobic", "since 09:30")],
                ),
                waiting(
                    "To verify",
                    "entered by somebody else",
                    vec![
                        item("AD-26-0007", "Run #19, viability", "2 hours ago"),
                        item("AD-26-0008", "Run #22, flow cytometry", "40 minutes ago"),
                        item("AD-26-0008", "Run #23, endotoxin", "12 minutes ago"),
                    ],
                ),
                waiting(
                    "To release",
                    "nothing blocks; QA signs",
                    vec![item("AD-26-0004", "All 21 criteria pass", "expires in 6 days")],
                ),
                waiting(
                    "On hold",
                    "a failure is open",
                    vec![item("AD-26-0006", "Purity 96.04 → 96.0, required > 96.0", "since yesterday")],
                ),
            ],
            filters: filters(
                "",
                &[
                    ("testing", "Testing", 5),
                    ("on_hold", "On hold", 1),
                    ("ready", "Ready", 1),
                    ("released", "Released", 38),
                    ("rejected", "Rejected", 2),
                    ("expired", "Expired", 1),
                ],
            ),
            status: String::new(),
            search: String::new(),
            rows: sample_rows(),
            next: Some("/lots?cursor=AD-26-0001".into()),
            csv: None,
            may_register: true,
        }
    }

    /// A site without a single lot.
    pub fn sample_empty() -> Self {
        Self { waiting: vec![], rows: vec![], next: None, filters: filters("", &[]), ..Self::sample() }
    }

    /// A search that found nothing.
    pub fn sample_nothing_found() -> Self {
        Self {
            search: "D-9999".into(),
            status: "ready".into(),
            filters: filters("ready", &[("testing", "Testing", 5), ("ready", "Ready", 1)]),
            ..Self::sample_empty()
        }
    }
}

fn filters(current: &str, all: &[(&str, &str, usize)]) -> Vec<Link> {
    let mark = |link: Link, code: &str| if code == current { link.here() } else { link };
    let mut links = vec![mark(Link::new("All", "/lots"), "")];
    links.extend(all.iter().map(|(code, label, count)| {
        mark(Link::new(*label, format!("/lots?status={code}")).with_note(count.to_string()), code)
    }));
    links
}

/// Lot, passage, status, what holds it back, how many more, expiry, relative, whether it is near.
type Row = (&'static str, &'static str, Status, &'static str, usize, &'static str, &'static str, bool);

const ROWS: &[Row] = &[
    (
        "AD-26-0008",
        "P3",
        Status::Testing,
        "Run #22 (flow cytometry) is not verified.",
        4,
        "2026-12-24 18:00",
        "",
        false,
    ),
    ("AD-26-0007", "P4", Status::Testing, "Sterility, aerobic is still incubating.", 2, "2026-12-20 20:10", "", false),
    ("AD-26-0006", "P4", Status::OnHold, "Purity fails: 96.04 → 96.0, not > 96.0.", 0, "2026-12-12 08:00", "", false),
    (
        "AD-26-0005",
        "P5",
        Status::Testing,
        "Sterility, aerobic is to be read.",
        1,
        "2026-12-04 08:00",
        "in 7 days",
        false,
    ),
    (
        "AD-26-0004",
        "P3",
        Status::Ready,
        "Nothing; a QA signature releases it",
        0,
        "2026-12-02 20:00",
        "in 6 days",
        true,
    ),
    ("AD-26-0003", "P2", Status::Released, "Certificate RC-2026-000001", 0, "2026-12-08 12:00", "", false),
    ("AD-26-0002", "P6", Status::Rejected, "Passage 6, required NMT 5", 0, "2026-11-30 12:00", "", false),
    ("AD-26-0001", "P3", Status::Expired, "Expired on 2026-11-20 12:00.", 3, "2026-11-20 12:00", "6 days ago", false),
];

fn sample_rows() -> Vec<LotRow> {
    let row = |&(lot, passage, status, held_by, held_more, expires, left, expires_soon): &Row| LotRow {
        lot: lot.into(),
        product: "ADMSC-IV".into(),
        passage: passage.into(),
        status,
        held_by: held_by.into(),
        held_more,
        next: (lot == "AD-26-0007").then(|| Moment::sample("2026-12-01 09:30", "in 5 days")),
        expires: Moment::sample(expires, left),
        expires_soon,
    };
    ROWS.iter().map(row).collect()
}

/// `GET /lots/new`: register a lot.
#[derive(Debug, Clone, Template)]
#[template(path = "lots/new.html")]
pub struct RegisterLotPage {
    /// The frame.
    pub frame: Frame,
    /// The lot number.
    pub lot: Field,
    /// The products with a specification in force.
    pub products: Vec<Choice>,
    /// What is wrong with the product.
    pub product_problem: Option<String>,
    /// The donor's code.
    pub donor: Field,
    /// The passage as typed.
    pub passage: Field,
    /// When it was made, `YYYY-MM-DDTHH:MM` in the site's zone.
    pub manufactured_at: Field,
    /// When it expires, the same way.
    pub expires_at: Field,
    /// How many containers.
    pub containers: Field,
    /// The bank it was made from.
    pub bank: Field,
    /// The banks to choose from.
    pub banks: Vec<String>,
    /// What a specification in force asks to be stated.
    pub statements: Vec<Statement>,
    /// Makes a repeated request harmless.
    pub idempotency_key: String,
}

/// Something a specification asks to be stated about a lot: yes, no, or nothing.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The field's name.
    pub name: &'static str,
    /// The question.
    pub label: &'static str,
    /// Which products ask.
    pub hint: String,
    /// Not stated, yes, no.
    pub choices: Vec<Choice>,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl RegisterLotPage {
    /// An untouched form.
    pub fn sample() -> Self {
        let mut frame = samples::frame("Register a lot", "register-lot", "/lots");
        frame.crumbs = vec![Link::new("Lots", "/lots")];
        Self {
            frame,
            lot: Field::default(),
            products: vec![Choice {
                value: "ADMSC-IV".into(),
                label: "ADMSC-IV · specification version 1".into(),
                chosen: true,
            }],
            product_problem: None,
            donor: Field::default(),
            passage: Field::default(),
            manufactured_at: Field::default(),
            expires_at: Field::default(),
            containers: Field::default(),
            bank: Field::default(),
            banks: vec!["MCB-0007".into(), "WCB-0012".into()],
            statements: vec![],
            idempotency_key: "8d0c7f5e".into(),
        }
    }

    /// A form that came back.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let passage = "Passage must be a whole number such as 4. You typed P4: leave out the P.";
        let expires = "Expiry must be after manufacture (2026-11-26 08:10). You typed 2026-11-20 08:10.";
        page.lot = Field::of("AD-26-0009");
        page.donor = Field::of("D-0032");
        page.passage = Field::of("P4").refused(passage);
        page.manufactured_at = Field::of("2026-11-26T08:10");
        page.expires_at = Field::of("2026-11-20T08:10").refused(expires);
        page.containers = Field::of("6");
        let bank = "There is no bank MCB-0070. Register it first, or check the number.";
        let stated = "ADMSC-IV version 1 asks whether the donor is the patient. Say yes or no.";
        page.bank = Field::of("MCB-0070").refused(bank);
        page.statements = vec![Statement {
            name: "autologous",
            label: "Autologous",
            hint: "Asked for by ADMSC-IV.".into(),
            choices: vec![Choice::of("not stated", true), Choice::of("yes", false), Choice::of("no", false)],
            problem: Some(stated.into()),
        }];
        page.frame.problems = vec![
            FieldProblem { field: "passage".into(), text: passage.into() },
            FieldProblem { field: "expires_at".into(), text: expires.into() },
            FieldProblem { field: "bank".into(), text: bank.into() },
            FieldProblem { field: "autologous".into(), text: stated.into() },
        ];
        page
    }
}
