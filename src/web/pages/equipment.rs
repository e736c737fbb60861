//! Instruments and reagents: how they stand today, and the forms that keep them.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::shown;
use super::steps::{Builder, Came};
use super::view::equipment::{EquipmentPage, Fold, Row};
use super::view::parts::{Message, Tone};
use super::view::signing::StepForm;
use super::visit::{Visit, html, see_other, signed_in};
use crate::domain::equipment::{Instrument, Reagent};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::site_policy::Strictness;
use crate::web::problem::status_of;
use crate::web::times;
use crate::workflow::keep_equipment::{self, CalibrationEntry, InstrumentEntry, ReagentEntry};
use crate::workflow::permit::KeepEquipment;
use crate::workflow::{App, Error};

/// The `id`s of the forms.
const INSTRUMENT: &str = "instrument";
const CALIBRATION: &str = "calibration";
const REAGENT: &str = "reagent";

/// `GET /equipment`
pub async fn show(req: HttpRequest) -> HttpResponse {
    signed_in(&req, async |visit: &Visit| page(visit, Came::default(), StatusCode::OK).await).await
}

/// `POST /equipment/instruments`
pub async fn register(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepEquipment>().await?.with_once(visit.once(&form));
        let entry = InstrumentEntry { code: form.get("code").to_owned(), name: form.get("name").to_owned() };
        let work = move |app: &App| keep_equipment::register_instrument(app, &permit, &entry).map(|_| ());
        done(visit, INSTRUMENT, form, visit.work(work).await).await
    })
    .await
}

/// `POST /equipment/calibrations`
pub async fn calibrate(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepEquipment>().await?.with_once(visit.once(&form));
        let code = form.get("code").to_owned();
        let work = match calibration(visit, &form) {
            Ok(entry) => {
                visit
                    .work(move |app| keep_equipment::calibrate_instrument(app, &permit, &code, &entry).map(|_| ()))
                    .await
            }
            Err(refusal) => Err(refusal.into()),
        };
        done(visit, CALIBRATION, form, work).await
    })
    .await
}

fn calibration(visit: &Visit, form: &Form) -> Result<CalibrationEntry, Refusal> {
    if form.get("code").trim().is_empty() {
        return Err(Refusal::field(Code::InvalidField, "code", "Choose the instrument that was calibrated."));
    }
    let moment = |field: &str| times::from_input(field, form.get(field), visit.zone);
    Ok(CalibrationEntry {
        valid_from: moment("valid_from")?,
        valid_until: moment("valid_until")?,
        reference: form.get("reference").to_owned(),
    })
}

