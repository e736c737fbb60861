//! The driver: a site that runs in this process, its people, and what they do, as readable verbs.
//!
//! A site starts from a copy of one that was set up once (accounts made, everybody signed in), so
//! that a test pays for no password hash it does not need. Time stands still until a test moves it.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::net::TcpListener;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use lotgate::clock::{FixedClock, SeededChance};
use lotgate::domain::ids::Username;
use lotgate::domain::moment::Moment;
use lotgate::store::Target;
use lotgate::web::limits::Limits;
use lotgate::web::{WebConfig, serve};
use lotgate::workflow::change_account::{Change, change_account};
use lotgate::workflow::keep_accounts::{UserEntry, create_first_administrator, create_user};
use lotgate::workflow::own_account::change_password;
use lotgate::workflow::permit::{KeepAccounts, Permit, Subject};
use lotgate::workflow::set_up::{NewSite, Opening};
use lotgate::workflow::{App, sign_in, signature_policy};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::openid;
pub use crate::person::Person;

/// The moment at which every test begins.
pub const MORNING: &str = "2026-06-01T08:00:00Z";

/// User name, full name, role; the password is [`password`].
pub const PEOPLE: [(&str, &str, &str); 8] = [
    ("amy", "Amy Adams", "analyst"),
    ("ben", "Ben Łukasz 患者", "analyst"),
    ("queen", "Queen Qiu", "qa"),
    ("quinn", "Quinn Qvist", "qa"),
    ("cora", "Cora Čermák", "qc"),
    ("pablo", "Pablo Peña", "qp"),
    ("olga", "Ольга Петрова", "auditor"),
    ("adam", "Adam Árnason", "admin"),
];

/// The password of an account of [`PEOPLE`].
pub fn password(username: &str) -> String {
    format!("the password of {username}, quite by herself")
}

/// What the administrator gives everybody, and everybody but Adam has changed.
pub const FIRST_PASSWORD: &str = "marble trumpet under the fog";

/// A running site.
pub struct Site {
    pub app: App,
    pub url: String,
    clock: Arc<FixedClock>,
    pub(crate) agent: ureq::Agent,
    tokens: Mutex<BTreeMap<String, Token>>,
    server: Option<(ServerHandle, JoinHandle<()>)>,
    pub data: TempDir,
}

#[derive(Clone)]
struct Token {
    text: String,
    expires_at: Moment,
}

/// What every site starts from.
struct Template {
    files: Vec<(PathBuf, Vec<u8>, Permissions)>,
    tokens: BTreeMap<String, Token>,
}

static TEMPLATE: OnceLock<Template> = OnceLock::new();

impl Template {
    fn copied(&self) -> TempDir {
        let data = tempfile::tempdir().expect("a temporary folder");
        for (name, bytes, permissions) in &self.files {
            let path = data.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the template");
            std::fs::write(&path, bytes).expect("a file of the template");
            std::fs::set_permissions(path, permissions.clone()).expect("a file of the template");
        }
        data
    }
}

impl Site {
    /// A fresh site at [`MORNING`] with its people and no lots, which knows an OpenID provider.
    pub fn start() -> Site {
        Site::with(|url| WebConfig { oidc: Some(openid::walked(url)), ..settings() })
    }

    /// The same with other settings, which may depend on its address.
    pub fn with(settings: impl FnOnce(&str) -> WebConfig) -> Site {
        let template = TEMPLATE.get_or_init(make_template);
        Site::reached(template.copied(), template.tokens.clone(), "127.0.0.1", settings)
    }

    /// A fresh site that browsers reach under a name, as passkeys need it.
    pub fn under_a_name() -> Site {
        let template = TEMPLATE.get_or_init(make_template);
        Site::reached(template.copied(), template.tokens.clone(), "localhost", |_| settings())
    }

    /// A site that was just set up and on which nobody has an account.
    pub fn without_people() -> Site {
        Site::reached(tempfile::tempdir().expect("a temporary folder"), BTreeMap::new(), "127.0.0.1", |_| settings())
    }

