//! Malformed, huge and hostile input on every route: never a failure of ours, never half a record.

use std::collections::BTreeMap;

use lotgate::web::routes::{Effect, ROUTES, Route};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::{Call, call, encoded};
use crate::payloads::{self, Dice, MARKUP, PARAMETERS};
use crate::raw::{Raw, send};
use crate::routes::site_for;
use crate::site::{Site, password};
use crate::verification::form;

fn is_api(route: &Route) -> bool {
    route.path.starts_with("/api/")
}

/// A request to a route as somebody, with whatever body it shall have.
fn request(site: &Site, route: &Route, target: &str, who: Option<&str>) -> Raw {
    let raw = Raw::new(route.method, target);
    match who {
        Some(who) if is_api(route) => raw.header("Authorization", format!("Bearer {}", site.token(who))),
        Some(who) => raw.header("Cookie", format!("lotgate_session={}", site.token(who))),
        None => raw,
    }
}

/// What must be true of every answer whatever was asked.
#[track_caller]
fn check(route: &Route, answer: &Answer) {
    assert!((200..500).contains(&answer.status), "{answer}");
    assert_eq!(answer.header("x-injected"), "", "{answer}");
    let text = answer.text();
    let is_html = answer.header("content-type").starts_with("text/html");
    if is_html {
        for markup in ["<script>alert", "<img src=x", "\"'>", "60481729"] {
            assert!(!text.contains(markup), "{markup} came back as markup: {answer}");
        }
    }
    if answer.status >= 400 && (is_api(route) || answer.status == 405) {
        answer.problem();
    } else if answer.status >= 400 && !route.path.starts_with("/static/") {
        assert!(is_html, "{answer}");
    }
}

/// How many facts there are of each kind.
fn counted(site: &Site) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for fact in site.facts() {
        *kinds.entry(fact["fact"]["event"]["kind"].as_str().expect("a kind").to_owned()).or_default() += 1;
    }
    kinds
}

/// The kind of fact that a route's success leaves.
fn kind_of(route: &Route) -> &'static str {
    match route.path.rsplit('/').next() {
        _ if route.effect == Effect::Reads => "none",
        _ if route.path == "/account/policy" => "signature_policy_acknowledged",
        Some("acknowledgement") if route.path.contains("signature-policy") => "signature_policy_acknowledged",
        Some("removal") if route.path.contains("identity-link") => "identity_unlinked",
        Some("session" | "sign-in" | "code" | "passkey") => "signed_in",
        Some("confirmation") if route.path.contains("/session/") => "signed_in",
        Some("confirmation") => "second_factor_added",
        Some("recovery-codes") => "recovery_codes_made",
        Some("removal") => "second_factor_removed",
        Some("end") => "session_ended",
        Some("tokens") => "token_issued",
        Some("revocation") if route.path.contains("/tokens/") => "token_revoked",
        Some("unlock") => "account_unlocked",
        Some("acknowledgement") => "alert_acknowledged",
        Some("users" | "people" | "first-administrator") => "user_created",
        Some("lots" | "banks" | "donors") => "lot_registered",
        Some("runs") => "run_recorded",
        Some("verification") => "run_verified",
        Some("correction") => "run_corrected",
        Some("resolution") => "discrepancy_resolved",
        Some("instruments") => "instrument_registered",
        Some("calibration" | "calibrations") => "instrument_calibrated",
        Some("reagents") => "reagent_received",
        Some("policy") => "site_policy_set",
        Some("release") => "lot_released",
        Some("rejection") => "lot_rejected",
        Some("qc-approval") => "qc_approved",
        Some("audit-review") => "audit_trail_reviewed",
        Some("qp-certification") => "lot_released",
        Some("conditional-release") => "lot_conditionally_released",
        Some("supersession") => "certificate_superseded",
        Some("revocation") => "lot_revoked",
        Some("{party}") => "party_told",
        Some("supply") => "supplied_out_of_specification",
        Some("containers") => "containers_moved",
        Some("files") => "file_stored",
        Some("specifications" | "{version}") => "specification_drafted",
        Some("approval") => "specification_approved",
        Some("retirement") => "specification_retired",
        Some("invalidation") => "run_invalidated",
        Some("laboratory") => "laboratory_phase_recorded",
        Some("plan") => "retest_plan_approved",
        Some("retest") => "run_recorded",
        Some("conclusion") => "investigation_concluded",
        Some("password") if route.path.contains("{username}") => "password_reset",
        Some("password") => "password_changed",
        Some("deactivation") => "user_deactivated",
        Some("reactivation") => "user_reactivated",
        Some("roles") => "roles_changed",
        Some("limit") => "account_limited",
        Some("identity") => "identity_checked",
        Some("qualification") => "qualified_person_named",
        Some("training") => "training_recorded",
        Some("review") => "access_reviewed",
        Some("signature-policy") => "signature_policy_issued",
        Some("deviations") => "deviation_opened",
        Some("closure") if route.path.contains("deviations") => "deviation_closed",
        Some("closure") => "investigation_closed",
        _ => panic!("{} {} leaves which fact?", route.method, route.path),
    }
}

