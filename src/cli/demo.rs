//! `lotgate demo`: a service with a seeded laboratory, to try everything at once.
//!
//! Promises: all its data says SYNTHETIC; it is seeded through the same verbs that people use,
//! with a clock that walks through the last weeks; a folder that is not a demo is not touched.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use serde::Serialize;

use super::demo_lots;
use super::serve::{listen, serve_until_stopped, target};
use super::{Failure, start_logging};
use crate::clock::{Chance, Clock, FixedClock, SystemChance, SystemClock, random_hex};
use crate::domain::ids::Username;
use crate::store::User;
use crate::web::{DemoAccount, WebConfig};
use crate::workflow::keep_accounts::{UserEntry, create_first_administrator, create_user};
use crate::workflow::permit::{Permit, Subject};
use crate::workflow::set_up::{NewSite, Opening};
use crate::workflow::{App, Error};

/// Settings of the demonstration.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  lotgate demo
  lotgate demo --bind 127.0.0.1:0 --data /tmp/my-demo
  lotgate demo --json          one line {\"url\",\"data\",\"accounts\":[…]} once ready")]
pub struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
    /// Folder for the demonstration's records; a fresh one unless named
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print one line of JSON once ready
    #[arg(long)]
    json: bool,
}

/// An account of the demonstration.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Account {
    pub username: &'static str,
    pub password: &'static str,
    pub roles: &'static [&'static str],
    #[serde(skip)]
    pub full_name: &'static str,
}

/// The people of the demonstration laboratory.
pub(super) const ACCOUNTS: &[Account] = &[
    Account { username: "mei.lin", password: "demo-mei-lin", roles: &["analyst"], full_name: "Mei Lin 林美" },
    Account { username: "tomas.kral", password: "demo-tomas-kral", roles: &["analyst"], full_name: "Tomáš Král" },
    Account { username: "fang.wu", password: "demo-fang-wu", roles: &["qa"], full_name: "Wu Fang 吴芳" },
    Account { username: "ingrid.berg", password: "demo-ingrid-berg", roles: &["qa"], full_name: "Ingrid Berg" },
    Account {
        username: "olga.petrova",
        password: "demo-olga-petrova",
        roles: &["auditor"],
        full_name: "Ольга Петрова",
    },
    Account { username: "sam.reed", password: "demo-sam-reed", roles: &["admin"], full_name: "Sam Reed" },
];

#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    data: &'a std::path::Path,
    accounts: &'a [Account],
}

/// Seeds the laboratory if the folder is new, and serves it.
pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    start_logging(if args.json { "error" } else { "warn" });
    if !args.bind.ip().is_loopback() {
        eprintln!("Warning: everybody who reaches {} can sign in; the demonstration's passwords are known.", args.bind);
    }
    let (listener, url) = listen(args.bind, "http")?;
    let data = match args.data {
        Some(data) => data,
        None => std::env::temp_dir().join(format!("lotgate-demo-{}", random_hex::<4>(&SystemChance)?)),
    };
    // Whole minutes, as people would have typed them.
    let now = SystemClock.now().start_of_minute();
    let clock = Arc::new(FixedClock::at(demo_lots::first_moment(now)));
    let app = open(&data, &url, clock.clone(), Arc::new(SystemChance))?;
    if !app.site().synthetic {
        return Err(Failure(format!(
            "{} holds records that are not a demonstration; choose another folder",
            data.display()
        )));
    }
    if app.first_link()?.is_some() {
        if !args.json {
            eprintln!("Seeding a demonstration laboratory …");
        }
        seed(&app, &clock, now)?;
    }
    clock.set(None);
    let show = |a: &Account| DemoAccount { username: a.username, password: a.password, roles: a.roles };
    let demo_accounts = ACCOUNTS.iter().map(show).collect();
    serve_until_stopped(app, listener, WebConfig { demo_accounts, ..WebConfig::default() }, || {
        if args.json {
            println!("{}", serde_json::to_string(&Ready { url: &url, data: &data, accounts: ACCOUNTS })?);
        } else {
            welcome(&url, &data);
        }
        Ok(())
    })
}

fn open(data: &std::path::Path, url: &str, clock: Arc<FixedClock>, chance: Arc<dyn Chance>) -> Result<App, Failure> {
    Ok(App::open(Opening {
        data: data.to_path_buf(),
        target: target(data, None)?,
        new_site: NewSite {
            name: "Demonstration Cell Laboratory".into(),
            address: "1 Example Road, Guangzhou".into(),
            licence: "DEMO-0000".into(),
            zone: "Asia/Shanghai".into(),
            origin: None,
            synthetic: true,
        },
        clock,
        chance,
        public_url: url.to_owned(),
    })?)
}

/// Makes the accounts and walks through the lots' history up to `now`.
fn seed(app: &App, clock: &FixedClock, now: crate::domain::moment::Moment) -> Result<(), Failure> {
    let token = app.first_link()?.unwrap_or_default();
    let entry = |account: &Account| UserEntry {
        username: account.username.into(),
        full_name: account.full_name.into(),
        roles: account.roles.iter().map(|r| (*r).to_owned()).collect(),
        password: account.password.into(),
    };
    let admin = ACCOUNTS.iter().find(|a| a.roles.contains(&"admin")).ok_or_else(|| Failure("no admin".into()))?;
    create_first_administrator(app, &token, &entry(admin))?;
    let permit = Permit::grant(app, &user(app, admin.username)?, &Subject::default())?;
    for account in ACCOUNTS.iter().filter(|a| a.username != admin.username) {
        create_user(app, &permit, &entry(account))?;
    }
    demo_lots::seed(app, clock, now)?;
    Ok(())
}

/// The account of this name.
pub(super) fn user(app: &App, username: &str) -> Result<User, Error> {
    let name = Username::parse(username)?;
    app.read(|view| Ok(view.user(&name)?))?.ok_or_else(|| Error::Internal(format!("no account {username}")))
}

fn welcome(url: &str, data: &std::path::Path) {
    println!("{} demonstration. All data is SYNTHETIC.\n", crate::SOFTWARE);
    println!("Open  {url}\nData  {}\n", data.display());
    println!("{:<14} {:<18} {:<9} Name", "User name", "Password", "Role");
    for account in ACCOUNTS {
        println!(
            "{:<14} {:<18} {:<9} {}",
            account.username,
            account.password,
            account.roles.join(", "),
            account.full_name
        );
    }
    println!(
        "\nTry first:
  1. Sign in as tomas.kral and open Review: lot AD-26-0005 waits for somebody to verify it.
  2. Sign in as fang.wu and release AD-26-0002; the certificate is a PDF.
  3. Look at AD-26-0003: purity 96.04 fails against > 96.0, and the page shows why.
  4. Drop the certificate on {url}/verify without signing in; change a byte and drop it again.
Stop with Ctrl-C."
    );
}
