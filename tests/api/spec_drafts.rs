//! Specifications as controlled documents: drafted, refused, approved by somebody else, in force
//! from a moment, compared, retired; and what a draft would change.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::encoded;
use crate::person::{Person, criterion, with};
use crate::site::{Site, password};

/// Version 2 of the shipped specification, as somebody would send it.
pub fn next_version(site: &Site) -> Value {
    let mut document = site.auditor().get("/api/v1/specifications/ADMSC-IV/1/document").ok();
    document["version"] = json!(2);
    document["example"] = json!(false);
    document
}

/// That version with another limit for one attribute.
pub fn with_limit(site: &Site, attribute: &str, limit: &str) -> Value {
    let mut document = next_version(site);
    of(&mut document, attribute)["acceptance"]["limit"] = json!(limit);
    document
}

fn of<'d>(document: &'d mut Value, attribute: &str) -> &'d mut Value {
    let criteria = document["criteria"].as_array_mut().expect("criteria");
    criteria.iter_mut().find(|c| c["attribute"] == attribute).expect("the criterion")
}

fn drafts(person: &Person, document: &Value) -> Answer {
    person.post("/api/v1/specifications", document)
}

fn rewrites(person: &Person, document: &Value) -> Answer {
    let body = Some(("application/json", document.to_string().into_bytes()));
    person.asks("PUT", "/api/v1/specifications/ADMSC-IV/2", &[], body)
}

fn approves(person: &Person, effective_from: &str, instead: &Value) -> Answer {
    let body = with(json!({"password": person.password(), "effective_from": effective_from}), instead);
    person.post("/api/v1/specifications/ADMSC-IV/2/approval", &body)
}

fn state(site: &Site, version: u32) -> String {
    let seen = site.auditor().get(&format!("/api/v1/specifications/ADMSC-IV/{version}")).ok();
    seen["state"].as_str().expect("a state").to_owned()
}

#[test]
fn a_draft_becomes_a_version_that_another_person_approved_and_lots_stay_on_theirs() {
    let site = Site::start();
    site.full_lot("OLD");
    let draft = drafts(&site.analyst(), &with_limit(&site, "PURITY", "99.0")).created();
    assert_eq!((&draft["product"], &draft["version"]), (&json!("ADMSC-IV"), &json!(2)));
    assert_eq!((state(&site, 1).as_str(), state(&site, 2).as_str()), ("in_force", "draft"));
    assert_eq!(site.qa().sees("OLD")["newer_version"], Value::Null);
    let from = site.hours(24);
    let approved = approves(&site.qa(), &from, &json!({"draft_sha256": draft["sha256"]})).created();
    assert_eq!((&approved["draft_sha256"], &approved["effective_from"]), (&draft["sha256"], &json!(from)));
    assert_eq!((state(&site, 1).as_str(), state(&site, 2).as_str()), ("in_force", "not_yet_in_force"));
    site.analyst().registers("EARLY").created();
    site.waits_hours(24);
    assert_eq!((state(&site, 1).as_str(), state(&site, 2).as_str()), ("superseded", "in_force"));
    site.analyst().registers("LATE").created();
    for (lot, version, newer) in [("OLD", 1, json!(2)), ("EARLY", 1, json!(2)), ("LATE", 2, Value::Null)] {
        let seen = site.qa().sees(lot);
        assert_eq!((&seen["specification"]["version"], &seen["newer_version"]), (&json!(version), &newer), "{lot}");
    }
    assert_eq!(criterion(&site.qa().sees("OLD"), "PURITY")["criterion"], "> 96.0 %");
    site.qa().releases("OLD").created();
    let seen = site.auditor().get("/api/v1/specifications/ADMSC-IV/2").ok();
    assert_eq!(seen["authors"], json!([{"username": "amy", "full_name": "Amy Adams"}]));
    let signature = &seen["approval"];
    assert_eq!((&signature["username"], &signature["role"]), (&json!("queen"), &json!("qa")));
    assert_eq!((&signature["signed_sha256"], &signature["act"]), (&draft["sha256"], &json!("approval")));
    assert_eq!(signature["meaning"], "I approve this specification for use");
    assert_eq!(site.auditor().get("/api/v1/specifications/ADMSC-IV/1").ok()["newer_version"], 2);
    site.whole();
}

