//! Section D: how to tell that nothing was changed, and how to ask the site.
//!
//! Promises: the hash printed is the hash of the attached record; the code holds exactly the
//! record's `verify_url`; what a hash cannot prove is said beside it.

use super::page::{MARGIN, MEASURE, Sheet, WIDTH};
use super::render::{NOTICE_NAME, RECORD_NAME, RenderError, View};
use super::sections::{BODY, HASH, LABEL, NOTE, heading, paragraph_in};
use super::table::{Cell, Row, Table};
use super::words;

/// Edge of the matrix code.
const CODE_EDGE: f32 = 90.0;

/// Clear paper above the code: readers want four modules of it.
const CODE_DROP: f32 = 9.0;

/// Section D: how to tell that nothing was changed.
pub fn integrity(sheet: &mut Sheet, view: &View<'_>) -> Result<(), RenderError> {
    let record = view.record;
    heading(sheet, "D   Integrity", CODE_EDGE + 30.0)?;
    let (top, page) = (sheet.y(), sheet.pages());
    draw_code(sheet, &record.verify_url)?;
    let column = MEASURE - CODE_EDGE - 16.0;
    integrity_table(view, column).draw(sheet)?;
    sheet.space(3.0);
    let verify = match view.notice {
        None => format!("Verify at {}. Paper copies are uncontrolled.", record.verify_url),
        Some(_) => format!(
            "Ask at {} whether this notice still stands, and which certificate followed it. Paper copies are uncontrolled.",
            record.verify_url
        ),
    };
    paragraph_in(sheet, column, &verify, &BODY.bold())?;
    sheet.space(1.0);
    let honest = "The record hash is the hash of the data attached to this file, not of the PDF \
                  file itself: no PDF can contain its own hash. A hash alone proves nothing, for \
                  whoever changes the data can compute another. The proof is the site's \
                  signature over this hash (certificate.note, attached), checked with a key \
                  obtained from the site and not from this file, or the site's register.";
    paragraph_in(sheet, column, honest, &NOTE)?;
    if sheet.pages() == page {
        sheet.down_to(top + CODE_DROP + CODE_EDGE + 2.0);
    }
    Ok(())
}

fn integrity_table(view: &View<'_>, wide: f32) -> Table {
    let record = view.record;
    let ledger = &record.ledger;
    let row = |label: &str, value: Cell| Row::new(vec![Cell::new(label, LABEL).heads("Row"), value]);
    let specification = words::groups(&record.dossier.specification.sha256);
    let origin = words::or(&ledger.origin, "unnamed");
    let software = words::or(&record.software, "Not recorded");
    let name = if view.notice.is_some() { NOTICE_NAME } else { RECORD_NAME };
    let version = view.notice.map_or(record.v, |notice| notice.v);
    Table {
        x: MARGIN,
        widths: vec![62.0, wide - 62.0],
        head: None,
        rows: vec![
            row(
                "Record hash",
                Cell::new(format!("SHA-256 of the attached {name} (canonical, RFC 8785)"), NOTE)
                    .and(words::groups(&view.record_sha256), HASH.bold()),
            ),
            row(
                "Ledger",
                Cell::new(
                    format!(
                        "Entry {} of {origin}, after a tree of {} entries with the root",
                        ledger.entry, ledger.tree_size
                    ),
                    NOTE,
                )
                .and(words::groups(&ledger.tree_root), HASH),
            ),
            row("Specification", Cell::new("SHA-256 of its canonical JSON", NOTE).and(specification, HASH)),
            row("Software", Cell::new(format!("{software}, record version {version}, layout {}", record.layout), NOTE)),
        ],
        pad: 1.5,
    }
}

fn draw_code(sheet: &mut Sheet, address: &str) -> Result<(), RenderError> {
    let code = fast_qr::QRBuilder::new(address)
        .ecl(fast_qr::ECL::M)
        .build()
        .map_err(|e| RenderError::Assembly(format!("matrix code: {e}")))?;
    let alt = format!("QR code of {address}");
    let x = WIDTH - MARGIN - CODE_EDGE;
    let y = sheet.y() + CODE_DROP;
    sheet.code((x, y), (code.size, CODE_EDGE), alt, |row, column| code[row][column].value());
    Ok(())
}
