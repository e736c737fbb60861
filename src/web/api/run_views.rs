//! `/api/v1/runs`: what a run looks like in the API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lot_views::VerdictView;
use crate::domain::assessment::verdict_in_run;
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use crate::domain::evaluation::{Outcome, Verdict};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::run::{Change, Discrepancy, Reading, Run};
use crate::workflow::Error;
use crate::workflow::record_run::{JudgedReading, RecordedRun};
use crate::workflow::verify_run::content_sha256;

/// A run as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// Assay code.
    pub assay: String,
    /// Method and version.
    pub method: String,
    /// Instrument.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Start of test or incubation, RFC 3339 with zone; needed where the test incubates.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When it was read, RFC 3339 with zone.
    pub tested_at: String,
    /// Controls.
    #[serde(default)]
    pub controls: Vec<NamedValue>,
    /// Values, any subset of the assay's attributes.
    pub readings: Vec<NewReading>,
    /// Remark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Codes of reagents and kits used.
    #[serde(default)]
    pub reagents: Vec<String>,
    /// SHA-256 of evidence files that were sent before.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// `false` asks first: a failing result that would revoke the lot's release is then refused with
    /// what would follow. Left out or `true`, it is recorded: no program's failing result gets lost.
    #[serde(default)]
    pub late_result: Option<bool>,
}

/// A control as it is sent.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedValue {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A value as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReading {
    /// Attribute code.
    pub attribute: String,
    /// The value as text, exactly as read: `"98.7"`, `"<0.05"`, `"No growth"`; none for a
    /// calculated attribute.
    #[serde(default)]
    pub value: String,
    /// The unit of the criterion, where it has one.
    #[serde(default)]
    pub unit: Option<String>,
    /// The raw entries of a calculated attribute, as text: `{"live": ["142"], "dead": ["8"]}`.
    #[serde(default)]
    pub raw: BTreeMap<String, Vec<String>>,
    /// SHA-256 of evidence files that were sent before; they are kept with the run.
    #[serde(default)]
    pub evidence: Vec<String>,
}

/// Values where no run is recorded: evidence belongs to a run, so here it is refused, not dropped.
///
/// # Errors
/// A value names evidence.
pub fn without_evidence(readings: Vec<NewReading>) -> Result<Vec<ReadingEntry>, Refusal> {
    if let Some(i) = readings.iter().position(|r| !r.evidence.is_empty()) {
        let detail = "Evidence is named when a run is recorded. Leave it out here.";
        return Err(Refusal::field(Code::InvalidField, format!("readings[{i}].evidence"), detail));
    }
    Ok(readings.into_iter().map(ReadingEntry::from).collect())
}

impl From<NewReading> for ReadingEntry {
    fn from(r: NewReading) -> Self {
        ReadingEntry { attribute: r.attribute, value: r.value, unit: r.unit, raw: r.raw }
    }
}

impl From<NewRun> for RunEntry {
    fn from(run: NewRun) -> Self {
        let control = |c: NamedValue| ControlEntry { name: c.name, value: c.value };
        let of_readings = run.readings.iter().flat_map(|r| r.evidence.clone());
        let evidence = run.evidence.into_iter().chain(of_readings).collect();
        RunEntry {
            assay: run.assay,
            method: run.method,
            instrument: run.instrument,
            started_at: run.started_at,
            tested_at: run.tested_at,
            controls: run.controls.into_iter().map(control).collect(),
            readings: run.readings.into_iter().map(ReadingEntry::from).collect(),
            comment: run.comment,
            reagents: run.reagents,
            evidence,
            late_result: run.late_result.unwrap_or(true),
        }
    }
}

/// A value with its verdict.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReadingView {
    /// Attribute code.
    pub attribute: String,
    /// The value as recorded.
    pub value: String,
    /// Unit.
    pub unit: Option<String>,
    /// How it stands.
    pub verdict: VerdictView,
    /// How far the reportable value is inside (+) or outside (−) the limit.
    pub distance: Option<String>,
    /// Of a calculated attribute: the raw entries as typed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub raw: BTreeMap<String, Vec<String>>,
    /// Of a calculated attribute: the formula with the numbers in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

