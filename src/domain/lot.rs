//! A lot and what may be done with it next.
//!
//! Promises: every rule about what may be recorded, verified or corrected stands here, pure;
//! a person who entered something of a lot does not verify or release it, and the other way
//! round, whatever roles the person holds.

use serde::{Deserialize, Serialize};

use super::entry::in_minutes;
use super::evaluation::{Outcome, judge};
use super::ids::{AttributeCode, CertificateNumber, DonorCode, LotNumber, ProductCode, RunNumber};
use super::moment::Moment;
use super::quantity::{Qualifier, Quantity};
use super::refusal::{Code, Refusal};
use super::role::{Actor, Person};
use super::run::{Run, RunContent};
use super::spec::{Criterion, Specification};

/// What registration states about a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotDetails {
    /// Lot number.
    pub lot: LotNumber,
    /// Product.
    pub product: ProductCode,
    /// Version of the product's specification that the lot is pinned to.
    pub specification_version: u32,
    /// Pseudonymous donor code.
    pub donor: DonorCode,
    /// When it was made.
    pub manufactured_at: Moment,
    /// The moment from which it cannot be given.
    pub expires_at: Moment,
    /// Number of containers.
    pub containers: u32,
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
}

impl Lot {
    /// The number.
    pub fn number(&self) -> &LotNumber {
        &self.details.lot
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
        self.runs.iter().filter_map(|r| r.verification.as_ref()).any(|v| v.by.username == actor.username)
    }

