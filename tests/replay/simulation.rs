//! Random people do random things, legal and illegal, in an order that a seed decides.
//!
//! Every act is answered with a yes or a "no" that leaves nothing behind (except, for what
//! decides about a lot, the fact that it was tried). A failure of the product is never an answer.

use std::path::Path;

use lotgate::domain::assessment::{Status, assess};
use lotgate::domain::entry::{ReadingEntry, RunEntry};
use lotgate::domain::ids::{LotNumber, RunNumber};
use lotgate::domain::lot::Lot;
use lotgate::store::LotFilter;
use lotgate::workflow::correct_run::{CorrectionEntry, correct_run};
use lotgate::workflow::permit::{Once, Permit, RecordRun, Subject};
use lotgate::workflow::present::present;
use lotgate::workflow::register_lot::LotEntry;
use lotgate::workflow::release_lot::to_be_signed;
use lotgate::workflow::sign_in::{sign_in, sign_out};
use lotgate::workflow::{App, Error};

use super::laboratory::{GOOD_PANELS, Laboratory, PEOPLE, admsc, entry, lot_number, password};
use super::values;

/// A refused attempt that must be on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub act: &'static str,
    pub by: String,
    pub lot: LotNumber,
    pub run: Option<RunNumber>,
    pub code: &'static str,
}

/// Repeatable chance (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 16) % sides as u64) as usize
    }

    pub fn once_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    /// Nearly always the first: what people mean to do.
    pub fn mostly<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        if self.once_in(14) { self.pick(from) } else { &from[0] }
    }
}

/// The site, the dice, and what must be on record because of what happened.
pub struct World {
    pub lab: Laboratory,
    dice: Dice,
    pub attempts: Vec<Attempt>,
    pub failed_sign_ins: usize,
    pub accepted: usize,
    pub refused: usize,
    lots_made: usize,
    keys_used: usize,
    tokens: Vec<(String, String)>,
}

/// Whether a "no" about these acts is a fact.
enum Recorded<'a> {
    No,
    AboutLot(&'static str, &'a str, &'a str),
    AboutRun(&'static str, &'a str, RunNumber),
}

impl World {
    pub fn new(data: &Path, seed: u64) -> Self {
        let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", seed);
        World {
            lab,
            dice: Dice(seed),
            attempts: Vec::new(),
            failed_sign_ins: 0,
            accepted: 0,
            refused: 0,
            lots_made: 0,
            keys_used: 0,
            tokens: Vec::new(),
        }
    }

    /// One act of somebody.
    pub fn act(mut self) -> Self {
        self.lab.wait_hours(self.dice.roll(12) as i64);
        match self.dice.roll(100) {
            0..=7 => self.register(),
            8..=54 => self.record(),
            55..=60 => self.correct(),
            61..=82 => self.verify(),
            83..=92 => self.release(),
            93..=94 => self.reject(),
            95..=97 => self.come_and_go(),
            98 => self.keep_accounts(),
            _ => {
                self.lab = self.lab.reopen().unwrap_or_else(|e| panic!("it no longer opens: {e}"));
            }
        }
        self
    }

    /// Counts what an act left in the ledger and keeps what must be found there.
    fn settle<T>(&mut self, before: u64, outcome: Result<T, Error>, recorded: &Recorded) -> Option<T> {
        let left = self.lab.facts() - before;
        match outcome {
            Ok(answer) => {
                self.accepted += 1;
                assert!(left >= 1, "something was done and nothing recorded");
                Some(answer)
            }
            Err(Error::Refused(refusal)) => {
                self.refused += 1;
                let code = refusal.code.as_str();
                let lot = match recorded {
                    Recorded::No => None,
                    Recorded::AboutLot(act, by, lot) => {
                        self.app().lot(&lot_number(lot)).ok().map(|l| (act, by, l.0, None))
                    }
                    Recorded::AboutRun(act, by, run) => {
                        self.app().lot_of_run(*run).ok().map(|l| (act, by, l.0, Some(*run)))
                    }
                };
                assert_eq!(left, u64::from(lot.is_some()), "a refusal ({code}) left {left} facts");
                if let Some((act, by, lot, run)) = lot {
                    self.attempts.push(Attempt { act, by: (*by).to_owned(), lot: lot.details.lot, run, code });
                }
                None
            }
            Err(failure) => panic!("the product failed: {failure}"),
        }
    }

