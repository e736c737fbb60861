//! Checkpoints: "the ledger of this name has this many leaves and this root", as a signed note
//! (c2sp.org/tlog-checkpoint@v1.0.0).
//!
//! Promise: one text per value; a checkpoint read from a note was signed by a key that carries the
//! ledger's own name; an empty ledger has the empty root.
//!
//! ```text
//! lots.example.org/site-1/audit
//! 3
//! rCCi//t/uF2qryxcI8/wjkBWUk328tDskE83K1CwVtQ=
//! ```

use super::hash::{Hash, HashTextError, empty_root};
use super::merkle::MAX_TREE_SIZE;
use super::note::{NoteError, NoteSigner, SignedNote, VerifierKey};

/// The state of one ledger at one size.
///
/// The root alone does not say how many leaves it has: the signature over this text is what ties
/// the two together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

/// Why a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The origin is empty or has a control character.
    #[error("The name of a ledger is one line and not empty.")]
    Origin,
    /// The size is not a plain decimal number, or above [`MAX_TREE_SIZE`].
    #[error("The size of a ledger is a decimal number below 2^63 without leading zeros.")]
    Size,
    /// The third line is not a hash.
    #[error("The root of a ledger is a hash. {0}")]
    Root(#[from] HashTextError),
    /// Size 0 with a root other than SHA-256("").
    #[error("A ledger without leaves cannot have this root.")]
    NotTheEmptyRoot,
    /// Fewer than three lines, a blank line, or no newline at the end.
    #[error("A checkpoint is three or more lines: name, size, root.")]
    Lines,
    /// A checkpoint of another ledger.
    #[error("This checkpoint is of the ledger {found}, not of {expected}.")]
    OtherOrigin {
        /// The ledger asked for.
        expected: String,
        /// The ledger the checkpoint is of.
        found: String,
    },
    /// The signing key does not carry the ledger's name.
    #[error("The checkpoint of {origin} is not signed by a key of that name.")]
    OtherSigner {
        /// The ledger the checkpoint is of.
        origin: String,
    },
    /// The note around the checkpoint is malformed, altered, or not signed by a known key.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The state "the ledger `origin` has `size` leaves and this root".
    ///
    /// # Errors
    /// [`CheckpointError::Origin`], [`CheckpointError::Size`],
    /// [`CheckpointError::NotTheEmptyRoot`].
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        if origin.is_empty() || origin.contains(char::is_control) {
            return Err(CheckpointError::Origin);
        }
        if size > MAX_TREE_SIZE {
            return Err(CheckpointError::Size);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::NotTheEmptyRoot);
        }
        let origin = origin.to_owned();
        Ok(Self { origin, size, root })
    }

    /// The unique name of the ledger, for ever the same; also the name of its keys.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves the ledger has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over those leaves.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The three lines that are signed, the last newline included.
    pub fn to_body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }

    /// Reads what [`Checkpoint::to_body`] writes. Further lines are extensions: they must not be
    /// blank and are ignored (c2sp.org/tlog-checkpoint, "Note text"). This product writes none.
    ///
    /// # Errors
    /// Any [`CheckpointError`] about origin, size, root or lines.
    pub fn parse_body(body: &str) -> Result<Self, CheckpointError> {
        let lines = body.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        if lines.split('\n').any(str::is_empty) {
            return Err(CheckpointError::Lines);
        }
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        let size = parse_decimal(size).ok_or(CheckpointError::Size)?;
        Self::new(origin, size, Hash::from_base64(root)?)
    }

    /// The signed note of this checkpoint. The same state always gives the same bytes.
    ///
    /// A checkpoint must be stored before anybody sees it, and two different ones of the same size
    /// must never be signed; both are the caller's duty.
    ///
    /// # Errors
    /// [`CheckpointError::OtherSigner`] when the key does not carry the ledger's name, for nobody
    /// would accept that note; [`CheckpointError::Note`] for an origin of unreasonable length.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        self.check_signer(signer.verifier_key())?;
        Ok(signer.sign(&self.to_body())?)
    }

    /// Reads a signed checkpoint of the ledger `origin`. At least one of `keys` must have signed
    /// it under the ledger's own name; other lines, such as those of witnesses, are ignored.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn open(note: &str, keys: &[VerifierKey], origin: &str) -> Result<Self, CheckpointError> {
        Self::from_note(&SignedNote::parse(note)?, keys, origin)
    }

    /// As [`Checkpoint::open`], of a note that has been read before.
    ///
    /// # Errors
    /// Any [`CheckpointError`].
    pub fn from_note(note: &SignedNote, keys: &[VerifierKey], origin: &str) -> Result<Self, CheckpointError> {
        let opened = note.open(keys)?;
        let checkpoint = Self::parse_body(opened.text)?;
        if checkpoint.origin != origin {
            return Err(CheckpointError::OtherOrigin { expected: origin.to_owned(), found: checkpoint.origin });
        }
        let by_the_log = |key: &&VerifierKey| checkpoint.check_signer(key).is_ok();
        if !opened.signed_by.iter().any(by_the_log) {
            return Err(CheckpointError::OtherSigner { origin: checkpoint.origin });
        }
        Ok(checkpoint)
    }

    /// The specification says a log's key name SHOULD match its origin. Here it must, so that a
    /// key trusted for one ledger can never speak for another.
    fn check_signer(&self, key: &VerifierKey) -> Result<(), CheckpointError> {
        if key.name().as_str() != self.origin {
            return Err(CheckpointError::OtherSigner { origin: self.origin.clone() });
        }
        Ok(())
    }
}

/// An ASCII decimal number in its one spelling: digits only, no leading zero unless it is `0`.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::hash::leaf_hash;
    use super::super::note::KeyName;
    use super::*;

    #[test]
    fn a_number_has_one_spelling() {
        for (text, value) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(parse_decimal(text), Some(value));
        }
        for text in ["", "00", "01", "+1", "-1", " 1", "1 ", "1e3", "١", "18446744073709551616"] {
            assert_eq!(parse_decimal(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_checkpoint_that_could_be_read_two_ways_cannot_be_made() {
        let root = leaf_hash(b"a");
        for origin in ["", "evil\n999", "a\rb", "a\u{0}"] {
            assert_eq!(Checkpoint::new(origin, 1, root), Err(CheckpointError::Origin));
        }
        assert_eq!(Checkpoint::new("a", 0, root), Err(CheckpointError::NotTheEmptyRoot));
        assert_eq!(Checkpoint::new("a", MAX_TREE_SIZE + 1, root), Err(CheckpointError::Size));
        assert!(Checkpoint::new("a", 0, empty_root()).is_ok());
    }

    #[test]
    fn a_key_of_another_name_cannot_sign() {
        let other = NoteSigner::from_seed(KeyName::parse("b").unwrap(), &[1; 32]);
        let err = Checkpoint::new("a", 1, leaf_hash(b"a")).unwrap().sign(&other).unwrap_err();
        assert_eq!(err.to_string(), "The checkpoint of a is not signed by a key of that name.");
    }
}
