//! `/api/v1/banks`: what a lot inherits from the bank it was made from, and what happens to it
//! when a result of the bank falls.

use serde_json::{Value, json};

use crate::calls::encoded;
use crate::person::{blockers, criterion, with};
use crate::site::Site;
use crate::specifications::{criterion_of, install, shipped_document};

const DIFFERENTIATION: [&str; 3] = ["ADIPOGENIC", "OSTEOGENIC", "CHONDROGENIC"];
const POSITIVE: [(&str, &str); 3] =
    [("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")];

/// The shipped specification with differentiation tested on the bank.
fn staged(product: &str) -> Value {
    let mut document = shipped_document();
    document["product"] = json!(product);
    for attribute in DIFFERENTIATION {
        criterion_of(&mut document, attribute)["stage"] = json!("bank");
    }
    document
}

/// `STAGED-1`: differentiation on the bank, HIV on the donor; `BANKED-1`: differentiation on the
/// bank, nothing on the donor.
pub fn install_staged(site: &Site) {
    install(site, staged("BANKED-1"));
    let mut document = staged("STAGED-1");
    document["assays"].as_array_mut().expect("assays").push(json!({
        "code": "serology", "name": "Serology", "method": "SOP-QC-070 v1",
    }));
    document["criteria"].as_array_mut().expect("criteria").push(json!({
        "attribute": "HIV", "name": "HIV-1/2", "section": "Donor", "assay": "serology", "kind": "required",
        "stage": "donor",
        "acceptance": {"type": "categorical", "allowed": ["Negative", "Positive"], "acceptable": ["Negative"]},
    }));
    install(site, document);
}

fn run_of(answer: &Value) -> i64 {
    answer["run"].as_i64().expect("a run")
}

/// A bank of BANKED-1 without results.
fn bank(site: &Site, number: &str, instead: &Value) {
    let body = with(json!({"product": "BANKED-1"}), instead);
    site.analyst().registers_bank(number, &body).created();
}

/// A bank whose differentiation passed and was verified.
fn good_bank(site: &Site, number: &str) -> i64 {
    bank(site, number, &json!({}));
    let run = run_of(&site.analyst().records_on(&format!("banks/{number}"), "differentiation", &POSITIVE).created());
    site.verifier().verifies(run).created();
    run
}

/// A lot made from this bank, with everything that is tested on the lot itself good and verified.
fn lot_from(site: &Site, number: &str, bank: &str) {
    let from = json!({"product": "BANKED-1", "bank": bank});
    site.analyst().registers_with(number, &from).created();
    site.records_all(number, &[], &DIFFERENTIATION);
    site.verifier().verifies_all(number);
}

fn sees_bank(site: &Site, number: &str) -> Value {
    site.auditor().get(&format!("/api/v1/banks/{number}")).ok()
}

#[test]
fn a_lot_inherits_what_passed_and_was_verified_on_its_bank() {
    let site = Site::start();
    install_staged(&site);
    let run = good_bank(&site, "MCB-1");
    lot_from(&site, "L-1", "mcb-1");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["bank"], &seen["status"], &seen["flags"]), (&json!("MCB-1"), &json!("ready"), &json!([])));
    for attribute in DIFFERENTIATION {
        let row = criterion(&seen, attribute);
        assert_eq!(
            (&row["stage"], &row["inherited_from"], &row["run"], &row["verdict"]["outcome"]),
            (&json!("bank"), &json!("MCB-1"), &json!(run), &json!("pass"))
        );
    }
    assert_eq!(criterion(&seen, "CD105")["inherited_from"], Value::Null);
    site.qa().releases("L-1").created();
    let there = sees_bank(&site, "MCB-1");
    assert_eq!(there["status"], "ready");
    assert_eq!(there["criteria"].as_array().expect("criteria").len(), 3, "only what is tested on a bank");
    assert_eq!(there["runs"][0]["verified_by"], "Ben Łukasz 患者");
    assert_eq!((&there["expires_at"], &there["passage"]), (&Value::Null, &json!(2)));
    let made = json!([{"number": "L-1", "kind": "lot", "made_from": "MCB-1", "product": "BANKED-1", "status": "released", "flags": 0}]);
    assert_eq!(there["made"], made);
}

