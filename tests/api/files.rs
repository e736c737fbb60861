//! `/api/v1/files`: evidence files go in once and come back byte for byte; what pretends is refused.

use lotgate::ledger::canonical::sha256_hex;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::payloads::{self, Dice};
use crate::raw::Raw;
use crate::site::Site;
use crate::verification::form;

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xD9";
const CSV: &[u8] = "Röhrchen;CD105 %\r\n患者 3;98,7\r\n".as_bytes();
const FCS: &[u8] = b"FCS3.1          58     100     101     200       0       0\0\x01\xFF\xFE";

/// The largest file: 25 MB.
const MOST: usize = 25_000_000;

/// Sends bytes as the body, with a name in the header.
fn stores(site: &Site, who: &str, name: &str, media_type: &str, bytes: &[u8]) -> Answer {
    let name = crate::calls::encoded(name);
    site.person(who).asks("POST", "/api/v1/files", &[("X-File-Name", &name)], Some((media_type, bytes.to_vec())))
}

/// Sends a form whose file part has this head after `name="file"`.
fn sends(site: &Site, head: &str, bytes: &[u8]) -> Answer {
    let mut body = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"{head}\r\n\r\n").into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--limit--\r\n");
    site.analyst().asks("POST", "/api/v1/files", &[], Some(("multipart/form-data; boundary=limit", body)))
}

fn files(site: &Site) -> usize {
    site.whole().files
}

fn object(site: &Site, sha256: &str) -> std::path::PathBuf {
    site.data.path().join("evidence").join(&sha256[..2]).join(sha256)
}

#[test]
fn every_type_goes_in_and_comes_back_byte_for_byte_to_be_saved_and_not_shown() {
    let site = Site::start();
    for (name, media_type, bytes) in [
        ("report.pdf", "application/pdf", PDF),
        ("plot.png", "image/png", PNG),
        ("gel.jpg", "image/jpeg", JPEG),
        ("counts.csv", "text/csv", CSV),
        ("tube 3.fcs", "application/vnd.isac.fcs", FCS),
    ] {
        let stored = stores(&site, "amy", name, media_type, bytes).created();
        let sha256 = sha256_hex(bytes);
        let wanted = json!({"sha256": sha256, "media_type": media_type, "bytes": bytes.len(), "name": name});
        assert_eq!(stored, wanted);
        for who in ["amy", "ben", "queen", "olga", "adam"] {
            let answer = site.person(who).get(&format!("/api/v1/files/{sha256}"));
            assert_eq!((answer.status, answer.bytes.as_slice()), (200, bytes), "{answer}");
            assert_eq!(answer.header("content-type"), media_type);
            let saved = format!("attachment; filename=\"{name}\"; filename*=UTF-8''{}", name.replace(' ', "%20"));
            assert_eq!(answer.header("content-disposition"), saved);
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("etag"), format!("\"{sha256}\""));
        }
        let info = site.auditor().get(&format!("/api/v1/files/{}/info", sha256.to_uppercase())).ok();
        for field in ["sha256", "media_type", "bytes", "name"] {
            assert_eq!(info[field], wanted[field], "{field}");
        }
        let fact = site.facts().pop().expect("a fact");
        assert_eq!((&info["stored_by"], &info["ledger_entry"]), (&json!("Amy Adams"), &fact["entry"]));
        assert_eq!(info["stored_at"], "2026-06-01T08:00:00.000000Z");
    }
    assert_eq!(files(&site), 5);
    let verified = site.auditor().get("/api/v1/ledger/verify").ok();
    assert_eq!((&verified["whole"], &verified["files"]), (&json!(true), &json!(5)));
}

#[test]
fn the_fact_holds_the_hash_and_not_the_bytes() {
    let site = Site::start();
    stores(&site, "amy", "counts.csv", "text/csv", CSV).created();
    let fact = site.facts().pop().expect("a fact");
    let event = json!({
        "kind": "file_stored", "sha256": sha256_hex(CSV), "media_type": "text/csv", "bytes": CSV.len(), "name": "counts.csv",
    });
    assert_eq!(fact["fact"]["event"], event);
    assert_eq!(fact["fact"]["by"], json!({"user": "amy", "name": "Amy Adams", "role": "analyst"}));
}

