//! A stranger asks whether a certificate or a conditional notice is genuine.
//!
//! Promises: *valid* only for the bytes of a certificate that were issued (PDF or record) and that
//! stands, which are re-hashed from storage for the answer; of a revocation the day and the sort of
//! reason are told and nothing more; a changed file is *altered* when its number can still be read
//! and *unknown* otherwise; nothing is written and nobody needs to sign in.

use crate::certificate::printed_number;
use crate::domain::course::{ConditionalRelease, Course};
use crate::domain::entry::in_minutes;
use crate::domain::ids::{CertificateNumber, LotNumber, NoticeNumber};
use crate::domain::lot::Lot;
use crate::ledger::canonical::sha256_hex;
use crate::store::Issued;

use super::{App, Error};

/// What the stranger holds.
#[derive(Debug, Clone)]
pub enum Claim {
    /// A file.
    File(Vec<u8>),
    /// The SHA-256 of a file or record, and the number read from it if there is one.
    Hash {
        /// 64 hex digits.
        sha256: String,
        /// The number printed on it, of a certificate or a notice.
        number: Option<String>,
    },
    /// Only the number.
    Number(CertificateNumber),
    /// Only the number of a conditional notice.
    Notice(NoticeNumber),
}

/// The one-word answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authenticity {
    /// Issued here, and these are the issued bytes (or, for a number alone: issued here).
    Valid,
    /// A conditional notice that stands: no release certificate.
    Conditional,
    /// Withdrawn.
    Revoked,
    /// Replaced by a newer version.
    Superseded,
    /// Names a certificate issued here, but these are not its bytes.
    Altered,
    /// Nothing like it was issued here.
    Unknown,
}

impl Authenticity {
    /// The outcome in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Authenticity::Valid => "valid",
            Authenticity::Conditional => "conditional",
            Authenticity::Revoked => "revoked",
            Authenticity::Superseded => "superseded",
            Authenticity::Altered => "altered",
            Authenticity::Unknown => "unknown",
        }
    }
}

impl Authenticity {
    /// How the certificate that an answer is about stands; of an altered file nothing is said.
    pub fn of_certificate(self) -> &'static str {
        match self {
            Authenticity::Revoked => "revoked",
            Authenticity::Superseded => "superseded",
            _ => "valid",
        }
    }
}

/// A conditional notice with its lot.
#[derive(Debug, Clone)]
pub struct IssuedNotice {
    /// The lot.
    pub lot: LotNumber,
    /// What was issued.
    pub step: ConditionalRelease,
}

/// A paper that was issued here.
#[derive(Debug, Clone)]
pub enum Paper {
    /// A release certificate.
    Certificate(Issued),
    /// A conditional notice.
    Notice(IssuedNotice),
}

impl Paper {
    fn lot(&self) -> &LotNumber {
        match self {
            Paper::Certificate(issued) => &issued.lot,
            Paper::Notice(notice) => &notice.lot,
        }
    }

    /// What it is, and its number.
    fn named(&self) -> String {
        match self {
            Paper::Certificate(issued) => format!("certificate {}", issued.number),
            Paper::Notice(notice) => format!("conditional notice {}", notice.step.notice),
        }
    }

    fn hashes(&self) -> [&str; 2] {
        match self {
            Paper::Certificate(issued) => [&issued.pdf_sha256, &issued.record_sha256],
            Paper::Notice(notice) => [&notice.step.pdf_sha256, &notice.step.record_sha256],
        }
    }
}

/// The answer with what was checked.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The word.
    pub outcome: Authenticity,
    /// A sentence.
    pub detail: String,
    /// The certificate concerned, if it was issued here.
    pub certificate: Option<Issued>,
    /// The conditional notice concerned, if it was issued here.
    pub notice: Option<IssuedNotice>,
    /// What was checked, in sentences.
    pub checked: Vec<String>,
}

impl Answer {
    fn about(paper: Option<Paper>, outcome: Authenticity, detail: String, checked: Vec<String>) -> Self {
        let (certificate, notice) = match paper {
            Some(Paper::Certificate(issued)) => (Some(issued), None),
            Some(Paper::Notice(notice)) => (None, Some(notice)),
            None => (None, None),
        };
        Answer { outcome, detail, certificate, notice, checked }
    }
}

/// Answers a claim.
///
/// # Errors
/// Storage fails, or an issued document is no longer what it was.
pub fn verify_certificate(app: &App, claim: &Claim) -> Result<Answer, Error> {
    match claim {
        Claim::File(bytes) => by_hash(app, &sha256_hex(bytes), printed_number(bytes).as_deref(), true),
        Claim::Hash { sha256, number } => by_hash(app, &sha256.to_ascii_lowercase(), number.as_deref(), false),
        Claim::Number(number) => by_number(app, number.as_str()),
        Claim::Notice(number) => by_number(app, number.as_str()),
    }
}

/// The paper of this number, if it was issued here.
fn find(app: &App, number: &str) -> Result<Option<Paper>, Error> {
    if let Ok(number) = CertificateNumber::parse(number) {
        let issued = app.read(|view| Ok(view.certificate(&number)?.ok()))?;
        return Ok(issued.map(Paper::Certificate));
    }
    let Ok(number) = NoticeNumber::parse(number) else { return Ok(None) };
    let found = app.read(|view| Ok(view.notice(&number)?))?;
    Ok(found.map(|(lot, step)| Paper::Notice(IssuedNotice { lot, step })))
}

