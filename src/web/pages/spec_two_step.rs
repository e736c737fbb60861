//! The rule for a two-step release as fields of a draft's rows: which result may be pending at
//! step 1, within how many hours it is due, and whether an interim reading must be in.
//!
//! Promises: what the rows do not show (an entry of no row, the order of the entries) comes back as
//! it was; a version that does not allow two steps has no rule.

use serde_json::{Map, Value, json};

use super::spec_form::{Draft, Row};

/// The rule in the document, and the field that says whether it is there.
pub const RULE: &str = "two_step";
/// The field of a criterion for the hours after step 1 within which its result is due; empty where
/// it may not be pending.
pub const DUE: &str = "due_hours";
/// The field of a criterion that asks for an interim reading at step 1.
pub const INTERIM: &str = "interim_needed";
/// The fields of a criterion.
pub const FIELDS: [&str; 2] = [DUE, INTERIM];

/// Takes the rule out of a document into its rows; true where there is one. What no row shows
/// stays in the document: the entries of no row under `pending`, the order under `order`.
pub fn take(rest: &mut Map<String, Value>, rows: &mut [Row]) -> bool {
    let rule = match rest.remove(RULE) {
        None | Some(Value::Null) => return false,
        Some(rule) => rule,
    };
    let pending = rule.get("pending").and_then(Value::as_array).cloned().unwrap_or_default();
    let order: Vec<String> = pending.iter().map(|entry| attribute(entry).to_owned()).collect();
    let mut of_no_row = Vec::new();
    for entry in pending {
        let row = rows.iter_mut().find(|row| row.text("attribute") == attribute(&entry) && row.text(DUE).is_empty());
        match (row, entry.get("due_hours").filter(|hours| hours.is_u64())) {
            (Some(row), Some(hours)) => {
                row.typed.insert(DUE, hours.to_string());
                let interim = entry.get("interim").and_then(Value::as_bool).unwrap_or_default();
                row.typed.insert(INTERIM, if interim { "yes".into() } else { String::new() });
            }
            _ => of_no_row.push(entry),
        }
    }
    rest.insert(RULE.to_owned(), json!({"pending": of_no_row, "order": order}));
    true
}

/// The entries of no row.
pub fn of_no_row(rest: &Map<String, Value>) -> Vec<Value> {
    let kept = rest.get(RULE).and_then(|rule| rule.get("pending"));
    kept.and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The rule with what is typed into the rows, in the order it had; what is new comes last.
pub fn rule(draft: &Draft) -> Option<Value> {
    if !draft.allows_two_steps() {
        return None;
    }
    let order = draft.rest.get(RULE).and_then(|rule| rule.get("order")).and_then(Value::as_array);
    let place = |entry: &Value| {
        let before = order.and_then(|order| order.iter().position(|a| a.as_str() == Some(attribute(entry))));
        before.unwrap_or(usize::MAX)
    };
    let mut pending: Vec<Value> = draft.rows.iter().filter_map(entry).chain(of_no_row(&draft.rest)).collect();
    pending.sort_by_key(place);
    Some(json!({ "pending": pending }))
}

/// What a row says of step 1; none where its result must be in.
fn entry(row: &Row) -> Option<Value> {
    let hours = row.text(DUE).trim();
    if hours.is_empty() {
        return None;
    }
    // What is no number stays as it was typed, and is refused at its field.
    let hours = hours.parse::<u32>().map_or_else(|_| Value::from(hours), Value::from);
    let interim = asks_interim(row);
    Some(json!({"attribute": row.text("attribute").trim(), "due_hours": hours, "interim": interim}))
}

/// Only a test that is read in words knows an interim reading; with another type the tick is not seen.
fn asks_interim(row: &Row) -> bool {
    row.text("type") == "categorical" && !row.text(INTERIM).is_empty()
}

/// What is wrong with what a row says of step 1, and in which of its fields.
pub fn wrong(row: &Row) -> Option<(&'static str, String)> {
    let hours = row.text(DUE).trim();
    if hours.is_empty() && asks_interim(row) {
        let what = "an interim reading is asked for, but it is not said within how many hours the result is due. Say it, or \
                    take the tick away.";
        return Some((DUE, what.to_owned()));
    }
    if hours.is_empty() || hours.parse::<u32>().is_ok() {
        return None;
    }
    Some((DUE, format!("“{hours}” is no number of hours. Type whole hours, such as 336 for 14 days.")))
}

/// The row and its field that a finding about the rule is about: by its place in the list, or by
/// the attribute that the sentence names.
pub fn place(draft: &Draft, field: &str, detail: &str) -> Option<(usize, &'static str)> {
    let rule = rule(draft)?;
    let pending = rule.get("pending").and_then(Value::as_array)?;
    let listed = field.strip_prefix("two_step.pending[").and_then(|rest| rest.split(']').next());
    let named = match listed.and_then(|index| index.parse::<usize>().ok()) {
        Some(index) => pending.get(index).map(attribute)?,
        None => {
            let words: Vec<&str> = detail.split([' ', ',', ':', '.']).collect();
            pending.iter().map(attribute).find(|code| words.contains(code))?
        }
    };
    let row = draft.rows.iter().position(|row| row.text("attribute").trim() == named && !row.text(DUE).is_empty())?;
    Some((row, if detail.contains("interim") { INTERIM } else { DUE }))
}

fn attribute(entry: &Value) -> &str {
    entry.get("attribute").and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(pending: &Value) -> Draft {
        Draft::of(&json!({"two_step": {"pending": pending}, "criteria": [
            {"attribute": "A", "acceptance": {"type": "categorical"}},
            {"attribute": "B", "acceptance": {"type": "categorical"}},
        ]}))
    }

    fn pending(draft: &Draft) -> Value {
        draft.document().get("two_step").map(|rule| rule["pending"].clone()).unwrap_or_default()
    }

    #[test]
    fn a_rule_comes_back_in_its_order_with_what_no_row_shows() {
        let before = json!([
            {"attribute": "B", "due_hours": 336, "interim": true},
            {"attribute": "GONE", "due_hours": 1, "interim": false},
            {"attribute": "A", "due_hours": 48, "interim": false},
            {"attribute": "A", "due_hours": 72, "interim": false},
        ]);
        let draft = draft(&before);
        assert_eq!((draft.rows[0].text(DUE), draft.rows[0].text(INTERIM)), ("48", ""));
        assert_eq!((draft.rows[1].text(DUE), draft.rows[1].text(INTERIM)), ("336", "yes"));
        assert_eq!(pending(&draft), before);
    }

    #[test]
    fn a_row_that_goes_takes_its_part_of_the_rule_with_it() {
        let mut draft = draft(&json!([{"attribute": "B", "due_hours": 336, "interim": false}]));
        draft.rows[0].typed.insert(DUE, " 24 ".into());
        assert_eq!(
            pending(&draft)[1],
            json!({"attribute": "A", "due_hours": 24, "interim": false}),
            "what is new is last"
        );
        draft.rows.remove(1);
        assert_eq!(pending(&draft), json!([{"attribute": "A", "due_hours": 24, "interim": false}]));
    }

    #[test]
    fn a_version_that_does_not_allow_two_steps_has_no_rule() {
        let mut draft = draft(&json!([{"attribute": "B", "due_hours": 336, "interim": false}]));
        draft.head.insert(RULE, String::new());
        assert_eq!(draft.document().get("two_step"), None);
        assert_eq!(draft.rows[1].text(DUE), "336", "what is typed stays until the draft is saved");
        assert_eq!(Draft::of(&json!({"two_step": null, "criteria": []})).document().get("two_step"), None);
    }
}
