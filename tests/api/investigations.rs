//! `/api/v1/investigations`: every gate between a failing result and what becomes of the lot.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{Person, blockers, criterion, reading, with};
use crate::site::Site;

/// The hash of the evidence file of these tests.
pub const PROOF: &str = "1e7313ace78f0fb481a486939b4885902663102818090805515553d84e0bbfd3";
/// The first investigation of a site.
pub const FIRST: &str = "OOS-2026-0001";

impl Person<'_> {
    /// Takes a step of the first investigation; the password is the person's own.
    pub fn steps(&self, step: &str, body: &Value, instead: &Value) -> Answer {
        let usual = with(body.clone(), &json!({"password": self.password()}));
        self.post(&format!("/api/v1/investigations/{FIRST}/{step}"), &with(usual, instead))
    }

    /// Sends the evidence file, once or again.
    pub fn sends_proof(&self) {
        let file = Some(("application/pdf", crate::calls::PDF.to_vec()));
        let answer = self.asks("POST", "/api/v1/files", &[], file);
        assert!(matches!(answer.status, 200 | 201) && answer.json()["sha256"] == PROOF, "{answer}");
    }

    /// Records the laboratory phase, with evidence.
    pub fn finds(&self, finding: &str) -> Answer {
        self.site.analyst().sends_proof();
        let checks = json!([{"question": "Right sample?", "answer": "Yes, label checked"}]);
        let body = json!({"finding": finding, "checks": checks, "description": "As in the notebook, page 12",
            "evidence": [PROOF]});
        self.steps("laboratory", &body, &json!({}))
    }

    /// Approves a plan of so many re-tests.
    pub fn plans(&self, retests: u32) -> Answer {
        let body = json!({"hypothesis": "Pipetting", "sample": "The retained one", "evaluation": "All must pass",
            "retests": retests});
        self.steps("plan", &body, &json!({}))
    }

    /// Records a re-test of endotoxin that was made an hour ago.
    pub fn retests(&self, value: &str) -> Answer {
        let body = self.run("endotoxin", &[("ENDOTOXIN", value)], &json!({}));
        self.post(&format!("/api/v1/investigations/{FIRST}/retest"), &body)
    }

    /// Concludes.
    pub fn concludes(&self, outcome: &str, instead: &Value) -> Answer {
        self.steps("conclusion", &json!({"outcome": outcome, "cause": "A pipette out of calibration"}), instead)
    }

    /// Closes.
    pub fn closes(&self) -> Answer {
        self.steps("closure", &json!({"remark": "Agreed"}), &json!({}))
    }
}

fn run_of(answer: &Value) -> i64 {
    answer["run"].as_i64().expect("a run")
}

/// A full lot L-1 whose endotoxin fails; its failing run.
pub fn failing(site: &Site) -> i64 {
    site.full_lot_with("L-1", &[("ENDOTOXIN", "0.9")]);
    criterion(&site.qa().sees("L-1"), "ENDOTOXIN")["run"].as_i64().expect("a run")
}

fn seen(site: &Site) -> Value {
    site.auditor().get(&format!("/api/v1/investigations/{FIRST}")).ok()
}

/// Up to an approved plan; two hours later.
fn planned(site: &Site, retests: u32) -> i64 {
    let run = failing(site);
    site.analyst().finds("assignable_cause").created();
    site.qa().plans(retests).created();
    site.waits_hours(2);
    run
}

fn retested(site: &Site, value: &str) -> i64 {
    let run = run_of(&site.analyst().retests(value).created());
    site.verifier().verifies(run).created();
    run
}

const INSTRUMENT: fn() -> Value = || json!({"ground": "instrument"});

