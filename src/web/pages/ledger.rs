//! The ledger in sentences, and whether it is whole.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::narrate::{self, Names};
use super::shown;
use super::view::ledger::{LedgerCheck, LedgerPage};
use super::view::parts;
use super::visit::{Visit, encoded, html, signed_in};
use crate::domain::ids::LotNumber;
use crate::store::{Entry, FactFilter, Finding};
use crate::workflow::{App, Error};

/// How many facts a page has.
const ROWS: usize = 100;

/// `GET /ledger`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let (asked, before) = (visit.query("lot"), visit.query("before").parse::<i64>().ok());
    // What cannot be the number of a lot has no facts.
    let lot = LotNumber::parse(&asked).ok();
    let wanted = lot.clone();
    let none = lot.is_none() && !asked.is_empty();
    let walk_now = visit.query("walk") == "now";
    let (walked_at, finding) = visit.work(move |app| app.last_ledger_finding(walk_now)).await?;
    let (mut entries, names) = visit.work(move |app| load(app, wanted, before, none)).await?;
    let more = entries.len() > ROWS;
    entries.truncate(ROWS);
    let shown_lot = lot.map_or(asked.chars().take(40).collect(), |l| l.to_string());
    let narrowing = if shown_lot.is_empty() { String::new() } else { format!("lot={}&", encoded(&shown_lot)) };
    let view = LedgerPage {
        frame: visit.frame("Ledger", "ledger", "/ledger"),
        check: check(&finding, shown::moment(walked_at, visit)),
        older: entries.last().filter(|_| more).map(|e| format!("/ledger?{narrowing}before={}", e.number)),
        newest: before.map(|_| format!("/ledger?{narrowing}").trim_end_matches(['?', '&']).to_owned()),
        facts: entries.iter().map(|e| narrate::fact(e, visit.zone, &names)).collect(),
        lot: shown_lot,
    };
    html(StatusCode::OK, &view)
}

fn load(app: &App, lot: Option<LotNumber>, before: Option<i64>, none: bool) -> Result<(Vec<Entry>, Names), Error> {
    if none {
        return Ok((Vec::new(), Names::default()));
    }
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let filter = FactFilter { lot, before, newest_first: true, limit, ..FactFilter::default() };
    let (entries, specifications) = app.read(|view| Ok((view.facts(&filter)?, view.specifications()?)))?;
    Ok((entries, Names::of(specifications.iter().map(|s| &s.specification))))
}

fn check(finding: &Finding, at: parts::Moment) -> LedgerCheck {
    match finding {
        Ok(whole) => LedgerCheck {
            whole: true,
            sentence: format!(
                "The ledger is whole: all {} facts are in their place and unchanged, {} agree with them, {} and {} were hashed \
                 again, and every table says what the facts say.",
                whole.facts,
                shown::counted(whole.checkpoints, "signed checkpoint", "signed checkpoints"),
                shown::counted(whole.documents, "document", "documents"),
                shown::counted(whole.files, "evidence file", "evidence files")
            ),
            root: whole.root.clone(),
            at,
        },
        Err(broken) => LedgerCheck {
            whole: false,
            sentence: format!(
                "The ledger is broken at {}: {} Nothing from there on can be relied on until this is explained.",
                broken.place,
                sentence(&broken.what)
            ),
            root: String::new(),
            at,
        },
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
