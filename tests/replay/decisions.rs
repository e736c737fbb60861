//! The way of lots to a decision and after it: many people, some with several roles, take every
//! step of both routes, legal and illegal, in an order that a seed decides, while results still
//! come in, containers leave and clocks run out.
//!
//! What people choose to do may be guided by what the product shows them; what is checked is not.
#![allow(clippy::explicit_auto_deref, reason = "its advice does not compile where the element is a `&str`")]

use std::collections::BTreeMap;
use std::path::Path;

use lotgate::domain::assessment::{Assessment, assess};
use lotgate::domain::container::ContainerState;
use lotgate::domain::entry::{ReadingEntry, RunEntry};
use lotgate::domain::ids::{CertificateNumber, LotNumber, RunNumber};
use lotgate::domain::lot::{Decision, Lot};
use lotgate::domain::run::Run;
use lotgate::domain::sign_offs::{self, Step};
use lotgate::domain::site_policy::Route;
use lotgate::domain::spec::Stage;
use lotgate::domain::step_one;
use lotgate::store::StoredSpecification;
use lotgate::workflow::Error;
use lotgate::workflow::certify_lot::certify_lot;
use lotgate::workflow::contact::ContactEntry;
use lotgate::workflow::correct_run::{CorrectionEntry, correct_run};
use lotgate::workflow::course::Seen;
use lotgate::workflow::deviate::{DeviationEntry, close_deviation, open_deviation};
use lotgate::workflow::keep_equipment::{ReagentEntry, receive_reagent};
use lotgate::workflow::move_containers::{MovementEntry, move_containers};
use lotgate::workflow::permit::{Duty, Signed, Subject};
use lotgate::workflow::qc_approve::qc_approve;
use lotgate::workflow::register_bank::{BankEntry, register_bank};
use lotgate::workflow::register_donor::{DonorEntry, register_donor};
use lotgate::workflow::register_lot::LotEntry;
use lotgate::workflow::reject_lot::reject_lot;
use lotgate::workflow::release_conditionally::release_conditionally;
use lotgate::workflow::release_lot::{release_lot, to_be_signed};
use lotgate::workflow::review_audit_trail::review_audit_trail;
use lotgate::workflow::revoke::{RevocationEntry, revoke_release};
use lotgate::workflow::set_policy::{self, PolicyEntry, policy_in_force, set_policy};
use lotgate::workflow::supersede_certificate::{SupersessionEntry, supersede_certificate};
use lotgate::workflow::supply::{SupplyEntry, supply};
use lotgate::workflow::tell_parties::{ToldEntry, tell_party};
use lotgate::workflow::verify_run::{VerificationEntry, verify_run};

use super::decisions_values::{FRESH, FROZEN, specification, unit, values};
use super::laboratory::{Laboratory, PEOPLE, lot_number, password};
use super::quality::{grant, sign};
use super::simulation::{Attempt, Dice};

/// Who decides, beside the people of the laboratory.
const DECIDERS: [(&str, &[&str]); 7] = [
    ("qin", &["qc"]),
    ("que", &["qc", "qa"]),
    ("quo", &["qc", "qp"]),
    ("pia", &["qp"]),
    ("pat", &["qa", "qp"]),
    ("max", &["analyst", "qc", "qa", "qp"]),
    ("uma", &["qp"]),
];

const REAGENTS: [&str; 3] = ["R-1", "R-2", "R-3"];

/// The acts, done and refused.
pub type Counts = BTreeMap<&'static str, [usize; 2]>;

pub struct Decisions {
    pub lab: Laboratory,
    dice: Dice,
    pub attempts: Vec<Attempt>,
    pub counts: Counts,
    banks: Vec<(String, String)>,
    lots: Vec<String>,
    /// Lots that may still get somewhere.
    open: Vec<String>,
    made: usize,
}

