//! The recall of a lot: how it stands, who must be told, where each container is, and revoking.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::containers::rows;
use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::parts::{Fact, Link, Message, Tone};
use super::view::recall::{PartyRow, RecallPage, SisterRow};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::assessment::assess;
use crate::domain::container::ContainerState;
use crate::domain::course::{Party, PartyRole, Revocation, RevocationClass, Sister};
use crate::domain::ids::LotNumber;
use crate::domain::lot::Lot;
use crate::domain::refusal::Code;
use crate::domain::role::Role;
use crate::domain::spec::Stage;
use crate::store::StoredSpecification;
use crate::web::problem::status_of;
use crate::web::{guard, places, times};
use crate::workflow::Error;
use crate::workflow::list_containers::of_lot;
use crate::workflow::permit::{RevokeRelease, TellParties};
use crate::workflow::revoke::{self, AtStake, RevocationEntry, at_stake, check_revocable, revoke_release};
use crate::workflow::tell_parties::{ToldEntry, tell_party};

/// `GET /lots/{lot}/recall`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, visit.lot_number()?, Came::default(), None, StatusCode::OK).await)
        .await
}

/// Where a form of the recall stands, opened again by itself.
pub async fn back(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| Ok(see_other(&format!("/lots/{}/recall", visit.lot_number()?)))).await
}

/// The `id` of the form that revokes.
const REVOCATION: &str = "revocation";

/// How the page calls the fields of its forms.
const LABELS: [(&str, &str); 5] = [
    ("class", "The sort of reason"),
    ("reason", "The reason"),
    ("who", "Who acknowledged it"),
    ("how", "How it was told"),
    ("acknowledged_at", "When it was acknowledged"),
];

/// `POST /lots/{lot}/revocation`
pub async fn revoke(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let number = visit.lot_number()?;
        let permit = visit.permit::<RevokeRelease>().await?.with_once(visit.once(&form));
        let (given, of, subject) = (form.clone(), number.clone(), guard::subject(&visit.req));
        let outcome = visit.work(move |app| {
            let signed = permit.sign(app, given.proof(), given.get("meaning"), &subject)?;
            let entry = RevocationEntry {
                class: given.get("class").to_owned(),
                reason: given.get("reason").to_owned(),
                seen_sha256: Some(given.get("seen_sha256").to_owned()).filter(|seen| !seen.is_empty()),
            };
            revoke_release(app, &signed, &of, &entry)
        });
        match outcome.await {
            Ok(_) => Ok(see_other(&format!("/lots/{number}/recall?done=revoked"))),
            Err(error) => refused(visit, number, REVOCATION, form, error, "Nothing was signed.").await,
        }
    })
    .await
}

/// `POST /lots/{lot}/revocation/parties/{party}`
pub async fn tell(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let number = visit.lot_number()?;
        let party = visit.req.match_info().get("party").unwrap_or_default().to_owned();
        let permit = visit.permit::<TellParties>().await?.with_once(visit.once(&form));
        let acknowledged_at = times::from_input("acknowledged_at", form.get("acknowledged_at"), visit.zone);
        let (who, how) = (form.get("who").to_owned(), form.get("how").to_owned());
        let (of, id) = (number.clone(), format!("party-{party}"));
        let outcome = match acknowledged_at {
            Ok(acknowledged_at) => {
                let entry = ToldEntry { who, how, acknowledged_at };
                visit.work(move |app| tell_party(app, &permit, &of, &party, &entry)).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(_) => Ok(see_other(&format!("/lots/{number}/recall?done=told"))),
            Err(error) => refused(visit, number, &id, form, error, "Nothing was recorded.").await,
        }
    })
    .await
}

/// The page again, with what was typed into one of its forms and why that was refused.
async fn refused(
    visit: &Visit,
    number: LotNumber,
    id: &str,
    form: Form,
    error: Error,
    nothing: &str,
) -> Result<HttpResponse, Error> {
    let Error::Refused(refusal) = error else { return Err(error) };
    if matches!(refusal.code, Code::NoSuchLot | Code::NoSuchPage | Code::WrongRole) {
        return Err(refusal.into());
    }
    let (came, message) = Came::labelled(visit, id, form, &refusal, &LABELS).told(visit, &refusal, nothing);
    page(visit, number, came, message, status_of(&refusal)).await
}

