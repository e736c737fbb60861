//! The certificate as a file: what it says, that it says so repeatably, and that nobody can
//! change it unnoticed.

#[path = "certificate/builder.rs"]
mod builder;
#[path = "certificate/notice.rs"]
mod notice;
#[path = "certificate/reader.rs"]
mod reader;

use std::io::Write;

use builder::{certified, issue, issue_as_is, modern, replacement, sample, sha256, sign, signer, stressed, try_issue};
use lopdf::{Document, Object};
use lotgate::certificate::{
    CheckReport, KEY_NAME, Outcome, PartsError, RECORD_NAME, RenderError, SEAL_NAME, check, parts, printed_number,
    undrawable,
};
use lotgate::domain::certificate::CertificateRecord;
use lotgate::ledger::{KeyName, NoteSigner, VerifierKey};
use reader::{Piece, squeeze, squeezed};

fn trusted() -> Vec<VerifierKey> {
    vec![signer().verifier_key().clone()]
}

fn authentic(report: &CheckReport) -> bool {
    matches!(report.outcome, Outcome::Authentic { .. })
}

fn accepted(report: &CheckReport) -> bool {
    authentic(report) || matches!(report.outcome, Outcome::IntactIssuerUnconfirmed { .. })
}

/// A record of one result and one run: small enough to try every byte of.
fn small() -> CertificateRecord {
    let mut record = sample();
    record.dossier.results.truncate(1);
    record.dossier.runs.truncate(1);
    record.dossier.changes.clear();
    record
}

// ---- what it says ----

#[test]
fn every_page_names_certificate_lot_and_place() {
    for record in [sample(), stressed()] {
        let pages = squeezed(&issue(&record).pdf);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains(&squeeze(&record.certificate)), "page {at}");
            assert!(page.contains(&squeeze(&format!("Lot {}", record.dossier.lot))));
            assert!(page.contains(&format!("Page{}of{}", at + 1, pages.len())));
            let warned = page.contains("SYNTHETIC—demonstrationdata,notforpatientuse")
                && page.contains("EXAMPLEspecification,notapprovedbyasite");
            assert_eq!(warned, record.site.synthetic, "page {at}");
        }
        assert!(pages.concat().contains("—Endofcertificate—"));
    }
}

#[test]
fn the_usual_certificate_has_two_pages() {
    assert_eq!(squeezed(&issue(&sample()).pdf).len(), 2);
}

#[test]
fn everything_in_the_record_is_on_paper() {
    let record = sample();
    let issued = issue(&record);
    let text = squeezed(&issued.pdf).concat();
    let says = |part: &str| assert!(text.contains(&squeeze(part)), "{part}");
    for result in &record.dossier.results {
        says(&result.name);
        says(&result.method);
        says(&result.acceptance.replace("x10^6", "×10⁶"));
        says(&result.as_typed);
        says(&result.reported);
        says(&result.arithmetic);
        if let Some(definition) = &result.definition {
            says(definition);
        }
    }
    assert_eq!(text.matches("✓Pass").count(), record.dossier.results.len());
    for run in &record.dossier.runs {
        says(&format!("{} ({})", run.entered_by.name, run.entered_by.username));
        says(&run.comment);
        run.controls.iter().for_each(|c| says(&format!("{} {}", c.name, c.value)));
    }
    says("21 of 21 required criteria are met");
    says("✗ Invalid");
    says("Not verified by a second person");
    says("Results changed after first entry: 1");
    says(&record.dossier.changes[0].reason);
    says("2026-03-02 09:41:07 +08:00");
    says("Chen Xiaoling (chen.xl)");
    says(&record.signatures[0].meaning);
    says("Times are shown in Asia/Shanghai (+08:00");
    says("×10⁶");
    for hash in [
        sha256(&issued.record_bytes),
        record.ledger.tree_root.clone(),
        record.dossier.specification.sha256.clone(),
        sha256(&serde_json_canonicalizer::to_vec(&record.dossier).expect("canonical")),
    ] {
        says(&hash);
    }
}

