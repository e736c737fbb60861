//! What must hold after any history of the quality laboratory, read from the facts alone.
//!
//! Nothing here asks the product for a verdict or a status: it walks through the facts in their
//! order and knows only `quality_values.rs`. Each act has its own moment, so facts of one moment
//! are those of one transaction (with the recorded refusal of the same act, if there is one).

use std::collections::{BTreeMap, BTreeSet};

use lotgate::domain::event::{Event, Fact};
use lotgate::domain::investigation::{Conclusion, Ending, Finding};
use lotgate::domain::lot::LotDetails;
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Role;
use lotgate::domain::run::{Ground, RunContent};
use lotgate::domain::spec::{Acceptance, Specification, Stage};
use lotgate::workflow::verify_run::content_sha256;
use rust_decimal::Decimal;

use super::invariants::facts;
use super::laboratory::Laboratory;
use super::quality_values::{ENDOTOXIN, Stands, stands};
use super::simulation::Attempt;

/// How often what happened: what the simulation is measured by.
pub type Tally = BTreeMap<&'static str, usize>;

struct Run {
    lot: String,
    content: RunContent,
    enterers: BTreeSet<String>,
    verifiers: BTreeSet<String>,
    verified: bool,
    corrected: bool,
    invalidated: bool,
    /// Attribute, who typed it again, and who said since that it is what.
    differing: Vec<Differing>,
}

/// Attribute, who typed it again, and who said since that it is what.
type Differing = (String, String, Vec<(String, String)>);

struct Lot {
    details: LotDetails,
    strict: bool,
    registrar: String,
    decided: bool,
}

struct Inquiry {
    lot: String,
    run: i64,
    sterility: bool,
    attributes: BTreeSet<String>,
    laboratory: Option<(String, Finding, bool)>,
    plan: Option<(usize, Moment)>,
    retests: Vec<i64>,
    conclusion: Option<(String, Conclusion)>,
    closed: bool,
}

struct Version {
    authors: BTreeSet<String>,
    specification: Specification,
    effective_from: Option<Moment>,
}

#[derive(Default)]
struct Told {
    versions: BTreeMap<u32, Version>,
    retired: bool,
    lots: BTreeMap<String, Lot>,
    runs: BTreeMap<i64, Run>,
    inquiries: BTreeMap<String, Inquiry>,
    /// Open ones, with their lot.
    deviations: BTreeMap<String, String>,
    files: BTreeSet<String>,
    tally: Tally,
}

fn number(text: &str) -> Result<Decimal, String> {
    text.parse().map_err(|_| text.to_owned())
}

fn is_interim(value: &str) -> bool {
    ["No growth to date", "Turbid, subcultured"].contains(&value)
}

/// Numbers that are equal, or the same text.
fn same(a: &str, b: &str) -> bool {
    number(a) == number(b)
}

impl Run {
    fn value(&self, attribute: &str) -> Option<&str> {
        self.content.readings.iter().find(|r| r.attribute.as_str() == attribute).map(|r| r.value.as_str())
    }

    /// A run whose controls failed or that was declared invalid gives no result.
    fn is_valid(&self) -> bool {
        let control = |name: &str| self.content.controls.iter().find(|c| c.name == name).map(|c| c.value.as_str());
        let good = match self.content.assay.as_str() {
            "differentiation" => control("uninduced") == Some("Negative"),
            "endotoxin" => control("spike recovery") == Some("98"),
            _ => true,
        };
        good && !self.invalidated
    }

    fn is_retest(&self) -> bool {
        self.content.investigation.is_some()
    }

    fn open_difference(&self) -> bool {
        self.differing.iter().any(|(_, second, said)| agreed(second, said).is_none())
    }
}

/// What both say, once they do.
fn agreed<'a>(second: &str, said: &'a [(String, String)]) -> Option<&'a str> {
    let one = said.iter().rev().find(|(by, _)| by == second)?;
    let other = said.iter().rev().find(|(by, _)| by != second)?;
    same(&one.1, &other.1).then_some(other.1.as_str())
}