#[test]
fn a_lot_inherits_through_its_working_bank_from_the_master_bank() {
    let site = Site::start();
    install_staged(&site);
    good_bank(&site, "MCB-1");
    bank(&site, "WCB-1", &json!({"made_from": "MCB-1", "passage": "3", "made_at": site.hours(-40 * 24)}));
    lot_from(&site, "L-1", "WCB-1");
    let seen = site.qa().sees("L-1");
    assert_eq!(
        (&seen["status"], &criterion(&seen, "ADIPOGENIC")["inherited_from"]),
        (&json!("ready"), &json!("MCB-1"))
    );
    let working = sees_bank(&site, "WCB-1");
    let row = criterion(&working, "ADIPOGENIC");
    assert_eq!((&row["verdict"]["outcome"], &row["inherited_from"]), (&json!("pass"), &json!("MCB-1")));
    let made: Vec<Value> = sees_bank(&site, "MCB-1")["made"].as_array().expect("made").clone();
    let named: Vec<(&str, &str)> =
        made.iter().map(|m| (m["number"].as_str().expect("text"), m["kind"].as_str().expect("text"))).collect();
    assert_eq!(named, [("WCB-1", "bank"), ("L-1", "lot")]);
    // A failure on the working bank is not made good by the master bank.
    let run =
        run_of(&site.analyst().records_on("banks/WCB-1", "differentiation", &[("OSTEOGENIC", "Negative")]).created());
    site.verifier().verifies(run).created();
    let seen = site.qa().sees("L-1");
    let row = criterion(&seen, "OSTEOGENIC");
    assert_eq!((&row["verdict"]["outcome"], &row["inherited_from"]), (&json!("fail"), &json!("WCB-1")));
}

#[test]
fn what_nobody_has_verified_or_tested_on_the_bank_blocks_its_lots() {
    let site = Site::start();
    install_staged(&site);
    bank(&site, "MCB-1", &json!({}));
    site.analyst().registers_with("L-1", &json!({"product": "BANKED-1", "bank": "MCB-1"})).created();
    site.records_all("L-1", &[], &DIFFERENTIATION);
    site.verifier().verifies_all("L-1");
    let seen = site.qa().sees("L-1");
    assert_eq!(blockers(&seen), ["missing"]);
    let says = seen["blockers"][0]["detail"].as_str().expect("a sentence");
    assert!(says.contains("bank MCB-1") && says.contains("Adipogenic"), "{says}");
    let run = run_of(&site.analyst().records_on("banks/MCB-1", "differentiation", &POSITIVE).created());
    let seen = site.qa().sees("L-1");
    assert_eq!((blockers(&seen), &seen["blockers"][0]["run"]), (vec!["unverified"], &json!(run)));
    site.qa().releases("L-1").refused(409, "not_releasable").says("MCB-1 is not verified");
    site.analyst().verifies(run).refused(403, "own_work");
    site.verifier().verifies(run).created();
    site.qa().releases("L-1").created();
}

