//! `/api/v1/certificates`: the register, and bytes that never change.

use lotgate::ledger::canonical::sha256_hex;
use serde_json::{Value, json};

use crate::site::{Site, moment};

/// A site with the lot L-1 released, and its certificate's number.
fn site_with_certificate() -> (Site, String) {
    let site = Site::start();
    site.full_lot("L-1");
    let number = site.qa().releases("L-1").created()["certificate"].as_str().expect("a number").to_owned();
    (site, number)
}

#[test]
fn the_pdf_is_the_same_bytes_for_ever_and_hashes_to_what_was_said() {
    let site = Site::start();
    site.full_lot("L-1");
    let released = site.qa().releases("L-1").created();
    let path = format!("/api/v1/certificates/{}/pdf", released["certificate"].as_str().expect("a number"));
    let first = site.auditor().get(&path);
    assert_eq!(first.with_status(200).header("content-type"), "application/pdf");
    assert_eq!(first.header("content-disposition"), "inline; filename=\"RC-2026-000001.pdf\"");
    assert!(first.bytes.starts_with(b"%PDF-") && first.bytes.len() > 10_000);
    assert_eq!(sha256_hex(&first.bytes), released["pdf_sha256"]);
    assert_eq!(first.header("etag"), format!("\"{}\"", released["pdf_sha256"].as_str().expect("a hash")));
    // Another day, another reader, a newer specification would change what is drawn now.
    site.is_at(moment("2027-01-01T00:00:00Z"));
    assert_eq!(site.analyst().get(&path).bytes, first.bytes);
}

#[test]
fn the_record_is_the_bytes_that_were_hashed_and_holds_the_arithmetic() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("PURITY", "96.05"), ("ENDOTOXIN", "<0.05")]);
    let dossier = site.qa().sees("L-1")["dossier_sha256"].clone();
    let released = site.qa().releases("L-1").created();
    let answer = site.auditor().get("/api/v1/certificates/RC-2026-000001/record");
    assert_eq!(answer.with_status(200).header("content-type"), "application/json");
    assert_eq!(sha256_hex(&answer.bytes), released["record_sha256"]);
    let record = answer.json();
    assert_eq!(serde_json_canonicalizer::to_vec(&record).expect("canonical"), answer.bytes, "RFC 8785");
    assert_eq!(record["certificate"], "RC-2026-000001");
    assert_eq!(record["dossier"]["lot"], "L-1");
    assert_eq!(record["dossier"]["specification"]["version"], 1);
    assert_eq!(record["dossier"]["specification"]["rounding"], "usp_7_20");
    let results = record["dossier"]["results"].as_array().expect("results");
    assert_eq!(results.len(), 21);
    assert!(results.iter().all(|r| r["outcome"] == "pass" && r["run"].is_i64()));
    let result = |attribute: &str| results.iter().find(|r| r["attribute"] == attribute).expect("a result");
    let purity = result("PURITY");
    assert_eq!(
        (&purity["acceptance"], &purity["as_typed"], &purity["reported"]),
        (&json!("> 96.0 %"), &json!("96.05"), &json!("96.1"))
    );
    assert_eq!(purity["arithmetic"], "96.05 → 96.1; 96.1 > 96.0");
    assert!(purity["definition"].as_str().expect("a definition").contains("CD105"));
    assert_eq!(result("ENDOTOXIN")["as_typed"], "<0.05");
    assert_eq!(result("VIABLE_CELLS")["acceptance"], "NLT 30.0 ×10⁶");
    let signature = &record["signatures"][0];
    assert_eq!((&signature["name"], &signature["signed_sha256"]), (&json!("Queen Qiu"), &dossier));
    let signed = serde_json_canonicalizer::to_vec(&record["dossier"]).expect("canonical");
    assert_eq!(sha256_hex(&signed), dossier, "the signature covers exactly the dossier");
}

#[test]
fn a_certificate_names_the_software_that_issued_it() {
    let (site, number) = site_with_certificate();
    let record = site.auditor().get(&format!("/api/v1/certificates/{number}/record")).ok();
    assert_eq!(record["software"], lotgate::SOFTWARE);
}

