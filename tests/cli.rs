//! The commands as a person types them: the built program, its output and its exit codes.
#![cfg(unix)]

#[allow(dead_code)]
#[path = "certificate/builder.rs"]
mod builder;
#[path = "replay/laboratory.rs"]
mod laboratory;
#[path = "cli/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use laboratory::{Laboratory, password};
use lotgate::workflow::inspection_pack::inspection_pack;
use lotgate::workflow::permit::{Permit, Subject};
use program::{Service, code, mode, run, set_mode, stderr, stdout, submit};
use serde_json::{Value, json};

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

// ---- what it says about itself ----

#[test]
fn it_says_its_version() {
    let answer = run(&["--version"]);
    assert_eq!((code(&answer), stdout(&answer)), (0, format!("lotgate {}\n", env!("CARGO_PKG_VERSION"))));
}

/// The commands that a help page lists.
fn listed_commands(help: &str) -> Vec<String> {
    let after = help.split("Commands:\n").nth(1).unwrap_or("");
    let lines = after.lines().take_while(|l| l.starts_with("  "));
    let names = lines.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_with_an_example_that_names_it() {
    let mut waiting = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(command) = waiting.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let answer = run(&arguments);
        let help = stdout(&answer);
        assert_eq!((code(&answer), stderr(&answer).as_str()), (0, ""), "{arguments:?}");
        let name = format!("lotgate {}", command.join(" "));
        let examples = help.split("Example").nth(1).unwrap_or_else(|| panic!("{name} --help has no example"));
        assert!(examples.contains(name.trim()), "{name} --help: {examples}");
        waiting.extend(listed_commands(&help).into_iter().map(|c| [command.clone(), vec![c]].concat()));
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} commands were found");
}

#[test]
fn what_it_cannot_do_is_exit_code_2_and_a_sentence_on_standard_error() {
    for arguments in [
        &["frobnicate"][..],
        &["serve"],
        &["serve", "--data", "/nowhere/at/all", "--bind", "nonsense"],
        &["serve", "--data", "/proc/lotgate", "--bind", "127.0.0.1:0"],
        &["serve", "--data", "/tmp", "--bind", "127.0.0.1:0", "--database", "mysql://a/b"],
        &["verify"],
        &["verify", "/nowhere/certificate.pdf"],
        &["verify", "Cargo.toml", "--key", "no key"],
        &["verify", "Cargo.toml", "--key-file", "/nowhere/site.vkey"],
        &["ledger", "verify", "--data", "/nowhere"],
        &["ledger", "key", "--data", "/nowhere"],
        &["ledger", "adopt", "--data", "/nowhere", "--size", "1", "--root", &"0".repeat(64)],
        &["ledger", "adopt", "--data", "/nowhere", "--size", "0", "--root", &"0".repeat(64)],
        &["ledger", "adopt", "--data", "/nowhere", "--size", "1", "--root", "nonsense"],
        &["ledger", "adopt", "--data", "/nowhere"],
    ] {
        let answer = run(arguments);
        assert_eq!((code(&answer), stdout(&answer).as_str()), (2, ""), "{arguments:?}");
        assert!(stderr(&answer).len() > 20, "{arguments:?}: {}", stderr(&answer));
        assert!(!stderr(&answer).contains("panicked"), "{arguments:?}: {}", stderr(&answer));
    }
}

// ---- lotgate demo ----

fn is_json(line: &str) -> bool {
    line.starts_with('{')
}

fn demo(data: &Path) -> (Service, Value) {
    let mut service = Service::start(&["demo", "--json", "--bind", "127.0.0.1:0", "--data", text(data)], is_json);
    let line: Value = serde_json::from_str(&service.said()[0]).expect("JSON");
    assert_eq!(line["url"], service.url.as_str());
    (service, line)
}

fn account(line: &Value, role: &str) -> (String, String) {
    let has = |a: &&Value| a["roles"].as_array().is_some_and(|r| r.iter().any(|r| r == role));
    let account = line["accounts"].as_array().expect("accounts").iter().find(has).expect("such an account");
    let text = |key: &str| account[key].as_str().expect("text").to_owned();
    (text("username"), text("password"))
}

/// All lots with their status, and the number of facts.
fn records(service: &Service, token: &str) -> (Vec<(String, String)>, Value) {
    let (status, page) = service.ask("GET", "/api/v1/lots?limit=100", token, None);
    assert_eq!(status, 200, "{page}");
    let pair =
        |lot: &Value| (lot["lot"].as_str().unwrap_or("").to_owned(), lot["status"].as_str().unwrap_or("").to_owned());
    let lots = page["lots"].as_array().expect("lots").iter().map(pair).collect();
    let (status, whole) = service.ask("GET", "/api/v1/ledger/verify", token, None);
    assert_eq!(status, 200, "{whole}");
    (lots, whole)
}

