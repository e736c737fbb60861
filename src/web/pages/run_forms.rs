//! The fields of a run's page in which values are typed: correcting, typing again, resolving; and
//! the form that declares it invalid.
//!
//! Promises: a value that the reader must not see yet stands in none of them.

use super::entry::readings;
use super::form::{Form, Refused};
use super::run_guidance::late_correction;
use super::shown;
use super::steps::{Builder, Came};
use super::view::parts::{Choice, Field, Unit};
use super::view::runs::{CorrectionForm, CorrectionRow, DiscrepancyBlock, RawField, ResolveForm};
use super::view::signing::StepForm;
use super::visit::Visit;
use crate::domain::blind::{Blind, HIDDEN};
use crate::domain::ids::AttributeCode;
use crate::domain::inquiry::is_sterility;
use crate::domain::investigation::SterilityGround;
use crate::domain::lot::Lot;
use crate::domain::refusal::{Code, FieldRefusal};
use crate::domain::role::Role;
use crate::domain::run::{Discrepancy, Ground, Raw, Reading, Run};
use crate::domain::spec::{Acceptance, Criterion, Specification};
use crate::web::times;
use crate::workflow::Error;

/// The raw entries of a calculated criterion as fields; `id` is that of the value they make.
pub fn raw_fields(criterion: &Criterion, id: &str, form: &Form, now: Option<&Raw>, refused: &Refused) -> Vec<RawField> {
    if criterion.str_use.is_some() {
        return vec![profile_field(criterion, id, form, now, refused)];
    }
    let Some(calculation) = &criterion.calculated else { return Vec::new() };
    let field = |input: &crate::domain::calculation::Input| {
        let (id, name) = (format!("{id}-{}", input.name), format!("raw.{}.{}", criterion.attribute, input.name));
        let recorded = now.and_then(|raw| raw.get(input.name)).map(|texts| texts.join(" ")).unwrap_or_default();
        let typed = if form.0.is_empty() { recorded } else { form.get(&name).to_owned() };
        RawField {
            field: refused.field(&id, typed),
            id,
            name,
            label: input.label.to_owned(),
            unit: shown::unit_of(input.unit.unwrap_or_default()),
            many: input.many,
            lines: false,
        }
    };
    calculation.inputs().iter().map(field).collect()
}

