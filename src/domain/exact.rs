//! Exact fractions: what calculated values and doses are worked out with.
//!
//! Promises: no intermediate is ever rounded; nothing overflows or panics, what cannot be held
//! exactly is `None`; a fraction that does not end is written so that rounding it once more, or
//! comparing it, gives what the fraction itself would have given ([`Exact::written`]).

use std::cmp::Ordering;

use rust_decimal::Decimal;

/// Decimals to which a value that does not end is written.
pub const DECIMALS_MAX: u32 = 12;
/// A written value is smaller than this, so that it has no more digits than a quantity may have.
const WHOLE_END: u128 = 1_000_000_000_000;

/// A number from 0 up, as a fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exact {
    upper: u128,
    /// Never 0.
    lower: u128,
}

/// A number as digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The digits, with at most [`DECIMALS_MAX`] decimals.
    pub digits: String,
    /// True if the number goes on behind them.
    pub goes_on: bool,
}

impl Written {
    /// For a formula: in full where it ends, otherwise its first six decimals: `95`, `42.857142…`.
    ///
    /// They are those of the number itself: at most the last of the twelve was moved.
    pub fn in_formula(&self) -> String {
        if !self.goes_on {
            return self.digits.clone();
        }
        let without_last = |n: usize| self.digits.get(..self.digits.len().saturating_sub(n)).unwrap_or_default();
        let six = without_last(6);
        let says_nothing = six.bytes().all(|b| matches!(b, b'0' | b'.'));
        format!("{}…", if says_nothing { without_last(1) } else { six })
    }
}

impl Exact {
    /// A whole number.
    pub fn whole(number: u128) -> Self {
        Exact { upper: number, lower: 1 }
    }

    /// A decimal; `None` if it is below 0.
    pub fn of(decimal: Decimal) -> Option<Self> {
        let upper = u128::try_from(decimal.mantissa()).ok()?;
        let lower = 10_u128.checked_pow(decimal.scale())?;
        Some(Self::reduced(upper, lower))
    }

    fn reduced(upper: u128, lower: u128) -> Self {
        let common = common_divisor(upper, lower).max(1);
        Exact { upper: upper / common, lower: lower / common }
    }

    /// True for 0.
    pub fn is_zero(self) -> bool {
        self.upper == 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let common = common_divisor(self.lower, other.lower).max(1);
        let left = self.upper.checked_mul(other.lower / common)?;
        let right = other.upper.checked_mul(self.lower / common)?;
        let lower = (self.lower / common).checked_mul(other.lower)?;
        Some(Self::reduced(left.checked_add(right)?, lower))
    }

    /// The difference; `None` also where it is below 0.
    pub fn minus(self, other: Self) -> Option<Self> {
        let common = common_divisor(self.lower, other.lower).max(1);
        let left = self.upper.checked_mul(other.lower / common)?;
        let right = other.upper.checked_mul(self.lower / common)?;
        let lower = (self.lower / common).checked_mul(other.lower)?;
        Some(Self::reduced(left.checked_sub(right)?, lower))
    }

    /// The product.
    pub fn times(self, other: Self) -> Option<Self> {
        // Cancelled crosswise first, so that only what is really too long overflows.
        let (one, two) = (Self::reduced(self.upper, other.lower), Self::reduced(other.upper, self.lower));
        let upper = one.upper.checked_mul(two.upper)?;
        Some(Exact { upper, lower: one.lower.checked_mul(two.lower)? })
    }

    /// The quotient; `None` also for a division by 0.
    pub fn over(self, divisor: Self) -> Option<Self> {
        if divisor.is_zero() { None } else { self.times(Exact { upper: divisor.lower, lower: divisor.upper }) }
    }

    /// The base-2 logarithm of a number from 1 up: exact for a power of two, otherwise within 10⁻¹⁷.
    ///
    /// A logarithm that is not whole is irrational, and what stands for it here is an odd number
    /// over 2⁶¹, which no decimal of up to 60 places equals: it is never written as if it ended.
    pub fn log2(self) -> Option<Self> {
        if self.upper < self.lower || self.upper >= 1 << 127 {
            return None;
        }
        let (mut whole, mut lower) = (0_u128, self.lower);
        while lower * 2 <= self.upper {
            (whole, lower) = (whole + 1, lower * 2);
        }
        let mut rest = self.upper - lower;
        if rest == 0 {
            return Some(Self::whole(whole));
        }
        // upper / lower is in [1, 2): its first 64 binary digits, cut off.
        let mut mantissa = 1_u128;
        for _ in 0..63 {
            rest *= 2;
            let digit = rest / lower;
            (mantissa, rest) = (mantissa * 2 + digit, rest - digit * lower);
        }
        // Squaring doubles the logarithm: each time the square reaches 2, its next digit is 1. An
        // error of 2⁻⁶³ made in step k counts 2⁻ᵏ as much, so all of them together stay below 2⁻⁶⁰.
        let mut digits = 0_u128;
        for _ in 0..60 {
            mantissa = (mantissa * mantissa) >> 63;
            let digit = mantissa >> 64;
            (digits, mantissa) = (digits * 2 + digit, mantissa >> digit);
        }
        Self::whole(whole).plus(Self::reduced(digits * 2 + 1, 1 << 61))
    }

