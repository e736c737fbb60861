//! How the results came about: values changed after first entry, every run with its people and
//! controls, notes on reading the certificate, and the end mark.
//!
//! Promises: every run is listed, invalid ones too; every change is listed with its reason; the
//! end mark is the last text, so that a missing page is noticed.

use super::page::{Align, MARGIN, MEASURE, Sheet};
use super::render::{RenderError, View};
use super::sections::{BODY, LABEL, NOTE, heading, paragraph};
use super::table::{Cell, Row, Table};
use super::words;
use super::wrap::{Ink, wrap};
use crate::domain::certificate::{PersonRecord, RunRecord};

/// Room above the end mark.
const END_SPACE: f32 = 5.0;

fn column(text: &str) -> Cell {
    Cell::new(text, LABEL).heads("Column")
}

fn person(person: &PersonRecord) -> String {
    format!("{} ({})", person.name, person.username)
}

/// "Results changed after first entry", with the list (EU GMP Annex 11, 8.2).
pub fn changes(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let changes = &view.record.dossier.changes;
    sheet.space(5.0);
    sheet.need(30.0);
    // Layout 3 says it in the words of Annex 11 (8.2): yes or no.
    let (none, some) = if view.record.layout >= 3 { ("No", "Yes, ") } else { ("0 (none)", "") };
    if changes.is_empty() {
        return paragraph(sheet, &format!("Results changed after first entry: {none}"), &BODY.bold());
    }
    let count = format!("Results changed after first entry: {some}{}", changes.len());
    paragraph(sheet, &count, &BODY.bold())?;
    sheet.space(2.0);
    let mut rows = Vec::new();
    for change in changes {
        rows.push(Row::new(vec![
            Cell::new(change.attribute.as_str(), BODY),
            Cell::new(change.run.to_string(), BODY).right(),
            Cell::new(words::or(&change.before, "None"), BODY).right(),
            Cell::new(words::or(&change.after, "None"), BODY).right(),
            Cell::new(words::or(&change.reason, "No reason recorded"), BODY),
            Cell::new(person(&change.by), BODY).and(words::minute(&change.at, view.zone)?, NOTE),
        ]));
    }
    Table {
        x: MARGIN,
        widths: vec![84.0, 28.0, 52.0, 52.0, 157.0, MEASURE - 373.0],
        head: Some(Row::new(vec![
            column("Attribute"),
            column("Run").right(),
            column("Before").right(),
            column("After").right(),
            column("Reason"),
            column("Changed by"),
        ])),
        rows,
        pad: 1.1,
    }
    .draw(sheet)?;
    Ok(())
}

/// "Test runs".
pub fn runs(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    heading(sheet, "Test runs", 60.0)?;
    let runs = &view.record.dossier.runs;
    if runs.is_empty() {
        return paragraph(sheet, "None recorded.", &BODY);
    }
    let mut rows = Vec::new();
    for run in runs {
        rows.extend(run_rows(run, view)?);
    }
    Table {
        x: MARGIN,
        widths: vec![38.0, 143.0, 112.0, 104.0, MEASURE - 397.0],
        head: Some(Row::new(vec![
            column("Run"),
            column("Assay, instrument, method"),
            column("Read, begun"),
            column("Entered by"),
            column("Verified by"),
        ])),
        rows,
        pad: 0.7,
    }
    .draw(sheet)?;
    Ok(())
}

/// Two rows: who and when, and below it what was found, which needs the width.
fn run_rows(run: &RunRecord, view: &View<'_>) -> Result<[Row; 2], RenderError> {
    let dark = NOTE.ink(Ink::Black);
    let instrument = words::or(&run.instrument, "no instrument");
    let assay = words::or(&run.assay, "assay not recorded");
    let assay =
        Cell::new(format!("{assay}, {instrument}"), dark).and(words::or(&run.method, "Method not recorded"), NOTE);
    let times = Cell::new(format!("read {}", words::minute(&run.tested_at, view.zone)?), dark);
    let times = match &run.started_at {
        Some(at) => times.and(format!("since {}", words::minute(at, view.zone)?), NOTE),
        None => times,
    };
    let signed = |by: &PersonRecord, at: &str| -> Result<Cell, RenderError> {
        let at = words::minute(at, view.zone)?;
        Ok(Cell::new(person(by), dark).and(at, NOTE))
    };
    let entered = signed(&run.entered_by, &run.entered_at)?;
    let verified = match (&run.verified_by, &run.verified_at) {
        (Some(by), Some(at)) => signed(by, at)?,
        _ => Cell::new("Not verified by a second person", dark),
    };
    let number = Cell::new(run.run.to_string(), BODY.bold());
    let validity = if run.valid { "✓ Valid" } else { "✗ Invalid" };
    let first = Row::new(vec![number, assay, times, entered, verified]).keep();
    let found = Cell::new(found(run), dark).over(4);
    Ok([Row { ruled: false, ..first }, Row::new(vec![Cell::new(validity, dark), found])])
}

