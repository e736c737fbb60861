//! What was typed into a run's form: as an entry for the verb, judged as it is typed, and what
//! needs a second look before it is recorded.

use rust_decimal::Decimal;
use serde::Serialize;

use super::form::Form;
use super::run_forms::{field_id, place_reading};
use super::shown;
use super::str_profiles;
use super::view::runs::Question;
use super::visit::Visit;
use crate::domain::entry::{ControlEntry, ReadingEntry, RunEntry};
use crate::domain::evaluation::{Outcome, judge};
use crate::domain::exact::shortened;
use crate::domain::ids::AttributeCode;
use crate::domain::moment::Moment;
use crate::domain::refusal::{FieldRefusal, Refusal};
use crate::domain::role::Role;
use crate::domain::run::{Raw, Reading, RunContent};
use crate::domain::spec::{Acceptance, Assay, Criterion, Specification};
use crate::domain::text::Line;
use crate::web::times;

/// The verdict on one value, as the form's script shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    /// The attribute.
    pub attribute: String,
    /// An outcome, or `refused` for a text that is no value.
    pub outcome: &'static str,
    /// The outcome; `None` for a text that is no value.
    #[serde(skip)]
    pub verdict: Option<Outcome>,
    /// Why.
    pub because: String,
    /// How far inside (+) or outside (−) the limit; empty where that says nothing.
    pub distance: String,
}

/// The values that were filled in, with their units: what a tablet's keyboard added is cut off.
/// Raw entries of one attribute make one reading; several numbers are separated by white space.
pub fn readings(form: &Form) -> Vec<ReadingEntry> {
    let mut readings: Vec<ReadingEntry> = Vec::new();
    for (name, typed) in form.0.iter().map(|(name, typed)| (name.as_str(), typed.trim())) {
        if typed.is_empty() {
            continue;
        }
        if let Some(attribute) = name.strip_prefix("value.") {
            let unit = form.get(&format!("unit.{attribute}")).to_owned();
            readings.push(ReadingEntry {
                attribute: attribute.to_owned(),
                value: typed.to_owned(),
                unit: Some(unit).filter(|u| !u.is_empty()),
                raw: Raw::new(),
            });
        } else if let Some(attribute) = name.strip_prefix("profile.") {
            let raw = str_profiles::lines(typed).into_iter().collect();
            readings.push(ReadingEntry { attribute: attribute.to_owned(), raw, ..ReadingEntry::default() });
        } else if let Some((attribute, input)) = name.strip_prefix("raw.").and_then(|rest| rest.rsplit_once('.')) {
            let numbers = typed.split_whitespace().map(str::to_owned).collect();
            match readings.iter_mut().find(|r| r.attribute == attribute) {
                Some(reading) => {
                    reading.raw.insert(input.to_owned(), numbers);
                }
                None => readings.push(ReadingEntry {
                    attribute: attribute.to_owned(),
                    raw: Raw::from([(input.to_owned(), numbers)]),
                    ..ReadingEntry::default()
                }),
            }
        }
    }
    readings
}

/// The `id` of a control's field; its name may hold spaces.
pub fn control_id(name: &str) -> String {
    format!("control-{}", name.split_whitespace().collect::<Vec<_>>().join("-"))
}

/// The controls that were filled in.
fn controls(form: &Form) -> Vec<ControlEntry> {
    let given = form.0.iter().filter_map(|(name, value)| Some((name.strip_prefix("control.")?, value.trim())));
    let control = |(name, value): (&str, &str)| ControlEntry { name: name.to_owned(), value: value.to_owned() };
    given.filter(|(_, value)| !value.is_empty()).map(control).collect()
}

/// The form as an entry.
///
/// # Errors
/// A time that the change to summer time skips.
pub fn entry(form: &Form, visit: &Visit) -> Result<RunEntry, Refusal> {
    let moment = |field: &str| times::from_input(field, form.get(field), visit.zone);
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    Ok(RunEntry {
        assay: form.get("assay").to_owned(),
        method: form.get("method").to_owned(),
        instrument: some(form.get("instrument")),
        started_at: some(&moment("started_at")?),
        tested_at: moment("tested_at")?,
        controls: controls(form),
        readings: readings(form),
        comment: some(form.get("comment")),
        reagents: form.get("reagents").split_whitespace().map(str::to_owned).collect(),
        evidence: form.all("evidence"),
        late_result: confirmed(form),
    })
}

