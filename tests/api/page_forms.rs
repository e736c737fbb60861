//! The forms that pages have for evidence, equipment and invalid runs, and what a page offers whom.

use serde_json::json;

use crate::answer::Answer;
use crate::calls::{PDF, sources};
use crate::example::{lot, page, sends};
use crate::site::{Site, password};
use crate::spec_drafts::{next_version, with_limit};
use crate::verification::form as multipart;
use lotgate::ledger::canonical::sha256_hex;

/// A form with files as a browser sends it, by somebody.
fn uploads(site: &Site, who: &str, path: &str, fields: &[(&str, &[u8])]) -> Answer {
    let cookie = site.cookie(who);
    let (media_type, body) = multipart(fields);
    let headers = [("Sec-Fetch-Site", "same-origin"), ("Cookie", cookie.as_str())];
    site.stranger().asks("POST", path, &headers, Some((&media_type, body)))
}

const KARYOTYPE: &str = "/lots/L-1/runs?assay=karyotype";

/// A karyotype as typed, with more fields.
fn karyotype<'f>(tested: &'f str, value: &'f str, more: &[(&'f str, &'f [u8])]) -> Vec<(&'f str, &'f [u8])> {
    let typed = [("assay", "karyotype"), ("method", "SOP-4 v1"), ("tested_at", tested), ("value.KARYOTYPE", value)];
    typed.iter().map(|(name, value)| (*name, value.as_bytes())).chain(more.iter().copied()).collect()
}

#[test]
fn a_file_chosen_in_the_form_is_stored_named_in_the_run_and_saved_from_its_page() {
    let site = Site::start();
    lot(&site, "L-1");
    let entry = page(&site, "amy", "/lots/L-1/runs/new?assay=karyotype").with_status(200).text();
    assert!(entry.contains("needs an evidence file") && entry.contains("multipart/form-data"), "{entry}");
    let tested = site.hours(-1);
    let answer = uploads(&site, "amy", KARYOTYPE, &karyotype(&tested, "46,XY", &[("file", PDF)]));
    assert_eq!(answer.status, 303, "{answer}");
    let hash = sha256_hex(PDF);
    assert_eq!(site.auditor().get("/api/v1/runs/1").ok()["evidence"], json!([hash]));
    let shown = page(&site, "olga", "/runs/1").with_status(200).text();
    assert!(shown.contains("c.pdf") && shown.contains(&format!("<span>{}</span>", &hash[..4])), "{shown}");
    let file = page(&site, "olga", &format!("/files/{hash}"));
    assert_eq!((file.status, file.bytes.as_slice()), (200, PDF), "{file}");
    assert!(file.header("content-disposition").starts_with("attachment"), "{file}");
    assert_eq!(page(&site, "olga", &format!("/files/{}", "0".repeat(64))).status, 404);
}

#[test]
fn a_form_that_comes_back_keeps_its_files_and_what_was_typed() {
    let site = Site::start();
    lot(&site, "L-1");
    let (hash, nothing) = (sha256_hex(PDF), b"".as_slice());
    let typed = karyotype("", "46,XY <kept>", &[("comment", b"A remark"), ("file", PDF)]);
    let back = uploads(&site, "amy", KARYOTYPE, &typed);
    assert_eq!(back.status, 422, "{back}");
    let ticked = format!("name=\"evidence\" value=\"{hash}\" checked");
    for kept in [ticked.as_str(), "c.pdf", "46,XY &#60;kept&#62;", "A remark"] {
        assert!(back.text().contains(kept), "{kept}: {back}");
    }
    // Sent again with the tick, and once without it.
    let tested = site.hours(-1);
    let without = uploads(&site, "amy", KARYOTYPE, &karyotype(&tested, "46,XY", &[("file", nothing)]));
    assert!(without.status == 422 && without.text().contains("id=\"file-problem\""), "{without}");
    let again = uploads(&site, "amy", KARYOTYPE, &karyotype(&tested, "46,XY", &[("evidence", hash.as_bytes())]));
    assert_eq!(again.status, 303, "{again}");
    assert_eq!(site.events("file_stored").len(), 1);
}

