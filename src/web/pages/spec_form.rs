//! A draft as the fields of a form, above the document that it edits.
//!
//! Promises: only the fields of the form are changed; whatever else the document says travels
//! with its criterion and comes back as it was. Moving, adding and removing lose nothing typed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::form::Form;
use super::spec_two_step::{self, RULE};
use crate::domain::limit::LimitText;
use crate::domain::refusal::{Code, FieldRefusal, Refusal};

/// The most criteria that a form is read for.
const ROWS_MAX: usize = 500;
/// What stands between words on one line.
const BETWEEN: &str = " / ";

/// The fields of the document.
pub const HEAD: [&str; 4] = ["product_name", "title", "source", "rounding"];
/// The fields of a criterion that are texts.
const TEXTS: [&str; 7] = ["attribute", "name", "section", "assay", "kind", "stage", "definition"];
/// The fields of a criterion that are ticked.
const FLAGS: [&str; 2] = ["critical", "evidence"];
/// The fields of its acceptance.
const ACCEPTANCE: [&str; 11] = [
    "type",
    "operator",
    "limit",
    "low",
    "high",
    "unit",
    "whole",
    "allowed",
    "acceptable",
    "interim",
    "incubation_hours_min",
];

/// What is typed, by the field's name.
pub type Typed = BTreeMap<&'static str, String>;

/// A draft being edited.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The fields of the document.
    pub head: Typed,
    /// The criteria in order.
    pub rows: Vec<Row>,
    /// What the document says besides.
    pub rest: Map<String, Value>,
}

/// A criterion being edited.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its fields.
    pub typed: Typed,
    /// What it says besides.
    pub rest: Map<String, Value>,
}

impl Draft {
    /// The fields of a document.
    pub fn of(document: &Value) -> Self {
        let mut rest = document.as_object().cloned().unwrap_or_default();
        let mut rows: Vec<Row> = match rest.remove("criteria") {
            Some(Value::Array(criteria)) => criteria.iter().map(Row::of).collect(),
            _ => Vec::new(),
        };
        let mut head: Typed = HEAD.into_iter().map(|name| (name, taken(&mut rest, name))).collect();
        let allowed = spec_two_step::take(&mut rest, &mut rows);
        head.insert(RULE, if allowed { "yes".into() } else { String::new() });
        Draft { head, rows, rest }
    }

    /// Whether the version allows a release in two steps.
    pub fn allows_two_steps(&self) -> bool {
        self.head.get(RULE).is_some_and(|said| !said.is_empty())
    }

    /// The fields as sent.
    ///
    /// # Errors
    /// What the form carries unseen is not what a page put there, or there are too many rows.
    pub fn read(form: &Form) -> Result<Self, Refusal> {
        let mut sent: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, value) in &form.0 {
            sent.entry(name.as_str()).or_insert(value.as_str());
        }
        let get = |name: &str| sent.get(name).copied().unwrap_or_default();
        let ids = form.all("row");
        if ids.len() > ROWS_MAX {
            let detail = format!("The form has {} criteria, and a draft has at most {ROWS_MAX}.", ids.len());
            return Err(Refusal::new(Code::TooLarge, detail));
        }
        let row = |id: &String| {
            let of = |name: &&'static str| (*name, plain_lines(get(&format!("c{id}-{name}"))));
            let typed = TEXTS.iter().chain(&FLAGS).chain(&ACCEPTANCE).chain(&spec_two_step::FIELDS).map(of).collect();
            Ok(Row { typed, rest: unseen(get(&format!("c{id}-rest")))? })
        };
        Ok(Draft {
            head: HEAD.into_iter().chain([RULE]).map(|name| (name, plain_lines(get(name)))).collect(),
            rows: ids.iter().map(row).collect::<Result<_, Refusal>>()?,
            rest: unseen(get("rest"))?,
        })
    }

    /// The document with what is typed.
    pub fn document(&self) -> Value {
        let mut document = self.rest.clone();
        for (name, text) in self.head.iter().filter(|(name, _)| **name != RULE) {
            document.insert((*name).to_owned(), text.as_str().into());
        }
        document.remove(RULE);
        document.extend(spec_two_step::rule(self).map(|rule| (RULE.to_owned(), rule)));
        document.insert("criteria".into(), self.rows.iter().map(Row::document).collect());
        Value::Object(document)
    }

    /// Fields that cannot be part of a document as they were typed.
    ///
    /// # Errors
    /// All of them, each with its place in the document.
    pub fn check(&self) -> Result<(), Refusal> {
        let fields: Vec<FieldRefusal> =
            self.rows.iter().enumerate().flat_map(|(i, row)| row.wrong(i, self.allows_two_steps())).collect();
        if fields.is_empty() {
            return Ok(());
        }
        let details: Vec<&str> = fields.iter().map(|f| f.detail.as_str()).collect();
        Err(Refusal { code: Code::InvalidField, detail: details.join(" "), fields })
    }

    /// Does what a button of the form asks; the `id` of the field where the work goes on.
    pub fn act(&mut self, act: &str) -> String {
        let (verb, at) = act.split_once('-').unwrap_or((act, ""));
        let (at, count) = (at.parse::<usize>().ok(), self.rows.len());
        match (verb, at.filter(|at| *at < count)) {
            ("add", _) if count < ROWS_MAX => {
                let section = self.rows.last().map(|row| row.text("section").to_owned()).unwrap_or_default();
                self.rows.push(Row::empty(section));
                format!("c{count}-attribute")
            }
            ("remove", Some(at)) => {
                self.rows.remove(at);
                if self.rows.is_empty() {
                    "add".into()
                } else {
                    format!("c{}-attribute", at.min(count.saturating_sub(2)))
                }
            }
            ("up", Some(at)) if at > 0 => {
                self.rows.swap(at, at.saturating_sub(1));
                format!("c{}-{}", at.saturating_sub(1), if at == 1 { "down" } else { "up" })
            }
            ("down", Some(at)) if at.saturating_add(1) < count => {
                let to = at.saturating_add(1);
                self.rows.swap(at, to);
                format!("c{to}-{}", if to.saturating_add(1) == count { "up" } else { "down" })
            }
            _ => "criteria".into(),
        }
    }
}

