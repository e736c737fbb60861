//! One planned dose: cells, containers, volume, tolerance and endotoxin, each with its arithmetic.
//!
//! Promises: exact to the last digit that is shown; nothing is compared after rounding, because
//! a plan has no reportable value; what could not be checked is said, never passed over; a plan
//! without problems can be given as it stands.

use serde::Serialize;

use super::asked::{Asked, DoseRequest, Supply};
use super::{Basis, Dosing};
use crate::domain::amount::{Amount, too_long, written};
use crate::domain::exact::{Exact, shortened};
use crate::domain::quantity::Qualifier;
use crate::domain::refusal::Refusal;

/// A part of a container smaller than a thousand-millionth is no reason to take one more: a
/// calculated cell count is itself cut off after 12 decimals.
const CONTAINER_DECIMALS: u32 = 9;

/// One dose, worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The target, as it stands in the specification.
    pub target: String,
    /// Containers that the dose takes, as far as the lot has them.
    pub containers: u64,
    /// The arithmetic, in order.
    pub lines: Vec<PlanLine>,
    /// Why the dose cannot be given so, in sentences; where there are none, it can.
    pub problems: Vec<String>,
    /// What could not be checked and why, in sentences.
    pub unchecked: Vec<String>,
}

/// One line of the arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanLine {
    /// What it is: `dose`, `containers`, `whole_containers`, `volume`, `drawn_volume`,
    /// `container_carries`, `endotoxin_allowance`, `endotoxin_limit` or `endotoxin`.
    pub code: &'static str,
    /// The same in words.
    pub label: &'static str,
    /// The value.
    pub value: String,
    /// Its unit.
    pub unit: Option<&'static str>,
    /// How it came about, with the numbers.
    pub formula: String,
    /// Whether it is acceptable, where that can be asked and decided.
    pub meets: Option<bool>,
}

impl Plan {
    /// The line of this code.
    pub fn line(&self, code: &str) -> Option<&PlanLine> {
        self.lines.iter().find(|line| line.code == code)
    }
}

/// A way to give the dose: whole containers, or a volume drawn out of them.
struct Way {
    /// The volume given, where the volume of a container is known.
    volume: Option<Exact>,
    /// That volume in a formula: `2 × 22`, `25.7`.
    shown: String,
    /// What it comes to, in the dose's unit.
    gives: String,
    /// Whether that is within the tolerance.
    meets: bool,
}

#[derive(Default)]
struct Sheet {
    lines: Vec<PlanLine>,
    problems: Vec<String>,
    unchecked: Vec<String>,
}

impl Sheet {
    /// Adds `formula = result`, and what is acceptable, where that is asked.
    fn add(
        &mut self,
        (code, label, unit): (&'static str, &'static str, &'static str),
        formula: &str,
        result: Option<Exact>,
        checked: Option<(bool, &str)>,
    ) -> Result<String, Refusal> {
        let result = written(result)?;
        let mut formula = format!("{formula} = {}", result.in_formula());
        if let Some((_, acceptable)) = checked {
            formula = format!("{formula}; {acceptable} is acceptable");
        }
        let meets = checked.map(|(meets, _)| meets);
        let value = result.digits.clone();
        self.lines.push(PlanLine { code, label, value, unit: Some(unit), formula, meets });
        Ok(result.in_formula())
    }

    fn endotoxin_not_checked(&mut self, why: &str) -> Result<(), Refusal> {
        self.unchecked.push(format!("Endotoxin per kg and hour was not checked: {why}."));
        Ok(())
    }
}

impl Dosing {
    /// Plans one dose.
    ///
    /// # Errors
    /// What was typed cannot be: an unknown target, a weight of 0, an area that is missing. A dose
    /// that was understood and cannot be given is a plan with problems.
    pub fn plan(&self, request: &DoseRequest, supply: &Supply) -> Result<Plan, Refusal> {
        let asked = Asked::read(self, request, supply)?;
        let mut sheet = Sheet::default();
        let target = asked.target_exact()?;
        let (dose, shown) = asked.dose(&mut sheet, target)?;
        let needed = asked.containers(&mut sheet, dose, &shown)?;
        let whole = asked.whole_containers(&mut sheet, needed)?;
        let drawn = asked.drawn_volume(&mut sheet, dose, &shown, needed)?;
        asked.container_carries(&mut sheet, target)?;
        asked.find_problems(&mut sheet, needed, whole.as_ref(), drawn.as_ref());
        // The endotoxin is that of the acceptable way with the larger volume. A volume that a
        // syringe reads as 0 is no way to give anything.
        let ways = || [&whole, &drawn].into_iter().flatten().filter(|way| way.volume.is_none_or(|v| !v.is_zero()));
        let worst = ways().filter(|w| w.meets).max_by_key(|w| w.volume);
        asked.endotoxin(&mut sheet, worst.or_else(|| ways().next_back()))?;
        Ok(Plan {
            target: asked.target.as_str().to_owned(),
            containers: needed.min(asked.available),
            lines: sheet.lines,
            problems: sheet.problems,
            unchecked: sheet.unchecked,
        })
    }
}

impl Asked<'_> {
    fn target_exact(&self) -> Result<Exact, Refusal> {
        Exact::of(self.target.number()).ok_or_else(too_long)
    }

