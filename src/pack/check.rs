//! Is this archive an inspection pack that a site made, and does it hold together?
//!
//! Promises: safe on hostile files; *authentic* is said only of a pack whose every byte is named
//! by a manifest that a trusted key sealed, whose facts are each proven to be in the ledger that
//! this key signed, and whose record is what those facts tell.
//!
//! The order is the argument: the seal binds the manifest to a key, the manifest every file; the
//! proofs bind the facts to the ledger, the facts every document; and the record and the people
//! made again from the facts must be those in the pack.

use std::collections::BTreeSet;

use super::facts::{self, Line};
use super::{
    CHECKPOINT, FACTS, FORMAT, Files, KEY, MANIFEST, Manifest, PEOPLE, RECORD, SEAL, SPECIFICATION, archive, contents,
    proof_path, record, seal_text,
};
use crate::certificate::{self, Outcome, PaperKind, Step};
use crate::domain::event::Event;
use crate::domain::ids::LotNumber;
use crate::domain::moment::Moment;
use crate::domain::past::Numbered;
use crate::domain::spec::Specification;
use crate::ledger::canonical::{self, sha256_hex};
use crate::ledger::{Checkpoint, SignedNote, TlogProof, VerifierKey};

/// The result of [`check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackReport {
    /// What the file is.
    pub outcome: Outcome,
    /// The lot, as the manifest says.
    pub lot: Option<String>,
    /// SHA-256 of the manifest, which the fact `inspection_pack_made` names.
    pub manifest_sha256: Option<String>,
    /// The checks in order; the first that fails is the last.
    pub steps: Vec<Step>,
}

