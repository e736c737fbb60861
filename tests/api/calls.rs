//! For every route one call that succeeds, written by hand: a route without one fails the walk.
//!
//! A call makes what it needs first (a lot to release, a run to verify), so that the walk can
//! count what the call alone leaves in the ledger.

use lotgate::ledger::canonical::sha256_hex;
use lotgate::web::routes::Route;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::authenticator::{Device, code, sets_up_codes};
use crate::example;
use crate::investigations::{FIRST, failing};
use crate::openid;
use crate::person::{criterion, reading, with};
use crate::second_factor::ticket;
use crate::site::{FIRST_PASSWORD, Site, password};
use crate::spec_drafts::{next_version, with_limit};
use crate::verification::form as multipart;

/// The one evidence file of the walk.
pub const PDF: &[u8] = b"%PDF-1.7\n%%EOF\n";

const FORM: &str = "application/x-www-form-urlencoded";

/// One request, and who may send it.
pub struct Call {
    /// None: nobody in particular.
    pub who: Option<&'static str>,
    pub path: String,
    pub body: Option<(String, Vec<u8>)>,
}

impl Call {
    /// Sends it as somebody: the API with a token, a page with a cookie from the site itself.
    pub fn sent_by(&self, site: &Site, route: &Route, who: Option<&str>) -> Answer {
        let body = self.body.as_ref().map(|(media_type, bytes)| (media_type.as_str(), bytes.clone()));
        if route.path.starts_with("/api/") {
            let person = who.map_or(site.stranger(), |w| site.person(w));
            return person.asks(route.method, &self.path, &[], body);
        }
        let cookie = who.map(|w| site.cookie(w));
        let held = openid::held();
        let mut headers = vec![("Sec-Fetch-Site", "same-origin")];
        headers.extend(cookie.as_ref().map(|c| ("Cookie", c.as_str())));
        if route.path == "/sign-in/oidc/callback" {
            headers.push(("Cookie", &held));
        }
        let mut answer = site.stranger().asks(route.method, &self.path, &headers, body);
        answer.asked = format!("{who:?} {} {}", route.method, self.path);
        answer
    }
}

fn reads(who: &'static str, path: &str) -> Option<Call> {
    Some(Call { who: Some(who), path: path.to_owned(), body: None })
}

fn open(path: &str) -> Option<Call> {
    Some(Call { who: None, path: path.to_owned(), body: None })
}

fn sends(who: &'static str, path: &str, body: &Value) -> Option<Call> {
    let body = Some(("application/json".to_owned(), body.to_string().into_bytes()));
    Some(Call { who: Some(who), path: path.to_owned(), body })
}

fn fills(who: &'static str, path: &str, fields: &[(&str, &str)]) -> Option<Call> {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    Some(Call { who: Some(who), path: path.to_owned(), body: Some((FORM.to_owned(), pairs.join("&").into_bytes())) })
}

/// Text as part of a form or an address.
pub fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn number(value: &Value) -> i64 {
    value["run"].as_i64().expect("a run")
}

/// An endotoxin run of L-1, which is open.
fn open_run(site: &Site) -> i64 {
    site.analyst().registers("L-1").created();
    number(&site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created())
}

/// A draft of the next version, written by Amy.
fn drafted(site: &Site) -> Value {
    site.analyst().post("/api/v1/specifications", &next_version(site)).created()
}

/// An endotoxin run of L-1 whose two entries differ.
fn differing_run(site: &Site) -> i64 {
    example::lot(site, "L-1");
    let run = example::number(&example::records(site, "L-1", &example::endotoxin(site, "0.2", &json!({}))));
    let readings = json!([{"attribute": "ENDOTOXIN", "value": "0.3", "unit": "EU/mL"}]);
    site.verifier()
        .post(&format!("/api/v1/runs/{run}/verification"), &json!({"readings": readings}))
        .refused(409, "second_entry_differs");
    run
}

/// L-1, from which a dose can be planned.
fn dosed(site: &Site) {
    example::lot(site, "L-1");
    let run = example::number(&example::records(site, "L-1", &example::count(site, &json!({}))));
    site.verifier().verifies(run).created();
}

fn released(site: &Site) {
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
}

/// The release of L-1 is revoked.
fn revoked(site: &Site) {
    let body = json!({"class": "quality_defect", "reason": "x", "password": password("pablo")});
    site.qp().post("/api/v1/lots/L-1/revocation", &body).created();
}

/// L-1, rejected.
fn rejected(site: &Site) {
    site.analyst().registers("L-1").created();
    site.qa().rejects("L-1", "For the walk").created();
}

fn hold() -> Value {
    json!({"lot": "L-1", "kind": "hold", "description": "For the walk", "impact": "None"})
}

/// An open hold of L-1.
fn held(site: &Site) -> String {
    site.analyst().registers("L-1").created();
    site.analyst().post("/api/v1/deviations", &hold()).created();
    "DEV-2026-0001".into()
}

/// The first investigation, brought to where `step` can be taken.
fn investigated(site: &Site, step: &str) {
    failing(site);
    if step == "laboratory" || step == FIRST {
        return;
    }
    site.verifier().finds("no_cause").created();
    match step {
        "retest" => {
            site.other_qa().plans(1).created();
            site.waits_hours(2);
        }
        "closure" => drop(site.verifier().concludes("confirmed", &json!({})).created()),
        _ => {}
    }
}

