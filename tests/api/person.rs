//! People and what they do: each verb is one request.

use serde_json::{Map, Value, json};
use ureq::http::Request;

use crate::answer::Answer;
use crate::site::{Site, password};

/// Somebody who asks the server for something.
pub struct Person<'s> {
    pub site: &'s Site,
    /// None for somebody who is not signed in.
    pub username: Option<String>,
}

impl Person<'_> {
    /// Sends a request; a body goes with its media type.
    pub fn asks(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.site.url));
        if let Some(username) = &self.username {
            request = request.header("Authorization", format!("Bearer {}", self.site.token(username)));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let asked = format!("{} {method} {path}", self.username.as_deref().unwrap_or("a stranger"));
        let answered = match body {
            None => self.site.agent.run(request.body(()).expect("a request")),
            Some((media_type, bytes)) => {
                self.site.agent.run(request.header("Content-Type", media_type).body(bytes).expect("a request"))
            }
        };
        let mut answered = answered.unwrap_or_else(|e| panic!("{asked}: {e}"));
        let bytes = answered.body_mut().with_config().limit(64 << 20).read_to_vec().expect("a body");
        Answer { asked, status: answered.status().as_u16(), headers: answered.headers().clone(), bytes }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.asks("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[], body)
    }

    /// Posts JSON with more headers.
    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.asks("POST", path, headers, Some(("application/json", body.to_string().into_bytes())))
    }

    /// Registers a good lot: passage 4, made 20 days ago, expires in 30 days.
    pub fn registers(&self, lot: &str) -> Answer {
        self.registers_with(lot, &json!({}))
    }

    /// Registers a lot, some of whose fields are these instead.
    pub fn registers_with(&self, lot: &str, instead: &Value) -> Answer {
        self.post("/api/v1/lots", &self.registration(lot, instead))
    }

    /// The body of a registration.
    pub fn registration(&self, lot: &str, instead: &Value) -> Value {
        let usual = json!({
            "lot": lot, "product": "ADMSC-IV", "donor": "D-0031", "passage": "4", "containers": 4,
            "manufactured_at": self.site.hours(-20 * 24), "expires_at": self.site.hours(30 * 24),
        });
        with(usual, instead)
    }

    /// Registers a bank made 60 days ago from donor D-0031: passage 2, never expires.
    pub fn registers_bank(&self, bank: &str, instead: &Value) -> Answer {
        let usual = json!({
            "bank": bank, "product": "ADMSC-IV", "donor": "D-0031", "passage": "2", "containers": 20,
            "made_at": self.site.hours(-60 * 24),
        });
        self.post("/api/v1/banks", &with(usual, instead))
    }

    /// Registers a donor who donated 90 days ago.
    pub fn registers_donor(&self, donor: &str, instead: &Value) -> Answer {
        let usual = json!({"donor": donor, "product": "ADMSC-IV", "donated_at": self.site.hours(-90 * 24)});
        self.post("/api/v1/donors", &with(usual, instead))
    }

    /// Records a run on a bank (`banks/MCB-1`) or a donor (`donors/D-1`).
    pub fn records_on(&self, source: &str, assay: &str, readings: &[(&str, &str)]) -> Answer {
        self.post(&format!("/api/v1/{source}/runs"), &self.run(assay, readings, &json!({})))
    }

    /// Records a run with the units, controls and times that its assay needs.
    pub fn records(&self, lot: &str, assay: &str, readings: &[(&str, &str)]) -> Answer {
        self.records_with(lot, assay, readings, &json!({}))
    }

    /// Records a run, some of whose fields are these instead.
    pub fn records_with(&self, lot: &str, assay: &str, readings: &[(&str, &str)], instead: &Value) -> Answer {
        self.post(&format!("/api/v1/lots/{lot}/runs"), &self.run(assay, readings, instead))
    }

    /// The body of a run.
    pub fn run(&self, assay: &str, readings: &[(&str, &str)], instead: &Value) -> Value {
        let started_at = match assay {
            "sterility" => Value::from(self.site.hours(-15 * 24)),
            "differentiation" => Value::from(self.site.hours(-22 * 24)),
            _ => Value::Null,
        };
        let controls =
            if assay == "differentiation" { json!([{"name": "uninduced", "value": "Negative"}]) } else { json!([]) };
        let usual = json!({
            "assay": assay, "method": "SOP-QC-012 v3", "instrument": "CYT-1", "comment": "",
            "started_at": started_at, "tested_at": self.site.hours(-1), "controls": controls,
            "readings": readings.iter().map(|(a, v)| reading(a, v)).collect::<Vec<_>>(),
        });
        with(usual, instead)
    }

    /// Corrects values of a run.
    pub fn corrects(&self, run: i64, readings: &[(&str, &str)], reason: &str) -> Answer {
        let readings: Vec<Value> = readings.iter().map(|(a, v)| reading(a, v)).collect();
        self.post(&format!("/api/v1/runs/{run}/correction"), &json!({"readings": readings, "reason": reason}))
    }

    /// Verifies a run.
    pub fn verifies(&self, run: i64) -> Answer {
        self.post(&format!("/api/v1/runs/{run}/verification"), &json!({}))
    }

    /// Verifies every run of a lot that nobody has verified.
    pub fn verifies_all(&self, lot: &str) {
        let blockers = self.sees(lot)["blockers"].clone();
        for blocker in blockers.as_array().expect("blockers").iter().filter(|b| b["code"] == "unverified") {
            self.verifies(blocker["run"].as_i64().expect("a run")).created();
        }
    }

    /// Signs the release of a lot.
    pub fn releases(&self, lot: &str) -> Answer {
        self.releases_with(lot, &[], &json!({}))
    }

    /// Signs the release of a lot, with more headers and some fields instead.
    pub fn releases_with(&self, lot: &str, headers: &[(&str, &str)], instead: &Value) -> Answer {
        let usual = json!({"password": self.password(), "meaning": "I certify that this lot meets its specification"});
        self.post_with(&format!("/api/v1/lots/{lot}/release"), headers, &with(usual, instead))
    }

    /// Signs the rejection of a lot.
    pub fn rejects(&self, lot: &str, reason: &str) -> Answer {
        let body = json!({"password": self.password(), "reason": reason});
        self.post(&format!("/api/v1/lots/{lot}/rejection"), &body)
    }

    /// Acknowledges the policy on electronic signatures as it counts now.
    pub fn acknowledges(&self) -> Answer {
        let policy = self.get("/api/v1/signature-policy").ok();
        let seen = json!({"version": policy["version"], "text_sha256": policy["text_sha256"]});
        self.post("/api/v1/signature-policy/acknowledgement", &seen)
    }

    /// The lot as it stands.
    #[track_caller]
    pub fn sees(&self, lot: &str) -> Value {
        self.get(&format!("/api/v1/lots/{lot}")).ok()
    }

    /// The person's password.
    pub fn password(&self) -> String {
        password(self.username.as_deref().unwrap_or("nobody"))
    }
}

