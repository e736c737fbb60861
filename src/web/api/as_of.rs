//! `/api/v1/lots/{lot}/as-of`: the lot as it stood.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::lot_views::LotView;
use super::query;
use crate::domain::blind::Blind;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::Stage;
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::as_of::lot_as_of;

/// A lot as it stood at a moment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PastLotView {
    /// The moment (UTC).
    pub as_of: String,
    /// Ledger entries of the lot's own facts until then, oldest first.
    pub entries: Vec<i64>,
    /// The lot, as `GET /api/v1/lots/{lot}` would have shown it.
    #[serde(flatten)]
    pub lot: LotView,
}

#[derive(Deserialize)]
struct AsOfQuery {
    at: Option<String>,
}

/// The lot as it stood at a past moment, rebuilt from the facts recorded until then.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/as-of", tag = "lots",
    params(("lot" = String, Path), ("at" = String, Query, description = "RFC 3339 with its zone, not in the future")),
    responses((status = 200, body = PastLotView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn show(
    app: Data<App>,
    req: HttpRequest,
    reader: Somebody,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Product)?;
    let asked: AsOfQuery = query(&req)?;
    let missing = || Refusal::field(Code::InvalidField, "at", "Say as of when: ?at=2026-12-01T14:05:00Z.");
    let at = Moment::parse("at", &asked.at.filter(|t| !t.is_empty()).ok_or_else(missing)?)?;
    let view = block(move || {
        places::find(&app, &number, Stage::Product)?;
        let past = lot_as_of(&app, &number, at)?;
        let blind = Blind { lot: &past.today, spec: &past.stored.specification, viewer: &reader.user.username };
        let lot =
            LotView::veiled(&past.lot, &past.stored, at, past.newer_version, &past.course, |a| blind.veil_past(a))?;
        let entries = past.facts.iter().map(|entry| entry.number).collect();
        Ok(PastLotView { as_of: at.to_string(), entries, lot })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}
