//! Whether people are trained in what they do, as far as the site's policy asks (21 CFR 11.10(i)).
//!
//! Promises: entering is judged at the moment of the test, verifying, correcting and signing at
//! the moment of the deed; where the policy only flags, the work is accepted and the lot says so
//! for ever; where it refuses, nothing is recorded.

use crate::domain::event::Event;
use crate::domain::ids::{AssayCode, LotNumber, RunNumber};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::domain::run::RunContent;
use crate::domain::site_policy::TrainingRule;
use crate::store::View;

use super::{Desk, Error, set_up};

/// The training that the signer of a release needs, as it is recorded with an account.
pub const RELEASE: &str = "release";

/// What came of asking.
enum Found {
    Fit,
    Flagged(String),
}

fn ask(view: &mut View, who: &Actor, assay: &AssayCode, at: Moment) -> Result<Found, Error> {
    let rule = view.policy()?.untrained;
    if rule == TrainingRule::Off || view.account(&who.username)?.trained_in(assay, at) {
        return Ok(Found::Fit);
    }
    let what = assay.as_str().replace('-', " ");
    if rule == TrainingRule::Flag {
        return Ok(Found::Flagged(format!("{} has no valid training in {what}", who.name.as_str())));
    }
    let detail = format!(
        "No training of yours in {what} is recorded that is valid at the time. Ask somebody who is trained, or have your \
         training recorded by an administrator."
    );
    Err(Refusal::new(Code::NotTrained, detail).into())
}

/// Entering a run: flagged in its content.
///
/// # Errors
/// The person was not trained at the moment of the test, and the policy refuses that.
pub(super) fn check_entry(view: &mut View, who: &Actor, content: &mut RunContent) -> Result<(), Error> {
    if let Found::Flagged(why) = ask(view, who, &content.assay.clone(), content.tested_at)? {
        content.flags.push(why);
    }
    Ok(())
}

/// Verifying or correcting a run: the lot is flagged.
///
/// # Errors
/// The person is not trained now, and the policy refuses that.
pub(super) fn check_deed(
    desk: &mut Desk,
    lot: &LotNumber,
    run: RunNumber,
    assay: &AssayCode,
    deed: &str,
) -> Result<(), Error> {
    let (by, now) = (desk.by.clone(), desk.now);
    if let Found::Flagged(why) = ask(&mut desk.view(), &by, assay, now)? {
        let because = format!("{why} and {deed} run #{run}");
        let flag = Event::SourceFlagged { lot: lot.clone(), source: lot.clone(), run, because };
        desk.record_as(&set_up::system_actor(), flag)?;
    }
    Ok(())
}

/// Signing a release. A policy that only flags lets it pass: who signed without a training stands
/// in the register of access.
///
/// # Errors
/// The signer is not trained now, and the policy refuses that.
pub(super) fn check_release(view: &mut View, who: &Actor, now: Moment) -> Result<(), Error> {
    let release = AssayCode::parse(RELEASE)?;
    ask(view, who, &release, now).map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{FixedClock, SeededChance};
    use crate::domain::account::Training;
    use crate::domain::event::AccountEvent;
    use crate::domain::ids::Username;
    use crate::domain::role::Role;
    use crate::domain::site_policy::SitePolicy;
    use crate::domain::text::Line;
    use crate::store::Target;
    use crate::workflow::App;
    use crate::workflow::set_up::{NewSite, Opening, system_actor};

    fn site(data: &std::path::Path, untrained: TrainingRule) -> App {
        let app = App::open(Opening {
            data: data.to_path_buf(),
            target: Target::Sqlite(data.join("lotgate.db")),
            new_site: NewSite {
                name: "Test".into(),
                address: String::new(),
                licence: String::new(),
                zone: "UTC".into(),
                origin: None,
                synthetic: true,
            },
            clock: Arc::new(FixedClock::at(Moment::parse("at", "2026-06-01T08:00:00Z").expect("a moment"))),
            chance: Arc::new(SeededChance::new(7)),
            public_url: String::new(),
        })
        .expect("a site");
        let policy = SitePolicy { untrained, ..SitePolicy::default() };
        let event = Event::SitePolicySet { policy, version: None, signature: None };
        app.write(&system_actor(), move |desk| desk.record(event).map(drop)).expect("a policy");
        app
    }

    fn amy() -> Actor {
        let username = Username::parse("amy").expect("a name");
        Actor { username, name: Line::parse("name", "Amy Adams").expect("a name"), role: Role::Analyst }
    }

    /// Amy is trained in a kind of test for an hour from now.
    fn trained(app: &App, assay: &str) {
        let (from, until) = (app.now(), app.now().plus_hours(1));
        let assay = AssayCode::parse(assay).expect("a code");
        let reference = Line::parse("reference", "TR-1").expect("a line");
        let training = Training { assay, valid_from: from, valid_until: until, reference };
        let event = Event::Account(AccountEvent::TrainingRecorded { username: amy().username, training });
        app.write(&system_actor(), move |desk| desk.record(event).map(drop)).expect("a training");
    }

    fn code(outcome: Result<(), Error>) -> Option<Code> {
        match outcome {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => Some(refusal.code),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn where_the_policy_refuses_only_a_training_that_is_valid_then_lets_anybody_release() {
        let data = tempfile::tempdir().expect("a folder");
        let app = site(data.path(), TrainingRule::Refuse);
        let now = app.now();
        let ask = |at: Moment| code(app.read(|view| check_release(view, &amy(), at)));
        assert_eq!(ask(now), Some(Code::NotTrained));
        trained(&app, "flow-cytometry");
        assert_eq!(ask(now), Some(Code::NotTrained), "trained in something else");
        trained(&app, RELEASE);
        assert_eq!((ask(now), ask(now.plus_hours(-1))), (None, Some(Code::NotTrained)));
        assert_eq!(ask(now.plus_hours(1)), Some(Code::NotTrained), "its end is excluded");
    }

    #[test]
    fn where_the_policy_flags_the_work_of_untrained_people_the_lot_says_who_did_what() {
        let data = tempfile::tempdir().expect("a folder");
        let app = site(data.path(), TrainingRule::Flag);
        let verify = |assay: &str| {
            let assay = AssayCode::parse(assay).expect("a code");
            let lot = LotNumber::parse("L-1").expect("a number");
            code(app.write(&amy(), move |desk| check_deed(desk, &lot, RunNumber(3), &assay, "verified")))
        };
        trained(&app, "endotoxin");
        let before = app.read(|view| Ok(view.ledger_size()?)).expect("readable");
        assert_eq!((verify("endotoxin"), verify("flow-cytometry")), (None, None));
        let filter = crate::store::FactFilter { newest_first: true, limit: 1, ..Default::default() };
        let last = app.read(|view| Ok(view.facts(&filter)?)).expect("readable").remove(0);
        assert_eq!(u64::try_from(last.number), Ok(before), "one flag, of the one deed without a training");
        assert_eq!(last.fact.by.role, Role::System);
        let Event::SourceFlagged { because, .. } = last.fact.event else { panic!("{:?}", last.fact.event) };
        assert_eq!(because, "Amy Adams has no valid training in flow cytometry and verified run #3");
        assert_eq!(code(app.read(|view| check_release(view, &amy(), app.now()))), None);
    }

    #[test]
    fn where_the_policy_does_not_ask_nobody_needs_a_training() {
        let data = tempfile::tempdir().expect("a folder");
        let app = site(data.path(), TrainingRule::Off);
        assert_eq!(code(app.read(|view| check_release(view, &amy(), app.now()))), None);
    }
}
