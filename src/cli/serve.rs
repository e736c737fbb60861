//! `lotgate serve`: the service of a site.
//!
//! Promises: the first start needs nothing but a folder; a start that would write to records
//! that are not whole is refused.

use std::future::{Future, poll_fn};
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;

use clap::Parser;

use super::{Failure, start_logging};
use crate::clock::{Clock, SystemChance, SystemClock};
use crate::store::Target;
use crate::web::limits::{Limits, REQUESTS_PER_MINUTE, TRIES_PER_MINUTE};
use crate::web::proxy::Network;
use crate::web::tls::{LOOK_AGAIN, Tls};
use crate::web::{WebConfig, serve};
use crate::workflow::App;
use crate::workflow::oidc_provider::{Provider, ProviderSettings};
use crate::workflow::set_up::{NewSite, Opening};

/// Settings of the service.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  lotgate serve --data /srv/lotgate --bind 127.0.0.1:8080 --site-name 'Cell Laboratory, Example Hospital' --zone Asia/Shanghai
  lotgate serve --data /srv/lotgate --bind 0.0.0.0:443 --tls-cert /etc/lotgate/chain.pem --tls-key /etc/lotgate/key.pem --public-url https://lots.example.org
  lotgate serve --data /srv/lotgate --database postgres://lotgate@db.example.org/lotgate --public-url https://lots.example.org --trusted-proxy 127.0.0.1

The first start makes the database and the signing key (mode 0600) and prints a one-time link to
create the first administrator. --site-…, --licence, --zone and --origin count at the first start only.")]
pub struct Args {
    /// Folder for database, keys and the newest checkpoint
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", env = "LOTGATE_BIND")]
    bind: SocketAddr,
    /// PostgreSQL instead of the embedded database: postgres://user:password@host/name
    #[arg(long, value_name = "URL", env = "LOTGATE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Address under which hospitals reach the service; printed on certificates
    #[arg(long, value_name = "URL", env = "LOTGATE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Certificate chain in PEM: the service speaks TLS itself; read again when the file changes
    #[arg(long, value_name = "FILE", env = "LOTGATE_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM
    #[arg(long, value_name = "FILE", env = "LOTGATE_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// TLS is in front of the service: send cookies only over it
    #[arg(long, env = "LOTGATE_BEHIND_TLS")]
    behind_tls: bool,
    /// Address or block (CIDR) of a proxy whose X-Forwarded-For, -Proto or Forwarded is believed
    #[arg(long, value_name = "NETWORK", value_delimiter = ',', env = "LOTGATE_TRUSTED_PROXY")]
    trusted_proxy: Vec<Network>,
    /// Tries to sign in, for each address and account in a minute; twice as many at once
    #[arg(long, value_name = "NUMBER", default_value_t = per_minute(TRIES_PER_MINUTE), env = "LOTGATE_TRIES_PER_MINUTE")]
    tries_per_minute: NonZeroU32,
    /// Requests of each session or token in a minute; twice as many at once
    #[arg(long, value_name = "NUMBER", default_value_t = per_minute(REQUESTS_PER_MINUTE), env = "LOTGATE_REQUESTS_PER_MINUTE")]
    requests_per_minute: NonZeroU32,
    /// OpenID provider by which people who linked their account can sign in: its issuer
    #[arg(long, value_name = "URL", env = "LOTGATE_OIDC_ISSUER", requires_all = ["oidc_client_id", "oidc_client_secret_file"])]
    oidc_issuer: Option<String>,
    /// Name under which the provider knows this service
    #[arg(long, value_name = "ID", env = "LOTGATE_OIDC_CLIENT_ID")]
    oidc_client_id: Option<String>,
    /// File that holds the secret the provider gave to this service
    #[arg(long, value_name = "FILE", env = "LOTGATE_OIDC_CLIENT_SECRET_FILE")]
    oidc_client_secret_file: Option<PathBuf>,
    /// Certificates (PEM) by which the provider is recognised, instead of the public authorities'
    #[arg(long, value_name = "FILE", env = "LOTGATE_OIDC_CA")]
    oidc_ca: Option<PathBuf>,
    /// Name of the site on certificates
    #[arg(long, value_name = "NAME", default_value = "Unnamed site")]
    site_name: String,
    /// Address of the site on certificates
    #[arg(long, value_name = "TEXT", default_value = "")]
    site_address: String,
    /// Manufacturing authorisation number on certificates
    #[arg(long, value_name = "NUMBER", default_value = "")]
    licence: String,
    /// Time zone in which times are shown
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// Name of the ledger for ever, such as lots.example.org/site-1; made up if not given
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
}

