//! Signed notes: a text and, below a blank line, one line for each key that signed it
//! (c2sp.org/signed-note@v1.0.0).
//!
//! Promise: the text of a note is only handed out after a key the caller named has verified it;
//! every value has one spelling; seeds never appear in a message and are wiped when dropped.
//!
//! ```text
//! text, any number of lines
//!
//! — name base64(4-byte key id || signature)
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use super::hash::hex_digit;

/// The largest note that is read, in bytes: the bound of the reference implementation
/// (golang.org/x/mod/sumdb/note).
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// The most signature lines that are read: again the reference implementation's bound. The
/// specification asks for at least 16.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// The type byte of an Ed25519 key (c2sp.org/signed-note, "Signature types").
const ED25519: u8 = 0x01;

/// What every signature line begins with: em dash, space.
const LINE_START: &str = "— ";

/// The name of a key: not empty, no spaces, no `+`, no control characters
/// (c2sp.org/signed-note, "Format"). By convention a URL without a scheme, equal to the origin of
/// the log it signs for, such as `lots.example.org/site-1/audit`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// Why a text is not a key name or a verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The name is empty or holds a space, a `+` or a control character.
    #[error("A key name is one or more characters without spaces, '+' or control characters.")]
    Name,
    /// Not of the form `name+hex+base64`.
    #[error("A verifier key has the form name+xxxxxxxx+base64.")]
    Form,
    /// The first byte of the key material is not that of Ed25519, or the length does not fit it.
    #[error("The key is not an Ed25519 verifier key.")]
    NotEd25519,
    /// The key id is not the hash of name and key: the text was mistyped or altered.
    #[error("The key id does not belong to this name and key; the text was altered.")]
    WrongId,
    /// The bytes are no point of the curve, or one for which anybody can make signatures.
    #[error("The key is not a usable Ed25519 public key.")]
    Unusable,
}

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`MAX_NOTE_BYTES`] or more lines than [`MAX_NOTE_SIGNATURES`].
    #[error("The note is larger than any this program reads.")]
    TooLarge,
    /// Control characters, or a text that does not end in a newline.
    #[error("The text must end in a newline and have no control characters but newlines.")]
    Text,
    /// No blank line followed by signature lines.
    #[error("The note has no signature lines below a blank line.")]
    Unsigned,
    /// A line below the blank line is not a signature line.
    #[error("Signature line {0} does not have the form '— name base64'.")]
    Line(usize),
    /// A key the caller knows has signed, but its signature is not of this text.
    #[error("The signature of {0} is not of this text: the note was altered.")]
    BadSignature(String),
    /// Two lines of the same known key.
    #[error("The note has two signature lines of {0}.")]
    Duplicate(String),
    /// Two different known keys have the same name and id, so a line cannot be assigned.
    #[error("Two different keys called {0} have the same key id.")]
    Ambiguous(String),
    /// None of the lines is of a key the caller knows.
    #[error("The note is not signed by any key known here.")]
    NoKnownSigner,
}

impl KeyName {
    /// Reads a key name.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if text.is_empty() || text.contains(forbidden) {
            return Err(KeyError::Name);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The public half of a named key, which is all that checking needs.
///
/// Written `name+id+base64(0x01 || public key)` with the id as 8 lower-case hexadecimal digits.
/// This text is what an auditor must get by a way the server does not control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Reads what [`fmt::Display`] writes, and nothing else.
    ///
    /// # Errors
    /// Any [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // At most three parts: base64 has '+' in its alphabet.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let name = KeyName::parse(name)?;
        let id = parse_id(id).ok_or(KeyError::Form)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(KeyError::NotEd25519);
        };
        let key: [u8; 32] = key.try_into().map_err(|_| KeyError::NotEd25519)?;
        if id != key_id(&name, &key) {
            return Err(KeyError::WrongId);
        }
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Unusable)?;
        if key.is_weak() {
            return Err(KeyError::Unusable);
        }
        Ok(Self { name, id, key })
    }

    /// The name of the key.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The first four bytes of SHA-256(name || 0x0A || 0x01 || public key), big-endian: which of
    /// several keys of one name this is. It is an address, not a proof.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The 32 bytes of the public key (RFC 8032 5.1.5).
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        // Strict: refuses the small-order points that would let one signature fit several texts.
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = [[ED25519].as_slice(), self.key.as_bytes()].concat();
        let base64 = STANDARD.encode(material);
        write!(f, "{}+{:08x}+{base64}", self.name, self.id)
    }
}

