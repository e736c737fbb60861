//! What the API says of an account.

use serde::Serialize;

use crate::domain::account::{Account, LockedDeed};
use crate::domain::moment::Moment;
use crate::domain::role::Role;
use crate::store::User;
use crate::workflow::keep_accounts::UserMade;
use crate::workflow::{App, Error, change_account, own_account};

/// An account as others see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    /// Unique user name.
    pub username: String,
    /// Full name.
    pub full_name: String,
    /// Roles: `analyst`, `qc`, `qa`, `qp`, `auditor`, `admin`.
    pub roles: Vec<String>,
}

impl UserView {
    fn new(username: &str, full_name: &str, roles: &[Role]) -> Self {
        let roles = roles.iter().map(|r| r.as_str().to_owned()).collect();
        UserView { username: username.to_owned(), full_name: full_name.to_owned(), roles }
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        UserView::new(user.username.as_str(), user.full_name.as_str(), &user.roles)
    }
}

impl From<&UserMade> for UserView {
    fn from(user: &UserMade) -> Self {
        UserView::new(user.username.as_str(), user.full_name.as_str(), &user.roles)
    }
}

/// An account in the list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ListedUser {
    /// Who.
    #[serde(flatten)]
    pub user: UserView,
    /// How it stands: `active`, or why not, in words.
    pub state: String,
}

/// A list of accounts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UsersView {
    /// By user name.
    pub users: Vec<ListedUser>,
}

/// How an account stands, shortly: `active`, or everything that is in the way.
pub fn state(account: &Account, now: Moment) -> String {
    let mut words = Vec::new();
    if account.deactivated.is_some() {
        return "deactivated".to_owned();
    }
    match account.valid_until {
        Some(until) if now >= until => return "ended".to_owned(),
        Some(_) => words.push("limited"),
        None => {}
    }
    if account.locked_at(LockedDeed::SignIn, now).is_some() {
        words.push("sign-in locked");
    }
    if account.locked_at(LockedDeed::Signing, now).is_some() {
        words.push("signing locked");
    }
    if account.identity.is_none() {
        words.push("identity unchecked");
    }
    if words.is_empty() { "active".to_owned() } else { words.join(", ") }
}

/// A deed with its reason.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DeedView {
    /// Why, or how.
    pub text: String,
    /// Who, by user name.
    pub by: String,
    /// When.
    pub at: String,
}

/// A training.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrainingView {
    /// The kind of test, or `release`.
    pub assay: String,
    /// From.
    pub valid_from: String,
    /// Until, itself excluded.
    pub valid_until: String,
    /// The training record.
    pub reference: String,
}

/// The entry in the register of qualified persons.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct QualificationView {
    /// Its number.
    pub register_number: String,
    /// From.
    pub valid_from: String,
    /// Until, itself excluded; null for no end.
    pub valid_until: Option<String>,
}

/// A second factor or passkey.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FactorView {
    /// `totp` or `passkey`.
    #[schema(value_type = String)]
    pub factor: crate::domain::account::FactorKind,
    /// What the person calls it.
    pub name: String,
    /// Since.
    pub at: String,
}

/// A lock after wrong attempts.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LockView {
    /// `sign_in` or `signing`.
    pub deed: String,
    /// Until then; null until an administrator unlocks it.
    pub until: Option<String>,
}

/// Everything about an account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountView {
    /// Who.
    #[serde(flatten)]
    pub user: UserView,
    /// When the account was made.
    pub created_at: String,
    /// How it stands, in words.
    pub state: String,
    /// True where somebody can sign in to it now.
    pub usable: bool,
    /// True until the person has changed a password that an administrator gave.
    pub password_change_required: bool,
    /// It works only until then.
    pub valid_until: Option<String>,
    /// Its end.
    pub deactivated: Option<DeedView>,
    /// The newest check of who the person is.
    pub identity: Option<DeedView>,
    /// The version of the policy on electronic signatures that was acknowledged last.
    pub policy_acknowledged: Option<u32>,
    /// As a qualified person.
    pub qualification: Option<QualificationView>,
    /// Trainings, oldest first.
    pub trainings: Vec<TrainingView>,
    /// Second factors and passkeys.
    pub second_factors: Vec<FactorView>,
    /// Locks that lock now.
    pub locks: Vec<LockView>,
}

impl AccountView {
    /// The account of this name as it stands.
    ///
    /// # Errors
    /// There is no such account, or storage fails.
    pub fn of(app: &App, username: &str) -> Result<Self, Error> {
        let (user, account) = app.read(|view| {
            let user = change_account::known(view, username)?;
            let account = view.account(&user.username)?;
            Ok((user, account))
        })?;
        let must_change = own_account::must_change_password(app, &user.username)?;
        Ok(AccountView::new(&user, account, must_change, app.now()))
    }

    fn new(user: &User, account: Account, must_change: bool, now: Moment) -> Self {
        let training = |t: &crate::domain::account::Training| TrainingView {
            assay: t.assay.to_string(),
            valid_from: t.valid_from.to_string(),
            valid_until: t.valid_until.to_string(),
            reference: t.reference.as_str().to_owned(),
        };
        let deed = |text: &str, by: &crate::domain::role::Person, at: Moment| DeedView {
            text: text.to_owned(),
            by: by.username.to_string(),
            at: at.to_string(),
        };
        let lock = |d: LockedDeed| account.locked_at(d, now);
        let locks = [LockedDeed::SignIn, LockedDeed::Signing].into_iter().filter_map(lock);
        AccountView {
            user: UserView::from(user),
            created_at: user.created_at.to_string(),
            state: state(&account, now),
            usable: account.unusable_at(now).is_none(),
            password_change_required: must_change,
            valid_until: account.valid_until.map(|m| m.to_string()),
            deactivated: account.deactivated.as_ref().map(|d| deed(d.reason.as_str(), &d.by, d.at)),
            identity: account.identity.as_ref().map(|i| deed(i.how.as_str(), &i.by, i.at)),
            policy_acknowledged: account.acknowledged.map(|a| a.version),
            qualification: account.qualified_person.as_ref().map(|q| QualificationView {
                register_number: q.register_number.as_str().to_owned(),
                valid_from: q.valid_from.to_string(),
                valid_until: q.valid_until.map(|m| m.to_string()),
            }),
            trainings: account.trainings.iter().map(training).collect(),
            second_factors: account
                .factors
                .iter()
                .map(|f| FactorView { factor: f.factor, name: f.name.as_str().to_owned(), at: f.at.to_string() })
                .collect(),
            locks: locks
                .map(|l| LockView { deed: l.deed.as_str().to_owned(), until: l.until.map(|m| m.to_string()) })
                .collect(),
        }
    }
}