#[test]
fn nobody_who_wrote_on_a_draft_approves_it_whatever_the_role() {
    let site = Site::start();
    let both = site.has_person("bo", "Bo Both", &["analyst", "qa"]);
    drafts(&both, &next_version(&site)).created();
    approves(&both, &site.hours(1), &json!({})).refused(403, "own_work").says("did not write on it");
    rewrites(&site.qa(), &with_limit(&site, "CD34", "1.0")).ok();
    for author in [both, site.qa()] {
        approves(&author, &site.hours(1), &json!({})).refused(403, "own_work");
    }
    approves(&site.analyst(), &site.hours(1), &json!({})).refused(403, "wrong_role").says("Only a QA officer");
    approves(&site.other_qa(), &site.hours(1), &json!({"password": "wrong"})).refused(403, "wrong_password");
    assert_eq!(state(&site, 2), "draft");
    approves(&site.other_qa(), &site.hours(1), &json!({"meaning": "Approved for trial 7"})).created();
    let seen = site.auditor().get("/api/v1/specifications/ADMSC-IV/2").ok();
    assert_eq!(seen["approval"]["meaning"], "Approved for trial 7");
    let authors: Vec<&Value> = seen["authors"].as_array().expect("authors").iter().map(|a| &a["username"]).collect();
    assert_eq!(authors, ["bo", "queen"]);
}

#[test]
fn only_an_analyst_or_a_qa_officer_drafts() {
    let site = Site::start();
    for person in [site.auditor(), site.admin()] {
        drafts(&person, &next_version(&site))
            .refused(403, "wrong_role")
            .says("Only an analyst or a QA officer may draft");
    }
}

#[test]
fn an_approved_version_is_never_changed() {
    let site = Site::start();
    drafts(&site.analyst(), &next_version(&site)).created();
    approves(&site.qa(), &site.hours(0), &json!({})).created();
    let before = site.auditor().get("/api/v1/specifications/ADMSC-IV/2").ok();
    rewrites(&site.analyst(), &with_limit(&site, "CD34", "1.0")).refused(409, "not_a_draft").says("version 3");
    approves(&site.other_qa(), &site.hours(9), &json!({})).refused(409, "not_a_draft");
    drafts(&site.analyst(), &next_version(&site)).refused(409, "specification_exists").about(&["version"]);
    let mut first = next_version(&site);
    first["version"] = json!(1);
    let body = Some(("application/json", first.to_string().into_bytes()));
    site.analyst().asks("PUT", "/api/v1/specifications/ADMSC-IV/1", &[], body).refused(409, "not_a_draft");
    assert_eq!(site.auditor().get("/api/v1/specifications/ADMSC-IV/2").ok(), before);
}

#[test]
fn a_version_is_in_force_from_its_approval_at_the_earliest() {
    let site = Site::start();
    drafts(&site.analyst(), &next_version(&site)).created();
    for wrong in ["2026-05-31T08:00:00Z", "2026-06-01T07:58:00Z", "tomorrow", "2026-07-01", ""] {
        approves(&site.qa(), wrong, &json!({})).refused(422, "invalid_field").about(&["effective_from"]);
    }
    approves(&site.qa(), "2026-06-01T07:59:30Z", &json!({})).created();
    assert_eq!(state(&site, 2), "in_force");
}

