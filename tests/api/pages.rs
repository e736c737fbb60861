//! The pages over HTTP: what a form does that the API does not.

use lotgate::web::routes::{Effect, ROUTES, Who};
use serde_json::json;

use crate::answer::Answer;
use crate::calls::{call, encoded, filled};
use crate::payloads::MARKUP;
use crate::site::{Site, password};

const FORM: &str = "application/x-www-form-urlencoded";

fn cookie(site: &Site, username: &str) -> String {
    site.cookie(username)
}

fn looks(site: &Site, username: &str, path: &str) -> Answer {
    site.stranger().asks("GET", path, &[("Cookie", &cookie(site, username))], None)
}

fn fills(site: &Site, username: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let headers = [("Cookie", cookie(site, username)), ("Sec-Fetch-Site", "same-origin".to_owned())];
    let headers = headers.each_ref().map(|(n, v)| (*n, v.as_str()));
    site.stranger().asks("POST", path, &headers, Some((FORM, pairs.join("&").into_bytes())))
}

/// The value of the one hidden field of this name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).expect("the field");
    rest.split('"').next().expect("its value").to_owned()
}

#[test]
fn what_was_recorded_is_shown_as_text_and_not_as_markup() {
    let site = Site::start();
    let evil = site.has_person("x.y", MARKUP, &["analyst", "qa"]);
    evil.registers("L-1").created();
    let words = json!({"method": MARKUP, "instrument": MARKUP, "comment": MARKUP});
    let run = evil.records_with("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")], &words).created()["run"]
        .as_i64()
        .expect("a run");
    evil.corrects(run, &[("ENDOTOXIN", "0.2")], MARKUP).created();
    evil.releases("L-1").refused(403, "own_work");
    site.full_lot("L-2");
    evil.releases_with("L-2", &[], &json!({"meaning": MARKUP})).created();
    evil.rejects("L-1", MARKUP).created();
    let run = format!("/runs/{run}");
    let mut shown = 0;
    for path in [
        "/lots",
        "/lots/L-1",
        "/lots/L-2",
        &run,
        "/review",
        "/certificates",
        "/certificates/RC-2026-000001",
        "/ledger",
        "/people",
    ] {
        let page = looks(&site, if path == "/people" { "adam" } else { "olga" }, path).with_status(200).text();
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        shown += page.matches("alert(1)").count();
        assert!(!page.contains("onerror=alert(1)>\"") && !page.contains("<script>"), "no inline script at all: {path}");
    }
    assert!(shown >= 8, "what was typed is shown, as text: {shown}");
}

