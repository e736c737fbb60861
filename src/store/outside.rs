//! The newest checkpoint, kept once more outside the database.
//!
//! Promises: the file always holds a whole checkpoint (written beside and renamed over); it is
//! what tells a shortened database from a whole one.

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

    /// The note, or `None` where there is no file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self) -> Result<Option<String>, StoreError> {
        match std::fs::read_to_string(&self.0) {
            Ok(note) => Ok(Some(note)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::File { path: self.0.clone(), source }),
        }
    }

    /// Puts a newer note in the file's place.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn replace(&self, note: &str) -> Result<(), StoreError> {
        let beside = self.0.with_extension("new");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(note.as_bytes())?;
            file.sync_data()?;
            std::fs::rename(&beside, &self.0)
        };
        write().map_err(|source| StoreError::File { path: self.0.clone(), source })
    }
}
