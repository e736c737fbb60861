//! One text file that proves to a stranger, offline, that a leaf is in a ledger
//! (c2sp.org/tlog-proof@v1; files end in `.tlog-proof`).
//!
//! Promise: one text per value; [`TlogProof::verify`] succeeds only if a key the caller named
//! signed a checkpoint of the ledger the caller named, in which this very leaf has this number.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64>              only if there is extra data
//! index <number of the leaf>
//! <base64 hash>               one line for each hash, the leaf's neighbour first
//!
//! <signed checkpoint>
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, parse_decimal};
use super::hash::{Hash, HashTextError, MAX_LEAF_BYTES, leaf_hash};
use super::merkle::MAX_TREE_SIZE;
use super::note::{NoteError, SignedNote, VerifierKey};
use super::verify::{VerifyError, verify_inclusion};

/// The most hashes an inclusion proof can have in a tree of [`MAX_TREE_SIZE`] leaves.
pub const MAX_PROOF_HASHES: usize = 63;

/// The first line of every proof.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A proof as read or as put together: well-formed, but not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    extra: Vec<u8>,
    index: u64,
    hashes: Vec<Hash>,
    checkpoint: SignedNote,
}

/// Why a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// The first line is another one: this is no proof, or of a version unknown here.
    #[error("A proof begins with the line '{FIRST_LINE}'.")]
    FirstLine,
    /// No blank line, so no checkpoint.
    #[error("The proof has no blank line followed by a checkpoint.")]
    NoCheckpoint,
    /// The line `extra` is not the one base64 spelling of 1 to [`MAX_LEAF_BYTES`] bytes.
    #[error("The extra data must be base64 of 1 to {MAX_LEAF_BYTES} bytes.")]
    Extra,
    /// The line `index` is missing or not a decimal number below [`MAX_TREE_SIZE`].
    #[error("The proof must have a line 'index' with the number of the leaf.")]
    Index,
    /// A line where a hash should be is not one.
    #[error("Line {line} of the proof is not a hash. {error}")]
    Hash {
        /// Its number in the file, from 1.
        line: usize,
        /// What is wrong with it.
        error: HashTextError,
    },
    /// More than [`MAX_PROOF_HASHES`].
    #[error("The proof has more hashes than any ledger calls for.")]
    TooManyHashes,
    /// The text after the blank line is no signed note.
    #[error("The checkpoint in the proof cannot be read. {0}")]
    Note(NoteError),
    /// The checkpoint is not one of this ledger signed by a known key.
    #[error(transparent)]
    Checkpoint(CheckpointError),
    /// The leaf is not at this place in that ledger.
    #[error(transparent)]
    Inclusion(#[from] VerifyError),
}

