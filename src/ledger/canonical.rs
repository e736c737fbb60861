//! Canonical JSON (RFC 8785): one text for one value, so that a hash means something.
//!
//! Promises: equal values give equal bytes. Values that go in here hold no floats and no
//! integers beyond 2^53 - 1; decimals are text.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The canonical JSON text of a value.
///
/// # Errors
/// The value is no JSON (a map with keys that are not text).
pub fn text<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json_canonicalizer::to_string(value)
}

/// SHA-256 of bytes as 64 lower-case hex digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// SHA-256 of the canonical JSON of a value, 64 hex digits.
///
/// # Errors
/// As [`text`].
pub fn sha256_of<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(sha256_hex(text(value)?.as_bytes()))
}
