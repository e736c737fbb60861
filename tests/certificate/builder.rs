//! A realistic certificate for the tests, and the changes that turn it into difficult ones.

use lotgate::certificate::{RenderError, notice_seal_text, render, render_notice, seal_text};
use lotgate::domain::certificate::{
    CertificateRecord, CorrectedRecord, DeviationRecord, InvestigationRecord, NotApplicableRecord, NoticeReference,
    QualifiedPersonRecord, SourceRecord, SupersedesRecord,
};
use lotgate::domain::notice::{NOTICE_TITLE, NOTICE_VERSION, NoticeRecord, SignedNotice};
use lotgate::ledger::{KeyName, NoteSigner};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The 21 criteria of an adipose-derived mesenchymal stem cell product, eleven runs (one
/// invalid), one changed value.
pub fn sample() -> CertificateRecord {
    serde_json::from_str(include_str!("sample.json")).expect("sample.json is a record")
}

/// The site's key in the tests.
pub fn signer() -> NoteSigner {
    let name = KeyName::parse("lots.zhujiang-cells.example/site-1").expect("a key name");
    NoteSigner::from_seed(name, &[7; 32])
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Lets the signers sign the dossier as it stands.
pub fn sign(record: &mut CertificateRecord) {
    let dossier = serde_json_canonicalizer::to_vec(&record.dossier).expect("canonical");
    for signature in record.signatures.iter_mut().filter(|s| s.act != "audit_review") {
        signature.signed_sha256 = sha256(&dossier);
    }
}

/// What a site does with a record: canonical bytes, seal, PDF.
pub struct Issued {
    pub record_bytes: Vec<u8>,
    pub seal: String,
    pub pdf: Vec<u8>,
}

pub fn try_issue(record: &CertificateRecord, by: &NoteSigner) -> Result<Issued, RenderError> {
    let mut record = record.clone();
    sign(&mut record);
    issue_as_is(&record, by)
}

/// Without making the signatures right first.
pub fn issue_as_is(record: &CertificateRecord, by: &NoteSigner) -> Result<Issued, RenderError> {
    let record_bytes = serde_json_canonicalizer::to_vec(record).expect("canonical");
    let text = seal_text(&record.certificate, &sha256(&record_bytes));
    let seal = by.sign(&text).expect("sealed");
    let pdf = render(record, &record_bytes, &seal, &by.verifier_key().to_string())?;
    Ok(Issued { record_bytes, seal, pdf })
}

pub fn issue(record: &CertificateRecord) -> Issued {
    try_issue(record, &signer()).expect("rendered")
}

/// The same certificate as it is issued now, with everything that layout 2 added.
pub fn modern() -> CertificateRecord {
    let mut record = sample();
    (record.v, record.layout) = (2, 2);
    let person = record.dossier.runs[0].entered_by.clone();
    let dossier = &mut record.dossier;
    dossier.sources = vec![
        SourceRecord {
            number: "WCB-0012".into(),
            stage: "bank".into(),
            passage: Some(3),
            population_doublings: Some("8.1".into()),
        },
        SourceRecord { number: "D-0031".into(), stage: "donor".into(), passage: None, population_doublings: None },
    ];
    dossier.statements = vec!["allogeneic use".into(), "fresh".into()];
    dossier.dosing =
        Some("One container of 30.0 ×10⁶ viable cells carries at most 60.0 kg at 0.5 ×10⁶ cells/kg.".into());
    dossier.not_applicable = vec![NotApplicableRecord {
        attribute: "CD34".into(),
        name: "CD34-positive".into(),
        acceptance: "NMT 2.0 %".into(),
        because: "applies to passage 3 or more only".into(),
    }];
    dossier.investigations = vec![InvestigationRecord {
        number: "OOS-2026-0001".into(),
        of: dossier.lot.clone(),
        run: 9,
        failures: vec!["Viability: 71.2; 71.2 is not ≥ 80.0".into()],
        retests: vec![14, 15],
        outcome: "result invalidated".into(),
        cause: Some("The stain had expired; the retained preparation stained with a new lot gives 93 %".into()),
        closed_by: Some(person.clone()),
        closed_at: Some("2026-03-02T01:00:00.000000Z".into()),
    }];
    dossier.deviations = vec![DeviationRecord {
        number: "DEV-2026-0003".into(),
        of: "WCB-0012".into(),
        kind: "deviation".into(),
        description: "Incubator alarm for ten minutes".into(),
        assessment: Some("Temperature stayed within 36 to 37 °C; no impact".into()),
        closed_by: Some(person),
        closed_at: Some("2026-03-02T01:10:00.000000Z".into()),
    }];
    dossier.results[0].inherited_from = Some("WCB-0012".into());
    dossier.results[1].alert = Some("alert limit NLT 85.0".into());
    dossier.runs[0].of = Some("WCB-0012".into());
    dossier.runs[1].reagents = vec!["R-0117".into()];
    dossier.runs[1].evidence = vec![record.ledger.tree_root.clone()];
    dossier.runs[1].flags = vec!["reagent R-0117 (AO/PI) had expired on 2026-03-01 00:00 UTC".into()];
    dossier.runs[2].investigation = Some("OOS-2026-0001".into());
    dossier.runs[3].invalidated = Some("Wrong gate template (Ingrid Berg)".into());
    dossier.runs[4].second_entry = vec!["ENDOTOXIN".into()];
    record
}

/// A certificate of the long route, as it is issued now.
pub fn certified() -> CertificateRecord {
    let mut record = modern();
    (record.v, record.layout) = (3, 3);
    record.version = Some(1);
    record.route = Some("verify_qc_qa_qp".into());
    record.policy_version = Some(2);
    record.notice =
        Some(NoticeReference { notice: "CN-2026-000001".into(), issued_at: "2026-02-20T08:00:00.000000Z".into() });
    record.qualified_person =
        Some(QualifiedPersonRecord { username: "pablo".into(), register_number: "QP-4711".into() });
    let signed = |act: &str, username: &str, name: &str, role: &str| {
        let mut signature = record.signatures[0].clone();
        (signature.act, signature.username, signature.name, signature.role) =
            (act.into(), username.into(), name.into(), role.into());
        signature
    };
    record.signatures = vec![
        signed("qc_approval", "cora", "Cora Čermák", "qc"),
        signed("audit_review", "queen", "Queen Qiu", "qa"),
        signed("qp_certification", "pablo", "Pablo Peña", "qp"),
    ];
    record
}

/// The certificate that replaces one with an error.
pub fn replacement() -> CertificateRecord {
    let mut record = certified();
    record.version = Some(2);
    record.supersedes = Some(SupersedesRecord {
        certificate: "RC-2026-000122".into(),
        reason: "Number of bags mistyped".into(),
        corrections: vec![CorrectedRecord { field: "containers".into(), before: "5".into(), after: "4".into() }],
    });
    record.signatures = record.signatures.split_off(2);
    record.signatures[0].act = "supersession".into();
    record
}

/// A conditional notice of the long route: sterility with an interim reading and mycoplasma, not
/// begun, are still to come.
pub fn notice() -> NoticeRecord {
    let of = certified();
    let mut dossier = of.dossier;
    dossier.results.retain(|r| r.attribute != "MYCOPLASMA");
    let sterility = dossier.results.iter_mut().find(|r| r.attribute == "STERILITY-AE").expect("a result");
    sterility.outcome = "pending".into();
    (sterility.as_typed, sterility.reported) = ("No growth to date".into(), "No growth to date".into());
    let mut signatures = of.signatures;
    signatures[2].act = "conditional_release".into();
    let waiting = json!([
        {"attribute": "STERILITY-AE", "name": "Sterility, aerobic", "due_at": "2026-03-16T01:41:07.123456Z",
            "interim": "No growth to date"},
        {"attribute": "MYCOPLASMA", "name": "Mycoplasma", "due_at": "2026-03-30T01:41:07.123456Z"},
    ]);
    let rules = json!([
        {"attribute": "STERILITY-AE", "due_hours": 336, "interim": ["No growth to date"]},
        {"attribute": "MYCOPLASMA", "due_hours": 672},
    ]);
    let contacts = json!([
        {"role": "physician", "name": "Dr Anna Weiß, ward 4B", "reach": "+49 30 555 0100"},
        {"role": "sponsor", "name": "临床研究中心", "reach": "qa@sponsor.example"},
    ]);
    NoticeRecord {
        v: NOTICE_VERSION,
        title: NOTICE_TITLE.into(),
        notice: "CN-2026-000001".into(),
        issued_at: of.issued_at,
        zone: of.zone,
        site: of.site,
        dossier,
        pending: serde_json::from_value(waiting).expect("pending"),
        rules: serde_json::from_value(rules).expect("rules"),
        contacts: serde_json::from_value(contacts).expect("contacts"),
        route: "verify_qc_qa_qp".into(),
        policy_version: 2,
        qualified_person: of.qualified_person,
        signatures,
        ledger: of.ledger,
        software: of.software,
        verify_url: "https://lots.zhujiang-cells.example/verify/CN-2026-000001".into(),
    }
}

/// A notice of the short route, with one result pending: small enough to try every byte of.
pub fn short_notice() -> NoticeRecord {
    let mut record = notice();
    record.dossier.results.retain(|r| r.attribute == "STERILITY-AE");
    record.dossier.runs.truncate(1);
    record.dossier.changes.clear();
    record.pending.truncate(1);
    record.rules.truncate(1);
    record.route = "verify_release".into();
    record.qualified_person = None;
    record.signatures = record.signatures.split_off(2);
    (record.signatures[0].username, record.signatures[0].role) = ("queen".into(), "qa".into());
    record
}

/// Lets the signers of a notice sign what it says.
pub fn sign_notice(record: &mut NoticeRecord) {
    let pending = record.pending.iter().map(|p| p.attribute.as_str()).collect();
    let signed = SignedNotice { dossier: &record.dossier, pending, contacts: &record.contacts };
    let whole = sha256(&serde_json_canonicalizer::to_vec(&signed).expect("canonical"));
    let dossier = sha256(&serde_json_canonicalizer::to_vec(&record.dossier).expect("canonical"));
    for signature in record.signatures.iter_mut().filter(|s| s.act != "audit_review") {
        let hash = if signature.act == "conditional_release" { &whole } else { &dossier };
        signature.signed_sha256.clone_from(hash);
    }
}

/// A notice as a site issues it, without making the signatures right first.
pub fn issue_notice_as_is(record: &NoticeRecord, by: &NoteSigner) -> Issued {
    let record_bytes = serde_json_canonicalizer::to_vec(record).expect("canonical");
    let seal = by.sign(&notice_seal_text(&record.notice, &sha256(&record_bytes))).expect("sealed");
    let pdf = render_notice(record, &record_bytes, &seal, &by.verifier_key().to_string()).expect("rendered");
    Issued { record_bytes, seal, pdf }
}

pub fn issue_notice(record: &NoticeRecord) -> Issued {
    let mut record = record.clone();
    sign_notice(&mut record);
    issue_notice_as_is(&record, &signer())
}

/// Chinese, Polish, Russian and Greek names, long texts, long words, sixty runs.
pub fn stressed() -> CertificateRecord {
    let mut record = sample();
    record.certificate = "RC-2026-000042".to_owned();
    record.verify_url = "https://lots.zhujiang-cells.example/verify/RC-2026-000042".to_owned();
    record.site.name = "珠江细胞治疗中心 Zhujiang Cell Therapy Centre".to_owned();
    record.site.address = "广东省广州市黄埔区科苑路18号".to_owned();
    record.site.synthetic = true;
    record.dossier.specification.example = true;
    record.dossier.lot = "批-AD-26-0007/Ω".to_owned();
    record.dossier.donor = "患者甲".to_owned();
    record.dossier.product_name =
        "人源脂肪间充质干细胞注射液, human adipose-derived cells for intravenous infusion after \
         thawing at the bedside"
            .to_owned();
    record.dossier.results[1].name = "Жизнеспособность клеток (viability, µ-capillary)".to_owned();
    record.dossier.results[2].definition =
        Some("viable nucleated cells in x10^6 per container, counted in duplicate. ".repeat(27));
    record.dossier.results[3].method = "m".repeat(200);
    record.dossier.results[4].acceptance = record.ledger.tree_root.clone();
    record.dossier.results[5].as_typed = "98.970000000000000001".to_owned();
    record.dossier.runs[3].entered_by.name = "Łukasz Żółć".to_owned();
    record.dossier.runs[4].entered_by.name = "Ольга Николаевна Петрова".to_owned();
    record.dossier.runs[5].entered_by.name = "Ελένη Παπαδοπούλου".to_owned();
    record.dossier.runs[2].comment = "Gate reviewed with the second analyst. ".repeat(52);
    record.dossier.changes[0].reason = "细胞计数仪打印纸与录入值不一致, 已核对原始记录。".repeat(8);
    record.signatures[0].name = "陈晓玲".to_owned();
    record.signatures[0].meaning = "本人已审核批生产记录、检验结果及审计追踪, 同意放行。I release this lot.".to_owned();
    while record.dossier.runs.len() < 60 {
        let mut run = record.dossier.runs[record.dossier.runs.len() % 11].clone();
        run.run = i64::try_from(record.dossier.runs.len()).expect("small") + 1;
        if run.run % 7 != 0 {
            run.comment.clear();
        }
        record.dossier.runs.push(run);
    }
    record
}
