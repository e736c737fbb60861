//! The page for strangers: is this certificate the one that was issued?

use askama::Template;

use super::marks::Standing;
use super::parts::{Fact, Field, FieldProblem, Frame, Moment};
use super::samples;

/// `GET /verify`, `GET /verify/{number}` and the answer to `POST /verify`.
#[derive(Debug, Clone, Template)]
#[template(path = "verify/show.html")]
pub struct VerifyPage {
    /// The frame.
    pub frame: Frame,
    /// The number as typed or scanned.
    pub number: Field,
    /// What is wrong with the file that was sent.
    pub file_problem: Option<String>,
    /// The answer, when something was asked.
    pub answer: Option<Answer>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The large word.
    pub standing: Standing,
    /// What that means here, in a sentence.
    pub detail: String,
    /// The certificate concerned; empty when there is none.
    pub certificate: Vec<Fact>,
    /// What was checked, line by line.
    pub checked: Vec<Checked>,
    /// When this answer was given.
    pub at: Moment,
}

/// One thing that was checked.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The sentence.
    pub text: String,
    /// The hash it ends with; empty when it ends with none.
    pub hash: String,
}

impl From<&str> for Checked {
    fn from(sentence: &str) -> Self {
        match sentence.rsplit_once(' ') {
            Some((text, hash)) if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Checked { text: text.to_owned(), hash: hash.to_owned() }
            }
            _ => Checked { text: sentence.to_owned(), hash: String::new() },
        }
    }
}

impl VerifyPage {
    /// Every standing, for the answers a script shows.
    pub fn standings(&self) -> &'static [Standing] {
        &Standing::ALL
    }

    /// Nothing asked yet.
    pub fn sample() -> Self {
        let mut frame = samples::stranger_frame("Verify a certificate", "verify");
        frame.banner = String::new();
        Self { frame, number: Field::default(), file_problem: None, answer: None }
    }

    /// One sample per standing.
    pub fn sample_answer(standing: Standing) -> Self {
        let mut page = Self::sample();
        let hashed = format!("SHA-256 of the file computed here: {}", samples::OTHER_HASH);
        let (detail, checked) = match standing {
            Standing::Authentic => (
                "This is the PDF of certificate RC-2026-000003 for lot AD-26-0003, unchanged.",
                vec![hashed.as_str(), "Equal to the PDF of RC-2026-000003 as issued and as stored today"],
            ),
            Standing::Altered => (
                "The file names certificate RC-2026-000003, but it is not the file that was issued.",
                vec![hashed.as_str(), "No certificate and no conditional notice issued here has this SHA-256"],
            ),
            Standing::Unknown => (
                "This is no certificate or notice that was issued here.",
                vec![hashed.as_str(), "No certificate and no conditional notice issued here has this SHA-256"],
            ),
            Standing::Issued => {
                page.number = Field::of("RC-2026-000003");
                (
                    "Certificate RC-2026-000003 was issued for lot AD-26-0003 and stands. That says nothing about the paper in your hand: \
                  compare the record hash printed on it, or check the PDF file itself.",
                    vec!["RC-2026-000003 is in the register", "Its PDF and its record are stored unchanged"],
                )
            }
            Standing::Conditional => (
                "This is the PDF of conditional notice CN-2026-000001 for lot AD-26-0003, unchanged. It is a conditional \
                 notice, not a release certificate: results are still to come.",
                vec![hashed.as_str()],
            ),
            Standing::Followed => (
                "This is the PDF of conditional notice CN-2026-000001 for lot AD-26-0003, unchanged. It was a conditional \
                 notice, never a release certificate: the lot was released on 2026-12-09 10:15 +08:00, and certificate \
                 RC-2026-000003 followed it.",
                vec![hashed.as_str()],
            ),
            Standing::Revoked => (
                "This is the PDF of certificate RC-2026-000003 for lot AD-26-0003, unchanged, and was revoked on \
                 2026-12-09 10:15 +08:00: a result failed after the lot had been released.",
                vec![hashed.as_str()],
            ),
            Standing::Superseded => {
                ("Certificate RC-2026-000003 was replaced by RC-2026-000004.", vec![hashed.as_str()])
            }
        };
        let mut certificate = vec![
            Fact::new("Certificate", "RC-2026-000003"),
            Fact::new("Lot", "AD-26-0003"),
            Fact::new("Issued", "2026-11-26 12:02 +08:00"),
        ];
        if matches!(standing, Standing::Conditional | Standing::Followed) {
            certificate[0] = Fact::new("Conditional notice", "CN-2026-000001");
        }
        if standing == Standing::Followed {
            certificate.push(Fact::new("Followed by", "RC-2026-000003").linked("/verify/RC-2026-000003"));
        }
        if standing == Standing::Unknown {
            certificate.clear();
        }
        page.answer = Some(Answer {
            standing,
            detail: detail.into(),
            certificate,
            checked: checked.into_iter().map(Checked::from).collect(),
            at: Moment::sample("2026-11-26 14:05", ""),
        });
        page
    }

    /// A number nobody could have printed.
    pub fn sample_refused() -> Self {
        let mut page = Self::sample();
        let text = "A certificate number looks like RC-2026-000001. You typed RC-26-1: copy it from the top of the certificate.";
        page.number = Field::of("RC-26-1").refused(text);
        page.frame.problems = vec![FieldProblem { field: "number".into(), text: text.into() }];
        page
    }
}
