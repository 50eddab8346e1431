//! Invitations to the service: whoever has one may register where others may not.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};

use super::answer::Items;
use super::body::object;
use super::invitations::{InvitationBody, hours, one_of, sent, take_back};
use crate::access::Administrator;
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{InvitationParam, ServiceInvitationBody};
use crate::schema::{AccountProblems, ChangeProblems, ProjectProblems};

/// Lists the invitations to the service that have not been used.
#[utoipa::path(
    get,
    path = "/invitations",
    operation_id = "list_service_invitations",
    tag = "accounts",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The invitations, at most 100", body = Items<InvitationBody>), AccountProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    _: Administrator,
) -> Result<Json<Items<InvitationBody>>, Problem> {
    let now = app.clock.now();
    let invitations = web::block(move || app.storage.invitations(None, now)).await??;
    Ok(Json(Items::all(invitations)))
}

/// Invites somebody to the service: whoever has the token may register.
#[utoipa::path(
    post,
    path = "/invitations",
    operation_id = "create_service_invitation",
    tag = "accounts",
    request_body = ServiceInvitationBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The invitation; it is for `POST /register?invitation=TOKEN`", body = InvitationBody, headers(("Location" = String, description = "Its place"))), ChangeProblems)
)]
pub(crate) async fn create(
    app: web::Data<App>,
    administrator: Administrator,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let hours = hours(&mut object);
    object.finish(Some(()))?;
    let token = app.random.token()?;
    let expires_at = app.clock.now().plus_minutes(hours * 60);
    let hash = token.hash;
    let made =
        web::block(move || app.storage.create_invitation(None, &hash, expires_at, administrator.0.actor()));
    sent(made.await??, token.text, |id| format!("/invitations/{id}"))
}

/// Shows an invitation to the service that has not been used, without its token.
#[utoipa::path(
    get,
    path = "/invitations/{invitation}",
    operation_id = "show_service_invitation",
    tag = "accounts",
    params(InvitationParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The invitation", body = InvitationBody), ProjectProblems)
)]
pub(crate) async fn show(
    app: web::Data<App>,
    _: Administrator,
    id: web::Path<String>,
) -> Result<Json<InvitationBody>, Problem> {
    one_of(&app, None, &id).await
}

/// Takes an invitation to the service back.
#[utoipa::path(
    delete,
    path = "/invitations/{invitation}",
    operation_id = "delete_service_invitation",
    tag = "accounts",
    params(InvitationParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The invitation is not good any more"), ProjectProblems)
)]
pub(crate) async fn delete(
    app: web::Data<App>,
    administrator: Administrator,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    take_back(&app, None, &id, administrator.0.actor().clone()).await
}
