//! The ways to a decision: the site's policy, QC approval, audit-trail review, QP certification, and
//! a two-step release with its conditional notice.

use lotgate::domain::spec::Specification;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::example::{page, sends};
use crate::person::{blockers, with};
use crate::site::{Site, moment, password};

/// Queen signs a policy.
pub fn policy(site: &Site, said: &Value) -> Answer {
    let body = with(json!({"password": password("queen")}), said).to_string().into_bytes();
    site.qa().asks("PUT", "/api/v1/site/policy", &[], Some(("application/json", body)))
}

/// Adam names a qualified person from so many hours ago, until so many hours from now.
pub fn qualified(site: &Site, who: &str, until: Option<i64>) {
    let until = until.map(|hours| site.hours(hours));
    let body = json!({"register_number": "QP-4711", "valid_from": site.hours(-1), "valid_until": until});
    site.admin().post(&format!("/api/v1/users/{who}/qualification"), &body).created();
}

/// The site asks for five people, and Pablo is its qualified person.
pub fn long_route(site: &Site) {
    policy(site, &json!({"release_route": "verify_qc_qa_qp"})).ok();
    qualified(site, "pablo", None);
}

/// Somebody signs a step of a lot.
pub fn signs(site: &Site, who: &str, lot: &str, step: &str, more: &Value) -> Answer {
    let body = with(json!({"password": password(who)}), more);
    site.person(who).post(&format!("/api/v1/lots/{lot}/{step}"), &body)
}

fn step(site: &Site, lot: &str, name: &str) -> Value {
    let seen = site.auditor().sees(lot);
    let steps = seen["course"]["steps"].as_array().expect("steps").clone();
    steps.into_iter().find(|s| s["step"] == name).unwrap_or_default()
}

/// A specification of a fresh product: sterility may be pending at step 1, with an interim reading.
fn fresh() -> Value {
    json!({
        "product": "FRESH-1", "version": 1, "product_name": "Fresh cells", "title": "Fresh cells", "example": true,
        "source": "made for tests", "rounding": "usp_7_20", "effective_from": "2026-01-01T00:00:00Z",
        "two_step": {"pending": [{"attribute": "STERILITY", "due_hours": 336, "interim": true}]},
        "assays": [
            {"code": "cell-count", "name": "Cell count", "method": "SOP-1 v1"},
            {"code": "sterility", "name": "Sterility", "method": "SOP-3 v1"},
        ],
        "criteria": [
            {"attribute": "VIABILITY", "name": "Viability", "section": "Tests", "assay": "cell-count", "kind": "required",
                "acceptance": {"type": "numeric", "operator": "NLT", "limit": "80.0", "unit": "%"}},
            {"attribute": "STERILITY", "name": "Sterility", "section": "Tests", "assay": "sterility", "kind": "required",
                "acceptance": {"type": "categorical", "allowed": ["No growth", "Growth"], "acceptable": ["No growth"],
                    "interim": ["No growth to date", "Turbid"], "incubation_hours_min": 336, "extensions": {"Turbid": 96}}},
        ],
    })
}

/// Amy registers a fresh lot whose viability is in.
fn counted(site: &Site, lot: &str, expires: i64) {
    let specification: Specification = serde_json::from_value(fresh()).expect("a specification");
    site.app.install_specification(specification.checked().expect("consistent")).expect("installed");
    let about = json!({"product": "FRESH-1", "passage": null, "manufactured_at": site.hours(-72),
        "expires_at": site.hours(expires)});
    site.analyst().registers_with(lot, &about).created();
    site.analyst().records(lot, "cell-count", &[("VIABILITY", "92.4")]).created();
    site.verifier().verifies_all(lot);
}

pub fn reads_sterility(site: &Site, lot: &str, value: &str, started: &str) -> Answer {
    site.analyst().records_with(lot, "sterility", &[("STERILITY", value)], &json!({"started_at": started}))
}

/// The same with a verified interim reading, expiring in so many hours; gives when incubation began.
fn fresh_lot(site: &Site, lot: &str, expires: i64) -> String {
    counted(site, lot, expires);
    let started = site.hours(-48);
    reads_sterility(site, lot, "No growth to date", &started).created();
    site.verifier().verifies_all(lot);
    started
}

