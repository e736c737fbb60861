//! One archive with everything about a lot, for an inspector to take along.
//!
//! Promises: what is in it is one state of the ledger, that of its checkpoint; the fact that it
//! was made is recorded before a byte of it goes out; a person who may still have to type a
//! value of the lot again gets no pack of it.

use std::collections::BTreeSet;

use super::as_of::{family, numbered, specifications};
use super::permit::{Permit, TakeCopies};
use super::{App, Error};
use crate::domain::blind::Blind;
use crate::domain::event::{AccountEvent, Event, Fact, OversightEvent};
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::{Actor, Role};
use crate::ledger::canonical;
use crate::ledger::{Checkpoint, TlogProof};
use crate::pack::{self, Files, archive, contents, record};
use crate::store::{FactFilter, RawFact, StoreError, StoredSpecification, View};

/// The most bytes a pack has before it is put into its archive.
const BYTES_MAX: usize = 1_000_000_000;

/// A pack just made.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The archive.
    pub bytes: Vec<u8>,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
}

fn internal(e: impl std::fmt::Display) -> Error {
    Error::Internal(format!("inspection pack: {e}"))
}

/// Makes the pack of a lot.
///
/// # Errors
/// There is no such lot; values of it are still hidden from the person; it would be too large.
pub fn inspection_pack(app: &App, permit: &Permit<TakeCopies>, number: &LotNumber) -> Result<Pack, Error> {
    check_sees_all(app, permit.actor(), number)?;
    let made_at = app.now();
    let mut files = app.read(|view| gather(app, view, number, made_at))?;
    let checkpoint = files.get(pack::CHECKPOINT).and_then(|note| std::str::from_utf8(note).ok()).unwrap_or_default();
    let origin = app.site().origin.clone();
    let key = std::slice::from_ref(app.verifier_key());
    let checkpoint = Checkpoint::open(checkpoint, key, &origin).map_err(internal)?;
    let manifest = pack::Manifest {
        format: pack::FORMAT.to_owned(),
        lot: number.to_string(),
        made_at: made_at.to_string(),
        site: app.site().name.as_str().to_owned(),
        software: crate::SOFTWARE.to_owned(),
        ledger: pack::Extent { origin, size: checkpoint.size(), root: checkpoint.root().to_hex() },
        files: Vec::new(),
    };
    let manifest_sha256 = pack::seal(&mut files, manifest, &app.0.signer).map_err(internal)?;
    let bytes = archive::zip(&files).map_err(internal)?;
    let (lot, sha256) = (number.clone(), manifest_sha256.clone());
    app.write(permit.actor(), move |desk| {
        desk.record(Event::Oversight(OversightEvent::InspectionPackMade { lot, manifest_sha256: sha256 }))?;
        Ok(())
    })?;
    Ok(Pack { bytes, manifest_sha256 })
}

/// Refuses a copy to who may still have to type a value again without having seen it.
fn check_sees_all(app: &App, by: &Actor, number: &LotNumber) -> Result<(), Error> {
    let (lot, stored) = app.lot(number)?;
    let user = app.read(|view| Ok(view.user(&by.username)?))?;
    if !user.is_some_and(|user| user.roles.contains(&Role::Analyst)) {
        return Ok(());
    }
    let blind = Blind { lot: &lot, spec: &stored.specification, viewer: &by.username };
    let runs = lot.runs.iter().chain(lot.sources.iter().flat_map(|s| &s.lot.runs));
    let mut readings = runs.flat_map(|run| run.content.readings.iter().map(move |reading| (run, &reading.attribute)));
    if readings.any(|(run, attribute)| blind.hides(run, attribute)) {
        let detail = format!(
            "Values of {number} are still to be typed again by a second person, and you may be that person. Take the pack \
             when they are verified, or ask somebody who is no analyst."
        );
        return Err(Refusal::new(Code::WrongRole, detail).into());
    }
    Ok(())
}

/// Everything in the pack but its manifest.
fn gather(app: &App, view: &mut View, number: &LotNumber, made_at: Moment) -> Result<Files, Error> {
    let note = view.newest_checkpoint()?.ok_or_else(|| internal("there is no checkpoint"))?;
    let key = std::slice::from_ref(app.verifier_key());
    let checkpoint = Checkpoint::open(&note, key, &app.site().origin).map_err(internal)?;
    let before = i64::try_from(checkpoint.size()).map_err(internal)?;
    let own = family(view, number, Some(before))?;
    let stored = specifications(view, &own)?;
    let own: BTreeSet<i64> = own.iter().map(|entry| entry.number).collect();
    let facts = select(view, &own, &stored, before)?;
    let mut files = Files::new();
    for fact in &facts {
        add_proof(&mut files, view, fact, &checkpoint, &note)?;
        add_documents(&mut files, app, view, &fact.entry.fact)?;
        if files.values().map(Vec::len).sum::<usize>() > BYTES_MAX {
            let detail = format!("The pack of {number} would have more than 1 GB. Take its evidence files one by one.");
            return Err(Refusal::new(Code::TooLarge, detail).into());
        }
    }
    let entries: Vec<_> = facts.iter().map(|fact| fact.entry.clone()).collect();
    let known: Vec<_> = stored.iter().map(|s| s.specification.clone()).collect();
    let lot = record::lot(number, &numbered(&entries), &known, made_at);
    let lot = lot.ok_or_else(|| StoreError::LedgerBroken(format!("the facts do not tell of lot {number}")))?;
    for stored in &stored {
        let spec = &stored.specification;
        let mine = lot.dossier.product == spec.product.as_str() && lot.dossier.specification.version == spec.version;
        let path = match mine {
            true => pack::SPECIFICATION.to_owned(),
            false => format!("specifications/{}.{}.json", spec.product, spec.version),
        };
        files.insert(path, canonical::text(spec).map_err(internal)?.into_bytes());
    }
    let text: String = facts.iter().map(RawFact::line).collect();
    let people = record::people(&numbered(&entries));
    let site = app.site().name.as_str();
    for (path, text) in [
        (pack::FACTS, text),
        (pack::RECORD, canonical::text(&lot).map_err(internal)?),
        (pack::PEOPLE, canonical::text(&people).map_err(internal)?),
        (pack::CHECKPOINT, note),
        (pack::KEY, format!("{}\n", app.verifier_key())),
        (pack::README, pack::readme(number.as_str(), &made_at.to_string(), site)),
    ] {
        files.insert(path.to_owned(), text.into_bytes());
    }
    Ok(files)
}