#[test]
fn absence_is_said_and_not_left_blank() {
    let mut record = small();
    record.site.address.clear();
    record.site.licence.clear();
    record.dossier.donor.clear();
    record.dossier.results.clear();
    record.dossier.runs.clear();
    let text = squeezed(&issue(&record).pdf).concat();
    for part in [
        "Address: not recorded",
        "Manufacturing authorisation: not recorded",
        "Not recorded",
        "None: the specification has no criteria.",
        "Results changed after first entry: 0 (none)",
        "None recorded.",
    ] {
        assert!(text.contains(&squeeze(part)), "{part}");
    }
}

#[test]
fn names_of_many_scripts_are_printed_and_others_refused() {
    let text = squeezed(&issue(&stressed()).pdf).concat();
    for part in ["Łukasz Żółć", "患者甲", "Ольга Николаевна Петрова", "Ελένη", "陈晓玲", "µ", "×10⁶"]
    {
        assert!(text.contains(&squeeze(part)), "{part}");
    }
    for (name, character) in [("Lin 🧬", '🧬'), ("สมชาย", 'ส'), ("דוד", 'ד'), ("a\u{301}", '\u{301}')]
    {
        let mut record = sample();
        record.dossier.runs[2].entered_by.name = name.to_owned();
        let error = try_issue(&record, &signer()).err().expect("refused");
        let expected = RenderError::Undrawable {
            character,
            field: "dossier.runs[2].entered_by.name".to_owned(),
            text: name.to_owned(),
        };
        assert_eq!(error, expected);
        assert_eq!(undrawable(name), Some(character));
    }
}

#[test]
fn what_cannot_be_printed_faithfully_is_refused() {
    let refused = |change: fn(&mut CertificateRecord)| {
        let mut record = small();
        change(&mut record);
        try_issue(&record, &signer()).err().expect("refused")
    };
    assert!(matches!(refused(|r| r.zone = "Mars/Base".into()), RenderError::Zone(_)));
    assert!(matches!(refused(|r| r.issued_at = "noon".into()), RenderError::Time(_)));
    assert!(matches!(refused(|r| r.layout = 2), RenderError::Version { .. }));
    assert!(matches!(refused(|r| r.layout = 3), RenderError::Version { .. }));
    assert!(matches!(refused(|r| (r.v, r.layout) = (4, 4)), RenderError::Version { .. }));
    assert!(matches!(refused(|r| r.verify_url = "https://x/批".into()), RenderError::Address(_)));
    assert_eq!(refused(|r| r.dossier.results[0].name = "W".repeat(1_000_000)), RenderError::TooManyPages);
    assert!(matches!(refused(|r| r.dossier.lot = "L".repeat(500)), RenderError::TooLong { .. }));
}

// ---- that nothing runs off the paper ----

fn overlap(a: &Piece, b: &Piece) -> bool {
    let (slack, cap) = (0.3, 0.6);
    a.x + a.width > b.x + slack
        && b.x + b.width > a.x + slack
        && a.y + a.size * cap > b.y + slack
        && b.y + b.size * cap > a.y + slack
}

#[test]
fn nothing_overlaps_or_runs_off_the_page() {
    let mut wide = stressed();
    wide.dossier.lot = "W".repeat(160);
    wide.verify_url = format!("https://h.example/{}", "w".repeat(140));
    wide.ledger.origin = "W".repeat(2000);
    wide.signatures[0].meaning = "患".repeat(5000);
    wide.dossier.product_name = "W".repeat(9000);
    for record in [sample(), stressed(), wide] {
        let pages = reader::pages(&issue(&record).pdf);
        for (at, page) in pages.iter().enumerate() {
            for piece in page {
                let inside = piece.x >= 45.9 && piece.x + piece.width <= 549.5;
                assert!(inside && piece.y > 20.0 && piece.y < 820.0, "page {at}: {piece:?}");
            }
            for (i, piece) in page.iter().enumerate() {
                let hit = page[..i].iter().find(|other| overlap(piece, other));
                assert!(hit.is_none(), "page {at}: {piece:?} over {hit:?}");
            }
        }
    }
}

