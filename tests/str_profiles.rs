//! STR profiles compared: every row of `vectors/str.csv`, the published cases, and what holds for
//! every pair.
//!
//! The alleles are Cellosaurus' as packaged in CLASTR's tests (CC BY 4.0); the `CLASTR` rows are
//! that program's own expectations, the others were computed by an independent implementation.

use std::collections::BTreeMap;

use lotgate::domain::str_comparison::{Comparison, Conclusion, Relation, compare};
use lotgate::domain::str_origin::{self, origin};
use lotgate::domain::str_profile::{Alleles, Profile};
use proptest::prelude::*;

const VECTORS: &str = include_str!("vectors/str.csv");

/// `D5S818=11,12;VWA=16`
fn typed(text: &str) -> BTreeMap<String, Vec<String>> {
    let line = |line: &str| {
        let (locus, alleles) = line.split_once('=').expect("locus=alleles");
        (locus.to_owned(), alleles.split(',').map(str::to_owned).collect())
    };
    text.split(';').map(line).collect()
}

fn profile(text: &str) -> Profile {
    Profile::parse("test", &typed(text)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

struct Vector {
    id: String,
    query: Profile,
    reference: Profile,
    amelogenin: bool,
    counts: [usize; 3],
    scores: [String; 3],
}

/// The columns of a line; a column in quotes may hold commas.
fn columns(line: &str) -> Vec<String> {
    let mut columns = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            c => columns.last_mut().expect("one at least").push(c),
        }
    }
    columns
}

fn vectors() -> Vec<Vector> {
    let read = |line: &str| {
        let columns = columns(line);
        let [id, query, reference, mode, shared, n_query, n_reference, tanabe, from_query, from_reference] =
            &columns[..]
        else {
            panic!("not ten columns: {line}");
        };
        Vector {
            id: id.clone(),
            query: profile(query),
            reference: profile(reference),
            amelogenin: match mode.as_str() {
                "incl. AMEL" => true,
                "8 core, no AMEL" => false,
                other => panic!("{other} is no mode"),
            },
            counts: [shared, n_query, n_reference].map(|n| n.parse().expect("a count")),
            scores: [tanabe, from_query, from_reference].map(String::clone),
        }
    };
    VECTORS.lines().skip(1).map(read).collect()
}

fn counts(compared: &Comparison) -> [usize; 3] {
    [compared.shared, compared.n_query, compared.n_reference]
}

fn scores(compared: &Comparison) -> [String; 3] {
    let text = |percent: Option<rust_decimal::Decimal>| percent.map_or("none".to_owned(), |p| p.to_string());
    [&compared.tanabe, &compared.masters_query, &compared.masters_reference].map(|score| text(score.percent))
}

fn relations(compared: &Comparison) -> [Relation; 3] {
    [compared.tanabe.relation, compared.masters_query.relation, compared.masters_reference.relation]
}

