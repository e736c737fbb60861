//! Alerts: seeing them and taking note of them.
//!
//! Promises: an alert stays until somebody whom it concerns took note of it and said what was done;
//! one about an account is not put aside by whoever uses that account, where somebody else could.

use crate::domain::alert::Alert;
use crate::domain::event::{Event, OversightEvent};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Role;
use crate::domain::text::Line;
use crate::store::{User, View};

use super::permit::{AcknowledgeAlert, Permit};
use super::{App, Desk, Error};

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

/// Refuses the person of the account: whoever got into it would say that all is well.
fn check_is_another(desk: &mut Desk, alert: &Alert) -> Result<(), Error> {
    let (by, now) = (desk.by.username.clone(), desk.now);
    if alert.username.as_ref() != Some(&by) {
        return Ok(());
    }
    let (users, accounts) = (desk.view().users()?, desk.view().accounts()?);
    let in_use = |u: &User| accounts.get(u.username.as_str()).is_none_or(|a| a.unusable_at(now).is_none());
    if !users.iter().any(|u| u.username != by && concerns(alert, &u.roles) && in_use(u)) {
        return Ok(());
    }
    let detail =
        "This alert is about your own account. Somebody else of your role finds out what happened and takes note.";
    Err(Refusal::new(Code::OwnWork, detail).into())
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
        check_is_another(desk, &alert)?;
        desk.record(Event::Oversight(OversightEvent::AlertAcknowledged { alert: number, remark }))?;
        Ok(desk.view().alert(number)?.unwrap_or(alert))
    })
}
