//! A conditional notice as a file: it is checked as a certificate is, and nothing takes it for one.

use lotgate::certificate::{
    CheckReport, Outcome, PaperKind, check, notice_seal_text, parts, printed_number, render, render_notice, seal_text,
};
use lotgate::domain::notice::NoticeRecord;
use lotgate::ledger::{KeyName, NoteSigner};

use crate::builder::{
    certified, issue, issue_notice, issue_notice_as_is, notice, sha256, short_notice, sign_notice, signer,
};
use crate::reader::{squeeze, squeezed};
use crate::{accepted, altered, authentic, trusted};

fn checked(record: &NoticeRecord) -> CheckReport {
    check(&issue_notice(record).pdf, &trusted())
}

#[test]
fn every_page_of_a_notice_says_that_it_is_no_release_certificate() {
    for record in [notice(), short_notice()] {
        let pages = squeezed(&issue_notice(&record).pdf);
        for (at, page) in pages.iter().enumerate() {
            assert!(page.contains("CONDITIONALRELEASENOTICE—NOTARELEASECERTIFICATE"), "page {at}");
            assert!(page.contains("CN-2026-000001") && page.contains(&format!("Page{}of{}", at + 1, pages.len())));
            assert!(page.contains(&squeeze(&record.verify_url)));
        }
        let text = pages.concat();
        assert!(text.contains("—Endofnotice—") && !text.contains("✓Released") && !text.contains("RC-2026"));
    }
}

#[test]
fn a_notice_says_what_is_pending_until_when_and_who_is_told() {
    let text = squeezed(&issue_notice(&notice()).pdf).concat();
    for said in [
        "… Conditionally released: results are still to come",
        "19 of 21 required criteria are met, as section B shows, and 2 still to come",
        "Sterility, aerobic",
        "2026-03-16 09:41 +08:00",
        "within 336 hours of issue",
        "No growth to date",
        "2026-03-30 09:41 +08:00",
        "Physician",
        "Dr Anna Weiß, ward 4B",
        "+49 30 555 0100",
        "临床研究中心",
        "Conditional release (step 1)",
        "QP-4711",
        "none exists until the last result passes and the second step is signed",
        "Ask at https://lots.zhujiang-cells.example/verify/CN-2026-000001 whether this notice still stands",
    ] {
        assert!(text.contains(&squeeze(said)), "{said} in {text}");
    }
}

/// As of certificates: a changed layout makes notices issued before unverifiable.
#[test]
fn the_layout_of_a_notice_is_frozen() {
    let hashes = [notice(), short_notice()].map(|record| sha256(&issue_notice(&record).pdf));
    let expected = [
        "324a9a9cd29373812674ced53593c21fc845e360635fc0759bdb2070f04ded59",
        "43146a066a55479e2420aea8b8dcbb245f125aa9681cc3635f62bdab3450a8b5",
    ];
    assert_eq!(hashes, expected);
}

#[test]
fn a_genuine_notice_is_authentic_to_those_who_have_the_key_and_stays_a_notice() {
    for record in [notice(), short_notice()] {
        let pdf = issue_notice(&record).pdf;
        let report = check(&pdf, &trusted());
        assert!(authentic(&report) && report.kind == PaperKind::Notice, "{report:#?}");
        assert!(report.steps.iter().all(|step| step.ok) && report.steps.len() == 6);
        assert_eq!((report.number.as_deref(), report.lot.as_deref()), (Some("CN-2026-000001"), Some("AD-26-0007")));
        let vkey = signer().verifier_key().to_string();
        assert_eq!(check(&pdf, &[]).outcome, Outcome::IntactIssuerUnconfirmed { vkey });
        assert_eq!(printed_number(&pdf[pdf.len() / 2..]).as_deref(), Some("CN-2026-000001"));
    }
    assert_eq!(check(&issue(&certified()).pdf, &trusted()).kind, PaperKind::Certificate);
    let forger = NoteSigner::from_seed(KeyName::parse("x").expect("a name"), &[9; 32]);
    let mut forged = notice();
    sign_notice(&mut forged);
    let report = check(&issue_notice_as_is(&forged, &forger).pdf, &trusted());
    let vkey = forger.verifier_key().to_string();
    assert_eq!(report.outcome, Outcome::IntactIssuerUnconfirmed { vkey });
}

#[test]
fn no_seal_fits_both_papers() {
    let mut record = notice();
    sign_notice(&mut record);
    let bytes = serde_json_canonicalizer::to_vec(&record).expect("canonical");
    let vkey = signer().verifier_key().to_string();
    let seal = signer().sign(&seal_text(&record.notice, &sha256(&bytes))).expect("sealed");
    altered(&check(&render_notice(&record, &bytes, &seal, &vkey).expect("drawn"), &trusted()), "seal");

    let genuine = issue(&certified());
    let certificate: lotgate::domain::certificate::CertificateRecord =
        serde_json::from_slice(&genuine.record_bytes).expect("a record");
    let text = notice_seal_text(&certificate.certificate, &sha256(&genuine.record_bytes));
    let seal = signer().sign(&text).expect("sealed");
    let pdf = render(&certificate, &genuine.record_bytes, &seal, &vkey).expect("drawn");
    altered(&check(&pdf, &trusted()), "seal");
}

