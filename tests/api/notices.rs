//! `/api/v1/notices` and the page of a conditional notice: what it is, how it stands, what a stranger
//! is told of it.

use lotgate::ledger::canonical::sha256_hex;
use serde_json::{Value, json};

use crate::example::page;
use crate::routes_of_decision::{conditional, reads_sterility};
use crate::site::{Site, moment, password};
use crate::verification::form as multipart;

const NOTICE: &str = "/api/v1/notices/CN-2026-000001";

/// A lot whose notice was followed by its certificate.
fn followed() -> Site {
    let site = Site::start();
    let started = conditional(&site, "L-1");
    site.is_at(moment("2026-06-16T09:00:00Z"));
    reads_sterility(&site, "L-1", "No growth", &started).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    site
}

/// A lot whose notice was revoked by hand.
fn revoked() -> Site {
    let site = Site::start();
    conditional(&site, "L-1");
    let body = json!({"password": password("queen"), "class": "quality_defect", "reason": "The secret bag leaks"});
    site.qa().post("/api/v1/lots/L-1/revocation", &body).created();
    site
}

fn bytes(site: &Site, what: &str) -> Vec<u8> {
    site.auditor().get(&format!("{NOTICE}/{what}")).with_status(200).bytes.clone()
}

/// What a stranger is told by number, by file and by hash, which is the same word.
fn told(site: &Site, outcome: &str) -> Vec<Value> {
    let pdf = bytes(site, "pdf");
    let (media_type, file) = multipart(&[("file", &pdf)]);
    let answers = vec![
        site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, file))).ok(),
        site.stranger().post("/api/v1/verify", &json!({"sha256": sha256_hex(&bytes(site, "record"))})).ok(),
        site.stranger().post("/api/v1/verify", &json!({"number": "CN-2026-000001"})).ok(),
    ];
    for answer in &answers {
        assert_eq!((&answer["outcome"], &answer["certificate"]), (&json!(outcome), &Value::Null), "{answer}");
        assert_eq!((&answer["notice"]["notice"], &answer["notice"]["lot"]), (&json!("CN-2026-000001"), &json!("L-1")));
    }
    answers
}

fn asked(site: &Site) -> String {
    site.stranger().get("/verify/CN-2026-000001").with_status(200).text()
}

#[test]
fn the_documents_of_a_notice_are_the_bytes_that_were_issued() {
    let site = Site::start();
    conditional(&site, "L-1");
    let shown = site.auditor().get(NOTICE).ok();
    let record = site.auditor().get(&format!("{NOTICE}/record"));
    assert_eq!(shown["record_sha256"], sha256_hex(&record.bytes));
    assert_eq!(record.header("content-type"), "application/json");
    assert_eq!(shown["pdf_sha256"], sha256_hex(&bytes(&site, "pdf")));
    assert!(shown["verify_url"].as_str().is_some_and(|url| url.ends_with("/verify/CN-2026-000001")), "{shown}");
    assert_eq!(page(&site, "olga", "/notices/CN-2026-000001/record").bytes, record.bytes);
    assert_eq!(page(&site, "olga", "/notices/CN-2026-000001/pdf").bytes, bytes(&site, "pdf"));
    let record = record.ok();
    assert_eq!(
        record["rules"],
        json!([{"attribute": "STERILITY", "due_hours": 336, "interim": ["No growth to date"]}])
    );
    for address in ["/api/v1/notices/CN-2026-000009/record", "/api/v1/notices/CN-2026-000009"] {
        site.auditor().get(address).refused(404, "no_such_notice");
    }
    assert_eq!(page(&site, "olga", "/notices/CN-2026-000009").status, 404);
    assert_eq!(page(&site, "olga", "/notices/nonsense").status, 404);
}

