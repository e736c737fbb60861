//! The site's policy: what holds, since when and by whom, and QA's form that signs a new version.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::course::contacts;
use super::form::Form;
use super::shown;
use super::steps::{Builder, Came, lines};
use super::view::course::PolicyPage;
use super::view::marks::Signature;
use super::view::parts::{Fact, Message, Tone};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::course::Contact;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::site_policy::{Route, Strictness, TrainingRule};
use crate::web::guard;
use crate::web::problem::status_of;
use crate::workflow::permit::SetPolicy;
use crate::workflow::set_policy::{self, PolicyEntry, PolicyInForce, policy_in_force};
use crate::workflow::{App, Error};

const POLICY: &str = "policy";
const STRICTNESS: [(&str, &str); 2] = [("refuse", "Refuse the run"), ("flag", "Record the run and flag it")];
const ROUTES: [(&str, &str); 2] = [
    ("verify_release", "Verification, then release by QA: three people"),
    ("verify_qc_qa_qp", "Verification, QC approval, QA review of the audit trail, QP certification: five people"),
];
const TRAINING: [(&str, &str); 3] =
    [("off", "Trainings are not asked for"), ("flag", "Accept and flag"), ("refuse", "Refuse")];
const YES_NO: [(&str, &str); 2] = [("yes", "Yes"), ("no", "No")];

/// `GET /policy`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, &Came::default(), None, StatusCode::OK).await).await
}