/// Lifts what wrong passwords locked or ended; false where somebody needs more than a password.
fn lets_go_on(site: &Site, who: &str) -> bool {
    site.admin().post(&format!("/api/v1/users/{who}/unlock"), &json!({"reason": "For the walk"}));
    site.forgets(who);
    let body = json!({"username": who, "password": password(who)});
    site.stranger().post("/api/v1/session", &body).status == 201
}

/// Sends bodies to a route and requires that the record grew by exactly what was accepted.
fn fuzz(route: &Route, site: &Site, call: &Call, bodies: impl Iterator<Item = (String, Vec<u8>)>) -> usize {
    let before = counted(site);
    let (mut sent, mut accepted, mut passages) = (0, 0, 0);
    for (media_type, body) in bodies {
        let answer = request(site, route, &call.path, call.who).body(&media_type, body).sent_to(site);
        check(route, &answer);
        sent += 1;
        // A page that shows a secret once answers with the page itself.
        let shows = answer.status == 200 && route.path.starts_with("/account/") && kind_of(route) != "none";
        let done = shows || matches!((route.method, answer.status), (_, 201 | 204 | 303) | ("PUT", 200));
        accepted += usize::from(done);
        passages += usize::from(
            done && kind_of(route) == "lot_registered" && (!is_api(route) || answer.json()["run"].is_i64()),
        );
        if let Some(who) = call.who.filter(|_| matches!(answer.status, 401 | 429))
            && !lets_go_on(site, who)
        {
            break;
        }
    }
    let after = counted(site);
    let new = |kind: &str| after.get(kind).copied().unwrap_or_default() - before.get(kind).copied().unwrap_or_default();
    let name = format!("{} {}", route.method, route.path);
    for kind in after.keys() {
        match kind.as_str() {
            "attempt_refused" | "sign_in_failed" => assert!(new(kind) <= sent - accepted, "{name}"),
            "run_recorded" if kind_of(route) == "lot_registered" => assert!(new(kind) <= passages, "{name}"),
            "session_ended" if route.path.ends_with("sessions/end") => assert!(new(kind) <= accepted, "{name}"),
            "recovery_codes_made" if kind_of(route) == "second_factor_added" => {
                assert_eq!(new(kind), accepted, "{name}: {kind}");
            }
            kind if kind == kind_of(route) => assert_eq!(new(kind), accepted, "{name}: {kind}"),
            // What wrong passwords bring about, and how the walk goes on after it.
            "account_locked" | "alert_raised" | "session_ended" | "account_unlocked" | "signed_in" => {
                assert!(new(kind) <= sent, "{name}: {kind}");
            }
            kind => assert_eq!(new(kind), 0, "{name}: {kind}"),
        }
    }
    site.whole();
    sent
}

