//! TLS by the service itself: certificate and key from two PEM files, read again when they change.
//!
//! Promises: TLS 1.2 and 1.3 only; a new certificate is used from the next connection on, without
//! a restart and without ending one; new files that cannot be used change nothing and are logged.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use actix_web::rt::time::sleep;
use actix_web::web::block;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

/// How often the service looks whether the files have changed, unless told otherwise.
pub const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// The certificate in force and where it comes from.
#[derive(Debug)]
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    read: Mutex<Files>,
    in_force: RwLock<Arc<CertifiedKey>>,
    look_again: Duration,
}

/// The bytes last looked at, whether or not they could be used.
#[derive(PartialEq, Eq)]
struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Files { hidden }")
    }
}

impl Files {
    fn read(certificate: &Path, key: &Path) -> Result<Files, String> {
        let read = |path: &Path| std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
        Ok(Files { certificate: read(certificate)?, key: read(key)? })
    }
}

impl Tls {
    /// Reads certificate chain and key; looks whether they changed every `look_again`.
    ///
    /// # Errors
    /// A file cannot be read, is not PEM, or the two do not belong together.
    pub fn open(certificate: &Path, key: &Path, look_again: Duration) -> Result<Arc<Tls>, String> {
        let files = Files::read(certificate, key)?;
        let in_force = RwLock::new(Arc::new(usable(&files, certificate, key)?));
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Arc::new(Tls { certificate, key, read: Mutex::new(files), in_force, look_again }))
    }

    /// How connections are made.
    ///
    /// # Errors
    /// The library offers no such protocol versions.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, String> {
        let builder = ServerConfig::builder_with_provider(provider());
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(|e| e.to_string())?;
        Ok(builder.with_no_client_auth().with_cert_resolver(self.clone()))
    }

    /// Looks at the files again; true if they had changed and are in force now.
    ///
    /// # Errors
    /// They have changed and cannot be used: what was in force stays so. Said once for each change.
    pub fn look(&self) -> Result<bool, String> {
        let files = Files::read(&self.certificate, &self.key)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if *read == files {
            return Ok(false);
        }
        let outcome = usable(&files, &self.certificate, &self.key);
        *read = files;
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(outcome?);
        Ok(true)
    }

    /// Looks at the files for as long as the server runs.
    pub(super) async fn keep_looking(self: Arc<Self>) {
        let mut complaint = String::new();
        loop {
            sleep(self.look_again).await;
            let this = self.clone();
            match block(move || this.look()).await {
                Ok(Ok(true)) => {
                    tracing::info!(file = %self.certificate.display(), "the new TLS certificate is in force")
                }
                Ok(Ok(false)) => {}
                // A file that is missing is missed at every look, and said once.
                Ok(Err(why)) if why != complaint => {
                    tracing::warn!(%why, "the changed TLS certificate cannot be used; the old one stays in force");
                    complaint = why;
                }
                Ok(Err(_)) => {}
                Err(_) => return,
            }
        }
    }
}

impl ResolvesServerCert for Tls {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.in_force.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn usable(files: &Files, certificate: &Path, key: &Path) -> Result<CertifiedKey, String> {
    let unreadable = |path: &Path, what: &str| format!("{}: {what}", path.display());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&files.certificate).collect();
    let chain = chain.map_err(|_| unreadable(certificate, "this is no PEM file"))?;
    if chain.is_empty() {
        return Err(unreadable(certificate, "this file holds no certificate in PEM"));
    }
    // The parser's own words could quote the file; a key is not quoted.
    let private = PrivateKeyDer::from_pem_slice(&files.key);
    let private = private.map_err(|_| unreadable(key, "this file holds no private key in PEM"))?;
    CertifiedKey::from_der(chain, private, &provider())
        .map_err(|e| format!("{} and {} cannot be used together: {e}", certificate.display(), key.display()))
}
