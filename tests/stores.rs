//! One story on two databases: SQLite always, PostgreSQL where it is installed.
//!
//! Where PostgreSQL is missing its trials are *ignored*, visibly; with `CI=true` they fail. The
//! harness is libtest-mimic because only at run time it is known which trials can run.

#[path = "stores/cluster.rs"]
mod cluster;
#[path = "replay/laboratory.rs"]
mod laboratory;
#[path = "migrations/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use cluster::Cluster;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use laboratory::{Laboratory, at, entry, lot_number, password, sqlite};
use libtest_mimic::{Arguments, Failed, Trial};
use lotgate::clock::{FixedClock, SeededChance};
use lotgate::domain::assessment::{Status, assess};
use lotgate::domain::ids::CertificateNumber;
use lotgate::store::{FactFilter, LotFilter, Target};
use lotgate::workflow::Error;
use lotgate::workflow::adopt_ledger::{Vouched, adopt_ledger};
use lotgate::workflow::present::present;
use lotgate::workflow::sign_in::{sign_in, sign_out};
use lotgate::workflow::store_file::read_file;
use lotgate::workflow::verify_certificate::{Authenticity, Claim, verify_certificate};

/// A fresh place to keep records in: a data folder and a database.
struct Place {
    folder: tempfile::TempDir,
    target: Target,
}

type Make = Arc<dyn Fn() -> Place + Send + Sync>;

fn open(data: &Path, target: &Target) -> Laboratory {
    let (clock, chance) = (Arc::new(FixedClock::at(at("2026-01-05T08:00:00Z"))), Arc::new(SeededChance::new(5)));
    Laboratory::open(data, target.clone(), clock, chance).unwrap_or_else(|e| panic!("{e}"))
}

fn employed(place: &Place) -> Laboratory {
    let lab = open(place.folder.path(), &place.target);
    lab.employ();
    lab
}

fn listed(lab: &Laboratory, filter: LotFilter) -> Vec<String> {
    let filter = LotFilter { limit: if filter.limit == 0 { 100 } else { filter.limit }, ..filter };
    let lots = lab.app.read(|view| Ok(view.lots(&filter)?)).expect("readable");
    lots.into_iter().map(|l| l.lot.details.lot.to_string()).collect()
}

fn root(lab: &Laboratory) -> String {
    let finding = lab.app.verify_ledger().expect("readable");
    finding.unwrap_or_else(|found| panic!("{}: {}", found.place, found.what)).root
}

// ---- the story ----

/// From an empty database to a certificate that a stranger verifies, and a restart.
fn the_main_job(place: &Place) {
    let lab = employed(place);
    lab.make_ready("AD-1", "ana", "ben");
    lab.register_ordinary("cai", "AD-2", Some("4")).expect("registered");
    let typed = entry("cell-count", &[("VIABILITY", "79.94"), ("VIABLE_CELLS", "31.2")], None, lab.now());
    let run = lab.record("cai", "AD-2", &typed, None).expect("recorded").run.expect("a number");
    lab.verify("ben", run, None, None).expect("verified");
    let status = |lot: &str| {
        let (lot, stored) = lab.app.lot(&lot_number(lot)).expect("a lot");
        assess(&lot, &stored.specification, lab.now()).status
    };
    assert_eq!((status("AD-1"), status("AD-2")), (Status::Ready, Status::OnHold));
    assert!(matches!(lab.release("fay", "wrong password", "AD-1", None), Err(Error::Refused(_))));
    let released = lab.release("fay", &password("fay"), "AD-1", None).expect("released");
    assert_eq!((released.certificate.as_str(), status("AD-1")), ("RC-2026-000001", Status::Released));
    the_lists_are_right(&lab);
    a_file_is_kept_once(&lab);
    a_stranger_checks(&lab, &released.certificate, &released.pdf_sha256);
    let opened = sign_in(&lab.app, "hal", &password("hal")).expect("signed in");
    assert!(present(&lab.app, &opened.token).expect("readable").is_some());
    sign_out(&lab.app, &opened.user, &opened.token).expect("signed out");
    assert!(present(&lab.app, &opened.token).expect("readable").is_none());
    // Stop, start, go on.
    let (before, facts) = (root(&lab), lab.facts());
    let lab = lab.reopen().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((root(&lab), lab.facts()), (before, facts), "a restart changed the records");
    lab.reject("gus", &password("gus"), "AD-2", "Viability too low").expect("rejected");
    root(&lab);
}

