//! Reading what a person typed for a run: from raw text to a [`RunContent`] that holds together.
//!
//! Promises: every mistake is reported with its field, all of them at once; what passes here
//! can be recorded; nothing here looks at the clock or at other records except those given.

use serde::{Deserialize, Serialize};

use super::evaluation::known_word;
use super::ids::{AssayCode, EquipmentCode};
use super::limit::Rounding;
use super::moment::Moment;
use super::refusal::{Code, Refusal};
use super::run::{ControlReading, Raw, Reading, RunContent};
use super::spec::{Assay, Control, Specification};
use super::text::{Line, Remark};

/// The most readings and controls one run can have; more is a mistake or an attack.
pub const READINGS_MAX: usize = 100;

/// A run as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunEntry {
    /// Assay code.
    pub assay: String,
    /// Method and version.
    #[serde(default)]
    pub method: String,
    /// Instrument.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Start of test or incubation, RFC 3339.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When it was read, RFC 3339.
    pub tested_at: String,
    /// Controls.
    #[serde(default)]
    pub controls: Vec<ControlEntry>,
    /// Values.
    pub readings: Vec<ReadingEntry>,
    /// Remark.
    #[serde(default)]
    pub comment: Option<String>,
    /// Codes of reagents and kits used.
    #[serde(default)]
    pub reagents: Vec<String>,
    /// SHA-256 of evidence files that were sent before.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// That a failing result is to be recorded although it revokes the lot's release.
    #[serde(default)]
    pub late_result: bool,
}

/// A control as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlEntry {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// A value as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingEntry {
    /// Attribute code.
    pub attribute: String,
    /// Value.
    pub value: String,
    /// Unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// Raw entries of a calculated attribute, instead of a value.
    #[serde(default)]
    pub raw: Raw,
}

impl RunEntry {
    /// Reads the entry against the lot's specification.
    ///
    /// # Errors
    /// All mistakes together, each with its field.
    pub fn read(&self, spec: &Specification, now: Moment) -> Result<RunContent, Refusal> {
        self.read_beside(spec, now, None)
    }

    /// As [`RunEntry::read`], beside the donor's STR profile, which an identity test is compared with.
    ///
    /// # Errors
    /// As [`RunEntry::read`].
    pub fn read_beside(
        &self,
        spec: &Specification,
        now: Moment,
        donor_profile: Option<&Raw>,
    ) -> Result<RunContent, Refusal> {
        let assay = AssayCode::parse(&self.assay).ok().and_then(|code| spec.assay(&code));
        let assay = assay.ok_or_else(|| self.unknown_assay(spec))?;
        let mut refusals = Vec::new();
        let mut keep = |refusal: Refusal| refusals.push(refusal);
        let method = Line::parse("method", &self.method).map_err(&mut keep).ok();
        let instrument = Remark::parse("instrument", self.instrument.as_deref().unwrap_or("")).map_err(&mut keep).ok();
        let comment = Remark::parse("comment", self.comment.as_deref().unwrap_or("")).map_err(&mut keep).ok();
        let started_at = self.read_start(now).map_err(&mut keep).ok();
        let tested_at = read_past("tested_at", &self.tested_at, now).map_err(&mut keep).ok();
        if let (Some(Some(start)), Some(tested)) = (started_at, tested_at)
            && start > tested
        {
            keep(Refusal::field(Code::InvalidField, "tested_at", "The test cannot be read before it was started."));
        }
        let controls = self.read_controls(spec, assay).map_err(&mut keep).ok();
        let reagents = self.read_reagents().map_err(&mut keep).ok();
        let evidence = read_evidence(&self.evidence).map_err(&mut keep).ok();
        let times = started_at.zip(tested_at);
        let readings = self.read_readings(spec, assay, times, donor_profile).map_err(&mut keep).ok();
        if let (Some(readings), Some([])) = (&readings, evidence.as_deref()) {
            missing_evidence(spec, readings).map(&mut keep);
        }
        if let Some(refusal) = Refusal::all(refusals) {
            return Err(refusal);
        }
        match ((method, instrument, comment, started_at, tested_at), controls, readings, reagents.zip(evidence)) {
            (
                (Some(method), Some(instrument), Some(comment), Some(started_at), Some(tested_at)),
                Some(controls),
                Some(readings),
                Some((reagents, evidence)),
            ) => {
                let assay = assay.code.clone();
                Ok(RunContent {
                    assay,
                    method,
                    instrument,
                    started_at,
                    tested_at,
                    controls,
                    readings,
                    comment,
                    reagents,
                    evidence,
                    investigation: None,
                    flags: Vec::new(),
                })
            }
            _ => Err(Refusal::new(Code::MalformedRequest, "The run could not be read.")),
        }
    }

    fn unknown_assay(&self, spec: &Specification) -> Refusal {
        let known: Vec<_> = spec.assays.iter().map(|a| a.code.as_str()).collect();
        let shown: String = self.assay.chars().take(40).collect();
        let detail = format!("{} has no assay “{shown}”. It has {}.", spec.product, known.join(", "));
        Refusal::field(Code::UnknownAssay, "assay", detail)
    }

