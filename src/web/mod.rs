//! HTTP: pages and API over the same verbs.
//!
//! Promises: every URL stands in [`routes`]; every answer has a request id and strict security
//! headers; every refusal goes through [`problem`]; nothing is loaded from another host.

pub mod api;
pub mod body;
pub mod guard;
pub mod limits;
pub mod pages;
pub mod places;
pub mod problem;
pub mod proxy;
mod route;
pub mod routes;
pub mod scopes;
pub mod session;
pub mod statics;
pub mod times;
pub mod tls;
pub mod upload;

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::{Compress, DefaultHeaders, Next, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App as HttpApp, HttpServer};

use crate::workflow::App;
use crate::workflow::oidc_provider::Provider;

/// What a page may load: its own files, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What of the machine a page may use: nothing but passkeys.
const PERMISSIONS_POLICY: &str = "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), \
     serial=(), bluetooth=(), hid=(), midi=(), publickey-credentials-get=(self), publickey-credentials-create=(self)";

/// For two years, browsers reach the service over TLS only. Subdomains are not ours to decide on.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

/// Settings of the HTTP side.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// True where TLS is in front, or spoken here: cookies are then only sent over it.
    pub secure_cookies: bool,
    /// Number of worker threads.
    pub workers: usize,
    /// Accounts that the sign-in page shows to everybody; none but in a demonstration.
    pub demo_accounts: Vec<DemoAccount>,
    /// The certificate with which the service speaks TLS itself; none for plain HTTP.
    pub tls: Option<Arc<tls::Tls>>,
    /// Who is believed about whom a request comes from.
    pub trusted_proxies: Vec<proxy::Network>,
    /// How often somebody may ask.
    pub limits: limits::Limits,
    /// The OpenID provider by which people can sign in too.
    pub oidc: Option<Arc<Provider>>,
}

impl Default for WebConfig {
    fn default() -> Self {
        WebConfig {
            secure_cookies: false,
            workers: 2,
            demo_accounts: Vec::new(),
            tls: None,
            trusted_proxies: Vec::new(),
            limits: limits::Limits::default(),
            oidc: None,
        }
    }
}

/// An account whose password everybody may know.
#[derive(Debug, Clone)]
pub struct DemoAccount {
    /// User name.
    pub username: &'static str,
    /// Password.
    pub password: &'static str,
    /// Roles.
    pub roles: &'static [&'static str],
}

/// Starts the server on a listener that is already bound.
///
/// # Errors
/// The listener or the certificate cannot be used.
pub fn serve(app: App, listener: TcpListener, config: WebConfig) -> std::io::Result<Server> {
    let (workers, tls) = (config.workers, config.tls.clone());
    let counters = Data::new(limits::Counters::new(&app, &config.limits));
    let server = HttpServer::new(move || {
        HttpApp::new()
            .app_data(Data::new(app.clone()))
            .app_data(Data::new(config.clone()))
            .app_data(counters.clone())
            .app_data(PayloadConfig::new(body::JSON_BYTES_MAX))
            .wrap(Compress::default())
            .wrap(from_fn(limits::limited))
            .wrap(security_headers())
            .wrap(from_fn(identified))
            .configure(routes::configure)
    });
    let server = server.workers(workers).shutdown_timeout(10);
    let server = match tls {
        None => server.listen(listener)?,
        Some(tls) => {
            let how = tls.server_config().map_err(std::io::Error::other)?;
            actix_web::rt::spawn(tls.keep_looking());
            server.listen_rustls_0_23(listener, how)?
        }
    };
    Ok(server.run())
}

fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Cross-Origin-Resource-Policy", "same-origin"))
        .add(("Permissions-Policy", PERMISSIONS_POLICY))
        .add(("Cache-Control", "no-store"))
}

/// Gives the request its id and writes its one line in the log.
async fn identified(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let app = req.app_data::<Data<App>>().cloned();
    let id = app.and_then(|a| a.request_id().ok()).unwrap_or_else(|| "unnumbered".into());
    // The path alone: a query may hold a one-time link or a provider's code.
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let other_end = proxy::other_end(req.request());
    let mut answer = problem::REQUEST_ID.scope(id.clone(), next.call(req)).await?;
    tracing::info!(request = %id, %method, %path, status = answer.status().as_u16(), from = %other_end.address, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    if other_end.https {
        let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
        answer.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    Ok(answer)
}
