//! The policy on electronic signatures: issued by QA, acknowledged by everybody before signing.
//!
//! Promises: who signs has acknowledged the newest version, by the hash of the text that was shown
//! (21 CFR 11.10(j)); a site that has issued none has version 1, which is shipped here and never
//! changes.

use serde::{Deserialize, Serialize};

use crate::domain::event::{AccountEvent, Event};
use crate::domain::moment::Moment;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::role::Person;
use crate::domain::text::Remark;
use crate::ledger::canonical::sha256_hex;
use crate::store::View;

use super::permit::{IssueSignaturePolicy, KeepOwnAccount, Permit, Signed};
use super::release_lot::manifest;
use super::{App, Error};

/// Version 1: what a site has until it issues its own.
pub const SHIPPED: &str = "\
Electronic signatures in this system are the legally binding equivalent of handwritten signatures.
By acknowledging this policy I agree that:
1. My user name and password are mine alone. I lend them to nobody, and I use nobody else's.
2. I sign only what I have read, and only with the meaning that is shown. I answer for what is done under my signature \
as if I had signed by hand.
3. I sign with all components of my signature each time, and I do not leave a session open to others.
4. I report at once to QA and the administrator if my password, code device or passkey may be known to or in the hands \
of anybody else.
5. I do not enter, alter or withhold data to change what the record says. A value that was entered wrongly is corrected \
with its reason; the first value stays.
6. Misuse of a signature, mine or another's, is falsification of records and has the consequences of falsification.";

/// What a new version means where the signer says nothing else.
pub const MEANING: &str = "I issue this policy on electronic signatures";

/// The version that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPolicy {
    /// Version.
    pub version: u32,
    /// The text.
    pub text: String,
    /// SHA-256 of the text.
    pub text_sha256: String,
    /// Who issued it and when; none for the shipped one.
    pub issued: Option<(Person, Moment)>,
}

/// The version that counts, as a reader sees it.
///
/// # Errors
/// The database fails.
pub fn standing(view: &mut View) -> Result<StandingPolicy, Error> {
    let newest = view.signature_policies()?.pop();
    let (version, text, issued) = match newest {
        Some(policy) => (policy.version, policy.text.as_str().to_owned(), Some((policy.by, policy.at))),
        None => (1, SHIPPED.to_owned(), None),
    };
    Ok(StandingPolicy { version, text_sha256: sha256_hex(text.as_bytes()), text, issued })
}

/// A version just issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyIssued {
    /// Its number.
    pub version: u32,
    /// SHA-256 of its text.
    pub text_sha256: String,
}

/// Issues the next version. Everybody acknowledges it before the next signature.
///
/// # Errors
/// The text is empty or too long, or it is the one that counts already.
pub fn issue(app: &App, signed: &Signed<IssueSignaturePolicy>, text: &str) -> Result<PolicyIssued, Error> {
    let text = Remark::said("text", text)?;
    let meaning = signed.meaning().as_str().to_owned();
    app.write_once(signed.actor(), signed.once(), move |desk| {
        let now = standing(&mut desk.view())?;
        if now.text == text.as_str() {
            let detail = format!("This is the text of version {} already.", now.version);
            return Err(Refusal::field(Code::AlreadyDone, "text", detail).into());
        }
        let text_sha256 = sha256_hex(text.as_str().as_bytes());
        let signature = manifest("signature_policy", &desk.by, &meaning, desk.now, text_sha256.clone());
        let version = now.version + 1;
        desk.record(Event::Account(AccountEvent::SignaturePolicyIssued { version, text, signature }))?;
        Ok(PolicyIssued { version, text_sha256 })
    })
}

/// What somebody acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyAcknowledged {
    /// The version.
    pub version: u32,
    /// When.
    pub at: Moment,
}

/// Acknowledges the version that counts, as it was shown.
///
/// # Errors
/// It is not the newest version, its text is another, or it was acknowledged before.
pub fn acknowledge(
    app: &App,
    permit: &Permit<KeepOwnAccount>,
    version: u32,
    text_sha256: &str,
) -> Result<PolicyAcknowledged, Error> {
    let text_sha256 = text_sha256.trim().to_ascii_lowercase();
    app.write_once(permit.actor(), permit.once(), move |desk| {
        let newest = standing(&mut desk.view())?;
        if newest.version != version || newest.text_sha256 != text_sha256 {
            let detail = format!(
                "Version {} of the policy on electronic signatures counts now, and it is not what was shown to you. Read \
                 it and acknowledge that.",
                newest.version
            );
            return Err(Refusal::new(Code::ChangedSinceSeen, detail).into());
        }
        let username = desk.by.username.clone();
        let before = desk.view().account(&username)?.acknowledged;
        if before.is_some_and(|before| before.version == version) {
            let detail = format!("You acknowledged version {version} before; once is enough.");
            return Err(Refusal::new(Code::AlreadyDone, detail).into());
        }
        desk.record(Event::Account(AccountEvent::SignaturePolicyAcknowledged { version, text_sha256 }))?;
        Ok(PolicyAcknowledged { version, at: desk.now })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_text_never_changes_because_people_acknowledged_its_hash() {
        assert_eq!(Remark::said("text", SHIPPED).expect("a text").as_str(), SHIPPED);
        assert_eq!(sha256_hex(SHIPPED.as_bytes()), "65d2b9cf51c74c9a35d983820d9c0f351272a22a2a52626e10cd87fea4eae062");
    }
}
