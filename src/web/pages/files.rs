//! Evidence files on pages: taken with a run's form, and saved from a run's page.
//!
//! Promises: who may not enter the run stores nothing; a file that is refused takes nothing of
//! what was typed with it; a file is only ever handed out to be saved.

use actix_web::web::{Bytes, Payload};
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use super::form::Form;
use super::visit::{Visit, signed_in};
use crate::domain::file::{FILE_BYTES_MAX, FileHash};
use crate::domain::refusal::{Code, Refusal};
use crate::web::api::files::download;
use crate::web::body::JSON_BYTES_MAX;
use crate::web::upload::{self, Part};
use crate::workflow::Error;
use crate::workflow::permit::StoreFile;
use crate::workflow::store_file::{FileEntry, read_file, store_file};

/// The most that the files of one form have together, in bytes.
const SENT_BYTES_MAX: usize = 4 * FILE_BYTES_MAX + JSON_BYTES_MAX;

/// The most fields of a run's form: a large panel has two a row.
const FIELDS_MAX: usize = 500;

/// `GET /files/{sha256}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let sha256 = FileHash::parse(visit.req.match_info().get("sha256").unwrap_or_default())?;
        let (file, bytes) = visit.work(move |app| read_file(app, &sha256)).await?;
        Ok(download(&file, bytes))
    })
    .await
}

/// A form as sent, and the files chosen in it.
pub struct Sent {
    /// What was typed.
    pub form: Form,
    /// What was chosen.
    pub files: Vec<FileEntry>,
}

/// Reads a form in whichever way it was sent, with its files.
///
/// # Errors
/// It is too large, was not received whole, or is no form.
pub async fn read(req: &HttpRequest, payload: Payload) -> Result<Sent, Refusal> {
    if !upload::is_form(req) {
        let mut payload = payload.into_inner();
        let bytes = Bytes::from_request(req, &mut payload).await;
        return Ok(Sent { form: Form::read(bytes)?, files: Vec::new() });
    }
    let too_large = || {
        let detail = format!(
            "The files are larger than {} MB together. Record the run with the most important ones, or export smaller ones.",
            4 * FILE_BYTES_MAX / 1_000_000
        );
        Refusal::new(Code::TooLarge, detail)
    };
    let (mut form, mut files) = (Form::default(), Vec::new());
    for part in upload::read_form(req, payload, (SENT_BYTES_MAX, FIELDS_MAX), too_large).await? {
        match part.field == "file" {
            // A field in which nothing was chosen is sent all the same.
            true if part.bytes.is_empty() && part.file_name.as_deref().unwrap_or_default().is_empty() => {}
            true => files.push(FileEntry { name: part.file_name, claimed: part.claimed, bytes: part.bytes }),
            false => form.0.push(typed(part)?),
        }
    }
    Ok(Sent { form, files })
}

fn typed(part: Part) -> Result<(String, String), Refusal> {
    let unreadable = |_| {
        Refusal::new(Code::MalformedRequest, "The form could not be read. Open the page again and send it once more.")
    };
    Ok((part.field, String::from_utf8(part.bytes).map_err(unreadable)?))
}

impl Sent {
    /// Stores the files and names them in the form, each once; with it, what was refused of them.
    ///
    /// # Errors
    /// The reader may store no files, or the store fails.
    pub async fn store(self, visit: &Visit) -> Result<(Form, Option<Refusal>), Error> {
        let Sent { mut form, files } = self;
        if files.is_empty() {
            return Ok((form, None));
        }
        let permit = visit.permit::<StoreFile>().await?;
        let stored = visit
            .work(move |app| {
                let (mut hashes, mut refused) = (Vec::new(), Vec::new());
                for file in files {
                    let name = file.name.clone().unwrap_or_default();
                    match store_file(app, &permit, file) {
                        Ok(stored) => hashes.push(stored.details.sha256.to_string()),
                        Err(Error::Refused(refusal)) => refused.push(of_file(&refusal, &name)),
                        Err(other) => return Err(other),
                    }
                }
                Ok((hashes, Refusal::all(refused)))
            })
            .await;
        let (hashes, refusal) = stored?;
        for hash in hashes {
            if !form.all("evidence").contains(&hash) {
                form.0.push(("evidence".into(), hash));
            }
        }
        Ok((form, refusal))
    }
}

/// A refusal of one of several files, which says of which.
fn of_file(refusal: &Refusal, name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    let detail = match name.as_str() {
        "" => refusal.detail.clone(),
        name => format!("{name}: {}", refusal.detail),
    };
    Refusal::field(refusal.code, "file", detail)
}
