//! Ratios of the ledger's costs, measured in one run.

fn main() {}
