//! Sessions, the lock on a page that nobody touches, and tokens of instruments.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::encoded;
use crate::site::{Site, password};

/// Signs in by the page; gives the cookie.
pub fn enters(site: &Site, who: &str) -> String {
    let body = format!("username={who}&password={}", encoded(&password(who))).into_bytes();
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let headers = [("Sec-Fetch-Site", "same-origin"), ("User-Agent", agent)];
    let form = Some(("application/x-www-form-urlencoded", body));
    let answer = site.stranger().asks("POST", "/sign-in", &headers, form);
    assert_eq!(answer.status, 303, "{answer}");
    answer.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

pub fn with_cookie(site: &Site, cookie: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let body = body.map(|b| ("application/json", b.to_string().into_bytes()));
    site.stranger().asks(method, path, &[("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")], body)
}

pub fn with_token(site: &Site, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let bearer = format!("Bearer {token}");
    let body = body.map(|b| ("application/json", b.to_string().into_bytes()));
    site.stranger().asks(method, path, &[("Authorization", &bearer)], body)
}

fn sessions(site: &Site, who: &str) -> Vec<Value> {
    site.person(who).get("/api/v1/me/sessions").ok()["sessions"].as_array().expect("sessions").clone()
}

#[test]
fn a_person_sees_where_they_are_signed_in_and_ends_one() {
    let site = Site::start();
    site.is_at(site.app.now().plus_minutes(1));
    let cookie = enters(&site, "amy");
    let seen = sessions(&site, "amy");
    assert_eq!(seen.len(), 2);
    assert_eq!((&seen[0]["current"], &seen[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!(seen[1]["label"], "Firefox on Linux");
    let id = seen[1]["id"].as_str().expect("a name");
    assert!(!cookie.contains(id), "its name is no secret");
    site.verifier().asks("DELETE", &format!("/api/v1/me/sessions/{id}"), &[], None).refused(404, "no_such_session");
    site.analyst().asks("DELETE", &format!("/api/v1/me/sessions/{id}"), &[], None).with_status(204);
    with_cookie(&site, &cookie, "GET", "/api/v1/me", None).refused(401, "not_signed_in");
    assert_eq!(site.events("session_ended")[0]["username"], "amy");
    site.analyst().get("/api/v1/me").ok();
}

#[test]
fn a_person_ends_all_other_sessions_at_once() {
    let site = Site::start();
    let cookies = [enters(&site, "amy"), enters(&site, "amy")];
    let bens = enters(&site, "ben");
    site.analyst().asks("DELETE", "/api/v1/me/sessions", &[], None).with_status(204);
    for cookie in &cookies {
        with_cookie(&site, cookie, "GET", "/api/v1/me", None).refused(401, "not_signed_in");
    }
    with_cookie(&site, &bens, "GET", "/api/v1/me", None).ok();
    assert_eq!(sessions(&site, "amy").len(), 1);
}

#[test]
fn an_administrator_ends_somebodys_session_with_a_reason() {
    let site = Site::start();
    site.is_at(site.app.now().plus_minutes(1));
    let cookie = enters(&site, "amy");
    let there = site.admin().get("/api/v1/users/amy/sessions").ok();
    let id = there["sessions"][1]["id"].as_str().expect("a name").to_owned();
    let path = format!("/api/v1/users/amy/sessions/{id}/end");
    site.qa().post(&path, &json!({"reason": "x"})).refused(403, "wrong_role");
    site.admin().post(&path, &json!({"reason": ""})).refused(422, "invalid_field");
    site.admin().post(&path, &json!({"reason": "Left a shared screen open"})).with_status(204);
    with_cookie(&site, &cookie, "GET", "/api/v1/me", None).refused(401, "not_signed_in");
}

#[test]
fn every_sign_in_makes_a_new_secret_whatever_cookie_was_brought() {
    let site = Site::start();
    let body = format!("username=amy&password={}", encoded(&password("amy"))).into_bytes();
    let fixed = format!("lotgate_session={}", "a".repeat(64));
    let headers = [("Sec-Fetch-Site", "same-origin"), ("Cookie", fixed.as_str())];
    let form = Some(("application/x-www-form-urlencoded", body));
    let answer = site.stranger().asks("POST", "/sign-in", &headers, form);
    assert_eq!(answer.status, 303);
    assert!(!answer.header("set-cookie").contains(&"a".repeat(64)));
    with_cookie(&site, &fixed, "GET", "/api/v1/me", None).refused(401, "not_signed_in");
}

#[test]
fn a_page_that_nobody_touches_locks_after_fifteen_minutes() {
    let site = Site::start();
    let cookie = enters(&site, "amy");
    site.is_at(site.app.now().plus_minutes(14));
    with_cookie(&site, &cookie, "GET", "/api/v1/me", None).ok();
    site.is_at(site.app.now().plus_minutes(14));
    with_cookie(&site, &cookie, "GET", "/api/v1/me", None).ok();
    site.is_at(site.app.now().plus_minutes(15));
    with_cookie(&site, &cookie, "GET", "/api/v1/me", None).refused(401, "not_signed_in").says("locked");
    assert_eq!(with_cookie(&site, &cookie, "GET", "/lots", None).header("location"), "/sign-in?next=/lots");
    let posted = with_cookie(&site, &cookie, "POST", "/lots", Some(&json!({})));
    assert!(posted.status == 401 && posted.text().contains("is kept in this browser"), "{posted}");
    let unlock = |password: &str| {
        with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&json!({"password": password})))
    };
    unlock("not hers").refused(403, "wrong_password");
    let unlocked = unlock(&password("amy"));
    let cookie = unlocked.with_status(204).header("set-cookie").split(';').next().expect("a new cookie");
    with_cookie(&site, cookie, "GET", "/api/v1/me", None).ok();
    assert!(with_cookie(&site, cookie, "GET", "/lots", None).text().contains("data-idle=\"15\""));
}

#[test]
fn a_locked_page_can_still_sign_out_and_a_program_never_locks() {
    let site = Site::start();
    let cookie = enters(&site, "amy");
    let token = site.token("amy");
    site.waits_hours(1);
    with_token(&site, &token, "GET", "/api/v1/me", None).ok();
    with_cookie(&site, &cookie, "DELETE", "/api/v1/session", None).with_status(204);
    with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&json!({"password": password("amy")})))
        .refused(401, "not_signed_in");
}

