//! `/api/v1/ledger`: the facts, and whether they are whole.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{query, read_cursor, read_limit};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::withheld::Hidden;
use crate::store::{Entry, FactFilter};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::search_ledger::{Asked, hidden_in};
use crate::workflow::{App, Error};

/// A fact with its number.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Number in the ledger, from 0.
    pub entry: i64,
    /// The fact: `{v, at, salt, by, event}`.
    #[schema(value_type = Object)]
    pub fact: Value,
    /// Where something of the fact is withheld (JSON Pointers into it): values that the reader may
    /// still have to type again, and the salt with them. What is left is not the fact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// A page of facts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EntriesView {
    /// Oldest first.
    pub entries: Vec<EntryView>,
    /// Send it as `after` for the next page; none on the last.
    pub next_after: Option<String>,
}

/// What can be asked of the ledger; a parameter that is given twice is refused.
#[derive(Deserialize)]
struct LedgerQuery {
    lot: Option<String>,
    user: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    refused: Option<String>,
    format: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

/// The question in a request's address, times as RFC 3339.
///
/// # Errors
/// It cannot be read.
pub(super) fn asked(req: &HttpRequest) -> Result<Asked, Refusal> {
    let asked: LedgerQuery = query(req)?;
    let refused = match asked.refused.as_deref() {
        None | Some("" | "no" | "false") => false,
        Some("yes" | "true") => true,
        Some(_) => return Err(Refusal::field(Code::InvalidField, "refused", "refused is yes or no.")),
    };
    Ok(Asked {
        lot: asked.lot.unwrap_or_default(),
        user: asked.user.unwrap_or_default(),
        kind: asked.kind.unwrap_or_default(),
        from: asked.from.unwrap_or_default(),
        to: asked.to.unwrap_or_default(),
        refused,
    })
}

/// The form of an export that a request asks for.
///
/// # Errors
/// The address cannot be read.
pub(super) fn format(req: &HttpRequest) -> Result<String, Refusal> {
    Ok(query::<LedgerQuery>(req)?.format.unwrap_or_default())
}

/// Lists facts.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "ledger",
    params(("lot" = Option<String>, Query), ("user" = Option<String>, Query, description = "who recorded it"),
        ("kind" = Option<String>, Query), ("from" = Option<String>, Query, description = "recorded at this moment or later"),
        ("to" = Option<String>, Query, description = "recorded before this moment"),
        ("refused" = Option<bool>, Query, description = "only attempts that were refused"), ("after" = Option<i64>, Query, description = "only entries with a greater number"),
        ("limit" = Option<u32>, Query)),
    responses((status = 200, body = EntriesView), (status = 422, body = ProblemBody)))]
pub async fn list(app: Data<App>, req: HttpRequest, reader: Somebody) -> Result<HttpResponse, Problem> {
    let page: LedgerQuery = query(&req)?;
    let limit = i64::from(read_limit(page.limit.as_deref())?);
    let after = read_cursor("after", page.after.as_deref())?;
    let filter = FactFilter { after, limit: limit + 1, ..asked(&req)?.read()?.filter };
    let (mut entries, hidden) = block(move || {
        let entries = app.read(|view| Ok(view.facts(&filter)?))?;
        // Whoever verifies nothing reads the record as it is.
        let hidden = match reader.is(Role::Analyst) {
            true => hidden_in(&app, &entries, &reader.user.username)?,
            false => Hidden::default(),
        };
        Ok((entries, hidden))
    })
    .await?;
    let more = i64::try_from(entries.len()).is_ok_and(|n| n > limit);
    if more {
        entries.pop();
    }
    let next_after = entries.last().filter(|_| more).map(|e| e.number.to_string());
    let view = |e: Entry| -> Result<EntryView, Error> {
        let mut fact = serde_json::to_value(&e.fact).map_err(|e| Error::Internal(e.to_string()))?;
        let withheld = hidden.withhold(&e.fact.event, &mut fact);
        Ok(EntryView { entry: e.number, fact, withheld })
    };
    let entries: Vec<EntryView> = entries.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(EntriesView { entries, next_after }))
}

/// Whether everything recorded is whole.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WholeView {
    /// True if no break was found.
    pub whole: bool,
    /// Number of facts.
    pub facts: Option<u64>,
    /// Root of the tree, 64 hex digits.
    pub root: Option<String>,
    /// Number of checkpoints whose signatures were checked.
    pub checkpoints: Option<usize>,
    /// Number of documents that were hashed again.
    pub documents: Option<usize>,
    /// Number of evidence files that were hashed again.
    pub files: Option<usize>,
    /// Where the first break is.
    pub place: Option<String>,
    /// What is wrong there.
    pub what: Option<String>,
    /// The newest signed checkpoint (C2SP tlog-checkpoint).
    pub checkpoint: Option<String>,
    /// The key that checks it (C2SP verifier key). Compare it with the one the site gave you.
    pub verifier_key: String,
}

/// Walks everything and names the first break.
#[utoipa::path(get, path = "/api/v1/ledger/verify", tag = "ledger", responses((status = 200, body = WholeView), (status = 401, body = ProblemBody)))]
pub async fn verify(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let view = block(move || {
        let finding = app.verify_ledger()?;
        let (whole, found) = (finding.as_ref().ok(), finding.as_ref().err());
        Ok(WholeView {
            whole: whole.is_some(),
            facts: whole.map(|w| w.facts),
            root: whole.map(|w| w.root.clone()),
            checkpoints: whole.map(|w| w.checkpoints),
            documents: whole.map(|w| w.documents),
            files: whole.map(|w| w.files),
            place: found.map(|b| b.place.clone()),
            what: found.map(|b| b.what.clone()),
            checkpoint: app.checkpoint()?,
            verifier_key: app.verifier_key().to_string(),
        })
    });
    Ok(HttpResponse::Ok().json(view.await?))
}
