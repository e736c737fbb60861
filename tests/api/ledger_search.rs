//! `/api/v1/ledger` asked by lot, person, kind and time, and taken out as a file.

use lotgate::ledger::canonical::{self, sha256_hex};
use lotgate::ledger::leaf_hash;
use serde_json::{Value, json};

use crate::calls::encoded;
use crate::example;
use crate::site::Site;

/// Two lots over three hours, with refused attempts.
fn busy() -> Site {
    let site = Site::start();
    site.analyst().registers("L-1").created();
    let run =
        site.analyst().records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created()["run"].as_i64().expect("a run");
    site.waits_hours(1);
    site.analyst().verifies(run).refused(403, "own_work");
    site.verifier().verifies(run).created();
    site.analyst().registers("L-2").created();
    site.waits_hours(1);
    site.analyst().corrects(run, &[("ENDOTOXIN", "0.2")], "=1+1 is no reason").created();
    site.qa().releases("L-1").refused(409, "not_releasable");
    site.stranger()
        .post("/api/v1/session", &json!({"username": "amy", "password": "wrong"}))
        .refused(401, "wrong_credentials");
    site
}

fn found(site: &Site, question: &str) -> Vec<i64> {
    let (mut entries, mut after) = (Vec::new(), String::new());
    loop {
        let page = site.auditor().get(&format!("/api/v1/ledger?limit=3&{question}&after={after}")).ok();
        entries.extend(page["entries"].as_array().expect("entries").iter().filter_map(|e| e["entry"].as_i64()));
        match page["next_after"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => return entries,
        }
    }
}

#[test]
fn any_combination_of_filters_finds_exactly_what_it_says() {
    let site = busy();
    let all = site.facts();
    let (lots, users) = (["", "l-1", "L-2"], ["", "amy", "BEN", "queen"]);
    let (kinds, refusals) = (["", "lot_registered", "attempt_refused"], [false, true]);
    let times = [("", ""), ("2026-06-01T09:00:00Z", ""), ("2026-06-01T09:00:00Z", "2026-06-01T18:00:00+08:00")];
    let mut asked = 0;
    for n in 0..lots.len() * users.len() * kinds.len() * times.len() * refusals.len() {
        let mut rest = n;
        let mut next = |several: usize| {
            let chosen = rest % several;
            rest /= several;
            chosen
        };
        let (lot, user, kind) = (lots[next(3)], users[next(4)], kinds[next(3)]);
        let ((from, to), refused) = (times[next(3)], refusals[next(2)]);
        if refused && kind == "lot_registered" {
            continue;
        }
        let wanted = |f: &&Value| {
            let (fact, at) = (&f["fact"], f["fact"]["at"].as_str().expect("a time"));
            let its_kind = fact["event"]["kind"].as_str().expect("a kind");
            (lot.is_empty() || fact["event"]["lot"] == lot.to_uppercase())
                && (user.is_empty() || fact["by"]["user"] == user.to_lowercase())
                && (kind.is_empty() || its_kind == kind)
                && (from.is_empty() || at >= "2026-06-01T09:00:00.000000Z")
                && (to.is_empty() || at < "2026-06-01T10:00:00.000000Z")
                && (!refused || ["attempt_refused", "sign_in_failed"].contains(&its_kind))
        };
        let expected: Vec<i64> = all.iter().filter(wanted).filter_map(|f| f["entry"].as_i64()).collect();
        let refused = if refused { "yes" } else { "" };
        let question =
            format!("lot={lot}&user={user}&kind={kind}&from={}&to={}&refused={refused}", encoded(from), encoded(to));
        assert_eq!(found(&site, &question), expected, "{question}");
        asked += 1;
    }
    assert_eq!(asked, 3 * 4 * 3 * (3 + 2));
    assert_eq!(found(&site, "refused=yes").len(), 3, "two attempts and a sign-in");
}

#[test]
fn a_name_that_looks_like_the_end_of_another_persons_fact_is_not_taken_for_it() {
    let site = Site::start();
    site.has_person("ada", "Ada \"user\":\"amy\"},\"event\":{ Adams", &["qa"]).get("/api/v1/me").ok();
    site.has_person("a_y", "Any Other", &["qa"]).get("/api/v1/me").ok();
    let before = site.facts_count();
    site.person("ada")
        .post(
            "/api/v1/reagents",
            &json!({"code": "R-1", "name": "Kit", "supplier_lot": "7", "expires_at": site.hours(1)}),
        )
        .created();
    assert_eq!(site.facts_count(), before + 1);
    let by = |user: &str| found(&site, &format!("user={user}&kind=reagent_received"));
    assert_eq!((by("amy").len(), by("a_y").len(), by("ada").len()), (0, 0, 1));
}

#[test]
fn a_question_that_cannot_be_is_refused_with_its_field() {
    let site = Site::start();
    for (question, field) in [
        ("user=a%20b", "user"),
        ("kind=lot", "kind"),
        ("kind=%27", "kind"),
        ("from=2026-06-01", "from"),
        ("to=tomorrow", "to"),
        ("from=2026-06-01T09:00:00Z&to=2026-06-01T09:00:00Z", "to"),
        ("refused=perhaps", "refused"),
        ("refused=yes&kind=lot_registered", "kind"),
    ] {
        site.auditor().get(&format!("/api/v1/ledger?{question}")).refused(422, "invalid_field").about(&[field]);
        site.auditor()
            .get(&format!("/api/v1/ledger/export?format=csv&{question}"))
            .refused(422, "invalid_field")
            .about(&[field]);
    }
    for format in ["", "xml", "CSV"] {
        let path = format!("/api/v1/ledger/export?format={format}");
        site.auditor().get(&path).refused(422, "invalid_field").about(&["format"]);
    }
    assert_eq!(site.events("ledger_exported"), Vec::<Value>::new());
}

