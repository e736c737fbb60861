//! Whose cells are these: does a sample, such as a tumour found after an infusion, hold cells of
//! the donor? A search for the alleles that only the donor has, not a similarity score.
//!
//! Promises: only loci called in all three profiles are used; an allele counts as the donor's only
//! if the recipient lacks it; without such an allele nothing is said; what the test cannot see is
//! said with every answer. Amelogenin is told of and never counted.

use super::str_profile::{Alleles, Locus, Profile, in_words};

/// What a locus can tell of donor and recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocusType {
    /// They share no allele.
    I,
    /// They share one or more, and the donor has another.
    II,
    /// The donor has no allele that the recipient lacks: not informative.
    III,
}

impl LocusType {
    /// `I`, `II` or `III`.
    pub fn as_str(self) -> &'static str {
        match self {
            LocusType::I => "I",
            LocusType::II => "II",
            LocusType::III => "III",
        }
    }
}

/// One locus called in all three profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginLocus {
    /// Which.
    pub locus: Locus,
    /// What it can tell.
    pub kind: LocusType,
    /// The donor's alleles.
    pub donor: Alleles,
    /// The recipient's alleles.
    pub recipient: Alleles,
    /// The sample's alleles.
    pub sample: Alleles,
    /// The donor's that the recipient lacks.
    pub donor_specific: Alleles,
    /// Those of them that the sample shows.
    pub observed: Alleles,
    /// The sample's that neither has.
    pub in_neither: Alleles,
}

impl OriginLocus {
    fn new(locus: &Locus, donor: &Alleles, recipient: &Alleles, sample: &Alleles) -> Self {
        let donor_specific: Alleles = donor.difference(recipient).copied().collect();
        let kind = match (donor_specific.is_empty(), donor.is_disjoint(recipient)) {
            (true, _) => LocusType::III,
            (false, true) => LocusType::I,
            (false, false) => LocusType::II,
        };
        let neither = |a: &&_| !donor.contains(a) && !recipient.contains(a);
        OriginLocus {
            locus: locus.clone(),
            kind,
            observed: sample.intersection(&donor_specific).copied().collect(),
            in_neither: sample.iter().filter(neither).copied().collect(),
            donor_specific,
            donor: donor.clone(),
            recipient: recipient.clone(),
            sample: sample.clone(),
        }
    }

    /// True if the donor could be told from the recipient here.
    pub fn is_informative(&self) -> bool {
        self.kind != LocusType::III
    }
}

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// At least one locus shows an allele that only the donor has.
    DonorAllelesObserved,
    /// None does, and all the sample's alleles are the recipient's.
    ConsistentWithRecipient,
    /// None does, and all the sample's alleles are the recipient's and the donor's alike.
    ConsistentWithBoth,
    /// None does, but the sample has alleles of neither.
    UnexplainedAlleles,
    /// No locus tells the two apart.
    NotInformative,
}

impl Conclusion {
    /// All of them.
    pub const ALL: [Conclusion; 5] = [
        Conclusion::DonorAllelesObserved,
        Conclusion::ConsistentWithRecipient,
        Conclusion::ConsistentWithBoth,
        Conclusion::UnexplainedAlleles,
        Conclusion::NotInformative,
    ];

    /// The published, stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Conclusion::DonorAllelesObserved => "donor_alleles_observed",
            Conclusion::ConsistentWithRecipient => "consistent_with_recipient",
            Conclusion::ConsistentWithBoth => "consistent_with_both",
            Conclusion::UnexplainedAlleles => "unexplained_alleles",
            Conclusion::NotInformative => "not_informative",
        }
    }
}

/// What this test cannot see; said with every answer.
pub const CAVEATS: [&str; 5] = [
    "Limit of detection: donor cells below about 5 % of the sample at a type I locus, or 10 % at a type II locus, are not seen.",
    "A tumour loses alleles (loss of heterozygosity) and gains new ones (microsatellite instability): a missing allele \
     excludes nothing by itself, and a new one may look like the donor's.",
    "Stroma and blood of the recipient in the sample add recipient alleles and may hide few donor cells.",
    "The recipient's profile must be of the germ line, taken before the infusion from blood or a buccal swab.",
    "A tumour of the recipient's own cells may still have been promoted by signals of the infused cells; that is not excluded.",
];