#[test]
fn signing_in_sets_a_cookie_that_no_script_reads_and_stays_on_this_site() {
    let site = Site::start();
    for (next, place) in [
        ("/lots?q=x", "/lots?q=x"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/x\r\nX-Injected: yes", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ] {
        let secret = password("amy");
        let fields = [("username", "amy"), ("password", secret.as_str()), ("next", next)];
        let body = fields.map(|(n, v)| format!("{n}={}", encoded(v))).join("&").into_bytes();
        let answer = site.stranger().asks("POST", "/sign-in", &[], Some((FORM, body)));
        assert_eq!((answer.with_status(303).header("location"), answer.header("x-injected")), (place, ""), "{next:?}");
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.starts_with("lotgate_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
    }
}

#[test]
fn a_form_sent_from_a_page_of_another_site_is_not_carried_out() {
    let mut walked = 0;
    // A provider sends browsers back by GET from its own site; the state guards that (`provider.rs`).
    let forms = ROUTES.iter().filter(|r| r.method == "POST" && r.effect == Effect::Writes);
    for route in forms.filter(|r| !r.path.starts_with("/api/")) {
        let site = crate::routes::site_for(route);
        let call = call(&site, route);
        let session = call.who.map(|who| cookie(&site, who)).unwrap_or_default();
        let before = site.facts_count();
        for header in [("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example"), ("Origin", "null")] {
            let body = call.body.clone().map(|(_, body)| (FORM, body));
            let headers = [("Cookie", session.as_str()), header];
            let answer = site.stranger().asks(route.method, &call.path, &headers, body);
            assert_eq!((answer.status, answer.header("set-cookie")), (403, ""), "{answer}");
            walked += 1;
        }
        assert_eq!(site.facts_count(), before, "{}", route.path);
    }
    assert!(walked >= 30, "{walked}");
}

#[test]
fn a_form_that_is_refused_comes_back_with_what_was_typed_and_without_the_password() {
    let site = Site::start();
    site.full_lot("L-1");
    let page = looks(&site, "queen", "/lots/L-1").with_status(200).text();
    let seen = hidden(&page, "dossier_sha256");
    let fields =
        [("password", "typed wrongly, s3cret"), ("reason", "The bag <leaks>"), ("dossier_sha256", seen.as_str())];
    let answer = fills(&site, "queen", "/lots/L-1/rejection", &fields);
    assert_eq!(answer.status, 403, "{answer}");
    assert!(answer.text().contains("The bag &#60;leaks&#62;") && !answer.text().contains("s3cret"), "{answer}");
    let registration = [("lot", "L 1"), ("donor", "D-77"), ("passage", "4,0"), ("product", "ADMSC-IV")];
    let answer = fills(&site, "amy", "/lots", &registration);
    assert_eq!(answer.status, 422, "{answer}");
    for typed in ["value=\"L 1\"", "value=\"D-77\"", "value=\"4,0\""] {
        assert!(answer.text().contains(typed), "{typed}: {answer}");
    }
    let answer = fills(
        &site,
        "adam",
        "/people",
        &[("username", "a b"), ("full_name", "Ann Bell"), ("roles", "qa"), ("password", "s3cret and long")],
    );
    assert!(
        answer.status == 422 && answer.text().contains("Ann Bell") && !answer.text().contains("s3cret"),
        "{answer}"
    );
}

#[test]
fn a_form_that_was_sent_twice_is_recorded_once() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let page = looks(&site, "amy", "/lots/L-1/runs/new?assay=endotoxin").with_status(200).text();
    let (key, tested) = (hidden(&page, "idempotency_key"), site.hours(-1));
    let fields = [
        ("idempotency_key", key.as_str()),
        ("assay", "endotoxin"),
        ("method", "SOP-QC-031 v2"),
        ("tested_at", tested.as_str()),
        ("value.ENDOTOXIN", "0.1"),
        ("unit.ENDOTOXIN", "EU/mL"),
    ];
    let before = site.facts_count();
    let first = fills(&site, "amy", "/lots/L-1/runs", &fields);
    let second = fills(&site, "amy", "/lots/L-1/runs", &fields);
    assert_eq!((first.status, second.status), (303, 303), "{first} {second}");
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(site.facts_count(), before + 1);
}

#[test]
fn the_release_button_is_there_only_for_who_may_and_only_when_nothing_blocks() {
    let site = Site::start();
    site.full_lot("READY");
    site.full_lot_with("HELD", &[("PURITY", "96.04")]);
    let may_sign = |who: &str, lot: &str| {
        looks(&site, who, &format!("/lots/{lot}"))
            .with_status(200)
            .text()
            .contains(&format!("action=\"/lots/{lot}/release\""))
    };
    let people = ["amy", "ben", "queen", "quinn", "olga", "adam"];
    assert_eq!(people.map(|who| may_sign(who, "READY")), [false, false, true, true, false, false]);
    assert_eq!(people.map(|who| may_sign(who, "HELD")), [false; 6]);
    let page = looks(&site, "queen", "/lots/HELD").text();
    assert!(page.contains("96.04") && page.contains("&#62; 96.0"), "the blocker shows its arithmetic");
}

#[test]
fn every_page_renders_for_everybody_who_may_see_it() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    crate::calls::sources(&site);
    crate::routes_of_decision::conditional(&site, "L-3");
    site.full_lot_with("L-2", &[("ENDOTOXIN", "0.9")]);
    let deviation = json!({"lot": "L-2", "kind": "hold", "description": "Freezer alarm", "impact": "Viability"});
    site.qa().post("/api/v1/deviations", &deviation).created();
    let (media_type, body) = crate::verification::form(&[("file", crate::calls::PDF)]);
    site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, body))).created();
    let pages = ROUTES.iter().filter(|r| r.method == "GET" && r.who == Who::SignedIn && !r.path.starts_with("/api/"));
    let mut walked = 0;
    for route in pages {
        for who in ["amy", "queen", "olga", "adam"] {
            let answer = looks(&site, who, &filled(route.path));
            assert!(matches!(answer.status, 200 | 303), "{answer}");
            walked += 1;
        }
    }
    assert!(walked > 40, "{walked}");
}