    fn reached(
        data: TempDir,
        tokens: BTreeMap<String, Token>,
        name: &str,
        settings: impl FnOnce(&str) -> WebConfig,
    ) -> Site {
        let clock = Arc::new(FixedClock::at(moment(MORNING)));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let settings = settings(&url);
        let url = if settings.tls.is_some() { url.replace("http://", "https://") } else { url };
        // Another seed than the template's: a seed that begins again would draw the same tokens.
        let app = open(data.path(), &url.replace("127.0.0.1", name), clock.clone(), 2);
        let server = Some(run(app.clone(), listener, settings));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        let agent = config.build().into();
        Site { app, url, clock, agent, tokens: Mutex::new(tokens), server, data }
    }

    /// Amy, an analyst: in these tests she enters.
    pub fn analyst(&self) -> Person<'_> {
        self.person("amy")
    }

    /// Ben, an analyst: in these tests he verifies.
    pub fn verifier(&self) -> Person<'_> {
        self.person("ben")
    }

    /// Queen, a QA officer: in these tests she decides.
    pub fn qa(&self) -> Person<'_> {
        self.person("queen")
    }

    /// Quinn, another QA officer.
    pub fn other_qa(&self) -> Person<'_> {
        self.person("quinn")
    }

    /// Cora, who approves for quality control.
    pub fn qc(&self) -> Person<'_> {
        self.person("cora")
    }

    /// Pablo, a qualified person.
    pub fn qp(&self) -> Person<'_> {
        self.person("pablo")
    }

    /// Olga, an auditor.
    pub fn auditor(&self) -> Person<'_> {
        self.person("olga")
    }

    /// Adam, the administrator.
    pub fn admin(&self) -> Person<'_> {
        self.person("adam")
    }

    /// Somebody of this user name.
    pub fn person(&self, username: &str) -> Person<'_> {
        Person { site: self, username: Some(username.to_owned()) }
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Person<'_> {
        Person { site: self, username: None }
    }

    /// Adam makes an account with these roles.
    pub fn has_person(&self, username: &str, full_name: &str, roles: &[&str]) -> Person<'_> {
        self.has_newcomer(username, full_name, roles);
        let first = json!({"username": username, "password": FIRST_PASSWORD});
        let session = self.stranger().post("/api/v1/session", &first).created();
        let bearer = format!("Bearer {}", session["token"].as_str().expect("a token"));
        let body = json!({"password": FIRST_PASSWORD, "new_password": password(username)}).to_string().into_bytes();
        let headers = [("Authorization", bearer.as_str())];
        self.stranger()
            .asks("POST", "/api/v1/me/password", &headers, Some(("application/json", body)))
            .with_status(204);
        let how = json!({"how": "passport, personnel file"});
        self.admin().post(&format!("/api/v1/users/{username}/identity"), &how).created();
        let person = self.person(username);
        person.acknowledges().created();
        person
    }

    /// Adam makes an account and gives it [`FIRST_PASSWORD`]; nothing else has happened to it.
    pub fn has_newcomer(&self, username: &str, full_name: &str, roles: &[&str]) {
        let body = json!({"username": username, "full_name": full_name, "roles": roles, "password": FIRST_PASSWORD});
        self.admin().post("/api/v1/users", &body).created();
    }

    /// A token of an open session of this person.
    pub fn token(&self, username: &str) -> String {
        let now = self.app.now();
        let kept = self.tokens.lock().expect("no panic").get(username).filter(|t| t.expires_at > now).cloned();
        if let Some(token) = kept {
            return token.text;
        }
        let body = json!({"username": username, "password": password(username)});
        let session = self.stranger().post("/api/v1/session", &body).created();
        let text = |field: &str| session[field].as_str().expect("text").to_owned();
        let token = Token { text: text("token"), expires_at: moment(&text("expires_at")) };
        self.tokens.lock().expect("no panic").insert(username.to_owned(), token.clone());
        token.text
    }

    /// The same session as a cookie, which its person touched just now: a page that nobody touches locks.
    pub fn cookie(&self, username: &str) -> String {
        self.person(username).get("/api/v1/me").ok();
        format!("lotgate_session={}", self.token(username))
    }

    /// Forgets the session the driver keeps for somebody, because it has ended.
    pub fn forgets(&self, username: &str) {
        self.tokens.lock().expect("no panic").remove(username);
    }

    /// Sets the clock.
    pub fn is_at(&self, at: Moment) {
        self.clock.set(Some(at));
    }

    /// The moment so many hours from now, as an instrument would write it.
    pub fn hours(&self, hours: i64) -> String {
        self.app.now().plus_hours(hours).to_string()
    }

    /// Lets time pass.
    pub fn waits_hours(&self, hours: i64) {
        self.is_at(self.app.now().plus_hours(hours));
    }

    /// A lot with every result good and verified: ready for release.
    pub fn full_lot(&self, lot: &str) {
        self.full_lot_with(lot, &[]);
    }

    /// A full lot, some of whose values are these instead.
    pub fn full_lot_with(&self, lot: &str, instead: &[(&str, &str)]) {
        let passage = instead.iter().find(|(a, _)| *a == "PASSAGE").map_or("4", |(_, v)| v);
        self.analyst().registers_with(lot, &json!({"passage": passage})).created();
        self.records_all(lot, instead, &[]);
        self.verifier().verifies_all(lot);
    }

    /// A full lot without these attributes.
    pub fn full_lot_without(&self, lot: &str, left_out: &[&str]) {
        let passage = if left_out.contains(&"PASSAGE") { Value::Null } else { json!("4") };
        self.analyst().registers_with(lot, &json!({"passage": passage})).created();
        self.records_all(lot, &[], left_out);
        self.verifier().verifies_all(lot);
    }

    /// Amy records every assay but the batch record, which registration did.
    pub fn records_all(&self, lot: &str, instead: &[(&str, &str)], left_out: &[&str]) {
        for (assay, good) in GOOD {
            let value = |a: &&str, good: &'static str| {
                instead.iter().find(|(b, _)| a == b).map_or(good.to_owned(), |(_, v)| (*v).to_owned())
            };
            let values: Vec<(&str, String)> =
                good.iter().filter(|(a, _)| !left_out.contains(a)).map(|(a, v)| (*a, value(a, v))).collect();
            let values: Vec<(&str, &str)> = values.iter().map(|(a, v)| (*a, v.as_str())).collect();
            if !values.is_empty() {
                self.analyst().records(lot, assay, &values).created();
            }
        }
    }

    /// Every fact, oldest first.
    pub fn facts(&self) -> Vec<Value> {
        let (mut facts, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.auditor().get(&format!("/api/v1/ledger?limit=200&after={after}")).ok();
            facts.extend(page["entries"].as_array().expect("entries").iter().cloned());
            match page["next_after"].as_str() {
                Some(next) => next.clone_into(&mut after),
                None => return facts,
            }
        }
    }

    /// The events of one kind, oldest first.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        let events = self.facts().into_iter().map(|f| f["fact"]["event"].clone());
        events.filter(|e| e["kind"] == kind).collect()
    }

    /// How many facts there are.
    pub fn facts_count(&self) -> u64 {
        self.whole().facts
    }

    /// Walks the whole record, which must be whole.
    pub fn whole(&self) -> lotgate::store::Whole {
        self.app.verify_ledger().expect("readable").unwrap_or_else(|b| panic!("{}: {}", b.place, b.what))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.server.take() {
            drop(handle.stop(false));
            let _ = thread.join();
        }
    }
}

