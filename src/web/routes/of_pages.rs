//! Every address of the pages.

use super::*;

routes! {
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
    "/notices/{number}"                          { GET  SignedIn Reads  => pages::notices::show; }
    "/notices/{number}/pdf"                      { GET  SignedIn Reads  => pages::notices::pdf; }
    "/notices/{number}/record"                   { GET  SignedIn Reads  => pages::notices::record; }
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
    "/certificates/{number}/supersession" {
        GET  SignedIn Reads  => pages::supersession::back;
        POST QP_OR_QA Writes => pages::supersession::replace;
    }
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
