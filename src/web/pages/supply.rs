//! The supply of a lot out of specification: what was supplied, and recording it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::containers::read_numbers;
use super::form::Form;
use super::shown;
use super::steps::{Builder, Came, lines};
use super::view::marks::Signature;
use super::view::parts::{self, Fact, Link, Message, Tone};
use super::view::recall::{SupplyPage, SupplyRow};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::assess;
use crate::domain::container::{ContainerState, code};
use crate::domain::course::{Contact, Supplied};
use crate::domain::evaluation::Outcome;
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::Stage;
use crate::domain::supply::NO_RELEASE;
use crate::store::StoredSpecification;
use crate::web::problem::status_of;
use crate::web::{guard, places, times};
use crate::workflow::Error;
use crate::workflow::contact::ContactEntry;
use crate::workflow::permit::SupplyOutOfSpecification;
use crate::workflow::release_lot::to_be_signed;
use crate::workflow::supply::{MEANING, SupplyEntry, supply};

/// The `id` of the form.
const SUPPLY: &str = "supply";

/// How the page calls the fields of its form.
const LABELS: [(&str, &str); 9] = [
    ("physician", "The physician"),
    ("reach", "How to reach the physician"),
    ("requested_at", "When the physician asked"),
    ("hazard", "The hazard"),
    ("risk_evaluation", "The evaluation of the risks"),
    ("accepted_at", "When the physician accepted it"),
    ("notified", "Who was notified"),
    ("containers", "Which containers"),
    ("evidence", "Evidence files"),
];

/// `GET /lots/{lot}/supply`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, visit.lot_number()?, Came::default(), None, StatusCode::OK).await)
        .await
}

