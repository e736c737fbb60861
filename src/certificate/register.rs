//! The register of certified batches on paper.
//!
//! Promises: says what the register says and nothing else; equal registers give equal bytes; the
//! data is attached; what cannot be drawn is refused.

use super::archive::{Attachment, Envelope};
use super::frame::Frame;
use super::page::{Align, MARGIN, MEASURE, Sheet};
use super::render::{RenderError, assemble, finish};
use super::sections::{BODY, LABEL, NOTE, paragraph};
use super::table::{Cell, Row, Table};
use super::words;
use super::wrap::{Ink, Style};
use crate::domain::moment::Moment;
use crate::domain::register::{Certified, Register};

/// Name of the attachment that holds the register as data.
const DATA_NAME: &str = "register.json";

/// Where and when the register was taken out.
#[derive(Debug, Clone)]
pub struct Imprint<'a> {
    /// The site's name.
    pub site: &'a str,
    /// Its manufacturing authorisation; may be empty.
    pub licence: &'a str,
    /// True for demonstration and training data.
    pub synthetic: bool,
    /// IANA name of the zone in which times are shown.
    pub zone: &'a str,
    /// When.
    pub made_at: Moment,
    /// Where a stranger checks a certificate.
    pub verify_at: &'a str,
}

/// The PDF of a register. `data` are the bytes that are attached as its JSON.
///
/// # Errors
/// [`RenderError`].
pub fn register_pdf(register: &Register, data: &[u8], imprint: &Imprint<'_>) -> Result<Vec<u8>, RenderError> {
    let warnings = match imprint.synthetic {
        true => vec!["SYNTHETIC — demonstration data, not for patient use".to_owned()],
        false => Vec::new(),
    };
    let title = format!("Register of certified batches, {}", imprint.site);
    let foot = format!(
        "{}   ·   Certificates are verified at {}   ·   Paper copies are uncontrolled.",
        imprint.site, imprint.verify_at
    );
    let frame = Frame::of("Register of certified batches", &foot, warnings)?;
    let mut sheet = Sheet::new(frame.top, frame.bottom);
    lay_out(&mut sheet, register, imprint)?;
    if sheet.overfull() {
        return Err(RenderError::TooManyPages);
    }
    frame.draw(&mut sheet)?;
    let (pages, tags, used) = sheet.finish();
    let document = assemble(&title, pages, &used)?;
    let attachments = [Attachment {
        name: DATA_NAME,
        mime: "application/json",
        relationship: "Data",
        about: "The register as data: canonical JSON (RFC 8785)",
        bytes: data,
    }];
    let envelope = Envelope {
        title: &title,
        author: imprint.site,
        subject: "Register of certified batches (Directive 2001/83/EC, Art. 51(3))",
        creator: crate::SOFTWARE,
        issued: imprint.made_at.utc(),
        layout: 1,
        attachments: &attachments,
    };
    finish(document, &tags, &envelope)
}

fn lay_out(sheet: &mut Sheet, register: &Register, imprint: &Imprint<'_>) -> Result<(), RenderError> {
    const TITLE: Style = Style::text(16.0).bold().ink(Ink::Accent);
    let zone = words::zone(imprint.zone)?;
    let minute = |at: Moment| words::minute(&at.to_string(), zone);
    sheet.tags.open("H1");
    sheet.paragraph((MARGIN, MEASURE), Align::Left, "Register of certified batches", &TITLE)?;
    sheet.tags.close();
    sheet.space(2.0);
    let licence =
        if imprint.licence.is_empty() { String::new() } else { format!(", authorisation {}", imprint.licence) };
    paragraph(sheet, &format!("{}{licence}", imprint.site), &BODY.bold())?;
    let from = register.from.map_or(Ok("the beginning".to_owned()), minute)?;
    let to = match register.to {
        Some(to) => format!("before {}", minute(to)?),
        None => "until now".to_owned(),
    };
    let taken = format!(
        "Certified from {from} {to}. Taken out on {}. Times are those of {}.",
        minute(imprint.made_at)?,
        imprint.zone
    );
    paragraph(sheet, &taken, &BODY)?;
    paragraph(sheet, &register.statement, &BODY.bold())?;
    sheet.space(4.0);
    if register.certificates.is_empty() {
        return paragraph(sheet, "No batch was certified in this time.", &BODY);
    }
    let head = ["No.", "Certificate", "Lot, product", "Certified", "By", "State"];
    let head = head.map(|label| Cell::new(label, LABEL).heads("Column")).to_vec();
    let mut rows = Vec::new();
    for certified in &register.certificates {
        rows.push(row(certified, &minute)?);
    }
    let widths = vec![24.0, 76.0, 80.0, 106.0, 124.0, MEASURE - 410.0];
    Table { x: MARGIN, widths, head: Some(Row::new(head)), rows, pad: 2.0 }.draw(sheet)?;
    sheet.space(4.0);
    paragraph(sheet, "End of the register.", &NOTE)
}

fn row(certified: &Certified, minute: &impl Fn(Moment) -> Result<String, RenderError>) -> Result<Row, RenderError> {
    let mut number = Cell::new(certified.certificate.as_str(), BODY);
    if let Some(old) = &certified.supersedes {
        number = number.and(format!("replaces {old}"), NOTE);
    }
    let mut by = Cell::new(certified.name.as_str(), BODY)
        .and(format!("{}, {}", certified.username, words::role(&certified.role)), NOTE);
    if let Some(registered) = &certified.register_number {
        by = by.and(format!("register no. {registered}"), NOTE);
    }
    let state = match (&certified.revoked_at, &certified.superseded_by) {
        (Some(at), _) => {
            let class = certified.revocation_class.map(|c| c.to_string()).unwrap_or_default();
            Cell::new("✗ Revoked", BODY.bold()).and(format!("{}, {class}", minute(*at)?), NOTE)
        }
        (None, Some(by)) => Cell::new("○ Superseded", BODY).and(format!("by {by}"), NOTE),
        (None, None) => Cell::new("✓ In force", BODY),
    };
    Ok(Row::new(vec![
        Cell::new(certified.ordinal.to_string(), BODY),
        number,
        Cell::new(certified.lot.as_str(), BODY).and(certified.product.as_str(), NOTE),
        Cell::new(minute(certified.certified_at)?, BODY),
        by,
        state,
    ]))
}
