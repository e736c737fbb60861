//! The head of the page of a lot, a bank or a donor: what it is, how it stands, what it was made
//! from, what was made from it, and what has happened to that since.

use super::lot::Loaded;
use super::lots::passage;
use super::shown;
use super::view::lot::{FlagRow, MadeRow};
use super::view::parts::{Fact, Link};
use super::visit::Visit;
use super::waiting::LotAndSpec;
use crate::domain::assessment::{Assessment, Status, assess};
use crate::domain::deviation::Deviation;
use crate::domain::ids::LotNumber;
use crate::domain::investigation::Investigation;
use crate::domain::lineage::{flags_in_words, noun};
use crate::domain::lot::Lot;
use crate::domain::moment::Moment;
use crate::domain::spec::Stage;
use crate::web::{places, times};

/// The list that something of this stage stands in.
pub fn list(stage: Stage) -> Link {
    match stage {
        Stage::Donor => Link::new("Donors", "/donors"),
        Stage::Bank => Link::new("Banks", "/banks"),
        Stage::Harvest | Stage::Product => Link::new("Lots", "/lots"),
    }
}

/// The entry of the navigation that it belongs to.
pub fn nav(stage: Stage) -> &'static str {
    if stage.is_own() { "/lots" } else { "/banks" }
}

/// How it stands, in one line.
pub fn standing(assessment: &Assessment, loaded: &Loaded) -> String {
    let criteria = || shown::counted(assessment.items.len(), "criterion", "criteria");
    let reasons = || shown::counted(assessment.blockers.len(), "reason", "reasons");
    match (assessment.status, &loaded.issued) {
        (Status::Ready, _) if !loaded.lot.details.stage.is_own() => format!("All {} pass", criteria()),
        _ if !loaded.lot.details.stage.is_own() => format!("Open: {}", reasons()),
        (Status::Released, Some(issued)) => format!("Released with certificate {}", issued.number),
        (Status::Rejected, _) => "Rejected".into(),
        (Status::Revoked, _) => "Withdrawn: do not use".into(),
        (Status::SuppliedOutOfSpecification, _) => "Supplied out of specification: never released".into(),
        (Status::Ready, _) => format!("Ready: all {} pass", criteria()),
        (Status::ConditionallyReleased, _) if assessment.blockers.is_empty() => {
            format!("Conditionally released; all {} pass, waits for step 2", criteria())
        }
        (Status::ConditionallyReleased, _) => "Conditionally released; results are still to come".into(),
        _ => format!("Not releasable: {}", reasons()),
    }
}

/// What it is and what it was made from.
pub fn facts(visit: &Visit, loaded: &Loaded) -> Vec<Fact> {
    let (lot, spec) = (&loaded.lot, &loaded.spec.specification);
    let details = &lot.details;
    let mut notes: Vec<String> = if spec.example { vec!["EXAMPLE".into()] } else { Vec::new() };
    notes.extend(loaded.newer.map(|v| format!("a newer version exists: version {v}; this lot stays on its own")));
    let specification = format!("/specifications/{}/{}", spec.product, spec.version);
    let at = |moment| times::to_minutes(moment, visit.zone);
    let mut facts = vec![
        Fact::new("Product", details.product.as_str()),
        Fact::new("Specification", format!("version {}", spec.version))
            .linked(specification)
            .with_note(notes.join("; ")),
    ];
    if details.stage == Stage::Donor {
        facts.push(Fact::new("Donated", at(details.manufactured_at)));
        return facts;
    }
    let donor = Fact::new("Donor", details.donor.as_str());
    let registered = lot.sources.iter().any(|s| s.lot.details.stage == Stage::Donor);
    let donor_page = format!("/donors/{}", details.donor);
    facts.push(if registered { donor.linked(donor_page) } else { donor });
    if let Some(bank) = &details.bank {
        facts.push(Fact::new("Made from", bank.as_str()).linked(places::page(Stage::Bank, bank)));
    }
    let passage = passage(lot);
    facts.push(Fact::new("Passage", if passage.is_empty() { "not recorded".to_owned() } else { passage }));
    if let Some(doublings) = &details.population_doublings {
        facts.push(Fact::new("Population doublings", doublings.as_str()).with_note("cumulative"));
    }
    for (label, stated) in [
        ("Autologous", details.autologous),
        ("Cryopreserved", details.cryopreserved),
        ("Antibiotics", details.antibiotics),
    ] {
        facts.extend(stated.map(|yes| Fact::new(label, if yes { "yes" } else { "no" })));
    }
    if let Some(step) = &lot.course.conditional {
        let notice = Fact::new("Conditional notice", step.notice.as_str()).linked(format!("/notices/{}", step.notice));
        facts.push(notice.with_note("no release certificate"));
    }
    let containers = Fact::new("Containers", details.containers.to_string());
    let own = details.stage.is_own();
    facts.push(if own { containers.linked(format!("/lots/{}/containers", details.lot)) } else { containers });
    facts.push(Fact::new("Manufactured", at(details.manufactured_at)));
    if details.expires_at == Moment::never() {
        facts.push(Fact::new("Expires", "never"));
    } else {
        let note = if lot.decision.is_none() { times::relative(details.expires_at, visit.now) } else { String::new() };
        facts.push(Fact::new("Expires", at(details.expires_at)).with_note(note));
    }
    facts
}