/// An STR profile, one locus per line.
fn profile_field(criterion: &Criterion, id: &str, form: &Form, now: Option<&Raw>, refused: &Refused) -> RawField {
    let (id, name) = (format!("{id}-profile"), format!("profile.{}", criterion.attribute));
    let line = |(locus, alleles): (&String, &Vec<String>)| format!("{locus} {}", alleles.join(","));
    let recorded = now.map(|raw| raw.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap_or_default();
    let typed = if form.0.is_empty() { recorded } else { form.get(&name).to_owned() };
    RawField {
        field: refused.field(&id, typed),
        id,
        name,
        label: "One locus per line: D5S818 11,12".to_owned(),
        unit: Unit::default(),
        many: false,
        lines: true,
    }
}

/// The `id` of the field that a refusal of a reading is about, where it is about one.
pub fn place_reading(given: &FieldRefusal, form: &Form, spec: &Specification, prefix: &str) -> Option<String> {
    let (index, path) = given.field.strip_prefix("readings[")?.split_once(']')?;
    let reading = readings(form).into_iter().nth(index.parse().ok()?)?;
    Some(field_id(path.trim_start_matches('.'), &reading.attribute, spec, prefix))
}

/// The `id` of the field that a part of a reading (`value`, `raw.live[1]`) is about.
pub fn field_id(path: &str, attribute: &str, spec: &Specification, prefix: &str) -> String {
    let criterion = AttributeCode::parse(attribute).ok().and_then(|code| spec.criterion(&code));
    let id = format!("{prefix}-{attribute}");
    if criterion.is_some_and(|c| c.str_use.is_some()) {
        return format!("{id}-profile");
    }
    let Some(calculation) = criterion.and_then(|c| c.calculated.as_ref()) else { return id };
    let named = path.strip_prefix("raw.").and_then(|rest| rest.split('[').next()).unwrap_or_default();
    let inputs = calculation.inputs();
    let input = inputs.iter().find(|input| input.name == named).or(inputs.first());
    input.map_or(id.clone(), |input| format!("{id}-{}", input.name))
}

/// A field for one value of a run.
fn row(
    spec: &Specification,
    reading: &Reading,
    prefix: &str,
    now: Option<&Reading>,
    form: &Form,
    refused: &Refused,
) -> CorrectionRow {
    let criterion = spec.criterion(&reading.attribute);
    let code = reading.attribute.as_str();
    let (id, typed) = (format!("{prefix}-{code}"), form.get(&format!("value.{code}")));
    let choices = match criterion.map(|c| &c.acceptance) {
        Some(Acceptance::Categorical { allowed, interim, .. }) => {
            interim.iter().chain(allowed).map(|word| Choice::of(word.as_str(), *word == typed)).collect()
        }
        _ => Vec::new(),
    };
    CorrectionRow {
        attribute: code.to_owned(),
        name: criterion.map_or_else(|| code.to_owned(), |c| c.name.clone()),
        now: now.map_or_else(|| HIDDEN.to_owned(), |reading| reading.value.clone()),
        unit: now.map_or_else(Unit::default, |r| shown::unit_of(r.unit.as_deref().unwrap_or_default())),
        unit_code: reading.unit.clone().unwrap_or_default(),
        choices,
        field: refused.field(&id, typed),
        raw: criterion.map(|c| raw_fields(c, &id, form, now.map(|r| &r.raw), refused)).unwrap_or_default(),
        words: criterion.is_some_and(|c| matches!(c.acceptance, Acceptance::Text)),
        id,
    }
}

/// The critical values of a run, to be typed again.
pub fn again(spec: &Specification, run: &Run, form: &Form, refused: &Refused) -> Vec<CorrectionRow> {
    let critical = |r: &&Reading| spec.criterion(&r.attribute).is_some_and(|c| c.critical);
    let field = |reading: &Reading| {
        let unit = shown::unit_of(reading.unit.as_deref().unwrap_or_default());
        CorrectionRow { unit, ..row(spec, reading, "again", None, form, refused) }
    };
    run.content.readings.iter().filter(critical).map(field).collect()
}

/// The form that corrects a run, or why there is none.
///
/// # Errors
/// There is no randomness for its key.
pub fn correction(
    visit: &Visit,
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    (form, refused): (&Form, &Refused),
) -> Result<(Option<CorrectionForm>, String), Error> {
    let rejected = lot.check_open().is_err() && !lot.takes_only_failures();
    if !visit.is(Role::Analyst) || rejected {
        return Ok((None, String::new()));
    }
    if let Err(refusal) = lot.check_offer_correction(spec, run, &visit.actor(Role::Analyst)) {
        return Ok((None, shown::local_times(&refusal.detail, visit.zone)));
    }
    let blind = visit.blind(lot, spec);
    let field = |reading: &Reading| {
        let now = (!blind.hides(run, &reading.attribute)).then_some(reading);
        row(spec, reading, "value", now, form, refused)
    };
    let form = CorrectionForm {
        late: late_correction(lot).unwrap_or_default(),
        confirm: String::new(),
        asked: String::new(),
        rows: run.content.readings.iter().map(field).collect(),
        reason: refused.field("reason", form.get("reason")),
        idempotency_key: visit.key()?,
    };
    Ok((Some(form), String::new()))
}

/// The differences between first and second entry, with the form for those who resolve them.
///
/// # Errors
/// There is no randomness for a form's key.
pub fn discrepancies(
    visit: &Visit,
    blind: &Blind,
    run: &Run,
    (form, refused): (&Form, &Refused),
) -> Result<Vec<DiscrepancyBlock>, Error> {
    let all = run.aftermath.discrepancies.iter();
    all.map(|discrepancy| block(visit, blind, run, discrepancy, (form, refused))).collect()
}

fn block(
    visit: &Visit,
    blind: &Blind,
    run: &Run,
    discrepancy: &Discrepancy,
    (form, refused): (&Form, &Refused),
) -> Result<DiscrepancyBlock, Error> {
    let (spec, attribute) = (blind.spec, &discrepancy.attribute);
    let hidden = blind.hides(run, attribute);
    let value = |text: &str| if hidden { HIDDEN.to_owned() } else { text.to_owned() };
    let at = |moment| times::to_minutes(moment, visit.zone);
    let by = discrepancy.by.name.as_str();
    let said = |r: &crate::domain::run::Resolution| {
        format!("{}, {}: {}. {}", r.by.name.as_str(), at(r.at), value(&r.value), r.reason.as_str())
    };
    let mine = discrepancy.by.username == *blind.viewer || run.enterers().any(|p| p.username == *blind.viewer);
    let open = discrepancy.agreed().is_none() && blind.lot.check_examinable().is_ok();
    let reading = run.content.readings.iter().find(|r| r.attribute == *attribute);
    let resolve = match reading.filter(|_| open && mine && visit.is(Role::Analyst)) {
        None => None,
        Some(reading) => {
            let mine = form.get("attribute") == attribute.as_str();
            let nothing = Form::default();
            let form = if mine { form } else { &nothing };
            let reason_id = format!("resolve-reason-{attribute}");
            let row = row(spec, reading, "resolve", None, form, refused);
            let unit = shown::unit_of(reading.unit.as_deref().unwrap_or_default());
            Some(ResolveForm {
                row: CorrectionRow { unit, ..row },
                reason: if mine { refused.field(&reason_id, form.get("reason")) } else { Field::default() },
                reason_id,
                idempotency_key: visit.key()?,
            })
        }
    };
    let who = format!("{by} and the person who entered the run each say what the value is and why.");
    Ok(DiscrepancyBlock {
        name: spec.criterion(attribute).map_or_else(|| attribute.to_string(), |c| c.name.clone()),
        entries: match hidden {
            true => format!("{by} typed another value on {} than was entered first.", at(discrepancy.at)),
            false => format!(
                "First entry {}; {by} typed {} on {}.",
                discrepancy.first,
                discrepancy.second,
                at(discrepancy.at)
            ),
        },
        said: discrepancy.resolutions.iter().map(said).collect(),
        agreed: discrepancy.agreed().map(value).unwrap_or_default(),
        closed: if open && resolve.is_none() { who } else { String::new() },
        form: resolve,
    })
}

/// The `id` of the form with which QA declares a run invalid.
pub const INVALIDATION: &str = "invalidation";

/// The form with which QA declares a run invalid, or why this reader cannot; neither where it is
/// not for them to do.
///
/// # Errors
/// There is no randomness for the form's key.
pub fn invalidation(
    visit: &Visit,
    lot: &Lot,
    spec: &Specification,
    run: &Run,
    came: &Came,
) -> Result<(Option<StepForm>, String), Error> {
    if !visit.is(Role::Qa) || lot.check_open().is_err() {
        return Ok((None, String::new()));
    }
    let grounds = match is_sterility(spec, run) {
        true => SterilityGround::ALL.into_iter().map(Ground::Sterility).collect(),
        false => Ground::GENERAL.to_vec(),
    };
    let possible = lot.check_invalidate(spec, run, grounds.first().copied(), &visit.actor(Role::Qa));
    if let Err(refusal) = possible {
        // What gives no result already is said at the head of the page.
        let said = if refusal.code == Code::AlreadyInvalid { String::new() } else { refusal.detail };
        return Ok((None, shown::local_times(&said, visit.zone)));
    }
    let choices: Vec<(&str, &str)> = grounds.iter().map(|g| (g.as_str(), g.in_words())).collect();
    let hint = match is_sterility(spec, run) {
        true => "USP <71> knows these four and no other.",
        false => "",
    };
    let action = format!("/runs/{}/invalidation", run.number);
    let form = Builder::new(visit, came, INVALIDATION, "Declare the run invalid", action)?
        .lead("It gives no result any more and is kept with your reason. Only a proven cause makes a run invalid.")
        .one_of("ground", "Ground", hint, &choices, false)
        .line("reason", "Reason", "The cause and its proof: what your signature means.")
        .button("Sign: the run is invalid");
    Ok((Some(form), String::new()))
}
