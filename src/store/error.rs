//! What goes wrong underneath: the database, or a row that says something impossible.
//!
//! Promises: an inconsistency names its table, column and row; nothing is swallowed, and no
//! failed query is read as "no rows".

/// A failure of storage, never of the user.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused a statement or could not be reached.
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
    /// No connection could be had.
    #[error("database connection: {0}")]
    Connection(String),
    /// The schema could not be brought up to date.
    #[error("migration: {0}")]
    Migration(String),
    /// The tables are those of an older version of the software.
    #[error(
        "the records are of an older version of Lotgate; start the service once with this version, which brings them \
         up to date, and try again"
    )]
    OlderSchema,
    /// A file of the data folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An evidence file could not be written or read, or is not what was stored.
    #[error("{place}: {why}")]
    Evidence {
        /// Where it stands, from the data folder.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// A row says something that cannot be.
    #[error("inconsistent data in {table}.{column}, row {row}: {why}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        row: String,
        /// What is wrong.
        why: String,
    },
    /// The ledger contradicts itself or its checkpoints; nothing more is written.
    #[error("the ledger is not whole: {0}")]
    LedgerBroken(String),
    /// A fact is larger than a ledger entry can be.
    #[error("the fact is too large for the ledger: {0} bytes")]
    FactTooLarge(usize),
    /// Too many writes are waiting.
    #[error("too busy: too many writes are waiting")]
    Busy,
    /// The transaction was given up because of another one in its batch; nothing was recorded.
    #[error("the write was not carried out: {0}")]
    NotCarriedOut(String),
    /// Another process has this data folder open.
    #[error("{0} is in use by another lotgate process")]
    InUse(std::path::PathBuf),
    /// The checkpoint kept outside the database is gone; only an operator can lay it down anew.
    #[error("{path} is missing, and the database holds {facts} facts. {}", without_checkpoint(*facts))]
    CheckpointMissing {
        /// Where it should be.
        path: std::path::PathBuf,
        /// How many facts the database holds now.
        facts: u64,
    },
}

fn without_checkpoint(facts: u64) -> &'static str {
    if facts == 0 {
        "The site's key was made before, so there may have been records: if so, put the file and the database back \
         from a backup. If this site never recorded anything, because its first start was interrupted, remove its \
         folder keys and start again"
    } else {
        "Without that file nobody can tell whether the newest facts were removed. Put it back from a copy of the data \
         folder. If there is none, or if this is one more service over the same PostgreSQL database, lay it down with \
         “lotgate ledger adopt”, which asks for the size and the root that a checkpoint kept elsewhere tells"
    }
}

/// Names the place of an impossible value.
pub(super) fn inconsistent(
    table: &'static str,
    column: &'static str,
    row: impl ToString,
    why: impl ToString,
) -> StoreError {
    StoreError::Inconsistent { table, column, row: row.to_string(), why: why.to_string() }
}
