//! Every URL in two tables, of the API and of the pages: address, method, who may, whether it
//! writes, and the handler.
//!
//! Promises: what is not there does not exist; `tests/api/routes.rs` walks the tables and requires
//! that strangers and wrong roles are refused and that every write leaves a ledger entry.

use std::sync::LazyLock;

use actix_web::guard;
use actix_web::web::{ServiceConfig, resource, route};

use super::{api, pages, statics};
use crate::domain::role::Role;

pub use super::route::{Effect, Route, Who};
use Effect::{Reads, Writes};
use Who::{AnyOf, Anyone, Only, SignedIn};

const ANALYST: Who = Only(Role::Analyst);
const QA: Who = Only(Role::Qa);
const ADMIN: Who = Only(Role::Admin);
const QC: Who = Only(Role::Qc);
const QP: Who = Only(Role::Qp);
const QP_OR_QA: Who = AnyOf(&[Role::Qp, Role::Qa]);
const ALERTED: Who = AnyOf(&[Role::Qa, Role::Qp, Role::Admin]);
const REVIEWERS: Who = AnyOf(&[Role::Qc, Role::Qa, Role::Qp, Role::Auditor]);
const SEES_ACCESS: Who = AnyOf(&[Role::Qa, Role::Auditor, Role::Admin]);
const ANALYST_OR_QA: Who = AnyOf(&[Role::Analyst, Role::Qa]);

/// Those who take the ledger out: nobody who types values again.
const OVERSEERS: Who = AnyOf(&[Role::Auditor, Role::Qa, Role::Qp, Role::Qc, Role::Admin]);

macro_rules! routes {
    ($($path:literal { $($method:ident $who:ident $effect:ident => $handler:path;)* })*) => {
        /// These routes.
        pub(super) const ROUTES: &[Route] = &[$($(
            Route { method: stringify!($method), path: $path, who: $who, effect: $effect },
        )*)*];

        /// Puts every handler at its address.
        pub(super) fn configure(config: &mut ServiceConfig) {
            $(config.service(
                resource($path)
                    $(.route(routes!(@method $method).to($handler)))*
                    .default_service(route().to(api::meta::wrong_method)),
            );)*
        }
    };
    // What answers GET answers HEAD, without the body (RFC 9110, 9.3.2).
    (@method GET) => { route().guard(guard::Any(guard::Get()).or(guard::Head())) };
    (@method POST) => { actix_web::web::post() };
    (@method PUT) => { actix_web::web::put() };
    (@method DELETE) => { actix_web::web::delete() };
}

mod of_api;
mod of_pages;

/// All routes.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| [of_api::ROUTES, of_pages::ROUTES].concat());

/// Puts every handler at its address.
pub fn configure(config: &mut ServiceConfig) {
    of_api::configure(config);
    of_pages::configure(config);
    config.default_service(route().to(pages::nothing_here));
}
