//! The register of certified batches (Directive 2001/83/EC, Art. 51(3)).
//!
//! Promises: made from the facts and from nothing else; that the running numbers have no gap is
//! counted each time and never assumed; a certificate that was revoked or replaced stays in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::certificate::SignatureRecord;
use super::course::RevocationClass;
use super::event::{AccountEvent, CourseEvent, Event, Fact};
use super::ids::{CertificateNumber, LotNumber, Username};
use super::moment::Moment;
use super::past::Numbered;
use super::refusal::{Code, Refusal};

/// The kinds of facts that the register is made from.
pub const KINDS: [&str; 5] =
    ["lot_registered", "lot_released", "certificate_superseded", "lot_revoked", "qualified_person_named"];

/// A certificate in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// Running number, from 1.
    pub ordinal: u64,
    /// The certificate.
    pub certificate: CertificateNumber,
    /// The lot.
    pub lot: LotNumber,
    /// Its product.
    pub product: String,
    /// When it was certified (UTC).
    pub certified_at: Moment,
    /// Full name of who certified.
    pub name: String,
    /// User name.
    pub username: String,
    /// The role acted in.
    pub role: String,
    /// Number in the register of qualified persons, as it was named then.
    pub register_number: Option<String>,
    /// `standing`, `superseded` or `revoked`.
    pub state: String,
    /// The certificate that replaced it.
    pub superseded_by: Option<CertificateNumber>,
    /// The certificate that it replaced.
    pub supersedes: Option<CertificateNumber>,
    /// When it was revoked (UTC).
    pub revoked_at: Option<Moment>,
    /// Of what sort the reason is.
    pub revocation_class: Option<RevocationClass>,
    /// The ledger entry that certified it.
    pub entry: i64,
}

/// The register, or the part of it from one moment to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Certified at this moment or later; none for from the beginning.
    pub from: Option<Moment>,
    /// Certified before this moment; none for until now.
    pub to: Option<Moment>,
    /// Oldest first.
    pub certificates: Vec<Certified>,
    /// How many certificates there are in all.
    pub issued: u64,
    /// Running numbers up to the highest that no certificate has.
    pub missing: Vec<u64>,
    /// Running numbers that more than one certificate has.
    pub repeated: Vec<u64>,
    /// The finding in a sentence.
    pub statement: String,
}

/// The running number at the end of a certificate's number.
fn ordinal(number: &CertificateNumber) -> u64 {
    number.as_str().rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// The register as these facts tell it, oldest first.
///
/// # Errors
/// The period ends before it begins.
pub fn register(facts: &[Numbered], from: Option<Moment>, to: Option<Moment>) -> Result<Register, Refusal> {
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Refusal::field(Code::InvalidField, "to", "to must be later than from."));
    }
    let mut all = Making::default();
    facts.iter().for_each(|(entry, fact)| all.take(*entry, fact));
    let certificates = all.certificates;
    let (missing, repeated) = gaps(&certificates);
    let statement = statement(&certificates, &missing, &repeated);
    let issued = u64::try_from(certificates.len()).unwrap_or(u64::MAX);
    let within =
        |c: &Certified| from.is_none_or(|from| c.certified_at >= from) && to.is_none_or(|to| c.certified_at < to);
    let certificates = certificates.into_iter().filter(within).collect();
    Ok(Register { from, to, certificates, issued, missing, repeated, statement })
}

#[derive(Default)]
struct Making {
    certificates: Vec<Certified>,
    products: BTreeMap<LotNumber, String>,
    named: BTreeMap<Username, String>,
}

