//! Connections: one type over SQLite and PostgreSQL, opened with settings that do not lose data.
//!
//! Promises: SQLite runs in WAL with `synchronous=FULL` (an acknowledged write survives a power
//! cut); a reader's connection cannot write; two processes do not write one SQLite file.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::StoreError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number that only Lotgate uses: the advisory lock that makes PostgreSQL writes take turns.
const WRITE_LOCK: i64 = 4_672_848;

/// Where the records are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its URL.
    Postgres(String),
    /// SQLite in memory, for rebuilding the tables from the facts.
    Memory,
}

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    Postgres(PgConnection),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading only; the database refuses anything else.
    Read,
    /// The one writer.
    Write,
}

impl Target {
    /// Opens a connection with the settings of its purpose.
    ///
    /// # Errors
    /// The file cannot be opened or the server not reached.
    pub fn connect(&self, purpose: Purpose) -> Result<Conn, StoreError> {
        let failed = |e: diesel::ConnectionError| StoreError::Connection(e.to_string());
        match self {
            Target::Sqlite(path) => {
                let path =
                    path.to_str().ok_or_else(|| StoreError::Connection(format!("{} is not UTF-8", path.display())))?;
                open_sqlite(path, purpose)
            }
            Target::Memory => open_sqlite(":memory:", Purpose::Write),
            Target::Postgres(url) => {
                let mut conn = PgConnection::establish(url).map_err(failed)?;
                conn.batch_execute(
                    "SET TIME ZONE 'UTC'; SET statement_timeout='60s'; SET lock_timeout='15s'; \
                     SET idle_in_transaction_session_timeout='60s'; SET client_min_messages=warning;",
                )?;
                if purpose == Purpose::Read {
                    conn.batch_execute("SET default_transaction_read_only=on;")?;
                }
                Ok(Conn::Postgres(conn))
            }
        }
    }

    /// The SQLite file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Target::Sqlite(path) => Some(path),
            _ => None,
        }
    }
}

fn open_sqlite(path: &str, purpose: Purpose) -> Result<Conn, StoreError> {
    let mut conn = SqliteConnection::establish(path).map_err(|e| StoreError::Connection(e.to_string()))?;
    // busy_timeout comes first: the switch to WAL itself may have to wait.
    conn.batch_execute(
        "PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
         PRAGMA trusted_schema=OFF; PRAGMA recursive_triggers=ON; PRAGMA cell_size_check=ON; \
         PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;",
    )?;
    if purpose == Purpose::Read {
        conn.batch_execute("PRAGMA query_only=ON;")?;
    }
    Ok(Conn::Sqlite(conn))
}

/// Brings the schema up to date.
///
/// # Errors
/// A migration fails; the database is then as it was.
pub fn migrate(conn: &mut Conn) -> Result<(), StoreError> {
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| StoreError::Migration(e.to_string());
    match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop).map_err(failed),
        Conn::Postgres(c) => {
            // Several instances may start at once.
            c.batch_execute(&format!("SELECT pg_advisory_lock({WRITE_LOCK})"))?;
            let outcome = c.run_pending_migrations(POSTGRES).map(drop).map_err(failed);
            c.batch_execute(&format!("SELECT pg_advisory_unlock({WRITE_LOCK})"))?;
            outcome
        }
    }
}

/// True if this is a database of ours: one in which the facts' table has been made.
///
/// # Errors
/// The database cannot be read.
pub(super) fn has_tables(conn: &mut Conn) -> Result<bool, StoreError> {
    use diesel::dsl::sql;
    use diesel::sql_types::Bool;
    let found = match conn {
        Conn::Sqlite(c) => {
            let exists = "EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'facts')";
            diesel::select(sql::<Bool>(exists)).get_result(c)?
        }
        Conn::Postgres(c) => diesel::select(sql::<Bool>("to_regclass('facts') IS NOT NULL")).get_result(c)?,
    };
    Ok(found)
}

/// Refuses a database whose schema is older than this software: it is read only after a start
/// has brought it up to date.
///
/// # Errors
/// The schema is older, or the database cannot be read.
pub(super) fn check_current(conn: &mut Conn) -> Result<(), StoreError> {
    use diesel::dsl::sql;
    use diesel::sql_types::Bool;
    let applied = |version: String| {
        sql::<Bool>(&format!("EXISTS (SELECT 1 FROM __diesel_schema_migrations WHERE version = '{version}')"))
    };
    let failed = |e: Box<dyn std::error::Error + Send + Sync>| StoreError::Migration(e.to_string());
    let current = match conn {
        Conn::Sqlite(c) => {
            let all = MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(failed)?;
            let newest = all.iter().map(|m| m.name().version().to_string()).max().unwrap_or_default();
            diesel::select(applied(newest)).get_result(c)?
        }
        Conn::Postgres(c) => {
            let all = MigrationSource::<Pg>::migrations(&POSTGRES).map_err(failed)?;
            let newest = all.iter().map(|m| m.name().version().to_string()).max().unwrap_or_default();
            diesel::select(applied(newest)).get_result(c)?
        }
    };
    if current { Ok(()) } else { Err(StoreError::OlderSchema) }
}

/// Begins the one write transaction: SQLite takes its write lock at once, PostgreSQL takes
/// turns by an advisory lock under READ COMMITTED (a stricter level would see a stale head).
pub(super) fn begin_write(conn: &mut Conn) -> Result<(), StoreError> {
    use diesel::connection::AnsiTransactionManager as Manager;
    match conn {
        Conn::Sqlite(c) => Manager::begin_transaction_sql(c, "BEGIN IMMEDIATE")?,
        Conn::Postgres(c) => {
            let sql = format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({WRITE_LOCK})");
            Manager::begin_transaction_sql(c, &sql)?;
        }
    }
    Ok(())
}

/// The r2d2 side: makes and checks readers.
pub(super) struct Readers(pub Target);

impl diesel::r2d2::ManageConnection for Readers {
    type Connection = Conn;
    type Error = StoreError;

    fn connect(&self) -> Result<Conn, StoreError> {
        self.0.connect(Purpose::Read)
    }
    fn is_valid(&self, conn: &mut Conn) -> Result<(), StoreError> {
        Ok(conn.batch_execute("SELECT 1")?)
    }
    fn has_broken(&self, _conn: &mut Conn) -> bool {
        std::thread::panicking()
    }
}
