//! The ledger of ingest.

use actix_web::web::{self, Json};
use domain::{Ledger, LedgerQuery};

use crate::app::App;
use crate::extract::{OwnedKey, QueryParams};
use crate::problem::Problem;
use crate::schema::ReadProblems;
use crate::schema::ingest::LedgerParams;

/// What became of every event that was received, by the hour of its arrival.
#[utoipa::path(
    get,
    path = "/ingest/ledger",
    tag = "insights",
    params(LedgerParams),
    security(("bearer" = [], "api_key" = [])),
    responses((status = 200, description = "The hours in which something arrived, and their sum", body = Ledger), ReadProblems)
)]
pub(crate) async fn ledger(
    app: web::Data<App>,
    key: OwnedKey,
    params: QueryParams,
) -> Result<Json<Ledger>, Problem> {
    let query = LedgerQuery::from_params(&params.0, app.clock.now())?;
    Ok(Json(web::block(move || app.storage.ledger(key.0, query.range)).await??))
}