#[test]
fn five_wrong_unlocks_end_the_session() {
    let site = Site::start();
    let cookie = enters(&site, "amy");
    site.waits_hours(1);
    for _ in 0..5 {
        let wrong = json!({"password": "wrong"});
        with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&wrong)).refused(403, "wrong_password");
    }
    let right = json!({"password": password("amy")});
    with_cookie(&site, &cookie, "POST", "/api/v1/session/unlock", Some(&right)).refused(401, "not_signed_in");
}

/// A token of Amy's with these scopes.
pub fn token(site: &Site, scopes: &[&str]) -> Value {
    let body = json!({"name": "Cytometer CYT-1", "scopes": scopes, "expires_at": site.hours(24 * 30), "password": password("amy")});
    site.analyst().post("/api/v1/me/tokens", &body).created()
}

pub fn secret(token: &Value) -> &str {
    token["token"].as_str().expect("a token")
}

#[test]
fn a_token_is_shown_once_and_acts_in_the_persons_name() {
    let site = Site::start();
    let issued = token(&site, &["runs"]);
    assert!(secret(&issued).starts_with("lgt_") && secret(&issued).len() == 68);
    let listed = site.analyst().get("/api/v1/me/tokens");
    assert_eq!(listed.ok()["tokens"][0]["scopes"], json!(["runs"]));
    assert!(!listed.text().contains(secret(&issued)));
    assert!(!site.auditor().get("/api/v1/ledger?limit=200").text().contains(secret(&issued)));
    site.analyst().registers("L-1").created();
    let run = site.analyst().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({}));
    with_token(&site, secret(&issued), "POST", "/api/v1/lots/L-1/runs", Some(&run)).created();
    let recorded = site.facts().into_iter().rfind(|f| f["fact"]["event"]["kind"] == "run_recorded").expect("a run");
    assert_eq!(recorded["fact"]["by"]["user"], "amy");
    site.whole();
}

#[test]
fn a_token_reaches_what_its_scopes_name_and_nothing_else() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let (reads, runs) = (token(&site, &["read"]), token(&site, &["runs"]));
    with_token(&site, secret(&reads), "GET", "/api/v1/lots/L-1", None).ok();
    let run = site.analyst().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({}));
    with_token(&site, secret(&reads), "POST", "/api/v1/lots/L-1/runs", Some(&run)).refused(403, "out_of_scope");
    with_token(&site, secret(&runs), "GET", "/api/v1/lots/L-1", None).refused(403, "out_of_scope");
    let both = token(&site, &["runs", "read"]);
    for (method, path) in [
        ("POST", "/api/v1/lots"),
        ("POST", "/api/v1/runs/1/verification"),
        ("POST", "/api/v1/lots/L-1/release"),
        ("POST", "/api/v1/me/totp"),
        ("POST", "/api/v1/me/tokens"),
        ("GET", "/api/v1/me/sessions"),
        ("POST", "/api/v1/session/unlock"),
        ("DELETE", "/api/v1/session"),
        ("GET", "/lots"),
    ] {
        let answer = with_token(&site, secret(&both), method, path, Some(&json!({})));
        assert_eq!(answer.status, 403, "{answer}");
    }
}

