//! The built program, started as a person starts it: no settings from outside, nobody typing.

#![allow(dead_code, reason = "each of the test programs that include this file uses a part of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than any start on a busy machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(120);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotgate"));
    for name in [
        "LOTGATE_DATA",
        "LOTGATE_DATABASE",
        "LOTGATE_BIND",
        "LOTGATE_PUBLIC_URL",
        "LOTGATE_KEY",
        "LOTGATE_PASSWORD",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command to its end; one that goes on (a service that should have refused) is ended.
pub fn run(arguments: &[&str]) -> Output {
    run_with_input(arguments, "")
}

/// Runs a command to its end that reads this from standard input.
pub fn run_with_input(arguments: &[&str], input: &str) -> Output {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    // A command that ends without reading closes the pipe; that is not what is tested.
    let _ = child.stdin.take().expect("an input").write_all(input.as_bytes());
    let (out, err) = (child.stdout.take().expect("an output"), child.stderr.take().expect("an output"));
    let (out, err) = (std::thread::spawn(|| all_of(out)), std::thread::spawn(|| all_of(err)));
    let until = Instant::now() + PATIENCE / 4;
    let status = loop {
        match child.try_wait().expect("waited") {
            Some(status) => break status,
            None if Instant::now() > until => {
                let _ = child.kill();
                let _ = child.wait();
                panic!("{arguments:?} did not end by itself");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    Output { status, stdout: out.join().expect("read"), stderr: err.join().expect("read") }
}

fn all_of(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("readable");
    bytes
}

pub fn code(output: &Output) -> i32 {
    output.status.code().expect("not killed by a signal")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// A service that runs until it is told to stop; killed if a test forgets.
pub struct Service {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    log: Arc<Mutex<String>>,
    pub url: String,
}

impl Service {
    /// Starts a service and reads what it says up to the line that `ready` recognises.
    pub fn start(arguments: &[&str], ready: fn(&str) -> bool) -> Service {
        Service::start_in(arguments, &[], ready)
    }

    /// The same with settings from outside.
    pub fn start_in(arguments: &[&str], environment: &[(&str, &str)], ready: fn(&str) -> bool) -> Service {
        let mut command = command(arguments);
        command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("started");
        let log = Arc::new(Mutex::new(String::new()));
        let (errors, kept) = (BufReader::new(child.stderr.take().expect("an output")), log.clone());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut log = kept.lock().expect("no panic");
                log.push_str(&line);
                log.push('\n');
            }
        });
        let (say, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("an output"));
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut service = Service { child, lines, seen: Vec::new(), log, url: String::new() };
        let until = Instant::now() + PATIENCE;
        loop {
            match service.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => service.seen.push(line),
                Err(_) => {
                    let complaint = service.complaint();
                    panic!("{arguments:?} did not get ready; it said {:?}\n{complaint}", service.seen)
                }
            }
            if service.seen.last().is_some_and(|line| ready(line)) {
                service.url = service.seen.iter().find_map(|line| address(line)).expect("an address");
                return service;
            }
        }
    }

    fn complaint(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log()
    }

    /// What it has said on standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("no panic").clone()
    }

    /// What it has said on standard output so far.
    pub fn said(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// Asks it to stop (SIGTERM) and returns its exit code and everything it said.
    pub fn stop(mut self) -> (Option<i32>, Vec<String>) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|s| s.success()));
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("waited") {
                // The reader thread ends with the pipe; then everything has been said.
                let rest: Vec<String> = self.lines.iter().collect();
                let said = self.seen.iter().cloned().chain(rest).collect();
                return (status.code(), said);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("it did not stop");
    }

    /// Asks the service; any status is an answer.
    pub fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Value) {
        let (status, bytes) = self.ask_bytes(method, path, token, body);
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub fn ask_bytes(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (u16, Vec<u8>) {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let text = body.map(|b| b.to_string()).unwrap_or_default();
        send(request.body(text).expect("a request"))
    }

    /// Signs in and returns the token.
    pub fn sign_in(&self, username: &str, password: &str) -> String {
        let body = serde_json::json!({"username": username, "password": password});
        let (status, answer) = self.ask("POST", "/api/v1/session", "", Some(body));
        assert_eq!(status, 201, "{username}: {answer}");
        answer["token"].as_str().expect("a token").to_owned()
    }
}

/// Sends a form from one of the service's own pages; returns the status.
pub fn submit(url: &str, path: &str, fields: &[(&str, &str)]) -> u16 {
    let escape = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let request = ureq::http::Request::builder()
        .method("POST")
        .uri(format!("{url}{path}"))
        .header("origin", url)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    send(request.body(pairs.join("&")).expect("a request")).0
}

fn send(request: ureq::http::Request<String>) -> (u16, Vec<u8>) {
    let config =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(PATIENCE));
    let mut answer = config.build().new_agent().run(request).expect("answered");
    (answer.status().as_u16(), answer.body_mut().read_to_vec().expect("a body"))
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line of text.
fn address(line: &str) -> Option<String> {
    let (before, rest) = line.split_once("://")?;
    let scheme = if before.ends_with("https") { "https" } else { "http" };
    Some(format!("{scheme}://{}", rest.split(['"', '/', ' ']).next()?))
}

/// The permission bits of a file.
#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).permissions().mode() & 0o777
}

/// Sets the permission bits of a file.
#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}
