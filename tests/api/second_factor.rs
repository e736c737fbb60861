//! One-time codes and recovery codes: setting up, signing in, signing, taking away.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authenticator::{code, sets_up_codes};
use crate::calls::encoded;
use crate::site::{Site, password};

fn signs_in(site: &Site, who: &str, code: &Value) -> Answer {
    let mut body = json!({"username": who, "password": password(who)});
    if !code.is_null() {
        body["code"] = code.clone();
    }
    site.stranger().post("/api/v1/session", &body)
}

#[test]
fn one_time_codes_are_set_up_with_the_password_and_a_code() {
    let site = Site::start();
    site.analyst().post("/api/v1/me/totp", &json!({"password": "not hers"})).refused(403, "wrong_password");
    let begun = site.analyst().post("/api/v1/me/totp", &json!({"password": password("amy")})).created();
    let secret = begun["secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 32, "160 bits in base32 (RFC 4226, 4)");
    let url = begun["otpauth_url"].as_str().expect("an address");
    assert!(url.starts_with("otpauth://totp/Test%20Laboratory:amy?secret="), "{url}");
    site.analyst().post("/api/v1/me/totp/confirmation", &json!({"code": "000000"})).refused(403, "wrong_code");
    assert_eq!(site.analyst().get("/api/v1/me/factors").ok()["factors"], json!([]), "not before it is confirmed");
    let confirmed = json!({"code": code(&site, secret, 0), "name": "Telephone"});
    let made = site.analyst().post("/api/v1/me/totp/confirmation", &confirmed).created();
    assert_eq!(made["recovery_codes"].as_array().expect("codes").len(), 10);
    let factors = site.analyst().get("/api/v1/me/factors").ok();
    assert_eq!((&factors["factors"][0]["kind"], &factors["factors"][0]["name"]), (&json!("totp"), &json!("Telephone")));
    assert_eq!(factors["recovery_codes_left"], 10);
    site.analyst().post("/api/v1/me/totp", &json!({"password": password("amy")})).refused(409, "already_done");
    let ledger = site.auditor().get("/api/v1/ledger?limit=200").text();
    assert!(!ledger.contains(secret) && ledger.contains("second_factor_added"), "no secret is in a fact");
    site.whole();
}

#[test]
fn setting_up_ends_after_five_minutes() {
    let site = Site::start();
    let begun = site.analyst().post("/api/v1/me/totp", &json!({"password": password("amy")})).created();
    site.is_at(site.app.now().plus_minutes(5));
    let late = json!({"code": code(&site, begun["secret"].as_str().expect("a secret"), 0)});
    site.analyst().post("/api/v1/me/totp/confirmation", &late).refused(404, "no_such_factor");
}

#[test]
fn a_sign_in_needs_the_code_and_each_code_works_once() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    signs_in(&site, "amy", &Value::Null).refused(403, "second_factor_required");
    signs_in(&site, "amy", &json!("123456")).refused(403, "wrong_code");
    signs_in(&site, "amy", &json!(code(&site, &codes.secret, -1))).refused(403, "wrong_code").says("used before");
    let now = code(&site, &codes.secret, 0);
    signs_in(&site, "amy", &json!(format!(" {} {} ", &now[..3], &now[3..]))).created();
    signs_in(&site, "amy", &json!(now)).refused(403, "wrong_code").says("used before");
    signs_in(&site, "amy", &json!(code(&site, &codes.secret, 1))).created();
    signs_in(&site, "amy", &json!(code(&site, &codes.secret, 2))).refused(403, "wrong_code");
    let wrong = json!({"username": "amy", "password": "x", "code": code(&site, &codes.secret, 1)});
    site.stranger().post("/api/v1/session", &wrong).refused(401, "wrong_credentials");
}

#[test]
fn of_two_sign_ins_at_once_with_one_code_one_succeeds() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    let now = json!(code(&site, &codes.secret, 0));
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| signs_in(&site, "amy", &now).status)).collect();
        tries.into_iter().map(|t| t.join().expect("no panic")).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
}

#[test]
fn a_recovery_code_stands_in_once_and_is_counted() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    let first = &codes.recovery[0];
    signs_in(&site, "amy", &json!(first.to_lowercase().replace('-', " "))).created();
    signs_in(&site, "amy", &json!(first)).refused(403, "wrong_code").says("used before");
    assert_eq!(site.events("recovery_code_used"), [json!({"kind": "recovery_code_used", "left": 9})]);
    assert_eq!(site.analyst().get("/api/v1/me/factors").ok()["recovery_codes_left"], 9);
    let proof = json!({"password": password("amy"), "code": code(&site, &codes.secret, 0)});
    let new = site.analyst().post("/api/v1/me/recovery-codes", &proof).created();
    signs_in(&site, "amy", &json!(codes.recovery[1])).refused(403, "wrong_code");
    signs_in(&site, "amy", &new["recovery_codes"][1]).created();
}

