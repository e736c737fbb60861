//! Authenticators: the one that shows one-time codes, and a device that holds passkeys, each as its
//! standard says (RFC 6238; W3C Web Authentication Level 2, ES256, attestation "none").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret};

use crate::site::{Site, password};

/// The code that an authenticator shows so many steps from now.
pub fn code(site: &Site, secret: &str, steps: i64) -> String {
    let bits: Vec<u8> = secret
        .bytes()
        .flat_map(|letter| {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|l| *l == letter).expect("base32");
            (0..5).rev().map(move |at| u8::from(value >> at & 1 == 1))
        })
        .collect();
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|eight| eight.iter().fold(0, |b, bit| b << 1 | bit)).collect();
    let secret = Secret::new_stack(bytes.try_into().expect("160 bits"));
    let totp = Builder::new().with_secret(secret).build().expect("codes");
    let at = i64::try_from(site.app.now().unix_seconds()).expect("a moment") + 30 * steps;
    totp.generate(u64::try_from(at).expect("a moment")).to_string()
}

/// One-time codes of somebody, set up with the code of the step before this one.
pub struct Codes {
    pub secret: String,
    pub recovery: Vec<String>,
}

/// Somebody sets up one-time codes.
pub fn sets_up_codes(site: &Site, who: &str) -> Codes {
    let begun = site.person(who).post("/api/v1/me/totp", &json!({"password": password(who)})).created();
    let secret = begun["secret"].as_str().expect("a secret").to_owned();
    let first = json!({"code": code(site, &secret, -1)});
    let made = site.person(who).post("/api/v1/me/totp/confirmation", &first).created();
    let recovery = made["recovery_codes"].as_array().expect("codes").iter();
    Codes { secret, recovery: recovery.map(|c| c.as_str().expect("text").to_owned()).collect() }
}

/// A device with one passkey.
pub struct Device {
    key: KeyPair,
    id: Vec<u8>,
    user: String,
    pub counter: u32,
    /// The page that asks, as the browser says.
    pub origin: String,
    /// Whether the device asked for its own lock.
    pub verified: bool,
}

fn plain(text: &Value) -> String {
    text.as_str().expect("text").to_owned()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes_of(cbor: &mut Vec<u8>, major: u8, length: usize) {
    match u8::try_from(length) {
        Ok(short) if short < 24 => cbor.push(major | short),
        Ok(short) => cbor.extend([major | 24, short]),
        Err(_) => cbor.extend([&[major | 25][..], &u16::try_from(length).expect("short").to_be_bytes()].concat()),
    }
}

impl Device {
    pub fn new(origin: &str) -> Device {
        let key = KeyPair::generate().expect("a key");
        let id = Sha256::digest(key.der_bytes()).to_vec();
        Device { key, id, user: String::new(), counter: 0, origin: origin.to_owned(), verified: true }
    }

    fn client_data(&self, sort: &str, challenge: &Value) -> Vec<u8> {
        json!({"type": sort, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn authenticator_data(&self, rp_id: &str, with_key: bool) -> Vec<u8> {
        let flags = 0x01 | if self.verified { 0x04 } else { 0 } | if with_key { 0x40 } else { 0 };
        let mut data = [&Sha256::digest(rp_id)[..], &[flags], &self.counter.to_be_bytes()].concat();
        if with_key {
            data.extend([0_u8; 16]);
            data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
            data.extend(&self.id);
            // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
            let point = &self.key.der_bytes()[1..];
            data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
            data.extend(&point[..32]);
            data.extend([0x22, 0x58, 0x20]);
            data.extend(&point[32..]);
        }
        data
    }

    /// What `navigator.credentials.create` gives for these options.
    pub fn creates(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        self.user = plain(&options["user"]["id"]);
        let data = self.authenticator_data(&plain(&options["rp"]["id"]), true);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = vec![0xa3, 0x63];
        attestation.extend(b"fmt\x64none\x67attStmt\xa0\x68authData");
        bytes_of(&mut attestation, 0x40, data.len());
        attestation.extend(data);
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "attestationObject": encoded(&attestation),
                "clientDataJSON": encoded(&self.client_data("webauthn.create", &options["challenge"])),
            },
        })
    }

    /// What `navigator.credentials.get` gives for these options.
    pub fn answers(&mut self, options: &Value) -> Value {
        let options = &options["publicKey"];
        self.counter += 1;
        let data = self.authenticator_data(&plain(&options["rpId"]), false);
        let client = self.client_data("webauthn.get", &options["challenge"]);
        let signature = self.key.sign(&[&data[..], &Sha256::digest(&client)[..]].concat()).expect("a signature");
        json!({
            "id": encoded(&self.id), "rawId": encoded(&self.id), "type": "public-key", "extensions": {},
            "response": {
                "authenticatorData": encoded(&data), "clientDataJSON": encoded(&client),
                "signature": encoded(&signature), "userHandle": self.user,
            },
        })
    }

    /// Somebody adds the device's passkey.
    pub fn is_added(&mut self, site: &Site, who: &str) -> String {
        let options = site.person(who).post("/api/v1/me/passkeys", &json!({"password": password(who)})).created();
        let body = json!({"name": "Notebook", "credential": self.creates(&options)});
        plain(&site.person(who).post("/api/v1/me/passkeys/confirmation", &body).created()["id"])
    }
}