fn the_line_is_right(line: &Value, data: &Path) {
    let keys: BTreeSet<&str> = line.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["url", "data", "accounts"]));
    assert_eq!(line["data"], text(data));
    let accounts = line["accounts"].as_array().expect("accounts");
    let keys_of = |a: &Value| a.as_object().expect("an object").keys().cloned().collect::<BTreeSet<String>>();
    let expected = ["password", "roles", "username"].map(str::to_owned);
    assert!(accounts.iter().all(|a| keys_of(a) == BTreeSet::from(expected.clone())), "{accounts:?}");
    let count = |role: &str| {
        accounts.iter().filter(|a| a["roles"].as_array().is_some_and(|r| r.iter().any(|r| r == role))).count()
    };
    assert!(count("analyst") >= 2 && count("qa") >= 1 && count("auditor") >= 1 && count("admin") >= 1, "{accounts:?}");
}

#[test]
fn the_demonstration_starts_stops_and_keeps_its_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let (service, line) = demo(&data);
    the_line_is_right(&line, &data);
    for account in line["accounts"].as_array().expect("accounts") {
        service.sign_in(account["username"].as_str().expect("text"), account["password"].as_str().expect("text"));
    }
    let (username, password) = account(&line, "auditor");
    let (lots, _) = records(&service, &service.sign_in(&username, &password));
    let statuses: BTreeSet<&str> = lots.iter().map(|(_, status)| status.as_str()).collect();
    assert!(["ready", "on_hold", "testing", "released", "rejected"].iter().all(|s| statuses.contains(s)), "{lots:?}");
    a_second_process_is_refused(&data);
    the_ledger_is_verified_beside_the_running_service(&data);
    let (exit, said) = service.stop();
    assert_eq!((exit, said.len()), (Some(0), 1), "one line and a clean end, not {said:?}");
    // The same folder again: the same records, the same people, nothing seeded twice.
    let (service, again) = demo(&data);
    assert_eq!(again["accounts"], line["accounts"]);
    let (lots_again, whole) = records(&service, &service.sign_in(&username, &password));
    assert_eq!(lots_again, lots);
    assert_eq!(whole["whole"], json!(true), "{whole}");
    let (exit, _) = service.stop();
    assert_eq!(exit, Some(0));
    a_broken_ledger_is_told_by_the_exit_code(&data);
}

fn a_second_process_is_refused(data: &Path) {
    for command in ["demo", "serve"] {
        let answer = run(&[command, "--bind", "127.0.0.1:0", "--data", text(data)]);
        assert_eq!(code(&answer), 2);
        let complaint = stderr(&answer);
        assert!(complaint.contains("is in use by another lotgate process"), "{complaint}");
    }
}

/// Another key under the same name.
fn stranger_of(key: &str) -> String {
    let name = key.split('+').next().expect("a name");
    let name = lotgate::ledger::KeyName::parse(name).expect("a key name");
    lotgate::ledger::NoteSigner::from_seed(name, &[5; 32]).verifier_key().to_string()
}

fn ledger(data: &Path, more: &[&str]) -> (i32, String) {
    let answer = run(&[&["ledger", "verify", "--data", text(data)], more].concat());
    (code(&answer), stdout(&answer))
}

fn the_ledger_is_verified_beside_the_running_service(data: &Path) {
    let (exit, said) = ledger(data, &[]);
    assert!(exit == 0 && said.starts_with("WHOLE  "), "{said}");
    let key = stdout(&run(&["ledger", "key", "--data", text(data)])).trim().to_owned();
    assert_eq!(ledger(data, &["--key", &key]).0, 0);
    let (exit, said) = ledger(data, &["--key", &stranger_of(&key)]);
    assert!(exit == 1 && said.starts_with("BROKEN  "), "{said}");
    assert_eq!(ledger(data, &["--key", "nonsense"]).0, 2);
}