#[test]
fn the_page_of_a_notice_says_first_that_it_is_no_release_certificate() {
    let site = Site::start();
    conditional(&site, "L-1");
    let text = page(&site, "olga", "/notices/CN-2026-000001").text();
    for said in [
        "CONDITIONAL RELEASE NOTICE — NOT A RELEASE CERTIFICATE",
        "Conditional</span>",
        "href=\"/lots/L-1\"",
        "No growth to date",
        "Still to come",
        "Dr Anna Weiss, ward 4B",
        "+49 30 555 0100",
        "Physician",
        "Queen Qiu",
        "queen, qa",
        "I release this lot conditionally",
        "href=\"/notices/CN-2026-000001/pdf\"",
        "href=\"/notices/CN-2026-000001/record\"",
        "href=\"/verify/CN-2026-000001\"",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(text.find("NOT A RELEASE CERTIFICATE") < text.find("L-1"), "first of all");
    site.is_at(moment("2026-06-16T09:00:00Z"));
    assert!(page(&site, "olga", "/notices/CN-2026-000001").text().contains("Overdue"));
}

#[test]
fn a_notice_is_found_where_it_is_named_and_by_searching_its_number_or_hash() {
    let site = followed();
    let link = "href=\"/notices/CN-2026-000001\"";
    for address in ["/lots/L-1", "/certificates", "/certificates/RC-2026-000001"] {
        assert!(page(&site, "olga", address).text().contains(link), "{address}");
    }
    let hash = sha256_hex(&bytes(&site, "pdf"));
    for search in ["CN-2026-000001", hash.as_str()] {
        let answer = page(&site, "olga", &format!("/lots?q={search}"));
        assert_eq!((answer.status, answer.header("location")), (303, "/notices/CN-2026-000001"), "{search}");
    }
    assert_eq!(page(&site, "olga", "/lots?q=CN-2026-000009").status, 200, "nothing is found, and nothing breaks");
    let site = revoked();
    assert!(page(&site, "olga", "/lots/L-1/recall").text().contains(link));
}

#[test]
fn a_stranger_is_told_that_a_notice_is_conditional_and_no_certificate() {
    let site = Site::start();
    conditional(&site, "L-1");
    for answer in told(&site, "conditional") {
        assert_eq!((&answer["notice"]["status"], &answer["notice"]["certificate"]), (&json!("standing"), &Value::Null));
        let detail = answer["detail"].as_str().expect("a sentence");
        assert!(detail.contains("not a release certificate") && detail.contains("no release certificate has followed"));
    }
    let text = asked(&site);
    assert!(text.contains("CONDITIONAL — NOT A RELEASE") && text.contains("answer-conditional"), "{text}");
    let mut changed = bytes(&site, "pdf");
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    let (media_type, file) = multipart(&[("file", &changed)]);
    let answer = site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, file))).ok();
    assert_eq!((&answer["outcome"], &answer["notice"]["notice"]), (&json!("altered"), &json!("CN-2026-000001")));
}

#[test]
fn a_stranger_is_told_by_which_certificate_a_notice_was_followed() {
    let site = followed();
    for answer in told(&site, "followed") {
        let notice = &answer["notice"];
        assert_eq!((&notice["status"], &notice["certificate"]), (&json!("followed"), &json!("RC-2026-000001")));
        let detail = answer["detail"].as_str().expect("a sentence");
        assert!(detail.contains("the lot was released on 2026-06-16 09:00 UTC"), "{detail}");
        assert!(detail.contains("certificate RC-2026-000001 followed it"), "{detail}");
    }
    let text = asked(&site);
    assert!(text.contains("FOLLOWED") && text.contains("href=\"/verify/RC-2026-000001\""), "{text}");
    let text = page(&site, "olga", "/notices/CN-2026-000001").text();
    assert!(text.contains("Certificate RC-2026-000001 followed it") && text.contains("Passed"), "{text}");
    // What revokes the certificate revokes the notice before it, and an altered copy hides neither.
    let body = json!({"password": password("queen"), "class": "quality_defect", "reason": "A bag leaks"});
    site.qa().post("/api/v1/lots/L-1/revocation", &body).created();
    told(&site, "revoked");
    let altered =
        site.stranger().post("/api/v1/verify", &json!({"sha256": "0".repeat(64), "number": "RC-2026-000001"}));
    let altered = altered.ok();
    assert_eq!((&altered["outcome"], &altered["certificate"]["status"]), (&json!("altered"), &json!("revoked")));
}

#[test]
fn of_a_revoked_notice_a_stranger_is_told_the_date_and_the_sort_of_reason_alone() {
    let site = revoked();
    for answer in told(&site, "revoked") {
        assert_eq!(answer["notice"]["status"], "revoked");
        let said = answer.to_string();
        assert!(said.contains("was revoked on 20") && said.contains("a quality defect"), "{said}");
        assert!(!said.contains("secret") && !said.contains("Weiss") && !said.contains("Queen"), "{said}");
    }
    let text = asked(&site);
    assert!(text.contains("REVOKED") && text.contains("Do not use the lot.") && !text.contains("secret"), "{text}");
    let shown = site.auditor().get(NOTICE).ok();
    assert_eq!((&shown["status"], &shown["revocation_class"]), (&json!("revoked"), &json!("quality_defect")));
    let text = page(&site, "olga", "/notices/CN-2026-000001").text();
    assert!(text.contains("Revoked on") && text.contains("href=\"/lots/L-1/recall\""), "{text}");
}

#[test]
fn a_result_that_fails_after_step_one_revokes_the_notice_in_words_that_fit_it() {
    let site = Site::start();
    let started = conditional(&site, "L-1");
    let late = json!({"started_at": started, "late_result": true});
    site.analyst().records_with("L-1", "sterility", &[("STERILITY", "Growth")], &late).created();
    for answer in told(&site, "revoked") {
        let detail = answer["detail"].as_str().expect("a sentence");
        assert!(detail.contains("a result failed after the lot had been conditionally released"), "{detail}");
    }
    assert!(page(&site, "olga", "/notices/CN-2026-000001").text().contains("Not passed"));
}
