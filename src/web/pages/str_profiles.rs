//! STR profiles as text: two for identity, three for origin. Nothing is written.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::parts::{Field, FieldProblem, Unit, Value};
use super::view::str_profiles::{
    IDENTITY_AREAS, IDENTITY_HEADINGS, IDENTITY_LEAD, LocusRow, ORIGIN_AREAS, ORIGIN_HEADINGS, ORIGIN_LEAD,
    ProfileArea, ScoreRow, StrAnswer, StrPage, questions,
};
use super::visit::{Visit, html, signed_in};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::str_comparison::{self, ComparedLocus, Comparison, Conclusion, Relation, Score};
use crate::domain::str_origin::{self, Origin, OriginLocus};
use crate::domain::str_profile::{Locus, Profile, in_words};
use crate::workflow::Error;

/// `GET /str`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let question = Question::of(&visit.query("question"));
        page(visit, question, &Form::default(), Refused::default(), None)
    })
    .await
}

/// `POST /str`: the answer, above what was typed.
pub async fn answer(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let question = Question::of(form.get("question"));
        let (answer, refused) = match question {
            Question::Identity => told(read(&form, IDENTITY_AREAS), |[query, reference]| {
                let scored = !form.get("amelogenin").is_empty();
                identity(visit, &str_comparison::compare(&query, &reference, scored))
            }),
            Question::Origin => told(read(&form, ORIGIN_AREAS), |[donor, recipient, sample]| {
                whose(visit, &str_origin::origin(&donor, &recipient, &sample))
            }),
        };
        page(visit, question, &form, refused, answer)
    })
    .await
}

/// What is asked.
#[derive(Clone, Copy)]
enum Question {
    Identity,
    Origin,
}

impl Question {
    fn of(text: &str) -> Self {
        if text == "origin" { Question::Origin } else { Question::Identity }
    }
}

/// The answer, or what is wrong with the profiles.
fn told<const N: usize>(
    read: Result<[Profile; N], Refused>,
    answer: impl FnOnce([Profile; N]) -> StrAnswer,
) -> (Option<StrAnswer>, Refused) {
    match read {
        Ok(profiles) => (Some(answer(profiles)), Refused::default()),
        Err(refused) => (None, refused),
    }
}

fn page(
    visit: &Visit,
    question: Question,
    form: &Form,
    refused: Refused,
    answer: Option<StrAnswer>,
) -> Result<HttpResponse, Error> {
    let area = |&(id, label, hint): &(&'static str, &'static str, &'static str)| {
        // Beside the field its label need not be said again.
        let here = refused.0.iter().filter(|p| p.field == id);
        let here: Vec<&str> = here.map(|p| p.text.trim_start_matches(label).trim_start_matches(": ")).collect();
        let problem = (!here.is_empty()).then(|| here.join(" "));
        ProfileArea { id, label, hint, field: Field { value: form.get(id).to_owned(), problem } }
    };
    let (question, lead, profiles, amelogenin) = match question {
        Question::Identity => {
            let ticked = !form.get("amelogenin").is_empty();
            ("identity", IDENTITY_LEAD, IDENTITY_AREAS.iter().map(area).collect(), Some(ticked))
        }
        Question::Origin => ("origin", ORIGIN_LEAD, ORIGIN_AREAS.iter().map(area).collect(), None),
    };
    let mut frame = visit.frame("Compare STR profiles", "str", "");
    frame.problems = refused.0.clone();
    let status = if refused.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    html(status, &StrPage { frame, question, questions: questions(question), lead, profiles, amelogenin, answer })
}

/// The profiles of a form, or everything that is wrong with any of them, at its text area.
fn read<const N: usize>(form: &Form, areas: [(&str, &str, &str); N]) -> Result<[Profile; N], Refused> {
    let mut problems = Vec::new();
    let profiles = areas.map(|(id, label, _)| {
        let typed = lines(form.get(id));
        let read = match typed.is_empty() {
            true => Err(Refusal::field(Code::InvalidField, id, "Nothing is typed. Give one locus per line.")),
            false => Profile::parse(id, typed.iter().map(|(locus, alleles)| (locus, alleles))),
        };
        read.unwrap_or_else(|refusal| {
            let problem = |detail: &str| FieldProblem { field: id.to_owned(), text: format!("{label}: {detail}") };
            problems.extend(refusal.fields.iter().map(|f| problem(&f.detail)));
            Profile::default()
        })
    });
    if problems.is_empty() { Ok(profiles) } else { Err(Refused(problems)) }
}