#[test]
fn a_verified_failing_result_opens_an_investigation_by_itself_and_holds_the_lot() {
    let site = Site::start();
    let run = failing(&site);
    let shown = seen(&site);
    assert_eq!((&shown["lot"], &shown["run"], &shown["phase"]), (&json!("L-1"), &json!(run), &json!("opened")));
    let failure = &shown["failures"][0];
    assert_eq!((&failure["attribute"], &failure["value"]), (&json!("ENDOTOXIN"), &json!("0.9")));
    assert!(failure["because"].as_str().expect("why").contains("0.9"), "{failure}");
    let lot = site.qa().sees("L-1");
    assert_eq!((&lot["status"], blockers(&lot)), (&json!("on_hold"), vec!["failed", "investigation"]));
    let line = json!([{"investigation": FIRST, "run": run, "phase": "opened", "outcome": null,
        "url": format!("/api/v1/investigations/{FIRST}")}]);
    assert_eq!(lot["investigations"], line);
    let all =
        |query: &str| site.auditor().get(&format!("/api/v1/investigations{query}")).ok()["investigations"].clone();
    assert_eq!((all("")[0]["investigation"].clone(), all("?open=true")[0]["run"].clone()), (json!(FIRST), json!(run)));
    site.auditor().get("/api/v1/investigations/OOS-2026-0002").refused(404, "no_such_investigation");
    site.auditor().get("/api/v1/investigations/x").refused(404, "no_such_investigation");
}

#[test]
fn an_invalidated_result_with_passing_retests_leads_to_release() {
    let site = Site::start();
    let run = planned(&site, 2);
    let before = [retested(&site, "0.1"), retested(&site, "0.12")];
    assert_eq!(seen(&site)["retests"], json!(before));
    site.analyst().concludes("invalidated", &INSTRUMENT()).created();
    assert_eq!(blockers(&site.qa().sees("L-1")), ["failed", "investigation"], "not before QA has closed it");
    site.qa().closes().created();
    let fact = site.events("run_invalidated").pop().expect("a fact");
    assert_eq!(
        (&fact["investigation"], &fact["ground"], &fact["run"]),
        (&json!(FIRST), &json!("instrument"), &json!(run))
    );
    let lot = site.qa().sees("L-1");
    assert_eq!((&lot["status"], &lot["investigations"][0]["outcome"]), (&json!("ready"), &json!("invalidated")));
    assert_eq!(criterion(&lot, "ENDOTOXIN")["verdict"]["outcome"], "pass");
    let original = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert_eq!(original["readings"][0]["value"], "0.9", "the first value stays to be seen");
    assert!(original["invalid_because"].as_str().expect("why").contains("pipette"), "{original}");
    site.other_qa().releases("L-1").created();
    site.whole();
}

#[test]
fn without_a_retest_an_invalidated_result_is_repeated_and_then_released() {
    let site = Site::start();
    failing(&site);
    site.analyst().finds("assignable_cause").created();
    site.analyst().concludes("invalidated", &INSTRUMENT()).created();
    site.qa().closes().created();
    assert_eq!(blockers(&site.qa().sees("L-1")), ["invalid"]);
    site.qa().releases("L-1").refused(409, "not_releasable");
    let again = run_of(&site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created());
    site.verifier().verifies(again).created();
    site.qa().releases("L-1").created();
}

#[test]
fn confirmed_and_inconclusive_end_in_rejection_only() {
    for outcome in ["confirmed", "inconclusive"] {
        let site = Site::start();
        failing(&site);
        site.analyst().finds("no_cause").created();
        site.analyst().concludes(outcome, &json!({})).created();
        site.qa().closes().created();
        let lot = site.qa().sees("L-1");
        assert_eq!((&lot["status"], blockers(&lot)), (&json!("on_hold"), vec!["failed", "out_of_specification"]));
        let again = site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]);
        again.refused(409, "already_recorded").says("outside its investigation");
        site.analyst()
            .corrects(lot["investigations"][0]["run"].as_i64().expect("a run"), &[("ENDOTOXIN", "0.1")], "No")
            .refused(409, "needs_investigation");
        site.qa().releases("L-1").refused(409, "not_releasable").says(FIRST);
        site.qa().rejects("L-1", "Out of specification").created();
    }
}

