//! Trainings: what a site that asks for them takes from whom (21 CFR 11.10(i)).

use serde_json::{Value, json};

use crate::example::number;
use crate::routes_of_decision::policy;
use crate::site::Site;

/// Adam records a training of somebody, valid for these hours.
fn train(site: &Site, who: &str, assay: &str, from: i64, until: i64) {
    let body = json!({"assay": assay, "valid_from": site.hours(from), "valid_until": site.hours(until),
        "reference": "TR-2026-7"});
    site.admin().post(&format!("/api/v1/users/{who}/training"), &body).created();
}

#[test]
fn a_site_that_refuses_the_untrained_takes_entry_verification_and_release_only_with_a_training_valid_then() {
    let site = Site::start();
    site.full_lot("L-1");
    site.analyst().registers("L-2").created();
    policy(&site, &json!({"untrained": "refuse"})).ok();
    let before = site.facts_count();

    let enters = || site.analyst().records("L-2", "endotoxin", &[("ENDOTOXIN", "0.1")]);
    enters().refused(403, "not_trained").says("endotoxin");
    assert!(
        site.facts()[usize::try_from(before).expect("few")..]
            .iter()
            .all(|f| f["fact"]["event"]["kind"] != "run_recorded")
    );
    train(&site, "amy", "mycoplasma", -48, 48);
    enters().refused(403, "not_trained");
    // The test was made an hour ago: a training that ended before it, or begins after it, is none.
    train(&site, "amy", "endotoxin", -48, -2);
    enters().refused(403, "not_trained");
    train(&site, "amy", "endotoxin", 0, 48);
    enters().refused(403, "not_trained");
    train(&site, "amy", "endotoxin", -2, 48);
    let run = number(&enters());

    site.verifier().verifies(run).refused(403, "not_trained");
    train(&site, "ben", "endotoxin", -1, 1);
    site.waits_hours(1);
    site.verifier().verifies(run).refused(403, "not_trained");
    train(&site, "ben", "endotoxin", -1, 48);
    site.verifier().verifies(run).created();

    site.qa().releases("L-1").refused(403, "not_trained").says("release");
    train(&site, "queen", "release", -1, 48);
    site.qa().releases("L-1").created();
    site.whole();
}

#[test]
fn a_site_that_flags_the_untrained_takes_their_work_and_says_so_with_it() {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    policy(&site, &json!({"untrained": "flag"})).ok();
    let run = number(&site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]));
    site.verifier().verifies(run).created();
    let seen = site.auditor().get(&format!("/api/v1/runs/{run}")).ok();
    assert_eq!(seen["flags"], json!(["Amy Adams has no valid training in endotoxin"]));
    let lot = site.auditor().sees("L-1");
    let flags = lot["flags"].as_array().expect("flags").iter().map(Value::to_string).collect::<String>();
    assert!(flags.contains("Ben") && flags.contains("no valid training in endotoxin and verified run"), "{flags}");
    site.whole();
}
