//! Signing in by a real OpenID provider: the built program beside Glewlwyd, the
//! provider that Debian has, each a process of its own, with a person's browser between them.
//!
//! Where Glewlwyd is missing its trials are *ignored*, visibly; with `CI=true` they fail. What only
//! a forger would say is in `tests/api/provider.rs`.

#[path = "provider/glewlwyd.rs"]
mod glewlwyd;
#[path = "cli/program.rs"]
mod program;

use std::path::PathBuf;

use glewlwyd::{Browser, CLIENT_SECRET, Glewlwyd};
use libtest_mimic::{Arguments, Failed, Trial};
use program::Service;
use serde_json::json;

const ADMIN: (&str, &str) = ("root.admin", "one password for the administrator here");
/// What the administrator gives Amy, to be changed first.
const FIRST: &str = "marble trumpet under the fog";
const AMY: (&str, &str) = ("amy", "another password for amy who has it here");

/// A site with two people, started by the program, that knows the provider.
fn site(glewlwyd: &Glewlwyd, folder: &tempfile::TempDir) -> Service {
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let secret = path("client-secret");
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).expect("written");
    let (data, bind) = (path("data"), format!("127.0.0.1:{}", glewlwyd.site_port));
    let arguments = [
        "serve",
        "--data",
        &data,
        "--bind",
        &bind,
        "--oidc-issuer",
        &glewlwyd.issuer,
        "--oidc-client-id",
        "lotgate",
        "--oidc-client-secret-file",
        &secret,
        "--tries-per-minute",
        "1000",
    ];
    let mut service =
        Service::start_in(&arguments, &[("RUST_LOG", "trace")], |line| line.contains("first-administrator"));
    let link = service.said().iter().find_map(|l| l.split("token=").nth(1)).expect("a link").trim().to_owned();
    let (name, password) = ADMIN;
    let fields = [
        ("token", link.as_str()),
        ("username", name),
        ("full_name", "Root Admin"),
        ("password", password),
        ("password_again", password),
    ];
    assert_eq!(program::submit(&service.url, "/first-administrator", &fields), 303);
    let admin = service.sign_in(name, password);
    let user = json!({"username": AMY.0, "full_name": "Amy Adams", "roles": ["analyst"], "password": FIRST});
    assert_eq!(service.ask("POST", "/api/v1/users", &admin, Some(user)).0, 201);
    let first = service.sign_in(AMY.0, FIRST);
    let change = json!({"password": FIRST, "new_password": AMY.1});
    assert_eq!(service.ask("POST", "/api/v1/me/password", &first, Some(change)).0, 204);
    service
}

/// Amy's browser signs in here by the provider, where she is signed in; the last answer's page.
fn signs_in_by_the_provider(browser: &mut Browser, service: &Service) -> (u16, String) {
    browser.follows(&format!("{}/sign-in/oidc?next=/calendar", service.url))
}

/// Amy signs in with her password here and links her account.
fn links(browser: &mut Browser, service: &Service) {
    let (status, page) =
        browser.posts(&format!("{}/sign-in", service.url), &[("username", AMY.0), ("password", AMY.1)]);
    assert_eq!(status, 200, "{page}");
    let (status, page) = browser.posts(&format!("{}/account/oidc", service.url), &[("password", AMY.1)]);
    assert!(status == 200 && page.contains("href=\"/account/oidc/visit\""), "{status}: {page}");
    let (status, page) = browser.follows(&format!("{}/account/oidc/visit", service.url));
    assert!(status == 200 && page.contains("Your account is linked"), "{status}: {page}\n{}", service.log());
}

