//! Tables: the only module that says diesel. Facts go in by one door; views come out.
//!
//! Promises: [`Tx::record`] is the only way a record changes, and it changes the ledger and the
//! rows together; a [`View`] only reads. Start with `record.rs`, then `writer.rs`, then `verify.rs`.

mod accounts;
mod answers;
mod ceremonies;
mod certificates;
mod connection;
mod courses;
mod error;
mod evidence;
mod extract;
mod facts;
mod guard;
mod lots;
mod outside;
mod passwords;
mod people;
mod record;
mod records;
mod replay;
mod runs;
mod schema;
mod secrets;
mod sisters;
mod specifications;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::r2d2::Pool;

pub use answers::KeptAnswer;
pub use ceremonies::Ceremony;
pub use certificates::Issued;
pub use connection::{Conn, Target};
pub use error::StoreError;
pub use evidence::{Evidence, StoredFile};
pub use extract::RawFact;
pub use facts::{Entry, FactFilter};
pub use lots::{ListedLot, LotFilter};
pub use outside::OutsideCheckpoint;
pub use passwords::ChosenBy;
pub use people::{NewSession, Session, User};
pub use records::Retirement;
pub use secrets::Credential;
pub use specifications::{StoredSpecification, VersionState};
pub use verify::{Break, Finding, Whole};

use crate::ledger::{Frontier, NoteSigner};
use connection::{Purpose, Readers, begin_write, migrate};

/// How many connections read at the same time.
const READERS: u32 = 8;

/// A write in progress: one savepoint of the writer's transaction.
pub struct Tx<'c> {
    conn: &'c mut Conn,
    tree: &'c mut Frontier,
}

impl Tx<'_> {
    /// What this write sees.
    pub fn view(&mut self) -> View<'_> {
        View(self.conn)
    }
}

/// Reading access.
pub struct View<'c>(&'c mut Conn);

/// The records of one site.
pub struct Store {
    readers: Pool<Readers>,
    writer: writer::Writer,
    outside: OutsideCheckpoint,
    evidence: Evidence,
    /// Held for the life of the process: one writer for each SQLite file.
    _lock: Option<std::fs::File>,
}

/// Where a site's records are and who signs them.
pub struct Site {
    /// Data folder: the checkpoint outside the database, the evidence files, and the SQLite file by default.
    pub data: PathBuf,
    /// The database.
    pub target: Target,
    /// The ledger's origin.
    pub origin: String,
    /// Signs checkpoints.
    pub signer: Arc<NoteSigner>,
}

impl Store {
    /// Opens the records, bringing the schema up to date, and starts the writer.
    ///
    /// # Errors
    /// The database cannot be opened, is in use by another process, or contradicts the newest
    /// checkpoint, or the one outside is missing: then nothing may be written to it.
    pub fn open(site: Site) -> Result<Self, StoreError> {
        let lock = site.target.file().map(lock_file).transpose()?;
        let mut conn = site.target.connect(Purpose::Write)?;
        migrate(&mut conn)?;
        let outside = OutsideCheckpoint::in_folder(&site.data);
        let evidence = Evidence::in_folder(&site.data)?;
        begin_write(&mut conn)?;
        let tree = guard::load_signed(&mut conn, &site)?;
        guard::check_outside(&mut conn, &outside, &site, tree.size())?;
        <<Conn as diesel::Connection>::TransactionManager as diesel::connection::TransactionManager<Conn>>::commit_transaction(
            &mut conn,
        )?;
        let readers = Pool::builder().max_size(READERS).min_idle(Some(1)).test_on_check_out(false);
        let readers = readers.build(Readers(site.target.clone())).map_err(|e| StoreError::Connection(e.to_string()))?;
        let desk = writer::Desk { site, outside: outside.clone() };
        let writer = writer::Writer::start(desk, conn, tree)?;
        Ok(Store { readers, writer, outside, evidence, _lock: lock })
    }

    /// Carries out a write: everything in `f` is recorded, or nothing is.
    ///
    /// Blocks until the commit; call it where blocking is allowed. No network call and no
    /// password hashing belongs inside.
    ///
    /// # Errors
    /// Whatever `f` refuses with, or a failure of storage.
    pub fn write<T, E>(&self, f: impl FnOnce(&mut Tx) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.write(f)
    }

    /// Reads; the connection cannot write.
    ///
    /// # Errors
    /// Whatever `f` refuses with, or a failure of storage.
    pub fn read<T, E: From<StoreError>>(&self, f: impl FnOnce(&mut View) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.readers.get().map_err(|e| StoreError::Connection(e.to_string()))?;
        f(&mut View(&mut conn))
    }

    /// The bytes of evidence files.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// The newest checkpoint as kept outside the database.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn outside_checkpoint(&self) -> Result<Option<String>, StoreError> {
        self.outside.read()
    }
}

/// Reads the checkpoint kept outside the database in this folder.
///
/// # Errors
/// The file is there and cannot be read.
pub fn outside_checkpoint(data: &Path) -> Result<Option<String>, StoreError> {
    OutsideCheckpoint::in_folder(data).read()
}

/// Reads a database that nobody serves.
///
/// # Errors
/// Whatever `f` says, or a failure of storage.
pub fn read_once<T, E: From<StoreError>>(target: &Target, f: impl FnOnce(&mut View) -> Result<T, E>) -> Result<T, E> {
    let mut conn = target.connect(Purpose::Read)?;
    connection::check_current(&mut conn)?;
    f(&mut View(&mut conn))
}

/// How many facts a database holds that may not have been made yet; makes nothing.
///
/// # Errors
/// It is there and cannot be read.
pub fn facts_in(target: &Target) -> Result<u64, StoreError> {
    if target.file().is_some_and(|file| !file.exists()) {
        return Ok(0);
    }
    let mut conn = target.connect(Purpose::Read)?;
    if connection::has_tables(&mut conn)? { facts::size(&mut conn) } else { Ok(0) }
}

fn lock_file(database: &Path) -> Result<std::fs::File, StoreError> {
    let path = database.with_extension("lock");
    let failed = |source| StoreError::File { path: path.clone(), source };
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(database.to_path_buf())),
        Err(std::fs::TryLockError::Error(source)) => Err(StoreError::File { path, source }),
    }
}
