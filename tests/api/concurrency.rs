//! Many at once: one wins, the others are told what changed, and the record stays whole.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::criterion;
use crate::site::{Site, password};

/// Does `ask` from as many threads at the same moment, each with its number.
pub fn at_once(many: usize, ask: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    let start = std::sync::Barrier::new(many);
    std::thread::scope(|scope| {
        let ask = |n| {
            start.wait();
            ask(n)
        };
        let asked: Vec<_> = (0..many).map(|n| scope.spawn(move || ask(n))).collect();
        asked.into_iter().map(|a| a.join().expect("answered")).collect()
    })
}

#[test]
fn of_eight_releases_at_once_one_issues_a_certificate_and_the_others_are_told_of_it() {
    let site = Site::start();
    site.full_lot("L-1");
    let before = site.facts_count();
    let answers = at_once(8, |n| if n % 2 == 0 { site.qa().releases("L-1") } else { site.other_qa().releases("L-1") });
    let (won, lost): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|a| a.status == 201);
    assert_eq!(won.len(), 1);
    assert_eq!(won[0].created()["certificate"], "RC-2026-000001");
    let winner =
        site.events("lot_released").pop().expect("a release")["signature"]["name"].as_str().expect("a name").to_owned();
    for answer in lost {
        answer.refused(409, "lot_closed").says(&winner).says("RC-2026-000001");
    }
    assert_eq!(site.events("lot_released").len(), 1);
    assert_eq!(site.facts_count(), before + 8, "one release and seven refused attempts");
    assert_eq!(site.auditor().get("/api/v1/certificates").ok()["certificates"].as_array().expect("rows").len(), 1);
}

#[test]
fn a_release_and_a_rejection_at_once_decide_the_lot_once() {
    let site = Site::start();
    site.full_lot("L-1");
    let answers =
        at_once(6, |n| if n % 2 == 0 { site.qa().releases("L-1") } else { site.other_qa().rejects("L-1", "Doubt") });
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(
        answers.iter().filter(|a| a.status != 201).all(|a| a.refused(409, "lot_closed").detail().contains("L-1 was "))
    );
    assert_eq!(site.events("lot_released").len() + site.events("lot_rejected").len(), 1);
    site.whole();
}

#[test]
fn of_two_analysts_who_record_the_same_attribute_at_once_the_second_is_told_who_was_first() {
    let site = Site::start();
    for round in 0..5 {
        let lot = format!("L-{round}");
        site.analyst().registers_with(&lot, &json!({"passage": null})).created();
        let answers = at_once(2, |n| {
            let (who, value) = if n == 0 { ("amy", "0.10") } else { ("ben", "0.20") };
            site.person(who).records(&lot, "endotoxin", &[("ENDOTOXIN", value)])
        });
        let statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
        assert!(statuses == [201, 409] || statuses == [409, 201], "{statuses:?}");
        let first = if statuses[0] == 201 { "Amy Adams" } else { "Ben Łukasz 患者" };
        let lost = answers.iter().find(|a| a.status == 409).expect("one lost");
        lost.refused(409, "already_recorded").says(first);
        let value = if statuses[0] == 201 { "0.10" } else { "0.20" };
        assert_eq!(criterion(&site.qa().sees(&lot), "ENDOTOXIN")["verdict"]["as_entered"], value);
    }
}

#[test]
fn of_two_verifiers_at_once_one_verifies() {
    let site = Site::start();
    site.has_person("cole", "Cora Cole", &["analyst"]);
    site.token("cole");
    let run = site.analyst().registers("L-1").created()["run"].as_i64().expect("a run");
    let answers = at_once(2, |n| site.person(if n == 0 { "ben" } else { "cole" }).verifies(run));
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    answers.iter().find(|a| a.status != 201).expect("one lost").refused(409, "already_verified");
}

