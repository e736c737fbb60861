//! STR profiles as results: the donor's reference profile, and a bank's identity with it.
//!
//! Promises: the profile is typed allele by allele and never the conclusion; identity is judged by
//! 100 % concordance over enough loci (`str_comparison`), against a verified profile of the donor.

use serde::{Deserialize, Serialize};

use super::calculation::{Calculated, Raw};
use super::lot::Lot;
use super::refusal::{Code, Refusal};
use super::run::Run;
use super::spec::{Specification, Stage};
use super::str_comparison::compare;
use super::str_profile::Profile;

/// What a criterion does with an STR profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrUse {
    /// It is the donor's profile, with which others are compared. Reported as text.
    Reference,
    /// It is compared with the donor's profile. The result is the conclusion of the comparison:
    /// `match`, `investigate`, `exclusion`, `mixed`, `too_few_loci`, `not_comparable`.
    Identity,
}

impl StrUse {
    /// Works out the result of a profile as typed: locus by locus, its alleles.
    ///
    /// # Errors
    /// The profile cannot be read, is mixed where it should be a reference, or there is no
    /// verified profile of the donor to compare it with.
    pub fn result(self, raw: &Raw, reference: Option<&Raw>) -> Result<Calculated, Refusal> {
        let profile = Profile::parse("raw", raw)?;
        match self {
            StrUse::Reference if profile.is_mixed() => {
                let detail = "the profile shows more than one person (three or more alleles at more than three loci). \
                              A mixed profile is no reference.";
                Err(Refusal::field(Code::InvalidField, "raw", detail))
            }
            StrUse::Reference => {
                let value = format!("{} loci called, unmixed", profile.called().count());
                Ok(Calculated { formula: written(raw), value })
            }
            StrUse::Identity => {
                let Some(reference) = reference else {
                    let detail = "the donor has no verified STR profile on record to compare this one with. Record and \
                                  verify the donor's profile first.";
                    return Err(Refusal::field(Code::StatementRequired, "raw", detail));
                };
                let compared = compare(&profile, &Profile::parse("reference", reference)?, false);
                let formula = format!("{}; compared with the donor's {}", written(raw), written(reference));
                Ok(Calculated { value: compared.conclusion.as_str().to_owned(), formula })
            }
        }
    }
}

/// A profile in one line: `D5S818 11,12; TH01 6,9.3`.
fn written(raw: &Raw) -> String {
    let loci: Vec<String> = raw.iter().map(|(locus, alleles)| format!("{locus} {}", alleles.join(","))).collect();
    loci.join("; ")
}

impl Lot {
    /// The verified STR profile of the donor, newest first, where there is one.
    pub fn donor_profile(&self) -> Option<&Raw> {
        // A bank's profile is no donor's, whatever the bank's specification calls it.
        let mut donors = self.sources.iter().filter(|source| source.lot.details.stage == Stage::Donor);
        donors.find_map(|source| profile_in(&source.lot.runs, &source.specification))
    }
}

fn profile_in<'r>(runs: &'r [Run], spec: &Specification) -> Option<&'r Raw> {
    let valid = runs.iter().rev().filter(|run| run.verification.is_some() && run.invalid_because(spec).is_none());
    valid.flat_map(|run| &run.content.readings).find_map(|reading| {
        let criterion = spec.criterion(&reading.attribute)?;
        (criterion.str_use == Some(StrUse::Reference)).then_some(&reading.raw)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(changed: &[(&str, &str)]) -> Raw {
        let loci = "D5S818 11,12;D13S317 8,11;D7S820 9,10;D16S539 11,12;VWA 17,18;TH01 6,9.3;TPOX 8,11;CSF1PO 10,12;\
                    D3S1358 15,16;D8S1179 13,14;D18S51 14,15;D21S11 29,30;FGA 21,24;AMEL X,Y";
        let of = |alleles: &str| alleles.split(',').map(str::to_owned).collect();
        let mut raw: Raw =
            loci.split(';').filter_map(|l| l.split_once(' ')).map(|(l, a)| (l.to_owned(), of(a))).collect();
        raw.extend(changed.iter().map(|(locus, alleles)| ((*locus).to_owned(), of(alleles))));
        raw
    }

    #[test]
    fn a_bank_matches_its_donor_only_with_every_allele() {
        let donor = profile(&[]);
        let result =
            |changed: &[(&str, &str)]| StrUse::Identity.result(&profile(changed), Some(&donor)).expect("read").value;
        assert_eq!(result(&[]), "match");
        assert_eq!(result(&[("TH01", "6")]), "investigate");
        assert_eq!(result(&[("TH01", "6"), ("FGA", "20,24")]), "exclusion");
    }

    #[test]
    fn without_the_donors_profile_nothing_is_concluded() {
        let refused = StrUse::Identity.result(&profile(&[]), None).expect_err("no reference");
        assert!(refused.detail.contains("donor"), "{}", refused.detail);
    }

    #[test]
    fn a_mixed_profile_is_no_reference() {
        let mixed = profile(&[("TH01", "6,7,8"), ("FGA", "20,21,22"), ("VWA", "15,16,17"), ("TPOX", "8,9,10")]);
        assert!(StrUse::Reference.result(&mixed, None).is_err());
        assert_eq!(StrUse::Reference.result(&profile(&[]), None).expect("read").value, "14 loci called, unmixed");
    }
}