    fn app(&self) -> &App {
        &self.lab.app
    }

    fn lots(&self) -> Vec<Lot> {
        let filter = LotFilter { limit: 10_000, ..LotFilter::default() };
        let listed = self.app().read(|view| Ok(view.lots(&filter)?)).expect("readable");
        listed.into_iter().map(|l| l.lot).collect()
    }

    /// A lot: usually one of the few oldest that may still get somewhere, sometimes any.
    fn some_lot(&mut self) -> Option<Lot> {
        let (now, spec) = (self.lab.now(), admsc());
        let mut all = self.lots();
        if !self.dice.once_in(12) {
            all.retain(|lot| matches!(assess(lot, &spec, now).status, Status::Testing | Status::Ready));
            all.reverse();
            all.truncate(5);
        }
        (!all.is_empty()).then(|| self.dice.pick(&all).clone())
    }

    /// Mostly the one whose task it is on this lot, sometimes anybody, sometimes just the one who
    /// has had a hand in it already.
    fn somebody_for(&mut self, lot: &Lot, task: usize) -> &'static str {
        if self.dice.once_in(9) {
            let verified = lot.runs.iter().filter_map(|r| r.verification.as_ref()).map(|v| &v.by);
            let hands: Vec<&str> =
                lot.runs.iter().map(|r| &r.entered_by).chain(verified).map(|p| p.username.as_str()).collect();
            if !hands.is_empty() {
                let who = *self.dice.pick(&hands);
                return PEOPLE.iter().map(|p| p.0).find(|p| *p == who).expect("somebody of ours");
            }
        }
        self.somebody(lot.number().as_str(), task)
    }

    fn somebody(&mut self, lot: &str, task: usize) -> &'static str {
        if self.dice.once_in(11) {
            return self.dice.pick(&PEOPLE).0;
        }
        let teams = [["ana", "ben", "fay"], ["cai", "dee", "gus"], ["eli", "ana", "dee"], ["ben", "cai", "eli"]];
        let team = lot.bytes().map(usize::from).sum::<usize>() % teams.len();
        teams[team][task]
    }

    fn once(&mut self) -> Option<Once> {
        self.keys_used += 1;
        let once = Once { key: format!("key-{}", self.keys_used), request_sha256: "a".repeat(64) };
        self.dice.once_in(8).then_some(once)
    }

    fn register(&mut self) {
        let new = !self.dice.once_in(6);
        self.lots_made += usize::from(new);
        let lot = format!("AD-{:04}", self.lots_made);
        let who = self.somebody(&lot, 0);
        let now = self.lab.now();
        let passages = [Some("4"), Some("5"), Some("6"), Some("4.5"), Some("<5"), Some("-1"), None];
        let entry = LotEntry {
            lot: lot.clone(),
            product: (*self.dice.mostly(&["ADMSC-IV", "admsc-iv", "NOTHING"])).into(),
            donor: (*self.dice.mostly(&["D-0031", "d-7", "Mrs Smith"])).into(),
            passage: self.dice.mostly(&passages).map(str::to_owned),
            manufactured_at: now.plus_hours(*self.dice.mostly(&[-1, -2, 1])).to_string(),
            expires_at: now.plus_hours(*self.dice.mostly(&[90 * 24, 40 * 24, 3, -3])).to_string(),
            containers: *self.dice.mostly(&[4, 10_000, 10_001, 0]),
            ..LotEntry::default()
        };
        let (before, once) = (self.lab.facts(), self.once());
        let outcome = self.lab.register(who, &entry, once.clone());
        if let (Some(answer), Some(once)) = (self.settle(before, outcome, &Recorded::No), once) {
            let after = self.lab.facts();
            assert_eq!(self.lab.register(who, &entry, Some(once)).expect("the first answer"), answer);
            assert_eq!(self.lab.facts(), after, "a repeated request did something");
        }
    }

    /// A run with values of every sort; mostly what the lot lacks.
    fn run_entry(&mut self, lot: &Lot) -> RunEntry {
        let spec = admsc();
        let now = self.lab.now();
        let read = |attribute: &str| {
            lot.runs.iter().flat_map(|r| &r.content.readings).any(|r| r.attribute.as_str() == attribute)
        };
        let ripe = now >= lot.details.manufactured_at.plus_hours(15 * 24);
        let wanted = |(assay, readings): &(&str, &[(&str, &str)])| {
            readings.iter().any(|(attribute, _)| !read(attribute)) && (ripe || *assay != "sterility")
        };
        let panels: Vec<_> = GOOD_PANELS.iter().filter(|p| self.dice.once_in(25) || wanted(p)).collect();
        let Some(panel) = (!panels.is_empty()).then(|| *self.dice.pick(&panels)) else {
            return entry("batch-record", &[("PASSAGE", values::pick(&mut self.dice, "PASSAGE"))], None, now);
        };
        let started = lot.details.manufactured_at.plus_hours(*self.dice.pick(&[1, 2, 12]));
        let mut made = entry(panel.0, panel.1, Some(started.min(now)), now);
        for reading in &mut made.readings {
            reading.value = values::pick(&mut self.dice, &reading.attribute).to_owned();
            if self.dice.once_in(120) {
                reading.unit = Some("EU".into());
            }
        }
        // What is there already is left out, or the whole run would be refused.
        if made.readings.iter().any(|r| !read(&r.attribute)) {
            made.readings.retain(|r| !read(&r.attribute));
        }
        if self.dice.once_in(8) {
            made.readings.truncate(1);
        }
        for control in &mut made.controls {
            control.value = (*self.dice.mostly(&["Negative", "Positive", "ok"])).into();
        }
        if self.dice.once_in(40) {
            made.tested_at = now.plus_hours(5).to_string();
        }
        if self.dice.once_in(40) {
            made.started_at = None;
        }
        assert!(spec.assays.iter().any(|a| a.code.as_str() == made.assay));
        made
    }

    fn record(&mut self) {
        let Some(lot) = self.some_lot() else { return self.register() };
        let number = lot.details.lot.to_string();
        let who = self.somebody_for(&lot, 0);
        let entry = self.run_entry(&lot);
        let (before, once) = (self.lab.facts(), self.once());
        let outcome = self.lab.record(who, &number, &entry, once.clone());
        if let (Some(answer), Some(once)) = (self.settle(before, outcome, &Recorded::No), once) {
            let after = self.lab.facts();
            assert_eq!(self.lab.record(who, &number, &entry, Some(once.clone())).expect("the first answer"), answer);
            let other = Once { request_sha256: "b".repeat(64), ..once };
            assert!(self.lab.record(who, &number, &entry, Some(other)).is_err(), "one key for two requests");
            assert_eq!(self.lab.facts(), after, "a repeated request did something");
        }
    }

    fn correct(&mut self) {
        let Some(lot) = self.some_lot() else { return };
        if lot.runs.is_empty() {
            return;
        }
        let run = self.dice.pick(&lot.runs).clone();
        let reading = self.dice.pick(&run.content.readings).clone();
        let attribute = reading.attribute.to_string();
        let value = values::pick(&mut self.dice, &attribute).to_owned();
        let reason = (*self.dice.pick(&["Transcription error", "The count sheet says so", ""])).to_owned();
        let correction = CorrectionEntry {
            readings: vec![ReadingEntry { attribute, value, unit: reading.unit.clone(), ..ReadingEntry::default() }],
            reason,
            late_result: false,
        };
        let who = self.somebody_for(&lot, 0);
        let before = self.lab.facts();
        let permit = Permit::<RecordRun>::grant(self.app(), &self.lab.user(who), &Subject::default());
        let outcome = permit.and_then(|p| correct_run(self.app(), &p, run.number, &correction));
        self.settle(before, outcome, &Recorded::No);
    }

    fn verify(&mut self) {
        let Some(lot) = self.some_lot() else { return };
        let waits = |lot: &Lot| lot.runs.iter().any(|r| r.verification.is_none());
        let waiting = self.lots().into_iter().rfind(|l| l.decision.is_none() && waits(l));
        let lot = if self.dice.once_in(3) { lot } else { waiting.unwrap_or(lot) };
        let runs: Vec<RunNumber> =
            lot.runs.iter().filter(|r| self.dice.once_in(12) || r.verification.is_none()).map(|r| r.number).collect();
        let run = if self.dice.once_in(40) || runs.is_empty() { RunNumber(99_999) } else { *self.dice.pick(&runs) };
        let who = self.somebody_for(&lot, 1);
        let other = "0".repeat(64);
        let seen = self.dice.once_in(15).then_some(other.as_str());
        let before = self.lab.facts();
        let outcome = self.lab.verify(who, run, seen, None);
        assert!(seen.is_none() || outcome.is_err(), "something else was confirmed than what was shown");
        self.settle(before, outcome, &Recorded::AboutRun("verification", who, run));
    }

    fn release(&mut self) {
        let (now, spec) = (self.lab.now(), admsc());
        let ready = |lot: &Lot| assess(lot, &spec, now).status == Status::Ready;
        let ready: Vec<Lot> = self.lots().into_iter().filter(ready).collect();
        let lot = if ready.is_empty() || self.dice.once_in(3) {
            self.some_lot()
        } else {
            Some(self.dice.pick(&ready).clone())
        };
        let Some(lot) = lot else { return };
        let number = if self.dice.once_in(40) { "AD-NONE".to_owned() } else { lot.details.lot.to_string() };
        let who = self.somebody_for(&lot, 2);
        let given = if self.dice.once_in(9) { "not the password".to_owned() } else { password(who) };
        let (_, stored) = self.app().lot(lot.number()).expect("a lot");
        let shown = to_be_signed(&lot, &stored, &assess(&lot, &spec, now)).expect("a dossier").1;
        let stale = self.dice.once_in(6);
        let seen = if stale { Some("f".repeat(64)) } else { self.dice.pick(&[Some(shown), None]).clone() };
        let before = self.lab.facts();
        let outcome = self.lab.release(who, &given, &number, seen.as_deref());
        assert!(!stale || outcome.is_err(), "something else was signed than what was shown");
        self.settle(before, outcome, &Recorded::AboutLot("release", who, &number));
    }

    fn reject(&mut self) {
        let Some(lot) = self.some_lot() else { return };
        let number = lot.details.lot.to_string();
        let who = self.somebody(&number, 2);
        let given = if self.dice.once_in(6) { "not the password".to_owned() } else { password(who) };
        let before = self.lab.facts();
        let outcome = self.lab.reject(who, &given, &number, "Out of specification");
        self.settle(before, outcome, &Recorded::AboutLot("rejection", who, &number));
    }

    fn come_and_go(&mut self) {
        let before = self.lab.facts();
        if self.dice.once_in(3) && !self.tokens.is_empty() {
            let (who, token) = self.tokens.swap_remove(0);
            sign_out(self.app(), &self.lab.user(&who), &token).expect("signed out");
            assert!(present(self.app(), &token).expect("readable").is_none(), "a session outlives its end");
            return;
        }
        let who = self.dice.pick(&PEOPLE).0;
        let wrong = self.dice.once_in(3);
        let given = if wrong { "guess guess".to_owned() } else { password(who) };
        match sign_in(self.app(), who, &given) {
            Ok(signed_in) => {
                assert!(!wrong, "a wrong password opened a session");
                let there = present(self.app(), &signed_in.token).expect("readable").expect("a session");
                assert_eq!(there.user.username.as_str(), who);
                self.tokens.push((who.to_owned(), signed_in.token));
            }
            Err(refused) => {
                assert!(wrong && matches!(refused, Error::Refused(_)), "{refused}");
                self.failed_sign_ins += 1;
            }
        }
        assert_eq!(self.lab.facts(), before + 1);
    }

    fn keep_accounts(&mut self) {
        use lotgate::workflow::keep_accounts::{UserEntry, create_user};
        use lotgate::workflow::permit::KeepAccounts;
        let who = self.dice.pick(&PEOPLE).0;
        let combinations: [&[&str]; 5] =
            [&["analyst"], &["qa"], &["admin", "qa"], &["auditor", "analyst"], &["system"]];
        let entry = UserEntry {
            username: format!("new-{}", self.dice.roll(6)),
            full_name: (*self.dice.pick(&["New Person", "", "\u{1F9EC}"])).into(),
            roles: self.dice.pick(&combinations).iter().map(|r| (*r).to_owned()).collect(),
            password: (*self.dice.pick(&["long enough to be hard to guess", "short"])).into(),
            valid_until: None,
        };
        let before = self.lab.facts();
        let permit = Permit::<KeepAccounts>::grant(self.app(), &self.lab.user(who), &Subject::default());
        let outcome = permit.and_then(|p| create_user(self.app(), &p, &entry));
        self.settle(before, outcome, &Recorded::No);
    }
}
