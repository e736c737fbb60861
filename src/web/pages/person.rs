//! One person's account: everything recorded about it, and what an administrator does with it.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::people::role_choices;
use super::shown;
use super::steps::{Builder, Came};
use super::view::equipment::Fold;
use super::view::parts::{Fact, Link, Message, Tone};
use super::view::people::{PersonPage, TrainingRow};
use super::view::signing::StepForm;
use super::visit::{Visit, encoded, html, see_other, signed_in};
use crate::domain::account::{Account, Training};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::store::User;
use crate::web::api::account_views::state;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::change_account::{self, Change, change_account, reset_password};
use crate::workflow::permit::KeepAccounts;
use crate::workflow::{App, Error, own_account, passwords};

/// The steps: the end of the address, which is the form's `id`, and what is said when it is done.
const STEPS: [(&str, &str); 8] = [
    ("identity", "The identity check is recorded."),
    ("training", "The training is recorded."),
    ("qualification", "The person is named qualified person."),
    ("roles", "The roles are changed; they hold from now on."),
    ("password", "The password is given. The person must change it at the next sign-in; open sessions have ended."),
    ("limit", "The limit is recorded."),
    ("deactivation", "The account is deactivated; its sessions and tokens have ended."),
    ("reactivation", "The account is in use again."),
];

/// `GET /people/{username}`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Came::default(), StatusCode::OK).await).await
}

