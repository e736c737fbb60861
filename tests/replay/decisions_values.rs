//! The two products of the simulated decisions, and the values that get typed, sorted by hand into
//! those that pass, those that fail, and all others.
//!
//! The oracle knows only this list: it does not ask the product what passes.

use lotgate::domain::spec::Specification;
use serde_json::{Value, json};

/// A fresh product, released in two steps: its sterility may be pending.
pub const FRESH: &str = "FRESH-D";
/// A frozen one, released when everything is in.
pub const FROZEN: &str = "FROZEN-D";

/// What is tested on the lot, its bank and its donor.
pub const REQUIRED: [(&str, &str); 6] = [
    ("VIABILITY", "lot"),
    ("CD90", "lot"),
    ("MYCO", "lot"),
    ("STERILITY", "lot"),
    ("OSTEOGENIC", "bank"),
    ("HIV", "donor"),
];

/// An attribute with its good, bad and other values.
type Sorted = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

/// Attribute, values that pass, values that fail, others.
const VALUES: [Sorted; 6] = [
    ("VIABILITY", &["92.4", "80.0", "79.95"], &["71.2", "79.94"], &[">79.0"]),
    ("CD90", &["98.7", "94.96"], &["90.1"], &[">94.0"]),
    ("MYCO", &["Not detected"], &["Detected"], &["maybe"]),
    ("STERILITY", &["No growth"], &["Growth"], &["No growth to date", "Turbid"]),
    ("OSTEOGENIC", &["Positive"], &["Negative"], &["weak"]),
    ("HIV", &["Negative"], &["Positive"], &["unknown"]),
];

/// The values of an attribute: those that pass, those that fail, others.
pub fn values(attribute: &str) -> (&'static [&'static str], &'static [&'static str], &'static [&'static str]) {
    let row = VALUES.iter().find(|v| v.0 == attribute).unwrap_or_else(|| panic!("no values for {attribute}"));
    (row.1, row.2, row.3)
}

pub fn passes(attribute: &str, value: &str) -> bool {
    values(attribute).0.contains(&value)
}

pub fn fails(attribute: &str, value: &str) -> bool {
    values(attribute).1.contains(&value)
}

pub fn unit(attribute: &str) -> Option<String> {
    ["VIABILITY", "CD90"].contains(&attribute).then(|| "%".to_owned())
}

/// The specification of a product.
pub fn specification(product: &str) -> Specification {
    let word = |good: &str, bad: &str| json!({"type": "categorical", "allowed": [good, bad], "acceptable": [good]});
    let least = |limit: &str| json!({"type": "numeric", "operator": "NLT", "limit": limit, "unit": "%"});
    let mut sterility = word("No growth", "Growth");
    sterility["interim"] = json!(["No growth to date", "Turbid"]);
    sterility["incubation_hours_min"] = json!(336);
    sterility["extensions"] = json!({"Turbid": 96});
    let criterion = |attribute: &str, assay: &str, stage: &str, acceptance: Value| {
        json!({"attribute": attribute, "name": attribute, "section": "Tests", "assay": assay, "kind": "required",
            "stage": stage, "acceptance": acceptance})
    };
    let assay = |code: &str| json!({"code": code, "name": code, "method": format!("SOP {code}")});
    let mut document = json!({
        "product": product, "version": 1, "product_name": product, "title": product, "example": true,
        "source": "Made for the simulation.", "rounding": "usp_7_20", "effective_from": "2026-01-01T00:00:00Z",
        "assays": (["tests", "sterility", "differentiation", "serology"].map(assay)),
        "criteria": [
            criterion("VIABILITY", "tests", "product", least("80.0")),
            criterion("CD90", "tests", "product", least("95.0")),
            criterion("MYCO", "tests", "product", word("Not detected", "Detected")),
            criterion("STERILITY", "sterility", "product", sterility),
            criterion("OSTEOGENIC", "differentiation", "bank", word("Positive", "Negative")),
            criterion("HIV", "serology", "donor", word("Negative", "Positive")),
        ],
    });
    if product == FRESH {
        document["two_step"] = json!({"pending": [{"attribute": "STERILITY", "due_hours": 400, "interim": true}]});
    }
    let specification: Specification = serde_json::from_value(document).expect("a specification");
    specification.checked().expect("consistent")
}
