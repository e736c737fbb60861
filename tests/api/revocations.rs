//! A result fails after the lot has left: what falls, who is told, what is held.

use lotgate::domain::certificate::SignatureRecord;
use serde_json::{Value, json};

use crate::containers::ships;
use crate::person::with;
use crate::site::{Site, password};
use crate::verification::form as multipart;

const GROWTH: [(&str, &str); 1] = [("STERILITY_AEROBIC", "Growth")];

/// A late growth in the aerobic sterility test of a lot, said to be late or not.
fn grows(site: &Site, lot: &str, late: bool) -> crate::answer::Answer {
    site.analyst().records_with(lot, "sterility", &GROWTH, &json!({"late_result": late}))
}

fn released(site: &Site, lot: &str) {
    site.full_lot(lot);
    site.qa().releases(lot).created();
}

fn revocation(site: &Site, lot: &str) -> Value {
    site.auditor().get(&format!("/api/v1/lots/{lot}/revocation")).ok()
}

/// The body of a revocation by hand.
fn by_hand(who: &str) -> Value {
    json!({"password": password(who), "class": "quality_defect", "reason": "A bag leaks"})
}

fn tells(site: &Site, party: usize) -> crate::answer::Answer {
    let body = json!({"who": "Dr Lin", "how": "By telephone", "acknowledged_at": site.hours(0)});
    site.qa().post(&format!("/api/v1/lots/L-1/revocation/parties/{party}"), &body)
}

#[test]
fn a_program_that_does_not_know_of_late_results_loses_none() {
    let site = Site::start();
    released(&site, "L-1");
    site.analyst().records("L-1", "sterility", &GROWTH).created();
    assert_eq!(site.auditor().sees("L-1")["status"], "revoked");
}

#[test]
fn who_asks_first_is_told_what_a_failing_result_does_to_a_released_lot() {
    let site = Site::start();
    released(&site, "L-1");
    let before = site.facts_count();
    let refused = grows(&site, "L-1", false).refused(409, "confirm_failing");
    refused.says("revokes RC-2026-000001").says("4 of 4 containers").says("5 parties").says("late_result");
    assert_eq!(site.facts_count(), before, "nothing is recorded before it is confirmed");
    grows(&site, "L-1", true).created();
    assert_eq!(site.auditor().sees("L-1")["status"], "revoked");
}