impl Making {
    fn take(&mut self, entry: i64, fact: &Fact) {
        match &fact.event {
            Event::LotRegistered(details) => {
                self.products.insert(details.lot.clone(), details.product.to_string());
            }
            Event::Account(AccountEvent::QualifiedPersonNamed { username, register_number, .. }) => {
                self.named.insert(username.clone(), register_number.as_str().to_owned());
            }
            Event::LotReleased { lot, certificate, signature, .. } => {
                self.add(entry, fact, lot, certificate, signature, None);
            }
            Event::Course(CourseEvent::CertificateSuperseded {
                lot, certificate, by_certificate, signature, ..
            }) => {
                if let Some(old) = self.find(certificate) {
                    old.superseded_by = Some(by_certificate.clone());
                    "superseded".clone_into(&mut old.state);
                }
                self.add(entry, fact, lot, by_certificate, signature, Some(certificate));
            }
            Event::Course(CourseEvent::LotRevoked { certificate: Some(certificate), class, .. }) => {
                if let Some(revoked) = self.find(certificate) {
                    revoked.revoked_at = Some(fact.at);
                    revoked.revocation_class = Some(*class);
                    "revoked".clone_into(&mut revoked.state);
                }
            }
            _ => {}
        }
    }

    fn find(&mut self, number: &CertificateNumber) -> Option<&mut Certified> {
        self.certificates.iter_mut().find(|c| c.certificate == *number)
    }

    fn add(
        &mut self,
        entry: i64,
        fact: &Fact,
        lot: &LotNumber,
        certificate: &CertificateNumber,
        signature: &SignatureRecord,
        supersedes: Option<&CertificateNumber>,
    ) {
        let register_number = self.named.get(&fact.by.username).filter(|_| signature.role == "qp").cloned();
        self.certificates.push(Certified {
            ordinal: ordinal(certificate),
            certificate: certificate.clone(),
            lot: lot.clone(),
            product: self.products.get(lot).cloned().unwrap_or_default(),
            certified_at: fact.at,
            name: signature.name.clone(),
            username: signature.username.clone(),
            role: signature.role.clone(),
            register_number,
            state: "standing".to_owned(),
            superseded_by: None,
            supersedes: supersedes.cloned(),
            revoked_at: None,
            revocation_class: None,
            entry,
        });
    }
}

/// Running numbers that are missing, and those that are there more than once.
fn gaps(certificates: &[Certified]) -> (Vec<u64>, Vec<u64>) {
    let mut counted: BTreeMap<u64, u64> = BTreeMap::new();
    for certificate in certificates {
        *counted.entry(certificate.ordinal).or_default() += 1;
    }
    let highest = counted.keys().next_back().copied().unwrap_or_default();
    // A forged number of nine digits must not fill a list of as many.
    let missing = (1..=highest).filter(|n| !counted.contains_key(n)).take(1000).collect();
    let repeated = counted.into_iter().filter(|(_, times)| *times > 1).map(|(n, _)| n).collect();
    (missing, repeated)
}

