//! `lotgate spec lint`, `lotgate spec import`, `lotgate spec export`: specifications as files.
//!
//! Promises: `lint` needs no site; `export` reads only and works while the service runs; `import`
//! writes a draft in the name of a person who gives the password, and never approves anything.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use super::serve::target;
use super::{Failure, start_logging};
use crate::clock::{SystemChance, SystemClock};
use crate::domain::ids::ProductCode;
use crate::domain::lint::lint;
use crate::domain::refusal::Refusal;
use crate::domain::spec::Specification;
use crate::domain::spec_document;
use crate::keys::KeyFolder;
use crate::store::{Target, read_once};
use crate::workflow::draft_specification::{draft_specification, rewrite_specification};
use crate::workflow::list_specifications::show_specification;
use crate::workflow::own_account::{change_required, must_change_password};
use crate::workflow::permit::{Permit, Subject};
use crate::workflow::set_up::{NewSite, Opening};
use crate::workflow::sign_in::{sign_in, sign_out};
use crate::workflow::{App, Error};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Which file to look through.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  lotgate spec lint admsc-iv.2.json

Names every mistake with its place in the document and what to write instead; needs no site.
Exit code: 0 clean, 1 something was found, 2 the file is no specification.")]
pub struct LintArgs {
    /// The specification, a JSON file
    file: PathBuf,
}

/// What to take in.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  lotgate spec import admsc-iv.2.json --data /srv/lotgate --user mei.lin < password.txt

Writes a draft, or rewrites the draft of that version, in the name of an analyst or a QA officer. The
password is read from LOTGATE_PASSWORD or from the first line of standard input. The service must
not be running on an embedded database. Another QA officer approves the draft.
Exit code: 0 kept, 1 refused (every reason is named), 2 it could not be done.")]
pub struct ImportArgs {
    /// The specification, a JSON file
    file: PathBuf,
    /// Data folder of the site
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
    /// PostgreSQL database of the site, if it has one
    #[arg(long, value_name = "URL", env = "LOTGATE_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Whose draft it is: a username
    #[arg(long, value_name = "USERNAME")]
    user: String,
}

/// What to give out.
#[derive(Debug, Parser)]
#[command(after_help = "Example:
  lotgate spec export ADMSC-IV 1 --data /srv/lotgate > admsc-iv.1.json