#[test]
fn a_failing_result_of_a_bank_flags_everything_made_from_it_and_blocks_what_is_not_released() {
    let site = Site::start();
    install_staged(&site);
    good_bank(&site, "MCB-1");
    good_bank(&site, "MCB-2");
    bank(&site, "WCB-1", &json!({"made_from": "MCB-1", "passage": "3", "made_at": site.hours(-40 * 24)}));
    for (lot, from) in [("OUT", "MCB-1"), ("IN", "MCB-1"), ("DEEP", "WCB-1"), ("OTHER", "MCB-2")] {
        lot_from(&site, lot, from);
    }
    site.qa().releases("OUT").created();
    let run =
        run_of(&site.analyst().records_on("banks/MCB-1", "differentiation", &[("OSTEOGENIC", "Negative")]).created());
    let before = site.facts_count();
    assert_eq!(site.qa().sees("IN")["flags"], json!([]), "a result nobody has verified flags nothing yet");
    site.verifier().verifies(run).created();
    let facts = site.facts();
    let new: Vec<(&str, &str)> = facts[usize::try_from(before).expect("small")..]
        .iter()
        .map(|f| {
            let event = &f["fact"]["event"];
            (event["kind"].as_str().expect("a kind"), event["lot"].as_str().expect("a lot"))
        })
        .collect();
    let flagged = |lot| ("source_flagged", lot);
    assert_eq!(new[..2], [("run_verified", "MCB-1"), ("investigation_opened", "MCB-1")]);
    // What has left is held besides, and somebody is told: whether it is revoked is QA's decision.
    let held = [flagged("OUT"), ("deviation_opened", "OUT"), ("alert_raised", "OUT")];
    assert_eq!(new[2..], [&[flagged("DEEP"), flagged("IN")], &held[..], &[flagged("WCB-1")]].concat());
    let told = format!("Run #{run} of MCB-1, from which it was made, is out of specification.");
    let flag = json!([{"source": "MCB-1", "detail": told, "at": "2026-06-01T08:00:00.000000Z"}]);
    for lot in ["OUT", "IN", "DEEP"] {
        assert_eq!(site.qa().sees(lot)["flags"], flag, "{lot}");
    }
    assert_eq!(sees_bank(&site, "WCB-1")["flags"], flag);
    assert_eq!(site.qa().sees("OUT")["status"], "released");
    let listed = site.auditor().get("/api/v1/lots?q=OUT").ok();
    assert_eq!(listed["lots"][0]["flags"], flag, "the list shows it, too");
    for lot in ["IN", "DEEP"] {
        let seen = site.qa().sees(lot);
        assert_eq!((&seen["status"], blockers(&seen)), (&json!("on_hold"), vec!["failed", "source"]), "{lot}");
        site.qa().releases(lot).refused(409, "not_releasable").says("OOS-2026-0001");
    }
    let other = site.qa().sees("OTHER");
    assert_eq!((&other["flags"], &other["status"]), (&json!([]), &json!("ready")));
    assert_eq!(sees_bank(&site, "MCB-1")["status"], "on_hold");
    // A lot that is made from it afterwards has no flag, and is blocked all the same.
    lot_from(&site, "LATE", "MCB-1");
    assert_eq!(blockers(&site.qa().sees("LATE")), ["failed", "source"]);
    site.whole();
}

#[test]
fn the_lot_page_shows_a_flag_also_after_release_and_the_bank_page_what_was_made_from_it() {
    let site = Site::start();
    install_staged(&site);
    good_bank(&site, "MCB-1");
    lot_from(&site, "OUT", "MCB-1");
    site.qa().releases("OUT").created();
    let run =
        run_of(&site.analyst().records_on("banks/MCB-1", "differentiation", &[("OSTEOGENIC", "Negative")]).created());
    site.verifier().verifies(run).created();
    let page = looks(&site, "queen", "/lots/OUT");
    assert!(page.contains(&format!("Run #{run} of MCB-1, from which it was made, is out of specification.")), "{page}");
    assert!(page.contains("href=\"/banks/MCB-1\"") && page.contains("Released"), "{page}");
    let page = looks(&site, "queen", "/banks/MCB-1");
    assert!(page.contains("href=\"/lots/OUT\"") && page.contains("OOS-2026-0001"), "{page}");
    assert!(!page.contains("Sign and release") && !page.contains("Reject"), "{page}");
    let moved = ask(&site, "queen", "/lots/MCB-1?done=verified&run=2");
    assert_eq!((moved.status, moved.header("location")), (303, "/banks/MCB-1?done=verified&run=2"));
    assert!(looks(&site, "ben", &format!("/runs/{run}")).contains("href=\"/banks/MCB-1\""));
    assert!(looks(&site, "olga", "/ledger").contains("registered bank MCB-1, passage 2"));
}