#[test]
fn versions_are_counted_without_gaps_and_one_draft_at_a_time() {
    let site = Site::start();
    let versioned = |version: u32| with(next_version(&site), &json!({"version": version}));
    drafts(&site.analyst(), &versioned(3)).refused(422, "invalid_field").says("next version of ADMSC-IV is 2");
    drafts(&site.analyst(), &versioned(1)).refused(409, "specification_exists").says("The next version is 2");
    drafts(&site.analyst(), &versioned(0)).refused(422, "specification_unsound").says("count from 1");
    drafts(&site.analyst(), &versioned(2)).created();
    drafts(&site.analyst(), &versioned(3)).refused(409, "specification_exists").says("still a draft");
    let other = with(versioned(1), &json!({"product": "other-1"}));
    assert_eq!(drafts(&site.qa(), &other).created()["product"], "OTHER-1");
    site.analyst().registers_with("L-1", &json!({"product": "OTHER-1"})).refused(422, "no_such_product");
    rewrites(&site.analyst(), &versioned(3)).refused(422, "invalid_field").about(&["version"]);
}

#[test]
fn what_is_signed_is_what_was_shown() {
    let site = Site::start();
    let shown = drafts(&site.analyst(), &next_version(&site)).created()["sha256"].clone();
    rewrites(&site.analyst(), &with_limit(&site, "CD34", "9.0")).ok();
    approves(&site.qa(), &site.hours(1), &json!({"draft_sha256": shown})).refused(409, "changed_since_seen");
    rewrites(&site.analyst(), &with_limit(&site, "CD34", "9.0")).refused(422, "invalid_field").says("Nothing differs");
    let stale = format!("/api/v1/specifications/ADMSC-IV/2?draft_sha256={}", shown.as_str().expect("a hash"));
    let body = Some(("application/json", next_version(&site).to_string().into_bytes()));
    site.verifier().asks("PUT", &stale, &[], body).refused(409, "changed_since_seen");
}

