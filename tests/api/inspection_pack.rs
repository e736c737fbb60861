//! `/api/v1/lots/{lot}/inspection-pack`: everything about a lot in one archive, and what its
//! offline check notices.

use lotgate::certificate::Outcome;
use lotgate::keys::KeyFolder;
use lotgate::ledger::canonical::{self, sha256_hex};
use lotgate::ledger::{KeyName, NoteSigner, leaf_hash};
use lotgate::pack::{self, Files, Manifest, PackReport, archive, check};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::calls::PDF;
use crate::example;
use crate::site::Site;
use crate::verification::form as multipart;

fn taken(site: &Site, who: &str, lot: &str) -> Answer {
    site.person(who).get(&format!("/api/v1/lots/{lot}/inspection-pack"))
}

/// A released lot with evidence, and its pack.
fn released() -> (Site, Files) {
    let site = Site::start();
    let (media_type, bytes) = multipart(&[("file", PDF)]);
    let stored = site.analyst().asks("POST", "/api/v1/files", &[], Some((&media_type, bytes))).created();
    site.analyst().registers("L-1").created();
    let evidence = json!({"evidence": [stored["sha256"]]});
    site.analyst().records_with("L-1", "endotoxin", &[("ENDOTOXIN", "0.1")], &evidence).created();
    site.records_all("L-1", &[], &["ENDOTOXIN"]);
    site.verifier().verifies_all("L-1");
    site.qa().releases("L-1").created();
    // Facts of another lot, and a second certificate, are none of its business.
    site.full_lot("L-2");
    site.qa().releases("L-2").created();
    let answer = taken(&site, "olga", "L-1");
    let files = archive::unzip(&answer.with_status(200).bytes).expect("an archive");
    (site, files)
}

fn checked(site: &Site, files: &Files) -> PackReport {
    check(&archive::zip(files).expect("an archive"), &[site.app.verifier_key().clone()])
}

/// Why the pack is not what it should be.
#[track_caller]
fn altered(site: &Site, files: &Files) -> String {
    match checked(site, files).outcome {
        Outcome::Altered { what } => what,
        other => panic!("{other:?}"),
    }
}

/// Seals changed files anew, as only the holder of a key can.
fn resealed(mut files: Files, signer: &NoteSigner) -> Files {
    let manifest: Manifest = serde_json::from_slice(&files[pack::MANIFEST]).expect("a manifest");
    pack::seal(&mut files, manifest, signer).expect("sealed");
    files
}

fn signer(site: &Site) -> NoteSigner {
    KeyFolder::in_folder(site.data.path()).signer().expect("the site's key")
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files[path].clone()).expect("UTF-8")
}