    fn read_start(&self, now: Moment) -> Result<Option<Moment>, Refusal> {
        match self.started_at.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(text) => read_past("started_at", text, now).map(Some),
        }
    }

    fn read_controls(&self, spec: &Specification, assay: &Assay) -> Result<Vec<ControlReading>, Refusal> {
        if self.controls.len() > READINGS_MAX {
            return Err(Refusal::field(Code::TooLarge, "controls", "A run has at most 100 controls."));
        }
        let mut refusals = Vec::new();
        for (i, given) in self.controls.iter().enumerate() {
            if !assay.controls.iter().any(|c| c.name.eq_ignore_ascii_case(given.name.trim())) {
                let shown: String = given.name.chars().take(40).collect();
                let detail = format!("{} has no control “{shown}”.", assay.name);
                refusals.push(Refusal::field(Code::InvalidField, format!("controls[{i}].name"), detail));
            }
        }
        let mut controls = Vec::new();
        for control in &assay.controls {
            let mut given =
                self.controls.iter().enumerate().filter(|(_, c)| c.name.trim().eq_ignore_ascii_case(&control.name));
            match (given.next(), given.next()) {
                (Some((i, entry)), None) => match read_control(control, &entry.value, spec.rounding) {
                    Ok(value) => controls.push(ControlReading { name: control.name.clone(), value }),
                    Err(refusal) => refusals.push(refusal.within(&format!("controls[{i}]"))),
                },
                (None, _) => {
                    let detail = format!(
                        "{} needs its {} control: a result without it says nothing. Record {}.",
                        assay.name,
                        control.name,
                        control
                            .limit
                            .as_ref()
                            .map_or_else(|| control.allowed.join(" or "), |_| "its number".to_owned())
                    );
                    refusals.push(Refusal::field(Code::ControlRequired, "controls", detail));
                }
                (Some(_), Some((i, _))) => {
                    let detail = format!("The {} control is given twice.", control.name);
                    refusals.push(Refusal::field(Code::InvalidField, format!("controls[{i}].name"), detail));
                }
            }
        }
        Refusal::all(refusals).map_or(Ok(controls), Err)
    }

    fn read_reagents(&self) -> Result<Vec<EquipmentCode>, Refusal> {
        if self.reagents.len() > READINGS_MAX {
            return Err(Refusal::field(Code::TooLarge, "reagents", "A run has at most 100 reagents."));
        }
        let mut codes = Vec::new();
        for (i, text) in self.reagents.iter().enumerate() {
            let code = EquipmentCode::parse(text).map_err(|refusal| refusal.within(&format!("reagents[{i}]")))?;
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        Ok(codes)
    }

    fn read_readings(
        &self,
        spec: &Specification,
        assay: &Assay,
        times: Option<(Option<Moment>, Moment)>,
        donor_profile: Option<&Raw>,
    ) -> Result<Vec<Reading>, Refusal> {
        if self.readings.is_empty() {
            return Err(Refusal::field(Code::InvalidField, "readings", "A run needs at least one value."));
        }
        if self.readings.len() > READINGS_MAX {
            return Err(Refusal::field(Code::TooLarge, "readings", "A run has at most 100 values."));
        }
        let mut refusals = Vec::new();
        let mut readings: Vec<Reading> = Vec::new();
        for (i, entry) in self.readings.iter().enumerate() {
            match entry.read_beside(spec, assay, times, donor_profile) {
                Ok(reading) if readings.iter().any(|r| r.attribute == reading.attribute) => {
                    let detail = format!("{} is given twice in one run. Give one value.", reading.attribute);
                    refusals.push(Refusal::field(Code::RepeatedAttribute, format!("readings[{i}].attribute"), detail));
                }
                Ok(reading) => readings.push(reading),
                Err(refusal) => refusals.push(refusal.within(&format!("readings[{i}]"))),
            }
        }
        Refusal::all(refusals).map_or(Ok(readings), Err)
    }
}

/// The refusal of a run without evidence files where one of its criteria needs one.
fn missing_evidence(spec: &Specification, readings: &[Reading]) -> Option<Refusal> {
    let needs = readings.iter().filter_map(|r| spec.criterion(&r.attribute)).filter(|c| c.evidence);
    let names: Vec<&str> = needs.map(|c| c.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        let detail =
            format!("{} needs an evidence file. Send the file first, then name it in the run.", names.join(", "));
        Refusal::field(Code::EvidenceRequired, "evidence", detail)
    })
}

/// A control's value: a word in the specification's spelling, or a number exactly as typed.
fn read_control(control: &Control, typed: &str, rounding: Rounding) -> Result<String, Refusal> {
    if control.limit.is_none() {
        return known_word(typed, &control.allowed, &[]).map(str::to_owned);
    }
    control.accepts(typed, rounding).map(|_| typed.to_owned())
}

/// Reads the hashes of evidence files, each once.
///
/// # Errors
/// One is not a hash, or there are too many.
pub fn read_evidence(given: &[String]) -> Result<Vec<String>, Refusal> {
    if given.len() > READINGS_MAX {
        return Err(Refusal::field(Code::TooLarge, "evidence", "There are at most 100 evidence files."));
    }
    let mut files: Vec<String> = Vec::new();
    for (i, text) in given.iter().enumerate() {
        if !is_sha256(text) {
            let detail = "An evidence file is named by its SHA-256, the 64 hex digits that sending it answered.";
            return Err(Refusal::field(Code::NoSuchFile, format!("evidence[{i}]"), detail));
        }
        if !files.contains(text) {
            files.push(text.clone());
        }
    }
    Ok(files)
}

/// True for 64 hex digits in small letters.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_past(field: &str, text: &str, now: Moment) -> Result<Moment, Refusal> {
    let moment = Moment::parse(field, text)?;
    if moment > now {
        let detail = format!("{field} is in the future; it is now {}. Check the date and the zone.", in_minutes(now));
        return Err(Refusal::field(Code::InTheFuture, field, detail));
    }
    Ok(moment)
}

/// A moment as a sentence shows it: `2026-12-01 06:05 UTC`, with seconds only where it has any.
pub fn in_minutes(moment: Moment) -> String {
    let at = moment.utc();
    let whole = chrono::Timelike::second(&at) == 0;
    at.format(if whole { "%Y-%m-%d %H:%M UTC" } else { "%Y-%m-%d %H:%M:%S UTC" }).to_string()
}
