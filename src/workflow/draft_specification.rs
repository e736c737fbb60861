//! A draft of a specification version is written, and rewritten until it is approved.
//!
//! Promises: a draft is the version after the highest that exists, one at a time for a product;
//! nothing that the lint refuses is kept; everybody who wrote on it is an author, and no author
//! approves it; an approved version is never touched.

use serde::{Deserialize, Serialize};

use crate::domain::event::Event;
use crate::domain::ids::ProductCode;
use crate::domain::lint;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::spec::{Acceptance, Specification};
use crate::domain::spec_document::DOCUMENT_BYTES_MAX;
use crate::ledger::canonical;
use crate::store::{StoredSpecification, VersionState, View};

use super::permit::{DraftSpecification, Permit};
use super::{App, Desk, Error, check_drawable};

/// A draft just kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// The product.
    pub product: ProductCode,
    /// The version.
    pub version: u32,
    /// SHA-256 of the draft's canonical JSON: what an approval signs.
    pub sha256: String,
}

/// Writes a new draft. A date of effect in the document is not taken over: the approval sets it.
///
/// # Errors
/// The lint finds something, the version is not the next one, the product is retired, or another
/// draft is open.
pub fn draft_specification(
    app: &App,
    permit: &Permit<DraftSpecification>,
    document: Specification,
) -> Result<Drafted, Error> {
    let draft = Draft::of(document)?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        check_not_retired(&mut desk.view(), &draft.specification.product)?;
        check_next(&mut desk.view(), &draft.specification)?;
        draft.keep(desk)
    })
}

/// Rewrites a draft. `seen` is the hash of the draft that was edited, where the client gives it.
///
/// # Errors
/// There is no such version, it is approved, it changed since it was seen, the document is of
/// another product or version, or the lint finds something.
pub fn rewrite_specification(
    app: &App,
    permit: &Permit<DraftSpecification>,
    product: &ProductCode,
    version: u32,
    document: Specification,
    seen: Option<&str>,
) -> Result<Drafted, Error> {
    let (place, seen) = ((product.clone(), version), seen.map(str::to_owned));
    if (&document.product, document.version) != (product, version) {
        let detail = format!(
            "The document is {} version {}, and you are rewriting {product} version {version}. Product and version of a draft \
             stay as they are.",
            document.product, document.version
        );
        return Err(Refusal::field(Code::InvalidField, "version", detail).into());
    }
    let draft = Draft::of(document)?;
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let there = desk.view().specification(&place.0, place.1)??;
        if there.state != VersionState::Draft {
            return Err(no_draft(&place.0, place.1).into());
        }
        if seen.is_some_and(|seen| seen != there.sha256) {
            let detail = format!(
                "The draft of {} version {} was rewritten after you opened it. Nothing was kept; compare your text with how it \
                 stands now.",
                place.0, place.1
            );
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        check_not_retired(&mut desk.view(), &place.0)?;
        if there.sha256 == draft.sha256 {
            let detail = "Nothing differs from the draft as it stands, so nothing was kept.";
            return Err(Refusal::new(Code::InvalidField, detail).into());
        }
        draft.keep(desk)
    })
}

/// Says that a version is no draft any more.
pub(super) fn no_draft(product: &ProductCode, version: u32) -> Refusal {
    let detail = format!(
        "{product} version {version} is approved and never changes. Write version {} instead.",
        u64::from(version) + 1
    );
    Refusal::new(Code::NotADraft, detail)
}

/// Refuses a product whose specification was retired.
pub(super) fn check_not_retired(view: &mut View, product: &ProductCode) -> Result<(), Error> {
    let Some(retired) = view.retirement(product)? else { return Ok(()) };
    let detail = format!(
        "The specification of {product} was retired by {}: {}. It has no further version; use another product code.",
        retired.by.name.as_str(),
        retired.reason.as_str()
    );
    Err(Refusal::new(Code::AlreadyClosed, detail).into())
}