#[test]
fn the_record_names_everybody_who_had_a_hand_in_the_lot() {
    let (site, number) = site_with_certificate();
    let record = site.auditor().get(&format!("/api/v1/certificates/{number}/record")).ok();
    let runs = record["dossier"]["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 8);
    for run in runs {
        assert_eq!(run["entered_by"], json!({"name": "Amy Adams", "username": "amy"}));
        assert_eq!(run["verified_by"], json!({"name": "Ben Łukasz 患者", "username": "ben"}));
        assert_eq!(run["valid"], true);
    }
    assert_eq!(record["site"]["synthetic"], true);
}

#[test]
fn the_record_states_its_place_in_the_ledger() {
    let (site, number) = site_with_certificate();
    let shown = site.auditor().get(&format!("/api/v1/certificates/{number}")).ok();
    let record = site.auditor().get(&format!("/api/v1/certificates/{number}/record")).ok();
    let entry = shown["ledger_entry"].as_i64().expect("an entry");
    assert_eq!((&record["ledger"]["entry"], &record["ledger"]["tree_size"]), (&json!(entry), &json!(entry)));
    let fact = site.facts()[usize::try_from(entry).expect("small")].clone();
    assert_eq!((&fact["entry"], &fact["fact"]["event"]["kind"]), (&json!(entry), &json!("lot_released")));
    assert_eq!(fact["fact"]["event"]["pdf_sha256"], shown["pdf_sha256"]);
    assert_eq!(fact["fact"]["event"]["record_sha256"], shown["record_sha256"]);
}

#[test]
fn a_certificate_shows_what_its_release_answered() {
    let site = Site::start();
    site.full_lot("L-1");
    let released = site.qa().releases("L-1").created();
    for spelling in ["RC-2026-000001", "rc-2026-000001"] {
        let shown = site.analyst().get(&format!("/api/v1/certificates/{spelling}")).ok();
        for field in ["certificate", "record_sha256", "pdf_sha256", "verify_url"] {
            assert_eq!(shown[field], released[field], "{field}");
        }
        let wanted = (&json!("L-1"), &json!("valid"), &json!("2026-06-01T08:00:00.000000Z"));
        assert_eq!((&shown["lot"], &shown["status"], &shown["issued_at"]), wanted);
    }
}

#[test]
fn a_certificate_that_was_not_issued_is_not_found() {
    let (site, _) = site_with_certificate();
    for number in [
        "RC-2026-000002",
        "RC-2025-000001",
        "1",
        "%20",
        "RC-2026-000001.pdf",
        "%2e%2e",
        "RC-2026-%EF%BC%90%EF%BC%90%EF%BC%90%EF%BC%90%EF%BC%90%EF%BC%91",
    ] {
        for path in ["", "/pdf", "/record"] {
            site.auditor().get(&format!("/api/v1/certificates/{number}{path}")).refused(404, "no_such_certificate");
        }
    }
}

#[test]
fn the_register_is_newest_first_and_its_pages_leave_nothing_out() {
    let site = Site::start();
    for n in 1..=4 {
        site.full_lot(&format!("L-{n}"));
        site.qa().releases(&format!("L-{n}")).created();
    }
    for limit in 1..=5 {
        let (mut numbers, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = site.auditor().get(&format!("/api/v1/certificates?limit={limit}&cursor={cursor}")).ok();
            let rows = page["certificates"].as_array().expect("certificates").clone();
            assert!(rows.len() <= limit);
            numbers.extend(rows.iter().map(|r| r["certificate"].as_str().expect("a number").to_owned()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        assert_eq!(numbers, ["RC-2026-000004", "RC-2026-000003", "RC-2026-000002", "RC-2026-000001"]);
        assert_eq!(pages, 4_usize.div_ceil(limit), "limit {limit}");
    }
    for query in ["limit=0", "limit=201", "limit=x", "cursor=-1", "cursor=x"] {
        site.auditor().get(&format!("/api/v1/certificates?{query}")).refused(422, "invalid_field");
    }
}

#[test]
fn the_first_register_is_empty() {
    let site = Site::start();
    let page = site.analyst().get("/api/v1/certificates").ok();
    assert_eq!(page, json!({"certificates": [], "next_cursor": Value::Null}));
}
