//! A container's label is drawn.
//!
//! Promises: nothing is recorded; the label says nothing of the lot's disposition but that it is
//! in quarantine, because labels are made before a release.

use crate::certificate::label::{Label, SIZES, draw};
use crate::domain::lineage::check_is_lot;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::shipping::read_code;

use super::{App, Error};

/// A label as PDF.
#[derive(Debug, Clone)]
pub struct PrintedLabel {
    /// The container's code.
    pub code: String,
    /// One page.
    pub pdf: Vec<u8>,
}

/// The sizes there are: `57x32` and so on, in millimetres.
pub fn sizes() -> Vec<String> {
    SIZES.iter().map(ToString::to_string).collect()
}

/// Draws the label of the container of this code, in millimetres `57x32` unless told otherwise.
///
/// # Errors
/// There is no such container or size, or the label's fonts cannot draw a character.
pub fn print_label(app: &App, code: &str, size: Option<&str>) -> Result<PrintedLabel, Error> {
    let (number, container) = read_code(code)?;
    let wanted = size.map(str::trim).filter(|s| !s.is_empty()).unwrap_or("57x32");
    let size = SIZES.into_iter().find(|s| s.to_string() == wanted).ok_or_else(|| {
        let detail = format!("size is one of {}, in millimetres.", sizes().join(", "));
        Refusal::field(Code::InvalidField, "size", detail)
    })?;
    let (lot, stored) = app.lot(&number)?;
    check_is_lot(&lot)?;
    lot.check_container(container)?;
    let label = Label::of(&lot, &stored.specification, container, app.site());
    let pdf = draw(&label, size).map_err(|e| Error::Internal(format!("label: {e}")))?;
    Ok(PrintedLabel { code: label.code, pdf })
}