#[test]
fn a_passing_result_of_a_released_lot_stays_refused() {
    let site = Site::start();
    released(&site, "L-1");
    let good = [("ENDOTOXIN", "0.1")];
    site.analyst()
        .records_with("L-1", "endotoxin", &good, &json!({"late_result": true}))
        .refused(409, "lot_closed")
        .says("Only a result that fails is still recorded");
    let run = crate::person::criterion(&site.auditor().sees("L-1"), "VIABILITY")["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("VIABILITY", "93.0")], "Misread").refused(409, "lot_closed");
}

#[test]
fn a_correction_that_makes_a_released_lot_fail_revokes_it_too() {
    let site = Site::start();
    released(&site, "L-1");
    let lot = site.auditor().sees("L-1");
    let run = crate::person::criterion(&lot, "ENDOTOXIN")["run"].as_i64().expect("a run");
    let reading = json!([crate::person::reading("ENDOTOXIN", "9.5")]);
    let body = json!({"readings": reading, "reason": "The dilution was forgotten"});
    let path = format!("/api/v1/runs/{run}/correction");
    site.analyst().post(&path, &with(body.clone(), &json!({"late_result": false}))).refused(409, "confirm_failing");
    site.analyst().post(&path, &body).created();
    assert_eq!(revocation(&site, "L-1")["run"], run);
    assert_eq!(site.auditor().sees("L-1")["status"], "revoked");
    site.whole();
}

#[test]
fn from_release_and_shipping_to_a_late_growth_everything_follows_in_one_transaction() {
    let site = Site::start();
    released(&site, "L-1");
    ships(&site, "L-1", &[1, 2]).created();
    let pdf = site.auditor().get("/api/v1/certificates/RC-2026-000001/pdf").with_status(200).bytes.clone();
    let asks = |pdf: &[u8]| {
        let (media_type, bytes) = multipart(&[("file", pdf)]);
        site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, bytes))).ok()
    };
    assert_eq!(asks(&pdf)["outcome"], "valid");
    let facts = site.facts_count();
    grows(&site, "L-1", true).created();

    let kinds: Vec<String> = site
        .facts()
        .iter()
        .skip(usize::try_from(facts).expect("few"))
        .map(|f| f["fact"]["event"]["kind"].as_str().expect("a kind").to_owned())
        .collect();
    assert_eq!(kinds, ["run_recorded", "lot_revoked", "alert_raised"]);
    let said = revocation(&site, "L-1");
    assert_eq!(said["class"], "late_failing_result");
    assert_eq!(said["certificate"], "RC-2026-000001");
    assert_eq!(said["revoked_by"], "Lotgate");
    let parties: Vec<(&str, &str)> = said["tell"]
        .as_array()
        .expect("parties")
        .iter()
        .map(|p| (p["role"].as_str().expect("a role"), p["because"].as_str().expect("why")))
        .collect();
    assert_eq!(parties[0], ("physician", "received containers 1, 2"));
    let roles: Vec<&str> = parties.iter().map(|(role, _)| *role).collect();
    assert_eq!(roles, ["physician", "qp", "qa", "sponsor", "authority"]);

    // The same bytes, another answer: the day and the sort of reason, and nothing more.
    let after = asks(&pdf);
    assert_eq!(after["outcome"], "revoked");
    assert_eq!(after["certificate"]["status"], "revoked");
    let detail = after["detail"].as_str().expect("a sentence");
    assert!(detail.contains("2026-06-01") && detail.contains("a result failed after the lot"), "{detail}");
    assert!(!detail.to_lowercase().contains("growth") && !detail.to_lowercase().contains("steril"), "{detail}");
    let by_number = site.stranger().post("/api/v1/verify", &json!({"number": "RC-2026-000001"})).ok();
    assert_eq!(by_number["outcome"], "revoked");
    let again = site.auditor().get("/api/v1/certificates/RC-2026-000001/pdf").with_status(200).bytes.clone();
    assert_eq!(again, pdf, "the issued bytes are not touched");

    // Nothing leaves any more; what is outside can come back, what is here can be destroyed.
    ships(&site, "L-1", &[3]).refused(409, "not_shippable").says("was revoked");
    let moves = |act: &str, numbers: &[u32]| {
        let body =
            json!({"lot": "L-1", "containers": numbers, "act": act, "moved_at": site.hours(0), "remark": "Recall"});
        site.qa().post("/api/v1/containers", &body)
    };
    moves("returned", &[1]).created();
    moves("destroyed", &[3, 4]).created();
    // The result is still verified by a second person, and that opens its investigation.
    let run = said["run"].as_i64().expect("a run");
    site.verifier().verifies(run).created();
    assert_eq!(site.events("investigation_opened")[0]["run"], run);
    site.qa().releases("L-1").refused(409, "lot_closed").says("stays revoked");
    site.whole();
}

