//! STR profiles over HTTP: what is asked, what is answered, what is refused, and the page.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::encoded;
use crate::payloads::MARKUP;
use crate::site::Site;

/// HeLa's profile at the eight core loci, as the derivative 1-5c-4 is recorded (CVCL_2260).
fn hela() -> Value {
    json!({"D5S818": ["11", "12"], "D13S317": ["12", "13.3"], "D7S820": ["8", "12"], "D16S539": ["9", "10"],
        "vWA": ["16", "18"], "TH01": ["7"], "TPOX": ["8", "12"], "CSF1PO": ["9", "10"], "Amelogenin": ["X"]})
}

/// Chang Liver as ATCC records it (CVCL_0238), spelt otherwise.
fn chang_liver() -> Value {
    json!({"d5s818": ["12", "12"], "D13S317": ["12", "13.3"], "D7S820": ["8", "12"], "D16S539": ["9", "10"],
        "VWA": ["18", "16"], "THO1": ["7", "7"], "TPOX": ["8", "12"], "CSF1PO": ["10"], "AMEL": ["X"], "FGA": []})
}

/// Sixteen loci and amelogenin.
fn donor() -> Value {
    json!({"D3S1358": ["15", "17"], "VWA": ["16", "18"], "D16S539": ["9", "11"], "CSF1PO": ["10", "12"], "TPOX": ["8"],
        "D8S1179": ["13", "14"], "D21S11": ["29", "31.2"], "D18S51": ["14", "16"], "D2S441": ["10", "11.3"],
        "D19S433": ["13", "14.2"], "TH01": ["6", "9.3"], "FGA": ["21", "24"], "D5S818": ["11", "12"],
        "D13S317": ["8", "12"], "D7S820": ["10", "11"], "D2S1338": ["19", "23"], "AMEL": ["X", "Y"]})
}

fn donor_but(locus: &str, alleles: &[&str]) -> Value {
    let mut profile = donor();
    profile[locus] = json!(alleles);
    profile
}

fn compares(site: &Site, query: &Value, reference: &Value) -> Answer {
    site.auditor().post("/api/v1/str/compare", &json!({"query": query, "reference": reference}))
}

#[test]
fn chang_liver_is_hela_by_its_scores_given_as_text_in_both_directions() {
    let site = Site::start();
    let before = site.facts_count();
    let there = compares(&site, &hela(), &chang_liver()).ok();
    assert_eq!(json!([there["shared"], there["n_query"], there["n_reference"]]), json!([13, 15, 13]));
    assert_eq!(
        json!([there["tanabe"], there["masters_query"], there["masters_reference"]]),
        json!(["92.86", "86.67", "100.00"])
    );
    assert_eq!(there["relations"]["tanabe"], "related");
    assert_eq!(there["loci_compared"], 8);
    assert_eq!(there["conclusion"], "exclusion", "the score does not decide");
    assert_eq!(there["discrepant"], json!(["CSF1PO", "D5S818"]));
    let d5 = there["loci"].as_array().expect("loci").iter().find(|l| l["locus"] == "D5S818");
    let lost =
        json!({"locus": "D5S818", "query": ["11", "12"], "reference": ["12"], "shared": ["12"], "concordant": false});
    assert_eq!(d5, Some(&lost));
    assert_eq!(there["amelogenin"]["concordant"], true, "told of though not scored");
    let back = compares(&site, &chang_liver(), &hela()).ok();
    assert_eq!(json!([back["masters_query"], back["masters_reference"]]), json!(["100.00", "86.67"]));
    assert_eq!(site.facts_count(), before, "nothing is recorded");
}

#[test]
fn amelogenin_is_scored_only_when_asked_for() {
    let site = Site::start();
    let ask = |scored: Value| {
        let body = json!({"query": hela(), "reference": chang_liver(), "amelogenin": scored});
        site.analyst().post("/api/v1/str/compare", &body)
    };
    assert_eq!(ask(json!(true)).ok()["shared"], 14);
    assert_eq!(ask(json!(false)).ok()["shared"], 13);
    for wrong in [json!("true"), json!(1), json!(null)] {
        ask(wrong).refused(400, "malformed_request");
    }
}

#[test]
fn the_conclusion_is_one_of_six_names_with_a_sentence() {
    let site = Site::start();
    let mut twelve = donor();
    for locus in ["FGA", "D18S51", "D21S11", "D2S441"] {
        twelve[locus] = json!([]);
    }
    let mut eleven = twelve.clone();
    eleven["TPOX"] = json!([]);
    let mut two = donor_but("VWA", &["16"]);
    two["TH01"] = json!(["6"]);
    let mut mixture = donor();
    for (locus, alleles) in [("VWA", ["15", "16", "18"]), ("TH01", ["6", "7", "9.3"]), ("FGA", ["20", "21", "24"])] {
        mixture[locus] = json!(alleles);
    }
    mixture["D5S818"] = json!(["11", "12", "13"]);
    for (query, conclusion) in [
        (donor(), "match"),
        (twelve, "match"),
        (eleven, "too_few_loci"),
        (donor_but("VWA", &["16"]), "investigate"),
        (two, "exclusion"),
        (mixture, "mixed"),
        (json!({}), "not_comparable"),
        (json!({"SE33": ["20"], "AMEL": ["X"]}), "not_comparable"),
    ] {
        let told = compares(&site, &query, &donor()).ok();
        assert_eq!(told["conclusion"], conclusion, "{told}");
        assert!(told["because"].as_str().is_some_and(|s| s.ends_with('.')), "{told}");
        let none = conclusion == "not_comparable";
        assert_eq!([&told["tanabe"], &told["masters_query"]].map(Value::is_null), [none; 2], "{told}");
    }
}

