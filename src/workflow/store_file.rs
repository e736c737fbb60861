//! An analyst stores an evidence file: the report or raw data behind a result.
//!
//! Promises: the type is what the bytes tell, whatever the sender says; the bytes are safe
//! before the fact that names them (an object without a fact is harmless, a fact without its
//! object is not); the same bytes are one file, recorded once.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::file::{FILE_BYTES_MAX, FileDetails, FileHash, MediaType, ends_in, recorded_name};
use crate::domain::refusal::{Code, Refusal};
use crate::store::StoredFile;

use super::permit::{Permit, StoreFile};
use super::{App, Error};

/// How an FCS file begins, by the versions of the standard.
const FCS: [&[u8]; 4] = [b"FCS2.0", b"FCS3.0", b"FCS3.1", b"FCS3.2"];

/// A file as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileEntry {
    /// The name it was sent under.
    pub name: Option<String>,
    /// The media type its sender claims; believed only for CSV, which has no mark of its own.
    pub claimed: Option<String>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A file as it is on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The file; its name is the one it first came with.
    pub details: FileDetails,
    /// False for bytes that were stored before; nothing was recorded then.
    pub is_new: bool,
}

/// Stores a file.
///
/// # Errors
/// It is empty, too large, or of no type that is kept; its name cannot be recorded; the evidence
/// folder cannot be written.
pub fn store_file(app: &App, permit: &Permit<StoreFile>, entry: FileEntry) -> Result<Stored, Error> {
    check_size(entry.bytes.len())?;
    let media_type = media_type(&entry)?;
    let name = recorded_name(entry.name.as_deref(), media_type)?;
    let bytes = u64::try_from(entry.bytes.len()).map_err(|e| Error::Internal(e.to_string()))?;
    let sha256 = app.0.store.evidence().put(entry.bytes)?;
    let details = FileDetails { sha256, media_type, bytes, name };
    app.write_once(permit.actor(), permit.once(), move |desk| {
        if let Ok(there) = desk.view().file(&details.sha256)? {
            return Ok(Stored { details: there.details, is_new: false });
        }
        desk.record(Event::FileStored(details.clone()))?;
        Ok(Stored { details, is_new: true })
    })
}

/// A stored file with its bytes, which are hashed again.
///
/// # Errors
/// There is no such file, or its bytes are missing or were changed.
pub fn read_file(app: &App, sha256: &FileHash) -> Result<(StoredFile, Vec<u8>), Error> {
    let file = app.read(|view| Ok(view.file(sha256)??))?;
    let bytes = app.0.store.evidence().get(sha256)?;
    Ok((file, bytes))
}

/// Refuses a file that holds nothing, or more than is kept.
///
/// # Errors
/// No bytes, or more than [`FILE_BYTES_MAX`].
pub fn check_size(bytes: usize) -> Result<(), Refusal> {
    if bytes == 0 {
        let detail = "The file is empty. Check that it was saved, then send it again.";
        return Err(Refusal::field(Code::InvalidField, "file", detail));
    }
    if bytes > FILE_BYTES_MAX {
        let detail = format!(
            "The file is larger than {} MB. Export it in parts, or only the events and pages that belong to this lot.",
            FILE_BYTES_MAX / 1_000_000
        );
        return Err(Refusal::field(Code::TooLarge, "file", detail));
    }
    Ok(())
}

/// The type of a file by its bytes.
fn media_type(entry: &FileEntry) -> Result<MediaType, Refusal> {
    let bytes = entry.bytes.as_slice();
    let resembles = infer::get(bytes).map(|found| found.mime_type());
    match resembles {
        // Stricter than a reader that searches the first kilobyte: what stands before could be a page.
        Some("application/pdf") if bytes.starts_with(b"%PDF-") => Ok(MediaType::Pdf),
        Some("image/png") if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Ok(MediaType::Png),
        Some("image/jpeg") => Ok(MediaType::Jpeg),
        _ if FCS.iter().any(|magic| bytes.starts_with(magic)) => Ok(MediaType::Fcs),
        _ if says_csv(entry) => csv(bytes, resembles),
        _ => Err(unknown(resembles)),
    }
}

/// True where the sender says that it is CSV, by its media type or its name.
fn says_csv(entry: &FileEntry) -> bool {
    let claimed = entry.claimed.as_deref().and_then(|t| t.split(';').next()).unwrap_or_default();
    claimed.trim().eq_ignore_ascii_case("text/csv") || entry.name.as_deref().is_some_and(|n| ends_in(n.trim(), "csv"))
}

/// CSV is text that a person can read, and no markup.
fn csv(bytes: &[u8], resembles: Option<&str>) -> Result<MediaType, Refusal> {
    let shows = |c: char| !c.is_control() || matches!(c, '\t' | '\r' | '\n');
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.chars().all(shows)) else {
        let detail =
            "The file is said to be CSV, but it is not plain UTF-8 text. Save it as “CSV UTF-8” and send it again.";
        return Err(Refusal::field(Code::UnknownFileType, "file", detail));
    };
    let begins = text.trim_start_matches('\u{FEFF}').trim_start();
    let tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?' | '/'));
    if begins.strip_prefix('<').is_some_and(tag) {
        Err(unknown(resembles.or(Some("text/html"))))
    } else {
        Ok(MediaType::Csv)
    }
}