#[test]
fn a_signature_needs_the_code_too_and_each_code_signs_once() {
    let site = Site::start();
    site.full_lot("L-1");
    site.full_lot("L-2");
    let codes = sets_up_codes(&site, "queen");
    let before = site.facts_count();
    site.qa().releases("L-1").refused(403, "second_factor_required").about(&["code"]);
    site.qa().releases_with("L-1", &[], &json!({"code": "123456"})).refused(403, "wrong_code");
    assert_eq!(site.facts_count(), before + 2, "each failed signing is a fact");
    let now = code(&site, &codes.secret, 0);
    site.qa().releases_with("L-1", &[], &json!({"code": now})).created();
    site.qa().releases_with("L-2", &[], &json!({"code": now})).refused(403, "wrong_code");
    site.qa().releases_with("L-2", &[], &json!({"code": codes.recovery[3]})).created();
}

#[test]
fn a_repeated_signature_with_the_next_code_is_the_same_request() {
    let site = Site::start();
    site.full_lot("L-1");
    let codes = sets_up_codes(&site, "queen");
    let key = [("Idempotency-Key", "once")];
    let releases = |steps| site.qa().releases_with("L-1", &key, &json!({"code": code(&site, &codes.secret, steps)}));
    let first = releases(0).created();
    assert_eq!(releases(1).created(), first);
}

#[test]
fn a_factor_is_taken_away_with_password_and_code_or_by_an_administrator_with_a_reason() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    let id = site.analyst().get("/api/v1/me/factors").ok()["factors"][0]["id"].as_str().expect("a name").to_owned();
    let own = format!("/api/v1/me/factors/{id}/removal");
    let with_password = json!({"password": password("amy")});
    site.analyst().post(&own, &with_password).refused(403, "second_factor_required");
    let proof = json!({"password": password("amy"), "code": code(&site, &codes.secret, 0)});
    site.analyst().post(&own, &proof).with_status(204);
    signs_in(&site, "amy", &Value::Null).created();

    sets_up_codes(&site, "ben");
    let id = site.verifier().get("/api/v1/me/factors").ok()["factors"][0]["id"].as_str().expect("a name").to_owned();
    let removal = format!("/api/v1/users/ben/factors/{id}/removal");
    site.admin().post(&removal, &json!({"reason": " "})).refused(422, "invalid_field");
    site.admin().post(&removal, &json!({"reason": "Telephone lost; Ben came in person"})).with_status(204);
    site.admin().post(&removal, &json!({"reason": "Again"})).refused(404, "no_such_factor");
    signs_in(&site, "ben", &Value::Null).created();
    assert_eq!(site.verifier().get("/api/v1/me/factors").ok()["recovery_codes_left"], 0);
    site.whole();
}

#[test]
fn an_administrator_proves_who_he_is_to_take_his_own_factor_away() {
    let site = Site::start();
    sets_up_codes(&site, "adam");
    let id = site.admin().get("/api/v1/me/factors").ok()["factors"][0]["id"].as_str().expect("a name").to_owned();
    let removal = format!("/api/v1/users/adam/factors/{id}/removal");
    site.admin().post(&removal, &json!({"reason": "x"})).refused(403, "own_work");
}

fn form(site: &Site, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let body = ("application/x-www-form-urlencoded", body.join("&").into_bytes());
    site.stranger().asks("POST", path, &[("Sec-Fetch-Site", "same-origin")], Some(body))
}

/// The ticket of a page that asks for the code.
pub fn ticket(page: &Answer) -> String {
    let text = page.with_status(200).text();
    let (_, rest) = text.split_once("name=\"ticket\" value=\"").expect("a page that asks for a code");
    rest.split('"').next().expect("a value").to_owned()
}

#[test]
fn the_page_asks_for_the_code_without_the_password_again() {
    let site = Site::start();
    let codes = sets_up_codes(&site, "amy");
    let first =
        || form(&site, "/sign-in", &[("username", "amy"), ("password", &password("amy")), ("next", "/lots/L-1")]);
    let asked = first();
    assert!(!asked.text().contains(&password("amy")) && asked.header("set-cookie").is_empty());
    let given = ticket(&asked);
    let second = |ticket: &str, code: &str| {
        form(&site, "/sign-in/code", &[("ticket", ticket), ("code", code), ("next", "/lots/L-1")])
    };
    assert!(second(&given, "000000").with_status(403).text().contains("not right"));
    let now = code(&site, &codes.secret, 0);
    let entered = second(&given, &now);
    assert_eq!((entered.status, entered.header("location")), (303, "/lots/L-1"));
    assert!(entered.header("set-cookie").contains("HttpOnly"));
    assert_eq!(second(&given, &code(&site, &codes.secret, 1)).status, 401, "a ticket works once");
    let late = ticket(&first());
    site.is_at(site.app.now().plus_minutes(5));
    assert_eq!(second(&late, &code(&site, &codes.secret, 0)).status, 401, "for five minutes");
    assert_eq!(second("made-up", &code(&site, &codes.secret, 0)).status, 401);
}
