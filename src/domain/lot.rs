//! A lot and what may be done with it next.
//!
//! Promises: every rule about what may be recorded, verified or corrected stands here, pure;
//! a person who entered something of a lot does not verify or release it, and the other way
//! round, whatever roles the person holds.

mod details;

pub use details::LotDetails;

use super::answers::prolonged;
use super::course::Course;
use super::deviation::Deviation;
use super::entry::in_minutes;
use super::equipment::SourceFlag;
use super::evaluation::{Outcome, judge};
use super::ids::{AttributeCode, CertificateNumber, InvestigationNumber, LotNumber, NoticeNumber, RunNumber};
use super::investigation::Investigation;
use super::lineage::{check_is_lot, misplaced, noun, passage_before_bank};
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::role::{Actor, Person};
use super::run::{Run, RunContent};
use super::spec::{Criterion, Specification};

/// What a lot was made from, with the specification that its runs were recorded under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The bank or donor.
    pub lot: Lot,
    /// Its specification.
    pub specification: Specification,
}

/// The end of a lot's testing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Released with a certificate.
    Released {
        /// The certificate.
        certificate: CertificateNumber,
        /// Who signed.
        by: Person,
        /// When.
        at: Moment,
    },
    /// Rejected.
    Rejected {
        /// Why.
        reason: String,
        /// Who signed.
        by: Person,
        /// When.
        at: Moment,
    },
}

/// A lot with everything recorded for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// As registered.
    pub details: LotDetails,
    /// Who registered it.
    pub registered_by: Person,
    /// When.
    pub registered_at: Moment,
    /// Its runs by number.
    pub runs: Vec<Run>,
    /// The decision, once there is one.
    pub decision: Option<Decision>,
    /// Its investigations, oldest first.
    pub investigations: Vec<Investigation>,
    /// Its deviations and holds, oldest first.
    pub deviations: Vec<Deviation>,
    /// What happened to its bank or donor since it was made.
    pub flags: Vec<SourceFlag>,
    /// Its course to a decision and after it.
    pub course: Course,
    /// The newest fact about it that an approval or review covers. Not part of its own facts.
    pub last_change: i64,
    /// The banks and the donor it was made from, nearest first. Not part of its own facts.
    pub sources: Vec<Source>,
}

impl Lot {
    /// A lot just registered.
    pub fn new(details: LotDetails, by: Person, at: Moment) -> Self {
        Lot {
            details,
            registered_by: by,
            registered_at: at,
            runs: Vec::new(),
            decision: None,
            investigations: Vec::new(),
            deviations: Vec::new(),
            flags: Vec::new(),
            course: Course::default(),
            last_change: 0,
            sources: Vec::new(),
        }
    }

    /// The number.
    pub fn number(&self) -> &LotNumber {
        &self.details.lot
    }

    /// What it is and its number: `lot AD-26-0007`, `bank MCB-1`.
    fn named(&self) -> String {
        format!("{} {}", noun(self.details.stage), self.number())
    }

    /// The newest fact about the lot or what it was made from that an approval or review covers.
    pub fn changed_through(&self) -> i64 {
        self.sources.iter().map(|s| s.lot.last_change).fold(self.last_change, i64::max)
    }

    /// The certificate that stands: the newest version, unless it was revoked.
    pub fn standing_certificate(&self) -> Option<&CertificateNumber> {
        let Some(Decision::Released { certificate, .. }) = &self.decision else { return None };
        if self.course.revocation.is_some() {
            return None;
        }
        Some(self.course.supersessions.last().map_or(certificate, |s| &s.by_certificate))
    }

    /// The conditional notice that stands: issued, not revoked, and no certificate followed.
    pub fn standing_notice(&self) -> Option<&NoticeNumber> {
        let open = self.decision.is_none() && self.course.revocation.is_none();
        self.course.conditional.as_ref().filter(|_| open).map(|c| &c.notice)
    }

    /// The run of this number.
    pub fn run(&self, number: RunNumber) -> Option<&Run> {
        self.runs.iter().find(|r| r.number == number)
    }

    /// True if the person registered the lot, or entered or corrected a value of it.
    pub fn was_entered_by(&self, actor: &Actor) -> bool {
        self.registered_by.username == actor.username
            || self.runs.iter().flat_map(Run::enterers).any(|p| p.username == actor.username)
    }

    /// True if the person verified a run of the lot.
    pub fn was_verified_by(&self, actor: &Actor) -> bool {
        self.runs.iter().flat_map(Run::verifiers).any(|p| p.username == actor.username)
    }