async fn page(
    visit: &Visit,
    number: LotNumber,
    came: Came,
    message: Option<Message>,
    status: StatusCode,
) -> Result<HttpResponse, Error> {
    let may = visit.is(Role::Qa) || visit.is(Role::Qp);
    let read = visit.work(move |app| {
        let (lot, stored) = places::find(app, &number, Stage::Product)?;
        let mut sisters = Vec::new();
        for sister in lot.course.revocation.iter().flat_map(|r| &r.sisters) {
            sisters.push((app.lot(&sister.lot)?, sister.shares.join(", ")));
        }
        let stake = if may && check_revocable(&lot).is_ok() { Some(at_stake(app, &lot)?) } else { None };
        Ok::<_, Error>((lot, stored, sisters, stake))
    });
    let (lot, stored, sisters, stake) = read.await?;
    let (number, spec) = (lot.number(), &stored.specification);
    let mut frame = visit.frame(format!("Recall of {number}"), "recall", "/lots");
    frame.crumbs = vec![Link::new("Lots", "/lots"), Link::new(number.to_string(), format!("/lots/{number}"))];
    frame.problems = came.refused.0.clone();
    let revocation = lot.course.revocation.as_ref();
    frame.message = message.or_else(|| done(visit, revocation.is_some()));
    let status_now = assess(&lot, spec, visit.now).status;
    let sister = |((lot, stored), shares): &((Lot, StoredSpecification), String)| SisterRow {
        lot: Link::new(lot.number().to_string(), format!("/lots/{}", lot.number())),
        status: assess(lot, &stored.specification, visit.now).status,
        shares: shares.clone(),
    };
    let parties = revocation.map_or(Ok(Vec::new()), |r| parties(visit, &lot, r, &came))?;
    let outstanding = parties.iter().filter(|p| p.told.is_empty()).count();
    let view = RecallPage {
        frame,
        lot: number.to_string(),
        status: status_now,
        standing: standing(&lot, outstanding),
        facts: revocation.map(|r| facts(visit, r)).unwrap_or_default(),
        reason: revocation.map(|r| r.reason.as_str().to_owned()).unwrap_or_default(),
        outstanding,
        parties,
        containers: rows(visit, &of_lot(&lot, spec, visit.now)),
        sisters: sisters.iter().map(sister).collect(),
        form: stake.map(|stake| revoke_form(visit, &lot, &stake, &came)).transpose()?,
    };
    html(status, &view)
}

/// What was just done, as the page says it once.
fn done(visit: &Visit, revoked: bool) -> Option<Message> {
    let text = match visit.query("done").as_str() {
        "revoked" => "Revoked. Tell everybody on the list now.",
        "late" if revoked => {
            "The result is recorded and the release is revoked. Tell everybody on the list now. A second person verifies \
             the result; that opens its investigation."
        }
        "told" => "Recorded.",
        _ => return None,
    };
    Some(Message::new(Tone::Done, text))
}

fn standing(lot: &Lot, outstanding: usize) -> String {
    match (&lot.course.revocation, outstanding) {
        (None, _) => "Nothing was revoked.".to_owned(),
        (Some(_), 0) => "Revoked; everybody was told.".to_owned(),
        (Some(r), left) => {
            let all = shown::counted(r.tell.len(), "party", "parties");
            format!("Revoked; {left} of {all} still to be told.")
        }
    }
}

fn facts(visit: &Visit, revocation: &Revocation) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(number) = &revocation.certificate {
        facts.push(Fact::new("Certificate", number.as_str()).linked(format!("/certificates/{number}")));
    }
    if let Some(notice) = &revocation.notice {
        facts.push(Fact::new("Conditional notice", notice.as_str()).linked(format!("/notices/{notice}")));
    }
    facts.push(Fact::new("Because", revocation.class.to_string()));
    if let Some(run) = revocation.run {
        facts.push(Fact::new("Run", format!("#{run}")).linked(format!("/runs/{run}")));
    }
    facts.push(Fact::new("Revoked by", revocation.by.name.as_str()));
    facts.push(Fact::new("Revoked", times::to_minutes(revocation.at, visit.zone)));
    facts
}