fn a_broken_ledger_is_told_by_the_exit_code(data: &Path) {
    assert_eq!(ledger(data, &[]).0, 0);
    let checkpoint = data.join("checkpoint");
    let kept = fs::read(&checkpoint).expect("a checkpoint");
    fs::remove_file(&checkpoint).expect("removed");
    let (exit, said) = ledger(data, &[]);
    assert!(exit == 1 && said.contains("checkpoint"), "{said}");
    fs::write(&checkpoint, kept).expect("put back");
    let mut conn = SqliteConnection::establish(text(&data.join("lotgate.db"))).expect("opened");
    conn.batch_execute("UPDATE readings SET value = '97.9' WHERE attribute = 'PURITY'").expect("changed");
    drop(conn);
    let (exit, said) = ledger(data, &[]);
    assert!(exit == 1 && said.starts_with("BROKEN  table readings"), "{said}");
    fs::write(data.join("lotgate.db"), b"no database").expect("written");
    assert_eq!(ledger(data, &[]).0, 2);
    fs::remove_file(data.join("lotgate.db")).expect("removed");
    assert_eq!(ledger(data, &[]).0, 2);
}

// ---- lotgate ledger adopt ----

#[test]
fn a_ledger_without_its_checkpoint_is_adopted_on_the_word_of_somebody_who_kept_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", 32);
    let kept = fs::read_to_string(data.join("checkpoint")).expect("a checkpoint");
    lab.register_ordinary("ana", "AD-1", Some("4")).expect("registered");
    lab.close();
    let newest = fs::read_to_string(data.join("checkpoint")).expect("a checkpoint");
    let (_, said) = ledger(data, &[]);
    let hex = said.split("root ").nth(1).and_then(|s| s.lines().next()).expect("a root");
    let lines = |note: &str| note.lines().map(str::to_owned).collect::<Vec<_>>();
    let (kept, size) = (lines(&kept), lines(&newest)[1].clone());
    let adopt = |size: &str, root: &str| {
        let answer = run(&["ledger", "adopt", "--data", text(data), "--size", size, "--root", root]);
        (code(&answer), stdout(&answer) + &stderr(&answer))
    };
    let (exit, said) = adopt(&size, hex);
    assert!(exit == 2 && said.contains("checkpoint is there"), "{said}");
    let remove = || fs::remove_file(data.join("checkpoint")).expect("removed");
    remove();
    let answer = run(&["serve", "--data", text(data), "--bind", "127.0.0.1:0"]);
    let complaint = stderr(&answer);
    assert_eq!((code(&answer), stdout(&answer).as_str()), (2, ""), "{complaint}");
    assert!(complaint.contains("checkpoint is missing") && complaint.contains("lotgate ledger adopt"), "{complaint}");
    let one_more = (size.parse::<u64>().expect("a number") + 1).to_string();
    for (size, root, why) in [
        (size.as_str(), kept[2].as_str(), "their root is"),
        (&kept[1], hex, "their root is"),
        (&one_more, hex, "the end is missing"),
    ] {
        let (exit, said) = adopt(size, root);
        assert!(exit == 1 && said.starts_with("BROKEN  ") && said.contains(why), "{said}");
        assert!(!data.join("checkpoint").exists(), "laid down for {size}, {root}");
    }
    // An older checkpoint vouches for its facts, the newest for all; both spellings of a root.
    for (size, root) in [(&kept[1], kept[2].as_str()), (&size, hex)] {
        let (exit, said) = adopt(size, root);
        assert!(exit == 0 && said.starts_with("WHOLE  "), "{said}");
        assert_eq!(fs::read_to_string(data.join("checkpoint")).expect("laid down"), newest);
        assert_eq!(ledger(data, &[]).0, 0);
        assert_eq!(serve(data, false).0.stop().0, Some(0));
        remove();
    }
    // What is vouched for is there, and yet something else is not whole.
    let mut conn = SqliteConnection::establish(text(&data.join("lotgate.db"))).expect("opened");
    conn.batch_execute("UPDATE lots SET donor = 'D-0002'").expect("changed");
    drop(conn);
    let (exit, said) = adopt(&size, hex);
    assert!(exit == 1 && said.starts_with("BROKEN  table lots"), "{said}");
    assert!(!data.join("checkpoint").exists());
}

#[test]
fn records_of_an_older_version_are_brought_up_to_date_by_a_start_and_read_only_then() {
    use diesel::{Connection, SqliteConnection};
    use diesel_migrations::{FileBasedMigrations, MigrationHarness};
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let lab = Laboratory::new(data, "2026-01-05T08:00:00Z", 33);
    lab.register_ordinary("ana", "AD-1", Some("4")).expect("registered");
    lab.close();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let migrations = FileBasedMigrations::from_path(path).expect("readable");
    {
        let mut conn = SqliteConnection::establish(text(&data.join("lotgate.db"))).expect("opened");
        conn.revert_last_migration(migrations).expect("the older version's tables");
    }
    let answer = run(&["ledger", "verify", "--data", text(data)]);
    assert!(code(&answer) == 2 && stderr(&answer).contains("older version"), "{}", stderr(&answer));
    let (service, _) = serve(data, false);
    drop(service);
    let (exit, said) = ledger(data, &[]);
    assert!(exit == 0 && said.starts_with("WHOLE"), "{said}");
}

