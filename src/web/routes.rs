//! Every URL, on one page: address, method, who may, whether it writes, and the handler.
//!
//! Promises: what is not here does not exist; `tests/routes.rs` walks this table and requires
//! that strangers and wrong roles are refused and that every write leaves a ledger entry.

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
        /// All routes.
        pub const ROUTES: &[Route] = &[$($(
            Route { method: stringify!($method), path: $path, who: $who, effect: $effect },
        )*)*];

        /// Puts every handler at its address.
        pub fn configure(config: &mut ServiceConfig) {
            $(config.service(
                resource($path)
                    $(.route(routes!(@method $method).to($handler)))*
                    .default_service(route().to(api::meta::wrong_method)),
            );)*
            config.default_service(route().to(pages::nothing_here));
        }
    };
    // What answers GET answers HEAD, without the body (RFC 9110, 9.3.2).
    (@method GET) => { route().guard(guard::Any(guard::Get()).or(guard::Head())) };
    (@method POST) => { actix_web::web::post() };
    (@method PUT) => { actix_web::web::put() };
    (@method DELETE) => { actix_web::web::delete() };
}

routes! {
    "/api/v1/session" {
        POST   Anyone   Writes => api::session::create;
        DELETE SignedIn Writes => api::session::delete;
    }
    "/api/v1/me"                                 { GET SignedIn Reads => api::session::me; }
    "/api/v1/users" {
        GET  ADMIN Reads  => api::people::list;
        POST ADMIN Writes => api::people::create;
    }
    "/api/v1/me/password"                        { POST SignedIn Writes => api::people::change_own_password; }
    "/api/v1/users/{username}"                   { GET  ADMIN    Reads  => api::people::show; }
    "/api/v1/users/{username}/deactivation"      { POST ADMIN    Writes => api::people::deactivate; }
    "/api/v1/users/{username}/reactivation"      { POST ADMIN    Writes => api::people::reactivate; }
    "/api/v1/users/{username}/roles"             { POST ADMIN    Writes => api::people::set_roles; }
    "/api/v1/users/{username}/limit"             { POST ADMIN    Writes => api::people::limit; }
    "/api/v1/users/{username}/identity"          { POST ADMIN    Writes => api::people::check_identity; }
    "/api/v1/users/{username}/qualification"     { POST ADMIN    Writes => api::people::qualify; }
    "/api/v1/users/{username}/training"          { POST ADMIN    Writes => api::people::train; }
    "/api/v1/users/{username}/password"          { POST ADMIN    Writes => api::people::give_password; }
    "/api/v1/access"                             { GET  SEES_ACCESS Reads => api::access::show; }
    "/api/v1/access/review"                      { POST QA       Writes => api::access::review; }
    "/api/v1/signature-policy" {
        GET  SignedIn Reads  => api::access::policy;
        POST QA       Writes => api::access::issue_policy;
    }
    "/api/v1/signature-policy/acknowledgement"   { POST SignedIn Writes => api::access::acknowledge; }
    "/api/v1/specifications" {
        GET  SignedIn Reads  => api::specifications::list;
        POST ANALYST_OR_QA  Writes => api::specifications::create;
    }
    // Before the versions: an address with a word is no version.
    "/api/v1/specifications/{product}/diff"      { GET  SignedIn Reads  => api::specification_acts::diff; }
    "/api/v1/specifications/{product}/retirement" { POST QA     Writes => api::specification_acts::retire; }
    "/api/v1/specifications/{product}/{version}" {
        GET SignedIn Reads  => api::specifications::show;
        PUT ANALYST_OR_QA  Writes => api::specifications::rewrite;
    }
    "/api/v1/specifications/{product}/{version}/document" { GET SignedIn Reads => api::specifications::document; }
    "/api/v1/specifications/{product}/{version}/approval" { POST QA Writes => api::specification_acts::approve; }
    "/api/v1/specifications/{product}/{version}/what-if" { POST SignedIn Reads => api::specification_acts::what_if; }
    "/api/v1/users/{username}/identity-link/removal" { POST ADMIN Writes => api::identity_links::remove; }
    "/api/v1/lots" {
        GET  SignedIn Reads  => api::lots::list;
        POST ANALYST  Writes => api::lots::create;
    }
    "/api/v1/lots/{lot}"                         { GET  SignedIn Reads  => api::lots::show; }
    "/api/v1/lots/{lot}/runs"                    { POST ANALYST  Writes => api::runs::create; }
    "/api/v1/lots/{lot}/runs/preview"            { POST ANALYST  Reads  => api::runs::preview; }
    "/api/v1/lots/{lot}/dose"                    { POST SignedIn Reads  => api::dose::plan; }
    "/api/v1/lots/{lot}/release"                 { POST QA       Writes => api::lots::release; }
    "/api/v1/lots/{lot}/qc-approval"             { POST QC       Writes => api::course::approve; }
    "/api/v1/lots/{lot}/audit-review" {
        GET  REVIEWERS Reads  => api::course::show_review;
        POST QA        Writes => api::course::review;
    }
    "/api/v1/lots/{lot}/qp-certification"        { POST QP       Writes => api::course::certify; }
    "/api/v1/lots/{lot}/conditional-release"     { POST QP_OR_QA Writes => api::course::release_in_part; }
    "/api/v1/notices/{number}"                   { GET  SignedIn Reads  => api::notices::show; }
    "/api/v1/notices/{number}/pdf"               { GET  SignedIn Reads  => api::notices::pdf; }
    "/api/v1/certificates/{number}/supersession" { POST QP_OR_QA Writes => api::supersession::create; }
    "/api/v1/lots/{lot}/rejection"               { POST QA       Writes => api::lots::reject; }
    "/api/v1/lots/{lot}/revocation" {
        GET  SignedIn Reads  => api::revocation::show;
        POST QP_OR_QA Writes => api::revocation::create;
    }
    "/api/v1/lots/{lot}/revocation/parties/{party}" { POST QP_OR_QA Writes => api::revocation::tell; }
    "/api/v1/lots/{lot}/supply" {
        GET  SignedIn Reads  => api::supply::show;
        POST QP_OR_QA Writes => api::supply::create;
    }
    "/api/v1/containers" {
        GET  SignedIn      Reads  => api::containers::list;
        POST ANALYST_OR_QA Writes => api::containers::create;
    }
    "/api/v1/containers/{container}/label"       { GET  SignedIn Reads  => api::containers::label; }
    "/api/v1/banks" {
        GET  SignedIn Reads  => api::banks::list;
        POST ANALYST  Writes => api::banks::create;
    }
    "/api/v1/banks/{bank}"                       { GET  SignedIn Reads  => api::banks::show; }
    "/api/v1/banks/{bank}/runs"                  { POST ANALYST  Writes => api::banks::record_run; }
    "/api/v1/donors" {
        GET  SignedIn Reads  => api::donors::list;
        POST ANALYST  Writes => api::donors::create;
    }
    "/api/v1/donors/{donor}"                     { GET  SignedIn Reads  => api::donors::show; }
    "/api/v1/donors/{donor}/runs"                { POST ANALYST  Writes => api::donors::record_run; }
    "/api/v1/runs/{run}"                         { GET  SignedIn Reads  => api::runs::show; }
    "/api/v1/runs/{run}/verification"            { POST ANALYST  Writes => api::runs::verify; }
    "/api/v1/runs/{run}/correction"              { POST ANALYST  Writes => api::runs::correct; }
    "/api/v1/files"                              { POST ANALYST  Writes => api::files::create; }
    "/api/v1/files/{sha256}"                     { GET  SignedIn Reads  => api::files::show; }
    "/api/v1/files/{sha256}/info"                { GET  SignedIn Reads  => api::files::info; }
    "/api/v1/runs/{run}/resolution"              { POST ANALYST  Writes => api::runs::resolve; }
    "/api/v1/calendar"                           { GET  SignedIn Reads  => api::calendar::list; }
    "/api/v1/instruments" {
        GET  SignedIn      Reads  => api::equipment::instruments;
        POST ANALYST_OR_QA Writes => api::equipment::register_instrument;
    }
    "/api/v1/instruments/{code}/calibration"     { POST ANALYST_OR_QA Writes => api::equipment::calibrate; }
    "/api/v1/reagents" {
        GET  SignedIn      Reads  => api::equipment::reagents;
        POST ANALYST_OR_QA Writes => api::equipment::receive_reagent;
    }
    "/api/v1/site/policy" {
        GET SignedIn Reads  => api::policy::show;
        PUT QA       Writes => api::policy::set;
    }
    "/api/v1/runs/{run}/invalidation"            { POST QA       Writes => api::invalidations::create; }
    "/api/v1/investigations"                     { GET  SignedIn Reads  => api::investigations::list; }
    "/api/v1/investigations/{number}"            { GET  SignedIn Reads  => api::investigations::show; }
    "/api/v1/investigations/{number}/laboratory" { POST ANALYST_OR_QA Writes => api::investigations::laboratory; }
    "/api/v1/investigations/{number}/plan"       { POST QA       Writes => api::investigations::plan; }
    "/api/v1/investigations/{number}/retest"     { POST ANALYST  Writes => api::investigations::retest; }
    "/api/v1/investigations/{number}/conclusion" { POST ANALYST_OR_QA Writes => api::investigations::conclusion; }
    "/api/v1/investigations/{number}/closure"    { POST QA       Writes => api::investigations::closure; }
    "/api/v1/deviations" {
        GET  SignedIn   Reads  => api::deviations::list;
        POST ANALYST_OR_QA Writes => api::deviations::create;
    }
    "/api/v1/deviations/{number}"                { GET  SignedIn Reads  => api::deviations::show; }
    "/api/v1/deviations/{number}/closure"        { POST QA       Writes => api::deviations::closure; }
    "/api/v1/certificates"                       { GET  SignedIn Reads  => api::certificates::list; }
    "/api/v1/certificates/{number}"              { GET  SignedIn Reads  => api::certificates::show; }
    "/api/v1/certificates/{number}/pdf"          { GET  SignedIn Reads  => api::certificates::pdf; }
    "/api/v1/certificates/{number}/record"       { GET  SignedIn Reads  => api::certificates::record; }
    "/api/v1/verify"                             { POST Anyone   Reads  => api::verification::verify; }
    "/api/v1/str/compare"                        { POST SignedIn Reads  => api::str_profiles::compare; }
    "/api/v1/str/origin"                         { POST SignedIn Reads  => api::str_profiles::origin; }
    "/api/v1/ledger"                             { GET  SignedIn Reads  => api::ledger::list; }
    "/api/v1/lots/{lot}/as-of"                   { GET  SignedIn Reads  => api::as_of::show; }
    "/api/v1/lots/{lot}/inspection-pack"         { GET  SignedIn Writes => api::copies::inspection; }
    "/api/v1/register"                           { GET  SignedIn Reads  => api::register::show; }
    "/api/v1/register/pdf"                       { GET  SignedIn Writes => api::register::pdf; }
    "/api/v1/ledger/export"                      { GET  OVERSEERS Writes => api::ledger_export::export; }
    "/api/v1/ledger/verify"                      { GET  SignedIn Reads  => api::ledger::verify; }
    "/api/v1/session/unlock"                     { POST SignedIn Reads  => api::session::unlock; }
    "/api/v1/me/factors"                         { GET  SignedIn Reads  => api::factors::list; }
    "/api/v1/me/factors/{id}/removal"            { POST SignedIn Writes => api::factors::remove_own; }
    "/api/v1/me/totp"                            { POST SignedIn Reads  => api::factors::begin_totp; }
    "/api/v1/me/totp/confirmation"               { POST SignedIn Writes => api::factors::confirm_totp; }
    "/api/v1/me/passkeys"                        { POST SignedIn Reads  => api::passkeys::begin; }
    "/api/v1/me/passkeys/confirmation"           { POST SignedIn Writes => api::passkeys::confirm; }
    "/api/v1/session/passkey"                    { POST Anyone   Reads  => api::passkeys::begin_sign_in; }
    "/api/v1/session/passkey/confirmation"       { POST Anyone   Writes => api::passkeys::sign_in; }
    "/api/v1/me/recovery-codes"                  { POST SignedIn Writes => api::factors::recovery_codes; }
    "/api/v1/me/sessions" {
        GET    SignedIn Reads  => api::sessions::list;
        DELETE SignedIn Writes => api::sessions::end_others;
    }
    "/api/v1/me/sessions/{id}"                   { DELETE SignedIn Writes => api::sessions::end_own; }
    "/api/v1/me/tokens" { GET SignedIn Reads => api::tokens::list; POST SignedIn Writes => api::tokens::create; }
    "/api/v1/me/tokens/{id}"                     { DELETE SignedIn Writes => api::tokens::revoke_own; }
    "/api/v1/users/{username}/unlock"            { POST ADMIN Writes => api::sessions::unlock; }
    "/api/v1/users/{username}/sessions"          { GET  ADMIN Reads  => api::sessions::list_of; }
    "/api/v1/users/{username}/sessions/{id}/end" { POST ADMIN Writes => api::sessions::end; }
    "/api/v1/users/{username}/factors/{id}/removal" { POST ADMIN Writes => api::factors::remove; }
    "/api/v1/users/{username}/tokens/{id}/revocation" { POST ADMIN Writes => api::tokens::revoke; }
    "/api/v1/alerts"                             { GET  ALERTED Reads => api::alerts::list; }
    "/api/v1/alerts/{alert}/acknowledgement"     { POST ALERTED Writes => api::alerts::acknowledge; }
    "/api/openapi.json"                          { GET  Anyone   Reads  => api::meta::openapi; }
    "/healthz"                                   { GET  Anyone   Reads  => api::meta::healthz; }
    "/readyz"                                    { GET  Anyone   Reads  => api::meta::readyz; }
    "/static/{file:.*}"                          { GET  Anyone   Reads  => statics::file; }

    "/"                                          { GET  Anyone   Reads  => pages::lots::home; }
    "/sign-in" {
        GET  Anyone Reads  => pages::sign_in::show;
        POST Anyone Writes => pages::sign_in::submit;
    }
    "/sign-in/oidc"                              { GET  Anyone   Reads  => pages::oidc::begin; }
    "/sign-in/oidc/callback"                     { GET  Anyone   Writes => pages::oidc::come_back; }
    "/account/oidc" {
        GET  SignedIn Reads => pages::oidc::show;
        POST SignedIn Reads => pages::oidc::link;
    }
    "/sign-in/code" { GET Anyone Reads => pages::sign_in::again; POST Anyone Writes => pages::sign_in::submit_code; }
    "/sign-in/passkey" {
        GET  Anyone Reads  => pages::sign_in::again;
        POST Anyone Writes => pages::sign_in::submit_passkey;
    }
    "/account/security"                          { GET  SignedIn Reads  => pages::security::show; }
    "/account/security/totp" { GET Anyone Reads => pages::back; POST SignedIn Reads => pages::security::begin_totp; }
    "/account/security/totp/confirmation" {
        GET  Anyone   Reads  => pages::security::back;
        POST SignedIn Writes => pages::security::confirm_totp;
    }
    "/account/security/recovery-codes" {
        GET  Anyone   Reads  => pages::back;
        POST SignedIn Writes => pages::security::recovery_codes;
    }
    "/account/security/factors/{id}/removal" {
        GET  Anyone   Reads  => pages::security::back;
        POST SignedIn Writes => pages::security::remove_factor;
    }
    // Before the names: an address with this word is no session's.
    "/account/security/sessions/end" {
        GET  Anyone   Reads  => pages::security::back;
        POST SignedIn Writes => pages::security::end_sessions;
    }
    "/account/security/sessions/{id}/end" {
        GET  Anyone   Reads  => pages::security::back;
        POST SignedIn Writes => pages::security::end_session;
    }
    "/account/security/tokens" {
        GET  Anyone   Reads  => pages::back;
        POST SignedIn Writes => pages::security::issue_token;
    }
    "/account/security/tokens/{id}/revocation" {
        GET  Anyone   Reads  => pages::security::back;
        POST SignedIn Writes => pages::security::revoke_token;
    }
    "/alerts"                                    { GET  ALERTED Reads  => pages::alerts::list; }
    "/alerts/{alert}/acknowledgement" {
        GET  Anyone  Reads  => pages::alerts::back;
        POST ALERTED Writes => pages::alerts::acknowledge;
    }
    "/account/oidc/visit"                        { GET  SignedIn Reads  => pages::oidc::visit; }
    "/sign-out" {
        GET  Anyone   Reads  => pages::back;
        POST SignedIn Writes => pages::sign_in::out;
    }
    "/first-administrator" {
        GET  Anyone Reads  => pages::sign_in::first_administrator;
        POST Anyone Writes => pages::sign_in::create_first;
    }
    "/lots" {
        GET  SignedIn Reads  => pages::lots::list;
        POST ANALYST  Writes => pages::lots::create;
    }
    "/lots.csv"                                  { GET  SignedIn Reads  => pages::lots::csv; }
    "/lots/new"                                  { GET  ANALYST  Reads  => pages::lots::new; }
    "/lots/{lot}"                                { GET  SignedIn Reads  => pages::lot::show; }
    "/lots/{lot}/runs/new"                       { GET  ANALYST  Reads  => pages::runs::new; }
    "/lots/{lot}/runs" {
        GET  SignedIn Reads  => pages::runs::back;
        POST ANALYST  Writes => pages::runs::create;
    }
    "/lots/{lot}/runs/preview"                   { POST ANALYST  Reads  => pages::runs::preview; }
    "/lots/{lot}/release" {
        GET  Anyone  Reads  => pages::back;
        POST QA      Writes => pages::lot::release;
    }
    "/lots/{lot}/rejection" {
        GET  Anyone  Reads  => pages::back;
        POST QA      Writes => pages::lot::reject;
    }
    "/lots/{lot}/recall"                         { GET  SignedIn Reads  => pages::recall::show; }
    "/lots/{lot}/revocation" {
        GET  SignedIn Reads  => pages::recall::back;
        POST QP_OR_QA Writes => pages::recall::revoke;
    }
    "/lots/{lot}/revocation/parties/{party}" {
        GET  SignedIn Reads  => pages::recall::back;
        POST QP_OR_QA Writes => pages::recall::tell;
    }
    "/lots/{lot}/containers" {
        GET  SignedIn      Reads  => pages::containers::of_lot;
        POST ANALYST_OR_QA Writes => pages::containers::create;
    }
    "/containers"                                { GET  SignedIn Reads  => pages::containers::list; }
    "/lots/{lot}/supply" {
        GET  SignedIn Reads  => pages::supply::show;
        POST QP_OR_QA Writes => pages::supply::create;
    }
    "/banks" {
        GET  SignedIn Reads  => pages::banks::list;
        POST ANALYST  Writes => pages::banks::create;
    }
    "/banks/new"                                 { GET  ANALYST  Reads  => pages::banks::new; }
    "/banks/{bank}"                              { GET  SignedIn Reads  => pages::banks::show; }
    "/donors" {
        GET  SignedIn Reads  => pages::banks::list_donors;
        POST ANALYST  Writes => pages::banks::create_donor;
    }
    "/donors/new"                                { GET  ANALYST  Reads  => pages::banks::new_donor; }
    "/donors/{donor}"                            { GET  SignedIn Reads  => pages::banks::show_donor; }
    "/lots/{lot}/dose" {
        GET  Anyone   Reads => pages::back;
        POST SignedIn Reads => pages::lot::dose;
    }
    "/calendar"                                  { GET  SignedIn Reads  => pages::calendar::show; }
    "/review"                                    { GET  SignedIn Reads  => pages::review::list; }
    "/runs/{run}"                                { GET  SignedIn Reads  => pages::run::show; }
    "/runs/{run}/verification" {
        GET  Anyone  Reads  => pages::back;
        POST ANALYST Writes => pages::run::verify;
    }
    "/runs/{run}/correction" {
        GET  Anyone  Reads  => pages::back;
        POST ANALYST Writes => pages::run::correct;
    }
    "/runs/{run}/resolution" {
        GET  Anyone  Reads  => pages::back;
        POST ANALYST Writes => pages::run::resolve;
    }
    "/runs/{run}/invalidation" {
        GET  Anyone Reads  => pages::back;
        POST QA     Writes => pages::run::invalidate;
    }
    "/files/{sha256}"                            { GET  SignedIn Reads  => pages::files::show; }
    "/equipment"                                 { GET  SignedIn Reads  => pages::equipment::show; }
    "/equipment/instruments" {
        GET  Anyone        Reads  => pages::back;
        POST ANALYST_OR_QA Writes => pages::equipment::register;
    }
    "/equipment/calibrations" {
        GET  Anyone        Reads  => pages::back;
        POST ANALYST_OR_QA Writes => pages::equipment::calibrate;
    }
    "/equipment/reagents" {
        GET  Anyone        Reads  => pages::back;
        POST ANALYST_OR_QA Writes => pages::equipment::receive;
    }
    "/policy" {
        GET  SignedIn Reads  => pages::policy::show;
        POST QA       Writes => pages::policy::submit;
    }
    "/lots/{lot}/qc-approval" {
        GET  Anyone Reads  => pages::back;
        POST QC     Writes => pages::course::approve;
    }
    "/lots/{lot}/audit-review" {
        GET  REVIEWERS Reads  => pages::course::show_review;
        POST QA        Writes => pages::course::review;
    }
    "/lots/{lot}/qp-certification" {
        GET  Anyone Reads  => pages::back;
        POST QP     Writes => pages::course::certify;
    }
    "/lots/{lot}/conditional-release" {
        GET  Anyone   Reads  => pages::back;
        POST QP_OR_QA Writes => pages::course::release_in_part;
    }
    "/notices/{number}/pdf"                      { GET  SignedIn Reads  => pages::course::notice_pdf; }
    "/investigations"                            { GET  SignedIn Reads  => pages::investigations::list; }
    "/investigations/{number}"                   { GET  SignedIn Reads  => pages::investigations::show; }
    "/investigations/{number}/laboratory" {
        GET  Anyone     Reads  => pages::back;
        POST ANALYST_OR_QA Writes => pages::investigations::laboratory;
    }
    "/investigations/{number}/plan" {
        GET  Anyone Reads  => pages::back;
        POST QA     Writes => pages::investigations::plan;
    }
    "/investigations/{number}/conclusion" {
        GET  Anyone     Reads  => pages::back;
        POST ANALYST_OR_QA Writes => pages::investigations::conclusion;
    }
    "/investigations/{number}/closure" {
        GET  Anyone Reads  => pages::back;
        POST QA     Writes => pages::investigations::closure;
    }
    "/deviations" {
        GET  SignedIn   Reads  => pages::deviations::list;
        POST ANALYST_OR_QA Writes => pages::deviations::create;
    }
    "/deviations/new"                            { GET  ANALYST_OR_QA Reads => pages::deviations::new; }
    "/deviations/{number}"                       { GET  SignedIn Reads  => pages::deviations::show; }
    "/deviations/{number}/closure" {
        GET  Anyone Reads  => pages::back;
        POST QA     Writes => pages::deviations::closure;
    }
    "/certificates"                              { GET  SignedIn Reads  => pages::certificates::list; }
    "/certificates/{number}"                     { GET  SignedIn Reads  => pages::certificates::show; }
    "/certificates/{number}/pdf"                 { GET  SignedIn Reads  => pages::certificates::pdf; }
    "/certificates/{number}/record"              { GET  SignedIn Reads  => pages::certificates::record; }
    "/specifications" {
        GET  SignedIn Reads  => pages::specifications::list;
        POST ANALYST_OR_QA  Writes => pages::spec_edit::create;
    }
    "/specifications/new"                        { GET  ANALYST_OR_QA  Reads  => pages::spec_edit::new; }
    // Before the versions: an address with a word is no version.
    "/specifications/{product}/diff"             { GET  SignedIn Reads  => pages::spec_acts::diff; }
    "/specifications/{product}/retirement" {
        GET  Anyone  Reads  => pages::spec_acts::back_to_list;
        POST QA      Writes => pages::spec_acts::retire;
    }
    "/specifications/{product}/{version}" {
        GET  SignedIn Reads  => pages::specifications::show;
        POST ANALYST_OR_QA  Writes => pages::spec_edit::rewrite;
    }
    "/specifications/{product}/{version}/edit"   { GET  ANALYST_OR_QA  Reads  => pages::spec_edit::edit; }
    "/specifications/{product}/{version}/approval" {
        GET  Anyone  Reads  => pages::back;
        POST QA      Writes => pages::spec_acts::approve;
    }
    "/ledger"                                    { GET  SignedIn Reads  => pages::ledger::list; }
    "/lots/{lot}/inspection-pack"                { GET  SignedIn Writes => pages::as_of::pack; }
    "/ledger/export"                             { GET  OVERSEERS Writes => pages::ledger::export; }
    "/register"                                  { GET  SignedIn Reads  => pages::register::show; }
    "/register.pdf"                              { GET  SignedIn Writes => pages::register::pdf; }
    "/lots/{lot}/as-of"                          { GET  SignedIn Reads  => pages::as_of::show; }
    "/verify" {
        GET  Anyone Reads => pages::verify::show;
        POST Anyone Reads => pages::verify::check;
    }
    "/verify/{number}"                           { GET  Anyone   Reads  => pages::verify::show; }
    "/str" {
        GET  SignedIn Reads => pages::str_profiles::show;
        POST SignedIn Reads => pages::str_profiles::answer;
    }
    "/people" {
        GET  ADMIN Reads  => pages::people::list;
        POST ADMIN Writes => pages::people::create;
    }
    "/people/{username}/security"                { GET  ADMIN    Reads  => pages::person_security::show; }
    "/people/{username}/security/unlock" {
        GET  Anyone Reads  => pages::person_security::back;
        POST ADMIN  Writes => pages::person_security::unlock;
    }
    "/people/{username}/security/factors/{id}/removal" {
        GET  Anyone Reads  => pages::person_security::back;
        POST ADMIN  Writes => pages::person_security::remove_factor;
    }
    "/people/{username}/security/sessions/{id}/end" {
        GET  Anyone Reads  => pages::person_security::back;
        POST ADMIN  Writes => pages::person_security::end_session;
    }
    "/people/{username}/security/tokens/{id}/revocation" {
        GET  Anyone Reads  => pages::person_security::back;
        POST ADMIN  Writes => pages::person_security::revoke_token;
    }
    "/people/new"                                { GET  ADMIN    Reads  => pages::people::new; }
    "/people/{username}"                         { GET  ADMIN    Reads  => pages::person::show; }
    "/people/{username}/identity" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/training" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/qualification" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/roles" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/password" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/limit" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/deactivation" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/people/{username}/reactivation" { GET Anyone Reads => pages::back; POST ADMIN Writes => pages::person::step; }
    "/account"                                   { GET  SignedIn Reads  => pages::account::show; }
    "/account/password" { GET Anyone Reads => pages::back; POST SignedIn Writes => pages::account::change_password; }
    "/account/policy" { GET Anyone Reads => pages::back; POST SignedIn Writes => pages::account::acknowledge; }
    "/access"                                    { GET  SEES_ACCESS Reads  => pages::access::show; }
    "/access.csv"                                { GET  SEES_ACCESS Writes => pages::access::csv; }
    "/access/review" { GET Anyone Reads => pages::back; POST QA Writes => pages::access::review; }
    "/access/signature-policy" { GET Anyone Reads => pages::back; POST QA Writes => pages::access::issue_policy; }
}