/// What stands between the alleles of a line: commas, cells of a spreadsheet, quotes of a CSV file.
fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | ':' | '=' | '/' | '|' | '"')
}

/// Loci with their alleles, one per line. A line of headings and a dash for "not called" say
/// nothing.
pub(super) fn lines(text: &str) -> Vec<(String, Vec<String>)> {
    let mut loci = Vec::new();
    for line in text.lines().map(|line| line.trim_matches(is_between)).filter(|line| !line.is_empty()) {
        let (locus, alleles) = line.split_at(end_of_locus(line));
        let locus = locus.trim_matches(is_between);
        if ["locus", "loci", "marker", "system"].iter().any(|heading| locus.eq_ignore_ascii_case(heading)) {
            continue;
        }
        let alleles = alleles.split(is_between).filter(|a| !matches!(*a, "" | "-" | "–"));
        loci.push((locus.to_owned(), alleles.map(str::to_owned).collect()));
    }
    loci
}

/// Where the locus of a line ends: at the end of its cell if it has cells, or at the first blank,
/// unless that stands inside `Penta D`.
fn end_of_locus(line: &str) -> usize {
    let cell = line.find(['\t', ':', '=']);
    let blank = line.find(is_between).unwrap_or(line.len());
    let (first, rest) = line.split_at(blank);
    match cell {
        Some(end) => end,
        None if first.eq_ignore_ascii_case("penta") && rest.starts_with(' ') => {
            rest.trim_start().find(is_between).map_or(line.len(), |end| line.len() - rest.trim_start().len() + end)
        }
        None => blank,
    }
}

fn names(loci: &[Locus]) -> String {
    loci.iter().map(Locus::as_str).collect::<Vec<_>>().join(", ")
}

fn identity(visit: &Visit, compared: &Comparison) -> StrAnswer {
    let (shape, word) = match compared.conclusion {
        Conclusion::Match => ("pass", "MATCH"),
        Conclusion::Investigate => ("pending", "INVESTIGATE"),
        Conclusion::Exclusion => ("fail", "EXCLUSION"),
        Conclusion::Mixed => ("fail", "MIXED PROFILE"),
        Conclusion::TooFewLoci => ("indeterminate", "TOO FEW LOCI"),
        Conclusion::NotComparable => ("indeterminate", "NOT COMPARABLE"),
    };
    let sex = compared.amelogenin.iter().filter(|sex| !compared.loci.contains(sex));
    let only = |whose: &str, loci: &[Locus]| {
        (!loci.is_empty()).then(|| format!("Only in the {whose}, so not compared: {}.", names(loci)))
    };
    let only = [only("query", &compared.only_query), only("reference", &compared.only_reference)];
    StrAnswer {
        shape,
        word,
        because: compared.because.clone(),
        remarks: compared.remarks.clone(),
        headings: IDENTITY_HEADINGS,
        loci: compared.loci.iter().chain(sex).map(compared_row).collect(),
        not_compared: only.into_iter().flatten().collect(),
        scores: scores(compared),
        thresholds: str_comparison::THRESHOLDS,
        caveats: &[],
        at: shown::plain_moment(visit.now, visit.zone),
    }
}

fn compared_row(l: &ComparedLocus) -> LocusRow {
    let (shape, word) = match (l.is_concordant(), l.locus.is_amelogenin()) {
        (true, false) => ("pass", "agrees"),
        (false, false) => ("fail", "differs"),
        (true, true) => ("reported", "agrees; the sex only"),
        (false, true) => ("reported", "differs; the sex only"),
    };
    let cells = [&l.query, &l.reference, &l.shared].map(in_words).to_vec();
    LocusRow { locus: l.locus.to_string(), cells, shape, word: word.to_owned() }
}

fn scores(c: &Comparison) -> Vec<ScoreRow> {
    let row = |name, arithmetic: String, score: &Score| ScoreRow {
        name,
        arithmetic,
        percent: score.percent.map_or(Value::None, |p| Value::from(p.to_string().as_str())),
        unit: Unit::from("%"),
        relation: match score.relation {
            Relation::Related => "related",
            Relation::Ambiguous => "ambiguous",
            Relation::Unrelated => "unrelated",
            Relation::TooFewLoci => "too few loci to say",
            Relation::NotComparable => "nothing to compare",
        },
    };
    let (shared, query, reference) = (c.shared, c.n_query, c.n_reference);
    vec![
        row("Tanabe", format!("2 × {shared} ÷ ({query} + {reference})"), &c.tanabe),
        row("Masters, from the query", format!("{shared} ÷ {query}"), &c.masters_query),
        row("Masters, from the reference", format!("{shared} ÷ {reference}"), &c.masters_reference),
    ]
}