fn statement(certificates: &[Certified], missing: &[u64], repeated: &[u64]) -> String {
    let listed = |numbers: &[u64]| numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let highest = certificates.iter().map(|c| c.ordinal).collect::<BTreeSet<_>>().last().copied().unwrap_or_default();
    match (highest, missing, repeated) {
        (0, ..) => "No certificate has been issued yet.".to_owned(),
        (1, [], []) => "One certificate was issued, number 1.".to_owned(),
        (last, [], []) => format!("The numbers 1 to {last} were counted: each was given once, none is missing."),
        (_, missing, []) => format!("The numbers have gaps: {} are missing.", listed(missing)),
        (_, [], repeated) => format!("The numbers {} were given more than once.", listed(repeated)),
        (_, missing, repeated) => {
            format!(
                "The numbers have gaps: {} are missing; {} were given more than once.",
                listed(missing),
                listed(repeated)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(numbers: &[&str]) -> Vec<Fact> {
        let released = include_str!("../../tests/facts/v1/lot_released.json");
        let fact: Fact = serde_json::from_str(released).expect("a fixture");
        let with = |number: &&str| {
            let mut fact = fact.clone();
            if let Event::LotReleased { certificate, .. } = &mut fact.event {
                *certificate = CertificateNumber::parse(number).expect("a number");
            }
            fact
        };
        numbers.iter().map(with).collect()
    }

    fn register_of(numbers: &[&str]) -> Register {
        let facts = facts(numbers);
        let numbered: Vec<Numbered> = (0..).zip(&facts).collect();
        register(&numbered, None, None).expect("a register")
    }

    #[test]
    fn numbers_without_a_gap_are_counted_over_the_years() {
        let register = register_of(&["RC-2025-000001", "RC-2025-000002", "RC-2026-000003"]);
        assert_eq!((register.issued, register.missing.len(), register.repeated.len()), (3, 0, 0));
        assert_eq!(register.statement, "The numbers 1 to 3 were counted: each was given once, none is missing.");
        assert_eq!(register_of(&[]).statement, "No certificate has been issued yet.");
    }

    #[test]
    fn a_gap_and_a_number_given_twice_are_said() {
        let register = register_of(&["RC-2026-000001", "RC-2026-000004", "RC-2026-000004"]);
        assert_eq!((register.missing, register.repeated), (vec![2, 3], vec![4]));
        assert_eq!(register.statement, "The numbers have gaps: 2, 3 are missing; 4 were given more than once.");
        assert_eq!(register_of(&["RC-2026-999999999"]).missing.len(), 1000);
    }

    #[test]
    fn a_replaced_and_a_revoked_certificate_stay_in_it_and_say_what_they_are() {
        let read = |text: &str| -> Fact { serde_json::from_str(text).expect("a fixture") };
        let released = read(include_str!("../../tests/facts/v1/lot_released.json"));
        let superseded = read(include_str!("../../tests/facts/v1/certificate_superseded.json"));
        let mut revoked = read(include_str!("../../tests/facts/v1/lot_revoked.by_hand.json"));
        if let Event::Course(CourseEvent::LotRevoked { certificate, .. }) = &mut revoked.event {
            *certificate = CertificateNumber::parse("RC-2026-000002").ok();
        }
        let facts = [released, superseded, revoked];
        let numbered: Vec<Numbered> = (0..).zip(&facts).collect();
        let register = super::register(&numbered, None, None).expect("a register");
        assert_eq!((register.issued, register.missing.len()), (2, 0));
        let [first, second] = &register.certificates[..] else { panic!("{register:?}") };
        assert_eq!((first.state.as_str(), first.superseded_by.as_ref()), ("superseded", Some(&second.certificate)));
        assert_eq!((second.state.as_str(), second.supersedes.as_ref()), ("revoked", Some(&first.certificate)));
        assert_eq!(second.revocation_class, Some(RevocationClass::QualityDefect));
        assert_eq!(second.revoked_at, Some(facts[2].at));
        // A notice that was revoked before there was a certificate revokes none.
        let only_notice = [facts[0].clone(), read(include_str!("../../tests/facts/v1/lot_revoked.by_hand.json"))];
        let numbered: Vec<Numbered> = (0..).zip(&only_notice).collect();
        let made = super::register(&numbered, None, None).expect("a register");
        assert_eq!(made.certificates[0].state, "standing");
    }

    #[test]
    fn a_qualified_person_stands_in_it_with_the_number_named_before() {
        let named =
            include_str!("../../tests/facts/v1/qualified_person_named.json").replace("pilar.ortiz", "ingrid.berg");
        let released = include_str!("../../tests/facts/v1/lot_released.json");
        let certified = released.replace("\"role\":\"qa\"", "\"role\":\"qp\"");
        let number = |facts: &[&str]| {
            let facts: Vec<Fact> = facts.iter().map(|f| serde_json::from_str(f).expect("a fixture")).collect();
            let numbered: Vec<Numbered> = (0..).zip(&facts).collect();
            super::register(&numbered, None, None).expect("a register").certificates.remove(0).register_number
        };
        assert_eq!(number(&[&named, &certified]).as_deref(), Some("QP-ES-00417"));
        assert_eq!(number(&[&certified, &named]), None, "named too late");
        assert_eq!(number(&[&named, released]), None, "she acted as QA officer");
    }
}
