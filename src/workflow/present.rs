//! Who is there: the person behind a session's secret or a token, and what stands in their way.
//!
//! Promises: a session or token of an account that cannot be used is nobody's from that moment on;
//! a page's session locks when nobody has touched it for as long as the site's policy says, which
//! nobody can switch off (EU GMP Annex 11 draft, 11.8).

use crate::domain::account::Account;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::scope::Scope;
use crate::domain::site_policy::SitePolicy;
use crate::ledger::canonical::sha256_hex;
use crate::store::{Session, User, View};

use super::permit::{KeepOwnAccount, Permit, Proof};
use super::{App, Error, alerts, prove, sign_in, tokens};

/// How a secret was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// By a browser, with every request to the site.
    ByCookie,
    /// By a program, in the header of the request.
    AsBearer,
}

/// By what somebody is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// A session.
    Session {
        /// Its public name.
        id: String,
        /// True where a page's cookie carries it.
        browser: bool,
    },
    /// A token of an instrument or another program.
    Token {
        /// What it may do.
        scopes: Vec<Scope>,
    },
}

/// Somebody who is there.
#[derive(Debug, Clone)]
pub struct Present {
    /// The account.
    pub user: User,
    /// By what.
    pub means: Means,
    /// When the session or token ends by itself.
    pub expires_at: Moment,
    /// True where nobody touched the page for too long: only unlocking and signing out remain.
    pub locked: bool,
    /// True where an administrator gave the password: only changing it and leaving remain.
    pub must_change: bool,
    /// What must be done before anything else.
    pub first: Option<Refusal>,
    /// True where this person signs with a one-time code too.
    pub asks_code: bool,
    /// After how many minutes without a touch a page locks.
    pub idle_minutes: u32,
    /// How many alerts for this person's roles nobody took note of.
    pub alerts: usize,
}

/// The person behind the secret that a program sends.
///
/// # Errors
/// Storage fails.
pub fn present(app: &App, secret: &str) -> Result<Option<Present>, Error> {
    carried(app, secret, Carried::AsBearer)
}

/// The person behind a session's secret or a token. A token is never a cookie, and the secret of a
/// page never a bearer: each would get around what holds for the other.
///
/// # Errors
/// Storage fails.
pub fn carried(app: &App, secret: &str, carried: Carried) -> Result<Option<Present>, Error> {
    if secret.is_empty() || secret.len() > 200 {
        return Ok(None);
    }
    let (hash, now) = (sha256_hex(secret.as_bytes()), app.now());
    if secret.starts_with(tokens::PREFIX) {
        let as_bearer = carried == Carried::AsBearer;
        return if as_bearer { app.read(|view| by_token(view, &hash, now)) } else { Ok(None) };
    }
    let found = app.read(|view| by_session(view, &hash, now, carried))?;
    if let Some((present, last_seen_at)) = &found
        && !present.locked
        && last_seen_at.plus_minutes(1) <= now
    {
        touch(app, &present.user, hash);
    }
    Ok(found.map(|(present, _)| present))
}

/// Notes that a session was used. That it could not be noted stops nobody.
fn touch(app: &App, user: &User, token_sha256: String) {
    let noted = app.write(&sign_in::actor_of(user), move |desk| Ok(desk.tx.touch_session(&token_sha256, desk.now)?));
    if let Err(error) = noted {
        tracing::warn!(%error, "when a session was last used could not be noted");
    }
}

fn by_session(view: &mut View, hash: &str, now: Moment, carried: Carried) -> Result<Option<(Present, Moment)>, Error> {
    let by_cookie = carried == Carried::ByCookie;
    let session = view.session(hash, now)?.filter(|session| by_cookie || !session.browser);
    let Some(session) = session else { return Ok(None) };
    let account = view.account(&session.user.username)?;
    if account.unusable_at(now).is_some() {
        return Ok(None);
    }
    let policy = view.policy()?;
    let Session { user, id, browser, last_seen_at, expires_at, .. } = session;
    let present = Present {
        means: Means::Session { id, browser },
        // A program's session that somebody put into a browser locks there like any other.
        locked: by_cookie && last_seen_at.plus_minutes(i64::from(policy.idle_minutes)) <= now,
        must_change: view.must_change_password(&user.username)?,
        first: first_of_all(&user, &account, &policy),
        asks_code: account.has_one_time_codes(),
        idle_minutes: policy.idle_minutes,
        alerts: alerts::waiting_for(view, &user.roles)?,
        user,
        expires_at,
    };
    Ok(Some((present, last_seen_at)))
}