    fn dose(&self, sheet: &mut Sheet, target: Exact) -> Result<(Exact, String), Refusal> {
        let line = ("dose", "Viable cells of the dose", "x10^6");
        let Some(size) = &self.size else {
            let (code, label, unit) = line;
            let value = self.target.as_str().to_owned();
            let formula = format!("{value}, the same for every patient");
            sheet.lines.push(PlanLine { code, label, value: value.clone(), unit: Some(unit), formula, meets: None });
            return Ok((target, value));
        };
        let dose = target.times(size.exact());
        let formula = format!("{} × {}", self.target.as_str(), size.as_typed());
        let shown = sheet.add(line, &formula, dose, None)?;
        Ok((dose.ok_or_else(too_long)?, shown))
    }

    /// So many cells per kg, per cm² or at all.
    fn per_size(&self, cells: Option<Exact>) -> Option<Exact> {
        match &self.size {
            Some(size) => cells?.over(size.exact()),
            None => cells,
        }
    }

    /// ` / 70`, or nothing for a fixed dose.
    fn by_size(&self) -> String {
        self.size.as_ref().map(|size| format!(" / {}", size.as_typed())).unwrap_or_default()
    }

    fn containers(&self, sheet: &mut Sheet, dose: Exact, shown: &str) -> Result<u64, Refusal> {
        let parts = dose.over(self.viable.exact());
        let needed = parts.and_then(|p| p.down_to(CONTAINER_DECIMALS)).ok_or_else(too_long)?.ceiling().max(1);
        let needed = u64::try_from(needed).map_err(|_| too_long())?;
        let formula = format!(
            "{shown} / {} = {}, rounded up = {needed}; the lot has {}",
            self.viable.as_typed(),
            written(parts)?.in_formula(),
            self.available
        );
        let (code, label) = ("containers", "Containers that the dose needs");
        sheet.lines.push(PlanLine { code, label, value: needed.to_string(), unit: None, formula, meets: None });
        Ok(needed)
    }

    /// Adds what so much of the lot gives, and whether that is within the tolerance.
    fn gives(
        &self,
        sheet: &mut Sheet,
        (code, label): (&'static str, &'static str),
        formula: &str,
        cells: Option<Exact>,
    ) -> Result<(String, bool), Refusal> {
        let tolerance = Exact::of(self.dosing.tolerance_percent.number()).ok_or_else(too_long)?;
        let hundred = Exact::whole(100);
        let share = |percent: Option<Exact>| self.target_exact().ok()?.times(percent?)?.over(hundred);
        let (low, high) = (share(hundred.minus(tolerance)), share(hundred.plus(tolerance)));
        let given = self.per_size(cells).ok_or_else(too_long)?;
        let meets = low.is_some_and(|low| low <= given) && high.is_some_and(|high| given <= high);
        let acceptable = format!("{} to {}", written(low)?.digits, written(high)?.digits);
        let formula = format!("{formula}{}", self.by_size());
        let line = (code, label, self.dosing.basis.unit());
        let shown = sheet.add(line, &formula, Some(given), Some((meets, &acceptable)))?;
        Ok((format!("{} instead of {acceptable} {}", shortened(&shown), self.dosing.basis.in_words()), meets))
    }

