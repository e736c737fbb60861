//! What is to be read when: the reading days of incubated tests that have started.
//!
//! Promises: pure; a test whose final result is there asks for nothing more; a reading that
//! prolongs the incubation moves the final one; the final day is never earlier than the whole
//! incubation time, counted in hours from its start (USP <71>: 14 x 24 h).

use super::assessment::verdict_in_run;
use super::evaluation::Outcome;
use super::ids::{AssayCode, AttributeCode, LotNumber};
use super::lot::Lot;
use super::moment::Moment;
use super::run::Run;
use super::spec::{Acceptance, Criterion, Specification, Stage};

/// An interim reading counts for its day from so many hours before the exact moment: bottles are
/// read in the morning, whenever they were put in. A final one never does.
const INTERIM_HOURS_BEFORE: i64 = 12;
/// A reading is overdue so many hours after the moment it was due.
const OVERDUE_HOURS: i64 = 24;

/// How a reading day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was read on that day or later.
    Done,
    /// It should have been read before.
    Overdue,
    /// It can be read now.
    Due,
    /// It is still to come.
    Coming,
}

impl State {
    /// The state's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Done => "done",
            State::Overdue => "overdue",
            State::Due => "due",
            State::Coming => "coming",
        }
    }
}

/// One reading of one criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingDay {
    /// The lot or bank.
    pub lot: LotNumber,
    /// The assay.
    pub assay: AssayCode,
    /// Its name.
    pub assay_name: String,
    /// The criterion.
    pub attribute: AttributeCode,
    /// Its name.
    pub name: String,
    /// The day of incubation.
    pub day: i64,
    /// True for the reading that ends the test.
    pub is_final: bool,
    /// When it is due.
    pub due_at: Moment,
    /// How it stands.
    pub state: State,
}

/// The reading days of everything that incubates on a lot or bank, by criterion, then by day.
pub fn reading_days(lot: &Lot, spec: &Specification, now: Moment) -> Vec<ReadingDay> {
    if lot.check_open().is_err() {
        return Vec::new();
    }
    let tested_here = |c: &&Criterion| match lot.details.stage {
        Stage::Product | Stage::Harvest => c.stage.is_own(),
        stage => c.stage == stage,
    };
    spec.criteria.iter().filter(tested_here).flat_map(|c| of_criterion(lot, spec, c, now)).collect()
}

fn of_criterion(lot: &Lot, spec: &Specification, criterion: &Criterion, now: Moment) -> Vec<ReadingDay> {
    let Acceptance::Categorical { incubation_hours_min: Some(hours), extensions, .. } = &criterion.acceptance else {
        return Vec::new();
    };
    let valid = lot.runs.iter().filter(|run| run.invalid_because(spec).is_none());
    let read: Vec<(&Run, Outcome, &str)> = valid
        .filter_map(|run| {
            let value = run.content.readings.iter().find(|r| r.attribute == criterion.attribute)?;
            Some((run, verdict_in_run(run, spec, criterion)?.outcome, value.value.as_str()))
        })
        .collect();
    let is_final = |outcome: &Outcome| matches!(outcome, Outcome::Pass | Outcome::Fail);
    let started = read.iter().filter_map(|(run, ..)| run.content.started_at).max();
    let Some(start) = started.filter(|_| !read.iter().any(|(_, outcome, _)| is_final(outcome))) else {
        return Vec::new();
    };
    let of_this = || read.iter().filter(|(run, ..)| run.content.started_at == Some(start));
    let extended =
        of_this().filter_map(|(run, _, word)| Some(run.content.tested_at.plus_hours(*extensions.get(*word)?)));
    let last_read = of_this().map(|(run, ..)| run.content.tested_at).max();
    let assay_name = spec.assay(&criterion.assay).map_or(criterion.assay.as_str(), |a| &a.name);
    let days = spec.assay(&criterion.assay).map(|a| a.read_on_days.as_slice()).unwrap_or_default();
    let planned = planned(start, *hours, days, extended.max());
    let reading = |(at, (day, due_at)): (usize, &(i64, Moment))| {
        let is_final = at + 1 == planned.len();
        ReadingDay {
            lot: lot.details.lot.clone(),
            assay: criterion.assay.clone(),
            assay_name: assay_name.to_owned(),
            attribute: criterion.attribute.clone(),
            name: criterion.name.clone(),
            day: *day,
            is_final,
            due_at: *due_at,
            state: state(*due_at, is_final, last_read, now),
        }
    };
    planned.iter().enumerate().map(reading).collect()
}

