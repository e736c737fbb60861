//! Blind second entry: who does not see a critical value until it was typed twice.
//!
//! Promises: a critical value of a run that nobody has verified is seen by those who entered data
//! of the run, and by somebody whose own second entry of it differed; nobody else finds it in a
//! verdict, a blocker or a former value. The ledger itself is not blind: it is the record.

use std::collections::BTreeSet;

use super::assessment::{Assessment, Item};
use super::evaluation::{Outcome, Verdict};
use super::ids::{AttributeCode, RunNumber, Username};
use super::lot::Lot;
use super::run::Run;
use super::spec::Specification;

/// What stands in place of a hidden value.
pub const HIDDEN: &str = "typed again at verification";

/// A lot as one person sees it.
#[derive(Debug, Clone, Copy)]
pub struct Blind<'a> {
    /// The lot.
    pub lot: &'a Lot,
    /// Its specification.
    pub spec: &'a Specification,
    /// Who looks.
    pub viewer: &'a Username,
}

impl Blind<'_> {
    /// Whether this person does not see what a run says of an attribute.
    pub fn hides(&self, run: &Run, attribute: &AttributeCode) -> bool {
        let open =
            self.lot.check_examinable().is_ok() && run.verification.is_none() && run.aftermath.invalidation.is_none();
        let critical = || self.recorded_under(run).criterion(attribute).is_some_and(|c| c.critical);
        let entered = || run.enterers().any(|p| p.username == *self.viewer);
        let typed =
            || run.aftermath.discrepancies.iter().any(|d| d.attribute == *attribute && d.by.username == *self.viewer);
        open && critical() && !entered() && !typed()
    }

    /// The specification of a run: the lot's own, or that of what it was made from.
    fn recorded_under(&self, run: &Run) -> &Specification {
        let source = self.lot.sources.iter().find(|s| *s.lot.number() == run.lot);
        source.map_or(self.spec, |s| &s.specification)
    }

    /// Every value of the lot's own runs that is hidden.
    pub fn hidden(&self) -> BTreeSet<(RunNumber, AttributeCode)> {
        let readings =
            self.lot.runs.iter().flat_map(|run| run.content.readings.iter().map(move |r| (run, &r.attribute)));
        readings.filter(|(run, a)| self.hides(run, a)).map(|(run, a)| (run.number, a.clone())).collect()
    }

    /// Takes hidden values, and what would tell them, out of an assessment.
    ///
    /// A blocker that goes with one leaves that of the run that is not verified.
    pub fn veil<'l>(&self, mut assessment: Assessment<'l>) -> Assessment<'l> {
        let told = |item: &Item| {
            let run = item.run?;
            let attribute = item.covered_by.unwrap_or(&item.criterion.attribute);
            self.hides(run, attribute).then_some(run.number)
        };
        let mut hidden: BTreeSet<(RunNumber, AttributeCode)> = BTreeSet::new();
        for item in &mut assessment.items {
            let Some(run) = told(item) else { continue };
            hidden.insert((run, item.criterion.attribute.clone()));
            item.verdict = match item.verdict.outcome {
                // Why a run is invalid is told by its controls, not by its values.
                Outcome::Invalid => Verdict { as_entered: None, ..item.verdict.clone() },
                _ => Verdict::without_value(Outcome::Unverified, format!("{HIDDEN}; run #{run} is not verified")),
            };
        }
        assessment.blockers.retain(|blocker| {
            let tells = matches!(blocker.code, "failed" | "indeterminate" | "pending");
            let of_hidden = blocker.run.is_some_and(|run| {
                blocker.attributes.iter().any(|attribute| hidden.contains(&(run, attribute.clone())))
            });
            !(tells && of_hidden)
        });
        assessment
    }
}