/// The page of a bank or donor that a lot was made from.
pub fn source(lot: &Lot, number: &LotNumber) -> Link {
    let known = lot.sources.iter().find(|s| s.lot.number() == number);
    let stage = known.map_or(Stage::Bank, |s| s.lot.details.stage);
    Link::new(number.to_string(), places::page(stage, number))
}

/// What has happened to what it was made from, newest first.
pub fn flags(visit: &Visit, lot: &Lot) -> Vec<FlagRow> {
    let row = |(flag, sentence): (&crate::domain::equipment::SourceFlag, String)| FlagRow {
        sentence,
        source: source(lot, &flag.source),
        at: shown::plain_moment(flag.at, visit.zone),
    };
    flags_in_words(lot).into_iter().map(row).collect()
}

/// What was made from it.
pub fn made(visit: &Visit, made: &[LotAndSpec]) -> Vec<MadeRow> {
    let row = |(lot, stored): &LotAndSpec| MadeRow {
        link: Link::new(lot.number().to_string(), places::page(lot.details.stage, lot.number())),
        what: noun(lot.details.stage),
        product: lot.details.product.to_string(),
        made_from: lot.details.bank.as_ref().map(ToString::to_string).unwrap_or_default(),
        status: assess(lot, &stored.specification, visit.now).status,
        flags: match lot.flags.len() {
            0 => String::new(),
            several => shown::counted(several, "flag", "flags"),
        },
    };
    made.iter().map(row).collect()
}

/// An investigation and how it stands.
pub fn investigation(i: &Investigation) -> Link {
    let about: Vec<String> = i.failures.iter().map(|f| format!("{} {}", f.name, f.value)).collect();
    let how = match i.ending() {
        Some(ending) => ending.in_words().to_owned(),
        None => format!("open: {}", i.phase().next_deed()),
    };
    let note = format!("{} (run #{}), {how}", about.join(", "), i.run);
    Link::new(i.number.to_string(), format!("/investigations/{}", i.number)).with_note(note)
}

/// A deviation or hold and how it stands.
pub fn deviation(d: &Deviation) -> Link {
    let what = d.description.as_str().lines().next().unwrap_or_default();
    let note = format!("{}, {}: {what}", d.kind.as_str(), if d.is_open() { "open" } else { "closed" });
    Link::new(d.number.to_string(), format!("/deviations/{}", d.number)).with_note(note)
}

/// Runs on equipment that was not fit for use.
pub fn equipment_flags(visit: &Visit, lot: &Lot) -> Vec<Link> {
    let flags = lot.runs.iter().flat_map(|run| run.content.flags.iter().map(move |flag| (run, flag)));
    flags
        .map(|(run, flag)| {
            let link = Link::new(format!("Run #{}", run.number), format!("/runs/{}", run.number));
            link.with_note(shown::local_times(flag, visit.zone))
        })
        .collect()
}