#[test]
fn the_form_for_results_offers_only_what_is_tested_there() {
    let site = Site::start();
    install_staged(&site);
    bank(&site, "MCB-1", &json!({}));
    site.analyst().registers_with("L-1", &json!({"product": "BANKED-1", "bank": "MCB-1"})).created();
    site.analyst().registers_with("ALONE", &json!({"product": "BANKED-1"})).created();
    let form = |lot: &str, assay: &str| ask(&site, "amy", &format!("/lots/{lot}/runs/new?assay={assay}"));
    for attribute in DIFFERENTIATION {
        assert!(form("MCB-1", "differentiation").text().contains(&format!("value-{attribute}\"")));
        let alone = form("ALONE", "differentiation").with_status(200).text();
        assert!(alone.contains(&format!("value-{attribute}\"")), "a lot without a bank can only be tested itself");
    }
    assert_eq!(form("MCB-1", "endotoxin").status, 404);
    assert_eq!(form("L-1", "differentiation").status, 404);
    assert_eq!(form("L-1", "endotoxin").status, 200);
    let page = looks(&site, "amy", "/lots/L-1");
    assert!(!page.contains("/lots/L-1/runs/new?assay=differentiation") && page.contains("href=\"/banks/MCB-1\""));
    let tested = site.hours(-1);
    let started = site.hours(-22 * 24);
    let fields = [
        ("assay", "differentiation"),
        ("method", "SOP-QC-012 v3"),
        ("started_at", started.as_str()),
        ("tested_at", tested.as_str()),
        ("value.ADIPOGENIC", "Positive"),
        ("control.uninduced", "Negative"),
    ];
    let saved = fills(&site, "amy", "/lots/MCB-1/runs", &fields);
    assert_eq!((saved.status, saved.header("location")), (303, "/banks/MCB-1?done=recorded&run=3"), "{saved}");
    let review = looks(&site, "ben", "/review");
    assert!(review.contains("href=\"/banks/MCB-1\"") && review.contains("href=\"/runs/3\""), "{review}");
    assert!(looks(&site, "ben", "/lots").contains("href=\"/runs/3#check\""), "a bank's run waits like any other");
}

#[test]
fn the_forms_come_back_with_what_was_typed_and_offer_what_is_known() {
    let site = Site::start();
    let mut document = shipped_document();
    document["product"] = json!("ASKS-1");
    criterion_of(&mut document, "MYCOPLASMA")["applies_when"] = json!({"fact": "allogeneic"});
    bank_of_the_shipped_product(&site);
    assert!(!looks(&site, "amy", "/lots/new").contains("name=\"autologous\""), "nobody asks yet");
    install(&site, document);
    let page = looks(&site, "amy", "/lots/new");
    assert!(page.contains("<option value=\"MCB-1\">") && page.contains("Asked for by ASKS-1."), "{page}");
    assert!(!page.contains("name=\"cryopreserved\""));
    let (made, expires) = (site.hours(-480), site.hours(480));
    let lot = |autologous| {
        [
            ("lot", "L-1"),
            ("product", "ASKS-1"),
            ("donor", "D-0031"),
            ("bank", "mcb-1"),
            ("passage", "4"),
            ("manufactured_at", made.as_str()),
            ("expires_at", expires.as_str()),
            ("containers", "4"),
            ("autologous", autologous),
        ]
    };
    let refused = fills(&site, "amy", "/lots", &lot("")).with_status(422).text();
    assert!(refused.contains("whether the donor is the patient") && refused.contains("value=\"mcb-1\""), "{refused}");
    assert_eq!(fills(&site, "amy", "/lots", &lot("no")).header("location"), "/lots/L-1?done=registered");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["bank"], &seen["autologous"]), (&json!("MCB-1"), &json!(false)));
    let bank = [
        ("bank", "WCB-1"),
        ("product", "ADMSC-IV"),
        ("donor", "D-0031"),
        ("made_from", "MCB-1"),
        ("passage", "2"),
        ("made_at", made.as_str()),
        ("expires_at", ""),
        ("containers", "20"),
    ];
    let refused = fills(&site, "amy", "/banks", &bank).with_status(422).text();
    assert!(refused.contains("lower than that of its bank MCB-1") && refused.contains("value=\"WCB-1\""), "{refused}");
    let donor = [("donor", "D-0031"), ("product", "ADMSC-IV"), ("donated_at", "")];
    let refused = fills(&site, "amy", "/donors", &donor).with_status(422).text();
    assert!(refused.contains("Donated: fill in the date") && refused.contains("value=\"D-0031\""), "{refused}");
}

