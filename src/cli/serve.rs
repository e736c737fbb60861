//! `lotgate serve`: the service of a site.
//!
//! Promises: the first start needs nothing but a folder; a start that would write to records
//! that are not whole is refused.

use std::future::{Future, poll_fn};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;

use clap::Parser;

use super::{Failure, start_logging};
use crate::clock::{Clock, SystemChance, SystemClock};
use crate::store::Target;
use crate::web::{WebConfig, serve};
use crate::workflow::App;
use crate::workflow::set_up::{NewSite, Opening};

/// Settings of the service.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  lotgate serve --data /srv/lotgate --bind 127.0.0.1:8080 --site-name 'Cell Laboratory, Example Hospital' --zone Asia/Shanghai
  lotgate serve --data /srv/lotgate --database postgres://lotgate@db.example.org/lotgate --public-url https://lots.example.org --behind-tls

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
    /// TLS is in front of the service: send cookies only over it
    #[arg(long)]
    behind_tls: bool,
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
pub(super) fn listen(bind: SocketAddr) -> Result<(TcpListener, String), Failure> {
    let listener = TcpListener::bind(bind).map_err(|e| Failure(format!("cannot listen on {bind}: {e}")))?;
    let url = format!("http://{}", listener.local_addr()?);
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
    let (listener, url) = listen(args.bind)?;
    let target = target(&args.data, args.database.as_deref())?;
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
        public_url: args.public_url.unwrap_or_else(|| url.clone()),
    })?;
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let config = WebConfig { secure_cookies: args.behind_tls, workers, demo_accounts: Vec::new() };
    serve_until_stopped(app.clone(), listener, config, || welcome(&app, &url, &args.data))
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
