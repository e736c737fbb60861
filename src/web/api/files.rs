//! `/api/v1/files`: evidence files, stored and given back byte for byte.

use actix_web::http::header::{
    CONTENT_TYPE, Charset, ContentDisposition, DispositionParam, DispositionType, ETAG, ExtendedValue,
};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::domain::file::{FileDetails, FileHash, saving_name};
use crate::ledger::canonical::sha256_hex;
use crate::store::StoredFile;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::web::upload::read_file as read_sent;
use crate::workflow::App;
use crate::workflow::permit::StoreFile;
use crate::workflow::store_file::{read_file, store_file};

/// A file that is stored.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FileView {
    /// SHA-256 of its bytes, 64 hex digits; its address.
    pub sha256: String,
    /// Its type, as its bytes tell.
    pub media_type: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// The name it first came with, without a folder.
    pub name: String,
}

impl From<FileDetails> for FileView {
    fn from(file: FileDetails) -> Self {
        FileView {
            sha256: file.sha256.into(),
            media_type: file.media_type.as_str().to_owned(),
            bytes: file.bytes,
            name: file.name.as_str().to_owned(),
        }
    }
}

/// A file that is stored, with who stored it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FileInfoView {
    /// The file.
    #[serde(flatten)]
    pub file: FileView,
    /// Who stored it.
    pub stored_by: String,
    /// When (UTC).
    pub stored_at: String,
    /// Ledger entry.
    pub ledger_entry: i64,
}

impl From<StoredFile> for FileInfoView {
    fn from(file: StoredFile) -> Self {
        FileInfoView {
            stored_by: file.stored_by.name.as_str().to_owned(),
            stored_at: file.stored_at.to_string(),
            ledger_entry: file.entry,
            file: FileView::from(file.details),
        }
    }
}

/// Stores a file; bytes that are stored already are answered with 200 and nothing is recorded.
#[utoipa::path(post, path = "/api/v1/files", tag = "files",
    params(("X-File-Name" = Option<String>, Header, description = "the name of a file sent as the body, UTF-8, percent-encoded")),
    request_body(content((Vec<u8> = "multipart/form-data"), (Vec<u8> = "application/octet-stream"))),
    responses((status = 201, body = FileView), (status = 200, body = FileView), (status = 413, body = ProblemBody),
        (status = 415, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<StoreFile>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let entry = read_sent(&req, payload).await?;
    let (entry, content) = block(move || {
        let content = format!("{} {:?} {:?}", sha256_hex(&entry.bytes), entry.name, entry.claimed);
        Ok((entry, content))
    })
    .await?;
    let permit = permit.with_once(once(&req, &content)?);
    let stored = block(move || store_file(&app, &permit, entry)).await?;
    let mut answer = if stored.is_new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(FileView::from(stored.details)))
}

/// The bytes of a file, hashed again on the way out.
#[utoipa::path(get, path = "/api/v1/files/{sha256}", tag = "files", params(("sha256" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let sha256 = FileHash::parse(&path)?;
    let (file, bytes) = block(move || read_file(&app, &sha256)).await?;
    Ok(download(&file, bytes))
}

/// A file to be saved.
pub fn download(file: &StoredFile, bytes: Vec<u8>) -> HttpResponse {
    let file = &file.details;
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.media_type.as_str()))
        .insert_header(attachment(&saving_name(&file.name, file.media_type)))
        .insert_header((ETAG, format!("\"{}\"", file.sha256)))
        .body(bytes)
}

/// To be saved and never shown: the name in ASCII, and the whole of it for who can read it (RFC 6266).
fn attachment(name: &str) -> ContentDisposition {
    let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let value = name.as_bytes().to_vec();
    let whole = ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(plain), DispositionParam::FilenameExt(whole)],
    }
}

/// What is on record about a file.
#[utoipa::path(get, path = "/api/v1/files/{sha256}/info", tag = "files", params(("sha256" = String, Path)),
    responses((status = 200, body = FileInfoView), (status = 404, body = ProblemBody)))]
pub async fn info(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let sha256 = FileHash::parse(&path)?;
    let file = block(move || app.read(|view| Ok(view.file(&sha256)??))).await?;
    Ok(HttpResponse::Ok().json(FileInfoView::from(file)))
}
