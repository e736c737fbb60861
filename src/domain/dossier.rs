//! The dossier: everything known of a lot at the moment of decision, as it is signed.
//!
//! Promises: made only from the lot, its specification and their assessment; the same lot
//! gives the same dossier, so its hash can be shown before signing and compared after. What was
//! inherited, invalidated, investigated or re-tested is in it, with every re-test.

use super::assessment::{Assessment, Item};
use super::certificate::{
    ChangeRecord, ControlRecord, DeviationRecord, Dossier, InvestigationRecord, NotApplicableRecord, PersonRecord,
    ReadingRecord, ResultRecord, RunRecord, SourceRecord, SpecificationRecord,
};
use super::evaluation::Outcome;
use super::lot::Lot;
use super::quantity::{Qualifier, Quantity};
use super::role::Person;
use super::run::Run;
use super::spec::{CriterionKind, Specification};

/// The attribute that tells how many viable cells a container holds, in ×10⁶.
const VIABLE_CELLS: &str = "VIABLE_CELLS";

/// Writes the dossier of a lot. `specification_sha256` is the hash of the specification's
/// canonical JSON.
pub fn compose(lot: &Lot, spec: &Specification, specification_sha256: &str, assessment: &Assessment) -> Dossier {
    let details = &lot.details;
    Dossier {
        lot: details.lot.to_string(),
        product: details.product.to_string(),
        product_name: spec.product_name.clone(),
        donor: details.donor.to_string(),
        manufactured_at: details.manufactured_at.to_string(),
        expires_at: details.expires_at.to_string(),
        containers: details.containers,
        specification: SpecificationRecord {
            version: spec.version,
            title: spec.title.clone(),
            example: spec.example,
            rounding: spec.rounding.as_str().to_owned(),
            effective_from: spec.effective_from.map_or(String::new(), |at| at.to_string()),
            sha256: specification_sha256.to_owned(),
        },
        results: assessment.items.iter().filter_map(result).collect(),
        runs: runs(lot, spec, assessment),
        changes: changes(lot, assessment),
        sources: lot.sources.iter().map(|s| source(&s.lot)).collect(),
        statements: statements(lot),
        not_applicable: assessment.items.iter().filter_map(not_applicable).collect(),
        investigations: all_of(lot, |one| one.investigations.iter().map(|i| investigation(one, i)).collect()),
        deviations: all_of(lot, |one| one.deviations.iter().map(|d| deviation(one, d)).collect()),
        dosing: dosing(spec, assessment),
    }
}

fn person(person: &Person) -> PersonRecord {
    PersonRecord { username: person.username.to_string(), name: person.name.as_str().to_owned() }
}

/// The paper sets a remark as one paragraph.
fn one_paragraph(text: &str) -> String {
    text.replace('\n', " ")
}

/// Of the lot itself, then of what it was made from.
fn all_of<T>(lot: &Lot, of: impl Fn(&Lot) -> Vec<T>) -> Vec<T> {
    let sources = lot.sources.iter().map(|s| &s.lot);
    std::iter::once(lot).chain(sources).flat_map(of).collect()
}

fn source(lot: &Lot) -> SourceRecord {
    SourceRecord {
        number: lot.number().to_string(),
        stage: lot.details.stage.as_str().to_owned(),
        passage: lot.details.passage,
        population_doublings: lot.details.population_doublings.clone(),
    }
}

fn statements(lot: &Lot) -> Vec<String> {
    let details = &lot.details;
    let said = [
        details.autologous.map(|own| if own { "autologous use" } else { "allogeneic use" }),
        details.cryopreserved.map(|frozen| if frozen { "cryopreserved" } else { "fresh" }),
        details.antibiotics.map(|used| if used { "antibiotics used" } else { "no antibiotics used" }),
    ];
    said.into_iter().flatten().map(str::to_owned).collect()
}

fn not_applicable(item: &Item) -> Option<NotApplicableRecord> {
    (item.verdict.outcome == Outcome::NotApplicable).then(|| NotApplicableRecord {
        attribute: item.criterion.attribute.to_string(),
        name: item.criterion.name.clone(),
        acceptance: item.criterion.acceptance.in_words(),
        because: item.verdict.because.clone(),
    })
}

fn investigation(of: &Lot, investigation: &super::investigation::Investigation) -> InvestigationRecord {
    let closure = investigation.closure.as_ref();
    let failure = |f: &super::investigation::Failure| format!("{}: {}", f.name, f.because);
    InvestigationRecord {
        number: investigation.number.to_string(),
        of: of.number().to_string(),
        run: investigation.run.0,
        failures: investigation.failures.iter().map(failure).collect(),
        retests: investigation.retests.iter().map(|run| run.0).collect(),
        outcome: investigation.ending().map_or("open", |e| e.in_words()).to_owned(),
        cause: investigation.conclusion.as_ref().map(|c| one_paragraph(c.what.cause.as_str())),
        closed_by: closure.map(|c| person(&c.by)),
        closed_at: closure.map(|c| c.at.to_string()),
    }
}

fn deviation(of: &Lot, deviation: &super::deviation::Deviation) -> DeviationRecord {
    let closure = deviation.closure.as_ref();
    DeviationRecord {
        number: deviation.number.to_string(),
        of: of.number().to_string(),
        kind: deviation.kind.as_str().to_owned(),
        description: one_paragraph(deviation.description.as_str()),
        assessment: closure.map(|c| one_paragraph(c.assessment.as_str())),
        closed_by: closure.map(|c| person(&c.by)),
        closed_at: closure.map(|c| c.at.to_string()),
    }
}