    /// The number times 10 to this power, cut off, and whether something was cut off.
    fn cut(self, decimals: u32) -> Option<(u128, bool)> {
        let (mut digits, mut rest) = (self.upper / self.lower, self.upper % self.lower);
        for _ in 0..decimals {
            rest = rest.checked_mul(10)?;
            digits = digits.checked_mul(10)?.checked_add(rest / self.lower)?;
            rest %= self.lower;
        }
        Some((digits, rest != 0))
    }

    /// Rounded down to so many decimals.
    pub fn down_to(self, decimals: u32) -> Option<Self> {
        Some(Self::reduced(self.cut(decimals)?.0, 10_u128.checked_pow(decimals)?))
    }

    /// Rounded half up to so many decimals.
    pub fn half_up(self, decimals: u32) -> Option<Self> {
        let half = Exact { upper: 1, lower: 10_u128.checked_pow(decimals)?.checked_mul(2)? };
        self.plus(half)?.down_to(decimals)
    }

    /// The smallest whole number that is not below it.
    pub fn ceiling(self) -> u128 {
        self.upper.div_ceil(self.lower)
    }

    /// Rounded down to exactly so many decimals, `60.0`.
    pub fn with_decimals(self, decimals: u32) -> Option<String> {
        Some(digits_of(self.cut(decimals)?.0, decimals))
    }

    /// The number as digits: in full where it ends within [`DECIMALS_MAX`] decimals, otherwise
    /// cut off there with the last digit moved from 0 to 1 or from 5 to 6.
    ///
    /// That rule (`round-05up` of the General Decimal Arithmetic) makes the rounding to the
    /// limit's decimals, which follows, the only one. Limits and the half-way points of a rounding
    /// to at most 11 decimals are all whole multiples of 5 × 10⁻¹². The number as it is cut lies
    /// on the same side of each of them as the number itself, and since it never ends in 0 or 5,
    /// it lies on none: 2.5000000000001 against NMT 2.5 is not written as 2.500000000000.
    pub fn written(self) -> Option<Written> {
        let (digits, goes_on) = self.cut(DECIMALS_MAX)?;
        if self.upper / self.lower >= WHOLE_END {
            return None;
        }
        if goes_on {
            let digits = if digits.is_multiple_of(5) { digits + 1 } else { digits };
            return Some(Written { digits: digits_of(digits, DECIMALS_MAX), goes_on });
        }
        let digits = digits_of(digits, DECIMALS_MAX);
        let digits = digits.trim_end_matches('0').trim_end_matches('.').to_owned();
        Some(Written { digits, goes_on })
    }
}

