//! The forms of decisions as a person without script meets them: what a page shows, what it asks before
//! something irrevocable, and what comes back when it is refused.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::containers::ships;
use crate::example::{page, sends};
use crate::person::criterion;
use crate::routes_of_decision::{long_route, policy};
use crate::site::{Site, moment, password};
use crate::spec_rows::{Fields, get, of_form, set};

const FIRST: &str = "/certificates/RC-2026-000001";

fn released(site: &Site) {
    site.full_lot("L-1");
    site.qa().releases("L-1").created();
}

/// What a browser would send of the form that goes to an address, as somebody sees the page it is on.
#[track_caller]
fn form_of(html: &str, action: &str) -> Fields {
    let (_, form) = html.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{action} in {html}"));
    of_form(form.split("</form>").next().expect("its end"))
}

fn shown(site: &Site, who: &str, path: &str) -> String {
    page(site, who, path).with_status(200).text()
}

/// Sends a form, with these fields typed into it.
fn submits(site: &Site, who: &str, path: &str, form: &Fields, typed: &[(&str, &str)]) -> Answer {
    let mut form = form.clone();
    for (name, value) in typed {
        set(&mut form, name, value);
    }
    let pairs: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    sends(site, who, path, &pairs)
}

/// The sentence beside a field of a page that came back.
#[track_caller]
fn beside(answer: &Answer, id: &str) -> String {
    let html = answer.text();
    assert!(html.contains(&format!("href=\"#{id}\"")), "the summary leads to {id}: {html}");
    let (_, rest) = html.split_once(&format!("id=\"{id}-problem\"")).unwrap_or_else(|| panic!("{id} in {html}"));
    let (_, rest) = rest.split_once("<span>").expect("a sentence");
    rest.split("</span>").next().expect("its end").to_owned()
}

fn run_of(site: &Site, attribute: &str) -> i64 {
    criterion(&site.auditor().sees("L-1"), attribute)["run"].as_i64().expect("a run")
}

// ---- a certificate with an error ----

#[test]
fn a_certificate_is_replaced_on_its_page_and_each_of_the_two_leads_to_the_other() {
    let site = Site::start();
    // The fields show minutes; what was not touched is not corrected by that.
    site.is_at(moment("2026-06-01T08:00:42Z"));
    released(&site);
    let form = form_of(&shown(&site, "quinn", FIRST), &format!("{FIRST}/supersession"));
    assert_eq!((get(&form, "containers"), get(&form, "expires_at").len()), ("4", "2026-07-01T16:00".len()));
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000001").ok()["record_sha256"].clone();
    assert_eq!(get(&form, "seen_sha256"), record, "what was shown is what is replaced");
    let secret = password("quinn");
    let typed = [("containers", "3"), ("reason", "Bags mistyped"), ("password", secret.as_str())];
    let made = submits(&site, "quinn", &format!("{FIRST}/supersession"), &form, &typed);
    assert_eq!(made.header("location"), "/certificates/RC-2026-000002?done=supersession", "{made}");
    let fact = site.events("certificate_superseded").pop().expect("a fact");
    assert_eq!(fact["corrections"], json!([{"field": "containers", "before": "4", "after": "3"}]));
    assert_eq!(fact["signature"]["meaning"], "I certify the corrected certificate");
    let old = shown(&site, "olga", FIRST);
    assert!(old.contains("Superseded by <a href=\"/certificates/RC-2026-000002\">"), "{old}");
    assert!(old.contains("<dt>Containers</dt><dd>4</dd>") && old.contains("4 → 3"), "as it was certified then: {old}");
    let new = shown(&site, "olga", "/certificates/RC-2026-000002?done=supersession");
    assert!(new.contains("Replaces <a href=\"/certificates/RC-2026-000001\">"), "{new}");
    assert!(new.contains("<dt>Containers</dt><dd>3</dd>") && new.contains("Both verify"), "{new}");
    site.whole();
}