#[test]
fn a_file_that_is_not_kept_as_evidence_is_said_beside_the_field() {
    let site = Site::start();
    lot(&site, "L-1");
    let tested = site.hours(-1);
    let typed = karyotype(&tested, "46,XY", &[("file", b"<html>"), ("file", PDF)]);
    let back = uploads(&site, "amy", KARYOTYPE, &typed);
    assert!(back.status == 415 && back.text().contains("c.pdf: The file"), "{back}");
    assert!(back.text().contains("46,XY") && back.text().contains(&sha256_hex(PDF)), "the good one is kept: {back}");
    assert!(site.events("run_recorded").is_empty());
}

#[test]
fn who_may_not_enter_stores_nothing_with_the_form() {
    let site = Site::start();
    lot(&site, "L-1");
    let run = crate::example::number(&crate::example::records(&site, "L-1", &crate::example::count(&site, &json!({}))));
    site.verifier().verifies(run).created();
    let tested = site.hours(-1);
    let typed = karyotype(&tested, "46,XY", &[("file", PDF)]);
    assert_eq!(uploads(&site, "ben", KARYOTYPE, &typed).status, 403);
    assert_eq!(uploads(&site, "queen", KARYOTYPE, &typed).status, 403);
    assert!(site.events("file_stored").is_empty());
}

#[test]
fn the_live_verdict_answers_for_banks_and_donors_too() {
    let site = Site::start();
    sources(&site);
    for (place, assay, field, value) in
        [("MCB-1", "differentiation", "value.ADIPOGENIC", "Positive"), ("D-1", "serology", "value.HIV", "Negative")]
    {
        let entry = page(&site, "amy", &format!("/lots/{place}/runs/new?assay={assay}")).with_status(200).text();
        assert!(entry.contains(&format!("data-preview=\"/lots/{place}/runs/preview\"")), "{entry}");
        let tested = site.hours(-1);
        let typed = [("assay", assay), ("tested_at", tested.as_str()), (field, value)];
        let said = sends(&site, "amy", &format!("/lots/{place}/runs/preview"), &typed).ok();
        assert_eq!(said["readings"][0]["outcome"], "pass", "{place}: {said}");
    }
}

#[test]
fn equipment_is_registered_calibrated_received_and_shown_as_it_stands_today() {
    let site = Site::start();
    let shown = |who: &str| page(&site, who, "/equipment").with_status(200).text();
    assert!(shown("olga").contains("No instrument is registered yet."));
    sends(&site, "amy", "/equipment/instruments", &[("code", "FC-02"), ("name", "Cytometer")]).with_status(303);
    assert!(shown("olga").contains("never calibrated"));
    let (from, until) = (site.hours(-1), site.hours(24));
    let calibration = [("code", "FC-02"), ("valid_from", &*from), ("valid_until", &*until), ("reference", "CAL <7>")];
    sends(&site, "queen", "/equipment/calibrations", &calibration).with_status(303);
    let reagent = [("code", "R-1"), ("name", "Kit"), ("supplier_lot", "B4"), ("expires_at", &*until)];
    sends(&site, "amy", "/equipment/reagents", &reagent).with_status(303);
    let now = shown("olga");
    assert!(now.contains("</svg>calibrated<") && now.contains("</svg>in date<"), "{now}");
    site.waits_hours(25);
    let later = shown("olga");
    assert!(later.contains("out of calibration") && later.contains("</svg>expired<"), "{later}");
    let forms = |who: &str| shown(who).matches("<form class=\"sheet form").count();
    assert_eq!(["olga", "adam", "amy", "queen"].map(forms), [0, 0, 3, 3]);
}

#[test]
fn a_calibration_that_is_refused_comes_back_open_with_what_was_typed() {
    let site = Site::start();
    sends(&site, "amy", "/equipment/instruments", &[("code", "FC-02"), ("name", "Cytometer")]).with_status(303);
    let typed = [
        ("code", "FC-02"),
        ("valid_from", "2026-11-22T10:00"),
        ("valid_until", "2026-11-21T10:00"),
        ("reference", "CAL-7"),
    ];
    let back = sends(&site, "amy", "/equipment/calibrations", &typed);
    assert_eq!(back.status, 422, "{back}");
    for kept in ["no-print\" open", "CAL-7", "2026-11-21T10:00", "value=\"FC-02\" selected", "must be after"] {
        assert!(back.text().contains(kept), "{kept}: {back}");
    }
}

