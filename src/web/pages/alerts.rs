//! `/alerts`: what people of certain roles must see at once, and taking note of it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::{Form, Refused};
use super::shown;
use super::view::alerts::{AlertRow, AlertsPage};
use super::view::parts::Link;
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::alert::{Alert, AlertKind};
use crate::domain::refusal::{Code, FieldRefusal};
use crate::domain::role::Role;
use crate::web::api;
use crate::web::problem::status_of;
use crate::workflow::permit::AcknowledgeAlert;
use crate::workflow::{Error, alerts};

/// `GET /alerts`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Refused::default(), StatusCode::OK).await).await
}

/// `GET` at an address that only takes a form: back to the page.
pub async fn back(_: HttpRequest) -> HttpResponse {
    see_other("/alerts")
}

/// `POST /alerts/{alert}/acknowledgement`
pub async fn acknowledge(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let permit = visit.permit::<AcknowledgeAlert>().await?;
        let form = Form::read(body)?;
        let number = api::alerts::number(visit.req.match_info().get("alert").unwrap_or_default())?;
        let roles = visit.somebody.user.roles.clone();
        let remark = form.get("remark").to_owned();
        match visit.work(move |app| alerts::acknowledge_alert(app, &permit, &roles, number, &remark)).await {
            Ok(_) => Ok(see_other("/alerts")),
            Err(Error::Refused(refusal)) if refusal.code == Code::InvalidField => {
                let place = |_: &FieldRefusal| (format!("remark-{number}"), "What was done".to_owned());
                page(visit, Refused::place(&refusal, visit.zone, place), status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

async fn page(visit: &Visit, refused: Refused, status: StatusCode) -> Result<HttpResponse, Error> {
    let permit = visit.permit::<AcknowledgeAlert>().await?;
    let roles = visit.somebody.user.roles.clone();
    let found = visit.work(move |app| alerts::list_alerts(app, &permit, &roles, false)).await?;
    let mut frame = visit.frame("Alerts", "alerts", "/alerts");
    frame.problems = refused.0;
    html(status, &AlertsPage { frame, rows: found.iter().map(|alert| row(alert, visit)).collect() })
}

fn row(alert: &Alert, visit: &Visit) -> AlertRow {
    let title = match alert.about {
        AlertKind::SignInLocked => "Signing in locked",
        AlertKind::SigningLocked => "Signing locked",
        AlertKind::WrongPasswords => "Too many wrong passwords",
        AlertKind::AccessGiven => "An administrator gave somebody access anew",
        AlertKind::LateFailingResult => "A result failed after the lot had left",
        AlertKind::Revocation => "Revoked",
        AlertKind::SisterLot => "Shares something with a revoked lot",
    };
    let lot = |lot: &crate::domain::ids::LotNumber| {
        let page = format!("/lots/{}", encoded(lot.as_str()));
        match alert.about {
            AlertKind::LateFailingResult | AlertKind::Revocation => {
                Link::new(format!("Recall of {lot}"), format!("{page}/recall"))
            }
            _ => Link::new(format!("Lot {lot}"), page),
        }
    };
    // Only an administrator can look further into an account.
    let account = |username: &crate::domain::ids::Username| {
        let page = format!("/people/{}/security", encoded(username.as_str()));
        visit.is(Role::Admin).then(|| Link::new(format!("Account {username}"), page))
    };
    let about = alert.lot.as_ref().map(lot).or_else(|| alert.username.as_ref().and_then(account));
    let taken = |end: &crate::domain::alert::Acknowledgement| {
        let at = shown::plain_moment(end.at, visit.zone).shown;
        format!("{}, {at}: {}", end.by.name.as_str(), end.remark.as_str())
    };
    AlertRow {
        number: alert.number,
        title: title.to_owned(),
        detail: shown::local_times(alert.detail.as_str(), visit.zone),
        about: about.unwrap_or_default(),
        at: shown::moment(alert.at, visit),
        acknowledged: alert.acknowledged.as_ref().map(taken).unwrap_or_default(),
    }
}
