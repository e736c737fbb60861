//! What can be taken out of a PDF that anybody may have made: the three attachments, which paper
//! it says it is, and its number where nothing else can be read.
//!
//! Promises: nothing here panics, recurses without bound or inflates without limit; the caller
//! limits the size of the file. What is returned is not believed: [`super::verify`] does that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Dictionary, Document, LoadOptions};

use super::render::{KEY_NAME, NOTICE_NAME, RECORD_NAME, SEAL_NAME};

/// Largest attachment that is read, in bytes.
pub const ATTACHMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Largest stream that is inflated while a file is read: our files have none.
const INFLATED_BYTES_MAX: usize = 1024 * 1024;

/// What a file says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperKind {
    /// A certificate of batch release.
    Certificate,
    /// A conditional notice: no release certificate.
    Notice,
}

impl PaperKind {
    /// In words, where its number follows.
    pub fn in_words(self) -> &'static str {
        match self {
            PaperKind::Certificate => "certificate",
            PaperKind::Notice => "conditional notice",
        }
    }
}

/// What is attached to a certificate or a conditional notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What the record's name says it is of.
    pub kind: PaperKind,
    /// The record, byte for byte.
    pub record_bytes: Vec<u8>,
    /// The signed note over number and hash.
    pub seal: String,
    /// The public key the note claims. It proves nothing by itself: a forger attaches his own.
    pub vkey: String,
}

/// Why a file has no readable parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// Not a PDF, or a broken one.
    #[error("this is not a readable PDF: {0}")]
    NotPdf(String),
    /// A PDF without one of the three attachments.
    #[error("this PDF has no attachment {0}: it is neither a Lotgate certificate nor a conditional notice")]
    Missing(&'static str),
    /// An attachment of more than [`ATTACHMENT_BYTES_MAX`], perhaps a bomb, or one that cannot be
    /// inflated.
    #[error("the attachment {0} is too large or cannot be unpacked")]
    TooLarge(&'static str),
    /// A seal or key that is not text.
    #[error("the attachment {0} is not text")]
    NotText(&'static str),
}

/// Takes the attachments out of a file that anybody may have made.
///
/// # Errors
/// [`PartsError`].
pub fn parts(pdf: &[u8]) -> Result<Parts, PartsError> {
    // lopdf is fuzzed, but it is not ours: a panic in it must not become one of the server.
    catch_unwind(AssertUnwindSafe(|| read_parts(pdf)))
        .unwrap_or_else(|_| Err(PartsError::NotPdf("the reader gave up".to_owned())))
}

fn read_parts(pdf: &[u8]) -> Result<Parts, PartsError> {
    if !pdf.starts_with(b"%PDF-") {
        return Err(PartsError::NotPdf("it does not begin with %PDF-".to_owned()));
    }
    let options = LoadOptions { max_decompressed_size: Some(INFLATED_BYTES_MAX), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(pdf, options).map_err(|e| PartsError::NotPdf(e.to_string()))?;
    let text = |name| String::from_utf8(attachment(&document, name)?).map_err(|_| PartsError::NotText(name));
    let (kind, record_bytes) = match attachment(&document, RECORD_NAME) {
        Err(PartsError::Missing(_)) if embedded(&document, NOTICE_NAME).is_ok() => {
            (PaperKind::Notice, attachment(&document, NOTICE_NAME)?)
        }
        found => (PaperKind::Certificate, found?),
    };
    Ok(Parts { kind, record_bytes, seal: text(SEAL_NAME)?, vkey: text(KEY_NAME)? })
}

fn attachment(document: &Document, name: &'static str) -> Result<Vec<u8>, PartsError> {
    let missing = |_: lopdf::Error| PartsError::Missing(name);
    let stream = embedded(document, name).map_err(missing)?;
    stream.get_plain_content_with_limit(ATTACHMENT_BYTES_MAX).map_err(|_| PartsError::TooLarge(name))
}

/// The stream of an attachment, through the catalog's name tree (a flat one: it is what we write).
fn embedded<'a>(document: &'a Document, name: &str) -> lopdf::Result<&'a lopdf::Stream> {
    let follow = |dictionary: &'a Dictionary, key: &[u8]| -> lopdf::Result<&'a Dictionary> {
        document.dereference(dictionary.get(key)?)?.1.as_dict()
    };
    let tree = follow(follow(document.catalog()?, b"Names")?, b"EmbeddedFiles")?;
    let names = document.dereference(tree.get(b"Names")?)?.1.as_array()?;
    for pair in names.chunks_exact(2) {
        if pair[0].as_str().is_ok_and(|found| found == name.as_bytes()) {
            let file = document.dereference(&pair[1])?.1.as_dict()?;
            let stream = follow(file, b"EF")?.get(b"F")?;
            return document.dereference(stream)?.1.as_stream();
        }
    }
    Err(lopdf::Error::DictKey(name.to_owned()))
}

/// The number of a certificate or a conditional notice that a file bears on its face, even a
/// damaged one, by looking for `RC-dddd-dddddd` or `CN-dddd-dddddd` in its bytes (or in UTF-16, as a
/// title with foreign letters is stored). It says where to look in the register, and proves nothing.
pub fn printed_number(pdf: &[u8]) -> Option<String> {
    let names = |name: &str| pdf.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    let (certificate, notice) = (printed(pdf, b"RC-0000-000000"), printed(pdf, b"CN-0000-000000"));
    // A certificate may name the notice before it, and a remark on a notice any certificate.
    match notice {
        Some(notice) if certificate.is_none() || names(NOTICE_NAME) && !names(RECORD_NAME) => Some(notice),
        _ => certificate,
    }
}

/// The first number of this shape.
fn printed(pdf: &[u8], shape: &[u8]) -> Option<String> {
    let fits = |at: usize, step: usize| -> Option<String> {
        let mut number = String::new();
        for (i, shape) in shape.iter().enumerate() {
            let byte = *pdf.get(at + i * step)?;
            let digit = *shape == b'0' && byte.is_ascii_digit();
            let high_byte = step == 1 || i == 0 || pdf.get(at + i * step - 1) == Some(&0);
            if !(digit || *shape != b'0' && byte == *shape) || !high_byte {
                return None;
            }
            number.push(char::from(byte));
        }
        // A longer run of digits is some other number.
        let more = pdf.get(at + shape.len() * step);
        (!more.is_some_and(u8::is_ascii_digit)).then_some(number)
    };
    let starts = pdf.iter().enumerate().filter(|(_, byte)| Some(*byte) == shape.first());
    starts.map(|(at, _)| at).find_map(|at| fits(at, 1).or_else(|| fits(at, 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_in_any_encoding() {
        let found = |bytes: &[u8]| printed_number(bytes);
        assert_eq!(found(b"xx RC-2026-000001, lot").as_deref(), Some("RC-2026-000001"));
        let wide: Vec<u8> = "Certificate RC-2026-000042, 批".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(found(&wide).as_deref(), Some("RC-2026-000042"));
        assert_eq!(found(b"RC-2026-0000012"), None);
        assert_eq!(found(b"RC-2026-00000"), None);
        assert_eq!(found(b"RRRRC-20"), None);
        assert_eq!(found(b""), None);
        let both = b"RC-2026-000001 CN-2026-000002 ";
        assert_eq!(found(both).as_deref(), Some("RC-2026-000001"));
        let notice = [&both[..], b"(notice.json)"].concat();
        assert_eq!(found(&notice).as_deref(), Some("CN-2026-000002"));
        assert_eq!(found(&[&notice[..], b"(certificate.json)"].concat()).as_deref(), Some("RC-2026-000001"));
    }
}