/// Whether a refusal is a fact, and under which name.
#[derive(Clone, Copy)]
enum Recorded {
    No,
    Always(&'static str),
    /// Only what may not leave, or whoever may not move anything.
    Shipment,
}

impl Decisions {
    pub fn new(data: &Path, seed: u64) -> Self {
        let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", seed);
        for product in [FRESH, FROZEN] {
            lab.app.install_specification(specification(product)).unwrap_or_else(|e| panic!("{e}"));
        }
        for (username, roles) in DECIDERS {
            lab.hire(username, username, roles);
            // Uma holds the role and was never named; the others are, Quo for two months.
            if roles.contains(&"qp") && username != "uma" {
                lab.qualify(username, (username == "quo").then(|| lab.now().plus_hours(60 * 24)));
            }
        }
        for code in REAGENTS {
            let permit = grant(&lab, "ana", &Subject::default()).unwrap_or_else(|e| panic!("{e}"));
            let expires_at = lab.now().plus_hours(9000).to_string();
            let entry = ReagentEntry { code: code.into(), name: "Kit".into(), supplier_lot: "7".into(), expires_at };
            receive_reagent(&lab.app, &permit, &entry).unwrap_or_else(|e| panic!("{e}"));
        }
        let (attempts, counts) = (Vec::new(), Counts::new());
        let mut world = Decisions {
            lab,
            dice: Dice(seed),
            attempts,
            counts,
            banks: Vec::new(),
            lots: Vec::new(),
            open: Vec::new(),
            made: 0,
        };
        world.family();
        world
    }

    /// One act of somebody.
    pub fn act(&mut self) {
        let minutes = if self.dice.once_in(18) { 60 * (20 + self.dice.roll(80)) } else { 4 + self.dice.roll(56) };
        self.wait_minutes(minutes as i64);
        if self.banks.len() * 3 < self.lots.len() {
            self.family();
        }
        match self.dice.roll(100) {
            0..=1 => self.decide_policy(),
            2 => self.register(),
            3..=81 => self.go_on(),
            _ => self.anything(),
        }
    }

    fn wait_minutes(&self, minutes: i64) {
        let at = self.lab.now().utc() + chrono::TimeDelta::minutes(minutes);
        self.lab.clock.set(Some(lotgate::domain::moment::Moment::new(at)));
    }

    /// Does something and checks what is left of it.
    fn attempt<T>(
        &mut self,
        name: &'static str,
        who: &str,
        (recorded, lot, run): (Recorded, &str, Option<RunNumber>),
        act: impl FnOnce(&Laboratory) -> Result<T, Error>,
    ) -> Option<T> {
        let before = self.lab.facts();
        let outcome = act(&self.lab);
        let left = self.lab.facts() - before;
        let count = self.counts.entry(name).or_default();
        match outcome {
            Ok(answer) => {
                count[0] += 1;
                assert!(left >= 1, "{name} was done and nothing recorded");
                Some(answer)
            }
            Err(Error::Refused(refusal)) => {
                count[1] += 1;
                let code = refusal.code.as_str();
                if std::env::var_os("LOTGATE_TELL").is_some() {
                    eprintln!("{} {name} of {lot} by {who} refused: {code}: {}", self.lab.now(), refusal.detail);
                }
                let act = match recorded {
                    Recorded::Always(act) => Some(act),
                    Recorded::Shipment if ["not_shippable", "wrong_role"].contains(&code) => Some("shipment"),
                    _ => None,
                };
                assert_eq!(left, u64::from(act.is_some()), "{name}: a refusal ({code}) left {left} facts");
                if let Some(act) = act.filter(|act| *act != "policy") {
                    let lot = lot_number(lot);
                    self.attempts.push(Attempt { act, by: who.to_owned(), lot, run, code });
                }
                None
            }
            Err(failure) => panic!("the product failed at {name}: {failure}"),
        }
    }

    /// Signs something about a lot.
    fn signing<D: Duty, T>(
        &mut self,
        (name, act): (&'static str, &'static str),
        who: &str,
        lot: &str,
        verb: impl FnOnce(&Laboratory, &Signed<D>, &LotNumber) -> Result<T, Error>,
    ) -> Option<T> {
        let number = lot_number(lot);
        let subject = Subject { lot: Some(number.clone()), run: None };
        self.attempt(name, who, (Recorded::Always(act), lot, None), |lab| {
            verb(lab, &sign::<D>(lab, who, &password(who), "I have seen it and stand for it", &subject)?, &number)
        })
    }