impl Row {
    fn of(criterion: &Value) -> Self {
        let mut rest = criterion.as_object().cloned().unwrap_or_default();
        let mut typed: Typed = TEXTS.into_iter().chain(FLAGS).map(|name| (name, taken(&mut rest, name))).collect();
        if typed.get("stage").is_some_and(String::is_empty) {
            typed.insert("stage", "product".into());
        }
        if let Some(Value::Object(mut acceptance)) = rest.remove("acceptance") {
            typed.extend(ACCEPTANCE.into_iter().map(|name| (name, taken(&mut acceptance, name))));
            if !acceptance.is_empty() {
                rest.insert("acceptance".into(), Value::Object(acceptance));
            }
        }
        Row { typed, rest }
    }

    fn empty(section: String) -> Self {
        let given = [("kind", "required"), ("stage", "product"), ("type", "numeric"), ("operator", "NLT")];
        let mut typed: Typed = given.into_iter().map(|(name, text)| (name, text.to_owned())).collect();
        typed.insert("section", section);
        Row { typed, rest: Map::new() }
    }

    /// A field as typed.
    pub fn text(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    /// The fields that its type of acceptance has.
    fn acceptance_fields(&self) -> &'static [&'static str] {
        match (self.text("type"), self.text("operator")) {
            ("numeric", "range") => &["operator", "low", "high", "unit", "whole"],
            ("numeric", _) => &["operator", "limit", "unit", "whole"],
            ("categorical", _) => &["allowed", "acceptable", "interim", "incubation_hours_min"],
            ("number", _) => &["unit"],
            _ => &[],
        }
    }

    fn document(&self) -> Value {
        let mut criterion = self.rest.clone();
        let mut acceptance = match criterion.remove("acceptance") {
            Some(Value::Object(acceptance)) => acceptance,
            _ => Map::new(),
        };
        // What belongs to another type of acceptance went with that type.
        let other = if self.text("type") == "numeric" { ["extensions"].as_slice() } else { &["alert"] };
        let other =
            if matches!(self.text("type"), "numeric" | "categorical") { other } else { &["alert", "extensions"] };
        for name in other {
            acceptance.remove(*name);
        }
        for name in TEXTS.into_iter().chain(FLAGS) {
            put(&mut criterion, name, self.text(name));
        }
        acceptance.insert("type".into(), self.text("type").into());
        for name in self.acceptance_fields() {
            put(&mut acceptance, name, self.text(name));
        }
        criterion.insert("acceptance".into(), Value::Object(acceptance));
        Value::Object(criterion)
    }

    fn wrong(&self, index: usize, two_steps: bool) -> Vec<FieldRefusal> {
        let mut wrong = Vec::new();
        let number = index.saturating_add(1);
        let mut say = |field: &str, what: String| {
            let detail = format!("Criterion {number}: {what}");
            let field = format!("criteria[{index}].{field}");
            wrong.push(FieldRefusal { field, code: Code::InvalidField.as_str(), detail });
        };
        for (name, what) in [
            ("attribute", "the attribute is empty. Give it a code in capitals, such as CD105."),
            ("assay", "no assay is chosen. Choose the one that measures it."),
        ] {
            if self.text(name).trim().is_empty() {
                say(name, what.to_owned());
            }
        }
        if let Some((name, what)) = spec_two_step::wrong(self).filter(|_| two_steps) {
            say(name, what);
        }
        for name in self.acceptance_fields() {
            let text = self.text(name).trim();
            let place = format!("acceptance.{name}");
            match *name {
                "limit" | "low" | "high" if LimitText::try_from(text.to_owned()).is_err() => {
                    let what =
                        if text.is_empty() { "the limit is empty".into() } else { format!("“{text}” is no limit") };
                    say(&place, format!("{what}. Type a plain decimal with its decimals, such as 95.0."));
                }
                "incubation_hours_min" if !text.is_empty() && text.parse::<i64>().is_err() => {
                    say(&place, format!("“{text}” is no number of hours. Type whole hours, such as 336 for 14 days."));
                }
                _ => {}
            }
        }
        wrong
    }
}