#[test]
fn the_ledgers_page_tells_of_it_and_takes_its_name_for_text() {
    let site = Site::start();
    stores(&site, "amy", "<b>tube</b>.fcs", "", FCS).created();
    let cookie = site.cookie("olga");
    let page = site.stranger().asks("GET", "/ledger", &[("Cookie", &cookie)], None).with_status(200).text();
    assert!(page.contains(&format!("b&#62;.fcs (FCS, {} bytes)", FCS.len())), "{page}");
    assert!(page.contains(&sha256_hex(FCS)) && !page.contains("<b>tube"), "{page}");
}

#[test]
fn a_form_stores_a_file_as_a_body_does() {
    let site = Site::start();
    let stored = sends(&site, "; filename=\"report.pdf\"\r\nContent-Type: application/octet-stream", PDF).created();
    assert_eq!(
        (&stored["media_type"], &stored["name"], &stored["sha256"]),
        (&json!("application/pdf"), &json!("report.pdf"), &json!(sha256_hex(PDF)))
    );
    let stored = sends(&site, "; filename=\"x\"\r\nContent-Type: text/csv; charset=utf-8", CSV).created();
    assert_eq!((&stored["media_type"], &stored["name"]), (&json!("text/csv"), &json!("x")));
    let answer = site.analyst().get(&format!("/api/v1/files/{}", sha256_hex(CSV)));
    assert_eq!(answer.bytes, CSV);
}

#[test]
fn the_same_bytes_are_one_file_whoever_sends_them_under_whatever_name() {
    let site = Site::start();
    let first = stores(&site, "amy", "report.pdf", "application/pdf", PDF).created();
    let before = site.facts_count();
    for (who, name) in [("amy", "report.pdf"), ("ben", "other.pdf")] {
        assert_eq!(stores(&site, who, name, "application/pdf", PDF).ok(), first);
    }
    assert_eq!((site.facts_count(), files(&site)), (before, 1));
}

#[test]
fn twelve_people_who_send_the_same_bytes_at_once_leave_one_fact() {
    let site = Site::start();
    let site = &site;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent = (0..12).map(|n| {
            let who = if n % 2 == 0 { "amy" } else { "ben" };
            scope.spawn(move || stores(site, who, "tube.fcs", "", FCS).status)
        });
        sent.collect::<Vec<_>>().into_iter().map(|t| t.join().expect("answered")).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 11, "{statuses:?}");
    assert_eq!((site.events("file_stored").len(), files(site)), (1, 1));
}

#[test]
fn a_repeated_request_under_its_key_gets_the_first_answer() {
    let site = Site::start();
    let ask = |name: &str, bytes: &[u8]| {
        let headers = [("X-File-Name", name), ("Idempotency-Key", "k")];
        site.analyst().asks("POST", "/api/v1/files", &headers, Some(("application/pdf", bytes.to_vec())))
    };
    let first = ask("a.pdf", PDF).created();
    assert_eq!(ask("a.pdf", PDF).created(), first);
    ask("b.pdf", PDF).refused(409, "idempotency_key_reused");
    ask("a.pdf", b"%PDF-1.4 other").refused(409, "idempotency_key_reused");
    assert_eq!(site.events("file_stored").len(), 1);
    // The object of the refused request is there; nobody can ask for it, and it breaks nothing.
    assert!(object(&site, &sha256_hex(b"%PDF-1.4 other")).exists());
    site.analyst().get(&format!("/api/v1/files/{}", sha256_hex(b"%PDF-1.4 other"))).refused(404, "no_such_file");
    assert_eq!(files(&site), 1);
}

#[test]
fn only_an_analyst_stores_and_nobody_reads_without_signing_in() {
    let site = Site::start();
    for who in ["queen", "olga", "adam"] {
        stores(&site, who, "a.pdf", "application/pdf", PDF)
            .refused(403, "wrong_role")
            .says("Only an analyst may store a file");
    }
    let body = Some(("application/pdf", PDF.to_vec()));
    site.stranger().asks("POST", "/api/v1/files", &[], body).refused(401, "not_signed_in");
    assert!(!object(&site, &sha256_hex(PDF)).exists(), "nothing was written for them");
    stores(&site, "amy", "a.pdf", "application/pdf", PDF).created();
    for path in ["", "/info"] {
        site.stranger().get(&format!("/api/v1/files/{}{path}", sha256_hex(PDF))).refused(401, "not_signed_in");
    }
}

