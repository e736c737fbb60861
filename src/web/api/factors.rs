//! `/api/v1/me/factors` and its neighbours: one-time codes, recovery codes, taking a factor away.
//!
//! Promises: a secret is answered once, to the person whose it is, who has just given the password.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};

use crate::domain::account::{Account, FactorKind};
use crate::web::body::Sent;
use crate::web::guard::Allowed;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::App;
use crate::workflow::permit::{KeepAccounts, KeepOwnAccount, Proof};
use crate::workflow::second_factor::{self, RecoveryCodes};

/// A second factor or passkey.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FactorView {
    /// Its public name within the account.
    pub id: String,
    /// `totp` or `passkey`.
    pub kind: String,
    /// What the person calls it.
    pub name: String,
    /// Since when (UTC).
    pub added_at: String,
}

/// The second factors of an account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FactorsView {
    /// Oldest first.
    pub factors: Vec<FactorView>,
    /// How many recovery codes are left.
    pub recovery_codes_left: u32,
}

impl From<&Account> for FactorsView {
    fn from(account: &Account) -> Self {
        let view = |f: &crate::domain::account::Factor| FactorView {
            id: f.id.clone(),
            kind: match f.factor {
                FactorKind::Totp => "totp",
                FactorKind::Passkey => "passkey",
            }
            .to_owned(),
            name: f.name.as_str().to_owned(),
            added_at: f.at.to_string(),
        };
        FactorsView { factors: account.factors.iter().map(view).collect(), recovery_codes_left: account.recovery_codes }
    }
}

/// The person's proof.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProofEntry {
    /// Password.
    pub password: String,
    /// A one-time code or recovery code, where one-time codes are set up.
    #[serde(default)]
    pub code: Option<String>,
}

impl ProofEntry {
    /// As the verbs take it.
    pub fn proof(&self) -> Proof {
        Proof::of(&self.password, self.code.as_deref())
    }
}

/// One-time codes about to be set up.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TotpView {
    /// The secret in base32 (RFC 6238: SHA-1, six digits, 30 seconds).
    pub secret: String,
    /// The same for an authenticator's camera.
    pub otpauth_url: String,
}

/// A code of the authenticator that was just set up.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpConfirmation {
    /// Six digits.
    pub code: String,
    /// What the person calls the authenticator.
    #[serde(default)]
    pub name: String,
}

/// Recovery codes: answered this once.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecoveryCodesView {
    /// Each works once, in place of a one-time code.
    pub recovery_codes: Vec<String>,
}

impl From<RecoveryCodes> for RecoveryCodesView {
    fn from(codes: RecoveryCodes) -> Self {
        RecoveryCodesView { recovery_codes: codes.0 }
    }
}

/// Why something is taken away or ended.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonEntry {
    /// Why.
    pub reason: String,
}

/// My second factors.
#[utoipa::path(get, path = "/api/v1/me/factors", tag = "my account", responses((status = 200, body = FactorsView), (status = 401, body = ProblemBody)))]
pub async fn list(app: Data<App>, Allowed(permit): Allowed<KeepOwnAccount>) -> Result<HttpResponse, Problem> {
    let account = block(move || app.read(|view| Ok(view.account(&permit.actor().username)?))).await?;
    Ok(HttpResponse::Ok().json(FactorsView::from(&account)))
}

/// Begins to set up one-time codes.
#[utoipa::path(post, path = "/api/v1/me/totp", tag = "my account", request_body = ProofEntry,
    responses((status = 201, body = TotpView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn begin_totp(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<ProofEntry>,
) -> Result<HttpResponse, Problem> {
    let entry = body.read()?.value;
    let begun = block(move || second_factor::begin_totp(&app, &permit, &entry.proof())).await?;
    Ok(HttpResponse::Created().json(TotpView { secret: begun.secret, otpauth_url: begun.otpauth_url }))
}

/// Confirms one-time codes with the first of them.
#[utoipa::path(post, path = "/api/v1/me/totp/confirmation", tag = "my account", request_body = TotpConfirmation,
    responses((status = 201, body = RecoveryCodesView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn confirm_totp(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<TotpConfirmation>,
) -> Result<HttpResponse, Problem> {
    let TotpConfirmation { code, name } = body.read()?.value;
    let codes = block(move || second_factor::confirm_totp(&app, &permit, &code, &name)).await?;
    Ok(HttpResponse::Created().json(RecoveryCodesView::from(codes)))
}

/// Makes new recovery codes; older ones stop working.
#[utoipa::path(post, path = "/api/v1/me/recovery-codes", tag = "my account", request_body = ProofEntry,
    responses((status = 201, body = RecoveryCodesView), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn recovery_codes(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    body: Sent<ProofEntry>,
) -> Result<HttpResponse, Problem> {
    let entry = body.read()?.value;
    let codes = block(move || second_factor::new_recovery_codes(&app, &permit, &entry.proof())).await?;
    Ok(HttpResponse::Created().json(RecoveryCodesView::from(codes)))
}

/// Takes one of my factors away.
#[utoipa::path(post, path = "/api/v1/me/factors/{id}/removal", tag = "my account", params(("id" = String, Path)), request_body = ProofEntry,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn remove_own(
    app: Data<App>,
    Allowed(permit): Allowed<KeepOwnAccount>,
    path: Path<String>,
    body: Sent<ProofEntry>,
) -> Result<HttpResponse, Problem> {
    let entry = body.read()?.value;
    block(move || second_factor::remove_own_factor(&app, &permit, &entry.proof(), &path)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a factor from somebody's account.
#[utoipa::path(post, path = "/api/v1/users/{username}/factors/{id}/removal", tag = "users",
    params(("username" = String, Path), ("id" = String, Path)), request_body = ReasonEntry,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn remove(
    app: Data<App>,
    Allowed(permit): Allowed<KeepAccounts>,
    path: Path<(String, String)>,
    body: Sent<ReasonEntry>,
) -> Result<HttpResponse, Problem> {
    let reason = body.read()?.value.reason;
    let (username, id) = path.into_inner();
    block(move || second_factor::remove_factor(&app, &permit, &username, &id, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
