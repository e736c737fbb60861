//! Issued certificates and the documents they consist of.
//!
//! Promises: issued bytes are stored once and served for ever, never rendered again.

use diesel::prelude::*;

use super::error::{StoreError, inconsistent};
use super::schema::{certificates, documents};
use super::{Tx, View};
use crate::domain::ids::{CertificateNumber, LotNumber};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical::sha256_hex;

/// An issued certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Number.
    pub number: CertificateNumber,
    /// Lot.
    pub lot: LotNumber,
    /// When.
    pub issued_at: Moment,
    /// SHA-256 of the record.
    pub record_sha256: String,
    /// SHA-256 of the PDF.
    pub pdf_sha256: String,
    /// Ledger entry of the release.
    pub entry: i64,
}

type Row = (String, i64, String, String, String, String, i64);

fn read(row: Row) -> Result<Issued, StoreError> {
    let (number, _, lot, issued_at, record_sha256, pdf_sha256, entry) = row;
    let wrong = |column: &'static str, e: Refusal| inconsistent("certificates", column, &number, e);
    Ok(Issued {
        number: CertificateNumber::parse(&number).map_err(|e| wrong("number", e))?,
        lot: LotNumber::parse(&lot).map_err(|e| wrong("lot", e))?,
        issued_at: Moment::parse("issued_at", &issued_at).map_err(|e| wrong("issued_at", e))?,
        record_sha256,
        pdf_sha256,
        entry,
    })
}

impl View<'_> {
    /// How many certificates have been issued.
    ///
    /// # Errors
    /// The database fails.
    pub fn certificates_issued(&mut self) -> Result<i64, StoreError> {
        Ok(certificates::table.count().get_result(self.0)?)
    }

    /// The certificate of this number.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that none was issued.
    pub fn certificate(&mut self, number: &CertificateNumber) -> Result<Result<Issued, Refusal>, StoreError> {
        let row: Option<Row> = certificates::table.find(number.as_str()).first(self.0).optional()?;
        match row {
            Some(row) => read(row).map(Ok),
            None => Ok(Err(Refusal::new(Code::NoSuchCertificate, format!("No certificate {number} was issued here.")))),
        }
    }

    /// The newest certificate of a lot.
    ///
    /// # Errors
    /// The database fails.
    pub fn certificate_of(&mut self, lot: &LotNumber) -> Result<Option<Issued>, StoreError> {
        let of_lot = certificates::table.filter(certificates::lot.eq(lot.as_str()));
        let row: Option<Row> = of_lot.order(certificates::entry.desc()).first(self.0).optional()?;
        row.map(read).transpose()
    }

    /// The certificate whose PDF or record has this SHA-256.
    ///
    /// # Errors
    /// The database fails.
    pub fn certificate_by_hash(&mut self, sha256: &str) -> Result<Option<Issued>, StoreError> {
        let either = certificates::pdf_sha256.eq(sha256).or(certificates::record_sha256.eq(sha256));
        let row: Option<Row> = certificates::table.filter(either).first(self.0).optional()?;
        row.map(read).transpose()
    }

    /// Certificates, newest first, from the one before this ordinal's entry.
    ///
    /// # Errors
    /// The database fails.
    pub fn certificates(&mut self, before_entry: Option<i64>, limit: i64) -> Result<Vec<Issued>, StoreError> {
        let mut query = certificates::table.into_boxed();
        if let Some(before) = before_entry {
            query = query.filter(certificates::entry.lt(before));
        }
        let rows: Vec<Row> = query.order(certificates::entry.desc()).limit(limit).load(self.0)?;
        rows.into_iter().map(read).collect()
    }

    /// A document by its hash, checked against it.
    ///
    /// # Errors
    /// The database fails, the document is not there, or its bytes are not those of its hash.
    pub fn document(&mut self, sha256: &str) -> Result<Vec<u8>, StoreError> {
        let bytes: Option<Vec<u8>> =
            documents::table.find(sha256).select(documents::content).first(self.0).optional()?;
        let bytes = bytes.ok_or_else(|| inconsistent("documents", "content", sha256, "the document is missing"))?;
        if sha256_hex(&bytes) != sha256 {
            return Err(inconsistent("documents", "content", sha256, "the bytes were changed"));
        }
        Ok(bytes)
    }
}

impl Tx<'_> {
    /// Keeps a document under its SHA-256 and returns that.
    ///
    /// # Errors
    /// The database fails.
    pub fn keep_document(&mut self, media_type: &str, bytes: Vec<u8>) -> Result<String, StoreError> {
        let sha256 = sha256_hex(&bytes);
        let kept: i64 = documents::table.filter(documents::sha256.eq(&sha256)).count().get_result(self.conn)?;
        if kept == 0 {
            let row =
                (documents::sha256.eq(&sha256), documents::media_type.eq(media_type), documents::content.eq(bytes));
            diesel::insert_into(documents::table).values(row).execute(self.conn)?;
        }
        Ok(sha256)
    }
}
