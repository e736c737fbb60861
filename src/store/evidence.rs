//! Evidence files: their bytes as objects outside the database, their rows inside it.
//!
//! Promises: an object stands at `evidence/<first two digits>/<sha256>` and is written whole or
//! not at all; what is read is hashed again; a file that a fact names and that is not there
//! with its bytes is a break. An object without a fact is harmless: nobody can ask for it.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use diesel::prelude::*;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{Error as ObjectError, ObjectStore, ObjectStoreExt};

use super::View;
use super::connection::Conn;
use super::error::{StoreError, inconsistent};
use super::schema::files;
use super::verify::Break;
use crate::domain::file::{FileDetails, FileHash, MediaType};
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::text::Line;
use crate::ledger::canonical::sha256_hex;

/// Why an object cannot be read that is not there.
const MISSING: &str = "it is missing";

/// The bytes of evidence files. In a local folder; the crate behind it speaks to other object
/// stores as well.
#[derive(Debug, Clone)]
pub struct Evidence(Arc<dyn ObjectStore>);

/// Runs one access to the objects to its end, on a runtime of its own: the caller's threads may
/// all be waiting here, and then none would be left to do the work.
fn wait<T>(place: &Place, access: impl Future<Output = Result<T, ObjectError>>) -> Result<T, StoreError> {
    let failed = |why: String| StoreError::Evidence { place: place.to_string(), why };
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| failed(e.to_string()))?;
    runtime.block_on(access).map_err(|e| match e {
        ObjectError::NotFound { .. } => failed(MISSING.into()),
        other => failed(other.to_string()),
    })
}

fn place_of(sha256: &FileHash) -> Place {
    let shelf: String = sha256.as_str().chars().take(2).collect();
    Place::from(format!("evidence/{shelf}/{sha256}"))
}

impl Evidence {
    /// The files of this data folder, which must exist.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn in_folder(data: &Path) -> Result<Self, StoreError> {
        let objects = LocalFileSystem::new_with_prefix(data);
        let objects = objects
            .map_err(|e| StoreError::Evidence { place: data.display().to_string(), why: e.to_string() })?
            // An acknowledged file survives a power cut, as an acknowledged fact does.
            .with_fsync(true);
        Ok(Evidence(Arc::new(objects)))
    }

    /// Keeps bytes under their SHA-256. Those that are there already are left as they are.
    ///
    /// Blocks; call it where blocking is allowed, and outside of a write.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn put(&self, bytes: Vec<u8>) -> Result<FileHash, StoreError> {
        let sha256 = FileHash::parse(&sha256_hex(&bytes)).map_err(|e| StoreError::LedgerBroken(e.detail))?;
        let place = place_of(&sha256);
        match self.get(&sha256) {
            Ok(_) => return Ok(sha256),
            Err(StoreError::Evidence { why, .. }) if why == MISSING => {}
            // Its hash says that these are the bytes that belong there.
            Err(StoreError::Evidence { why, .. }) => tracing::warn!(%place, why, "an evidence file is written anew"),
            Err(other) => return Err(other),
        }
        wait(&place, self.0.put(&place, bytes.into()))?;
        Ok(sha256)
    }

    /// The bytes of a file, hashed again.
    ///
    /// Blocks; call it where blocking is allowed.
    ///
    /// # Errors
    /// The file is missing, cannot be read, or has other bytes than it had.
    pub(crate) fn get(&self, sha256: &FileHash) -> Result<Vec<u8>, StoreError> {
        let place = place_of(sha256);
        let bytes = wait(&place, async { self.0.get(&place).await?.bytes().await })?;
        if sha256_hex(&bytes) != sha256.as_str() {
            return Err(StoreError::Evidence { place: place.to_string(), why: "its bytes were changed".into() });
        }
        Ok(bytes.into())
    }
}

/// A file that a fact names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The file.
    pub details: FileDetails,
    /// Who stored it.
    pub stored_by: Person,
    /// When.
    pub stored_at: Moment,
    /// Ledger entry.
    pub entry: i64,
}

type Row = (String, String, i64, String, String, String, String, i64);

fn read(row: Row) -> Result<StoredFile, StoreError> {
    let (sha256, media_type, bytes, name, by, by_name, at, entry) = row;
    let wrong = |column: &'static str, e: Refusal| inconsistent("files", column, &sha256, e);
    let unknown = || inconsistent("files", "media_type", &sha256, &media_type);
    Ok(StoredFile {
        stored_by: Person {
            username: Username::parse(&by).map_err(|e| wrong("stored_by", e))?,
            name: Line::parse("name", &by_name).map_err(|e| wrong("stored_by_name", e))?,
        },
        stored_at: Moment::parse("stored_at", &at).map_err(|e| wrong("stored_at", e))?,
        entry,
        details: FileDetails {
            media_type: MediaType::parse(&media_type).ok_or_else(unknown)?,
            bytes: u64::try_from(bytes).map_err(|e| inconsistent("files", "bytes", &sha256, e))?,
            name: Line::parse("name", &name).map_err(|e| wrong("name", e))?,
            sha256: FileHash::parse(&sha256).map_err(|e| wrong("sha256", e))?,
        },
    })
}

