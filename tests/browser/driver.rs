//! A demonstration laboratory with a browser in front of it, both stopped at the end.

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use libtest_mimic::Failed;
use serde_json::{Value, json};

/// How long a page may take before the story gives up.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a story gets.
pub struct World {
    pub browser: Client,
    pub url: String,
    pub folder: tempfile::TempDir,
    accounts: Vec<Value>,
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The component without which no browser test can run.
pub fn missing_component() -> Option<&'static str> {
    ["chromium", "chromedriver"].into_iter().find(|name| !on_path(name))
}

fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(name).is_file())
}

pub type Story = for<'w> fn(&'w World) -> Pin<Box<dyn Future<Output = Result<(), Failed>> + 'w>>;

pub fn run(story: Story) -> Result<(), Failed> {
    run_with(story, true)
}

pub fn run_without_script(story: Story) -> Result<(), Failed> {
    run_with(story, false)
}

fn run_with(story: Story, script: bool) -> Result<(), Failed> {
    if let Some(component) = missing_component() {
        return Err(format!("{component} is not installed").into());
    }
    let folder = tempfile::tempdir()?;
    let (_service, ready) = start_demo(folder.path())?;
    let (_driver, port) = start_driver()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let browser = connect(port, script, folder.path()).await?;
        let url = ready["url"].as_str().unwrap_or_default().to_owned();
        let accounts = ready["accounts"].as_array().cloned().unwrap_or_default();
        let world = World { browser: browser.clone(), url, folder, accounts };
        let outcome = story(&world).await;
        if outcome.is_err() {
            world.keep_what_was_seen().await;
        }
        let _ = browser.close().await;
        outcome
    })
}

fn start_demo(folder: &std::path::Path) -> Result<(Process, Value), Failed> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lotgate"))
        .args(["demo", "--json", "--bind", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let process = Process(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    Ok((process, serde_json::from_str(&line)?))
}

/// A story on a real site that nobody has an account on yet, under a name instead of a number. The
/// browser has a device that keeps passkeys (WebDriver's virtual authenticator).
pub fn run_on_a_new_site(story: Story) -> Result<(), Failed> {
    if let Some(component) = missing_component() {
        return Err(format!("{component} is not installed").into());
    }
    let folder = tempfile::tempdir()?;
    let (_service, url, link) = start_site(folder.path())?;
    let (_driver, port) = start_driver()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let browser = connect(port, true, folder.path()).await?;
        let session = browser.session_id().await?.ok_or("no session of the browser")?;
        let device = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true,
        });
        let address = format!("http://127.0.0.1:{port}/session/{session}/webauthn/authenticator");
        ureq::post(&address).send_json(&device)?;
        let accounts = vec![json!({"link": link})];
        let world = World { browser: browser.clone(), url, folder, accounts };
        let outcome = story(&world).await;
        if outcome.is_err() {
            world.keep_what_was_seen().await;
        }
        let _ = browser.close().await;
        outcome
    })
}