/// A key that can sign. Its secret is wiped from memory when it is dropped, and cannot be read out.
pub struct NoteSigner {
    secret: SigningKey,
    public: VerifierKey,
}

impl NoteSigner {
    /// The key of this name made from a 32-byte Ed25519 seed (RFC 8032 5.1.5). The caller wipes
    /// its own copy of the seed.
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Self {
        let secret = SigningKey::from_bytes(seed);
        let key = secret.verifying_key();
        let id = key_id(&name, key.as_bytes());
        let public = VerifierKey { name, id, key };
        Self { secret, public }
    }

    /// The public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    /// The whole signed note: the text, a blank line and one signature line. The same text always
    /// gives the same note, for Ed25519 uses no randomness.
    ///
    /// # Errors
    /// [`NoteError::Text`] when the text does not end in a newline or has control characters,
    /// [`NoteError::TooLarge`].
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        let line = SignatureLine {
            name: self.public.name.clone(),
            key_id: self.public.id,
            signature: self.secret.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        let note = format!("{text}\n{line}");
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        Ok(note)
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({}, secret withheld)", self.public)
    }
}

/// One signature line of a note, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Who claims to have signed.
    pub name: KeyName,
    /// Which key of that name.
    pub key_id: u32,
    /// What follows the key id; 64 bytes for Ed25519, other lengths for kinds unknown here.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// Reads one line without its newline.
    fn parse(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        let name = KeyName::parse(name).ok()?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        if signature.is_empty() {
            return None;
        }
        Some(Self { name, key_id: u32::from_be_bytes(*key_id), signature: signature.to_vec() })
    }

    fn is_of(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_id.to_be_bytes().as_slice(), &self.signature].concat();
        writeln!(f, "{LINE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A note that is well-formed and nothing more. Its text can be read only by [`SignedNote::open`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    lines: Vec<SignatureLine>,
}

/// The verified content of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedNote<'a> {
    /// The text, its last newline included.
    pub text: &'a str,
    /// The keys that signed it, of those the caller named; at least one.
    pub signed_by: Vec<&'a VerifierKey>,
}

impl SignedNote {
    /// Reads a note. Writing it out again with [`fmt::Display`] gives the same bytes.
    ///
    /// # Errors
    /// [`NoteError::TooLarge`], [`NoteError::Text`], [`NoteError::Unsigned`], [`NoteError::Line`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge);
        }
        check_text(note)?;
        // The last blank line: the text may have blank lines of its own.
        let (text, below) = note.rsplit_once("\n\n").ok_or(NoteError::Unsigned)?;
        let below = below.strip_suffix('\n').ok_or(NoteError::Unsigned)?;
        let mut lines = Vec::new();
        for (at, line) in below.split('\n').enumerate() {
            if at == MAX_NOTE_SIGNATURES {
                return Err(NoteError::TooLarge);
            }
            lines.push(SignatureLine::parse(line).ok_or(NoteError::Line(at + 1))?);
        }
        let text = format!("{text}\n");
        Ok(Self { text, lines })
    }

    /// The signature lines, not verified: to see who claims to have signed.
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// The text, if at least one of `keys` signed it and none of them signed something else.
    /// Lines of other keys are ignored, as rotation and witnesses need.
    ///
    /// # Errors
    /// [`NoteError::BadSignature`], [`NoteError::Duplicate`], [`NoteError::Ambiguous`],
    /// [`NoteError::NoKnownSigner`].
    pub fn open<'a>(&'a self, keys: &'a [VerifierKey]) -> Result<OpenedNote<'a>, NoteError> {
        let mut signed_by: Vec<&VerifierKey> = Vec::new();
        for line in &self.lines {
            let mut known = keys.iter().filter(|key| line.is_of(key));
            let Some(key) = known.next() else { continue };
            if known.any(|other| other != key) {
                return Err(NoteError::Ambiguous(key.name.to_string()));
            }
            if signed_by.contains(&key) {
                return Err(NoteError::Duplicate(key.name.to_string()));
            }
            if !key.verifies(&self.text, &line.signature) {
                return Err(NoteError::BadSignature(key.name.to_string()));
            }
            signed_by.push(key);
        }
        if signed_by.is_empty() {
            return Err(NoteError::NoKnownSigner);
        }
        let text = &self.text;
        Ok(OpenedNote { text, signed_by })
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.lines.iter().try_for_each(|line| write!(f, "{line}"))
    }
}

