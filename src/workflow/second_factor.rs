//! One-time codes (RFC 6238) and the recovery codes that stand in for them.
//!
//! Promises: a code is taken once (RFC 6238, 5.2); the secret is shown only while it is being set
//! up, recovery codes only when they are made; what is kept of a recovery code is its SHA-256.

use totp_rs::{Builder, Secret, Totp};

use crate::certificate::{QrCode, qr_code};
use crate::domain::account::FactorKind;
use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::domain::text::Line;
use crate::ledger::canonical::sha256_hex;
use crate::store::{Ceremony, Credential};

use super::permit::{KeepAccounts, KeepOwnAccount, Permit, Proof};
use super::{App, Desk, Error, attempts, base32, prove};

/// How long something that was begun waits for its second half, in minutes.
pub(super) const CEREMONY_MINUTES: i64 = 5;
/// How many recovery codes are made.
pub const RECOVERY_CODES: usize = 10;
/// Bytes of a recovery code: 80 bits.
const RECOVERY_BYTES: usize = 10;
/// Characters of a recovery code in base32.
const RECOVERY_CHARS: usize = 16;
/// Bytes of the secret: 160 bits (RFC 4226, 4, R6).
const SECRET_BYTES: usize = 20;
const KIND: &str = "totp";

/// One-time codes about to be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotpBegun {
    /// The secret in base32, for typing into an authenticator.
    pub secret: String,
    /// The same with everything an authenticator needs, for its camera.
    pub otpauth_url: String,
}

impl TotpBegun {
    /// The address as a matrix code.
    ///
    /// # Errors
    /// It cannot be drawn: a failure of ours.
    pub fn matrix(&self) -> Result<QrCode, Error> {
        qr_code(&self.otpauth_url).map_err(|e| Error::Internal(e.to_string()))
    }
}

/// Recovery codes, in clear for the only time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryCodes(pub Vec<String>);

/// What became of a code.
pub(super) enum Spent {
    /// It was right and is used up.
    Right,
    /// It was not, with what to say.
    Wrong(Refusal),
}

fn totp(secret: &str) -> Result<Totp, Error> {
    let broken = |e: &str| Error::Internal(format!("a secret of one-time codes: {e}"));
    let bytes = base32::decode(secret).and_then(|bytes| <[u8; SECRET_BYTES]>::try_from(bytes).ok());
    let secret = Secret::new_stack(bytes.ok_or_else(|| broken("not 160 bits in base32"))?);
    Builder::new().with_secret(secret).build().map_err(|e| broken(&e.to_string()))
}

/// The time step whose code this is: the current one, or one before or after it (RFC 6238, 5.2).
fn step_of(secret: &str, code: &str, now: Moment) -> Result<Option<i64>, Error> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let step = totp(secret)?.check(&digits, now.unix_seconds());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// A recovery code as it was shown, without what people put between its letters.
fn recovery_hash(code: &str) -> Option<String> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (plain.len() == RECOVERY_CHARS).then(|| sha256_hex(plain.as_bytes()))
}

/// Takes a one-time code or a recovery code of an account, once.
pub(super) fn spend(desk: &mut Desk, who: &Actor, credential: &Credential, code: &str) -> Result<Spent, Error> {
    let wrong = |detail: &str| Ok(Spent::Wrong(Refusal::field(Code::WrongCode, "code", detail)));
    if let Some(hash) = recovery_hash(code) {
        let mut left = credential.recovery_codes.clone();
        let Some(at) = left.iter().position(|kept| *kept == hash) else {
            return wrong("This recovery code is not right, or it was used before. Each works once.");
        };
        left.remove(at);
        desk.tx.keep_recovery_codes(&who.username, &left)?;
        let left = u32::try_from(left.len()).unwrap_or(0);
        desk.record_as(who, Event::Account(AccountEvent::RecoveryCodeUsed { left }))?;
        return Ok(Spent::Right);
    }
    let Some(secret) = credential.totp_secret.as_deref() else {
        return wrong("No one-time codes are set up for this account.");
    };
    match step_of(secret, code, desk.now)? {
        Some(step) if desk.tx.take_totp_step(&who.username, step)? => Ok(Spent::Right),
        Some(_) => wrong("This one-time code was used before. Wait for the next one and type that."),
        None => wrong(
            "The one-time code is not right. Type the six digits that the authenticator shows now; check that its \
             device has the right time.",
        ),
    }
}

fn ceremony_name(username: &Username) -> String {
    sha256_hex(format!("{KIND} {username}").as_bytes())
}

fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn begun(app: &App, username: &Username, secret: String) -> TotpBegun {
    let issuer = encoded(app.site().name.as_str());
    let otpauth_url = format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30",
        encoded(username.as_str())
    );
    TotpBegun { secret, otpauth_url }
}

