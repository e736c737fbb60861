//! The search field: what names one thing exactly leads straight to it.

use crate::domain::ids::{CertificateNumber, LotNumber, NoticeNumber};
use crate::web::places;
use crate::workflow::{App, Error};

/// Where a search leads that names one thing exactly: a lot, a certificate, a conditional notice,
/// the hash of a document.
///
/// # Errors
/// The database fails.
pub fn exactly(app: &App, search: &str) -> Result<Option<String>, Error> {
    let hash: String = search.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return by_hash(app, &hash);
    }
    if let Ok(number) = CertificateNumber::parse(search) {
        let issued = app.read(|view| Ok(view.certificate(&number)?))?;
        return Ok(issued.ok().map(|i| format!("/certificates/{}", i.number)));
    }
    if let Ok(number) = NoticeNumber::parse(search) {
        let issued = app.read(|view| Ok(view.notice(&number)?))?;
        return Ok(issued.map(|(_, step)| format!("/notices/{}", step.notice)));
    }
    let Ok(number) = LotNumber::parse(search) else { return Ok(None) };
    let lot = app.read(|view| Ok(view.lot(&number)?))?;
    Ok(lot.ok().map(|lot| places::page(lot.details.stage, lot.number())))
}

fn by_hash(app: &App, sha256: &str) -> Result<Option<String>, Error> {
    app.read(|view| {
        if let Some(issued) = view.certificate_by_hash(sha256)? {
            return Ok(Some(format!("/certificates/{}", issued.number)));
        }
        Ok(view.notice_by_hash(sha256)?.map(|(_, step)| format!("/notices/{}", step.notice)))
    })
}