/// What one container carries at each target, where the specification says how it is dosed.
fn dosing(spec: &Specification, assessment: &Assessment) -> Option<String> {
    let cells = assessment.items.iter().find(|i| i.criterion.attribute.as_str() == VIABLE_CELLS)?;
    let passes = cells.verdict.outcome == Outcome::Pass;
    let typed = cells.verdict.as_entered.as_ref().filter(|_| passes)?;
    let quantity = Quantity::parse(typed).ok().filter(|q| q.qualifier() == Qualifier::Exact)?;
    spec.dosing.as_ref()?.max_per_container(&quantity.number().to_string()).ok()
}

/// One criterion's row; `None` while there is no run for it.
fn result(item: &Item) -> Option<ResultRecord> {
    let criterion = item.criterion;
    let run = item.run?;
    let typed = item.verdict.as_entered.clone()?;
    Some(ResultRecord {
        attribute: criterion.attribute.to_string(),
        name: criterion.name.clone(),
        section: criterion.section.clone(),
        definition: criterion.definition.clone(),
        // What was measured although its criterion does not bind the lot is there for information.
        kind: match (criterion.kind, item.verdict.outcome) {
            (CriterionKind::Required, Outcome::Reported) => CriterionKind::Informative.as_str().to_owned(),
            (kind, _) => kind.as_str().to_owned(),
        },
        method: run.content.method.as_str().to_owned(),
        acceptance: criterion.in_words(),
        unit: criterion.acceptance.unit().map(str::to_owned),
        reported: item.verdict.reported.clone().unwrap_or_else(|| typed.clone()),
        as_typed: typed,
        arithmetic: item.verdict.because.clone(),
        outcome: item.verdict.outcome.as_str().to_owned(),
        run: run.number.0,
        tested_at: run.content.tested_at.to_string(),
        inherited_from: item.inherited_from.map(ToString::to_string),
        covered_by: item.covered_by.map(ToString::to_string),
        alert: item.verdict.alert.clone(),
    })
}

/// All runs of the lot, and of what it was made from those that a result of the lot rests on.
fn runs(lot: &Lot, spec: &Specification, assessment: &Assessment) -> Vec<RunRecord> {
    let mut runs: Vec<RunRecord> = lot.runs.iter().map(|run| run_record(run, spec, None)).collect();
    for source in &lot.sources {
        let used = source.lot.runs.iter().filter(|run| is_inherited(assessment, source.lot.number().as_str(), run));
        runs.extend(used.map(|run| run_record(run, &source.specification, Some(source.lot.number().to_string()))));
    }
    runs.sort_by_key(|run| run.run);
    runs
}

/// True where a result of the lot rests on this run of its bank or donor.
fn is_inherited(assessment: &Assessment, from: &str, run: &Run) -> bool {
    let rests = |item: &Item| {
        item.inherited_from.is_some_and(|source| source.as_str() == from)
            && item.run.is_some_and(|r| r.number == run.number)
    };
    assessment.items.iter().any(rests)
}

fn run_record(run: &Run, spec: &Specification, of: Option<String>) -> RunRecord {
    let content = &run.content;
    let control = |c: &super::run::ControlReading| ControlRecord { name: c.name.clone(), value: c.value.clone() };
    let reading = |r: &super::run::Reading| ReadingRecord {
        attribute: r.attribute.to_string(),
        value: r.value.clone(),
        unit: r.unit.clone(),
        formula: r.formula.clone(),
    };
    let verification = run.verification.as_ref();
    let invalidated = run.aftermath.invalidation.as_ref();
    let second = verification.map(|v| v.second_entry.iter().map(|e| e.attribute.to_string()).collect());
    RunRecord {
        run: run.number.0,
        assay: content.assay.to_string(),
        method: content.method.as_str().to_owned(),
        instrument: content.instrument.as_str().to_owned(),
        started_at: content.started_at.map(|m| m.to_string()),
        tested_at: content.tested_at.to_string(),
        controls: content.controls.iter().map(control).collect(),
        readings: content.readings.iter().map(reading).collect(),
        valid: run.invalid_because(spec).is_none(),
        entered_by: person(&run.entered_by),
        entered_at: run.entered_at.to_string(),
        verified_by: verification.map(|v| person(&v.by)),
        verified_at: verification.map(|v| v.at.to_string()),
        comment: one_paragraph(content.comment.as_str()),
        of,
        reagents: content.reagents.iter().map(ToString::to_string).collect(),
        evidence: content.evidence.clone(),
        flags: content.flags.clone(),
        investigation: content.investigation.as_ref().map(ToString::to_string),
        invalidated: invalidated.map(|i| format!("{} ({})", i.reason.as_str(), i.by.name.as_str())),
        second_entry: second.unwrap_or_default(),
    }
}

/// Changes of the lot's own runs and of the inherited runs it rests on, oldest first.
fn changes(lot: &Lot, assessment: &Assessment) -> Vec<ChangeRecord> {
    let inherited = lot.sources.iter().flat_map(|source| {
        source.lot.runs.iter().filter(|run| is_inherited(assessment, source.lot.number().as_str(), run))
    });
    let mut changes: Vec<ChangeRecord> = Vec::new();
    for run in lot.runs.iter().chain(inherited) {
        changes.extend(run.changes.iter().map(|change| ChangeRecord {
            attribute: change.attribute.to_string(),
            run: run.number.0,
            before: change.before.clone(),
            after: change.after.clone(),
            reason: change.reason.as_str().to_owned(),
            by: person(&change.by),
            at: change.at.to_string(),
        }));
    }
    changes.sort_by(|a, b| a.at.cmp(&b.at));
    changes
}
