//! `/api/v1/ledger/export`: facts as a file.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::ledger::{asked, format};
use crate::domain::role::Role;
use crate::store::RawFact;
use crate::web::guard::Allowed;
use crate::web::pages::narrate::{self, Names};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::times;
use crate::workflow::export_ledger::{Format, export_ledger};
use crate::workflow::permit::{ExportLedger, Permit};
use crate::workflow::{App, Error};

/// The columns of the table.
const COLUMNS: &str = "entry,time,person,user,role,kind,lot,sentence,before,after,reason,leaf_hash\r\n";

/// Facts as a table (`csv`) or as the exact facts (`jsonl`); that they were taken out is a fact.
#[utoipa::path(get, path = "/api/v1/ledger/export", tag = "ledger",
    params(("format" = String, Query, description = "csv or jsonl"), ("lot" = Option<String>, Query), ("user" = Option<String>, Query),
        ("kind" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query), ("refused" = Option<bool>, Query)),
    responses((status = 200, body = Vec<u8>), (status = 403, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn export(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<ExportLedger>,
) -> Result<HttpResponse, Problem> {
    Ok(file(&app, permit, &req).await?)
}

/// The file that a request asks for, as an answer to be saved.
///
/// # Errors
/// A field of the query cannot be accepted; the person may not; there are too many facts.
pub async fn file(app: &App, permit: Permit<ExportLedger>, req: &HttpRequest) -> Result<HttpResponse, Error> {
    let format = Format::parse(&format(req)?)?;
    let search = asked(req)?.read()?;
    let app = app.clone();
    let bytes = block(move || {
        let specifications = app.read(|view| Ok(view.specifications()?))?;
        let names = Names::of(specifications.iter().map(|s| &s.specification));
        let zone = times::zone(&app.site().zone);
        export_ledger(&app, &permit, &search, format, |facts| {
            Ok(match format {
                Format::Csv => table(facts, zone, &names).into_bytes(),
                Format::Jsonl => facts.iter().map(RawFact::line).collect::<String>().into_bytes(),
            })
        })
    });
    let (ending, media_type) = match format {
        Format::Csv => ("csv", "text/csv; charset=utf-8"),
        Format::Jsonl => ("jsonl", "application/jsonl"),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"ledger.{ending}\"")))
        .body(bytes.await?))
}

fn table(facts: &[RawFact], zone: chrono_tz::Tz, names: &Names) -> String {
    let mut text = String::from(COLUMNS);
    for raw in facts {
        let (fact, told) = (&raw.entry.fact, narrate::fact(&raw.entry, zone, names));
        let side = |value: fn(&crate::web::pages::view::ledger::Change) -> &String| {
            let all: Vec<String> = told.changes.iter().map(|c| format!("{}: {}", c.what, value(c))).collect();
            all.join("; ")
        };
        let role = if fact.by.role == Role::System { "" } else { fact.by.role.as_str() };
        let cells = [
            raw.entry.number.to_string(),
            fact.at.to_string(),
            fact.by.name.as_str().to_owned(),
            fact.by.username.to_string(),
            role.to_owned(),
            fact.event.kind(),
            fact.event.lot().map(ToString::to_string).unwrap_or_default(),
            told.sentence.clone(),
            side(|c| &c.before),
            side(|c| &c.after),
            told.reason.clone(),
            raw.leaf.to_hex(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell of a table (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe
/// before it, which the spreadsheet does not show.
pub fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_a_spreadsheet_would_calculate_is_made_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(quoted(formula).trim_start_matches('"').starts_with('\''), "{formula:?}");
        }
        assert_eq!(quoted("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!((quoted("98.7 %"), quoted("a, b")), ("98.7 %".to_owned(), "\"a, b\"".to_owned()));
    }
}
