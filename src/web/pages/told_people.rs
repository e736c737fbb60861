//! Facts about people's accounts as sentences.
//!
//! Promises: a signed fact says what its signature means; nothing secret is told, because the
//! facts hold nothing secret.

use chrono_tz::Tz;

use super::narrate::Told;
use super::shown;
use crate::domain::account::LockedDeed;
use crate::domain::event::AccountEvent;
use crate::domain::moment::Moment;
use crate::domain::role::Role;

fn with_reason(sentence: String, reason: &str) -> Told {
    Told { sentence, reason: format!("Reason: {reason}"), ..Told::default() }
}

fn until(moment: Option<Moment>, zone: Tz, none: &str) -> String {
    moment.map_or_else(|| none.to_owned(), |m| format!("until {}", shown::plain_moment(m, zone).shown))
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ")
}

/// What happened to an account.
pub(super) fn tell(event: &AccountEvent, zone: Tz) -> Told {
    match event {
        AccountEvent::UserDeactivated { username, reason } => {
            with_reason(format!("deactivated the account {username}"), reason.as_str())
        }
        AccountEvent::UserReactivated { username, reason } => {
            with_reason(format!("took the account {username} into use again"), reason.as_str())
        }
        AccountEvent::RolesChanged { username, roles: given, reason } => {
            with_reason(format!("gave the account {username} the roles {}", roles(given)), reason.as_str())
        }
        AccountEvent::AccountLimited { username, valid_until, reason } => with_reason(
            format!("let the account {username} work {}", until(*valid_until, zone, "without an end")),
            reason.as_str(),
        ),
        AccountEvent::IdentityChecked { username, how } => {
            format!("checked who {username} is: {}", how.as_str()).into()
        }
        AccountEvent::QualifiedPersonNamed { username, register_number, valid_from, valid_until } => format!(
            "named {username} qualified person with register number {}, from {} {}",
            register_number.as_str(),
            shown::plain_moment(*valid_from, zone).shown,
            until(*valid_until, zone, "without an end")
        )
        .into(),
        AccountEvent::TrainingRecorded { username, training } => format!(
            "recorded the training of {username} in {}, from {} until {} ({})",
            training.assay.as_str().replace('-', " "),
            shown::plain_moment(training.valid_from, zone).shown,
            shown::plain_moment(training.valid_until, zone).shown,
            training.reference.as_str()
        )
        .into(),
        AccountEvent::SignaturePolicyIssued { version, signature, .. } => Told {
            sentence: format!("issued version {version} of the policy on electronic signatures"),
            reason: format!("Signed with the meaning: {}", signature.meaning),
            ..Told::default()
        },
        AccountEvent::SignaturePolicyAcknowledged { version, .. } => {
            format!("acknowledged version {version} of the policy on electronic signatures").into()
        }
        AccountEvent::AccessReviewed { accounts, findings, signature, .. } => Told {
            sentence: format!("reviewed who has access: {accounts} accounts. {}", findings.as_str()),
            reason: format!("Signed with the meaning: {}", signature.meaning),
            ..Told::default()
        },
        event => of_credentials(event, zone),
    }
}

/// Passwords, factors, locks, sessions, tokens, links.
fn of_credentials(event: &AccountEvent, zone: Tz) -> Told {
    match event {
        AccountEvent::PasswordReset { username, reason } => {
            with_reason(format!("gave the account {username} a password that must be changed"), reason.as_str())
        }
        AccountEvent::PasswordChanged {} => "chose a new password".to_owned().into(),
        AccountEvent::SecondFactorAdded { factor, name, .. } => format!("added {factor}: {}", name.as_str()).into(),
        AccountEvent::SecondFactorRemoved { username, factor, reason, .. } => {
            with_reason(format!("took {factor} from the account {username}"), reason.as_str())
        }
        AccountEvent::RecoveryCodesMade { count } => format!("got {count} new recovery codes").into(),
        AccountEvent::RecoveryCodeUsed { left } => format!("used a recovery code; {left} are left").into(),
        AccountEvent::AccountLocked { username, deed, failures, until: end } => {
            let what = match deed {
                LockedDeed::SignIn => "signing in",
                LockedDeed::Signing => "signing",
            };
            let end = until(*end, zone, "until an administrator unlocks it");
            let sentence = format!("locked {what} of the account {username} after {failures} wrong attempts, {end}");
            Told { refused: true, ..sentence.into() }
        }
        AccountEvent::AccountUnlocked { username, reason } => {
            with_reason(format!("unlocked the account {username}"), reason.as_str())
        }
        AccountEvent::SessionEnded { username, reason, .. } => {
            with_reason(format!("ended a session of {username}"), reason.as_str())
        }
        AccountEvent::TokenIssued { username, name, scopes, expires_at, .. } => format!(
            "issued the token {} that acts for {username} ({}) until {}",
            name.as_str(),
            scopes.join(", "),
            shown::plain_moment(*expires_at, zone).shown
        )
        .into(),
        AccountEvent::TokenRevoked { token, username, reason } => {
            with_reason(format!("revoked the token {token} of {username}"), reason.as_str())
        }
        AccountEvent::IdentityLinked { issuer, .. } => format!("linked the account with {issuer}").into(),
        AccountEvent::IdentityUnlinked { username, issuer, reason } => {
            with_reason(format!("took the link with {issuer} from the account {username}"), reason.as_str())
        }
        _ => Told::default(),
    }
}