#[test]
fn a_draft_with_a_published_mistake_is_refused_at_its_place() {
    let site = Site::start();
    let mut document = next_version(&site);
    of(&mut document, "PURITY")["acceptance"]["limit"] = json!("96");
    of(&mut document, "ENDOTOXIN")["acceptance"]["unit"] = json!("CFU/mL");
    of(&mut document, "CD45")["acceptance"]["operator"] = json!(">");
    let refused = drafts(&site.analyst(), &document).refused(422, "specification_unsound");
    let fields: Vec<(&str, &str)> = refused.body["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|f| (f["field"].as_str().expect("a field"), f["code"].as_str().expect("a code")))
        .collect();
    for (field, code) in
        [("limit", "limit_without_decimals"), ("unit", "unit"), ("operator", "lower_limit_on_negative_marker")]
    {
        let found = fields.iter().find(|(_, c)| *c == code).unwrap_or_else(|| panic!("no {code} in {fields:?}"));
        assert!(found.0.starts_with("criteria[") && found.0.ends_with(&format!(".acceptance.{field}")), "{found:?}");
    }
    let mut undrawable = next_version(&site);
    of(&mut undrawable, "CD34")["name"] = json!("CD34 🙂");
    drafts(&site.analyst(), &undrawable).refused(422, "undrawable_text").says("criteria[");
}

#[test]
fn a_hostile_document_is_refused_in_a_sentence() {
    let site = Site::start();
    let sends = |text: String| {
        site.analyst().asks("POST", "/api/v1/specifications", &[], Some(("application/json", text.into_bytes())))
    };
    let good = next_version(&site).to_string();
    sends(format!("{{\"criteria\":{}", "[".repeat(100_000))).refused(400, "malformed_request").says("cannot be read");
    sends(String::new()).refused(400, "malformed_request");
    sends("[]".into()).refused(400, "malformed_request").says("JSON object");
    sends(good.replacen("{", "{\"product\":\"ADMSC-IV\",", 1))
        .refused(400, "malformed_request")
        .says("duplicate field");
    sends(good.replacen("\"96.0\"", "96.0", 1)).refused(400, "malformed_request").says("].acceptance cannot be read");
    sends(good.replacen("\"version\":2", "\"version\":2.5", 1)).refused(400, "malformed_request").about(&["version"]);
    sends(good.replacen("\"version\":2", "\"version\":99999999999", 1)).refused(400, "malformed_request");
    sends(good.replacen("\"title\"", "\"override\":true,\"title\"", 1))
        .refused(400, "malformed_request")
        .says("override");
    let huge = with(next_version(&site), &json!({"source": "x".repeat(300_000)}));
    drafts(&site.analyst(), &huge).refused(413, "too_large");
    let long = with(next_version(&site), &json!({"source": "x".repeat(3_000)}));
    drafts(&site.analyst(), &long).refused(422, "specification_unsound").about(&["source"]);
    // Each part is short enough, and all of them are more than one fact can hold.
    let mut wide = next_version(&site);
    let all = wide["criteria"].as_array_mut().expect("criteria");
    let model = all[0].clone();
    for number in 0..40 {
        let code = format!("EXTRA_{number}");
        all.push(with(model.clone(), &json!({"attribute": code, "definition": "y".repeat(1_900)})));
    }
    drafts(&site.analyst(), &wide).refused(413, "too_large").says("60000");
    assert_eq!(site.auditor().get("/api/v1/specifications").ok()["specifications"].as_array().expect("rows").len(), 1);
    drafts(&site.analyst(), &next_version(&site)).created();
}

#[test]
fn two_versions_are_compared_in_words() {
    let site = Site::start();
    let mut document = with_limit(&site, "CD34", "1.0");
    of(&mut document, "ENDOTOXIN")["critical"] = json!(true);
    drafts(&site.analyst(), &document).created();
    let diff = site.auditor().get("/api/v1/specifications/ADMSC-IV/diff?from=1&to=2").ok();
    let lines: Vec<&str> =
        diff["differences"].as_array().expect("differences").iter().filter_map(|d| d["text"].as_str()).collect();
    assert!(lines.contains(&"CD34-positive, acceptance: NMT 2.0 % → NMT 1.0 % (tightened)"), "{lines:#?}");
    assert!(lines.contains(&"Endotoxin, critical: no → yes"), "{lines:#?}");
    assert!(lines.contains(&"Example: yes → no"), "{lines:#?}");
    assert_eq!(lines.len(), 4, "and the date of effect: {lines:#?}");
    for (query, field) in [("", "from"), ("?from=1", "to"), ("?from=x&to=2", "from")] {
        let path = format!("/api/v1/specifications/ADMSC-IV/diff{query}");
        site.auditor().get(&path).refused(422, "invalid_field").about(&[field]);
    }
    site.auditor().get("/api/v1/specifications/ADMSC-IV/diff?from=1&to=7").refused(404, "no_such_specification");
}

#[test]
fn what_a_draft_would_change_is_told_for_every_open_lot_and_changes_none() {
    let site = Site::start();
    site.full_lot_with("EDGE", &[("CD34", "1.6")]);
    site.full_lot("FINE");
    site.full_lot_with("GONE", &[("CD34", "1.6")]);
    site.qa().releases("GONE").created();
    drafts(&site.analyst(), &with_limit(&site, "CD34", "1.0")).created();
    let before = site.qa().sees("EDGE");
    let facts = site.facts_count();
    let told = site.auditor().post("/api/v1/specifications/ADMSC-IV/2/what-if", &json!({})).ok();
    assert_eq!(told["judged"], 2, "a decided lot is not judged again");
    let lots = told["lots"].as_array().expect("lots");
    assert_eq!(lots.len(), 1, "{told}");
    assert_eq!(
        (&lots[0]["lot"], &lots[0]["status_before"], &lots[0]["status_after"]),
        (&json!("EDGE"), &json!("ready"), &json!("on_hold"))
    );
    let asked = site.auditor().asks("POST", "/api/v1/specifications/ADMSC-IV/2/what-if", &[], None).ok();
    assert_eq!(asked, told, "the body may be left out");
    let verdict = &lots[0]["verdicts"][0];
    assert_eq!(
        (&verdict["attribute"], &verdict["before"], &verdict["after"]),
        (&json!("CD34"), &json!("pass"), &json!("fail"))
    );
    let why = verdict["why"].as_str().expect("why");
    assert!(why.contains("NMT 2.0 %") && why.contains("NMT 1.0 %") && why.contains("1.6"), "{why}");
    assert_eq!((site.qa().sees("EDGE"), site.facts_count()), (before, facts));
}

#[test]
fn a_retired_product_takes_no_lots_and_decides_those_it_has() {
    let site = Site::start();
    site.full_lot("L-1");
    drafts(&site.analyst(), &next_version(&site)).created();
    let retires = |person: Person, reason: &str| {
        let body = json!({"password": person.password(), "reason": reason});
        person.post("/api/v1/specifications/ADMSC-IV/retirement", &body)
    };
    retires(site.analyst(), "No").refused(403, "wrong_role");
    retires(site.qa(), " ").refused(422, "invalid_field").about(&["reason"]);
    retires(site.qa(), "The product is no longer made").created();
    retires(site.other_qa(), "Again").refused(409, "already_closed").says("no longer made");
    site.analyst().registers("L-2").refused(422, "no_such_product").says("no longer made");
    assert_eq!((state(&site, 1).as_str(), state(&site, 2).as_str()), ("retired", "draft"));
    approves(&site.qa(), &site.hours(1), &json!({})).refused(409, "already_closed");
    rewrites(&site.analyst(), &with_limit(&site, "CD34", "1.0")).refused(409, "already_closed");
    site.qa().releases("L-1").created();
    let seen = site.auditor().get("/api/v1/specifications/ADMSC-IV/1").ok();
    assert_eq!(seen["retirement"]["reason"], "The product is no longer made");
    let none = json!({"password": password("queen"), "reason": "x"});
    site.qa().post("/api/v1/specifications/NONE/retirement", &none).refused(404, "no_such_specification");
    site.whole();
}

#[test]
fn the_same_draft_sent_twice_with_one_key_is_kept_once() {
    let site = Site::start();
    let document = next_version(&site);
    let send = || site.analyst().post_with("/api/v1/specifications", &[("Idempotency-Key", "k")], &document).created();
    let (first, facts) = (send(), site.facts_count());
    assert_eq!((send(), site.facts_count()), (first, facts));
}

#[test]
fn the_downloaded_document_is_what_can_be_sent_again() {
    let site = Site::start();
    let answer = site.auditor().get("/api/v1/specifications/ADMSC-IV/1/document");
    assert!(answer.header("content-disposition").contains("ADMSC-IV.1.json"), "{answer}");
    drafts(&site.analyst(), &with(answer.ok(), &json!({"product": "COPY-1"}))).created();
    let copy = site.auditor().get("/api/v1/specifications/COPY-1/1/document").ok();
    assert_eq!(copy, with(answer.json(), &json!({"product": "COPY-1", "effective_from": null})));
}

const FORM: &str = "application/x-www-form-urlencoded";

fn looks(site: &Site, username: &str, path: &str) -> String {
    let cookie = site.cookie(username);
    site.stranger().asks("GET", path, &[("Cookie", &cookie)], None).with_status(200).text()
}

fn fills(site: &Site, username: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect();
    let cookie = site.cookie(username);
    let headers = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    site.stranger().asks("POST", path, &headers, Some((FORM, pairs.join("&").into_bytes())))
}

/// The text of the one textarea, as a browser would send it back.
fn typed(page: &str) -> String {
    let (_, rest) = page.split_once("<textarea class=\"document\"").expect("the document");
    let (_, rest) = rest.split_once(">\n").expect("its content");
    let text = rest.split("</textarea>").next().expect("its end");
    text.replace("&#34;", "\"").replace("&#38;", "&").replace("&#60;", "<").replace("&#62;", ">").replace("&#39;", "'")
}

#[test]
fn a_draft_is_written_corrected_and_approved_on_the_pages_without_script() {
    let site = Site::start();
    site.full_lot_with("EDGE", &[("CD34", "1.6")]);
    let offered = typed(&looks(&site, "amy", "/specifications/new?product=ADMSC-IV&version=1&as=json"));
    assert_eq!(
        serde_json::from_str::<Value>(&offered).expect("JSON"),
        with(next_version(&site), &json!({"effective_from": null}))
    );
    let wrong = offered.replacen("\"limit\": \"96.0\"", "\"limit\": \"96\"", 1);
    let refused = fills(&site, "amy", "/specifications", &[("document", &wrong)]);
    assert_eq!(refused.status, 422, "{refused}");
    assert!(refused.text().contains("].acceptance.limit: Purity"), "{refused}");
    assert_eq!(typed(&refused.text()), wrong, "nothing typed is lost");
    let torn = fills(&site, "amy", "/specifications", &[("document", "{\"product\": <b>")]);
    assert_eq!((torn.status, typed(&torn.text()).as_str()), (400, "{\"product\": <b>"));
    let kept = fills(&site, "amy", "/specifications", &[("document", &offered.replace('\n', "\r\n"))]);
    assert_eq!((kept.status, kept.header("location")), (303, "/specifications/ADMSC-IV/2?done=drafted"));
    let page = looks(&site, "amy", "/specifications/ADMSC-IV/2/edit");
    let (_, seen) = page.split_once("name=\"draft_sha256\" value=\"").expect("the hash");
    let stricter = with_limit(&site, "CD34", "1.0").to_string();
    let fields = [("document", stricter.as_str()), ("draft_sha256", seen.split('"').next().expect("its end"))];
    assert_eq!(fills(&site, "amy", "/specifications/ADMSC-IV/2", &fields).status, 303);
    assert_eq!(fills(&site, "ben", "/specifications/ADMSC-IV/2", &fields).status, 409, "it was rewritten meanwhile");
    let page = looks(&site, "queen", "/specifications/ADMSC-IV/2");
    assert!(
        page.contains("1 open lot was judged by this draft; 1 would change") && page.contains("/lots/EDGE"),
        "{page}"
    );
    assert!(page.contains("Amy Adams") && page.contains("Sign and approve"), "{page}");
    let approval = "/specifications/ADMSC-IV/2/approval";
    let past = [("password", "wrong"), ("meaning", "Mine to say"), ("effective_from", "2026-06-02T00:00")];
    let refused = fills(&site, "queen", approval, &past);
    assert_eq!(refused.status, 403, "{refused}");
    assert!(refused.text().contains("Mine to say") && refused.text().contains("2026-06-02T00:00"), "{refused}");
    let secret = password("queen");
    let past = [("password", &*secret), ("meaning", "Mine to say"), ("effective_from", "2026-05-01T00:00")];
    assert_eq!(fills(&site, "queen", approval, &past).status, 422);
    let now = [("password", &*secret), ("meaning", "Mine to say"), ("effective_from", "")];
    let signed = fills(&site, "queen", approval, &now);
    assert_eq!(signed.header("location"), "/specifications/ADMSC-IV/2?done=approved", "{signed}");
    let page = looks(&site, "olga", "/specifications/ADMSC-IV/2");
    assert!(page.contains("In force") && page.contains("Mine to say") && page.contains("Queen Qiu"), "{page}");
    assert!(looks(&site, "olga", "/lots/EDGE").contains("a newer version exists: version 2"));
    let diff = looks(&site, "olga", "/specifications/ADMSC-IV/diff?from=1&to=2");
    assert!(diff.contains("<del>NMT 2.0 %</del>") && diff.contains("tightened"), "{diff}");
    assert!(looks(&site, "olga", "/specifications").contains("Superseded"));
}

#[test]
fn a_specification_is_retired_on_its_page() {
    let site = Site::start();
    let address = "/specifications/ADMSC-IV/retirement";
    let secret = password("queen");
    let empty = fills(&site, "queen", address, &[("password", &secret), ("reason", ""), ("version", "1")]);
    assert_eq!(empty.status, 422, "{empty}");
    assert!(empty.text().contains("retire-reason-problem"), "{empty}");
    let done = fills(&site, "queen", address, &[("password", &secret), ("reason", "No longer made"), ("version", "1")]);
    assert_eq!(done.header("location"), "/specifications?done=retired", "{done}");
    let page = looks(&site, "amy", "/specifications/ADMSC-IV/1");
    assert!(page.contains("Retired by Queen Qiu") && page.contains("No longer made"), "{page}");
    assert!(!page.contains("/specifications/new"), "{page}");
}