    /// Refuses anything on a lot that has been decided.
    ///
    /// # Errors
    /// Released, rejected or revoked, with who and when.
    pub fn check_open(&self) -> Result<(), Refusal> {
        let number = self.number();
        if let Some(revocation) = &self.course.revocation {
            let (who, when) = (revocation.by.name.as_str(), in_minutes(revocation.at));
            let detail = format!("Lot {number} was revoked by {who} on {when}. It stays revoked.");
            return Err(Refusal::new(Code::LotClosed, detail));
        }
        let detail = match &self.decision {
            None => return Ok(()),
            Some(Decision::Released { certificate, by, at }) => {
                format!(
                    "Lot {number} was released by {} on {} with certificate {certificate}.",
                    by.name.as_str(),
                    in_minutes(*at)
                )
            }
            Some(Decision::Rejected { by, at, .. }) => {
                format!("Lot {number} was rejected by {} on {}.", by.name.as_str(), in_minutes(*at))
            }
        };
        Err(Refusal::new(Code::LotClosed, detail))
    }

    /// Whether this content may be recorded by this person.
    ///
    /// # Errors
    /// The lot is decided and nothing fails; the person verified something of it; an attribute has
    /// its final result already (a failing one is always taken); a purity that cannot be.
    pub fn check_record(&self, spec: &Specification, content: &RunContent, by: &Actor) -> Result<(), Refusal> {
        self.check_takes(spec, content, by)?;
        self.check_may_enter(by)?;
        let closed = self.check_open().is_err();
        let mut refusals = misplaced(self, spec, content);
        if let Some(number) = &content.investigation {
            self.check_retest(number, content)?;
        }
        for (i, reading) in content.readings.iter().enumerate() {
            let Some(criterion) = spec.criterion(&reading.attribute) else { continue };
            let new = judge(&criterion.acceptance, spec.rounding, &reading.value, content.started_at)?;
            // A failing result is never turned away: nothing that speaks against a lot may get lost.
            // What stands beside it in a run that revokes a lot is kept as it was read.
            if new.outcome == Outcome::Fail || content.investigation.is_some() || closed {
                continue;
            }
            let refusal = self
                .under_investigation(&reading.attribute)
                .or_else(|| self.still_extended(spec, criterion, new.outcome, content))
                .or_else(|| self.final_result_refusal(spec, criterion));
            if let Some(refusal) = refusal {
                refusals.push(refusal.within(&format!("readings[{i}]")));
            }
        }
        refusals.extend(self.impossible_purity(spec, content, None));
        refusals.extend(passage_before_bank(self, content));
        Refusal::all(refusals).map_or(Ok(()), Err)
    }

    fn check_retest(&self, number: &InvestigationNumber, content: &RunContent) -> Result<(), Refusal> {
        let investigation = self.investigation(number)?;
        investigation.check_retest(content.started_at.unwrap_or(content.tested_at))?;
        if let Some(i) = content.readings.iter().position(|r| !investigation.concerns(&r.attribute)) {
            let attributes: Vec<_> = investigation.failures.iter().map(|f| f.attribute.as_str()).collect();
            let detail = format!("{number} is about {} only; a re-test measures nothing else.", attributes.join(", "));
            let field = format!("readings[{i}].attribute");
            return Err(Refusal::field(Code::UnknownAttribute, field, detail));
        }
        Ok(())
    }

    /// The investigation of this number.
    ///
    /// # Errors
    /// The lot has none of this number.
    pub fn investigation(&self, number: &InvestigationNumber) -> Result<&Investigation, Refusal> {
        self.investigations.iter().find(|i| i.number == *number).ok_or_else(|| {
            let detail = format!("{} has no investigation {number}.", self.number());
            Refusal::new(Code::NoSuchInvestigation, detail)
        })
    }

    /// The refusal of a final negative while an earlier reading prolongs the incubation.
    fn still_extended(
        &self,
        spec: &Specification,
        criterion: &Criterion,
        outcome: Outcome,
        content: &RunContent,
    ) -> Option<Refusal> {
        if outcome != Outcome::Pass {
            return None;
        }
        let longer = prolonged(&self.runs, spec, criterion, content.tested_at)?;
        let detail = format!("{}: {}. A final negative cannot be read before.", criterion.name, longer.in_words());
        Some(Refusal::field(Code::ReadTooEarly, "value", detail))
    }

    fn under_investigation(&self, attribute: &AttributeCode) -> Option<Refusal> {
        let open = self.investigations.iter().find(|i| i.is_open() && i.concerns(attribute))?;
        let detail = format!(
            "{attribute} is under investigation {}: a new test is possible only as a re-test under its approved plan.",
            open.number
        );
        Some(Refusal::field(Code::NeedsInvestigation, "attribute", detail))
    }

