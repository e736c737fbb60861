//! What a draft would change: every open lot of the product judged under both versions.
//!
//! Promises: reads only, and changes no lot: a lot stays on the version it is pinned to; every
//! verdict and status that would differ is told, with the reason of each.

use crate::domain::assessment::{Assessment, Item, assess};
use crate::domain::evaluation::Outcome;
use crate::domain::ids::{AttributeCode, LotNumber, ProductCode};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::spec::{Criterion, Specification, Stage};
use crate::domain::status::Status;
use crate::store::{LotFilter, View};

use super::{App, Error};

/// How many lots are loaded at a time.
const CHUNK: i64 = 100;

/// What would change for one criterion of a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedVerdict {
    /// The attribute.
    pub attribute: AttributeCode,
    /// The criterion's name.
    pub name: String,
    /// Outcome under the pinned version; none where it has no such criterion.
    pub before: Option<Outcome>,
    /// Outcome under the draft.
    pub after: Option<Outcome>,
    /// Both, with their reasons, in a sentence.
    pub why: String,
}

/// A lot for which something would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedLot {
    /// The lot.
    pub lot: LotNumber,
    /// The version it is pinned to.
    pub version: u32,
    /// Status under that.
    pub before: Status,
    /// Status under the draft.
    pub after: Status,
    /// The verdicts that would change.
    pub verdicts: Vec<ChangedVerdict>,
}

/// What a version would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhatIf {
    /// How many open lots were judged.
    pub judged: usize,
    /// Those for which something would change, newest registration first.
    pub changed: Vec<ChangedLot>,
}

/// Judges every open lot of a product under one version, as if it were pinned to it.
///
/// # Errors
/// There is no such version, or storage fails.
pub fn what_if(app: &App, product: &ProductCode, version: u32) -> Result<WhatIf, Error> {
    let now = app.now();
    app.read(|view| {
        let draft = view.specification(product, version)??.specification;
        let mut answer = WhatIf { judged: 0, changed: Vec::new() };
        for stage in [Stage::Product, Stage::Bank] {
            walk(view, product, stage, |view, lot| {
                let pinned = view.specification(product, lot.details.specification_version)??.specification;
                answer.judged += 1;
                answer.changed.extend(compare(lot, &pinned, &draft, now));
                Ok(())
            })?;
        }
        Ok(answer)
    })
}

/// Every open lot of a product, newest registration first.
fn walk(
    view: &mut View,
    product: &ProductCode,
    stage: Stage,
    mut each: impl FnMut(&mut View, &Lot) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut before = None;
    loop {
        let filter =
            LotFilter { decided: Some(false), before_entry: before, limit: CHUNK, stage, ..LotFilter::default() };
        let listed = view.lots(&filter)?;
        let exhausted = i64::try_from(listed.len()) != Ok(CHUNK);
        for candidate in listed {
            before = Some(candidate.entry);
            if candidate.lot.details.product == *product {
                each(view, &candidate.lot)?;
            }
        }
        if exhausted {
            return Ok(());
        }
    }
}

fn compare(lot: &Lot, pinned: &Specification, draft: &Specification, now: Moment) -> Option<ChangedLot> {
    let (was, is) = (assess(lot, pinned, now), assess(lot, draft, now));
    let mut verdicts: Vec<ChangedVerdict> = Vec::new();
    for item in &is.items {
        let before = find(&was, item.criterion);
        if before.map(|i| i.verdict.outcome) != Some(item.verdict.outcome) {
            verdicts.push(changed(item.criterion, before, Some(item)));
        }
    }
    let gone = was.items.iter().filter(|i| find(&is, i.criterion).is_none());
    verdicts.extend(gone.map(|item| changed(item.criterion, Some(item), None)));
    (!verdicts.is_empty() || was.status != is.status).then(|| ChangedLot {
        lot: lot.number().clone(),
        version: lot.details.specification_version,
        before: was.status,
        after: is.status,
        verdicts,
    })
}

fn find<'a>(assessment: &'a Assessment, criterion: &Criterion) -> Option<&'a Item<'a>> {
    assessment.items.iter().find(|i| i.criterion.attribute == criterion.attribute)
}

fn changed(criterion: &Criterion, before: Option<&Item>, after: Option<&Item>) -> ChangedVerdict {
    let told = |item: &Item| {
        format!("{} against {} ({})", item.verdict.outcome, item.criterion.in_words(), item.verdict.because)
    };
    let now = before.map_or_else(|| "no such criterion".to_owned(), told);
    let then = after.map_or_else(|| "no such criterion".to_owned(), told);
    ChangedVerdict {
        attribute: criterion.attribute.clone(),
        name: criterion.name.clone(),
        before: before.map(|i| i.verdict.outcome),
        after: after.map(|i| i.verdict.outcome),
        why: format!("Now {now}; under the draft {then}."),
    }
}
