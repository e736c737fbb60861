//! Verbs: one file for each thing a person can do. Load, decide, record.
//!
//! Promises: `App::write` is private to this module, so nobody else can write; every verb
//! takes a [`permit::Permit`] or [`permit::Signed`] that only `permit.rs` can make; a verb that
//! refuses leaves nothing behind except, where the issue of trust demands it, the fact that it
//! was tried.

pub mod access_register;
pub mod adopt_ledger;
pub mod alerts;
pub mod approve_specification;
pub mod as_of;
mod attempts;
mod base32;
pub mod certify_lot;
pub mod change_account;
pub mod contact;
pub mod correct_run;
pub mod course;
pub mod deviate;
pub mod draft_specification;
pub mod export_ledger;
mod fitness;
pub mod inspection_pack;
pub mod invalidate_run;
pub mod investigate;
mod issue;
pub mod keep_accounts;
pub mod keep_equipment;
mod late_result;
pub mod list_containers;
pub mod list_lots;
pub mod list_specifications;
mod may_sign;
pub mod move_containers;
pub mod my_sessions;
pub mod oidc;
pub mod oidc_provider;
mod origin;
pub mod own_account;
pub mod passkeys;
pub mod passwords;
pub mod permit;
pub mod plan_dose;
pub mod present;
pub mod print_label;
pub mod prove;
pub mod qc_approve;
pub mod record_run;
pub mod register;
pub mod register_bank;
pub mod register_donor;
pub mod register_lot;
pub mod reject_lot;
pub mod release_conditionally;
pub mod release_lot;
pub mod resolve_discrepancy;
pub mod retire_specification;
pub mod review_audit_trail;
pub mod revoke;
pub mod search_ledger;
pub mod second_factor;
pub mod set_policy;
pub mod set_up;
pub mod sign_in;
pub mod signature_policy;
pub mod store_file;
pub mod supersede_certificate;
pub mod supply;
pub mod tell_parties;
pub mod tokens;
mod training;
pub mod verify_certificate;
pub mod verify_run;
pub mod what_if;

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::clock::{Chance, Clock, random_hex};
use crate::domain::event::{Event, SiteDetails};
use crate::domain::ids::{LotNumber, RunNumber};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::ledger::{NoteSigner, VerifierKey};
use crate::store::{Entry, Finding, KeptAnswer, Store, StoreError, StoredSpecification, Tx, View};

use permit::Once;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A "no" with its reasons: the caller's to resolve.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Storage failed: ours to resolve.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else of ours failed.
    #[error("{0}")]
    Internal(String),
}

struct Inner {
    store: Store,
    signer: Arc<NoteSigner>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    site: SiteDetails,
    public_url: String,
    first_link: std::sync::Mutex<Option<String>>,
    last_finding: std::sync::Mutex<Option<(Moment, Finding)>>,
}

/// For how long a page may show the last walk through the ledger instead of walking again.
const FINDING_HOURS_MAX: i64 = 1;