/// Starts a site; gives its address and the path of its one-time link.
fn start_site(folder: &std::path::Path) -> Result<(Process, String, String), Failed> {
    // The port is free now; the service takes it a moment later.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let url = format!("http://localhost:{port}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_lotgate"))
        .args(["serve", "--bind", &format!("127.0.0.1:{port}"), "--public-url", &url, "--data"])
        .arg(folder.join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let process = Process(child);
    let found = BufReader::new(out).lines().map_while(Result::ok).find_map(|line| {
        let (_, path) = line.split_once("/first-administrator?")?;
        Some(format!("/first-administrator?{path}"))
    });
    Ok((process, url, found.ok_or("no one-time link was printed")?))
}

fn start_driver() -> Result<(Process, u16), Failed> {
    // The port is free now; the driver takes it a moment later.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let child = Command::new("chromedriver")
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((Process(child), port))
}

async fn connect(port: u16, script: bool, folder: &std::path::Path) -> Result<Client, Failed> {
    let profile = folder.join("profile");
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1280,1000",
        &format!("--user-data-dir={}", profile.display()),
    ];
    let mut options = json!({"args": arguments});
    if !script {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    let capabilities = json!({"goog:chromeOptions": options, "acceptInsecureCerts": true});
    let Value::Object(capabilities) = capabilities else { return Err("capabilities".into()) };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let attempt = fantoccini::ClientBuilder::new(connector)
            .capabilities(capabilities.clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        match attempt {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

impl World {
    /// Goes to a page of the site.
    pub async fn open(&self, path: &str) -> Result<(), Failed> {
        Ok(self.browser.goto(&format!("{}{path}", self.url)).await?)
    }

    /// Waits until something is on the page.
    pub async fn see(&self, css: &str) -> Result<fantoccini::elements::Element, Failed> {
        let found = self.browser.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.map_err(|e| format!("{css} did not appear: {e}").into())
    }

    /// Waits until an element shows this text.
    pub async fn read(&self, css: &str, wanted: &str) -> Result<(), Failed> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.see(css).await?.text().await.unwrap_or_default();
            if text.contains(wanted) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{css} shows “{text}”, not “{wanted}”").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types into a field, replacing what is there.
    pub async fn fill(&self, css: &str, text: &str) -> Result<(), Failed> {
        let field = self.see(css).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Chooses an option by its value.
    pub async fn choose(&self, css: &str, value: &str) -> Result<(), Failed> {
        Ok(self.see(css).await?.select_by_value(value).await?)
    }

    /// Presses the form's button and waits for the next page.
    pub async fn press(&self, css: &str) -> Result<(), Failed> {
        let before = self.see("html").await?;
        self.see(css).await?.click().await?;
        let deadline = Instant::now() + PATIENCE;
        // The old page is gone when its root element has gone stale.
        while before.tag_name().await.is_ok() {
            if Instant::now() > deadline {
                return Err(format!("pressing {css} led nowhere").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.see("main").await.map(drop)
    }

    /// Signs in as the n-th account with this role.
    pub async fn sign_in(&self, role: &str, n: usize) -> Result<(), Failed> {
        let holds = |a: &&Value| a["roles"].as_array().is_some_and(|r| r.iter().any(|x| x == role));
        let account = self.accounts.iter().filter(holds).nth(n).ok_or("no such account")?;
        self.open("/sign-in").await?;
        self.fill("#username", account["username"].as_str().unwrap_or_default()).await?;
        self.fill("#password", account["password"].as_str().unwrap_or_default()).await?;
        self.press("main form button[type=submit]").await
    }

    /// The password of the n-th account with this role.
    pub fn password(&self, role: &str, n: usize) -> String {
        let holds = |a: &&Value| a["roles"].as_array().is_some_and(|r| r.iter().any(|x| x == role));
        let account = self.accounts.iter().filter(holds).nth(n);
        account.and_then(|a| a["password"].as_str()).unwrap_or_default().to_owned()
    }

    /// The path of a new site's one-time link.
    pub fn link(&self) -> String {
        self.accounts.first().and_then(|a| a["link"].as_str()).unwrap_or_default().to_owned()
    }

    /// Forgets the session.
    pub async fn sign_out(&self) -> Result<(), Failed> {
        Ok(self.browser.delete_all_cookies().await?)
    }

    /// The number of elements.
    pub async fn count(&self, css: &str) -> Result<usize, Failed> {
        Ok(self.browser.find_all(Locator::Css(css)).await?.len())
    }

    async fn keep_what_was_seen(&self) {
        let address = self.browser.current_url().await.map(|u| u.to_string()).unwrap_or_default();
        eprintln!("the story stopped at {address}");
        if let Ok(picture) = self.browser.screenshot().await {
            let path = std::env::temp_dir().join("lotgate-browser-failure.png");
            if std::fs::write(&path, picture).is_ok() {
                eprintln!("what was seen: {}", path.display());
            }
        }
    }
}