/// A field taken out of the document, as it is typed.
fn taken(from: &mut Map<String, Value>, name: &str) -> String {
    match from.remove(name) {
        None | Some(Value::Null | Value::Bool(false)) => String::new(),
        Some(Value::Bool(true)) => "yes".into(),
        Some(Value::String(text)) => text,
        Some(Value::Array(words)) => joined(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>()),
        Some(other) => other.to_string(),
    }
}

/// Words on one line, or one on each where a word has the separator in it.
fn joined(words: &[&str]) -> String {
    if words.iter().any(|word| word.contains(BETWEEN)) { words.join("\n") + "\n" } else { words.join(BETWEEN) }
}

fn words(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = if text.contains('\n') { text.lines().collect() } else { text.split(BETWEEN).collect() };
    parts.into_iter().map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// Puts a field into the document as it is written there; a field that may be left out is, when
/// nothing is typed.
fn put(into: &mut Map<String, Value>, name: &str, text: &str) {
    let value = match name {
        "whole" | "critical" | "evidence" => Some(text).filter(|t| !t.is_empty()).map(|_| true.into()),
        "allowed" | "acceptable" | "interim" => Some(words(text)).filter(|w| !w.is_empty()).map(Into::into),
        "incubation_hours_min" => {
            let text = text.trim();
            (!text.is_empty()).then(|| text.parse::<i64>().map_or_else(|_| text.into(), Into::into))
        }
        // It is printed as one paragraph.
        "definition" => Some(text.lines().collect::<Vec<_>>().join(" ")).filter(|t| !t.is_empty()).map(Into::into),
        "unit" => Some(text).filter(|t| !t.is_empty()).map(Into::into),
        "attribute" | "limit" | "low" | "high" => Some(text.trim().into()),
        _ => Some(text.into()),
    };
    if let Some(value) = value {
        into.insert(name.to_owned(), value);
    }
}

/// Line ends as a document has them; a browser sends them with a carriage return.
fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn unseen(text: &str) -> Result<Map<String, Value>, Refusal> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|_| {
        let detail = "The form could not be read. Open the page again and send it once more.";
        Refusal::new(Code::MalformedRequest, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::shipped;

    #[test]
    fn every_shipped_document_comes_back_as_it_was() {
        for specification in shipped::specifications().expect("readable") {
            let document = serde_json::to_value(&specification).expect("JSON");
            let again = serde_json::from_value(Draft::of(&document).document()).expect("a specification");
            assert_eq!(specification, again);
        }
    }

    #[test]
    fn a_word_with_the_separator_in_it_stays_one_word() {
        for list in [vec!["Clear / colourless"], vec!["a / b", "c"], vec!["Positive", "Negative"], vec![]] {
            assert_eq!(words(&joined(&list)), list);
        }
        assert_eq!(words("Positive\n Negative \n"), ["Positive", "Negative"]);
    }

    #[test]
    fn a_row_moves_goes_and_comes_and_the_others_stay() {
        let row = |code: &str| Row { typed: Typed::from([("attribute", code.to_owned())]), rest: Map::new() };
        let mut draft = Draft { rows: ["A", "B", "C"].map(row).into(), ..Draft::default() };
        for (act, focus, left) in [
            ("down-0", "c1-down", "BAC"),
            ("up-2", "c1-up", "BCA"),
            ("up-0", "criteria", "BCA"),
            ("down-2", "criteria", "BCA"),
            ("remove-9", "criteria", "BCA"),
            ("remove-2", "c1-attribute", "BC"),
            ("add", "c2-attribute", "BC"),
        ] {
            assert_eq!(draft.act(act), focus, "{act}");
            assert_eq!(draft.rows.iter().map(|r| r.text("attribute")).collect::<String>(), left, "{act}");
        }
        assert_eq!(draft.rows.len(), 3);
    }

    #[test]
    fn another_type_of_acceptance_leaves_behind_what_only_the_first_one_has() {
        let text = r#"{"attribute":"A","acceptance":{"type":"numeric","operator":"NLT","limit":"1.0","alert":{"operator":"NLT","limit":"2.0"}}}"#;
        let mut row = Row::of(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(row.document()["acceptance"]["alert"]["limit"], "2.0");
        row.typed.insert("type", "text".into());
        assert_eq!(row.document()["acceptance"], serde_json::json!({"type": "text"}));
    }
}