#[test]
fn a_replacement_that_is_refused_comes_back_with_everything_typed_and_nothing_recorded() {
    let site = Site::start();
    released(&site);
    let path = format!("{FIRST}/supersession");
    let form = form_of(&shown(&site, "quinn", FIRST), &path);
    let secret = password("quinn");
    let tries = |typed: &[(&str, &str)]| {
        let usual = [("reason", "Bags <mistyped>"), ("containers", "3"), ("password", secret.as_str())];
        submits(&site, "quinn", &path, &form, &[&usual, typed].concat())
    };
    let wrong = tries(&[("password", "wrong")]);
    assert_eq!(wrong.status, 403, "{wrong}");
    assert!(beside(&wrong, "supersession-password").contains("password"), "{wrong}");
    let back = form_of(&wrong.text(), &path);
    assert_eq!((get(&back, "containers"), get(&back, "reason"), get(&back, "password")), ("3", "Bags <mistyped>", ""));
    assert!(wrong.text().contains("<details class=\"sheet correct no-print\" open>"), "it must be seen: {wrong}");
    assert!(beside(&tries(&[("containers", "three")]), "supersession-containers").contains("whole number"));
    assert!(beside(&tries(&[("reason", "")]), "supersession-reason").starts_with("What was wrong"));
    let far = "2031-01-01T10:00";
    let longer = tries(&[("expires_at", far)]);
    assert!(beside(&longer, "supersession-expires_at").contains("never makes a lot last longer"), "{longer}");
    assert_eq!(get(&form_of(&longer.text(), &path), "expires_at"), far);
    let same = tries(&[("containers", "4")]);
    assert!(same.status == 422 && same.text().contains("every value is as it stands"), "{same}");
    let other = tries(&[("seen_sha256", &"0".repeat(64))]);
    assert!(other.status == 409 && other.text().contains("look at it again"), "{other}");
    assert!(site.events("certificate_superseded").is_empty());
    tries(&[]).with_status(303);
    let late = tries(&[("idempotency_key", "another")]);
    assert!(late.status == 409 && late.text().contains("RC-2026-000002 is the one that stands"), "{late}");
    assert!(!late.text().contains(&format!("action=\"{path}\"")), "there is nothing to sign any more: {late}");
}

#[test]
fn who_cannot_replace_a_certificate_gets_no_form_and_who_could_is_told_why() {
    let site = Site::start();
    site.has_person("dora", "Dora Dean", &["analyst", "qa"]);
    site.analyst().registers("L-1").created();
    site.records_all("L-1", &[], &["ENDOTOXIN"]);
    site.person("dora").records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    let form = format!("action=\"{FIRST}/supersession\"");
    for who in ["amy", "olga"] {
        let html = shown(&site, who, FIRST);
        assert!(!html.contains(&form) && !html.contains("has an error"), "{who}: {html}");
    }
    let dora = shown(&site, "dora", FIRST);
    assert!(!dora.contains(&form) && dora.contains("You entered data of lot L-1"), "{dora}");
    assert!(shown(&site, "pablo", FIRST).contains("A QA officer replaces this certificate"));
    assert!(shown(&site, "quinn", FIRST).contains(&form));
    policy(&site, &json!({"release_route": "verify_qc_qa_qp"})).ok();
    assert!(shown(&site, "pablo", FIRST).contains("You are not named as qualified person"));
    long_route(&site);
    assert!(shown(&site, "pablo", FIRST).contains(&form));
    assert!(shown(&site, "quinn", FIRST).contains("A qualified person replaces this certificate"));
}

// ---- a failing result of a lot that has left ----