#[test]
fn a_token_ends_when_it_is_revoked_or_its_time_is_over() {
    let site = Site::start();
    let (own, admins, old) = (token(&site, &["read"]), token(&site, &["read"]), token(&site, &["read"]));
    let id = |token: &Value| token["id"].as_str().expect("a name").to_owned();
    let nobody = |token: &Value| {
        with_token(&site, secret(token), "GET", "/api/v1/lots", None).refused(401, "not_signed_in");
    };
    let path = format!("/api/v1/me/tokens/{}", id(&own));
    site.verifier().asks("DELETE", &path, &[], None).refused(404, "no_such_token");
    site.analyst().asks("DELETE", &path, &[], None).with_status(204);
    site.analyst().asks("DELETE", &path, &[], None).refused(409, "already_done");
    nobody(&own);
    let path = format!("/api/v1/users/amy/tokens/{}/revocation", id(&admins));
    site.admin().post(&path, &json!({"reason": "The cytometer was sold"})).with_status(204);
    nobody(&admins);
    with_token(&site, secret(&old), "GET", "/api/v1/lots", None).ok();
    site.waits_hours(24 * 30);
    nobody(&old);
}

#[test]
fn a_token_needs_the_password_a_scope_and_an_end_within_a_year() {
    let site = Site::start();
    let asks = |instead: Value| {
        let usual = json!({"name": "X", "scopes": ["read"], "expires_at": site.hours(1), "password": password("amy")});
        site.analyst().post("/api/v1/me/tokens", &crate::person::with(usual, &instead))
    };
    asks(json!({"password": "wrong"})).refused(403, "wrong_password");
    asks(json!({"scopes": []})).refused(422, "invalid_field").about(&["scopes"]);
    asks(json!({"scopes": ["release"]})).refused(422, "invalid_field").about(&["scopes"]);
    asks(json!({"expires_at": site.hours(0)})).refused(422, "invalid_field").about(&["expires_at"]);
    asks(json!({"expires_at": site.hours(24 * 367)})).refused(422, "invalid_field").about(&["expires_at"]);
    asks(json!({"name": " "})).refused(422, "invalid_field").about(&["name"]);
    asks(json!({"expires_at": site.hours(24 * 365)})).created();
}

#[test]
fn another_persons_sessions_tokens_and_factors_are_not_there() {
    let site = Site::start();
    let session = sessions(&site, "amy")[0]["id"].as_str().expect("a name").to_owned();
    let issued = token(&site, &["read"])["id"].as_str().expect("a name").to_owned();
    let (factor, _) = crate::calls::factor_of_amy(&site);
    let before = site.facts_count();
    for who in ["ben", "queen", "olga", "adam"] {
        let person = site.person(who);
        let proof = json!({"password": password(who)});
        person.asks("DELETE", &format!("/api/v1/me/sessions/{session}"), &[], None).refused(404, "no_such_session");
        person.asks("DELETE", &format!("/api/v1/me/tokens/{issued}"), &[], None).refused(404, "no_such_token");
        person.post(&format!("/api/v1/me/factors/{factor}/removal"), &proof).refused(404, "no_such_factor");
    }
    assert_eq!(site.facts_count(), before);
    assert_eq!(site.analyst().get("/api/v1/me/tokens").ok()["tokens"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_signed_request_sent_again_signs_nothing_more() {
    let site = Site::start();
    site.full_lot("L-1");
    let first = site.qa().releases("L-1").created();
    let before = site.facts_count();
    site.qa().releases("L-1").refused(409, "lot_closed");
    assert_eq!(site.facts_count(), before + 1, "the refused attempt");
    let issued = site.auditor().get("/api/v1/certificates").ok();
    assert_eq!(issued["certificates"].as_array().map(Vec::len), Some(1));
    assert_eq!(issued["certificates"][0]["certificate"], first["certificate"]);
}
