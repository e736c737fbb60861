//! The 32-byte hash every other part of the ledger is made of, and the two ways of computing one.
//!
//! Promise: a hash has exactly one hexadecimal and one base64 spelling, and reading refuses every
//! other; a leaf can never be passed off as an inner node, nor a node as a leaf.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The longest leaf this product appends, in bytes: 65 535.
///
/// An entry bundle gives each entry a 16-bit length (c2sp.org/tlog-tiles, "Log entries"), so a
/// longer leaf could never be published in that form. [`leaf_hash`] itself takes any length: it
/// must also be able to hash what a stranger claims is a leaf.
pub const MAX_LEAF_BYTES: usize = 65_535;

/// A SHA-256 hash: of a leaf, of a subtree, or of a whole tree.
///
/// Ordering is by bytes and carries no meaning; it only lets hashes be keys of a sorted map.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// Why a text is not a [`struct@Hash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashTextError {
    /// Not 64 digits of `0-9a-f`.
    #[error("A hash in hexadecimal is exactly 64 digits of 0-9 and a-f.")]
    Hex,
    /// Not the one standard base64 spelling of 32 bytes.
    #[error("A hash in base64 is exactly 44 characters in the standard alphabet, padded.")]
    Base64,
}

impl Hash {
    /// Wraps 32 bytes that already are a hash. Nothing is computed.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }

    /// Reads what [`Hash::to_hex`] writes.
    ///
    /// # Errors
    /// [`HashTextError::Hex`] for anything else, upper-case digits included.
    pub fn from_hex(text: &str) -> Result<Self, HashTextError> {
        let mut bytes = [0u8; 32];
        if text.len() != 64 {
            return Err(HashTextError::Hex);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte =
                pair.iter().try_fold(0u8, |sum, digit| Ok(sum << 4 | hex_digit(*digit).ok_or(HashTextError::Hex)?))?;
        }
        Ok(Self(bytes))
    }

    /// 44 characters of standard, padded base64 (RFC 4648 section 4), as checkpoints and proofs
    /// write it.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads what [`Hash::to_base64`] writes.
    ///
    /// # Errors
    /// [`HashTextError::Base64`] for anything else: missing padding, the URL alphabet, spaces,
    /// another length, or set bits in the part of the last character that carries no data.
    pub fn from_base64(text: &str) -> Result<Self, HashTextError> {
        let bytes = STANDARD.decode(text).map_err(|_| HashTextError::Base64)?;
        Ok(Self(bytes.try_into().map_err(|_| HashTextError::Base64)?))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// SHA-256(`0x00` || leaf): RFC 6962 2.1.
///
/// The leading byte keeps leaves and nodes apart. Without it a 64-byte leaf holding two hashes
/// would hash like the node above them, and one tree could be shown as two different logs.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0x00]);
    sha.update(leaf);
    Hash(sha.finalize().into())
}

/// SHA-256(`0x01` || left || right): RFC 6962 2.1.
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0x01]);
    sha.update(left.0);
    sha.update(right.0);
    Hash(sha.finalize().into())
}

/// SHA-256 of nothing: the root of a tree without leaves, RFC 6962 2.1.
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// Lower-case hexadecimal of any bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |nibble: u8| DIGITS[usize::from(nibble & 0x0f)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The value of one lower-case hexadecimal digit.
pub(super) fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const EMPTY_B64: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn the_empty_tree_hashes_like_nothing() {
        assert_eq!(empty_root().to_hex(), EMPTY_HEX);
        assert_eq!(empty_root().to_base64(), EMPTY_B64);
        assert_eq!(format!("{:?}", empty_root()), EMPTY_HEX);
    }

    #[test]
    fn an_empty_leaf_is_not_an_empty_tree() {
        assert_ne!(leaf_hash(b""), empty_root());
    }

    #[test]
    fn a_leaf_of_two_hashes_is_not_the_node_above_them() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let glued = [a.as_bytes().as_slice(), b.as_bytes()].concat();
        assert_ne!(leaf_hash(&glued), node_hash(a, b));
        assert_ne!(node_hash(a, b), node_hash(b, a));
    }

    #[test]
    fn hexadecimal_has_one_spelling() {
        assert_eq!(Hash::from_hex(EMPTY_HEX), Ok(empty_root()));
        let upper = EMPTY_HEX.to_uppercase();
        let padded = format!(" {}", &EMPTY_HEX[1..]);
        let longer = format!("{EMPTY_HEX}0");
        for wrong in ["", &longer, &upper, &EMPTY_HEX[1..], &padded, &"é".repeat(32)] {
            assert_eq!(Hash::from_hex(wrong), Err(HashTextError::Hex), "{wrong}");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(Hash::from_base64(EMPTY_B64), Ok(empty_root()));
        for wrong in [
            "",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA",
        ] {
            assert_eq!(Hash::from_base64(wrong), Err(HashTextError::Base64));
        }
    }
}