/// The days on which a test is read, the last one finally.
fn planned(start: Moment, hours: i64, days: &[i64], extended: Option<Moment>) -> Vec<(i64, Moment)> {
    let whole = start.plus_hours(hours);
    let mut planned: Vec<(i64, Moment)> =
        days.iter().map(|day| (*day, start.plus_hours(day.saturating_mul(24)))).collect();
    if planned.last().is_none_or(|(_, due_at)| *due_at < whole) {
        planned.push((day_of(start, whole), whole));
    }
    if let Some(extended) = extended
        && planned.last().is_some_and(|(_, due_at)| *due_at < extended)
    {
        planned.push((day_of(start, extended), extended));
    }
    planned
}

/// The day of incubation at a moment, begun ones counted.
fn day_of(start: Moment, at: Moment) -> i64 {
    let minutes = (at.utc() - start.utc()).num_minutes();
    let day = 24 * 60;
    minutes.div_euclid(day) + i64::from(minutes.rem_euclid(day) > 0)
}

fn state(due_at: Moment, is_final: bool, last_read: Option<Moment>, now: Moment) -> State {
    let from = if is_final { due_at } else { due_at.plus_hours(-INTERIM_HOURS_BEFORE) };
    // An interim reading on the last day ends nothing: the final one is still to be made.
    if !is_final && last_read.is_some_and(|read| read >= from) {
        State::Done
    } else if now >= due_at.plus_hours(OVERDUE_HOURS) {
        State::Overdue
    } else if now >= from {
        State::Due
    } else {
        State::Coming
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        Moment::parse("at", text).expect("a moment")
    }

    fn days(days: &[i64], hours: i64, extended: Option<&str>) -> Vec<(i64, String)> {
        let planned = planned(at("2026-06-01T09:30:00Z"), hours, days, extended.map(at));
        planned.into_iter().map(|(day, due)| (day, due.to_string().chars().take(16).collect())).collect()
    }

    fn due(pairs: &[(i64, &str)]) -> Vec<(i64, String)> {
        pairs.iter().map(|(day, due)| (*day, (*due).to_owned())).collect()
    }

    #[test]
    fn the_days_are_those_of_the_assay_and_the_final_one_is_never_too_early() {
        assert_eq!(days(&[7, 14], 336, None), due(&[(7, "2026-06-08T09:30"), (14, "2026-06-15T09:30")]));
        assert_eq!(days(&[], 336, None), due(&[(14, "2026-06-15T09:30")]), "only the final day");
        assert_eq!(days(&[7], 336, None), due(&[(7, "2026-06-08T09:30"), (14, "2026-06-15T09:30")]));
        assert_eq!(days(&[], 500, None), due(&[(21, "2026-06-22T05:30")]), "a day that has begun counts");
    }

    #[test]
    fn a_reading_that_prolongs_the_incubation_adds_a_day() {
        let turbid = days(&[7, 14], 336, Some("2026-06-19T10:00:00Z"));
        assert_eq!(turbid, due(&[(7, "2026-06-08T09:30"), (14, "2026-06-15T09:30"), (19, "2026-06-19T10:00")]));
        // An extension that ends before the last day changes nothing.
        assert_eq!(days(&[7, 14], 336, Some("2026-06-12T10:00:00Z")).len(), 2);
    }

    #[test]
    fn a_reading_counts_for_its_day_from_the_morning_on_and_a_final_one_only_after_the_whole_time() {
        let due_at = at("2026-06-08T18:00:00Z");
        let read = |text: &str| state(due_at, false, Some(at(text)), at("2026-06-08T20:00:00Z"));
        assert_eq!(read("2026-06-08T06:00:00Z"), State::Done);
        assert_eq!(read("2026-06-08T05:59:00Z"), State::Due);
        assert_eq!(
            state(due_at, true, Some(due_at), at("2026-06-08T20:00:00Z")),
            State::Due,
            "interim on the last day"
        );
        for (now, interim, last) in [
            ("2026-06-08T05:59:00Z", State::Coming, State::Coming),
            ("2026-06-08T06:00:00Z", State::Due, State::Coming),
            ("2026-06-08T18:00:00Z", State::Due, State::Due),
            ("2026-06-09T17:59:00Z", State::Due, State::Due),
            ("2026-06-09T18:00:00Z", State::Overdue, State::Overdue),
        ] {
            assert_eq!(
                (state(due_at, false, None, at(now)), state(due_at, true, None, at(now))),
                (interim, last),
                "{now}"
            );
        }
    }
}