#[test]
fn the_demonstration_tells_a_person_what_to_try_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let mut service =
        Service::start(&["demo", "--bind", "127.0.0.1:0", "--data", text(&data)], |l| l.contains("Ctrl-C"));
    let said = service.said().join("\n");
    for word in ["SYNTHETIC", "http://127.0.0.1:", text(&data), "Try first", "analyst", "qa", "auditor", "admin"] {
        assert!(said.contains(word), "{word} is not in:\n{said}");
    }
    assert_eq!(service.stop().0, Some(0));
}

// ---- lotgate verify ----

/// A certificate as issued, with the site's key beside it in a file.
fn certificate(folder: &Path) -> (Vec<u8>, String) {
    let lab = Laboratory::new(folder, "2026-01-05T08:00:00Z", 31);
    lab.make_ready("AD-1", "ana", "ben");
    let released = lab.release("fay", &password("fay"), "AD-1", None).unwrap_or_else(|e| panic!("{e}"));
    let pdf = lab.app.read(|view| Ok(view.document(&released.pdf_sha256)?)).expect("the PDF");
    (pdf, lab.app.verifier_key().to_string())
}

/// Exit code and first line for a file of these bytes.
fn verify(folder: &Path, bytes: &[u8], more: &[&str]) -> (i32, String) {
    let file = folder.join("certificate.pdf");
    fs::write(&file, bytes).expect("written");
    let answer = run(&[&["verify", text(&file)], more].concat());
    (code(&answer), stdout(&answer).lines().next().unwrap_or("").to_owned())
}

#[test]
fn an_issued_certificate_is_authentic_with_the_site_key_and_only_intact_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pdf, key) = certificate(folder.path());
    let (exit, word) = verify(folder.path(), &pdf, &[]);
    assert!(exit == 0 && word.starts_with("INTACT, ISSUER NOT CONFIRMED"), "{exit} {word}");
    let vkey = folder.path().join("keys/site.vkey");
    let stranger = stranger_of(&key);
    for more in [&["--key", key.as_str()][..], &["--key-file", text(&vkey)], &["--key", &stranger, "--key", &key]] {
        let (exit, word) = verify(folder.path(), &pdf, more);
        assert!(exit == 0 && word.starts_with("AUTHENTIC"), "{more:?}: {exit} {word}");
    }
}

#[test]
fn a_conditional_notice_is_checked_as_a_certificate_is_and_no_script_takes_it_for_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let pdf = builder::issue_notice(&builder::notice()).pdf;
    let key = builder::signer().verifier_key().to_string();
    let stranger = stranger_of(&key);
    let not_a_release = "CONDITIONAL NOTICE, NOT A RELEASE CERTIFICATE: ";
    for (more, exit, word) in [
        (&["--key", key.as_str()][..], 3, "AUTHENTIC"),
        (&[][..], 3, "INTACT, ISSUER NOT CONFIRMED"),
        (&["--key", stranger.as_str()][..], 1, "ISSUED BY ANOTHER KEY"),
    ] {
        let (code, line) = verify(folder.path(), &pdf, more);
        assert!(code == exit && line.starts_with(&format!("{not_a_release}{word}")), "{more:?}: {code} {line}");
    }
    let (code, line) = verify(folder.path(), &[&pdf[..], b"\n"].concat(), &["--key", &key]);
    assert!(code == 1 && line.starts_with(&format!("{not_a_release}ALTERED")), "{code} {line}");
    let (code, line) = verify(folder.path(), &pdf[pdf.len() / 2..], &["--key", &key]);
    assert!(code == 2 && line.starts_with(not_a_release), "{code} {line}");
    let help = stdout(&run(&["verify", "--help"]));
    assert!(help.contains("3 an intact conditional notice"), "{help}");
}