/// Text in any case, wildcards taken literally, newest first, page by page.
fn the_lists_are_right(lab: &Laboratory) {
    let search = |text: &str| listed(lab, LotFilter { search: Some(text.into()), ..LotFilter::default() });
    assert_eq!(search("ad-"), ["AD-2", "AD-1"]);
    assert_eq!(search("d-0001").len(), 2, "the donor code is searched too");
    assert_eq!(search("AD_1"), [""; 0], "_ is a letter here");
    assert_eq!(search("%"), [""; 0], "% is a letter here");
    let decided = |decided| listed(lab, LotFilter { decided: Some(decided), ..LotFilter::default() });
    assert_eq!((decided(true), decided(false)), (vec!["AD-1".to_owned()], vec!["AD-2".to_owned()]));
    let filter = LotFilter { limit: 1, ..LotFilter::default() };
    let first = lab.app.read(|view| Ok(view.lots(&filter)?)).expect("readable");
    let rest = listed(lab, LotFilter { before_entry: Some(first[0].entry), ..LotFilter::default() });
    assert_eq!((first[0].lot.number().as_str(), rest), ("AD-2", vec!["AD-1".to_owned()]));
}

fn a_file_is_kept_once(lab: &Laboratory) {
    let before = lab.facts();
    let first = lab.store_file("ana", "患者 – “counts”.csv", b"cells,alive\n100,92\n").expect("stored");
    let again = lab.store_file("ben", "other.csv", b"cells,alive\n100,92\n").expect("stored");
    assert_eq!((first.is_new, again.is_new, &again.details.name), (true, false, &first.details.name));
    assert_eq!(lab.facts(), before + 1);
    let (file, bytes) = read_file(&lab.app, &first.details.sha256).expect("readable");
    assert_eq!((file.details.bytes, file.stored_by.username.as_str(), bytes.len()), (19, "ana", 19));
}

fn a_stranger_checks(lab: &Laboratory, number: &CertificateNumber, pdf_sha256: &str) {
    let pdf = lab.app.read(|view| Ok(view.document(pdf_sha256)?)).expect("the PDF");
    let outcome = |bytes: Vec<u8>| verify_certificate(&lab.app, &Claim::File(bytes)).expect("answered").outcome;
    assert_eq!(outcome(pdf.clone()), Authenticity::Valid);
    let mut flipped = pdf;
    let last = flipped.len() - 100;
    flipped[last] ^= 1;
    assert_ne!(outcome(flipped), Authenticity::Valid);
    assert_eq!(outcome(b"no certificate".to_vec()), Authenticity::Unknown);
    let by_number = verify_certificate(&lab.app, &Claim::Number(number.clone())).expect("answered");
    assert_eq!(by_number.outcome, Authenticity::Valid);
}

// ---- many at once ----

/// Writes from many threads: every one answered, no number given twice, no gap.
fn eight_times_twenty_five(place: &Place) {
    let lab = employed(place);
    let before = lab.facts();
    write_at_once(&[&lab], 8, 25);
    // A registration with a passage is two facts.
    assert_eq!(lab.facts(), before + 8 * 25 * 2);
    check_at_once(&lab, 8 * 25);
}

fn write_at_once(labs: &[&Laboratory], threads: usize, writes: usize) {
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let lab = labs[thread % labs.len()];
            let who = ["ana", "ben", "cai", "dee"][thread % 4];
            scope.spawn(move || {
                for write in 0..writes {
                    lab.register_ordinary(who, &format!("T{thread}-{write}"), Some("4"))
                        .unwrap_or_else(|e| panic!("{e}"));
                }
            });
        }
    });
}

fn check_at_once(lab: &Laboratory, lots: usize) {
    root(lab);
    let filter = FactFilter { limit: 10_000, ..FactFilter::default() };
    let facts = lab.app.read(|view| Ok(view.facts(&filter)?)).expect("readable");
    assert!(facts.iter().zip(0..).all(|(fact, number)| fact.number == number), "a gap in the ledger");
    let all = listed(lab, LotFilter { limit: 10_000, ..LotFilter::default() });
    assert_eq!(all.len(), lots);
    let run_of = |lot: &String| lab.app.lot(&lot_number(lot)).expect("a lot").0.runs[0].number.0;
    let runs: BTreeSet<i64> = all.iter().map(run_of).collect();
    assert_eq!(runs, (1..=lots as i64).collect(), "run numbers have gaps or doubles");
}

