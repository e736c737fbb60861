//! Permits at the door: a handler that takes `Allowed<RecordRun>` is reached only by who may.
//!
//! Promises: the check is made before the body is read; refused attempts at a lot's decision
//! are recorded with the lot or run of the address.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::problem::{Problem, block};
use super::session::{Somebody, somebody};
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical::sha256_hex;
use crate::workflow::permit::{Duty, Once, Permit, Subject};
use crate::workflow::{App, Error};

/// The longest Idempotency-Key, in characters.
const KEY_CHARS_MAX: usize = 200;

/// A permit, granted to whoever sent the request.
#[derive(Debug, Clone)]
pub struct Allowed<D>(pub Permit<D>);

/// What a request's address is about.
pub fn subject(req: &HttpRequest) -> Subject {
    let part = |name: &str| req.match_info().get(name);
    Subject {
        lot: part("lot").and_then(|t| LotNumber::parse(t).ok()),
        run: part("run").and_then(|t| RunNumber::parse(t).ok()),
    }
}

/// Grants a permit to somebody for what the request is about.
///
/// # Errors
/// None of the person's roles allows it.
pub async fn grant<D: Duty>(req: &HttpRequest, somebody: &Somebody) -> Result<Permit<D>, Error> {
    let app = req.app_data::<Data<App>>().ok_or_else(|| Error::Internal("no App".into()))?.clone();
    let (user, subject) = (somebody.user.clone(), subject(req));
    block(move || Permit::<D>::grant(&app, &user, &subject)).await
}

impl<D: Duty> FromRequest for Allowed<D> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let somebody = somebody(&req).await?;
            Ok(Allowed(grant::<D>(&req, &somebody).await?))
        })
    }
}

/// The promise in a request's `Idempotency-Key`, over its method, address and content.
///
/// `content` holds no secret: the hash of a short password could be guessed.
///
/// # Errors
/// The key cannot be kept; ignoring it could record a repeated request twice.
pub fn once(req: &HttpRequest, content: &str) -> Result<Option<Once>, Refusal> {
    let Some(header) = req.headers().get("idempotency-key") else { return Ok(None) };
    once_with(req, header.to_str().unwrap_or_default().trim(), content).map(Some)
}

/// As [`once`], with the key from a form.
///
/// # Errors
/// As [`once`].
pub fn once_with(req: &HttpRequest, key: &str, content: &str) -> Result<Once, Refusal> {
    if key.is_empty() || key.len() > KEY_CHARS_MAX || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        let detail = format!("The Idempotency-Key must have 1 to {KEY_CHARS_MAX} ASCII characters, such as a UUID.");
        return Err(Refusal::field(Code::InvalidField, "Idempotency-Key", detail));
    }
    let request = format!("{} {}\n{content}", req.method(), req.path());
    Ok(Once { key: key.to_owned(), request_sha256: sha256_hex(request.as_bytes()) })
}