#[test]
fn an_inspection_pack_is_checked_offline_as_a_certificate_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let lab = Laboratory::new(folder.path(), "2026-01-05T08:00:00Z", 34);
    lab.make_ready("AD-1", "ana", "ben");
    lab.release("fay", &password("fay"), "AD-1", None).unwrap_or_else(|e| panic!("{e}"));
    let permit = Permit::grant(&lab.app, &lab.user("hal"), &Subject::default()).expect("an auditor takes copies");
    let pack = inspection_pack(&lab.app, &permit, &laboratory::lot_number("AD-1")).expect("a pack");
    let key = lab.app.verifier_key().to_string();
    let (exit, word) = verify(folder.path(), &pack.bytes, &["--key", &key]);
    assert!(exit == 0 && word.starts_with("AUTHENTIC"), "{exit} {word}");
    let (exit, word) = verify(folder.path(), &pack.bytes, &[]);
    assert!(exit == 0 && word.starts_with("INTACT, ISSUER NOT CONFIRMED"), "{exit} {word}");
    let (exit, word) = verify(folder.path(), &pack.bytes, &["--key", &stranger_of(&key)]);
    assert!(exit == 1 && word.starts_with("ISSUED BY ANOTHER KEY"), "{exit} {word}");
    // The dossier's product name stands uncompressed in the archive; its checksum then no longer fits.
    let mut changed = pack.bytes.clone();
    let at = changed.windows(9).position(|w| w == b"\"as_typed").expect("a result");
    changed[at + 1] = b'A';
    let (exit, word) = verify(folder.path(), &changed, &["--key", &key]);
    assert!(exit != 0 && !word.starts_with("AUTHENTIC"), "{exit} {word}");
    let cut = &pack.bytes[..pack.bytes.len() / 2];
    let (exit, word) = verify(folder.path(), cut, &["--key", &key]);
    assert!(exit == 2 && word.starts_with("NOT READABLE"), "{exit} {word}");
}

#[test]
fn a_certificate_of_another_key_than_the_trusted_one_is_a_no() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pdf, key) = certificate(folder.path());
    // Anybody can make a key of the same name and seal a forgery with it.
    let (exit, word) = verify(folder.path(), &pdf, &["--key", &stranger_of(&key)]);
    assert_eq!(exit, 1, "{word}");
    assert!(!word.starts_with("AUTHENTIC"), "{word}");
}

#[test]
fn a_changed_certificate_is_a_no_and_what_is_none_cannot_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pdf, key) = certificate(folder.path());
    for at in (0..pdf.len()).step_by(pdf.len() / 25) {
        let mut flipped = pdf.clone();
        flipped[at] ^= 1;
        let more = if at % 2 == 0 { &[][..] } else { &["--key", key.as_str()] };
        let (exit, word) = verify(folder.path(), &flipped, more);
        assert!(exit != 0, "byte {at} flipped: {word}");
    }
    assert_ne!(verify(folder.path(), &pdf[..pdf.len() - 1], &[]).0, 0, "one byte less");
    assert_ne!(verify(folder.path(), &[&pdf[..], b"\n"].concat(), &[]).0, 0, "one byte more");
    assert_eq!(verify(folder.path(), b"%PDF-1.7 garbage", &[]).0, 2);
    assert_eq!(verify(folder.path(), b"", &[]).0, 2);
}

// ---- lotgate serve ----

fn serves(line: &str) -> bool {
    line.contains("first-administrator?token=") || line.contains("Give this key")
}

/// Starts the service of a site; a new one prints its link last.
fn serve(data: &Path, is_new: bool) -> (Service, Vec<String>) {
    let arguments = ["serve", "--data", text(data), "--bind", "127.0.0.1:0", "--site-name", "Laboratory of the tests"];
    let ready: fn(&str) -> bool = if is_new { |l| l.contains("first-administrator?token=") } else { serves };
    let mut service = Service::start(&arguments, ready);
    let said = service.said().to_vec();
    (service, said)
}

fn token(said: &[String]) -> &str {
    said.iter().find_map(|line| line.split("token=").nth(1)).expect("a link").trim()
}

