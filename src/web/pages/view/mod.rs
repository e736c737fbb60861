//! What the pages show: template structs holding plain display data, each with samples.
//!
//! Nothing here knows a rule, a table or the time of day. A handler in `web/pages` reads,
//! turns what it read into these structs, and renders. The templates are in `templates/`,
//! one file per page and action, checked against these structs by the compiler.

pub mod access;
pub mod account;
pub mod alerts;
pub mod as_of;
pub mod calendar;
pub mod certificates;
pub mod course;
pub mod deviations;
pub mod dose;
pub mod equipment;
pub mod evidence;
pub mod investigations;
pub mod ledger;
pub mod lot;
mod lot_samples;
pub mod lots;
pub mod marks;
pub mod notices;
pub mod oidc;
pub mod parts;
pub mod people;
pub mod person_security;
pub mod problem;
pub mod recall;
pub mod register;
mod run_samples;
pub mod runs;
mod samples;
pub mod security;
pub mod sign_in;
pub mod signing;
mod source_samples;
pub mod sources;
pub mod specification_form;
mod specification_samples;
pub mod specifications;
pub mod str_profiles;
mod value_samples;
pub mod verify;

use askama::Template;

/// Every page in every situation, rendered: what the tests walk and people look at.
pub fn samples() -> Vec<(&'static str, String)> {
    use marks::Standing;
    vec![
        ("sign-in", html(&sign_in::SignInPage::sample())),
        ("sign-in-timed-out", html(&sign_in::SignInPage::sample_timed_out())),
        ("sign-in-refused", html(&sign_in::SignInPage::sample_refused())),
        ("sign-in-code", html(&sign_in::SignInCodePage::sample())),
        ("sign-in-code-refused", html(&sign_in::SignInCodePage::sample_refused())),
        ("security", html(&security::SecurityPage::sample())),
        ("security-setup", html(&security::SecurityPage::sample_setup())),
        ("security-full", html(&security::SecurityPage::sample_full())),
        ("person-security", html(&person_security::PersonSecurityPage::sample())),
        ("alerts", html(&alerts::AlertsPage::sample())),
        ("alerts-empty", html(&alerts::AlertsPage::sample_empty())),
        ("first-administrator", html(&sign_in::FirstAdministratorPage::sample())),
        ("first-administrator-refused", html(&sign_in::FirstAdministratorPage::sample_refused())),
        ("account-oidc", html(&oidc::LinkPage::sample())),
        ("account-oidc-refused", html(&oidc::LinkPage::sample_refused())),
        ("account-oidc-going-on", html(&oidc::LinkPage::sample_going_on())),
        ("account-oidc-linked", html(&oidc::LinkPage::sample_linked())),
        ("lots", html(&lots::LotsPage::sample())),
        ("lots-empty", html(&lots::LotsPage::sample_empty())),
        ("lots-nothing-found", html(&lots::LotsPage::sample_nothing_found())),
        ("lot-new", html(&lots::RegisterLotPage::sample())),
        ("lot-new-refused", html(&lots::RegisterLotPage::sample_refused())),
        ("lot", html(&lot::LotPage::sample())),
        ("lot-registered", html(&lot::LotPage::sample_new())),
        ("lot-ready", html(&lot::LotPage::sample_ready())),
        ("lot-ready-for-others", html(&lot::LotPage::sample_ready_for_others())),
        ("lot-sign-refused", html(&lot::LotPage::sample_refused())),
        ("lot-released", html(&lot::LotPage::sample_released())),
        ("lot-rejected", html(&lot::LotPage::sample_rejected())),
        ("lot-expired", html(&lot::LotPage::sample_expired())),
        ("lot-ended", html(&lot::LotPage::sample_ended())),
        ("lot-flagged", html(&lot::LotPage::sample_flagged())),
        ("bank", html(&lot::LotPage::sample_bank())),
        ("donor", html(&lot::LotPage::sample_donor())),
        ("banks", html(&sources::SourcesPage::sample())),
        ("donors-empty", html(&sources::SourcesPage::sample_empty())),
        ("bank-new", html(&sources::RegisterBankPage::sample())),
        ("bank-new-refused", html(&sources::RegisterBankPage::sample_refused())),
        ("donor-new", html(&sources::RegisterDonorPage::sample())),
        ("donor-new-refused", html(&sources::RegisterDonorPage::sample_refused())),
        ("lot-dose", html(&lot::LotPage::sample_dose())),
        ("lot-dose-refused", html(&lot::LotPage::sample_dose_refused())),
        ("run-new", html(&runs::RecordRunPage::sample())),
        ("run-new-refused", html(&runs::RecordRunPage::sample_refused())),
        ("run-new-questions", html(&runs::RecordRunPage::sample_questions())),
        ("run-new-sterility", html(&runs::RecordRunPage::sample_sterility())),
        ("run-new-differentiation", html(&runs::RecordRunPage::sample_differentiation())),
        ("run", html(&runs::RunPage::sample())),
        ("run-own", html(&runs::RunPage::sample_own())),
        ("run-late", html(&runs::RunPage::sample_late())),
        ("run-verified", html(&runs::RunPage::sample_verified())),
        ("run-invalid", html(&runs::RunPage::sample_invalid())),
        ("run-invalidation", html(&runs::RunPage::sample_invalidation())),
        ("run-new-calculated", html(&runs::RecordRunPage::sample_calculated())),
        ("run-new-profile", html(&runs::RecordRunPage::sample_profile())),
        ("run-new-calculated-refused", html(&runs::RecordRunPage::sample_calculated_refused())),
        ("run-blind", html(&runs::RunPage::sample_blind())),
        ("calendar", html(&calendar::CalendarPage::sample())),
        ("calendar-empty", html(&calendar::CalendarPage::sample_empty())),
        ("policy", html(&course::PolicyPage::sample())),
        ("policy-unset", html(&course::PolicyPage::sample_unset())),
        ("audit-review", html(&course::AuditReviewPage::sample())),
        ("audit-review-empty", html(&course::AuditReviewPage::sample_empty())),
        ("lot-course", html(&lot::LotPage::sample_course())),
        ("equipment", html(&equipment::EquipmentPage::sample())),
        ("equipment-empty", html(&equipment::EquipmentPage::sample_empty())),
        ("review", html(&runs::ReviewPage::sample())),
        ("review-empty", html(&runs::ReviewPage::sample_empty())),
        ("investigations", html(&investigations::InvestigationsPage::sample())),
        ("investigations-empty", html(&investigations::InvestigationsPage::sample_empty())),
        ("investigation", html(&investigations::InvestigationPage::sample())),
        ("investigation-closed", html(&investigations::InvestigationPage::sample_closed())),
        ("deviations", html(&deviations::DeviationsPage::sample())),
        ("deviations-empty", html(&deviations::DeviationsPage::sample_empty())),
        ("deviation-new", html(&deviations::NewDeviationPage::sample())),
        ("deviation", html(&deviations::DeviationPage::sample())),
        ("deviation-closed", html(&deviations::DeviationPage::sample_closed())),
        ("recall", html(&recall::RecallPage::sample())),
        ("recall-standing", html(&recall::RecallPage::sample_standing())),
        ("containers", html(&recall::ContainersPage::sample())),
        ("containers-empty", html(&recall::ContainersPage::sample_empty())),
        ("supply", html(&recall::SupplyPage::sample())),
        ("certificates", html(&certificates::CertificatesPage::sample())),
        ("certificates-empty", html(&certificates::CertificatesPage::sample_empty())),
        ("certificate", html(&certificates::CertificatePage::sample())),
        ("certificate-superseded", html(&certificates::CertificatePage::sample_superseded())),
        ("certificate-replacing", html(&certificates::CertificatePage::sample_replacing())),
        ("certificate-revoked", html(&certificates::CertificatePage::sample_revoked())),
        ("specifications", html(&specifications::SpecificationsPage::sample())),
        ("specifications-empty", html(&specifications::SpecificationsPage::sample_empty())),
        ("specification", html(&specifications::SpecificationPage::sample())),
        ("specification-draft", html(&specifications::SpecificationPage::sample_draft())),
        ("specification-approval-refused", html(&specifications::SpecificationPage::sample_refused())),
        ("specification-retired", html(&specifications::SpecificationPage::sample_retired())),
        ("specification-edit", html(&specifications::SpecificationEditPage::sample())),
        ("specification-form", html(&specification_form::SpecificationFormPage::sample())),
        ("specification-form-refused", html(&specification_form::SpecificationFormPage::sample_refused())),
        ("specification-edit-refused", html(&specifications::SpecificationEditPage::sample_refused())),
        ("specification-diff", html(&specifications::SpecificationDiffPage::sample())),
        ("specification-diff-equal", html(&specifications::SpecificationDiffPage::sample_equal())),
        ("ledger", html(&ledger::LedgerPage::sample())),
        ("ledger-broken", html(&ledger::LedgerPage::sample_broken())),
        ("ledger-refused", html(&ledger::LedgerPage::sample_refused())),
        ("ledger-empty", html(&ledger::LedgerPage::sample_empty())),
        ("lot-as-of", html(&as_of::AsOfPage::sample())),
        ("lot-as-of-refused", html(&as_of::AsOfPage::sample_refused())),
        ("register", html(&register::RegisterPage::sample())),
        ("register-gap", html(&register::RegisterPage::sample_gap())),
        ("notice", html(&notices::NoticePage::sample())),
        ("notice-followed", html(&notices::NoticePage::sample_followed())),
        ("notice-revoked", html(&notices::NoticePage::sample_revoked())),
        ("verify", html(&verify::VerifyPage::sample())),
        ("verify-refused", html(&verify::VerifyPage::sample_refused())),
        ("verify-authentic", html(&verify::VerifyPage::sample_answer(Standing::Authentic))),
        ("verify-altered", html(&verify::VerifyPage::sample_answer(Standing::Altered))),
        ("verify-conditional", html(&verify::VerifyPage::sample_answer(Standing::Conditional))),
        ("verify-followed", html(&verify::VerifyPage::sample_answer(Standing::Followed))),
        ("verify-revoked", html(&verify::VerifyPage::sample_answer(Standing::Revoked))),
        ("verify-superseded", html(&verify::VerifyPage::sample_answer(Standing::Superseded))),
        ("verify-unknown", html(&verify::VerifyPage::sample_answer(Standing::Unknown))),
        ("verify-issued", html(&verify::VerifyPage::sample_answer(Standing::Issued))),
        ("str", html(&str_profiles::StrPage::sample())),
        ("str-match", html(&str_profiles::StrPage::sample_match())),
        ("str-exclusion", html(&str_profiles::StrPage::sample_exclusion())),
        ("str-not-comparable", html(&str_profiles::StrPage::sample_not_comparable())),
        ("str-origin", html(&str_profiles::StrPage::sample_origin())),
        ("str-refused", html(&str_profiles::StrPage::sample_refused())),
        ("people", html(&people::PeoplePage::sample())),
        ("person", html(&people::PersonPage::sample())),
        ("person-refused", html(&people::PersonPage::sample_refused())),
        ("account", html(&account::AccountPage::sample())),
        ("account-first", html(&account::AccountPage::sample_first())),
        ("account-refused", html(&account::AccountPage::sample_refused())),
        ("access", html(&access::AccessPage::sample())),
        ("access-refused", html(&access::AccessPage::sample_refused())),
        ("person-new", html(&people::NewPersonPage::sample())),
        ("person-new-refused", html(&people::NewPersonPage::sample_refused())),
        ("problem", html(&problem::ProblemPage::sample())),
        ("problem-not-found", html(&problem::ProblemPage::sample_not_found())),
    ]
}

fn html(page: &impl Template) -> String {
    page.render().unwrap_or_else(|error| format!("this page did not render: {error}"))
}