Prints the version as the file that `lotgate spec import` and the API take.
Exit code: 0 printed, 1 there is no such version, 2 it could not be read.")]
pub struct ExportArgs {
    /// Product code
    product: String,
    /// Version
    version: u32,
    /// Data folder of the site
    #[arg(long, value_name = "DIR", env = "LOTGATE_DATA")]
    data: PathBuf,
    /// PostgreSQL database of the site, if it has one
    #[arg(long, value_name = "URL", env = "LOTGATE_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

fn read_file(path: &Path) -> Result<Specification, Failure> {
    let failed = |e: std::io::Error| Failure(format!("{}: {e}", path.display()));
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    let size = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
    if u64::try_from(size).is_ok_and(|size| size > FILE_BYTES_MAX) {
        return Err(Failure(format!("{}: larger than 1 MiB; a specification is much smaller", path.display())));
    }
    spec_document::read(&text).map_err(|refusal| Failure(format!("{}: {}", path.display(), refusal.detail)))
}

/// Names every mistake in a file.
pub(super) fn run_lint(args: &LintArgs) -> Result<ExitCode, Failure> {
    let specification = read_file(&args.file)?;
    let findings = lint(&specification);
    for finding in &findings {
        println!("{} [{}] {}", finding.place, finding.code, finding.detail);
    }
    if findings.is_empty() {
        let criteria = specification.criteria.len();
        println!("CLEAN  {} version {}, {criteria} criteria", specification.product, specification.version);
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::from(1))
}

/// The database of a site that is there already.
fn site_there(data: &Path, database: Option<&str>) -> Result<Target, Failure> {
    let target = target(data, database)?;
    match target.file().filter(|f| !f.exists()) {
        Some(file) => Err(Failure(format!("{} is not there", file.display()))),
        None if !matches!(KeyFolder::in_folder(data).exists(), Ok(true)) => {
            Err(Failure(format!("{} holds no site: its keys are not there", data.display())))
        }
        None => Ok(target),
    }
}

/// Writes a draft from a file.
pub(super) fn run_import(args: &ImportArgs) -> Result<ExitCode, Failure> {
    start_logging("warn");
    let specification = read_file(&args.file)?;
    let target = site_there(&args.data, args.database.as_deref())?;
    let password = password()?;
    // Only a first start looks at these, and the site is there.
    let new_site = NewSite {
        name: String::new(),
        address: String::new(),
        licence: String::new(),
        zone: String::new(),
        origin: None,
        synthetic: false,
    };
    let app = App::open(Opening {
        data: args.data.clone(),
        target,
        new_site,
        clock: Arc::new(SystemClock),
        chance: Arc::new(SystemChance),
        public_url: String::new(),
    })?;
    match import(&app, &args.user, &password, specification) {
        Ok(said) => {
            println!("{said}");
            Ok(ExitCode::SUCCESS)
        }
        Err(Error::Refused(refusal)) => {
            print_refusal(&refusal);
            Ok(ExitCode::from(1))
        }
        Err(other) => Err(other.into()),
    }
}

fn import(app: &App, user: &str, password: &str, specification: Specification) -> Result<String, Error> {
    let (product, version) = (specification.product.clone(), specification.version);
    let signed_in = sign_in(app, user, password)?;
    if must_change_password(app, &signed_in.user.username)? {
        sign_out(app, &signed_in.user, &signed_in.token)?;
        return Err(change_required().into());
    }
    let kept = Permit::grant(app, &signed_in.user, &Subject::default()).and_then(|permit| {
        let is_draft = show_specification(app, &product, version).is_ok_and(|there| there.is_draft());
        match is_draft {
            true => rewrite_specification(app, &permit, &product, version, specification, None),
            false => draft_specification(app, &permit, specification),
        }
    });
    sign_out(app, &signed_in.user, &signed_in.token)?;
    let kept = kept?;
    let author = signed_in.user.full_name;
    Ok(format!("DRAFT  {product} version {version} by {}\n       sha256 {}", author.as_str(), kept.sha256))
}

fn print_refusal(refusal: &Refusal) {
    if refusal.fields.is_empty() {
        println!("REFUSED [{}] {}", refusal.code.as_str(), refusal.detail);
    }
    for field in &refusal.fields {
        println!("REFUSED {} [{}] {}", field.field, field.code, field.detail);
    }
}

/// The password, which is never an argument: other people on the machine can read those.
fn password() -> Result<String, Failure> {
    if let Ok(password) = std::env::var("LOTGATE_PASSWORD") {
        return Ok(password);
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Failure(
            "give the password in LOTGATE_PASSWORD or on standard input: a terminal would show it".into(),
        ));
    }
    let mut line = String::new();
    input.read_line(&mut line).map_err(|e| Failure(format!("the password: {e}")))?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure("give the password in LOTGATE_PASSWORD or on standard input".into()));
    }
    Ok(password.to_owned())
}

/// Prints a version as its file.
pub(super) fn run_export(args: &ExportArgs) -> Result<ExitCode, Failure> {
    start_logging("warn");
    let product = ProductCode::parse(&args.product)?;
    let target = site_there(&args.data, args.database.as_deref())?;
    let found = read_once(&target, |view| Ok::<_, Error>(view.specification(&product, args.version)?))?;
    match found {
        Ok(stored) => {
            print!("{}", spec_document::write(&stored.specification)?);
            Ok(ExitCode::SUCCESS)
        }
        Err(none) => {
            eprintln!("lotgate: {none}");
            Ok(ExitCode::from(1))
        }
    }
}
