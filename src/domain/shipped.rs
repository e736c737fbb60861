//! The specifications that come with the product, as data.
//!
//! Promises: each is marked EXAMPLE, states its sources, and is read by the same code as any
//! other specification.

use super::spec::Specification;

const FILES: &[&str] = &[include_str!("specifications/admsc-iv.1.json")];

/// The shipped specifications.
///
/// # Errors
/// A shipped file does not hold together; a test makes sure that none does so.
pub fn specifications() -> Result<Vec<Specification>, String> {
    let read = |file: &&str| serde_json::from_str::<Specification>(file).map_err(|e| e.to_string())?.checked();
    FILES.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_shipped_specification_reads_and_is_an_example() {
        let all = super::specifications().expect("readable");
        assert!(all.iter().all(|s| s.example && !s.source.is_empty()));
    }
}
