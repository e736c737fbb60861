//! Signing in by an OpenID provider, and linking an account with an identity there.
//!
//! Promises: no account is made here; only a usable account whose holder linked it is signed in to;
//! what was begun works once, for ten minutes, in the browser that began it; a second factor that
//! an account has or needs is not left out unless the provider says that it asked for several; it
//! never replaces the password of a signature.

use serde::{Deserialize, Serialize};

use super::oidc_provider::{Marks, Provider, refused};
use super::permit::{KeepAccounts, KeepOwnAccount, Permit};
use super::prove::{self, Proof};
use super::sign_in::{self, Device, SignedIn};
use super::{App, Error, set_up};
use crate::domain::account::LockedDeed;
use crate::domain::event::{AccountEvent, Event};
use crate::domain::ids::Username;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;
use crate::ledger::canonical::sha256_hex;
use crate::store::{Ceremony, User};

pub use super::oidc_provider::{Identity, ProviderSettings};

/// How long a visit to the provider may take, in minutes.
pub const VISIT_MINUTES: i64 = 10;
const KIND: &str = "oidc";

/// A visit to the provider that was just begun.
pub struct Begun {
    /// Where the browser goes.
    pub address: String,
    /// What the browser must bring back, in a cookie and in the address.
    pub state: String,
}

/// What a browser brings back.
pub struct Returned {
    /// The state in the address.
    pub state: String,
    /// The state in the cookie.
    pub cookie: String,
    /// The provider's code.
    pub code: String,
    /// The provider's word for why there is none.
    pub error: String,
}

/// What came of a visit.
pub enum Done {
    /// Somebody is signed in, who wanted to go somewhere.
    SignedIn(Box<SignedIn>, String),
    /// The account is linked.
    Linked,
}

/// What a visit was begun with; kept until the browser comes back.
#[derive(Serialize, Deserialize)]
struct Visit {
    next: String,
    nonce: String,
    verifier: String,
}

/// Begins a sign-in.
///
/// # Errors
/// The provider does not answer.
pub fn begin_sign_in(app: &App, provider: &Provider, next: &str) -> Result<Begun, Error> {
    begin(app, provider, None, next)
}

/// Begins to link the own account, by somebody who proves again who they are: a link is a key to
/// the account.
///
/// # Errors
/// The proof is wrong, the account is linked already, or the provider does not answer.
pub fn begin_link(
    app: &App,
    provider: &Provider,
    permit: &Permit<KeepOwnAccount>,
    proof: &Proof,
) -> Result<Begun, Error> {
    let username = &permit.actor().username;
    prove::for_own_account(app, permit.actor(), proof)?;
    let account = app.read(|view| Ok(view.account(username)?))?;
    if account.identities.iter().any(|i| i.issuer == provider.issuer()) {
        return Err(linked_already().into());
    }
    begin(app, provider, Some(username), "")
}

fn linked_already() -> Refusal {
    let detail =
        "This account is linked with an identity of the provider already. An administrator can take the link away.";
    Refusal::new(Code::AlreadyDone, detail)
}

fn begin(app: &App, provider: &Provider, username: Option<&Username>, next: &str) -> Result<Begun, Error> {
    let marks = Marks { state: app.random::<32>()?, nonce: app.random::<32>()?, verifier: app.random::<32>()? };
    let address = provider.address(app.now(), &marks)?;
    let visit = Visit { next: next.to_owned(), nonce: marks.nonce, verifier: marks.verifier };
    let content = serde_json::to_string(&visit).map_err(|e| Error::Internal(e.to_string()))?;
    let ceremony = Ceremony { username: username.map(ToString::to_string), content };
    let name = sha256_hex(marks.state.as_bytes());
    app.write(&set_up::system_actor(), move |desk| {
        let until = desk.now.plus_minutes(VISIT_MINUTES);
        Ok(desk.tx.begin_ceremony(&name, KIND, &ceremony, desk.now, until)?)
    })?;
    Ok(Begun { address, state: marks.state })
}

/// Where the browser goes that holds this state; none where nothing waits for it.
///
/// # Errors
/// The provider does not answer.
pub fn address_again(app: &App, provider: &Provider, state: &str) -> Result<Option<String>, Error> {
    let name = sha256_hex(state.as_bytes());
    let Some(waiting) = app.read(|view| Ok(view.ceremony(&name, KIND, app.now())?))? else { return Ok(None) };
    let visit: Visit = serde_json::from_str(&waiting.content).map_err(|e| Error::Internal(e.to_string()))?;
    let marks = Marks { state: state.to_owned(), nonce: visit.nonce, verifier: visit.verifier };
    provider.address(app.now(), &marks).map(Some)
}

/// Finishes a visit: somebody is signed in, or the account of who is signed in is linked.
///
/// # Errors
/// The browser did not begin it, it was finished before, the provider's answer is not accepted,
/// or no usable account is linked with the identity.
pub fn come_back(
    app: &App,
    provider: &Provider,
    returned: &Returned,
    visitor: Option<&User>,
    device: &Device,
) -> Result<Done, Error> {
    let ceremony = take(app, returned)?;
    let visit: Visit = serde_json::from_str(&ceremony.content).map_err(|e| Error::Internal(e.to_string()))?;
    if returned.code.is_empty() {
        let word: String = returned.error.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(40).collect();
        let detail =
            format!("The OpenID provider did not say who you are ({word}). Begin again, or use your password.");
        return Err(Refusal::new(Code::ProviderRefused, detail).into());
    }
    let marks = Marks { state: returned.state.clone(), nonce: visit.nonce, verifier: visit.verifier };
    let identity = provider.identity(app.now(), &returned.code, &marks)?;
    match (ceremony.username, visitor) {
        (None, _) => Ok(Done::SignedIn(Box::new(open(app, &identity, device)?), visit.next)),
        (Some(name), Some(user)) if user.username.as_str() == name => {
            link(app, user, &identity)?;
            Ok(Done::Linked)
        }
        (Some(_), _) => Err(refused(&"somebody else is signed in than who began the link")),
    }
}

