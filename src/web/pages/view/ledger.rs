//! The ledger: every fact in a sentence, with its number, moment and person.

use askama::Template;

use super::parts::{Choice, Field, FieldProblem, Frame, Link, Moment};
use super::samples;

/// `GET /ledger`.
#[derive(Debug, Clone, Template)]
#[template(path = "ledger/list.html")]
pub struct LedgerPage {
    /// The frame.
    pub frame: Frame,
    /// The result of walking the whole ledger.
    pub check: LedgerCheck,
    /// What is looked for.
    pub search: LedgerSearch,
    /// The facts of this page, newest first.
    pub facts: Vec<LedgerFact>,
    /// Where older facts are.
    pub older: Option<String>,
    /// Where the newest facts are, when this is not the first page.
    pub newest: Option<String>,
}

/// What is looked for in the ledger.
#[derive(Debug, Clone, Default)]
pub struct LedgerSearch {
    /// A lot's number; empty for all.
    pub lot: Field,
    /// A user name; empty for everybody.
    pub user: Field,
    /// The kinds of facts.
    pub kinds: Vec<Choice>,
    /// What is wrong with the kind.
    pub kind_problem: Option<String>,
    /// From then on.
    pub from: Field,
    /// Before then.
    pub to: Field,
    /// Only attempts that were refused.
    pub refused: bool,
    /// All that in words; empty where nothing is narrowed.
    pub said: String,
    /// Where these facts can be taken out; nothing for who may not.
    pub exports: Vec<Link>,
}

impl LedgerSearch {
    /// True where only a lot is asked for.
    pub fn only_lot(&self) -> bool {
        let others = [&self.user, &self.from, &self.to];
        let chosen = self.kinds.iter().any(|kind| kind.chosen);
        !self.lot.value.is_empty() && others.iter().all(|f| f.value.is_empty()) && !chosen && !self.refused
    }

    /// Says beside a field what is wrong with it.
    pub fn refuse(&mut self, field: &str, text: &str) {
        let problem = match field {
            "lot" => &mut self.lot.problem,
            "user" => &mut self.user.problem,
            "from" => &mut self.from.problem,
            "to" => &mut self.to.problem,
            _ => &mut self.kind_problem,
        };
        *problem = Some(text.to_owned());
    }

    /// A search for a lot.
    fn sample(lot: &str) -> Self {
        let said = if lot.is_empty() { String::new() } else { format!("about {lot}") };
        let exports = vec![Link::new("CSV", format!("/ledger/export?lot={lot}&format=csv"))];
        let kinds = vec![Choice { value: "lot_released".into(), label: "lot released".into(), chosen: false }];
        Self { lot: Field::of(lot), kinds, said, exports, ..Self::default() }
    }
}

/// What walking the whole ledger found.
#[derive(Debug, Clone)]
pub struct LedgerCheck {
    /// Whether it is whole.
    pub whole: bool,
    /// The finding: `All 412 facts are in place…` or where it breaks first.
    pub sentence: String,
    /// The root hash of the tree.
    pub root: String,
    /// When it was walked.
    pub at: Moment,
}

/// One fact as a sentence.
#[derive(Debug, Clone, Default)]
pub struct LedgerFact {
    /// Its number.
    pub number: String,
    /// The sentence without the person: `recorded CD105 98.7 %`.
    pub sentence: String,
    /// What it is about; empty label when nothing to open.
    pub about: Link,
    /// The full name of who did it, or `Lotgate` for what the software does by itself.
    pub who: String,
    /// The role it was done in.
    pub role: String,
    /// When.
    pub at: Moment,
    /// What was replaced, value by value.
    pub changes: Vec<Change>,
    /// Why, in the person's words; empty when not asked.
    pub reason: String,
    /// Whether it is an attempt that was refused.
    pub refused: bool,
}

/// One value before and after.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Which one.
    pub what: String,
    /// The value before; empty when there was none.
    pub before: String,
    /// The value after.
    pub after: String,
}

impl LedgerFact {
    /// A fact for samples.
    pub fn sample(number: u32, who: &str, role: &str, sentence: &str, at: &str) -> Self {
        Self {
            number: number.to_string(),
            sentence: sentence.into(),
            about: Link::default(),
            who: who.into(),
            role: role.into(),
            at: Moment::sample(at, ""),
            changes: vec![],
            reason: String::new(),
            refused: false,
        }
    }
}

