//! The page that compares STR profiles: two for identity, three for origin.

use askama::Template;

use super::parts::{Field, FieldProblem, Frame, Link, Moment, Unit, Value};
use super::samples;

/// `GET /str`, and the answer to `POST /str` above what was typed.
#[derive(Debug, Clone, Template)]
#[template(path = "str/show.html")]
pub struct StrPage {
    /// The frame.
    pub frame: Frame,
    /// `identity` or `origin`.
    pub question: &'static str,
    /// The two questions, the one asked marked.
    pub questions: Vec<Link>,
    /// What the question is, in a sentence.
    pub lead: &'static str,
    /// The profiles as typed.
    pub profiles: Vec<ProfileArea>,
    /// Whether amelogenin is scored; none where the question has no score.
    pub amelogenin: Option<bool>,
    /// The answer, when something was asked.
    pub answer: Option<StrAnswer>,
}

/// A text area for one profile.
#[derive(Debug, Clone, Default)]
pub struct ProfileArea {
    /// The field's `id` and name.
    pub id: &'static str,
    /// Whose profile it is.
    pub label: &'static str,
    /// What belongs here.
    pub hint: &'static str,
    /// The text as typed.
    pub field: Field,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct StrAnswer {
    /// The name of the shape and of the colour.
    pub shape: &'static str,
    /// The large word.
    pub word: &'static str,
    /// What that means here, in sentences.
    pub because: String,
    /// What deserves a second look.
    pub remarks: Vec<String>,
    /// The headings of the table after the locus.
    pub headings: &'static [&'static str],
    /// The loci.
    pub loci: Vec<LocusRow>,
    /// What was not compared, in sentences.
    pub not_compared: Vec<String>,
    /// The similarity scores; none for an origin.
    pub scores: Vec<ScoreRow>,
    /// The thresholds of the scores in words; may be empty.
    pub thresholds: &'static str,
    /// What the test cannot see.
    pub caveats: &'static [&'static str],
    /// When this answer was given.
    pub at: Moment,
}

/// One locus of the answer.
#[derive(Debug, Clone)]
pub struct LocusRow {
    /// Its name.
    pub locus: String,
    /// Alleles of each profile, in the order of the headings.
    pub cells: Vec<String>,
    /// The name of the shape.
    pub shape: &'static str,
    /// What the locus says, in a word or a few.
    pub word: String,
}

/// One similarity score with its arithmetic.
#[derive(Debug, Clone)]
pub struct ScoreRow {
    /// Its name.
    pub name: &'static str,
    /// `2 × 13 ÷ (15 + 13)`
    pub arithmetic: String,
    /// Percent with two decimals.
    pub percent: Value,
    /// The sign of percent.
    pub unit: Unit,
    /// What the thresholds say of it.
    pub relation: &'static str,
}

impl StrAnswer {
    /// A locus with its heading for each cell, for narrow screens.
    pub fn cells<'r>(&self, row: &'r LocusRow) -> Vec<(&'static str, &'r String)> {
        self.headings.iter().copied().zip(&row.cells).collect()
    }
}

/// The two questions as links, with the one asked marked.
pub fn questions(asked: &str) -> Vec<Link> {
    [
        ("identity", "Identity: is it the donor’s?", "/str"),
        ("origin", "Origin: whose cells are these?", "/str?question=origin"),
    ]
    .into_iter()
    .map(|(question, label, href)| {
        let link = Link::new(label, href);
        if question == asked { link.here() } else { link }
    })
    .collect()
}

/// What an identity asks for.
pub const IDENTITY_LEAD: &str = "A sample against a reference, such as a cell bank against its donor.";
/// What an origin asks for.
pub const ORIGIN_LEAD: &str = "A sample, such as a tumour found after an infusion, against donor and recipient.";

/// The text areas of an identity.
pub const IDENTITY_AREAS: [(&str, &str, &str); 2] = [
    ("query", "Query", "The sample in question: cell bank, lot or retained sample."),
    ("reference", "Reference", "What it should be: the donor’s profile on file."),
];

/// The text areas of an origin.
pub const ORIGIN_AREAS: [(&str, &str, &str); 3] = [
    ("donor", "Donor", "The profile on file."),
    ("recipient", "Recipient", "Germ line: blood or buccal swab, taken before the infusion."),
    ("sample", "Sample", "The cells in question."),
];

/// The headings of an identity's table.
pub const IDENTITY_HEADINGS: &[&str] = &["Query", "Reference", "Shared"];
/// The headings of an origin's table.
pub const ORIGIN_HEADINGS: &[&str] = &["Type", "Donor", "Recipient", "Sample"];

const DONOR_TYPED: &str =
    "D3S1358\t15\t17\nvWA\t16\t18\nD16S539\t9\t11\nCSF1PO\t10\t12\nTPOX\t8\t8\nTH01\t6\t9.3\nAmelogenin\tX\tY";

