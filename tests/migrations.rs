//! The migrations: the same on both databases, complete, and reversible.
//!
//! What can only be seen on a running PostgreSQL is a trial of `stores.rs`; here its SQL is read.

#[path = "migrations/schema.rs"]
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use schema::{Column, Tables, declared};

fn folder(backend: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend)
}

fn names(backend: &str) -> BTreeSet<String> {
    let folders = fs::read_dir(folder(backend)).expect("a folder");
    folders.map(|f| f.expect("a file").file_name().into_string().expect("UTF-8")).collect()
}

fn sql(backend: &str, file: &str) -> String {
    let read = |name: &String| {
        let path = folder(backend).join(name).join(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let whole: String = names(backend).iter().map(read).collect();
    whole.lines().filter(|line| !line.starts_with("--")).map(|line| format!("{line}\n")).collect()
}

/// Tables with their columns as `(name, type in SQL, nullable)`, read from `CREATE TABLE`.
fn created(backend: &str) -> BTreeMap<String, Vec<(String, String, bool)>> {
    let mut tables = BTreeMap::new();
    let text = sql(backend, "up.sql");
    for block in text.split("CREATE TABLE ").skip(1) {
        let (name, rest) = block.split_once(" (\n").expect("a table");
        let body = rest.split("\n)").next().expect("an end");
        let lines =
            body.lines().map(str::trim).filter(|l| !l.starts_with("PRIMARY KEY") && !l.starts_with("FOREIGN KEY"));
        let columns = lines.map(|line| {
            let mut words = line.split([' ', ',']).filter(|w| !w.is_empty());
            let (column, sql_type) = (words.next().expect("a name"), words.next().expect("a type"));
            (column.to_owned(), sql_type.to_owned(), !line.contains("NOT NULL"))
        });
        assert!(tables.insert(name.to_owned(), columns.collect()).is_none(), "{name} is created twice");
    }
    for line in text.lines().filter(|line| line.starts_with("ALTER TABLE ")) {
        let words: Vec<&str> = line.trim_end_matches(';').split(' ').collect();
        match words[..] {
            // A table made again without a constraint takes the place of the old one.
            [_, _, again, "RENAME", "TO", table] => {
                let columns = tables.remove(again).expect("a table made again");
                tables.insert(table.to_owned(), columns);
                continue;
            }
            [_, _, _, "DROP", "CONSTRAINT", _] => continue,
            _ => {}
        }
        let [_, _, table, "ADD", "COLUMN", column, sql_type, ..] = words[..] else {
            panic!("teach this test to read {line}");
        };
        let columns: &mut Vec<_> = tables.get_mut(table).expect("a table");
        columns.push((column.to_owned(), sql_type.to_owned(), !line.contains("NOT NULL")));
    }
    tables
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sql_type: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn rows(conn: &mut SqliteConnection, query: &str) -> Vec<Row> {
    diesel::sql_query(query).load(conn).unwrap_or_else(|e| panic!("{query}: {e}"))
}

fn sqlite() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").expect("opened");
    conn.batch_execute("PRAGMA foreign_keys=ON;").expect("a setting");
    conn
}

fn up(conn: &mut SqliteConnection) -> usize {
    let migrations = FileBasedMigrations::from_path(folder("sqlite")).expect("readable");
    conn.run_pending_migrations(migrations).expect("up").len()
}

fn down(conn: &mut SqliteConnection) -> usize {
    let migrations = FileBasedMigrations::from_path(folder("sqlite")).expect("readable");
    conn.revert_all_migrations(migrations).expect("down").len()
}

/// Everything of ours in the database: tables, indexes, triggers, with the SQL that made them.
fn everything(conn: &mut SqliteConnection) -> Vec<(String, String)> {
    let query = "SELECT type || ' ' || name AS name, coalesce(sql, '') AS sql_type, 0 AS number FROM sqlite_schema \
                 WHERE name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1";
    rows(conn, query).into_iter().map(|r| (r.name, r.sql_type)).collect()
}

fn on_sqlite(conn: &mut SqliteConnection) -> Tables {
    let mut tables = Tables::new();
    for table in declared().into_keys() {
        // A primary key is never empty, though SQLite does not say so of every one.
        let query = format!(
            "SELECT name, type AS sql_type, \"notnull\" OR pk > 0 AS number FROM pragma_table_info('{table}') ORDER BY cid"
        );
        let column = |row: Row| Column { name: row.name, sql_type: row.sql_type, nullable: row.number == 0 };
        tables.insert(table, rows(conn, &query).into_iter().map(column).collect());
    }
    tables
}

/// The one pair of SQL types that each diesel type stands for.
fn types_of(diesel_type: &str) -> (&'static str, &'static str) {
    match diesel_type {
        "BigInt" => ("INTEGER", "BIGINT"),
        "Text" => ("TEXT", "TEXT"),
        "Binary" => ("BLOB", "BYTEA"),
        other => panic!("{other} does not keep its value on both databases"),
    }
}

#[test]
fn both_databases_have_migrations_of_the_same_names() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[test]
fn every_migration_can_be_undone() {
    for backend in ["sqlite", "postgres"] {
        let downs = sql(backend, "down.sql");
        for table in created(backend).keys() {
            assert!(downs.contains(&format!("DROP TABLE {table};")), "{backend}: {table} stays behind");
        }
    }
    let mut conn = sqlite();
    let steps = up(&mut conn);
    assert_eq!(steps, names("sqlite").len());
    let first = everything(&mut conn);
    assert_eq!(down(&mut conn), steps);
    assert_eq!(everything(&mut conn), [], "something stays behind");
    assert_eq!(up(&mut conn), steps);
    assert_eq!(everything(&mut conn), first, "the second time it is something else");
}

#[test]
fn the_tables_on_sqlite_have_the_columns_of_the_schema() {
    let mut conn = sqlite();
    up(&mut conn);
    let mut expected = declared();
    for columns in expected.values_mut() {
        columns.iter_mut().for_each(|c| c.sql_type = types_of(&c.sql_type).0.to_owned());
    }
    assert_eq!(on_sqlite(&mut conn), expected);
    let there: BTreeSet<String> = everything(&mut conn)
        .into_iter()
        .filter_map(|(name, _)| name.strip_prefix("table ").map(str::to_owned))
        .collect();
    assert_eq!(there, declared().into_keys().collect(), "a table is not declared in schema.rs");
}

#[test]
fn both_databases_get_the_same_columns_with_the_types_of_the_schema() {
    let (sqlite, postgres, declared) = (created("sqlite"), created("postgres"), declared());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), declared.keys().collect::<Vec<_>>());
    for (table, columns) in &declared {
        let expected = |which: fn((&'static str, &'static str)) -> &'static str| -> Vec<(String, String, bool)> {
            let column = |c: &Column| (c.name.clone(), which(types_of(&c.sql_type)).to_owned(), c.nullable);
            columns.iter().map(column).collect()
        };
        assert_eq!(sqlite[table], expected(|pair| pair.0), "sqlite, {table}");
        assert_eq!(postgres[table], expected(|pair| pair.1), "postgres, {table}");
    }
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
}

