//! `POST /api/v1/certificates/{number}/supersession`: an error in a certificate is corrected by a new one.

use lotgate::certificate::{Outcome, check};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::page;
use crate::person::with;
use crate::routes_of_decision::long_route;
use crate::site::{Site, password};

pub fn replaces(site: &Site, who: &str, number: &str, corrections: &Value, more: &Value) -> Answer {
    let body = json!({"password": password(who), "reason": "Bags mistyped", "corrections": corrections});
    site.person(who).post(&format!("/api/v1/certificates/{number}/supersession"), &with(body, more))
}

fn released() -> Site {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    site
}

#[test]
fn a_replaced_certificate_and_its_replacement_both_verify_and_say_what_they_are() {
    let site = released();
    let first = "RC-2026-000001";
    let made = replaces(&site, "quinn", first, &json!({"containers": 3}), &json!({})).created();
    assert_eq!((&made["certificate"], &made["supersedes"]), (&json!("RC-2026-000002"), &json!(first)));
    assert_eq!(made["version"], 2);
    let old = site.auditor().get("/api/v1/certificates/RC-2026-000001").ok();
    assert_eq!((&old["status"], &old["superseded_by"]), (&json!("superseded"), &json!("RC-2026-000002")));
    let new = site.auditor().get("/api/v1/certificates/RC-2026-000002").ok();
    assert_eq!((&new["status"], &new["superseded_by"]), (&json!("valid"), &Value::Null));
    let lot = site.auditor().sees("L-1");
    assert_eq!((&lot["certificate"], &lot["containers"]), (&json!("RC-2026-000002"), &json!(3)));
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000002/record").ok();
    let corrected = json!({"certificate": first, "reason": "Bags mistyped",
        "corrections": [{"field": "containers", "before": "4", "after": "3"}]});
    assert_eq!((&record["supersedes"], &record["version"]), (&corrected, &json!(2)));
    assert_eq!(record["dossier"]["containers"], 3);
    for number in [first, "RC-2026-000002"] {
        let pdf = site.auditor().get(&format!("/api/v1/certificates/{number}/pdf")).bytes;
        let checked = check(&pdf, &[site.app.verifier_key().clone()]);
        assert!(matches!(checked.outcome, Outcome::Authentic { .. }), "{number}: {checked:?}");
    }
    assert!(page(&site, "olga", "/lots").text().contains("Certificate RC-2026-000002"), "the one that stands");
    assert!(page(&site, "olga", "/certificates/RC-2026-000001").text().contains("Superseded by RC-2026-000002"));
    assert!(page(&site, "olga", "/certificates/RC-2026-000002").text().contains("it replaces RC-2026-000001"));
    replaces(&site, "quinn", first, &json!({"containers": 2}), &json!({}))
        .refused(409, "not_standing")
        .says("RC-2026-000002 is the one that stands");
    let third = replaces(&site, "quinn", "RC-2026-000002", &json!({"containers": 2}), &json!({})).created();
    assert_eq!((&third["certificate"], &third["version"]), (&json!("RC-2026-000003"), &json!(3)));
    site.whole();
}

#[test]
fn a_correction_that_changes_nothing_or_cannot_be_is_refused() {
    let site = released();
    let tries = |corrections: Value| replaces(&site, "quinn", "RC-2026-000001", &corrections, &json!({}));
    tries(json!({})).refused(422, "nothing_to_correct");
    tries(json!({"containers": 4})).refused(422, "nothing_to_correct");
    tries(json!({"containers": 0})).refused(422, "invalid_field").about(&["containers"]);
    tries(json!({"expires_at": site.hours(31 * 24)}))
        .refused(422, "invalid_field")
        .says("never makes a lot last longer");
    tries(json!({"manufactured_at": site.hours(1)})).refused(422, "in_the_future").about(&["manufactured_at"]);
    tries(json!({"expires_at": site.hours(-1)})).refused(409, "not_releasable").says("could not have been released");
    let unseen = json!({"seen_sha256": "0"});
    replaces(&site, "quinn", "RC-2026-000001", &json!({"containers": 3}), &unseen).refused(409, "changed_since_seen");
    replaces(&site, "quinn", "RC-2026-000009", &json!({"containers": 3}), &json!({}))
        .refused(404, "no_such_certificate");
    replaces(&site, "amy", "RC-2026-000001", &json!({"containers": 3}), &json!({})).refused(403, "wrong_role");
    let wrong = json!({"password": "wrong"});
    replaces(&site, "quinn", "RC-2026-000001", &json!({"containers": 3}), &wrong).refused(403, "wrong_password");
    let refused = site.events("attempt_refused");
    assert!(refused.iter().all(|e| e["act"] == "supersession" && e["lot"] == "L-1"), "{refused:?}");
    assert_eq!(refused.len(), 9);
    assert!(site.events("certificate_superseded").is_empty());
    tries(json!({"expires_at": site.hours(10)})).created();
}

#[test]
fn who_had_a_hand_in_the_data_or_holds_the_other_role_signs_no_replacement() {
    let site = released();
    site.has_person("dora", "Dora Dean", &["analyst", "qa"]);
    site.full_lot_without("L-2", &["ENDOTOXIN"]);
    site.person("dora").records("L-2", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-2");
    site.qa().releases("L-2").created();
    let three = json!({"containers": 3});
    replaces(&site, "dora", "RC-2026-000002", &three, &json!({})).refused(403, "own_work");
    replaces(&site, "pablo", "RC-2026-000001", &three, &json!({})).refused(403, "wrong_role").says("only a QA officer");
    long_route(&site);
    replaces(&site, "quinn", "RC-2026-000001", &three, &json!({})).refused(403, "wrong_role").says("qualified person");
    replaces(&site, "pablo", "RC-2026-000001", &three, &json!({})).created();
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000003/record").ok();
    assert_eq!(record["qualified_person"]["register_number"], "QP-4711");
}
