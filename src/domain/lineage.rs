//! What is made from what: a lot from a bank, a bank from a bank, all of them from a donor; and
//! on which of them a criterion is tested.
//!
//! Promises: nothing is made from something younger, expired, of another donor or of a higher
//! passage; what is tested on a donor is recorded there, so that everything made from the donor
//! answers for it; what a specification's conditions ask about a lot is stated when the lot is
//! registered.

use super::assessment::PASSAGE;
use super::entry::in_minutes;
use super::equipment::SourceFlag;
use super::ids::LotNumber;
use super::lot::{Lot, LotDetails};
use super::quantity::Quantity;
use super::refusal::{Code, Refusal};
use super::run::RunContent;
use super::spec::{Condition, Criterion, Specification, Stage};

/// How many banks can stand one behind the other.
pub const BANKS_MAX: usize = 16;

/// What something of this stage is called.
pub fn noun(stage: Stage) -> &'static str {
    match stage {
        Stage::Donor => "donor",
        Stage::Bank => "bank",
        Stage::Harvest | Stage::Product => "lot",
    }
}

/// True where something of stage `stage` may itself be tested for a criterion of stage `tested`.
///
/// A lot can be tested for what is usually tested on its bank; then its own result counts too.
pub fn may_test(stage: Stage, tested: Stage) -> bool {
    match stage {
        Stage::Product | Stage::Harvest => tested != Stage::Donor,
        Stage::Bank | Stage::Donor => stage == tested,
    }
}

/// True where the usual place to test a criterion is this lot, bank or donor.
pub fn is_tested_here(lot: &Lot, criterion: &Criterion) -> bool {
    let stage = lot.details.stage;
    match criterion.stage {
        Stage::Bank if stage.is_own() => lot.details.bank.is_none(),
        tested => may_test(stage, tested),
    }
}

/// Where the results of a criterion that is not tested here come from, in words and as a number:
/// `the bank MCB-0007`.
pub fn tested_on(lot: &Lot, criterion: &Criterion) -> Option<(&'static str, String)> {
    if is_tested_here(lot, criterion) {
        return None;
    }
    let details = &lot.details;
    match criterion.stage {
        Stage::Donor => Some(("donor", details.donor.to_string())),
        Stage::Bank => details.bank.as_ref().map(|bank| ("bank", bank.to_string())),
        Stage::Harvest | Stage::Product => None,
    }
}

/// The refusals of readings that belong to another stage.
pub(super) fn misplaced(lot: &Lot, spec: &Specification, content: &RunContent) -> Vec<Refusal> {
    let stage = lot.details.stage;
    let mut refusals = Vec::new();
    for (i, reading) in content.readings.iter().enumerate() {
        let Some(criterion) = spec.criterion(&reading.attribute).filter(|c| !may_test(stage, c.stage)) else {
            continue;
        };
        let name = &criterion.name;
        let detail = match criterion.stage {
            Stage::Donor => format!(
                "{name} is tested on the donor. Record it for donor {}, so that everything made from this donor answers \
                 for it.",
                lot.details.donor
            ),
            tested => format!(
                "{name} is tested on the {}, not on a {}. Record it there.",
                if tested == Stage::Bank { "bank" } else { "lot itself" },
                noun(stage)
            ),
        };
        refusals.push(Refusal::field(Code::InvalidField, format!("readings[{i}].attribute"), detail));
    }
    refusals
}

/// The refusal of a passage that is lower than that of the bank the lot was made from.
pub(super) fn passage_before_bank(lot: &Lot, content: &RunContent) -> Option<Refusal> {
    let bank = lot.sources.iter().find(|s| Some(s.lot.number()) == lot.details.bank.as_ref())?;
    let began = bank.lot.details.passage?;
    let at = content.readings.iter().position(|r| r.attribute.as_str() == PASSAGE)?;
    let reached = content.readings.get(at).and_then(|r| Quantity::parse(&r.value).ok())?;
    (reached.number() < began.into()).then(|| {
        let detail = format!(
            "Passage {} is lower than that of its bank {}, {began}. Check the passage, and the bank that the lot names.",
            reached.as_typed(),
            bank.lot.number()
        );
        Refusal::field(Code::InvalidField, format!("readings[{at}].value"), detail)
    })
}