/// The running product: records, key, clock, chance. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl App {
    /// Now.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// The site as it was set up.
    pub fn site(&self) -> &SiteDetails {
        &self.0.site
    }

    /// The key that checks the site's signatures.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.0.signer.verifier_key()
    }

    /// The address under which strangers reach the site, without a slash at the end.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Reads; cannot write.
    ///
    /// # Errors
    /// Whatever `f` refuses with, or a failure of storage.
    pub fn read<T>(&self, f: impl FnOnce(&mut View) -> Result<T, Error>) -> Result<T, Error> {
        self.0.store.read(f)
    }

    /// A lot with the specification version that judges it.
    ///
    /// # Errors
    /// There is no such lot, or storage fails.
    pub fn lot(&self, number: &LotNumber) -> Result<(Lot, StoredSpecification), Error> {
        self.read(|view| load_lot(view, number))
    }

    /// The lot of a run, with its specification.
    ///
    /// # Errors
    /// There is no such run, or storage fails.
    pub fn lot_of_run(&self, run: RunNumber) -> Result<(Lot, StoredSpecification), Error> {
        self.read(|view| {
            let lot = view.lot_of_run(run)??;
            let spec = view.specification(&lot.details.product, lot.details.specification_version)??;
            Ok((lot, spec))
        })
    }

    /// Walks the whole record: ledger, checkpoints, documents, tables, evidence files.
    ///
    /// # Errors
    /// Storage cannot be read. A record that is not whole is a finding, not an error.
    pub fn verify_ledger(&self) -> Result<Finding, Error> {
        // The copy outside is read first: a write meanwhile then only makes the database longer.
        let outside = self.0.store.outside_checkpoint()?;
        let evidence = self.0.store.evidence();
        self.read(|view| Ok(view.verify(self.verifier_key(), &self.0.site.origin, outside.as_deref(), evidence)?))
    }

    /// The last walk through the whole record and when it was made; walks now if that is more
    /// than an hour ago or if `now` is asked for. For pages, which say the time of the walk.
    ///
    /// # Errors
    /// As [`App::verify_ledger`].
    pub fn last_ledger_finding(&self, now: bool) -> Result<(Moment, Finding), Error> {
        let mut last = self.0.last_finding.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let recent = |at: &Moment| !now && at.plus_hours(FINDING_HOURS_MAX) > self.now();
        if let Some((at, finding)) = last.as_ref().filter(|(at, _)| recent(at)) {
            return Ok((*at, finding.clone()));
        }
        let walked = (self.now(), self.verify_ledger()?);
        *last = Some(walked.clone());
        Ok(walked)
    }

    /// The newest signed checkpoint (C2SP tlog-checkpoint).
    ///
    /// # Errors
    /// Storage cannot be read.
    pub fn checkpoint(&self) -> Result<Option<String>, Error> {
        self.read(|view| Ok(view.newest_checkpoint()?))
    }

    /// A short random name for a request, to find it in the log.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn request_id(&self) -> Result<String, Error> {
        self.random::<8>()
    }

    /// Random hex digits, two for each byte.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    fn random<const BYTES: usize>(&self) -> Result<String, Error> {
        random_hex::<BYTES>(&*self.0.chance).map_err(Error::Internal)
    }

    /// The one door: loads, decides and records in one transaction, by somebody who still may.
    fn write<T: Send + 'static>(
        &self,
        by: &Actor,
        f: impl FnOnce(&mut Desk) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.write_of_anybody(by, move |desk| {
            desk.check_actor()?;
            f(desk)
        })
    }

    /// As [`App::write`], whoever it is: what somebody tried is recorded of those too who may not.
    fn write_of_anybody<T: Send + 'static>(
        &self,
        by: &Actor,
        f: impl FnOnce(&mut Desk) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (app, by) = (self.clone(), by.clone());
        self.0.store.write(move |tx| {
            let now = app.now();
            f(&mut Desk { tx, by, now, app })
        })
    }

    /// As [`App::write`], but a request that was answered before gets that answer again.
    fn write_once<T: Serialize + DeserializeOwned + Send + 'static>(
        &self,
        by: &Actor,
        once: Option<&Once>,
        f: impl FnOnce(&mut Desk) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(once) = once.cloned() else { return self.write(by, f) };
        self.write(by, move |desk| {
            let broken = |e: serde_json::Error| Error::Internal(format!("a kept answer: {e}"));
            let username = desk.by.username.clone();
            if let Some(kept) = desk.tx.kept_answer(&username, &once.key)? {
                if kept.request_sha256 != once.request_sha256 {
                    let detail = "This Idempotency-Key was used before for a different request. Use a new key.";
                    return Err(Refusal::new(Code::KeyReused, detail).into());
                }
                return serde_json::from_str(&kept.answer).map_err(broken);
            }
            let outcome = f(desk)?;
            let answer = serde_json::to_string(&outcome).map_err(broken)?;
            let kept = KeptAnswer { request_sha256: once.request_sha256, answer };
            desk.tx.keep_answer(&username, &once.key, &kept, desk.now)?;
            Ok(outcome)
        })
    }
}

/// Loads a lot with its specification inside one view.
fn load_lot(view: &mut View, number: &LotNumber) -> Result<(Lot, StoredSpecification), Error> {
    let lot = view.lot(number)??;
    let spec = view.specification(&lot.details.product, lot.details.specification_version)??;
    Ok((lot, spec))
}

/// A write in progress: who, when, and where it is recorded.
struct Desk<'t, 'c> {
    tx: &'t mut Tx<'c>,
    by: Actor,
    now: Moment,
    app: App,
}

impl Desk<'_, '_> {
    /// What the write sees.
    fn view(&mut self) -> View<'_> {
        self.tx.view()
    }

    /// Refuses whom an administrator has shut out, or given other roles, since the request was let
    /// in: a password takes long to compare, and an account is shut at once.
    fn check_actor(&mut self) -> Result<(), Error> {
        let (username, role, now) = (self.by.username.clone(), self.by.role, self.now);
        // The software itself has no account.
        let Some(user) = self.view().user(&username)? else { return Ok(()) };
        if let Some(why) = self.view().account(&username)?.unusable_at(now) {
            return Err(Refusal::new(Code::Deactivated, why).into());
        }
        if !user.roles.contains(&role) {
            let detail = "Your roles were changed meanwhile, so nothing was recorded. Look again at what you may do.";
            return Err(Refusal::new(Code::WrongRole, detail).into());
        }
        Ok(())
    }

    /// Loads a lot with its specification.
    fn lot(&mut self, number: &LotNumber) -> Result<(Lot, StoredSpecification), Error> {
        load_lot(&mut self.tx.view(), number)
    }

    /// Records a fact.
    fn record(&mut self, event: Event) -> Result<Entry, Error> {
        let by = self.by.clone();
        self.record_as(&by, event)
    }

    /// Records a fact that follows from another one, by somebody else: the software itself.
    fn record_as(&mut self, by: &Actor, event: Event) -> Result<Entry, Error> {
        let salt = self.app.random::<16>()?;
        Ok(self.tx.record(by, self.now, salt, event)?)
    }
}

/// Refuses text that the certificate could not print, while it can still be typed differently.
fn check_drawable(field: &str, text: &str) -> Result<(), Refusal> {
    match crate::certificate::undrawable(text) {
        None => Ok(()),
        Some(c) => {
            let detail = format!(
                "{field} contains “{c}” (U+{:04X}), which the certificate cannot print. Latin, Greek, Cyrillic and \
                 Chinese characters can be used.",
                u32::from(c)
            );
            Err(Refusal::field(Code::Undrawable, field, detail))
        }
    }
}
