//! What must hold after any history of decisions, read from the facts alone.
//!
//! Nothing here asks the product for a verdict, a status or a rule: it walks through the facts in
//! their order and knows only `decisions_values.rs`. Each act has its own moment, so facts of one
//! moment are those of one transaction (with the recorded refusal of the same act, if there is one).

use std::collections::{BTreeMap, BTreeSet};

use lotgate::domain::container::{ContainerState, Movement};
use lotgate::domain::course::{Contact, Party, PartyRole, RevocationClass};
use lotgate::domain::deviation::DeviationKind;
use lotgate::domain::event::{AccountEvent, CourseEvent, Event, Fact, OversightEvent};
use lotgate::domain::lot::{Decision, LotDetails};
use lotgate::domain::moment::Moment;
use lotgate::domain::role::Role;
use lotgate::domain::run::RunContent;
use lotgate::domain::site_policy::{Route, SitePolicy};
use lotgate::domain::spec::Stage;

use super::decisions_values::{FRESH, REQUIRED, fails, passes};
use super::invariants::facts;
use super::laboratory::{Laboratory, lot_number};
use super::simulation::Attempt;

/// How often what happened: what the simulation is measured by.
pub type Tally = BTreeMap<&'static str, usize>;

struct Run {
    lot: String,
    content: RunContent,
    verified: bool,
}

/// Who signed a step, and where in the ledger.
type SignedOff = Option<(String, usize)>;

struct Lot {
    details: LotDetails,
    enterers: BTreeSet<String>,
    verifiers: BTreeSet<String>,
    /// The newest fact that changes what is signed.
    changed: usize,
    qc: SignedOff,
    review: SignedOff,
    /// Everybody who ever signed the QC approval, the review, or step 1 on the long route.
    approved: BTreeSet<String>,
    reviewed: BTreeSet<String>,
    stepped: BTreeSet<String>,
    step_one: Option<(String, Moment, Vec<Contact>)>,
    first_certificate: Option<Moment>,
    certificate: Option<String>,
    /// How often it was replaced.
    versions: usize,
    revoked: Option<(Vec<Party>, Moment)>,
    told: BTreeSet<u32>,
    rejected: bool,
    supplies: Vec<(Vec<u32>, Moment)>,
    containers: BTreeMap<u32, ContainerState>,
    recipients: Vec<Contact>,
    /// Open deviations, with when they were opened.
    deviations: BTreeMap<String, Moment>,
    /// Open investigations: nobody closes one here.
    investigations: usize,
}

#[derive(Default)]
struct Told {
    lots: BTreeMap<String, Lot>,
    runs: BTreeMap<i64, Run>,
    policy: SitePolicy,
    /// Qualified from, and until.
    qualified: BTreeMap<String, (Moment, Option<Moment>)>,
    certificates: usize,
    notices: usize,
    place: usize,
    tally: Tally,
}

impl Run {
    fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.content.readings.iter().map(|r| (r.attribute.as_str(), r.value.as_str()))
    }

    fn failing(&self) -> BTreeSet<String> {
        self.values().filter(|(a, v)| fails(a, v)).map(|(a, _)| a.to_owned()).collect()
    }

    fn says(&self, value: &str) -> bool {
        self.values().any(|(_, v)| v == value)
    }
}

impl Lot {
    fn is_product(&self) -> bool {
        self.details.stage == Stage::Product
    }

    /// The paper that stands.
    fn paper(&self) -> Option<String> {
        if self.revoked.is_some() {
            return None;
        }
        self.certificate.clone().or_else(|| self.step_one.as_ref().map(|s| s.0.clone()))
    }
}

/// Checks everything; `attempts` are the refusals that must be on record.
pub fn check(lab: &Laboratory, attempts: &[Attempt]) -> Tally {
    // Also compares every table with one made again from the facts alone.
    let whole = lab.app.verify_ledger().expect("readable").unwrap_or_else(|f| panic!("{}: {}", f.place, f.what));
    let facts = facts(lab);
    assert_eq!(whole.facts, facts.len() as u64);
    let mut told = Told::default();
    for group in facts.chunk_by(|a, b| a.at == b.at) {
        for fact in group {
            told.tell(fact, group);
            told.place += 1;
        }
    }
    told.check_tables(lab);
    check_attempts(&facts, attempts);
    told.tally
}