/// Good results of every assay.
pub const GOOD: [(&str, &[(&str, &str)]); 7] = [
    ("appearance", &[("APPEARANCE", "Complies")]),
    ("cell-count", &[("VIABILITY", "92.4"), ("VIABLE_CELLS", "31.2")]),
    ("flow-cytometry", FLOW),
    ("differentiation", &[("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")]),
    ("sterility", &[("STERILITY_AEROBIC", "No growth"), ("STERILITY_ANAEROBIC", "No growth")]),
    ("mycoplasma", &[("MYCOPLASMA", "Not detected")]),
    ("endotoxin", &[("ENDOTOXIN", "<0.05")]),
];

/// A good flow cytometry panel.
pub const FLOW: &[(&str, &str)] = &[
    ("CD105", "98.7"),
    ("CD73", "99.1"),
    ("CD90", "99.6"),
    ("CD44", "98.9"),
    ("CD34", "0.4"),
    ("CD45", "0.3"),
    ("CD11B", "0.2"),
    ("CD19", "0.1"),
    ("HLA_DR", "0.6"),
    ("PURITY", "97.25"),
];

/// A moment as it is written in RFC 3339.
pub fn moment(text: &str) -> Moment {
    Moment::parse("a test's moment", text).expect("RFC 3339")
}

