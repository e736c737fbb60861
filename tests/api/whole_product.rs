//! One product from its draft to a stranger's check: donor, banks, lot, certificate. Everything
//! that the specification ADMSC-SC asks for, over HTTP, by four people.

use lotgate::domain::shipped;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::investigations::PROOF;
use crate::person::{blockers, criterion, with};
use crate::site::Site;

#[path = "../certificate/reader.rs"]
#[expect(dead_code, reason = "where a piece of text stands does not matter here")]
mod reader;

const STR: &str = "D5S818 11,12;D13S317 8,11;D7S820 9,10;D16S539 11,12;VWA 17,18;TH01 6,9.3;TPOX 8,11;CSF1PO 10,12;\
                   D3S1358 15,16;D8S1179 13,14;D18S51 14,15;D21S11 29,30;FGA 21,24;AMEL X,Y";

/// The shipped example as a document that can be sent.
pub fn admsc_sc() -> Value {
    let all = shipped::examples().expect("readable");
    let spec = all.iter().find(|s| s.product.as_str() == "ADMSC-SC").expect("shipped");
    serde_json::to_value(spec).expect("JSON")
}

/// An STR profile, some of whose loci are these instead.
pub fn profile(instead: &[(&str, &str)]) -> Value {
    let of = |alleles: &str| alleles.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut raw = json!({});
    for (locus, alleles) in STR.split(';').filter_map(|l| l.split_once(' ')).chain(instead.iter().copied()) {
        raw[locus] = json!(of(alleles));
    }
    raw
}

/// Amy drafts a specification, Queen approves exactly that, and it is in force.
pub fn in_force(site: &Site, document: &Value) {
    let draft = site.analyst().post("/api/v1/specifications", document).created();
    let (product, version) = (draft["product"].as_str().expect("text"), &draft["version"]);
    let body =
        json!({"password": site.qa().password(), "effective_from": site.hours(0), "draft_sha256": draft["sha256"]});
    site.qa().post(&format!("/api/v1/specifications/{product}/{version}/approval"), &body).created();
}

/// A value as it is typed.
pub fn typed(attribute: &str, value: &str, unit: Option<&str>) -> Value {
    json!({"attribute": attribute, "value": value, "unit": unit})
}

/// What a calculated value is worked out from.
pub fn raw(attribute: &str, raw: Value) -> Value {
    json!({"attribute": attribute, "value": "", "raw": raw})
}

/// The body of a run with good controls, long enough, with the evidence file.
pub fn body(site: &Site, assay: &str, readings: &[Value], instead: &Value) -> Value {
    let document = admsc_sc();
    let assays = document["assays"].as_array().expect("assays");
    let there = assays.iter().find(|a| a["code"] == assay).expect("the assay");
    let controls = there["controls"].as_array().into_iter().flatten().map(|control| {
        let value = match control["name"].as_str().expect("a name") {
            "events in the parent gate" => json!("12000"),
            "loci called" => json!("14"),
            "metaphases analysed" => json!("20"),
            "spike recovery" => json!("98.5"),
            _ => control["acceptable"][0].clone(),
        };
        json!({"name": control["name"], "value": value})
    });
    let usual = json!({
        "assay": assay, "method": "SOP-QC-100 v2", "instrument": "", "comment": "", "evidence": [PROOF],
        "started_at": site.hours(-15 * 24), "tested_at": site.hours(-1), "readings": readings,
        "controls": controls.collect::<Vec<_>>(),
    });
    with(usual, instead)
}

/// Amy records a run somewhere: `lots/L-1`, `banks/MCB-1`, `donors/D-1`.
pub fn records(site: &Site, place: &str, assay: &str, readings: &[Value]) -> Answer {
    site.analyst().post(&format!("/api/v1/{place}/runs"), &body(site, assay, readings, &json!({})))
}

/// Ben verifies a run, typing critical values again.
pub fn verifies(site: &Site, run: &Value, again: &[Value]) -> Answer {
    let seen = site.verifier().get(&format!("/api/v1/runs/{run}")).ok()["content_sha256"].clone();
    let body = json!({"content_sha256": seen, "readings": again});
    site.verifier().post(&format!("/api/v1/runs/{run}/verification"), &body)
}