/// Values, controls and remark of a run in one paragraph.
fn found(run: &RunRecord) -> String {
    let readings: Vec<String> = run
        .readings
        .iter()
        .map(|r| format!("{} {}", r.attribute, words::with_unit(&r.value, r.unit.as_deref())))
        .collect();
    let controls: Vec<String> =
        run.controls.iter().map(|c| format!("{} {}", c.name, words::powers(&c.value))).collect();
    let values = words::or(&readings.join("; "), "no values");
    let controls = words::or(&controls.join("; "), "none recorded");
    let remark = match run.comment.trim() {
        "" => String::new(),
        text => format!("   ·   Remark: {text}"),
    };
    format!("{values}   ·   Controls: {controls}{}{remark}", more(run))
}

/// What only some runs have: on what they were made, reagents, evidence, second entry, flags.
fn more(run: &RunRecord) -> String {
    let several = |label: &str, items: &[String]| (!items.is_empty()).then(|| format!("{label}: {}", items.join(", ")));
    let evidence = match run.evidence.len() {
        0 => None,
        n => Some(format!("Evidence files: {n}, by SHA-256 in the attached record")),
    };
    let parts = [
        run.of.as_ref().map(|of| format!("Made on {of}")),
        run.investigation.as_ref().map(|number| format!("Re-test of {number}")),
        run.invalidated.as_ref().map(|why| format!("Declared invalid: {why}")),
        several("Reagents", &run.reagents),
        evidence,
        several("Typed again blind by the verifier", &run.second_entry),
        several("Accepted by the site's policy", &run.flags),
    ];
    parts.into_iter().flatten().map(|part| format!("   ·   {part}")).collect()
}

/// What a reader must know to read the numbers, and the end mark.
pub fn notes(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    heading(sheet, "Notes", 24.0)?;
    let record = view.record;
    let dossier = &record.dossier;
    let offset = words::offset(&record.issued_at, view.zone)?;
    let mut notes = Vec::new();
    if record.site.synthetic {
        notes.push(
            match view.notice {
                None => {
                    "SYNTHETIC: the data are demonstration data. This certificate releases nothing and \
                     is not for patient use."
                }
                Some(_) => {
                    "SYNTHETIC: the data are demonstration data. This notice releases nothing and is not for \
                     patient use."
                }
            }
            .to_owned(),
        );
    }
    if dossier.specification.example {
        notes.push("EXAMPLE: the specification is a shipped example that no site has approved.".to_owned());
    }
    notes.push(format!(
        "Times are shown in {} ({offset} at the time of issue); each carries its own offset from \
         UTC.",
        record.zone
    ));
    notes.push(words::rounding(&dossier.specification.rounding));
    let censored = |value: &String| words::censored(value);
    if dossier.results.iter().map(|r| &r.as_typed).any(censored) {
        notes.push(
            "A value with < or > is censored: the true value lies beyond the number. It passes only \
             where every value it can stand for passes."
                .to_owned(),
        );
    }
    notes.push(
        "NLT: not less than. NMT: not more than. Verified: compared with the raw data by a second \
         person. An invalid run (a control failed) gives no result and is kept."
            .to_owned(),
    );
    for (at, note) in notes.iter().enumerate() {
        let (text, style) = (format!("{}. {note}", at + 1), NOTE.ink(Ink::Black));
        // The end mark does not stand alone on a page.
        if at + 1 == notes.len() {
            let lines = wrap(&text, &style, MEASURE)?.len();
            sheet.need(lines as f32 * style.leading() + END_SPACE + BODY.leading() + 1.0);
        }
        paragraph(sheet, &text, &style)?;
        sheet.space(1.0);
    }
    sheet.space(END_SPACE);
    sheet.need(BODY.leading());
    sheet.tags.open("P");
    let end = if view.notice.is_some() { "— End of notice —" } else { "— End of certificate —" };
    sheet.paragraph((MARGIN, MEASURE), Align::Centre, end, &BODY.bold())?;
    sheet.tags.close();
    Ok(())
}
