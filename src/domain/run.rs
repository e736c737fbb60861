//! Runs and readings: one performance of an assay on a lot, as recorded.
//!
//! Promises: a run that was recorded is never changed; a correction stands beside the first
//! value; whether the run is valid follows from its controls.

use serde::{Deserialize, Serialize};

pub use super::calculation::Raw;
use super::ids::{AssayCode, AttributeCode, EquipmentCode, InvestigationNumber, LotNumber, RunNumber};
use super::investigation::SterilityGround;
use super::moment::Moment;
use super::quantity::same_value;
use super::role::Person;
use super::spec::Specification;
use super::text::{Line, Remark};

/// A control as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlReading {
    /// Name, `uninduced`.
    pub name: String,
    /// Value, one of the control's words.
    pub value: String,
}

/// A value as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The text as typed.
    pub value: String,
    /// The unit as recorded.
    pub unit: Option<String>,
    /// Of a calculated attribute: the raw entries as typed.
    #[serde(default, skip_serializing_if = "Raw::is_empty")]
    pub raw: Raw,
    /// Of a calculated attribute: the formula with the numbers in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula: Option<String>,
}

/// What a run says, apart from who recorded it: the content that a verification confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunContent {
    /// Which kind of test.
    pub assay: AssayCode,
    /// Method and version.
    pub method: Line,
    /// Instrument; empty where none was used.
    pub instrument: Remark,
    /// Start of the test or of incubation.
    pub started_at: Option<Moment>,
    /// When it was read.
    pub tested_at: Moment,
    /// Controls.
    pub controls: Vec<ControlReading>,
    /// Values, current ones.
    pub readings: Vec<Reading>,
    /// Remark.
    pub comment: Remark,
    /// Reagents and kits used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reagents: Vec<EquipmentCode>,
    /// Evidence files by SHA-256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// The investigation whose plan asks for this re-test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<InvestigationNumber>,
    /// What was not as it should be and was accepted by the site's policy: an instrument out of
    /// calibration, an expired reagent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
}

impl RunContent {
    /// A run of an assay without any values yet.
    pub fn without_values(assay: AssayCode, method: Line, started_at: Option<Moment>, tested_at: Moment) -> Self {
        RunContent {
            assay,
            method,
            instrument: Remark::default(),
            started_at,
            tested_at,
            controls: Vec::new(),
            readings: Vec::new(),
            comment: Remark::default(),
            reagents: Vec::new(),
            evidence: Vec::new(),
            investigation: None,
            flags: Vec::new(),
        }
    }
}

/// A value that a correction replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The value before.
    pub before: String,
    /// The value after.
    pub after: String,
    /// Why.
    pub reason: Line,
    /// Who changed it.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// Of a calculated attribute: the raw entries before.
    #[serde(default, skip_serializing_if = "Raw::is_empty")]
    pub raw_before: Raw,
    /// Of a calculated attribute: the raw entries after.
    #[serde(default, skip_serializing_if = "Raw::is_empty")]
    pub raw_after: Raw,
    /// Of a calculated attribute: the formula after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formula_after: Option<String>,
}

impl Change {
    /// Puts the new value into the reading it is about.
    pub fn apply(&self, reading: &mut Reading) {
        reading.value.clone_from(&self.after);
        if self.formula_after.is_some() {
            reading.raw.clone_from(&self.raw_after);
            reading.formula.clone_from(&self.formula_after);
        }
    }
}

/// A second person's confirmation that the run agrees with its raw data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// SHA-256 of the content that was confirmed, 64 hex digits.
    pub content_sha256: String,
    /// Critical values as the verifier typed them from the raw data, without seeing the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub second_entry: Vec<SecondEntry>,
}

/// A critical value typed by the verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondEntry {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The value as typed.
    pub value: String,
}

/// A difference between the first and the second entry of a critical value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    /// What was measured.
    pub attribute: AttributeCode,
    /// The value of the first entry.
    pub first: String,
    /// The value of the second entry.
    pub second: String,
    /// Who made the second entry.
    pub by: Person,
    /// When.
    pub at: Moment,
    /// What each of the two says the value is, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolutions: Vec<Resolution>,
}

/// One person's word on a discrepancy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// What the value is.
    pub value: String,
    /// Why the entries differed.
    pub reason: Line,
    /// Who.
    pub by: Person,
    /// When.
    pub at: Moment,
}

impl Discrepancy {
    /// What the person who entered the run said last, once the second person has said the same.
    pub fn settled_by(&self) -> Option<&Resolution> {
        let by_second = self.resolutions.iter().rev().find(|r| r.by.username == self.by.username)?;
        let by_first = self.resolutions.iter().rev().find(|r| r.by.username != self.by.username)?;
        same_value(&by_second.value, &by_first.value).then_some(by_first)
    }

    /// The value on which the two agree, once they do.
    pub fn agreed(&self) -> Option<&str> {
        self.settled_by().map(|resolution| resolution.value.as_str())
    }
}

