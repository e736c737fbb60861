//! Opening a site: the first start makes its key, its records and its first facts.
//!
//! Promises: a start on an existing folder changes nothing but what a newer version brings; a
//! key that does not belong to the records is refused, and none is made where records are; shipped
//! specifications are installed once and never replaced.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::clock::{Chance, Clock};
use crate::domain::event::{Event, SiteDetails};
use crate::domain::ids::Username;
use crate::domain::role::{Actor, Role};
use crate::domain::shipped;
use crate::domain::spec::Specification;
use crate::domain::text::Line;
use crate::keys::{KeyFileError, KeyFolder};
use crate::ledger::{Checkpoint, canonical, empty_root};
use crate::store::{OutsideCheckpoint, Site, Store, Target, facts_in};

use super::{App, Error, Inner};

/// The longest site name that stands in one line at the head of a certificate, in characters.
const SITE_NAME_CHARS_MAX: usize = 120;

/// What a first start needs to know; a later start takes it from the records.
#[derive(Debug, Clone)]
pub struct NewSite {
    /// Name on certificates.
    pub name: String,
    /// Address on certificates.
    pub address: String,
    /// Manufacturing authorisation number.
    pub licence: String,
    /// IANA zone in which times are shown.
    pub zone: String,
    /// The ledger's origin; made up if none is given.
    pub origin: Option<String>,
    /// True for demonstration and training.
    pub synthetic: bool,
}

/// How to open a site.
pub struct Opening {
    /// Data folder, made if it is not there.
    pub data: PathBuf,
    /// The database.
    pub target: Target,
    /// For a first start.
    pub new_site: NewSite,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Where strangers reach the site.
    pub public_url: String,
}

/// The actor of what the software does by itself.
#[expect(clippy::expect_used, reason = "two constants that parse")]
pub(super) fn system_actor() -> Actor {
    let username = Username::parse("lotgate").expect("a constant");
    Actor { username, name: Line::parse("name", "Lotgate").expect("a constant"), role: Role::System }
}

impl From<KeyFileError> for Error {
    fn from(e: KeyFileError) -> Self {
        Error::Internal(e.to_string())
    }
}