fn investigation_call(site: &Site, path: &str) -> Option<Call> {
    let path = path.replace("{number}", FIRST);
    let step = path.rsplit('/').next()?.to_owned();
    investigated(site, &step);
    let checks = json!([{"question": "Right sample?", "answer": "Yes"}]);
    let (who, body) = match step.as_str() {
        "laboratory" => ("amy", json!({"finding": "no_cause", "checks": checks, "description": "x"})),
        "plan" => ("queen", json!({"hypothesis": "x", "sample": "x", "evaluation": "x", "retests": 1})),
        "retest" => {
            return sends("amy", &path, &site.analyst().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({})));
        }
        "conclusion" => ("amy", json!({"outcome": "confirmed", "cause": "x"})),
        "closure" => ("queen", json!({"remark": "x"})),
        _ => return reads("olga", &path),
    };
    sends(who, &path, &with(body, &json!({"password": password(who)})))
}

/// The same steps as pages take them.
fn investigation_page(site: &Site, path: &str) -> Option<Call> {
    let path = path.replace("{number}", FIRST);
    let step = path.rsplit('/').next()?.to_owned();
    investigated(site, &step);
    let fields: &[(&str, &str)] = match step.as_str() {
        "laboratory" => &[("finding", "no_cause"), ("check_sample", "Yes"), ("description", "x")],
        "plan" => &[("hypothesis", "x"), ("sample", "x"), ("evaluation", "x"), ("retests", "1")],
        "conclusion" => &[("outcome", "confirmed"), ("cause", "x")],
        _ => &[("remark", "x")],
    };
    let who = if matches!(step.as_str(), "plan" | "closure") { "queen" } else { "amy" };
    let secret = password(who);
    fills(who, &path, &[fields, &[("password", secret.as_str())]].concat())
}

/// The call for a route of the API, or none if nobody has written one.
/// Somebody's open session, by its name.
fn session_of(site: &Site, who: &str) -> String {
    let sessions = site.person(who).get("/api/v1/me/sessions").ok();
    sessions["sessions"][0]["id"].as_str().expect("a session").to_owned()
}

/// Another open session of somebody.
fn signed_in_again(site: &Site, who: &str) {
    site.stranger().post("/api/v1/session", &json!({"username": who, "password": password(who)})).created();
}

/// A token of Amy's, by its name.
fn token_of_amy(site: &Site) -> String {
    let body =
        json!({"name": "For the walk", "scopes": ["read"], "expires_at": site.hours(1), "password": password("amy")});
    site.analyst().post("/api/v1/me/tokens", &body).created()["id"].as_str().expect("a token").to_owned()
}

/// Amy's second factor, by its name, with a proof.
pub fn factor_of_amy(site: &Site) -> (String, Value) {
    let codes = sets_up_codes(site, "amy");
    let factors = site.analyst().get("/api/v1/me/factors").ok();
    let id = factors["factors"][0]["id"].as_str().expect("a factor").to_owned();
    (id, json!({"password": password("amy"), "code": code(site, &codes.secret, 0)}))
}

/// The first alert, raised by wrong passwords for Amy.
fn alerted(site: &Site) -> i64 {
    for _ in 0..5 {
        let wrong = json!({"username": "amy", "password": "wrong"});
        site.stranger().post("/api/v1/session", &wrong).refused(401, "wrong_credentials");
    }
    site.qa().get("/api/v1/alerts").ok()["alerts"][0]["alert"].as_i64().expect("an alert")
}

/// The answer of a passkey of Amy's to a fresh question.
fn passkey_answer(site: &Site) -> Value {
    let mut device = Device::new(site.app.public_url());
    device.is_added(site, "amy");
    let asked = site.stranger().post("/api/v1/session/passkey", &json!({})).created();
    let credential = device.answers(&asked["options"]);
    json!({"ceremony": asked["ceremony"], "credential": credential})
}

/// Calls about one's own account and those of others.
fn account_call(site: &Site, route: &Route) -> Option<Call> {
    let proof = json!({"password": password("amy")});
    let reason = json!({"reason": "For the walk"});
    let confirmation = || {
        let begun = site.analyst().post("/api/v1/me/totp", &proof).created();
        json!({"code": code(site, begun["secret"].as_str().expect("a secret"), 0)})
    };
    match (route.method, route.path) {
        ("POST", "/api/v1/session/unlock" | "/api/v1/me/totp" | "/api/v1/me/passkeys") => {
            sends("amy", route.path, &proof)
        }
        ("POST", "/api/v1/session/passkey") => Some(Call { who: None, ..sends("amy", route.path, &json!({}))? }),
        ("POST", "/api/v1/session/passkey/confirmation") => {
            Some(Call { who: None, ..sends("amy", route.path, &passkey_answer(site))? })
        }
        ("POST", "/api/v1/me/passkeys/confirmation") => {
            let options = site.analyst().post("/api/v1/me/passkeys", &proof).created();
            let credential = Device::new(site.app.public_url()).creates(&options);
            sends("amy", route.path, &json!({"name": "For the walk", "credential": credential}))
        }
        ("POST", "/api/v1/me/totp/confirmation") => sends("amy", route.path, &confirmation()),
        ("POST", "/api/v1/me/recovery-codes") => sends("amy", route.path, &factor_of_amy(site).1),
        ("POST", "/api/v1/me/factors/{id}/removal") => {
            let (id, proof) = factor_of_amy(site);
            sends("amy", &route.path.replace("{id}", &id), &proof)
        }
        ("POST", "/api/v1/users/{username}/factors/{id}/removal") => {
            let (id, _) = factor_of_amy(site);
            sends("adam", &filled(&route.path.replace("{id}", &id)), &reason)
        }
        ("DELETE", "/api/v1/me/sessions") => {
            signed_in_again(site, "amy");
            reads("amy", route.path)
        }
        ("DELETE", "/api/v1/me/sessions/{id}") => reads("amy", &route.path.replace("{id}", &session_of(site, "amy"))),
        ("POST", "/api/v1/users/{username}/sessions/{id}/end") => {
            let path = route.path.replace("{id}", &session_of(site, "amy"));
            sends("adam", &filled(&path), &reason)
        }
        ("GET", "/api/v1/users/{username}/sessions") => reads("adam", &filled(route.path)),
        ("POST", "/api/v1/me/tokens") => {
            let body =
                json!({"name": "x", "scopes": ["runs"], "expires_at": site.hours(1), "password": password("amy")});
            sends("amy", route.path, &body)
        }
        ("DELETE", "/api/v1/me/tokens/{id}") => reads("amy", &route.path.replace("{id}", &token_of_amy(site))),
        ("POST", "/api/v1/users/{username}/tokens/{id}/revocation") => {
            sends("adam", &filled(&route.path.replace("{id}", &token_of_amy(site))), &reason)
        }
        ("POST", "/api/v1/users/{username}/unlock") => {
            alerted(site);
            sends("adam", &filled(route.path), &reason)
        }
        ("GET", "/api/v1/me/factors" | "/api/v1/me/sessions" | "/api/v1/me/tokens") => reads("amy", route.path),
        ("GET", "/api/v1/alerts" | "/alerts") => reads("queen", route.path),
        ("POST", "/api/v1/alerts/{alert}/acknowledgement") => {
            let path = route.path.replace("{alert}", &alerted(site).to_string());
            sends("queen", &path, &json!({"remark": "For the walk"}))
        }
        _ => None,
    }
}

