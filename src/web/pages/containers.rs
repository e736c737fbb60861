//! Where the containers are, and moving them.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::parts::{Link, Message, Tone};
use super::view::recall::{ContainerRow, ContainersPage};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::container::{ContainerState, Moved, Movement};
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::Specification;
use crate::web::api::containers::{read_place, read_state};
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::Error;
use crate::workflow::contact::ContactEntry;
use crate::workflow::list_containers::{ContainerQuery, ListedContainer, list_containers};
use crate::workflow::move_containers::{MovementEntry, move_containers};
use crate::workflow::permit::MoveContainers;
use crate::workflow::print_label::sizes;

/// How many containers of all lots a page has.
const ROWS: usize = 100;

/// The `id` of the form that moves containers.
const MOVEMENT: &str = "movement";

/// The choice that containers had left before the lot was revoked or expired.
const LATE: &str = "shipped_before";

/// How the page calls the fields of its form.
const LABELS: [(&str, &str); 6] = [
    ("act", "What became of them"),
    ("containers", "Which containers"),
    ("moved_at", "When"),
    ("to", "To whom"),
    ("reach", "How to reach them"),
    ("remark", "How, in what condition, or why"),
];

/// `GET /containers`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, None, Came::default(), None, StatusCode::OK).await).await
}

/// `GET /lots/{lot}/containers`
pub async fn of_lot(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        page(visit, Some(visit.lot_number()?), Came::default(), None, StatusCode::OK).await
    })
    .await
}