fn check_next(view: &mut View, spec: &Specification) -> Result<(), Error> {
    let (product, version) = (&spec.product, spec.version);
    let all = view.specifications()?;
    let highest = all.iter().filter(|s| s.specification.product == *product).max_by_key(|s| s.specification.version);
    let next = highest.map_or(1, |s| s.specification.version.saturating_add(1));
    let refuse = |code, detail: String| Err(Refusal::field(code, "version", detail).into());
    if version < next {
        let detail = format!("{product} version {version} exists already. The next version is {next}.");
        return refuse(Code::SpecificationExists, detail);
    }
    if let Some(open) = highest.filter(|s| s.state == VersionState::Draft) {
        let open = open.specification.version;
        let detail = format!("{product} version {open} is still a draft. Rewrite or approve that one first.");
        return refuse(Code::SpecificationExists, detail);
    }
    if version > next {
        let detail =
            format!("Versions are counted without gaps: the next version of {product} is {next}, not {version}.");
        return refuse(Code::InvalidField, detail);
    }
    Ok(())
}

/// The drafts that wait for approval, of products that are not retired.
///
/// # Errors
/// Storage fails.
pub fn open_drafts(app: &App) -> Result<Vec<StoredSpecification>, Error> {
    app.read(|view| {
        let mut drafts = Vec::new();
        for version in view.specifications()?.into_iter().filter(|s| s.state == VersionState::Draft) {
            if view.retirement(&version.specification.product)?.is_none() {
                drafts.push(version);
            }
        }
        Ok(drafts)
    })
}

/// A document that may be kept.
struct Draft {
    specification: Specification,
    sha256: String,
}

impl Draft {
    fn of(document: Specification) -> Result<Self, Error> {
        let specification = Specification { effective_from: None, ..document };
        check_sound(&specification)?;
        let text = canonical::text(&specification).map_err(|e| Error::Internal(e.to_string()))?;
        if text.len() > DOCUMENT_BYTES_MAX {
            let detail = format!(
                "The specification has {} bytes, and a fact of the ledger holds one of at most {DOCUMENT_BYTES_MAX}. Shorten \
                 definitions and sources.",
                text.len()
            );
            return Err(Refusal::new(Code::TooLarge, detail).into());
        }
        let sha256 = canonical::sha256_hex(text.as_bytes());
        Ok(Draft { specification, sha256 })
    }

    fn keep(self, desk: &mut Desk) -> Result<Drafted, Error> {
        let (product, version) = (self.specification.product.clone(), self.specification.version);
        let sha256 = self.sha256.clone();
        desk.record(Event::SpecificationDrafted { specification: Box::new(self.specification), sha256: self.sha256 })?;
        Ok(Drafted { product, version, sha256 })
    }
}

/// Refuses what the lint finds, and what a certificate could not print.
///
/// # Errors
/// Every finding at once.
pub(super) fn check_sound(spec: &Specification) -> Result<(), Refusal> {
    if let Some(refusal) = lint::refusal(&lint::lint(spec)) {
        return Err(refusal);
    }
    let mut printed = vec![("product_name".to_owned(), &spec.product_name), ("title".to_owned(), &spec.title)];
    for (index, assay) in spec.assays.iter().enumerate() {
        printed.push((format!("assays[{index}].name"), &assay.name));
        printed.push((format!("assays[{index}].method"), &assay.method));
        printed.extend(assay.controls.iter().map(|c| (format!("assays[{index}].controls"), &c.name)));
    }
    for (index, criterion) in spec.criteria.iter().enumerate() {
        let place = |field: &str| format!("criteria[{index}].{field}");
        printed.push((place("name"), &criterion.name));
        printed.push((place("section"), &criterion.section));
        printed.extend(criterion.definition.iter().map(|d| (place("definition"), d)));
        match &criterion.acceptance {
            Acceptance::Categorical { allowed, interim, .. } => {
                printed.extend(allowed.iter().chain(interim).map(|w| (place("acceptance"), w)));
            }
            Acceptance::Numeric { unit, .. } | Acceptance::Number { unit } => {
                printed.extend(unit.iter().map(|u| (place("acceptance.unit"), u)));
            }
            Acceptance::Text => {}
        }
    }
    let refusals = printed.iter().filter_map(|(place, text)| check_drawable(place, text).err());
    Refusal::all(refusals.collect()).map_or(Ok(()), Err)
}