#[test]
fn every_table_on_sqlite_is_strict() {
    let mut conn = sqlite();
    up(&mut conn);
    let query = "SELECT name, type AS sql_type, strict AS number FROM pragma_table_list \
                 WHERE schema = 'main' AND type = 'table' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let tables = rows(&mut conn, query);
    assert_eq!(tables.len(), declared().len());
    for table in tables {
        assert_eq!(table.number, 1, "{} would take a text where a number belongs", table.name);
    }
}

#[test]
fn text_sorts_by_bytes_on_postgresql_as_it_does_on_sqlite() {
    let text = sql("postgres", "up.sql");
    let loose: Vec<&str> = text
        .lines()
        .filter(|l| l.starts_with("    ") && l.contains(" TEXT") && !l.contains("TEXT COLLATE \"C\""))
        .collect();
    assert_eq!(loose, [""; 0], "these would sort by the database's language");
}

#[test]
fn what_is_append_only_on_one_database_is_on_the_other() {
    let (sqlite, postgres) = (sql("sqlite", "up.sql"), sql("postgres", "up.sql"));
    for table in ["facts", "tree_nodes", "checkpoints", "documents"] {
        for act in ["UPDATE", "DELETE"] {
            assert!(sqlite.contains(&format!("BEFORE {act} ON {table} ")), "sqlite: {act} {table}");
        }
        assert!(postgres.contains(&format!("BEFORE UPDATE OR DELETE ON {table} ")), "postgres: {table}");
        assert!(postgres.contains(&format!("BEFORE TRUNCATE ON {table} ")), "postgres: {table}");
    }
}
