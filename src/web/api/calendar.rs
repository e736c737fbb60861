//! `/api/v1/calendar`: what is to be read of everything that incubates.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::query;
use crate::domain::calendar::ReadingDay;
use crate::domain::refusal::{Code, Refusal};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::list_lots::calendar;

/// How many days ahead unless told otherwise.
pub const DAYS: i64 = 14;
/// How many days ahead at most.
const DAYS_MAX: i64 = 365;

/// One reading of one criterion.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadingDayView {
    /// Lot or bank number.
    pub lot: String,
    /// Assay code.
    pub assay: String,
    /// Attribute code of the criterion.
    pub criterion: String,
    /// The criterion in words.
    pub name: String,
    /// The day of incubation.
    pub day: i64,
    /// True for the reading that ends the test.
    pub is_final: bool,
    /// When it is due (UTC).
    pub due_at: String,
    /// `done`, `overdue`, `due` or `coming`.
    pub state: String,
}

impl From<&ReadingDay> for ReadingDayView {
    fn from(reading: &ReadingDay) -> Self {
        ReadingDayView {
            lot: reading.lot.to_string(),
            assay: reading.assay.to_string(),
            criterion: reading.attribute.to_string(),
            name: reading.name.clone(),
            day: reading.day,
            is_final: reading.is_final,
            due_at: reading.due_at.to_string(),
            state: reading.state.as_str().to_owned(),
        }
    }
}

/// What is to be read.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CalendarView {
    /// Earliest first.
    pub readings: Vec<ReadingDayView>,
}

#[derive(Deserialize)]
struct CalendarQuery {
    days: Option<String>,
}

/// What is to be read of incubated tests that have started and have no final result.
#[utoipa::path(get, path = "/api/v1/calendar", tag = "runs",
    params(("days" = Option<u32>, Query, description = "how far ahead, 14 unless told otherwise")),
    responses((status = 200, body = CalendarView), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let asked: CalendarQuery = query(&req)?;
    let days = match asked.days.as_deref().filter(|t| !t.is_empty()) {
        None => DAYS,
        Some(text) => text.parse::<i64>().ok().filter(|d| (0..=DAYS_MAX).contains(d)).ok_or_else(|| {
            let detail = format!("days is a whole number from 0 to {DAYS_MAX}.");
            Refusal::field(Code::InvalidField, "days", detail)
        })?,
    };
    let due = block(move || calendar(&app, days)).await?;
    Ok(HttpResponse::Ok().json(CalendarView { readings: due.iter().map(ReadingDayView::from).collect() }))
}