/// Refuses what no note text may be: without a newline at its end, or with control characters
/// below U+0020 other than newline.
fn check_text(text: &str) -> Result<(), NoteError> {
    let control = |c: char| c < ' ' && c != '\n';
    if !text.ends_with('\n') || text.contains(control) {
        return Err(NoteError::Text);
    }
    Ok(())
}

/// The key id: see [`VerifierKey::id`].
fn key_id(name: &KeyName, public_key: &[u8; 32]) -> u32 {
    let mut sha = Sha256::new();
    sha.update(name.as_str());
    sha.update([b'\n', ED25519]);
    sha.update(public_key);
    let hash: [u8; 32] = sha.finalize().into();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// Exactly eight lower-case hexadecimal digits.
fn parse_id(text: &str) -> Option<u32> {
    if text.len() != 8 {
        return None;
    }
    text.bytes().try_fold(0, |sum, digit| Some(sum << 4 | u32::from(hex_digit(digit)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> NoteSigner {
        NoteSigner::from_seed(KeyName::parse("log.example/a").unwrap(), &[7; 32])
    }

    #[test]
    fn a_key_name_has_no_spaces_pluses_or_control_characters() {
        for good in ["a", "lots.example.org/site-1/audit", "é", "—"] {
            assert_eq!(KeyName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{7f}", "a\u{2003}b"] {
            assert_eq!(KeyName::parse(bad), Err(KeyError::Name), "{bad:?}");
        }
    }

    #[test]
    fn a_signer_does_not_print_its_secret() {
        let shown = format!("{:?}", signer());
        assert!(shown.contains("secret withheld"), "{shown}");
        assert!(!shown.contains(&"07".repeat(32)) && !shown.contains("7, 7, 7"));
    }

    #[test]
    fn only_texts_that_end_in_a_newline_can_be_signed() {
        for bad in ["", "a", "a\r\n", "a\tb\n", "\0\n"] {
            assert_eq!(signer().sign(bad), Err(NoteError::Text), "{bad:?}");
        }
        let long = "a\n".repeat(MAX_NOTE_BYTES / 2);
        assert_eq!(signer().sign(&long), Err(NoteError::TooLarge));
    }

    #[test]
    fn a_verifier_key_that_anybody_can_sign_for_is_refused() {
        // The neutral element of the curve: with it, one signature fits every text.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let name = KeyName::parse("x").unwrap();
        let id = key_id(&name, &neutral);
        let material = STANDARD.encode([[ED25519].as_slice(), &neutral].concat());
        let text = format!("x+{id:08x}+{material}");
        assert_eq!(VerifierKey::parse(&text), Err(KeyError::Unusable));
    }

    #[test]
    fn two_keys_that_share_name_and_id_are_refused_rather_than_guessed() {
        let signer = signer();
        let note = SignedNote::parse(&signer.sign("hello\n").unwrap()).unwrap();
        let mut twin = signer.verifier_key().clone();
        twin.key = SigningKey::from_bytes(&[8; 32]).verifying_key();
        let keys = [signer.verifier_key().clone(), twin];
        assert!(matches!(note.open(&keys), Err(NoteError::Ambiguous(_))));
        let twice = [keys[0].clone(), keys[0].clone()];
        assert_eq!(note.open(&twice).unwrap().signed_by, [&keys[0]]);
    }
}
