//! A moment in time: UTC, to the microsecond, one spelling.
//!
//! Promises: what is written is what was kept (SQLite would keep nanoseconds and PostgreSQL
//! would not: a hash over the one would not verify on the other), and texts sort as times do.

use std::fmt;

use chrono::{DateTime, Duration, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::refusal::{Code, Refusal};

/// A moment, `2026-11-22T05:31:00.000000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// A moment cut to whole microseconds.
    pub fn new(at: DateTime<Utc>) -> Self {
        Moment(at.trunc_subsecs(6))
    }

    /// The moment that stands for "never": the last one that [`Moment::parse`] reads. A donor and
    /// a bank without a date of expiry have it.
    pub fn never() -> Self {
        let last = chrono::NaiveDate::from_ymd_opt(2999, 12, 31).and_then(|d| d.and_hms_opt(23, 59, 59));
        last.map_or(Moment(DateTime::<Utc>::MAX_UTC), |at| Moment(at.and_utc()))
    }

    /// Reads an RFC 3339 time with its zone, as a person or an instrument sends it.
    ///
    /// # Errors
    /// No zone, no time of day, or a year outside 1900 to 2999.
    pub fn parse(field: &str, text: &str) -> Result<Self, Refusal> {
        let read = DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| Moment::new(t.with_timezone(&Utc)));
        match read {
            Some(moment) if (1900..3000).contains(&moment.year()) => Ok(moment),
            _ => {
                let shown: String = text.chars().take(40).collect();
                let detail = format!(
                    "{field} must be a date and time with its zone, such as 2026-12-01T14:05:00+08:00. You typed “{shown}”."
                );
                Err(Refusal::field(Code::InvalidField, field, detail))
            }
        }
    }

    /// Calendar year in UTC.
    pub fn year(self) -> i32 {
        chrono::Datelike::year(&self.0)
    }

    /// This moment in chrono's type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The beginning of this moment's minute.
    pub fn start_of_minute(self) -> Self {
        let into_minute = i64::from(chrono::Timelike::second(&self.0));
        Moment(self.0.trunc_subsecs(0) - Duration::seconds(into_minute))
    }

    /// So many hours later; saturates at the end of time.
    pub fn plus_hours(self, hours: i64) -> Self {
        Moment(self.0.checked_add_signed(Duration::hours(hours)).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// So many minutes later; saturates at the end of time.
    pub fn plus_minutes(self, minutes: i64) -> Self {
        Moment(self.0.checked_add_signed(Duration::minutes(minutes)).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// Whole seconds since 1970; 0 before.
    pub fn unix_seconds(self) -> u64 {
        u64::try_from(self.0.timestamp()).unwrap_or(0)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl TryFrom<String> for Moment {
    type Error = Refusal;
    fn try_from(text: String) -> Result<Self, Refusal> {
        Moment::parse("time", &text)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_becomes_utc_with_microseconds() {
        let moment = Moment::parse("at", "2026-12-01T14:05:00.1234567+08:00");
        assert_eq!(moment.map(String::from), Ok("2026-12-01T06:05:00.123456Z".to_owned()));
    }

    #[test]
    fn a_date_alone_or_a_time_without_zone_is_refused() {
        for bad in
            ["2026-12-01", "2026-12-01T14:05:00", "", "tomorrow", "99999-01-01T00:00:00Z", "0000-01-01T00:00:00Z"]
        {
            assert!(Moment::parse("at", bad).is_err(), "{bad:?}");
        }
    }
}
