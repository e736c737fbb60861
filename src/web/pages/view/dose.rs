//! Planning one dose from a lot: the section of the lot's page.

use super::parts::{Choice, Field, Unit};

/// The section.
#[derive(Debug, Clone, Default)]
pub struct DosePanel {
    /// What one container is enough for.
    pub carries: String,
    /// What it is worked out from.
    pub supply: String,
    /// Why nothing can be planned; empty where it can.
    pub closed: String,
    /// The targets to choose from, where there are several.
    pub targets: Vec<Choice>,
    /// What is wrong with the target.
    pub target_problem: Option<String>,
    /// The patient's weight.
    pub weight: Field,
    /// The area treated, where the dose is per area.
    pub area: Option<Field>,
    /// Hours of infusion.
    pub hours: Field,
    /// The arithmetic, once something was asked.
    pub lines: Vec<DoseRow>,
    /// Why the dose cannot be given so.
    pub problems: Vec<String>,
    /// What could not be checked.
    pub unchecked: Vec<String>,
    /// One line about the result; empty before anything was asked.
    pub summary: String,
}

/// One line of the arithmetic.
#[derive(Debug, Clone, Default)]
pub struct DoseRow {
    /// What it is.
    pub label: String,
    /// The formula with its numbers and its result.
    pub formula: String,
    /// The unit.
    pub unit: Unit,
    /// `pass`, `fail`, or empty.
    pub mark: &'static str,
    /// The mark in words.
    pub word: &'static str,
}

impl DosePanel {
    /// A patient of 70 kg.
    pub fn sample() -> Self {
        let row = |label: &str, formula: &str, mark, word| DoseRow {
            label: label.into(),
            formula: formula.into(),
            unit: Unit::default(),
            mark,
            word,
        };
        Self {
            carries: "One container of 30 ×10⁶ viable cells carries at most 60.0 kg at 0.5 ×10⁶ cells/kg.".into(),
            supply: "4 containers, each with 30 ×10⁶ viable cells in 22 mL; endotoxin <0.05 EU/mL.".into(),
            weight: Field::of("70"),
            lines: vec![
                row("Viable cells of the dose", "0.5 × 70 = 35", "", ""),
                row("Whole containers give", "2 × 30 / 70 = 0.857142…; 0.45 to 0.55 is acceptable", "fail", "Outside"),
            ],
            summary: "35 ×10⁶ viable cells from 2 containers.".into(),
            ..Self::default()
        }
    }

    /// A weight that is none.
    pub fn sample_refused() -> Self {
        let refused = "Patient’s weight: type a plain number such as 70.5; use a point, not a comma.";
        Self { weight: Field::of("70,5").refused(refused), lines: vec![], summary: String::new(), ..Self::sample() }
    }
}
