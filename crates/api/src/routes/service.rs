//! What the service says about itself to whoever asks, signed in or not.

use actix_web::web::{self, Json};
use serde::Serialize;

use crate::app::App;
use crate::config::Registration;
use crate::problem::Problem;
use crate::schema::PublicProblems;

/// What a page has to know before anybody signs in.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct ServiceBody {
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// Who may register: everybody, those with an invitation, or nobody.
    registration: Registration,
    /// Whether there is no account yet: the first one looks after the service.
    first_account: bool,
    /// Where the interactive documentation is.
    #[schema(example = "/docs")]
    documentation: &'static str,
}

/// Says what a page has to know before anybody signs in.
#[utoipa::path(
    get,
    path = "/service",
    operation_id = "show_service",
    tag = "service",
    responses((status = 200, description = "The service", body = ServiceBody), PublicProblems)
)]
pub(crate) async fn show(app: web::Data<App>) -> Result<Json<ServiceBody>, Problem> {
    let registration = app.registration;
    let has_accounts = web::block(move || app.storage.has_accounts()).await??;
    Ok(Json(ServiceBody {
        version: env!("CARGO_PKG_VERSION"),
        registration,
        first_account: !has_accounts,
        documentation: "/docs",
    }))
}