#[test]
fn lots_that_share_something_are_held_with_an_alert_whatever_became_of_them() {
    let site = Site::start();
    let reagent = json!({"code": "R-1", "name": "Medium", "supplier_lot": "7", "expires_at": site.hours(900)});
    site.qa().post("/api/v1/reagents", &reagent).created();
    let elsewhere = |lot: &str, donor: &str, days: i64| {
        let made = json!({"donor": donor, "manufactured_at": site.hours(-days * 24)});
        site.analyst().registers_with(lot, &made).created();
    };
    released(&site, "L-1");
    released(&site, "DONOR");
    elsewhere("DAY", "D-2", 20);
    elsewhere("REAGENT", "D-3", 25);
    elsewhere("OTHER", "D-4", 26);
    let with_reagent = json!({"reagents": ["R-1"]});
    site.analyst().records_with("REAGENT", "endotoxin", &[("ENDOTOXIN", "0.1")], &with_reagent).created();
    let late = json!({"late_result": true, "reagents": ["R-1"]});
    site.analyst().records_with("L-1", "sterility", &GROWTH, &late).created();

    let said = revocation(&site, "L-1");
    let shares = |lot: &str| {
        let sisters = said["sisters"].as_array().expect("sisters");
        sisters.iter().find(|s| s["lot"] == lot).map(|s| s["shares"].clone()).unwrap_or_default()
    };
    assert_eq!(shares("DONOR"), json!(["donor D-0031", "made on the same day"]));
    assert_eq!(shares("DAY"), json!(["made on the same day"]));
    assert_eq!(shares("REAGENT"), json!(["reagent R-1"]), "also a reagent of the run that failed");
    assert_eq!(shares("OTHER"), Value::Null);
    assert_eq!(site.auditor().sees("OTHER")["status"], "testing");
    assert_eq!(site.auditor().sees("DAY")["status"], "on_hold");
    assert_eq!(site.auditor().sees("DONOR")["status"], "released", "a sister is held, not revoked");
    ships(&site, "DONOR", &[1]).refused(409, "not_shippable").says("Hold DEV-2026-0003 is open");
    let alerts = site.events("alert_raised");
    assert_eq!(alerts.iter().filter(|a| a["about"] == "sister_lot").count(), 3);
    assert_eq!(alerts[0]["about"], "late_failing_result");
    assert_eq!(alerts[0]["to"], json!(["qa", "qp", "admin"]));
    // Once QA has assessed the hold, the sister may leave again.
    let body = json!({"assessment": "Another culture, another day of filling", "password": password("queen")});
    for deviation in site.events("deviation_opened").iter().filter(|d| d["lot"] == "DONOR") {
        let number = deviation["deviation"].as_str().expect("a number");
        site.qa().post(&format!("/api/v1/deviations/{number}/closure"), &body).created();
    }
    ships(&site, "DONOR", &[1]).created();
    site.whole();
}

#[test]
fn a_reagent_that_was_used_on_both_makes_two_lots_sisters() {
    let site = Site::start();
    let reagent = |code: &str| json!({"code": code, "name": "Kit", "supplier_lot": "7", "expires_at": site.hours(900)});
    site.qa().post("/api/v1/reagents", &reagent("R-1")).created();
    site.qa().post("/api/v1/reagents", &reagent("R-10")).created();
    site.analyst().registers("L-1").created();
    site.analyst()
        .records_with("L-1", "mycoplasma", &[("MYCOPLASMA", "Not detected")], &json!({"reagents": ["R-1"]}))
        .created();
    for (assay, values) in crate::site::GOOD.iter().filter(|(assay, _)| *assay != "mycoplasma") {
        site.analyst().records("L-1", assay, values).created();
    }
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    for (lot, donor, code, days) in [("SAME", "D-2", "R-1", 3), ("LIKE", "D-3", "R-10", 4)] {
        let made = json!({"donor": donor, "manufactured_at": site.hours(-days * 24)});
        site.analyst().registers_with(lot, &made).created();
        let used = json!({"reagents": [code]});
        site.analyst().records_with(lot, "endotoxin", &[("ENDOTOXIN", "0.1")], &used).created();
    }
    grows(&site, "L-1", true).created();
    assert_eq!(revocation(&site, "L-1")["sisters"], json!([{"lot": "SAME", "shares": ["reagent R-1"]}]));
}

#[test]
fn lots_of_one_bank_are_sisters_and_a_bank_that_fails_holds_the_released_ones() {
    let site = Site::start();
    site.analyst().registers_bank("MCB-1", &json!({})).created();
    let of_bank = json!({"bank": "MCB-1", "passage": "4"});
    for (lot, days) in [("L-1", 20), ("L-2", 10)] {
        let made = with(of_bank.clone(), &json!({"manufactured_at": site.hours(-days * 24)}));
        site.analyst().registers_with(lot, &made).created();
    }
    site.records_all("L-1", &[], &[]);
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    grows(&site, "L-1", true).created();
    assert_eq!(revocation(&site, "L-1")["sisters"], json!([{"lot": "L-2", "shares": ["donor D-0031", "bank MCB-1"]}]));
}

#[test]
fn a_lot_revoked_after_step_one_says_so_and_offers_no_decision() {
    let site = Site::start();
    crate::routes_of_decision::conditional(&site, "L-1");
    site.qa().post("/api/v1/lots/L-1/revocation", &by_hand("queen")).created();
    let shown = crate::example::page(&site, "queen", "/lots/L-1").text();
    assert!(shown.contains("Withdrawn after step 1") && shown.contains("/lots/L-1/recall"), "{shown}");
    for offer in ["Reject this lot", "Sign and release", "Not releasable"] {
        assert!(!shown.contains(offer), "{offer}");
    }
}