/// The answer to whose cells a sample holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What was found.
    pub conclusion: Conclusion,
    /// That with its reason, in sentences.
    pub because: String,
    /// Loci that tell donor from recipient.
    pub informative: usize,
    /// Those of them at which the sample shows an allele that only the donor has.
    pub observed: usize,
    /// The loci called in all three, in the sample's order, without amelogenin.
    pub loci: Vec<OriginLocus>,
    /// Loci called in one or two of the three only.
    pub not_compared: Vec<Locus>,
    /// What deserves a second look, in sentences.
    pub remarks: Vec<String>,
}

/// Looks in `sample` for the alleles that `donor` has and `recipient` lacks.
pub fn origin(donor: &Profile, recipient: &Profile, sample: &Profile) -> Origin {
    let loci: Vec<OriginLocus> = in_all_three(donor, recipient, sample);
    let informative = loci.iter().filter(|l| l.is_informative()).count();
    let observed = loci.iter().filter(|l| !l.observed.is_empty()).count();
    let (conclusion, because) = conclude(&loci, informative, observed);
    let mut not_compared: Vec<Locus> = Vec::new();
    for (locus, _) in [sample, donor, recipient].into_iter().flat_map(Profile::called) {
        let used = locus.is_amelogenin() || loci.iter().any(|l| l.locus == *locus);
        if !used && !not_compared.contains(locus) {
            not_compared.push(locus.clone());
        }
    }
    let remarks = remarks(donor, recipient, sample);
    Origin { conclusion, because, informative, observed, loci, not_compared, remarks }
}

fn in_all_three(donor: &Profile, recipient: &Profile, sample: &Profile) -> Vec<OriginLocus> {
    let called = sample.called().filter(|(locus, _)| !locus.is_amelogenin());
    let in_all = called.filter_map(|(l, alleles)| Some(OriginLocus::new(l, donor.at(l)?, recipient.at(l)?, alleles)));
    in_all.collect()
}

fn conclude(loci: &[OriginLocus], informative: usize, observed: usize) -> (Conclusion, String) {
    if informative == 0 {
        let why = match loci.len() {
            0 => "No locus is called in all three profiles.".to_owned(),
            n => format!("The donor has no allele that the recipient lacks, at none of the {n} loci compared."),
        };
        return (Conclusion::NotInformative, format!("{why} Nothing can be said. Type more loci."));
    }
    // A type I locus shows smaller shares of donor cells than a type II locus does.
    let detection = if loci.iter().any(|l| l.kind == LocusType::I) { 5 } else { 10 };
    let counted =
        format!("Donor-specific alleles observed: {observed} of {informative} informative loci (LOD {detection} %).");
    let all = |of: fn(&OriginLocus) -> &Alleles| loci.iter().all(|l| l.sample.is_subset(of(l)));
    let (conclusion, meaning) = match (observed, all(|l| &l.donor), all(|l| &l.recipient)) {
        (1.., true, _) => (
            Conclusion::DonorAllelesObserved,
            "Every allele of the sample is one of the donor's: consistent with donor origin.",
        ),
        (1.., false, _) => (
            Conclusion::DonorAllelesObserved,
            "Other alleles of the sample are not the donor's: cells of both may be there, or the cells have changed.",
        ),
        (0, true, true) => (
            Conclusion::ConsistentWithBoth,
            "Every allele of the sample is one that both have; with loss of the others it fits either, so the origin \
             stays open.",
        ),
        (0, false, true) => (
            Conclusion::ConsistentWithRecipient,
            "Every allele of the sample is one of the recipient's, loss of some allowed: consistent with recipient origin.",
        ),
        (0, _, false) => (
            Conclusion::UnexplainedAlleles,
            "The sample has alleles that neither has. Until they are explained (a mutation of the tumour, a third \
             person's cells, a wrong call) the origin stays open.",
        ),
    };
    let mut sentences = vec![counted, meaning.to_owned()];
    sentences.extend(in_neither(loci));
    if observed == 1 && informative > 1 {
        sentences.push("At one locus alone it may be a mutated allele of the recipient: repeat it.".to_owned());
    }
    (conclusion, sentences.join(" "))
}