#[test]
fn what_pretends_to_be_evidence_is_refused_with_what_is_taken() {
    let site = Site::start();
    let before = site.facts_count();
    for (bytes, seen) in [
        (&b"<!DOCTYPE html><html><script>alert(1)</script></html>"[..], "text/html"),
        (b"<html><!-- %PDF-1.7 --><script>alert(1)</script></html>", "something stands before its beginning"),
        (b"garbage before %PDF-1.7", "something stands before its beginning"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>", "of no type that is kept"),
        (b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>", "text/xml"),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF", "executable"),
        (b"\x7FELF\x02\x01\x01\0 and the rest of a program for Linux, longer than its header", "executable"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0", "application/zip"),
        (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"{\"value\": 98.7}", "of no type that is kept"),
        (b"just words", "of no type that is kept"),
    ] {
        for (name, media_type) in [("report.pdf", "application/pdf"), ("plot.png", "image/png"), ("a.fcs", "")] {
            let refused = stores(&site, "amy", name, media_type, bytes).refused(415, "unknown_file_type");
            refused.says(seen).says("PDF").says("PNG or JPEG").says("CSV").says("FCS").about(&["file"]);
            sends(&site, &format!("; filename=\"{name}\"\r\nContent-Type: application/pdf"), bytes)
                .refused(415, "unknown_file_type");
        }
        assert!(!object(&site, &sha256_hex(bytes)).exists());
    }
    // Text in another encoding says what to do; markup is no table under any name.
    for bytes in [&b"\xBD\xE1\xB9\xFB,98.7\n"[..], b"\xFF\xFEa\0,\0b\0", b"a,b\n\x1B]0;x\x07"] {
        stores(&site, "amy", "a.csv", "text/csv", bytes).refused(415, "unknown_file_type").says("CSV UTF-8");
    }
    stores(&site, "amy", "a.csv", "text/csv", b" <html><script>alert(1)</script>").refused(415, "unknown_file_type");
    assert_eq!((site.facts_count(), files(&site)), (before, 0));
}

#[test]
fn nothing_is_no_file() {
    let site = Site::start();
    stores(&site, "amy", "a.pdf", "application/pdf", b"").refused(422, "invalid_field").about(&["file"]);
    site.analyst().asks("POST", "/api/v1/files", &[], None).refused(422, "invalid_field").says("empty");
    sends(&site, "; filename=\"a.pdf\"", b"").refused(422, "invalid_field").says("empty");
    let asks = |fields: &[(&str, &[u8])]| {
        let (media_type, body) = form(fields);
        site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, body)))
    };
    asks(&[]).refused(422, "invalid_field").says("in the field named file");
    asks(&[("evidence", PDF)]).refused(422, "invalid_field").about(&["file"]);
    asks(&[("file", PDF), ("file", PNG)]).refused(422, "invalid_field").says("one file at a time");
    asks(&[("note", b"x"), ("file", PDF)]).created();
    assert_eq!(files(&site), 1);
}

#[test]
fn twenty_five_megabytes_are_taken_and_one_byte_more_is_refused() {
    let site = Site::start();
    let mut file = PDF.to_vec();
    file.resize(MOST, b' ');
    let stored = stores(&site, "amy", "large.pdf", "application/pdf", &file).created();
    assert_eq!(stored["bytes"], MOST);
    assert_eq!(site.analyst().get(&format!("/api/v1/files/{}", sha256_hex(&file))).bytes, file);
    file.push(b' ');
    let raw = || Raw::new("POST", "/api/v1/files").header("Authorization", format!("Bearer {}", site.token("amy")));
    let answer = raw().body("application/pdf", file.clone()).sent_to(&site);
    answer.refused(413, "too_large").says("25 MB").about(&["file"]);
    let (media_type, body) = form(&[("file", &file)]);
    raw().body(&media_type, body).sent_to(&site).refused(413, "too_large").says("25 MB");
    // Many fields together are no way around it.
    let half = &file[..MOST / 2];
    let (media_type, body) = form(&[("a", half), ("b", half), ("file", PDF)]);
    raw().body(&media_type, body).sent_to(&site).refused(413, "too_large");
    let (media_type, body) = form(&vec![("a", b"".as_slice()); 101]);
    raw().body(&media_type, body).sent_to(&site).refused(400, "malformed_request").says("100 fields");
    assert_eq!(files(&site), 1);
}

