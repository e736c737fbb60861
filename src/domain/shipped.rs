//! The specifications that come with the product, as data: one in force from the first start,
//! and examples from which a site makes drafts of its own.
//!
//! Promises: each is marked EXAMPLE, states its sources and what its author added to them, and
//! is read by the same code as any other specification; an example is in force nowhere.

use super::spec::Specification;

const IN_FORCE: &[&str] = &[include_str!("specifications/admsc-iv.1.json")];

const EXAMPLES: &[&str] = &[
    include_str!("specifications/admsc-sc.1.json"),
    include_str!("specifications/nifdc-coa.1.json"),
    include_str!("specifications/ad-mpc-knee.1.json"),
    include_str!("specifications/msctc-0010.1.json"),
    include_str!("specifications/bm-msc-xcel.1.json"),
    include_str!("specifications/bm-msc-liege.1.json"),
    include_str!("specifications/stempeucel.1.json"),
];

/// The specifications that are installed, in force, at the first start.
///
/// # Errors
/// A shipped file does not hold together; a test makes sure that none does so.
pub fn specifications() -> Result<Vec<Specification>, String> {
    read(IN_FORCE)
}

/// The examples a site can make a draft from, always in the same order; each is version 1 of its
/// product and has no date from which it is in force.
///
/// # Errors
/// As [`specifications`].
pub fn examples() -> Result<Vec<Specification>, String> {
    read(EXAMPLES)
}

fn read(files: &[&str]) -> Result<Vec<Specification>, String> {
    files.iter().map(|file| serde_json::from_str::<Specification>(file).map_err(|e| e.to_string())?.checked()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_example_is_a_draft_with_a_source_and_a_product_of_its_own() {
        let examples = examples().expect("readable");
        let products: BTreeSet<_> = examples.iter().map(|s| s.product.as_str()).collect();
        assert_eq!(products.len(), examples.len());
        assert!(!products.contains("ADMSC-IV"), "it is installed, so no draft of its first version can be made");
        for example in examples {
            assert!(example.example && example.effective_from.is_none(), "{}", example.product);
            assert!(example.source.contains("ddition"), "{}: says nothing of additions", example.product);
            assert_eq!(example.version, 1, "{}", example.product);
        }
    }

    #[test]
    fn every_file_of_the_folder_is_shipped_under_the_name_of_its_product() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/specifications");
        let there: BTreeSet<String> = folder
            .read_dir()
            .expect("a folder")
            .map(|f| f.expect("a file").file_name().into_string().expect("a name"))
            .collect();
        let all = specifications().into_iter().chain(examples()).flatten();
        let shipped: BTreeSet<String> =
            all.map(|s| format!("{}.{}.json", s.product.as_str().to_ascii_lowercase(), s.version)).collect();
        assert_eq!(there, shipped);
    }
}
