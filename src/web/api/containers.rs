//! `/api/v1/containers`: where each bag or vial is, moving it, and its label.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::{query, read_limit};
use crate::domain::container::{ContainerState, Movement};
use crate::domain::course::Contact;
use crate::domain::ids::LotNumber;
use crate::domain::refusal::{Code, Refusal};
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::contact::ContactEntry;
use crate::workflow::list_containers::{ContainerCursor, ContainerQuery, ListedContainer, list_containers};
use crate::workflow::move_containers::{MovementEntry, move_containers};
use crate::workflow::permit::MoveContainers;
use crate::workflow::print_label::print_label;

/// Somebody outside or inside. Never a patient.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// `physician`, `qp`, `qa`, `sponsor` or `authority`.
    pub role: String,
    /// Name of the person or ward; never a patient's.
    pub name: String,
    /// Telephone, mail or address.
    pub reach: String,
}

impl From<&Contact> for ContactBody {
    fn from(contact: &Contact) -> Self {
        ContactBody {
            role: contact.role.as_str().to_owned(),
            name: contact.name.as_str().to_owned(),
            reach: contact.reach.as_str().to_owned(),
        }
    }
}

impl From<ContactBody> for ContactEntry {
    fn from(body: ContactBody) -> Self {
        ContactEntry { role: body.role, name: body.name, reach: body.reach }
    }
}

/// A container.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContainerView {
    /// The code on its label.
    pub container: String,
    /// Lot number.
    pub lot: String,
    /// Which of the lot's containers, from 1.
    pub number: u32,
    /// `in_stock`, `shipped`, `returned` or `destroyed`.
    pub state: String,
    /// How the lot stands.
    pub lot_status: String,
    /// Expiry of the lot (UTC).
    pub expires_at: String,
    /// What became of it, oldest first.
    pub movements: Vec<MovementView>,
}

/// What became of a container.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MovementView {
    /// `shipped`, `returned` or `destroyed`.
    pub act: String,
    /// When, as stated (UTC).
    pub moved_at: String,
    /// To whom.
    pub to: Option<ContactBody>,
    /// The certificate, conditional notice or supply under which it left.
    pub under: Option<String>,
    /// How, in what condition, or why.
    pub remark: String,
    /// Who recorded it.
    pub recorded_by: String,
    /// When it was recorded (UTC).
    pub recorded_at: String,
}

/// Containers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ContainersView {
    /// By lot, newest first, then by number.
    pub containers: Vec<ContainerView>,
    /// Send it as `cursor` for the next page; none on the last. A page can be short, or empty, where
    /// few containers are in the state that is asked for.
    pub next_cursor: Option<String>,
}

impl From<&ListedContainer> for ContainerView {
    fn from(listed: &ListedContainer) -> Self {
        let movement = |moved: &crate::domain::container::Moved| {
            let (act, to, under, remark) = match &moved.movement {
                Movement::Shipped { to, under, remark, .. } => {
                    ("shipped", Some(to.into()), Some(under.clone()), remark)
                }
                Movement::Returned { remark, .. } => ("returned", None, None, remark),
                Movement::Destroyed { remark, .. } => ("destroyed", None, None, remark),
            };
            MovementView {
                act: act.to_owned(),
                moved_at: moved.movement.moved_at().to_string(),
                to,
                under,
                remark: remark.as_str().to_owned(),
                recorded_by: moved.by.name.as_str().to_owned(),
                recorded_at: moved.at.to_string(),
            }
        };
        ContainerView {
            container: listed.code(),
            lot: listed.lot.to_string(),
            number: listed.number,
            state: listed.state.as_str().to_owned(),
            lot_status: listed.status.as_str().to_owned(),
            expires_at: listed.expires_at.to_string(),
            movements: listed.movements.iter().map(movement).collect(),
        }
    }
}

