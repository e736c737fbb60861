//! `lotgate ledger verify`, `lotgate ledger adopt` and `lotgate ledger key`.
//!
//! Promises: `verify` reads only, works while the service runs, and exits 0 only when
//! everything recorded is whole; `adopt` writes one file, and only after the same walk.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use super::serve::target;
use super::{Failure, start_logging};
use crate::keys::KeyFolder;
use crate::ledger::VerifierKey;
use crate::store::{Evidence, Finding, Target, outside_checkpoint, read_once};
use crate::workflow::Error;
use crate::workflow::adopt_ledger::{Vouched, adopt_ledger};

/// What to verify.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  lotgate ledger verify --data /srv/lotgate

Re-hashes every fact, checks every checkpoint's signature and the checkpoint kept outside the
database, every document and evidence file, and compares every table with a rebuild from the facts.
Exit code: 0 whole, 1 broken (the first break is named), 2 it could not be read.")]
pub struct Args {
    /// Data folder of the site
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
    /// PostgreSQL database of the site, if it has one
    #[arg(long, value_name = "URL", env = "LOTGATE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// The site's public key as you were given it; without it the one in the folder counts
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
}

/// What to vouch for.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  lotgate ledger adopt --data /srv/lotgate --size 1294 --root fee174e35235357246364c429f6153a1080c7d3951f1cd4272cab45865f17c7c

The file <data>/checkpoint tells a shortened database from a whole one; without it a service does
not start. Use this when the file is lost, or in the fresh folder of one more service over the same
PostgreSQL database (copy the folder keys there first).

SIZE and ROOT come from a place the database does not control: the file of another service, what
its `lotgate ledger verify` prints, an auditor's file, the newest certificate. Facts recorded after
SIZE are checked, but that none of those is missing only you can know: use the newest you have.
Exit code: 0 whole and laid down, 1 broken (the first break is named), 2 it could not be done.")]
pub struct AdoptArgs {
    /// Data folder of the site
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
    /// PostgreSQL database of the site, if it has one
    #[arg(long, value_name = "URL", env = "LOTGATE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// How many facts there were
    #[arg(long, value_name = "NUMBER")]
    size: u64,
    /// The root over them: 64 hex digits, or base64 as in a checkpoint
    #[arg(long, value_name = "ROOT")]
    root: String,
}

/// Whose key to print.
#[derive(Debug, Parser)]
#[command(after_help = "Example:\n  lotgate ledger key --data /srv/lotgate")]
pub struct KeyArgs {
    /// Data folder of the site
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
}

/// Verifies and says what was found.
pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    start_logging("warn");
    let key = match &args.key {
        Some(text) => VerifierKey::parse(text.trim())?,
        None => KeyFolder::in_folder(&args.data).verifier_key()?,
    };
    let target = existing(&args.data, args.database.as_deref())?;
    let outside = outside_checkpoint(&args.data)?;
    let origin = key.name().to_string();
    let evidence = Evidence::in_folder(&args.data)?;
    let finding: Finding =
        read_once(&target, |view| Ok::<_, Error>(view.verify(&key, &origin, outside.as_deref(), &evidence)?))?;
    Ok(say(&finding, &key))
}

/// Vouches for the ledger and says what was found.
pub(super) fn adopt(args: &AdoptArgs) -> Result<ExitCode, Failure> {
    start_logging("warn");
    let vouched = Vouched::read(args.size, &args.root)?;
    let target = existing(&args.data, args.database.as_deref())?;
    let key = KeyFolder::in_folder(&args.data).verifier_key()?;
    let finding = adopt_ledger(&args.data, &target, &vouched)?;
    let code = say(&finding, &key);
    if finding.is_ok() {
        println!("The checkpoint outside the database is laid down in {}.", args.data.display());
    }
    Ok(code)
}

/// The database of a site that was set up before; a look must not make one.
fn existing(data: &Path, database: Option<&str>) -> Result<Target, Failure> {
    let target = target(data, database)?;
    match target.file().filter(|f| !f.exists()) {
        Some(file) => Err(Failure(format!("{} is not there", file.display()))),
        None => Ok(target),
    }
}

fn say(finding: &Finding, key: &VerifierKey) -> ExitCode {
    match finding {
        Ok(whole) => {
            let (facts, checkpoints) = (whole.facts, whole.checkpoints);
            println!(
                "WHOLE  {facts} facts, {checkpoints} checkpoints, {} documents, {} files",
                whole.documents, whole.files
            );
            println!("       root {}", whole.root);
            println!("       key  {key}");
            ExitCode::SUCCESS
        }
        Err(found) => {
            println!("BROKEN  {}: {}", found.place, found.what);
            ExitCode::from(1)
        }
    }
}

/// Prints the site's public key.
pub(super) fn print_key(args: &KeyArgs) -> Result<ExitCode, Failure> {
    println!("{}", KeyFolder::in_folder(&args.data).verifier_key()?);
    Ok(ExitCode::SUCCESS)
}