#[test]
fn a_person_revokes_with_a_signature_once_and_for_good() {
    let site = Site::start();
    released(&site, "L-1");
    let path = "/api/v1/lots/L-1/revocation";
    for other in ["amy", "cora", "olga", "adam"] {
        site.person(other).post(path, &by_hand(other)).refused(403, "wrong_role");
    }
    site.qa().post(path, &with(by_hand("queen"), &json!({"password": "wrong"}))).refused(403, "wrong_password");
    site.qa().post(path, &with(by_hand("queen"), &json!({"class": "bad_luck"}))).refused(422, "invalid_field");
    let made = site.qp().post(path, &by_hand("pablo")).created();
    assert_eq!((made["class"].clone(), made["revoked_by"].clone()), (json!("quality_defect"), json!("Pablo Peña")));
    let signature: SignatureRecord =
        serde_json::from_value(site.events("lot_revoked")[0]["signature"].clone()).expect("a signature");
    assert_eq!((signature.act.as_str(), signature.role.as_str()), ("revocation", "qp"));
    site.qa().post(path, &by_hand("queen")).refused(409, "already_revoked").says("never taken back");
    site.analyst().registers("L-2").created();
    site.qa().post("/api/v1/lots/L-2/revocation", &by_hand("queen")).refused(409, "not_standing");
    assert_eq!(site.events("attempt_refused").iter().filter(|a| a["act"] == "revocation").count(), 8);
    site.whole();
}

#[test]
fn of_two_who_revoke_at_once_one_does_it() {
    let site = Site::start();
    released(&site, "L-1");
    let revokes = |who: &'static str| site.person(who).post("/api/v1/lots/L-1/revocation", &by_hand(who)).status;
    let statuses = std::thread::scope(|scope| {
        let both = ["queen", "pablo"].map(|who| scope.spawn(move || revokes(who)));
        both.map(|one| one.join().expect("no panic"))
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert_eq!(site.events("lot_revoked").len(), 1);
}

#[test]
fn each_party_acknowledges_once() {
    let site = Site::start();
    site.auditor().get("/api/v1/lots/L-9/revocation").refused(404, "no_such_lot");
    released(&site, "L-1");
    site.auditor().get("/api/v1/lots/L-1/revocation").refused(404, "no_such_page");
    tells(&site, 0).refused(404, "no_such_page");
    grows(&site, "L-1", true).created();
    assert_eq!(revocation(&site, "L-1")["outstanding"], 5);
    site.waits_hours(1);
    let path = "/api/v1/lots/L-1/revocation/parties/0";
    let body = |at: String| json!({"who": "Dr Lin", "how": "By telephone", "acknowledged_at": at});
    site.qa().post(path, &body(site.hours(1))).refused(422, "in_the_future");
    site.qa().post(path, &body(site.hours(-2))).refused(422, "invalid_field").about(&["acknowledged_at"]);
    assert_eq!(tells(&site, 0).created()["outstanding"], 4);
    tells(&site, 0).refused(409, "already_done");
    tells(&site, 5).refused(404, "no_such_page");
    site.analyst().post(path, &body(site.hours(0))).refused(403, "wrong_role");
    let told = revocation(&site, "L-1")["tell"][0]["told"].clone();
    assert_eq!((told["who"].clone(), told["recorded_by"].clone()), (json!("Dr Lin"), json!("Queen Qiu")));
    site.whole();
}

#[test]
fn a_revoked_lot_is_listed_as_such() {
    let site = Site::start();
    released(&site, "L-1");
    released(&site, "L-2");
    grows(&site, "L-1", true).created();
    let listed = |status: &str| {
        let page = site.auditor().get(&format!("/api/v1/lots?status={status}")).ok();
        let lots = page["lots"].as_array().expect("lots").clone();
        lots.iter().map(|l| l["lot"].as_str().expect("a number").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("revoked"), ["L-1"]);
    assert_eq!(listed("released"), ["L-2"]);
}
