//! The lines of `facts.jsonl`, read as a stranger reads them.
//!
//! Promises: a line is canonical JSON, so the fact in it has exactly the bytes that were hashed;
//! numbers go up; a leaf hash is that of its fact.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::event::{FACT_VERSION, Fact};
use crate::ledger::{canonical, leaf_hash};

/// A fact of a pack.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the ledger.
    pub entry: i64,
    /// Its canonical bytes.
    pub bytes: String,
    /// What it says.
    pub fact: Fact,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    entry: i64,
    fact: Value,
    leaf_hash: String,
}

/// Reads all lines.
///
/// # Errors
/// A sentence that names the line.
pub(super) fn read(text: &[u8]) -> Result<Vec<Line>, String> {
    let text = std::str::from_utf8(text).map_err(|_| "It is not UTF-8.".to_owned())?;
    let body = text.strip_suffix('\n').ok_or("It does not end with a line.")?;
    let mut lines: Vec<Line> = Vec::new();
    for (at, text) in body.split('\n').enumerate() {
        let line = read_line(text).map_err(|why| format!("Line {}: {why}", at + 1))?;
        if lines.last().is_some_and(|last| last.entry >= line.entry) {
            return Err(format!("Fact {} stands after one with a greater number.", line.entry));
        }
        lines.push(line);
    }
    Ok(lines)
}

fn read_line(text: &str) -> Result<Line, String> {
    let wrong = |e: serde_json::Error| format!("it cannot be read: {e}.");
    let value: Value = serde_json::from_str(text).map_err(wrong)?;
    if canonical::text(&value).ok().as_deref() != Some(text) {
        return Err("it is not canonical JSON.".to_owned());
    }
    let raw: Raw = serde_json::from_value(value).map_err(wrong)?;
    let bytes = canonical::text(&raw.fact).map_err(wrong)?;
    if leaf_hash(bytes.as_bytes()).to_hex() != raw.leaf_hash {
        return Err(format!("fact {} does not have the leaf hash beside it: it was changed.", raw.entry));
    }
    if raw.fact.get("v").and_then(Value::as_u64) != Some(u64::from(FACT_VERSION)) {
        return Err(format!("fact {} is written in a version that this software does not know.", raw.entry));
    }
    let fact: Fact = serde_json::from_value(raw.fact).map_err(wrong)?;
    Ok(Line { entry: raw.entry, bytes, fact })
}
