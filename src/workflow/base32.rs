//! Base32 (RFC 4648, 6) without padding: how authenticators take a secret and people type a code.
//!
//! Promises: what was encoded decodes to the same bytes; anything else decodes to nothing.

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Bytes as letters and digits, five bits each.
pub(super) fn encode(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|b| (0..8).rev().map(move |at| (b >> at) & 1)).collect();
    let letter = |five: &[u8]| {
        let value = (0..5).fold(0_usize, |value, at| value * 2 + usize::from(five.get(at).copied().unwrap_or(0)));
        LETTERS.get(value).map_or('A', |letter| char::from(*letter))
    };
    bits.chunks(5).map(letter).collect()
}

/// The bytes behind letters and digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::with_capacity(text.len() * 5);
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|known| *known == letter)?;
        bits.extend((0..5).rev().map(|at| u8::from(value >> at & 1 == 1)));
    }
    let whole = bits.chunks_exact(8);
    if whole.remainder().iter().any(|bit| *bit != 0) {
        return None;
    }
    Some(whole.map(|eight| eight.iter().fold(0, |byte, bit| byte << 1 | bit)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_vectors_of_rfc_4648_come_out_both_ways() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(encode(plain.as_bytes()), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn what_is_no_base32_decodes_to_nothing() {
        for text in ["my", "M1", "MZ=", "MZ", "0"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
