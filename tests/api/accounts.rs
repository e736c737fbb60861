//! What becomes of an account: checked, limited, shut, given another password.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::Person;
use crate::site::{FIRST_PASSWORD, Site, password};

fn does(admin: &Person, username: &str, what: &str, body: &Value) -> Answer {
    admin.post(&format!("/api/v1/users/{username}/{what}"), body)
}

fn sign_in(site: &Site, username: &str, password: &str) -> Answer {
    site.stranger().post("/api/v1/session", &json!({"username": username, "password": password}))
}

fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", answer.created()["token"].as_str().expect("a token"))
}

fn with_token(site: &Site, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let body = (method == "POST").then(|| ("application/json", body.to_string().into_bytes()));
    site.stranger().asks(method, path, &[("Authorization", token)], body)
}

fn page(site: &Site, username: &str, path: &str) -> Answer {
    let cookie = format!("lotgate_session={}", site.token(username));
    site.stranger().asks("GET", path, &[("Cookie", &cookie), ("Sec-Fetch-Site", "same-origin")], None)
}

#[test]
fn a_deactivated_account_is_shut_at_once_everywhere() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().get("/api/v1/me").ok();
    assert_eq!(page(&site, "queen", "/lots").status, 200);
    let shut = does(&site.admin(), "queen", "deactivation", &json!({"reason": "left the company"})).created();
    assert_eq!((shut["state"].as_str(), shut["usable"].as_bool()), (Some("deactivated"), Some(false)));
    assert_eq!(shut["deactivated"]["by"], "adam");
    site.qa().get("/api/v1/me").refused(401, "not_signed_in");
    site.qa().releases("L-1").refused(401, "not_signed_in");
    let turned_away = page(&site, "queen", "/lots");
    assert_eq!((turned_away.status, turned_away.header("location")), (303, "/sign-in?next=/lots"));
    let before = site.facts_count();
    sign_in(&site, "queen", &password("queen")).refused(403, "account_deactivated");
    sign_in(&site, "queen", "not her password at all").refused(401, "wrong_credentials");
    assert!(site.facts_count() >= before);
    does(&site.admin(), "queen", "deactivation", &json!({"reason": "again"})).refused(409, "already_done");
    assert_eq!(site.events("user_deactivated").len(), 1);
}

#[test]
fn a_deactivated_user_name_is_never_given_again_but_its_person_may_come_back() {
    let site = Site::start();
    site.has_person("jsmith", "John Smith", &["analyst"]);
    does(&site.admin(), "jsmith", "deactivation", &json!({"reason": "left"})).created();
    let another = json!({"username": "jsmith", "full_name": "Jane Smith", "roles": ["qa"], "password": FIRST_PASSWORD});
    site.admin().post("/api/v1/users", &another).refused(409, "user_exists").says("never given twice");
    does(&site.admin(), "jsmith", "reactivation", &json!({"reason": "came back"})).created();
    sign_in(&site, "jsmith", &password("jsmith")).created();
    does(&site.admin(), "jsmith", "reactivation", &json!({"reason": "again"})).refused(409, "already_done");
}

#[test]
fn the_last_administrator_stays_and_changes_neither_the_own_roles_nor_the_own_identity() {
    let site = Site::start();
    let before = site.facts_count();
    let admin = site.admin();
    does(&admin, "adam", "deactivation", &json!({"reason": "tired"})).refused(409, "last_administrator");
    does(&admin, "adam", "roles", &json!({"roles": ["qa"], "reason": "x"})).refused(403, "own_account");
    does(&admin, "adam", "identity", &json!({"how": "my passport"})).refused(403, "own_account");
    does(&admin, "adam", "limit", &json!({"valid_until": site.hours(5), "reason": "x"})).refused(403, "own_account");
    does(&admin, "adam", "password", &json!({"password": FIRST_PASSWORD, "reason": "x"})).refused(403, "own_account");
    assert_eq!(site.facts_count(), before);
    // A second administrator whose time is limited is no replacement; one without a limit is.
    let eve = site.has_person("eve", "Eve Ek", &["admin"]);
    does(&admin, "eve", "limit", &json!({"valid_until": site.hours(5), "reason": "a visit"})).created();
    does(&eve, "adam", "deactivation", &json!({"reason": "x"})).refused(409, "last_administrator");
    does(&admin, "eve", "limit", &json!({"valid_until": null, "reason": "stays"})).created();
    does(&eve, "adam", "identity", &json!({"how": "passport"})).created();
    does(&eve, "adam", "deactivation", &json!({"reason": "retired"})).created();
    does(&eve, "eve", "deactivation", &json!({"reason": "x"})).refused(409, "last_administrator");
}