#[test]
fn qa_declares_a_run_invalid_on_its_page_on_a_ground_that_fits_the_test() {
    let site = Site::start();
    site.full_lot("L-1");
    let of = |attribute: &str| crate::person::criterion(&site.qa().sees("L-1"), attribute)["run"].as_i64();
    let (endotoxin, sterility) = (of("ENDOTOXIN").expect("a run"), of("STERILITY_AEROBIC").expect("a run"));
    let shown = |who: &str, run: i64| page(&site, who, &format!("/runs/{run}")).with_status(200).text();
    let offered = |run: i64| shown("queen", run).matches("name=\"ground\"").count();
    assert_eq!((offered(endotoxin), offered(sterility)), (5, 4));
    assert!(shown("queen", sterility).contains("USP &#60;71&#62;"));
    for who in ["amy", "ben", "olga"] {
        assert!(!shown(who, endotoxin).contains("/invalidation"), "{who}");
    }
    let address = format!("/runs/{endotoxin}/invalidation");
    let secret = password("queen");
    let back =
        sends(&site, "queen", &address, &[("ground", "reagent"), ("reason", "Kit at 37 °C"), ("password", "no")]);
    assert!(back.status == 403 && back.text().contains("value=\"reagent\" checked"), "{back}");
    let fields = [("ground", "reagent"), ("reason", "Kit at 37 °C"), ("password", secret.as_str())];
    sends(&site, "queen", &address, &fields).with_status(303);
    let after = shown("queen", endotoxin);
    assert!(after.contains("Kit at 37 °C") && !after.contains("name=\"ground\""), "{after}");
}

#[test]
fn a_failing_run_says_that_its_investigation_decides() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("ENDOTOXIN", "0.9")]);
    let run = crate::person::criterion(&site.qa().sees("L-1"), "ENDOTOXIN")["run"].as_i64().expect("a run");
    let shown = page(&site, "queen", &format!("/runs/{run}")).with_status(200).text();
    assert!(!shown.contains("name=\"ground\"") && shown.contains("only that decides on it"), "{shown}");
}

#[test]
fn qa_finds_on_the_first_page_what_waits_for_qa_and_nothing_of_their_own() {
    let site = Site::start();
    site.analyst().post("/api/v1/specifications", &next_version(&site)).created();
    crate::investigations::failing(&site);
    let first = |who: &str| page(&site, who, "/lots").with_status(200).text();
    assert!(first("queen").contains("/specifications/ADMSC-IV/2#approve"));
    assert!(!first("amy").contains("#approve"));
    assert!(!first("queen").contains("To decide"), "the laboratory phase comes first");
    site.verifier().finds("no_cause").created();
    assert!(first("queen").contains("a re-test plan may be approved"));
    site.verifier().concludes("confirmed", &json!({})).created();
    assert!(first("queen").contains("concluded, to be closed"));
    let own = with_limit(&site, "CD34", "1.0");
    site.qa()
        .asks("PUT", "/api/v1/specifications/ADMSC-IV/2", &[], Some(("application/json", own.to_string().into_bytes())))
        .with_status(200);
    assert!(!first("queen").contains("#approve"), "who wrote on it does not approve it");
}

#[test]
fn a_refusal_calls_a_bank_a_bank() {
    let site = Site::start();
    sources(&site);
    let run = site.analyst().records_on("banks/MCB-1", "differentiation", &[("ADIPOGENIC", "Positive")]).created();
    let run = run["run"].as_i64().expect("a run");
    site.analyst().verifies(run).refused(403, "own_work").says("You entered data of bank MCB-1");
    let shown = page(&site, "amy", &format!("/runs/{run}")).with_status(200).text();
    assert!(shown.contains(" on bank <a href=\"/banks/MCB-1\""), "{shown}");
}