fn physician() -> Value {
    json!({"contacts": [{"role": "physician", "name": "Dr Anna Weiss, ward 4B", "reach": "+49 30 555 0100"}]})
}

/// A lot conditionally released by Queen; gives when the incubation of its sterility test began.
pub fn conditional(site: &Site, lot: &str) -> String {
    conditional_until(site, lot, 24)
}

/// The same of a lot that expires in so many hours.
pub fn conditional_until(site: &Site, lot: &str, expires: i64) -> String {
    let started = fresh_lot(site, lot, expires);
    signs(site, "queen", lot, "conditional-release", &physician()).created();
    started
}

/// True for an address that signs or shows a step.
pub fn is_step(path: &str) -> bool {
    ["/qc-approval", "/audit-review", "/qp-certification", "/conditional-release"].iter().any(|s| path.ends_with(s))
}

/// Makes L-1 ready for the step of an address: who takes it, with which body.
pub fn ready_for(site: &Site, path: &str) -> (&'static str, Value) {
    let body = |who: &str| json!({"password": password(who)});
    if path.ends_with("/conditional-release") {
        fresh_lot(site, "L-1", 24);
        return ("queen", with(body("queen"), &physician()));
    }
    site.full_lot("L-1");
    if path.ends_with("/audit-review") {
        return ("queen", body("queen"));
    }
    long_route(site);
    if path.ends_with("/qc-approval") {
        return ("cora", body("cora"));
    }
    signs(site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(site, "quinn", "L-1", "audit-review", &json!({})).created();
    ("pablo", body("pablo"))
}

// ---- the policy ----

#[test]
fn a_policy_is_signed_versioned_and_keeps_what_is_not_said() {
    let site = Site::start();
    let there = site.analyst().get("/api/v1/site/policy").ok();
    assert_eq!((&there["version"], &there["set_by"]), (&json!(0), &Value::Null));
    assert_eq!((&there["release_route"], &there["idle_minutes"]), (&json!("verify_release"), &json!(15)));
    let first = policy(&site, &json!({"release_route": "verify_qc_qa_qp", "idle_minutes": 5})).ok();
    assert_eq!((&first["version"], &first["set_by"]), (&json!(1), &json!("Queen Qiu")));
    let seen = json!({"expired_reagent": "flag", "seen_sha256": first["sha256"]});
    let second = policy(&site, &seen).ok();
    assert_eq!((&second["version"], &second["release_route"]), (&json!(2), &json!("verify_qc_qa_qp")));
    assert_eq!((&second["idle_minutes"], &second["expired_reagent"]), (&json!(5), &json!("flag")));
    policy(&site, &seen).refused(409, "changed_since_seen").says("version 2 by Queen Qiu");
    let event = site.events("site_policy_set").pop().expect("a fact");
    assert_eq!((&event["version"], &event["signature"]["signed_sha256"]), (&json!(2), &second["sha256"]));
}

#[test]
fn a_policy_that_cannot_be_is_refused_with_its_fields_and_the_attempt_is_a_fact() {
    let site = Site::start();
    let wrong = json!({"release_route": "one_click", "untrained": "x", "idle_minutes": 61, "password_chars_min": 7,
        "second_factor_roles": ["system"], "contacts": [{"role": "patient", "name": "", "reach": "x"}]});
    policy(&site, &wrong).refused(422, "invalid_field").about(&[
        "release_route",
        "untrained",
        "idle_minutes",
        "password_chars_min",
        "second_factor_roles",
        "contacts[0].role",
        "contacts[0].name",
    ]);
    policy(&site, &json!({"password": "wrong"})).refused(403, "wrong_password");
    let refused = site.events("attempt_refused");
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|e| e["act"] == "policy" && e["lot"].is_null()));
    for (idle, chars) in [(1, 8), (60, 64)] {
        policy(&site, &json!({"idle_minutes": idle, "password_chars_min": chars})).ok();
    }
}