/// A profile of the vectors by the name of its cell line, as query or as reference.
fn line(name: &str) -> Profile {
    let find = |v: Vector| {
        let (query, reference) = v.id.split_once(" -> ")?;
        let found = if query.contains(name) { Some(v.query.clone()) } else { None };
        found.or_else(|| reference.contains(name).then(|| v.reference.clone()))
    };
    vectors().into_iter().find_map(find).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn every_row_has_its_counts_and_its_scores_to_two_decimals() {
    let all = vectors();
    assert_eq!(all.len(), 15, "rows were lost");
    for v in &all {
        let compared = compare(&v.query, &v.reference, v.amelogenin);
        assert_eq!((counts(&compared), scores(&compared)), (v.counts, v.scores.clone()), "{}", v.id);
        assert_eq!(compared.loci.len(), if v.amelogenin { 9 } else { 8 }, "{}", v.id);
    }
}

#[test]
fn chang_liver_is_hela_and_molt_4_is_not() {
    let (hela, chang) = (line("1-5c-4"), line("Chang Liver CVCL_0238 (ATCC"));
    let related = compare(&hela, &chang, false);
    assert_eq!(counts(&related), [13, 15, 13]);
    assert_eq!(scores(&related), ["92.86", "86.67", "100.00"]);
    assert_eq!(relations(&related), [Relation::Related; 3]);
    let unrelated = compare(&hela, &line("MOLT-4"), false);
    assert_eq!((counts(&unrelated), scores(&unrelated)[0].as_str()), ([5, 15, 16], "32.26"));
    assert_eq!(relations(&unrelated), [Relation::Unrelated; 3]);
    // A score that says "related" is still no match: two loci lost an allele.
    assert_eq!(related.conclusion, Conclusion::Exclusion, "{}", related.because);
    let records = compare(&chang, &line("Chang Liver CVCL_0238 (JCRB"), false);
    assert_eq!(scores(&records), ["89.66", "100.00", "81.25"], "the same line in two records");
    assert_eq!(records.tanabe.relation, Relation::Ambiguous);
}

#[test]
fn masters_says_related_one_way_and_unrelated_the_other() {
    let (u118, y79) = (line("U-118MG"), line("Y-79"));
    let there = compare(&u118, &y79, false);
    assert_eq!((counts(&there), scores(&there)), ([8, 10, 15], ["64.00", "80.00", "53.33"].map(str::to_owned)));
    assert_eq!(relations(&there), [Relation::Unrelated, Relation::Related, Relation::Unrelated]);
    let back = compare(&y79, &u118, false);
    assert_eq!(scores(&back), ["64.00", "53.33", "80.00"]);
    for compared in [there, back] {
        assert!(compared.remarks.iter().any(|r| r.contains("which of the two is asked about")), "{compared:?}");
        assert_eq!(compared.conclusion, Conclusion::Exclusion);
    }
}

#[test]
fn scoring_amelogenin_lifts_a_pair_over_the_threshold_and_never_changes_the_conclusion() {
    let third = vectors().into_iter().find(|v| v.id == "CLASTR-3").expect("the row");
    let with = compare(&third.query, &third.reference, true);
    let without = compare(&third.query, &third.reference, false);
    assert_eq!((scores(&with)[0].as_str(), with.tanabe.relation), ("80.00", Relation::Ambiguous));
    assert_eq!((scores(&without)[0].as_str(), without.tanabe.relation), ("78.26", Relation::Unrelated));
    assert_eq!((with.conclusion, &with.because), (without.conclusion, &without.because));
    assert_eq!((with.loci.len(), without.loci.len()), (9, 8));
    assert!(without.amelogenin.is_some(), "it is told of all the same");
}

#[test]
fn strprofilers_case_counts_homozygotes_once() {
    let query = profile("D5S818=11,12;D13S317=13;D7S820=5,7;AMEL=X");
    let other = profile("D5S818=11,12;D3S1358=3;D13S317=13,14;D7S820=5,7;AMEL=X");
    assert_eq!(scores(&compare(&query, &other, false)), ["90.91", "100.00", "83.33"]);
    assert_eq!(scores(&compare(&query, &other, true)), ["92.31", "100.00", "85.71"]);
    let compared = compare(&query, &other, false);
    assert_eq!(relations(&compared), [Relation::TooFewLoci; 3], "three loci are too few for any score");
    let only: Vec<&str> = compared.only_reference.iter().map(|l| l.as_str()).collect();
    assert_eq!((only, compared.only_query.len()), (vec!["D3S1358"], 0));
}

/// A donor at sixteen autosomal loci and amelogenin.
const DONOR: &str = "D3S1358=15,17;VWA=16,18;D16S539=9,11;CSF1PO=10,12;TPOX=8;D8S1179=13,14;D21S11=29,31.2;D18S51=14,16;\
    D2S441=10,11.3;D19S433=13,14.2;TH01=6,9.3;FGA=21,24;D5S818=11,12;D13S317=8,12;D7S820=10,11;D2S1338=19,23;AMEL=X,Y";

/// The donor with some loci instead; without alleles the locus is left out.
fn donor_but(instead: &[(&str, &str)]) -> Profile {
    let mut loci = typed(DONOR);
    for (locus, alleles) in instead {
        loci.insert((*locus).to_owned(), alleles.split(',').filter(|a| !a.is_empty()).map(str::to_owned).collect());
    }
    Profile::parse("test", &loci).unwrap_or_else(|e| panic!("{e}"))
}

fn concluded(instead: &[(&str, &str)]) -> (Conclusion, String) {
    let compared = compare(&donor_but(instead), &donor_but(&[]), false);
    (compared.conclusion, compared.because)
}

const NOT_CALLED: [(&str, &str); 4] = [("FGA", ""), ("D18S51", ""), ("D21S11", ""), ("D2S441", "")];

#[test]
fn a_match_needs_twelve_loci_that_agree_in_every_allele() {
    let (all, because) = concluded(&[]);
    assert_eq!(all, Conclusion::Match);
    assert!(because.starts_with("All 16 loci agree"), "{because}");
    assert_eq!(concluded(&NOT_CALLED).0, Conclusion::Match, "twelve are enough");
    let eleven = [&NOT_CALLED[..], &[("TPOX", "")]].concat();
    let (few, because) = concluded(&eleven);
    assert_eq!(few, Conclusion::TooFewLoci);
    assert!(because.contains("11 of the 12 loci"), "{because}");
    // Neither amelogenin nor the Y chromosome makes up the twelfth.
    let y = [("DYS391", "10"), ("DYS570", "17")];
    let compared = compare(&donor_but(&[&eleven[..], &y].concat()), &donor_but(&y), true);
    assert_eq!((compared.conclusion, compared.identity_loci, compared.loci.len()), (Conclusion::TooFewLoci, 11, 14));
}

#[test]
fn one_locus_that_differs_is_investigated_and_two_exclude() {
    for alleles in ["16", "18", "16,17", "14,15", "16,17,18"] {
        let (conclusion, because) = concluded(&[("VWA", alleles)]);
        assert_eq!(conclusion, Conclusion::Investigate, "{alleles}");
        assert!(because.starts_with("One of 16 loci differs: VWA ("), "{because}");
    }
    let (conclusion, because) = concluded(&[("VWA", "16"), ("TH01", "6,9")]);
    assert_eq!(conclusion, Conclusion::Exclusion, "9 is not 9.3");
    assert!(because.contains("TH01 (6, 9 against 6, 9.3), VWA (16 against 16, 18)"), "{because}");
    // Differences are told before the count of loci: two of a few loci exclude as well.
    let few = [&NOT_CALLED[..], &[("TPOX", ""), ("VWA", "16")]].concat();
    let (conclusion, because) = concluded(&few);
    assert!(conclusion == Conclusion::Investigate && because.contains("only 11 of the 12"), "{because}");
    assert_eq!(concluded(&[&few[..], &[("TH01", "6,9")]].concat()).0, Conclusion::Exclusion);
    // A locus of the Y chromosome counts against a match, though not for one.
    let compared = compare(&donor_but(&[("DYS391", "11")]), &donor_but(&[("DYS391", "10")]), false);
    assert_eq!((compared.conclusion, compared.identity_loci), (Conclusion::Investigate, 16));
}

#[test]
fn a_related_score_is_no_match() {
    let compared = compare(&donor_but(&[("VWA", "16"), ("TH01", "6")]), &donor_but(&[]), false);
    assert_eq!((relations(&compared), compared.conclusion), ([Relation::Related; 3], Conclusion::Exclusion));
}

#[test]
fn amelogenin_that_differs_is_told_and_does_not_decide() {
    for scored in [false, true] {
        let compared = compare(&donor_but(&[("AMEL", "X")]), &donor_but(&[]), scored);
        assert_eq!(compared.conclusion, Conclusion::Match);
        assert!(compared.remarks[0].starts_with("Amelogenin differs: X in the query, X, Y in the"), "{compared:?}");
    }
}

#[test]
fn a_mixture_on_either_side_is_told_before_anything_else() {
    let three = [("VWA", "15,16,18"), ("TH01", "6,7,9.3"), ("FGA", "20,21,24"), ("D5S818", "11,12,13")];
    for (query, reference) in [(&three[..], &[][..]), (&[], &three), (&three, &three)] {
        let compared = compare(&donor_but(query), &donor_but(reference), false);
        assert_eq!(compared.conclusion, Conclusion::Mixed, "{}", compared.because);
        assert_eq!([compared.query_mixed, compared.reference_mixed], [!query.is_empty(), !reference.is_empty()]);
        let named = [compared.because.contains("the query has"), compared.because.contains("the reference has")];
        assert_eq!(named, [!query.is_empty(), !reference.is_empty()]);
    }
    // Three such loci are no mixture yet; they are asked about.
    let compared = compare(&donor_but(&three[1..]), &donor_but(&three[1..]), false);
    assert_eq!(compared.conclusion, Conclusion::Match);
    assert!(compared.remarks[0].contains("at D5S818, FGA, TH01"), "{compared:?}");
}

#[test]
fn where_nothing_is_called_in_both_there_is_no_score_and_no_conclusion() {
    let empty = Profile::default();
    for (query, reference) in [
        (empty.clone(), empty.clone()),
        (donor_but(&[]), empty),
        (profile("VWA=16"), profile("TH01=6")),
        (profile("AMEL=X;VWA=16"), profile("AMEL=X;TH01=6")),
    ] {
        let compared = compare(&query, &reference, false);
        assert_eq!(scores(&compared), ["none", "none", "none"]);
        assert_eq!(relations(&compared), [Relation::NotComparable; 3]);
        assert_eq!(compared.conclusion, Conclusion::NotComparable, "{}", compared.because);
    }
    let sexes = compare(&profile("AMEL=X"), &profile("AMEL=X"), true);
    assert_eq!((scores(&sexes)[0].as_str(), sexes.conclusion), ("100.00", Conclusion::NotComparable));
}

// ---- every pair ----

const LOCI: [&str; 16] = [
    "D3S1358", "VWA", "D16S539", "CSF1PO", "TPOX", "D8S1179", "D21S11", "D18S51", "D2S441", "TH01", "FGA", "D5S818",
    "DYS391", "PENTA D", "SE33", "AMEL",
];

/// Any profile: few alleles to choose from, so that many are shared.
fn any_profile() -> impl Strategy<Value = Profile> {
    let alleles = proptest::collection::vec(4_u8..8, 0..4);
    proptest::collection::vec(alleles, LOCI.len()).prop_map(|drawn| {
        let alleles = |locus: &str, drawn: Vec<u8>| {
            let sex = |n: u8| if n.is_multiple_of(2) { "X" } else { "Y" }.to_owned();
            drawn.into_iter().map(|n| if locus == "AMEL" { sex(n) } else { n.to_string() }).collect::<Vec<_>>()
        };
        let typed: Vec<(String, Vec<String>)> =
            LOCI.iter().zip(drawn).map(|(l, a)| ((*l).to_owned(), alleles(l, a))).collect();
        Profile::parse("any", typed.iter().map(|(l, a)| (l, a))).expect("a profile")
    })
}

/// The score in hundredths of a percent, half up, counted down by hand: no division, no decimal.
fn hundredths(part: usize, whole: usize) -> Option<usize> {
    (whole > 0).then(|| (0..=10_000).rev().find(|h| 2 * 10_000 * part + whole >= 2 * h * whole).unwrap_or(0))
}

fn size(alleles: Option<&Alleles>) -> usize {
    alleles.map_or(0, Alleles::len)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn swapping_the_profiles_keeps_tanabe_and_the_conclusion_and_swaps_masters(
        a in any_profile(), b in any_profile(), amelogenin in any::<bool>()
    ) {
        let (there, back) = (compare(&a, &b, amelogenin), compare(&b, &a, amelogenin));
        prop_assert_eq!(&there.tanabe, &back.tanabe);
        prop_assert_eq!(&there.masters_query, &back.masters_reference);
        prop_assert_eq!(&there.masters_reference, &back.masters_query);
        prop_assert_eq!(there.conclusion, back.conclusion);
        prop_assert_eq!(&there.only_query, &back.only_reference);
    }

    #[test]
    fn scores_are_what_the_counts_say(a in any_profile(), b in any_profile(), amelogenin in any::<bool>()) {
        let compared = compare(&a, &b, amelogenin);
        let both: Vec<_> = a.called().filter(|(l, _)| b.at(l).is_some() && (amelogenin || !l.is_amelogenin())).collect();
        let q: usize = both.iter().map(|(_, alleles)| alleles.len()).sum();
        let r: usize = both.iter().map(|(l, _)| size(b.at(l))).sum();
        let s: usize = both.iter().map(|(l, alleles)| alleles.iter().filter(|x| b.at(l).is_some_and(|o| o.contains(x))).count()).sum();
        prop_assert_eq!(counts(&compared), [s, q, r]);
        let expected = [hundredths(2 * s, q + r), hundredths(s, q), hundredths(s, r)];
        let text = |h: Option<usize>| h.map_or("none".to_owned(), |h| format!("{}.{:02}", h / 100, h % 100));
        prop_assert_eq!(scores(&compared), expected.map(text));
    }

    #[test]
    fn a_match_is_only_said_of_twelve_autosomal_loci_that_are_the_same(a in any_profile(), keep in any::<bool>(), b in any_profile()) {
        let b = if keep { a.clone() } else { b };
        let compared = compare(&a, &b, true);
        let same = compared.loci.iter().filter(|l| l.locus.is_autosomal()).all(|l| l.query == l.reference);
        if compared.conclusion == Conclusion::Match {
            prop_assert!(same && compared.identity_loci >= 12 && !a.is_mixed() && !b.is_mixed());
        }
        if keep && compared.identity_loci >= 12 && !a.is_mixed() {
            prop_assert_eq!(compared.conclusion, Conclusion::Match);
        }
    }

    #[test]
    fn the_donors_own_cells_and_the_recipients_are_never_confused(d in any_profile(), r in any_profile()) {
        let (of_donor, of_recipient) = (origin(&d, &r, &d), origin(&d, &r, &r));
        prop_assert!(of_recipient.observed == 0);
        // The donor's own cells show the donor's alleles wherever a locus can tell.
        prop_assert_eq!(of_donor.observed, of_donor.informative);
        if of_donor.informative > 0 {
            prop_assert_eq!(of_donor.conclusion, str_origin::Conclusion::DonorAllelesObserved);
            let fits = [str_origin::Conclusion::ConsistentWithRecipient, str_origin::Conclusion::ConsistentWithBoth];
            prop_assert!(fits.contains(&of_recipient.conclusion));
        } else {
            prop_assert_eq!(of_recipient.conclusion, str_origin::Conclusion::NotInformative);
        }
    }
}
