//! Reading what a person typed for one value, or for the raw entries it is calculated from.
//!
//! Promises: a calculated value is never typed; a unit is never converted; a final negative is not
//! read before its incubation is over.

use super::calculation::Calculated;
use super::entry::{ReadingEntry, in_minutes};
use super::evaluation::{Outcome, judge};
use super::ids::AttributeCode;
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::run::{Raw, Reading};
use super::spec::{Acceptance, Assay, Criterion, Specification};

impl ReadingEntry {
    /// Reads one value against its criterion.
    ///
    /// # Errors
    /// Unknown attribute, unreadable or impossible value, wrong unit, read too early.
    pub fn read(
        &self,
        spec: &Specification,
        assay: &Assay,
        times: Option<(Option<Moment>, Moment)>,
    ) -> Result<Reading, Refusal> {
        self.read_beside(spec, assay, times, None)
    }

    /// As [`ReadingEntry::read`], beside the donor's STR profile.
    ///
    /// # Errors
    /// As [`ReadingEntry::read`].
    pub fn read_beside(
        &self,
        spec: &Specification,
        assay: &Assay,
        times: Option<(Option<Moment>, Moment)>,
        donor_profile: Option<&Raw>,
    ) -> Result<Reading, Refusal> {
        let criterion = AttributeCode::parse(&self.attribute).ok().and_then(|code| spec.criterion(&code));
        let criterion = criterion.filter(|c| c.assay == assay.code).ok_or_else(|| {
            let known: Vec<_> = spec.criteria_of(&assay.code).map(|c| c.attribute.as_str()).collect();
            let shown: String = self.attribute.chars().take(40).collect();
            let detail = format!("{} does not measure “{shown}”. It measures {}.", assay.name, known.join(", "));
            Refusal::field(Code::UnknownAttribute, "attribute", detail)
        })?;
        let named = |mut refusal: Refusal| {
            refusal.detail = format!("{}: {}", criterion.name, refusal.detail);
            for field in &mut refusal.fields {
                field.detail.clone_from(&refusal.detail);
            }
            refusal
        };
        let started_at = times.and_then(|(start, _)| start);
        let calculated = self.calculate(criterion, donor_profile).map_err(named)?;
        let typed = calculated.as_ref().map_or(self.value.as_str(), |c| c.value.as_str());
        let verdict = judge(&criterion.acceptance, spec.rounding, typed, started_at).map_err(named)?;
        if calculated.is_none() || self.unit.is_some() {
            self.check_unit(criterion)?;
        }
        if let Some((started_at, tested_at)) = times {
            check_incubation(criterion, verdict.outcome, started_at, tested_at).map_err(named)?;
        }
        // A word is kept in the specification's spelling, a number exactly as typed.
        let value = verdict.as_entered.unwrap_or_else(|| typed.to_owned());
        let raw = if calculated.is_some() { self.raw.clone() } else { Raw::new() };
        Ok(Reading {
            attribute: criterion.attribute.clone(),
            value,
            unit: criterion.acceptance.unit().map(str::to_owned),
            raw,
            formula: calculated.map(|c| c.formula),
        })
    }

    /// The value of a calculated attribute out of its raw entries; `None` for one that is typed.
    fn calculate(&self, criterion: &Criterion, donor_profile: Option<&Raw>) -> Result<Option<Calculated>, Refusal> {
        let calculated = criterion.calculated.is_some() || criterion.str_use.is_some();
        if calculated && !self.value.trim().is_empty() {
            let detail = "the value is calculated from the raw entries and is never typed. Give the raw entries only.";
            return Err(Refusal::field(Code::CalculatedValue, "value", detail));
        }
        if let Some(str_use) = criterion.str_use {
            return str_use.result(&self.raw, donor_profile).map(Some);
        }
        match &criterion.calculated {
            None if self.raw.is_empty() => Ok(None),
            None => {
                let detail = "the value is typed as it was read; it is not calculated from raw entries.";
                Err(Refusal::field(Code::InvalidField, "raw", detail))
            }
            Some(_) if !self.value.trim().is_empty() => {
                let detail =
                    "the value is calculated from the raw entries and is never typed. Give the raw entries only.";
                Err(Refusal::field(Code::CalculatedValue, "value", detail))
            }
            Some(calculation) => calculation.compute(&self.raw).map(Some),
        }
    }

    fn check_unit(&self, criterion: &Criterion) -> Result<(), Refusal> {
        let given = self.unit.as_deref().map_or("", str::trim);
        let required = criterion.acceptance.unit().unwrap_or("");
        if same_unit(given, required) {
            return Ok(());
        }
        let shown: String = given.chars().take(40).collect();
        let detail = match (given, required) {
            ("", required) => format!("{} needs its unit: {required}.", criterion.name),
            (_, "") => format!("{} has no unit. Leave out “{shown}”.", criterion.name),
            (_, required) => {
                format!("{} must be in {required}, and you gave “{shown}”. It is not converted.", criterion.name)
            }
        };
        Err(Refusal::field(Code::WrongUnit, "unit", detail))
    }
}

/// The same unit in one of its spellings; never a conversion.
fn same_unit(given: &str, required: &str) -> bool {
    let plain = |unit: &str| unit.replace("×10⁶", "x10^6").replace("×10^6", "x10^6");
    plain(given) == plain(required)
}

/// A final negative of an incubated test needs the whole incubation time (USP <71>: 14 days,
/// that is 14 x 24 h from its start); growth counts at any time.
fn check_incubation(
    criterion: &Criterion,
    outcome: Outcome,
    start: Option<Moment>,
    tested: Moment,
) -> Result<(), Refusal> {
    let Acceptance::Categorical { incubation_hours_min: Some(hours), interim, .. } = &criterion.acceptance else {
        return Ok(());
    };
    let Some(start) = start else {
        let detail = "the moment incubation started is needed, with date and time.";
        return Err(Refusal::field(Code::StartRequired, "started_at", detail));
    };
    let earliest = start.plus_hours(*hours);
    if outcome == Outcome::Pass && tested < earliest {
        let instead = interim.first().map_or(String::new(), |word| format!(" Until then record “{word}”."));
        let detail = format!(
            "incubation takes {} x 24 h from {}; a final negative can be read at the earliest on {}.{instead}",
            hours / 24,
            in_minutes(start),
            in_minutes(earliest)
        );
        return Err(Refusal::field(Code::ReadTooEarly, "value", detail));
    }
    Ok(())
}
