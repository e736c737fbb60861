//! What is acceptable: a number against a limit, a word out of a list, or a result without limit.
//!
//! Promises: a field that is misspelt or belongs to another type of acceptance is refused and
//! never dropped, because a dropped incubation time would pass a lot too early.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limit::{Limit, LimitText};

/// What is acceptable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum Acceptance {
    /// A number against a limit.
    Numeric {
        /// Operator and limit.
        limit: Limit,
        /// The only unit in which it may be given; none for a count such as the passage.
        unit: Option<String>,
        /// True where only whole numbers exist (passage).
        whole: bool,
        /// The band inside the limit beyond which a result asks for a note; never blocks.
        alert: Option<Limit>,
    },
    /// A word out of a list.
    Categorical {
        /// Every final word that may be recorded.
        allowed: Vec<String>,
        /// The words that pass.
        acceptable: Vec<String>,
        /// Words of an interim reading, which stays pending.
        interim: Vec<String>,
        /// Hours from the start of incubation before which no acceptable final word is possible.
        incubation_hours_min: Option<i64>,
        /// Interim words that prolong incubation: hours from that reading before which no
        /// acceptable final word is possible (USP <71>: subculture of a turbid product, 4 days).
        extensions: BTreeMap<String, i64>,
    },
    /// A number without a limit ("report result").
    Number {
        /// Unit.
        unit: Option<String>,
    },
    /// A text without a limit (a karyotype in ISCN).
    Text,
}

/// [`Acceptance`] as it is written: flat, every unknown field refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<LimitText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    low: Option<LimitText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<LimitText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert: Option<Limit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acceptable: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    interim: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incubation_hours_min: Option<i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<String, i64>,
}

impl Fields {
    /// The fields that are there, apart from the type.
    fn given(&self) -> Vec<&'static str> {
        let there = [
            ("operator", self.operator.is_some()),
            ("limit", self.limit.is_some()),
            ("low", self.low.is_some()),
            ("high", self.high.is_some()),
            ("unit", self.unit.is_some()),
            ("whole", self.whole),
            ("alert", self.alert.is_some()),
            ("allowed", !self.allowed.is_empty()),
            ("acceptable", !self.acceptable.is_empty()),
            ("interim", !self.interim.is_empty()),
            ("incubation_hours_min", self.incubation_hours_min.is_some()),
            ("extensions", !self.extensions.is_empty()),
        ];
        there.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    fn only(&self, allowed: &[&str]) -> Result<(), String> {
        match self.given().into_iter().find(|name| !allowed.contains(name)) {
            Some(name) => Err(format!("an acceptance of type \"{}\" has no field `{name}`", self.kind)),
            None => Ok(()),
        }
    }

    fn limit(&mut self) -> Result<Limit, String> {
        let operator = self.operator.clone().unwrap_or_default();
        if operator == "range" {
            self.only(&["operator", "low", "high", "unit", "whole", "alert"])?;
            let missing = || "a range needs `low` and `high`".to_owned();
            let (low, high) = (self.low.take().ok_or_else(missing)?, self.high.take().ok_or_else(missing)?);
            return Ok(Limit::Within { low, high });
        }
        self.only(&["operator", "limit", "unit", "whole", "alert"])?;
        let limit = self.limit.take().ok_or("a numeric acceptance needs its `limit` as text, \"95.0\"")?;
        match operator.as_str() {
            ">" => Ok(Limit::Above { limit }),
            "NLT" => Ok(Limit::AtLeast { limit }),
            "<" => Ok(Limit::Below { limit }),
            "NMT" => Ok(Limit::AtMost { limit }),
            _ => Err(format!("the operator is one of NLT, NMT, >, <, range, not \"{operator}\"")),
        }
    }
}

impl TryFrom<Fields> for Acceptance {
    type Error = String;

    fn try_from(mut fields: Fields) -> Result<Self, String> {
        match fields.kind.as_str() {
            "numeric" => {
                let limit = fields.limit()?;
                let Fields { unit, whole, alert, .. } = fields;
                Ok(Acceptance::Numeric { limit, unit, whole, alert })
            }
            "categorical" => {
                fields.only(&["allowed", "acceptable", "interim", "incubation_hours_min", "extensions"])?;
                let Fields { allowed, acceptable, interim, incubation_hours_min, extensions, .. } = fields;
                Ok(Acceptance::Categorical { allowed, acceptable, interim, incubation_hours_min, extensions })
            }
            "number" => {
                fields.only(&["unit"])?;
                Ok(Acceptance::Number { unit: fields.unit })
            }
            "text" => {
                fields.only(&[])?;
                Ok(Acceptance::Text)
            }
            other => Err(format!("the type is one of numeric, categorical, number, text, not \"{other}\"")),
        }
    }
}

