//! Whether a person may sign at all, whatever the act.
//!
//! Promises: asked at each signature, at its moment; somebody whose identity nobody checked, or not
//! since an administrator gave the account another password or took a second factor away, who
//! has not acknowledged the newest policy on electronic signatures, or whose password somebody
//! else chose signs nothing (21 CFR 11.10(j), 11.100(b), 11.200(a)(3)).

use crate::domain::alert::AlertKind;
use crate::domain::ids::Username;
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Actor;
use crate::store::View;

use super::{App, Error, own_account, signature_policy, training};

/// Acts that give a lot to patients: their signers are trained in the release.
const RELEASES: [&str; 3] = ["release", "qp_certification", "conditional_release"];

/// Whether the person may sign an act now.
///
/// # Errors
/// The account is not in use, its password was given by somebody else, nobody recorded who the
/// person is, the policy is not acknowledged, or a training is missing that the site asks for.
pub(super) fn check(app: &App, by: &Actor, act: Option<&str>) -> Result<(), Error> {
    let now = app.now();
    app.read(|view| {
        let account = view.account(&by.username)?;
        if let Some(why) = account.unusable_at(now) {
            return Err(Refusal::new(Code::Deactivated, why).into());
        }
        if view.must_change_password(&by.username)? {
            return Err(own_account::change_required().into());
        }
        let Some(identity) = &account.identity else {
            let detail = "Nobody has recorded yet who you are, so you cannot sign. Show an administrator a document that \
                          proves it; the check is recorded with your account.";
            return Err(Refusal::new(Code::IdentityUnchecked, detail).into());
        };
        if access_given_at(view, &by.username)?.is_some_and(|given| identity.at < given) {
            let detail = "An administrator gave your account another password, or took a second factor away, since somebody \
                          recorded who you are. Show an administrator again a document that proves it; until then you \
                          cannot sign.";
            return Err(Refusal::new(Code::IdentityUnchecked, detail).into());
        }
        let newest = signature_policy::standing(view)?.version;
        if account.acknowledged.is_none_or(|acknowledged| acknowledged.version != newest) {
            let detail = format!(
                "Read version {newest} of the policy on electronic signatures and acknowledge it under “My account”; \
                 then sign."
            );
            return Err(Refusal::new(Code::PolicyNotAcknowledged, detail).into());
        }
        if act.is_some_and(|act| RELEASES.contains(&act)) {
            training::check_release(view, by, now)?;
        }
        Ok(())
    })
}

/// When an administrator last gave an account access anew; none if that never happened.
fn access_given_at(view: &mut View, username: &Username) -> Result<Option<Moment>, Error> {
    let alerts = view.alerts(false)?.into_iter();
    let given = alerts.filter(|a| a.about == AlertKind::AccessGiven && a.username.as_ref() == Some(username));
    Ok(given.map(|alert| alert.at).max())
}
