//! Every route of `src/web/routes.rs`, walked: who is turned away, what is recorded, what is documented.

use std::collections::BTreeSet;

use lotgate::domain::role::Role;
use lotgate::web::routes::{Effect, ROUTES, Route, Who};
use serde_json::Value;

use crate::answer::Answer;
use crate::calls::{Call, call};
use crate::site::{PEOPLE, Site};

/// A site on which a route can be tried: without people where the route is for the first of them,
/// under a name where it is about passkeys.
pub fn site_for(route: &Route) -> Site {
    match route.path {
        "/first-administrator" => Site::without_people(),
        path if path.contains("passkey") => Site::under_a_name(),
        _ => Site::start(),
    }
}

fn is_api(route: &Route) -> bool {
    route.path.starts_with("/api/")
}

/// Somebody who has a role, as the driver knows them.
fn somebody(role: Role) -> &'static str {
    PEOPLE.iter().find(|(_, _, r)| *r == role.as_str()).expect("everybody").0
}

#[test]
fn strangers_are_turned_away_from_everything_that_is_not_for_anyone() {
    let walked = ROUTES.iter().filter(|r| r.who != Who::Anyone).map(|route| {
        let site = site_for(route);
        let call = call(&site, route);
        let before = site.facts_count();
        for answer in [call.sent_by(&site, route, None), with_a_dead_session(&site, route, &call)] {
            if is_api(route) {
                answer.refused(401, "not_signed_in");
            } else if answer.status == 303 {
                assert!(answer.header("location").starts_with("/sign-in"), "{answer}");
            } else {
                assert!(answer.status == 401 && answer.text().contains("name=\"password\""), "{answer}");
            }
            assert!(!answer.text().contains("L-1\""), "{answer}");
        }
        assert_eq!(site.facts_count(), before, "{} {}", route.method, route.path);
    });
    assert!(walked.count() > 20);
}

fn with_a_dead_session(site: &Site, route: &Route, call: &Call) -> Answer {
    let token = "0".repeat(64);
    let cookie = format!("lotgate_session={token}");
    let bearer = format!("Bearer {token}");
    let header = if is_api(route) { ("Authorization", bearer.as_str()) } else { ("Cookie", cookie.as_str()) };
    let body = call.body.as_ref().map(|(media_type, bytes)| (media_type.as_str(), bytes.clone()));
    site.stranger().asks(route.method, &call.path, &[header], body)
}

#[test]
fn everybody_without_the_role_is_refused() {
    let mut walked = 0;
    for route in ROUTES.iter() {
        let roles = route.who.roles();
        if roles.is_empty() {
            continue;
        }
        let site = site_for(route);
        let call = call(&site, route);
        for other in Role::PEOPLE.into_iter().filter(|r| !roles.contains(r)) {
            let before = site.facts_count();
            let answer = call.sent_by(&site, route, Some(somebody(other)));
            if is_api(route) {
                answer.refused(403, "wrong_role").says(&format!("Your role: {other}"));
            } else {
                assert_eq!(answer.status, 403, "{answer}");
                assert!(answer.text().contains(&format!("Your role: {other}")), "{answer}");
            }
            let acts = [
                "release",
                "rejection",
                "verification",
                "invalidation",
                "/policy",
                "qc-approval",
                "audit-review",
                "qp-certification",
                "supersession",
                "conditional-release",
                "L-1/revocation",
                "L-1/supply",
                "L-1/containers",
            ];
            let attempts = u64::from(route.method != "GET" && acts.iter().any(|act| call.path.ends_with(act)));
            assert_eq!(site.facts_count(), before + attempts, "nothing but the refused attempt: {answer}");
            walked += 1;
        }
        let holds = |role: &Role| PEOPLE.iter().any(|(name, _, of)| call.who == Some(*name) && *of == role.as_str());
        let by_who_may = roles.iter().any(|role| holds(role) || *role == Role::Analyst);
        assert!(by_who_may, "the call is made by who may");
    }
    assert!(walked > 30, "{walked}");
}

#[test]
fn every_write_leaves_a_fact_and_no_read_does() {
    for route in ROUTES.iter() {
        let site = site_for(route);
        let call = call(&site, route);
        let before = site.facts_count();
        let answer = call.sent_by(&site, route, call.who);
        assert!(matches!(answer.status, 200 | 201 | 204 | 303), "{answer}");
        let new = site.facts_count() - before;
        match route.effect {
            Effect::Writes => assert!(new >= 1, "{} {} is said to write and left no fact", route.method, route.path),
            Effect::Reads => assert_eq!(new, 0, "{} {} is said to read and left a fact", route.method, route.path),
        }
    }
}

#[test]
fn every_answer_carries_the_headers_that_protect_the_reader() {
    for route in ROUTES.iter() {
        let site = site_for(route);
        let call = call(&site, route);
        let answer = call.sent_by(&site, route, call.who);
        protects(&answer);
        let cached = answer.header("cache-control");
        assert!(cached == "no-store" || route.path.starts_with("/static/"), "{cached}: {answer}");
    }
}

/// The headers that every answer has.
fn protects(answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{answer}");
    }
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{answer}");
    assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{answer}");
    let permissions = answer.header("permissions-policy");
    assert!(permissions.contains("camera=()") && permissions.contains("publickey-credentials-get=(self)"), "{answer}");
    assert_eq!(answer.header("x-request-id").len(), 16, "{answer}");
    for name in ["server", "x-powered-by"] {
        assert_eq!(answer.header(name), "", "{answer}");
    }
}

