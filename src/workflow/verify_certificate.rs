//! A stranger asks whether a certificate or a conditional notice is genuine.
//!
//! Promises: *valid* only for the bytes of a certificate that were issued (PDF or record) and that
//! stands, which are re-hashed from storage for the answer; of a revocation the day and the sort of
//! reason are told and nothing more; a changed file is *altered* when its number can still be read
//! and *unknown* otherwise; of a conditional notice it is never said that it is valid; nothing is
//! written and nobody needs to sign in.

use crate::certificate::printed_number;
use crate::domain::course::{ConditionalRelease, Course, Revocation, RevocationClass};
use crate::domain::entry::in_minutes;
use crate::domain::ids::{CertificateNumber, LotNumber, NoticeNumber};
use crate::domain::lot::{Decision, Lot};
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
    /// A conditional notice that a release certificate followed.
    Followed,
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
            Authenticity::Followed => "followed",
            Authenticity::Revoked => "revoked",
            Authenticity::Superseded => "superseded",
            Authenticity::Altered => "altered",
            Authenticity::Unknown => "unknown",
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
    /// How that paper stands today; also of one that an altered file names.
    pub stands: Option<Authenticity>,
    /// The certificate that replaced the certificate, or followed the notice.
    pub newer: Option<CertificateNumber>,
    /// What was checked, in sentences.
    pub checked: Vec<String>,
}

impl Answer {
    fn unknown(detail: String, checked: Vec<String>) -> Self {
        let outcome = Authenticity::Unknown;
        Answer { outcome, detail, certificate: None, notice: None, stands: None, newer: None, checked }
    }

    fn about(paper: Paper, standing: Standing, outcome: Authenticity, detail: String, checked: Vec<String>) -> Self {
        let (certificate, notice) = match paper {
            Paper::Certificate(issued) => (Some(issued), None),
            Paper::Notice(notice) => (None, Some(notice)),
        };
        Answer { outcome, detail, certificate, notice, stands: Some(standing.today), newer: standing.newer, checked }
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
        let standing = standing(app, &paper)?;
        let detail =
            format!("This is the {what} of {} for lot {}, unchanged{}", paper.named(), paper.lot(), standing.ends);
        let outcome = standing.today;
        return Ok(Answer::about(paper, standing, outcome, detail, checked));
    }
    checked.push("No certificate and no conditional notice issued here has this SHA-256".into());
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
            let standing = standing(app, &paper)?;
            Ok(Answer::about(paper, standing, Authenticity::Altered, detail, checked))
        }
        None => Ok(Answer::unknown("This is no certificate or notice that was issued here.".to_owned(), checked)),
    }
}

fn by_number(app: &App, number: &str) -> Result<Answer, Error> {
    let Some(paper) = find(app, number)? else {
        let noun = if number.starts_with("CN") { "conditional notice" } else { "certificate" };
        let detail = format!("No {noun} {number} was issued here.");
        return Ok(Answer::unknown(detail, vec![format!("{number} is not in the register")]));
    };
    let [pdf, record] = paper.hashes();
    app.read(|view| Ok((view.document(pdf)?, view.document(record)?)))?;
    let standing = standing(app, &paper)?;
    let mut named = paper.named();
    if let Some(first) = named.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let stands = match standing.ends.as_str() {
        "." if standing.today == Authenticity::Valid => " and stands.",
        ends => ends,
    };
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
    let outcome = standing.today;
    Ok(Answer::about(paper, standing, outcome, detail, checked))
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

/// How a conditional notice of this lot stands today.
pub fn notice_standing(lot: &Lot) -> Authenticity {
    if lot.course.revocation.is_some() {
        Authenticity::Revoked
    } else if lot.standing_notice().is_some() {
        Authenticity::Conditional
    } else {
        Authenticity::Followed
    }
}

/// The release certificate that followed a lot's conditional notice, in its newest version, also
/// where it was revoked since.
pub fn followed_by(lot: &Lot) -> Option<&CertificateNumber> {
    let Some(Decision::Released { certificate, .. }) = &lot.decision else { return None };
    Some(lot.course.supersessions.last().map_or(certificate, |s| &s.by_certificate))
}

/// Why a notice was revoked, as strangers are told: the sort of reason alone. A lot with a notice
/// and no certificate had not been released.
pub fn notice_revoked_because(revocation: &Revocation) -> String {
    match (revocation.class, &revocation.certificate) {
        (RevocationClass::LateFailingResult, None) => {
            "a result failed after the lot had been conditionally released".to_owned()
        }
        (class, _) => class.to_string(),
    }
}

/// How a paper stands.
struct Standing {
    today: Authenticity,
    /// The end of the sentence that says so.
    ends: String,
    newer: Option<CertificateNumber>,
}

impl Standing {
    fn new(today: Authenticity, ends: impl Into<String>) -> Self {
        Standing { today, ends: ends.into(), newer: None }
    }
}

/// How a paper that was issued here stands today.
fn standing(app: &App, paper: &Paper) -> Result<Standing, Error> {
    let lot: Lot = app.read(|view| Ok(view.lot(paper.lot())??))?;
    Ok(match paper {
        Paper::Certificate(issued) => of_certificate(issued, &lot),
        Paper::Notice(_) => of_notice(&lot),
    })
}

fn of_certificate(issued: &Issued, lot: &Lot) -> Standing {
    let course: &Course = &lot.course;
    let replaced = course.supersessions.iter().find(|s| s.certificate == issued.number);
    let mut standing = match (&course.revocation, replaced) {
        (Some(revocation), _) => {
            let when = in_minutes(revocation.at);
            Standing::new(Authenticity::Revoked, format!(", and was revoked on {when}: {}.", revocation.class))
        }
        (None, Some(replaced)) => {
            let (when, newest) = (in_minutes(replaced.at), newest(lot));
            let ends =
                format!(", and was replaced on {when} by certificate {newest}, because something on it was wrong.");
            Standing::new(Authenticity::Superseded, ends)
        }
        (None, None) => {
            let replaces = course.supersessions.iter().find(|s| s.by_certificate == issued.number);
            let ends = replaces.map_or(".".to_owned(), |s| format!(", and stands; it replaces {}.", s.certificate));
            Standing::new(Authenticity::Valid, ends)
        }
    };
    standing.newer = replaced.map(|s| s.by_certificate.clone());
    standing
}

fn newest(lot: &Lot) -> String {
    followed_by(lot).map(ToString::to_string).unwrap_or_default()
}

fn of_notice(lot: &Lot) -> Standing {
    let today = notice_standing(lot);
    let mut standing = match (&lot.course.revocation, &lot.decision) {
        (Some(revocation), _) => {
            let (when, because) = (in_minutes(revocation.at), notice_revoked_because(revocation));
            Standing::new(today, format!(", and was revoked on {when}: {because}."))
        }
        (None, Some(Decision::Released { at, .. })) => {
            let (when, newest) = (in_minutes(*at), newest(lot));
            let ends = format!(
                ". It was a conditional notice, never a release certificate: the lot was released on {when}, and \
                 certificate {newest} followed it."
            );
            Standing::new(today, ends)
        }
        _ => {
            let ends = ". It is a conditional notice, not a release certificate: results were still to come when it was \
                        issued, and no release certificate has followed.";
            Standing::new(today, ends)
        }
    };
    standing.newer = followed_by(lot).cloned();
    standing
}
