//! When wrong attempts in a row lock something, and for how long.
//!
//! Promises: the lock on signing in is timed, so that a stranger who knows a user name can hold its
//! owner up but never lock them out for ever; the lock on signing has no end but an administrator's
//! (21 CFR 11.300(d), EU GMP Annex 11 draft 11.7).

/// Wrong attempts in a row that lock.
pub const FAILURES_MAX: u32 = 5;
/// The longest lock on signing in, in minutes.
pub const SIGN_IN_MINUTES_MAX: i64 = 60;

/// For how many minutes signing in is locked after so many wrong attempts in a row: one minute
/// after the fifth, doubling with each further one, an hour at most.
pub fn sign_in_minutes(failures: u32) -> Option<i64> {
    let beyond = failures.checked_sub(FAILURES_MAX)?;
    Some(1_i64.checked_shl(beyond.min(16)).unwrap_or(SIGN_IN_MINUTES_MAX).min(SIGN_IN_MINUTES_MAX))
}

/// True where so many wrong attempts in a row end what can be attempted.
pub fn is_reached(failures: u32) -> bool {
    failures >= FAILURES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_doubles_from_a_minute_to_an_hour_and_no_further() {
        let minutes: Vec<Option<i64>> = (3..=13).map(sign_in_minutes).collect();
        let expected =
            [None, None, Some(1), Some(2), Some(4), Some(8), Some(16), Some(32), Some(60), Some(60), Some(60)];
        assert_eq!(minutes, expected);
        assert_eq!(sign_in_minutes(u32::MAX), Some(60));
    }

    #[test]
    fn four_mistakes_are_forgiven() {
        assert!(!is_reached(4));
        assert!(is_reached(5));
    }
}