fn fills(site: &Site, who: &str, path: &str, fields: &[(&str, &str)]) -> crate::answer::Answer {
    let body: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
    let cookie = site.cookie(who);
    let headers = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    let form = ("application/x-www-form-urlencoded", body.join("&").into_bytes());
    site.stranger().asks("POST", path, &headers, Some(form))
}

fn ask(site: &Site, who: &str, path: &str) -> crate::answer::Answer {
    let cookie = site.cookie(who);
    site.stranger().asks("GET", path, &[("Cookie", cookie.as_str())], None)
}

fn looks(site: &Site, who: &str, path: &str) -> String {
    ask(site, who, path).with_status(200).text()
}

#[test]
fn a_lot_is_made_from_a_bank_of_its_own_donor_that_was_there_before() {
    let site = Site::start();
    install_staged(&site);
    bank(&site, "MCB-1", &json!({"passage": "4", "expires_at": site.hours(-30 * 24)}));
    bank(&site, "YOUNG", &json!({"made_at": site.hours(-10 * 24)}));
    bank(&site, "ELSE", &json!({"donor": "D-0099"}));
    site.analyst().registers("L-0").created();
    site.analyst().registers_donor("D-0031", &json!({})).created();
    let before = site.facts_count();
    for (bank, code, field, says) in [
        ("MCB-9", "not_a_bank", "bank", "no bank MCB-9"),
        ("../x", "not_a_bank", "bank", "“../x”"),
        ("L-0", "not_a_bank", "bank", "is a lot, not a bank"),
        ("D-0031", "not_a_bank", "bank", "is a donor, not a bank"),
        ("L-1", "not_a_bank", "bank", "no bank L-1"),
        ("ELSE", "invalid_field", "bank", "is of donor D-0099, and L-1 is said to be of donor D-0031"),
        ("YOUNG", "invalid_field", "manufactured_at", "cannot have been made before its bank YOUNG"),
        ("MCB-1", "invalid_field", "bank", "expired on 2026-05-02 08:00 UTC"),
    ] {
        let entry = json!({"product": "BANKED-1", "bank": bank});
        site.analyst().registers_with("L-1", &entry).refused(422, code).says(says).about(&[field]);
    }
    let entry =
        json!({"product": "BANKED-1", "bank": "MCB-1", "passage": "3", "manufactured_at": site.hours(-50 * 24)});
    let refused = site.analyst().registers_with("L-1", &entry).refused(422, "invalid_field");
    refused.says("Passage 3 is lower than that of its bank MCB-1, 4.").about(&["passage"]);
    assert_eq!(site.facts_count(), before);
    let entry = with(entry, &json!({"passage": "4"}));
    site.analyst().registers_with("L-1", &entry).created();
}