/// A value with the unit that its criterion wants.
pub fn reading(attribute: &str, value: &str) -> Value {
    let unit = match attribute {
        "VIABLE_CELLS" => json!("x10^6"),
        "ENDOTOXIN" => json!("EU/mL"),
        "VIABILITY" | "PURITY" | "HLA_DR" => json!("%"),
        marker if marker.starts_with("CD") => json!("%"),
        _ => Value::Null,
    };
    json!({"attribute": attribute, "value": value, "unit": unit})
}

/// `usual` with the fields of `instead` in their place; a null there takes the field out.
pub fn with(usual: Value, instead: &Value) -> Value {
    let mut fields: Map<String, Value> = usual.as_object().expect("an object").clone();
    for (name, value) in instead.as_object().expect("an object") {
        if value.is_null() {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    Value::Object(fields)
}

/// How one attribute of a lot stands.
#[track_caller]
pub fn criterion<'v>(lot: &'v Value, attribute: &str) -> &'v Value {
    let all = lot["criteria"].as_array().expect("criteria");
    all.iter().find(|c| c["attribute"] == attribute).unwrap_or_else(|| panic!("no {attribute} in {lot}"))
}

/// The codes of what holds a lot back, gravest first.
pub fn blockers(lot: &Value) -> Vec<&str> {
    lot["blockers"].as_array().expect("blockers").iter().filter_map(|b| b["code"].as_str()).collect()
}