fn unknown(resembles: Option<&str>) -> Refusal {
    let seen = match resembles {
        Some("application/pdf") => {
            "The file is no PDF as it should be: something stands before its beginning.".to_owned()
        }
        Some(other) => format!("The file looks like {other} inside, which is not kept as evidence."),
        None => "The file's content is of no type that is kept as evidence.".to_owned(),
    };
    let detail = format!(
        "{seen} Send a PDF, a PNG or JPEG image, a CSV file (UTF-8 text, named .csv), or an FCS file (2.0, 3.0, 3.1 or 3.2)."
    );
    Refusal::field(Code::UnknownFileType, "file", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, claimed: &str, bytes: &[u8]) -> Result<MediaType, Code> {
        let entry = FileEntry { name: Some(name.into()), claimed: Some(claimed.into()), bytes: bytes.to_vec() };
        media_type(&entry).map_err(|e| e.code)
    }

    #[test]
    fn the_bytes_decide_and_not_what_is_said_of_them() {
        for (bytes, expected) in [
            (&b"%PDF-1.7\n"[..], MediaType::Pdf),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", MediaType::Png),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", MediaType::Jpeg),
            (b"FCS2.0    ", MediaType::Fcs),
            (b"FCS3.0    ", MediaType::Fcs),
            (b"FCS3.1    ", MediaType::Fcs),
            (b"FCS3.2    ", MediaType::Fcs),
        ] {
            for (name, claimed) in
                [("a.exe", "text/html"), ("", ""), ("a.csv", "text/csv"), ("a.pdf", "application/pdf")]
            {
                assert_eq!(typed(name, claimed, bytes), Ok(expected), "{name} {claimed} {bytes:?}");
            }
        }
    }

    #[test]
    fn csv_is_text_that_says_so_by_name_or_media_type() {
        let text = "Lot,Ergebnis µ\r\nAD-1,\"<0.05\"\n".as_bytes();
        assert_eq!(typed("a.csv", "", text), Ok(MediaType::Csv));
        assert_eq!(typed("a.CSV ", "application/vnd.ms-excel", text), Ok(MediaType::Csv));
        assert_eq!(typed("a", "Text/CSV; charset=utf-8", text), Ok(MediaType::Csv));
        assert_eq!(typed("a.txt", "text/plain", text), Err(Code::UnknownFileType));
        let with_mark = [b"\xEF\xBB\xBF".as_slice(), text].concat();
        assert_eq!(typed("a.csv", "", &with_mark), Ok(MediaType::Csv));
        // Headings that other formats begin with too: bitmaps, programs.
        for text in ["BMI,kg\n", "MZ,intensity\n", "GIF,1\n", "<0.05,1\n"] {
            assert_eq!(typed("a.csv", "text/csv", text.as_bytes()), Ok(MediaType::Csv), "{text}");
        }
    }

    #[test]
    fn what_only_pretends_is_refused() {
        for bytes in [
            &b"<!DOCTYPE html><script>alert(1)</script>"[..],
            b"<html>%PDF-1.7</html>",
            b" \n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"\xEF\xBB\xBF<?xml version='1.0'?><svg/>",
            b"MZ\x90\0\x03\0\0\0",
            b"\x7FELF\x02\x01\x01\0",
            b"PK\x03\x04\x14\0\x06\0",
            b"\x1F\x8B\x08\0\0\0",
            b"GIF89a\x01\0",
            b"\x89PNG not quite",
            b"a,b\0c",
            b"a,b\x1B[31m",
            b"\xFF\xFEa\0,\0b\0",
            b"\xBD\xE1\xB9\xFB,1\n",
        ] {
            for (name, claimed) in
                [("a.pdf", "application/pdf"), ("a.csv", "text/csv"), ("a.fcs", "image/png"), ("", "")]
            {
                assert_eq!(typed(name, claimed, bytes), Err(Code::UnknownFileType), "{name} {bytes:?}");
            }
        }
    }

    #[test]
    fn a_beginning_that_is_nearly_right_is_wrong() {
        for bytes in [&b"%PD"[..], b"\n%PDF-1.7", b"FCS4.0    ", b" FCS3.1   ", b"FCS", b"\xFF\xD8", b"x"] {
            assert_eq!(typed("a.pdf", "application/pdf", bytes), Err(Code::UnknownFileType), "{bytes:?}");
        }
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert_eq!(check_size(0).map_err(|e| e.code), Err(Code::InvalidField));
        assert!(check_size(1).is_ok() && check_size(FILE_BYTES_MAX).is_ok());
        let refusal = check_size(FILE_BYTES_MAX + 1).expect_err("too large");
        assert!(refusal.code == Code::TooLarge && refusal.detail.contains("25 MB"), "{refusal}");
    }
}
