//! Nouns: what a lot, a specification, a result and a verdict are, and the rules between them.
//!
//! Promises: no I/O, no clock, no randomness, no framework; the same input gives the same
//! answer. Read in this order: [`refusal`], [`quantity`], [`limit`], [`evaluation`], [`spec`],
//! [`run`], [`entry`], [`lot`], [`assessment`], [`event`]; and for what is calculated: [`exact`],
//! [`amount`], [`calculation`], [`dose`].

pub mod amount;
pub mod assessment;
mod blockers;
pub mod calculation;
pub mod certificate;
pub mod criterion;
pub mod deviation;
pub mod dose;
pub mod dossier;
pub mod entry;
pub mod equipment;
pub mod evaluation;
pub mod event;
pub mod exact;
pub mod history;
pub mod ids;
pub mod inquiry;
pub mod investigation;
pub mod limit;
pub mod lot;
pub mod moment;
mod plausibility;
pub mod quantity;
pub mod refusal;
pub mod role;
pub mod run;
pub mod shipped;
pub mod spec;
pub mod status;
pub mod text;