fn posts(api: bool) -> impl Iterator<Item = &'static Route> {
    // Signing out and the first administrator are tried below: they end what the walk needs. What
    // takes a file is no JSON; `no_broken_form_…` and files.rs try that.
    let skipped = ["/sign-out", "/first-administrator", "/api/v1/verify", "/verify", "/api/v1/files"];
    ROUTES.iter().filter(move |r| matches!(r.method, "POST" | "PUT") && is_api(r) == api && !skipped.contains(&r.path))
}

#[test]
fn no_json_breaks_a_route_or_leaves_half_a_record() {
    let mut sent = 0;
    for (seed, route) in (1..).zip(posts(true)) {
        let site = site_for(route);
        let call = call(&site, route);
        let good = call.body.as_ref().expect("a body").1.clone();
        let document: Value = serde_json::from_slice(&good).expect("JSON");
        // Each password costs a hash; a handful of them shows as much as a hundred.
        let hashes = document.get("password").is_some();
        let replaced = payloads::replaced(&document)
            .into_iter()
            .step_by(if hashes { 9 } else { 1 + good.len() / 400 })
            .map(String::into_bytes);
        let bodies = payloads::broken(&good, &mut Dice::new(seed)).into_iter().chain(replaced);
        sent += fuzz(route, &site, &call, bodies.map(|b| ("application/json".to_owned(), b)));
    }
    assert!(sent > 2000, "{sent}");
}

#[test]
fn no_form_breaks_a_page_or_comes_back_as_markup() {
    let mut sent = 0;
    for (seed, route) in (100..).zip(posts(false)) {
        let site = site_for(route);
        let call = call(&site, route);
        let good = String::from_utf8(call.body.as_ref().expect("a body").1.clone()).expect("ASCII");
        let pairs: Vec<(&str, &str)> = good.split('&').filter_map(|p| p.split_once('=')).collect();
        let hashes = good.contains("password=");
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for (i, (name, _)) in pairs.iter().enumerate() {
            for text in payloads::texts().iter().skip(i % 3).step_by(if hashes { 7 } else { 1 }) {
                let value = encoded(text);
                let changed =
                    pairs.iter().map(|(n, v)| if n == name { format!("{n}={value}") } else { format!("{n}={v}") });
                bodies.push(changed.collect::<Vec<_>>().join("&").into_bytes());
            }
            let missing = pairs.iter().filter(|(n, _)| n != name).map(|(n, v)| format!("{n}={v}"));
            bodies.push(missing.collect::<Vec<_>>().join("&").into_bytes());
            bodies.push(format!("{name}={}&{good}", encoded(MARKUP)).into_bytes());
        }
        bodies.extend(payloads::broken(good.as_bytes(), &mut Dice::new(seed)));
        bodies.push(b"%ff%fe=%00&%=&&&=".to_vec());
        let form = "application/x-www-form-urlencoded".to_owned();
        sent += fuzz(route, &site, &call, bodies.into_iter().map(|b| (form.clone(), b)));
    }
    assert!(sent > 1000, "{sent}");
}

#[test]
fn no_media_type_breaks_a_route() {
    for route in ROUTES.iter().filter(|r| r.method == "POST" && r.path != "/sign-out") {
        let site = site_for(route);
        let call = call(&site, route);
        let (_, body) = call.body.clone().expect("a body");
        let before = site.facts_count();
        for media_type in [
            "",
            "text/plain",
            "application/xml",
            "application/json2",
            "multipart/form-data",
            "a/b; c=\"",
            "\u{FF}",
            "*/*;;;",
            "application/json, text/html",
        ] {
            let answer = request(&site, route, &call.path, call.who).body(media_type, body.clone()).sent_to(&site);
            check(route, &answer);
            if is_api(route) {
                assert!(answer.status == 415 || answer.status == 400, "{answer}");
            }
        }
        let gzip = request(&site, route, &call.path, call.who).header("Content-Encoding", "gzip");
        check(route, &gzip.body("application/json", body.clone()).sent_to(&site));
        if is_api(route) {
            assert_eq!(site.facts_count(), before, "{}", route.path);
        }
    }
}

