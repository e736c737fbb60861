//! The ledger in sentences, what is looked for in it, and whether it is whole.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::narrate::{self, Names};
use super::shown;
use super::view::ledger::{LedgerCheck, LedgerPage, LedgerSearch};
use super::view::parts::{self, Choice, Field, FieldProblem, Link};
use super::visit::{Visit, encoded, html, signed_in};
use crate::domain::event::KINDS;
use crate::domain::ids::Username;
use crate::domain::refusal::Refusal;
use crate::domain::role::Role;
use crate::store::{Entry, FactFilter, Finding};
use crate::web::api::ledger_export;
use crate::web::times;
use crate::workflow::search_ledger::{Asked, Search, hidden_in};
use crate::workflow::{App, Error};

/// How many facts a page has.
const ROWS: usize = 100;

/// `GET /ledger`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, page).await
}

/// `GET /ledger/export`
pub async fn export(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| ledger_export::file(&visit.app, visit.permit().await?, &visit.req).await)
        .await
}

async fn page(visit: &Visit) -> Result<HttpResponse, Error> {
    let before = visit.query("before").parse::<i64>().ok();
    let typed = typed(visit);
    let (search, refused) = match read(visit, &typed) {
        Ok(search) => (Some(search), None),
        Err(refusal) => (None, Some(refusal)),
    };
    let walk_now = visit.query("walk") == "now";
    let (walked_at, finding) = visit.work(move |app| app.last_ledger_finding(walk_now)).await?;
    let (wanted, viewer) = (search.clone(), visit.somebody.user.username.clone());
    let (mut entries, names) = visit.work(move |app| load(app, wanted, before, &viewer)).await?;
    let more = entries.len() > ROWS;
    entries.truncate(ROWS);
    let narrowing = narrowing(&typed);
    let mut frame = visit.frame("Ledger", "ledger", "/ledger");
    let mut view = search_view(visit, &typed, search.as_ref());
    for field in refused.iter().flat_map(|refusal| &refusal.fields) {
        let text = shown::local_times(&field.detail, visit.zone);
        frame.problems.push(FieldProblem { field: field.field.clone(), text: text.clone() });
        view.refuse(&field.field, &text);
    }
    let view = LedgerPage {
        frame,
        check: check(&finding, shown::moment(walked_at, visit)),
        older: entries.last().filter(|_| more).map(|e| format!("/ledger?{narrowing}before={}", e.number)),
        newest: before.map(|_| format!("/ledger?{narrowing}").trim_end_matches(['?', '&']).to_owned()),
        facts: entries.iter().map(|e| narrate::fact(e, visit.zone, &names)).collect(),
        search: view,
    };
    html(if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &view)
}

/// The question as it stands in the form.
fn typed(visit: &Visit) -> Asked {
    let short = |name: &str| visit.query(name).chars().take(60).collect();
    Asked {
        lot: short("lot"),
        user: short("user"),
        kind: short("kind"),
        from: short("from"),
        to: short("to"),
        refused: visit.query("refused") == "yes",
    }
}

/// The question, its times read in the site's zone.
fn read(visit: &Visit, typed: &Asked) -> Result<Search, Refusal> {
    let at = |field: &str, text: &str| match text.is_empty() {
        true => Ok(String::new()),
        false => times::from_input(field, text, visit.zone),
    };
    Asked { from: at("from", &typed.from)?, to: at("to", &typed.to)?, ..typed.clone() }.read()
}

/// `lot=L-1&user=amy&`, as far as the list is narrowed.
fn narrowing(asked: &Asked) -> String {
    let fields =
        [("lot", &asked.lot), ("user", &asked.user), ("kind", &asked.kind), ("from", &asked.from), ("to", &asked.to)];
    let given = fields.iter().filter(|(_, text)| !text.is_empty());
    let mut text: String = given.map(|(name, text)| format!("{name}={}&", encoded(text))).collect();
    if asked.refused {
        text.push_str("refused=yes&");
    }
    text
}

fn load(
    app: &App,
    search: Option<Search>,
    before: Option<i64>,
    viewer: &Username,
) -> Result<(Vec<Entry>, Names), Error> {
    // What cannot be the number of a lot has no facts.
    let Some(search) = search else { return Ok((Vec::new(), Names::default())) };
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let filter = FactFilter { before, newest_first: true, limit, ..search.filter };
    let (entries, specifications) = app.read(|view| Ok((view.facts(&filter)?, view.specifications()?)))?;
    let hidden = hidden_in(app, &entries, viewer)?;
    Ok((entries, Names::of(specifications.iter().map(|s| &s.specification)).hiding(hidden)))
}

fn search_view(visit: &Visit, asked: &Asked, search: Option<&Search>) -> LedgerSearch {
    let kinds = KINDS.iter().map(|kind| Choice {
        value: (*kind).to_owned(),
        label: kind.replace('_', " "),
        chosen: asked.kind == *kind,
    });
    let mut said: Vec<String> = Vec::new();
    let time = |text: &str| text.replace('T', " ");
    for (word, text) in [("about", asked.lot.to_ascii_uppercase()), ("by", asked.user.clone())] {
        said.extend((!text.is_empty()).then(|| format!("{word} {text}")));
    }
    said.extend((!asked.kind.is_empty()).then(|| format!("of the kind {}", asked.kind.replace('_', " "))));
    said.extend((!asked.from.is_empty()).then(|| format!("from {}", time(&asked.from))));
    said.extend((!asked.to.is_empty()).then(|| format!("before {}", time(&asked.to))));
    said.extend(asked.refused.then(|| "refused attempts only".to_owned()));
    let overseer = [Role::Auditor, Role::Qa, Role::Qp, Role::Qc, Role::Admin].into_iter().any(|role| visit.is(role));
    let exports = match search {
        Some(search) if overseer && !visit.is(Role::Analyst) => {
            let at = |moment: Option<crate::domain::moment::Moment>| moment.map(|m| m.to_string()).unwrap_or_default();
            let exact = Asked { from: at(search.filter.from), to: at(search.filter.until), ..asked.clone() };
            let link = |label: &str, format: &str| {
                Link::new(label, format!("/ledger/export?{}format={format}", narrowing(&exact)))
            };
            vec![link("CSV", "csv"), link("JSON Lines", "jsonl")]
        }
        _ => Vec::new(),
    };
    LedgerSearch {
        lot: Field::of(asked.lot.as_str()),
        user: Field::of(asked.user.as_str()),
        kinds: kinds.collect(),
        kind_problem: None,
        from: Field::of(asked.from.as_str()),
        to: Field::of(asked.to.as_str()),
        refused: asked.refused,
        said: said.join(", "),
        exports,
    }
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