/// What the list can be asked for.
#[derive(Deserialize)]
struct Asked {
    lot: Option<String>,
    state: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

impl Asked {
    fn read(&self) -> Result<ContainerQuery, Refusal> {
        let lot = self.lot.as_deref().filter(|t| !t.trim().is_empty()).map(LotNumber::parse).transpose()?;
        let limit = usize::try_from(read_limit(self.limit.as_deref())?).unwrap_or(1);
        let cursor = read_place(self.cursor.as_deref())?;
        Ok(ContainerQuery { lot, state: read_state(self.state.as_deref())?, cursor, limit })
    }
}

/// Reads the place where a page of containers begins.
///
/// # Errors
/// Not a cursor that a previous page gave.
pub fn read_place(text: Option<&str>) -> Result<Option<ContainerCursor>, Refusal> {
    let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
    ContainerCursor::parse(text)
        .map(Some)
        .ok_or_else(|| Refusal::field(Code::InvalidField, "cursor", "cursor is the value that the previous page gave."))
}

/// Reads a state of containers.
///
/// # Errors
/// It is none.
pub fn read_state(text: Option<&str>) -> Result<Option<ContainerState>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    let found = ContainerState::ALL.into_iter().find(|s| s.as_str() == text);
    found.map(Some).ok_or_else(|| {
        let detail = "state is in_stock, shipped, returned or destroyed.";
        Refusal::field(Code::InvalidField, "state", detail)
    })
}

/// Containers, of one lot or of all, in one state or in all.
#[utoipa::path(get, path = "/api/v1/containers", tag = "containers",
    params(("lot" = Option<String>, Query), ("state" = Option<String>, Query),
        ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = ContainersView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, _reader: Somebody, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = query::<Asked>(&req)?.read()?;
    let page = block(move || list_containers(&app, &asked)).await?;
    Ok(HttpResponse::Ok().json(ContainersView {
        containers: page.containers.iter().map(Into::into).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

/// What moving containers takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMovement {
    /// Lot number.
    pub lot: String,
    /// Which of its containers, from 1.
    pub containers: Vec<u32>,
    /// `shipped`, `returned` or `destroyed`.
    pub act: String,
    /// When, RFC 3339 with zone.
    pub moved_at: String,
    /// To whom; only where shipped.
    #[serde(default)]
    pub to: Option<ContactBody>,
    /// How, in what condition, or why.
    pub remark: String,
    /// That they left before the lot was revoked or expired, and that is only recorded now.
    #[serde(default)]
    pub late_entry: bool,
}

/// Containers that just moved.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MovedView {
    /// Lot number.
    pub lot: String,
    /// Which of its containers, from 1.
    pub containers: Vec<u32>,
    /// The certificate, conditional notice or supply under which they left.
    pub under: Option<String>,
}

/// Records that containers were shipped, came back or were destroyed.
#[utoipa::path(post, path = "/api/v1/containers", tag = "containers", request_body = NewMovement,
    responses((status = 201, body = MovedView), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<MoveContainers>,
    body: Sent<NewMovement>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewMovement { lot, containers, act, moved_at, to, remark, late_entry } = body.value;
    let entry = MovementEntry { lot, containers, act, moved_at, to: to.map(Into::into), remark, late_entry };
    let made = block(move || move_containers(&app, &permit, &entry)).await?;
    let view = MovedView { lot: made.lot.to_string(), containers: made.containers, under: made.under };
    Ok(HttpResponse::Created().json(view))
}

#[derive(Deserialize)]
struct LabelQuery {
    size: Option<String>,
}

/// A container's label as PDF, one page of exactly the size asked for.
#[utoipa::path(get, path = "/api/v1/containers/{container}/label", tag = "containers",
    params(("container" = String, Path), ("size" = Option<String>, Query)),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn label(
    app: Data<App>,
    _reader: Somebody,
    req: HttpRequest,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let asked: LabelQuery = query(&req)?;
    let code = path.into_inner();
    let made = block(move || print_label(&app, &code, asked.size.as_deref())).await?;
    let name = format!("inline; filename=\"{}-label.pdf\"", made.code);
    Ok(HttpResponse::Ok().content_type("application/pdf").insert_header((CONTENT_DISPOSITION, name)).body(made.pdf))
}
