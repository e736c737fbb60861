//! `/api/v1/register`: the register of certified batches (Directive 2001/83/EC, Art. 51(3)).

use lotgate::ledger::canonical::sha256_hex;
use serde_json::{Value, json};

use crate::calls::encoded;
use crate::example;
use crate::site::Site;

fn two() -> Site {
    let site = Site::start();
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
    site.waits_hours(1);
    site.full_lot("L-2");
    site.other_qa().releases("L-2").created();
    site
}

#[test]
fn every_certificate_stands_in_the_register_with_who_certified_it_and_no_gap() {
    let site = Site::start();
    let empty = site.auditor().get("/api/v1/register").ok();
    assert_eq!((&empty["issued"], &empty["statement"]), (&json!(0), &json!("No certificate has been issued yet.")));
    let site = two();
    let register = site.auditor().get("/api/v1/register").ok();
    let listed = site.auditor().get("/api/v1/certificates").ok();
    let numbers = |rows: &Value| -> Vec<Value> {
        rows.as_array().expect("rows").iter().map(|r| r["certificate"].clone()).collect()
    };
    let mut issued = numbers(&listed["certificates"]);
    issued.reverse();
    assert_eq!(numbers(&register["certificates"]), issued);
    assert_eq!((&register["issued"], &register["gapless"]), (&json!(2), &json!(true)));
    assert_eq!(register["statement"], "The numbers 1 to 2 were counted: each was given once, none is missing.");
    let second = &register["certificates"][1];
    assert_eq!(
        (&second["ordinal"], &second["lot"], &second["product"], &second["name"], &second["role"], &second["state"]),
        (&json!(2), &json!("L-2"), &json!("ADMSC-IV"), &json!("Quinn Qvist"), &json!("qa"), &json!("standing"))
    );
    assert_eq!(second["certified_at"], "2026-06-01T09:00:00.000000Z");
}

#[test]
fn a_period_shows_its_part_and_counts_the_whole() {
    let site = two();
    let part = |question: &str| site.auditor().get(&format!("/api/v1/register?{question}"));
    let from = encoded("2026-06-01T17:00:00+08:00");
    let later = part(&format!("from={from}")).ok();
    assert_eq!((&later["certificates"][0]["ordinal"], &later["issued"]), (&json!(2), &json!(2)));
    let earlier = part(&format!("to={from}")).ok();
    assert_eq!(
        (earlier["certificates"].as_array().map(Vec::len), &earlier["certificates"][0]["ordinal"]),
        (Some(1), &json!(1))
    );
    part(&format!("from={from}&to={from}")).refused(422, "invalid_field").about(&["to"]);
    part("from=June").refused(422, "invalid_field").about(&["from"]);
}

#[test]
fn the_register_is_printed_with_its_data_and_that_is_a_fact() {
    let site = two();
    let pdf = site.qa().get("/api/v1/register/pdf");
    assert!(pdf.with_status(200).bytes.starts_with(b"%PDF-1.7"), "{pdf}");
    // Nothing in it is compressed: its data can be read as it is.
    let text = pdf.text();
    for words in ["RC-2026-000001", "RC-2026-000002", "\"issued\":2", "register.json"] {
        assert!(text.contains(words), "no {words}");
    }
    assert_eq!(
        site.events("report_made"),
        [
            json!({"kind": "report_made", "report": "register", "covers": "from=beginning to=now", "sha256": sha256_hex(&pdf.bytes)})
        ]
    );
    let again = example::page(&site, "olga", "/register.pdf?from=2026-06-01T09:00:00Z");
    assert_eq!((again.status, site.events("report_made").len()), (200, 2));
}

#[test]
fn the_page_says_that_the_numbers_were_counted() {
    let site = two();
    let page = example::page(&site, "olga", "/register").with_status(200).text();
    for words in ["RC-2026-000001", "Queen Qiu", "each was given once", "in force"] {
        assert!(page.contains(words), "no {words}");
    }
    let part = example::page(&site, "olga", "/register?from=2026-06-01T16:30").with_status(200).text();
    assert!(part.contains("RC-2026-000002") && !part.contains(">RC-2026-000001<"), "{part}");
    let wrong = example::page(&site, "olga", "/register?from=2026-06-01T16:30&to=2026-06-01T16:00");
    assert!(wrong.with_status(422).text().contains("to must be later than from."));
}