    /// Whether the readings of a run may be corrected by this person. A verification falls with it.
    ///
    /// # Errors
    /// The lot is decided, the run is invalid or its result is under investigation, or the person
    /// verified something of the lot.
    pub fn check_correct(
        &self,
        spec: &Specification,
        run: &Run,
        corrected: &RunContent,
        by: &Actor,
    ) -> Result<(), Refusal> {
        self.check_takes_correction(spec, run, corrected)?;
        self.check_may_enter(by)?;
        self.check_changeable(spec, run)?;
        let mut refusals = self.impossible_purity(spec, corrected, Some(run.number));
        refusals.extend(passage_before_bank(self, corrected));
        Refusal::all(refusals).map_or(Ok(()), Err)
    }

    /// Whether this person may verify this run.
    ///
    /// # Errors
    /// The lot is decided, the run is verified already, or the person entered something of the lot.
    pub fn check_verify(&self, run: &Run, by: &Actor) -> Result<(), Refusal> {
        self.check_examinable()?;
        if let Some(v) = &run.verification {
            let detail =
                format!("Run #{} was already verified by {} on {}.", run.number, v.by.name.as_str(), in_minutes(v.at));
            return Err(Refusal::new(Code::AlreadyVerified, detail));
        }
        if let Some(open) = run.open_discrepancies().next() {
            let detail = format!(
                "The two entries of {} in run #{} differ. Both people say what the value is and why, before the run is \
                 verified.",
                open.attribute, run.number
            );
            return Err(Refusal::new(Code::SecondEntryDiffers, detail));
        }
        if self.was_entered_by(by) {
            let detail =
                format!("You entered data of {}, so somebody else must verify it against the raw data.", self.named());
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        Ok(())
    }

    /// Whether this person may sign the release of this lot, results apart.
    ///
    /// # Errors
    /// The lot is decided, or the person entered or verified something of it.
    pub fn check_release(&self, by: &Actor) -> Result<(), Refusal> {
        self.check_open()?;
        check_is_lot(self)?;
        self.check_not_supplied()?;
        // What was made from a bank stands on the bank's results, too.
        for of in std::iter::once(self).chain(self.sources.iter().map(|s| &s.lot)) {
            let did = if of.was_entered_by(by) {
                "entered"
            } else if of.was_verified_by(by) {
                "verified"
            } else {
                continue;
            };
            let place = format!("{} {}", noun(of.details.stage), of.number());
            let what = if of.number() == self.number() { "it" } else { "what was made from it" };
            let detail = format!("You {did} data of {place}, so another QA officer must release {what}.");
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        Ok(())
    }

    pub(super) fn check_may_enter(&self, by: &Actor) -> Result<(), Refusal> {
        if self.was_verified_by(by) {
            let detail = format!(
                "You verified a run of {}, so you cannot enter data of it as well: entering and verifying one {} are two \
                 people's work.",
                self.named(),
                noun(self.details.stage)
            );
            return Err(Refusal::new(Code::OwnWork, detail));
        }
        Ok(())
    }

    /// The refusal to record another result where there is a final one.
    fn final_result_refusal(&self, spec: &Specification, criterion: &Criterion) -> Option<Refusal> {
        let attribute = &criterion.attribute;
        let (run, outcome) = self.runs.iter().rev().find_map(|run| {
            let reading = run.content.readings.iter().find(|r| r.attribute == *attribute)?;
            if run.invalid_because(spec).is_some() {
                return None;
            }
            // What passed when it was recorded and no longer does is followed by the next.
            if prolonged(&self.runs, spec, criterion, run.content.tested_at).is_some()
                || self.stale_identity(criterion, reading).is_some()
            {
                return None;
            }
            let verdict = judge(&criterion.acceptance, spec.rounding, &reading.value, run.content.started_at).ok()?;
            matches!(verdict.outcome, Outcome::Pass | Outcome::Fail).then_some((run, verdict.outcome))
        })?;
        let who = run.entered_by.name.as_str();
        let name = &criterion.name;
        let what_to_do = match (outcome, &run.verification) {
            (_, None) => format!("If run #{} is wrong, correct it there with a reason.", run.number),
            (Outcome::Fail, Some(_)) => {
                "A failing result is not replaced by a new test outside its investigation.".to_owned()
            }
            (_, Some(_)) => "A second test is not needed and would not be counted.".to_owned(),
        };
        let detail = format!(
            "{name} already has a result: run #{}, entered by {who} on {}. {what_to_do}",
            run.number,
            in_minutes(run.entered_at)
        );
        Some(Refusal::field(Code::AlreadyRecorded, "attribute", detail))
    }
}
