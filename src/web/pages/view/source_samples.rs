//! Samples of a bank's, a donor's and a flagged lot's page, as they look in a laboratory.
//!
//! Promises: made from the sample of a lot, so that the three differ only where they should.

use super::lot::{Decision, FlagRow, LotPage, MadeRow, Section};
use super::lot_samples::blockers;
use super::parts::{Fact, Link, Moment};
use crate::domain::assessment::Status;

impl LotPage {
    /// A released lot, one of whose bank's results has fallen since.
    pub fn sample_flagged() -> Self {
        let mut page = Self::sample_released();
        let bank = Link::new("MCB-0007", "/banks/MCB-0007");
        for row in page.sections[1].criteria.iter_mut().skip(9) {
            row.inherited = Some(bank.clone());
        }
        page.facts.push(Fact::new("Made from", "MCB-0007").linked("/banks/MCB-0007"));
        page.flags = vec![FlagRow {
            sentence: "Run #3 of MCB-0007, from which it was made, is out of specification.".into(),
            source: bank,
            at: Moment::sample("2026-11-26 15:30", ""),
        }];
        page
    }

    /// A bank with something open.
    pub fn sample_bank() -> Self {
        let mut page = Self::sample();
        page.frame.title = "MCB-0007".into();
        (page.frame.page, page.frame.crumbs) = ("bank", vec![Link::new("Banks", "/banks")]);
        (page.lot, page.noun, page.standing) = ("MCB-0007".into(), "bank", "Open: 1 reason".into());
        page.facts = vec![Fact::new("Passage", "P2"), Fact::new("Made from", "donor D-0031").linked("/donors/D-0031")];
        page.sections = vec![Section { name: "Identity".into(), criteria: page.sections[1].criteria.split_off(9) }];
        let made = |link: Link, what, made_from: &str, status, flags: &str| MadeRow {
            link,
            what,
            product: "ADMSC-IV".into(),
            made_from: made_from.into(),
            status,
            flags: flags.into(),
        };
        page.made = vec![
            made(Link::new("WCB-0012", "/banks/WCB-0012"), "bank", "MCB-0007", Status::Ready, ""),
            made(Link::new("AD-26-0007", "/lots/AD-26-0007"), "lot", "WCB-0012", Status::Released, "1 flag"),
        ];
        let blockers = blockers().drain(2..3).collect();
        page.decision = Decision::Source { blockers, summary: "Open: 1 reason".into() };
        page
    }

    /// A donor who passed every test and from whom nothing was made yet.
    pub fn sample_donor() -> Self {
        let mut page = Self::sample_bank();
        page.frame.title = "D-0031".into();
        (page.frame.page, page.frame.crumbs) = ("donor", vec![Link::new("Donors", "/donors")]);
        (page.lot, page.noun, page.standing) = ("D-0031".into(), "donor", "All 3 criteria pass".into());
        (page.status, page.made) = (Status::Ready, vec![]);
        page.decision = Decision::Source { blockers: vec![], summary: "All 3 criteria pass".into() };
        page
    }
}
