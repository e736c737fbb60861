//! What happened around the results: criteria that do not apply, investigations, deviations.
//!
//! Promises: drawn from layout 2 on; each list is there even where it is empty, so that its
//! absence cannot be mistaken for silence; every re-test is named.

use super::page::{MARGIN, MEASURE, Sheet};
use super::render::{RenderError, View};
use super::sections::{BODY, LABEL, NOTE, paragraph};
use super::table::{Cell, Row, Table};
use super::words;
use crate::domain::certificate::{DeviationRecord, InvestigationRecord, PersonRecord};

/// The three lists below the results.
pub fn quality(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let dossier = &view.record.dossier;
    if !dossier.not_applicable.is_empty() {
        lead(sheet, &format!("Not applicable to this lot: {}", dossier.not_applicable.len()))?;
        for one in &dossier.not_applicable {
            let text = format!("{}, {}: {}.", one.name, words::powers(&one.acceptance), one.because);
            paragraph(sheet, &text, &BODY)?;
        }
    }
    if dossier.investigations.is_empty() {
        lead(sheet, "Investigations of results out of specification: 0 (none)")?;
    } else {
        lead(sheet, &format!("Investigations of results out of specification: {}", dossier.investigations.len()))?;
        let rows = dossier.investigations.iter().map(|i| investigation(i, view)).collect::<Result<Vec<_>, _>>()?;
        table(["Number", "Result out of specification", "Outcome, cause", "Closed by"], rows).draw(sheet)?;
    }
    if dossier.deviations.is_empty() {
        return lead(sheet, "Deviations and holds: 0 (none)");
    }
    lead(sheet, &format!("Deviations and holds: {}", dossier.deviations.len()))?;
    let rows = dossier.deviations.iter().map(|d| deviation(d, view)).collect::<Result<Vec<_>, _>>()?;
    table(["Number", "What happened", "Assessment", "Closed by"], rows).draw(sheet)?;
    Ok(())
}

fn lead(sheet: &mut Sheet, text: &str) -> Result<(), RenderError> {
    sheet.space(5.0);
    sheet.need(30.0);
    paragraph(sheet, text, &BODY.bold())?;
    sheet.space(2.0);
    Ok(())
}

fn table(heads: [&str; 4], rows: Vec<Row>) -> Table {
    let head = Row::new(heads.into_iter().map(|text| Cell::new(text, LABEL).heads("Column")).collect());
    Table { x: MARGIN, widths: vec![84.0, 170.0, 150.0, MEASURE - 404.0], head: Some(head), rows, pad: 1.1 }
}

fn closed(by: Option<&PersonRecord>, at: Option<&String>, view: &View<'_>) -> Result<Cell, RenderError> {
    match (by, at) {
        (Some(by), Some(at)) => {
            let at = words::minute(at, view.zone)?;
            Ok(Cell::new(format!("{} ({})", by.name, by.username), BODY).and(at, NOTE))
        }
        _ => Ok(Cell::new("Open", BODY.bold())),
    }
}

fn investigation(one: &InvestigationRecord, view: &View<'_>) -> Result<Row, RenderError> {
    let retests: Vec<String> = one.retests.iter().map(|run| format!("#{run}")).collect();
    let retests = match retests.len() {
        0 => "no re-test".to_owned(),
        _ => format!("re-tests {}", retests.join(", ")),
    };
    let cause = one.cause.as_ref().map_or("no cause recorded", String::as_str);
    Ok(Row::new(vec![
        Cell::new(one.number.as_str(), BODY).and(one.of.as_str(), NOTE),
        Cell::new(format!("run {}", one.run), BODY)
            .and(words::powers(&one.failures.join("; ")), NOTE)
            .and(retests, NOTE),
        Cell::new(one.outcome.as_str(), BODY.bold()).and(cause, NOTE),
        closed(one.closed_by.as_ref(), one.closed_at.as_ref(), view)?,
    ]))
}

fn deviation(one: &DeviationRecord, view: &View<'_>) -> Result<Row, RenderError> {
    Ok(Row::new(vec![
        Cell::new(one.number.as_str(), BODY).and(format!("{}, {}", one.kind, one.of), NOTE),
        Cell::new(one.description.as_str(), BODY),
        Cell::new(one.assessment.as_ref().map_or("None yet", String::as_str), BODY),
        closed(one.closed_by.as_ref(), one.closed_at.as_ref(), view)?,
    ]))
}