#[test]
fn everybody_reads_the_policys_page_and_qa_signs_it_there() {
    let site = Site::start();
    assert!(page(&site, "amy", "/policy").text().contains("Never set"));
    assert!(!page(&site, "amy", "/policy").text().contains("Sign the policy"));
    let fields = [
        ("release_route", "verify_qc_qa_qp"),
        ("second_factor_roles", "qc\nqp"),
        ("meaning", "So be it"),
        ("contacts", "sponsor; Example Sponsor; qa@example.org"),
        ("password", &*password("queen")),
    ];
    assert_eq!(sends(&site, "queen", "/policy", &fields).status, 303);
    let text = page(&site, "amy", "/policy").text();
    for said in ["Version 1, set by Queen Qiu", "five people", "qc, qp", "Example Sponsor (sponsor)", "So be it"] {
        assert!(text.contains(said), "{said}");
    }
    let wrong = [("idle_minutes", "900"), ("meaning", "x"), ("password", &*password("queen"))];
    let refused = sends(&site, "queen", "/policy", &wrong);
    assert!(refused.status == 422 && refused.text().contains("id=\"policy-idle_minutes-problem\""), "{refused}");
}

// ---- five people ----

#[test]
fn five_people_release_a_lot_and_the_certificate_names_the_three_who_signed() {
    let site = Site::start();
    long_route(&site);
    site.full_lot("L-1");
    let seen = site.qc().sees("L-1");
    assert_eq!((&seen["status"], blockers(&seen).len()), (&json!("ready"), 0));
    assert_eq!(
        (&seen["course"]["next"]["step"], &seen["course"]["next"]["role"]),
        (&json!("qc_approval"), &json!("qc"))
    );
    assert!(page(&site, "amy", "/lots").text().contains("a QC head signs the QC approval"));
    site.qa().releases("L-1").refused(409, "wrong_route").says("qp-certification");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).refused(409, "not_releasable").says("QC approval");
    signs(&site, "queen", "L-1", "audit-review", &json!({}))
        .refused(409, "not_releasable")
        .says("a QC head signs it first");
    let shown = json!({"seen_sha256": seen["dossier_sha256"], "seen_through": seen["course"]["through"]});
    signs(&site, "cora", "L-1", "qc-approval", &shown).created();
    signs(&site, "cora", "L-1", "qc-approval", &shown).refused(409, "already_done");
    assert_eq!(step(&site, "L-1", "qc_approval")["state"], "signed");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({}))
        .refused(409, "not_releasable")
        .says("audit-trail review");
    let review = site.auditor().get("/api/v1/lots/L-1/audit-review").ok();
    let signed = signs(&site, "queen", "L-1", "audit-review", &json!({"seen_sha256": review["sha256"]})).created();
    assert_eq!(signed["record_sha256"], review["sha256"], "what was signed is kept");
    let done = signs(&site, "pablo", "L-1", "qp-certification", &json!({"meaning": "I certify"})).created();
    assert_eq!(done["certificate"], "RC-2026-000001");
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000001/record").ok();
    let acts: Vec<&Value> = record["signatures"].as_array().expect("signatures").iter().map(|s| &s["act"]).collect();
    assert_eq!(acts, ["qc_approval", "audit_review", "qp_certification"]);
    assert_eq!(record["qualified_person"], json!({"username": "pablo", "register_number": "QP-4711"}));
    assert_eq!((&record["v"], &record["version"], &record["policy_version"]), (&json!(3), &json!(1), &json!(1)));
    assert_eq!(record["route"], "verify_qc_qa_qp");
    assert_eq!(site.qc().sees("L-1")["status"], "released");
    let decided = page(&site, "olga", "/lots/L-1").text();
    assert!(decided.contains("Signed on the way to the decision") && !decided.contains("waits for results"));
    let pdf = site.auditor().get("/api/v1/certificates/RC-2026-000001/pdf").bytes;
    let checked = lotgate::certificate::check(&pdf, &[site.app.verifier_key().clone()]);
    assert!(matches!(checked.outcome, lotgate::certificate::Outcome::Authentic { .. }), "{checked:?}");
    site.whole();
}

