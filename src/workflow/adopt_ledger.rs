//! Vouching for a ledger whose checkpoint outside the database is not there.
//!
//! Promises: an operator says how many facts there were and under which root, as known from
//! elsewhere; everything recorded is verified; only then is the file laid down, and never over
//! another. No fact is recorded: the service is not running.

use std::path::Path;

use crate::domain::refusal::{Code, Refusal};
use crate::keys::KeyFolder;
use crate::ledger::Hash;
use crate::store::{Break, Evidence, Finding, OutsideCheckpoint, Target, View, read_once};

use super::Error;

/// What somebody knows of the ledger from a place that the database does not control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    size: u64,
    root: Hash,
}

impl Vouched {
    /// Reads a number of facts and a root: 64 hex digits as `lotgate ledger verify` and
    /// certificates print it, or the base64 of a checkpoint's third line.
    ///
    /// # Errors
    /// No facts, which would vouch for nothing, or no root.
    pub fn read(size: u64, root: &str) -> Result<Self, Refusal> {
        if size == 0 {
            let detail = "The size is the number of facts you know of, 1 or more: 0 would vouch for nothing.";
            return Err(Refusal::field(Code::InvalidField, "size", detail));
        }
        let root = Hash::from_hex(root.trim()).or_else(|_| Hash::from_base64(root.trim())).map_err(|_| {
            let detail = "The root is 64 hex digits as “lotgate ledger verify” prints it, or the third line of a \
                          checkpoint.";
            Refusal::field(Code::InvalidField, "root", detail)
        })?;
        Ok(Vouched { size, root })
    }
}

/// Verifies the whole record against the site's key and what is vouched for, and lays down the
/// checkpoint outside the database if there is no break.
///
/// # Errors
/// The file is there already, the key is missing, or something cannot be read or written.
pub fn adopt_ledger(data: &Path, target: &Target, vouched: &Vouched) -> Result<Finding, Error> {
    let outside = OutsideCheckpoint::in_folder(data);
    if outside.exists()? {
        let place = outside.path().display();
        return Err(Error::Internal(format!(
            "{place} is there, so there is nothing to adopt. If a start refuses it, it is evidence: keep a copy \
             elsewhere, take it out of the folder and try again"
        )));
    }
    let key = KeyFolder::in_folder(data).signer()?.verifier_key().clone();
    let evidence = Evidence::in_folder(data)?;
    let (finding, note) = read_once(target, |view| -> Result<_, Error> {
        if let Err(found) = check_vouched(view, vouched)? {
            return Ok((Err(found), None));
        }
        // Read first: a write meanwhile by another instance then only makes the database longer.
        let note = view.newest_checkpoint()?;
        Ok((view.verify(&key, key.name().as_str(), note.as_deref(), &evidence)?, note))
    })?;
    if let (Ok(_), Some(note)) = (&finding, note) {
        outside.create(&note)?;
    }
    Ok(finding)
}

/// The facts that are vouched for have to be there.
fn check_vouched(view: &mut View, vouched: &Vouched) -> Result<Result<(), Break>, Error> {
    let Vouched { size, root } = vouched;
    let found = match view.root_at(*size)? {
        Some(stored) if stored == *root => return Ok(Ok(())),
        Some(stored) => Break {
            place: format!("the first {size} facts"),
            what: format!(
                "their root is {}, not {}: one of them is another, or it was mistyped",
                stored.to_hex(),
                root.to_hex()
            ),
        },
        None => Break {
            place: format!("the end of the ledger, after {} facts", view.ledger_size()?),
            what: format!("{size} facts are vouched for: the end is missing"),
        },
    };
    Ok(Err(found))
}