/// Takes what was begun, so that it works once.
fn take(app: &App, returned: &Returned) -> Result<Ceremony, Error> {
    let name = sha256_hex(returned.state.as_bytes());
    // Compared by hash, so that the time taken tells nothing.
    if returned.state.is_empty() || name != sha256_hex(returned.cookie.as_bytes()) {
        return Err(refused(&"the browser did not begin this visit"));
    }
    let waiting = app.write(&set_up::system_actor(), move |desk| {
        let now = desk.now;
        let waiting = desk.view().ceremony(&name, KIND, now)?;
        desk.tx.end_ceremony(&name)?;
        Ok(waiting)
    })?;
    waiting.ok_or_else(|| {
        let detail = "This visit to the OpenID provider took too long, or was finished before. Begin again.";
        Refusal::new(Code::ProviderRefused, detail).into()
    })
}

/// Opens a session for whoever is linked with the identity: the one place where a visit to the
/// provider becomes a sign-in.
fn open(app: &App, identity: &Identity, device: &Device) -> Result<SignedIn, Error> {
    let (identity, device, token) = (identity.clone(), device.clone(), app.random::<32>()?);
    let outcome = app.write(&set_up::system_actor(), move |desk| {
        let accounts = desk.view().accounts()?;
        let is_linked = |username: &String| {
            accounts.get(username).is_some_and(|account| {
                account.identities.iter().any(|i| i.subject_sha256 == identity.subject_sha256 && i.issuer == identity.issuer)
            })
        };
        let found = accounts.keys().find(|username| is_linked(username));
        let user = match found {
            Some(name) => desk.view().user(&Username::parse(name)?)?,
            None => None,
        };
        let Some(user) = user else {
            let detail = "No account here is linked with your identity at the OpenID provider. Sign in with your \
                          password, and link it under your account.";
            return Ok(Err(Refusal::new(Code::NotLinked, detail)));
        };
        let (account, policy) = (desk.view().account(&user.username)?, desk.view().policy()?);
        if account.locked_at(LockedDeed::SignIn, desk.now).is_some() {
            let detail = "This account is locked after too many wrong attempts. Wait, or ask an administrator.";
            return Ok(Err(Refusal::new(Code::Locked, detail)));
        }
        let needs_factor = user.roles.iter().any(|role| policy.second_factor_roles.contains(role));
        if (account.has_one_time_codes() || needs_factor) && !identity.several_factors {
            let detail = "This account needs a second factor, and the OpenID provider did not ask for one. Sign in with \
                          your password and the one-time code, or with a passkey.";
            return Ok(Err(Refusal::new(Code::SecondFactorRequired, detail)));
        }
        sign_in::open(desk, user, &device, token)
    })?;
    Ok(outcome?)
}

fn link(app: &App, user: &User, identity: &Identity) -> Result<(), Error> {
    let (username, identity) = (user.username.clone(), identity.clone());
    app.write(&sign_in::actor_of(user), move |desk| {
        for (name, account) in desk.view().accounts()? {
            let same = |i: &&crate::domain::account::LinkedIdentity| i.issuer == identity.issuer;
            if let Some(linked) = account.identities.iter().find(same) {
                if name == username.as_str() {
                    return Err(linked_already().into());
                }
                if linked.subject_sha256 == identity.subject_sha256 {
                    let detail = "This identity of the provider is linked with another account already.";
                    return Err(Refusal::new(Code::AlreadyDone, detail).into());
                }
            }
        }
        let Identity { issuer, subject_sha256, .. } = identity;
        desk.record(Event::Account(AccountEvent::IdentityLinked { issuer, subject_sha256 })).map(drop)
    })
}

/// Takes an account's links with providers away.
///
/// # Errors
/// There is no such account or no link, or the reason cannot be accepted.
pub fn unlink(app: &App, permit: &Permit<KeepAccounts>, username: &str, reason: &str) -> Result<(), Error> {
    let nobody = || Refusal::new(Code::NoSuchUser, "There is no account of this name. Check the user name.");
    let username = Username::parse(username).map_err(|_| nobody())?;
    let reason = Line::parse("reason", reason)?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        if desk.view().user(&username)?.is_none() {
            return Err(nobody().into());
        }
        let identities = desk.view().account(&username)?.identities;
        if identities.is_empty() {
            let detail = format!("The account {username} is linked with no OpenID provider.");
            return Err(Refusal::new(Code::AlreadyDone, detail).into());
        }
        let mut issuers: Vec<String> = identities.into_iter().map(|i| i.issuer).collect();
        issuers.dedup();
        for issuer in issuers {
            let (username, reason) = (username.clone(), reason.clone());
            desk.record(Event::Account(AccountEvent::IdentityUnlinked { username, issuer, reason }))?;
        }
        Ok(())
    })
}