#[test]
fn ten_megabytes_are_refused_everywhere_and_recorded_nowhere() {
    let huge = format!("{{\"lot\":\"{}\"}}", "x".repeat(10 << 20)).into_bytes();
    let site = Site::start();
    site.full_lot("L-1");
    let before = site.facts_count();
    for route in ROUTES.iter().filter(|r| r.method == "POST" && !r.path.ends_with("/verify") && r.path != "/sign-out") {
        let target = crate::calls::filled(route.path);
        for who in [None, Some("amy"), Some("queen"), Some("adam")] {
            let answer = request(&site, route, &target, who).body("application/json", huge.clone()).sent_to(&site);
            check(route, &answer);
            assert!(answer.status >= 400, "{answer}");
        }
    }
    let attempts = u64::try_from(site.events("attempt_refused").len()).expect("small");
    assert_eq!(site.facts_count(), before + attempts);
}

#[test]
fn no_address_breaks_a_route() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    crate::calls::sources(&site);
    let before = site.facts_count();
    let mut sent = 0;
    for route in ROUTES.iter().filter(|r| r.method == "GET" && r.effect == Effect::Reads) {
        let mut targets: Vec<String> = Vec::new();
        let filled = crate::calls::filled(route.path).replace("{file:.*}", "site.css");
        if route.path.contains('{') {
            for parameter in
                PARAMETERS.iter().map(|p| (*p).to_owned()).chain(["x".repeat(50_000), "%41".repeat(15_000)])
            {
                let one = |name: &str| crate::calls::filled(&route.path.replace(name, &parameter));
                targets.extend(
                    [
                        "{lot}",
                        "{run}",
                        "{number}",
                        "{product}",
                        "{version}",
                        "{sha256}",
                        "{file:.*}",
                        "{bank}",
                        "{donor}",
                        "{username}",
                    ]
                    .iter()
                    .filter(|n| route.path.contains(*n))
                    .map(|n| one(n)),
                );
            }
        }
        targets.extend(payloads::queries().into_iter().map(|query| format!("{filled}?{query}")));
        for (n, target) in targets.into_iter().enumerate() {
            // Strangers and the administrator get less far, so a part of it shows as much.
            let everybody = [Some("amy"), None, Some("adam")];
            for who in everybody.into_iter().take(if n % 4 == 0 { 3 } else { 1 }) {
                let answer = request(&site, route, &target, who).sent_to(&site);
                check(route, &answer);
                sent += 1;
            }
        }
    }
    assert!(sent > 1500, "{sent}");
    // What is taken out is recorded, and nothing else.
    let taken = ["inspection_pack_made", "ledger_exported", "report_made"].map(|kind| site.events(kind).len());
    let taken = u64::try_from(taken.iter().sum::<usize>()).expect("few");
    assert_eq!(site.facts_count(), before + taken, "reading leaves no fact");
    site.whole();
}

#[test]
fn no_header_breaks_a_route() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    for route in ROUTES.iter().filter(|r| {
        r.path.contains("certificates")
            || r.path.contains("/me")
            || r.path.contains("/files")
            || r.path.ends_with("/verify")
            || r.path.ends_with("lots")
    }) {
        let target = crate::calls::filled(route.path);
        for (name, value) in payloads::headers() {
            let mut raw = request(&site, route, &target, Some("olga"));
            if name == "Authorization" || name == "Cookie" {
                raw.headers.clear();
            }
            let answer = raw.header(name, value).sent_to(&site);
            check(route, &answer);
        }
    }
    site.whole();
}

