//! Deviations and holds: the list, opening one, one, and closing it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::deviations::{DeviationPage, DeviationRow, DeviationsPage, NewDeviationPage};
use super::view::marks::Signature;
use super::view::parts::{self, Fact, Link, Message, Tone};
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::deviation::Deviation;
use crate::domain::ids::DeviationNumber;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::Error;
use crate::workflow::deviate::{self, DeviationEntry, close_deviation, open_deviation};
use crate::workflow::permit::{CloseDeviation, OpenDeviation};

/// `GET /deviations`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let mut all = visit.work(|app| app.read(|view| Ok(view.deviations(false)?))).await?;
        all.reverse();
        all.sort_by_key(|d| !d.is_open());
        let rows = all.iter().map(|d| list_row(visit, d)).collect();
        let frame = visit.frame("Deviations", "deviations", "/investigations");
        html(StatusCode::OK, &DeviationsPage { frame, rows, may_open: may_open(visit) })
    })
    .await
}

/// True if the reader may open one.
pub fn may_open(visit: &Visit) -> bool {
    visit.is(Role::Analyst) || visit.is(Role::Qa)
}

/// A deviation in a line.
pub fn list_row(visit: &Visit, d: &Deviation) -> DeviationRow {
    DeviationRow {
        link: Link::new(d.number.to_string(), format!("/deviations/{}", d.number)),
        lot: Link::new(d.lot.to_string(), format!("/lots/{}", d.lot)),
        kind: d.kind.as_str().to_owned(),
        description: d.description.as_str().to_owned(),
        open: d.is_open(),
        opened_by: d.opened_by.name.as_str().to_owned(),
        opened_at: shown::moment(d.opened_at, visit),
    }
}

/// `GET /deviations/new`
pub async fn new(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        visit.permit::<OpenDeviation>().await?;
        let form = Form(vec![("lot".into(), visit.query("lot"))]);
        new_page(visit, &Came { id: "deviation".to_owned(), form, ..Came::default() }, StatusCode::OK)
    })
    .await
}

/// `POST /deviations`
pub async fn create(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<OpenDeviation>().await?.with_once(visit.once(&form));
        let field = |name: &str| form.get(name).to_owned();
        let entry = DeviationEntry {
            lot: field("lot"),
            kind: field("kind"),
            description: field("description"),
            impact: field("impact"),
        };
        match visit.work(move |app| open_deviation(app, &permit, &entry)).await {
            Ok(made) => Ok(see_other(&format!("/deviations/{}?done=opened", made.deviation))),
            Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
                new_page(visit, &Came::back(visit, "deviation", form, &refusal), status_of(&refusal))
            }
            Err(other) => Err(other),
        }
    })
    .await
}

fn new_page(visit: &Visit, came: &Came, status: StatusCode) -> Result<HttpResponse, Error> {
    let mut frame = visit.frame("Open a deviation or hold", "new-deviation", "/investigations");
    frame.crumbs = vec![Link::new("Deviations", "/deviations")];
    frame.problems = came.refused.0.clone();
    let kinds = [
        ("deviation", "Deviation: an approved instruction was not followed"),
        ("hold", "Hold: the lot stops for another reason"),
    ];
    let form = Builder::new(visit, came, "deviation", "What happened", "/deviations".into())?
        .lead("The lot is held until a QA officer has assessed and closed it.")
        .line("lot", "Lot, bank or donor", "")
        .one_of("kind", "Kind", "", &kinds, false)
        .lines("description", "Description", "What happened, when, and what was done at once.")
        .lines("impact", "Impact", "What it can mean for the lot.")
        .unsigned()
        .button("Open it");
    html(status, &NewDeviationPage { frame, form })
}

/// `GET /deviations/{number}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, number(visit)?, Came::default(), StatusCode::OK).await).await
}

/// `POST /deviations/{number}/closure`
pub async fn closure(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let here = number(visit)?;
        let permit = visit.permit::<CloseDeviation>().await?.with_once(visit.once(&form));
        let (given, of) = (form.clone(), here.clone());
        let outcome = visit
            .work(move |app| {
                let subject = deviate::subject(app, &of)?;
                let signed = permit.sign(app, given.proof(), given.get("assessment"), &subject)?;
                close_deviation(app, &signed, &of)
            })
            .await;
        match outcome {
            Ok(_) => Ok(see_other(&format!("/deviations/{here}?done=closed"))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::NoSuchDeviation | Code::WrongRole) => {
                page(visit, here, Came::back(visit, "closure", form, &refusal), status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

fn number(visit: &Visit) -> Result<DeviationNumber, Refusal> {
    DeviationNumber::parse(visit.req.match_info().get("number").unwrap_or_default())
}

async fn page(visit: &Visit, number: DeviationNumber, came: Came, status: StatusCode) -> Result<HttpResponse, Error> {
    let d = visit.work(move |app| app.read(|view| Ok(view.deviation(&number)??))).await?;
    let mut frame = visit.frame(d.number.to_string(), "deviation", "/investigations");
    frame.crumbs = vec![Link::new("Deviations", "/deviations")];
    frame.problems = came.refused.0.clone();
    frame.message = match visit.query("done").as_str() {
        "opened" => Some(Message::new(Tone::Done, "Opened. It holds the lot until QA closes it.")),
        "closed" => Some(Message::new(Tone::Done, "Signed and closed.")),
        _ => None,
    };
    let form = if d.is_open() && visit.is(Role::Qa) {
        let action = format!("/deviations/{}/closure", d.number);
        let builder = Builder::new(visit, &came, "closure", "Close", action)?;
        Some(
            builder
                .line("assessment", "Assessment", "Its impact on the lot: what your signature means.")
                .button("Sign and close"),
        )
    } else {
        None
    };
    let closure = d.closure.as_ref().map(|c| Signature {
        meaning: c.assessment.as_str().to_owned(),
        full_name: c.by.name.as_str().to_owned(),
        username: c.by.username.to_string(),
        role: Role::Qa.to_string(),
        at: parts::Moment::new(c.at.to_string(), times::to_seconds(c.at, visit.zone), ""),
    });
    let view = DeviationPage {
        frame,
        number: d.number.to_string(),
        kind: d.kind.as_str().to_owned(),
        open: d.is_open(),
        facts: vec![
            Fact::new("Lot", d.lot.as_str()).linked(format!("/lots/{}", d.lot)),
            Fact::new("Opened by", d.opened_by.name.as_str()),
            Fact::new("Opened", times::to_minutes(d.opened_at, visit.zone)),
        ],
        description: d.description.as_str().to_owned(),
        impact: d.impact.as_str().to_owned(),
        closure,
        form,
    };
    html(status, &view)
}
