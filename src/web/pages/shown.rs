//! From the domain's nouns to what a page shows: words, moments in the site's zone, units.

use chrono_tz::Tz;

use super::view::marks::{self, Signature};
use super::view::parts::{self, Unit};
use super::visit::Visit;
use crate::domain::assessment::Status;
use crate::domain::certificate::SignatureRecord;
use crate::domain::evaluation::Outcome;
use crate::domain::moment::Moment;
use crate::domain::spec::{Acceptance, Specification};
use crate::web::times;

/// A moment with its relative addition.
pub fn moment(at: Moment, visit: &Visit) -> parts::Moment {
    let relative = times::relative(at, visit.now);
    parts::Moment::new(at.to_string(), times::to_minutes(at, visit.zone), relative)
}

/// A moment alone.
pub fn plain_moment(at: Moment, zone: Tz) -> parts::Moment {
    parts::Moment::new(at.to_string(), times::to_minutes(at, zone), "")
}

/// An outcome's mark.
pub fn outcome(outcome: Outcome) -> marks::Outcome {
    marks::Outcome::of(outcome.as_str())
}

/// A status's mark.
pub fn status(status: Status) -> marks::Status {
    match status {
        Status::Testing => marks::Status::Testing,
        Status::OnHold => marks::Status::OnHold,
        Status::Ready => marks::Status::Ready,
        Status::Released => marks::Status::Released,
        Status::Rejected => marks::Status::Rejected,
        Status::Expired => marks::Status::Expired,
        Status::Revoked => marks::Status::Revoked,
    }
}

/// What is acceptable, without its unit, and the unit.
pub fn acceptance(acceptance: &Acceptance) -> (String, Unit) {
    match acceptance {
        Acceptance::Numeric { limit, unit, .. } => (limit.to_string(), unit_of(unit.as_deref().unwrap_or_default())),
        Acceptance::Categorical { .. } => (acceptance.in_words(), Unit::default()),
    }
}

/// A unit as it is set.
pub fn unit_of(unit: &str) -> Unit {
    Unit::from(unit.replace("x10^6", "×10⁶").as_str())
}

/// A value with its unit on one line.
pub fn with_unit(value: &str, unit: Option<&str>) -> String {
    match unit.filter(|u| !u.is_empty()) {
        Some(unit) => format!("{value} {}", unit.replace("x10^6", "×10⁶")),
        None => value.to_owned(),
    }
}

/// An assay's name.
pub fn assay_name(spec: &Specification, code: &crate::domain::ids::AssayCode) -> String {
    spec.assay(code).map_or_else(|| code.as_str().replace('-', " "), |assay| assay.name.clone())
}

/// A signature as it is manifested: to the second, with the zone.
pub fn signature(record: &SignatureRecord, zone: Tz) -> Signature {
    let at = match Moment::parse("at", &record.at) {
        Ok(at) => parts::Moment::new(at.to_string(), times::to_seconds(at, zone), ""),
        Err(_) => parts::Moment::new(record.at.clone(), record.at.clone(), ""),
    };
    Signature {
        meaning: record.meaning.clone(),
        full_name: record.name.clone(),
        username: record.username.clone(),
        role: record.role.clone(),
        at,
    }
}

/// `1 value`, `3 values`
pub fn counted(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}