impl StrPage {
    fn sample_of(
        question: &'static str,
        lead: &'static str,
        areas: &[(&'static str, &'static str, &'static str)],
    ) -> Self {
        let area = |&(id, label, hint): &_| ProfileArea { id, label, hint, field: Field::default() };
        Self {
            frame: samples::frame("Compare STR profiles", "str", ""),
            question,
            questions: questions(question),
            lead,
            profiles: areas.iter().map(area).collect(),
            amelogenin: (question == "identity").then_some(false),
            answer: None,
        }
    }

    /// Nothing asked yet.
    pub fn sample() -> Self {
        Self::sample_of("identity", IDENTITY_LEAD, &IDENTITY_AREAS)
    }

    fn sample_answered(shape: &'static str, word: &'static str, because: &str) -> (Self, StrAnswer) {
        let mut page = Self::sample();
        for area in &mut page.profiles {
            area.field = Field::of(DONOR_TYPED);
        }
        let answer = StrAnswer {
            shape,
            word,
            because: because.into(),
            remarks: vec![],
            headings: IDENTITY_HEADINGS,
            loci: vec![],
            not_compared: vec![],
            scores: vec![],
            thresholds: "",
            caveats: &[],
            at: Moment::sample("2026-11-26 14:05", ""),
        };
        (page, answer)
    }

    /// Everything agrees.
    pub fn sample_match() -> Self {
        let because = "All 16 loci agree, allele by allele, and neither profile is mixed.";
        let (mut page, mut answer) = Self::sample_answered("pass", "MATCH", because);
        let loci = [("D3S1358", "15, 17"), ("VWA", "16, 18"), ("TH01", "6, 9.3"), ("TPOX", "8")];
        answer.loci =
            loci.iter().map(|(locus, alleles)| LocusRow::sample(locus, [alleles; 3], "pass", "agrees")).collect();
        answer.scores = ScoreRow::samples("100.00", "related");
        answer.thresholds = "Tanabe from 90 % related.";
        page.answer = Some(answer);
        page
    }

    /// Two loci differ, and something is to be looked at again.
    pub fn sample_exclusion() -> Self {
        let because = "2 of 16 loci differ: VWA (16 against 16, 18), TH01 (6, 9 against 6, 9.3). The two are not of one \
                       donor, or the samples were exchanged.";
        let (mut page, mut answer) = Self::sample_answered("fail", "EXCLUSION", because);
        answer.loci = vec![
            LocusRow::sample("D3S1358", ["15, 17", "15, 17", "15, 17"], "pass", "agrees"),
            LocusRow::sample("VWA", ["16", "16, 18", "16"], "fail", "differs"),
            LocusRow::sample("TH01", ["6, 9", "6, 9.3", "6"], "fail", "differs"),
        ];
        answer.scores = ScoreRow::samples("96.55", "related");
        answer.thresholds = "Tanabe from 90 % related.";
        answer.not_compared = vec!["Only in the query: FGA.".into()];
        answer.remarks = vec!["Amelogenin differs: X in the query, X, Y in the reference.".into()];
        page.amelogenin = Some(true);
        page.answer = Some(answer);
        page
    }

    /// Nothing is called in both.
    pub fn sample_not_comparable() -> Self {
        let because = "No locus is called in both profiles, so nothing can be compared.";
        let (mut page, mut answer) = Self::sample_answered("indeterminate", "NOT COMPARABLE", because);
        answer.scores = ScoreRow::samples("", "nothing to compare");
        answer.not_compared = vec!["Only in the query: FGA, TH01.".into(), "Only in the reference: VWA.".into()];
        page.answer = Some(answer);
        page
    }

    /// A tumour of the recipient's own cells.
    pub fn sample_origin() -> Self {
        let because = "Donor-specific alleles observed: 0 of 2 informative loci (LOD 5 %). Every allele of the sample is \
                       one of the recipient's, loss of some allowed: consistent with recipient origin.";
        let (_, mut answer) = Self::sample_answered("reported", "FITS THE RECIPIENT", because);
        answer.headings = ORIGIN_HEADINGS;
        answer.loci = vec![
            LocusRow::sample("D5S818", ["I", "11, 12", "10, 13", "10"], "missing", "11, 12 not seen"),
            LocusRow::sample("VWA", ["II", "16, 17", "17, 18", "17, 18"], "missing", "16 not seen"),
            LocusRow::sample("TH01", ["III", "6, 9.3", "6, 9.3", "6"], "not_applicable", "not informative"),
        ];
        answer.caveats = &["Stroma and blood of the recipient in the sample may hide few donor cells."];
        let mut page = Self::sample_of("origin", ORIGIN_LEAD, &ORIGIN_AREAS);
        page.answer = Some(answer);
        page
    }

    /// A peak off the ladder.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "Query: “OL” at TH01 is off the ladder and cannot be compared: size the peak again, or leave the locus out.";
        page.frame.problems = vec![FieldProblem { field: "query".into(), text: text.into() }];
        if let Some(query) = page.profiles.first_mut() {
            query.field = Field::of("TH01 6,OL").refused(text);
        }
        page
    }
}

impl LocusRow {
    fn sample<const N: usize>(locus: &str, cells: [&str; N], shape: &'static str, word: &str) -> Self {
        let cells = cells.map(str::to_owned).to_vec();
        LocusRow { locus: locus.into(), cells, shape, word: word.into() }
    }
}

impl ScoreRow {
    fn samples(percent: &str, relation: &'static str) -> Vec<Self> {
        [
            ("Tanabe", "2 × 28 ÷ (29 + 29)"),
            ("Masters, from the query", "28 ÷ 29"),
            ("Masters, from the reference", "28 ÷ 29"),
        ]
        .into_iter()
        .map(|(name, arithmetic)| ScoreRow {
            name,
            arithmetic: arithmetic.into(),
            percent: Value::from(percent),
            unit: Unit::from("%"),
            relation,
        })
        .collect()
    }
}
