//! A Glewlwyd of its own for one trial, set up through its own API, and a browser that keeps
//! cookies and follows redirects between it and the site.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

/// The secret that the provider gives to the site.
pub const CLIENT_SECRET: &str = "the-secret-of-the-client-lotgate";

/// The tables that Debian's package brings.
const TABLES: &str = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";

/// A running provider.
pub struct Glewlwyd {
    child: Child,
    _folder: tempfile::TempDir,
    url: String,
    pub issuer: String,
    /// The port that the site must listen on: its address is registered at the provider.
    pub site_port: u16,
}

/// The program, where it is installed.
pub fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("glewlwyd")).find(|p| p.is_file());
    found.filter(|_| Path::new(TABLES).is_file())
}

/// Two ports that are free at this moment.
fn free_ports() -> (u16, u16) {
    let port = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    let (one, other) = (port(), port());
    (one.local_addr().expect("bound").port(), other.local_addr().expect("bound").port())
}

impl Glewlwyd {
    /// Starts it in a fresh folder and tells it about the site and two people.
    pub fn start(program: &Path) -> Result<Glewlwyd, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let (port, site_port) = free_ports();
        let url = format!("http://127.0.0.1:{port}");
        let database = folder.path().join("glewlwyd.db").display().to_string();
        let tables = std::fs::read_to_string(TABLES).map_err(|e| format!("{TABLES}: {e}"))?;
        let mut conn = SqliteConnection::establish(&database).map_err(|e| e.to_string())?;
        conn.batch_execute(&tables).map_err(|e| e.to_string())?;
        let settings = folder.path().join("glewlwyd.conf");
        let text = format!(
            "port={port}\nbind_address=\"127.0.0.1\"\nexternal_url=\"{url}\"\nlogin_url=\"login.html\"\n\
             api_prefix=\"api\"\nlog_mode=\"console\"\nlog_level=\"WARNING\"\ncookie_secure=0\n\
             admin_scope=\"g_admin\"\nprofile_scope=\"g_profile\"\nhash_algorithm=\"SHA512\"\n\
             user_module_path=\"/usr/lib/glewlwyd/user\"\nclient_module_path=\"/usr/lib/glewlwyd/client\"\n\
             user_auth_scheme_module_path=\"/usr/lib/glewlwyd/scheme\"\nplugin_module_path=\"/usr/lib/glewlwyd/plugin\"\n\
             database = {{ type = \"sqlite3\"; path = \"{database}\"; }};\n"
        );
        std::fs::write(&settings, text).map_err(|e| e.to_string())?;
        let mut command = Command::new(program);
        command.arg(format!("--config-file={}", settings.display())).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        let issuer = format!("{url}/api/oidc");
        let this = Glewlwyd { child, _folder: folder, url, issuer, site_port };
        this.set_up()?;
        Ok(this)
    }

    fn set_up(&self) -> Result<(), String> {
        let mut admin = Browser::new();
        let until = Instant::now() + Duration::from_secs(60);
        while std::net::TcpStream::connect(self.url.trim_start_matches("http://")).is_err() {
            if Instant::now() > until {
                return Err("Glewlwyd did not start".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let mut told = |path: &str, body: Value| {
            let (status, text) = admin.sends("POST", &format!("{}{path}", self.url), &body);
            if status == 200 { Ok(()) } else { Err(format!("{path}: {status} {text}")) }
        };
        // The first account of a new database, as its handbook says.
        told("/api/auth/", json!({"username": "admin", "password": "password"}))?;
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(|e| e.to_string())?;
        told(
            "/api/mod/plugin/",
            json!({"module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "parameters": {
                "iss": self.issuer, "jwt-type": "ecdsa", "jwt-key-size": "256", "key": pair.serialize_pem(),
                "cert": pair.public_key_pem(), "code-duration": 600, "refresh-token-duration": 3600,
                "access-token-duration": 3600, "session-duration": 3600, "refresh-token-rolling": false,
                "allow-non-oidc": false, "auth-type-code-enabled": true, "auth-type-token-enabled": false,
                "auth-type-id-token-enabled": true, "auth-type-none-enabled": false,
                "auth-type-password-enabled": false, "auth-type-client-enabled": false,
                "auth-type-device-enabled": false, "auth-type-refresh-enabled": false, "scope": [],
                "pkce-allowed": true, "pkce-method-plain-allowed": false, "subject-type": "public", "jwks-show": true,
            }}),
        )?;
        let redirect = format!("http://127.0.0.1:{}/sign-in/oidc/callback", self.site_port);
        told(
            "/api/client/",
            json!({"client_id": "lotgate", "name": "Lotgate", "confidential": true, "enabled": true,
                "password": CLIENT_SECRET, "client_secret": CLIENT_SECRET, "redirect_uri": [redirect],
                "authorization_type": ["code", "id_token"], "scope": [],
                "token_endpoint_auth_method": ["client_secret_basic"]}),
        )?;
        for name in ["amy.adams", "eve.evans"] {
            let user = json!({"username": name, "name": name, "password": password(name), "enabled": true,
                "scope": ["openid", "g_profile"]});
            told("/api/user/", user)?;
        }
        Ok(())
    }
}

fn password(name: &str) -> String {
    format!("the password of {name} at the provider")
}

impl Drop for Glewlwyd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A browser: cookies by place, and redirects.
pub struct Browser {
    agent: ureq::Agent,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    /// Every address it was sent to.
    pub passed: Vec<String>,
    /// Where it is.
    pub at: String,
}

impl Browser {
    pub fn new() -> Browser {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.max_redirects_will_error(false).timeout_global(Some(Duration::from_secs(60)));
        Browser { agent: config.build().into(), cookies: BTreeMap::new(), passed: Vec::new(), at: String::new() }
    }

    /// Signs in at the provider and lets it tell the site who one is.
    pub fn signs_in_at(&mut self, glewlwyd: &Glewlwyd, name: &str) {
        let credentials = json!({"username": name, "password": password(name)});
        let (status, text) = self.sends("POST", &format!("{}/api/auth/", glewlwyd.url), &credentials);
        assert_eq!(status, 200, "{text}");
        let grant = format!("{}/api/auth/grant/lotgate", glewlwyd.url);
        let (status, text) = self.sends("PUT", &grant, &json!({"scope": "openid"}));
        assert_eq!(status, 200, "{text}");
    }

    fn sends(&mut self, method: &str, address: &str, body: &Value) -> (u16, String) {
        let (status, text, _) = self.ask(method, address, Some(("application/json", body.to_string())));
        (status, text)
    }

    /// Sends a form from a page of the same site, and follows where it leads.
    pub fn posts(&mut self, address: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let escape = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let answer = self.ask("POST", address, Some(("application/x-www-form-urlencoded", pairs.join("&"))));
        self.led_on(address, answer, |_| false)
    }

    /// Opens an address and follows where it leads.
    pub fn follows(&mut self, address: &str) -> (u16, String) {
        let answer = self.ask("GET", address, None);
        self.led_on(address, answer, |_| false)
    }

    /// Goes on until the provider sends it back, and returns where to.
    pub fn stops_before_the_callback(&mut self, address: &str) -> String {
        let answer = self.ask("GET", address, None);
        self.led_on(address, answer, |next| next.contains("/callback?"));
        self.passed.last().expect("sent somewhere").clone()
    }

    fn led_on(&mut self, from: &str, first: (u16, String, Option<String>), stop: fn(&str) -> bool) -> (u16, String) {
        let (mut at, mut answer) = (from.to_owned(), first);
        for _ in 0..10 {
            let (status, text, next) = answer;
            let Some(next) = next else {
                self.at = at;
                return (status, text);
            };
            // Its page for a person who is signed in only asks whether to go on.
            let next = match next.split_once("/login.html?") {
                Some((_, query)) => format!("{}&g_continue", decoded(query, "callback_url")),
                None if next.starts_with('/') => format!("{}{next}", place(&at)),
                None => next,
            };
            self.passed.push(next.clone());
            if stop(&next) {
                return (status, text);
            }
            answer = self.ask("GET", &next, None);
            at = next;
        }
        panic!("no end of redirects: {:?}", self.passed);
    }

    fn ask(&mut self, method: &str, address: &str, body: Option<(&str, String)>) -> (u16, String, Option<String>) {
        let held = self.cookies.entry(place(address)).or_default();
        let cookie: Vec<String> = held.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request =
            ureq::http::Request::builder().method(method).uri(address).header("cookie", cookie.join("; "));
        if let Some((kind, _)) = &body {
            request = request.header("content-type", *kind).header("sec-fetch-site", "same-origin");
        }
        let request = request.body(body.map(|(_, text)| text).unwrap_or_default()).expect("a request");
        let mut answer = self.agent.run(request).expect("answered");
        let lines = answer.headers().get_all("set-cookie").iter().filter_map(|c| c.to_str().ok());
        for pair in lines.filter_map(|line| line.split(';').next()?.split_once('=')) {
            held.insert(pair.0.to_owned(), pair.1.to_owned());
        }
        let next = answer.headers().get("location").and_then(|l| l.to_str().ok()).map(str::to_owned);
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("text"), next)
    }

    /// Forgets the cookies of a place.
    pub fn forgets(&mut self, address: &str) {
        self.cookies.remove(&place(address));
    }

    /// The values of the cookies it holds for a place.
    pub fn held_for(&self, address: &str) -> Vec<String> {
        let held = self.cookies.get(&place(address)).into_iter().flat_map(BTreeMap::values);
        held.filter(|value| !value.is_empty()).cloned().collect()
    }
}

/// Scheme, host and port.
fn place(address: &str) -> String {
    address.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// A value of a query, as it was before it was written there.
fn decoded(query: &str, name: &str) -> String {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default();
    let (mut bytes, mut rest) = (Vec::new(), value.bytes());
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next().expect("two digits"), rest.next().expect("two digits")];
            let pair = std::str::from_utf8(&pair).expect("ASCII");
            bytes.push(u8::from_str_radix(pair, 16).expect("hexadecimal"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