impl App {
    /// Opens the site, making it on the first start.
    ///
    /// # Errors
    /// The folder or database cannot be used, the key is not the records', or the ledger is broken.
    pub fn open(opening: Opening) -> Result<App, Error> {
        let Opening { data, target, new_site, clock, chance, public_url } = opening;
        let keys = KeyFolder::in_folder(&data);
        if !keys.exists()? {
            check_is_new(&data, &target, &keys)?;
            make_folder(&data)?;
            make_key(&keys, new_site.origin.as_deref(), &*chance)?;
            lay_down_checkpoint(&data, &keys)?;
        }
        let signer = Arc::new(keys.signer()?);
        let origin = signer.verifier_key().name().to_string();
        let site = Site { data, target, origin: origin.clone(), signer: signer.clone() };
        let store = Store::open(site)?;
        let (details, is_new) = match store.read(|view| Ok::<_, Error>(view.site()?))? {
            Some(there) => (there, false),
            None => (new_details(&new_site, origin, &signer.verifier_key().to_string())?, true),
        };
        if details.verifier_key != signer.verifier_key().to_string() {
            return Err(Error::Internal("the key in this folder is not the key of these records".into()));
        }
        let inner = Inner {
            store,
            signer,
            clock,
            chance,
            site: details.clone(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            first_link: Mutex::new(None),
            last_finding: Mutex::new(None),
        };
        let app = App(Arc::new(inner));
        if is_new {
            app.write(&system_actor(), move |desk| desk.record(Event::SiteCreated(details)).map(drop))?;
        }
        for specification in shipped::specifications().map_err(Error::Internal)? {
            app.install_specification(specification)?;
        }
        Ok(app)
    }

    /// Installs a specification version unless it is there already; one that the site wrote itself
    /// under the same product and version stays.
    ///
    /// # Errors
    /// Storage fails, or the same version is there with other content.
    pub fn install_specification(&self, specification: Specification) -> Result<(), Error> {
        let sha256 = canonical::sha256_of(&specification).map_err(|e| Error::Internal(e.to_string()))?;
        self.write(&system_actor(), move |desk| {
            let (product, version) = (specification.product.clone(), specification.version);
            match desk.view().specification(&product, version)? {
                Ok(there) if there.sha256 == sha256 || !there.authors.is_empty() => Ok(()),
                Ok(_) => Err(Error::Internal(format!("{product} version {version} is there with other content"))),
                Err(_) => {
                    desk.record(Event::SpecificationInstalled { specification: Box::new(specification), sha256 })?;
                    Ok(())
                }
            }
        })
    }

    /// A new one-time token for making the first administrator; `None` once anybody has an account.
    ///
    /// # Errors
    /// Storage fails.
    pub fn first_link(&self) -> Result<Option<String>, Error> {
        if self.read(|view| Ok(!view.users()?.is_empty()))? {
            return Ok(None);
        }
        let token = self.random::<24>()?;
        *self.0.first_link.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(token.clone());
        Ok(Some(token))
    }

    /// True if this is the token last printed and not yet used.
    pub fn first_link_is(&self, token: &str) -> bool {
        let link = self.0.first_link.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Compared by hash, so that the time taken tells nothing.
        link.as_ref().is_some_and(|l| canonical::sha256_hex(l.as_bytes()) == canonical::sha256_hex(token.as_bytes()))
    }

    pub(super) fn use_up_first_link(&self) {
        *self.0.first_link.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

/// A site without a key must have nothing else either, or its key was lost: a new one would not be
/// that of the records. Looks and changes nothing.
fn check_is_new(data: &std::path::Path, target: &Target, keys: &KeyFolder) -> Result<(), Error> {
    let outside = OutsideCheckpoint::in_folder(data);
    if outside.exists()? {
        return Err(keys.lost(&format!("{} is there", outside.path().display())).into());
    }
    match facts_in(target)? {
        0 => Ok(()),
        facts => Err(keys.lost(&format!("the database holds {facts} facts")).into()),
    }
}

fn make_key(keys: &KeyFolder, origin: Option<&str>, chance: &dyn Chance) -> Result<(), Error> {
    let made_up = || crate::clock::random_hex::<8>(chance).map(|id| format!("lotgate.invalid/{id}"));
    let origin = origin.map_or_else(made_up, |origin| Ok(origin.to_owned())).map_err(Error::Internal)?;
    Ok(keys.create(&origin, chance)?)
}

/// The checkpoint outside the database, before anything else: over no facts. So a site that has a
/// key has the file, whatever interrupts the first start, and one without it has lost it.
fn lay_down_checkpoint(data: &std::path::Path, keys: &KeyFolder) -> Result<(), Error> {
    let signer = keys.signer()?;
    let empty = Checkpoint::new(signer.verifier_key().name().as_str(), 0, empty_root());
    let note = empty.and_then(|c| c.sign(&signer)).map_err(|e| Error::Internal(e.to_string()))?;
    Ok(OutsideCheckpoint::in_folder(data).create(&note)?)
}

fn make_folder(data: &std::path::Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|e| Error::Internal(format!("{}: {e}", data.display())))
}

fn new_details(new: &NewSite, origin: String, verifier_key: &str) -> Result<SiteDetails, Error> {
    let optional = |field: &str, text: &str| -> Result<String, Error> {
        super::check_drawable(field, text)?;
        if text.trim().is_empty() { Ok(String::new()) } else { Ok(Line::parse(field, text)?.as_str().to_owned()) }
    };
    let name = Line::parse("site name", &new.name)?;
    super::check_drawable("site name", name.as_str())?;
    if name.as_str().chars().count() > SITE_NAME_CHARS_MAX {
        return Err(Error::Internal(format!("the site's name is longer than {SITE_NAME_CHARS_MAX} characters")));
    }
    let zone: chrono_tz::Tz =
        new.zone.parse().map_err(|_| Error::Internal(format!("{} is no time zone such as Asia/Shanghai", new.zone)))?;
    Ok(SiteDetails {
        name,
        address: optional("site address", &new.address)?,
        licence: optional("licence", &new.licence)?,
        zone: zone.name().to_owned(),
        origin,
        verifier_key: verifier_key.to_owned(),
        synthetic: new.synthetic,
        software: crate::SOFTWARE.to_owned(),
    })
}