fn facts(files: &Files) -> Vec<Value> {
    text(files, pack::FACTS).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn with_facts(mut files: Files, facts: &[Value]) -> Files {
    let lines: String = facts.iter().map(|fact| format!("{}\n", canonical::text(fact).expect("JSON"))).collect();
    files.insert(pack::FACTS.to_owned(), lines.into_bytes());
    files
}

/// The place of the first fact of a kind.
fn place(facts: &[Value], kind: &str) -> usize {
    facts.iter().position(|f| f["fact"]["event"]["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn proof(fact: &Value) -> String {
    pack::proof_path(fact["entry"].as_i64().expect("a number"))
}

#[test]
fn the_pack_of_a_released_lot_is_complete_and_authentic() {
    let (site, files) = released();
    let report = checked(&site, &files);
    assert!(matches!(report.outcome, Outcome::Authentic { .. }), "{report:?}");
    assert!(report.steps.iter().all(|step| step.ok) && report.steps.len() >= 8, "{report:?}");
    assert_eq!(report.lot.as_deref(), Some("L-1"));
    let without_a_key = check(&archive::zip(&files).expect("an archive"), &[]);
    assert!(matches!(without_a_key.outcome, Outcome::IntactIssuerUnconfirmed { .. }), "{without_a_key:?}");
    let issued = |ending: &str| files.contains_key(&format!("certificates/RC-2026-000001.{ending}"));
    assert!(issued("pdf") && issued("json") && !files.contains_key("certificates/RC-2026-000002.pdf"));
    let evidence = format!("evidence/{}.pdf", sha256_hex(PDF));
    assert_eq!(files.get(&evidence).map(Vec::as_slice), Some(PDF));
    let told = facts(&files);
    let every = site.facts();
    for fact in &told {
        let number = fact["entry"].as_u64().expect("a number");
        assert_eq!(every[usize::try_from(number).expect("small")]["fact"], fact["fact"], "the very fact");
        assert!(fact["fact"]["event"]["lot"] != "L-2");
    }
    let own = |f: &&Value| f["fact"]["event"]["lot"] == "L-1" && f["fact"]["event"]["kind"] != "inspection_pack_made";
    assert_eq!(told.iter().filter(own).count(), every.iter().filter(own).count(), "every fact about the lot");
    let record: Value = serde_json::from_str(&text(&files, pack::RECORD)).expect("JSON");
    assert_eq!((&record["status"], &record["certificate"]), (&json!("released"), &json!("RC-2026-000001")));
    let people: Value = serde_json::from_str(&text(&files, pack::PEOPLE)).expect("JSON");
    assert_eq!((&people["queen"]["roles"], &people["ben"]["acted_as"]), (&json!(["qa"]), &json!(["analyst"])));
}

#[test]
fn the_pack_of_a_conditionally_released_lot_has_its_notice_and_checks_it() {
    let site = Site::start();
    crate::routes_of_decision::conditional(&site, "L-1");
    let files = archive::unzip(&taken(&site, "olga", "L-1").with_status(200).bytes).expect("an archive");
    let issued = |ending: &str| format!("notices/CN-2026-000001.{ending}");
    let pdf = site.auditor().get("/api/v1/notices/CN-2026-000001/pdf").bytes;
    assert_eq!(files.get(&issued("pdf")), Some(&pdf));
    assert!(files.contains_key(&issued("json")) && !files.keys().any(|path| path.starts_with("certificates/")));
    let report = checked(&site, &files);
    assert!(matches!(report.outcome, Outcome::Authentic { .. }), "{report:?}");
    let last = report.steps.last().expect("steps");
    assert_eq!(last.name, "certificates");
    assert!(last.detail.contains("0 checked") && last.detail.contains("1 conditional notice, which is no release"));
    // Whoever has the site's key cannot put another file in its place: a fact names its hash.
    let mut changed = files.clone();
    let mut longer = pdf;
    longer.push(b'\n');
    changed.insert(issued("pdf"), longer);
    assert!(altered(&site, &changed).contains("was changed"));
    let why = altered(&site, &resealed(changed, &signer(&site)));
    assert!(why.contains("is not the file that fact"), "{why}");
    let mut without = files;
    without.remove(&issued("pdf"));
    assert!(altered(&site, &resealed(without, &signer(&site))).contains("is missing"));
}

#[test]
fn that_a_pack_was_taken_is_a_fact_with_the_hash_of_its_manifest() {
    let (site, files) = released();
    let made = site.events("inspection_pack_made");
    let sha256 = sha256_hex(&files[pack::MANIFEST]);
    assert_eq!(made, [json!({"kind": "inspection_pack_made", "lot": "L-1", "manifest_sha256": sha256})]);
    let again = taken(&site, "queen", "L-1");
    assert_eq!(site.events("inspection_pack_made").len(), 2);
    assert_ne!(again.header("x-manifest-sha256"), sha256, "it shows that the first was taken");
    assert!(again.header("content-disposition").contains("L-1-inspection.zip"));
    taken(&site, "olga", "L-9").refused(404, "no_such_lot");
    assert_eq!(site.events("inspection_pack_made").len(), 2);
    site.whole();
}

#[test]
fn whatever_is_changed_by_somebody_without_the_key_is_noticed() {
    let (site, files) = released();
    let change = |path: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = files.clone();
        change(files.get_mut(path).unwrap_or_else(|| panic!("no {path}")));
        altered(&site, &files)
    };
    let paths: Vec<&String> = files.keys().filter(|p| ![pack::MANIFEST, pack::SEAL].contains(&p.as_str())).collect();
    assert!(paths.len() > 30, "{}", paths.len());
    for path in paths.iter().step_by(3) {
        assert_eq!(change(path, &|bytes| bytes.push(b' ')), format!("{path} was changed."));
    }
    let mut fewer = files.clone();
    fewer.remove("certificates/RC-2026-000001.pdf");
    assert_eq!(altered(&site, &fewer), "certificates/RC-2026-000001.pdf is missing.");
    let mut more = files.clone();
    more.insert("evidence/more.pdf".into(), PDF.to_vec());
    assert!(altered(&site, &more).contains("it was added"));
    let edited = text(&files, pack::MANIFEST).replace("\"lot\":\"L-1\"", "\"lot\":\"L-2\"");
    assert!(change(pack::MANIFEST, &|bytes| *bytes = edited.clone().into_bytes()).contains("the pack was changed"));
    let note = text(&files, pack::SEAL).replace("L-1", "L-2");
    assert!(change(pack::SEAL, &|bytes| *bytes = note.clone().into_bytes()).contains("does not verify"));
    let spaced = format!("{} ", text(&files, pack::MANIFEST));
    assert!(change(pack::MANIFEST, &|bytes| *bytes = spaced.clone().into_bytes()).contains("canonical"));
}

/// What a dishonest holder of the site's own key could do after the facts were recorded.
#[test]
fn a_pack_that_says_otherwise_than_the_ledger_is_noticed_even_with_the_sites_own_seal() {
    let (site, files) = released();
    let signer = signer(&site);
    let told = facts(&files);
    let why = |files: Files| altered(&site, &resealed(files, &signer));
    // A fact is edited, with its leaf hash and its proof's copy left as they were, or made to fit.
    let at = place(&told, "run_recorded");
    let mut edited = told.clone();
    edited[at]["fact"]["salt"] = json!("0".repeat(32));
    assert!(why(with_facts(files.clone(), &edited)).contains("does not have the leaf hash"));
    let bytes = canonical::text(&edited[at]["fact"]).expect("JSON");
    edited[at]["leaf_hash"] = json!(leaf_hash(bytes.as_bytes()).to_hex());
    assert!(why(with_facts(files.clone(), &edited)).contains("is the proof of another fact"));
    // A fact is left out, without its proof and with it.
    let mut fewer = told.clone();
    let gone = fewer.remove(place(&told, "run_verified"));
    assert!(why(with_facts(files.clone(), &fewer)).contains("proves a fact that is not in the pack"));
    let mut without = with_facts(files.clone(), &fewer);
    without.remove(&proof(&gone));
    assert!(why(without).contains("lot.json does not say what the facts say"));
    // Two facts change places.
    let mut swapped = told.clone();
    swapped.swap(at, at + 1);
    assert!(why(with_facts(files.clone(), &swapped)).contains("stands after one with a greater number"));
    // Two facts change numbers: their proofs are those of other places.
    let mut renumbered = told.clone();
    (renumbered[at]["entry"], renumbered[at + 1]["entry"]) = (told[at + 1]["entry"].clone(), told[at]["entry"].clone());
    renumbered.swap(at, at + 1);
    assert!(why(with_facts(files.clone(), &renumbered)).contains("is the proof of another fact"));
    let mut proofs = files.clone();
    proofs.insert(proof(&told[at]), files[&proof(&told[at + 1])].clone());
    assert!(why(proofs).contains("is the proof of another fact"));
    let mut proofs = files.clone();
    proofs.remove(&proof(&told[at]));
    assert!(why(proofs).contains("There is no proof of fact"));
}

#[test]
fn documents_evidence_record_and_specification_are_held_against_the_facts() {
    let (site, files) = released();
    let signer = signer(&site);
    let why = |path: &str, bytes: Option<&[u8]>| {
        let mut files = files.clone();
        match bytes {
            Some(bytes) => files.insert(path.to_owned(), bytes.to_vec()),
            None => files.remove(path),
        };
        altered(&site, &resealed(files, &signer))
    };
    let evidence = format!("evidence/{}.pdf", sha256_hex(PDF));
    let pdf = "certificates/RC-2026-000001.pdf";
    for path in [evidence.as_str(), pdf, "certificates/RC-2026-000001.json"] {
        assert!(why(path, Some(b"another file")).contains("it was exchanged"), "{path}");
        assert!(why(path, None).contains("is missing"), "{path}");
    }
    assert!(why("documents/more.json", Some(b"{}")).contains("is named by no fact"));
    let record = text(&files, pack::RECORD).replace("\"status\":\"released\"", "\"status\":\"rejected\"");
    assert!(why(pack::RECORD, Some(record.as_bytes())).contains("lot.json does not say"));
    let people = text(&files, pack::PEOPLE).replace("\"qa\"", "\"qp\"");
    assert!(why(pack::PEOPLE, Some(people.as_bytes())).contains("people.json does not say"));
    let specification = text(&files, pack::SPECIFICATION).replacen("\"limit\":\"", "\"limit\":\"1", 1);
    assert!(why(pack::SPECIFICATION, Some(specification.as_bytes())).contains("no specification version"));
    assert!(why(pack::SPECIFICATION, None).contains("is missing"));
    let other_lot = taken(&site, "olga", "L-2");
    let others = archive::unzip(&other_lot.bytes).expect("an archive");
    assert!(why(pack::CHECKPOINT, Some(&others[pack::CHECKPOINT])).contains("another state of the ledger"));
}

#[test]
fn a_pack_of_another_key_is_not_believed() {
    let (site, files) = released();
    let name = KeyName::parse("lots.example.org/test").expect("a name");
    let forger = NoteSigner::from_seed(name, &[7; 32]);
    let bytes = archive::zip(&files).expect("an archive");
    let with_other_key = check(&bytes, &[forger.verifier_key().clone()]);
    assert!(matches!(with_other_key.outcome, Outcome::IntactIssuerUnconfirmed { .. }), "{with_other_key:?}");
    // Sealed anew with a key of the forger's own, put into the pack: its checkpoint is another's.
    let mut forged = files.clone();
    forged.insert(pack::KEY.to_owned(), format!("{}\n", forger.verifier_key()).into_bytes());
    assert!(altered(&site, &resealed(forged, &forger)).contains("not one that the pack's key signed"));
    for (bytes, why) in [(&b"PK no archive"[..], "zip archive"), (&[][..], "zip archive")] {
        match check(bytes, &[]).outcome {
            Outcome::Unreadable { why: said } => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?}"),
        }
    }
    let other = archive::zip(&Files::from([("readme.txt".to_owned(), b"x".to_vec())])).expect("an archive");
    assert!(matches!(check(&other, &[]).outcome, Outcome::Unreadable { .. }));
}

#[test]
fn a_pack_holds_what_the_lot_was_made_from_and_of_an_open_lot_what_there_is() {
    let site = Site::start();
    crate::banks::install_staged(&site);
    site.analyst().registers_bank("MCB-1", &json!({"product": "BANKED-1"})).created();
    site.analyst().records_on("banks/MCB-1", "differentiation", &[("ADIPOGENIC", "Positive")]).created();
    site.analyst().registers_with("L-1", &json!({"product": "BANKED-1", "bank": "MCB-1"})).created();
    site.qa().releases("L-1").refused(409, "not_releasable");
    site.qa().rejects("L-1", "Bag leaks").created();
    let files = archive::unzip(&taken(&site, "olga", "L-1").with_status(200).bytes).expect("an archive");
    let report = checked(&site, &files);
    assert!(matches!(report.outcome, Outcome::Authentic { .. }), "{report:?}");
    let told = facts(&files);
    let of_bank = |f: &&Value| f["fact"]["event"]["lot"] == "MCB-1";
    assert!(told.iter().filter(of_bank).count() >= 2);
    assert_eq!(told.iter().filter(of_bank).count(), site.facts().iter().filter(of_bank).count());
    assert!(told.iter().any(|f| f["fact"]["event"]["kind"] == "attempt_refused"));
    assert_eq!(files.keys().filter(|p| p.starts_with("documents/")).count(), 1, "the dossier that was signed");
    taken(&site, "olga", "MCB-1").refused(404, "no_such_lot").says("/api/v1/banks/MCB-1");
}

#[test]
fn nobody_takes_a_pack_who_may_still_have_to_type_a_value_again() {
    let site = Site::start();
    example::lot(&site, "L-1");
    let run = example::number(&example::records(&site, "L-1", &example::endotoxin(&site, "0.37", &json!({}))));
    taken(&site, "ben", "L-1").refused(403, "wrong_role").says("typed again by a second person");
    for who in ["amy", "olga", "queen", "cora", "pablo", "adam"] {
        assert_eq!(taken(&site, who, "L-1").status, 200, "{who}");
    }
    let readings = json!({"readings": [{"attribute": "ENDOTOXIN", "value": "0.37", "unit": "EU/mL"}]});
    site.verifier().post(&format!("/api/v1/runs/{run}/verification"), &readings).created();
    assert_eq!(taken(&site, "ben", "L-1").status, 200);
}