#[test]
fn roles_change_at_once_and_never_mix_what_may_not_be_mixed() {
    let site = Site::start();
    site.qa().get("/api/v1/me").ok();
    for roles in [json!(["qa", "admin"]), json!(["auditor", "qa"]), json!([]), json!(["boss"])] {
        does(&site.admin(), "queen", "roles", &json!({"roles": roles, "reason": "x"}))
            .refused(422, "invalid_field")
            .about(&["roles"]);
    }
    does(&site.admin(), "queen", "roles", &json!({"roles": ["qa"], "reason": "x"})).refused(409, "already_done");
    does(&site.admin(), "queen", "roles", &json!({"roles": ["analyst"], "reason": " "})).refused(422, "invalid_field");
    does(&site.admin(), "queen", "roles", &json!({"roles": ["analyst"], "reason": "moved"})).created();
    site.full_lot("L-1");
    site.qa().releases("L-1").refused(403, "wrong_role");
    assert_eq!(site.qa().get("/api/v1/me").ok()["roles"], json!(["analyst"]));
}

#[test]
fn nobody_but_an_administrator_keeps_accounts() {
    let site = Site::start();
    let before = site.facts_count();
    for person in [site.analyst(), site.qa(), site.qc(), site.qp(), site.auditor()] {
        person.get("/api/v1/users/ben").refused(403, "wrong_role");
        does(&person, "ben", "deactivation", &json!({"reason": "x"})).refused(403, "wrong_role");
        does(&person, "ben", "identity", &json!({"how": "x"})).refused(403, "wrong_role");
    }
    assert_eq!(site.facts_count(), before);
    site.admin().get("/api/v1/users/nobody").refused(404, "no_such_user");
    does(&site.admin(), "nobody", "identity", &json!({"how": "x"})).refused(404, "no_such_user");
}

#[test]
fn a_password_given_by_an_administrator_opens_nothing_but_its_own_change() {
    let site = Site::start();
    site.full_lot("L-1");
    let old = site.token("queen");
    let given = "copper lantern on the quay";
    does(&site.admin(), "queen", "password", &json!({"password": given, "reason": "forgotten"})).created();
    with_token(&site, &format!("Bearer {old}"), "GET", "/api/v1/me", &json!({})).refused(401, "not_signed_in");
    let token = bearer(&sign_in(&site, "queen", given));
    // What the administrator knows cannot sign (21 CFR 11.200(a)(3)).
    let release = json!({"password": given, "meaning": "x"});
    with_token(&site, &token, "POST", "/api/v1/lots/L-1/release", &release).refused(403, "password_change_required");
    with_token(&site, &token, "GET", "/api/v1/lots", &json!({})).refused(403, "password_change_required");
    with_token(&site, &token, "GET", "/api/v1/me", &json!({})).ok();
    assert!(site.admin().get("/api/v1/users/queen").ok()["password_change_required"].as_bool().expect("said"));
    let secret = token.trim_start_matches("Bearer ");
    let cookie = format!("lotgate_session={secret}");
    let lots = site.stranger().asks("GET", "/lots", &[("Cookie", &cookie)], None);
    assert_eq!((lots.status, lots.header("location")), (303, "/account"));
    assert_eq!(site.stranger().asks("GET", "/account", &[("Cookie", &cookie)], None).status, 200);
    let change = |old: &str, new: &str| json!({"password": old, "new_password": new});
    let path = "/api/v1/me/password";
    with_token(&site, &token, "POST", path, &change("wrong", "saffron kettle near a window"))
        .refused(403, "wrong_password");
    with_token(&site, &token, "POST", path, &change(given, given)).refused(422, "weak_password").says("old one");
    with_token(&site, &token, "POST", path, &change(given, "queen qiu queen qiu")).refused(422, "weak_password");
    with_token(&site, &token, "POST", path, &change(given, &password("queen"))).with_status(204);
    with_token(&site, &token, "GET", "/api/v1/lots", &json!({})).ok();
    sign_in(&site, "queen", given).refused(401, "wrong_credentials");
    let release = json!({"password": password("queen"), "meaning": "I certify"});
    with_token(&site, &token, "POST", "/api/v1/lots/L-1/release", &release).created();
    assert_eq!(site.events("password_reset").len(), 1);
    assert!(!Value::Array(site.facts()).to_string().contains(given));
}

#[test]
fn a_new_password_ends_every_other_session_of_the_person() {
    let site = Site::start();
    let here = bearer(&sign_in(&site, "ben", &password("ben")));
    let elsewhere = bearer(&sign_in(&site, "ben", &password("ben")));
    let body = json!({"password": password("ben"), "new_password": "walnut harbour under a thistle"});
    with_token(&site, &here, "POST", "/api/v1/me/password", &body).with_status(204);
    with_token(&site, &here, "GET", "/api/v1/me", &json!({})).ok();
    with_token(&site, &elsewhere, "GET", "/api/v1/me", &json!({})).refused(401, "not_signed_in");
}

