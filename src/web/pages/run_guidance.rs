//! What a run's form says before anything is typed: definitions, media, reading days, which values
//! need evidence, what is still recorded for a lot that has left.

use crate::domain::file::{FILE_BYTES_MAX, MediaType};
use crate::domain::investigation::Investigation;
use crate::domain::lot::Lot;
use crate::domain::spec::{Acceptance, Assay, Criterion, Specification};

/// What is still recorded for a lot that has left.
pub fn late_guidance(lot: &Lot) -> Option<String> {
    if lot.course.revocation.is_some() {
        return Some("The lot was revoked: only results that fail are still recorded for it.".to_owned());
    }
    lot.standing_paper()
        .map(|paper| format!("{paper} stands. A result that fails revokes it at once, after one more question."))
}

/// What a correction still does to a lot that has left.
pub fn late_correction(lot: &Lot) -> Option<String> {
    let paper = lot.standing_paper()?;
    Some(match lot.takes_only_failures() {
        true => format!(
            "{paper} stands. Only a correction that makes a result fail is still recorded; it revokes {paper} at once, after \
             one more question."
        ),
        false => {
            format!(
                "{paper} stands. A correction that makes a result fail revokes it at once, after one more question."
            )
        }
    })
}

/// Which re-test of a plan the form is for.
pub fn retest_guidance(retest: Option<&Investigation>) -> Option<String> {
    let retest = retest?;
    let planned = retest.plan.as_ref().map_or(0, |plan| plan.what.retests);
    let next = retest.retests.len() + 1;
    Some(format!("Re-test {next} of {planned} under {}: it is reported whatever it reads.", retest.number))
}

/// What to know of the assay and its criteria.
pub fn guidance(spec: &Specification, assay: &Assay, criteria: &[&Criterion]) -> Vec<String> {
    let mut lines: Vec<String> =
        criteria.iter().filter_map(|c| c.definition.as_ref().map(|text| format!("{}: {text}", c.name))).collect();
    for criterion in criteria {
        if let Some(calculation) = &criterion.calculated {
            lines.push(format!("{} is calculated: {}.", criterion.name, calculation.in_words()));
        }
        let names = criterion.covers.iter().map(|code| spec.criterion(code).map_or(code.as_str(), |c| &c.name));
        let names: Vec<&str> = names.collect();
        if !names.is_empty() {
            lines.push(format!("{} is one reading that answers {}.", criterion.name, names.join(", ")));
        }
    }
    let media: Vec<String> = assay.media.iter().map(|m| format!("{} at {}", m.name, m.temperature)).collect();
    if !media.is_empty() {
        lines.push(format!("Media: {}.", media.join("; ")));
    }
    if let [days @ .., last] = assay.read_on_days.as_slice() {
        let days: Vec<String> = days.iter().map(|day| format!("day {day}, ")).collect();
        lines.push(format!("Read on {}and finally on day {last}.", days.concat()));
    }
    for criterion in criteria {
        let Acceptance::Categorical { acceptable, interim, incubation_hours_min: Some(hours), .. } =
            &criterion.acceptance
        else {
            continue;
        };
        let until = interim.first().map(|word| format!(" Until then record “{word}”.")).unwrap_or_default();
        let line = format!(
            "A final “{}” can be read {} × 24 h after incubation started.{until}",
            acceptable.join("” or “"),
            hours / 24
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What to choose as evidence, and which values need it.
pub fn evidence_hint(criteria: &[&Criterion]) -> String {
    let words: Vec<&str> = MediaType::ALL.iter().map(|t| t.word()).collect();
    let kinds = format!("{}; at most {} MB each.", words.join(", "), FILE_BYTES_MAX / 1_000_000);
    let needing: Vec<&str> = criteria.iter().filter(|c| c.evidence).map(|c| c.name.as_str()).collect();
    match needing.as_slice() {
        [] => kinds,
        [one] => format!("{one} needs a file. {kinds}"),
        several => format!("{} need a file. {kinds}", several.join(", ")),
    }
}