fn there_already() -> Error {
    let detail = "One-time codes are set up already. Take them away first, then set up the new authenticator.";
    Refusal::new(Code::AlreadyDone, detail).into()
}

/// Begins to set up one-time codes: the secret to put into an authenticator.
///
/// # Errors
/// The proof is wrong, or codes are set up already.
pub fn begin_totp(app: &App, permit: &Permit<KeepOwnAccount>, proof: &Proof) -> Result<TotpBegun, Error> {
    let who = permit.actor();
    if app.read(|view| Ok(view.account(&who.username)?))?.has_one_time_codes() {
        return Err(there_already());
    }
    prove::for_own_account(app, who, proof)?;
    let mut bytes = [0_u8; SECRET_BYTES];
    app.0.chance.fill(&mut bytes).map_err(Error::Internal)?;
    let secret = base32::encode(&bytes);
    let (username, content) = (who.username.clone(), secret.clone());
    app.write(who, move |desk| {
        let ceremony = Ceremony { username: Some(username.to_string()), content };
        let until = desk.now.plus_minutes(CEREMONY_MINUTES);
        Ok(desk.tx.begin_ceremony(&ceremony_name(&username), KIND, &ceremony, desk.now, until)?)
    })?;
    Ok(begun(app, &who.username, secret))
}

/// The codes that are being set up, to be shown again after a wrong code.
///
/// # Errors
/// Nothing was begun, or its time is over.
pub fn totp_begun(app: &App, permit: &Permit<KeepOwnAccount>) -> Result<TotpBegun, Error> {
    let username = &permit.actor().username;
    let waiting = app.read(|view| Ok(view.ceremony(&ceremony_name(username), KIND, app.now())?))?;
    waiting.map(|c| begun(app, username, c.content)).ok_or_else(too_late)
}

fn too_late() -> Error {
    let detail = "Setting up one-time codes was not begun, or took longer than five minutes. Begin again.";
    Refusal::new(Code::NoSuchFactor, detail).into()
}

/// Sets one-time codes up once a code shows that the authenticator has the secret; gives ten
/// recovery codes.
///
/// # Errors
/// Nothing was begun, it took too long, or the code is not right.
pub fn confirm_totp(
    app: &App,
    permit: &Permit<KeepOwnAccount>,
    code: &str,
    name: &str,
) -> Result<RecoveryCodes, Error> {
    let who = permit.actor().clone();
    let name = Line::parse("name", if name.trim().is_empty() { "Authenticator" } else { name })?;
    let (codes, hashes) = recovery_codes(app)?;
    let id = app.random::<8>()?;
    let code = code.to_owned();
    app.write(permit.actor(), move |desk| {
        let (username, now) = (who.username, desk.now);
        if desk.view().account(&username)?.has_one_time_codes() {
            return Err(there_already());
        }
        let place = ceremony_name(&username);
        let waiting = desk.view().ceremony(&place, KIND, now)?.ok_or_else(too_late)?;
        let step = step_of(&waiting.content, &code, now)?.ok_or_else(|| {
            let detail = "The one-time code is not right. Type the six digits that the authenticator shows now.";
            Refusal::field(Code::WrongCode, "code", detail)
        })?;
        desk.tx.end_ceremony(&place)?;
        desk.tx.keep_totp(&username, Some(&waiting.content), step)?;
        desk.record(Event::Account(AccountEvent::SecondFactorAdded { factor: FactorKind::Totp, id, name }))?;
        made_recovery_codes(desk, &username, &hashes)
    })?;
    Ok(codes)
}

fn made_recovery_codes(desk: &mut Desk, username: &Username, hashes: &[String]) -> Result<(), Error> {
    desk.tx.keep_recovery_codes(username, hashes)?;
    let count = u32::try_from(hashes.len()).unwrap_or(0);
    desk.record(Event::Account(AccountEvent::RecoveryCodesMade { count })).map(drop)
}

