//! Style sheet, scripts, fonts: vendored, embedded in the binary, named by their content.
//!
//! Promises: nothing is read from disk or from another host; a file that changes gets a new
//! address, so a browser may keep the old one for ever.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "templates/static/"]
struct Files;

/// The address of an embedded file with a mark of its content.
pub fn address(file: &str) -> String {
    let mark = Files::get(file).map(|f| hex(f.metadata.sha256_hash().get(..6).unwrap_or_default())).unwrap_or_default();
    format!("/static/{file}?v={mark}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// `GET /static/{file}`
pub async fn file(req: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(file) = Files::get(&name) else { return HttpResponse::NotFound().finish() };
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()));
    if req.headers().get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes()) {
        return HttpResponse::NotModified().insert_header((ETAG, etag)).finish();
    }
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.metadata.mimetype()))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((ETAG, etag))
        .body(file.data.into_owned())
}