fn open(data: &Path, url: &str, clock: Arc<FixedClock>, seed: u64) -> App {
    App::open(Opening {
        data: data.to_path_buf(),
        target: Target::Sqlite(data.join("lotgate.db")),
        new_site: NewSite {
            name: "Test Laboratory".into(),
            address: "1 Test Road, Guangzhou".into(),
            licence: "TEST-0001".into(),
            zone: "Asia/Shanghai".into(),
            origin: Some("lots.example.org/test".into()),
            synthetic: true,
        },
        clock,
        chance: Arc::new(SeededChance::new(seed)),
        public_url: url.to_owned(),
    })
    .expect("a site")
}

fn make_template() -> Template {
    let data = tempfile::tempdir().expect("a temporary folder");
    let app = open(data.path(), "http://127.0.0.1", Arc::new(FixedClock::at(moment(MORNING))), 1);
    let entry = |(username, full_name, role): (&str, &str, &str)| UserEntry {
        username: username.into(),
        full_name: full_name.into(),
        roles: vec![role.into()],
        password: if role == "admin" { password(username) } else { FIRST_PASSWORD.to_owned() },
        valid_until: None,
    };
    let link = app.first_link().expect("readable").expect("nobody has an account yet");
    let [others @ .., admin] = PEOPLE;
    create_first_administrator(&app, &link, &entry(admin)).expect("the first administrator");
    let name = Username::parse(admin.0).expect("a user name");
    let admin = app.read(|view| Ok(view.user(&name)?)).expect("readable").expect("just made");
    let permit = Permit::grant(&app, &admin, &Subject::default()).expect("an admin keeps accounts");
    for person in others {
        create_user(&app, &permit, &entry(person)).expect("an account");
        settle_in(&app, &permit, person.0);
    }
    let signed_in = |username: &str| {
        let open = sign_in::sign_in(&app, username, &password(username)).expect("signed in");
        Token { text: open.token, expires_at: open.expires_at }
    };
    let tokens = PEOPLE.iter().map(|(username, ..)| ((*username).to_owned(), signed_in(username))).collect();
    // The database is closed, and with it its write-ahead log, before it is copied.
    drop(app);
    let mut files = Vec::new();
    gather(data.path(), data.path(), &mut files);
    Template { files, tokens }
}

/// The person chooses a password, is checked, and acknowledges the policy.
fn settle_in(app: &App, admin: &Permit<KeepAccounts>, username: &str) {
    let name = Username::parse(username).expect("a user name");
    let user = app.read(|view| Ok(view.user(&name)?)).expect("readable").expect("just made");
    let own = Permit::grant(app, &user, &Subject::default()).expect("everybody keeps the own account");
    change_password(app, &own, None, FIRST_PASSWORD, &password(username)).expect("a password of her own");
    let how = "passport, personnel file".to_owned();
    change_account(app, admin, username, &Change::Identity { how }).expect("checked");
    let policy = app.read(signature_policy::standing).expect("readable");
    signature_policy::acknowledge(app, &own, policy.version, &policy.text_sha256).expect("acknowledged");
}

/// Every file below a folder, with its path from `root`.
fn gather(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>, Permissions)>) {
    for there in std::fs::read_dir(folder).expect("a folder") {
        let path = there.expect("a file").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else {
            let below = path.strip_prefix(root).expect("below the root").to_path_buf();
            let permissions = path.metadata().expect("a file").permissions();
            files.push((below, std::fs::read(&path).expect("readable"), permissions));
        }
    }
}

/// Usual settings, and limits that no test reaches by chance.
pub fn settings() -> WebConfig {
    let plenty = NonZeroU32::new(1_000_000).expect("more than none");
    WebConfig { limits: Limits::of(plenty, plenty), ..WebConfig::default() }
}

fn run(app: App, listener: TcpListener, settings: WebConfig) -> (ServerHandle, JoinHandle<()>) {
    let (sender, started) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = serve(app, listener, settings).expect("a server");
            sender.send(server.handle()).expect("somebody waits");
            server.await.expect("served");
        });
    });
    (started.recv().expect("started"), thread)
}
