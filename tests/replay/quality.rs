//! A whole laboratory under one staged specification: random people do random things, legal and
//! illegal, with specifications, donors, banks, lots, runs, investigations, deviations, equipment
//! and files, in an order that a seed decides.
//!
//! What people choose to do may be guided by what the product shows them; what is checked is not.
//! Every act leaves facts and an answer, or is refused and leaves nothing but its recorded attempt.
#![allow(clippy::explicit_auto_deref, reason = "its advice does not compile where the element is a `&str`")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lotgate::domain::assessment::{Status, assess};
use lotgate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use lotgate::domain::ids::{LotNumber, ProductCode, RunNumber};
use lotgate::domain::lot::Lot;
use lotgate::domain::run::Run;
use lotgate::domain::spec::{Specification, Stage};
use lotgate::store::VersionState;
use lotgate::workflow::Error;
use lotgate::workflow::approve_specification::{ApprovalEntry, approve_specification};
use lotgate::workflow::correct_run::{CorrectionEntry, correct_run};
use lotgate::workflow::deviate::{DeviationEntry, close_deviation, open_deviation};
use lotgate::workflow::draft_specification::{draft_specification, rewrite_specification};
use lotgate::workflow::invalidate_run::invalidate_run;
use lotgate::workflow::keep_equipment::{
    CalibrationEntry, InstrumentEntry, ReagentEntry, calibrate_instrument, receive_reagent, register_instrument,
};
use lotgate::workflow::permit::{Duty, Permit, Signed, Subject};
use lotgate::workflow::register_bank::{BankEntry, register_bank};
use lotgate::workflow::register_donor::{DonorEntry, register_donor};
use lotgate::workflow::register_lot::LotEntry;
use lotgate::workflow::resolve_discrepancy::{ResolutionEntry, resolve_discrepancy};
use lotgate::workflow::retire_specification::retire_specification;
use lotgate::workflow::set_policy::{PolicyEntry, set_policy};
use lotgate::workflow::verify_run::{VerificationEntry, verify_run};

use super::laboratory::{Laboratory, PEOPLE, lot_number, password};
use super::quality_values::{ASSAYS, ENDOTOXIN, NEEDS_LAX, PRODUCT, bad, document, good, odd, unit};
use super::simulation::{Attempt, Dice};

/// The acts, refused or done.
pub type Counts = BTreeMap<&'static str, [usize; 2]>;

pub struct Quality {
    pub lab: Laboratory,
    pub dice: Dice,
    pub attempts: Vec<Attempt>,
    /// How often each act was done and refused.
    pub counts: Counts,
    donors: Vec<String>,
    banks: Vec<String>,
    lots: Vec<String>,
    /// Lots that may still get somewhere.
    open: Vec<String>,
    files: Vec<String>,
    made: usize,
    /// Any version: all of them ask for the same controls.
    controls: Specification,
    /// What was last looked at, and how many facts there were then.
    seen: (u64, Vec<Lot>),
}

/// Whether a refusal is a fact: the act, and what it was about.
#[derive(Clone)]
pub struct About {
    pub act: &'static str,
    pub lot: Option<LotNumber>,
    pub run: Option<RunNumber>,
}

pub fn grant<D: Duty>(lab: &Laboratory, who: &str, subject: &Subject) -> Result<Permit<D>, Error> {
    Permit::<D>::grant(&lab.app, &lab.user(who), subject)
}

pub fn sign<D: Duty>(
    lab: &Laboratory,
    who: &str,
    given: &str,
    says: &str,
    about: &Subject,
) -> Result<Signed<D>, Error> {
    grant::<D>(lab, who, about)?.sign(&lab.app, given, says, about)
}

impl Quality {
    pub fn new(data: &Path, seed: u64) -> Self {
        let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", seed);
        let (attempts, counts) = (Vec::new(), Counts::new());
        let mut world = Quality {
            lab,
            dice: Dice(seed),
            attempts,
            counts,
            donors: Vec::new(),
            banks: Vec::new(),
            lots: Vec::new(),
            open: Vec::new(),
            files: Vec::new(),
            made: 0,
            controls: document(1, "80.0", "Controls"),
            seen: (0, Vec::new()),
        };
        while world.files.is_empty() {
            world.lab.wait_hours(1);
            world.file();
        }
        while world.newest_version().is_none_or(|(_, state)| state != VersionState::Approved) {
            world.lab.wait_hours(1);
            world.specify();
        }
        world
    }

