//! Who could do what, when: the register from facts alone, and its signed review.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::Person;
use crate::site::Site;

fn register(person: &Person, at: &str) -> Value {
    person.get(&format!("/api/v1/access?at={}", at.replace('+', "%2B"))).ok()
}

fn account<'v>(register: &'v Value, username: &str) -> &'v Value {
    let all = register["register"]["accounts"].as_array().expect("accounts");
    all.iter().find(|a| a["username"] == username).unwrap_or(&Value::Null)
}

fn could(register: &Value, username: &str, deed: &str) -> bool {
    let deeds = account(register, username)["could"].as_array().cloned().unwrap_or_default();
    deeds.iter().any(|d| d == deed)
}

fn reviews(person: &Person, seen: &Value) -> Answer {
    let body = json!({"register_sha256": seen["register_sha256"], "findings": "Nothing to change.", "password": person.password()});
    person.post("/api/v1/access/review", &body)
}

#[test]
fn the_register_tells_who_could_release_on_a_given_day() {
    let site = Site::start();
    let then = site.hours(0);
    site.waits_hours(24);
    let body = json!({"roles": ["analyst"], "reason": "moved to the laboratory"});
    site.admin().post("/api/v1/users/queen/roles", &body).created();
    site.waits_hours(24);
    let later = site.hours(0);
    site.waits_hours(24);
    site.admin().post("/api/v1/users/quinn/deactivation", &json!({"reason": "left"})).created();
    let now = site.hours(0);
    let asks = site.auditor();
    let who = |at: &str| -> Vec<bool> {
        let register = register(&asks, at);
        ["queen", "quinn"].iter().map(|name| could(&register, name, "release a lot")).collect()
    };
    assert_eq!((who(&then), who(&later), who(&now)), (vec![true, true], vec![false, true], vec![false, false]));
    let register = register(&asks, &now);
    assert!(could(&register, "queen", "record results") && could(&register, "adam", "keep accounts"));
    assert!(!could(&register, "pablo", "certify a lot"), "the site's route does not lead there");
    assert_eq!(account(&register, "quinn")["unusable"], "The account has been deactivated.");
    assert_eq!(account(&register, "olga")["could"], json!([]));
    let ages_ago = site.hours(-1000);
    assert_eq!(self::register(&asks, &ages_ago)["register"]["accounts"], json!([]));
    asks.get(&format!("/api/v1/access?at={}", site.hours(1))).refused(422, "in_the_future");
    asks.get("/api/v1/access?at=yesterday").refused(422, "invalid_field");
    for other in [site.analyst(), site.qc(), site.qp()] {
        other.get("/api/v1/access").refused(403, "wrong_role");
    }
}

#[test]
fn somebody_whose_identity_nobody_checked_could_sign_nothing() {
    let site = Site::start();
    site.has_newcomer("nora", "Nora Novak", &["qa", "analyst"]);
    let register = site.qa().get("/api/v1/access").ok();
    assert!(could(&register, "nora", "record results") && !could(&register, "nora", "release a lot"));
    let why = account(&register, "nora")["cannot_sign"].to_string();
    assert!(why.contains("who the person is") && why.contains("policy on electronic signatures"), "{why}");
}

#[test]
fn a_review_signs_the_register_that_was_shown_and_keeps_it() {
    let site = Site::start();
    let seen = site.qa().get("/api/v1/access").ok();
    assert!(seen["last_review"].is_null());
    site.admin().post("/api/v1/users/ben/deactivation", &json!({"reason": "left"})).created();
    reviews(&site.qa(), &seen).refused(409, "changed_since_seen");
    reviews(&site.admin(), &seen).refused(403, "wrong_role");
    let seen = site.qa().get("/api/v1/access").ok();
    let before = site.whole().documents;
    assert_eq!(reviews(&site.qa(), &seen).created()["accounts"], 8);
    assert_eq!(site.whole().documents, before + 1, "the register is kept and re-hashed");
    let now = site.qa().get("/api/v1/access").ok();
    assert_eq!(now["last_review"]["by"], "queen");
    assert_eq!(now["last_review"]["register_sha256"], seen["register_sha256"]);
    assert_eq!(now["last_review"]["next_due"], site.hours(365 * 24));
    assert_eq!(site.events("access_reviewed")[0]["signature"]["signed_sha256"], seen["register_sha256"]);
}

#[test]
fn the_register_as_a_file_is_a_fact() {
    let site = Site::start();
    let cookie = site.cookie("olga");
    let answer = site.stranger().asks("GET", "/access.csv", &[("Cookie", &cookie)], None);
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8"));
    let text = answer.text();
    assert_eq!(text.lines().count(), 9, "a heading and eight people");
    assert!(text.lines().any(|l| l.contains("\"quinn\"") && l.contains("release a lot")), "{text}");
    let fact = site.events("report_made").pop().expect("a fact");
    assert_eq!(fact["sha256"], lotgate::ledger::canonical::sha256_hex(&answer.bytes));
    let page = site.stranger().asks("GET", "/access", &[("Cookie", &cookie)], None);
    assert!(page.status == 200 && page.text().contains("release a lot"), "{page}");
}
