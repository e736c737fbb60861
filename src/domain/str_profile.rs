//! STR profiles: which alleles were called at which locus, read as they were typed.
//!
//! Promises: a locus has one spelling however it was typed; an allele is a number of repeats with
//! at most one digit for a partial repeat, or X and Y at amelogenin; nothing is guessed, so a peak
//! off the ladder is refused and "9.3" is never "9". A locus without alleles was not called.

use std::collections::BTreeSet;
use std::fmt;

use super::refusal::{Code, Refusal};

/// The most loci a profile may have; the largest kits have about thirty.
pub const LOCI_MAX: usize = 60;
/// The most alleles that may be typed at one locus; a mixture of four people has at most eight.
pub const ALLELES_MAX: usize = 8;
/// A profile is mixed if *more* loci than this have three or more alleles (STRprofiler).
pub const CROWDED_LOCI_MAX: usize = 3;

const LOCUS_CHARS_MAX: usize = 20;
/// The sex marker, under the name it has here.
const AMELOGENIN: &str = "AMEL";
/// How loci of the sex chromosomes begin; their alleles are inherited as one block.
const SEX_LINKED: [&str; 5] = ["DX", "DY", "YGATA", "YINDEL", "SRY"];
/// Spellings that differ by more than case and separators.
const ALIASES: [(&str, &str); 6] = [
    ("AMELOGENIN", AMELOGENIN),
    ("THO1", "TH01"),
    ("CSF1P0", "CSF1PO"),
    ("PENTAC", "PENTA C"),
    ("PENTAD", "PENTA D"),
    ("PENTAE", "PENTA E"),
];
/// The loci of the kits in use. Others are taken too, but may be misspelt.
const KNOWN: [&str; 36] = [
    "AMEL", "CSF1PO", "D10S1248", "D12S391", "D13S317", "D16S539", "D18S51", "D19S433", "D1S1656", "D21S11",
    "D22S1045", "D2S1338", "D2S441", "D3S1358", "D4S2408", "D5S818", "D6S1043", "D6S474", "D7S820", "D8S1179",
    "D9S1120", "DYS391", "DYS570", "DYS576", "F13A01", "F13B", "FESFPS", "FGA", "LPL", "PENTA C", "PENTA D", "PENTA E",
    "SE33", "TH01", "TPOX", "VWA",
];

/// The name of a locus in its one spelling: `D5S818`, `VWA`, `PENTA D`, `AMEL`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locus(String);

impl Locus {
    /// Reads a name in any case and with any separators: `vWA`, `Penta_D`, `Amelogenin`, `THO1`.
    ///
    /// # Errors
    /// It cannot be the name of a locus.
    pub fn parse(typed: &str) -> Result<Self, Refusal> {
        let typed = typed.trim();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        let starts_well = typed.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
        if !starts_well || typed.len() > LOCUS_CHARS_MAX || !typed.chars().all(allowed) {
            let detail =
                format!("“{}” is not the name of a locus. A locus is called D5S818, vWA or Penta D.", shown(typed));
            return Err(Refusal::field(Code::InvalidField, shown(typed), detail));
        }
        let folded: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
        let folded = folded.to_ascii_uppercase();
        let alias = ALIASES.iter().find(|(other, _)| *other == folded);
        Ok(Locus(alias.map_or(folded, |(_, name)| (*name).to_owned())))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the sex marker, which never counts towards identity.
    pub fn is_amelogenin(&self) -> bool {
        self.0 == AMELOGENIN
    }

    /// True for loci that are inherited independently of each other: the ones an identity test
    /// counts. A father and his son share every locus of the Y chromosome.
    pub fn is_autosomal(&self) -> bool {
        !self.is_amelogenin() && !SEX_LINKED.iter().any(|start| self.0.starts_with(start))
    }

    /// True for the loci of the kits in use.
    pub fn is_known(&self) -> bool {
        KNOWN.contains(&self.0.as_str())
    }
}

impl fmt::Display for Locus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One allele, in the order of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Allele {
    /// Whole repeats, and the bases of a partial one (0: none): 9.3 is nine repeats and three bases.
    Repeats {
        /// Whole repeats, 1 to 99.
        whole: u8,
        /// Bases of a partial repeat, 0 to 5.
        part: u8,
    },
    /// Amelogenin of the X chromosome.
    X,
    /// Amelogenin of the Y chromosome.
    Y,
}

impl Allele {
    /// Reads an allele as typed at a locus.
    ///
    /// # Errors
    /// Off the ladder, or anything but a number of repeats (at amelogenin: X or Y).
    pub fn parse(locus: &Locus, typed: &str) -> Result<Self, Refusal> {
        let text = typed.trim();
        let read = if locus.is_amelogenin() { sex_allele(text) } else { repeats(text) };
        read.ok_or_else(|| {
            let advice = if locus.is_amelogenin() { sex_advice(text) } else { advice(text) };
            let what = match text {
                "" => format!("An allele at {locus} is empty:"),
                _ => format!("“{}” at {locus}", shown(text)),
            };
            Refusal::field(Code::InvalidAllele, locus.as_str(), format!("{what} {advice}."))
        })
    }
}

impl fmt::Display for Allele {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allele::Repeats { whole, part: 0 } => write!(f, "{whole}"),
            Allele::Repeats { whole, part } => write!(f, "{whole}.{part}"),
            Allele::X => f.write_str("X"),
            Allele::Y => f.write_str("Y"),
        }
    }
}

