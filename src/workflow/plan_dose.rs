//! One dose worked out from a lot's verified results. Reads only.
//!
//! Promises: nothing that was not verified is reckoned with; what is missing is said.

use crate::domain::assessment::{Item, Status, assess};
use crate::domain::dose::{DoseRequest, Dosing, Plan, Supply};
use crate::domain::evaluation::Outcome;
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Specification;

use super::{App, Error};

/// The attribute that tells the viable cells in a container, in 10⁶.
const VIABLE_CELLS: &str = "VIABLE_CELLS";
/// The attribute that tells the measured volume of a container, in mL.
const VOLUME: &str = "VOLUME";
/// The attribute that tells the endotoxin, in EU/mL.
const ENDOTOXIN: &str = "ENDOTOXIN";

/// A dose with what it was worked out from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedDose {
    /// The lot.
    pub lot: LotNumber,
    /// How the lot stands; a plan releases nothing.
    pub status: Status,
    /// What the lot has to give.
    pub supply: Supply,
    /// What one container is enough for, in a sentence.
    pub carries: String,
    /// The arithmetic.
    pub plan: Plan,
}

/// What a lot has to give, by its verified results.
///
/// # Errors
/// The specification has no dosing, or no verified result tells the viable cells in a container.
pub fn supply<'s>(lot: &Lot, spec: &'s Specification, now: Moment) -> Result<(&'s Dosing, Supply, Status), Refusal> {
    let dosing = spec.dosing.as_ref().ok_or_else(|| {
        let detail = format!("{} version {} does not say how the product is dosed.", spec.product, spec.version);
        Refusal::new(Code::NoDosing, detail)
    })?;
    let assessment = assess(lot, spec, now);
    let verified = |attribute: &str, unit: &str| {
        let fits = |item: &&Item| {
            item.criterion.attribute.as_str() == attribute
                && item.criterion.acceptance.unit() == Some(unit)
                && item.run.is_some_and(|run| run.verification.is_some())
                && matches!(item.verdict.outcome, Outcome::Pass | Outcome::Reported)
        };
        assessment.items.iter().find(fits)
    };
    let value = |attribute, unit| verified(attribute, unit).and_then(|item| item.verdict.as_entered.clone());
    let Some(viable_cells) = value(VIABLE_CELLS, "x10^6") else {
        let detail = format!(
            "No verified, passing result of lot {} says how many viable cells a container holds ({VIABLE_CELLS} in ×10⁶).",
            lot.number()
        );
        return Err(Refusal::new(Code::CellsUnknown, detail));
    };
    // Where the cells were calculated, the volume of the container was measured for that.
    let counted = verified(VIABLE_CELLS, "x10^6").and_then(|item| {
        let readings = &item.run?.content.readings;
        readings.iter().find(|r| r.attribute == item.criterion.attribute)?.raw.get("volume_ml")?.first().cloned()
    });
    let supply = Supply {
        containers: lot.details.containers,
        viable_cells,
        volume_ml: value(VOLUME, "mL").or(counted),
        endotoxin: value(ENDOTOXIN, "EU/mL"),
    };
    Ok((dosing, supply, assessment.status))
}

/// Plans one dose from a lot.
///
/// # Errors
/// There is no such lot, it cannot be reckoned with, or what was asked for cannot be.
pub fn plan_dose(app: &App, number: &LotNumber, request: &DoseRequest) -> Result<PlannedDose, Error> {
    let (lot, stored) = app.lot(number)?;
    let (dosing, supply, status) = supply(&lot, &stored.specification, app.now())?;
    let plan = dosing.plan(request, &supply)?;
    let carries = dosing.max_per_container(&supply.viable_cells)?;
    Ok(PlannedDose { lot: lot.details.lot.clone(), status, supply, carries, plan })
}