#[test]
fn the_phases_come_in_their_order() {
    let site = Site::start();
    failing(&site);
    let none = json!({});
    site.qa().plans(1).refused(409, "wrong_phase").says("laboratory phase");
    site.analyst().retests("0.1").refused(409, "wrong_phase");
    site.analyst().concludes("confirmed", &none).refused(409, "wrong_phase");
    site.qa().closes().refused(409, "wrong_phase");
    site.analyst().finds("no_cause").created();
    site.analyst().finds("assignable_cause").refused(409, "wrong_phase");
    site.analyst().retests("0.1").refused(409, "wrong_phase");
    site.qa().closes().refused(409, "wrong_phase");
    site.qa().plans(1).created();
    site.qa().plans(2).refused(409, "wrong_phase");
    site.analyst().concludes("confirmed", &none).refused(409, "wrong_phase").says("0 of 1");
    site.analyst().retests("0.1").refused(409, "wrong_phase").says("was approved on").about(&["tested_at"]);
    site.waits_hours(2);
    let run = run_of(&site.analyst().retests("0.1").created());
    site.analyst()
        .concludes("inconclusive", &none)
        .refused(409, "wrong_phase")
        .says(&format!("#{run} is not verified"));
    site.verifier().verifies(run).created();
    site.analyst().concludes("inconclusive", &none).created();
    site.analyst().concludes("confirmed", &none).refused(409, "wrong_phase");
    site.analyst().retests("0.1").refused(409, "wrong_phase");
    site.qa().closes().created();
    site.qa().closes().refused(409, "wrong_phase");
    assert_eq!(seen(&site)["phase"], "closed");
}

#[test]
fn every_step_has_its_people() {
    let site = Site::start();
    site.has_person("both", "Bo Both", &["analyst", "qa"]);
    failing(&site);
    let both = site.person("both");
    both.finds("assignable_cause").created();
    both.plans(1).refused(403, "own_work").says("You investigated");
    site.analyst().plans(1).refused(403, "wrong_role");
    site.qa().plans(1).created();
    site.waits_hours(2);
    site.qa().retests("0.1").refused(403, "wrong_role");
    site.auditor().concludes("confirmed", &json!({})).refused(403, "wrong_role").says("an analyst or a QA officer");
    site.admin().finds("no_cause").refused(403, "wrong_role");
    let retest = run_of(&both.retests("0.1").created());
    site.verifier().verifies(retest).created();
    site.analyst().concludes("invalidated", &INSTRUMENT()).created();
    both.closes().refused(403, "own_work").says("You investigated");
    site.analyst().closes().refused(403, "wrong_role");
    site.qa().steps("closure", &json!({"remark": "x"}), &json!({"password": "wrong"})).refused(403, "wrong_password");
    assert_eq!(site.events("attempt_refused").last().expect("a fact")["code"], "wrong_password");
    site.qa().closes().created();
}

#[test]
fn whoever_entered_the_run_does_not_close_its_investigation() {
    let site = Site::start();
    site.has_person("both", "Bo Both", &["analyst", "qa"]);
    site.analyst().registers("L-1").created();
    let run = run_of(&site.person("both").records("L-1", "endotoxin", &[("ENDOTOXIN", "0.9")]).created());
    site.verifier().verifies(run).created();
    site.analyst().finds("no_cause").created();
    site.analyst().concludes("confirmed", &json!({})).created();
    site.person("both").closes().refused(403, "own_work").says("You entered");
    site.qa().closes().created();
}

