//! The site's OpenID provider as it answers over the network: discovery, the exchange of a code,
//! the check of an identity token.
//!
//! Promises: nothing of a token is believed that the library has not verified (signature by a key
//! of the provider, issuer, audience, nonce, time); only signatures by a public key are taken; a
//! provider that is down or talks nonsense is a refusal with a sentence, and no secret is logged.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse,
};
use ureq::http::{Method, Request, Response};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use super::Error;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::ledger::canonical::sha256_hex;

/// How long what the provider says of itself is believed without asking again, in hours.
const KNOWN_HOURS: i64 = 1;
/// Longer than any provider takes to answer a person who waits.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// How far the two clocks may differ, in hours of a token's time of issue.
const ISSUED_HOURS_MAX: i64 = 1;

/// Signatures that are taken: by a key that only the provider has. `none` and the shared secret
/// (HS…) are not among them, whatever the provider offers.
const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EcdsaP521Sha512,
    Algorithm::EdDsa,
];

/// What an operator says about the provider.
pub struct ProviderSettings {
    /// Its issuer, as its documents call it.
    pub issuer: String,
    /// The name under which it knows this service.
    pub client_id: String,
    /// The secret that goes with it.
    pub client_secret: String,
    /// Certificates (PEM) it is recognised by, instead of those of the public authorities.
    pub authorities: Option<Vec<u8>>,
    /// The address under which browsers reach this service.
    pub public_url: String,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The provider.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect: RedirectUrl,
    agent: ureq::Agent,
    known: Mutex<Option<(Moment, CoreProviderMetadata)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Provider({})", self.issuer.as_str())
    }
}

/// Who came back, as the provider's token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// SHA-256 of issuer and subject.
    pub subject_sha256: String,
    /// True where the provider says that it asked for more than one factor (RFC 8176 `mfa`).
    pub several_factors: bool,
}

/// What one visit to the provider is recognised by.
pub(super) struct Marks {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
}

/// The provider did not answer, or not as a provider does.
fn unavailable(why: &dyn fmt::Display) -> Error {
    tracing::warn!(%why, "the OpenID provider cannot be asked");
    let detail = "The OpenID provider does not answer as it should, so nobody can sign in by it now. Sign in with your \
                  password, or try again later.";
    Refusal::new(Code::ProviderUnavailable, detail).into()
}

/// The provider's answer is not accepted.
pub(super) fn refused(why: &dyn fmt::Display) -> Error {
    tracing::warn!(%why, "an answer of the OpenID provider was refused");
    let detail = "What came back from the OpenID provider cannot be accepted, so nobody was signed in. Begin again; if it \
                  happens again, tell the administrator.";
    Refusal::new(Code::ProviderRefused, detail).into()
}

impl Provider {
    /// Reads the settings; asks nobody yet.
    ///
    /// # Errors
    /// An address is none, or the provider would be asked without TLS over a network.
    pub fn new(settings: ProviderSettings) -> Result<Self, String> {
        let ProviderSettings { issuer, client_id, client_secret, authorities, public_url } = settings;
        let issuer = IssuerUrl::new(issuer.clone()).map_err(|_| format!("{issuer} is no address of an issuer"))?;
        let host = issuer.url().host_str().unwrap_or_default();
        let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if issuer.url().scheme() != "https" && !local {
            return Err(format!("{} must begin with https://", issuer.as_str()));
        }
        let redirect = format!("{}/sign-in/oidc/callback", public_url.trim_end_matches('/'));
        let redirect = RedirectUrl::new(redirect).map_err(|_| format!("{public_url} is no address"))?;
        if client_id.is_empty() || client_secret.is_empty() {
            return Err("the provider's client id and client secret must not be empty".into());
        }
        let roots = match authorities {
            None => RootCerts::WebPki,
            Some(pem) => read_authorities(&pem)?,
        };
        // A provider is asked at its own addresses and nowhere that it points to.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .https_only(!local)
            .timeout_global(Some(PATIENCE))
            .tls_config(TlsConfig::builder().root_certs(roots).build());
        Ok(Provider {
            issuer,
            client_id: ClientId::new(client_id),
            client_secret: ClientSecret::new(client_secret),
            redirect,
            agent: config.build().into(),
            known: Mutex::new(None),
        })
    }