#[test]
fn bytes_that_are_no_http_get_no_failure_and_no_record() {
    let site = Site::start();
    let before = site.facts_count();
    let mut dice = Dice::new(7);
    let good = b"POST /api/v1/lots HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let mut all: Vec<Vec<u8>> = vec![
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /api/v1/me\x00 HTTP/1.1\r\n\r\n".to_vec(),
        b"GET http://evil.example/api/v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        b"POST /api/v1/lots HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}".to_vec(),
        b"POST /api/v1/lots HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec(),
        b"POST /api/v1/lots HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n{}\r\n0\r\n\r\n".to_vec(),
        b"GET /api/v1/me HTTP/1.1\r\nBad\x01Name: x\r\nConnection: close\r\n\r\n".to_vec(),
        [b"GET /api/v1/me HTTP/1.1\r\nConnection: close\r\n".as_slice(), "X: y\r\n".repeat(500).as_bytes(), b"\r\n"].concat(),
        [b"GET /".as_slice(), &[b'x'; 200_000], b" HTTP/1.1\r\n\r\n"].concat(),
    ];
    for _ in 0..60 {
        let mut flipped = good.to_vec();
        for _ in 0..4 {
            let at = dice.below(flipped.len() - 6);
            flipped[at] = u8::try_from(dice.below(256)).expect("a byte");
        }
        // Always an end, so that the server does not wait for more.
        flipped.extend_from_slice(b"\r\n\r\n\r\n\r\n");
        all.push(flipped);
    }
    for bytes in all {
        let answer = send(&site, bytes.clone(), String::from_utf8_lossy(&bytes).chars().take(200).collect());
        assert!(answer.status < 500, "{answer}");
    }
    assert_eq!(site.facts_count(), before);
}

#[test]
fn a_body_that_ends_too_soon_is_recorded_nowhere() {
    let site = Site::start();
    let before = site.facts_count();
    let body = site.analyst().registration("L-1", &json!({})).to_string();
    let raw = Raw::new("POST", "/api/v1/lots").header("Authorization", format!("Bearer {}", site.token("amy")));
    let raw = raw.header("Content-Length", (body.len() + 10).to_string()).body("application/json", body);
    let answer = raw.cut_off(&site);
    assert!(answer.status == 0 || answer.status == 400, "{answer}");
    assert_eq!(site.facts_count(), before);
}

#[test]
fn no_broken_form_with_a_file_breaks_the_verification() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    let pdf = site.auditor().get("/api/v1/certificates/RC-2026-000001/pdf").bytes;
    let before = site.facts_count();
    let mut dice = Dice::new(11);
    for route in ROUTES.iter().filter(|r| r.method == "POST" && r.path.ends_with("/verify")) {
        let verify = |media_type: &str, body: Vec<u8>| {
            let answer = Raw::new("POST", route.path).body(media_type, body).sent_to(&site);
            check(route, &answer);
            answer
        };
        let (media_type, good) = form(&[("number", b"RC-2026-000001"), ("file", b"%PDF")]);
        for body in payloads::broken(&good, &mut dice) {
            verify(&media_type, body);
        }
        for text in payloads::texts() {
            verify(&media_type, form(&[("number", text.as_bytes())]).1);
            verify(&media_type, form(&[("sha256", text.as_bytes())]).1);
            verify(&media_type, form(&[(&text.replace(['\r', '\n', '\0'], ""), b"x")]).1);
            verify(&media_type, form(&[("file", text.as_bytes())]).1);
            verify(&format!("multipart/form-data; boundary={}", text.replace(['\r', '\n', '\0'], "")), good.clone());
        }
        verify("multipart/form-data; boundary=\"\"", good.clone());
        verify(&media_type, form(&vec![("number", b"RC-2026-000001".as_slice()); 2_000]).1);
        let answer = verify(&media_type, form(&[("file", &vec![b'x'; (12 << 20) + 1])]).1);
        assert_eq!(answer.status, 413, "{answer}");
        for _ in 0..40 {
            let (from, to) = (dice.below(pdf.len()), dice.below(pdf.len()));
            let mut bad = pdf.clone();
            bad.drain(from.min(to)..from.max(to));
            for _ in 0..8 {
                let at = dice.below(bad.len());
                if let Some(byte) = bad.get_mut(at) {
                    *byte = u8::try_from(dice.below(256)).expect("a byte");
                }
            }
            let answer = verify(&media_type, form(&[("file", &bad)]).1);
            assert_eq!(answer.status, 200, "a broken PDF is still an answer: {answer}");
            assert!(!answer.text().contains("\"outcome\":\"valid\""), "{answer}");
        }
    }
    assert_eq!(site.facts_count(), before);
}