/// The page's field for a field of the entry, and its label.
pub fn place(given: &FieldRefusal, form: &Form, spec: &Specification, assay: &Assay) -> (String, String) {
    let path = given.field.as_str();
    let index = |prefix: &str| path.strip_prefix(prefix)?.split(']').next()?.parse::<usize>().ok();
    // Only filled-in values were sent, so their count is not the row of the form.
    if let Some(id) = place_reading(given, form, spec, "value") {
        return (id, String::new());
    }
    if let Some(control) = index("controls[").and_then(|i| controls(form).into_iter().nth(i)) {
        return (control_id(&control.name), String::new());
    }
    if path == "file" || path.starts_with("evidence") {
        return ("file".into(), "Evidence".into());
    }
    if path.starts_with("reagents") {
        return ("reagents".into(), "Reagents".into());
    }
    let label = match path {
        "controls" => {
            let name = assay.controls.first().map_or("main", |c| c.name.as_str());
            return (control_id(name), String::new());
        }
        "readings" => return ("values".into(), String::new()),
        "method" => "Method",
        "instrument" => "Instrument",
        "comment" => "The comment",
        "started_at" => "Incubation started",
        "tested_at" => "Tested",
        _ => return ("main".into(), String::new()),
    };
    (path.to_owned(), label.into())
}

/// Judges each value as far as it has been typed; nothing is recorded.
pub fn judge_typed(
    form: &Form,
    visit: &Visit,
    lot: &crate::domain::lot::Lot,
    spec: &Specification,
    assay: &Assay,
) -> Vec<Judged> {
    let moment = |field: &str| {
        let text = times::from_input(field, form.get(field), visit.zone).ok()?;
        Moment::parse(field, &text).ok()
    };
    let (started, tested) = (moment("started_at"), moment("tested_at").unwrap_or(visit.now));
    let failed_control = controls(form).into_iter().find(|given| {
        let control = assay.controls.iter().find(|c| c.name == given.name);
        control.is_some_and(|c| c.accepts(&given.value, spec.rounding) == Ok(false))
    });
    let mut judged = Vec::new();
    let mut read: Vec<Reading> = Vec::new();
    for typed in readings(form) {
        let attribute = typed.attribute.clone();
        match typed.read(spec, assay, Some((started, tested))) {
            Err(refusal) => judged.push(refused(attribute, refusal.detail)),
            Ok(reading) => {
                judged.push(match &failed_control {
                    Some(control) => {
                        let because = format!("does not count: the {} control is {}", control.name, control.value);
                        Judged {
                            attribute,
                            outcome: Outcome::Invalid.as_str(),
                            verdict: Some(Outcome::Invalid),
                            because,
                            distance: String::new(),
                        }
                    }
                    None => verdict(spec, &reading, started),
                });
                read.push(reading);
            }
        }
    }
    for judged in &mut judged {
        judged.because = shown::local_times(&judged.because, visit.zone);
    }
    for (attribute, detail) in impossible(visit, lot, spec, assay, read, (started, tested)) {
        if let Some(place) = judged.iter_mut().find(|j| j.attribute == attribute) {
            *place = refused(attribute, detail);
        }
    }
    judged
}

fn refused(attribute: String, because: String) -> Judged {
    Judged { attribute, outcome: "refused", verdict: None, because, distance: String::new() }
}

fn verdict(spec: &Specification, reading: &Reading, started: Option<Moment>) -> Judged {
    let attribute = reading.attribute.to_string();
    let criterion = spec.criterion(&reading.attribute);
    let verdict = criterion.map(|c| judge(&c.acceptance, spec.rounding, &reading.value, started));
    match verdict {
        Some(Ok(verdict)) => Judged {
            attribute,
            outcome: verdict.outcome.as_str(),
            verdict: Some(verdict.outcome),
            because: match &reading.formula {
                Some(formula) => format!("{formula}; {}", verdict.because),
                None => verdict.because,
            },
            distance: verdict.distance.unwrap_or_default(),
        },
        Some(Err(refusal)) => refused(attribute, refusal.detail),
        None => refused(attribute, "This assay does not measure it.".into()),
    }
}

