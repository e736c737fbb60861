//! Lotgate decides, records and proves that a batch of cells may be given to a patient.
//!
//! Eight modules, and the arrows between them (`tests/architecture.rs` holds them):
//!
//! ```text
//! main -> cli -> web -> workflow -> { store, certificate, pack, keys, clock }
//!                       store -> { domain, ledger }    certificate -> { domain, ledger }
//!                       pack -> { certificate, domain, ledger }
//! domain and ledger name nobody
//! ```
//!
//! * [`domain`]: nouns. What a lot, a specification and a verdict are; the release rules. Pure.
//! * [`ledger`]: bytes. The tamper-evident log. Knows nothing of lots.
//! * [`store`]: tables. The only module that says diesel, and the one door for writes.
//! * [`workflow`]: verbs. One file for each thing a person can do: load, decide, record.
//! * [`certificate`]: paper. A record becomes a PDF that can be checked.
//! * [`pack`]: the inspection pack. One archive about a lot that can be checked.
//! * [`web`]: HTTP. Pages and API over the same verbs.
//! * [`cli`]: terminal. `serve`, `demo`, `verify`, `ledger verify`.
//!
//! Start reading at [`domain::assessment`] (when may a lot be released?), then
//! [`workflow::release_lot`], then [`store`]'s `record.rs`.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::dbg_macro,
        clippy::print_stdout
    )
)]

pub mod certificate;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod keys;
pub mod ledger;
pub mod pack;
pub mod store;
pub mod web;
pub mod workflow;

/// Name and version of this software, as it stands in facts and on certificates.
pub const SOFTWARE: &str = concat!("lotgate ", env!("CARGO_PKG_VERSION"));
