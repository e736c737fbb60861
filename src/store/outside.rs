//! The newest checkpoint, kept once more outside the database.
//!
//! Promises: the file always holds a whole checkpoint (written beside and renamed over); it is
//! what tells a shortened database from a whole one, so it is made when a site is made or when an
//! operator vouches for the ledger, and never anew by a mere write.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// The file `<data>/checkpoint`.
#[derive(Debug, Clone)]
pub struct OutsideCheckpoint(PathBuf);

impl OutsideCheckpoint {
    /// In this data folder.
    pub fn in_folder(data: &Path) -> Self {
        OutsideCheckpoint(data.join("checkpoint"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// True if the file is there, whatever is in it.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn exists(&self) -> Result<bool, StoreError> {
        self.0.try_exists().map_err(|source| self.failed(source))
    }

    /// The note, or `None` where there is no file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> Result<Option<String>, StoreError> {
        match std::fs::read_to_string(&self.0) {
            Ok(note) => Ok(Some(note)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Lays the file down, for good: not even a power cut takes it away again.
    ///
    /// # Errors
    /// There is one already, or the folder cannot be written.
    pub fn create(&self, note: &str) -> Result<(), StoreError> {
        if self.exists()? {
            return Err(self.failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        self.put(note)?;
        #[cfg(unix)]
        if let Some(folder) = self.0.parent() {
            File::open(folder).and_then(|f| f.sync_all()).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    /// Puts a newer note over `facts` facts in the file's place.
    ///
    /// # Errors
    /// The file is gone: then it stays gone, so that a start and every verification say so. Or
    /// the folder cannot be written.
    pub fn replace(&self, note: &str, facts: u64) -> Result<(), StoreError> {
        if !self.exists()? {
            return Err(StoreError::CheckpointMissing { path: self.0.clone(), facts });
        }
        self.put(note)
    }

    fn put(&self, note: &str) -> Result<(), StoreError> {
        let beside = self.0.with_extension("new");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(note.as_bytes())?;
            file.sync_data()?;
            std::fs::rename(&beside, &self.0)
        };
        write().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> StoreError {
        StoreError::File { path: self.0.clone(), source }
    }
}
