//! Passwords: argon2id, never anywhere but in memory and as a hash; long rather than complicated.
//!
//! Promises: checking takes as long for an account that does not exist as for one that does;
//! the salt comes from the chance that was passed in; a new password is long enough for its
//! person's roles and none that can be guessed (NIST SP 800-63B-4, 3.1.1.2); no kinds of
//! characters are asked for, and each spelling of the same characters is the same password.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::feedback::Warning;

use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;

use super::{App, Error};

/// The most bytes of a password: enough for any sentence, too little to tie up the machine.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// The least score of zxcvbn (0 to 4): safely unguessable, also for somebody who stole the hash.
const SCORE_MIN: u8 = 3;

/// The fewest letters and digits of a password besides the person's and the site's names.
const OWN_CHARS_MIN: usize = 6;

/// A hash of a password nobody has, for accounts that do not exist.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0IQ$3yI8hC2Vj5Zp0n0VfJ0Jq1m6m1V3m7s2c0J9Q6m1d8A";

/// Whose password it is to be: its words are the first that somebody would guess.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// User name.
    pub username: &'a str,
    /// Full name.
    pub full_name: &'a str,
    /// Roles, which decide how long it must be.
    pub roles: &'a [Role],
}

/// What a form says of a new password.
pub fn rule(chars_min: u32) -> String {
    format!("At least {chars_min} characters. A sentence of several words is easy to remember and hard to guess.")
}

/// The fewest characters of a password of these roles, by the site's policy.
///
/// # Errors
/// Storage fails.
pub fn chars_min(app: &App, roles: &[Role]) -> Result<u32, Error> {
    app.read(|view| Ok(view.policy()?.password_chars_min_of(roles)))
}

/// The hash of a new password, which must be long enough and hard to guess; `field` names it in
/// the refusal.
///
/// # Errors
/// The password is too short, too long, or could be guessed.
pub(super) fn hash_new(app: &App, field: &str, password: &str, owner: Owner) -> Result<String, Error> {
    let chars_min = chars_min(app, owner.roles)?;
    check_new(field, password, chars_min, owner, app.site().name.as_str())?;
    hash(app, password)
}

fn check_new(field: &str, password: &str, chars_min: u32, owner: Owner, site: &str) -> Result<(), Refusal> {
    if password.len() > PASSWORD_BYTES_MAX {
        let detail = format!("The password is longer than {PASSWORD_BYTES_MAX} bytes. Choose a shorter one.");
        return Err(Refusal::field(Code::InvalidField, field, detail));
    }
    let normal = normal(password);
    let chars = u32::try_from(normal.chars().count()).unwrap_or(u32::MAX);
    if chars < chars_min {
        let detail = format!(
            "The password must have at least {chars_min} characters. A sentence of several words is easy to remember and \
             hard to guess."
        );
        return Err(Refusal::field(Code::WeakPassword, field, detail));
    }
    let known: Vec<&str> = [owner.username, owner.full_name, site, "lotgate"]
        .into_iter()
        .flat_map(|text| std::iter::once(text).chain(text.split(|c: char| !c.is_alphanumeric())))
        .filter(|word| word.chars().count() > 1)
        .collect();
    if own_characters(&normal, &known) < OWN_CHARS_MIN {
        let detail = "The password could be guessed: it is little more than your name or the site's. Take several words that \
                      have nothing to do with either.";
        return Err(Refusal::field(Code::WeakPassword, field, detail));
    }
    let guessed = zxcvbn::zxcvbn(&normal, &known);
    if u8::from(guessed.score()) >= SCORE_MIN {
        return Ok(());
    }
    let why = guessed
        .feedback()
        .and_then(|feedback| feedback.warning())
        .map_or("it is too close to words and patterns that are tried first", in_words);
    let detail = format!(
        "The password could be guessed: {why}. Take several words that have nothing to do with you or the site, and with \
         each other."
    );
    Err(Refusal::field(Code::WeakPassword, field, detail))
}