/// `POST /lots/{lot}/containers`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let number = visit.lot_number()?;
        let permit = visit.permit::<MoveContainers>().await?.with_once(visit.once(&form));
        let outcome = match entry(&form, &number, visit) {
            Ok(entry) => visit.work(move |app| move_containers(app, &permit, &entry)).await,
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(_) => Ok(see_other(&format!("/lots/{number}/containers?done=moved"))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchLot | Code::WrongRole) => {
                let came = Came::labelled(visit, MOVEMENT, form, &refusal, &LABELS);
                let (came, message) = came.told(visit, &refusal, "Nothing was recorded.");
                page(visit, Some(number), came, message, status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

fn entry(form: &Form, lot: &LotNumber, visit: &Visit) -> Result<MovementEntry, Refusal> {
    let field = |name: &str| form.get(name).trim().to_owned();
    let to = ContactEntry { role: "physician".to_owned(), name: field("to"), reach: field("reach") };
    let late_entry = field("act") == LATE;
    let act = if late_entry { "shipped".to_owned() } else { field("act") };
    Ok(MovementEntry {
        lot: lot.to_string(),
        containers: read_numbers(form.get("containers"))?,
        moved_at: times::from_input("moved_at", form.get("moved_at"), visit.zone)?,
        to: (act == "shipped" || !to.name.is_empty()).then_some(to),
        act,
        remark: field("remark"),
        late_entry,
    })
}

/// Numbers of containers as typed: `1, 2 5`.
///
/// # Errors
/// Something else than whole numbers.
pub fn read_numbers(text: &str) -> Result<Vec<u32>, Refusal> {
    let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| {
        let detail = "Give the numbers of the containers, such as 1, 2.";
        Refusal::field(Code::InvalidField, "containers", detail)
    })
}

async fn page(
    visit: &Visit,
    lot: Option<LotNumber>,
    came: Came,
    message: Option<Message>,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let asked = visit.query("state");
    let state = read_state(Some(asked.as_str())).unwrap_or_default();
    // All of one lot, for its form; a page of those of all lots.
    let limit = if lot.is_some() { usize::MAX } else { ROWS };
    // A cursor that nobody gave begins at the beginning.
    let cursor = read_place(Some(visit.query("cursor").as_str()).filter(|_| lot.is_none())).unwrap_or_default();
    let wanted = ContainerQuery { lot: lot.clone(), state, cursor, limit };
    let read = visit.work(move |app| {
        let found = list_containers(app, &wanted)?;
        let lot = wanted.lot.map(|number| app.lot(&number)).transpose()?;
        Ok::<_, Error>((found, lot))
    });
    let (found, loaded) = read.await?;
    let title = lot.as_ref().map_or("Containers".to_owned(), |lot| format!("Containers of {lot}"));
    let mut frame = visit.frame(title, "containers", "/lots");
    frame.crumbs = vec![Link::new("Lots", "/lots")];
    frame.crumbs.extend(lot.as_ref().map(|lot| Link::new(lot.to_string(), format!("/lots/{lot}"))));
    frame.problems = came.refused.0.clone();
    let done = || (visit.query("done") == "moved").then(|| Message::new(Tone::Done, "Recorded."));
    frame.message = message.or_else(done);
    let may = visit.is(Role::Analyst) || visit.is(Role::Qa);
    let form = match loaded.as_ref().filter(|_| may) {
        Some((lot, stored)) => movement_form(visit, lot, &stored.specification, &came)?,
        None => None,
    };
    let here = lot.as_ref().map_or("/containers".to_owned(), |lot| format!("/lots/{lot}/containers"));
    let filter = |state: Option<ContainerState>| {
        let (label, code) = state.map_or(("All".to_owned(), ""), |s| (s.to_string(), s.as_str()));
        let link = Link::new(label, format!("{here}?state={code}"));
        if code == asked { link.here() } else { link }
    };
    let states = std::iter::once(None).chain(ContainerState::ALL.map(Some));
    let view = ContainersPage {
        frame,
        rows: rows(visit, &found.containers),
        next: found.next.map(|next| {
            let state = state.map_or("", ContainerState::as_str);
            Link::new("More containers", format!("{here}?state={state}&cursor={next}"))
        }),
        filters: states.map(filter).collect(),
        form,
        recall: lot.map(|lot| Link::new("Recall: who received what, and revoking", format!("/lots/{lot}/recall"))),
    };
    html(status, &view)
}

/// Moving the lot's containers: only what can become of them now is offered, with why nothing
/// leaves where nothing does; none where every container was destroyed.
fn movement_form(visit: &Visit, lot: &Lot, spec: &Specification, came: &Came) -> Result<Option<StepForm>, Error> {
    let numbers = |state: ContainerState| {
        let there = |n: &u32| lot.course.container_state(*n) == state;
        (1..=lot.details.containers).filter(there).collect::<Vec<u32>>()
    };
    let places = [ContainerState::InStock, ContainerState::Shipped, ContainerState::Returned];
    let there = places.map(|state| (state, numbers(state)));
    let told = there.iter().filter(|(_, numbers)| !numbers.is_empty()).map(|(state, numbers)| {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        format!("{}: {}", state.to_string().to_lowercase(), numbers.join(", "))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        return Ok(None);
    }
    let [(_, stock), (_, shipped), _] = &there;
    let stays = why_nothing_leaves(visit, lot, spec, stock);
    // What was typed before the lot was stopped stays to be seen.
    let typed = came.id == MOVEMENT && came.form.get("act") == "shipped";
    let ships = stays.is_empty() || typed;
    let fell = lot.course.revocation.is_some() || visit.now >= lot.details.expires_at;
    let acts = [
        ("shipped", "Shipped to a hospital", ships),
        (LATE, "Had been shipped before that; recorded late", fell && !stock.is_empty()),
        ("returned", "Came back", !shipped.is_empty()),
        ("destroyed", "Destroyed: that is final", true),
    ];
    let acts: Vec<(&str, &str)> = acts.iter().filter(|(_, _, can)| *can).map(|(act, said, _)| (*act, *said)).collect();
    let hint = format!("Their numbers, such as 1, 2. Now {}.", told.join("; "));
    let action = format!("/lots/{}/containers", lot.number());
    let builder = Builder::new(visit, came, MOVEMENT, "Move containers", action)?
        .lead(stays)
        .one_of("act", "What became of them", "", &acts, false)
        .line("containers", "Which containers", &hint)
        .moment("moved_at", "When", "")
        .preset(&times::to_input(visit.now, visit.zone));
    let builder = match ships {
        false => builder,
        true => builder
            .optional_line("to", "To whom, where they were shipped: physician or ward, never a patient")
            .optional_line("reach", "How to reach them"),
    };
    Ok(Some(builder.lines("remark", "How, in what condition, or why", "").unsigned().button("Record")))
}

/// Why none of the containers in stock may leave now; empty where one may.
fn why_nothing_leaves(visit: &Visit, lot: &Lot, spec: &Specification, stock: &[u32]) -> String {
    // A supply is of certain containers, so each is asked about; a paper stands for all of them.
    let asked = if lot.is_supplied() { stock } else { stock.get(..1).unwrap_or_default() };
    let mut why = "No container is in stock any more.".to_owned();
    for number in asked {
        match lot.check_ship(spec, &[*number], visit.now) {
            Ok(_) => return String::new(),
            Err(refusal) => why = shown::local_times(&refusal.detail, visit.zone),
        }
    }
    why
}

/// Containers as rows.
pub fn rows(visit: &Visit, all: &[ListedContainer]) -> Vec<ContainerRow> {
    all.iter().map(|c| row(visit, c)).collect()
}

fn row(visit: &Visit, container: &ListedContainer) -> ContainerRow {
    let code = container.code();
    let label = |size: &String| Link::new(size.clone(), format!("/api/v1/containers/{code}/label?size={size}"));
    ContainerRow {
        lot: Link::new(container.lot.to_string(), format!("/lots/{}", container.lot)),
        status: container.status,
        state: container.state.to_string(),
        movements: container.movements.iter().map(|m| told(visit, m)).collect(),
        labels: sizes().iter().map(label).collect(),
        code,
    }
}

fn told(visit: &Visit, moved: &Moved) -> String {
    let what = match &moved.movement {
        Movement::Shipped { to, under, remark, .. } => {
            let (name, reach) = (to.name.as_str(), to.reach.as_str());
            format!("Shipped to {name} ({reach}) under {under}: {}", remark.as_str())
        }
        Movement::Returned { remark, .. } => format!("Came back: {}", remark.as_str()),
        Movement::Destroyed { remark, .. } => format!("Destroyed: {}", remark.as_str()),
    };
    let when = times::to_minutes(moved.movement.moved_at(), visit.zone);
    format!("{when}. {what}. Recorded by {}.", moved.by.name.as_str())
}