fn sex_allele(text: &str) -> Option<Allele> {
    match text {
        "X" | "x" => Some(Allele::X),
        "Y" | "y" => Some(Allele::Y),
        _ => None,
    }
}

/// `11` or `9.3`: one or two digits that do not begin with 0, and at most one digit 1 to 5.
fn repeats(text: &str) -> Option<Allele> {
    let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
    let plain = !whole.is_empty() && whole.len() <= 2 && whole.bytes().all(|b| b.is_ascii_digit());
    if !plain || whole.starts_with('0') {
        return None;
    }
    let part = match part {
        None => 0,
        Some(part) if part.len() == 1 => part.parse().ok().filter(|bases| (1..=5).contains(bases))?,
        Some(_) => return None,
    };
    Some(Allele::Repeats { whole: whole.parse().ok()?, part })
}

fn sex_advice(text: &str) -> &'static str {
    match text.to_ascii_uppercase().as_str() {
        "" => "leave it out",
        "XX" => "is written once, as X",
        "XY" | "X/Y" | "X,Y" => "is two alleles: give X and Y one by one",
        _ => "is no allele of amelogenin, which has X and Y only",
    }
}

/// What to type instead, for the mistakes that occur.
fn advice(text: &str) -> &'static str {
    let folded = text.to_ascii_uppercase();
    let digits_and = |set: &str| text.chars().all(|c| c.is_ascii_digit() || set.contains(c));
    if text.is_empty() {
        "leave it out"
    } else if matches!(folded.as_str(), "OL" | "OL?" | "OFF LADDER" | "OFF-LADDER") || text.starts_with(['<', '>']) {
        "is off the ladder and cannot be compared: size the peak again, or leave the locus out"
    } else if text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        "must be typed with the digits 0 to 9 of the ordinary keyboard"
    } else if digits_and(",") && text.contains(',') {
        "has a comma: write a partial repeat with a point (9.3), and give two alleles one by one"
    } else if digits_and(".") && text.starts_with('0') {
        "begins with 0: write the number of repeats without it"
    } else if digits_and(".") && text.ends_with(".0") {
        "has no partial repeat: leave out .0"
    } else if digits_and(".") && text.matches('.').count() == 1 {
        "is no allele: after the point stands the number of extra bases, 1 to 5, as in 9.3"
    } else {
        "is no allele: an allele is a number of repeats such as 11 or 9.3"
    }
}

/// What was typed, short enough to be repeated in a sentence.
fn shown(typed: &str) -> String {
    typed.chars().take(30).collect()
}

/// The alleles of one locus: a homozygote's "12,12" is one.
pub type Alleles = BTreeSet<Allele>;

