//! `lotgate ledger verify` and `lotgate ledger key`.
//!
//! Promises: `verify` reads only, works while the service runs, and exits 0 only when
//! everything recorded is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use super::serve::target;
use super::{Failure, start_logging};
use crate::keys::KeyFolder;
use crate::ledger::VerifierKey;
use crate::store::{Evidence, Finding, outside_checkpoint, read_once};
use crate::workflow::Error;

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
    let target = target(&args.data, args.database.as_deref())?;
    if let Some(file) = target.file().filter(|f| !f.exists()) {
        return Err(Failure(format!("{} is not there", file.display())));
    }
    let outside = outside_checkpoint(&args.data)?;
    if outside.is_none() {
        println!("BROKEN  the checkpoint kept outside the database: the file is missing");
        return Ok(ExitCode::from(1));
    }
    let origin = key.name().to_string();
    let evidence = Evidence::in_folder(&args.data)?;
    let finding: Finding =
        read_once(&target, |view| Ok::<_, Error>(view.verify(&key, &origin, outside.as_deref(), &evidence)?))?;
    match finding {
        Ok(whole) => {
            let (facts, checkpoints) = (whole.facts, whole.checkpoints);
            println!(
                "WHOLE  {facts} facts, {checkpoints} checkpoints, {} documents, {} files",
                whole.documents, whole.files
            );
            println!("       root {}", whole.root);
            println!("       key  {key}");
            Ok(ExitCode::SUCCESS)
        }
        Err(found) => {
            println!("BROKEN  {}: {}", found.place, found.what);
            Ok(ExitCode::from(1))
        }
    }
}

/// Prints the site's public key.
pub(super) fn print_key(args: &KeyArgs) -> Result<ExitCode, Failure> {
    println!("{}", KeyFolder::in_folder(&args.data).verifier_key()?);
    Ok(ExitCode::SUCCESS)
}
