//! Specifications: which versions there are, and one of them in full.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Refused;
use super::shown;
use super::view::parts::{Fact, Field, Link, Message, Tone};
use super::view::specifications::{
    ApproveBox, RetireBox, SpecificationAssay, SpecificationCriterion, SpecificationPage, SpecificationRow,
    SpecificationSection, SpecificationsPage, WhatIfLot, WhatIfTable,
};
use super::visit::{Visit, html, signed_in};
use crate::domain::ids::ProductCode;
use crate::domain::limit::Rounding;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::spec::{Acceptance, Assay, Criterion, CriterionKind, Specification};
use crate::domain::spec_standing::Standing;
use crate::domain::two_step::Pending;
use crate::web::times;
use crate::workflow::Error;
use crate::workflow::approve_specification::MEANING;
use crate::workflow::list_specifications::{Version, list_specifications, show_specification};
use crate::workflow::what_if::{ChangedLot, WhatIf, what_if};

/// What a person said in one of the boxes, and what came of it.
#[derive(Default)]
pub struct Said {
    /// The sentence at the top.
    pub message: Option<Message>,
    /// What was refused, by field.
    pub refused: Refused,
    /// The moment typed.
    pub effective_from: String,
    /// The meaning typed; none where nothing was.
    pub meaning: Option<String>,
    /// The reason typed.
    pub reason: String,
}

/// `GET /specifications`
pub async fn list(req: HttpRequest) -> HttpResponse {
    signed_in(&req, list_page).await
}

/// `GET /specifications/{product}/{version}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| {
        let (product, version) = read_version(visit)?;
        let said = Said { message: done(visit, &product, version), ..Said::default() };
        page(visit, product, version, said, StatusCode::OK).await
    })
    .await
}

/// True if the person may write drafts.
pub fn may_draft(visit: &Visit) -> bool {
    visit.is(Role::Analyst) || visit.is(Role::Qa)
}

async fn list_page(visit: &Visit) -> Result<HttpResponse, Error> {
    let versions = visit.work(list_specifications).await?;
    let row = |version: &Version| {
        let spec = &version.stored.specification;
        SpecificationRow {
            link: Link::new(spec.product.as_str(), address(&spec.product, spec.version)),
            title: spec.product_name.clone(),
            version: spec.version.to_string(),
            state: version.standing.in_words().to_owned(),
            effective: spec.effective_from.map(|at| shown::plain_moment(at, visit.zone)),
            criteria: spec.criteria.len(),
            example: spec.example,
        }
    };
    let mut frame = visit.frame("Specifications", "specifications", "/specifications");
    if visit.query("done") == "retired" {
        frame.message = Some(Message::new(
            Tone::Done,
            "Signed. The specification is retired: no lot is registered under it any more.",
        ));
    }
    let view = SpecificationsPage { frame, rows: versions.iter().map(row).collect(), may_draft: may_draft(visit) };
    html(StatusCode::OK, &view)
}

/// The page of a version.
pub fn address(product: &ProductCode, version: u32) -> String {
    format!("/specifications/{product}/{version}")
}

/// The product and version of the address.
///
/// # Errors
/// There can be no such version.
pub fn read_version(visit: &Visit) -> Result<(ProductCode, u32), Refusal> {
    let part = |name: &str| visit.req.match_info().get(name).unwrap_or_default();
    let (product, version) = (part("product"), part("version"));
    let none = || {
        let (product, version): (String, String) =
            (product.chars().take(40).collect(), version.chars().take(10).collect());
        Refusal::new(
            Code::NoSuchSpecification,
            format!("There is no version {version} of a specification for {product}."),
        )
    };
    Ok((ProductCode::parse(product).map_err(|_| none())?, version.parse().map_err(|_| none())?))
}

/// What was just done, as the page says it once.
fn done(visit: &Visit, product: &ProductCode, version: u32) -> Option<Message> {
    let text = match visit.query("done").as_str() {
        "drafted" => {
            format!(
                "The draft of {product} version {version} is kept. A QA officer who did not write on it approves it."
            )
        }
        "approved" => format!("Signed. {product} version {version} is approved and never changes."),
        _ => return None,
    };
    Some(Message::new(Tone::Done, text))
}

