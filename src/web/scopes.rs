//! Which addresses are for whom besides roles: for a token's scopes, for a locked page, for somebody
//! who must set something up first.
//!
//! Promises: one table for each; what is not in it is refused, so that a new address is closed to
//! tokens that record until somebody opens it here.

use actix_web::http::Method;

use super::routes::{Effect, ROUTES};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::scope::Scope;

/// What a token with the scope `runs` may reach.
const RUNS: [(&str, &str); 5] = [
    ("POST", "/api/v1/lots/{lot}/runs"),
    ("POST", "/api/v1/lots/{lot}/runs/preview"),
    ("POST", "/api/v1/banks/{bank}/runs"),
    ("POST", "/api/v1/donors/{donor}/runs"),
    ("POST", "/api/v1/files"),
];

/// What reads and is still none of a token's business: accounts, and whoever keeps them.
const NOT_READ: [&str; 5] = ["/api/v1/me/", "/api/v1/users", "/api/v1/alerts", "/api/v1/session", "/api/v1/access"];

/// What a locked page can still do.
const WHILE_LOCKED: [(&str, &str); 3] =
    [("POST", "/api/v1/session/unlock"), ("DELETE", "/api/v1/session"), ("POST", "/sign-out")];

/// What somebody can do whose password was given by an administrator: change it, or leave.
const WHILE_PASSWORD_GIVEN: [(&str, &str); 6] = [
    ("GET", "/api/v1/me"),
    ("POST", "/api/v1/me/password"),
    ("DELETE", "/api/v1/session"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("POST", "/sign-out"),
];

/// What somebody can do whose role needs a second factor that is not set up.
const WHILE_UNREADY: [&str; 16] = [
    "/account",
    "/account/password",
    "/account/security",
    "/account/security/totp",
    "/account/security/totp/confirmation",
    "/sign-out",
    "/api/v1/session",
    "/api/v1/session/unlock",
    "/api/v1/me",
    "/api/v1/me/password",
    "/api/v1/me/factors",
    "/api/v1/me/totp",
    "/api/v1/me/totp/confirmation",
    "/api/v1/me/passkeys",
    "/api/v1/me/passkeys/confirmation",
    "/api/v1/me/sessions",
];

fn allows(scope: Scope, method: &Method, path: &str) -> bool {
    match scope {
        Scope::Runs => RUNS.contains(&(method.as_str(), path)),
        Scope::Read => {
            // HEAD is answered as GET.
            let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
            let reads = |r: &&super::routes::Route| r.path == path && r.method == method && r.effect == Effect::Reads;
            let closed = |prefix: &&str| path.starts_with(*prefix);
            path.starts_with("/api/v1/") && !NOT_READ.iter().any(closed) && ROUTES.iter().any(|r| reads(&r))
        }
    }
}

/// Checks that one of a token's scopes allows what is asked.
///
/// # Errors
/// None does.
pub fn check(scopes: &[Scope], method: &Method, path: &str) -> Result<(), Refusal> {
    if scopes.iter().any(|scope| allows(*scope, method, path)) {
        return Ok(());
    }
    let may: Vec<String> = scopes.iter().map(Scope::to_string).collect();
    let detail = format!(
        "This token may {}, and nothing else. Signing, verifying and keeping accounts need a person who signs in.",
        may.join(" and ")
    );
    Err(Refusal::new(Code::OutOfScope, detail))
}

/// True for what a locked page can still do.
pub fn is_for_the_locked(method: &Method, path: &str) -> bool {
    WHILE_LOCKED.contains(&(method.as_str(), path))
}

/// True for what somebody can do who must change the password first.
pub fn is_for_a_given_password(method: &Method, path: &str) -> bool {
    WHILE_PASSWORD_GIVEN.contains(&(method.as_str(), path))
}

/// True for what somebody can do who must set something up first.
pub fn is_for_the_unready(path: &str) -> bool {
    WHILE_UNREADY.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of addresses at which somebody decides, signs or keeps accounts.
    const NEVER: [&str; 16] = [
        "release",
        "rejection",
        "verification",
        "approval",
        "review",
        "certification",
        "revocation",
        "supersession",
        "supply",
        "closure",
        "conclusion",
        "plan",
        "invalidation",
        "policy",
        "users",
        "/me/",
    ];

    #[test]
    fn no_scope_reaches_what_signs_verifies_decides_or_keeps_accounts() {
        for route in ROUTES.iter().filter(|r| r.effect == Effect::Writes || r.path.starts_with("/api/v1/me/")) {
            let method = Method::from_bytes(route.method.as_bytes()).expect("a method");
            if !NEVER.iter().any(|word| route.path.contains(word)) {
                continue;
            }
            for scope in Scope::ALL {
                assert!(!allows(scope, &method, route.path), "{scope:?}: {} {}", route.method, route.path);
            }
        }
    }

    #[test]
    fn every_address_of_the_tables_exists() {
        let is_there = |path: &str| ROUTES.iter().any(|r| r.path == path);
        for (method, path) in RUNS.iter().chain(&WHILE_LOCKED).chain(&WHILE_PASSWORD_GIVEN) {
            assert!(ROUTES.iter().any(|r| r.path == *path && r.method == *method), "{method} {path}");
        }
        // Those of the account itself are made beside these.
        for path in
            WHILE_UNREADY.iter().filter(|p| !["/account", "/account/password", "/api/v1/me/password"].contains(p))
        {
            assert!(is_there(path), "{path}");
        }
    }

    #[test]
    fn reading_reaches_every_list_of_lots_and_nothing_that_writes() {
        assert!(allows(Scope::Read, &Method::GET, "/api/v1/lots/{lot}"));
        assert!(allows(Scope::Read, &Method::HEAD, "/api/v1/lots"));
        assert!(allows(Scope::Read, &Method::POST, "/api/v1/lots/{lot}/dose"));
        assert!(!allows(Scope::Read, &Method::POST, "/api/v1/lots"));
        assert!(!allows(Scope::Read, &Method::GET, "/lots/{lot}"), "pages are for people");
        assert!(allows(Scope::Runs, &Method::POST, "/api/v1/files"));
        assert!(!allows(Scope::Runs, &Method::GET, "/api/v1/lots"));
    }
}