#[test]
fn a_first_start_makes_secret_keys_and_a_link_that_works_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("site");
    let (service, said) = serve(&data, true);
    assert_eq!(mode(&data.join("keys/site.key")), 0o600);
    assert_eq!(mode(&data), 0o700);
    assert!(said[0].contains("Laboratory of the tests"), "{said:?}");
    let key = stdout(&run(&["ledger", "key", "--data", text(&data)]));
    assert!(said.iter().any(|line| line.contains(key.trim())), "{said:?}");
    assert_eq!(fs::read_to_string(data.join("keys/site.vkey")).expect("readable"), key);
    // A newer link takes the place of one that was never used.
    let first_token = token(&said).to_owned();
    assert_eq!(service.stop().0, Some(0));
    let (service, said) = serve(&data, true);
    let token = token(&said).to_owned();
    assert_ne!(token, first_token);
    let page = |token: &str| service.ask_bytes("GET", &format!("/first-administrator?token={token}"), "", None).0;
    assert_eq!((page(&token), page(&first_token), page("guess")), (200, 403, 403));
    let chief = the_link_works_once(&service.url, &first_token, &token);
    assert_eq!(page(&token), 403);
    let session = service.sign_in(chief, "correct horse battery");
    let (_, users) = service.ask("GET", "/api/v1/users", &session, None);
    assert_eq!(users["users"].as_array().map(Vec::len), Some(1), "{users}");
    let (_, me) = service.ask("GET", "/api/v1/me", &session, None);
    assert_eq!(me["roles"], json!(["admin"]), "{me}");
    assert_eq!(service.stop().0, Some(0));
    // With an administrator there is no link any more.
    let (service, said) = serve(&data, false);
    let (exit, more) = service.stop();
    assert_eq!(exit, Some(0));
    assert!(!said.iter().chain(&more).any(|line| line.contains("token=")), "{more:?}");
    keys_that_others_can_read_are_refused(&data);
}

/// Follows the link in every wrong way and once in the right one; returns who got through.
fn the_link_works_once(url: &str, old: &str, token: &str) -> &'static str {
    let follow = |token, username| {
        let password = "correct horse battery";
        let names = [("token", token), ("username", username), ("full_name", "Chief")];
        submit(
            url,
            "/first-administrator",
            &[&names[..], &[("password", password), ("password_again", password)]].concat(),
        )
    };
    assert_eq!((follow(old, "thief"), follow("guess", "thief")), (403, 403));
    // Two people follow the link at the same moment: one becomes administrator.
    let answers = std::thread::scope(|scope| {
        let threads = ["chief", "rival"].map(|name| (name, scope.spawn(move || follow(token, name))));
        threads.map(|(name, thread)| (name, thread.join().expect("answered")))
    });
    let winners: Vec<&str> = answers.iter().filter(|(_, status)| *status == 303).map(|(name, _)| *name).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    assert_eq!(follow(token, "second"), 403);
    winners[0]
}

fn keys_that_others_can_read_are_refused(data: &Path) {
    let key = data.join("keys/site.key");
    for wrong in [0o644, 0o640, 0o604] {
        set_mode(&key, wrong);
        let answer = run(&["serve", "--data", text(data), "--bind", "127.0.0.1:0"]);
        let complaint = stderr(&answer);
        assert_eq!(code(&answer), 2, "{complaint}");
        assert!(complaint.contains("others can read it") && complaint.contains("chmod 600"), "{complaint}");
    }
    set_mode(&key, 0o600);
}

/// Every file under a folder with its bytes; SQLite's own helper files come and go.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for path in fs::read_dir(folder).expect("a folder").map(|f| f.expect("an entry").path()) {
        if path.is_dir() {
            all.extend(files(&path));
        } else if !text(&path).contains(".db-") {
            all.insert(path.clone(), fs::read(&path).expect("readable"));
        }
    }
    all
}

#[test]
fn a_lost_key_is_asked_for_and_not_replaced_by_a_new_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("site");
    assert_eq!(serve(&data, true).0.stop().0, Some(0));
    let key = data.join("keys/site.key");
    // One trace of the old site after the other is gone as well; each alone tells that it was there.
    for (lost, sign) in [
        ("keys/site.key", "keys/site.vkey is there"),
        ("keys/site.vkey", "site/checkpoint is there"),
        ("checkpoint", "the database holds 2 facts"),
        ("keys", "the database holds 2 facts"),
    ] {
        let lost = data.join(lost);
        if lost.is_dir() { fs::remove_dir(lost) } else { fs::remove_file(lost) }.expect("removed");
        let before = files(&data);
        let answer = run(&["serve", "--data", text(&data), "--bind", "127.0.0.1:0"]);
        let complaint = stderr(&answer);
        assert_eq!((code(&answer), stdout(&answer).as_str()), (2, ""), "{sign}: {complaint}");
        assert!(complaint.contains(&format!("{}: it is missing", text(&key))), "{complaint}");
        assert!(complaint.contains(sign) && complaint.contains("Put the key back"), "{complaint}");
        assert!(files(&data) == before, "{sign}: something was written");
    }
    // What is no database of ours is not taken for a new site either.
    fs::write(data.join("lotgate.db"), b"no database, but not nothing").expect("written");
    assert_eq!(code(&run(&["serve", "--data", text(&data), "--bind", "127.0.0.1:0"])), 2);
    assert!(!data.join("keys").exists());
}

