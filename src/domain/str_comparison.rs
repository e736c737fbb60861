//! Two STR profiles compared: the similarity scores for cell lines, and the stricter rule for the
//! identity of a donor's cells.
//!
//! Promises: only loci called in both are compared; scores are exact, in percent with two
//! decimals, rounded half up once; both directions of the Masters score are given, because they
//! differ; where nothing can be compared there is no score rather than 0 %. The identity of a
//! GMP donor is decided by concordance locus by locus, never by a score: the 80 % and 90 % of the
//! scores were made for tumour lines that drift, and a parent or a sibling can exceed 60 %.

use rust_decimal::Decimal;

use super::str_profile::{Alleles, CROWDED_LOCI_MAX, Locus, Profile, in_words};

/// The fewest loci, amelogenin and sex chromosomes not counted, at which a match can be stated.
pub const IDENTITY_LOCI_MIN: usize = 12;
/// The fewest loci at which a score says something (CLASTR).
pub const SCORE_LOCI_MIN: usize = 8;

/// One locus called in both profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedLocus {
    /// Which.
    pub locus: Locus,
    /// The query's alleles.
    pub query: Alleles,
    /// The reference's alleles.
    pub reference: Alleles,
    /// Those in both.
    pub shared: Alleles,
}

impl ComparedLocus {
    fn new(locus: &Locus, query: &Alleles, reference: &Alleles) -> Self {
        let shared = query.intersection(reference).copied().collect();
        ComparedLocus { locus: locus.clone(), query: query.clone(), reference: reference.clone(), shared }
    }

    /// True if both have exactly the same alleles.
    pub fn is_concordant(&self) -> bool {
        self.query == self.reference
    }

    /// `VWA (16, 18 against 16, 17)`
    fn in_words(&self) -> String {
        format!("{} ({} against {})", self.locus, in_words(&self.query), in_words(&self.reference))
    }
}

/// What CLASTR's thresholds say of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Tanabe from 90 %, Masters from 80 %.
    Related,
    /// Tanabe from 80 %, Masters from 60 %: mixed, drifted, or a relative's.
    Ambiguous,
    /// Below that.
    Unrelated,
    /// Fewer than [`SCORE_LOCI_MIN`] loci.
    TooFewLoci,
    /// There is no score.
    NotComparable,
}

impl Relation {
    /// The published, stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Relation::Related => "related",
            Relation::Ambiguous => "ambiguous",
            Relation::Unrelated => "unrelated",
            Relation::TooFewLoci => "too_few_loci",
            Relation::NotComparable => "not_comparable",
        }
    }
}

/// A similarity score: a share of alleles in percent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Percent with two decimals; none where nothing is compared.
    pub percent: Option<Decimal>,
    /// What the thresholds say of it.
    pub relation: Relation,
}

/// CLASTR's thresholds in words.
pub const THRESHOLDS: &str = "CLASTR: Tanabe from 90 % related, 80 to 90 % ambiguous, below 80 % unrelated; Masters from 80 % related, \
     60 to 80 % ambiguous, below 60 % unrelated; from 8 loci on.";

/// Whether the query is the reference's: the answer of an identity test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Every locus agrees, there are enough of them, and neither profile is mixed.
    Match,
    /// Exactly one locus differs.
    Investigate,
    /// Two or more loci differ.
    Exclusion,
    /// At least one profile is of more than one person's cells.
    Mixed,
    /// Every locus agrees, but there are too few of them.
    TooFewLoci,
    /// No locus is called in both.
    NotComparable,
}

impl Conclusion {
    /// All of them.
    pub const ALL: [Conclusion; 6] = [
        Conclusion::Match,
        Conclusion::Investigate,
        Conclusion::Exclusion,
        Conclusion::Mixed,
        Conclusion::TooFewLoci,
        Conclusion::NotComparable,
    ];

    /// The published, stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Conclusion::Match => "match",
            Conclusion::Investigate => "investigate",
            Conclusion::Exclusion => "exclusion",
            Conclusion::Mixed => "mixed",
            Conclusion::TooFewLoci => "too_few_loci",
            Conclusion::NotComparable => "not_comparable",
        }
    }
}

