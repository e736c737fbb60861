//! `/api/v1/lots`: what a lot looks like in the API.

use serde::Serialize;

use super::course::CourseView;
use crate::domain::assessment::{Assessment, Blocker, Item, assess};
use crate::domain::blind::Blind;
use crate::domain::deviation::Deviation;
use crate::domain::equipment::SourceFlag;
use crate::domain::evaluation::Verdict;
use crate::domain::ids::Username;
use crate::domain::investigation::Investigation;
use crate::domain::lineage::flags_in_words;
use crate::domain::lot::{Decision, Lot};
use crate::domain::moment::Moment;
use crate::store::StoredSpecification;
use crate::workflow::Error;
use crate::workflow::course::CourseNow;
use crate::workflow::release_lot::to_be_signed;

/// Which specification version judges a lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PinnedSpecification {
    /// Product code.
    pub product: String,
    /// Version.
    pub version: u32,
}

/// How a criterion stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct VerdictView {
    /// `pass`, `fail`, `pending`, `missing`, `unverified`, `invalid`, `indeterminate`, `reported`, `not_applicable`.
    pub outcome: String,
    /// Why, with the arithmetic.
    pub because: String,
    /// The value as typed.
    pub as_entered: Option<String>,
    /// The reportable value.
    pub reported: Option<String>,
    /// When it can become final at the earliest (UTC).
    pub earliest: Option<String>,
    /// The alert limit beyond which a passing value lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
}

impl From<&Verdict> for VerdictView {
    fn from(verdict: &Verdict) -> Self {
        VerdictView {
            outcome: verdict.outcome.as_str().to_owned(),
            because: verdict.because.clone(),
            as_entered: verdict.as_entered.clone(),
            reported: verdict.reported.clone(),
            earliest: verdict.earliest.map(|m| m.to_string()),
            alert: verdict.alert.clone(),
        }
    }
}

/// A criterion of a lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CriterionView {
    /// Attribute code.
    pub attribute: String,
    /// In words.
    pub name: String,
    /// Group heading.
    pub section: String,
    /// The assay that measures it.
    pub assay: String,
    /// What is acceptable, in words.
    pub criterion: String,
    /// Unit.
    pub unit: Option<String>,
    /// `required` or `informative`.
    pub kind: String,
    /// On what it is tested: `product`, `harvest`, `bank` or `donor`.
    pub stage: String,
    /// The run whose reading decides.
    pub run: Option<i64>,
    /// The bank or donor on which that run was made, where the result is inherited.
    pub inherited_from: Option<String>,
    /// How it stands.
    pub verdict: VerdictView,
    /// The cocktail whose one reading answers this criterion too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_by: Option<String>,
}

impl From<&Item<'_>> for CriterionView {
    fn from(item: &Item) -> Self {
        let criterion = item.criterion;
        CriterionView {
            attribute: criterion.attribute.to_string(),
            name: criterion.name.clone(),
            section: criterion.section.clone(),
            assay: criterion.assay.to_string(),
            criterion: criterion.acceptance.in_words(),
            unit: criterion.acceptance.unit().map(str::to_owned),
            kind: criterion.kind.as_str().to_owned(),
            stage: criterion.stage.as_str().to_owned(),
            run: item.run.map(|r| r.number.0),
            inherited_from: item.inherited_from.map(ToString::to_string),
            verdict: VerdictView::from(&item.verdict),
            covered_by: item.covered_by.map(ToString::to_string),
        }
    }
}

/// One reason why a lot cannot be released now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct BlockerView {
    /// Stable code.
    pub code: String,
    /// The sentence.
    pub detail: String,
    /// Who can resolve it.
    pub who: String,
    /// When it can resolve at the earliest (UTC).
    pub earliest: Option<String>,
    /// The attributes concerned.
    pub attributes: Vec<String>,
    /// The run concerned.
    pub run: Option<i64>,
}

impl From<&Blocker> for BlockerView {
    fn from(blocker: &Blocker) -> Self {
        BlockerView {
            code: blocker.code.to_owned(),
            detail: blocker.detail.clone(),
            who: blocker.who.clone(),
            earliest: blocker.earliest.map(|m| m.to_string()),
            attributes: blocker.attributes.iter().map(ToString::to_string).collect(),
            run: blocker.run.map(|r| r.0),
        }
    }
}

