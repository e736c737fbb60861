//! Times as people read them: in the site's zone, with the zone shown.
//!
//! Promises: absolute always, relative only as an addition; a form's local time is read in the
//! site's zone, and a time that the change to summer time skips is refused.

use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};

/// The zone of this name; UTC where it is unknown.
pub fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// `2026-12-01 14:05 +08:00`
pub fn to_minutes(moment: Moment, zone: Tz) -> String {
    moment.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M %:z").to_string()
}

/// `2026-12-01 14:05:09 +08:00`
pub fn to_seconds(moment: Moment, zone: Tz) -> String {
    moment.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// The value of an `<input type="datetime-local">`: `2026-12-01T14:05`.
pub fn to_input(moment: Moment, zone: Tz) -> String {
    moment.utc().with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// Reads the value of an `<input type="datetime-local">` in the site's zone, as RFC 3339 text.
/// Text with a zone of its own passes through.
///
/// # Errors
/// No date and time, or a time that does not exist in the zone.
pub fn from_input(field: &str, text: &str, zone: Tz) -> Result<String, Refusal> {
    let text = text.trim();
    let naive = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let Some(naive) = naive else { return Ok(text.to_owned()) };
    match zone.from_local_datetime(&naive) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Ok(at.to_rfc3339()),
        LocalResult::None => {
            let detail = format!("{text} does not exist in {zone}: the clock was put forward then.");
            Err(Refusal::field(Code::InvalidField, field, detail))
        }
    }
}

/// "in 3 days", "2 hours ago": an addition to the absolute time, never instead of it.
pub fn relative(moment: Moment, now: Moment) -> String {
    let seconds = (moment.utc() - now.utc()).num_seconds();
    let (amount, unit) = match seconds.unsigned_abs() {
        s if s < 90 => return if seconds <= 0 { "just now".into() } else { "in a minute".into() },
        s if s < 90 * 60 => (s.div_ceil(60), "minutes"),
        s if s < 48 * 3600 => (s / 3600, "hours"),
        s => (s / 86400, "days"),
    };
    let unit = if amount == 1 { unit.trim_end_matches('s') } else { unit };
    if seconds < 0 { format!("{amount} {unit} ago") } else { format!("in {amount} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_the_clock_skips_is_refused() {
        let zone = zone("Europe/Berlin");
        assert!(from_input("at", "2026-03-29T02:30", zone).is_err());
        assert_eq!(from_input("at", "2026-07-01T12:00", zone).as_deref(), Ok("2026-07-01T12:00:00+02:00"));
    }

    #[test]
    fn now_is_just_now() {
        let now = Moment::new(chrono::DateTime::UNIX_EPOCH);
        assert_eq!(relative(now, now), "just now");
        assert_eq!(relative(now.plus_hours(72), now), "in 3 days");
        assert_eq!(relative(now, now.plus_hours(2)), "2 hours ago");
    }
}