    /// The issuer.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The name of the provider's host, for people.
    pub fn host(&self) -> &str {
        self.issuer.url().host_str().unwrap_or_default()
    }

    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let (parts, body) = request.into_parts();
        let answer = match parts.method {
            Method::GET => self.agent.run(Request::from_parts(parts, ()))?,
            _ => self.agent.run(Request::from_parts(parts, body))?,
        };
        let (parts, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Response::from_parts(parts, bytes))
    }

    /// What the provider says of itself, asked anew where `anew` or where it was asked long ago.
    fn metadata(&self, now: Moment, anew: bool) -> Result<CoreProviderMetadata, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, metadata)) = known
            && !anew
            && now < at.plus_hours(KNOWN_HOURS)
        {
            return Ok(metadata);
        }
        let ask = |request: HttpRequest| self.ask(request);
        let metadata = CoreProviderMetadata::discover(&self.issuer, &ask).map_err(|e| unavailable(&e))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, metadata.clone()));
        Ok(metadata)
    }

    fn client(&self, now: Moment, anew: bool) -> Result<Client, Error> {
        let metadata = self.metadata(now, anew)?;
        let client =
            CoreClient::from_provider_metadata(metadata, self.client_id.clone(), Some(self.client_secret.clone()));
        Ok(client.set_redirect_uri(self.redirect.clone()))
    }

    /// Where to send a browser.
    pub(super) fn address(&self, now: Moment, marks: &Marks) -> Result<String, Error> {
        let verifier = PkceCodeVerifier::new(marks.verifier.clone());
        let (state, nonce) = (CsrfToken::new(marks.state.clone()), Nonce::new(marks.nonce.clone()));
        let client = self.client(now, false)?;
        let request = client.authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce);
        let request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        Ok(request.url().0.into())
    }

    /// Turns the code that a browser brought back into who it is.
    pub(super) fn identity(&self, now: Moment, code: &str, marks: &Marks) -> Result<Identity, Error> {
        let client = self.client(now, false)?;
        let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|e| unavailable(&e))?;
        let ask = |request: HttpRequest| self.ask(request);
        let answer = exchange.set_pkce_verifier(PkceCodeVerifier::new(marks.verifier.clone())).request(&ask);
        let answer = answer.map_err(|e| match e {
            // The provider's own word, such as invalid_grant; its free text may hold anything.
            RequestTokenError::ServerResponse(said) => refused(&said.error()),
            other => unavailable(&other),
        })?;
        let token = answer.id_token().ok_or_else(|| refused(&"there is no identity token"))?;
        // A provider may have changed its keys since it was asked.
        self.believed(now, &client, token, marks).or_else(|_| {
            let client = self.client(now, true)?;
            self.believed(now, &client, token, marks).map_err(|why| refused(&why))
        })
    }

    fn believed(&self, now: Moment, client: &Client, token: &CoreIdToken, marks: &Marks) -> Result<Identity, String> {
        let verifier = client
            .id_token_verifier()
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || now.utc())
            .set_issue_time_verifier_fn(move |issued| {
                let near = |a: Moment, b: Moment| a <= b.plus_hours(ISSUED_HOURS_MAX);
                let issued = Moment::new(issued);
                let right = near(issued, now) && near(now, issued);
                if right { Ok(()) } else { Err("the token was issued at another time".to_owned()) }
            });
        let claims = token.claims(&verifier, &Nonce::new(marks.nonce.clone())).map_err(|e| e.to_string())?;
        let methods = claims.auth_method_refs();
        Ok(Identity {
            issuer: self.issuer().to_owned(),
            subject_sha256: sha256_hex(format!("{}\n{}", self.issuer(), claims.subject().as_str()).as_bytes()),
            several_factors: methods.is_some_and(|all| all.iter().any(|method| method.as_str() == "mfa")),
        })
    }
}

fn read_authorities(pem: &[u8]) -> Result<RootCerts, String> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|_| "the provider's authorities are no PEM".to_owned())?
        {
            certificates.push(certificate);
        }
    }
    match certificates.is_empty() {
        true => Err("the file of the provider's authorities holds no certificate".into()),
        false => Ok(RootCerts::from(certificates)),
    }
}