/// The forms of the pages about one's own account.
fn account_page_call(site: &Site, route: &Route) -> Option<Call> {
    let secret = password("amy");
    let with_code = |proof: &Value| proof["code"].as_str().expect("a code").to_owned();
    match (route.method, route.path) {
        ("POST", "/account/security/totp") => fills("amy", route.path, &[("password", &secret)]),
        ("POST", "/account/security/totp/confirmation") => {
            let begun = site.analyst().post("/api/v1/me/totp", &json!({"password": secret})).created();
            let first = code(site, begun["secret"].as_str().expect("a secret"), 0);
            fills("amy", route.path, &[("code", &first)])
        }
        ("POST", "/account/security/recovery-codes") => {
            let (_, proof) = factor_of_amy(site);
            fills("amy", route.path, &[("password", &secret), ("code", &with_code(&proof))])
        }
        ("POST", "/account/security/factors/{id}/removal") => {
            let (id, proof) = factor_of_amy(site);
            let path = route.path.replace("{id}", &id);
            fills("amy", &path, &[("password", &secret), ("code", &with_code(&proof))])
        }
        ("POST", "/account/security/sessions/end") => {
            signed_in_again(site, "amy");
            fills("amy", route.path, &[])
        }
        ("POST", "/account/security/sessions/{id}/end") => {
            fills("amy", &route.path.replace("{id}", &session_of(site, "amy")), &[])
        }
        ("POST", "/account/security/tokens") => {
            let fields =
                [("name", "x"), ("scopes", "read"), ("expires_at", "2026-07-01T08:00"), ("password", &*secret)];
            fills("amy", route.path, &fields)
        }
        ("POST", "/account/security/tokens/{id}/revocation") => {
            fills("amy", &route.path.replace("{id}", &token_of_amy(site)), &[])
        }
        ("GET", "/people/{username}/security") => reads("adam", &filled(route.path)),
        ("POST", path) if path.starts_with("/people/{username}/security/") => {
            let id = match path.rsplit('/').next()? {
                "removal" => factor_of_amy(site).0,
                "end" => session_of(site, "amy"),
                "revocation" => token_of_amy(site),
                _ => alerted(site).to_string(),
            };
            fills("adam", &filled(&path.replace("{id}", &id)), &[("reason", "For the walk")])
        }
        ("POST", "/alerts/{alert}/acknowledgement") => {
            let path = route.path.replace("{alert}", &alerted(site).to_string());
            fills("queen", &path, &[("remark", "For the walk")])
        }
        ("POST", "/sign-in/code") => {
            let codes = sets_up_codes(site, "amy");
            let begins = fills("amy", "/sign-in", &[("username", "amy"), ("password", &secret)])?;
            let body = begins.body?;
            let headers = [("Sec-Fetch-Site", "same-origin")];
            let asked = site.stranger().asks("POST", "/sign-in", &headers, Some((&body.0, body.1)));
            let fields = [("ticket", &*ticket(&asked)), ("code", &*code(site, &codes.secret, 0))];
            Some(Call { who: None, ..fills("amy", route.path, &fields)? })
        }
        ("POST", "/sign-in/passkey") => {
            let answer = passkey_answer(site);
            let credential = answer["credential"].to_string();
            let fields = [("ceremony", answer["ceremony"].as_str()?), ("credential", &credential)];
            Some(Call { who: None, ..fills("amy", route.path, &fields)? })
        }
        ("GET", "/sign-in/code" | "/sign-in/passkey") => open(route.path),
        ("GET", "/alerts") => reads("queen", route.path),
        _ => None,
    }
}

