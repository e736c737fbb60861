//! From a record to the bytes of its PDF.
//!
//! Promises: equal arguments give equal bytes, in any process and thread; the paper says what
//! the record says and nothing else; a record that cannot be printed faithfully is refused before
//! anything is drawn. There is no clock, no randomness and no input or output here.

use chrono::{DateTime, Utc};
use printpdf::{PdfDocument, PdfSaveOptions};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::archive::{self, Attachment, Envelope};
use super::fonts::{self, Face, FontError};
use super::frame::Frame;
use super::page::{PAGES_MAX, Sheet};
use super::tags::Tags;
use super::wrap::NoGlyph;
use super::{history, integrity, notice, quality, sections, words};
use crate::domain::certificate::{CertificateRecord, KNOWN_VERSIONS};
use crate::domain::notice::{NOTICE_VERSION, NoticeRecord};

/// Name of the attachment that holds the record.
pub const RECORD_NAME: &str = "certificate.json";
/// Name of the attachment that holds the record of a conditional notice: no certificate's name, so
/// that no reader takes one for the other.
pub const NOTICE_NAME: &str = "notice.json";
/// Name of the attachment that holds the seal, a C2SP signed note.
pub const SEAL_NAME: &str = "certificate.note";
/// Name of the attachment that holds the public key which the seal claims.
pub const KEY_NAME: &str = "certificate.vkey";

/// The layout of a conditional notice's pages.
const NOTICE_LAYOUT: u32 = 3;

/// Longest text that stands on every page or in the code, in characters.
const RUNNING_CHARACTERS_MAX: usize = 160;

/// Why a record cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A character that the paper cannot draw; see [`fonts::undrawable`].
    #[error("{field} contains {character:?} (U+{:04X}), which the certificate cannot print: {text}", u32::from(*.character))]
    Undrawable {
        /// The character.
        character: char,
        /// Where in the record, `dossier.runs[2].comment`.
        field: String,
        /// The whole text.
        text: String,
    },
    /// The record has a shape or a layout that this version does not know.
    #[error("record version {record}, layout {layout}: this software does not know them")]
    Version {
        /// Version of the record.
        record: u32,
        /// Version of the layout.
        layout: u32,
    },
    /// The bytes given are not the canonical JSON of the record given.
    #[error("the record's bytes are not its canonical JSON (RFC 8785)")]
    NotCanonical,
    /// Not a name of the IANA time zone database.
    #[error("{0:?} is not a time zone")]
    Zone(String),
    /// Not a time as RFC 3339 writes it.
    #[error("{0:?} is not a time")]
    Time(String),
    /// Too long to stand on every page or in the code.
    #[error("{field} has {characters} characters; at most {max} fit")]
    TooLong {
        /// The field.
        field: &'static str,
        /// How many it has.
        characters: usize,
        /// How many fit.
        max: usize,
    },
    /// The certificate would have more pages than any needs.
    #[error("the certificate would have more than {PAGES_MAX} pages")]
    TooManyPages,
    /// The address to verify at must be ASCII without spaces, or other programs read the code
    /// differently.
    #[error("verify_url is not plain ASCII: {0}")]
    Address(String),
    /// The built-in fonts are damaged.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The PDF library refused something; a defect, not a property of the record.
    #[error("the PDF could not be assembled: {0}")]
    Assembly(String),
}

impl From<NoGlyph> for RenderError {
    /// Every string of the record was checked before, so this is a text of the layout itself or
    /// a character that the wording produced.
    fn from(NoGlyph(character): NoGlyph) -> Self {
        Self::Undrawable { character, field: "the layout".to_owned(), text: character.to_string() }
    }
}

/// The PDF of a certificate: PDF/A-3a, PDF/UA-1, with the record, its seal and the key attached.
///
/// `record_bytes` must be the canonical JSON of `record`; they are attached as they are, and
/// their SHA-256 is printed. `seal` and `vkey` are attached and not looked at:
/// [`check`](super::check) is what verifies them.
///
/// # Errors
/// [`RenderError`]; all but the last two kinds can be caused by a record.
pub fn render(record: &CertificateRecord, record_bytes: &[u8], seal: &str, vkey: &str) -> Result<Vec<u8>, RenderError> {
    if !KNOWN_VERSIONS.contains(&(record.v, record.layout)) {
        return Err(RenderError::Version { record: record.v, layout: record.layout });
    }
    check_printable(record, record_bytes)?;
    draw(&View::new(record, None, record_bytes)?, record_bytes, seal, vkey)
}