/// Two profiles compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Alleles in both, over the compared loci.
    pub shared: usize,
    /// Alleles of the query.
    pub n_query: usize,
    /// Alleles of the reference.
    pub n_reference: usize,
    /// Tanabe: 2 × shared / (query + reference). The same in both directions.
    pub tanabe: Score,
    /// Masters from the query's side: shared / query.
    pub masters_query: Score,
    /// Masters from the reference's side: shared / reference.
    pub masters_reference: Score,
    /// The scored loci, in the query's order.
    pub loci: Vec<ComparedLocus>,
    /// Amelogenin, if called in both, whether or not it is scored.
    pub amelogenin: Option<ComparedLocus>,
    /// Loci that count towards identity: called in both and autosomal.
    pub identity_loci: usize,
    /// The loci that differ, without amelogenin.
    pub discrepant: Vec<Locus>,
    /// Loci called in the query only.
    pub only_query: Vec<Locus>,
    /// Loci called in the reference only.
    pub only_reference: Vec<Locus>,
    /// Whether the query has three or more alleles at too many loci.
    pub query_mixed: bool,
    /// The same of the reference.
    pub reference_mixed: bool,
    /// The answer of the identity test.
    pub conclusion: Conclusion,
    /// That answer with its reason, in sentences.
    pub because: String,
    /// What deserves a second look, in sentences.
    pub remarks: Vec<String>,
}

/// Compares two profiles at the loci called in both; `amelogenin` says whether it is scored.
pub fn compare(query: &Profile, reference: &Profile, amelogenin: bool) -> Comparison {
    let both: Vec<ComparedLocus> = query
        .called()
        .filter_map(|(locus, alleles)| Some(ComparedLocus::new(locus, alleles, reference.at(locus)?)))
        .collect();
    let loci: Vec<ComparedLocus> = both.iter().filter(|l| amelogenin || !l.locus.is_amelogenin()).cloned().collect();
    let count = |alleles: fn(&ComparedLocus) -> &Alleles| loci.iter().map(|l| alleles(l).len()).sum::<usize>();
    let (shared, n_query, n_reference) = (count(|l| &l.shared), count(|l| &l.query), count(|l| &l.reference));
    let scored = loci.iter().filter(|l| !l.locus.is_amelogenin()).count();
    let score = |part, whole, related, ambiguous| Score::new(percent(part, whole), scored, related, ambiguous);
    let only = |of: &Profile, other: &Profile| {
        of.called().map(|(l, _)| l).filter(|l| !l.is_amelogenin() && other.at(l).is_none()).cloned().collect()
    };
    let (conclusion, because) = conclude(query, reference, &both);
    let mut compared = Comparison {
        shared,
        n_query,
        n_reference,
        tanabe: score(2 * shared, n_query + n_reference, 90, 80),
        masters_query: score(shared, n_query, 80, 60),
        masters_reference: score(shared, n_reference, 80, 60),
        identity_loci: both.iter().filter(|l| l.locus.is_autosomal()).count(),
        discrepant: discrepant(&both).into_iter().map(|l| l.locus.clone()).collect(),
        amelogenin: both.into_iter().find(|l| l.locus.is_amelogenin()),
        loci,
        only_query: only(query, reference),
        only_reference: only(reference, query),
        query_mixed: query.is_mixed(),
        reference_mixed: reference.is_mixed(),
        conclusion,
        because,
        remarks: Vec::new(),
    };
    compared.remarks = remarks(query, reference, &compared);
    compared
}

impl Score {
    /// With so many loci scored, and thresholds in whole percent. With at most 960 alleles a
    /// score below a threshold is at least 0.01 below it, so rounding never reaches it.
    fn new(percent: Option<Decimal>, loci: usize, related: i64, ambiguous: i64) -> Self {
        let relation = match percent {
            None => Relation::NotComparable,
            Some(_) if loci < SCORE_LOCI_MIN => Relation::TooFewLoci,
            Some(percent) if percent >= Decimal::from(related) => Relation::Related,
            Some(percent) if percent >= Decimal::from(ambiguous) => Relation::Ambiguous,
            Some(_) => Relation::Unrelated,
        };
        Score { percent, relation }
    }
}

