//! `/api/v1/users`: accounts, kept by an admin.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::with;
use crate::site::{FIRST_PASSWORD, Site};

fn make(site: &Site, instead: &Value) -> Answer {
    let usual = json!({"username": "dora", "full_name": "Dora Dean", "roles": ["analyst"], "password": FIRST_PASSWORD});
    site.admin().post("/api/v1/users", &with(usual, instead))
}

#[test]
fn an_admin_makes_an_account_that_can_sign_in() {
    let site = Site::start();
    let made = make(&site, &json!({"username": "Dora", "roles": ["qa", "analyst", "qa"]})).created();
    assert_eq!(made, json!({"username": "dora", "full_name": "Dora Dean", "roles": ["analyst", "qa"]}));
    let body = json!({"username": "dora", "password": FIRST_PASSWORD});
    assert_eq!(site.stranger().post("/api/v1/session", &body).created()["user"], made);
    let fact = site.events("user_created").pop().expect("a fact");
    assert_eq!(
        fact,
        json!({"kind": "user_created", "username": "dora", "full_name": "Dora Dean", "roles": ["analyst", "qa"]})
    );
}

#[test]
fn the_list_of_accounts_shows_names_and_roles_and_nothing_secret() {
    let site = Site::start();
    let answer = site.admin().get("/api/v1/users");
    let users = answer.ok()["users"].as_array().expect("users").clone();
    let names: Vec<&str> = users.iter().filter_map(|u| u["username"].as_str()).collect();
    assert_eq!(names, ["adam", "amy", "ben", "cora", "olga", "pablo", "queen", "quinn"]);
    let states: Vec<&str> = users.iter().filter_map(|u| u["state"].as_str()).collect();
    assert_eq!(states[..2], ["identity unchecked", "active"], "nobody checked who Adam is");
    assert!(users.iter().all(|u| u.as_object().expect("an object").len() == 4), "{users:?}");
    assert!(!answer.text().contains("argon2") && !answer.text().contains("password"));
}

#[test]
fn a_user_name_is_given_once_whatever_its_case() {
    let site = Site::start();
    let before = site.facts_count();
    for username in ["amy", "AMY", " Amy "] {
        make(&site, &json!({"username": username}))
            .refused(409, "user_exists")
            .says("never given twice")
            .about(&["username"]);
    }
    make(&site, &json!({"username": "lotgate"})).refused(409, "user_exists");
    assert_eq!(site.facts_count(), before);
}

#[test]
fn separation_of_duties_begins_with_the_account() {
    let site = Site::start();
    for roles in [
        json!(["admin", "qa"]),
        json!(["admin", "analyst"]),
        json!(["auditor", "analyst"]),
        json!(["admin", "auditor"]),
        json!(["system"]),
        json!(["boss"]),
        json!(["Analyst"]),
        json!([]),
    ] {
        make(&site, &json!({"roles": roles})).refused(422, "invalid_field").about(&["roles"]);
    }
    make(&site, &json!({"roles": ["analyst", "qa"]})).created();
}

#[test]
fn a_name_that_the_certificate_cannot_print_is_refused_for_who_signs_certificates() {
    let site = Site::start();
    for roles in [json!(["analyst"]), json!(["qa"]), json!(["qc"]), json!(["qp"])] {
        make(&site, &json!({"full_name": "محمد", "roles": roles}))
            .refused(422, "undrawable_text")
            .about(&["full_name"]);
    }
    make(&site, &json!({"full_name": "محمد", "roles": ["auditor"]})).created();
    make(&site, &json!({"username": "l.wu", "full_name": "Łukasz Ω Жук 吴芳"})).created();
}

#[test]
fn every_mistake_in_an_account_is_named_at_once() {
    let site = Site::start();
    let wrong = json!({"username": "d o r a", "full_name": "  ", "roles": ["boss"]});
    make(&site, &wrong).refused(422, "invalid_field").about(&["username", "full_name", "roles"]);
    for full_name in ["", "a\u{202E}b", "a\u{0}b", "a\nb", &"x".repeat(201)] {
        make(&site, &json!({"full_name": full_name})).refused(422, "invalid_field").about(&["full_name"]);
    }
    for username in ["", "-dora", "do/ra", "дора", "dora@example.org", &"d".repeat(41)] {
        make(&site, &json!({"username": username})).refused(422, "invalid_field").about(&["username"]);
    }
}

#[test]
fn a_password_is_long_and_cannot_be_guessed() {
    let site = Site::start();
    let before = site.facts_count();
    for short in ["", "Tr0ub4dor&3", "紫の山羊が窓を静かに磨く朝"] {
        make(&site, &json!({"password": short}))
            .refused(422, "weak_password")
            .says("at least 15 characters")
            .about(&["password"]);
    }
    for guessed in ["passwordpassword", "dora dean dora dean", "Test Laboratory dora", "1234567890123456"] {
        make(&site, &json!({"password": guessed})).refused(422, "weak_password").says("guessed").about(&["password"]);
    }
    make(&site, &json!({"password": "x".repeat(1025)})).refused(422, "invalid_field").about(&["password"]);
    assert_eq!(site.facts_count(), before);
    make(&site, &json!({"password": "紫の山羊が午後の窓を静かに磨いて歌う"})).created();
}

#[test]
fn no_password_and_no_hash_is_ever_a_fact() {
    let site = Site::start();
    make(&site, &json!({})).created();
    site.full_lot("L-1");
    site.qa()
        .releases_with("L-1", &[], &json!({"password": "a password typed wrongly"}))
        .refused(403, "wrong_password");
    site.qa().releases("L-1").created();
    let everything = Value::Array(site.facts()).to_string();
    for secret in ["the password of", FIRST_PASSWORD, "typed wrongly", "argon2", &site.token("queen")] {
        assert!(!everything.contains(secret), "{secret} is in the ledger");
    }
    assert!(everything.contains("Dora Dean"));
}
