//! The section of a lot's page that plans a dose. Reads only.

use super::form::{Form, Refused};
use super::shown;
use super::view::dose::{DosePanel, DoseRow};
use super::view::parts::Choice;
use crate::domain::dose::{Basis, DoseRequest, Plan};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::domain::spec::Specification;
use crate::workflow::plan_dose::supply;

/// What the form asks for.
fn request(form: &Form) -> DoseRequest {
    let given = |name: &str| Some(form.get(name).trim().to_owned()).filter(|t| !t.is_empty());
    DoseRequest {
        target: given("target"),
        weight_kg: given("weight_kg"),
        area_cm2: given("area_cm2"),
        infusion_hours: given("hours"),
    }
}

/// The field of the page that a refusal is about.
fn place(given: &FieldRefusal) -> (String, String) {
    let id = match given.field.as_str() {
        "target" => "dose-target",
        "weight_kg" => "weight_kg",
        "area_cm2" => "area_cm2",
        "infusion_hours" => "hours",
        _ => "dose",
    };
    (id.to_owned(), String::new())
}

/// The section, where the specification has a dosing, with the plan where one was asked for.
pub fn panel(
    lot: &Lot,
    spec: &Specification,
    now: Moment,
    zone: chrono_tz::Tz,
    asked: Option<&Form>,
) -> (Option<DosePanel>, Refused) {
    let (dosing, supply, _) = match supply(lot, spec, now) {
        Ok(found) => found,
        Err(refusal) if refusal.code == Code::NoDosing => return (None, Refused::default()),
        Err(refusal) => {
            return (Some(DosePanel { closed: refusal.detail, ..DosePanel::default() }), Refused::default());
        }
    };
    let nothing = Form::default();
    let form = asked.unwrap_or(&nothing);
    let planned = asked.map(|form| dosing.plan(&request(form), &supply));
    let refused = match &planned {
        Some(Err(refusal)) => Refused::place(refusal, zone, place),
        _ => Refused::default(),
    };
    let mut panel = DosePanel {
        carries: dosing.max_per_container(&supply.viable_cells).unwrap_or_else(|refusal: Refusal| refusal.detail),
        supply: in_words(&supply),
        weight: refused.field("weight_kg", form.get("weight_kg")),
        area: (dosing.basis == Basis::PerCm2).then(|| refused.field("area_cm2", form.get("area_cm2"))),
        hours: refused.field("hours", form.get("hours")),
        target_problem: refused.on("dose-target"),
        ..DosePanel::default()
    };
    if dosing.targets.len() > 1 {
        let choice = |target: &crate::domain::limit::LimitText| {
            Choice::of(target.as_str(), target.as_str() == form.get("target").trim())
        };
        panel.targets = dosing.targets.iter().map(choice).collect();
    }
    if let Some(Ok(plan)) = planned {
        show(&mut panel, plan);
    }
    (Some(panel), refused)
}

fn in_words(supply: &crate::domain::dose::Supply) -> String {
    let containers = shown::counted(usize::try_from(supply.containers).unwrap_or_default(), "container", "containers");
    let volume = supply.volume_ml.as_ref().map_or(String::new(), |volume| format!(" in {volume} mL"));
    let endotoxin = match &supply.endotoxin {
        Some(endotoxin) => format!("endotoxin {endotoxin} EU/mL"),
        None => "no verified endotoxin in EU/mL".to_owned(),
    };
    format!("{containers}, each with {} ×10⁶ viable cells{volume}; {endotoxin}.", supply.viable_cells)
}

fn show(panel: &mut DosePanel, plan: Plan) {
    panel.lines = plan
        .lines
        .iter()
        .map(|line| {
            let (mark, word) = match line.meets {
                Some(true) => ("pass", "Acceptable"),
                Some(false) => ("fail", "Not acceptable"),
                None => ("", ""),
            };
            let unit = shown::unit_of(line.unit.unwrap_or_default());
            DoseRow { label: line.label.to_owned(), formula: line.formula.clone(), unit, mark, word }
        })
        .collect();
    let dose = plan.line("dose").map_or("", |line| line.value.as_str());
    let from = shown::counted(usize::try_from(plan.containers).unwrap_or_default(), "container", "containers");
    panel.summary = match plan.problems.is_empty() {
        true => format!("{dose} ×10⁶ viable cells from {from}."),
        false => "This dose cannot be given so.".to_owned(),
    };
    (panel.problems, panel.unchecked) = (plan.problems, plan.unchecked);
}