/// What a check found wrong.
type Wrong = (&'static str, String);

/// Checks an archive against the keys that the reader has from the site itself. With none, the
/// best possible outcome is [`Outcome::IntactIssuerUnconfirmed`].
pub fn check(bytes: &[u8], trusted: &[VerifierKey]) -> PackReport {
    let outcome = Outcome::Unreadable { why: "the check gave up".to_owned() };
    let mut report = PackReport { outcome, lot: None, manifest_sha256: None, steps: Vec::new() };
    report.outcome = judge(bytes, trusted, &mut report);
    report
}

impl PackReport {
    fn pass(&mut self, name: &'static str, detail: impl Into<String>) {
        self.steps.push(Step { name, ok: true, detail: detail.into() });
    }

    fn fail(&mut self, (name, what): Wrong) -> String {
        self.steps.push(Step { name, ok: false, detail: what.clone() });
        what
    }
}

fn judge(bytes: &[u8], trusted: &[VerifierKey], report: &mut PackReport) -> Outcome {
    let opened = archive::unzip(bytes).map_err(|e| ("archive", e.to_string())).and_then(|files| {
        let manifest = read_manifest(&files)?;
        Ok((files, manifest))
    });
    let (files, manifest) = match opened {
        Ok(opened) => opened,
        Err(wrong) => return Outcome::Unreadable { why: report.fail(wrong) },
    };
    report.pass("archive", format!("{} files, none compressed, and nothing beside them.", files.len()));
    report.lot = Some(manifest.lot.clone());
    report.manifest_sha256 = files.get(MANIFEST).map(|text| sha256_hex(text));
    match hold_together(&files, &manifest, trusted, report) {
        Ok(outcome) => outcome,
        Err(wrong) => Outcome::Altered { what: report.fail(wrong) },
    }
}

fn read_manifest(files: &Files) -> Result<Manifest, Wrong> {
    const NAME: &str = "manifest";
    let text = files.get(MANIFEST).ok_or((NAME, format!("There is no {MANIFEST}: this is no inspection pack.")))?;
    let manifest: Manifest =
        serde_json::from_slice(text).map_err(|e| (NAME, format!("{MANIFEST} cannot be read: {e}.")))?;
    if manifest.format != FORMAT {
        let shown: String = manifest.format.chars().take(60).collect();
        return Err((NAME, format!("The pack has the form {shown:?}; this software knows {FORMAT}.")));
    }
    Ok(manifest)
}

/// All checks in order.
fn hold_together(
    files: &Files,
    manifest: &Manifest,
    trusted: &[VerifierKey],
    report: &mut PackReport,
) -> Result<Outcome, Wrong> {
    check_files(files, manifest)?;
    report.pass("manifest", format!("It names every other file, {} of them, by size and hash.", manifest.files.len()));
    let (key, outcome) = check_seal(files, manifest, trusted, report)?;
    let checkpoint = check_checkpoint(files, manifest, &key)?;
    let detail = format!("The key signed the ledger {} of {} facts.", checkpoint.origin(), checkpoint.size());
    report.pass("checkpoint", detail);
    let lines = check_facts(files, &key, &checkpoint)?;
    report.pass("facts", format!("{} facts, each proven to be in that ledger under its number.", lines.len()));
    check_site(manifest, &lines, &key)?;
    let named = check_named(files, &lines)?;
    report.pass("documents", format!("Every document and evidence file that a fact names is there: {named}."));
    let known = check_specifications(files, &lines)?;
    report.pass("specification", "The specification versions are those whose hashes stand in the facts.");
    check_record(files, manifest, &lines, &known)?;
    report.pass("record", "The record and the people are what the facts tell.");
    let (certificates, notices) = check_papers(files, &lines, &key)?;
    let mut checked = format!("{certificates} checked, page by page.");
    if notices > 0 {
        checked = format!(
            "{certificates} checked, page by page; and {notices} conditional notice, which is no release certificate."
        );
    }
    report.pass("certificates", checked);
    Ok(outcome)
}

fn check_files(files: &Files, manifest: &Manifest) -> Result<(), Wrong> {
    const NAME: &str = "manifest";
    if canonical::text(manifest).ok().map(String::into_bytes).as_ref() != files.get(MANIFEST) {
        return Err((NAME, "The manifest is not in canonical form (RFC 8785).".to_owned()));
    }
    let there = super::listed(files);
    let find = |all: &[super::Listed], path: &str| all.iter().any(|f| f.path == path);
    for file in &manifest.files {
        match there.iter().find(|f| f.path == file.path) {
            None => return Err((NAME, format!("{} is missing.", file.path))),
            Some(found) if found != file => return Err((NAME, format!("{} was changed.", file.path))),
            Some(_) => {}
        }
    }
    if let Some(extra) = there.iter().find(|f| !find(&manifest.files, &f.path)) {
        return Err((NAME, format!("{} is not part of the pack: it was added.", extra.path)));
    }
    if there != manifest.files {
        return Err((NAME, "The manifest does not name each file once, in order.".to_owned()));
    }
    Ok(())
}

/// The text of one file.
fn text<'f>(files: &'f Files, path: &'static str) -> Result<&'f str, Wrong> {
    let bytes = files.get(path).ok_or((path, format!("{path} is missing.")))?;
    std::str::from_utf8(bytes).map_err(|_| (path, format!("{path} is not UTF-8.")))
}

fn check_seal(
    files: &Files,
    manifest: &Manifest,
    trusted: &[VerifierKey],
    report: &mut PackReport,
) -> Result<(VerifierKey, Outcome), Wrong> {
    const NAME: &str = "seal";
    let vkey = text(files, KEY)?.trim_end();
    let key = VerifierKey::parse(vkey).map_err(|e| (NAME, format!("The key in the pack is not a key: {e}")))?;
    let note = SignedNote::parse(text(files, SEAL)?).map_err(|e| (NAME, format!("The seal is no signed note: {e}")))?;
    let keys = [key];
    let opened = note.open(&keys).map_err(|e| (NAME, format!("The seal does not verify with the pack's key: {e}")))?;
    let sha256 = report.manifest_sha256.clone().unwrap_or_default();
    if note.lines().len() != 1 || opened.text != seal_text(&manifest.lot, &sha256) {
        return Err((NAME, "The seal was made for another manifest: the pack was changed.".to_owned()));
    }
    let [key] = keys;
    let vkey = vkey.to_owned();
    if trusted.contains(&key) {
        report.pass(NAME, format!("The manifest is sealed with the key you trust, {vkey}."));
        return Ok((key, Outcome::Authentic { vkey }));
    }
    let detail = if trusted.is_empty() {
        format!(
            "The manifest is sealed with the key in the pack, {vkey}. Anybody can make such a key: compare it with the one the site published."
        )
    } else {
        format!("The manifest is sealed only with the key in the pack, {vkey}, which is none of the keys you trust.")
    };
    report.pass(NAME, detail);
    Ok((key, Outcome::IntactIssuerUnconfirmed { vkey }))
}

fn check_checkpoint(files: &Files, manifest: &Manifest, key: &VerifierKey) -> Result<Checkpoint, Wrong> {
    const NAME: &str = "checkpoint";
    let origin = manifest.ledger.origin.as_str();
    let checkpoint = Checkpoint::open(text(files, CHECKPOINT)?, std::slice::from_ref(key), origin)
        .map_err(|e| (NAME, format!("The checkpoint is not one that the pack's key signed: {e}")))?;
    if checkpoint.size() != manifest.ledger.size || checkpoint.root().to_hex() != manifest.ledger.root {
        return Err((NAME, "The manifest names another state of the ledger than the checkpoint.".to_owned()));
    }
    Ok(checkpoint)
}

/// Every fact is proven, and every proof is of a fact of the pack.
fn check_facts(files: &Files, key: &VerifierKey, checkpoint: &Checkpoint) -> Result<Vec<Line>, Wrong> {
    const NAME: &str = "facts";
    let lines = facts::read(files.get(FACTS).map_or(&[][..], Vec::as_slice)).map_err(|why| (NAME, why))?;
    let mut proofs: BTreeSet<&str> =
        files.keys().map(String::as_str).filter(|path| path.starts_with("proofs/")).collect();
    for line in &lines {
        let number = line.entry;
        let path = proof_path(number);
        let proof = files.get(&path).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let proof = proof.ok_or_else(|| (NAME, format!("There is no proof of fact {number}.")))?;
        let proof =
            TlogProof::parse(proof).map_err(|e| (NAME, format!("The proof of fact {number} cannot be read: {e}")))?;
        if i64::try_from(proof.index()) != Ok(number) || proof.extra() != line.bytes.as_bytes() {
            return Err((NAME, format!("{path} is the proof of another fact.")));
        }
        let seen = proof.verify(line.bytes.as_bytes(), std::slice::from_ref(key), checkpoint.origin());
        let seen = seen.map_err(|e| (NAME, format!("Fact {number} is not proven to be in the ledger: {e}")))?;
        if seen != *checkpoint {
            return Err((NAME, format!("{path} leads to another checkpoint than that of the pack.")));
        }
        proofs.remove(path.as_str());
    }
    match proofs.first() {
        Some(path) => Err((NAME, format!("{path} proves a fact that is not in the pack."))),
        None => Ok(lines),
    }
}

/// The first fact says whose ledger it is.
fn check_site(manifest: &Manifest, lines: &[Line], key: &VerifierKey) -> Result<(), Wrong> {
    const NAME: &str = "facts";
    let site = lines.first().and_then(|line| match &line.fact.event {
        Event::SiteCreated(site) if line.entry == 0 => Some(site),
        _ => None,
    });
    let site = site.ok_or((NAME, "The first fact, which says whose ledger it is, is not there.".to_owned()))?;
    let same = site.name.as_str() == manifest.site && site.origin == manifest.ledger.origin;
    if !same || site.verifier_key != key.to_string() {
        return Err((NAME, "The pack was not sealed by the site whose ledger it shows.".to_owned()));
    }
    Ok(())
}

/// Documents and evidence: there with the right bytes, and no others. Says how many.
fn check_named(files: &Files, lines: &[Line]) -> Result<usize, Wrong> {
    const NAME: &str = "documents";
    let mut named: Vec<(String, String, i64)> = Vec::new();
    let mut kept = BTreeSet::new();
    for line in lines {
        let documents = contents::documents(&line.fact).into_iter().map(|d| (d.path, d.sha256, line.entry));
        named.extend(documents);
        if let Event::FileStored(file) = &line.fact.event {
            named.push((contents::evidence_path(file), file.sha256.to_string(), line.entry));
            kept.insert(file.sha256.to_string());
        }
    }
    for (path, sha256, entry) in &named {
        match files.get(path) {
            None => return Err((NAME, format!("{path} is missing, and fact {entry} names it."))),
            Some(bytes) if sha256_hex(bytes) != *sha256 => {
                return Err((NAME, format!("{path} is not the file that fact {entry} names: it was exchanged.")));
            }
            Some(_) => {}
        }
    }
    for line in lines {
        if let Some(missing) = contents::evidence(&line.fact).iter().find(|sha256| !kept.contains(*sha256)) {
            return Err((NAME, format!("Fact {} names the evidence {missing}, which is not in the pack.", line.entry)));
        }
    }
    let folders = ["evidence/", "documents/", "certificates/", "notices/"];
    let mut there = files.keys().filter(|path| folders.iter().any(|folder| path.starts_with(folder)));
    match there.find(|path| !named.iter().any(|(p, ..)| p == *path)) {
        Some(extra) => Err((NAME, format!("{extra} is named by no fact."))),
        None => Ok(named.len()),
    }
}

fn check_specifications(files: &Files, lines: &[Line]) -> Result<Vec<Specification>, Wrong> {
    const NAME: &str = "specification";
    let hashes: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| match &line.fact.event {
            Event::SpecificationInstalled { sha256, .. } | Event::SpecificationApproved { sha256, .. } => {
                Some(sha256.as_str())
            }
            _ => None,
        })
        .collect();
    let mut known = Vec::new();
    for (path, bytes) in files.iter().filter(|(p, _)| *p == SPECIFICATION || p.starts_with("specifications/")) {
        if !hashes.contains(sha256_hex(bytes).as_str()) {
            return Err((NAME, format!("{path} is no specification version that a fact of the pack put in force.")));
        }
        let spec = serde_json::from_slice(bytes).map_err(|e| (NAME, format!("{path} cannot be read: {e}.")))?;
        known.push(spec);
    }
    if !files.contains_key(SPECIFICATION) {
        return Err((NAME, format!("{SPECIFICATION} is missing.")));
    }
    Ok(known)
}