/// The PDF of a conditional notice, made like a certificate's and never to be taken for one.
///
/// # Errors
/// As [`render`].
pub fn render_notice(notice: &NoticeRecord, bytes: &[u8], seal: &str, vkey: &str) -> Result<Vec<u8>, RenderError> {
    if notice.v != NOTICE_VERSION {
        return Err(RenderError::Version { record: notice.v, layout: NOTICE_LAYOUT });
    }
    check_printable(notice, bytes)?;
    let shared = notice::shared(notice, NOTICE_LAYOUT);
    draw(&View::new(&shared, Some(notice), bytes)?, bytes, seal, vkey)
}

fn draw(view: &View<'_>, record_bytes: &[u8], seal: &str, vkey: &str) -> Result<Vec<u8>, RenderError> {
    let record = view.record;
    let sheet = lay_out(view)?;
    let (pages, tags, used) = sheet.finish();
    let title = view.title();
    let document = assemble(&title, pages, &used)?;
    let (name, about, subject) = match view.notice {
        None => (RECORD_NAME, "The certificate as data: canonical JSON (RFC 8785)", "Certificate of batch release"),
        Some(_) => (NOTICE_NAME, "The notice as data: canonical JSON (RFC 8785)", "Conditional release notice"),
    };
    let attachments = [
        Attachment { name, mime: "application/json", relationship: "Data", about, bytes: record_bytes },
        Attachment {
            name: SEAL_NAME,
            mime: "text/plain",
            relationship: "Supplement",
            about: "The site's signature over number and hash of the record (C2SP signed note)",
            bytes: seal.as_bytes(),
        },
        Attachment {
            name: KEY_NAME,
            mime: "text/plain",
            relationship: "Supplement",
            about: "The public key the seal claims; compare it with the one the site published",
            bytes: vkey.as_bytes(),
        },
    ];
    let envelope = Envelope {
        title: &title,
        author: &record.site.name,
        subject,
        creator: &record.software,
        issued: view.issued,
        layout: record.layout,
        attachments: &attachments,
    };
    finish(document, &tags, &envelope)
}

/// A record that can be printed, with what is computed from it once.
pub struct View<'a> {
    /// The record; of a notice what it has in common with one.
    pub record: &'a CertificateRecord,
    /// The notice, where the paper is one.
    pub notice: Option<&'a NoticeRecord>,
    /// SHA-256 of the attached bytes, 64 hexadecimal digits.
    pub record_sha256: String,
    /// The zone of all times on the paper.
    pub zone: chrono_tz::Tz,
    /// When it was issued.
    pub issued: DateTime<Utc>,
}

impl<'a> View<'a> {
    fn new(
        record: &'a CertificateRecord,
        notice: Option<&'a NoticeRecord>,
        record_bytes: &[u8],
    ) -> Result<Self, RenderError> {
        refuse_long(record)?;
        let address = &record.verify_url;
        if address.is_empty() || !address.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(RenderError::Address(address.clone()));
        }
        Ok(Self {
            record,
            notice,
            record_sha256: hex(&Sha256::digest(record_bytes)),
            zone: words::zone(&record.zone)?,
            issued: words::moment(&record.issued_at)?,
        })
    }

    /// What the paper is called where its number stands.
    pub fn called(&self) -> &'static str {
        if self.notice.is_some() { "Conditional notice" } else { "Certificate" }
    }

    /// The title of the document: what can be read even from a damaged file.
    pub fn title(&self) -> String {
        let (number, lot) = (&self.record.certificate, &self.record.dossier.lot);
        format!("{} {number}, lot {lot}", self.called())
    }
}