#[test]
fn one_person_with_several_roles_is_still_one_person() {
    let site = Site::start();
    long_route(&site);
    site.has_person("dora", "Dora Dean", &["analyst", "qc", "qa", "qp"]);
    site.has_person("emil", "Emil Ek", &["qc", "qa", "qp"]);
    qualified(&site, "dora", None);
    qualified(&site, "emil", None);
    site.full_lot_without("L-1", &["ENDOTOXIN"]);
    site.person("dora").records("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")]).created();
    site.verifier().verifies_all("L-1");
    signs(&site, "dora", "L-1", "qc-approval", &json!({})).refused(403, "own_work").says("You entered data of lot L-1");
    signs(&site, "emil", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "dora", "L-1", "audit-review", &json!({})).refused(403, "own_work");
    signs(&site, "emil", "L-1", "audit-review", &json!({})).refused(403, "own_work").says("You signed the QC approval");
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    signs(&site, "emil", "L-1", "qp-certification", &json!({})).refused(403, "own_work").says("five people");
    signs(&site, "dora", "L-1", "qp-certification", &json!({})).refused(403, "own_work");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).created();
    let acts: Vec<Value> = site.events("attempt_refused").iter().map(|e| e["act"].clone()).collect();
    assert_eq!(acts, ["qc_approval", "audit_review", "audit_review", "qp_certification", "qp_certification"]);
}

#[test]
fn only_a_qualified_person_of_this_moment_certifies() {
    let site = Site::start();
    policy(&site, &json!({"release_route": "verify_qc_qa_qp"})).ok();
    site.full_lot("L-1");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    let certify = || signs(&site, "pablo", "L-1", "qp-certification", &json!({}));
    certify().refused(403, "not_qualified").says("not named");
    qualified(&site, "pablo", Some(2));
    site.waits_hours(2);
    certify().refused(403, "not_qualified").says("not valid at this moment");
    qualified(&site, "pablo", None);
    certify().created();
    signs(&site, "queen", "L-1", "qp-certification", &json!({})).refused(403, "wrong_role");
}

#[test]
fn a_change_unsigns_what_was_signed_before_and_says_what_changed() {
    let site = Site::start();
    long_route(&site);
    site.full_lot("L-1");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    let seen = site.qp().sees("L-1");
    let run = crate::person::criterion(&seen, "CD90")["run"].as_i64().expect("a run");
    site.analyst().corrects(run, &[("CD90", "99.1")], "Gate of the wrong template").created();
    site.verifier().verifies(run).created();
    for name in ["qc_approval", "audit_review"] {
        let step = step(&site, "L-1", name);
        assert_eq!(step["state"], "unsigned");
        let told = step["changed_since"].to_string();
        assert!(
            told.contains(&format!("Amy Adams corrected CD90 in run #{run}")) && told.contains("verified run"),
            "{told}"
        );
    }
    let shown = json!({"seen_sha256": seen["dossier_sha256"], "seen_through": seen["course"]["through"]});
    let refused = signs(&site, "pablo", "L-1", "qp-certification", &shown).refused(409, "changed_since_seen");
    refused.says("Amy Adams corrected CD90").says("Nothing was signed");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({}))
        .refused(409, "not_releasable")
        .says("no longer counts: the lot changed since. It is unsigned");
    let text = page(&site, "cora", "/lots/L-1").text();
    assert!(text.contains("UNSIGNED: changed since Cora") && text.contains("Sign the approval"));
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    let review = site.auditor().get("/api/v1/lots/L-1/audit-review").ok();
    let changes = review["review"]["changes"].as_array().expect("changes").clone();
    let kinds: Vec<&str> = changes.iter().filter_map(|c| c["kind"].as_str()).collect();
    assert_eq!(kinds, ["correction", "fallen_verification", "refused_attempt", "refused_attempt"]);
    assert_eq!(changes[0]["values"], json!([{"attribute": "CD90", "before": "99.6", "after": "99.1"}]));
    assert_eq!(changes[0]["reason"], "Gate of the wrong template");
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).created();
}

#[test]
fn the_short_route_refuses_the_steps_of_the_long_one() {
    let site = Site::start();
    site.full_lot("L-1");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).refused(409, "wrong_route").says("three people");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).refused(409, "wrong_route");
    for (who, step) in [("amy", "qc-approval"), ("cora", "audit-review"), ("queen", "qp-certification")] {
        signs(&site, who, "L-1", step, &json!({})).refused(403, "wrong_role");
    }
    site.qa().releases("L-1").created();
    signs(&site, "quinn", "L-1", "audit-review", &json!({})).refused(409, "lot_closed");
}

