//! Somebody outside, as typed: whom to tell, whom to ship to, who asked.
//!
//! Promises: what is read can be printed.

use serde::{Deserialize, Serialize};

use crate::domain::course::{Contact, PartyRole};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::text::Line;

use super::check_drawable;

/// A contact as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactEntry {
    /// `physician`, `qp`, `qa`, `sponsor` or `authority`.
    pub role: String,
    /// Name of the person or ward; never a patient's.
    pub name: String,
    /// Telephone, mail or address.
    pub reach: String,
}

impl ContactEntry {
    /// Reads it; `field` names it in the refusal.
    ///
    /// # Errors
    /// An unknown role, an empty field, or text that cannot be printed.
    pub(super) fn read(&self, field: &str) -> Result<Contact, Refusal> {
        let role = PartyRole::ALL.into_iter().find(|r| r.as_str() == self.role.trim()).ok_or_else(|| {
            let detail = "The role is physician, qp, qa, sponsor or authority.";
            Refusal::field(Code::InvalidField, format!("{field}.role"), detail)
        })?;
        Ok(Contact { role, name: line(field, "name", &self.name)?, reach: line(field, "reach", &self.reach)? })
    }
}

fn line(outer: &str, field: &str, text: &str) -> Result<Line, Refusal> {
    let read = Line::parse(field, text).and_then(|line| {
        check_drawable(field, line.as_str())?;
        Ok(line)
    });
    read.map_err(|refusal| refusal.within(outer))
}
