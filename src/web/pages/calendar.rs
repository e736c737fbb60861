//! The calendar of readings: overdue, today, and the days to come.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;

use super::shown;
use super::view::calendar::{CalendarPage, Group, Row};
use super::view::parts::Link;
use super::visit::{Visit, html, signed_in};
use crate::domain::calendar::{ReadingDay, State};
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::workflow::Error;
use crate::workflow::list_lots::calendar;

/// How many days ahead the page looks.
const DAYS: i64 = 14;

/// `GET /calendar`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let due = visit.work(|app| calendar(app, DAYS)).await?;
    let mut groups: Vec<(Place, Group)> = Vec::new();
    for reading in due.iter().filter(|r| r.state != State::Done) {
        let place = place(visit, reading);
        if !groups.iter().any(|(there, _)| *there == place) {
            let (heading, overdue) = heading(visit, &place);
            groups.push((place.clone(), Group { heading, overdue, rows: Vec::new() }));
        }
        if let Some((_, group)) = groups.iter_mut().find(|(there, _)| *there == place) {
            add(visit, &mut group.rows, reading);
        }
    }
    groups.sort_by(|(a, _), (b, _)| a.cmp(b));
    let view = CalendarPage {
        frame: visit.frame("Calendar", "calendar", "/calendar"),
        days_ahead: DAYS,
        groups: groups.into_iter().map(|(_, group)| group).collect(),
    };
    html(StatusCode::OK, &view)
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Overdue,
    On(NaiveDate),
}

fn date(visit: &Visit, at: Moment) -> NaiveDate {
    at.utc().with_timezone(&visit.zone).date_naive()
}

/// What became due yesterday evening and is not overdue yet is read today.
fn place(visit: &Visit, reading: &ReadingDay) -> Place {
    match reading.state {
        State::Overdue => Place::Overdue,
        _ => Place::On(date(visit, reading.due_at).max(date(visit, visit.now))),
    }
}

fn heading(visit: &Visit, place: &Place) -> (String, bool) {
    match place {
        Place::Overdue => ("Overdue".to_owned(), true),
        Place::On(day) if *day == date(visit, visit.now) => (format!("Today, {day}"), false),
        Place::On(day) => (day.format("%A, %Y-%m-%d").to_string(), false),
    }
}

/// Criteria of one assay that are read together stand in one row.
fn add(visit: &Visit, rows: &mut Vec<Row>, reading: &ReadingDay) {
    let href = format!("/lots/{}/runs/new?assay={}", reading.lot, reading.assay);
    let day = format!("day {}{}", reading.day, if reading.is_final { ", final" } else { "" });
    let due = shown::moment(reading.due_at, visit);
    let assay = reading.assay_name.clone();
    let lot = reading.lot.to_string();
    let same = |row: &&mut Row| row.lot.label == lot && row.assay == assay && row.day == day && row.due.iso == due.iso;
    if let Some(row) = rows.iter_mut().find(same) {
        row.what = format!("{}; {}", row.what, reading.name);
        return;
    }
    rows.push(Row {
        lot: Link::new(lot.clone(), format!("/lots/{lot}")),
        assay,
        what: reading.name.clone(),
        day,
        due,
        href: if visit.is(Role::Analyst) { href } else { String::new() },
    });
}
