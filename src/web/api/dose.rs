//! `/api/v1/lots/{lot}/dose`: one dose worked out from a lot's verified results. Records nothing.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::domain::dose::{DoseRequest, PlanLine};
use crate::domain::spec::Stage;
use crate::web::body::Sent;
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::plan_dose::{PlannedDose, plan_dose};
use crate::workflow::{App, Error};

/// A dose as it is asked for; numbers as text.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDose {
    /// Which of the targets; may be left out where there is only one.
    #[serde(default)]
    pub target: Option<String>,
    /// The patient's weight in kg.
    #[serde(default)]
    pub weight_kg: Option<String>,
    /// The area treated in cm².
    #[serde(default)]
    pub area_cm2: Option<String>,
    /// Hours over which it is given; without them it counts as given within one.
    #[serde(default)]
    pub hours: Option<String>,
}

/// One line of the arithmetic.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DoseLine {
    /// What it is: `dose`, `containers`, `whole_containers`, `volume`, `drawn_volume`, `container_carries`,
    /// `endotoxin_allowance`, `endotoxin_limit` or `endotoxin`.
    pub code: String,
    /// The same in words.
    pub label: String,
    /// The value.
    pub value: String,
    /// Its unit.
    pub unit: Option<String>,
    /// How it came about, with the numbers.
    pub formula: String,
    /// Whether it is acceptable, where that can be asked and decided.
    pub meets: Option<bool>,
}

impl From<&PlanLine> for DoseLine {
    fn from(line: &PlanLine) -> Self {
        DoseLine {
            code: line.code.to_owned(),
            label: line.label.to_owned(),
            value: line.value.clone(),
            unit: line.unit.map(str::to_owned),
            formula: line.formula.clone(),
            meets: line.meets,
        }
    }
}

/// A planned dose. A plan releases nothing: `status` says how the lot stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DoseView {
    /// Lot number.
    pub lot: String,
    /// The lot's status.
    pub status: String,
    /// The target, as it stands in the specification.
    pub target: String,
    /// Viable cells in one container, in 10⁶, by the verified result.
    pub viable_cells: String,
    /// Measured volume of one container in mL, where known.
    pub volume_ml: Option<String>,
    /// Endotoxin in EU/mL, where known.
    pub endotoxin: Option<String>,
    /// Containers that the dose takes, as far as the lot has them.
    pub containers: u64,
    /// What one container is enough for, in a sentence.
    pub container_carries: String,
    /// The arithmetic, in order.
    pub lines: Vec<DoseLine>,
    /// Why the dose cannot be given so; where there are none, it can.
    pub problems: Vec<String>,
    /// What could not be checked and why.
    pub unchecked: Vec<String>,
}

impl From<PlannedDose> for DoseView {
    fn from(dose: PlannedDose) -> Self {
        DoseView {
            lot: dose.lot.to_string(),
            status: dose.status.as_str().to_owned(),
            target: dose.plan.target.clone(),
            viable_cells: dose.supply.viable_cells,
            volume_ml: dose.supply.volume_ml,
            endotoxin: dose.supply.endotoxin,
            containers: dose.plan.containers,
            container_carries: dose.carries,
            lines: dose.plan.lines.iter().map(DoseLine::from).collect(),
            problems: dose.plan.problems,
            unchecked: dose.plan.unchecked,
        }
    }
}

/// Plans one dose from a lot's verified results; records nothing.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/dose", tag = "lots", params(("lot" = String, Path)), request_body = NewDose,
    responses((status = 200, body = DoseView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn plan(
    app: Data<App>,
    _reader: Somebody,
    path: Path<String>,
    body: Sent<NewDose>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let NewDose { target, weight_kg, area_cm2, hours } = body.value;
    let request = DoseRequest { target, weight_kg, area_cm2, infusion_hours: hours };
    let planned = block(move || plan_dose(&app, &number, &request)).await.map_err(in_this_address);
    Ok(HttpResponse::Ok().json(DoseView::from(planned?)))
}

/// The same refusal with the field as this address calls it.
fn in_this_address(error: Error) -> Error {
    let Error::Refused(mut refusal) = error else { return error };
    for field in refusal.fields.iter_mut().filter(|f| f.field == "infusion_hours") {
        field.field = "hours".to_owned();
    }
    Error::Refused(refusal)
}
