//! Every refusal and failure as an HTTP answer: one table from kind to status.
//!
//! Promises: RFC 9457 `application/problem+json` with a stable `code`, a sentence, the fields
//! concerned and the request's id; a failure of ours is a 500 that says nothing of the inside
//! and is logged with that id.

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

use crate::domain::refusal::{Code, FieldRefusal, Kind, Refusal};
use crate::store::StoreError;
use crate::workflow::Error;

tokio::task_local! {
    /// The id of the request being answered.
    pub(super) static REQUEST_ID: String;
}

/// The id of the request being answered, for a person to quote.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_default()
}

/// An error on its way to a client of the API.
#[derive(Debug)]
pub struct Problem(pub Error);

/// The body of a problem answer (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// A URI reference that names the kind of problem: `/problems/` and the code.
    pub r#type: String,
    /// The code in words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// The stable code to match on.
    pub code: String,
    /// The fields concerned.
    pub fields: Vec<ProblemField>,
    /// The request's id, also in the log.
    pub request_id: String,
}

/// A field of the request that is the problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// Where, such as `readings[3].value`.
    pub field: String,
    /// The stable code.
    pub code: String,
    /// The sentence.
    pub detail: String,
}

impl From<FieldRefusal> for ProblemField {
    fn from(f: FieldRefusal) -> Self {
        ProblemField { field: f.field, code: f.code.to_owned(), detail: f.detail }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<Error> for Problem {
    fn from(e: Error) -> Self {
        Problem(e)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Problem(Error::Refused(refusal))
    }
}

/// The HTTP status of a refusal.
pub fn status_of(refusal: &Refusal) -> StatusCode {
    match (refusal.code, refusal.code.kind()) {
        (Code::WrongMediaType | Code::UnknownFileType, _) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        (_, Kind::Malformed) => StatusCode::BAD_REQUEST,
        (_, Kind::NotSignedIn) => StatusCode::UNAUTHORIZED,
        (_, Kind::Forbidden) => StatusCode::FORBIDDEN,
        (_, Kind::NotFound) => StatusCode::NOT_FOUND,
        (_, Kind::Conflict) => StatusCode::CONFLICT,
        (_, Kind::Unprocessable) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, Kind::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        (_, Kind::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Kind::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        (_, Kind::NotOffered) => StatusCode::METHOD_NOT_ALLOWED,
    }
}

/// Status, code, sentence and fields of any error; a failure of ours is logged here.
pub fn explain(error: &Error) -> (StatusCode, &'static str, String, Vec<FieldRefusal>) {
    let request = request_id();
    match error {
        Error::Refused(refusal) => {
            (status_of(refusal), refusal.code.as_str(), refusal.detail.clone(), refusal.fields.clone())
        }
        Error::Store(StoreError::Busy) => {
            let detail =
                "Too many people are writing at this moment. Nothing was recorded; try again in a few seconds.";
            (StatusCode::SERVICE_UNAVAILABLE, "too_busy", detail.into(), Vec::new())
        }
        other => {
            tracing::error!(error = %other, %request, "a request failed");
            let detail = format!(
                "Something went wrong inside Lotgate; nothing was recorded. Tell the administrator: {request}."
            );
            (StatusCode::INTERNAL_SERVER_ERROR, "internal", detail, Vec::new())
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        explain(&self.0).0
    }

    fn error_response(&self) -> HttpResponse {
        let (status, code, detail, fields) = explain(&self.0);
        let body = ProblemBody {
            r#type: format!("/problems/{code}"),
            title: code.replace('_', " "),
            status: status.as_u16(),
            detail,
            code: code.to_owned(),
            fields: fields.into_iter().map(ProblemField::from).collect(),
            request_id: request_id(),
        };
        let mut answer = HttpResponse::build(status);
        answer.insert_header(ContentType("application/problem+json".parse().unwrap_or(mime_json())));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, "3"));
        }
        if status == StatusCode::UNAUTHORIZED {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        answer.body(serde_json::to_string(&body).unwrap_or_default())
    }
}

fn mime_json() -> actix_web::mime::Mime {
    actix_web::mime::APPLICATION_JSON
}

/// Runs blocking work (database, password hashing) off the event loop.
///
/// # Errors
/// Whatever the work says, or that the pool is shutting down.
pub async fn block<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    // The blocking thread logs under the same request.
    let request = request_id();
    let outcome = actix_web::web::block(move || REQUEST_ID.sync_scope(request, work)).await;
    outcome.unwrap_or_else(|_| Err(Error::Internal("the service is stopping".into())))
}