/// `Alleles of neither: D5S818 (14), VWA (20).`
fn in_neither(loci: &[OriginLocus]) -> Option<String> {
    let found = loci.iter().filter(|l| !l.in_neither.is_empty());
    let words: Vec<String> = found.map(|l| format!("{} ({})", l.locus, in_words(&l.in_neither))).collect();
    (!words.is_empty()).then(|| format!("Alleles of neither: {}.", words.join(", ")))
}

fn remarks(donor: &Profile, recipient: &Profile, sample: &Profile) -> Vec<String> {
    let three = [("donor", donor), ("recipient", recipient), ("sample", sample)];
    let mut remarks = Vec::new();
    for (whose, profile) in three.into_iter().filter(|(_, profile)| profile.is_mixed()) {
        let loci = profile.crowded().len();
        let what = match whose {
            "sample" => "it holds cells of more than one person",
            _ => "it is of more than one person's cells, so it cannot tell whose an allele is; type it again",
        };
        remarks.push(format!("The {whose} has three or more alleles at {loci} loci: {what}."));
    }
    let sex = |profile: &Profile| profile.called().find(|(l, _)| l.is_amelogenin()).map(|(_, a)| in_words(a));
    if let (Some(donor), Some(recipient), Some(sample)) = (sex(donor), sex(recipient), sex(sample))
        && donor != recipient
    {
        remarks.push(format!(
            "Amelogenin, not counted: {donor} in the donor, {recipient} in the recipient, {sample} in the sample."
        ));
    }
    remarks.extend(three.into_iter().flat_map(|(whose, profile)| profile.doubts(whose)));
    remarks
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// `D5S818=11,12;VWA=16`
    fn profile(text: &str) -> Profile {
        let loci = text.split(';').filter(|l| !l.is_empty()).map(|line| {
            let (locus, alleles) = line.split_once('=').expect("locus=alleles");
            (locus.to_owned(), alleles.split(',').map(str::to_owned).collect::<Vec<String>>())
        });
        let typed: BTreeMap<String, Vec<String>> = loci.collect();
        Profile::parse("test", &typed).unwrap_or_else(|e| panic!("{e}"))
    }

    const DONOR: &str = "D5S818=11,12;D13S317=8,9;TH01=6,9.3;VWA=16,17;TPOX=8;AMEL=X,Y";
    const RECIPIENT: &str = "D5S818=10,13;D13S317=9,11;TH01=6,9.3;VWA=17,18;TPOX=8,11;AMEL=X";

    fn asked(sample: &str) -> Origin {
        origin(&profile(DONOR), &profile(RECIPIENT), &profile(sample))
    }

    #[test]
    fn a_locus_is_typed_by_what_donor_and_recipient_share() {
        let found = asked(RECIPIENT);
        let kinds: Vec<(&str, &str, String)> =
            found.loci.iter().map(|l| (l.locus.as_str(), l.kind.as_str(), in_words(&l.donor_specific))).collect();
        // By hand: D5S818 shares nothing; D13S317 shares 9; TH01 is the same; TPOX 8 is in 8,11.
        assert_eq!(
            kinds,
            [
                ("D13S317", "II", "8".to_owned()),
                ("D5S818", "I", "11, 12".to_owned()),
                ("TH01", "III", String::new()),
                ("TPOX", "III", String::new()),
                ("VWA", "II", "16".to_owned()),
            ]
        );
        assert_eq!((found.informative, found.observed), (3, 0));
    }

    #[test]
    fn a_sample_of_the_recipients_alleles_is_consistent_with_the_recipient_also_after_loss() {
        for sample in [RECIPIENT, "D5S818=10;D13S317=9;TH01=6;VWA=18;TPOX=11"] {
            let found = asked(sample);
            assert_eq!(found.conclusion, Conclusion::ConsistentWithRecipient, "{}", found.because);
            let counted = "Donor-specific alleles observed: 0 of 3 informative loci (LOD 5 %).";
            assert!(found.because.starts_with(counted), "{}", found.because);
            assert!(found.because.ends_with("consistent with recipient origin."), "{}", found.because);
        }
    }

    #[test]
    fn the_donors_alleles_are_seen_alone_or_among_the_recipients() {
        let alone = asked(DONOR);
        assert_eq!((alone.conclusion, alone.observed), (Conclusion::DonorAllelesObserved, 3));
        assert!(alone.because.ends_with("consistent with donor origin."), "{}", alone.because);
        let among = asked("D5S818=10,11,12,13;D13S317=8,9,11;TH01=6,9.3;VWA=17,18;TPOX=8,11");
        assert_eq!((among.conclusion, among.observed), (Conclusion::DonorAllelesObserved, 2));
        assert!(among.because.contains("cells of both may be there"), "{}", among.because);
        let one = asked("D5S818=10,13;D13S317=8,9;TH01=6,9.3;VWA=17,18;TPOX=8,11");
        assert_eq!((one.conclusion, one.observed), (Conclusion::DonorAllelesObserved, 1));
        assert!(one.because.ends_with("repeat it."), "{}", one.because);
    }

    #[test]
    fn alleles_of_neither_are_listed_and_leave_the_origin_open() {
        let found = asked("D5S818=10,14;D13S317=9,11;TH01=6,9.3;VWA=17,20;TPOX=8,11");
        assert_eq!(found.conclusion, Conclusion::UnexplainedAlleles);
        assert!(found.because.ends_with("Alleles of neither: D5S818 (14), VWA (20)."), "{}", found.because);
        let with_donor = asked("D5S818=11,14;D13S317=8,9;TH01=6,9.3;VWA=16,20;TPOX=8,11");
        assert_eq!(with_donor.conclusion, Conclusion::DonorAllelesObserved);
        assert!(with_donor.because.contains("D5S818 (14), VWA (20)"), "{}", with_donor.because);
    }

    #[test]
    fn without_an_informative_locus_nothing_is_said() {
        let same = origin(&profile("TH01=6,9.3;TPOX=8"), &profile("TH01=6,9.3;TPOX=8,11"), &profile("TH01=7;TPOX=8"));
        assert_eq!((same.conclusion, same.informative), (Conclusion::NotInformative, 0));
        assert!(same.because.contains("at none of the 2 loci") && same.because.contains("Nothing can be said"));
        let apart = origin(&profile("TH01=6"), &profile("TH01=7"), &profile("TPOX=8"));
        assert_eq!(apart.conclusion, Conclusion::NotInformative);
        assert!(apart.because.contains("No locus is called in all three"), "{}", apart.because);
        let names: Vec<&str> = apart.not_compared.iter().map(Locus::as_str).collect();
        assert_eq!(names, ["TPOX", "TH01"]);
        // Amelogenin alone tells of a sex, not of a person.
        let sexes = origin(&profile("AMEL=X,Y"), &profile("AMEL=X"), &profile("AMEL=X,Y"));
        assert_eq!(sexes.conclusion, Conclusion::NotInformative);
        assert!(sexes.remarks[0].starts_with("Amelogenin, not counted: X, Y in the donor"), "{:?}", sexes.remarks);
    }

    #[test]
    fn where_loss_fits_either_the_origin_stays_open_and_two_shared_loci_see_less() {
        let found = origin(&profile("VWA=16,17;FGA=20,21"), &profile("VWA=17,18;FGA=21,22"), &profile("VWA=17;FGA=21"));
        assert_eq!(found.conclusion, Conclusion::ConsistentWithBoth);
        assert!(found.because.contains("0 of 2 informative loci (LOD 10 %)"), "{}", found.because);
    }

    #[test]
    fn a_mixed_donor_profile_cannot_tell_whose_an_allele_is() {
        let mixed = "D5S818=10,11,12;D13S317=8,9,10;TH01=6,7,9.3;VWA=16,17,18";
        let found = origin(&profile(mixed), &profile(RECIPIENT), &profile(RECIPIENT));
        assert!(found.remarks[0].starts_with("The donor has three or more alleles at 4 loci"), "{:?}", found.remarks);
    }
}
