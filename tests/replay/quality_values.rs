//! The staged specification of the simulated quality laboratory, and the values that get typed,
//! sorted by hand into those that pass, those that fail, and all others.
//!
//! The oracle knows only this list: it does not ask the product what passes.

use lotgate::domain::spec::Specification;
use lotgate::domain::spec_document;
use serde_json::{Value, json};

pub const PRODUCT: &str = "CELL-T";

/// The assays with what each of them reads.
pub const ASSAYS: [(&str, &[&str]); 9] = [
    ("batch-record", &["PASSAGE"]),
    ("count", &["VIABILITY"]),
    ("flow", &["CD90", "NEG_COCKTAIL", "CD34", "CD45", "CD14"]),
    ("nat", &["MYCO_NAT"]),
    ("culture", &["MYCO_CULTURE"]),
    ("endotoxin", &["ENDOTOXIN"]),
    ("sterility", &["STERILITY"]),
    ("differentiation", &["OSTEOGENIC"]),
    ("serology", &["HIV"]),
];

/// An attribute with its good, bad and odd values.
type Sorted = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// Attribute, values that pass, values that fail, others (open, undecidable, impossible,
/// unreadable). The two viabilities from 80 to 85 stand under `NEEDS_LAX`.
const VALUES: [Sorted; 13] = [
    ("PASSAGE", &["3", "4", "5"], &["6", "9"], &["4.5", "-1"]),
    ("VIABILITY", &["92.4", "86.1", "85.0"], &["71.2", "79.94"], &["101", "92,4"]),
    ("CD90", &["98.7", "95.0", "94.96"], &["90.1", "94.94"], &["100.1", ">94.0"]),
    ("NEG_COCKTAIL", &["1.2", "<2.0", "2.04"], &["3.4"], &["<2.5", "-1"]),
    ("CD34", &["0.4"], &["5.5"], &["<3"]),
    ("CD45", &["0.6"], &["8.5"], &["x"]),
    ("CD14", &["0.3"], &["7.5"], &["<9"]),
    ("MYCO_NAT", &["Not detected"], &["Detected"], &["negative"]),
    ("MYCO_CULTURE", &["No growth"], &["Growth"], &["sterile"]),
    ("ENDOTOXIN", &["<0.5", "0.4"], &["0.9", "0.73"], &["<1"]),
    ("STERILITY", &["No growth"], &["Growth"], &["No growth to date", "Turbid, subcultured"]),
    ("OSTEOGENIC", &["Positive"], &["Negative"], &["weak"]),
    ("HIV", &["Negative"], &["Positive"], &["not tested"]),
];

/// What is read and how it was diluted, for each endotoxin.
pub const ENDOTOXIN: [(&str, &str, &str); 5] = [
    ("<0.05", "10", "<0.5"),
    ("0.04", "10", "0.4"),
    ("0.9", "1", "0.9"),
    ("0.073", "10", "0.73"),
    ("<0.05", "20", "<1"),
];

/// Viabilities that pass where the limit is 80.0 and fail where it is 85.0.
pub const NEEDS_LAX: [&str; 2] = ["81.5", "80.0"];

/// How a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    Passes,
    Fails,
    Neither,
}

fn row(
    attribute: &str,
) -> &'static (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]) {
    VALUES.iter().find(|v| v.0 == attribute).unwrap_or_else(|| panic!("no values for {attribute}"))
}

pub fn good(attribute: &str) -> &'static [&'static str] {
    row(attribute).1
}

pub fn bad(attribute: &str) -> &'static [&'static str] {
    row(attribute).2
}

pub fn odd(attribute: &str) -> &'static [&'static str] {
    row(attribute).3
}

/// How a value stands under a version whose viability must be at least 85.0 (`strict`) or 80.0.
pub fn stands(attribute: &str, value: &str, strict: bool) -> Stands {
    let is_one_of = |from: &[&str]| from.contains(&value);
    if attribute == "VIABILITY" && is_one_of(&NEEDS_LAX) {
        return if strict { Stands::Fails } else { Stands::Passes };
    }
    if is_one_of(good(attribute)) {
        Stands::Passes
    } else if is_one_of(bad(attribute)) {
        Stands::Fails
    } else {
        Stands::Neither
    }
}

