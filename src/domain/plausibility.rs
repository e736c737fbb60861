//! Values that cannot be together: co-expression cannot be more frequent than its rarest marker.
//!
//! Promises: only an impossible pair is refused, never an unlikely one; a marker that fails is
//! recorded whatever the purity was (Fréchet bound; domain rule 3.6).

use super::evaluation::{Outcome, judge};
use super::ids::{AttributeCode, RunNumber};
use super::lot::Lot;
use super::quantity::{Qualifier, Quantity};
use super::refusal::{Code, Refusal};
use super::run::RunContent;
use super::spec::Specification;

impl Lot {
    /// Co-expression of several markers cannot be more frequent than the rarest of them.
    pub(super) fn impossible_purity(
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
