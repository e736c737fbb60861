//! A specification as one readable file: the format of the shipped ones, of import, export and
//! the API.
//!
//! Promises: what is written reads back as the same specification; what cannot be read is refused
//! with the place of every part that is wrong, and nothing unknown or repeated is dropped.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::calculation::Calculation;
use super::dose::Dosing;
use super::ids::{AssayCode, AttributeCode, ProductCode};
use super::limit::Rounding;
use super::moment::Moment;
use super::refusal::{Code, FieldRefusal, Refusal};
use super::spec::{Acceptance, Assay, Condition, Criterion, CriterionKind, Specification, Stage};
use super::two_step::TwoStep;

/// The largest specification, in bytes of its canonical JSON: it must fit into one fact of the
/// ledger (65 535 bytes) with who wrote it and when.
pub const DOCUMENT_BYTES_MAX: usize = 60_000;

/// The most problems that are told at once.
const PROBLEMS_MAX: usize = 20;
/// The longest part of a reader's message that is passed on, in characters.
const MESSAGE_CHARS_MAX: usize = 300;

/// Reads a specification from its file.
///
/// # Errors
/// It is no JSON, or parts of it are not what a specification has; each part is named.
pub fn read(text: &str) -> Result<Specification, Refusal> {
    // An array would fill the fields by their order, which nobody could read.
    if !text.trim_start().starts_with('{') {
        let detail =
            "The document cannot be read: it must be a JSON object, beginning with a brace, like the exported ones.";
        return Err(Refusal::field(Code::MalformedRequest, "document", detail));
    }
    let error = match serde_json::from_str(text) {
        Ok(specification) => return Ok(specification),
        Err(error) => error,
    };
    let problems = serde_json::from_str::<Value>(text).map(|value| problems(&value)).unwrap_or_default();
    if problems.is_empty() {
        let detail = format!("The document cannot be read: {}.", plainly(&error));
        return Err(Refusal::field(Code::MalformedRequest, "document", detail));
    }
    let field = |(place, why): (String, String)| FieldRefusal {
        detail: format!("{place} cannot be read: {why}."),
        field: place,
        code: Code::MalformedRequest.as_str(),
    };
    let fields: Vec<FieldRefusal> = problems.into_iter().take(PROBLEMS_MAX).map(field).collect();
    let details: Vec<&str> = fields.iter().map(|f| f.detail.as_str()).collect();
    Err(Refusal { code: Code::MalformedRequest, detail: details.join(" "), fields })
}

/// Writes a specification as its file.
///
/// # Errors
/// None of a specification's parts can fail to be written; a failure is ours.
pub fn write(specification: &Specification) -> Result<String, String> {
    let text = serde_json::to_string_pretty(specification).map_err(|e| e.to_string())?;
    Ok(text + "\n")
}

/// A reader's message without its full stop, and with what to do where that is known.
fn plainly(error: &serde_json::Error) -> String {
    let what: String = error.to_string().chars().take(MESSAGE_CHARS_MAX).collect();
    let what = what.trim_end_matches('.');
    let is_number = what.contains("floating point") || what.contains("type: integer");
    if is_number && what.contains("expected a string") {
        format!(
            "{what}. Numbers of limits are written as text in quotes, such as \"95.0\", so that their decimals are kept"
        )
    } else {
        what.to_owned()
    }
}

type Problem = (String, String);

fn wrong<T: DeserializeOwned>(outer: &Value, field: &str, place: &str) -> Option<Problem> {
    let value = outer.get(field)?;
    let error = T::deserialize(value).err()?;
    Some((if place.is_empty() { field.to_owned() } else { format!("{place}.{field}") }, plainly(&error)))
}

