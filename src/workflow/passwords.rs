//! Passwords: argon2id, never anywhere but in memory and as a hash.
//!
//! Promises: checking takes as long for an account that does not exist as for one that does;
//! the salt comes from the chance that was passed in.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use unicode_normalization::UnicodeNormalization;

use crate::domain::refusal::{Code, Refusal};

use super::{App, Error};

/// The fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The most bytes of a password: enough for any sentence, too little to tie up the machine.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// A hash of a password nobody has, for accounts that do not exist.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IQ$3yI8hC2Vj5Zp0n0VfJ0Jq1m6m1V3m7s2c0J9Q6m1d8A";

/// The hash of a new password.
///
/// # Errors
/// The password is too short or too long.
pub fn hash(app: &App, password: &str) -> Result<String, Error> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        let detail = format!(
            "The password must have at least {PASSWORD_CHARS_MIN} characters. A sentence of several words is easy to \
             remember and hard to guess."
        );
        return Err(Refusal::field(Code::InvalidField, "password", detail).into());
    }
    let mut salt = [0_u8; 16];
    app.0.chance.fill(&mut salt).map_err(Error::Internal)?;
    let normal: String = password.nfc().collect();
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(normal.as_bytes(), &salt);
    hash.map(|h| h.to_string()).map_err(|e| Error::Internal(format!("password hash: {e}")))
}

/// True if the password is that of the hash. Without a hash, the same work for nothing.
pub fn matches(password: &str, hash: Option<&str>) -> bool {
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let normal: String = password.nfc().collect();
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else { return false };
    let right = Argon2::default().verify_password(normal.as_bytes(), &parsed).is_ok();
    right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_for_nobody_costs_the_same_and_never_matches() {
        let parsed = PasswordHash::new(NOBODYS).expect("a hash");
        assert_eq!(parsed.params.to_string(), "m=19456,t=2,p=1");
        assert!(!matches("", None));
    }
}