/// The facts of one sample lot, newest first.
pub fn sample_facts() -> Vec<LedgerFact> {
    let lot = || Link::new("AD-26-0007", "/lots/AD-26-0007");
    let mut facts = vec![
        LedgerFact::sample(
            412,
            "Łukasz Nowak",
            "qa",
            "tried to release the lot and was refused: 3 reasons",
            "2026-11-26 13:58",
        ),
        LedgerFact::sample(409, "Anna Wu", "analyst", "corrected run #17 (flow cytometry)", "2026-11-26 11:40"),
        LedgerFact::sample(
            408,
            "Mei Lin",
            "analyst",
            "verified run #18 (differentiation) against its raw data",
            "2026-11-26 11:32",
        ),
        LedgerFact::sample(
            403,
            "Anna Wu",
            "analyst",
            "recorded run #17 (flow cytometry): CD105 97.8 %, CD73 99.2 %, CD90 98.4 %, CD44 97.1 % and six more",
            "2026-11-26 10:12",
        ),
        LedgerFact::sample(391, "Anna Wu", "analyst", "started the sterility incubation, run #21", "2026-11-17 09:30"),
        LedgerFact::sample(
            388,
            "Anna Wu",
            "analyst",
            "registered lot AD-26-0007, ADMSC-IV specification version 1, donor D-0031, passage 4",
            "2026-11-16 20:31",
        ),
    ];
    facts[0].refused = true;
    facts[1].changes = vec![
        Change { what: "CD105".into(), before: "97.8 %".into(), after: "98.7 %".into() },
        Change { what: "CD44".into(), before: "97.1 %".into(), after: "97.7 %".into() },
    ];
    facts[1].reason = "Reason: digits read from the wrong gate, FCS file 20261126-03".into();
    for fact in &mut facts {
        fact.about = lot();
    }
    facts
}

impl LedgerPage {
    /// A whole ledger.
    pub fn sample() -> Self {
        let mut facts = sample_facts();
        facts.insert(
            1,
            LedgerFact::sample(
                411,
                "Site administrator",
                "admin",
                "created the account jchen for Chen Yi-Jun (陳怡君), auditor",
                "2026-11-26 13:20",
            ),
        );
        facts.insert(
            2,
            LedgerFact::sample(
                410,
                "Łukasz Nowak",
                "qa",
                "released lot AD-26-0003, certificate RC-2026-000001",
                "2026-11-26 12:02",
            ),
        );
        facts[2].about = Link::new("AD-26-0003", "/lots/AD-26-0003");
        Self {
            frame: samples::frame("Ledger", "ledger", "/ledger"),
            check: LedgerCheck {
                whole: true,
                sentence: "The ledger is whole: all 412 facts are in their place and unchanged, and the last checkpoint kept outside the database agrees.".into(),
                root: samples::HASH.into(),
                at: Moment::sample("2026-11-26 14:05", "just now"),
            },
            search: LedgerSearch::sample(""),
            facts,
            older: Some("/ledger?before=388".into()),
            newest: None,
        }
    }

    /// A ledger somebody changed behind the software's back.
    pub fn sample_broken() -> Self {
        let mut page = Self::sample();
        page.search = LedgerSearch::sample("AD-26-0007");
        page.facts = sample_facts();
        page.newest = Some("/ledger?lot=AD-26-0007".into());
        page.older = None;
        page.check.whole = false;
        page.check.sentence = "The ledger is broken at fact 403: its content no longer matches the tree that was signed on 2026-11-26 11:40 +08:00. \
            Nothing after fact 402 can be relied on until this is explained.".into();
        page
    }

    /// A lot nothing was ever recorded about.
    pub fn sample_empty() -> Self {
        Self { facts: vec![], older: None, search: LedgerSearch::sample("AD-26-0099"), ..Self::sample() }
    }

    /// A question that cannot be: it ends before it begins.
    pub fn sample_refused() -> Self {
        let mut page = Self { facts: vec![], older: None, ..Self::sample() };
        let text = "to must be later than from.";
        page.search = LedgerSearch {
            user: Field::of("mlin"),
            from: Field::of("2026-11-26T12:00"),
            to: Field::of("2026-11-26T11:00"),
            refused: true,
            said: "by mlin, from 2026-11-26 12:00, before 2026-11-26 11:00, refused attempts only".into(),
            ..LedgerSearch::sample("")
        };
        page.search.refuse("to", text);
        page.frame.problems = vec![FieldProblem { field: "to".into(), text: text.into() }];
        page
    }
}