#[test]
fn json_lines_are_the_exact_facts_with_number_and_leaf_hash_and_the_export_is_a_fact() {
    let site = busy();
    let answer = site.auditor().get("/api/v1/ledger/export?format=jsonl&lot=L-1");
    let text = answer.with_status(200).text();
    let all = site.facts();
    let mut entries = Vec::new();
    for line in text.lines() {
        let said: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(canonical::text(&said).expect("JSON"), line, "canonical");
        let fact = canonical::text(&said["fact"]).expect("JSON");
        assert_eq!(said["leaf_hash"], leaf_hash(fact.as_bytes()).to_hex());
        let number = said["entry"].as_i64().expect("a number");
        assert_eq!(all[usize::try_from(number).expect("small")]["fact"], said["fact"]);
        entries.push(number);
    }
    assert_eq!(entries, found(&site, "lot=L-1"));
    let exported = site.events("ledger_exported");
    assert_eq!(
        exported,
        [json!({"kind": "ledger_exported", "format": "jsonl", "filter": "lot=L-1", "entries": entries.len(),
            "sha256": sha256_hex(&answer.bytes)})]
    );
    assert_eq!(site.auditor().get("/api/v1/ledger/export?format=jsonl").status, 200);
    assert_eq!(site.events("ledger_exported")[1]["filter"], "all");
}

#[test]
fn a_table_says_each_fact_in_words_and_no_cell_is_a_formula() {
    let site = busy();
    let csv = site.qa().get("/api/v1/ledger/export?format=csv").with_status(200).text();
    let mut lines = csv.split("\r\n");
    assert_eq!(lines.next(), Some("entry,time,person,user,role,kind,lot,sentence,before,after,reason,leaf_hash"));
    let facts = site.facts();
    let rows: Vec<&str> = lines.filter(|l| !l.is_empty()).collect();
    assert_eq!(rows.len(), facts.len() - 1, "all but the export itself");
    for (row, fact) in rows.iter().zip(&facts) {
        let at = fact["fact"]["at"].as_str().expect("a time");
        assert!(row.starts_with(&format!("{},{at},", fact["entry"])), "{row}");
        assert!(!row.split(',').any(|cell| cell.trim_start_matches('"').starts_with(['=', '+', '-', '@'])), "{row}");
    }
    let corrected = rows.iter().find(|row| row.contains("run_corrected")).expect("the correction");
    for words in
        ["Amy Adams,amy,analyst,run_corrected,L-1,corrected run #", "Endotoxin: 0.1", "Endotoxin: 0.2", "Reason: =1+1"]
    {
        assert!(corrected.contains(words), "no “{words}” in {corrected}");
    }
}

#[test]
fn nobody_who_types_values_again_takes_the_ledger_out() {
    let site = busy();
    site.has_person("both", "Both Roles", &["analyst", "qa"]);
    for who in ["amy", "both"] {
        for path in ["/api/v1/ledger/export?format=csv", "/api/v1/ledger/export?format=jsonl"] {
            site.person(who).get(path).refused(403, "wrong_role");
        }
    }
    assert_eq!(site.events("ledger_exported"), Vec::<Value>::new());
    for who in ["olga", "queen", "cora", "pablo", "adam"] {
        assert_eq!(site.person(who).get("/api/v1/ledger/export?format=csv").status, 200, "{who}");
    }
    assert_eq!(site.events("ledger_exported").len(), 5);
}

#[test]
fn the_page_narrows_keeps_the_question_and_offers_the_export_to_who_may() {
    let site = busy();
    let path = "/ledger?lot=L-1&user=amy&from=2026-06-01T17:00&to=2026-06-01T19:00";
    let text = example::page(&site, "olga", path).with_status(200).text();
    assert!(
        text.contains("corrected run #") && text.contains("<del>0.1</del>") && !text.contains("registered lot"),
        "{text}"
    );
    assert!(text.contains("Facts about L-1, by amy, from 2026-06-01 17:00, before 2026-06-01 19:00."), "{text}");
    assert!(
        text.contains("/ledger/export?lot=L-1&#38;user=amy&#38;from=2026-06-01T09%3A00%3A00.000000Z")
            || text.contains("from=2026-06-01T09%3A00%3A00.000000Z"),
        "{text}"
    );
    assert!(!example::page(&site, "amy", path).text().contains("/ledger/export"), "she types values again");
    let refused = example::page(&site, "olga", "/ledger?refused=yes").text();
    assert!(refused.contains("tried to release lot L-1") && !refused.contains("corrected run"), "{refused}");
    let wrong = example::page(&site, "olga", "/ledger?from=2026-06-01T17:00&to=2026-06-01T16:00");
    assert!(wrong.with_status(422).text().contains("to must be later than from."), "{wrong}");
    let file = example::page(&site, "olga", "/ledger/export?format=csv&lot=L-1");
    assert!(
        file.with_status(200).text().starts_with("entry,time,") && site.events("ledger_exported").len() == 1,
        "{file}"
    );
}

#[test]
fn the_page_does_not_show_a_value_that_is_to_be_typed_again() {
    let site = Site::start();
    example::lot(&site, "L-1");
    example::records(&site, "L-1", &example::endotoxin(&site, "0.37", &json!({}))).created();
    let page = |who: &str| example::page(&site, who, "/ledger?lot=L-1").text();
    assert!(!page("ben").contains("0.37") && page("ben").contains("typed again at verification"));
    assert!(page("amy").contains("0.37"));
}