/// The paper whose PDF or record has this SHA-256.
fn find_hash(app: &App, sha256: &str) -> Result<Option<Paper>, Error> {
    app.read(|view| {
        if let Some(issued) = view.certificate_by_hash(sha256)? {
            return Ok(Some(Paper::Certificate(issued)));
        }
        Ok(view.notice_by_hash(sha256)?.map(|(lot, step)| Paper::Notice(IssuedNotice { lot, step })))
    })
}

fn by_hash(app: &App, sha256: &str, number: Option<&str>, computed: bool) -> Result<Answer, Error> {
    let hashed = if computed { "SHA-256 of the file computed here" } else { "SHA-256 as given" };
    let mut checked = vec![format!("{hashed}: {sha256}")];
    if let Some(paper) = find_hash(app, sha256)? {
        // The stored bytes are hashed again, so that a changed store is not called valid.
        app.read(|view| Ok(view.document(sha256)?))?;
        let what = if paper.hashes().first() == Some(&sha256) { "PDF" } else { "record" };
        let issued = paper.named().replace("certificate ", "");
        checked.push(format!("Equal to the {what} of {issued} as issued and as stored today"));
        let (outcome, stands) = standing(app, &paper)?;
        let detail = format!("This is the {what} of {} for lot {}, unchanged{}", paper.named(), paper.lot(), stands);
        return Ok(Answer::about(Some(paper), outcome, detail, checked));
    }
    checked.push("No certificate issued here has this SHA-256".into());
    let named = match number {
        Some(number) => find(app, number)?,
        None => None,
    };
    match named {
        Some(paper) => {
            let number = paper.named();
            let bare = number.rsplit(' ').next().unwrap_or_default();
            checked.push(format!("The file names {bare}, which was issued here with other content"));
            let detail = format!(
                "The file names {number}, but it is not the file that was issued. Do not rely on it; ask for the original."
            );
            Ok(Answer::about(Some(paper), Authenticity::Altered, detail, checked))
        }
        None => {
            let detail = "This is no certificate that was issued here.".to_owned();
            Ok(Answer::about(None, Authenticity::Unknown, detail, checked))
        }
    }
}

fn by_number(app: &App, number: &str) -> Result<Answer, Error> {
    let Some(paper) = find(app, number)? else {
        let noun = if number.starts_with("CN") { "conditional notice" } else { "certificate" };
        let detail = format!("No {noun} {number} was issued here.");
        let checked = vec![format!("{number} is not in the register")];
        return Ok(Answer::about(None, Authenticity::Unknown, detail, checked));
    };
    let [pdf, record] = paper.hashes();
    app.read(|view| Ok((view.document(pdf)?, view.document(record)?)))?;
    let (outcome, stands) = standing(app, &paper)?;
    let mut named = paper.named();
    if let Some(first) = named.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let stands = if outcome == Authenticity::Valid && stands == "." { " and stands.".to_owned() } else { stands };
    let detail = format!(
        "{named} was issued for lot {}{stands} That says nothing about the paper in your hand: compare the record hash \
         printed on it, or check the PDF file itself.",
        paper.lot()
    );
    let checked = vec![
        format!("{number} is in the register"),
        "Its PDF and its record are stored unchanged".into(),
        format!("Record SHA-256: {record}"),
    ];
    Ok(Answer::about(Some(paper), outcome, detail, checked))
}

/// How a certificate of this lot stands today.
pub fn certificate_standing(lot: &Lot, number: &CertificateNumber) -> Authenticity {
    if lot.course.revocation.is_some() {
        Authenticity::Revoked
    } else if lot.course.supersessions.iter().any(|s| s.certificate == *number) {
        Authenticity::Superseded
    } else {
        Authenticity::Valid
    }
}

/// How a paper that was issued here stands today, and the end of the sentence that says so.
fn standing(app: &App, paper: &Paper) -> Result<(Authenticity, String), Error> {
    let lot: Lot = app.read(|view| Ok(view.lot(paper.lot())??))?;
    let course: &Course = &lot.course;
    if let Some(revocation) = &course.revocation {
        let when = in_minutes(revocation.at);
        return Ok((Authenticity::Revoked, format!(", and was revoked on {when}: {}.", revocation.class)));
    }
    let newest = lot.standing_certificate().map(ToString::to_string).unwrap_or_default();
    match paper {
        Paper::Certificate(issued) => {
            if let Some(replaced) = course.supersessions.iter().find(|s| s.certificate == issued.number) {
                let when = in_minutes(replaced.at);
                let ends =
                    format!(", and was replaced on {when} by certificate {newest}, because something on it was wrong.");
                return Ok((Authenticity::Superseded, ends));
            }
            let replaces = course.supersessions.iter().find(|s| s.by_certificate == issued.number);
            let ends = replaces.map_or(".".to_owned(), |s| format!(", and stands; it replaces {}.", s.certificate));
            Ok((Authenticity::Valid, ends))
        }
        Paper::Notice(_) if newest.is_empty() => {
            let ends = ". It is a conditional notice, not a release certificate: results are still to come.";
            Ok((Authenticity::Conditional, ends.to_owned()))
        }
        Paper::Notice(_) => {
            Ok((Authenticity::Superseded, format!(". It was a conditional notice; certificate {newest} followed it.")))
        }
    }
}