/// Two instances of the service over one database, as PostgreSQL allows.
fn two_instances(place: &Place) {
    let one = employed(place);
    let second_folder = laboratory::folder();
    let keys = second_folder.path().join("keys");
    std::fs::create_dir(&keys).expect("a folder");
    for file in ["site.key", "site.vkey"] {
        std::fs::copy(place.folder.path().join("keys").join(file), keys.join(file)).expect("copied");
    }
    let open = || {
        let clock = Arc::new(FixedClock::at(at("2026-01-05T08:00:00Z")));
        Laboratory::open(second_folder.path(), place.target.clone(), clock, Arc::new(SeededChance::new(6)))
    };
    // A fresh folder cannot tell how long the ledger was: the operator takes the word of the first.
    let refusal = open().err().expect("it opened").to_string();
    assert!(refusal.contains("checkpoint is missing") && refusal.contains("ledger adopt"), "{refusal}");
    let adopt = |size, root: &str| {
        let vouched = Vouched::read(size, root).expect("a size and a root");
        adopt_ledger(second_folder.path(), &place.target, &vouched).unwrap_or_else(|e| panic!("{e}"))
    };
    let (size, first_root) = (one.facts(), root(&one));
    adopt(size + 1, &first_root).expect_err("more than there is");
    adopt(size, &"0".repeat(64)).expect_err("another root");
    assert!(open().is_err(), "a refused adoption left something behind");
    adopt(size, &first_root).expect("whole");
    let two = open().unwrap_or_else(|e| panic!("{e}"));
    write_at_once(&[&one, &two], 4, 15);
    check_at_once(&one, 60);
    assert_eq!(root(&one), root(&two));
}