#[test]
fn a_correction_and_a_verification_at_once_never_confirm_what_was_not_seen() {
    let site = Site::start();
    for round in 0..5 {
        let lot = format!("L-{round}");
        site.analyst().registers(&lot).created();
        let run = site.analyst().records(&lot, "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"]
            .as_i64()
            .expect("a run");
        let seen = site.verifier().get(&format!("/api/v1/runs/{run}")).ok()["content_sha256"].clone();
        let answers = at_once(2, |n| match n {
            0 => site.analyst().corrects(run, &[("ENDOTOXIN", "0.2")], "Read again"),
            _ => site.verifier().post(&format!("/api/v1/runs/{run}/verification"), &json!({"content_sha256": seen})),
        });
        let codes =
            answers.iter().map(|a| if a.status == 201 { json!("done") } else { a.problem().body["code"].clone() });
        let codes: Vec<Value> = codes.collect();
        // A correction after the verification makes it fall; one before it is not what was seen.
        // Whoever verified first does not enter, so the other way round Amy is never refused.
        assert!(codes == ["done", "changed_since_seen"] || codes == ["done", "done"], "{codes:?}");
        let run = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
        assert_eq!((&run["readings"][0]["value"], &run["verified_by"]), (&json!("0.2"), &Value::Null));
    }
}

#[test]
fn a_lot_number_and_a_user_name_are_given_once_however_many_ask() {
    let site = Site::start();
    let answers = at_once(8, |n| site.person(if n % 2 == 0 { "amy" } else { "ben" }).registers("L-1"));
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    assert!(answers.iter().filter(|a| a.status != 201).all(|a| a.refused(409, "lot_exists").detail().contains("L-1")));
    let body = json!({"username": "dora", "full_name": "Dora Dean", "roles": ["qa"], "password": password("dora")});
    let answers = at_once(4, |_| site.admin().post("/api/v1/users", &body));
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    site.whole();
}

#[test]
fn sixty_four_writers_at_once_keep_the_ledger_whole_and_lose_nothing() {
    let site = Site::start();
    let before = site.facts_count();
    let answers = at_once(64, |n| {
        let lot = format!("L-{}", n / 2);
        let person = site.person(if n % 2 == 0 { "amy" } else { "ben" });
        match n % 4 {
            // Half of the registrations meet their twin: whoever is second is refused.
            0 | 1 => person.registers(&lot),
            _ => person.registers_with(&format!("M-{n}"), &json!({"passage": null})),
        }
    });
    assert!(answers.iter().all(|a| a.status == 201 || a.status == 409), "nobody is turned away by the crowd");
    let made: Vec<Value> = answers.iter().filter(|a| a.status == 201).map(Answer::created).collect();
    assert_eq!(made.len(), 16 + 32);
    assert_eq!(site.facts_count(), before + 16 * 2 + 32);
    let mut runs: Vec<i64> = made.iter().filter_map(|m| m["run"].as_i64()).collect();
    runs.sort_unstable();
    assert_eq!(runs, (1..=16).collect::<Vec<i64>>(), "run numbers have no gaps and no doubles");
    for lot in &made {
        site.auditor().get(&format!("/api/v1/lots/{}", lot["lot"].as_str().expect("a lot"))).ok();
    }
    assert_eq!(site.auditor().get("/api/v1/ledger/verify").ok()["whole"], true);
}

#[test]
fn readers_see_a_whole_record_while_others_write() {
    let site = Site::start();
    let answers = at_once(12, |n| match n % 3 {
        0 => site.auditor().get("/api/v1/ledger/verify"),
        1 => site.auditor().get("/api/v1/lots"),
        _ => site.analyst().registers(&format!("L-{n}")),
    });
    for answer in answers {
        assert!(answer.status == 200 || answer.status == 201, "{answer}");
        let body = answer.json();
        assert!(body.get("whole").is_none_or(|w| *w == true), "{body}");
        let lots = body["lots"].as_array().cloned().unwrap_or_default();
        assert!(
            lots.iter().all(|l| l["blockers"].as_array().is_some_and(|b| b.len() == 8)),
            "a lot and its passage come together: {body}"
        );
    }
}