/// Checks everything; `attempts` are the refusals that must be on record.
pub fn check(lab: &Laboratory, attempts: &[Attempt]) -> Tally {
    let whole = lab.app.verify_ledger().expect("readable").unwrap_or_else(|f| panic!("{}: {}", f.place, f.what));
    let facts = facts(lab);
    assert_eq!(whole.facts, facts.len() as u64);
    assert!(facts.windows(2).all(|w| w[0].at <= w[1].at), "facts are not in the order of their time");
    let mut told = Told::default();
    for group in facts.chunk_by(|a, b| a.at == b.at) {
        for fact in group {
            told.tell(fact, group);
        }
        told.check_openings(group);
        told.check_flags(group);
    }
    told.check_tables(lab);
    check_attempts(&facts, attempts);
    told.tally
}

impl Told {
    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn tell(&mut self, fact: &Fact, group: &[Fact]) {
        let by = fact.by.username.to_string();
        match &fact.event {
            Event::SpecificationDrafted { .. }
            | Event::SpecificationApproved { .. }
            | Event::SpecificationRetired { .. } => self.tell_specification(fact, by),
            Event::FileStored(file) => drop(self.files.insert(file.sha256.to_string())),
            Event::LotRegistered(details) => self.registered(details, by, fact.at),
            Event::RunRecorded { run, lot, content } => self.recorded(run.0, lot.as_str(), content, by),
            Event::RunCorrected { .. }
            | Event::RunVerified { .. }
            | Event::DiscrepancyFound { .. }
            | Event::DiscrepancyResolved { .. } => self.tell_run(fact, by, group),
            Event::RunInvalidated { .. } => self.invalidated(fact, &by, group),
            Event::InvestigationOpened { .. } => self.opened(fact),
            Event::LaboratoryPhaseRecorded { .. }
            | Event::RetestPlanApproved { .. }
            | Event::InvestigationConcluded { .. }
            | Event::InvestigationClosed { .. } => self.step(fact, by),
            Event::DeviationOpened { deviation, lot, .. } => {
                self.count("deviations");
                assert_eq!(self.deviations.insert(deviation.to_string(), lot.to_string()), None);
            }
            Event::DeviationClosed { deviation, lot, .. } => {
                assert_eq!(fact.by.role, Role::Qa, "{deviation} closed by {by}");
                assert_eq!(self.deviations.remove(deviation.as_str()), Some(lot.to_string()), "{deviation}");
            }
            Event::LotReleased { lot, .. } => {
                assert_eq!(fact.by.role, Role::Qa);
                self.check_release(lot.as_str(), &by, fact.at);
                self.decide(lot.as_str());
                self.count("released");
            }
            Event::LotRejected { lot, .. } => {
                assert_eq!(fact.by.role, Role::Qa);
                self.decide(lot.as_str());
                self.count("rejected");
            }
            _ => {}
        }
    }

    fn decide(&mut self, lot: &str) {
        let lot = self.lots.get_mut(lot).expect("a lot");
        assert!(lot.details.stage == Stage::Product && !lot.decided, "decided twice, or no lot");
        lot.decided = true;
    }

    fn tell_specification(&mut self, fact: &Fact, by: String) {
        match &fact.event {
            Event::SpecificationDrafted { specification, .. } => {
                assert!(!self.retired, "a version after the retirement");
                let specification = specification.as_ref().clone();
                let new =
                    Version { authors: BTreeSet::new(), specification: specification.clone(), effective_from: None };
                let version = self.versions.entry(specification.version).or_insert(new);
                assert_eq!(version.effective_from, None, "an approved version was rewritten");
                version.specification = specification;
                version.authors.insert(by);
            }
            Event::SpecificationApproved { version, effective_from, .. } => {
                assert_eq!(fact.by.role, Role::Qa);
                let there = self.versions.get_mut(version).expect("a draft");
                assert!(!there.authors.contains(&by), "version {version} was approved by its author {by}");
                assert_eq!(there.effective_from.replace(*effective_from), None, "approved twice");
                assert!(*effective_from >= fact.at && !self.retired, "in force since before its approval");
                self.count("approved");
            }
            Event::SpecificationRetired { .. } => {
                assert!(fact.by.role == Role::Qa && !self.retired);
                self.retired = true;
            }
            _ => {}
        }
    }