/// Refuses to decide on a bank or a donor.
///
/// # Errors
/// It is one.
pub fn check_is_lot(lot: &Lot) -> Result<(), Refusal> {
    if lot.details.stage.is_own() {
        return Ok(());
    }
    let detail = format!(
        "{} is a {}: it is neither released nor rejected, the lots made from it are.",
        lot.number(),
        noun(lot.details.stage)
    );
    Err(Refusal::new(Code::NotReleasable, detail))
}

/// The statement a condition depends on, by its field, and what it asks.
fn statement(condition: &Condition) -> Option<(&'static str, &'static str)> {
    match condition {
        Condition::Passage { .. } => None,
        Condition::Autologous {} | Condition::Allogeneic {} => Some(("autologous", "whether the donor is the patient")),
        Condition::Cryopreserved {} | Condition::Fresh {} => {
            Some(("cryopreserved", "whether it is given after freezing and thawing"))
        }
        Condition::Antibiotics {} => Some(("antibiotics", "whether antibiotics were used in the process")),
    }
}

/// What a specification asks to be stated about each lot: `autologous`, `cryopreserved`,
/// `antibiotics`, as far as its conditions depend on it.
pub fn statements(spec: &Specification) -> Vec<&'static str> {
    let mut asked: Vec<&str> = Vec::new();
    for (field, _) in spec.criteria.iter().filter_map(|c| statement(c.applies_when.as_ref()?)) {
        if !asked.contains(&field) {
            asked.push(field);
        }
    }
    asked
}

/// The refusals of statements that the specification asks for and that were not given.
pub fn missing_statements(spec: &Specification, details: &LotDetails) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for criterion in &spec.criteria {
        let Some(condition) = &criterion.applies_when else { continue };
        let Some((field, asks)) = statement(condition) else { continue };
        let given = match field {
            "autologous" => details.autologous,
            "cryopreserved" => details.cryopreserved,
            _ => details.antibiotics,
        };
        let known = refusals.iter().any(|r| r.fields.iter().any(|f| f.field == field));
        if given.is_none() && !known {
            let detail = format!(
                "{} version {} asks {asks}: {} applies to {condition} only. Say yes or no.",
                spec.product, spec.version, criterion.name
            );
            refusals.push(Refusal::field(Code::StatementRequired, field, detail));
        }
    }
    refusals
}

/// What speaks against something having been made from this bank. `field` is where the bank was
/// named, `made` where the moment, `passage` the passage reached.
pub fn check_bank(details: &LotDetails, bank: &Lot, passage: Option<u32>, (field, made): (&str, &str)) -> Vec<Refusal> {
    let (number, from) = (&details.lot, &bank.details);
    if from.stage != Stage::Bank {
        let detail = format!("{} is a {}, not a bank. Give the number of a bank.", from.lot, noun(from.stage));
        return vec![Refusal::field(Code::NotABank, field, detail)];
    }
    let mut refusals = Vec::new();
    let mut refuse = |field: &str, detail: String| refusals.push(Refusal::field(Code::InvalidField, field, detail));
    if from.donor != details.donor {
        let detail = format!(
            "{} is of donor {}, and {number} is said to be of donor {}. Check both numbers.",
            from.lot, from.donor, details.donor
        );
        refuse(field, detail);
    }
    if details.manufactured_at < from.manufactured_at {
        let at = in_minutes(from.manufactured_at);
        refuse(made, format!("{number} cannot have been made before its bank {}, which was made on {at}.", from.lot));
    } else if details.manufactured_at >= from.expires_at {
        let at = in_minutes(from.expires_at);
        refuse(field, format!("{} expired on {at}; nothing is made from it after that.", from.lot));
    }
    if let (Some(reached), Some(began)) = (passage, from.passage)
        && reached < began
    {
        refuse("passage", format!("Passage {reached} is lower than that of its bank {}, {began}.", from.lot));
    }
    if doublings(details).zip(doublings(from)).is_some_and(|(reached, began)| reached < began) {
        let detail = format!("The population doublings are cumulative and lower than those of the bank {}.", from.lot);
        refuse("population_doublings", detail);
    }
    let before = bank.sources.iter().filter(|s| s.lot.details.stage == Stage::Bank).count();
    if details.stage == Stage::Bank && before + 2 > BANKS_MAX {
        refuse(field, format!("At most {BANKS_MAX} banks can stand one behind the other."));
    }
    refusals
}