impl From<&JudgedReading> for ReadingView {
    fn from(r: &JudgedReading) -> Self {
        ReadingView {
            attribute: r.attribute.to_string(),
            value: r.value.clone(),
            unit: r.unit.clone(),
            verdict: VerdictView {
                outcome: r.outcome.as_str().to_owned(),
                because: r.because.clone(),
                as_entered: Some(r.value.clone()),
                reported: r.reported.clone(),
                earliest: r.earliest.map(|m| m.to_string()),
                alert: r.alert.clone(),
            },
            distance: r.distance.clone(),
            raw: r.raw.clone(),
            formula: r.formula.clone(),
        }
    }
}

/// A run just recorded, or judged without recording (`run` is then null).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecordedView {
    /// Run number.
    pub run: Option<i64>,
    /// Lot number.
    pub lot: String,
    /// Values with verdicts.
    pub readings: Vec<ReadingView>,
    /// What was not as it should be and is accepted by the site's policy.
    pub flags: Vec<String>,
}

impl From<&RecordedRun> for RecordedView {
    fn from(made: &RecordedRun) -> Self {
        RecordedView {
            run: made.run.map(|r| r.0),
            lot: made.lot.to_string(),
            readings: made.readings.iter().map(ReadingView::from).collect(),
            flags: made.flags.clone(),
        }
    }
}

/// A value that was changed after first entry.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ChangeView {
    /// Attribute code.
    pub attribute: String,
    /// Value before.
    pub before: String,
    /// Value after.
    pub after: String,
    /// Why.
    pub reason: String,
    /// Who changed it.
    pub by: String,
    /// When (UTC).
    pub at: String,
}

impl From<&Change> for ChangeView {
    fn from(c: &Change) -> Self {
        ChangeView {
            attribute: c.attribute.to_string(),
            before: c.before.clone(),
            after: c.after.clone(),
            reason: c.reason.as_str().to_owned(),
            by: c.by.name.as_str().to_owned(),
            at: c.at.to_string(),
        }
    }
}

/// A run.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RunView {
    /// Run number.
    pub run: i64,
    /// Lot number.
    pub lot: String,
    /// Assay code.
    pub assay: String,
    /// Method and version.
    pub method: String,
    /// Instrument.
    pub instrument: String,
    /// Start of test or incubation (UTC).
    pub started_at: Option<String>,
    /// When it was read (UTC).
    pub tested_at: String,
    /// Controls.
    pub controls: Vec<NamedValue>,
    /// Values with verdicts.
    pub readings: Vec<ReadingView>,
    /// Why the run gives no result, if a control failed.
    pub invalid_because: Option<String>,
    /// Remark.
    pub comment: String,
    /// Who entered it.
    pub entered_by: String,
    /// When it was entered (UTC).
    pub entered_at: String,
    /// Who verified it.
    pub verified_by: Option<String>,
    /// When it was verified (UTC).
    pub verified_at: Option<String>,
    /// Values changed after first entry, oldest first.
    pub changes: Vec<ChangeView>,
    /// Codes of reagents and kits used.
    pub reagents: Vec<String>,
    /// SHA-256 of evidence files.
    pub evidence: Vec<String>,
    /// What was not as it should be and was accepted by the site's policy.
    pub flags: Vec<String>,
    /// Differences between first and second entry of critical values, oldest first.
    pub discrepancies: Vec<DiscrepancyView>,
    /// SHA-256 of the content that a verification confirms.
    pub content_sha256: String,
}

/// A difference between the first and the second entry of a critical value.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DiscrepancyView {
    /// Attribute code.
    pub attribute: String,
    /// The value of the first entry.
    pub first: String,
    /// The value of the second entry.
    pub second: String,
    /// Who made the second entry.
    pub by: String,
    /// When (UTC).
    pub at: String,
    /// What each of the two says the value is, oldest first.
    pub resolutions: Vec<ResolutionView>,
    /// The value on which both agree, once they do.
    pub agreed: Option<String>,
}