/// `POST /people/{username}/…`
pub async fn step(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepAccounts>().await?.with_once(visit.once(&form));
        let asked = visit.req.path().rsplit('/').next().unwrap_or_default().to_owned();
        let id = STEPS.iter().find(|(id, _)| *id == asked).map_or("deactivation", |(id, _)| *id);
        let username = username(visit);
        let work = if id == "password" {
            let (password, reason) = (form.get("new_password").to_owned(), form.get("reason").to_owned());
            visit.work(move |app| reset_password(app, &permit, &username, &password, &reason)).await
        } else {
            match change(visit, id, &form) {
                Ok(change) => visit.work(move |app| change_account(app, &permit, &username, &change)).await,
                Err(refusal) => Err(refusal.into()),
            }
        };
        match work {
            Ok(done) => Ok(see_other(&format!("/people/{}?done={id}", encoded(done.username.as_str())))),
            Err(Error::Refused(refusal)) if !matches!(refusal.code, Code::WrongRole | Code::NoSuchUser) => {
                page(visit, Came::back(visit, id, form, &named(refusal.clone())), status_of(&refusal)).await
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// The page calls the password that is given by its purpose.
fn named(mut refusal: Refusal) -> Refusal {
    for field in refusal.fields.iter_mut().filter(|f| f.field == "password") {
        field.field = "new_password".into();
    }
    refusal
}

fn username(visit: &Visit) -> String {
    visit.req.match_info().get("username").unwrap_or_default().to_owned()
}

fn change(visit: &Visit, id: &str, form: &Form) -> Result<Change, Refusal> {
    let text = |field: &str| form.get(field).to_owned();
    let moment = |field: &str| times::from_input(field, form.get(field), visit.zone);
    let optional = |field: &str| moment(field).map(|text| Some(text).filter(|text| !text.is_empty()));
    let reason = text("reason");
    Ok(match id {
        "identity" => Change::Identity { how: text("how") },
        "training" => Change::Training {
            assay: text("assay"),
            valid_from: moment("valid_from")?,
            valid_until: moment("valid_until")?,
            reference: text("reference"),
        },
        "qualification" => Change::Qualification {
            register_number: text("register_number"),
            valid_from: moment("valid_from")?,
            valid_until: optional("valid_until")?,
        },
        "roles" => Change::Roles { roles: form.all("roles"), reason },
        "limit" => Change::Limit { valid_until: optional("valid_until")?, reason },
        "reactivation" => Change::Reactivation { reason },
        _ => Change::Deactivation { reason },
    })
}

async fn page(visit: &Visit, came: Came, status: StatusCode) -> Result<HttpResponse, Error> {
    visit.permit::<KeepAccounts>().await?;
    let username = username(visit);
    let read = move |app: &App| {
        let (user, account) = app.read(|view| {
            let user = change_account::known(view, &username)?;
            let account = view.account(&user.username)?;
            Ok((user, account))
        })?;
        let must_change = own_account::must_change_password(app, &user.username)?;
        let chars_min = passwords::chars_min(app, &user.roles)?;
        Ok((user, account, must_change, chars_min))
    };
    let (user, account, must_change, chars_min) = visit.work(read).await?;
    let mut frame = visit.frame(user.full_name.as_str(), "person", "/people");
    frame.crumbs = vec![Link::new("People", "/people")];
    frame.problems = came.refused.0.clone();
    let done = visit.query("done");
    let said = STEPS.iter().find(|(id, _)| *id == done);
    frame.message = said.map(|(_, text)| Message::new(Tone::Done, *text));
    let fold = |form: StepForm| Fold { open: came.id == form.id, form };
    let view = PersonPage {
        facts: facts(visit, &user, &account, must_change),
        trainings: trainings(visit, &account),
        security: Link::new(
            "Locks, second factors, sessions and tokens",
            format!("/people/{}/security", encoded(user.username.as_str())),
        ),
        forms: forms(visit, &came, &user, &account, chars_min)?.into_iter().map(fold).collect(),
        frame,
    };
    html(status, &view)
}

/// The trainings of an account, newest first.
pub fn trainings(visit: &Visit, account: &Account) -> Vec<TrainingRow> {
    let row = |training: &Training| TrainingRow {
        assay: training.assay.as_str().replace('-', " "),
        reference: training.reference.as_str().to_owned(),
        valid: training.valid_from <= visit.now && visit.now < training.valid_until,
        from: shown::plain_moment(training.valid_from, visit.zone),
        until: shown::moment(training.valid_until, visit),
    };
    account.trainings.iter().rev().map(row).collect()
}

/// What is recorded about an account.
pub fn facts(visit: &Visit, user: &User, account: &Account, must_change: bool) -> Vec<Fact> {
    let when = |at: Moment| shown::plain_moment(at, visit.zone).shown;
    let roles: Vec<&str> = user.roles.iter().map(|r| r.as_str()).collect();
    let mut facts = vec![
        Fact::new("Username", user.username.as_str()),
        Fact::new("Roles", roles.join(", ")),
        Fact::new("Account", state(account, visit.now)),
        Fact::new("Since", when(user.created_at)),
    ];
    if let Some(until) = account.valid_until {
        facts.push(Fact::new("Works until", when(until)));
    }
    if let Some(end) = &account.deactivated {
        let text = format!("{} by {}: {}", when(end.at), end.by.username, end.reason.as_str());
        facts.push(Fact::new("Deactivated", text));
    }
    facts.push(Fact::new(
        "Identity checked",
        account.identity.as_ref().map_or_else(
            || "not yet; until then nothing can be signed".to_owned(),
            |i| format!("{} by {}: {}", when(i.at), i.by.username, i.how.as_str()),
        ),
    ));
    facts.push(Fact::new(
        "Policy on electronic signatures",
        account.acknowledged.map_or_else(
            || "not acknowledged".to_owned(),
            |a| format!("version {} acknowledged {}", a.version, when(a.at)),
        ),
    ));
    if let Some(q) = &account.qualified_person {
        let until = q.valid_until.map_or_else(String::new, |until| format!(" until {}", when(until)));
        let text = format!("{}, from {}{until}", q.register_number.as_str(), when(q.valid_from));
        facts.push(Fact::new("Qualified person", text));
    }
    let factors: Vec<String> = account.factors.iter().map(|f| format!("{} ({})", f.factor, f.name.as_str())).collect();
    let factors = if factors.is_empty() { "none".to_owned() } else { factors.join(", ") };
    facts.push(Fact::new("Second factors", factors));
    if must_change {
        facts.push(Fact::new("Password", "given by an administrator; to be changed before anything else"));
    }
    facts
}

/// The forms of the steps that can be taken.
fn forms(visit: &Visit, came: &Came, user: &User, account: &Account, chars_min: u32) -> Result<Vec<StepForm>, Error> {
    let name = encoded(user.username.as_str());
    let form = |id: &str, title: &str| {
        Builder::new(visit, came, id, title, format!("/people/{name}/{id}")).map(Builder::unsigned)
    };
    let is_own = user.username == visit.somebody.user.username;
    let mut forms = Vec::new();
    if !is_own {
        forms.push(
            form("identity", "Record an identity check")?
                .lead("Before the person’s first signature (21 CFR 11.100(b)).")
                .line("how", "How", "Which kind of document you saw and where that is filed. Never its number.")
                .button("Record the check"),
        );
    }
    forms.push(
        form("training", "Record a training")?
            .line(
                "assay",
                "Kind of test",
                "As in the specification, such as flow-cytometry; release for signing releases.",
            )
            .moment("valid_from", "Valid from", "")
            .moment("valid_until", "Valid until", "")
            .line("reference", "Training record", "Its number, or where it is kept.")
            .button("Record the training"),
    );
    if user.roles.contains(&Role::Qp) {
        forms.push(
            form("qualification", "Name as qualified person")?
                .line(
                    "register_number",
                    "Register number",
                    "As in the authority’s register; it is printed on certificates.",
                )
                .moment("valid_from", "From", "")
                .optional_moment("valid_until", "Until", "Empty for no end.")
                .button("Name qualified person"),
        );
    }
    if is_own {
        return Ok(forms);
    }
    forms.push(
        form("roles", "Change the roles")?
            .ticks("roles", "Roles", &role_choices(&user.roles))
            .line("reason", "Reason", "")
            .button("Change the roles"),
    );
    forms.push(
        form("password", "Give a new password")?
            .lead("The person changes it at the next sign-in, before anything else. Open sessions end.")
            .new_password("new_password", "New password", &passwords::rule(chars_min))
            .line("reason", "Reason", "")
            .button("Give the password"),
    );
    forms.push(
        form("limit", "Limit the time")?
            .optional_moment("valid_until", "Works until", "Empty for no end.")
            .line("reason", "Reason", "")
            .button("Record the limit"),
    );
    forms.push(match account.deactivated {
        None => form("deactivation", "Deactivate the account")?
            .lead("At once and everywhere: sessions and tokens end. The user name is never given again.")
            .line("reason", "Reason", "")
            .button("Deactivate"),
        Some(_) => form("reactivation", "Take the account into use again")?
            .lead("For the same person only.")
            .line("reason", "Reason", "")
            .button("Take into use again"),
    });
    Ok(forms)
}