/// A folder without the site's key: the records tell that there was one.
fn a_second_instance_without_the_key_is_refused(place: &Place) {
    employed(place);
    let folder = laboratory::folder();
    let (clock, chance) = (Arc::new(FixedClock::at(at("2026-01-05T08:00:00Z"))), Arc::new(SeededChance::new(6)));
    let refusal = Laboratory::open(folder.path(), place.target.clone(), clock, chance).err().expect("it opened");
    assert!(refusal.to_string().contains("keys/site.key: it is missing, and the database holds"), "{refusal}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "something was written");
}

// ---- the database's own barriers ----

/// A connection past the product, with the owner's rights.
enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Raw {
    fn connect(target: &Target) -> Raw {
        match target {
            Target::Sqlite(path) => {
                Raw::Sqlite(SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opened"))
            }
            Target::Postgres(url) => Raw::Postgres(PgConnection::establish(url).expect("connected")),
            Target::Memory => panic!("nobody else sees it"),
        }
    }

    fn run(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Raw::Sqlite(c) => c.batch_execute(sql),
            Raw::Postgres(c) => c.batch_execute(sql),
        }
    }
}

/// Whoever comes past the product cannot change a fact by accident.
fn facts_cannot_be_changed(place: &Place) {
    let lab = employed(place);
    lab.make_ready("AD-1", "ana", "ben");
    lab.release("fay", &password("fay"), "AD-1", None).expect("released");
    let (before, facts) = (root(&lab), lab.facts());
    let mut raw = Raw::connect(&place.target);
    let mut refused = |sql: &str| {
        let error = raw.run(sql).err().unwrap_or_else(|| panic!("the database took: {sql}")).to_string();
        assert!(error.contains("append-only") || error.contains("not the next entry"), "{sql}: {error}");
    };
    for (table, column) in [("facts", "kind"), ("checkpoints", "note"), ("documents", "media_type")] {
        refused(&format!("UPDATE {table} SET {column} = 'x'"));
        refused(&format!("DELETE FROM {table}"));
    }
    for entry in [0, facts + 1] {
        refused(&format!("INSERT INTO facts SELECT {entry}, fact, leaf_hash, kind, lot FROM facts WHERE entry = 1"));
    }
    match place.target {
        // Slips past a delete trigger where recursive triggers are off, as they are here.
        Target::Sqlite(_) => {
            refused("REPLACE INTO facts SELECT 1, fact, leaf_hash, 'x', lot FROM facts WHERE entry = 2")
        }
        _ => ["facts", "checkpoints", "documents", "tree_nodes"].iter().for_each(|t| refused(&format!("TRUNCATE {t}"))),
    }
    assert_eq!((root(&lab), lab.facts()), (before, facts));
}

// ---- PostgreSQL only ----

#[derive(QueryableByName)]
struct Declared {
    #[diesel(sql_type = Text)]
    text: String,
}

/// The migrations make on PostgreSQL what `schema.rs` says.
fn the_columns_are_those_of_the_schema(place: &Place) {
    drop(open(place.folder.path(), &place.target));
    let Raw::Postgres(mut conn) = Raw::connect(&place.target) else { panic!("PostgreSQL only") };
    let query = "SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || \
                 coalesce(collation_name, '-') AS text FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' \
                 ORDER BY table_name COLLATE \"C\", ordinal_position";
    let rows: Vec<Declared> = diesel::sql_query(query).load(&mut conn).expect("readable");
    let expected = schema::declared().into_iter().flat_map(|(table, columns)| {
        columns.into_iter().map(move |c| {
            // Only this collation sorts as SQLite does.
            let (sql_type, collation) = match c.sql_type.as_str() {
                "BigInt" => ("bigint", "-"),
                "Text" => ("text", "C"),
                "Binary" => ("bytea", "-"),
                other => panic!("{table}.{}: {other} is not on both databases", c.name),
            };
            format!("{table} {} {sql_type} {} {collation}", c.name, if c.nullable { "YES" } else { "NO" })
        })
    });
    assert_eq!(rows.into_iter().map(|r| r.text).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

// ---- which trials can run ----

type Test = fn(&Place);
const ON_BOTH: [(&str, Test); 3] = [
    ("the main job, from an empty database to a certificate and a restart", the_main_job),
    ("8 threads x 25 writes leave a whole ledger without gaps", eight_times_twenty_five),
    ("the database refuses to change or remove a fact", facts_cannot_be_changed),
];
const ON_POSTGRES: [(&str, Test); 3] = [
    ("two instances write one ledger", two_instances),
    ("a second instance without the site's key is refused", a_second_instance_without_the_key_is_refused),
    ("the tables have the columns of schema.rs", the_columns_are_those_of_the_schema),
];

fn trial(name: String, test: Test, make: &Make) -> Trial {
    let make = Arc::clone(make);
    Trial::test(name, move || {
        test(&make());
        Ok(())
    })
}

fn main() {
    let arguments = Arguments::from_args();
    let on_sqlite: Make = Arc::new(|| {
        let folder = laboratory::folder();
        let target = sqlite(folder.path());
        Place { folder, target }
    });
    let mut trials: Vec<Trial> =
        ON_BOTH.iter().map(|(name, test)| trial(format!("sqlite: {name}"), *test, &on_sqlite)).collect();
    let cluster = match cluster::programs() {
        None => Err("PostgreSQL (initdb, pg_ctl) is not installed".to_owned()),
        Some(_) if arguments.list => Err("not started for a list".to_owned()),
        Some(programs) => Cluster::start(&programs).map(Arc::new),
    };
    let missing_is_a_failure = std::env::var("CI").is_ok_and(|ci| ci == "true");
    for (name, test) in ON_BOTH.iter().chain(&ON_POSTGRES) {
        let name = format!("postgres: {name}");
        trials.push(match &cluster {
            Ok(cluster) => {
                let cluster = Arc::clone(cluster);
                let make: Make = Arc::new(move || Place {
                    folder: laboratory::folder(),
                    target: Target::Postgres(cluster.database()),
                });
                trial(name, *test, &make)
            }
            Err(why) if missing_is_a_failure => {
                let why = format!("CI=true and {why}");
                Trial::test(name, move || Err(Failed::from(why)))
            }
            Err(why) => Trial::test(format!("{name} (ignored: {why})"), || Ok(())).with_ignored_flag(true),
        });
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The server stops before the program ends, whatever the outcome.
    drop(cluster);
    conclusion.exit();
}