/// One person's word on a discrepancy.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ResolutionView {
    /// What the value is.
    pub value: String,
    /// Why the entries differed.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When (UTC).
    pub at: String,
}

impl DiscrepancyView {
    fn new(discrepancy: &Discrepancy, hidden: bool) -> Self {
        let shown = |value: &str| if hidden { HIDDEN.to_owned() } else { value.to_owned() };
        let word = |r: &crate::domain::run::Resolution| ResolutionView {
            value: shown(&r.value),
            reason: r.reason.as_str().to_owned(),
            by: r.by.name.as_str().to_owned(),
            at: r.at.to_string(),
        };
        DiscrepancyView {
            attribute: discrepancy.attribute.to_string(),
            first: shown(&discrepancy.first),
            second: shown(&discrepancy.second),
            by: discrepancy.by.name.as_str().to_owned(),
            at: discrepancy.at.to_string(),
            resolutions: discrepancy.resolutions.iter().map(word).collect(),
            agreed: discrepancy.agreed().map(shown),
        }
    }
}

impl ReadingView {
    /// A reading of a run as one person sees it.
    fn of(run: &Run, reading: &Reading, blind: &Blind) -> Option<Self> {
        let verdict = blind.spec.criterion(&reading.attribute).and_then(|c| verdict_in_run(run, blind.spec, c))?;
        let (attribute, unit) = (reading.attribute.to_string(), reading.unit.clone());
        if blind.hides(run, &reading.attribute) {
            let verdict = VerdictView::from(&Verdict::without_value(Outcome::Unverified, HIDDEN));
            let (value, raw) = (HIDDEN.to_owned(), BTreeMap::new());
            return Some(ReadingView { attribute, value, unit, verdict, distance: None, raw, formula: None });
        }
        Some(ReadingView {
            attribute,
            value: reading.value.clone(),
            unit,
            distance: verdict.distance.clone(),
            verdict: VerdictView::from(&verdict),
            raw: reading.raw.clone(),
            formula: reading.formula.clone(),
        })
    }
}

impl RunView {
    /// A run as one person sees it.
    ///
    /// # Errors
    /// A failure of ours.
    pub fn new(run: &Run, blind: &Blind) -> Result<Self, Error> {
        let content = &run.content;
        let change = |c: &Change| {
            let hidden = blind.hides(run, &c.attribute).then(|| HIDDEN.to_owned());
            let view = ChangeView::from(c);
            match hidden {
                Some(hidden) => ChangeView { before: hidden.clone(), after: hidden, ..view },
                None => view,
            }
        };
        let verification = run.verification.as_ref();
        Ok(RunView {
            run: run.number.0,
            lot: run.lot.to_string(),
            assay: content.assay.to_string(),
            method: content.method.as_str().to_owned(),
            instrument: content.instrument.as_str().to_owned(),
            started_at: content.started_at.map(|m| m.to_string()),
            tested_at: content.tested_at.to_string(),
            controls: content
                .controls
                .iter()
                .map(|c| NamedValue { name: c.name.clone(), value: c.value.clone() })
                .collect(),
            readings: content.readings.iter().filter_map(|r| ReadingView::of(run, r, blind)).collect(),
            invalid_because: run.invalid_because(blind.spec),
            comment: content.comment.as_str().to_owned(),
            entered_by: run.entered_by.name.as_str().to_owned(),
            entered_at: run.entered_at.to_string(),
            verified_by: verification.map(|v| v.by.name.as_str().to_owned()),
            verified_at: verification.map(|v| v.at.to_string()),
            changes: run.changes.iter().map(change).collect(),
            reagents: content.reagents.iter().map(ToString::to_string).collect(),
            evidence: content.evidence.clone(),
            flags: content.flags.clone(),
            discrepancies: run
                .aftermath
                .discrepancies
                .iter()
                .map(|d| DiscrepancyView::new(d, blind.hides(run, &d.attribute)))
                .collect(),
            content_sha256: content_sha256(content)?,
        })
    }
}