#[test]
fn a_name_is_recorded_without_its_folder_and_cannot_lead_anywhere() {
    let site = Site::start();
    for (n, (sent, recorded, saved)) in [
        ("../../../etc/passwd", "passwd", "passwd.pdf"),
        ("/etc/cron.d/x.pdf", "x.pdf", "x.pdf"),
        ("C:\\Users\\mei\\x.pdf", "x.pdf", "x.pdf"),
        ("..", "unnamed.pdf", "unnamed.pdf"),
        ("", "unnamed.pdf", "unnamed.pdf"),
        (".htaccess", ".htaccess", "htaccess.pdf"),
        ("evil.html", "evil.html", "evil.html.pdf"),
        ("a.pdf;x=\"y.exe\"", "a.pdf;x=\"y.exe\"", "a.pdf;x=_y.exe_.pdf"),
        ("a<b>|c*?.pdf", "a<b>|c*?.pdf", "a_b__c__.pdf"),
    ]
    .into_iter()
    .enumerate()
    {
        let bytes = [PDF, n.to_string().as_bytes()].concat();
        let stored = stores(&site, "amy", sent, "application/pdf", &bytes).created();
        assert_eq!(stored["name"], recorded, "{sent}");
        let answer = site.analyst().get(&format!("/api/v1/files/{}", sha256_hex(&bytes)));
        let disposition = answer.header("content-disposition");
        assert!(
            disposition.starts_with(&format!("attachment; filename=\"{saved}\"; filename*=UTF-8''")),
            "{disposition}"
        );
    }
    for bad in ["a\nb.pdf", "a\0.pdf", "a\u{202E}fdp.exe", &"x".repeat(201)] {
        stores(&site, "amy", bad, "application/pdf", PDF).refused(422, "invalid_field").about(&["name"]);
    }
    let raw = Raw::new("POST", "/api/v1/files").header("Authorization", format!("Bearer {}", site.token("amy")));
    let answer = raw.header("X-File-Name", b"a\xFF.pdf".to_vec()).body("application/pdf", PDF).sent_to(&site);
    answer.refused(422, "invalid_field").about(&["X-File-Name"]);
    let folders: Vec<String> = std::fs::read_dir(site.data.path().join("evidence"))
        .expect("a folder")
        .map(|f| f.expect("a shelf").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(folders.iter().all(|f| f.len() == 2 && f.bytes().all(|b| b.is_ascii_hexdigit())), "{folders:?}");
}

#[test]
fn a_name_in_chinese_and_with_quotes_comes_back_whole() {
    let site = Site::start();
    let name = "流式 “AD” \"管 3\" é.pdf";
    assert_eq!(stores(&site, "amy", name, "application/pdf", PDF).created()["name"], name);
    let answer = site.analyst().get(&format!("/api/v1/files/{}", sha256_hex(PDF)));
    let whole = crate::calls::encoded("流式 “AD” _管 3_ é.pdf");
    let plain = "__ _AD_ __ 3_ _.pdf";
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
    );
    // A browser's form: raw UTF-8, with a quote escaped; and the extended form of RFC 5987.
    let stored = sends(&site, "; filename=\"流式 \\\"管 3\\\".png\"", PNG).created();
    assert_eq!(stored["name"], "流式 \"管 3\".png");
    let stored = sends(&site, "; filename=\"x.fcs\"; filename*=UTF-8''%E7%AE%A1%203.fcs", FCS).created();
    assert_eq!(stored["name"], "管 3.fcs");
}

#[test]
fn an_address_that_is_no_hash_of_a_stored_file_finds_nothing() {
    let site = Site::start();
    stores(&site, "amy", "a.pdf", "application/pdf", PDF).created();
    let sha256 = sha256_hex(PDF);
    let key = "..%2f..%2fkeys%2fsite.key";
    for address in [
        sha256_hex(b"other").as_str(),
        &sha256[1..],
        &format!("{sha256}0"),
        &format!("{}%00", &sha256[..63]),
        &format!("{sha256}%20"),
        &"g".repeat(64),
        key,
        "..%2Flotgate.db",
        "%2e%2e",
        "info",
        "%E6%82%A3",
    ] {
        for path in ["", "/info"] {
            site.analyst().get(&format!("/api/v1/files/{address}{path}")).refused(404, "no_such_file");
        }
    }
    for address in ["../../keys/site.key", "x/y", "", "/"] {
        assert_eq!(site.analyst().get(&format!("/api/v1/files/{address}")).status, 404, "{address}");
    }
}

