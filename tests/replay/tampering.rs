//! Somebody who owns the database file changes it behind the product's back: every table, every
//! column, one value, one row less, one row more. `ledger verify` has to name a break each time.

use std::fs::Permissions;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use lotgate::ledger::VerifierKey;
use lotgate::store::{Break, Whole};
use lotgate::workflow::permit::Once;
use lotgate::workflow::sign_in::{sign_in, sign_out};

use super::laboratory::{self, Laboratory, entry, password, sqlite, verify_folder};

/// What stands beside the facts: secrets and the memory of repeated requests. Nothing a lot's
/// decision rests on is in them, and `docs/LEDGER.md` says that they are not covered.
const BESIDE_THE_FACTS: [&str; 7] =
    ["credentials", "sessions", "answers", "tokens", "passkeys", "attempts", "ceremonies"];

/// The bytes of an evidence file.
const FCS: &[u8] = b"FCS3.1          58     100     101     200       0       0";

/// A closed site with something in every table: its files, held in memory, because what is made
/// once for a whole program is never dropped and a folder of it would stay behind.
pub struct Site {
    files: Vec<(PathBuf, Vec<u8>, Permissions)>,
    pub key: VerifierKey,
}

/// Made once for the whole test program.
pub fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let folder = laboratory::folder();
        let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 7);
        live(&lab);
        let key = lab.app.verifier_key().clone();
        lab.close();
        let mut files = Vec::new();
        read_folder(folder.path(), Path::new(""), &mut files);
        Site { files, key }
    })
}

fn live(lab: &Laboratory) {
    let yes = "what was meant to work works";
    for number in 0..110 {
        lab.register_ordinary("eli", &format!("MANY-{number}"), Some("4")).expect(yes);
    }
    lab.make_ready("AD-1", "ana", "ben");
    lab.make_ready("AD-3", "ana", "ben");
    lab.make_ready("AD-4", "ana", "ben");
    lab.register_ordinary("cai", "AD-2", Some("4")).expect(yes);
    let typed = entry("cell-count", &[("VIABILITY", "29.4"), ("VIABLE_CELLS", "31.2")], None, lab.now());
    let once = Once { key: "k".into(), request_sha256: "0".repeat(64) };
    let run = lab.record("cai", "AD-2", &typed, Some(once)).expect(yes).run.expect("a number");
    super::correct(lab, "cai", run, "VIABILITY", "92.4");
    super::correct(lab, "cai", run, "VIABILITY", "92.5");
    lab.store_file("ana", "panel.fcs", FCS).expect(yes);
    lab.store_file("ben", "counts.csv", b"cells,alive\n100,92\n").expect(yes);
    lab.verify("ben", run, None, None).expect(yes);
    super::correct(lab, "cai", run, "VIABILITY", "92.6");
    let failing = entry("endotoxin", &[("ENDOTOXIN", "0.9")], None, lab.now());
    let failing = lab.record("cai", "AD-2", &failing, None).expect(yes).run.expect("a number");
    lab.verify("ben", failing, None, None).expect(yes);
    lab.release("ana", &password("ana"), "AD-1", None).expect_err("an analyst");
    lab.release("fay", &password("fay"), "AD-1", None).expect(yes);
    lab.release("gus", &password("gus"), "AD-3", None).expect(yes);
    lab.reject("gus", &password("gus"), "AD-4", "Label mix-up").expect(yes);
    lab.reject("gus", &password("gus"), "MANY-1", "Label mix-up").expect(yes);
    let session = sign_in(&lab.app, "hal", &password("hal")).expect(yes);
    sign_out(&lab.app, &session.user, &session.token).expect(yes);
}

impl Site {
    /// A copy of the site to do harm to.
    pub fn copy(&self) -> tempfile::TempDir {
        let folder = laboratory::folder();
        for (name, bytes, permissions) in &self.files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the site");
            std::fs::write(&path, bytes).expect("a file of the site");
            std::fs::set_permissions(path, permissions.clone()).expect("a file of the site");
        }
        folder
    }

    pub fn verify(&self, data: &Path) -> Result<Whole, Break> {
        verify_folder(data, &sqlite(data), &self.key).expect("readable")
    }
}

