//! A laboratory to act in: a site with people, and the verbs as one line each.
//!
//! Shared by `replay.rs`, `stores.rs` and `benches/ledger.rs`. Time stands where it is set and
//! chance comes from a seed, so the same acts give the same bytes.
#![allow(dead_code, reason = "each of the test programs that include this file uses a part of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lotgate::clock::{Chance, Clock, FixedClock, SeededChance};
use lotgate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use lotgate::domain::ids::{LotNumber, RunNumber, Username};
use lotgate::domain::moment::Moment;
use lotgate::domain::shipped;
use lotgate::domain::spec::Specification;
use lotgate::ledger::VerifierKey;
use lotgate::store::{Evidence, Finding, StoreError, Target, User, outside_checkpoint, read_once};
use lotgate::workflow::change_account::{Change, change_account};
use lotgate::workflow::keep_accounts::{UserEntry, create_first_administrator, create_user};
use lotgate::workflow::own_account::change_password;
use lotgate::workflow::permit::{
    KeepAccounts, Once, Permit, RecordRun, RegisterLot, RejectLot, ReleaseLot, StoreFile, Subject, VerifyRun,
};
use lotgate::workflow::record_run::{RecordedRun, record_run};
use lotgate::workflow::register_lot::{LotEntry, Registered, register_lot};
use lotgate::workflow::reject_lot::{Rejected, reject_lot};
use lotgate::workflow::release_lot::{Released, release_lot};
use lotgate::workflow::set_up::{NewSite, Opening};
use lotgate::workflow::store_file::{FileEntry, Stored, store_file};
use lotgate::workflow::verify_run::{VerificationEntry, Verified, verify_run};
use lotgate::workflow::{App, Error, signature_policy};

/// Everybody: user name, full name, roles.
pub const PEOPLE: [(&str, &str, &[&str]); 9] = [
    ("ana", "Ana Łukasz", &["analyst"]),
    ("ben", "Ben 林", &["analyst"]),
    ("cai", "Cai Ωmega", &["analyst"]),
    ("dee", "Dee Both", &["analyst", "qa"]),
    ("eli", "Eli Both", &["analyst", "qa"]),
    ("fay", "Fay 吴芳", &["qa"]),
    ("gus", "Gus Berg", &["qa"]),
    ("hal", "Hal Reads", &["auditor"]),
    ("ida", "Ida Keeps", &["admin"]),
];

/// A good value for each criterion of `ADMSC-IV`, by assay.
pub const GOOD_PANELS: [(&str, &[(&str, &str)]); 7] = [
    ("appearance", &[("APPEARANCE", "Complies")]),
    ("cell-count", &[("VIABILITY", "92.4"), ("VIABLE_CELLS", "31.2")]),
    (
        "flow-cytometry",
        &[
            ("CD105", "98.7"),
            ("CD73", "99.1"),
            ("CD90", "99.6"),
            ("CD44", "98.9"),
            ("CD34", "0.4"),
            ("CD45", "<0.5"),
            ("CD11B", "0.2"),
            ("CD19", "0.1"),
            ("HLA_DR", "0.6"),
            ("PURITY", "97.25"),
        ],
    ),
    ("differentiation", &[("ADIPOGENIC", "Positive"), ("OSTEOGENIC", "Positive"), ("CHONDROGENIC", "Positive")]),
    ("sterility", &[("STERILITY_AEROBIC", "No growth"), ("STERILITY_ANAEROBIC", "No growth")]),
    ("mycoplasma", &[("MYCOPLASMA", "Not detected")]),
    ("endotoxin", &[("ENDOTOXIN", "<0.05")]),
];

pub const MEANING: &str = "I certify that this lot meets its specification";

/// A site that is open.
pub struct Laboratory {
    pub app: App,
    pub clock: Arc<FixedClock>,
    pub chance: Arc<SeededChance>,
    pub data: PathBuf,
    pub target: Target,
}

pub fn at(text: &str) -> Moment {
    Moment::parse("at", text).expect("a moment")
}

pub fn lot_number(text: &str) -> LotNumber {
    LotNumber::parse(text).expect("a lot number")
}

