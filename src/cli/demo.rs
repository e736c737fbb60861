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
use crate::workflow::change_account::{Change, change_account};
use crate::workflow::keep_accounts::{UserEntry, create_first_administrator, create_user};
use crate::workflow::own_account::change_password;
use crate::workflow::permit::{KeepAccounts, KeepOwnAccount, Permit, Subject};
use crate::workflow::set_up::{NewSite, Opening};
use crate::workflow::{App, Error, signature_policy};

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
    account("mei.lin", "demo-jasmine-tractor", &["analyst"], "Mei Lin 林美"),
    account("tomas.kral", "demo-walnut-harbour", &["analyst"], "Tomáš Král"),
    account("fang.wu", "demo-copper-lantern", &["qa"], "Wu Fang 吴芳"),
    account("ingrid.berg", "demo-velvet-compass", &["qa"], "Ingrid Berg"),
    account("hana.sato", "demo-ginger-pendulum", &["qc"], "Hana Sato 佐藤花"),
    account("lars.holm", "demo-cobalt-orchard", &["qp"], "Lars Holm"),
    account("olga.petrova", "demo-saffron-kettle", &["auditor"], "Ольга Петрова"),
    account("sam.reed", "demo-thistle-engine", &["admin"], "Sam Reed"),
];

const fn account(
    username: &'static str,
    password: &'static str,
    roles: &'static [&'static str],
    full_name: &'static str,
) -> Account {
    Account { username, password, roles, full_name }
}

/// What the administrator gives everybody at first, and everybody changes.
const FIRST_PASSWORD: &str = "marble trumpet under the fog";
/// The number of the demonstration's qualified person.
const REGISTER_NUMBER: &str = "QP-DEMO-0001";

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
        password: if account.roles.contains(&"admin") { account.password } else { FIRST_PASSWORD }.into(),
        valid_until: None,
    };
    let admin = ACCOUNTS.iter().find(|a| a.roles.contains(&"admin")).ok_or_else(|| Failure("no admin".into()))?;
    create_first_administrator(app, &token, &entry(admin))?;
    let permit = Permit::grant(app, &user(app, admin.username)?, &Subject::default())?;
    for account in ACCOUNTS.iter().filter(|a| a.username != admin.username) {
        create_user(app, &permit, &entry(account))?;
        settle_in(app, &permit, account, now)?;
    }
    demo_lots::seed(app, clock, now)?;
    Ok(())
}

/// The person chooses a password, is checked, acknowledges the policy, and is named where needed.
fn settle_in(
    app: &App,
    admin: &Permit<KeepAccounts>,
    account: &Account,
    now: crate::domain::moment::Moment,
) -> Result<(), Error> {
    let own: Permit<KeepOwnAccount> = Permit::grant(app, &user(app, account.username)?, &Subject::default())?;
    change_password(app, &own, None, FIRST_PASSWORD, account.password)?;
    let how = "passport seen; copy in the personnel file (SYNTHETIC)".to_owned();
    change_account(app, admin, account.username, &Change::Identity { how })?;
    let policy = app.read(signature_policy::standing)?;
    signature_policy::acknowledge(app, &own, policy.version, &policy.text_sha256)?;
    if account.roles.contains(&"qp") {
        let valid_from = now.plus_hours(-365 * 24).to_string();
        let register_number = REGISTER_NUMBER.to_owned();
        let change = Change::Qualification { register_number, valid_from, valid_until: None };
        change_account(app, admin, account.username, &change)?;
    }
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
    println!("{:<14} {:<22} {:<9} Name", "User name", "Password", "Role");
    for account in ACCOUNTS {
        println!(
            "{:<14} {:<22} {:<9} {}",
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
