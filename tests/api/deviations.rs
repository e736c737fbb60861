//! `/api/v1/deviations`: what stops a lot besides its results.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{Person, blockers, with};
use crate::site::Site;

impl Person<'_> {
    /// Opens a hold of a lot.
    fn holds(&self, lot: &str, instead: &Value) -> Answer {
        let usual =
            json!({"lot": lot, "kind": "hold", "description": "Freezer alarm\nfrom 02:10", "impact": "Viability"});
        self.post("/api/v1/deviations", &with(usual, instead))
    }

    /// Closes a deviation.
    fn assesses(&self, number: &str) -> Answer {
        let body = json!({"assessment": "No impact: the logger shows 4 °C", "password": self.password()});
        self.post(&format!("/api/v1/deviations/{number}/closure"), &body)
    }
}

#[test]
fn an_open_deviation_holds_a_ready_lot_until_qa_closes_it() {
    let site = Site::start();
    site.full_lot("L-1");
    let made = site.analyst().holds("L-1", &json!({})).created();
    assert_eq!((&made["deviation"], &made["lot"]), (&json!("DEV-2026-0001"), &json!("L-1")));
    let lot = site.qa().sees("L-1");
    assert_eq!((&lot["status"], blockers(&lot)), (&json!("on_hold"), vec!["deviation"]));
    assert_eq!(lot["deviations"][0]["deviation"], "DEV-2026-0001");
    site.qa().releases("L-1").refused(409, "not_releasable").says("DEV-2026-0001");
    site.analyst().assesses("DEV-2026-0001").refused(403, "wrong_role");
    let open = || site.auditor().get("/api/v1/deviations?open=true").ok()["deviations"].as_array().expect("rows").len();
    assert_eq!(open(), 1);
    site.qa().assesses("DEV-2026-0001").created();
    site.other_qa().assesses("DEV-2026-0001").refused(409, "already_closed").says("Queen Qiu");
    assert_eq!(open(), 0);
    let one = site.auditor().get("/api/v1/deviations/DEV-2026-0001").ok();
    assert_eq!((&one["open"], &one["closure"]["signed"]["by"]), (&json!(false), &json!("Queen Qiu")));
    assert_eq!(one["description"], "Freezer alarm\nfrom 02:10");
    site.qa().releases("L-1").created();
    site.whole();
}

#[test]
fn closing_a_deviation_makes_no_failing_result_pass() {
    let site = Site::start();
    site.full_lot_with("L-1", &[("ENDOTOXIN", "0.9")]);
    site.qa().holds("L-1", &json!({"kind": "deviation"})).created();
    site.qa().assesses("DEV-2026-0001").created();
    site.qa().releases("L-1").refused(409, "not_releasable");
}

#[test]
fn a_deviation_found_after_the_release_is_recorded_and_changes_no_decision() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    site.verifier().holds("L-1", &json!({})).created();
    let lot = site.qa().sees("L-1");
    assert_eq!((&lot["status"], &lot["deviations"][0]["open"]), (&json!("released"), &json!(true)));
    site.qa().assesses("DEV-2026-0001").created();
}

#[test]
fn what_is_missing_or_unknown_is_refused() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let before = site.facts_count();
    site.analyst().holds("L-2", &json!({})).refused(404, "no_such_lot");
    site.analyst().holds("L-1", &json!({"kind": "x"})).refused(422, "invalid_field").about(&["kind"]);
    site.analyst().holds("L-1", &json!({"description": " "})).refused(422, "invalid_field").about(&["description"]);
    site.analyst().holds("L-1", &json!({"impact": ""})).refused(422, "invalid_field").about(&["impact"]);
    site.analyst().holds("L-1", &json!({"impact": "محمد"})).refused(422, "undrawable_text").about(&["impact"]);
    for who in [site.auditor(), site.admin()] {
        who.holds("L-1", &json!({})).refused(403, "wrong_role");
    }
    assert_eq!(site.facts_count(), before);
    site.qa().assesses("DEV-2026-0009").refused(404, "no_such_deviation");
    site.auditor().get("/api/v1/deviations/x").refused(404, "no_such_deviation");
}
