//! Every address of the API and of the service itself.

use super::*;

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
    "/api/v1/notices/{number}/record"            { GET  SignedIn Reads  => api::notices::record; }
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
}
