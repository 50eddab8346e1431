//! Invitations to a project, and what they have in common with those to the service.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::object::{integer, text};
use domain::{InvitationId, Object, ProjectId, Role, Timestamp};
use serde::Serialize;
use storage::{Actor, Creation, Invitation};

use super::answer::{Items, created, no_content};
use super::body::object;
use crate::access::{Access, Manage, SignedIn};
use crate::app::App;
use crate::problem::Problem;
use crate::random::hash;
use crate::schema::projects::{InvitationParam, NewInvitationBody, ProjectParam, TokenBody};
use crate::schema::{AccountProblems, ChangeProblems, ProjectProblems};

/// How long an invitation is good unless told otherwise, and at most.
const DEFAULT_HOURS: u32 = 7 * 24;
const MAX_HOURS: u32 = 30 * 24;
/// Longer than every token.
const MAX_TOKEN_BYTES: usize = 64;

/// An invitation that has not been used.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct InvitationBody {
    /// Its id.
    #[schema(value_type = String, example = "1")]
    id: InvitationId,
    /// What the account that accepts it may do; null for one to the service.
    role: Option<Role>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    created_at: Timestamp,
    /// From when on it is not good any more.
    #[schema(value_type = String, format = DateTime, example = "2025-08-20T12:00:00Z")]
    expires_at: Timestamp,
    /// What is sent to whom it is for, in the answer to its making only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "WHhYbWVhbXBsZS1vZi1hbi1pbnZpdGF0aW9uLXRva2Vu")]
    token: Option<String>,
}

impl From<Invitation> for InvitationBody {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id,
            role: invitation.project.map(|(_, role)| role),
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
            token: None,
        }
    }
}

/// The project that an invitation opened.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Accepted {
    /// The id of the project.
    #[schema(value_type = String, example = "1")]
    project: ProjectId,
    /// What the account may do there.
    role: Role,
}

/// Lists the invitations to a project that have not been used.
#[utoipa::path(
    get,
    path = "/projects/{project}/invitations",
    operation_id = "list_invitations",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The invitations, at most 100", body = Items<InvitationBody>), ProjectProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    access: Access<Manage>,
) -> Result<Json<Items<InvitationBody>>, Problem> {
    let now = app.clock.now();
    let invitations = web::block(move || app.storage.invitations(Some(access.project), now)).await??;
    Ok(Json(Items::all(invitations)))
}

/// Invites somebody to a project.
#[utoipa::path(
    post,
    path = "/projects/{project}/invitations",
    operation_id = "create_invitation",
    tag = "projects",
    params(ProjectParam),
    request_body = NewInvitationBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "The invitation", body = InvitationBody, headers(("Location" = String, description = "Its place"))), ChangeProblems)
)]
pub(crate) async fn create(
    app: web::Data<App>,
    access: Access<Manage>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mut object = object(&app, payload).await?;
    let role = object.required("role", |field, value| Role::parse(field, text(field, value)?));
    let hours = hours(&mut object);
    let role = object.finish(role)?;
    let token = app.random.token()?;
    let expires_at = app.clock.now().plus_minutes(hours * 60);
    let (project, hash) = (access.project, token.hash);
    let made = web::block(move || {
        app.storage.create_invitation(Some((project, role)), &hash, expires_at, access.actor())
    });
    let made = made.await??;
    sent(made, token.text, |id| format!("/projects/{project}/invitations/{id}"))
}

/// Shows an invitation that has not been used, without its token.
#[utoipa::path(
    get,
    path = "/projects/{project}/invitations/{invitation}",
    operation_id = "show_invitation",
    tag = "projects",
    params(ProjectParam, InvitationParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The invitation", body = InvitationBody), ProjectProblems)
)]
pub(crate) async fn show(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
) -> Result<Json<InvitationBody>, Problem> {
    one_of(&app, Some(access.project), &path.1).await
}

/// Takes an invitation back.
#[utoipa::path(
    delete,
    path = "/projects/{project}/invitations/{invitation}",
    operation_id = "delete_invitation",
    tag = "projects",
    params(ProjectParam, InvitationParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The invitation is not good any more"), ProjectProblems)
)]
pub(crate) async fn delete(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    take_back(&app, Some(access.project), &path.1, access.actor().clone()).await
}

/// Becomes a member of the project that an invitation is to.
#[utoipa::path(
    post,
    path = "/invitations/accept",
    operation_id = "accept_invitation",
    tag = "accounts",
    request_body = TokenBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The account is a member now", body = Accepted), (status = 403, description = "The invitation is unknown, used or has expired", body = crate::problem::ProblemBody, content_type = "application/problem+json"), AccountProblems)
)]
pub(crate) async fn accept(
    app: web::Data<App>,
    account: SignedIn,
    payload: web::Payload,
) -> Result<Json<Accepted>, Problem> {
    let mut object = object(&app, payload).await?;
    let token = object.required("token", |field, value| text(field, value).map(str::to_owned));
    let token = object.finish(token)?;
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Problem::BadInvitation);
    }
    let hash = hash(token.as_bytes());
    let accepted =
        web::block(move || app.storage.accept_invitation(&hash, account.id(), account.actor())).await??;
    let (project, role) = accepted.ok_or(Problem::BadInvitation)?;
    Ok(Json(Accepted { project, role }))
}

/// The invitation of that id, if it is open: to a project, or to the service.
pub(super) async fn one_of(
    app: &web::Data<App>,
    to: Option<ProjectId>,
    id: &str,
) -> Result<Json<InvitationBody>, Problem> {
    let id = parse(id)?;
    let (app, now) = (app.clone(), app.clock.now());
    let invitations = web::block(move || app.storage.invitations(to, now)).await??;
    let found = invitations.into_iter().find(|invitation| invitation.id == id);
    Ok(Json(found.ok_or(Problem::Unknown("invitation"))?.into()))
}

/// Takes an invitation back, if it is open: to a project, or to the service.
pub(super) async fn take_back(
    app: &web::Data<App>,
    to: Option<ProjectId>,
    id: &str,
    by: Actor,
) -> Result<HttpResponse, Problem> {
    let id = parse(id)?;
    let app = app.clone();
    let is_gone = web::block(move || app.storage.delete_invitation(to, id, &by)).await??;
    if is_gone { Ok(no_content()) } else { Err(Problem::Unknown("invitation")) }
}

fn parse(id: &str) -> Result<InvitationId, Problem> {
    id.parse().map_err(|_| Problem::Unknown("invitation"))
}

/// For how many hours an invitation is to be good.
pub(super) fn hours(object: &mut Object) -> u32 {
    let hours = object.optional("expires_in_hours", |field, value| integer(field, value, 1..=MAX_HOURS));
    hours.value().unwrap_or(DEFAULT_HOURS)
}

/// The answer with the invitation and its token.
pub(super) fn sent(
    made: Creation<Invitation>,
    token: String,
    location: impl FnOnce(InvitationId) -> String,
) -> Result<HttpResponse, Problem> {
    match made {
        Creation::Created(invitation) => {
            let location = location(invitation.id);
            Ok(created(&location, &InvitationBody { token: Some(token), ..invitation.into() }))
        }
        Creation::Unknown => Err(Problem::UnknownProject),
        Creation::Full => {
            Err(Problem::Conflict("As many invitations as may be are waiting already".to_owned()))
        }
    }
}