/// How many letters and digits are left without the words that somebody would try first.
fn own_characters(password: &str, known: &[&str]) -> usize {
    let mut known: Vec<String> = known.iter().map(|word| word.to_lowercase()).collect();
    known.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let left = known.iter().fold(password.to_lowercase(), |left, word| left.replace(word.as_str(), " "));
    left.chars().filter(|c| c.is_alphanumeric()).count()
}

fn in_words(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "it follows the keys of the keyboard"
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "it repeats the same characters"
        }
        Warning::SequencesLikeAbcAreEasyToGuess => "it counts on, like abc or 6543",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => "it is a date or a year",
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword => {
            "it is one of the passwords that are used most and have leaked"
        }
        Warning::AWordByItselfIsEasyToGuess => "it is a single word",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "it is a name"
        }
    }
}

/// One spelling for the same characters, however a keyboard composes them (NFKC).
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

fn hash(app: &App, password: &str) -> Result<String, Error> {
    let mut salt = [0_u8; 16];
    app.0.chance.fill(&mut salt).map_err(Error::Internal)?;
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(normal(password).as_bytes(), &salt);
    hash.map(|h| h.to_string()).map_err(|e| Error::Internal(format!("password hash: {e}")))
}

/// True if the password is that of the hash. Without a hash, the same work for nothing.
pub fn matches(password: &str, hash: Option<&str>) -> bool {
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODYS)) else { return false };
    let is = |text: &str| Argon2::default().verify_password(text.as_bytes(), &parsed).is_ok();
    let normal = normal(password);
    // Hashes of version 0.1 were made over NFC; most texts are the same in both.
    let before: String = password.nfc().collect();
    let right = is(&normal) || (before != normal && is(&before));
    right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Refusal> {
        let owner = Owner { username: "mei.lin", full_name: "Mei Lin 林美", roles: &[Role::Qa] };
        check_new("password", password, 15, owner, "Harbour Cell Laboratory")
    }

    #[test]
    fn the_hash_for_nobody_costs_the_same_and_never_matches() {
        let parsed = PasswordHash::new(NOBODYS).expect("a hash");
        assert_eq!(parsed.params.to_string(), "m=19456,t=2,p=1");
        assert!(!matches("", None));
    }

    #[test]
    fn a_long_password_that_everybody_tries_first_is_refused_with_the_reason() {
        for (weak, why) in [
            ("passwordpassword", "repeats"),
            ("aaaaaaaaaaaaaaaaaaaaaaaa", "repeats"),
            ("123456789012345678", "counts on"),
            ("qwertyuiopasdfghjkl", "most"),
            ("mei.lin mei.lin mei.lin", "guessed"),
            ("Harbour Cell Laboratory", "name"),
            ("Mei Lin of Harbour Cell", "name"),
            ("Mei Lin 林美 2026", "guessed"),
        ] {
            let refusal = check(weak).expect_err(weak);
            assert_eq!(refusal.code, Code::WeakPassword, "{weak}");
            assert!(refusal.detail.contains(why), "{weak}: {}", refusal.detail);
        }
    }

    #[test]
    fn no_kinds_of_characters_are_asked_for_and_any_script_will_do() {
        for good in
            ["plum ladder trumpet fog", "correct horse battery staple tuba", "患者 青い 山羊 が 窓 を 磨く 午後三時"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = "violet anchors drift past quiet engines ".repeat(4);
        assert!(long.chars().count() >= 128);
        assert_eq!(check(&long), Ok(()));
    }

    #[test]
    fn characters_are_counted_once_however_they_are_composed() {
        // Fourteen letters, each written as a letter and a mark.
        let composed = "e\u{301}".repeat(14);
        let refusal = check(&composed).expect_err("fourteen characters");
        assert!(refusal.detail.contains("at least 15"), "{}", refusal.detail);
        assert_eq!(normal("ﬁne e\u{301}"), normal("fine é"));
    }
}
