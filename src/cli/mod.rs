//! Terminal: the commands, as a person types them.
//!
//! Promises: what a command prints on standard output is its answer, what it says about itself
//! goes to standard error; exit 0 means yes, 1 means no, 2 means that it could not be done.

#![expect(clippy::print_stdout, reason = "the answer of a command goes to standard output")]

mod demo;
mod demo_lots;
mod ledger;
mod serve;
mod spec;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Decide, record and prove that a batch of cells may be given to a patient.
#[derive(Debug, Parser)]
#[command(
    name = "lotgate",
    version,
    about,
    max_term_width = 100,
    after_help = "Examples:
  lotgate demo                                      try it with a synthetic laboratory
  lotgate serve --data /srv/lotgate --bind 127.0.0.1:8080
  lotgate verify RC-2026-000001.pdf --key \"$SITE_KEY\"
  lotgate ledger verify --data /srv/lotgate"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a service with a seeded demonstration laboratory; all its data is SYNTHETIC
    Demo(demo::Args),
    /// Start the service for a site; the first start makes database and keys
    Serve(Box<serve::Args>),
    /// Check a certificate PDF offline, without any server
    Verify(verify::Args),
    /// Look after the ledger of a site
    #[command(
        subcommand,
        after_help = "Examples:
  lotgate ledger verify --data /srv/lotgate
  lotgate ledger adopt --data /srv/lotgate --size NUMBER --root ROOT
  lotgate ledger key --data /srv/lotgate"
    )]
    Ledger(LedgerCommand),
    /// Specifications as files: look for mistakes, take in, give out
    #[command(
        subcommand,
        after_help = "Examples:\n  lotgate spec lint admsc-iv.2.json\n  lotgate spec export ADMSC-IV 1 --data /srv/lotgate"
    )]
    Spec(SpecCommand),
}

#[derive(Debug, Subcommand)]
enum SpecCommand {
    /// Name every mistake in a specification file; exit 0 only when there is none
    Lint(spec::LintArgs),
    /// Write a draft from a file, in the name of a person
    Import(spec::ImportArgs),
    /// Print a version as a file
    Export(spec::ExportArgs),
}

#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// Walk everything recorded and name the first break; exit 0 only when whole
    Verify(ledger::Args),
    /// Vouch for a ledger whose checkpoint outside the database is not there, and lay it down anew
    Adopt(ledger::AdoptArgs),
    /// Print the public key that auditors and hospitals check the site's signatures with
    Key(ledger::KeyArgs),
}

/// A command that could not be carried out, in a sentence.
#[derive(Debug)]
pub struct Failure(String);

impl<E: std::fmt::Display> From<E> for Failure {
    fn from(e: E) -> Self {
        Failure(e.to_string())
    }
}

/// Reads the command line and carries it out.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(*args),
        Command::Verify(args) => verify::run(&args),
        Command::Ledger(LedgerCommand::Verify(args)) => ledger::run(&args),
        Command::Ledger(LedgerCommand::Adopt(args)) => ledger::adopt(&args),
        Command::Ledger(LedgerCommand::Key(args)) => ledger::print_key(&args),
        Command::Spec(SpecCommand::Lint(args)) => spec::run_lint(&args),
        Command::Spec(SpecCommand::Import(args)) => spec::run_import(&args),
        Command::Spec(SpecCommand::Export(args)) => spec::run_export(&args),
    };
    outcome.unwrap_or_else(|Failure(why)| {
        eprintln!("lotgate: {why}");
        ExitCode::from(2)
    })
}

/// Logs to standard error; `RUST_LOG` overrides how much. Of the libraries only what concerns an
/// operator is let through: below that, they tell the bytes of connections, with what is secret in
/// them.
fn start_logging(default: &str) {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::{EnvFilter, Layer, fmt, prelude::*};
    let how_much = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let ours_or_worth_it =
        filter_fn(|said| said.target().starts_with("lotgate") || *said.level() <= tracing::Level::INFO);
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt::layer().with_ansi(colours).with_writer(std::io::stderr).with_filter(ours_or_worth_it);
    let _ = tracing_subscriber::registry().with(how_much).with(lines).try_init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        super::Cli::command().debug_assert();
    }
}