    pub fn act(&mut self) {
        self.lab.wait_hours(1 + self.dice.roll(12) as i64);
        match self.dice.roll(200) {
            0..=3 => self.specify(),
            4..=7 => self.donate(),
            8..=15 => self.bank(),
            16..=25 => self.register(),
            26..=79 => self.record(),
            80..=85 => self.correct(),
            86..=122 => self.verify(),
            123..=129 => self.resolve(),
            130..=132 => self.invalidate(),
            133..=165 => self.investigate(),
            166..=172 => self.deviate(),
            173..=177 => self.equip(),
            178..=179 => self.file(),
            180..=195 => self.release(),
            _ => self.reject(),
        }
    }

    /// Does something and checks what is left of it.
    pub fn attempt<T>(
        &mut self,
        name: &'static str,
        who: &str,
        about: Option<About>,
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
                    eprintln!("{name} by {who} refused: {code}: {}", refusal.detail);
                }
                // Two entries that differ are a fact as well as the refusal.
                let differing = name == "verify" && left == 2 && code == "second_entry_differs";
                let recorded = about.filter(|a| a.lot.is_some());
                // Whoever fails to sign leaves a fact, whatever the act; so does who cannot set the policy.
                let always = code == "wrong_password" || name == "policy";
                assert!(
                    differing || left == u64::from(recorded.is_some() || always),
                    "{name}: a refusal ({code}) left {left} facts"
                );
                if let Some(About { act, lot: Some(lot), run }) = recorded {
                    self.attempts.push(Attempt { act, by: who.to_owned(), lot, run, code });
                }
                None
            }
            Err(failure) => panic!("the product failed at {name}: {failure}"),
        }
    }

    /// Mostly one of those whose task it is, sometimes anybody.
    pub fn somebody(&mut self, team: &[&'static str]) -> &'static str {
        if self.dice.once_in(12) { self.dice.pick(&PEOPLE).0 } else { *self.dice.pick(team) }
    }

    pub fn given(&mut self, who: &str) -> String {
        if self.dice.once_in(25) { "not the password".to_owned() } else { password(who) }
    }

    /// Who enters data of something: one of two, by its number.
    pub fn enterer(&mut self, number: &str) -> &'static str {
        let even = number.bytes().map(usize::from).sum::<usize>() % 2 == 0;
        self.somebody(if even { &["ana"] } else { &["cai"] })
    }

    pub fn load(&self, number: &str) -> Lot {
        self.lab.app.lot(&lot_number(number)).unwrap_or_else(|e| panic!("{e}")).0
    }

    /// What people work on: the oldest lots that may still get somewhere, what they were made from,
    /// and the newest donor and bank.
    pub fn active(&mut self) -> Vec<Lot> {
        let facts = self.lab.facts();
        if self.seen.0 != facts {
            let mut lots: Vec<Lot> = self.open.iter().take(5).map(|n| self.load(n)).collect();
            lots.retain(|lot| lot.decision.is_none() && lot.details.expires_at > self.lab.now());
            let still = |n: &String, i: usize| i >= 5 || lots.iter().any(|l| l.number().as_str() == n);
            self.open = self.open.iter().enumerate().filter(|(i, n)| still(n, *i)).map(|(_, n)| n.clone()).collect();
            let made_from = lots.iter().flat_map(|l| &l.sources).map(|s| s.lot.number().to_string());
            let newest = self.donors.last().into_iter().chain(self.banks.last()).cloned();
            let sources: BTreeSet<String> = made_from.chain(newest).collect();
            let mut found: Vec<Lot> = sources.iter().map(|n| self.load(n)).collect();
            found.extend(lots);
            self.seen = (facts, found);
        }
        self.seen.1.clone()
    }

    /// One of all, or mostly one of those people work on.
    fn some(&mut self) -> Option<Lot> {
        let all = [&self.donors[..], &self.banks, &self.lots].concat();
        if self.dice.once_in(12) && !all.is_empty() {
            let number = self.dice.pick(&all).clone();
            return Some(self.load(&number));
        }
        let active = self.active();
        (!active.is_empty()).then(|| self.dice.pick(&active).clone())
    }

    fn newest_version(&self) -> Option<(u32, VersionState)> {
        let all = self.lab.app.read(|view| Ok(view.specifications()?)).expect("readable");
        let ours = all.into_iter().filter(|s| s.specification.product.as_str() == PRODUCT);
        ours.map(|s| (s.specification.version, s.state)).max_by_key(|s| s.0)
    }

    fn specify(&mut self) {
        let product = ProductCode::parse(PRODUCT).expect("a product");
        let newest = self.newest_version();
        let (limit, title) = (*self.dice.pick(&["80.0", "85.0"]), format!("Title {}", self.dice.roll(1000)));
        let wrong = self.dice.once_in(6);
        match (newest, self.dice.roll(10)) {
            (Some((version, _)), 0)
                if version > 3 && self.lab.now() > super::laboratory::at("2026-06-01T00:00:00Z") =>
            {
                let who = self.somebody(&["fay", "gus"]);
                let given = self.given(who);
                self.attempt("retire", who, None, |lab| {
                    let signed = sign(lab, who, &given, "It is made no more", &Subject::default())?;
                    retire_specification(&lab.app, &signed, &product)
                });
            }
            (Some((version, VersionState::Draft)), 0..=2) => {
                let who = self.somebody(&["dee", "fay", "ana"]);
                let made = document(version + u32::from(wrong), limit, &title);
                self.attempt("rewrite", who, None, |lab| {
                    let permit = grant(lab, who, &Subject::default())?;
                    rewrite_specification(&lab.app, &permit, &product, version, made, None)
                });
            }
            (Some((version, state)), 3..=9) if state == VersionState::Draft || self.dice.once_in(5) => {
                let who = self.somebody(&["fay", "gus", "dee"]);
                let (given, now) = (self.given(who), self.lab.now());
                let entry = ApprovalEntry {
                    effective_from: now.plus_hours(*self.dice.mostly(&[0, 100, -100])).to_string(),
                    draft_sha256: wrong.then(|| "0".repeat(64)),
                };
                self.attempt("approve", who, None, |lab| {
                    let signed = sign(lab, who, &given, "I approve this", &Subject::default())?;
                    approve_specification(&lab.app, &signed, &product, version, &entry)
                });
            }
            (newest, _) => {
                let who = self.somebody(&["dee", "eli"]);
                let made = document(newest.map_or(1, |n| n.0 + 1) + u32::from(wrong), limit, &title);
                self.attempt("draft", who, None, |lab| {
                    draft_specification(&lab.app, &grant(lab, who, &Subject::default())?, made)
                });
            }
        }
    }

    fn donate(&mut self) {
        if self.donors.len() > 2 && !self.dice.once_in(5) {
            return;
        }
        self.made += usize::from(!self.dice.once_in(8));
        let donor = format!("D-{:04}", self.made);
        let who = self.enterer(&donor);
        let donated_at = self.lab.now().plus_hours(*self.dice.mostly(&[-48, 5])).to_string();
        let entry =
            DonorEntry { donor: donor.clone(), product: (*self.dice.mostly(&[PRODUCT, "NONE"])).into(), donated_at };
        let done = self.attempt("donor", who, None, |lab| {
            register_donor(&lab.app, &grant(lab, who, &Subject::default())?, &entry)
        });
        self.donors.extend(done.map(|d| d.lot.to_string()));
    }

    fn bank(&mut self) {
        if self.donors.is_empty() || (self.banks.len() > 4 && !self.dice.once_in(4)) {
            return self.donate();
        }
        self.made += usize::from(!self.dice.once_in(8));
        let from: Option<Lot> = (!self.banks.is_empty() && self.dice.once_in(2)).then(|| {
            let number = self.dice.pick(&self.banks).clone();
            self.load(&number)
        });
        let bank = format!("{}-{:04}", if from.is_some() { "WCB" } else { "MCB" }, self.made);
        let who = self.enterer(&bank);
        let donor = match &from {
            Some(from) if !self.dice.once_in(10) => from.details.donor.to_string(),
            _ => self.dice.pick(&self.donors).clone(),
        };
        let entry = BankEntry {
            bank,
            product: PRODUCT.into(),
            donor,
            made_from: from.as_ref().map(|f| f.details.lot.to_string()),
            passage: (*self.dice.mostly(if from.is_some() { &["2", "0"] } else { &["1", "x"] })).into(),
            population_doublings: None,
            made_at: self.lab.now().plus_hours(*self.dice.mostly(&[0, 9])).to_string(),
            expires_at: None,
            containers: 10,
        };
        let done = self
            .attempt("bank", who, None, |lab| register_bank(&lab.app, &grant(lab, who, &Subject::default())?, &entry));
        self.banks.extend(done.map(|d| d.lot.to_string()));
    }

    fn register(&mut self) {
        let open = self.active().iter().filter(|l| l.details.stage == Stage::Product).count();
        if self.donors.is_empty() || (open > 4 && !self.dice.once_in(4)) {
            return self.record();
        }
        self.made += usize::from(!self.dice.once_in(8));
        let banks = &self.banks[self.banks.len().saturating_sub(4)..];
        let from = (!banks.is_empty() && !self.dice.once_in(6)).then(|| self.dice.pick(banks).clone());
        let donor = match &from {
            Some(bank) if !self.dice.once_in(12) => self.load(bank).details.donor.to_string(),
            _ => self.dice.pick(&self.donors).clone(),
        };
        let lot = format!("L-{:04}", self.made);
        let (who, now) = (self.enterer(&lot), self.lab.now());
        let passages = [Some("4"), Some("3"), None, Some("6"), Some("1"), Some("-1")];
        let entry = LotEntry {
            lot,
            product: PRODUCT.into(),
            donor,
            bank: from,
            passage: if self.dice.once_in(2) { Some("3") } else { *self.dice.mostly(&passages) }.map(str::to_owned),
            manufactured_at: now.plus_hours(*self.dice.mostly(&[0, -1, 1])).to_string(),
            expires_at: now.plus_hours(*self.dice.mostly(&[100 * 24, 20 * 24, 30])).to_string(),
            containers: 4,
            ..LotEntry::default()
        };
        let done = self.attempt("lot", who, None, |lab| lab.register(who, &entry, None));
        if let Some(done) = done {
            self.lots.push(done.lot.to_string());
            self.open.push(done.lot.to_string());
        }
    }

    /// A value for an attribute, mostly good.
    fn value(&mut self, attribute: &str, others_in: usize) -> &'static str {
        if attribute == "VIABILITY" && self.dice.once_in(4) {
            return *self.dice.pick(&NEEDS_LAX);
        }
        match self.dice.roll(others_in) {
            0 => *self.dice.pick(bad(attribute)),
            1 if self.dice.once_in(2) => *self.dice.pick(odd(attribute)),
            _ => *self.dice.pick(good(attribute)),
        }
    }

    pub fn reading(&mut self, attribute: &str, value: &str) -> ReadingEntry {
        let mut made = ReadingEntry {
            attribute: attribute.into(),
            value: value.into(),
            unit: unit(attribute).map(str::to_owned),
            ..ReadingEntry::default()
        };
        if let Some((read, dilution, _)) = ENDOTOXIN.iter().find(|e| attribute == "ENDOTOXIN" && e.2 == value) {
            made.value = String::new();
            made.raw.insert("reading".into(), vec![(*read).into()]);
            made.raw.insert("dilution".into(), vec![(*dilution).into()]);
        }
        made
    }

    /// A run of an assay with these attributes.
    pub fn run_entry(&mut self, lot: &Lot, assay: &str, attributes: &[&str], others_in: usize) -> RunEntry {
        let now = self.lab.now();
        let start = lot.details.manufactured_at.plus_hours(1).min(now);
        let ripe = now >= start.plus_hours(336 + 96);
        let mut readings = Vec::new();
        for attribute in attributes {
            let mut value = self.value(attribute, others_in);
            if *attribute == "STERILITY" && !ripe && !self.dice.once_in(6) {
                value = *self.dice.mostly(&["No growth to date", "Turbid, subcultured"]);
            }
            readings.push(self.reading(attribute, value));
        }
        let control = |name: &str, value: &str| ControlEntry { name: name.into(), value: value.into() };
        let controls = match assay {
            "differentiation" => vec![control("uninduced", *self.dice.mostly(&["Negative", "Positive"]))],
            "endotoxin" => vec![control("spike recovery", *self.dice.mostly(&["98", "30", "201"]))],
            _ => Vec::new(),
        };
        let file = if self.files.is_empty() { None } else { Some(self.dice.pick(&self.files).clone()) };
        RunEntry {
            assay: assay.into(),
            method: format!("SOP {assay}"),
            instrument: self.dice.mostly(&[None, Some("CYT-1"), Some("CYT-2")]).map(str::to_owned),
            started_at: (assay == "sterility").then(|| start.to_string()),
            tested_at: now.plus_hours(*self.dice.mostly(&[0, 0, 3])).to_string(),
            controls,
            readings,
            comment: None,
            reagents: self.dice.mostly(&[None, Some("KIT-1"), Some("KIT-9")]).map(str::to_owned).into_iter().collect(),
            evidence: if assay == "differentiation" || self.dice.once_in(5) {
                file.into_iter().collect()
            } else {
                Vec::new()
            },
            late_result: false,
        }
    }

    /// What an assay still has to read for something: `None` where nothing is missing.
    fn lacking(&mut self, lot: &Lot, assay: &str, attributes: &[&'static str]) -> Vec<&'static str> {
        let stage = lot.details.stage;
        let here = match assay {
            "serology" => stage == Stage::Donor,
            "differentiation" => stage == Stage::Bank || (stage == Stage::Product && lot.details.bank.is_none()),
            _ => stage == Stage::Product,
        };
        let ripe = self.lab.now() >= lot.details.manufactured_at.plus_hours(1 + 336);
        if !here || (assay == "sterility" && !ripe && !self.dice.once_in(8)) {
            return Vec::new();
        }
        let valid = lot.runs.iter().filter(|r| r.invalid_because(&self.controls).is_none());
        let read: Vec<&str> = valid
            .flat_map(|r| &r.content.readings)
            .filter(|r| {
                !["No growth to date", "Turbid, subcultured"].contains(&r.value.as_str()) && !r.value.starts_with("<1")
            })
            .map(|r| r.attribute.as_str())
            .collect();
        if (assay == "culture" || assay == "nat") && read.iter().any(|r| r.starts_with("MYCO")) {
            return Vec::new();
        }
        attributes.iter().copied().filter(|a| !read.contains(a)).collect()
    }

    fn record(&mut self) {
        let Some(mut lot) = self.some() else { return };
        let mut panels = Vec::new();
        // Something that lacks a result is looked for a few times.
        for _ in 0..6 {
            for (assay, attributes) in ASSAYS {
                let lacking = self.lacking(&lot, assay, attributes);
                if !lacking.is_empty() {
                    panels.push((assay, lacking));
                }
            }
            if !panels.is_empty() {
                break;
            }
            lot = self.some().expect("something");
        }
        if panels.is_empty() && !self.dice.once_in(6) {
            return self.verify();
        }
        let (assay, mut attributes) = if panels.is_empty() || self.dice.once_in(20) {
            let (assay, attributes) = *self.dice.pick(&ASSAYS);
            (assay, attributes.to_vec())
        } else {
            self.dice.pick(&panels).clone()
        };
        if assay == "flow" {
            // The cocktail answers for two markers; sometimes they are read one by one.
            let one_by_one = self.dice.once_in(4);
            let first = attributes.contains(&"NEG_COCKTAIL");
            attributes
                .retain(|a| if one_by_one { *a != "NEG_COCKTAIL" } else { !first || !["CD34", "CD45"].contains(a) });
        }
        let number = lot.details.lot.to_string();
        let who = self.enterer(&number);
        let entry = self.run_entry(&lot, assay, &attributes, 20);
        self.attempt("record", who, None, |lab| lab.record(who, &number, &entry, None));
    }

    /// Corrects a value of a run.
    pub fn correct_to(&mut self, who: &str, run: &Run, attribute: &str, value: &str) {
        let number = run.number;
        let readings = vec![self.reading(attribute, value)];
        let entry = CorrectionEntry { readings, reason: "Typed wrongly".into(), late_result: false };
        self.attempt("correct", who, None, |lab| {
            correct_run(&lab.app, &grant(lab, who, &Subject::default())?, number, &entry)
        });
    }

    fn correct(&mut self) {
        let Some(lot) = self.some() else { return };
        if lot.runs.is_empty() {
            return;
        }
        let run = self.dice.pick(&lot.runs).clone();
        let attribute = self.dice.pick(&run.content.readings).attribute.to_string();
        let value = self.value(&attribute, 6);
        let who = self.enterer(lot.number().as_str());
        self.correct_to(who, &run, &attribute, value);
    }

    /// Verifies a run, with what is critical in it typed again.
    pub fn verify_one(&mut self, lot: &Lot, run: &Run) {
        let who = self.somebody(&["ben", "eli"]);
        let mut typed = Vec::new();
        for first in run.content.readings.iter().filter(|r| r.attribute.as_str() == "CD90") {
            let value = if self.dice.once_in(3) { self.value("CD90", 6) } else { first.value.as_str() };
            if !self.dice.once_in(15) {
                typed.push(self.reading("CD90", value));
            }
        }
        let entry =
            VerificationEntry { content_sha256: self.dice.once_in(20).then(|| "0".repeat(64)), readings: typed };
        let number = run.number;
        let about = About { act: "verification", lot: Some(lot.details.lot.clone()), run: Some(number) };
        self.attempt("verify", who, Some(about), |lab| {
            let permit = grant(lab, who, &Subject { lot: None, run: Some(number) })?;
            verify_run(&lab.app, &permit, number, &entry)
        });
    }

    fn verify(&mut self) {
        let waits =
            |lot: &Lot| lot.runs.iter().any(|r| r.verification.is_none() && r.open_discrepancies().next().is_none());
        let waiting: Vec<Lot> = self.active().into_iter().filter(waits).collect();
        let lot = if waiting.is_empty() || self.dice.once_in(15) {
            self.some()
        } else {
            Some(self.dice.pick(&waiting).clone())
        };
        let Some(lot) = lot else { return };
        let runs: Vec<&Run> = lot.runs.iter().filter(|r| r.verification.is_none() || self.dice.once_in(20)).collect();
        if !runs.is_empty() && (!waiting.is_empty() || self.dice.once_in(3)) {
            let run = (*self.dice.pick(&runs)).clone();
            self.verify_one(&lot, &run);
        }
    }

    fn resolve(&mut self) {
        let differing = |lot: &Lot| lot.runs.iter().find(|r| r.open_discrepancies().next().is_some()).cloned();
        let Some(run) = self.active().iter().rev().find_map(differing) else { return self.verify() };
        let Some(open) = run.open_discrepancies().next() else { return };
        let name = |p: &lotgate::domain::role::Person| {
            PEOPLE.iter().map(|q| q.0).find(|q| *q == p.username.as_str()).expect("ours")
        };
        let team = [name(&open.by), name(&run.entered_by)];
        let who = self.somebody(&team);
        let value = if self.dice.once_in(4) { open.second.clone() } else { open.first.clone() };
        let reading = self.reading(open.attribute.as_str(), &value);
        let entry = ResolutionEntry { reading, reason: "Read again from the raw data".into() };
        let number = run.number;
        self.attempt("resolve", who, None, |lab| {
            resolve_discrepancy(&lab.app, &grant(lab, who, &Subject::default())?, number, &entry)
        });
    }

    fn invalidate(&mut self) {
        let Some(lot) = self.some() else { return };
        if lot.runs.is_empty() {
            return;
        }
        let run = self.dice.pick(&lot.runs).clone();
        let who = self.somebody(&["fay", "gus"]);
        let given = self.given(who);
        let sterility = run.content.assay.as_str() == "sterility" && !self.dice.once_in(5);
        let ground = if sterility { "procedure_fault" } else { *self.dice.mostly(&["reagent", "", "procedure_fault"]) };
        let about = About { act: "invalidation", lot: Some(lot.details.lot.clone()), run: Some(run.number) };
        self.attempt("invalidate", who, Some(about), |lab| {
            let subject = Subject { lot: None, run: Some(run.number) };
            let signed = sign(lab, who, &given, "The reagent was spoilt", &subject)?;
            invalidate_run(&lab.app, &signed, run.number, ground)
        });
    }

    fn deviate(&mut self) {
        let Some(lot) = self.some() else { return };
        let open = self.active().iter().flat_map(|l| l.deviations.clone()).find(|d| d.is_open());
        let closable = open.or_else(|| lot.deviations.first().cloned().filter(|_| self.dice.once_in(3)));
        let Some(deviation) = closable.filter(|_| !self.dice.once_in(4)) else {
            let who = self.somebody(&["ana", "fay"]);
            let entry = DeviationEntry {
                lot: lot.details.lot.to_string(),
                kind: (*self.dice.pick(&["deviation", "hold", "deviation", "doubt"])).into(),
                description: "The freezer stood open".into(),
                impact: "Perhaps none".into(),
            };
            self.attempt("deviation", who, None, |lab| {
                open_deviation(&lab.app, &grant(lab, who, &Subject::default())?, &entry)
            });
            return;
        };
        let who = self.somebody(&["fay", "gus"]);
        let given = self.given(who);
        let about = About { act: "deviation", lot: Some(deviation.lot.clone()), run: None };
        self.attempt("close deviation", who, Some(about), |lab| {
            let subject = Subject { lot: Some(deviation.lot.clone()), run: None };
            close_deviation(&lab.app, &sign(lab, who, &given, "No impact was found", &subject)?, &deviation.number)
        });
    }

    fn equip(&mut self) {
        let who = self.somebody(&["ana", "fay"]);
        let now = self.lab.now();
        let words = ["refuse", "flag", "flag", "perhaps"];
        let code = (*self.dice.pick(&["CYT-1", "CYT-2", "KIT-1"])).to_owned();
        let until = now.plus_hours(*self.dice.pick(&[24 * 30, 24, -1])).to_string();
        let (a, b) = (*self.dice.pick(&words), *self.dice.pick(&words));
        let about = Subject::default();
        match self.dice.roll(4) {
            0 => self.attempt("instrument", who, None, |lab| {
                let entry = InstrumentEntry { code, name: "Cytometer".into() };
                register_instrument(&lab.app, &grant(lab, who, &about)?, &entry).map(drop)
            }),
            1 => self.attempt("calibrate", who, None, |lab| {
                let entry =
                    CalibrationEntry { valid_from: now.to_string(), valid_until: until, reference: "C-1".into() };
                calibrate_instrument(&lab.app, &grant(lab, who, &about)?, &code, &entry).map(drop)
            }),
            2 => self.attempt("reagent", who, None, |lab| {
                let entry = ReagentEntry { code, name: "Kit".into(), supplier_lot: "77".into(), expires_at: until };
                receive_reagent(&lab.app, &grant(lab, who, &about)?, &entry).map(drop)
            }),
            _ => self.attempt("policy", "fay", None, |lab| {
                let (uncalibrated_instrument, expired_reagent) = (Some(a.into()), Some(b.into()));
                let entry = PolicyEntry { uncalibrated_instrument, expired_reagent, ..PolicyEntry::default() };
                set_policy(&lab.app, &sign(lab, "fay", &password("fay"), "Policy", &about)?, &entry).map(drop)
            }),
        };
    }

    fn file(&mut self) {
        self.made += 1;
        let bytes = if self.dice.once_in(6) { b"MZ".to_vec() } else { format!("%PDF-1.7\n{}", self.made).into_bytes() };
        let who = self.somebody(&["ana"]);
        let done = self.attempt("file", who, None, |lab| lab.store_file(who, "raw.pdf", &bytes));
        self.files.extend(done.map(|d| d.details.sha256.to_string()));
    }

    /// One of the files that are there, or a hash that none has.
    pub fn evidence(&mut self) -> Vec<String> {
        if self.files.is_empty() || self.dice.once_in(3) {
            return Vec::new();
        }
        vec![self.dice.pick(&self.files).clone()]
    }

    fn release(&mut self) {
        let now = self.lab.now();
        let all = self.active();
        let ready = |lot: &&Lot| {
            let stored = self.lab.app.lot(lot.number()).expect("a lot").1;
            lot.details.stage == Stage::Product && assess(lot, &stored.specification, now).status == Status::Ready
        };
        let ready: Vec<&Lot> = all.iter().filter(ready).collect();
        let lot = match ready.is_empty() || self.dice.once_in(5) {
            true if self.dice.once_in(3) => self.some(),
            true => return self.record(),
            false => Some((*self.dice.pick(&ready)).clone()),
        };
        let Some(lot) = lot else { return };
        let number = lot.details.lot.to_string();
        let who = self.somebody(&["fay", "gus"]);
        let given = self.given(who);
        let about = About { act: "release", lot: Some(lot.details.lot.clone()), run: None };
        self.attempt("release", who, Some(about), |lab| lab.release(who, &given, &number, None));
    }

    fn reject(&mut self) {
        let Some(lot) = self.some() else { return };
        let condemned = lot.investigations.iter().any(|i| i.ending().is_some_and(|e| !e.clears()));
        if !condemned && !self.dice.once_in(4) {
            return;
        }
        let number = lot.details.lot.to_string();
        let who = self.somebody(&["fay", "gus"]);
        let given = self.given(who);
        let about = About { act: "rejection", lot: Some(lot.details.lot.clone()), run: None };
        self.attempt("reject", who, Some(about), |lab| lab.reject(who, &given, &number, "Out of specification"));
    }
}