/// `POST /policy`
pub async fn submit(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<SetPolicy>().await?.with_once(visit.once(&form));
        let (subject, given) = (guard::subject(&visit.req), form.clone());
        let outcome = visit
            .work(move |app| {
                let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
                set_policy::set_policy(app, &signed, &entry(&given)?)
            })
            .await;
        match outcome {
            Ok(_) => Ok(see_other("/policy?done=policy")),
            Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
                let (came, message) =
                    Came::back(visit, POLICY, form, &refusal).told(visit, &refusal, "Nothing was signed.");
                page(visit, &came, message, status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

fn entry(form: &Form) -> Result<PolicyEntry, Refusal> {
    let said = |name: &str| Some(form.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    let number = |name: &str| match form.get(name).trim() {
        "" => Ok(None),
        text => text
            .parse::<u32>()
            .map(Some)
            .map_err(|_| Refusal::field(Code::InvalidField, name, format!("{name} is a whole number."))),
    };
    let has = |name: &str| form.0.iter().any(|(n, _)| n == name);
    Ok(PolicyEntry {
        uncalibrated_instrument: said("uncalibrated_instrument"),
        expired_reagent: said("expired_reagent"),
        release_route: said("release_route"),
        audit_review_required: said("audit_review_required").map(|text| text == "yes"),
        untrained: said("untrained"),
        second_factor_roles: has("second_factor_roles").then(|| lines(form.get("second_factor_roles"))),
        password_chars_min: number("password_chars_min")?,
        idle_minutes: number("idle_minutes")?,
        contacts: has("contacts").then(|| contacts(form.get("contacts"))),
        seen_sha256: said("seen_sha256"),
    })
}

async fn page(visit: &Visit, came: &Came, message: Option<Message>, status: StatusCode) -> Result<HttpResponse, Error> {
    let in_force = visit.work(|app: &App| app.read(policy_in_force)).await?;
    let mut frame = visit.frame("Policy", "policy", "");
    frame.problems = came.refused.0.clone();
    let done = "Signed. The policy holds from now on; what is recorded stays as it is.";
    frame.message = message.or_else(|| (visit.query("done") == POLICY).then(|| Message::new(Tone::Done, done)));
    let set = in_force.set.as_ref();
    let standing = match set {
        None => "Never set: the strictest or simplest answers hold.".to_owned(),
        Some(set) => format!(
            "Version {}, set by {} on {}.",
            in_force.version,
            set.by.name.as_str(),
            shown::plain_moment(set.at, visit.zone).shown
        ),
    };
    let signature = set.and_then(|set| {
        Some(Signature {
            meaning: set.meaning.clone()?,
            full_name: set.by.name.as_str().to_owned(),
            username: set.by.username.to_string(),
            role: Role::Qa.to_string(),
            at: shown::plain_moment(set.at, visit.zone),
        })
    });
    let form = if visit.is(Role::Qa) { Some(form(visit, came, &in_force)?) } else { None };
    html(status, &PolicyPage { frame, facts: facts(&in_force), standing, signature, form })
}

fn facts(in_force: &PolicyInForce) -> Vec<Fact> {
    let policy = &in_force.policy;
    let strict = |s: Strictness| match s {
        Strictness::Refuse => "the run is refused",
        Strictness::Flag => "the run is recorded and flagged",
    };
    let untrained = match policy.untrained {
        TrainingRule::Off => "trainings are not asked for",
        TrainingRule::Flag => "the work is accepted and flagged",
        TrainingRule::Refuse => "the work is refused",
    };
    let review = match (policy.release_route, policy.audit_review_required) {
        (Route::VerifyQcQaQp, _) => "a step of the route",
        (_, true) => "required before a release",
        (_, false) => "possible, not required",
    };
    let roles: Vec<&str> = policy.second_factor_roles.iter().map(|r| r.as_str()).collect();
    let contact = |c: &Contact| format!("{} ({}), {}", c.name.as_str(), c.role.as_str(), c.reach.as_str());
    let contacts: Vec<String> = policy.contacts.iter().map(contact).collect();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    vec![
        Fact::new("Route to a decision", policy.release_route.to_string()),
        Fact::new("Audit-trail review", review),
        Fact::new("Instrument out of calibration", strict(policy.uncalibrated_instrument)),
        Fact::new("Reagent expired", strict(policy.expired_reagent)),
        Fact::new("Untrained person", untrained),
        Fact::new("Second factor required of", or_none(roles.join(", "))),
        Fact::new("Shortest password", format!("{} characters", policy.password_chars_min)),
        Fact::new("Screen locks after", format!("{} minutes", policy.idle_minutes)),
        Fact::new("Told of a revocation", or_none(contacts.join("; "))),
    ]
}

fn form(visit: &Visit, came: &Came, in_force: &PolicyInForce) -> Result<StepForm, Error> {
    let policy = &in_force.policy;
    let roles: Vec<&str> = policy.second_factor_roles.iter().map(|r| r.as_str()).collect();
    let contact = |c: &Contact| format!("{}; {}; {}", c.role.as_str(), c.name.as_str(), c.reach.as_str());
    let contacts: Vec<String> = policy.contacts.iter().map(contact).collect();
    let one_contact = "One on each line: physician, qp, qa, sponsor or authority; name; telephone or mail.";
    Ok(Builder::new(visit, came, POLICY, "Set the policy", "/policy".into())?
        .hidden("seen_sha256", &in_force.sha256)
        .lead("The whole policy is signed. It holds from then on; what is recorded stays as it is.")
        .one_of("release_route", "Route to a decision", "", &ROUTES, false)
        .preset(policy.release_route.as_str())
        .one_of("audit_review_required", "Audit-trail review before a release", "", &YES_NO, false)
        .preset(if policy.audit_review_required { "yes" } else { "no" })
        .one_of("uncalibrated_instrument", "Instrument out of calibration", "", &STRICTNESS, false)
        .preset(policy.uncalibrated_instrument.as_str())
        .one_of("expired_reagent", "Reagent expired", "", &STRICTNESS, false)
        .preset(policy.expired_reagent.as_str())
        .one_of("untrained", "Work of an untrained person", "", &TRAINING, false)
        .preset(policy.untrained.as_str())
        .optional_lines(
            "second_factor_roles",
            "Roles that need a second factor",
            "One on each line: analyst, qc, qa, qp, auditor or admin.",
        )
        .preset(&roles.join("\n"))
        .line("password_chars_min", "Shortest password, in characters", "8 to 64.")
        .preset(&policy.password_chars_min.to_string())
        .line("idle_minutes", "A screen locks after so many minutes", "1 to 60.")
        .preset(&policy.idle_minutes.to_string())
        .optional_lines("contacts", "Told of a revocation", one_contact)
        .preset(&contacts.join("\n"))
        .line("meaning", "What your signature means", "")
        .preset(set_policy::MEANING)
        .button("Sign the policy"))
}