pub fn password(username: &str) -> String {
    format!("the password of {username}, quite by herself")
}

pub fn sqlite(data: &Path) -> Target {
    Target::Sqlite(data.join("lotgate.db"))
}

pub fn admsc() -> Specification {
    shipped::specifications().expect("readable").remove(0)
}

/// A run as somebody would type it, with the units and controls that the specification asks for.
pub fn entry(assay: &str, readings: &[(&str, &str)], started_at: Option<Moment>, tested_at: Moment) -> RunEntry {
    let spec = admsc();
    let unit = |attribute: &str| {
        let criterion = spec.criteria.iter().find(|c| c.attribute.as_str() == attribute)?;
        criterion.acceptance.unit().map(str::to_owned)
    };
    let reading = |(attribute, value): &(&str, &str)| ReadingEntry {
        attribute: (*attribute).into(),
        value: (*value).into(),
        unit: unit(attribute),
        ..ReadingEntry::default()
    };
    let control = ControlEntry { name: "uninduced".into(), value: "Negative".into() };
    RunEntry {
        assay: assay.into(),
        method: format!("SOP {assay} 3"),
        instrument: Some("CYT-1".into()),
        started_at: started_at.map(|m| m.to_string()),
        tested_at: tested_at.to_string(),
        controls: if assay == "differentiation" { vec![control] } else { Vec::new() },
        readings: readings.iter().map(reading).collect(),
        ..RunEntry::default()
    }
}

impl Laboratory {
    /// Opens the site; the first opening makes it, without people.
    pub fn open(data: &Path, target: Target, clock: Arc<FixedClock>, chance: Arc<SeededChance>) -> Result<Self, Error> {
        let app = App::open(Opening {
            data: data.to_path_buf(),
            target: target.clone(),
            new_site: NewSite {
                name: "Test Cell Laboratory".into(),
                address: "1 Example Road".into(),
                licence: String::new(),
                zone: "Asia/Shanghai".into(),
                origin: None,
                synthetic: true,
            },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            chance: Arc::clone(&chance) as Arc<dyn Chance>,
            public_url: "http://127.0.0.1:8080".into(),
        })?;
        Ok(Laboratory { app, clock, chance, data: data.to_path_buf(), target })
    }

    /// A new site on SQLite with everybody employed.
    pub fn new(data: &Path, start: &str, seed: u64) -> Self {
        let (clock, chance) = (Arc::new(FixedClock::at(at(start))), Arc::new(SeededChance::new(seed)));
        let lab = Laboratory::open(data, sqlite(data), clock, chance).unwrap_or_else(|e| panic!("{e}"));
        lab.employ();
        lab
    }

    /// The same site after a stop and a start.
    pub fn reopen(self) -> Result<Self, Error> {
        let Laboratory { app, clock, chance, data, target } = self;
        drop(app);
        Laboratory::open(&data, target, clock, chance)
    }

