//! A stranger asks whether a certificate is genuine.
//!
//! Promises: *valid* only for the bytes that were issued (PDF or record), which are re-hashed
//! from storage for the answer; a changed file is *altered* when its number can still be read
//! and *unknown* otherwise; nothing is written and nobody needs to sign in.

use crate::certificate::printed_number;
use crate::domain::ids::CertificateNumber;
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
        /// The number printed on it.
        number: Option<CertificateNumber>,
    },
    /// Only the number.
    Number(CertificateNumber),
}

/// The one-word answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authenticity {
    /// Issued here, and these are the issued bytes (or, for a number alone: issued here).
    Valid,
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
            Authenticity::Revoked => "revoked",
            Authenticity::Superseded => "superseded",
            Authenticity::Altered => "altered",
            Authenticity::Unknown => "unknown",
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
    /// What was checked, in sentences.
    pub checked: Vec<String>,
}

/// Answers a claim.
///
/// # Errors
/// Storage fails, or an issued document is no longer what it was.
pub fn verify_certificate(app: &App, claim: &Claim) -> Result<Answer, Error> {
    match claim {
        Claim::File(bytes) => by_hash(app, &sha256_hex(bytes), printed_number(bytes).as_deref(), true),
        Claim::Hash { sha256, number } => {
            by_hash(app, &sha256.to_ascii_lowercase(), number.as_ref().map(CertificateNumber::as_str), false)
        }
        Claim::Number(number) => by_number(app, number),
    }
}

fn by_hash(app: &App, sha256: &str, number: Option<&str>, computed: bool) -> Result<Answer, Error> {
    let hashed = if computed { "SHA-256 of the file computed here" } else { "SHA-256 as given" };
    let mut checked = vec![format!("{hashed}: {sha256}")];
    if let Some(issued) = app.read(|view| Ok(view.certificate_by_hash(sha256)?))? {
        // The stored bytes are hashed again, so that a changed store is not called valid.
        app.read(|view| Ok(view.document(sha256)?))?;
        let what = if issued.pdf_sha256 == sha256 { "PDF" } else { "record" };
        checked.push(format!("Equal to the {what} of {} as issued and as stored today", issued.number));
        let detail = format!("This is the {what} of certificate {} for lot {}, unchanged.", issued.number, issued.lot);
        return Ok(Answer { outcome: Authenticity::Valid, detail, certificate: Some(issued), checked });
    }
    checked.push("No certificate issued here has this SHA-256".into());
    let issued = match number.and_then(|n| CertificateNumber::parse(n).ok()) {
        Some(number) => app.read(|view| Ok(view.certificate(&number)?.ok()))?,
        None => None,
    };
    match issued {
        Some(issued) => {
            checked.push(format!("The file names {}, which was issued here with other content", issued.number));
            let detail = format!(
                "The file names certificate {}, but it is not the file that was issued. Do not rely on it; ask for the \
                 original.",
                issued.number
            );
            Ok(Answer { outcome: Authenticity::Altered, detail, certificate: Some(issued), checked })
        }
        None => {
            let detail = "This is no certificate that was issued here.".to_owned();
            Ok(Answer { outcome: Authenticity::Unknown, detail, certificate: None, checked })
        }
    }
}

fn by_number(app: &App, number: &CertificateNumber) -> Result<Answer, Error> {
    let issued = app.read(|view| Ok(view.certificate(number)?.ok()))?;
    let Some(issued) = issued else {
        let detail = format!("No certificate {number} was issued here.");
        let checked = vec![format!("{number} is not in the register")];
        return Ok(Answer { outcome: Authenticity::Unknown, detail, certificate: None, checked });
    };
    app.read(|view| Ok((view.document(&issued.pdf_sha256)?, view.document(&issued.record_sha256)?)))?;
    let detail = format!(
        "Certificate {number} was issued for lot {} and stands. That says nothing about the paper in your hand: compare \
         the record hash printed on it, or check the PDF file itself.",
        issued.lot
    );
    let checked = vec![
        format!("{number} is in the register"),
        "Its PDF and its record are stored unchanged".into(),
        format!("Record SHA-256: {}", issued.record_sha256),
    ];
    Ok(Answer { outcome: Authenticity::Valid, detail, certificate: Some(issued), checked })
}
