//! Copies that leave the site: the inspection pack of a lot.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path};

use crate::domain::spec::Stage;
use crate::web::guard::Allowed;
use crate::web::places;
use crate::web::problem::{Problem, ProblemBody, block};
use crate::workflow::inspection_pack::inspection_pack;
use crate::workflow::permit::{Permit, TakeCopies};
use crate::workflow::{App, Error};

/// The pack of a lot as an answer: an archive to be saved.
///
/// # Errors
/// There is no such lot, or the person may not have it yet.
pub async fn pack(app: &App, permit: Permit<TakeCopies>, lot: &str) -> Result<HttpResponse, Error> {
    let number = places::read_number(lot, Stage::Product)?;
    let (app, wanted) = (app.clone(), number.clone());
    let pack = block(move || {
        places::find(&app, &wanted, Stage::Product)?;
        inspection_pack(&app, &permit, &wanted)
    });
    let pack = pack.await?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{number}-inspection.zip\"")))
        .insert_header(("X-Manifest-SHA256", pack.manifest_sha256))
        .body(pack.bytes))
}

/// Everything about a lot in one archive that `lotgate verify` checks offline; that it was made is a fact.
#[utoipa::path(get, path = "/api/v1/lots/{lot}/inspection-pack", tag = "lots", params(("lot" = String, Path)),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)))]
pub async fn inspection(
    app: Data<App>,
    Allowed(permit): Allowed<TakeCopies>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(pack(&app, permit, &path).await?)
}
