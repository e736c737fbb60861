//! What the server answered, and what a test may claim about it.

use serde_json::Value;
use ureq::http::HeaderMap;

/// An answer of the server.
#[derive(Debug)]
pub struct Answer {
    /// What was asked, for the message of a failed claim.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// A header's text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap_or("not ASCII"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{}: {e} in {self}", self.asked))
    }

    /// 200 with JSON.
    #[track_caller]
    pub fn ok(&self) -> Value {
        self.with_status(200).json()
    }

    /// 201 with JSON.
    #[track_caller]
    pub fn created(&self) -> Value {
        self.with_status(201).json()
    }

    /// This status.
    #[track_caller]
    pub fn with_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// Refused with this status and code, in the one form that refusals have (RFC 9457).
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Refused {
        let refused = self.with_status(status).problem();
        assert_eq!(refused.body["code"], code, "{self}");
        refused
    }

    /// A refusal of whatever kind, complete.
    #[track_caller]
    pub fn problem(&self) -> Refused {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self}");
        let body = self.json();
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        assert_eq!(body["status"], self.status, "{self}");
        assert_eq!(text("type"), format!("/problems/{}", text("code")), "{self}");
        assert!(text("code").len() > 2 && text("title") == text("code").replace('_', " "), "{self}");
        assert!(text("detail").ends_with('.') || text("detail").ends_with('”'), "a sentence: {self}");
        assert_eq!(text("request_id"), self.header("x-request-id"), "{self}");
        assert_eq!(text("request_id").len(), 16, "{self}");
        Refused { body }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(1500).collect();
        write!(f, "{} -> {} {body}", self.asked, self.status)
    }
}

/// A refusal.
#[derive(Debug)]
pub struct Refused {
    pub body: Value,
}

impl Refused {
    /// The sentence.
    pub fn detail(&self) -> &str {
        self.body["detail"].as_str().expect("a sentence")
    }

    /// The sentence says this.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.detail().contains(words), "no “{words}” in: {}", self.detail());
        self
    }

    /// It names exactly these fields.
    #[track_caller]
    pub fn about(&self, fields: &[&str]) -> &Self {
        let named: Vec<&str> =
            self.body["fields"].as_array().expect("fields").iter().filter_map(|f| f["field"].as_str()).collect();
        assert_eq!(named, fields, "{}", self.body);
        self
    }
}