fn per_minute(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// The database of a data folder, or the one named.
pub(super) fn target(data: &Path, database: Option<&str>) -> Result<Target, Failure> {
    match database {
        None => Ok(Target::Sqlite(data.join("lotgate.db"))),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(Target::Postgres(url.to_owned()))
        }
        Some(_) => Err(Failure("--database is a URL such as postgres://user@host/name".into())),
    }
}

/// Binds the address; the port is then known.
pub(super) fn listen(bind: SocketAddr, scheme: &str) -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind(bind).map_err(|e| Failure(format!("cannot listen on {bind}: {e}")))?;
    let url = format!("{scheme}://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves until the process is told to stop; calls `ready` once it can be told.
pub(super) fn serve_until_stopped(
    app: App,
    listener: TcpListener,
    config: WebConfig,
    ready: impl FnOnce() -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    actix_web::rt::System::new().block_on(async move {
        let mut server = serve(app, listener, config)?;
        // The first poll starts the workers and listens to signals. Whoever is told "ready" may
        // send one at once, and it must not end the process without its clean end.
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut server).poll(context))).await;
        match first {
            Poll::Ready(ended) => ended?,
            Poll::Pending => {
                ready()?;
                server.await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Opens the site and serves it.
pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    start_logging("info");
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls::open(certificate, key, LOOK_AGAIN).map_err(Failure)?),
        _ => None,
    };
    let (listener, url) = listen(args.bind, if tls.is_some() { "https" } else { "http" })?;
    let target = target(&args.data, args.database.as_deref())?;
    let public_url = args.public_url.clone().unwrap_or_else(|| url.clone());
    let config = config(&args, tls, provider(&args, &public_url)?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let app = App::open(Opening {
        data: args.data.clone(),
        target,
        new_site: NewSite {
            name: args.site_name,
            address: args.site_address,
            licence: args.licence,
            zone: args.zone,
            origin: args.origin,
            synthetic: false,
        },
        clock,
        chance: Arc::new(SystemChance),
        public_url,
    })?;
    serve_until_stopped(app.clone(), listener, config, || welcome(&app, &url, &args.data))
}

/// The OpenID provider, where one is named.
fn provider(args: &Args, public_url: &str) -> Result<Option<Arc<Provider>>, Failure> {
    let (Some(issuer), Some(client_id), Some(secret)) =
        (&args.oidc_issuer, &args.oidc_client_id, &args.oidc_client_secret_file)
    else {
        return Ok(None);
    };
    let read = |path: &Path| std::fs::read(path).map_err(|e| Failure(format!("{}: {e}", path.display())));
    let secret =
        String::from_utf8(read(secret)?).map_err(|_| Failure(format!("{}: this is no text", secret.display())))?;
    let settings = ProviderSettings {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        client_secret: secret.trim().to_owned(),
        authorities: args.oidc_ca.as_deref().map(read).transpose()?,
        public_url: public_url.to_owned(),
    };
    Ok(Some(Arc::new(Provider::new(settings).map_err(Failure)?)))
}

fn config(args: &Args, tls: Option<Arc<Tls>>, oidc: Option<Arc<Provider>>) -> WebConfig {
    let secure = args.behind_tls || tls.is_some();
    if !secure && args.trusted_proxy.is_empty() && !args.bind.ip().is_loopback() {
        tracing::warn!("passwords and sessions travel in the clear: give --tls-cert, or put TLS in front");
    }
    WebConfig {
        secure_cookies: secure,
        workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        tls,
        trusted_proxies: args.trusted_proxy.clone(),
        oidc,
        limits: Limits::of(args.tries_per_minute, args.requests_per_minute),
        ..WebConfig::default()
    }
}

fn welcome(app: &App, url: &str, data: &Path) -> Result<(), Failure> {
    println!("{} serves {} at {url}", crate::SOFTWARE, app.site().name.as_str());
    println!("Data folder:  {}", data.display());
    println!("Site key:     {}", app.verifier_key());
    println!("              Give this key to auditors and hospitals by another way than this service.");
    if let Some(token) = app.first_link()? {
        println!("Nobody has an account yet. Create the first administrator with this one-time link:");
        println!("  {}/first-administrator?token={token}", app.public_url());
    }
    Ok(())
}
