//! What is asked for one dose, as typed, and what a lot has to give.
//!
//! Promises: what got in fits the dosing (a weight for a dose per kg, an area for a dose per
//! area) and can be; every mistake is reported with its field, all of them at once.

use serde::{Deserialize, Serialize};

use super::{AREA_CM2, Basis, Dosing};
use crate::domain::amount::{Amount, AmountKind, WEIGHT_KG};
use crate::domain::limit::LimitText;
use crate::domain::quantity::{Qualifier, Quantity};
use crate::domain::refusal::{Code, Refusal};

/// The longest infusion, in hours; more is a slip.
const HOURS: AmountKind = AmountKind::UpTo(24);

/// A dose as asked for, as typed. An empty text is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoseRequest {
    /// Which of the targets; may be left out where there is only one.
    #[serde(default)]
    pub target: Option<String>,
    /// The patient's weight in kg; needed for a dose per kg and for the endotoxin.
    #[serde(default)]
    pub weight_kg: Option<String>,
    /// The area treated in cm²; needed for a dose per area, and only there.
    #[serde(default)]
    pub area_cm2: Option<String>,
    /// Hours over which it is given; without them it counts as given within one.
    #[serde(default)]
    pub infusion_hours: Option<String>,
}

/// What a lot has to give, the values as they stand in its results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Supply {
    /// Containers that can be given.
    pub containers: u32,
    /// Viable cells in one container, in 10⁶.
    pub viable_cells: String,
    /// Measured volume of one container in mL, where known.
    pub volume_ml: Option<String>,
    /// Endotoxin in EU/mL, where known; may be censored.
    pub endotoxin: Option<String>,
}

/// A request and a supply, read.
pub(super) struct Asked<'a> {
    pub dosing: &'a Dosing,
    pub target: &'a LimitText,
    pub weight: Option<Amount>,
    /// Kilograms or cm², by the basis; none for a fixed dose.
    pub size: Option<Amount>,
    pub hours: Option<Amount>,
    pub available: u64,
    pub viable: Amount,
    pub volume: Option<Amount>,
    pub endotoxin: Option<Amount>,
}

impl<'a> Asked<'a> {
    /// Reads what was typed.
    ///
    /// # Errors
    /// All mistakes together, each with its field.
    pub fn read(dosing: &'a Dosing, request: &DoseRequest, supply: &Supply) -> Result<Self, Refusal> {
        let mut refusals = Vec::new();
        let mut read = |kind, field: &str, label: &str, typed: &Option<String>| {
            let typed = typed.as_deref().filter(|t| !t.trim().is_empty())?;
            Amount::parse(kind, field, label, typed).map_err(|refusal| refusals.push(refusal)).ok()
        };
        let weight = read(WEIGHT_KG, "weight_kg", "Patient's weight", &request.weight_kg);
        let area = read(AREA_CM2, "area_cm2", "Area treated", &request.area_cm2);
        let hours = read(HOURS, "infusion_hours", "Hours of infusion", &request.infusion_hours);
        let volume = read(AmountKind::Positive, "volume_ml", "Measured volume of a container", &supply.volume_ml);
        let endotoxin = read(AmountKind::Censorable, "endotoxin", "Endotoxin", &supply.endotoxin);
        let viable = super::viable_cells_of(&supply.viable_cells).map_err(|refusal| refusals.push(refusal)).ok();
        let target = dosing.chosen(request.target.as_deref()).map_err(|refusal| refusals.push(refusal)).ok();
        let given = |typed: &Option<String>| typed.as_deref().is_some_and(|t| !t.trim().is_empty());
        let mut refuse = |field: &str, detail: &str| refusals.push(Refusal::field(Code::InvalidField, field, detail));
        match dosing.basis {
            Basis::PerKg if !given(&request.weight_kg) => {
                refuse("weight_kg", "The dose is per kg of body weight: give the patient's weight.");
            }
            Basis::PerCm2 if !given(&request.area_cm2) => {
                refuse("area_cm2", "The dose is per cm²: give the area treated.");
            }
            Basis::PerKg | Basis::Fixed if given(&request.area_cm2) => {
                refuse("area_cm2", "The dose does not depend on an area: leave it out.");
            }
            _ => {}
        }
        let size = match dosing.basis {
            Basis::PerKg => weight.clone(),
            Basis::PerCm2 => area,
            Basis::Fixed => None,
        };
        let available = supply.containers.into();
        match (Refusal::all(refusals), viable, target) {
            (None, Some(viable), Some(target)) => {
                Ok(Asked { dosing, target, weight, size, hours, available, viable, volume, endotoxin })
            }
            (refusal, ..) => {
                Err(refusal.unwrap_or_else(|| Refusal::new(Code::InvalidField, "The dose could not be read.")))
            }
        }
    }
}

impl Dosing {
    fn chosen(&self, typed: Option<&str>) -> Result<&LimitText, Refusal> {
        let refuse = |code, what: &str| {
            let known: Vec<_> = self.targets.iter().map(LimitText::as_str).collect();
            let detail = format!("{what}: a dose is {} {}.", known.join(" or "), self.basis.in_words());
            Err(Refusal::field(code, "target", detail))
        };
        match (typed.filter(|t| !t.trim().is_empty()), self.targets.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => refuse(Code::InvalidField, "Choose the dose"),
            (Some(typed), targets) => {
                let number = Quantity::parse(typed).ok().filter(|q| q.qualifier() == Qualifier::Exact);
                let found = targets.iter().find(|t| number.as_ref().is_some_and(|q| q.number() == t.number()));
                let shown: String = typed.chars().take(40).collect();
                found.map_or_else(|| refuse(Code::UnknownValue, &format!("“{shown}” is no dose here")), Ok)
            }
        }
    }
}