pub fn unit(attribute: &str) -> Option<&'static str> {
    match attribute {
        "VIABILITY" | "CD90" | "NEG_COCKTAIL" | "CD34" | "CD45" | "CD14" => Some("%"),
        "ENDOTOXIN" => Some("EU/mL"),
        _ => None,
    }
}

/// A version of the specification: `limit` is that of the viability, `title` tells rewrites apart.
pub fn document(version: u32, limit: &str, title: &str) -> Specification {
    let numeric =
        |operator: &str, limit: &str| json!({"type": "numeric", "operator": operator, "limit": limit, "unit": "%"});
    let word = |good: &str, bad: &str| json!({"type": "categorical", "allowed": [good, bad], "acceptable": [good]});
    let criterion = |attribute: &str, acceptance: Value, more: Value| {
        let assay = ASSAYS.iter().find(|a| a.1.contains(&attribute)).expect("an assay").0;
        let mut made = json!({
            "attribute": attribute, "name": attribute, "section": "Tests", "assay": assay, "kind": "required",
            "acceptance": acceptance,
        });
        let fields = made.as_object_mut().expect("an object");
        fields.extend(more.as_object().expect("an object").clone());
        made
    };
    let mut viability = numeric("NLT", limit);
    viability["alert"] = json!({"operator": "NLT", "limit": "90.0"});
    let mut sterility = word("No growth", "Growth");
    sterility["interim"] = json!(["No growth to date", "Turbid, subcultured"]);
    sterility["incubation_hours_min"] = json!(336);
    sterility["extensions"] = json!({"Turbid, subcultured": 96});
    let endotoxin = json!({"type": "numeric", "operator": "NMT", "limit": "0.50", "unit": "EU/mL"});
    let passage = json!({"type": "numeric", "operator": "NMT", "limit": "5", "whole": true});
    let criteria = [
        criterion("PASSAGE", passage, json!({})),
        criterion("VIABILITY", viability, json!({})),
        criterion("CD90", numeric("NLT", "95.0"), json!({"critical": true})),
        criterion("NEG_COCKTAIL", numeric("NMT", "2.0"), json!({"covers": ["CD34", "CD45"]})),
        criterion("CD34", numeric("NMT", "2.0"), json!({})),
        criterion("CD45", numeric("NMT", "2.0"), json!({})),
        criterion("CD14", numeric("NMT", "2.0"), json!({"applies_when": {"fact": "passage", "at_least": 4}})),
        criterion("MYCO_NAT", word("Not detected", "Detected"), json!({"choice": "mycoplasma"})),
        criterion("MYCO_CULTURE", word("No growth", "Growth"), json!({"choice": "mycoplasma"})),
        criterion("ENDOTOXIN", endotoxin, json!({"calculated": {"formula": "endotoxin_per_ml"}})),
        criterion("STERILITY", sterility, json!({})),
        criterion("OSTEOGENIC", word("Positive", "Negative"), json!({"stage": "bank", "evidence": true})),
        criterion("HIV", word("Negative", "Positive"), json!({"stage": "donor"})),
    ];
    let assays = ASSAYS.map(|(code, _)| {
        let controls = match code {
            "differentiation" => {
                json!([{"name": "uninduced", "allowed": ["Negative", "Positive"], "acceptable": ["Negative"]}])
            }
            "endotoxin" => json!([{
                "name": "spike recovery", "limit": {"operator": "range", "low": "50", "high": "200"}, "unit": "%",
            }]),
            _ => json!([]),
        };
        json!({"code": code, "name": code, "method": format!("SOP {code}"), "controls": controls})
    });
    let document = json!({
        "product": PRODUCT, "version": version, "product_name": "Test cells", "title": title, "example": true,
        "source": "Made for the simulation.", "rounding": "usp_7_20", "assays": assays, "criteria": criteria,
    });
    spec_document::read(&document.to_string()).unwrap_or_else(|e| panic!("{e}"))
}
