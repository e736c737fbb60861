//! A form as sent, and what it was refused for, each placed at the field it is about.
//!
//! Promises: a secret is in no fingerprint; a refusal's sentence names the field as the page
//! does and tells times in the site's zone.

use actix_web::web::{Bytes, Query};
use chrono_tz::Tz;

use super::shown;
use super::view::parts::{Field, FieldProblem};
use crate::domain::refusal::{Code, FieldRefusal, Refusal};
use crate::web::body::body_refusal;
use crate::workflow::permit::Proof;

/// What a one-time code beside a password is refused with.
const CODE_BESIDE_PASSWORD: [Code; 2] = [Code::WrongCode, Code::SecondFactorRequired];

/// The fields of a form as sent, in their order.
#[derive(Debug, Clone, Default)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    /// Reads a form's body.
    ///
    /// # Errors
    /// It is too large, was not received whole, or is no form.
    pub fn read(body: Result<Bytes, actix_web::Error>) -> Result<Self, Refusal> {
        let bytes = body.map_err(|e| body_refusal(&e))?;
        let unreadable = || {
            Refusal::new(
                Code::MalformedRequest,
                "The form could not be read. Open the page again and send it once more.",
            )
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable())?;
        let pairs = Query::<Vec<(String, String)>>::from_query(text).map_err(|_| unreadable())?;
        Ok(Form(pairs.into_inner()))
    }

    /// A field; empty when it was not sent.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value sent under a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// What the person gives to prove who they are.
    pub fn proof(&self) -> Proof {
        Proof::of(self.get("password"), Some(self.get("code")))
    }

    /// The form without its secrets, to recognise it when it is sent again.
    pub fn fingerprint(&self) -> String {
        let secret = ["password", "password_again", "new_password", "new_password_again", "idempotency_key"];
        // The code beside a password is a secret; elsewhere a code is a name.
        let signed = self.0.iter().any(|(n, _)| n == "password");
        let is_secret = |n: &str| secret.contains(&n) || (signed && n == "code");
        let kept: Vec<&(String, String)> = self.0.iter().filter(|(n, _)| !is_secret(n)).collect();
        serde_json::to_string(&kept).unwrap_or_default()
    }
}

/// What a form was refused for, each linked to the field of the page it is about.
#[derive(Debug, Clone, Default)]
pub struct Refused(pub Vec<FieldProblem>);

impl Refused {
    /// Places a refusal's fields on the page: `place` gives the field's `id` and its label.
    pub fn place(refusal: &Refusal, zone: Tz, place: impl Fn(&FieldRefusal) -> (String, String)) -> Self {
        if refusal.fields.is_empty() {
            let text = shown::local_times(&refusal.detail, zone);
            return Refused(vec![FieldProblem { field: "main".into(), text }]);
        }
        let problem = |given: &FieldRefusal| {
            if given.field == "code" && CODE_BESIDE_PASSWORD.iter().any(|code| code.as_str() == given.code) {
                // It stands beside the password, wherever that is on the page.
                let (field, _) = place(&FieldRefusal { field: "password".into(), ..given.clone() });
                return FieldProblem { field: format!("{field}-code"), text: given.detail.clone() };
            }
            let (field, label) = place(given);
            let text = shown::local_times(&labelled(&given.detail, &given.field, &label), zone);
            FieldProblem { field, text }
        };
        let mut problems: Vec<FieldProblem> = refusal.fields.iter().map(problem).collect();
        problems.dedup_by(|a, b| a.field == b.field && a.text == b.text);
        Refused(problems)
    }

    /// What is wrong with a field.
    pub fn on(&self, id: &str) -> Option<String> {
        let found: Vec<&str> = self.0.iter().filter(|p| p.field == id).map(|p| p.text.as_str()).collect();
        if found.is_empty() { None } else { Some(found.join(" ")) }
    }

    /// A field as typed, with what is wrong with it.
    pub fn field(&self, id: &str, value: impl Into<String>) -> Field {
        Field { value: value.into(), problem: self.on(id) }
    }
}

/// A refusal's sentence with the field's label in place of its name.
fn labelled(detail: &str, field: &str, label: &str) -> String {
    if detail.contains("must be a date and time with its zone") && !label.is_empty() {
        return format!("{label}: fill in the date and the time of day.");
    }
    let name = field.rsplit('.').next().unwrap_or(field);
    let detail = match detail.strip_prefix(name).filter(|rest| rest.starts_with(' ')) {
        Some(rest) if !label.is_empty() => format!("{label}{rest}"),
        _ => detail.to_owned(),
    };
    // What has an underscore in it is no word of the page.
    if name.contains('_') && !label.is_empty() { detail.replace(name, &format!("“{label}”")) } else { detail }
}