/// Refuses a record with a character that the paper cannot draw, and bytes that are not its own.
fn check_printable(record: &impl serde::Serialize, record_bytes: &[u8]) -> Result<(), RenderError> {
    let value = serde_json::to_value(record).map_err(|_| RenderError::NotCanonical)?;
    refuse_undrawable(&mut String::new(), &value)?;
    match serde_json_canonicalizer::to_vec(&value) {
        Ok(canonical) if canonical == record_bytes => Ok(()),
        _ => Err(RenderError::NotCanonical),
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Looks at every string of the record, printed or not: nothing may vanish on its way to paper.
fn refuse_undrawable(path: &mut String, value: &Value) -> Result<(), RenderError> {
    let length = path.len();
    match value {
        Value::String(text) => {
            if let Some(character) = fonts::undrawable(text) {
                return Err(RenderError::Undrawable { character, field: path.clone(), text: text.clone() });
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push_str(&format!("[{at}]"));
                refuse_undrawable(path, item)?;
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                refuse_undrawable(path, field)?;
                path.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

fn refuse_long(record: &CertificateRecord) -> Result<(), RenderError> {
    for (field, text) in [
        ("certificate", &record.certificate),
        ("dossier.lot", &record.dossier.lot),
        ("site.name", &record.site.name),
        ("verify_url", &record.verify_url),
    ] {
        let characters = text.chars().count();
        if characters > RUNNING_CHARACTERS_MAX {
            return Err(RenderError::TooLong { field, characters, max: RUNNING_CHARACTERS_MAX });
        }
    }
    Ok(())
}

fn lay_out(view: &View<'_>) -> Result<Sheet, RenderError> {
    let frame = Frame::new(view)?;
    let mut sheet = Sheet::new(frame.top, frame.bottom);
    sections::title(&mut sheet, view)?;
    sections::replaces(&mut sheet, view)?;
    sections::product(&mut sheet, view)?;
    // What a notice is issued for stands before what is in already.
    if let Some(notice) = view.notice {
        notice::pending(&mut sheet, view, notice)?;
    }
    sections::results(&mut sheet, view)?;
    history::changes(&mut sheet, view)?;
    if view.record.layout >= 2 {
        quality::quality(&mut sheet, view)?;
    }
    sections::certification(&mut sheet, view)?;
    integrity::integrity(&mut sheet, view)?;
    history::runs(&mut sheet, view)?;
    history::notes(&mut sheet, view)?;
    if sheet.overfull() {
        return Err(RenderError::TooManyPages);
    }
    // Only now is the number of pages known.
    frame.draw(&mut sheet)?;
    Ok(sheet)
}

pub(super) fn assemble(
    title: &str,
    pages: Vec<printpdf::PdfPage>,
    used: &[std::collections::BTreeSet<char>; 3],
) -> Result<lopdf::Document, RenderError> {
    let mut document = PdfDocument::new(title);
    for (face, characters) in Face::ALL.into_iter().zip(used) {
        if !characters.is_empty() {
            let font = printpdf::PdfFont::new(fonts::subset(face, characters)?);
            document.resources.fonts.map.insert(face.id(), font);
        }
    }
    document.pages = pages;
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };
    let mut warnings = Vec::new();
    let built = printpdf::serialize::to_lopdf_doc(&document, &options, &mut warnings);
    // printpdf drops what it does not like and only warns: here a warning is an error.
    match warnings.first() {
        Some(warning) => Err(RenderError::Assembly(warning.msg.clone())),
        None => Ok(built),
    }
}

/// A sheet of another size than A4 as a plain PDF: a label.
pub(super) fn save(sheet: Sheet, title: &str, millimetres: (f32, f32)) -> Result<Vec<u8>, RenderError> {
    let (pages, _, used) = sheet.finish_as(millimetres);
    let mut bytes = Vec::new();
    let mut document = assemble(title, pages, &used)?;
    document.save_to(&mut bytes).map_err(|e| RenderError::Assembly(e.to_string()))?;
    Ok(bytes)
}

pub(super) fn finish(
    mut document: lopdf::Document,
    tags: &Tags,
    envelope: &Envelope<'_>,
) -> Result<Vec<u8>, RenderError> {
    let failed = |e: lopdf::Error| RenderError::Assembly(e.to_string());
    archive::archive(&mut document, tags, envelope).map_err(failed)?;
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|e| RenderError::Assembly(e.to_string()))?;
    Ok(bytes)
}
