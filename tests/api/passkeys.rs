//! Passkeys (WebAuthn): added with the password, used to sign in, and good for nothing else.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authenticator::{Device, sets_up_codes};
use crate::site::{Site, password};

fn question(site: &Site) -> Value {
    site.stranger().post("/api/v1/session/passkey", &json!({})).created()
}

fn answer(site: &Site, question: &Value, credential: &Value) -> Answer {
    let body = json!({"ceremony": question["ceremony"], "credential": credential});
    site.stranger().post("/api/v1/session/passkey/confirmation", &body)
}

fn ready() -> (Site, Device) {
    let site = Site::under_a_name();
    let mut device = Device::new(site.app.public_url());
    device.is_added(&site, "amy");
    (site, device)
}

#[test]
fn a_passkey_signs_in_without_name_password_and_code() {
    let (site, mut device) = ready();
    sets_up_codes(&site, "amy");
    let asked = question(&site);
    assert_eq!(asked["options"]["publicKey"]["userVerification"], "required");
    let opened = answer(&site, &asked, &device.answers(&asked["options"])).created();
    assert_eq!(opened["user"]["username"], "amy");
    assert_eq!(site.events("second_factor_added")[0]["factor"], "passkey");
}

#[test]
fn a_passkey_needs_the_password_to_be_added_and_is_discoverable() {
    let site = Site::under_a_name();
    site.analyst().post("/api/v1/me/passkeys", &json!({"password": "not hers"})).refused(403, "wrong_password");
    let options = site.analyst().post("/api/v1/me/passkeys", &json!({"password": password("amy")})).created();
    assert_eq!(options["publicKey"]["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["publicKey"]["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["publicKey"]["rp"]["id"], "localhost");
}

#[test]
fn an_answer_works_once() {
    let (site, mut device) = ready();
    let asked = question(&site);
    let given = device.answers(&asked["options"]);
    answer(&site, &asked, &given).created();
    answer(&site, &asked, &given).refused(401, "wrong_credentials");
    let another = question(&site);
    answer(&site, &another, &given).refused(401, "wrong_credentials");
}

#[test]
fn an_answer_that_comes_too_late_is_refused() {
    let (site, mut device) = ready();
    let asked = question(&site);
    let given = device.answers(&asked["options"]);
    site.is_at(site.app.now().plus_minutes(5));
    answer(&site, &asked, &given).refused(401, "wrong_credentials");
}

#[test]
fn an_answer_made_for_another_site_is_refused() {
    let (site, mut device) = ready();
    let own = device.origin.clone();
    for origin in ["https://evil.example", "http://localhost:1", "https://localhost"] {
        device.origin = origin.to_owned();
        let asked = question(&site);
        answer(&site, &asked, &device.answers(&asked["options"])).refused(401, "wrong_credentials");
    }
    device.origin = own;
    let mut asked = question(&site);
    asked["options"]["publicKey"]["rpId"] = json!("evil.example");
    answer(&site, &asked, &device.answers(&asked["options"])).refused(401, "wrong_credentials");
}

#[test]
fn an_answer_without_the_devices_own_lock_is_refused() {
    let (site, mut device) = ready();
    device.verified = false;
    let asked = question(&site);
    answer(&site, &asked, &device.answers(&asked["options"])).refused(401, "wrong_credentials");
}

#[test]
fn forged_answers_are_refused() {
    let (site, mut device) = ready();
    let mut stranger = Device::new(site.app.public_url());
    let asked = question(&site);
    let own = device.answers(&asked["options"]);
    let mut forged = stranger.answers(&asked["options"]);
    forged["id"] = own["id"].clone();
    forged["rawId"] = own["rawId"].clone();
    forged["response"]["userHandle"] = own["response"]["userHandle"].clone();
    answer(&site, &asked, &forged).refused(401, "wrong_credentials");
    // An unknown passkey, and the right one with somebody else's handle.
    let asked = question(&site);
    answer(&site, &asked, &stranger.answers(&asked["options"])).refused(401, "wrong_credentials");
    let asked = question(&site);
    let mut other = device.answers(&asked["options"]);
    other["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    answer(&site, &asked, &other).refused(401, "wrong_credentials");
    for nonsense in [json!({}), json!("x"), json!({"id": "x"})] {
        let asked = question(&site);
        answer(&site, &asked, &nonsense).refused(401, "wrong_credentials");
    }
}

#[test]
fn a_copied_passkey_whose_counter_goes_back_is_refused() {
    let (site, mut device) = ready();
    for _ in 0..2 {
        let asked = question(&site);
        answer(&site, &asked, &device.answers(&asked["options"])).created();
    }
    device.counter = 0;
    let asked = question(&site);
    answer(&site, &asked, &device.answers(&asked["options"])).refused(401, "wrong_credentials");
}

#[test]
fn a_passkey_that_was_taken_away_signs_nobody_in() {
    let site = Site::under_a_name();
    let mut device = Device::new(site.app.public_url());
    let id = device.is_added(&site, "amy");
    let path = format!("/api/v1/me/factors/{id}/removal");
    site.verifier().post(&path, &json!({"password": password("ben")})).refused(404, "no_such_factor");
    site.analyst().post(&path, &json!({"password": password("amy")})).with_status(204);
    let asked = question(&site);
    answer(&site, &asked, &device.answers(&asked["options"])).refused(401, "wrong_credentials");
}

#[test]
fn a_passkey_does_not_sign() {
    let site = Site::under_a_name();
    let mut device = Device::new(site.app.public_url());
    device.is_added(&site, "queen");
    site.full_lot("L-1");
    site.qa().releases_with("L-1", &[], &json!({"password": ""})).refused(403, "wrong_password");
    site.qa().releases("L-1").created();
}

#[test]
fn under_a_number_instead_of_a_name_passkeys_are_not_offered() {
    let site = Site::start();
    let begins = site.analyst().post("/api/v1/me/passkeys", &json!({"password": password("amy")}));
    begins.refused(409, "passkeys_not_offered").says("need a name");
    site.stranger().post("/api/v1/session/passkey", &json!({})).refused(409, "passkeys_not_offered");
    assert!(!site.stranger().get("/sign-in").text().contains("data-passkey"));
}
