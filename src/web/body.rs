//! Reading a JSON body: exactly the fields that are known, and a sentence for what is wrong.
//!
//! Promises: no body is read past its limit; who may not is told so before anything is said of
//! the body; a repeated field is refused rather than silently replaced; what a key promises to
//! repeat is hashed without its secrets.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;
use crate::domain::refusal::{Code, Refusal};

/// The largest JSON body, in bytes.
pub const JSON_BYTES_MAX: usize = 256 * 1024;

/// A JSON body as it arrived. A handler reads it after its permit has been granted: both are
/// extracted at once, and whoever may not is told that first.
#[derive(Debug)]
pub struct Sent<T>(Result<Body<T>, Refusal>);

impl<T> Sent<T> {
    /// What the body says.
    ///
    /// # Errors
    /// Not JSON, too large, or not the fields this address takes.
    pub fn read(self) -> Result<Body<T>, Refusal> {
        self.0
    }
}

/// A JSON body.
#[derive(Debug, Clone)]
pub struct Body<T> {
    /// What it says.
    pub value: T,
    /// Its content without password and one-time code, for [`super::guard::once`].
    pub fingerprint: String,
}

impl<T: DeserializeOwned> Body<T> {
    /// Reads JSON text.
    ///
    /// # Errors
    /// Not JSON, or not the fields this address takes.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let value: T = serde_json::from_slice(bytes).map_err(|e| malformed(&e))?;
        let mut plain: Value = serde_json::from_slice(bytes).map_err(|e| malformed(&e))?;
        // An array would fill the fields too, and its password would have no name to be left out by.
        let Value::Object(fields) = &mut plain else {
            return Err(Refusal::new(
                Code::MalformedRequest,
                "The request must be a JSON object: fields by name, in braces.",
            ));
        };
        // The code beside a password is as secret and another one each time; elsewhere a code is a name.
        if fields.remove("password").is_some() {
            fields.remove("code");
        }
        fields.remove("new_password");
        Ok(Body { value, fingerprint: plain.to_string() })
    }
}

fn malformed(e: &serde_json::Error) -> Refusal {
    let what: String = e.to_string().chars().take(300).collect();
    let detail = if what.contains("expected a string") {
        format!(
            "The request cannot be read: {what}. Values are sent as text in quotes, such as \"98.7\", so that nothing is rounded."
        )
    } else {
        format!("The request cannot be read: {what}.")
    };
    Refusal::new(Code::MalformedRequest, detail)
}

/// Reads a JSON body that may be left out.
///
/// # Errors
/// As [`Sent::read`], where something was sent.
pub fn optional<T: DeserializeOwned>(
    req: &HttpRequest,
    bytes: Result<Bytes, actix_web::Error>,
) -> Result<Option<T>, Refusal> {
    let bytes = bytes.map_err(|e| body_refusal(&e))?;
    match bytes.is_empty() {
        true => Ok(None),
        false if says_json(req) => Ok(Some(Body::read(&bytes)?.value)),
        false => Err(not_json()),
    }
}

fn not_json() -> Refusal {
    Refusal::new(Code::WrongMediaType, "Send JSON, with the header Content-Type: application/json.")
}

/// The bytes of a JSON body.
async fn json_bytes(is_json: bool, bytes: <Bytes as FromRequest>::Future) -> Result<Bytes, Refusal> {
    if !is_json {
        return Err(not_json());
    }
    bytes.await.map_err(|e| body_refusal(&e))
}

fn says_json(req: &HttpRequest) -> bool {
    req.headers().get(CONTENT_TYPE).is_some_and(|t| {
        let kind = t.to_str().ok().and_then(|t| t.split(';').next());
        kind.is_some_and(|t| t.trim().eq_ignore_ascii_case("application/json"))
    })
}

impl<T: DeserializeOwned + 'static> FromRequest for Sent<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = json_bytes(says_json(req), Bytes::from_request(req, payload));
        Box::pin(async move { Ok(Sent(bytes.await.and_then(|bytes| Body::read(&bytes)))) })
    }
}

/// A JSON body that the domain reads by itself, as text, because it tells better what is wrong.
#[derive(Debug)]
pub struct SentDocument(Result<String, Refusal>);

impl SentDocument {
    /// The text.
    ///
    /// # Errors
    /// Not said to be JSON, too large, or not UTF-8.
    pub fn text(self) -> Result<String, Refusal> {
        self.0
    }
}

impl FromRequest for SentDocument {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = json_bytes(says_json(req), Bytes::from_request(req, payload));
        let not_text = |_| Refusal::new(Code::MalformedRequest, "The document is not UTF-8 text.");
        Box::pin(
            async move { Ok(SentDocument(bytes.await.and_then(|b| String::from_utf8(b.into()).map_err(not_text)))) },
        )
    }
}

/// Why a body could not be received.
pub fn body_refusal(e: &actix_web::Error) -> Refusal {
    if e.as_response_error().status_code() == actix_web::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(Code::TooLarge, "The request is larger than this address takes.");
    }
    Refusal::new(Code::MalformedRequest, "The request's body could not be received whole.")
}