#[test]
fn a_bank_is_made_from_an_older_bank_of_the_same_donor_and_no_higher_passage() {
    let site = Site::start();
    bank_of_the_shipped_product(&site);
    let before = site.facts_count();
    for (instead, code, field) in [
        (json!({"passage": "2"}), "invalid_field", "passage"),
        (json!({"donor": "D-0099"}), "invalid_field", "made_from"),
        (json!({"made_at": site.hours(-61 * 24)}), "invalid_field", "made_at"),
        (json!({"population_doublings": "5.1"}), "invalid_field", "population_doublings"),
        (json!({"made_from": "MCB-2"}), "not_a_bank", "made_from"),
        (json!({"made_from": "WCB-1"}), "not_a_bank", "made_from"),
        (json!({"passage": "3.5"}), "out_of_range", "passage"),
        (json!({"passage": "P3"}), "invalid_number", "passage"),
        (json!({"passage": ""}), "invalid_number", "passage"),
        (json!({"passage": "-3"}), "out_of_range", "passage"),
        (json!({"passage": "4294967296"}), "out_of_range", "passage"),
        (json!({"population_doublings": "5,2"}), "invalid_number", "population_doublings"),
        (json!({"population_doublings": "<5.2"}), "invalid_number", "population_doublings"),
        (json!({"made_at": site.hours(1)}), "in_the_future", "made_at"),
        (json!({"expires_at": site.hours(-61 * 24)}), "invalid_field", "expires_at"),
        (json!({"containers": 0}), "invalid_field", "containers"),
        (json!({"bank": "患者"}), "invalid_field", "bank"),
        (json!({"donor": "Ann Bell"}), "invalid_field", "donor"),
        (json!({"product": "NOTHING"}), "no_such_product", "product"),
    ] {
        let usual = json!({"made_from": "MCB-1", "passage": "3", "population_doublings": "9.8"});
        site.analyst().registers_bank("WCB-1", &with(usual, &instead)).refused(422, code).about(&[field]);
    }
    assert_eq!(site.facts_count(), before);
    let made = site.analyst().registers_bank("wcb-1", &json!({"made_from": "mcb-1", "passage": "3"})).created();
    assert_eq!(made, json!({"bank": "WCB-1", "specification": {"product": "ADMSC-IV", "version": 1}}));
    let listed = site.auditor().get("/api/v1/banks").ok();
    let numbers: Vec<&str> =
        listed["banks"].as_array().expect("banks").iter().filter_map(|b| b["bank"].as_str()).collect();
    assert_eq!(numbers, ["WCB-1", "MCB-1"]);
    assert_eq!(site.auditor().get("/api/v1/lots").ok()["lots"], json!([]), "a bank is no lot");
}

fn bank_of_the_shipped_product(site: &Site) {
    site.analyst().registers_bank("MCB-1", &json!({"passage": "3", "population_doublings": "5.2"})).created();
}

#[test]
fn sixteen_banks_stand_one_behind_the_other_and_not_one_more() {
    let site = Site::start();
    install_staged(&site);
    good_bank(&site, "B-1");
    for n in 2..=16 {
        bank(&site, &format!("B-{n}"), &json!({"made_from": format!("B-{}", n - 1)}));
    }
    let refused = site.analyst().registers_bank("B-17", &json!({"product": "BANKED-1", "made_from": "B-16"}));
    refused.refused(422, "invalid_field").says("16 banks").about(&["made_from"]);
    lot_from(&site, "L-1", "B-16");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], &criterion(&seen, "ADIPOGENIC")["inherited_from"]), (&json!("ready"), &json!("B-1")));
}

#[test]
fn a_lot_a_bank_and_a_donor_never_share_a_number() {
    let site = Site::start();
    site.analyst().registers("X-1").created();
    bank_of_the_shipped_product(&site);
    site.analyst().registers_donor("D-1", &json!({})).created();
    let before = site.facts_count();
    for (number, noun) in [("X-1", "lot"), ("MCB-1", "bank"), ("D-1", "donor")] {
        let says = format!("{number} is already registered as a {noun}, by Amy Adams");
        site.analyst().registers(number).refused(409, "lot_exists").says(&says).about(&["lot"]);
        site.analyst().registers_bank(number, &json!({})).refused(409, "lot_exists").says(&says).about(&["bank"]);
        site.analyst().registers_donor(number, &json!({})).refused(409, "lot_exists").says(&says).about(&["donor"]);
    }
    // D-0031 is the donor of X-1, though nobody has registered the donor yet.
    site.analyst().registers("D-0031").refused(422, "invalid_field").says("code of a donor").about(&["lot"]);
    site.analyst().registers_bank("D-0031", &json!({})).refused(422, "invalid_field").about(&["bank"]);
    site.analyst().registers_with("L-2", &json!({"donor": "L-2"})).refused(422, "invalid_field").about(&["lot"]);
    let refused = site.analyst().registers_with("L-2", &json!({"donor": "MCB-1"})).refused(422, "invalid_field");
    refused.says("MCB-1 is a bank. Give the code of the donor.").about(&["donor"]);
    assert_eq!(site.facts_count(), before);
}