/// Kinds of facts about a lot after which an approval or review still covers all there is.
const CHANGES_NOTHING: [&str; 9] = [
    "attempt_refused",
    "qc_approved",
    "audit_trail_reviewed",
    "lot_conditionally_released",
    "lot_released",
    "lot_rejected",
    "party_told",
    "containers_moved",
    "alert_raised",
];

impl Told {
    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }

    fn lot(&mut self, lot: &str) -> &mut Lot {
        self.lots.get_mut(lot).unwrap_or_else(|| panic!("{lot} was never registered"))
    }

    /// The lot, its bank and its donor.
    fn family(&self, lot: &str) -> Vec<&Lot> {
        let here = &self.lots[lot];
        let bank = here.details.bank.as_ref().map(ToString::to_string);
        let donor = here.details.donor.to_string();
        let sources = bank.into_iter().chain([donor]).filter(|n| n != lot);
        std::iter::once(here).chain(sources.filter_map(|n| self.lots.get(&n))).collect()
    }

    fn runs_of(&self, lot: &Lot) -> Vec<&Run> {
        self.runs.values().filter(|r| r.lot == lot.details.lot.as_str()).collect()
    }

    fn failing_in(&self, lot: &Lot) -> BTreeSet<(i64, String)> {
        let here = self.runs.iter().filter(|(_, r)| r.lot == lot.details.lot.as_str());
        here.flat_map(|(n, r)| r.failing().into_iter().map(|a| (*n, a))).collect()
    }

    fn tell(&mut self, fact: &Fact, group: &[Fact]) {
        let by = fact.by.username.to_string();
        match &fact.event {
            Event::LotRegistered(details) => self.registered(details, by),
            Event::RunRecorded { .. } | Event::RunCorrected { .. } | Event::RunVerified { .. } => {
                self.tell_run(fact, by, group);
            }
            Event::SitePolicySet { policy, .. } => {
                assert_eq!(fact.by.role, Role::Qa);
                if policy.release_route != self.policy.release_route {
                    self.count("route changed");
                }
                self.policy = policy.clone();
            }
            Event::Account(AccountEvent::QualifiedPersonNamed { username, valid_from, valid_until, .. }) => {
                self.qualified.insert(username.to_string(), (*valid_from, *valid_until));
            }
            Event::InvestigationOpened { lot, .. } => self.lot(lot.as_str()).investigations += 1,
            Event::DeviationOpened { deviation, lot, .. } => {
                let there = self.lot(lot.as_str()).deviations.insert(deviation.to_string(), fact.at);
                assert_eq!(there, None);
            }
            Event::DeviationClosed { deviation, lot, .. } => {
                assert_eq!(fact.by.role, Role::Qa);
                assert!(self.lot(lot.as_str()).deviations.remove(deviation.as_str()).is_some());
            }
            Event::LotReleased { lot, certificate, signature, .. } => {
                self.issued(certificate.as_str(), fact.at);
                self.released(lot.as_str(), &by, fact, &signature.act);
                self.lot(lot.as_str()).certificate = Some(certificate.to_string());
            }
            Event::LotRejected { lot, .. } => {
                let lot = self.lot(lot.as_str());
                assert!(fact.by.role == Role::Qa && lot.is_product());
                let before = lot.certificate.is_some() || lot.step_one.is_some() || lot.rejected;
                assert!(!before && lot.revoked.is_none() && lot.supplies.is_empty(), "rejected after a decision");
                lot.rejected = true;
                self.count("rejected");
            }
            Event::Course(event) => self.tell_course(event, fact, &by, group),
            _ => {}
        }
        if let Some(lot) = fact.event.lot()
            && !CHANGES_NOTHING.contains(&fact.event.kind().as_str())
        {
            let place = self.place;
            self.lot(lot.as_str()).changed = place;
        }
    }

    fn registered(&mut self, details: &LotDetails, by: String) {
        let new = Lot {
            details: details.clone(),
            enterers: BTreeSet::from([by]),
            verifiers: BTreeSet::new(),
            changed: self.place,
            qc: None,
            review: None,
            approved: BTreeSet::new(),
            reviewed: BTreeSet::new(),
            stepped: BTreeSet::new(),
            step_one: None,
            first_certificate: None,
            certificate: None,
            versions: 0,
            revoked: None,
            told: BTreeSet::new(),
            rejected: false,
            supplies: Vec::new(),
            containers: BTreeMap::new(),
            recipients: Vec::new(),
            deviations: BTreeMap::new(),
            investigations: 0,
        };
        assert!(self.lots.insert(details.lot.to_string(), new).is_none(), "registered twice");
    }

    fn tell_run(&mut self, fact: &Fact, by: String, group: &[Fact]) {
        let number = fact.event.lot().expect("a lot").to_string();
        let before = self.failing_in(&self.lots[&number]);
        let run = match &fact.event {
            Event::RunRecorded { run, content, .. } => {
                self.lot(&number).enterers.insert(by);
                self.runs.insert(run.0, Run { lot: number.clone(), content: content.clone(), verified: false });
                run.0
            }
            Event::RunCorrected { run, changes, .. } => {
                self.lot(&number).enterers.insert(by);
                let told = self.runs.get_mut(&run.0).expect("a run");
                told.verified = false;
                for change in changes {
                    let reading = told.content.readings.iter_mut().find(|r| r.attribute == change.attribute);
                    reading.expect("a reading").value.clone_from(&change.after);
                }
                run.0
            }
            Event::RunVerified { run, .. } => {
                self.lot(&number).verifiers.insert(by);
                self.runs.get_mut(&run.0).expect("a run").verified = true;
                run.0
            }
            _ => return,
        };
        let lot = &self.lots[&number];
        assert!(lot.enterers.is_disjoint(&lot.verifiers), "{number}: one person entered and verified");
        let failing = self.failing_in(lot);
        let newly = failing.difference(&before).count() > 0;
        let (product, out, supplied) = (lot.is_product(), lot.paper().is_some(), !lot.supplies.is_empty());
        let typed = !matches!(fact.event, Event::RunVerified { .. });
        if product && typed && out {
            let recorded = matches!(fact.event, Event::RunRecorded { .. });
            let revoked = |f: &Fact| {
                matches!(&f.event, Event::Course(CourseEvent::LotRevoked { lot, class, run: of, signature, .. })
                    if lot.as_str() == number && *class == RevocationClass::LateFailingResult
                        && of.is_some_and(|of| of.0 == run) && signature.is_none())
            };
            assert_eq!(group.iter().any(revoked), newly, "{number}: a late failing result and no revocation, or none");
            if newly {
                self.count(if recorded { "late failing run" } else { "late failing correction" });
            }
        }
        let lot = &self.lots[&number];
        let shut = product && lot.revoked.is_none() && (lot.certificate.is_some() || lot.rejected);
        assert!(!(shut && typed && !newly), "{number} took a result that does not fail");
        if product && typed && supplied && newly && !out {
            let held = |f: &Fact| matches!(&f.event, Event::DeviationOpened { lot, .. } if lot.as_str() == number);
            assert!(group.iter().any(held), "{number} was supplied, and what failed since holds nothing");
            self.count("late failing result after a supply");
        }
        if !product && !typed && !self.runs[&run].failing().is_empty() {
            self.check_source_failed(&number, run, group);
        }
    }

    /// A failing result of a bank or donor flags every lot made from it, and holds what has left.
    fn check_source_failed(&mut self, source: &str, run: i64, group: &[Fact]) {
        let made = self.lots.iter().filter(|(_, l)| {
            l.details.donor.as_str() == source || l.details.bank.as_ref().is_some_and(|b| b.as_str() == source)
        });
        let made: Vec<(String, bool)> = made
            .filter(|(n, _)| n.as_str() != source)
            .map(|(n, l)| (n.clone(), l.is_product() && (l.paper().is_some() || !l.supplies.is_empty())))
            .collect();
        for (lot, out) in made {
            let flagged = |f: &Fact| matches!(&f.event, Event::SourceFlagged { lot: of, run: r, .. } if of.as_str() == lot && r.0 == run);
            let held = |f: &Fact| matches!(&f.event, Event::DeviationOpened { lot: of, sort, .. } if of.as_str() == lot && *sort == DeviationKind::Hold);
            assert!(group.iter().any(flagged), "{lot} is not flagged for {source}");
            if out {
                assert!(group.iter().any(held), "{lot} is not held for {source}");
                self.count("held for its source");
            }
        }
    }

    /// The numbers have no gap.
    fn issued(&mut self, certificate: &str, at: Moment) {
        self.certificates += 1;
        assert_eq!(certificate, format!("RC-{}-{:06}", at.year(), self.certificates));
    }

    /// Promise 1: every required criterion has a verified passing result and none that fails.
    fn check_good(&self, number: &str, may_wait: bool) {
        let lot = &self.lots[number];
        for (attribute, place) in REQUIRED {
            if may_wait && attribute == "STERILITY" {
                continue;
            }
            let of = match place {
                "lot" => number.to_owned(),
                "bank" => lot.details.bank.as_ref().expect("a bank").to_string(),
                _ => lot.details.donor.to_string(),
            };
            let runs = self.runs_of(&self.lots[&of]);
            let good = |r: &&&Run| {
                let value = r.values().any(|(a, v)| a == attribute && passes(a, v));
                value && r.verified && (attribute != "STERILITY" || in_time(r, &runs))
            };
            assert!(runs.iter().any(|r| good(&r)), "{number} without a good {attribute}");
        }
        for of in self.family(number) {
            let named = of.details.lot.as_str();
            assert!(self.failing_in(of).is_empty(), "{number}, and {named} fails");
            assert!(of.deviations.is_empty(), "{number}, and a deviation of {named} is open");
            assert_eq!(of.investigations, 0, "{number}, and {named} is under investigation");
            for run in self.runs_of(of) {
                let interim = run.values().all(|(_, v)| ["No growth to date", "Turbid"].contains(&v));
                assert!(run.verified || interim, "{number}, and a run of {named} is not verified");
            }
        }
    }

    /// What speaks for the sterility of a lot whose sterility test is not over.
    fn check_interim(&self, number: &str) {
        let runs = self.runs_of(&self.lots[number]);
        assert!(runs.iter().all(|r| !r.says("Turbid")), "{number} is turbid");
    }

    /// The signer had no other hand in the lot, and acts in the right role.
    fn check_signer(&self, number: &str, by: &str, fact: &Fact, last: (Role, Role)) {
        let long = self.policy.release_route == Route::VerifyQcQaQp;
        assert_eq!(fact.by.role, if long { last.1 } else { last.0 }, "{number}: the role of {by}");
        if fact.by.role == Role::Qp {
            let named = self.qualified.get(by).copied();
            let now = named.is_some_and(|(from, until)| from <= fact.at && until.is_none_or(|u| fact.at < u));
            assert!(now, "{number} by {by}, who is not named as qualified person");
        }
        for of in self.family(number) {
            assert!(!of.enterers.contains(by) && !of.verifiers.contains(by), "{number}: {by} had a hand in it");
        }
    }

    /// The earlier steps of the route are signed, by other people, and nothing has changed since.
    fn check_steps(&self, number: &str, by: &str) {
        let (lot, changed) = (&self.lots[number], self.family(number).iter().map(|l| l.changed).max());
        let fresh = |step: &SignedOff, what: &str| {
            let (who, place) = step.as_ref().unwrap_or_else(|| panic!("{number} without {what}"));
            assert!(changed.is_some_and(|c| c < *place), "{number}: the {what} by {who} is stale");
            (who.clone(), *place)
        };
        if self.policy.release_route == Route::VerifyQcQaQp {
            let (qc, approved) = fresh(&lot.qc, "QC approval");
            let (qa, reviewed) = fresh(&lot.review, "audit-trail review");
            assert!(approved < reviewed, "{number}: the review came first");
            assert_eq!(BTreeSet::from([qc.as_str(), qa.as_str(), by]).len(), 3, "{number}: not three people");
            assert!(!lot.approved.contains(by) && !lot.reviewed.contains(by), "{number}: {by} signed a step before");
            assert!(lot.approved.is_disjoint(&lot.reviewed), "{number}: one person approved and reviewed");
        } else if self.policy.audit_review_required {
            fresh(&lot.review, "audit-trail review");
        }
    }

    fn check_undecided(&self, number: &str) {
        let lot = &self.lots[number];
        assert!(lot.is_product() && lot.revoked.is_none() && !lot.rejected, "{number} was decided against");
        assert!(lot.certificate.is_none(), "{number} has a certificate");
        assert!(lot.supplies.is_empty(), "{number} was supplied");
    }

    fn released(&mut self, number: &str, by: &str, fact: &Fact, act: &str) {
        self.check_undecided(number);
        let lot = &self.lots[number];
        assert!(lot.step_one.is_some() || fact.at < lot.details.expires_at, "{number} was released after it expired");
        self.check_good(number, false);
        self.check_signer(number, by, fact, (Role::Qa, Role::Qp));
        self.check_steps(number, by);
        let long = self.policy.release_route == Route::VerifyQcQaQp;
        assert_eq!(act, if long { "qp_certification" } else { "release" });
        let two = self.lots[number].step_one.is_some();
        let what = if long { "certified" } else { "released" };
        if long {
            let lot = &self.lots[number];
            let hands = lot.enterers.iter().chain(&lot.verifiers).chain(&lot.approved).chain(&lot.reviewed);
            assert!(
                hands.map(String::as_str).chain([by]).collect::<BTreeSet<_>>().len() >= 5,
                "{number}: too few people"
            );
            self.count("five people");
        }
        self.count(if two { "step 2" } else { what });
        self.lot(number).first_certificate = Some(fact.at);
    }

    fn tell_course(&mut self, event: &CourseEvent, fact: &Fact, by: &str, group: &[Fact]) {
        let number = event.lot().to_string();
        let place = self.place;
        let long = self.policy.release_route == Route::VerifyQcQaQp;
        match event {
            CourseEvent::QcApproved { .. } => {
                self.check_undecided(&number);
                let fresh = self.lots[&number].details.product.as_str() == FRESH;
                self.check_good(&number, fresh && self.lots[&number].step_one.is_none());
                self.check_signer(&number, by, fact, (Role::Qc, Role::Qc));
                assert!(long, "{number}: a QC approval on the short route");
                let lot = self.lot(&number);
                assert!(!lot.stepped.contains(by), "{number}: {by} took step 1");
                lot.qc = Some((by.to_owned(), place));
                lot.approved.insert(by.to_owned());
                self.count("approved");
            }
            CourseEvent::AuditTrailReviewed { .. } => {
                self.check_undecided(&number);
                self.check_signer(&number, by, fact, (Role::Qa, Role::Qa));
                let lot = self.lot(&number);
                assert!(!(long && lot.stepped.contains(by)), "{number}: {by} took step 1");
                lot.review = Some((by.to_owned(), place));
                if long {
                    lot.reviewed.insert(by.to_owned());
                }
                self.count("reviewed");
            }
            CourseEvent::LotConditionallyReleased { notice, pending, contacts, .. } => {
                self.notices += 1;
                assert_eq!(notice.as_str(), format!("CN-{}-{:06}", fact.at.year(), self.notices));
                assert!(pending.iter().all(|p| p.attribute.as_str() == "STERILITY" && p.due_at > fact.at));
                assert!(contacts.iter().any(|c| c.role == PartyRole::Physician), "{number}: no physician");
                self.step_one(&number, by, fact);
                let lot = self.lot(&number);
                lot.step_one = Some((notice.to_string(), fact.at, contacts.clone()));
                if long {
                    lot.stepped.insert(by.to_owned());
                }
            }
            CourseEvent::LotRevoked { .. } => self.revoked(event, fact, group),
            CourseEvent::PartyTold { party, .. } => {
                let lot = self.lot(&number);
                let (parties, _) = lot.revoked.as_ref().expect("a revocation");
                assert!(
                    (*party as usize) < parties.len() && lot.told.insert(*party),
                    "{number}: told twice, or nobody"
                );
                self.count("told");
            }
            CourseEvent::CertificateSuperseded { .. } => self.superseded(event, fact, by),
            CourseEvent::SuppliedOutOfSpecification { supply, .. } => {
                assert!([Role::Qa, Role::Qp].contains(&fact.by.role));
                let failing = self.failing_in(&self.lots[&number]);
                let verified = failing.iter().any(|(run, _)| self.runs[run].verified);
                let lot = self.lot(&number);
                assert!(verified || lot.rejected, "{number} was supplied and is not out of specification");
                assert!(lot.paper().is_none() && lot.revoked.is_none() && fact.at < lot.details.expires_at);
                assert!(supply.containers.iter().all(|n| *n >= 1 && *n <= lot.details.containers));
                lot.supplies.push((supply.containers.clone(), fact.at));
                self.count(if self.lots[&number].rejected { "supplied after a rejection" } else { "supplied" });
            }
            CourseEvent::ContainersMoved { containers, movement, .. } => {
                self.moved(&number, containers, movement, fact);
            }
        }
    }

    fn step_one(&mut self, number: &str, by: &str, fact: &Fact) {
        self.check_undecided(number);
        let lot = &self.lots[number];
        assert_eq!(lot.details.product.as_str(), FRESH, "{number} is not released in two steps");
        assert!(lot.step_one.is_none() && fact.at < lot.details.expires_at, "{number}: step 1 twice, or too late");
        self.check_good(number, true);
        self.check_interim(number);
        let interim = self.runs_of(&self.lots[number]).into_iter().any(|r| r.verified && r.says("No growth to date"));
        assert!(interim, "{number} has no interim reading");
        self.check_signer(number, by, fact, (Role::Qa, Role::Qp));
        self.check_steps(number, by);
        self.count("step 1");
    }

    fn revoked(&mut self, event: &CourseEvent, fact: &Fact, group: &[Fact]) {
        let CourseEvent::LotRevoked { lot, certificate, notice, class, tell, sisters, signature, .. } = event else {
            return;
        };
        let number = lot.as_str();
        let here = &self.lots[number];
        assert!(here.paper().is_some(), "{number} was revoked and had no paper");
        assert_eq!(certificate.as_ref().map(ToString::to_string), here.certificate);
        assert_eq!(notice.as_ref().map(ToString::to_string), here.step_one.as_ref().map(|s| s.0.clone()));
        if signature.is_some() {
            assert!([Role::Qa, Role::Qp].contains(&fact.by.role));
        } else {
            assert_eq!((fact.by.role, *class), (Role::System, RevocationClass::LateFailingResult));
        }
        for role in PartyRole::ALL {
            assert!(tell.iter().any(|p| p.role == role), "{number}: {role:?} is not told");
        }
        let named = here.step_one.iter().flat_map(|s| &s.2).chain(&here.recipients).chain(&self.policy.contacts);
        for contact in named {
            let listed = tell.iter().filter(|p| p.contact.as_ref() == Some(contact)).count();
            assert_eq!(listed, 1, "{number}: {} stands {listed} times on the list", contact.name.as_str());
        }
        let listed: BTreeSet<String> = sisters.iter().map(|s| s.lot.to_string()).collect();
        assert_eq!(listed, self.sisters(number, fact.at), "the sisters of {number}");
        let alert = |f: &Fact| matches!(&f.event, Event::Oversight(OversightEvent::AlertRaised { lot: of, .. }) if of.as_ref() == Some(lot));
        assert!(group.iter().any(alert), "{number}: nobody was alerted");
        for sister in &listed {
            let held = |f: &Fact| {
                matches!(&f.event, Event::DeviationOpened { lot: of, sort, .. }
                    if of.as_str() == sister && *sort == DeviationKind::Hold && f.by.role == Role::System)
            };
            assert!(group.iter().any(held), "{sister} is a sister of {number} and is not held");
        }
        self.count(match class {
            RevocationClass::LateFailingResult if signature.is_none() => "revoked for a late result",
            RevocationClass::LateFailingResult => "revoked by hand for a late result",
            RevocationClass::QualityDefect => "revoked for a defect",
            RevocationClass::WrongRelease => "revoked as wrong",
            RevocationClass::AuthorityRequest => "revoked for the authority",
        });
        if !listed.is_empty() {
            self.count("sisters held");
        }
        if self.lots[number].certificate.is_none() {
            self.count("notice revoked");
        }
        self.lot(number).revoked = Some((tell.clone(), fact.at));
    }

    /// Lots that share donor, bank, reagent or day with it and may be used or have been.
    fn sisters(&self, number: &str, at: Moment) -> BTreeSet<String> {
        let here = &self.lots[number];
        let day = |l: &Lot| (l.details.manufactured_at.utc() + chrono::TimeDelta::hours(8)).date_naive();
        let reagents = |l: &Lot| -> BTreeSet<String> {
            self.runs_of(l).iter().flat_map(|r| &r.content.reagents).map(ToString::to_string).collect()
        };
        let others = self.lots.iter().filter(|(n, l)| n.as_str() != number && l.is_product());
        let used = |l: &Lot| !l.supplies.is_empty() || l.step_one.is_some() || l.certificate.is_some();
        let there = others.filter(|(_, l)| {
            let gone = l.revoked.is_some() || (!used(l) && (l.rejected || at >= l.details.expires_at));
            let same = l.details.donor == here.details.donor || day(l) == day(here);
            !gone && (same || !reagents(l).is_disjoint(&reagents(here)))
        });
        there.map(|(n, _)| n.clone()).collect()
    }

    fn superseded(&mut self, event: &CourseEvent, fact: &Fact, by: &str) {
        let CourseEvent::CertificateSuperseded { lot, certificate, by_certificate, corrections, .. } = event else {
            return;
        };
        let number = lot.as_str();
        self.issued(by_certificate.as_str(), fact.at);
        assert!(self.lots[number].revoked.is_none(), "{number} was revoked");
        assert_eq!(self.lots[number].certificate.as_deref(), Some(certificate.as_str()), "{number}: it did not stand");
        self.check_good(number, false);
        self.check_signer(number, by, fact, (Role::Qa, Role::Qp));
        if self.policy.release_route == Route::VerifyQcQaQp {
            let lot = &self.lots[number];
            assert!(!lot.approved.contains(by) && !lot.reviewed.contains(by), "{number}: {by} signed a step before");
        }
        let here = self.lot(number);
        let first = here.step_one.as_ref().map_or(here.first_certificate, |s| Some(s.1)).expect("a release");
        assert!(!corrections.is_empty());
        for correction in corrections {
            match correction.field.as_str() {
                "containers" => here.details.containers = correction.after.parse().expect("a number"),
                "expires_at" => {
                    let after = Moment::parse("expires_at", &correction.after).expect("a moment");
                    assert!(after < here.details.expires_at && after > first, "{number} would have expired before");
                    here.details.expires_at = after;
                }
                "manufactured_at" => {
                    let after = Moment::parse("manufactured_at", &correction.after).expect("a moment");
                    here.details.manufactured_at = after;
                }
                other => panic!("{number}: {other} was corrected"),
            }
        }
        let highest = here.containers.keys().max().copied().unwrap_or(0);
        assert!(here.details.containers >= highest, "{number} has fewer containers than were moved");
        assert!(here.details.manufactured_at < here.details.expires_at);
        assert!(here.details.manufactured_at <= first, "{number} left before it was made");
        let number = number.to_owned();
        let here = self.lot(&number);
        here.certificate = Some(by_certificate.to_string());
        here.versions += 1;
        let again = here.versions > 1;
        self.count(if again { "superseded twice" } else { "superseded" });
    }

    fn moved(&mut self, number: &str, containers: &[u32], movement: &Movement, fact: &Fact) {
        assert!([Role::Analyst, Role::Qa].contains(&fact.by.role));
        assert!(movement.moved_at() <= fact.at && !containers.is_empty());
        let count = self.lots[number].details.containers;
        if let Movement::Shipped { to, under, .. } = movement {
            self.check_shipped(number, containers, under, fact.at);
            self.lot(number).recipients.push(to.clone());
        }
        for n in containers {
            assert!(*n >= 1 && *n <= count, "{number} has no container {n}");
            let there = self.lot(number).containers.get(n).copied().unwrap_or(ContainerState::InStock);
            let becomes = match (movement, there) {
                (Movement::Shipped { .. }, ContainerState::InStock) => ContainerState::Shipped,
                (Movement::Returned { .. }, ContainerState::Shipped) => ContainerState::Returned,
                (
                    Movement::Destroyed { .. },
                    ContainerState::InStock | ContainerState::Returned | ContainerState::Shipped,
                ) => ContainerState::Destroyed,
                _ => panic!("{number}.{n} was {there:?} and {movement:?}"),
            };
            self.lot(number).containers.insert(*n, becomes);
        }
        self.count(match movement {
            Movement::Shipped { under, .. } if under == "SUPPLY" => "shipped under a supply",
            Movement::Shipped { under, .. } if under.starts_with("CN") => "shipped under a notice",
            Movement::Shipped { .. } => "shipped under a certificate",
            Movement::Returned { .. } => "returned",
            Movement::Destroyed { .. } => "destroyed",
        });
    }

    fn check_shipped(&mut self, number: &str, containers: &[u32], under: &str, at: Moment) {
        let lot = &self.lots[number];
        assert!(lot.revoked.is_none(), "{number} was revoked and left");
        assert!(at < lot.details.expires_at, "{number} had expired and left");
        if under == "SUPPLY" {
            let of = lot.supplies.iter().rev().find(|(these, _)| containers.iter().all(|n| these.contains(n)));
            let (_, since) = of.unwrap_or_else(|| panic!("{number}: {containers:?} were not supplied"));
            let held = self.family(number).iter().any(|l| l.deviations.values().any(|opened| opened >= since));
            assert!(!held, "{number} was held after its supply and left");
            return;
        }
        assert_eq!(lot.paper().as_deref(), Some(under), "{number} left under a paper that does not stand");
        let notice = lot.certificate.is_none();
        self.check_good(number, notice);
        let runs = self.runs_of(lot);
        let over = runs.iter().any(|r| r.verified && r.says("No growth") && in_time(r, &runs));
        if notice && !over {
            self.check_interim(number);
        }
    }

    /// The tables hold what the facts tell.
    fn check_tables(&mut self, lab: &Laboratory) {
        let mut expired = 0;
        for (number, told) in &self.lots {
            let (stored, _) = lab.app.lot(&lot_number(number)).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(stored.details, told.details);
            let released = matches!(stored.decision, Some(Decision::Released { .. }));
            let rejected = matches!(stored.decision, Some(Decision::Rejected { .. }));
            assert_eq!((released, rejected), (told.certificate.is_some(), told.rejected), "{number}");
            assert_eq!(stored.course.revocation.is_some(), told.revoked.is_some(), "{number}");
            assert_eq!(stored.standing_paper(), told.paper(), "{number}");
            assert_eq!(stored.course.supplies.len(), told.supplies.len(), "{number}");
            for n in 1..=told.details.containers {
                let there = told.containers.get(&n).copied().unwrap_or(ContainerState::InStock);
                assert_eq!(stored.course.container_state(n), there, "{number}.{n}");
            }
            let contents: Vec<&RunContent> = stored.runs.iter().map(|r| &r.content).collect();
            let runs: Vec<&RunContent> = self.runs_of(told).into_iter().map(|r| &r.content).collect();
            assert_eq!(contents, runs, "{number}");
            let decided = released || rejected || told.revoked.is_some() || told.step_one.is_some();
            if told.is_product() && !decided && lab.now() >= told.details.expires_at {
                expired += 1;
            }
        }
        self.tally.insert("expired", expired);
    }
}

/// 14 x 24 hours, and four days more after turbidity.
fn in_time(run: &Run, runs: &[&Run]) -> bool {
    let Some(start) = run.content.started_at else { return false };
    let read = run.content.tested_at;
    let turbid = |r: &&&Run| r.says("Turbid");
    read >= start.plus_hours(336) && runs.iter().filter(turbid).all(|r| read >= r.content.tested_at.plus_hours(96))
}

/// Every refused attempt is on record, in order, and no other.
fn check_attempts(facts: &[Fact], attempts: &[Attempt]) {
    let mut expected = attempts.iter();
    for fact in facts {
        let Event::AttemptRefused { act, lot, run, code, detail } = &fact.event else { continue };
        let Some(lot) = lot else {
            assert_eq!(act, "policy", "{detail}");
            continue;
        };
        let wanted = expected.next().unwrap_or_else(|| panic!("a refusal that never happened: {detail}"));
        let recorded = (act.as_str(), fact.by.username.as_str(), lot, *run, code.as_str());
        assert_eq!(recorded, (wanted.act, wanted.by.as_str(), &wanted.lot, wanted.run, wanted.code));
    }
    assert_eq!(expected.next(), None, "a refused attempt is not on record");
}