#[test]
fn a_service_that_says_it_is_ready_can_be_told_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("site");
    // Not asked for anything in between: whoever reads the line may send the signal at once.
    for _ in 0..5 {
        assert_eq!(serve(&data, true).0.stop().0, Some(0), "lotgate serve");
    }
    let data = folder.path().join("demo");
    for _ in 0..2 {
        assert_eq!(demo(&data).0.stop().0, Some(0), "lotgate demo");
    }
}

#[test]
fn a_real_site_is_not_taken_for_a_demonstration() {
    let folder = tempfile::tempdir().expect("a folder");
    let (service, _) = serve(folder.path(), true);
    assert_eq!(service.stop().0, Some(0));
    let answer = run(&["demo", "--data", text(folder.path()), "--bind", "127.0.0.1:0"]);
    assert_eq!(code(&answer), 2);
    assert!(stderr(&answer).contains("not a demonstration"), "{}", stderr(&answer));
    assert_eq!(ledger(folder.path(), &[]).0, 0, "the attempt changed the site's records");
}

// ---- lotgate spec ----

/// Version 2 of the shipped specification, as a file.
fn second_version(folder: &Path, change: impl FnOnce(&mut Value)) -> std::path::PathBuf {
    let all = lotgate::domain::shipped::specifications().expect("readable");
    let mut document = serde_json::to_value(all.first().expect("ADMSC-IV")).expect("JSON");
    document["version"] = json!(2);
    change(&mut document);
    let path = folder.join("second.json");
    fs::write(&path, serde_json::to_string_pretty(&document).expect("JSON")).expect("written");
    path
}

#[test]
fn a_specification_file_is_looked_through_without_a_site() {
    let folder = tempfile::tempdir().expect("a folder");
    let clean = run(&["spec", "lint", text(&second_version(folder.path(), |_| ()))]);
    assert_eq!((code(&clean), stdout(&clean).as_str()), (0, "CLEAN  ADMSC-IV version 2, 21 criteria\n"));
    let wrong = second_version(folder.path(), |d| {
        let criteria = d["criteria"].as_array_mut().expect("criteria");
        let purity = criteria.iter_mut().find(|c| c["attribute"] == "PURITY").expect("a purity");
        purity["acceptance"]["limit"] = json!("96");
    });
    let found = run(&["spec", "lint", text(&wrong)]);
    assert_eq!(code(&found), 1, "{}", stderr(&found));
    assert!(stdout(&found).contains("].acceptance.limit [limit_without_decimals] Purity"), "{}", stdout(&found));
    let torn = second_version(folder.path(), |d| d["criteria"][3]["kind"] = json!("needed"));
    for (file, says) in [(text(&torn), "criteria[3].kind"), ("Cargo.toml", "JSON object"), ("/nowhere.json", "nowhere")]
    {
        let answer = run(&["spec", "lint", file]);
        assert_eq!((code(&answer), stdout(&answer).as_str()), (2, ""), "{file}");
        assert!(stderr(&answer).contains(says), "{file}: {}", stderr(&answer));
    }
}

#[test]
fn a_draft_is_taken_in_with_a_password_and_given_out_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("site");
    Laboratory::new(&data, "2026-01-05T08:00:00Z", 41).close();
    let file = second_version(folder.path(), |d| {
        d.as_object_mut().expect("an object").remove("effective_from");
    });
    let import = |user: &str, secret: &str| {
        let arguments = ["spec", "import", text(&file), "--data", text(&data), "--user", user];
        program::run_with_input(&arguments, &format!("{secret}\n"))
    };
    let refused = import("ana", "guess");
    assert_eq!(code(&refused), 1, "{}", stderr(&refused));
    assert!(stdout(&refused).contains("[wrong_credentials]"), "{}", stdout(&refused));
    let reader = import("hal", &password("hal"));
    assert!(code(&reader) == 1 && stdout(&reader).contains("[wrong_role]"), "{}", stdout(&reader));
    let kept = import("ana", &password("ana"));
    assert_eq!(code(&kept), 0, "{}{}", stdout(&kept), stderr(&kept));
    assert!(stdout(&kept).starts_with("DRAFT  ADMSC-IV version 2 by Ana Łukasz"), "{}", stdout(&kept));
    let given = run(&["spec", "export", "ADMSC-IV", "2", "--data", text(&data)]);
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(json(&stdout(&given)), json(&fs::read_to_string(&file).expect("readable")));
    let same = import("ana", &password("ana"));
    assert!(code(&same) == 1 && stdout(&same).contains("Nothing differs"), "{}", stdout(&same));
    assert_eq!(code(&run(&["spec", "export", "ADMSC-IV", "9", "--data", text(&data)])), 1);
    assert_eq!(code(&run(&["spec", "export", "ADMSC-IV", "1", "--data", "/nowhere"])), 2);
    assert_eq!(ledger(&data, &[]).0, 0);
    // Two writers on one embedded database are not possible.
    let (service, _) = serve(&data, false);
    let busy = import("ana", &password("ana"));
    assert!(code(&busy) == 2 && stderr(&busy).contains("in use"), "{}", stderr(&busy));
    assert_eq!(code(&run(&["spec", "export", "ADMSC-IV", "2", "--data", text(&data)])), 0);
    drop(service);
}