/// Alleles in words: `9.3, 10`.
pub fn in_words(alleles: &Alleles) -> String {
    alleles.iter().map(Allele::to_string).collect::<Vec<_>>().join(", ")
}

/// Who has which alleles: the called loci, in the order they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    called: Vec<(Locus, Alleles)>,
}

impl Profile {
    /// Reads a profile as typed, locus by locus; `name` is what the refusals' fields begin with.
    ///
    /// # Errors
    /// A locus that cannot be one or that stands twice, an allele that cannot be compared, more
    /// than [`LOCI_MAX`] loci or [`ALLELES_MAX`] alleles at one. All loci concerned are named.
    pub fn parse<'t>(
        name: &str,
        typed: impl IntoIterator<Item = (&'t String, &'t Vec<String>)>,
    ) -> Result<Self, Refusal> {
        let mut loci: Vec<(Locus, Alleles)> = Vec::new();
        let mut refused = Vec::new();
        for (n, (locus, alleles)) in typed.into_iter().enumerate() {
            if n == LOCI_MAX {
                let detail = format!("A profile has at most {LOCI_MAX} loci.");
                return Err(Refusal::field(Code::InvalidField, name, detail));
            }
            match read_locus(locus, alleles) {
                Ok((locus, _)) if loci.iter().any(|(l, _)| *l == locus) => {
                    let detail = format!("{locus} stands twice. Give each locus once, with all its alleles.");
                    refused.push(Refusal::field(Code::InvalidField, locus.as_str(), detail));
                }
                Ok(read) => loci.push(read),
                Err(refusal) => refused.push(refusal),
            }
        }
        if let Some(refusal) = Refusal::all(refused) {
            return Err(refusal.within(name));
        }
        loci.retain(|(_, alleles)| !alleles.is_empty());
        Ok(Profile { called: loci })
    }

    /// The called loci with their alleles.
    pub fn called(&self) -> impl Iterator<Item = (&Locus, &Alleles)> {
        self.called.iter().map(|(locus, alleles)| (locus, alleles))
    }

    /// The alleles of a locus; none if it was not called.
    pub fn at(&self, locus: &Locus) -> Option<&Alleles> {
        self.called.iter().find(|(l, _)| l == locus).map(|(_, alleles)| alleles)
    }

    /// The loci with three or more alleles; one person has hardly any.
    pub fn crowded(&self) -> Vec<&Locus> {
        self.called().filter(|(_, alleles)| alleles.len() >= 3).map(|(locus, _)| locus).collect()
    }

    /// True if more than [`CROWDED_LOCI_MAX`] loci have three or more alleles.
    pub fn is_mixed(&self) -> bool {
        self.crowded().len() > CROWDED_LOCI_MAX
    }

    /// What deserves a second look at what was typed; `whose` names the profile in the sentences.
    pub fn doubts(&self, whose: &str) -> Vec<String> {
        let mut doubts = Vec::new();
        for (locus, alleles) in self.called().filter(|(locus, _)| !locus.is_amelogenin()) {
            if !locus.is_known() {
                doubts.push(format!("{locus} in the {whose} is no locus of the usual kits. Check how it is spelt."));
            }
            // "9,3" for 9.3: the comma made two alleles of one.
            let split = |a: &Allele| matches!(a, Allele::Repeats { whole: 1..=3, part: 0 });
            if locus.is_autosomal() && alleles.len() > 1 && alleles.iter().any(split) {
                doubts.push(format!(
                    "{locus} of the {whose} was read as the alleles {}. A partial repeat is written with a point, 9.3.",
                    in_words(alleles)
                ));
            }
        }
        let crowded = self.crowded();
        if !crowded.is_empty() && !self.is_mixed() {
            let names: Vec<&str> = crowded.iter().map(|l| l.as_str()).collect();
            doubts.push(format!(
                "The {whose} has three or more alleles at {}. One person has at most two: look at the peaks again.",
                names.join(", ")
            ));
        }
        doubts
    }
}

