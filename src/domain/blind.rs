//! Blind second entry: who does not see a critical value until it was typed twice.
//!
//! Promises: a critical value of a run that nobody has verified is seen by those who entered data
//! of the run, and by somebody whose own second entry of it differed; nobody else finds it in a
//! verdict, a blocker or a former value. Of the ledger, `withheld.rs` says what is kept back.

use std::collections::BTreeSet;

use super::assessment::{Assessment, Item};
use super::evaluation::{Outcome, Verdict};
use super::ids::{AttributeCode, RunNumber, Username};
use super::lot::Lot;
use super::run::Run;
use super::spec::Specification;
use super::withheld::Hidden;

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

    /// Every value that is hidden, of the lot's own runs and of those of what it was made from.
    pub fn hidden(&self) -> Hidden {
        let runs = self.lot.runs.iter().chain(self.lot.sources.iter().flat_map(|s| &s.lot.runs));
        let readings = runs.flat_map(|run| run.content.readings.iter().map(move |r| (run, &r.attribute)));
        let values: BTreeSet<(RunNumber, AttributeCode)> =
            readings.filter(|(run, a)| self.hides(run, a)).map(|(run, a)| (run.number, a.clone())).collect();
        let lots = if values.is_empty() { BTreeSet::new() } else { [self.lot.number().clone()].into() };
        Hidden { values, lots }
    }

    /// Takes hidden values, and what would tell them, out of an assessment.
    ///
    /// A blocker that goes with one leaves that of the run that is not verified.
    pub fn veil<'l>(&self, assessment: Assessment<'l>) -> Assessment<'l> {
        veil(assessment, |run, attribute| self.hides(run, attribute))
    }

    /// Why a lot is held back, as far as this person may know it.
    pub fn reasons(&self, assessment: &Assessment) -> String {
        let seen = self.veil(assessment.clone());
        let reasons: Vec<&str> = seen.blockers.iter().map(|blocker| blocker.detail.as_str()).collect();
        reasons.join(" ")
    }

    /// The same for the lot as it stood at a past moment: what is hidden today was not to be seen
    /// then either, and what may be seen today may be seen as it was.
    pub fn veil_past<'l>(&self, assessment: Assessment<'l>) -> Assessment<'l> {
        veil(assessment, |run, attribute| self.hides_past(run.number, attribute))
    }

    /// Whether this person does not see today what a run of this number ever said of an attribute.
    pub fn hides_past(&self, run: RunNumber, attribute: &AttributeCode) -> bool {
        let of_sources = self.lot.sources.iter().flat_map(|s| &s.lot.runs);
        let today = self.lot.runs.iter().chain(of_sources).find(|r| r.number == run);
        today.is_none_or(|run| self.hides(run, attribute))
    }
}

fn veil<'l>(mut assessment: Assessment<'l>, hides: impl Fn(&Run, &AttributeCode) -> bool) -> Assessment<'l> {
    let told = |item: &Item| {
        let run = item.run?;
        let attribute = item.covered_by.unwrap_or(&item.criterion.attribute);
        hides(run, attribute).then_some(run.number)
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
        let of_hidden = blocker
            .run
            .is_some_and(|run| blocker.attributes.iter().any(|attribute| hidden.contains(&(run, attribute.clone()))));
        !(tells && of_hidden)
    });
    assessment
}
