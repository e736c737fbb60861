//! The values that get typed, sorted by hand into those that pass `ADMSC-IV` and all others.
//!
//! The checker knows only this list: it does not ask the product what passes.

use super::simulation::Dice;

/// Attribute, values that pass, other values (failing, undecidable, impossible, unreadable).
const VALUES: [(&str, &[&str], &[&str]); 21] = [
    ("APPEARANCE", &["Complies", "complies"], &["Does not comply", "ok"]),
    ("PASSAGE", &["1", "4", "5"], &["6", "4.5", "<5", "-1"]),
    ("VIABILITY", &["92.4", "80.0", "79.95", ">80.0"], &["79.94", "0", "101", "92,4", "<85"]),
    ("VIABLE_CELLS", &["31.2", "30.0", "29.95"], &["29.94", "3e1", ">29"]),
    ("CD105", &["98.7", "99.1", "98.0", "97.9", "100"], &["94.94", "12", "100.1", ">94.0"]),
    ("CD73", &["99.1", "98.2", "97.99"], &["94.9", "９９", ">100"]),
    ("CD90", &["99.6", "98.0"], &["94.94999999", "NaN"]),
    ("CD44", &["98.9", "99.0"], &["50", "Infinity"]),
    ("CD34", &["0.4", "2.0", "2.04", "<0.1", "0"], &["2.05", "<2.5", "-0.1"]),
    ("CD45", &["0.3", "<2.0"], &["2.1", "<0"]),
    ("CD11B", &["0.2", "1.99"], &["3", "1.2.3"]),
    ("CD19", &["0.1", "2.00"], &["2.051", "0x1"]),
    ("HLA_DR", &["0.6", "2.049"], &["20", ""]),
    ("ADIPOGENIC", &["Positive"], &["Negative", "+"]),
    ("OSTEOGENIC", &["Positive"], &["Negative", "weak"]),
    ("CHONDROGENIC", &["Positive", "positive"], &["Negative", ""]),
    ("PURITY", &["97.25", "96.05", "96.1"], &["96.04", "96.0", "99.99", "<97"]),
    ("STERILITY_AEROBIC", &["No growth"], &["Growth", "No growth to date", "No growth to date"]),
    ("STERILITY_ANAEROBIC", &["No growth"], &["Growth", "No growth to date", "sterile"]),
    ("MYCOPLASMA", &["Not detected"], &["Detected", "negative"]),
    ("ENDOTOXIN", &["<0.05", "0.50", "0.504", "<0.50"], &["0.505", "0.51", "<0.51", "0.5 EU/mL"]),
];

fn row(attribute: &str) -> &'static (&'static str, &'static [&'static str], &'static [&'static str]) {
    VALUES.iter().find(|v| v.0 == attribute).unwrap_or_else(|| panic!("no values for {attribute}"))
}

/// Something to type: mostly good.
pub fn pick(dice: &mut Dice, attribute: &str) -> &'static str {
    let &(_, good, other) = row(attribute);
    let from = if dice.once_in(45) { other } else { good };
    from[dice.roll(from.len())]
}

/// True if a lot with this value on record may be released.
pub fn passes(attribute: &str, value: &str) -> bool {
    row(attribute).1.contains(&value)
}

/// Every attribute that the specification requires.
pub fn required() -> impl Iterator<Item = &'static str> {
    VALUES.iter().map(|v| v.0)
}
