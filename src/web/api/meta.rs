//! `/api/openapi.json`, `/healthz`, `/readyz`: about the service itself.

use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::json;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use super::{
    access, alerts, as_of, banks, calendar, certificates, containers, copies, course, deviations, donors, dose,
    equipment, factors, files, identity_links, invalidations, investigations, ledger, ledger_export, lots, notices,
    passkeys, people, policy, register, revocation, runs, session, sessions, specification_acts, specifications,
    str_profiles, supersession, supply, tokens, verification,
};
use crate::domain::refusal::{Code, Refusal};
use crate::web::problem::{Problem, block};
use crate::web::routes::ROUTES;
use crate::workflow::App;

/// The API described by its code.
#[derive(OpenApi)]
#[openapi(
    info(title = "Lotgate", description = "Decide, record and prove that a batch of cells may be given to a patient.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    security(("bearer" = [])),
    modifiers(&Bearer),
    paths(
        session::create, session::delete, session::me, people::list, people::create, identity_links::remove, specifications::list, specifications::show,
        specifications::create, specifications::rewrite, specifications::document, specification_acts::approve,
        specification_acts::retire, specification_acts::diff, specification_acts::what_if,
        lots::create, lots::list, lots::show, lots::release, lots::reject,
        banks::create, banks::list, banks::show, banks::record_run, donors::create, donors::list, donors::show, donors::record_run,
        runs::create, runs::preview, runs::show, runs::verify, runs::correct, runs::resolve, dose::plan, calendar::list,
        equipment::instruments, equipment::register_instrument, equipment::calibrate, equipment::reagents,
        equipment::receive_reagent, files::create, files::show, files::info,
        invalidations::create,
        investigations::list, investigations::show, investigations::laboratory, investigations::plan, investigations::retest,
        investigations::conclusion, investigations::closure,
        deviations::list, deviations::show, deviations::create, deviations::closure,
        containers::list, containers::create, containers::label,
        revocation::show, revocation::create, revocation::tell, supply::show, supply::create,
        certificates::list, certificates::show, certificates::pdf, certificates::record,
        verification::verify, str_profiles::compare, str_profiles::origin, ledger::list, ledger::verify, as_of::show, copies::inspection, ledger_export::export, register::show, register::pdf, openapi, healthz, readyz,
        session::unlock, factors::list, factors::begin_totp, factors::confirm_totp, factors::recovery_codes, factors::remove_own,
        factors::remove, sessions::list, sessions::end_others, sessions::end_own, sessions::list_of, sessions::end, sessions::unlock,
        passkeys::begin, passkeys::confirm, passkeys::begin_sign_in, passkeys::sign_in,
        tokens::list, tokens::create, tokens::revoke_own, tokens::revoke, alerts::list, alerts::acknowledge,
        policy::show, policy::set, course::approve, course::show_review, course::review, course::certify,
        course::release_in_part, notices::show, notices::pdf, notices::record, supersession::create,
        people::show, people::deactivate, people::reactivate, people::set_roles, people::limit, people::check_identity,
        people::qualify, people::train, people::give_password, people::change_own_password, access::show,
        access::review, access::policy, access::issue_policy, access::acknowledge,
    )
)]
pub struct Api;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        api.components.get_or_insert_with(Default::default).add_security_scheme("bearer", scheme);
    }
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "service", security(()), responses((status = 200)))]
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(Api::openapi())
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "service", security(()), responses((status = 200)))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok", "software": crate::SOFTWARE}))
}

/// The records can be read.
#[utoipa::path(get, path = "/readyz", tag = "service", security(()), responses((status = 200), (status = 503)))]
pub async fn readyz(app: Data<App>) -> HttpResponse {
    match block(move || app.read(|view| Ok(view.ledger_size()?))).await {
        Ok(facts) => HttpResponse::Ok().json(json!({"status": "ready", "facts": facts})),
        Err(error) => {
            tracing::error!(%error, "the records cannot be read");
            HttpResponse::ServiceUnavailable().json(json!({"status": "not ready"}))
        }
    }
}

/// Nothing is at this address.
pub async fn nothing_here(req: HttpRequest) -> Result<HttpResponse, Problem> {
    let path: String = req.path().chars().take(100).collect();
    Err(Refusal::new(Code::NoSuchPage, format!("There is nothing at {path}.")).into())
}

/// The address exists and does not take this method.
pub async fn wrong_method(req: HttpRequest) -> HttpResponse {
    let detail = format!("This address does not take {}.", req.method());
    let mut answer = Problem::from(Refusal::new(Code::MethodNotOffered, detail)).error_response();
    let here = req.match_pattern();
    let offered: Vec<&str> = ROUTES.iter().filter(|r| here.as_deref() == Some(r.path)).map(|r| r.method).collect();
    if let Ok(offered) = HeaderValue::from_str(&offered.join(", ")) {
        answer.headers_mut().insert(ALLOW, offered);
    }
    answer
}