#[test]
fn a_notice_that_contradicts_itself_is_not_believed_even_when_sealed() {
    let contradicts = |change: &dyn Fn(&mut NoticeRecord), says: &str| {
        let mut record = notice();
        change(&mut record);
        let report = checked(&record);
        altered(&report, "content");
        assert!(matches!(&report.outcome, Outcome::Altered { what } if what.contains(says)), "{says}: {report:#?}");
    };
    let result = |r: &mut NoticeRecord, attribute: &str, outcome: &str| {
        let found = r.dossier.results.iter_mut().find(|r| r.attribute == attribute).expect("a result");
        found.outcome = outcome.to_owned();
    };
    contradicts(&|r| r.title = "CERTIFICATE OF RELEASE".into(), "title");
    contradicts(&|r| r.notice = "RC-2026-000001".into(), "number of a conditional notice");
    contradicts(&|r| (r.pending.clear(), r.rules.clear()).0, "No result is still to come");
    contradicts(&|r| drop(r.rules.pop()), "not what the specification lets wait");
    contradicts(&|r| (r.pending.push(r.pending[0].clone()), r.rules.push(r.rules[0].clone())).0, "lets wait");
    contradicts(&|r| r.pending[1].due_at = r.pending[0].due_at, "not due when");
    contradicts(&|r| result(r, "VIABILITY", "fail"), "VIABILITY is required");
    contradicts(&|r| result(r, "CD90", "pending"), "CD90 is required");
    contradicts(&|r| result(r, "STERILITY-AE", "fail"), "STERILITY-AE is required");
    contradicts(&|r| result(r, "STERILITY-AE", "indeterminate"), "STERILITY-AE is required");
    contradicts(&|r| r.pending[0].interim = None, "needs an interim reading");
    contradicts(&|r| r.pending[0].interim = Some("Growth".into()), "not the one among the results");
    let turbid = |r: &mut NoticeRecord| {
        r.pending[0].interim = Some("Turbid".into());
        let found = r.dossier.results.iter_mut().find(|r| r.attribute == "STERILITY-AE").expect("a result");
        found.as_typed = "Turbid".into();
    };
    contradicts(&turbid, "not one without growth");
    contradicts(&|r| r.contacts.clear(), "No physician");
    contradicts(&|r| drop(r.contacts.remove(0)), "No physician");
    contradicts(&|r| r.dossier.investigations[0].outcome = "open".into(), "OOS-2026-0001");
    contradicts(&|r| r.dossier.deviations[0].assessment = None, "DEV-2026-0003");
    contradicts(&|r| r.signatures.clear(), "Not exactly one person");
    contradicts(&|r| r.signatures.push(r.signatures[2].clone()), "Not exactly one person");
    contradicts(&|r| r.signatures[2].act = "release".into(), "none of a notice");
    contradicts(&|r| drop(r.signatures.remove(0)), "QC approval");
    contradicts(&|r| r.signatures[1].username = r.signatures[2].username.clone(), "One person");
    contradicts(&|r| r.qualified_person = None, "register number");
    contradicts(&|r| (r.route, r.qualified_person) = ("verify_release".into(), None), "QA officer");
    // Signed over other data: one contact or one pending result was exchanged after signing.
    for exchange in [
        |r: &mut NoticeRecord| drop(r.contacts.pop()),
        |r: &mut NoticeRecord| drop((r.pending.pop(), r.rules.pop())),
        |r: &mut NoticeRecord| r.dossier.containers += 1,
    ] {
        let mut record = notice();
        sign_notice(&mut record);
        exchange(&mut record);
        let report = check(&issue_notice_as_is(&record, &signer()).pdf, &trusted());
        altered(&report, "content");
        assert!(matches!(&report.outcome, Outcome::Altered { what } if what.contains("signed other data")));
    }
}

#[test]
fn no_changed_byte_of_a_notice_goes_unnoticed() {
    let issued = issue_notice(&short_notice());
    let (pdf, record) = (&issued.pdf, &issued.record_bytes);
    let from = pdf.windows(record.len()).position(|w| w == record).expect("attached, and not compressed");
    assert_eq!(parts(pdf).expect("readable").record_bytes, *record);
    let mut places: Vec<usize> = (0..pdf.len()).step_by(97).collect();
    places.extend(from..from + record.len());
    let half = places.len() / 2;
    std::thread::scope(|scope| {
        for places in [&places[..half], &places[half..]] {
            scope.spawn(move || {
                let mut bad = pdf.clone();
                for at in places {
                    bad[*at] ^= if at % 2 == 0 { 0x01 } else { 0x20 };
                    assert!(!accepted(&check(&bad, &trusted())), "byte {at}");
                    bad[*at] = pdf[*at];
                }
            });
        }
    });
    for length in (0..pdf.len()).step_by(997) {
        assert!(!accepted(&check(&pdf[..length], &trusted())), "{length} bytes");
    }
    assert!(!accepted(&check(&[&pdf[..], b"\n"].concat(), &trusted())));
}
