//! The product over HTTP, as its clients meet it: a real server with a real database, one module
//! for each part of the API.
//!
//! Start reading at [`site`], the driver, then at [`release`], the rules that matter most.

mod access;
mod accounts;
mod answer;
mod attacks;
mod banks;
mod calculated;
mod calendar;
mod calls;
mod certificates;
mod concurrency;
mod corrections;
mod deviations;
mod donors;
mod dose;
mod equipment;
mod example;
mod files;
mod hostile;
mod idempotency;
mod invalidations;
mod investigations;
mod ledger;
mod lots;
mod page_forms;
mod pages;
mod payloads;
mod person;
mod raw;
mod release;
mod results;
mod routes;
mod runs;
mod second_entry;
mod separation;
mod session;
mod site;
mod snapshots;
mod spec_drafts;
mod spec_rows;
mod specifications;
mod sterility;
mod str;
mod users;
mod verification;
mod whole_product;