fn by_token(view: &mut View, hash: &str, now: Moment) -> Result<Option<Present>, Error> {
    let Some((id, username)) = view.token(hash)? else { return Ok(None) };
    let Some(user) = view.user(&username)? else { return Ok(None) };
    let account = view.account(&username)?;
    let in_force = |t: &&crate::domain::account::Token| t.id == id && t.revoked_at.is_none() && now < t.expires_at;
    let token = account.tokens.iter().find(in_force);
    let Some(token) = token.filter(|_| account.unusable_at(now).is_none()) else { return Ok(None) };
    let policy = view.policy()?;
    Ok(Some(Present {
        means: Means::Token { scopes: token.scopes.iter().filter_map(|name| Scope::named(name)).collect() },
        expires_at: token.expires_at,
        locked: false,
        must_change: view.must_change_password(&username)?,
        first: first_of_all(&user, &account, &policy),
        asks_code: account.has_one_time_codes(),
        idle_minutes: policy.idle_minutes,
        alerts: 0,
        user,
    }))
}

/// What the person must do before anything else.
fn first_of_all(user: &User, account: &Account, policy: &SitePolicy) -> Option<Refusal> {
    let missing = sign_in::needs_factor(user, policy) && account.factors.is_empty();
    missing.then(|| {
        let detail =
            "Your role needs a second factor, and you have none. Set one up under Security before anything else.";
        Refusal::new(Code::SecondFactorMissing, detail)
    })
}

/// Unlocks the page of somebody who was away.
///
/// # Errors
/// The proof is wrong; five wrong ones in a row end the person's sessions.
pub fn unlock(app: &App, permit: &Permit<KeepOwnAccount>, secret: &str, proof: &Proof) -> Result<(), Error> {
    prove::for_own_account(app, permit.actor(), proof)?;
    let hash = sha256_hex(secret.as_bytes());
    app.write(permit.actor(), move |desk| Ok(desk.tx.touch_session(&hash, desk.now)?))
}

/// Gives a session another secret in place of the one it has; none where it has ended meanwhile.
///
/// # Errors
/// Storage fails.
pub fn renew(app: &App, permit: &Permit<KeepOwnAccount>, secret: &str) -> Result<Option<String>, Error> {
    let (old, new) = (sha256_hex(secret.as_bytes()), app.random::<32>()?);
    let hash = sha256_hex(new.as_bytes());
    let open = app.write(permit.actor(), move |desk| Ok(desk.tx.renew_session(&old, &hash, desk.now)?))?;
    Ok(open.then_some(new))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{FixedClock, SeededChance};
    use crate::domain::event::Event;
    use crate::domain::role::Role;
    use crate::store::Target;
    use crate::workflow::keep_accounts::{UserEntry, create_first_administrator};
    use crate::workflow::set_up::{NewSite, Opening, system_actor};
    use crate::workflow::sign_in::sign_in;

    const PASSWORD: &str = "seven quiet otters cross the harbour";

    /// A site whose policy wants a second factor of administrators, and its administrator Ada.
    fn strict_site() -> (tempfile::TempDir, App) {
        let data = tempfile::tempdir().expect("a folder");
        let now = Moment::parse("at", "2026-06-01T08:00:00Z").expect("a moment");
        let new_site = NewSite {
            name: "Test".into(),
            address: String::new(),
            licence: String::new(),
            zone: "UTC".into(),
            origin: None,
            synthetic: true,
        };
        let app = App::open(Opening {
            data: data.path().to_path_buf(),
            target: Target::Sqlite(data.path().join("lotgate.db")),
            new_site,
            clock: Arc::new(FixedClock::at(now)),
            chance: Arc::new(SeededChance::new(1)),
            public_url: "http://localhost".into(),
        })
        .expect("a site");
        let entry = UserEntry {
            username: "ada".into(),
            full_name: "Ada".into(),
            roles: Vec::new(),
            password: PASSWORD.into(),
            valid_until: None,
        };
        let link = app.first_link().expect("readable").expect("nobody yet");
        create_first_administrator(&app, &link, &entry).expect("the first administrator");
        let policy = SitePolicy { second_factor_roles: vec![Role::Admin], ..SitePolicy::default() };
        app.write(&system_actor(), |desk| {
            desk.record(Event::SitePolicySet { policy, version: None, signature: None }).map(drop)
        })
        .expect("a policy");
        (data, app)
    }

    #[test]
    fn whose_role_needs_a_second_factor_does_nothing_before_it_is_set_up() {
        let (_data, app) = strict_site();
        let opened = sign_in(&app, "ada", PASSWORD).expect("the way to set one up");
        let there = present(&app, &opened.token).expect("readable").expect("Ada");
        assert_eq!(there.first.map(|refusal| refusal.code), Some(Code::SecondFactorMissing));
    }

    #[test]
    fn whose_role_needs_a_second_factor_does_not_sign_without_one() {
        let (_data, app) = strict_site();
        let opened = sign_in(&app, "ada", PASSWORD).expect("signed in");
        let actor = sign_in::actor_of(&opened.user);
        let signed = prove::for_signature(&app, &actor, &Proof::from(PASSWORD));
        assert!(matches!(signed, Err(Error::Refused(r)) if r.code == Code::SecondFactorMissing));
        prove::for_own_account(&app, &actor, &Proof::from(PASSWORD)).expect("that is how one is set up");
    }
}