/// What the lot would not take although each value by itself is one.
fn impossible(
    visit: &Visit,
    lot: &crate::domain::lot::Lot,
    spec: &Specification,
    assay: &Assay,
    read: Vec<Reading>,
    times: (Option<Moment>, Moment),
) -> Vec<(String, String)> {
    let Ok(content) = content(assay, read, times) else { return Vec::new() };
    let Err(refusal) = lot.check_record(spec, &content, &visit.actor(Role::Analyst)) else { return Vec::new() };
    let of_reading = |given: &FieldRefusal| {
        let index = given.field.strip_prefix("readings[")?.split(']').next()?.parse::<usize>().ok()?;
        Some((content.readings.get(index)?.attribute.to_string(), given.detail.clone()))
    };
    refusal.fields.iter().filter_map(of_reading).collect()
}

/// Whether this person may enter anything of this lot, asked before they type.
///
/// # Errors
/// The lot was rejected, or the person verified something of it.
pub fn may_enter(visit: &Visit, lot: &crate::domain::lot::Lot) -> Result<(), Refusal> {
    lot.check_offer(&visit.actor(Role::Analyst))
}

fn content(assay: &Assay, readings: Vec<Reading>, times: (Option<Moment>, Moment)) -> Result<RunContent, Refusal> {
    let method = Line::parse("method", &assay.method)?;
    Ok(RunContent { readings, ..RunContent::without_values(assay.code.clone(), method, times.0, times.1) })
}

/// What needs a second look: a failing value, one that just about passes, and one beyond its
/// alert limit of which no comment says why. Of a value in `late` the verb asks more than this.
pub fn questions(
    form: &Form,
    spec: &Specification,
    assay: &Assay,
    started: Option<Moment>,
    late: &[AttributeCode],
) -> Vec<Question> {
    let mut questions = Vec::new();
    let unexplained = form.get("comment").trim().is_empty();
    for typed in readings(form) {
        let Ok(reading) = typed.read(spec, assay, None) else { continue };
        let Some(criterion) = spec.criterion(&reading.attribute) else { continue };
        let Ok(verdict) = judge(&criterion.acceptance, spec.rounding, &reading.value, started) else { continue };
        let shown = shown::with_unit(&shortened(&reading.value), criterion.acceptance.unit());
        let field = field_id("", &typed.attribute, spec, "value");
        if let Some(alert) = verdict.alert.as_ref().filter(|_| unexplained) {
            let text = format!(
                "{} {shown} passes but lies beyond its {alert}: please say why in the comment.",
                criterion.name
            );
            questions.push(Question { field, text });
            continue;
        }
        let required = criterion.acceptance.in_words();
        let text = match verdict.outcome {
            Outcome::Fail if late.contains(&reading.attribute) => continue,
            Outcome::Fail => format!(
                "{} {shown} fails: {} is required. Once verified it puts the lot on hold. Is it what the raw data say?",
                criterion.name, required
            ),
            Outcome::Pass if is_close(criterion, verdict.distance.as_deref()) => {
                format!("{} {shown} is right at its limit, {required}. Is it what the raw data say?", criterion.name)
            }
            Outcome::Indeterminate => format!(
                "{} {shown} cannot be compared with {required}, so it will hold the lot back. Is it what the raw data say?",
                criterion.name
            ),
            _ => continue,
        };
        questions.push(Question { field, text });
    }
    questions
}

/// True at the limit, or one unit of the last decimal inside it; a count such as the passage
/// is often at its limit and says nothing by that.
fn is_close(criterion: &Criterion, distance: Option<&str>) -> bool {
    let Acceptance::Numeric { limit, whole: false, .. } = &criterion.acceptance else { return false };
    let Some(distance) = distance.and_then(|d| d.trim_start_matches('+').parse::<Decimal>().ok()) else { return false };
    distance <= Decimal::new(1, limit.decimals())
}

/// Whether somebody who was told that these very values revoke a release confirmed them.
pub fn confirmed(form: &Form) -> bool {
    form.get("late_result") == "yes" && form.get("asked") == asked_about(form)
}

/// What recording a failing result brings with it, as a page asks about it.
pub fn to_confirm(refusal: &Refusal) -> String {
    refusal.detail.replace(" (late_result)", " below")
}

/// What the questions were asked about: the same values need no second answer.
pub fn asked_about(form: &Form) -> String {
    let raw =
        |r: &ReadingEntry| r.raw.iter().map(|(name, texts)| format!("{name} {}", texts.join(" "))).collect::<Vec<_>>();
    let said = |r: &ReadingEntry| format!("{}={}{}", r.attribute, r.value, raw(r).join(", "));
    readings(form).iter().map(said).collect::<Vec<_>>().join(";")
}
