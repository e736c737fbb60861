//! What lots, banks and donors have in common in the API: how a run is recorded on them, how they
//! stand, and what was made from them.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::lot_views::{BlockerView, CriterionView, FlagView, PinnedSpecification, flags};
use super::run_views::{NewRun, RecordedView};
use crate::domain::assessment::{Assessment, assess};
use crate::domain::entry::RunEntry;
use crate::domain::lineage::noun;
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::run::Run;
use crate::domain::spec::{Specification, Stage};
use crate::store::StoredSpecification;
use crate::web::body::Sent;
use crate::web::guard::once;
use crate::web::places;
use crate::web::problem::{Problem, block};
use crate::workflow::App;
use crate::workflow::permit::{Permit, RecordRun};
use crate::workflow::record_run::record_run;

/// A run in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunSummary {
    /// Run number.
    pub run: i64,
    /// Assay code.
    pub assay: String,
    /// What was measured.
    pub attributes: Vec<String>,
    /// When it was read (UTC).
    pub tested_at: String,
    /// Why the run gives no result, if it does not.
    pub invalid_because: Option<String>,
    /// Who entered it.
    pub entered_by: String,
    /// Who verified it.
    pub verified_by: Option<String>,
}

impl RunSummary {
    fn new(run: &Run, spec: &Specification) -> Self {
        RunSummary {
            run: run.number.0,
            assay: run.content.assay.to_string(),
            attributes: run.content.readings.iter().map(|r| r.attribute.to_string()).collect(),
            tested_at: run.content.tested_at.to_string(),
            invalid_because: run.invalid_because(spec),
            entered_by: run.entered_by.name.as_str().to_owned(),
            verified_by: run.verification.as_ref().map(|v| v.by.name.as_str().to_owned()),
        }
    }
}

/// A bank or a lot that was made from a bank or a donor.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct MadeView {
    /// Its number.
    pub number: String,
    /// `bank` or `lot`.
    pub kind: String,
    /// The bank it was made from.
    pub made_from: Option<String>,
    /// Product code.
    pub product: String,
    /// Its status.
    pub status: String,
    /// How often a result of what it was made from has fallen since.
    pub flags: usize,
}

/// Each thing made, as of `now`.
pub fn made(all: &[(Lot, Arc<StoredSpecification>)], now: Moment) -> Vec<MadeView> {
    let view = |(lot, stored): &(Lot, Arc<StoredSpecification>)| MadeView {
        number: lot.number().to_string(),
        kind: noun(lot.details.stage).to_owned(),
        made_from: lot.details.bank.as_ref().map(ToString::to_string),
        product: lot.details.product.to_string(),
        status: assess(lot, &stored.specification, now).status.as_str().to_owned(),
        flags: lot.flags.len(),
    };
    all.iter().map(view).collect()
}

/// How a bank or a donor stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// Product code.
    pub product: String,
    /// The specification version it is pinned to.
    pub specification: PinnedSpecification,
    /// Who registered it.
    pub registered_by: String,
    /// When (UTC).
    pub registered_at: String,
    /// `testing`, `on_hold`, `ready` (every criterion of its stage passes) or `expired`.
    pub status: String,
    /// Every criterion of its stage.
    pub criteria: Vec<CriterionView>,
    /// Everything that holds back what is made from it.
    pub blockers: Vec<BlockerView>,
    /// Results of what it was made from that have fallen since, newest first.
    pub flags: Vec<FlagView>,
    /// Its runs, oldest first.
    pub runs: Vec<RunSummary>,
}

impl Standing {
    /// A bank or a donor with its assessment.
    pub fn new(lot: &Lot, stored: &StoredSpecification, assessment: &Assessment) -> Self {
        let details = &lot.details;
        Standing {
            product: details.product.to_string(),
            specification: PinnedSpecification {
                product: details.product.to_string(),
                version: details.specification_version,
            },
            registered_by: lot.registered_by.name.as_str().to_owned(),
            registered_at: lot.registered_at.to_string(),
            status: assessment.status.as_str().to_owned(),
            criteria: assessment.items.iter().map(CriterionView::from).collect(),
            blockers: assessment.blockers.iter().map(BlockerView::from).collect(),
            flags: flags(lot),
            runs: lot.runs.iter().map(|run| RunSummary::new(run, &stored.specification)).collect(),
        }
    }
}

/// Records a run on what has this number and is of this stage.
///
/// # Errors
/// There is none, or it does not take the run.
pub async fn record(
    app: Data<App>,
    req: &HttpRequest,
    permit: Permit<RecordRun>,
    number: &str,
    body: Sent<NewRun>,
    stage: Stage,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(number, stage)?;
    let permit = permit.with_once(once(req, &body.fingerprint)?);
    let entry = RunEntry::from(body.value);
    let made = block(move || {
        places::find(&app, &number, stage)?;
        record_run(&app, &permit, &number, &entry)
    });
    Ok(HttpResponse::Created().json(RecordedView::from(&made.await?)))
}
