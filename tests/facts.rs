//! What was once recorded can always be read: one stored fact of every kind, byte for byte.
//!
//! The files of `facts/v1` are leaves of a ledger as version 1 writes them (no line end). They
//! are never edited and never removed, and `SHA256SUMS` beside them makes an edit show. A new
//! kind of fact does not compile here until it has a name, and does not pass until it has a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lotgate::domain::event::{AccountEvent, CourseEvent, Event, FACT_VERSION, Fact, OversightEvent};
use lotgate::ledger::canonical;
use serde_json::Value;

macro_rules! kinds {
    ($($variant:pat => $name:literal,)*) => {
        const KINDS: &[&str] = &[$($name),*];

        fn kind(event: &Event) -> &'static str {
            match event { $($variant => $name,)* }
        }
    };
}

kinds! {
    Event::SiteCreated(_) => "site_created",
    Event::SpecificationInstalled { .. } => "specification_installed",
    Event::UserCreated { .. } => "user_created",
    Event::SignedIn {} => "signed_in",
    Event::SignedOut {} => "signed_out",
    Event::SignInFailed { .. } => "sign_in_failed",
    Event::LotRegistered(_) => "lot_registered",
    Event::RunRecorded { .. } => "run_recorded",
    Event::RunCorrected { .. } => "run_corrected",
    Event::RunVerified { .. } => "run_verified",
    Event::LotReleased { .. } => "lot_released",
    Event::LotRejected { .. } => "lot_rejected",
    Event::SpecificationDrafted { .. } => "specification_drafted",
    Event::SpecificationApproved { .. } => "specification_approved",
    Event::SpecificationRetired { .. } => "specification_retired",
    Event::InstrumentRegistered { .. } => "instrument_registered",
    Event::InstrumentCalibrated { .. } => "instrument_calibrated",
    Event::ReagentReceived(_) => "reagent_received",
    Event::SitePolicySet { .. } => "site_policy_set",
    Event::DiscrepancyFound { .. } => "discrepancy_found",
    Event::DiscrepancyResolved { .. } => "discrepancy_resolved",
    Event::RunInvalidated { .. } => "run_invalidated",
    Event::InvestigationOpened { .. } => "investigation_opened",
    Event::LaboratoryPhaseRecorded { .. } => "laboratory_phase_recorded",
    Event::RetestPlanApproved { .. } => "retest_plan_approved",
    Event::InvestigationConcluded { .. } => "investigation_concluded",
    Event::InvestigationClosed { .. } => "investigation_closed",
    Event::DeviationOpened { .. } => "deviation_opened",
    Event::DeviationClosed { .. } => "deviation_closed",
    Event::SourceFlagged { .. } => "source_flagged",
    Event::FileStored(_) => "file_stored",
    Event::AttemptRefused { .. } => "attempt_refused",
    Event::Account(AccountEvent::UserDeactivated { .. }) => "user_deactivated",
    Event::Account(AccountEvent::UserReactivated { .. }) => "user_reactivated",
    Event::Account(AccountEvent::RolesChanged { .. }) => "roles_changed",
    Event::Account(AccountEvent::AccountLimited { .. }) => "account_limited",
    Event::Account(AccountEvent::IdentityChecked { .. }) => "identity_checked",
    Event::Account(AccountEvent::QualifiedPersonNamed { .. }) => "qualified_person_named",
    Event::Account(AccountEvent::TrainingRecorded { .. }) => "training_recorded",
    Event::Account(AccountEvent::SignaturePolicyIssued { .. }) => "signature_policy_issued",
    Event::Account(AccountEvent::SignaturePolicyAcknowledged { .. }) => "signature_policy_acknowledged",
    Event::Account(AccountEvent::PasswordReset { .. }) => "password_reset",
    Event::Account(AccountEvent::PasswordChanged { .. }) => "password_changed",
    Event::Account(AccountEvent::SecondFactorAdded { .. }) => "second_factor_added",
    Event::Account(AccountEvent::SecondFactorRemoved { .. }) => "second_factor_removed",
    Event::Account(AccountEvent::RecoveryCodesMade { .. }) => "recovery_codes_made",
    Event::Account(AccountEvent::RecoveryCodeUsed { .. }) => "recovery_code_used",
    Event::Account(AccountEvent::AccountLocked { .. }) => "account_locked",
    Event::Account(AccountEvent::AccountUnlocked { .. }) => "account_unlocked",
    Event::Account(AccountEvent::SessionEnded { .. }) => "session_ended",
    Event::Account(AccountEvent::TokenIssued { .. }) => "token_issued",
    Event::Account(AccountEvent::TokenRevoked { .. }) => "token_revoked",
    Event::Account(AccountEvent::IdentityLinked { .. }) => "identity_linked",
    Event::Account(AccountEvent::IdentityUnlinked { .. }) => "identity_unlinked",
    Event::Account(AccountEvent::AccessReviewed { .. }) => "access_reviewed",
    Event::Course(CourseEvent::QcApproved { .. }) => "qc_approved",
    Event::Course(CourseEvent::AuditTrailReviewed { .. }) => "audit_trail_reviewed",
    Event::Course(CourseEvent::LotConditionallyReleased { .. }) => "lot_conditionally_released",
    Event::Course(CourseEvent::LotRevoked { .. }) => "lot_revoked",
    Event::Course(CourseEvent::PartyTold { .. }) => "party_told",
    Event::Course(CourseEvent::CertificateSuperseded { .. }) => "certificate_superseded",
    Event::Course(CourseEvent::SuppliedOutOfSpecification { .. }) => "supplied_out_of_specification",
    Event::Course(CourseEvent::ContainersMoved { .. }) => "containers_moved",
    Event::Oversight(OversightEvent::AlertRaised { .. }) => "alert_raised",
    Event::Oversight(OversightEvent::AlertAcknowledged { .. }) => "alert_acknowledged",
    Event::Oversight(OversightEvent::LedgerExported { .. }) => "ledger_exported",
    Event::Oversight(OversightEvent::InspectionPackMade { .. }) => "inspection_pack_made",
    Event::Oversight(OversightEvent::ReportMade { .. }) => "report_made",
}

