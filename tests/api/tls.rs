//! TLS by the service itself: real handshakes, a certificate that is replaced while it runs, and
//! what is only said over TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lotgate::web::WebConfig;
use lotgate::web::tls::Tls;
use rcgen::CertifiedKey;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::json;

use crate::site::{Site, password, settings};

/// A certificate of its own authority for this machine, as PEM files in a folder.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).expect("a certificate");
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).expect("written");
    std::fs::write(folder.join("chain.pem"), cert.pem()).expect("written");
    cert.der().clone()
}

fn site(folder: &Path) -> Site {
    let soon = Duration::from_millis(20);
    let tls = Tls::open(&folder.join("chain.pem"), &folder.join("key.pem"), soon).expect("usable");
    Site::with(|_| WebConfig { tls: Some(tls), secure_cookies: true, ..settings() })
}

/// Asks over TLS, trusting this certificate alone; the certificate that was shown, and the answer.
fn ask(site: &Site, trusted: &CertificateDer<'static>, request: &str) -> Result<(Vec<u8>, String), String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let name = ServerName::try_from("localhost").expect("a name");
    let mut client = ClientConnection::new(config, name).expect("a client");
    let mut socket = TcpStream::connect(address(site)).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    let mut stream = rustls::Stream::new(&mut client, &mut socket);
    stream.write_all(request.as_bytes()).map_err(|e| e.to_string())?;
    let mut answer = Vec::new();
    // The server may close without saying so; what was said counts.
    let _ = stream.read_to_end(&mut answer);
    let shown = client.peer_certificates().and_then(<[_]>::first).ok_or("no certificate")?.to_vec();
    Ok((shown, String::from_utf8_lossy(&answer).into_owned()))
}

fn address(site: &Site) -> &str {
    site.url.split("://").nth(1).expect("an address")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_page_is_served_over_tls_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = certificate(folder.path());
    let site = site(folder.path());
    let (_, page) = ask(&site, &trusted, &get("/sign-in")).expect("a handshake");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.to_lowercase().contains("strict-transport-security: max-age=63072000\r\n"), "{page}");
    let body = json!({"username": "amy", "password": password("amy")}).to_string();
    let form = format!("username=amy&password={}", password("amy").replace(' ', "+"));
    let post = |path: &str, kind: &str, body: &str| {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n");
        ask(&site, &trusted, &format!("{head}Content-Length: {length}\r\n\r\n{body}")).expect("a handshake").1
    };
    assert!(post("/api/v1/session", "application/json", &body).starts_with("HTTP/1.1 201"));
    let signed_in = post("/sign-in", "application/x-www-form-urlencoded", &form);
    let cookie = signed_in.lines().find(|l| l.to_lowercase().starts_with("set-cookie: ")).expect("a cookie");
    for part in ["__Host-lotgate_session=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    // Only that name counts: another host of the domain could have laid the plain one there.
    let token = cookie.split(['=', ';']).nth(1).expect("a token");
    let with = |name: &str| {
        let request = get("/lots").replace("Connection", &format!("Cookie: {name}={token}\r\nConnection"));
        ask(&site, &trusted, &request).expect("a handshake").1
    };
    assert!(with("__Host-lotgate_session").starts_with("HTTP/1.1 200"));
    assert!(with("lotgate_session").starts_with("HTTP/1.1 303"), "sent to sign in");
}

