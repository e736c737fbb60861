//! `/api/v1/alerts`: what certain people must see at once.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::alert::{Alert, AlertKind};
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::Sent;
use crate::web::guard::{grant, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::permit::AcknowledgeAlert;
use crate::workflow::{App, alerts};

/// Which alerts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsQuery {
    /// `true` for those only of which nobody took note.
    pub open: bool,
}

/// An alert.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AlertView {
    /// The ledger entry that raised it.
    pub alert: i64,
    /// `sign_in_locked`, `signing_locked`, `wrong_passwords`, `access_given`, `late_failing_result`, `revocation`, `sister_lot`.
    pub about: String,
    /// The roles it is for.
    pub to: Vec<String>,
    /// The lot, if it is about one.
    pub lot: Option<String>,
    /// The account, if it is about one.
    pub username: Option<String>,
    /// What happened.
    pub detail: String,
    /// When (UTC).
    pub raised_at: String,
    /// Who took note of it.
    pub acknowledged_by: Option<String>,
    /// When (UTC).
    pub acknowledged_at: Option<String>,
    /// What was done.
    pub remark: Option<String>,
}

/// Alerts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AlertsView {
    /// Newest first.
    pub alerts: Vec<AlertView>,
}

fn about(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::SignInLocked => "sign_in_locked",
        AlertKind::SigningLocked => "signing_locked",
        AlertKind::WrongPasswords => "wrong_passwords",
        AlertKind::AccessGiven => "access_given",
        AlertKind::LateFailingResult => "late_failing_result",
        AlertKind::Revocation => "revocation",
        AlertKind::SisterLot => "sister_lot",
    }
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        let end = alert.acknowledged;
        AlertView {
            alert: alert.number,
            about: about(alert.about).to_owned(),
            to: alert.to.iter().map(|role| role.as_str().to_owned()).collect(),
            lot: alert.lot.map(|lot| lot.to_string()),
            username: alert.username.map(|name| name.to_string()),
            detail: alert.detail.as_str().to_owned(),
            raised_at: alert.at.to_string(),
            acknowledged_by: end.as_ref().map(|e| e.by.username.to_string()),
            acknowledged_at: end.as_ref().map(|e| e.at.to_string()),
            remark: end.map(|e| e.remark.as_str().to_owned()),
        }
    }
}

/// Alerts for my roles.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", params(AlertsQuery),
    responses((status = 200, body = AlertsView), (status = 403, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, somebody: Somebody) -> Result<HttpResponse, Problem> {
    let asked: AlertsQuery = super::query(&req)?;
    let permit = grant::<AcknowledgeAlert>(&req, &somebody).await?;
    let found = block(move || alerts::list_alerts(&app, &permit, &somebody.user.roles, asked.open)).await?;
    Ok(HttpResponse::Ok().json(AlertsView { alerts: found.into_iter().map(AlertView::from).collect() }))
}

/// What was done about an alert.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAcknowledgement {
    /// What was done.
    pub remark: String,
}

/// Takes note of an alert.
#[utoipa::path(post, path = "/api/v1/alerts/{alert}/acknowledgement", tag = "alerts", params(("alert" = i64, Path)), request_body = NewAcknowledgement,
    responses((status = 201, body = AlertView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn acknowledge(
    app: Data<App>,
    req: HttpRequest,
    somebody: Somebody,
    path: Path<String>,
    body: Sent<NewAcknowledgement>,
) -> Result<HttpResponse, Problem> {
    let permit = grant::<AcknowledgeAlert>(&req, &somebody).await?;
    let body = body.read()?;
    let number = number(&path)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let roles = somebody.user.roles;
    let noted = block(move || alerts::acknowledge_alert(&app, &permit, &roles, number, &body.value.remark)).await?;
    Ok(HttpResponse::Created().json(AlertView::from(noted)))
}

/// The number of an alert in an address.
///
/// # Errors
/// It is none.
pub fn number(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Refusal::new(Code::NoSuchAlert, format!("There is no alert “{shown}”."))
    })
}
