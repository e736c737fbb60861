//! HTTP: pages and API over the same verbs.
//!
//! Promises: every URL stands in [`routes`]; every answer has a request id and strict security
//! headers; every refusal goes through [`problem`]; nothing is loaded from another host.

pub mod api;
pub mod body;
pub mod guard;
pub mod pages;
pub mod places;
pub mod problem;
mod route;
pub mod routes;
pub mod scopes;
pub mod session;
pub mod statics;
pub mod times;
pub mod upload;

use std::net::TcpListener;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{Compress, DefaultHeaders, Next, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App as HttpApp, HttpServer};

use crate::workflow::App;

/// What a page may load: its own files, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Settings of the HTTP side.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// True where TLS is in front: cookies are then only sent over it.
    pub secure_cookies: bool,
    /// Number of worker threads.
    pub workers: usize,
    /// Accounts that the sign-in page shows to everybody; none but in a demonstration.
    pub demo_accounts: Vec<DemoAccount>,
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
/// The listener cannot be used.
pub fn serve(app: App, listener: TcpListener, config: WebConfig) -> std::io::Result<Server> {
    let workers = config.workers;
    let server = HttpServer::new(move || {
        HttpApp::new()
            .app_data(Data::new(app.clone()))
            .app_data(Data::new(config.clone()))
            .app_data(PayloadConfig::new(body::JSON_BYTES_MAX))
            .wrap(Compress::default())
            .wrap(security_headers())
            .wrap(from_fn(identified))
            .configure(routes::configure)
    });
    Ok(server.workers(workers).shutdown_timeout(10).listen(listener)?.run())
}

fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
        .add(("X-Content-Type-Options", "nosniff"))
        .add(("Referrer-Policy", "same-origin"))
        .add(("Cross-Origin-Opener-Policy", "same-origin"))
        .add(("Permissions-Policy", "camera=(), microphone=(), geolocation=()"))
        .add(("Cache-Control", "no-store"))
}

/// Gives the request its id and writes its one line in the log.
async fn identified(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let app = req.app_data::<Data<App>>().cloned();
    let id = app.and_then(|a| a.request_id().ok()).unwrap_or_else(|| "unnumbered".into());
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let mut answer = problem::REQUEST_ID.scope(id.clone(), next.call(req)).await?;
    tracing::info!(request = %id, %method, %path, status = answer.status().as_u16(), "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(answer)
}
