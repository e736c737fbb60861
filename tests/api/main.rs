//! The product over HTTP, as its clients meet it: a real server with a real database, one module
//! for each part of the API, in the order of `src/web/routes.rs`.
//!
//! Start reading at [`site`], the driver, then at [`release`], the rules that matter most.




















mod answer;
mod person;
mod release;
mod site;
