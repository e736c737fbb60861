//! Alerts: seeing them and taking note of them.
//!
//! Promises: an alert stays until somebody whom it concerns took note of it and said what was done.

use crate::domain::alert::Alert;
use crate::domain::event::{Event, OversightEvent};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::text::Line;
use crate::store::View;

use super::permit::{AcknowledgeAlert, Permit};
use super::{App, Error};

fn concerns(alert: &Alert, roles: &[Role]) -> bool {
    alert.to.iter().any(|role| roles.contains(role))
}

/// How many alerts wait for people of these roles.
pub(super) fn waiting_for(view: &mut View, roles: &[Role]) -> Result<usize, Error> {
    if !roles.iter().any(|role| matches!(role, Role::Qa | Role::Qp | Role::Admin)) {
        return Ok(0);
    }
    Ok(view.alerts(true)?.iter().filter(|alert| concerns(alert, roles)).count())
}

/// The alerts that concern people of these roles, newest first.
///
/// # Errors
/// Storage fails.
pub fn list_alerts(
    app: &App,
    _permit: &Permit<AcknowledgeAlert>,
    roles: &[Role],
    open_only: bool,
) -> Result<Vec<Alert>, Error> {
    let mut alerts = app.read(|view| Ok(view.alerts(open_only)?))?;
    alerts.retain(|alert| concerns(alert, roles));
    alerts.reverse();
    Ok(alerts)
}

/// Takes note of an alert.
///
/// # Errors
/// There is no such alert for the acting person's roles, somebody took note already, or nothing is
/// said of what was done.
pub fn acknowledge_alert(
    app: &App,
    permit: &Permit<AcknowledgeAlert>,
    roles: &[Role],
    number: i64,
    remark: &str,
) -> Result<Alert, Error> {
    let (remark, roles) = (Line::parse("remark", remark)?, roles.to_vec());
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let alert = desk.view().alert(number)?.filter(|alert| concerns(alert, &roles));
        let alert = alert
            .ok_or_else(|| Refusal::new(Code::NoSuchAlert, format!("There is no alert {number} for your role.")))?;
        if let Some(by) = &alert.acknowledged {
            let detail = format!("{} took note of this alert already.", by.by.name.as_str());
            return Err(Refusal::new(Code::AlreadyDone, detail).into());
        }
        desk.record(Event::Oversight(OversightEvent::AlertAcknowledged { alert: number, remark }))?;
        Ok(desk.view().alert(number)?.unwrap_or(alert))
    })
}
