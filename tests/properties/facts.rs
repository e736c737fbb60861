//! The encoding of facts: what goes in comes out, and equal facts have equal bytes.

use lotgate::domain::certificate::SignatureRecord;
use lotgate::domain::event::{Event, FACT_VERSION, Fact, SiteDetails};
use lotgate::domain::file::{FILE_BYTES_MAX, FileDetails, FileHash, MediaType};
use lotgate::domain::ids::{
    AssayCode, AttributeCode, CertificateNumber, DonorCode, LotNumber, ProductCode, RunNumber, Username,
};
use lotgate::domain::lot::LotDetails;
use lotgate::domain::moment::Moment;
use lotgate::domain::role::{Actor, Person, Role};
use lotgate::domain::run::{Change, ControlReading, Raw, Reading, RunContent};
use lotgate::domain::shipped;
use lotgate::domain::spec::Stage;
use lotgate::domain::text::{Line, Remark};
use lotgate::ledger::canonical;
use proptest::prelude::*;

/// Characters that have to be escaped, sorted or composed: the hard ones of JSON and Unicode.
const LINE: &str = "[a-zA-Z0-9 \"\\\\/<>&'éøŁ×µ⁶₂患者林\u{1F9EC}]{0,20}[a-zA-Z0-9]";

fn line() -> impl Strategy<Value = Line> {
    LINE.prop_map(|text| Line::parse("text", &text).expect("a line"))
}

fn remark() -> impl Strategy<Value = Remark> {
    prop_oneof![Just(String::new()), LINE.prop_map(|l| format!("{l}\n{l}"))]
        .prop_map(|text| Remark::parse("text", &text).expect("a remark"))
}

fn moment() -> impl Strategy<Value = Moment> {
    (946_684_800_000_000_i64..4_102_444_800_000_000)
        .prop_map(|micros| Moment::new(chrono::DateTime::from_timestamp_micros(micros).expect("in this century")))
}

fn code<T>(parse: fn(&str) -> Result<T, lotgate::domain::refusal::Refusal>) -> impl Strategy<Value = T>
where
    T: std::fmt::Debug,
{
    "[A-Za-z0-9][A-Za-z0-9._-]{0,39}".prop_map(move |text| parse(&text).expect("a code"))
}

fn person() -> impl Strategy<Value = Person> {
    (code(Username::parse), line()).prop_map(|(username, name)| Person { username, name })
}

fn role() -> impl Strategy<Value = Role> {
    prop::sample::select(&[Role::Analyst, Role::Qa, Role::Auditor, Role::Admin, Role::System][..])
}

fn run_number() -> impl Strategy<Value = RunNumber> {
    // Up to the largest integer that canonical JSON can hold.
    (1..=(1_i64 << 53) - 1).prop_map(RunNumber)
}

fn certificate() -> impl Strategy<Value = CertificateNumber> {
    (1000..3000_i32, 0..999_999_999_i64).prop_map(|(year, issued)| CertificateNumber::next(year, issued))
}

fn hex() -> impl Strategy<Value = String> {
    "[0-9a-f]{64}".prop_map(|h| h)
}

fn details() -> impl Strategy<Value = LotDetails> {
    let codes = (code(LotNumber::parse), code(ProductCode::parse), code(DonorCode::parse));
    (codes, 1_u32.., moment(), moment(), any::<u32>()).prop_map(|(codes, version, made, expires, containers)| {
        LotDetails {
            lot: codes.0,
            product: codes.1,
            specification_version: version,
            donor: codes.2,
            manufactured_at: made,
            expires_at: expires,
            containers,
            stage: Stage::Product,
            bank: None,
            passage: None,
            population_doublings: None,
            autologous: None,
            cryopreserved: None,
            antibiotics: None,
        }
    })
}

