//! Files in a request: as a field of a form, or as the body itself.
//!
//! Promises: nothing is read past its limit; what is said about a file is handed on as it was
//! said, and judged elsewhere.

use actix_multipart::Multipart;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, parse_extended_value};
use actix_web::web::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;

use crate::domain::file::FILE_BYTES_MAX;
use crate::domain::refusal::{Code, Refusal};
use crate::workflow::Error;
use crate::workflow::store_file::{FileEntry, check_size};

/// The header that names a file which is sent as the body.
const NAME_HEADER: &str = "x-file-name";

/// The most fields of a form of a file and what belongs to it: each costs memory, also without
/// content.
pub const FIELDS_MAX: usize = 100;

/// One field of a form.
pub struct Part {
    /// The field's name.
    pub field: String,
    /// The name of its file, where it is one.
    pub file_name: Option<String>,
    /// The media type its sender claims.
    pub claimed: Option<String>,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// True for a form with files.
pub fn is_form(req: &HttpRequest) -> bool {
    content_type(req).is_some_and(|t| t.starts_with("multipart/form-data"))
}

fn content_type(req: &HttpRequest) -> Option<&str> {
    req.headers().get(CONTENT_TYPE).and_then(|t| t.to_str().ok())
}

/// Reads all fields of a form, which together may be no larger than `bytes_max` and no more than
/// `fields_max`: strangers send forms too, and many fields add up.
///
/// # Errors
/// The form cannot be read; `too_large` where it is larger.
pub async fn read_form(
    req: &HttpRequest,
    payload: Payload,
    (bytes_max, fields_max): (usize, usize),
    too_large: impl Fn() -> Refusal,
) -> Result<Vec<Part>, Refusal> {
    let unreadable = || Refusal::new(Code::MalformedRequest, "The form with the file could not be read whole.");
    let mut payload = payload.into_inner();
    let mut form = Multipart::from_request(req, &mut payload).await.map_err(|_| unreadable())?;
    let (mut parts, mut received) = (Vec::new(), 0);
    while let Some(field) = form.next().await {
        if parts.len() == fields_max {
            let detail =
                format!("The form has more than {fields_max} fields. Send only the file and what belongs to it.");
            return Err(Refusal::new(Code::MalformedRequest, detail));
        }
        let mut field = field.map_err(|_| unreadable())?;
        let disposition = field.content_disposition();
        // The extended name (RFC 5987) says exactly what the plain one may only approach.
        let extended = disposition.and_then(|d| d.get_filename_ext()).map(|name| name.value.clone());
        let extended = extended.and_then(|name| String::from_utf8(name).ok());
        let plain = disposition.and_then(|d| d.get_filename()).map(str::to_owned);
        let mut part = Part {
            field: field.name().unwrap_or_default().to_owned(),
            file_name: extended.or(plain),
            claimed: field.content_type().map(|t| t.essence_str().to_owned()),
            bytes: Vec::new(),
        };
        while let Some(chunk) = field.next().await {
            let chunk = chunk.map_err(|_| unreadable())?;
            received += chunk.len();
            if received > bytes_max {
                return Err(too_large());
            }
            part.bytes.extend_from_slice(&chunk);
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Reads an evidence file in whichever form it was sent.
///
/// # Errors
/// There is none or more than one, it is too large, or the request cannot be read.
pub async fn read_file(req: &HttpRequest, payload: Payload) -> Result<FileEntry, Error> {
    let entry = if is_form(req) { from_form(req, payload).await? } else { from_body(req, payload).await? };
    check_size(entry.bytes.len())?;
    Ok(entry)
}

fn too_large() -> Refusal {
    let refused = check_size(FILE_BYTES_MAX + 1);
    refused.err().unwrap_or_else(|| Refusal::new(Code::TooLarge, "The file is too large."))
}

async fn from_form(req: &HttpRequest, payload: Payload) -> Result<FileEntry, Refusal> {
    let parts = read_form(req, payload, (FILE_BYTES_MAX, FIELDS_MAX), too_large).await?;
    let mut files = parts.into_iter().filter(|part| part.field == "file");
    match (files.next(), files.next()) {
        (Some(part), None) => Ok(FileEntry { name: part.file_name, claimed: part.claimed, bytes: part.bytes }),
        (None, _) => Err(Refusal::field(Code::InvalidField, "file", "Send the file in the field named file.")),
        _ => Err(Refusal::field(Code::InvalidField, "file", "Send one file at a time.")),
    }
}

async fn from_body(req: &HttpRequest, mut payload: Payload) -> Result<FileEntry, Refusal> {
    let name = named(req.headers())?;
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let unreadable =
            |_| Refusal::new(Code::MalformedRequest, "The file could not be received whole. Send it again.");
        let chunk = chunk.map_err(unreadable)?;
        if bytes.len() + chunk.len() > FILE_BYTES_MAX {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(FileEntry { name, claimed: content_type(req).map(str::to_owned), bytes })
}

/// The name in the header: UTF-8, in which `%` and two digits stand for a byte.
fn named(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(header) = headers.get(NAME_HEADER) else { return Ok(None) };
    let text = std::str::from_utf8(header.as_bytes()).ok();
    let bytes = text.and_then(|text| parse_extended_value(&format!("UTF-8''{text}")).ok()).map(|name| name.value);
    let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let detail = "X-File-Name is the file's name in UTF-8, best percent-encoded.";
    name.map(Some).ok_or_else(|| Refusal::field(Code::InvalidField, "X-File-Name", detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn a_name_in_a_header_is_percent_encoded_or_plain() {
        let read = |bytes: &[u8]| {
            let mut headers = HeaderMap::new();
            let value = HeaderValue::from_bytes(bytes).expect("a header");
            headers.insert(HeaderName::from_static(NAME_HEADER), value);
            named(&headers).map_err(|e| e.code)
        };
        let name = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(read(b"%E7%BB%93%E6%9E%9C%20%22A%22.pdf"), name("结果 \"A\".pdf"));
        assert_eq!(read("结果's.pdf".as_bytes()), name("结果's.pdf"));
        assert_eq!(read(b"100%.pdf"), name("100%.pdf"));
        assert_eq!(read(b""), name(""));
        assert_eq!(read(b"a%FF.pdf"), Err(Code::InvalidField));
        assert_eq!(read(b"a\xFF.pdf"), Err(Code::InvalidField));
        assert_eq!(named(&HeaderMap::new()), Ok(None));
    }
}