fn check_record(files: &Files, manifest: &Manifest, lines: &[Line], known: &[Specification]) -> Result<(), Wrong> {
    const NAME: &str = "record";
    let number = LotNumber::parse(&manifest.lot).map_err(|e| (NAME, e.detail))?;
    let at = Moment::parse("made_at", &manifest.made_at).map_err(|e| (NAME, e.detail))?;
    let facts: Vec<Numbered> = lines.iter().map(|line| (line.entry, &line.fact)).collect();
    let lot = record::lot(&number, &facts, known, at);
    let lot = lot.ok_or((NAME, format!("The facts do not tell of lot {number}, or contradict themselves.")))?;
    let same = |path: &str, made: Result<String, serde_json::Error>| {
        made.is_ok_and(|made| files.get(path).is_some_and(|kept| *kept == made.into_bytes()))
    };
    let other = if manifest.software == crate::SOFTWARE {
        String::new()
    } else {
        format!(" It was made with {}, and this is {}.", manifest.software, crate::SOFTWARE)
    };
    if !same(RECORD, canonical::text(&lot)) {
        return Err((NAME, format!("{RECORD} does not say what the facts say.{other}")));
    }
    if !same(PEOPLE, canonical::text(&record::people(&facts))) {
        return Err((NAME, format!("{PEOPLE} does not say what the facts say.{other}")));
    }
    Ok(())
}

