//! Nouns: what a lot, a specification, a result and a verdict are, and the rules between them.
//!
//! Promises: no I/O, no clock, no randomness, no framework; the same input gives the same
//! answer. Read in this order: [`refusal`], [`quantity`], [`limit`], [`evaluation`], [`spec`],
//! [`run`], [`entry`], [`lot`], [`assessment`], [`event`]; for what is calculated: [`exact`],
//! [`amount`], [`calculation`], [`dose`]; apart from these: [`str_profile`], then
//! [`str_comparison`] and [`str_origin`].

pub mod acceptance;
pub mod access;
pub mod account;
pub mod alert;
pub mod amount;
mod answers;
pub mod assessment;
pub mod blind;
mod blockers;
pub mod calculation;
pub mod calendar;
pub mod certificate;
pub mod container;
pub mod course;
pub mod criterion;
pub mod deviation;
pub mod dose;
pub mod dossier;
pub mod entry;
pub mod equipment;
pub mod evaluation;
pub mod event;
pub mod exact;
pub mod file;
pub mod history;
pub mod ids;
pub mod inquiry;
pub mod investigation;
pub mod limit;
pub mod lineage;
pub mod lint;
pub mod lot;
pub mod moment;
mod plausibility;
pub mod quantity;
mod reading_entry;
pub mod refusal;
pub mod role;
pub mod run;
pub mod shipped;
pub mod site_policy;
pub mod spec;
pub mod spec_diff;
pub mod spec_document;
pub mod spec_standing;
pub mod status;
pub mod str_comparison;
pub mod str_origin;
pub mod str_profile;
pub mod str_reading;
pub mod text;
pub mod two_step;
