//! The members of a project.

use actix_web::HttpResponse;
use actix_web::web::{self, Json};
use domain::object::text;
use domain::{AccountId, Role};
use serde::Serialize;
use storage::{Member, MemberChange};

use super::answer::{Items, no_content};
use super::body::object;
use crate::access::{Access, Manage};
use crate::app::App;
use crate::problem::Problem;
use crate::schema::projects::{MemberParam, ProjectParam, RoleBody};
use crate::schema::{ChangeProblems, ProjectProblems};

/// A member of a project.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct MemberBody {
    /// The id of the account.
    #[schema(value_type = String, example = "1")]
    account: AccountId,
    /// Its name.
    #[schema(example = "ann")]
    username: String,
    /// What it may do.
    role: Role,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self { account: member.account, username: member.username.as_str().to_owned(), role: member.role }
    }
}

/// Lists the members of a project.
#[utoipa::path(
    get,
    path = "/projects/{project}/members",
    operation_id = "list_members",
    tag = "projects",
    params(ProjectParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "The members, at most 1,000", body = Items<MemberBody>), ProjectProblems)
)]
pub(crate) async fn list(
    app: web::Data<App>,
    access: Access<Manage>,
) -> Result<Json<Items<MemberBody>>, Problem> {
    let members = web::block(move || app.storage.members(access.project)).await??;
    Ok(Json(Items::all(members)))
}

/// Gives a member another role.
#[utoipa::path(
    patch,
    path = "/projects/{project}/members/{account}",
    operation_id = "update_member",
    tag = "projects",
    params(ProjectParam, MemberParam),
    request_body = RoleBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The member has the role"), ChangeProblems)
)]
pub(crate) async fn update(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let account = id(&path)?;
    let mut object = object(&app, payload).await?;
    let role = object.required("role", |field, value| Role::parse(field, text(field, value)?));
    let role = object.finish(role)?;
    let change =
        web::block(move || app.storage.set_role(access.project, account, role, access.actor())).await??;
    changed(change)
}

/// Lets a member go; oneself, too.
#[utoipa::path(
    delete,
    path = "/projects/{project}/members/{account}",
    operation_id = "remove_member",
    tag = "projects",
    params(ProjectParam, MemberParam),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "The account is no member any more"), ChangeProblems)
)]
pub(crate) async fn remove(
    app: web::Data<App>,
    access: Access<Manage>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let account = id(&path)?;
    let change =
        web::block(move || app.storage.remove_member(access.project, account, access.actor())).await??;
    changed(change)
}

fn changed(change: MemberChange) -> Result<HttpResponse, Problem> {
    match change {
        MemberChange::Changed => Ok(no_content()),
        MemberChange::Unknown => Err(Problem::Unknown("member")),
        MemberChange::LastOwner => {
            Err(Problem::Conflict("A project has at least one owner; make another one first".to_owned()))
        }
    }
}

fn id(path: &web::Path<(String, String)>) -> Result<AccountId, Problem> {
    path.1.parse().map_err(|_| Problem::Unknown("member"))
}