/// `POST /lots/{lot}/supply`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let number = visit.lot_number()?;
        let permit = visit.permit::<SupplyOutOfSpecification>().await?.with_once(visit.once(&form));
        let (given, of, subject) = (form.clone(), number.clone(), guard::subject(&visit.req));
        let outcome = match entry(&form, visit) {
            Ok(entry) => {
                let work = visit.work(move |app| {
                    let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
                    supply(app, &signed, &of, &entry)
                });
                work.await
            }
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(_) => Ok(see_other(&format!("/lots/{number}/supply?done=supplied"))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchLot | Code::WrongRole) => {
                let came = Came::labelled(visit, SUPPLY, form, &refusal, &LABELS);
                let (came, message) = came.told(visit, &refusal, "Nothing was signed.");
                page(visit, number, came, message, status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

fn entry(form: &Form, visit: &Visit) -> Result<SupplyEntry, Refusal> {
    let field = |name: &str| form.get(name).trim().to_owned();
    let moment = |name: &str| times::from_input(name, form.get(name), visit.zone);
    let notified = lines(form.get("notified")).iter().map(|line| notified(line)).collect::<Result<Vec<_>, _>>();
    let (asked, accepted) = (moment("requested_at"), moment("accepted_at"));
    let containers = read_numbers(form.get("containers"));
    match (asked, accepted, notified, containers) {
        (Ok(requested_at), Ok(accepted_at), Ok(notified), Ok(containers)) => Ok(SupplyEntry {
            physician: ContactEntry { role: "physician".to_owned(), name: field("physician"), reach: field("reach") },
            requested_at,
            hazard: field("hazard"),
            risk_evaluation: field("risk_evaluation"),
            accepted_at,
            notified,
            containers,
            evidence: lines(form.get("evidence")),
            seen_sha256: Some(field("seen_sha256")).filter(|seen| !seen.is_empty()),
        }),
        (asked, accepted, notified, containers) => {
            let wrong = asked.err().into_iter().chain(accepted.err()).chain(notified.err()).chain(containers.err());
            let unreadable = || Refusal::new(Code::MalformedRequest, "The form could not be read. Send it once more.");
            Err(Refusal::all(wrong.collect()).unwrap_or_else(unreadable))
        }
    }
}

/// `sponsor; Trial office; trial@example.org`
fn notified(line: &str) -> Result<ContactEntry, Refusal> {
    let mut parts = line.splitn(3, ';').map(|part| part.trim().to_owned());
    let (Some(role), Some(name), Some(reach)) = (parts.next(), parts.next(), parts.next()) else {
        let detail = "One line for each: role; name; how to reach them.";
        return Err(Refusal::field(Code::InvalidField, "notified", detail));
    };
    Ok(ContactEntry { role, name, reach })
}

async fn page(
    visit: &Visit,
    number: LotNumber,
    came: Came,
    message: Option<Message>,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let of = number.clone();
    let (lot, stored) = visit.work(move |app| places::find(app, &of, Stage::Product)).await?;
    let mut frame = visit.frame(format!("Supply of {number}"), "supply", "/lots");
    frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new(number.to_string(), format!("/lots/{number}"))];
    frame.problems = came.refused.0.clone();
    let done = || (visit.query("done") == "supplied").then(|| Message::new(Tone::Done, "Signed and recorded."));
    frame.message = message.or_else(done);
    let possible = lot.check_suppliable(&stored.specification, visit.now);
    let (form, why) = match possible {
        _ if !(visit.is(Role::Qa) || visit.is(Role::Qp)) => (None, String::new()),
        Err(refusal) => (None, shown::local_times(&refusal.detail, visit.zone)),
        Ok(()) => (Some(supply_form(visit, &lot, &stored, &came)?), String::new()),
    };
    let supplies = lot.course.supplies.iter().map(|s| row(visit, &lot, s)).collect();
    html(status, &SupplyPage { frame, notice: NO_RELEASE.to_owned(), supplies, form, why })
}

fn supply_form(visit: &Visit, lot: &Lot, stored: &StoredSpecification, came: &Came) -> Result<StepForm, Error> {
    let assessment = assess(lot, &stored.specification, visit.now);
    let (dossier, dossier_sha256) = to_be_signed(lot, stored, &assessment)?;
    let failing = assessment.items.iter().filter(|item| item.verdict.outcome == Outcome::Fail);
    let failing: Vec<String> = failing.map(|i| format!("{}: {}", i.criterion.name, i.verdict.because)).collect();
    let failing = if failing.is_empty() { "none; the lot was rejected".to_owned() } else { failing.join("; ") };
    let in_stock = |n: &u32| lot.course.container_state(*n) == ContainerState::InStock;
    let stock: Vec<String> = (1..=lot.details.containers).filter(in_stock).map(|n| n.to_string()).collect();
    let stock =
        if stock.is_empty() { "none is in stock".to_owned() } else { format!("in stock: {}", stock.join(", ")) };
    let title = "Record a supply out of specification";
    Ok(Builder::new(visit, came, SUPPLY, title, format!("/lots/{}/supply", lot.number()))?
        .lead("The lot as it stands and what you type below are signed together.")
        .shows(vec![
            Fact::new("Lot", format!("{}, {}, {}", dossier.lot, dossier.product, stock)),
            Fact::new("Results that fail", shown::local_times(&failing, visit.zone)),
            Fact::hash("SHA-256 of the lot’s record", dossier_sha256.as_str()),
        ])
        .hidden("seen_sha256", &dossier_sha256)
        .line("physician", "Physician who asked", "Name and ward; never a patient.")
        .line("reach", "How to reach the physician", "")
        .moment("requested_at", "When the physician asked", "")
        .lines("hazard", "Immediate significant hazard that supply avoids", "As the physician stated it.")
        .lines("risk_evaluation", "Evaluation of the risks", "As given to the physician.")
        .moment("accepted_at", "When the physician accepted it", "")
        .lines(
            "notified",
            "Who was notified",
            "One line for each: physician, qp, qa, sponsor or authority; name; how to reach them.",
        )
        .line("containers", "Which containers", "Their numbers, such as 1, 2.")
        .optional_lines("evidence", "Evidence files", "SHA-256, one in each line.")
        .line("meaning", "What your signature means", "")
        .preset(MEANING)
        .button("Sign and record"))
}

fn row(visit: &Visit, lot: &Lot, supplied: &Supplied) -> SupplyRow {
    let s = &supplied.supply;
    let contact = |c: &Contact| format!("{} {}, {}", c.role.as_str(), c.name.as_str(), c.reach.as_str());
    let containers: Vec<String> = s.containers.iter().map(|n| code(lot.number(), *n)).collect();
    let notified: Vec<String> = s.notified.iter().map(contact).collect();
    SupplyRow {
        facts: vec![
            Fact::new("Asked by", contact(&s.physician)),
            Fact::new("Asked", times::to_minutes(s.requested_at, visit.zone)),
            Fact::new("Accepted", times::to_minutes(s.accepted_at, visit.zone)),
            Fact::new("Containers", containers.join(", ")),
            Fact::new("Notified", notified.join("; ")),
        ],
        hazard: s.hazard.as_str().to_owned(),
        risk_evaluation: s.risk_evaluation.as_str().to_owned(),
        signature: Signature {
            meaning: MEANING.to_owned(),
            full_name: supplied.by.name.as_str().to_owned(),
            username: supplied.by.username.to_string(),
            role: String::new(),
            at: parts::Moment::new(supplied.at.to_string(), times::to_seconds(supplied.at, visit.zone), ""),
        },
    }
}