    fn registered(&mut self, details: &LotDetails, by: String, at: Moment) {
        let in_force = self.versions.iter().filter(|(_, v)| v.effective_from.is_some_and(|from| from <= at));
        let version = in_force.max_by_key(|(n, v)| (v.effective_from, **n)).expect("a version in force");
        assert_eq!(*version.0, details.specification_version, "{} is judged by another version", details.lot);
        assert!(!self.retired, "{} was made of a retired product", details.lot);
        let viability = version.1.specification.criteria.iter().find(|c| c.attribute.as_str() == "VIABILITY");
        let Some(Acceptance::Numeric { limit, .. }) = viability.map(|c| &c.acceptance) else { panic!("no viability") };
        let strict = limit.lower().is_some_and(|l| l.number() == Decimal::from(85));
        if let Some(bank) = &details.bank {
            let bank = &self.lots[bank.as_str()].details;
            assert!(
                bank.stage == Stage::Bank && bank.donor == details.donor && bank.expires_at > details.manufactured_at
            );
            assert!(bank.manufactured_at <= details.manufactured_at);
        }
        let new = Lot { details: details.clone(), strict, registrar: by, decided: false };
        assert!(self.lots.insert(details.lot.to_string(), new).is_none(), "{} was registered twice", details.lot);
    }

    fn recorded(&mut self, run: i64, lot: &str, content: &RunContent, by: String) {
        assert!(!self.lots[lot].decided && !self.verifiers(lot).contains(&by), "run {run} entered by {by}");
        assert!(content.evidence.iter().all(|sha256| self.files.contains(sha256)), "run {run} has evidence of nothing");
        if content.assay.as_str() == "differentiation" {
            assert!(!content.evidence.is_empty(), "run {run} lacks its evidence");
        }
        for reading in content.readings.iter().filter(|r| r.attribute.as_str() == "ENDOTOXIN") {
            let typed = |(read, dilution, value): &(&str, &str, &str)| {
                reading.raw["reading"] == [*read] && reading.raw["dilution"] == [*dilution] && reading.value == *value
            };
            assert!(ENDOTOXIN.iter().any(typed), "run {run}: {reading:?}");
        }
        if let Some(of) = &content.investigation {
            let inquiry = self.inquiries.get_mut(of.as_str()).expect("an investigation");
            let (planned, approved_at) = inquiry.plan.expect("a plan");
            assert!(inquiry.conclusion.is_none() && inquiry.retests.len() < planned && inquiry.lot == lot);
            assert!(content.tested_at > approved_at && content.started_at.is_none_or(|s| s > approved_at));
            assert!(content.readings.iter().all(|r| inquiry.attributes.contains(r.attribute.as_str())));
            inquiry.retests.push(run);
            self.count("retests");
        }
        let new = Run {
            lot: lot.to_owned(),
            content: content.clone(),
            enterers: BTreeSet::from([by]),
            verifiers: BTreeSet::new(),
            verified: false,
            corrected: false,
            invalidated: false,
            differing: Vec::new(),
        };
        if !new.is_valid() {
            self.count("failed controls");
        }
        assert!(self.runs.insert(run, new).is_none(), "run {run} was recorded twice");
    }

