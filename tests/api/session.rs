//! `/api/v1/session` and `/api/v1/me`: signing in, staying signed in, signing out.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::site::{Site, moment, password};

fn sign_in(site: &Site, username: &str, password: &str) -> Answer {
    site.stranger().post("/api/v1/session", &json!({"username": username, "password": password}))
}

fn me_with(site: &Site, authorization: &str) -> Answer {
    site.stranger().asks("GET", "/api/v1/me", &[("Authorization", authorization)], None)
}

#[test]
fn signing_in_gives_a_token_for_twelve_hours() {
    let site = Site::start();
    let answer = sign_in(&site, "ben", &password("ben"));
    let session = answer.created();
    assert_eq!(session["expires_at"], site.hours(12));
    assert_eq!(session["user"], json!({"username": "ben", "full_name": "Ben Łukasz 患者", "roles": ["analyst"]}));
    assert_eq!(answer.header("cache-control"), "no-store");
    let token = session["token"].as_str().expect("a token");
    assert_eq!(token.len(), 64, "256 bits");
    assert_eq!(me_with(&site, &format!("Bearer {token}")).ok(), session["user"]);
}

#[test]
fn a_session_ends_at_its_moment_and_not_before() {
    let site = Site::start();
    let session = sign_in(&site, "amy", &password("amy")).created();
    let bearer = format!("Bearer {}", session["token"].as_str().expect("a token"));
    site.is_at(moment("2026-06-01T19:59:59.999999Z"));
    me_with(&site, &bearer).ok();
    site.is_at(moment("2026-06-01T20:00:00Z"));
    me_with(&site, &bearer).refused(401, "not_signed_in").says("expired");
}

#[test]
fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let site = Site::start();
    let wrong = sign_in(&site, "amy", "not her password").refused(401, "wrong_credentials");
    for (username, password) in
        [("nobody.here", "not her password"), ("amy", ""), ("", ""), ("Łukasz", "x"), ("lotgate", "x")]
    {
        let other = sign_in(&site, username, password).refused(401, "wrong_credentials");
        assert_eq!(other.detail(), wrong.detail(), "{username:?}");
    }
    assert_eq!(wrong.body["fields"], json!([]));
}

#[test]
fn a_user_name_has_one_spelling_and_a_password_has_its_own() {
    let site = Site::start();
    assert_eq!(sign_in(&site, " AMY ", &password("amy")).created()["user"]["username"], "amy");
    sign_in(&site, "amy", &password("amy").to_uppercase()).refused(401, "wrong_credentials");
    sign_in(&site, "amy", &format!("{} ", password("amy"))).refused(401, "wrong_credentials");
}

#[test]
fn a_password_may_be_typed_on_a_keyboard_that_composes_differently() {
    let site = Site::start();
    let body = json!({"username": "zoe", "full_name": "Zoë Zöllner", "roles": ["qa"], "password": "mein L\u{00F6}ffel schl\u{00E4}ft nie"});
    site.admin().post("/api/v1/users", &body).created();
    sign_in(&site, "zoe", "mein Lo\u{0308}ffel schla\u{0308}ft nie").created();
    sign_in(&site, "zoe", "mein Loffel schlaft nie").refused(401, "wrong_credentials");
}

#[test]
fn signing_in_and_failing_to_on_an_account_that_exists_are_facts() {
    let site = Site::start();
    let before = site.facts_count();
    sign_in(&site, "amy", "a secret typed wrongly").refused(401, "wrong_credentials");
    sign_in(&site, "nobody.here", "a secret typed wrongly").refused(401, "wrong_credentials");
    sign_in(&site, "amy", &password("amy")).created();
    let new: Vec<Value> = site.facts().split_off(usize::try_from(before).expect("small"));
    assert_eq!(new.len(), 2, "an unknown name leaves no fact: {new:?}");
    assert_eq!(new[0]["fact"]["event"], json!({"kind": "sign_in_failed", "username": "amy"}));
    assert_eq!(new[0]["fact"]["by"]["user"], "lotgate", "nobody was signed in, so the software says it");
    assert_eq!(new[1]["fact"]["event"], json!({"kind": "signed_in"}));
    assert_eq!(new[1]["fact"]["by"], json!({"user": "amy", "name": "Amy Adams", "role": "analyst"}));
}

#[test]
fn signing_out_ends_this_session_and_no_other() {
    let site = Site::start();
    let first = sign_in(&site, "amy", &password("amy")).created()["token"].as_str().expect("a token").to_owned();
    let second = sign_in(&site, "amy", &password("amy")).created()["token"].as_str().expect("a token").to_owned();
    assert_ne!(first, second);
    let bearer = format!("Bearer {first}");
    let out = || site.stranger().asks("DELETE", "/api/v1/session", &[("Authorization", &bearer)], None);
    assert_eq!(out().with_status(204).bytes, b"");
    me_with(&site, &bearer).refused(401, "not_signed_in");
    out().refused(401, "not_signed_in");
    me_with(&site, &format!("Bearer {second}")).ok();
    assert_eq!(site.events("signed_out").len(), 1);
}

#[test]
fn whatever_is_no_token_is_nobody() {
    let site = Site::start();
    let token = site.token("amy");
    let other: String = token.chars().rev().collect();
    for authorization in [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Bearer {other}"),
        format!("Bearer {token}0"),
        format!("Bearer {}", &token[1..]),
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", "x".repeat(5000)),
        "Bearer ' OR 1=1 --".into(),
    ] {
        me_with(&site, &authorization).refused(401, "not_signed_in");
    }
    me_with(&site, &format!("Bearer {token}")).ok();
}

#[test]
fn a_refusal_for_want_of_a_session_says_how_to_ask() {
    let site = Site::start();
    let answer = site.stranger().get("/api/v1/me");
    answer.refused(401, "not_signed_in");
    assert_eq!(answer.header("www-authenticate"), "Bearer", "RFC 9110, 11.6.1");
}

#[test]
fn the_scheme_of_a_token_may_be_written_in_any_case() {
    let site = Site::start();
    let token = site.token("amy");
    me_with(&site, &format!("bearer {token}")).ok();
}

#[test]
fn a_cookie_carried_from_another_site_changes_nothing() {
    let site = Site::start();
    let cookie = site.cookie("amy");
    let body = site.stranger().registration("L-1", &json!({})).to_string().into_bytes();
    let host = site.url.strip_prefix("http://").expect("a host");
    let before = site.facts_count();
    let register = |header: (&str, &str)| {
        let headers = [("Cookie", cookie.as_str()), header];
        site.stranger().asks("POST", "/api/v1/lots", &headers, Some(("application/json", body.clone())))
    };
    for header in [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", &format!("http://evil.example/{host}")),
    ] {
        register(header).refused(403, "cross_site");
    }
    assert_eq!(site.facts_count(), before);
    register(("Origin", &site.url)).created();
    let read = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "cross-site")];
    site.stranger().asks("GET", "/api/v1/me", &read, None).ok();
}

#[test]
fn another_site_cannot_sign_a_visitor_in() {
    let site = Site::start();
    let body = json!({"username": "amy", "password": password("amy")});
    let evil = [("Origin", "https://evil.example")];
    site.stranger().post_with("/api/v1/session", &evil, &body).refused(403, "cross_site");
    assert!(site.events("signed_in").len() == crate::site::PEOPLE.len(), "only those of the set-up");
}