#[test]
fn sixty_runs_and_long_texts_paginate() {
    let record = stressed();
    let pages = squeezed(&issue(&record).pdf);
    assert!(pages.len() > 4);
    let text = pages.concat();
    assert!(record.dossier.runs[2].comment.len() > 2000);
    assert!(text.matches("Gatereviewedwiththesecondanalyst.").count() >= 52);
    assert_eq!(text.matches("viablenucleatedcellsin×10⁶percontainer").count(), 27);
}

#[test]
fn a_row_may_be_longer_than_a_page() {
    let mut record = small();
    record.dossier.runs[0].comment = "Word ".repeat(6000).trim().to_owned();
    record.dossier.results[0].method = "Ж".repeat(3000);
    let text = squeezed(&issue(&record).pdf).concat();
    assert_eq!(text.matches("Word").count(), 6000);
    assert_eq!(text.matches('Ж').count(), 3000);
}

// ---- that it is repeatable ----

#[test]
fn equal_records_give_equal_bytes_in_every_thread() {
    let (one, two) = (issue(&sample()).pdf, issue(&stressed()).pdf);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                assert_eq!(issue(&stressed()).pdf, two);
                assert_eq!(issue(&sample()).pdf, one);
            });
        }
    });
}

/// A changed layout, font, compression or library makes certificates issued before unverifiable:
/// such a change must be a new layout version, beside the old one.
#[test]
fn layout_1_is_frozen() {
    let hashes = [sample(), stressed()].map(|record| sha256(&issue(&record).pdf));
    let expected = [
        "1de7d0cccd19591c5152b636e7216011c1744ee7660433ce2ea7f9562411ec12",
        "9fa511870fa889a822d474b6e650596e9e30cf32fc3e27efb192d345a2a2f943",
    ];
    assert_eq!(hashes, expected);
}

#[test]
fn layout_2_says_what_happened_around_the_results() {
    let text = squeezed(&issue(&modern()).pdf).concat();
    for said in [
        "WCB-0012 (bank, passage 3, 8.1 population doublings); D-0031 (donor)",
        "inherited from WCB-0012",
        "allogeneic use, fresh",
        "at most 60.0 kg",
        "Not applicable to this lot: 1",
        "CD34-positive, NMT 2.0 %: applies to passage 3 or more only.",
        "OOS-2026-0001",
        "re-tests #14, #15",
        "result invalidated",
        "DEV-2026-0003",
        "Re-test of OOS-2026-0001",
        "Declared invalid: Wrong gate template",
        "Typed again blind by the verifier: ENDOTOXIN",
        "beyond the alert limit NLT 85.0",
    ] {
        assert!(text.contains(&squeeze(said)), "{said}");
    }
    let mut plain = sample();
    (plain.v, plain.layout) = (2, 2);
    let text = squeezed(&issue(&plain).pdf).concat();
    for said in ["Investigations of results out of specification: 0 (none)", "Deviations and holds: 0 (none)"] {
        assert!(text.contains(&squeeze(said)), "{said}");
    }
}

#[test]
fn layout_2_is_frozen() {
    assert_eq!(sha256(&issue(&modern()).pdf), "0258761a1e3bfa4712c96a578b763a99ff4ac46cd7db8978dd088711df2d9973");
}

#[test]
fn layout_3_says_who_signed_what_and_which_version_it_is() {
    let text = squeezed(&issue(&certified()).pdf).concat();
    for said in [
        "Version 1   ·   Supersedes: none",
        "verification, QC approval, QA review, QP certification (site policy version 2)",
        "conditional notice CN-2026-000001",
        "QC approval of the results",
        "Review of the audit trail",
        "SHA-256 of what was signed: the list of what changed since entry",
        "Certification by the Qualified Person",
        "QP-4711",
        "Results changed after first entry: Yes, 1",
    ] {
        assert!(text.contains(&squeeze(said)), "{said}");
    }
    let text = squeezed(&issue(&replacement()).pdf).concat();
    for said in [
        "Version 2   ·   Supersedes certificate RC-2026-000122, which must not be used any more.",
        "What was wrong: Number of bags mistyped. Corrected: containers: 5 → 4.",
        "Certification of the corrected certificate",
    ] {
        assert!(text.contains(&squeeze(said)), "{said}");
    }
    let mut unchanged = certified();
    unchanged.dossier.changes.clear();
    assert!(squeezed(&issue(&unchanged).pdf).concat().contains("Resultschangedafterfirstentry:No"));
}

