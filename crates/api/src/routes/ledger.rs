//! The ledger of ingest.

use actix_web::web::{self, Json};
use domain::{Ledger, LedgerQuery};

use crate::access::{Access, QueryParams, ReadAll};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::ingest::LedgerParams;
use crate::schema::{ProjectChoice, ReadProblems};

/// What became of every event that was received, by the hour of its arrival.
#[utoipa::path(
    get,
    path = "/ingest/ledger",
    tag = "insights",
    params(ProjectChoice, LedgerParams),
    security(("bearer" = [], "api_key" = []), ("bearer" = []), ("session" = []), ("api_key" = [])),
    responses((status = 200, description = "The hours in which something arrived, and their sum", body = Ledger), ReadProblems)
)]
pub(crate) async fn ledger(
    app: web::Data<App>,
    access: Access<ReadAll>,
    params: QueryParams,
) -> Result<Json<Ledger>, Problem> {
    let query = LedgerQuery::from_params(&params.0, app.clock.now())?;
    Ok(Json(web::block(move || app.storage.ledger(access.project, query.range)).await??))
}
