//! The site's signing key: signs checkpoints of the ledger and seals certificates.
//!
//! Promises: made once, in a file only its owner can read (mode 0600), never overwritten; a lost
//! one is never replaced by another; a file that others can read is refused; the secret is never
//! printed or logged.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::clock::{Chance, random_hex};
use crate::ledger::{KeyName, NoteSigner, VerifierKey};

/// Something is wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is there and not what it should be.
    #[error("{path}: {why}")]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong and what to do.
        why: String,
    },
    /// No random bytes.
    #[error("no randomness: {0}")]
    Chance(String),
}

/// The folder of a site's keys.
#[derive(Debug, Clone)]
pub struct KeyFolder(PathBuf);

impl KeyFolder {
    /// `<data>/keys`
    pub fn in_folder(data: &Path) -> Self {
        KeyFolder(data.join("keys"))
    }

    /// The file of the secret key.
    pub fn secret(&self) -> PathBuf {
        self.0.join("site.key")
    }

    fn public(&self) -> PathBuf {
        self.0.join("site.vkey")
    }

    /// True if the key has been made and is still there.
    ///
    /// # Errors
    /// The folder cannot be read, or only the public half is there: then the key is lost.
    pub fn exists(&self) -> Result<bool, KeyFileError> {
        let is_there = |path: PathBuf| path.try_exists().map_err(|source| KeyFileError::File { path, source });
        if is_there(self.secret())? {
            return Ok(true);
        }
        if is_there(self.public())? {
            return Err(self.lost(&format!("{} is there", self.public().display())));
        }
        Ok(false)
    }

    /// The error that the key is not there, although this tells that it was.
    pub fn lost(&self, sign: &str) -> KeyFileError {
        let why = format!(
            "it is missing, and {sign}: the site was set up before, and a new key could not go on with its records. \
             Put the key back from its backup, or from another service of the same site. Nothing was changed"
        );
        KeyFileError::Wrong { path: self.secret(), why }
    }

    /// Makes the key; its name is the ledger's origin.
    ///
    /// # Errors
    /// There is one already, or half of one, or the folder cannot be written.
    pub fn create(&self, origin: &str, chance: &dyn Chance) -> Result<(), KeyFileError> {
        if self.exists()? {
            let why = "it is there and is never overwritten".into();
            return Err(KeyFileError::Wrong { path: self.secret(), why });
        }
        let name = KeyName::parse(origin)
            .map_err(|e| KeyFileError::Wrong { path: self.secret(), why: format!("origin: {e}") })?;
        fs::create_dir_all(&self.0).map_err(|source| KeyFileError::File { path: self.0.clone(), source })?;
        let seed = Zeroizing::new(random_hex::<32>(chance).map_err(KeyFileError::Chance)?);
        let text = Zeroizing::new(format!("{origin}\n{}\n", seed.as_str()));
        write_new(&self.secret(), text.as_bytes(), 0o600)?;
        let signer = NoteSigner::from_seed(name, &*seed_bytes(&seed, &self.secret())?);
        write_new(&self.public(), format!("{}\n", signer.verifier_key()).as_bytes(), 0o644)
    }

    /// Reads the key.
    ///
    /// # Errors
    /// It is missing, others can read it, or it is not a key.
    pub fn signer(&self) -> Result<NoteSigner, KeyFileError> {
        let path = self.secret();
        let failed = |source| KeyFileError::File { path: path.clone(), source };
        check_mode(&path)?;
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(failed)?);
        let wrong = |why: String| KeyFileError::Wrong { path: path.clone(), why };
        let (origin, seed) = text.trim_end().split_once('\n').ok_or_else(|| wrong("not a key file".into()))?;
        let name = KeyName::parse(origin).map_err(|e| wrong(e.to_string()))?;
        Ok(NoteSigner::from_seed(name, &*seed_bytes(seed, &path)?))
    }

    /// Reads the public key that checks the site's signatures.
    ///
    /// # Errors
    /// It is missing or not a key.
    pub fn verifier_key(&self) -> Result<VerifierKey, KeyFileError> {
        let path = self.public();
        let text = fs::read_to_string(&path).map_err(|source| KeyFileError::File { path: path.clone(), source })?;
        VerifierKey::parse(text.trim_end()).map_err(|e| KeyFileError::Wrong { path, why: e.to_string() })
    }
}

fn seed_bytes(hex: &str, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let wrong = || KeyFileError::Wrong { path: path.to_path_buf(), why: "the seed is not 64 hex digits".into() };
    let hash = crate::ledger::Hash::from_hex(hex).map_err(|_| wrong())?;
    Ok(Zeroizing::new(*hash.as_bytes()))
}

fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), KeyFileError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let write = || {
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| KeyFileError::File { path: path.to_path_buf(), source })
}

/// A secret that other users of the machine can read is no secret.
#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let meta = fs::metadata(path).map_err(|source| KeyFileError::File { path: path.to_path_buf(), source })?;
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let why = format!("others can read it (mode {mode:03o}); it must be 600: chmod 600 {}", path.display());
        return Err(KeyFileError::Wrong { path: path.to_path_buf(), why });
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_path: &Path) -> Result<(), KeyFileError> {
    Ok(())
}