#[test]
fn layout_3_is_frozen() {
    let hashes = [certified(), replacement()].map(|record| sha256(&issue(&record).pdf));
    let expected = [
        "33806971e0fc9cfdd3e0e27c67581283532de4c17faccd2b64592d53e88fb476",
        "8a564a95d8744c42cc9ab9d18afb42d5c73e03899014ba625f540fa6b8a0a750",
    ];
    assert_eq!(hashes, expected);
}

#[test]
fn the_long_route_certifies_only_with_three_signatures_of_different_people_and_a_registered_person() {
    let outcome = |change: &dyn Fn(&mut CertificateRecord)| {
        let mut record = certified();
        change(&mut record);
        let mut signed = record.clone();
        sign(&mut signed);
        check(&issue_as_is(&signed, &signer()).expect("rendered").pdf, &trusted()).outcome
    };
    assert!(matches!(outcome(&|_| ()), Outcome::Authentic { .. }));
    let altered = |change: &dyn Fn(&mut CertificateRecord), says: &str| {
        let found = outcome(change);
        assert!(matches!(&found, Outcome::Altered { what } if what.contains(says)), "{says}: {found:?}");
    };
    altered(&|r| drop(r.signatures.remove(0)), "QC approval");
    altered(&|r| drop(r.signatures.remove(1)), "audit-trail review");
    altered(&|r| drop(r.signatures.pop()), "Nobody signed the release");
    altered(&|r| r.signatures[1].username = r.signatures[0].username.clone(), "One person");
    altered(&|r| r.qualified_person = None, "register number");
    altered(&|r| r.signatures[2].role = "qa".into(), "qualified person");
}

// ---- what is attached ----

#[test]
fn the_attachments_are_byte_exact() {
    let issued = issue(&sample());
    let parts = parts(&issued.pdf).expect("readable");
    assert_eq!(parts.record_bytes, issued.record_bytes);
    assert_eq!(parts.seal, issued.seal);
    assert_eq!(parts.vkey, signer().verifier_key().to_string());
    // And uncompressed: a text editor is enough in thirty years.
    let found = issued.pdf.windows(issued.record_bytes.len()).any(|w| w == issued.record_bytes);
    assert!(found);
}

#[test]
fn the_number_can_be_read_from_a_damaged_file() {
    for record in [sample(), stressed()] {
        let pdf = issue(&record).pdf;
        assert_eq!(printed_number(&pdf).as_deref(), Some(record.certificate.as_str()));
        let half = &pdf[pdf.len() / 2..];
        assert_eq!(printed_number(half).as_deref(), Some(record.certificate.as_str()));
    }
}

// ---- who can be believed ----

#[test]
fn a_genuine_file_is_authentic_to_those_who_have_the_key() {
    let pdf = issue(&sample()).pdf;
    let report = check(&pdf, &trusted());
    assert!(authentic(&report), "{report:#?}");
    assert!(report.steps.iter().all(|step| step.ok) && report.steps.len() == 6);
    assert_eq!(report.number.as_deref(), Some("RC-2026-000001"));
    assert_eq!(report.lot.as_deref(), Some("AD-26-0007"));
    let vkey = signer().verifier_key().to_string();
    assert_eq!(check(&pdf, &[]).outcome, Outcome::IntactIssuerUnconfirmed { vkey });
}