/// The page of one version, with what was said in its boxes.
///
/// # Errors
/// There is no such version, or a failure of ours.
pub async fn page(
    visit: &Visit,
    product: ProductCode,
    version: u32,
    said: Said,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let asked = product.clone();
    let (version, found) = visit
        .work(move |app| {
            let version = show_specification(app, &asked, version)?;
            let number = version.stored.specification.version;
            let found = if version.is_draft() { Some(what_if(app, &asked, number)?) } else { None };
            Ok((version, found))
        })
        .await?;
    let spec = &version.stored.specification;
    let title = format!("{} version {}", spec.product, spec.version);
    let mut frame = visit.frame(title, "specification", "/specifications");
    frame.crumbs = vec![Link::new("Specifications", "/specifications")];
    frame.message = said.message.clone();
    frame.problems = said.refused.0.clone();
    let view = SpecificationPage {
        frame,
        product: spec.product.to_string(),
        version: spec.version.to_string(),
        state: version.standing.in_words().to_owned(),
        example: spec.example,
        facts: facts(visit, &version),
        rounding: rounding(spec.rounding).to_owned(),
        dosing: spec.dosing.as_ref().map(|d| d.in_words()).unwrap_or_default(),
        sections: sections(spec),
        assays: spec.assays.iter().map(assay).collect(),
        actions: actions(visit, &version),
        what_if: found.as_ref().map(what_if_table),
        approval: version.stored.approval.as_ref().map(|s| shown::signature(s, visit.zone)),
        retired: version.retirement.as_ref().map(|r| {
            let at = times::to_minutes(r.at, visit.zone);
            format!("Retired by {} on {at}: {}", r.by.name.as_str(), r.reason.as_str())
        }),
        approve: approve_box(visit, &version, &said)?,
        retire: retire_box(visit, &version, &said)?,
    };
    html(status, &view)
}

/// Whether a release in two steps is allowed, and what may then be pending.
fn two_steps(spec: &Specification) -> String {
    let Some(rule) = &spec.two_step else { return "not allowed: every result is in before a release".to_owned() };
    let one = |p: &Pending| {
        let name = spec.criterion(&p.attribute).map_or(p.attribute.as_str(), |c| c.name.as_str());
        let interim = if p.interim { ", with an interim reading at step 1" } else { "" };
        format!("{name} within {} h{interim}", p.due_hours)
    };
    let pending: Vec<String> = rule.pending.iter().map(one).collect();
    format!("allowed; may be pending: {}", pending.join("; "))
}

fn facts(visit: &Visit, version: &Version) -> Vec<Fact> {
    let spec = &version.stored.specification;
    let (all, required) =
        (spec.criteria.len(), spec.criteria.iter().filter(|c| c.kind == CriterionKind::Required).count());
    let counted =
        if required == all { format!("{required}, all required") } else { format!("{all}, {required} required") };
    let authors: Vec<&str> = version.stored.authors.iter().map(|p| p.name.as_str()).collect();
    let authors = if authors.is_empty() { "came with the software".to_owned() } else { authors.join(", ") };
    let from = spec.effective_from.map_or("not yet".into(), |at| times::to_minutes(at, visit.zone));
    let mut facts = vec![
        Fact::new("Product", spec.product_name.as_str()),
        Fact::new("Title", spec.title.as_str()),
        Fact::new(if version.standing == Standing::NotYetInForce { "In force from" } else { "In force since" }, from),
        Fact::new("Written by", authors),
        Fact::new("Criteria", counted),
        Fact::new("Source", spec.source.as_str()),
        Fact::hash("SHA-256 of the document", version.stored.sha256.as_str()),
    ];
    if let Some(newer) = version.newer() {
        let link = Fact::new("In force now", format!("version {newer}"));
        facts.insert(3, link.linked(address(&spec.product, newer)));
    }
    facts.push(Fact::new("Two-step release", two_steps(spec)));
    if !spec.both_required.is_empty() {
        let pairs: Vec<String> = spec.both_required.iter().map(|[a, b]| format!("{a} and {b}")).collect();
        facts.push(Fact::new("Both required on purpose", pairs.join("; ")));
    }
    facts
}