#[test]
fn a_file_changed_on_the_disk_is_not_given_out_and_the_ledger_says_which() {
    let site = Site::start();
    stores(&site, "amy", "a.pdf", "application/pdf", PDF).created();
    stores(&site, "amy", "b.png", "image/png", PNG).created();
    let (kept, harmed) = (sha256_hex(PDF), sha256_hex(PNG));
    let mut changed = PNG.to_vec();
    *changed.last_mut().expect("bytes") ^= 1;
    std::fs::write(object(&site, &harmed), &changed).expect("written");
    let broken = |what: &str| {
        let found = site.auditor().get("/api/v1/ledger/verify").ok();
        assert_eq!((&found["whole"], &found["place"]), (&json!(false), &json!(format!("file {harmed}"))));
        assert!(found["what"].as_str().is_some_and(|w| w.contains(what) && w.contains("“b.png”")), "{found}");
        let answer = site.analyst().get(&format!("/api/v1/files/{harmed}"));
        answer.refused(500, "internal");
        assert_eq!(site.analyst().get(&format!("/api/v1/files/{kept}")).bytes, PDF);
        let told: Value = site.analyst().get(&format!("/api/v1/files/{harmed}/info")).ok();
        assert_eq!(told["name"], "b.png", "what is on record stays");
    };
    broken("its bytes were changed");
    std::fs::remove_file(object(&site, &harmed)).expect("removed");
    broken("it is missing");
    // Whoever still has the bytes puts the object back; the fact was never gone.
    let before = site.events("file_stored").len();
    stores(&site, "ben", "b.png", "image/png", PNG).ok();
    assert_eq!((files(&site), site.events("file_stored").len()), (2, before));
}

#[test]
fn no_broken_form_and_no_broken_header_breaks_the_store() {
    let site = Site::start();
    let mut dice = Dice::new(23);
    let asks = |media_type: &str, name: &[u8], body: Vec<u8>| {
        let raw = Raw::new("POST", "/api/v1/files").header("Authorization", format!("Bearer {}", site.token("amy")));
        let answer = raw.header("X-File-Name", name.to_vec()).body(media_type, body).sent_to(&site);
        assert!((200..500).contains(&answer.status), "{answer}");
        if answer.status >= 400 {
            answer.problem();
        }
        answer.status
    };
    let (media_type, good) = form(&[("file", PDF), ("note", b"x")]);
    let mut created = 0;
    let mut count = |status: u16| created += usize::from(status == 201);
    for body in payloads::broken(&good, &mut dice) {
        count(asks(&media_type, b"a.pdf", body));
    }
    for text in payloads::texts() {
        let line = text.replace(['\r', '\n', '\0'], "");
        count(asks("application/pdf", line.chars().take(3000).collect::<String>().as_bytes(), PDF.to_vec()));
        count(asks("text/csv", b"a.csv", text.clone().into_bytes()));
        count(asks(&media_type, b"", form(&[("file", text.as_bytes())]).1));
        count(asks(&format!("multipart/form-data; boundary={line}"), b"", good.clone()));
    }
    for _ in 0..40 {
        let mut bytes = [PDF, PNG, JPEG, CSV, FCS][dice.below(5)].to_vec();
        let at = dice.below(bytes.len());
        bytes[at] = u8::try_from(dice.below(256)).expect("a byte");
        count(asks("text/csv", b"a.csv", bytes));
    }
    assert!(created > 5, "{created}");
    assert_eq!((site.events("file_stored").len(), files(&site)), (created, created));
}

#[test]
fn evidence_named_with_a_value_is_kept_with_its_run_and_nowhere_dropped() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let (media_type, bytes) = crate::verification::form(&[("file", crate::calls::PDF)]);
    let sent = site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, bytes))).created();
    let reading = json!({"attribute": "ENDOTOXIN", "value": "0.1", "unit": "EU/mL", "evidence": [sent["sha256"]]});
    let body = json!({"assay": "endotoxin", "method": "LAL", "tested_at": site.hours(-1), "readings": [reading]});
    let run = site.analyst().post("/api/v1/lots/L-1/runs", &body).created()["run"].as_i64().expect("a run");
    let fact = site.events("run_recorded").pop().expect("a fact");
    assert_eq!(fact["content"]["evidence"], json!([sent["sha256"]]));
    let correction = json!({"readings": [reading], "reason": "Read again"});
    site.analyst()
        .post(&format!("/api/v1/runs/{run}/correction"), &correction)
        .refused(422, "invalid_field")
        .about(&["readings[0].evidence"]);
}