fn api_call(site: &Site, route: &Route) -> Option<Call> {
    let signature = |name: &str| json!({"password": password("queen"), name: "For the walk"});
    match (route.method, route.path) {
        ("POST", "/api/v1/session") => {
            let call = sends("amy", route.path, &json!({"username": "amy", "password": password("amy")}))?;
            Some(Call { who: None, ..call })
        }
        ("DELETE", "/api/v1/session") => reads("amy", route.path),
        ("POST", "/api/v1/users") => {
            let user =
                json!({"username": "dora", "full_name": "Dora Dean", "roles": ["qa"], "password": password("dora")});
            sends("adam", route.path, &user)
        }
        ("GET", "/api/v1/users") => reads("adam", route.path),
        ("POST", "/api/v1/users/{username}/identity-link/removal") => {
            openid::links_amy(site);
            sends("adam", "/api/v1/users/amy/identity-link/removal", &json!({"reason": "For the walk"}))
        }
        (_, path) if path.starts_with("/api/v1/users/{username}") => ben_call(site, route),
        ("POST", "/api/v1/me/password") => {
            let body = json!({"password": password("amy"), "new_password": "walnut harbour under a thistle"});
            sends("amy", route.path, &body)
        }
        ("POST", "/api/v1/access/review") => {
            let seen = site.qa().get("/api/v1/access").ok()["register_sha256"].clone();
            let body = json!({"register_sha256": seen, "findings": "None", "password": password("queen")});
            sends("queen", route.path, &body)
        }
        ("POST", "/api/v1/signature-policy") => {
            sends("queen", route.path, &json!({"text": "We sign honestly.", "password": password("queen")}))
        }
        ("POST", "/api/v1/signature-policy/acknowledgement") => {
            let policy = site.admin().get("/api/v1/signature-policy").ok();
            let body = json!({"version": policy["version"], "text_sha256": policy["text_sha256"]});
            sends("adam", route.path, &body)
        }
        ("POST", "/api/v1/lots") => sends("amy", route.path, &site.analyst().registration("L-1", &json!({}))),
        ("POST", "/api/v1/lots/{lot}/runs" | "/api/v1/lots/{lot}/runs/preview") => {
            site.analyst().registers("L-1").created();
            let body = site.analyst().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({}));
            sends("amy", &route.path.replace("{lot}", "L-1"), &body)
        }
        ("POST", "/api/v1/banks") => sends("amy", route.path, &bank(site)),
        ("POST", "/api/v1/donors") => sends("amy", route.path, &donor(site)),
        ("POST", "/api/v1/banks/{bank}/runs" | "/api/v1/donors/{donor}/runs") => {
            sources(site);
            let (assay, attribute, value) = if route.path.contains("bank") {
                ("differentiation", "ADIPOGENIC", "Positive")
            } else {
                ("serology", "HIV", "Negative")
            };
            let body = site.analyst().run(assay, &[(attribute, value)], &json!({}));
            sends("amy", &filled(route.path), &body)
        }
        ("POST", "/api/v1/lots/{lot}/release") => {
            site.full_lot("L-1");
            sends("queen", "/api/v1/lots/L-1/release", &signature("meaning"))
        }
        ("POST", "/api/v1/lots/{lot}/rejection") => {
            site.analyst().registers("L-1").created();
            sends("queen", "/api/v1/lots/L-1/rejection", &signature("reason"))
        }
        ("POST", "/api/v1/runs/{run}/verification") => {
            sends("ben", &format!("/api/v1/runs/{}/verification", open_run(site)), &json!({}))
        }
        ("POST", "/api/v1/runs/{run}/correction") => {
            let body = json!({"readings": [reading("ENDOTOXIN", "0.2")], "reason": "For the walk"});
            sends("amy", &format!("/api/v1/runs/{}/correction", open_run(site)), &body)
        }
        ("POST", "/api/v1/runs/{run}/resolution") => {
            let body = json!({"attribute": "ENDOTOXIN", "value": "0.2", "reason": "For the walk"});
            sends("amy", &format!("/api/v1/runs/{}/resolution", differing_run(site)), &body)
        }
        ("POST", "/api/v1/instruments") => sends("amy", route.path, &json!({"code": "EQ-1", "name": "Reader"})),
        ("POST", "/api/v1/instruments/{code}/calibration") => {
            site.qa().post("/api/v1/instruments", &json!({"code": "EQ-1", "name": "Reader"})).created();
            let body = json!({"valid_from": site.hours(-1), "valid_until": site.hours(1), "reference": "CAL-1"});
            sends("amy", "/api/v1/instruments/EQ-1/calibration", &body)
        }
        ("POST", "/api/v1/reagents") => {
            let body = json!({"code": "R-1", "name": "Kit", "supplier_lot": "7", "expires_at": site.hours(1)});
            sends("amy", route.path, &body)
        }
        ("PUT", "/api/v1/site/policy") => {
            let body = json!({"uncalibrated_instrument": "flag", "password": password("queen")});
            sends("queen", route.path, &body)
        }
        ("POST", "/api/v1/lots/{lot}/dose") => {
            dosed(site);
            sends("olga", "/api/v1/lots/L-1/dose", &json!({"weight_kg": "60"}))
        }
        ("GET", path) if path.starts_with("/api/v1/notices/{number}") => {
            crate::routes_of_decision::conditional(site, "L-1");
            reads("olga", &route.path.replace("{number}", "CN-2026-000001"))
        }
        ("POST", "/api/v1/certificates/{number}/supersession") => {
            released(site);
            let body = json!({"password": password("quinn"), "reason": "Mistyped", "corrections": {"containers": 3}});
            sends("quinn", &filled(route.path), &body)
        }
        (_, path) if crate::routes_of_decision::is_step(path) => {
            let (who, body) = crate::routes_of_decision::ready_for(site, path);
            let address = path.replace("{lot}", "L-1");
            if route.method == "GET" { reads("olga", &address) } else { sends(who, &address, &body) }
        }
        ("POST", "/api/v1/verify") => {
            let (media_type, bytes) = multipart(&[("number", b"RC-2026-000001")]);
            Some(Call { who: None, path: route.path.to_owned(), body: Some((media_type, bytes)) })
        }
        ("POST", "/api/v1/files") => {
            let (media_type, bytes) = multipart(&[("file", PDF)]);
            Some(Call { who: Some("amy"), path: route.path.to_owned(), body: Some((media_type, bytes)) })
        }
        ("GET", "/api/v1/files/{sha256}" | "/api/v1/files/{sha256}/info") => {
            let (media_type, bytes) = multipart(&[("file", PDF)]);
            site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, bytes))).created();
            reads("olga", &filled(route.path))
        }
        ("POST", "/api/v1/str/compare") => {
            let profile = json!({"D5S818": ["11", "12"], "AMEL": ["X"]});
            sends("olga", route.path, &json!({"query": profile, "reference": profile, "amelogenin": true}))
        }
        ("POST", "/api/v1/str/origin") => {
            let body = json!({"donor": {"TH01": ["6"]}, "recipient": {"TH01": ["9.3"]}, "sample": {"TH01": ["9.3"]}});
            sends("olga", route.path, &body)
        }
        ("POST", "/api/v1/specifications") => sends("amy", route.path, &next_version(site)),
        ("PUT", "/api/v1/specifications/{product}/{version}") => {
            drafted(site);
            sends("queen", "/api/v1/specifications/ADMSC-IV/2", &with_limit(site, "CD34", "1.0"))
        }
        ("POST", "/api/v1/specifications/{product}/{version}/approval") => {
            drafted(site);
            let body = json!({"password": password("queen"), "effective_from": site.hours(1)});
            sends("queen", "/api/v1/specifications/ADMSC-IV/2/approval", &body)
        }
        ("POST", "/api/v1/specifications/{product}/retirement") => {
            sends("queen", &filled(route.path), &signature("reason"))
        }
        ("POST", "/api/v1/specifications/{product}/{version}/what-if") => {
            sends("olga", &filled(route.path), &json!({}))
        }
        ("POST", "/api/v1/runs/{run}/invalidation") => {
            let body = json!({"ground": "reagent", "reason": "For the walk", "password": password("queen")});
            sends("queen", &format!("/api/v1/runs/{}/invalidation", open_run(site)), &body)
        }
        (_, path) if path.starts_with("/api/v1/investigations/") => investigation_call(site, path),
        ("POST", "/api/v1/deviations") => {
            site.analyst().registers("L-1").created();
            sends("amy", route.path, &hold())
        }
        (method, "/api/v1/deviations/{number}" | "/api/v1/deviations/{number}/closure") => {
            let path = route.path.replace("{number}", &held(site));
            let body = json!({"assessment": "For the walk", "password": password("queen")});
            if method == "GET" { reads("olga", &path) } else { sends("queen", &path, &body) }
        }
        (method, "/api/v1/lots/{lot}/revocation") => {
            released(site);
            if method == "GET" {
                revoked(site);
                return reads("olga", &filled(route.path));
            }
            let body = json!({"class": "quality_defect", "reason": "x", "password": password("queen")});
            sends("queen", &filled(route.path), &body)
        }
        ("POST", "/api/v1/lots/{lot}/revocation/parties/{party}") => {
            released(site);
            revoked(site);
            let body = json!({"who": "x", "how": "x", "acknowledged_at": site.hours(0)});
            sends("queen", &filled(route.path), &body)
        }
        ("POST", "/api/v1/lots/{lot}/supply") => {
            rejected(site);
            sends("queen", &filled(route.path), &crate::supplies::request(site, "queen"))
        }
        ("POST", "/api/v1/containers") => {
            released(site);
            sends("amy", route.path, &crate::containers::shipment(site, "L-1", &[1]))
        }
        ("GET", "/api/openapi.json") => open(route.path),
        ("GET", path) => {
            released(site);
            sources(site);
            reads("olga", &filled(path))
        }
        _ => None,
    }
}