impl TlogProof {
    /// Puts a proof together: leaf `index`, what [`super::inclusion_proof`] gave for it, and the
    /// signed checkpoint of the same size.
    ///
    /// # Errors
    /// [`TlogProofError::Index`], [`TlogProofError::TooManyHashes`], [`TlogProofError::Note`].
    pub fn new(index: u64, hashes: Vec<Hash>, checkpoint: &str) -> Result<Self, TlogProofError> {
        if index >= MAX_TREE_SIZE {
            return Err(TlogProofError::Index);
        }
        if hashes.len() > MAX_PROOF_HASHES {
            return Err(TlogProofError::TooManyHashes);
        }
        let checkpoint = SignedNote::parse(checkpoint).map_err(TlogProofError::Note)?;
        let extra = Vec::new();
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Adds data to the file, such as the leaf itself; empty data is no data.
    ///
    /// # Errors
    /// [`TlogProofError::Extra`] for more than [`MAX_LEAF_BYTES`].
    pub fn with_extra(self, extra: Vec<u8>) -> Result<Self, TlogProofError> {
        if extra.len() > MAX_LEAF_BYTES {
            return Err(TlogProofError::Extra);
        }
        Ok(Self { extra, ..self })
    }

    /// The extra data, empty if there is none. Nothing protects it: if it is meant to be the leaf,
    /// hand it to [`TlogProof::verify`], which then fails unless it is.
    pub fn extra(&self) -> &[u8] {
        &self.extra
    }

    /// The number the leaf is said to have, from 0.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// The hashes beside the way from the leaf to the root, lowest first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The signed checkpoint, not verified.
    pub fn checkpoint(&self) -> &SignedNote {
        &self.checkpoint
    }

    /// Reads a proof. Writing it out again with [`fmt::Display`] gives the same bytes.
    ///
    /// # Errors
    /// Any [`TlogProofError`] about the form.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        let rest = text.strip_prefix(FIRST_LINE);
        let rest = rest.and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::FirstLine)?;
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(TlogProofError::NoCheckpoint)?;
        let mut lines = (2..).zip(head.split('\n')).peekable();
        let extra = match lines.peek().and_then(|(_, line)| line.strip_prefix("extra ")) {
            Some(base64) => {
                lines.next();
                parse_extra(base64)?
            }
            None => Vec::new(),
        };
        let index = lines.next().and_then(|(_, line)| line.strip_prefix("index "));
        let index = index.and_then(parse_decimal).ok_or(TlogProofError::Index)?;
        let mut hashes = Vec::new();
        for (line, text) in lines {
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(TlogProofError::TooManyHashes);
            }
            let read = Hash::from_base64(text);
            hashes.push(read.map_err(|error| TlogProofError::Hash { line, error })?);
        }
        Self::new(index, hashes, checkpoint)?.with_extra(extra)
    }

    /// Checks everything: the checkpoint is of the ledger `origin` and signed by one of `keys`
    /// under that name, and `leaf` is in it at [`TlogProof::index`]. Returns that checkpoint.
    ///
    /// It does not prove that the server shows everybody the same ledger: compare the returned
    /// checkpoint with one kept earlier, by [`super::verify_consistency`].
    ///
    /// # Errors
    /// [`TlogProofError::Checkpoint`] or [`TlogProofError::Inclusion`].
    pub fn verify(&self, leaf: &[u8], keys: &[VerifierKey], origin: &str) -> Result<Checkpoint, TlogProofError> {
        let checkpoint = Checkpoint::from_note(&self.checkpoint, keys, origin).map_err(TlogProofError::Checkpoint)?;
        verify_inclusion(leaf_hash(leaf), self.index, checkpoint.size(), &self.hashes, checkpoint.root())?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", STANDARD.encode(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", hash.to_base64())?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Reads the extra data; bounded before decoding, so that a huge line costs nothing.
fn parse_extra(base64: &str) -> Result<Vec<u8>, TlogProofError> {
    if base64.is_empty() || base64.len() > MAX_LEAF_BYTES.div_ceil(3) * 4 {
        return Err(TlogProofError::Extra);
    }
    STANDARD.decode(base64).map_err(|_| TlogProofError::Extra)
}

#[cfg(test)]
mod tests {
    use super::super::hash::empty_root;
    use super::super::note::{KeyName, NoteSigner};
    use super::*;

    fn proof_of_the_only_leaf() -> (TlogProof, NoteSigner) {
        let signer = NoteSigner::from_seed(KeyName::parse("a").unwrap(), &[1; 32]);
        let note = Checkpoint::new("a", 1, leaf_hash(b"leaf")).unwrap();
        let note = note.sign(&signer).unwrap();
        (TlogProof::new(0, vec![], &note).unwrap(), signer)
    }

    #[test]
    fn the_only_leaf_needs_no_hashes() {
        let (proof, signer) = proof_of_the_only_leaf();
        let keys = [signer.verifier_key().clone()];
        assert_eq!(proof.verify(b"leaf", &keys, "a").unwrap().size(), 1);
        assert_eq!(TlogProof::parse(&proof.to_string()), Ok(proof));
    }

    #[test]
    fn a_proof_keeps_its_bounds_when_put_together_and_when_read() {
        let (proof, _) = proof_of_the_only_leaf();
        let note = proof.checkpoint().to_string();
        assert_eq!(TlogProof::new(MAX_TREE_SIZE, vec![], &note), Err(TlogProofError::Index));
        let hashes = vec![empty_root(); MAX_PROOF_HASHES + 1];
        assert_eq!(TlogProof::new(0, hashes, &note), Err(TlogProofError::TooManyHashes));
        let too_much = vec![0; MAX_LEAF_BYTES + 1];
        assert_eq!(proof.clone().with_extra(too_much), Err(TlogProofError::Extra));
        let largest = proof.with_extra(vec![0; MAX_LEAF_BYTES]).unwrap();
        assert_eq!(TlogProof::parse(&largest.to_string()), Ok(largest));
    }
}
