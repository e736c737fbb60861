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
pub mod audit_review;
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
mod late;
pub mod limit;
pub mod lineage;
pub mod lint;
pub mod lockout;
pub mod lot;
pub mod moment;
pub mod notice;
pub mod past;
mod plausibility;
pub mod quantity;
mod reading_entry;
pub mod recall;
pub mod refusal;
pub mod register;
pub mod role;
pub mod run;
pub mod scope;
pub mod shipped;
pub mod shipping;
pub mod sign_offs;
pub mod since;
pub mod site_policy;
pub mod spec;
pub mod spec_diff;
pub mod spec_document;
pub mod spec_standing;
pub mod status;
pub mod step_one;
pub mod str_comparison;
pub mod str_origin;
pub mod str_profile;
pub mod str_reading;
pub mod supply;
pub mod text;
pub mod two_step;
pub mod withheld;