/// Every part that is not what it should be.
fn problems(document: &Value) -> Vec<Problem> {
    let mut found: Vec<Problem> = [
        wrong::<ProductCode>(document, "product", ""),
        wrong::<u32>(document, "version", ""),
        wrong::<String>(document, "product_name", ""),
        wrong::<String>(document, "title", ""),
        wrong::<bool>(document, "example", ""),
        wrong::<String>(document, "source", ""),
        wrong::<Rounding>(document, "rounding", ""),
        wrong::<Option<Moment>>(document, "effective_from", ""),
        wrong::<Vec<[AttributeCode; 2]>>(document, "both_required", ""),
        wrong::<Option<Dosing>>(document, "dosing", ""),
        wrong::<Option<TwoStep>>(document, "two_step", ""),
        wrong::<Vec<Value>>(document, "assays", ""),
        wrong::<Vec<Value>>(document, "criteria", ""),
    ]
    .into_iter()
    .flatten()
    .collect();
    let list = |name: &str| document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, assay) in list("assays").iter().enumerate() {
        if let Err(error) = serde_json::from_value::<Assay>(assay.clone()) {
            found.push((format!("assays[{index}]"), plainly(&error)));
        }
    }
    for (index, criterion) in list("criteria").iter().enumerate() {
        if let Err(error) = serde_json::from_value::<Criterion>(criterion.clone()) {
            found.extend(in_criterion(criterion, &format!("criteria[{index}]"), &error));
        }
    }
    found
}

/// The fields of a criterion that are wrong, or the criterion itself.
fn in_criterion(criterion: &Value, place: &str, error: &serde_json::Error) -> Vec<Problem> {
    let parts = [
        wrong::<AttributeCode>(criterion, "attribute", place),
        wrong::<AssayCode>(criterion, "assay", place),
        wrong::<CriterionKind>(criterion, "kind", place),
        wrong::<Acceptance>(criterion, "acceptance", place),
        wrong::<Stage>(criterion, "stage", place),
        wrong::<Option<Condition>>(criterion, "applies_when", place),
        wrong::<Option<Calculation>>(criterion, "calculated", place),
    ];
    let found: Vec<Problem> = parts.into_iter().flatten().collect();
    if found.is_empty() { vec![(place.to_owned(), plainly(error))] } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::shipped;

    #[test]
    fn what_is_exported_is_imported_as_the_same() {
        for specification in shipped::specifications().expect("readable") {
            assert_eq!(read(&write(&specification).expect("JSON")), Ok(specification));
        }
    }

    #[test]
    fn a_wrong_part_is_named_by_its_place() {
        let text = write(shipped::specifications().expect("readable").first().expect("one")).expect("JSON");
        for (right, wrong, place, says) in [
            ("\"95.0\"", "95.0", "].acceptance", "in quotes"),
            ("\"NLT\"", "\"≥\"", "].acceptance", "operator"),
            ("\"kind\": \"required\"", "\"kind\": \"needed\"", "].kind", "needed"),
            ("\"version\": 1", "\"version\": -1", "version", "-1"),
            ("\"usp_7_20\"", "\"up\"", "rounding", "up"),
            ("\"code\": \"batch-record\"", "\"kode\": \"batch-record\"", "assays[0]", "kode"),
            ("\"section\":", "\"sektion\":", "criteria[0]", "sektion"),
        ] {
            let refused = read(&text.replacen(right, wrong, 1)).expect_err(right);
            let field = refused.fields.first().expect("a place");
            assert!(field.field.contains(place) && field.detail.contains(says), "{right}: {field:?}");
        }
    }

    #[test]
    fn repeated_unknown_and_nested_things_are_refused_with_their_line() {
        let deep = format!("{{\"criteria\":{}", "[".repeat(100_000));
        for (text, says) in [
            ("", "JSON object"),
            ("{", "EOF"),
            ("{\"product\":\"A\",\n\"product\":\"B\"}", "duplicate field `product` at line 2"),
            ("{\"product\":\"A\",\"override\":true}", "override"),
            (deep.as_str(), "cannot be read"),
            ("[\"A\",1]", "JSON object"),
        ] {
            let refused = read(text).expect_err(text);
            assert!(refused.detail.contains(says), "{}", refused.detail);
        }
    }
}
