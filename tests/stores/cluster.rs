//! A PostgreSQL server of its own for one test program, gone when the program ends.
//!
//! A guardian shell makes the cluster in a fresh folder, prints the folder, and waits for its
//! standard input to close. That happens however the tests end, also by abort, and then it stops
//! the server and deletes the folder. Only a Unix socket, no port: nothing to clash with.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::prelude::*;

const GUARDIAN: &str = r#"
dir=$(mktemp -d /tmp/lotgate-pg.XXXXXX) || exit 1
end() {
    trap - EXIT INT TERM HUP
    "$BIN/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$dir"
    exit 0
}
trap end EXIT INT TERM HUP
"$BIN/initdb" -D "$dir/data" -U test -A trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
"$BIN/pg_ctl" -D "$dir/data" -w -l "$dir/log" -o "-F -c listen_addresses='' -c unix_socket_directories=$dir" start \
    >/dev/null 2>&1 || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
cat >/dev/null
"#;

/// A running server.
pub struct Cluster {
    guardian: Child,
    folder: PathBuf,
    databases: AtomicUsize,
}

/// The folder of PostgreSQL's programs: on the PATH, or where Debian keeps them (newest first).
pub fn programs() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|p| folder.join(p).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|v| v.path().join("bin")).collect())
        .unwrap_or_default();
    debian.sort();
    debian.reverse();
    std::env::split_paths(&path).chain(debian).find(complete)
}

impl Cluster {
    /// Starts a server and waits until it answers.
    pub fn start(programs: &Path) -> Result<Self, String> {
        // PostgreSQL refuses to run as root.
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0");
        let mut command = if root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh", "-c", GUARDIAN]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", GUARDIAN]);
            command
        };
        // A folder the other user may stand in, whatever ours is.
        let command = command.env("BIN", programs).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guardian = command.spawn().map_err(|e| format!("the guardian: {e}"))?;
        let output = guardian.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).map_err(|e| e.to_string())?;
        if line.trim().is_empty() {
            let _ = guardian.wait();
            return Err("PostgreSQL did not start; its log is above".into());
        }
        Ok(Cluster { guardian, folder: PathBuf::from(line.trim()), databases: AtomicUsize::new(0) })
    }

    fn url(&self, database: &str) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://test@{host}/{database}")
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut conn = PgConnection::establish(&self.url("postgres")).expect("the server answers");
        diesel::sql_query(format!("CREATE DATABASE {name}")).execute(&mut conn).expect("a database");
        self.url(&name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        let _ = self.guardian.wait();
    }
}