fn revoke_form(visit: &Visit, lot: &Lot, stake: &AtStake, came: &Came) -> Result<StepForm, Error> {
    let number = lot.number();
    let paper = lot.standing_paper().unwrap_or_default();
    let by_hand = RevocationClass::ALL.map(|class| (class.as_str(), class.to_string()));
    let classes: Vec<(&str, &str)> = by_hand.iter().map(|(code, words)| (*code, words.as_str())).collect();
    let action = format!("/lots/{number}/revocation");
    let lead =
        format!("{paper} falls at once and for good, nothing leaves any more, and lots that share something are held.");
    Ok(Builder::new(visit, came, REVOCATION, "Revoke the release", action)?
        .lead(lead)
        .shows(brings(lot, &paper, stake))
        .hidden("seen_sha256", &stake.sha256)
        .one_of("class", "Sort of reason", "All that strangers are told.", &classes, false)
        .lines("reason", "Reason", "What was found, and where.")
        .line("meaning", "What your signature means", "")
        .preset(revoke::MEANING)
        .button("Sign and revoke"))
}

/// What a revocation brings with it, as the signer is shown it.
fn brings(lot: &Lot, paper: &str, stake: &AtStake) -> Vec<Fact> {
    let party = |p: &Party| match &p.contact {
        Some(contact) => format!("{} ({})", contact.name.as_str(), role_word(p.role).to_lowercase()),
        None => format!("{}, not known by name", role_word(p.role).to_lowercase()),
    };
    let sister = |s: &Sister| format!("{} ({})", s.lot, s.shares.join(", "));
    let tell: Vec<String> = stake.tell.iter().map(party).collect();
    let held: Vec<String> = stake.sisters.iter().map(sister).collect();
    let in_stock = |n: &u32| lot.course.container_state(*n) == ContainerState::InStock;
    let stock = (1..=lot.details.containers).filter(in_stock).count();
    vec![
        Fact::new("Falls", paper),
        Fact::new("Blocked", format!("{stock} of {} containers, still in stock", lot.details.containers)),
        Fact::new("Must be told", tell.join("; ")),
        Fact::new("Held", if held.is_empty() { "no other lot".to_owned() } else { held.join("; ") }),
        Fact::hash("SHA-256 of this", stake.sha256.as_str()),
    ]
}

/// What somebody who is told is there for.
pub(super) fn role_word(role: PartyRole) -> &'static str {
    match role {
        PartyRole::Physician => "Physician",
        PartyRole::Qp => "Qualified person",
        PartyRole::Qa => "Quality assurance",
        PartyRole::Sponsor => "Sponsor",
        PartyRole::Authority => "Authority",
    }
}

fn parties(visit: &Visit, lot: &Lot, revocation: &Revocation, came: &Came) -> Result<Vec<PartyRow>, Error> {
    let may = visit.is(Role::Qa) || visit.is(Role::Qp);
    let row = |(at, party): (u32, &Party)| {
        let told = revocation.told.iter().find(|t| t.party == at);
        let told = told.map(|t| {
            let when = times::to_minutes(t.acknowledged_at, visit.zone);
            format!("{}, {when} ({}), recorded by {}", t.who.as_str(), t.how.as_str(), t.by.name.as_str())
        });
        let form = if may && told.is_none() { Some(tell_form(visit, lot, at, came)?) } else { None };
        let open = form.as_ref().is_some_and(|form| form.id == came.id);
        let contact = party.contact.as_ref().map(|c| format!("{}, {}", c.name.as_str(), c.reach.as_str()));
        Ok(PartyRow {
            role: role_word(party.role).to_owned(),
            contact: contact.unwrap_or_default(),
            because: party.because.clone(),
            told: told.unwrap_or_default(),
            form,
            open,
        })
    };
    (0_u32..).zip(&revocation.tell).map(row).collect()
}

fn tell_form(visit: &Visit, lot: &Lot, party: u32, came: &Came) -> Result<StepForm, Error> {
    let action = format!("/lots/{}/revocation/parties/{party}", lot.number());
    let id = format!("party-{party}");
    Ok(Builder::new(visit, came, &id, "Record that it was told", action)?
        .line("who", "Who acknowledged it", "")
        .line("how", "How it was told", "By telephone, by mail.")
        .moment("acknowledged_at", "When it was acknowledged", "")
        .preset(&times::to_input(visit.now, visit.zone))
        .unsigned()
        .button("Record"))
}
