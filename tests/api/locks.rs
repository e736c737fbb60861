//! Locks after wrong attempts, the alerts they raise, and lifting them.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authenticator::sets_up_codes;
use crate::site::{Site, password};

fn signs_in(site: &Site, who: &str, password: &str) -> Answer {
    site.stranger().post("/api/v1/session", &json!({"username": who, "password": password}))
}

fn alerts(who: &crate::person::Person) -> Vec<Value> {
    who.get("/api/v1/alerts?open=true").ok()["alerts"].as_array().expect("alerts").clone()
}

#[test]
fn five_wrong_passwords_lock_signing_in_for_a_minute_and_then_longer() {
    let site = Site::start();
    for _ in 0..5 {
        signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
    }
    let minutes = |event: &Value| event["until"].as_str().expect("an end").to_owned();
    assert_eq!(minutes(&site.events("account_locked")[0]), "2026-06-01T08:01:00.000000Z");
    let locked = signs_in(&site, "amy", &password("amy")).refused(401, "wrong_credentials");
    assert_eq!(locked.detail(), signs_in(&site, "nobody", "x").refused(401, "wrong_credentials").detail());
    let facts = site.facts_count();
    signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
    assert_eq!(site.facts_count(), facts, "while it is locked nothing is tried, so nothing makes it longer");
    site.is_at(site.app.now().plus_minutes(1));
    signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
    assert_eq!(minutes(&site.events("account_locked")[1]), "2026-06-01T08:03:00.000000Z", "two minutes");
    site.is_at(site.app.now().plus_minutes(2));
    signs_in(&site, "amy", &password("amy")).created();
    for _ in 0..4 {
        signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
    }
    signs_in(&site, "amy", &password("amy")).created();
}

#[test]
fn a_stranger_can_hold_somebody_up_but_never_for_more_than_an_hour() {
    let site = Site::start();
    for _ in 0..20 {
        signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
        site.is_at(site.app.now().plus_minutes(60));
    }
    signs_in(&site, "amy", &password("amy")).created();
    site.whole();
}

#[test]
fn five_failed_signatures_lock_signing_until_an_administrator_unlocks_it() {
    let site = Site::start();
    site.full_lot("L-1");
    let wrong = || site.qa().releases_with("L-1", &[], &json!({"password": "wrong"}));
    for _ in 0..4 {
        wrong().refused(403, "wrong_password");
    }
    wrong().refused(429, "locked").says("QA has been told");
    let token = site.token("queen");
    let bearer = format!("Bearer {token}");
    let me = site.stranger().asks("GET", "/api/v1/me", &[("Authorization", &bearer)], None);
    me.refused(401, "not_signed_in");
    assert_eq!(site.events("session_ended").len(), 1);
    assert_eq!(site.events("attempt_refused").len(), 5, "each one is a fact");
    let lock = &site.events("account_locked")[0];
    assert_eq!((&lock["deed"], &lock["failures"], lock.get("until")), (&json!("signing"), &json!(5), None));

    let again = signs_in(&site, "queen", &password("queen")).created()["token"].as_str().expect("a token").to_owned();
    let bearer = format!("Bearer {again}");
    let releases = || {
        let body = json!({"password": password("queen"), "meaning": "x"});
        site.stranger().post_with("/api/v1/lots/L-1/release", &[("Authorization", &bearer)], &body)
    };
    site.waits_hours(11);
    releases().refused(429, "locked");
    site.other_qa().post("/api/v1/users/queen/unlock", &json!({"reason": "x"})).refused(403, "wrong_role");
    site.admin().post("/api/v1/users/queen/unlock", &json!({"reason": ""})).refused(422, "invalid_field");
    site.admin().post("/api/v1/users/queen/unlock", &json!({"reason": "She was asked"})).with_status(204);
    site.admin().post("/api/v1/users/queen/unlock", &json!({"reason": "Again"})).refused(409, "already_done");
    releases().created();
    site.whole();
}