#[test]
fn each_is_found_under_its_own_address_and_the_answer_says_where() {
    let site = Site::start();
    site.analyst().registers("X-1").created();
    bank_of_the_shipped_product(&site);
    site.analyst().registers_donor("D-1", &json!({})).created();
    let run = site.analyst().run("endotoxin", &[("ENDOTOXIN", "0.1")], &json!({}));
    for (number, place) in [("X-1", "lots"), ("MCB-1", "banks"), ("D-1", "donors")] {
        site.auditor().get(&format!("/api/v1/{place}/{number}")).ok();
        for other in ["lots", "banks", "donors"].iter().filter(|other| **other != place) {
            let says = format!("/api/v1/{place}/{number}");
            site.auditor().get(&format!("/api/v1/{other}/{number}")).refused(404, "no_such_lot").says(&says);
            site.analyst()
                .post(&format!("/api/v1/{other}/{number}/runs"), &run)
                .refused(404, "no_such_lot")
                .says(&says);
        }
    }
    site.auditor().get("/api/v1/banks/MCB-9").refused(404, "no_such_lot").says("There is no bank MCB-9.");
    site.auditor().get("/api/v1/donors/%00").refused(404, "no_such_lot").says("no donor of this number");
}

#[test]
fn a_bank_and_a_donor_are_neither_released_nor_rejected() {
    let site = Site::start();
    install_staged(&site);
    good_bank(&site, "MCB-1");
    site.analyst().registers_donor("D-1", &json!({})).created();
    for (number, noun) in [("MCB-1", "bank"), ("D-1", "donor")] {
        let says = format!("{number} is a {noun}: it is neither released nor rejected");
        site.qa().releases(number).refused(409, "not_releasable").says(&says);
        site.qa().rejects(number, "Doubt").refused(409, "not_releasable").says(&says);
    }
    assert_eq!(site.events("attempt_refused").len(), 4);
    assert_eq!(site.events("lot_rejected").len() + site.events("lot_released").len(), 0);
}

#[test]
fn what_belongs_to_another_stage_is_not_recorded_here() {
    let site = Site::start();
    install_staged(&site);
    site.analyst().registers_donor("D-0031", &json!({"product": "STAGED-1"})).created();
    site.analyst().registers_bank("MCB-1", &json!({"product": "STAGED-1"})).created();
    site.analyst().registers_with("L-1", &json!({"product": "STAGED-1", "bank": "MCB-1"})).created();
    let before = site.facts_count();
    for (place, assay, attribute, value, says) in [
        ("lots/L-1", "serology", "HIV", "Positive", "Record it for donor D-0031"),
        ("banks/MCB-1", "serology", "HIV", "Negative", "Record it for donor D-0031"),
        ("banks/MCB-1", "endotoxin", "ENDOTOXIN", "0.1", "tested on the lot itself, not on a bank"),
        ("donors/D-0031", "endotoxin", "ENDOTOXIN", "0.1", "tested on the lot itself, not on a donor"),
        ("donors/D-0031", "differentiation", "ADIPOGENIC", "Positive", "tested on the bank, not on a donor"),
    ] {
        let refused = site.analyst().records_on(place, assay, &[(attribute, value)]).refused(422, "invalid_field");
        refused.says(says).about(&["readings[0].attribute"]);
    }
    assert_eq!(site.facts_count(), before);
    // A lot may be tested itself for what is usually tested on its bank: a failure then counts.
    site.analyst().records_on("lots/L-1", "differentiation", &[("ADIPOGENIC", "Negative")]).created();
    let seen = site.qa().sees("L-1");
    let row = criterion(&seen, "ADIPOGENIC");
    assert_eq!((&row["verdict"]["outcome"], &row["inherited_from"]), (&json!("fail"), &Value::Null));
}

