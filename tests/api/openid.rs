//! An OpenID provider in this process that says whatever a test wants: also what a real one never
//! would. The real one is in `tests/provider.rs`.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use lotgate::web::WebConfig;
use lotgate::workflow::oidc_provider::{Provider, ProviderSettings};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::Answer;
use crate::person::with;
use crate::site::{Site, settings};

/// The secret that the provider gave to the site.
pub const CLIENT_SECRET: &str = "a secret of the client, 100% & more";

/// What the provider does next.
#[derive(Default)]
struct Mood {
    claims: Value,
    header: Value,
    signed_by_another_key: bool,
    unsigned: bool,
    down: bool,
    nonsense: bool,
    challenge: String,
    used: bool,
    asked: Vec<String>,
}

/// The provider.
pub struct Forger {
    pub issuer: String,
    mood: Arc<Mutex<Mood>>,
}

fn key(id: &str) -> CoreEdDsaPrivateSigningKey {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    let id = Some(JsonWebKeyId::new(id.to_owned()));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pair.serialize_pem(), id).expect("a key")
}

impl Forger {
    /// Starts it.
    pub fn start() -> Forger {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("bound"));
        let mood = Arc::new(Mutex::new(Mood { claims: json!({}), header: json!({}), ..Mood::default() }));
        let (its_mood, its_name) = (mood.clone(), issuer.clone());
        std::thread::spawn(move || {
            let keys = (key("1"), key("1"));
            for stream in listener.incoming().flatten() {
                answer(stream, &its_name, &mut its_mood.lock().expect("no panic"), &keys);
            }
        });
        Forger { issuer, mood }
    }

    fn set(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.mood.lock().expect("no panic"));
    }

    /// A site that knows it.
    pub fn site(&self) -> Site {
        Site::with(|url| WebConfig { oidc: Some(self.provider(url)), ..settings() })
    }

    fn provider(&self, url: &str) -> Arc<Provider> {
        let settings = ProviderSettings {
            issuer: self.issuer.clone(),
            client_id: "lotgate".into(),
            client_secret: CLIENT_SECRET.into(),
            authorities: None,
            public_url: url.to_owned(),
        };
        Arc::new(Provider::new(settings).expect("settings"))
    }
}

fn answer(
    mut stream: TcpStream,
    issuer: &str,
    mood: &mut Mood,
    keys: &(CoreEdDsaPrivateSigningKey, CoreEdDsaPrivateSigningKey),
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().expect("a number");
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body = String::from_utf8(body).expect("text");
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    mood.asked.push(format!("{head}\n{body}"));
    let (status, said) = match path.as_str() {
        _ if mood.down => return,
        _ if mood.nonsense => (200, json!("Welcome to the router's administration")),
        "/.well-known/openid-configuration" => (200, configuration(issuer)),
        "/jwks" => {
            let public = keys.0.as_verification_key();
            (200, json!({"keys": [serde_json::to_value(public).expect("a key")]}))
        }
        "/token" => token(&head, &body, mood, keys),
        _ => (404, json!({})),
    };
    let said = said.to_string();
    let length = said.len();
    let head = format!("HTTP/1.1 {status} Yes\r\nContent-Type: application/json\r\nConnection: close\r\n");
    let _ = stream.write_all(format!("{head}Content-Length: {length}\r\n\r\n{said}").as_bytes());
}

fn configuration(issuer: &str) -> Value {
    json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
    })
}

fn token(
    head: &str,
    body: &str,
    mood: &mut Mood,
    keys: &(CoreEdDsaPrivateSigningKey, CoreEdDsaPrivateSigningKey),
) -> (u16, Value) {
    let field = |name: &str| body.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).unwrap_or_default();
    let verified = BASE64URL.encode(Sha256::digest(field("code_verifier")));
    let knows_the_client = head.to_lowercase().contains("authorization: basic ");
    if mood.used || verified != mood.challenge || field("code") != "the-code" || !knows_the_client {
        return (400, json!({"error": "invalid_grant"}));
    }
    mood.used = true;
    let signer = if mood.signed_by_another_key { &keys.1 } else { &keys.0 };
    let text = |value: &Value| BASE64URL.encode(value.to_string());
    let header = with(json!({"alg": "EdDSA", "kid": "1"}), &mood.header);
    let message = format!("{}.{}", text(&header), text(&mood.claims));
    let signature = signer.sign(&CoreJwsSigningAlgorithm::EdDsa, message.as_bytes()).expect("signed");
    let signature = if mood.unsigned { String::new() } else { BASE64URL.encode(signature) };
    (200, json!({"access_token": "access", "token_type": "Bearer", "id_token": format!("{message}.{signature}")}))
}