#[test]
fn what_is_no_profile_is_refused_with_the_locus_and_what_to_do() {
    let site = Site::start();
    let refused = |query: Value, status: u16, code: &str| compares(&site, &query, &donor()).refused(status, code);
    let profile = |locus: &str, alleles: Value| json!({locus: alleles});
    refused(profile("TH01", json!(["6", "OL"])), 422, "invalid_allele").says("off the ladder").about(&["query.TH01"]);
    refused(profile("vWA", json!(["9,3"])), 422, "invalid_allele").says("with a point").about(&["query.VWA"]);
    refused(profile("AMEL", json!(["XY"])), 422, "invalid_allele").says("one by one");
    refused(profile("TH01", json!([""])), 422, "invalid_allele").says("leave it out");
    refused(profile("患者", json!(["6"])), 422, "invalid_field").says("not the name of a locus");
    refused(profile("", json!([])), 422, "invalid_field").says("not the name of a locus");
    refused(json!({"VWA": ["16"], "vWA": ["18"]}), 422, "invalid_field").says("stands twice");
    refused(profile("FGA", json!(vec!["20"; 9])), 422, "invalid_field").says("more than 8 alleles");
    let many: serde_json::Map<String, Value> = (0..61).map(|n| (format!("D{n}S1"), json!([]))).collect();
    refused(Value::Object(many), 422, "invalid_field").says("at most 60 loci").about(&["query"]);
    for wrong in
        [json!({"TH01": [9.3]}), json!({"TH01": [9]}), json!({"TH01": "9.3"}), json!({"TH01": null}), json!([])]
    {
        refused(wrong, 400, "malformed_request");
    }
    // Everything that is wrong is told at once, in every profile.
    let body = json!({"donor": {"TH01": ["OL"]}, "recipient": {"9": ["9"]}, "sample": {"AMEL": ["11"], "FGA": ["21"]}});
    site.auditor().post("/api/v1/str/origin", &body).refused(422, "invalid_allele").about(&[
        "donor.TH01",
        "recipient.9",
        "sample.AMEL",
    ]);
}

#[test]
fn loci_are_answered_in_the_order_they_were_sent() {
    let site = Site::start();
    let body = br#"{"query":{"TH01":["6"],"D5S818":["11"],"AMEL":["X"],"FGA":["20"]},
        "reference":{"FGA":["20"],"D5S818":["11"],"TH01":["6"]}}"#;
    let told = site.auditor().asks("POST", "/api/v1/str/compare", &[], Some(("application/json", body.to_vec()))).ok();
    let order: Vec<&str> = told["loci"].as_array().expect("loci").iter().filter_map(|l| l["locus"].as_str()).collect();
    assert_eq!(order, ["TH01", "D5S818", "FGA"]);
}

#[test]
fn a_locus_sent_twice_is_refused_and_not_replaced() {
    let site = Site::start();
    let body = br#"{"query":{"TH01":["6"],"TH01":["7"]},"reference":{"TH01":["7"]}}"#.to_vec();
    let answer = site.auditor().asks("POST", "/api/v1/str/compare", &[], Some(("application/json", body)));
    answer.refused(422, "invalid_field").says("TH01 stands twice").about(&["query.TH01"]);
}

#[test]
fn an_incomplete_or_overfull_question_is_refused() {
    let site = Site::start();
    for (path, body) in [
        ("compare", json!({"query": {}})),
        ("compare", json!({"query": {}, "reference": {}, "recipient": {}})),
        ("origin", json!({"donor": {}, "recipient": {}})),
        ("origin", json!({"donor": {}, "recipient": {}, "sample": {}, "amelogenin": true})),
    ] {
        site.auditor().post(&format!("/api/v1/str/{path}"), &body).refused(400, "malformed_request");
    }
}

