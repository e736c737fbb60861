//! Replacing a certificate that has an error: the form on its page, and signing it.
//!
//! Promises: what is signed is what was shown; what was not changed on the page is not corrected,
//! although a field shows less of a moment than is on record.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::certificates::{self, address};
use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::parts::Fact;
use super::view::signing::StepForm;
use super::visit::{Visit, see_other, signed_in};
use crate::domain::certificate::CertificateRecord;
use crate::domain::course::Correction;
use crate::domain::ids::CertificateNumber;
use crate::domain::lot::{Lot, LotDetails};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::sign_offs::{self, Step};
use crate::domain::site_policy::SitePolicy;
use crate::domain::text::capitalised;
use crate::store::Issued;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::permit::{Permit, Subject, SupersedeCertificate};
use crate::workflow::supersede_certificate::{self, SupersessionEntry, subject_of, supersede_certificate};
use crate::workflow::{App, Error};

/// The `id` of the form.
pub const SUPERSESSION: &str = "supersession";

/// What can be corrected, as the page calls it.
const LABELS: [(&str, &str); 4] = [
    ("reason", "What was wrong"),
    ("containers", "Number of containers"),
    ("manufactured_at", "Manufactured"),
    ("expires_at", "Expires"),
];

/// `GET /certificates/{number}/supersession`: the form stands on the certificate's page.
pub async fn back(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let number = CertificateNumber::parse(address(visit))?;
        Ok(see_other(&format!("/certificates/{number}#{SUPERSESSION}")))
    })
    .await
}