    /// Mostly one of those whose task it is, sometimes anybody.
    fn somebody(&mut self, team: &[&'static str]) -> &'static str {
        if self.dice.once_in(9) {
            let all: Vec<&str> = PEOPLE.iter().map(|p| p.0).chain(DECIDERS.iter().map(|p| p.0)).collect();
            return all[self.dice.roll(all.len())];
        }
        team[self.dice.roll(team.len())]
    }

    fn load(&self, number: &str) -> (Lot, StoredSpecification) {
        self.lab.app.lot(&lot_number(number)).unwrap_or_else(|e| panic!("{e}"))
    }

    /// A donor and a bank of it, tested and verified.
    fn family(&mut self) {
        self.made += 1;
        let (donor, bank) = (format!("D-{:03}", self.made), format!("MCB-{:03}", self.made));
        let now = self.lab.now();
        let entry =
            DonorEntry { donor: donor.clone(), product: FRESH.into(), donated_at: now.plus_hours(-90).to_string() };
        let known = (Recorded::No, "", None);
        self.attempt("donor", "ana", known, |lab| {
            register_donor(&lab.app, &grant(lab, "ana", &Subject::default())?, &entry)
        });
        self.wait_minutes(2);
        let made_at = now.plus_hours(-80).to_string();
        let entry = BankEntry {
            bank: bank.clone(),
            product: FRESH.into(),
            donor: donor.clone(),
            made_from: None,
            passage: "1".into(),
            population_doublings: None,
            made_at,
            expires_at: None,
            containers: 10,
        };
        self.attempt("bank", "ana", known, |lab| {
            register_bank(&lab.app, &grant(lab, "ana", &Subject::default())?, &entry)
        });
        for (lot, assay, attribute) in [(&donor, "serology", "HIV"), (&bank, "differentiation", "OSTEOGENIC")] {
            self.wait_minutes(2);
            let entry = self.run_entry(lot, assay, &[(attribute, values(attribute).0[0])], false);
            let run = self.attempt("record", "ana", known, |lab| lab.record("ana", lot, &entry, None));
            self.wait_minutes(2);
            let number = run.and_then(|r| r.run).expect("a run");
            self.attempt("verify", "ben", known, |lab| lab.verify("ben", number, None, None));
        }
        self.wait_minutes(2);
        self.banks.push((bank, donor));
    }

    fn register(&mut self) {
        self.made += 1;
        let lot = format!("L-{:04}", self.made);
        let latest = self.banks.len().saturating_sub(2);
        let (bank, donor) = self.banks[latest + self.dice.roll(self.banks.len() - latest)].clone();
        let now = self.lab.now();
        let fresh = self.dice.roll(5) < 3;
        let lasts = if fresh { *self.dice.mostly(&[110, 30]) } else { *self.dice.mostly(&[70 * 24, 16 * 24]) };
        let entry = LotEntry {
            lot: lot.clone(),
            product: (if fresh { FRESH } else { FROZEN }).into(),
            donor,
            manufactured_at: now.plus_hours(-2).to_string(),
            expires_at: now.plus_hours(lasts).to_string(),
            containers: 4,
            bank: Some(bank),
            ..LotEntry::default()
        };
        let who = self.enterer(&lot);
        let done = self.attempt("register", who, (Recorded::No, &lot, None), |lab| lab.register(who, &entry, None));
        if let Some(done) = done {
            self.lots.push(done.lot.to_string());
            self.open.push(done.lot.to_string());
        }
    }

    fn enterer(&mut self, lot: &str) -> &'static str {
        let even = lot.bytes().map(usize::from).sum::<usize>() % 2 == 0;
        self.somebody(if even { &["ana", "ana", "max"] } else { &["cai", "cai", "dee"] })
    }

    fn decide_policy(&mut self) {
        let long = self.dice.roll(5) < 3;
        let there = self.lab.app.read(policy_in_force).expect("a policy");
        let contact = |role: &str, name: &str| set_policy::ContactEntry {
            role: role.into(),
            name: name.into(),
            reach: "+86 20 5550 1".into(),
        };
        let contacts = match self.dice.roll(3) {
            0 => Some(vec![contact("sponsor", "The sponsor"), contact("qa", "QA on call")]),
            1 => Some(Vec::new()),
            _ => None,
        };
        let stale = self.dice.once_in(5);
        let entry = PolicyEntry {
            release_route: Some((if long { "verify_qc_qa_qp" } else { "verify_release" }).into()),
            audit_review_required: Some(self.dice.once_in(2)),
            contacts,
            seen_sha256: Some(if stale { "0".repeat(64) } else { there.sha256 }),
            ..PolicyEntry::default()
        };
        let who = self.somebody(&["fay", "gus"]);
        let done = self.attempt("policy", who, (Recorded::Always("policy"), "", None), |lab| {
            let signed = sign(lab, who, &password(who), "Policy", &Subject::default())?;
            set_policy(&lab.app, &signed, &entry)
        });
        assert!(!(stale && done.is_some()), "another policy was replaced than the one that was shown");
    }

    fn long_route(&self) -> bool {
        let there = self.lab.app.read(policy_in_force).expect("a policy");
        there.policy.release_route == Route::VerifyQcQaQp
    }

    /// The lots that people have before them: those not done with.
    fn pending(&mut self) -> Vec<Lot> {
        let now = self.lab.now();
        let stands = |lot: &Lot| lot.course.conditional.is_some() || now < lot.details.expires_at;
        let mut open: Vec<Lot> = self.open.iter().map(|n| self.load(n).0).collect();
        open.retain(|lot| lot.decision.is_none() && lot.course.revocation.is_none() && stands(lot));
        self.open = open.iter().map(|l| l.number().to_string()).collect();
        open
    }

    /// What is to be done next of some lot.
    fn go_on(&mut self) {
        let pending = self.pending();
        if self.lots.is_empty() || (pending.len() < 4 && self.dice.once_in(3)) {
            return self.register();
        }
        let number = if pending.is_empty() || self.dice.once_in(4) {
            let newest = self.lots.len().saturating_sub(14);
            self.lots[newest + self.dice.roll(self.lots.len() - newest)].clone()
        } else {
            // A fresh lot does not wait.
            let hurry = pending.iter().find(|l| {
                l.details.product.as_str() == FRESH && l.course.conditional.is_none() && !self.dice.0.is_multiple_of(3)
            });
            hurry.unwrap_or_else(|| &pending[self.dice.0 as usize % pending.len()]).number().to_string()
        };
        let (lot, stored) = self.load(&number);
        let assessment = assess(&lot, &stored.specification, self.lab.now());
        if lot.course.revocation.is_some() {
            return self.after_revocation(&lot);
        }
        let open = std::iter::once(&lot).chain(lot.sources.iter().map(|s| &s.lot));
        let open = open.flat_map(|l| &l.deviations).find(|d| d.is_open()).cloned();
        if let Some(open) = open.filter(|_| !self.dice.once_in(5)) {
            let who = self.somebody(&["fay", "gus"]);
            self.signing(("close deviation", "deviation"), who, open.lot.as_str(), |lab, signed, _| {
                close_deviation(&lab.app, signed, &open.number)
            });
            return;
        }
        if lot.is_out() && self.dice.roll(5) < 3 {
            return self.after_release(&lot);
        }
        if lot.is_out_of_specification(&stored.specification) || !lot.course.supplies.is_empty() {
            return match self.dice.roll(9) {
                0 => self.reject(&number),
                1 => self.supply(&lot),
                2 | 3 => self.ship(&lot),
                4 => self.verify(&lot),
                5 => self.record_sterility(&lot, "Growth"),
                _ => self.go_on_after_release(),
            };
        }
        self.test(&lot, &stored, &assessment);
    }

    /// Something that happens to one of the newest lots that have a paper.
    fn go_on_after_release(&mut self) {
        let mut out: Vec<Lot> = self.lots.iter().rev().take(12).map(|n| self.load(n).0).collect();
        out.retain(Lot::is_out);
        if !out.is_empty() {
            let lot = self.dice.pick(&out).clone();
            self.after_release(&lot);
        }
    }

    /// Records or verifies what the lot lacks, or takes the next step of its route.
    fn test(&mut self, lot: &Lot, stored: &StoredSpecification, assessment: &Assessment) {
        let has = |attribute: &str| {
            lot.runs.iter().flat_map(|r| &r.content.readings).filter(|r| r.attribute.as_str() == attribute).count()
        };
        let ripe = self.lab.now() >= lot.details.manufactured_at.plus_hours(1 + 336 + 96);
        let fresh = lot.details.product.as_str() == FRESH;
        if has("VIABILITY") == 0 {
            return self.record_tests(lot);
        }
        let read = |value: &str| lot.runs.iter().flat_map(|r| &r.content.readings).any(|r| r.value == value);
        if fresh && has("STERILITY") == 0 {
            let value = *self.dice.mostly(&["No growth to date", "Turbid", "Growth"]);
            return self.record_sterility(lot, value);
        }
        if ripe && !read("No growth") && !read("Growth") {
            let value = if self.dice.once_in(6) { "Growth" } else { "No growth" };
            return self.record_sterility(lot, value);
        }
        if lot.runs.iter().any(|r| r.verification.is_none()) {
            return self.verify(lot);
        }
        self.step(lot, stored, assessment);
    }

    fn step(&mut self, lot: &Lot, stored: &StoredSpecification, assessment: &Assessment) {
        let policy = self.lab.app.read(policy_in_force).expect("a policy").policy;
        let step_one = step_one::pending(lot, &stored.specification, assessment, self.lab.now()).is_ok();
        if !(step_one || assessment.blockers.is_empty() || self.dice.once_in(8)) {
            return self.go_on_after_release();
        }
        let next = sign_offs::next(lot, &policy, step_one);
        let next = if next == Step::Release && policy.release_route == Route::VerifyQcQaQp {
            Step::Certification
        } else {
            next
        };
        let next = if self.dice.once_in(8) { *self.dice.pick(&STEPS) } else { next };
        self.take(next, lot.number().as_str());
    }

    /// Somebody signs a step of a lot, having seen it, or something else, or nothing.
    fn take(&mut self, step: Step, number: &str) {
        let (lot, stored) = self.load(number);
        let assessment = assess(&lot, &stored.specification, self.lab.now());
        let shown = to_be_signed(&lot, &stored, &assessment).expect("a dossier").1;
        let stale = self.dice.once_in(12);
        let sha256 = match (stale, step, self.dice.once_in(2)) {
            (true, ..) => Some("f".repeat(64)),
            (_, Step::AuditReview, _) | (_, _, true) => None,
            _ => Some(shown),
        };
        let seen = Seen { sha256, through: self.dice.once_in(2).then(|| lot.changed_through()) };
        let long = self.long_route();
        let who = match step {
            Step::QcApproval => self.somebody(&["qin", "que", "quo", "max"]),
            Step::AuditReview => self.somebody(&["fay", "gus", "que", "dee"]),
            Step::Release => self.somebody(&["fay", "gus", "fay", "eli"]),
            Step::Certification => self.somebody(&["pia", "pat", "quo", "max"]),
            Step::ConditionalRelease if long => self.somebody(&["pia", "pat", "quo"]),
            Step::ConditionalRelease => self.somebody(&["fay", "gus"]),
        };
        let contacts = self.physician();
        let done = match step {
            Step::QcApproval => self
                .signing(("QC approval", "qc_approval"), who, number, |lab, signed, lot| {
                    qc_approve(&lab.app, signed, lot, seen)
                })
                .is_some(),
            Step::AuditReview => self
                .signing(("audit review", "audit_review"), who, number, |lab, signed, lot| {
                    review_audit_trail(&lab.app, signed, lot, seen)
                })
                .is_some(),
            Step::Release => self
                .signing(("release", "release"), who, number, |lab, signed, lot| {
                    release_lot(&lab.app, signed, lot, seen)
                })
                .is_some(),
            Step::Certification => self
                .signing(("certification", "qp_certification"), who, number, |lab, signed, lot| {
                    certify_lot(&lab.app, signed, lot, seen)
                })
                .is_some(),
            Step::ConditionalRelease => self
                .signing(("step 1", "conditional_release"), who, number, |lab, signed, lot| {
                    release_conditionally(&lab.app, signed, lot, &contacts, seen)
                })
                .is_some(),
        };
        assert!(!(stale && done), "something else was signed than what was shown");
    }

    fn physician(&mut self) -> Vec<set_policy::ContactEntry> {
        let name = format!("Dr {}", self.dice.roll(3));
        let role = (*self.dice.mostly(&["physician", "sponsor"])).to_owned();
        vec![set_policy::ContactEntry { role, name, reach: "+49 30 1".into() }]
    }

    fn run_entry(&mut self, lot: &str, assay: &str, readings: &[(&str, &str)], late: bool) -> RunEntry {
        let (lot, now) = (self.load(lot).0, self.lab.now());
        let reading = |(attribute, value): &(&str, &str)| ReadingEntry {
            attribute: (*attribute).into(),
            value: (*value).into(),
            unit: unit(attribute),
            ..ReadingEntry::default()
        };
        let reagents: Vec<String> =
            if self.dice.once_in(4) { vec![(*self.dice.pick(&REAGENTS)).to_owned()] } else { Vec::new() };
        RunEntry {
            assay: assay.into(),
            method: format!("SOP {assay}"),
            started_at: (assay == "sterility").then(|| lot.details.manufactured_at.plus_hours(1).min(now).to_string()),
            tested_at: now.to_string(),
            readings: readings.iter().map(reading).collect(),
            reagents,
            late_result: late,
            ..RunEntry::default()
        }
    }

    fn record_on(&mut self, lot: &str, assay: &str, readings: &[(&str, &str)], late: bool) {
        let who = self.enterer(lot);
        let entry = self.run_entry(lot, assay, readings, late);
        self.attempt("record", who, (Recorded::No, lot, None), |lab| lab.record(who, lot, &entry, None));
    }

    fn record_tests(&mut self, lot: &Lot) {
        let mut readings = Vec::new();
        for attribute in ["VIABILITY", "CD90", "MYCO"] {
            let (good, bad, odd) = values(attribute);
            let value = match self.dice.roll(24) {
                0 | 1 => *self.dice.pick(bad),
                2 => *self.dice.pick(odd),
                _ => *self.dice.pick(good),
            };
            readings.push((attribute, value));
        }
        self.record_on(lot.number().as_str(), "tests", &readings, false);
    }

    fn record_sterility(&mut self, lot: &Lot, value: &str) {
        self.record_on(lot.number().as_str(), "sterility", &[("STERILITY", value)], lot.is_out());
    }

    fn verify(&mut self, lot: &Lot) {
        let waiting: Vec<&Run> =
            lot.runs.iter().filter(|r| r.verification.is_none() || self.dice.0.is_multiple_of(9)).collect();
        if waiting.is_empty() {
            return;
        }
        let number = self.dice.pick(&waiting).number;
        let who = self.somebody(&["ben", "ben", "eli"]);
        let entry = VerificationEntry::default();
        self.attempt("verify", who, (Recorded::Always("verification"), lot.number().as_str(), Some(number)), |lab| {
            let permit = grant(lab, who, &Subject { lot: None, run: Some(number) })?;
            verify_run(&lab.app, &permit, number, &entry)
        });
    }

    fn correct(&mut self, lot: &Lot, to_bad: bool) {
        if lot.runs.is_empty() {
            return;
        }
        let run = self.dice.pick(&lot.runs).clone();
        let attribute = self.dice.pick(&run.content.readings).attribute.to_string();
        let (good, bad, odd) = values(&attribute);
        let from = if to_bad { bad } else { *self.dice.pick(&[good, bad, odd]) };
        let value = (*self.dice.pick(from)).to_owned();
        let unit = unit(&attribute);
        let entry = CorrectionEntry {
            readings: vec![ReadingEntry { attribute, value, unit, ..ReadingEntry::default() }],
            reason: "Typed wrongly".into(),
            late_result: !self.dice.once_in(4),
        };
        let who = run.entered_by.username.as_str().to_owned();
        let who = if self.dice.once_in(6) { self.enterer(lot.number().as_str()).to_owned() } else { who };
        self.attempt("correct", &who, (Recorded::No, lot.number().as_str(), None), |lab| {
            correct_run(&lab.app, &grant(lab, &who, &Subject::default())?, run.number, &entry)
        });
    }

    fn reject(&mut self, number: &str) {
        let who = self.somebody(&["fay", "gus"]);
        self.signing(("reject", "rejection"), who, number, |lab, signed, lot| {
            reject_lot(&lab.app, signed, lot, Seen::default())
        });
    }

    /// What happens to a lot that has a paper.
    fn after_release(&mut self, lot: &Lot) {
        let number = lot.number().as_str();
        match self.dice.roll(36) {
            0..=9 => self.ship(lot),
            10..=13 => self.take_back(lot),
            14..=21 => self.supersede(lot),
            22 => self.revoke(number),
            23 => {
                let late = self.dice.roll(4) > 0;
                let (assay, attribute) = *self.dice.pick(&[("sterility", "STERILITY"), ("tests", "MYCO")]);
                let (good, bad, _) = values(attribute);
                let value = *self.dice.pick(if self.dice.0.is_multiple_of(5) { good } else { bad });
                self.record_on(number, assay, &[(attribute, value)], late);
            }
            24 => self.correct(lot, true),
            25 => self.deviate(number),
            26..=27 => self.touch_source(lot),
            28..=31 => self.register(),
            _ => {
                let step = *self.dice.pick(&STEPS);
                self.take(step, number);
            }
        }
    }

    /// A result of the bank or the donor is corrected or recorded, and verified.
    fn touch_source(&mut self, lot: &Lot) {
        let Some(source) = lot.sources.get(self.dice.roll(lot.sources.len().max(1))) else { return };
        let source = source.lot.clone();
        if source.runs.iter().any(|r| r.verification.is_none()) {
            return self.verify(&source);
        }
        match self.dice.roll(3) {
            0 => self.correct(&source, self.lots.len().is_multiple_of(2)),
            1 => {
                let bank = source.details.stage == Stage::Bank;
                let (assay, attribute) = if bank { ("differentiation", "OSTEOGENIC") } else { ("serology", "HIV") };
                let value = values(attribute).1[0];
                self.record_on(source.number().as_str(), assay, &[(attribute, value)], true);
            }
            _ => {}
        }
    }

    fn after_revocation(&mut self, lot: &Lot) {
        let number = lot.number().as_str();
        match self.dice.roll(9) {
            0..=3 => self.tell(lot),
            4 => self.ship(lot),
            5 => self.take_back(lot),
            6 => self.verify(lot),
            7 => self.supersede(lot),
            _ => {
                let step = *self.dice.pick(&STEPS);
                self.take(step, number);
            }
        }
    }

    fn tell(&mut self, lot: &Lot) {
        let parties = lot.course.revocation.as_ref().map_or(3, |r| r.tell.len());
        let party = self.dice.roll(parties + 1).to_string();
        let acknowledged_at = self.lab.now().plus_hours(*self.dice.mostly(&[0, 3])).to_string();
        let who = self.somebody(&["fay", "pia"]);
        let entry = ToldEntry { who: "Dr Lin".into(), how: "By telephone".into(), acknowledged_at };
        let number = lot.number().clone();
        self.attempt("tell", who, (Recorded::No, number.as_str(), None), |lab| {
            tell_party(&lab.app, &grant(lab, who, &Subject::default())?, &number, &party, &entry)
        });
    }

    fn moves(&mut self, lot: &Lot, act: &str, numbers: Vec<u32>) {
        let to = (act == "shipped").then(|| ContactEntry {
            role: "physician".into(),
            name: format!("Dr {}", self.dice.0 % 4),
            reach: "+49 30 2".into(),
        });
        let entry = MovementEntry {
            late_entry: false,
            lot: lot.number().to_string(),
            containers: numbers,
            act: act.into(),
            moved_at: self.lab.now().plus_hours(*self.dice.mostly(&[0, -1, 1, -200])).to_string(),
            to,
            remark: "As told".into(),
        };
        let who = self.somebody(&["ana", "fay"]);
        let name = match act {
            "shipped" => "ship",
            "returned" => "return",
            _ => "destroy",
        };
        self.attempt(name, who, (Recorded::Shipment, lot.number().as_str(), None), |lab| {
            let subject = Subject { lot: Some(lot.number().clone()), run: None };
            move_containers(&lab.app, &grant(lab, who, &subject)?, &entry)
        });
    }

    fn some_containers(&mut self, lot: &Lot, there: ContainerState) -> Vec<u32> {
        let all = lot.details.containers + u32::from(self.dice.once_in(10));
        let strict = !self.dice.once_in(6);
        let fit = (1..=all).filter(|n| !strict || lot.course.container_state(*n) == there);
        let take = 1 + self.dice.roll(2);
        let fit: Vec<u32> = fit.collect();
        let from = self.dice.roll(fit.len().max(1));
        fit.into_iter().skip(from).take(take).collect()
    }

    fn ship(&mut self, lot: &Lot) {
        let mut numbers = self.some_containers(lot, ContainerState::InStock);
        if let Some(supplied) = lot.course.supplies.last().filter(|_| !self.dice.0.is_multiple_of(4)) {
            numbers.clone_from(&supplied.supply.containers);
        }
        self.moves(lot, "shipped", numbers);
    }

    fn take_back(&mut self, lot: &Lot) {
        if self.dice.once_in(2) {
            let numbers = self.some_containers(lot, ContainerState::Shipped);
            return self.moves(lot, "returned", numbers);
        }
        let state = *self.dice.pick(&[ContainerState::InStock, ContainerState::Returned]);
        let numbers = self.some_containers(lot, state);
        self.moves(lot, "destroyed", numbers);
    }

    fn supersede(&mut self, lot: &Lot) {
        let Some(Decision::Released { certificate, .. }) = &lot.decision else { return };
        let versions: Vec<CertificateNumber> = std::iter::once(certificate.clone())
            .chain(lot.course.supersessions.iter().map(|s| s.by_certificate.clone()))
            .collect();
        let number =
            if self.dice.once_in(6) { self.dice.pick(&versions) } else { versions.last().expect("one") }.clone();
        let mut entry = SupersessionEntry { reason: "It was typed wrongly".into(), ..SupersessionEntry::default() };
        match self.dice.roll(5) {
            0 | 1 => entry.containers = Some(*self.dice.pick(&[3, 4, 5, 6, 1])),
            2 => entry.expires_at = Some(lot.details.expires_at.plus_hours(*self.dice.pick(&[-5, -1, 24])).to_string()),
            3 => {
                let hours = *self.dice.pick(&[-1, 0, 1, 5000]);
                entry.manufactured_at = Some(lot.details.manufactured_at.plus_hours(hours).to_string());
            }
            _ => entry.seen_sha256 = Some("0".repeat(64)),
        }
        let long = self.long_route();
        let who = self.somebody(if long { &["pia", "pat", "quo"] } else { &["fay", "gus"] });
        self.signing(("supersede", "supersession"), who, lot.number().as_str(), |lab, signed, _| {
            supersede_certificate(&lab.app, signed, &number, &entry)
        });
    }

    fn revoke(&mut self, number: &str) {
        let classes = ["quality_defect", "wrong_release", "authority_request", "late_failing_result", "whim"];
        let class = (*self.dice.pick(&classes)).to_owned();
        let entry = RevocationEntry { class, reason: "A bag leaks".into(), seen_sha256: None };
        let who = self.somebody(&["fay", "pia", "pat"]);
        self.signing(("revoke", "revocation"), who, number, |lab, signed, lot| {
            revoke_release(&lab.app, signed, lot, &entry)
        });
    }

    fn supply(&mut self, lot: &Lot) {
        let now = self.lab.now();
        let contact =
            |role: &str, name: &str| ContactEntry { role: role.into(), name: name.into(), reach: "+49 30 3".into() };
        let containers = self.some_containers(lot, ContainerState::InStock);
        let entry = SupplyEntry {
            physician: contact(*self.dice.mostly(&["physician", "qa"]), "Dr Risk"),
            requested_at: now.plus_hours(-3).to_string(),
            hazard: "The patient dies otherwise".into(),
            risk_evaluation: "Given to the physician".into(),
            accepted_at: now.plus_hours(*self.dice.mostly(&[-1, -4, 2])).to_string(),
            notified: if self.dice.once_in(12) { Vec::new() } else { vec![contact("sponsor", "Sponsor")] },
            containers,
            evidence: Vec::new(),
            seen_sha256: None,
        };
        let who = self.somebody(&["fay", "pat"]);
        self.signing(("supply", "supply"), who, lot.number().as_str(), |lab, signed, lot| {
            supply(&lab.app, signed, lot, &entry)
        });
    }

    fn deviate(&mut self, number: &str) {
        let who = self.somebody(&["ana", "fay"]);
        let entry = DeviationEntry {
            lot: number.to_owned(),
            kind: (*self.dice.pick(&["deviation", "hold"])).into(),
            description: "The freezer stood open".into(),
            impact: "Perhaps none".into(),
        };
        self.attempt("deviation", who, (Recorded::No, number, None), |lab| {
            open_deviation(&lab.app, &grant(lab, who, &Subject::default())?, &entry)
        });
    }

    /// Anything with any lot.
    fn anything(&mut self) {
        if self.lots.is_empty() {
            return;
        }
        let newest = if self.dice.once_in(2) { self.lots.len().saturating_sub(12) } else { 0 };
        let number = self.lots[newest + self.dice.roll(self.lots.len() - newest)].clone();
        let (lot, _) = self.load(&number);
        match self.dice.roll(15) {
            0..=4 => {
                let step = *self.dice.pick(&STEPS);
                self.take(step, &number);
            }
            5 => self.reject(&number),
            6 => self.revoke(&number),
            7 => self.ship(&lot),
            8 => self.take_back(&lot),
            9 => self.supersede(&lot),
            10 => self.supply(&lot),
            11 => self.correct(&lot, false),
            12 => self.deviate(&number),
            13 => {
                let value = *self.dice.pick(&["Growth", "No growth", "Turbid", "No growth to date"]);
                self.record_sterility(&lot, value);
            }
            _ => self.tell(&lot),
        }
    }
}

const STEPS: [Step; 5] =
    [Step::QcApproval, Step::AuditReview, Step::Release, Step::Certification, Step::ConditionalRelease];