#[test]
fn a_review_that_the_policy_asks_for_holds_the_short_route_until_it_is_signed_and_current() {
    let site = Site::start();
    policy(&site, &json!({"audit_review_required": true})).ok();
    site.full_lot("L-1");
    site.qa().releases("L-1").refused(409, "not_releasable").says("waits for its audit-trail review");
    signs(&site, "queen", "L-1", "audit-review", &json!({"seen_sha256": "0"})).refused(409, "changed_since_seen");
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    let body = json!({"lot": "L-1", "kind": "deviation", "description": "Alarm", "impact": "None"});
    let number = site.analyst().post("/api/v1/deviations", &body).created()["deviation"].clone();
    let path = format!("/api/v1/deviations/{}/closure", number.as_str().expect("a number"));
    site.qa().post(&path, &json!({"assessment": "No impact", "password": password("queen")})).created();
    site.qa().releases("L-1").refused(409, "not_releasable").says("no longer counts");
    assert!(page(&site, "quinn", "/lots").text().contains("To review"));
    let text = page(&site, "quinn", "/lots/L-1/audit-review").text();
    assert!(text.contains("UNSIGNED: changed since Queen") && text.contains("Alarm"), "{text}");
    signs(&site, "quinn", "L-1", "audit-review", &json!({})).created();
    site.qa().releases("L-1").created();
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000001/record").ok();
    assert_eq!(record["signatures"].as_array().map(Vec::len), Some(2));
    site.analyst().get("/api/v1/lots/L-1/audit-review").refused(403, "wrong_role");
}

#[test]
fn what_is_signed_on_the_pages_is_signed_as_by_the_api() {
    let site = Site::start();
    long_route(&site);
    site.full_lot("L-1");
    let pen = |who: &str, step: &str| {
        let path = format!("/lots/L-1/{step}");
        sends(&site, who, &path, &[("meaning", "On the page"), ("password", &*password(who))])
    };
    assert!(page(&site, "cora", "/lots").text().contains("To approve (QC)"));
    let refused = sends(&site, "cora", "/lots/L-1/qc-approval", &[("meaning", "x"), ("password", "wrong")]);
    assert!(refused.status == 403 && refused.text().contains("id=\"qc-approval-password-problem\""), "{refused}");
    assert_eq!(pen("cora", "qc-approval").status, 303);
    assert_eq!(pen("queen", "audit-review").status, 303);
    assert!(page(&site, "pablo", "/lots").text().contains("To certify"));
    assert_eq!(pen("pablo", "qp-certification").status, 303);
    assert!(page(&site, "olga", "/lots/L-1").text().contains("RC-2026-000001"));
}

#[test]
fn of_two_certifications_at_once_one_is_recorded() {
    let site = Site::start();
    long_route(&site);
    site.full_lot("L-1");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "queen", "L-1", "audit-review", &json!({})).created();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| signs(&site, "pablo", "L-1", "qp-certification", &json!({})).status))
            .collect();
        tries.into_iter().map(|t| t.join().expect("answered")).collect()
    });
    assert_eq!(statuses.iter().filter(|s| **s == 201).count(), 1, "{statuses:?}");
    assert_eq!(site.events("lot_released").len(), 1);
}

// ---- two steps ----

