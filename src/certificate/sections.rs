//! The certificate proper: title, A product, B results, C certification.
//!
//! Promises: one row for each criterion of the specification, in its order; nothing blank, an
//! absence says why; a signature is never cut by a page break.

use super::page::{Align, MARGIN, MEASURE, Sheet};
use super::render::{RenderError, View};
use super::table::{Cell, Row, Table};
use super::words;
use super::wrap::{Figures, Ink, Style, wrap};
use crate::domain::certificate::{CorrectedRecord, Dossier, ResultRecord, SignatureRecord, SourceRecord};

/// Running text.
pub const BODY: Style = Style::text(7.5);
/// Second lines and notes.
pub const NOTE: Style = Style::text(6.4).ink(Ink::Grey);
/// Labels and column heads.
pub const LABEL: Style = Style::text(6.5).bold().ink(Ink::Grey);
/// Hashes.
pub const HASH: Style = Style::text(6.9).figures(Figures::Mono);

/// The acts that release a lot.
const RELEASING: [&str; 3] = ["release", "qp_certification", "supersession"];

/// A paragraph of up to so many lines is kept whole.
const SHORT_LINES: usize = 5;

/// A section heading with its rule, kept together with `follows` points of what comes after.
pub fn heading(sheet: &mut Sheet, text: &str, follows: f32) -> Result<(), RenderError> {
    const STYLE: Style = Style::text(9.2).bold().ink(Ink::Accent);
    sheet.space(7.0);
    sheet.need(STYLE.leading() + 4.0 + follows);
    sheet.tags.open("H2");
    sheet.paragraph((MARGIN, MEASURE), Align::Left, text, &STYLE)?;
    sheet.tags.close();
    sheet.space(1.5);
    sheet.rule_here(MARGIN, MEASURE, 0.6, Ink::Accent);
    sheet.space(2.0);
    Ok(())
}

/// A paragraph of its own.
pub fn paragraph(sheet: &mut Sheet, text: &str, style: &Style) -> Result<(), RenderError> {
    paragraph_in(sheet, MEASURE, text, style)
}

/// A paragraph in a narrower column. Short ones are not cut by a page break.
pub fn paragraph_in(sheet: &mut Sheet, column: f32, text: &str, style: &Style) -> Result<(), RenderError> {
    let lines = wrap(text, style, column)?.len().min(SHORT_LINES);
    sheet.need(lines as f32 * style.leading());
    sheet.tags.open("P");
    sheet.paragraph((MARGIN, column), Align::Left, text, style)?;
    sheet.tags.close();
    Ok(())
}

/// Site and title.
pub fn title(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    const TITLE: Style = Style::text(16.0).bold().ink(Ink::Accent);
    // On one line: the word CERTIFICATE must not stand on a line of its own.
    const OF_NOTICE: Style = Style::text(14.8).bold().ink(Ink::Accent);
    let record = view.record;
    sheet.tags.open("H1");
    let title = view.notice.map_or("Certificate of batch release", |notice| notice.title.as_str());
    let style = if view.notice.is_some() { OF_NOTICE } else { TITLE };
    sheet.paragraph((MARGIN, MEASURE), Align::Left, title, &style)?;
    sheet.tags.close();
    sheet.space(1.0);
    paragraph(sheet, &record.site.name, &Style::text(10.0).bold())?;
    let address = words::or(&record.site.address, "Address: not recorded");
    let licence = match record.site.licence.trim() {
        "" => "Manufacturing authorisation: not recorded".to_owned(),
        number => format!("Manufacturing authorisation {number}"),
    };
    paragraph(sheet, &format!("{address}   ·   {licence}"), &BODY)
}

/// Which version it is, and what it replaces (from layout 3 on).
pub fn replaces(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let record = view.record;
    let Some(version) = record.version else { return Ok(()) };
    let Some(old) = &record.supersedes else {
        return paragraph(sheet, &format!("Version {version}   ·   Supersedes: none"), &BODY);
    };
    let shown = |text: &str| words::minute(text, view.zone).unwrap_or_else(|_| text.to_owned());
    let told =
        |c: &CorrectedRecord| format!("{}: {} → {}", c.field.replace('_', " "), shown(&c.before), shown(&c.after));
    let corrected = old.corrections.iter().map(told).collect::<Vec<_>>().join("; ");
    let text = format!(
        "Version {version}   ·   Supersedes certificate {}, which must not be used any more. What was wrong: {}. \
         Corrected: {corrected}.",
        old.certificate,
        old.reason.trim_end_matches('.')
    );
    paragraph(sheet, &text, &BODY.bold())
}

/// Label and value side by side, two pairs in a row.
fn pairs(x: f32, widths: &[f32], items: Vec<(&str, String, Style)>) -> Table {
    let in_row = widths.len() / 2;
    let mut rows = Vec::new();
    for chunk in items.chunks(in_row.max(1)) {
        let mut cells = Vec::new();
        for (label, value, style) in chunk {
            cells.push(Cell::new(*label, LABEL).heads("Row"));
            cells.push(Cell::new(value.as_str(), *style));
        }
        if let (true, Some(last)) = (chunk.len() < in_row, cells.last_mut()) {
            last.span += 2 * (in_row - chunk.len());
        }
        rows.push(Row::new(cells));
    }
    Table { x, widths: widths.to_vec(), head: None, rows, pad: 1.5 }
}

