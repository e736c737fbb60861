//! A specification made for tests: critical, calculated, incubated, with equipment and dosing.

use lotgate::domain::spec::Specification;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::person::with;
use crate::site::Site;

/// The document: viability and viable cells from counts, endotoxin typed twice, sterility read on
/// days 7 and 14, a spike recovery that decides whether the endotoxin counts.
pub fn document() -> Value {
    let criterion = |attribute: &str, name: &str, assay: &str, acceptance: Value, more: Value| {
        let usual = json!({"attribute": attribute, "name": name, "section": "Tests", "assay": assay,
            "kind": "required", "acceptance": acceptance});
        with(usual, &more)
    };
    let sterility = json!({"type": "categorical", "allowed": ["No growth", "Growth"], "acceptable": ["No growth"],
        "interim": ["No growth to date", "Turbid"], "incubation_hours_min": 336, "extensions": {"Turbid": 96}});
    json!({
        "product": "TEST-1", "version": 1, "product_name": "Cells for tests", "title": "Cells for tests",
        "example": true, "source": "made for tests", "rounding": "usp_7_20",
        "effective_from": "2026-01-01T00:00:00Z",
        "dosing": {"basis": "per_kg", "targets": ["0.5"], "tolerance_percent": "10", "route": "intravenous",
            "endotoxin_k": "5"},
        "assays": [
            {"code": "count", "name": "Cell count", "method": "SOP-1 v1"},
            {"code": "endotoxin", "name": "Endotoxin", "method": "SOP-2 v1", "controls": [
                {"name": "spike recovery", "limit": {"operator": "range", "low": "50", "high": "200"}, "unit": "%"}]},
            {"code": "sterility", "name": "Sterility", "method": "SOP-3 v1", "read_on_days": [7, 14],
                "media": [{"name": "Fluid thioglycollate", "temperature": "30 to 35 °C"}]},
            {"code": "karyotype", "name": "Karyotype", "method": "SOP-4 v1"},
        ],
        "criteria": [
            criterion("VIABILITY", "Viability", "count",
                json!({"type": "numeric", "operator": "NLT", "limit": "80.0", "unit": "%",
                    "alert": {"operator": "NLT", "limit": "85.0"}}),
                json!({"calculated": {"formula": "viability", "counted_min": 200}})),
            criterion("VIABLE_CELLS", "Viable cells", "count",
                json!({"type": "numeric", "operator": "NLT", "limit": "30.0", "unit": "x10^6"}),
                json!({"calculated": {"formula": "viable_cells"}})),
            criterion("ENDOTOXIN", "Endotoxin", "endotoxin",
                json!({"type": "numeric", "operator": "NMT", "limit": "0.50", "unit": "EU/mL"}), json!({"critical": true})),
            criterion("STERILITY", "Sterility", "sterility", sterility, json!({})),
            criterion("KARYOTYPE", "Karyotype", "karyotype", json!({"type": "text"}),
                json!({"kind": "report", "evidence": true})),
        ],
    })
}

/// Installs the specification and lets Amy register a lot under it.
pub fn lot(site: &Site, number: &str) {
    let specification: Specification = serde_json::from_value(document()).expect("a specification");
    site.app.install_specification(specification.checked().expect("consistent")).expect("installed");
    register(site, number);
}

/// Amy registers another lot.
pub fn register(site: &Site, number: &str) {
    site.analyst().registers_with(number, &json!({"product": "TEST-1", "passage": null})).created();
}

/// The body of an endotoxin run.
pub fn endotoxin(site: &Site, value: &str, more: &Value) -> Value {
    let usual = json!({
        "assay": "endotoxin", "method": "SOP-2 v1", "tested_at": site.hours(-1),
        "controls": [{"name": "spike recovery", "value": "98"}],
        "readings": [{"attribute": "ENDOTOXIN", "value": value, "unit": "EU/mL"}],
    });
    with(usual, more)
}

/// The body of a cell count: what makes 30.14 ×10⁶ cells, 95 % of them alive.
pub fn count(site: &Site, more: &Value) -> Value {
    let usual = json!({
        "assay": "count", "method": "SOP-1 v1", "tested_at": site.hours(-1),
        "readings": [
            {"attribute": "VIABILITY", "raw": {"live": ["142", "143"], "dead": ["8", "7"]}},
            {"attribute": "VIABLE_CELLS", "raw": {"live": ["71", "66"], "squares": ["2"], "dilution": ["2"], "volume_ml": ["22.0"]}},
        ],
    });
    with(usual, more)
}

/// Amy records a run.
pub fn records(site: &Site, lot: &str, body: &Value) -> Answer {
    site.analyst().post(&format!("/api/v1/lots/{lot}/runs"), body)
}

/// The number of a run just recorded.
#[track_caller]
pub fn number(answer: &Answer) -> i64 {
    answer.created()["run"].as_i64().expect("a run")
}

/// A form as a browser sends it, by somebody.
pub fn sends(site: &Site, who: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    use crate::calls::encoded;
    let pairs: Vec<String> = fields.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
    let cookie = site.cookie(who);
    let body = ("application/x-www-form-urlencoded", pairs.join("&").into_bytes());
    site.stranger().asks("POST", path, &[("Sec-Fetch-Site", "same-origin"), ("Cookie", &cookie)], Some(body))
}

/// A page as somebody sees it.
pub fn page(site: &Site, who: &str, path: &str) -> Answer {
    let cookie = site.cookie(who);
    site.stranger().asks("GET", path, &[("Cookie", &cookie)], None)
}