#[test]
fn the_kinds_that_the_ledger_is_searched_by_are_all_there_are() {
    let mut kinds = KINDS.to_vec();
    kinds.sort_unstable();
    assert_eq!(lotgate::domain::event::KINDS, kinds);
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/v1")
}

/// Name and bytes of every fixture.
fn fixtures() -> BTreeMap<String, String> {
    let files = fs::read_dir(folder()).expect("the folder").map(|f| f.expect("a file").path());
    let json = files.filter(|p| p.extension().is_some_and(|e| e == "json"));
    json.map(|path| {
        let name = path.file_stem().and_then(|s| s.to_str()).expect("a name").to_owned();
        (name, fs::read_to_string(&path).expect("UTF-8"))
    })
    .collect()
}

fn read(name: &str, bytes: &str) -> Fact {
    serde_json::from_str(bytes).unwrap_or_else(|e| panic!("{name} can no longer be read: {e}"))
}

#[test]
fn every_stored_fact_is_read_and_written_back_byte_for_byte() {
    for (name, bytes) in fixtures() {
        let fact = read(&name, &bytes);
        assert_eq!(canonical::text(&fact).expect("canonical"), bytes, "{name} is written differently now");
    }
}

#[test]
fn every_kind_of_fact_has_a_fixture_that_bears_its_name() {
    let mut seen = BTreeSet::new();
    for (name, bytes) in fixtures() {
        let fact = read(&name, &bytes);
        let kind = kind(&fact.event);
        assert_eq!(name.split('.').next(), Some(kind), "the file {name} holds a {kind}");
        assert!(bytes.contains(&format!("\"kind\":\"{kind}\"")), "{name}");
        assert_eq!(fact.v, 1, "{name} belongs to another version's folder");
        seen.insert(kind);
    }
    assert_eq!(seen, KINDS.iter().copied().collect(), "a kind of fact has no fixture");
}

#[test]
fn the_version_that_is_written_has_fixtures() {
    assert_eq!(FACT_VERSION, 1, "a new version of the encoding needs a folder of its own beside v1");
}

#[test]
fn no_fixture_was_edited_added_or_removed_without_saying_so() {
    let sums = fs::read_to_string(folder().join("SHA256SUMS")).expect("SHA256SUMS");
    let listed: BTreeMap<&str, &str> =
        sums.lines().map(|line| line.split_once("  ").expect("sum and name")).map(|(sum, name)| (name, sum)).collect();
    let there = fixtures();
    assert_eq!(listed.len(), there.len(), "SHA256SUMS does not list what is there");
    for (name, bytes) in &there {
        let sum = listed.get(format!("{name}.json").as_str()).copied();
        assert_eq!(sum, Some(canonical::sha256_hex(bytes.as_bytes()).as_str()), "{name} was edited");
    }
}

/// Every object inside a value, as pointers (RFC 6901).
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(at.to_owned());
            map.iter().for_each(|(key, inner)| objects(inner, &format!("{at}/{key}"), found));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, inner)| objects(inner, &format!("{at}/{i}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_field_that_nobody_knows_is_never_dropped_in_silence() {
    let mut tried = 0;
    for (name, bytes) in fixtures() {
        let whole: Value = serde_json::from_str(&bytes).expect("JSON");
        let mut places = Vec::new();
        objects(&whole, "", &mut places);
        for place in places {
            let mut more = whole.clone();
            let object = more.pointer_mut(&place).and_then(Value::as_object_mut).expect("an object");
            object.insert("surprise".into(), Value::Bool(true));
            let text = serde_json::to_string(&more).expect("JSON");
            let unread = serde_json::from_str::<Fact>(&text);
            assert!(unread.is_err(), "{name}{place} takes a field that nobody knows");
            tried += 1;
        }
    }
    assert!(tried > 100, "{tried} places tried");
}

#[test]
fn no_fact_has_a_place_for_a_secret() {
    for (name, bytes) in fixtures() {
        let lower = bytes.to_lowercase();
        for word in ["password_hash", "argon2", "secret", "token_sha256", "\"password\"", "private"] {
            assert!(!lower.contains(word), "{name} holds {word}");
        }
    }
}