#[test]
fn a_correction_that_revokes_a_release_says_what_follows_before_anything_is_recorded() {
    let site = Site::start();
    released(&site);
    let run = run_of(&site, "ENDOTOXIN");
    let (here, path) = (format!("/runs/{run}"), format!("/runs/{run}/correction"));
    let html = shown(&site, "amy", &here);
    assert!(html.contains("RC-2026-000001 stands. Only a correction that makes a result fail"), "{html}");
    assert!(!html.contains("late_result"), "nothing is confirmed before it is known what");
    let form = form_of(&html, &path);
    let facts = site.facts_count();
    let typed = [("value.ENDOTOXIN", "9.5"), ("reason", "The dilution was forgotten")];
    // Who knows the field's name gets past no question with it.
    let asked = submits(&site, "amy", &path, &form, &[&typed[..], &[("late_result", "yes")]].concat());
    assert_eq!(asked.status, 409, "{asked}");
    let html = asked.text();
    for said in ["Recording it revokes RC-2026-000001", "4 of 4 containers", "5 parties", "Nothing is recorded yet"] {
        assert!(html.contains(said), "{said}: {html}");
    }
    let form = form_of(&html, &path);
    assert_eq!((get(&form, "value.ENDOTOXIN"), get(&form, "reason")), ("9.5", "The dilution was forgotten"));
    assert_eq!(submits(&site, "amy", &path, &form, &[]).status, 409, "the box is not ticked");
    let other = submits(&site, "amy", &path, &form, &[("late_result", "yes"), ("value.ENDOTOXIN", "8.5")]);
    assert!(other.status == 409 && other.text().contains("“8.5”"), "another value is another question: {other}");
    assert_eq!(site.facts_count(), facts, "nothing is recorded");
    let done = submits(&site, "amy", &path, &form, &[("late_result", "yes")]);
    assert_eq!(done.header("location"), "/lots/L-1/recall?done=late", "{done}");
    assert!(shown(&site, "queen", "/lots/L-1/recall?done=late").contains("Tell everybody on the list now"));
    assert_eq!(site.auditor().sees("L-1")["status"], "revoked");
    site.whole();
}

#[test]
fn a_correction_of_a_released_lot_that_makes_nothing_fail_is_refused_and_kept_on_the_page() {
    let site = Site::start();
    released(&site);
    let path = format!("/runs/{}/correction", run_of(&site, "ENDOTOXIN"));
    let form = form_of(&shown(&site, "amy", path.trim_end_matches("/correction")), &path);
    let back = submits(&site, "amy", &path, &form, &[("value.ENDOTOXIN", "0.2"), ("reason", "Misread")]);
    assert!(back.status == 409 && back.text().contains("Nothing was corrected"), "{back}");
    assert_eq!(get(&form_of(&back.text(), &path), "value.ENDOTOXIN"), "0.2");
    assert!(!shown(&site, "ben", path.trim_end_matches("/correction")).contains(&format!("action=\"{path}\"")));
}

#[test]
fn a_late_failing_result_is_asked_about_once_with_everything_that_follows() {
    let site = Site::start();
    released(&site);
    let path = "/lots/L-1/runs?assay=endotoxin";
    let tested = site.hours(-1);
    let typed = [
        ("assay", "endotoxin"),
        ("method", "SOP-QC-031 v2"),
        ("tested_at", tested.as_str()),
        ("value.ENDOTOXIN", "9.5"),
        ("unit.ENDOTOXIN", "EU/mL"),
    ];
    let facts = site.facts_count();
    let asked = sends(&site, "amy", path, &typed);
    assert!(asked.status == 409 && asked.text().contains("This revokes the release"), "{asked}");
    assert!(!asked.text().contains("puts the lot on hold"), "one question, and the true one: {asked}");
    let form = form_of(&asked.text(), path);
    assert_eq!(get(&form, "value.ENDOTOXIN"), "9.5");
    assert_eq!(submits(&site, "amy", path, &form, &[]).status, 409);
    let other = submits(&site, "amy", path, &form, &[("late_result", "yes"), ("value.ENDOTOXIN", "8.5")]);
    assert!(other.status == 409 && other.text().contains("“8.5”"), "{other}");
    assert_eq!(site.facts_count(), facts);
    let done = submits(&site, "amy", path, &form, &[("late_result", "yes")]);
    assert_eq!(done.header("location"), "/lots/L-1/recall?done=late", "{done}");
    assert_eq!(site.auditor().sees("L-1")["status"], "revoked");
}

// ---- revoking, and who must be told ----