#[test]
fn the_number_of_retests_is_fixed_and_each_is_listed() {
    let site = Site::start();
    failing(&site);
    site.analyst().finds("no_cause").created();
    site.qa().plans(0).refused(422, "invalid_field").about(&["retests"]);
    site.qa().plans(7).refused(422, "invalid_field").about(&["retests"]);
    site.qa().plans(2).created();
    site.waits_hours(2);
    let body = site.analyst().run("appearance", &[("APPEARANCE", "Complies")], &json!({}));
    let other = site.analyst().post(&format!("/api/v1/investigations/{FIRST}/retest"), &body);
    other.refused(422, "unknown_attribute").says("is about ENDOTOXIN only");
    let both = [retested(&site, "0.7"), run_of(&site.analyst().retests("0.1").created())];
    site.analyst().retests("0.1").refused(409, "retests_used_up").says("testing into compliance");
    assert_eq!(seen(&site)["retests"], json!(both));
    assert_eq!(site.events("investigation_opened").len(), 1, "a failing re-test belongs to its investigation");
    site.analyst().corrects(both[0], &[("ENDOTOXIN", "0.2")], "No").refused(409, "needs_investigation");
    site.analyst().corrects(both[1], &[("ENDOTOXIN", "0.11")], "A slip, nobody has verified it").created();
    site.verifier().verifies(both[1]).created();
    assert_eq!(seen(&site)["plan"]["retests"], 2);
}

#[test]
fn a_failing_retest_confirms_and_is_not_averaged_away() {
    let site = Site::start();
    planned(&site, 2);
    retested(&site, "0.1");
    retested(&site, "0.6");
    let refused = site.analyst().concludes("invalidated", &INSTRUMENT()).refused(422, "cause_not_proven");
    refused.says("never averaged").about(&["outcome"]);
    site.analyst().concludes("confirmed", &json!({})).created();
    site.qa().closes().created();
    assert!(blockers(&site.qa().sees("L-1")).contains(&"out_of_specification"));
}

#[test]
fn an_assumption_invalidates_nothing() {
    let site = Site::start();
    failing(&site);
    let checks = json!([{"question": "Right sample?", "answer": "Yes"}]);
    let body = json!({"finding": "assignable_cause", "checks": checks, "description": "A pipette, perhaps"});
    let none = json!({});
    site.analyst().steps("laboratory", &body, &json!({"checks": []})).refused(422, "invalid_field").about(&["checks"]);
    site.analyst()
        .steps("laboratory", &body, &json!({"finding": "x"}))
        .refused(422, "invalid_field")
        .about(&["finding"]);
    site.analyst().steps("laboratory", &body, &json!({"description": " "})).refused(422, "invalid_field");
    site.analyst().steps("laboratory", &body, &json!({"evidence": ["x"]})).refused(404, "no_such_file");
    site.analyst().steps("laboratory", &body, &none).created();
    site.analyst().concludes("invalidated", &INSTRUMENT()).refused(422, "cause_not_proven").about(&["evidence"]);
    let unsent = json!({"evidence": ["0".repeat(64)], "ground": "instrument"});
    site.analyst().concludes("invalidated", &unsent).refused(404, "no_such_file").about(&["evidence[0]"]);
    site.analyst().sends_proof();
    let proof = |ground: Value| json!({"evidence": [PROOF], "ground": ground});
    site.analyst().concludes("invalidated", &proof(Value::Null)).refused(422, "cause_not_proven").about(&["ground"]);
    for ground in ["procedure_fault", "nothing"] {
        site.analyst()
            .concludes("invalidated", &proof(json!(ground)))
            .refused(422, "cause_not_proven")
            .about(&["ground"]);
    }
    site.analyst().concludes("confirmed", &proof(json!("sample"))).refused(422, "invalid_field").about(&["ground"]);
    site.analyst().concludes("corrected", &none).refused(422, "cause_not_proven").says("obvious error");
    site.analyst().concludes("passed", &none).refused(422, "invalid_field").about(&["outcome"]);
    site.analyst().concludes("invalidated", &proof(json!("sample"))).created();
}

#[test]
fn without_a_cause_a_result_is_not_invalidated() {
    let site = Site::start();
    failing(&site);
    site.analyst().finds("no_cause").created();
    let refused = site.analyst().concludes("invalidated", &INSTRUMENT()).refused(422, "cause_not_proven");
    refused.says("found no cause");
}