#[test]
fn a_new_certificate_is_used_without_a_restart_and_a_broken_one_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = certificate(folder.path());
    let site = site(folder.path());
    assert_eq!(ask(&site, &first, &get("/healthz")).expect("a handshake").0, first.to_vec());

    std::fs::write(folder.path().join("chain.pem"), "-----BEGIN CERTIFICATE-----\nnonsense").expect("written");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(ask(&site, &first, &get("/healthz")).expect("the old one is kept").0, first.to_vec());
    std::fs::remove_file(folder.path().join("chain.pem")).expect("removed");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(ask(&site, &first, &get("/healthz")).expect("the old one is kept").0, first.to_vec());

    let second = certificate(folder.path());
    let until = Instant::now() + Duration::from_secs(20);
    let shown = loop {
        match ask(&site, &second, &get("/healthz")) {
            Ok((shown, _)) => break shown,
            Err(why) if Instant::now() > until => panic!("the new one is not used: {why}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert_eq!(shown, second.to_vec());
    ask(&site, &first, &get("/healthz")).expect_err("the old one is gone");
}

#[test]
fn a_certificate_and_a_key_that_do_not_belong_together_are_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let open = || Tls::open(&chain, &key, Duration::from_secs(1)).map(drop);
    let kept = std::fs::read(&chain).expect("read");
    certificate(folder.path());
    std::fs::write(&chain, &kept).expect("written");
    assert!(open().expect_err("two strangers").contains("cannot be used together"));
    std::fs::write(&key, "no key").expect("written");
    let why = open().expect_err("no key");
    assert!(why.contains("no private key") && !why.contains("no key\n"), "{why}");
    std::fs::write(&chain, "").expect("written");
    assert!(open().expect_err("empty").contains("no certificate"));
    std::fs::remove_file(&chain).expect("removed");
    assert!(open().expect_err("missing").contains("chain.pem"));
}

#[test]
fn plain_http_is_not_answered_on_the_port_of_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    let site = site(folder.path());
    let mut socket = TcpStream::connect(address(&site)).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
    socket.write_all(get("/sign-in").as_bytes()).expect("sent");
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    assert!(answer.is_empty() || answer.first() == Some(&ALERT), "{answer:?}");
}

/// The type of a TLS record that says no.
const ALERT: u8 = 21;

/// The type of a TLS record that goes on with the handshake.
const HANDSHAKE: u8 = 22;

/// A greeting of a client that speaks nothing newer than this version (RFC 5246, 7.4.1.2), and
/// offers everything else that the service could ask for.
fn hello(version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    // No session; ECDHE with ECDSA and AES-GCM, and what older versions had; no compression.
    body.extend([0, 0, 6, 0xc0, 0x2b, 0xc0, 0x09, 0x00, 0x2f, 1, 0]);
    // Groups: x25519, P-256. Points: uncompressed. Signatures: ECDSA P-256, RSA.
    body.extend([0, 28, 0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1]);
    let length = u8::try_from(body.len()).expect("short");
    let mut record = vec![HANDSHAKE, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(body);
    record
}

#[test]
fn tls_1_1_and_older_are_not_offered() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    let site = site(folder.path());
    let greeted = |version: [u8; 2]| {
        let mut socket = TcpStream::connect(address(&site)).expect("connected");
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("set");
        socket.write_all(&hello(version)).expect("sent");
        let mut answer = [0; 7];
        socket.read_exact(&mut answer).expect("an answer");
        answer
    };
    assert_eq!(greeted([3, 3])[0], HANDSHAKE, "the same greeting with TLS 1.2 goes on");
    for version in [[3, 2], [3, 1], [3, 0]] {
        let answer = greeted(version);
        assert_eq!((answer[0], answer[6]), (ALERT, 70), "{version:?}: protocol_version in {answer:?}");
    }
}

#[test]
fn nothing_is_said_of_tls_over_plain_http() {
    let site = Site::start();
    let page = site.stranger().asks("GET", "/sign-in", &[("X-Forwarded-Proto", "https")], None);
    page.with_status(200);
    assert_eq!(page.header("strict-transport-security"), "", "a stranger's word");
}

#[test]
fn a_trusted_proxy_says_that_tls_is_in_front() {
    let trusted = vec!["127.0.0.1".parse().expect("an address")];
    let site = Site::with(|_| WebConfig { trusted_proxies: trusted, ..settings() });
    let form = |headers: &[(&str, &str)]| {
        let body = format!("username=amy&password={}", password("amy").replace(' ', "+")).into_bytes();
        let form = Some(("application/x-www-form-urlencoded", body));
        let answer = site.stranger().asks("POST", "/sign-in", headers, form);
        answer.with_status(303);
        answer
    };
    let over_tls = form(&[("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")]);
    assert_eq!(over_tls.header("strict-transport-security"), "max-age=63072000");
    assert!(over_tls.header("set-cookie").starts_with("__Host-lotgate_session="), "{over_tls}");
    let plain = form(&[("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "http")]);
    assert_eq!(plain.header("strict-transport-security"), "");
    assert!(plain.header("set-cookie").starts_with("lotgate_session="), "{plain}");
}