impl From<Acceptance> for Fields {
    fn from(acceptance: Acceptance) -> Fields {
        let of = |kind: &str| Fields { kind: kind.to_owned(), ..Fields::default() };
        match acceptance {
            Acceptance::Numeric { limit, unit, whole, alert } => {
                let mut fields = Fields { unit, whole, alert, ..of("numeric") };
                fields.operator = Some(limit.operator().to_owned());
                match limit {
                    Limit::Within { low, high } => (fields.low, fields.high) = (Some(low), Some(high)),
                    Limit::Above { limit }
                    | Limit::AtLeast { limit }
                    | Limit::Below { limit }
                    | Limit::AtMost { limit } => fields.limit = Some(limit),
                }
                fields
            }
            Acceptance::Categorical { allowed, acceptable, interim, incubation_hours_min, extensions } => {
                Fields { allowed, acceptable, interim, incubation_hours_min, extensions, ..of("categorical") }
            }
            Acceptance::Number { unit } => Fields { unit, ..of("number") },
            Acceptance::Text => of("text"),
        }
    }
}

impl Acceptance {
    /// The unit, where there is one.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Acceptance::Numeric { unit, .. } | Acceptance::Number { unit } => unit.as_deref(),
            Acceptance::Categorical { .. } | Acceptance::Text => None,
        }
    }

    /// True where there is something to pass or fail.
    pub fn has_limit(&self) -> bool {
        matches!(self, Acceptance::Numeric { .. } | Acceptance::Categorical { .. })
    }

    /// The criterion as text with its decimals and unit: `NLT 95.0 %`, `No growth (14 d)`.
    pub fn in_words(&self) -> String {
        let pretty = |unit: &str| unit.replace("x10^6", "×10⁶");
        match self {
            Acceptance::Numeric { limit, unit: Some(unit), .. } => format!("{limit} {}", pretty(unit)),
            Acceptance::Numeric { limit, unit: None, .. } => limit.to_string(),
            Acceptance::Categorical { acceptable, incubation_hours_min, .. } => {
                let words = acceptable.join(" or ");
                match incubation_hours_min {
                    Some(hours) if hours % 24 == 0 => format!("{words} ({} d)", hours / 24),
                    Some(hours) => format!("{words} ({hours} h)"),
                    None => words,
                }
            }
            Acceptance::Number { unit: Some(unit) } => format!("Report result, {}", pretty(unit)),
            Acceptance::Number { unit: None } | Acceptance::Text => "Report result".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Acceptance, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    #[test]
    fn an_acceptance_is_written_as_it_was_read() {
        for text in [
            r#"{"type":"numeric","operator":"NLT","limit":"95.0","unit":"%"}"#,
            r#"{"type":"numeric","operator":"range","low":"180.0","high":"220.0","unit":"x10^6"}"#,
            r#"{"type":"numeric","operator":"NLT","limit":"80.0","unit":"%","alert":{"operator":"NLT","limit":"85.0"}}"#,
            r#"{"type":"categorical","allowed":["No growth","Growth"],"acceptable":["No growth"],"interim":["Turbid"],"incubation_hours_min":336,"extensions":{"Turbid":96}}"#,
            r#"{"type":"number","unit":"h"}"#,
            r#"{"type":"text"}"#,
        ] {
            let acceptance = read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(serde_json::to_string(&acceptance).expect("json"), text);
        }
    }

    #[test]
    fn a_misspelt_or_foreign_field_is_refused_and_not_dropped() {
        for (text, says) in [
            (
                r#"{"type":"categorical","allowed":["a"],"acceptable":["a"],"incubation_hour_min":336}"#,
                "incubation_hour_min",
            ),
            (
                r#"{"type":"numeric","operator":"NLT","limit":"95.0","incubation_hours_min":336}"#,
                "incubation_hours_min",
            ),
            (r#"{"type":"numeric","operator":"NLT","limit":"95.0","low":"1.0"}"#, "low"),
            (r#"{"type":"numeric","operator":"range","low":"1.0"}"#, "high"),
            (r#"{"type":"numeric","operator":"≥","limit":"95.0"}"#, "operator"),
            (
                r#"{"type":"numeric","operator":"NLT","limit":"95.0","alert":{"operator":"NLT","limit":"96.0","x":1}}"#,
                "x",
            ),
            (r#"{"type":"text","unit":"%"}"#, "unit"),
            (r#"{"type":"boolean"}"#, "type"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.contains(says), "{text}: {refused}");
        }
    }
}