#[test]
fn an_obvious_error_is_corrected_verified_again_and_passes_before_it_is_concluded() {
    let site = Site::start();
    let run = failing(&site);
    site.analyst().finds("obvious_error").created();
    site.waits_hours(1);
    let none = json!({});
    site.analyst().concludes("corrected", &none).refused(422, "cause_not_proven").says("was not corrected");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.8")], "Misread once").created();
    site.analyst().concludes("corrected", &none).refused(422, "cause_not_proven").says("is not verified");
    site.verifier().verifies(run).created();
    assert_eq!(site.events("investigation_opened").len(), 1);
    site.analyst().concludes("corrected", &none).refused(422, "cause_not_proven").says("does not pass");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.09")], "The printout says 0.09").created();
    site.verifier().verifies(run).created();
    site.analyst().concludes("corrected", &none).created();
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.08")], "Again").refused(409, "needs_investigation");
    assert_eq!(blockers(&site.qa().sees("L-1")), ["investigation"]);
    site.qa().closes().created();
    assert!(site.events("run_invalidated").is_empty());
    site.qa().releases("L-1").created();
}

#[test]
fn a_sterility_result_has_exactly_four_grounds_and_no_retest() {
    for ground in ["facility_monitoring", "procedure_fault", "negative_control_growth", "material_or_technique"] {
        let site = Site::start();
        site.full_lot_with("L-1", &[("STERILITY_AEROBIC", "Growth")]);
        assert_eq!(seen(&site)["sterility"], true);
        site.analyst().finds("assignable_cause").created();
        site.qa().plans(1).refused(409, "wrong_phase").says("USP <71>");
        for general in ["control", "sample", "instrument", "reagent", "procedure"] {
            let refused = site.analyst().concludes("invalidated", &json!({"ground": general}));
            refused.refused(422, "cause_not_proven").says("four grounds").about(&["ground"]);
        }
        site.analyst().concludes("invalidated", &json!({"ground": ground})).created();
        site.qa().closes().created();
        assert_eq!(site.events("run_invalidated")[0]["ground"], json!({"sterility": ground}));
        assert_eq!(blockers(&site.qa().sees("L-1")), ["invalid", "invalid"], "the whole run gives no result");
        let both = [("STERILITY_AEROBIC", "No growth"), ("STERILITY_ANAEROBIC", "No growth")];
        let again = run_of(&site.analyst().records("L-1", "sterility", &both).created());
        site.verifier().verifies(again).created();
        site.qa().releases("L-1").created();
    }
}

#[test]
fn an_investigation_goes_on_after_the_lot_was_rejected() {
    let site = Site::start();
    planned(&site, 2);
    site.qa().rejects("L-1", "Not waited for").created();
    site.analyst().retests("0.1").refused(409, "lot_closed");
    site.analyst().concludes("invalidated", &INSTRUMENT()).refused(409, "wrong_phase");
    site.analyst().concludes("inconclusive", &json!({})).created();
    site.qa().closes().created();
    assert_eq!(site.qa().sees("L-1")["status"], "rejected");
}

#[test]
fn of_two_steps_at_once_one_is_taken() {
    let site = Site::start();
    failing(&site);
    site.analyst().finds("no_cause").created();
    let twice = |ask: &(dyn Fn(usize) -> Answer + Sync)| {
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..2).map(|n| scope.spawn(move || ask(n))).collect();
            asked.into_iter().map(|a| a.join().expect("answered")).collect()
        });
        assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
        answers.iter().find(|a| a.status != 201).expect("one lost").refused(409, "wrong_phase");
    };
    twice(&|n| {
        if n == 0 {
            site.analyst().concludes("confirmed", &json!({}))
        } else {
            site.verifier().concludes("inconclusive", &json!({}))
        }
    });
    twice(&|n| if n == 0 { site.qa().closes() } else { site.other_qa().closes() });
    assert_eq!((site.events("investigation_concluded").len(), site.events("investigation_closed").len()), (1, 1));
}

#[test]
fn a_failing_run_without_its_investigation_is_tested_no_more() {
    let site = Site::start();
    failing(&site);
    let body = json!({"readings": [reading("ENDOTOXIN", "0.1")]});
    let again = site.analyst().records_with("L-1", "endotoxin", &[], &body);
    again.refused(409, "needs_investigation").says(FIRST);
    site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.7")]).created();
}