    /// Refuses anything on a lot that has been decided.
    ///
    /// # Errors
    /// Released or rejected, with who and when.
    pub fn check_open(&self) -> Result<(), Refusal> {
        let number = self.number();
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
    /// The lot is decided; the person verified something of it; an attribute has its final
    /// result already (a failing one is always taken); a purity that cannot be.
    pub fn check_record(&self, spec: &Specification, content: &RunContent, by: &Actor) -> Result<(), Refusal> {
        self.check_open()?;
        self.check_may_enter(by)?;
        let mut refusals = Vec::new();
        for (i, reading) in content.readings.iter().enumerate() {
            let Some(criterion) = spec.criterion(&reading.attribute) else { continue };
            let new = judge(&criterion.acceptance, spec.rounding, &reading.value, content.started_at)?;
            // A failing result is never turned away: nothing that speaks against a lot may get lost.
            if new.outcome == Outcome::Fail {
                continue;
            }
            if let Some(refusal) = self.final_result_refusal(spec, criterion) {
                refusals.push(refusal.within(&format!("readings[{i}]")));
            }
        }
        refusals.extend(self.impossible_purity(spec, content, None));
        Refusal::all(refusals).map_or(Ok(()), Err)
    }

    /// Whether the readings of an unverified run may be corrected by this person.
    ///
    /// # Errors
    /// The lot is decided, the run is verified, or the person verified something of the lot.
    pub fn check_correct(
        &self,
        spec: &Specification,
        run: &Run,
        corrected: &RunContent,
        by: &Actor,
    ) -> Result<(), Refusal> {
        self.check_open()?;
        self.check_may_enter(by)?;
        if let Some(v) = &run.verification {
            let detail = format!(
                "Run #{} was verified by {} on {}. A verified result is changed only by an investigation.",
                run.number,
                v.by.name.as_str(),
                in_minutes(v.at)
            );
            return Err(Refusal::new(Code::AlreadyVerified, detail));
        }
        Refusal::all(self.impossible_purity(spec, corrected, Some(run.number))).map_or(Ok(()), Err)
    }

    /// Whether this person may verify this run.
    ///
    /// # Errors
    /// The lot is decided, the run is verified already, or the person entered something of the lot.
    pub fn check_verify(&self, run: &Run, by: &Actor) -> Result<(), Refusal> {
        self.check_open()?;
        if let Some(v) = &run.verification {
            let detail =
                format!("Run #{} was already verified by {} on {}.", run.number, v.by.name.as_str(), in_minutes(v.at));
            return Err(Refusal::new(Code::AlreadyVerified, detail));
        }
        if self.was_entered_by(by) {
            let detail = format!(
                "You entered data of lot {}, so somebody else must verify it against the raw data.",
                self.number()
            );
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
        let did = if self.was_entered_by(by) {
            "entered"
        } else if self.was_verified_by(by) {
            "verified"
        } else {
            return Ok(());
        };
        let detail = format!("You {did} data of lot {}, so another QA officer must release it.", self.number());
        Err(Refusal::new(Code::OwnWork, detail))
    }

    fn check_may_enter(&self, by: &Actor) -> Result<(), Refusal> {
        if self.was_verified_by(by) {
            let detail = format!(
                "You verified a run of lot {}, so you cannot enter data of it as well: entering and verifying one lot are \
                 two people's work.",
                self.number()
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
            let verdict = judge(&criterion.acceptance, spec.rounding, &reading.value, run.content.started_at).ok()?;
            matches!(verdict.outcome, Outcome::Pass | Outcome::Fail).then_some((run, verdict.outcome))
        })?;
        let who = run.entered_by.name.as_str();
        let name = &criterion.name;
        let what_to_do = match (outcome, &run.verification) {
            (_, None) => format!("If run #{} is wrong, correct it there with a reason.", run.number),
            (Outcome::Fail, Some(_)) => {
                "A failing result is not replaced by a new test without an investigation.".to_owned()
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

    /// Co-expression of several markers cannot be more frequent than the rarest of them.
    fn impossible_purity(
        &self,
        spec: &Specification,
        content: &RunContent,
        instead_of: Option<RunNumber>,
    ) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for purity in spec.criteria.iter().filter(|c| !c.coexpression_of.is_empty()) {
            let Some((value, purity_at)) = self.exact_value(spec, content, instead_of, &purity.attribute) else {
                continue;
            };
            let lowest = purity
                .coexpression_of
                .iter()
                .filter_map(|marker| {
                    let (number, at) = self.exact_value(spec, content, instead_of, marker)?;
                    Some((number, marker, at))
                })
                .min_by_key(|(number, _, _)| *number);
            let Some((bound, marker, marker_at)) = lowest else { continue };
            if value <= bound {
                continue;
            }
            // A marker that fails is recorded whatever the purity was: nothing that speaks
            // against a lot may get lost, and it fails the lot by itself.
            let marker_fails = marker_at.is_some_and(|at| fails_in(spec, content, at));
            if purity_at.is_none() && marker_fails {
                continue;
            }
            // Two values that were both there before are not this entry's mistake.
            let Some(at) = purity_at.or(marker_at) else { continue };
            let name = spec.criterion(marker).map_or(marker.as_str(), |c| &c.name);
            let detail = format!(
                "{} {value} % is impossible: it is the co-expression of markers of which {name} is only {bound} %. \
                 Check both values.",
                purity.name
            );
            refusals.push(Refusal::field(Code::ImpossiblePurity, format!("readings[{at}].value"), detail));
        }
        refusals
    }

    /// The exact value an attribute would have with `content`, and its place in there if it is new.
    fn exact_value(
        &self,
        spec: &Specification,
        content: &RunContent,
        instead_of: Option<RunNumber>,
        attribute: &AttributeCode,
    ) -> Option<(rust_decimal::Decimal, Option<usize>)> {
        let exact = |typed: &str| {
            let quantity = Quantity::parse(typed).ok()?;
            (quantity.qualifier() == Qualifier::Exact).then(|| quantity.number())
        };
        if let Some(i) = content.readings.iter().position(|r| r.attribute == *attribute) {
            return content.readings.get(i).and_then(|r| exact(&r.value)).map(|number| (number, Some(i)));
        }
        let earlier =
            self.runs.iter().rev().filter(|r| Some(r.number) != instead_of && r.invalid_because(spec).is_none());
        let reading = earlier.flat_map(|r| &r.content.readings).find(|r| r.attribute == *attribute)?;
        exact(&reading.value).map(|number| (number, None))
    }
}

/// True if this reading of the content fails its criterion.
fn fails_in(spec: &Specification, content: &RunContent, at: usize) -> bool {
    let reading = content.readings.get(at);
    let criterion = reading.and_then(|r| spec.criterion(&r.attribute));
    reading.zip(criterion).is_some_and(|(reading, criterion)| {
        let verdict = judge(&criterion.acceptance, spec.rounding, &reading.value, content.started_at);
        verdict.is_ok_and(|v| v.outcome == Outcome::Fail)
    })
}