    fn whole_containers(&self, sheet: &mut Sheet, needed: u64) -> Result<Option<Way>, Refusal> {
        let taken = needed.min(self.available);
        if taken == 0 {
            return Ok(None);
        }
        let count = Exact::whole(taken.into());
        let times = if taken == 1 { String::new() } else { format!("{taken} × ") };
        let line = ("whole_containers", "Given as whole containers");
        let formula = format!("{times}{}", self.viable.as_typed());
        let (gives, meets) = self.gives(sheet, line, &formula, count.times(self.viable.exact()))?;
        let volume = self.volume.as_ref().map(|v| count.times(v.exact()).ok_or_else(too_long)).transpose()?;
        let shown = self.volume.as_ref().map(|v| format!("{times}{}", v.as_typed())).unwrap_or_default();
        Ok(Some(Way { volume, shown, gives, meets }))
    }

    /// The volume that holds the dose, and what it gives as it can be read on a syringe: to 0.1
    /// mL, below 1 mL to 0.01 mL, and never more than the containers hold.
    fn drawn_volume(&self, sheet: &mut Sheet, dose: Exact, shown: &str, needed: u64) -> Result<Option<Way>, Refusal> {
        let Some(container) = self.volume.as_ref().filter(|_| needed <= self.available) else { return Ok(None) };
        let viable = &self.viable;
        let volume = dose.over(viable.exact()).and_then(|parts| parts.times(container.exact()));
        let formula = format!("{shown} / {} × {}", viable.as_typed(), container.as_typed());
        sheet.add(("volume", "Volume that holds the dose", "mL"), &formula, volume, None)?;
        let volume = volume.ok_or_else(too_long)?;
        let decimals = if volume < Exact::whole(1) { 2 } else { 1 };
        let content = container.exact().times(Exact::whole(needed.into()));
        let read = volume.half_up(decimals).filter(|read| content.is_some_and(|content| *read <= content));
        let read = read.or_else(|| volume.down_to(decimals)).ok_or_else(too_long)?;
        let digits = written(Some(read))?.digits;
        let formula = format!("{digits} / {} × {}", container.as_typed(), viable.as_typed());
        let cells = read.over(container.exact()).and_then(|parts| parts.times(viable.exact()));
        let (gives, meets) = self.gives(sheet, ("drawn_volume", "Given as a drawn volume"), &formula, cells)?;
        Ok(Some(Way { volume: Some(read), shown: digits, gives, meets }))
    }

    /// Rounded down, because a maximum is never shown higher than it is.
    fn container_carries(&self, sheet: &mut Sheet, target: Exact) -> Result<(), Refusal> {
        let unit = match self.dosing.basis {
            Basis::PerKg => "kg",
            Basis::PerCm2 => "cm²",
            Basis::Fixed => "doses",
        };
        let parts = self.viable.exact().over(target);
        let value = self.dosing.carried(&self.viable, self.target).ok_or_else(too_long)?;
        let target = self.target.as_str();
        let formula = format!("{} / {target} = {}", self.viable.as_typed(), written(parts)?.in_formula());
        let (code, label) = ("container_carries", "One container is enough for at most");
        sheet.lines.push(PlanLine { code, label, value, unit: Some(unit), formula, meets: None });
        Ok(())
    }