/// What a browser holds on its way.
#[derive(Clone)]
pub struct Away {
    pub state: String,
    pub cookie: String,
    nonce: String,
}

fn part(address: &str, name: &str) -> String {
    let query = address.split('?').nth(1).unwrap_or_default();
    query.split('&').find_map(|p| p.strip_prefix(&format!("{name}="))).unwrap_or_default().to_owned()
}

/// Follows an address of the provider: it will give a good token for this subject, but for what
/// `instead` says.
fn away(forger: &Forger, site: &Site, address: &str, cookie: &str, instead: &Value) -> Away {
    assert!(address.starts_with(&format!("{}/authorize?", forger.issuer)), "{address}");
    assert_eq!(part(address, "response_type"), "code");
    assert_eq!(part(address, "code_challenge_method"), "S256");
    let away = Away { state: part(address, "state"), cookie: cookie.to_owned(), nonce: part(address, "nonce") };
    assert!(away.state.len() == 64 && away.nonce.len() == 64, "{address}");
    let now = site.app.now().utc().timestamp();
    let usual = json!({"iss": forger.issuer, "aud": "lotgate", "sub": "248289761001", "nonce": away.nonce,
        "iat": now, "exp": now + 300});
    forger.set(|mood| {
        mood.claims = with(usual, instead);
        mood.challenge = part(address, "code_challenge");
        mood.used = false;
    });
    away
}

/// A stranger's browser begins to sign in.
pub fn begins(forger: &Forger, site: &Site, instead: &Value) -> Away {
    let answer = site.stranger().get("/sign-in/oidc?next=/lots");
    answer.with_status(303);
    away(forger, site, answer.header("location"), &cookie_of(&answer), instead)
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

/// The browser comes back.
pub fn comes_back(site: &Site, away: &Away) -> Answer {
    let path = format!("/sign-in/oidc/callback?code=the-code&state={}", away.state);
    site.stranger().asks("GET", &path, &[("Cookie", &away.cookie)], None)
}

/// Somebody links the own account.
pub fn links(forger: &Forger, site: &Site, who: &str, instead: &Value) -> Answer {
    let secret = site.person(who).password();
    let page = crate::example::sends(site, who, "/account/oidc", &[("password", &secret)]);
    page.with_status(200);
    assert!(page.text().contains("href=\"/account/oidc/visit\""), "{page}");
    let cookie = format!("{}; lotgate_session={}", cookie_of(&page), site.token(who));
    let sent = site.stranger().asks("GET", "/account/oidc/visit", &[("Cookie", &cookie)], None);
    sent.with_status(303);
    let away = away(forger, site, sent.header("location"), &cookie, instead);
    comes_back(site, &away)
}

/// A site whose provider knows Amy, and both.
pub fn with_amy() -> (Forger, Site) {
    let forger = Forger::start();
    let site = forger.site();
    let linked = links(&forger, &site, "amy", &json!({}));
    assert_eq!(linked.header("location"), "/account/oidc?done=linked", "{linked}");
    (forger, site)
}

/// Changes what the provider does.
pub fn down(forger: &Forger, down: bool) {
    forger.set(|mood| mood.down = down);
}

/// Lets the provider answer what no provider says.
pub fn nonsense(forger: &Forger) {
    forger.set(|mood| mood.nonsense = true);
}

/// Signs by a key that the provider does not have.
pub fn signs_by_another_key(forger: &Forger) {
    forger.set(|mood| mood.signed_by_another_key = true);
}

/// Says another algorithm in the token's header, and signs nothing where `unsigned`.
pub fn header(forger: &Forger, header: &Value, unsigned: bool) {
    forger.set(|mood| {
        mood.header = header.clone();
        mood.unsigned = unsigned;
    });
}

/// Everything that the provider was asked.
pub fn asked(forger: &Forger) -> Vec<String> {
    forger.mood.lock().expect("no panic").asked.clone()
}

// ---- for the walk over all routes ----

thread_local! {
    static WALKED: Forger = Forger::start();
    static HELD: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The provider of a test's sites.
pub fn walked(url: &str) -> Arc<Provider> {
    WALKED.with(|forger| forger.provider(url))
}

/// Amy links her account.
pub fn links_amy(site: &Site) {
    WALKED.with(|forger| links(forger, site, "amy", &json!({}))).with_status(303);
}

/// The address at which Amy, linked, comes back; the browser holds the cookie.
pub fn about_to_come_back(site: &Site) -> String {
    links_amy(site);
    let away = WALKED.with(|forger| begins(forger, site, &json!({})));
    HELD.set(away.cookie);
    format!("/sign-in/oidc/callback?code=the-code&state={}", away.state)
}

/// The cookie that the browser holds on its way back.
pub fn held() -> String {
    HELD.with_borrow(Clone::clone)
}