#[test]
fn a_revocation_is_signed_over_what_the_page_said_it_brings_with_it() {
    let site = Site::start();
    released(&site);
    let path = "/lots/L-1/revocation";
    assert!(shown(&site, "queen", "/lots/L-1").contains("href=\"/lots/L-1/recall\""));
    let html = shown(&site, "queen", "/lots/L-1/recall");
    assert!(html.contains("4 of 4 containers, still in stock") && html.contains("no other lot"), "{html}");
    let form = form_of(&html, path);
    assert!(html.contains(&format!("<span>{}</span>", &get(&form, "seen_sha256")[..4])), "the hash is shown: {html}");
    let secret = password("queen");
    let typed = [("class", "quality_defect"), ("reason", "A bag leaks"), ("password", secret.as_str())];
    site.analyst().registers("L-2").created();
    let stale = submits(&site, "queen", path, &form, &typed);
    assert!(stale.status == 409 && stale.text().contains("one lot shares something"), "{stale}");
    assert!(site.events("lot_revoked").is_empty(), "nothing was signed");
    let again = form_of(&stale.text(), path);
    assert_eq!((get(&again, "reason"), get(&again, "class")), ("A bag leaks", "quality_defect"));
    assert!(stale.text().contains("L-2 (donor D-0031, made on the same day)"), "{stale}");
    submits(&site, "queen", path, &again, &[("password", &secret)]).with_status(303);
    assert_eq!(site.events("lot_revoked")[0]["sisters"][0]["lot"], "L-2");
}

#[test]
fn an_acknowledgement_that_is_refused_comes_back_open_in_its_own_row() {
    let site = Site::start();
    released(&site);
    let body = json!({"password": password("queen"), "class": "quality_defect", "reason": "A bag leaks"});
    site.qa().post("/api/v1/lots/L-1/revocation", &body).created();
    let path = "/lots/L-1/revocation/parties/2";
    let form = form_of(&shown(&site, "queen", "/lots/L-1/recall"), path);
    let early = [("who", "Dr Lin <ward 4>"), ("how", ""), ("acknowledged_at", "2020-01-01T10:00")];
    let back = submits(&site, "queen", path, &form, &early);
    assert_eq!(back.status, 422, "{back}");
    assert!(beside(&back, "party-2-how").starts_with("How it was told"), "{back}");
    let back = submits(&site, "queen", path, &form, &[("who", "Dr Lin <ward 4>"), ("how", "x"), early[2]]);
    assert!(beside(&back, "party-2-acknowledged_at").contains("was only revoked on"), "{back}");
    let typed = form_of(&back.text(), path);
    assert_eq!((get(&typed, "who"), get(&typed, "acknowledged_at")), ("Dr Lin <ward 4>", "2020-01-01T10:00"));
    assert_eq!(back.text().matches("<details class=\"no-print\" open>").count(), 1, "{back}");
    site.waits_hours(1);
    let now = form_of(&shown(&site, "queen", "/lots/L-1/recall"), path);
    submits(&site, "queen", path, &now, &[("who", "Dr Lin"), ("how", "By telephone")]).with_status(303);
    assert!(shown(&site, "olga", "/lots/L-1/recall").contains("4 of 5 parties still to be told"));
}

// ---- containers and supply ----

#[test]
fn moving_containers_offers_only_what_can_become_of_them_now() {
    let site = Site::start();
    site.full_lot("L-1");
    let path = "/lots/L-1/containers";
    let acts = |html: &str| {
        ["shipped", "returned", "destroyed"].map(|act| html.contains(&format!("name=\"act\" value=\"{act}\"")))
    };
    let before = shown(&site, "amy", path);
    assert_eq!(acts(&before), [false, false, true]);
    assert!(before.contains("it has no certificate or conditional notice that stands"), "{before}");
    site.qa().releases("L-1").created();
    let form = form_of(&shown(&site, "amy", path), path);
    let typed = [("act", "shipped"), ("containers", "1, 2"), ("to", "Ward 4"), ("remark", "Courier <7>")];
    let back = submits(&site, "amy", path, &form, &typed);
    assert_eq!(
        beside(&back, "movement-reach").split(' ').take(5).collect::<Vec<_>>().join(" "),
        "How to reach them is"
    );
    assert_eq!(get(&form_of(&back.text(), path), "remark"), "Courier <7>");
    submits(&site, "amy", path, &form, &[&typed[..], &[("reach", "+49 30 5")]].concat()).with_status(303);
    let after = shown(&site, "amy", path);
    assert_eq!(acts(&after), [true, true, true]);
    assert!(after.contains("Now in stock: 3, 4; shipped: 1, 2."), "{after}");
    site.waits_hours(24 * 31);
    let expired = shown(&site, "amy", path);
    assert_eq!(acts(&expired), [false, true, true]);
    assert!(expired.contains("it expired on") && !expired.contains("name=\"to\""), "{expired}");
}