fn actions(visit: &Visit, version: &Version) -> Vec<Link> {
    let spec = &version.stored.specification;
    let (product, number) = (&spec.product, spec.version);
    let mut links = Vec::new();
    if may_draft(visit) && version.retirement.is_none() {
        if version.is_draft() {
            links.push(Link::new("Edit the draft", format!("/specifications/{product}/{number}/edit")));
        } else {
            links.push(Link::new(
                "New draft from this version",
                format!("/specifications/new?product={product}&version={number}"),
            ));
        }
    }
    if let Some(earlier) = number.checked_sub(1).filter(|v| *v > 0) {
        let href = format!("/specifications/{product}/diff?from={earlier}&to={number}");
        links.push(Link::new(format!("Compare with version {earlier}"), href));
    }
    if let Some(newer) = version.newer() {
        let href = format!("/specifications/{product}/diff?from={number}&to={newer}");
        links.push(Link::new(format!("Compare with version {newer}"), href));
    }
    links.push(Link::new("Download the file", format!("/api/v1/specifications/{product}/{number}/document")));
    links
}

fn what_if_table(found: &WhatIf) -> WhatIfTable {
    let lots = shown::counted(found.judged, "open lot was", "open lots were");
    let summary = match (found.judged, found.changed.len()) {
        (0, _) => "No lot of the product is open, so no verdict would change.".to_owned(),
        (_, 0) => format!("{lots} judged by this draft; none would change."),
        (_, changed) => format!("{lots} judged by this draft; {changed} would change. Each lot stays on its version."),
    };
    let row = |lot: &ChangedLot| WhatIfLot {
        link: Link::new(lot.lot.as_str(), format!("/lots/{}", lot.lot)),
        version: lot.version.to_string(),
        before: lot.before.to_string(),
        after: lot.after.to_string(),
        lines: lot.verdicts.iter().map(|v| format!("{}: {}", v.name, v.why)).collect(),
    };
    WhatIfTable { summary, lots: found.changed.iter().map(row).collect() }
}

fn approve_box(visit: &Visit, version: &Version, said: &Said) -> Result<Option<ApproveBox>, Error> {
    if !version.is_draft() || version.retirement.is_some() {
        return Ok(None);
    }
    let me = &visit.somebody.user.username;
    let why = if !visit.is(Role::Qa) {
        "A QA officer approves the draft."
    } else if version.stored.authors.iter().any(|author| author.username == *me) {
        "You wrote on this draft. A QA officer who did not write on it approves it."
    } else {
        ""
    };
    Ok(Some(ApproveBox {
        why: why.to_owned(),
        draft_sha256: version.stored.sha256.clone(),
        effective_from: said.refused.field("effective_from", said.effective_from.as_str()),
        meaning: said.refused.field("meaning", said.meaning.as_deref().unwrap_or(MEANING)),
        password_problem: said.refused.on("approve-password"),
        idempotency_key: visit.key()?,
    }))
}

fn retire_box(visit: &Visit, version: &Version, said: &Said) -> Result<Option<RetireBox>, Error> {
    if !visit.is(Role::Qa) || !matches!(version.standing, Standing::InForce | Standing::NotYetInForce) {
        return Ok(None);
    }
    Ok(Some(RetireBox {
        reason: Field { value: said.reason.clone(), problem: said.refused.on("retire-reason") },
        password_problem: said.refused.on("retire-password"),
        idempotency_key: visit.key()?,
    }))
}

fn rounding(rule: Rounding) -> &'static str {
    match rule {
        Rounding::Usp720 => {
            "A value is rounded once, half up, to the decimals of its limit, and then compared with the limit exactly as it is \
             written (USP General Notices 7.20): 96.04 reports as 96.0 and fails > 96.0; 96.05 reports as 96.1 and passes."
        }
        Rounding::None => "Values are not rounded: a value is compared with its limit exactly as it was typed.",
    }
}

