//! Pages: read, turn into a view, render; or take a form, call the verb, and say what came of it.
//!
//! Promises: a page writes only through a verb of `workflow`; a form that is refused comes back
//! with everything that was typed (never a password) and a sentence beside each field; every
//! error ends on a page that says what happened and what to do.

pub mod access;
pub mod account;
pub mod alerts;
pub mod as_of;
pub mod banks;
pub mod calendar;
pub mod certificates;
pub mod containers;
pub mod course;
pub mod decision;
pub mod deviations;
pub mod dose;
pub mod entry;
pub mod equipment;
pub mod files;
pub mod form;
mod investigation_forms;
pub mod investigations;
pub mod ledger;
pub mod lot;
mod lot_criteria;
pub mod lot_head;
pub mod lots;
pub mod narrate;
pub mod notices;
pub mod oidc;
pub mod people;
pub mod person;
pub mod person_security;
pub mod policy;
pub mod recall;
pub mod register;
pub mod review;
pub mod run;
mod run_facts;
mod run_forms;
mod run_guidance;
pub mod runs;
mod search;
pub mod security;
pub mod shown;
pub mod sign_in;
pub mod spec_acts;
pub mod spec_edit;
mod spec_form;
mod spec_rows;
mod spec_two_step;
pub mod specifications;
mod steps;
pub mod str_profiles;
pub mod supersession;
pub mod supply;
mod told;
mod told_course;
mod told_people;
pub mod verify;
pub mod view;
pub mod visit;
pub mod waiting;

use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::domain::refusal::{Code, Refusal};
use crate::web::problem::Problem;
use crate::workflow::Error;

/// `GET` at an address that only takes a form: back to the page the form stands on. A browser
/// comes here when a session ended on a form that was refused.
pub async fn back(req: HttpRequest) -> HttpResponse {
    let path = req.path().trim_end_matches('/');
    let page = path.rsplit_once('/').map_or("/", |(page, _)| page);
    visit::see_other(if page.is_empty() { "/" } else { page })
}

/// Whatever no route knows: a page for people, a problem document for the API.
pub async fn nothing_here(req: HttpRequest) -> HttpResponse {
    let path: String = req.path().chars().take(100).collect();
    let error = Error::from(Refusal::new(Code::NoSuchPage, format!("There is nothing at {path}.")));
    if req.path().starts_with("/api/") {
        return Problem(error).error_response();
    }
    let somebody = crate::web::session::somebody(&req).await.ok();
    visit::problem(&req, somebody.as_ref(), &error)
}
