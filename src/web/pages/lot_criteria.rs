//! The criteria on the page of a lot, bank or donor: each with its value, verdict and arithmetic.

use super::lot_head;
use super::shown;
use super::view::lot::{CriterionRow, Section, Superseded};
use super::view::parts::{Link, Value};
use super::visit::Visit;
use crate::domain::assessment::{Assessment, Item};
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::exact::shortened;

/// The criteria of a lot, grouped as its specification groups them.
pub fn sections(visit: &Visit, blind: &Blind, assessment: &Assessment) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for item in &assessment.items {
        let row = criterion(visit, blind, item);
        match sections.last_mut() {
            Some(section) if section.name == item.criterion.section => section.criteria.push(row),
            _ => sections.push(Section { name: item.criterion.section.clone(), criteria: vec![row] }),
        }
    }
    sections
}

fn criterion(visit: &Visit, blind: &Blind, item: &Item) -> CriterionRow {
    let lot = blind.lot;
    let criterion = item.criterion;
    let (acceptance, unit) = shown::acceptance(&criterion.acceptance);
    let value = |text: &Option<String>| text.as_deref().map_or(Value::None, Value::from);
    let run = item.run.map(|run| {
        let note = match &run.verification {
            Some(v) => format!("verified, {}", v.by.name.as_str()),
            None => "not verified".into(),
        };
        Link::new(format!("#{}", run.number), format!("/runs/{}", run.number)).with_note(note)
    });
    let unit_text = criterion.acceptance.unit();
    let changes = lot.runs.iter().rev().flat_map(|run| run.changes.iter().rev().map(move |change| (run, change)));
    let superseded =
        changes.filter(|(_, change)| change.attribute == criterion.attribute).map(|(run, change)| Superseded {
            value: match blind.hides(run, &change.attribute) {
                true => HIDDEN.to_owned(),
                false => shown::with_unit(&change.before, unit_text),
            },
            reason: change.reason.as_str().to_owned(),
            run: Link::new(format!("#{}", run.number), format!("/runs/{}", run.number)),
        });
    CriterionRow {
        name: criterion.name.clone(),
        method: criterion.assay.as_str().replace('-', " "),
        acceptance,
        unit,
        // A calculated value is shown as its formula shows it.
        typed: item.verdict.as_entered.as_deref().map_or(Value::None, |text| match criterion.calculated {
            Some(_) => Value::from(shortened(text).as_str()),
            None => Value::from(text),
        }),
        reported: value(&item.verdict.reported),
        outcome: item.verdict.outcome,
        because: shown::local_times(&item.verdict.because, visit.zone),
        alert: item.verdict.alert.clone().unwrap_or_default(),
        earliest: item.verdict.earliest.map(|at| shown::moment(at, visit)),
        run,
        inherited: item.inherited_from.map(|from| lot_head::source(lot, from)),
        superseded: superseded.collect(),
    }
}