#[test]
fn a_fresh_lot_is_released_in_two_steps_and_its_notice_is_no_certificate() {
    let site = Site::start();
    let started = conditional(&site, "L-1");
    let seen = site.qa().sees("L-1");
    assert_eq!((&seen["status"], &seen["certificate"]), (&json!("conditionally_released"), &Value::Null));
    assert_eq!(seen["course"]["notice"], "CN-2026-000001");
    assert_eq!(seen["course"]["pending"][0]["attribute"], "STERILITY");
    let notice = site.auditor().get("/api/v1/notices/CN-2026-000001").ok();
    assert_eq!((&notice["status"], &notice["lot"]), (&json!("standing"), &json!("L-1")));
    assert_eq!(notice["pending"][0]["due_at"], "2026-06-15T08:00:00.000000Z");
    assert_eq!(notice["contacts"][0]["name"], "Dr Anna Weiss, ward 4B");
    let pdf = site.auditor().get("/api/v1/notices/CN-2026-000001/pdf").bytes;
    let text = printed(&pdf);
    for said in [
        "CONDITIONALRELEASENOTICE—NOTARELEASECERTIFICATE",
        "Resultsstilltocome",
        "Nogrowthtodate",
        "DrAnnaWeiss,ward4B",
        "92.4",
        "QueenQiu(queen)",
        "—Endofnotice—",
        "/verify/CN-2026-000001",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    assert!(!text.contains("RC-2026"));
    let checked = lotgate::certificate::check(&pdf, &[site.app.verifier_key().clone()]);
    assert!(matches!(checked.outcome, lotgate::certificate::Outcome::Authentic { .. }), "{checked:?}");
    assert_eq!(checked.kind, lotgate::certificate::PaperKind::Notice);
    assert_eq!(site.auditor().get("/api/v1/certificates").ok()["certificates"], json!([]));
    site.qa().releases("L-1").refused(409, "not_releasable");
    site.qa().rejects("L-1", "Doubt").refused(409, "lot_closed").says("Revoke it");
    signs(&site, "queen", "L-1", "conditional-release", &physician()).refused(409, "already_done");
    // The expiry of a day passes; the last result comes after two weeks.
    site.is_at(moment("2026-06-16T09:00:00Z"));
    assert_eq!(site.qa().sees("L-1")["course"]["pending"][0]["overdue"], true);
    assert!(page(&site, "queen", "/lots").text().contains("Overdue"));
    reads_sterility(&site, "L-1", "No growth", &started).created();
    site.verifier().verifies_all("L-1");
    let ready = site.qa().sees("L-1");
    assert_eq!((&ready["status"], blockers(&ready).len()), (&json!("conditionally_released"), 0));
    assert_eq!(ready["course"]["next"]["step"], "release");
    assert!(page(&site, "queen", "/lots/L-1").text().contains("Sign and release"));
    site.qa().releases("L-1").created();
    assert_eq!(site.qa().sees("L-1")["status"], "released");
    let record = site.auditor().get("/api/v1/certificates/RC-2026-000001/record").ok();
    assert_eq!(record["notice"]["notice"], "CN-2026-000001");
    let certificate = printed(&site.auditor().get("/api/v1/certificates/RC-2026-000001/pdf").bytes);
    assert!(
        certificate.contains("conditionalnoticeCN-2026-000001") && certificate.contains("Certificateofbatchrelease")
    );
    let followed = site.auditor().get("/api/v1/notices/CN-2026-000001").ok();
    assert_eq!((&followed["status"], &followed["certificate"]), (&json!("followed"), &json!("RC-2026-000001")));
    site.whole();
}

/// The text of a PDF without spaces.
fn printed(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).expect("a PDF");
    let mut text = String::new();
    for (page, id) in document.get_pages() {
        let _ = page;
        let fonts = document.get_page_fonts(id).expect("fonts");
        let (mut font, content) = (Vec::new(), document.get_page_content(id));
        for operation in lopdf::content::Content::decode(&content).expect("content").operations {
            match operation.operator.as_str() {
                "Tf" => font = operation.operands[0].as_name().expect("a name").to_vec(),
                "Tj" | "TJ" => {
                    let items = match &operation.operands[0] {
                        lopdf::Object::Array(items) => items.clone(),
                        single => vec![single.clone()],
                    };
                    let encoding = fonts[&font].get_font_encoding(&document).expect("an encoding");
                    for item in items.iter().filter_map(|item| item.as_str().ok()) {
                        text.push_str(&lopdf::Document::decode_text(&encoding, item).expect("text"));
                    }
                }
                _ => {}
            }
        }
    }
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn step_one_needs_everything_but_what_may_be_pending() {
    let site = Site::start();
    let step_one = |who: &str, more: &Value| signs(&site, who, "L-1", "conditional-release", &with(physician(), more));
    counted(&site, "L-1", 24);
    let none = json!({"contacts": [{"role": "qa", "name": "Queen", "reach": "x"}]});
    step_one("queen", &none).refused(422, "invalid_field").says("treating physician").about(&["contacts"]);
    step_one("queen", &json!({})).refused(409, "not_releasable").says("needs a verified interim reading");
    let started = site.hours(-48);
    reads_sterility(&site, "L-1", "No growth to date", &started).created();
    step_one("queen", &json!({})).refused(409, "not_releasable").says("is not verified");
    site.verifier().verifies_all("L-1");
    step_one("amy", &json!({})).refused(403, "wrong_role");
    step_one("pablo", &json!({})).refused(403, "wrong_role").says("only a QA officer");
    let body = json!({"lot": "L-1", "kind": "hold", "description": "Doubt", "impact": "None"});
    let number = site.analyst().post("/api/v1/deviations", &body).created()["deviation"].clone();
    step_one("queen", &json!({})).refused(409, "not_releasable").says("Doubt");
    let path = format!("/api/v1/deviations/{}/closure", number.as_str().expect("a number"));
    site.qa().post(&path, &json!({"assessment": "None", "password": password("queen")})).created();
    site.waits_hours(24);
    step_one("queen", &json!({})).refused(409, "not_releasable").says("Expired");
    site.full_lot("L-2");
    let body = with(physician(), &json!({}));
    signs(&site, "queen", "L-2", "conditional-release", &body).refused(409, "not_two_step");
    assert!(site.events("lot_conditionally_released").is_empty());
}

#[test]
fn a_turbid_or_missing_interim_reading_gives_no_step_one() {
    let site = Site::start();
    counted(&site, "L-1", 24);
    let started = site.hours(-48);
    reads_sterility(&site, "L-1", "Turbid", &started).created();
    reads_sterility(&site, "L-1", "No growth to date", &started).created();
    site.verifier().verifies_all("L-1");
    signs(&site, "queen", "L-1", "conditional-release", &physician())
        .refused(409, "not_releasable")
        .says("Sterility was read “Turbid”");
}

#[test]
fn on_the_long_route_both_steps_need_approval_and_review_and_step_two_needs_them_again() {
    let site = Site::start();
    long_route(&site);
    let started = fresh_lot(&site, "L-1", 24);
    let step_one = |who: &str| signs(&site, who, "L-1", "conditional-release", &physician());
    step_one("pablo").refused(409, "not_releasable").says("QC approval");
    step_one("queen").refused(403, "wrong_role");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "quinn", "L-1", "audit-review", &json!({})).created();
    assert_eq!(site.qp().sees("L-1")["course"]["next"]["step"], "conditional_release");
    step_one("pablo").created();
    site.is_at(moment("2026-06-16T09:00:00Z"));
    reads_sterility(&site, "L-1", "No growth", &started).created();
    site.verifier().verifies_all("L-1");
    signs(&site, "pablo", "L-1", "qp-certification", &json!({}))
        .refused(409, "not_releasable")
        .says("no longer counts");
    signs(&site, "cora", "L-1", "qc-approval", &json!({})).created();
    signs(&site, "quinn", "L-1", "audit-review", &json!({})).created();
    signs(&site, "pablo", "L-1", "qp-certification", &json!({})).created();
    site.whole();
}