/// What an administrator does with Ben's account.
fn ben_call(site: &Site, route: &Route) -> Option<Call> {
    let path = filled(&route.path.replace("{username}", "ben"));
    let (from, until) = (site.hours(-1), site.hours(24));
    let body = match path.rsplit('/').next()? {
        "deactivation" => json!({"reason": "For the walk"}),
        "reactivation" => {
            let body = json!({"reason": "For the walk"});
            site.admin().post("/api/v1/users/ben/deactivation", &body).created();
            body
        }
        "roles" => json!({"roles": ["analyst", "qc"], "reason": "For the walk"}),
        "limit" => json!({"valid_until": until, "reason": "For the walk"}),
        "identity" => json!({"how": "passport"}),
        "qualification" => {
            let body = json!({"register_number": "QP-1", "valid_from": from});
            return sends("adam", &path.replace("/ben/", "/pablo/"), &body);
        }
        "training" => json!({"assay": "endotoxin", "valid_from": from, "valid_until": until, "reference": "TR-1"}),
        "password" => json!({"password": FIRST_PASSWORD, "reason": "For the walk"}),
        _ => return reads("adam", &path),
    };
    sends("adam", &path, &body)
}

/// The same as pages take it.
fn account_page(site: &Site, route: &Route) -> Option<Call> {
    let path = filled(&route.path.replace("{username}", "ben"));
    let (from, until) = (site.hours(-1), site.hours(24));
    let reason = ("reason", "For the walk");
    let step = path.rsplit('/').next()?.to_owned();
    let fields: Vec<(&str, &str)> = match step.as_str() {
        "reactivation" => {
            site.admin().post("/api/v1/users/ben/deactivation", &json!({"reason": "For the walk"})).created();
            vec![reason]
        }
        "roles" => vec![("roles", "analyst"), ("roles", "qc"), reason],
        "limit" => vec![("valid_until", &until), reason],
        "identity" => vec![("how", "passport")],
        "qualification" => {
            let fields = [("register_number", "QP-1"), ("valid_from", from.as_str())];
            return fills("adam", &path.replace("/ben/", "/pablo/"), &fields);
        }
        "training" => {
            vec![("assay", "endotoxin"), ("valid_from", &from), ("valid_until", &until), ("reference", "TR-1")]
        }
        "password" => vec![("new_password", FIRST_PASSWORD), reason],
        _ => vec![reason],
    };
    fills("adam", &path, &fields)
}

