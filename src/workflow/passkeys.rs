//! Passkeys (WebAuthn): adding one, and signing in with one.
//!
//! Promises: a challenge is good once and for five minutes; an answer made for another site, for
//! another challenge or without the device's own lock is refused; a passkey counts as both factors
//! for signing in, and for nothing else: a signature needs the password.

use serde_json::Value;
use sha2::{Digest, Sha256};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, RequestChallengeResponse, Url, Uuid, Webauthn, WebauthnBuilder,
};

use crate::domain::account::FactorKind;
use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;
use crate::ledger::canonical::sha256_hex;
use crate::store::Ceremony;

use super::permit::{KeepOwnAccount, Permit, Proof};
use super::second_factor::CEREMONY_MINUTES;
use super::sign_in::{self, Device, SignedIn};
use super::{App, Error, prove, set_up};

const ADDING: &str = "passkey";
const ENTERING: &str = "passkey_sign_in";

/// A sign-in that waits for a passkey's answer.
#[derive(Debug)]
pub struct PasskeyQuestion {
    /// What stands for it.
    pub ceremony: String,
    /// What the browser asks the device.
    pub options: RequestChallengeResponse,
}

/// A passkey just added.
#[derive(Debug, Clone)]
pub struct PasskeyAdded {
    /// Its public name within the account.
    pub id: String,
    /// What the person calls it.
    pub name: Line,
}

fn internal(e: impl std::fmt::Display) -> Error {
    Error::Internal(format!("passkey: {e}"))
}

/// The rules of WebAuthn for the site's own address.
fn rules(app: &App) -> Result<Webauthn, Refusal> {
    let not_offered = || {
        let detail = "Passkeys are not offered under this address: they need a name instead of a number, and https.";
        Refusal::new(Code::PasskeysNotOffered, detail)
    };
    let url = Url::parse(app.public_url()).map_err(|_| not_offered())?;
    let name = url.domain().filter(|name| url.scheme() == "https" || *name == "localhost").ok_or_else(not_offered)?;
    let builder = WebauthnBuilder::new(name, &url).map_err(|_| not_offered())?;
    builder.rp_name(app.site().name.as_str()).build().map_err(|_| not_offered())
}

/// True where the site's address can carry passkeys.
pub fn are_offered(app: &App) -> bool {
    rules(app).is_ok()
}

/// The handle by which a passkey knows its account; it says nothing to whoever reads it.
fn handle(app: &App, username: &Username) -> Uuid {
    let digest = Sha256::digest(format!("{} {username}", app.site().origin));
    let mut bytes = [0_u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = from;
    }
    Uuid::from_bytes(bytes)
}

/// A passkey's public name within the account.
fn public_name(credential_id: &[u8]) -> String {
    sha256_hex(credential_id).chars().take(32).collect()
}

fn place_of(username: &Username) -> String {
    sha256_hex(format!("{ADDING} {username}").as_bytes())
}

/// Begins to add a passkey: what the browser asks the device.
///
/// # Errors
/// The proof is wrong, or the site's address cannot carry passkeys.
pub fn begin_adding(app: &App, permit: &Permit<KeepOwnAccount>, proof: &Proof) -> Result<Value, Error> {
    let rules = rules(app)?;
    let who = permit.actor().clone();
    prove::for_own_account(app, &who, proof)?;
    let there = app.read(|view| Ok(view.passkeys_of(&who.username)?))?;
    let there: Vec<Passkey> =
        there.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>().map_err(internal)?;
    let known = (!there.is_empty()).then(|| there.iter().map(|p| p.cred_id().clone()).collect());
    let (options, state) = rules
        .start_passkey_registration(handle(app, &who.username), who.username.as_str(), who.name.as_str(), known)
        .map_err(internal)?;
    let mut options = serde_json::to_value(&options).map_err(internal)?;
    // One that the device finds by itself, so that nobody types a user name.
    if let Some(wanted) = options.pointer_mut("/publicKey/authenticatorSelection").and_then(Value::as_object_mut) {
        wanted.insert("residentKey".into(), Value::from("required"));
        wanted.insert("requireResidentKey".into(), Value::from(true));
    }
    let content = serde_json::to_string(&state).map_err(internal)?;
    app.write(permit.actor(), move |desk| {
        let ceremony = Ceremony { username: Some(who.username.to_string()), content };
        let until = desk.now.plus_minutes(CEREMONY_MINUTES);
        Ok(desk.tx.begin_ceremony(&place_of(&who.username), ADDING, &ceremony, desk.now, until)?)
    })?;
    Ok(options)
}

fn refused(detail: &str) -> Error {
    Refusal::field(Code::WrongCredentials, "credential", detail).into()
}

