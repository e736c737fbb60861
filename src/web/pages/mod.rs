//! Pages for people: HTML over the same verbs as the API.
//!
//! Promises: forms work without script; nothing typed is lost.

pub mod view;

pub use super::api::meta::nothing_here;