/// A result of a bank or donor that has fallen since something was made from it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FlagView {
    /// The bank or donor.
    pub source: String,
    /// What happened, in a sentence.
    pub detail: String,
    /// When (UTC).
    pub at: String,
}

/// The flags of a lot, newest first.
pub fn flags(lot: &Lot) -> Vec<FlagView> {
    let view = |(flag, detail): (&SourceFlag, String)| FlagView {
        source: flag.source.to_string(),
        detail,
        at: flag.at.to_string(),
    };
    flags_in_words(lot).into_iter().map(view).collect()
}

/// An investigation of a lot, in a line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InvestigationLine {
    /// Its number.
    pub investigation: String,
    /// The run with the failing readings.
    pub run: i64,
    /// The phase it is in.
    pub phase: String,
    /// How it ended, once it is closed.
    pub outcome: Option<String>,
    /// Its address.
    pub url: String,
}

impl From<&Investigation> for InvestigationLine {
    fn from(i: &Investigation) -> Self {
        InvestigationLine {
            investigation: i.number.to_string(),
            run: i.run.0,
            phase: i.phase().as_str().to_owned(),
            outcome: i.ending().map(|e| e.as_str().to_owned()),
            url: format!("/api/v1/investigations/{}", i.number),
        }
    }
}

/// A deviation or hold of a lot, in a line.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeviationLine {
    /// Its number.
    pub deviation: String,
    /// `deviation` or `hold`.
    pub kind: String,
    /// True until QA closes it.
    pub open: bool,
    /// Its address.
    pub url: String,
}

impl From<&Deviation> for DeviationLine {
    fn from(d: &Deviation) -> Self {
        DeviationLine {
            deviation: d.number.to_string(),
            kind: d.kind.as_str().to_owned(),
            open: d.is_open(),
            url: format!("/api/v1/deviations/{}", d.number),
        }
    }
}

/// A lot as it stands.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LotView {
    /// Lot number.
    pub lot: String,
    /// Product code.
    pub product: String,
    /// The specification version it is pinned to.
    pub specification: PinnedSpecification,
    /// The version in force now, where it is newer; the lot stays on its own.
    pub newer_version: Option<u32>,
    /// Donor code.
    pub donor: String,
    /// The bank it was made from.
    pub bank: Option<String>,
    /// True where the donor is the patient; none where nobody said.
    pub autologous: Option<bool>,
    /// True where it is given after freezing and thawing; none where nobody said.
    pub cryopreserved: Option<bool>,
    /// True where antibiotics were used in the process; none where nobody said.
    pub antibiotics: Option<bool>,
    /// When it was made (UTC).
    pub manufactured_at: String,
    /// When it expires (UTC).
    pub expires_at: String,
    /// Number of containers.
    pub containers: u32,
    /// Who registered it, and when.
    pub registered_by: String,
    /// When (UTC).
    pub registered_at: String,
    /// `testing`, `on_hold`, `ready`, `released`, `rejected`, `expired`, `revoked`.
    pub status: String,
    /// Every criterion.
    pub criteria: Vec<CriterionView>,
    /// Everything that holds the lot back.
    pub blockers: Vec<BlockerView>,
    /// Results of its bank or donor that have fallen since it was made from it, newest first;
    /// also on a lot that was released before.
    pub flags: Vec<FlagView>,
    /// Its investigations, oldest first.
    pub investigations: Vec<InvestigationLine>,
    /// Its deviations and holds, oldest first.
    pub deviations: Vec<DeviationLine>,
    /// SHA-256 of the dossier that a signature would cover now.
    pub dossier_sha256: String,
    /// Number of the certificate, once released.
    pub certificate: Option<String>,
    /// Runs made with equipment that was not fit for use, accepted by the site's policy.
    pub equipment_flags: Vec<EquipmentFlag>,
    /// Where it is on its route to a decision.
    pub course: CourseView,
}

/// What was not as it should be in a run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EquipmentFlag {
    /// Run number.
    pub run: i64,
    /// What, in words.
    pub detail: String,
}

fn equipment_flags(lot: &Lot) -> Vec<EquipmentFlag> {
    let flags = lot.runs.iter().flat_map(|run| run.content.flags.iter().map(move |flag| (run, flag)));
    flags.map(|(run, flag)| EquipmentFlag { run: run.number.0, detail: flag.clone() }).collect()
}