#[test]
fn the_origin_of_a_sample_is_searched_allele_by_allele() {
    let site = Site::start();
    let ask = |sample: Value| {
        let body = json!({
            "donor": {"D5S818": ["11", "12"], "VWA": ["16", "17"], "TH01": ["6"], "SE33": ["20"]},
            "recipient": {"D5S818": ["10", "13"], "VWA": ["17", "18"], "TH01": ["6", "9.3"]},
            "sample": sample,
        });
        site.qa().post("/api/v1/str/origin", &body).ok()
    };
    let own = ask(json!({"D5S818": ["10"], "VWA": ["17", "18"], "TH01": ["6", "9.3"]}));
    assert_eq!(own["conclusion"], "consistent_with_recipient");
    assert_eq!(json!([own["informative_loci"], own["observed_loci"]]), json!([2, 0]));
    let because = own["because"].as_str().expect("a sentence");
    assert!(because.contains("0 of 2 informative loci (LOD 5 %)"), "{because}");
    assert_eq!(own["not_compared"], json!(["SE33"]));
    let vwa = json!({"locus": "VWA", "type": "II", "donor": ["16", "17"], "recipient": ["17", "18"],
        "sample": ["17", "18"], "donor_specific": ["16"], "observed": [], "in_neither": []});
    assert_eq!(own["loci"].as_array().expect("loci").iter().find(|l| l["locus"] == "VWA"), Some(&vwa));
    assert_eq!(own["caveats"].as_array().map(Vec::len), Some(5));
    let donors = ask(json!({"D5S818": ["11", "12"], "VWA": ["16", "20"]}));
    assert_eq!((&donors["conclusion"], &donors["observed_loci"]), (&json!("donor_alleles_observed"), &json!(2)));
    assert!(donors["because"].as_str().is_some_and(|s| s.contains("Alleles of neither: VWA (20).")), "{donors}");
    assert_eq!(ask(json!({"TH01": ["6"]}))["conclusion"], "not_informative");
    assert_eq!(ask(json!({}))["conclusion"], "not_informative");
}

// ---- the page ----

fn fills(site: &Site, fields: &[(&str, &str)]) -> Answer {
    let body = fields.iter().map(|(n, v)| format!("{n}={}", encoded(v))).collect::<Vec<_>>().join("&").into_bytes();
    let cookie = site.cookie("olga");
    let headers = [("Cookie", cookie.as_str()), ("Sec-Fetch-Site", "same-origin")];
    site.stranger().asks("POST", "/str", &headers, Some(("application/x-www-form-urlencoded", body)))
}

const PASTED: &str = "Locus\tAllele 1\tAllele 2\r\nD5S818\t11\t12\r\nD13S317\t12\t13.3\r\nD7S820\t8\t12\r\nD16S539\t9\t10\r\n\
    vWA\t16\t18\r\nTH01\t7\t\r\nTPOX\t8\t12\r\nCSF1PO\t9\t10\r\nAmelogenin\tX\t\r\n";

#[test]
fn a_profile_pasted_from_a_spreadsheet_is_compared_and_stays_as_typed() {
    let site = Site::start();
    let before = site.facts_count();
    let typed =
        "d5s818 12\nD13S317: 12,13.3\nD7S820=8,12\nD16S539 9 10\nvWA 16/18\nTHO1 7,7\nTPOX 8,12\nCSF1PO 10\nAMEL X";
    let page = fills(&site, &[("query", PASTED), ("reference", typed)]).with_status(200).text();
    for there in ["EXCLUSION", "92.86", "86.67", "100.00", "2 × 13 ÷ (15 + 13)", "D13S317\t12\t13.3", "vWA 16/18"] {
        assert!(page.contains(there), "{there}: {page}");
    }
    assert_eq!(page.matches("differs</span>").count(), 2, "two loci");
    let scored = fills(&site, &[("query", PASTED), ("reference", typed), ("amelogenin", "yes")]).text();
    assert!(scored.contains("2 × 14 ÷ (16 + 14)") && scored.contains("value=\"yes\" checked"), "{scored}");
    assert_eq!(site.facts_count(), before, "nothing is recorded");
}

#[test]
fn the_origin_is_asked_with_three_profiles() {
    let site = Site::start();
    let three =
        [("donor", "D5S818 11,12"), ("recipient", "D5S818 10,13"), ("sample", "D5S818 10,13"), ("question", "origin")];
    let page = fills(&site, &three).with_status(200).text();
    for there in
        ["FITS THE RECIPIENT", "0 of 1 informative loci (LOD 5 %)", "11, 12 not seen", "loss of heterozygosity"]
    {
        assert!(page.contains(there), "{there}: {page}");
    }
}

#[test]
fn a_profile_that_is_refused_comes_back_as_typed_with_what_is_wrong_at_its_place() {
    let site = Site::start();
    let page = fills(&site, &[("query", "TH01 6,OL\n11 12"), ("reference", " \n")]).with_status(422).text();
    for there in [
        "3 things to put right",
        "<a href=\"#query\">Query: “OL” at TH01 is off the ladder",
        "Query: “11” is not the name of a locus",
        "<a href=\"#reference\">Reference: Nothing is typed",
        "TH01 6,OL\n11 12</textarea>",
    ] {
        assert!(page.contains(there), "{there}: {page}");
    }
    let page = fills(&site, &[("query", MARKUP), ("reference", "TH01 6")]).with_status(422).text();
    assert!(!page.contains("<script>alert") && page.contains("alert(1)"), "{page}");
}
