//! `/api/v1/verify`: a stranger asks whether a certificate is genuine.

use lotgate::ledger::canonical::sha256_hex;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::site::Site;

struct Issued {
    site: Site,
    pdf: Vec<u8>,
    record: Vec<u8>,
}

fn issue() -> Issued {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    let bytes = |what: &str| site.auditor().get(&format!("/api/v1/certificates/RC-2026-000001/{what}")).bytes;
    let (pdf, record) = (bytes("pdf"), bytes("record"));
    Issued { site, pdf, record }
}

const BOUNDARY: &str = "----test-boundary";

/// A form (RFC 7578) with these fields; the one named `file` has a file name.
pub fn form(fields: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in fields {
        let file = if *name == "file" { "; filename=\"c.pdf\"\r\nContent-Type: application/pdf" } else { "" };
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}

fn sends(site: &Site, fields: &[(&str, &[u8])]) -> Answer {
    let (media_type, body) = form(fields);
    site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, body)))
}

fn says(site: &Site, claim: &Value) -> Answer {
    site.stranger().post("/api/v1/verify", claim)
}

#[test]
fn the_issued_file_is_valid_and_the_answer_says_for_which_lot() {
    let Issued { site, pdf, record } = issue();
    for (bytes, what) in [(&pdf, "PDF"), (&record, "record")] {
        let answer = sends(&site, &[("file", bytes)]).ok();
        assert_eq!(answer["outcome"], "valid", "{answer}");
        assert!(
            answer["detail"]
                .as_str()
                .expect("a sentence")
                .contains(&format!("the {what} of certificate RC-2026-000001 for lot L-1"))
        );
        assert_eq!(answer["certificate"]["lot"], "L-1");
        assert_eq!(answer["certificate"]["pdf_sha256"], sha256_hex(&pdf));
    }
}

#[test]
fn the_hash_of_the_issued_file_is_valid_in_any_case() {
    let Issued { site, pdf, record } = issue();
    for sha256 in
        [sha256_hex(&pdf), sha256_hex(&record), sha256_hex(&pdf).to_uppercase(), format!(" {} ", sha256_hex(&pdf))]
    {
        let answer = says(&site, &json!({"sha256": sha256})).ok();
        assert_eq!(answer["outcome"], "valid", "{answer}");
        assert_eq!(answer["certificate"]["certificate"], "RC-2026-000001");
    }
}

#[test]
fn a_number_alone_is_valid_and_warns_about_the_paper() {
    let Issued { site, .. } = issue();
    for number in ["RC-2026-000001", " rc-2026-000001 "] {
        let answer = says(&site, &json!({"number": number})).ok();
        assert_eq!(answer["outcome"], "valid");
        assert!(answer["detail"].as_str().expect("a sentence").contains("says nothing about the paper in your hand"));
    }
    assert_eq!(says(&site, &json!({"number": "RC-2026-000002"})).ok()["outcome"], "unknown");
    assert_eq!(sends(&site, &[("number", b"RC-2026-000001")]).ok()["outcome"], "valid");
}

#[test]
fn one_changed_bit_anywhere_is_never_valid() {
    let Issued { site, pdf, .. } = issue();
    let mut outcomes = std::collections::BTreeMap::new();
    for n in 0..60 {
        let mut changed = pdf.clone();
        let at = n * (pdf.len() - 1) / 59;
        changed[at] ^= 1;
        let answer = sends(&site, &[("file", &changed)]).ok();
        let outcome = answer["outcome"].as_str().expect("an outcome").to_owned();
        assert!(outcome == "altered" || outcome == "unknown", "byte {at}: {answer}");
        *outcomes.entry(outcome).or_insert(0) += 1;
    }
    assert!(
        outcomes.get("altered").is_some_and(|n| *n > 50),
        "the number can nearly always still be read: {outcomes:?}"
    );
}

#[test]
fn a_file_that_was_cut_or_added_to_is_altered() {
    let Issued { site, pdf, record } = issue();
    let cut = &pdf[..pdf.len() - 1];
    let longer = [&pdf[..], b"\n"].concat();
    for bytes in [cut, &longer[..]] {
        let answer = sends(&site, &[("file", bytes)]).ok();
        assert_eq!(answer["outcome"], "altered", "{answer}");
        assert!(answer["detail"].as_str().expect("a sentence").contains("RC-2026-000001"));
        assert_eq!(answer["certificate"]["lot"], "L-1", "what was issued under that number");
    }
    let text = String::from_utf8(record).expect("UTF-8");
    let better = text.replace("97.25", "99.99");
    assert_ne!(better, text);
    let answer = sends(&site, &[("file", better.as_bytes())]).ok();
    assert!(answer["outcome"] == "altered" || answer["outcome"] == "unknown", "{answer}");
}

