//! `/api/v1/runs/{run}/invalidation`: a result without a failure that turns out not to be valid.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::{Person, blockers, criterion};
use crate::site::Site;

impl Person<'_> {
    /// Declares a run invalid.
    fn invalidates(&self, run: i64, ground: &str) -> Answer {
        let body = json!({"ground": ground, "reason": "The kit was left at 37 °C", "password": self.password()});
        self.post(&format!("/api/v1/runs/{run}/invalidation"), &body)
    }
}

fn run_of(site: &Site, attribute: &str) -> i64 {
    criterion(&site.qa().sees("L-1"), attribute)["run"].as_i64().expect("a run")
}

#[test]
fn a_run_found_invalid_gives_no_result_is_kept_and_is_repeated() {
    let site = Site::start();
    site.full_lot("L-1");
    let run = run_of(&site, "ENDOTOXIN");
    let made = site.qa().invalidates(run, "reagent").created();
    assert_eq!((&made["run"], &made["lot"]), (&json!(run), &json!("L-1")));
    assert_eq!(blockers(&site.qa().sees("L-1")), ["invalid"]);
    let shown = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert!(shown["invalid_because"].as_str().expect("why").contains("37 °C"), "{shown}");
    site.qa().invalidates(run, "reagent").refused(409, "already_invalid");
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.2")], "No").refused(409, "already_invalid");
    let again = site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64();
    site.verifier().verifies(again.expect("a run")).created();
    site.other_qa().releases("L-1").created();
    site.whole();
}

#[test]
fn a_failing_result_is_not_put_aside_without_its_investigation() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run = site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.9")]).created()["run"].as_i64();
    let run = run.expect("a run");
    site.qa().invalidates(run, "reagent").refused(409, "needs_investigation").says("verified");
    site.verifier().verifies(run).created();
    site.qa().invalidates(run, "reagent").refused(409, "needs_investigation").says("OOS-2026-0001");
    assert!(site.events("run_invalidated").is_empty());
}

#[test]
fn it_takes_a_ground_of_its_test_a_reason_and_somebody_who_did_not_make_the_result() {
    let site = Site::start();
    site.has_person("both", "Bo Both", &["analyst", "qa"]);
    site.full_lot_without("L-1", &["ENDOTOXIN"]);
    let run = site.person("both").records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64();
    let run = run.expect("a run");
    site.person("both").invalidates(run, "reagent").refused(403, "own_work");
    for ground in ["", "x", "procedure_fault"] {
        site.qa().invalidates(run, ground).refused(422, "cause_not_proven").about(&["ground"]);
    }
    let sterility = run_of(&site, "STERILITY_AEROBIC");
    site.qa().invalidates(sterility, "reagent").refused(422, "cause_not_proven").says("four grounds");
    let body = json!({"ground": "reagent", "reason": " ", "password": site.qa().password()});
    site.qa().post(&format!("/api/v1/runs/{run}/invalidation"), &body).refused(422, "invalid_field").about(&["reason"]);
    site.analyst().invalidates(run, "reagent").refused(403, "wrong_role");
    site.qa().invalidates(999, "reagent").refused(404, "no_such_run");
    site.qa().invalidates(sterility, "material_or_technique").created();
    assert!(site.events("attempt_refused").len() >= 6, "attempts are facts");
}

#[test]
fn nothing_of_a_decided_lot_is_declared_invalid() {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    site.other_qa().invalidates(run_of(&site, "ENDOTOXIN"), "reagent").refused(409, "lot_closed");
}

#[test]
fn of_two_at_once_one_declares_it_invalid() {
    let site = Site::start();
    site.full_lot("L-1");
    let run = run_of(&site, "ENDOTOXIN");
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = ["queen", "quinn"]
            .map(|who| {
                scope.spawn({
                    let site = &site;
                    move || site.person(who).invalidates(run, "sample")
                })
            })
            .into_iter()
            .collect();
        asked.into_iter().map(|a| a.join().expect("answered")).collect()
    });
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    answers.iter().find(|a| a.status != 201).expect("one lost").refused(409, "already_invalid");
}

#[test]
fn a_passage_declared_invalid_opens_the_investigation_of_what_then_binds() {
    let site = Site::start();
    let criterion = |attribute: &str, more: Value| {
        let mut all = json!({"attribute": attribute, "name": attribute, "section": "S", "assay": "all", "kind": "required",
            "acceptance": {"type": "numeric", "operator": "NMT", "limit": "5", "whole": true}});
        all.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        all
    };
    let upper = json!({"type": "numeric", "operator": "NMT", "limit": "2.0", "unit": "%"});
    let document = json!({"product": "YOUNG", "version": 1, "product_name": "Y", "title": "Y", "example": false,
        "source": "a test", "rounding": "usp_7_20", "effective_from": "2026-01-01T00:00:00Z",
        "assays": [{"code": "all", "name": "All", "method": "M"}],
        "criteria": [criterion("PASSAGE", json!({})),
            criterion("CD34", json!({"acceptance": upper, "applies_when": {"fact": "passage", "at_least": 3}}))]});
    let specification: lotgate::domain::spec::Specification = serde_json::from_value(document).expect("readable");
    site.app.install_specification(specification.checked().expect("sound")).expect("installed");
    site.analyst().registers_with("L-1", &json!({"product": "YOUNG", "passage": "2"})).created();
    site.analyst().records("L-1", "all", &[("CD34", "12.0")]).created();
    site.verifier().verifies_all("L-1");
    assert!(site.events("investigation_opened").is_empty(), "CD34 binds from passage 3");
    site.qa().invalidates(run_of(&site, "PASSAGE"), "procedure").created();
    assert_eq!(site.events("investigation_opened").len(), 1, "what is not known exempts nothing");
}