/// A lot in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LotRow {
    /// Lot number.
    pub lot: String,
    /// Product code.
    pub product: String,
    /// The specification version it is pinned to.
    pub specification: PinnedSpecification,
    /// Donor code.
    pub donor: String,
    /// Status.
    pub status: String,
    /// When it expires (UTC).
    pub expires_at: String,
    /// Everything that holds the lot back.
    pub blockers: Vec<BlockerView>,
    /// Results of its bank or donor that have fallen since it was made from it, newest first.
    pub flags: Vec<FlagView>,
    /// Number of the certificate, once released.
    pub certificate: Option<String>,
}

/// A page of lots.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LotsView {
    /// Newest registration first.
    pub lots: Vec<LotRow>,
    /// Send it as `cursor` for the next page; none on the last.
    pub next_cursor: Option<String>,
}

fn pinned(lot: &Lot) -> PinnedSpecification {
    PinnedSpecification { product: lot.details.product.to_string(), version: lot.details.specification_version }
}

fn certificate_of(lot: &Lot) -> Option<String> {
    let Some(Decision::Released { certificate, .. }) = &lot.decision else { return None };
    Some(lot.course.supersessions.last().map_or(certificate, |s| &s.by_certificate).to_string())
}

impl LotRow {
    /// A lot of a list as of `now`, as one person sees it.
    pub fn new(lot: &Lot, stored: &StoredSpecification, now: Moment, viewer: &Username) -> Self {
        let spec = &stored.specification;
        let assessment = Blind { lot, spec, viewer }.veil(assess(lot, spec, now));
        LotRow {
            lot: lot.number().to_string(),
            product: lot.details.product.to_string(),
            specification: pinned(lot),
            donor: lot.details.donor.to_string(),
            status: assessment.status.as_str().to_owned(),
            expires_at: lot.details.expires_at.to_string(),
            blockers: assessment.blockers.iter().map(BlockerView::from).collect(),
            flags: flags(lot),
            certificate: certificate_of(lot),
        }
    }
}

impl LotView {
    /// A lot as of `now`, as one person sees it.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn new(
        lot: &Lot,
        stored: &StoredSpecification,
        now: Moment,
        viewer: &Username,
        newer_version: Option<u32>,
        course: &CourseNow,
    ) -> Result<Self, Error> {
        let veil = |a| Blind { lot, spec: &stored.specification, viewer }.veil(a);
        LotView::veiled(lot, stored, now, newer_version, course, veil)
    }

    /// A lot as of `now`, without what `veil` takes out of its assessment.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn veiled<'l>(
        lot: &'l Lot,
        stored: &'l StoredSpecification,
        now: Moment,
        newer_version: Option<u32>,
        course: &CourseNow,
        veil: impl FnOnce(Assessment<'l>) -> Assessment<'l>,
    ) -> Result<Self, Error> {
        let assessment = assess(lot, &stored.specification, now);
        // What is signed is the whole of it, whoever looks.
        let ((_, dossier_sha256), assessment) = (to_be_signed(lot, stored, &assessment)?, veil(assessment));
        Ok(LotView {
            lot: lot.number().to_string(),
            product: lot.details.product.to_string(),
            specification: pinned(lot),
            newer_version,
            donor: lot.details.donor.to_string(),
            bank: lot.details.bank.as_ref().map(ToString::to_string),
            autologous: lot.details.autologous,
            cryopreserved: lot.details.cryopreserved,
            antibiotics: lot.details.antibiotics,
            manufactured_at: lot.details.manufactured_at.to_string(),
            expires_at: lot.details.expires_at.to_string(),
            containers: lot.details.containers,
            registered_by: lot.registered_by.name.as_str().to_owned(),
            registered_at: lot.registered_at.to_string(),
            status: assessment.status.as_str().to_owned(),
            criteria: assessment.items.iter().map(CriterionView::from).collect(),
            blockers: assessment.blockers.iter().map(BlockerView::from).collect(),
            flags: flags(lot),
            investigations: lot.investigations.iter().map(InvestigationLine::from).collect(),
            deviations: lot.deviations.iter().map(DeviationLine::from).collect(),
            dossier_sha256,
            certificate: certificate_of(lot),
            equipment_flags: equipment_flags(lot),
            course: CourseView::new(lot, course),
        })
    }
}