impl Ord for Exact {
    /// Compares whole parts, then the reciprocals of what is left: nothing can overflow.
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (*self, *other);
        loop {
            let wholes = (left.upper / left.lower).cmp(&(right.upper / right.lower));
            let rests = (left.upper % left.lower, right.upper % right.lower);
            match (wholes, rests) {
                (Ordering::Equal, (0, 0)) => return Ordering::Equal,
                (Ordering::Equal, (0, _)) => return Ordering::Less,
                (Ordering::Equal, (_, 0)) => return Ordering::Greater,
                (Ordering::Equal, (l, r)) => {
                    (left, right) = (Exact { upper: right.lower, lower: r }, Exact { upper: left.lower, lower: l });
                }
                (unequal, _) => return unequal,
            }
        }
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Of 0 and a number: the number.
fn common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Digits for a sentence: with more than four decimals, the first four and `…`.
pub fn shortened(digits: &str) -> String {
    match digits.split_once('.').filter(|(_, decimals)| decimals.len() > 4) {
        Some((whole, decimals)) => format!("{whole}.{}…", decimals.chars().take(4).collect::<String>()),
        None => digits.to_owned(),
    }
}

fn digits_of(number: u128, decimals: u32) -> String {
    let power = 10_u128.checked_pow(decimals).unwrap_or(u128::MAX);
    let width = decimals as usize;
    if width == 0 { number.to_string() } else { format!("{}.{:0width$}", number / power, number % power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(upper: u128, lower: u128) -> Exact {
        Exact::whole(upper).over(Exact::whole(lower)).expect("a fraction")
    }

    #[test]
    fn a_fraction_that_ends_is_written_in_full() {
        for (upper, lower, digits) in
            [(285, 3, "95"), (0, 7, "0"), (1, 8, "0.125"), (1, 1_000_000_000_000, "0.000000000001"), (605, 10, "60.5")]
        {
            let written = exact(upper, lower).written().expect("digits");
            assert_eq!((written.digits.as_str(), written.goes_on), (digits, false));
        }
    }

    #[test]
    fn a_fraction_that_goes_on_is_cut_and_never_ends_in_0_or_5() {
        for (upper, lower, digits) in [
            (2, 3, "0.666666666666"),
            (1, 15, "0.066666666666"),
            // 2.5 and a very little: neither 2.5 nor below it.
            (25_000_000_000_001, 10_000_000_000_000, "2.500000000001"),
            // 0.0000000000055…
            (5, 909_090_909_091, "0.000000000006"),
            (1, 10_000_000_000_000, "0.000000000001"),
        ] {
            let written = exact(upper, lower).written().expect("digits");
            assert_eq!((written.digits.as_str(), written.goes_on), (digits, true));
        }
        let in_formula = |upper, lower| exact(upper, lower).written().expect("digits").in_formula();
        assert_eq!((in_formula(2, 3), in_formula(3, 4)), ("0.666666…".to_owned(), "0.75".to_owned()));
        assert_eq!(in_formula(1, 3_000_000_000), "0.00000000033…");
    }

    #[test]
    fn powers_of_two_have_whole_logarithms() {
        for power in 0..127 {
            assert_eq!(Exact::whole(1 << power).log2(), Some(Exact::whole(power)));
            let fraction = exact(3 << power.min(100), 3);
            assert_eq!(fraction.log2(), Some(Exact::whole(power.min(100))));
        }
    }

    /// Worked out with 60 digits by Python's `decimal` (`ln(n)/ln(2)`), cut off after 17 decimals.
    #[test]
    fn logarithms_agree_with_known_values_to_17_decimals() {
        for (upper, lower, known) in LOGARITHMS {
            let known = Exact::of(known.parse().expect("a decimal")).expect("from 0 up");
            let found = exact(upper, lower).log2().expect("a logarithm");
            let end = |e: Exact| e.plus(exact(1, 10_u128.pow(17))).expect("a sum");
            assert!(found < end(known) && known < end(found), "log2({upper} / {lower}) = {found:?}");
        }
    }

    const LOGARITHMS: [(u128, u128, &str); 13] = [
        (3, 1, "1.58496250072115618"),
        (10, 1, "3.32192809488736234"),
        (7, 1, "2.80735492205760410"),
        (3, 2, "0.58496250072115618"),
        (1_000_000_007, 1_000_000_000, "0.00000001009886525"),
        (30_000_000, 1_250_000, "4.58496250072115618"),
        (312, 10, "4.96347412397488599"),
        (127, 1, "6.98868468677216585"),
        (129, 128, "0.01122725542325412"),
        (1_000_000_000_001, 1_000_000_000_000, "0.00000000000144269"),
        (999_999_999_999, 1, "39.86313713864690547"),
        (1_267_650_600_228_229_401_496_703_205_375, 1, "99.99999999999999999"),
        (6_403, 2_401, "1.41511260639502752"),
    ];

    #[test]
    fn what_cannot_be_held_is_none_and_never_wraps() {
        let large = Exact::whole(u128::MAX);
        assert_eq!((large.times(large), large.plus(large), large.written()), (None, None, None));
        assert_eq!((large.over(Exact::whole(0)), large.log2(), exact(1, 2).log2()), (None, None, None));
        assert_eq!(large.over(large), Some(Exact::whole(1)));
        assert_eq!(Exact::whole(WHOLE_END).written(), None);
        let small = exact(1, u128::MAX);
        assert!(small < exact(1, u128::MAX - 1) && small.half_up(30).is_none());
        assert_eq!(small.ceiling(), 1);
    }

    #[test]
    fn long_digits_are_shortened_for_a_sentence() {
        for (digits, short) in
            [("0.857142857142", "0.8571…"), ("0.5500", "0.5500"), ("60", "60"), ("<0.00001", "<0.0000…")]
        {
            assert_eq!(shortened(digits), short);
        }
    }

    #[test]
    fn rounding_is_down_or_half_up_as_asked() {
        let volume = exact(77, 3); // 25.666…
        assert_eq!(volume.half_up(1), Some(exact(257, 10)));
        assert_eq!(volume.with_decimals(1).as_deref(), Some("25.6"));
        assert_eq!(Exact::whole(60).with_decimals(1).as_deref(), Some("60.0"));
        assert_eq!(exact(65, 100).half_up(1), Some(exact(7, 10)));
    }
}