/// Amy records, Ben verifies; critical values are typed again as they were.
pub fn tested(site: &Site, place: &str, assay: &str, readings: &[Value]) -> Value {
    let run = records(site, place, assay, readings).created()["run"].clone();
    let critical = |r: &&Value| matches!(r["attribute"].as_str(), Some("PURITY" | "ENDOTOXIN"));
    let again: Vec<Value> = readings.iter().filter(critical).cloned().collect();
    verifies(site, &run, &again).created();
    run
}

fn words(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs.iter().map(|(a, v)| typed(a, v, None)).collect()
}

fn percent(pairs: &[(&str, &str)]) -> Vec<Value> {
    pairs.iter().map(|(a, v)| typed(a, v, Some("%"))).collect()
}

/// The donor D-0031, eligible and with a profile.
pub fn donor(site: &Site) {
    site.analyst().sends_proof();
    site.analyst().registers_donor("D-0031", &json!({"product": "ADMSC-SC"})).created();
    tested(site, "donors/D-0031", "str-reference", &[raw("STR_PROFILE", profile(&[]))]);
    let infections = ["DONOR_HIV", "DONOR_HBV", "DONOR_HCV", "DONOR_SYPHILIS", "DONOR_HTLV"];
    tested(site, "donors/D-0031", "donor-infection", &words(&infections.map(|a| (a, "Negative"))));
    tested(site, "donors/D-0031", "donor-eligibility", &words(&[("DONOR_ELIGIBILITY", "Eligible")]));
}

/// A master bank of passage 2 of the donor and a working bank of passage 3 made from it; the
/// working bank is tested. The run of its STR identity.
pub fn banks(site: &Site) -> Value {
    let of = json!({"product": "ADMSC-SC"});
    site.analyst().registers_bank("MCB-1", &of).created();
    let made = json!({"product": "ADMSC-SC", "made_from": "MCB-1", "passage": "3", "made_at": site.hours(-40 * 24)});
    site.analyst().registers_bank("WCB-1", &made).created();
    let at = "banks/WCB-1";
    let identity = tested(site, at, "str-profile", &[raw("STR_IDENTITY", profile(&[]))]);
    tested(site, at, "karyotype", &words(&[("KARYOTYPE", "Normal"), ("KARYOTYPE_ISCN", "46,XY[20]")]));
    let positive = ["ADIPOGENIC", "OSTEOGENIC", "CHONDROGENIC"].map(|a| (a, "Positive"));
    tested(site, at, "differentiation", &words(&positive));
    tested(site, "banks/MCB-1", "viruses", &words(&[("ADVENTITIOUS_VIRUSES", "Not detected")]));
    tested(site, "banks/MCB-1", "tumorigenicity", &words(&[("SOFT_AGAR", "Negative"), ("NUDE_MOUSE", "Negative")]));
    identity
}

/// Registers a lot of passage 4 made from the working bank.
pub fn registers(site: &Site, lot: &str, instead: &Value) -> Answer {
    let of = json!({"product": "ADMSC-SC", "bank": "WCB-1", "autologous": false, "antibiotics": false});
    site.analyst().registers_with(lot, &with(of, instead))
}

/// Flow cytometry of the lot with this CD34.
pub fn flow(cd34: &str) -> Vec<Value> {
    let positive = [("CD105", "98.7"), ("CD73", "99.1"), ("CD90", "99.6"), ("CD44", "98.9"), ("PURITY", "97.25")];
    let negative = [("CD34", cd34), ("CD45", "0.3"), ("CD11B", "0.2"), ("CD19", "0.1"), ("HLA_DR", "0.6")];
    percent(&[&positive[..], &negative[..]].concat())
}

/// Endotoxin: a reading of this at a dilution of 10.
pub fn endotoxin(reading: &str) -> Value {
    raw("ENDOTOXIN", json!({"reading": [reading], "dilution": ["10"]}))
}

