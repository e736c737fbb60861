//! `/api/v1/lots/{lot}/revocation`: revoking a release, who must be told, and who was.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};

use super::containers::ContactBody;
use crate::domain::course::{Party, Revocation, Told};
use crate::domain::lot::Lot;
use crate::domain::spec::Stage;
use crate::web::body::Sent;
use crate::web::guard::{Allowed, once, subject};
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::web::session::Somebody;
use crate::workflow::App;
use crate::workflow::permit::{Proof, RevokeRelease, TellParties};
use crate::workflow::revoke::{MEANING, RevocationEntry, revoke_release};
use crate::workflow::tell_parties::{ToldEntry, revocation_of, tell_party};

/// A revocation with everything that follows from it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RevocationView {
    /// Lot number.
    pub lot: String,
    /// The certificate that stood.
    pub certificate: Option<String>,
    /// The conditional notice.
    pub notice: Option<String>,
    /// `late_failing_result`, `quality_defect`, `wrong_release` or `authority_request`.
    pub class: String,
    /// Why.
    pub reason: String,
    /// The run whose result failed.
    pub run: Option<i64>,
    /// Who revoked it: a person, or the software for a failing result.
    pub revoked_by: String,
    /// When (UTC).
    pub revoked_at: String,
    /// Who must be told.
    pub tell: Vec<PartyView>,
    /// How many of them have not acknowledged it.
    pub outstanding: usize,
    /// Lots that share something with it.
    pub sisters: Vec<SisterView>,
}

/// Somebody who must be told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PartyView {
    /// Its place on the list, from 0.
    pub party: u32,
    /// `physician`, `qp`, `qa`, `sponsor` or `authority`.
    pub role: String,
    /// Who and how to reach them, where known.
    pub contact: Option<ContactBody>,
    /// Why them.
    pub because: String,
    /// That they were told.
    pub told: Option<ToldView>,
}

/// That somebody was told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ToldView {
    /// Who acknowledged it.
    pub who: String,
    /// How it was told.
    pub how: String,
    /// When it was acknowledged (UTC).
    pub acknowledged_at: String,
    /// Who recorded it.
    pub recorded_by: String,
}

/// A lot that shares something with the revoked one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SisterView {
    /// Lot number.
    pub lot: String,
    /// What they share.
    pub shares: Vec<String>,
}

impl PartyView {
    fn new(at: usize, party: &Party, told: &[Told]) -> Self {
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let told = told.iter().find(|t| t.party == number);
        PartyView {
            party: number,
            role: party.role.as_str().to_owned(),
            contact: party.contact.as_ref().map(Into::into),
            because: party.because.clone(),
            told: told.map(|t| ToldView {
                who: t.who.as_str().to_owned(),
                how: t.how.as_str().to_owned(),
                acknowledged_at: t.acknowledged_at.to_string(),
                recorded_by: t.by.name.as_str().to_owned(),
            }),
        }
    }
}

impl RevocationView {
    fn new(lot: &Lot, revocation: &Revocation) -> Self {
        let parties = revocation.tell.iter().enumerate();
        let tell: Vec<PartyView> = parties.map(|(at, party)| PartyView::new(at, party, &revocation.told)).collect();
        let sister =
            |s: &crate::domain::course::Sister| SisterView { lot: s.lot.to_string(), shares: s.shares.clone() };
        RevocationView {
            lot: lot.number().to_string(),
            certificate: revocation.certificate.as_ref().map(ToString::to_string),
            notice: revocation.notice.as_ref().map(ToString::to_string),
            class: revocation.class.as_str().to_owned(),
            reason: revocation.reason.as_str().to_owned(),
            run: revocation.run.map(|r| r.0),
            revoked_by: revocation.by.name.as_str().to_owned(),
            revoked_at: revocation.at.to_string(),
            outstanding: tell.iter().filter(|p| p.told.is_none()).count(),
            tell,
            sisters: revocation.sisters.iter().map(sister).collect(),
        }
    }
}

/// The revocation of a lot.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/revocation", tag = "revocation", params(("lot" = String, Path)),
    responses((status = 200, body = RevocationView), (status = 404, body = ProblemBody)))]
pub async fn show(app: Data<App>, _reader: Somebody, path: Path<String>) -> Result<HttpResponse, Problem> {
    let number = places::read_number(&path, Stage::Product)?;
    let view = block(move || {
        let (lot, _) = places::find(&app, &number, Stage::Product)?;
        Ok(RevocationView::new(&lot, revocation_of(&lot)?))
    });
    Ok(HttpResponse::Ok().json(view.await?))
}

/// What revoking takes.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRevocation {
    /// The signer's password, again.
    pub password: String,
    /// A one-time code, where a second factor is set up.
    #[serde(default)]
    pub code: Option<String>,
    /// Of what sort the reason is; all that strangers are told.
    pub class: String,
    /// Why.
    pub reason: String,
    /// What the signature means.
    #[serde(default)]
    pub meaning: Option<String>,
}

/// Revokes a release with an electronic signature.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/revocation", tag = "revocation", params(("lot" = String, Path)), request_body = NewRevocation,
    responses((status = 201, body = RevocationView), (status = 403, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn create(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<RevokeRelease>,
    path: Path<String>,
    body: Sent<NewRevocation>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let number = places::read_number(&path, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let (sent, subject) = (body.value, subject(&req));
    let view = block(move || {
        let proof = Proof { password: sent.password, code: sent.code };
        let meaning = sent.meaning.unwrap_or_else(|| MEANING.to_owned());
        let signed = permit.sign(&app, proof, &meaning, &subject)?;
        let entry = RevocationEntry { class: sent.class, reason: sent.reason, seen_sha256: None };
        revoke_release(&app, &signed, &number, &entry)?;
        let (lot, _) = app.lot(&number)?;
        Ok(RevocationView::new(&lot, revocation_of(&lot)?))
    });
    Ok(HttpResponse::Created().json(view.await?))
}

/// What recording takes that somebody was told.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTold {
    /// Who acknowledged it, by name.
    pub who: String,
    /// How it was told.
    pub how: String,
    /// When it was acknowledged, RFC 3339 with zone.
    pub acknowledged_at: String,
}

/// A party just told.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ToldPartyView {
    /// Lot number.
    pub lot: String,
    /// Its place on the list, from 0.
    pub party: u32,
    /// How many are still to be told.
    pub outstanding: usize,
}

/// Records that a party was told and acknowledged it.
#[utoipa::path(post, path = "/api/v1/lots/{lot}/revocation/parties/{party}", tag = "revocation",
    params(("lot" = String, Path), ("party" = u32, Path)), request_body = NewTold,
    responses((status = 201, body = ToldPartyView), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)))]
pub async fn tell(
    app: Data<App>,
    req: HttpRequest,
    Allowed(permit): Allowed<TellParties>,
    path: Path<(String, String)>,
    body: Sent<NewTold>,
) -> Result<HttpResponse, Problem> {
    let body = body.read()?;
    let (lot, party) = path.into_inner();
    let number = places::read_number(&lot, Stage::Product)?;
    let permit = permit.with_once(once(&req, &body.fingerprint)?);
    let NewTold { who, how, acknowledged_at } = body.value;
    let entry = ToldEntry { who, how, acknowledged_at };
    let made = block(move || tell_party(&app, &permit, &number, &party, &entry)).await?;
    let view = ToldPartyView { lot: made.lot.to_string(), party: made.party, outstanding: made.outstanding };
    Ok(HttpResponse::Created().json(view))
}