#[test]
fn every_refusal_carries_them_too() {
    let site = Site::start();
    let person = site.analyst();
    let huge = vec![b' '; 2 * 1024 * 1024];
    let form = "application/x-www-form-urlencoded";
    let answers = [
        (404, person.get("/nothing/here")),
        (404, person.get("/api/v1/nothing")),
        (404, person.get("/static/nothing.js")),
        (404, person.get("/static/../Cargo.toml")),
        (404, person.get("/certificates/RC-2026-000001/pdf")),
        (405, person.asks("DELETE", "/api/v1/lots", &[], None)),
        (405, person.asks("TRACE", "/", &[], None)),
        (401, site.stranger().get("/api/v1/lots")),
        (403, person.get("/api/v1/users")),
        (400, person.asks("POST", "/api/v1/lots", &[], Some(("application/json", b"{".to_vec())))),
        (415, person.asks("POST", "/api/v1/lots", &[], Some(("text/plain", b"{}".to_vec())))),
        (413, person.asks("POST", "/api/v1/lots", &[], Some(("application/json", huge.clone())))),
        (413, site.stranger().asks("POST", "/sign-in", &[], Some((form, huge)))),
        (403, site.stranger().asks("GET", "/first-administrator?token=x", &[], None)),
        (303, site.stranger().get("/lots")),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{answer}");
        protects(&answer);
        assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
    }
}

#[test]
fn the_document_of_the_api_and_the_table_of_routes_agree() {
    let site = Site::start();
    let document = site.stranger().get("/api/openapi.json").ok();
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let service = ["/healthz", "/readyz"];
    let of_the_api = ROUTES.iter().filter(|r| is_api(r) || service.contains(&r.path));
    let routed: BTreeSet<String> = of_the_api.map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(documented, routed);
}

#[test]
fn the_document_says_who_needs_a_token_and_what_a_body_holds() {
    let site = Site::start();
    let document = site.stranger().get("/api/openapi.json").ok();
    for route in ROUTES.iter().filter(|r| is_api(r)) {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        let open = operation["security"] == serde_json::json!([{}]);
        assert_eq!(open, route.who == Who::Anyone, "{} {}", route.method, route.path);
        assert!(operation["summary"].as_str().is_some_and(|s| s.len() > 5), "{} {}", route.method, route.path);
        let takes_one = matches!(route.method, "POST" | "PUT");
        assert_eq!(operation["requestBody"].is_object(), takes_one, "{} {}", route.method, route.path);
        let named: Vec<&str> = route.path.split('{').skip(1).filter_map(|p| p.split('}').next()).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_path = parameters.iter().filter(|p| p["in"] == "path").filter_map(|p| p["name"].as_str());
        assert_eq!(of_path.collect::<Vec<_>>(), named, "{} {}", route.method, route.path);
    }
    let mut references = Vec::new();
    gather(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

/// Every `$ref` of a document.
fn gather(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|v| gather(v, references));
        }
        Value::Array(items) => items.iter().for_each(|v| gather(v, references)),
        _ => {}
    }
}

#[test]
fn a_method_that_an_address_does_not_take_is_refused_with_those_it_does() {
    let site = Site::start();
    let before = site.facts_count();
    let paths: BTreeSet<&str> = ROUTES.iter().map(|r| r.path).collect();
    for path in paths {
        let offered: Vec<&str> = ROUTES.iter().filter(|r| r.path == path).map(|r| r.method).collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "LOCK"] {
            if offered.contains(&method) {
                continue;
            }
            let address = crate::calls::filled(path).replace("{file:.*}", "site.css");
            let answer = site.admin().asks(method, &address, &[], None);
            answer.refused(405, "method_not_offered").says(method);
            assert_eq!(answer.header("allow"), offered.join(", "), "RFC 9110, 15.5.6: {answer}");
        }
    }
    assert_eq!(site.facts_count(), before);
}

#[test]
fn head_is_answered_as_get_without_the_body() {
    let site = Site::start();
    for path in ["/healthz", "/api/openapi.json", "/verify", "/static/site.css"] {
        let answer = site.stranger().asks("HEAD", path, &[], None);
        assert_eq!((answer.status, answer.bytes.len()), (200, 0), "{answer}");
    }
}

#[test]
fn where_there_is_nothing_the_api_says_so_as_a_problem_and_the_site_as_a_page() {
    let site = Site::start();
    for path in [
        "/api/v1",
        "/api/v2/lots",
        "/api/v1/nothing",
        "/api/v1/lots/",
        "/api/v1//lots",
        "/api/v1/lots//runs",
        "/api/",
        "/api/v1/Lots",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            site.admin().asks(method, path, &[], None).refused(404, "no_such_page");
            site.stranger().asks(method, path, &[], None).refused(404, "no_such_page");
        }
    }
    for path in ["/nothing", "/lots/", "//lots", "/index.php", "/apix", "/.env", "/%2e%2e/etc/passwd"] {
        let answer = site.stranger().get(path);
        assert_eq!((answer.status, answer.header("content-type")), (404, "text/html; charset=utf-8"), "{answer}");
        assert!(answer.text().contains("<h1"), "{answer}");
    }
}

#[test]
fn a_file_that_is_not_embedded_is_not_found() {
    let site = Site::start();
    for path in [
        "nothing.css",
        "../Cargo.toml",
        "..%2f..%2fCargo.toml",
        "%2e%2e/%2e%2e/Cargo.toml",
        "/etc/passwd",
        "",
        "site.css%00",
    ] {
        assert_eq!(site.stranger().get(&format!("/static/{path}")).status, 404, "{path}");
    }
    let style = site.stranger().get("/static/site.css");
    assert_eq!(style.with_status(200).header("content-type"), "text/css");
}