fn bank(site: &Site) -> Value {
    json!({"bank": "MCB-1", "product": "ADMSC-IV", "donor": "D-1", "passage": "2", "containers": 20,
        "population_doublings": "5.2", "made_at": site.hours(-1440), "expires_at": site.hours(9000)})
}

fn donor(site: &Site) -> Value {
    json!({"donor": "D-1", "product": "ADMSC-IV", "donated_at": site.hours(-2000)})
}

/// A bank and its donor, registered under a specification that tests both.
pub fn sources(site: &Site) {
    crate::banks::install_staged(site);
    let staged = json!({"product": "STAGED-1", "donor": "D-1"});
    site.analyst().registers_donor("D-1", &json!({"product": "STAGED-1"})).created();
    site.analyst().registers_bank("MCB-1", &staged).created();
}

/// An address with its parameters filled in, as they are after one release.
pub fn filled(path: &str) -> String {
    let file = sha256_hex(PDF);
    let number = match path {
        path if path.contains("/notices/") => "CN-2026-000001",
        path if path.contains("/investigations/") => FIRST,
        path if path.contains("/deviations/") => "DEV-2026-0001",
        _ => "RC-2026-000001",
    };
    let named = [
        ("{sha256}", file.as_str()),
        ("{lot}", "L-1"),
        ("{bank}", "MCB-1"),
        ("{donor}", "D-1"),
        ("{party}", "0"),
        ("{container}", "L-1.1"),
        ("{run}", "1"),
        ("{number}", number),
        ("{product}", "ADMSC-IV"),
        ("{version}", "1"),
        ("{code}", "EQ-1"),
        ("{username}", "amy"),
        ("{id}", "1"),
        ("{alert}", "1"),
    ];
    let asked = match path {
        path if path.ends_with("/diff") => "?from=1&to=1",
        "/api/v1/lots/{lot}/as-of" => "?at=2026-06-01T08:00:00Z",
        path if path.ends_with("/ledger/export") => "?format=csv",
        _ => "",
    };
    named.iter().fold(format!("{path}{asked}"), |path, (name, value)| path.replace(name, value))
}