fn doublings(details: &LotDetails) -> Option<rust_decimal::Decimal> {
    let typed = details.population_doublings.as_deref()?;
    Quantity::parse(typed).ok().map(|q| q.number())
}

/// What speaks against something being of the donor that is registered under this code.
pub fn check_donor(details: &LotDetails, donor: &Lot, made: &str) -> Option<Refusal> {
    let registered = &donor.details;
    if registered.stage != Stage::Donor {
        let detail = format!("{} is a {}. Give the code of the donor.", registered.lot, noun(registered.stage));
        return Some(Refusal::field(Code::InvalidField, "donor", detail));
    }
    (details.manufactured_at < registered.manufactured_at).then(|| {
        let at = in_minutes(registered.manufactured_at);
        let detail = format!("{} cannot have been made before the donation of {at}.", details.lot);
        Refusal::field(Code::InvalidField, made, detail)
    })
}

/// A flag as a sentence: `Run #3 of MCB-0007, from which it was made, is out of specification.`
pub fn flag_in_words(flag: &SourceFlag, source: Stage) -> String {
    let (because, from) = (flag.because.as_str().trim_end_matches('.'), flag.source.as_str());
    let which = if source == Stage::Donor { "its donor" } else { "from which it was made" };
    let told = match because.split_once(from) {
        Some((before, "")) => format!("{before}{from}, {which}"),
        Some((before, after)) => format!("{before}{from}, {which},{after}"),
        None => format!("{because} ({from}, {which})"),
    };
    sentence(&told)
}

/// With a capital letter and a full stop.
fn sentence(told: &str) -> String {
    let mut letters = told.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The flags of a lot as sentences, newest first, each with its source.
pub fn flags_in_words(lot: &Lot) -> Vec<(&SourceFlag, String)> {
    let stage = |number: &LotNumber| {
        lot.sources.iter().find(|s| s.lot.number() == number).map_or(Stage::Bank, |s| s.lot.details.stage)
    };
    let told = |flag: &SourceFlag| match flag.source == *lot.number() {
        // Of the lot's own runs: nothing it was made from is meant.
        true => sentence(flag.because.as_str().trim_end_matches('.')),
        false => flag_in_words(flag, stage(&flag.source)),
    };
    lot.flags.iter().rev().map(|flag| (flag, told(flag))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::moment::Moment;
    use crate::domain::text::Remark;

    #[test]
    fn a_flag_is_told_as_a_sentence_about_the_lot() {
        let flag = |because: &str| SourceFlag {
            source: LotNumber::parse("MCB-7").expect("a number"),
            because: Remark::parse("because", because).expect("text"),
            at: Moment::never(),
        };
        for (because, stage, told) in [
            (
                "run #3 of MCB-7 is out of specification",
                Stage::Bank,
                "Run #3 of MCB-7, from which it was made, is out of specification.",
            ),
            ("run #3 of MCB-7 was invalidated.", Stage::Donor, "Run #3 of MCB-7, its donor, was invalidated."),
            ("a result fell", Stage::Bank, "A result fell (MCB-7, from which it was made)."),
        ] {
            assert_eq!(flag_in_words(&flag(because), stage), told);
        }
    }

    #[test]
    fn a_donor_is_tested_nowhere_else_and_a_lot_may_be_tested_for_what_its_bank_was() {
        let all = [Stage::Donor, Stage::Bank, Stage::Harvest, Stage::Product];
        let tested = |stage: Stage| all.map(|t| may_test(stage, t));
        assert_eq!(tested(Stage::Donor), [true, false, false, false]);
        assert_eq!(tested(Stage::Bank), [false, true, false, false]);
        assert_eq!(tested(Stage::Product), [false, true, true, true]);
    }
}
