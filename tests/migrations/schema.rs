//! The tables as `src/store/schema.rs` declares them, read from its text.

use std::collections::BTreeMap;

/// A column: name, diesel type, whether it may be empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    pub name: String,
    pub sql_type: String,
    pub nullable: bool,
}

/// Columns by table, in their order.
pub type Tables = BTreeMap<String, Vec<Column>>;

/// Every `diesel::table!` of the schema.
pub fn declared() -> Tables {
    let text = include_str!("../../src/store/schema.rs");
    let mut tables = Tables::new();
    for block in text.split("diesel::table! {").skip(1) {
        let mut lines = block.lines().map(str::trim).filter(|l| !l.is_empty());
        let head = lines.next().expect("a table");
        let table = head.split_once(" (").expect("a primary key").0.to_owned();
        let columns: Vec<Column> = lines.map_while(|l| l.strip_suffix(',')).map(column).collect();
        assert!(!columns.is_empty(), "{table} has no columns");
        assert!(tables.insert(table, columns).is_none(), "{head} is declared twice");
    }
    tables
}

fn column(line: &str) -> Column {
    let (name, declared) = line.split_once(" -> ").unwrap_or_else(|| panic!("{line} is no column"));
    let inner = declared.strip_prefix("Nullable<").and_then(|d| d.strip_suffix('>'));
    Column { name: name.to_owned(), sql_type: inner.unwrap_or(declared).to_owned(), nullable: inner.is_some() }
}
