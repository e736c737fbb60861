//! A person's own security: second factors, sessions, tokens.

use askama::Template;

use super::parts::{Choice, Frame, Moment};
use super::samples;

/// `GET /account/security`.
#[derive(Debug, Clone, Template)]
#[template(path = "account/security.html")]
pub struct SecurityPage {
    /// The frame.
    pub frame: Frame,
    /// Recovery codes just made: shown this once.
    pub recovery_codes: Vec<String>,
    /// A token just issued: shown this once.
    pub issued_token: Option<String>,
    /// One-time codes being set up.
    pub setup: Option<Setup>,
    /// Second factors and passkeys.
    pub factors: Vec<FactorRow>,
    /// Whether one-time codes are set up.
    pub has_codes: bool,
    /// Recovery codes that are left.
    pub recovery_left: u32,
    /// Whether passkeys can be used under the site's address.
    pub passkeys_offered: bool,
    /// Open sessions.
    pub sessions: Vec<SessionRow>,
    /// Tokens.
    pub tokens: Vec<TokenRow>,
    /// What a token may do.
    pub scopes: Vec<Choice>,
}

/// One-time codes being set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The secret in groups of four.
    pub secret: Vec<String>,
    /// Edge of the matrix code with its margin, in modules.
    pub size: usize,
    /// Its dark modules as an SVG path.
    pub path: String,
    /// What is wrong with the code.
    pub code_problem: Option<String>,
}

/// A second factor or passkey.
#[derive(Debug, Clone)]
pub struct FactorRow {
    /// Its public name.
    pub id: String,
    /// The `id` of its password field.
    pub field: String,
    /// What it is.
    pub kind: String,
    /// What the person calls it.
    pub name: String,
    /// Since.
    pub since: Moment,
}

/// An open session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its public name.
    pub id: String,
    /// From what.
    pub label: String,
    /// Whether it is the one that looks.
    pub current: bool,
    /// Since.
    pub since: Moment,
    /// Last used.
    pub seen: Moment,
}

/// A token.
#[derive(Debug, Clone)]
pub struct TokenRow {
    /// Its public name.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do, in words.
    pub scopes: String,
    /// Until.
    pub until: Moment,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl SecurityPage {
    /// Somebody without any factor.
    pub fn sample() -> Self {
        let session = |id: &str, label: &str, current| SessionRow {
            id: id.into(),
            label: label.into(),
            current,
            since: Moment::sample("2026-11-26 08:00", "6 hours ago"),
            seen: Moment::sample("2026-11-26 14:04", "1 minute ago"),
        };
        Self {
            frame: samples::frame("Security", "security", ""),
            recovery_codes: vec![],
            issued_token: None,
            setup: None,
            factors: vec![],
            has_codes: false,
            recovery_left: 0,
            passkeys_offered: true,
            sessions: vec![session("a1", "Firefox on Linux", true), session("b2", "Chrome on Android", false)],
            tokens: vec![],
            scopes: vec![Choice { value: "read".into(), label: "read everything".into(), chosen: false }],
        }
    }

    /// A code that was typed wrongly while one-time codes are being set up.
    pub fn sample_setup() -> Self {
        let setup = Setup {
            secret: vec!["ABCD".into(), "EFGH".into()],
            size: 29,
            path: "M4 4h1v1h-1z".into(),
            code_problem: Some("The one-time code is not right.".into()),
        };
        let mut page = Self { setup: Some(setup), passkeys_offered: false, ..Self::sample() };
        page.frame.asks_code = true;
        page.frame.idle_minutes = Some(15);
        page
    }

    /// Somebody with everything, just after codes and a token were made.
    pub fn sample_full() -> Self {
        let factor = |id: &str, kind: &str, name: &str| FactorRow {
            id: id.into(),
            field: format!("factor-{id}"),
            kind: kind.into(),
            name: name.into(),
            since: Moment::sample("2026-11-01 08:00", ""),
        };
        let token = |id: &str, revoked| TokenRow {
            id: id.into(),
            name: "Cytometer CYT-1".into(),
            scopes: "record runs".into(),
            until: Moment::sample("2027-05-01 08:00", ""),
            revoked,
        };
        Self {
            recovery_codes: vec!["ABCD-EFGH-IJKL-MNOP".into(), "QRST-UVWX-YZ23-4567".into()],
            issued_token: Some("lgt_0123456789abcdef".into()),
            factors: vec![factor("f1", "one-time codes", "Telephone"), factor("f2", "passkey", "Notebook")],
            has_codes: true,
            recovery_left: 10,
            tokens: vec![token("t1", false), token("t2", true)],
            ..Self::sample()
        }
    }
}