fn whose(visit: &Visit, origin: &Origin) -> StrAnswer {
    let (shape, word) = match origin.conclusion {
        str_origin::Conclusion::DonorAllelesObserved => ("reported", "DONOR’S ALLELES SEEN"),
        str_origin::Conclusion::ConsistentWithRecipient => ("reported", "FITS THE RECIPIENT"),
        str_origin::Conclusion::ConsistentWithBoth => ("indeterminate", "FITS EITHER"),
        str_origin::Conclusion::UnexplainedAlleles => ("indeterminate", "UNEXPLAINED ALLELES"),
        str_origin::Conclusion::NotInformative => ("indeterminate", "NOTHING CAN BE SAID"),
    };
    let not_compared = match origin.not_compared.as_slice() {
        [] => vec![],
        loci => vec![format!("Not called in all three, so not compared: {}.", names(loci))],
    };
    StrAnswer {
        shape,
        word,
        because: origin.because.clone(),
        remarks: origin.remarks.clone(),
        headings: ORIGIN_HEADINGS,
        loci: origin.loci.iter().map(origin_row).collect(),
        not_compared,
        scores: vec![],
        thresholds: "",
        caveats: &str_origin::CAVEATS,
        at: shown::plain_moment(visit.now, visit.zone),
    }
}

fn origin_row(l: &OriginLocus) -> LocusRow {
    let (shape, mut word) = if !l.is_informative() {
        ("not_applicable", "not informative".to_owned())
    } else if l.observed.is_empty() {
        ("missing", format!("{} not seen", in_words(&l.donor_specific)))
    } else {
        ("reported", format!("{} seen", in_words(&l.observed)))
    };
    if !l.in_neither.is_empty() {
        word.push_str(&format!("; {} of neither", in_words(&l.in_neither)));
    }
    let alleles = [&l.donor, &l.recipient, &l.sample].map(in_words);
    let cells = std::iter::once(l.kind.as_str().to_owned()).chain(alleles).collect();
    LocusRow { locus: l.locus.to_string(), cells, shape, word }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_lines(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|(locus, alleles)| format!("{locus}={}", alleles.join(","))).collect()
    }

    #[test]
    fn every_way_to_write_a_line_is_read() {
        for (typed, read) in [
            ("D5S818 11,12", "D5S818=11,12"),
            ("D5S818\t11\t12", "D5S818=11,12"),
            ("D5S818\t11, 12\t", "D5S818=11,12"),
            ("\t D5S818 \t 11 \t\t", "D5S818=11"),
            ("D5S818: 11, 12", "D5S818=11,12"),
            ("D5S818=11,12;", "D5S818=11,12"),
            ("D5S818,11,12", "D5S818=11,12"),
            ("\"D5S818\",\"11\",\"12\"", "D5S818=11,12"),
            ("D5S818\u{A0}11/12", "D5S818=11,12"),
            ("Penta D 9,12", "Penta D=9,12"),
            ("Penta  E\t9\t12", "Penta  E=9,12"),
            ("penta D", "penta D="),
            ("Penta D,9,12", "Penta D=9,12"),
            ("TH01 6 9.3", "TH01=6,9.3"),
            ("FGA", "FGA="),
            ("FGA\t-\t–", "FGA="),
            ("Y indel\t2", "Y indel=2"),
            ("AMEL X/Y", "AMEL=X,Y"),
            ("TH01 6,OL", "TH01=6,OL"),
            ("11 12", "11=12"),
        ] {
            assert_eq!(read_lines(typed), [read], "{typed:?}");
        }
    }

    #[test]
    fn a_pasted_table_loses_its_headings_and_blank_lines_and_nothing_else() {
        let pasted = "Locus\tAllele 1\tAllele 2\r\nD5S818\t11\t12\r\n\r\n  \t\t\r\nTH01\t6\t9.3\r\nTPOX\t8\t\r\n";
        assert_eq!(read_lines(pasted), ["D5S818=11,12", "TH01=6,9.3", "TPOX=8"]);
        assert!(lines(" \n\t\n,,,\n").is_empty());
    }
}