#[test]
fn guesses_at_once_lock_like_guesses_one_after_the_other() {
    let site = Site::start();
    site.full_lot("L-1");
    site.token("queen");
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| site.qa().releases_with("L-1", &[], &json!({"password": "wrong"})));
        }
    });
    let locks = site.events("account_locked");
    assert_eq!(locks.iter().filter(|l| l["deed"] == "signing").count(), 1, "{locks:?}");
}

#[test]
fn a_failed_signature_that_is_about_no_lot_is_a_fact_too() {
    let site = Site::start();
    let sent = json!({"password": "wrong", "reason": "No longer made"});
    site.qa().post("/api/v1/specifications/ADMSC-IV/retirement", &sent).refused(403, "wrong_password");
    let refused = site.events("attempt_refused");
    assert_eq!(refused[0]["act"], "specification_retirement");
    assert_eq!(refused[0]["code"], "wrong_password");
}

#[test]
fn wrong_codes_count_like_wrong_passwords() {
    let site = Site::start();
    site.full_lot("L-1");
    sets_up_codes(&site, "queen");
    for _ in 0..4 {
        site.qa().releases_with("L-1", &[], &json!({"code": "000000"})).refused(403, "wrong_code");
    }
    site.qa().releases_with("L-1", &[], &json!({"code": "000000"})).refused(429, "locked");
}

#[test]
fn five_wrong_passwords_for_the_own_account_end_its_sessions() {
    let site = Site::start();
    for _ in 0..5 {
        let begins = site.analyst().post("/api/v1/me/totp", &json!({"password": "wrong"}));
        begins.refused(403, "wrong_password");
    }
    let bearer = format!("Bearer {}", site.token("amy"));
    let me = site.stranger().asks("GET", "/api/v1/me", &[("Authorization", &bearer)], None);
    me.refused(401, "not_signed_in");
    signs_in(&site, "amy", &password("amy")).created();
}

#[test]
fn every_lock_alerts_qa_and_admin_until_one_of_them_says_what_was_done() {
    let site = Site::start();
    for _ in 0..5 {
        signs_in(&site, "amy", "wrong").refused(401, "wrong_credentials");
    }
    for who in [site.qa(), site.other_qa(), site.admin()] {
        let seen = alerts(&who);
        assert_eq!((seen.len(), &seen[0]["about"], &seen[0]["username"]), (1, &json!("sign_in_locked"), &json!("amy")));
    }
    assert_eq!(alerts(&site.qp()).len(), 0, "it is not for the qualified person");
    site.analyst().get("/api/v1/alerts").refused(403, "wrong_role");
    let shown = |who: &str| crate::example::page(&site, who, "/alerts").text();
    assert!(shown("adam").contains("href=\"/people/amy/security\"") && !shown("queen").contains("/people/"));
    let of_amy = crate::example::page(&site, "adam", "/people/amy").text();
    assert!(of_amy.contains("href=\"/people/amy/security\""), "{of_amy}");
    let number = alerts(&site.qa())[0]["alert"].as_i64().expect("a number");
    let path = format!("/api/v1/alerts/{number}/acknowledgement");
    site.qp().post(&path, &json!({"remark": "x"})).refused(404, "no_such_alert");
    site.qa().post(&path, &json!({"remark": ""})).refused(422, "invalid_field");
    let noted = site.qa().post(&path, &json!({"remark": "Amy mistyped"})).created();
    assert_eq!((&noted["acknowledged_by"], &noted["remark"]), (&json!("queen"), &json!("Amy mistyped")));
    site.admin().post(&path, &json!({"remark": "Me too"})).refused(409, "already_done");
    assert_eq!(alerts(&site.admin()).len(), 0);
    assert_eq!(site.admin().get("/api/v1/alerts").ok()["alerts"].as_array().map(Vec::len), Some(1), "it is kept");
    site.qa().post("/api/v1/alerts/x/acknowledgement", &json!({"remark": "x"})).refused(404, "no_such_alert");
    site.whole();
}

#[test]
fn an_administrator_does_not_unlock_his_own_account() {
    let site = Site::start();
    site.admin().post("/api/v1/users/adam/unlock", &json!({"reason": "x"})).refused(403, "own_work");
    site.admin().post("/api/v1/users/nobody/unlock", &json!({"reason": "x"})).refused(404, "no_such_user");
}
