//! The JSON API under `/api/v1`: parse, call the verb, show the outcome.
//!
//! Promises: names as documented in docs/API.md and in `/api/openapi.json`, which is made from
//! this code; numbers of results travel as text.

pub mod access;
pub mod account_views;
pub mod alerts;
pub mod as_of;
pub mod banks;
pub mod calendar;
pub mod certificates;
pub mod containers;
pub mod copies;
pub mod course;
pub mod deviations;
pub mod donors;
pub mod dose;
pub mod equipment;
pub mod factors;
pub mod files;
pub mod identity_links;
pub mod invalidations;
pub mod investigation_views;
pub mod investigations;
pub mod ledger;
pub mod ledger_export;
pub mod lot_views;
pub mod lots;
pub mod meta;
pub mod notices;
pub mod passkeys;
pub mod people;
pub mod policy;
pub mod register;
pub mod revocation;
pub mod run_views;
pub mod runs;
pub mod session;
pub mod sessions;
pub mod source_views;
pub mod specification_acts;
pub mod specifications;
pub mod str_profiles;
pub mod supersession;
pub mod supply;
pub mod tokens;
pub mod verification;

use crate::domain::refusal::{Code, Refusal};

/// The most rows one page of a list has.
pub const PAGE_ROWS_MAX: u32 = 200;
/// How many rows a page has unless told otherwise.
pub const PAGE_ROWS: u32 = 50;

/// Reads a page size.
///
/// # Errors
/// Not a whole number from 1 to [`PAGE_ROWS_MAX`].
pub fn read_limit(limit: Option<&str>) -> Result<u32, Refusal> {
    let Some(text) = limit.filter(|t| !t.is_empty()) else { return Ok(PAGE_ROWS) };
    match text.parse::<u32>() {
        Ok(rows) if (1..=PAGE_ROWS_MAX).contains(&rows) => Ok(rows),
        _ => {
            let detail = format!("limit is a whole number from 1 to {PAGE_ROWS_MAX}.");
            Err(Refusal::field(Code::InvalidField, "limit", detail))
        }
    }
}

/// Reads the place where a page begins.
///
/// # Errors
/// Not a cursor that a previous page gave.
pub fn read_cursor(field: &'static str, cursor: Option<&str>) -> Result<Option<i64>, Refusal> {
    match cursor.filter(|t| !t.is_empty()) {
        None => Ok(None),
        Some(text) => match text.parse::<i64>() {
            Ok(place) if place >= 0 => Ok(Some(place)),
            _ => Err(Refusal::field(
                Code::InvalidField,
                field,
                format!("{field} is the value that the previous page gave."),
            )),
        },
    }
}

/// Unwraps a query string that could not be read into a refusal.
pub fn query<T: serde::de::DeserializeOwned>(req: &actix_web::HttpRequest) -> Result<T, Refusal> {
    let read = actix_web::web::Query::<T>::from_query(req.query_string());
    read.map(actix_web::web::Query::into_inner)
        .map_err(|_| Refusal::new(Code::MalformedRequest, "The part of the address after ? cannot be read."))
}