/// Everything that is tested on the lot itself, but flow cytometry and endotoxin.
pub fn most_of(site: &Site, lot: &str) {
    let passage = criterion(&site.auditor().sees(lot), "PASSAGE")["run"].clone();
    verifies(site, &passage, &[]).created();
    let at = &format!("lots/{lot}");
    tested(site, at, "appearance", &words(&[("APPEARANCE", "Complies"), ("CONTAINER", "Complies")]));
    let doublings = json!({"earlier": ["9.5"], "harvested": ["8"], "seeded": ["1"]});
    tested(site, at, "batch-record", &[raw("CUMULATIVE_PD", doublings)]);
    tested(site, at, "morphology", &words(&[("MORPHOLOGY", "Fibroblast-like, spindle-shaped, adherent")]));
    let viability = json!({"live": ["142", "143"], "dead": ["8", "7"]});
    let cells = json!({"live": ["71", "66"], "squares": ["2"], "dilution": ["2"], "volume_ml": ["22.0"]});
    tested(site, at, "cell-count", &[raw("VIABILITY", viability), raw("VIABLE_CELLS", cells)]);
    tested(site, at, "potency", &percent(&[("POTENCY", "62")]));
    tested(site, at, "sterility-in-process", &words(&[("STERILITY_IN_PROCESS", "Negative to date")]));
    tested(site, at, "gram-stain", &words(&[("GRAM_STAIN", "No organisms seen")]));
    let sterile = ["STERILITY_AEROBIC", "STERILITY_ANAEROBIC", "STERILITY_FUNGAL"].map(|a| (a, "No growth"));
    tested(site, at, "sterility", &words(&sterile));
    tested(site, at, "mycoplasma-nat", &words(&[("MYCOPLASMA_NAT", "Not detected")]));
    tested(site, at, "residues", &[typed("RESIDUAL_BSA", "<50", Some("ng/dose"))]);
}

/// The product in force, its donor and banks tested, and a lot that is ready.
pub fn ready(site: &Site, lot: &str) -> Value {
    in_force(site, &admsc_sc());
    donor(site);
    let identity = banks(site);
    registers(site, lot, &json!({})).created();
    most_of(site, lot);
    tested(site, &format!("lots/{lot}"), "flow-cytometry", &flow("0.4"));
    tested(site, &format!("lots/{lot}"), "endotoxin", &[endotoxin("<0.005")]);
    identity
}

#[test]
fn a_lot_goes_from_the_draft_of_its_specification_to_a_strangers_check() {
    let site = Site::start();
    let identity = ready(&site, "SC-1");
    let seen = site.other_qa().sees("SC-1");
    assert_eq!((&seen["status"], blockers(&seen)), (&json!("ready"), vec![]), "{}", seen["blockers"]);
    let outcome = |attribute: &str| criterion(&seen, attribute)["verdict"]["outcome"].clone();
    assert_eq!(outcome("MYCOPLASMA_CULTURE"), "not_applicable");
    assert_eq!(outcome("RESIDUAL_ANTIBIOTICS"), "not_applicable");
    assert_eq!(criterion(&seen, "STR_IDENTITY")["inherited_from"], "WCB-1");
    let shown = json!({"dossier_sha256": seen["dossier_sha256"]});
    let number = site.other_qa().releases_with("SC-1", &[], &shown).created()["certificate"].clone();
    let number = number.as_str().expect("a number");
    let pdf = site.auditor().get(&format!("/api/v1/certificates/{number}/pdf")).with_status(200).bytes.clone();
    let text = reader::squeezed(&pdf).concat();
    for says in [
        "inherited from WCB-1",
        "inherited from MCB-1",
        "inherited from D-0031",
        &format!("match match ✓ Pass {identity}"),
        "(142 + 143) / (142 + 143 + 8 + 7) × 100 = 95",
        "(71 + 66) / 2 × 2 × 10⁴ × 22.0 / 10⁶ = 30.14",
        "9.5 + log2(8 / 1) = 12.5",
        "<0.005 × 10 = <0.05",
        "Investigations of results out of specification: 0 (none)",
        "Deviations and holds: 0 (none)",
        "Results changed after first entry: No",
        "applies to use of antibiotics only",
        "one of the choice is enough: Mycoplasma, NAT was tested",
        "cells/cm²",
        "46,XY[20]",
        "Quinn Qvist",
        number,
    ] {
        assert!(text.contains(&reader::squeeze(says)), "no “{says}” in {text}");
    }
    let (media_type, sent) = crate::verification::form(&[("file", &pdf)]);
    let asked = site.stranger().asks("POST", "/api/v1/verify", &[], Some((&media_type, sent))).ok();
    assert_eq!((&asked["outcome"], &asked["certificate"]["lot"]), (&json!("valid"), &json!("SC-1")), "{asked}");
    assert_eq!(site.auditor().get("/api/v1/ledger/verify").ok()["whole"], true);
}
