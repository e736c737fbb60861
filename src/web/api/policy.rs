//! `/api/v1/site/policy`: what the site decides for itself, versioned and signed.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::permit::{Proof, SetPolicy};
use crate::workflow::set_policy::{self, ContactEntry, PolicyEntry, PolicyInForce};

/// Somebody to tell or to ship to.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    /// `physician`, `qp`, `qa`, `sponsor` or `authority`.
    pub role: String,
    /// Name of the person or ward.
    pub name: String,
    /// Telephone, mail or address.
    pub reach: String,
}

impl From<ContactBody> for ContactEntry {
    fn from(body: ContactBody) -> Self {
        ContactEntry { role: body.role, name: body.name, reach: body.reach }
    }
}

impl From<&crate::domain::course::Contact> for ContactBody {
    fn from(contact: &crate::domain::course::Contact) -> Self {
        ContactBody {
            role: contact.role.as_str().to_owned(),
            name: contact.name.as_str().to_owned(),
            reach: contact.reach.as_str().to_owned(),
        }
    }
}

/// The policy in force.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PolicyView {
    /// A run on an instrument that was not calibrated at the time of the test: `refuse` or `flag`.
    pub uncalibrated_instrument: String,
    /// A run with a reagent that had expired by the time of the test: `refuse` or `flag`.
    pub expired_reagent: String,
    /// The way to a decision: `verify_release` or `verify_qc_qa_qp`.
    pub release_route: String,
    /// Whether a release on the short route needs a standing review of the audit trail.
    pub audit_review_required: bool,
    /// Work of people who are not trained in the method: `off`, `flag` or `refuse`.
    pub untrained: String,
    /// Roles that need a second factor.
    pub second_factor_roles: Vec<String>,
    /// The shortest password, in characters.
    pub password_chars_min: u32,
    /// After how many minutes without a touch a screen locks.
    pub idle_minutes: u32,
    /// Whom the site tells of a revocation besides those named for the lot.
    pub contacts: Vec<ContactBody>,
    /// How often it was set; 0 where nobody has.
    pub version: u32,
    /// Who set it, by full name.
    pub set_by: Option<String>,
    /// When (UTC).
    pub set_at: Option<String>,
    /// What the signature means; none where it was set before policies were signed.
    pub meaning: Option<String>,
    /// SHA-256 of the policy's canonical JSON; send it back as `seen_sha256`.
    pub sha256: String,
}

impl From<&PolicyInForce> for PolicyView {
    fn from(in_force: &PolicyInForce) -> Self {
        let (policy, set) = (&in_force.policy, in_force.set.as_ref());
        PolicyView {
            uncalibrated_instrument: policy.uncalibrated_instrument.as_str().to_owned(),
            expired_reagent: policy.expired_reagent.as_str().to_owned(),
            release_route: policy.release_route.as_str().to_owned(),
            audit_review_required: policy.audit_review_required,
            untrained: policy.untrained.as_str().to_owned(),
            second_factor_roles: policy.second_factor_roles.iter().map(ToString::to_string).collect(),
            password_chars_min: policy.password_chars_min,
            idle_minutes: policy.idle_minutes,
            contacts: policy.contacts.iter().map(ContactBody::from).collect(),
            version: in_force.version,
            set_by: set.map(|s| s.by.name.as_str().to_owned()),
            set_at: set.map(|s| s.at.to_string()),
            meaning: set.and_then(|s| s.meaning.clone()),
            sha256: in_force.sha256.clone(),
        }
    }
}

/// What setting the policy takes. A field of the policy that is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyBody {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
    /// `sha256` of the policy as it was shown; anything else is then refused.
    #[serde(default)]
    pub seen_sha256: Option<String>,
    /// `refuse` or `flag`.
    #[serde(default)]
    pub uncalibrated_instrument: Option<String>,
    /// `refuse` or `flag`.
    #[serde(default)]
    pub expired_reagent: Option<String>,
    /// `verify_release` or `verify_qc_qa_qp`.
    #[serde(default)]
    pub release_route: Option<String>,
    /// Whether a release on the short route needs a standing review of the audit trail.
    #[serde(default)]
    pub audit_review_required: Option<bool>,
    /// `off`, `flag` or `refuse`.
    #[serde(default)]
    pub untrained: Option<String>,
    /// Roles that need a second factor.
    #[serde(default)]
    pub second_factor_roles: Option<Vec<String>>,
    /// 8 to 64.
    #[serde(default)]
    pub password_chars_min: Option<u32>,
    /// 1 to 60.
    #[serde(default)]
    pub idle_minutes: Option<u32>,
    /// Whom the site tells of a revocation.
    #[serde(default)]
    pub contacts: Option<Vec<ContactBody>>,
}

/// The policy in force, with its version and who set it.
#[utoipa::path(get, path = "/api/v1/site/policy", tag = "site", responses((status = 200, body = PolicyView)))]
pub async fn show(app: Data<App>, _reader: Somebody) -> Result<HttpResponse, Problem> {
    let policy = block(move || app.read(set_policy::policy_in_force)).await?;
    Ok(HttpResponse::Ok().json(PolicyView::from(&policy)))
}

/// Sets the policy with an electronic signature.
#[utoipa::path(put, path = "/api/v1/site/policy", tag = "site", request_body = PolicyBody,
    responses((status = 200, body = PolicyView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody)))]
pub async fn set(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<SetPolicy>,
    body: Sent<PolicyBody>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (said, subject) = (body.value, subject(&req));
    let entry = PolicyEntry {
        uncalibrated_instrument: said.uncalibrated_instrument,
        expired_reagent: said.expired_reagent,
        release_route: said.release_route,
        audit_review_required: said.audit_review_required,
        untrained: said.untrained,
        second_factor_roles: said.second_factor_roles,
        password_chars_min: said.password_chars_min,
        idle_minutes: said.idle_minutes,
        contacts: said.contacts.map(|all| all.into_iter().map(ContactEntry::from).collect()),
        seen_sha256: said.seen_sha256,
    };
    let (password, code, meaning) = (said.password, said.code, said.meaning);
    let set = block(move || {
        let meaning = meaning.as_deref().unwrap_or(set_policy::MEANING);
        let signed = permit.sign(&app, Proof { password, code }, meaning, &subject)?;
        set_policy::set_policy(&app, &signed, &entry)
    });
    Ok(HttpResponse::Ok().json(PolicyView::from(&set.await?)))
}