fn a_person_links_the_account_and_signs_in_by_the_provider(glewlwyd: &Glewlwyd) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = site(glewlwyd, &folder);
    let mut browser = Browser::new();
    browser.signs_in_at(glewlwyd, "amy.adams");

    let (status, page) = signs_in_by_the_provider(&mut browser, &service);
    assert!(status == 403 && page.contains("not_linked"), "not linked yet: {status}: {page}");

    links(&mut browser, &service);
    browser.forgets(&service.url);
    let (status, page) = signs_in_by_the_provider(&mut browser, &service);
    assert!(status == 200 && page.contains("Amy Adams") && browser.at.ends_with("/calendar"), "{}: {page}", browser.at);

    // What was used is used up, also where the cookies are still there.
    let callback = browser.passed.iter().rfind(|a| a.contains("/callback?")).expect("it came by").clone();
    let (status, page) = browser.follows(&callback);
    assert!(status == 403 && page.contains("provider_refused"), "{status}: {page}");

    // Somebody else at the provider is nobody here.
    let mut other = Browser::new();
    other.signs_in_at(glewlwyd, "eve.evans");
    let (status, page) = signs_in_by_the_provider(&mut other, &service);
    assert!(status == 403 && page.contains("not_linked"), "{status}: {page}");

    let admin = service.sign_in(ADMIN.0, ADMIN.1);
    let removal = format!("/api/v1/users/{}/identity-link/removal", AMY.0);
    assert_eq!(service.ask("POST", &removal, &admin, Some(json!({"reason": "left the house"}))).0, 204);
    let (status, page) = signs_in_by_the_provider(&mut browser, &service);
    assert!(status == 403 && page.contains("not_linked"), "{status}: {page}");
    Ok(())
}

fn a_code_that_is_brought_back_by_another_browser_signs_nobody_in(glewlwyd: &Glewlwyd) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = site(glewlwyd, &folder);
    let mut browser = Browser::new();
    browser.signs_in_at(glewlwyd, "amy.adams");
    links(&mut browser, &service);
    browser.forgets(&service.url);
    let callback = browser.stops_before_the_callback(&format!("{}/sign-in/oidc", service.url));
    let mut victim = Browser::new();
    let (status, page) = victim.follows(&callback);
    assert!(status == 403 && page.contains("provider_refused"), "{status}: {page}");
    let broken = format!("{callback}0");
    let (status, page) = browser.follows(&broken);
    assert!(matches!(status, 403 | 503), "another code: {status}: {page}");
    Ok(())
}

fn nothing_of_a_sign_in_is_in_the_log_at_any_level(glewlwyd: &Glewlwyd) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let service = site(glewlwyd, &folder);
    let mut browser = Browser::new();
    browser.signs_in_at(glewlwyd, "amy.adams");
    links(&mut browser, &service);
    browser.forgets(&service.url);
    assert_eq!(signs_in_by_the_provider(&mut browser, &service).0, 200);
    let log = service.log();
    assert!(log.contains("/sign-in/oidc/callback"), "the request is logged: {log}");
    let mut secrets = vec![AMY.1.to_owned(), ADMIN.1.to_owned(), CLIENT_SECRET.to_owned()];
    secrets.extend(browser.held_for(&service.url));
    for address in &browser.passed {
        let query = address.split('?').nth(1).unwrap_or_default();
        let kept = ["code", "state", "nonce"];
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        secrets.extend(pairs.filter(|(name, _)| kept.contains(name)).map(|(_, value)| value.to_owned()));
    }
    assert!(secrets.len() > 8, "{secrets:?}");
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
    Ok(())
}

type Story = fn(&Glewlwyd) -> Result<(), Failed>;

fn main() {
    let stories: [(&str, Story); 3] = [
        (
            "a_person_links_the_account_and_signs_in_by_the_provider",
            a_person_links_the_account_and_signs_in_by_the_provider,
        ),
        (
            "a_code_that_is_brought_back_by_another_browser_signs_nobody_in",
            a_code_that_is_brought_back_by_another_browser_signs_nobody_in,
        ),
        ("nothing_of_a_sign_in_is_in_the_log_at_any_level", nothing_of_a_sign_in_is_in_the_log_at_any_level),
    ];
    let program: Option<PathBuf> = glewlwyd::program();
    let must = std::env::var_os("CI").is_some();
    let trials = stories.into_iter().map(|(name, story)| match program.clone() {
        Some(program) => Trial::test(name, move || story(&Glewlwyd::start(&program)?)),
        None if must => Trial::test(name, || Err("Glewlwyd is not installed (package glewlwyd)".into())),
        None => Trial::test(name, || Ok(())).with_ignored_flag(true),
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
