//! What a dossier says around the results: what the lot was made from, criteria that do not apply,
//! investigations, deviations.
//!
//! Promises: each is complete in words; nothing here is a reference that could change later.

use serde::{Deserialize, Serialize};

use super::PersonRecord;

/// A bank or donor the lot was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRecord {
    /// Its number.
    pub number: String,
    /// `bank` or `donor`.
    pub stage: String,
    /// Passage, of a bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passage: Option<u32>,
    /// Cumulative population doublings as typed, of a bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_doublings: Option<String>,
}

/// A criterion that does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotApplicableRecord {
    /// Attribute code.
    pub attribute: String,
    /// Attribute in words.
    pub name: String,
    /// The acceptance criterion as text.
    pub acceptance: String,
    /// Why it does not apply.
    pub because: String,
}

/// An investigation and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvestigationRecord {
    /// Its number, `OOS-2026-0001`.
    pub number: String,
    /// What was investigated: the lot itself, its bank or its donor.
    pub of: String,
    /// The run with the failing results.
    pub run: i64,
    /// The failing results, each with its arithmetic.
    pub failures: Vec<String>,
    /// Every re-test run, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retests: Vec<i64>,
    /// How it ended, in words; `open` where it has not.
    pub outcome: String,
    /// The cause as concluded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<PersonRecord>,
    /// When (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// A deviation or hold and how it was assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviationRecord {
    /// Its number, `DEV-2026-0001`.
    pub number: String,
    /// What it concerns: the lot itself, its bank or its donor.
    pub of: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// What happened.
    pub description: String,
    /// QA's assessment; none while it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<String>,
    /// Who closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<PersonRecord>,
    /// When (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}