#[test]
fn a_record_whose_number_can_be_read_and_whose_bytes_differ_is_altered() {
    let Issued { site, record, .. } = issue();
    let better = String::from_utf8(record).expect("UTF-8").replace("97.25", "99.99");
    assert_eq!(sends(&site, &[("file", better.as_bytes())]).ok()["outcome"], "altered");
}

#[test]
fn a_hash_that_differs_is_altered_with_the_number_and_unknown_without() {
    let Issued { site, .. } = issue();
    let other = sha256_hex(b"other");
    assert_eq!(says(&site, &json!({"sha256": other, "number": "RC-2026-000001"})).ok()["outcome"], "altered");
    assert_eq!(says(&site, &json!({"sha256": other})).ok()["outcome"], "unknown");
    assert_eq!(says(&site, &json!({"sha256": other, "number": "RC-2026-000009"})).ok()["outcome"], "unknown");
    assert_eq!(says(&site, &json!({"sha256": other, "number": "what I read"})).ok()["outcome"], "unknown");
}

#[test]
fn the_certificate_of_another_site_is_unknown() {
    let Issued { site: other, pdf, .. } = issue();
    drop(other);
    let site = Site::start();
    let answer = sends(&site, &[("file", &pdf)]).ok();
    assert_eq!((&answer["outcome"], &answer["certificate"]), (&json!("unknown"), &Value::Null));
    for bytes in [&b"hello"[..], b"%PDF-1.7\n%%EOF", &[0; 4096], "RC-2026-000001".as_bytes()] {
        assert_eq!(sends(&site, &[("file", bytes)]).ok()["outcome"], "unknown");
    }
}

#[test]
fn a_claim_that_is_none_is_refused() {
    let Issued { site, pdf, .. } = issue();
    for (claim, field) in [
        (json!({}), "file"),
        (json!({"sha256": ""}), "file"),
        (json!({"sha256": null, "number": "  "}), "file"),
        (json!({"sha256": "abc"}), "sha256"),
        (json!({"sha256": "g".repeat(64)}), "sha256"),
        (json!({"sha256": "患".repeat(64)}), "sha256"),
        (json!({"number": "RC-1"}), "number"),
        (json!({"number": "'; DROP TABLE facts; --"}), "number"),
    ] {
        says(&site, &claim).refused(422, "invalid_field").about(&[field]);
    }
    says(&site, &json!({"file": "x"})).refused(400, "malformed_request").says("unknown field `file`");
    sends(&site, &[]).refused(422, "invalid_field");
    sends(&site, &[("file", b"")]).refused(422, "invalid_field");
    sends(&site, &[("certificate", &pdf)]).refused(422, "invalid_field");
    let form = site.stranger().asks(
        "POST",
        "/api/v1/verify",
        &[],
        Some(("application/x-www-form-urlencoded", b"number=RC-2026-000001".to_vec())),
    );
    form.refused(415, "wrong_media_type");
}

#[test]
fn a_file_larger_than_twelve_mebibytes_is_refused() {
    let Issued { site, .. } = issue();
    let most = vec![b'x'; 12 * 1024 * 1024];
    assert_eq!(sends(&site, &[("file", &most)]).ok()["outcome"], "unknown");
}

#[test]
fn many_fields_together_are_no_larger_than_one_file_may_be() {
    let site = Site::start();
    let part = vec![b'x'; 5 << 20];
    sends(&site, &[("other", &part), ("another", &part), ("number", b"RC-2026-000001")]).ok();
    let answer = sends(&site, &[("other", &part), ("another", &part), ("third", &part), ("number", b"RC-2026-000001")]);
    answer.refused(413, "too_large");
}

#[test]
fn asking_writes_nothing() {
    let Issued { site, pdf, .. } = issue();
    let before = site.facts_count();
    sends(&site, &[("file", &pdf)]).ok();
    sends(&site, &[("file", &pdf[1..])]).ok();
    says(&site, &json!({"number": "RC-2026-000001"})).ok();
    says(&site, &json!({"number": "RC-2026-000002"})).ok();
    assert_eq!(site.facts_count(), before);
}