/// Why a run that was valid no longer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invalidation {
    /// Of what sort.
    pub ground: Ground,
    /// Why, in words.
    pub reason: Line,
    /// The investigation that proved the cause, for a failing result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub investigation: Option<InvestigationNumber>,
    /// Who signed.
    pub by: Person,
    /// When.
    pub at: Moment,
}

/// The sorts of reason for which a result is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// A control or system suitability test was found to have failed.
    Control,
    /// The wrong sample, or a spoilt one.
    Sample,
    /// An instrument fault.
    Instrument,
    /// A reagent fault.
    Reagent,
    /// The method was not followed.
    Procedure,
    /// One of the four grounds of USP <71>, for a sterility test.
    Sterility(SterilityGround),
}

impl Ground {
    /// All grounds that are not of sterility.
    pub const GENERAL: [Ground; 5] =
        [Ground::Control, Ground::Sample, Ground::Instrument, Ground::Reagent, Ground::Procedure];

    /// The ground's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Ground::Control => "control",
            Ground::Sample => "sample",
            Ground::Instrument => "instrument",
            Ground::Reagent => "reagent",
            Ground::Procedure => "procedure",
            Ground::Sterility(ground) => ground.as_str(),
        }
    }

    /// The ground in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Ground::Control => "a control or system suitability test had failed",
            Ground::Sample => "the wrong sample, or a spoilt one",
            Ground::Instrument => "an instrument fault",
            Ground::Reagent => "a reagent fault",
            Ground::Procedure => "the method was not followed",
            Ground::Sterility(ground) => ground.in_words(),
        }
    }

    /// The ground of this name.
    pub fn parse(text: &str) -> Option<Ground> {
        let sterility = SterilityGround::ALL.into_iter().map(Ground::Sterility);
        Ground::GENERAL.into_iter().chain(sterility).find(|g| g.as_str() == text)
    }
}

/// A run with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Number.
    pub number: RunNumber,
    /// Lot.
    pub lot: LotNumber,
    /// What it says now.
    pub content: RunContent,
    /// Who entered it.
    pub entered_by: Person,
    /// When it was entered.
    pub entered_at: Moment,
    /// Values replaced, oldest first.
    pub changes: Vec<Change>,
    /// The verification, while it stands.
    pub verification: Option<Verification>,
    /// What happened to it after it was entered.
    pub aftermath: Aftermath,
}

/// What happened to a run after it was entered, corrections and the standing verification apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aftermath {
    /// Verifications that fell because the run was corrected afterwards, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallen: Vec<Verification>,
    /// Differences between first and second entry, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discrepancies: Vec<Discrepancy>,
    /// Why it is not valid, once it was invalidated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidation: Option<Invalidation>,
}

impl Run {
    /// A run just recorded, with nothing done to it yet.
    pub fn new(number: RunNumber, lot: LotNumber, content: RunContent, by: Person, at: Moment) -> Self {
        Run {
            number,
            lot,
            content,
            entered_by: by,
            entered_at: at,
            changes: Vec::new(),
            verification: None,
            aftermath: Aftermath::default(),
        }
    }

    /// Why the run gives no result: it was invalidated, or a control failed.
    pub fn invalid_because(&self, spec: &Specification) -> Option<String> {
        if let Some(invalidation) = &self.aftermath.invalidation {
            let by = invalidation.by.name.as_str();
            let reason = invalidation.reason.as_str();
            return Some(format!("run #{} was invalidated by {by}: {reason}", self.number));
        }
        let assay = spec.assay(&self.content.assay)?;
        assay.controls.iter().find_map(|control| {
            let read = self.content.controls.iter().find(|c| c.name == control.name);
            let Some(read) = read else { return Some(format!("run #{} has no {} control", self.number, control.name)) };
            // What cannot be read as the control's value vouches for nothing.
            let good = control.accepts(&read.value, spec.rounding).unwrap_or(false);
            let required = control.in_words();
            (!good).then(|| match &control.limit {
                None => format!("run #{} is invalid: its {} control is {}", self.number, control.name, read.value),
                Some(_) => format!(
                    "run #{} is invalid: its {} is {}, required {required}",
                    self.number, control.name, read.value
                ),
            })
        })
    }

    /// The discrepancies on which the two people do not agree yet.
    pub fn open_discrepancies(&self) -> impl Iterator<Item = &Discrepancy> {
        self.aftermath.discrepancies.iter().filter(|d| d.agreed().is_none())
    }

    /// Everybody who verified it, also where the verification fell.
    pub fn verifiers(&self) -> impl Iterator<Item = &Person> {
        self.aftermath.fallen.iter().chain(&self.verification).map(|v| &v.by)
    }

    /// Everybody who entered something into this run.
    pub fn enterers(&self) -> impl Iterator<Item = &Person> {
        std::iter::once(&self.entered_by).chain(self.changes.iter().map(|c| &c.by))
    }
}