#[test]
fn a_draft_that_leaves_sterility_pending_without_an_interim_reading_is_refused() {
    let site = Site::start();
    let mut draft = fresh();
    draft["two_step"]["pending"][0]["interim"] = json!(false);
    draft.as_object_mut().expect("an object").remove("effective_from");
    let refused = site.analyst().post("/api/v1/specifications", &draft).refused(422, "specification_unsound");
    refused.says("Set `interim` to true");
    assert_eq!(refused.body["fields"][0]["code"], "two_step");
    draft["two_step"]["pending"][0]["interim"] = json!(true);
    site.analyst().post("/api/v1/specifications", &draft).created();
}

#[test]
fn expired_lots_leave_the_ready_list_at_the_very_minute() {
    let site = Site::start();
    site.analyst().registers_with("L-1", &json!({"expires_at": "2026-06-01T17:00:00+08:00"})).created();
    site.records_all("L-1", &[], &[]);
    site.verifier().verifies_all("L-1");
    let ready = || site.qa().get("/api/v1/lots?status=ready").ok()["lots"].as_array().map(Vec::len);
    site.is_at(moment("2026-06-01T08:59:59.999999Z"));
    assert_eq!((ready(), page(&site, "queen", "/lots").text().contains("To release")), (Some(1), true));
    site.is_at(moment("2026-06-01T09:00:00Z"));
    assert_eq!((ready(), page(&site, "queen", "/lots").text().contains("To release")), (Some(0), false));
}
