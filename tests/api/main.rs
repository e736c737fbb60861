//! The product over HTTP, as its clients meet it: a real server with a real database, one module
//! for each part of the API.
//!
//! Start reading at [`site`], the driver, then at [`release`], the rules that matter most.

mod answer;
mod calls;
mod certificates;
mod concurrency;
mod corrections;
mod deviations;
mod hostile;
mod idempotency;
mod invalidations;
mod investigations;
mod ledger;
mod lots;
mod pages;
mod payloads;
mod person;
mod raw;
mod release;
mod results;
mod routes;
mod runs;
mod separation;
mod session;
mod site;
mod snapshots;
mod specifications;
mod sterility;
mod users;
mod verification;