#[test]
fn a_supply_out_of_specification_is_signed_over_the_lot_as_shown_and_says_all_that_is_wrong() {
    let site = Site::start();
    let path = "/lots/L-1/supply";
    site.full_lot("L-1");
    assert!(shown(&site, "queen", path).contains("Lot L-1 is not out of specification"));
    assert!(!shown(&site, "queen", "/lots/L-1").contains(path));
    site.qa().rejects("L-1", "Viability too low").created();
    assert!(shown(&site, "queen", "/lots/L-1").contains(&format!("href=\"{path}\"")));
    let html = shown(&site, "queen", path);
    let form = form_of(&html, path);
    assert!(html.contains(&format!("<span>{}</span>", &get(&form, "seen_sha256")[..4])), "{html}");
    let empty =
        submits(&site, "queen", path, &form, &[("hazard", "Loss of <graft>"), ("password", &password("queen"))]);
    assert_eq!(empty.status, 422, "{empty}");
    for field in ["physician", "requested_at", "risk_evaluation", "accepted_at", "containers"] {
        assert!(!beside(&empty, &format!("supply-{field}")).is_empty(), "{field}");
    }
    assert_eq!(get(&form_of(&empty.text(), path), "hazard"), "Loss of <graft>");
    let (asked, accepted, secret) = (site.hours(-3), site.hours(-1), password("queen"));
    let typed = [
        ("physician", "Dr Lin"),
        ("reach", "x"),
        ("requested_at", asked.as_str()),
        ("accepted_at", accepted.as_str()),
        ("hazard", "x"),
        ("risk_evaluation", "x"),
        ("notified", "sponsor; Trial office; x"),
        ("containers", "1"),
        ("password", secret.as_str()),
    ];
    let stale = submits(&site, "queen", path, &form, &[&typed[..], &[("seen_sha256", &"0".repeat(64))]].concat());
    assert!(stale.status == 409 && stale.text().contains("changed after it was shown"), "{stale}");
    submits(&site, "queen", path, &form, &typed).with_status(303);
    ships(&site, "L-1", &[1]).created();
}

// ---- the steps of the route ----

#[test]
fn whose_step_it_would_be_is_told_why_it_is_not_and_sees_what_would_be_signed() {
    let site = Site::start();
    site.has_person("cleo", "Cleo Cox", &["analyst", "qc"]);
    policy(&site, &json!({"release_route": "verify_qc_qa_qp"})).ok();
    site.analyst().registers("L-1").created();
    site.records_all("L-1", &[], &["ENDOTOXIN"]);
    site.person("cleo").records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    let form = "action=\"/lots/L-1/qc-approval\"";
    let cleo = shown(&site, "cleo", "/lots/L-1");
    assert!(!cleo.contains(form) && cleo.contains("You entered data of lot L-1"), "{cleo}");
    let cora = shown(&site, "cora", "/lots/L-1");
    let sent = form_of(&cora, "/lots/L-1/qc-approval");
    let (_, signed) = cora.split_once(form).expect("the form");
    let signed = signed.split("</form>").next().expect("its end");
    assert!(signed.contains(&format!("<span>{}</span>", &get(&sent, "seen_sha256")[..4])), "{signed}");
    let typed = [("meaning", ""), ("password", "wrong")];
    let back = submits(&site, "cora", "/lots/L-1/qc-approval", &sent, &typed);
    assert!(!beside(&back, "qc-approval-meaning").is_empty(), "{back}");
    submits(&site, "cora", "/lots/L-1/qc-approval", &sent, &[("password", &password("cora"))]).with_status(303);
    crate::routes_of_decision::signs(&site, "quinn", "L-1", "audit-review", &json!({})).created();
    let pablo = shown(&site, "pablo", "/lots/L-1");
    assert!(!pablo.contains("action=\"/lots/L-1/qp-certification\""), "{pablo}");
    assert!(pablo.contains("You are not named as qualified person"), "{pablo}");
    long_route(&site);
    assert!(shown(&site, "pablo", "/lots/L-1").contains("action=\"/lots/L-1/qp-certification\""));
    assert_eq!(site.auditor().sees("L-1")["certificate"], Value::Null);
}