    /// Closes the site and waits until SQLite has put everything into the one file: the pool may
    /// close its last reader a moment after the site is gone.
    pub fn close(self) {
        let Laboratory { app, data, .. } = self;
        drop(app);
        let log = data.join("lotgate.db-wal");
        for _ in 0..1000 {
            if !log.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("{} is still open", log.display());
    }

    /// Makes everybody's account: the first administrator, who makes the others.
    pub fn employ(&self) {
        let link = self.app.first_link().expect("readable").expect("nobody is there yet");
        let admin = PEOPLE[PEOPLE.len() - 1].0;
        create_first_administrator(&self.app, &link, &account(admin)).unwrap_or_else(|e| panic!("{e}"));
        let permit = Permit::grant(&self.app, &self.user(admin), &Subject::default()).expect("an admin");
        for (username, ..) in PEOPLE.iter().filter(|p| p.0 != admin) {
            create_user(&self.app, &permit, &account(username)).unwrap_or_else(|e| panic!("{e}"));
            self.settle_in(&permit, username);
        }
    }

    /// Employs one person more, who is settled in at once.
    pub fn hire(&self, username: &str, full_name: &str, roles: &[&str]) {
        let admin = self.user(PEOPLE[PEOPLE.len() - 1].0);
        let permit = Permit::grant(&self.app, &admin, &Subject::default()).expect("an admin");
        let entry = UserEntry {
            username: username.into(),
            full_name: full_name.into(),
            roles: roles.iter().map(|r| (*r).to_owned()).collect(),
            password: FIRST_PASSWORD.to_owned(),
            valid_until: None,
        };
        create_user(&self.app, &permit, &entry).unwrap_or_else(|e| panic!("{e}"));
        self.settle_in(&permit, username);
    }

    /// The administrator names somebody qualified person, until a moment or for good.
    pub fn qualify(&self, username: &str, valid_until: Option<Moment>) {
        let admin = self.user(PEOPLE[PEOPLE.len() - 1].0);
        let permit = Permit::grant(&self.app, &admin, &Subject::default()).expect("an admin");
        let named = Change::Qualification {
            register_number: format!("QP-{username}"),
            valid_from: self.now().to_string(),
            valid_until: valid_until.map(|at| at.to_string()),
        };
        change_account(&self.app, &permit, username, &named).unwrap_or_else(|e| panic!("{e}"));
    }

    /// The person chooses a password, is checked, and acknowledges the policy on signatures.
    fn settle_in(&self, admin: &Permit<KeepAccounts>, username: &str) {
        let own = Permit::grant(&self.app, &self.user(username), &Subject::default()).expect("everybody");
        change_password(&self.app, &own, None, FIRST_PASSWORD, &password(username)).unwrap_or_else(|e| panic!("{e}"));
        let how = "passport".to_owned();
        change_account(&self.app, admin, username, &Change::Identity { how }).unwrap_or_else(|e| panic!("{e}"));
        let policy = self.app.read(signature_policy::standing).expect("readable");
        signature_policy::acknowledge(&self.app, &own, policy.version, &policy.text_sha256)
            .unwrap_or_else(|e| panic!("{e}"));
    }

    pub fn user(&self, username: &str) -> User {
        let name = Username::parse(username).expect("a user name");
        self.app.read(|view| Ok(view.user(&name)?)).expect("readable").expect("an account")
    }

    pub fn now(&self) -> Moment {
        self.app.now()
    }

    pub fn wait_hours(&self, hours: i64) {
        self.clock.set(Some(self.now().plus_hours(hours)));
    }

    pub fn register(&self, who: &str, entry: &LotEntry, once: Option<Once>) -> Result<Registered, Error> {
        let permit = Permit::<RegisterLot>::grant(&self.app, &self.user(who), &Subject::default())?;
        register_lot(&self.app, &permit.with_once(once), entry)
    }

    /// Registers an ordinary lot made two hours ago.
    pub fn register_ordinary(&self, who: &str, lot: &str, passage: Option<&str>) -> Result<Registered, Error> {
        let entry = LotEntry {
            lot: lot.into(),
            product: "ADMSC-IV".into(),
            donor: "D-0001".into(),
            passage: passage.map(str::to_owned),
            manufactured_at: self.now().plus_hours(-2).to_string(),
            expires_at: self.now().plus_hours(90 * 24).to_string(),
            containers: 4,
            ..LotEntry::default()
        };
        self.register(who, &entry, None)
    }

    pub fn record(&self, who: &str, lot: &str, entry: &RunEntry, once: Option<Once>) -> Result<RecordedRun, Error> {
        let permit = Permit::<RecordRun>::grant(&self.app, &self.user(who), &Subject::default())?;
        record_run(&self.app, &permit.with_once(once), &lot_number(lot), entry)
    }

    pub fn verify(&self, who: &str, run: RunNumber, seen: Option<&str>, once: Option<Once>) -> Result<Verified, Error> {
        let subject = Subject { lot: None, run: Some(run) };
        let permit = Permit::<VerifyRun>::grant(&self.app, &self.user(who), &subject)?;
        let entry = VerificationEntry { content_sha256: seen.map(str::to_owned), ..VerificationEntry::default() };
        verify_run(&self.app, &permit.with_once(once), run, &entry)
    }

    /// Verifies everything that waits on a lot.
    pub fn verify_all(&self, who: &str, lot: &str) {
        let (found, _) = self.app.lot(&lot_number(lot)).expect("a lot");
        for run in found.runs.iter().filter(|r| r.verification.is_none()) {
            self.verify(who, run.number, None, None).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    pub fn release(&self, who: &str, password: &str, lot: &str, seen: Option<&str>) -> Result<Released, Error> {
        let subject = Subject { lot: Some(lot_number(lot)), run: None };
        let permit = Permit::<ReleaseLot>::grant(&self.app, &self.user(who), &subject)?;
        let signed = permit.sign(&self.app, password, MEANING, &subject)?;
        release_lot(&self.app, &signed, &lot_number(lot), seen)
    }

    pub fn reject(&self, who: &str, password: &str, lot: &str, reason: &str) -> Result<Rejected, Error> {
        let subject = Subject { lot: Some(lot_number(lot)), run: None };
        let permit = Permit::<RejectLot>::grant(&self.app, &self.user(who), &subject)?;
        let signed = permit.sign(&self.app, password, reason, &subject)?;
        reject_lot(&self.app, &signed, &lot_number(lot), None)
    }

    pub fn store_file(&self, who: &str, name: &str, bytes: &[u8]) -> Result<Stored, Error> {
        let permit = Permit::<StoreFile>::grant(&self.app, &self.user(who), &Subject::default())?;
        let entry = FileEntry { name: Some(name.to_owned()), claimed: None, bytes: bytes.to_vec() };
        store_file(&self.app, &permit, entry)
    }

    /// Takes a lot from registration to the point where only the release is missing.
    pub fn make_ready(&self, lot: &str, enters: &str, verifies: &str) {
        self.register_ordinary(enters, lot, Some("4")).unwrap_or_else(|e| panic!("{e}"));
        let start = self.now();
        self.wait_hours(15 * 24);
        for (assay, readings) in GOOD_PANELS {
            let entry = entry(assay, readings, Some(start), self.now());
            self.record(enters, lot, &entry, None).unwrap_or_else(|e| panic!("{assay}: {e}"));
        }
        self.verify_all(verifies, lot);
    }

    pub fn facts(&self) -> u64 {
        self.app.read(|view| Ok(view.ledger_size()?)).expect("readable")
    }
}

fn account(username: &str) -> UserEntry {
    let (_, full_name, roles) = PEOPLE.iter().find(|p| p.0 == username).expect("somebody");
    UserEntry {
        username: username.into(),
        full_name: (*full_name).into(),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        password: if roles.contains(&"admin") { password(username) } else { FIRST_PASSWORD.to_owned() },
        valid_until: None,
    }
}

/// What everybody is given at first, and changes.
const FIRST_PASSWORD: &str = "marble trumpet under the fog";

/// Where folders are made: in memory where the machine has such a place, for nothing here tests
/// the disk, and a simulated year would wait for it a thousand times.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }
}

/// How the names of the folders begin that this process makes.
fn prefix(process: u32) -> String {
    format!("lotgate-test-{process}-")
}

/// A folder that goes away.
pub fn folder() -> tempfile::TempDir {
    tempfile::Builder::new().prefix(&prefix(std::process::id())).tempdir_in(place()).expect("a folder")
}

/// The folders that a process has left behind.
pub fn folders_of(process: u32) -> Vec<PathBuf> {
    let all = std::fs::read_dir(place()).expect("readable").map(|f| f.expect("an entry").path());
    let name = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(&prefix(process)));
    all.filter(name).collect()
}

/// What `lotgate ledger verify` finds in a folder that nobody serves.
pub fn verify_folder(data: &Path, target: &Target, key: &VerifierKey) -> Result<Finding, StoreError> {
    let outside = outside_checkpoint(data)?;
    let evidence = Evidence::in_folder(data)?;
    read_once(target, |view| view.verify(key, &key.name().to_string(), outside.as_deref(), &evidence))
}