#[test]
fn a_forger_with_a_key_of_his_own_is_not_believed() {
    let name = KeyName::parse("lots.zhujiang-cells.example/site-1").expect("a name");
    let forger = NoteSigner::from_seed(name, &[9; 32]);
    let mut record = sample();
    record.dossier.results[1].as_typed = "99.99".to_owned();
    let forged = try_issue(&record, &forger).expect("rendered");
    let report = check(&forged.pdf, &trusted());
    let vkey = forger.verifier_key().to_string();
    assert_eq!(report.outcome, Outcome::IntactIssuerUnconfirmed { vkey });
}

fn altered(report: &CheckReport, step: &str) {
    assert!(matches!(report.outcome, Outcome::Altered { .. }), "{report:#?}");
    let last = report.steps.last().expect("a step");
    assert_eq!((last.name, last.ok), (step, false));
}

/// Renders whatever is given, as a forger can who has this program but not the key.
fn assemble(record: &CertificateRecord, seal: &str, vkey: &str) -> Vec<u8> {
    let bytes = serde_json_canonicalizer::to_vec(record).expect("canonical");
    lotgate::certificate::render(record, &bytes, seal, vkey).expect("rendered")
}

#[test]
fn each_kind_of_change_is_named() {
    let genuine = issue(&sample());
    let vkey = signer().verifier_key().to_string();
    let mut signed = sample();
    sign(&mut signed);

    // Another record under the old seal.
    let mut other = signed.clone();
    other.dossier.results[1].as_typed = "99.99".to_owned();
    altered(&check(&assemble(&other, &genuine.seal, &vkey), &trusted()), "seal");

    // The genuine seal beside the forger's key.
    let forger = NoteSigner::from_seed(KeyName::parse("x").expect("a name"), &[9; 32]);
    let key = forger.verifier_key().to_string();
    altered(&check(&assemble(&signed, &genuine.seal, &key), &trusted()), "signature");

    // A signature line more than was issued.
    let more = format!("{}{}", genuine.seal, genuine.seal.lines().last().expect("a line")) + "\n";
    altered(&check(&assemble(&signed, &more, &vkey), &trusted()), "signature");

    // Saved again by another program: the same record, other pages are possible.
    let mut document = Document::load_mem(&genuine.pdf).expect("a PDF");
    let mut saved = Vec::new();
    document.trailer.set("Note", 1);
    document.save_to(&mut saved).expect("saved");
    altered(&check(&saved, &trusted()), "pages");

    // Something appended, as an incremental update is.
    let longer = [genuine.pdf.as_slice(), b"\n% more\n%%EOF"].concat();
    assert!(!accepted(&check(&longer, &trusted())));
}

#[test]
fn a_record_that_contradicts_itself_is_not_believed_even_when_sealed() {
    let mut failing = sample();
    failing.dossier.results[3].outcome = "fail".to_owned();
    let pdf = try_issue(&failing, &signer()).expect("rendered").pdf;
    altered(&check(&pdf, &trusted()), "content");

    let mut informative = failing.clone();
    informative.dossier.results[3].kind = "informative".to_owned();
    assert!(authentic(&check(&issue(&informative).pdf, &trusted())));

    // Signed over other data than those certified.
    let pdf = issue_as_is(&sample(), &signer()).expect("rendered").pdf;
    altered(&check(&pdf, &trusted()), "content");

    assert!(authentic(&check(&issue(&modern()).pdf, &trusted())));
    for outcome in ["open", "out of specification confirmed", "inconclusive, counts as out of specification"] {
        let mut standing = modern();
        standing.dossier.investigations[0].outcome = outcome.to_owned();
        altered(&check(&issue(&standing).pdf, &trusted()), "content");
    }
    let mut open = modern();
    open.dossier.deviations[0].assessment = None;
    altered(&check(&issue(&open).pdf, &trusted()), "content");

    let mut unsigned = sample();
    unsigned.signatures.clear();
    altered(&check(&issue(&unsigned).pdf, &trusted()), "content");
}