    fn runs_of<'a>(&'a self, lot: &'a str) -> impl Iterator<Item = (&'a i64, &'a Run)> {
        self.runs.iter().filter(move |(_, r)| r.lot == lot)
    }

    fn verifiers(&self, lot: &str) -> BTreeSet<String> {
        self.runs_of(lot).flat_map(|(_, r)| r.verifiers.clone()).collect()
    }

    fn enterers(&self, lot: &str) -> BTreeSet<String> {
        let registrar = self.lots[lot].registrar.clone();
        self.runs_of(lot).flat_map(|(_, r)| r.enterers.clone()).chain([registrar]).collect()
    }

    /// The passage of a lot, where its valid runs say one.
    fn passage(&self, lot: &str) -> Option<u32> {
        if let Some(passage) = self.lots[lot].details.passage {
            return Some(passage);
        }
        let valid = self.runs_of(lot).filter(|(_, r)| r.is_valid());
        let said: BTreeSet<&str> = valid.filter_map(|(_, r)| r.value("PASSAGE")).collect();
        said.first().filter(|_| said.len() == 1)?.parse().ok()
    }

    /// What fails in a run and binds the lot.
    fn failing(&self, run: &Run) -> BTreeSet<String> {
        let strict = self.lots[&run.lot].strict;
        let binds = |attribute: &str| attribute != "CD14" || self.passage(&run.lot).is_none_or(|p| p >= 4);
        let fails = |r: &&lotgate::domain::run::Reading| {
            stands(r.attribute.as_str(), &r.value, strict) == Stands::Fails && binds(r.attribute.as_str())
        };
        if !run.is_valid() {
            return BTreeSet::new();
        }
        run.content.readings.iter().filter(fails).map(|r| r.attribute.to_string()).collect()
    }

    fn tell_run(&mut self, fact: &Fact, by: String, group: &[Fact]) {
        match &fact.event {
            Event::RunCorrected { run, lot, changes } => {
                self.check_correctable(run.0);
                assert!(!self.lots[lot.as_str()].decided, "run {run} was corrected after the decision");
                let second_word = group.iter().any(|f| matches!(f.event, Event::DiscrepancyResolved { .. }));
                let told = self.runs.get_mut(&run.0).expect("a run");
                for change in changes {
                    let reading = told.content.readings.iter_mut().find(|r| r.attribute == change.attribute);
                    let reading = reading.expect("a reading");
                    assert_eq!((&reading.value, &reading.raw), (&change.before, &change.raw_before), "run {run}");
                    assert!(!change.reason.as_str().is_empty() && (second_word || change.by.username.as_str() == by));
                    change.apply(reading);
                    told.enterers.insert(change.by.username.to_string());
                }
                (told.verified, told.corrected) = (false, true);
                let both: Vec<_> =
                    self.enterers(lot.as_str()).intersection(&self.verifiers(lot.as_str())).cloned().collect();
                assert!(both.is_empty(), "{lot} was entered and verified by {both:?}");
                self.count("corrections");
            }
            Event::RunVerified { run, lot, content_sha256: confirmed, second_entry } => {
                assert!(!self.lots[lot.as_str()].decided, "run {run} was verified after the decision");
                assert!(!self.enterers(lot.as_str()).contains(&by), "{by} verified what {by} entered on {lot}");
                let told = self.runs.get_mut(&run.0).expect("a run");
                assert!(!told.verified && !told.open_difference(), "run {run} was verified twice or with a difference");
                assert_eq!(content_sha256(&told.content).expect("a hash"), *confirmed, "run {run}");
                let second: Vec<(&str, Result<Decimal, String>)> =
                    second_entry.iter().map(|s| (s.attribute.as_str(), number(&s.value))).collect();
                let critical: Vec<_> = told.value("CD90").map(|first| ("CD90", number(first))).into_iter().collect();
                assert_eq!(second, critical, "run {run}: the second entry is not the first");
                told.verified = true;
                told.verifiers.insert(by);
                self.count("verified");
                if !second_entry.is_empty() {
                    self.count("second entries");
                }
            }
            Event::DiscrepancyFound { run, lot, differences } => {
                assert!(!self.enterers(lot.as_str()).contains(&by) && !self.lots[lot.as_str()].decided);
                let told = self.runs.get_mut(&run.0).expect("a run");
                for difference in differences {
                    let attribute = difference.attribute.to_string();
                    assert_eq!(told.value(&attribute), Some(difference.first.as_str()), "run {run}");
                    assert!(!same(&difference.first, &difference.second), "run {run}");
                    told.differing.push((attribute, by.clone(), Vec::new()));
                }
                self.count("discrepancies");
            }
            Event::DiscrepancyResolved { run, attribute, value, .. } => {
                let told = self.runs.get_mut(&run.0).expect("a run");
                let concerned = told.enterers.clone();
                let mut open = told
                    .differing
                    .iter_mut()
                    .filter(|(a, second, said)| a == attribute.as_str() && agreed(second, said).is_none());
                let (_, second, said) = open.next().expect("an open difference");
                assert!(*second == by || concerned.contains(&by), "{by} is not concerned with run {run}");
                said.push((by, value.clone()));
                let Some(agreed) = agreed(second, said).map(str::to_owned) else { return };
                let corrects = |f: &Fact| matches!(&f.event, Event::RunCorrected { run: of, .. } if of == run);
                let now = told.value(attribute.as_str()).expect("a value");
                assert!(same(now, &agreed) != group.iter().any(corrects), "run {run}: they agreed on {agreed}");
                self.count("resolved");
            }
            _ => {}
        }
    }

    /// A verified failing result changes only by an obvious error, a re-test never once verified.
    fn check_correctable(&self, run: i64) {
        let told = &self.runs[&run];
        assert!(!told.invalidated, "run {run} was corrected after it was declared invalid");
        assert!(!told.is_retest() || !told.verified, "re-test {run} was corrected");
        let of = self.inquiries.values().find(|i| i.run == run);
        let obvious = of.is_some_and(|i| {
            let found = i.laboratory.as_ref().is_some_and(|(_, finding, _)| *finding == Finding::ObviousError);
            found && i.plan.is_none() && i.conclusion.is_none()
        });
        assert!(
            obvious || (of.is_none() && (!told.verified || self.failing(told).is_empty())),
            "run {run} was corrected"
        );
    }

    fn invalidated(&mut self, fact: &Fact, by: &str, group: &[Fact]) {
        let Event::RunInvalidated { run, lot, ground, investigation, .. } = &fact.event else { return };
        assert_eq!(fact.by.role, Role::Qa);
        let told = &self.runs[&run.0];
        assert!(!told.invalidated && told.lot == lot.as_str(), "run {run} was invalidated twice");
        let sterility = told.content.assay.as_str() == "sterility";
        assert_eq!(
            matches!(ground, Ground::Sterility(_)),
            sterility,
            "run {run} was invalidated because of {ground:?}"
        );
        match investigation {
            None => {
                assert!(self.failing(told).is_empty(), "failing run {run} was invalidated without an investigation");
                assert!(
                    !told.enterers.contains(by) && !told.verifiers.contains(by) && !self.lots[lot.as_str()].decided
                );
                self.count("invalidated");
            }
            Some(of) => {
                let inquiry = &self.inquiries[of.as_str()];
                let (_, finding, proof) = inquiry.laboratory.as_ref().expect("a laboratory phase");
                let conclusion = &inquiry.conclusion.as_ref().expect("a conclusion").1;
                let closes = |f: &Fact| matches!(&f.event, Event::InvestigationClosed { investigation, .. } if investigation == of);
                assert!(group.iter().any(closes) && inquiry.run == run.0 && conclusion.ground == Some(*ground));
                assert_eq!(conclusion.outcome, Ending::Invalidated, "{of}");
                assert!(
                    *finding != Finding::NoCause && (*proof || !conclusion.evidence.is_empty()),
                    "{of} proves nothing"
                );
                self.count("invalidated by investigation");
            }
        }
        self.runs.get_mut(&run.0).expect("a run").invalidated = true;
    }

    fn opened(&mut self, fact: &Fact) {
        let Event::InvestigationOpened { investigation, lot, run, failures, sterility } = &fact.event else { return };
        assert_eq!(fact.by.role, Role::System, "{investigation} was opened by a person");
        let told = &self.runs[&run.0];
        let attributes: BTreeSet<String> = failures.iter().map(|f| f.attribute.to_string()).collect();
        assert!(told.verified && !told.is_retest() && told.lot == lot.as_str(), "{investigation}");
        assert_eq!(attributes, self.failing(told), "{investigation} of run {run}");
        assert_eq!(*sterility, told.content.assay.as_str() == "sterility");
        assert!(!self.inquiries.values().any(|i| i.run == run.0), "run {run} is investigated twice");
        let new = Inquiry {
            lot: lot.to_string(),
            run: run.0,
            sterility: *sterility,
            attributes,
            laboratory: None,
            plan: None,
            retests: Vec::new(),
            conclusion: None,
            closed: false,
        };
        assert!(self.inquiries.insert(investigation.to_string(), new).is_none());
        self.count("investigations");
    }

    fn step(&mut self, fact: &Fact, by: String) {
        let mut ending = None;
        match &fact.event {
            Event::LaboratoryPhaseRecorded { investigation, phase, .. } => {
                let inquiry = self.inquiries.get_mut(investigation.as_str()).expect("an investigation");
                assert!(inquiry.laboratory.is_none() && !phase.checks.is_empty(), "{investigation}");
                inquiry.laboratory = Some((by, phase.finding, !phase.evidence.is_empty()));
            }
            Event::RetestPlanApproved { investigation, plan, lot, .. } => {
                let decided = self.lots[lot.as_str()].decided;
                let inquiry = self.inquiries.get_mut(investigation.as_str()).expect("an investigation");
                let (investigator, ..) = inquiry.laboratory.as_ref().expect("a laboratory phase");
                assert!(*investigator != by && fact.by.role == Role::Qa && !decided, "{investigation}: plan of {by}");
                assert!(
                    inquiry.plan.is_none() && inquiry.conclusion.is_none() && !inquiry.sterility && plan.retests > 0
                );
                inquiry.plan = Some((plan.retests as usize, fact.at));
            }
            Event::InvestigationConcluded { investigation, conclusion, .. } => {
                self.check_conclusion(investigation.as_str(), conclusion);
                let inquiry = self.inquiries.get_mut(investigation.as_str()).expect("an investigation");
                inquiry.conclusion = Some((by, conclusion.clone()));
            }
            Event::InvestigationClosed { investigation, .. } => {
                let inquiry = self.inquiries.get_mut(investigation.as_str()).expect("an investigation");
                let (concluder, conclusion) = inquiry.conclusion.as_ref().expect("a conclusion");
                let investigator = inquiry.laboratory.as_ref().map(|l| &l.0);
                assert!(
                    *concluder != by && investigator != Some(&by) && !inquiry.closed,
                    "{investigation} closed by {by}"
                );
                assert_eq!(fact.by.role, Role::Qa);
                let mut about = inquiry.retests.iter().chain([&inquiry.run]);
                assert!(!about.any(|run| self.runs[run].enterers.contains(&by)), "{by} closed what {by} entered");
                inquiry.closed = true;
                ending = Some(conclusion.outcome.as_str());
            }
            _ => {}
        }
        if let Some(ending) = ending {
            self.count(ending);
        }
    }

    fn check_conclusion(&self, number: &str, conclusion: &Conclusion) {
        let inquiry = &self.inquiries[number];
        let (_, finding, _) = inquiry.laboratory.as_ref().expect("a laboratory phase");
        assert!(inquiry.conclusion.is_none(), "{number} was concluded twice");
        let clears = matches!(conclusion.outcome, Ending::Invalidated | Ending::Corrected);
        if clears || !self.lots[&inquiry.lot].decided {
            assert_eq!(inquiry.retests.len(), inquiry.plan.map_or(0, |p| p.0), "{number}: re-tests");
            assert!(inquiry.retests.iter().all(|run| self.runs[run].verified), "{number}: an unverified re-test");
        }
        if clears {
            assert!(inquiry.retests.iter().all(|run| self.failing(&self.runs[run]).is_empty()), "{number} averages");
        }
        let run = &self.runs[&inquiry.run];
        let mended = *finding == Finding::ObviousError && run.corrected && run.verified && self.failing(run).is_empty();
        assert!(conclusion.outcome != Ending::Corrected || mended, "{number} corrected nothing");
    }

    /// After each act: exactly the verified failing binding results are investigated.
    fn check_openings(&self, group: &[Fact]) {
        let of_runs = |f: &Fact| {
            matches!(f.event, Event::RunVerified { .. } | Event::RunCorrected { .. } | Event::RunInvalidated { .. })
        };
        let touched: BTreeSet<&str> =
            group.iter().filter(|f| of_runs(f)).filter_map(|f| Some(f.event.lot()?.as_str())).collect();
        for (number, run) in self.runs.iter().filter(|(_, r)| touched.contains(r.lot.as_str())) {
            let known = self.inquiries.values().any(|i| i.run == *number);
            let fails = run.verified && !run.is_retest() && !self.failing(run).is_empty();
            assert!(known || !fails, "run {number} of {} fails, verified, and nobody investigates", run.lot);
        }
    }

    /// What something was made from: its banks and its donor, if registered.
    fn chain(&self, lot: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut from = self.lots[lot].details.bank.as_ref();
        while let Some(bank) = from {
            found.push(bank.as_str());
            from = self.lots[bank.as_str()].details.bank.as_ref();
        }
        let donor = self.lots[lot].details.donor.as_str();
        found.extend(self.lots.get_key_value(donor).map(|(k, _)| k.as_str()).filter(|k| *k != lot));
        found
    }

    /// In the act that condemns a result of a source, everything made from it is flagged.
    fn check_flags(&mut self, group: &[Fact]) {
        let (mut wanted, mut there) = (BTreeSet::new(), BTreeSet::new());
        for fact in group {
            match &fact.event {
                Event::InvestigationOpened { lot, run, .. } | Event::RunInvalidated { lot, run, .. }
                    if self.lots[lot.as_str()].details.stage != Stage::Product =>
                {
                    let made = self.lots.keys().filter(|made| self.chain(made).contains(&lot.as_str()));
                    wanted.extend(made.map(|made| (made.clone(), lot.to_string(), run.0)));
                }
                Event::SourceFlagged { lot, source, run, .. } => {
                    assert_eq!(fact.by.role, Role::System);
                    assert!(there.insert((lot.to_string(), source.to_string(), run.0)), "{lot} was flagged twice");
                }
                _ => {}
            }
        }
        assert_eq!(there, wanted, "flags at {}", group[0].at);
        for _ in &there {
            self.count("flags");
        }
    }

    /// Promise 1.
    fn check_release(&mut self, lot: &str, by: &str, at: Moment) {
        let (details, strict) = (self.lots[lot].details.clone(), self.lots[lot].strict);
        assert!(at < details.expires_at, "{lot} was released after it expired");
        assert!(!self.enterers(lot).contains(by) && !self.verifiers(lot).contains(by), "{lot} was released by {by}");
        let version = &self.versions[&details.specification_version];
        assert!(version.effective_from.is_some_and(|from| from <= at), "{lot} is judged by a draft");
        let places: BTreeSet<&str> = self.chain(lot).into_iter().chain([lot]).collect();
        let here: Vec<&Run> = self.runs.values().filter(|r| places.contains(r.lot.as_str()) && r.is_valid()).collect();
        let waits = |run: &Run| run.content.readings.iter().all(|r| is_interim(&r.value));
        assert!(
            here.iter().all(|r| r.lot != lot || r.verified || waits(r)),
            "{lot} was released with an unverified run"
        );
        let passes = |attribute: &str, r: &Run| {
            let good = r.value(attribute).is_some_and(|v| stands(attribute, v, strict) == Stands::Passes);
            r.verified && good && (attribute != "STERILITY" || self.in_time(r))
        };
        let has = |attribute: &str| here.iter().any(|r| passes(attribute, r));
        let own = |attribute: &str| here.iter().any(|r| r.lot == lot && passes(attribute, r));
        for attribute in ["PASSAGE", "VIABILITY", "CD90", "ENDOTOXIN", "STERILITY"] {
            assert!(own(attribute), "{lot} was released without {attribute}");
        }
        assert!(own("NEG_COCKTAIL") || (own("CD34") && own("CD45")), "{lot} was released without negative markers");
        assert!(own("CD14") || self.passage(lot).is_some_and(|p| p < 4), "{lot} was released without CD14");
        assert!(own("MYCO_NAT") || own("MYCO_CULTURE"), "{lot} was released without a mycoplasma test");
        assert!(has("OSTEOGENIC") && has("HIV"), "{lot} was released without what its sources were to be tested for");
        let inherited = !own("OSTEOGENIC");
        for run in &here {
            assert!(self.failing(run).is_empty(), "{lot} was released with failing {:?}", run.content.readings);
        }
        for run in self.runs.values().filter(|r| r.lot == lot) {
            assert!(!run.open_difference(), "{lot} was released with two entries that differ");
        }
        let mut cleared = BTreeSet::new();
        for (number, inquiry) in self.inquiries.iter().filter(|(_, i)| places.contains(i.lot.as_str())) {
            let ending = inquiry.conclusion.as_ref().filter(|_| inquiry.closed).map(|c| c.1.outcome);
            assert!(
                matches!(ending, Some(Ending::Invalidated | Ending::Corrected)),
                "{lot} was released under {number}"
            );
            cleared.extend(ending.map(Ending::as_str));
        }
        let open = self.deviations.iter().find(|(_, of)| places.contains(of.as_str()));
        assert_eq!(open, None, "{lot} was released with an open deviation");
        for (what, happened) in [
            ("released after inheriting", inherited),
            ("released after an invalidation", cleared.contains("invalidated")),
            ("released after a correction", cleared.contains("corrected")),
        ] {
            if happened {
                self.count(what);
            }
        }
    }

    /// 14 x 24 hours, and four days more after turbidity.
    fn in_time(&self, run: &Run) -> bool {
        let Some(start) = run.content.started_at else { return false };
        let read = run.content.tested_at;
        let turbid = |r: &Run| r.lot == run.lot && r.is_valid() && r.value("STERILITY") == Some("Turbid, subcultured");
        read >= start.plus_hours(336)
            && self.runs.values().filter(|r| turbid(r)).all(|r| read >= r.content.tested_at.plus_hours(96))
    }

    /// Promise 2: the tables hold every run as the facts tell it.
    fn check_tables(&self, lab: &Laboratory) {
        for (number, lot) in &self.lots {
            let (stored, _) = lab.app.lot(&lot.details.lot).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!((&stored.details, stored.decision.is_some()), (&lot.details, lot.decided));
            let there: Vec<(i64, &RunContent, bool, bool)> = stored
                .runs
                .iter()
                .map(|r| (r.number.0, &r.content, r.verification.is_some(), r.aftermath.invalidation.is_some()))
                .collect();
            let told: Vec<_> = self.runs_of(number).map(|(n, r)| (*n, &r.content, r.verified, r.invalidated)).collect();
            assert_eq!(there, told, "{number}");
        }
    }
}

/// Every refused attempt is on record, in order, and no other.
fn check_attempts(facts: &[Fact], attempts: &[Attempt]) {
    let mut expected = attempts.iter();
    for fact in facts {
        let Event::AttemptRefused { act, lot, run, code, detail } = &fact.event else { continue };
        // About no lot: a signature that failed, or a policy that could not be.
        let Some(lot) = lot else {
            assert!(code == "wrong_password" || act == "policy", "{act}: {detail}");
            continue;
        };
        let wanted = expected.next().unwrap_or_else(|| panic!("a refusal that never happened: {detail}"));
        let recorded = (act.as_str(), fact.by.username.as_str(), lot, *run, code.as_str());
        assert_eq!(recorded, (wanted.act, wanted.by.as_str(), &wanted.lot, wanted.run, wanted.code));
    }
    assert_eq!(expected.next(), None, "a refused attempt is not on record");
}