/// Reads every file under `root`, by its name from there.
fn read_folder(root: &Path, name: &Path, files: &mut Vec<(PathBuf, Vec<u8>, Permissions)>) {
    for entry in std::fs::read_dir(root.join(name)).expect("a folder").map(|f| f.expect("an entry")) {
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        if path.is_dir() {
            read_folder(root, &name, files);
        } else {
            let permissions = std::fs::metadata(&path).expect("a file").permissions();
            files.push((name, std::fs::read(&path).expect("readable"), permissions));
        }
    }
}

/// The database as its owner opens it: no triggers, no foreign keys, no checks.
pub fn owner(data: &Path) -> SqliteConnection {
    let path: PathBuf = data.join("lotgate.db");
    let mut conn = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened");
    conn.batch_execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON;").expect("a setting");
    for trigger in names(&mut conn, "SELECT name AS text FROM sqlite_schema WHERE type = 'trigger'") {
        conn.batch_execute(&format!("DROP TRIGGER {trigger}")).expect("dropped");
    }
    conn
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    text: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

pub fn names(conn: &mut SqliteConnection, query: &str) -> Vec<String> {
    let rows: Vec<Name> = diesel::sql_query(query).load(conn).unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.into_iter().map(|r| r.text).collect()
}

pub fn number(conn: &mut SqliteConnection, query: &str) -> i64 {
    let rows: Vec<Number> = diesel::sql_query(query).load(conn).unwrap_or_else(|e| panic!("{query}: {e}"));
    rows.into_iter().map(|r| r.number).next().expect("a row")
}

/// Every table that a decision can rest on.
fn tables() -> Vec<String> {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let mut tables = names(&mut conn, "SELECT name AS text FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    tables.retain(|t| !t.starts_with("__diesel") && !BESIDE_THE_FACTS.contains(&t.as_str()));
    tables
}

fn columns(conn: &mut SqliteConnection, table: &str) -> Vec<(String, String)> {
    let query = |what: &str| format!("SELECT {what} AS text FROM pragma_table_info('{table}') ORDER BY cid");
    names(conn, &query("name")).into_iter().zip(names(conn, &query("type"))).collect()
}

/// SQL for another value of the same type.
fn other_value(column: &str, sql_type: &str) -> String {
    match sql_type {
        "INTEGER" => format!("{column} + 1000"),
        "TEXT" => format!("coalesce({column}, '') || 'x'"),
        "BLOB" => format!("zeroblob(length({column}))"),
        other => panic!("{column} is of the type {other}"),
    }
}

/// Does harm with one statement; it must change exactly one row, and be noticed.
fn must_be_noticed(statement: &str) -> Break {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let changed = diesel::sql_query(statement).execute(&mut conn).unwrap_or_else(|e| panic!("{statement}: {e}"));
    assert_eq!(changed, 1, "{statement}");
    drop(conn);
    match site().verify(folder.path()) {
        Ok(_) => panic!("not noticed: {statement}"),
        Err(found) => {
            assert!(!found.place.is_empty() && !found.what.is_empty(), "{statement}: {found:?}");
            found
        }
    }
}

#[test]
fn the_untouched_site_is_whole_and_every_table_holds_something() {
    let folder = site().copy();
    let whole = site().verify(folder.path()).expect("whole");
    assert!(whole.facts > 256, "too few facts for a stored tree node");
    let mut conn = owner(folder.path());
    for table in tables().iter().map(String::as_str).chain(["credentials", "sessions", "answers"]) {
        assert!(number(&mut conn, &format!("SELECT count(*) AS number FROM {table}")) > 0, "{table} is empty");
    }
    drop(conn);
    assert!(site().verify(folder.path()).is_ok(), "dropping the triggers alone changes no record");
}

#[test]
fn any_changed_value_in_any_table_is_noticed() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    let mut tried = 0;
    for table in tables() {
        for (column, sql_type) in columns(&mut conn, &table) {
            let value = other_value(&column, &sql_type);
            for end in ["min", "max"] {
                let row = format!("(SELECT {end}(rowid) FROM {table})");
                must_be_noticed(&format!("UPDATE {table} SET {column} = {value} WHERE rowid = {row}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried} values tried");
}

#[test]
fn any_removed_row_is_noticed() {
    for table in tables() {
        for end in ["min", "max"] {
            // Of the checkpoints only the newest is irreplaceable: each newer one signs the facts
            // under an older one as well, so that nothing rests on the older.
            if (table.as_str(), end) == ("checkpoints", "min") {
                continue;
            }
            must_be_noticed(&format!("DELETE FROM {table} WHERE rowid = (SELECT {end}(rowid) FROM {table})"));
        }
    }
}

#[test]
fn any_added_row_is_noticed() {
    let folder = site().copy();
    let mut conn = owner(folder.path());
    for table in tables() {
        let unique = names(
            &mut conn,
            &format!(
                "SELECT DISTINCT c.name AS text FROM pragma_index_list('{table}') AS i, pragma_index_info(i.name) AS c \
                 WHERE i.\"unique\" UNION SELECT name FROM pragma_table_info('{table}') WHERE pk > 0"
            ),
        );
        let values: Vec<String> = columns(&mut conn, &table)
            .iter()
            .map(
                |(column, sql_type)| {
                    if unique.contains(column) { other_value(column, sql_type) } else { column.clone() }
                },
            )
            .collect();
        let last = format!("WHERE rowid = (SELECT max(rowid) FROM {table})");
        must_be_noticed(&format!("INSERT INTO {table} SELECT {} FROM {table} {last}", values.join(", ")));
    }
}

/// Does harm to the evidence file with these bytes; it must be noticed and named.
fn harm_to_a_file(harm: impl Fn(&Path)) -> Break {
    let folder = site().copy();
    let sha256 = lotgate::ledger::canonical::sha256_hex(FCS);
    let path = folder.path().join("evidence").join(&sha256[..2]).join(&sha256);
    assert_eq!(std::fs::read(&path).expect("stored"), FCS);
    harm(&path);
    let found = site().verify(folder.path()).expect_err("not noticed");
    assert_eq!(found.place, format!("file {sha256}"));
    assert!(found.what.contains("“panel.fcs”") && found.what.contains("evidence/"), "{found:?}");
    found
}

#[test]
fn an_evidence_file_that_was_changed_cut_or_removed_is_noticed() {
    for at in 0..FCS.len() {
        let mut changed = FCS.to_vec();
        changed[at] ^= 1;
        let found = harm_to_a_file(|path| std::fs::write(path, &changed).expect("written"));
        assert!(found.what.ends_with("its bytes were changed"), "{found:?}");
    }
    for other in [&b""[..], &FCS[1..], &[FCS, b"\n"].concat()] {
        harm_to_a_file(|path| std::fs::write(path, other).expect("written"));
    }
    let found = harm_to_a_file(|path| std::fs::remove_file(path).expect("removed"));
    assert!(found.what.ends_with("it is missing"), "{found:?}");
    harm_to_a_file(|path| std::fs::remove_dir_all(path.ancestors().nth(2).expect("evidence")).expect("removed"));
    harm_to_a_file(|path| {
        std::fs::remove_file(path).expect("removed");
        std::fs::create_dir(path).expect("a folder in its place");
    });
}

#[test]
fn an_object_that_no_fact_names_is_no_break() {
    let folder = site().copy();
    std::fs::create_dir(folder.path().join("evidence/zz")).expect("a folder");
    std::fs::write(folder.path().join("evidence/zz/left"), b"by a power cut").expect("written");
    assert_eq!(site().verify(folder.path()).map(|whole| whole.files), Ok(2));
}

#[test]
fn a_document_that_no_fact_names_is_noticed() {
    // The right hash for its own bytes: only the facts tell that nobody issued it.
    let sha256 = lotgate::ledger::canonical::sha256_hex(b"forged");
    let found = must_be_noticed(&format!(
        "INSERT INTO documents VALUES ('{sha256}', 'application/pdf', CAST('forged' AS BLOB))"
    ));
    assert!(found.place.contains(&sha256), "{found:?}");
}

#[test]
fn what_stands_beside_the_facts_is_not_taken_for_a_break() {
    for table in BESIDE_THE_FACTS {
        let folder = site().copy();
        let mut conn = owner(folder.path());
        diesel::sql_query(format!("DELETE FROM {table}")).execute(&mut conn).expect("deleted");
        drop(conn);
        assert!(site().verify(folder.path()).is_ok(), "{table}");
    }
}
