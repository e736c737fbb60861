//! Surface markers and analytes by their codes, however a specification spells them.
//!
//! Promises: `CD34`, `CD34-POS`, `CD34_NEG` and `CD34-` are one marker; `HLA-DR` and `HLA_DR` too.

use crate::domain::ids::AttributeCode;

/// Markers of which the ISCT asks for one out of two (Dominici et al. 2006).
pub(super) const OR_PAIRS: [(&str, &str); 2] = [("CD11B", "CD14"), ("CD79A", "CD19")];

/// Markers that mesenchymal stem cells have (ISCT 2006).
const POSITIVE: [&str; 3] = ["CD105", "CD73", "CD90"];

/// Markers that they lack (ISCT 2006; CD31 and CD235a: IFATS/ISCT 2013; CD3: published releases).
const NEGATIVE: [&str; 10] = ["CD3", "CD11B", "CD14", "CD19", "CD31", "CD34", "CD45", "CD79A", "CD235A", "HLADR"];

const SUFFIXES: [&str; 6] = ["POSITIVE", "NEGATIVE", "POS", "NEG", "PLUS", "MINUS"];

/// The marker that an attribute is about, without separators and without what it should be.
pub(super) fn marker(attribute: &AttributeCode) -> Option<String> {
    let joined: String = attribute.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    let bare = SUFFIXES.iter().find_map(|s| joined.strip_suffix(s)).unwrap_or(&joined);
    let is_cd = bare.strip_prefix("CD").is_some_and(|rest| {
        let letters = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        letters.len() < rest.len() && letters.len() <= 2 && letters.chars().all(|c| c.is_ascii_alphabetic())
    });
    let is_hla = matches!(bare, "HLADR" | "HLAABC" | "HLADP" | "HLADQ" | "HLAG");
    (is_cd || is_hla).then(|| bare.to_owned())
}

pub(super) fn is_positive(marker: &str) -> bool {
    POSITIVE.contains(&marker)
}

pub(super) fn is_negative(marker: &str) -> bool {
    NEGATIVE.contains(&marker)
}

pub(super) fn is_endotoxin(attribute: &AttributeCode) -> bool {
    attribute.as_str().starts_with("ENDOTOXIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_one_however_it_is_spelt() {
        let of = |code: &str| marker(&AttributeCode::parse(code).expect("a code"));
        for spelling in ["CD34", "cd34-pos", "CD34_NEG", "CD34-", "CD34.negative", "CD34PLUS"] {
            assert_eq!(of(spelling).as_deref(), Some("CD34"), "{spelling}");
        }
        assert_eq!((of("HLA-DR").as_deref(), of("HLA_DR-NEG").as_deref()), (Some("HLADR"), Some("HLADR")));
        for other in ["PURITY", "CDX", "CD34_PER_KG", "VIABILITY", "HLA_TYPING"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
