//! What of a fact is withheld from somebody who may still have to type a value of it again.
//!
//! Promises: nothing is put in the place of what is withheld, and its places are named (JSON
//! Pointer, RFC 6901); the salt goes with it, or the value could be found by trying values until
//! the leaf hash comes out right. What is left is not the fact and cannot be taken for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event::Event;
use super::ids::{AttributeCode, LotNumber, RunNumber};

/// Codes of refusals that speak of the person who tried and of no result.
const ABOUT_THE_PERSON: [&str; 8] = [
    "wrong_role",
    "wrong_password",
    "wrong_code",
    "second_factor_required",
    "second_factor_missing",
    "locked",
    "own_work",
    "not_trained",
];

/// The values that somebody does not see, and the lots of which there are any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Values of runs.
    pub values: BTreeSet<(RunNumber, AttributeCode)>,
    /// Lots that are judged by such a value: their own, or one of what they were made from.
    pub lots: BTreeSet<LotNumber>,
}

impl Hidden {
    /// True for a value that is not seen.
    pub fn has(&self, run: RunNumber, attribute: &AttributeCode) -> bool {
        self.values.iter().any(|(r, a)| *r == run && a == attribute)
    }

    /// True where the sentence of a refusal about this lot may tell such a value: it names what
    /// blocked, with the arithmetic.
    pub fn is_told_by_refusal(&self, lot: Option<&LotNumber>, code: &str) -> bool {
        lot.is_some_and(|lot| self.lots.contains(lot)) && !ABOUT_THE_PERSON.contains(&code)
    }

    /// Takes out of a fact's JSON what would tell a hidden value; says from where.
    pub fn withhold(&self, event: &Event, fact: &mut Value) -> Vec<String> {
        let mut places = Vec::new();
        for place in self.places(event) {
            if remove(fact, &place) {
                places.push(place);
            }
        }
        if !places.is_empty() {
            remove(fact, "/salt");
            places.push("/salt".to_owned());
        }
        places
    }

    fn places(&self, event: &Event) -> Vec<String> {
        match event {
            Event::RunRecorded { run, content, .. } => {
                let attributes = content.readings.iter().map(|r| &r.attribute);
                self.of_list(*run, attributes, "content/readings", &["value", "raw", "formula"])
            }
            Event::RunCorrected { run, changes, .. } => {
                let parts = ["before", "after", "raw_before", "raw_after", "formula_after"];
                self.of_list(*run, changes.iter().map(|c| &c.attribute), "changes", &parts)
            }
            Event::RunVerified { run, second_entry, .. } => {
                self.of_list(*run, second_entry.iter().map(|e| &e.attribute), "second_entry", &["value"])
            }
            Event::DiscrepancyFound { run, differences, .. } => {
                let attributes = differences.iter().map(|d| &d.attribute);
                self.of_list(*run, attributes, "differences", &["first", "second"])
            }
            Event::DiscrepancyResolved { run, attribute, .. } if self.has(*run, attribute) => {
                vec!["/event/value".to_owned()]
            }
            Event::InvestigationOpened { run, failures, .. } => {
                let attributes = failures.iter().map(|f| &f.attribute);
                self.of_list(*run, attributes, "failures", &["value", "because"])
            }
            Event::AttemptRefused { lot, code, .. } if self.is_told_by_refusal(lot.as_ref(), code) => {
                vec!["/event/detail".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn of_list<'a>(
        &self,
        run: RunNumber,
        attributes: impl Iterator<Item = &'a AttributeCode>,
        list: &str,
        parts: &[&str],
    ) -> Vec<String> {
        let hidden = attributes.enumerate().filter(|(_, attribute)| self.has(run, attribute));
        hidden.flat_map(|(n, _)| parts.iter().map(move |part| format!("/event/{list}/{n}/{part}"))).collect()
    }
}

/// Takes the member at a place out; false where there is none.
fn remove(fact: &mut Value, place: &str) -> bool {
    let Some((parent, name)) = place.rsplit_once('/') else { return false };
    let members = fact.pointer_mut(parent).and_then(Value::as_object_mut);
    members.is_some_and(|members| members.remove(name).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hidden() -> Hidden {
        let attribute = AttributeCode::parse("ENDOTOXIN").expect("a code");
        let lot = LotNumber::parse("L-1").expect("a number");
        Hidden { values: [(RunNumber(7), attribute)].into(), lots: [lot].into() }
    }

    fn left_of(event: &Value) -> (Value, Vec<String>) {
        let read: Event = serde_json::from_value(event.clone()).expect("an event");
        let mut fact = json!({"event": event, "salt": "00", "v": 1});
        let places = hidden().withhold(&read, &mut fact);
        (fact, places)
    }

    #[test]
    fn what_would_tell_the_value_is_taken_out_with_the_salt_and_nothing_is_put_in_its_place() {
        let found = json!({"kind": "discrepancy_found", "lot": "L-1", "run": 7, "differences": [
            {"attribute": "PURITY", "first": "1", "second": "2"}, {"attribute": "ENDOTOXIN", "first": "3", "second": "4"}]});
        let (fact, places) = left_of(&found);
        assert_eq!(places, ["/event/differences/1/first", "/event/differences/1/second", "/salt"]);
        assert_eq!(fact["event"]["differences"][1], json!({"attribute": "ENDOTOXIN"}));
        assert_eq!(fact["event"]["differences"][0], json!({"attribute": "PURITY", "first": "1", "second": "2"}));
        assert_eq!(fact.get("salt"), None);
        let resolved = json!({"kind": "discrepancy_resolved", "lot": "L-1", "run": 7, "attribute": "ENDOTOXIN", "value": "3", "reason": "x"});
        assert_eq!(left_of(&resolved).1, ["/event/value", "/salt"]);
        let verified = json!({"kind": "run_verified", "lot": "L-1", "run": 7, "content_sha256": "00",
            "second_entry": [{"attribute": "ENDOTOXIN", "value": "3"}]});
        assert_eq!(left_of(&verified).1, ["/event/second_entry/0/value", "/salt"]);
        let refused = json!({"kind": "attempt_refused", "act": "release", "lot": "L-1", "run": null,
            "code": "not_releasable", "detail": "3 > 0.5"});
        assert_eq!(left_of(&refused).1, ["/event/detail", "/salt"]);
        let by_the_wrong_person = json!({"kind": "attempt_refused", "act": "release", "lot": "L-1", "run": null,
            "code": "wrong_role", "detail": "Only a QA officer may release a lot."});
        assert!(left_of(&by_the_wrong_person).1.is_empty());
    }

    #[test]
    fn a_fact_that_tells_nothing_hidden_stays_whole() {
        let of_another_run = json!({"kind": "run_verified", "lot": "L-1", "run": 8, "content_sha256": "00",
            "second_entry": [{"attribute": "ENDOTOXIN", "value": "3"}]});
        let (fact, places) = left_of(&of_another_run);
        assert_eq!((fact["salt"].as_str(), places.len()), (Some("00"), 0));
        let elsewhere = json!({"kind": "attempt_refused", "act": "release", "lot": "L-2", "run": null,
            "code": "not_releasable", "detail": "3 > 0.5"});
        assert!(left_of(&elsewhere).1.is_empty());
    }
}