/// The proof of a fact, with the fact itself.
fn add_proof(
    files: &mut Files,
    view: &mut View,
    fact: &RawFact,
    checkpoint: &Checkpoint,
    note: &str,
) -> Result<(), Error> {
    let number = fact.entry.number;
    let hashes = view.inclusion(number, checkpoint.size())?;
    let index = u64::try_from(number).map_err(internal)?;
    let proof = TlogProof::new(index, hashes, note).and_then(|proof| proof.with_extra(fact.bytes.clone().into_bytes()));
    files.insert(pack::proof_path(number), proof.map_err(internal)?.to_string().into_bytes());
    Ok(())
}

/// The documents and the evidence file that a fact names.
fn add_documents(files: &mut Files, app: &App, view: &mut View, fact: &Fact) -> Result<(), Error> {
    for document in contents::documents(fact) {
        files.insert(document.path, view.document(&document.sha256)?);
    }
    if let Event::FileStored(file) = &fact.event {
        files.insert(contents::evidence_path(file), app.0.store.evidence().get(&file.sha256)?);
    }
    Ok(())
}

/// Kinds of facts that are looked through besides those about the lot.
const AROUND: [&str; 9] = [
    "site_created",
    "site_policy_set",
    "specification_installed",
    "specification_drafted",
    "specification_approved",
    "specification_retired",
    "instrument_registered",
    "instrument_calibrated",
    "reagent_received",
];

/// Kinds of facts about people.
const PEOPLE: [&str; 9] = [
    "user_created",
    "user_deactivated",
    "user_reactivated",
    "roles_changed",
    "account_limited",
    "identity_checked",
    "qualified_person_named",
    "training_recorded",
    "signature_policy_acknowledged",
];

/// The facts of the pack, in the ledger's order.
fn select(
    view: &mut View,
    own: &BTreeSet<i64>,
    stored: &[StoredSpecification],
    before: i64,
) -> Result<Vec<RawFact>, Error> {
    let mut of_kinds = |kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        view.raw_facts(&FactFilter { kinds, before: Some(before), limit: i64::MAX, ..FactFilter::default() })
    };
    let (around, files, people) = (of_kinds(&AROUND)?, of_kinds(&["file_stored"])?, of_kinds(&PEOPLE)?);
    let mut facts: Vec<RawFact> = Vec::new();
    for number in own {
        let after = Some(number - 1);
        facts.extend(view.raw_facts(&FactFilter { after, limit: 1, ..FactFilter::default() })?);
    }
    // A code or a hash stands in the facts about the lot as a text of its own.
    let text: String = facts.iter().map(|fact| fact.bytes.as_str()).collect();
    let named = |code: &str| text.contains(&format!("\"{code}\""));
    let concerns = |event: &Event| match event {
        Event::SiteCreated(_) | Event::SitePolicySet { .. } => true,
        Event::InstrumentRegistered { code, .. } | Event::InstrumentCalibrated { code, .. } => named(code.as_str()),
        Event::ReagentReceived(reagent) => named(reagent.code.as_str()),
        Event::FileStored(file) => named(file.sha256.as_str()),
        event => {
            let product = event.product();
            stored.iter().any(|s| product == Some(&s.specification.product) && up_to(event, s.specification.version))
        }
    };
    facts.extend(around.into_iter().chain(files).filter(|fact| concerns(&fact.entry.fact.event)));
    let mut left = people;
    loop {
        let known: BTreeSet<String> = facts.iter().map(|fact| fact.entry.fact.by.username.to_string()).collect();
        let (new, others): (Vec<RawFact>, Vec<RawFact>) =
            left.into_iter().partition(|fact| about(&fact.entry.fact).is_some_and(|who| known.contains(who)));
        left = others;
        if new.is_empty() {
            break;
        }
        facts.extend(new);
    }
    facts.sort_by_key(|fact| fact.entry.number);
    Ok(facts)
}

/// True for what was recorded about this version of a specification, or about all of them.
fn up_to(event: &Event, version: u32) -> bool {
    match event {
        Event::SpecificationInstalled { specification, .. } | Event::SpecificationDrafted { specification, .. } => {
            specification.version == version
        }
        Event::SpecificationApproved { version: approved, .. } => *approved == version,
        _ => true,
    }
}

/// Whom a fact about an account is about.
fn about(fact: &Fact) -> Option<&str> {
    match &fact.event {
        Event::UserCreated { username, .. } => Some(username.as_str()),
        Event::Account(event @ AccountEvent::SignaturePolicyAcknowledged { .. }) => {
            event.username().or(Some(&fact.by.username)).map(|who| who.as_str())
        }
        Event::Account(event) => event.username().map(|who| who.as_str()),
        _ => None,
    }
}
