//! The register of certified batches, on screen and as a file to take along.
//!
//! Promises: read from the facts; a file that is taken out is recorded with its hash before a
//! byte of it goes out.

use super::as_of::numbered;
use super::permit::{Permit, TakeCopies};
use super::{App, Error};
use crate::certificate::{Imprint, register_pdf};
use crate::domain::event::{Event, OversightEvent};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::register::{self, KINDS, Register};
use crate::ledger::canonical;
use crate::store::FactFilter;

/// The register from one moment to another.
///
/// # Errors
/// The period ends before it begins, or storage fails.
pub fn register(app: &App, from: Option<Moment>, to: Option<Moment>) -> Result<Register, Error> {
    let kinds = KINDS.map(str::to_owned).to_vec();
    let filter = FactFilter { kinds, limit: i64::MAX, ..FactFilter::default() };
    let facts = app.read(|view| Ok(view.facts(&filter)?))?;
    Ok(register::register(&numbered(&facts), from, to)?)
}

/// The register as a PDF, with its data attached.
///
/// # Errors
/// As [`register()`]; a name cannot be printed.
pub fn register_file(
    app: &App,
    permit: &Permit<TakeCopies>,
    from: Option<Moment>,
    to: Option<Moment>,
) -> Result<Vec<u8>, Error> {
    let internal = |e: String| Error::Internal(format!("register: {e}"));
    let register = register(app, from, to)?;
    let data = canonical::text(&register).map_err(|e| internal(e.to_string()))?;
    let (site, verify_at) = (app.site(), format!("{}/verify", app.public_url()));
    let imprint = Imprint {
        site: site.name.as_str(),
        licence: &site.licence,
        synthetic: site.synthetic,
        zone: &site.zone,
        made_at: app.now(),
        verify_at: &verify_at,
    };
    let pdf = register_pdf(&register, data.as_bytes(), &imprint).map_err(|e| match e {
        crate::certificate::RenderError::TooManyPages => {
            Error::Refused(Refusal::new(Code::TooLarge, "The register has too many pages. Take it out year by year."))
        }
        other => internal(other.to_string()),
    })?;
    let covers = |at: Option<Moment>, none: &str| at.map_or(none.to_owned(), |at| at.to_string());
    let made = OversightEvent::ReportMade {
        report: "register".to_owned(),
        covers: format!("from={} to={}", covers(from, "beginning"), covers(to, "now")),
        sha256: canonical::sha256_hex(&pdf),
    };
    app.write(permit.actor(), move |desk| {
        desk.record(Event::Oversight(made))?;
        Ok(())
    })?;
    Ok(pdf)
}
