//! `lotgate verify`: a certificate, a conditional notice or an inspection pack checked offline, by
//! anybody.
//!
//! Promises: needs no server and no account; says what was checked and what was not; without the
//! site's key it never says that the issuer is confirmed; whatever it says of a conditional notice,
//! it says first that this is no release certificate, and the exit code is not that of one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use super::Failure;
use crate::certificate::{CheckReport, Outcome, Step, check};
use crate::ledger::VerifierKey;
use crate::pack::{PackReport, check as check_pack};

/// What is exactly as issued.
const INTACT: u8 = 0;
/// The same of a conditional notice.
const INTACT_NOTICE: u8 = 3;
/// The largest certificate that is read, in bytes.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// The largest inspection pack that is read, in bytes.
const PACK_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// What to check.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  lotgate verify RC-2026-000001.pdf --key 'lots.example.org/site-1+1f0c…+Ab…'
  lotgate verify RC-2026-000001.pdf --key-file site.vkey
  lotgate verify CN-2026-000001.pdf --key-file site.vkey     (a conditional notice)
  lotgate verify AD-26-0007-inspection.zip --key-file site.vkey
  lotgate verify RC-2026-000001.pdf            (without a key: intact, but issuer not confirmed)

Get the key from the site by another way than the certificate: `lotgate ledger key` prints it there.
An offline check cannot know whether a certificate or notice was revoked later; ask the site's verify page.
A conditional notice is not a release certificate: of it the word begins with CONDITIONAL NOTICE.
Exit code: 0 intact (with a key: authentic), 1 altered or not signed by that key, 2 not readable,
3 an intact conditional notice (with a key: authentic), so that no script takes it for a release.")]
pub struct Args {
    /// The PDF of a certificate or a conditional notice, or the inspection pack
    file: PathBuf,
    /// The site's public key as you were given it; may be repeated
    #[arg(long, value_name = "VKEY", env = "LOTGATE_KEY")]
    key: Vec<String>,
    /// A file with the site's public key
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Checks and says what was found.
pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let failed = |path: &PathBuf, e: std::io::Error| Failure(format!("{}: {e}", path.display()));
    let size = std::fs::metadata(&args.file).map_err(|e| failed(&args.file, e))?.len();
    if size > FILE_BYTES_MAX && !is_archive(&args.file).map_err(|e| failed(&args.file, e))? {
        return Err(Failure("the file is larger than 32 MiB; a certificate is much smaller".into()));
    }
    if size > PACK_BYTES_MAX {
        return Err(Failure("the file is larger than 2 GiB; an inspection pack is smaller".into()));
    }
    let pdf = std::fs::read(&args.file).map_err(|e| failed(&args.file, e))?;
    let mut keys = Vec::new();
    for text in &args.key {
        keys.push(VerifierKey::parse(text.trim())?);
    }
    if let Some(path) = &args.key_file {
        let text = std::fs::read_to_string(path).map_err(|e| failed(path, e))?;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            keys.push(VerifierKey::parse(line)?);
        }
    }
    if pdf.starts_with(b"PK") {
        return Ok(judged_pack(&check_pack(&pdf, &keys), !keys.is_empty()));
    }
    let report = check(&pdf, &keys);
    // Whoever names a key asks whether that key issued it; "somebody's key did" is a no.
    let other_key = matches!(report.outcome, Outcome::IntactIssuerUnconfirmed { .. }) && !keys.is_empty();
    print(&report, other_key);
    let code = exit_code(&report.outcome, other_key);
    let intact_notice = report.is_notice() && code == INTACT;
    Ok(ExitCode::from(if intact_notice { INTACT_NOTICE } else { code }))
}

/// True for a file that begins as a zip archive does.
fn is_archive(path: &Path) -> std::io::Result<bool> {
    let mut first = [0; 2];
    let read = std::io::Read::read(&mut std::fs::File::open(path)?, &mut first)?;
    Ok(read == 2 && first == *b"PK")
}

fn exit_code(outcome: &Outcome, other_key: bool) -> u8 {
    match outcome {
        _ if other_key => 1,
        Outcome::Authentic { .. } | Outcome::IntactIssuerUnconfirmed { .. } => INTACT,
        Outcome::Altered { .. } => 1,
        Outcome::Unreadable { .. } => 2,
    }
}

/// Says what an inspection pack is.
fn judged_pack(report: &PackReport, with_key: bool) -> ExitCode {
    let other_key = matches!(report.outcome, Outcome::IntactIssuerUnconfirmed { .. }) && with_key;
    say(&report.outcome, other_key);
    for (name, value) in [("lot", &report.lot), ("manifest", &report.manifest_sha256)] {
        if let Some(value) = value {
            println!("  {name:<8} {value}");
        }
    }
    told(&report.steps);
    ExitCode::from(exit_code(&report.outcome, other_key))
}

fn told(steps: &[Step]) {
    for step in steps {
        println!("  [{}] {}: {}", if step.ok { "ok" } else { "NO" }, step.name, step.detail);
    }
}

/// The verdict and what to do.
fn say(outcome: &Outcome, other_key: bool) {
    let (word, detail) = match outcome {
        Outcome::Authentic { vkey } => {
            ("AUTHENTIC", format!("exactly as issued by the holder of the key you trust\n  key     {vkey}"))
        }
        Outcome::IntactIssuerUnconfirmed { vkey } if other_key => (
            "ISSUED BY ANOTHER KEY",
            format!("not by the holder of the key you trust\n  key     {vkey}\n  Do not rely on this file."),
        ),
        Outcome::IntactIssuerUnconfirmed { vkey } => (
            "INTACT, ISSUER NOT CONFIRMED",
            format!(
                "unchanged since the holder of this key issued it\n  key     {vkey}\n  Anybody can make a key. Compare it with \
                 the one the site gave you by another way, or pass that with --key."
            ),
        ),
        Outcome::Altered { what } => ("ALTERED", format!("{what}\n  Do not rely on this file; ask for the original.")),
        Outcome::Unreadable { why } => ("NOT READABLE", why.clone()),
    };
    println!("{word}: {detail}");
}

fn print(report: &CheckReport, other_key: bool) {
    let is_notice = report.is_notice();
    if is_notice {
        print!("CONDITIONAL NOTICE, NOT A RELEASE CERTIFICATE: ");
    }
    say(&report.outcome, other_key);
    let shown = [("number", &report.number), ("lot", &report.lot), ("record", &report.record_sha256)];
    for (name, value) in shown {
        if let Some(value) = value {
            println!("  {name:<7} {value}");
        }
    }
    told(&report.steps);
    let intact = matches!(report.outcome, Outcome::Authentic { .. } | Outcome::IntactIssuerUnconfirmed { .. });
    if is_notice && intact && !other_key {
        println!(
            "  Results were still to come when it was issued. Ask the site whether it still stands, and which release \
             certificate followed it."
        );
    }
}