fn sections(spec: &Specification) -> Vec<SpecificationSection> {
    let mut sections: Vec<SpecificationSection> = Vec::new();
    for criterion in &spec.criteria {
        let row = row(spec, criterion);
        match sections.last_mut() {
            Some(section) if section.name == criterion.section => section.criteria.push(row),
            _ => sections.push(SpecificationSection { name: criterion.section.clone(), criteria: vec![row] }),
        }
    }
    sections
}

fn assay(assay: &Assay) -> SpecificationAssay {
    let mut lines: Vec<String> =
        assay.media.iter().map(|m| format!("Medium: {} at {}", m.name, m.temperature)).collect();
    lines.extend(assay.controls.iter().map(|c| format!("Control: {}, {}", c.name, c.in_words())));
    if !assay.read_on_days.is_empty() {
        let days: Vec<String> = assay.read_on_days.iter().map(ToString::to_string).collect();
        lines.push(format!("Read on days {}", days.join(", ")));
    }
    SpecificationAssay { name: assay.name.clone(), code: assay.code.to_string(), method: assay.method.clone(), lines }
}

fn row(spec: &Specification, criterion: &Criterion) -> SpecificationCriterion {
    let (acceptance, unit) = shown::acceptance(&criterion.acceptance);
    let kind = match criterion.kind {
        CriterionKind::Required => "Required",
        CriterionKind::Informative => "For information",
        CriterionKind::Report => "Report result",
    };
    SpecificationCriterion {
        attribute: criterion.attribute.to_string(),
        name: criterion.name.clone(),
        acceptance,
        unit,
        method: shown::assay_name(spec, &criterion.assay),
        kind: kind.into(),
        definition: criterion.definition.clone().unwrap_or_default(),
        notes: notes(spec, criterion),
    }
}

/// Everything else that a criterion says, a sentence each.
fn notes(spec: &Specification, criterion: &Criterion) -> Vec<String> {
    let names = |codes: &[crate::domain::ids::AttributeCode]| -> String {
        let name = |code| spec.criterion(code).map_or_else(|| code.to_string(), |c| c.name.clone());
        codes.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let mut notes = Vec::new();
    if !criterion.coexpression_of.is_empty() {
        notes.push(format!("Cannot exceed the lowest of {}.", names(&criterion.coexpression_of)));
    }
    match criterion.stage {
        crate::domain::spec::Stage::Product => {}
        stage if stage.is_own() => notes.push(format!("Tested at {stage}.")),
        stage => notes.push(format!("Tested on the {stage} and inherited by its lots.")),
    }
    notes.extend(criterion.applies_when.as_ref().map(|c| format!("Applies for {c}.")));
    if let Some(choice) = &criterion.choice {
        let same =
            spec.criteria.iter().filter(|c| c.choice.as_ref() == Some(choice) && c.attribute != criterion.attribute);
        let others: Vec<&str> = same.map(|c| c.name.as_str()).collect();
        notes.push(format!("Choice “{choice}”: this or {}, one that passes is enough.", others.join(" or ")));
    }
    if !criterion.covers.is_empty() {
        notes.push(format!("One reading that answers {} as well.", names(&criterion.covers)));
    }
    match &criterion.acceptance {
        Acceptance::Numeric { alert: Some(alert), .. } => {
            notes.push(format!("Alert: a result that is not {alert} asks for a note and blocks nothing."));
        }
        Acceptance::Categorical { allowed, interim, extensions, .. } => {
            notes.push(format!("Recorded as {}.", allowed.join(" or ")));
            if !interim.is_empty() {
                notes.push(format!("Interim: {}.", interim.join(", ")));
            }
            notes.extend(extensions.iter().map(|(word, hours)| format!("“{word}” prolongs incubation by {hours} h.")));
        }
        _ => {}
    }
    notes.extend(criterion.calculated.as_ref().map(|c| format!("Calculated, never typed: {}.", c.in_words())));
    if criterion.critical {
        notes.push("Critical: the verifier types the value again without seeing it.".to_owned());
    }
    if criterion.evidence {
        notes.push("Needs an evidence file.".to_owned());
    }
    notes
}
