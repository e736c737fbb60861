//! From the domain's nouns to what a page shows: words, moments in the site's zone, units.

use chrono_tz::Tz;

use super::view::marks::Signature;
use super::view::parts::{self, Unit};
use super::visit::Visit;
use crate::domain::certificate::SignatureRecord;
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

/// What is acceptable, without its unit, and the unit.
pub fn acceptance(acceptance: &Acceptance) -> (String, Unit) {
    match acceptance {
        Acceptance::Numeric { limit, unit, .. } => (limit.to_string(), unit_of(unit.as_deref().unwrap_or_default())),
        Acceptance::Number { unit } => ("Report result".to_owned(), unit_of(unit.as_deref().unwrap_or_default())),
        Acceptance::Categorical { .. } | Acceptance::Text => (acceptance.in_words(), Unit::default()),
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

/// A sentence with its times (`2026-12-01 06:05 UTC`) in the site's zone.
pub fn local_times(text: &str, zone: Tz) -> String {
    const FORMS: [(&str, usize); 2] = [("%Y-%m-%d %H:%M:%S UTC", 23), ("%Y-%m-%d %H:%M UTC", 20)];
    let mut out = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(" UTC").map(|at| at + " UTC".len()) {
        let (head, tail) = rest.split_at(end);
        let found = FORMS.iter().find_map(|(form, length)| {
            let start = head.len().checked_sub(*length)?;
            let at = chrono::NaiveDateTime::parse_from_str(head.get(start..)?, form).ok()?;
            let at = Moment::new(at.and_utc());
            // Seconds that were told matter: a bottle read a few of them early is refused.
            let local = if *length == 23 { times::to_seconds(at, zone) } else { times::to_minutes(at, zone) };
            Some((start, local))
        });
        match found {
            Some((start, local)) => {
                out.push_str(head.get(..start).unwrap_or_default());
                out.push_str(&local);
            }
            None => out.push_str(head),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `1 value`, `3 values`
pub fn counted(number: usize, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}

#[cfg(test)]
mod tests {
    use super::local_times;

    #[test]
    fn times_in_a_sentence_are_told_in_the_sites_zone() {
        let zone = chrono_tz::Asia::Taipei;
        let told = local_times(
            "Read on 2026-11-27 16:41 UTC, not 2026-11-27 16:41:09 UTC. UTC is not a time; nor is 4 UTC.",
            zone,
        );
        assert_eq!(
            told,
            "Read on 2026-11-28 00:41 +08:00, not 2026-11-28 00:41:09 +08:00. UTC is not a time; nor is 4 UTC."
        );
        assert_eq!(local_times("患者 吴芳 UTC 2026", zone), "患者 吴芳 UTC 2026");
    }
}