#[test]
fn an_inspectors_account_ends_by_itself() {
    let site = Site::start();
    let body = json!({"username": "inspector", "full_name": "Ines Pector", "roles": ["auditor"],
        "password": FIRST_PASSWORD, "valid_until": site.hours(3)});
    site.admin().post("/api/v1/users", &body).created();
    let kinds = |facts: &[Value]| -> Vec<String> {
        facts.iter().map(|f| f["fact"]["event"]["kind"].as_str().expect("a kind").to_owned()).collect()
    };
    assert_eq!(kinds(&site.facts()[site.facts().len() - 2..]), ["user_created", "account_limited"]);
    let token = bearer(&sign_in(&site, "inspector", FIRST_PASSWORD));
    with_token(&site, &token, "GET", "/api/v1/me", &json!({})).ok();
    site.waits_hours(3);
    with_token(&site, &token, "GET", "/api/v1/me", &json!({})).refused(401, "not_signed_in");
    sign_in(&site, "inspector", FIRST_PASSWORD).refused(403, "account_deactivated").says("over");
    assert_eq!(site.admin().get("/api/v1/users/inspector").ok()["state"], "ended");
    let past = json!({"username": "late", "full_name": "Late", "roles": ["auditor"], "password": FIRST_PASSWORD,
        "valid_until": site.hours(-1)});
    site.admin().post("/api/v1/users", &past).refused(422, "invalid_field").about(&["valid_until"]);
}

#[test]
fn nobody_signs_before_somebody_recorded_who_they_are_and_they_acknowledged_the_policy() {
    let site = Site::start();
    site.full_lot("L-1");
    site.has_newcomer("nora", "Nora Novak", &["qa"]);
    let token = bearer(&sign_in(&site, "nora", FIRST_PASSWORD));
    let own = json!({"password": FIRST_PASSWORD, "new_password": password("nora")});
    with_token(&site, &token, "POST", "/api/v1/me/password", &own).with_status(204);
    let nora = site.person("nora");
    nora.releases("L-1").refused(403, "identity_unchecked").says("administrator");
    does(&site.admin(), "nora", "identity", &json!({"how": "passport, file 12"})).created();
    nora.releases("L-1").refused(403, "policy_not_acknowledged").says("version 1");
    let policy = nora.get("/api/v1/signature-policy").ok();
    assert_eq!((policy["version"].as_u64(), policy["acknowledged"].is_null()), (Some(1), true));
    let other = json!({"version": 1, "text_sha256": "0".repeat(64)});
    nora.post("/api/v1/signature-policy/acknowledgement", &other).refused(409, "changed_since_seen");
    nora.acknowledges().created();
    nora.acknowledges().refused(409, "already_done");
    nora.releases("L-1").created();
    let refused = site.events("attempt_refused");
    let codes: Vec<&str> = refused.iter().filter_map(|e| e["code"].as_str()).collect();
    assert_eq!(codes, ["identity_unchecked", "policy_not_acknowledged"]);
}

#[test]
fn a_new_policy_is_acknowledged_by_everybody_before_the_next_signature() {
    let site = Site::start();
    site.full_lot("L-1");
    let issue = |person: Person, text: &str| {
        person.post("/api/v1/signature-policy", &json!({"text": text, "password": person.password()}))
    };
    issue(site.analyst(), "We sign honestly.").refused(403, "wrong_role");
    issue(site.qa(), "  ").refused(422, "invalid_field").about(&["text"]);
    let shipped = site.qa().get("/api/v1/signature-policy").ok()["text"].as_str().expect("a text").to_owned();
    issue(site.qa(), &shipped).refused(409, "already_done");
    assert_eq!(issue(site.qa(), "We sign honestly.").created()["version"], 2);
    site.other_qa().releases("L-1").refused(403, "policy_not_acknowledged").says("version 2");
    site.qa().releases("L-1").refused(403, "policy_not_acknowledged");
    site.other_qa().acknowledges().created();
    site.other_qa().releases("L-1").created();
    assert_eq!(site.events("signature_policy_issued")[0]["signature"]["username"], "queen");
}

#[test]
fn a_qualified_person_is_named_with_the_number_in_the_register() {
    let site = Site::start();
    let named = json!({"register_number": "QP-0042", "valid_from": site.hours(-1), "valid_until": site.hours(9)});
    does(&site.admin(), "queen", "qualification", &named).refused(422, "invalid_field").says("qp");
    let account = does(&site.admin(), "pablo", "qualification", &named).created();
    assert_eq!(account["qualification"]["register_number"], "QP-0042");
    let backwards = json!({"register_number": "QP-0042", "valid_from": site.hours(9), "valid_until": site.hours(1)});
    does(&site.admin(), "pablo", "qualification", &backwards).refused(422, "invalid_field").about(&["valid_until"]);
    let training =
        json!({"assay": "Endotoxin", "valid_from": site.hours(-1), "valid_until": site.hours(9), "reference": "TR-1"});
    let account = does(&site.admin(), "amy", "training", &training).created();
    assert_eq!(account["trainings"][0]["assay"], "endotoxin");
}

#[test]
fn an_unusable_account_or_an_unknown_role_never_reaches_a_page_of_accounts() {
    let site = Site::start();
    assert_eq!(page(&site, "adam", "/people/queen").status, 200);
    assert!(page(&site, "adam", "/people/queen").text().contains("Give a new password"));
    assert_eq!(page(&site, "queen", "/people/queen").status, 403);
    assert_eq!(page(&site, "adam", "/people/nobody").status, 404);
    let mine = page(&site, "queen", "/account");
    assert!(mine.text().contains("legally binding") && mine.text().contains("acknowledged"), "{mine}");
}
