//! The inspection pack: everything about one lot in one archive that a stranger can check.
//!
//! Promises: equal files give an equal archive; a site's key signs the manifest, which names
//! every other file by its hash, so nothing can be changed, added or left out unnoticed; what the
//! record says can be rebuilt from the facts in it, and each fact is proven to be in the ledger.
//!
//! | file            | holds                                                          |
//! |-----------------|----------------------------------------------------------------|
//! | `mod`           | the manifest and its seal                                      |
//! | [`archive`]     | files to zip and back, safe on hostile archives                |
//! | [`contents`]    | what facts name: documents and evidence, under which path      |
//! | [`record`]      | the record and the people, rebuilt from the facts              |
//! | [`mod@check`]   | the verdict on an archive                                      |

pub mod archive;
pub mod check;
pub mod contents;
mod facts;
pub mod record;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use archive::ArchiveError;
pub use check::{PackReport, check};

use crate::ledger::canonical::{self, sha256_hex};
use crate::ledger::{NoteError, NoteSigner};

/// The form of the pack.
pub const FORMAT: &str = "lotgate-inspection-pack/v1";
/// The file that names all others.
pub const MANIFEST: &str = "manifest.json";
/// The site's signature over the manifest, a C2SP signed note.
pub const SEAL: &str = "manifest.note";
/// The signed checkpoint of the ledger.
pub const CHECKPOINT: &str = "checkpoint.txt";
/// The site's public key.
pub const KEY: &str = "verifier_key.txt";
/// The facts, one a line.
pub const FACTS: &str = "facts.jsonl";
/// The lot's record.
pub const RECORD: &str = "lot.json";
/// Everybody who appears.
pub const PEOPLE: &str = "people.json";
/// The specification version that judges the lot.
pub const SPECIFICATION: &str = "specification.json";
/// How to check it, in plain words.
pub const README: &str = "README.txt";

/// Files by their path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Which file has which bytes, and what the pack is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The lot.
    pub lot: String,
    /// When it was made (UTC); the record is as of then.
    pub made_at: String,
    /// The site's name.
    pub site: String,
    /// Name and version of the software that made it.
    pub software: String,
    /// The ledger it was taken from.
    pub ledger: Extent,
    /// Every file but the manifest and its seal, in order of their paths.
    pub files: Vec<Listed>,
}

/// A ledger at one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// Its name.
    pub origin: String,
    /// Number of facts.
    pub size: u64,
    /// Root of the tree, 64 hex digits.
    pub root: String,
}

/// A file of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its path in the archive.
    pub path: String,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes, 64 hex digits.
    pub sha256: String,
}

/// The files but the manifest and its seal, as a manifest lists them.
pub fn listed(files: &Files) -> Vec<Listed> {
    let others = files.iter().filter(|(path, _)| ![MANIFEST, SEAL].contains(&path.as_str()));
    let one = |(path, bytes): (&String, &Vec<u8>)| Listed {
        path: path.clone(),
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: sha256_hex(bytes),
    };
    others.map(one).collect()
}

/// The text a site's key signs: which lot, and the hash of the manifest.
pub fn seal_text(lot: &str, manifest_sha256: &str) -> String {
    format!("{FORMAT}\n{lot}\n{manifest_sha256}\n")
}

/// Why a pack cannot be sealed: a failure of ours.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The manifest has no canonical JSON.
    #[error("the manifest: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The note cannot be signed.
    #[error("the seal: {0}")]
    Note(#[from] NoteError),
}

/// Adds the manifest of these files and its seal; returns the manifest's SHA-256.
///
/// # Errors
/// [`SealError`].
pub fn seal(files: &mut Files, mut manifest: Manifest, signer: &NoteSigner) -> Result<String, SealError> {
    manifest.files = listed(files);
    let text = canonical::text(&manifest)?;
    let sha256 = sha256_hex(text.as_bytes());
    let note = signer.sign(&seal_text(&manifest.lot, &sha256))?;
    files.insert(MANIFEST.to_owned(), text.into_bytes());
    files.insert(SEAL.to_owned(), note.into_bytes());
    Ok(sha256)
}

/// The path of the proof of a fact.
pub fn proof_path(entry: i64) -> String {
    format!("proofs/{entry}.tlog-proof")
}

/// What stands in [`README`].
pub fn readme(lot: &str, made_at: &str, site: &str) -> String {
    format!(
        "Inspection pack of lot {lot}\n\
         made by {site} on {made_at} (UTC)\n\
         \n\
         To check it without the site and without a network:\n\
         \n\
         \x20   lotgate verify <this file> --key <the site's public key>\n\
         \n\
         Get the key from the site by another way than this file. {KEY} holds the key that the pack\n\
         claims; it says nothing about whose key it is.\n\
         \n\
         {MANIFEST}        every other file with its size and SHA-256\n\
         {SEAL}        the site's signature over the manifest's SHA-256\n\
         {RECORD}             the lot's record, as it follows from the facts\n\
         {FACTS}          the facts about the lot, about what it was made from, about the\n\
         \x20                    specification, the equipment, the files and the people named, one a line\n\
         proofs/              for each fact the proof that it is in the site's ledger\n\
         {CHECKPOINT}       the signed state of that ledger\n\
         {SPECIFICATION}   the specification version that judges the lot\n\
         specifications/      those of what it was made from, where they are others\n\
         certificates/        certificates and their records, as issued\n\
         notices/             conditional notices and their records\n\
         documents/           other documents that were signed\n\
         evidence/            evidence files, named by their SHA-256\n\
         {PEOPLE}          everybody who appears, with roles\n\
         \n\
         By hand: sha256sum gives the hashes of the manifest; docs/LEDGER.md of Lotgate says byte by\n\
         byte how facts, proofs, checkpoint and signatures are checked, with a program of 60 lines.\n\
         The pack shows the ledger up to its checkpoint. That the pack was made is a later fact.\n"
    )
}