#[test]
fn no_changed_byte_goes_unnoticed() {
    let issued = issue(&small());
    let pdf = &issued.pdf;
    let record = &issued.record_bytes;
    let from = pdf.windows(record.len()).position(|w| w == record).expect("attached");
    let mut places: Vec<usize> = (0..pdf.len()).step_by(97).collect();
    places.extend(from..from + record.len());
    let half = places.len() / 2;
    std::thread::scope(|scope| {
        for places in [&places[..half], &places[half..]] {
            scope.spawn(move || {
                let mut bad = pdf.clone();
                for at in places {
                    // Case, digit parity, or one bit elsewhere: the smallest changes there are.
                    bad[*at] ^= if at % 2 == 0 { 0x01 } else { 0x20 };
                    let report = check(&bad, &trusted());
                    assert!(!accepted(&report), "byte {at}");
                    bad[*at] = pdf[*at];
                }
            });
        }
    });
}

// ---- hostile files ----

fn unreadable(pdf: &[u8]) {
    let report = check(pdf, &trusted());
    assert!(matches!(report.outcome, Outcome::Unreadable { .. }), "{:?}", report.outcome);
}

#[test]
fn rubbish_is_unreadable_and_harmless() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for length in (0..4000).step_by(37) {
        let mut bytes = b"%PDF-1.7\n".to_vec();
        for _ in 0..length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.push(state.to_le_bytes()[0]);
        }
        unreadable(&bytes);
        unreadable(&bytes[9..]);
    }
    unreadable(b"");
    unreadable(b"%PDF-");
    let deep = [b"%PDF-1.7\n1 0 obj\n".to_vec(), b"[".repeat(500_000)].concat();
    unreadable(&deep);
    let loops = b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f\ntrailer<</Size 1/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF";
    unreadable(loops);
}

#[test]
fn a_truncated_file_is_never_accepted() {
    let pdf = issue(&small()).pdf;
    for length in (0..pdf.len()).step_by(499) {
        assert!(!accepted(&check(&pdf[..length], &trusted())), "{length} bytes");
    }
}

/// The genuine file with one attachment replaced.
fn with_attachment(name: &str, content: Vec<u8>, deflated: bool) -> Vec<u8> {
    let pdf = issue(&small()).pdf;
    let original = parts(&pdf).expect("readable");
    let old = match name {
        RECORD_NAME => original.record_bytes,
        SEAL_NAME => original.seal.into_bytes(),
        _ => original.vkey.into_bytes(),
    };
    let mut document = Document::load_mem(&pdf).expect("a PDF");
    for object in document.objects.values_mut() {
        if let Object::Stream(stream) = object
            && stream.content == old
        {
            stream.set_content(content.clone());
            if deflated {
                stream.dict.set("Filter", "FlateDecode");
            }
        }
    }
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).expect("saved");
    bytes
}

#[test]
fn bombs_do_not_go_off() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).expect("deflated");
    }
    let bomb = encoder.finish().expect("deflated");
    for name in [RECORD_NAME, SEAL_NAME, KEY_NAME] {
        let pdf = with_attachment(name, bomb.clone(), true);
        assert_eq!(parts(&pdf), Err(PartsError::TooLarge(name)));
        unreadable(&pdf);
    }
    let large = with_attachment(RECORD_NAME, vec![b' '; 5 << 20], false);
    assert_eq!(parts(&large), Err(PartsError::TooLarge(RECORD_NAME)));
}

#[test]
fn odd_attachments_are_unreadable() {
    assert_eq!(parts(&with_attachment(SEAL_NAME, vec![0xFF, 0xFE], false)), Err(PartsError::NotText(SEAL_NAME)));
    unreadable(&with_attachment(RECORD_NAME, b"[".repeat(100_000), false));
    unreadable(&with_attachment(RECORD_NAME, b"{}".to_vec(), false));
    let mut empty = Document::with_version("1.7");
    let catalog = empty.add_object(lopdf::dictionary! { "Type" => "Catalog" });
    empty.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    empty.save_to(&mut bytes).expect("saved");
    assert_eq!(parts(&bytes), Err(PartsError::Missing(RECORD_NAME)));
    unreadable(&bytes);
}