/// Adds a passkey with the device's answer.
///
/// # Errors
/// Nothing was begun, it took too long, or the answer is not to this question from this site.
pub fn add(
    app: &App,
    permit: &Permit<KeepOwnAccount>,
    name: &str,
    credential: &RegisterPublicKeyCredential,
) -> Result<PasskeyAdded, Error> {
    let rules = rules(app)?;
    let name = Line::parse("name", name)?;
    let username = permit.actor().username.clone();
    let place = place_of(&username);
    let too_late = || {
        let detail = "Adding a passkey was not begun, or took longer than five minutes. Begin again.";
        Error::from(Refusal::new(Code::NoSuchFactor, detail))
    };
    // Taken before the answer is looked at: a challenge is good once.
    let taken = place.clone();
    let waiting = app.write(permit.actor(), move |desk| {
        let now = desk.now;
        let waiting = desk.view().ceremony(&taken, ADDING, now)?;
        desk.tx.end_ceremony(&taken)?;
        Ok(waiting)
    })?;
    let waiting = waiting.ok_or_else(too_late)?;
    let state: PasskeyRegistration = serde_json::from_str(&waiting.content).map_err(internal)?;
    let passkey = rules.finish_passkey_registration(credential, &state).map_err(|error| {
        tracing::info!(%error, "a passkey was refused");
        refused("The device's answer is not one to this question from this site. Begin again.")
    })?;
    let added = PasskeyAdded { id: public_name(passkey.cred_id()), name };
    let content = serde_json::to_string(&passkey).map_err(internal)?;
    let kept = added.clone();
    app.write(permit.actor(), move |desk| {
        if desk.view().passkey(&kept.id)?.is_some() {
            return Err(Refusal::new(Code::AlreadyDone, "This passkey is known already.").into());
        }
        desk.tx.keep_passkey(&kept.id, &username, &content)?;
        let (factor, id, name) = (FactorKind::Passkey, kept.id, kept.name);
        desk.record(Event::Account(AccountEvent::SecondFactorAdded { factor, id, name })).map(drop)
    })?;
    Ok(added)
}

/// Begins a sign-in with a passkey: nobody says yet who they are.
///
/// # Errors
/// The site's address cannot carry passkeys.
pub fn begin_sign_in(app: &App) -> Result<PasskeyQuestion, Error> {
    let (mut options, state) = rules(app)?.start_discoverable_authentication().map_err(internal)?;
    // Asked for by a button, not offered in a list beside the field.
    options.mediation = None;
    let content = serde_json::to_string(&state).map_err(internal)?;
    let ceremony = app.random::<32>()?;
    let place = sha256_hex(ceremony.as_bytes());
    app.write(&set_up::system_actor(), move |desk| {
        let until = desk.now.plus_minutes(CEREMONY_MINUTES);
        let waiting = Ceremony { username: None, content };
        Ok(desk.tx.begin_ceremony(&place, ENTERING, &waiting, desk.now, until)?)
    })?;
    Ok(PasskeyQuestion { ceremony, options })
}

/// Signs in with the answer of a passkey.
///
/// # Errors
/// Nothing was begun, it took too long, or the answer is not one of a passkey that is known here
/// to this question from this site.
pub fn sign_in(app: &App, ceremony: &str, credential: &str, device: &Device) -> Result<SignedIn, Error> {
    let rules = rules(app)?;
    let wrong = || refused("This passkey is not known here, or its answer is not one to this question. Try again.");
    let answer: PublicKeyCredential = serde_json::from_str(credential).map_err(|_| wrong())?;
    let place = sha256_hex(ceremony.as_bytes());
    let waiting = app.write(&set_up::system_actor(), move |desk| {
        let now = desk.now;
        let waiting = desk.view().ceremony(&place, ENTERING, now)?;
        desk.tx.end_ceremony(&place)?;
        Ok(waiting)
    })?;
    let Some(waiting) = waiting else { return Err(wrong()) };
    let state: DiscoverableAuthentication = serde_json::from_str(&waiting.content).map_err(internal)?;
    let (claimed, credential_id) = rules.identify_discoverable_authentication(&answer).map_err(|_| wrong())?;
    let id = public_name(credential_id);
    let (device, token, app_inside) = (device.clone(), app.random::<32>()?, app.clone());
    app.write(&set_up::system_actor(), move |desk| {
        // Inside the write: a passkey that was taken away meanwhile is gone, and its counter only grows.
        let Some((username, content)) = desk.view().passkey(&id)? else { return Ok(Err(wrong())) };
        if handle(&app_inside, &username) != claimed {
            return Ok(Err(wrong()));
        }
        let mut passkey: Passkey = serde_json::from_str(&content).map_err(internal)?;
        let proved = match rules.finish_discoverable_authentication_v2(&answer, state, DiscoverableKey::from(&passkey))
        {
            Ok(proved) if proved.user_verified() => proved,
            Ok(_) => return Ok(Err(wrong())),
            Err(error) => {
                tracing::info!(%error, "a passkey's answer was refused");
                return Ok(Err(wrong()));
            }
        };
        if passkey.update_credential(&proved) == Some(true) {
            desk.tx.keep_passkey(&id, &username, &serde_json::to_string(&passkey).map_err(internal)?)?;
        }
        let Some(user) = desk.view().user(&username)? else { return Ok(Err(wrong())) };
        Ok(sign_in::open(desk, user, &device, token)?.map_err(Error::from))
    })?
}