/// `POST /equipment/reagents`
pub async fn receive(req: HttpRequest, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    signed_in(&req, async move |visit: &Visit| {
        let form = Form::read(body)?;
        let permit = visit.permit::<KeepEquipment>().await?.with_once(visit.once(&form));
        let work = match times::from_input("expires_at", form.get("expires_at"), visit.zone) {
            Ok(expires_at) => {
                let entry = ReagentEntry {
                    code: form.get("code").to_owned(),
                    name: form.get("name").to_owned(),
                    supplier_lot: form.get("supplier_lot").to_owned(),
                    expires_at,
                };
                visit.work(move |app| keep_equipment::receive_reagent(app, &permit, &entry).map(|_| ())).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        done(visit, REAGENT, form, work).await
    })
    .await
}

/// What came of a form: the page with what was done, or the form again.
async fn done(visit: &Visit, id: &'static str, form: Form, work: Result<(), Error>) -> Result<HttpResponse, Error> {
    match work {
        Ok(()) => Ok(see_other(&format!("/equipment?done={id}"))),
        Err(Error::Refused(refusal)) if refusal.code != Code::WrongRole => {
            page(visit, Came::back(visit, id, form, &refusal), status_of(&refusal)).await
        }
        Err(other) => Err(other),
    }
}

async fn page(visit: &Visit, came: Came, status: StatusCode) -> Result<HttpResponse, Error> {
    let read = |app: &App| app.read(|view| Ok((view.instruments()?, view.reagents()?, view.policy()?)));
    let (mut instruments, mut reagents, policy) = visit.work(read).await?;
    instruments.sort_by(|a, b| a.code.as_str().cmp(b.code.as_str()));
    reagents.sort_by(|a, b| a.code.as_str().cmp(b.code.as_str()));
    let mut frame = visit.frame("Equipment", "equipment", "");
    frame.problems = came.refused.0.clone();
    frame.message = match visit.query("done").as_str() {
        INSTRUMENT => Some("The instrument is registered. Record its calibration before it is used."),
        CALIBRATION => Some("The calibration is recorded."),
        REAGENT => Some("The reagent is recorded."),
        _ => None,
    }
    .map(|text| Message::new(Tone::Done, text));
    let fold = |form: StepForm| Fold { open: came.id == form.id, form };
    let view = EquipmentPage {
        frame,
        forms: forms(visit, &came, &instruments)?.into_iter().map(fold).collect(),
        instruments: instruments.iter().map(|i| instrument(visit, i)).collect(),
        reagents: reagents.iter().map(|r| reagent(visit, r)).collect(),
        policy: vec![
            sentence("on an instrument that was not calibrated", policy.uncalibrated_instrument),
            sentence("with a reagent that had expired", policy.expired_reagent),
        ],
    };
    html(status, &view)
}

fn sentence(of: &str, strictness: Strictness) -> String {
    let what = match strictness {
        Strictness::Refuse => "refused",
        Strictness::Flag => "recorded and flagged",
    };
    format!("A run {of} at the moment of the test is {what}.")
}

fn instrument(visit: &Visit, instrument: &Instrument) -> Row {
    let begun = instrument.calibrations.iter().filter(|c| c.valid_from <= visit.now);
    let last = begun.max_by_key(|c| c.valid_until);
    let fit = instrument.unfit_at(visit.now).is_none();
    Row {
        code: instrument.code.to_string(),
        name: instrument.name.as_str().to_owned(),
        reference: last.map(|c| c.reference.as_str().to_owned()).unwrap_or_default(),
        fit,
        state: match (fit, last.is_some(), instrument.calibrations.is_empty()) {
            (true, ..) => "calibrated",
            (false, true, _) => "out of calibration",
            (false, false, false) => "not calibrated yet",
            (false, false, true) => "never calibrated",
        }
        .to_owned(),
        until: last.map(|c| shown::moment(c.valid_until, visit)),
    }
}

fn reagent(visit: &Visit, reagent: &Reagent) -> Row {
    let fit = reagent.unfit_at(visit.now).is_none();
    Row {
        code: reagent.code.to_string(),
        name: reagent.name.as_str().to_owned(),
        reference: reagent.supplier_lot.as_str().to_owned(),
        fit,
        state: if fit { "in date" } else { "expired" }.to_owned(),
        until: Some(shown::moment(reagent.expires_at, visit)),
    }
}

/// The forms that this reader may send.
fn forms(visit: &Visit, came: &Came, known: &[Instrument]) -> Result<Vec<StepForm>, Error> {
    let mut forms = Vec::new();
    if visit.is(Role::Analyst) || visit.is(Role::Qa) {
        let form = |id, title, action: &str| {
            Builder::new(visit, came, id, title, format!("/equipment/{action}")).map(Builder::unsigned)
        };
        let code = "As on its label. A code is given once.";
        if !known.is_empty() {
            let named = |i: &Instrument| (i.code.to_string(), format!("{}, {}", i.code, i.name.as_str()));
            let named: Vec<(String, String)> = known.iter().map(named).collect();
            let choices: Vec<(&str, &str)> = named.iter().map(|(c, n)| (c.as_str(), n.as_str())).collect();
            forms.push(
                form(CALIBRATION, "Record a calibration", "calibrations")?
                    .select("code", "Instrument", &choices)
                    .moment("valid_from", "Valid from", "")
                    .moment("valid_until", "Valid until", "From this moment on it is out of calibration.")
                    .line("reference", "Calibration certificate", "Its number, or where it is kept.")
                    .button("Record the calibration"),
            );
        }
        forms.push(
            form(REAGENT, "Receive a reagent or kit", "reagents")?
                .line("code", "Code", code)
                .line("name", "Name", "")
                .line("supplier_lot", "Supplier’s lot", "")
                .moment("expires_at", "Expires", "From this moment on it is not used.")
                .button("Record the reagent"),
        );
        forms.push(
            form(INSTRUMENT, "Register an instrument", "instruments")?
                .line("code", "Code", code)
                .line("name", "Name", "")
                .button("Register the instrument"),
        );
    }
    Ok(forms)
}