impl View<'_> {
    /// The file of this SHA-256, as its fact tells.
    ///
    /// # Errors
    /// The database fails; the inner refusal says that no such file was stored.
    pub fn file(&mut self, sha256: &FileHash) -> Result<Result<StoredFile, Refusal>, StoreError> {
        let row: Option<Row> = files::table.find(sha256.as_str()).first(self.0).optional()?;
        match row {
            Some(row) => read(row).map(Ok),
            None => {
                let detail = format!("No file with the SHA-256 {sha256} is stored here.");
                Ok(Err(Refusal::new(Code::NoSuchFile, detail)))
            }
        }
    }
}

/// Reads every file that a fact names and hashes it again; says how many there are, or names
/// the first that is not what was stored.
pub(super) fn check_files(conn: &mut Conn, evidence: &Evidence) -> Result<Result<usize, Break>, StoreError> {
    let rows: Vec<Row> = files::table.order(files::entry).load(conn)?;
    for row in &rows {
        let StoredFile { details: file, entry, .. } = read(row.clone())?;
        let what = match evidence.get(&file.sha256) {
            Ok(bytes) if u64::try_from(bytes.len()) == Ok(file.bytes) => continue,
            Ok(bytes) => format!("it has {} bytes and not {}", bytes.len(), file.bytes),
            Err(StoreError::Evidence { place, why }) => format!("{place}: {why}"),
            Err(other) => return Err(other),
        };
        let what = format!("fact {entry} names it (“{}”); {what}", file.name.as_str());
        return Ok(Err(Break { place: format!("file {}", file.sha256), what }));
    }
    Ok(Ok(rows.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> (tempfile::TempDir, Evidence) {
        let folder = tempfile::tempdir().expect("a folder");
        let evidence = Evidence::in_folder(folder.path()).expect("usable");
        (folder, evidence)
    }

    #[test]
    fn bytes_come_back_from_the_address_that_their_hash_gives() {
        let (folder, evidence) = evidence();
        let sha256 = evidence.put(b"abc".to_vec()).expect("stored");
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256.as_str(), expected);
        let path = folder.path().join("evidence/ba").join(expected);
        assert_eq!(std::fs::read(path).expect("there"), b"abc");
        assert_eq!(evidence.get(&sha256).expect("readable"), b"abc");
    }

    #[test]
    fn the_same_bytes_again_are_one_object_and_leave_nothing_beside_it() {
        let (folder, evidence) = evidence();
        for _ in 0..3 {
            evidence.put(b"abc".to_vec()).expect("stored");
        }
        let shelf = std::fs::read_dir(folder.path().join("evidence/ba")).expect("a folder");
        assert_eq!(shelf.count(), 1);
    }

    #[test]
    fn a_changed_a_cut_and_a_missing_object_are_errors_that_name_the_place() {
        let (folder, evidence) = evidence();
        let sha256 = evidence.put(b"abc".to_vec()).expect("stored");
        let path = folder.path().join(place_of(&sha256).to_string());
        let error = || evidence.get(&sha256).expect_err("not what was stored").to_string();
        for other in [&b"abd"[..], b"ab", b""] {
            std::fs::write(&path, other).expect("written");
            assert_eq!(error(), format!("evidence/ba/{sha256}: its bytes were changed"));
        }
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(error(), format!("evidence/ba/{sha256}: it is missing"));
    }

    #[test]
    fn whoever_stores_the_right_bytes_again_heals_the_object() {
        let (folder, evidence) = evidence();
        let sha256 = evidence.put(b"abc".to_vec()).expect("stored");
        std::fs::write(folder.path().join(place_of(&sha256).to_string()), b"abd").expect("written");
        assert_eq!(evidence.put(b"abc".to_vec()).expect("stored"), sha256);
        assert_eq!(evidence.get(&sha256).expect("readable"), b"abc");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_and_not_a_stored_file() {
        let (folder, evidence) = evidence();
        std::fs::write(folder.path().join("evidence"), b"a file where the folder belongs").expect("written");
        assert!(evidence.put(b"abc".to_vec()).is_err());
    }

    #[test]
    fn more_people_than_the_runtime_has_threads_store_at_once() {
        // As in the server: blocking threads of a runtime that has no other.
        let (_folder, evidence) = evidence();
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(2).build().expect("a runtime");
        let stored = runtime.block_on(async {
            let each = (0..8_u8).map(|n| {
                let evidence = evidence.clone();
                tokio::task::spawn_blocking(move || evidence.put(vec![n; 1000]))
            });
            let mut stored = Vec::new();
            for task in each.collect::<Vec<_>>() {
                stored.push(task.await.expect("no panic").expect("stored"));
            }
            stored
        });
        assert_eq!(stored.len(), 8);
    }
}
