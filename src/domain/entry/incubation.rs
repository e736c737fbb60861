//! When an incubated test can be read finally.
//!
//! Promises: no final negative before the whole incubation time is over; growth at any time.

use super::in_minutes;
use crate::domain::evaluation::Outcome;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::{Acceptance, Criterion};

/// A final negative of an incubated test needs the whole incubation time (USP <71>: 14 days,
/// that is 14 x 24 h from its start); growth counts at any time.
pub(super) fn check_incubation(
    criterion: &Criterion,
    outcome: Outcome,
    start: Option<Moment>,
    tested: Moment,
) -> Result<(), Refusal> {
    let Acceptance::Categorical { incubation_hours_min: Some(hours), interim, .. } = &criterion.acceptance else {
        return Ok(());
    };
    let Some(start) = start else {
        let detail = "the moment incubation started is needed, with date and time.";
        return Err(Refusal::field(Code::StartRequired, "started_at", detail));
    };
    let earliest = start.plus_hours(*hours);
    if outcome == Outcome::Pass && tested < earliest {
        let instead = interim.first().map_or(String::new(), |word| format!(" Until then record “{word}”."));
        let detail = format!(
            "incubation takes {} x 24 h from {}; a final negative can be read at the earliest on {}.{instead}",
            hours / 24,
            in_minutes(start),
            in_minutes(earliest)
        );
        return Err(Refusal::field(Code::ReadTooEarly, "value", detail));
    }
    Ok(())
}