/// `POST /certificates/{number}/supersession`
pub async fn replace(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let (permit, subject, number) = allowed(visit).await?;
        let permit = permit.with_once(visit.once(&form));
        let (of, given, zone) = (number.clone(), form.clone(), visit.zone);
        let outcome = visit
            .work(move |app| {
                let issued = app.read(|view| Ok(view.certificate(&of)??))?;
                let (lot, _) = app.lot(&issued.lot)?;
                let entry = entry(&given, &lot.details, zone)?;
                let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
                supersede_certificate(app, &signed, &of, &entry)
            })
            .await;
        match outcome {
            Ok(made) => Ok(see_other(&format!("/certificates/{}?done={SUPERSESSION}", made.certificate))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchCertificate | Code::WrongRole) => {
                let refusal = in_words_of_the_page(refusal);
                let came = Came::labelled(visit, SUPERSESSION, form, &refusal, &LABELS);
                let (came, message) = came.told(visit, &refusal, "Nothing was signed.");
                certificates::page(visit, number, &came, message, status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// The permit of who asks. The attempt belongs to the certificate's lot, which the address does not
/// name; who may not is told so before whether there is such a certificate.
async fn allowed(visit: &Visit) -> Result<(Permit<SupersedeCertificate>, Subject, CertificateNumber), Error> {
    let (user, number) = (visit.somebody.user.clone(), CertificateNumber::parse(address(visit)));
    visit
        .work(move |app: &App| {
            let subject = number.clone().map_err(Error::from).and_then(|number| subject_of(app, &number));
            let known = subject.as_ref().ok().cloned().unwrap_or_default();
            let permit = Permit::<SupersedeCertificate>::grant(app, &user, &known)?;
            Ok((permit, subject?, number?))
        })
        .await
}

/// The corrections: only what differs from what the page showed.
fn entry(form: &Form, there: &LotDetails, zone: chrono_tz::Tz) -> Result<SupersessionEntry, Refusal> {
    let moment = |field: &str, there: Moment| {
        let typed = form.get(field).trim();
        if typed == times::to_input(there, zone) { Ok(None) } else { times::from_input(field, typed, zone).map(Some) }
    };
    let containers = form.get("containers").trim().parse::<u32>().map_err(|_| {
        let detail = "Give the number of containers as a whole number, such as 4.";
        Refusal::field(Code::InvalidField, "containers", detail)
    });
    let (made, expires) = (moment("manufactured_at", there.manufactured_at), moment("expires_at", there.expires_at));
    match (containers, made, expires) {
        (Ok(containers), Ok(manufactured_at), Ok(expires_at)) => Ok(SupersessionEntry {
            reason: form.get("reason").to_owned(),
            containers: Some(containers),
            manufactured_at,
            expires_at,
            seen_sha256: Some(form.get("seen_sha256").to_owned()).filter(|seen| !seen.is_empty()),
        }),
        (containers, made, expires) => {
            let wrong = containers.err().into_iter().chain(made.err()).chain(expires.err());
            let unreadable = || Refusal::new(Code::MalformedRequest, "The form could not be read. Send it once more.");
            Err(Refusal::all(wrong.collect()).unwrap_or_else(unreadable))
        }
    }
}

/// The refusal names no fields of the API where the page has its own words.
fn in_words_of_the_page(refusal: Refusal) -> Refusal {
    match refusal.code {
        Code::NothingToCorrect => {
            let detail =
                "Nothing would be different: every value is as it stands on the certificate. Change what was wrong.";
            Refusal { detail: detail.to_owned(), ..refusal }
        }
        _ => refusal,
    }
}

/// What the form is made of.
pub struct Offered<'a> {
    /// The certificate.
    pub issued: &'a Issued,
    /// Its lot as it stands.
    pub lot: &'a Lot,
    /// The site's policy.
    pub policy: &'a SitePolicy,
    /// Why the reader is no qualified person now, where they are a QP.
    pub unqualified: Option<&'a Refusal>,
}

/// The form, or why this reader cannot replace the certificate; neither where it does not stand or
/// it is not for them to do.
///
/// # Errors
/// There is no randomness for the form's key.
pub fn offer(visit: &Visit, of: &Offered, came: &Came) -> Result<(Option<StepForm>, String), Error> {
    let Offered { issued, lot, .. } = of;
    let decides = visit.is(Role::Qa) || visit.is(Role::Qp);
    if !decides || sign_offs::check_standing(lot, &issued.number).is_err() {
        return Ok((None, String::new()));
    }
    if let Some(why) = why_not(visit, of) {
        return Ok((None, why));
    }
    let details = &lot.details;
    let action = format!("/certificates/{}/{SUPERSESSION}", issued.number);
    let form = Builder::new(visit, came, SUPERSESSION, "Replace this certificate", action)?
        .lead(
            "For an error in what nobody measured: change what is wrong below. The new certificate gets a number of its own \
             and says what was corrected; this one stays, and verifies as superseded.",
        )
        .shows(vec![
            Fact::new("Replaces", format!("{}, of lot {}", issued.number, issued.lot)),
            Fact::hash("SHA-256 of its record", issued.record_sha256.as_str()),
        ])
        .hidden("seen_sha256", &issued.record_sha256)
        .line("containers", "Number of containers", "")
        .preset(&details.containers.to_string())
        .moment("manufactured_at", "Manufactured", &in_site_time(visit))
        .preset(&times::to_input(details.manufactured_at, visit.zone))
        .moment("expires_at", "Expires", "Never later than it stands on the certificate.")
        .preset(&times::to_input(details.expires_at, visit.zone))
        .line("reason", "What was wrong", "It is printed on the new certificate.")
        .line("meaning", "What your signature means", "")
        .preset(supersede_certificate::MEANING)
        .button("Sign and replace");
    Ok((Some(form), String::new()))
}

fn in_site_time(visit: &Visit) -> String {
    format!("In the site’s time, {}.", visit.app.site().zone)
}

/// Why a QA officer or QP may not sign the replacement; none where they may.
fn why_not(visit: &Visit, of: &Offered) -> Option<String> {
    let route = of.policy.release_route;
    let last = sign_offs::steps(of.policy).last().copied().unwrap_or(Step::Release);
    let role = last.role(route);
    if !visit.is(role) {
        let who = capitalised(&role.with_article());
        return Some(format!(
            "{who} replaces this certificate where it has an error: the site’s route ends with that."
        ));
    }
    let hands = sign_offs::check_hands(of.lot, &visit.actor(role), "sign its corrected certificate");
    let refusal = hands.err().or_else(|| of.unqualified.filter(|_| role == Role::Qp).cloned())?;
    Some(shown::local_times(&refusal.detail, visit.zone))
}

/// What was corrected, a line each, with its moments in the site's zone.
pub fn corrected(visit: &Visit, corrections: &[Correction]) -> Vec<Fact> {
    let shown = |text: &str| match Moment::parse("at", text) {
        Ok(at) => times::to_minutes(at, visit.zone),
        Err(_) => text.to_owned(),
    };
    let line = |c: &Correction| {
        let label = LABELS.iter().find(|(name, _)| *name == c.field).map_or(c.field.as_str(), |(_, label)| *label);
        Fact::new(label, format!("{} → {}", shown(&c.before), shown(&c.after)))
    };
    corrections.iter().map(line).collect()
}

/// What a certificate says of its lot, also where it was corrected later.
pub fn as_certified(visit: &Visit, record: &CertificateRecord) -> Vec<Fact> {
    let at = |text: &str| match Moment::parse("at", text) {
        Ok(at) => times::to_minutes(at, visit.zone),
        Err(_) => text.to_owned(),
    };
    let dossier = &record.dossier;
    vec![
        Fact::new("Containers", dossier.containers.to_string()),
        Fact::new("Manufactured", at(&dossier.manufactured_at)),
        Fact::new("Lot expires", at(&dossier.expires_at)),
    ]
}
