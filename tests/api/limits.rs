//! How often somebody may ask, and who counts as one.

use std::num::NonZeroU32;

use lotgate::web::WebConfig;
use lotgate::web::limits::Limits;
use serde_json::json;

use crate::answer::Answer;
use crate::site::{Site, password, settings};
use crate::verification::form as multipart;

fn at_least_one(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).expect("more than none")
}

/// A site with the limits a real one has, behind a proxy on this machine.
fn site() -> Site {
    let trusted = vec!["127.0.0.1".parse().expect("an address")];
    Site::with(|_| WebConfig { trusted_proxies: trusted, limits: Limits::default(), ..WebConfig::default() })
}

fn tries(site: &Site, from: &str, username: &str) -> Answer {
    let body = json!({"username": username, "password": "not it"});
    site.stranger().post_with("/api/v1/session", &[("X-Forwarded-For", from)], &body)
}

fn waits_seconds(site: &Site, seconds: i64) {
    let later = site.app.now().utc() + chrono::Duration::seconds(seconds);
    site.is_at(lotgate::domain::moment::Moment::new(later));
}

#[test]
fn sign_ins_from_one_address_are_limited_whatever_the_names() {
    let site = site();
    for n in 0..20 {
        tries(&site, "198.51.100.7", &format!("nobody{n}")).refused(401, "wrong_credentials");
    }
    let facts = site.facts_count();
    let answer = tries(&site, "198.51.100.7", "amy");
    answer.refused(429, "too_many_requests").says("Try again in 6 seconds");
    assert_eq!(answer.header("retry-after"), "6");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(answer.header("x-request-id").len(), 16);
    assert_eq!(site.facts_count(), facts, "nothing was done");
    tries(&site, "198.51.100.8", "nobody20").refused(401, "wrong_credentials");
    // The right password does not help, and what needs no password is not hindered.
    let right = json!({"username": "amy", "password": password("amy")});
    let from = [("X-Forwarded-For", "198.51.100.7")];
    site.stranger().post_with("/api/v1/session", &from, &right).refused(429, "too_many_requests");
    site.stranger().asks("GET", "/sign-in", &from, None).with_status(200);
    waits_seconds(&site, 6);
    site.stranger().post_with("/api/v1/session", &from, &right).created();
    site.stranger().post_with("/api/v1/session", &from, &right).refused(429, "too_many_requests");
}

#[test]
fn an_account_is_tried_no_oftener_from_many_addresses_than_from_one() {
    let site = site();
    let statuses: Vec<u16> = (0..25).map(|n| tries(&site, &format!("203.0.113.{n}"), " AMY ").status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == 429).count(), 5, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
    let other = json!({"username": "queen", "password": password("queen")});
    site.stranger().post_with("/api/v1/session", &[("X-Forwarded-For", "203.0.113.99")], &other).created();
}

#[test]
fn a_person_who_tries_too_often_gets_a_page() {
    let site = site();
    let send = || {
        let body = ("application/x-www-form-urlencoded", b"username=nobody.here&password=x".to_vec());
        site.stranger().asks("POST", "/sign-in", &[], Some(body))
    };
    for _ in 0..20 {
        send().with_status(401);
    }
    let page = send();
    page.with_status(429);
    assert!(page.header("content-type").starts_with("text/html"));
    assert_eq!(page.header("retry-after"), "6");
    assert!(page.text().contains("Try again in 6 seconds") && page.text().contains("too_many_requests"), "{page}");
}

#[test]
fn a_header_that_a_stranger_writes_does_not_make_somebody_else_of_them() {
    let site = Site::with(|_| WebConfig { limits: Limits::default(), ..WebConfig::default() });
    let statuses: Vec<u16> =
        (0..21).map(|n| tries(&site, &format!("203.0.113.{n}"), &format!("nobody{n}")).status).collect();
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[test]
fn addresses_of_one_ipv6_network_count_as_one() {
    let site = site();
    for n in 0..20 {
        tries(&site, &format!("2001:db8:1:2::{n:x}"), &format!("nobody{n}")).refused(401, "wrong_credentials");
    }
    tries(&site, "2001:db8:1:2:ffff::1", "nobody21").refused(429, "too_many_requests");
    tries(&site, "2001:db8:1:3::1", "nobody22").refused(401, "wrong_credentials");
}

#[test]
fn certificates_are_checked_for_strangers_within_a_limit_of_their_own() {
    let site = site();
    let check = || {
        let (media_type, bytes) = multipart(&[("number", b"RC-2026-000001")]);
        site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, bytes)))
    };
    for _ in 0..60 {
        check().ok();
    }
    check().refused(429, "too_many_requests");
    tries(&site, "127.0.0.1", "nobody.here").refused(401, "wrong_credentials");
}

#[test]
fn a_session_has_a_limit_and_another_one_is_not_hindered_by_it() {
    let few = Limits::of(at_least_one(1_000_000), at_least_one(5));
    let site = Site::with(|_| WebConfig { limits: few, ..settings() });
    for _ in 0..10 {
        site.analyst().get("/api/v1/me").ok();
    }
    let answer = site.analyst().get("/api/v1/me");
    answer.refused(429, "too_many_requests");
    assert_eq!(answer.header("retry-after"), "12");
    site.verifier().get("/api/v1/me").ok();
    site.stranger().get("/healthz").with_status(200);
    waits_seconds(&site, 12);
    site.analyst().get("/api/v1/me").ok();
    // Made-up tokens are limited by their address.
    let statuses: Vec<u16> = (0..50)
        .map(|n| {
            let bearer = format!("Bearer {n:064}");
            site.stranger().asks("GET", "/api/v1/me", &[("Authorization", &bearer)], None).status
        })
        .collect();
    assert_eq!(statuses.first(), Some(&401));
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let site = site();
    for n in 0..20 {
        tries(&site, "198.51.100.7", &format!("nobody{n}")).refused(401, "wrong_credentials");
    }
    waits_seconds(&site, -7200);
    tries(&site, "198.51.100.7", "nobody.here").refused(429, "too_many_requests");
    waits_seconds(&site, 6);
    tries(&site, "198.51.100.7", "nobody.here").refused(401, "wrong_credentials");
}