fn content() -> impl Strategy<Value = RunContent> {
    let control = (LINE, LINE).prop_map(|(name, value)| ControlReading { name, value });
    let reading = (code(AttributeCode::parse), LINE, proptest::option::of("%|EU/mL|×10⁶"))
        .prop_map(|(attribute, value, unit)| Reading { attribute, value, unit, raw: Raw::new(), formula: None });
    let times = (proptest::option::of(moment()), moment());
    let lists = (prop::collection::vec(control, 0..3), prop::collection::vec(reading, 0..5));
    (code(AssayCode::parse), line(), remark(), times, lists, remark()).prop_map(
        |(assay, method, instrument, (started_at, tested_at), (controls, readings), comment)| RunContent {
            assay,
            method,
            instrument,
            started_at,
            tested_at,
            controls,
            readings,
            comment,
            reagents: Vec::new(),
            evidence: Vec::new(),
            investigation: None,
            flags: Vec::new(),
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    (code(AttributeCode::parse), LINE, LINE, line(), person(), moment()).prop_map(
        |(attribute, before, after, reason, by, at)| Change {
            attribute,
            before,
            after,
            reason,
            by,
            at,
            raw_before: Raw::new(),
            raw_after: Raw::new(),
            formula_after: None,
        },
    )
}

fn signature() -> impl Strategy<Value = SignatureRecord> {
    (LINE, LINE, LINE, LINE, hex()).prop_map(|(meaning, name, username, at, signed_sha256)| SignatureRecord {
        act: "release".into(),
        meaning,
        name,
        username,
        role: "qa".into(),
        at,
        signed_sha256,
    })
}

fn site() -> impl Strategy<Value = SiteDetails> {
    (line(), [LINE, LINE, LINE, LINE, LINE], any::<bool>(), LINE).prop_map(|(name, texts, synthetic, software)| {
        let [address, licence, zone, origin, verifier_key] = texts;
        SiteDetails { name, address, licence, zone, origin, verifier_key, synthetic, software }
    })
}

fn event() -> impl Strategy<Value = Event> {
    let lot = || code(LotNumber::parse);
    let installed = hex().prop_map(|sha256| {
        let specification = Box::new(shipped::specifications().expect("readable").remove(0));
        Event::SpecificationInstalled { specification, sha256 }
    });
    let user = (code(Username::parse), line(), prop::collection::vec(role(), 0..4))
        .prop_map(|(username, full_name, roles)| Event::UserCreated { username, full_name, roles });
    let recorded =
        (run_number(), lot(), content()).prop_map(|(run, lot, content)| Event::RunRecorded { run, lot, content });
    let corrected = (run_number(), lot(), prop::collection::vec(change(), 0..4))
        .prop_map(|(run, lot, changes)| Event::RunCorrected { run, lot, changes });
    let verified = (run_number(), lot(), hex()).prop_map(|(run, lot, content_sha256)| Event::RunVerified {
        run,
        lot,
        content_sha256,
        second_entry: Vec::new(),
    });
    let released = (lot(), certificate(), hex(), hex(), signature()).prop_map(
        |(lot, certificate, record_sha256, pdf_sha256, signature)| Event::LotReleased {
            lot,
            certificate,
            record_sha256,
            pdf_sha256,
            signature,
        },
    );
    let rejected = (lot(), line(), hex(), signature()).prop_map(|(lot, reason, record_sha256, signature)| {
        Event::LotRejected { lot, reason, record_sha256, signature }
    });
    let refused = (proptest::option::of(lot()), proptest::option::of(run_number()), LINE, LINE, LINE)
        .prop_map(|(lot, run, act, code, detail)| Event::AttemptRefused { act, lot, run, code, detail });
    let file = (hex(), prop::sample::select(&MediaType::ALL[..]), 1..=FILE_BYTES_MAX as u64, line()).prop_map(
        |(sha256, media_type, bytes, name)| {
            let sha256 = FileHash::parse(&sha256).expect("a hash");
            Event::FileStored(FileDetails { sha256, media_type, bytes, name })
        },
    );
    prop_oneof![
        site().prop_map(Event::SiteCreated),
        installed,
        user,
        Just(Event::SignedIn {}),
        Just(Event::SignedOut {}),
        code(Username::parse).prop_map(|username| Event::SignInFailed { username }),
        details().prop_map(Event::LotRegistered),
        recorded,
        corrected,
        verified,
        released,
        rejected,
        refused,
        file,
    ]
}

fn fact() -> impl Strategy<Value = Fact> {
    let actor =
        (person(), role()).prop_map(|(person, role)| Actor { username: person.username, name: person.name, role });
    (moment(), "[0-9a-f]{32}", actor, event()).prop_map(|(at, salt, by, event)| Fact {
        v: FACT_VERSION,
        at,
        salt,
        by,
        event,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_fact_reads_back_as_it_was_written_and_writes_back_as_it_was_read(fact in fact()) {
        let bytes = canonical::text(&fact).expect("canonical");
        let read: Fact = serde_json::from_str(&bytes).expect("readable");
        prop_assert_eq!(&read, &fact);
        prop_assert_eq!(canonical::text(&read).expect("canonical"), bytes);
    }

    #[test]
    fn canonical_bytes_hold_no_needless_space_and_their_keys_are_sorted(fact in fact()) {
        let bytes = canonical::text(&fact).expect("canonical");
        // serde_json's own map is sorted too, and its compact writer escapes as RFC 8785 asks.
        let value: serde_json::Value = serde_json::from_str(&bytes).expect("JSON");
        prop_assert_eq!(serde_json::to_string(&value).expect("JSON"), bytes);
    }
}