/// `part / whole` in percent with two decimals, rounded half up; none of nothing.
fn percent(part: usize, whole: usize) -> Option<Decimal> {
    let (part, whole) = (i64::try_from(part).ok()?, i64::try_from(whole).ok()?);
    let hundredths = (2 * 10_000 * part + whole).checked_div(2 * whole)?;
    Some(Decimal::new(hundredths, 2))
}

/// The loci that differ; amelogenin never counts.
fn discrepant(both: &[ComparedLocus]) -> Vec<&ComparedLocus> {
    both.iter().filter(|l| !l.locus.is_amelogenin() && !l.is_concordant()).collect()
}

/// The identity test: what can be compared, then whether it is one person's, then locus by locus.
fn conclude(query: &Profile, reference: &Profile, both: &[ComparedLocus]) -> (Conclusion, String) {
    let compared = both.iter().filter(|l| !l.locus.is_amelogenin()).count();
    let counted = both.iter().filter(|l| l.locus.is_autosomal()).count();
    let few = format!(
        "{counted} of the {IDENTITY_LOCI_MIN} loci that an identity test needs are called in both; amelogenin and the sex \
         chromosomes do not count."
    );
    if compared == 0 {
        let because = "No locus is called in both profiles, so nothing can be compared.";
        return (Conclusion::NotComparable, because.into());
    }
    if let Some(because) = mixture(query, reference) {
        return (Conclusion::Mixed, because);
    }
    match discrepant(both).as_slice() {
        [] if counted < IDENTITY_LOCI_MIN => {
            (Conclusion::TooFewLoci, format!("All compared loci agree, but that is no match: {few} Type more loci."))
        }
        [] => {
            let because = format!("All {compared} loci agree, allele by allele, and neither profile is mixed.");
            (Conclusion::Match, because)
        }
        [one] => {
            let mut because = format!(
                "One of {compared} loci differs: {}. Find out why before the cells are used: an allele that dropped out, was \
                 lost or mutated, or samples that were exchanged.",
                one.in_words()
            );
            if counted < IDENTITY_LOCI_MIN {
                because.push_str(&format!(" Besides, only {few}"));
            }
            (Conclusion::Investigate, because)
        }
        several => {
            let because = format!(
                "{} of {compared} loci differ: {}. The two are not of one donor, or the samples were exchanged.",
                several.len(),
                listed(several)
            );
            (Conclusion::Exclusion, because)
        }
    }
}

/// The first five in words, and how many more.
fn listed(loci: &[&ComparedLocus]) -> String {
    let mut words: Vec<String> = loci.iter().take(5).map(|l| l.in_words()).collect();
    if loci.len() > words.len() {
        words.push(format!("and {} more", loci.len() - words.len()));
    }
    words.join(", ")
}

fn mixture(query: &Profile, reference: &Profile) -> Option<String> {
    let crowded = |whose: &str, profile: &Profile| {
        let loci = profile.crowded().len();
        profile.is_mixed().then(|| format!("the {whose} has three or more alleles at {loci} loci"))
    };
    let mixed: Vec<String> = [crowded("query", query), crowded("reference", reference)].into_iter().flatten().collect();
    if mixed.is_empty() {
        return None;
    }
    Some(format!(
        "A mixed profile: {}; more than {CROWDED_LOCI_MAX} means cells of more than one person. Look for \
         cross-contamination and test a new preparation.",
        mixed.join(", and ")
    ))
}

fn remarks(query: &Profile, reference: &Profile, compared: &Comparison) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(sex) = compared.amelogenin.as_ref().filter(|sex| !sex.is_concordant()) {
        remarks.push(format!(
            "Amelogenin differs: {} in the query, {} in the reference. It never counts towards identity, but the sex on \
             record should be checked.",
            in_words(&sex.query),
            in_words(&sex.reference)
        ));
    }
    let (from_query, from_reference) = (compared.masters_query.relation, compared.masters_reference.relation);
    if from_query != from_reference {
        remarks.push(format!(
            "Masters says “{}” from the query and “{}” from the reference: it depends on which of the two is asked about.",
            from_query.as_str(),
            from_reference.as_str()
        ));
    }
    remarks.extend(query.doubts("query"));
    remarks.extend(reference.doubts("reference"));
    remarks
}
