//! `/api/v1/instruments`, `/api/v1/reagents`: what runs are made with.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::domain::equipment::{Calibration, Instrument, Reagent};
use crate::domain::moment::Moment;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::keep_equipment::{self, CalibrationEntry, InstrumentEntry, ReagentEntry};
use crate::workflow::permit::KeepEquipment;

/// A calibration.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CalibrationView {
    /// Valid from (UTC).
    pub valid_from: String,
    /// Valid until, itself excluded (UTC).
    pub valid_until: String,
    /// The calibration certificate's number or place.
    pub reference: String,
}

impl From<&Calibration> for CalibrationView {
    fn from(c: &Calibration) -> Self {
        CalibrationView {
            valid_from: c.valid_from.to_string(),
            valid_until: c.valid_until.to_string(),
            reference: c.reference.as_str().to_owned(),
        }
    }
}

/// An instrument.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InstrumentView {
    /// Its code.
    pub code: String,
    /// What it is.
    pub name: String,
    /// Its calibrations, oldest first.
    pub calibrations: Vec<CalibrationView>,
    /// Why it is not fit for use now; none where it is.
    pub unfit: Option<String>,
}

impl InstrumentView {
    fn new(instrument: &Instrument, now: Moment) -> Self {
        InstrumentView {
            code: instrument.code.to_string(),
            name: instrument.name.as_str().to_owned(),
            calibrations: instrument.calibrations.iter().map(CalibrationView::from).collect(),
            unfit: instrument.unfit_at(now),
        }
    }
}

/// All instruments.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct InstrumentsView {
    /// In the order in which they were registered.
    pub instruments: Vec<InstrumentView>,
}

/// A reagent or kit lot.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReagentView {
    /// Its code on the shelf.
    pub code: String,
    /// What it is.
    pub name: String,
    /// The supplier's lot number.
    pub supplier_lot: String,
    /// Not used from this moment on (UTC).
    pub expires_at: String,
    /// Why it is not fit for use now; none where it is.
    pub unfit: Option<String>,
}

impl ReagentView {
    fn new(reagent: &Reagent, now: Moment) -> Self {
        ReagentView {
            code: reagent.code.to_string(),
            name: reagent.name.as_str().to_owned(),
            supplier_lot: reagent.supplier_lot.as_str().to_owned(),
            expires_at: reagent.expires_at.to_string(),
            unfit: reagent.unfit_at(now),
        }
    }
}

/// All reagents.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReagentsView {
    /// In the order in which they came in.
    pub reagents: Vec<ReagentView>,
}

/// An instrument as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInstrument {
    /// Its code, `FC-02`.
    pub code: String,
    /// What it is.
    pub name: String,
}

/// A calibration as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCalibration {
    /// Valid from, RFC 3339 with zone.
    pub valid_from: String,
    /// Valid until, itself excluded, RFC 3339 with zone.
    pub valid_until: String,
    /// The calibration certificate's number or place.
    pub reference: String,
}

/// A reagent or kit lot as it is sent.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReagent {
    /// Its code on the shelf, `R-0117`.
    pub code: String,
    /// What it is.
    pub name: String,
    /// The supplier's lot number.
    pub supplier_lot: String,
    /// Not used from this moment on, RFC 3339 with zone.
    pub expires_at: String,
}

/// Lists instruments with their calibrations.
#[utoipa::path(get, path = "/api/v1/instruments", tag = "equipment", responses((status = 200, body = InstrumentsView)))]
pub async fn instruments(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let now = app.now();
    let all = block(move || app.read(|view| Ok(view.instruments()?))).await?;
    let instruments = all.iter().map(|i| InstrumentView::new(i, now)).collect();
    Ok(HttpResponse::Ok().json(InstrumentsView { instruments }))
}

/// Registers an instrument.
#[utoipa::path(post, path = "/api/v1/instruments", tag = "equipment", request_body = NewInstrument,
    responses((status = 201, body = InstrumentView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn register_instrument(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepEquipment>,
    body: Sent<NewInstrument>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let entry = InstrumentEntry { code: body.value.code, name: body.value.name };
    let now = app.now();
    let made = block(move || keep_equipment::register_instrument(&app, &permit, &entry)).await?;
    Ok(HttpResponse::Created().json(InstrumentView::new(&made, now)))
}

/// Records a calibration of an instrument.
#[utoipa::path(post, path = "/api/v1/instruments/{code}/calibration", tag = "equipment", params(("code" = String, Path)),
    request_body = NewCalibration,
    responses((status = 201, body = InstrumentView), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn calibrate(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepEquipment>,
    path: Path<String>,
    body: Sent<NewCalibration>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewCalibration { valid_from, valid_until, reference } = body.value;
    let entry = CalibrationEntry { valid_from, valid_until, reference };
    let now = app.now();
    let made = block(move || keep_equipment::calibrate_instrument(&app, &permit, &path, &entry)).await?;
    Ok(HttpResponse::Created().json(InstrumentView::new(&made, now)))
}

/// Lists reagents and kit lots.
#[utoipa::path(get, path = "/api/v1/reagents", tag = "equipment", responses((status = 200, body = ReagentsView)))]
pub async fn reagents(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let now = app.now();
    let all = block(move || app.read(|view| Ok(view.reagents()?))).await?;
    Ok(HttpResponse::Ok().json(ReagentsView { reagents: all.iter().map(|r| ReagentView::new(r, now)).collect() }))
}

/// Records a reagent or kit lot that came in.
#[utoipa::path(post, path = "/api/v1/reagents", tag = "equipment", request_body = NewReagent,
    responses((status = 201, body = ReagentView), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)))]
pub async fn receive_reagent(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<KeepEquipment>,
    body: Sent<NewReagent>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewReagent { code, name, supplier_lot, expires_at } = body.value;
    let entry = ReagentEntry { code, name, supplier_lot, expires_at };
    let now = app.now();
    let made = block(move || keep_equipment::receive_reagent(&app, &permit, &entry)).await?;
    Ok(HttpResponse::Created().json(ReagentView::new(&made, now)))
}