    fn find_problems(&self, sheet: &mut Sheet, needed: u64, whole: Option<&Way>, drawn: Option<&Way>) {
        let Some(whole) = whole else {
            sheet.problems.push("The lot has no container left to give.".to_owned());
            return;
        };
        if whole.meets || drawn.is_some_and(|way| way.meets) {
            return;
        }
        let gives = &whole.gives;
        sheet.problems.push(match drawn {
            _ if needed > self.available => format!(
                "The dose needs {needed} containers and the lot has {}. All that there is gives {gives}.",
                self.available
            ),
            None => format!(
                "Whole containers give {gives}, and nothing can be drawn out of them as long as no measured volume \
                 is recorded."
            ),
            Some(drawn) => format!(
                "Whole containers give {gives}; {} mL, as a syringe is read, gives {}.",
                drawn.shown, drawn.gives
            ),
        });
    }

    /// Endotoxin per kg and hour against K, and the limit K/M in EU/mL that follows from it.
    fn endotoxin(&self, sheet: &mut Sheet, way: Option<&Way>) -> Result<(), Refusal> {
        let Some(k) = &self.dosing.endotoxin_k else {
            return sheet.endotoxin_not_checked("the specification has no threshold for it");
        };
        let Some(weight) = &self.weight else {
            return sheet.endotoxin_not_checked("the patient's weight was not given");
        };
        let Some(way) = way else { return sheet.endotoxin_not_checked("there is nothing to give") };
        let Some(volume) = way.volume else {
            return sheet.endotoxin_not_checked("no measured volume of a container is recorded");
        };
        let hours = self.hours.as_ref().filter(|hours| hours.exact() > Exact::whole(1));
        let (hourly, shown) = match hours {
            Some(hours) => (volume.over(hours.exact()), format!("{} / {}", way.shown, hours.as_typed())),
            None => (Some(volume), way.shown.clone()),
        };
        let threshold = Exact::of(k.number()).ok_or_else(too_long)?;
        let per_kg = hourly.and_then(|hourly| hourly.over(weight.exact()));
        let (k, kg) = (k.as_str(), weight.as_typed());
        let line = ("endotoxin_allowance", "Endotoxin this patient may get in an hour", "EU/h");
        sheet.add(line, &format!("{k} × {kg}"), threshold.times(weight.exact()), None)?;
        let line = ("endotoxin_limit", "Hence the limit for this dose", "EU/mL");
        let limit = per_kg.and_then(|per_kg| threshold.over(per_kg));
        sheet.add(line, &format!("{k} / ({shown} / {kg})"), limit, None)?;
        match &self.endotoxin {
            None => sheet.endotoxin_not_checked("the lot has no endotoxin result in EU/mL"),
            Some(reading) => {
                let result = per_kg.and_then(|per_kg| reading.exact().times(per_kg));
                let formula = format!("{} × {shown} / {kg}", reading.as_typed());
                judge_endotoxin(sheet, reading, &formula, result, (threshold, k))
            }
        }
    }
}

/// A censored reading is acceptable only where every value it may stand for is.
fn judge_endotoxin(
    sheet: &mut Sheet,
    reading: &Amount,
    formula: &str,
    result: Option<Exact>,
    (threshold, k): (Exact, &str),
) -> Result<(), Refusal> {
    let digits = written(result)?;
    let result = result.ok_or_else(too_long)?;
    let meets = match reading.qualifier() {
        Qualifier::Exact => Some(result <= threshold),
        Qualifier::Below => (result <= threshold).then_some(true),
        Qualifier::Above => (result >= threshold).then_some(false),
    };
    let sign = reading.sign();
    let value = format!("{sign}{}", digits.digits);
    let short = shortened(&value);
    match meets {
        Some(true) => {}
        Some(false) => sheet
            .problems
            .push(format!("The dose would bring {short} EU/kg/h of endotoxin, and at most {k} is acceptable.")),
        None => sheet.problems.push(format!(
            "The dose would bring {short} EU/kg/h of endotoxin, which cannot be compared with at most {k}: test again \
             with a suitable dilution."
        )),
    }
    let formula = format!("{formula} = {sign}{}; at most {k} is acceptable", digits.in_formula());
    let (code, label) = ("endotoxin", "Endotoxin per kg and hour");
    sheet.lines.push(PlanLine { code, label, value, unit: Some("EU/kg/h"), formula, meets });
    Ok(())
}