/// Section A.
pub fn product(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let dossier = &view.record.dossier;
    let specification = &dossier.specification;
    heading(sheet, "A   Product", 40.0)?;
    let released = view.record.signatures.iter().any(|s| RELEASING.contains(&s.act.as_str()));
    let disposition = match (view.notice, released) {
        (Some(_), _) => "… Conditionally released: results are still to come",
        (None, true) => "✓ Released",
        (None, false) => "Not released: no release is signed",
    };
    let unknown = "Not recorded";
    let containers = match dossier.containers {
        1 => "1 container".to_owned(),
        n => format!("{n} containers"),
    };
    let judged = format!("{}, version {}", specification.title, specification.version);
    let strong = BODY.bold();
    let name = words::or(&dossier.product_name, "Unnamed product");
    let code = words::or(&dossier.product, "no code");
    let items = vec![
        ("Product", format!("{name} ({code})"), BODY),
        ("Issued", words::second(&view.record.issued_at, view.zone)?, BODY),
        ("Lot number", words::or(&dossier.lot, unknown), strong),
        ("Donor code", words::or(&dossier.donor, unknown), BODY),
        ("Manufactured", words::minute(&dossier.manufactured_at, view.zone)?, BODY),
        ("Expires", words::minute(&dossier.expires_at, view.zone)?, strong),
        ("Quantity", containers, BODY),
        ("Disposition", disposition.to_owned(), strong),
        ("Specification", judged, BODY),
        ("In force from", words::minute(&specification.effective_from, view.zone)?, BODY),
    ];
    let mut items = items;
    if let Some(made_from) = made_from(dossier) {
        items.push(("Made from", made_from, BODY));
    }
    if !dossier.statements.is_empty() {
        items.push(("Stated", dossier.statements.join(", "), BODY));
    }
    if let Some(dosing) = &dossier.dosing {
        items.push(("Dosing", words::powers(dosing), BODY));
    }
    if let Some(route) = &view.record.route {
        items.push(("Route", words::route(route, view.record.policy_version.unwrap_or_default()), BODY));
    }
    if let Some(notice) = &view.record.notice {
        let at = words::minute(&notice.issued_at, view.zone)?;
        items.push(("Step 1", format!("conditional notice {} of {at}", notice.notice), BODY));
    }
    pairs(MARGIN, &[62.0, 219.0, 68.0, MEASURE - 349.0], items).draw(sheet)?;
    Ok(())
}