/// Certificates and conditional notices, as `lotgate verify` checks each alone. Says how many of each.
fn check_papers(files: &Files, lines: &[Line], key: &VerifierKey) -> Result<(usize, usize), Wrong> {
    const NAME: &str = "certificates";
    let (mut certificates, mut notices) = (0, 0);
    for document in lines.iter().flat_map(|line| contents::documents(&line.fact)) {
        let path = document.path.as_str();
        let kind = match path.split_once('/') {
            Some(("certificates", _)) => PaperKind::Certificate,
            Some(("notices", _)) => PaperKind::Notice,
            _ => continue,
        };
        let Some(name) = path.strip_suffix(".pdf") else { continue };
        let of = |path: &str| files.get(path).map_or(&[][..], Vec::as_slice);
        let report = certificate::check(of(path), std::slice::from_ref(key));
        let named = report.number.as_deref() == name.rsplit('/').next();
        let same = report.record_sha256.as_ref() == Some(&sha256_hex(of(&format!("{name}.json"))));
        match report.outcome {
            Outcome::Authentic { .. } if report.kind != kind || !named || !same => {
                return Err((NAME, format!("{path} is not the paper of its name, or has another record beside it.")));
            }
            Outcome::Authentic { .. } if kind == PaperKind::Notice => notices += 1,
            Outcome::Authentic { .. } => certificates += 1,
            Outcome::Altered { what } | Outcome::Unreadable { why: what } => {
                return Err((NAME, format!("{path}: {what}")));
            }
            Outcome::IntactIssuerUnconfirmed { .. } => {
                return Err((NAME, format!("{path} was issued with another key than the pack's.")));
            }
        }
    }
    Ok((certificates, notices))
}
