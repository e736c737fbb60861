//! Accounts as their facts make them: in use or not, checked, trained, with factors and tokens.
//!
//! Promises: one document for each account about which something was recorded since it was made,
//! changed by the same step with which a past moment is rebuilt; nothing secret.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::View;
use super::connection::Conn;
use super::error::StoreError;
use super::facts::{Entry, FactRow};
use super::record::{found_one, json};
use super::records::{Noun, change, find, insert};
use super::schema::{facts, users};
use crate::domain::account::{Account, SignaturePolicy, concerned};
use crate::domain::event::{AccountEvent, Fact};
use crate::domain::ids::Username;

/// The kinds of facts that decide who has access.
const ACCESS_KINDS: [&str; 18] = [
    "user_created",
    "site_policy_set",
    "user_deactivated",
    "user_reactivated",
    "roles_changed",
    "account_limited",
    "identity_checked",
    "qualified_person_named",
    "training_recorded",
    "signature_policy_issued",
    "signature_policy_acknowledged",
    "second_factor_added",
    "second_factor_removed",
    "account_locked",
    "account_unlocked",
    "token_issued",
    "token_revoked",
    "access_reviewed",
];

impl Noun for Account {
    const NOUN: &'static str = "account";
}
impl Noun for SignaturePolicy {
    const NOUN: &'static str = "signature_policy";
}

/// Makes the rows that a fact about an account stands for.
pub(super) fn project(conn: &mut Conn, entry: &Entry, event: &AccountEvent) -> Result<(), StoreError> {
    let fact = &entry.fact;
    match event {
        AccountEvent::SignaturePolicyIssued { version, text, .. } => {
            let policy = SignaturePolicy { version: *version, text: text.clone(), by: fact.by.person(), at: fact.at };
            return insert(conn, entry.number, &version.to_string(), None, &policy);
        }
        AccountEvent::RolesChanged { username, roles, .. } => {
            let row = users::table.find(username.as_str());
            let changed = diesel::update(row).set(users::roles.eq(json(roles)?)).execute(conn)?;
            found_one(changed, "users", "username", username.to_string(), "new roles without an account")?;
        }
        _ => {}
    }
    let username = concerned(event, fact).as_str();
    if find::<Account>(conn, username)?.is_none() {
        insert(conn, entry.number, username, None, &Account::default())?;
    }
    change(conn, username, |account: &mut Account| account.apply(event, &fact.by.person(), fact.at))
}

impl View<'_> {
    /// What is recorded about an account since it was made.
    ///
    /// # Errors
    /// The database fails.
    pub fn account(&mut self, username: &Username) -> Result<Account, StoreError> {
        Ok(find(self.0, username.as_str())?.unwrap_or_default())
    }

    /// The same of every account about which something was recorded, by user name.
    ///
    /// # Errors
    /// The database fails.
    pub fn accounts(&mut self) -> Result<BTreeMap<String, Account>, StoreError> {
        let all: Vec<(String, Account)> = self.coded()?;
        Ok(all.into_iter().collect())
    }

    /// The versions of the policy on electronic signatures, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn signature_policies(&mut self) -> Result<Vec<SignaturePolicy>, StoreError> {
        Ok(self.nouns(None, None)?.into_iter().map(|(_, policy)| policy).collect())
    }

    /// The facts that decide who has access, oldest first.
    ///
    /// # Errors
    /// The database fails, or a fact cannot be read.
    pub fn access_facts(&mut self) -> Result<Vec<Fact>, StoreError> {
        let rows: Vec<FactRow> =
            facts::table.filter(facts::kind.eq_any(ACCESS_KINDS)).order(facts::entry).load(self.0)?;
        rows.iter().map(|row| Ok(row.read()?.fact)).collect()
    }
}