fn recovery_codes(app: &App) -> Result<(RecoveryCodes, Vec<String>), Error> {
    let (mut codes, mut hashes) = (Vec::new(), Vec::new());
    for _ in 0..RECOVERY_CODES {
        let mut bytes = [0_u8; RECOVERY_BYTES];
        app.0.chance.fill(&mut bytes).map_err(Error::Internal)?;
        let plain = base32::encode(&bytes);
        hashes.push(sha256_hex(plain.as_bytes()));
        let letters: Vec<char> = plain.chars().collect();
        codes.push(letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"));
    }
    Ok((RecoveryCodes(codes), hashes))
}

/// Ten new recovery codes; older ones stop working.
///
/// # Errors
/// The proof is wrong, or no one-time codes are set up.
pub fn new_recovery_codes(app: &App, permit: &Permit<KeepOwnAccount>, proof: &Proof) -> Result<RecoveryCodes, Error> {
    let username = permit.actor().username.clone();
    if !app.read(|view| Ok(view.account(&username)?))?.has_one_time_codes() {
        let detail = "Recovery codes stand in for one-time codes, and none are set up. Set those up first.";
        return Err(Refusal::new(Code::NoSuchFactor, detail).into());
    }
    prove::for_own_account(app, permit.actor(), proof)?;
    let (codes, hashes) = recovery_codes(app)?;
    app.write(permit.actor(), move |desk| made_recovery_codes(desk, &username, &hashes))?;
    Ok(codes)
}

/// Takes a second factor or passkey from the own account.
///
/// # Errors
/// The proof is wrong, or there is no such factor.
pub fn remove_own_factor(app: &App, permit: &Permit<KeepOwnAccount>, proof: &Proof, id: &str) -> Result<(), Error> {
    let username = permit.actor().username.clone();
    factor_kind(app, &username, id)?;
    prove::for_own_account(app, permit.actor(), proof)?;
    remove(app, permit.actor(), username, id, "Taken away by the person.")
}

/// Takes a second factor or passkey from somebody's account, such as one on a lost telephone.
///
/// # Errors
/// There is no such account or factor, it is the administrator's own, or no reason is given.
pub fn remove_factor(
    app: &App,
    permit: &Permit<KeepAccounts>,
    username: &str,
    id: &str,
    reason: &str,
) -> Result<(), Error> {
    let username = super::my_sessions::account_named(app, username)?;
    if username == permit.actor().username {
        let detail = "Take your own second factor away under Security, with your password and a code.";
        return Err(Refusal::new(Code::OwnWork, detail).into());
    }
    remove(app, permit.actor(), username, id, reason)
}

fn no_such_factor(id: &str) -> Refusal {
    let shown: String = id.chars().take(40).collect();
    Refusal::new(Code::NoSuchFactor, format!("The account has no second factor or passkey “{shown}”."))
}

fn factor_kind(app: &App, username: &Username, id: &str) -> Result<FactorKind, Error> {
    let account = app.read(|view| Ok(view.account(username)?))?;
    let found = account.factors.iter().find(|f| f.id == id).map(|f| f.factor);
    found.ok_or_else(|| no_such_factor(id).into())
}

fn remove(app: &App, by: &Actor, username: Username, id: &str, reason: &str) -> Result<(), Error> {
    let (id, reason) = (id.to_owned(), Line::parse("reason", reason)?);
    app.write(by, move |desk| {
        let account = desk.view().account(&username)?;
        let factor = account.factors.iter().find(|f| f.id == id).map(|f| f.factor);
        let factor = factor.ok_or_else(|| no_such_factor(&id))?;
        match factor {
            FactorKind::Totp => desk.tx.keep_totp(&username, None, 0)?,
            FactorKind::Passkey => desk.tx.forget_passkey(&id)?,
        }
        let (by_another, whose) = (desk.by.username != username, username.clone());
        desk.record(Event::Account(AccountEvent::SecondFactorRemoved { username, factor, id, reason }))?;
        match by_another {
            true => attempts::access_given(desk, &whose, &format!("took its {factor} away")),
            false => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: Unix time and the eight digits, of which the last six are a
    /// code of six digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];

    fn at(seconds: i64) -> Moment {
        Moment::new(chrono::DateTime::from_timestamp(seconds, 0).expect("a moment"))
    }

    fn secret() -> String {
        base32::encode(b"12345678901234567890")
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (seconds, digits) in VECTORS {
            let step = step_of(&secret(), &digits[2..], at(seconds)).expect("readable");
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_one_step_around_its_own() {
        let (seconds, digits) = (1_111_111_111, "050471");
        for (later, good) in [(-31, true), (-32, false), (0, true), (58, true), (59, false), (-62, false)] {
            let step = step_of(&secret(), digits, at(seconds + later)).expect("readable");
            assert_eq!(step.is_some(), good, "{later} s");
        }
    }

    #[test]
    fn what_is_no_six_digits_is_no_code() {
        for code in ["", "05047", "0504711", "05047a", "٠٥٠٤٧١", "-50471"] {
            assert_eq!(step_of(&secret(), code, at(1_111_111_111)).expect("readable"), None, "{code}");
        }
        assert!(step_of(&secret(), " 050 471 ", at(1_111_111_111)).expect("readable").is_some(), "as apps show it");
    }

    #[test]
    fn a_recovery_code_may_be_typed_without_its_dashes_and_in_small_letters() {
        let shown = "ABCD-EFGH-2345-6723";
        assert_eq!(recovery_hash(shown), recovery_hash("abcd efgh 23456723"));
        assert_eq!(recovery_hash("050471"), None);
    }
}