/// The banks and the donor the lot was made from: `MCB-0007 (bank, passage 2, 5.2 doublings)`.
fn made_from(dossier: &Dossier) -> Option<String> {
    let one = |source: &SourceRecord| {
        let passage = source.passage.map(|p| format!(", passage {p}"));
        let doublings = source.population_doublings.as_ref().map(|d| format!(", {d} population doublings"));
        let more = [passage, doublings].into_iter().flatten().collect::<String>();
        format!("{} ({}{more})", source.number, source.stage)
    };
    let all: Vec<String> = dossier.sources.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Section B: every criterion, grouped as the specification groups them.
pub fn results(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    heading(sheet, "B   Results", 60.0)?;
    let results = &view.record.dossier.results;
    if results.is_empty() {
        return paragraph(sheet, "None: the specification has no criteria.", &BODY);
    }
    let column = |text: &str| Cell::new(text, LABEL).heads("Column");
    let head = Row::new(vec![
        column("Attribute"),
        column("Method, time of test"),
        column("Acceptance criterion"),
        column("As typed").right(),
        column("Reported").right(),
        column("Verdict"),
        column("Run").right(),
    ]);
    let mut rows = Vec::new();
    let mut section = None;
    for result in results {
        if section != Some(&result.section) {
            section = Some(&result.section);
            let name = words::or(&result.section, "Without a section");
            let cell = Cell::new(name, BODY.bold().ink(Ink::Accent));
            rows.push(Row::new(vec![cell.heads("Column").over(7)]).keep());
        }
        let row = result_row(result, view)?;
        match result.definition.as_ref().filter(|d| !d.trim().is_empty()) {
            None => rows.push(row),
            Some(definition) => {
                rows.push(Row { ruled: false, ..row }.keep());
                let text = format!("{}: {}", result.name, words::powers(definition));
                rows.push(Row::new(vec![Cell::new(text, NOTE).over(7)]));
            }
        }
    }
    Table {
        x: MARGIN,
        widths: vec![97.0, 128.0, 104.0, 53.0, 59.0, 40.0, MEASURE - 481.0],
        head: Some(head),
        rows,
        pad: 1.3,
    }
    .draw(sheet)?;
    Ok(())
}

fn result_row(result: &ResultRecord, view: &View<'_>) -> Result<Row, RenderError> {
    let mut attribute = Cell::new(words::or(&result.name, &result.attribute), BODY);
    if result.kind != "required" {
        attribute = attribute.and(format!("{} only", result.kind), NOTE);
    }
    let method = Cell::new(words::or(&result.method, "Method not recorded"), BODY)
        .and(words::minute(&result.tested_at, view.zone)?, NOTE);
    let method = match &result.inherited_from {
        Some(source) => method.and(format!("inherited from {source}"), NOTE),
        None => method,
    };
    let criterion = Cell::new(words::powers(&words::or(&result.acceptance, "Report only")), BODY);
    let arithmetic = result.arithmetic.trim();
    let criterion = if arithmetic.is_empty() {
        criterion.and("Compared as typed", NOTE)
    } else {
        criterion.and(words::powers(arithmetic), NOTE)
    };
    let criterion = match &result.alert {
        Some(alert) => criterion.and(format!("beyond the {}", words::powers(alert)), NOTE),
        None => criterion,
    };
    let typed = words::or(&result.as_typed, "None");
    let reported = words::or(&result.reported, "None");
    let reported = words::with_unit(&reported, result.unit.as_deref());
    Ok(Row::new(vec![
        attribute,
        method,
        criterion,
        Cell::new(typed, BODY).right(),
        Cell::new(reported, BODY.bold()).right(),
        Cell::new(words::verdict(&result.outcome), BODY.bold()),
        Cell::new(result.run.to_string(), BODY).right(),
    ]))
}

/// Section C: the statement and who signed it.
pub fn certification(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let title = if view.notice.is_some() { "C   Conditional release" } else { "C   Certification" };
    heading(sheet, title, 90.0)?;
    let dossier = &view.record.dossier;
    let required: Vec<&ResultRecord> = dossier.results.iter().filter(|r| r.kind == "required").collect();
    let met = required.iter().filter(|r| r.outcome == "pass").count();
    let open = view.notice.map_or(&[][..], |notice| &notice.pending);
    // What is pending and was never read stands under no result.
    let unread = open.iter().filter(|p| !required.iter().any(|r| r.attribute == p.attribute.as_str())).count();
    let still_to_come = match open.len() {
        0 => String::new(),
        n => format!(", and {n} still to come"),
    };
    let statement = format!(
        "Lot {} of {} was judged against the specification named in section A: {met} of {} \
         required criteria are met, as section B shows{still_to_come}. Each person below has signed the meaning \
         beside their name by an electronic signature bound to exactly these data.",
        dossier.lot,
        dossier.product,
        required.len() + unread
    );
    paragraph(sheet, &statement, &BODY)?;
    if view.notice.is_some() {
        let not_yet = "This is no release certificate: none exists until the last result passes and the second step \
                       is signed.";
        paragraph(sheet, not_yet, &BODY.bold())?;
    }
    if !view.record.signatures.iter().any(|s| s.role == "qp") {
        let scope = "No Qualified Person has signed here: by itself this is not the certification \
                     of EU GMP Annex 16.";
        paragraph(sheet, scope, &NOTE)?;
    }
    if view.record.signatures.is_empty() {
        return paragraph(sheet, "Signatures: none.", &BODY.bold());
    }
    for signature in &view.record.signatures {
        sheet.space(4.0);
        let table = signature_table(signature, view)?;
        let height = table.height()?;
        if height <= sheet.room_max() {
            sheet.need(height);
        }
        table.draw(sheet)?;
    }
    Ok(())
}

fn signature_table(signature: &SignatureRecord, view: &View<'_>) -> Result<Table, RenderError> {
    let name = format!("{} ({})", signature.name, signature.username);
    let mut items = vec![
        ("Signed by", name, BODY.bold()),
        ("Role", words::role(&words::or(&signature.role, "Not recorded")), BODY),
        ("Signed at", words::second(&signature.at, view.zone)?, BODY),
        ("Act", words::act(&signature.act), BODY),
        ("Meaning", words::or(&signature.meaning, "Not recorded"), BODY),
    ];
    let qualified = view.record.qualified_person.as_ref().filter(|q| q.username == signature.username);
    if let Some(person) = qualified {
        items.push(("Register no.", person.register_number.clone(), BODY.bold()));
    }
    let mut table = pairs(MARGIN, &[62.0, 219.0, 68.0, MEASURE - 349.0], items);
    let label = match signature.act.as_str() {
        "audit_review" => "SHA-256 of what was signed: the list of what changed since entry",
        "conditional_release" => "SHA-256 of what was signed: sections A and B, what is pending, who is told",
        _ => "SHA-256 of what was signed: sections A and B, all runs and changes",
    };
    table.rows.push(Row::new(vec![
        Cell::new("Signed data", LABEL).heads("Row"),
        Cell::new(label, NOTE).and(words::groups(&signature.signed_sha256), HASH).over(3),
    ]));
    Ok(table)
}