#[test]
fn statements_that_the_specification_asks_for_must_be_given() {
    let site = Site::start();
    let mut document = shipped_document();
    document["product"] = json!("ASKS-1");
    criterion_of(&mut document, "MYCOPLASMA")["applies_when"] = json!({"fact": "allogeneic"});
    criterion_of(&mut document, "VIABILITY")["applies_when"] = json!({"fact": "cryopreserved"});
    criterion_of(&mut document, "ENDOTOXIN")["applies_when"] = json!({"fact": "antibiotics"});
    criterion_of(&mut document, "CD34")["applies_when"] = json!({"fact": "passage", "at_least": 3});
    install(&site, document);
    let entry = |more: Value| with(json!({"product": "ASKS-1"}), &more);
    let refused = site.analyst().registers_with("L-1", &entry(json!({}))).refused(422, "statement_required");
    refused.says("whether the donor is the patient").says("Mycoplasma applies to allogeneic use only");
    let mut named: Vec<&str> =
        refused.body["fields"].as_array().expect("fields").iter().filter_map(|f| f["field"].as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["antibiotics", "autologous", "cryopreserved"]);
    let two = entry(json!({"autologous": true, "antibiotics": false}));
    site.analyst().registers_with("L-1", &two).refused(422, "statement_required").about(&["cryopreserved"]);
    let all = entry(json!({"autologous": true, "antibiotics": false, "cryopreserved": true}));
    site.analyst().registers_with("L-1", &all).created();
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["autologous"], &seen["antibiotics"]), (&json!(true), &json!(false)));
    for (attribute, outcome) in [
        ("MYCOPLASMA", "not_applicable"),
        ("VIABILITY", "missing"),
        ("ENDOTOXIN", "not_applicable"),
        ("CD34", "missing"),
    ] {
        assert_eq!(criterion(&seen, attribute)["verdict"]["outcome"], outcome, "{attribute}");
    }
    site.analyst().registers("L-2").created();
    assert_eq!(site.qa().sees("L-2")["autologous"], Value::Null, "where nothing depends on it, nobody has to say");
}

#[test]
fn of_many_who_register_the_same_number_at_once_one_wins_whatever_it_is() {
    let site = Site::start();
    let answers = std::thread::scope(|scope| {
        let ask = |n: usize| match n % 3 {
            0 => site.analyst().registers("X-1"),
            1 => site.analyst().registers_bank("X-1", &json!({})),
            _ => site.verifier().registers_donor("X-1", &json!({})),
        };
        let asked: Vec<_> = (0..9).map(|n| scope.spawn(move || ask(n))).collect();
        asked.into_iter().map(|a| a.join().expect("answered")).collect::<Vec<_>>()
    });
    assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 1);
    for lost in answers.iter().filter(|a| a.status != 201) {
        lost.refused(409, "lot_exists").says("X-1 is already registered as a");
    }
    site.whole();
}

#[test]
fn a_registration_sent_twice_with_one_key_is_recorded_once() {
    let site = Site::start();
    let body = json!({"bank": "MCB-1", "product": "ADMSC-IV", "donor": "D-1", "passage": "2", "containers": 20,
        "made_at": site.hours(-1440)});
    let send = || site.analyst().post_with("/api/v1/banks", &[("Idempotency-Key", "k")], &body).created();
    let first = send();
    let before = site.facts_count();
    assert_eq!((send(), site.facts_count()), (first, before));
}
