//! Time and chance, passed in: nothing else in the product may ask the machine for either.
//!
//! Promises: with a [`FixedClock`] and a [`SeededChance`] the same acts give the same bytes.
//! The linter (clippy.toml) holds the rest of the product to it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Utc;
use sha2::{Digest, Sha256};

use crate::domain::moment::Moment;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC with microseconds.
    fn now(&self) -> Moment;
}

/// Gives random bytes fit for keys and tokens.
pub trait Chance: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// The operating system has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), String>;
}

/// Random bytes as hex digits: two for each byte.
///
/// # Errors
/// As [`Chance::fill`].
pub fn random_hex<const BYTES: usize>(chance: &dyn Chance) -> Result<String, String> {
    let mut bytes = [0_u8; BYTES];
    chance.fill(&mut bytes)?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// The machine's clock.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> Moment {
        Moment::new(Utc::now())
    }
}

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for randomness")]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), String> {
        getrandom::fill(buffer).map_err(|e| e.to_string())
    }
}

/// A clock that stands where it is set, and can be handed over to the machine's.
#[derive(Debug)]
pub struct FixedClock(Mutex<Option<Moment>>);

impl FixedClock {
    /// Stands at this moment.
    pub fn at(moment: Moment) -> Self {
        FixedClock(Mutex::new(Some(moment)))
    }

    /// Sets it to another moment, or lets it run with the machine's (`None`).
    pub fn set(&self, moment: Option<Moment>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = moment;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        let set = *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        set.unwrap_or_else(|| SystemClock.now())
    }
}

/// Repeatable bytes from a seed; for tests, never for a site.
#[derive(Debug)]
pub struct SeededChance {
    seed: u64,
    drawn: AtomicU64,
}

impl SeededChance {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        SeededChance { seed, drawn: AtomicU64::new(0) }
    }
}

impl Chance for SeededChance {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), String> {
        for chunk in buffer.chunks_mut(32) {
            let n = self.drawn.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::digest([self.seed.to_be_bytes(), n.to_be_bytes()].concat());
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
        Ok(())
    }
}