fn read_locus(typed: &str, alleles: &[String]) -> Result<(Locus, Alleles), Refusal> {
    let locus = Locus::parse(typed)?;
    if alleles.len() > ALLELES_MAX {
        let detail = format!("{locus} has more than {ALLELES_MAX} alleles. Check what was pasted.");
        return Err(Refusal::field(Code::InvalidField, locus.as_str(), detail));
    }
    let read: Result<Alleles, Refusal> = alleles.iter().map(|typed| Allele::parse(&locus, typed)).collect();
    Ok((locus, read?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn typed(loci: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        let owned = |alleles: &[&str]| alleles.iter().map(|a| (*a).to_owned()).collect();
        loci.iter().map(|(locus, alleles)| ((*locus).to_owned(), owned(alleles))).collect()
    }

    fn parse(loci: &[(&str, &[&str])]) -> Result<Profile, Refusal> {
        Profile::parse("query", &typed(loci))
    }

    #[test]
    fn a_locus_has_one_spelling() {
        for (typed, name) in [
            ("vWA", "VWA"),
            ("d5s818", "D5S818"),
            (" D5 S818 ", "D5S818"),
            ("Penta D", "PENTA D"),
            ("penta_e", "PENTA E"),
            ("PentaE", "PENTA E"),
            ("Amelogenin", "AMEL"),
            ("AMEL", "AMEL"),
            ("THO1", "TH01"),
            ("csf1p0", "CSF1PO"),
            ("Y-GATA-H4", "YGATAH4"),
            ("D99S1", "D99S1"),
        ] {
            assert_eq!(Locus::parse(typed).map(|l| l.0), Ok(name.to_owned()), "{typed}");
        }
        for bad in ["", " ", "11", "9.3", "D5\nS818", "D5S818;", "患者", "D５S818", "-D5", &"D".repeat(21)] {
            let refused = Locus::parse(bad).expect_err(bad);
            assert!(refused.detail.contains("A locus is called D5S818"), "{}", refused.detail);
        }
    }

    #[test]
    fn loci_that_are_inherited_as_a_block_do_not_count_towards_identity() {
        let counts = |name: &str| Locus::parse(name).expect("a locus").is_autosomal();
        assert!(["D5S818", "vWA", "Penta D", "D19S433", "SE33"].into_iter().all(counts));
        assert!(!["AMEL", "DYS391", "Y-GATA-H4", "DXS101", "Y indel"].into_iter().any(counts));
    }

    #[test]
    fn an_allele_is_read_as_it_is_and_never_rounded() {
        let d5 = Locus::parse("D5S818").expect("a locus");
        for (typed, shown) in [("11", "11"), ("9.3", "9.3"), ("13.3", "13.3"), ("2.2", "2.2"), (" 8 ", "8")] {
            assert_eq!(Allele::parse(&d5, typed).map(|a| a.to_string()), Ok(shown.to_owned()));
        }
        assert_ne!(Allele::parse(&d5, "9"), Allele::parse(&d5, "9.3"));
        let amel = Locus::parse("Amelogenin").expect("a locus");
        assert_eq!(Allele::parse(&amel, "x"), Ok(Allele::X));
        let order = parse(&[("TH01", &["10", "9.3", "9", "11"])]).expect("a profile");
        assert_eq!(in_words(order.at(&Locus("TH01".into())).expect("called")), "9, 9.3, 10, 11");
    }

    #[test]
    fn everything_else_is_refused_with_advice() {
        for (locus, typed, advice) in [
            ("TH01", "OL", "off the ladder"),
            ("TH01", "ol", "off the ladder"),
            ("TH01", "<4", "off the ladder"),
            ("TH01", ">14", "off the ladder"),
            ("TH01", "9,3", "comma"),
            ("TH01", "11,12", "one by one"),
            ("TH01", "11.0", "leave out .0"),
            ("TH01", "09", "begins with 0"),
            ("TH01", "0", "begins with 0"),
            ("TH01", "9.8", "extra bases"),
            ("TH01", "9.33", "extra bases"),
            ("TH01", "9.", "extra bases"),
            ("TH01", ".3", "extra bases"),
            ("TH01", "９", "keyboard"),
            ("TH01", "", "leave it out"),
            ("TH01", "100", "such as 11 or 9.3"),
            ("TH01", "-1", "such as 11 or 9.3"),
            ("TH01", "+9", "such as 11 or 9.3"),
            ("TH01", "1e1", "such as 11 or 9.3"),
            ("TH01", "NaN", "such as 11 or 9.3"),
            ("TH01", "X", "such as 11 or 9.3"),
            ("AMEL", "11", "X and Y only"),
            ("AMEL", "XY", "one by one"),
            ("AMEL", "XX", "once"),
            ("AMEL", "OL", "X and Y only"),
        ] {
            let refused = parse(&[(locus, &["8", typed][usize::from(locus == "AMEL")..])]).expect_err(typed);
            assert!(refused.detail.contains(advice), "{typed}: {}", refused.detail);
            assert_eq!((refused.code, refused.fields.len()), (Code::InvalidAllele, 1), "{typed}");
            assert_eq!(refused.fields[0].field, format!("query.{locus}"));
        }
    }

    #[test]
    fn a_homozygote_has_one_allele_and_an_empty_locus_was_not_called() {
        let profile = parse(&[("D5S818", &["12", "12"]), ("FGA", &[])]).expect("a profile");
        let called: Vec<(&str, String)> = profile.called().map(|(l, a)| (l.as_str(), in_words(a))).collect();
        assert_eq!(called, [("D5S818", "12".to_owned())]);
    }

    #[test]
    fn a_locus_in_two_spellings_stands_twice_even_where_it_was_not_called() {
        for second in [&["16"][..], &[]] {
            let refused = parse(&[("VWA", &["16"]), ("vWA", second)]).expect_err("twice");
            assert!(refused.detail.contains("VWA stands twice"), "{}", refused.detail);
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once_and_huge_profiles_cost_little() {
        let refused = parse(&[("D5S818", &["OL"]), ("11", &["12"]), ("VWA", &["16"]), ("TH01", &["9,3"])]);
        let fields: Vec<String> = refused.expect_err("three").fields.into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["query.11", "query.D5S818", "query.TH01"]);
        let many: Vec<String> = (0..=LOCI_MAX).map(|n| format!("D{n}S1")).collect();
        let loci = |n: usize| Profile::parse("query", many[..n].iter().map(|l| (l, const { &Vec::new() })));
        assert!(loci(LOCI_MAX).is_ok());
        assert!(loci(LOCI_MAX + 1).expect_err("too many").detail.contains("at most 60 loci"));
        assert!(parse(&[("FGA", &["20"; ALLELES_MAX])]).is_ok());
        assert!(parse(&[("FGA", &["20"; ALLELES_MAX + 1])]).expect_err("too many").detail.contains("more than 8"));
    }

    #[test]
    fn a_profile_is_mixed_from_the_fourth_locus_with_three_alleles() {
        let three: &[&str] = &["10", "11", "12"];
        let loci =
            [("D5S818", three), ("D13S317", three), ("D7S820", three), ("D16S539", three), ("VWA", &["16", "17"])];
        assert!(parse(&loci).expect("a profile").is_mixed());
        let fewer = parse(&loci[1..]).expect("a profile");
        assert!(!fewer.is_mixed() && fewer.doubts("sample")[0].contains("three or more alleles at"));
    }

    #[test]
    fn a_comma_for_a_point_and_a_misspelt_locus_are_asked_about() {
        let doubts = parse(&[("TH01", &["9", "3", "6"]), ("D5S881", &["11"]), ("AMEL", &["X"])]);
        let doubts = doubts.expect("a profile").doubts("donor");
        assert_eq!(doubts.len(), 3, "{doubts:?}");
        assert!(doubts[0].contains("D5S881 in the donor") && doubts[1].contains("3, 6, 9"), "{doubts:?}");
        let clear = parse(&[("TH01", &["9.3", "6"]), ("PENTA D", &["2.2", "9"]), ("DYS391", &["3", "10"])]);
        assert!(clear.expect("a profile").doubts("donor").is_empty());
    }
}