/// The call for a page, or none if nobody has written one.
fn page_call(site: &Site, route: &Route) -> Option<Call> {
    match (route.method, route.path) {
        ("POST", "/sign-in") => {
            let call =
                fills("amy", route.path, &[("username", "amy"), ("password", &password("amy")), ("next", "/lots")])?;
            Some(Call { who: None, ..call })
        }
        ("GET", "/sign-in/oidc") => open("/sign-in/oidc"),
        ("GET", "/sign-in/oidc/callback") => open(&openid::about_to_come_back(site)),
        ("POST", "/account/oidc") => fills("amy", route.path, &[("password", &password("amy"))]),
        ("POST", "/sign-out") => fills("amy", route.path, &[]),
        ("GET", "/first-administrator") => {
            let link = site.app.first_link().expect("readable")?;
            open(&format!("/first-administrator?token={link}"))
        }
        ("POST", "/first-administrator") => {
            let link = site.app.first_link().expect("readable")?;
            let secret = password("root");
            let fields = [
                ("token", link.as_str()),
                ("username", "root"),
                ("full_name", "Root"),
                ("password", &secret),
                ("password_again", &secret),
            ];
            let call = fills("adam", route.path, &fields)?;
            Some(Call { who: None, ..call })
        }
        ("POST", "/people") => {
            let fields =
                [("username", "dora"), ("full_name", "Dora Dean"), ("roles", "qa"), ("password", &password("dora"))];
            fills("adam", route.path, &fields)
        }
        ("GET", "/people" | "/people/new") => reads("adam", route.path),
        ("GET", path) if path.starts_with("/people/") => reads("adam", &filled(path)),
        ("POST", path) if path.starts_with("/people/") => account_page(site, route),
        ("POST", "/account/password") => {
            let new = "walnut harbour under a thistle";
            let fields = [("password", &*password("amy")), ("new_password", new), ("new_password_again", new)];
            fills("amy", route.path, &fields)
        }
        ("POST", "/account/policy") => {
            let policy = site.admin().get("/api/v1/signature-policy").ok();
            let hash = policy["text_sha256"].as_str()?;
            fills("adam", route.path, &[("version", "1"), ("text_sha256", hash)])
        }
        ("POST", "/access/review") => {
            let seen = site.qa().get("/api/v1/access").ok();
            let hash = seen["register_sha256"].as_str()?;
            let fields = [("register_sha256", hash), ("findings", "None"), ("password", &*password("queen"))];
            fills("queen", route.path, &fields)
        }
        ("POST", "/access/signature-policy") => {
            fills("queen", route.path, &[("text", "We sign honestly."), ("password", &password("queen"))])
        }
        ("GET", "/lots/new" | "/banks/new" | "/donors/new") => reads("amy", route.path),
        ("POST", "/banks") => fills_in("amy", route.path, &bank(site)),
        ("POST", "/donors") => fills_in("amy", route.path, &donor(site)),
        ("POST", "/lots") => {
            let (made, expires) = (site.hours(-480), site.hours(480));
            let fields = [
                ("lot", "L-1"),
                ("product", "ADMSC-IV"),
                ("donor", "D-1"),
                ("passage", "4"),
                ("manufactured_at", made.as_str()),
                ("expires_at", expires.as_str()),
                ("containers", "4"),
            ];
            fills("amy", route.path, &fields)
        }
        ("GET", "/lots/{lot}/runs/new") => {
            site.analyst().registers("L-1").created();
            reads("amy", "/lots/L-1/runs/new?assay=endotoxin")
        }
        ("POST", "/lots/{lot}/runs" | "/lots/{lot}/runs/preview") => {
            site.analyst().registers("L-1").created();
            let tested = site.hours(-1);
            let fields = [
                ("assay", "endotoxin"),
                ("method", "SOP-QC-031 v2"),
                ("tested_at", tested.as_str()),
                ("value.ENDOTOXIN", "0.1"),
                ("unit.ENDOTOXIN", "EU/mL"),
            ];
            fills("amy", &route.path.replace("{lot}", "L-1"), &fields)
        }
        ("POST", "/lots/{lot}/release") => {
            site.full_lot("L-1");
            signs(site, route, "meaning")
        }
        ("POST", "/lots/{lot}/rejection") => {
            site.analyst().registers("L-1").created();
            signs(site, route, "reason")
        }
        ("POST", "/lots/{lot}/revocation") => {
            released(site);
            let secret = password("queen");
            let fields =
                [("class", "quality_defect"), ("reason", "x"), ("meaning", "x"), ("password", secret.as_str())];
            fills("queen", &filled(route.path), &fields)
        }
        ("POST", "/certificates/{number}/supersession") => {
            released(site);
            let (made, expires, secret) = (site.hours(-20 * 24), site.hours(24), password("quinn"));
            let fields = [
                ("containers", "3"),
                ("manufactured_at", made.as_str()),
                ("expires_at", expires.as_str()),
                ("reason", "Mistyped"),
                ("meaning", "x"),
                ("password", secret.as_str()),
            ];
            fills("quinn", &filled(route.path), &fields)
        }
        ("POST", "/lots/{lot}/revocation/parties/{party}") => {
            released(site);
            revoked(site);
            let now = site.hours(1);
            site.waits_hours(1);
            fills("queen", &filled(route.path), &[("who", "x"), ("how", "x"), ("acknowledged_at", now.as_str())])
        }
        ("POST", "/lots/{lot}/containers") => {
            released(site);
            let now = site.hours(0);
            let fields = [
                ("act", "shipped"),
                ("containers", "1, 2"),
                ("moved_at", now.as_str()),
                ("to", "Ward 4"),
                ("reach", "x"),
                ("remark", "x"),
            ];
            fills("amy", &filled(route.path), &fields)
        }
        ("POST", "/lots/{lot}/supply") => {
            rejected(site);
            let (asked, accepted) = (site.hours(-3), site.hours(-1));
            let fields = [
                ("physician", "Dr Lin"),
                ("reach", "x"),
                ("requested_at", asked.as_str()),
                ("accepted_at", accepted.as_str()),
                ("hazard", "x"),
                ("risk_evaluation", "x"),
                ("notified", "sponsor; Trial office; x"),
                ("containers", "1"),
                ("meaning", "x"),
                ("password", &*password("queen")),
            ];
            fills("queen", &filled(route.path), &fields)
        }
        ("POST", "/runs/{run}/verification") => {
            let run = open_run(site);
            let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok()["content_sha256"].clone();
            let fields = [("confirmed", "yes"), ("content_hash", seen.as_str().expect("a hash"))];
            fills("ben", &format!("/runs/{run}/verification"), &fields)
        }
        ("POST", "/runs/{run}/correction") => {
            let run = open_run(site);
            let fields = [("value.ENDOTOXIN", "0.2"), ("unit.ENDOTOXIN", "EU/mL"), ("reason", "For the walk")];
            fills("amy", &format!("/runs/{run}/correction"), &fields)
        }
        ("POST", "/runs/{run}/invalidation") => {
            let fields = [("ground", "reagent"), ("reason", "For the walk"), ("password", &*password("queen"))];
            fills("queen", &format!("/runs/{}/invalidation", open_run(site)), &fields)
        }
        ("GET", "/files/{sha256}") => {
            let (media_type, bytes) = multipart(&[("file", PDF)]);
            site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, bytes))).created();
            reads("olga", &filled(route.path))
        }
        ("POST", "/equipment/instruments") => fills("amy", route.path, &[("code", "EQ-1"), ("name", "Reader")]),
        ("POST", "/equipment/calibrations") => {
            site.qa().post("/api/v1/instruments", &json!({"code": "EQ-1", "name": "Reader"})).created();
            let (from, until) = (site.hours(-1), site.hours(1));
            let fields = [("code", "EQ-1"), ("valid_from", &*from), ("valid_until", &*until), ("reference", "CAL-1")];
            fills("amy", route.path, &fields)
        }
        ("POST", "/equipment/reagents") => {
            let until = site.hours(1);
            let fields = [("code", "R-1"), ("name", "Kit"), ("supplier_lot", "7"), ("expires_at", &*until)];
            fills("queen", route.path, &fields)
        }
        ("POST", "/policy") => fills(
            "queen",
            route.path,
            &[("uncalibrated_instrument", "flag"), ("meaning", "For the walk"), ("password", &*password("queen"))],
        ),
        ("GET", path) if path.starts_with("/notices/{number}") => {
            crate::routes_of_decision::conditional(site, "L-1");
            reads("olga", &path.replace("{number}", "CN-2026-000001"))
        }
        (_, path) if crate::routes_of_decision::is_step(path) => {
            let (who, _) = crate::routes_of_decision::ready_for(site, path);
            let contacts = "physician; Dr Weiss; +49 30 1";
            let secret = password(who);
            let fields = [("meaning", "For the walk"), ("password", &*secret), ("contacts", contacts)];
            let address = path.replace("{lot}", "L-1");
            if route.method == "GET" { reads("olga", &address) } else { fills(who, &address, &fields) }
        }
        ("POST", "/str") => {
            let origin = [("recipient", "TH01 9.3"), ("donor", "TH01 6"), ("sample", "TH01 9.3")];
            fills("olga", route.path, &[&origin[..], &[("query", "TH01 6"), ("reference", "TH01 6")]].concat())
        }
        ("POST", "/specifications") => fills("amy", route.path, &[("document", &next_version(site).to_string())]),
        ("POST", "/specifications/{product}/{version}") => {
            drafted(site);
            let document = with_limit(site, "CD34", "1.0").to_string();
            fills("amy", "/specifications/ADMSC-IV/2", &[("document", &document)])
        }
        ("POST", "/specifications/{product}/{version}/approval") => {
            drafted(site);
            let fields = [("password", &*password("queen")), ("meaning", "For the walk"), ("effective_from", "")];
            fills("queen", "/specifications/ADMSC-IV/2/approval", &fields)
        }
        ("POST", "/specifications/{product}/retirement") => {
            let fields = [("password", &*password("queen")), ("reason", "For the walk"), ("version", "1")];
            fills("queen", &filled(route.path), &fields)
        }
        ("GET", "/specifications/new") => reads("amy", "/specifications/new?product=ADMSC-IV&version=1"),
        ("GET", "/specifications/{product}/{version}/edit") => {
            drafted(site);
            reads("amy", "/specifications/ADMSC-IV/2/edit")
        }
        ("POST", "/runs/{run}/resolution") => {
            let run = differing_run(site);
            let fields = [("attribute", "ENDOTOXIN"), ("value.ENDOTOXIN", "0.2"), ("reason", "For the walk")];
            fills("amy", &format!("/runs/{run}/resolution"), &fields)
        }
        ("POST", "/lots/{lot}/dose") => {
            dosed(site);
            fills("olga", "/lots/L-1/dose", &[("weight_kg", "60")])
        }
        ("POST", path) if path.starts_with("/investigations/") => investigation_page(site, path),
        ("GET", "/investigations/{number}") => {
            failing(site);
            reads("olga", &format!("/investigations/{FIRST}"))
        }
        ("GET", path) if path.starts_with("/investigations/") => reads("olga", &path.replace("{number}", FIRST)),
        ("POST", "/deviations") => {
            site.analyst().registers("L-1").created();
            let fields = [("lot", "L-1"), ("kind", "hold"), ("description", "x"), ("impact", "x")];
            fills("amy", route.path, &fields)
        }
        ("GET", "/deviations/new") => reads("amy", "/deviations/new?lot=L-1"),
        ("GET", "/deviations/{number}") => reads("olga", &route.path.replace("{number}", &held(site))),
        ("POST", "/deviations/{number}/closure") => {
            let path = route.path.replace("{number}", &held(site));
            fills("queen", &path, &[("assessment", "x"), ("password", &password("queen"))])
        }
        ("POST", "/verify") => {
            let (media_type, bytes) = multipart(&[("file", b"%PDF-1.7 of another site")]);
            Some(Call { who: None, path: route.path.to_owned(), body: Some((media_type, bytes)) })
        }
        ("GET", "/healthz" | "/readyz" | "/" | "/sign-in" | "/verify" | "/verify/{number}") => {
            open(&filled(route.path))
        }
        ("GET", "/static/{file:.*}") => open("/static/site.css"),
        ("GET", path) => {
            released(site);
            sources(site);
            reads("olga", &filled(path))
        }
        _ => None,
    }
}

/// A form with the fields of a body of the API.
fn fills_in(who: &'static str, path: &str, body: &Value) -> Option<Call> {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let fields: Vec<(String, String)> =
        body.as_object().expect("an object").iter().map(|(n, v)| (n.clone(), text(v))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fills(who, path, &fields)
}

fn signs(site: &Site, route: &Route, name: &str) -> Option<Call> {
    let seen = site.qa().sees("L-1");
    assert!(!criterion(&seen, "PASSAGE").is_null());
    let secret = password("queen");
    let fields =
        [("password", secret.as_str()), (name, "For the walk"), ("dossier_sha256", seen["dossier_sha256"].as_str()?)];
    fills("queen", &route.path.replace("{lot}", "L-1"), &fields)
}

/// A call to a route that succeeds on this fresh site.
pub fn call(site: &Site, route: &Route) -> Call {
    let found = match route.path.starts_with("/api/") {
        true => account_call(site, route).or_else(|| api_call(site, route)),
        false => account_page_call(site, route).or_else(|| page_call(site, route)),
    };
    found.unwrap_or_else(|| panic!("write a call for {} {} in tests/api/calls.rs", route.method, route.path))
}