// ---- what the log holds ----

/// A page or form as a browser asks for it; the status and the cookie that is set.
fn browses(url: &str, method: &str, path: &str, cookie: &str, body: &str) -> (u16, String) {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("{url}{path}"))
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded");
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let answer = config.build().new_agent().run(request.body(body.to_owned()).expect("a request")).expect("answered");
    let set = answer.headers().get("set-cookie").and_then(|c| c.to_str().ok()).unwrap_or_default();
    (answer.status().as_u16(), set.split(';').next().unwrap_or_default().to_owned())
}

/// The log names the request and none of the secrets.
#[track_caller]
fn keeps_silent(service: Service, path: &str, secrets: &[String]) {
    let log = service.log();
    assert!(log.contains(path), "{path} is not in the log, so this shows nothing: {log}");
    let (_, said) = service.stop();
    for secret in secrets {
        assert!(secret.len() >= 12, "{secret} could be there by chance");
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
        let lines: Vec<&String> = said.iter().filter(|line| line.contains(secret)).collect();
        assert!(lines.iter().all(|l| l.contains("/first-administrator?token=")), "{secret} was said: {lines:?}");
    }
}

#[test]
fn no_secret_of_a_first_start_and_a_sign_in_is_in_the_log_at_the_most_verbose_level() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let arguments = ["serve", "--data", text(&data), "--bind", "127.0.0.1:0"];
    let is_new: fn(&str) -> bool = |line| line.contains("first-administrator?token=");
    let mut service = Service::start_in(&arguments, &[("RUST_LOG", "trace")], is_new);
    let link = service.said().iter().find_map(|l| l.split("token=").nth(1)).expect("a link").trim().to_owned();
    let url = service.url.clone();
    assert_eq!(browses(&url, "GET", &format!("/first-administrator?token={link}"), "", "").0, 200);
    let (right, wrong) = ("three plain words and a boat".to_owned(), "a password typed wrongly".to_owned());
    let fields = [
        ("token", link.as_str()),
        ("username", "root"),
        ("full_name", "Root"),
        ("password", &right),
        ("password_again", &right),
    ];
    assert_eq!(submit(&url, "/first-administrator", &fields), 303);
    let token = service.sign_in("root", &right);
    let refused = service.ask("POST", "/api/v1/session", "", Some(json!({"username": "root", "password": wrong}))).0;
    assert_eq!(refused, 401);
    assert_eq!(service.ask("GET", "/api/v1/me", &token, None).0, 200);
    let (status, cookie) =
        browses(&url, "POST", "/sign-in", "", &format!("username=root&password={}", right.replace(' ', "+")));
    assert_eq!(status, 303);
    assert_eq!(browses(&url, "GET", "/lots", &cookie, "").0, 200);
    let session = cookie.split('=').nth(1).expect("a value").to_owned();
    keeps_silent(service, "/api/v1/me", &[link, right.clone(), right.replace(' ', "+"), wrong, token, session]);
}

#[test]
fn no_secret_of_a_signature_is_in_the_log_at_the_most_verbose_level() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("demo");
    let arguments = ["demo", "--bind", "127.0.0.1:0", "--json", "--data", text(&data)];
    let service = Service::start_in(&arguments, &[("RUST_LOG", "trace")], is_json);
    let password = "demo-copper-lantern";
    let token = service.sign_in("fang.wu", password);
    let release = "/api/v1/lots/AD-26-0002/release";
    let wrong = "demo-copper-lantern, typed wrongly";
    let signs =
        |password: &str| service.ask("POST", release, &token, Some(json!({"password": password, "meaning": "x"})));
    assert_eq!(signs(wrong).0, 403);
    assert_eq!(signs(password).0, 201);
    let log = service.log();
    assert!(log.contains(release), "{log}");
    for secret in [password, wrong, &token] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}
